"""A YAML 1.1 (or JSON) text as plain values that know their line and column.

The text is read event by event, so that neither deep nesting nor aliases of aliases cost more
than the limits below, and every value keeps the place it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Dict, List, Optional, Tuple, Union

from ..state.problem import Path, Problem, ProblemsError, Severity
from .scalars import TAGS, Scalar, plain

#: (line, column), both from 1.
Position = Tuple[int, int]
Node = Union[Scalar, "Map", "Seq"]

LARGEST_FILE = 4 * 1024 * 1024
DEEPEST = 64
#: Keys and values in a document, with every alias counted as often as it stands for its anchor, and
#: a long text as several. 2000 VLANs with an address and a route each have some 40,000.
MOST_VALUES = 200_000
LONGEST_TEXT = 65_536
_LONG_TEXT = 1000
#: libyaml compares each %TAG directive with all before it.
_MOST_DIRECTIVES = 16


class Map(Dict[str, Any]):
    """A mapping; ``marks`` has the YAML marks of each key and of its value."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        super().__init__()
        self.marks: Dict[str, Tuple[Any, Any]] = {}


class Seq(List[Any]):
    """A list; ``marks`` has the YAML mark of each item."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        super().__init__()
        self.marks: List[Any] = []


@dataclass(frozen=True)
class Document:
    """``name`` is the file as the user named it. ``problems`` are warnings of the reading itself."""

    name: str
    root: Any
    problems: List[Problem] = field(default_factory=list)
    text: str = ""

    def position(self, path: Path, at_key: bool = False) -> Position:
        """Where ``path`` stands, or the nearest thing around it that stands somewhere."""
        mark, _ = self._find(path, at_key)
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)

    def position_in(self, path: Path, offset: int) -> Optional[Position]:
        """Where a character of the text at ``path`` stands.

        None where the file has it in another form: a block, several lines, escapes, an alias.
        """
        mark, value = self._find(path)
        if mark is None or not isinstance(value, str):
            return self.position(path) if offset == 0 else None
        line = self._lines[mark.line] if mark.line < len(self._lines) else ""
        begin = mark.column + (line[mark.column : mark.column + 1] in {"'", '"'})
        return (mark.line + 1, begin + offset + 1) if line.startswith(value, begin) else None

    @cached_property
    def _lines(self) -> List[str]:
        return self.text.split("\n")

    def _find(self, path: Path, at_key: bool = False) -> Tuple[Any, Any]:
        """The mark of ``path``, or of the nearest thing around it, and what stands there."""
        mark: Any = None
        node = self.root
        for depth, part in enumerate(path):
            last = depth == len(path) - 1
            if isinstance(node, Map) and part in node.marks:
                mark = node.marks[str(part)][0 if at_key and last else 1]
                node = node[str(part)]
            elif isinstance(node, Seq) and isinstance(part, int) and part < len(node):
                mark, node = node.marks[part], node[part]
            elif not isinstance(part, int) or part != 0:
                # A list of one may be written as its only item.
                return mark, None
        return mark, node


@dataclass(frozen=True)
class Unparsed:
    """A file of which no more is known than its name."""

    name: str

    def position(self, path: Path, at_key: bool = False) -> Position:
        return (0, 0)


def position_of(mark: Any) -> Position:
    return mark.line + 1, mark.column + 1


def read(name: str) -> Document:
    """Read and parse a file. Raises ProblemsError for what cannot be read or parsed."""
    try:
        with open(name, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ProblemsError([Problem((), f"cannot be read: {error.strerror}")], Unparsed(name)) from error
    return parse(name, data)


def parse(name: str, data: bytes) -> Document:
    try:
        return _parse(name, data)
    except ProblemsError as error:
        raise ProblemsError(error.problems, Unparsed(name)) from error


def _parse(name: str, data: bytes) -> Document:
    if len(data) > LARGEST_FILE:
        raise ProblemsError(
            [Problem((), f"is larger than {LARGEST_FILE // 1024**2} MiB: no network config is")]
        )
    text = decode(data)
    if text.count("%TAG") > _MOST_DIRECTIVES:
        raise ProblemsError([Problem((), f"more than {_MOST_DIRECTIVES} %TAG directives", "remove them")])
    yaml: Any = __import__("yaml")
    base: Any = yaml.cyaml.CParser if yaml.__with_libyaml__ else _pure_parser(yaml)
    try:
        composer = _Composer(base(text), text)
        root = composer.compose()
    except yaml.YAMLError as error:
        from .yaml_errors import explain

        raise ProblemsError([explain(error, text)]) from error
    return Document(name, root, composer.problems, text)


def decode(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        message = f"the byte {data[error.start]:#04x} is not {encoding} text"
        raise ProblemsError([Problem((), message, position=(line, column))]) from error


def _pure_parser(yaml: Any) -> Any:
    """PyYAML without libyaml."""

    class Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):  # type: ignore[misc]
        def __init__(self, text: str) -> None:
            yaml.reader.Reader.__init__(self, text)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)

    return Parser


@dataclass
class _Frame:
    """A collection that is being read. ``before`` counts the document's values up to it."""

    node: Union[Map, Seq]
    mark: Any
    anchor: Optional[str]
    before: int
    key: Optional[str] = None
    key_mark: Any = None
    merges: List[Any] = field(default_factory=list)
    merging: bool = False


class _Composer:
    """Events to values; an explicit stack instead of recursion."""

    def __init__(self, parser: Any, text: str) -> None:
        self._parser = parser
        self._text = text
        self._stack: List[_Frame] = []
        self._anchors: Dict[str, Optional[Tuple[Any, int]]] = {}
        self._root: Any = None
        self._event: Any = None
        self._documents = 0
        self._values = 0
        self.problems: List[Problem] = []

    def compose(self) -> Any:
        handlers = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": lambda event: self._open(Map(), event),
            "SequenceStartEvent": lambda event: self._open(Seq(), event),
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._document,
        }
        while True:
            event = self._next_event()
            name = type(event).__name__
            if name == "StreamEndEvent":
                return self._root
            handler = handlers.get(name)
            if handler is not None:
                handler(event)

    def _next_event(self) -> Any:
        try:
            self._event = self._parser.get_event()
        except (ValueError, OverflowError) as error:
            # PyYAML does not expect that of an escape in a tag or of \U00110000.
            message = "an escape here or soon after stands for no character"
            raise _error(self._event.end_mark, message, "correct it") from error
        return self._event

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _error(event.start_mark, "a second YAML document begins here", "keep one document per file")

    def _scalar(self, event: Any) -> None:
        frame = self._stack[-1] if self._stack else None
        text: str = event.value
        self._count_text(text, event.start_mark)
        if not text.isascii() and _HALF_A_PAIR.search(text):
            raise _error(event.start_mark, "the escape stands for no character", "correct it")
        if frame is not None and frame.key is None and isinstance(frame.node, Map):
            self._key(frame, text, event)
            return
        tag = event.tag
        if tag is not None:
            if tag not in TAGS:
                raise _foreign_tag(event)
            value = TAGS[tag](text)
        else:
            value = plain(text) if event.implicit[0] else text
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, _weight(text))
        self._add(value, event.start_mark)

    def _key(self, frame: _Frame, text: str, event: Any) -> None:
        if text[:1].isspace() and not text.isascii():
            shown = f"U+{ord(text[0]):04X}"
            raise _error(event.start_mark, f"{shown} is no blank to YAML: {text!r}", "indent with spaces")
        frame.key, frame.key_mark = text, event.start_mark
        frame.merging = text == "<<" and event.implicit[0]

    def _open(self, node: Union[Map, Seq], event: Any) -> None:
        if len(self._stack) >= DEEPEST:
            raise _error(event.start_mark, f"nested deeper than {DEEPEST} levels", "no config needs that")
        if self._stack and self._stack[-1].key is None and isinstance(self._stack[-1].node, Map):
            from .yaml_errors import not_a_key

            raise ProblemsError([not_a_key(event.start_mark, self._text)])
        if event.tag is not None and event.tag not in _COLLECTION_TAGS:
            raise _foreign_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(node, event.start_mark, event.anchor, self._values))
        self._count(1, event.start_mark)

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        for merged in frame.merges:
            for key, value in merged.items():
                if key not in frame.node:
                    frame.node[key] = value
                    frame.node.marks[key] = merged.marks[key]
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.node, self._values - frame.before)
        self._add(frame.node, frame.mark)

    def _alias(self, event: Any) -> None:
        anchored = self._anchors.get(event.anchor, _UNKNOWN)
        if anchored is _UNKNOWN:
            raise _error(event.start_mark, f"there is no anchor &{event.anchor} before this alias")
        if anchored is None:
            raise _error(event.start_mark, f"*{event.anchor} stands inside what it stands for")
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key is None and isinstance(frame.node, Map):
            if not isinstance(anchored[0], str):
                raise _error(event.start_mark, "an alias that is no text cannot be a key")
            self._count(anchored[1], event.start_mark)
            frame.key, frame.key_mark, frame.merging = anchored[0], event.start_mark, False
            return
        self._count(anchored[1], event.start_mark)
        self._add(anchored[0], event.start_mark)

    def _count_text(self, text: str, mark: Any) -> None:
        if len(text) > LONGEST_TEXT:
            message = f"a text of {len(text)} characters: at most {LONGEST_TEXT} are possible"
            raise _error(mark, message, "is a quote missing at the end of an earlier text?")
        self._count(_weight(text), mark)

    def _count(self, values: int, mark: Any) -> None:
        self._values += values
        if self._values > MOST_VALUES:
            message = f"more than {MOST_VALUES} values, aliases expanded"
            raise _error(mark, message, "no config needs that many")

    def _add(self, value: Any, mark: Any) -> None:
        """Put a complete value into the collection around it."""
        if not self._stack:
            self._root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.node, Seq):
            frame.node.append(value)
            frame.node.marks.append(mark)
            return
        key, frame.key = frame.key, None
        assert key is not None
        if frame.merging:
            self._merge(frame, value, mark)
            return
        if key in frame.node:
            self._duplicate(frame.node, key, frame.key_mark)
        frame.node[key] = value
        frame.node.marks[key] = (frame.key_mark, mark)

    def _merge(self, frame: _Frame, value: Any, mark: Any) -> None:
        sources = value if isinstance(value, Seq) else [value]
        if not all(isinstance(source, Map) for source in sources):
            raise _error(mark, "<< takes a mapping or a list of mappings", "quote << if it is meant as a key")
        frame.merges.extend(sources)

    def _duplicate(self, node: Map, key: str, mark: Any) -> None:
        first, again = position_of(node.marks[key][0]), position_of(mark)
        self.problems.append(
            Problem(
                (),
                f"{key} stands twice in this mapping, lines {first[0]} and {again[0]}: the last counts",
                "remove one of them",
                Severity.WARNING,
                position=again,
            )
        )


_UNKNOWN: Tuple[Any, int] = (None, -1)
#: libyaml refuses it itself; as text it could not be written anywhere.
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_COLLECTION_TAGS = frozenset({"!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


def _weight(text: str) -> int:
    return 1 + len(text) // _LONG_TEXT


def _foreign_tag(event: Any) -> ProblemsError:
    shown = event.tag.replace("tag:yaml.org,2002:", "!!")
    return _error(event.start_mark, f"the tag {shown} is not part of this language", "remove it")


def _error(mark: Any, message: str, hint: str = "") -> ProblemsError:
    return ProblemsError([Problem((), message, hint, position=position_of(mark))])
