"""Whether a plan cuts the branch it sits on: the default route, and the session it is run from. Pure."""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, List, Mapping, Optional

from . import aggregate, bridge, tap
from .diff import Change
from .fall import links_of
from .model import AddressKey, Key, LinkKey, ProcessKey, Resource, RouteKey, State
from .plan import Plan
from .plugged import Plugged
from .process import BROUGHT, DHCP
from .values import show_address

#: Attributes of a route that say where the packets go.
_WAY = frozenset({"gateway", "link", "nexthops", "type"})


def session_address(connection: str) -> Optional[bytes]:
    """The node's own address of a session, from the SSH_CONNECTION that sshd sets (ssh(1)).

    None where the text is not one.
    """
    from ipaddress import ip_address

    words = connection.split()
    if len(words) != _WORDS_OF_A_CONNECTION:
        return None
    try:
        return ip_address(words[2].partition("%")[0]).packed
    except ValueError:
        return None


#: The client's address and port, the server's address and port.
_WORDS_OF_A_CONNECTION = 4


def session_at_risk(plan: Plan, live: State, session: Optional[bytes]) -> List[str]:
    """What becomes of the links by which the session comes, as clauses; none: nothing."""
    around = _Around(plan, live)
    return _unique(around.of_the_session(session)) if plan and session is not None else []


def at_risk(plan: Plan, live: State, session: Optional[bytes] = None) -> List[str]:
    """The same of the session and of every default route, whoever made it."""
    if not plan:
        return []
    return [*session_at_risk(plan, live, session), *_unique(_Around(plan, live).of_default_routes())]


def _unique(clauses: Iterator[str]) -> List[str]:
    return list(dict.fromkeys(clauses))


class _Around:
    def __init__(self, plan: Plan, live: State) -> None:
        self._plan, self._live = plan, live
        self._changes: Mapping[Key, Change] = {change.key: change for change in plan.changes}
        self._ports: Dict[str, List[str]] = {}
        for name, one in live.links():
            self._ports.setdefault(str(one.values.get("master")), []).append(name)
        self._plugged = Plugged(self._changes, live)

    def of_the_session(self, session: Optional[bytes]) -> Iterator[str]:
        for key in self._live.resources:
            if isinstance(key, AddressKey) and key.prefix.address == session:
                fate = self._fate(key.link)
                if fate is not None:
                    yield f"this SSH session comes by {key.link}, which {fate}"
                elif BROUGHT in self._live.resources[key].values and self._client_stops(key.link):
                    yield f"this SSH session comes to what a DHCP client of {key.link} has got, which stops"
                elif self._is_removed(key):
                    yield f"this SSH session comes to {show_address(session)} on {key.link}, which is removed"

    def of_default_routes(self) -> Iterator[str]:
        for resource in self._live:
            if isinstance(resource.key, RouteKey) and resource.key.destination.length == 0:
                yield from self._of_default_route(resource)

    def _of_default_route(self, resource: Resource) -> Iterator[str]:
        change = self._changes.get(resource.key)
        for on in (str(one) for one in links_of(resource) if one is not None):
            fate = self._fate(on)
            if fate is not None:
                yield f"the default route is by {on}, which {fate}"
            elif BROUGHT in resource.values and self._client_stops(on):
                yield f"the default route is by what a DHCP client of {on} has got, which stops"
            elif self._is_removed(resource.key):
                yield f"the default route by {on} is removed"
            elif change is not None and _WAY & (change.after or {}).keys():
                yield f"the default route by {on} is changed"

    def _client_stops(self, link: str) -> bool:
        return self._is_removed(ProcessKey(DHCP, link))

    def _is_removed(self, key: Key) -> bool:
        change = self._changes.get(key)
        return change is not None and change.after is None

    def _fate(self, name: str, seen: FrozenSet[str] = frozenset()) -> Optional[str]:
        """What becomes of a link or of one that it stands on, as the end of a sentence."""
        have = self._live.link(name)
        if have is None or name in seen:
            return None
        own = self._own_fate(name)
        if own is not None:
            return own
        seen |= {name}
        lost = self._lost_ports(name, have, seen)
        if lost:
            return f"is without {', '.join(lost)}"
        below = have.values.get("link")
        if below is None and self._live.is_internal(name):
            below = self._plugged.bridge(name)
        fate = self._fate(below, seen) if isinstance(below, str) else None
        return f"stands on {below!s}, which {fate}" if fate is not None else None

    def _own_fate(self, name: str) -> Optional[str]:
        fall = self._plan.fall
        change = self._changes.get(LinkKey(name))
        master = (change.after or {}).get("master") if change is not None else None
        if master is None and not self._live.is_internal(name):
            master = self._plugged.new_bridge(name)
        for happens, text in (
            (name in fall.removed or name in fall.lost, "is removed"),
            (name in fall.remade, "is made anew"),
            (master is not None, f"becomes a port of {master!s}"),
            (name in fall.downed or name in fall.emptied, "goes down"),
        ):
            if happens:
                return text
        return None

    def _lost_ports(self, name: str, have: Resource, seen: FrozenSet[str]) -> List[str]:
        """Of a bond or team only if none stays; of a bridge each may be the one that leads out; no tap."""
        if self._plugged.is_bridge(name):
            return self._lost_of_switch(name, seen)
        kind = have.values.get("kind")
        if kind not in aggregate.KINDS | {bridge.KIND}:
            return []
        ports = [port for port in self._ports.get(name, ()) if self._live.kind(port) != tap.KIND]
        lost = [port for port in ports if self._leaves(port) or self._fate(port, seen) is not None]
        return [] if kind in aggregate.KINDS and len(lost) < len(ports) else lost

    def _lost_of_switch(self, bridge: str, seen: FrozenSet[str]) -> List[str]:
        """Those of which all interfaces go: of a bond one that stays is enough."""

        def is_lost(interface: str) -> bool:
            return self._plugged.leaves(interface, bridge) or self._fate(interface, seen) is not None

        ports = self._plugged.ports(bridge).items()
        lost = {port for port, some in ports if some and all(map(is_lost, some))}
        return [port for port in sorted(lost) if self._live.kind(port) != tap.KIND]

    def _leaves(self, port: str) -> bool:
        change = self._changes.get(LinkKey(port))
        return change is not None and "master" in (change.after or {})
