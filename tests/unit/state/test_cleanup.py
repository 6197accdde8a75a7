"""What ``--cleanup`` takes, and what it never takes."""

from __future__ import annotations

from typing import Dict, Set

import pytest

from os_net_config.state import row
from os_net_config.state.cleanup import cleanup, peer_of, with_removals
from os_net_config.state.diff import diff
from os_net_config.state.model import (
    AddressKey,
    Key,
    LinkKey,
    Resource,
    RouteKey,
    RowKey,
    RuleKey,
    State,
    SysctlKey,
)
from os_net_config.state.plan import plan
from os_net_config.state.release import Settled
from os_net_config.state.root_file_system import LOCAL, RootServers, carriers
from os_net_config.state.values import NextHop, Prefix, Value

OURS = 111


def link(name: str, kind: str = "", **more: Value) -> Resource:
    return Resource(LinkKey(name), {"kind": kind, "master": None, "group": 0, **more})


def prefix(text: str) -> Prefix:
    address, _, length = text.partition("/")
    return Prefix(bytes(map(int, address.split("."))), int(length))


def route(to: str, on: str, table: int = 254, protocol: int = 2) -> Resource:
    return Resource(RouteKey(prefix(to), 0, table), {"link": on, "protocol": protocol})


def address(on: str, text: str, protocol: int = OURS) -> Resource:
    return Resource(AddressKey(on, prefix(text)), {"protocol": protocol})


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


NAMED = state(link("eth0"), link("br-ex", "bridge"))


def gone(*resources: Resource, root: RootServers = LOCAL, wanted: State = NAMED) -> Set[str]:
    """The names of the links that go from a node with these and two NICs."""
    live = state(link("lo"), link("eth0"), link("eth1"), link("br-ex", "bridge"), *resources)
    return {str(key) for key in cleanup(wanted, live, root) if isinstance(key, LinkKey)}


KINDS = "bond bridge dummy vlan macvlan ipvlan team vxlan gre gretap sit geneve vrf"


@pytest.mark.parametrize("kind", KINDS.split())
def test_a_link_that_the_file_does_not_name_goes(kind: str) -> None:
    assert gone(link("old", kind)) == {"old"}


@pytest.mark.parametrize("kind", ["", "tun", "macvtap", "openvswitch", "wireguard", "ipoib", "a new kind"])
def test_a_link_of_another_kind_stays(kind: str) -> None:
    assert gone(link("old", kind)) == set()


NAMES = (
    "docker0 docker_gwbridge br-0a1b2c3d4e5f podman0 cni0 virbr0 virbr0-nic lxcbr0 ovs-system br-int"
    " genev_sys_6081 vxlan_sys_4789 gre_sys o-hm0 ovn-k8s-mp0 gre0 sit0 tunl0 ip6tnl0"
    " flannel.1 vxlan.calico cali0a1b cilium_host kube-ipvs0 nodelocaldns weave nerdctl0 incusbr0"
)


@pytest.mark.parametrize("name", NAMES.split())
def test_a_link_of_others_stays_with_all_that_it_needs(name: str) -> None:
    """What it stands on, its ports with what these stand on, and the bridge that it is in."""
    assert (
        gone(
            link("below", "dummy"),
            link(name, "bridge", link="below", master="above"),
            link("port", "vlan", master=name, link="bond-p"),
            link("bond-p", "bond"),
            link("above", "bridge"),
        )
        == set()
    )


@pytest.mark.parametrize("name", ["docker", "mydocker0", "br-old", "br-0a1b2c3d4e5", "bond0", "my-gre0"])
def test_a_name_that_only_resembles_theirs(name: str) -> None:
    assert gone(link(name, "dummy")) == ({name} if name != "docker" else set())


def test_a_link_with_an_end_in_another_namespace_stays() -> None:
    assert (
        gone(
            link("c0", "veth", link=None, elsewhere=1, master="br-c"),
            link("br-c", "bridge"),
            link("mac0", "macvlan", link=None, elsewhere=1),
        )
        == set()
    )


def test_the_bridge_of_a_virtual_machine_stays() -> None:
    assert gone(link("tap0", "tun", master="br-vm"), link("br-vm", "bridge")) == set()


def test_what_a_named_link_or_a_tap_stands_on_stays() -> None:
    wanted = state(link("vlan7", "vlan", link="bond7"))
    on_bond = link("vlan7", "vlan", link="bond7")
    on_vlan = link("tap7", "macvtap", link="vlan8")
    assert gone(on_bond, link("bond7", "bond"), link("vlan8", "vlan"), on_vlan, wanted=wanted) == {"br-ex"}


def test_a_bond_over_nics_goes_and_they_stay() -> None:
    assert gone(link("bond7", "bond"), link("eth2", master="bond7")) == {"bond7"}


@pytest.mark.parametrize(
    ("kind", "goes"), [("bridge", True), ("bond", False), ("team", False), ("vrf", False)]
)
def test_a_port_that_the_file_names(kind: str, goes: bool) -> None:
    """What would set it down stays."""
    wanted = state(*NAMED, link("eth2"))
    found = gone(link("old", kind), link("eth2", master="old"), wanted=wanted)
    assert found == ({"old"} if goes else set())


def test_a_pair_goes_by_one_of_its_ends() -> None:
    assert gone(link("b", "veth", link="a"), link("a", "veth", link="b")) == {"a"}
    wanted = state(link("a", "veth"))
    assert gone(link("b", "veth", link="a"), link("a", "veth", link="b"), wanted=wanted) == {"br-ex"}


# The root file system

SERVER = bytes([10, 9, 0, 1])
NFS = RootServers(frozenset({SERVER}))
SITE = (
    link("vlan9", "vlan", link="bond9"),
    link("bond9", "bond"),
    link("vlan8", "vlan", link="bond9"),
    link("eth2", master="bond9"),
    route("10.9.0.0/16", "vlan9"),
    route("0.0.0.0/0", "vlan8"),
    route("10.9.0.0/24", "vlan8", table=255),
    route("10.9.0.0/8", "eth0", table=7),
    route("10.9.0.2/32", "eth1"),
)


def test_the_links_to_the_server_of_the_root_file_system() -> None:
    """By the longest prefix of each table."""
    assert carriers(state(*SITE[:6]), NFS) == {"vlan9"}
    assert carriers(state(*SITE), NFS) == {"vlan9", "vlan8", "eth0"}
    assert carriers(state(*SITE), RootServers()) == set()


def test_the_links_of_the_default_routes_where_the_server_is_not_known() -> None:
    unreached = RootServers(frozenset({bytes([192, 0, 2, 1])}))
    for root in (RootServers(unknown=True), unreached, RootServers(frozenset({bytes(15) + b"\2"}))):
        assert carriers(state(*SITE), root) == {"vlan8"}


def test_what_carries_the_root_file_system_stays_with_all_below() -> None:
    live = SITE[:6]
    assert gone(*live) == {"vlan9", "vlan8", "bond9"}
    assert gone(*live, root=NFS) == {"vlan8"}
    ours = address("eth2", "10.9.0.7/24")
    removals = cleanup(NAMED, state(*live, ours), NFS)
    assert ours.key not in removals
    assert ours.key in cleanup(NAMED, state(*live, ours))


def plugged(name: str, port: str = "") -> Resource:
    """The row of an interface of somebody's bridge."""
    return Resource(RowKey(row.INTERFACE, name), {"port": port or name, "type": ""})


@pytest.mark.parametrize("datapath", [{"datapath": "ovs-system"}, {}], ids=["of the kernel", "in user space"])
def test_what_is_in_somebody_s_switch_stays_with_what_it_stands_on(datapath: Dict[str, Value]) -> None:
    """The kernel's datapath is no master here (state/rows.py), and one in user space is none at all."""
    ports = (
        link("bond1", "bond", **datapath),
        link("bond2.7", "vlan", link="bond2", **datapath),
        link("veth0", "veth", link="veth1", **datapath),
    )
    below = (link("bond2", "bond"), link("eth2", master="bond2"), link("veth1", "veth", link="veth0"))
    beside = (link("bond3", "bond"), link("bond1.8", "vlan", link="bond1"))
    rows = (plugged("bond1"), plugged("bond2.7"), plugged("veth0"), plugged("gone"))
    assert gone(*ports, *below, *beside, *rows) == {"bond3", "bond1.8"}
    assert gone(*ports, *below, *beside) == {"bond1", "bond2", "bond2.7", "veth0", "bond3", "bond1.8"}


# NICs


def rule(priority: int, protocol: int = OURS, **fields: object) -> Resource:
    key = RuleKey(4, priority, **fields)  # type: ignore[arg-type]
    return Resource(key, {"protocol": protocol})


def test_nics_that_the_file_does_not_name_are_emptied_of_what_is_ours() -> None:
    ours: Set[Key] = set()
    rest = []
    for mine, one in (
        (True, address("eth1", "10.1.0.5/24")),
        (False, address("eth1", "10.1.0.6/24", protocol=0)),
        (False, address("eth0", "10.0.0.5/24")),
        (True, route("10.7.0.0/16", "eth1", protocol=OURS)),
        (False, route("10.8.0.0/16", "eth1", protocol=4)),
        (False, route("10.7.0.0/16", "eth0", table=7, protocol=OURS)),
        (True, rule(1, incoming="eth1")),
        (True, rule(2, source=prefix("10.1.0.0/24"), table=7)),
        (False, rule(3, source=prefix("10.0.0.0/24"), table=7)),
        (False, rule(4, source=prefix("10.1.0.0/24"), table=7, protocol=0)),
    ):
        rest.append(one)
        ours |= {one.key} if mine else set()
    live = state(link("eth0"), link("eth1"), *rest)
    assert set(cleanup(NAMED, live)) == ours


def test_of_what_goes_nothing_is_wanted_any_more() -> None:
    """What an earlier config adopted would go back to how it was found."""
    nic = Resource(LinkKey("eth1"), {"mtu": 1500, "master": "bond-old"})
    back = (
        Resource(LinkKey("bond-old"), {"mtu": 1500}),
        Resource(SysctlKey("bond-old", 6, "accept_ra"), {"value": 1}),
        nic,
    )
    settled = with_removals(Settled(state(*back), {AddressKey("x", prefix("10.0.0.1/8")): ()}),
                            {LinkKey("bond-old"): ()})  # fmt: skip
    assert list(settled.wanted) == [nic._replace(values={"mtu": 1500, "master": None})]
    assert len(settled.removals) == 2


def test_a_link_over_which_a_route_of_the_file_leads_stays() -> None:
    hops = (NextHop(bytes([10, 5, 0, 2]), "vlan9", 1, 0), NextHop(bytes([10, 0, 0, 2]), "eth0", 1, 0))
    over = Resource(RouteKey(prefix("10.9.0.0/16"), 0), {"nexthops": hops})
    wanted = state(*NAMED, over, Resource(RuleKey(4, 100, table=200, incoming="vlan8"), {}))
    assert gone(link("vlan9", "vlan"), link("vlan8", "vlan"), link("vlan7", "vlan"), wanted=wanted) == {
        "vlan7"
    }


def test_both_ends_of_a_veth_go_with_what_stands_on_them() -> None:
    """What stands on the far end goes before the end that takes it along."""
    pair = link("va", "veth", link="vb"), link("vb", "veth", link="va")
    live = state(link("eth0"), *pair, link("vv", "vlan", link="vb"))
    removals = cleanup(state(link("eth0")), live)
    assert [str(key) for key in removals] == ["va", "vv"]
    steps = plan(diff(state(link("eth0")), live, removals).changes, state(link("eth0")), live).steps
    assert [str(step.key) for step in steps] == ["vv", "va"]
    assert (peer_of("va", live), peer_of("vv", live)) == ("vb", None)
