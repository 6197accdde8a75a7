"""What the schema's ``format`` keyword stands for: readers of texts, which raise ValueError."""

from __future__ import annotations

from typing import Callable, Mapping

from ..state.values import PortRange
from . import formats, route_options, rules


def _probe(text: str) -> object:
    from . import probes

    return probes.parse(text)


def _ethtool_options(text: str) -> object:
    from . import ethtool_options

    return ethtool_options.parse(text)


#: By the name of the format.
FORMATS: Mapping[str, Callable[[str], object]] = {
    "bonding-options": formats.bonding_options,
    "bridge-options": formats.bridge_options,
    "bridge-port-options": formats.bridge_port_options,
    "ethtool-options": _ethtool_options,
    "ip-address": formats.ip_address,
    "ip-next-hop": formats.next_hop,
    "ip-prefix": formats.ip_prefix,
    "link-name": formats.link_name,
    "mac-address": formats.mac_address,
    "port-range": PortRange().parse,
    "probe": _probe,
    "route-options": route_options.parse,
    "rule": rules.parse,
    "team-options": formats.team_options,
}
