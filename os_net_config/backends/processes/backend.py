"""The processes of this network namespace: what each was told when it was started, and whether it runs.

For each there is a directory with its files. What it was told is there before it starts and until it has
stopped, so that a run that is killed in between leaves nothing that nobody knows of.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from typing import Dict, Iterator, Mapping, NamedTuple, Optional, Pattern, Sequence

from ...state import process
from ...state.codec import CodecError, values_from_json, values_to_json
from ...state.diff import Change
from ...state.model import Key, ProcessKey, Resource
from ...state.programs import Programs
from ...state.values import Values
from .. import files, systemd
from ..protocol import ExecuteError, ObserveError
from .dhclient import DHCLIENT
from .dhcpcd import DHCPCD
from .program import Program
from .running import ProcessError, anywhere, is_here, running, supervisor_of
from .teamd import TEAMD

log = logging.getLogger(__name__)

#: The units have it too.
DIRECTORY = "/run/os-net-config/processes"
_FORMAT, _VERSION = "os-net-config process", 1
_TOLD = "process.json"

#: Those that do for the same, the best first.
_PROGRAMS: Mapping[str, Program] = {one.name: one for one in (DHCPCD, DHCLIENT, TEAMD)}


class _Place(NamedTuple):
    """Where processes of others leave their numbers, what they do and what they are."""

    directory: str
    file: Pattern[str]
    service: str
    program: str
    #: Whether one in another network namespace keeps ours from starting.
    is_one: bool


_OF_OTHERS = (
    _Place("/run/dhcpcd", re.compile(r"(?P<link>.+?)(-[46])?\.pid|pid"), process.DHCP, "dhcpcd", is_one=True),
    # Ours has its files in a directory of its own.
    _Place("/run", re.compile(r"dhclient[-.](?P<link>.+)\.pid"), process.DHCP, "dhclient", is_one=False),
    _Place("/run/teamd", re.compile(r"(?P<link>.+)\.pid"), process.TEAM, "teamd", is_one=True),
)


def programs() -> Programs:
    """What there is to run processes of links with on this node."""
    from .keepers import lacks_unit, where

    found = [one for one in _PROGRAMS.values() if where(one.name)]
    no_unit = {one.name: one.template for one in found if lacks_unit(one)}
    # Without it a client writes resolv.conf as its own.
    return Programs(tuple(one.name for one in found), no_unit, where("resolvconf") is not None)


class Processes:
    def __init__(self, directory: str = DIRECTORY) -> None:
        self._directory = directory

    def observe(self) -> Dict[Key, Resource]:
        """Raises ObserveError."""
        try:
            found: Dict[Key, Resource] = {one.key: one for one in self._of_others()}
            found.update((one.key, one) for one in self._ours())
        except OSError as error:
            raise ObserveError(f"{error.filename or self._directory}: {error.strerror}") from error
        return found

    def _ours(self) -> Iterator[Resource]:
        for service in process.TABLES:
            for link in _listed(f"{self._directory}/{service}"):
                key = ProcessKey(service, link)
                values = self._told(key)
                if values is not None:
                    yield Resource(key, {**values, process.RUNNING.name: int(self._is_running(key, values))})

    def _told(self, key: ProcessKey) -> Optional[Values]:
        """What it was told; None: nothing that we could make anything of."""
        path = os.path.join(self._of(key), _TOLD)
        content = files.content(path)
        if content is None:
            return None
        try:
            told = json.loads(content)
            if told["version"] != _VERSION or told["namespace"] != _namespace():
                return None
            values = values_from_json(told["values"])
            return values if values[process.PROGRAM.name] in _PROGRAMS else None
        except (CodecError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be used, and its process is not known: %s", path, error)
            return None

    def _is_running(self, key: ProcessKey, values: Values) -> bool:
        """Whether it does, and is started again when it ends."""
        program, directory = _program(values), self._of(key)
        pid = running(program.pid_file_of(key.link, directory), program.name)
        return pid is not None and (supervisor_of(directory) is not None or systemd.is_ours(directory))

    def _of_others(self) -> Iterator[Resource]:
        for place in _OF_OTHERS:
            for match in filter(None, map(place.file.fullmatch, _listed(place.directory))):
                pid = anywhere(f"{place.directory}/{match[0]}", place.program)
                if pid is None or not (place.is_one or is_here(pid)):
                    continue
                key = ProcessKey(place.service, match["link"] or process.EVERY_LINK)
                where = "" if is_here(pid) else ", in another network namespace"
                yield Resource(key, {process.OWNER: f"{place.program} (process {pid}{where})"})

    def _of(self, key: ProcessKey) -> str:
        return os.path.join(self._directory, key.service, key.link)

    def execute(self, steps: Sequence[Change]) -> None:
        """Raises ExecuteError."""
        for number, step in enumerate(steps):
            assert isinstance(step.key, ProcessKey), step
            try:
                if step.after is None:
                    self._stop(step.key, step.before or {}, keeps=step.transient)
                else:
                    self._start(step.key, step.after)
            except (OSError, ProcessError) as error:
                raise ExecuteError.at(number, steps, str(error)) from error

    def _start(self, key: ProcessKey, values: Values) -> None:
        from .keepers import start

        program, directory = _program(values), self._of(key)
        told = {
            "format": _FORMAT,
            "version": _VERSION,
            "namespace": _namespace(),
            "values": values_to_json(values),
        }
        # First, so that whatever else is there of it is known.
        files.replace(os.path.join(directory, _TOLD), json.dumps(told).encode())
        for name, text in program.files(values).items():
            files.replace(os.path.join(directory, name), text.encode())
        start(program, key.link, directory, values)

    def _stop(self, key: ProcessKey, values: Values, keeps: bool) -> None:
        """Where it keeps what it has brought, it is about to be started again."""
        from .keepers import stop

        program, directory = _program(values), self._of(key)
        stop(program, key.link, directory, keeps)
        memory = () if keeps else program.memory
        for name in (*program.files(values), *memory, _TOLD):
            files.remove(os.path.join(directory, name))
        for path in program.left_behind(key.link):
            files.remove(path)
        with contextlib.suppress(OSError):
            os.rmdir(directory)


def _program(values: Values) -> Program:
    return _PROGRAMS[str(values[process.PROGRAM.name])]


def _namespace() -> int:
    return os.stat("/proc/self/ns/net").st_ino


def _listed(directory: str) -> Sequence[str]:
    try:
        return os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return ()
