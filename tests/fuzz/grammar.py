"""Documents written by following the published JSON Schema with a random number generator."""

from __future__ import annotations

import ipaddress
import json
import string
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Callable, Dict, List, Mapping, Sequence

Schema = Mapping[str, Any]

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "schemas" / "network_config.schema.json"

NAMES = ("nic1", "nic2", "nic3", "nic4", "nic1.10", "bond1", "br-ex", "vlan20", "em1", "lo", "a" * 15)
_RUNNERS = ("activebackup", "lacp", "roundrobin")
_WATCHERS = ("ethtool", "arp_ping")
_MAC_DIGITS = "0123456789abcdefABCDEF"
_BONDING = (
    "mode=active-backup", "mode=4", "802.3ad", "miimon=100", "miimon=0", "updelay=200", "lacp_rate=fast",
    "lacp_rate=1", "arp_interval=100", "arp_ip_target=192.0.2.1,192.0.2.2", "ns_ip6_target=2001:db8::1",
    "primary=nic1", "fail_over_mac=2", "xmit_hash_policy=layer3+4", "ad_actor_system=02:00:00:00:00:01",
    "num_grat_arp=3", "resend_igmp=1", "packets_per_slave=1", "tlb_dynamic_lb=off", "min_links=1",
)  # fmt: skip


_BRIDGE = (
    "stp_state=on", "stp=0", "forward_delay=400", "forward_delay=0", "hello_time=100", "priority=4096",
    "vlan_filtering=1", "vlan_protocol=802.1ad", "default_pvid=0", "multicast_vlan_snooping=on",
    "group_addr=01:80:c2:00:00:0e", "group_fwd_mask=0xfff8", "mcast_query_interval=6000",
    "vlan_stats_per_port=yes",
)  # fmt: skip
_BRIDGE_PORT = (
    "path_cost=10", "priority=16", "isolated=on", "learning=off", "bpdu_guard=1", "multicast_router=2",
    "group_fwd_mask=0x4000", "flood=no", "vlan_tunnel=true",
)  # fmt: skip
_OPTIONS = (
    "metric 10", "table 200", "table main", "src 192.0.2.10", "onlink", "mtu lock 1400", "rto_min 200ms",
    "rtt 1.5s", "features ecn", "quickack 1", "congctl lock cubic", "scope link", "realms 3/4", "tos CS1",
    "blackhole", "type throw", "pref low", "via 192.0.2.1", "dev nic1", "hoplimit 64",
    "nexthop via 192.0.2.1 nexthop via 192.0.2.2 weight 2", "nexthop via 2001:db8::1 dev nic2 onlink",
)  # fmt: skip
_ETHTOOL = (
    "speed 1000 duplex full", "-K ${DEVICE} tso off gro on", "-G $DEVICE rx 4096", "-L ${DEVICE} combined 4",
    "--coalesce ${DEVICE} adaptive-rx on", "-A ${DEVICE} autoneg off", "wol pg",
)  # fmt: skip
_SELECTORS = (
    "not", "from 192.0.2.0/24", "from all", "to 198.51.100.7", "tos 0x10", "fwmark 5", "fwmark 0x1/0xf",
    "iif nic1", "oif nic2", "ipproto tcp", "sport 80", "dport 1000-2000", "uidrange 0-99", "tun_id 7",
)  # fmt: skip
_PROBES = (
    "gateway", "ping:192.0.2.1", "ping:fe80::1%nic1", "tcp:[2001:db8::1]:22", "tcp:db:5672",
    "dns:example.com",
    "http://192.0.2.1:8080/health?x=1", "https://example.com", "command:/bin/test -e '/run/a b'",
)  # fmt: skip
_ACTIONS = ("table 200", "lookup main", "goto 30000", "nop", "prohibit", "l3mdev", "type blackhole")


@lru_cache(maxsize=1)
def published() -> Schema:
    """The schema of the config language, as it is shipped."""
    schema: Schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


def ip_address(random: Random) -> str:
    """An address of either family, mostly from networks that documents share."""
    if random.random() < 0.6:
        return f"192.0.{random.randrange(4)}.{random.randrange(1, 255)}"
    if random.random() < 0.7:
        return f"2001:db8:{random.randrange(4)}::{random.randrange(1, 1 << 16):x}"
    return str(ipaddress.IPv6Address(random.randrange(1 << 128)))


def ip_prefix(random: Random) -> str:
    address = ip_address(random)
    if random.random() < 0.1:
        return address
    if "." in address and random.random() < 0.1:
        return f"{address}/255.255.255.0"
    return f"{address}/{random.choice((0, 8, 24, 30, 31, 32) if '.' in address else (0, 10, 64, 127, 128))}"


def mac_address(random: Random) -> str:
    separator = random.choice(":-")
    return separator.join(random.choice(_MAC_DIGITS) + random.choice(_MAC_DIGITS) for _ in range(6))


def options(known: Sequence[str]) -> Callable[[Random], str]:
    return lambda random: " ".join(random.sample(known, random.randrange(5)))


def route_options(random: Random) -> str:
    """Words that are good each by itself, and sometimes together."""
    return random.choice(_OPTIONS) if random.random() < 0.7 else f"mtu 1400 {random.choice(_OPTIONS[:4])}"


def ethtool_options(random: Random) -> str:
    return "; ".join(random.sample(_ETHTOOL, random.randrange(4)))


def rule(random: Random) -> str:
    words = random.sample(_SELECTORS[:1] + _SELECTORS[3:5] + _SELECTORS[7:], random.randrange(4))
    priority = [f"pref {random.randrange(20000)}"] if random.random() < 0.5 else []
    return " ".join([random.choice(("", "add", "-4")), *words, random.choice(_ACTIONS), *priority]).strip()


def probe(random: Random) -> str:
    deadline = f",deadline={random.randint(1, 600)}" if random.random() < 0.3 else ""
    return random.choice(_PROBES) + deadline


def team_options(random: Random) -> str:
    told = {"runner": {"name": random.choice(_RUNNERS)}, "link_watch": {"name": random.choice(_WATCHERS)}}
    names = random.sample(sorted(told), random.randint(0, len(told)))
    return json.dumps({name: told[name] for name in names})


def port_range(random: Random) -> str:
    first = random.randint(1, 65535)
    return f"{first}-{random.randint(first, 65535)}"


#: Texts of a format of the schema.
FORMATS: Mapping[str, Callable[[Random], str]] = {
    "bonding-options": options(_BONDING),
    "bridge-options": options(_BRIDGE),
    "bridge-port-options": options(_BRIDGE_PORT),
    "ethtool-options": ethtool_options,
    "ip-address": ip_address,
    "ip-next-hop": lambda random: "self" if random.random() < 0.1 else ip_address(random),
    "ip-prefix": ip_prefix,
    "link-name": lambda random: random.choice(NAMES),
    "mac-address": mac_address,
    "route-options": route_options,
    "port-range": port_range,
    "probe": probe,
    "rule": rule,
    "team-options": team_options,
}

#: Texts that match a pattern of the schema.
PATTERNS: Mapping[str, Callable[[Random], str]] = {
    r"^(0[xX][0-9A-Fa-f]+|[0-9]+)$": lambda random: random.choice(("0x10", "200", "0XfF")),
    r"^(0[xX][0-9A-Fa-f]{1,4}|[0-9]{1,5})$": lambda random: random.choice(("0x64", "0x7ffe", "100")),
    r"^(\.|[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?)$": lambda random: random.choice(
        (".", "example.com", "lab_1.example.", "a" * 63)
    ),
    r"^[A-Za-z][A-Za-z0-9_:-]*=\S+$": lambda random: random.choice(("lacp=active", "a:b=c=d")),
    r"^[^\s#]+$": lambda random: random.choice(("storage", "t-1")),
    r"^[^\s/]+$": lambda random: random.choice(("eno2", "52:54:00:12:34:56", "patch-1")),
    r"^\S+$": lambda random: random.choice(("vfio-pci", "a/b")),
    r'^\s*([A-Za-z][A-Za-z0-9_:-]*=("[^"]*"|[^\s"]\S*)(\s+|$))*$': lambda random: random.choice(
        ("", "bond_mode=balance-tcp lacp=active", 'a:b="c d"  ')
    ),
}


class Grammar:
    """Writes values of a schema. ``likely`` is the chance of each property that may be left out.

    ``now`` leaves out what the schema says is for later or for never, so that much of what is
    written gets as far as a plan.
    """

    def __init__(
        self, random: Random, schema: Schema, likely: float = 0.25, most: int = 3, now: bool = False
    ) -> None:
        self.random = random
        self.schema = schema
        self.likely = likely
        self.most = most
        self.now = now

    def document(self) -> Any:
        return self.value({**self.schema, "required": ["network_config"]})

    def value(self, schema: Schema) -> Any:
        schema = self.resolve(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        kind = schema["type"]
        if isinstance(kind, list):
            kind = self.random.choice(kind)
        write: Callable[[Schema], Any] = getattr(self, f"_{kind}")
        return write(schema)

    def resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.schema["definitions"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _object(self, schema: Schema) -> Dict[str, Any]:
        if "allOf" in schema:
            return self._object(self.resolve(self.random.choice(self._branches(schema))))
        if isinstance(schema.get("additionalProperties"), dict):
            rest = schema["additionalProperties"]
            return {f"nic{n}": self.value(rest) for n in range(self.random.randrange(self.most))}
        required = schema.get("required", ())
        return {
            name: self.value(one)
            for name, one in schema["properties"].items()
            if name in required or (self._is_now(one) and self.random.random() < self.likely)
        }

    def _branches(self, schema: Schema) -> List[Schema]:
        branches = [one["then"] for one in schema["allOf"]]
        return [one for one in branches if self._is_now(one)] or branches

    def _is_now(self, schema: Schema) -> bool:
        schema = self.resolve(schema)
        return not self.now or not ({"x-later", "x-unsupported"} & schema.keys())

    def _array(self, schema: Schema) -> List[Any]:
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + self.most), least + self.most)
        return [self.value(schema["items"]) for _ in range(self.random.randint(least, most))]

    def _integer(self, schema: Schema) -> int:
        low = schema["minimum"]
        high = schema.get("maximum", low + 100)
        return self.random.choice((low, high, self.random.randint(low, high)))

    def _boolean(self, schema: Schema) -> bool:
        return self.random.random() < 0.5

    def _string(self, schema: Schema) -> str:
        if "integer" in schema["type"]:
            # A text that reads as a number is taken as one: it has to be in the range, or no number.
            word = "".join(self.random.choice(string.ascii_letters) for _ in range(8))
            return word if "pattern" not in schema else str(self._integer(schema))
        if "pattern" in schema:
            return PATTERNS[schema["pattern"]](self.random)
        if "format" in schema:
            return FORMATS[schema["format"]](self.random)
        length = self.random.randint(schema.get("minLength", 0), 12)
        return "".join(self.random.choice(string.printable) for _ in range(length))
