"""The end that a run leads to, reached by somebody else after it died."""

from __future__ import annotations

import pytest

from os_net_config.backends.protocol import ExecuteError
from os_net_config.engine.undo import undo
from os_net_config.state import goal
from os_net_config.state.model import AddressKey, LinkKey, Resource, State
from os_net_config.state.values import Values

from .networks import ipv4
from .site import Site
from .test_plan_laws import state

pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

LINK: Values = {
    "kind": "",
    "master": None,
    "group": 0,
    "address": bytes([2, 0, 0, 0, 0, 1]),
    "mtu": 1500,
    "up": 1,
}
ADOPTED, OTHER = (AddressKey("em1", ipv4(1, host)) for host in (10, 11))
BY_SOMEBODY: Values = {"protocol": 0, "scope": 0, "broadcast": bytes([10, 1, 0, 255])}


def wanted() -> State:
    ours: Values = {"protocol": 111, "scope": 0}
    addresses = (Resource(key, {}, initial=ours) for key in (OTHER, ADOPTED))
    return state(Resource(LinkKey("em1"), {"up": 1}), *addresses)


def test_an_address_that_was_adopted_keeps_who_made_it() -> None:
    """It is removed and added, to come behind the other one, and the run dies in between."""
    site = Site(state(Resource(LinkKey("em1"), LINK), Resource(ADOPTED, BY_SOMEBODY)))
    made = site.planned(wanted())
    steps = [(step.key, step.after is None) for step in made.steps]
    site.kernel.fails_at = steps.index((ADOPTED, True)) + 1
    with pytest.raises(ExecuteError):
        site.kernel.execute(made.steps)
    assert site.kernel.observe().get(ADOPTED) is None
    assert undo(goal.after(made, site.wanted), site.kernel) == []
    assert {**site.kernel.observe().resources[ADOPTED].values, "secondary": 0} == {
        **BY_SOMEBODY,
        "secondary": 0,
    }
