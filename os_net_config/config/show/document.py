"""A node as a config: the objects that it can be said with, and a remark for each thing that cannot. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, Iterator, List, Mapping, Optional, Tuple

from ...state import bond, bridge, carried, link
from ...state.cleanup import is_of_the_system
from ...state.model import NameKey
from ...state.names import OWNER, TABLES
from ...state.row import BRIDGE, INTERFACE, PORT
from ..load import MAIN
from ..objects import AGGREGATES, NICS
from ..schema import CONFIG, acceptor
from . import addresses, bonds, bridges, clients, links, name_servers, routes, rules, settings, switch
from .seen import Seen, UnsaidError
from .tree import Content, Element, Entry, Remark, Scalar

#: The order of the objects.
ORDER = (
    *("interface", "ib_interface", "ib_child_interface", "dummy", "veth", "linux_tap", "linux_bond", "team"),
    *("vlan", "macvlan", "vxlan", "linux_bridge", "vrf", "ovs_bridge", "ovs_user_bridge"),
)


def describe(seen: Seen) -> Entry:
    """The whole file."""
    return _Description(seen).file()


@dataclass(frozen=True)
class _Description:
    seen: Seen

    def file(self) -> Entry:
        objects: List[Element] = [*self._tables(), *self._top_level()]
        if not objects:
            # A list without an object is refused.
            objects = [Entry({"type": "interface", "name": link.LOOPBACK})]
        left = (*self._left_out(), *self._routes.homeless, *name_servers.remarks(self.seen))
        return Entry({MAIN: (*objects, *left)})

    # What is said, and what is not

    @cached_property
    def _sorted_out(self) -> Tuple[Dict[str, Entry], Dict[str, str]]:
        """The heads of objects by link, and the reasons for what has none."""
        heads: Dict[str, Entry] = {}
        left: Dict[str, str] = {}
        for name, _ in self.seen.live.links():
            try:
                heads[name] = links.head(self.seen, name)
            except UnsaidError as error:
                left[name] = str(error)
        while further := dict(self._going_along(heads, left)):
            left.update(further)
            heads = {name: one for name, one in heads.items() if name not in left}
        return heads, left

    def _going_along(self, heads: Mapping[str, Entry], left: Mapping[str, str]) -> Iterator[Tuple[str, str]]:
        """What hangs on a link that is left out."""
        for name in heads:
            holder, below = self._holder(name), self.seen.live.values(name).get("link")
            if holder is not None and holder not in heads:
                yield name, f"it is a port of {holder}, which is left out"
            elif (
                self.seen.live.kind(name) in carried.KINDS
                and str(below) in left
                and not self._is_idle(str(below))
            ):
                yield name, f"it stands on {below!s}, which is left out"

    def _is_idle(self, name: str) -> bool:
        """Whether it is a NIC that is only not set up."""
        return self.seen.is_nic(name)

    def _holder(self, name: str) -> Optional[str]:
        """The link that it is a port of, be it Open vSwitch's."""
        master = self.seen.live.values(name).get("master")
        if isinstance(master, str):
            return master
        interface = self.seen.rows(INTERFACE).get(name)
        if interface is None or name in self.seen.rows(BRIDGE):
            return None
        bridge_of = self.seen.rows(PORT).get(str(interface.get("port")), {}).get("bridge")
        return str(bridge_of)

    @property
    def _heads(self) -> Mapping[str, Entry]:
        return self._sorted_out[0]

    # Objects

    def _tables(self) -> Iterator[Entry]:
        for one in self.seen.live:
            if isinstance(one.key, NameKey) and one.key.file == TABLES and OWNER not in one.values:
                said: Dict[str, Scalar] = {"type": "route_table", "name": str(one.values["name"])}
                yield Entry({**said, "table_id": one.key.number})

    def _top_level(self) -> List[Entry]:
        names = [name for name in self._heads if not self._is_inside(name) and self._says_something(name)]
        found = [self._whole(name) for name in names]
        return sorted(
            found,
            key=lambda one: (
                ORDER.index(str(one.values["type"])) if one.values["type"] in ORDER else len(ORDER)
            ),
        )

    def _is_inside(self, name: str) -> bool:
        """Whether its object is a member of another one; else it is named there, and stands elsewhere."""
        holder = self._holder(name)
        if holder is None or holder not in self._heads:
            return False
        allowed = acceptor(CONFIG).member_types(str(self._heads[holder].values["type"]))
        return not allowed or self._heads[name].values["type"] in allowed

    def _says_something(self, name: str) -> bool:
        return name != link.LOOPBACK or len(self._whole(name).values) > 2

    def _whole(self, name: str) -> Entry:
        """An object with all that belongs to it."""
        head = self._heads[name]
        values: Dict[str, Content] = dict(head.values)
        values.update(self._named(name, head))
        extra = values.pop("ovs_extra", None)
        values.update(self._primary(name))
        values.update(self._as_port(name) if self._is_inside(name) else {})
        mtu, options = links.mtu(self.seen, name), settings.shown(self.seen, name)
        values.update({"mtu": mtu} if mtu is not None else {})
        values.update({"ethtool_opts": options} if options else {})
        values.update({"ovs_extra": extra} if extra else {})
        if not self.seen.live.is_internal(name) and self._is_inside(name):
            values.update(switch.as_port(self.seen, name))
        values.update(clients.shown(self.seen, name))
        values.update(name_servers.shown(self.seen, name, name == next(iter(self._homes), None)))
        parts = (
            ("addresses", self._addresses[name]),
            ("routes", tuple(self._routes.of.get(name, ()))),
            ("rules", tuple(self._rules.get(name, ()))),
            ("members", tuple(self._members(name))),
        )
        values.update({key: elements for key, elements in parts if elements})
        return Entry(values, head.remarks)

    def _named(self, name: str, head: Entry) -> Dict[str, bool]:
        """Of a NIC that has its name from us: without this it would get its own back."""
        is_ours = head.values["type"] in NICS and name in self.seen.renamed
        return {"persist_mapping": True} if is_ours else {}

    def _primary(self, name: str) -> Dict[str, bool]:
        master = self.seen.live.values(name).get("master")
        chosen = {bond.KIND: bonds.primary, bridge.KIND: bridges.primary}.get(
            str(self.seen.live.kind(master))
        )
        if chosen is None or not isinstance(master, str):
            return {}
        return {"primary": True} if chosen(self.seen, master) == name else {}

    def _as_port(self, name: str) -> Dict[str, str]:
        master = self.seen.live.values(name).get("master")
        if self.seen.live.kind(master) != bridge.KIND:
            return {}
        options = bridges.port_options(self.seen, name)
        return {"bridge_port_options": options} if options else {}

    def _members(self, name: str) -> Iterator[Element]:
        kind = str(self._heads[name].values["type"])
        if kind in {"ovs_bridge", "ovs_user_bridge"}:
            yield from switch.members(self.seen, name, self._member)
        elif acceptor(CONFIG).member_types(kind):
            ports = bonds.ports if kind in AGGREGATES else (lambda seen, one: list(seen.live.ports(one)))
            for port in ports(self.seen, name):
                yield self._member_or_remark(port)

    def _member_or_remark(self, name: str) -> Element:
        try:
            return self._member(name)
        except UnsaidError as error:
            return Remark(f"the port {name} is left out: {error}")

    def _member(self, name: str) -> Entry:
        """Its object, or one that only names it. Raises UnsaidError where it is left out."""
        if name not in self._heads:
            why = self._sorted_out[1].get(name, "there is no link of its name")
            raise UnsaidError(f"{why}{addresses.in_words(self.seen, name)}")
        if self._is_inside(name):
            return self._whole(name)
        said: Dict[str, Scalar] = {"type": "interface", "name": self.seen.word(name)}
        return Entry(
            {**said, **self._primary(name), **self._as_port(name), **switch.as_port(self.seen, name)}
        )

    # What links have

    @cached_property
    def _addresses(self) -> Mapping[str, Tuple[Element, ...]]:
        return {name: addresses.shown(self.seen, name) for name in self._heads}

    @cached_property
    def _homes(self) -> List[str]:
        return sorted(self._heads, key=lambda name: (name == link.LOOPBACK, self._holder(name) is not None))

    @cached_property
    def _routes(self) -> routes.Placed:
        without_ipv6 = {name for name, some in self._addresses.items() if addresses.has_ipv6_left_out(some)}
        return routes.placed(self.seen, self._homes, without_ipv6)

    @cached_property
    def _rules(self) -> Mapping[str, List[Element]]:
        return rules.placed(self.seen, self._homes)

    # The rest

    def _left_out(self) -> Iterator[Remark]:
        for name, why in self._sorted_out[1].items():
            # A port of what is said is told there.
            if not is_of_the_system(name) and self._holder(name) not in self._heads:
                yield Remark(f"{name} is left out: {why}{addresses.in_words(self.seen, name)}")
