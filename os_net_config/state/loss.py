"""What others made and a plan takes along, because a link has to go down. Pure."""

from __future__ import annotations

from typing import Iterator, Set

from .model import AddressKey, LinkKey, Resource, RouteKey, State
from .plan import Plan
from .problem import Problem, Severity

#: RTPROT_KERNEL; IFAPROT_KERNEL_LO to IFAPROT_KERNEL_LL: the kernel makes these again itself.
_ROUTE_OF_THE_KERNEL = 2
_ADDRESSES_OF_THE_KERNEL = frozenset({1, 2, 3})


def losses(plan: Plan, wanted: State, live: State) -> Iterator[Problem]:
    """A warning for each link that goes down, with the routes and IPv6 addresses that go with it."""
    planned = {change.key for change in plan.changes}
    for step in plan.steps:
        if not step.transient or not isinstance(step.key, LinkKey) or (step.after or {}).get("up") != 0:
            continue
        names = standing_on({step.key.name}, live)
        others = (one for one in live if one.key not in planned and one.key not in wanted.resources)
        gone = [text for one in others for text in _falling(one, names)]
        if gone:
            message = f"{step.key.name} goes down to become a port, and with it go {', '.join(gone)}"
            yield Problem(
                step.origin, message, "what is still needed has to be in the config", Severity.WARNING
            )


def _falling(resource: Resource, names: Set[str]) -> Iterator[str]:
    key, protocol = resource.key, resource.values.get("protocol")
    if isinstance(key, AddressKey):
        if key.link in names and key.prefix.bits == 128 and protocol not in _ADDRESSES_OF_THE_KERNEL:
            yield f"{key.prefix} on {key.link}"
    elif (
        resource.values.get("link") in names
        and protocol != _ROUTE_OF_THE_KERNEL
        and isinstance(key, RouteKey)
    ):
        yield f"the route {key} on {resource.values['link']!s}"


def standing_on(names: Set[str], state: State) -> Set[str]:
    """These links and those above them: what happens below happens to all."""
    found = set(names)
    while True:
        above = {name for name, one in state.links() if one.values.get("link") in found} - found
        if not above:
            return found
        found |= above
