"""The first half of a plan: what a document wants on a node. Pure.

It tells which settings of NICs have to be read before the second half (prepare.py).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import FrozenSet, Mapping, NamedTuple

from ..config import dpdk_checks
from ..config.compile import compile_section
from ..config.document import Document
from ..config.load import Config, Node, load
from ..config.remove import REMOVE, absent
from ..state import fitting, renaming, resolver
from ..state.model import Asked, LinkKey, State
from ..state.problem import Path, ProblemsError, Severity
from ..state.record import Said
from ..state.waiting import waiting, without_lacking
from .prepared import Scope, Situation

log = logging.getLogger(__name__)

_USUAL = Scope()


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
