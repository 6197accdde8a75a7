"""What `make demo` shows. Runs inside the private place that tools/demo makes.

The node's NICs are veth pairs: one end is the NIC, the other the switch's port at the end of
its cable. A veth is no NIC by the numbering rule, so a mapping file says which is nic1.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Sequence

EXAMPLE = pathlib.Path("examples/controller.yaml")
NICS = {f"nic{number}": f"eno{number}" for number in range(1, 5)}
COLOUR = os.environ.get("OS_NET_CONFIG_COLOR") == "always"


def say(text: str) -> None:
    print(f"\n\x1b[1;34m### {text}\x1b[0m" if COLOUR else f"\n### {text}", flush=True)  # noqa: T201


def run(command: Sequence[str], good: Sequence[int] = (0,)) -> None:
    print(f"$ {' '.join(command)}", flush=True)  # noqa: T201
    status = subprocess.run(command, check=False).returncode
    if status not in good:
        sys.exit(f"demo: this ended with status {status}, which it should not")


def make_cables() -> None:
    for number, name in enumerate(NICS.values(), 1):
        port = f"port{number}"
        for words in (
            f"link add {name} address 52:54:00:00:00:0{number} type veth peer name {port}",
            f"link set {port} up",
        ):
            subprocess.run(["ip", *words.split()], check=True)


def main() -> None:
    make_cables()
    directory = pathlib.Path(tempfile.mkdtemp())
    mapping = directory / "mapping.yaml"
    mapping.write_text("interface_mapping:\n" + "".join(f"  {nic}: {name}\n" for nic, name in NICS.items()))
    program = ["os-net-config", "--color", "always" if COLOUR else "never"]
    program += ["--config-file", str(EXAMPLE), "--mapping-file", str(mapping)]

    say("A node with four NICs and their cables, on a kernel of its own")
    run(["ip", "-brief", "link"])
    say(f"What {EXAMPLE} would change: the plan, and nothing is written")
    run([*program, "--noop"])
    say("Apply it")
    run([*program, "--detailed-exit-codes"], good=(2,))
    say("The node now")
    run(["ip", "-brief", "address"])
    run(["ip", "route"])
    run(["ip", "-6", "route", "show", "proto", "111"])
    say("A second run: nothing to do, and not one write (exit status 0)")
    run([*program, "--detailed-exit-codes"])


if __name__ == "__main__":
    main()
