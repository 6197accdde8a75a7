"""The second half of a plan: from what is wanted (draft.py), by way of what goes, to the steps.

Everything up to the plan only reads, so that a dry run cannot act.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import AbstractSet, List, Mapping, NamedTuple, Sequence, Tuple

from ..backends.protocol import Backend
from ..config import dhcp
from ..config.document import Document
from ..config.load import Config
from ..config.name_servers import leased
from ..config.remove import asked
from ..state import clients, devices, faults, fitting, held, pairs, peers, renaming, resolver, rows
from ..state.carriers import with_carriers
from ..state.cleanup import cleanup, with_removals
from ..state.diff import diff
from ..state.graph import CycleError
from ..state.leftovers import with_purged
from ..state.loss import NOTHING_ATTACHED, at_stake
from ..state.model import FileKey, Key, NameKey, NicNameKey, Resource, State
from ..state.mtu_request import with_mtus
from ..state.plan import Plan, plan
from ..state.problem import Problem, ProblemsError, Severity, first
from ..state.programs import unrunnable
from ..state.record import Record
from ..state.release import Settled, settle
from ..state.removal import needed, with_asked
from ..state.shared import apart, ours
from ..state.switch import with_rows
from . import labels
from .draft import Draft, draft_document
from .prepared import Prepared, Scope, Situation
from .undo import observe_as

_USUAL = Scope()


def prepare_document(document: Document, node: Situation, scope: Scope = _USUAL) -> Prepared:
    """The plan for this document on a node in this situation. Raises ProblemsError. Pure."""
    return prepare_draft(draft_document(document, node, scope))


def prepare_draft(draft: Draft, settings: Mapping[Key, Resource] = MappingProxyType({})) -> Prepared:
    """The plan, with settings that were read since. Raises ProblemsError. Pure."""
    live = State({**draft.node.live.resources, **settings}) if settings else draft.node.live
    return _prepared(draft.config, draft.wanted, draft.node._replace(live=live), draft.scope)


class _Run(NamedTuple):
    """What stays the same on the way to the plan. Of ``node`` routes that are shared are apart."""

    config: Config
    node: Situation
    scope: Scope
    known: Record

    @property
    def live(self) -> State:
        return self.node.live

    @property
    def claimant(self) -> str:
        return self.node.memory.claimant(self.scope.section)


def _prepared(config: Config, wanted: State, node: Situation, scope: Scope) -> Prepared:
    known = node.known(scope)
    wanted, live = _fitted(_with_labels(wanted, node, scope), node, known, scope)
    run = _Run(config, node._replace(live=apart(live, ours(known, wanted))), scope, known)
    away, wanted = list(pairs.elsewhere(wanted, live)), pairs.here(wanted, live)
    unreachable = _unreachable(wanted, run)
    settled, swept, theirs = _settled(wanted, run)
    _refuse_impossible(wanted, settled, run)
    settled = _with_what_follows(settled, run)
    settled, made = _named_and_planned(settled, run)
    settled, made, late = _without_late(settled, made, run)
    made = with_carriers(made, config.delays, settled.wanted, run.live)
    conflicts = [*unreachable, *theirs, *rows.without_peer(wanted, run.live), *away]
    conflicts += held.useless(wanted, run.live, settled.removals)
    conflicts += resolver.told(wanted, run.live, leased(config.objects))
    conflicts += dhcp.unused(config.objects, settled.wanted)
    return _unless_lossy(Prepared(config, run.node, scope, wanted, settled, made, swept, conflicts, late))


def _with_labels(wanted: State, node: Situation, scope: Scope) -> State:
    """With the names of our number that are used. Who has read more of the node may know better which are."""
    keys = {one.key for one in node.labels}
    rest = State({key: one for key, one in wanted.resources.items() if key not in keys})
    # Files may be those of another node.
    named = node.labels if scope.only_files else labels.used(node.labels, rest, node.live)
    return State({**{one.key: one for one in named}, **rest.resources})


def _fitted(wanted: State, node: Situation, known: Record, scope: Scope) -> Tuple[State, State]:
    """What is wanted as this node can have it; and the live state, with what is known of it besides."""
    live = fitting.remembered(node.live, known)
    live = clients.without_leases(live, wanted) if scope.prune else live
    wanted = clients.fitted(wanted, live, node.programs)
    wanted = fitting.fitted(with_mtus(peers.with_peers(wanted), live), live, known)
    return resolver.placed(wanted, live), live


def _unreachable(wanted: State, run: _Run) -> List[Problem]:
    """What asks for rows where there is no database, and what was to be taken back there.

    A boot gives the node the rest of its network, and is run again when Open vSwitch comes. Raises
    ProblemsError.
    """
    if run.scope.only_files:
        return []
    found = list(rows.no_database(wanted, run.live))
    if run.scope.prune:
        goes_on = run.scope.booting or not run.node.has_open_vswitch
        severity = Severity.WARNING if goes_on else Severity.ERROR
        found += rows.left_there(wanted, run.live, run.known, run.claimant, severity)
    refused = [one for one in found if one.severity is Severity.ERROR]
    if refused:
        raise ProblemsError(refused, run.config.document)
    return found


def _settled(wanted: State, run: _Run) -> Tuple[Settled, AbstractSet[Key], Sequence[Problem]]:
    """What is wanted with what it leaves unsaid, and what goes.

    With what of that goes only because it is cleaned up, and what somebody else has changed since and is
    left so. Raises ProblemsError.
    """
    scope, live, settled = run.scope, run.live, Settled(wanted, {})
    swept: AbstractSet[Key] = frozenset()
    if scope.prune:
        settled = settle(wanted, live, run.known, run.claimant, scope.prune_all)
    if scope.cleanup:
        more = cleanup(wanted, live, run.node.root)
        swept = more.keys() - settled.removals.keys()
        settled = with_removals(settled, more)
    if scope.remove:
        settled = _with_named(settled, wanted, run)
    if scope.purge is not None:
        settled = with_purged(settled, scope.purge, wanted, live)
    settled, theirs = with_rows(settled, wanted, live, run.known, run.claimant)
    if not scope.booting:
        # A boot gives the node the rest of its network, and says what is not made (cli/boot.py).
        settled = settled._replace(wanted=faults.without(settled.wanted, wanted, live))
    return settled, swept, list(rows.told(theirs, wanted, live))


def _with_named(settled: Settled, wanted: State, run: _Run) -> Settled:
    """Without what remove_config names. Raises ProblemsError."""
    named = asked(run.config.removals, run.live, run.config.document)
    missing = list(needed(named, wanted))
    if missing:
        raise ProblemsError(first(missing), run.config.document)
    return with_asked(settled, named, wanted, run.live, run.known)


def _refuse_impossible(wanted: State, settled: Settled, run: _Run) -> None:
    """Raises ProblemsError."""
    if run.scope.only_files:
        return
    impossible = [*devices.problems(wanted, settled.wanted, run.live), *fitting.problems(wanted, run.live)]
    impossible += resolver.problems(wanted, settled, run.live)
    impossible += unrunnable(wanted, run.live, run.node.programs)
    if impossible:
        raise ProblemsError(first(impossible), run.config.document)


def _with_what_follows(settled: Settled, run: _Run) -> Settled:
    """With what goes along with devices, renames and clients. Raises ProblemsError."""
    settled = with_removals(settled, devices.going_along(settled.wanted, run.live))
    settled = _renamed(settled, run)
    return with_removals(settled, clients.default_routes(settled.wanted, run.live))


def _renamed(settled: Settled, run: _Run) -> Settled:
    """With the new names of links. Raises ProblemsError."""
    live = run.live
    if run.scope.only_files or not any(renaming.NAME in one.values for _, one in live.links()):
        return settled
    removals = {**settled.removals, **renaming.ports_renamed(settled.wanted, live)}
    named = renaming.with_names(renaming.with_rows(settled.wanted, live), live, removals)
    settled = settled._replace(wanted=named, removals=removals)
    impossible = list(renaming.problems(settled.wanted, live, removals))
    if impossible:
        raise ProblemsError(first(impossible), run.config.document)
    return settled


def _named_and_planned(settled: Settled, run: _Run) -> Tuple[Settled, Plan]:
    """With the names of our number too where only the plan tells that something gets it, in others' place."""
    made = _plan(run.config.document, settled, run.live)
    brought = {one.key: one for one in labels.brought(run.node.labels, made.steps)}
    if brought.keys() <= settled.wanted.resources.keys():
        return settled, made
    settled = settled._replace(wanted=State({**brought, **settled.wanted.resources}))
    return settled, _plan(run.config.document, settled, run.live)


def _without_late(settled: Settled, made: Plan, run: _Run) -> Tuple[Settled, Plan, AbstractSet[Key]]:
    """A boot makes what needs no lease first: a server that is silent keeps no other network down."""
    late = clients.unserved(made, run.live) if run.scope.booting else frozenset()
    if not late:
        return settled, made, late
    rest = State({key: one for key, one in settled.wanted.resources.items() if key not in late})
    settled = settled._replace(wanted=rest)
    return settled, _plan(run.config.document, settled, run.live), late


def _plan(document: Document, settled: Settled, live: State) -> Plan:
    difference = diff(settled.wanted, live, settled.removals, settled.freed)
    if difference.problems:
        raise ProblemsError(first(difference.problems), document)
    try:
        return plan(difference.changes, settled.wanted, live)
    except CycleError as error:
        message = f"the changes of {error} need each other: none of them can be the first"
        raise ProblemsError([Problem((), message)], document) from error


def _unless_lossy(prepared: Prepared) -> Prepared:
    lost = [one for one in prepared.lost if one.severity is Severity.ERROR]
    if lost and not prepared.scope.allow_loss:
        raise ProblemsError(first(lost), prepared.config.document)
    return prepared


def of_files(prepared: Prepared) -> Prepared:
    """What of it concerns files: where a directory stands for /, no kernel goes with them."""
    wanted = {key: one for key, one in prepared.settled.wanted.resources.items() if _is_of_a_file(key)}
    removals = {key: path for key, path in prepared.settled.removals.items() if _is_of_a_file(key)}
    settled = Settled(State(wanted), removals)
    made = _plan(prepared.config.document, settled, prepared.live)
    return replace(prepared, settled=settled, plan=made, swept=frozenset())


def _is_of_a_file(key: Key) -> bool:
    return isinstance(key, (FileKey, NameKey, NicNameKey))


def refresh(prepared: Prepared, backend: Backend, record: Record) -> Prepared:
    """The same config against the node as it is now: for a run that had no lock until here."""
    memory = prepared.node.memory._replace(record=record)
    node = prepared.node._replace(memory=memory, attached=NOTHING_ATTACHED)
    settings = Draft(prepared.config, prepared.wanted, node, prepared.scope).settings
    node = node._replace(live=observe_as(backend, node.called, settings))
    found = _prepared(prepared.config, prepared.wanted, node, prepared.scope)
    stake = at_stake(found.plan)
    links = {one.values.get("index"): name for name, one in node.live.links() if name in stake}
    if not links:
        return found
    attached = backend.attached({index: name for index, name in links.items() if isinstance(index, int)})
    return _unless_lossy(replace(found, node=found.node._replace(attached=attached)))
