"""Models, seeds, snapshots and sources of dbt: `dbt:target#orders`.

What the project says stands in `manifest.json`, what the database says in `catalog.json` (`dbt docs
generate`). Both: https://schemas.getdbt.com/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Layout, Observation, ObservedProperty
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.addresses import Address, address, choose, named
from dc43_gitdraft.observe.documents import count_of, read_json, record, records, text_of
from dc43_gitdraft.observe.sql_types import check_names, data_type, foreign, permitted
from dc43_gitdraft.observe.storage import name_some, plain

#: In bytes. That of 5,000 models has about 60 MB.
MAX_MANIFEST = 128 * 1024 * 1024

_KINDS = ("model", "seed", "snapshot", "source")
#: Adapters that are not called as ODCS calls the server.
_ADAPTERS: Mapping[str, str] = {"fabric": "tsql"}
#: What a test counts, unless it says otherwise.
_ROWS = "count(*)"
#: Of the rows that a test found, what makes it fail at the first one.
_AT_ONCE = re.compile(r"\s*(?:(?:!=|<>|>)\s*0|>=\s*1)\s*")
_Node = dict[str, Any]


def observe(request: Request) -> Observation:
    """Observe the shape of a table that a project of dbt makes or reads."""
    where = address(request)
    folder, manifest = _manifest(where)
    nodes = _named(manifest)
    name = choose(where, nodes, request, "model", hint="#MODEL")
    identity, node = nodes[name]
    catalog = _catalog(folder, identity)
    dialect = _dialect(manifest)
    properties = _columns(node, catalog, dialect)
    if wrong := check_names(properties):
        raise ObservationError(f"`{plain(name)}`: {wrong}", where=where.path)
    if not properties:
        raise ObservationError(
            f"no column of `{plain(name)}` is described: run `dbt docs generate`, which writes the"
            " catalog",
            where=where.path,
        )
    properties, lost = _promises(properties, identity, node, manifest)
    enforced = record(record(node.get("config")).get("contract")).get("enforced") is True
    return Observation(
        dataset=named(request, where, name),
        properties=properties,
        observed_by="dc43-gitdraft dbt",
        complete=catalog is not None or enforced,
        object=request.object,
        layout=Layout("table"),
        observed_at=request.now,
        context=dict(_context(identity, node, manifest)),
        warnings=(
            *lost,
            *_missing(properties, node, catalog),
            *foreign(properties, dialect),
        ),
        dialect=dialect,
        description=text_of(node.get("description")),
        tags=_tags(node),
    )


def _manifest(where: Address) -> tuple[Path, _Node]:
    path = Path(where.path)
    file = path / "manifest.json" if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise ObservationError(
            "the directory holds no manifest.json: name the `target` directory of a project of dbt",
            where=where.path,
        )
    document = record(read_json(file, MAX_MANIFEST))
    version = text_of(record(document.get("metadata")).get("dbt_schema_version")) or ""
    if "/manifest/" not in version or not isinstance(document.get("nodes"), dict):
        raise ObservationError("this is not a manifest of dbt", where=str(file))
    return file.parent, document


def _catalog(folder: Path, identity: str) -> _Node | None:
    """Return what the database says of a table; None where nobody asked it."""
    file = folder / "catalog.json"
    if not file.exists():
        return None
    document = record(read_json(file, MAX_MANIFEST))
    for group in ("nodes", "sources"):
        found = record(document.get(group)).get(identity)
        if isinstance(found, dict):
            return found
    return None


def _named(manifest: _Node) -> dict[str, tuple[str, _Node]]:
    """Return the tables by their names: `orders`, or as much more as tells them apart."""
    listed = []
    for group in ("nodes", "sources"):
        for identity, node in record(manifest.get(group)).items():
            if isinstance(node, dict) and node.get("resource_type") in _KINDS:
                listed.append((identity, node))
    found: dict[str, tuple[str, _Node]] = {}
    names = [text_of(node.get("name")) or identity for identity, node in listed]
    count = Counter(names)
    for (identity, node), name in zip(listed, names, strict=True):
        found[identity if count[name] > 1 else name] = (identity, node)
    return found


def _dialect(manifest: _Node) -> str | None:
    """Return the dialect of the types; Spark's is our own."""
    adapter = text_of(record(manifest.get("metadata")).get("adapter_type")) or ""
    return _ADAPTERS.get(adapter) or types.SERVERS.get(adapter)


# -- columns ---------------------------------------------------------------------------------------


def _columns(
    node: _Node, catalog: _Node | None, dialect: str | None
) -> tuple[ObservedProperty, ...]:
    """Return the columns of the database as the project names them, else those of the project."""
    stated = _stated(node)
    if catalog is None:
        return tuple(
            ObservedProperty(
                text_of(each.get("name")) or "",
                _type(each.get("data_type"), dialect),
                description=text_of(each.get("description")),
                tags=_tags(each),
            )
            for each in stated.values()
        )
    found = [each for each in record(catalog.get("columns")).values() if isinstance(each, dict)]
    found.sort(key=lambda each: count_of(each.get("index")) or 0)
    columns = []
    for each in found:
        name = text_of(each.get("name")) or ""
        mine = stated.get(name.casefold(), {})
        said = text_of(mine.get("description")) or text_of(each.get("comment"))
        columns.append(
            ObservedProperty(
                text_of(mine.get("name")) or name,
                _type(each.get("type"), dialect),
                description=said,
                tags=_tags(mine),
            )
        )
    return tuple(columns)


def _stated(node: _Node) -> dict[str, _Node]:
    found = {}
    for key, each in record(node.get("columns")).items():
        if isinstance(each, dict):
            name = text_of(each.get("name")) or str(key)
            found[name.casefold()] = {**each, "name": name}
    return found


def _tags(node: _Node) -> tuple[str, ...]:
    """Return the tags of a table or a column, wherever this version of dbt writes them."""
    found: dict[str, None] = {}
    for tags in (node.get("tags"), record(node.get("config")).get("tags")):
        listed = tags if isinstance(tags, list) else [tags]
        found.update((plain(tag), None) for each in listed if (tag := text_of(each)))
    return tuple(found)


def _type(text: Any, dialect: str | None) -> DataType:
    return data_type(text_of(text) or "unknown", dialect)


def _missing(
    properties: tuple[ObservedProperty, ...], node: _Node, catalog: _Node | None
) -> Iterator[str]:
    if catalog is None:
        yield (
            "no catalog.json tells of this table: what is seen is what the project says of it, and"
            " `dbt docs generate` asks the database"
        )
        return
    there = {each.name.casefold() for each in properties}
    gone = [plain(str(each["name"])) for name, each in _stated(node).items() if name not in there]
    if gone:
        yield f"the project describes what the table does not have: {name_some(gone)}"


def _promises(
    properties: tuple[ObservedProperty, ...], identity: str, node: _Node, manifest: _Node
) -> tuple[tuple[ObservedProperty, ...], tuple[str, ...]]:
    """Add what constraints and tests promise of the columns; say what no property can."""
    columns = {each.name.casefold(): each for each in properties}
    dialect = _dialect(manifest)
    lost: list[str] = []
    for kind, names, values in (*_constraints(node), *_tests(identity, manifest)):
        known = [name.casefold() for name in names if name.casefold() in columns]
        listed = permitted(columns[known[0]].type, values, dialect) if known else ()
        if kind == "not_null":
            for name in known:
                columns[name] = replace(columns[name], nullable=False)
        elif kind == "primary_key":
            for place, name in enumerate(known, 1):
                columns[name] = replace(columns[name], nullable=False, key=place)
        elif kind == "unique" and len(known) == 1:
            columns[known[0]] = replace(columns[known[0]], unique=True)
        elif kind == "accepted_values" and listed:
            columns[known[0]] = replace(columns[known[0]], enum=listed)
        else:
            of = f" of {name_some([plain(name) for name in names])}" if names else ""
            lost.append(f"{plain(kind)}{of}")
    said = f"the project promises what a draft does not, for a person to add: {name_some(lost)}"
    return tuple(columns.values()), (said,) if lost else ()


def _constraints(node: _Node) -> Iterator[tuple[str, list[str], list[Any]]]:
    for each in records(node.get("constraints")):
        listed = each.get("columns")
        names = [str(name) for name in listed] if isinstance(listed, list) else []
        yield text_of(each.get("type")) or "a constraint", names, []
    for column in _stated(node).values():
        for each in records(column.get("constraints")):
            yield text_of(each.get("type")) or "a constraint", [column["name"]], []


def _tests(identity: str, manifest: _Node) -> Iterator[tuple[str, list[str], list[Any]]]:
    """Yield the kind of each test that promises something, its column, and the values it lists."""
    for test in record(manifest.get("nodes")).values():
        if not isinstance(test, dict) or test.get("resource_type") != "test":
            continue
        if test.get("attached_node") != identity:
            continue
        if not _holds(record(test.get("config"))):
            continue
        metadata = record(test.get("test_metadata"))
        name = text_of(metadata.get("name")) or text_of(test.get("name"))
        column = text_of(test.get("column_name"))
        values = record(metadata.get("kwargs")).get("values")
        if not isinstance(values, list) or metadata.get("namespace") is not None:
            values = []
        yield name or "a test", [column] if column else [], values


def _holds(config: _Node) -> bool:
    """Tell whether a test promises something of all rows: a single one that breaks it fails it."""
    if config.get("enabled") is False or config.get("where"):
        return False
    if (text_of(config.get("severity")) or "").lower() == "warn":
        return False
    counts_rows = (text_of(config.get("fail_calc")) or _ROWS).replace(" ", "").lower() == _ROWS
    return counts_rows and bool(_AT_ONCE.fullmatch(text_of(config.get("error_if")) or "!= 0"))


# -- what a steward should know about it -----------------------------------------------------------


def _context(identity: str, node: _Node, manifest: _Node) -> Iterator[tuple[str, str]]:
    owner = _owner(node, manifest)
    if owner:
        yield "owner", plain(owner)
    above = record(node.get("depends_on")).get("nodes")
    below = record(manifest.get("child_map")).get(identity)
    for word, listed in (("made from", above), ("feeds", below)):
        names = [
            plain(each.split(".", 2)[-1]) if each.count(".") > 1 else plain(each)
            for each in (listed if isinstance(listed, list) else [])
            if isinstance(each, str) and not each.startswith(("test.", "unit_test."))
        ]
        if names:
            yield word, name_some(names)


def _owner(node: _Node, manifest: _Node) -> str | None:
    group = text_of(node.get("group"))
    for each in record(manifest.get("groups")).values():
        if group and record(each).get("name") == group:
            owner = record(record(each).get("owner"))
            return text_of(owner.get("name")) or text_of(owner.get("email"))
    return text_of(record(node.get("meta")).get("owner"))
