"""Read and set the groups of settings of NICs, one message for each."""

from __future__ import annotations

import errno
import os
from typing import Collection, Dict, Optional, Sequence

from ...state import ethtool
from ...state.diff import Change
from ...state.model import EthtoolKey, Key, Resource
from ...state.values import Values
from ..protocol import ExecuteError, ObserveError
from ..rtnetlink.decode import attributes
from ..rtnetlink.socket import NetlinkSocket, Refusal, UnansweredError, opened
from ..rtnetlink.wire import NLATTR
from . import decode, encode, wire

#: What the kernel says of a link that has no such group.
_HAS_NONE = errno.EOPNOTSUPP


class EthtoolBackend:
    """The NICs of this network namespace. ``close`` ends it."""

    def __init__(self, netlink: Optional[NetlinkSocket] = None) -> None:
        self._socket = netlink or NetlinkSocket(opened(wire.NETLINK_GENERIC))
        self._known: Optional[int] = None

    def close(self) -> None:
        self._socket.close()

    def observe(self, keys: Collection[EthtoolKey]) -> Dict[Key, Resource]:
        """These groups, without what a link does not tell just now. Raises ObserveError.

        A link that has no such group has the reason instead (ethtool.REFUSED).
        """
        found: Dict[Key, Resource] = {}
        for key in sorted(keys):
            values = self._values(key)
            if values is not None:
                found[key] = Resource(key, values)
        return found

    def _values(self, key: EthtoolKey) -> Optional[Values]:
        answer = self._socket.answer(self._family(), encode.question(key))
        if isinstance(answer, Refusal):
            return {ethtool.REFUSED: str(answer)} if answer.errno == _HAS_NONE else None
        buffer, start, end = answer
        return decode.values(key.group, buffer[start + wire.GENLMSGHDR.size : end])

    def _family(self) -> int:
        """Its number; raises ObserveError where the kernel does not have it."""
        if self._known is None:
            answer = self._socket.answer(wire.GENL_ID_CTRL, encode.family(wire.FAMILY))
            if isinstance(answer, Refusal):
                kernel = f"this kernel ({os.uname().release})"
                raise ObserveError(f"{kernel} has no ethtool by netlink: {answer}")
            buffer, start, end = answer
            told = decode.raw(buffer[start + wire.GENLMSGHDR.size : end])
            self._known = decode.number(told[wire.CTRL_ATTR_FAMILY_ID])
        return self._known

    def execute(self, steps: Sequence[Change]) -> None:
        """Raises ExecuteError."""
        for number, step in enumerate(steps):
            try:
                reason = self._set(step)
            except (ObserveError, UnansweredError) as error:
                reason = str(error)
            if reason:
                raise ExecuteError.at(number, steps, reason)

    def _set(self, step: Change) -> str:
        """Why the kernel does not take it; empty where it does."""
        assert isinstance(step.key, EthtoolKey), step
        body = encode.order(step.key, step, self._names(step.key, step.after or {}))
        refusals = self._socket.request([(self._family(), 0, body)])
        return _reason(step.key, step, body, refusals[0]) if refusals else ""

    def _names(self, key: EthtoolKey, said: Values) -> encode.Matching:
        """What names of several features stand for: asked where one is said of a link that was not read."""
        if key.group != ethtool.FEATURES or not said.keys() & ethtool.PATTERNS.keys():
            return lambda name: (name,)
        free = ethtool.changeable(self._values(key) or {})
        return lambda name: ethtool.matching(name, free)


def _reason(key: EthtoolKey, step: Change, body: bytes, refusal: Refusal) -> str:
    """The kernel's reason, after the attribute that it is about where that is known."""
    table, after = ethtool.TABLES[key.group], step.after or {}
    name = next(iter(after)) if len(after) == 1 else _at(key, body, refusal.offset)
    if name not in after:
        return str(refusal)
    return f"{name} {table[name].type.show(after[name])}: {refusal}"


def _at(key: EthtoolKey, body: bytes, offset: Optional[int]) -> str:
    """The name of the attribute at a place of the message; empty: there is none that a step says."""
    found = attributes(body, wire.GENLMSGHDR.size, len(body))
    places = {start - NLATTR.size: number for number, start, _ in found}
    return encode.names(key.group).get(places.get(offset or 0, 0), "")
