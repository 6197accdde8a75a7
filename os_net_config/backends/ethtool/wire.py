"""Numbers of generic netlink (linux/genetlink.h) and of ethtool's family (linux/ethtool_netlink.h)."""

from __future__ import annotations

import struct
from typing import Mapping, NamedTuple

from ...state import ethtool

NETLINK_GENERIC = 16
GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2
FAMILY = "ethtool"

#: struct genlmsghdr: command, version, reserved.
GENLMSGHDR = struct.Struct("=BBxx")
VERSION = 1

#: ETHTOOL_A_*_HEADER: the first attribute of every message.
HEADER = 1
HEADER_DEV_NAME = 2
HEADER_FLAGS = 3
FLAG_OMIT_REPLY = 2

BITSET_NOMASK = 1
BITSET_BITS = 3
BITS_BIT = 1
BIT_NAME = 2
BIT_VALUE = 3

FEATURES_HW, FEATURES_WANTED, FEATURES_ACTIVE, FEATURES_NOCHANGE = 2, 3, 4, 5


class Messages(NamedTuple):
    """ETHTOOL_MSG_*_GET and _SET of a group."""

    get: int
    set: int


MESSAGES: Mapping[str, Messages] = {
    ethtool.PORT: Messages(2, 3),
    ethtool.MODES: Messages(4, 5),
    ethtool.MESSAGES: Messages(7, 8),
    ethtool.WOL: Messages(9, 10),
    ethtool.FEATURES: Messages(11, 12),
    ethtool.PRIVATE_FLAGS: Messages(13, 14),
    ethtool.RINGS: Messages(15, 16),
    ethtool.CHANNELS: Messages(17, 18),
    ethtool.COALESCE: Messages(19, 20),
    ethtool.PAUSE: Messages(21, 22),
}

#: Of groups of flags the one attribute that is a bit set.
FLAGS: Mapping[str, int] = {ethtool.FEATURES: FEATURES_WANTED, ethtool.PRIVATE_FLAGS: 2, ethtool.MESSAGES: 2}

#: The attribute of the most that a number may be: *_MAX.
MAXIMA: Mapping[str, Mapping[str, int]] = {
    ethtool.RINGS: {"rx": 2, "rx-mini": 3, "rx-jumbo": 4, "tx": 5},
    ethtool.CHANNELS: {"rx": 2, "tx": 3, "other": 4, "combined": 5},
}
