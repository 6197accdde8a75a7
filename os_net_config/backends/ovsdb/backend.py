"""Observe and execute on the database of Open vSwitch."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Dict, Optional, Sequence

from ...state import row
from ...state.diff import Change
from ...state.model import Key, Resource, RowKey
from .. import appearance
from ..protocol import ExecuteError, ObserveError
from . import decode, schema
from .told import blamed, errors, in_words, of_dpdk

if TYPE_CHECKING:
    from .connection import Connection


#: Seconds that the server is given to answer, and ovs-vswitchd to carry out what it is told.
_DEADLINE = 30.0
#: Seconds that ovs-vswitchd is given for each link that the kernel makes for it, one after another.
_FOR_A_LINK = 0.25


class OvsdbBackend:
    """The rows of Open vSwitch's database, as far as they configure. Close it in the end.

    ``path`` is the socket of ovsdb-server; empty: where it is by default. ``seconds`` are given to the server
    to answer, and to ovs-vswitchd to carry out what it is told: 30, and more where that is much.
    """

    def __init__(self, path: str = "", seconds: Optional[float] = None) -> None:
        self._path = path or schema.default_socket()
        self._seconds = _DEADLINE if seconds is None else seconds
        self._connection: Optional[Connection] = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def observe(self) -> Dict[Key, Resource]:
        """All rows by key; nothing at all where there is no Open vSwitch. Raises ObserveError."""
        connection = self._connected(time.monotonic() + self._seconds)
        return decode.resources(connection.tables()) if connection is not None else {}

    def catch_up(self) -> bool:
        """Wait until ovs-vswitchd has carried out what the database says. Raises ObserveError.

        False where there was nothing to be carried out, or it is not done in time.
        """
        deadline = time.monotonic() + self._seconds
        connection = self._connected(deadline)
        return connection is not None and connection.catch_up(deadline)

    def wait(self, seconds: float) -> bool:
        """Until the database answers, and has been set up; False when the time is over. Raises ObserveError.

        The server is known by its socket. It listens a moment after it has made that, and only then makes
        its control socket beside it (ovsdb-server(8), --unixctl).
        """
        deadline = time.monotonic() + seconds
        try:
            return appearance.until(lambda: self._is_set_up(deadline), os.path.abspath(self._path), deadline)
        except OSError as error:
            raise ObserveError(f"{self._path} cannot be waited for: {error.strerror}") from error

    def _is_set_up(self, deadline: float) -> bool:
        """Whether there is the row that ``ovs-vsctl init`` makes: it is waited for where a server answers."""
        connection = self._connected(max(deadline, time.monotonic() + self._seconds))
        if connection is None:
            return False
        from .connection import LateError, LostError

        try:
            connection.until(lambda: connection.root is not None, deadline)
        except (LateError, LostError):
            return False
        return True

    def execute(self, steps: Sequence[Change]) -> None:
        """Make all steps in one transaction, and wait until ovs-vswitchd has seen it. Raises ExecuteError.

        Of a transaction that is refused nothing is done. Of one that was made all is, also where
        ovs-vswitchd fails to follow; and of one that nobody knows about all may be.
        """
        if not steps:
            return
        deadline = time.monotonic() + allowed(steps, self._seconds)
        try:
            connection = self._connected(deadline)
        except ObserveError as error:
            raise _refused(steps, steps[0], str(error)) from error
        if connection is None:
            raise _refused(steps, steps[0], f"nobody listens on {self._path}: is Open vSwitch running?")
        number = self._make(steps, connection, deadline)
        self._see(steps, connection, number, deadline)

    def _connected(self, deadline: float) -> Optional[Connection]:
        """With all changes up to now. None: nobody listens. Raises ObserveError."""
        if self._connection is not None and self._is_up_to_date(self._connection, deadline):
            return self._connection
        self.close()
        description = schema.asked(self._path, deadline - time.monotonic())
        if description is None:
            return None
        from .connection import Connection

        self._connection = Connection(self._path, description, deadline)
        return self._connection

    def _is_up_to_date(self, connection: Connection, deadline: float) -> bool:
        """Whether the server is still the same one, and answers. Raises ObserveError where it does not."""
        from .connection import LostError

        try:
            connection.sync(deadline)
        except LostError:
            return False
        except ObserveError:
            self.close()
            raise
        return True

    def _make(self, steps: Sequence[Change], connection: Connection, deadline: float) -> int:
        """The number by which ovs-vswitchd tells that it has seen it."""
        from .connection import FasterError, LostError, RefusedError, UncertainError
        from .write import StepError, Writer

        try:
            with connection.transaction() as transaction:
                transaction.add_comment("os-net-config")
                Writer(connection, transaction).write(steps)
            return connection.settled(transaction, deadline)
        except StepError as error:
            raise _refused(steps, error.step, error.reason) from error
        except RefusedError as error:
            raise _refused(steps, blamed(steps, str(error)), str(error)) from error
        except FasterError as error:
            raise _why(steps, connection, str(error)) from error
        except LostError as error:
            raise _refused(steps, steps[0], str(error)) from error
        except UncertainError as error:
            self.close()
            raise ExecuteError(steps[0], str(error), steps) from error

    def _see(self, steps: Sequence[Change], connection: Connection, number: int, deadline: float) -> None:
        """Wait until ovs-vswitchd has seen the change, and hear what it says of it."""
        self._carried_out(steps, connection, number, deadline)
        found = decode.resources(connection.tables())
        driven, told = of_dpdk(steps, found), errors(steps, found)
        if driven and not told:
            self._look_again(steps, driven, connection, deadline)
            told = errors(steps, decode.resources(connection.tables()))
        if told:
            raise ExecuteError(told[0][0], in_words(told), steps)

    def _carried_out(
        self, steps: Sequence[Change], connection: Connection, number: int, deadline: float
    ) -> None:
        from .connection import LateError, LostError

        try:
            connection.carried_out(number, deadline)
        except LateError as error:
            seconds = allowed(steps, self._seconds)
            what = f"ovs-vswitchd has not carried out the change within {seconds:.0f} s: does it run?"
            raise ExecuteError(steps[0], what, steps) from error
        except LostError as error:
            what = "before ovs-vswitchd has carried out the change"
            self.close()
            raise ExecuteError(steps[0], f"{error} {what}", steps) from error

    def _look_again(
        self, steps: Sequence[Change], driven: Sequence[Change], connection: Connection, deadline: float
    ) -> None:
        """Have ovs-vswitchd look at its interfaces of DPDK once more.

        One that DPDK refuses to set up anew has left the datapath when a change is carried out, and
        ovs-vswitchd only finds out with the next one (vswitchd/bridge.c, bridge_delete_or_reconfigure_ports).
        """
        nudges = [step._replace(before={}, after={}, transient=True) for step in driven]
        try:
            number = self._make(nudges, connection, deadline)
        except ExecuteError as error:
            raise ExecuteError(steps[0], error.reason, steps) from error
        self._carried_out(steps, connection, number, deadline)


def allowed(steps: Sequence[Change], seconds: float) -> float:
    """How long the steps may take where a small change may take so many seconds."""
    made = (step for step in steps if step.before is None and isinstance(step.key, RowKey))
    return seconds + _FOR_A_LINK * sum((step.after or {}).get("type") == row.INTERNAL for step in made)


def _why(steps: Sequence[Change], connection: Connection, text: str) -> ExecuteError:
    """Which step begins from what is not so any more: what has changed is known by the server's answer."""
    from .write import StepError, Writer

    try:
        with connection.transaction() as transaction:
            Writer(connection, transaction).write(steps)
            raise StepError(steps[0], text)
    except StepError as error:
        return _refused(steps, error.step, error.reason)


def _refused(steps: Sequence[Change], step: Change, reason: str) -> ExecuteError:
    """Nothing was done."""
    return ExecuteError(step, reason, (), [one for one in steps if one is not step])
