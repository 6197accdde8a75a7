"""Commands that make and delete bridges, ports and the interfaces of bonds. All raise ValueError."""

from __future__ import annotations

from typing import Sequence

from ...state.model import RowKey
from ...state.row import BRIDGE, INTERFACE, INTERNAL, PORT
from . import edits
from .call import FAKE_IFACE, Call
from .records import name
from .rows import PRESENCE, Rows


def add_br(rows: Rows, call: Call) -> None:
    bridge, *fake = call.arguments
    if fake:
        instead = f"add-port {fake[0]} {bridge} tag=VLAN -- set interface {bridge} type={INTERNAL}"
        raise ValueError(f"a bridge that stands for a VLAN of {fake[0]} is not made here: say {instead}")
    rows.make(RowKey(BRIDGE, name(bridge)), {PRESENCE: 1})
    rows.make(RowKey(PORT, bridge), {"bridge": bridge})
    rows.make(RowKey(INTERFACE, bridge), {"port": bridge, "type": INTERNAL})


def del_br(rows: Rows, call: Call) -> None:
    rows.delete(RowKey(BRIDGE, name(call.arguments[0])))


def add_port(rows: Rows, call: Call) -> None:
    bridge, port, *words = call.arguments
    _make(rows, name(bridge), name(port), [port], words)


def add_bond(rows: Rows, call: Call) -> None:
    bridge, port, *words = call.arguments
    first = next((number for number, word in enumerate(words) if "=" in word), len(words))
    interfaces = [name(word) for word in words[:first]]
    if len(interfaces) < 2 or len(set(interfaces)) < len(interfaces):
        raise ValueError("a bond has two interfaces or more, each of another name")
    fake = ["bond_fake_iface=true"] if FAKE_IFACE in call.options else []
    _make(rows, name(bridge), name(port), interfaces, [*fake, *words[first:]])


def _make(rows: Rows, bridge: str, port: str, interfaces: Sequence[str], words: Sequence[str]) -> None:
    rows.check(RowKey(BRIDGE, bridge))
    row = rows.make(RowKey(PORT, port), {"bridge": bridge})
    for one in interfaces:
        rows.make(RowKey(INTERFACE, one), {"port": port})
    for word in words:
        edits.assign(row, PORT, word)


def del_port(rows: Rows, call: Call) -> None:
    *bridge, port = map(name, call.arguments)
    key = RowKey(PORT, port)
    said = rows.said(key, "bridge")
    if port in {said, *bridge}:
        raise ValueError(f"{port} is the bridge's own port, which goes with it: del-br {port}")
    _check_parent(bridge, said, key)
    rows.delete(key)


def add_bond_iface(rows: Rows, call: Call) -> None:
    port, interface = map(name, call.arguments)
    rows.check(RowKey(PORT, port))
    rows.make(RowKey(INTERFACE, interface), {"port": port})


def del_bond_iface(rows: Rows, call: Call) -> None:
    *port, interface = map(name, call.arguments)
    key = RowKey(INTERFACE, interface)
    _check_parent(port, rows.said(key, "port"), key)
    rows.delete(key)


def _check_parent(asked: Sequence[str], said: object, key: RowKey) -> None:
    if asked and isinstance(said, str) and said != asked[0]:
        raise ValueError(f"{key} belongs to {said} by a command before")
