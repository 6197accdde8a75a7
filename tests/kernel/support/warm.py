"""The program without the second that it takes to start Python and import everything.

A fork of this process goes through the same entry point with the same arguments, and ends with the
same exit status. Only the imports were done before, with all that hangs on nothing but the program's own
text: the schema and regular expressions are compiled. Tests with many runs use it.
"""

from __future__ import annotations

import functools
import gc
import importlib
import logging
import os
import pkgutil
import signal
import sys
import tempfile
import traceback
from typing import IO, NoReturn, Sequence, Union

import os_net_config

from .program import CHECKOUT, TIME_LIMIT, Run, environment


def run(*arguments: str) -> Run:
    _warm_up()
    # Otherwise the child's garbage collection copies all of our memory.
    gc.freeze()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            _be_the_program(arguments, output, errors)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return Run(list(arguments), status, _text(output), _text(errors))


@functools.cache
def _warm_up() -> None:
    """Import every module of ours, with what they import later, and read a file as a run does."""
    for module in pkgutil.walk_packages(os_net_config.__path__, "os_net_config."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from os_net_config.cli.arguments import parse
    from os_net_config.config.schema import acceptor
    from os_net_config.engine.check import check_file

    parse([])
    acceptor("mapping.schema.json")
    check_file(str(CHECKOUT / "examples" / "bond-vlans.yaml"))


def _be_the_program(arguments: Sequence[str], output: IO[bytes], errors: IO[bytes]) -> NoReturn:
    """Never comes back: what pytest would do at its end is not for the child."""
    status: Union[str, int, None] = 1
    try:
        signal.alarm(TIME_LIMIT)
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        logging.getLogger().handlers.clear()
        os.chdir(CHECKOUT)
        os.environ.update(environment())
        sys.argv = ["os-net-config", *arguments]
        from os_net_config.cli.main import entry_point

        entry_point()
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        _save_coverage()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def _save_coverage() -> None:
    """Where coverage is measured, it has to be told that this process ends here."""
    coverage = sys.modules.get("coverage")
    current = coverage.Coverage.current() if coverage else None
    if current is not None:
        current.stop()
        current.save()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
