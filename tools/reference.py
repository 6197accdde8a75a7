"""Write docs/reference.md, the reference page of the language, from the JSON Schemas.

With ``--check`` nothing is written: exit status 1 tells that the page is not what the schemas say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Mapping, Sequence, Set

Schema = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference.md"
NETWORK = "network_config.schema.json"
MAPPING = "mapping.schema.json"

HEAD = """\
# The language: a reference

Made from the descriptions in `schemas/` by `make reference`; a change by hand is lost. Editors that complete
and check YAML by a JSON Schema can use the files in `schemas/` themselves.

A name in **bold** must be given. What this version understands but does not apply is refused by name before
anything is touched. Numbers and booleans may be written as texts; a single value may stand for a list of one.
"""


class Page:
    """One schema file's definitions, as Markdown."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.definitions: Mapping[str, Schema] = schema.get("definitions", {})

    def resolve(self, schema: Schema) -> Schema:
        """The schema without references; what stands beside a reference counts first."""
        while "$ref" in schema:
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            schema = {**self.definitions[_name(schema["$ref"])], **beside}
        return schema

    def types(self) -> List[str]:
        return [_name(one["then"]["$ref"]) for one in self.definitions["object"]["allOf"]]

    def common(self) -> List[str]:
        """Attributes of every type that is applied to links, in the order of the schema."""
        links = [self.definitions[name]["properties"] for name in self.types()]
        links = [one for one in links if "addresses" in one]
        return [name for name in links[0] if name != "type" and all(name in one for one in links)]

    def table(self, schema: Schema, names: Iterable[str]) -> Iterator[str]:
        required: Set[str] = set(schema.get("required", []))
        yield "| attribute | value | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for name in names:
            one = self.resolve(schema["properties"][name])
            shown = f"**`{name}`**" if name in required else f"`{name}`"
            yield f"| {shown} | {self.value(one)} | {_default(one)} | {_meaning(one)} |"

    def value(self, schema: Schema) -> str:
        """What may be written, in a few words."""
        if "const" in schema:
            return f"`{schema['const']}`"
        if "enum" in schema:
            return ", ".join(f"`{one}`" for one in schema["enum"])
        kinds = schema.get("type", "string")
        words = [_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
        if kinds == "array":
            return self._list(schema)
        if "properties" in schema and "title" in schema:
            words[-1] = _link(schema["title"])
        return " or ".join(words) + _bounds(schema)

    def _list(self, schema: Schema) -> str:
        item = self.resolve(schema["items"])
        of = _link(item["title"]) if "title" in item else self.value(item)
        few = {
            (1, 1): "list of one: ",
            (1, None): "list, not empty, of ",
            (2, None): "list of two or more of ",
        }
        return few.get((schema.get("minItems", 0), schema.get("maxItems")), "list of ") + of

    def chapter(self, name: str, rest: Sequence[str] = ()) -> Iterator[str]:
        """A definition with its attributes, without those in ``rest``, which another chapter has."""
        schema = self.definitions[name]
        yield f"### {schema['title']}"
        yield ""
        if "type" in schema.get("properties", {}) and name in self.types():
            yield f"`type: {name}`. {_meaning(schema)}"
        else:
            yield _meaning(schema)
        yield ""
        if "allOf" in schema:
            yield from self._alternatives(schema)
            return
        names = [one for one in schema["properties"] if one != "type" and one not in rest]
        yield from self.table(schema, names)
        yield ""
        if rest and set(rest) <= set(schema["properties"]):
            yield f"And the {_link('Common attributes')}."
            yield ""

    def _alternatives(self, schema: Schema) -> Iterator[str]:
        titles = [self.definitions[_name(one["then"]["$ref"])]["title"] for one in schema["allOf"]]
        yield f"By its `type`: {', '.join(_link(title) for title in titles)}."
        yield ""

    def parts(self) -> List[str]:
        """Definitions with attributes of their own that are no object."""
        own = {"object", *self.types()}
        return [
            name
            for name, one in self.definitions.items()
            if {"title", "properties"} <= set(one) and name not in own
        ]


_WORDS: Mapping[str, str] = {
    "array": "list",
    "boolean": "boolean",
    "integer": "integer",
    "object": "mapping",
    "string": "text",
}


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _link(title: str) -> str:
    anchor = "".join(one for one in title.lower().replace(" ", "-") if one.isalnum() or one == "-")
    return f"[{title}](#{anchor})"


def _bounds(schema: Schema) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f", {schema['minimum']} to {schema['maximum']}"
    return f", from {schema['minimum']}" if "minimum" in schema else ""


def _default(schema: Schema) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else ""


def _meaning(schema: Schema) -> str:
    """The description with what becomes of it in this version, and an example, in one cell of a table."""
    text = str(schema.get("description", ""))
    if "x-alias-of" not in schema and schema.get("x-extension"):
        text += " *An extension of ours.*"
    if "x-later" in schema:
        text += f" *Not applied by this version yet ({schema['x-later']}).*"
    if "x-unsupported" in schema:
        text += f" *Not supported ({schema['x-unsupported']}).*"
    if "x-without-effect" in schema:
        text += f" *Accepted, without effect ({schema['x-without-effect']}).*"
    examples = [one for one in schema.get("examples", []) if not isinstance(one, (dict, list))]
    if examples and "properties" not in schema:
        text += f" Example: {' or '.join(f'`{one}`' for one in examples[:2])}"
    return text.replace("|", "\\|")


def _overview(page: Page) -> Iterator[str]:
    yield "| type | what it is |"
    yield "| --- | --- |"
    for name in page.types():
        schema = page.definitions[name]
        first = str(schema["description"]).split(". ")[0].rstrip(".") + "."
        anchor = _link(schema["title"]).rpartition("]")[2]
        yield f"| [`{name}`]{anchor} | {_meaning({**schema, 'description': first})} |"
    yield ""


def _network(page: Page) -> Iterator[str]:
    common = page.common()
    yield from ("## The file", "", *page.table(page.schema, page.schema["properties"]), "")
    yield from ("## Objects", "", *_overview(page))
    for name in page.types():
        yield from page.chapter(name, common)
    yield from ("## Common attributes", "", "Every object that stands for a link has these.", "")
    yield from (*page.table(page.definitions["interface"], common), "")
    yield from ("## Parts of objects", "")
    for name in page.parts():
        yield from page.chapter(name)


def _mapping(page: Page) -> Iterator[str]:
    entry = page.definitions["interface_mapping"]
    yield from ("## The mapping file", "", str(page.schema["description"]), "")
    yield from (*page.table(page.schema, page.schema["properties"]), "")
    yield f"The value of an entry: {_meaning(page.resolve(entry['additionalProperties']))}"


def reference() -> str:
    """The whole page."""
    read = [json.loads((ROOT / "schemas" / name).read_text(encoding="utf-8")) for name in (NETWORK, MAPPING)]
    return "\n".join([HEAD, *_network(Page(read[0])), *_mapping(Page(read[1]))]) + "\n"


def main() -> int:
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(reference(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != reference():
        print("docs/reference.md is not what schemas/ say: make reference", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
