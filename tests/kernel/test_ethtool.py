"""Settings of NICs on a real kernel: a veth's features and channels, a tap's speed and coalescing."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Dict

import pytest

from os_net_config.backends.node import NodeBackend
from os_net_config.state import ethtool
from os_net_config.state.model import EthtoolKey
from os_net_config.state.values import Value

from .support import program, tracing
from .support.node import Node, ip

pytestmark = pytest.mark.rotating

NIC = "network_config:\n- {{type: interface, name: {}, ethtool_opts: '{}'}}\n"
PLAIN = "network_config: [{type: interface, name: nic1}]\n"
GRE = "tx-gre-csum-segmentation"
TAKEN_BACK = "ERROR: what was done has been taken back; the node is as it was, verified\n"


def told(*arguments: str) -> str:
    """What the command says, in which a NIC's name is of no interest."""
    done = subprocess.run(["ethtool", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.replace(arguments[-1], "")


def features(name: str = "eno1") -> Dict[str, str]:
    """``on``, ``off``, and what the command adds to that, by the kernel's names and its own."""
    return dict(re.findall(r"^\t?([a-z0-9_-]+): (.+)$", told("-k", name), re.MULTILINE))


def changed(before: Dict[str, str], now: Dict[str, str]) -> Dict[str, str]:
    return {name: state for name, state in now.items() if before[name] != state}


def read(name: str, group: str) -> Dict[str, Value]:
    key = EthtoolKey(name, group)
    with NodeBackend() as backend:
        return dict(backend.settings([key])[key].values)


def opts(said: str, name: str = "nic1") -> str:
    return NIC.format(name, said)


def test_a_feature_is_set_once_and_goes_back(node: Node) -> None:
    before = features()
    run = node.applied(opts(f"-K ${{DEVICE}} {GRE} off"))
    assert f"~ features {GRE} on → off" in run.output
    assert changed(before, features()) == {GRE: "off"}
    node.unchanged(opts(f"-K ${{DEVICE}} {GRE} off"))
    subprocess.run(["ethtool", "-K", "eno1", GRE, "on"], check=True)
    assert f"~ features {GRE} on → off" in node.applied(opts(f"-K ${{DEVICE}} {GRE} off")).output
    run = node.applied(PLAIN)
    assert f"~ features {GRE} off → on" in run.output
    assert features() == before
    node.unchanged(PLAIN)


@pytest.mark.parametrize(
    "said", ["tx off", "tso off gso off", "sg off", "rxvlan off txvlan off", "gro on", "rx off"]
)
def test_names_of_several_features_are_what_they_are_to_the_command(node: Node, said: str) -> None:
    before = features()
    node.applied(opts(f"--offload $DEVICE {said}"))
    subprocess.run(["ethtool", "--offload", "eno2", *said.split()], check=True, stdout=subprocess.DEVNULL)
    assert features() == features("eno2") != before
    node.unchanged(opts(f"--offload $DEVICE {said}"))
    node.applied(PLAIN)
    assert features() == before


def test_all_that_is_read_is_what_the_command_says(node: Node) -> None:
    """With one that is off because of another one, and one that is fixed."""
    subprocess.run(["ethtool", "-K", "eno1", "tx", "off"], check=True, stdout=subprocess.DEVNULL)
    values, table = read("eno1", ethtool.FEATURES), ethtool.TABLES[ethtool.FEATURES]
    fixed = values[ethtool.FIXED]
    assert isinstance(fixed, tuple)
    shown = {
        name: table[name].type.show(values[name]) + (" [fixed]" if name in fixed else "")
        for name in values
        if name in table and name not in ethtool.PATTERNS
    }
    said = features()
    compared = shown.keys() & said.keys()
    assert {name: shown[name] for name in compared} == {name: said[name] for name in compared}
    assert shown["tx-tcp-segmentation"] == "off [requested on]"
    assert "[fixed]" in shown["rx-fcs"] and len(compared) > 40


def test_the_second_run_only_asks(node: Node) -> None:
    config = node.file("config.yaml", opts(f"-K ${{DEVICE}} {GRE} off; -L eno1 rx 1"))
    assert node.run(config).status == 2
    run, calls = tracing.traced(node.directory, *node.arguments(config))
    assert (run.status, run.output) == (0, program.NO_CHANGE), run
    assert tracing.writes(calls) == []
    assert tracing.generic_sockets(calls), "nothing was asked"


def test_where_nothing_is_said_nothing_is_asked(node: Node) -> None:
    config = node.file("config.yaml", PLAIN)
    for status in (2, 0):
        run, calls = tracing.traced(node.directory, *node.arguments(config))
        assert run.status == status, run
        assert not tracing.generic_sockets(calls)
        assert not [one for one in calls if "backends/ethtool" in one.arguments]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("-K ${DEVICE} rx-fcs on", "rx-fcs of eno1 is off [fixed]: it cannot be changed"),
        ("-K ${DEVICE} lro on", "large-receive-offload of eno1 is off [fixed]: it cannot be changed"),
        ("-K ${DEVICE} rx-fsc on", "eno1 has nothing named rx-fsc among its features (did you mean rx-fcs?)"),
        ("-G ${DEVICE} rx 1024", "eno1 has no settings of rings: Operation not supported (take them out)"),
        ("-A ${DEVICE} rx on", "eno1 has no settings of pause: Operation not supported (take them out)"),
        ("wol g", "eno1 has no settings of wol: Operation not supported (take them out)"),
        ("--set-priv-flags eno1 x on", "eno1 has no settings of private flags: Operation not supported"),
        ("-L eno1 rx 2", "rx 2 is more than eno1 takes of its channels: at most 1"),
    ],
)  # fmt: skip
def test_what_the_nic_cannot_do_is_refused_before_anything_is_written(
    node: Node, said: str, message: str
) -> None:
    before = features()
    run = node.apply(opts(f"-K ${{DEVICE}} {GRE} off; {said}"))
    assert (run.status, run.output) == (1, "")
    assert message in run.errors and run.errors.count("\n") == 1, run
    assert features() == before


def test_what_is_refused_is_taken_back(node: Node) -> None:
    """Speed is read of a veth, and cannot be set: the kernel says so when the rest is done."""
    before = features()
    run = node.apply(opts(f"-K ${{DEVICE}} {GRE} off; speed 1000 duplex full"))
    refused = "speed 1000: Operation not supported"
    assert run.status == 4
    told = (
        f"config.yaml:2:47: network_config[0].ethtool_opts: ethtool eno1 link modes: {refused}\n{TAKEN_BACK}"
    )
    assert run.errors.endswith(told) and run.errors.count("\n") == 2, run
    assert features() == before


def test_what_another_feature_is_in_the_way_of_is_told_and_taken_back(node: Node) -> None:
    before = features()
    run = node.apply(opts("-K ${DEVICE} tx off tso on"))
    assert run.status == 4 and TAKEN_BACK in run.errors, run
    assert "tx-tcp-segmentation of ethtool eno1 features is off [requested on] instead of on" in run.errors
    assert features() == before


def test_channels(node: Node) -> None:
    ip("link add ens9 numrxqueues 4 numtxqueues 4 type veth peer name far9", "link set ens9 up")
    before = told("-l", "ens9")
    run = node.applied(opts("-L ${DEVICE} rx 2 tx 3", "ens9"))
    assert "! may lose its carrier for a moment: the driver may start the NIC anew" in run.output
    assert read("ens9", "channels") == {"rx": 2, "tx": 3, ":largest rx": 4, ":largest tx": 4}
    node.unchanged(opts("-L ${DEVICE} rx 2 tx 3", "ens9"))
    node.applied(opts("-L ${DEVICE} tx 3", "ens9"))
    assert read("ens9", "channels")["rx"] == 4
    node.applied("network_config: [{type: interface, name: ens9}]\n")
    assert told("-l", "ens9") == before


BOND = """\
network_config:
- type: linux_bond
  name: bond1
  bonding_options: mode=1
  {}
  members: [{{type: interface, name: nic1, ethtool_opts: -K eno1 tx off}}, {{type: interface, name: nic2}}]
"""


def test_a_bond_and_its_ports(node: Node) -> None:
    """The bond is made in the same run; its own device name is the one that counts."""
    before = features()
    config = BOND.format("ethtool_opts: '-K bond1 tso off; -K ${DEVICE} tx-gre-csum-segmentation off'")
    node.applied(config)
    now = features("bond1")
    assert (now["tx-tcp-segmentation"], now[GRE]) == ("off", "off")
    assert features()["tx-checksum-ip-generic"] == "off"
    node.unchanged(config)
    node.applied(BOND.format("mtu: 1500"))
    now = features("bond1")
    assert (now["tx-tcp-segmentation"], now[GRE]) == ("on", "on")
    node.applied(PLAIN)
    assert features() == before


def test_the_example(node: Node) -> None:
    config = (program.CHECKOUT / "examples" / "nic-settings.yaml").read_text(encoding="utf-8")
    before = {name: features(name) for name in ("eno1", "eno2", "eno3")}
    node.applied(config)
    checksums = dict.fromkeys(("tx-checksum-ip-generic", "tx-checksum-sctp"), "off")
    now = features()
    assert {name: now[name] for name in checksums} == checksums
    for port in ("eno2", "eno3"):
        assert changed(before[port], features(port)) == {GRE: "off"}
    assert features("bond1")[GRE] == "off"


def test_another_device(node: Node) -> None:
    run = node.apply(BOND.format("ethtool_opts: -K eno1 tso off"))
    assert "5:20: network_config[0].ethtool_opts: eno1 is not bond1, whose options these are" in run.errors


@pytest.fixture
def tap() -> str:
    """A link whose driver takes a speed."""
    subprocess.run(["modprobe", "--quiet", "tun"], check=False)
    ip("tuntap add tap9 mode tap")
    return "tap9"


def test_a_speed_that_is_forced(node: Node, tap: str) -> None:
    before = read(tap, ethtool.MODES)
    assert (before["autoneg"], before["speed"], before["duplex"]) == (0, 10, 1)
    config = opts("speed 1000 duplex half", tap)
    run = node.applied(config)
    assert "~ link modes speed    10 → 1000" in run.output
    assert "Speed: 1000Mb/s\n\tDuplex: Half" in told(tap)
    node.unchanged(config)
    node.applied(opts("speed 1000", tap))
    assert "Speed: 1000Mb/s\n\tDuplex: Full" in told(tap)
    node.applied(f"network_config: [{{type: interface, name: {tap}}}]\n")
    assert read(tap, ethtool.MODES) == before


def frames(name: str) -> str:
    (number,) = re.findall(r"^rx-frames:\s+(\S+)$", told("-c", name), re.MULTILINE)
    return str(number)


def test_coalescing(node: Node, tap: str) -> None:
    """The driver knows one of the numbers, and makes 64 of a larger one."""
    config = opts("-C ${DEVICE} rx-frames 16", tap)
    node.applied(config)
    assert frames(tap) == "16"
    node.unchanged(config)
    run = node.apply(opts("-C ${DEVICE} rx-frames 100", tap))
    assert run.errors.endswith(f": rx-frames of ethtool {tap} coalesce is 64 instead of 100\n{TAKEN_BACK}")
    assert frames(tap) == "16"
    run = node.apply(opts("-C ${DEVICE} rx-usecs 5", tap))
    assert "rx-usecs 5: Invalid argument: cannot modify an unsupported parameter" in run.errors, run
    node.applied(f"network_config: [{{type: interface, name: {tap}}}]\n")
    assert frames(tap) == "0"


#: The program, which dies before the second of ethtool's steps.
_DYING = """\
import os, signal, sys
from os_net_config.backends.ethtool.backend import EthtoolBackend
from os_net_config.cli.main import main
real, made = EthtoolBackend._set, []
def dying(self, step):
    if made:
        os.kill(os.getpid(), signal.SIGKILL)
    made.append(step)
    return real(self, step)
EthtoolBackend._set = dying
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("forward", [False, True])
def test_a_run_that_is_killed_in_between(node: Node, forward: bool) -> None:
    ip("link add ens9 numrxqueues 4 numtxqueues 4 type veth peer name far9", "link set ens9 up")
    before, channels = features("ens9"), told("-l", "ens9")
    said = opts(f"-K ${{DEVICE}} {GRE} off; -L ${{DEVICE}} rx 2", "ens9")
    arguments = node.arguments(node.file("config.yaml", said))
    dead = subprocess.run(
        [sys.executable, "-c", _DYING, *arguments],
        cwd=program.CHECKOUT,
        env=program.environment(),
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert dead.returncode == -9
    assert changed(before, features("ens9")) == {GRE: "off"} and told("-l", "ens9") == channels
    places = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    assert program.run("recover", *(["--forward"] if forward else []), *places).status == 0
    if forward:
        node.unchanged(said)
        node.applied("network_config: [{type: interface, name: ens9}]\n")
    assert (features("ens9"), told("-l", "ens9")) == (before, channels)
