"""The pipeline: read, observe, compile, diff, plan; then execute and verify.

Everything up to the plan only reads, so that a dry run cannot act.
"""

from __future__ import annotations

import logging
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import (
    AbstractSet,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
)

from ..backends.protocol import Backend, ExecuteError, ObserveError, SettleError
from ..config import dpdk_checks
from ..config.compile import compile_section
from ..config.document import Document
from ..config.load import FALLBACK, MAIN, MINIMUM, Config, Node, load
from ..config.name_servers import leased
from ..config.nics import Names
from ..config.remove import REMOVE, absent, asked
from ..state import clients, devices, faults, fitting, held, pairs, peers, renaming, resolver, rows
from ..state.announcements import announcements, announcements_back
from ..state.carriers import with_carriers
from ..state.cleanup import cleanup, peer_of, with_removals
from ..state.detection import awaited, duplicates
from ..state.diff import Change, diff
from ..state.goal import before
from ..state.graph import CycleError
from ..state.leftovers import with_purged
from ..state.loss import NOTHING_ATTACHED, Aside, Attached, at_stake, losses
from ..state.model import (
    Asked,
    FileKey,
    Key,
    LinkKey,
    NameKey,
    NicNameKey,
    ProcessKey,
    Resource,
    RouteKey,
    State,
)
from ..state.mtu_request import with_mtus
from ..state.nic import Nic
from ..state.plan import Plan, plan
from ..state.problem import Path, Problem, ProblemsError, Severity, first
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
from ..state.release import Settled, labelled, settle
from ..state.removal import needed, with_asked
from ..state.root_file_system import LOCAL, RootServers
from ..state.shared import Ours, apart, may_be_hidden, ours
from ..state.switch import with_rows
from ..state.waiting import waiting, without_lacking
from . import labels
from .gate import NO_GATE, Gate
from .undo import begun, observe_as, observed, undo
from .verify import MismatchError, describe, verify

log = logging.getLogger(__name__)


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
    #: What there is to run DHCP clients with.
    programs: clients.Programs = clients.NO_PROGRAMS

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


_USUAL = Scope()


def _allowed(loss: Problem) -> Problem:
    return loss._replace(severity=Severity.WARNING, hint="")


class Disk(Protocol):
    """Where a run writes down what it does: its journal, and the record."""

    def begin(self, prepared: Prepared) -> None:
        """What is about to be done is on the disk, with the record for meanwhile. Raises OSError."""

    def save(self, record: Record) -> None:
        """Raises OSError."""

    def end(self, prepared: Prepared, reason: Optional[str] = None) -> None:
        """All of it is done, or all of it is taken back for this reason. What cannot be written is logged."""


class _NoDisk:
    def begin(self, prepared: Prepared) -> None:
        """Nobody finishes what is left undone."""

    def save(self, record: Record) -> None:
        """Nobody remembers."""

    def end(self, prepared: Prepared, reason: Optional[str] = None) -> None:
        """There is nothing to end."""


NO_DISK: Disk = _NoDisk()


class UndoneError(Exception):
    """A step failed, for these causes. What was done was taken back; ``left`` is what could not be."""

    def __init__(self, causes: Sequence[Problem], left: Sequence[str], step: Optional[Change] = None) -> None:
        #: Where the config asks for it, as far as that is known.
        self.causes = list(causes)
        self.cause = "; ".join(one.message for one in causes)
        #: The one that was refused, if it was one.
        self.step = step
        self.left = list(left)
        super().__init__(self.cause)


class StrandedError(UndoneError):
    """What the node is now could not be told, so that nothing was taken back: the journal stays for that."""


class Draft(NamedTuple):
    """What is known of a run before the NICs' settings are read that it has to do with."""

    config: Config
    wanted: State
    node: Situation
    scope: Scope

    @property
    def settings(self) -> FrozenSet[Asked]:
        """Those that have to be read."""
        if self.scope.only_files:
            return frozenset()
        record = renaming.record_by(self.node.memory.record, renaming.names_then(self.node.live))
        asked = fitting.asked(self.wanted, record)
        # What is ours of a file is read where it may be of no config that is known.
        return asked | {resolver.FILE_KEY} if self.scope.prune_all or self.scope.cleanup else asked


def prepare_document(document: Document, node: Situation, scope: Scope = _USUAL) -> Prepared:
    """The plan for this document on a node in this situation. Raises ProblemsError. Pure."""
    return prepare_draft(draft_document(document, node, scope))


def prepare_draft(draft: Draft, settings: Mapping[Key, Resource] = MappingProxyType({})) -> Prepared:
    """The plan, with settings that were read since. Raises ProblemsError. Pure."""
    live = State({**draft.node.live.resources, **settings}) if settings else draft.node.live
    return _prepared(draft.config, draft.wanted, draft.node._replace(live=live), draft.scope)


def draft_document(document: Document, node: Situation, scope: Scope = _USUAL) -> Draft:
    """What is wanted by this document on a node in this situation. Raises ProblemsError. Pure."""
    around = Node(node.names, lambda name: node.live.link(name) is not None, node.tables, scope.booting)
    config = load(document, around, scope.section, scope.remove)
    scope = scope if config.is_given else scope._replace(apply=False)
    # The other sections are not applied, so that they may ask for what comes later.
    applied: Mapping[Path, bool] = {(scope.section,): scope.apply, (REMOVE,): scope.remove}
    unsupported = [one for one in config.problems if one.severity is Severity.UNSUPPORTED]
    refused = [one for one in unsupported if applied.get(one.path[:1])]
    if refused:
        raise ProblemsError(refused, document)
    for name in absent(config.removals, node.live) if scope.remove else ():
        log.info("%s: there is no %s on this node", REMOVE, name)
    section = State()
    if scope.apply:
        section = _compiled(config, node)
        if not config.is_whole:
            whole = _compiled(
                load(document, around._replace(booting=False), scope.section, scope.remove), node
            )
            section, lacking = without_lacking(section, node.live)
            config = replace(config, problems=[*config.problems, *lacking])
            later = _together(_beyond(section, whole), waiting(section, node.live))
            node = node._replace(memory=node.memory._replace(later=later))
        section = _persistent(section, node)
    else:
        # Nothing is known of what else is to be there.
        scope = scope._replace(prune=False, prune_all=False, cleanup=False)
    return Draft(config, section, node, scope)


def _persistent(section: State, node: Situation) -> State:
    """With the names of NICs that are to have their alias."""
    found = dict(section.resources)
    for one in node.persistent:
        key = LinkKey(str(one.key))
        link = found.get(key)
        if link is not None:
            found[key] = link._replace(values={**link.values, renaming.NAME: key.name})
        if one.values:
            found[one.key] = one._replace(origin=link.origin if link is not None else ())
    return State(found)


def _beyond(part: State, whole: State) -> Said:
    there = part.resources
    return {
        one.key: one.values.keys() - there[one.key].values.keys() if one.key in there else None
        for one in whole
    }


def _together(one: Said, other: Said) -> Said:
    """None, which is all of a resource, is so in either."""
    more = {
        key: None if names is None else names | (one.get(key) or frozenset()) for key, names in other.items()
    }
    return {**one, **more}


def _compiled(config: Config, node: Situation) -> State:
    unknown = list(dpdk_checks.without_device(config.objects, node.nics))
    if unknown:
        raise ProblemsError(unknown, config.document)
    return compile_section(config.objects, config.routes, node.nics, node.names.rename, config.rules)


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


def apply(prepared: Prepared, backend: Backend, disk: Disk = NO_DISK, gate: Gate = NO_GATE) -> None:
    """Carry the plan out and see that it holds.

    Raises UndoneError when a step fails, the kernel does not do what it acknowledged or the gate does not
    let it through; then what was done has been taken back. OSError: the disk takes nothing, and nothing
    was done.
    """
    old, new = prepared.node.memory.record, prepared.record
    if not prepared.plan:
        if new != old:
            disk.save(new)
        disk.end(prepared)
        return
    works = gate.before(renaming.as_named(prepared.live))
    # First, so that from wherever a killed run comes to an end a way leads back.
    disk.begin(prepared)
    log.info("making %d steps", len(prepared.plan.steps))
    with _undisturbed():
        try:
            after = _make(prepared, backend)
            _pass(prepared, backend, gate.after(works, after), after)
        except StrandedError:
            raise
        except UndoneError as error:
            _save(disk, old, "tells of what was taken back")
            disk.end(prepared, error.cause)
            raise
        if prepared.record_then != new:
            _save(disk, prepared.record_then, "tells of what is no more")
        disk.end(prepared)


def _save(disk: Disk, record: Record, otherwise: str) -> None:
    try:
        disk.save(record)
    except OSError as error:
        log.error("the record of what is ours %s: %s", otherwise, error)


_DISTURBING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP})


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A signal that would end or stop the run waits until the node is in a state with a name."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _DISTURBING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _make(prepared: Prepared, backend: Backend) -> State:
    try:
        backend.execute(prepared.plan.steps)
        addresses = awaited(prepared.plan, prepared.settled.wanted)
        backend.settle(addresses, clients.awaited(prepared.plan))
        settings = fitting.settings_among(prepared.settled.wanted.resources)
        keys = (*settings, *(change.key for change in prepared.plan.changes))
        live = observed(backend, keys, prepared.node.called)
        after = apart(live, ours(prepared.record_then, prepared.settled.wanted))
        verify(prepared.plan, prepared.settled.wanted, after)
    except ExecuteError as error:
        done = begun(error, prepared.plan.steps)
        raise _taken_back([_refusal(error)], done, prepared, backend, error.step) from error
    except MismatchError as error:
        raise _taken_back(error.problems, prepared.plan.steps, prepared, backend) from error
    except (ObserveError, SettleError) as error:
        raise _taken_back([_unsettled(error, prepared)], prepared.plan.steps, prepared, backend) from error
    backend.announce(announcements(prepared.plan, prepared.live, after))
    return after


def _unsettled(error: Exception, prepared: Prepared) -> Problem:
    """A client's place is that which asks for it."""
    key = error.key if isinstance(error, SettleError) else None
    one = prepared.settled.wanted.get(key) if isinstance(key, ProcessKey) else None
    return Problem(one.origin if one is not None else (), str(error))


def _refusal(error: ExecuteError) -> Problem:
    """It names the step, and so may the reason: then once."""
    key = f"{error.step.key}: "
    reason = error.reason[len(key) :] if error.reason.startswith(key) else error.reason
    return Problem(error.step.origin, f"{describe(error.step)}: {reason}")


def _pass(prepared: Prepared, backend: Backend, failures: Sequence[str], after: State) -> None:
    if failures:
        causes = [Problem((), "; ".join(failures))]
        error = _taken_back(causes, prepared.plan.steps, prepared, backend)
        # They were told of what is no more.
        backend.announce(announcements_back(prepared.plan, prepared.live, after))
        raise error


def _taken_back(
    causes: Sequence[Problem],
    done: Sequence[Change],
    prepared: Prepared,
    backend: Backend,
    step: Optional[Change] = None,
) -> UndoneError:
    """The error of a run that comes to nothing for these causes, after it was taken back."""
    try:
        return UndoneError(causes, undo(before(done, prepared.live), backend, prepared.ours), step)
    except CycleError as error:
        return UndoneError(causes, [f"what there is now could not be told: {error}"], step)
    except ObserveError as error:
        told = f"what there is now could not be told: {error}; os-net-config recover takes back what is left"
        return StrandedError(causes, [told], step)
