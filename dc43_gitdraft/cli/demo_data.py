"""The demo's contracts, and data that agrees with a contract, made the same every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import Document

Row = dict[str, Any]

_DAY = date(2024, 5, 1)
_MOMENT = datetime(2024, 5, 1, 8, 0)

#: logicalType -> the value in row `number`.
_VALUES: Mapping[str, Callable[[int], Any]] = {
    "string": lambda number: f"value {number % 7}",
    "integer": lambda number: 1000 + number,
    # Never whole: a whole number would look like an integer.
    "number": lambda number: number + 0.25,
    "boolean": lambda number: number % 2 == 0,
    "date": lambda number: (_DAY + timedelta(days=number % 28)).isoformat(),
    "timestamp": lambda number: (_MOMENT + timedelta(minutes=number)).isoformat() + "Z",
    "time": lambda number: (_MOMENT + timedelta(minutes=number)).time().isoformat(),
}


def sample_contracts() -> dict[str, bytes]:
    """Return the contracts that this package brings: path in a contracts repository -> text."""
    here = Path(__file__).parent
    # Where the package is used from its own repository, they lie at the repository's top.
    folders = (here / "demo_contracts", here.parents[1] / "contracts")
    folder = next(folder for folder in folders if folder.is_dir())
    return {
        f"contracts/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.odcs.y*ml"))
    }


def rows(contract: Document, count: int) -> Iterator[Row]:
    """Yield rows that agree with the types of a contract's first schema object."""
    properties = contract["schema"][0].get("properties", [])
    for number in range(count):
        yield _object(properties, number)


def _object(properties: Iterable[Mapping[str, Any]], number: int) -> Row:
    return {
        prop.get("physicalName") or prop["name"]: _value(prop, number + place)
        for place, prop in enumerate(properties)
    }


def _value(prop: Mapping[str, Any], number: int) -> Any:
    logical = prop.get("logicalType", "string")
    if logical == "object":
        return _object(prop.get("properties", []), number)
    if logical == "array":
        return [_value(prop.get("items", {}), number)]
    if logical == "map":
        return {"key": _value(prop.get("map", {}).get("value", {}), number)}
    return _VALUES[logical](number)


def write_jsonlines(path: Path, content: Iterable[Row]) -> None:
    """Write one JSON document a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(row, separators=(",", ":")) + "\n" for row in content)
    path.write_text("".join(lines), "utf-8")
