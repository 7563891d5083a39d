"""The values that a schema lists as the only ones, where a contract can list them too."""

from __future__ import annotations

from collections.abc import Sequence

from dc43_gitdraft.observe.storage import name_some, plain

#: Of all enumerations in one schema: a first version lists them wherever they are used.
MAX_VALUES = 10_000


class Enumerations:
    """States the enumerations of one schema, as long as there is room."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def stated(self, logical: str | None, values: Sequence[object]) -> tuple[str | int, ...]:
        """Return the values of a property of this type; none where they cannot be stated.

        That is where they are not all texts or all integers, as the type is, or too many.
        """
        if len(values) > self._left:
            return ()
        listed = [each for each in values if each is not None]
        found = [each for each in listed if isinstance(each, (str, int)) and _fits(each, logical)]
        if len(found) < len(listed):
            return ()
        self._left -= len(found)
        return tuple(dict.fromkeys(found))


def _fits(value: str | int, logical: str | None) -> bool:
    if isinstance(value, str):
        return logical == "string" and not any("\ud800" <= each <= "\udfff" for each in value)
    return logical == "integer" and not isinstance(value, bool)


def as_a_string(path: str, values: Sequence[str]) -> str:
    """Say that the values of an enumeration are lost."""
    listed = name_some([plain(each) for each in values]) or "nothing"
    return f"`{plain(path)}` is an enum of {listed}, and is described as a string"
