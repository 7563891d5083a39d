"""Which of JSON's types a JSON Schema allows, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.storage import plain

_KINDS = ("string", "integer", "number", "boolean", "object", "array")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}


def kinds(schema: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the JSON types that a schema names, or that its values and limits tell."""
    stated = schema.get("type")
    if isinstance(stated, str):
        stated = [stated]
    if isinstance(stated, list):
        found = tuple(each for each in stated if isinstance(each, str))
        unknown = [each for each in found if each not in (*_KINDS, "null")]
        if unknown:
            raise UnknownTypeError(f"there is no type `{plain(unknown[0])}` in JSON Schema")
        return ("null", *found) if schema.get("nullable") is True else found  # OpenAPI 3.0
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list) and values:
        return tuple(dict.fromkeys(_kind_of(value) for value in values))
    told = {"properties": "object", "items": "array", "prefixItems": "array"}
    told |= {"additionalProperties": "object", "pattern": "string", "maxLength": "string"}
    found = tuple(dict.fromkeys(kind for key, kind in told.items() if key in schema))
    return found if len(found) == 1 else None


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    pairs = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    found = next((kind for type_, kind in pairs if isinstance(value, type_)), None)
    return found or ("object" if isinstance(value, dict) else "array")


def both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types that both allow; an integer is a number."""
    found = [kind for kind in one if kind in other or (kind == "integer" and "number" in other)]
    found += [kind for kind in other if kind == "integer" and "number" in one]
    return tuple(dict.fromkeys(found))


def is_null(schema: Mapping[str, Any] | bool) -> bool:
    """Tell whether a schema allows nothing but null."""
    return isinstance(schema, Mapping) and kinds(schema) == ("null",)


def limits(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the logicalTypeOptions that a schema says of values of a JSON type."""
    options: dict[str, Any] = {}
    for name in _OPTIONS.get(kind, ()):
        value = said.get(name)
        wanted = str if name in ("pattern", "format") else (int, float)
        flag = isinstance(value, bool) and name != "uniqueItems"
        if isinstance(value, wanted) and not flag:
            options[name] = int(value) if _whole(name, value) else value
    for name, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if said.get(name) is True and bound in options:  # as draft 4 says it
            options[name] = options.pop(bound)
    return options


def _whole(name: str, value: Any) -> bool:
    counts = name.startswith(("min", "max")) and name not in ("minimum", "maximum")
    return counts and isinstance(value, float) and value.is_integer()
