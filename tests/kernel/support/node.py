"""A node with four NICs, each with a cable to a switch in another namespace."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from . import program, warm
from .namespace import Namespace, kept, own_copy, own_sysfs, set_up
from .program import NOT_ASKED, Run

#: Names and MAC addresses of the NICs; the far end of eno1's cable is sw1.
NICS = {f"eno{number}": f"52:54:00:00:00:{number:02}" for number in range(1, 5)}

_ACCEPT_DAD = Path("/proc/sys/net/ipv6/conf/default/accept_dad")
_MAPPING = "interface_mapping:\n" + "".join(f"  nic{n}: {name}\n" for n, name in enumerate(NICS, 1))


@dataclass(frozen=True)
class Node:
    """The node that this process is in. ``directory`` is for its files.

    ``own`` is its namespace; ``switch`` is the one of the cables' far ends.
    """

    directory: Path
    own: Namespace
    switch: Namespace
    mapping: str = _MAPPING

    @property
    def run_directory(self) -> Path:
        """Where the program keeps what lives as long as the boot: its lock, its record."""
        return self.directory / "run"

    def file(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def arguments(self, config: Path, *options: str) -> Sequence[str]:
        """Those of a run with the config and the node's mapping file."""
        mapping = self.file("mapping.yaml", self.mapping)
        place = ("--run-dir", str(self.run_directory), "--state-dir", str(self.directory / "state"))
        usual = (*NOT_ASKED, "--detailed-exit-codes")
        return ("-c", str(config), "-m", str(mapping), *place, *usual, *options)

    def run(self, config: Path, *options: str) -> Run:
        """Start the program as a user does."""
        return program.run(*self.arguments(config, *options))

    def apply(self, config: str, *options: str, name: str = "config.yaml") -> Run:
        """Run the program with the text of a config, without the time that a start of it takes.

        ``name`` is the file's: what it brought is pruned only by a file of the same name.
        """
        return warm.run(*self.arguments(self.file(name, config), *options))

    def applied(self, config: str, *options: str, name: str = "config.yaml") -> Run:
        """Apply the text of a config, which changes something."""
        run = self.apply(config, *options, name=name)
        assert (run.status, run.errors) == (2, ""), run
        return run

    @contextlib.contextmanager
    def at_the_switch(self) -> Iterator[None]:
        """What is done meanwhile is done at the far ends of the cables."""
        self.switch.enter()
        try:
            yield
        finally:
            self.own.enter()

    def applied_with_losses(self, config: str, *options: str) -> Run:
        """Apply the text of a config, which changes something and takes things of others along."""
        run = self.apply(config, *options)
        assert run.status == 2, run
        return run

    def unchanged(self, config: str, name: str = "config.yaml") -> None:
        """Apply the text of a config, which is what the node is already."""
        run = self.apply(config, name=name)
        assert (run.status, run.output) == (0, program.NO_CHANGE), run


def ip(*commands: str, descriptors: Sequence[int] = ()) -> None:
    """Carry out commands of iproute2's ip; all of them with one start of it."""
    text = "".join(f"{command}\n" for command in commands)
    subprocess.run(["ip", "-batch", "-"], input=text, text=True, check=True, pass_fds=descriptors)


@contextlib.contextmanager
def made_node(directory: Path, detection: bool = False) -> Iterator[Node]:
    """Make the node and go there, with its NICs plugged in and down, as after a boot.

    Without duplicate address ``detection`` an IPv6 address is usable at once, as on a link with
    accept_dad 0: nobody waits a second or two for each.
    """
    with Namespace() as home, Namespace.new() as own:
        try:
            if not detection:
                # Links that are made from now on take it over.
                _ACCEPT_DAD.write_text("0", encoding="ascii")
            with Namespace.new() as switch:
                _lay_cables(own)
                own.enter()
                set_up("lo")
                # What iproute2 and the program know about names is the node's as well.
                names = own_copy("/etc/iproute2", directory / "iproute2")
                with own_sysfs(), names, kept(Path("/etc/resolv.conf")):
                    yield Node(directory, own, switch)
        finally:
            home.enter()


def _lay_cables(node: Namespace) -> None:
    """From the switch, where we are, to the node."""
    commands = []
    for number, (name, mac) in enumerate(NICS.items(), 1):
        peer = f"peer name {name} address {mac} netns {node.path}"
        commands += [f"link add sw{number} type veth {peer}", f"link set sw{number} up"]
    ip(*commands, descriptors=[node.descriptor])
