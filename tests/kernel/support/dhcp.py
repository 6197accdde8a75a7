"""A DHCP server at the far end of a cable: a real dnsmasq, in the namespace of the switch."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from .node import Node, ip

_PATIENCE = 20
#: Links that are no NIC, by their names: as the file has them, with what it says of DHCP.
OTHER_LINKS = {
    "vlan20": "{{type: vlan, device: nic1, vlan_id: 20, {}: true}}",
    "bond1": "{{type: linux_bond, name: bond1, {}: true, bonding_options: mode=active-backup miimon=100,"
    " members: [{{type: interface, name: nic1, primary: true}}, {{type: interface, name: nic2}}]}}",
    "br0": "{{type: linux_bridge, name: br0, {}: true, members: [{{type: interface, name: nic1}}]}}",
}


@dataclass(frozen=True)
class Server:
    """``link`` is the one that it serves, ``directory`` has its files."""

    directory: Path
    link: str

    @property
    def log(self) -> str:
        return self._file("log").read_text(encoding="utf-8")

    def heard(self, message: str) -> int:
        """How often it got or sent such a message: DHCPREQUEST…"""
        return self.log.count(f" {message}({self.link})")

    def _file(self, end: str) -> Path:
        return self.directory / f"dnsmasq-{self.link}.{end}"

    def start(self, *options: str) -> None:
        """It stands when this returns."""
        files = (f"--{option}={self._file(end)}" for option, end in _FILES.items())
        usual = ("--conf-file=/dev/null", "--user=root", "--port=0", "--log-dhcp", "--no-ping")
        here = ("--bind-interfaces", f"--interface={self.link}", "--dhcp-authoritative")
        subprocess.run(["dnsmasq", *usual, *here, *files, *options], check=True)

    def stop(self) -> None:
        process = os.pidfd_open(int(self._file("pid").read_text(encoding="ascii")))
        signal.pidfd_send_signal(process, signal.SIGTERM)
        assert select.select([process], [], [], _PATIENCE)[0], "dnsmasq does not end"
        os.close(process)


_FILES = {"pid-file": "pid", "log-facility": "log", "dhcp-leasefile": "leases"}


@contextlib.contextmanager
def dhcp_server(
    node: Node, link: str = "sw1", network: str = "192.0.2", lease: str = "1h", options: Sequence[str] = ()
) -> Iterator[Server]:
    """Its own address ends with 1, those that it leases with 100 to 150; it is the gateway."""
    server = Server(node.directory, link)
    with node.at_the_switch():
        ip(f"address replace {network}.1/24 dev {link}", f"link set {link} up")
        server.start(f"--dhcp-range={network}.100,{network}.150,{lease}", *options)
    try:
        yield server
    finally:
        server.stop()


#: What a router announces: addresses are the server's alone, everybody's own as well, or that alone.
STATEFUL, BOTH, SLAAC = "64", "slaac,64", "ra-only"


@contextlib.contextmanager
def router(
    node: Node, link: str = "sw1", mode: str = STATEFUL, options: Sequence[str] = ()
) -> Iterator[Server]:
    """A server of DHCPv6 that is the router of 2001:db8:7::/64 too: it leases ::100 to ::1ff."""
    server = Server(node.directory, link)
    with node.at_the_switch():
        # It announces from an address that can be used.
        Path(f"/proc/sys/net/ipv6/conf/{link}/accept_dad").write_text("0", encoding="ascii")
        ip(f"address replace 2001:db8:7::1/64 dev {link}", f"link set {link} up")
        server.start(*announcing(mode), *options)
    try:
        yield server
    finally:
        server.stop()


def announcing(mode: str, network: str = "2001:db8:7") -> Sequence[str]:
    """Options of a server."""
    leased = "" if mode == SLAAC else f"100,{network}::1ff"
    return (f"--dhcp-range={network}::{leased},{mode},1h", "--enable-ra")


def is_left(link: str) -> bool:
    """Whether dhcpcd has not taken back that it runs for the link."""
    return Path(f"/run/dhcpcd/{link}.pid").exists()


@contextlib.contextmanager
def without_dhcpcd() -> Iterator[None]:
    """On a node that has dhclient alone."""
    hidden = shutil.which("dhcpcd") or "/usr/sbin/dhcpcd"
    subprocess.run(["mount", "--bind", "/dev/null", hidden], check=True)
    try:
        yield
    finally:
        # A test may have been first.
        if os.path.samefile(hidden, "/dev/null"):
            subprocess.run(["umount", hidden], check=True)
