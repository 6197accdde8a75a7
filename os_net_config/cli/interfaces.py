"""``os-net-config -i``: which NIC an alias stands for."""

from __future__ import annotations

import json
import logging
import sys
from typing import Sequence

from ..config.nics import Names

log = logging.getLogger(__name__)


def report(names: Names, asked: Sequence[str]) -> bool:
    """Print {alias: NIC} of those asked for by either name, or of all; whether all were found."""
    found = {
        alias: name for alias, name in names.aliases.items() if not asked or alias in asked or name in asked
    }
    json.dump(dict(sorted(found.items())), sys.stdout)
    sys.stdout.write("\n")
    missing = [name for name in asked if name not in found and name not in found.values()]
    for name in missing:
        log.error("there is no NIC %s", name)
    return not missing
