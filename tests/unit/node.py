"""A node as simple as a test needs: a state to which steps are applied, with the kernel's main rules."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Optional, Sequence

from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, RouteKey, State
from os_net_config.state.nic import Nic
from os_net_config.state.values import Value, Values

_UP = 6


def mac(number: int) -> bytes:
    return bytes([0x52, 0x54, 0, 0, number >> 8, number & 0xFF])


def nics(*names: str) -> List[Nic]:
    """NICs with carrier, whose addresses count from 52:54:00:00:00:01."""
    return [Nic(name, mac(number)) for number, name in enumerate(names, 1)]


def link(nic: Nic, **more: Value) -> Resource:
    values: Dict[str, Value] = {"kind": "", "mtu": 1500, "address": nic.mac, "permanent": nic.mac}
    values.update(master=None, group=0, up=1, operstate=_UP)
    return Resource(LinkKey(nic.name), {**values, **more})


def node_with(found: Iterable[Nic], *more: Resource) -> State:
    resources: List[Resource] = [*(link(nic) for nic in found), *more]
    return State({resource.key: resource for resource in resources})


class Node:
    """A backend. A step that the kernel would refuse fails the test that made it.

    ``refused`` is a link whose steps the node refuses; ``ignored`` an attribute that it
    acknowledges and does not change.
    """

    traffic = "none"

    def __init__(self, state: State, refused: str = "", ignored: str = "") -> None:
        self._resources: Dict[Key, Resource] = dict(state.resources)
        self._refused, self._ignored = refused, ignored
        self.steps: List[Change] = []
        self._own_mtu: Dict[Key, Value] = {}

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def observe(self) -> State:
        return State(dict(self._resources))

    def execute(self, steps: Sequence[Change]) -> None:
        for number, step in enumerate(steps):
            if step.key == LinkKey(self._refused):
                raise ExecuteError(step, "Operation not supported", steps[:number], steps[number + 1 :])
            self._make(step)
            self.steps.append(step)

    def _make(self, step: Change) -> None:
        have = self._resources.get(step.key)
        after = {name: value for name, value in (step.after or {}).items() if name != self._ignored}
        if step.after is None:
            assert have is not None, step
            del self._resources[step.key]
        elif step.before is None or step.before == step.after:
            assert have is None or step.before is not None, f"{step.key} is there already"
            self._add(step.key, after)
        else:
            assert have is not None, f"{step.key} is not there"
            self._change(step, have, after)

    def _add(self, key: Key, values: Values) -> None:
        if isinstance(key, LinkKey):
            below = self._link(values.get("link"))
            born: Dict[str, Value] = {"mtu": below.get("mtu", 1500), "master": None, "group": 0, "up": 0}
            self._resources[key] = Resource(key, {**born, **values})
            self._obeys(key, values, {})
            return
        on = self._link(key.link if isinstance(key, AddressKey) else values.get("link"))
        assert on, f"{key} on a link that is not there"
        if isinstance(key, RouteKey):
            assert on["up"], f"{key} over a link that is down"
            assert self._reaches(values), f"nothing reaches the next hop of {key}"
        self._resources[key] = Resource(key, values)

    def _change(self, step: Change, have: Resource, after: Values) -> None:
        # What the kernel gives a new link, a plan made before cannot know.
        unsure = {("mtu", None), (self._ignored, (step.before or {}).get(self._ignored))}
        before = {name: value for name, value in (step.before or {}).items() if (name, value) not in unsure}
        wrong = [name for name in before if have.values.get(name) != before[name]]
        assert not wrong, f"{step.key} does not have the {wrong} that the step says"
        self._resources[step.key] = have._replace(values={**have.values, **after})
        if isinstance(step.key, LinkKey):
            self._obeys(step.key, after, have.values)

    def _obeys(self, key: LinkKey, after: Values, before: Mapping[str, Value]) -> None:
        """What the kernel demands of a link, and does of itself."""
        values = self._link(key.name)
        below = self._link(values.get("link"))
        if values.get("link"):
            assert below, f"{key} stands on a link that is not there"
            assert _number(values, "mtu") <= _number(below, "mtu"), f"{key} is larger than the link below"
            assert below["up"] or not after.get("up"), f"{key} is up before the link below"
        if after.get("master"):
            self._attached(key, values, before)
        elif "master" in after and self._link(before.get("master")).get("kind") == "bond":
            self._resources[key] = Resource(key, {**values, "up": 0, "mtu": self._own_mtu[key]})

    def _attached(self, key: LinkKey, values: Values, before: Mapping[str, Value]) -> None:
        master = self._link(values["master"])
        assert master, f"{key} is a port of a link that is not there"
        if master["kind"] == "bond":
            assert not before.get("up"), f"{key} is up while a bond takes it"
            self._own_mtu[key] = values["mtu"]
            self._resources[key] = Resource(key, {**values, "up": 1, "mtu": master["mtu"]})

    def _link(self, name: Optional[object]) -> Values:
        found = self._resources.get(LinkKey(str(name)))
        return found.values if found else {}

    def _reaches(self, route: Values) -> bool:
        gateway = route.get("gateway")
        if not isinstance(gateway, bytes) or gateway[:2] == b"\xfe\x80":
            return True
        networks = [
            key.prefix for key in self._resources if isinstance(key, AddressKey) and key.link == route["link"]
        ]
        networks += [
            key.destination
            for key, one in self._resources.items()
            if isinstance(key, RouteKey)
            and (one.values["gateway"], one.values["link"]) == (None, route["link"])
        ]
        return any(network.contains(gateway) for network in networks)


def _number(values: Values, name: str) -> int:
    value = values[name]
    assert isinstance(value, int)
    return value
