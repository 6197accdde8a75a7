"""A process that outlives the one that starts it, and a bus that does not answer."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from os_net_config.backends import detached, systemd
from os_net_config.backends.dbus import NoBusError, SystemBus

PATIENCE = 20.0

#: Says what it is in a file, and waits there for its end.
STANDS = """\
import os, sys
with open(sys.argv[1], "w") as file:
    print(os.getpid(), os.getppid(), os.getsid(0), os.getpgid(0), os.getcwd(), file=file)
    print(*sorted(os.listdir("/proc/self/fd")), file=file)
os.write(2, b"a warning\\n")
os.write(2, b"READY=1\\n")
with open(sys.argv[2]) as file:
    file.read()
"""


def start(code: str, *words: str, seconds: float = PATIENCE) -> None:
    detached.start([sys.executable, "-c", code, *words], os.environ, seconds)


def test_it_has_nothing_of_ours(tmp_path: Path) -> None:
    told, end = tmp_path / "told", tmp_path / "end"
    os.mkfifo(end)
    with open(os.devnull, encoding="ascii") as kept:
        os.set_inheritable(kept.fileno(), True)
        start(STANDS, str(told), str(end))
    first, files = told.read_text(encoding="ascii").splitlines()
    process, parent, session, group, directory = first.split()
    descriptor = os.pidfd_open(int(process))
    try:
        assert parent != str(os.getpid())
        assert session not in {str(os.getsid(0)), process}
        assert group not in {str(os.getpgid(0)), process}
        assert directory == "/"
        # Besides its streams: the file that it writes, and the directory that it reads.
        assert len(files.split()) == 5
    finally:
        end.write_text("")
    assert select.select([descriptor], [], [], PATIENCE)[0]
    os.close(descriptor)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit('it cannot be done')", "it cannot be done"),
        ("raise OSError('no FIFO')", "OSError: no FIFO"),
        ("pass", "it ended at once"),
    ],
)
def test_one_that_does_not_get_ready(code: str, says: str) -> None:
    with pytest.raises(detached.DetachedError, match=says):
        start(code)


def test_one_that_does_not_get_ready_in_time(tmp_path: Path) -> None:
    end = tmp_path / "end"
    os.mkfifo(end)
    with pytest.raises(detached.DetachedError, match=r"it is not ready after 0\.2 s"):
        start("import sys; open(sys.argv[1]).read()", str(end), seconds=0.2)
    end.write_text("")


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(detached.DetachedError, match="/no/such/program: No such file or directory"):
        detached.start(["/no/such/program"], os.environ, PATIENCE)


def test_there_is_no_bus(tmp_path: Path) -> None:
    with pytest.raises(NoBusError), SystemBus(PATIENCE, str(tmp_path / "bus")):
        pass


@pytest.mark.parametrize("answer", [b"", b"REJECTED EXTERNAL\r\n", b"OK 0\r\n"])
def test_a_bus_that_does_not_answer(tmp_path: Path, answer: bytes) -> None:
    path, begun, end = str(tmp_path / "bus"), time.monotonic(), threading.Event()

    def take_one() -> None:
        with listening.accept()[0] as taken:
            taken.send(answer)
            end.wait(PATIENCE)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        answering = threading.Thread(target=take_one)
        answering.start()
        with pytest.raises(NoBusError), SystemBus(0.3, path):
            pass
        end.set()
        answering.join()
    assert time.monotonic() - begun < PATIENCE


def test_no_service_where_pid_1_sees_other_files(tmp_path: Path) -> None:
    assert not systemd.is_ours(str(tmp_path / "not there"))
