"""A config document, read and checked: what the rest of the program starts from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ..state.problem import Path, Problem, ProblemsError, Severity, first
from . import dhcp, ethtool_checks, ovs_checks, teams, vrfs
from . import routes as route_words
from . import rules as rule_words
from .absent import Lacking, without
from .checks import check
from .document import Document, Position
from .nics import NUMBERED, UNRESOLVED, Names, missing_nics
from .objects import Object, build, mere_mentions, walk
from .remove import REMOVE, Removal
from .remove import read as read_removals
from .routes import Route
from .rules import Context, Rule
from .schema import CONFIG, Report, acceptor
from .section import Section
from .tables import check_tables, known_tables

if TYPE_CHECKING:
    from ..state.probe import Probe

MAIN, MINIMUM, FALLBACK = "network_config", "minimum_config", "fallback_config"
SECTIONS = (MAIN, MINIMUM, FALLBACK)


@dataclass(frozen=True)
class Config:
    """One section in the words of the language. ``problems`` are warnings and what comes later."""

    document: Document
    objects: List[Object]
    routes: Dict[Path, List[Route]]
    problems: List[Problem]
    rules: Dict[Path, List[Rule]] = field(default_factory=dict)
    probes: List[Probe] = field(default_factory=list)
    #: What ``remove_config`` names.
    removals: List[Removal] = field(default_factory=list)
    #: Whether the file has the section at all: one that only removes has no network_config.
    is_given: bool = True
    #: Whether nothing of it is left out.
    is_whole: bool = True

    @property
    def delays(self) -> Dict[str, int]:
        """How many seconds links have to get carrier before it is needed."""
        return {one.name: one.get("linkdelay") for one in walk(self.objects) if one.get("linkdelay")}


def accept(document: Document) -> Tuple[Mapping[str, Any], List[Problem]]:
    """The document in canonical form and all that is wrong with it by the schema."""
    if not isinstance(document.root, dict):
        what = "a list" if isinstance(document.root, list) else "a text"
        message = "the file is empty" if document.root is None else f"the file is {what}, not a mapping"
        hint = f"a config begins with {MAIN}: and its list of objects"
        raise ProblemsError([Problem((), message, hint)], document)
    report = Report(list(document.problems))
    accepted = acceptor(CONFIG).accept(document.root, report)
    problems = report.problems
    if report.rejected:
        from .explain import explain

        problems = [*problems, *explain(report.rejected)]
    return accepted, problems


class Node(NamedTuple):
    """What a config may hang on: the names of the NICs, and whether a link that it does not declare is there.

    ``tables`` are the node's route tables by name; None: there is no node, which could know any name.
    """

    names: Names = UNRESOLVED
    exists: Callable[[str], bool] = lambda name: False
    tables: Optional[Mapping[str, int]] = None
    #: Whether what is ``onboot: false`` is left out.
    booting: bool = False


_NO_NODE = Node()


def load(document: Document, node: Node = _NO_NODE, section: str = MAIN, removing: bool = False) -> Config:
    """One of the sections; all are checked. Raises ProblemsError if anything in the file is an error.

    It is without what the NICs that are not here (``names.absent``) are needed for.

    ``removing``: a file that only has remove_config is good.
    """
    accepted, problems = accept(document)
    if MAIN not in accepted and not (removing and accepted.get(REMOVE)):
        problems = [*problems, _no_main(document.root)]
    _raise_errors(document, problems)
    configs = {}
    entries = {section: accepted.get(section) or [] for section in SECTIONS}
    for name in SECTIONS:
        # Of one name in two sections, a section's own counts.
        others = [entries[other] for other in SECTIONS if other != name]
        context = Context(node.names.rename, known_tables([*others, entries[name]], node.tables))
        whole, found = _section(document, entries[name], name, context)
        configs[name], found = _without_absent(whole, found, node, is_applied=name == section)
        problems = [*problems, *found]
    chosen = configs[section]
    probes, wrong = _probes(accepted)
    removals, found = read_removals(accepted.get(REMOVE) or [], node.names.rename)
    problems = [*problems, *missing_nics(chosen.objects, node.names), *wrong, *found]
    _raise_errors(document, problems)
    problems = _in_order(document, problems)
    return replace(
        chosen, problems=problems, probes=probes, removals=removals, is_given=bool(accepted.get(section))
    )


def _probes(accepted: Mapping[str, Any]) -> Tuple[List[Probe], List[Problem]]:
    if not accepted.get("probes"):
        return [], []
    from .probes import read

    return read(accepted["probes"])


def _section(
    document: Document,
    entries: List[Mapping[str, Any]],
    name: str,
    context: Context,
) -> Tuple[Config, List[Problem]]:
    entries, wrong = vrfs.numbered(entries, (name,), context.tables)
    objects = build(entries, (name,), context.rename)
    context = context._replace(own=vrfs.tables_of(objects))
    mentions = mere_mentions(objects)
    problems = [*wrong, *(_said_twice(one) for one in mentions)]
    objects = [one for one in objects if one not in mentions]
    problems.extend(check_tables(objects))
    routes: Dict[Path, List[Route]] = {}
    for one in walk(objects):
        routes[one.path], found = route_words.read(one, context)
        problems.extend(found)
    rules, found = rule_words.read(list(walk(objects)), context)
    problems.extend(found)
    return Config(document, objects, routes, [], rules), problems


def _without_absent(
    config: Config, problems: List[Problem], node: Node, is_applied: bool
) -> Tuple[Config, List[Problem]]:
    """What is left of a section, and what is wrong with that."""
    lacking = Lacking(node.names.absent, node.booting)
    rest = without(config.objects, config.routes, config.rules, lacking)
    found = [one for one in problems if rest.has(one.path)]
    found += rest.problems if is_applied else []
    found += check(Section(rest.objects, rest.routes, lambda link: node.exists(link) or _is_number(link)))
    for one in walk(rest.objects):
        found += [*ovs_checks.check(one), *ethtool_checks.check(one), *dhcp.check(one), *teams.check(one)]
    found += ovs_checks.check_all(list(walk(rest.objects)))
    is_whole = not rest.gone
    left = replace(config, objects=rest.objects, routes=rest.routes, rules=rest.rules, is_whole=is_whole)
    return left, found


def _said_twice(one: Object) -> Problem:
    message = f"{one.name} is a member elsewhere, and this entry adds nothing to that"
    return Problem(one.path, message, "remove it", Severity.WARNING)


def _is_number(name: str) -> bool:
    """A number that no NIC of the node has is found when the NICs are named, not here."""
    return NUMBERED.fullmatch(name) is not None


def _no_main(root: Mapping[str, Any]) -> Problem:
    hint = "add the list of objects that make up the node's network"
    if MAIN in root:
        return Problem((MAIN,), "is empty: nothing to configure", hint, at_key=True)
    if root.get(REMOVE):
        hint = f"with --remove-config, {REMOVE} alone is enough"
    return Problem((), f"there is no {MAIN}: nothing to configure", hint, about=MAIN)


def _raise_errors(document: Document, problems: Iterable[Problem]) -> None:
    """What this version does not support is said of good files only."""
    problems = _joined(problems)
    if any(problem.severity is Severity.ERROR for problem in problems):
        told = [problem for problem in problems if problem.severity is not Severity.UNSUPPORTED]
        raise ProblemsError(_in_order(document, told), document)


def _joined(problems: Iterable[Problem]) -> List[Problem]:
    """A misspelt attribute that the object must have is one mistake, not two."""
    missing = {(one.path, one.about) for one in problems if one.about and one.severity is Severity.ERROR}
    unknown = [one for one in problems if one.about and one.severity is Severity.WARNING]
    misspelt = {one: missing & {(one.path[:-1], one.about)} for one in unknown}
    explained = set().union(*misspelt.values())
    joined = []
    for one in problems:
        if misspelt.get(one):
            message = f"unknown attribute, and {one.about} is missing"
            joined.append(one._replace(severity=Severity.ERROR, message=message))
        elif (one.path, one.about) not in explained:
            joined.append(one)
    return joined


def _in_order(document: Document, problems: Iterable[Problem]) -> List[Problem]:
    """By their place in the file; of very many the first."""

    def place(one: Problem) -> Position:
        return one.position if one.position[0] else document.position(one.path, one.at_key)

    return sorted((_at_its_word(document, one) for one in first(problems)), key=place)


def _at_its_word(document: Document, problem: Problem) -> Problem:
    """Where the word stands that is wrong; if the file has the text in another form, which one it is."""
    word = problem.word
    if word is None:
        return problem
    position = document.position_in(problem.path, word.offset)
    if position is not None:
        return problem._replace(position=position, word=None)
    return problem._replace(message=f"word {word.number}: {problem.message}", word=None)
