"""The two JSON Schemas: sound, complete, documented, and no wider than what our own acceptor implements."""

import ipaddress
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Set

import pytest
from jsonschema import Draft7Validator, FormatChecker

from .minimal import DPDK_PORT, MINIMAL, NIC

Schema = Dict[str, Any]

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NETWORK = "network_config.schema.json"
MAPPING = "mapping.schema.json"
both_schemas = pytest.mark.parametrize("filename", [NETWORK, MAPPING])

ANNOTATIONS = {"$schema", "$id", "title", "description", "default", "examples", "definitions"}
ASSERTIONS = {
    *("$ref", "type", "enum", "const", "minimum", "maximum", "pattern", "minLength", "maxLength", "format"),
    *("properties", "required", "additionalProperties", "items", "minItems", "maxItems", "allOf"),
}
#: x-extension: the existing os-net-config does not know it.
OWN_ANNOTATIONS = {"x-alias-of", "x-extension", "x-later", "x-unsupported", "x-without-effect"}

SECTIONS = {"network_config", "remove_config", "minimum_config", "fallback_config", "dcb_config", "probes"}

COMMON = {
    *("addresses", "defroute", "dhclient_args", "dns_servers", "domain", "mtu", "nic_mapping"),
    *("nm_controlled", "onboot", "persist_mapping", "routes", "rules", "use_dhcp", "use_dhcpv6"),
}
WITHOUT_COMMON = {"dcb", "route_table"}

MEMBERS = {
    "contrail_vrouter": {"interface", "linux_bond", "vlan"},
    "contrail_vrouter_dpdk": {"interface"},
    "ivs_bridge": {"interface", "ivs_interface"},
    "linux_bond": {"dummy", "interface", "macvlan", "sriov_pf", "sriov_vf", "veth"},
    "linux_bridge": {"dummy", "interface", "linux_bond", "macvlan", "veth", "vlan", "vxlan"},
    "nfvswitch_bridge": {"interface", "nfvswitch_internal", "vlan"},
    "ovs_bond": {"interface", "sriov_pf", "sriov_vf"},
    "ovs_bridge": {
        *("dummy", "interface", "linux_bond", "ovs_bond", "ovs_patch_port", "ovs_tunnel"),
        *("sriov_pf", "sriov_vf", "team", "veth", "vlan"),
    },
    "ovs_dpdk_bond": {"ovs_dpdk_port"},
    "ovs_dpdk_port": {"interface", "sriov_vf"},
    "ovs_user_bridge": {
        *("interface", "ovs_dpdk_bond", "ovs_dpdk_port", "ovs_patch_port", "ovs_tunnel", "vlan"),
    },
    "team": {"interface", "vlan"},
    "vpp_bond": {"vpp_interface"},
    "vrf": {
        *("dummy", "interface", "linux_bond", "linux_bridge", "linux_tap", "macvlan", "veth"),
        *("vlan", "vxlan"),
    },
}

TYPES = set(MINIMAL)

REFUSED: Dict[str, Schema] = {
    "type that does not exist": {"type": "ovs_interface", "name": "br0"},
    "no type": {"name": "nic1"},
    "no name": {"type": "interface"},
    "unknown attribute": {**NIC, "use_dhcp6": True},
    "name of a vlan": {"type": "vlan", "vlan_id": 20, "name": "vlan20"},
    "vlan 0": {"type": "vlan", "vlan_id": 0},
    "vlan 4095": {"type": "vlan", "vlan_id": 4095},
    "mtu 67": {**NIC, "mtu": 67},
    "mtu as text": {**NIC, "mtu": "1500"},
    "boolean as text": {**NIC, "use_dhcp": "no"},
    "scalar for a list": {**NIC, "dns_servers": "192.0.2.53"},
    "name server without meaning": {**NIC, "dns_servers": ["192.0.2.256"]},
    "address without a prefix": {**NIC, "addresses": [{"ip_netmask": "192.0.2.1"}]},
    "address without ip_netmask": {**NIC, "addresses": [{}]},
    "domain with an empty label": {**NIC, "domain": ["example..com"]},
    "unknown word in a route": {**NIC, "routes": [{"default": True, "via": "192.0.2.1"}]},
    "gateway without meaning": {**NIC, "routes": [{"default": True, "next_hop": "gateway"}]},
    "table 0": {**NIC, "routes": [{"default": True, "next_hop": "192.0.2.1", "table": 0}]},
    "rule without a rule": {**NIC, "rules": [{"comment": "none"}]},
    "encapsulation by a route": {
        **NIC,
        "routes": [{"default": True, "next_hop": "192.0.2.1", "route_options": "encap mpls 100"}],
    },
    "rule without an action": {**NIC, "rules": [{"rule": "from"}]},
    "vlan in a linux bond": {"type": "linux_bond", "name": "b", "members": [{"type": "vlan", "vlan_id": 20}]},
    "bad member": {"type": "linux_bond", "name": "b", "members": [{"type": "interface"}]},
    "second member bad": {"type": "ovs_dpdk_bond", "name": "b", "members": [DPDK_PORT, NIC]},
    "dpdk bond of one": {"type": "ovs_dpdk_bond", "name": "b", "members": [DPDK_PORT]},
    "dpdk port of two": {**DPDK_PORT, "members": [NIC, NIC]},
    "ovs bond of none": {"type": "ovs_bond", "name": "b", "members": []},
    "option without a value": {"type": "ovs_bond", "name": "b", "members": [NIC], "ovs_options": "lacp"},
    "tunnel type": {"type": "ovs_tunnel", "name": "t", "tunnel_type": "stt"},
    "qos 8": {"type": "sriov_vf", "device": "nic1", "vfid": 0, "vlan_id": 20, "qos": 8},
    "partition key 0x7fff": {"type": "ib_child_interface", "parent": "ib0", "pkey_id": 0x7FFF},
    "table id as a word": {"type": "route_table", "name": "storage", "table_id": "two hundred"},
    "name of 16 characters": {"type": "linux_bridge", "name": "b" * 16},
}

formats = FormatChecker(formats=())


@formats.checks("ip-address", raises=ValueError)
def is_ip_address(value: object) -> bool:
    return not isinstance(value, str) or bool(ipaddress.ip_address(value))


@formats.checks("ip-prefix", raises=ValueError)
def is_ip_prefix(value: object) -> bool:
    return not isinstance(value, str) or ("/" in value and bool(ipaddress.ip_interface(value)))


@formats.checks("ip-next-hop", raises=ValueError)
def is_ip_next_hop(value: object) -> bool:
    return value == "self" or is_ip_address(value)


@formats.checks("mac-address")
def is_mac_address(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", value))


@formats.checks("link-name")
def is_link_name(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"[^\s/:]+", value))


@formats.checks("port-range")
def is_port_range(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"[0-9]+-[0-9]+", value))


@formats.checks("bonding-options")
@formats.checks("bridge-options")
@formats.checks("bridge-port-options")
def are_options(value: object) -> bool:
    return not isinstance(value, str) or all("=" in word for word in value.split())


@formats.checks("route-options")
def is_route_options(value: object) -> bool:
    return not isinstance(value, str) or not re.search(r"encap|nhid|expires", value)


@formats.checks("ethtool-options")
def are_ethtool_options(value: object) -> bool:
    return not isinstance(value, str) or not re.search(r"(^|;)\s*(-k|--show)", value)


@formats.checks("team-options", raises=ValueError)
def are_team_options(value: object) -> bool:
    return not isinstance(value, str) or not value or isinstance(json.loads(value), dict)


@formats.checks("probe")
def is_probe(value: object) -> bool:
    return not isinstance(value, str) or bool(re.match(r"gateway|[a-z]+:.", value))


@formats.checks("rule")
def is_rule(value: object) -> bool:
    return not isinstance(value, str) or bool(re.search(r"(table|lookup) \w+|unreachable", value))


class Node(NamedTuple):
    """A subschema and where it stands."""

    path: str
    schema: Schema


@cache
def load(filename: str) -> Schema:
    schema: Schema = json.loads((SCHEMAS / filename).read_text(encoding="utf-8"))
    return schema


def children(schema: Schema) -> Iterator[Node]:
    """The subschemas directly below, without those of a discriminating `allOf`."""
    for keyword in ("definitions", "properties"):
        for name, child in schema.get(keyword, {}).items():
            yield Node(f"{keyword}/{name}", child)
    if "items" in schema:
        yield Node("items", schema["items"])


def walk(schema: Schema, path: str = "#") -> Iterator[Node]:
    yield Node(path, schema)
    for below, child in children(schema):
        yield from walk(child, f"{path}/{below}")


def nodes(filename: str) -> List[Node]:
    return list(walk(load(filename)))


def definitions(filename: str = NETWORK) -> Dict[str, Schema]:
    found: Dict[str, Schema] = load(filename)["definitions"]
    return found


def resolve(schema: Schema, filename: str = NETWORK) -> Schema:
    while "$ref" in schema:
        schema = definitions(filename)[schema["$ref"][len("#/definitions/") :]]
    return schema


def choices() -> Dict[str, Schema]:
    """The definitions that tell objects apart by their type."""
    return {name: schema for name, schema in definitions().items() if "allOf" in schema}


def validator(schema: Schema, filename: str = NETWORK) -> Draft7Validator:
    return Draft7Validator({**schema, "definitions": definitions(filename)}, format_checker=formats)


@both_schemas
def test_is_valid_draft_7(filename: str) -> None:
    assert load(filename)["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(load(filename))


@both_schemas
def test_no_key_is_given_twice(filename: str) -> None:
    def unique(pairs: List[Any]) -> Schema:
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), names
        return dict(pairs)

    json.loads((SCHEMAS / filename).read_text(encoding="utf-8"), object_pairs_hook=unique)


@both_schemas
def test_only_known_keywords(filename: str) -> None:
    allowed = ANNOTATIONS | ASSERTIONS | OWN_ANNOTATIONS
    unknown = {path: set(schema) - allowed for path, schema in nodes(filename) if set(schema) - allowed}
    assert not unknown


@both_schemas
def test_keywords_have_the_implemented_form(filename: str) -> None:
    for path, schema in nodes(filename):
        assert isinstance(schema.get("items", {}), dict), path
        assert isinstance(schema.get("additionalProperties", False), (bool, dict)), path
        assert set(schema.get("required", ())) <= set(schema.get("properties", {})), path
        assert ("definitions" in schema) == (path == "#"), path


@both_schemas
def test_everything_has_a_description(filename: str) -> None:
    for path, schema in nodes(filename):
        description = resolve(schema, filename).get("description", "")
        assert description.endswith("."), path
        assert description == description.strip(), path


@both_schemas
def test_every_object_has_a_title(filename: str) -> None:
    untitled = [
        path for path, schema in nodes(filename) if "properties" in schema and not schema.get("title")
    ]
    assert not untitled


@both_schemas
def test_references_resolve_and_stand_alone(filename: str) -> None:
    for path, schema in nodes(filename):
        if "$ref" in schema:
            assert set(schema) == {"$ref"}, path
            assert re.fullmatch(r"#/definitions/\w+", schema["$ref"]), path
            assert resolve(schema, filename), path


@both_schemas
def test_every_definition_is_used(filename: str) -> None:
    text = (SCHEMAS / filename).read_text(encoding="utf-8")
    unused = {name for name in definitions(filename) if f'"#/definitions/{name}"' not in text}
    assert not unused


@both_schemas
def test_only_maps_are_open(filename: str) -> None:
    for path, schema in nodes(filename):
        if schema.get("type") == "object":
            is_choice = "allOf" in schema
            assert ("additionalProperties" in schema) != is_choice, path
            is_map = isinstance(schema.get("additionalProperties"), dict)
            assert is_choice or is_map or schema["additionalProperties"] is False, path
            assert is_map != ("properties" in schema), path


@both_schemas
def test_defaults_and_examples_are_valid(filename: str) -> None:
    for path, schema in nodes(filename):
        samples = [*schema.get("examples", ())]
        if "default" in schema:
            samples.append(schema["default"])
        for sample in samples:
            assert not [error.message for error in validator(schema, filename).iter_errors(sample)], path


@both_schemas
def test_scalars_and_lists_are_limited(filename: str) -> None:
    for path, schema in nodes(filename):
        kind = schema.get("type", ())
        assert "minimum" in schema or "integer" not in kind, path
        assert "items" in schema or kind != "array", path
        assert schema.get("format", "link-name") in formats.checkers, path
        re.compile(schema.get("pattern", ""))


def test_sections() -> None:
    assert set(load(NETWORK)["properties"]) == SECTIONS
    assert set(load(MAPPING)["properties"]) == {"interface_mapping"}


def test_every_type_is_an_object() -> None:
    assert len(TYPES) == 32
    assert set(definitions()["object"]["properties"]["type"]["enum"]) == TYPES


@pytest.mark.parametrize("name", sorted(TYPES))
def test_type(name: str) -> None:
    schema = definitions()[name]
    properties = schema["properties"]
    assert properties["type"]["const"] == name
    assert "type" in schema["required"]
    assert COMMON & set(properties) == (set() if name in WITHOUT_COMMON else COMMON)
    assert not {"x-later", "x-unsupported"} <= set(schema)


@pytest.mark.parametrize("name", sorted(choices()))
def test_choice_by_type(name: str) -> None:
    schema = choices()[name]
    types: List[str] = schema["properties"]["type"]["enum"]
    assert set(schema) == {"title", "description", "type", "required", "properties", "allOf"}
    assert schema["required"] == ["type"]
    assert set(schema["properties"]) == {"type"}
    assert len(types) == len(set(types))
    assert set(types) <= TYPES
    assert schema["allOf"] == [
        {
            "if": {"properties": {"type": {"const": word}}, "required": ["type"]},
            "then": {"$ref": f"#/definitions/{word}"},
        }
        for word in types
    ]


def test_members() -> None:
    found: Dict[str, Set[str]] = {}
    for name in TYPES & set(definitions()):
        members = definitions()[name]["properties"].get("members")
        if members is not None:
            assert members["items"] == {"$ref": f"#/definitions/{name}_member"}
            found[name] = set(resolve(members["items"])["properties"]["type"]["enum"])
    assert found == MEMBERS
    assert set(choices()) == {"object", *(f"{name}_member" for name in MEMBERS)}


def test_aliases_point_at_properties() -> None:
    found: Dict[str, str] = {}
    for path, schema in nodes(NETWORK):
        for name, child in schema.get("properties", {}).items():
            target = resolve(child).get("x-alias-of")
            if target is not None:
                found[name] = target
                original, alias = resolve(schema["properties"][target]), resolve(child)
                assert (original["type"], original["format"]) == (alias["type"], alias["format"]), path
                assert "x-alias-of" not in original, path
    assert found == {"destination": "ip_netmask", "nexthop": "next_hop"}


def test_annotations_are_noun_phrases() -> None:
    for path, schema in nodes(NETWORK):
        for keyword in ("x-later", "x-unsupported"):
            phrase = schema.get(keyword, "nothing")
            assert re.fullmatch(r"\S(.*[^\s.])?", phrase), path


def test_what_is_supported_now() -> None:
    now = {name for name in TYPES if not {"x-later", "x-unsupported"} & set(definitions()[name])}
    never = {name for name in TYPES if "x-unsupported" in definitions()[name]}
    switch = {"ovs_bridge", "ovs_user_bridge", "ovs_bond", "ovs_patch_port", "ovs_tunnel"}
    switch |= {"ovs_dpdk_bond", "ovs_dpdk_port"}
    kernel = {"interface", "vlan", "linux_bond", "team", "linux_bridge", "linux_tap", "route_table"}
    kernel |= {"ib_interface", "ib_child_interface"}
    ours = {name for name in TYPES if definitions()[name].get("x-extension")}
    assert ours == {"dummy", "macvlan", "veth", "vrf", "vxlan"}
    assert now == kernel | ours | switch
    assert never == {name for name in TYPES if re.match("contrail|ivs|nfvswitch|vpp", name)}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_minimal_object_is_accepted(name: str) -> None:
    errors = validator(definitions()["object"]).iter_errors({"type": name, **MINIMAL[name]})
    assert not [error.message for error in errors]


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_refused(what: str) -> None:
    assert not validator(definitions()["object"]).is_valid(REFUSED[what])


def test_sections_are_checked() -> None:
    whole = validator(load(NETWORK))
    assert whole.is_valid({"network_config": [NIC], "fallback_config": [NIC, NIC]})
    assert not whole.is_valid({"network_config": []})
    assert not whole.is_valid({"fallback_config": [NIC, NIC, NIC]})
    assert not whole.is_valid({"remove_config": [{"remove_name": "br0", "remove_type": "ovs_interface"}]})
    assert not whole.is_valid({"dcb_config": [{"type": "dcb_config", **MINIMAL["dcb"]}]})
    assert not whole.is_valid({"network_configs": [NIC]})


def test_long_option_strings_are_matched_in_no_time() -> None:
    """A pattern whose parts overlap would take longer than anybody waits."""
    for name in ("ovs_options", "domain_name"):
        pattern = re.compile(definitions()[name]["pattern"])
        for piece in ("a=a", 'a="a" ', "a= a ", "a.a", "a-"):
            pattern.search(piece * 60 + "!")
