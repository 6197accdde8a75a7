"""Rows of Open vSwitch's database (ovs-vswitchd.conf.db(5)): each column that configures is an attribute.

Of a map each key is one, as in ``other_config:hwaddr``: others have keys of their own beside ours. A set
is one attribute, and each value that was added to it or removed from it alone is one too (``trunks:10``).
Sets are tuples of texts in order. What a row belongs to is said by the row: a port has a ``bridge``, an
interface a ``port``, a controller a ``bridge``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Dict, Iterator, Mapping, Sequence, Tuple, Union

from .attributes import NO_DEFAULT, Attribute
from .values import Flag, Integer, Json, Text, Value, Values, ValueType

ROOT, BRIDGE, PORT, INTERFACE, CONTROLLER, MANAGER = (
    *("Open_vSwitch", "Bridge", "Port"),
    *("Interface", "Controller", "Manager"),
)
#: The name of the one row of the table Open_vSwitch.
ROOT_NAME = "."
#: Our label on rows that we made.
LABEL = "external_ids:os-net-config"
#: The type of an interface that ovs-vswitchd makes a link of the kernel for.
INTERNAL = "internal"
#: That of a NIC which a driver of DPDK has.
DPDK = "dpdk"
#: One of a pair that joins two bridges.
PATCH = "patch"
#: What ovs-vswitchd says of an interface that it cannot make work: an attribute that only it gives.
ERROR = "error"
#: Among the values of an interface that ovs-vswitchd has not made: it has no OpenFlow port. Not an attribute.
UNMADE = "unmade"
#: Among the values of a bridge or a port: the columns in which it refers to rows that nobody here reads, as
#: mirrors. They cannot be made again. Not an attribute.
REFERS = "refers"
REFERENCES: Mapping[str, Tuple[str, ...]] = MappingProxyType(
    {
        BRIDGE: ("auto_attach", "flow_tables", "ipfix", "mirrors", "netflow", "sflow"),
        PORT: ("qos",),
    }
)
#: Among the values of the database's one row: the datapaths that ovs-vswitchd knows. Not an attribute.
DATAPATHS = "datapath_types"
#: Among the values of the database's one row: ovs-vswitchd has not carried out all yet. Not an attribute.
BEHIND = "behind"
#: Among the values of the database's one row: its UUID. One that was emptied has another. Not an attribute.
DATABASE = "database"
#: The attribute that says what a row belongs to, by table; the table of that; and its column.
PARENTS: Mapping[str, Tuple[str, str, str]] = MappingProxyType(
    {
        PORT: ("bridge", BRIDGE, "ports"),
        INTERFACE: ("port", PORT, "interfaces"),
        CONTROLLER: ("bridge", BRIDGE, "controller"),
    }
)


#: Tables of which others write the rows too: what somebody has changed since is left so.
SHARED = frozenset({ROOT, BRIDGE, CONTROLLER, MANAGER})


@dataclass(frozen=True)
class Words(ValueType):
    """One of ``words``."""

    words: Tuple[str, ...]

    def parse(self, raw: Union[str, int]) -> str:
        if str(raw) not in self.words:
            raise ValueError(f"{str(raw)!r} is not one of {', '.join(self.words)}")
        return str(raw)


class _Several(ValueType):
    """A tuple of texts."""

    def show(self, value: Value) -> str:
        return ",".join(map(str, value)) if isinstance(value, tuple) and value else "none"

    def json(self, value: Value) -> Json:
        return [str(one) for one in value] if isinstance(value, tuple) else None


@dataclass(frozen=True)
class Set(_Several):
    """Several values of ``type``, of which the order does not count."""

    type: ValueType

    def of(self, raw: Tuple[str, ...]) -> Tuple[str, ...]:
        """Raises ValueError."""
        values = {self.type.parse(one) for one in raw}
        return tuple(map(str, sorted(values, key=lambda one: (str(type(one)), one))))


@dataclass(frozen=True)
class Map(_Several):
    """All keys of a map with their values, as ``("key=value", …)``."""


_BOOLEAN = Flag(("false", "true"))
_PRESENT = Flag(("absent", "present"))
_TEXT = Text()
_KEYS = Map()


def _number(low: int, high: int) -> Integer:
    return Integer(64, low, high)


_ANY = _number(-(2**63), 2**63 - 1)
_RATE = _number(0, 2**63 - 1)


class Table(Mapping[str, Attribute]):
    """The attributes of a table's rows, by name; those of keys and of single values among them.

    Those that are only ``told`` by ovs-vswitchd are found by their names, and are none of its columns.
    """

    def __init__(self, *columns: Attribute, told: Sequence[Attribute] = ()) -> None:
        self._columns: Dict[str, Attribute] = {one.name: one for one in columns}
        self._told: Dict[str, Attribute] = {one.name: one for one in told}

    def __getitem__(self, name: str) -> Attribute:
        if name in self._told:
            return self._told[name]
        if name in self._columns:
            return self._columns[name]
        column, colon, key = name.partition(":")
        whole = self._columns[column]
        if not colon or not key or not isinstance(whole.type, (Map, Set)):
            raise KeyError(name)
        if isinstance(whole.type, Map):
            return replace(whole, name=name, type=_TEXT, default=None)
        return replace(whole, name=name, type=_PRESENT, default=0)

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and bool(self[name])
        except KeyError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _optional(name: str, type_: ValueType, description: str) -> Attribute:
    return Attribute(name, type_, description, default=None)


def _flag(name: str, description: str) -> Attribute:
    return Attribute(name, _BOOLEAN, description, default=0)


def _set(name: str, type_: ValueType, description: str) -> Attribute:
    return Attribute(name, Set(type_), description, default=())


def _map(name: str, description: str) -> Attribute:
    return Attribute(name, _KEYS, description, default=NO_DEFAULT)


_VLAN = _number(0, 4095)
_OTHER, _EXTERNAL = (
    _map("other_config", "Further settings, by key."),
    _map("external_ids", "What other programs note here, by key."),
)
_CONNECTION = (
    _optional("max_backoff", _number(1000, 2**63 - 1), "Milliseconds between attempts to connect."),
    _optional("inactivity_probe", _RATE, "Milliseconds of silence before the other side is asked."),
    _optional("connection_mode", Words(("in-band", "out-of-band")), "How it is reached."),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        ROOT: Table(
            _optional("system_type", _TEXT, "What the system is, such as RHEL."),
            _optional("system_version", _TEXT, "Its version."),
            _set("manager", _TEXT, "Where clients of the database are listened for, or connected to."),
            _EXTERNAL,
            _OTHER,
        ),
        BRIDGE: Table(
            Attribute("datapath_type", _TEXT, "The datapath: netdev is the one in user space.", default=""),
            _optional(
                "fail_mode", Words(("standalone", "secure")), "What is done while no controller answers."
            ),
            _set(
                "protocols",
                Words(("OpenFlow10", *(f"OpenFlow1{minor}" for minor in range(1, 6)))),
                "The versions of OpenFlow that controllers may speak.",
            ),
            _set("controller", _TEXT, "Where its OpenFlow controllers are."),
            _flag("stp_enable", "Whether the spanning tree protocol runs."),
            _flag("rstp_enable", "Whether the rapid spanning tree protocol runs."),
            _flag("mcast_snooping_enable", "Whether multicast goes only where it is asked for."),
            _set("flood_vlans", _VLAN, "VLANs on which nothing is learned."),
            _OTHER,
            _EXTERNAL,
        ),
        PORT: Table(
            Attribute("bridge", _TEXT, "The bridge that it is a port of."),
            _optional("tag", _VLAN, "The VLAN of an access port."),
            _set("trunks", _VLAN, "The VLANs of a trunk; all where none is named."),
            _set("cvlans", _VLAN, "The inner VLANs of a dot1q-tunnel."),
            _optional(
                "vlan_mode",
                Words(("access", "dot1q-tunnel", "native-tagged", "native-untagged", "trunk")),
                "What is done with VLAN tags.",
            ),
            _optional(
                "bond_mode",
                Words(("active-backup", "balance-slb", "balance-tcp")),
                "How a bond shares out its traffic.",
            ),
            _optional("lacp", Words(("active", "off", "passive")), "Whether a bond speaks LACP."),
            Attribute("bond_updelay", _RATE, "Milliseconds that carrier has to last.", default=0),
            Attribute("bond_downdelay", _RATE, "Milliseconds that carrier may be gone.", default=0),
            _flag("bond_fake_iface", "Whether the kernel has a link of the bond's name."),
            _flag("fake_bridge", "Whether it stands for a bridge of one VLAN."),
            _flag("protected", "Whether it exchanges nothing with other protected ports."),
            _optional("mac", _TEXT, "The MAC address by which a bridge chooses its own."),
            _OTHER,
            _EXTERNAL,
        ),
        INTERFACE: Table(
            Attribute("port", _TEXT, "The port that it is a part of."),
            Attribute("type", _TEXT, "Empty for a link of the kernel; internal, patch, vxlan…", default=""),
            _map("options", "What the type needs, by key."),
            _optional("mac", _TEXT, "The MAC address of an internal interface."),
            _optional("mtu_request", _number(68, 65535), "The MTU that the link is to have."),
            _optional("ofport_request", _number(1, 65279), "The OpenFlow port number that is asked for."),
            Attribute("ingress_policing_rate", _RATE, "Kilobits a second that are accepted.", default=0),
            Attribute("ingress_policing_burst", _RATE, "Kilobits that may come at once.", default=0),
            Attribute("ingress_policing_kpkts_rate", _RATE, "Thousands of packets a second.", default=0),
            Attribute("ingress_policing_kpkts_burst", _RATE, "Thousands at once.", default=0),
            _optional("cfm_mpid", _ANY, "The maintenance point of IEEE 802.1ag that it is."),
            _map("bfd", "Bidirectional forwarding detection, by key."),
            _map("lldp", "The link layer discovery protocol, by key."),
            _OTHER,
            _EXTERNAL,
            told=[_optional(ERROR, _TEXT, "Why ovs-vswitchd cannot make it work.")],
        ),
        CONTROLLER: Table(
            Attribute("bridge", _TEXT, "The bridge that it controls."),
            Attribute("target", _TEXT, "Where it is, as in tcp:127.0.0.1:6653."),
            *_CONNECTION,
            _optional("local_ip", _TEXT, "The local address, in-band."),
            _optional("local_netmask", _TEXT, "Its netmask."),
            _optional("local_gateway", _TEXT, "The gateway."),
            _optional("enable_async_messages", _BOOLEAN, "Whether it gets asynchronous messages."),
            _optional("controller_rate_limit", _number(100, 2**63 - 1), "Packets a second."),
            _optional("controller_burst_limit", _number(25, 2**63 - 1), "Packets at once."),
            _optional("controller_queue_size", _number(1, 512), "Packets that wait."),
            _optional("type", Words(("primary", "service")), "Whether it controls or only asks."),
            _OTHER,
            _EXTERNAL,
        ),
        MANAGER: Table(
            Attribute("target", _TEXT, "Where it is, as in ptcp:6640:127.0.0.1."),
            *_CONNECTION,
            _OTHER,
            _EXTERNAL,
        ),
    }
)


#: Why an interface is not made of which nothing else is told.
ONLY_IN_ITS_LOG = "ovs-vswitchd has not made it, and says why in its log (ovs-vswitchd.log)"


def fault(interface: Values) -> Value:
    """Why it does not work; None where it does.

    A patch port has an error for as long as nobody has made the other end.
    """
    if UNMADE not in interface and interface.get("type") == PATCH:
        return None
    return interface.get(ERROR, ONLY_IN_ITS_LOG if UNMADE in interface else None)


def view(values: Values, name: str, attribute: Attribute) -> Value:
    """An attribute of a row as a config may speak of it: all of a map, or one value of a set."""
    if name == ERROR:
        return fault(values)
    if isinstance(attribute.type, Map):
        # Our label is nobody else's business.
        keys = sorted(one for one in values if one.startswith(f"{name}:") and one != LABEL)
        there = (one for one in keys if values[one] is not None)
        return tuple(f"{one.partition(':')[2]}={values[one]!s}" for one in there)
    if attribute.type is _PRESENT:
        column, _, one = name.partition(":")
        whole = values.get(column)
        return int(isinstance(whole, tuple) and one in map(str, whole))
    return values.get(name)


def with_part(type_: ValueType, whole: Sequence[object], part: str, value: Value) -> Tuple[str, ...]:
    """All of a map with this key, or without it (None); all of a set with this value (1), or without (0)."""
    texts = [str(one) for one in whole]
    if isinstance(type_, Set):
        rest = [one for one in texts if one != part]
        return type_.of((*rest, *([part] if value else [])))
    rest = [one for one in texts if one.partition("=")[0] != part]
    return tuple(sorted([*rest, *([f"{part}={value!s}"] if value is not None else [])]))


def with_unsaid(table: str, said: Values, unsaid: Values) -> Values:
    """What is said of a row and, beside it, the values that what is said no more goes back to.

    Who says all of a map says each of its keys; a key that is said is among all that the map goes back to.
    """
    found = {name: value for name, value in unsaid.items() if name.partition(":")[0] not in said}
    for name, value in said.items():
        column, _, part = name.partition(":")
        whole = found.get(column)
        if part and isinstance(whole, tuple):
            found[column] = with_part(TABLES[table][column].type, whole, part, value)
        else:
            found[name] = value
    return found
