"""Shapes that cost a careless reader time or memory out of proportion, each of a size in bytes."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Callable, Dict, List, Mapping

Shape = Callable[[int], str]

HEAD = "network_config:\n"
NIC = "- type: interface\n  name: nic1\n"


def repeat(unit: str, before: str = "", after: str = "") -> Shape:
    return lambda size: before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def numbered(unit: str, before: str = "", after: str = "") -> Shape:
    """``unit`` with the running number for each ``#``."""

    def shape(size: int) -> str:
        parts: List[str] = []
        left = size - len(before) - len(after)
        while True:
            part = unit.replace("#", str(len(parts)))
            left -= len(part)
            if left < 0:
                return before + "".join(parts) + after
            parts.append(part)

    return shape


def _laughs(unit: str, opened: str, closed: str) -> Shape:
    """Aliases of aliases, a hundred each."""

    def shape(size: int) -> str:
        lines = [f"a0: &a0 {opened}{unit}{closed}"]
        for level in range(1, 40):
            inner = ", ".join(f"{'<<: ' if opened == '{' else ''}*a{level - 1}" for _ in range(100))
            lines.append(f"a{level}: &a{level} {opened}{inner}{closed}")
        return "\n".join(lines)[:size]

    return shape


def _merged_twice(size: int) -> str:
    """Every mapping merges the two before it."""
    lines = ["- &m0 {a: 1}", "- &m1 {b: 1}"]
    lines += [f"- &m{n} {{<<: [*m{n - 1}, *m{n - 2}], k{n}: 1}}" for n in range(2, 5000)]
    return "\n".join(lines)[:size]


def _merge_list(size: int) -> str:
    big = "".join(f"  k{number}: 1\n" for number in range(1000))
    return f"a: &a\n{big}b:\n  <<: [{'*a, ' * ((size - len(big)) // 4)}*a]\n"


def _one_object_many_times(size: int) -> str:
    item = "- &a {type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.1/24}]}\n"
    return HEAD + item + "- *a\n" * ((size - len(item)) // 5)


def _levels(opened: str, closed: str) -> Shape:
    return lambda size: opened * (size // len(opened + closed)) + closed * (size // len(opened + closed))


def _wide_levels(size: int) -> str:
    return ("[" + "1," * (size // 130)) * 63 + "1" + "]" * 63


def _indented(size: int) -> str:
    lines: List[str] = []
    while size > len(lines) and len(lines) < 2000:
        lines.append(" " * len(lines) + "a:")
        size -= len(lines[-1])
    return "\n".join(lines)


def _objects(make: Callable[[int], Mapping[str, Any]]) -> Shape:
    """As many objects as fit, one line of JSON each."""

    def shape(size: int) -> str:
        lines: List[str] = []
        while size > 0:
            line = "- " + json.dumps(make(len(lines))).replace('"', "")
            size -= len(line) + 1
            lines.append(line)
        return HEAD + "\n".join(lines[:-1]) + "\n"

    return shape


def _members(kind: str, make: Callable[[int], Mapping[str, Any]]) -> Shape:
    """One object with as many members as fit."""

    def shape(size: int) -> str:
        inner = _objects(make)(size - 100)[len(HEAD) :].replace("- {", "  - {")
        return f"{HEAD}- type: {kind}\n  name: one\n  members:\n{inner}"

    return shape


def _nic(number: int) -> Dict[str, Any]:
    return {"type": "interface", "name": f"p{number}"}


def _addresses_and_routes(size: int) -> str:
    count = size // 62
    addresses = ", ".join(
        f"{{ip_netmask: 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}}}" for n in range(count)
    )
    routes = "{default: true, nexthop: 11.1.1.1}, " * count
    return f"{HEAD}{NIC}  addresses: [{addresses}]\n  routes: [{routes}]\n"


def _bond_on_bond(number: int) -> Mapping[str, Any]:
    member = {"type": "interface", "name": f"b{number + 1}"}
    return {"type": "linux_bond", "name": f"b{number}", "members": [member]}


#: What the parser has to bear.
TEXTS: Mapping[str, Shape] = {
    "nothing but [": repeat("["),
    "nothing but {": repeat("{a: "),
    "nothing but - ": repeat("- "),
    "nothing but ? ": repeat("? "),
    "nothing but !": repeat("! "),
    "nothing but blanks": repeat(" "),
    "nothing but tabs": repeat("\t"),
    "nothing but line ends": repeat("\n"),
    "nothing but carriage returns": repeat("\r", "a: '"),
    "nothing but commas": repeat(",", "["),
    "nothing but colons": repeat(":"),
    "nothing but dashes": repeat("-"),
    "nothing but quotes": repeat("'"),
    "nothing but stars": repeat("*a "),
    "nothing but anchors": repeat("&a "),
    "nothing but comments": repeat("#\n"),
    "nothing but documents": repeat("---\n"),
    "nothing but BOMs": repeat("\ufeff"),
    "nothing but zeros": repeat("\0"),
    "nothing but directives": numbered("%TAG !a#! b\n"),
    "directives after carriage returns": numbered("%TAG !a#! b\r"),
    "unknown directives": numbered("%A#\n", after="---\n"),
    "flow sequences in each other": _levels("[", "]"),
    "flow mappings in each other": _levels("{a: ", "}"),
    "compact sequences in each other": repeat("- ", after="a"),
    "complex keys in each other": _levels("? [", "]"),
    "block mappings in each other": _indented,
    "complex keys": repeat("? {a: b}\n: c\n"),
    "keys that are lists": repeat("[a]: b\n"),
    "wide levels": _wide_levels,
    "one long word": repeat("x", "a: "),
    "one long word as a list": repeat("x ", "- "),
    "one long key": repeat("x", "", ": 1"),
    "one long quoted text": repeat("x ", 'a: "', '"'),
    "one long folded text": repeat(" x\n\n", "a: >\n"),
    "one long literal text": repeat(" x\n", "a: |\n"),
    "one plain text over many lines": repeat("x\n  ", "a: "),
    "one long comment": repeat("#"),
    "one long tag": repeat("%41", "- !<", "> a"),
    "one long anchor": repeat("x", "- &", " a"),
    "one long indentation": repeat(" ", "a:\n", "b"),
    "escapes": repeat("\\x41", 'a: "', '"'),
    "flow list": repeat("1,", "[", "]"),
    "flow mapping of one key": repeat("a: 1,", "{", "}"),
    "set": repeat("?,", "{", "}"),
    "one key many times": repeat("a: 1\n"),
    "many keys": numbered("a#: 1\n"),
    "many anchors": numbered("- &a# 1\n"),
    "many aliases": repeat("- *a\n", "- &a 1\n"),
    "many aliases of a long text": lambda size: f"- &a {'x' * (size // 2)}\n" + "- *a\n" * (size // 10),
    "many aliases as keys": repeat("? *a\n", "a: &a k\n"),
    "many numbers": numbered("- 0x#\n"),
    "one huge number": repeat("9", "a: "),
    "one huge hexadecimal number": repeat("f", "a: 0x"),
    "one huge fraction": repeat("9", "a: 0."),
    "one huge base-60 number": repeat(":59", "a: 1"),
    "a billion laughs in lists": _laughs("lol", "[", "]"),
    "a billion laughs in mappings": _laughs("lol: 1", "{", "}"),
    "merges of merges": _merged_twice,
    "a list of merges": _merge_list,
    "one merge many times": repeat("  <<: *a\n", "a: &a {x: 1}\nb:\n"),
    "merge of itself": lambda size: "a: &a\n  <<: *a\n",
    "alias of itself": lambda size: "a: &a [*a]\n",
    "templates": repeat("{{ a }}: {{ b }}\n"),
}

#: What the checks of a config have to bear.
CONFIGS: Mapping[str, Shape] = {
    "wrong types": numbered("- {type: no#}\n", HEAD),
    "no types": repeat("- {}\n", HEAD),
    "texts for objects": repeat("- a\n", HEAD),
    "unknown attributes": numbered("  adresses#: 1\n", HEAD + NIC),
    "one long attribute": repeat("x", HEAD + NIC + "  ", ": 1\n"),
    "one long type": repeat("x", HEAD + "- type: ", "\n"),
    "one long list as a type": repeat("x,", HEAD + "- type: [", "]\n"),
    "one long name": repeat("x", HEAD + "- type: interface\n  name: ", "\n"),
    "one long dotted name": repeat(".1", HEAD + "- type: interface\n  name: x", "a\n"),
    "one name of digits": repeat("1", HEAD + "- type: interface\n  name: x.", "\n"),
    "one long nicN": repeat("9", HEAD + "- type: interface\n  name: nic", "\n"),
    "one long address": repeat("1", HEAD + NIC + "  addresses: {ip_netmask: '192.0.2.1/", "'}\n"),
    "one long mask": repeat("1.", HEAD + NIC + "  addresses: {ip_netmask: '192.0.2.1/", "'}\n"),
    "one long mtu": repeat("9", HEAD + NIC + "  mtu: ", "\n"),
    "one long metric": repeat("9", HEAD + NIC + "  routes: {default: yes, nexthop: self, metric: '", "'}\n"),
    "one long table": repeat("9", HEAD + NIC + "  routes: {default: yes, nexthop: self, table: '", "'}\n"),
    "one long option": repeat(
        "9", HEAD + NIC + "  routes: {default: yes, nexthop: self, route_options: metric ", "}\n"
    ),
    "many options": repeat(
        "foo ", HEAD + NIC + "  routes: {default: yes, nexthop: self, route_options: ", "}\n"
    ),
    "wrong addresses": repeat("  - {ip_netmask: x}\n", HEAD + NIC + "  addresses:\n"),
    "addresses without a length": repeat("  - {ip_netmask: 192.0.2.1}\n", HEAD + NIC + "  addresses:\n"),
    "addresses and routes": _addresses_and_routes,
    "wrong routes": repeat("  - {next_hop: x, ip_netmask: y}\n", HEAD + NIC + "  routes:\n"),
    "empty routes": repeat("  - {}\n", HEAD + NIC + "  routes:\n"),
    "nothing in lists": repeat("  - ~\n", HEAD + NIC + "  routes:\n"),
    "name servers": repeat("a,", HEAD + NIC + "  dns_servers: [", "]\n"),
    "domains": repeat("a.", HEAD + NIC + "  domain: ", "\n"),
    "commands": repeat("a,", HEAD + NIC + "  ovs_extra: [", "]\n"),
    "Open vSwitch options": repeat("a=b ", HEAD + "- {type: ovs_bridge, name: b, ovs_options: '", "'}\n"),
    "Open vSwitch options, wrong": repeat(
        "a=b ", HEAD + "- {type: ovs_bridge, name: b, ovs_options: '", "\"'}\n"
    ),
    "blanks in Open vSwitch options": repeat(
        " ", HEAD + "- {type: ovs_bridge, name: b, ovs_options: 'a=b", "\"'}\n"
    ),
    "bonding options": repeat("miimon=100 ", HEAD + "- {type: linux_bond, name: b, bonding_options: ", "}\n"),
    "bonding modes": repeat("802.3ad ", HEAD + "- {type: linux_bond, name: b, bonding_options: '", "'}\n"),
    "unknown bonding option": repeat("x", HEAD + "- {type: linux_bond, name: b, bonding_options: a", "=1}\n"),
    "long bonding mode": repeat("9", HEAD + "- {type: linux_bond, name: b, bonding_options: mode=", "}\n"),
    "long miimon": repeat("9", HEAD + "- {type: linux_bond, name: b, bonding_options: miimon=", "}\n"),
    "long hexadecimal miimon": repeat(
        "f", HEAD + "- {type: linux_bond, name: b, bonding_options: miimon=0x", "}\n"
    ),
    "long primary": repeat("x", HEAD + "- {type: linux_bond, name: b, bonding_options: primary=", "}\n"),
    "ARP targets": repeat(
        "1.1.1.1,", HEAD + "- {type: linux_bond, name: b, bonding_options: 'arp_ip_target=", "'}\n"
    ),
    "one NIC many times": repeat(NIC, HEAD),
    "one object many times": _one_object_many_times,
    "many NICs": _objects(_nic),
    "many VLANs": _objects(lambda n: {"type": "vlan", "vlan_id": n % 4094 + 1, "device": "nic1"}),
    "VLANs on each other": _objects(lambda n: {"type": "vlan", "vlan_id": n, "device": f"vlan{n + 1}"}),
    "bonds on each other": _objects(_bond_on_bond),
    "many ports of a bond": _members("linux_bond", _nic),
    "many primary ports of a bond": _members(
        "linux_bond", lambda n: {**_nic(n), "primary": "yes", "mtu": 68 + n}
    ),
    "one port many times": _members("linux_bond", lambda n: _nic(0)),
    "one VLAN as a port many times": lambda size: (
        _members("linux_bridge", lambda n: {"type": "interface", "name": "vlan20"})(size)
        + "- {type: vlan, vlan_id: 20, device: nic1}\n"
    ),
    "many VLANs of an Open vSwitch bridge": _members(
        "ovs_bridge", lambda n: {"type": "vlan", "vlan_id": n % 4094 + 1, "device": f"p{n}"}
    ),
    "many bridges with a bond": _objects(
        lambda n: {"type": "linux_bridge", "name": f"b{n}", "members": [_nic(n)]}
    ),
}

SHAPES: Mapping[str, Shape] = {**TEXTS, **CONFIGS}


def document(random: Random, largest: int) -> bytes:
    """A shape of some size, sometimes inside a config."""
    name = random.choice(sorted(SHAPES))
    size = int(largest * random.random() ** 4) + 100
    text = SHAPES[name](size)
    if name in TEXTS and random.random() < 0.2:
        text = HEAD + text
    return text.encode()
