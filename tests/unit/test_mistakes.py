"""Mistakes that people make: one line that says where and what, exit status 1, the node untouched."""

from __future__ import annotations

from typing import List, NamedTuple

import pytest

from .runs import NODE, Runs


class Mistake(NamedTuple):
    """A file and the one line that is said of it, after the file's name."""

    what: str
    text: str
    says: str


NIC = """\
network_config:
- type: interface
  name: eth0
"""
ADDRESS = NIC + "  addresses:\n  - ip_netmask: {}\n"
ROUTE = ADDRESS.format("192.0.2.10/24") + "  routes:\n  - default: true\n    {}\n"
BRIDGE = "network_config:\n- type: linux_bridge\n  name: br0\n  bridge_options: {}\n"
BOND = """\
network_config:
- type: linux_bond
  name: bond0
  {}
  members:
  - type: interface
    name: eth0
  - type: interface
    name: eth1
"""
VLAN = NIC + "- type: vlan\n  device: eth0\n  {}\n"

INDENT = "(indent the keys of one object alike, and the dashes of one list alike)"
RENDER = "the template was not rendered (render it first, then apply the result)"
BEGINS = "(a config begins with network_config: and its list of objects)"
OBJECT = "network_config[0]"
PREFIX = "network_config[0].addresses[0].ip_netmask"
OPTIONS = "network_config[0].bonding_options"
HOP = "network_config[0].routes[0]"

MISTAKES = [
    # The text
    Mistake(
        "a tab",
        "network_config:\n- type: interface\n\tname: eth0\n",
        "3:1: a tab stands in the indentation, which YAML does not allow (indent with spaces)",
    ),
    Mistake(
        "a key indented too deep",
        NIC + "   mtu: 1500\n",
        f"4:4: the line is indented deeper than those it belongs to {INDENT}",
    ),
    Mistake(
        "a key not indented deep enough",
        "network_config:\n- type: interface\n name: eth0\n",
        f"3:2: the line does not fit the indentation of the lines before it {INDENT}",
    ),
    Mistake(
        "the dashes of one list not alike",
        "network_config:\n  - type: interface\n    name: eth0\n - type: interface\n   name: eth1\n",
        f"4:2: the line does not fit the indentation of the lines before it {INDENT}",
    ),
    Mistake(
        "a value on the next line, not indented",
        NIC + "  addresses:\n  - ip_netmask:\n  192.0.2.1/24\n",
        "6:3: a text stands where 'name: value' is expected"
        " (put a blank after the colon, and indent a value deeper than its name)",
    ),
    Mistake(
        "no blank after the colon",
        "network_config:\n- type: interface\n  name:eth0\n  mtu: 1500\n",
        "3:3: a text stands where 'name: value' is expected"
        " (put a blank after the colon, and indent a value deeper than its name)",
    ),
    Mistake(
        "a colon at the end of a name",
        "network_config:\n- type: interface\n  name: eth0:\n  mtu: 1500\n",
        "3:13: a second colon stands in this line (quote a value that has ': ' in it or ends with ':')",
    ),
    Mistake(
        "a quote that is not closed",
        "network_config:\n- type: interface\n  name: 'eth0\n  mtu: 1500\n",
        "3:9: the quote that begins here is not closed (close it)",
    ),
    Mistake(
        "a bracket that is not closed",
        NIC + "  domain: [example.com\n  mtu: 1500\n",
        "5:6: the list that begins with [ does not end here (close it, or put the missing comma in)",
    ),
    Mistake(
        "a comma forgotten in JSON",
        '{"network_config": [{"type": "interface" "name": "eth0"}]}\n',
        "1:42: the mapping that begins with { does not end here (close it, or put the missing comma in)",
    ),
    Mistake(
        "a list in the middle of a line",
        NIC + "  routes: []- type: vlan\n",
        "4:13: a list begins in the middle of a line (put '- ' on a line of its own)",
    ),
    Mistake(
        "a value that begins with a sign of YAML",
        "network_config:\n- type: interface\n  name: @eth0\n",
        "3:9: the value begins with a character that means something in YAML (quote it)",
    ),
    Mistake(
        "a blank out of a web page",
        "network_config:\n- type: interface\n\u00a0\u00a0name: eth0\n",
        r"3:1: U+00A0 is no blank to YAML: '\xa0\xa0name' (indent with spaces)",
    ),
    Mistake(
        "a merge conflict",
        NIC + "<<<<<<< HEAD\n  mtu: 1500\n=======\n  mtu: 9000\n>>>>>>> theirs\n",
        "4:1: a merge conflict that was not resolved (choose one side and remove the markers)",
    ),
    Mistake(
        "a second document",
        NIC + "---\n" + NIC,
        "4:1: a second YAML document begins here (keep one document per file)",
    ),
    Mistake(
        "an encrypted value",
        "network_config:\n- type: interface\n  name: !vault abc\n",
        "3:9: the tag !vault is not part of this language (remove it)",
    ),
    # Templates
    Mistake(
        "a Jinja value", "network_config:\n- type: interface\n  name: {{ nic }}\n", f"3:9: {{{{: {RENDER}"
    ),
    Mistake("a Jinja value in quotes", NIC + "  mtu: '{{ mtu }}'\n", f"4:8: {OBJECT}.mtu: {{{{: {RENDER}"),
    Mistake(
        "a Jinja value in a text", ADDRESS.format("192.0.2.1/{{ n }}"), f"5:17: {PREFIX}: {{{{: {RENDER}"
    ),
    Mistake(
        "a Jinja loop",
        "network_config:\n{% for nic in nics %}\n- type: interface\n  name: eth0\n{% endfor %}\n",
        f"2:1: {{%: {RENDER}",
    ),
    Mistake("a Jinja comment", "{# all NICs #}\n" + NIC, f"1:1: {{#: {RENDER}"),
    Mistake(
        "a Heat value",
        NIC + "  mtu:\n    get_param: Mtu\n",
        f"5:5: {OBJECT}.mtu.get_param: get_param: {RENDER}",
    ),
    Mistake(
        "a Heat list",
        NIC + "  addresses:\n  - ip_netmask:\n      list_join: ['/', [{get_param: Ip}, 24]]\n",
        f"6:7: {PREFIX}.list_join: list_join: {RENDER}",
    ),
    # The whole
    Mistake("an empty file", "", f"1:1: the file is empty {BEGINS}"),
    Mistake("only comments", "# network_config:\n", f"1:1: the file is empty {BEGINS}"),
    Mistake(
        "the list without its name",
        "- type: interface\n  name: eth0\n",
        f"1:1: the file is a list, not a mapping {BEGINS}",
    ),
    Mistake("a text", "eth0\n", f"1:1: the file is a text, not a mapping {BEGINS}"),
    Mistake(
        "network_config without a list",
        "network_config:\n",
        "1:1: network_config: is empty: nothing to configure"
        " (add the list of objects that make up the node's network)",
    ),
    Mistake(
        "network_config with an empty list",
        "network_config: []\n",
        "1:17: network_config: no entries stand here (at least 1 must)",
    ),
    Mistake(
        "network_config misspelt",
        NIC.replace("network_config", "network-config"),
        "1:1: network-config: unknown attribute, and network_config is missing"
        " (did you mean network_config?)",
    ),
    Mistake(
        "no network_config",
        NIC.replace("network", "minimum"),
        "1:1: there is no network_config: nothing to configure"
        " (add the list of objects that make up the node's network)",
    ),
    # Objects
    Mistake(
        "a type misspelt",
        BOND.format("mtu: 1500").replace("linux_bond", "linux_bnd"),
        f"2:9: {OBJECT}.type: 'linux_bnd' is no type of object (did you mean linux_bond?)",
    ),
    Mistake(
        "no type", "network_config:\n- name: eth0\n", f"2:3: {OBJECT}: type is missing (add type: interface)"
    ),
    Mistake(
        "type itself misspelt",
        "network_config:\n- tpye: interface\n  name: eth0\n",
        f"2:3: {OBJECT}.tpye: unknown attribute, and type is missing (did you mean type?)",
    ),
    Mistake(
        "no name", "network_config:\n- type: interface\n", f"2:3: {OBJECT}: name is missing (add name: eno1)"
    ),
    Mistake(
        "name misspelt",
        "network_config:\n- type: interface\n  nam: eth0\n",
        f"3:3: {OBJECT}.nam: unknown attribute, and name is missing (did you mean name?)",
    ),
    Mistake(
        "a name without a value",
        "network_config:\n- type: interface\n  name:\n",
        f"3:3: {OBJECT}.name: has no value (add name: eno1)",
    ),
    Mistake(
        "a name with a blank",
        "network_config:\n- type: linux_bridge\n  name: br ex\n",
        f"3:9: {OBJECT}.name: 'br ex' cannot be the name of a link: no blank or slash may stand in it"
        " (for example bond1)",
    ),
    Mistake(
        "a name that is too long",
        "network_config:\n- type: linux_bridge\n  name: br-external-network\n",
        f"3:9: {OBJECT}.name: 'br-external-network' has 19 characters (possible are 1 to 15)",
    ),
    Mistake(
        "a name that YAML reads as a boolean",
        "network_config:\n- type: linux_bridge\n  name: on\n",
        f"3:9: {OBJECT}.name: true stands where a text is expected (quote it if it is meant as text)",
    ),
    Mistake(
        "a member of the wrong type",
        BOND.format("mtu: 1500") + "  - type: vlan\n    vlan_id: 20\n",
        f"10:11: {OBJECT}.members[2].type: vlan cannot stand here"
        " (possible are interface, sriov_vf, sriov_pf, dummy, macvlan, veth)",
    ),
    Mistake(
        "members not a list",
        "network_config:\n- type: linux_bond\n  name: bond0\n  members: eth0\n",
        f"4:12: {OBJECT}.members[0]: 'eth0' stands where a mapping (name: value) is expected"
        " (write type: …, name: eth0)",
    ),
    Mistake(
        "an address not in a mapping",
        NIC + "  addresses:\n  - 192.0.2.10/24\n",
        f"5:5: {OBJECT}.addresses[0]: '192.0.2.10/24' stands where a mapping (name: value) is expected"
        " (write ip_netmask: 192.0.2.10/24)",
    ),
    # Values
    Mistake("mtu 20", NIC + "  mtu: 20\n", f"4:8: {OBJECT}.mtu: 20 is not in 68..65535"),
    Mistake(
        "VLAN 4095", VLAN.format("vlan_id: 4095"), "6:12: network_config[1].vlan_id: 4095 is not in 1..4094"
    ),
    Mistake(
        "VLAN abc",
        VLAN.format("vlan_id: abc"),
        "6:12: network_config[1].vlan_id: 'abc' stands where a whole number is expected",
    ),
    Mistake(
        "no VLAN id", VLAN.format("mtu: 1400"), "4:3: network_config[1]: vlan_id is missing (add vlan_id: 20)"
    ),
    Mistake(
        "a VLAN on a bond that is not there",
        "network_config:\n- type: vlan\n  vlan_id: 20\n  device: bond1\n",
        "4:11: network_config[0].device: there is no link bond1 for vlan20 to stand on"
        " (declare bond1 in this file, or correct the name)",
    ),
    Mistake(
        "prefix length 33",
        ADDRESS.format("192.0.2.10/33"),
        f"5:17: {PREFIX}: prefix length 33 is not in 0..32 (for example 192.0.2.10/24)",
    ),
    Mistake(
        "an address with 256",
        ADDRESS.format("10.0.0.256/24"),
        f"5:17: {PREFIX}: '10.0.0.256' is not an IPv4 or IPv6 address (for example 192.0.2.10/24)",
    ),
    Mistake(
        "an IPv6 address with two ::",
        ADDRESS.format("2001:db8::1::2/64"),
        f"5:17: {PREFIX}: '2001:db8::1::2' is not an IPv4 or IPv6 address (for example 192.0.2.10/24)",
    ),
    Mistake(
        "ip_netmask misspelt",
        NIC + "  addresses:\n  - ip_address: 192.0.2.10/24\n",
        f"5:5: {OBJECT}.addresses[0].ip_address: unknown attribute, and ip_netmask is missing"
        " (did you mean ip_netmask?)",
    ),
    # Routes
    Mistake(
        "nexthop misspelt",
        ROUTE.format("nexhop: 192.0.2.1"),
        f"8:5: {HOP}.nexhop: unknown attribute, and next_hop is missing (did you mean nexthop?)",
    ),
    Mistake(
        "via, as ip route calls it",
        ROUTE.format("via: 192.0.2.1"),
        f"8:5: {HOP}.via: unknown attribute, and next_hop is missing (did you mean next_hop?)",
    ),
    Mistake(
        "two next hops",
        ROUTE.format("next_hop: 192.0.2.1\n    nexthop: 192.0.2.2"),
        f"7:5: {HOP}: next_hop and nexthop are the same attribute (keep one of them)",
    ),
    Mistake(
        "a next hop with a prefix length",
        ROUTE.format("next_hop: 192.0.2.1/24"),
        f"8:15: {HOP}.next_hop: '192.0.2.1/24' is not an IPv4 or IPv6 address (for example 192.0.2.1)",
    ),
    Mistake(
        "a next hop that nothing reaches",
        ROUTE.format("next_hop: 192.0.3.1"),
        f"7:5: {HOP}: no address of eth0 reaches the next hop 192.0.3.1"
        " (correct it, or give the link an address in the next hop's network)",
    ),
    Mistake(
        "default: false and nothing else",
        ROUTE.format("next_hop: 192.0.2.1").replace("default: true", "default: false"),
        f"7:5: {HOP}: the route has no destination (add ip_netmask: <network>, or default: true)",
    ),
    # Bonds
    Mistake(
        "a bond option misspelt",
        BOND.format("bonding_options: mode=active-backup mimon=100"),
        f"4:20: {OPTIONS}: 'mimon' is no option of the bonding driver; did you mean miimon?"
        " (for example mode=active-backup miimon=100)",
    ),
    Mistake(
        "a bond mode misspelt",
        BOND.format("bonding_options: mode=active_backup"),
        f"4:20: {OPTIONS}: mode: 'active_backup' is not one of balance-rr (0), active-backup (1),"
        " balance-xor (2), broadcast (3), 802.3ad (4), balance-tlb (5), balance-alb (6)"
        " (for example mode=active-backup miimon=100)",
    ),
    Mistake(
        "bond options as a mapping",
        BOND.format("bonding_options: {mode: active-backup}"),
        f"4:20: {OPTIONS}: a mapping stands where a text is expected",
    ),
    # Bridges
    Mistake(
        "a bridge option in the words of ifcfg",
        BRIDGE.format("DELAY=0"),
        "4:19: network_config[0].bridge_options: 'DELAY' is no option of a bridge;"
        " did you mean forward_delay? (for example stp_state=on priority=4096 forward_delay=400)",
    ),
    Mistake(
        "a port's option at the bridge",
        BRIDGE.format("isolated=on"),
        "4:19: network_config[0].bridge_options: 'isolated' is no option of a bridge; it belongs to the"
        " bridge_port_options of a member (for example stp_state=on priority=4096 forward_delay=400)",
    ),
]
ids = [mistake.what for mistake in MISTAKES]


@pytest.mark.parametrize("mistake", MISTAKES, ids=ids)
def test_a_check_says_it_in_one_line(run: Runs, mistake: Mistake) -> None:
    run.write("config.yaml", mistake.text)
    assert run("check", "config.yaml") == (1, "", [f"config.yaml:{mistake.says}"])


@pytest.mark.parametrize("mistake", MISTAKES, ids=ids)
@pytest.mark.parametrize("how", [("--noop",), ()], ids=["noop", "for real"])
def test_a_run_says_it_in_one_line_and_touches_nothing(run: Runs, how: List[str], mistake: Mistake) -> None:
    run.write("config.yaml", mistake.text)
    assert run("-c", "config.yaml", *NODE, *how) == (1, "", [f"config.yaml:{mistake.says}"])
    assert run.node.steps == []


HERE = "(there are eth0 (52:54:00:00:00:01), eth1 (52:54:00:00:00:02))"


@pytest.mark.parametrize(
    "text, says",
    [
        (
            "interface_mapping:\n  nic1: 52:54:00:00:00:10\n",
            f"2:9: interface_mapping.nic1: there is no NIC 52:54:00:00:00:10 on this node {HERE}",
        ),
        (
            "interface_mapping:\n  nic1: 52:54:00:00:01\n",
            f"2:9: interface_mapping.nic1: there is no NIC 52:54:00:00:01 on this node {HERE}",
        ),
        (
            "interface_mapping:\n  nic1: eth0\n  nic2: eth0\n",
            "3:9: interface_mapping.nic2: eth0 has another alias in this file already (map each NIC once)",
        ),
        (
            "interface-mapping:\n  nic1: eth0\n",
            "1:1: interface-mapping: unknown attribute, not used (did you mean interface_mapping?)",
        ),
    ],
    ids=["a MAC address that is not there", "a MAC address mistyped", "a NIC twice", "the section misspelt"],
)
def test_a_mistake_in_the_mapping_file(run: Runs, text: str, says: str) -> None:
    run.write("config.yaml", NIC)
    run.write("mapping.yaml", text)
    assert run("-c", "config.yaml", *NODE, "--noop") == (1, "", [f"mapping.yaml:{says}"])


@pytest.mark.parametrize("option", ["-c", "-m", "--inventory"])
def test_a_file_that_is_not_there(run: Runs, option: str) -> None:
    run.write("config.yaml", NIC)
    found = run("-c", "config.yaml", *NODE, option, "missing.yaml", "--noop")
    assert found == (1, "", ["missing.yaml: cannot be read: No such file or directory"])


def test_a_nic_that_is_not_there(run: Runs) -> None:
    run.write("config.yaml", NIC.replace("eth0", "nic3"))
    status, out, (error,) = run("-c", "config.yaml", *NODE, "--noop")
    assert (status, out) == (1, "")
    assert error.startswith("config.yaml:2:3: network_config[0]: there is no link named nic3 on this node")


def test_several_mistakes_are_said_at_once_in_the_order_of_the_file(run: Runs) -> None:
    run.write("config.yaml", VLAN.format("vlan_id: 4095").replace("eth0", "eth0\n  mtu: 20", 1))
    assert run("check", "config.yaml").errors == [
        "config.yaml:4:8: network_config[0].mtu: 20 is not in 68..65535",
        "config.yaml:7:12: network_config[1].vlan_id: 4095 is not in 1..4094",
    ]
