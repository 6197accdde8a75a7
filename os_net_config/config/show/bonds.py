"""``linux_bond``: its options, and its ports in an order that makes the same bond again."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional

from ...state import bond
from ...state.attributes import Attribute
from ...state.defaults import default
from ...state.model import LinkKey
from ...state.values import LinkName, Values
from .seen import Seen
from .tree import Entry, Scalar

_MOMENTARY = "active_slave"


def head(seen: Seen, name: str) -> Entry:
    """Without what every link has, and without members."""
    said: Dict[str, Scalar] = {"type": "linux_bond", "name": seen.word(name)}
    return Entry({**said, "bonding_options": " ".join(_options(seen, name))}, tuple(_remarks(seen, name)))


def ports(seen: Seen, name: str) -> List[str]:
    """First the one whose MAC address the bond has: a new bond takes its first port's."""
    mac = seen.live.values(name).get("address")
    return sorted(seen.live.ports(name), key=lambda port: seen.macs.get(port) != mac)


def primary(seen: Seen, name: str) -> Optional[str]:
    """The port of which ``primary: true`` says what the bond has: its address, and its primary."""
    values = seen.live.values(name)
    chosen = values.get("primary")
    gives_mac = bond.has_its_active_ports_mac(values)
    if isinstance(chosen, str):
        is_its = gives_mac or seen.macs.get(chosen) == values.get("address")
        return chosen if is_its and chosen in seen.live.ports(name) else None
    if bond.takes("primary", values.get("mode")) or "address" not in seen.link_said(name):
        return None
    owners = (port for port in seen.live.ports(name) if seen.macs.get(port) == values.get("address"))
    return next(owners, None)


def _options(seen: Seen, name: str) -> Iterator[str]:
    """The mode, and what differs from what such a bond has at first."""
    values = seen.live.values(name)
    for option, attribute in bond.ATTRIBUTES.items():
        value = values.get(option)
        if option == "mode" or (option != _MOMENTARY and _differs(name, values, attribute)):
            shown = seen.word(str(value)) if isinstance(attribute.type, LinkName) else None
            if option != "primary" or primary(seen, name) is None:
                yield f"{option}={shown or attribute.type.show(value)}"


def _differs(name: str, values: Values, attribute: Attribute) -> bool:
    if attribute.name not in values or not bond.takes(attribute.name, values.get("mode")):
        return False
    usual = default(LinkKey(name), values, attribute.name)
    return usual != values[attribute.name]


def _remarks(seen: Seen, name: str) -> Iterator[str]:
    values = seen.live.values(name)
    mac = values.get("address")
    if bond.has_its_active_ports_mac(values) or not seen.live.ports(name):
        return
    owners = {seen.macs.get(port) for port in seen.live.ports(name)}
    if mac not in owners and isinstance(mac, bytes):
        yield f"its MAC address {mac.hex(':')} is none of its ports': a file cannot say it"
