"""Names of NICs: counted, from a mapping file, and as the `-i` report tells them."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Dict, List, Mapping, Sequence

import pytest

from os_net_config.backends import sysfs
from os_net_config.cli.main import main
from os_net_config.cli.problems import line
from os_net_config.config.inventory import read_inventory
from os_net_config.config.nics import Names, name_nics, read_mapping
from os_net_config.config.objects import rename_dotted
from os_net_config.state.nic import Nic
from os_net_config.state.problem import ProblemsError

from ..node import Node, link, mac, nics, node_with
from ..texts import config

# Counting


def counted(found: Sequence[Nic]) -> List[str]:
    """The NICs in the order of their numbers."""
    aliases = name_nics(found, {}).aliases
    return [aliases[f"nic{number}"] for number in range(1, len(aliases) + 1)]


@pytest.mark.parametrize(
    "names, order",
    [
        ("eth0 eth1", "eth0 eth1"),
        ("eth10 eth2 eth1", "eth1 eth2 eth10"),
        ("enp8s0 enp10s0 enp8s0f1", "enp8s0 enp8s0f1 enp10s0"),
        ("p1p1 em1", "em1 p1p1"),
        ("ens3 eno2 em1 eth0 eno1 enp1s0", "em1 eno1 eno2 eth0 enp1s0 ens3"),
        ("ib0 eth0 a0", "eth0 a0 ib0"),
        ("1eth eth", "eth 1eth"),
        ("eth007 eth7 eth08", "eth007 eth7 eth08"),
    ],
)
def test_nics_of_the_mainboard_first_then_naturally(names: str, order: str) -> None:
    assert counted(nics(*names.split())) == order.split()


@pytest.mark.parametrize(
    "left_out",
    [
        Nic("lo", bytes(6)),
        Nic("eth1", mac(9), active=False),
        Nic("eth1", mac(9), vf=True),
        Nic("eth1", mac(9), real=False),
    ],
    ids=["lo", "without carrier", "a virtual function", "no device"],
)
def test_what_is_not_counted(left_out: Nic) -> None:
    assert counted([left_out, *nics("eth0", "eth2")]) == ["eth0", "eth2"]


def test_a_node_without_nics() -> None:
    assert name_nics([], {}) == Names({})


def test_sysfs_tells_real_nics_from_others(tmp_path: Path) -> None:
    """A device directory makes a NIC; one with a physfn is a virtual function."""
    (tmp_path / "eth0" / "device").mkdir(parents=True)
    (tmp_path / "eth0v0" / "device").mkdir(parents=True)
    (tmp_path / "eth0v0" / "device" / "physfn").symlink_to("nowhere")
    (tmp_path / "veth0").mkdir()
    (tmp_path / "vlan20" / "device").mkdir(parents=True)
    (tmp_path / "eth9" / "device").mkdir(parents=True)
    nic, vf, veth, vlan, down = nics("eth0", "eth0v0", "veth0", "vlan20", "eth9")
    live = node_with([], link(nic), link(vf), link(veth), link(vlan, kind="vlan"), link(down, operstate=2))
    assert sysfs.nics(live, str(tmp_path)) == [
        nic,
        vf._replace(vf=True),
        veth._replace(real=False),
        vlan._replace(real=False),
        down._replace(active=False),
    ]


def test_the_address_of_a_bonded_nic_is_its_permanent_one(tmp_path: Path) -> None:
    (tmp_path / "eth1" / "device").mkdir(parents=True)
    bonded = link(Nic("eth1", mac(2)), address=mac(1), master="bond0")
    (nic,) = sysfs.nics(node_with([], bonded), str(tmp_path))
    assert nic.mac == mac(2)
    assert name_nics([nic], {"storage": mac(2).hex(":")}).aliases["storage"] == "eth1"


def test_who_has_an_address_from_another_link(tmp_path: Path) -> None:
    """Also where no link has a device, as in a container: the ports are meant, and what a VLAN stands on."""
    links = [
        link(Nic("veth1", mac(1)), kind="veth", master="bond1"),
        link(Nic("veth2", mac(2)), kind="veth", master="bond1", address=mac(1)),
        link(Nic("bond1", mac(1)), kind="bond"),
        link(Nic("veth3", mac(3)), kind="veth", link="eth0"),
        link(Nic("vlan5", mac(3)), kind="vlan", link="veth3"),
    ]
    found = sysfs.nics(node_with([], *links), str(tmp_path))
    assert [nic.name for nic in found if nic.borrowed] == ["bond1", "vlan5"]
    mapping = {f"nic{number}": mac(number).hex(":") for number in (1, 2, 3)}
    assert name_nics(found, mapping).aliases == {"nic1": "veth1", "nic2": "veth2", "nic3": "veth3"}


# The mapping file

EM = nics("em1", "em2", "em3", "em4")
M1, M2, M3 = (nic.mac.hex(":") for nic in EM[:3])


@pytest.mark.parametrize(
    "mapping, aliases",
    [
        ({}, {"nic1": "em1", "nic2": "em2", "nic3": "em3", "nic4": "em4"}),
        (
            {"nic1": "em2", "nic2": "em1", "nic3": "em4", "nic4": "em3"},
            {"nic1": "em2", "nic2": "em1", "nic3": "em4", "nic4": "em3"},
        ),
        # The others keep the numbers that they have.
        ({"nic1": "em3"}, {"nic1": "em3", "nic2": "em2", "nic4": "em4"}),
        ({"storage": "em2"}, {"storage": "em2", "nic1": "em1", "nic3": "em3", "nic4": "em4"}),
        ({"nic9": "em2"}, {"nic9": "em2", "nic1": "em1", "nic3": "em3", "nic4": "em4"}),
        # An identity says only that the name is meant.
        ({"em1": "em1"}, {"em1": "em1", "nic2": "em2", "nic3": "em3", "nic4": "em4"}),
    ],
    ids=["none", "all", "one number", "one word", "a number that is not there", "identity"],
)
def test_a_mapping(mapping: Mapping[str, str], aliases: Dict[str, str]) -> None:
    assert dict(name_nics(EM, mapping).aliases) == aliases


@pytest.mark.parametrize("spelling", [M2, M2.upper(), M2.replace(":", "-"), M2.upper().replace(":", "-")])
def test_mac_addresses_in_any_spelling(spelling: str) -> None:
    assert name_nics(EM, {"nic1": spelling}).aliases["nic1"] == "em2"


@pytest.mark.parametrize(
    "nic", [Nic("veth0", mac(7), real=False), Nic("em7", mac(7), active=False), Nic("em7v0", mac(7), vf=True)]
)
def test_an_entry_may_name_what_is_not_counted(nic: Nic) -> None:
    assert name_nics([*EM, nic], {"nic1": nic.name}).aliases["nic1"] == nic.name


def test_a_mac_address_means_the_nic_not_the_vlan_that_borrows_it() -> None:
    vlan = Nic("em1.20", EM[0].mac, real=False)
    assert name_nics([vlan, *EM], {"storage": M1}).aliases["storage"] == "em1"


def test_dotted_names_are_mapped_before_the_dot() -> None:
    rename = Names({"nic1": "em1", "nic1.20": "other"}).rename
    spellings = ["nic1", "nic1.10", "em9", "nic2.10", "nic1.x", "nic1."]
    assert [rename_dotted(name, rename) for name in spellings] == [
        *("em1", "em1.10", "em9", "nic2.10", "nic1.x", "nic1."),
    ]


def test_names_are_mapped_wherever_a_link_is_named() -> None:
    found = config(
        """
        network_config:
        - type: linux_bond
          name: bond0
          bonding_options: mode=active-backup primary=nic2
          members:
          - {type: interface, name: nic1}
          - {type: interface, name: nic2}
        - {type: interface, name: storage}
        - {type: interface, name: storage.30}
        - {type: vlan, vlan_id: 20, device: storage}
        """,
        Names({"nic1": "em1", "nic2": "em2", "storage": "em3"}),
    )
    bond, nic, dotted, vlan = found.objects
    assert [member.name for member in bond.members] == ["em1", "em2"]
    assert (nic.name, dotted.name, dotted.device, vlan.device) == ("em3", "em3.30", "em3", "em3")


def mapping_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mapping.yaml"
    path.write_text(dedent(text))
    return path


def refusal(path: Path, found: Sequence[Nic] = EM) -> List[str]:
    with pytest.raises(ProblemsError) as error:
        document, mapping = read_mapping(str(path))
        name_nics(found, mapping, document)
    return [line(one, error.value.source, "?").replace(f"{path}:", "") for one in error.value.problems]


HERE = "there are em1 (52:54:00:00:00:01), em2 (52:54:00:00:00:02)"


@pytest.mark.parametrize(
    "entries, says",
    [
        ("nic1: em9", f"2:9: interface_mapping.nic1: there is no NIC em9 on this node ({HERE})"),
        (
            "nic1: 52:54:00:00:00:99",
            f"2:9: interface_mapping.nic1: there is no NIC 52:54:00:00:00:99 on this node ({HERE})",
        ),
        (
            "nic1: em2\n  storage: 52-54-00-00-00-02",
            "3:12: interface_mapping.storage: em2 has another alias in this file already (map each NIC once)",
        ),
        (
            "em1: em2",
            "2:8: interface_mapping.em1: em1 is the name of another NIC, which is in use"
            " (choose another alias)",
        ),
        ("nic1: 12", f"2:9: interface_mapping.nic1: there is no NIC 12 on this node ({HERE})"),
        ("nic1:\n    name: em1", "3:5: interface_mapping.nic1: a mapping stands where a text is expected"),
        (
            "nic1: 'em 1'",
            "2:9: interface_mapping.nic1: 'em 1' does not have the form that is expected here"
            " (for example eno2)",
        ),
        (
            "nic1: em1\n  nic1: em2",
            "3:3: nic1 stands twice in this mapping, lines 2 and 3: the last counts (remove one of them)",
        ),
    ],
)
def test_a_mapping_that_cannot_be_met_is_an_error(tmp_path: Path, entries: str, says: str) -> None:
    path = mapping_file(tmp_path, f"interface_mapping:\n  {entries}\n")
    assert refusal(path, EM[:2]) == [says]


def test_the_name_of_a_nic_without_carrier_may_be_an_alias() -> None:
    found = [*EM[:1], EM[1]._replace(active=False)]
    assert name_nics(found, {"em2": "em1"}).aliases == {"em2": "em1"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "interface_mapping:\n", "interface_mapping: {}\n"])
def test_an_empty_mapping_file_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert read_mapping(str(mapping_file(tmp_path, text)))[1] == {}


@pytest.mark.parametrize(
    "text, says",
    [
        ("- nic1: em1\n", "1:1: a list stands where a mapping (name: value) is expected"),
        (
            "interface_mapping: [em1]\n",
            "1:20: interface_mapping: a list stands where a mapping (name: value) is expected",
        ),
        (
            "interface_mappings: {}\n",
            "1:1: interface_mappings: unknown attribute, not used (did you mean interface_mapping?)",
        ),
    ],
)
def test_a_mapping_file_of_another_form(tmp_path: Path, text: str, says: str) -> None:
    assert refusal(mapping_file(tmp_path, text)) == [says]


# The inventory


def test_an_inventory(tmp_path: Path) -> None:
    path = mapping_file(
        tmp_path,
        """
        - {name: em1, mac: 52:54:00:00:00:01}
        - {name: em2, mac: 52-54-00-00-00-02, active: no}
        - {name: em3, mac: 52:54:00:00:00:03, vf: on, real: true}
        """,
    )
    assert read_inventory(str(path)) == [EM[0], EM[1]._replace(active=False), EM[2]._replace(vf=True)]


@pytest.mark.parametrize(
    "text, says",
    [
        ("em1: x\n", "1:1: the inventory is no list of NICs (- {name: eno1, mac: …})"),
        ("- em1\n", "1:3: [0]: is no NIC: "),
        ("- {name: em1}\n", "1:3: [0]: is no NIC: 'mac' (a NIC has name and mac)"),
        ("- {mac: 52:54:00:00:00:01}\n", "1:3: [0]: is no NIC: 'name' (a NIC has name and mac)"),
        ("- {name: em1, mac: 52:54}\n", "1:3: [0]: is no NIC: '52:54' is not a MAC address"),
        (
            "- {name: a b, mac: 52:54:00:00:00:01}\n",
            "1:3: [0]: is no NIC: 'a b' cannot be the name of a link",
        ),
    ],
)
def test_an_inventory_that_is_none(tmp_path: Path, text: str, says: str) -> None:
    path = mapping_file(tmp_path, text)
    with pytest.raises(ProblemsError) as error:
        read_inventory(str(path))
    (problem,) = error.value.problems
    assert line(problem, error.value.source, "?").replace(f"{path}:", "").startswith(says)


# The report


@pytest.fixture
def on_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> List[str]:
    """Arguments for a run on a node with four NICs."""
    monkeypatch.setattr("os_net_config.cli.run.NodeBackend", lambda *_: Node(node_with(EM)))
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(json.dumps([{"name": nic.name, "mac": nic.mac.hex(":")} for nic in EM]))
    return ["--inventory", str(inventory), "--root-dir", str(tmp_path)]


ALL = {"nic1": "em1", "nic2": "em2", "nic3": "em3", "nic4": "em4"}


@pytest.mark.parametrize(
    "asked, found",
    [
        ([], ALL),
        (["nic2"], {"nic2": "em2"}),
        (["em3", "nic1"], {"nic1": "em1", "nic3": "em3"}),
    ],
)
def test_the_report(
    on_node: List[str], capsys: pytest.CaptureFixture[str], asked: List[str], found: Dict[str, str]
) -> None:
    assert main([*on_node, "-i", *asked]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == found
    assert list(json.loads(output.out)) == sorted(found)
    assert output.err == ""


def test_the_report_names_what_is_not_there(on_node: List[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*on_node, "--interfaces", "nic1", "nic7"]) == 1
    output = capsys.readouterr()
    assert json.loads(output.out) == {"nic1": "em1"}
    assert output.err == "ERROR: there is no NIC nic7\n"


def test_the_report_follows_the_mapping_file(
    on_node: List[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = mapping_file(tmp_path, "interface_mapping: {nic1: em2, storage: em1}\n")
    assert main([*on_node, "-m", str(path), "-i"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "nic1": "em2",
        "storage": "em1",
        "nic3": "em3",
        "nic4": "em4",
    }


def test_the_report_takes_the_usual_mapping_file_where_there_is_one(
    on_node: List[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = tmp_path / "etc" / "os-net-config"
    usual.mkdir(parents=True)
    mapping_file(usual, "interface_mapping: {provision: em4}\n")
    assert main([*on_node, "-i", "provision"]) == 0
    assert json.loads(capsys.readouterr().out) == {"provision": "em4"}


def test_a_mistake_in_the_mapping_file_names_the_mapping_file(
    on_node: List[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = mapping_file(tmp_path, "interface_mapping:\n\tnic1: em1\n")
    assert main([*on_node, "-m", str(path), "-i"]) == 1
    assert capsys.readouterr().err == (
        f"{path}:2:1: a tab stands in the indentation, which YAML does not allow (indent with spaces)\n"
    )
