"""Names of numbers, in the files where ``ip`` looks for them (ip-route(8), FILES)."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Text

TABLES, PROTOCOLS, GROUPS = "rt_tables", "rt_protos", "group"

#: The name of 111 as protocol and as group: our label, readable.
LABEL = "os-net-config"

ATTRIBUTES = table(
    Attribute("name", Text(), "The name."),
)
