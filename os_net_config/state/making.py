"""What is there, as far as it can be made again after it is gone. Pure."""

from __future__ import annotations

from . import bond, ethtool, row
from .model import DeviceKey, EthtoolKey, LinkKey, ProcessKey, Resource, RowKey, attributes_of
from .values import Value, Values


def described(resource: Resource) -> Values:
    """The values with which a step makes this resource again."""
    if isinstance(resource.key, (DeviceKey, ProcessKey, RowKey)):
        table = attributes_of(resource.key, resource.values)
        # An error of ovs-vswitchd's is nothing to be made.
        return {n: value for n, value in resource.values.items() if n in table and n != row.ERROR}
    if isinstance(resource.key, EthtoolKey):
        return ethtool.writable(resource.key.group, resource.values)
    if not isinstance(resource.key, LinkKey):
        return resource.values
    table = attributes_of(resource.key, resource.values)
    return {
        name: value
        for name, value in resource.values.items()
        if name == "index" or (name in table and value is not None and _can_be_said(name, value, resource))
    }


def _can_be_said(name: str, value: Value, resource: Resource) -> bool:
    """The bonding driver tells of options that it does not take in every mode, or without a monitor."""
    if resource.values.get("kind") != bond.KIND or name not in bond.ATTRIBUTES:
        return True
    if name == "active_slave" or (name in bond.MULTIPLES_OF_MIIMON and not value):
        return False
    return bond.takes(name, resource.values.get("mode"))
