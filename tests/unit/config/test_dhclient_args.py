"""What dhclient may be told."""

from __future__ import annotations

import pytest

from os_net_config.config.dhclient_args import check, joined

PLACE = ("network_config", 0, "dhclient_args")


@pytest.mark.parametrize("text", ["", "-v", "-s 192.0.2.1", "-e 'A=b c' -v", "--timeout 30", "-e -4"])
def test_good_ones(text: str) -> None:
    assert list(check(text, PLACE)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-cf /etc/mine.conf", "-cf cannot be given to dhclient: os-net-config says that itself"),
        ("-v -r", "-r cannot be given to dhclient: the client has to stay, in the background"),
        ("-6", "-6 cannot be given to dhclient: dhclient asks for IPv4 addresses alone here"),
        ("-s", "-s needs a value"),
        ("eth1", "eth1 would be the name of a link, and the client has its own"),
        ("-e 'A=b", "a quotation mark or an escape has no end"),
        ("-v\n-d", "has a control character, as a line's end"),
    ],
)
def test_bad_ones(text: str, message: str) -> None:
    first = next(check(text, PLACE))
    assert (first.path, first.message.startswith(message)) == (PLACE, True), first


def test_each_way_to_write_them_is_the_same() -> None:
    assert joined(' -v   -e "A=b c" ') == joined("-v -e 'A=b c'") == "-v -e 'A=b c'"
