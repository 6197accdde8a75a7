"""``os-net-config show``: the network of this node as a config."""

from __future__ import annotations

import sys
from typing import Optional, Sequence

from ..backends.node import NodeBackend
from ..engine.paths import dpdk_mapping
from ..engine.record_file import RecordFile
from ..engine.show import show
from ..engine.sources import Sources
from .arguments import show_parser
from .exit_codes import ExitCode
from .failures import FAILURES, tell
from .logs import set_up


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The exit status."""
    options = show_parser().parse_args(argv)
    set_up(options.debug, verbose=False)
    sources = Sources(
        mapping_file=options.mapping_file, inventory_file=options.inventory, state_dir=options.state_dir
    )
    record = RecordFile(options.run_dir, options.state_dir).load()
    try:
        with NodeBackend(mapping=dpdk_mapping(options.state_dir)) as backend:
            sys.stdout.write(show(sources, backend, record, options.aliases))
            sys.stdout.flush()
    except FAILURES as error:
        tell(error, options.mapping_file or "the mapping file")
        return ExitCode.ERROR
    return ExitCode.SUCCESS
