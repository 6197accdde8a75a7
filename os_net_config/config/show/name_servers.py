"""``dns_servers`` and ``domain``: those that a config has said, as the node's resolver has them."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Tuple

from ...state import dns
from ...state.model import RESOLVER, DnsKey, ResolverKey
from ...state.values import Values
from .seen import Seen
from .tree import Remark

_WORDS: Mapping[str, str] = {"servers": "dns_servers", "domains": "domain"}


def shown(seen: Seen, name: str, is_first: bool) -> Dict[str, Tuple[str, ...]]:
    """Of a link; what the node has as a whole is said of its first one."""
    values: Values = {}
    place = _of_node(seen).get(dns.PLACE)
    link = seen.live.get(DnsKey(name))
    whole = seen.live.get(ResolverKey(str(place))) if place not in {None, dns.RESOLVED} else None
    if place == dns.RESOLVED and link is not None:
        said = seen.said(DnsKey(name))
        values = {one: value for one, value in link.values.items() if one in said}
    elif whole is not None and is_first:
        values = whole.values
    return {word: dns.words(values.get(one)) for one, word in _WORDS.items() if dns.words(values.get(one))}


def remarks(seen: Seen) -> Iterator[Remark]:
    """What others have written, where nothing is ours."""
    place = _of_node(seen).get(dns.PLACE)
    if place == dns.FILE and seen.live.get(ResolverKey(dns.FILE)) is None:
        servers = dns.words(_of_node(seen).get(dns.found("servers")))
        if servers:
            listed = ", ".join(servers)
            yield Remark(
                f"{dns.PATH} names the name servers {listed}: to have them from here say dns_servers"
            )


def _of_node(seen: Seen) -> Values:
    node = seen.live.get(RESOLVER)
    return node.values if node is not None else {}
