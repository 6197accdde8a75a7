"""``ib_interface``, a NIC of InfiniBand, and ``ib_child_interface``, a partition of one."""

from __future__ import annotations

from ...state import ipoib
from ..objects import Object, partition_key
from .common import Parts, Surroundings, made


def port(one: Object, around: Surroundings) -> Parts:
    return Parts({ipoib.MODE.name: ipoib.DATAGRAM}, {})


def child(one: Object, around: Surroundings) -> Parts:
    parts = made(ipoib.KIND)
    key = partition_key(one.values)
    parts.values.update({"link": one.device, ipoib.PKEY.name: key, ipoib.MODE.name: ipoib.DATAGRAM})
    return parts
