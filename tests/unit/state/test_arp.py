"""Which new IPv4 addresses other nodes are asked for, and where in the plan."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import pytest

from os_net_config.backends.rtnetlink.backend import _batches, _told
from os_net_config.engine.undo import undo
from os_net_config.state import goal
from os_net_config.state.detection import askable
from os_net_config.state.diff import Change, diff
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, State
from os_net_config.state.plan import Plan, plan
from os_net_config.state.values import IpAddress, Prefix, Value

from .model_kernel import ModelKernel


def address(text: str, link: str = "eth0") -> AddressKey:
    host, _, length = text.partition("/")
    packed = IpAddress().parse(host)
    assert isinstance(packed, bytes)
    return AddressKey(link, Prefix(packed, int(length)))


def link(name: str, **values: Value) -> Resource:
    return Resource(LinkKey(name), {"up": 1, **values})


def nic(name: str, **values: Value) -> Resource:
    """As it is read, without what nothing here asks for."""
    mac = bytes([0x52, 0x54, 0, 0, 0, int(name[-1])])
    return link(name, **{"kind": "", "mtu": 1500, "address": mac, "master": None, "group": 0, **values})


def with_address(text: str, on: str = "eth0") -> Resource:
    return Resource(address(text, on), {}, initial={"scope": 0, "protocol": 111})


def there(text: str, on: str = "eth0") -> Resource:
    return Resource(address(text, on), {"scope": 0, "protocol": 111})


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


def planned(wanted: State, live: State, removals: Sequence[Key] = ()) -> Plan:
    difference = diff(wanted, live, dict.fromkeys(removals, ()))
    assert not difference.problems
    return plan(difference.changes, wanted, live)


def probes(made: Plan) -> List[Tuple[AddressKey, ...]]:
    return [step.probes for step in made.steps if step.probes]


NICS = (nic("eth0"), nic("eth1"))
NEW = "192.0.2.10/24"


def test_all_new_addresses_are_asked_for_at_once_and_once() -> None:
    wanted = state(
        link("eth0"),
        with_address(NEW),
        with_address("192.0.2.11/24"),
        link("vlan20", kind="vlan", link="eth0", id=20),
        with_address("203.0.113.10/24", "vlan20"),
        with_address("2001:db8::10/64"),
    )
    made = planned(wanted, state(*NICS))
    keys = [key for key in wanted.resources if isinstance(key, AddressKey) and key.prefix.bits == 32]
    assert probes(made) == [tuple(keys)]


@pytest.mark.parametrize(
    ("text", "on", "asked"),
    [
        (NEW, "eth0", True),
        ("192.0.2.10/31", "eth0", True),
        ("192.0.2.10/32", "eth0", False),
        ("198.51.100.7/24", "lo", False),
        ("2001:db8::10/64", "eth0", False),
        # It comes from eth1, or gets another length.
        ("192.0.2.99/24", "eth0", False),
        ("192.0.2.99/25", "eth1", False),
        # Ports, and a link that is set down.
        (NEW, "eth2", False),
        (NEW, "eth3", False),
        (NEW, "eth4", False),
    ],
)
def test_who_is_asked_for(text: str, on: str, asked: bool) -> None:
    live = state(
        *(nic(f"eth{number}") for number in range(5)),
        nic("lo0")._replace(key=LinkKey("lo")),
        there("192.0.2.99/24", "eth1"),
    )
    wanted = state(
        link("bond1", kind="bond"),
        link("br1", kind="bridge"),
        link("eth2", master="bond1"),
        link("eth3", master="br1"),
        link("eth4", up=0),
        with_address(text, on),
    )
    key = address(text, on)
    assert probes(planned(wanted, live, [address("192.0.2.99/24", "eth1")])) == ([(key,)] if asked else [])


def test_what_is_put_back_is_not_asked_for() -> None:
    """Here the VLAN is made anew for its id, with the address that it has."""
    live = state(*NICS, nic("vlan2", kind="vlan", link="eth0", id=2, group=111), there(NEW, "vlan2"))
    wanted = state(link("vlan2", kind="vlan", link="eth0", id=3), with_address(NEW, "vlan2"))
    made = planned(wanted, live)
    assert address(NEW, "vlan2") in {step.key for step in made.steps}
    assert probes(made) == []


def test_what_is_given_again_for_its_place_is_not_asked_for() -> None:
    live = state(*NICS, there("192.0.2.11/24"), there(NEW))
    wanted = state(link("eth0"), with_address(NEW), with_address("192.0.2.11/24"))
    made = planned(wanted, live)
    assert made.steps
    assert probes(made) == []


def place(made: Plan, name: str, attribute: str) -> int:
    """Of the step that last writes this attribute of a link."""
    steps = enumerate(made.steps)
    return max(number for number, one in steps if one.key == LinkKey(name) and attribute in (one.after or ()))


def asking(made: Plan) -> int:
    """The place of the one step before which others are asked."""
    (found,) = (number for number, step in enumerate(made.steps) if step.probes)
    return found


def test_the_first_address_waits_for_the_links_of_all() -> None:
    """And those on links that are there already wait for the first."""
    for first, second in (("eth0", "vlan20"), ("vlan20", "eth0")):
        texts = {"eth0": NEW, "vlan20": "203.0.113.10/24"}
        wanted = state(
            link("eth0"),
            link("bond1", kind="bond", mode=1),
            link("eth1", master="bond1"),
            link("vlan20", kind="vlan", link="bond1", id=20),
            with_address(texts[first], first),
            with_address(texts[second], second),
        )
        made = planned(wanted, state(*NICS))
        adding = [number for number, step in enumerate(made.steps) if isinstance(step.key, AddressKey)]
        assert asking(made) == min(adding)
        assert max(place(made, "vlan20", "id"), place(made, "bond1", "up")) < min(adding)


def test_a_bond_below_has_its_ports_before() -> None:
    """It and the VLAN on it are there and up."""
    live = state(
        *NICS,
        nic("bond1", kind="bond", mode=1, group=111),
        nic("vlan2", kind="vlan", link="bond1", id=2, group=111),
    )
    wanted = state(
        link("bond1", kind="bond", mode=1),
        link("eth1", master="bond1"),
        link("vlan2", kind="vlan", link="bond1", id=2),
        with_address(NEW, "vlan2"),
    )
    made = planned(wanted, live)
    assert place(made, "eth1", "master") < asking(made)


def test_a_port_is_up_before() -> None:
    """The bridge is there, and gets a bond that is new."""
    live = state(*NICS, nic("br1", kind="bridge", group=111))
    wanted = state(
        link("br1", kind="bridge"),
        link("bond1", kind="bond", mode=1, master="br1"),
        link("eth0", master="bond1"),
        link("eth1", master="bond1"),
        with_address(NEW, "br1"),
    )
    made = planned(wanted, live)
    assert place(made, "bond1", "up") < asking(made)


def test_a_port_is_back_before() -> None:
    """It leaves its bridge for a moment."""
    live = state(*NICS[:1], nic("br1", kind="bridge", group=111), nic("eth1", master="br1", path_cost=50))
    wanted = state(
        link("br1", kind="bridge"), link("eth1", master="br1", path_cost=None), with_address(NEW, "br1")
    )
    made = planned(wanted, live)
    assert place(made, "eth1", "master") < asking(made)


def test_the_old_address_stays_until_others_have_answered() -> None:
    live = state(*NICS, there("192.0.2.1/24"))
    made = planned(state(link("eth0"), with_address(NEW)), live, [address("192.0.2.1/24")])
    keys = [step.key for step in made.steps if isinstance(step.key, AddressKey)]
    assert keys == [address(NEW), address("192.0.2.1/24")]
    assert made.steps[0].probes == (address(NEW),)


def test_the_way_back_asks_nobody() -> None:
    """What was there is given back, whoever has it by now."""
    before = state(*NICS, there(NEW))
    asked: List[Change] = []

    class Kernel(ModelKernel):
        def carry_out(self, step: Change) -> None:
            asked.extend([step] if step.probes else [])
            super().carry_out(step)

    kernel = Kernel(before)
    gone = Change(address(NEW), {"scope": 0, "protocol": 111}, None)
    kernel.execute([gone])
    assert undo(goal.before([gone], before), kernel) == []
    assert kernel.observe().get(address(NEW)) is not None
    assert asked == []


def test_an_inverse_asks_nobody() -> None:
    step = Change(address(NEW), None, {}, probes=(address(NEW),))
    assert step.inverse == Change(address(NEW), {}, None)


def test_a_step_that_probes_begins_a_batch() -> None:
    steps = [Change(address(f"192.0.2.{n}/24"), None, {}) for n in range(4)]
    steps[2] = steps[2]._replace(probes=(steps[2].key,))  # type: ignore[arg-type]
    assert [len(batch) for batch in _batches(steps)] == [2, 2]
    assert [len(batch) for batch in _batches(steps[2:])] == [2]


def test_who_has_them() -> None:
    """Whether or not the step that is refused brings one of them."""
    taken = {
        address(NEW): bytes([2, 0, 0, 0, 0, 1]),
        address("10.0.0.5/24", "vlan5"): bytes([2, 0, 0, 0, 0, 2]),
    }
    others = "in use by other nodes: 10.0.0.5/24 on vlan5 (02:00:00:00:00:02)"
    assert _told(taken, address(NEW)) == f"is in use already, by 02:00:00:00:00:01; {others}"
    del taken[address(NEW)]
    assert _told(taken, address(NEW)) == others


def test_what_can_be_asked_for_before_the_run() -> None:
    """Not what comes to a link that is not there yet, is down, or will be on another network."""
    live = state(nic("eth0"), nic("eth1", up=0), nic("vlan2", kind="vlan", link="eth0", id=2, group=111))
    texts = {"eth0": NEW, "eth1": "192.0.2.11/24", "vlan2": "192.0.2.12/24", "vlan9": "192.0.2.13/24"}
    wanted = state(
        link("eth0"),
        link("eth1"),
        link("vlan2", kind="vlan", link="eth0", id=3),
        link("vlan9", kind="vlan", link="eth0", id=9),
        *(with_address(text, on) for on, text in texts.items()),
    )
    now, later = askable(planned(wanted, live), live)
    assert [key.link for key in now] == ["eth0"]
    assert [key.link for key in later] == ["eth1", "vlan2", "vlan9"]
