"""The loose forms that configs in the field have: each is accepted, and means what its writer meant."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from os_net_config.config.load import accept
from os_net_config.state.problem import Severity

from ..texts import config, document, said


def canonical(attribute: str, kind: str = "interface") -> Dict[str, Any]:
    """What an object with this attribute is after acceptance."""
    accepted, problems = accept(document(f"network_config:\n- type: {kind}\n  {attribute}\n"))
    assert [one for one in problems if one.severity is Severity.ERROR] == []
    values: Dict[str, Any] = accepted["network_config"][0]
    return values


def errors(attribute: str) -> List[str]:
    found = said(f"network_config:\n- type: interface\n  name: eth0\n  {attribute}\n")
    return [one for one in found if "not supported" not in one]


# Booleans


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "t", "T", "yes", "Yes", "y", "Y", "on", "ON", "1"])
@pytest.mark.parametrize("quote", ["{}", "'{}'", '"{}"'])
def test_true(word: str, quote: str) -> None:
    assert canonical(f"use_dhcp: {quote.format(word)}\n  name: eth0")["use_dhcp"] is True


@pytest.mark.parametrize("word", ["false", "False", "f", "F", "no", "No", "NO", "n", "N", "off", "Off", "0"])
@pytest.mark.parametrize("quote", ["{}", "'{}'", '"{}"'])
def test_false(word: str, quote: str) -> None:
    assert canonical(f"use_dhcp: {quote.format(word)}\n  name: eth0")["use_dhcp"] is False


@pytest.mark.parametrize("word", ["maybe", "2", "''", "[true]", "1.0"])
def test_what_is_no_boolean(word: str) -> None:
    (error,) = errors(f"use_dhcp: {word}")
    assert "stands where true or false is expected" in error or "no entries" in error


@pytest.mark.parametrize("attribute", ["spoofcheck", "trust", "promisc"])
@pytest.mark.parametrize("word, meaning", [("on", True), ("'off'", False), ("'yes'", True), ("'true'", True)])
def test_switches_of_virtual_functions_are_booleans(attribute: str, word: str, meaning: bool) -> None:
    values = canonical(f"device: nic1\n  vfid: 0\n  {attribute}: {word}", "sriov_vf")
    assert values[attribute] is meaning


# Numbers


@pytest.mark.parametrize(
    "word", ["1500", "'1500'", '"1500"', "0x5dc", "'0x5dc'", "02734", "1_500", "+1500", "1500.0"]
)
def test_whole_numbers(word: str) -> None:
    assert canonical(f"mtu: {word}\n  name: eth0")["mtu"] == 1500


def test_a_quoted_number_is_decimal() -> None:
    """A template that prints "0100" means a hundred; only YAML's plain 0100 is octal."""
    assert canonical("vlan_id: '0100'", "vlan")["vlan_id"] == 100
    assert canonical("vlan_id: 0100", "vlan")["vlan_id"] == 64


@pytest.mark.parametrize("word", ["1500.5", "abc", "'1500 '", "1e3", "true", "1,500", "'0x'"])
def test_what_is_no_whole_number(word: str) -> None:
    (error,) = errors(f"mtu: {word}")
    assert "stands where a whole number is expected" in error


def test_a_number_is_a_good_name() -> None:
    assert canonical("name: 12")["name"] == "12"


@pytest.mark.parametrize(
    "word, meaning", [("200", 200), ("'200'", 200), ("0xc8", 200), ("storage", "storage")]
)
def test_a_table_is_a_number_or_a_name(word: str, meaning: object) -> None:
    route = f"{{default: true, next_hop: 192.0.2.1, table: {word}}}"
    assert canonical(f"name: eth0\n  routes: [{route}]")["routes"][0]["table"] == meaning


@pytest.mark.parametrize("word", ["0x64", "'0x64'", "100", "'100'"])
def test_partition_keys(word: str) -> None:
    objects = config(
        f"""
        network_config:
        - type: interface
          name: ib0
        - type: ib_child_interface
          parent: ib0
          pkey_id: {word}
        """
    ).objects
    assert objects[1].name == "ib0.8064"


# Lists


@pytest.mark.parametrize(
    "attribute, values",
    [
        ("dns_servers: 8.8.8.8", ["8.8.8.8"]),
        ("dns_servers: [8.8.8.8]", ["8.8.8.8"]),
        ("dns_servers: ['8.8.8.8', \"2001:db8::53\"]", ["8.8.8.8", "2001:db8::53"]),
        ("dns_servers: []", []),
        ("dns_servers:", None),
        ("dns_servers: [null]", []),
        ("domain: example.com", ["example.com"]),
        ("domain: [a.example, b.example]", ["a.example", "b.example"]),
        ("addresses: {ip_netmask: 192.0.2.1/24}", [{"ip_netmask": "192.0.2.1/24"}]),
        ("addresses: []", []),
        ("addresses: None", None),
        ("routes: []", []),
        ("rules: []", []),
        (
            "routes: [{'default': True, 'next_hop': '192.0.2.1', 'table': None}]",
            [{"default": True, "next_hop": "192.0.2.1"}],
        ),
        ("ovs_extra: set bridge {name} x=1", ["set bridge {name} x=1"]),
    ],
)
def test_lists(attribute: str, values: object) -> None:
    assert canonical(f"name: eth0\n  {attribute}").get(attribute.split(":", maxsplit=1)[0]) == values


def test_one_member_may_stand_without_a_list() -> None:
    found = canonical("name: bond0\n  members: {type: interface, name: eth0}", "linux_bond")
    assert found["members"] == [{"type": "interface", "name": "eth0"}]


def test_a_null_entry_moves_no_other() -> None:
    assert said(
        """
        network_config:
        -
        - type: interface
          name: eth0
          addresses: [null, {ip_netmask: 192.0.2.1/33}]
        """
    ) == [
        "5:34: network_config[1].addresses[1].ip_netmask: prefix length 33 is not in 0..32"
        " (for example 192.0.2.10/24)"
    ]


@pytest.mark.parametrize("attribute", ["mtu", "use_dhcp", "addresses", "dns_servers", "domain", "primary"])
@pytest.mark.parametrize("nothing", ["", "~", "null", "None", "NULL"])
def test_null_means_not_given(attribute: str, nothing: str) -> None:
    assert attribute not in canonical(f"name: eth0\n  {attribute}: {nothing}")


# Addresses


@pytest.mark.parametrize(
    "text", ["52:54:00:AB:CD:ef", "52-54-00-ab-cd-ef", "'52:54:00:ab:cd:ef'", "12:34:56:12:34:56"]
)
def test_mac_addresses(text: str) -> None:
    found = canonical(f"device: nic1\n  vfid: 0\n  macaddr: {text}", "sriov_vf")
    assert found["macaddr"] == text.strip("'")


@pytest.mark.parametrize(
    "text, length", [("192.0.2.1", 32), ("2001:db8::1", 128), ("10.0.0.1", 32), ("::ffff:192.0.2.1", 128)]
)
def test_an_address_without_a_prefix_stands_alone_with_a_warning(text: str, length: int) -> None:
    assert errors(f"addresses: [{{ip_netmask: '{text}'}}]") == [
        f"4:28: warning: network_config[0].addresses[0].ip_netmask: {text} has no prefix length:"
        f" /{length} is taken (write {text}/{length})"
    ]


@pytest.mark.parametrize(
    "text", ["192.0.2.1/24", "192.0.2.1/255.255.255.0", "192.0.2.1 / 24", "2001:db8::1/64"]
)
def test_prefixes(text: str) -> None:
    assert errors(f"addresses: [{{ip_netmask: '{text}'}}]") == []


@pytest.mark.parametrize(
    "text",
    [
        *("192.0.2.256/24", "192.0.2/24", "1a2b3c4/24", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/", "/24"),
        *("2001:db8::1::2/64", "2001:db8::1/129", "fe80::1%eth0/64", "192.0.2.1/255.0.255.0", "abc", "''"),
        *("0300.0.2.1/24", "192.0.2.01/24", "192.0.2.1/24/24", "192.0.2.1/ffff:ff00::"),
    ],
)
def test_what_is_no_prefix(text: str) -> None:
    (error,) = errors(f"addresses: [{{ip_netmask: '{text}'}}]")
    assert error.startswith("4:28: network_config[0].addresses[0].ip_netmask: ")


# Braces and templates


@pytest.mark.parametrize("text", ["set bridge {name} a={b}", "set port {x} {}", "{", "}"])
def test_braces_in_ovs_extra_are_left_as_they_are(text: str) -> None:
    assert canonical(f"name: eth0\n  ovs_extra: '{text}'")["ovs_extra"] == [text]


@pytest.mark.parametrize(
    "attribute, place, word",
    [
        ("mtu: {get_param: Mtu}", "4:9: network_config[0].mtu.get_param", "get_param"),
        ("addresses: {get_param: A}", "4:15: network_config[0].addresses[0].get_param", "get_param"),
        ("addresses: [{get_param: A}]", "4:16: network_config[0].addresses[0].get_param", "get_param"),
        ("routes: {get_input: R}", "4:12: network_config[0].routes[0].get_input", "get_input"),
        (
            "addresses: [{ip_netmask: {list_join: ['/', [{get_param: A}, 24]]}}]",
            "4:29: network_config[0].addresses[0].ip_netmask.list_join",
            "list_join",
        ),
        ("get_param: X", "4:3: network_config[0].get_param", "get_param"),
        ("mtu: '{{ mtu }}'", "4:8: network_config[0].mtu", "{{"),
        (
            "addresses: [{ip_netmask: '{{ ip }}/24'}]",
            "4:28: network_config[0].addresses[0].ip_netmask",
            "{{",
        ),
    ],
)
def test_a_template_that_was_not_rendered(attribute: str, place: str, word: str) -> None:
    expected = f"{place}: {word}: the template was not rendered (render it first, then apply the result)"
    assert errors(attribute) == [expected]


# Unknown attributes


def test_an_unknown_attribute_is_a_warning_with_the_nearest_known_name() -> None:
    assert errors("use_dhcp6: true") == [
        "4:3: warning: network_config[0].use_dhcp6: unknown attribute, not used (did you mean use_dhcpv6?)"
    ]


@pytest.mark.parametrize(
    "word, meant", [("address", "addresses"), ("Mtu", "mtu"), ("dns-servers", "dns_servers")]
)
def test_the_nearest_known_name(word: str, meant: str) -> None:
    (warning,) = errors(f"{word}: 1")
    assert warning.endswith(f"(did you mean {meant}?)")


@pytest.mark.parametrize(
    "attribute",
    ["nic_mapping: {}", "persist_mapping: false", "nm_controlled: no", "onboot: no", "defroute: no"],
)
def test_attributes_that_other_programs_write_are_known(attribute: str) -> None:
    assert errors(attribute) == []


@pytest.mark.parametrize(
    "attribute, instead",
    [
        ("nic_mapping: {nic1: eth0}", "use the mapping file"),
        ("nm_controlled: true", "NetworkManager is told by its own files what it may manage"),
    ],
)
def test_what_has_no_effect_is_told(attribute: str, instead: str) -> None:
    (warning,) = errors(attribute)
    assert warning.endswith(f"{attribute.partition(':')[0]}: has no effect ({instead})")
