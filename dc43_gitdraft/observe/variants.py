"""Files of one dataset that differ in schema: what they have together, and which differs how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import ObservedProperty
from dc43_gitdraft.observe.merging import DisagreementError, merge
from dc43_gitdraft.observe.storage import name_some, plain

#: Differences named of one group of files.
MAX_DIFFERENCES = 10

#: Groups of files that are told apart; with more, the dataset is none.
MAX_GROUPS = 1_000

#: In characters, of a type in a message.
MAX_TYPE = 100


@dataclass(slots=True)
class Group:
    """The files that have one and the same schema; `rows` is None where they were not counted."""

    properties: tuple[ObservedProperty, ...]
    rows: int | None = 0
    names: list[str] = field(default_factory=list)


def unify(groups: Sequence[Group], source: str) -> tuple[tuple[ObservedProperty, ...], list[str]]:
    """Return the columns of all groups, and which files differ from the first ones in what.

    Raises ObservationError where two types do not go together; it names the files.
    """
    if len(groups) > MAX_GROUPS:
        raise ObservationError(
            f"its files have more than {MAX_GROUPS:,} different schemas: is this one dataset?",
            where=source,
        )
    first = groups[0]
    seen, rows = first.properties, first.rows
    warnings = []
    for group in groups[1:]:
        try:
            merged = merge(seen, group.properties, (rows, group.rows))
        except DisagreementError as error:
            raise ObservationError(
                f"the type of `{plain(str(error))}` in {name_some(group.names)} does not go"
                f" together with the one in {name_some(first.names)}",
                where=source,
            ) from None
        differences = list(_differences(first.properties, group.properties))
        if differences:
            warnings.append(
                f"the schema of {name_some(group.names)} differs from that of"
                f" {name_some(first.names)}: {_some(differences)}; the wider types count"
            )
        seen = merged
        rows = None if rows is None or group.rows is None else rows + group.rows
    return seen, warnings


def _differences(
    first: tuple[ObservedProperty, ...], other: tuple[ObservedProperty, ...]
) -> Iterator[str]:
    theirs = {each.name: each for each in other}
    names = {each.name for each in first}
    for each in first:
        found = theirs.get(each.name)
        if found is None:
            yield f"`{plain(each.name)}` is missing"
        elif found.type.physical != each.type.physical:
            yield f"`{plain(each.name)}` is {_type(found)}, not {_type(each)}"
    for each in other:
        if each.name not in names:
            yield f"`{plain(each.name)}` is there too"
    shared = [each.name for each in first if each.name in theirs]
    if shared != [each.name for each in other if each.name in names]:
        yield "the columns have another order"


def _type(found: ObservedProperty) -> str:
    text = plain(found.type.physical or found.type.logical or "unknown")
    return text if len(text) <= MAX_TYPE else text[:MAX_TYPE] + "…"


def _some(differences: list[str]) -> str:
    more = len(differences) - MAX_DIFFERENCES
    shown = ", ".join(differences[:MAX_DIFFERENCES])
    return shown + (f" and {more} more" if more > 0 else "")
