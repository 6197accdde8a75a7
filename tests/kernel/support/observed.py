"""The kernel's state as ``ip -j -d`` and sysfs tell it, in the words of the files in ``expected/``.

Left out is what comes and goes by itself or differs from run to run: interface indexes, timers,
tentative addresses, routes that are down for want of carrier, and the link-local address that
the kernel makes of a link's MAC address. Our label is its number, whether it has a name or not.
"""

from __future__ import annotations

import json
import subprocess
from ipaddress import IPv6Address, IPv6Network, ip_interface
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Tuple, Union

from .raw import address_labels

#: Every value is a text, as YAML without types has it.
Attributes = Dict[str, Union[str, Dict[str, str]]]

#: What one command of ip tells.
Entries = List[Dict[str, Any]]

_SYS_CLASS_NET = Path("/sys/class/net")
#: What a bond's ports and partner make of themselves.
_NOT_OPTIONS = frozenset({
    "active_slave", "ad_actor_key", "ad_aggregator", "ad_num_ports", "ad_partner_key", "ad_partner_mac",
    "mii_status", "queue_id", "slaves",
})  # fmt: skip
#: What a bridge learns by itself, waits for, and can be told to do; and a time whose last digit hangs on
#: the kernel's ticks.
_NOT_BRIDGE_OPTIONS = frozenset({
    "bridge_id", "flush", "gc_timer", "hello_timer", "multicast_startup_query_interval", "root_id",
    "root_path_cost", "root_port", "tcn_timer", "topology_change", "topology_change_detected",
    "topology_change_timer",
})  # fmt: skip
#: The same of its ports; the cost follows the speed of the link until it is said.
_NOT_PORT_OPTIONS = frozenset({
    "bridge", "change_ack", "config_pending", "designated_bridge", "designated_cost", "designated_port",
    "designated_root", "flush", "forward_delay_timer", "hold_timer", "message_age_timer", "path_cost",
    "port_id", "port_no", "state",
})  # fmt: skip
#: Kinds of links of which all is told as ip tells it.
_OWN_DATA = frozenset({"macvlan", "vxlan"})
_PASSING = frozenset({"dead", "linkdown"})
#: What is said in our words, or passes.
_SAID_OF_ADDRESSES = frozenset({
    "family", "local", "prefixlen", "broadcast", "scope", "label", "valid_life_time", "preferred_life_time",
    "protocol", "dynamic", "tentative", "optimistic",
})  # fmt: skip
_SAID_OF_ROUTES = frozenset({
    "type", "dst", "gateway", "dev", "protocol", "scope", "prefsrc", "metric", "table", "flags", "pref",
    "expires",
})  # fmt: skip
_WORDS_OF_RULES = {"src": "from", "dst": "to", "table": "lookup", "protocol": "proto"}
#: What is said with another one, or before all.
_SAID_OF_RULES = frozenset({"priority", "srclen", "dstlen", "fwmask", "uid_end"})
_FOREVER = 0xFFFFFFFF
_IFAPROT_KERNEL_LL = 3
_LINK_LOCAL = IPv6Network("fe80::/64")


class Observed(NamedTuple):
    """Links by name, addresses by link, routes of the main table."""

    links: Dict[str, Attributes]
    addresses: Dict[str, List[str]]
    routes: List[str]


def observe() -> Observed:
    """The state of the namespace that we are in."""
    return _observed(*_ip("address show", "route show table all"))


def _observed(links: Entries, routes: Entries) -> Observed:
    labels = address_labels()
    return Observed(
        {one["ifname"]: _link(one) for one in links},
        {one["ifname"]: found for one in links if (found := _addresses(one, labels))},
        sorted(_route(one) for one in routes if _is_of_interest(one)),
    )


class Snapshot(NamedTuple):
    """All that a config can say."""

    state: Observed
    #: As ``routes_of_other_tables`` and ``rules`` have it.
    other_tables: List[str]
    rules: List[str]


def snapshot() -> Snapshot:
    """Everything of this namespace, with as few starts of ip as can be: each takes long."""
    links, routes, ipv4 = _ip("address show", "route show table all", "rule show")
    (ipv6,) = _ip("rule show", family="-6")
    return Snapshot(
        _observed(links, routes), _of_other_tables(routes), [*_rules("-4", ipv4), *_rules("-6", ipv6)]
    )


def ipv4_addresses() -> Dict[str, List[str]]:
    """By link, those of IPv4 that are not on the loopback."""
    found = {
        link: [one.split()[0] for one in several if ":" not in one.split()[0]]
        for link, several in observe().addresses.items()
        if link != "lo"
    }
    return {link: several for link, several in found.items() if several}


def routes_of_other_tables() -> List[str]:
    """With the table's number or name; without the table local, which the kernel fills itself."""
    return _of_other_tables(*_ip("route show table all"))


def _of_other_tables(routes: Entries) -> List[str]:
    found = (one for one in routes if one.get("table", "main") not in {"main", "local"})
    return sorted(f"table {one['table']}: {_route(one)}" for one in found)


def rules() -> List[str]:
    """All policy rules in ip's words, IPv6's after IPv4's."""
    return [one for family in ("-4", "-6") for one in _rules(family, *_ip("rule show", family=family))]


def _rules(family: str, entries: Entries) -> List[str]:
    return [f"{family} {one['priority']}:\t{' '.join(_rule(one))}" for one in entries]


def _rule(one: Mapping[str, Any]) -> Iterator[str]:
    """In the order in which ip tells it; what has no word of its own here has its name."""
    for key, value in one.items():
        if key in {"src", "dst"}:
            length = f"/{one[f'{key}len']}" if f"{key}len" in one else ""
            yield f"{_WORDS_OF_RULES[key]} {value}{length}"
        elif key == "fwmark":
            yield f"fwmark {value}/{one['fwmask']}" if "fwmask" in one else f"fwmark {value}"
        elif key == "uid_start":
            yield f"uidrange {value}-{one['uid_end']}"
        elif key == "action":
            yield str(value)
        elif value is None:
            yield key
        elif key not in _SAID_OF_RULES:
            yield f"{_WORDS_OF_RULES.get(key, key)} {value}"


def carrier_changes(link: str) -> int:
    """How often the link lost or found its carrier."""
    return int((_SYS_CLASS_NET / link / "carrier_changes").read_text())


def identities() -> Dict[str, int]:
    """The index of every link, which says whether it is still the same one."""
    return {path.name: int((path / "ifindex").read_text()) for path in _SYS_CLASS_NET.glob("*/")}


def bonds() -> Dict[str, Dict[str, str]]:
    """The options of all bonds by the names of sysfs, in its words; those that are empty left out."""
    return {one["ifname"]: _bonding(one) for one in _ip("link show type bond")[0]}


def _bonding(one: Mapping[str, Any]) -> Dict[str, str]:
    directory = _SYS_CLASS_NET / one["ifname"] / "bonding"
    found = {path.name: path.read_text().strip() for path in directory.iterdir()}
    # The one option without a file
    found["ns_ip6_target"] = " ".join(one["linkinfo"]["info_data"].get("ns_ip6_target", ()))
    return {name: text for name, text in found.items() if text}


def _options(link: str, directory: str, left_out: FrozenSet[str]) -> Dict[str, str]:
    """What sysfs tells of a bridge or a port; what is empty left out."""
    files = (path for path in (_SYS_CLASS_NET / link / directory).iterdir() if path.name not in left_out)
    return {path.name: text for path in files if (text := path.read_text().strip())}


def _ip(*commands: str, family: str = "") -> List[Entries]:
    """What ip's commands print as JSON; all of them with one start of it."""
    text = "".join(f"{command}\n" for command in commands)
    words = ["ip", *([family] if family else []), "-j", "-d", "-batch", "-"]
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, text=True, check=True)
    decoder, rest = json.JSONDecoder(), done.stdout.strip()
    found = []
    while rest:
        entries, end = decoder.raw_decode(rest)
        found.append([{**one, **_unnamed(one)} for one in entries if one])
        rest = rest[end:].strip()
    return found


def _unnamed(one: Mapping[str, Any]) -> Dict[str, str]:
    return {key: "111" for key in ("group", "protocol") if one.get(key) == "os-net-config"}


def _link(one: Mapping[str, Any]) -> Attributes:
    info = one.get("linkinfo", {})
    kind = info.get("info_kind", one["link_type"])
    shown: Attributes = {
        "kind": kind,
        "state": "up" if "UP" in one["flags"] else "down",
        # An nlmon link has none.
        "mac": one.get("address", ""),
        "mtu": str(one["mtu"]),
    }
    if one["group"] != "default":
        shown["group"] = one["group"]
    if "master" in one:
        shown["master"] = one["master"]
    if "link" in one:
        shown["on"] = one["link"]
    if kind == "vlan":
        shown["id"] = str(info["info_data"]["id"])
    if kind == "vrf":
        shown["table"] = str(info["info_data"]["table"])
    if kind in _OWN_DATA:
        shown[kind] = {name: str(value) for name, value in info["info_data"].items()}
    if kind == "bond":
        found = _bonding(one)
        shown["bonding"] = {name: text for name, text in found.items() if name not in _NOT_OPTIONS}
    if kind == "bridge":
        shown["bridge"] = _options(one["ifname"], "bridge", _NOT_BRIDGE_OPTIONS)
    if info.get("info_slave_kind") == "bridge":
        shown["port"] = _options(one["ifname"], "brport", _NOT_PORT_OPTIONS)
    return shown


def _addresses(one: Mapping[str, Any], labels: Mapping[str, int]) -> List[str]:
    """Sorted, apart from IPv4 addresses of one subnet: their order is state, the first one is primary."""
    entries = [entry for entry in one["addr_info"] if not _is_automatic(one, entry, labels)]
    return [_address(one["ifname"], entry, labels) for entry in sorted(entries, key=_place)]


def _place(entry: Mapping[str, Any]) -> Tuple[int, int, int]:
    interface = ip_interface(f"{entry['local']}/{entry['prefixlen']}")
    address = int(interface.ip) if interface.version == 6 else 0
    return interface.version, int(interface.network.network_address), address


def _address(link: str, entry: Mapping[str, Any], labels: Mapping[str, int]) -> str:
    prefix = f"{entry['local']}/{entry['prefixlen']}"
    words = [prefix]
    if "broadcast" in entry:
        words += ["brd", entry["broadcast"]]
    words += ["scope", entry["scope"]]
    if entry["valid_life_time"] != _FOREVER:
        words += ["for a time"]
    if entry.get("label", link) != link:
        words += ["label", entry["label"]]
    words += _further(entry, _SAID_OF_ADDRESSES)
    label = labels.get(f"{link} {prefix}", 0)
    if label >= 4:  # below are the kernel's own
        words += ["proto", str(label)]
    return " ".join(words)


def _is_automatic(link: Mapping[str, Any], entry: Mapping[str, Any], labels: Mapping[str, int]) -> bool:
    """Whether it is the address that the kernel makes of the link's MAC address (RFC 4291).

    It stays when the link gets another one; newer kernels label it.
    """
    address = IPv6Address(entry["local"]) if entry["family"] == "inet6" else None
    if address is None or address not in _LINK_LOCAL:
        return False
    if labels.get(f"{link['ifname']} {address}/{entry['prefixlen']}") == _IFAPROT_KERNEL_LL:
        return True
    octets = bytes.fromhex(link["address"].replace(":", ""))
    own = bytes([octets[0] ^ 2, *octets[1:3], 0xFF, 0xFE, *octets[3:]])
    return address.packed[8:] == own


def _is_of_interest(route: Mapping[str, Any]) -> bool:
    link_local = route["protocol"] == "kernel" and route["dst"] == str(_LINK_LOCAL)
    return route.get("table", "main") == "main" and not link_local


def _route(one: Mapping[str, Any]) -> str:
    """As ip prints it, without what goes without saying."""
    words = [] if one["type"] == "unicast" else [one["type"]]
    words.append("::/0" if one["dst"] == "default" and "pref" in one else one["dst"])
    for key, word in (("gateway", "via"), ("dev", "dev"), ("protocol", "proto"), ("scope", "scope"),
                      ("prefsrc", "src"), ("metric", "metric")):  # fmt: skip
        if key in one and (key, one[key]) != ("scope", "global"):
            words += [word, str(one[key])]
    words += ["for a time"] if "expires" in one else []
    words += [flag for flag in one["flags"] if flag not in _PASSING]
    return " ".join([*words, *_further(one, _SAID_OF_ROUTES)])


def _further(entry: Mapping[str, Any], said: FrozenSet[str]) -> List[str]:
    """Whatever else ip tells: nothing is left out for want of a name."""
    return [
        key if value is True else f"{key} {json.dumps(value)}"
        for key, value in entry.items()
        if key not in said and value is not False
    ]
