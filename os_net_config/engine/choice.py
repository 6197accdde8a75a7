"""What a boot applies: the target, or a config file that was written since. Pure."""

from __future__ import annotations

import time
from typing import NamedTuple, Optional, Sequence

from .target import DIED, TAKEN_BACK, Generation, Target, digest_of


class File(NamedTuple):
    """The config file as it is. ``text`` None: there is none. ``changed`` in seconds since 1970."""

    path: str
    text: Optional[str]
    changed: float = 0


class Choice(NamedTuple):
    """What is to be tried in this order: a generation, or None for the file. ``remarks`` say why."""

    order: Sequence[Optional[Generation]]
    remarks: Sequence[str]


def choose(target: Target, file: File) -> Choice:
    """The node holds to its target until the file says something new.

    A text that was taken back is nothing new, whenever it was written; one that was replaced (by a
    rollback, say) is new if it was written after that. Where there is nothing else, that of a run
    that died is tried again.
    """
    wanted = target.wanted
    # What was made the target for the next boot has never been tried.
    rest = [one for one in (wanted, target.previous) if one is not None]
    if file.text is None:
        remark = f"{file.path} is gone: the config that it had is applied"
        return Choice(rest, [remark]) if rest else Choice([None], [])
    digest = digest_of(file.text)
    if wanted is not None and (wanted.source, wanted.digest) == (file.path, digest):
        return Choice(rest, [])
    known = _last_of(target, file.path, digest)
    if known is not None and known.outcome == TAKEN_BACK and (rest or known.reason != DIED):
        return Choice(rest, [_not_again(known)])
    if rest and known is not None and file.changed <= target.generations[-1].when:
        return Choice(rest, [f"{file.path} is as it was in generation {known.number}, which was left since"])
    return Choice([None, *rest], [])


def _last_of(target: Target, path: str, digest: str) -> Optional[Generation]:
    found = [one for one in reversed(target.generations) if (one.source, one.digest) == (path, digest)]
    return found[0] if found else None


def _not_again(one: Generation) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.when))
    return f"{one.source} is not applied again until it changes: it was taken back on {when} ({one.reason})"
