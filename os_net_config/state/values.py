"""Typed values of kernel attributes: how each is read from text, and how it is shown.

A value in a ``State`` is always in its canonical form (an enumeration is its number, an
address its bytes in network order), so that values compare by ``==`` whatever their
spelling in a file or in the kernel's answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Mapping, NamedTuple, Optional, Tuple, Union


class NextHop(NamedTuple):
    """One of several next hops of a route. ``gateway`` None: reached on the link itself."""

    gateway: Optional[bytes]
    link: Optional[str]
    weight: int = 1
    onlink: int = 0

    def __str__(self) -> str:
        via = f"via {show_address(self.gateway)} " if self.gateway is not None else ""
        return f"{via}dev {self.link} weight {self.weight}" + (" onlink" if self.onlink else "")


class Lifetime(NamedTuple):
    """Until when an address is there, and until when new connections use it.

    Both in whole seconds of CLOCK_MONOTONIC.
    """

    valid: int
    preferred: int

    def __str__(self) -> str:
        return f"until {self.valid} s after the boot"


#: None says "none" (no master, no gateway); an attribute nobody speaks of is absent instead.
Value = Union[int, str, bytes, Tuple[bytes, ...], Tuple[str, ...], Tuple[NextHop, ...], Lifetime, None]
Json = Union[int, bool, str, None, list[str]]


class Prefix(NamedTuple):
    """An address or a destination with its prefix length.

    ``address`` is 4 or 16 bytes in network order. Host bits are kept: for an address of a
    link they are the address itself.
    """

    address: bytes
    length: int

    @property
    def bits(self) -> int:
        return len(self.address) * 8

    @property
    def network(self) -> Prefix:
        """The same prefix with all host bits zero."""
        return Prefix(self._masked(0), self.length)

    @property
    def broadcast(self) -> bytes:
        """The address with all host bits one."""
        return self._masked(1)

    def _masked(self, fill: int) -> bytes:
        host = self.bits - self.length
        number = int.from_bytes(self.address, "big") >> host << host
        if fill:
            number |= (1 << host) - 1
        return number.to_bytes(len(self.address), "big")

    def contains(self, address: bytes) -> bool:
        if len(address) != len(self.address):
            return False
        host = self.bits - self.length
        return int.from_bytes(address, "big") >> host == int.from_bytes(self.address, "big") >> host

    def __str__(self) -> str:
        return f"{show_address(self.address)}/{self.length}"


def show_address(address: bytes) -> str:
    """The usual text of an IPv4 or IPv6 address given as bytes."""
    if len(address) == 4:
        return ".".join(map(str, address))
    import ipaddress

    return str(ipaddress.IPv6Address(address))


class ValueType:
    """What an attribute may hold. ``parse`` raises ValueError with a text for the user."""

    def parse(self, raw: Union[str, int]) -> Value:
        raise NotImplementedError

    def same(self, one: Value, other: Value) -> bool:
        return one == other

    def show(self, value: Value) -> str:
        return "none" if value is None else str(value)

    def json(self, value: Value) -> Json:
        return value if isinstance(value, int) or value is None else self.show(value)


def _whole_number(raw: Union[str, int]) -> int:
    if isinstance(raw, int):
        return raw
    if re.fullmatch(r"[+-]?[0-9]{1,40}|0[xX][0-9a-fA-F]{1,40}", raw) is None:
        raise ValueError(f"{raw!r} is not a whole number")
    return int(raw, 0) if raw[:2].lower() == "0x" else int(raw)


@dataclass(frozen=True)
class Integer(ValueType):
    """A whole number in ``low..high``, carried by the kernel in ``bits`` bits."""

    bits: int
    low: int
    high: int

    def parse(self, raw: Union[str, int]) -> int:
        number = _whole_number(raw)
        if not self.low <= number <= self.high:
            raise ValueError(f"{number} is not in {self.low}..{self.high}")
        return number


@dataclass(frozen=True)
class Ticks(Integer):
    """A time in hundredths of a second that the kernel keeps in its ticks, of which 100 to 1000 are a second.

    With 250 of them 31.25 s are written as 3125 and read as 3124 (kernel/time/time.c, clock_t_to_jiffies).
    """

    def same(self, one: Value, other: Value) -> bool:
        if isinstance(one, int) and isinstance(other, int) and one and other:
            return abs(one - other) <= 1
        return one == other


@dataclass(frozen=True)
class Mask(Integer):
    """Bits of which those of ``refused`` must be zero."""

    refused: int = 0

    def parse(self, raw: Union[str, int]) -> int:
        number = super().parse(raw)
        if number & self.refused:
            raise ValueError(f"{number:#x} has bits of {self.refused:#x}, which must be zero")
        return number

    def show(self, value: Value) -> str:
        return f"{value:#x}" if isinstance(value, int) else super().show(value)


@dataclass(frozen=True)
class Flag(ValueType):
    """0 or 1, in ``bits`` bits of the kernel's attribute; there every number but 0 is a 1."""

    words: Tuple[str, str] = ("off", "on")
    bits: int = 8

    def parse(self, raw: Union[str, int]) -> int:
        text = str(raw).lower()
        if text in {"0", "off", "no", "false", self.words[0]}:
            return 0
        if text in {"1", "on", "yes", "true", self.words[1]}:
            return 1
        raise ValueError(f"{raw!r} is neither {self.words[0]} (0) nor {self.words[1]} (1)")

    def show(self, value: Value) -> str:
        return super().show(value) if value is None else self.words[1 if value else 0]

    def json(self, value: Value) -> Json:
        return None if value is None else bool(value)


@dataclass(frozen=True)
class Bit(Flag):
    """A flag that shares its attribute with others: a ``struct br_boolopt_multi`` (linux/if_bridge.h)."""

    number: int = 0


@dataclass(frozen=True)
class Choice(ValueType):
    """An enumeration; its words in the order of the kernel's numbers, from ``first`` on."""

    words: Tuple[str, ...]
    bits: int = 8
    first: int = 0

    def parse(self, raw: Union[str, int]) -> int:
        if isinstance(raw, str) and raw in self.words:
            return self.words.index(raw) + self.first
        text = str(raw)
        if text in map(str, range(self.first, self.first + len(self.words))):
            return int(text)
        known = ", ".join(f"{word} ({self.first + n})" for n, word in enumerate(self.words))
        raise ValueError(f"{text!r} is not one of {known}")

    def show(self, value: Value) -> str:
        if isinstance(value, int) and 0 <= value - self.first < len(self.words):
            return self.words[value - self.first]
        return super().show(value)

    def json(self, value: Value) -> Json:
        """The word of a number that has one."""
        shown = self.show(value)
        return shown if shown in self.words else super().json(value)


@dataclass(frozen=True)
class Power(Choice):
    """An enumeration whose numbers are 1, 2, 4, 8…"""

    def parse(self, raw: Union[str, int]) -> int:
        numbers = {word: 1 << place for place, word in enumerate(self.words)}
        text = str(raw)
        if text in numbers or text in map(str, numbers.values()):
            return numbers.get(text) or int(text)
        known = ", ".join(f"{word} ({number})" for word, number in numbers.items())
        raise ValueError(f"{text!r} is not one of {known}")

    def show(self, value: Value) -> str:
        numbers = {1 << place: word for place, word in enumerate(self.words)}
        return numbers.get(value, str(value)) if isinstance(value, int) else super().show(value)


@dataclass(frozen=True)
class Port(Integer):
    """A port of UDP: two bytes in network order."""

    bits: int = 16
    low: int = 1
    high: int = 65535


@dataclass(frozen=True)
class PortRange(ValueType):
    """Ports from the first, which is the high half, to the last: a ``struct ifla_vxlan_port_range``.

    0: the usual ones.
    """

    def parse(self, raw: Union[str, int]) -> int:
        match = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", str(raw).strip())
        first, last = map(int, match.groups()) if match is not None else (0, 0)
        if not 1 <= first <= last <= _LAST_PORT:
            raise ValueError(f"{str(raw)!r} is no range of ports such as 32768-60999")
        return first << 16 | last

    def show(self, value: Value) -> str:
        if not isinstance(value, int):
            return super().show(value)
        return f"{value >> 16}-{value & _LAST_PORT}" if value else "usual"

    def json(self, value: Value) -> Json:
        return None if value is None else self.show(value)


_LAST_PORT = 65535


@dataclass(frozen=True)
class VlanProtocol(ValueType):
    """The EtherType of a VLAN tag (linux/if_ether.h): two bytes in network order, which no other type has."""

    def parse(self, raw: Union[str, int]) -> int:
        text = str(raw).lower()
        for word, number in _VLAN_PROTOCOLS.items():
            if text in {word.lower(), f"{number:#x}", str(number)}:
                return number
        known = ", ".join(f"{word} ({number:#x})" for word, number in _VLAN_PROTOCOLS.items())
        raise ValueError(f"{str(raw)!r} is not one of {known}")

    def show(self, value: Value) -> str:
        words = (word for word, number in _VLAN_PROTOCOLS.items() if number == value)
        return next(words, super().show(value))

    def json(self, value: Value) -> Json:
        return None if value is None else self.show(value)


_VLAN_PROTOCOLS = {"802.1Q": 0x8100, "802.1ad": 0x88A8}


@dataclass(frozen=True)
class MacAddress(ValueType):
    """A link-layer address as bytes; six of them where it comes from a file."""

    def parse(self, raw: Union[str, int]) -> bytes:
        text = str(raw)
        if re.fullmatch(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}", text) is None:
            raise ValueError(f"{text!r} is not a MAC address such as 52:54:00:12:34:56")
        return bytes.fromhex(text.replace(":", "").replace("-", ""))

    def show(self, value: Value) -> str:
        return value.hex(":") if isinstance(value, bytes) else "none"


@dataclass(frozen=True)
class GroupAddress(MacAddress):
    """The address that a bridge sends its spanning tree's frames to.

    One of IEEE 802.1D's reserved sixteen, without those that belong to pause frames, slow protocols
    and 802.1X (net/bridge/br_netlink.c, br_changelink).
    """

    def parse(self, raw: Union[str, int]) -> bytes:
        address = super().parse(raw)
        if address[:5] != _RESERVED or address[5] > 0xF or address[5] in {1, 2, 3}:
            raise ValueError(f"{self.show(address)} is not 01:80:c2:00:00:00 or one of :04 to :0f")
        return address


_RESERVED = bytes.fromhex("0180c20000")


@dataclass(frozen=True)
class IpAddress(ValueType):
    """One address as bytes, of the family (4 or 6) if one is asked for."""

    family: Optional[int] = None

    def parse(self, raw: Union[str, int]) -> bytes:
        import ipaddress

        try:
            address = ipaddress.ip_address(str(raw))
        except ValueError as error:
            raise ValueError(f"{str(raw)!r} is not an IP address") from error
        if self.family not in {None, address.version}:
            raise ValueError(f"{address} is not an IPv{self.family} address")
        return address.packed

    def show(self, value: Value) -> str:
        return show_address(value) if isinstance(value, bytes) else "none"


@dataclass(frozen=True)
class IpAddressList(ValueType):
    """Addresses of one family separated by commas; their order is kept."""

    family: int
    most: int

    def parse(self, raw: Union[str, int]) -> Tuple[bytes, ...]:
        one = IpAddress(self.family)
        addresses = tuple(one.parse(part.strip().lstrip("+")) for part in str(raw).split(",") if part.strip())
        if not 0 < len(addresses) <= self.most:
            raise ValueError(f"{len(addresses)} addresses where 1..{self.most} are possible")
        return addresses

    def show(self, value: Value) -> str:
        return ",".join(_addresses(value)) or "none"

    def json(self, value: Value) -> Json:
        return _addresses(value)


def _addresses(value: Value) -> List[str]:
    return [show_address(one) for one in value if isinstance(one, bytes)] if isinstance(value, tuple) else []


@dataclass(frozen=True)
class NextHops(ValueType):
    """The next hops of a route that has several, in the order of their links' and addresses' numbers."""

    def show(self, value: Value) -> str:
        return ", ".join(map(str, value)) if isinstance(value, tuple) and value else "none"

    def json(self, value: Value) -> Json:
        return [str(one) for one in value] if isinstance(value, tuple) else []


@dataclass(frozen=True)
class Lifetimes(ValueType):
    """An address's ``Lifetime``. None: it is there for good."""

    def same(self, one: Value, other: Value) -> bool:
        """The kernel tells whole seconds that are left, so that one end is read as several."""
        if isinstance(one, Lifetime) and isinstance(other, Lifetime):
            return abs(one.valid - other.valid) <= _READ_APART
        return one == other

    def show(self, value: Value) -> str:
        return "forever" if value is None else str(value)

    def json(self, value: Value) -> Json:
        return value.valid if isinstance(value, Lifetime) else None


#: Seconds.
_READ_APART = 3


@dataclass(frozen=True)
class LinkName(ValueType):
    """Another link by name; the kernel has its index. None: no such link."""

    def parse(self, raw: Union[str, int]) -> str:
        return str(raw)


@dataclass(frozen=True)
class Peer(LinkName):
    """The other end of a pair by name: it is made along, and has no index yet."""


@dataclass(frozen=True)
class Text(ValueType):
    """A word of the kernel's own, such as a link's kind."""

    def parse(self, raw: Union[str, int]) -> str:
        return str(raw)


Values = Mapping[str, Value]
