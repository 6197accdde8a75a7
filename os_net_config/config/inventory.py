"""A declared inventory: NICs from a file, where the node's own are not to be asked."""

from __future__ import annotations

from typing import Any, List, Mapping

from ..state.nic import Nic
from ..state.problem import Problem, ProblemsError
from .document import read
from .formats import link_name, mac_address

_FLAGS = ("real", "vf", "active")


def read_inventory(filename: str) -> List[Nic]:
    """A YAML list of {name, mac} with the optional flags real, vf, active. Raises ProblemsError."""
    document = read(filename)
    entries = document.root if isinstance(document.root, list) else None
    if entries is None:
        raise ProblemsError(
            [Problem((), "the inventory is no list of NICs", "- {name: eno1, mac: …}")], document
        )
    problems: List[Problem] = []
    nics: List[Nic] = []
    for number, entry in enumerate(entries):
        try:
            nics.append(_nic(entry))
        except (TypeError, ValueError, KeyError) as error:
            problems.append(Problem((number,), f"is no NIC: {error}", "a NIC has name and mac"))
    if problems:
        raise ProblemsError(problems, document)
    return nics


def _nic(entry: Mapping[str, Any]) -> Nic:
    flags: Mapping[str, Any] = {name: bool(entry[name]) for name in _FLAGS if name in entry}
    return Nic(link_name(str(entry["name"])), mac_address(str(entry["mac"])), **flags)
