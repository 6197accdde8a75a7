"""Duplicate address detection (RFC 4862, 5.4): what is to be awaited, and what it found. Pure."""

from __future__ import annotations

from typing import Iterator, List

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
