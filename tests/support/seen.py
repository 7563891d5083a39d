"""Short ways to write down what an Observation should hold."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from dc43_gitdraft.model import DataType, Observation, ObservedProperty
from dc43_gitdraft.observe import observe

NOW = datetime(2024, 5, 30, 10, tzinfo=timezone.utc)


def look(path: Path | str, scheme: str | None = None) -> Observation:
    """Observe a path."""
    return observe(f"{scheme}:{path}" if scheme else str(path), now=NOW)


def short(kind: DataType) -> str:
    """Write a type's logical side on one line: `object<id:integer,tags:array<string>>`."""
    name = kind.logical or "?"
    if kind.options.get("timezone") is not None:
        name += "_tz" if kind.options["timezone"] else "_ntz"
    if kind.fields:
        return f"{name}<{','.join(f'{each.name}:{short(each.type)}' for each in kind.fields)}>"
    parts = [short(each) for each in (kind.items, kind.key, kind.value) if each is not None]
    return f"{name}<{','.join(parts)}>" if parts else name


def shapes(seen: Observation) -> dict[str, str]:
    """Return the logical type of each column."""
    return {each.name: short(each.type) for each in seen.properties}


def column(seen: Observation, path: str) -> ObservedProperty:
    """Find a column, or a field of structs by a dotted path."""
    first, *rest = path.split(".")
    found = next(each for each in seen.properties if each.name == first)
    for name in rest:
        found = next(each for each in found.type.fields if each.name == name)
    return found


def nulls(seen: Observation) -> dict[str, int | None]:
    """Return the nulls of each column."""
    return {each.name: each.nulls for each in seen.properties}
