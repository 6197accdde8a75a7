"""Links that the kernel has once, whatever their names. Pure."""

from __future__ import annotations

from typing import Callable, Mapping, Optional, Tuple

from . import ipoib, vlan, vxlan
from .values import Value, Values

Identity = Tuple[Value, ...]

_BY_KIND = {module.KIND: module for module in (ipoib, vlan, vxlan)}
_IDENTITIES: Mapping[Value, Callable[[Values], Optional[Identity]]] = {
    kind: module.identity for kind, module in _BY_KIND.items()
}
_SHOWN: Mapping[Value, Callable[[Values], str]] = {kind: module.shown for kind, module in _BY_KIND.items()}


def identity(values: Values) -> Optional[Identity]:
    """What no two links have in common; None: of this kind there may be any number."""
    found = _IDENTITIES.get(values.get("kind"))
    return found(values) if found is not None else None


def shown(values: Values) -> str:
    """What such a link is, for a message."""
    return _SHOWN[values.get("kind")](values)
