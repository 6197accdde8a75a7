"""What is said to a person beside the changes: their price, their risk, and what is left alone."""

from __future__ import annotations

from typing import Iterator, Optional, Sequence, Union

from ..state.diff import Change
from ..state.interruption import ATTACHED_ANEW, DOWN, MADE_ANEW, MAY_RESET, PORTS_RELEASED, Interruption
from ..state.model import AddressKey, Resource, RouteKey
from ..state.problem import listed
from ..state.route import BOOT

_INTERRUPTED = {
    DOWN: "goes down for a moment",
    PORTS_RELEASED: "goes down and lets go of its ports for a moment",
    MADE_ANEW: "is made anew",
    ATTACHED_ANEW: "leaves its bridge for a moment",
    MAY_RESET: "may lose its carrier for a moment: the driver may start the NIC anew",
}
#: What --no-activate leaves.
KERNEL_UNTOUCHED = "The kernel stays as it is: the config is for the next boot."
#: Names in a line of things that come back, and of things that nobody knows of.
_MOST_RETURNED, _MOST_UNKNOWN = 12, 8


def interruption(one: Interruption) -> Iterator[str]:
    """Lines under the link's heading."""
    if one.what in _INTERRUPTED:
        above = f", and {_counted(one.vlans, 'VLAN', 's')} with it" if one.vlans else ""
        yield f"! {_INTERRUPTED[one.what]}{above}"
    if one.returned:
        lost_with = "it" if one.what in _INTERRUPTED else "an address"
        addresses = sum(isinstance(key, AddressKey) for key in one.returned)
        counts = ((addresses, "address", "es"), (len(one.returned) - addresses, "route", "s"))
        number = " and ".join(_counted(*count) for count in counts if count[0])
        names = listed([_word(key) for key in one.returned], _MOST_RETURNED)
        yield f"! lost with {lost_with}, and put back: {number} ({names})"


def left_alone(unknown: Sequence[Resource]) -> Iterator[str]:
    """A line about what carries our label and that no record knows, if there is any."""
    if unknown:
        shown = listed([_name(one) for one in unknown], _MOST_UNKNOWN)
        yield f"Ours by their label, and of no config that is known: {shown} (--prune-all removes them)"


def careful(risks: Sequence[str]) -> Iterator[str]:
    """A line about what the plan cuts off, if it does (state/lifeline.py)."""
    if risks:
        yield f"Careful: {'; '.join(risks)}."


def to_confirm(seconds: Optional[int], changed: bool, applied: bool) -> Iterator[str]:
    """A line about how the change is kept, where that has been asked for."""
    if seconds is not None and not changed:
        yield "There is nothing to confirm."
    elif seconds is not None:
        when = "Taken back" if applied else "It would be taken back"
        yield f"{when} in {seconds} s unless you say: os-net-config confirm"


def relabelled(steps: Sequence[Change]) -> Iterator[str]:
    """A line about next hops of others that are put back, where the kernel does not tell their protocol."""
    routes = [
        f"{step.key} metric {step.key.metric}"
        for step in steps
        if isinstance(step.key, RouteKey) and step.key.others and (step.after or {}).get("protocol") == BOOT
    ]
    if routes:
        shown = listed(routes, _MOST_RETURNED)
        yield f"Next hops of others come back with the protocol boot, as theirs cannot be read: {shown}"


def _name(resource: Resource) -> str:
    key = resource.key
    if isinstance(key, AddressKey):
        return f"{key.prefix} on {key.link}"
    return str(key) if key.resource == "link" else f"{key.resource} {key}"


def _word(key: Union[AddressKey, RouteKey]) -> str:
    if isinstance(key, AddressKey):
        return str(key)
    return f"others' next hops of route {key}" if key.others else f"route {key}"


def _counted(number: int, word: str, plural: str) -> str:
    return f"{number} {word}{plural if number != 1 else ''}"
