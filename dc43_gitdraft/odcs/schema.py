"""Validation against the ODCS JSON Schema of a document's own apiVersion, in words."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any

import jsonschema_rs

from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import DocPath, Document

#: apiVersion -> the schema that it is validated by.
API_VERSIONS = {
    "v3.0.0": "3.0",
    "v3.0.1": "3.0",
    "v3.0.2": "3.0",
    "v3.1.0": "3.1",
    "v3.2.0": "3.2",
}

_ITEM_WORDS = {
    "schema": "object",
    "properties": "property",
    "quality": "quality rule",
    "servers": "server",
    "slaProperties": "SLA property",
    "roles": "role",
    "team": "team member",
    "members": "member",
    "support": "support channel",
    "customProperties": "custom property",
    "authoritativeDefinitions": "authoritative definition",
    "relationships": "relationship",
    "tags": "tag",
    "enum": "enum value",
}
_NAMING_KEYS = ("name", "id", "server", "property", "username", "role", "channel", "url", "metric")
_TYPE_WORDS = {
    "string": "text (in quotes, if it looks like a number or date)",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}
#: Errors looked at in one piece: nobody reads more, and each costs time.
_ENOUGH = 100
#: Keywords that only repeat what a more exact error at the same place says.
_ECHOES = ("unevaluatedProperties", "additionalProperties", "oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the JSON Schema does not allow, and where it stands."""

    message: str
    path: DocPath


def problems(document: Document, api_version: str) -> tuple[Problem, ...]:
    """Return what the schema of this apiVersion finds, the most telling first."""
    seen: dict[tuple[str, DocPath], Problem] = {}
    validator = _validator(API_VERSIONS[api_version])
    for prefix, piece in _pieces(_jsonable(document)):
        for error in _telling(list(islice(validator.iter_errors(piece), _ENOUGH))):
            place, path = (
                (*prefix, *part[3:]) if prefix else part
                for part in (tuple(error.instance_path), _place(error))
            )
            message = f"{in_words(document, place)}: {_what(error)}"
            seen.setdefault((message, path), Problem(message, path))
    return tuple(seen.values())


def _pieces(plain: Any) -> Iterator[tuple[DocPath, Any]]:
    """Cut out the properties of array items and map values, to be validated by themselves.

    The schema looks at those twice, at each level: an array of objects in an array of objects,
    twenty levels deep, would take minutes. The path of a piece is that of its properties, which
    stand in it as those of its one object.
    """
    cut: list[tuple[DocPath, Any]] = []
    stack: list[tuple[DocPath, Any]] = [
        (("schema", n), item) for n, item in _items(plain, "schema")
    ]
    while stack:
        path, node = stack.pop()
        stack += [((*path, "properties", n), item) for n, item in _items(node, "properties")]
        if not isinstance(node, dict):
            continue
        inner: dict[tuple[str, ...], Any] = {("items",): node.get("items")}
        if isinstance(node.get("map"), dict):
            inner |= {("map", side): node["map"].get(side) for side in ("key", "value")}
        for where, child in inner.items():
            if not isinstance(child, dict):
                continue
            below = (*path, *where)
            stack.append((below, child))
            if isinstance(child.get("properties"), list):
                cut.append(((*below, "properties"), child))
    head = {key: plain[key] for key in ("apiVersion", "kind", "id", "version") if key in plain}
    alone = [
        (path, {**head, "status": "", "schema": [{"name": "", "properties": child["properties"]}]})
        for path, child in cut
    ]
    for _, child in cut:
        child["properties"] = []
    yield ((), plain)
    yield from alone


def _items(node: Any, key: str) -> list[tuple[int, Any]]:
    found = node.get(key) if isinstance(node, dict) else None
    return list(enumerate(found)) if isinstance(found, list) else []


def _telling(
    found: list[jsonschema_rs.ValidationError],
) -> Iterator[jsonschema_rs.ValidationError]:
    """Yield the errors without those that only repeat a more exact one."""
    exact = [error for error in found if error.kind.name not in _ECHOES]
    beyond = {tuple(error.instance_path) for error in exact}
    # A failed subschema leaves its keys "unevaluated": an echo, unless nothing else is wrong there.
    echoes = [
        error
        for error in found
        if error.kind.name in _ECHOES and not any(_under(error, path) for path in beyond)
    ]
    told: set[DocPath] = set()
    for error in exact:
        told.add(_place(error))
        yield error
    for error in sorted(echoes, key=lambda error: -len(error.instance_path)):
        if _place(error) not in told:
            told.add(_place(error))
            yield error


def in_words(document: Any, path: DocPath) -> str:
    """Name a place by what people called it: `object 'orders', property 'price', logicalType`."""
    words: list[str] = []
    node: Any = document
    key: str | int = "document"
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            node = None
        if isinstance(part, int):
            word = _ITEM_WORDS.get(str(key), str(key))
            words[-1:] = [f"{word} {_called(node, part)}"]
        else:
            words.append(str(part))
        key = part
    return ", ".join(words) or "the contract"


def _called(node: Any, index: int) -> str:
    if isinstance(node, dict):
        for key in _NAMING_KEYS:
            if isinstance(node.get(key), str):
                return f"'{_short(node[key])}'"
    return f"number {index + 1}"


@cache
def _validator(minor: str) -> jsonschema_rs.Draft201909Validator:
    file = resources.files(__package__) / "schemas" / f"odcs-{minor}.json"
    try:
        schema = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = (
            "the ODCS JSON Schemas are missing from this installation; a build puts them there:"
            " run `pip install .` (or `-e .`) in the source tree"
        )
        raise ContractError(message, where=str(file)) from None
    return jsonschema_rs.Draft201909Validator(schema)


def _jsonable(value: Any) -> Any:
    """Turn dates into text, as JSON has none."""
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _under(error: jsonschema_rs.ValidationError, path: DocPath) -> bool:
    own = tuple(error.instance_path)
    return path[: len(own)] == own


def _place(error: jsonschema_rs.ValidationError) -> DocPath:
    """Return the path of the error, of the key itself where a key is too many."""
    kind: Any = error.kind
    path: DocPath = tuple(error.instance_path)
    if kind.name in ("unevaluatedProperties", "additionalProperties"):
        return (*path, _strange(_names(kind.unexpected))[0])
    return path


def _what(error: jsonschema_rs.ValidationError) -> str:
    kind: Any = error.kind
    name = kind.name
    if name == "required":
        return f"'{kind.property}' is missing"
    if name == "enum":
        return _not_one_of(error.instance, kind.options)
    if name == "const":
        return f"must be {json.dumps(kind.expected_value)}"
    if name == "type":
        words = " or ".join(_TYPE_WORDS.get(word, word) for word in _names(kind.types))
        return f"must be {words}"
    if name in ("unevaluatedProperties", "additionalProperties"):
        return _unknown(_strange(_names(kind.unexpected)))
    if name in ("oneOf", "anyOf") and "mustBe" in str(error.instance):
        return "takes exactly one operator (mustBe, mustBeGreaterThan, mustBeBetween, ...)"
    if name == "pattern":
        return f"'{_short(error.instance)}' does not look as it must ({_short(kind.pattern)})"
    return f"is not as the schema wants it ({name})"


def _names(values: Iterable[Any]) -> Iterator[str]:
    return (str(value) for value in values)


def _not_one_of(value: Any, options: Iterable[Any]) -> str:
    known = [str(option) for option in options]
    near = difflib.get_close_matches(str(value), known, n=1)
    listed = ", ".join(known) if len(known) <= 12 else ", ".join(known[:10]) + ", ..."
    hint = f"; did you mean '{near[0]}'?" if near else f"; use one of {listed}"
    return f"'{_short(value)}' is not known here{hint}"


@cache
def _known_keys() -> frozenset[str]:
    keys: set[str] = set()

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
                keys.update(node["properties"])
            for item in node.values():
                collect(item)
        elif isinstance(node, list):
            for item in node:
                collect(item)

    for minor in sorted(set(API_VERSIONS.values())):
        file = resources.files(__package__) / "schemas" / f"odcs-{minor}.json"
        collect(json.loads(file.read_text(encoding="utf-8")))
    return frozenset(keys)


def _strange(unexpected: Iterable[str]) -> list[str]:
    """Leave out keys that ODCS has somewhere, unless nothing else explains the refusal."""
    keys = sorted(unexpected)
    return [key for key in keys if key not in _known_keys()] or keys


def _unknown(strange: list[str]) -> str:
    key = strange[0]
    near = difflib.get_close_matches(key, sorted(_known_keys()), n=1, cutoff=0.75)
    hint = f"; did you mean '{near[0]}'?" if near and near[0] != key else ""
    more = f" (and {len(strange) - 1} more)" if len(strange) > 1 else ""
    return f"the key '{_short(key)}' is not allowed here{more}{hint}"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"
