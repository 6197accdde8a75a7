"""bridge_options, bridge_port_options: every option by its names and numbers, and what has no meaning."""

from __future__ import annotations

from typing import Callable, Iterator, List, NamedTuple, Tuple

import pytest

from os_net_config.config.formats import bridge_options, bridge_port_options
from os_net_config.state import bond, bridge, bridge_port, model
from os_net_config.state.attributes import Attribute, AttributeTable
from os_net_config.state.values import Flag, Integer, Mask, Value

from ..texts import said


class Kind(NamedTuple):
    read: Callable[[str], object]
    table: AttributeTable


KINDS = (Kind(bridge_options, bridge.ATTRIBUTES), Kind(bridge_port_options, bridge_port.ATTRIBUTES))
OPTIONS = [(kind, one) for kind in KINDS for one in kind.table.values()]
every_option = pytest.mark.parametrize("kind, option", OPTIONS, ids=[one.name for _, one in OPTIONS])


def of_bridge(options: str, of_port: str = "''") -> List[str]:
    """What is said of a bridge with these options, and a port with those."""
    return said(
        f"""
        network_config:
        - type: linux_bridge
          name: br0
          bridge_options: {options}
          members:
          - type: interface
            name: nic1
            bridge_port_options: {of_port}
        """
    )


HERE = "4:19: network_config[0].bridge_options: "
AT_THE_PORT = "8:26: network_config[0].members[0].bridge_port_options: "


def spellings(option: Attribute) -> Iterator[Tuple[str, Value]]:
    """Texts for an option, with what each of them means."""
    kind = option.type
    if isinstance(kind, Flag):
        for number, words in enumerate((("0", "off", "no", "false"), ("1", "on", "yes", "True"))):
            yield from ((word, number) for word in words)
    elif isinstance(kind, Integer):
        for number in (kind.low, kind.high & ~(kind.refused if isinstance(kind, Mask) else 0)):
            yield str(number), number
            yield hex(number), number
    elif option.name == "vlan_protocol":
        yield from ((word, 0x8100) for word in ("802.1Q", "802.1q", "0x8100", "33024"))
        yield from ((word, 0x88A8) for word in ("802.1ad", "802.1AD", "0x88a8", "0x88A8"))
    else:
        assert option.name == "group_addr"
        yield "01:80:c2:00:00:00", bytes.fromhex("0180c2000000")
        yield "01-80-C2-00-00-0F", bytes.fromhex("0180c200000f")


@every_option
def test_values_by_name_and_number(kind: Kind, option: Attribute) -> None:
    for text, value in spellings(option):
        for name in (option.name, *option.aliases):
            assert kind.read(f"{name}={text}") == {option.name: value}


@every_option
def test_numbers_have_a_range(kind: Kind, option: Attribute) -> None:
    if isinstance(option.type, Integer):
        low, high = option.type.low, option.type.high
        for bad in (low - 1, high + 1):
            with pytest.raises(ValueError, match=f"^{option.name}: {bad} is not in {low}..{high}$"):
                kind.read(f"{option.name}={bad}")


@every_option
def test_a_default_is_a_value_that_may_be_said(kind: Kind, option: Attribute) -> None:
    without = {"path_cost", "group_addr"}
    if option.name in without:
        assert not isinstance(option.default, (int, bytes))
    else:
        assert kind.read(f"{option.name}={option.type.show(option.default)}") == {option.name: option.default}  # type: ignore[arg-type]


def test_every_option_has_a_name_of_its_own() -> None:
    tables = (bond.ATTRIBUTES, bridge.ATTRIBUTES)
    for table in tables:
        assert not table.keys() & bridge_port.ATTRIBUTES.keys()
    for _, table in KINDS:
        words = [word for one in table.values() for word in (one.name, *one.aliases)]
        assert len(words) == len(set(words))


def test_every_option_is_described() -> None:
    assert all(one.description.endswith(".") for table in model.LINK_KINDS.values() for one in table.values())


@pytest.mark.parametrize("text", ["", "   ", "null"])
def test_no_options(text: str) -> None:
    assert of_bridge(text or "''", text or "''") == []


@pytest.mark.parametrize(
    "options, says",
    [
        ("stp", "'stp' has no value"),
        ("fordward_delay=1", "'fordward_delay' is no option of a bridge; did you mean forward_delay?"),
        ("DELAY=0", "'DELAY' is no option of a bridge; did you mean forward_delay?"),
        ("foo=1", "'foo' is no option of a bridge"),
        ("isolated=on", "'isolated' is no option of a bridge; it belongs to the bridge_port_options of a"),
        ("stp_state=2", "stp_state: '2' is neither off (0) nor on (1)"),
        ("stp_state=", "stp_state: '' is neither off (0) nor on (1)"),
        ("hello_time=2", "hello_time: 2 is not in 100..1000"),
        ("vlan_protocol=802.1p", "vlan_protocol: '802.1p' is not one of 802.1Q (0x8100), 802.1ad (0x88a8)"),
        ("group_fwd_mask=0x4001", "group_fwd_mask: 0x4001 has bits of 0x7, which must be zero"),
        ("group_addr=01:80:c2:00:00:02", "group_addr: 01:80:c2:00:00:02 is not 01:80:c2:00:00:00 or one"),
        ("group_addr=01:80:c2:00:00:10", "group_addr: 01:80:c2:00:00:10 is not 01:80:c2:00:00:00 or one"),
        ("group_addr=02:80:c2:00:00:00", "group_addr: 02:80:c2:00:00:00 is not 01:80:c2:00:00:00 or one"),
        ("hash_elasticity=4", "'hash_elasticity' is no option of a bridge"),
    ],
)
def test_what_a_bridge_does_not_know_is_an_error(options: str, says: str) -> None:
    (error,) = of_bridge(options)
    assert error.startswith(HERE + says)


@pytest.mark.parametrize(
    "options, says",
    [
        ("isolated", "'isolated' has no value"),
        ("isolate=on", "'isolate' is no option of a port of a bridge; did you mean isolated?"),
        (
            "ageing_time=1",
            "'ageing_time' is no option of a port of a bridge; it belongs to the bridge_options",
        ),
        ("isolated=2", "isolated: '2' is neither off (0) nor on (1)"),
        ("cost=0", "cost: 0 is not in 1..65535"),
        ("priority=64", "priority: 64 is not in 0..63"),
        ("group_fwd_mask=2", "group_fwd_mask: 0x2 has bits of 0x2, which must be zero"),
    ],
)
def test_what_a_port_does_not_know_is_an_error(options: str, says: str) -> None:
    (error,) = of_bridge("''", options)
    assert error.startswith(AT_THE_PORT + says)


@pytest.mark.parametrize(
    "options, says",
    [
        (
            "stp_state=on forward_delay=15",
            "forward_delay=15 is not in 200..3000, as it must be with stp_state=on"
            " (the unit is a hundredth of a second)",
        ),
        (
            "multicast_vlan_snooping=on",
            "multicast_vlan_snooping needs vlan_filtering, which is off (add vlan_filtering=on)",
        ),
    ],
)
def test_what_does_not_go_together_is_an_error(options: str, says: str) -> None:
    assert of_bridge(options) == [HERE + says]


def test_an_option_without_effect_is_a_warning() -> None:
    assert of_bridge("hello_time=100 vlan_protocol=802.1ad priority=0", "bpdu_guard=on path_cost=2") == [
        "4:19: warning: network_config[0].bridge_options: hello_time has no effect: stp_state is off"
        " (add stp_state=on, or remove hello_time)",
        "4:19: warning: network_config[0].bridge_options: priority has no effect: stp_state is off"
        " (add stp_state=on, or remove priority)",
        "4:19: warning: network_config[0].bridge_options: vlan_protocol has no effect: vlan_filtering is off"
        " (add vlan_filtering=on, or remove vlan_protocol)",
        "8:26: warning: network_config[0].members[0].bridge_port_options: bpdu_guard has no effect:"
        " stp_state of br0 is off (add stp_state=on to its bridge_options, or remove bpdu_guard)",
        "8:26: warning: network_config[0].members[0].bridge_port_options: path_cost has no effect:"
        " stp_state of br0 is off (add stp_state=on to its bridge_options, or remove path_cost)",
    ]


@pytest.mark.parametrize(
    "options, of_port",
    [
        ("stp_state=on forward_delay=200", "path_cost=1 bpdu_guard=on"),
        ("stp_state=on hello_time=100 max_age=600 priority=0", "root_block=on priority=0"),
        ("forward_delay=0 max_age=2000", "bpdu_guard=off"),
        ("vlan_filtering=1 vlan_protocol=802.1ad vlan_stats_per_port=1", "vlan_tunnel=on"),
        ("vlan_filtering=1 multicast_vlan_snooping=1", "isolated=on"),
    ],
)
def test_what_goes_together(options: str, of_port: str) -> None:
    assert of_bridge(options, of_port) == []


@pytest.mark.parametrize(
    "text, says",
    [
        (
            "- {type: interface, name: nic1, bridge_port_options: isolated=on}",
            "2:54: network_config[0].bridge_port_options: nic1 is no member of a linux_bridge here"
            " (the options of a port stand at the member of the bridge)",
        ),
        (
            "- {type: linux_bond, name: b, members: [{type: interface, name: nic1,"
            " bridge_port_options: isolated=on}]}",
            "2:92: network_config[0].members[0].bridge_port_options: nic1 is no member of a linux_bridge here"
            " (the options of a port stand at the member of the bridge)",
        ),
        (
            "- {type: linux_bridge, name: b, members: [{type: vlan, vlan_id: 2,"
            " bridge_port_options: isolated=on}]}",
            "2:89: network_config[0].members[0].bridge_port_options: vlan2 stands on b, and is no port of it"
            " (remove them)",
        ),
    ],
)
def test_options_of_a_port_that_is_none(text: str, says: str) -> None:
    assert said(f"network_config:\n{text}\n") == [says]
