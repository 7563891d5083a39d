"""Types that a source writes as SQL text, as the types of observed properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dc43_gitdraft import types
from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.documents import text_of
from dc43_gitdraft.observe.storage import name_some, plain

#: Dialects in which `a` and `A` may be the same text.
_FOLDS_CASE = frozenset({"mysql", "tsql"})
#: In characters. A longer one is no type's name.
MAX_TYPE = 100_000


def data_type(text: str, dialect: str | None) -> DataType:
    """Describe a type by its spelling in a dialect (None: Spark's).

    What nobody understands keeps its text, and has no logical type.
    """
    return described(types.parse(text[:MAX_TYPE], dialect))


def described(parsed: types.PhysicalType) -> DataType:
    """Describe a parsed type, with its parts."""
    if not parsed.known:
        return DataType(None, parsed.text)
    logical, options = types.implied(parsed)
    text = _spelt(parsed.text)
    inner = parsed.items if parsed.name == "nullable" else None
    if inner is not None:
        found = described(inner)
        return DataType(
            found.logical,
            text,
            found.options,
            False,
            found.fields,
            found.items,
            found.key,
            found.value,
        )
    if logical == "array" and parsed.items is not None:
        return DataType(logical, text, options, items=described(parsed.items))
    if logical == "map" and parsed.key is not None and parsed.value is not None:
        key, value = described(parsed.key), described(parsed.value)
        return DataType(logical, text, options, key=key, value=value)
    if logical == "object" and parsed.name == "struct":
        fields = tuple(
            ObservedProperty(
                field.name,
                described(field.type),
                field.nullable,
                description=text_of(field.comment),
            )
            for field in parsed.fields
        )
        return DataType(logical, text, options, fields=fields)
    return DataType(logical, text, options)


def _spelt(text: str) -> str:
    """Return a type's spelling on one line, without what it says of fields for people."""
    bare = types.uncommented(text)
    return " ".join(bare.split()) if "'" not in bare else bare


def permitted(
    kind: DataType, values: Iterable[object], dialect: str | None
) -> tuple[str | int, ...]:
    """Return values that a condition of SQL lists, where a contract that lists them says the same.

    Else none: texts may be equal that are not spelt alike, or end in blanks.
    """
    listed = tuple(values)
    if kind.logical == "integer":
        whole = [each for each in listed if type(each) is int]
        return tuple(dict.fromkeys(whole)) if len(whole) == len(listed) else ()
    padded = types.parse(kind.physical or "", dialect).name in ("char", "nchar")
    if kind.logical != "string" or padded or dialect in _FOLDS_CASE:
        return ()
    texts = [each for each in listed if isinstance(each, str)]
    return tuple(dict.fromkeys(texts)) if len(texts) == len(listed) else ()


def foreign(properties: Iterable[ObservedProperty], dialect: str | None) -> tuple[str, ...]:
    """Say which types were not understood."""
    names = [f"`{path}` ({plain(text)})" for path, text in _unknown(properties, dialect, "")]
    if not names:
        return ()
    return (
        f"the type of {name_some(names)} is not known here: it stands as the physical type, and"
        " the logical type is for a person to say",
    )


def _unknown(
    properties: Iterable[ObservedProperty], dialect: str | None, path: str
) -> Iterator[tuple[str, str]]:
    for each in properties:
        name = f"{path}.{plain(each.name)}" if path else plain(each.name)
        yield from _unknown_in(each.type, dialect, name)


def _unknown_in(found: DataType, dialect: str | None, path: str) -> Iterator[tuple[str, str]]:
    if found.logical is None and found.physical is not None:
        if not types.parse(found.physical, dialect).known:
            yield path, found.physical
        return
    yield from _unknown(found.fields, dialect, path)
    for inner, mark in ((found.items, "[]"), (found.key, "{key}"), (found.value, "{value}")):
        if inner is not None:
            yield from _unknown_in(inner, dialect, path + mark)


def check_names(properties: Iterable[ObservedProperty]) -> str | None:
    """Return what is wrong with the names of columns, or None."""
    seen: set[str] = set()
    for each in properties:
        if not each.name.strip():
            return "it has a column without a name"
        if each.name in seen:
            return f"two of its columns are called `{plain(each.name)}`"
        seen.add(each.name)
    return None
