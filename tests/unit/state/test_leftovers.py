"""Which files of another program go, and what is left of one that is of several links."""

from __future__ import annotations

from typing import Mapping, Set

import pytest

from os_net_config.state.eni import without_links
from os_net_config.state.leftovers import with_purged
from os_net_config.state.model import FileKey, LinkKey, Resource, State
from os_net_config.state.release import Settled

SCRIPTS = "/etc/sysconfig/network-scripts"
PROFILES = "/etc/NetworkManager/system-connections"
NETWORK = "/etc/network"
PROFILE = b"[connection]\nid=System\ninterface-name=%s\n[ipv4]\nmethod=auto\n"


def purged(provider: str, files: Mapping[str, bytes], *names: str) -> Settled:
    live = State({FileKey(path): Resource(FileKey(path), {"content": one}) for path, one in files.items()})
    wanted = State({LinkKey(name): Resource(LinkKey(name), {}) for name in names})
    return with_purged(Settled(wanted, {}), provider, wanted, live)


def gone(provider: str, files: Mapping[str, bytes], *names: str) -> Set[str]:
    return {str(key) for key in purged(provider, files, *names).removals}


def test_ifcfg() -> None:
    names = "ifcfg-eth0 ifcfg-eth0.20 ifcfg-eth1 route-eth0 route6-eth0 rule-eth0 ifcfg-lo ifcfg-eth0.bak"
    files = {f"{SCRIPTS}/{name}": b"" for name in names.split()}
    found = gone("ifcfg", files, "eth0", "lo")
    assert found == {f"{SCRIPTS}/{name}-eth0" for name in ("ifcfg", "route", "route6", "rule")}


def test_nmstate_takes_profiles_by_the_interface_that_they_name() -> None:
    files = {
        f"{PROFILES}/a.nmconnection": PROFILE % b"eth0",
        f"{PROFILES}/eth0.nmconnection": PROFILE % b"eth1",
        f"{PROFILES}/vpn.nmconnection": b"[connection]\nid=vpn\n[vpn]\ninterface-name=eth0\n",
        f"{SCRIPTS}/ifcfg-eth0": b"DEVICE=eth0\n",
    }
    assert gone("nmstate", files, "eth0") == {f"{PROFILES}/a.nmconnection"}


def test_nmstate_takes_the_scripts_that_network_manager_wrote() -> None:
    files = {
        f"{SCRIPTS}/ifcfg-eth0": b"DEVICE=eth0\nUUID=5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03\n",
        f"{SCRIPTS}/route-eth0": b"",
        f"{SCRIPTS}/ifcfg-eth1": b"DEVICE=eth1\n",
        f"{SCRIPTS}/route-eth1": b"",
    }
    found = gone("nmstate", files, "eth0", "eth1")
    assert found == {f"{SCRIPTS}/ifcfg-eth0", f"{SCRIPTS}/route-eth0"}


def test_iproute_has_nothing() -> None:
    assert gone("iproute", {f"{SCRIPTS}/ifcfg-eth0": b""}, "eth0") == set()


def test_eni_files_of_which_nothing_is_left_go_but_for_the_main_one() -> None:
    own, parts = b"# ours\nauto eth0\niface eth0 inet dhcp\n", f"{NETWORK}/interfaces.d"
    files = {
        f"{NETWORK}/interfaces": own,
        f"{NETWORK}/interfaces.d/a": own,
        f"{NETWORK}/interfaces.d/b": b"#\n",
    }
    found = purged("eni", files, "eth0")
    assert {str(key) for key in found.removals} == {f"{parts}/a"}
    (rewritten,) = (one for one in found.wanted if isinstance(one.key, FileKey))
    assert (str(rewritten.key), rewritten.values) == (f"{NETWORK}/interfaces", {"content": b"# ours\n"})


INTERFACES = b"""\
# The loopback
auto lo eth0
iface lo inet loopback
\tup echo eth0

allow-hotplug eth0
iface eth0 inet static
    address 192.0.2.1/24
    # within
    up ip route add 203.0.113.0/24 \\
        via 192.0.2.2

# What follows
iface eth0 inet6 auto
iface eth00 inet dhcp
  hostname \xe4 eth0
source /etc/network/interfaces.d/*
"""

LEFT = b"""\
# The loopback
auto lo
iface lo inet loopback
\tup echo eth0


# What follows
iface eth00 inet dhcp
  hostname \xe4 eth0
source /etc/network/interfaces.d/*
"""


def test_stanzas_go_and_every_other_byte_stays() -> None:
    assert without_links(INTERFACES, {"eth0"}) == LEFT
    assert without_links(LEFT, {"eth0"}) == LEFT


@pytest.mark.parametrize("names", [set(), {"eth9"}, {"address"}, {"inet"}])
def test_without_stanzas_of_these_links_nothing_changes(names: Set[str]) -> None:
    assert without_links(INTERFACES, names) == INTERFACES


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (b"auto eth0\n", b""),
        (b"auto eth0 eth1\n", b"auto eth1\n"),
        (b"auto  eth1\t eth0  # x\n", b"auto  eth1  # x\n"),
        (b"allow-hotplug eth0 eth00 eth0.20", b"allow-hotplug eth00 eth0.20"),
        (b"auto \\\n eth0\n", b""),
        (b"mapping eth0\n  script x\n", b"mapping eth0\n  script x\n"),
        (b"iface\n", b"iface\n"),
    ],
)
def test_one_line(line: bytes, left: bytes) -> None:
    assert without_links(line, {"eth0"}) == left
