"""The routes of an object, from the words of the config to typed values."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

from ..state.problem import Path, Problem, Severity
from ..state.route import DEFAULT_METRIC, MAIN_TABLE
from ..state.values import Prefix
from . import formats

_MAIN = frozenset({MAIN_TABLE, str(MAIN_TABLE), "main"})


class Route(NamedTuple):
    """``gateway`` None: the destination is on the link itself."""

    destination: Prefix
    gateway: Optional[bytes]
    metric: int
    table: Union[int, str]
    path: Path
    onlink: bool = False


def read(values: Mapping[str, Any], path: Path) -> Tuple[List[Route], List[Problem]]:
    """The routes of an object's canonical attributes, and what is wrong with them."""
    routes: List[Route] = []
    problems: List[Problem] = []
    for number, entry in enumerate(values.get("routes") or ()):
        if entry is None:
            continue
        place = (*path, "routes", number)
        found = list(_problems(entry, place))
        problems.extend(found)
        if any(problem.severity is Severity.ERROR for problem in found):
            continue
        route, more = _route(entry, place)
        problems.extend(more)
        if route is not None:
            routes.append(route)
    return routes, problems


def _problems(entry: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    hops = [name for name in ("next_hop", "nexthop") if name in entry]
    networks = [name for name in ("ip_netmask", "destination") if name in entry]
    if not hops:
        hint = "add next_hop: <address of the gateway>, or next_hop: self"
        yield Problem(path, "the route has no next_hop", hint, about="next_hop")
    if len(hops) > 1:
        yield Problem(path, "next_hop and nexthop are the same attribute", "keep one of them")
    if len(networks) > 1:
        yield Problem(path, "ip_netmask and destination are the same attribute", "keep one of them")
    if entry.get("default"):
        network = formats.ip_prefix(entry[networks[0]]) if networks else None
        if network is not None and network.length:
            hint = "remove one of the two"
            message = f"default: true makes {network} meaningless: the default route is made"
            yield Problem((*path, networks[0]), message, hint, Severity.WARNING)
    elif not networks:
        hint = "add ip_netmask: <network>, or default: true"
        yield Problem(path, "the route has no destination", hint, about="ip_netmask")


def _route(entry: Mapping[str, Any], path: Path) -> Tuple[Optional[Route], List[Problem]]:
    problems: List[Problem] = []
    hop = str(entry.get("next_hop", entry.get("nexthop")))
    gateway = formats.next_hop(hop)
    assert gateway is None or isinstance(gateway, bytes)
    network = entry.get("ip_netmask", entry.get("destination"))
    if entry.get("default"):
        destination = _default(network, gateway)
    else:
        given = formats.ip_prefix(str(network))
        destination = given.network
        if given != destination:
            message = f"{given} has host bits set: the route goes to {destination}"
            problems.append(Problem((*path, _network_key(entry)), message, severity=Severity.WARNING))
    if gateway is not None and destination == _ANY_IPV4 and len(gateway) == 16:
        problems.append(
            Problem(
                (*path, _network_key(entry)),
                f"the default route of IPv6 is ::/0, not {destination}",
                "write ::/0",
                Severity.WARNING,
            )
        )
        destination = _default(None, gateway)
    if gateway is not None and len(gateway) != len(destination.address):
        problems.append(Problem(path, f"the next hop {hop} is not of the address family of {destination}"))
        return None, problems
    options, more = _options(entry, path)
    metric = options.get("metric", entry.get("metric"))
    if metric is None or (metric == 0 and len(destination.address) == 16):
        metric = DEFAULT_METRIC[len(destination.address)]
    table = options.get("table", entry.get("table", MAIN_TABLE))
    if table not in _MAIN:
        message = "not supported by this version yet (route tables)"
        place = (*path, "route_options" if "table" in options else "table")
        more.append(Problem(place, message, severity=Severity.UNSUPPORTED))
    return Route(destination, gateway, int(metric), table, path, "onlink" in options), problems + more


_ANY_IPV4 = Prefix(bytes(4), 0)


def _network_key(entry: Mapping[str, Any]) -> str:
    return "ip_netmask" if "ip_netmask" in entry else "destination"


def _default(network: Optional[str], gateway: Optional[bytes]) -> Prefix:
    if gateway is None:
        is_ipv6 = network is not None and ":" in network
        return Prefix(bytes(16 if is_ipv6 else 4), 0)
    return Prefix(bytes(len(gateway)), 0)


def _options(entry: Mapping[str, Any], path: Path) -> Tuple[Dict[str, Any], List[Problem]]:
    """The words of route_options that this version knows: onlink, metric and table."""
    found: Dict[str, Any] = {}
    wrong: List[str] = []
    later: List[str] = []
    words = iter(str(entry.get("route_options") or "").split())
    for word in words:
        if word not in _BEFORE_A_NUMBER:
            later.append(word)
            if word == "onlink":
                found[word] = True
            continue
        value = next(words, None)
        number = _number(value or "")
        if word == "table" and value:
            found["table"] = value if number is None else number
        elif number is not None:
            found["metric"] = number
        else:
            wrong.append(f"{word} needs a number" + (f", not {value!r}" if value else ""))
    place = (*path, "route_options")
    problems = [Problem(place, message) for message in wrong[:1]]
    if later:
        message = f"{' '.join(later)!r} is not supported by this version yet (options of routes)"
        problems.append(Problem(place, message, severity=Severity.UNSUPPORTED))
    return found, problems


#: metric has two more names.
_BEFORE_A_NUMBER = frozenset({"metric", "preference", "priority", "table"})


def _number(word: str) -> Optional[int]:
    """A number of 32 bits."""
    number = int(word) if word.isascii() and word.isdigit() and len(word) <= len(str(_LARGEST)) else None
    return number if number is None or number <= _LARGEST else None


_LARGEST = (1 << 32) - 1
