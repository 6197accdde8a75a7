"""What differs between the wanted and the live state, attribute by attribute. Pure."""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Set, Tuple

from . import link, route, vlan
from .attributes import Impact
from .model import AddressKey, Key, LinkKey, Resource, RouteKey, State, attributes_of
from .problem import Path, Problem, Severity
from .values import Value, Values, show_address


class Change(NamedTuple):
    """One resource's change: only the attributes that differ are in ``before`` and ``after``.

    None stands for a resource that does not exist, so that the inverse is the swap.
    ``transient`` marks a step in between, which another step of the same plan takes back.
    ``awaits`` are addresses that must be past duplicate address detection before this step.
    """

    key: Key
    before: Optional[Values]
    after: Optional[Values]
    origin: Path = ()
    transient: bool = False
    awaits: Tuple[Key, ...] = ()

    @property
    def inverse(self) -> Change:
        return self._replace(before=self.after, after=self.before)


class Difference(NamedTuple):
    changes: List[Change]
    problems: List[Problem]


def diff(wanted: State, live: State) -> Difference:
    """The changes that make ``live`` what ``wanted`` says, in the order of ``wanted``.

    What cannot be done is a problem; then nothing of the changes is to be applied.
    """
    changes: List[Change] = []
    problems: List[Problem] = []
    for resource in wanted:
        have = live.get(resource.key)
        if have is None:
            problems.extend(_cannot_make(resource, live))
            made = {**resource.initial, **resource.values}
            changes.append(Change(resource.key, None, made, resource.origin))
            continue
        change = _compare(_alone(resource, have, live), have)
        if change is not None:
            problems.extend(_cannot_change(change, have, live))
            changes.append(change)
    changes.extend(_no_longer_wanted(wanted, live))
    problems.extend(_too_large_for_the_link_below(wanted, live))
    return Difference(changes, problems)


def _alone(wanted: Resource, have: Resource, live: State) -> Resource:
    """A link that the config names outside of any bond or bridge leaves the one of ours it is in."""
    master = have.values.get("master")
    if not isinstance(wanted.key, LinkKey) or "master" in wanted.values or master is None:
        return wanted
    holder = live.link(str(master))
    if holder is None or holder.values.get("group") != link.GROUP:
        return wanted
    return wanted._replace(values={**wanted.values, "master": None})


def _compare(wanted: Resource, have: Resource) -> Optional[Change]:
    names = [name for name, value in wanted.values.items() if have.values.get(name) != value]
    if not names:
        return None
    before = {name: have.values.get(name) for name in names}
    return Change(wanted.key, before, {name: wanted.values[name] for name in names}, wanted.origin)


def _cannot_make(wanted: Resource, live: State) -> Iterator[Problem]:
    if isinstance(wanted.key, LinkKey) and not wanted.values.get("kind"):
        nics = [name for name, one in live.links() if one.values.get("kind") == link.PLAIN and name != "lo"]
        known = ", ".join(nics[:_MOST_NAMES]) + (", …" if len(nics) > _MOST_NAMES else "")
        hint = f"its NICs are {known or 'none'}; os-net-config -i tells which of them is nic1"
        yield Problem(wanted.origin, f"there is no link named {wanted.key.name} on this node", hint)
    elif isinstance(wanted.key, LinkKey) and wanted.values.get("kind") == vlan.KIND:
        below, number = wanted.values.get("link"), wanted.values.get("id")
        for name, one in live.links():
            if one.values.get("kind") == vlan.KIND and (one.values.get("link"), one.values.get("id")) == (
                below,
                number,
            ):
                message = f"VLAN {number!s} of {below!s} is there already, as {name}"
                yield Problem(wanted.origin, message, f"remove it first: ip link del {name}")


_MOST_NAMES = 8


def _cannot_change(change: Change, have: Resource, live: State) -> Iterator[Problem]:
    assert change.before is not None and change.after is not None
    key = change.key
    if isinstance(key, RouteKey):
        if have.values.get("type") in {"multipath", "via"}:
            message = f"a route to {key} with metric {key.metric} is there already, with next hops of others"
            yield Problem(change.origin, message, "remove them, or give this one another metric")
        elif have.values.get("protocol") != route.PROTOCOL:
            yield Problem(
                change.origin,
                f"a route to {key} with metric {key.metric} is there already and not ours"
                f" (protocol {have.values.get('protocol')!s}, via {_gateway(have)})",
                "remove that route, or give this one another metric",
            )
        return
    if "kind" in change.after:
        kind = str(have.values.get("kind") or "NIC")
        yield Problem(
            change.origin, f"{key} is there already as a {kind!s}", "remove it, or choose another name"
        )
        return
    yield from _needs_more_than_a_live_change(change, have)
    if isinstance(key, LinkKey) and change.before.get("master") is not None:
        yield from _master_of_others(change, key, live)


def _gateway(resource: Resource) -> str:
    gateway = resource.values.get("gateway")
    return show_address(gateway) if isinstance(gateway, bytes) else str(resource.values.get("link"))


def _needs_more_than_a_live_change(change: Change, have: Resource) -> Iterator[Problem]:
    assert change.before is not None and change.after is not None
    table = attributes_of(change.key, have.values)
    for name, value in change.after.items():
        attribute = table[name]
        if attribute.impact is not Impact.LIVE:
            old, new = attribute.type.show(change.before[name]), attribute.type.show(value)
            yield Problem(
                change.origin,
                f"{name} of {change.key} is {old}; making it {new} is possible only {attribute.impact.value},"
                " which this version does not do yet",
                severity=Severity.UNSUPPORTED,
            )


def _master_of_others(change: Change, key: LinkKey, live: State) -> Iterator[Problem]:
    assert change.before is not None
    master = str(change.before["master"])
    holder = live.link(master)
    if holder is None or holder.values.get("group") != link.GROUP:
        yield Problem(
            change.origin,
            f"{key.name} is a port of {master}, which is not ours",
            f"release it first: ip link set {key.name} nomaster",
        )


def _no_longer_wanted(wanted: State, live: State) -> Iterator[Change]:
    """What carries our label on a link that the config names, and is not in the config."""
    named: Set[Value] = {name for name, _ in wanted.links()}
    for resource in live:
        key = resource.key
        if isinstance(key, LinkKey) or key in wanted.resources:
            continue
        on = key.link if isinstance(key, AddressKey) else resource.values.get("link")
        if on in named and resource.values.get("protocol") == route.PROTOCOL:
            owner = wanted.link(str(on))
            yield Change(key, resource.values, None, owner.origin if owner else ())


def _too_large_for_the_link_below(wanted: State, live: State) -> Iterator[Problem]:
    for name, resource in wanted.links():
        mtu, below = resource.values.get("mtu"), resource.values.get("link")
        if not isinstance(mtu, int) or not isinstance(below, str):
            continue
        limit = _mtu_then(below, wanted, live)
        if limit is not None and mtu > limit:
            yield Problem(
                resource.origin,
                f"mtu {mtu} of {name} is larger than {limit}, the mtu of {below} below it",
                f"give {below} an mtu of at least {mtu}",
            )


def _mtu_then(name: str, wanted: State, live: State) -> Optional[int]:
    """The MTU that this link is going to have, where that can be known."""
    for state in (wanted, live):
        resource = state.link(name)
        mtu = resource.values.get("mtu") if resource else None
        if isinstance(mtu, int):
            return mtu
    return None
