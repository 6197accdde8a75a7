"""iproute2's ip in a namespace, started by a small process.

To start a program costs 50 ms from a process of Python's size in the lab, and 15 from a shell's. So a
shell is kept, and ip is told which namespace to go to. It starts other programs as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, List

#: Where ip looks for namespaces by name. There the name may lead anywhere.
_NAMES = Path("/run/netns")
_END = "end of "


class Ip:
    """A shell that starts ip for us as long as this object is there."""

    def __init__(self) -> None:
        self._commands = tempfile.NamedTemporaryFile("w", suffix=".ip", encoding="ascii")  # noqa: SIM115
        self._shell = subprocess.Popen(
            ["/bin/sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"]},
        )

    def show(self, *commands: str) -> List[List[Dict[str, Any]]]:
        """What the commands print as JSON about the namespace that this process is in."""
        lines = self._batch("-d -j", commands)
        found = [json.loads(line) for line in lines if line.strip()]
        assert len(found) == len(commands), lines
        return [[one for one in entries if one] for entries in found]

    def do(self, *commands: str) -> None:
        """Carry commands out in the namespace that this process is in. Raises OSError where one fails."""
        if commands:
            self._batch("", commands)

    def _batch(self, options: str, commands: tuple[str, ...]) -> List[str]:
        _NAMES.mkdir(exist_ok=True)
        self._write(commands)
        return self.run(f"ip -n ../../../proc/{os.getpid()}/ns/net {options} -batch {self._commands.name}")

    def _write(self, commands: tuple[str, ...]) -> None:
        self._commands.seek(0)
        self._commands.truncate()
        self._commands.write("".join(f"{command}\n" for command in commands))
        self._commands.flush()

    def run(self, command: str) -> List[str]:
        """The lines that a command of the shell prints, in its namespace. Raises OSError where it fails."""
        assert self._shell.stdin is not None and self._shell.stdout is not None
        self._shell.stdin.write(f"{command}; echo; echo {_END}$?\n")
        self._shell.stdin.flush()
        lines, line = [], ""
        for line in self._shell.stdout:
            if line.startswith(_END):
                break
            lines.append(line)
        if line != f"{_END}0\n":
            raise OSError(f"{command}: exit status {line[len(_END) :].strip()}")
        return lines
