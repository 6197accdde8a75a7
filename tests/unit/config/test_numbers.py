"""The numbers of NICs: counted once, then kept by MAC address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List, Sequence

import pytest

from os_net_config.config.nics import Numbers, counted_anew, name_nics
from os_net_config.engine.numbering import NumbersError, NumbersFile
from os_net_config.state.nic import Nic

from ..node import Node, mac, nics, node_with
from ..runs import NODE, Runs

EM = nics("em1", "em2", "em3")
KEPT: Numbers = {f"nic{number}": nic.mac for number, nic in enumerate(EM, 1)}


def down(nic: Nic) -> Nic:
    return nic._replace(active=False)


def named(found: Sequence[Nic], mapping: Dict[str, str], kept: Numbers = KEPT) -> Dict[str, str]:
    return dict(name_nics(found, mapping, kept=kept).aliases)


def test_a_first_count_is_kept() -> None:
    names = name_nics(EM, {})
    assert (names.numbers, list(names.numbers)) == (KEPT, ["nic1", "nic2", "nic3"])
    assert name_nics([down(EM[0]), *EM[1:]], {}).numbers == {"nic1": mac(2), "nic2": mac(3)}


def test_numbers_stay_without_carrier_and_under_another_name() -> None:
    usual = {"nic1": "em1", "nic2": "em2", "nic3": "em3"}
    assert named([EM[0], down(EM[1]), EM[2]], {}) == usual
    assert named([EM[0]._replace(name="ens9"), *EM[1:]], {}) == {**usual, "nic1": "ens9"}
    assert named([*EM[:2], EM[2]._replace(name="a0")], {}) == {**usual, "nic3": "a0"}


def test_a_nic_that_is_new_gets_a_number_after_the_kept_ones() -> None:
    new = [Nic("em0", mac(8)), Nic("p1p1", mac(9)), Nic("em9", mac(7), active=False)]
    names = name_nics([*EM, *new], {}, kept=KEPT)
    assert names.aliases == {"nic1": "em1", "nic2": "em2", "nic3": "em3", "nic4": "em0", "nic5": "p1p1"}
    assert names.numbers == {**KEPT, "nic4": mac(8), "nic5": mac(9)}


def test_a_nic_that_is_gone_keeps_its_number() -> None:
    names = name_nics([EM[0], EM[2], Nic("em4", mac(4))], {}, kept=KEPT)
    assert names.aliases == {"nic1": "em1", "nic3": "em3", "nic4": "em4"}
    assert names.missing == {"nic2": mac(2)}
    assert names.numbers == {**KEPT, "nic4": mac(4)}


def test_a_mapping_file_goes_before() -> None:
    assert named(EM, {"nic1": "em3"}) == {"nic1": "em3", "nic2": "em2"}
    assert named(EM, {"storage": "em2"}) == {"storage": "em2", "nic1": "em1", "nic3": "em3"}
    # The numbers themselves know nothing of it.
    assert name_nics(EM, {"nic1": "em3"}, kept=KEPT).numbers == KEPT
    assert name_nics(EM, {"nic1": "em3"}).numbers == KEPT
    assert name_nics(EM[1:], {"nic1": "em3"}, kept=KEPT).missing == {}


def test_two_nics_with_one_address_have_two_numbers() -> None:
    """As of a virtual function and the paravirtual NIC that it stands behind."""
    twins = [EM[0], EM[0]._replace(name="enP1")]
    names = name_nics(twins, {})
    assert names.aliases == {"nic1": "em1", "nic2": "enP1"}
    assert name_nics(twins, {}, kept=names.numbers) == names


def test_where_a_new_count_would_differ() -> None:
    assert counted_anew(EM, name_nics(EM, {}, kept=KEPT)) == []
    found = [EM[0], down(EM[1]), EM[2]]
    assert counted_anew(found, name_nics(found, {}, kept=KEPT)) == ["nic2 em3, not em2", "nic3 none, not em3"]
    assert counted_anew(EM[:2], name_nics(EM[:2], {}, kept=KEPT)) == ["nic3 none, not 52:54:00:00:00:03"]


# The file


def test_the_file_keeps_them(tmp_path: Path) -> None:
    file = NumbersFile(str(tmp_path / "state"))
    assert file.load() == {}
    file.save({})
    assert not (tmp_path / "state").exists()
    file.save(KEPT)
    assert json.loads(Path(file.path).read_text()) == {
        "format": "os-net-config nics",
        "version": 1,
        "nics": {"nic1": "52:54:00:00:00:01", "nic2": "52:54:00:00:00:02", "nic3": "52:54:00:00:00:03"},
    }
    assert file.load() == KEPT
    inode = Path(file.path).stat().st_ino
    file.save(KEPT)
    assert Path(file.path).stat().st_ino == inode
    file.save({})
    assert file.load() == {}


INFINIBAND = Nic("ib0", bytes.fromhex("00001043fe80000000000000506b4b0300c3a0f1"))


def test_an_infiniband_nic_is_known_by_its_guid(tmp_path: Path) -> None:
    """The first bytes of its address are another connection's after the driver was loaded again."""
    file = NumbersFile(str(tmp_path))
    file.save(name_nics([EM[0], INFINIBAND], {}).numbers)
    assert file.load() == {"nic1": mac(1), "nic2": INFINIBAND.mac[-8:]}
    later = INFINIBAND._replace(name="ib1", mac=b"\0\0\x20\x07" + INFINIBAND.mac[4:])
    assert named([EM[0], later], {}, file.load()) == {"nic1": "em1", "nic2": "ib1"}
    assert counted_anew([EM[0], later], name_nics([EM[0], later], {}, kept=file.load())) == []


HEAD = '{"format": "os-net-config nics", "version": 1, "nics": '


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", HEAD.replace("1", "2") + "{}}", HEAD.replace("nics", "x", 1) + "{}}", HEAD + "[]}"),
        *(HEAD + '{"nic1": "em1"}}', HEAD + '{"nic1": 7}}', HEAD + '{"storage": "52:54:00:00:00:01"}}'),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, text: str) -> None:
    """To count anew might mean other NICs."""
    (tmp_path / "nics.json").write_text(text)
    with pytest.raises(NumbersError, match=r"nics\.json cannot be used: .*--renumber"):
        NumbersFile(str(tmp_path)).load()


# Runs

ON_2 = "network_config: [{type: interface, name: nic2, mtu: 9000}]\n"


def inventory(run: Runs, *found: Nic) -> None:
    entries = [{"name": one.name, "mac": one.mac.hex(":"), "active": one.active} for one in found]
    run.write("inventory.yaml", json.dumps(entries))
    run.node = Node(node_with(found))


def planned(run: Runs, *options: str) -> List[str]:
    """The NICs whose MTU would change, and what is said on stderr."""
    found = run("-c", "config.yaml", *NODE, "--noop", *options)
    return [line.split()[0] for line in found.out.splitlines() if "network_config[" in line] + found.errors


def test_runs_keep_to_the_first_count(run: Runs) -> None:
    run.write("config.yaml", ON_2)
    inventory(run, *EM)
    assert planned(run) == ["em2"]
    assert not Path("state").exists()
    assert run("-c", "config.yaml", *NODE).status == 0
    kept = Path("state/nics.json").read_bytes()
    inventory(run, EM[0], down(EM[1]), EM[2])
    differs = (
        "WARNING: the NICs keep their numbers; --renumber would make nic2 em3, not em2; nic3 none, not em3"
    )
    assert planned(run) == ["em2", differs]
    assert planned(run, "--renumber") == ["em3"]
    assert Path("state/nics.json").read_bytes() == kept
    report = run(*NODE, "-i")
    assert json.loads(report.out) == {"nic1": "em1", "nic2": "em2", "nic3": "em3"}
    assert report.errors == [differs]
    assert run("-c", "config.yaml", *NODE, "--renumber").status == 0
    assert NumbersFile("state").load() == {"nic1": mac(1), "nic2": mac(3)}
    assert planned(run) == []


@pytest.mark.parametrize("name", ["nic2", "nic2.20"])
def test_a_nic_that_is_gone_is_an_error_that_says_which(run: Runs, name: str) -> None:
    run.write("config.yaml", ON_2)
    inventory(run, *EM)
    assert run("-c", "config.yaml", *NODE).status == 0
    inventory(run, EM[0], EM[2])
    run.write("config.yaml", f"network_config: [{{type: interface, name: {name}}}]\n")
    found = run("-c", "config.yaml", *NODE)
    assert found.status == 1
    assert found.errors == [
        "config.yaml:1:42: network_config[0].name: NIC 52:54:00:00:00:02, which was nic2, is not on this node"
        " (--renumber counts the NICs anew)"
    ]


def test_numbers_that_came_with_an_image_of_another_node_do_not_count(run: Runs) -> None:
    run.write("config.yaml", ON_2)
    inventory(run, *EM)
    assert run("-c", "config.yaml", *NODE).status == 0
    inventory(run, *(nic._replace(mac=mac(number)) for number, nic in enumerate(EM, 5)))
    warned = "WARNING: none of the NICs that state/nics.json numbers is on this node: they are counted anew"
    assert planned(run) == ["em2", warned]
    assert run("-c", "config.yaml", *NODE).status == 0
    assert NumbersFile("state").load() == {"nic1": mac(5), "nic2": mac(6), "nic3": mac(7)}


def test_a_run_that_is_taken_back_keeps_no_numbers(run: Runs) -> None:
    run.write("config.yaml", ON_2)
    inventory(run, *EM)
    run.node = Node(node_with(EM), refused="em2")
    assert run("-c", "config.yaml", *NODE, "--detailed-exit-codes").status == 4
    assert not Path("state/nics.json").exists()


def test_numbers_that_cannot_be_written_are_a_warning(run: Runs) -> None:
    run.write("config.yaml", ON_2)
    inventory(run, *EM)
    Path("state/.nics.json.new").mkdir(parents=True)
    found = run("-c", "config.yaml", *NODE)
    assert found.status == 0
    assert found.errors == ["WARNING: the numbers of the NICs are not kept: state/nics.json: Is a directory"]


def test_numbers_that_cannot_be_read_are_an_error(run: Runs) -> None:
    run.write("config.yaml", ON_2)
    run.write("state/nics.json", "{}")
    inventory(run, *EM)
    found = run("-c", "config.yaml", *NODE)
    assert (found.status, run.node.steps) == (1, [])
    assert found.errors[0].startswith("ERROR: state/nics.json cannot be used: ")
    assert run("-c", "config.yaml", *NODE, "--renumber").status == 0
    assert NumbersFile("state").load() == KEPT


def test_below_another_root(run: Runs) -> None:
    run.write("config.yaml", ON_2)
    run.write("image/config.yaml", ON_2)
    run.write("image/state/nics.json", HEAD + '{"nic2": "52:54:00:00:00:03"}}')
    inventory(run, *EM)
    found = run("-c", "config.yaml", *NODE, "--root-dir", "image", "-i", "nic2")
    assert json.loads(found.out) == {"nic2": "em3"}
