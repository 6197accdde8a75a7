"""Which NICs a config expects on the node, and which of them are not there."""

from __future__ import annotations

from typing import List, Mapping, Sequence

import pytest

from os_net_config.config.expected import Expected, expected, has_rows, names_here
from os_net_config.config.nics import Absent, Names, Numbers
from os_net_config.state.nic import Nic
from os_net_config.state.problem import ProblemsError

from ..node import mac, nics
from ..texts import document

NO_MAPPING: Mapping[str, str] = {}
NO_NUMBERS: Numbers = {}


def expects(objects: str, mapping: Mapping[str, str] = NO_MAPPING, kept: Numbers = NO_NUMBERS) -> Expected:
    return expected(document("network_config:\n" + objects), mapping, kept)


def missing(found: Expected, there: Sequence[Nic]) -> List[str]:
    return [str(one) for one in found.missing(there)]


@pytest.mark.parametrize(
    "objects, names",
    [
        ("- {type: interface, name: eth0}\n- {type: interface, name: eth1}\n", "eth0 eth1"),
        ("- {type: interface, name: eth0.10}\n", "eth0"),
        ("- {type: vlan, vlan_id: 10, device: eth0}\n", "eth0"),
        ("- {type: vlan, vlan_id: 10, device: eth0.5}\n", "eth0.5"),
        ("- {type: linux_bond, name: b, members: [{type: interface, name: eth0}]}\n", "eth0"),
        (
            "- type: linux_bridge\n  name: br\n  members:\n"
            "  - {type: linux_bond, name: b, members: [{type: interface, name: eth0}]}\n"
            "  - {type: vlan, vlan_id: 10}\n",
            "eth0",
        ),
        (
            "- {type: linux_bond, name: b, members: [{type: interface, name: eth0}]}\n"
            "- {type: vlan, vlan_id: 10, device: b}\n"
            "- {type: linux_bridge, name: br, members: [{type: interface, name: vlan10}]}\n",
            "eth0",
        ),
        ("- {type: interface, name: lo}\n- {type: linux_tap, name: tap0}\n", ""),
        ("- {type: route_table, name: t, table_id: 9}\n", ""),
        (
            "- type: interface\n  name: eth0\n  routes:\n  - default: true\n"
            "    route_options: nexthop via 192.0.2.1 dev eth0 nexthop via 192.0.2.2 dev eth7\n",
            "eth0 eth7",
        ),
    ],
)
def test_the_names_that_the_file_does_not_make(objects: str, names: str) -> None:
    assert expects(objects) == Expected(tuple(names.split()))


@pytest.mark.parametrize(
    "objects, names",
    [
        ("- {type: interface, name: eth0, onboot: false}\n- {type: interface, name: eth1}\n", "eth1"),
        (
            "- {type: linux_bond, name: b, onboot: false, members: [{type: interface, name: eth0}]}\n"
            "- {type: vlan, vlan_id: 10, device: b}\n",
            "",
        ),
        (
            "- {type: interface, name: eth0, onboot: false}\n- {type: vlan, vlan_id: 10, device: eth0}\n",
            "eth0",
        ),
    ],
    ids=["a NIC", "a bond is made by the file all the same", "a VLAN needs its device"],
)
def test_what_is_not_for_a_boot(objects: str, names: str) -> None:
    assert expects(objects).names == tuple(names.split())


def test_aliases_and_numbers() -> None:
    objects = "".join(f"- {{type: interface, name: {name}}}\n" for name in ("nic1", "nic2", "nic3", "wan"))
    objects += "- {type: vlan, vlan_id: 10, device: nic2}\n- {type: interface, name: nic4.10}\n"
    mapping, kept = {"wan": "eth9", "nic2": "52:54:00:00:00:07"}, {"nic1": mac(1), "nic2": mac(2)}
    found = expects(objects, mapping, kept)
    assert found.names == ()
    assert found.mapped == (("nic2", "52:54:00:00:00:07"), ("wan", "eth9"))
    assert found.numbered == ("nic1",)
    assert found.uncounted == ("nic3", "nic4")
    assert missing(found, []) == [
        "nic2 (52:54:00:00:00:07)", "wan (eth9)", "nic1 (52:54:00:00:00:01)", "nic3", "nic4",
    ]  # fmt: skip
    there = [Nic("a", mac(1)), Nic("b", mac(7)), Nic("eth9", mac(9))]
    assert missing(found, there) == ["nic4"]
    assert missing(found, [*there, Nic("c", mac(3))]) == []


def test_of_what_is_only_counted_as_many_are_waited_for() -> None:
    """Which of them it will be turns out later."""
    found = expects("- {type: interface, name: nic2}\n")
    assert found and missing(found, [Nic("a", mac(1)), Nic("b", mac(2), real=False)]) == ["nic2"]
    assert missing(found, [Nic("a", mac(1)), Nic("b", mac(2))]) == []


def test_a_vlan_of_an_alias_that_somebody_else_makes_has_its_nic_waited_for() -> None:
    found = expects("- {type: vlan, vlan_id: 10, device: wan.5}\n", {"wan": "52:54:00:00:00:01"})
    assert found.mapped == (("wan", "52:54:00:00:00:01"),)


def test_a_name_is_that_of_any_link() -> None:
    found = expects("- {type: interface, name: eth0}\n")
    assert missing(found, [Nic("eth0", b"", real=False)]) == []
    assert missing(found, nics("eth1")) == ["eth0"]


def test_two_of_one_mac_address_are_both_waited_for() -> None:
    """A card whose ports share an address."""
    found = expects("- {type: interface, name: nic2}\n", kept={"nic1": mac(1), "nic2": mac(1)})
    assert missing(found, [Nic("eth0", mac(1))]) == ["nic2 (52:54:00:00:00:01)"]
    assert missing(found, [Nic("eth0", mac(1)), Nic("eth1", mac(1))]) == []


@pytest.mark.parametrize(
    "objects",
    [
        "- {type: interface, name: eth0, mtu: many}\n",
        "- {type: sriov_pf, name: t, numvfs: 1}\n- {type: interface, name: e}\n",
    ],
    ids=["an error", "what comes later"],
)
def test_for_a_file_that_will_be_refused_nobody_waits(objects: str) -> None:
    assert expects(objects) == Expected()


def test_a_file_that_is_no_mapping() -> None:
    with pytest.raises(ProblemsError):
        expected(document("- eth0\n"), {}, {})


def test_a_file_without_objects() -> None:
    assert expected(document("remove_config: []\n"), {}, {}) == Expected()


def names(
    objects: str, there: Sequence[Nic], mapping: Mapping[str, str] = NO_MAPPING, kept: Numbers = NO_NUMBERS
) -> Names:
    return names_here(there, mapping, kept, expects(objects, mapping, kept))


NIC1, NIC2 = "- {type: interface, name: nic1}\n", "- {type: interface, name: nic2}\n"


def test_the_mapping_may_name_nics_that_are_not_here() -> None:
    mapping = {"nic1": "eth0", "nic2": "52:54:00:00:00:09", "nic3": "eth7"}
    found = names(NIC1 + NIC2, nics("eth0"), mapping)
    assert found.aliases == {"nic1": "eth0"}
    assert found.absent == (Absent("nic2", "52:54:00:00:00:09"),)


def test_an_alias_of_a_nic_that_is_not_here_is_no_other_one() -> None:
    """Of the number nic2 there is a NIC; the mapping file means another one."""
    found = names(NIC2, nics("eth0", "eth1"), {"nic2": "eth7"}, {"nic1": mac(1), "nic2": mac(2)})
    assert found.aliases == {"nic1": "eth0"}
    assert found.absent == (Absent("nic2", "eth7"),)


def test_a_number_whose_nic_is_not_here() -> None:
    found = names(NIC1 + NIC2, nics("eth0"), kept={"nic1": mac(1), "nic2": mac(7)})
    assert found.aliases == {"nic1": "eth0"}
    assert found.absent == (Absent("nic2", "52:54:00:00:00:07"),)


def test_numbers_that_are_counted_anew_are_no_loss() -> None:
    """An image that was made on another node brings that one's."""
    wanted = expects(NIC1, kept={"nic1": mac(7)})
    found = names_here(nics("eth0"), {}, {}, wanted)
    assert (found.aliases, found.absent) == ({"nic1": "eth0"}, ())


@pytest.mark.parametrize(
    "objects, needed",
    [
        ("- {type: interface, name: eth0}\n", False),
        ("- {type: linux_bridge, name: br, members: [{type: interface, name: eth0}]}\n", False),
        ("- {type: ovs_bridge, name: br, members: [{type: interface, name: eth0}]}\n", True),
        ("- {type: ovs_user_bridge, name: br}\n", True),
        ("- {type: ovs_bridge, name: br, onboot: false}\n", False),
        ("- {type: ovs_patch_port, name: p, bridge_name: br, peer: q}\n", True),
        ("- {type: ovs_bridge, name: br}\n- {type: interface, name: eth0, mtu: 1}\n", False),
    ],
)
def test_whether_open_vswitch_is_needed(objects: str, needed: bool) -> None:
    """Nobody waits for it where the file will be refused, or what is there for it is not for a boot."""
    assert has_rows(document("network_config:\n" + objects)) == needed
