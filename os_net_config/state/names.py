"""Names of numbers, in the files where ``ip`` looks for them (ip-route(8), FILES)."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Text

TABLES, PROTOCOLS, GROUPS = "rt_tables", "rt_protos", "group"

#: The files that our names are in, below /etc/iproute2. Of groups there is only one for all.
FILES = {
    TABLES: "rt_tables.d/os-net-config.conf",
    PROTOCOLS: "rt_protos.d/os-net-config.conf",
    GROUPS: "group",
}

#: The name of 111 as protocol and as group: our label, readable.
LABEL = "os-net-config"

ATTRIBUTES = table(
    Attribute("name", Text(), "The name."),
)

#: Among the values of a name that is not ours: the path of the file that has it. Not an attribute.
OWNER = "owner"
