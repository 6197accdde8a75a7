"""``use_dhcp`` and what goes with it: of links that have a client of ours."""

from __future__ import annotations

from typing import Dict, Union

from ...state.model import ProcessKey
from ...state.process import ARGUMENTS, BROUGHT, DHCP, OWNER
from ...state.values import Values
from ..dhcp import FAMILIES
from .seen import Seen


def shown(seen: Seen, name: str) -> Dict[str, Union[bool, str]]:
    one = seen.live.get(ProcessKey(DHCP, name))
    if one is None or OWNER in one.values:
        return {}
    said: Dict[str, Union[bool, str]] = {
        word: True for word, family in FAMILIES.items() if one.values.get(family)
    }
    if not one.values.get("defroute"):
        said["defroute"] = False
    if one.values.get(ARGUMENTS):
        said["dhclient_args"] = str(one.values[ARGUMENTS])
    return said


def is_brought(values: Values) -> bool:
    """Whether such a client has brought it: it comes with that, and is not said."""
    return BROUGHT in values
