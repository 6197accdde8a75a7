"""Configs as text, and what the program says of them."""

from __future__ import annotations

from textwrap import dedent
from typing import Any, Collection, Iterator, List, Mapping, Optional, Tuple

from os_net_config.cli.problems import line
from os_net_config.config.document import Document, Map, Seq, parse
from os_net_config.config.load import Config, Node, load
from os_net_config.config.nics import UNRESOLVED, Names
from os_net_config.state.problem import Path, ProblemsError

NAME = "f.yaml"


def document(text: str) -> Document:
    return parse(NAME, dedent(text).lstrip("\n").encode())


#: Of a node that knows no names of route tables but those of every node.
NO_TABLES: Mapping[str, int] = {}


def config(
    text: str,
    names: Names = UNRESOLVED,
    exists: Collection[str] = (),
    tables: Optional[Mapping[str, int]] = NO_TABLES,
) -> Config:
    return load(document(text), Node(names, lambda name: name in exists, tables))


def said(text: str, names: Names = UNRESOLVED, tables: Optional[Mapping[str, int]] = NO_TABLES) -> List[str]:
    """Every problem of the text as the user sees it, without the file's name."""
    try:
        found = config(text, names, tables=tables)
    except ProblemsError as error:
        return [_without_name(line(one, error.source, NAME)) for one in error.problems]
    return [_without_name(line(one, found.document, NAME)) for one in found.problems]


def _without_name(text: str) -> str:
    return text[len(NAME) + 1 :] if text.startswith(f"{NAME}:") else text


def with_places(node: Any, document: Document, path: Path = ()) -> Iterator[Tuple[Path, Any, List[Any]]]:
    """Everything in a document and its place."""
    places = [document.position(path), document.position(path, at_key=True)]
    yield path, node if not isinstance(node, (Map, Seq)) else type(node), places
    if isinstance(node, Map):
        for name, item in node.items():
            yield from with_places(item, document, (*path, name))
    if isinstance(node, Seq):
        for number, item in enumerate(node):
            yield from with_places(item, document, (*path, number))
