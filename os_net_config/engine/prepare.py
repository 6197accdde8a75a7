"""The second half of a plan: from what is wanted (draft.py), by way of what goes, to the steps.

Everything up to the plan only reads, so that a dry run cannot act.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import AbstractSet, Iterator, Mapping, Tuple

from ..backends.protocol import Backend
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


def _prepared(config: Config, wanted: State, node: Situation, scope: Scope) -> Prepared:
    known, claimant = node.known(scope), node.memory.claimant(scope.section)
    wanted = _with_labels(wanted, node, scope)
    live = fitting.remembered(node.live, known)
    live = clients.without_leases(live, wanted) if scope.prune else live
    wanted = clients.fitted(wanted, live, node.programs)
    wanted = fitting.fitted(with_mtus(peers.with_peers(wanted), live), live, known)
    wanted = resolver.placed(wanted, live)
    node = node._replace(live=apart(live, ours(known, wanted)))
    away, wanted = list(pairs.elsewhere(wanted, live)), pairs.here(wanted, live)
    unreachable = [] if scope.only_files else list(_unreachable(wanted, node, known, claimant, scope))
    refused = [one for one in unreachable if one.severity is Severity.ERROR]
    if refused:
        raise ProblemsError(refused, config.document)
    settled = Settled(wanted, {})
    if scope.prune:
        settled = settle(wanted, node.live, known, claimant, scope.prune_all)
    swept: AbstractSet[Key] = frozenset()
    if scope.cleanup:
        more = cleanup(wanted, node.live, node.root)
        swept = more.keys() - settled.removals.keys()
        settled = with_removals(settled, more)
    if scope.remove:
        named = asked(config.removals, node.live, config.document)
        missing = list(needed(named, wanted))
        if missing:
            raise ProblemsError(first(missing), config.document)
        settled = with_asked(settled, named, wanted, node.live, known)
    if scope.purge is not None:
        settled = with_purged(settled, scope.purge, wanted, node.live)
    settled, theirs = with_rows(settled, wanted, node.live, known, claimant)
    if not scope.booting:
        # A boot gives the node the rest of its network, and says what is not made (cli/boot.py).
        settled = settled._replace(wanted=faults.without(settled.wanted, wanted, node.live))
    impossible = [*devices.problems(wanted, settled.wanted, node.live), *fitting.problems(wanted, node.live)]
    impossible += resolver.problems(wanted, settled, node.live)
    impossible += clients.problems(wanted, node.live, node.programs)
    if impossible and not scope.only_files:
        raise ProblemsError(first(impossible), config.document)
    settled = with_removals(settled, devices.going_along(settled.wanted, node.live))
    settled = _renamed(settled, node.live, config.document, scope)
    settled = with_removals(settled, clients.default_routes(settled.wanted, node.live))
    settled, made = _named_and_planned(config.document, settled, node)
    made = with_carriers(made, config.delays, settled.wanted, node.live)
    conflicts = [*unreachable, *rows.told(theirs, wanted, node.live), *rows.without_peer(wanted, node.live)]
    conflicts += [*away, *held.useless(wanted, node.live, settled.removals)]
    conflicts += resolver.told(wanted, node.live, leased(config.objects))
    return _unless_lossy(Prepared(config, node, scope, wanted, settled, made, swept, conflicts))


def _named_and_planned(document: Document, settled: Settled, node: Situation) -> Tuple[Settled, Plan]:
    """With the names of our number too where only the plan tells that something gets it, in others' place."""
    made = _plan(document, settled, node.live)
    brought = {one.key: one for one in labels.brought(node.labels, made.steps)}
    if brought.keys() <= settled.wanted.resources.keys():
        return settled, made
    settled = settled._replace(wanted=State({**brought, **settled.wanted.resources}))
    return settled, _plan(document, settled, node.live)


def _with_labels(wanted: State, node: Situation, scope: Scope) -> State:
    """With the names of our number that are used. Who has read more of the node may know better which are."""
    keys = {one.key for one in node.labels}
    rest = State({key: one for key, one in wanted.resources.items() if key not in keys})
    # Files may be those of another node.
    named = node.labels if scope.only_files else labels.used(node.labels, rest, node.live)
    return State({**{one.key: one for one in named}, **rest.resources})


def _renamed(settled: Settled, live: State, document: Document, scope: Scope) -> Settled:
    """With the new names of links. Raises ProblemsError."""
    if scope.only_files or not any(renaming.NAME in one.values for _, one in live.links()):
        return settled
    removals = {**settled.removals, **renaming.ports_renamed(settled.wanted, live)}
    named = renaming.with_names(renaming.with_rows(settled.wanted, live), live, removals)
    settled = settled._replace(wanted=named, removals=removals)
    impossible = list(renaming.problems(settled.wanted, live, removals))
    if impossible:
        raise ProblemsError(first(impossible), document)
    return settled


def _unreachable(
    wanted: State, node: Situation, known: Record, claimant: str, scope: Scope
) -> Iterator[Problem]:
    """What asks for rows where there is no database, and what was to be taken back there.

    A boot gives the node the rest of its network, and is run again when Open vSwitch comes.
    """
    yield from rows.no_database(wanted, node.live)
    if scope.prune:
        goes_on = scope.booting or not node.has_open_vswitch
        severity = Severity.WARNING if goes_on else Severity.ERROR
        yield from rows.left_there(wanted, node.live, known, claimant, severity)


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
