"""What Open vSwitch does to a run of each plan over it: it ends, stands still, refuses, or cannot make it.

Where it cannot be told what became of the run, the next start goes on when Open vSwitch is back.
"""

from __future__ import annotations

import contextlib
import signal
import uuid
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest
from ovs.jsonrpc import Message, Session

from os_net_config.backends.ovsdb import OvsdbBackend, backend
from tests.independence import program

from .matrix import BACK, FORWARD, Matrix, Site, between
from .plans import PLANS
from .requests import is_write, operations
from .switch import Switch

#: Seconds that Open vSwitch is given here, instead of 30.
_PATIENCE = 1.0
_FAILED = 4
_AS_IT_WAS = "the node is as it was, verified"
_LATER = "os-net-config recover takes back what is left"

Happens = Callable[[Switch, Message], None]


class Kind(NamedTuple):
    """``said`` is what the run says of it; ``settled``: the run takes all back itself.

    It happens before the first transaction is sent, when it is on its way, and when it was carried out.
    """

    said: str
    sending: Happens = lambda switch, message: None
    sent: Happens = lambda switch, message: None
    done: Happens = lambda switch, message: None
    settled: bool = True


class SwitchFault(NamedTuple):
    plan: int
    kind: str
    way: str

    def __str__(self) -> str:
        return f"{PLANS[self.plan].name}: {self.kind}, then {self.way}"


def _kill(switch: Switch, *_: Message) -> None:
    switch.daemons.kill("ovsdb-server")


def _hold(switch: Switch, _: Message) -> None:
    switch.daemons.send("ovsdb-server", signal.SIGSTOP)


def _stop(switch: Switch, _: Message) -> None:
    switch.daemons.send("ovs-vswitchd", signal.SIGSTOP)


def _refuse(_: Switch, message: Message) -> None:
    """One more row is said to be a bridge, which nobody has made."""
    unknown = ["uuid", str(uuid.uuid4())]
    message.params.append({"op": "update", "table": "Open_vSwitch", "where": [], "row": {"bridges": unknown}})


def _spoil(_: Switch, message: Message) -> None:
    """New interfaces of the kernel are of a type that no Open vSwitch knows."""
    for one in operations(message):
        if _makes_an_interface(one):
            one["row"]["type"] = "nonsense"


def _makes_an_interface(operation: Dict[str, Any]) -> bool:
    row = operation.get("row", {})
    return bool(operation.get("table") == "Interface" and row.get("type") == "internal")


KINDS: Dict[str, Kind] = {
    # Nothing was sent.
    "the server ends before": Kind("the connection was closed", _kill),
    "the server ends unasked": Kind("whether the change was made is not known", _hold, _kill, settled=False),
    # Unless ovs-vswitchd was done by then.
    "the server ends after": Kind("", done=_kill, settled=False),
    "the daemon stands still": Kind("ovs-vswitchd has not carried out the change", _stop),
    "the server refuses": Kind("referential integrity violation", _refuse),
    "an interface cannot be": Kind("could not open network device", _spoil),
}


@contextlib.contextmanager
def _happening(kind: Kind, switch: Switch) -> Iterator[List[Message]]:
    """Once: what follows is the way back. The transaction is told."""
    send, see = Session.send, OvsdbBackend._see
    first: List[Message] = []
    seen: List[int] = []

    def sending(session: Any, message: Message) -> Any:
        if not is_write(message) or first:
            return send(session, message)
        first.append(message)
        kind.sending(switch, message)
        result = send(session, message)
        kind.sent(switch, message)
        return result

    def done(of: OvsdbBackend, *details: Any) -> None:
        if not seen:
            seen.append(1)
            kind.done(switch, first[0])
        see(of, *details)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backend, "_DEADLINE", _PATIENCE)
        patched.setattr(Session, "send", sending)
        patched.setattr(OvsdbBackend, "_see", done)
        yield first


class SwitchFaultMatrix:
    """All that may happen to the plans over Open vSwitch."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix

    def faults(self, number: int) -> Iterator[SwitchFault]:
        """Of a plan."""
        if PLANS[number].switch:
            for name, kind in KINDS.items():
                for way in (BACK,) if kind.settled else (BACK, FORWARD):
                    yield SwitchFault(number, name, way)

    def attempt(self, fault: SwitchFault) -> List[str]:
        """What is wrong with what came of it."""
        case, kind = PLANS[fault.plan], KINDS[fault.kind]
        with self._matrix.made(case) as site:
            switch = site.switch
            assert switch is not None
            before = site.reading()
            with _happening(kind, switch) as transaction:
                run = program.run(*site.arguments())
            if kind.sending is _spoil and not any(map(_is_spoiled, operations(transaction[0]))):
                # Nothing of this plan can be spoiled.
                return []
            found = [f"exit status {run.status}: {run.errors}"] if run.status != _FAILED else []
            said = (kind.said, _AS_IT_WAS if kind.settled else _LATER)
            found += [f"{words!r} is not said: {run.errors}" for words in said if words not in run.errors]
            found += _goes_on(kind, fault.way, site, switch)
            then = site.reading()
            found += site.lost(before, then)
        goal = self._matrix.rehearsal(fault.plan).end if fault.way == FORWARD else before
        return [*found, *between(then, goal, case)]


def _is_spoiled(operation: Dict[str, Any]) -> bool:
    return bool(operation.get("row", {}).get("type") == "nonsense")


def _goes_on(kind: Kind, way: str, site: Site, switch: Switch) -> List[str]:
    """What is wrong when Open vSwitch is as it was: the next start, and what there is for it to do."""
    if kind.settled:
        switch.daemons.send("ovs-vswitchd", signal.SIGCONT)
        if not switch.daemons.is_running("ovsdb-server"):
            switch.daemons.start_server()
        switch.catch_up()
        return ["the journal is still there"] if site.has_begun() else []
    found = [] if site.has_begun() else ["there is no journal"]
    # Nothing can be told, and nothing is done, for as long as nobody answers.
    early = program.run(*site.recovery(way))
    found += [f"it recovers without a database: {early}"] if early.status in (0, 2) else []
    found += [] if site.has_begun() else ["the journal is gone"]
    switch.daemons.start_server()
    return [*found, *site.recovered(way)]
