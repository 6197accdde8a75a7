"""Settings for tests of properties: quick, and the same examples every time in CI.

MORE=20 in the environment tries twenty times as many, other ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

MORE = int(os.environ.get("MORE", "1"))


def quick(examples: int = 50) -> settings:
    return settings(
        max_examples=examples * MORE,
        deadline=None,
        derandomize=os.environ.get("CI") == "true" and MORE == 1,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
