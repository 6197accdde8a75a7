"""A policy rule (linux/fib_rules.h, FRA_*, FR_ACT_*). All of it but the protocol is its key."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Integer

#: Where a rule's ``action`` is not "lookup": the rest of FR_ACT_*.
ACTIONS = ("lookup", "goto", "nop", "blackhole", "unreachable", "prohibit")

#: Priorities that a rule without one gets begin here, in the order of the file.
FIRST_PRIORITY = 10000

ATTRIBUTES = table(
    Attribute("protocol", Integer(8, 0, 255), "Who made the rule; 111 is ours.", "FRA_PROTOCOL", 21),
)
