"""Name servers and search domains: of a link, as systemd-resolved has them, or of the node.

Names that begin with a colon are no attributes: they tell of the node's resolver.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Tuple

from .attributes import Attribute, table
from .values import Json, Value, ValueType

#: The places that one of a node's may be the one for its resolver.
RESOLVED, RESOLVCONF, FILE = "systemd-resolved", "resolvconf", "resolv.conf"
PATH = "/etc/resolv.conf"

#: What of the node's resolver is known: its place, and why its file cannot be written.
PLACE, REFUSED = ":place", ":refused"


def found(name: str) -> str:
    """Under what name that of an attribute stands which the file says, and is not ours."""
    return f":{name}"


#: Name servers that glibc asks (resolv.h, MAXNS), as musl does and what makes a file of resolvconf's records.
MOST_SERVERS = 3
#: Search domains that glibc before 2.26 tried (resolv.h, MAXDNSRCH).
MOST_DOMAINS = 6


class Words(ValueType):
    """Several, the first one preferred."""

    def show(self, value: Value) -> str:
        return " ".join(words(value)) or "none"

    def json(self, value: Value) -> Json:
        return list(words(value))


def words(value: Value) -> Tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


ATTRIBUTES = table(
    Attribute("servers", Words(), "The addresses of name servers."),
    Attribute("domains", Words(), "The domains in which a name is looked for."),
)


def server(text: str) -> str:
    """An address in the form in which it is compared; what is more than one stays as it is."""
    try:
        return str(ip_address(text))
    except ValueError:
        return text


def domain(text: str) -> str:
    """A domain in the form in which it is compared."""
    return text.rstrip(".").lower() or "."
