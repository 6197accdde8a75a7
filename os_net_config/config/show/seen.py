"""What of a node is looked at to tell it as a config. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import AbstractSet, Dict, FrozenSet, List, Mapping, Sequence

from ...state import link, row
from ...state.model import AddressKey, Key, LinkKey, NameKey, Resource, RouteKey, RowKey, RuleKey, State
from ...state.names import OWNER, TABLES
from ...state.nic import Nic
from ...state.record import Record
from ...state.route import BOOT, MAIN_TABLE, PROTOCOL
from ...state.values import Values
from ..nics import Names
from ..objects import rename_dotted

#: RTPROT_STATIC (linux/rtnetlink.h): what administrators and their programs say.
STATIC = 4
#: Makers of routes who are nobody else: ip says ``boot`` where it is told nothing.
BY_HAND = frozenset({BOOT, STATIC, PROTOCOL})


class UnsaidError(Exception):
    """A link cannot be said; the text is the reason."""


@dataclass(frozen=True)
class Seen:
    """``lasting`` are taps that stay when their program ends. ``by_alias``: NICs are named so."""

    live: State
    nics: Sequence[Nic]
    names: Names
    record: Record = field(default_factory=Record)
    lasting: AbstractSet[str] = frozenset()
    by_alias: bool = False

    def word(self, name: str) -> str:
        """The config's name for a link of the node. Raises UnsaidError where there is none."""
        if not name.isprintable():
            raise UnsaidError("its name is no text")
        alias = self._aliases.get(name)
        base, dot, number = name.rpartition(".")
        if alias is None and number.isdigit() and base in self._aliases:
            alias = f"{self._aliases[base]}{dot}{number}"
        words = [word for word in ((alias, name) if self.by_alias else (name, alias)) if word]
        for word in words:
            if rename_dotted(word, self.names.rename) == name:
                return word
        raise UnsaidError(f"in a config {name} is the name of another NIC")

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        return {name: alias for alias, name in reversed(list(self.names.aliases.items()))}

    def is_nic(self, name: str) -> bool:
        """Whether the link comes with the node, or somebody has named it as if it did."""
        return self.live.kind(name) == link.PLAIN or name in self._aliases

    @cached_property
    def macs(self) -> Mapping[str, bytes]:
        """As a run knows them (kinds/common.py)."""
        return {nic.name: nic.mac for nic in self.nics}

    @cached_property
    def renamed(self) -> AbstractSet[str]:
        """NICs that have a name of ours, and another one without us."""
        return {nic.name for nic in self.nics if nic.own_name != nic.name}

    def said(self, key: Key) -> FrozenSet[str]:
        """The attributes that a config says which was applied: they are told even where they are usual."""
        entry = self.record.get(key)
        return frozenset().union(*entry.claims.values()) if entry is not None else frozenset()

    def link_said(self, name: str) -> FrozenSet[str]:
        return self.said(LinkKey(name))

    @cached_property
    def addresses(self) -> Mapping[str, List[Resource]]:
        """By link, in the order of the kernel, which is the order that counts."""
        found: Dict[str, List[Resource]] = {}
        for one in self.live:
            if isinstance(one.key, AddressKey):
                found.setdefault(one.key.link, []).append(one)
        return found

    @cached_property
    def routes(self) -> List[Resource]:
        keys = (one.key for one in self.live if isinstance(one.key, RouteKey) and not one.key.others)
        return [self.live.resources[key] for key in keys]

    @cached_property
    def rules(self) -> List[Resource]:
        return [one for one in self.live if isinstance(one.key, RuleKey)]

    @cached_property
    def tables(self) -> Mapping[int, str]:
        """The names that configs have given to route tables, by number; and the one that everybody knows."""
        ours: Dict[int, str] = {MAIN_TABLE: "main"}
        for one in self.live:
            if isinstance(one.key, NameKey) and one.key.file == TABLES and OWNER not in one.values:
                ours[one.key.number] = str(one.values["name"])
        return ours

    # Open vSwitch

    def rows(self, table: str) -> Mapping[str, Values]:
        """By name."""
        return self._rows.get(table, {})

    @cached_property
    def _rows(self) -> Mapping[str, Mapping[str, Values]]:
        found: Dict[str, Dict[str, Values]] = {}
        for one in self.live:
            if isinstance(one.key, RowKey):
                found.setdefault(one.key.table, {})[one.key.name] = one.values
        return found

    def ports_of(self, bridge: str) -> List[str]:
        """Those of a bridge of Open vSwitch, its own first."""
        names = [name for name, one in self.rows(row.PORT).items() if one.get("bridge") == bridge]
        return sorted(names, key=lambda name: (name != bridge, name))

    def interfaces_of(self, port: str) -> List[str]:
        return sorted(name for name, one in self.rows(row.INTERFACE).items() if one.get("port") == port)

    def is_in_the_switch(self, name: str) -> bool:
        return name in self.rows(row.INTERFACE)
