"""A walk through the schema: every attribute does something, or is refused by its name."""

from __future__ import annotations

import json
from pathlib import Path as File
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Tuple

import pytest

from os_net_config.config.compile import compile_section
from os_net_config.config.document import parse
from os_net_config.config.load import Node, load
from os_net_config.config.nics import name_nics
from os_net_config.state.problem import Path, Problem, ProblemsError, Severity

from .minimal import DPDK_PORT, MINIMAL, NIC, OTHER_DPDK_PORT, OTHER_NIC
from .node import nics, on_pci

Schema = Mapping[str, Any]
Entry = Dict[str, Any]

_FILE = File(__file__).resolve().parents[2] / "schemas" / "network_config.schema.json"
SCHEMA: Schema = json.loads(_FILE.read_text(encoding="utf-8"))
DEFINITIONS: Mapping[str, Schema] = SCHEMA["definitions"]
REFUSED = ("x-later", "x-unsupported")

NICS = [on_pci(nic, number) for number, nic in enumerate(nics("eth0", "eth1", "eth2"))]
THIRD_NIC = {"type": "interface", "name": "nic3"}

#: The least object of each type that does something.
LEAST: Mapping[str, Entry] = {
    **MINIMAL,
    "ib_child_interface": {"parent": "nic2", "pkey_id": 100},
    "ovs_bond": {"name": "bond1", "members": [NIC, OTHER_NIC]},
    "ovs_patch_port": {"name": "patch0", "bridge_name": "br-ex", "peer": "patch1"},
    "vlan": {"vlan_id": 20, "device": "nic2"},
}


class Setting(NamedTuple):
    """How an attribute is tried: a value, what both documents say beside it, and what the object is in."""

    value: Any = None
    beside: Mapping[str, Any] = {}
    inside: str = ""


def resolve(schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = DEFINITIONS[schema["$ref"].rpartition("/")[2]]
    return schema


def types() -> List[str]:
    return [one["then"]["$ref"].rpartition("/")[2] for one in DEFINITIONS["object"]["allOf"]]


def is_refused(schema: Schema) -> bool:
    return any(word in schema for word in REFUSED)


def is_part_of_what_is_refused(name: str) -> bool:
    return name in PART_OF and is_refused(DEFINITIONS[PART_OF[name]])


def attributes(refused: bool) -> Iterator[Tuple[str, str]]:
    """(type, attribute) of the types that are applied; the attributes that are refused, or the others."""
    for kind in types():
        definition = DEFINITIONS[kind]
        for name, one in definition["properties"].items():
            if name == "type" or is_refused(definition) or is_part_of_what_is_refused(name):
                continue
            if is_refused(resolve(one)) is refused:
                yield kind, name


ROUTE = {"ip_netmask": "198.51.100.0/24", "next_hop": "self"}
#: By type and attribute, or by attribute: where the least object and the schema's examples do not do.
SETTINGS: Mapping[str, Setting] = {
    "addresses": Setting([{"ip_netmask": "192.0.2.10/24"}]),
    "dcb": Setting({"dscp2prio": [{"priority": 3, "protocol": 26}]}),
    "bridge_port_options": Setting(inside="linux_bridge"),
    "ovs_extra": Setting(["set Port {name} external_ids:room=9"], inside="ovs_bridge"),
    "ovs_options": Setting("other_config:room=9", inside="ovs_bridge"),
    "primary": Setting(True, inside="linux_bridge"),
    "routes": Setting([ROUTE]),
    "defroute": Setting(beside={"use_dhcp": True}),
    "dhclient_args": Setting(beside={"use_dhcp": True}),
    "ib_child_interface.parent": Setting("nic3"),
    "ib_child_interface.pkey_id": Setting(101),
    "linux_bond.members": Setting([NIC]),
    "macvlan.device": Setting("nic3"),
    "linux_bridge.members": Setting([NIC]),
    "ovs_bond.members": Setting([NIC, THIRD_NIC]),
    "ovs_bond.primary": Setting(True),
    "ovs_bridge.members": Setting([NIC]),
    "ovs_dpdk_bond.members": Setting([OTHER_DPDK_PORT, {**DPDK_PORT, "name": "dpdk2"}]),
    "ovs_dpdk_bond.ovs_options": Setting("bond_mode=balance-tcp"),
    "ovs_dpdk_port.driver": Setting("uio_pci_generic"),
    "ovs_dpdk_port.members": Setting([OTHER_NIC]),
    "ovs_patch_port.bridge_name": Setting("br-int"),
    "ovs_tunnel.ovs_options": Setting(["remote_ip=192.0.2.20"]),
    "ovs_user_bridge.members": Setting([DPDK_PORT]),
    "route_table.name": Setting("tenant"),
    "route_table.table_id": Setting(201),
    "veth.peer": Setting("veth2"),
    "vlan.device": Setting("nic3"),
    "vlan.vlan_id": Setting(30),
    "vrf.members": Setting([NIC]),
    "vrf.table": Setting(201),
    "vxlan.device": Setting("nic3"),
    "vxlan.group": Setting(beside={"device": "nic2"}),
}
#: What says more of another attribute, and means nothing without that.
PART_OF: Mapping[str, str] = {"defroute": "use_dhcp", "dhclient_args": "use_dhcp"}
#: Where a member stands that is of no use alone.
PARENTS: Mapping[str, str] = {
    "ovs_bond": "ovs_bridge",
    "ovs_patch_port": "ovs_bridge",
    "ovs_tunnel": "ovs_bridge",
    "ovs_dpdk_port": "ovs_user_bridge",
    "ovs_dpdk_bond": "ovs_user_bridge",
}


def setting_of(kind: str, name: str) -> Setting:
    setting = SETTINGS.get(f"{kind}.{name}", SETTINGS.get(name, Setting()))
    if setting.value is not None:
        return setting
    schema = resolve(DEFINITIONS[kind]["properties"][name])
    usual = [LEAST.get(kind, {}).get(name), schema.get("default")]
    candidates = [*schema.get("examples", []), *schema.get("enum", []), True, False]
    return setting._replace(value=next(one for one in candidates if one not in usual))


def documents(kind: str, name: str) -> Iterator[Entry]:
    """One without the attribute, or with another value where it must have one; and one with it."""
    setting = setting_of(kind, name)
    for more in ({}, {name: setting.value}):
        entry = {"type": kind, **LEAST[kind], **setting.beside, **more}
        ends = [{"type": kind, "name": entry["peer"], "peer": entry["name"]}] if kind == "veth" else []
        parent = PARENTS.get(kind, setting.inside)
        if parent.startswith("ovs") and kind == "vlan":
            del entry["device"]
        if parent and parent != kind and kind in members_of(parent):
            other = [OTHER_NIC] if kind == "interface" else []
            entry = {"type": parent, "name": "br-ex", "members": [*other, entry]}
        yield {"network_config": [entry, *ends]}


def members_of(kind: str) -> List[str]:
    item = resolve(DEFINITIONS[kind]["properties"]["members"]["items"])
    return list(item["properties"]["type"]["enum"])


class Reading(NamedTuple):
    """What is made of a document: what the node shall be, as a run and at boot, and what is said of it."""

    wanted: List[Any]
    problems: List[Problem]

    def names(self, name: str) -> bool:
        """Whether something is said of this attribute of the object, or of what is in it."""
        return any(name in problem.path[_depth(problem.path) :] for problem in self.problems)


def _depth(path: Path) -> int:
    return 4 if path[2:3] == ("members",) and len(path) > 4 else 2


def read(document: Entry) -> Reading:
    runs = [_run(document, booting) for booting in (False, True)]
    return Reading([wanted for wanted, _ in runs], [one for _, problems in runs for one in problems])


def _run(document: Entry, booting: bool) -> Tuple[Any, List[Problem]]:
    """What a run makes of the document: None where it stops at an error."""
    names = name_nics(NICS, {})
    text = json.dumps(document).encode()
    try:
        config = load(parse("f.yaml", text), Node(names, lambda link: link.startswith("eth"), {}, booting))
    except ProblemsError as error:
        return None, list(error.problems)
    if any(one.severity is not Severity.WARNING for one in config.problems):
        return None, config.problems
    state = compile_section(config.objects, config.routes, NICS, names.rename, config.rules)
    resources = {str(one.key): (dict(one.values), dict(one.initial)) for one in state}
    return (resources, config.probes, config.removals), config.problems


@pytest.mark.parametrize("kind, name", list(attributes(refused=False)))
def test_it_does_something_or_is_named(kind: str, name: str) -> None:
    without, given = (read(document) for document in documents(kind, name))
    assert None not in without.wanted, without.problems
    assert given.names(name) or (None not in given.wanted and given.wanted != without.wanted), given.problems


@pytest.mark.parametrize("kind, name", list(attributes(refused=True)))
def test_it_is_refused_by_name(kind: str, name: str) -> None:
    _, given = (read(document) for document in documents(kind, name))
    assert None in given.wanted
    assert name in {one.path[-1] for one in given.problems if one.severity is Severity.UNSUPPORTED}


@pytest.mark.parametrize("kind", [one for one in types() if is_refused(DEFINITIONS[one])])
def test_the_type_is_refused_by_name(kind: str) -> None:
    section = "dcb_config" if kind == "dcb" else "network_config"
    given = read({"network_config": [NIC], section: [{"type": kind, **LEAST[kind]}]})
    assert None in given.wanted
    (problem, *_) = given.problems
    assert (problem.path, problem.severity) == ((section, 0), Severity.UNSUPPORTED)
    words = DEFINITIONS[kind]
    assert str(words.get("x-later") or words.get("x-unsupported")) in problem.message
