"""What is wrong with objects of Open vSwitch, or with what is said of their rows."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

from ..state import row
from ..state.model import Key, Resource, RowKey
from ..state.problem import Problem, Severity, show_path
from ..state.values import Values
from .kinds import dpdk, ovs
from .objects import Object
from .ovs_extra import add, commands


def check(one: Object) -> Iterator[Problem]:
    for rule in _RULES:
        yield from rule(one)


def _without_bridge(one: Object) -> Iterator[Problem]:
    inside = one.parent.type if one.parent is not None else None
    if one.type == dpdk.PORT and dpdk.nic_of(one) is None:
        yield Problem(one.path, f"{one} has no NIC", "add it as the one member")
    holders = {*ovs.BRIDGES, dpdk.BOND} if one.type == dpdk.PORT else ovs.BRIDGES
    if one.type in _IN_A_BRIDGE and inside not in holders:
        yield Problem(one.path, f"{one} is in no bridge", "make it a member of an ovs_bridge")
    bridge = one.get("bridge_name")
    if one.type == "ovs_patch_port" and one.parent is not None and one.parent.name != bridge:
        message = f"bridge_name is {bridge}, and {one} is a member of {one.parent}"
        yield Problem((*one.path, "bridge_name"), message, f"say {one.parent.name}, or take it out of there")


#: A patch port may name its bridge instead.
_IN_A_BRIDGE = ovs.LINKLESS - {"ovs_patch_port"}


def _without_link(one: Object) -> Iterator[Problem]:
    """The kernel has nothing of its name that could carry an address."""
    if one.type not in ovs.LINKLESS and not dpdk.is_driven(one):
        return
    for name in ("addresses", "routes", "rules"):
        if one.get(name):
            message = f"{one} has no link of its own for {name}"
            yield Problem((*one.path, name), message, "give them to the bridge, or to a vlan in it")
    idle = ("use_dhcp", "use_dhcpv6", *(("mtu",) if one.type in _WITHOUT_MTU else ()))
    for name in idle:
        if one.get(name):
            message = f"{name} has no effect: {one} has no link of its own"
            yield Problem((*one.path, name), message, "remove it", Severity.WARNING)


_WITHOUT_MTU = frozenset({"ovs_patch_port", "ovs_tunnel"})


def _without_mac(one: Object) -> Iterator[Problem]:
    """A bridge takes its MAC address from a link."""
    in_a_bridge = one.parent is not None and one.parent.type in ovs.BRIDGES
    if one.get("primary") and in_a_bridge and one.type in {*_WITHOUT_MTU, dpdk.PORT}:
        message = f"primary has no effect: {one} has no link whose MAC address the bridge could take"
        yield Problem((*one.path, "primary"), message, "remove it", Severity.WARNING)


def _as_its_bond(one: Object) -> Iterator[Problem]:
    """What a member of a bond of DPDK says and does not get."""
    if one.type != dpdk.PORT or one.parent is None or one.parent.type != dpdk.BOND:
        return
    for name in dpdk.OF_BOND:
        own, of_bond = one.get(name), one.parent.get(name)
        if None not in (own, of_bond) and own != of_bond:
            message = f"not used: {one.parent.name} gives its members its own {name}, {of_bond}"
            yield Problem((*one.path, name), message, "remove it", Severity.WARNING)
    if one.get("ovs_options"):
        message = f"ovs_options has no effect: they are of the port, which is {one.parent.name}"
        yield Problem((*one.path, "ovs_options"), message, "say them there", Severity.WARNING)


def _not_open_vswitch(one: Object) -> Iterator[Problem]:
    if ovs.has_rows(one) or one.type in _LATER:
        return
    for name in ("ovs_extra", "ovs_options"):
        if one.get(name):
            message = f"{name} has no effect: {one} is not in Open vSwitch"
            yield Problem((*one.path, name), message, "remove it", Severity.WARNING)


#: Of Open vSwitch as well, and not yet made by us.
_LATER = frozenset({"sriov_pf", "sriov_vf"})


def _columns(one: Object) -> Iterator[Problem]:
    if not isinstance(one.get("ovs_options"), str) or not one.get("ovs_options").strip():
        return
    from .vsctl import CommandError

    try:
        ovs.columns(one, row.BRIDGE if one.type in ovs.BRIDGES else row.PORT)
    except CommandError as error:
        yield Problem((*one.path, "ovs_options"), str(error))


def _commands(one: Object) -> Iterator[Problem]:
    texts = commands(one)
    if not texts or not (ovs.has_rows(one) or one.type in _LATER):
        return
    from .vsctl import PRESENCE, CommandError, read

    path = (*one.path, "ovs_extra")
    try:
        said = read(list(texts.values()), one.name)
    except CommandError as error:
        yield Problem((*path, list(texts)[error.number]), str(error))
        return
    for gone in (says.key for says in said if says.attribute == PRESENCE and not says.value):
        message = f"{gone} is deleted, and a config only says what is to be there"
        yield Problem(path, message, _LEAVE_IT_OUT)


_LEAVE_IT_OUT = "what this file made goes by leaving it out; name what others made in remove_config"


_RULES: Tuple[Callable[[Object], Iterator[Problem]], ...] = (
    _without_bridge,
    _without_link,
    _without_mac,
    _as_its_bond,
    _not_open_vswitch,
    _columns,
    _commands,
)


# Several objects

Options = Mapping[str, str]


def check_all(everything: Sequence[Object]) -> Iterator[Problem]:
    """What ovs-vswitchd would refuse of tunnels and patch ports."""
    found = [one for one in everything if one.type in {"ovs_patch_port", "ovs_tunnel"}]
    options = _options(found, everything) if found else {}
    seen: Dict[Tuple[str, ...], Object] = {}
    for one in found:
        own = options.get(one.name, {})
        if one.type == "ovs_patch_port" and own.get("peer") == one.name:
            yield Problem(
                (*one.path, "peer"), f"{one} is its own peer", "name the patch port at the other end"
            )
        if one.type == "ovs_tunnel" and "remote_ip" in own:
            yield from _same_ends(one, seen.setdefault(_ends(one, own), one))


def _same_ends(one: Object, first: Object) -> Iterator[Problem]:
    if first.name != one.name:
        message = f"{one} has the ends and the key of {first.name}, at {show_path(first.path)}"
        hint = "give one of them another remote_ip, local_ip, key or dst_port"
        yield Problem((*one.path, "ovs_options"), message, hint)


def _options(found: Sequence[Object], everything: Sequence[Object]) -> Mapping[str, Options]:
    """Those of the interfaces by name, with what ``ovs_extra`` says; none where that is wrong."""
    keys = [RowKey(row.INTERFACE, one.name) for one in found]
    rows: Dict[Key, Resource] = {key: Resource(key, ovs.options(one)) for key, one in zip(keys, found)}
    saying = [one for one in everything if ovs.has_rows(one) and commands(one)]
    if saying:
        from .vsctl import CommandError

        try:
            add(rows, saying)
        except CommandError:
            return {}
    return {key.name: _by_key(rows[key].values) for key in keys}


def _by_key(values: Values) -> Options:
    whole = values.get("options")
    texts: List[str] = [str(text) for text in whole] if isinstance(whole, tuple) else []
    texts += [f"{name.partition(':')[2]}={value!s}" for name, value in _said_of_options(values)]
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _said_of_options(values: Values) -> Iterator[Tuple[str, object]]:
    return ((name, one) for name, one in values.items() if name.startswith("options:") and one is not None)


def _ends(one: Object, options: Options) -> Tuple[str, ...]:
    """What tells a tunnel of a datapath from another one (ofproto/tunnel.c, struct tnl_match)."""
    kind, datapath = str(one.get("tunnel_type")), one.parent.type if one.parent is not None else ""
    key = options.get("in_key", options.get("key", "0"))
    port = options.get("dst_port", _PORTS.get(kind, ""))
    more = (options.get(name, "") for name in ("remote_ip", "local_ip", "exts", "packet_type"))
    return (datapath, kind, _number(key), _number(port), *more)


#: Of UDP, where none is said (lib/netdev-vport.c).
_PORTS = {"geneve": "6081", "vxlan": "4789"}


def _number(text: str) -> str:
    try:
        return str(int(text, 0))
    except ValueError:
        return text
