"""Coerce a document to its canonical form and accept it, by the published JSON Schema.

The schema is compiled to closures as its definitions are met, which makes accepting a good file
some twenty times cheaper than a general validator. What is not accepted is handed to jsonschema,
which explains it (``explain.py``); a test holds the two against each other.

Implemented are the keywords that the schemas use: see tests/unit/test_schema.py.
"""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass, field
from functools import cache
from typing import AbstractSet, Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ..state.problem import Path, Problem, Severity
from .readers import FORMATS

Schema = Mapping[str, Any]

#: The file of the config's schema.
CONFIG = "network_config.schema.json"

_DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "schemas")
#: Marks of a Heat template that was not rendered.
_HEAT = frozenset(
    {"get_param", "get_input", "get_attr", "get_file", "get_resource", "list_join", "str_replace"}
)
_JINJA = re.compile(r"\{\{|\{%")
_TRUE = frozenset({"t", "true", "on", "y", "yes", "1"})
_FALSE = frozenset({"f", "false", "off", "n", "no", "0"})
_DIGITS = re.compile(r"[+-]?[0-9]{1,40}|0[xX][0-9a-fA-F]{1,40}")


@dataclass
class Report:
    """What was found on the way: ``rejected`` are (path, value, schema) that jsonschema can explain."""

    problems: List[Problem] = field(default_factory=list)
    rejected: List[Tuple[Path, Any, Schema]] = field(default_factory=list)
    guesses: int = 0

    def closest(self, word: str, known: List[str]) -> Optional[str]:
        """What was probably meant. A guess takes its time, so that only so many are made."""
        self.guesses += 1
        if self.guesses > _MOST_GUESSES or len(word) > _LONGEST_GUESSED:
            return None
        import difflib

        meant = [name for name in _OTHER_WORDS.get(word, ()) if name in known]
        meant += [name for name in known if sorted(name) == sorted(word)]
        found = meant or difflib.get_close_matches(word.replace("-", "_").lower(), known, 1, 0.7)
        return found[0] if found else None


_MOST_GUESSES = 500
_LONGEST_GUESSED = 60


#: Coerces a value, reports what is wrong with it, returns the canonical form.
Accept = Callable[[Any, Path, Report], Any]


class Acceptor:
    """One schema file. ``accept`` returns the canonical document; the report says what is wrong."""

    def __init__(self, filename: str) -> None:
        with open(os.path.join(_DIRECTORY, filename), encoding="utf-8") as file:
            self.schema: Schema = json.load(file)
        self._definitions: Mapping[str, Schema] = self.schema["definitions"]
        self._compiled: Dict[str, Accept] = {}

    def accept(self, root: Any, report: Report) -> Any:
        return self._compile(self.schema)(root, (), report)

    def definition(self, name: str) -> Schema:
        return self._definitions[name]

    def resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    def member_types(self, kind: str) -> AbstractSet[str]:
        """The types of what may stand as a member of an object of this type."""
        members = self.definition(kind)["properties"].get("members")
        item = self.resolve(members["items"]) if members is not None else None
        return frozenset(item["properties"]["type"]["enum"]) if item is not None else frozenset()

    def _compile(self, schema: Schema) -> Accept:
        if "$ref" in schema:
            return self._reference(schema["$ref"].rpartition("/")[2])
        if "allOf" in schema:
            return self._by_type(schema)
        kind = schema.get("type")
        if kind == ["string", "object"]:
            return _either(_scalar({**schema, "type": "string"}), self._object(schema))
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return self._array(schema)
        return _with_note(_scalar(schema), schema)

    def _reference(self, name: str) -> Accept:
        def accept(value: Any, path: Path, report: Report) -> Any:
            compiled = self._compiled.get(name)
            if compiled is None:
                compiled = self._compiled[name] = self._compile(self._definitions[name])
            return compiled(value, path, report)

        return accept

    def _by_type(self, schema: Schema) -> Accept:
        branches = {
            one["if"]["properties"]["type"]["const"]: self._compile(one["then"]) for one in schema["allOf"]
        }
        known: List[str] = [
            one["if"]["properties"]["type"]["const"] for one in self._definitions["object"]["allOf"]
        ]

        def accept(value: Any, path: Path, report: Report) -> Any:
            if not isinstance(value, dict):
                report.rejected.append((path, value, {"type": "object", "required": ["type", "name"]}))
                return None
            kind = value.get("type")
            branch = branches.get(kind) if isinstance(kind, str) else None
            if branch is None:
                report.problems.extend(_wrong_type(value, list(branches), known, path, report))
                return None
            return branch(value, path, report)

        return accept

    def _object(self, schema: Schema) -> Accept:
        properties_of: Mapping[str, Schema] = schema.get("properties", {})
        properties = {name: self._compile(one) for name, one in properties_of.items()}
        required: List[str] = schema.get("required", [])
        rest = schema.get("additionalProperties")
        any_value = self._compile(rest) if isinstance(rest, dict) else None
        examples = {name: self._example(properties_of[name]) for name in required}
        words = {name: self.resolve(one).get("x-alias-of", name) for name, one in properties_of.items()}

        def accept(value: Any, path: Path, report: Report) -> Any:
            if not isinstance(value, dict):
                report.rejected.append((path, value, {"type": "object", "required": required}))
                return None
            result: Dict[str, Any] = {}
            for name, item in value.items():
                known = properties.get(name, any_value)
                if known is None:
                    report.problems.append(_unknown(name, words, path, report))
                elif item is not None:
                    result[name] = known(item, (*path, name), report)
            missing = [name for name in required if name not in result]
            if missing and not _HEAT.intersection(value):
                report.problems.extend(_missing(name, examples[name], value, path) for name in missing)
            return result

        return _with_note(accept, schema)

    def _example(self, schema: Schema) -> str:
        examples = self.resolve(schema).get("examples", ["…"])
        return "…" if isinstance(examples[0], (list, dict)) else str(examples[0])

    def _array(self, schema: Schema) -> Accept:
        item = self._compile(schema["items"])
        limits = {name: schema[name] for name in ("minItems", "maxItems") if name in schema}
        least, most = limits.get("minItems", 0), limits.get("maxItems", 1 << 62)

        def accept(value: Any, path: Path, report: Report) -> Any:
            items = value if isinstance(value, list) else [value]
            # A null entry keeps its number, since places are found by it.
            result = [one if one is None else item(one, (*path, n), report) for n, one in enumerate(items)]
            given = [one for one in items if one is not None]
            if not least <= len(given) <= most:
                report.rejected.append((path, given, {"type": "array", **limits}))
            return result if given else []

        return _with_note(accept, schema)


def _with_note(accept: Accept, schema: Schema) -> Accept:
    """Report what this version understands and does not apply, unless it asks for nothing."""
    word = next((word for word in _NOTES if word in schema), None)
    if word is None:
        return accept
    severity, *texts = _NOTES[word]
    message, hint = (text.format(schema[word]) for text in texts)
    default = schema.get("default")

    def noting(value: Any, path: Path, report: Report) -> Any:
        result = accept(value, path, report)
        if result != default and result not in ("", [], {}, False):
            report.problems.append(Problem(path, message, hint, severity))
        return result

    return noting


#: By what the schema says of an attribute: what is said of a value, and its hint.
_NOTES: Mapping[str, Tuple[Severity, str, str]] = {
    "x-later": (Severity.UNSUPPORTED, "not supported by this version yet ({})", ""),
    "x-unsupported": (Severity.UNSUPPORTED, "not supported ({})", ""),
    "x-without-effect": (Severity.WARNING, "has no effect", "{}"),
}


def _either(scalar: Accept, mapping: Accept) -> Accept:
    def accept(value: Any, path: Path, report: Report) -> Any:
        return (mapping if isinstance(value, dict) else scalar)(value, path, report)

    return accept


@cache
def acceptor(filename: str) -> Acceptor:
    """The schema file's acceptor: read and compiled once."""
    return Acceptor(filename)


def _wrong_type(
    value: Mapping[str, Any], allowed: List[str], known: List[str], path: Path, report: Report
) -> Iterator[Problem]:
    kind = value.get("type")
    heat = _heat_word(kind)
    possible = f"possible are {', '.join(allowed)}"
    if kind is None:
        yield _missing("type", allowed[0], value, path)
        for name in value:
            if name != "type" and report.closest(name, ["type"]):
                yield _unknown(name, {"type": "type"}, path, report)
    elif heat:
        yield _not_rendered((*path, "type", heat), heat)
    elif kind in known:
        yield Problem((*path, "type"), f"{kind} cannot stand here", possible)
    else:
        close = report.closest(str(kind), allowed)
        hint = f"did you mean {close}?" if close else possible
        yield Problem((*path, "type"), f"{kind!r} is no type of object", hint)


def _missing(name: str, example: str, value: Mapping[str, Any], path: Path) -> Problem:
    hint = f"add {name}: {example}"
    if name in value:
        return Problem((*path, name), "has no value", hint, at_key=True)
    return Problem(path, f"{name} is missing", hint, about=name)


def _unknown(name: str, known: Mapping[str, str], path: Path, report: Report) -> Problem:
    """``known`` are the attributes that are possible, each with the one that it is an alias of."""
    if name in _HEAT:
        return _not_rendered((*path, name), name)
    close = report.closest(name, list(known))
    hint = f"did you mean {close}?" if close else f"known are {', '.join(known)}"
    message, about = "unknown attribute, not used", known.get(close or "", "")
    return Problem((*path, name), message, hint, Severity.WARNING, at_key=True, about=about)


def _heat_word(value: Any) -> Optional[str]:
    """The function of a Heat template that stands where a value is expected."""
    if not isinstance(value, dict):
        return None
    return next((word for word in value if word in _HEAT), None)


def _not_rendered(path: Path, word: str) -> Problem:
    message = f"{word}: the template was not rendered"
    return Problem(path, message, "render it first, then apply the result", at_key=True)


#: What other tools call it.
_OTHER_WORDS: Mapping[str, Tuple[str, ...]] = {
    "via": ("next_hop",),
    "gateway": ("next_hop",),
    "gw": ("next_hop",),
    "dst": ("ip_netmask",),
    "to": ("ip_netmask",),
    "cidr": ("ip_netmask",),
    "address": ("ip_netmask", "addresses"),
    "ip_address": ("ip_netmask", "addresses"),
    "ip_netmask": ("addresses",),
    "ports": ("members",),
    "slaves": ("members",),
    "interfaces": ("members",),
    "id": ("vlan_id",),
    "vid": ("vlan_id",),
}


def _scalar(schema: Schema) -> Accept:
    coerce = _COERCIONS[_types(schema)]
    checks = _checks(schema)

    def accept(value: Any, path: Path, report: Report) -> Any:
        if isinstance(value, (dict, list)):
            heat = _heat_word(value)
            if heat:
                report.problems.append(_not_rendered((*path, heat), heat))
            else:
                report.rejected.append((path, value, schema))
            return None
        result = coerce(value)
        for check in checks:
            if not check(result):
                jinja = _JINJA.search(value) if isinstance(value, str) else None
                if jinja:
                    report.problems.append(_not_rendered(path, jinja.group())._replace(at_key=False))
                else:
                    report.rejected.append((path, result, schema))
                return None
        return result

    return accept


def _types(schema: Schema) -> Tuple[str, ...]:
    if "const" in schema:
        return ("string",)
    kind = schema.get("type", "string")
    return (kind,) if isinstance(kind, str) else tuple(kind)


def _to_integer(value: Any) -> Any:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value, 16) if value[:2].lower() == "0x" else int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def to_boolean(value: Any) -> Any:
    word = str(value).lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else value


def _to_string(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_COERCIONS: Mapping[Tuple[str, ...], Callable[[Any], Any]] = {
    ("integer",): _to_integer,
    ("boolean",): to_boolean,
    ("string",): _to_string,
    ("integer", "string"): _to_integer,
}

_IS: Mapping[str, Callable[[Any], bool]] = {
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int)


def _checks(schema: Schema) -> List[Callable[[Any], bool]]:
    """What jsonschema would check of a scalar, in the same sense."""
    tests = [_IS[kind] for kind in _types(schema)]
    checks: List[Callable[[Any], bool]] = [
        tests[0] if len(tests) == 1 else lambda value: any(t(value) for t in tests)
    ]
    if "const" in schema:
        checks.append(lambda value: bool(value == schema["const"]))
    if "enum" in schema:
        checks.append(lambda value: value in schema["enum"])
    if "minimum" in schema or "maximum" in schema:
        low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
        checks.append(lambda value: not _is_number(value) or low <= value <= high)
    if "minLength" in schema or "maxLength" in schema:
        least, most = schema.get("minLength", 0), schema.get("maxLength", 1 << 31)
        checks.append(lambda value: not isinstance(value, str) or least <= len(value) <= most)
    if "pattern" in schema:
        search = re.compile(schema["pattern"]).search
        checks.append(lambda value: not isinstance(value, str) or search(value) is not None)
    if "format" in schema:
        reads = FORMATS[schema["format"]]
        checks.append(lambda value: not isinstance(value, str) or _readable(reads, value))
    return checks


def _readable(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True
