"""The files of iproute2: what is read from them, and what becomes of them byte by byte."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Dict, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.backends.names import (
    HEADER,
    Names,
    known_tables,
    lines,
    rewritten,
    with_marked,
    without_marked,
)
from os_net_config.backends.protocol import ExecuteError
from os_net_config.engine.labels import labels
from os_net_config.state.diff import Change, diff
from os_net_config.state.model import Key, NameKey, Resource, State
from os_net_config.state.names import FILES

DEBIAN = """\
#
# reserved values
#
255\tlocal
254\tmain
253\tdefault
0\tunspec
"""
OURS_OF_TABLES = "etc/iproute2/rt_tables.d/os-net-config.conf"
STORAGE = NameKey("rt_tables", 200)
LABELS = (NameKey("rt_protos", 111), NameKey("group", 111))


def put(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def add(key: NameKey, name: str) -> Change:
    return Change(key, None, {"name": name})


def name(root: Path, key: NameKey) -> Optional[Dict[str, object]]:
    found = Names(str(root)).observe().get(key)
    return dict(found.values) if found is not None else None


def tree(root: Path) -> Dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("text", "number", "called"),
    [
        ("200\tstorage", 200, "storage"),
        ("  200 storage    # os-net-config managed table\r", 200, "storage"),
        ("0xC8 storage", 200, "storage"),
        ("200storage", 200, "storage"),
        ("0xzz", 0, "xzz"),
        ("-1 below", None, "below"),
        ("# 200 storage", None, ""),
        (" \t", None, ""),
    ],
)
def test_a_line_as_ip_reads_it(text: str, number: Optional[int], called: str) -> None:
    (line,) = lines(f"{text}\n".encode())
    assert (line.number, line.name, line.good) == (number, called, True)


@pytest.mark.parametrize("text", ["storage", "200", "x200 storage", "\r"])
def test_a_line_that_ip_stops_at(text: str) -> None:
    (line,) = lines(text.encode())
    assert not line.good


def test_nothing_is_there(tmp_path: Path) -> None:
    assert Names(str(tmp_path)).observe() == {}
    assert known_tables(str(tmp_path)) == {"default": 253, "main": 254, "local": 255}


def test_others_names_have_an_owner(tmp_path: Path) -> None:
    tables = put(tmp_path, "etc/iproute2/rt_tables", DEBIAN + "200\tstorage\n")
    put(tmp_path, OURS_OF_TABLES, "201\ttenant\n")
    assert name(tmp_path, STORAGE) == {"name": "storage", "owner": str(tables)}
    assert name(tmp_path, NameKey("rt_tables", 201)) == {"name": "tenant"}


def test_what_the_old_program_wrote_is_adopted(tmp_path: Path) -> None:
    put(tmp_path, "etc/iproute2/rt_tables", "200\tstorage    # os-net-config managed table\n")
    live = State(Names(str(tmp_path)).observe())
    wanted: Dict[Key, Resource] = {STORAGE: Resource(STORAGE, {"name": "storage"})}
    assert diff(State(wanted), live).changes == []


@pytest.mark.parametrize("usr", ["usr/share/iproute2", "usr/lib/iproute2"])
def test_a_file_in_etc_hides_the_one_in_usr(tmp_path: Path, usr: str) -> None:
    put(tmp_path, f"{usr}/rt_tables", "200 storage\n")
    put(tmp_path, f"{usr}/rt_tables.d/a.conf", "201 tenant\n")
    put(tmp_path, f"{usr}/rt_tables.d/README", "202 nothing\n")
    found = known_tables(str(tmp_path))
    assert (found["storage"], found["tenant"], "nothing" in found) == (200, 201, False)
    put(tmp_path, "etc/iproute2/rt_tables", "300 management\n")
    put(tmp_path, "etc/iproute2/rt_tables.d/a.conf", "")
    assert known_tables(str(tmp_path)) == {"default": 253, "main": 254, "local": 255, "management": 300}


def test_the_name_read_last_counts_and_ours_is_read_last(tmp_path: Path) -> None:
    put(tmp_path, "etc/iproute2/rt_tables", "200 one\n200 two\n")
    other = put(tmp_path, "etc/iproute2/rt_tables.d/zebra.conf", "200 three\n")
    assert name(tmp_path, STORAGE) == {"name": "three", "owner": str(other)}
    put(tmp_path, OURS_OF_TABLES, "200 four\n")
    assert name(tmp_path, STORAGE) == {"name": "four"}


def test_a_name_with_several_numbers(tmp_path: Path) -> None:
    """By the low byte first: 513 is 0x201."""
    put(tmp_path, "etc/iproute2/rt_tables", "7 storage\n513 storage\n200 tenant\n456 tenant\n254 wan\n")
    found = known_tables(str(tmp_path))
    assert (found["storage"], found["tenant"], found["wan"], found["main"]) == (513, 456, 254, 254)


def test_ip_stops_at_what_it_does_not_understand(tmp_path: Path) -> None:
    put(tmp_path, "etc/iproute2/rt_tables", "200 storage\nwhat is this\n201 tenant\n")
    assert set(known_tables(str(tmp_path))) == {"default", "main", "local", "storage"}


def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "etc/iproute2/rt_tables").mkdir(parents=True)
    (tmp_path / "etc/iproute2/rt_tables.d").write_text("")
    assert Names(str(tmp_path)).observe() == {}


def test_ours_is_written_and_goes_again(tmp_path: Path) -> None:
    put(tmp_path, "etc/iproute2/rt_tables", DEBIAN)
    before = tree(tmp_path)
    backend = Names(str(tmp_path))
    steps = [add(NameKey("rt_tables", 1000), "tenant"), add(STORAGE, "storage")]
    backend.execute(steps)
    path = tmp_path / OURS_OF_TABLES
    assert path.read_bytes() == HEADER + b"200\tstorage\n1000\ttenant\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == [path.name]
    backend.execute([Change(STORAGE, {"name": "storage"}, {"name": "storage2"})])
    assert name(tmp_path, STORAGE) == {"name": "storage2"}
    backend.execute([step.inverse for step in steps])
    assert tree(tmp_path) == before


def written(root: Path) -> Dict[Path, Tuple[int, int]]:
    """Inode and time of the last write of each file below root; reading moves the access time."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in root.rglob("*")}


def test_what_is_so_already_is_not_written(tmp_path: Path) -> None:
    backend = Names(str(tmp_path))
    backend.execute([add(STORAGE, "storage"), add(LABELS[1], "os-net-config")])
    before = written(tmp_path)
    backend.execute([add(STORAGE, "storage"), add(LABELS[1], "os-net-config")])
    assert written(tmp_path) == before


def test_garbage_in_a_file_of_ours_is_healed(tmp_path: Path) -> None:
    """What ip does not get to see is missing, and with the next write it is back."""
    path = put(tmp_path, OURS_OF_TABLES, "# mine\n201 tenant\nwhat is this\n200 storage\n")
    assert name(tmp_path, STORAGE) is None
    Names(str(tmp_path)).execute([add(NameKey("rt_tables", 300), "management")])
    assert path.read_bytes() == HEADER + b"200\tstorage\n201\ttenant\n300\tmanagement\n"


def test_a_name_in_no_encoding(tmp_path: Path) -> None:
    path = tmp_path / OURS_OF_TABLES
    path.parent.mkdir(parents=True)
    path.write_bytes(b"200 stor\xe9\n")
    Names(str(tmp_path)).execute([add(NameKey("rt_tables", 300), "management")])
    assert path.read_bytes() == HEADER + b"200\tstor\xe9\n300\tmanagement\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"0\tdefault\n", b"0\tdefault\n111\tos-net-config\t# made by os-net-config\n"),
        (b"0\tdefault", b"0\tdefault\n111\tos-net-config\t# made by os-net-config"),
        (b"0 a\nwhat\n1 b", b"0 a\n111\tos-net-config\t# made by os-net-config\nwhat\n1 b"),
        (b"", b"111\tos-net-config\t# made by os-net-config\n"),
    ],
    ids=["usual", "no end of line", "ip stops before the end", "empty"],
)
def test_a_line_of_ours_among_others(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = put(tmp_path, "etc/iproute2/group", before.decode())
    backend = Names(str(tmp_path))
    backend.execute([add(LABELS[1], "os-net-config")])
    assert path.read_bytes() == after
    assert name(tmp_path, LABELS[1]) == {"name": "os-net-config"}
    backend.execute([add(LABELS[1], "os-net-config").inverse])
    assert (path.read_bytes() if path.exists() else b"") == before


@given(
    st.binary(max_size=80), st.dictionaries(st.integers(0, 300), st.sampled_from(["a", "b-c"]), max_size=3)
)
def test_a_common_file_is_given_back_byte_for_byte(content: bytes, names: Dict[int, str]) -> None:
    added = with_marked(content, names)
    seen = {one.number: one.name for one in lines(added) if one.is_ours(names)}
    assert seen == names
    assert without_marked(added, names) == content


@given(st.binary(max_size=80))
def test_a_file_of_ours_is_good_after_a_write_whatever_it_was(content: bytes) -> None:
    again = rewritten(content, {200: "storage"})
    assert all(one.good for one in lines(again))
    assert rewritten(again, {200: "storage"}) == again
    numbers = {one.number for one in lines(content)} - {None}
    assert {one.number for one in lines(again)} - {None} == numbers | {200}


def test_groups_that_are_in_usr_only_stay_readable(tmp_path: Path) -> None:
    put(tmp_path, "usr/share/iproute2/group", "0\tdefault\n7\tuplinks\n")
    before = tree(tmp_path)
    backend = Names(str(tmp_path))
    backend.execute([add(LABELS[1], "os-net-config")])
    path = tmp_path / "etc/iproute2/group"
    assert path.read_text() == "0\tdefault\n7\tuplinks\n111\tos-net-config\t# made by os-net-config\n"
    backend.execute([add(LABELS[1], "os-net-config").inverse])
    assert tree(tmp_path) == before


def test_a_copy_that_somebody_changed_stays(tmp_path: Path) -> None:
    put(tmp_path, "usr/share/iproute2/group", "0\tdefault\n")
    backend = Names(str(tmp_path))
    backend.execute([add(LABELS[1], "os-net-config")])
    path = tmp_path / "etc/iproute2/group"
    path.write_text(path.read_text() + "7\tuplinks\n")
    backend.execute([add(LABELS[1], "os-net-config").inverse])
    assert path.read_text() == "0\tdefault\n7\tuplinks\n"


def test_an_equal_line_of_others_stays_theirs(tmp_path: Path) -> None:
    """So that taking ours away is no way to lose the name."""
    group = put(tmp_path, "etc/iproute2/group", "111 os-net-config\n")
    assert name(tmp_path, LABELS[1]) == {"name": "os-net-config", "owner": str(group)}
    Names(str(tmp_path)).execute([add(LABELS[1], "os-net-config").inverse])
    assert group.read_text() == "111 os-net-config\n"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """The first step of the file is the one that failed; others' files are done or not tried."""
    put(tmp_path, "etc/iproute2/rt_protos.d", "no directory")
    tables = add(STORAGE, "storage")
    protocols = [add(LABELS[0], "os-net-config"), add(NameKey("rt_protos", 112), "more")]
    group = add(LABELS[1], "os-net-config")
    with pytest.raises(ExecuteError) as caught:
        Names(str(tmp_path)).execute([tables, *protocols, group])
    assert str(caught.value) == f"{tmp_path}/etc/iproute2/rt_protos.d/os-net-config.conf: Not a directory"
    assert (caught.value.step, caught.value.done) == (protocols[0], (tables,))
    assert caught.value.remaining == (protocols[1], group)


def test_nothing_is_left_of_a_write_that_failed(tmp_path: Path) -> None:
    (tmp_path / OURS_OF_TABLES).mkdir(parents=True)
    with pytest.raises(ExecuteError):
        Names(str(tmp_path)).execute([add(STORAGE, "storage")])
    assert os.listdir(tmp_path / "etc/iproute2/rt_tables.d") == [Path(OURS_OF_TABLES).name]


def test_every_node_gets_the_names_of_our_label(tmp_path: Path) -> None:
    backend = Names(str(tmp_path))
    assert backend.is_writable()
    wanted = State({one.key: one for one in labels(State(backend.observe()))})
    assert [change.key for change in diff(wanted, State(backend.observe())).changes] == list(LABELS)
    backend.execute(diff(wanted, State(backend.observe())).changes)
    assert diff(wanted, State(backend.observe())).changes == []
    assert set(tree(tmp_path)) == {f"etc/iproute2/{FILES['rt_protos']}", "etc/iproute2/group"}


def test_a_number_that_others_have_named_stays_theirs(tmp_path: Path) -> None:
    put(tmp_path, "etc/iproute2/rt_protos", "111 theirs\n")
    assert [one.key for one in labels(State(Names(str(tmp_path)).observe()))] == [LABELS[1]]
