"""IPv6 addresses are usable when a run ends; one that another node has makes it fail.

The other node is the far end of a cable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, Iterator, List, Tuple

import pytest

from os_net_config.backends.protocol import ExecuteError, SettleError
from os_net_config.backends.rtnetlink import RtnetlinkBackend, dad
from os_net_config.backends.rtnetlink.socket import NetlinkSocket
from os_net_config.state.address import DETECTION, FAILED, UNDER_WAY
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey
from os_net_config.state.values import IpAddress, Prefix

from .support import listening
from .support.node import Node, ip, made_node
from .support.observed import identities, observe
from .test_changes import single
from .test_rollback import TAKEN_BACK

pytestmark = pytest.mark.rotating

RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
IFA_F_TENTATIVE = 0x40
#: More than the notifications that a socket's buffer of the usual size holds.
MANY = 2000
CONF = Path("/proc/sys/net/ipv6/conf")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with made_node(tmp_path, detection=True) as made:
        yield made


def key(address: str, link: str = "eno1") -> AddressKey:
    packed = IpAddress(6).parse(address)
    assert isinstance(packed, bytes)
    return AddressKey(link, Prefix(packed, 64))


def the_other_has(node: Node, *addresses: str) -> None:
    with node.at_the_switch():
        ip(*(f"address add {address}/64 dev sw1 nodad" for address in addresses))


def detections(link: str = "eno1") -> Dict[str, object]:
    """How far detection is, of each global IPv6 address on the link."""
    with RtnetlinkBackend() as backend:
        return {
            str(one.key): one.values.get(DETECTION)
            for one in backend.observe()
            if isinstance(one.key, AddressKey) and one.key.link == link and one.values["scope"] == 0
        }


def wait_for(addresses: List[AddressKey], then: Callable[[], None]) -> int:
    """Wait for them; when the wait has begun something happens. The number of dumps that it took."""

    class Happening(NetlinkSocket):
        happened = False

        def glance(self, kind: int, body: bytes) -> Tuple[List[Tuple[bytes, int, int]], bool]:
            answers = super().glance(kind, body)
            if kind == RTM_GETADDR and not self.happened:
                self.happened = True
                then()
            return answers

    with Happening() as route:
        dad.wait(addresses, route)
        return route.traffic.dumps


def test_a_duplicate_fails_the_run(node: Node) -> None:
    the_other_has(node, "2001:db8::11")
    before = observe(), identities()
    run = node.apply(single(["192.0.2.10/24", "2001:db8::10/64", "2001:db8::11/64"], {}))
    assert run.status == 4, run
    assert "address 2001:db8::11/64 on eno1: duplicate address detection failed: another node" in run.errors
    assert TAKEN_BACK in run.errors, run
    assert (observe(), identities()) == before


def test_an_address_is_usable_when_the_run_ends(node: Node) -> None:
    node.applied(single(["2001:db8::10/64", "2001:db8::11/64"], {}))
    assert detections() == {"2001:db8::10/64": None, "2001:db8::11/64": None}


def test_many_are_awaited_at_once(node: Node) -> None:
    """In sequence they would take twenty times a second and more, which is past the one deadline."""
    addresses = [f"2001:db8::{number}" for number in range(20)]
    ip("link set eno1 up", *(f"address add {address}/64 dev eno1" for address in addresses))
    assert set(detections().values()) == {UNDER_WAY}
    with RtnetlinkBackend() as backend:
        backend.settle([key(address) for address in addresses])
        assert backend.traffic.dumps == 2
    assert set(detections().values()) == {None}


def test_without_carrier_nothing_is_awaited(node: Node) -> None:
    with node.at_the_switch():
        ip("link set sw1 down")
    config = single(["2001:db8::10/64"], {})
    node.applied(config)
    assert detections() == {"2001:db8::10/64": UNDER_WAY}
    node.unchanged(config)


def test_carrier_that_goes_meanwhile_stops_nothing(node: Node) -> None:
    def unplug() -> None:
        with node.at_the_switch():
            ip("link set sw1 down")

    for name in ("eno1", "eno2"):
        ip(f"link set {name} up", f"address add 2001:db8::10/64 dev {name}")
    wait_for([key("2001:db8::10"), key("2001:db8::10", "eno2")], unplug)
    assert detections("eno2") == {"2001:db8::10/64": None}


@pytest.mark.parametrize("command", ["link set eno1 down", "link del eno1", "address flush dev eno1"])
def test_an_address_that_goes_meanwhile(node: Node, command: str) -> None:
    ip("link set eno1 up", "address add 2001:db8::10/64 dev eno1")
    with pytest.raises(SettleError, match="address 2001:db8::10/64 on eno1: it went away"):
        wait_for([key("2001:db8::10")], lambda: ip(command))
    with pytest.raises(SettleError, match="it went away"):
        wait_for([key("2001:db8::10")], lambda: None)


def test_detection_that_does_not_end(node: Node) -> None:
    """A link that goes down and keeps its addresses begins anew and says nothing of it."""
    (CONF / "eno1/keep_addr_on_down").write_text("1", encoding="ascii")
    (CONF / "eno1/router_solicitation_delay").write_text("0", encoding="ascii")
    ip("link set eno1 up", "address add 2001:db8::10/64 dev eno1")
    with pytest.raises(SettleError, match=r"2001:db8::10/64 on eno1: .* did not end within 4 s"):
        wait_for([key("2001:db8::10")], lambda: ip("link set eno1 down"))


def test_a_link_that_asks_longer(node: Node) -> None:
    (CONF / "eno1/dad_transmits").write_text("5", encoding="ascii")
    node.applied(single(["2001:db8::10/64"], {}))
    assert detections() == {"2001:db8::10/64": None}


def test_notifications_that_were_lost(node: Node) -> None:
    def flood() -> None:
        ip(*(f"address add 2001:db8:1::{n:x}/64 dev eno2 nodad" for n in range(MANY)))

    ip("link set eno1 up", "address add 2001:db8::10/64 dev eno1")
    assert wait_for([key("2001:db8::10")], flood) > 2
    assert detections() == {"2001:db8::10/64": None}


def replacement() -> List[Change]:
    """The steps from ::10 to ::20, by hand."""
    new = Change(key("2001:db8::20"), None, {"scope": 0, "protocol": 111})
    old = Change(key("2001:db8::10"), {"scope": 0, "protocol": 111}, None, awaits=(new.key,))
    return [new, old]


def test_the_old_address_goes_when_the_new_one_is_usable(node: Node) -> None:
    if not listening.is_possible():
        pytest.skip("the kernel has no nlmon links: modprobe nlmon")
    node.applied(single(["2001:db8::10/64"], {}))
    new = key("2001:db8::20").prefix.address
    with listening.heard() as messages, RtnetlinkBackend() as backend:
        backend.execute(replacement())
    usable = [
        number
        for number, one in enumerate(messages)
        if one.is_notice
        and one.type == RTM_NEWADDR
        and new in one.payload
        and not one.payload[2] & IFA_F_TENTATIVE
    ]
    removals = [n for n, one in enumerate(messages) if one.is_request and one.type == RTM_DELADDR]
    assert len(removals) == 1
    assert usable
    assert usable[0] < removals[0]
    assert detections() == {"2001:db8::20/64": None}


def test_the_old_address_stays_when_the_new_one_is_a_duplicate(node: Node) -> None:
    node.applied(single(["2001:db8::10/64"], {}))
    the_other_has(node, "2001:db8::20")
    steps = replacement()
    with RtnetlinkBackend() as backend, pytest.raises(ExecuteError, match="another node") as error:
        backend.execute(steps)
    refused = error.value
    assert (refused.step, refused.done, refused.remaining) == (steps[0], (steps[0],), (steps[1],))
    assert detections() == {"2001:db8::10/64": None, "2001:db8::20/64": FAILED}


def test_a_duplicate_of_an_earlier_time_is_told(node: Node) -> None:
    the_other_has(node, "2001:db8::10")
    ip("link set eno1 up", "address add 2001:db8::10/64 dev eno1")
    with RtnetlinkBackend() as backend, pytest.raises(SettleError, match="another node"):
        backend.settle([key("2001:db8::10")])
    run = node.apply(single(["2001:db8::10/64"], {}), "--noop")
    assert "+ address" not in run.output
    assert "2001:db8::10/64 on eno1 is of no use" in run.errors


def test_a_link_that_loses_ipv6_over_its_own_address(node: Node) -> None:
    """accept_dad 2: the kernel switches IPv6 off on a link whose link-local address is a duplicate."""
    the_other_has(node, "fe80::5054:ff:fe00:1")
    (CONF / "eno1/accept_dad").write_text("2", encoding="ascii")
    before = observe()
    run = node.apply(single(["2001:db8::10/64"], {}))
    assert run.status == 4, run
    assert "address 2001:db8::10/64 on eno1: it went away" in run.errors
    assert observe() == before
