"""bonding_options: every option of the driver by its names and numbers, and what has no meaning."""

from __future__ import annotations

from typing import Iterator, List, Tuple

import pytest

from os_net_config.config.formats import bonding_options
from os_net_config.state import bond
from os_net_config.state.attributes import Attribute
from os_net_config.state.values import Choice, Flag, Integer, Value

from ..texts import said


def of_bond(options: str) -> List[str]:
    """What is said of a bond of two NICs with these options."""
    return said(
        f"""
        network_config:
        - type: linux_bond
          name: bond0
          bonding_options: {options}
          members:
          - {{type: interface, name: nic1}}
          - {{type: interface, name: nic2}}
        """
    )


HERE = "4:20: network_config[0].bonding_options: "
MODES = list(enumerate(bond.MODES))


@pytest.mark.parametrize("number, word", MODES)
@pytest.mark.parametrize("form", ["mode={}", "bond_mode={}", "mode='{}'", 'mode="{}"', "miimon=100 mode={}"])
def test_a_mode_by_name_and_number(number: int, word: str, form: str) -> None:
    for spelling in (word, number):
        assert bonding_options(form.format(spelling))["mode"] == number


@pytest.mark.parametrize("number, word", MODES)
def test_a_mode_may_stand_alone_with_a_warning(number: int, word: str) -> None:
    assert bonding_options(word) == {"mode": number}
    assert of_bond(word) == [
        f"4:20: warning: network_config[0].bonding_options: {word} is taken as mode={word}"
        f" (write mode={word})"
    ]


def spellings() -> Iterator[Tuple[str, str, Value]]:
    """Each enumerated option with every spelling of every value."""
    for name, option in bond.ATTRIBUTES.items():
        if isinstance(option.type, Choice):
            for number, word in enumerate(option.type.words, option.type.first):
                yield name, word, number
                yield name, str(number), number
        if isinstance(option.type, Flag):
            for number, words in enumerate((("0", "off", "no", "false"), ("1", "on", "yes", "True"))):
                for word in (*words, option.type.words[number]):
                    yield name, word, number


@pytest.mark.parametrize("name, word, number", sorted(set(spellings()), key=str))
def test_values_by_name_and_number(name: str, word: str, number: Value) -> None:
    assert bonding_options(f"{name}={word}") == {name: number}


INTEGERS = [name for name, one in bond.ATTRIBUTES.items() if isinstance(one.type, Integer)]


@pytest.mark.parametrize("name", INTEGERS)
def test_numbers_have_a_range(name: str) -> None:
    kind = bond.ATTRIBUTES[name].type
    assert isinstance(kind, Integer)
    for good in (kind.low, kind.high):
        assert bonding_options(f"{name}={good}") == {name: good}
    for bad in (kind.low - 1, kind.high + 1):
        with pytest.raises(ValueError, match=f"{name}: {bad} is not in {kind.low}..{kind.high}"):
            bonding_options(f"{name}={bad}")


@pytest.mark.parametrize(
    "options, name, value",
    [
        ("arp_ip_target=192.0.2.1", "arp_ip_target", (bytes([192, 0, 2, 1]),)),
        ("arp_ip_target=192.0.2.1,+1.1.1.1", "arp_ip_target", (bytes([192, 0, 2, 1]), bytes([1] * 4))),
        ("ns_ip6_target=2001:db8::1", "ns_ip6_target", (bytes.fromhex("20010db8000000000000000000000001"),)),
        ("ad_actor_system=52-54-00-AB-CD-EF", "ad_actor_system", bytes.fromhex("525400abcdef")),
        ("primary=nic1", "primary", "nic1"),
        ("miimon=0x64", "miimon", 100),
    ],
)
def test_addresses_and_names(options: str, name: str, value: Value) -> None:
    assert bonding_options(options) == {name: value}


ALIASES = [(alias, one) for one in bond.ATTRIBUTES.values() for alias in one.aliases]


@pytest.mark.parametrize("alias, option", ALIASES, ids=[alias for alias, _ in ALIASES])
def test_aliases_mean_the_driver_s_own_name(alias: str, option: Attribute) -> None:
    assert bonding_options(f"{alias}=1") == {option.name: 1}


def test_every_option_has_a_kernel_attribute_of_its_own() -> None:
    numbers = [one.number for one in bond.ATTRIBUTES.values()]
    assert len(numbers) == len(set(numbers)) == 32


def test_the_last_of_two_values_counts_whatever_its_name() -> None:
    assert bonding_options("num_grat_arp=1 num_unsol_na=2") == {"num_peer_notif": 2}


@pytest.mark.parametrize("text", ["", "   ", "null"])
def test_no_options(text: str) -> None:
    assert of_bond(text) == []


@pytest.mark.parametrize(
    "options, says",
    [
        ("mode=active-backup mimon=100", "'mimon' is no option of the bonding driver; did you mean miimon?"),
        ("mode=802.3ad lacp=active", "'lacp' is no option of the bonding driver; did you mean lacp_rate?"),
        ("mode=802.3ad xmit_hash=layer2", "'xmit_hash' is no option of the bonding driver"),
        ("mode=802.3ad foo=1", "'foo' is no option of the bonding driver"),
        ("mode=802.3ad lacp_rate", "'lacp_rate' has no value"),
        ("mode=active_backup", "mode: 'active_backup' is not one of balance-rr (0), active-backup (1)"),
        ("mode=7", "mode: '7' is not one of balance-rr (0), active-backup (1)"),
        ("mode=", "mode: '' is not one of balance-rr (0), active-backup (1)"),
        ("mode=802.3ad lacp_rate=2", "lacp_rate: '2' is not one of slow (0), fast (1)"),
        ("mode=802.3ad xmit_hash_policy=layer4", "xmit_hash_policy: 'layer4' is not one of layer2 (0)"),
        ("miimon=often", "miimon: 'often' is not a whole number"),
        ("miimon=-1", "miimon: -1 is not in 0..2147483647"),
        ("use_carrier=2", "use_carrier: '2' is neither off (0) nor on (1)"),
        ("arp_interval=100 arp_ip_target=192.0.2.256", "arp_ip_target: '192.0.2.256' is not an IP address"),
        ("arp_interval=100 arp_ip_target=", "arp_ip_target: 0 addresses where 1..16 are possible"),
        ("arp_interval=100 arp_ip_target=2001:db8::1", "arp_ip_target: 2001:db8::1 is not an IPv4 address"),
        ("mode=802.3ad ad_actor_system=52:54", "ad_actor_system: '52:54' is not a MAC address"),
    ],
)
def test_what_the_driver_does_not_know_is_an_error(options: str, says: str) -> None:
    (error,) = of_bond(options)
    assert error.startswith(HERE + says)


@pytest.mark.parametrize(
    "options, says",
    [
        (
            "mode=active-backup lacp_rate=fast",
            "lacp_rate has no meaning in mode active-backup (it belongs to 802.3ad)",
        ),
        (
            "lacp_rate=fast",
            "lacp_rate has no meaning in mode active-backup (it belongs to 802.3ad)",
        ),
        (
            "mode=802.3ad primary=nic1",
            "primary has no meaning in mode 802.3ad (it belongs to active-backup, balance-alb, balance-tlb)",
        ),
        (
            "mode=1 packets_per_slave=2",
            "packets_per_slave has no meaning in mode active-backup (it belongs to balance-rr)",
        ),
        (
            "mode=802.3ad miimon=0 arp_interval=100 arp_ip_target=192.0.2.1",
            "arp_interval has no meaning in mode 802.3ad"
            " (it belongs to active-backup, balance-rr, balance-xor, broadcast)",
        ),
        (
            "mode=1 miimon=100 arp_interval=100 arp_ip_target=192.0.2.1",
            "miimon and arp_interval exclude each other (keep one monitor)",
        ),
        ("mode=1 arp_interval=100", "arp_interval needs arp_ip_target (add the addresses to ask for)"),
        (
            "mode=1 arp_validate=active",
            "arp_validate needs arp_interval: the driver refuses it beside miimon=100 (set arp_interval)",
        ),
        (
            "mode=1 miimon=100 updelay=150",
            "updelay=150 is no multiple of miimon=100: the driver would round it down (choose 100 or 200)",
        ),
        (
            "mode=1 downdelay=250",
            "downdelay=250 is no multiple of miimon=100: the driver would round it down (choose 200 or 300)",
        ),
        (
            "mode=1 miimon=0 peer_notif_delay=100",
            "peer_notif_delay=100 needs miimon, which is 0 (set miimon)",
        ),
        ("mode=1 primary=nic3", "primary=nic3 is no member of bond0"),
        ("mode=1 active_slave=nic3", "active_slave=nic3 is no member of bond0"),
    ],
)
def test_what_does_not_go_together_is_an_error(options: str, says: str) -> None:
    assert of_bond(options) == [HERE + says]


@pytest.mark.parametrize(
    "options",
    [
        "mode=802.3ad lacp_rate=fast miimon=100 updelay=200 downdelay=0 xmit_hash_policy=layer3+4",
        "mode=1 primary=nic1 primary_reselect=better fail_over_mac=active",
        "mode=1 miimon=0 arp_interval=100 arp_ip_target=192.0.2.1 arp_validate=all",
        "mode=1 miimon=100 arp_validate=none",
        "mode=1 miimon=0 arp_validate=all",
        "mode=1 miimon=50 updelay=150 peer_notif_delay=100",
        "mode=0 packets_per_slave=0 resend_igmp=3",
        "mode=5 tlb_dynamic_lb=0 lp_interval=2",
        "mode=balance-alb active_slave=nic2",
        # Without a mode the bond is active-backup.
        "primary=nic2 miimon=100",
    ],
)
def test_what_goes_together(options: str) -> None:
    assert of_bond(options) == []
