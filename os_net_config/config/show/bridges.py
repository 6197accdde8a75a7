"""``linux_bridge``: its options, those of its ports, and which of them gives it its MAC address."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Optional

from ...state import bridge, bridge_port, vlan
from ...state.attributes import Attribute, AttributeTable, Default, NoDefault
from ...state.defaults import default
from ...state.model import LinkKey
from ...state.values import Values
from .seen import Seen
from .tree import Entry, Scalar

#: What the kernel makes of 10 Mb/s, 100, 1000 and more (net/bridge/br_if.c, port_cost).
_COSTS_BY_SPEED = frozenset({100, 19, 4, 2})


def head(seen: Seen, name: str) -> Entry:
    said: Dict[str, Scalar] = {"type": "linux_bridge", "name": seen.word(name)}
    values = seen.live.values(name)

    def usual(attribute: Attribute) -> Default:
        if attribute is bridge.FORWARD_DELAY and values.get("stp_state"):
            # config/kinds/linux_bridge.py
            return bridge.STP_FORWARD_DELAY
        return default(LinkKey(name), values, attribute.name)

    options = {one.name: usual(one) for one in bridge.ATTRIBUTES.values()}
    words = " ".join(_differing(bridge.ATTRIBUTES, values, options))
    return Entry({**said, **({"bridge_options": words} if words else {})}, tuple(_remarks(seen, name)))


def port_options(seen: Seen, name: str) -> str:
    """What a link has as a port, where it differs from what a new port has."""
    values = seen.live.values(name)
    usual: Dict[str, Default] = {one.name: one.default for one in bridge_port.ATTRIBUTES.values()}
    cost = values.get(bridge_port.PATH_COST)
    if cost in _COSTS_BY_SPEED and bridge_port.PATH_COST not in seen.link_said(name):
        usual[bridge_port.PATH_COST] = cost
    return " ".join(_differing(bridge_port.ATTRIBUTES, values, usual))


def primary(seen: Seen, name: str) -> Optional[str]:
    """The port that ``primary: true`` is to be said of, for the bridge to have its MAC address."""
    mac = seen.live.values(name).get("address")
    owners = [port for port in seen.live.ports(name) if _mac_of(seen, port) == mac]
    is_usual = mac == _least(seen, name) and "address" not in seen.link_said(name)
    return None if is_usual else next(iter(owners), None)


def _least(seen: Seen, name: str) -> Optional[bytes]:
    """What a bridge has of which nobody says anything: the least of its ports' (br_stp_if.c)."""
    macs = (seen.live.values(port).get("address") for port in seen.live.ports(name))
    return min((mac for mac in macs if isinstance(mac, bytes)), default=None)


def _mac_of(seen: Seen, port: str) -> Optional[bytes]:
    """As config/kinds/common.py finds it: of a VLAN its device's."""
    below = seen.live.values(port).get("link")
    stands = seen.live.kind(port) == vlan.KIND and isinstance(below, str)
    return seen.macs.get(str(below) if stands else port)


def _differing(table: AttributeTable, values: Values, usual: Mapping[str, Default]) -> Iterator[str]:
    for name, attribute in table.items():
        value, first = values.get(name), usual[name]
        if value is None or (not isinstance(first, NoDefault) and attribute.type.same(value, first)):
            continue
        yield f"{name}={attribute.type.show(value)}"


def _remarks(seen: Seen, name: str) -> Iterator[str]:
    mac = seen.live.values(name).get("address")
    is_a_ports = any(_mac_of(seen, port) == mac for port in seen.live.ports(name))
    if seen.live.ports(name) and mac != _least(seen, name) and not is_a_ports and isinstance(mac, bytes):
        yield f"its MAC address {mac.hex(':')} is none of its ports': a file cannot say it"
