"""Taps: made by an ioctl, everything else by netlink."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Dict

import pytest

from os_net_config.backends.node import NodeBackend
from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change
from os_net_config.state.model import LinkKey
from os_net_config.state.values import Values

from .support.node import Node, ip

TAP = LinkKey("tap0")
BRIDGE = Change(LinkKey("br0"), None, {"kind": "bridge", "up": 1})
ALL: Values = {
    "kind": "tun", "mode": 2, "mtu": 1400, "address": bytes.fromhex("525400aabbcc"), "group": 111,
    "master": "br0", "up": 1,
}  # fmt: skip


@pytest.fixture(autouse=True)
def device() -> None:
    """/dev/net/tun comes with the module."""
    subprocess.run(["modprobe", "--quiet", "tun"], check=False)


def shown(name: str) -> Dict[str, Any]:
    found = subprocess.run(["ip", "-j", "-d", "link", "show", name], stdout=subprocess.PIPE, check=True)
    (link,) = json.loads(found.stdout)
    assert isinstance(link, dict)
    return link


def links() -> set[LinkKey]:
    with NodeBackend() as backend:
        return {LinkKey(name) for name, _ in backend.observe().links()}


def test_with_all_that_a_link_can_have(node: Node) -> None:
    made = Change(TAP, None, ALL)
    with NodeBackend() as backend:
        backend.execute([BRIDGE, made])
        live = backend.observe().link("tap0")
    assert live is not None
    assert {name: live.values[name] for name in ALL} == ALL
    link = shown("tap0")
    assert link["linkinfo"]["info_data"] == {
        "type": "tap", "pi": False, "vnet_hdr": False, "multi_queue": False, "persist": True,
    }  # fmt: skip
    assert (link["mtu"], link["address"], link["master"]) == (1400, "52:54:00:aa:bb:cc", "br0")
    with NodeBackend() as backend:
        backend.execute([made.inverse])
    assert TAP not in links()


@pytest.mark.parametrize(("mode", "word"), [(1, "tun"), (2, "tap")])
def test_it_outlives_who_made_it(node: Node, mode: int, word: str) -> None:
    with NodeBackend() as backend:
        backend.execute([Change(TAP, None, {"kind": "tun", "mode": mode})])
    assert shown("tap0")["linkinfo"]["info_data"]["type"] == word


def test_anothers_is_not_taken_over(node: Node) -> None:
    ip("tuntap add tap0 mode tap")
    made = Change(TAP, None, ALL)
    with NodeBackend() as backend, pytest.raises(ExecuteError) as caught:
        backend.execute([BRIDGE, made])
    assert caught.value.reason == "/dev/net/tun: Device or resource busy"
    assert (caught.value.step, caught.value.done, caught.value.remaining) == (made, (BRIDGE,), ())
    assert "master" not in shown("tap0")


def test_half_made_it_is_told_as_done(node: Node) -> None:
    """So that it is taken back."""
    made = Change(TAP, None, {**ALL, "mtu": 10})
    with NodeBackend() as backend:
        with pytest.raises(ExecuteError) as caught:
            backend.execute([BRIDGE, made])
        assert (caught.value.step, caught.value.done) == (made, (BRIDGE, made))
        backend.execute([one.inverse for one in reversed(caught.value.done)])
    assert links() & {TAP, BRIDGE.key} == set()
