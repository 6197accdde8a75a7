"""A node with four NICs, each with a cable to a switch in another namespace."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from . import program, warm
from .namespace import Namespace, own_sysfs, set_up
from .program import Run

#: Names and MAC addresses of the NICs; the far end of eno1's cable is sw1.
NICS = {f"eno{number}": f"52:54:00:00:00:{number:02}" for number in range(1, 5)}

_MAPPING = "interface_mapping:\n" + "".join(f"  nic{n}: {name}\n" for n, name in enumerate(NICS, 1))


@dataclass(frozen=True)
class Node:
    """The node that this process is in. ``directory`` is for its files."""

    directory: Path

    def file(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def arguments(self, config: Path, *options: str) -> Sequence[str]:
        """Those of a run with the config and the node's mapping file."""
        mapping = self.file("mapping.yaml", _MAPPING)
        lock = self.directory / "lock"
        files = ("-c", str(config), "-m", str(mapping), "--lock-file", str(lock))
        return (*files, "--detailed-exit-codes", *options)

    def run(self, config: Path, *options: str) -> Run:
        """Start the program as a user does."""
        return program.run(*self.arguments(config, *options))

    def apply(self, config: str, *options: str) -> Run:
        """Run the program with the text of a config, without the time that a start of it takes."""
        return warm.run(*self.arguments(self.file("config.yaml", config), *options))

    def applied(self, config: str) -> None:
        """Apply the text of a config, which changes something."""
        run = self.apply(config)
        assert (run.status, run.errors) == (2, ""), run

    def unchanged(self, config: str) -> None:
        """Apply the text of a config, which is what the node is already."""
        run = self.apply(config)
        assert (run.status, run.output) == (0, program.NO_CHANGE), run


def ip(*commands: str, descriptors: Sequence[int] = ()) -> None:
    """Carry out commands of iproute2's ip; all of them with one start of it."""
    text = "".join(f"{command}\n" for command in commands)
    subprocess.run(["ip", "-batch", "-"], input=text, text=True, check=True, pass_fds=descriptors)


@contextlib.contextmanager
def made_node(directory: Path) -> Iterator[Node]:
    """Make the node and go there, with its NICs plugged in and down, as after a boot."""
    with Namespace() as home, Namespace.new() as own, Namespace.new():
        try:
            _lay_cables(own)
            own.enter()
            set_up("lo")
            with own_sysfs():
                yield Node(directory)
        finally:
            home.enter()


def _lay_cables(node: Namespace) -> None:
    """From the switch, where we are, to the node."""
    there = f"/proc/self/fd/{node.descriptor}"
    commands = []
    for number, (name, mac) in enumerate(NICS.items(), 1):
        peer = f"peer name {name} address {mac} netns {there}"
        commands += [f"link add sw{number} type veth {peer}", f"link set sw{number} up"]
    ip(*commands, descriptors=[node.descriptor])
