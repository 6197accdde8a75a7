"""Settings of links: what comes with the dump is what /proc/sys says, and what is written holds."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Dict

import pytest

from os_net_config.backends.node import NodeBackend
from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey, LinkKey, State, SysctlKey
from os_net_config.state.sysctl import SETTINGS
from os_net_config.state.values import Prefix, Value

from .support import listening
from .support.node import Node, ip
from .support.observed import observe

KEYS = [(family, name) for family, settings in SETTINGS.items() for name in settings]
PROMOTE = SysctlKey("eno1", 4, "promote_secondaries")
ACCEPT_RA = SysctlKey("eno1", 6, "accept_ra")
RTM_NEWLINK, RTM_NEWADDR, RTM_DELADDR = 16, 20, 21


def file(key: SysctlKey) -> Path:
    return Path(f"/proc/sys/net/ipv{key.family}/conf/{key.link}/{key.name}")


def settings(state: State) -> Dict[SysctlKey, Value]:
    return {one.key: one.values["value"] for one in state if isinstance(one.key, SysctlKey)}


def changed(key: SysctlKey, before: int, after: int) -> Change:
    return Change(key, {"value": before}, {"value": after})


def carried_out(*steps: Change) -> State:
    with NodeBackend() as backend:
        backend.execute(steps)
        return backend.observe()


def address(last: int) -> AddressKey:
    return AddressKey("eno1", Prefix(bytes([192, 0, 2, last]), 24))


def test_all_that_is_told_is_what_the_files_say(node: Node) -> None:
    ip("link add odd.name type dummy")
    with NodeBackend() as backend:
        found = settings(backend.observe())
    links = {name for _, name in socket.if_nameindex()}
    usual = {SysctlKey("default", *key) for key in KEYS if key[0] == 6}
    assert set(found) == usual | {SysctlKey(link, *key) for link in links for key in KEYS}
    assert {key: int(file(key).read_text()) for key in found} == found


@pytest.mark.parametrize(("family", "name"), KEYS, ids=str)
def test_a_setting_is_written_and_told(node: Node, family: int, name: str) -> None:
    """One at a time, so that a wrong number would show as another one's change."""
    ip("link add odd.name type dummy")
    key = SysctlKey("odd.name", family, name)
    with NodeBackend() as backend:
        before = settings(backend.observe())
    old = before[key]
    assert isinstance(old, int)
    new = 1 - old
    after = settings(carried_out(changed(key, old, new)))
    assert file(key).read_text() == f"{new}\n"
    assert after == {**before, key: new}
    assert settings(carried_out(changed(key, new, old))) == before


def test_a_value_below_zero(node: Node) -> None:
    key = SysctlKey("eno1", 6, "keep_addr_on_down")
    assert settings(carried_out(changed(key, 0, -1)))[key] == -1


def test_a_link_of_this_run_is_set_at_once(node: Node) -> None:
    made = Change(LinkKey("br0"), None, {"kind": "bridge", "up": 1})
    keys = [SysctlKey("br0", 4, "promote_secondaries"), SysctlKey("br0", 6, "accept_ra")]
    found = settings(carried_out(made, *(Change(key, None, {"value": 2 - n}) for n, key in enumerate(keys))))
    assert [found[key] for key in keys] == [2, 1]


def test_a_step_in_between_stands_where_it_is(node: Node) -> None:
    """The subnet's first address goes and the second one stays: with the setting, and in this order."""
    if not listening.is_possible():
        pytest.skip("the kernel has no nlmon links: modprobe nlmon")
    ip("address add 192.0.2.1/24 dev eno1", "address add 192.0.2.2/24 dev eno1")
    with NodeBackend() as backend, listening.heard() as messages:
        backend.execute(
            [
                changed(PROMOTE, 0, 1),
                Change(address(1), {"scope": 0}, None),
                changed(PROMOTE, 1, 0),
                Change(address(3), None, {"scope": 0}),
            ]
        )
        assert backend.traffic.sends == 1
    ip("link del nlmon0")
    assert observe().addresses["eno1"] == ["192.0.2.2/24 scope global", "192.0.2.3/24 scope global secondary"]
    assert file(PROMOTE).read_text() == "0\n"
    asked = [one.type for one in messages if one.is_request and not one.only_asks]
    assert asked == [RTM_NEWLINK, RTM_DELADDR, RTM_NEWLINK, RTM_NEWADDR]


def test_without_ipv6_a_link_has_only_the_others(node: Node) -> None:
    """IPv6 leaves a link whose MTU is below 1280 (RFC 8200), and comes back with the values of a new one."""
    carried_out(changed(ACCEPT_RA, 1, 2))
    ip("link set eno1 mtu 1279")
    up = Change(LinkKey("eno1"), {"up": 0}, {"up": 1})
    with NodeBackend() as backend:
        here = {key for key in settings(backend.observe()) if key.link == "eno1"}
        with pytest.raises(ExecuteError) as caught:
            backend.execute([changed(PROMOTE, 0, 1), changed(ACCEPT_RA, 2, 0), up])
    assert here == {PROMOTE}
    assert caught.value.reason == f"{file(ACCEPT_RA)}: No such file or directory"
    steps = caught.value.step.key, [one.key for one in caught.value.done], caught.value.remaining
    assert steps == (ACCEPT_RA, [PROMOTE], (up,))
    ip("link set eno1 mtu 1280")
    assert file(ACCEPT_RA).read_text() == "1\n"


def test_a_link_that_is_not_there(node: Node) -> None:
    gone = SysctlKey("gone", 4, "promote_secondaries")
    with NodeBackend() as backend, pytest.raises(ExecuteError) as caught:
        backend.execute([changed(gone, 0, 1)])
    assert caught.value.reason.startswith("a link that it needs is not there (of gone)")
