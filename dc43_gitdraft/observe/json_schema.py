"""JSON Schema files: `jsonschema:FILE`, `jsonschema:FILE#Order`, `jsonschema:FILE#/$defs/Order`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset, Layout, Observation
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.addresses import Address, address, named
from dc43_gitdraft.observe.documents import read_json
from dc43_gitdraft.observe.json_types import describe
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.storage import plain

#: In bytes, of each file.
MAX_SCHEMA = 8 * 1024 * 1024

#: Other files that one schema may refer to.
MAX_FILES = 200


def observe(request: Request) -> Observation:
    """Observe the shape that a JSON Schema gives to an object."""
    where = address(request)
    path = Path(where.path)
    schema = read_json(path, MAX_SCHEMA)
    try:
        found = describe(schema, _Neighbours(path), where.part)
    except UnknownTypeError as error:
        raise ObservationError(str(error), where=where.path) from None
    except RecursionError:
        raise ObservationError("it is nested too deeply", where=where.path) from None
    return Observation(
        dataset=_dataset(request, where),
        properties=found.properties,
        observed_by="dc43-gitdraft jsonschema",
        object=request.object,
        layout=Layout("json"),
        observed_at=request.now,
        warnings=found.warnings,
        description=found.description,
    )


def _dataset(request: Request, where: Address) -> Dataset:
    return named(request, where, where.part) if where.part else request.dataset


class _Neighbours:
    """Finds the files that a schema refers to: beside it or below, and nowhere else."""

    def __init__(self, path: Path) -> None:
        self._folder = path.resolve().parent
        self._read = 0

    def __call__(self, name: str) -> Any:
        if "://" in name or name.startswith("/") or "\0" in name:
            return None
        try:
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder) or not path.is_file():
                return None
        except (OSError, RuntimeError, ValueError):
            return None  # No file can be called so, or it is a link to itself.
        self._read += 1
        if self._read > MAX_FILES:
            raise UnknownTypeError(f"it refers to more than {MAX_FILES} files: {plain(name)}")
        return read_json(path, MAX_SCHEMA)
