"""Settings of NICs as messages: numbers, what is read, what is asked for, and what goes wrong."""

from __future__ import annotations

import errno
import struct
from typing import Any, Dict, List, Mapping, Optional, Sequence

import pytest
from pyroute2.netlink.generic.ethtool import ethtool_linkmode_msg, ethtool_rings_msg, ethtool_wol_msg

from os_net_config.backends.ethtool import decode, encode, wire
from os_net_config.backends.ethtool.backend import EthtoolBackend
from os_net_config.backends.protocol import ExecuteError, ObserveError
from os_net_config.backends.rtnetlink.socket import NetlinkSocket
from os_net_config.backends.rtnetlink.wire import NLMSGHDR, U32, attribute
from os_net_config.state import ethtool
from os_net_config.state.diff import Change
from os_net_config.state.model import EthtoolKey
from os_net_config.state.values import Values

from .fake_kernel import Answer, FakeKernel, Request, ack, message
from .kernel_headers import HEADERS, headers

FAMILY = 21
GROUPS = {
    ethtool.FEATURES: "FEATURES",
    ethtool.RINGS: "RINGS",
    ethtool.CHANNELS: "CHANNELS",
    ethtool.COALESCE: "COALESCE",
    ethtool.PAUSE: "PAUSE",
    ethtool.MODES: "LINKMODES",
    ethtool.PORT: "LINKINFO",
    ethtool.WOL: "WOL",
    ethtool.PRIVATE_FLAGS: "PRIVFLAGS",
    ethtool.MESSAGES: "DEBUG",
}


@pytest.mark.skipif(not HEADERS.is_dir(), reason="the kernel's headers are not here (linux-libc-dev)")
def test_numbers_are_the_kernels() -> None:
    known = headers("ethtool_netlink.h", "genetlink.h")
    for name in ("HEADER_DEV_NAME", "HEADER_FLAGS", "BITSET_NOMASK", "BITSET_BITS", "FEATURES_NOCHANGE"):
        assert getattr(wire, name) == known[f"ETHTOOL_A_{name}"]
    for name in ("BITS_BIT", "BIT_NAME", "BIT_VALUE"):
        assert getattr(wire, name) == known[f"ETHTOOL_A_BITSET_{name}"]
    assert known["CTRL_CMD_GETFAMILY"] == wire.CTRL_CMD_GETFAMILY
    assert wire.MESSAGES.keys() == ethtool.TABLES.keys() == GROUPS.keys()
    for group, kernel in GROUPS.items():
        assert wire.MESSAGES[group].get == known[f"ETHTOOL_MSG_{kernel}_GET"]
        assert wire.MESSAGES[group].set == known[f"ETHTOOL_MSG_{kernel}_SET"]
        assert known[f"ETHTOOL_A_{kernel}_HEADER"] == wire.HEADER
        for one in ethtool.TABLES[group].values():
            assert one.number == known[one.kernel]
        for name, number in wire.MAXIMA.get(group, {}).items():
            assert number == known[f"ETHTOOL_A_{kernel}_{name.replace('-', '_').upper()}_MAX"]
    flags = {ethtool.FEATURES: "WANTED", ethtool.PRIVATE_FLAGS: "FLAGS", ethtool.MESSAGES: "MSGMASK"}
    numbers = {group: known[f"ETHTOOL_A_{GROUPS[group]}_{name}"] for group, name in flags.items()}
    assert numbers == wire.FLAGS


# What is read


def u32(number: int, value: int) -> bytes:
    return attribute(number, U32.pack(value))


def u8(number: int, value: int) -> bytes:
    return attribute(number, bytes([value]))


def listed(number: int, names: Sequence[str]) -> bytes:
    """A bit set of those that are set, without a mask."""
    bits = b"".join(attribute(1, encode.text(wire.BIT_NAME, name), nested=True) for name in names)
    return attribute(number, attribute(1, b"") + attribute(3, bits, nested=True))


def test_features_are_read() -> None:
    """Of one that can be changed also whether it is requested; of what is fixed only whether it is active."""
    hardware = {"rx-gro": True, "tx-lro": True, "tx-b": True, "tx-c": True, "highdma": False, "never": True}
    told = encode.bitset(wire.FEATURES_HW, hardware.items())
    told += listed(wire.FEATURES_WANTED, ["rx-gro", "tx-lro", "never"])
    told += listed(wire.FEATURES_ACTIVE, ["rx-gro", "tx-b", "highdma"])
    told += listed(wire.FEATURES_NOCHANGE, ["never"])
    values = decode.values(ethtool.FEATURES, told)
    found = {name: value for name, value in values.items() if name in hardware}
    assert found == {"rx-gro": 1, "tx-lro": 2, "tx-b": 3, "tx-c": 0, "highdma": 1, "never": 0}
    assert values[ethtool.FIXED] == ("highdma", "never")
    assert values["generic-receive-offload"] == 1
    assert values["tcp-segmentation-offload"] == 0


def test_names_of_several_features_tell_what_these_have_in_common() -> None:
    features = {"tx-checksum-ipv4": 1, "tx-checksum-ipv6": 0, "tx-checksum-sctp": 0, "rx-gro": 2}
    several = ethtool.with_patterns(features, ())
    assert (several["tx-checksumming"], several["generic-receive-offload"]) == (None, 2)
    several = ethtool.with_patterns(features, ("tx-checksum-ipv4",))
    assert several["tx-checksumming"] == 0
    several = ethtool.with_patterns(features, features)
    assert several["tx-checksumming"] is None


@pytest.mark.parametrize(
    "group, told, values",
    [
        ("rings", u32(2, 4096) + u32(5, 512) + u32(6, 256) + u32(9, 128) + u8(13, 1) + u32(99, 1), {
            "rx": 256, "tx": 128, "tx-push": 1, ":largest rx": 4096, ":largest tx": 512}),
        ("channels", u32(5, 8) + u32(9, 4), {"combined": 4, ":largest combined": 8}),
        ("coalesce", u32(2, 3) + u8(11, 1), {"rx-usecs": 3, "adaptive-rx": 1}),
        ("pause", u8(2, 1) + u8(3, 0) + u8(4, 1), {"autoneg": 1, "rx": 0, "tx": 1}),
        ("port", u8(2, 3) + u8(3, 1) + u8(4, 1) + u8(5, 3), {"port": 3, "phyad": 1, "mdix": 3}),
        ("msglvl", listed(2, ["drv", "wol"]), {
            **dict.fromkeys(ethtool.MESSAGE_TYPES, 0), "drv": 1, "wol": 1}),
        ("private flags", encode.bitset(2, [("legacy-rx", False), ("x", True)]), {"legacy-rx": 0, "x": 1}),
        ("wol", encode.bitset(2, [("phy", False), ("magic", True)]) + attribute(3, bytes(6)), {
            "wol": ("magic",), "sopass": bytes(6), ":supported": ("phy", "magic")}),
    ],
)  # fmt: skip
def test_each_group_is_read(group: str, told: bytes, values: Values) -> None:
    assert decode.values(group, told) == values


OURS = [("10baseT/Half", False), ("Autoneg", True), ("1000baseT/Full", True), ("Pause", False)]


@pytest.mark.parametrize(
    "autoneg, speed, values",
    [
        (1, 1000, {"autoneg": 1, "speed": None, "duplex": None}),
        (0, 1000, {"autoneg": 0, "speed": 1000, "duplex": 1}),
        (0, 2**32 - 1, {"autoneg": 0, "speed": 2**32 - 1, "duplex": 1}),
    ],
)
def test_a_speed_is_a_setting_without_autoneg_only(autoneg: int, speed: int, values: Values) -> None:
    told = u8(2, autoneg) + encode.bitset(3, OURS) + u32(5, speed) + u8(6, 1)
    modes = {"advertise": ("1000baseT/Full",), ":supported": ("10baseT/Half", "1000baseT/Full")}
    assert decode.values(ethtool.MODES, told) == {**values, **modes}


@pytest.mark.parametrize("group", GROUPS)
def test_garbage_does_no_harm(group: str) -> None:
    whole = decode.values(group, b"")
    assert all(not value for value in whole.values())
    decode.values(group, bytes(range(1, 200)))


# What is asked for


def step(group: str, before: Optional[Values], after: Values) -> Change:
    return Change(EthtoolKey("em1", group), before, after)


def sent(made: Change, free: Sequence[str] = ()) -> bytes:
    assert isinstance(made.key, EthtoolKey)
    return encode.order(made.key, made, lambda name: ethtool.matching(name, free))


def read_by_pyroute2(kind: Any, body: bytes) -> Dict[str, Any]:
    found = kind(NLMSGHDR.pack(NLMSGHDR.size + len(body), FAMILY, 0, 1, 0) + body)
    found.decode()
    assert found.get_nested(f"{_prefix(kind)}_HEADER", "ETHTOOL_A_HEADER_DEV_NAME") == "em1"
    return {name: value for name, value in found["attrs"] if not name.endswith("_HEADER")}


def _prefix(kind: Any) -> str:
    return str(kind.nla_map[1][0]).rpartition("_")[0]


def test_numbers_are_sent() -> None:
    body = sent(step(ethtool.RINGS, {"rx": 1, "tx": 2, "tx-push": 0}, {"rx": 512, "tx": 64, "tx-push": 1}))
    assert body[0] == wire.MESSAGES[ethtool.RINGS].set
    assert read_by_pyroute2(ethtool_rings_msg, body) == {
        "ETHTOOL_A_RINGS_RX": 512,
        "ETHTOOL_A_RINGS_TX": 64,
        "ETHTOOL_A_RINGS_TX_PUSH": 1,
    }


def bits(value: Any) -> Dict[str, bool]:
    """Of a bit set as pyroute2 reads it, the bits and whether they are set."""
    found = {}
    for _, bit in value.get_attr("ETHTOOL_A_BITSET_BITS")["attrs"]:
        found[bit.get_attr("ETHTOOL_A_BITSET_BIT_NAME")] = bool(bit.get_attr("ETHTOOL_A_BITSET_BIT_VALUE"))
    return found


def test_only_what_changes_of_the_modes_is_sent() -> None:
    before: Values = {"autoneg": 0, "speed": 100, "duplex": 1, "advertise": ("10baseT/Half", "100baseT/Full")}
    after: Values = {
        "autoneg": 1,
        "speed": None,
        "duplex": None,
        "advertise": ("100baseT/Full", "1000baseT/Full"),
    }
    found = read_by_pyroute2(ethtool_linkmode_msg, sent(step(ethtool.MODES, before, after)))
    assert found.pop("ETHTOOL_A_LINKMODES_AUTONEG") == 1
    (ours,) = found.values()
    assert bits(ours) == {"10baseT/Half": False, "100baseT/Full": True, "1000baseT/Full": True}


def test_what_wakes_it_is_sent() -> None:
    found = read_by_pyroute2(ethtool_wol_msg, sent(step(ethtool.WOL, {"wol": ("arp",)}, {"wol": ("magic",)})))
    assert bits(found["ETHTOOL_A_WOL_MODES"]) == {"arp": False, "magic": True}


def told_again(group: str, body: bytes) -> Mapping[str, bool]:
    found = decode.raw(body[wire.GENLMSGHDR.size :])
    told = decode.bits(found[wire.FLAGS[group]])
    return {name: name in told.on for name in told.known}


def test_flags_are_sent_by_their_names() -> None:
    body = sent(step(ethtool.PRIVATE_FLAGS, None, {"legacy-rx": 0, "x": 1}))
    assert told_again(ethtool.PRIVATE_FLAGS, body) == {"legacy-rx": False, "x": True}
    values = {"a": 0, "b": 1, "c": 2, "d": 3, "e": ethtool.REQUESTED, "f": ethtool.RELEASED, "g": None}
    body = sent(step(ethtool.FEATURES, None, values))
    on = {name: name in {"b", "c", "e"} for name in "abcdef"}
    assert told_again(ethtool.FEATURES, body) == on


def test_a_name_of_several_features_is_sent_as_these() -> None:
    free = ["tx-checksum-ipv4", "rx-gro", "tx-checksum-ipv6"]
    body = sent(step(ethtool.FEATURES, None, {"tx-checksumming": 1, "rx-gro": 0}), free)
    assert told_again(ethtool.FEATURES, body) == {
        "tx-checksum-ipv4": True,
        "tx-checksum-ipv6": True,
        "rx-gro": False,
    }


# With a kernel


class Kernel:
    """Answers for em1, which has rings; ``refused`` is what it says to what is set."""

    def __init__(self, refused: int = 0, text: str = "", offset: Optional[int] = None) -> None:
        self.refused, self.text, self.offset = refused, text, offset
        self.has_family = True

    def __call__(self, requests: Sequence[Request]) -> List[Answer]:
        return [self.answer(one) for one in requests]

    def answer(self, one: Request) -> bytes:
        if one.type == wire.GENL_ID_CTRL and not self.has_family:
            return ack(one, errno.ENOENT)
        head = wire.GENLMSGHDR.pack(1, 1)
        if one.type == wire.GENL_ID_CTRL:
            assert b"ethtool\0" in one.body
            return message(one.type, one.sequence, head + attribute(1, struct.pack("=H", FAMILY)))
        assert one.type == FAMILY
        if one.body[0] == wire.MESSAGES[ethtool.RINGS].set:
            return ack(one, self.refused, self.text, self.offset)
        if b"em1\0" not in one.body:
            return ack(one, errno.ENODEV, "no device matches name")
        if one.body[0] == wire.MESSAGES[ethtool.RINGS].get:
            return message(FAMILY, one.sequence, head + u32(6, 256))
        return ack(one, errno.EOPNOTSUPP)


def backend(kernel: Kernel) -> EthtoolBackend:
    return EthtoolBackend(NetlinkSocket(FakeKernel(kernel)))


def test_what_is_asked_for_is_read() -> None:
    keys = [EthtoolKey("em1", "rings"), EthtoolKey("em1", "pause"), EthtoolKey("gone", "rings")]
    found = backend(Kernel()).observe(keys)
    assert {key: one.values for key, one in found.items()} == {
        keys[0]: {"rx": 256},
        keys[1]: {ethtool.REFUSED: "Operation not supported"},
    }


def test_a_kernel_without_it() -> None:
    kernel = Kernel()
    kernel.has_family = False
    with pytest.raises(ObserveError, match=r"this kernel \(.*\) has no ethtool by netlink: No such file"):
        backend(kernel).observe([EthtoolKey("em1", "rings")])
    with pytest.raises(ExecuteError, match="has no ethtool by netlink"):
        backend(kernel).execute([step("rings", {"rx": 1}, {"rx": 2})])


RX, BOTH = {"rx": 512}, {"rx": 512, "tx": 64}


@pytest.mark.parametrize(
    "after, text, offset, reason",
    [
        (RX, "", None, "rx 512: Invalid argument"),
        (RX, "too large", None, "rx 512: Invalid argument: too large"),
        (BOTH, "too large", None, "Invalid argument: too large"),
        # The header of a message, that of generic netlink, and the NIC's name with the flags.
        (BOTH, "too large", 16 + 4 + 4 + 8 + 8, "rx 512: Invalid argument: too large"),
        (BOTH, "too large", 16 + 4 + 4 + 8 + 8 + 8, "tx 64: Invalid argument: too large"),
        (BOTH, "no device", 16 + 4, "Invalid argument: no device"),
    ],
)
def test_what_the_kernel_refuses(after: Values, text: str, offset: Optional[int], reason: str) -> None:
    steps = [step("rings", {}, after), step("rings", {}, {"rx": 1})]
    with pytest.raises(ExecuteError) as caught:
        backend(Kernel(errno.EINVAL, text, offset)).execute(steps)
    assert caught.value.reason == reason
    assert (caught.value.step, caught.value.done, caught.value.remaining) == (steps[0], (), (steps[1],))


def test_an_answer_that_does_not_come() -> None:
    def silent(requests: Sequence[Request]) -> List[Answer]:
        return []

    lost = EthtoolBackend(NetlinkSocket(FakeKernel(Kernel(), silent)))
    with pytest.raises(ExecuteError, match="no answer: timed out"):
        lost.execute([step("rings", {"rx": 1}, {"rx": 2})])
