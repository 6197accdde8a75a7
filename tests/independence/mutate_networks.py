"""Changes of what is on a link: its MTU, addresses, routes, rules."""

from __future__ import annotations

from . import pool
from .draw import Draw, family_of, place
from .features import Feature
from .language import (
    hop_of,
)

# MTU


def set_mtu(draw: Draw) -> bool:
    one = draw.choice(draw.all_links())
    if one is not None:
        draw.mtu(one)
    return one is not None


def drop_mtu(draw: Draw) -> bool:
    one = draw.some("", "mtu")
    return one is not None and one.pop("mtu") is not None


# Addresses


def add_network(draw: Draw) -> bool:
    one = draw.choice(draw.all_links())
    if one is not None:
        draw.network(one)
    return one is not None


def add_address(draw: Draw) -> bool:
    """One more of a network that is there, at any place."""
    one = draw.some("", "addresses")
    if one is None:
        return False
    text = draw.random.choice(one["addresses"])["ip_netmask"]
    length = text.partition("/")[2]
    entry = {"ip_netmask": f"{pool.host(pool.network_of(text), draw.random.choice(pool.HOSTS))}/{length}"}
    if entry in one["addresses"]:
        return False
    place = len(one["addresses"])
    if draw.has(Feature.ADDRESS_ORDER):
        place = draw.random.randint(0, place)
    one["addresses"].insert(place, entry)
    return True


def drop_address(draw: Draw) -> bool:
    one = draw.some("", "addresses")
    if one is None:
        return False
    one["addresses"].remove(draw.random.choice(one["addresses"]))
    _drop_unreachable(draw)
    return True


def reorder_addresses(draw: Draw) -> bool:
    one = draw.choice([one for one in draw.all_links() if len(one.get("addresses", [])) > 1])
    if one is None:
        return False
    before = list(one["addresses"])
    draw.random.shuffle(one["addresses"])
    return bool(before != one["addresses"])


def another_length(draw: Draw) -> bool:
    """Of all addresses of a network, or of one alone."""
    one = draw.some("", "addresses")
    if one is None:
        return False
    text = draw.random.choice(one["addresses"])["ip_netmask"]
    network = pool.network_of(text)
    length = draw.random.choice(pool.LENGTHS[pool.family(network)])
    for entry in one["addresses"]:
        if entry["ip_netmask"] == text or pool.network_of(entry["ip_netmask"]) == network:
            entry["ip_netmask"] = f"{entry['ip_netmask'].partition('/')[0]}/{length}"
    return True


def addresses_move(draw: Draw) -> bool:
    """With their routes, to another link."""
    one, other = draw.some("", "addresses"), draw.choice(draw.all_links())
    if one is None or other is None or one is other or draw.may_fall(other):
        return False
    other.setdefault("addresses", []).extend(one.pop("addresses"))
    if "routes" in one:
        other.setdefault("routes", []).extend(one.pop("routes"))
    return True


# Routes


def add_route(draw: Draw) -> bool:
    one = draw.choice(draw.all_links())
    if one is not None:
        draw.route(one)
    return one is not None


def drop_route(draw: Draw) -> bool:
    one = draw.some("", "routes")
    if one is None:
        return False
    one["routes"].remove(draw.random.choice(one["routes"]))
    return True


def another_gateway(draw: Draw) -> bool:
    one = draw.some("", "routes")
    route = draw.choice([route for route in one["routes"] if hop_of(route) != "self"]) if one else None
    if route is None:
        return False
    network = pool.network_of(route["next_hop"])
    route["next_hop"] = pool.host(network, draw.random.choice((1, 2, 3)))
    return True


def another_metric(draw: Draw) -> bool:
    one = draw.some("", "routes")
    if one is None:
        return False
    route = draw.random.choice(one["routes"])
    changed = {**route, "metric": draw.random.choice((50, 100, 200))}
    family = family_of(route)
    if draw.is_taken(changed, family):
        return False
    route.update(changed)
    return place(route, family) is not None


def other_route_options(draw: Draw) -> bool:
    one = draw.some("", "routes")
    if one is None:
        return False
    route = draw.random.choice(one["routes"])
    if "route_options" in route and draw.one_in(2):
        return route.pop("route_options") is not None
    route["route_options"] = draw.random.choice(pool.ROUTE_OPTIONS)
    return True


def another_table(draw: Draw) -> bool:
    one = draw.some("", "routes")
    if one is None:
        return False
    draw.random.choice(one["routes"])["table"] = draw.random.choice((100, 103))
    return True


def _drop_unreachable(draw: Draw) -> None:
    """Routes by a gateway that no address reaches any more."""
    for one in draw.all_links():
        networks = {pool.network_of(a["ip_netmask"]) for a in one.get("addresses", [])}
        for route in list(one.get("routes", [])):
            if hop_of(route) != "self" and pool.network_of(route["next_hop"]) not in networks:
                one["routes"].remove(route)


# Rules, tables and bridges


def add_rule(draw: Draw) -> bool:
    one = draw.choice(draw.all_links())
    if one is not None:
        draw.rule(one)
    return one is not None


def drop_rule(draw: Draw) -> bool:
    one = draw.some("", "rules")
    if one is None:
        return False
    one["rules"].pop()
    if not one["rules"]:
        del one["rules"]
    return True


def add_table(draw: Draw) -> bool:
    return draw.table() is not None


def add_tap(draw: Draw) -> bool:
    return draw.tap() is not None


def set_bridge_options(draw: Draw) -> bool:
    one = draw.choice(draw.all_links())
    if one is not None:
        draw.bridge_options(one)
    return one is not None


def drop_bridge_options(draw: Draw) -> bool:
    one = draw.some("", "bridge_options") or draw.some("", "bridge_port_options")
    if one is None:
        return False
    for key in ("bridge_options", "bridge_port_options"):
        one.pop(key, None)
    return True
