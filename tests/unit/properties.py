"""Settings for tests of properties: quick, and the same examples every time in CI.

MORE=20 in the environment tries twenty times as many, other ones each time; MORE=0.2 a fifth of them.
SHRINK=0 shows the first failing example as it is, at once.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

MORE = float(os.environ.get("MORE", "1"))


def quick(examples: int = 50) -> settings:
    return settings(
        max_examples=max(1, round(examples * MORE)),
        deadline=None,
        phases=[one for one in Phase if one is not Phase.shrink or os.environ.get("SHRINK") != "0"],
        derandomize=os.environ.get("CI") == "true" and MORE <= 1,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
