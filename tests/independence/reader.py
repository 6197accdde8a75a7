"""All that the kernel tells of a node: by ``ip -d -j``, sysfs and, where ip is silent, raw netlink."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, Iterator, List

from tests.kernel.support.raw import address_labels, attributes, dump

from .ip import Ip
from .node import NAMES, files

#: By ``links``, ``addresses``, ``routes``, ``rules``, ``names`` and ``defaults``; values as JSON has them.
Reading = Dict[str, Any]

_SYS_CLASS_NET = Path("/sys/class/net")
_CONF = Path("/proc/sys/net")
#: What new links get; reading them says that nobody turned them.
_DEFAULTS = (
    *(
        f"ipv4/conf/{scope}/{name}"
        for scope in ("all", "default")
        for name in ("promote_secondaries", "forwarding")
    ),
    *(
        f"ipv6/conf/{scope}/{name}"
        for scope in ("all", "default")
        for name in ("accept_ra", "autoconf", "keep_addr_on_down")
    ),
)

_RTM_GETLINK, _RTM_GETRULE = 18, 34
_AF_INET, _AF_INET6 = 2, 10
_IFINFOMSG, _FIB_RULE_HDR = 16, 12
_IFLA_IFNAME, _IFLA_AF_SPEC = 3, 26
#: IFLA_INET_CONF and IFLA_INET6_CONF, with the names of what matters (linux/ip.h, linux/ipv6.h). In the
#: first one counting starts at 1.
_IFLA_INET_CONF, _IFLA_INET6_CONF = 1, 2
_SETTINGS = {
    4: {0: "forwarding", 19: "promote_secondaries"},
    6: {0: "forwarding", 3: "accept_ra", 5: "autoconf", 42: "keep_addr_on_down"},
}
_MTU6 = 2


def read(ip: Ip) -> Reading:
    """The state of the namespace that we are in."""
    links, routes = ip.show("address show", "route show table all")
    labels, settings = address_labels(), _settings()
    return {
        "links": {one["ifname"]: _link(one, settings) for one in links},
        "addresses": {one["ifname"]: _addresses(one, labels) for one in links},
        "routes": routes,
        "rules": [*_rules(_AF_INET), *_rules(_AF_INET6)],
        "names": files(NAMES),
        "defaults": {name: (_CONF / name).read_text(encoding="ascii").strip() for name in _DEFAULTS},
    }


def _link(one: Dict[str, Any], settings: Dict[str, Dict[str, int]]) -> Dict[str, Any]:
    name = one["ifname"]
    shown = {key: value for key, value in one.items() if key not in {"ifname", "addr_info"}}
    directory = _SYS_CLASS_NET / name / "bonding"
    if one.get("linkinfo", {}).get("info_kind") == "bond":
        shown["bonding"] = {path.name: path.read_text().strip() for path in directory.iterdir()}
    return {**shown, "settings": settings.get(name, {})}


def _addresses(one: Dict[str, Any], labels: Dict[str, int]) -> List[Dict[str, Any]]:
    """In the kernel's order, with the label that ip does not show."""
    name = one["ifname"]
    return [
        {**entry, "protocol": labels.get(f"{name} {entry['local']}/{entry['prefixlen']}", 0)}
        for entry in one["addr_info"]
    ]


def _settings() -> Dict[str, Dict[str, int]]:
    """What is below /proc/sys/net/ipv4/conf and ipv6/conf, by link, in one dump."""
    found = {}
    for payload in dump(_RTM_GETLINK, bytes(_IFINFOMSG)):
        given = attributes(payload[_IFINFOMSG:])
        families = attributes(given.get(_IFLA_AF_SPEC, b""))
        name = given[_IFLA_IFNAME].rstrip(b"\0").decode()
        found[name] = {
            **_conf(4, attributes(families.get(_AF_INET, b"")).get(_IFLA_INET_CONF, b"")),
            **_conf(6, attributes(families.get(_AF_INET6, b"")).get(_IFLA_INET6_CONF, b"")),
        }
    return found


def _conf(family: int, array: bytes) -> Dict[str, int]:
    numbers = struct.unpack(f"={len(array) // 4}i", array)
    names = _SETTINGS[family]
    return {
        f"ipv{family}.{names.get(index, index)}": number
        for index, number in enumerate(numbers)
        if (family, index) != (6, _MTU6)
    }


def _rules(family: int) -> Iterator[Dict[str, str]]:
    """Each rule as its header and its attributes (linux/fib_rules.h, FRA_*) in hexadecimal."""
    for payload in dump(_RTM_GETRULE, bytes([family]) + bytes(_FIB_RULE_HDR - 1)):
        head = {"header": payload[:_FIB_RULE_HDR].hex()}
        yield {**head, **{str(n): data.hex() for n, data in attributes(payload[_FIB_RULE_HDR:]).items()}}
