"""Controllers and managers that were there before us: whatever a config says of them, they come back."""

from __future__ import annotations

import json
from typing import Dict, List, Mapping, Tuple

from hypothesis import given
from hypothesis import strategies as st

from os_net_config.engine.record_file import record_from_json, record_to_json
from os_net_config.engine.undo import undo
from os_net_config.state import goal, row
from os_net_config.state.model import Key, Resource, RowKey, State
from os_net_config.state.values import Value, Values

from ..properties import quick
from .model_switch import fresh
from .site import Site

ROOT, BRIDGE = RowKey(row.ROOT, row.ROOT_NAME), RowKey(row.BRIDGE, "br0")
TARGETS = ("tcp:192.0.2.1:6653", "tcp:192.0.2.2:6653")
#: By the holder's column: the rows with these targets.
KINDS: Mapping[str, Tuple[RowKey, Tuple[RowKey, ...]]] = {
    "controller": (BRIDGE, tuple(RowKey(row.CONTROLLER, f"br0 {one}") for one in TARGETS)),
    "manager": (ROOT, tuple(RowKey(row.MANAGER, one) for one in TARGETS)),
}
#: All that somebody may have said of one.
FULL: Mapping[str, Values] = {
    "controller": {
        "max_backoff": 5000,
        "inactivity_probe": 7000,
        "connection_mode": "out-of-band",
        "controller_rate_limit": 200,
        "enable_async_messages": 0,
        "local_ip": "192.0.2.9",
        "other_config:dscp": "1",
        "other_config:x": "y",
        "external_ids:whose": "theirs",
    },
    "manager": {"max_backoff": 5000, "inactivity_probe": 0, "other_config:dscp": "1", "external_ids:a": "b"},
}
SAID: List[Values] = [
    {},
    {"max_backoff": 1000, "other_config:x": "ours", "external_ids:more": "1"},
    {"other_config": ("z=1",), "inactivity_probe": None},
    {"external_ids": (), "other_config:x": None},
]


def there(kind: str, targets: Tuple[str, ...]) -> State:
    """A bridge and the database of somebody's, with these of one kind."""
    _, keys = KINDS[kind]
    found: Dict[Key, Resource] = {ROOT: Resource(ROOT, {}), BRIDGE: Resource(BRIDGE, fresh(BRIDGE, {}))}
    for key in (key for key, target in zip(keys, TARGETS) if target in targets):
        place: Values = {"bridge": "br0"} if key.table == row.CONTROLLER else {}
        target = key.name.rpartition(" ")[2]
        found[key] = Resource(key, {**place, "target": target, **FULL[kind]})
    return State(found)


def saying(kind: str, targets: Tuple[str, ...], of_each: Values) -> State:
    """What a config wants that says which there are to be, and this of each of them."""
    holder, keys = KINDS[kind]
    found: Dict[Key, Resource] = {holder: Resource(holder, {kind: targets})}
    found.update((key, Resource(key, of_each)) for key, one in zip(keys, TARGETS) if one in targets)
    return State(found)


some_targets = st.sampled_from([(), TARGETS[:1], TARGETS[1:], TARGETS])
kinds = st.sampled_from(sorted(KINDS))


def configs(kind: str) -> st.SearchStrategy[State]:
    return st.builds(saying, st.just(kind), some_targets, st.sampled_from(SAID))


def rows(state: State) -> Dict[Key, Values]:
    return {one.key: one.values for one in state if isinstance(one.key, RowKey)}


@quick(200)
@given(st.data(), kinds, some_targets)
def test_without_a_word_of_them_in_the_file_they_are_as_they_were(
    data: st.DataObject, kind: str, targets: Tuple[str, ...]
) -> None:
    site = Site(there(kind, targets))
    before = rows(site.kernel.observe())
    for wanted in data.draw(st.lists(configs(kind), max_size=4)):
        site.apply(wanted)
        # Rows outlive a boot, and so does what is known of them.
        site.record = record_from_json(json.loads(json.dumps(record_to_json(site.record))))
        assert not site.planned(wanted).changes
    site.apply(State())
    assert rows(site.kernel.observe()) == before
    assert not list(site.record)


@quick(200)
@given(st.data(), kinds, some_targets)
def test_one_config_after_others_is_that_one_alone(
    data: st.DataObject, kind: str, targets: Tuple[str, ...]
) -> None:
    site, alone = Site(there(kind, targets)), Site(there(kind, targets))
    several = data.draw(st.lists(configs(kind), min_size=2, max_size=4))
    for wanted in several:
        site.apply(wanted)
    alone.apply(several[-1])
    assert rows(site.kernel.observe()) == rows(alone.kernel.observe())


@quick(100)
@given(st.data(), kinds, some_targets)
def test_a_run_that_is_taken_back_has_changed_nothing(
    data: st.DataObject, kind: str, targets: Tuple[str, ...]
) -> None:
    site = Site(there(kind, targets))
    *earlier, wanted = data.draw(st.lists(configs(kind), min_size=1, max_size=3))
    for one in earlier:
        site.apply(one)
    before = site.kernel.observe()
    steps = site.planned(wanted).steps
    site.kernel.execute(steps)
    assert undo(goal.before(steps, before), site.kernel) == []
    assert rows(site.kernel.observe()) == rows(before)


@quick(2)
@given(kinds)
def test_what_is_put_back_carries_no_label(kind: str) -> None:
    """It was somebody else's, and is so again."""
    _, keys = KINDS[kind]
    site = Site(there(kind, TARGETS[:1]))
    site.apply(saying(kind, (), {}))
    assert keys[0] not in rows(site.kernel.observe())
    site.apply(saying(kind, TARGETS, {}))
    found = rows(site.kernel.observe())
    assert (row.LABEL in found[keys[0]], row.LABEL in found[keys[1]]) == (False, True)
    values: Dict[str, Value] = dict(FULL[kind])
    assert values.items() <= found[keys[0]].items()
