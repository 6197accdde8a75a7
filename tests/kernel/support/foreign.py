"""What others have on a node, read by ``ip``: all that does not carry our label."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from .namespace import Namespace
from .observed import identities, snapshot

#: The label by number, and by the name that /etc/iproute2 may give it.
_OURS = ("proto 111", "proto os-net-config")
_OF_THE_KERNEL = "proto kernel"


class Foreign(NamedTuple):
    """Addresses by link, routes and rules of others; every link that is not ours, by name and index."""

    addresses: Dict[str, List[str]]
    routes: List[str]
    rules: List[str]
    links: Dict[str, Tuple[str, str, int]]


def is_ours(line: str) -> bool:
    return any(label in line for label in _OURS)


def foreign() -> Foreign:
    """What is not ours in this namespace.

    IPv4 addresses have no "secondary": who is first in a subnet is not for others to keep. A route
    with several next hops has one label for all of them, so next hops are for ``next_hops``.
    """
    (state, other_tables, rules), indexes = snapshot(), identities()
    addresses = {
        link: found
        for link, all_of_it in state.addresses.items()
        if (found := sorted(one.replace(" secondary", "") for one in all_of_it if not is_ours(one)))
    }
    routes = [*state.routes, *other_tables]
    return Foreign(
        addresses,
        sorted(one for one in routes if not is_ours(one) and _OF_THE_KERNEL not in one),
        [one for one in rules if not is_ours(one)],
        {
            name: (str(link["kind"]), str(link.get("master", "")), indexes[name])
            for name, link in state.links.items()
            if link.get("group") not in {"111", "os-net-config"}
        },
    )


def next_hops(destination: str) -> List[str]:
    """All gateways to an IPv6 destination in the main table, whoever brought them."""
    done = subprocess.run(
        ["ip", "-6", "-j", "route", "show", destination], stdout=subprocess.PIPE, text=True, check=True
    )
    found: List[Dict[str, Any]] = json.loads(done.stdout)
    hops = [hop for route in found for hop in route.get("nexthops", [route])]
    return sorted(hop["gateway"] for hop in hops)


@contextlib.contextmanager
def container() -> Iterator[Namespace]:
    """The namespace of a container, which has a name as others give one."""
    name = "container"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        with Namespace.named(name) as made:
            yield made
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)
