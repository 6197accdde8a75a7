"""What is made of the pairs of a run: coverage, classes of change, and the least pair that fails."""

from __future__ import annotations

from typing import Any, Dict, List

from tests.independence import classes
from tests.independence.campaign import Result, Tally, is_legal, symptoms
from tests.independence.coverage import Coverage, items, required
from tests.independence.entries import bond, bridge, nic, on, vlan
from tests.independence.features import NONE, Feature
from tests.independence.language import Config
from tests.independence.pairs import Pair
from tests.independence.shrink import shrink
from tests.independence.trial import DIFFERENT, EQUAL, FAILED, REFUSED, Outcome

NO_PLAN: Dict[str, Any] = {"changes": []}


def found(first: Config, second: Config, *changes: Dict[str, Any]) -> List[str]:
    return classes.classes(classes.seen(first, second, {"changes": list(changes)}))


def change(
    link: str, before: Dict[str, Any], after: Dict[str, Any], resource: str = "link"
) -> Dict[str, Any]:
    return {"action": "change", "resource": resource, "link": link, "before": before, "after": after}


def test_classes_by_the_plan() -> None:
    assert found([nic(1)], [nic(1)], change("bond1", {"miimon": 100}, {"miimon": 200})) == ["live"]
    assert found([nic(1)], [nic(1)], change("bond1", {"mode": 0}, {"mode": 1})) == ["ports released"]
    assert found([nic(1)], [nic(1)], change("bond1", {"lacp_rate": 0}, {"lacp_rate": 1})) == ["link down"]
    assert "MTU shrunk" in found([nic(1)], [nic(1)], change("eno1", {"mtu": 9000}, {"mtu": 1500}))
    added = {"action": "add", "resource": "route", "link": "eno1", "before": None, "after": {"gateway": "x"}}
    assert found([nic(1)], [nic(1)], added) == ["route added"]


def test_classes_by_the_configs() -> None:
    one, other = bond("net1", [nic(1)]), bridge("net2", [nic(2)])
    moved = [bond("net1", []), bridge("net2", [nic(2), nic(1)])]
    assert found([one, other], moved) == ["port moved", "port moved between bond and bridge"]
    assert found([one], [nic(1), bond("net1", [])]) == ["port released"]
    assert "kind changed: linux_bond to linux_bridge" in found([one], [bridge("net1", [nic(1)])])
    assert found([nic(1), vlan(10, "eno1")], [nic(1), vlan(10, "eno2")]) == ["re-created: another device"]
    assert found([nic(1), nic(2)], [nic(1)]) == ["NIC released"]
    assert found([nic(1), vlan(10, "eno1")], [nic(1)]) == ["link pruned"]


def test_classes_of_addresses() -> None:
    two = ("10.1.0.10/24", "10.1.0.11/24")
    assert found([nic(1, **on(*two))], [nic(1, **on(*two[::-1]))]) == ["address order"]
    assert "first address of a network removed" in found([nic(1, **on(*two))], [nic(1, **on(two[1]))])
    assert found([nic(1, **on(two[0])), nic(2)], [nic(1), nic(2, **on(two[0]))]) == ["address moved"]
    assert found([nic(1, **on("10.1.0.10/24"))], [nic(1, **on("10.1.0.10/16"))]) == ["IPv4 prefix length"]


def test_an_address_before_one_that_stays_is_another_order() -> None:
    first = [nic(1, **on("10.1.0.10/24"))]
    assert "address order" in found(first, [nic(1, **on("10.1.0.11/24", "10.1.0.10/24"))])
    assert "address order" not in found(first, [nic(1, **on("10.1.0.10/24", "10.1.0.11/24"))])


def test_items_of_a_pair() -> None:
    one = Pair("1", [nic(1)], [bond("net1", [nic(1, primary=True)], "mode=802.3ad lacp_rate=fast")])
    seen = items(one, NO_PLAN)
    for name in (
        "type: linux_bond", "type: interface in linux_bond", "attribute: interface.primary", "mode: 802.3ad",
        "bonding option: lacp_rate", "NICs found: down",
    ):  # fmt: skip
        assert name in seen


def test_more_is_required_of_more_features() -> None:
    assert set(required(NONE)) < set(required(frozenset({Feature.KINDS}))) < set(required(frozenset(Feature)))
    assert "attribute: vlan.device" in required(NONE)
    assert "bonding option: tlb_dynamic_lb" in required(NONE)


def test_what_no_pair_has_is_missing() -> None:
    coverage = Coverage(NONE)
    coverage.add(required(NONE)[1:])
    assert coverage.missing() == required(NONE)[:1]
    assert coverage.table().count("! required") == 1


def result(number: int, verdict: str) -> Result:
    return Result(number, f"1/{number}", verdict, [], required(NONE), {"reading": 0.1}, 2)


def test_a_run_is_good_or_says_why_not() -> None:
    tally = Tally("1", NONE)
    for number in range(100):
        tally.add(result(number, EQUAL))
    assert tally.faults() == []
    tally.add(result(100, DIFFERENT))
    assert tally.faults() == ["different: pair 1/100"]
    for number in range(101, 105):
        tally.add(result(number, REFUSED))
    assert tally.faults()[1] == "4 of 105 pairs were refused by a fresh node"
    assert tally.line().startswith("105 pairs, seed 1: 100 equal, 4 refused, 1 different; 210 draws")


def test_a_pair_is_made_small() -> None:
    first = [nic(1, mtu=9000), bond("net1", [nic(2), nic(3)], "mode=802.3ad miimon=100 lacp_rate=fast")]
    second = [nic(4), *first]
    culprit = "lacp_rate=fast"

    def fails(one: Pair) -> bool:
        return culprit in str(one.first) and culprit in str(one.second)

    small = shrink(Pair("1", first, second), fails, 10)
    assert small.first == small.second == [bond("net1", [], culprit)]


def test_one_fault_from_another() -> None:
    def failed(*details: str) -> Outcome:
        return Outcome(FAILED, list(details), None, {})

    one = symptoms(failed("B after A: exit status 4", "ERROR: route 10.1.0.0/24 is not there"))
    assert one == symptoms(failed("B after A: exit status 4", "ERROR: route 10.2.0.0/24 is not there"))
    assert one != symptoms(failed("B after A: exit status 4", "ERROR: link net1: No such device"))
    different = [
        Outcome(DIFFERENT, [f"links.eno1.{name}: 1, alone 2"], None, {}) for name in ("mtu", "group")
    ]
    assert not symptoms(different[0]) & symptoms(different[1])


def test_a_smaller_pair_asks_for_no_more() -> None:
    assert not is_legal(Pair("1", [nic(1)], [nic(2)]), NONE)
    assert is_legal(Pair("1", [nic(1)], [nic(2)]), frozenset({Feature.PRUNING, Feature.RESETTING}))
    assert not is_legal(Pair("1", [bond("net1", [])], [bridge("net1", [])]), NONE)
    assert not is_legal(Pair("1", [nic(1)], [nic(1), vlan(10)]), NONE)
