"""ethtool_opts in the words of ethtool(8): what each means, and which word is wrong."""

from __future__ import annotations

from typing import Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.config.ethtool_options import parse
from os_net_config.config.nics import name_nics
from os_net_config.config.words import WordError
from os_net_config.state import ethtool
from os_net_config.state.attributes import Attribute
from os_net_config.state.values import Choice, Flag, Value

from ..node import nics
from ..properties import quick
from ..texts import said

ALL_MESSAGES = dict.fromkeys(ethtool.MESSAGE_TYPES, 0)


@pytest.mark.parametrize(
    "text, groups",
    [
        ("", {}),
        (" ; ;", {}),
        ("speed 1000 duplex full", {"link modes": {"speed": 1000, "duplex": 1}}),
        ("-s ${DEVICE} speed 1000 duplex half", {"link modes": {"speed": 1000, "duplex": 0}}),
        ("--change $DEVICE autoneg off", {"link modes": {"autoneg": 0}}),
        ("speed 0x64", {"link modes": {"speed": 100}}),
        ("master-slave forced-slave", {"link modes": {"master-slave": 5}}),
        ("-K ${DEVICE} tx-gre-csum-segmentation off", {"features": {"tx-gre-csum-segmentation": 0}}),
        ("--features eth0 tso on gro off", {"features": {
            "tcp-segmentation-offload": 1, "generic-receive-offload": 0}}),
        ("--offload eth0 tcp-segmentation-offload on", {"features": {"tcp-segmentation-offload": 1}}),
        ("-G ${DEVICE} rx 1024 tx 512", {"rings": {"rx": 1024, "tx": 512}}),
        ("--set-ring eth0 rx-mini 1 rx-jumbo 2 rx-buf-len 2048 cqe-size 64 tx-push on", {"rings": {
            "rx-mini": 1, "rx-jumbo": 2, "rx-buf-len": 2048, "cqe-size": 64, "tx-push": 1}}),
        ("-L eth0 combined 4", {"channels": {"combined": 4}}),
        ("--set-channels eth0 rx 1 tx 2 other 3", {"channels": {"rx": 1, "tx": 2, "other": 3}}),
        ("-C eth0 adaptive-rx on rx-usecs 8", {"coalesce": {"adaptive-rx": 1, "rx-usecs": 8}}),
        ("--coalesce eth0 sample-interval 0 cqe-mode-rx off", {"coalesce": {
            "sample-interval": 0, "cqe-mode-rx": 0}}),
        ("-A eth0 autoneg off rx on tx off", {"pause": {"autoneg": 0, "rx": 1, "tx": 0}}),
        ("--set-priv-flags eth0 legacy-rx on link-down-on-close off", {"private flags": {
            "legacy-rx": 1, "link-down-on-close": 0}}),
        ("port fibre phyad 3 mdix auto", {"port": {"port": 3, "phyad": 3, "mdix": 3}}),
        ("port tp mdix on", {"port": {"port": 0, "mdix": 2}}),
        ("wol pg", {"wol": {"wol": ("phy", "magic")}}),
        ("wol gp", {"wol": {"wol": ("phy", "magic")}}),
        ("wol d", {"wol": {"wol": ()}}),
        ("wol 0x21", {"wol": {"wol": ("phy", "magic")}}),
        ("wol s sopass 00:11:22:33:44:55", {"wol": {
            "wol": ("magicsecure",), "sopass": bytes.fromhex("001122334455")}}),
        ("msglvl drv on hw off", {"msglvl": {"drv": 1, "hw": 0}}),
        ("msglvl drv on -- speed 10", {"msglvl": {"drv": 1}, "link modes": {"speed": 10}}),
        ("msglvl 0x5", {"msglvl": {**ALL_MESSAGES, "drv": 1, "link": 1}}),
        ("msglvl 1/3", {"msglvl": {"drv": 1, "probe": 0}}),
        ("-K ${DEVICE} tso off;-G ${DEVICE} rx 64 ; speed 10", {
            "features": {"tcp-segmentation-offload": 0}, "rings": {"rx": 64}, "link modes": {"speed": 10}}),
    ],
)  # fmt: skip
def test_each_form(text: str, groups: Dict[str, Dict[str, Value]]) -> None:
    assert parse(text).groups() == groups


@pytest.mark.parametrize(
    "text, word, message",
    [
        ("speeed 10", (1, 0), "'speeed' is no word of ethtool -s; did you mean speed?"),
        ("speed", (1, 0), "speed needs a value"),
        ("speed fast", (2, 6), "speed: 'fast' is not a whole number"),
        ("speed 010", (2, 6), "speed: 010 would be octal: write it without the zero before it"),
        ("speed 0", (2, 6), "speed: 0 is not in 1..2147483647"),
        ("duplex both", (2, 7), "duplex: 'both' is not one of half (0), full (1)"),
        ("speed 10 speed 100", (3, 9), "speed stands twice"),
        ("-G", (1, 0), "-G needs the NIC: write -G ${DEVICE}"),
        ("-G ${DEVICE}", (1, 0), "-G sets nothing"),
        ("-G ${DEVICE} rxx 5", (3, 13), "'rxx' is no word of ethtool's rings; did you mean rx?"),
        ("-G ${DEVICE} rx", (3, 13), "rx needs a value"),
        ("-G ${DEVICE} rx -1", (4, 16), "rx: -1 is not in 0..4294967295"),
        ("speed 10; -G ${DEVICE} rx 1 rxx 2", (7, 28), "'rxx' is no word of ethtool's rings; did"),
        ("-K ${DEVICE} tso onn", (4, 17), "tso: 'onn' is not one of on, off"),
        ("-K ${DEVICE} tso", (3, 13), "tso needs a value"),
        ("-K ${DEVICE} on off", (3, 13), "'on' stands where the name of one of the features is expected"),
        ("-K ${DEVICE} tso on; -K ${DEVICE} tso off", (7, 34), "tso stands twice"),
        ("-A ${DEVICE} rx 1", (4, 16), "rx: '1' is not one of on, off"),
        ("-k ${DEVICE}", (1, 0), "'-k' is no command of ethtool that sets something"),
        ("--set-rings eth0 rx 5", (1, 0), "command of ethtool that sets something; did you mean --set-ring?"),
        ("-X eth0 equal 4", (1, 0), "-X is not supported by this version"),
        ("--set-eee eth0 eee on", (1, 0), "--set-eee is not supported by this version"),
        ("autoneg on advertise 0x20", (3, 11), "advertise is not possible here: say speed and duplex"),
        ("lanes 4", (1, 0), "lanes is not possible here: "),
        ("xcvr internal", (1, 0), "xcvr is not possible here: the kernel sets it no more"),
        ("wol x", (2, 4), "wol: 'x' is not some of the letters pumbagsf, and not d"),
        ("wol dg", (2, 4), "wol: 'dg' is not some of the letters"),
        ("wol 0x100", (2, 4), "wol: 256 is not in 0..255"),
        ("sopass 00:11:22", (2, 7), "sopass: '00:11:22' is not a MAC address"),
        ("msglvl", (1, 0), "msglvl needs a value"),
        ("msglvl drv", (2, 7), "drv needs a value"),
        ("msglvl drv on drvv off", (4, 14), "'drvv' is no word of ethtool -s"),
        ("msglvl 0x10000", (2, 7), "msglvl: 0x10000 is not in 0..32767"),
        ("-K ${DEVICE} :fixed on", (3, 13), "':fixed' stands where the name of one of the features"),
    ],
)  # fmt: skip
def test_the_word_that_is_wrong(text: str, word: Tuple[int, int], message: str) -> None:
    with pytest.raises(WordError) as caught:
        parse(text)
    assert message in str(caught.value)
    found = caught.value.word
    assert found is not None
    assert (found.number, found.offset) == word
    assert text[found.offset :].startswith(found.text)


COMMANDS = {
    ethtool.RINGS: "-G",
    ethtool.CHANNELS: "-L",
    ethtool.COALESCE: "-C",
    ethtool.PAUSE: "-A",
    ethtool.MODES: "-s",
    ethtool.PORT: "-s",
}
SAID = st.sampled_from(
    [(group, one) for group in COMMANDS for one in ethtool.TABLES[group].values() if one.name != "advertise"]
)


@quick(60)
@given(st.lists(st.tuples(SAID, st.integers(1, 4)), unique_by=lambda one: (one[0][0], one[0][1].name)))
def test_what_is_shown_is_read_again(settings: List[Tuple[Tuple[str, Attribute], int]]) -> None:
    commands, expected = [], {}
    for (group, one), drawn in settings:
        value = drawn % 2 if isinstance(one.type, Flag) or one.name == "duplex" else drawn
        value = min(value, 3) if isinstance(one.type, Choice) and one.type.first == 1 else value
        value = value + 1 if isinstance(one.type, Choice) and one.type.first == 2 else value
        commands.append(f"{COMMANDS[group]} ${{DEVICE}} {one.name} {one.type.show(value)}")
        expected[group, one.name] = value
    found = parse("; ".join(commands)).said
    assert {name: one.value for name, one in found.items()} == expected


NIC = "network_config:\n- {{type: interface, name: nic1, ethtool_opts: '{}'}}\n"
EM = name_nics(nics("em1", "em2"), {})


@pytest.mark.parametrize("device", ["${DEVICE}", "$DEVICE", "nic1", "em1"])
def test_the_nic_itself(device: str) -> None:
    assert said(NIC.format(f"-G {device} rx 5"), EM) == []


def test_another_nic() -> None:
    assert said(NIC.format("speed 10; -G em2 rx 5"), EM) == [
        "2:61: network_config[0].ethtool_opts: em2 is not em1, whose options these are (write ${DEVICE})"
    ]


def test_a_mistake_stands_where_it_is() -> None:
    assert said(NIC.format("-G ${DEVICE} rx 5; -K ${DEVICE} tso ofF"), EM) == [
        "2:84: network_config[0].ethtool_opts: tso: 'ofF' is not one of on, off"
    ]


def test_a_nic_of_dpdk() -> None:
    port = "{type: ovs_dpdk_port, name: d0, members: [{type: interface, name: nic1, ethtool_opts: speed 10}]}"
    bridge = f"network_config: [{{type: ovs_user_bridge, name: b0, members: [{port}]}}]"
    (one,) = said(bridge, EM)
    assert one.endswith("em1 is driven by DPDK: what ethtool sets is not applied by this version")
