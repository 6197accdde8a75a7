"""Questions to neighbours and hosts as bytes, and what is an answer to them. Pure."""

from __future__ import annotations

import struct
from typing import Tuple

#: Type, code, checksum, identifier, sequence number (RFC 792; RFC 4443, 4.1).
_ECHO = struct.Struct("!BBHHH")
_REQUEST, _REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
#: RFC 826: hardware and protocol types, lengths of their addresses, operation; sender's and
#: target's hardware and protocol addresses.
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ETHERNET, _IPV4, _ARP_REQUEST, _ARP_REPLY = 1, 0x0800, 1, 2
#: RFC 4861, 4.3 and 4.6.1: type, code, checksum, reserved, target; the source's link-layer address as an
#: option of eight bytes. 4.4: an advertisement begins alike, with flags.
_NEIGHBOUR = struct.Struct("!BBHI16s")
_SOLICITATION, _ADVERTISEMENT, _SOURCE_LINK_LAYER_ADDRESS = 135, 136, b"\x01\x01"


def echo_request(family: int, token: bytes) -> bytes:
    """``token``: eight bytes, of which two are the identifier as well. IPv6's checksum is the kernel's."""
    identifier = int.from_bytes(token[:2], "big")
    unsummed = _ECHO.pack(_REQUEST[family], 0, 0, identifier, 1) + token
    checksum = _checksum(unsummed) if family == 4 else 0
    return _ECHO.pack(_REQUEST[family], 0, checksum, identifier, 1) + token


def is_echo_reply(family: int, token: bytes, packet: bytes) -> bool:
    """A raw socket of IPv4 gets the IP header as well."""
    start = (packet[0] & 0xF) * 4 if family == 4 and packet else 0
    return packet[start : start + 1] == bytes([_REPLY[family]]) and packet[start + _ECHO.size :] == token


def arp_request(mac: bytes, source: bytes, target: bytes) -> bytes:
    """Without the Ethernet header."""
    return _ARP.pack(_ETHERNET, _IPV4, 6, 4, _ARP_REQUEST, mac, source, bytes(6), target)


def is_arp_reply(target: bytes, packet: bytes) -> bool:
    if len(packet) < _ARP.size:
        return False
    _, _, _, _, operation, _, sender, _, _ = _ARP.unpack_from(packet)
    return bool(operation == _ARP_REPLY and sender == target)


def solicitation(mac: bytes, target: bytes) -> Tuple[bytes, bytes]:
    """The message without its checksum, which is the kernel's, and the group it goes to (RFC 4291, 2.7.1)."""
    message = _NEIGHBOUR.pack(_SOLICITATION, 0, 0, 0, target) + _SOURCE_LINK_LAYER_ADDRESS + mac
    return message, b"\xff\x02" + bytes(9) + b"\x01\xff" + target[13:]


def is_advertisement(target: bytes, packet: bytes) -> bool:
    if len(packet) < _NEIGHBOUR.size:
        return False
    kind, _, _, _, about = _NEIGHBOUR.unpack_from(packet)
    return bool(kind == _ADVERTISEMENT and about == target)


def _checksum(data: bytes) -> int:
    """RFC 1071. ``data`` has an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
