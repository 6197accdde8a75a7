"""The DHCP clients of a config: which program each is, and what it brings. Pure."""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    AbstractSet,
    Dict,
    FrozenSet,
    List,
    Mapping,
    NamedTuple,
    Optional,
)

from . import address, process, route, sysctl
from .model import AddressKey, Key, ProcessKey, Resource, RouteKey, State, SysctlKey
from .problem import Path
from .programs import TAKES_ARGUMENTS, TAKES_IPV6, Programs
from .values import Values

if TYPE_CHECKING:
    from .plan import Plan

#: RTPROT_DHCP, RTPROT_RA (linux/rtnetlink.h).
_OF_A_CLIENT = frozenset({16, 9})


def fitted(wanted: State, live: State, programs: Programs) -> State:
    """Each with the program of this node that it is: the one that runs, or the best one."""
    if not clients(wanted):
        return wanted
    return State({key: _fitted(one, live, programs) for key, one in wanted.resources.items()})


def _fitted(one: Resource, live: State, programs: Programs) -> Resource:
    installed = programs.of(process.DHCP)
    if not isinstance(one.key, ProcessKey) or one.key.service != process.DHCP or not installed:
        return one
    have = live.get(one.key)
    now = have.values.get(process.PROGRAM.name) if have is not None else None
    able = [name for name in installed if name == TAKES_IPV6 or not one.values["ipv6"]]
    program = now if now in able else (able or installed)[0]
    dns = int(bool(one.values["dns"]) and programs.takes_dns)
    private = int(bool(one.values["ipv6"]) and _is_private(one.key, live))
    told = {**one.values, "dns": dns, "private": private}
    if program != TAKES_ARGUMENTS:
        told[process.ARGUMENTS] = None
    return one._replace(values={process.PROGRAM.name: program, **told})


def _is_private(client: ProcessKey, live: State) -> bool:
    """Whether the kernel makes up such addresses for the link; a client that runs has put an end to that."""
    have = live.get(client)
    if have is not None and have.values.get("ipv6"):
        return bool(have.values.get("private"))
    keys = (SysctlKey(link, 6, sysctl.ADDR_GEN_MODE) for link in (client.link, sysctl.DEFAULT))
    found = next((live.resources[key].values for key in keys if key in live.resources), {})
    return found.get("value") in sysctl.PRIVATE


def clients(state: State) -> List[ProcessKey]:
    return [key for key in state.resources if isinstance(key, ProcessKey) and key.service == process.DHCP]


class Asking(NamedTuple):
    """A client that asks for addresses of so many bits."""

    key: ProcessKey
    bits: FrozenSet[int]


#: The bits of an address of each family that a client may ask for.
_BITS = {"ipv4": 32, "ipv6": 128}


def awaited(plan: Plan) -> List[Asking]:
    """Those that the plan's steps start."""
    last: Dict[Key, Optional[Values]] = {one.key: one.after for one in plan.steps}
    found = []
    for key, told in last.items():
        if isinstance(key, ProcessKey) and key.service == process.DHCP and told is not None:
            found.append(Asking(key, frozenset(bits for name, bits in _BITS.items() if told.get(name))))
    return found


def unserved(plan: Plan, live: State) -> FrozenSet[Key]:
    """The routes of the plan that wait for a lease which nobody has got yet."""
    served = {
        (key.link, key.prefix.bits)
        for key, one in live.resources.items()
        if isinstance(key, AddressKey) and is_served(key, one.values)
    }
    return frozenset(
        step.key
        for step in plan.steps
        if isinstance(step.key, RouteKey)
        and any(
            isinstance(one, ProcessKey) and (one.link, step.key.destination.bits) not in served
            for one in step.awaits
        )
    )


def is_leased(values: Values) -> bool:
    """Whether an address is there for a time, or as a client sets it: without a route of the kernel's."""
    if values.get("protocol") == route.PROTOCOL:
        return False
    return values.get("lifetime") is not None or address.NO_PREFIX_ROUTE in values


def is_served(key: AddressKey, values: Values) -> bool:
    """Whether it is what a client asks for, and can be used."""
    is_own = address.LINK_LOCAL.contains(key.prefix.address)
    return is_leased(values) and not is_own and address.DETECTION not in values


def with_marks(found: Mapping[Key, Resource]) -> Mapping[Key, Resource]:
    """What clients of ours have brought is marked so."""
    links = _served(found)
    if not links:
        return found
    return {key: _marked(one) if _is_brought(one, links) else one for key, one in found.items()}


#: For each link the sizes of the addresses that its client asks for.
_Served = Mapping[str, AbstractSet[int]]


def _served(found: Mapping[Key, Resource]) -> _Served:
    served: Dict[str, AbstractSet[int]] = {}
    for key, one in found.items():
        if isinstance(key, ProcessKey) and key.service == process.DHCP and process.OWNER not in one.values:
            served[key.link] = {bits for name, bits in _BITS.items() if one.values.get(name)}
    return served


def _is_brought(one: Resource, served: _Served) -> bool:
    key = one.key
    if isinstance(key, AddressKey):
        return key.prefix.bits in served.get(key.link, ()) and (is_leased(one.values) or _is_own(key, one))
    if not isinstance(key, RouteKey) or one.values.get("protocol") not in _OF_A_CLIENT:
        return False
    return key.destination.bits in served.get(str(one.values.get("link")), ())


def _is_own(key: AddressKey, one: Resource) -> bool:
    """Whether it is the link's own address of IPv6, which the client makes instead of the kernel."""
    return address.LINK_LOCAL.contains(key.prefix.address) and not one.values.get("protocol")


def _marked(one: Resource) -> Resource:
    return one._replace(values={**one.values, process.BROUGHT: process.DHCP})


def default_routes(wanted: State, live: State) -> Dict[Key, Path]:
    """Those of clients that are to bring none any more: what they have brought they leave as it is."""
    told = {key.link: wanted.resources[key] for key in clients(wanted) if key in live.resources}
    less = {
        link: one.origin
        for link, one in told.items()
        if live.resources[one.key].values.get("defroute") and not one.values["defroute"]
    }
    return {
        key: less[str(one.values.get("link"))]
        for key, one in live.resources.items()
        if isinstance(key, RouteKey)
        and key.destination.length == 0
        and process.BROUGHT in one.values
        and one.values.get("link") in less
    }


def without_leases(live: State, wanted: State) -> State:
    """Without the addresses of the config that a client has brought which the config has no more.

    It takes them away, and they come anew: as those of the config.
    """
    leaving = {key.link for key in clients(live) if key not in wanted.resources}
    gone = {
        key
        for key, one in live.resources.items()
        if isinstance(key, AddressKey)
        and key.link in leaving
        and process.BROUGHT in one.values
        and key in wanted.resources
    }
    return State({key: one for key, one in live.resources.items() if key not in gone}) if gone else live
