"""What a command in the lab takes over from where the lab was called."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Dict, Iterable, Mapping, Optional, Tuple

from tests.lab.machine import ADMIN_PATH
from tests.lab.outcome import LabError

CHECKOUT = Path(__file__).resolve().parents[2]
NAMES = frozenset(
    {"CI", "COLUMNS", "FORCE_COLOR", "HOME", "LANG", "NO_COLOR", "SHELL", "TERM", "TZ", "VIRTUAL_ENV"}
)
PREFIXES = ("COVERAGE_", "HYPOTHESIS_", "LC_", "OS_NET_CONFIG_", "PYENV_", "PYTEST_", "PYTHON")


def search_path(outside: str) -> str:
    """The PATH outside, and the administrator's directories that it does not have."""
    directories = outside.split(os.pathsep) if outside else []
    further = [directory for directory in ADMIN_PATH.split(":") if directory not in directories]
    return os.pathsep.join(directories + further)


def environment(
    outside: Mapping[str, str], further: Iterable[str] = (), results: Optional[Path] = None
) -> Dict[str, str]:
    """The command's environment: only what is known to be of use, and what tells it where it is."""
    names = NAMES | set(further)
    kept = {name: value for name, value in outside.items() if name in names or name.startswith(PREFIXES)}
    told = {"PATH": search_path(outside.get("PATH", "")), "USER": "root", "OS_NET_CONFIG_LAB": "1"}
    return {**kept, **told, **({"LAB_RESULTS": str(results)} if results else {})}


def needed_directories(outside: Mapping[str, str]) -> Tuple[Path, ...]:
    """The directories without which a command has no chance, wherever they are."""
    virtual = [Path(outside["VIRTUAL_ENV"])] if "VIRTUAL_ENV" in outside else []
    return (Path.cwd(), CHECKOUT, Path(sys.prefix), *virtual)


def results_directory(path: Optional[Path]) -> Optional[Path]:
    """The directory that the results come back to, made if it is not there."""
    if path is None:
        return None
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"the results directory cannot be made: {error}") from error
    if not os.access(path, os.W_OK):
        raise LabError(f"the results directory {path} cannot be written to")
    return path.resolve()
