"""What is wrong, and where in the config: one value for every check, whoever makes it."""

from __future__ import annotations

from enum import Enum
from typing import Iterable, List, NamedTuple, Optional, Protocol, Sequence, Tuple, Union

#: A place in a config document: ``("network_config", 1, "vlan_id")``.
Path = Tuple[Union[str, int], ...]


def show_path(path: Path) -> str:
    """``network_config[1].vlan_id``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


class Severity(Enum):
    ERROR = "error"
    #: Understood, and not applied by this version: refused before anything is touched.
    UNSUPPORTED = "unsupported"
    WARNING = "warning"


class Word(NamedTuple):
    """One word of a text of several: its number from 1, and how many characters stand before it."""

    text: str
    number: int
    offset: int


class Problem(NamedTuple):
    """``message`` says what is wrong, ``hint`` what to do about it (may be empty).

    ``at_key`` points at the key of ``path``'s last part instead of at its value.
    ``position`` is (line, column) from 1 where the place has no path. ``about`` is the attribute
    that is missing at ``path``, or that the unknown one there was probably meant to be.
    ``word`` is the one that is wrong in the text at ``path``.
    """

    path: Path
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    at_key: bool = False
    position: Tuple[int, int] = (0, 0)
    about: str = ""
    word: Optional[Word] = None


#: Of one severity.
_MOST = 1000


def first(problems: Iterable[Problem]) -> List[Problem]:
    """Of very many problems the first of each severity: nobody reads more."""
    kept: List[Problem] = []
    counts = dict.fromkeys(Severity, 0)
    for one in problems:
        counts[one.severity] += 1
        if counts[one.severity] <= _MOST:
            kept.append(one)
    for severity, count in counts.items():
        if count > _MOST:
            message = f"there are {count} problems of this kind: the first {_MOST} of them are shown"
            kept.append(Problem((), message, severity=severity))
    return kept


def listed(names: Sequence[str], most: int) -> str:
    """Names for a message, of very many the first."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


class Source(Protocol):
    """The file that problems are in."""

    @property
    def name(self) -> str: ...

    def position(self, path: Path, at_key: bool = False) -> Tuple[int, int]:
        """(line, column) of a place, both from 1."""


class ProblemsError(Exception):
    """The config cannot be applied. Raised before anything on the node is touched."""

    def __init__(self, problems: Iterable[Problem], source: Optional[Source] = None) -> None:
        self.problems: List[Problem] = list(problems)
        self.source = source
        super().__init__("; ".join(f"{show_path(p.path)}: {p.message}" for p in self.problems))
