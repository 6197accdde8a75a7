"""What is sent to neighbours, byte for byte."""

from __future__ import annotations

import logging

import pytest

from os_net_config.backends.announce import announce
from os_net_config.backends.packets import arp_announcement, neighbour_advertisement
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
