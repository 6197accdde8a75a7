"""Times that the kernel counts in ticks."""

from __future__ import annotations

import pytest

from os_net_config.state.ticks import kept


@pytest.mark.parametrize(
    ("hundredths", "ticks_per_second", "read"), [(3125, 100, 3125), (3125, 250, 3124), (3125, 1000, 3125)]
)
def test_what_is_read_of_a_time(hundredths: int, ticks_per_second: int, read: int) -> None:
    assert kept(hundredths, ticks_per_second) == read


def test_this_kernel_keeps_whole_seconds() -> None:
    assert kept(12500) == 12500
