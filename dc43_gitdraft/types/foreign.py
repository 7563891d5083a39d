"""Type words that no table of ours has, as sqlglot reads them.

The only module that imports sqlglot, and only when such a word turns up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_CANONICAL: Mapping[str, str] = {
    name: canonical
    for canonical, names in (
        ("boolean", "BOOLEAN"),
        ("byte", "TINYINT"),
        ("short", "SMALLINT SMALLSERIAL"),
        ("mediumint", "MEDIUMINT"),
        ("int", "INT SERIAL"),
        ("long", "BIGINT BIGSERIAL"),
        ("hugeint", "INT128"),
        ("ubyte", "UTINYINT"),
        ("ushort", "USMALLINT"),
        ("umediumint", "UMEDIUMINT"),
        ("uint", "UINT"),
        ("ulong", "UBIGINT"),
        ("uhugeint", "UINT128"),
        ("float", "FLOAT"),
        ("double", "DOUBLE"),
        ("decimal", "DECIMAL BIGDECIMAL"),
        ("char", "CHAR FIXEDSTRING"),
        ("nchar", "NCHAR"),
        ("varchar", "VARCHAR"),
        ("nvarchar", "NVARCHAR"),
        ("string", "TEXT LONGTEXT MEDIUMTEXT TINYTEXT"),
        ("varbinary", "BINARY VARBINARY"),
        ("binary", "BLOB LONGBLOB MEDIUMBLOB TINYBLOB IMAGE"),
        ("date", "DATE DATE32"),
        ("time", "TIME"),
        ("timetz", "TIMETZ"),
        ("timestamp", "TIMESTAMPTZ TIMESTAMPLTZ"),
        ("timestamp_ntz", "TIMESTAMP TIMESTAMPNTZ DATETIME DATETIME2"),
        ("struct", "OBJECT"),
        ("variant", "VARIANT SUPER"),
    )
    for name in names.split()
}
#: What has parts, which our grammar reads, and what says nothing.
_NOT_HERE = frozenset(
    {"ARRAY", "MAP", "STRUCT", "LIST", "NESTED", "NULLABLE", "LOWCARDINALITY", "UNION", "RANGE"}
    | {"UNKNOWN", "USERDEFINED", "USER_DEFINED", "NULL", "DYNAMIC", "AGGREGATEFUNCTION"}
)


def word(words: tuple[str, ...], dialect: str) -> str | None:
    """Return the canonical name of a type that sqlglot knows by these words, or None.

    What it knows and we give no meaning has its own name in small letters.
    """
    found = _kind(" ".join(words), dialect)
    if found is None or found in _NOT_HERE:
        return None
    if len(words) > 1 and found == _kind(" ".join(words[:-1]), dialect):
        return None  # it passes over words that it does not understand
    return _CANONICAL.get(found, found.lower())


@lru_cache(maxsize=4096)
def _kind(text: str, dialect: str) -> str | None:
    import sqlglot.errors
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect

    known = Dialect.get(dialect) is not None
    for name in (dialect, None) if known else (None,):
        try:
            built = exp.DataType.build(text, dialect=name)
        except (sqlglot.errors.SqlglotError, ValueError):
            continue
        kind = built.this if isinstance(built, exp.DataType) else None
        if isinstance(kind, exp.DataType.Type):
            return kind.name
    return None
