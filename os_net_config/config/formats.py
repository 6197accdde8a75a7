"""Texts with a meaning of their own: addresses, prefixes, names, options of bonds and bridges.

Each reader raises ValueError with the reason in the user's words. They stand behind the
``format`` keyword of the schemas, so that a config that was accepted can be read again without
a second check.
"""

from __future__ import annotations

import json
import re
import socket
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..state import bond, bridge, bridge_port, team
from ..state.attributes import AttributeTable, named
from ..state.values import MacAddress, Prefix, Value

#: Of an IPv4 and an IPv6 address.
BITS = {4: 32, 16: 128}
#: IFNAMSIZ less the closing zero (linux/if.h).
LONGEST_NAME = 15
#: In digits; Python takes no number of any length.
_LONGEST_LENGTH = 3


def ip_address(text: str) -> bytes:
    for family in (socket.AF_INET6,) if ":" in text else (socket.AF_INET,):
        try:
            return socket.inet_pton(family, text)
        except (OSError, ValueError):
            break
    raise ValueError(f"{text!r} is not an IPv4 or IPv6 address")


def ip_prefix(text: str) -> Prefix:
    """``address/length``; without a length the address alone (/32, /128)."""
    head, slash, tail = text.partition("/")
    address = ip_address(head.strip())
    bits = BITS[len(address)]
    if not slash:
        return Prefix(address, bits)
    tail = tail.strip()
    if not (tail.isascii() and tail.isdigit()):
        return Prefix(address, _netmask(text, tail, bits))
    if len(tail) > _LONGEST_LENGTH or int(tail) > bits:
        raise ValueError(f"prefix length {tail} is not in 0..{bits}")
    return Prefix(address, int(tail))


def _netmask(text: str, mask: str, bits: int) -> int:
    """The length of a mask in its dotted form."""
    import netaddr

    try:
        number = netaddr.IPAddress(mask)
    except (netaddr.AddrFormatError, ValueError) as error:
        raise ValueError(f"{text!r} does not end in a prefix length 0..{bits}") from error
    if not number.is_netmask() or number.version != (4 if bits == 32 else 6):
        raise ValueError(f"{mask} is not a netmask")
    return int(number.netmask_bits())


def next_hop(text: str) -> Value:
    """None for ``self``: the destination is on the link itself."""
    return None if text == "self" else ip_address(text)


def mac_address(text: str) -> bytes:
    return MacAddress().parse(text)


_NAME = re.compile(r"[^\s/:]+(:[^\s/:]+)?")


def link_name(text: str) -> str:
    """What the kernel takes as a name (net/core/dev.c, dev_valid_name), its length apart.

    An alias of the mapping file may be longer than a name; ``eth0:1`` is an address label.
    """
    if text in {".", ".."} or _NAME.fullmatch(text) is None or not text.isprintable():
        raise ValueError(f"{text!r} cannot be the name of a link: no blank or slash may stand in it")
    return text


Options = Dict[str, Value]


class Vocabulary(NamedTuple):
    """The options that a driver has.

    ``related`` are other programs' words for some of them; ``not_here`` are options of something
    else, with the place for them.
    """

    driver: str
    table: AttributeTable
    related: Mapping[str, str]
    not_here: Optional[Tuple[AttributeTable, str]] = None

    def read(self, words: Iterable[str]) -> Options:
        """``name=value``, as the driver's own options are written."""
        options: Options = {}
        for word in words:
            name, equals, raw = word.partition("=")
            if not equals:
                raise ValueError(f"{name!r} has no value")
            attribute = named(name, self.table)
            if attribute is None:
                raise ValueError(f"{name!r} is no option of {self.driver}{self._did_you_mean(name)}")
            try:
                options[attribute.name] = attribute.type.parse(raw.strip("\"'"))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        return options

    def _did_you_mean(self, name: str) -> str:
        import difflib

        if self.not_here is not None and named(name, self.not_here[0]) is not None:
            return f"; it belongs to {self.not_here[1]}"
        known = [*self.table, *(alias for one in self.table.values() for alias in one.aliases)]
        word = name.lower()
        close = [self.related[word]] if word in self.related else difflib.get_close_matches(word, known, 1)
        return f"; did you mean {close[0]}?" if close else ""


_BONDING = Vocabulary(
    "the bonding driver",
    bond.ATTRIBUTES,
    {"lacp": "lacp_rate", "bond_miimon": "miimon", "slaves": "members"},
)
_BRIDGE = Vocabulary(
    "a bridge",
    bridge.ATTRIBUTES,
    {"delay": "forward_delay", "hello": "hello_time", "maxage": "max_age", "snooping": "multicast_snooping"},
    (bridge_port.ATTRIBUTES, "the bridge_port_options of a member"),
)
_BRIDGE_PORT = Vocabulary(
    "a port of a bridge",
    bridge_port.ATTRIBUTES,
    {"bpduguard": "bpdu_guard", "pathcost": "path_cost"},
    (bridge.ATTRIBUTES, "the bridge_options of the bridge"),
)


def bonding_options(text: str) -> Options:
    """Options of the bonding driver, separated by blanks. A mode may stand alone."""
    return _BONDING.read(f"mode={word}" if word in bond.MODES else word for word in text.split())


#: What is an object in a configuration of teamd.
_TEAM_OBJECTS = ("runner", "ports", "notify_peers", "mcast_rejoin")


def team_options(text: str) -> Dict[str, Any]:
    """A configuration of teamd: as far as it is that, what a start of teamd would only fail of."""
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a JSON text: {error}") from error
    if not isinstance(told, dict):
        raise ValueError("not a JSON object: { ... }")
    watch, ports = told.get("link_watch", []), told.get("ports", {})
    watches = watch if isinstance(watch, list) else [watch]
    objects = [(name, told.get(name, {})) for name in _TEAM_OBJECTS]
    objects += [(f"ports.{name}", one) for name, one in (ports.items() if isinstance(ports, dict) else ())]
    for name, one in (*objects, *(("link_watch", one) for one in watches)):
        if not isinstance(one, dict):
            raise ValueError(f"{name} is not a JSON object: {{ ... }}")
    _one_of("runner.name", told.get("runner", {}).get("name", team.DEFAULT_RUNNER), team.RUNNERS)
    for one in watches:
        _one_of("link_watch.name", one.get("name"), team.LINK_WATCHERS)
    if "hwaddr" in told:
        mac_address(str(told["hwaddr"]))
    return told


def _one_of(name: str, value: object, words: Sequence[str]) -> None:
    if value not in words:
        raise ValueError(f"{name} is {value!r}, and teamd knows {', '.join(words)}")


def bridge_options(text: str) -> Options:
    """Options of a bridge, separated by blanks."""
    return _BRIDGE.read(text.split())


def bridge_port_options(text: str) -> Options:
    """Options of a port of a bridge, separated by blanks."""
    return _BRIDGE_PORT.read(text.split())
