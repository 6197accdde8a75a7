"""NICs that come while they are waited for: told by the kernel, not looked for again and again."""

from __future__ import annotations

import threading
import time
from typing import Callable, List, Sequence

import pytest

from os_net_config.backends import arrivals
from os_net_config.backends.node import NodeBackend
from os_net_config.config.document import read
from os_net_config.config.nics import Names
from os_net_config.engine.arrivals import await_nics
from os_net_config.engine.converge import apply
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Situation
from os_net_config.engine.sources import Sources
from os_net_config.state.nic import Nic

from .support.node import Node, ip

#: Seconds. A test that waits as long as this has failed.
LONG = 20.0
#: Until something happens during a wait, and how long a wait in vain is.
SOON, SHORT = 0.3, 0.6
#: More than the notifications that a socket's buffer of the usual size holds.
MANY = 2000


class Sought:
    """Links by name. ``looks`` is how often they were looked for; ``then`` happens after the first time."""

    def __init__(self, *names: str, then: Callable[[], object] = lambda: None) -> None:
        self.looks = 0
        self._names, self._then = names, then

    def __call__(self, nics: Sequence[Nic]) -> List[str]:
        self.looks += 1
        found = {nic.name for nic in nics}
        if self.looks == 1:
            self._then()
        return [name for name in self._names if name not in found]


def later(*commands: str) -> threading.Timer:
    """Start a thread that carries them out soon, in this namespace."""
    timer = threading.Timer(SOON, ip, commands)
    timer.start()
    return timer


def waited(sought: Sought) -> float:
    """Wait until all of them are there; how long it took."""
    begun = time.monotonic()
    assert not arrivals.wait(sought, LONG)
    return time.monotonic() - begun


def test_what_is_there_is_not_waited_for(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    sought = Sought("eno1", "eno2")
    assert not arrivals.wait(sought, LONG)
    assert (sought.looks, caplog.text) == (1, "")


def test_one_that_comes_late(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="os_net_config")
    sought = Sought("eno1", "late0")
    timer = later("link add late0 type veth peer name late1")
    assert SOON / 2 < waited(sought) < LONG / 2
    timer.join()
    assert "waiting up to 20 s for late0" in caplog.text
    # One for each event, of which a pair of links makes a few.
    assert sought.looks < 10


def test_one_that_gets_its_name_late(node: Node) -> None:
    timer = later("link set eno3 name late0")
    assert waited(Sought("late0")) < LONG / 2
    timer.join()


def test_one_that_comes_from_another_namespace(node: Node) -> None:
    def hand_over() -> None:
        with node.at_the_switch():
            ip(f"link set sw1 name late0 netns {node.own.path}", descriptors=[node.own.descriptor])

    timer = threading.Timer(SOON, hand_over)
    timer.start()
    assert waited(Sought("late0")) < LONG / 2
    timer.join()


def test_one_that_comes_between_the_look_and_the_wait(node: Node) -> None:
    sought = Sought("late0", then=lambda: ip("link add late0 type veth peer name late1"))
    assert waited(sought) < LONG / 2


def test_one_that_goes_and_comes_again_is_waited_for(node: Node) -> None:
    """Only all of them together are enough."""
    ip("link add gone0 type veth peer name gone1")
    sought = Sought("gone0", "late0", then=lambda: ip("link del gone0"))
    timers = [
        later("link add late0 type veth peer name late1"),
        threading.Timer(3 * SOON, ip, ["link add gone0 type veth peer name gone1"]),
    ]
    timers[1].start()
    assert waited(sought) > 2 * SOON
    for timer in timers:
        timer.join()


def test_lost_notifications_do_no_harm(node: Node) -> None:
    def flood() -> None:
        changes = [f"link set eno1 mtu {1400 + number % 2}" for number in range(MANY)]
        ip(*changes, "link add late0 type veth peer name late1")

    sought = Sought("late0", then=flood)
    assert waited(sought) < LONG / 2
    assert sought.looks == 2


def test_one_that_never_comes(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    """What happens meanwhile does not make the wait longer, or shorter."""
    begun = time.monotonic()
    timer = later("link set eno1 mtu 1400", "link set eno1 mtu 1500")
    assert arrivals.wait(Sought("eno1", "late0", "late1"), SHORT) == ["late0", "late1"]
    assert SHORT <= time.monotonic() - begun < LONG / 2
    timer.join()
    assert "not here after 0.6 s: late0, late1" in caplog.text


def test_without_time_it_is_one_look(node: Node) -> None:
    begun = time.monotonic()
    assert arrivals.wait(Sought("late0"), 0) == ["late0"]
    assert time.monotonic() - begun < SHORT


# What a config expects

CONFIG = """\
network_config:
- type: linux_bond
  name: bond0
  addresses: [{ip_netmask: 192.0.2.1/24}]
  members:
  - {type: interface, name: nic1, mtu: 9000, primary: true}
- type: vlan
  device: bond0
  vlan_id: 10
  mtu: 9000
- {type: vlan, device: wan, vlan_id: 20}
- {type: interface, name: eno4, onboot: false}
- {type: interface, name: eno1, addresses: [{ip_netmask: 198.51.100.1/24}]}
"""
MAC = "52:54:00:00:00:77"
#: A veth has no device, so that it is no NIC by itself.
INVENTORY = f"- {{name: late0, mac: '{MAC}'}}\n"
NUMBERS = f'{{"format": "os-net-config nics", "version": 1, "nics": {{"nic1": "{MAC}"}}}}\n'
MAPPING = "interface_mapping: {wan: 52:54:00:00:00:78}\n"


@pytest.fixture
def sources(node: Node) -> Sources:
    state = node.directory / "state"
    state.mkdir()
    (state / "nics.json").write_text(NUMBERS, encoding="utf-8")
    return Sources(
        str(node.file("config.yaml", CONFIG)),
        str(node.file("mapping.yaml", MAPPING)),
        str(node.file("inventory.yaml", INVENTORY)),
        state_dir=str(state),
    )


def test_all_that_a_config_expects(node: Node, sources: Sources) -> None:
    timers = [
        later(f"link add late0 address {MAC} type veth peer name far0"),
        later("link add wan7 address 52:54:00:00:00:78 type veth peer name far1"),
    ]
    begun = time.monotonic()
    assert not await_nics(sources, LONG)
    assert time.monotonic() - begun < LONG / 2
    for timer in timers:
        timer.join()


def test_without_the_nics_that_never_come_the_rest_is_there(node: Node, sources: Sources) -> None:
    missing = await_nics(sources, SHORT)
    assert [str(one) for one in missing] == ["wan (52:54:00:00:00:78)", f"nic1 ({MAC})"]
    document = read(sources.config_file)
    with NodeBackend() as backend:
        live = backend.observe()
        prepared = prepare_document(document, Situation(live, [], Names({}, absent=missing)))
        apply(prepared, backend)
        assert {"bond0", "vlan10", "eno1"} <= {name for name, _ in backend.observe().links()}
        assert backend.observe().values("vlan10")["mtu"] == 9000
    assert len(prepared.warnings) == len(missing)
