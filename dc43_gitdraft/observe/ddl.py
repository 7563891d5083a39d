"""`CREATE TABLE` statements of any SQL dialect: `ddl:FILE?dialect=postgres#TABLE`."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import replace

from sqlglot.dialects.dialect import Dialect

from dc43_gitdraft import types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout, Observation
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.addresses import address, choose, named
from dc43_gitdraft.observe.ddl_tables import Table, Tables
from dc43_gitdraft.observe.documents import read_text
from dc43_gitdraft.observe.sql_tokens import SqlError
from dc43_gitdraft.observe.sql_types import foreign
from dc43_gitdraft.observe.storage import name_some, plain

#: In bytes. A schema is shorter; a dump with its rows is not.
MAX_DDL = 8 * 1024 * 1024


def observe(request: Request) -> Observation:
    """Observe the shape of one table in a file of SQL statements."""
    where = address(request, ("dialect",))
    dialect = _dialect(where.options.get("dialect"), request)
    text = read_text(where.path, MAX_DDL)
    try:
        tables = Tables(text, dialect).found
    except SqlError as error:
        hint = "" if dialect else "; the dialect may help: `ddl:FILE?dialect=NAME`"
        raise ObservationError(f"{error}{hint}", where=where.path, line=error.line) from None
    table = tables[choose(where, tables, request, "table", hint="#TABLE")]
    if not table.columns:
        raise ObservationError(
            f"the columns of the table `{plain(table.name)}` are not written down",
            where=request.source,
        )
    partitions = tuple(dict.fromkeys(each for each in table.partitions if each in table.columns))
    places = {name: place for place, name in enumerate(partitions, 1)}
    properties = tuple(
        replace(each, partition=places.get(each.name)) for each in table.columns.values()
    )
    return Observation(
        dataset=named(request, where, table.name),
        properties=properties,
        observed_by="dc43-gitdraft ddl",
        object=request.object,
        layout=Layout("table", partitions=partitions),
        observed_at=request.now,
        warnings=(*_lost(table), *foreign(properties, dialect)),
        dialect=None if dialect == "spark" else dialect,  # our own
        description=table.comment,
    )


def _dialect(wanted: str | None, request: Request) -> str | None:
    if wanted is None:
        return None
    name = types.SERVERS.get(wanted.lower(), wanted.lower())
    if name in types.DIALECTS or Dialect.get(name) is not None:
        return name
    known = sorted({*types.DIALECTS, *types.SERVERS})
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else f" (there are: {', '.join(known)})"
    raise ObservationError(f"there is no dialect `{plain(wanted)}`{hint}", where=request.source)


def _lost(table: Table) -> tuple[str, ...]:
    counts = Counter(table.lost)
    said = [f"{what} ({count} times)" if count > 1 else what for what, count in counts.items()]
    if not said:
        return ()
    return (f"the table states what a draft does not, for a person to add: {name_some(said)}",)
