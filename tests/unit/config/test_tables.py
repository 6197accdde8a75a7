"""Route tables by name: what a config may declare, and what the node's files say."""

from __future__ import annotations

from typing import List

import pytest

from ..texts import config, said

HEAD = "network_config:\n- {type: interface, name: eth0}\n"
TABLE = "- {{type: route_table, name: {}, table_id: {}}}\n"
KERNEL = "is the name of a table that the kernel has"
OTHER = "choose another"


def tables(*declared: str) -> str:
    return HEAD + "".join(TABLE.format(*one.split()) for one in declared)


@pytest.mark.parametrize(
    "declared, says",
    [
        (["storage 200"], []),
        (["storage 1", "tenant 4294967295"], []),
        (["storage '200'", "tenant '0xc9'"], []),
        (["main 200"], ["3:29: {at}.name: main {kernel}: 254 ({other} name)"]),
        (["local 200"], ["3:29: {at}.name: local {kernel}: 255 ({other} name)"]),
        (["default 200"], ["3:29: {at}.name: default {kernel}: 253 ({other} name)"]),
        (["unspec 200"], ["3:29: {at}.name: unspec {kernel}: 0 ({other} name)"]),
        (["storage 253"], ["3:48: {at}.table_id: 253 is reserved: it is the table default ({other} number)"]),
        (["storage '254'"], ["3:48: {at}.table_id: 254 is reserved: it is the table main ({other} number)"]),
        (["storage '0xff'"], ["3:48: {at}.table_id: 255 is reserved: it is the table local"
                                " ({other} number)"]),
        (["storage 0"], ["3:48: {at}.table_id: 0 is not in 1..4294967295"]),
        (["storage 4294967296"], ["3:48: {at}.table_id: 4294967296 is not in 1..4294967295"]),
        (["storage '" + "9" * 5000 + "'"], ["3:48: {at}.table_id: 4294967296 is not in 1..4294967295"]),
        (
            ["'200' 200"],
            ["3:29: {at}.name: 200 would be read as a number, not as a name (choose a name with a letter)"],
        ),
        (
            ["storage 200", "tenant 0xc8"],
            ["4:47: {at}.table_id: 200 is storage already, at network_config[1]"
             " (a table has one name: {other} number)"],
        ),
        (
            ["storage 200", "storage 201"],
            ["4:29: {at}.name: storage is 200 already, at network_config[1]"
             " (a name stands for one table: {other} name)"],
        ),
        (
            ["storage 200", "storage 200"],
            ["4:3: warning: {at}: the route table storage is declared twice; first at network_config[1]"
             " (remove one of them)"],
        ),
    ],
)  # fmt: skip
def test_declarations(declared: List[str], says: List[str]) -> None:
    place = f"network_config[{len(declared)}]"
    assert said(tables(*declared)) == [one.format(at=place, kernel=KERNEL, other=OTHER) for one in says]


USE = "- {type: interface, name: eth0, rules: [{rule: lookup storage}]}\n"
DECLARED = TABLE.format("storage", 200)


@pytest.mark.parametrize(
    "text",
    [
        f"network_config:\n{DECLARED}{USE}",
        f"network_config:\n{USE}{DECLARED}",
        f"fallback_config:\n{USE}network_config:\n{DECLARED}",
        f"network_config:\n{USE}minimum_config:\n{DECLARED}",
    ],
)
def test_a_name_may_be_declared_anywhere_in_the_file(text: str) -> None:
    assert said(text) == []


def test_a_section_s_own_name_comes_before_that_of_another() -> None:
    text = f"network_config:\n{USE}{DECLARED}fallback_config:\n{TABLE.format('storage', 300)}"
    ((rule,),) = config(text).rules.values()
    assert rule.key.table == 200


def test_a_name_of_the_file_comes_before_that_of_the_node() -> None:
    text = tables("storage 200") + "- {type: interface, name: eth1, rules: [{rule: lookup storage}]}\n"
    ((rule,),) = config(text, tables={"storage": 300, "main": 7}).rules.values()
    assert rule.key.table == 200
