"""Which dialects there are, which server speaks which, and on which words they agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dc43_gitdraft.types.databases import DUCKDB, MYSQL, ORACLE, POSTGRES, SQL_SERVER, STANDARD
from dc43_gitdraft.types.warehouses import (
    BIGQUERY,
    CLICKHOUSE,
    DATABRICKS,
    HIVE,
    ICEBERG,
    REDSHIFT,
    SNOWFLAKE,
    SPARK,
    TRINO,
)
from dc43_gitdraft.types.words import Dialect, Meaning

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        *(SPARK, DATABRICKS, HIVE, ICEBERG, SNOWFLAKE, BIGQUERY, POSTGRES, REDSHIFT),
        *(TRINO, SQL_SERVER, DUCKDB, MYSQL, ORACLE, CLICKHOUSE, *STANDARD),
    )
}
#: Every server type of ODCS that says a SQL dialect. Files and streams have our own grammar.
SERVERS: Mapping[str, str] = {
    "athena": "trino",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "db2": "standard",
    "denodo": "standard",
    "dremio": "dremio",
    "duckdb": "duckdb",
    "exasol": "exasol",
    "glue": "hive",
    "hana": "standard",
    "hive": "hive",
    "iceberg": "iceberg",
    "impala": "hive",
    "informix": "standard",
    "ingres": "standard",
    "mysql": "mysql",
    "oracle": "oracle",
    "postgres": "postgres",
    "postgresql": "postgres",
    "presto": "trino",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "sqlserver": "tsql",
    "synapse": "tsql",
    "teradata": "teradata",
    "trino": "trino",
    "vectorwise": "standard",
    "vertica": "vertica",
}


def _shared() -> dict[str, Meaning]:
    """Return the words on which all dialects that have them agree."""
    found: dict[str, set[Meaning]] = {}
    for dialect in DIALECTS.values():
        for word, meaning in dialect.words.items():
            found.setdefault(word, set()).add(meaning)
    return {word: next(iter(said)) for word, said in found.items() if len(said) == 1}


#: What words of some dialect mean where no dialect is known: those that mean one thing only.
SHARED: Mapping[str, Meaning] = _shared()


def dialect_of(document: Mapping[str, Any]) -> str | None:
    """Return the dialect of a contract's servers; None where there is none, or several."""
    servers = document.get("servers")
    found = {_dialect(server) for server in servers} if isinstance(servers, list) else set()
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _dialect(server: object) -> str | None:
    kind = server.get("type") if isinstance(server, dict) else None
    return SERVERS.get(kind.lower()) if isinstance(kind, str) else None
