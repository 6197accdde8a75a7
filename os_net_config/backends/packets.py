"""Ethernet frames that tell or ask neighbours who has an address: ARP and neighbour discovery. Pure."""

from __future__ import annotations

import struct
from typing import NamedTuple, Optional

_ETH_P_ARP, _ETH_P_IPV6 = 0x0806, 0x86DD
_BROADCAST = b"\xff" * 6
#: ff02::1, all nodes on the link, and its Ethernet address (RFC 2464, 7).
_ALL_NODES = b"\xff\x02" + bytes(13) + b"\x01"
_ALL_NODES_MAC = b"\x33\x33\x00\x00\x00\x01"

#: Destination, source, type.
_ETHERNET = struct.Struct("!6s6sH")
#: RFC 826: hardware and protocol types, lengths of their addresses, operation; sender's and
#: target's hardware and protocol addresses.
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ARPHRD_ETHER, _ETH_P_IP, _ARPOP_REQUEST = 1, 0x0800, 1
#: RFC 8200, 3: version with traffic class and flow label, payload's length, next header, hop limit.
_IPV6 = struct.Struct("!IHBB16s16s")
_IPV6_VERSION, _ICMPV6, _HOP_LIMIT = 6 << 28, 58, 255
#: RFC 4861, 4.4 and 4.6.1: type, code, checksum, flags, target; the target's link-layer address
#: as an option of eight bytes.
_ADVERTISEMENT = struct.Struct("!BBHI16sBB6s")
_NEIGHBOUR_ADVERTISEMENT, _ROUTER, _OVERRIDE = 136, 1 << 31, 1 << 29
_TARGET_LINK_LAYER_ADDRESS = 2
#: RFC 8200, 8.1: source, destination, length, next header.
_PSEUDO_HEADER = struct.Struct("!16s16sII")


def arp_announcement(mac: bytes, address: bytes) -> bytes:
    """A gratuitous ARP: a request for an IPv4 address by the one that has it (RFC 5227, 3)."""
    head = _ETHERNET.pack(_BROADCAST, mac, _ETH_P_ARP)
    return head + _ARP.pack(
        _ARPHRD_ETHER, _ETH_P_IP, 6, 4, _ARPOP_REQUEST, mac, address, bytes(6), address
    )  # fmt: skip


def arp_probe(mac: bytes, address: bytes) -> bytes:
    """A question for an IPv4 address by one that does not have it yet (RFC 5227, 1.1)."""
    head = _ETHERNET.pack(_BROADCAST, mac, _ETH_P_ARP)
    return head + _ARP.pack(
        _ARPHRD_ETHER, _ETH_P_IP, 6, 4, _ARPOP_REQUEST, mac, bytes(4), bytes(6), address
    )  # fmt: skip


class Claim(NamedTuple):
    """That an IPv4 address is, or is about to be, at a MAC address."""

    address: bytes
    mac: bytes


def arp_claim(frame: bytes) -> Optional[Claim]:
    """What an ARP packet claims: its sender's address, or what a probe asks for (RFC 5227, 2.1.1).

    A probe goes to everybody: one to a single host is a switch's, that watches over what it has seen there.
    """
    if len(frame) < _ETHERNET.size + _ARP.size:
        return None
    to, _, protocol = _ETHERNET.unpack_from(frame)
    hardware, network, *lengths, operation, mac, sender, _, target = _ARP.unpack_from(frame, _ETHERNET.size)
    if (protocol, hardware, network, *lengths) != (_ETH_P_ARP, _ARPHRD_ETHER, _ETH_P_IP, 6, 4):
        return None
    if any(sender):
        return Claim(sender, mac)
    is_probe = operation == _ARPOP_REQUEST and to == _BROADCAST
    return Claim(target, mac) if is_probe else None


def neighbour_advertisement(mac: bytes, address: bytes, router: bool) -> bytes:
    """Unsolicited, to all nodes, from the IPv6 address itself, with the override flag (RFC 4861, 7.2.6)."""
    flags = _OVERRIDE | (_ROUTER if router else 0)
    option = (_TARGET_LINK_LAYER_ADDRESS, 1, mac)
    unsummed = _ADVERTISEMENT.pack(_NEIGHBOUR_ADVERTISEMENT, 0, 0, flags, address, *option)
    pseudo_header = _PSEUDO_HEADER.pack(address, _ALL_NODES, len(unsummed), _ICMPV6)
    checksum = _checksum(pseudo_header + unsummed)
    payload = _ADVERTISEMENT.pack(_NEIGHBOUR_ADVERTISEMENT, 0, checksum, flags, address, *option)
    head = _ETHERNET.pack(_ALL_NODES_MAC, mac, _ETH_P_IPV6)
    return head + _IPV6.pack(_IPV6_VERSION, len(payload), _ICMPV6, _HOP_LIMIT, address, _ALL_NODES) + payload


def _checksum(data: bytes) -> int:
    """RFC 1071. ``data`` has an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
