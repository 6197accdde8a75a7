"""Observe and execute over one socket."""

from __future__ import annotations

import logging
import socket
import struct
from typing import TYPE_CHECKING, Dict, FrozenSet, Iterable, Iterator, List, Mapping, Optional, Sequence, Set

from ...state import link, veth
from ...state.diff import Change
from ...state.loss import Attached
from ...state.model import AddressKey, Key, LinkKey, Resource, State, SysctlKey
from ...state.problem import listed
from ...state.values import NextHop
from ..protocol import Answers, ExecuteError, ObserveError, SettleError
from . import carrier, dad, decode, decode_route, decode_rule, leases, settings, unflagged, wire
from .decode import Message
from .socket import NetlinkSocket, Refusal, Traffic, UnansweredError

if TYPE_CHECKING:
    from ...state.clients import Asking
    from .encode import Encoded

log = logging.getLogger(__name__)


class RtnetlinkBackend:
    """The kernel's links, addresses, routes of all tables and rules, in this network namespace.

    ``arp_wait``: in seconds, see NodeBackend.
    """

    def __init__(self, netlink: Optional[NetlinkSocket] = None, arp_wait: float = 0) -> None:
        self._socket = netlink or NetlinkSocket()
        self._arp_wait = arp_wait

    def __enter__(self) -> RtnetlinkBackend:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def traffic(self) -> Traffic:
        return self._socket.traffic

    def observe(self, protocols: Optional[FrozenSet[int]] = None) -> State:
        """A dump of links without statistics, addresses and rules each, and of routes one per protocol
        and family, in which the kernel leaves out those of other protocols.
        """
        try:
            return State(self._observed(protocols))
        except struct.error as error:
            raise ObserveError(f"the kernel's answer to a dump cannot be read: {error}") from error

    def _observed(self, protocols: Optional[FrozenSet[int]]) -> Dict[Key, Resource]:
        dump = self._socket.dump
        resources, names, specs = decode.links(dump(wire.RTM_GETLINK, wire.LINKS))
        resources.update(settings.read(specs))
        resources.update(decode.addresses(dump(wire.RTM_GETADDR, wire.IFADDRMSG.pack(0, 0, 0, 0, 0)), names))
        # 0 asks for all protocols.
        for protocol in sorted(protocols) if protocols is not None else (0,):
            resources.update(self._routes(protocol, names))
        # Of any family: a kernel without IPv6 would refuse to tell its rules.
        body, groups = bytes(wire.FIB_RULE_HDR.size), wire.RTMGRP_IPV4_RULE | wire.RTMGRP_IPV6_RULE
        resources.update(unflagged.read(self._socket, wire.RTM_GETRULE, body, groups, decode_rule.rules))
        return resources

    def _routes(self, protocol: int, names: Mapping[int, str]) -> Dict[Key, Resource]:
        """Of all tables: table 0 asks for them."""

        def decoded(answers: Sequence[Message]) -> Dict[Key, Resource]:
            return decode_route.routes(answers, names)

        ask = wire.RTM_GETROUTE
        body4, body6 = (
            wire.RTMSG.pack(family, 0, 0, 0, 0, protocol, 0, 0, 0) for family in (wire.AF_INET, wire.AF_INET6)
        )
        found = decoded(self._socket.dump(ask, body4))
        found.update(unflagged.read(self._socket, ask, body6, wire.RTMGRP_IPV6_ROUTE, decoded))
        return found

    def execute(self, steps: Sequence[Change]) -> None:
        """Send the steps in as few batches as the kernel's numbering allows.

        A message names links by index, and a link has one only when it exists: a step that
        speaks of a link made in the batch waits for the next one. So does a step that awaits
        addresses which no step before it awaited, and one that probes addresses.
        """
        done: List[Change] = []
        sent = 0
        for batch in _batches(steps):
            self._await_carriers(batch[0], done, steps[sent:])
            self._await(batch[0], done, steps[sent:])
            self._probe(batch[0], done, steps[sent:])
            sent += len(batch)
            self._send(batch, done, steps[sent:])

    def rename(self, steps: Sequence[Change]) -> None:
        """Give links other names. Raises ExecuteError."""
        from .rename import rename

        rename(steps, self._socket)

    def tidy(self, keys: Iterable[Key]) -> None:
        """The kernel carries out a message or does not."""

    def settle(self, addresses: Sequence[AddressKey]) -> None:
        dad.wait(addresses, self._socket)

    def await_leases(self, clients: Sequence[Asking], patience: leases.Patience) -> None:
        """Raises SettleError, ObserveError."""
        if clients:
            leases.wait(clients, patience, self._socket)

    def need_leases(self, steps: Sequence[Change], patience: leases.Patience) -> None:
        """Those of the clients that these steps await. Raises ExecuteError."""
        for number, step in enumerate(steps):
            try:
                leases.need(step, patience, self._socket)
            except (ObserveError, SettleError) as error:
                raise ExecuteError.at(number, steps, str(error)) from error

    def attached(self, links: Mapping[int, str]) -> Attached:
        from .attached import things
        from .elsewhere import children

        return Attached(children(links, self._socket), list(things(links, self._socket)))

    def in_use(self, addresses: Sequence[AddressKey]) -> Answers:
        return self._asked(addresses, carrier=0) if addresses else Answers({}, {})

    def announce(self, addresses: Sequence[AddressKey]) -> None:
        if addresses:
            from ..announce import announce

            announce(addresses)

    def _await_carriers(self, step: Change, done: List[Change], untried: Sequence[Change]) -> None:
        if step.carriers:
            try:
                carrier.wait(step.carriers, self._socket)
            except (OSError, ObserveError) as error:
                raise ExecuteError(step, f"carrier cannot be waited for: {error}", done, untried) from error

    def _await(self, step: Change, done: List[Change], untried: Sequence[Change]) -> None:
        try:
            dad.wait([key for key in step.awaits if isinstance(key, AddressKey)], self._socket)
        except SettleError as error:
            added = (one for one in reversed(done) if one.key == error.key)
            raise ExecuteError(next(added, step), error.reason, done, untried) from error
        except ObserveError as error:
            raise ExecuteError(step, str(error), done, untried) from error

    def _probe(self, step: Change, done: List[Change], untried: Sequence[Change]) -> None:
        if not step.probes or not self._arp_wait:
            return
        try:
            answers = self._asked(step.probes, carrier=self._arp_wait)
        except ObserveError as error:
            # As with announcements: a node that may not send ARP gets its network all the same.
            log.warning("a duplicate IPv4 address would not be noticed: %s", error)
            return
        for key, why in answers.unasked.items():
            log.info("nobody knows yet whether %s on %s is a duplicate: %s", key, key.link, why)
        if answers.taken:
            refused = next((one for one in untried if one.key in answers.taken), step)
            rest = [one for one in untried if one is not refused]
            raise ExecuteError(refused, _told(answers.taken, refused.key), done, rest)

    def _asked(self, addresses: Sequence[AddressKey], carrier: float) -> Answers:
        from ..arp import Times, in_use

        return in_use(addresses, Times(self._arp_wait, carrier), self._socket)

    def _send(self, batch: Sequence[Change], done: List[Change], remaining: Sequence[Change]) -> None:
        # Imports pyroute2, which a run without change does not need.
        from .refusal import reason
        from .requests import requests

        messages: List[Encoded] = []
        #: The step of each message, by its number in the batch.
        owners: List[int] = []
        for number, step in enumerate(batch):
            try:
                messages.extend(requests(step, socket.if_nametoindex))
            except OSError as error:
                untried = [*batch[:number], *batch[number + 1 :], *remaining]
                needed = ", ".join(sorted(_links_named(step)))
                reason_given = f"a link that it needs is not there (of {needed}): {error}"
                raise ExecuteError(step, reason_given, done, untried) from error
            owners.extend([number] * (len(messages) - len(owners)))
        try:
            refusals = self._socket.request([message[:3] for message in messages])
        except UnansweredError as error:
            done.extend(_done(batch, owners, error.refusals))
            raise ExecuteError(batch[owners[error.numbers[0]]], str(error), done, remaining) from error
        refusals = [one for one in refusals if one.errno not in messages[one.number].tolerated]
        done.extend(_done(batch, owners, refusals))
        if refusals:
            first = refusals[0]
            step = batch[owners[first.number]]
            raise ExecuteError(step, reason(step, messages[first.number].body, first), done, remaining)


def _told(taken: Mapping[AddressKey, bytes], refused: Key) -> str:
    """Who has the refused address, and who has other ones."""
    words = [f"is in use already, by {mac.hex(':')}" for key, mac in taken.items() if key == refused]
    others = [f"{key} on {key.link} ({mac.hex(':')})" for key, mac in taken.items() if key != refused]
    words += [f"in use by other nodes: {listed(others, _MOST_TAKEN)}"] if others else []
    return "; ".join(words)


#: Names in one line.
_MOST_TAKEN = 8


def _done(batch: Sequence[Change], owners: Sequence[int], refusals: Sequence[Refusal]) -> List[Change]:
    """The steps of which something was done or may have been, and has to be taken back where one fails."""
    refused = {refusal.number for refusal in refusals}
    tried = {owner for number, owner in enumerate(owners) if number not in refused}
    return [step for number, step in enumerate(batch) if number in tried]


def _batches(steps: Sequence[Change]) -> Iterator[List[Change]]:
    batch: List[Change] = []
    made: Set[str] = set()
    awaited: Set[Key] = set()
    for step in steps:
        waits = step.probes or step.carriers or not awaited.issuperset(step.awaits)
        if batch and (waits or made & _links_named(step)):
            yield batch
            batch, made = [], set()
        awaited.update(step.awaits)
        batch.append(step)
        if isinstance(step.key, LinkKey) and step.before is None:
            made.add(step.key.name)
    if batch:
        yield batch


def _links_named(step: Change) -> Set[str]:
    """The links whose index the step's message carries."""
    after = step.after or {}
    named = {str(value) for name, value in after.items() if name in _LINK_ATTRIBUTES and value}
    hops = after.get("nexthops")
    if isinstance(hops, tuple):
        named |= {str(hop.link) for hop in hops if isinstance(hop, NextHop)}
    if isinstance(step.key, LinkKey):
        is_there = step.before is not None or veth.comes_along(step.key.name, after)
        return named | ({step.key.name} if is_there else set())
    return named | ({step.key.link} if isinstance(step.key, (AddressKey, SysctlKey)) else set())


_LINK_ATTRIBUTES = frozenset({link.LOWER.name, link.MASTER.name, "primary", "active_slave"})
