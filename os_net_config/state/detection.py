"""Duplicate addresses: which are to be awaited or asked for, and what was found. Pure.

IPv6's are detected by the kernel (RFC 4862, 5.4), IPv4's by asking other nodes (RFC 5227, see probes).
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Tuple

from .address import DETECTION, FAILED
from .model import AddressKey, Resource, State
from .plan import Plan
from .problem import Problem, Severity


def awaited(plan: Plan, wanted: State) -> List[AddressKey]:
    """The wanted IPv6 addresses which the plan's steps make, and which have to be usable after it."""
    made = {
        step.key: step.after is not None
        for step in plan.steps
        if isinstance(step.key, AddressKey) and step.key.prefix.bits == 128
    }
    return [key for key, there in made.items() if there and key in wanted.resources]


def is_duplicate(address: Resource) -> bool:
    """Whether the kernel keeps it, and does not use it."""
    return address.values.get(DETECTION) == FAILED


def duplicates(wanted: State, live: State) -> Iterator[Problem]:
    """A warning for each wanted address that is of no use since an earlier time."""
    for resource in wanted:
        key, have = resource.key, live.get(resource.key)
        if isinstance(key, AddressKey) and have is not None and is_duplicate(have):
            message = f"{key} on {key.link} is of no use: another node on the link had it when it came"
            hint = f"take it from the other node; then: ip address del {key} dev {key.link}, and run again"
            yield Problem(resource.origin, message, hint, Severity.WARNING)


class Askable(NamedTuple):
    """Of addresses that other nodes are asked for: those that can be asked for now, and the rest."""

    now: Tuple[AddressKey, ...]
    later: Tuple[AddressKey, ...]


def askable(plan: Plan, live: State) -> Askable:
    """By whether their links are there and up before the plan is carried out, and stay what they are."""
    probes = [key for step in plan.steps for key in step.probes]
    there = {name for name, one in live.links() if one.values.get("up") and name not in plan.fall.gone}
    return Askable(
        tuple(key for key in probes if key.link in there),
        tuple(key for key in probes if key.link not in there),
    )
