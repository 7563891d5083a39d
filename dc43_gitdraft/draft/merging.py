"""People's edits of a draft, kept when the draft is made again: a three-way merge of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dc43_gitdraft.changes import equal
from dc43_gitdraft.model import Document
from dc43_gitdraft.odcs.match import IDENTITY


class _Absent:
    """The value of a key that is not there."""


_ABSENT: Final = _Absent()


def merge_edits(before: Document, after: Document, onto: Document) -> Document:
    """Apply the difference `before` -> `after` to `onto`.

    Where `onto` differs from `before` in the same place, `onto` wins. Lists are merged by the
    identity of their entries (id, name, …) or as sets of plain values; others are one place.
    """
    return merge_saying(before, after, onto)[0]


def merge_saying(
    before: Document, after: Document, onto: Document
) -> tuple[Document, tuple[str, ...]]:
    """Do the same, and name the places where both sides differ from `before` and each other.

    Such as `schema[orders].properties[amount].description`.
    """
    places: list[str] = []
    merged = _merge(before, after, onto, "", places)
    assert isinstance(merged, dict)  # noqa: S101 - a mapping onto a mapping
    return merged, tuple(places)


def _merge(before: Any, after: Any, onto: Any, place: str, disputed: list[str]) -> Any:
    if _same(before, after) or _same(after, onto):
        return onto
    if _same(before, onto):
        return after
    if isinstance(after, dict) and isinstance(onto, dict):
        fields = before if isinstance(before, dict) else {}
        return _mappings(fields, after, onto, place, disputed)
    if isinstance(after, list) and isinstance(onto, list):
        entries = before if isinstance(before, list) else []
        return _lists(entries, after, onto, place, disputed)
    disputed.append(place)
    return onto


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, _Absent) or isinstance(other, _Absent):
        return one is other
    return equal(one, other)


def _mappings(
    before: dict[str, Any],
    after: dict[str, Any],
    onto: dict[str, Any],
    place: str,
    disputed: list[str],
) -> Document:
    values = {
        key: _merge(
            before.get(key, _ABSENT),
            after.get(key, _ABSENT),
            onto.get(key, _ABSENT),
            f"{place}.{key}" if place else str(key),
            disputed,
        )
        for key in {**onto, **after}
    }
    order = _woven(list(before), list(after), list(onto))
    return {key: values[key] for key in order if values[key] is not _ABSENT}


def _lists(
    before: list[Any], after: list[Any], onto: list[Any], place: str, disputed: list[str]
) -> list[Any]:
    identified = _identified(before, after, onto)
    if identified is None:
        disputed.append(place)
        return onto
    old, new, theirs = identified
    values = {
        key: _merge(
            old.get(key, _ABSENT),
            new.get(key, _ABSENT),
            theirs.get(key, _ABSENT),
            f"{place}[{key[1] if isinstance(key, tuple) else key}]",
            disputed,
        )
        for key in {**theirs, **new}
    }
    order = _woven(list(old), list(new), list(theirs))
    return [values[key] for key in order if values[key] is not _ABSENT]


def _identified(*lists: list[Any]) -> tuple[dict[Any, Any], ...] | None:
    """Return each list by the identities of its entries; None where they have none in common."""
    entries = [entry for entry_list in lists for entry in entry_list]
    if all(isinstance(entry, dict) for entry in entries):
        for name in IDENTITY:
            if all(isinstance(entry.get(name), (str, int)) for entry in entries):
                found = tuple({entry[name]: entry for entry in one} for one in lists)
                if all(len(by) == len(one) for by, one in zip(found, lists, strict=True)):
                    return found
        return None
    if any(isinstance(entry, (dict, list)) for entry in entries):
        return None
    plain = tuple({(type(entry), entry): entry for entry in one} for one in lists)
    unique = all(len(by) == len(one) for by, one in zip(plain, lists, strict=True))
    return plain if unique else None


def _woven(before: Sequence[Any], after: Sequence[Any], onto: Sequence[Any]) -> list[Any]:
    """Return all keys of `after` and `onto` in the order of `onto`, unless only `after` moved some.

    A key that the leading order lacks stands behind the key that it follows in the other one.
    """
    common = set(before) & set(after) & set(onto)
    moved = [key for key in before if key in common] != [key for key in onto if key in common]
    first, second = (onto, after) if moved else (after, onto)
    order = list(first)
    held = set(first)
    ahead: list[Any] = []
    behind: dict[Any, list[Any]] = {}
    last: Any = None
    started = False
    for key in second:
        if key in held:
            last, started = key, True
        elif started:
            behind.setdefault(last, []).append(key)
        else:
            ahead.append(key)
    return ahead + [each for key in order for each in (key, *behind.get(key, ()))]
