"""Which contract is of which data: by what its servers say, else by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePath
from typing import Any

from dc43_gitdraft.catalog import Entry

#: What a server calls the levels above a table, from the outermost.
_LEVELS = (("catalog", "database", "project"), ("schema", "dataset"))

#: How strong a match is; a server's word goes before any name.
_ID, _NAME, _SERVER = 1, 2, 3

#: SOURCEs and ids of datasets that name a table, unless there is a slash in them.
_OF_TABLES = {"spark", "table"}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://)?")
_VARIABLE = re.compile(r"[*?{\[<$]")


@dataclass(frozen=True, slots=True)
class Address:
    """The name of data: a path (`is_path`), or a table's name, as its parts from the outermost."""

    parts: tuple[str, ...]
    is_path: bool

    @classmethod
    def of(cls, name: str) -> Address:
        """Read a SOURCE or the id of a dataset."""
        bare, schemes = name, set()
        while match := _SCHEME.match(bare):
            schemes.add(match[1].lower())
            bare = bare[match.end() :]
        if "/" in bare or schemes - _OF_TABLES or (not schemes and _is_file(bare)):
            return cls(_path_parts(bare), True)
        return cls(_table_parts(bare), False)

    @property
    def name(self) -> str:
        """What the table or the file is called, without an ending."""
        last = self.parts[-1] if self.parts else ""
        return last.partition(".")[0] if self.is_path else last


@dataclass(frozen=True, slots=True)
class Match:
    """A contract, and which of its schema objects the data is (None: it has only one)."""

    contract: str
    object: str | None


def find(address: Address, entries: Iterable[Entry]) -> tuple[Match, ...]:
    """Return the contracts that the data at this address may be of: none, one, or equals.

    A contract whose servers are elsewhere is not found by its name.
    """
    best: list[Match] = []
    strength = (0, 0)
    for entry in entries:
        for match, found in _matches(address, entry.contract.document):
            if found > strength:
                best, strength = [], found
            if found == strength and found > (0, 0) and match not in best:
                best.append(match)
    return tuple(best)


class Directory:
    """Contracts by every last part of an address that leads to them: for many questions."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)
        self._places: dict[str, list[int]] = {}
        for place, entry in enumerate(self._entries):
            for end in {end.casefold() for end in _ends(entry.contract.document)}:
                self._places.setdefault(end, []).append(place)

    def find(self, address: Address) -> tuple[Match, ...]:
        """Return what `find` does among these contracts."""
        ends = {address.name.casefold(), *(part.casefold() for part in address.parts[-1:])}
        places = {place for end in ends for place in self._places.get(end, ())}
        return find(address, (self._entries[place] for place in sorted(places)))


def _ends(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an address of this contract's data may end with; some lead nowhere."""
    yield from (str(document[key]) for key in ("id", "name") if document.get(key))
    servers = _listed(document.get("servers"))
    locations = [server.get("location") or server.get("path") for server in servers]
    for each in _listed(document.get("schema")):
        names = [str(each[key]) for key in ("physicalName", "name") if each.get(key)]
        for name in names:
            yield name
            yield from (*_table_parts(name)[-1:], *_path_parts(name)[-1:])
        for where in locations:
            if names and isinstance(where, str):
                yield from _fixed(where, names[0])[-1:]


def _matches(
    address: Address, document: Mapping[str, Any]
) -> Iterator[tuple[Match, tuple[int, int]]]:
    contract = str(document["id"])
    objects = [each for each in _listed(document.get("schema")) if each.get("name")]
    servers = _listed(document.get("servers"))
    for each in objects:
        match = Match(contract, None if len(objects) == 1 else str(each["name"]))
        strength = _strength(address, each, servers, alone=len(objects) == 1)
        if strength == (0, 0) and len(objects) == 1:
            called = {contract, str(document.get("name") or "")}
            strength = (_ID, 1) if _is_called(address, called, servers) else (0, 0)
        yield match, strength


def _strength(
    address: Address, node: Mapping[str, Any], servers: list[Mapping[str, Any]], *, alone: bool
) -> tuple[int, int]:
    names = [str(node[key]) for key in ("physicalName", "name") if node.get(key)]
    places = [place for server in servers for place in _places(server, names, address, alone)]
    # A topic's name has dots too, and is no table's.
    whole = names[:1] if node.get("physicalType") != "topic" else []
    stated = [place for name in whole if len(place := _parts(name, address)) > 1]
    for place in (*places, *stated):
        agree = _agreeing(place, address)
        if agree:
            return _SERVER, agree
    if stated or not _is_called(address, set(names), servers):
        return 0, 0
    return _NAME, 1


def _places(
    server: Mapping[str, Any], names: list[str], address: Address, alone: bool
) -> Iterator[tuple[str, ...]]:
    """Yield where a server says that the schema object is, as parts of an address."""
    if address.is_path:
        where = server.get("location") or server.get("path")
        if isinstance(where, str):
            folder = _fixed(where, names[0])
            if alone or names[0] in folder:
                yield folder
            yield from ((*folder, name) for name in names)
        return
    levels = _levels(server)
    if levels:
        yield from ((*levels, *_table_parts(name)[-1:]) for name in names)


def _levels(server: Mapping[str, Any]) -> tuple[str, ...]:
    found = (next((server[k] for k in keys if server.get(k)), None) for keys in _LEVELS)
    return tuple(part for level in found if level for part in _table_parts(str(level)))


def _is_called(address: Address, names: set[str], servers: list[Mapping[str, Any]]) -> bool:
    """Tell whether a name is the data's own, and no server says that it is elsewhere."""
    if not address.is_path and len(address.parts) > 1 and any(map(_levels, servers)):
        return False
    return address.name.casefold() in {name.casefold() for name in names}


def _agreeing(place: tuple[str, ...], address: Address) -> int:
    """Count the parts that agree, from the innermost; 0 where any does not.

    The one that says less decides, but a lone name is no address. A path that the data has may
    be longer than the contract's, which may be relative, and not the other way round.
    """
    fold = str if address.is_path else str.casefold
    both = zip(reversed(place), reversed(address.parts), strict=False)
    same = sum(1 for _ in takewhile(lambda each: fold(each[0]) == fold(each[1]), both))
    enough = len(place) if address.is_path else min(len(place), len(address.parts))
    whole = place == address.parts
    return same if same == enough and (same > 1 or whole) else 0


def _parts(name: str, address: Address) -> tuple[str, ...]:
    return _path_parts(name) if address.is_path else _table_parts(name)


def _table_parts(name: str) -> tuple[str, ...]:
    """Split `catalog.schema.table`, backticks and quotes respected."""
    found = re.findall(r'`((?:[^`]|``)*)`|"([^"]*)"|([^.`"]+)', name)
    return tuple(tick.replace("``", "`") or quoted or plain for tick, quoted, plain in found)


def _path_parts(path: str) -> tuple[str, ...]:
    plain = _SCHEME.sub("", path, count=1) if "://" in path else path
    return tuple(part for part in re.split(r"[/\\]", plain) if part not in ("", "."))


def _fixed(location: str, name: str) -> tuple[str, ...]:
    """Return the parts of a location up to the first that stands for several."""
    named = location.replace("{model}", name)
    return tuple(takewhile(lambda part: not _VARIABLE.search(part), _path_parts(named)))


def _is_file(name: str) -> bool:
    endings = {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".parq", ".pq", ".gz"}
    return PurePath(name.lower()).suffix in endings


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
