"""Our acceptor against jsonschema: both reject the same places of the same documents."""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Set, Tuple

from hypothesis import assume, given
from hypothesis import strategies as st

from os_net_config.config.explain import explain, validator
from os_net_config.config.schema import Acceptor, Report
from os_net_config.state.problem import Path, Severity
from tests.fuzz import mutations
from tests.fuzz.grammar import Grammar, published

from .properties import quick

Schema = Mapping[str, Any]

TRUE, FALSE = {"t", "true", "on", "y", "yes", "1"}, {"f", "false", "off", "n", "no", "0"}
#: What the acceptor says of a template is another matter.
TEMPLATES = ({"get_param": "x"}, "{{ template }}")


class Coerced(NamedTuple):
    """A document in the form that the schema speaks of, with the place that each value came from."""

    value: Any
    places: Dict[Path, Path]


class Reference:
    """The loose forms of the language, as its reference page lists them."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.places: Dict[Path, Path] = {}

    def coerce(self, schema: Schema, value: Any, old: Path = (), new: Path = ()) -> Any:
        self.places[new] = old
        while "$ref" in schema:
            schema = self.schema["definitions"][schema["$ref"].rpartition("/")[2]]
        if "allOf" in schema:
            return self._choice(schema, value, old, new)
        if schema.get("type") == "object" or (isinstance(value, dict) and "object" in schema.get("type", ())):
            return self._object(schema, value, old, new)
        if schema.get("type") == "array":
            return self._array(schema, value, old, new)
        return value if isinstance(value, (dict, list)) else scalar(schema, value)

    def _choice(self, schema: Schema, value: Any, old: Path, new: Path) -> Any:
        kind = value.get("type") if isinstance(value, dict) else None
        for branch in schema["allOf"]:
            if branch["if"]["properties"]["type"]["const"] == kind:
                return self.coerce(branch["then"], value, old, new)
        return self._object({}, value, old, new)

    def _object(self, schema: Schema, value: Any, old: Path, new: Path) -> Any:
        if not isinstance(value, dict):
            return value
        rest = schema.get("additionalProperties") or {}
        result = {}
        for name, item in value.items():
            known = schema.get("properties", {}).get(name, rest)
            places = (*old, name), (*new, name)
            self.places[places[1]] = places[0]
            if item is not None:
                result[name] = self.coerce(known, item, *places) if known else item
        return result

    def _array(self, schema: Schema, value: Any, old: Path, new: Path) -> List[Any]:
        result: List[Any] = []
        for number, item in enumerate(value if isinstance(value, list) else [value]):
            if item is not None:
                result.append(self.coerce(schema["items"], item, (*old, number), (*new, len(result))))
        return result


def scalar(schema: Schema, value: Any) -> Any:
    kinds = schema.get("type", "string")
    if kinds == "boolean":
        word = str(value).lower()
        return True if word in TRUE else False if word in FALSE else value
    if "integer" in kinds:
        if isinstance(value, float):
            return int(value) if value.is_integer() else value
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,40}|0[xX][0-9a-fA-F]{1,40}", value):
            return int(value, 16 if value[:2] in {"0x", "0X"} else 10)
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


@lru_cache(maxsize=1)
def acceptor() -> Acceptor:
    return Acceptor("network_config.schema.json")


@lru_cache(maxsize=1)
def judge() -> Any:
    return validator(published())


def coerced(document: Any) -> Coerced:
    reference = Reference(published())
    return Coerced(reference.coerce(published(), document), reference.places)


def expected(document: Any) -> Set[Path]:
    """The places in the document that jsonschema rejects, names that are too much apart."""
    value, places = coerced(document)
    return {places[path] for error in judge().iter_errors(value) for path in rejected_at(error, places)}


def rejected_at(error: Any, places: Mapping[Path, Path]) -> Iterator[Path]:
    path = tuple(error.absolute_path)
    if error.validator == "required":
        name = next(one for one in error.validator_value if f"{one!r} is" in error.message)
        # An attribute that is there without a value is shown itself.
        yield (*path, name) if (*path, name) in places else path
    elif error.validator != "additionalProperties":
        yield path


def judged(document: Any) -> Tuple[Any, Report]:
    report = Report()
    return acceptor().accept(document, report), report


def found(report: Report) -> Set[Path]:
    """The places that our acceptor rejects."""
    errors = {one.path for one in report.problems if one.severity is Severity.ERROR}
    return errors | {path for path, _, _ in report.rejected}


def at(document: Any, path: Path) -> Any:
    """What stands at a path; a list of one may be written as its only item."""
    for part in path:
        if not (part == 0 and not isinstance(document, list)):
            document = document[part]
    return document


def valid(random: Random) -> Any:
    return Grammar(random, published(), random.choice((0.05, 0.3)), 2).document()


def nearly_valid(random: Random) -> Any:
    """Without templates, of which the acceptor has more to say than jsonschema."""
    document = mutations.of_values(random, valid(random), 4)
    assume("get_param" not in repr(document))
    return document


randoms = st.randoms(use_true_random=False)


@quick(50)
@given(randoms)
def test_valid_documents_are_accepted(random: Random) -> None:
    document = valid(random)
    accepted, report = judged(document)
    assert not found(report)
    assert not list(judge().iter_errors(document))
    assert accepted == coerced(document).value


@quick(120)
@given(randoms)
def test_both_reject_the_same_places(random: Random) -> None:
    document = nearly_valid(random)
    _, report = judged(document)
    assert found(report) == expected(document)


@quick(50)
@given(randoms)
def test_what_is_accepted_is_the_coerced_document(random: Random) -> None:
    document = nearly_valid(random)
    accepted, report = judged(document)
    if not found(report):
        again, second = judged(accepted)
        assert not found(second)
        assert again == accepted
        assert not expected(accepted)


@quick(60)
@given(randoms)
def test_every_rejection_is_explained_where_it_is(random: Random) -> None:
    document = nearly_valid(random)
    _, report = judged(document)
    for path, value, schema in report.rejected:
        problems = list(explain([(path, value, schema)]))
        assert [one.path for one in problems] == [path]
        assert problems[0].message
        at(document, path)


def interface(**values: Any) -> Dict[str, Any]:
    return {"network_config": [{"type": "interface", "name": "nic1", **values}]}


def attributes() -> List[Tuple[str, str]]:
    """One type with each of the language's attributes."""
    owners: Dict[str, Tuple[str, str]] = {}
    for kind, schema in published()["definitions"].items():
        if "const" in schema.get("properties", {}).get("type", {}):
            for name, one in schema["properties"].items():
                owners.setdefault(one.get("$ref", f"{kind}.{name}"), (kind, name))
    return list(owners.values())


@quick(300)
@given(st.sampled_from(attributes()), st.sampled_from(mutations.ODD))
def test_odd_values(attribute: Tuple[str, str], odd: object) -> None:
    assume(odd not in TEMPLATES)
    kind, name = attribute
    document = {"network_config": [{"type": kind, name: odd}]}
    _, report = judged(document)
    assert found(report) == expected(document)


def test_a_number_without_a_limit() -> None:
    accepted, report = judged(interface(linkdelay=10**30))
    assert not found(report)
    assert accepted["network_config"][0]["linkdelay"] == 10**30


def test_a_whole_number_with_a_point() -> None:
    accepted, report = judged(interface(mtu=1500.0))
    assert not found(report)
    assert accepted["network_config"][0]["mtu"] == 1500


def test_nothing_in_a_list_keeps_its_place() -> None:
    document = interface(addresses=[None, {"ip_netmask": "192.0.2.256/24"}])
    _, report = judged(document)
    assert found(report) == {("network_config", 0, "addresses", 1, "ip_netmask")}


def test_many_rejections_are_explained_in_part() -> None:
    document = interface(addresses=[{"ip_netmask": "x"}] * 5000)
    _, report = judged(document)
    problems = list(explain(report.rejected))
    assert len(report.rejected) == 5000
    assert len(problems) < 1100
    assert any("4000" in one.message for one in problems)


def test_many_unknown_names_are_guessed_in_part() -> None:
    _, report = judged(interface(**{f"adresses{number}": 1 for number in range(5000)}))
    assert len(report.problems) == 5000
    assert "addresses" in report.problems[0].hint
