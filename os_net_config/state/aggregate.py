"""Kinds of links that make several ports one link: bonds and teams. Pure.

Their drivers take a port only while it is down, and set it up; they set down one that they let go of. It has
their MTU and, but for some modes, their MAC address, and gets back what it came with.
"""

from __future__ import annotations

from typing import FrozenSet

from . import bond, team
from .values import Value

KINDS: FrozenSet[Value] = frozenset({bond.KIND, team.KIND})
