"""Objects of a config, written shortly, and pairs that are the same in every run."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Sequence

from . import pool
from .features import Feature, Features
from .language import Config, Entry


class Directed(NamedTuple):
    """A pair of configs with the features that it needs."""

    name: str
    first: Config
    second: Config
    needs: Features


def nic(number: int, **more: Any) -> Entry:
    return {"type": "interface", "name": f"eno{number}", **more}


def bond(name: str, ports: Sequence[Entry], options: str = "", **more: Any) -> Entry:
    said = {"bonding_options": options} if options else {}
    return {"type": "linux_bond", "name": name, "members": list(ports), **said, **more}


def bridge(name: str, ports: Sequence[Entry], **more: Any) -> Entry:
    return {"type": "linux_bridge", "name": name, "members": list(ports), **more}


def vlan(number: int, device: str = "", **more: Any) -> Entry:
    return {"type": "vlan", "vlan_id": number, **({"device": device} if device else {}), **more}


def tap(name: str, **more: Any) -> Entry:
    return {"type": "linux_tap", "name": name, **more}


def on(*addresses: str, via: str = "", **more: Any) -> Dict[str, Any]:
    """Addresses, and a route by a gateway."""
    routes = [{"ip_netmask": pool.FAR[6 if ":" in via else 4][0], "next_hop": via}] if via else []
    entries = [{"ip_netmask": address} for address in addresses]
    return {"addresses": entries, **({"routes": routes} if routes else {}), **more}


def directed(name: str, first: Config, second: Config, *needs: Feature) -> Directed:
    return Directed(name, first, second, frozenset(needs))


def dummy(name: str, **more: Any) -> Entry:
    return {"type": "dummy", "name": name, **more}


def macvlan(name: str, device: str, **more: Any) -> Entry:
    return {"type": "macvlan", "name": name, "device": device, **more}


def vxlan(name: str, number: int, **more: Any) -> Entry:
    return {"type": "vxlan", "name": name, "vxlan_id": number, **more}


def vrf(name: str, table: int, members: Sequence[Entry], **more: Any) -> Entry:
    return {"type": "vrf", "name": name, "table": table, "members": list(members), **more}


def pair(one: str, other: str, *more: Entry) -> List[Entry]:
    """Both ends; ``more`` is said of the first and of the second."""
    said = [*more, {}, {}]
    names = ((one, other), (other, one))
    return [{"type": "veth", "name": name, "peer": peer, **said[n]} for n, (name, peer) in enumerate(names)]
