"""The addresses of a link."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ...state.address import LINK_LOCAL, PEER
from ...state.link import LOOPBACK
from ...state.model import AddressKey, Resource, SysctlKey
from ...state.route import PROTOCOL
from ...state.values import Lifetime, Prefix
from ..compile import STATIC_IPV6
from .clients import is_brought
from .seen import Seen
from .tree import Element, Entry, Remark

#: IFAPROT_* (linux/if_addr.h): what the kernel gives by itself.
_UNSPEC, _KERNEL_RA = 0, 2
_AUTOMATIC = frozenset({1, 3})
_LOOPBACK = frozenset({Prefix(bytes([127, 0, 0, 1]), 8), Prefix(bytes(15) + b"\1", 128)})
_IPV6 = 128
_LENGTH_OF_LINK_LOCAL = 64


def shown(seen: Seen, name: str) -> Tuple[Element, ...]:
    """In the order in which they came, and are to come again: of IPv4 the first one is spoken with."""
    own = seen.addresses.get(name, [])
    found: List[Element] = []
    # The kernel tells the newest of IPv6 first (net/ipv6/addrconf.c, ipv6_link_dev_addr).
    in_order = [one for one in own if not _is_ipv6(one)] + [one for one in reversed(own) if _is_ipv6(one)]
    for one in in_order:
        assert isinstance(one.key, AddressKey)
        if _is_the_kernels(seen, one) or is_brought(one.values):
            continue
        entry, why = Entry({"ip_netmask": str(one.key.prefix)}), _why_not(seen, one.key, one)
        found.append(entry if why is None else Remark(why, entry))
    return tuple(found)


def _is_ipv6(one: Resource) -> bool:
    return isinstance(one.key, AddressKey) and one.key.prefix.bits == _IPV6


def in_words(seen: Seen, name: str) -> str:
    """Those that are not the kernel's own, for a remark about a link that is left out."""
    keys = [one.key for one in seen.addresses.get(name, ()) if not _is_the_kernels(seen, one)]
    return f". Its addresses: {', '.join(map(str, keys))}" if keys else ""


def has_ipv6_left_out(elements: Tuple[Element, ...]) -> bool:
    """Whether an address of IPv6 is told as a comment: routes by its network have no ground then."""
    left = [one.left_out for one in elements if isinstance(one, Remark)]
    return any(isinstance(one, Entry) and ":" in str(one.values["ip_netmask"]) for one in left)


def _is_the_kernels(seen: Seen, one: Resource) -> bool:
    """Whether it is there on every link of its kind."""
    key = one.key
    assert isinstance(key, AddressKey)
    if key.link == LOOPBACK and key.prefix in _LOOPBACK:
        return True
    if not LINK_LOCAL.contains(key.prefix.address) or key.prefix.length != _LENGTH_OF_LINK_LOCAL:
        return False
    protocol = one.values.get("protocol")
    return protocol in _AUTOMATIC or (protocol == _UNSPEC and not _tells_who(seen))


def _tells_who(seen: Seen) -> bool:
    """Whether this kernel tells who brought an address: then it does of its own ones (Linux 5.18)."""
    return any(one.values.get("protocol") for some in seen.addresses.values() for one in some)


def _why_not(seen: Seen, key: AddressKey, one: Resource) -> Optional[str]:
    lifetime, protocol = one.values.get("lifetime"), one.values.get("protocol")
    if isinstance(lifetime, Lifetime):
        who = "a router announced it" if protocol == _KERNEL_RA else "a DHCP client or a router brought it"
        return f"{who}, for a time: a file would make it stay for good"
    if protocol not in {_UNSPEC, PROTOCOL}:
        return f"another program brought it (protocol {protocol!s}), and looks after it"
    if PEER in one.values:
        return "it is one end of a point-to-point link: the file has no word for the other end"
    if key.prefix.bits == _IPV6 and not _takes_static(seen, key.link):
        changes = ", ".join(_settings_to_change(seen, key.link))
        return (
            f"static IPv6 in a file makes settings of its link what they are not now ({changes}): uncomment"
            " it, and a run changes these and nothing else"
        )
    return None


def _takes_static(seen: Seen, name: str) -> bool:
    return (
        name == LOOPBACK
        or bool(seen.live.values(name).get("master"))
        or not list(_settings_to_change(seen, name))
    )


def _settings_to_change(seen: Seen, name: str) -> Iterator[str]:
    """What a run would set where the file has static IPv6 (config/compile.py)."""
    for setting, wanted in STATIC_IPV6.items():
        have = seen.live.get(SysctlKey(name, 6, setting))
        now = have.values.get("value") if have is not None else None
        if now != wanted:
            yield f"{setting} {now!s}→{wanted}"
