"""Commands of ovs-vsctl(8) as what they want the rows of Open vSwitch's database to be. Pure: none is run."""

from __future__ import annotations

from types import MappingProxyType
from typing import Dict, List, Mapping, Sequence, Union

from ...state.values import Value
from . import call as calls
from .commands import COMMANDS, command
from .edits import assign
from .rows import PRESENCE, Row, Rows, Says
from .words import commands, split

__all__ = ["PRESENCE", "CommandError", "Says", "columns", "read"]

_NAME = "{name}"
_LONGEST_SHOWN = 100


class CommandError(ValueError):
    """``number``: in which of several texts it is, from 0."""

    def __init__(self, command: str, reason: object, number: int = 0) -> None:
        self.number = number
        shown = " ".join(command.split())
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        super().__init__(f"{shown}: {reason}")


def read(text: Union[str, Sequence[str]], name: str) -> List[Says]:
    """What an object's commands say all in all, where the later ones win. Raises CommandError.

    ``{name}`` in them is the object's name. Several texts are read one after the other.
    """
    rows = Rows()
    for number, one in enumerate([text] if isinstance(text, str) else text):
        _read(rows, one, name, number)
    return rows.says()


def _read(rows: Rows, text: str, name: str, number: int) -> None:
    found = [[word.replace(_NAME, name) for word in words] for words in commands(_words(text, number))]
    if found:
        found[0] = list(calls.without_global(found[0]))
    found = [words for words in found if words]
    if not found:
        raise CommandError(text or "''", "there is no command in it", number)
    for words in found:
        try:
            call = calls.read(words)
            command(call).do(rows, call)
        except ValueError as error:
            raise CommandError(
                " ".join(word or "''" for word in words), f"{error}{_chained(words)}", number
            ) from error


def _words(text: str, number: int = 0) -> List[str]:
    try:
        text.encode()
        if "\0" in text:
            raise ValueError("it has a byte that is zero")
        return split(text)
    except ValueError as error:
        raise CommandError(ascii(text) if isinstance(error, UnicodeError) else text, error, number) from error


def _chained(words: Sequence[str]) -> str:
    """The end of a message about a command that perhaps goes on with the next one."""
    inner = next((word for word in words[2:] if word in COMMANDS), None)
    return f" (before another command, such as {inner}, stands --)" if inner else ""


def columns(words: str, table: str) -> Mapping[str, Value]:
    """The attributes that ``COLUMN[:KEY]=VALUE…`` says of a row of ``table``, as add-port takes such words.

    Raises CommandError.
    """
    said: Dict[str, Value] = {}
    for word in _words(words):
        try:
            if word == "--":
                raise ValueError("-- begins a command, and those are said by ovs_extra")
            assign(Row(said), table, word)
        except ValueError as error:
            raise CommandError(word, error) from error
    return MappingProxyType(said)
