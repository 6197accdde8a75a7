"""Small changes of a config: what a person edits between two runs."""

from __future__ import annotations

from typing import Callable, List, Tuple

from . import mutate_links, mutate_networks, mutate_options
from .draw import Draw
from .features import Feature, Features

#: Whether it found something to change.
Mutation = Callable[[Draw], bool]

#: Each group with the features that it needs.
MUTATIONS: Tuple[Tuple[Tuple[Feature, ...], Tuple[Mutation, ...]], ...] = (
    (
        (),
        (
            mutate_links.add_object,
            mutate_links.reorder_objects,
            mutate_links.port_leaves,
            mutate_links.port_moves,
            mutate_links.nic_becomes_a_port,
            mutate_links.another_primary,
            mutate_networks.set_mtu,
            mutate_networks.add_network,
            mutate_networks.add_address,
            mutate_networks.drop_address,
            mutate_networks.another_length,
            mutate_networks.addresses_move,
            mutate_networks.add_route,
            mutate_networks.drop_route,
            mutate_networks.another_gateway,
            mutate_networks.another_metric,
            mutate_options.set_option,
            mutate_options.set_primary_option,
        ),
    ),
    (
        (Feature.PRUNING, Feature.RESETTING),
        (
            mutate_links.drop_object,
            mutate_links.keep_one_object,
            mutate_links.port_is_dropped,
            mutate_links.another_vlan_id,
        ),
    ),
    (
        (Feature.RESETTING,),
        (mutate_links.no_primary, mutate_networks.drop_mtu, mutate_options.drop_option),
    ),
    ((Feature.ADDRESS_ORDER,), (mutate_networks.reorder_addresses,)),
    ((Feature.RECREATION,), (mutate_links.another_device,)),
    ((Feature.KINDS, Feature.RESETTING, Feature.PRUNING), (mutate_links.another_kind,)),
    ((Feature.PORTS_RELEASED, Feature.RESETTING), (mutate_options.another_mode,)),
    ((Feature.ROUTE_OPTIONS,), (mutate_networks.other_route_options,)),
    ((Feature.TABLES,), (mutate_networks.another_table, mutate_networks.add_table)),
    ((Feature.RULES,), (mutate_networks.add_rule, mutate_networks.drop_rule)),
    ((Feature.TAPS,), (mutate_networks.add_tap,)),
    ((Feature.OWN_LINKS,), (mutate_links.add_own_link, mutate_links.add_pair)),
    ((Feature.OWN_LINKS, Feature.RECREATION, Feature.PRUNING), (mutate_links.another_pair,)),
    (
        (Feature.OWN_LINKS, Feature.RESETTING, Feature.RECREATION, Feature.FALLING),
        (mutate_links.add_vrf, mutate_links.another_table_of_a_vrf, mutate_links.link_joins_or_leaves_a_vrf),
    ),
    (
        (Feature.OWN_LINKS, Feature.RESETTING, Feature.RECREATION),
        (mutate_links.another_own_link, mutate_links.own_link_changes_places),
    ),
    ((Feature.BRIDGE_OPTIONS,), (mutate_networks.set_bridge_options,)),
    ((Feature.BRIDGE_OPTIONS, Feature.RESETTING), (mutate_networks.drop_bridge_options,)),
)


def possible(features: Features) -> List[Mutation]:
    return [mutate for needs, some in MUTATIONS if features.issuperset(needs) for mutate in some]
