"""Where a run came from and where it leads to: states that a plan can reach from anywhere between. Pure."""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence, Set

from . import bond, bridge, bridge_port, link, mtu_request, route, row, tap, vlan, vxlan
from .devices import links_with
from .diff import Change
from .fall import comes_by_itself, links_above, links_of, made_anew, standing_on
from .making import described
from .model import (
    MESSAGE,
    SETTINGS,
    AddressKey,
    DeviceKey,
    EthtoolKey,
    Key,
    LinkKey,
    Resource,
    RouteKey,
    RowKey,
    State,
    value_of,
)
from .plan import Plan
from .values import Value, Values

_NOT_ATTRIBUTES = frozenset({MESSAGE, route.BEHIND, route.BESIDE})


class Goal(NamedTuple):
    """What is to be there, and what is not."""

    state: State
    absent: FrozenSet[Key] = frozenset()


def before(done: Sequence[Change], live: State) -> Goal:
    """As it was: what these steps touch, on a node that was in this state before them."""
    made = {step.key for step in done if step.before is None and live.get(step.key) is None}
    return Goal(_touched(done, live), frozenset(key for key in made if not _goes_by_no_step(key, live)))


def _goes_by_no_step(key: Key, live: State) -> bool:
    """A group of ethtool's settings that could not be read, of a link that stays."""
    return isinstance(key, EthtoolKey) and live.link(key.link) is not None


def after(plan: Plan, wanted: State) -> Goal:
    """As it is going to be: what is wanted, and what the plan returns of the rest."""
    found = dict(wanted.resources)
    for key, values in _returned(plan.steps).items():
        own = found.get(key)
        if own is not None:
            found[key] = own._replace(values={**values, **own.values})
        elif isinstance(key, LinkKey):
            found[key] = Resource(key, values)
        else:
            found[key] = Resource(key, _attributes(key, values), initial=values)
    for step in plan.steps:
        own = found.get(step.key)
        if own is not None and step.before is None and isinstance(step.key, (AddressKey, LinkKey)):
            said: Values = step.after or {}
            # A link with its number: what others have on it is told with that. An address that was adopted,
            # and is given again for its place, with the label of who made it.
            own = own._replace(initial={**own.initial, **said})
            found[step.key] = _with_label(own, said) if said.get("kind") == tap.KIND else own
    gone = frozenset(change.key for change in plan.changes if change.after is None)
    return Goal(State(_as_they_come(found, plan.steps)), gone)


def _with_label(one: Resource, made: Values) -> Resource:
    """A tap is made first and labelled then: in between it may be there without."""
    return one._replace(values={**one.values, "group": made.get("group")})


def _as_they_come(resources: Mapping[Key, Resource], steps: Sequence[Change]) -> Dict[Key, Resource]:
    """Addresses in the order in which the plan adds them, behind those that it leaves alone."""
    added = {step.key: n for n, step in enumerate(steps) if step.after is not None}
    addresses = [key for key in resources if isinstance(key, AddressKey)]
    addresses.sort(key=lambda key: added.get(key, -1))
    rest = (key for key in resources if not isinstance(key, AddressKey))
    return {key: resources[key] for key in (*rest, *addresses)}


def _returned(steps: Sequence[Change]) -> Mapping[Key, Dict[str, Value]]:
    """What steps in between leave, where no change of the plan is about it."""
    found: Dict[Key, Dict[str, Value]] = {}
    for step in steps:
        if step.transient and step.after is not None:
            found.setdefault(step.key, {}).update(step.after)
    for step in steps:
        if not step.transient and step.key in found:
            for name in step.after or {}:
                found[step.key].pop(name, None)
    return {key: values for key, values in found.items() if values or not isinstance(key, LinkKey)}


def _touched(done: Sequence[Change], before: State) -> State:
    """What the steps changed, as it was, with all addresses and routes of the same links."""
    affected = _affected(done, before)
    names = affected | {step.key.link for step in done if isinstance(step.key, (AddressKey, *SETTINGS))}
    for step in done:
        for one in (step.before, step.after):
            names.update(str(on) for on in links_of(Resource(step.key, one or {})) if on is not None)
    attributes: Dict[Key, Set[str]] = {}
    for step in done:
        attributes.setdefault(step.key, set()).update(_told_by(step, before))
    kept: Dict[Key, Resource] = {}
    for resource in before:
        found = _as_it_was(resource, affected, names, attributes)
        if isinstance(resource.key, EthtoolKey) and _may_be_made_anew(resource.key.link, affected, before):
            found = Resource(resource.key, described(resource))
        if found is not None and _has_mac_of_the_switch(found.key, before):
            found = _without_mac(found)
        if found is not None:
            kept[resource.key] = found
    return State(kept)


def _told_by(step: Change, before: State) -> Iterable[str]:
    """The attributes that a step changed: of a link that was there all, if the step made it."""
    have = before.get(step.key)
    if step.before is None and have is not None and isinstance(step.key, LinkKey):
        # The step that removed it may be one that was refused: the end of a pair goes with the other one.
        return described(have)
    return step.before or ()


def _may_be_made_anew(name: str, affected: Set[str], before: State) -> bool:
    return name in affected and before.kind(name) != link.PLAIN


def _as_it_was(
    resource: Resource, affected: Set[str], names: Set[str], attributes: Mapping[Key, Set[str]]
) -> Optional[Resource]:
    key = resource.key
    if isinstance(key, LinkKey):
        if key.name not in affected:
            return None
        names_of_it = dict.fromkeys((*_following(resource), *sorted(attributes.get(key, ()))))
        values = {name: resource.values.get(name) for name in names_of_it if name != "index"}
        return Resource(key, values, initial=described(resource))
    if isinstance(key, (DeviceKey, EthtoolKey, RowKey)):
        said = attributes.get(key)
        # An error that ovs-vswitchd told before may be over since.
        said_of_it = sorted(name for name in said or () if name != row.ERROR)
        values = {name: value_of(resource, name) for name in said_of_it}
        return Resource(key, values, initial=described(resource)) if said is not None else None
    if isinstance(key, AddressKey) and key in attributes:
        # The one thing of it that a step changes.
        return Resource(key, {"lifetime": resource.values.get("lifetime")}, initial=resource.values)
    if comes_by_itself(resource) or (key not in attributes and not (_links(resource) & names)):
        return None
    return Resource(key, _attributes(key, resource.values), initial=resource.values)


def _has_mac_of_the_switch(key: Key, before: State) -> bool:
    """Whether Open vSwitch gives it its MAC address: a bridge's own link, and a VLAN that has the same."""
    if not isinstance(key, LinkKey):
        return False
    values = before.values(key.name)
    below = values.get("link")
    if values.get("kind") == vlan.KIND and values.get("address") == before.values(below).get("address"):
        return _has_mac_of_the_switch(LinkKey(str(below)), before)
    return before.is_internal(key.name) and before.get(RowKey(row.BRIDGE, key.name)) is not None


def _without_mac(link: Resource) -> Resource:
    """It has another one when it is made anew, and what it is told otherwise does not last."""
    said = (
        {name: one for name, one in part.items() if name != "address"} for part in (link.values, link.initial)
    )
    values, initial = said
    return link._replace(values=values, initial=initial)


def _attributes(key: Key, values: Values) -> Values:
    """What of them is to be as it was; of an address only that it is there."""
    if isinstance(key, AddressKey):
        return {}
    unsaid = _NOT_ATTRIBUTES
    if isinstance(key, RouteKey) and key.others:
        # Not to be read where ours is the first.
        unsaid |= {"protocol", *route.OPTIONS}
    return {name: one for name, one in values.items() if name not in unsaid}


def _links(resource: Resource) -> Set[str]:
    return {str(on) for on in links_of(resource) if on is not None}


def _following(link: Resource) -> Iterator[str]:
    """What may change when another attribute or link does: a VLAN follows its device, a bridge its ports.

    A port that leaves its bridge leaves its options there.
    A link of which no master is said would be released (see diff).
    """
    yield from ("master", "mtu", "up")
    if link.values.get("master") is None:
        yield "address"
    if link.values.get("kind") == bond.KIND:
        # Without miimon the driver refuses its multiples, 0 included.
        # Nor does it take an option of another mode, even to be off.
        yield from (name for name in bond.MONITORS if bond.takes(name, link.values.get("mode")))
        yield from bond.MULTIPLES_OF_MIIMON if link.values.get("miimon") else ()
    if link.values.get("kind") == bridge.KIND:
        yield from bridge.FOLLOWING
    if link.values.get("kind") == vxlan.KIND:
        # What it has not is not read, and is not to be there again.
        yield from vxlan.ENDS
    yield from (name for name in bridge_port.ATTRIBUTES if name in link.values)


def _affected(done: Sequence[Change], before: State) -> Set[str]:
    """The links of the steps, and those that follow one of them."""
    steps = [(step.key.name, step.after or {}) for step in done if isinstance(step.key, LinkKey)]
    # The link of an internal interface goes with its row.
    steps += [(step.key.name, {}) for step in done if isinstance(step.key, RowKey) and step.after is None]
    steps += [(name, {}) for step in done for name in (*links_with(step, before), *made_anew(step, before))]
    # Its MTU goes along with its row.
    steps += [(name, {}) for name in mtu_request.asking(done) if not before.is_internal(name)]
    known = {name for name, _ in before.links()}
    above = links_above(before)
    names = {str(one) for name, values in steps for one in (name, values.get("master"))} & known
    names |= {name for name, one in before.links() if one.values.get("master") in names}
    while True:
        masters = {one.values.get("master") for name, one in before.links() if name in names}
        found = set(standing_on(names | {str(one) for one in masters if one}, above))
        if found == names:
            return names
        names = found
