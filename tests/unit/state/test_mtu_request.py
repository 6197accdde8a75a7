"""A link of the kernel that has its MTU by its row in Open vSwitch gets its own one back."""

from __future__ import annotations

from typing import Dict, List, Optional

import pytest

from os_net_config.backends.protocol import ExecuteError
from os_net_config.engine.undo import begun, undo
from os_net_config.state import goal, row
from os_net_config.state.model import Key, LinkKey, Resource, RowKey, State
from os_net_config.state.mtu_request import with_mtus
from os_net_config.state.values import Value, Values

from .site import Site

# That of assume(), which fails outside of a property as it should.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

NIC, OTHER, ROOT = LinkKey("eno1"), LinkKey("eno2"), RowKey(row.ROOT, row.ROOT_NAME)
PORT, INTERFACE = RowKey(row.PORT, "eno1"), RowKey(row.INTERFACE, "eno1")
OF_A_NIC: Dict[str, Value] = {"kind": "", "mtu": 1500, "up": 1, "master": None, "group": 0}


def state(values: Dict[Key, Values]) -> State:
    return State({key: Resource(key, one, (str(key),)) for key, one in values.items()})


def node() -> State:
    return state({ROOT: {}, NIC: dict(OF_A_NIC), OTHER: dict(OF_A_NIC)})


OWN: Dict[str, Values] = {
    row.BRIDGE: {},
    row.PORT: {"bridge": "br0"},
    row.INTERFACE: {"port": "br0", "type": row.INTERNAL},
}
UP: Values = {"up": 1}


def config(mtu: Optional[int], of_link: Values = UP) -> State:
    asked: Values = {"mtu_request": mtu} if mtu is not None else {}
    own: Dict[RowKey, Values] = {
        **{RowKey(table, "br0"): values for table, values in OWN.items()},
        PORT: {"bridge": "br0"},
        INTERFACE: {"port": "eno1", "type": "", **asked},
    }
    rows: Dict[Key, Resource] = {
        key: Resource(key, one, initial={row.LABEL: "made"}) for key, one in own.items()
    }
    return State({NIC: Resource(NIC, of_link), **rows})


def without(wanted: State) -> State:
    """It does not name the link."""
    return State({key: one for key, one in wanted.resources.items() if key != NIC})


#: Configs one after the other, and the MTU that the NIC has with each.
COURSES = {
    "the line goes": [(config(9000), 9000), (config(None), 1500), (config(9000), 9000)],
    "the bridge goes": [(config(9000), 9000), (state({NIC: {"up": 1}}), 1500)],
    "the NIC goes": [(config(9000), 9000), (State(), 1500)],
    "another one": [(config(9000), 9000), (config(1400), 1400), (config(2000), 2000), (config(None), 1500)],
    "one of the link itself": [(config(9000, {"mtu": 1400}), 9000), (config(None, {"mtu": 1400}), 1400)],
    "only the row is named": [(without(config(9000)), 9000), (without(config(None)), 1500)],
    "with another NIC": [(config(9000), 9000), (state({OTHER: {"up": 1}}), 1500)],
}


@pytest.mark.parametrize("course", COURSES)
def test_it_has_its_own_mtu_when_nobody_asks_for_another_one(course: str) -> None:
    site = Site(node())
    for wanted, mtu in COURSES[course]:
        site.apply(wanted)
        assert site.kernel.observe().values("eno1")["mtu"] == mtu
        assert not site.planned(wanted).changes


def test_a_run_that_breaks_off_anywhere_is_taken_back() -> None:
    for first, second in (
        (State(), config(9000)),
        (config(None), config(9000)),
        (config(9000), config(1400)),
    ):
        for number in _steps(first, second):
            site = Site(node())
            site.apply(first)
            before, steps = site.kernel.observe(), site.planned(second).steps
            site.kernel.fails_at = number
            with pytest.raises(ExecuteError) as error:
                site.kernel.execute(steps)
            assert undo(goal.before(begun(error.value, steps), before), site.kernel) == []
            assert site.kernel.observe().values("eno1") == before.values("eno1")


def _steps(first: State, second: State) -> List[int]:
    site = Site(node())
    site.apply(first)
    return list(range(len(site.planned(second).steps)))


def test_the_link_has_it_although_only_its_row_was_changed_yet() -> None:
    site = Site(node())
    site.apply(config(None))
    before, steps = site.kernel.observe(), site.planned(config(9000)).steps
    done = [one for one in steps if one.key == INTERFACE]
    site.kernel.execute(done)
    assert site.kernel.observe().values("eno1")["mtu"] == 9000
    assert undo(goal.before(done, before), site.kernel) == []
    assert site.kernel.observe().values("eno1")["mtu"] == 1500


def test_no_other_interface_has_an_mtu_of_the_kernel_s() -> None:
    there = state({NIC: {"mtu": 1500}})
    for kind in (row.INTERNAL, row.PATCH, row.DPDK, "vxlan"):
        wanted = state({INTERFACE: {"port": "eno1", "mtu_request": 9000}})
        assert with_mtus(state({INTERFACE: {"type": kind, "mtu_request": 9000}}), there).link("eno1") is None
        # It is somebody's, and only asked for an MTU by us.
        live = State({**there.resources, **state({INTERFACE: {"type": kind}}).resources})
        assert with_mtus(wanted, live).link("eno1") is None
    assert with_mtus(wanted, there).values("eno1") == {"mtu": 9000}
    assert with_mtus(wanted, State()) == wanted
