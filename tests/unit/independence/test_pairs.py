"""The generator of pairs: valid configs, the same ones for the same seed."""

from __future__ import annotations

import copy
from random import Random

import pytest

from tests.independence import classes, directed
from tests.independence.draw import Draw
from tests.independence.features import ENABLED, NONE, Feature, named
from tests.independence.language import faults, links
from tests.independence.mutations import Mutation, possible
from tests.independence.pairs import pair

ALL = frozenset(Feature)
FIRST_RANDOM = len(directed.pairs(NONE))
NUMBERS = range(FIRST_RANDOM, FIRST_RANDOM + 100)


def test_the_same_seed_gives_the_same_pairs() -> None:
    assert [pair("1", number, ENABLED) for number in NUMBERS] == [pair("1", n, ENABLED) for n in NUMBERS]
    number = len(directed.pairs(ENABLED))
    assert pair("1", number, ENABLED).first != pair("2", number, ENABLED).first


@pytest.mark.parametrize("number", range(0, FIRST_RANDOM + 100, 7))
def test_configs_are_valid(number: int) -> None:
    one = pair("valid", number, NONE)
    assert (faults(one.first), faults(one.second)) == ([], [])


def test_configs_of_a_pair_differ_and_share_names() -> None:
    pairs = [pair("shared", number, NONE) for number in NUMBERS]
    assert all(one.first != one.second for one in pairs)
    assert all(links(one.first).keys() & links(one.second).keys() for one in pairs)


def test_few_draws_are_thrown_away() -> None:
    assert sum(pair("draws", number, ENABLED).draws for number in NUMBERS) < len(NUMBERS)


def test_nothing_leaves_while_the_program_does_not_prune() -> None:
    for number in range(NUMBERS[-1]):
        one = pair("kept", number, NONE)
        first, second = links(one.first), links(one.second)
        assert first.keys() <= second.keys(), one
        assert all(first[name]["type"] == second[name]["type"] for name in first), one


def test_no_pair_asks_for_a_feature_that_is_off() -> None:
    for number in range(FIRST_RANDOM + 400):
        one = pair("known", number, NONE)
        assert classes.are_known(one.first, one.second, NONE), one


def test_directed_pairs_have_names_of_their_own() -> None:
    names = [name for name, _, _ in directed.pairs(ALL)]
    assert len(set(names)) == len(names)
    assert len(names) < 180, "the short run has two hundred pairs, and random ones are to be among them"


@pytest.mark.parametrize("mutate", possible(ALL), ids=lambda mutate: mutate.__name__)
def test_every_mutation_finds_something_to_change(mutate: Mutation) -> None:
    for seed in range(300):
        draw = Draw(Random(seed), ALL, [])
        before = copy.deepcopy(draw.whole())
        if mutate(draw) and draw.config != before:
            return
    pytest.fail("in none of 300 configs")


def test_features_by_name() -> None:
    assert named(["pruning", "address-order"]) == {Feature.PRUNING, Feature.ADDRESS_ORDER}
    assert named(["all"]) == ALL
    with pytest.raises(KeyError):
        named(["magic"])
