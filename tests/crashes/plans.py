"""All plans to be killed."""

from __future__ import annotations

from typing import Tuple

from .case import Case
from .kernel_plans import KERNEL_PLANS
from .process_plans import PROCESS_PLANS
from .switch_plans import SWITCH_PLANS

PLANS: Tuple[Case, ...] = (*KERNEL_PLANS, *SWITCH_PLANS, *PROCESS_PLANS)
