"""At boot: wait for the NICs of the config, and for Open vSwitch where it has something for it."""

from __future__ import annotations

import logging
import os
from typing import Callable, List, Mapping, Sequence

from ..backends import arrivals, nic_names
from ..backends.ovsdb.schema import is_installed
from ..config.expected import Expected, expected, has_rows
from ..config.load import FALLBACK, MAIN, MINIMUM
from ..config.nics import Absent
from ..state.model import RowKey
from ..state.nic import Nic
from ..state.record import Record
from ..state.renaming import own_namer
from .paths import dpdk_mapping
from .prepared import Memory
from .sources import Sources, kept_numbers, mapping_of

log = logging.getLogger(__name__)

_NOTHING = Record()


def await_nics(sources: Sources, seconds: float, record: Record = _NOTHING) -> Sequence[Absent]:
    """Those that are not here after so many seconds; it is over at once when all are.

    Raises ProblemsError, NumbersError, ObserveError.
    """
    wanted = wanted_nics(sources)
    if not wanted:
        return ()
    declared = _declared(sources)
    own_name = own_namer(nic_names.NicNames(sources.root_dir).observe(), record)

    def missing(nics: Sequence[Nic]) -> List[Absent]:
        known = (nic._replace(own=own_name(nic.name, nic.mac) or "") for nic in nics)
        return wanted.missing([declared.get(nic.own_name, nic) for nic in known])

    return arrivals.wait(missing, seconds, sources.path(dpdk_mapping(sources.state_dir)))


def await_open_vswitch(
    sources: Sources, wait: Callable[[float], bool], seconds: float, record: Record
) -> None:
    """``wait`` says whether it came in so many seconds. Where it did not, the plan is refused for it.

    Waited for it is too where something is to be taken back there. Raises ProblemsError, ObserveError.
    """
    path, document = sources.document
    is_needed = has_rows(document) or (_has_claims(record, path) and is_installed())
    if seconds <= 0 or not is_needed or wait(0):
        return
    log.info("waiting up to %.3g s for Open vSwitch", seconds)
    if not wait(seconds):
        log.warning("not here after %.3g s: Open vSwitch", seconds)


def _has_claims(record: Record, path: str) -> bool:
    """Whether there are rows of this config, or of one of its sections."""
    own = Memory(path=os.path.realpath(path))
    names = {own.claimant(section) for section in (MAIN, MINIMUM, FALLBACK)}
    return any(isinstance(one.key, RowKey) and names & one.claims.keys() for one in record)


def wanted_nics(sources: Sources) -> Expected:
    """Those that the config expects. Raises ProblemsError, NumbersError."""
    _, document = sources.document
    _, mapping = mapping_of(sources)
    return expected(document, mapping, kept_numbers(sources))


def _declared(sources: Sources) -> Mapping[str, Nic]:
    """What a declared inventory says of NICs, by name."""
    if sources.inventory_file is None:
        return {}
    from ..config.inventory import read_inventory

    return {nic.name: nic for nic in read_inventory(sources.inventory_file)}
