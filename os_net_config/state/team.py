"""A link of the team driver, which teamd(8) runs: that gives it its mode and looks after its ports.

To netlink it has no attributes of its own: what teamd is told is that of its process (process.TEAM).
"""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping

from .values import Value, Values

KIND = "team"

#: How teamd spreads traffic over the ports (teamd.conf(5), runner.name).
RUNNERS = ("broadcast", "roundrobin", "random", "activebackup", "loadbalance", "lacp")
DEFAULT_RUNNER = "roundrobin"
#: What tells it whether a port works (link_watch.name).
LINK_WATCHERS = ("ethtool", "arp_ping", "nsna_ping", "tipc")


def whole(told: Values) -> Dict[str, Any]:
    """The configuration of teamd (teamd.conf(5)), of the values of its process."""
    rest: Dict[str, Any] = json.loads(str(told["config"] or "{}"))
    return {**rest, "runner": {**rest.get("runner", {}), "name": told["runner"]}}


def apart(config: Mapping[str, Any]) -> Dict[str, Value]:
    """A configuration of teamd as values of its process. The order of names means nothing in it."""
    runner = dict(config.get("runner") or {})
    name = runner.pop("name", DEFAULT_RUNNER)
    rest = {key: value for key, value in {**config, "runner": runner}.items() if value not in ({}, None)}
    return {"runner": name, "config": json.dumps(rest, sort_keys=True) if rest else ""}


def has_its_active_ports_mac(told: Values) -> bool:
    """Whether it has another MAC address whenever another port becomes the active one."""
    return bool(whole(told)["runner"].get("hwaddr_policy") == "by_active")
