"""The numbers of the NICs: kept by a run that applied, and named by one that only shows."""

from __future__ import annotations

import logging
from typing import Sequence

from ..config.nics import Names, counted_anew
from ..engine.numbering import NumbersFile
from ..state.nic import Nic

log = logging.getLogger(__name__)


def keep(names: Names, file: NumbersFile) -> None:
    """Where they cannot be written the network is as it should be all the same."""
    try:
        file.save(names.numbers)
    except OSError as error:
        log.warning("the numbers of the NICs are not kept: %s: %s", file.path, error.strerror)


def warn(names: Names, nics: Sequence[Nic]) -> None:
    """Where a new count would differ."""
    differing = counted_anew(nics, names)
    if differing:
        log.warning("the NICs keep their numbers; --renumber would make %s", "; ".join(differing))
