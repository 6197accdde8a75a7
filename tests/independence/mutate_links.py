"""Changes of objects: which there are, of which kind, and what stands on or in what."""

from __future__ import annotations

from typing import List, Optional, Tuple

from . import pool
from .draw import Draw
from .features import Feature
from .language import (
    CONTAINERS,
    OWN_LINKS,
    Entry,
    devices,
    name_of,
    options_of,
    walk,
    with_options,
)


def add_object(draw: Draw) -> bool:
    made = draw.random.choice((draw.nic, draw.vlan, draw.vlan, draw.container))()
    if made is not None:
        draw.furnish(made)
    return made is not None


def drop_object(draw: Draw) -> bool:
    """With its members; a VLAN on it stays and may want a NIC that is not declared any more."""
    if len(draw.config) < 2:
        return False
    draw.config.remove(draw.random.choice(draw.config))
    _number_tables(draw)
    return True


def keep_one_object(draw: Draw) -> bool:
    one = draw.random.choice(draw.config)
    draw.config[:] = [one]
    _number_tables(draw)
    return True


def _number_tables(draw: Draw) -> None:
    """A table that is declared no more has its number still."""
    declared = {one["name"] for one in draw.config if one["type"] == "route_table"}
    for one, _ in walk(draw.config):
        for route in one.get("routes", ()):
            name = route.get("table")
            if isinstance(name, str) and name not in declared:
                route["table"] = pool.TABLES[name]


def another_kind(draw: Draw) -> bool:
    """The same name and the same members, where they can be."""
    one = draw.choice([one for one, _ in walk(draw.config) if one["type"] in {*CONTAINERS, "linux_tap"}])
    if one is None:
        return False
    kinds = [*CONTAINERS, *(["linux_tap"] if draw.has(Feature.TAPS) else [])]
    one["type"] = draw.random.choice([kind for kind in kinds if kind != one["type"]])
    one.pop("bonding_options", None)
    one.pop("bridge_options", None)
    members = [member for member in one.pop("members", []) if member["type"] == "interface"]
    if one["type"] != "linux_tap":
        one["members"] = members
    if one["type"] == "linux_bond":
        draw.options(one)
    return True


def reorder_objects(draw: Draw) -> bool:
    draw.random.shuffle(draw.config)
    return len(draw.config) > 1


# Ports and devices


def _ports(draw: Draw) -> List[Tuple[Entry, Entry]]:
    return [
        (one, parent)
        for one, parent in walk(draw.config)
        if parent is not None and one["type"] == "interface"
    ]


def _leave(draw: Draw) -> Optional[Entry]:
    """Take a port out of its bond or bridge, without what was said of it as a port."""
    found = draw.choice([(one, parent) for one, parent in _ports(draw) if _may_leave(draw, one, parent)])
    if found is None:
        return None
    port, parent = found
    parent["members"].remove(port)
    options = options_of(parent)
    kept = {
        name: value for name, value in options.items() if name not in pool.PORTS or value != name_of(port)
    }
    if kept != options:
        parent["bonding_options"] = with_options(kept)
    return port


def _may_leave(draw: Draw, port: Entry, parent: Entry) -> bool:
    primary = port.get("primary") or name_of(port) == options_of(parent).get("primary")
    return _may_fall(draw, port) and (draw.has(Feature.RESETTING) or not primary)


def _may_fall(draw: Draw, nic: Entry) -> bool:
    """Whether all that would go down with it can be brought back."""
    stands_alone = name_of(nic) not in devices(draw.config).values()
    return draw.has(Feature.FALLING) or (stands_alone and not {"addresses", "routes"} & nic.keys())


def port_leaves(draw: Draw) -> bool:
    """It stands alone from now on."""
    port = _leave(draw)
    if port is not None:
        port.pop("primary", None)
        draw.config.append(port)
    return port is not None


def port_is_dropped(draw: Draw) -> bool:
    return _leave(draw) is not None


def port_moves(draw: Draw) -> bool:
    containers = [one for one, _ in walk(draw.config) if one["type"] in CONTAINERS]
    port = _leave(draw) if len(containers) > 1 else None
    if port is None:
        return False
    port.pop("mtu", None)
    port.pop("bridge_port_options", None)
    draw.random.choice(containers)["members"].append(port)
    return True


def nic_becomes_a_port(draw: Draw) -> bool:
    """One that the file names alone, or did not name."""
    container = draw.choice([one for one, _ in walk(draw.config) if one["type"] in CONTAINERS])
    bare = [
        one
        for one in draw.config
        if one["type"] == "interface" and "." not in one["name"] and _may_fall(draw, one)
    ]
    if not draw.has(Feature.RESETTING):
        bare = [one for one in bare if "mtu" not in one]
    if container is None:
        return False
    if bare and draw.one_in(2):
        nic = draw.random.choice(bare)
        draw.config.remove(nic)
        container["members"].append({"type": "interface", "name": nic["name"]})
        return True
    name = draw.choice(draw.free_nics())
    if name is not None:
        container["members"].append({"type": "interface", "name": name})
    return name is not None


def another_primary(draw: Draw) -> bool:
    found = draw.choice(_ports(draw))
    if found is None:
        return False
    port, parent = found
    if parent["type"] == "linux_bridge" and not draw.has(Feature.PRIMARIES):
        return False
    for member in parent["members"]:
        member.pop("primary", None)
    port["primary"] = True
    return True


def no_primary(draw: Draw) -> bool:
    port = draw.some("interface", "primary")
    return port is not None and port.pop("primary") is not None


def another_device(draw: Draw) -> bool:
    """The VLAN keeps its name."""
    one = draw.choice([one for one, _ in walk(draw.config) if one["type"] == "vlan"])
    device = draw.choice([*draw.carriers(*([one] if one else [])), *draw.free_nics()])
    if one is None or device is None:
        return False
    one["device"] = device
    return True


def another_vlan_id(draw: Draw) -> bool:
    one = draw.choice([one for one, _ in walk(draw.config) if one["type"] == "vlan"])
    number = draw.free_id()
    if one is None or number is None:
        return False
    one["vlan_id"] = number
    return True


def add_own_link(draw: Draw) -> bool:
    made = draw.own_link()
    if made is not None:
        draw.furnish(made)
    return made is not None


def another_own_link(draw: Draw) -> bool:
    """Of the same kind, with something else said of it."""
    one = _an_own_link(draw)
    if one is not None:
        draw.own_options(one)
    return one is not None


def own_link_changes_places(draw: Draw) -> bool:
    """To another device, or into a bridge and out of it."""
    one = _an_own_link(draw)
    if one is None:
        return False
    bridge = draw.choice([link for link, _ in walk(draw.config) if link["type"] == "linux_bridge"])
    device = draw.choice([*draw.carriers(one), *draw.free_nics()])
    if "device" in one and device is not None and draw.one_in(2):
        one["device"] = device
        return True
    holder = next((parent for link, parent in walk(draw.config) if link is one), None)
    if holder is None and (bridge is None or {"addresses", "routes"} & one.keys()):
        return False
    (draw.config if holder is None else holder["members"]).remove(one)
    for name in ("bridge_port_options", "primary"):
        one.pop(name, None)
    (draw.config if holder is not None or bridge is None else bridge["members"]).append(one)
    return True


def _an_own_link(draw: Draw) -> Optional[Entry]:
    return draw.choice([one for one, _ in walk(draw.config) if one["type"] in OWN_LINKS])


def add_vrf(draw: Draw) -> bool:
    return draw.vrf() is not None


def another_table_of_a_vrf(draw: Draw) -> bool:
    one = draw.some("vrf", "table")
    taken = {link.get("table") for link in draw.all_links()}
    free = draw.choice([number for number in pool.VRF_TABLES if number not in taken])
    if one is None or free is None:
        return False
    one["table"] = free
    return True


def link_joins_or_leaves_a_vrf(draw: Draw) -> bool:
    """With all that it has."""
    vrf = draw.some("vrf", "name")
    if vrf is None:
        return False
    leaving, joining = draw.choice(vrf["members"]), draw.choice(draw.alone())
    if leaving is not None and (joining is None or draw.one_in(2)):
        vrf["members"].remove(leaving)
        draw.config.append(leaving)
    elif joining is not None:
        draw.config.remove(joining)
        vrf["members"].append(joining)
    return leaving is not None or joining is not None


def add_pair(draw: Draw) -> bool:
    made = draw.pair()
    if made is not None:
        draw.furnish(made)
    return made is not None


def another_pair(draw: Draw) -> bool:
    """One end has another peer, or both ends go."""
    ends = [(one, parent) for one, parent in walk(draw.config) if one["type"] == "veth"]
    if not ends:
        return False
    goes, keeps = draw.random.sample([one for one, _ in ends], 2)
    free = draw.choice([name for name in pool.ENDS if name not in {goes["name"], keeps["name"]}])
    if free is not None and draw.one_in(2):
        goes["name"] = keeps["peer"] = free
        return True
    for one, parent in ends:
        (draw.config if parent is None else parent["members"]).remove(one)
    return bool(draw.config)
