"""By what name a run speaks of each NIC."""

from __future__ import annotations

from typing import Dict, Mapping, Sequence

import pytest

from os_net_config.config.document import parse
from os_net_config.config.nic_words import Words, words
from os_net_config.config.nics import Names, without_hotplug
from os_net_config.engine.calling import Calling, Known, calling
from os_net_config.state.model import LinkKey, NicNameKey, Resource, State
from os_net_config.state.record import Entry, Record
from os_net_config.state.renaming import NAME

from ..node import link, mac, nics

NICS = nics("eno1", "eno2", "nic1")
CONFIG = b"""\
network_config:
- {type: interface, name: eno9}
- {type: interface, name: nic1.10, persist_mapping: 'yes'}
- {type: vlan, device: nic2, vlan_id: 20, persist_mapping: true}
- type: linux_bond
  name: bond1
  persist_mapping: true
  members: [{type: interface, name: nic3, hotplug: true}, {type: interface, name: nic4, persist_mapping: on}]
- type: ovs_dpdk_port
  name: dpdk0
  members: [{type: interface, name: nic5}]
- nonsense
"""


def said(*persistent: str, all_words: Sequence[str] = ()) -> Words:
    return Words({*persistent, *all_words}, set(persistent), set())


def known(own: Mapping[str, str], *entries: Entry) -> Known:
    return Known(Record({one.key: one for one in entries}), own, "a")


NOTHING = known({})


def called(
    aliases: Mapping[str, str],
    spoken: Words,
    earlier: Known = NOTHING,
    names: Sequence[str] = ("eno1", "eno2"),
    more: Sequence[Resource] = (),
) -> Calling:
    found = nics(*names)
    links = [link(nic, index=number) for number, nic in enumerate(found, 1)]
    live = State({one.key: one for one in (*links, *more)})
    return calling(Names(dict(aliases)), found, live, spoken, earlier)


def then(found: Calling) -> Dict[int, str]:
    assert not found.problems, found.problems
    return dict(found.called)


def test_words_of_a_file() -> None:
    document = parse("config.yaml", CONFIG)
    found = words(document, "network_config", False)
    assert found.persistent == {"nic1", "nic2", "nic4"} and found.hotplug == {"nic3"}
    assert words(document, "network_config", True).persistent == {"eno9", "nic1", "nic2", "nic3", "nic4"}
    assert words(parse("x", b"[]"), "network_config", True) == Words(set(), set(), set())


def test_only_what_is_asked_for() -> None:
    found = called({"nic1": "eno1", "nic2": "eno2"}, said("nic1", all_words=["nic2"]))
    assert then(found) == {1: "nic1"}
    assert found.names.rename("nic1") == "nic1" and found.names.rename("nic2") == "eno2"
    assert found.names.rename("eno1") == "nic1"
    assert [nic.name for nic in found.nics] == ["nic1", "eno2"]
    (file,) = found.persistent
    assert file == Resource(NicNameKey("nic1"), {"mac": mac(1), "own": "eno1"})


def test_back_to_its_own_name() -> None:
    own = {"nic1": "eno1"}
    found = called({"nic1": "nic1"}, said(), known(own), names=("nic1", "eno2"))
    assert then(found) == {1: "eno1"} and not found.persistent
    assert found.names.rename("nic1") == "eno1"


def test_it_keeps_the_name_that_the_file_asks_for() -> None:
    """As where the mapping file is gone, and the file speaks of the NIC by its name of now."""
    own = {"storage": "eno1"}
    found = called({}, said(all_words=["storage"]), known(own), names=("storage", "eno2"))
    assert then(found) == {1: "storage"}
    assert [str(one.key) for one in found.persistent] == ["storage"]


def test_it_keeps_the_name_that_another_config_gave() -> None:
    entry = Entry(LinkKey("nic1"), False, {"b": frozenset({NAME})}, {NAME: "eno1"})
    earlier = known({"nic1": "eno1"}, entry)
    assert then(called({}, said(), earlier, ("nic1", "eno2"))) == {1: "nic1"}


def test_names_that_were_exchanged_go_back() -> None:
    own = {"eno1": "eno2", "eno2": "eno1"}
    assert then(called({}, said(), known(own))) == {1: "eno2", 2: "eno1"}


def test_its_own_name_is_taken() -> None:
    assert then(called({}, said(), known({"nic1": "eno2"}), names=("nic1", "eno2"))) == {1: "nic1"}


@pytest.mark.parametrize(
    "alias, says",
    [
        ("eno2", "eno1 cannot be renamed: another link is called eno2"),
        ("other", "eno1 cannot be renamed to other: that is the name of br0"),
        ("a-very-long-alias", "it has more than 15 characters"),
        ("default", "the kernel does not take it"),
        ("a%d", "the kernel does not take it"),
    ],
)
def test_what_cannot_be(alias: str, says: str) -> None:
    bridge = Resource(LinkKey("br0"), {"kind": "bridge", "index": 9, "alternatives": (b"other\0",)})
    found = called({alias: "eno1"}, said(alias), more=[bridge])
    (problem,) = found.problems
    assert says in problem.message and problem.path == ("interface_mapping", alias)


def test_the_file_of_an_absent_nic_stays() -> None:
    file = Resource(NicNameKey("late"), {"mac": mac(9), "own": "eno9"})
    names = without_hotplug(Names({}), nics("eno1"), {"late": "eno9"}, ["late"])
    assert [str(one) for one in names.absent] == ["late (eno9)"] and not names.lacking
    live = State({file.key: file, LinkKey("eno1"): link(nics("eno1")[0], index=1)})
    found = calling(names, nics("eno1"), live, said("late"), NOTHING)
    assert list(found.persistent) == [file]
