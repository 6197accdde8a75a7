"""A list of objects, as the checks look at it."""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Sequence

from ..state.problem import Path
from .objects import ROUTE_TABLE, Object, walk
from .routes import Route

#: Types that are no link of their own, so that their name is not one.
NOT_A_LINK = frozenset({ROUTE_TABLE, "dcb"})


class Section(NamedTuple):
    """One list of objects, with what the checks share."""

    objects: List[Object]
    routes: Dict[Path, List[Route]]
    #: Whether a link that the file does not declare is there.
    exists: Callable[[str], bool]

    @property
    def all(self) -> List[Object]:
        return list(walk(self.objects))


def declared_links(objects: Sequence[Object]) -> Dict[str, Object]:
    """Links by name; where one is only referred to elsewhere, the object that makes it."""
    declared: Dict[str, Object] = {}
    for one in objects:
        if one.type in NOT_A_LINK:
            continue
        first = declared.get(one.name)
        if first is None or (first.type == "interface" and one.type != "interface"):
            declared[one.name] = one
    return declared
