"""What a plan interrupts on its way, and what comes back of it. Pure.

What goes for good is among the plan's changes; this is the rest of the price (DESIGN law 5).
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

from . import aggregate, bridge_port, ethtool, route, vlan
from .fall import links_of
from .model import AddressKey, EthtoolKey, Key, LinkKey, Resource, RouteKey, State
from .plan import Plan
from .values import Value

DOWN, MADE_ANEW, PORTS_RELEASED = "down", "made anew", "ports released"
#: Of a bridge's port, which with a spanning tree has to listen and learn again.
ATTACHED_ANEW = "attached anew"
#: The link itself stays as it is; routes go along with an address of it.
ROUTES_PUT_BACK = "routes put back"
#: Its driver may start it anew for a setting of the NIC.
MAY_RESET = "may lose carrier"

Returned = Union[AddressKey, RouteKey]


class Interruption(NamedTuple):
    """``vlans`` above the link share its fate.

    ``returned`` are the addresses and routes that go with them and come back, those of others first.
    """

    link: str
    what: str
    vlans: int = 0
    returned: Tuple[Returned, ...] = ()


def interruptions(plan: Plan, live: State) -> List[Interruption]:
    """One for each link that brings it about, in the order of the node; none for what it takes along."""
    changes = {change.key: change.after or {} for change in plan.changes}
    fates = _Fates(plan, live, changes)
    vlans = Counter(fates.cause(name) for name in fates.by_link if fates.is_above_its_cause(name))
    returned: Dict[str, List[Returned]] = {}
    for on, key in sorted(_given_back(plan), key=lambda one: _rank(one[1], live)):
        returned.setdefault(fates.cause(on), []).append(key)
    reset = {key.link for key in changes if isinstance(key, EthtoolKey) and _may_reset(key, live)}
    found = []
    for name in dict.fromkeys(name for name, _ in live.links()):
        back = tuple(returned.get(name, ()))
        what = fates.by_link.get(name, MAY_RESET if name in reset else ROUTES_PUT_BACK if back else None)
        if what is not None and fates.cause(name) == name and not fates.is_for_good(name):
            found.append(Interruption(name, what, vlans[name], back))
    return found


def _may_reset(key: EthtoolKey, live: State) -> bool:
    return key.group in ethtool.MAY_RESET and bool(live.values(key.link).get("up"))


class _Fates:
    """What happens to each link on the way, and because of which one."""

    def __init__(self, plan: Plan, live: State, changes: Mapping[Key, Mapping[str, Value]]) -> None:
        fall = plan.fall
        self._live, self._changes = live, changes
        leaving = [str(key) for key, after in changes.items() if bridge_port.is_attached_anew(after)]
        self.by_link: Dict[str, str] = {
            **dict.fromkeys(leaving, ATTACHED_ANEW),
            **dict.fromkeys(fall.downed, DOWN),
            **dict.fromkeys(fall.emptied, PORTS_RELEASED),
            **dict.fromkeys(fall.remade, MADE_ANEW),
        }

    def cause(self, name: str) -> str:
        """The link that takes this one along, or this one."""
        while True:
            causing = self._causing(name)
            if causing is None:
                return name
            name = causing

    def is_above_its_cause(self, name: str) -> bool:
        return self._live.kind(name) == vlan.KIND and self.cause(name) != name

    def is_for_good(self, name: str) -> bool:
        """What ends down is one of the plan's changes."""
        return self.by_link.get(name) == DOWN and self._changes.get(LinkKey(name), {}).get("up") == 0

    def _causing(self, name: str) -> Optional[str]:
        fate, have = self.by_link.get(name), self._live.link(name)
        if fate is None or have is None:
            return None
        below, holder = str(have.values.get("link")), str(have.values.get("master"))
        if have.values.get("kind") == vlan.KIND and (
            self.by_link.get(below) == MADE_ANEW
            or (fate == DOWN and self.by_link.get(below, ATTACHED_ANEW) != ATTACHED_ANEW)
        ):
            return below
        stays = "master" not in self._changes.get(LinkKey(name), {})
        released = self.by_link.get(holder) in {PORTS_RELEASED, MADE_ANEW}
        by_its_driver = self._live.kind(holder) in aggregate.KINDS
        return holder if fate == DOWN and stays and released and by_its_driver else None


def _rank(key: Returned, live: State) -> Tuple[bool, bool]:
    have = live.get(key)
    is_ours = have is not None and have.values.get("protocol") == route.PROTOCOL
    return is_ours, isinstance(key, RouteKey)


def _given_back(plan: Plan) -> Iterator[Tuple[str, Returned]]:
    """The addresses and routes that steps return as they were, each with the first of its links."""
    for step in plan.steps:
        if isinstance(step.key, (AddressKey, RouteKey)) and step.transient and step.before == step.after:
            for on in links_of(Resource(step.key, step.after or {})):
                if isinstance(on, str):
                    yield on, step.key
                    break
