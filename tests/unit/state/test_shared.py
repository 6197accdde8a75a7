"""Which next hops of a merged IPv6 route are ours, by what the config wants and the record knows."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest

from os_net_config.state import route
from os_net_config.state.diff import diff
from os_net_config.state.model import LinkKey, Resource, RouteKey, State
from os_net_config.state.problem import Problem
from os_net_config.state.record import Entry, Record, carried_out, updated
from os_net_config.state.release import settle
from os_net_config.state.shared import apart, may_be_hidden, ours
from os_net_config.state.values import NextHop, Prefix, Value, Values

PATH, BGP, STATIC = "/etc/os-net-config/config.yaml", 186, 4
KEY = RouteKey(Prefix(bytes.fromhex("20010db80009") + bytes(10), 48), 1024)
THEIRS_KEY = KEY._replace(others=True)


def hop(host: int, link: str = "vlan20", weight: int = 1) -> NextHop:
    return NextHop(bytes.fromhex("20010db80020") + bytes([*bytes(9), host]), link, weight)


A, B, C, D = (hop(number) for number in (1, 2, 0xC, 0xD))


def by(*hops: NextHop, **options: Value) -> Values:
    """As the config says it."""
    if len(hops) > 1:
        return {"nexthops": route.in_order(hops), "type": "unicast", **options}
    return {"gateway": hops[0].gateway, "link": hops[0].link, "type": "unicast", **options}


def wanted(*hops: NextHop, **options: Value) -> State:
    return State({KEY: Resource(KEY, by(*hops, **options), (), {"protocol": route.PROTOCOL, "scope": 0})})


def read(*hops: NextHop, protocol: int = route.PROTOCOL, **options: Value) -> State:
    """As the kernel tells it."""
    return State({KEY: Resource(KEY, {**by(*hops, **options), "protocol": protocol, "scope": 0})})


def remembered(*hops: NextHop, made: bool = True, **options: Value) -> Record:
    given = by(*hops, **options)
    before = {} if made else given
    return Record({KEY: Entry(KEY, made, {PATH: frozenset(given)}, before, (given,))})


def parts(live: State, record: Record, config: State) -> Tuple[Optional[Values], Optional[Values]]:
    """Ours and theirs, without what is the same in all of them."""
    found = apart(live, ours(record, config))
    usual = {"type": "unicast", "scope": 0, route.BESIDE: 1}
    values = (found.resources[one].values if found.get(one) else None for one in (KEY, THEIRS_KEY))
    mine, theirs = (
        {name: value for name, value in one.items() if name not in usual} if one is not None else None
        for one in values
    )
    return mine, theirs


def told(*hops: NextHop, protocol: int, **options: Value) -> Dict[str, Value]:
    return {**{n: v for n, v in by(*hops, **options).items() if n != "type"}, "protocol": protocol}


def test_what_the_config_wants_is_ours_and_the_rest_is_others() -> None:
    mine, theirs = parts(read(A, C, mtu=1400), Record(), wanted(A))
    assert mine == told(A, protocol=route.PROTOCOL, mtu=1400)
    # The first one's label is ours: theirs cannot be read, and so their options.
    assert theirs == told(C, protocol=route.BOOT)


def test_what_the_record_knows_is_ours_also_where_the_config_wants_another() -> None:
    mine, theirs = parts(read(A, C), remembered(A), wanted(B))
    assert (mine, theirs) == (told(A, protocol=route.PROTOCOL), told(C, protocol=route.BOOT))
    assert parts(read(A, C), remembered(A), State()) == (mine, theirs)


def test_where_theirs_is_the_first_our_label_and_options_are_known_from_the_record() -> None:
    live = read(A, C, D, protocol=BGP, mtu=1300)
    mine, theirs = parts(live, remembered(A, mtu=1400), wanted(A, mtu=1400))
    assert mine == told(A, protocol=route.PROTOCOL, mtu=1400)
    assert theirs == told(C, D, protocol=BGP, mtu=1300)


def test_of_ours_only_what_is_left_is_told() -> None:
    mine, theirs = parts(read(A, C), remembered(A, B), wanted(A, B))
    assert (mine, theirs) == (told(A, protocol=route.PROTOCOL), told(C, protocol=route.BOOT))
    assert parts(read(C, protocol=BGP), remembered(A), wanted(A)) == (None, told(C, protocol=BGP))


def test_one_next_hop_with_a_weight_is_told_as_several_are() -> None:
    heavy = hop(1, weight=5)
    mine, _ = parts(read(heavy, C), remembered(A), wanted(A))
    assert mine is not None and mine["nexthops"] == (heavy,)


def test_what_was_found_and_adopted_stays_anothers() -> None:
    live = read(A, C, protocol=STATIC, mtu=1300)
    mine, _ = parts(live, remembered(A, made=False), wanted(A))
    assert mine == told(A, protocol=STATIC, mtu=1300)


DIRECT = NextHop(None, "vlan20")
WHOLE: Dict[str, Tuple[State, Record, State]] = {
    "all ours": (read(A, B), remembered(A, B), wanted(A)),
    "one of ours": (read(B), remembered(A), wanted(A)),
    "nothing known": (read(A, C), Record(), State()),
    "theirs alone, and never ours": (read(C, protocol=BGP), Record(), wanted(A)),
    "several of theirs, and never ours": (read(C, D, protocol=BGP), Record(), wanted(A)),
    "without a gateway": (read(DIRECT, protocol=STATIC), remembered(A), wanted(A)),
    "ours behind another": (
        State({KEY: Resource(KEY, {**read(A, C).resources[KEY].values, route.BEHIND: 1})}),
        remembered(A),
        wanted(A),
    ),
    "what cannot be said": (read(A, C, type=route.OTHER), remembered(A), wanted(A)),
}


@pytest.mark.parametrize(("live", "record", "config"), WHOLE.values(), ids=WHOLE)
def test_what_stays_whole(live: State, record: Record, config: State) -> None:
    assert apart(live, ours(record, config)) is live


def test_ipv4_has_no_merged_routes() -> None:
    key = RouteKey(Prefix(bytes([10, 9, 0, 0]), 24), 0)
    config = State({key: Resource(key, {"gateway": bytes([10, 0, 0, 1]), "link": "vlan20"})})
    assert ours(Record(), config) == {}


# With the comparison


def compared(live: State, record: Record, config: State) -> Tuple[List[Tuple[Any, Any]], List[Problem]]:
    """What differs, as pairs of before and after, and the problems."""
    live = apart(live, ours(record, config))
    settled = settle(config, live, record, PATH)
    found = diff(settled.wanted, live, settled.removals)
    assert all(change.key == KEY for change in found.changes)
    return [(change.before, change.after) for change in found.changes], found.problems


def test_their_next_hop_is_no_difference_and_ours_alone_is_compared() -> None:
    assert compared(read(A, C), remembered(A), wanted(A)) == ([], [])
    assert compared(read(A, C, protocol=BGP), remembered(A), wanted(A)) == ([], [])
    change = ({"gateway": A.gateway}, {"gateway": B.gateway})
    assert compared(read(A, C), remembered(A), wanted(B)) == ([change], [])


def test_several_and_one_are_each_the_other_s_opposite() -> None:
    one, several = by(A), by(A, B)
    said = {"gateway": one["gateway"], "link": one["link"], "nexthops": None}
    hops = {"gateway": None, "link": None, "nexthops": several["nexthops"]}
    for live, record, config, change in (
        (read(A, C), remembered(A), wanted(A, B), (said, hops)),
        (read(A, B, C), remembered(A, B), wanted(A), (hops, said)),
        (read(A, B), remembered(A, B), wanted(A), (hops, said)),
    ):
        (found,), problems = compared(live, record, config)
        # Told or not, what is not there is none.
        assert tuple({name: one.get(name) for name in said} for one in found) == change
        assert problems == []


def test_a_key_that_only_others_hold_is_a_conflict() -> None:
    _, problems = compared(read(C, protocol=BGP), Record(), wanted(A))
    assert len(problems) == 1
    _, problems = compared(read(C, D, protocol=BGP), Record(), wanted(A))
    assert len(problems) == 1


def test_ours_that_is_missing_beside_theirs_comes_again() -> None:
    ((before, after),), problems = compared(read(C, protocol=BGP), remembered(A), wanted(A))
    assert (before, after["gateway"], problems) == (None, A.gateway, [])


def test_only_ours_goes() -> None:
    ((before, after),), _ = compared(read(A, C), remembered(A), State())
    assert (before["gateway"], "nexthops" in before, after) == (A.gateway, False, None)
    assert compared(read(C, protocol=BGP), remembered(A), State()) == ([], [])


# What is remembered


def test_while_a_run_changes_it_the_record_knows_the_old_and_the_new() -> None:
    live = State()
    first = updated(Record(), wanted(A), live, PATH)
    assert first.entries[KEY].given == (by(A),)
    during = updated(first, wanted(B), read(A), PATH)
    assert during.entries[KEY].given == (by(A), by(B))
    assert updated(during, wanted(B), read(A, B), PATH) == during
    assert carried_out(during).entries[KEY].given == (by(B),)
    assert parts(read(A, B, C), during, wanted(B))[0] == told(A, B, protocol=route.PROTOCOL)
    assert updated(carried_out(during), State(), read(B), PATH) == Record()


def test_where_a_route_goes_that_is_not_seen_others_have_to_be_read() -> None:
    link = State({LinkKey("vlan20"): Resource(LinkKey("vlan20"), {})})
    assert may_be_hidden(remembered(A), PATH, State(), link)
    assert not may_be_hidden(remembered(A), PATH, State(), read(A))
    assert not may_be_hidden(remembered(A), PATH, wanted(A), link)
    assert not may_be_hidden(remembered(A), "/another", State(), link)
