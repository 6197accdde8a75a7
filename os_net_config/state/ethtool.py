"""Settings of NICs in the groups and the words of ethtool(8) (linux/ethtool_netlink.h).

A group is what the kernel reads and writes with one message. A value that only the node knows stands under
a name that begins with a colon, and is no attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Iterable, Iterator, Mapping, Tuple, Union

from .attributes import Attribute, AttributeTable, table
from .values import Choice, Flag, Integer, Json, MacAddress, Value, Values, ValueType

FEATURES, RINGS, CHANNELS, COALESCE, PAUSE = "features", "rings", "channels", "coalesce", "pause"
#: Speed, duplex and what goes with them; the connector and its wires.
MODES, PORT = "link modes", "port"
WOL, PRIVATE_FLAGS, MESSAGES = "wol", "private flags", "msglvl"

#: Why the link has no such group, in the kernel's words.
REFUSED = ":refused"
#: The features and the private flags that cannot be changed.
FIXED = ":fixed"
#: The link modes that the NIC can do.
SUPPORTED = ":supported"


def largest(name: str) -> str:
    """Under what name the most stands that the NIC takes of a number."""
    return f":largest {name}"


def is_attribute(name: str) -> bool:
    return not name.startswith(":")


class Feature(Flag):
    """Whether a feature is active, and where that differs whether it is requested: another one is in its way.

    0 and 1: off and on, as requested. 2: off [requested on]. 3: on [requested off]. REQUESTED and
    RELEASED: whatever comes of it, as where a value goes back to what it was.
    """

    def same(self, one: Value, other: Value) -> bool:
        if {one, other} & {REQUESTED, RELEASED} and None not in {one, other}:
            return is_requested(one) == is_requested(other)
        return one == other

    def show(self, value: Value) -> str:
        return _DIVIDED.get(value) or super().show(None if value is None else is_requested(value))

    def json(self, value: Value) -> Json:
        return _DIVIDED.get(value) or super().json(None if value is None else is_requested(value))


_DIVIDED: Mapping[Value, str] = {2: "off [requested on]", 3: "on [requested off]"}
REQUESTED, RELEASED = 4, 5


def feature(active: bool, requested: bool) -> int:
    """The value of one that can be changed."""
    return int(active) if active == requested else 2 if requested else 3


def is_requested(value: Value) -> bool:
    return value in {1, 2, REQUESTED}


def request(value: Value) -> int:
    """What is requested where a feature is this."""
    return REQUESTED if is_requested(value) else RELEASED


class AnyFlag(Mapping[str, Attribute]):
    """A table of what the node has names for: each is an attribute."""

    def __init__(self, type_: ValueType) -> None:
        self._type = type_

    def __getitem__(self, name: str) -> Attribute:
        if not is_attribute(name):
            raise KeyError(name)
        return Attribute(name, self._type, "On or off.")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and is_attribute(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_U32 = Integer(32, 0, 2**32 - 1)
_ON = Flag()


def _table(command: str, kernel: str, *said: Tuple[str, str, int, ValueType]) -> AttributeTable:
    """Attributes by name, the end of the kernel's, its number and the type."""
    return table(
        *(
            Attribute(name, type_, f"{name} of ethtool {command}.", f"ETHTOOL_A_{kernel}_{end}", number)
            for name, end, number, type_ in said
        )
    )


_RINGS = _table(
    "-G",
    "RINGS",
    ("rx", "RX", 6, _U32),
    ("rx-mini", "RX_MINI", 7, _U32),
    ("rx-jumbo", "RX_JUMBO", 8, _U32),
    ("tx", "TX", 9, _U32),
    ("rx-buf-len", "RX_BUF_LEN", 10, _U32),
    ("cqe-size", "CQE_SIZE", 12, _U32),
    ("tx-push", "TX_PUSH", 13, _ON),
)
_CHANNELS = _table(
    "-L",
    "CHANNELS",
    ("rx", "RX_COUNT", 6, _U32),
    ("tx", "TX_COUNT", 7, _U32),
    ("other", "OTHER_COUNT", 8, _U32),
    ("combined", "COMBINED_COUNT", 9, _U32),
)
_COALESCE = _table(
    "-C",
    "COALESCE",
    ("rx-usecs", "RX_USECS", 2, _U32),
    ("rx-frames", "RX_MAX_FRAMES", 3, _U32),
    ("rx-usecs-irq", "RX_USECS_IRQ", 4, _U32),
    ("rx-frames-irq", "RX_MAX_FRAMES_IRQ", 5, _U32),
    ("tx-usecs", "TX_USECS", 6, _U32),
    ("tx-frames", "TX_MAX_FRAMES", 7, _U32),
    ("tx-usecs-irq", "TX_USECS_IRQ", 8, _U32),
    ("tx-frames-irq", "TX_MAX_FRAMES_IRQ", 9, _U32),
    ("stats-block-usecs", "STATS_BLOCK_USECS", 10, _U32),
    ("adaptive-rx", "USE_ADAPTIVE_RX", 11, _ON),
    ("adaptive-tx", "USE_ADAPTIVE_TX", 12, _ON),
    ("pkt-rate-low", "PKT_RATE_LOW", 13, _U32),
    ("rx-usecs-low", "RX_USECS_LOW", 14, _U32),
    ("rx-frames-low", "RX_MAX_FRAMES_LOW", 15, _U32),
    ("tx-usecs-low", "TX_USECS_LOW", 16, _U32),
    ("tx-frames-low", "TX_MAX_FRAMES_LOW", 17, _U32),
    ("pkt-rate-high", "PKT_RATE_HIGH", 18, _U32),
    ("rx-usecs-high", "RX_USECS_HIGH", 19, _U32),
    ("rx-frames-high", "RX_MAX_FRAMES_HIGH", 20, _U32),
    ("tx-usecs-high", "TX_USECS_HIGH", 21, _U32),
    ("tx-frames-high", "TX_MAX_FRAMES_HIGH", 22, _U32),
    ("sample-interval", "RATE_SAMPLE_INTERVAL", 23, _U32),
    ("cqe-mode-tx", "USE_CQE_MODE_TX", 24, _ON),
    ("cqe-mode-rx", "USE_CQE_MODE_RX", 25, _ON),
)
_PAUSE = _table(
    "-A",
    "PAUSE",
    ("autoneg", "AUTONEG", 2, _ON),
    ("rx", "RX", 3, _ON),
    ("tx", "TX", 4, _ON),
)


@dataclass(frozen=True)
class Unreadable(ValueType):
    """One that the kernel may not know just now, as a speed without carrier: ``unknown`` then.

    None: it is negotiated.
    """

    inner: ValueType = _U32
    unknown: int = 2**32 - 1

    def parse(self, raw: Union[str, int]) -> Value:
        return self.inner.parse(raw)

    def same(self, one: Value, other: Value) -> bool:
        return one == other or (self.unknown in {one, other} and None not in {one, other})

    def show(self, value: Value) -> str:
        shown = {None: "negotiated", self.unknown: "unknown"}
        return shown[value] if value in shown else self.inner.show(value)

    def json(self, value: Value) -> Json:
        return None if value in {None, self.unknown} else self.inner.json(value)

    @property
    def bits(self) -> int:
        return self.inner.bits if isinstance(self.inner, (Choice, Integer)) else 0


class Modes(ValueType):
    """Names of bits that are set, in the kernel's order."""

    def show(self, value: Value) -> str:
        return " ".join(map(str, value)) if isinstance(value, tuple) and value else "none"

    def json(self, value: Value) -> Json:
        return [str(one) for one in value] if isinstance(value, tuple) else []


#: Megabits per second.
SPEED = Unreadable(Integer(32, 1, 2**31 - 1))
DUPLEX = Unreadable(Choice(("half", "full")), 0xFF)
#: Which end gives the clock.
_ROLES = ("preferred-master", "preferred-slave", "forced-master", "forced-slave")
#: What of the link's modes is told and set together: with autoneg by ``advertise``, else by the other two.
_MODES = _table(
    "-s",
    "LINKMODES",
    ("autoneg", "AUTONEG", 2, _ON),
    ("speed", "SPEED", 5, SPEED),
    ("duplex", "DUPLEX", 6, DUPLEX),
    ("advertise", "OURS", 3, Modes()),
    ("master-slave", "MASTER_SLAVE_CFG", 7, Choice(_ROLES, first=2)),
)
_PORT = _table(
    "-s",
    "LINKINFO",
    ("port", "PORT", 2, Choice(("tp", "aui", "mii", "fibre", "bnc", "da"))),
    ("phyad", "PHYADDR", 3, Integer(8, 0, 255)),
    ("mdix", "TP_MDIX_CTRL", 5, Choice(("off", "on", "auto"), first=1)),
)

#: Letters of ``wol``, and the kernel's names of its modes, in the order of its bits (WAKE_*).
WAKE: Mapping[str, str] = {
    "p": "phy",
    "u": "ucast",
    "m": "mcast",
    "b": "bcast",
    "a": "arp",
    "g": "magic",
    "s": "magicsecure",
    "f": "filter",
}


class Wake(Modes):
    def parse(self, raw: Union[str, int]) -> Tuple[str, ...]:
        """Letters, d for none of them; or a number of bits."""
        text = str(raw)
        if text.isdigit() or text[:2] == "0x":
            bits = Integer(8, 0, 2 ** len(WAKE) - 1).parse(text)
            return tuple(name for number, name in enumerate(WAKE.values()) if bits >> number & 1)
        letters = set(text)
        if not letters <= {*WAKE, "d"} or len(letters) != len(text) or ("d" in letters and len(letters) > 1):
            raise ValueError(f"{text!r} is not some of the letters {''.join(WAKE)}, and not d")
        return tuple(name for letter, name in WAKE.items() if letter in letters)

    def show(self, value: Value) -> str:
        names = value if isinstance(value, tuple) else ()
        return "".join(letter for letter, name in WAKE.items() if name in names) or "d"


_WOL = _table("-s", "WOL", ("wol", "MODES", 2, Wake()), ("sopass", "SOPASS", 3, MacAddress()))

#: By group; those of flags have what names the node has.
TABLES: Mapping[str, AttributeTable] = {
    FEATURES: AnyFlag(Feature()),
    RINGS: _RINGS,
    CHANNELS: _CHANNELS,
    COALESCE: _COALESCE,
    PAUSE: _PAUSE,
    MODES: _MODES,
    PORT: _PORT,
    WOL: _WOL,
    PRIVATE_FLAGS: AnyFlag(_ON),
    MESSAGES: AnyFlag(_ON),
}

#: NETIF_MSG_*, in the order of their bits (linux/netdevice.h).
MESSAGE_TYPES = (
    "drv", "probe", "link", "timer", "ifdown", "ifup", "rx_err", "tx_err", "tx_queued", "intr", "tx_done",
    "rx_status", "pktdata", "hw", "wol",
)  # fmt: skip

#: Groups of which a change may make the driver start the link anew.
MAY_RESET = frozenset({RINGS, CHANNELS, MODES, PORT, PRIVATE_FLAGS})
#: Those that drivers with a PHY of its own take only of a link that is up: they attach it then.
NEEDS_UP = frozenset({MODES, PORT, PAUSE})

#: Names of several features together: a short one, the one that ``ethtool -k`` shows, what it stands for.
_LEGACY = (
    ("rx", "rx-checksumming", "rx-checksum"),
    ("tx", "tx-checksumming", "tx-checksum-*"),
    ("sg", "scatter-gather", "tx-scatter-gather*"),
    ("tso", "tcp-segmentation-offload", "tx-tcp*-segmentation"),
    ("ufo", "udp-fragmentation-offload", "tx-udp-fragmentation"),
    ("gso", "generic-segmentation-offload", "tx-generic-segmentation"),
    ("gro", "generic-receive-offload", "rx-gro"),
    ("lro", "large-receive-offload", "rx-lro"),
    ("rxvlan", "rx-vlan-offload", "rx-vlan-hw-parse"),
    ("txvlan", "tx-vlan-offload", "tx-vlan-hw-insert"),
    ("ntuple", "ntuple-filters", "rx-ntuple-filter"),
    ("rxhash", "receive-hashing", "rx-hashing"),
)
SHORT: Mapping[str, str] = {short: long for short, long, _ in _LEGACY}
#: The names of features that a long name stands for, as a pattern.
PATTERNS: Mapping[str, str] = {long: pattern for _, long, pattern in _LEGACY}


def matching(name: str, known: Iterable[str]) -> Tuple[str, ...]:
    """The features that a name stands for: itself, or those of its pattern."""
    pattern = PATTERNS.get(name)
    return (name,) if pattern is None else tuple(one for one in known if fnmatchcase(one, pattern))


def with_patterns(features: Mapping[str, int], fixed: Iterable[str]) -> Mapping[str, Value]:
    """The features with the names of several: of those that can be changed what they have in common.

    None: they differ. One that stands for nothing is off.
    """
    known, unchangeable = dict(features), set(fixed)
    several = {}
    for name in PATTERNS:
        found = matching(name, known)
        values = {known[one] for one in found if one not in unchangeable} or {known[one] for one in found}
        several[name] = min(values, default=0) if len(values) < 2 else None
    return {**known, **several}


#: Features that new links have switched off (NETIF_F_SOFT_FEATURES_OFF and what wastes time or memory).
_OFF_AT_FIRST = frozenset(
    {"rx-gro-list", "rx-udp-gro-forwarding", "tx-nocache-copy", "loopback", "rx-all", "rx-fcs", "rx-gro-hw"}
)


#: Those that a bond has in some modes at first (bond_set_xfrm_features): they are left as they are.
_BY_MODE = frozenset({"tx-esp-segmentation", "esp-hw-offload", "esp-tx-csum-hw-offload"})


def at_first(group: str, names: Iterable[str], have: Values) -> Values:
    """What a link that we made had of these at first, as far as that is the same on each."""
    if group != FEATURES:
        return {}
    free = changeable(have)
    known = set(free) - _BY_MODE
    found = [one for name in names for one in matching(name, free) if one in known]
    return {one: request(int(one not in _OFF_AT_FIRST)) for one in found}


def given_back(group: str, names: Iterable[str], before: Values, have: Values) -> Values:
    """Those values of before that a link gets again which still has them."""
    values = {name: before[name] for name in names if name in before and name in have}
    return {name: request(one) for name, one in values.items()} if group == FEATURES else values


def changeable(features: Values) -> Tuple[str, ...]:
    """The features that are not fixed, each by its own name."""
    fixed = features.get(FIXED)
    unchangeable = {*PATTERNS, *(fixed if isinstance(fixed, tuple) else ())}
    return tuple(name for name in features if is_attribute(name) and name not in unchangeable)


def writable(group: str, values: Values) -> Values:
    """Of what was read what a step can say again."""
    names = changeable(values) if group == FEATURES else tuple(values)
    return {name: values[name] for name in names if name in TABLES[group] and values[name] is not None}
