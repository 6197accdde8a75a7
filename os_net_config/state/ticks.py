"""How the kernel keeps times that it counts in ticks."""

from __future__ import annotations

import time

#: linux/time.h. Its resolution is a tick (kernel/time/posix-timers.c, posix_get_coarse_res).
_CLOCK_MONOTONIC_COARSE = 6

_TICKS_PER_SECOND = round(1 / time.clock_getres(_CLOCK_MONOTONIC_COARSE))


def kept(hundredths: int, ticks_per_second: int = _TICKS_PER_SECOND) -> int:
    """What is read of a time that was written, both in hundredths of a second.

    (kernel/time/time.c, clock_t_to_jiffies and jiffies_to_clock_t)
    """
    ticks = hundredths * ticks_per_second // 100
    return ticks * 100 // ticks_per_second
