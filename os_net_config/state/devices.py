"""What drivers of devices have to do with links, with rows of Open vSwitch and with the node. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, AbstractSet, Dict, Iterator, List, Mapping, Optional

from .device import DRIVERS, LINKS, MELLANOX, VENDOR
from .model import DeviceKey, Key, LinkKey, Resource, State
from .problem import Path, Problem
from .values import Values

if TYPE_CHECKING:
    from .diff import Change

#: The attribute of an interface's row that says which device DPDK drives.
DEVARGS = "options:dpdk-devargs"


def _links(have: Resource) -> List[str]:
    found = have.values.get(LINKS)
    return [str(one) for one in found] if isinstance(found, tuple) else []


def _gets_a_driver(one: Resource, have: Resource) -> bool:
    return "driver" in one.values and one.values["driver"] != have.values.get("driver")


def links_with(change: Change, live: State) -> Iterator[str]:
    """The links that go with the driver which a device has, and the one that comes with another."""
    have = live.get(change.key)
    if not isinstance(change.key, DeviceKey) or have is None or "driver" not in (change.after or {}):
        return
    links = _links(have)
    yield from links
    name = have.values.get("name")
    if not links and isinstance(name, str) and (change.after or {}).get("name", name) is None:
        yield name


#: What a link that went with its driver has again when it comes back, unless somebody says otherwise.
_FOUND = ("up", "mtu")


def link_taken(wanted: Resource, live: State) -> Optional[Resource]:
    """The link that goes when a device gets this driver."""
    have = live.get(wanted.key)
    if not isinstance(wanted.key, DeviceKey) or have is None or not _gets_a_driver(wanted, have):
        return None
    return next((live.link(name) for name in _links(have)), None)


def link_found(link: Resource, earlier: Values) -> Values:
    """What is noted of it; ``earlier`` is how it was before any config of ours."""
    return {name: earlier.get(name, link.values.get(name)) for name in _FOUND}


def away(live: State) -> Dict[Key, Key]:
    """The links that are not there as long as their devices have the drivers that they have."""
    found: Dict[Key, Key] = {}
    for one in live:
        name = one.values.get("name")
        if isinstance(one.key, DeviceKey) and isinstance(name, str) and not _links(one):
            found[LinkKey(name)] = one.key
    return found


def noted_of_link(noted: Values) -> Values:
    """Of what is noted of a device, that of its link."""
    return {name: noted[name] for name in _FOUND if name in noted}


def link_back(device: Resource, noted: Values, live: State) -> Iterator[Resource]:
    """The link that comes with the driver which a device goes back to, as it was found."""
    values = noted_of_link(noted)
    for name in coming(State({device.key: device}), live) if values else ():
        yield Resource(LinkKey(name), values, device.origin)


def bound(changes: Mapping[Key, Change]) -> Iterator[str]:
    """The devices that get another driver."""
    for key, change in changes.items():
        if isinstance(key, DeviceKey) and "driver" in (change.after or {}):
            yield key.address


def coming(wanted: State, live: State) -> AbstractSet[str]:
    """The names of links that come back with the kernel's driver of their device."""
    found = set()
    for one in wanted:
        have = live.get(one.key)
        if isinstance(one.key, DeviceKey) and have is not None and _gets_a_driver(one, have):
            name = have.values.get("name")
            if isinstance(name, str) and one.values.get("name", name) is None:
                found.add(name)
    return found


def going_along(wanted: State, live: State) -> Dict[Key, Path]:
    """The links of devices that get another driver."""
    found: Dict[Key, Path] = {}
    for one in wanted:
        have = live.get(one.key)
        if isinstance(one.key, DeviceKey) and have is not None and _gets_a_driver(one, have):
            found.update({LinkKey(name): one.origin for name in _links(have)})
    return found


def problems(wanted: State, settled: State, live: State) -> Iterator[Problem]:
    """What the node cannot do of what is wanted, with what goes back to what it was (``settled``)."""
    for one in settled:
        have = live.get(one.key)
        if not isinstance(one.key, DeviceKey):
            continue
        if have is None:
            yield Problem(one.origin, f"there is no PCI device {one.key}", "correct dpdk_mapping.yaml")
        elif _gets_a_driver(one, have):
            yield from _without_driver(one, have)
        name = one.values.get("name")
        if name is not None and have is not None and have.values.get(VENDOR) != MELLANOX:
            for link in _speaking_of(str(name), wanted):
                message = f"{name!s} is driven by DPDK, so that the kernel has no link of its name"
                yield Problem(link.origin, message, "take it out of its ovs_dpdk_port, or use another NIC")


def _speaking_of(name: str, wanted: State) -> Iterator[Resource]:
    """What the config wants of a link of this name, or on it."""
    for one in wanted:
        if isinstance(one.key, LinkKey) and name in {one.key.name, one.values.get("link")}:
            yield one


def _without_driver(one: Resource, have: Resource) -> Iterator[Problem]:
    driver, drivers = one.values["driver"], have.values.get(DRIVERS)
    if have.values.get(VENDOR) == MELLANOX:
        message = f"{one.values.get('name')!s} is a NIC of Mellanox, which DPDK drives by way of the kernel's"
        yield Problem(one.origin, message, f"say driver: {have.values.get('driver')!s}, or nothing")
    elif driver is not None and isinstance(drivers, tuple) and driver not in drivers:
        message = f"the driver {driver!s} for {one.key} is not loaded"
        lasting = f"for the next boots name it in /etc/modules-load.d/{driver!s}.conf"
        yield Problem(one.origin, message, f"load it first: modprobe {driver!s}; {lasting}")
