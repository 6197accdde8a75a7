"""Observe and execute over one socket."""

from __future__ import annotations

import socket
from typing import Iterator, List, Sequence, Set

from ...state import link, route
from ...state.diff import Change
from ...state.model import AddressKey, LinkKey, State
from ..protocol import ExecuteError
from . import decode, wire
from .socket import NetlinkSocket, Traffic, UnansweredError

_AF_INET, _AF_INET6 = 2, 10


def _u32(number: int, value: int) -> bytes:
    return wire.NLATTR.pack(8, number) + wire.U32.pack(value)


class RtnetlinkBackend:
    """The kernel's links, addresses and routes of the main table, in this network namespace."""

    def __init__(self) -> None:
        self._socket = NetlinkSocket()

    def __enter__(self) -> RtnetlinkBackend:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def traffic(self) -> Traffic:
        return self._socket.traffic

    def observe(self) -> State:
        """Four dumps: links without statistics, addresses, and each family's main table."""
        dump = self._socket.dump
        body = wire.IFINFOMSG.pack(0, 0, 0, 0, 0) + _u32(wire.IFLA_EXT_MASK, wire.RTEXT_FILTER_SKIP_STATS)
        links, names = decode.links(dump(wire.RTM_GETLINK, body))
        resources = dict(links)
        resources.update(decode.addresses(dump(wire.RTM_GETADDR, wire.IFADDRMSG.pack(0, 0, 0, 0, 0)), names))
        for family in (_AF_INET, _AF_INET6):
            body = wire.RTMSG.pack(family, 0, 0, 0, 0, 0, 0, 0, 0) + _u32(wire.RTA_TABLE, route.MAIN_TABLE)
            resources.update(decode.routes(dump(wire.RTM_GETROUTE, body), names))
        return State(resources)

    def execute(self, steps: Sequence[Change]) -> None:
        """Send the steps in as few batches as the kernel's numbering allows.

        A message names links by index, and a link has one only when it exists: a step that
        speaks of a link made in the batch waits for the next one.
        """
        done: List[Change] = []
        sent = 0
        for batch in _batches(steps):
            sent += len(batch)
            self._send(batch, done, steps[sent:])

    def _send(self, batch: Sequence[Change], done: List[Change], remaining: Sequence[Change]) -> None:
        # Imports pyroute2, which a run without change does not need.
        from .encode import encode
        from .refusal import reason

        messages = []
        for number, step in enumerate(batch):
            try:
                messages.append(encode(step, socket.if_nametoindex))
            except OSError as error:
                untried = [*batch[:number], *batch[number + 1 :], *remaining]
                needed = ", ".join(sorted(_links_named(step)))
                reason_given = f"a link that it needs is not there (of {needed}): {error}"
                raise ExecuteError(step, reason_given, done, untried) from error
        try:
            refusals = self._socket.request(messages)
        except UnansweredError as error:
            refused = {refusal.number for refusal in error.refusals}
            # What may have been done has to be taken back as well.
            done.extend(step for number, step in enumerate(batch) if number not in refused)
            raise ExecuteError(batch[error.numbers[0]], str(error), done, remaining) from error
        refused = {refusal.number for refusal in refusals}
        done.extend(step for number, step in enumerate(batch) if number not in refused)
        if refusals:
            first = refusals[0]
            step = batch[first.number]
            raise ExecuteError(step, reason(step, messages[first.number].body, first), done, remaining)


def _batches(steps: Sequence[Change]) -> Iterator[List[Change]]:
    batch: List[Change] = []
    made: Set[str] = set()
    for step in steps:
        if made & _links_named(step):
            yield batch
            batch, made = [], set()
        batch.append(step)
        if isinstance(step.key, LinkKey) and step.before is None:
            made.add(step.key.name)
    if batch:
        yield batch


def _links_named(step: Change) -> Set[str]:
    """The links whose index the step's message carries."""
    named = {str(value) for name, value in (step.after or {}).items() if name in _LINK_ATTRIBUTES and value}
    if isinstance(step.key, LinkKey):
        return named | ({step.key.name} if step.before is not None else set())
    return named | ({step.key.link} if isinstance(step.key, AddressKey) else set())


_LINK_ATTRIBUTES = frozenset({link.LOWER.name, link.MASTER.name, "primary", "active_slave"})
