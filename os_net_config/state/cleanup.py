"""What ``--cleanup`` takes: links that the config does not name, whoever made them. Pure.

Never: a NIC, lo, a tap; a link with an end in another namespace; those of containers, virtual machines,
Open vSwitch and OVN; what carries the root file system; and what one of these stands on or is a port of.
Nor somebody's bond with a port that the config names: naming the port alone does not say that it is to leave.
NICs and other links that stay are emptied of what carries our label.
"""

from __future__ import annotations

import re
from typing import AbstractSet, Callable, Dict, Iterable, Iterator, Mapping, Set

from . import bridge, row, veth
from .fall import links_of
from .model import (
    AddressKey,
    Key,
    LinkKey,
    ProcessKey,
    ResolverKey,
    Resource,
    RouteKey,
    RowKey,
    RuleKey,
    State,
)
from .problem import Path
from .process import VITAL
from .release import Settled, labelled, without_what_goes_along
from .root_file_system import LOCAL, RootServers, carriers
from .rows import DATAPATH
from .values import Value

#: Links that are nothing but a configuration, which can be written down again.
_KINDS = frozenset(
    {
        *("bond", "bridge", "dummy", "ipvlan", "macsec", "macvlan", "team", "veth", "vlan", "vrf"),
        *("bareudp", "erspan", "geneve", "gre", "gretap", "ip6erspan", "ip6gre", "ip6gretap", "ip6tnl"),
        *("ipip", "sit", "vti", "vti6", "vxlan"),
    }
)
#: Names that Docker, Podman, nerdctl, CNI, libvirt, LXC and Incus give, and Kubernetes with Flannel, Calico,
#: Cilium and Weave; br- and twelve digits is a network of Docker.
_OF_CONTAINERS = (
    r"docker.*|br-[0-9a-f]{12}|podman.*|nerdctl.*|cni.*|virbr.*|lxcbr.*|lxdbr.*|incusbr.*"
    r"|kube-.*|nodelocaldns|flannel.*|vxlan\.calico|cali.*|cilium_.*|lxc_health|weave.*"
)
#: Those of Open vSwitch (lib/dpif-netlink.c, ofproto/tunnel.c) and OVN, and Octavia's ports on them.
_OF_OVS = r"ovs-.*|ovn.*|br-int|br-tun|genev_sys_.*|vxlan_sys_.*|gre_sys.*|o-b?hm.*"
#: One of each kind of tunnel: the kernel acknowledges its removal, and keeps it (net/ipv4/ip_gre.c).
_OF_THE_KERNEL = r"gre0|gretap0|erspan0|sit0|tunl0|ip6tnl0|ip6gre0|ip_vti0|ip6_vti0"
_OF_OTHERS = re.compile(f"{_OF_CONTAINERS}|{_OF_OVS}|{_OF_THE_KERNEL}")
_TAP = "tun"


def cleanup(wanted: State, live: State, root: RootServers = LOCAL) -> Dict[Key, Path]:
    """What is to be removed, with no place in the config that asks for it."""
    beside = _Beside(live)
    held = _reached(carriers(live, root), beside.all)
    of_others = {name for name, one in live.links() if _is_of_others(name, one)}
    guarded = _reached({*held, *of_others, *_plugged_in(live)}, beside.all)
    named = {*(name for name, _ in wanted.links()), *_spoken_of(wanted)}
    links = {name for name, _ in live.links()}
    removable = {name for name, one in live.links() if one.values.get("kind") in _KINDS}
    needed = named | {master for name in named for master in beside.closing_master(name)}
    gone = removable - _reached((links - removable) | guarded | needed, beside.below)
    removals: Dict[Key, Path] = {LinkKey(name): () for name in _one_of_each_pair(gone, live)}
    removals.update(dict.fromkeys(_ours_on(links - named - held, gone, wanted, live), ()))
    resolvers = (one.key for one in labelled(live) if isinstance(one.key, ResolverKey))
    removals.update((key, ()) for key in resolvers if key not in wanted.resources)
    return removals


def _plugged_in(live: State) -> Iterator[str]:
    """Ports of Open vSwitch: the kernel tells of those of its own datapath alone."""
    for one in live:
        if isinstance(one.key, RowKey) and one.key.table == row.INTERFACE and live.link(one.key.name):
            yield one.key.name


def _spoken_of(wanted: State) -> Iterator[str]:
    """Links that are named by a route or a rule, and perhaps by nothing else."""
    for one in wanted:
        key = one.key
        if isinstance(key, RouteKey):
            yield from (on for on in links_of(one) if isinstance(on, str))
        elif isinstance(key, RuleKey):
            yield from (on for on in (key.incoming, key.outgoing) if on)


def with_removals(settled: Settled, removals: Mapping[Key, Path]) -> Settled:
    """These too; of what goes nothing is wanted any more."""
    if not removals:
        return settled
    gone = {key.name for key in removals if isinstance(key, LinkKey)}
    stays = without_what_goes_along(settled.wanted.resources, removals)
    wanted = {key: _released(resource, gone) for key, resource in stays.items() if key not in removals}
    return settled._replace(wanted=State(wanted), removals={**settled.removals, **removals})


def _released(resource: Resource, gone: AbstractSet[str]) -> Resource:
    """A port that would go back to the bond or bridge that it was found in."""
    if not isinstance(resource.key, LinkKey) or resource.values.get("master") not in gone:
        return resource
    return resource._replace(values={**resource.values, "master": None})


def _one_of_each_pair(gone: AbstractSet[str], live: State) -> Iterator[str]:
    """One end of a veth takes the other along."""
    for name, _ in live.links():
        peer = peer_of(name, live)
        if name in gone and not (peer in gone and str(peer) < name):
            yield name


def peer_of(name: str, live: State) -> Value:
    """The other end of a veth."""
    return veth.peer_of(live.values(name))


def is_of_containers(name: str) -> bool:
    """Whether it has a name that programs for containers and virtual machines give."""
    return re.fullmatch(_OF_CONTAINERS, name) is not None


def is_of_the_system(name: str) -> bool:
    """Whether it is there by itself: of the kernel's tunnels, or Open vSwitch's datapath and tunnels."""
    return re.fullmatch(rf"{_OF_THE_KERNEL}|ovs-.*|(genev|vxlan)_sys_.*|gre_sys.*", name) is not None


def _is_of_others(name: str, resource: Resource) -> bool:
    values = resource.values
    return "elsewhere" in values or values.get("kind") == _TAP or _OF_OTHERS.fullmatch(name) is not None


class _Beside:
    """For each link those next to it."""

    def __init__(self, live: State) -> None:
        self._links = {name: one.values for name, one in live.links()}
        self._ports = live.ports

    def below(self, name: str) -> Iterator[str]:
        yield from self._other(name, "link")

    def all(self, name: str) -> Iterator[str]:
        for attribute in ("link", "master", DATAPATH):
            yield from self._other(name, attribute)
        yield from self._ports(name)

    def closing_master(self, name: str) -> Iterator[str]:
        """The one that sets its ports down when it goes: any but a bridge (dev_close in bonding, vrf…)."""
        for master in self._other(name, "master"):
            if self._links.get(master, {}).get("kind") != bridge.KIND:
                yield master

    def _other(self, name: str, attribute: str) -> Iterator[str]:
        other = self._links.get(name, {}).get(attribute)
        if isinstance(other, str):
            yield other


def _reached(names: AbstractSet[str], next_to: Callable[[str], Iterable[str]]) -> Set[str]:
    """These, and all that they lead to."""
    found, waiting = set(names), list(names)
    while waiting:
        fresh = set(next_to(waiting.pop())) - found
        found |= fresh
        waiting.extend(fresh)
    return found


def _ours_on(links: AbstractSet[str], gone: AbstractSet[str], wanted: State, live: State) -> Iterator[Key]:
    """What carries our label on these links, and is not wanted; of rules those that speak of it.

    ``gone`` are those that go themselves.
    """
    ours = [one for one in labelled(live) if one.key not in wanted.resources]
    addresses = [one.key for one in ours if isinstance(one.key, AddressKey) and one.key.link in links]
    yield from addresses
    processes = (one.key for one in ours if isinstance(one.key, ProcessKey))
    yield from (key for key in processes if key.link in (gone if key.service in VITAL else links))
    for one in ours:
        key = one.key
        if isinstance(key, RouteKey):
            over = set(links_of(one)) - {None}
            if over and over <= links:
                yield key
        elif isinstance(key, RuleKey):
            source = key.source
            from_there = source is not None and any(source.contains(on.prefix.address) for on in addresses)
            if from_there or {key.incoming, key.outgoing} & links:
                yield key
