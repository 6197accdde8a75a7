"""The target: the config that this node is to have, and those that it had before.

``target.json`` has a line for each generation; the texts of the configs are beside it, named by their
digests. Boot, agent, confirm and rollback hold to it as runs by hand do. docs/target-format.md describes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..backends import files
from . import numbering
from .journal import Writer
from .paths import STATE_DIR

FORMAT, VERSION = "os-net-config target", 1
_DIRECTORY = "configs"
#: Generations that are remembered, beside the one that the node is to have.
_MOST = 50
#: A config may name users of its network that are nobody's business.
_MODE = 0o600

APPLIED = "applied"
TAKEN_BACK = "taken back"
#: The reason where a run did not come to its end.
DIED = "the run died"


class Generation(NamedTuple):
    """A config that was applied, or would have been.

    ``digest`` is the SHA-256 of its text in hexadecimal, ``when`` in seconds since 1970. ``outcome`` is
    APPLIED or TAKEN_BACK, ``reason`` why. ``numbers`` are permanent MAC addresses by ``nicN``. ``persist``:
    NICs have their aliases as their names (--persist-mapping).
    """

    number: int
    source: str
    digest: str
    when: float
    pid: int
    user: str
    command: Tuple[str, ...]
    outcome: str
    reason: str = ""
    numbers: Mapping[str, str] = {}
    persist: bool = False

    @property
    def macs(self) -> Mapping[str, bytes]:
        return numbering.from_json(self.numbers)


class Target(NamedTuple):
    """``current`` is the number of the generation that the node is to have; 0: none yet."""

    current: int = 0
    generations: Tuple[Generation, ...] = ()

    def get(self, number: int) -> Optional[Generation]:
        return next((one for one in self.generations if one.number == number), None)

    @property
    def wanted(self) -> Optional[Generation]:
        return self.get(self.current)

    @property
    def previous(self) -> Optional[Generation]:
        """The last one before the current one that held, with another text."""
        now = self.wanted
        held = [one for one in self.generations if one.outcome == APPLIED and one.number < self.current]
        others = [one for one in held if now is None or (one.source, one.digest) != (now.source, now.digest)]
        return others[-1] if others else None

    def is_wanted(self, source: str, text: str, numbers: Mapping[str, bytes], persist: bool = False) -> bool:
        """Whether this config is the one that the node is to have already, on the same NICs.

        One that has been counted since is nothing new to it.
        """
        now = self.wanted
        if now is None or (now.source, now.digest, now.persist) != (source, digest_of(text), persist):
            return False
        return all(numbers.get(alias, mac) == mac for alias, mac in now.macs.items())

    def with_next(self, one: Generation) -> Target:
        """``one`` gets the next number, and is the target if it holds."""
        number = max((known.number for known in self.generations), default=0) + 1
        current = number if one.outcome == APPLIED else self.current
        kept = [known for known in self.generations[-_MOST + 1 :] if known.number != current]
        wanted = self.get(current)
        if wanted is not None and wanted not in kept:
            kept.append(wanted)
        kept.sort()
        return Target(current, (*kept, one._replace(number=number)))

    def has(self, writer: Writer) -> bool:
        """Whether the newest generation is of the run of this writer."""
        last = self.generations[-1] if self.generations else None
        return last is not None and (last.pid, last.when) == (writer.pid, writer.started)

    def without(self, writer: Writer, reason: str) -> Target:
        """As if the run of this writer had not held: its generation was taken back after it was noted."""
        if not self.has(writer):
            return self
        *rest, last = self.generations
        held = [one.number for one in rest if one.outcome == APPLIED]
        failed = last._replace(outcome=TAKEN_BACK, reason=reason)
        return Target(held[-1] if held else 0, (*rest, failed))


def generation(
    writer: Writer, text: str, numbers: Mapping[str, bytes], reason: Optional[str] = None
) -> Generation:
    """Of a run. ``reason`` why it was taken back; None: it held."""
    return Generation(
        0,
        writer.source,
        digest_of(text),
        writer.started,
        writer.pid,
        writer.user or user_name(),
        writer.command,
        APPLIED if reason is None else TAKEN_BACK,
        reason or "",
        numbering.to_json(numbers),
        writer.persist,
    )


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def user_name() -> str:
    """Who logged in, where that is known, else whose process this is."""
    number = os.getuid()
    try:
        with open("/proc/self/loginuid", encoding="ascii") as file:
            login = int(file.read())
    except (OSError, ValueError):
        login = _UNSET
    number = number if login == _UNSET else login
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


#: (uid_t) -1: nobody logged in (linux/audit.h, AUDIT_UID_UNSET).
_UNSET = 0xFFFFFFFF


class TargetError(Exception):
    """The target is there and cannot be used. The text names the file."""


class TargetFile:
    def __init__(self, directory: str = STATE_DIR) -> None:
        self.path = os.path.join(directory, "target.json")
        self._texts = os.path.join(directory, _DIRECTORY)

    def load(self) -> Target:
        """Raises TargetError."""
        try:
            content = files.content(self.path)
            return Target() if content is None else _from_json(json.loads(content))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TargetError(f"{self.path} cannot be used: {error}") from error

    def text(self, one: Generation) -> str:
        """Raises TargetError: it is gone, or is not what it was."""
        path = self._path(one.digest)
        content = files.content(path)
        text = None if content is None else content.decode("utf-8", "surrogateescape")
        if text is None or digest_of(text) != one.digest:
            raise TargetError(f"{path}, the text of generation {one.number}, is gone or not what it was")
        return text

    def save(self, target: Target, text: Optional[str] = None) -> None:
        """With the ``text`` of the newest generation; those that none has any more go. Raises OSError."""
        if text is not None:
            path = self._path(target.generations[-1].digest)
            content = text.encode("utf-8", "surrogateescape")
            if files.content(path) != content:
                files.replace(path, content, _MODE)
        files.replace(self.path, json.dumps(_to_json(target), indent=1).encode() + b"\n", _MODE)
        self._tidy({one.digest for one in target.generations})

    def _path(self, digest: str) -> str:
        return os.path.join(self._texts, f"{digest}.yaml")

    def _tidy(self, known: set[str]) -> None:
        names = os.listdir(self._texts) if os.path.isdir(self._texts) else []
        for name in names:
            if name.partition(".")[0] not in known:
                os.unlink(os.path.join(self._texts, name))


def _to_json(target: Target) -> Dict[str, Any]:
    generations: List[Dict[str, Any]] = [
        {**one._asdict(), "command": list(one.command), "numbers": dict(one.numbers)}
        for one in target.generations
    ]
    head = {"format": FORMAT, "version": VERSION, "current": target.current}
    return {**head, "generations": generations}


def _from_json(content: Any) -> Target:
    if content["format"] != FORMAT or content["version"] != VERSION:
        raise ValueError(f"its format is {content['format']!r}, version {content['version']!r}")
    return Target(int(content["current"]), tuple(_generation(one) for one in content["generations"]))


def _generation(entry: Any) -> Generation:
    """Raises ValueError, KeyError, TypeError, AttributeError: whatever is wrong with it is found here."""
    found = Generation(**{**entry, "command": tuple(entry["command"])})
    numbering.from_json(found.numbers)
    persist = bool(found.persist)
    return found._replace(
        number=int(found.number), when=float(found.when), pid=int(found.pid), persist=persist
    )
