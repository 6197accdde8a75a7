"""Settings of NICs from the config to the node in miniature, back, and on to something else."""

from __future__ import annotations

from typing import Collection, Dict, List

import pytest

from os_net_config.state import ethtool
from os_net_config.state.diff import Change
from os_net_config.state.model import Asked, EthtoolKey, Key, LinkKey, Resource, State
from os_net_config.state.values import Value

from .cli.test_plan_output import as_json
from .node import Node, link, nics, node_with
from .runs import NODE, Runs
from .state.model_kernel import ModelKernel

PLACE = "ERROR: config.yaml:2:47: network_config[0].ethtool_opts: "
NIC = "network_config:\n- {{type: interface, name: eth0, ethtool_opts: '{}'}}\n"
PLAIN = "network_config: [{type: interface, name: eth0}]\n"
BOND = """\
network_config:
- type: linux_bond
  name: bond0
  ethtool_opts: -K ${{DEVICE}} {}
  members: [{{type: interface, name: eth0}}]
"""


class Watched(Node):
    """Notes what settings are read. ``deaf``: no NIC tells of any."""

    def __init__(self, state: State, deaf: bool = False) -> None:
        super().__init__(state)
        self.asked: List[EthtoolKey] = []
        self._deaf = deaf

    def settings(self, keys: Collection[Asked]) -> Dict[Key, Resource]:
        self.asked.extend(key for key in keys if isinstance(key, EthtoolKey))
        return {} if self._deaf else super().settings(keys)


@pytest.fixture
def node(run: Runs) -> Watched:
    found = nics("eth0", "eth1")
    run.node = node = Watched(node_with(found, link(found[0], up=0)))
    return node


def values(node: Node, group: str, on: str = "eth0") -> Dict[str, Value]:
    key = EthtoolKey(on, group)
    return dict(ModelKernel.settings(node, [key])[key].values)


SETTINGS = "-K ${DEVICE} tx off; -G ${DEVICE} rx 512; speed 1000 duplex full"


def test_nothing_is_asked_where_nothing_is_said(run: Runs, node: Watched) -> None:
    assert run.apply(PLAIN).status == 0
    assert run.apply(PLAIN).out == "No change: the node is as the config says.\n"
    assert node.asked == []


def test_it_is_set_once_and_goes_back(run: Runs, node: Watched) -> None:
    groups = ("features", "link modes", "rings")
    before = [values(node, group) for group in groups]
    assert run.apply(NIC.format(SETTINGS)).errors == []
    assert values(node, "features")["tx-checksum-ipv4"] == values(node, "features")["tx-checksum-ipv6"] == 0
    assert values(node, "rings")["rx"] == 512
    assert values(node, "link modes")["advertise"] == ("1000baseT/Full",)
    steps = len(node.steps)
    assert run.apply(NIC.format(SETTINGS)).out == "No change: the node is as the config says.\n"
    assert len(node.steps) == steps
    assert set(node.asked) == {EthtoolKey("eth0", group) for group in groups}
    assert run.apply(PLAIN).status == 0
    assert [values(node, group) for group in groups] == before
    node.asked.clear()
    assert run.apply(PLAIN).out == "No change: the node is as the config says.\n"
    assert node.asked == []


def test_what_is_no_longer_said_goes_back_alone(run: Runs, node: Watched) -> None:
    run.apply(NIC.format("-G ${DEVICE} rx 512 tx 64; -K ${DEVICE} tx off"))
    run.apply(NIC.format("-G ${DEVICE} rx 512; -K ${DEVICE} tx-checksum-ipv4 off"))
    assert (values(node, "rings")["rx"], values(node, "rings")["tx"]) == (512, 256)
    features = values(node, "features")
    assert (features["tx-checksum-ipv4"], features["tx-checksum-ipv6"]) == (0, 1)


def test_the_settings_of_another_config_stay_known(run: Runs, node: Watched) -> None:
    """A run of one that says nothing of them keeps what the record has of what they were before."""
    run.apply(NIC.format("-G ${DEVICE} rx 512"))
    run.write("other.yaml", "network_config: [{type: interface, name: eth1}]\n")
    assert run("-c", "other.yaml", *NODE).status == 0
    assert values(node, "rings")["rx"] == 512
    run.apply(PLAIN)
    assert values(node, "rings")["rx"] == 256


def test_the_order(run: Runs, node: Watched) -> None:
    """What could interrupt is set before the link goes up; what needs its PHY after it."""
    run.apply(NIC.format(SETTINGS))
    keys = [step.key for step in node.steps if isinstance(step.key, (EthtoolKey, LinkKey))]
    assert [str(key) for key in keys] == ["eth0 features", "eth0 rings", "eth0", "eth0 link modes"]


def test_a_link_that_goes_down_is_told_before(run: Runs, node: Watched) -> None:
    run.apply(NIC.format("speed 1000 duplex full"))
    assert run.apply("network_config: [{type: interface, name: eth1}]\n").errors == []
    assert values(node, "link modes")["advertise"] == ("100baseT/Full", "1000baseT/Full")
    assert node.links["eth0"]["up"] == 0


def test_a_bond_that_is_made_has_its_features_at_once(run: Runs, node: Watched) -> None:
    for _ in range(2):
        assert run.apply(BOND.format("tx off")).errors == []
        features = values(node, "features", "bond0")
        assert features["tx-checksum-ipv4"] == features["tx-checksum-ipv6"] == 0
    assert run.apply(BOND.format("rx-gro off")).errors == []
    features = values(node, "features", "bond0")
    assert (features["tx-checksum-ipv4"], features["rx-gro"]) == (1, 0)


@pytest.mark.parametrize(
    "said, message",
    [
        ("-K eth0 lro on", "large-receive-offload of eth0 is off [fixed]: it cannot be changed"),
        ("-K eth0 rx-gor on", "eth0 has nothing named rx-gor among its features (did you mean rx-gro?)"),
        ("-G eth0 rx 5000", "rx 5000 is more than eth0 takes of its rings: at most 4096"),
        ("-L eth0 rx 1", "eth0 has no settings of channels: Operation not supported (take them out)"),
        ("speed 2500", "eth0 cannot negotiate what is asked for"
                       " (it can do 10baseT/Half, 100baseT/Full, 1000baseT/Full)"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_written(
    run: Runs, node: Watched, said: str, message: str
) -> None:
    refused = run.apply(NIC.format(f"{said}; -K $DEVICE tx off"))
    assert refused.status == 1
    assert refused.errors == [f"config.yaml:2:47: network_config[0].ethtool_opts: {message}"]
    assert node.steps == []


class Clamping(Node):
    """Its driver takes rings in steps of 64."""

    def carry_out(self, step: Change) -> None:
        if isinstance(step.key, EthtoolKey) and step.key.group == ethtool.RINGS:
            numbers = {name: int(str(value)) // 64 * 64 for name, value in (step.after or {}).items()}
            step = step._replace(after=numbers)
        super().carry_out(step)


def test_another_value_than_the_one_that_was_asked_for_is_told(run: Runs) -> None:
    run.node = Clamping(node_with(nics("eth0")))
    refused = run.apply(NIC.format("-G ${DEVICE} rx 1000"))
    assert refused.status == 1
    assert f"{PLACE}rx of ethtool eth0 rings is 960 instead of 1000" in refused.errors
    assert values(run.node, "rings")["rx"] == 256


def test_what_is_done_is_taken_back(run: Runs, node: Watched) -> None:
    node.fails_at = 3
    assert run.apply(NIC.format(SETTINGS)).status == 1
    assert (values(node, "features")["tx-checksum-ipv4"], values(node, "rings")["rx"]) == (1, 256)
    assert node.links["eth0"]["up"] == 0


def test_what_a_nic_does_not_tell_is_set_all_the_same(run: Runs) -> None:
    """A driver that has no PHY while the link is down: then nobody knows what was there before."""
    run.node = Watched(node_with(nics("eth0")), deaf=True)
    missing = run.apply(NIC.format("speed 1000"))
    assert f"{PLACE}ethtool eth0 link modes is not there" in missing.errors
    assert "ERROR: what was done has been taken back; the node is as it was, verified" in missing.errors
    assert values(run.node, "link modes")["speed"] == 1000


def test_a_plan(run: Runs, node: Watched) -> None:
    node.links["eth0"]["up"] = 1
    text = "-K ${DEVICE} tx-checksum-ipv4 off; -G ${DEVICE} rx 512; autoneg off speed 100 duplex full"
    assert run.apply(NIC.format(f"{text}; -A eth0 tx on"), "--noop").out == PLAN_OF_IT


PLAN_OF_IT = """\
eth0  network_config[0]
  ! may lose its carrier for a moment: the driver may start the NIC anew
  ~ features tx-checksum-ipv4 on → off
  ~ rings    rx       256 → 512
  ~ link modes autoneg  on → off
  ~ link modes speed    negotiated → 100
  ~ link modes duplex   negotiated → full
  ~ pause    tx       off → on
0 to add, 4 to change, 0 to remove.
"""


def test_a_plan_as_json(run: Runs, node: Watched) -> None:
    node.links["eth0"]["up"] = 1
    text = NIC.format("-K ${DEVICE} rx-gro off; speed 1000")
    told = as_json(run.apply(text, "--noop", "--format", "json").out)
    whole = {"resource": "ethtool", "link": "eth0", "action": "change"}
    origin = {"origin": "network_config[0].ethtool_opts"}
    modes = ["100baseT/Full", "1000baseT/Full"]
    assert told["changes"] == [
        {**whole, **origin, "group": "features", "before": {"rx-gro": True}, "after": {"rx-gro": False}},
        {
            **whole,
            **origin,
            "group": "link modes",
            "before": {"advertise": modes},
            "after": {"advertise": modes[1:]},
        },
    ]
    assert told["interruptions"] == [{"link": "eth0", "what": "may lose carrier", "vlans": 0, "returned": 0}]
