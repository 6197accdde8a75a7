"""Configs that several tests apply."""

from __future__ import annotations

_NETWORK = """\
  mtu: 9000
  addresses:
  - {ip_netmask: 192.0.2.10/24}
  - {ip_netmask: 192.0.2.11/24}
  - {ip_netmask: 2001:db8::10/64}
  routes:
  - {default: true, next_hop: 192.0.2.1}
  - {default: true, next_hop: 2001:db8::1}
  - {ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.1}
"""
_PORTS = """\
  members:
  - {type: interface, name: nic2, primary: true}
  - {type: interface, name: nic3}
"""

#: One network: on a NIC, on a bond of that NIC and another, on a bridge of the two.
ON_NIC = f"network_config:\n- type: interface\n  name: nic2\n{_NETWORK}- {{type: interface, name: nic3}}\n"
ON_BOND = f"network_config:\n- type: linux_bond\n  name: bond1\n{_NETWORK}{_PORTS}"
ON_BRIDGE = f"network_config:\n- type: linux_bridge\n  name: br-ex\n{_NETWORK}{_PORTS}"
