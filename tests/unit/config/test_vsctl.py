"""Commands of ovs-vsctl as what rows are to be: what each says, and what is wrong with the others."""

from __future__ import annotations

import json
import re
import shlex
from typing import Dict, List

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from os_net_config.config.document import Document
from os_net_config.config.load import load
from os_net_config.config.vsctl import CommandError, Says, columns, read
from os_net_config.config.vsctl.commands import COMMANDS
from os_net_config.config.vsctl.commands import REFUSED as REFUSED_COMMANDS
from os_net_config.config.vsctl.names import column, settable
from os_net_config.config.vsctl.words import split
from os_net_config.state.model import RowKey
from os_net_config.state.problem import ProblemsError
from os_net_config.state.row import BRIDGE, CONTROLLER, INTERFACE, LABEL, MANAGER, PORT, TABLES, Map, Set
from os_net_config.state.values import Flag, Integer, Value

from ..corpus import CHECKOUT
from ..properties import quick
from ..texts import document
from .vsctl_cases import (
    ACCEPTED,
    BR0,
    MADE_AGAIN,
    MAKING,
    NOT_STATE,
    ONLY_HERE,
    P0,
    PARTS,
    REFUSED,
    SETTING,
    SHELL,
    said,
)


def by_row(found: List[Says]) -> Dict[RowKey, Dict[str, Value]]:
    """Without the order, in which nothing lies."""
    rows: Dict[RowKey, Dict[str, Value]] = {}
    for one in found:
        assert one.attribute not in rows.setdefault(one.key, {}), f"{one} is said twice"
        rows[one.key][one.attribute] = one.value
    return rows


@pytest.mark.parametrize("text, expected", [*ACCEPTED.items(), *MADE_AGAIN.items()])
def test_commands_say_what_rows_are_to_be(text: str, expected: List[Says]) -> None:
    assert by_row(read(text, "x")) == by_row(expected)


@pytest.mark.parametrize("text", ONLY_HERE)
def test_some_commands_say_more_than_ovs_vsctl_understands(text: str) -> None:
    assert by_row(read(text, "x")) == by_row(ONLY_HERE[text][0])


@pytest.mark.parametrize("text, reason", [*REFUSED.items(), *NOT_STATE.items(), *SHELL.items()])
def test_other_commands_are_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(CommandError) as caught:
        read(text, "x")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_of_several_commands_the_wrong_one_is_named() -> None:
    with pytest.raises(CommandError) as caught:
        read("set port p0 tag=1 --\nset port p0\n  tag=5000 -- bar", "x")
    assert str(caught.value) == "set port p0 tag=5000: tag: 5000 is not in 0..4095"


def test_every_command_of_ovs_vsctl_has_an_example_or_a_reason() -> None:
    used = {word for text in ACCEPTED for word in text.split()}
    assert set(COMMANDS) <= used
    assert not set(COMMANDS) & set(REFUSED_COMMANDS)
    for word in REFUSED_COMMANDS:
        with pytest.raises(CommandError, match=f"^{word} a b: {word} is not for a config: "):
            read(f"{word} a b", "x")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("set bridge {name} stp_enable=true", said(BR0, stp_enable=1)),
        ("br-set-external-id {name} bridge-id {name}", said(BR0, **{"external_ids:bridge-id": "br0"})),
        ("set bridge br0 other_config:a={foo}", said(BR0, other_config__a="{foo}")),
        ("set bridge br0 other_config={a=b}", said(BR0, other_config=("a=b",))),
        ("set bridge br0 other_config={a={name}}", None),
        ("set bridge {name} other_config:a=x-{name}-{NAME}", said(BR0, other_config__a="x-br0-{NAME}")),
        ("set-controller {name} unix:/run/{name}.sock", said(BR0, controller=("unix:/run/br0.sock",))),
    ],
)
def test_only_the_name_is_filled_in(text: str, expected: object) -> None:
    if expected is None:
        expected = said(BR0, other_config=("a=br0",))
    assert read(text, "br0") == expected


def test_a_name_is_one_word_whatever_is_in_it() -> None:
    with pytest.raises(CommandError, match="'a -- b' is no name"):
        read("set bridge {name} stp_enable=true", "a -- b")


def test_several_texts_are_one_after_the_other() -> None:
    texts = ["set-controller br0 tcp:192.0.2.1", "set controller br0 max_backoff=1000", "del-port p0"]
    assert read(texts, "br0") == read(" -- ".join(texts), "br0")


def test_an_error_tells_which_of_several_texts_it_is_in() -> None:
    for number, bad in enumerate(["bar", "", "set port 'p tag=1"]):
        texts = ["set port p0 tag=1"] * 3
        texts[number] = bad
        with pytest.raises(CommandError) as caught:
            read(texts, "x")
        assert caught.value.number == number


def test_a_long_command_is_not_shown_in_full() -> None:
    with pytest.raises(CommandError) as caught:
        read(f"set port p0 other_config:a={'x' * 1000} tag=5000", "x")
    assert len(str(caught.value)) < 200
    assert str(caught.value).endswith("x…: tag: 5000 is not in 0..4095")


@pytest.mark.parametrize(
    "words, table, expected",
    [
        ("", PORT, {}),
        ("bond_mode=active-backup", PORT, {"bond_mode": "active-backup"}),
        (
            "bond_mode=balance-tcp lacp=active other-config:lacp-fallback-ab=true",
            PORT,
            {"bond_mode": "balance-tcp", "lacp": "active", "other_config:lacp-fallback-ab": "true"},
        ),
        ("tag=20 trunks=20,10", PORT, {"tag": 20, "trunks": ("10", "20")}),
        ("mac=00:11:22:33:44:55", PORT, {"mac": "00:11:22:33:44:55"}),
        ("tag=20 tag=30", PORT, {"tag": 30}),
        (
            "options:remote_ip=192.0.2.1 type=vxlan",
            INTERFACE,
            {"options:remote_ip": "192.0.2.1", "type": "vxlan"},
        ),
        ("fail_mode=secure", BRIDGE, {"fail_mode": "secure"}),
    ],
)
def test_options_of_a_port_are_in_the_same_words(words: str, table: str, expected: Dict[str, Value]) -> None:
    assert columns(words, table) == expected


@pytest.mark.parametrize(
    "words, message",
    [
        ("tag=20 foo", "foo: Port has no column 'foo'"),
        ("tag", "tag: tag: after tag comes =VALUE"),
        ("tag=20 -- set port p0 tag=1", "--: -- begins a command, and those are said by ovs_extra"),
        ("remote_ip=192.0.2.1", "remote_ip=192.0.2.1: Port has no column 'remote_ip'"),
        ("lacp=on", "lacp=on: lacp: 'on' is not one of active, off, passive"),
        ("tag='20", "tag='20: a quote ' is open"),
        ("lacp_time=fast", "did you mean other_config:lacp-time?"),
    ],
)
def test_wrong_options_of_a_port(words: str, message: str) -> None:
    with pytest.raises(CommandError) as caught:
        columns(words, PORT)
    assert message in str(caught.value)


def test_a_column_may_be_cut_short_wherever_it_stays_unique() -> None:
    for table in TABLES:
        for name in settable(table):
            shortest = next(name[:length] for length in range(1, 99) if found(table, name[:length]) == name)
            for length in range(len(shortest), len(name) + 1):
                assert found(table, name[:length].upper().replace("_", "-")) == name


def found(table: str, word: str) -> str:
    try:
        return column(table, word).name
    except ValueError:
        return ""


def canonical(one: Says) -> bool:
    if one.attribute == "":
        return one.value in {0, 1}
    attribute = TABLES[one.key.table][one.attribute]
    kind = attribute.type
    if one.value is None:
        return attribute.default is None
    if isinstance(kind, Set):
        return isinstance(one.value, tuple) and kind.of(tuple(map(str, one.value))) == one.value
    if isinstance(kind, Map):
        assert isinstance(one.value, tuple)
        keys = [str(pair).partition("=")[0] for pair in one.value]
        return keys == sorted(set(keys)) and all(keys)
    if isinstance(kind, (Flag, Integer)):
        return type(one.value) is int and kind.parse(one.value) == one.value
    return isinstance(one.value, str) and kind.parse(one.value) == one.value


WORDS = st.one_of(
    st.sampled_from([word for text in (*ACCEPTED, *REFUSED, *NOT_STATE) for word in text.split()]),
    st.sampled_from([*COMMANDS, "--", "port", "bridge", "interface", "open", "."]),
    st.text(max_size=6),
    st.text(alphabet="\"'\\{}[]=,:@-+ \t\n0123456789abtrue_", max_size=10),
)
COLUMN_WORDS = st.builds(
    "{}{}={}".format,
    st.sampled_from([name for table in TABLES for name in TABLES[table]]),
    st.sampled_from(["", "", ":k", ':"k"', ":", ":k:l", ":10"]),
    st.one_of(st.sampled_from(["true", "[]", "{}", "1", "10,20", "5-7", "a=b", "{a=b, c=d}"]), WORDS),
)
CHAIN = st.lists(
    st.one_of(
        st.builds("set {} {} {}".format, st.sampled_from(["b", "port", "in", "o"]), WORDS, COLUMN_WORDS),
        st.builds("{} port p0 trunks {}".format, st.sampled_from(["add", "remove"]), WORDS),
        st.builds("{} bridge br0 other_config {}".format, st.sampled_from(["add", "remove"]), WORDS),
        st.sampled_from(list(ACCEPTED)),
        st.lists(st.one_of(WORDS, COLUMN_WORDS), max_size=6).map(" ".join),
    ),
    max_size=4,
).map(" -- ".join)


@given(CHAIN)
@example("set port p0 tag=\ud800")
@example("set port p0 tag=\0")
@example("set port p0 tag=" + "9" * 5000)
@example("set port p0 trunks=" + "9" * 40 + "-" + "9" * 40)
@quick(400)
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        result = read(text, "br0")
    except CommandError as error:
        assert str(error)
        return
    assert all(map(canonical, result)), result
    by_row(result)
    assert not [one for one in result if one.attribute == LABEL]


@given(st.lists(st.sampled_from([*SETTING, *PARTS]), min_size=1, max_size=4).map(" -- ".join))
@quick(100)
def test_to_say_it_twice_is_to_say_it_once(text: str) -> None:
    try:
        once = read(text, "x")
    except CommandError:
        assume(False)
    assume("add" not in text and "remove" not in text)
    assert by_row(read(f"{text} -- {text}", "x")) == by_row(once)


@given(st.sampled_from([*SETTING, *MAKING]), st.sampled_from(list(SETTING)))
@quick(200)
def test_of_two_commands_the_later_one_wins(first: str, second: str) -> None:
    try:
        both = by_row(read(f"{first} -- {second}", "x"))
    except CommandError as error:
        assert "is deleted by a command before" in str(error)
        return
    for key, values in by_row(read(second, "x")).items():
        for name, value in values.items():
            column_name, _, one = name.partition(":")
            if name in both[key]:
                assert both[key][name] == value
            else:
                whole = both[key][column_name]
                assert isinstance(whole, tuple)
                assert f"{one}={value!s}" in whole


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(TEXT.filter(lambda key: key and "=" not in key), TEXT)
@quick(200)
def test_any_text_can_be_said_in_quotes(key: str, value: str) -> None:
    word = f"other_config:{json.dumps(key)}={json.dumps(value)}".replace("{name}", "")
    whole = f"other_config={{{json.dumps(key)}={json.dumps(value)}}}".replace("{name}", "")
    assert read(f"set port p0 {shlex.quote(word)}", "x") == [Says(P0, f"other_config:{key}", value)]
    assert read(f"set port p0 {shlex.quote(whole)}", "x") == [Says(P0, "other_config", (f"{key}={value}",))]


@given(st.lists(TEXT.filter(lambda word: "{name}" not in word), max_size=5))
@quick(200)
def test_words_in_quotes_stay_as_they_are(words: List[str]) -> None:
    assert split(" ".join(map(shlex.quote, words))) == words


@given(st.text(alphabet="ab'\"\\ \t\n=:{}[],", max_size=20))
@quick(400)
def test_words_are_those_of_a_shell(text: str) -> None:
    """Where shlex is one: it knows no continued lines."""
    assume(re.search(r"\\\n", text) is None)
    try:
        expected = shlex.split(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"is open|ends in a backslash"):
            split(text)
        return
    assert split(text) == expected


def test_what_a_bridge_had_is_forgotten_with_it() -> None:
    text = "set-controller br0 tcp:192.0.2.1 -- set controller br0 max_backoff=1000 -- add-port br0 p1"
    rows = by_row(read(f"{text} -- set-manager ptcp:6640 -- del-br br0", "x"))
    assert {key.table for key in rows} == {BRIDGE, "Open_vSwitch"}
    assert {CONTROLLER, MANAGER} <= set(TABLES)


def commands_of_the_page(heading: str) -> List[str]:
    """Those in the first column of the table below a heading."""
    text = (CHECKOUT / "docs" / "ovs-extra.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    first = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    return [command for one in first for command in re.findall(r"`([^`]+)`", one)]


def test_the_page_for_users_has_every_command() -> None:
    for heading, known in (("What is understood", COMMANDS), ("What is refused", _CHANGING)):
        words = {word for text in commands_of_the_page(heading) for word in text.split()}
        assert set(known) <= words


#: Of those that ask, some stand for the others.
_CHANGING = [word for word, reason in REFUSED_COMMANDS.items() if "asks" not in reason]


def in_a_file(text: str) -> Document:
    return document(f"network_config: [{{type: ovs_bridge, name: br0, ovs_extra: {json.dumps(text)}}}]\n")


@pytest.mark.parametrize("text", commands_of_the_page("What is understood"))
def test_what_the_page_for_users_explains_is_understood(text: str) -> None:
    assert read(text, "x")
    load(in_a_file(text))


@pytest.mark.parametrize("text", commands_of_the_page("What is refused"))
def test_what_the_page_for_users_excludes_is_refused(text: str) -> None:
    with pytest.raises(ProblemsError):
        load(in_a_file(text))


def test_what_is_deleted_is_told_with_the_way_to_do_it() -> None:
    with pytest.raises(ProblemsError) as caught:
        load(in_a_file("--if-exists del-port br0 p1"))
    (problem,) = caught.value.problems
    assert problem.message == "port p1 is deleted, and a config only says what is to be there"
    assert problem.hint.startswith("what this file made goes by leaving it out")
