"""Why jsonschema rejects a value, in one sentence for the user. Imported for bad files only."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Mapping, Sequence, Tuple

import jsonschema

from ..state.problem import Path, Problem
from .readers import FORMATS
from .schema import Schema

_checker = jsonschema.FormatChecker(formats=())
for _name, _read in FORMATS.items():
    _checker.checks(_name, raises=ValueError)(
        lambda value, read=_read: (not isinstance(value, str)) or (read(value), True)[1]
    )


def validator(schema: Schema) -> Any:
    """A draft-07 validator that knows our formats."""
    return jsonschema.Draft7Validator(schema, format_checker=_checker)


#: An explanation takes a fraction of a millisecond, and nobody reads more than these.
_MOST = 1000


def explain(rejected: Sequence[Tuple[Path, Any, Schema]]) -> Iterator[Problem]:
    more = rejected[_MOST:]
    if more:
        yield Problem(more[0][0], f"wrong, as {len(more)} more values are", "correct those above first")
    for path, value, schema in rejected[:_MOST]:
        errors = sorted(validator(schema).iter_errors(value), key=lambda error: _ORDER.index(error.validator))
        if errors:
            problem = Problem(path, *_PHRASES[errors[0].validator](errors[0], schema))
            yield problem._replace(word=getattr(errors[0].cause, "word", None))


Phrase = Tuple[str, str]


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _range(error: Any, schema: Schema) -> Phrase:
    return f"{_shown(error.instance)} is not in {schema.get('minimum', '')}..{schema.get('maximum', '')}", ""


_NAMES = {
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "a text",
    "object": "a mapping (name: value)",
    "array": "a list",
}


def _type(error: Any, schema: Schema) -> Phrase:
    wanted = schema.get("type", "string")
    names = " or ".join(_NAMES[one] for one in ([wanted] if isinstance(wanted, str) else wanted))
    got = error.instance
    found = "a mapping" if isinstance(got, dict) else "a list" if isinstance(got, list) else _shown(got)
    return f"{found} stands where {names} is expected", _how_to_write(got, schema)


def _how_to_write(got: Any, schema: Schema) -> str:
    wanted = str(schema.get("type", "string"))
    if isinstance(got, (bool, float)) and "string" in wanted:
        return "quote it if it is meant as text"
    if wanted == "object" and not isinstance(got, (dict, list)):
        names = schema.get("required", ())
        words = [*(f"{name}: …" for name in names[:-1]), *(f"{name}: {got}" for name in names[-1:])]
        return f"write {', '.join(words)}" if words else ""
    return ""


def _words(error: Any, schema: Schema) -> Phrase:
    words = schema.get("enum") or [schema.get("const")]
    return f"{_shown(error.instance)} is not one of {', '.join(map(str, words))}", ""


def _pattern(error: Any, schema: Schema) -> Phrase:
    examples = schema.get("examples")
    hint = f"for example {examples[0]}" if examples else ""
    return f"{_shown(error.instance)} does not have the form that is expected here", hint


def _format(error: Any, schema: Schema) -> Phrase:
    # Where one word of many is wrong, another text is no example of what is right.
    examples = schema.get("examples") if getattr(error.cause, "word", None) is None else None
    return str(error.cause), f"for example {examples[0]}" if examples else ""


def _length(error: Any, schema: Schema) -> Phrase:
    return f"{_shown(error.instance)} has {len(error.instance)} characters", (
        f"possible are {schema.get('minLength', 0)} to {schema.get('maxLength', 'any number')}"
    )


def _items(error: Any, schema: Schema) -> Phrase:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    possible = f"{least} to {most} are possible" if most is not None else f"at least {least} must"
    return f"{len(error.instance) or 'no'} entries stand here", possible


_PHRASES: Mapping[str, Callable[[Any, Schema], Phrase]] = {
    "type": _type,
    "enum": _words,
    "const": _words,
    "minimum": _range,
    "maximum": _range,
    "minLength": _length,
    "maxLength": _length,
    "format": _format,
    "pattern": _pattern,
    "minItems": _items,
    "maxItems": _items,
}
_ORDER = list(_PHRASES)
