"""Checks across objects: what each one alone cannot know to be wrong. No node is needed."""

from __future__ import annotations

from collections import defaultdict
from typing import (
    Callable,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from ..state import bond
from ..state.address import LINK_LOCAL
from ..state.problem import Path, Problem, Severity, show_path
from ..state.route import MAIN_TABLE
from ..state.values import Prefix, show_address
from . import bridges, formats, macvlans, tunnels, veths, vrfs
from .kinds import ovs
from .kinds.common import WITH_THEIR_OWN_MAC
from .objects import ROUTE_TABLE, STANDING, Object, is_port, is_reference, walk
from .routes import Route

#: Types that are no link of their own, so that their name is not one.
_NOT_A_LINK = frozenset({ROUTE_TABLE, "dcb"})
#: Types whose name only Open vSwitch or DPDK knows: the kernel's limit does not hold for it.
_NOT_IN_THE_KERNEL = ovs.LINKLESS | {"sriov_vf"}
_BRIDGE = "linux_bridge"

#: Containers of other programs, whose members we do not make.
_FOREIGN = frozenset({"contrail_vrouter", "contrail_vrouter_dpdk", "ivs_bridge", "nfvswitch_bridge"})

_LEAST_MTU_OF_IPV6 = 1280


class Section(NamedTuple):
    """One list of objects, with what the checks share."""

    objects: List[Object]
    routes: Dict[Path, List[Route]]
    #: Whether a link that the file does not declare is there.
    exists: Callable[[str], bool]

    @property
    def all(self) -> List[Object]:
        return list(walk(self.objects))


def check(section: Section) -> Iterator[Problem]:
    everything = section.all
    declared, own = declared_links(everything), vrfs.tables_of(section.objects)
    for one in everything:
        for rule in _RULES_OF_ONE:
            yield from rule(one)
        yield from _missing_device(one, declared, section)
        yield from _bridge_in_a_bridge(one, declared)
        yield from veths.check(one, declared)
        yield from _larger_than_below(one, declared)
        yield from _mtu_said_twice(one, declared)
        routes = section.routes.get(one.path, [])
        yield from _unreachable(one, routes)
        yield from _not_the_kernel_s(one, routes, own)
        yield from _other_links(routes, declared, section)
    yield from _names_twice(everything, declared)
    yield from _vlans_twice(everything)
    yield from tunnels.vxlans_twice(everything)
    yield from macvlans.check(everything)
    yield from vrfs.check(section.objects)
    yield from _addresses_twice(everything)
    yield from _routes_twice(section.routes)
    yield from _foreign_sources(section)
    yield from _rings(everything)


def declared_links(objects: Sequence[Object]) -> Dict[str, Object]:
    """Links by name; where one is only referred to elsewhere, the object that makes it."""
    declared: Dict[str, Object] = {}
    for one in objects:
        if one.type in _NOT_A_LINK:
            continue
        first = declared.get(one.name)
        if first is None or (first.type == "interface" and one.type != "interface"):
            declared[one.name] = one
    return declared


# One object


def _name_too_long(one: Object) -> Iterator[Problem]:
    length = len(one.name.encode(errors="replace"))
    if one.type in _NOT_A_LINK or one.type in _NOT_IN_THE_KERNEL or length <= formats.LONGEST_NAME:
        return
    key = "name" if "name" in one.values else "device"
    unit = "characters" if one.name.isascii() else "bytes in UTF-8"
    message = f"the name {one.name} has {length} {unit}; a link's has at most {formats.LONGEST_NAME}"
    yield Problem((*one.path, key), message, "choose a shorter one")


def _dotted_vlan_id(one: Object) -> Iterator[Problem]:
    if one.type == "interface" and one.vlan_id is not None and not 1 <= one.vlan_id <= 4094:
        yield Problem((*one.path, "name"), f"{one.name} names VLAN {one.vlan_id}, which is not in 1..4094")


def _inside_itself(one: Object) -> Iterator[Problem]:
    outer = one.parent
    while outer is not None:
        if outer.name == one.name:
            yield Problem(one.path, f"{outer} is a member of itself")
            return
        outer = outer.parent


_MEMBERS_OF_NOTHING = frozenset({"ib_interface", "ib_child_interface"})


def _primary_without_mac(one: Object) -> Iterator[Problem]:
    if one.get("primary") and one.type in _MEMBERS_OF_NOTHING:
        message = f"primary has no effect: {one} is no member of anything"
        yield Problem((*one.path, "primary"), message, "remove it", Severity.WARNING)
    drawn = one.type in WITH_THEIR_OWN_MAC and one.get("macaddr") is None
    if one.get("primary") and drawn and one.parent is not None and one.parent.type != "linux_bond":
        message = f"primary has no effect: the kernel draws the MAC address of {one}"
        yield Problem((*one.path, "primary"), message, "say its macaddr, or remove it", Severity.WARNING)


def _one_primary(one: Object) -> Iterator[Problem]:
    primaries = [member for member in one.members if member.get("primary")]
    for member in primaries[1:]:
        message = f"{one} has a primary member already: {primaries[0].name}"
        yield Problem((*member.path, "primary"), message, "keep one primary")


def _managed(one: Object) -> Iterator[Problem]:
    if not one.get("nm_controlled"):
        return
    path = (*one.path, "nm_controlled")
    if one.parent is not None:
        message = f"NetworkManager would take {one.name} out of {one.parent}"
        yield Problem(path, message, "remove nm_controlled from a port")
    else:
        hint = "NetworkManager is told by its own files what it may manage"
        yield Problem(path, "has no effect", hint, Severity.WARNING)


def _unrooted_vlan(one: Object) -> Iterator[Problem]:
    inside = one.parent.type if one.parent else ""
    if one.type == "vlan" and one.device is None and inside not in ovs.BRIDGES:
        yield Problem(one.path, f"{one.name} has no device", "add device: <the NIC, bond or bridge below it>")


def _ports_have_one_mtu(one: Object) -> Iterator[Problem]:
    """The bonding driver gives a port the bond's MTU when it takes it."""
    if one.type != "linux_bond":
        return
    own = one.get("mtu")
    said = own or next((member.get("mtu") for member in one.members if member.get("mtu")), None)
    for member in one.members:
        mtu, path = member.get("mtu"), (*member.path, "mtu")
        if mtu in {None, said}:
            continue
        if own:
            message = f"not used: {one.name} gives its ports its own mtu, {own}"
            yield Problem(path, message, "remove it", Severity.WARNING)
        else:
            message = f"mtu {mtu} of {member.name} differs from {said}, that of another port of {one.name}"
            yield Problem(path, message, f"give {one.name} itself an mtu")


def _alias(one: Object) -> Iterator[Problem]:
    if one.type == "interface" and ":" in one.name:
        message = f"{one.name} is an address label of {one.name.partition(':')[0]}"
        yield Problem((*one.path, "name"), f"{message}: not supported by this version yet (address labels)",
                      "give the address to the link itself", Severity.UNSUPPORTED)  # fmt: skip


def _mtu_and_ipv6(one: Object) -> Iterator[Problem]:
    mtu = one.get("mtu")
    if mtu is not None and mtu < _LEAST_MTU_OF_IPV6 and any(len(p.address) == 16 for _, p in addresses(one)):
        yield Problem((*one.path, "mtu"), f"mtu {mtu} is below {_LEAST_MTU_OF_IPV6}, which IPv6 needs")


def _address_without_length(one: Object) -> Iterator[Problem]:
    for path, prefix in addresses(one):
        number = path[-1]
        text = one.get("addresses")[number]["ip_netmask"]
        if "/" not in text:
            message = f"{text} has no prefix length: /{prefix.length} is taken"
            yield Problem((*path, "ip_netmask"), message, f"write {text}/{prefix.length}", Severity.WARNING)


def _bonding(one: Object) -> Iterator[Problem]:
    if one.type != "linux_bond":
        return
    text = str(one.get("bonding_options") or "")
    options = formats.bonding_options(text)
    mode = bond.MODES[int(str(options.get("mode", bond.MODES.index("active-backup"))))]
    path = (*one.path, "bonding_options")
    for word in dict.fromkeys(text.split()):
        if "=" not in word or word.startswith("bond_mode="):
            yield Problem(path, f"{word} is taken as mode={mode}", f"write mode={mode}", Severity.WARNING)
    for name in options:
        modes = bond.MODES_OF.get(name)
        if modes is not None and mode not in modes:
            yield Problem(
                path, f"{name} has no meaning in mode {mode}", f"it belongs to {', '.join(sorted(modes))}"
            )
    for message, hint in (*_monitors(options), *_delays(options)):
        yield Problem(path, message, hint)
    for name in ("primary", "active_slave"):
        members = {name for member in one.members for name in (member.name, member.get("name"))}
        if name in options and options[name] not in members:
            yield Problem(path, f"{name}={options[name]!s} is no member of {one.name}")


def _monitors(options: formats.Options) -> Iterator[Tuple[str, str]]:
    if options.get("miimon") and options.get("arp_interval"):
        yield "miimon and arp_interval exclude each other", "keep one monitor"
    if options.get("arp_interval") and not (options.get("arp_ip_target") or options.get("ns_ip6_target")):
        yield "arp_interval needs arp_ip_target", "add the addresses to ask for"
    if options.get("arp_validate") and not options.get("arp_interval"):
        miimon = options.get("miimon", bond.DEFAULT_MIIMON)
        if miimon:
            # drivers/net/bonding/bond_netlink.c, bond_changelink
            message = f"arp_validate needs arp_interval: the driver refuses it beside miimon={miimon!s}"
            yield message, "set arp_interval"


def _delays(options: formats.Options) -> Iterator[Tuple[str, str]]:
    miimon = options.get("miimon", bond.DEFAULT_MIIMON)
    for name in bond.MULTIPLES_OF_MIIMON:
        delay = options.get(name)
        if not isinstance(delay, int) or not isinstance(miimon, int):
            continue
        if miimon == 0 and delay:
            yield f"{name}={delay} needs miimon, which is 0", "set miimon"
        elif miimon and delay % miimon:
            message = f"{name}={delay} is no multiple of miimon={miimon}: the driver would round it down"
            yield message, f"choose {delay // miimon * miimon} or {(delay // miimon + 1) * miimon}"


def _physical_function(one: Object) -> Iterator[Problem]:
    if one.type != "sriov_pf" or not one.get("vdpa"):
        return
    if one.get("link_mode") != "switchdev":
        yield Problem((*one.path, "vdpa"), "vdpa needs the switchdev mode", "add link_mode: switchdev")
    if not one.get("numvfs"):
        yield Problem((*one.path, "numvfs"), "vdpa needs a virtual function", "set numvfs to 1 or more")


def _virtual_function(one: Object) -> Iterator[Problem]:
    if one.type != "sriov_vf":
        return
    low, high = one.get("min_tx_rate") or 0, one.get("max_tx_rate") or 0
    if high and low > high:
        message = f"min_tx_rate {low} is larger than max_tx_rate {high}"
        yield Problem((*one.path, "min_tx_rate"), message, "a max_tx_rate of 0 is no limit")
    if one.get("qos") and not one.get("vlan_id"):
        yield Problem((*one.path, "qos"), "qos stands in a VLAN tag, and there is no VLAN", "add vlan_id")


def _device_outside(one: Object) -> Iterator[Problem]:
    if one.type not in ovs.BRIDGES:
        return
    family = {None, one.name, *(member.name for member in walk(one.members))}
    for member in one.members:
        if member.type == "vlan" and member.device not in family:
            message = f"device {member.device} is no member of {one}"
            hint = "remove device: the VLAN is a port of the bridge"
            yield Problem((*member.path, "device"), message, hint, Severity.WARNING)


def addresses(one: Object) -> Iterator[Tuple[Path, Prefix]]:
    """The static addresses of an object with their places."""
    seen: Set[bytes] = set()
    for path, prefix in _every_address(one):
        if not _is_there_already(prefix, seen):
            yield path, prefix
        seen.add(prefix.address)


def _every_address(one: Object) -> Iterator[Tuple[Path, Prefix]]:
    for number, entry in enumerate(one.get("addresses") or ()):
        if entry and entry.get("ip_netmask"):
            yield (*one.path, "addresses", number), formats.ip_prefix(entry["ip_netmask"])


def _is_there_already(prefix: Prefix, seen: Set[bytes]) -> bool:
    """The kernel has an IPv6 address once per link, whatever its prefix length (net/ipv6/addrconf.c)."""
    return len(prefix.address) == 16 and prefix.address in seen


def _ipv6_address_again(one: Object) -> Iterator[Problem]:
    seen: Set[bytes] = set()
    for path, prefix in _every_address(one):
        if _is_there_already(prefix, seen):
            message = f"{prefix} is left out: {one.name} has that address already, which a link has once"
            yield Problem(path, message, "remove it", Severity.WARNING)
        seen.add(prefix.address)


_RULES_OF_ONE: Tuple[Callable[[Object], Iterator[Problem]], ...] = (
    _name_too_long,
    _dotted_vlan_id,
    _inside_itself,
    _one_primary,
    _primary_without_mac,
    _managed,
    _unrooted_vlan,
    _alias,
    _ports_have_one_mtu,
    _mtu_and_ipv6,
    _address_without_length,
    _ipv6_address_again,
    _bonding,
    bridges.check,
    _device_outside,
    _physical_function,
    _virtual_function,
    tunnels.check,
)


# Several objects


def _names_twice(everything: Sequence[Object], declared: Dict[str, Object]) -> Iterator[Problem]:
    by_name: Dict[str, List[Object]] = defaultdict(list)
    for one in everything:
        if one.type not in _NOT_A_LINK:
            by_name[one.name].append(one)
    for name, objects in by_name.items():
        makers = [one for one in objects if not is_reference(one, declared)]
        if len(makers) > 1:
            yield from _declared_twice(name, makers)
        ports = [one for one in objects if one.parent is not None and is_port(one)]
        if len(makers) <= 1 and len(ports) > 1:
            yield from _two_masters(name, ports)


def _declared_twice(name: str, objects: Sequence[Object]) -> Iterator[Problem]:
    if len([one for one in objects if one.parent is not None and is_port(one)]) > 1:
        yield from _two_masters(name, [one for one in objects if one.parent is not None])
        return
    first = objects[0]
    for again in objects[1:]:
        on = f" (VLAN {again.vlan_id} of {again.device})" if again.type == "vlan" else ""
        message = f"{again} is declared twice{on}; first at {show_path(first.path)}"
        yield Problem(again.path, message, "a link stands once in the file, with all that belongs to it")


def _two_masters(name: str, ports: Sequence[Object]) -> Iterator[Problem]:
    first = ports[0].parent
    for again in ports[1:]:
        message = f"{name} cannot be a member of {again.parent} too: it is one of {first}"
        yield Problem(again.path, message, "a link has one master")


def _bridge_in_a_bridge(one: Object, declared: Dict[str, Object]) -> Iterator[Problem]:
    """The kernel refuses it (net/bridge/br_if.c, br_add_if)."""
    if one.type == _BRIDGE:
        for member in one.members:
            if declared[member.name].type == _BRIDGE and member.name != one.name:
                message = f"{member.name} is a bridge: it cannot be a member of {one}"
                yield Problem(member.path, message, "join two bridges by a pair of links")


def _missing_device(one: Object, declared: Dict[str, Object], section: Section) -> Iterator[Problem]:
    if one.device is None or one.type not in _ON_A_DEVICE or _is_tagged_port(one):
        return
    if one.parent is not None and one.parent.type in _FOREIGN:
        return
    if one.device in declared or section.exists(one.device):
        return
    key = next((key for key in ("device", "parent") if key in one.values), "name")
    message = f"there is no link {one.device} for {one.name} to stand on"
    yield Problem((*one.path, key), message, f"declare {one.device} in this file, or correct the name")


def _is_tagged_port(one: Object) -> bool:
    """A VLAN of an Open vSwitch bridge is a port of it, whatever its device."""
    return one.type == "vlan" and one.parent is not None and one.parent.type in ovs.BRIDGES


def _larger_than_below(one: Object, declared: Dict[str, Object]) -> Iterator[Problem]:
    below = _giving_mtu(one, declared)
    if below is None or one.type not in _ON_A_DEVICE or _is_tagged_port(one):
        return
    mtu, limit = one.get("mtu"), known_mtu(below)
    overhead = tunnels.overhead(one)
    if mtu is not None and limit is not None and mtu > limit - overhead:
        less = f", less {overhead} for the packets around it" if overhead else ""
        message = f"mtu {mtu} of {one.name} is larger than {limit}, the mtu of {below.name} below it{less}"
        yield Problem((*one.path, "mtu"), message, f"give {below.name} an mtu of at least {mtu + overhead}")


#: Types that stand on a device: a NIC with a dot in its name is a VLAN.
_ON_A_DEVICE = STANDING | {"vlan", "interface", "ib_child_interface"}


def _giving_mtu(one: Object, declared: Dict[str, Object]) -> Optional[Object]:
    """The nearest link below whose MTU is known: a VLAN of which none is said has its device's."""
    seen = {one.name}
    below = declared.get(one.device or "")
    while below is not None and below.name not in seen and known_mtu(below) is None:
        seen.add(below.name)
        below = declared.get(below.device or "")
    return below


def _mtu_said_twice(one: Object, declared: Dict[str, Object]) -> Iterator[Problem]:
    """A member that only names a link may say its MTU, where the link itself does not."""
    maker = declared.get(one.name)
    if maker is None or not is_reference(one, declared):
        return
    mtu, own = one.get("mtu"), known_mtu(maker)
    if mtu is not None and own is not None and mtu != own:
        message = f"mtu {mtu} of {one.name} differs from {own}, which {show_path(maker.path)} says"
        yield Problem((*one.path, "mtu"), message, "say it once")


def known_mtu(one: Object) -> Optional[int]:
    """The MTU that the config gives a link, through its members for a bond that has none.

    A port of a bond has the bond's.
    """
    if one.parent is not None and one.parent.type == "linux_bond":
        of_bond = known_mtu(one.parent)
        if of_bond is not None:
            return of_bond
    mtu: Optional[int] = one.get("mtu")
    if mtu is None and one.type == _BRIDGE:
        # The least of its ports', of which not all are known.
        mtus = [known_mtu(member) for member in one.members if member.device != one.name]
        mtu = min((port for port in mtus if port is not None), default=None)
    return mtu if mtu is not None else bond_mtu(one)


def bond_mtu(one: Object) -> Optional[int]:
    """A bond and its ports have one MTU: what the members say is said of the bond."""
    if one.type != "linux_bond":
        return None
    said: Set[int] = {member.get("mtu") for member in one.members if member.get("mtu") is not None}
    return said.pop() if len(said) == 1 else None


def _unreachable(one: Object, routes: Sequence[Route]) -> Iterator[Problem]:
    if one.get("use_dhcp") or one.get("use_dhcpv6"):
        return
    reach = _Reach(one, routes)
    for route in routes:
        for hop in () if route.is_dead_end else route.next_hops(one.name):
            gateway = hop.gateway
            if gateway is None or hop.onlink or hop.link != one.name or reach.has(gateway, route.table):
                continue
            message = f"no address of {one.name} reaches the next hop {show_address(gateway)}"
            hint = "correct it, or give the link an address in the next hop's network"
            if len(gateway) == 16 and not reach.knows_ipv6(route.table):
                message += " unless a router announces its network"
                yield Problem(route.path, message, hint, Severity.WARNING)
            else:
                yield Problem(route.path, message, hint)


class _Reach:
    """What a link reaches: the networks of its addresses, and by table those of its direct routes."""

    def __init__(self, one: Object, routes: Sequence[Route]) -> None:
        # Kept apart, and not joined for each of what may be very many tables.
        self._own = {prefix.network for _, prefix in addresses(one)}
        self._direct: Dict[int, Set[Prefix]] = {}
        for route in routes:
            if route.is_direct and route.table == MAIN_TABLE:
                self._own.add(route.destination)
            elif route.is_direct:
                self._direct.setdefault(route.table, set()).add(route.destination)
        self._lengths = {network.length for some in (self._own, *self._direct.values()) for network in some}
        self._has_ipv6 = _any_ipv6(self._own)
        self._ipv6_tables = {table for table, networks in self._direct.items() if _any_ipv6(networks)}

    def has(self, gateway: bytes, table: int) -> bool:
        bits, direct = 8 * len(gateway), self._direct.get(table, _NO_NETWORKS)
        networks = (Prefix(gateway, one).network for one in self._lengths if one <= bits)
        return LINK_LOCAL.contains(gateway) or any(one in self._own or one in direct for one in networks)

    def knows_ipv6(self, table: int) -> bool:
        return self._has_ipv6 or table in self._ipv6_tables


_NO_NETWORKS: Set[Prefix] = set()


def _any_ipv6(networks: Set[Prefix]) -> bool:
    return any(len(network.address) == 16 for network in networks)


def _vlans_twice(everything: Sequence[Object]) -> Iterator[Problem]:
    seen: Dict[Tuple[Optional[str], Optional[int]], Object] = {}
    for one in everything:
        if one.vlan_id is None or one.device is None:
            continue
        first = seen.setdefault((one.device, one.vlan_id), one)
        if first is not one and first.name != one.name:
            message = (
                f"VLAN {one.vlan_id} of {one.device} is {first.name} already, at {show_path(first.path)}"
            )
            yield Problem(one.path, message, "a device carries a VLAN id once")


def _addresses_twice(everything: Sequence[Object]) -> Iterator[Problem]:
    seen: Dict[bytes, Object] = {}
    for one in everything:
        for path, prefix in addresses(one):
            first = seen.setdefault(prefix.address, one)
            if first is not one:
                message = f"{show_address(prefix.address)} is an address of {first.name} already"
                yield Problem(path, message, "give each link its own", Severity.WARNING)


def kernel_s_own(one: Object, table: int) -> FrozenSet[Tuple[Prefix, int, int, int]]:
    """The routes of IPv4 that the kernel makes with an object's addresses, as Route.key has them."""
    networks = (prefix.network for _, prefix in addresses(one))
    return frozenset((network, 0, table, 0) for network in networks if len(network.address) == 4)


def _not_the_kernel_s(one: Object, routes: Sequence[Route], own: Mapping[str, int]) -> Iterator[Problem]:
    made = kernel_s_own(one, own.get(one.name, MAIN_TABLE))
    for route in routes:
        if route.is_direct and route.said and route.key in made:
            message = f"the kernel makes the route to {route.destination} itself, with the address"
            yield Problem(route.path, message, "give this one a metric of 1 or more, or another table")


def _other_links(routes: Sequence[Route], declared: Dict[str, Object], section: Section) -> Iterator[Problem]:
    """Next hops by way of links that nobody knows."""
    for route in routes:
        for hop in route.hops:
            if hop.link is None or hop.link in declared or section.exists(hop.link):
                continue
            message = f"there is no link {hop.link} for a next hop"
            hint = f"declare {hop.link} in this file, or correct the name"
            yield Problem((*route.path, "route_options"), message, hint)


def _foreign_sources(section: Section) -> Iterator[Problem]:
    """The kernel refuses a route whose source is no address of the node."""
    everything = section.all
    if any(one.get("use_dhcp") or one.get("use_dhcpv6") for one in everything):
        return
    known = {prefix.address for one in everything for _, prefix in addresses(one)}
    for route in (route for some in section.routes.values() for route in some):
        source = route.said.get("source")
        if isinstance(source, bytes) and source not in known:
            message = f"no link of this file has the address {show_address(source)}, which src names"
            hint = "the kernel refuses the route unless the node has it"
            yield Problem((*route.path, "route_options"), message, hint, Severity.WARNING)


def _routes_twice(routes: Dict[Path, List[Route]]) -> Iterator[Problem]:
    seen: Dict[Tuple[Prefix, int, int, int], Tuple[object, Route]] = {}
    for owner, some in routes.items():
        for route in some:
            makes = (None if route.is_dead_end else owner, route.gateway, route.hops, route.said)
            first_makes, first = seen.setdefault(route.key, (makes, route))
            if first is not route and first_makes != makes:
                where = "" if route.table == MAIN_TABLE else " in the same table"
                same = f"a route to {route.destination} with metric {route.metric}{where}"
                message = f"{same} stands at {show_path(first.path)} already: that one counts"
                yield Problem(route.path, message, "give one of them another metric", Severity.WARNING)


def _rings(everything: Sequence[Object]) -> Iterator[Problem]:
    """A link that stands on itself by way of others: a bridge with its own VLAN's bond as a port.

    One that is a member of itself is told by _inside_itself.
    """
    below: Dict[str, Set[str]] = defaultdict(set)
    for one in everything:
        if one.device is not None:
            below[one.name].add(one.device)
        if one.parent is not None and is_port(one) and one.name not in _outer_names(one):
            below[one.parent.name].add(one.name)
    done: Set[str] = set()
    for start in list(below):
        ring = _ring_from(start, below, done)
        if ring:
            culprit = next(one for one in everything if one.name == ring[0])
            message = f"{' on '.join(ring)} on {ring[0]}: the links stand on each other in a ring"
            yield Problem(culprit.path, message, "one of them must stand on a NIC")
            return


def _outer_names(one: Object) -> Iterator[str]:
    outer = one.parent
    while outer is not None:
        yield outer.name
        outer = outer.parent


def _ring_from(start: str, below: Dict[str, Set[str]], done: Set[str]) -> List[str]:
    """The names of a ring that is reached from ``start``; depth first, without recursion."""
    # A dict for its order, and to find a name in.
    trail: Dict[str, None] = {start: None}
    pending = [iter(sorted(below.get(start, ())))]
    while pending:
        name = next(pending[-1], None)
        if name is None:
            done.add(trail.popitem()[0])
            pending.pop()
        elif name in trail:
            names = list(trail)
            return names[names.index(name) :]
        elif name not in done:
            trail[name] = None
            pending.append(iter(sorted(below.get(name, ()))))
    return []
