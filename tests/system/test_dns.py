"""Name servers where they are for real: systemd-resolved, Debian's resolvconf, openresolv."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

import pytest

from tests.kernel.support import warm
from tests.kernel.support.packages import unpack, unpacked
from tests.kernel.support.program import CHECKOUT, Run

pytestmark = pytest.mark.rotating

OPTIONS = ("--arp-wait", "0", "--detailed-exit-codes")
COMMAND = (sys.executable, "-m", "os_net_config", *OPTIONS)
RESOLVED = "systemd-resolved.service"
FILE, STATE, RUN = Path("/etc/resolv.conf"), Path("/var/lib/os-net-config"), Path("/run/os-net-config")
NICS = ("eno1", "eno2")
NO_CHANGE = "No change: the node is as the config says.\n"
PLAIN = "network_config: [{type: interface, name: eno1}]\n"
FIRST = """\
network_config:
- type: interface
  name: eno1
  addresses: [{ip_netmask: 192.0.2.10/24}]
  dns_servers: [192.0.2.53, "2001:db8::53"]
  domain: [Example.com., lab.example.com]
- type: vlan
  vlan_id: 10
  device: eno1
  addresses: [{ip_netmask: 172.17.0.10/24}]
  dns_servers: [172.17.0.53]
"""
SECOND = """\
network_config:
- {type: interface, name: eno1, addresses: [{ip_netmask: 192.0.2.10/24}], dns_servers: [192.0.2.54]}
"""
Lists = Tuple[Sequence[str], Sequence[str]]


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def apply(directory: Path, text: str, *options: str) -> Run:
    path = directory / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return warm.run(*OPTIONS, "-c", str(path), *options)


def applied(directory: Path, text: str, *options: str) -> None:
    """It changes something, and then nothing."""
    done = apply(directory, text, *options)
    assert (done.status, done.errors) == (2, ""), done
    again = apply(directory, text)
    assert (again.status, again.output) == (0, NO_CHANGE), again


@pytest.fixture(autouse=True)
def nics() -> Iterator[None]:
    for name in NICS:
        run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-sw")
        run("ip", "link", "set", f"{name}-sw", "up")
    yield
    for name in NICS:
        run("ip", "link", "del", name)
    for directory in (STATE, RUN):
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(autouse=True)
def resolv_conf() -> Iterator[None]:
    """As it was, afterwards."""
    before = FILE.read_bytes() if FILE.exists() else None
    link = FILE.readlink() if FILE.is_symlink() else None
    yield
    FILE.unlink(missing_ok=True)
    if link is not None:
        FILE.symlink_to(link)
    elif before is not None:
        FILE.write_bytes(before)


# systemd-resolved


@pytest.fixture
def resolved() -> Iterator[None]:
    """It runs, as its package would start it."""
    _install_resolved()
    run("systemctl", "start", RESOLVED)
    yield
    run("systemctl", "stop", RESOLVED)
    shutil.rmtree("/run/systemd/resolve")


def _install_resolved() -> None:
    if not Path("/lib/systemd/system", RESOLVED).exists():
        unpack("systemd-resolved")
        run("systemd-sysusers")
        run("systemctl", "daemon-reload")
        run("systemctl", "try-reload-or-restart", "dbus.service")


def of_links() -> Dict[str, Lists]:
    """What it tells of the links of which it has something."""
    found: Dict[str, Lists] = {}
    for kind in ("dns", "domain"):
        for line in run("resolvectl", kind).splitlines():
            if line.startswith("Link "):
                title, _, rest = line.partition(": ")
                name = title.partition("(")[2].rstrip("):")
                lists = found.get(name, ((), ()))
                words = rest.split()
                found[name] = (words, lists[1]) if kind == "dns" else (lists[0], words)
    return {name: lists for name, lists in found.items() if any(lists)}


SET: Dict[str, Lists] = {
    "eno1": (["192.0.2.53", "2001:db8::53"], ["example.com", "lab.example.com"]),
    "vlan10": (["172.17.0.53"], []),
}


@pytest.mark.usefixtures("resolved")
def test_resolved_has_them_by_link(tmp_path: Path) -> None:
    before = FILE.read_bytes()
    applied(tmp_path, FIRST)
    assert of_links() == SET
    applied(tmp_path, SECOND)
    assert of_links() == {"eno1": (["192.0.2.54"], [])}
    applied(tmp_path, PLAIN)
    assert of_links() == {}
    assert FILE.read_bytes() == before


@pytest.mark.usefixtures("resolved")
def test_what_was_there_before_comes_back(tmp_path: Path) -> None:
    run("resolvectl", "dns", "eno1", "10.0.0.1:5353#old.example", "10.0.0.2")
    run("resolvectl", "domain", "eno1", "~corp.example", "old.example")
    before = of_links()
    assert before["eno1"] == (["10.0.0.1:5353#old.example", "10.0.0.2"], ["~corp.example", "old.example"])
    applied(tmp_path, FIRST)
    assert of_links() == SET
    applied(tmp_path, PLAIN)
    assert of_links() == before


@pytest.mark.usefixtures("resolved")
def test_a_run_that_fails_takes_them_back(tmp_path: Path) -> None:
    applied(tmp_path, SECOND)
    before = of_links()
    done = apply(tmp_path, FIRST, "--probe-required", "ping:203.0.113.1,deadline=1")
    assert done.status == 4, done
    assert of_links() == before
    assert apply(tmp_path, SECOND).output == NO_CHANGE


@pytest.mark.usefixtures("resolved")
def test_new_links_are_known_to_resolved_at_once(tmp_path: Path) -> None:
    links = [
        f"- {{type: vlan, vlan_id: {number}, device: eno1, addresses: [{{ip_netmask: 10.0.{number}.1/24}}],"
        f" dns_servers: [10.0.{number}.53]}}\n"
        for number in range(1, 31)
    ]
    text = "network_config:\n- {type: interface, name: eno1}\n" + "".join(links)
    applied(tmp_path, text)
    assert of_links() == {f"vlan{number}": ([f"10.0.{number}.53"], []) for number in range(1, 31)}
    # They are made anew, each with its number.
    applied(tmp_path, text.replace("device: eno1", "device: eno2"))
    assert len(of_links()) == 30
    applied(tmp_path, PLAIN)
    assert of_links() == {}


@pytest.mark.usefixtures("resolved")
def test_a_restart_of_resolved_keeps_them(tmp_path: Path) -> None:
    applied(tmp_path, FIRST)
    run("systemctl", "restart", RESOLVED)
    assert of_links() == SET
    assert apply(tmp_path, FIRST).output == NO_CHANGE


@pytest.mark.usefixtures("resolved")
def test_a_run_without_change_needs_no_bus(tmp_path: Path) -> None:
    applied(tmp_path, FIRST)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], "-c", str(tmp_path / "config.yaml")],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == NO_CHANGE
    assert "os_net_config.backends.resolver" in done.stderr
    assert not [name for name in ("jeepney", "pyroute2") if f"{name}\n" in done.stderr]


@pytest.mark.usefixtures("resolved")
def test_another_namespace_is_none_of_its_business(tmp_path: Path) -> None:
    """Its links have the same numbers."""
    FILE.unlink(missing_ok=True)
    FILE.write_text("nameserver 10.0.0.1\n", encoding="ascii")
    path = tmp_path / "config.yaml"
    path.write_text(
        "network_config: [{type: interface, name: lo, dns_servers: [192.0.2.53]}]\n", encoding="utf-8"
    )
    run("ip", "netns", "add", "other")
    try:
        done = subprocess.run(
            ["ip", "netns", "exec", "other", *COMMAND, "-c", str(path)],
            cwd=CHECKOUT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        run("ip", "netns", "del", "other")
    assert done.returncode == 2, done
    assert "nameserver 192.0.2.53\n" in FILE.read_text(encoding="ascii")
    assert of_links() == {}


def test_resolved_comes_later_and_goes(tmp_path: Path) -> None:
    _install_resolved()
    FILE.unlink(missing_ok=True)
    FILE.write_text("# mine\nnameserver 10.0.0.1\n", encoding="ascii")
    before = FILE.read_bytes()
    applied(tmp_path, FIRST)
    assert "nameserver 192.0.2.53\n" in FILE.read_text(encoding="ascii")
    run("systemctl", "start", RESOLVED)
    applied(tmp_path, FIRST)
    assert FILE.read_bytes() == before
    assert of_links() == SET
    run("systemctl", "stop", RESOLVED)
    applied(tmp_path, FIRST)
    assert "nameserver 192.0.2.53\n" in FILE.read_text(encoding="ascii")
    applied(tmp_path, PLAIN)
    assert FILE.read_bytes() == before
    shutil.rmtree("/run/systemd/resolve")


# A file


@pytest.fixture
def immutable(tmp_path: Path) -> Iterator[Path]:
    """One on a file system that knows such files."""
    image, directory = tmp_path / "image", tmp_path / "mounted"
    image.write_bytes(bytes(1 << 22))
    directory.mkdir()
    run("modprobe", "loop")
    run("mkfs.ext4", "-q", str(image))
    run("mount", "-o", "loop", str(image), str(directory))
    path = directory / "resolv.conf"
    path.write_text("nameserver 10.0.0.1\n", encoding="ascii")
    run("chattr", "+i", str(path))
    yield path
    run("chattr", "-i", str(path))
    run("umount", str(directory))


def test_an_immutable_file_is_left_alone(tmp_path: Path, immutable: Path) -> None:
    FILE.unlink(missing_ok=True)
    FILE.symlink_to(immutable)
    before = run("ip", "-d", "link")
    done = apply(tmp_path, FIRST)
    assert f"cannot be written: {immutable} is immutable (chattr -i {immutable})" in done.errors
    assert (done.status, run("ip", "-d", "link")) == (1, before)
    run("chattr", "-i", str(immutable))
    applied(tmp_path, FIRST)
    run("chattr", "+i", str(immutable))
    assert apply(tmp_path, FIRST).output == NO_CHANGE
    assert apply(tmp_path, PLAIN).status == 1
    assert apply(tmp_path, FIRST).output == NO_CHANGE


# resolvconf


@contextlib.contextmanager
def debian_s() -> Iterator[None]:
    """As its package sets it up, with a record of another program."""
    with unpacked("resolvconf"):
        FILE.unlink(missing_ok=True)
        FILE.symlink_to("../run/resolvconf/resolv.conf")
        run("resolvconf", "--enable-updates")
        yield


@contextlib.contextmanager
def openresolv() -> Iterator[None]:
    with unpacked("openresolv"):
        FILE.unlink(missing_ok=True)
        run("resolvconf", "-u")
        yield


@pytest.fixture(params=[debian_s, openresolv], ids=["resolvconf", "openresolv"])
def resolvconf(request: pytest.FixtureRequest) -> Iterator[None]:
    with request.param():
        given = "nameserver 10.0.0.1\nsearch old.example\n"
        subprocess.run(["resolvconf", "-a", "eth9.dhcp"], input=given, text=True, check=True)
        yield
        run("resolvconf", "-d", "eth9.dhcp")
    shutil.rmtree("/run/resolvconf")


def lines(word: str) -> List[str]:
    """What resolv.conf says after this word."""
    text = FILE.read_text(encoding="ascii")
    return [one for line in text.splitlines() if line.split()[:1] == [word] for one in line.split()[1:]]


@pytest.mark.usefixtures("resolvconf")
def test_resolvconf_has_a_record_of_ours(tmp_path: Path) -> None:
    before = FILE.read_bytes()
    applied(tmp_path, FIRST)
    assert {"192.0.2.53", "2001:db8::53"} <= set(lines("nameserver"))
    assert set(lines("search")) == {"old.example", "example.com", "lab.example.com"}
    applied(tmp_path, SECOND)
    assert set(lines("nameserver")) == {"10.0.0.1", "192.0.2.54"}
    assert lines("search") == ["old.example"]
    applied(tmp_path, PLAIN)
    assert FILE.read_bytes() == before


@pytest.mark.usefixtures("resolvconf")
def test_a_failed_run_takes_its_record_back(tmp_path: Path) -> None:
    before = FILE.read_bytes()
    probe = ("--probe-required", "ping:203.0.113.1,deadline=1")
    assert apply(tmp_path, FIRST, *probe).status == 4
    assert FILE.read_bytes() == before
    applied(tmp_path, SECOND)
    with_ours = FILE.read_bytes()
    assert apply(tmp_path, FIRST, *probe).status == 4
    assert FILE.read_bytes() == with_ours


@pytest.mark.usefixtures("resolvconf")
def test_a_record_that_the_boot_lost_is_given_again(tmp_path: Path) -> None:
    applied(tmp_path, FIRST)
    run("resolvconf", "-d", "os-net-config")
    applied(tmp_path, FIRST)


def test_debian_s_does_not_count_where_the_file_is_not_its_own(tmp_path: Path) -> None:
    with debian_s():
        FILE.unlink()
        FILE.write_text("nameserver 10.0.0.1\n", encoding="ascii")
        applied(tmp_path, FIRST)
        assert lines("nameserver") == ["192.0.2.53", "2001:db8::53", "172.17.0.53"]
        done = apply(tmp_path, PLAIN, "--format", "json")
        (change,) = [one for one in done.json["changes"] if one["resource"] == "resolver"]
        assert (change["place"], change["action"]) == ("resolv.conf", "remove")
        assert FILE.read_text(encoding="ascii") == "nameserver 10.0.0.1\n"
    shutil.rmtree("/run/resolvconf")
