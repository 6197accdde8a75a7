"""What there is to know about a program that runs for a link."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Callable, Mapping, Sequence, Tuple

from ...state.values import Values


@dataclass(frozen=True)
class Program:
    """``{link}`` and ``{directory}``, that of its files, stand for themselves in the texts.

    It goes to the background when it stands. What it has done to the link it takes back at the signal
    ``take_back``, or another command does that after its end, ``release``.
    """

    name: str
    #: systemd's unit.
    template: str
    #: Without the link, which comes last.
    command: Tuple[str, ...]
    #: Where it writes the number of its process.
    pid_file: str
    take_back: signal.Signals
    #: What its files say, by name, for these values.
    files: Callable[[Values], Mapping[str, str]]
    #: Gives back what it has done, after its end.
    release: Tuple[str, ...] = ()
    #: Further arguments, before that of the link.
    arguments: Callable[[Values], Sequence[str]] = lambda values: ()
    #: Files among its own that it keeps for its next start.
    memory: Tuple[str, ...] = ()
    #: How it ends so that the link is as before for the one that is started next.
    hand_over: signal.Signals = signal.SIGTERM
    #: Whether it would make the link itself: without it nothing is started.
    needs_link: bool = False
    #: Files elsewhere that it does not take away when it ends.
    leaves: Tuple[str, ...] = ()

    def unit(self, link: str) -> str:
        return self.template.replace("@", f"@{link}")

    def pid_file_of(self, link: str, directory: str) -> str:
        return self.pid_file.format(link=link, directory=directory)

    def left_behind(self, link: str) -> Sequence[str]:
        return [one.format(link=link) for one in self.leaves]

    def command_of(self, link: str, directory: str, values: Values) -> Tuple[str, ...]:
        return (*_filled(self.command, link, directory), *self.arguments(values), link)

    def release_of(self, link: str, directory: str) -> Tuple[str, ...]:
        return _filled(self.release, link, directory)


def _filled(words: Tuple[str, ...], link: str, directory: str) -> Tuple[str, ...]:
    return tuple(word.format(link=link, directory=directory) for word in words)
