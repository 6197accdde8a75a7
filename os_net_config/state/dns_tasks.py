"""How name servers and search domains change, as tasks: those of a link when it has its addresses. Pure."""

from __future__ import annotations

from typing import Iterator, Tuple

from .context import Context
from .graph import Fact, Task
from .model import DnsKey, ResolverKey


def dns_tasks(around: Context) -> Iterator[Task]:
    for key, change in around.changes.items():
        if isinstance(key, ResolverKey):
            yield Task(change)
        elif isinstance(key, DnsKey) and change.after is not None:
            have = around.live.get(key) if key.link in around.fall.gone else None
            again = {**(have.values if have is not None else {}), **change.after}
            yield Task(change._replace(after=again), dns_needs(key))


def dns_needs(key: DnsKey) -> Tuple[Fact, ...]:
    return tuple(Fact(what, key.link) for what in ("exists", "up", "addresses"))
