"""What a run knows, as values: how far it goes, what earlier ones left, the node, and then the plan. Pure.

The pipeline goes from one to the next: a Situation (sources.py), a Draft (draft.py), what is Prepared
(prepare.py); that is carried out (converge.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import AbstractSet, List, Mapping, NamedTuple, Optional, Sequence

from ..config.load import FALLBACK, MAIN, MINIMUM, Config
from ..config.nics import Names
from ..state import peers, renaming, rows
from ..state.cleanup import peer_of
from ..state.detection import duplicates
from ..state.loss import NOTHING_ATTACHED, Aside, Attached, losses
from ..state.model import Key, LinkKey, Resource, RouteKey, State
from ..state.nic import Nic
from ..state.plan import Plan
from ..state.problem import Problem, Severity
from ..state.programs import NO_PROGRAMS, Programs
from ..state.record import (
    Record,
    Said,
    carried_out,
    handed_over,
    of_this_database,
    taken_over,
    under_way,
    updated,
    without_removed,
)
from ..state.release import Settled, labelled
from ..state.root_file_system import LOCAL, RootServers
from ..state.shared import Ours, may_be_hidden, ours


class Scope(NamedTuple):
    """How far a run goes beyond what the config names."""

    #: Whether what left the config is taken back.
    prune: bool = True
    #: Whether all that carries our label and is not in the config is removed.
    prune_all: bool = False
    #: Whether what cannot be brought back may be lost.
    allow_loss: bool = False
    #: Whether links go that the config does not name, whoever made them.
    cleanup: bool = False
    #: Whether what remove_config names is removed.
    remove: bool = False
    #: The section that is applied.
    section: str = MAIN
    #: Whether it is: otherwise it is only checked.
    apply: bool = True
    #: Whether what minimum_config brought is left alone.
    minimum: bool = False
    #: Whose files go that are there for the links of the config.
    purge: Optional[str] = None
    #: Whether it is more than a step on the way to a network.
    lasting: bool = True
    #: Whether what is ``onboot: false`` is left alone.
    booting: bool = False
    #: Whether nothing but files is written.
    only_files: bool = False

    @property
    def is_target(self) -> bool:
        """Whether the config is from then on what the node is to have."""
        return self.apply and self.lasting and self.section == MAIN


#: Further names for the record: for all NICs that are set up so that those are counted which have
#: carrier, and for what an explicit run has brought that is not for a boot.
COUNT, LATER = "count", "onboot: false"
_TAKEN_OVER = frozenset({MINIMUM, FALLBACK, COUNT, LATER})


class Memory(NamedTuple):
    """What earlier runs left behind: their record, and the path of this config."""

    record: Record = Record()
    path: str = ""
    #: What the config says that is not for a boot: attributes.
    later: Said = MappingProxyType({})

    def claimant(self, section: str) -> str:
        """By what name the record knows a section. To it each is a config of its own."""
        return self.path if section == MAIN else f"{self.path}#{section}"

    def known(self, scope: Scope) -> Record:
        """The record as this run takes it: what the other sections brought is its own to take back."""
        if scope.section != MAIN:
            return self.record
        left_alone = {MINIMUM} if scope.minimum else set()
        others = {self.claimant(one) for one in _TAKEN_OVER - left_alone}
        known = taken_over(self.record, self.path, others)
        return handed_over(known, self.path, self.later, self.claimant(LATER))


class Situation(NamedTuple):
    """The node as a run finds it. ``tables`` are its route tables by name.

    ``labels`` are the names of our own number, wanted as soon as something has it.
    """

    live: State
    nics: Sequence[Nic]
    names: Names
    tables: Mapping[str, int] = MappingProxyType({})
    labels: Sequence[Resource] = ()
    memory: Memory = Memory()
    #: Where the root file system comes from: read for a clean-up.
    root: RootServers = LOCAL
    #: What hangs on links: asked for where a plan takes some away.
    attached: Attached = NOTHING_ATTACHED
    #: Whether Open vSwitch may come that does not run.
    has_open_vswitch: bool = True
    #: The names that links have in ``live``, be it that they are to get them.
    called: renaming.Called = MappingProxyType({})
    #: NICs that get their alias as their name, now and at each boot.
    persistent: Sequence[Resource] = ()
    #: Whether all do that the config speaks of, without its saying so.
    is_persistent: bool = False
    #: What there is to run processes of links with.
    programs: Programs = NO_PROGRAMS

    def known(self, scope: Scope) -> Record:
        """The record as this run takes it, as far as it is about this node. See Memory."""
        known = of_this_database(self.memory.known(scope), self.live)
        return renaming.record_by(known, renaming.names_then(self.live))


@dataclass(frozen=True)
class Prepared:
    """All that is known before the first write. ``settled`` is ``wanted`` with what it leaves unsaid."""

    config: Config
    node: Situation
    scope: Scope
    wanted: State
    settled: Settled
    plan: Plan
    #: What goes only because it is cleaned up.
    swept: AbstractSet[Key] = frozenset()
    #: What somebody else has changed since, and is left so, or has not made yet.
    conflicts: Sequence[Problem] = ()
    #: The routes that are left for later: nothing but a lease reaches their next hops, and none has come.
    late: AbstractSet[Key] = frozenset()

    @property
    def live(self) -> State:
        return self.node.live

    @cached_property
    def warnings(self) -> List[Problem]:
        doubtful = [one for one in self.config.problems if one.severity is Severity.WARNING]
        # What an error would advise has been done: the loss is allowed.
        accepted = [one if one.severity is Severity.WARNING else _allowed(one) for one in self.lost]
        return [*doubtful, *self.conflicts, *duplicates(self.wanted, self.live), *accepted]

    @cached_property
    def lost(self) -> List[Problem]:
        """What of others goes for good."""
        swept = {key.name for key in self.swept if isinstance(key, LinkKey)}
        swept |= {str(peer) for name in swept if (peer := peer_of(name, self.live)) is not None}
        known = {key.name for key in self.known.entries if isinstance(key, LinkKey)}
        aside = Aside(self.node.attached, swept, known)
        ports = rows.lost_with(self.settled.removals, self.settled.wanted, self.live)
        return [*ports, *losses(self.plan, self.settled.wanted, self.live, aside)]

    @cached_property
    def known(self) -> Record:
        """See Situation."""
        return self.node.known(self.scope)

    @property
    def _claimant(self) -> str:
        return self.node.memory.claimant(self.scope.section)

    @cached_property
    def _updated(self) -> Record:
        settled = self.settled
        made = updated(self.known, self.wanted, self.live, self._claimant, keep_rest=not self.scope.prune)
        kept = without_removed(made, settled.removals, settled.wanted)
        return peers.noted(kept, self.known, self.live)

    @cached_property
    def record(self) -> Record:
        """What is to be remembered while the plan is carried out."""
        return under_way(self.known, self._updated) if self.plan else self.record_then

    @cached_property
    def record_then(self) -> Record:
        """What is to be remembered when it has been carried out."""
        return carried_out(self._updated)

    @property
    def ours(self) -> Mapping[RouteKey, Ours]:
        """What of the routes is ours or was, before this run."""
        return ours(self.known, self.wanted)

    @property
    def is_target(self) -> bool:
        """Whether it is from then on what the node is to have, and all of it."""
        return self.scope.is_target and not self.late

    @property
    def left_for_later(self) -> List[Problem]:
        """Warnings."""
        routes = [one for one in self.wanted if one.key in self.late]
        message = "the route {} is not added: nothing but a lease reaches the next hop, and there is none"
        return [Problem(one.origin, message.format(one.key), severity=Severity.WARNING) for one in routes]

    @property
    def needs_all_routes(self) -> bool:
        """Whether those that carry our label are too few to go by: a change may meet others' routes."""
        hidden = self.scope.prune and may_be_hidden(self.known, self._claimant, self.wanted, self.live)
        named = self.scope.remove and bool(self.config.removals)
        return bool(self.plan) or hidden or named

    @property
    def unknown(self) -> List[Resource]:
        """What carries our label, and is neither wanted nor known to belong to any config."""
        entries, settled = self.known.entries, self.settled
        known = {*settled.wanted.resources, *settled.removals, *entries}
        return [one for one in labelled(self.live) if one.key not in known]


def _allowed(loss: Problem) -> Problem:
    return loss._replace(severity=Severity.WARNING, hint="")
