"""The lab as a program on the host: what comes back from it, and that nothing else does."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Tuple
from xml.etree import ElementTree

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TIME_LIMIT = 124
LAB_FAILURE = 125
DEADLINE = 60.0

COVERED_TEST = """
import os_net_config
def test_something():
    assert os_net_config.__doc__
"""

ON_TWO_BOOTS = """
if [ -e /var/lib/lab-was-here ]; then echo second; exit; fi
echo first
touch /var/lib/lab-was-here || exit
sync
echo b >/proc/sysrq-trigger
sleep 60
"""

BETWEEN_TWO_NICS = """
ip netns add far && ip link set eth1 netns far
ip address add 192.0.2.1/24 dev eth0 && ip link set eth0 up
ip -n far address add 192.0.2.2/24 dev eth1 && ip -n far link set eth1 up
python3 - <<'END'
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.settimeout(10)
    sender.connect(("192.0.2.2", 9))
    sender.send(b"anyone there?")
    try:
        sender.recv(1)
    except ConnectionRefusedError:
        print("refused by the far end")
END
"""


def lab(*arguments: str) -> List[str]:
    """The command line of a lab."""
    return [sys.executable, "-m", "tests.lab", *arguments]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the lab to its end."""
    return subprocess.run(
        lab("run", *arguments),
        cwd=CHECKOUT,
        env={**os.environ, **variables},
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )


def ended(descriptors: List[int]) -> bool:
    """Whether all of these processes end in time."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    while descriptors:
        events = poll.poll(DEADLINE * 1000)
        for descriptor, _ in events:
            poll.unregister(descriptor)
            descriptors = [other for other in descriptors if other != descriptor]
        if not events:
            return False
    return True


def test_streams_and_exit_status_are_the_commands_own() -> None:
    done = run("--", "sh", "-c", "printf out; printf err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out", "err")


def test_a_signal_is_told_as_a_shell_does() -> None:
    done = run("--", "sh", "-c", "kill -TERM $$")
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "")


def test_every_byte_arrives_and_left_over_processes_do_not_matter(tmp_path: Path) -> None:
    script = f"sleep 1000 & head -c 3000000 /dev/urandom | tee {tmp_path}/random"
    done = subprocess.run(
        lab("run", "--results", str(tmp_path), "--", "sh", "-c", script),
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        timeout=DEADLINE,
    )
    assert done.stdout == (tmp_path / "random").read_bytes()


def test_directory_environment_and_overlay(tmp_path: Path) -> None:
    canary = CHECKOUT / "written-in-the-lab"
    script = f"pwd; echo $VIRTUAL_ENV $SECRET $CHOSEN; touch {canary} /etc/written-in-the-lab && ls {canary}"
    done = run(
        "--env", "CHOSEN", "--", "sh", "-c", script, VIRTUAL_ENV=str(tmp_path), SECRET="no", CHOSEN="yes"
    )
    assert done.stdout.splitlines() == [str(CHECKOUT), f"{tmp_path} yes", str(canary)]
    assert not canary.exists()
    assert not Path("/etc/written-in-the-lab").exists()


def test_reports_and_coverage_come_back(tmp_path: Path) -> None:
    test = tmp_path / "test_covered.py"
    test.write_text(COVERED_TEST)
    report, data = tmp_path / "tests.xml", tmp_path / "coverage"
    command = f"{sys.executable} -m coverage run -m pytest {test} --junitxml={report}"
    done = run("--results", str(tmp_path), "--", *command.split(), COVERAGE_FILE=str(data))
    assert "1 passed" in done.stdout
    assert [suite.get("tests") for suite in ElementTree.parse(report).getroot().iter("testsuite")] == ["1"]
    assert list(tmp_path.glob("coverage.lab.*"))


def test_time_limit_and_live_output(tmp_path: Path) -> None:
    command = lab(
        "run", "--time-limit", "10", "--results", str(tmp_path), "--", "sh", "-c", "echo early; sleep 60"
    )
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "early\n"
        assert process.poll() is None
        first = process.stderr.readline()
    assert process.returncode == TIME_LIMIT
    assert f"did not end within the time limit of 10 s; the console's log is {tmp_path}/console.log" in first


def test_a_panic_is_told_from_a_failing_command(tmp_path: Path) -> None:
    done = run(
        "--results",
        str(tmp_path),
        "--",
        "sh",
        "-c",
        "echo before; sleep 2; echo c >/proc/sysrq-trigger; sleep 60",
    )
    assert (done.returncode, done.stdout) == (LAB_FAILURE, "before\n")
    assert "panicked (sysrq triggered crash) before the command did" in done.stderr
    assert "Kernel panic" in (tmp_path / "console.log").read_text()


def test_a_step_of_the_boot_that_fails_is_named(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1 << 20))
    done = run("--results", str(tmp_path), "--disk", str(disk), "--", "true")
    assert done.returncode == LAB_FAILURE
    assert "the guest failed at mounting the overlay's storage" in done.stderr.splitlines()[0]


def test_a_disk_outlasts_a_reboot(tmp_path: Path) -> None:
    done = run("--disk", str(tmp_path / "disk"), "--", "sh", "-c", ON_TWO_BOOTS)
    assert (done.returncode, done.stdout.split()) == (0, ["first", "second"])


def test_nics_on_one_segment_reach_each_other() -> None:
    done = run("--nic", "1", "--nic", "1", "--", "sh", "-c", BETWEEN_TWO_NICS)
    assert (done.returncode, done.stdout) == (0, "refused by the far end\n")


def test_namespaces_are_used_where_the_kernel_has_the_modules() -> None:
    inner = "ip -brief link; touch /etc/inner; kill -TERM $$"
    script = f"{sys.executable} -m tests.lab run --auto -- sh -c '{inner}'; echo $?; ls /etc/inner"
    done = run("--", "sh", "-c", script)
    assert "LOOPBACK,UP" in done.stdout
    assert done.stdout.endswith("\n143\n")
    assert "cannot access '/etc/inner'" in done.stderr


@pytest.fixture(name="borrowed")
def checkout_of_someone_else() -> Iterator[Path]:
    """A copy of the lab that everyone can read and nobody but us can write."""
    directory = Path(tempfile.mkdtemp(prefix="lab-borrowed-"))
    shutil.copytree(CHECKOUT / "tests" / "lab", directory / "tests" / "lab")
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test of this file shows it already")
def test_an_ordinary_user_can_run_it(borrowed: Path) -> None:
    ordinary = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    script = "id -u; ip link add type bond && ip netns add x && echo made; pwd"
    done = subprocess.run(
        [*ordinary, "/usr/bin/python3", "-m", "tests.lab", "run", "--", "sh", "-c", script],
        cwd=borrowed,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["0", "made", str(borrowed)], "")


def relatives(process_id: int) -> Dict[int, int]:
    """Every process below this one: its parent."""
    parents: Dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(status.parent.name)] = int(fields[1])
    found = {process_id: 0}
    while True:
        more = {child: parent for child, parent in parents.items() if parent in found and child not in found}
        if not more:
            return found
        found.update(more)


@contextlib.contextmanager
def lives_of(processes: Iterable[int]) -> Iterator[List[int]]:
    """A descriptor for each process that tells when it has ended; none for those that already have."""
    with contextlib.ExitStack() as opened:
        descriptors = []
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                descriptors.append(os.pidfd_open(process))
                opened.callback(os.close, descriptors[-1])
        yield descriptors


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_the_lab_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        lab("run", "--time-limit", "60", "--", "sh", "-c", "echo started; exec sleep 1000"),
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        assert list(tmp_path.iterdir())
        with lives_of(relatives(process.pid)) as descriptors:
            process.send_signal(number)
            assert len(descriptors) > 2
            assert ended(descriptors)
    assert not list(tmp_path.iterdir())


def test_two_labs_at_the_same_time() -> None:
    both = [
        subprocess.Popen(
            lab("run", "--", "sh", "-c", f"sleep 1; echo {name}; hostname"),
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    answers: List[Tuple[str, int]] = [
        (process.communicate(timeout=DEADLINE)[0], process.returncode) for process in both
    ]
    assert answers == [("one\nlab\n", 0), ("two\nlab\n", 0)]
