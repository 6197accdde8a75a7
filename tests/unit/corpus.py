"""Configs out of the field beside the checkout, and a node for each that has the NICs it speaks of."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import pytest

from os_net_config.cli.problems import position
from os_net_config.config.document import Document, read
from os_net_config.config.nics import Names, name_nics
from os_net_config.engine.draft import draft_document
from os_net_config.engine.prepare import prepare_draft
from os_net_config.engine.prepared import Prepared, Situation
from os_net_config.state import ipoib
from os_net_config.state.device import MELLANOX
from os_net_config.state.model import State
from os_net_config.state.nic import Nic
from os_net_config.state.problem import Problem, ProblemsError, Severity
from os_net_config.state.programs import Programs

from .node import INTEL, bridge, database, link, nics, node_with, on_pci
from .state.model_kernel import ModelKernel

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = CHECKOUT.parent / "shared"
RESULTS = Path(os.environ.get("RESULTS_DIR") or CHECKOUT / "results")

#: Lines for the end of the test run.
summary: List[str] = []


def files(directory: str) -> List[Path]:
    found = SHARED / directory
    return sorted(one for one in found.iterdir() if one.name[0].isdigit()) if found.is_dir() else []


def need(directory: str) -> None:
    """CI has the corpus; elsewhere a test without it says why it does not run."""
    if files(directory):
        return
    reason = f"there is no {SHARED / directory}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def by_name(paths: Sequence[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[path.name for path in paths])


# The node

#: Types that come with the node; what the others name is made.
_NICS = frozenset({"interface", "sriov_pf", "ib_interface", "vpp_interface"})
_NUMBERED = re.compile(r"nic([0-9]+)")
_DOTTED = re.compile(r"(.+)\.[0-9]+")


def node_of(document: Document) -> Tuple[State, List[Nic], Names]:
    """A node with all links that the document speaks of and does not make; nicN is portN."""
    objects = list(_objects(document.root))
    made = {_text(one, "name") for one in objects if one.get("type") not in _NICS}
    made |= {f"vlan{one.get('vlan_id')}" for one in objects if one.get("type") == "vlan"}
    spoken: Set[str] = {_text(one, "name") for one in objects if one.get("type") in _NICS}
    spoken |= {_text(one, name) for one in objects for name in ("device", "parent")}
    bare = {_bare(name) for name in spoken - made} - made - {""}
    numbered = {name: f"port{name[3:]}" for name in sorted(bare) if _NUMBERED.fullmatch(name)}
    # A driver of the kernel for DPDK is that of a Mellanox NIC.
    vendor = MELLANOX if any(_text(one, "driver") == "mlx5_core" for one in objects) else INTEL
    found = [
        on_pci(nic, number, vendor)
        for number, nic in enumerate(nics(*sorted(numbered.get(name, name) for name in bare)), 1)
    ]
    bridges = {_text(one, "bridge_name") for one in objects} - made - {""}
    there = (row for name in sorted(bridges) for row in bridge(name))
    infiniband = {_text(one, "name") for one in objects if one.get("type") == "ib_interface"}
    infiniband |= {_text(one, "parent") for one in objects if one.get("type") == "ib_child_interface"} - {""}
    adapters = [link(nic, kind=ipoib.KIND, ipoib_mode=0) for nic in found if nic.name in infiniband]
    return node_with(found, *adapters, database(), *there), found, name_nics(found, numbered)


def _objects(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if "type" in node:
            yield node
        for item in node.values():
            yield from _objects(item)
    if isinstance(node, list):
        for item in node:
            yield from _objects(item)


def _text(one: Mapping[str, Any], attribute: str) -> str:
    return str(one.get(attribute) or "")


def _bare(name: str) -> str:
    dotted = _DOTTED.fullmatch(name)
    return dotted.group(1) if dotted else name


# What becomes of a file


class Outcome(NamedTuple):
    """``prepared`` where the file is planned; otherwise the problems that stand in the way."""

    prepared: Optional[Prepared]
    problems: List[Problem]
    document: Optional[Document]

    @property
    def word(self) -> str:
        if self.prepared is not None:
            return "planned"
        return "wrong" if self.of(Severity.ERROR) else "later"

    def of(self, severity: Severity) -> List[Problem]:
        return [one for one in self.problems if one.severity is severity]

    def places(self, severity: Severity) -> List[str]:
        found = [position(one, self.document) for one in self.of(severity)]
        return [f"{line}:{column}" for line, column in found]

    def what(self) -> str:
        """What comes later, or what is wrong."""
        if self.word == "later":
            phrases = [one.message.rpartition("(")[2].rstrip(")") for one in self.of(Severity.UNSUPPORTED)]
            return ", ".join(sorted(set(phrases)))
        shown = zip(self.places(Severity.ERROR), self.of(Severity.ERROR))
        return "; ".join(f"{place} {one.message}" for place, one in shown)


@cache
def outcome(path: Path) -> Outcome:
    try:
        document = read(str(path))
    except ProblemsError as error:
        return Outcome(None, error.problems, None)
    return of_document(document)


def prepared(document: Document, kernel: ModelKernel, found: Sequence[Nic], names: Names) -> Prepared:
    node = Situation(kernel.observe(), found, names, programs=Programs(("dhcpcd", "teamd")))
    draft = draft_document(document, node)
    return prepare_draft(draft, kernel.settings(draft.settings))


def of_document(document: Document) -> Outcome:
    try:
        live, found, names = node_of(document)
        return Outcome(prepared(document, ModelKernel(live), found, names), [], document)
    except ProblemsError as error:
        return Outcome(None, error.problems, document)


@cache
def without_what_comes_later(path: Path) -> Outcome:
    """What becomes of a file if all that comes later is taken out of it."""
    found = outcome(path)
    if found.word != "later":
        return found
    document = read(str(path))
    for problem in found.of(Severity.UNSUPPORTED):
        _take_out(document.root, problem)
    return of_document(document)


def text_without_what_comes_later(path: Path) -> str:
    """The file itself where nothing comes later, else what is left of it."""
    found = without_what_comes_later(path)
    if outcome(path).word != "later" or found.document is None:
        return path.read_text(encoding="utf-8")
    # The text of any document in JSON is one in YAML.
    return json.dumps(found.document.root, indent=1)


def _take_out(root: Any, problem: Problem) -> None:
    """Null is what was not given; a scalar or a mapping may stand for a list of one."""
    holder: Any = None
    node = root
    for part in problem.path:
        if isinstance(part, int) and not isinstance(node, list):
            continue
        if node is None:
            return
        holder, key, node = node, part, node[part]
    holder[key] = None


# The table


def row(path: Path) -> Tuple[str, str, str]:
    found = outcome(path)
    in_part = found.word == "later" and without_what_comes_later(path).prepared is not None
    return path.name, found.word, found.what() + ("; the rest is planned" if in_part else "")


def write_table(rows: Sequence[Tuple[str, str, str]]) -> Dict[str, int]:
    """Write results/corpus.tsv; how many files became what."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    lines = ["file\toutcome\twhat", *("\t".join(row) for row in rows)]
    (RESULTS / "corpus.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    totals: Dict[str, int] = {}
    for _, word, _ in rows:
        totals[word] = totals.get(word, 0) + 1
    return totals
