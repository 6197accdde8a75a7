"""Pairs about kinds of links of our own, the same in every run."""

from __future__ import annotations

from typing import Iterator, Mapping

from . import pool
from .draw import INERT
from .entries import Directed, bond, bridge, directed, dummy, macvlan, nic, on, pair, vlan, vrf, vxlan
from .features import Feature
from .language import Config, Entry

_NEEDS = (
    *(Feature.OWN_LINKS, Feature.RESETTING, Feature.RECREATION, Feature.FOLLOWING, Feature.RULES),
    *(Feature.PRUNING, Feature.BRIDGE_OPTIONS, Feature.PRIMARIES),
)
_NICS: Config = [nic(1), nic(2)]


def pairs() -> Iterator[Directed]:
    """All that can be said of each; something else, and nothing. Then as ports, and as something else."""
    first = _all_of(0, 1400, "eno1")
    first = [{**one, **_INERT, "rules": [{"rule": rule}]} for one, rule in zip(first, pool.RULES)]
    second = _all_of(1, 1300, "eno2")
    bare = [dummy("net1"), macvlan("net2", "eno1"), vxlan("net3", 7)]
    for name, one, other in (
        ("own links change", first, second),
        ("own links say no more", second, bare),
        ("own links are released", _PORTS, _FREE),
        ("own links change their bridge's address", _PORTS, _PORTS_WITH_ANOTHER_FIRST),
        ("VRFs change", _VRFS, _OTHER_VRFS),
        ("pairs change", _PAIRS, _OTHER_PAIRS),
        ("a port becomes a macvlan's device", _ON_A_BOND, _PASSTHRU),
    ):
        yield directed(name, [*_nics_of(one), *one], [*_nics_of(other), *other], *_NEEDS)
    others = [dummy("net3"), vxlan("net1", 8), macvlan("net2", "eno1")]
    yield directed("own links change their kinds", [*_NICS, *bare], [*_NICS, *others], *_NEEDS, Feature.KINDS)


_INERT: Entry = {key: value for one in INERT for key, value in one.items()}


def _all_of(number: int, mtu: int, device: str) -> Config:
    said: Mapping[str, Entry] = {
        kind: {name: some[number] for name, some in options.items()}
        for kind, options in pool.OWN_OPTIONS.items()
    }
    return [
        dummy("net1", mtu=mtu, **said["dummy"], **on("10.1.0.10/24", "2001:db8:1::10/64", via="10.1.0.1")),
        macvlan("net2", device, mtu=mtu, **said["macvlan"], **on("10.2.0.10/24", via="10.2.0.1")),
        vxlan("net3", 7, device=device, mtu=mtu, **said["vxlan"], **on("10.3.0.10/24", via="10.3.0.1")),
    ]


def _nics_of(config: Config) -> Config:
    """Those that are no ports."""
    ports = [member.get("name") for one in config for member in one.get("members", [])]
    return [one for one in _NICS if one["name"] not in ports]


_FREE: Config = [
    dummy("net2", **on("10.1.0.10/24")),
    vxlan("net3", 7, device="eno2"),
    macvlan("net4", "eno1"),
]
_PORTS: Config = [
    bridge(
        "net1",
        [
            dummy("net2", primary=True, macaddr="52:54:00:aa:00:07", bridge_port_options="isolated=1"),
            vxlan("net3", 7, bridge_port_options="neigh_suppress=1"),
            macvlan("net4", "eno1", bridge_port_options="hairpin_mode=1"),
        ],
    )
]
_FIRST = {"primary": True, "macaddr": "52:54:00:aa:00:08"}
_PORTS_WITH_ANOTHER_FIRST: Config = [
    bridge(
        "net1",
        [
            dummy("net2"),
            vxlan("net3", 7, group="239.1.1.1", device="eno2", primary=True, macaddr="52:54:00:aa:00:08"),
        ],
    ),
    bond("net4", [dummy("net5"), macvlan("net6", "eno1", primary=True)]),
]
_PASSTHRU: Config = [
    macvlan("net2", "eno2", mode="passthru"),
    vxlan("net3", 7, device="eno1", group="ff05::7"),
]
_ON_A_BOND: Config = [bond("net1", [nic(2)]), macvlan("net2", "net1"), vxlan("net3", 7, device="net1")]

#: Of the four members one stays, one moves, one leaves and one comes.
_MEMBERS: Config = [
    nic(1, **on("10.1.0.10/24", "2001:db8:1::10/64", via="10.1.0.1")),
    dummy("net4", **on("10.2.0.10/24", via="10.2.0.1")),
    vlan(10, "eno2", **on("10.3.0.10/24", via="10.3.0.1")),
    vlan(20, "eno2", **on("2001:db8:4::10/64", via="2001:db8:4::1")),
]
_VRFS: Config = [
    vrf("net1", 200, _MEMBERS[:2], mtu=1400, **_INERT, **on("10.5.0.10/24", via="10.5.0.1")),
    vrf("net2", 201, _MEMBERS[2:3], rules=[{"rule": pool.RULES[0]}]),
    _MEMBERS[3],
]
_OTHER_VRFS: Config = [vrf("net1", 202, [_MEMBERS[0], *_MEMBERS[2:]]), _MEMBERS[1]]

_END: Entry = {"mtu": 1400, "macaddr": "52:54:00:aa:00:0c", **_INERT, **on("10.1.0.10/24", via="10.1.0.1")}
_PAIRS: Config = [
    *pair("end1", "end2", {**_END, "rules": [{"rule": pool.RULES[0]}]}),
    *pair("end3", "end4", on("10.2.0.10/24", "2001:db8:2::10/64")),
]
_OTHER_PAIRS: Config = [
    *pair("end1", "end4", on("10.1.0.10/24", via="10.1.0.1"))[:1],
    bridge("net1", [*pair("end4", "end1", {"primary": True, "macaddr": "52:54:00:aa:00:0d"})[:1]]),
]
_OTHER_PAIRS[1]["members"][0]["bridge_port_options"] = "isolated=1"
