"""MTUs: those that a config gives to links, and what does not fit of them."""

from __future__ import annotations

from typing import Dict, Iterator, Optional

from ..state.problem import Path, Problem, Severity, show_path
from . import tunnels
from .addresses import addresses
from .bonds import bond_mtu
from .objects import AGGREGATES, Object, is_port, is_reference
from .standing import ON_A_DEVICE, is_tagged_port

_LEAST_MTU_OF_IPV6, _BYTES_OF_IPV6 = 1280, 16
_BRIDGE = "linux_bridge"


def ports_have_one_mtu(one: Object) -> Iterator[Problem]:
    """A bond or a team gives a port its own MTU when it takes it."""
    if one.type not in AGGREGATES:
        return
    own = one.get("mtu")
    ports = [member for member in one.members if is_port(member)]
    said = own or next((member.get("mtu") for member in ports if member.get("mtu")), None)
    for member in ports:
        mtu, path = member.get("mtu"), (*member.path, "mtu")
        if mtu in {None, said}:
            continue
        if own:
            message = f"not used: {one.name} gives its ports its own mtu, {own}"
            yield Problem(path, message, "remove it", Severity.WARNING)
        else:
            message = f"mtu {mtu} of {member.name} differs from {said}, that of another port of {one.name}"
            yield Problem(path, message, f"give {one.name} itself an mtu")


def mtu_and_ipv6(one: Object) -> Iterator[Problem]:
    mtu = one.get("mtu")
    if mtu is not None and mtu < _LEAST_MTU_OF_IPV6 and any(_places_of_ipv6(one)):
        yield Problem((*one.path, "mtu"), f"mtu {mtu} is below {_LEAST_MTU_OF_IPV6}, which IPv6 needs")


def _places_of_ipv6(one: Object) -> Iterator[Path]:
    return (path for path, prefix in addresses(one) if len(prefix.address) == _BYTES_OF_IPV6)


def larger_than_below(one: Object, declared: Dict[str, Object]) -> Iterator[Problem]:
    below = _giving_mtu(one, declared)
    if below is None or one.type not in ON_A_DEVICE or is_tagged_port(one):
        return
    mtu, limit = one.get("mtu"), known_mtu(below)
    overhead = tunnels.overhead(one)
    if mtu is None and limit is not None and limit - overhead < _LEAST_MTU_OF_IPV6:
        needs, has = f"an mtu of {_LEAST_MTU_OF_IPV6}", f"{limit - overhead} on {below.name}"
        hint = f"give {below.name} an mtu of at least {_LEAST_MTU_OF_IPV6 + overhead}"
        for path in _places_of_ipv6(one):
            yield Problem(path, f"IPv6 needs {needs}, and {one.name} has {has}", hint)
    if mtu is not None and limit is not None and mtu > limit - overhead:
        less = f", less {overhead} for the packets around it" if overhead else ""
        message = f"mtu {mtu} of {one.name} is larger than {limit}, the mtu of {below.name} below it{less}"
        yield Problem((*one.path, "mtu"), message, f"give {below.name} an mtu of at least {mtu + overhead}")


def _giving_mtu(one: Object, declared: Dict[str, Object]) -> Optional[Object]:
    """The nearest link below whose MTU is known: a VLAN of which none is said has its device's."""
    seen = {one.name}
    below = declared.get(one.device or "")
    while below is not None and below.name not in seen and known_mtu(below) is None:
        seen.add(below.name)
        below = declared.get(below.device or "")
    return below


def said_twice(one: Object, declared: Dict[str, Object]) -> Iterator[Problem]:
    """A member that only names a link may say its MTU, where the link itself does not."""
    maker = declared.get(one.name)
    if maker is None or not is_reference(one, declared):
        return
    mtu, own = one.get("mtu"), known_mtu(maker)
    if mtu is not None and own is not None and mtu != own:
        message = f"mtu {mtu} of {one.name} differs from {own}, which {show_path(maker.path)} says"
        yield Problem((*one.path, "mtu"), message, "say it once")


def known_mtu(one: Object) -> Optional[int]:
    """The MTU that the config gives a link, through its members for a bond that has none.

    A port of a bond or a team has that one's.
    """
    if one.parent is not None and one.parent.type in AGGREGATES and is_port(one):
        of_bond = known_mtu(one.parent)
        if of_bond is not None:
            return of_bond
    mtu: Optional[int] = one.get("mtu")
    if mtu is None and one.type == _BRIDGE:
        # The least of its ports', of which not all are known.
        mtus = [known_mtu(member) for member in one.members if member.device != one.name]
        mtu = min((port for port in mtus if port is not None), default=None)
    return mtu if mtu is not None else bond_mtu(one)
