"""``dummy``, ``macvlan``, ``vxlan``, ``vrf``, ``veth`` and those of InfiniBand."""

from __future__ import annotations

from typing import Dict, Optional

from ...state import dummy, ipoib, macvlan, veth, vrf, vxlan
from ...state.values import Values, show_address
from ..kinds.macvlan import DEFAULT_MODE
from ..kinds.vxlan import WORDS as VXLAN_WORDS
from ..objects import partition
from .seen import Seen, UnsaidError
from .tree import Entry, Scalar

#: The bit of a MAC address that nobody has assigned to a manufacturer: the kernel draws such ones (IEEE 802).
_LOCAL = 2


def of_dummy(seen: Seen, name: str) -> Entry:
    return Entry({"type": dummy.KIND, "name": seen.word(name), **_mac(seen, name)})


def of_macvlan(seen: Seen, name: str) -> Entry:
    values = seen.live.values(name)
    mode = macvlan.MODE.type.show(values.get(macvlan.MODE.name))
    said: Dict[str, Scalar] = {"type": macvlan.KIND, "name": seen.word(name), "device": _below(seen, values)}
    if mode != DEFAULT_MODE:
        said["mode"] = mode
    # In passthru it has that of its device.
    return Entry({**said, **(_mac(seen, name) if mode != "passthru" else {})})


def of_vxlan(seen: Seen, name: str) -> Entry:
    values = seen.live.values(name)
    said: Dict[str, Scalar] = {"type": vxlan.KIND, "name": seen.word(name)}
    number, port = values.get(vxlan.VNI.name), values.get(vxlan.PORT.name)
    if not isinstance(number, int) or not isinstance(port, int):
        raise UnsaidError("other programs steer its packets one by one")
    said["vxlan_id"] = number
    if values.get("link") is not None:
        said["device"] = _below(seen, values)
    local, remote = values.get(vxlan.LOCAL.name), values.get(vxlan.REMOTE.name)
    if isinstance(local, bytes):
        said["local"] = show_address(local)
    if isinstance(remote, bytes):
        said["group" if vxlan.is_multicast(remote) else "remote"] = show_address(remote)
    if port != vxlan.DSTPORT:
        said["dstport"] = port
    for option, word in VXLAN_WORDS.items():
        value, attribute = values.get(option), vxlan.ATTRIBUTES[option]
        if value is not None and value != attribute.default:
            # Words are words, and numbers numbers; a flag is true or false.
            said[word] = bool(value) if word == "learning" else _scalar(attribute.type.json(value))
    return Entry({**said, **_mac(seen, name)})


def of_vrf(seen: Seen, name: str) -> Entry:
    table = seen.live.values(name).get(vrf.TABLE.name)
    return Entry({"type": vrf.KIND, "name": seen.word(name), "table": _scalar(table)})


def of_veth(seen: Seen, name: str) -> Entry:
    peer = veth.peer_of(seen.live.values(name))
    if not isinstance(peer, str):
        raise UnsaidError("its other end is in another network namespace")
    return Entry({"type": veth.KIND, "name": seen.word(name), "peer": peer, **_mac(seen, name)})


def of_infiniband(seen: Seen, name: str) -> Entry:
    """No node with such an adapter has been seen."""
    values = seen.live.values(name)
    if values.get(ipoib.MODE.name) != ipoib.DATAGRAM:
        raise UnsaidError("this language has no word for InfiniBand in connected mode")
    if values.get("link") is None:
        return Entry({"type": "ib_interface", "name": seen.word(name)})
    key = values.get(ipoib.PKEY.name)
    said: Dict[str, Scalar] = {"type": "ib_child_interface", "parent": _below(seen, values)}
    if not isinstance(key, int) or name != partition(str(values.get("link")), key):
        raise UnsaidError("a file names a partition only by its parent and its key")
    return Entry({**said, "pkey_id": key & ~ipoib.MEMBER})


def _scalar(value: object) -> Scalar:
    return value if isinstance(value, int) else str(value)


def _below(seen: Seen, values: Values) -> str:
    below = values.get("link")
    if not isinstance(below, str):
        raise UnsaidError("the link below it is in another network namespace")
    return seen.word(below)


def _mac(seen: Seen, name: str) -> Dict[str, Scalar]:
    """Where somebody chose it: one that is drawn is another one each time."""
    mac: Optional[object] = seen.live.values(name).get("address")
    if not isinstance(mac, bytes) or not mac:
        return {}
    is_chosen = "address" in seen.link_said(name) or not mac[0] & _LOCAL
    return {"macaddr": mac.hex(":")} if is_chosen else {}
