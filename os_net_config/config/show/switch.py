"""Open vSwitch: bridges, what is a port of them, and the columns of both."""

from __future__ import annotations

from typing import AbstractSet, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ...state import row
from ...state.model import ROOT_KEY, DeviceKey, RowKey
from ...state.record import carries_our_label
from ...state.row import BRIDGE, CONTROLLER, INTERFACE, PORT
from ...state.values import Values
from ..kinds.dpdk import QUEUES
from . import columns
from .seen import Seen, UnsaidError
from .tree import Content, Element, Entry, Remark, Scalar

#: Of a link that is a port: its whole object. Raises UnsaidError where it is left out.
Whole = Callable[[str], Entry]

_USER_SPACE = "netdev"
_LARGE_TABLE = ("other_config:mac-table-size", "50000")
_HWADDR, _PRIMARY = "other_config:hwaddr", "other_config:bond-primary"
_TUNNELS = frozenset({"vxlan", "gre", "geneve"})
#: Keys of external_ids by which Neutron, OVN, libvirt and their like know what they have made.
_OF_OTHERS = frozenset(
    {
        "iface-id",
        "vm-id",
        "vm-uuid",
        "attached-mac",
        "ovn-chassis-id",
        "ovn-localnet-port",
        "ovn-l3gateway-port",
    }
)


def head(seen: Seen, name: str) -> Entry:
    """A bridge, or an internal port that is a VLAN of its bridge. Raises UnsaidError."""
    interface = seen.rows(INTERFACE).get(name)
    if interface is None:
        raise UnsaidError("it is Open vSwitch's, and no row tells of it")
    fault = row.fault(interface)
    if fault is not None:
        raise UnsaidError(f"ovs-vswitchd cannot make it work: {fault!s}")
    is_up = bool(seen.live.values(name).get("up"))
    if name in seen.rows(BRIDGE):
        return _bridge(seen, name, is_up)
    if not is_up:
        raise UnsaidError("it is down, and a run sets up what its file names")
    port = seen.rows(PORT).get(str(interface.get("port")), {})
    if name != f"vlan{port.get('tag')!s}" or interface.get("port") != name:
        raise UnsaidError(
            "internal ports of Open vSwitch are told as VLANs, named vlan20 with the tag 20; to have this one"
            f" from a file say in the bridge's ovs_extra: add-port {port.get('bridge')!s} {name} -- set"
            f" interface {name} type=internal"
        )
    extra = _of_port(seen, name, {"tag"}, {"type", "mtu_request"})
    tag = port["tag"]
    assert isinstance(tag, int)
    return Entry({"type": "vlan", "vlan_id": tag, **_extra(extra)})


def mtu(seen: Seen, name: str) -> Optional[int]:
    value = seen.rows(INTERFACE).get(name, {}).get("mtu_request")
    return value if isinstance(value, int) else None


def as_port(seen: Seen, name: str) -> Dict[str, Tuple[Element, ...]]:
    """What a link of the kernel says of itself as an interface: ``ovs_extra``."""
    return _extra(_of_port(seen, name)) if name in seen.rows(INTERFACE) else {}


def _of_port(
    seen: Seen,
    name: str,
    of_port: AbstractSet[str] = frozenset(),
    of_interface: AbstractSet[str] = frozenset(),
) -> Iterator[str]:
    """Commands for the rows of a port, without these columns."""
    interface = seen.rows(INTERFACE).get(name, {})
    if interface.get("port") == name:
        yield columns.command(PORT, "{name}", seen.rows(PORT).get(name, {}), of_port)
    yield columns.command(INTERFACE, "{name}", interface, of_interface)


def _extra(commands: Iterator[str]) -> Dict[str, Tuple[Element, ...]]:
    found = tuple(one for one in commands if one)
    return {"ovs_extra": found} if found else {}


# Bridges


def _bridge(seen: Seen, name: str, is_up: bool) -> Entry:
    values = seen.rows(BRIDGE)[name]
    is_user = values.get("datapath_type") == _USER_SPACE
    said: Dict[str, Content] = {
        "type": "ovs_user_bridge" if is_user else "ovs_bridge",
        "name": seen.word(name),
    }
    if not is_up:
        said["ovs_internal"] = False
    fail_mode = values.get("fail_mode")
    if fail_mode == "secure" or (fail_mode and "fail_mode" in seen.said(RowKey(BRIDGE, name))):
        said["ovs_fail_mode"] = str(fail_mode)
    return Entry({**said, **_extra(_of_bridge(seen, name, is_user))}, tuple(_remarks(seen, name)))


def _of_bridge(seen: Seen, name: str, is_user: bool) -> Iterator[str]:
    values = seen.rows(BRIDGE)[name]
    without = {"fail_mode", "controller"}
    without |= {"datapath_type"} if is_user else set()
    if values.get(_LARGE_TABLE[0]) == _LARGE_TABLE[1] and not is_user:
        without.add(_LARGE_TABLE[0])
    if primary(seen, name) is not None:
        without.add(_HWADDR)
    yield columns.command(BRIDGE, "{name}", values, without)
    yield from _of_port(seen, name, set(), {"type", "mtu_request"})
    yield _controllers(seen, name)
    if name == min(seen.rows(BRIDGE)):
        yield from _of_root(seen)


def _controllers(seen: Seen, name: str) -> str:
    """All of a bridge in one command: what is said of one is said of each."""
    targets = seen.rows(BRIDGE)[name].get("controller")
    if not isinstance(targets, tuple) or not targets:
        return ""
    words = ["set-controller", "{name}", *(columns.for_shell(str(one)) for one in targets)]
    said = {_of_controller(seen, name, str(one)) for one in targets}
    return " ".join([*words, *(["--", *said] if len(said) == 1 and said != {""} else [])])


def _of_controller(seen: Seen, name: str, target: str) -> str:
    values = seen.rows(CONTROLLER).get(f"{name} {target}", {})
    return columns.command(CONTROLLER, "{name}", values, {"target"})


def _of_root(seen: Seen) -> Iterator[str]:
    """Of the one row for the whole of Open vSwitch what a config has said: the rest others write."""
    said = seen.said(ROOT_KEY)
    values = seen.live.resources[ROOT_KEY].values
    of_config = {name: one for name, one in values.items() if name in said and name != "manager"}
    yield columns.command(row.ROOT, ".", of_config)
    targets = values.get("manager")
    if "manager" in said and isinstance(targets, tuple) and targets:
        yield " ".join(["set-manager", *(columns.for_shell(str(one)) for one in targets)])


def primary(seen: Seen, name: str) -> Optional[str]:
    """The port that the bridge has its MAC address from, as ``primary: true`` says it."""
    values = seen.rows(BRIDGE)[name]
    mac = values.get(_HWADDR)
    if values.get("datapath_type") == _USER_SPACE:
        return None
    owners = (one for one in seen.ports_of(name) if one in seen.macs and seen.macs[one].hex(":") == mac)
    return next((one for one in owners if seen.is_nic(one)), None)


def _remarks(seen: Seen, name: str) -> Iterator[str]:
    for table, names in ((BRIDGE, [name]), (PORT, seen.ports_of(name))):
        for one in names:
            refers = seen.rows(table).get(one, {}).get(row.REFERS)
            if isinstance(refers, tuple):
                yield f"{table.lower()} {one} has {', '.join(map(str, refers))}, of which a file says nothing"
    targets = seen.rows(BRIDGE)[name].get("controller")
    several = targets if isinstance(targets, tuple) else ()
    if len({_of_controller(seen, name, str(one)) for one in several}) > 1:
        yield "its controllers have different columns, which a file cannot say of one alone"


# Ports


def members(seen: Seen, name: str, whole: Whole) -> Iterator[Element]:
    """What is a port of a bridge, with a remark about each that is left out."""
    first = primary(seen, name)
    for port in seen.ports_of(name):
        if port == name:
            continue
        try:
            entry = _member(seen, port, whole)
        except UnsaidError as error:
            yield Remark(f"the port {port} is left out: {error}")
            continue
        yield _with_primary(entry) if port == first else entry


def _with_primary(entry: Entry) -> Entry:
    """After its name."""
    named = {key: entry.values[key] for key in ("type", "name", "vlan_id") if key in entry.values}
    return Entry({**named, "primary": True, **entry.values}, entry.remarks)


def _member(seen: Seen, port: str, whole: Whole) -> Entry:
    values = seen.rows(PORT)[port]
    interfaces = seen.interfaces_of(port)
    if values.get("fake_bridge"):
        raise UnsaidError("it is a fake bridge")
    _refuse_others(seen, port, interfaces)
    if interfaces != [port]:
        return _bond(seen, port, interfaces, whole)
    kind = str(seen.rows(INTERFACE)[port].get("type") or "")
    fault = row.fault(seen.rows(INTERFACE)[port])
    if fault is not None:
        raise UnsaidError(f"ovs-vswitchd cannot make it work: {fault!s}")
    if kind in _TUNNELS:
        return _tunnel(seen, port, kind)
    if kind not in _MEMBERS:
        raise UnsaidError(f"this language has no word for an interface of the type {kind}")
    return _MEMBERS[kind](seen, port, whole)


def _refuse_others(seen: Seen, port: str, interfaces: List[str]) -> None:
    keys = [RowKey(PORT, port), *(RowKey(INTERFACE, one) for one in interfaces)]
    if any(carries_our_label(seen.live.resources[key]) for key in keys):
        return
    for key in keys:
        names = seen.live.resources[key].values
        known = sorted(
            _OF_OTHERS & {name.partition(":")[2] for name in names if name.startswith("external_ids:")}
        )
        if known:
            raise UnsaidError(f"another program has made it (external_ids:{known[0]}), and looks after it")


def _of_the_kernel(seen: Seen, port: str, whole: Whole) -> Entry:
    return whole(port)


def _tunnel(seen: Seen, port: str, kind: str) -> Entry:
    said: Dict[str, Scalar] = {"type": "ovs_tunnel", "name": port, "tunnel_type": kind}
    return _with_options(seen, port, said, {"type", "options"})


def _patch(seen: Seen, port: str, whole: Whole) -> Entry:
    values = seen.rows(INTERFACE)[port]
    said: Dict[str, Scalar] = {
        "type": "ovs_patch_port",
        "name": port,
        "bridge_name": str(seen.rows(PORT)[port].get("bridge")),
        "peer": str(values.get("options:peer")),
    }
    return _with_options(seen, port, said, {"type", "options"}, {"options:peer"})


def _with_options(
    seen: Seen,
    port: str,
    said: Mapping[str, Scalar],
    without: AbstractSet[str],
    known: AbstractSet[str] = frozenset(),
) -> Entry:
    """The options of the interface's type as a list; those that a list cannot have among the rest."""
    values = seen.rows(INTERFACE)[port]
    options = [name for name in sorted(values) if name.startswith("options:") and name not in known]
    listed = tuple(f"{name.partition(':')[2]}={values[name]!s}" for name in options)
    found: Dict[str, Content] = {**said, **({"ovs_options": listed} if listed else {})}
    return Entry({**found, **_extra(_of_port(seen, port, set(), without))})


def _bond(seen: Seen, port: str, interfaces: List[str], whole: Whole) -> Entry:
    values = seen.rows(PORT)[port]
    kinds = {str(seen.rows(INTERFACE)[one].get("type") or "") for one in interfaces}
    if kinds not in ({""}, {row.DPDK}):
        raise UnsaidError(f"a bond of interfaces of the types {', '.join(sorted(kinds))} cannot be said")
    parts: List[Element] = []
    for one in interfaces:
        entry = _MEMBERS["".join(kinds)](seen, one, whole)
        parts.append(_with_primary(entry) if one == values.get(_PRIMARY) else entry)
    without = {_PRIMARY} if values.get(_PRIMARY) in interfaces else set()
    options = " ".join(columns.assignments(PORT, values, without))
    said: Dict[str, Content] = {"type": "ovs_dpdk_bond" if row.DPDK in kinds else "ovs_bond", "name": port}
    # The pattern of the schema knows no shell's quotes.
    if "'" in options or '"' in options:
        said["ovs_extra"] = (f"set port {{name}} {options}",)
    elif options:
        said["ovs_options"] = options
    return Entry({**said, "members": tuple(parts)})


def _dpdk(seen: Seen, port: str, whole: Whole) -> Entry:
    values = seen.rows(INTERFACE)[port]
    name, driver = _nic(seen, values)
    said: Dict[str, Content] = {"type": "ovs_dpdk_port", "name": port}
    if driver not in {None, "vfio-pci"}:
        said["driver"] = driver
    for word, column in QUEUES.items():
        if str(values.get(column) or "").isdigit():
            said[word] = int(str(values[column]))
    requested = mtu(seen, port)
    if requested is not None:
        said["mtu"] = requested
    without = {"type", "mtu_request", "options:dpdk-devargs", *QUEUES.values()}
    said.update(_extra(_of_port(seen, port, set(), without)))
    said["members"] = (Entry({"type": "interface", "name": seen.word(name)}),)
    return Entry(said)


def _nic(seen: Seen, values: Values) -> Tuple[str, Optional[str]]:
    """The NIC that a port of DPDK drives, and the driver that it has for that."""
    address = str(values.get("options:dpdk-devargs"))
    device = seen.live.get(DeviceKey(address))
    if device is None or not isinstance(device.values.get("name"), str):
        raise UnsaidError(
            f"nobody has noted which NIC {address} was, as os-net-config does in dpdk_mapping.yaml"
        )
    driver = device.values.get("override")
    return str(device.values["name"]), str(driver) if driver is not None else None


#: By the type of the interface.
_MEMBERS: Mapping[str, Callable[[Seen, str, Whole], Entry]] = {
    "": _of_the_kernel,
    row.INTERNAL: _of_the_kernel,
    row.PATCH: _patch,
    row.DPDK: _dpdk,
}
