"""What is sent to neighbours, byte for byte, and what is understood of what they send."""

from __future__ import annotations

import logging
from typing import Optional

import pytest

from os_net_config.backends.announce import announce
from os_net_config.backends.packets import (
    Claim,
    arp_announcement,
    arp_claim,
    arp_probe,
    neighbour_advertisement,
)
from os_net_config.state.model import AddressKey
from os_net_config.state.values import Prefix

MAC = bytes.fromhex("525400000001")
IPV4 = bytes([192, 0, 2, 10])
IPV6 = bytes.fromhex("20010db8000000000000000000000010")


def test_arp_announcement() -> None:
    assert arp_announcement(MAC, IPV4) == bytes.fromhex(
        "ffffffffffff 525400000001 0806"  # to everybody
        "0001 0800 06 04 0001"  # Ethernet, IPv4, a request
        "525400000001 c000020a"  # the sender has the address
        "000000000000 c000020a"  # that is asked for
    )


@pytest.mark.parametrize(("router", "sum_and_flags"), [(False, "a8b8 20000000"), (True, "28b8 a0000000")])
def test_neighbour_advertisement(router: bool, sum_and_flags: str) -> None:
    assert neighbour_advertisement(MAC, IPV6, router) == bytes.fromhex(
        "333300000001 525400000001 86dd"
        "60000000 0020 3a ff"  # 32 bytes of ICMPv6, hop limit 255
        "20010db8000000000000000000000010"
        "ff020000000000000000000000000001"
        f"88 00 {sum_and_flags}"
        "20010db8000000000000000000000010"
        "02 01 525400000001"
    )


def test_what_cannot_be_announced_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Whether for want of the link, or of the right to send."""
    with caplog.at_level(logging.WARNING, announce.__module__):
        announce([AddressKey("no-such-link", Prefix(IPV4, 24))])
    assert "not told of 192.0.2.10/24" in caplog.text


def test_loopback_has_no_neighbours(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, announce.__module__):
        announce([AddressKey("lo", Prefix(IPV4, 32))])
    assert "192.0.2.10/32" in caplog.text


def test_arp_probe() -> None:
    assert arp_probe(MAC, IPV4) == bytes.fromhex(
        "ffffffffffff 525400000001 0806"
        "0001 0800 06 04 0001"
        "525400000001 00000000"  # nobody's address
        "000000000000 c000020a"
    )


OTHER = bytes.fromhex("525400000002")
TO_ME = MAC + OTHER + bytes.fromhex("0806 0001 0800 06 04")
REPLY = TO_ME + bytes.fromhex("0002 525400000002 c000020a 525400000001 00000000")


@pytest.mark.parametrize(
    ("frame", "claim"),
    [
        (REPLY, Claim(IPV4, OTHER)),
        (REPLY + bytes(18), Claim(IPV4, OTHER)),
        (arp_announcement(OTHER, IPV4), Claim(IPV4, OTHER)),
        (arp_probe(OTHER, IPV4), Claim(IPV4, OTHER)),
        # A switch that asks whether its host is still there.
        (MAC + arp_probe(OTHER, IPV4)[6:], None),
        # An answer that says no address.
        (TO_ME + bytes.fromhex("0002 525400000002 00000000 525400000001 c000020a"), None),
        (REPLY[:41], None),
        (b"", None),
        (REPLY[:12] + b"\x08\x00" + REPLY[14:], None),
        (REPLY[:14] + b"\x00\x20" + REPLY[16:], None),
        (REPLY[:18] + b"\x08" + REPLY[19:], None),
    ],
    ids=[
        "reply",
        "padded",
        "announcement",
        "probe",
        "to-one",
        "of-nobody",
        "short",
        "empty",
        "no-ARP",
        "no-Ethernet",
        "length",
    ],
)
def test_what_arp_claims(frame: bytes, claim: Optional[Claim]) -> None:
    assert arp_claim(frame) == claim
