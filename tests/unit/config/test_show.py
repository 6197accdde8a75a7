"""A node told as a config: the writer, what is left out, rows of DPDK; all else is seen on a real kernel."""

from __future__ import annotations

from typing import Any, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.config.document import parse
from os_net_config.config.kinds import KINDS
from os_net_config.config.nics import name_nics
from os_net_config.config.show import Entry, Seen, document, links, text, without
from os_net_config.config.show.tree import Remark, plain
from os_net_config.engine.prepared import Memory, Situation
from os_net_config.engine.show import shown
from os_net_config.state.model import OWN_ATTRIBUTES

from ..properties import quick
from ..test_dpdk import BOND, EM, PORT, Site

#: Of what a name, an option or a description may have.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | st.sampled_from(
    [
        "yes",
        "0x10",
        "1_0",
        "~",
        "a: b",
        "a #b",
        "::/0",
        "2001:db8::",
        "-",
        "- a",
        "---",
        "'",
        '"',
        "1.5",
        "{a}",
        "!x",
    ]
)
SCALARS = TEXTS | st.integers(-5, 2**40) | st.booleans()
REMARKS = st.lists(TEXTS, max_size=2).map(tuple)


def entries(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    elements = st.lists(inner | TEXTS | TEXTS.map(Remark), min_size=1, max_size=3).map(tuple)
    values = st.dictionaries(st.sampled_from("abcdef"), SCALARS | elements, max_size=3)
    whole = values.map(lambda some: {"type": "x", **some})
    return st.builds(Entry, whole, REMARKS) | st.builds(Remark, TEXTS, st.builds(Entry, whole, REMARKS))


@quick(200)
@given(st.recursive(st.builds(Entry, st.just({"type": "x"}), REMARKS), entries, max_leaves=8))
def test_what_is_written_is_read(tree: Any) -> None:
    root = Entry({"top": (tree, "end")})
    assert parse("x", text(root, ["first"]).encode()).root == plain(root)


ROOT = Entry({"network_config": (
    Remark("before"),
    Entry({"type": "interface", "name": "a", "mtu": 9000, "addresses": (Entry({"ip_netmask": "x"}),)}),
    Entry({"type": "bond", "name": "b", "members": (Remark("none"), Entry({"type": "i", "name": "c"}))}),
)})  # fmt: skip


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ((0, "addresses", 0), "  # addresses:\n  # why\n  # - ip_netmask: x\n"),
        ((0, "addresses", 0, "ip_netmask"), "  # addresses:\n  # why\n  # - ip_netmask: x\n"),
        ((0, "mtu"), "# mtu 9000 is left out: why\n- type: interface\n  name: a\n  addresses:\n"),
        ((1, "name"), "# why\n# - type: bond\n#   name: b\n#   members:\n"),
        ((1, "members", 0), "  # members:\n  # none\n  # why\n  # - type: i\n  #   name: c\n"),
    ],
    ids=str,
)
def test_what_is_left_out_is_a_comment(path: Tuple[Any, ...], left: str) -> None:
    found = without(ROOT, ("network_config", *path), "why")
    assert found is not None
    assert left in text(found)


@pytest.mark.parametrize("path", [(), ("network_config",), ("network_config", 2), ("probes", 0)], ids=str)
def test_what_is_nowhere_is_not_left_out(path: Tuple[Any, ...]) -> None:
    assert without(ROOT, path, "why") is None


DPDK_BOND = """\
  - type: ovs_dpdk_bond
    name: dpdkbond0
    ovs_options: bond_mode=balance-slb
    members:
    - type: ovs_dpdk_port
      name: dpdk0
      rx_queue: 2
      rx_queue_size: 1024
      tx_queue_size: 2048
      mtu: 9000
      members:
      - type: interface
        name: em1
    - type: ovs_dpdk_port
      name: dpdk1
      driver: igb_uio
"""
DPDK_PORT = """\
  - type: ovs_dpdk_port
    name: dpdk0
    rx_queue: 4
    mtu: 9000
    members:
    - type: interface
      name: em1
"""


@pytest.mark.parametrize(("config", "said"), [(PORT, DPDK_PORT), (BOND, DPDK_BOND)], ids=["port", "bond"])
def test_ports_of_dpdk(config: str, said: str) -> None:
    site = Site()
    site.applied(config)
    live, names = site.node.observe(), name_nics(EM, {})
    node = Situation(live, EM, names, memory=Memory(site.record))
    told = shown(Seen(live, EM, names, site.record), node)
    assert said in told
    assert not site.prepared(told).plan


def test_every_type_that_makes_a_link_is_told() -> None:
    """A new kind has a row in config/show/links.py, and its type a place in the order of objects."""
    assert KINDS.keys() <= set(document.ORDER)
    told = {kind or "interface" for kind in links.KINDS}
    assert {"interface", *OWN_ATTRIBUTES} <= told
