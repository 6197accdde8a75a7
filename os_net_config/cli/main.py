"""``os-net-config``: which command it is. Each imports only what it needs."""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import NoReturn, Sequence

#: What is no run, each in a module of its name.
_COMMANDS = frozenset({"boot", "check", "confirm", "guard", "history", "recover", "show"})


def entry_point() -> NoReturn:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A plan has arrows, and a name may have any letter: not every locale has.
        sys.stdout.reconfigure(errors="backslashreplace")
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed by the caller.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        # 128 + SIGINT, as a shell says it. A run that writes is not interrupted (engine/converge.py).
        sys.exit(130)


def main(argv: Sequence[str]) -> int:
    """The exit status."""
    if argv and argv[0] in _COMMANDS:
        module = importlib.import_module(f".{argv[0]}", __package__)
        return int(module.main(argv[1:]))
    from .arguments import parse, parse_rollback

    options = parse_rollback(argv[1:]) if argv and argv[0] == "rollback" else parse(argv)
    from .run import run

    return run(options)
