"""A connection by the library of Open vSwitch, which ends with the server: nothing waits for another one."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Callable, Dict, Iterator, Optional
from uuid import UUID, uuid4

import ovs.db.idl
import ovs.json
from ovs.db.idl import Idl, SchemaHelper, Transaction
from ovs.poller import Poller

from ...state import row
from ..protocol import ObserveError
from . import decode, schema
from .columns import Column
from .decode import Read, Uuid

#: A row of the library's, which has no types.
Row = Any

#: What is asked for only to be answered.
_ANY_COLUMN = schema.CURRENT


class LostError(ObserveError):
    """The server has closed the connection."""


class LateError(ObserveError):
    """The server has not answered by the deadline."""


class RefusedError(Exception):
    """The server refused the transaction; the text is its own."""


class FasterError(Exception):
    """What the transaction begins from is not so any more."""


class UncertainError(Exception):
    """The transaction was sent, and nothing is known of it."""


class Connection:
    """The rows as the server has them. ``deadline``: of time.monotonic()."""

    def __init__(self, path: str, description: schema.Schema, deadline: float) -> None:
        """Raises LostError, LateError."""
        helper = SchemaHelper(schema_json=description)
        helper.register_all()
        self._path = path
        self._read: Dict[Uuid, Read] = {}
        with _identifiers_that_are_drawn():
            self._idl = Idl(f"unix:{path}", helper)
        # Another server may be another database: the first attempt to connect is the only one.
        self._session = self._idl._session
        self._session.reconnect.set_max_tries(0)
        self._idl.notify = self._forget
        #: The number of a change that ovs-vswitchd has not carried out in time.
        self._overdue = 0
        self.until(self._idl.has_ever_connected, deadline)

    def close(self) -> None:
        self._idl.close()

    @property
    def root(self) -> Optional[Row]:
        """The one row of the table Open_vSwitch, if it was made yet."""
        return next(iter(self._idl.tables[row.ROOT].rows.values()), None)

    def carried_out(self, number: int, deadline: float) -> None:
        """Wait until ovs-vswitchd has carried out the change with this number. Raises LostError, LateError.

        Where it has not carried out an earlier one in time, and still has not, nothing is waited for.
        """
        is_behind = bool(self._overdue) and not self._has_seen(self._overdue)
        try:
            self.until(lambda: self._has_seen(number), 0 if is_behind else deadline)
        except LateError:
            self._overdue = number
            raise

    def catch_up(self, deadline: float) -> bool:
        """Wait until ovs-vswitchd has carried out all changes; whether there was one, and it has."""
        number = int(getattr(self.root, schema.NEXT)) if self.root is not None else 0
        if not number or self._has_seen(number):
            return False
        try:
            self.carried_out(number, deadline)
        except (LateError, LostError):
            return False
        return True

    def _has_seen(self, number: int) -> bool:
        return self.root is not None and int(getattr(self.root, schema.CURRENT)) >= number

    def row(self, table: str, uuid: Uuid) -> Row:
        return self._idl.tables[table].rows[uuid]

    def column(self, table: str, name: str) -> Optional[Column]:
        """None: this Open vSwitch does not have it."""
        return self._idl.tables[table].columns.get(name)

    def tables(self) -> Dict[str, Dict[Uuid, Read]]:
        """All rows, of which only those are decoded anew that have changed."""
        found = {}
        for table in row.TABLES:
            rows = self._idl.tables[table].rows
            for uuid, one in rows.items():
                if uuid not in self._read:
                    self._read[uuid] = _decoded(table, one)
            found[table] = {uuid: self._read[uuid] for uuid in rows}
        return found

    def _forget(self, _: str, changed: Row, updates: Optional[Row] = None) -> None:
        self._read.pop(changed.uuid, None)

    def until(self, is_so: Callable[[], bool], deadline: float) -> None:
        """Take in what the server tells until it is so. Raises LostError, LateError."""
        while True:
            self._idl.run()
            if is_so():
                return
            if not self._session.is_alive():
                raise LostError(f"{self._path}: the connection was closed")
            left = deadline - time.monotonic()
            if left <= 0:
                raise LateError(f"{self._path}: no answer in time")
            poller = Poller()
            self._idl.wait(poller)
            poller.timer_wait(math.ceil(left * 1000))
            poller.block()

    def sync(self, deadline: float) -> None:
        """Take in all changes up to now, which the server tells before it answers.

        Raises LostError, LateError.
        """
        if self.root is None:
            raise LostError(f"{self._path}: there is no row to ask for")
        with self.transaction() as transaction:
            pass
        if self._finished(transaction, deadline) != Transaction.SUCCESS:
            raise LostError(f"{self._path}: the database was exchanged")

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """What is put together here goes out at the end. Raises LostError: nothing was sent."""
        transaction, is_whole = Transaction(self._idl), False
        try:
            if self.root is not None:
                # The library sends nothing where it finds nothing to do: so there is something to ask for.
                self.root.fetch(_ANY_COLUMN)
            yield transaction
            is_whole = True
        finally:
            if not is_whole:
                transaction.abort()
        if transaction.commit() == Transaction.TRY_AGAIN:
            raise LostError(f"{self._path}: the connection was closed")

    def insert(self, transaction: Any, table: str) -> Row:
        return transaction.insert(self._idl.tables[table])

    def settled(self, transaction: Any, deadline: float) -> int:
        """Wait for the answer: the number by which ovs-vswitchd tells that it has looked at the change.

        Raises RefusedError, FasterError, UncertainError.
        """
        try:
            status = self._finished(transaction, deadline)
        except ObserveError as error:
            raise UncertainError(f"{error}; whether the change was made is not known") from error
        if status == Transaction.TRY_AGAIN:
            raise FasterError("another program has changed the same meanwhile")
        if status != Transaction.SUCCESS:
            raise RefusedError(_refusal(transaction.get_error()))
        return int(transaction.get_increment_new_value())

    def _finished(self, transaction: Any, deadline: float) -> str:
        self.until(lambda: transaction.commit() != Transaction.INCOMPLETE, deadline)
        return str(transaction.commit())


@contextmanager
def _identifiers_that_are_drawn() -> Iterator[None]:
    """Those that the library calls its questions by.

    It makes them of the time, for which libuuid writes a clock to /var/lib/libuuid: reading never writes.
    """
    before = ovs.db.idl.uuid
    ovs.db.idl.uuid = SimpleNamespace(UUID=UUID, uuid1=uuid4)
    try:
        yield
    finally:
        ovs.db.idl.uuid = before


def _decoded(table: str, one: Row) -> Read:
    columns = {name: getattr(one, name) for name in one._table.columns}
    listed = {name: tuple(part.uuid for part in columns[name]) for name in schema.lists(table)}
    name = str(columns[schema.NAMES[table]]) if table in schema.NAMES else row.ROOT_NAME
    return Read(name, decode.values(table, columns), listed)


def _refusal(text: str) -> str:
    """The server's words in its error (RFC 7047, 4.1.3)."""
    said = ovs.json.from_string(text)
    if not isinstance(said, dict):
        return text
    return ": ".join(str(said[part]) for part in ("error", "details") if part in said)
