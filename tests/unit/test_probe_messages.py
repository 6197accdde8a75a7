"""What probes send to neighbours and hosts, byte for byte, and what they take for an answer."""

from __future__ import annotations

import pytest

from os_net_config.backends.probes import messages

MAC = bytes.fromhex("525400000001")
OWN, OTHER = bytes([192, 0, 2, 10]), bytes([192, 0, 2, 1])
OTHER6 = bytes.fromhex("20010db80000000000000000abcdef01")
TOKEN = bytes.fromhex("0102030405060708")

ARP_REPLY = bytes.fromhex("0001 0800 06 04 0002 525400000002 c0000201 525400000001 c000020a")
ADVERTISEMENT = bytes.fromhex("88 00 0000 60000000") + OTHER6 + bytes.fromhex("0201525400000002")
IPV4_HEADER = bytes.fromhex("45000024000000004001 0000 c0000201 c000020a")
IPV4_OPTIONS = bytes.fromhex("46000028000000004001 0000 c0000201 c000020a 01010100")


def test_echo_requests() -> None:
    # 0x0800 + 0x0102 + 1 + 0x0102 + 0x0304 + 0x0506 + 0x0708 = 0x1917, whose complement is 0xe6e8.
    assert messages.echo_request(4, TOKEN) == bytes.fromhex("08 00 e6e8 0102 0001") + TOKEN
    assert messages.echo_request(6, TOKEN) == bytes.fromhex("80 00 0000 0102 0001") + TOKEN


@pytest.mark.parametrize("header", [IPV4_HEADER, IPV4_OPTIONS], ids=["plain", "with options"])
def test_echo_reply(header: bytes) -> None:
    reply = bytes.fromhex("00 00 0000 0102 0001") + TOKEN
    assert messages.is_echo_reply(4, TOKEN, header + reply)
    assert not messages.is_echo_reply(4, TOKEN[::-1], header + reply)
    assert not messages.is_echo_reply(4, TOKEN, header + messages.echo_request(4, TOKEN))


def test_echo_reply_of_ipv6() -> None:
    assert messages.is_echo_reply(6, TOKEN, bytes.fromhex("81 00 0000 0102 0001") + TOKEN)
    assert not messages.is_echo_reply(6, TOKEN, messages.echo_request(6, TOKEN))


def test_arp() -> None:
    assert messages.arp_request(MAC, OWN, OTHER) == bytes.fromhex(
        "0001 0800 06 04 0001 525400000001 c000020a 000000000000 c0000201"
    )
    assert messages.is_arp_reply(OTHER, ARP_REPLY)
    assert not messages.is_arp_reply(OWN, ARP_REPLY)
    assert not messages.is_arp_reply(OTHER, messages.arp_request(MAC, OTHER, OWN))


def test_solicitation() -> None:
    message, group = messages.solicitation(MAC, OTHER6)
    assert message == bytes.fromhex("87 00 0000 00000000") + OTHER6 + bytes.fromhex("0101525400000001")
    assert group == bytes.fromhex("ff0200000000000000000001ffcdef01")
    assert messages.is_advertisement(OTHER6, ADVERTISEMENT)
    assert not messages.is_advertisement(OTHER6[::-1], ADVERTISEMENT)
    assert not messages.is_advertisement(OTHER6, message)


@pytest.mark.parametrize("length", range(0, 24, 3))
def test_what_is_cut_off_is_no_answer(length: int) -> None:
    assert not messages.is_echo_reply(4, TOKEN, IPV4_HEADER[:length])
    assert not messages.is_echo_reply(6, TOKEN, ADVERTISEMENT[:length])
    assert not messages.is_arp_reply(OTHER, ARP_REPLY[:length])
    assert not messages.is_advertisement(OTHER6, ADVERTISEMENT[:length])
