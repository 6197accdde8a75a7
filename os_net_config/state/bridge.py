"""A Linux bridge (linux/if_link.h, IFLA_BR_*). The config language has none of its options."""

from __future__ import annotations

from .attributes import AttributeTable, table

KIND = "bridge"

ATTRIBUTES: AttributeTable = table()
