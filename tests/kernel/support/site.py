"""The network of a site: a bond to the switch with VLANs on it, a bridge for containers, a lone NIC."""

from __future__ import annotations

from typing import Sequence

from .node import Node, ip
from .observed import observe

_ROUTES = (
    "{ip_netmask: 203.0.113.0/24, next_hop: 10.20.0.1}",
    "{ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8:20::1'}",
)


def site(
    *more: str,
    bond: str = "mode=2 miimon=100 xmit_hash_policy=layer2",
    addresses: Sequence[str] = ("10.20.0.10/24", "2001:db8:20::10/64"),
    routes: Sequence[str] = _ROUTES,
    vlan20: str = "device: bond1",
    nic4: str = "addresses: [{ip_netmask: 10.40.0.10/24}]",
) -> str:
    """The config: VLAN 10 is the one that nobody touches. ``more`` are further objects."""
    return config(
        bonding(bond),
        vlan(10, "device: bond1", ["10.10.0.10/24"]),
        vlan(20, vlan20, addresses, routes),
        "{type: linux_bridge, name: br-ex, addresses: [{ip_netmask: 10.30.0.10/24}],"
        " members: [{type: interface, name: nic3}]}",
        f"{{type: interface, name: nic4, {nic4}}}",
        *more,
    )


def bonding(options: str, ports: str = "nic1 nic2") -> str:
    """The object of bond1."""
    members = ", ".join(f"{{type: interface, name: {port}}}" for port in ports.split())
    return f"{{type: linux_bond, name: bond1, bonding_options: '{options}', members: [{members}]}}"


def vlan(number: int, device: str, addresses: Sequence[str] = (), routes: Sequence[str] = ()) -> str:
    """An object; ``device`` is ``device: NAME`` and whatever else is said of it."""
    given = ", ".join(f"{{ip_netmask: '{one}'}}" for one in addresses)
    parts = [f"type: vlan, vlan_id: {number}", device]
    parts += [f"addresses: [{given}]"] if addresses else []
    parts += [f"routes: [{', '.join(routes)}]"] if routes else []
    return f"{{{', '.join(parts)}}}"


def config(*objects: str) -> str:
    return "\n".join(["network_config:", *(f"- {one}" for one in objects)]) + "\n"


def far_end(node: Node, mode: str = "balance-xor") -> None:
    """What the switch has for the site's bond: a LAG of the same mode, and an address in each VLAN."""
    with node.switch.inside():
        ip(
            f"link add lag0 type bond mode {mode} miimon 100",
            *(f"link set {port} {what}" for port in ("sw1", "sw2") for what in ("down", "master lag0")),
            "link set lag0 up",
            *(
                command
                for number in (10, 20)
                for command in (
                    f"link add link lag0 name lag0.{number} type vlan id {number}",
                    f"address add 10.{number}.0.1/24 dev lag0.{number}",
                    f"link set lag0.{number} up",
                )
            ),
        )


def introduce(node: Node, address: str, link: str) -> None:
    """Tell the neighbour where an address is going to be: asking for it takes seconds where it is not."""
    mac = observe().links[link]["mac"]
    with node.switch.inside():
        ip(f"neighbour replace {address} lladdr {mac} dev lag0.20 nud permanent")
