"""Names for NICs: ``nicN`` by counting, aliases by the mapping file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ..state.nic import Nic
from ..state.problem import Path, Problem, ProblemsError, Severity, first
from .document import Document, read
from .formats import mac_address
from .schema import Report, acceptor

#: Kernel names of NICs on the mainboard: they are counted first.
_EMBEDDED = ("em", "eth", "eno")
NUMBERED = re.compile(r"nic[0-9]+")
_SECTION = "interface_mapping"


@dataclass(frozen=True)
class Names:
    """``aliases`` to names on the node. A name without an alias stands for itself."""

    aliases: Mapping[str, str]

    def rename(self, name: str) -> str:
        return self.aliases.get(name, name)


#: For a check without a node: every name stands for itself.
UNRESOLVED = Names({})


def read_mapping(filename: str) -> Tuple[Document, Mapping[str, str]]:
    """The mapping file. Raises ProblemsError; unknown attributes are errors in it."""
    document = read(filename)
    report = Report(list(document.problems))
    accepted = acceptor("mapping.schema.json").accept(document.root or {}, report)
    problems = [one._replace(severity=Severity.ERROR) for one in report.problems]
    if report.rejected:
        from .explain import explain

        problems += explain(report.rejected)
    if problems:
        raise ProblemsError(first(problems), document)
    return document, accepted.get(_SECTION, {})


def name_nics(nics: Sequence[Nic], mapping: Mapping[str, str], document: Optional[Document] = None) -> Names:
    """The aliases of this node's NICs. ProblemsError: the mapping cannot be met."""
    aliases: Dict[str, str] = {}
    problems: List[Problem] = []
    for alias, value in mapping.items():
        path: Path = (_SECTION, alias)
        name = _find(nics, value)
        if name is None:
            known = ", ".join(f"{nic.name} ({nic.mac.hex(':')})" for nic in nics if nic.available)
            problems.append(
                Problem(path, f"there is no NIC {value} on this node", f"there are {known or 'none'}")
            )
        elif name in aliases.values():
            problems.append(
                Problem(path, f"{name} has another alias in this file already", "map each NIC once")
            )
        elif alias != name and any(nic.name == alias and nic.active for nic in nics):
            message = f"{alias} is the name of another NIC, which is in use"
            problems.append(Problem(path, message, "choose another alias"))
        else:
            aliases[alias] = name
    if problems:
        raise ProblemsError(first(problems), document)
    return Names({**aliases, **_counted(nics, aliases)})


def _find(nics: Sequence[Nic], value: str) -> Optional[str]:
    """By name any link, by MAC address only a NIC: other links borrow theirs."""
    try:
        mac = mac_address(value)
    except ValueError:
        return next((nic.name for nic in nics if nic.name == value), None)
    found = [nic.name for nic in nics if nic.mac == mac]
    real = [nic.name for nic in nics if nic.mac == mac and nic.available]
    return next(iter(real or (found if len(found) == 1 else [])), None)


def _counted(nics: Sequence[Nic], taken: Mapping[str, str]) -> Dict[str, str]:
    """``nic1`` is the first active NIC; one that has an alias keeps its number free."""
    active = ordered([nic for nic in nics if nic.available and nic.active])
    numbers = {f"nic{number}": nic.name for number, nic in enumerate(active, 1)}
    used = set(taken.values())
    return {alias: name for alias, name in numbers.items() if alias not in taken and name not in used}


def ordered(nics: Sequence[Nic]) -> List[Nic]:
    """Mainboard NICs first, and eth2 before eth10."""
    return sorted(nics, key=lambda nic: (not nic.name.startswith(_EMBEDDED), _natural(nic.name)))


def _natural(name: str) -> List[Tuple[int, int, str]]:
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]
