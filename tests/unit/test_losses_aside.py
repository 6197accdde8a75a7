"""What hangs on links and no dump of links tells of, what is meant to go, and what was known before."""

from __future__ import annotations

from typing import AbstractSet, List, Sequence, Tuple

from os_net_config.state.diff import diff
from os_net_config.state.loss import Aside, Attached, Child, losses
from os_net_config.state.model import AddressKey, LinkKey, Resource, State
from os_net_config.state.plan import plan
from os_net_config.state.problem import Problem, Severity
from os_net_config.state.values import Prefix, Value

VLAN = Resource(LinkKey("vlan9"), {"kind": "vlan", "link": "eth0", "id": 9, "up": 1, "group": 111})
MOVED = State({VLAN.key: VLAN._replace(values={**VLAN.values, "link": "eth1"})})
CHILD = Child("c-mac", "macvlan", "vlan9")


def short(loss: Problem) -> str:
    message = loss.message
    for words, sign in ((", and takes along what cannot be brought back: ", " > "), ("network ", "")):
        message = message.replace(words, sign)
    return message


def lost(
    wanted: State,
    attached: Attached,
    removed: Sequence[str] = (),
    meant: AbstractSet[str] = frozenset(),
    **more: Value,
) -> List[Tuple[str, Severity]]:
    nics = [Resource(LinkKey(name), {"kind": "", "up": 1, "master": None}) for name in ("eth0", "eth1")]
    vlan = VLAN._replace(values={**VLAN.values, **more})
    address = Resource(AddressKey("vlan9", Prefix(bytes([192, 0, 2, 9]), 24)), {"protocol": 0})
    before = State({one.key: one for one in (*nics, vlan, address)})
    changes = diff(wanted, before, {LinkKey(name): () for name in removed}).changes
    found = losses(plan(changes, wanted, before), wanted, before, Aside(attached, meant))
    return [(short(one), one.severity) for one in found]


def test_what_stands_on_a_link_in_another_namespace() -> None:
    attached = Attached([CHILD, CHILD._replace(below="eth0")])
    assert lost(MOVED, attached) == [
        (
            "vlan9 has to be made anew > the link c-mac (macvlan) in another namespace",
            Severity.ERROR,
        )
    ]
    assert lost(State({VLAN.key: VLAN}), attached) == []


def test_a_vlan_elsewhere_loses_its_routes_where_its_device_goes_down() -> None:
    nic = Resource(LinkKey("eth0"), {"up": 0})
    wanted = State({nic.key: nic, VLAN.key: VLAN})
    vlan = Child("c-vlan", "vlan", "eth0")
    attached = Attached([vlan, vlan._replace(name="down", up=False), CHILD._replace(below="eth0")])
    assert lost(wanted, attached) == [
        (
            "eth0 has to go down > the routes of c-vlan (vlan) in another namespace",
            Severity.ERROR,
        )
    ]


def test_what_is_meant_to_go_is_named_and_no_error() -> None:
    """But nobody meant what is in other namespaces."""
    assert lost(State(), Attached(), ["vlan9"]) == [
        (
            "vlan9 is no longer in the config and goes > 192.0.2.9/24",
            Severity.ERROR,
        )
    ]
    assert lost(State(), Attached([CHILD]), ["vlan9"], {"vlan9"}) == [
        ("vlan9 is cleaned up, and with it go 192.0.2.9/24", Severity.WARNING),
        (
            "vlan9 is no longer in the config and goes > the link c-mac (macvlan) in another namespace",
            Severity.ERROR,
        ),
    ]


def test_what_is_on_a_link_that_is_made_anew() -> None:
    attached = Attached(things=[("vlan9", "its qdisc prio"), ("eth0", "its qdisc prio")])
    assert lost(MOVED, attached, xdp=1, alternatives=(b"storage\0",)) == [
        (
            "vlan9 has to be made anew > its other name storage, its XDP program, its qdisc prio",
            Severity.ERROR,
        )
    ]
    # With one that leaves the config goes what is a part of it.
    assert lost(State(), attached, ["vlan9"], xdp=1) == [
        (
            "vlan9 is no longer in the config and goes > 192.0.2.9/24",
            Severity.ERROR,
        )
    ]


def test_the_alias_of_a_link_that_is_made_anew_comes_back() -> None:
    """The kernel does not take it with a new link, but afterwards."""
    vlan = VLAN._replace(values={**VLAN.values, "alias": "storage of rack 7"})
    before = State({vlan.key: vlan, LinkKey("eth1"): Resource(LinkKey("eth1"), {"kind": "", "up": 1})})
    steps = [one for one in plan(diff(MOVED, before).changes, MOVED, before).steps if one.key == VLAN.key]
    removed, made, *later = steps
    assert removed.after is None
    assert "alias" not in (made.after or {})
    found = [(one.after or {}).get("alias") for one in later]
    assert [one for one in found if one is not None] == ["storage of rack 7"]


def test_a_port_that_a_config_of_ours_made_one_is_no_loss() -> None:
    bridge = Resource(LinkKey("br0"), {"kind": "bridge", "up": 1, "group": 111})
    ports = [Resource(LinkKey(name), {"kind": "", "up": 1, "master": "br0"}) for name in ("eth0", "c0")]
    before = State({one.key: one for one in (bridge, *ports)})
    made = plan(diff(State(), before, {bridge.key: ()}).changes, State(), before)
    (problem,) = losses(made, State(), before, Aside(known={"eth0"}))
    assert short(problem) == "br0 is no longer in the config and goes > the port c0"
