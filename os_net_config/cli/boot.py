"""``os-net-config boot``: the network of this node as it is to be, when it starts."""

from __future__ import annotations

import argparse
import logging
import os
import time
from dataclasses import dataclass, field, replace
from typing import List, Optional, Sequence, Tuple

from ..backends import arrivals, files
from ..backends.node import NodeBackend
from ..backends.protocol import ExecuteError, ObserveError
from ..config.document import decode
from ..engine.arrivals import await_nics, await_open_vswitch, wanted_nics
from ..engine.choice import File, choose
from ..engine.confirmation import await_others
from ..engine.disk import BootDisk, NodeDisk
from ..engine.journal import JournalError
from ..engine.paths import CONFIG_FILE, dpdk_mapping
from ..engine.prepared import Prepared
from ..engine.sources import Sources, has_arrived, prepare_count
from ..engine.target import Generation, Target, TargetError, digest_of
from ..state import faults
from ..state.model import RowKey
from ..state.nic import Nic
from ..state.problem import ProblemsError
from .arguments import parse_boot
from .carry_out import carry_out
from .exit_codes import ExitCode, status
from .failures import FAILURES, log_os_error, tell
from .logs import set_up
from .progress import patience
from .recover import finish_first
from .report import Report
from .sections import GOOD, apply_fallback, apply_prepared
from .turn import Turn
from .turn import tell as warn

log = logging.getLogger(__name__)


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The exit status."""
    options = parse_boot(argv)
    set_up(options.debug, options.verbose)
    try:
        mapping = dpdk_mapping(options.state_dir)
        with NodeBackend("", None, options.arp_wait, patience(options), mapping) as backend:
            code = _boot(options, backend)
    except FAILURES as error:
        tell(error, options.config_file or CONFIG_FILE)
        code = ExitCode.ERROR
    return status(code, options.detailed_exit_codes)


def _boot(options: argparse.Namespace, backend: NodeBackend) -> ExitCode:
    disk = BootDisk.below(options.run_dir, options.state_dir)
    seconds = 0 if options.noop else options.wait_nics
    if seconds:
        await_others(disk.journal, options.run_dir, seconds)
    deadline = time.monotonic() + seconds
    if disk.journal.exists():
        _settle(options, disk, backend, deadline)
    target = _target(disk, options)
    path = os.path.realpath(options.config_file or (target.wanted.source if target.wanted else CONFIG_FILE))
    file = _file(path, target)
    choice = choose(target, file)
    for remark in choice.remarks:
        log.warning("%s", remark)
    persist = options.persist_mapping or (target.wanted is not None and target.wanted.persist)
    boot = _Boot(options, backend, disk, file, deadline, persist)
    if options.arrived is not None and not boot.waits_for(options.arrived, choice.order):
        return ExitCode.SUCCESS
    code = boot.first_that_holds(choice.order)
    boot.report.end()
    return code


@dataclass(frozen=True)
class _Boot:
    """``deadline`` on the monotonic clock, for the NICs and Open vSwitch to be here."""

    options: argparse.Namespace
    backend: NodeBackend
    disk: NodeDisk
    file: File
    deadline: float
    #: Whether a file that was written since goes on with aliases as names.
    persist: bool = False
    report: Report = field(default_factory=Report)

    def waits_for(self, link: str, order: Sequence[Optional[Generation]]) -> bool:
        """Whether the file says of this NIC that it may come later. Raises ProblemsError, ObserveError."""
        record = self.disk.records.load()
        return any(has_arrived(self._turn(one).sources, self.backend, record, link) for one in order[:1])

    def first_that_holds(self, order: Sequence[Optional[Generation]]) -> ExitCode:
        """If it is not the first of all, what became of that is told."""
        failed: List[ExitCode] = []
        for one in order:
            log.info("applying %s", f"generation {one.number} of {one.source}" if one else self.file.path)
            code = self._attempt(one, next(filter(None, order), None))
            if code in _HOLDS:
                return failed[0] if failed else code
            failed.append(code)
        code = failed[0] if failed else ExitCode.NETWORK_CONFIG_FAILED
        return code | self._fallback(order or [None])

    def _attempt(self, one: Optional[Generation], wanted: Optional[Generation]) -> ExitCode:
        try:
            turn = self._turn(one)
            record = self.disk.records.load()
            absent = await_nics(turn.sources, self._left, record)
            if absent and one is None and self._is_complete(wanted):
                log.error("%s names NICs that are not here: %s", self.file.path, ", ".join(map(str, absent)))
                return ExitCode.ERROR
            await_open_vswitch(turn.sources, self.backend.wait_for_open_vswitch, self._left, record)
            if wanted_nics(turn.sources).uncounted:
                self._set_up_those_to_count(turn)
            prepared = turn.prepare()
            turn.warn(prepared)
            code = apply_prepared(turn, prepared)
            if code in GOOD and prepared.late:
                prepared, code = self._with_leases(turn, prepared, code)
        except FAILURES as error:
            tell(error, self.file.path)
            return ExitCode.ERROR
        if code not in GOOD:
            return code
        is_whole = not absent and not prepared.late
        return code if self._is_all_made(turn, prepared) and is_whole else _INCOMPLETE

    def _with_leases(self, turn: Turn, first: Prepared, code: ExitCode) -> Tuple[Prepared, ExitCode]:
        """With the routes that leases reach which have come by now; what there is stays in any case.

        Raises what ``prepare`` does.
        """
        prepared = first if self.options.noop else turn.prepare()
        warn(prepared.left_for_later, prepared.config.document)
        if self.options.noop or (prepared.late and not prepared.plan):
            return prepared, code
        later = apply_prepared(turn, prepared)
        return prepared, code | later if later in GOOD else _INCOMPLETE

    def _is_all_made(self, turn: Turn, prepared: Prepared) -> bool:
        """Whether Open vSwitch has made all that is wanted of it; what it has not is told."""
        if not any(isinstance(key, RowKey) for key in prepared.wanted.resources):
            return True
        try:
            now = self._asked_again(turn)
        except FAILURES as error:
            tell(error, self.file.path)
            return False
        found = list(faults.told(now.wanted, now.live))
        warn(found, now.config.document)
        return not found

    def _asked_again(self, turn: Turn) -> Prepared:
        """After ovs-vswitchd was asked once more for what it has not made: a NIC may just have come.

        Raises what ``prepare`` does.
        """
        now = turn.prepare()
        nudges = faults.nudges(now.wanted, now.live)
        if not nudges or self.options.noop:
            return now
        try:
            self.backend.execute(nudges)
        except ExecuteError as error:
            log.debug("%s", error.reason)
        return turn.prepare()

    @property
    def _left(self) -> float:
        """Seconds."""
        return self.deadline - time.monotonic()

    def _is_complete(self, wanted: Optional[Generation]) -> bool:
        """Whether there is a target to apply, and its NICs are here. Raises what await_nics does."""
        return wanted is not None and not await_nics(self._turn(wanted).sources, 0, self.disk.records.load())

    def _fallback(self, order: Sequence[Optional[Generation]]) -> ExitCode:
        """Of the first that has one and can be read."""
        for one in order:
            try:
                code = apply_fallback(self._turn(one))
            except FAILURES as error:
                tell(error, self.file.path)
                continue
            if code is not None:
                return code & ~ExitCode.FILES_CHANGED
        return ExitCode.SUCCESS

    def _turn(self, one: Optional[Generation]) -> Turn:
        """Raises TargetError."""
        options = self.options
        generation = None if one is None else (one, self._text(one))
        sources = Sources(
            self.file.path,
            options.mapping_file,
            options.inventory,
            state_dir=options.state_dir,
            renumber=options.renumber,
            generation=generation,
            booting=True,
            persist=self.persist if one is None else options.persist_mapping,
        )
        return Turn(options, self.backend, self.disk, sources, self.report)

    def _text(self, one: Generation) -> str:
        """Raises TargetError."""
        try:
            return self.disk.target.text(one)
        except TargetError as error:
            if self.file.text is None or digest_of(self.file.text) != one.digest:
                raise
            log.warning("%s; %s says the same", error, self.file.path)
            return self.file.text

    def _set_up_those_to_count(self, turn: Turn) -> None:
        """No NIC is up yet, and none has carrier: which of them are counted has to show."""
        prepared = prepare_count(turn.sources, self.backend, self.disk.records.load())
        if prepared is None or self.options.noop:
            return
        log.info("the NICs are counted for the first time: all are set up")
        carry_out(prepared, replace(turn, report=Report(silent=True)))
        arrivals.wait(_without_carrier, self._left)


#: It is all that can be had without the NICs that did not come, and what Open vSwitch has not made.
_INCOMPLETE = ExitCode.NETWORK_CONFIG_FAILED | ExitCode.FILES_CHANGED
_HOLDS = GOOD | {_INCOMPLETE}


def _without_carrier(nics: Sequence[Nic]) -> List[str]:
    return [f"the carrier of {nic.name}" for nic in nics if nic.available and not nic.active]


def _file(path: str, target: Target) -> File:
    """Raises OSError where there is nothing else to go by."""
    try:
        return _read(path)
    except OSError as error:
        if target.wanted is None:
            raise
        log_os_error(error)
        return File(path, None)


def _read(path: str) -> File:
    data = files.content(path)
    if data is None:
        return File(path, None)
    try:
        text = decode(data)
    except ProblemsError:
        # Equal to none that was ever applied.
        text = data.decode("latin-1")
    return File(os.path.realpath(path), text, os.stat(path).st_mtime)


def _target(disk: NodeDisk, options: argparse.Namespace) -> Target:
    """Raises OSError."""
    try:
        return disk.target.load()
    except TargetError as error:
        log.error("%s", error)
        _set_aside(disk.target.path, options)
        return Target()


def _settle(options: argparse.Namespace, disk: NodeDisk, backend: NodeBackend, deadline: float) -> None:
    """A journal that nobody can read does not keep the node down.

    Raises JournalError, LockedError, TargetError.
    """
    try:
        journal = disk.journal.load()
        if journal is not None and any(isinstance(step.key, RowKey) for step in journal.steps):
            backend.wait_for_open_vswitch(deadline - time.monotonic())
        finish_first(options, disk)
    except JournalError as error:
        if disk.journal.is_readable():
            raise
        log.error("%s", error)
        _set_aside(disk.journal.path, options)
    except (ObserveError, OSError) as error:
        # Of an earlier boot there is nothing in the kernel that could be in the way.
        log.error("what a run that died has left is not settled: %s", error)


def _set_aside(path: str, options: argparse.Namespace) -> None:
    if not options.noop:
        log.error("%s is set aside as %s.unreadable, and the node boots without it", path, path)
        try:
            os.replace(path, f"{path}.unreadable")
        except OSError as error:
            log_os_error(error)
