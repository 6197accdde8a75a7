"""At boot: wait for the NICs of the config, and for Open vSwitch where it has something for it."""

from __future__ import annotations

import logging
from typing import Callable, List, Mapping, Sequence

from ..backends import arrivals
from ..config.expected import Expected, expected, has_rows
from ..config.nics import Absent
from ..state.nic import Nic
from .paths import dpdk_mapping
from .sources import Sources, kept_numbers, mapping_of

log = logging.getLogger(__name__)


def await_nics(sources: Sources, seconds: float) -> Sequence[Absent]:
    """Those that are not here after so many seconds; it is over at once when all are.

    Raises ProblemsError, NumbersError, ObserveError.
    """
    wanted = wanted_nics(sources)
    if not wanted:
        return ()
    declared = _declared(sources)

    def missing(nics: Sequence[Nic]) -> List[Absent]:
        return wanted.missing([declared.get(nic.name, nic) for nic in nics])

    return arrivals.wait(missing, seconds, sources.path(dpdk_mapping(sources.state_dir)))


def await_open_vswitch(sources: Sources, wait: Callable[[float], bool], seconds: float) -> None:
    """``wait`` says whether it came in so many seconds. Where it did not, the plan is refused for it.

    Raises ProblemsError, ObserveError.
    """
    _, document = sources.document
    if seconds <= 0 or not has_rows(document) or wait(0):
        return
    log.info("waiting up to %.3g s for Open vSwitch", seconds)
    if not wait(seconds):
        log.warning("not here after %.3g s: Open vSwitch", seconds)


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
