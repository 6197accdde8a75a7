"""What is waited for, on a terminal: one line that is written over."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Sequence

from ..backends.rtnetlink.leases import Patience, Progress, in_silence
from ..state.problem import listed

_MOST = 4
#: Back to the begin of the line, and clear it (ECMA-48).
_AFRESH = "\r\x1b[K"


def patience(options: argparse.Namespace) -> Patience:
    """With leases."""
    seconds = options.wait_dhcp
    return Patience(seconds, options.require_dhcp, _of_leases(seconds))


def _of_leases(seconds: float) -> Progress:
    """``seconds``: how long is waited at most."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return in_silence

    def show(links: Sequence[str], waited: int) -> None:
        names = listed(list(links), _MOST)
        text = f"waiting for a lease on {names}: {waited} s of {seconds:g}" if links else ""
        sys.stderr.write(_AFRESH + text)
        sys.stderr.flush()

    return show
