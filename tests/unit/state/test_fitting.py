"""What is said in ethtool's words, as a NIC has it."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

import pytest

from os_net_config.state import ethtool
from os_net_config.state.fitting import asked, fitted, mode_of, problems, remembered
from os_net_config.state.model import EthtoolKey, LinkKey, Resource, State
from os_net_config.state.record import Entry, Record
from os_net_config.state.values import Value, Values

UNKNOWN = 2**32 - 1
ALL = ("10baseT/Half", "10baseT/Full", "100baseT/Half", "100baseT/Full", "1000baseT/Full")
NEGOTIATES: Values = {
    "autoneg": 1, "speed": None, "duplex": None, "advertise": ALL, ethtool.SUPPORTED: ALL,
}  # fmt: skip
FORCED: Values = {**NEGOTIATES, "autoneg": 0, "speed": 100, "duplex": 0}
FEATURES: Values = ethtool.with_patterns(
    {"tx-checksum-ipv4": 1, "tx-checksum-ipv6": 0, "tx-checksum-sctp": 0, "rx-gro": 1, "rx-lro": 0},
    ("tx-checksum-sctp", "rx-lro"),
)
FEATURES = {**FEATURES, ethtool.FIXED: ("tx-checksum-sctp", "rx-lro")}
ON_1000: Values = {"autoneg": 1, "speed": None, "duplex": None, "advertise": ("1000baseT/Full",)}


def state(group: str, values: Values) -> State:
    key = EthtoolKey("em1", group)
    return State({key: Resource(key, values, ("network_config", 0))})


def fit(group: str, said: Values, have: Values, before: Values = {}) -> Values:  # noqa: B006
    key = EthtoolKey("em1", group)
    record = Record({key: Entry(key, False, {}, before)} if before else {})
    found = fitted(state(group, said), state(group, have), record)
    again = fitted(found, state(group, have), record)
    assert again.resources == found.resources
    return found.resources[key].values


@pytest.mark.parametrize(
    "said, values",
    [
        ({"rx-gro": 0}, {"rx-gro": 0}),
        ({"tx-checksumming": 0}, {"tx-checksum-ipv4": 0, "tx-checksum-ipv6": 0}),
        ({"generic-receive-offload": 0}, {"rx-gro": 0}),
        ({"large-receive-offload": 1}, {"large-receive-offload": 1}),
        ({"udp-fragmentation-offload": 0}, {"udp-fragmentation-offload": 0}),
        ({"tx-checksumming": 0, "tx-checksum-ipv4": 1}, {"tx-checksum-ipv4": 1, "tx-checksum-ipv6": 0}),
        ({"tx-checksum-ipv4": 1, "tx-checksumming": 0}, {"tx-checksum-ipv4": 0, "tx-checksum-ipv6": 0}),
    ],
)
def test_features(said: Values, values: Values) -> None:
    assert fit(ethtool.FEATURES, said, FEATURES) == values


@pytest.mark.parametrize(
    "said, have, values",
    [
        ({"speed": 1000, "duplex": 1}, NEGOTIATES, ON_1000),
        ({"speed": 1000}, NEGOTIATES, ON_1000),
        ({"speed": 100}, NEGOTIATES, {**ON_1000, "advertise": ("100baseT/Half", "100baseT/Full")}),
        ({"duplex": 0}, NEGOTIATES, {**ON_1000, "advertise": ("10baseT/Half", "100baseT/Half")}),
        ({"speed": 2500}, NEGOTIATES, {**ON_1000, "advertise": ()}),
        ({"autoneg": 1}, {**NEGOTIATES, "advertise": ALL[:2]}, {**ON_1000, "advertise": ALL[:2]}),
        ({"autoneg": 1}, FORCED, {**ON_1000, "advertise": ALL}),
        ({"autoneg": 1, "speed": 1000}, FORCED, ON_1000),
        ({"autoneg": 0, "speed": 10, "duplex": 0}, NEGOTIATES, {"autoneg": 0, "speed": 10, "duplex": 0}),
        ({"autoneg": 0}, NEGOTIATES, {"autoneg": 0}),
        ({"speed": 10}, FORCED, {"autoneg": 0, "speed": 10, "duplex": 0}),
        ({"speed": 10}, {**FORCED, "duplex": 0xFF}, {"autoneg": 0, "speed": 10}),
        ({"master-slave": 2}, NEGOTIATES, {**ON_1000, "advertise": ALL, "master-slave": 2}),
        ({"speed": 10}, {}, {"speed": 10}),
    ],
)
def test_link_modes(said: Values, have: Values, values: Values) -> None:
    assert fit(ethtool.MODES, said, have) == values


def test_what_is_unsaid_of_the_link_modes_is_as_it_was_before_us() -> None:
    """One config forced it, the next one only says a speed: alone it would find a NIC that negotiates."""
    before = {name: NEGOTIATES[name] for name in ("autoneg", "speed", "duplex", "advertise")}
    assert fit(ethtool.MODES, {"speed": 1000, "duplex": 1}, FORCED, before) == ON_1000
    only_10 = {**NEGOTIATES, "advertise": ALL[:2]}
    assert fit(ethtool.MODES, {"autoneg": 1}, only_10, before)["advertise"] == ALL


@pytest.mark.parametrize(
    "name, mode",
    [
        ("1000baseT/Full", (1000, 1)),
        ("10baseT/Half", (10, 0)),
        ("100000baseLR4_ER4/Full", (100000, 1)),
        ("10000baseR_FEC", (10000, 1)),
        ("56000baseKR4/Full", (56000, 1)),
        ("100baseT1/Full", (100, 1)),
        ("Autoneg", ()),
        ("Asym_Pause", ()),
        ("Backplane", ()),
    ],
)
def test_the_names_of_link_modes(name: str, mode: Tuple[int, ...]) -> None:
    assert tuple(mode_of(name).values()) == mode


@pytest.mark.parametrize(
    "group, said, have, messages",
    [
        ("features", {"rx-gro": 0}, FEATURES, []),
        ("features", {"rx-lro": 0, "large-receive-offload": 0, "udp-fragmentation-offload": 0}, FEATURES, []),
        ("features", {"rx-lro": 1}, FEATURES, ["rx-lro of em1 is off [fixed]: it cannot be changed"]),
        ("features", {"large-receive-offload": 1}, FEATURES, [
            "large-receive-offload of em1 is off [fixed]: it cannot be changed"]),
        ("features", {"udp-fragmentation-offload": 1}, FEATURES, [
            "this kernel has no udp-fragmentation-offload"]),
        ("features", {"rx-gor": 0}, FEATURES, ["em1 has nothing named rx-gor among its features"]),
        ("private flags", {"legacy": 1}, {"legacy-rx": 0}, [
            "em1 has nothing named legacy among its private flags"]),
        ("rings", {"rx": 4096, "tx": 1}, {"rx": 1, "tx": 1, ethtool.largest("rx"): 4096}, []),
        ("rings", {"rx": 4097}, {"rx": 1, ethtool.largest("rx"): 4096}, [
            "rx 4097 is more than em1 takes of its rings: at most 4096"]),
        ("rings", {"rx": 1}, {ethtool.REFUSED: "Operation not supported"}, [
            "em1 has no settings of rings: Operation not supported"]),
        ("link modes", {"speed": 2500}, NEGOTIATES, ["em1 cannot negotiate what is asked for"]),
        ("link modes", {"speed": 1000}, NEGOTIATES, []),
        ("wol", {"wol": ("magic",)}, {"wol": (), ethtool.SUPPORTED: ("phy", "magic")}, []),
        ("wol", {"wol": ("arp", "magic")}, {"wol": (), ethtool.SUPPORTED: ("phy", "magic")}, [
            "em1 is not woken by arp"]),
    ],
)  # fmt: skip
def test_what_a_nic_cannot_do(group: str, said: Values, have: Values, messages: List[str]) -> None:
    live = state(group, have)
    wanted = fitted(state(group, said), live, Record())
    assert [one.message for one in problems(wanted, live)] == messages


def test_a_name_that_is_nearly_right() -> None:
    live = state("features", FEATURES)
    (problem,) = problems(state("features", {"rx-gor": 1}), live)
    assert (problem.hint, problem.path) == ("did you mean rx-gro?", ("network_config", 0))


def test_what_has_to_be_read() -> None:
    """What the config says and what earlier ones said, and nothing else."""
    link, rings, pause = LinkKey("em1"), EthtoolKey("em1", "rings"), EthtoolKey("em2", "pause")
    wanted = State({key: Resource(key, {}) for key in (link, rings)})
    record = Record({key: Entry(key, False, {}, {}) for key in (LinkKey("em2"), pause)})
    assert asked(wanted, record) == {rings, pause}
    assert asked(State(), Record()) == frozenset()


@pytest.mark.parametrize(
    "told, given, expected",
    [
        ((UNKNOWN, 0xFF), {"speed": 10, "duplex": 0}, (10, 0)),
        ((UNKNOWN, 1), {"speed": 10, "duplex": 0}, (10, 1)),
        ((100, 1), {"speed": 10, "duplex": 0}, (100, 1)),
        ((UNKNOWN, 0xFF), {"autoneg": 0}, (UNKNOWN, 0xFF)),
        ((None, None), {"speed": None, "duplex": None}, (None, None)),
    ],
)
def test_a_speed_that_is_not_told_is_the_one_that_was_given(
    told: Sequence[Value], given: Dict[str, Value], expected: Sequence[Value]
) -> None:
    key = EthtoolKey("em1", ethtool.MODES)
    live = state(ethtool.MODES, {**FORCED, "speed": told[0], "duplex": told[1]})
    record = Record({key: Entry(key, False, {}, {}, (given,))})
    values = remembered(live, record).resources[key].values
    assert (values["speed"], values["duplex"]) == expected


@pytest.mark.parametrize(
    "one, other, is_same",
    [(0, 0, True), (1, 2, False), (0, 3, False), (ethtool.REQUESTED, 1, True), (ethtool.REQUESTED, 2, True),
     (ethtool.REQUESTED, 3, False), (ethtool.RELEASED, 3, True), (ethtool.RELEASED, 0, True),
     (ethtool.RELEASED, 1, False), (None, ethtool.RELEASED, False), (None, None, True)],
)  # fmt: skip
def test_a_feature_is_as_it_is_wanted(one: Value, other: Value, is_same: bool) -> None:
    type_ = ethtool.TABLES[ethtool.FEATURES]["rx-gro"].type
    assert type_.same(one, other) is type_.same(other, one) is is_same


def test_how_features_are_shown() -> None:
    type_ = ethtool.TABLES[ethtool.FEATURES]["rx-gro"].type
    words = ["off", "on", "off [requested on]", "on [requested off]", "on", "off", "none"]
    assert [type_.show(value) for value in (0, 1, 2, 3, 4, 5, None)] == words
    assert [type_.json(value) for value in (0, 1, 2, 4, None)] == [
        False,
        True,
        "off [requested on]",
        True,
        None,
    ]
