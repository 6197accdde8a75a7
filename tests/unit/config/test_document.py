"""Reading: YAML 1.1 and JSON as values that know their place, within limits, whatever the bytes."""

from __future__ import annotations

import re
import time
from textwrap import dedent
from typing import Any, Optional, Tuple, Union

import pytest
import yaml

from os_net_config.cli.problems import line
from os_net_config.config.document import DEEPEST, LARGEST_FILE, Document, parse, read
from os_net_config.state.problem import Path, ProblemsError

from ..texts import with_places


def parsed(text: Union[str, bytes]) -> Document:
    return parse("f.yaml", text if isinstance(text, bytes) else text.encode())


def value(text: Union[str, bytes]) -> Any:
    return parsed(text).root


def refusal(text: Union[str, bytes]) -> str:
    with pytest.raises(ProblemsError) as error:
        parsed(text)
    (problem,) = error.value.problems
    return line(problem, error.value.source, "?")


@pytest.fixture(params=["libyaml", "pure Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both parsers that PyYAML may come with."""
    monkeypatch.setattr(yaml, "__with_libyaml__", request.param == "libyaml")
    return str(request.param)


# Positions

POSITIONS = """\
network_config:
- type: interface
  name: eth0
  addresses:
  - ip_netmask: 192.0.2.1/24
  - {ip_netmask: 192.0.2.2/24}
- type: vlan
  vlan_id: 20
"""


@pytest.mark.parametrize(
    "path, at_key, expected",
    [
        ((), False, (1, 1)),
        (("network_config",), True, (1, 1)),
        (("network_config",), False, (2, 1)),
        (("network_config", 0), False, (2, 3)),
        (("network_config", 0, "name"), False, (3, 9)),
        (("network_config", 0, "name"), True, (3, 3)),
        (("network_config", 0, "addresses", 0, "ip_netmask"), False, (5, 17)),
        (("network_config", 0, "addresses", 1), False, (6, 5)),
        (("network_config", 0, "addresses", 1, "ip_netmask"), False, (6, 18)),
        (("network_config", 1, "vlan_id"), False, (8, 12)),
        # What stands nowhere: the nearest thing around it.
        (("network_config", 0, "mtu"), False, (2, 3)),
        (("network_config", 7), False, (2, 1)),
        (("minimum_config", 0), False, (1, 1)),
    ],
)
def test_every_value_knows_its_place(
    parser: str, path: Path, at_key: bool, expected: Tuple[int, int]
) -> None:
    assert parsed(POSITIONS).position(path, at_key) == expected


def test_the_place_of_a_list_written_as_its_only_item() -> None:
    document = parsed("members:\n  type: interface\n  name: eth0\n")
    assert document.position(("members", 0, "name")) == (3, 9)


def test_the_place_of_an_alias_is_where_it_stands() -> None:
    document = parsed("a: &x {mtu: 1}\nb:\n- *x\n")
    assert document.position(("b", 0)) == (3, 3)
    assert document.position(("b", 0, "mtu")) == (1, 13)


def test_columns_count_characters_not_bytes() -> None:
    assert parsed("{ü: 1, b: 2}").position(("b",)) == (1, 11)


# Scalars

NUMBERS = [
    *("0", "1", "-1", "+1", "1500", "1_500", "0x10", "0X10", "0xff_ff", "-0x1", "010", "0777", "09", "0o10"),
    *("0b11", "0b12", "1.5", ".5", "1.", "-1.5", "1e3", "1.0e+3", "1.0e3", ".inf", "-.inf", "+.INF", "1__0"),
    *("0x", "0b", "+", ".", "_", "1.2.3.4", "192.0.2.1/24", "0x1g", "1-2", "2001:db8::1", "::1"),
]
WORDS = [
    *("yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE"),
    *("on", "On", "ON", "off", "Off", "OFF", "y", "n", "yEs", "oN", "t", "f"),
    *("null", "Null", "NULL", "~", "nULL", "none", "NONE", "eth0", "balance-rr", "802.3ad", "layer3+4"),
]


@pytest.mark.parametrize("word", [*NUMBERS, *WORDS])
def test_plain_scalars_mean_what_they_mean_to_a_yaml_1_1_safe_loader(word: str) -> None:
    expected = yaml.safe_load(f"a: {word}")["a"]
    found = value(f"a: {word}")["a"]
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("quoted", ["'{}'", '"{}"', "!!str {}", "! {}", "|-\n  {}"])
@pytest.mark.parametrize("word", ["yes", "0x10", "null", "1500", "None", "~"])
def test_quoted_scalars_are_text(quoted: str, word: str) -> None:
    assert value("a: " + quoted.format(word)) == {"a": word}


@pytest.mark.parametrize(
    "word, meaning",
    [
        ("None", None),
        ("52:54:00:12:34:56", "52:54:00:12:34:56"),
        ("12:34:56:12:34:56", "12:34:56:12:34:56"),
        ("1:30", "1:30"),
        ("190:20:30.15", "190:20:30.15"),
        ("2001-12-14", "2001-12-14"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("1" * 41, "1" * 41),
        ("=", "="),
    ],
)
def test_where_it_differs_on_purpose(word: str, meaning: object) -> None:
    """MAC addresses are no base-60 numbers, dates stay text, and templates print Python."""
    assert value(f"a: {word}") == {"a": meaning}


@pytest.mark.parametrize(
    "text, meaning",
    [
        ("a: !!int 0x10", 16),
        ("a: !!int '12'", 12),
        ("a: !!bool 'yes'", True),
        ("a: !!bool maybe", "maybe"),
        ("a: !!null anything", None),
        ("a: !!float 1.5", 1.5),
        ("a:", None),
        ("a: ''", ""),
    ],
)
def test_tags_of_scalars(parser: str, text: str, meaning: object) -> None:
    assert value(text) == {"a": meaning}


def test_keys_are_text_whatever_they_look_like(parser: str) -> None:
    assert value("on: 1\n12: 2\nnull: 3\n") == {"on": 1, "12": 2, "null": 3}


# JSON and Python


def test_json_with_comments_and_trailing_commas(parser: str) -> None:
    text = """\
        # of a person
        {
          "network_config": [
            {"type": "interface", "name": "eth0", "mtu": 1500,},  # the first
            {"type": "vlan", "vlan_id": 20, "use_dhcp": false, "device": null},
          ],
        }
        """
    assert value(dedent(text)) == {
        "network_config": [
            {"type": "interface", "name": "eth0", "mtu": 1500},
            {"type": "vlan", "vlan_id": 20, "use_dhcp": False, "device": None},
        ]
    }


def test_lists_as_python_prints_them(parser: str) -> None:
    text = "routes: [{'default': True, 'next_hop': '192.0.2.1', 'table': None}]"
    assert value(text) == {"routes": [{"default": True, "next_hop": "192.0.2.1", "table": None}]}


def test_json_indented_with_tabs_needs_libyaml(parser: str) -> None:
    """PyYAML's own parser takes no tab at all; a message says so."""
    text = '{\n\t"a": 1\n}\n'
    if parser == "libyaml":
        assert value(text) == {"a": 1}
    else:
        assert refusal(text).startswith("f.yaml:2:1: a tab stands in the indentation")


# Keys twice, merge keys


def test_of_a_key_given_twice_the_last_counts_and_a_warning_names_both_lines(parser: str) -> None:
    document = parsed("mtu: 1500\nname: eth0\n\nmtu: 9000\n")
    assert document.root == {"mtu": 9000, "name": "eth0"}
    assert [line(problem, document, "?") for problem in document.problems] == [
        "f.yaml:4:1: warning: mtu stands twice in this mapping, lines 1 and 4: the last counts"
        " (remove one of them)"
    ]
    assert document.position(("mtu",)) == (4, 6)


def test_a_key_given_three_times_is_two_warnings() -> None:
    document = parsed("a: 1\na: 2\na: 3\n")
    assert document.root == {"a": 3}
    assert len(document.problems) == 2


@pytest.mark.parametrize(
    "text, merged",
    [
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}", {"a": 1, "b": 3}),
        ("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}", {"a": 1, "b": 3}),
        ("x: &x {a: 1}\nz: &z {a: 2, c: 4}\ny: {<<: [*x, *z]}", {"a": 1, "c": 4}),
        ("y:\n  <<: {a: 1}\n", {"a": 1}),
        ("y: {'<<': 5}", {"<<": 5}),
    ],
)
def test_merge_keys(parser: str, text: str, merged: object) -> None:
    assert value(text)["y"] == merged
    assert parsed(text).problems == []


def test_what_was_merged_knows_where_it_stands() -> None:
    assert parsed("x: &x\n  mtu: 1\ny:\n  <<: *x\n").position(("y", "mtu")) == (2, 8)


def test_a_merge_key_takes_mappings_only(parser: str) -> None:
    assert refusal("y: {<<: 5}") == (
        "f.yaml:1:9: << takes a mapping or a list of mappings (quote << if it is meant as a key)"
    )


# Anchors and limits


def test_an_alias_stands_for_its_anchor(parser: str) -> None:
    assert value("a: &x 1\nb: *x\nc: &y [*x]\nd: *y\n") == {"a": 1, "b": 1, "c": [1], "d": [1]}


@pytest.mark.parametrize(
    "text, message",
    [
        ("a: *x", "f.yaml:1:4: there is no anchor &x before this alias"),
        ("a: &x [*x]", "f.yaml:1:8: *x stands inside what it stands for"),
        ("a: &x {b: {c: *x}}", "f.yaml:1:15: *x stands inside what it stands for"),
        ("a: &x 1\n*x : 2", "f.yaml:2:1: an alias that is no text cannot be a key"),
    ],
)
def test_aliases_that_stand_for_nothing(parser: str, text: str, message: str) -> None:
    assert refusal(text) == message


def bomb(levels: int) -> str:
    """Ten aliases of ten aliases of…"""
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        bomb(30),
        "a: &a {k: v}\nb: &b [" + "*a, " * 5000 + "]\nc: {<<: [" + "*b, " * 5000 + "]}",
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "a: " + "9" * 1_000_000,
        "&a " * 1000 + "x",
    ],
    ids=["aliases", "merges", "brackets", "braces", "dashes", "questions", "digits", "anchors"],
)
def test_bombs_cost_nothing(text: str) -> None:
    start = time.monotonic()
    try:
        parsed(text)
    except ProblemsError as error:
        assert len(error.problems) == 1
    assert time.monotonic() - start < 5


def test_an_alias_bomb_is_refused_where_it_grows_too_large(
    parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os_net_config.config.document.MOST_VALUES", 1000)
    expected = r"f.yaml:3:\d+: more than 1000 values, aliases expanded \(no config needs that many\)"
    assert re.fullmatch(expected, refusal(bomb(30)))


def test_deep_nesting(parser: str) -> None:
    deepest = "[" * DEEPEST + "]" * DEEPEST
    assert str(value(deepest)) == deepest
    assert refusal("[" + deepest + "]") == (
        f"f.yaml:1:{DEEPEST + 1}: nested deeper than {DEEPEST} levels (no config needs that)"
    )


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Any) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(100 * LARGEST_FILE)
    with pytest.raises(ProblemsError) as error:
        read(str(large))
    assert line(error.value.problems[0], error.value.source, "?") == (
        f"{large}: is larger than {LARGEST_FILE // 1024**2} MiB: no network config is"
    )


@pytest.mark.parametrize(
    "name, reason", [("missing.yaml", "No such file or directory"), (".", "Is a directory")]
)
def test_a_file_that_cannot_be_read(tmp_path: Any, name: str, reason: str) -> None:
    with pytest.raises(ProblemsError) as error:
        read(f"{tmp_path}/{name}")
    shown = line(error.value.problems[0], error.value.source, "?")
    assert shown == f"{tmp_path}/{name}: cannot be read: {reason}"


# What is not of the language


@pytest.mark.parametrize(
    "text, message",
    [
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second YAML document begins here (keep one document per file)"),
        ("a: !vault x", "f.yaml:1:4: the tag !vault is not part of this language (remove it)"),
        ("a: !foo {b: 1}", "f.yaml:1:4: the tag !foo is not part of this language (remove it)"),
        ("a: !!binary aGk=", "f.yaml:1:4: the tag !!binary is not part of this language (remove it)"),
        ("a: !!set {b}", "f.yaml:1:4: the tag !!set is not part of this language (remove it)"),
        (
            "a: !!python/object/apply:os.system [x]",
            "f.yaml:1:4: the tag !!python/object/apply:os.system is not part of this language (remove it)",
        ),
        ("[a]: 1", "f.yaml:1:1: a mapping or a list stands where a name must be (quote the text)"),
        ("{a: 1}: 1", "f.yaml:1:1: a mapping or a list stands where a name must be (quote the text)"),
        (
            "a:\n\u00a0\u00a0b: 1",
            r"f.yaml:2:1: U+00A0 is no blank to YAML: '\xa0\xa0b' (indent with spaces)",
        ),
    ],
)
def test_what_is_not_of_the_language(parser: str, text: str, message: str) -> None:
    assert refusal(text) == message


# Bytes


@pytest.mark.parametrize(
    "data",
    [
        b"a: \xc3\xbc\n",
        b"\xef\xbb\xbfa: \xc3\xbc\n",
        "a: ü\n".encode("utf-16"),
        b"\xfe\xff" + "a: ü\n".encode("utf-16-be"),
        b"a: \xc3\xbc\r\n",
        b"---\na: \xc3\xbc\n...\n",
        b"%YAML 1.1\n---\na: \xc3\xbc\n",
    ],
    ids=["utf-8", "byte order mark", "utf-16", "big-endian", "windows", "markers", "directive"],
)
def test_encodings(parser: str, data: bytes) -> None:
    assert value(data) == {"a": "ü"}


@pytest.mark.parametrize(
    "data, message",
    [
        (b"a: 1\nb: \xe9\n", "f.yaml:2:4: the byte 0xe9 is not utf-8 text"),
        (b"a: \xc3\xbc\xff", "f.yaml:1:6: the byte 0xff is not utf-8 text"),
        (b"\xff\xfea\x00\n\xd8", "f.yaml:1:5: the byte 0x0a is not utf-16 text"),
        (b"a: b\x00c", "f.yaml:1:5: the character U+0000 is not allowed in YAML (remove it)"),
        (b"a: 1\nb: \x07", "f.yaml:2:4: the character U+0007 is not allowed in YAML (remove it)"),
        (b"a: \x1b[31m", "f.yaml:1:4: the character U+001B is not allowed in YAML (remove it)"),
    ],
)
def test_bytes_that_are_no_text(parser: str, data: bytes, message: str) -> None:
    assert refusal(data) == message


def test_half_a_surrogate_pair_is_no_text(parser: str) -> None:
    assert refusal('a: "\\ud800"').endswith(": the escape stands for no character (correct it)")


@pytest.mark.parametrize("data", [b"", b"\n", b"# nothing\n", b"---\n", b"null\n", b"\xef\xbb\xbf"])
def test_nothing(parser: str, data: bytes) -> None:
    assert value(data) is None


# Two parsers


BOTH = """\
# A comment
network_config:
- &nic
  type: interface
  name: "eth0"   # quoted
  addresses: [{ip_netmask: 192.0.2.1/24}, {'ip_netmask': "2001:db8::1/64"}]
  dns_servers: [

    192.0.2.53,
    ]
-
  <<: *nic
  name: 'eth1'
  ovs_extra: >-
    set bridge {name}
    other_config:x=1
  domain: |
    example.com
- {type: vlan, vlan_id: 0x10, device: eth0, mtu: ~, use_dhcp: no}
- ? type
  : vlan
  vlan_id: 010
"""


def test_both_parsers_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for has_libyaml in (True, False):
        monkeypatch.setattr(yaml, "__with_libyaml__", has_libyaml)
        document = parsed(BOTH)
        found.append(list(with_places(document.root, document)))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "text, value, place",
    [
        ("a: one two", "one two", (1, 8)),
        ("a: 'one two'", "one two", (1, 9)),
        ('a: "one two"', "one two", (1, 9)),
        ("  \n  a:   one two # more", "one two", (2, 12)),
        ('{"a": "one two"}', "one two", (1, 12)),
        ("a:\n  one two", "one two", (2, 7)),
        # In another form than it is read
        ("a: one\n  two", "one two", None),
        ("a: >-\n  one\n  two", "one two", None),
        ("a: |-\n  one two", "one two", None),
        ('a: "one\\x20two"', "one two", None),
        ("a: 'it''s two'", "it's two", None),
        ("b: &x one two\na: *x", "one two", None),
    ],
)
def test_the_place_of_a_character(text: str, value: str, place: Optional[Tuple[int, int]]) -> None:
    found = parsed(text)
    assert found.root["a"] == value
    assert found.position_in(("a",), 4) == place


def test_the_place_of_what_is_no_text_or_is_not_there() -> None:
    found = parsed("a: 200\nb: [x]")
    assert found.position_in(("a",), 0) == (1, 4)
    assert found.position_in(("a",), 1) is None
    assert found.position_in(("b", 0), 0) == (2, 5)
    assert found.position_in(("c",), 3) is None
