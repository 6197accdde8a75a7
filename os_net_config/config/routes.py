"""The routes of an object, from the words of the config to typed values."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from ..state.problem import Path, Problem, Severity
from ..state.route import DEAD_ENDS, DEFAULT_METRIC, MAIN_TABLE, in_order
from ..state.values import NextHop, Prefix, Value, Values, show_address
from . import formats, route_options
from .objects import Object, rename_dotted
from .route_options import RouteOptions
from .rules import Context


class Route(NamedTuple):
    """``gateway`` None: the destination is on the link itself, unless there are several ``hops``.

    ``said`` has the attributes of route.ATTRIBUTES that the config says, without gateway and link.
    """

    destination: Prefix
    gateway: Optional[bytes]
    metric: int
    table: int
    path: Path
    tos: int = 0
    hops: Tuple[NextHop, ...] = ()
    said: Values = MappingProxyType({})

    @property
    def key(self) -> Tuple[Prefix, int, int, int]:
        """What of it makes the key of the kernel's route."""
        return self.destination, self.metric, self.table, self.tos

    @property
    def type(self) -> str:
        return str(self.said.get("type", "unicast"))

    @property
    def is_dead_end(self) -> bool:
        return self.type in DEAD_ENDS

    @property
    def is_direct(self) -> bool:
        """Whether the destination is on the link itself."""
        return self.gateway is None and not self.hops and not self.is_dead_end

    def next_hops(self, link: str) -> Tuple[NextHop, ...]:
        """All gateways of a route of this link."""
        return self.hops or (NextHop(self.gateway, link, 1, int(bool(self.said.get("onlink")))),)


@dataclass(frozen=True)
class _Entry:
    """One entry of ``routes``, with what its words have their meaning from."""

    values: Mapping[str, Any]
    path: Path
    link: str
    options: RouteOptions
    context: Context

    def word_of(self, alternatives: Tuple[str, str]) -> Optional[str]:
        """The one of two attributes of the same meaning that is given."""
        return next((name for name in alternatives if name in self.values), None)

    @property
    def hop(self) -> Optional[str]:
        name = self.word_of(_HOPS)
        return str(self.values[name]) if name else None

    @property
    def network(self) -> Optional[Prefix]:
        name = self.word_of(_NETWORKS)
        return formats.ip_prefix(str(self.values[name])) if name else None

    @property
    def type(self) -> str:
        return str(self.options.get("type", "unicast"))

    @property
    def gateway(self) -> Optional[bytes]:
        """That of ``via``, or the address that ``next_hop`` says."""
        via = self.options.get("gateway")
        if isinstance(via, bytes):
            return via
        address = formats.next_hop(self.hop) if self.hop else None
        return address if isinstance(address, bytes) else None

    def at_option(
        self, name: str, message: str, hint: str = "", severity: Severity = Severity.ERROR
    ) -> Problem:
        """A problem with the word of ``route_options`` that says this."""
        return Problem((*self.path, _OPTIONS), message, hint, severity, word=self.options.said[name].word)


_HOPS, _NETWORKS, _OPTIONS = ("next_hop", "nexthop"), ("ip_netmask", "destination"), "route_options"


def read(one: Object, context: Context) -> Tuple[List[Route], List[Problem]]:
    """The routes of an object's canonical attributes, and what is wrong with them."""
    routes: List[Route] = []
    problems: List[Problem] = []
    for number, values in enumerate(one.get("routes") or ()):
        if values is None:
            continue
        options = route_options.parse(str(values.get(_OPTIONS) or ""))
        entry = _Entry(values, (*one.path, "routes", number), one.name, options, context)
        found = [*_shape(entry), *_ways(entry)]
        if not _has_errors(found):
            route, more = _route(entry)
            found.extend(more)
            found.extend(_families(entry, route))
            if not _has_errors(found):
                routes.append(route)
        problems.extend(found)
    return routes, problems


def _has_errors(problems: List[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)


# What an entry has


def _shape(entry: _Entry) -> Iterator[Problem]:
    """Each of the attributes once, and a destination."""
    for alternatives in (_HOPS, _NETWORKS):
        if all(name in entry.values for name in alternatives):
            message = f"{' and '.join(alternatives)} are the same attribute"
            yield Problem(entry.path, message, "keep one of them")
    network = entry.network
    if entry.values.get("default"):
        if network is not None and network.length:
            message = f"default: true makes {network} meaningless: the default route is made"
            place = (*entry.path, _network_key(entry))
            yield Problem(place, message, "remove one of the two", Severity.WARNING)
    elif network is None:
        hint = "add ip_netmask: <network>, or default: true"
        yield Problem(entry.path, "the route has no destination", hint, about="ip_netmask")


def _ways(entry: _Entry) -> Iterator[Problem]:
    """One way to the destination, or none where the route leads nowhere."""
    name, hop, options = entry.word_of(_HOPS), entry.hop, entry.options
    if entry.type in DEAD_ENDS:
        if hop not in {None, "self"}:
            message = f"a route of type {entry.type} leads nowhere, so that it has no {name}"
            yield Problem((*entry.path, str(name)), message, f"remove {name}, or {entry.type}")
    elif options.hops:
        if hop is not None:
            message = f"{name} and the nexthop of {_OPTIONS} exclude each other"
            yield Problem((*entry.path, str(name)), message, "write all next hops in one place")
    elif hop is None and not options.said.keys() & {"gateway", "link"}:
        hint = "add next_hop: <address of the gateway>, or next_hop: self"
        yield Problem(entry.path, "the route has no next_hop", hint, about="next_hop")
    elif hop is not None and "gateway" in options.said and formats.next_hop(hop) != options.get("gateway"):
        message = f"via {show_address(options.get('gateway'))} contradicts {name}: {hop}"
        yield entry.at_option("gateway", message, "say it once")
    if "link" in options.said and _renamed(options.get("link"), entry.context) != entry.link:
        message = f"{options.get('link')} is not {entry.link}, to which this route belongs"
        yield entry.at_option("link", message, "move the route to that link's object")
    if "onlink" in options.said and entry.gateway is None:
        yield entry.at_option("onlink", "onlink is said of a next hop, and there is none")


def _renamed(name: str, context: Context) -> str:
    return rename_dotted(name, context.rename)


# What it makes


def _route(entry: _Entry) -> Tuple[Route, List[Problem]]:
    destination, problems = _destination(entry)
    metric, more = _metric(entry, len(destination.address))
    problems += more
    table, more = _table(entry)
    problems += more
    hops = [
        NextHop(
            hop.gateway,
            _renamed(hop.link, entry.context) if hop.link else entry.link,
            hop.weight,
            int(hop.onlink),
        )
        for hop in entry.options.hops
    ]
    said: Dict[str, Value] = {
        name: one.value  # type: ignore[misc]
        for name, one in entry.options.said.items()
        if name not in _NOT_ATTRIBUTES
    }
    tos = entry.options.get("tos", 0)
    made = in_order(hops)
    return Route(destination, entry.gateway, metric, table, entry.path, tos, made, said), problems


_NOT_ATTRIBUTES = frozenset({"metric", "table", "tos", "gateway", "link"})


_ANY_IPV4 = Prefix(bytes(4), 0)


def _network_key(entry: _Entry) -> str:
    return entry.word_of(_NETWORKS) or _NETWORKS[0]


def _destination(entry: _Entry) -> Tuple[Prefix, List[Problem]]:
    given = entry.network
    way = _a_gateway(entry)
    if entry.values.get("default") or given is None:
        # The family is that of the next hop; without one, that of the network beside it.
        bits = 8 * len(way) if way is not None else given.bits if given is not None else 32
        return Prefix(bytes(bits // 8), 0), []
    place = (*entry.path, _network_key(entry))
    if given.network == _ANY_IPV4 and way is not None and len(way) == 16:
        message = f"the default route of IPv6 is ::/0, not {given.network}"
        return Prefix(bytes(16), 0), [Problem(place, message, "write ::/0", Severity.WARNING)]
    if given != given.network:
        message = f"{given} has host bits set: the route goes to {given.network}"
        return given.network, [Problem(place, message, severity=Severity.WARNING)]
    return given, []


def _a_gateway(entry: _Entry) -> Optional[bytes]:
    """The address of a next hop, where there is any: it tells the family."""
    gateways = (entry.gateway, *(hop.gateway for hop in entry.options.hops))
    return next((one for one in gateways if one is not None), None)


def _metric(entry: _Entry, length: int) -> Tuple[int, List[Problem]]:
    attribute, option = entry.values.get("metric"), entry.options.get("metric")
    problems = []
    if attribute is not None and option not in {None, attribute}:
        message = f"metric {option} counts, not the {attribute} of metric"
        problems.append(entry.at_option("metric", message, "say it once", Severity.WARNING))
    metric = option if option is not None else attribute
    # The kernel takes 0 for IPv6 as if no metric were said.
    if metric is None or (metric == 0 and length == 16):
        metric = DEFAULT_METRIC[length]
    return int(metric), problems


def _table(entry: _Entry) -> Tuple[int, List[Problem]]:
    tables, said = entry.context.tables, entry.options.said
    found: List[int] = []
    problems: List[Problem] = []
    if "table" in said:
        value, word = said["table"]
        assert isinstance(value, (int, str))
        number, problem = tables.resolve(value, (*entry.path, _OPTIONS), word)
        found.append(number)
        problems.extend([problem] if problem else [])
    if "table" in entry.values:
        number, problem = tables.resolve(entry.values["table"], (*entry.path, "table"))
        found.append(number)
        problems.extend([problem] if problem else [])
    if len(set(found)) > 1:
        message = f"table {entry.options.get('table')} counts, not the {entry.values['table']} of table"
        problems.append(entry.at_option("table", message, "say it once", Severity.WARNING))
    return (found or [entry.context.own.get(entry.link, MAIN_TABLE)])[0], problems


# What does not go together


def _families(entry: _Entry, route: Route) -> Iterator[Problem]:
    """Next hops and the source are of the destination's family, and IPv6 does not know all that IPv4 does."""
    length = len(route.destination.address)
    if route.gateway is not None and len(route.gateway) != length:
        message = (
            f"the next hop {show_address(route.gateway)} is not of the address family of {route.destination}"
        )
        is_option = "gateway" in entry.options.said
        yield entry.at_option("gateway", message) if is_option else Problem(entry.path, message)
    # They are all of one family.
    first = next((hop for hop in entry.options.hops if hop.gateway is not None), None)
    if first is not None and first.gateway is not None and len(first.gateway) != length:
        message = f"the next hop {show_address(first.gateway)} is not of the address family"
        yield Problem((*entry.path, _OPTIONS), f"{message} of {route.destination}", word=first.word)
    source = entry.options.get("source")
    if source is not None and len(source) != length:
        message = f"the source {show_address(source)} is not of the address family of {route.destination}"
        yield entry.at_option("source", message)
    for name, phrase in _NOT_OF[length].items():
        if entry.options.get(name):
            yield entry.at_option(name, f"{phrase}, and {route.destination} is not", "remove it")
    yield from _scope(entry, route)


_NOT_OF: Mapping[int, Mapping[str, str]] = {
    4: {"pref": "pref is for routes of IPv6 only"},
    16: {
        "scope": "scope is for routes of IPv4 only",
        "realms": "realms are for routes of IPv4 only",
        "tos": "tos is for routes of IPv4 only",
    },
}
_SCOPE_LINK, _SCOPE_HOST = 253, 254  # RT_SCOPE_*, linux/rtnetlink.h


def _scope(entry: _Entry, route: Route) -> Iterator[Problem]:
    """A next hop is nearer than the destination (net/ipv4/fib_semantics.c, fib_check_nh)."""
    scope = entry.options.get("scope", 0)
    if len(route.destination.address) == 16:
        return
    gateways = [hop for hop in route.next_hops("") if hop.gateway is not None]
    if scope >= _SCOPE_LINK and gateways:
        message = "what is reached by a next hop is not in the scope of the link"
        yield entry.at_option("scope", message, "remove scope, or the next hop")
    elif scope == _SCOPE_HOST and route.hops:
        yield entry.at_option("scope", "a route in the scope of the host has one next hop", "remove scope")
