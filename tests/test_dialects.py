"""The documented types of each dialect: known, themselves in any letter case, rightly logical."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.steps import calls_of

from dc43_gitdraft import types
from dc43_gitdraft.types import parse

#: Each dialect's documented type names by the logicalType that they have; `|` stands between.
DOCUMENTED = {
    "spark": """
        boolean: boolean | bool
        integer: byte | tinyint | short | smallint | int | integer | long | bigint | decimal(5,0)
        number: float | real | double | decimal(10,2) | dec(10,2) | numeric(10,2) | decimal
        string: string | char(3) | character(3) | varchar(10) | binary | string collate utf8_lcase
        string: interval year | interval year to month | interval day to second
        string: interval day to hour | interval minute to second
        date: date
        time: time | time(3)
        timestamp: timestamp | timestamp_ltz | timestamp_ntz
        array: array<int>
        map: map<string, int>
        object: struct<a: int, b: string not null comment 'x'> | variant
    """,
    "databricks": """
        boolean: boolean
        integer: bigint | long | int | integer | smallint | short | tinyint | byte
        number: decimal(10,2) | dec(10,2) | numeric(10,2) | double | float | real
        string: string | binary | char(3) | varchar(10) | string collate unicode
        string: interval year | interval day to second | geography(4326) | geometry(any)
        date: date
        timestamp: timestamp | timestamp_ltz | timestamp_ntz
        array: array<int>
        map: map<string, array<int>>
        object: struct<a: int, b: string> | variant | object
    """,
    "snowflake": """
        boolean: boolean
        integer: int | integer | bigint | smallint | tinyint | byteint
        integer: number | number(38,0) | number(10) | decimal | numeric | dec
        number: number(10,2) | decimal(10,2) | numeric(10,2)
        number: float | float4 | float8 | double | double precision | real | decfloat
        string: varchar | varchar(20) | char | char(3) | character | nchar | string | string(20)
        string: text | nvarchar | nvarchar2 | char varying(3) | nchar varying(3) | binary
        string: binary(10) | varbinary | geography | geometry | uuid
        date: date
        time: time | time(3)
        timestamp: datetime | datetime(3) | timestamp | timestamp(3) | timestamp_ltz
        timestamp: timestamp_ltz(3) | timestamp_ntz | timestamp_ntz(9) | timestamp_tz | timestampntz
        timestamp: timestamp_tz(3) | timestamp without time zone | timestamp with time zone
        timestamp: timestamp with local time zone
        array: array | array(int) | array(varchar not null)
        map: map(varchar, int) | map(varchar, int not null)
        object: variant | object | object(a int, b varchar not null)
        vector: vector(float, 256) | vector(int, 16)
    """,
    "bigquery": """
        boolean: bool | boolean
        integer: int64 | int | smallint | integer | bigint | tinyint | byteint
        number: numeric | numeric(10,2) | decimal | decimal(10,2) | bignumeric | bignumeric(50,2)
        number: bigdecimal | float64 | float
        string: string | string(10) | bytes | bytes(10) | geography | interval | range<date>
        date: date
        time: time
        timestamp: datetime | timestamp
        array: array<int64> | array<struct<a int64, b array<string>>>
        object: struct<a int64, b string(10)> | struct<int64, string> | json | record
    """,
    "postgres": """
        boolean: boolean | bool
        integer: smallint | int2 | integer | int | int4 | bigint | int8 | smallserial | serial
        integer: bigserial | serial2 | serial4 | serial8 | numeric(10) | oid
        number: decimal | numeric | numeric(10,2) | real | float4 | float | float(10) | float8
        number: double precision | money
        string: character varying(20) | varchar | varchar(20) | character(3) | char | bpchar
        string: bpchar(3) | text | name | citext | bytea | uuid | xml | inet | cidr | macaddr
        string: macaddr8 | bit(3) | bit varying(3) | varbit(3) | point | line | lseg | box | path
        string: polygon | circle | tsvector | tsquery | pg_lsn | pg_snapshot | txid_snapshot
        string: int4range | int8range | numrange | tsrange | tstzrange | daterange
        string: interval | interval day to second | interval(3) | interval second(3)
        date: date
        time: time | time(3) | time without time zone | time with time zone | timetz
        time: time(3) with time zone
        timestamp: timestamp | timestamp(3) | timestamp without time zone | timestamptz
        timestamp: timestamp(3) without time zone | timestamp with time zone | timestamptz(3)
        timestamp: timestamp(3) with time zone
        array: integer[] | text[][] | int[3] | integer array | integer array[4] | numeric(10,2)[]
        object: json | jsonb
        map: hstore
        vector: vector(3)
    """,
    "redshift": """
        boolean: boolean | bool
        integer: smallint | int2 | integer | int | int4 | bigint | int8 | decimal | numeric
        number: decimal(10,2) | numeric(10,2) | real | float4 | double precision | float8 | float
        string: char | char(3) | character(3) | nchar(3) | bpchar | varchar | varchar(20)
        string: character varying(20) | nvarchar(20) | text | varchar(max) | varbyte | varbyte(10)
        string: varbinary(10) | binary varying(10) | hllsketch | geometry | geography
        string: interval year to month | interval day to second
        date: date
        time: time | time without time zone | timetz | time with time zone
        timestamp: timestamp | timestamp without time zone | timestamptz | timestamp with time zone
        object: super
    """,
    "trino": """
        boolean: boolean
        integer: tinyint | smallint | integer | int | bigint | decimal | decimal(10)
        number: real | double | decimal(10,2) | number
        string: varchar | varchar(20) | char | char(3) | varbinary | ipaddress | uuid | hyperloglog
        string: p4hyperloglog | setdigest | qdigest(bigint) | tdigest | geometry
        string: sphericalgeography | interval year to month | interval day to second
        date: date
        time: time | time(3) | time with time zone | time(3) with time zone
        timestamp: timestamp | timestamp(3) | timestamp with time zone | timestamp(6) with time zone
        array: array(varchar) | array<bigint>
        map: map(varchar, bigint)
        object: row(a bigint, b varchar(20)) | row(bigint, double precision) | json
    """,
    "tsql": """
        boolean: bit
        integer: bigint | int | smallint | tinyint | integer | decimal | numeric | dec(10)
        number: decimal(10,2) | numeric(10,2) | money | smallmoney | float | float(24) | real
        number: double precision
        string: char | char(3) | varchar | varchar(20) | varchar(max) | text | nchar(3)
        string: nvarchar(20) | nvarchar(max) | ntext | binary(3) | varbinary(3) | varbinary(max)
        string: image | rowversion | timestamp | uniqueidentifier | xml | hierarchyid | sysname
        string: geography | geometry | national character varying(10) | character varying(10)
        date: date
        time: time | time(3)
        timestamp: datetime | datetime2 | datetime2(3) | smalldatetime | datetimeoffset
        timestamp: datetimeoffset(3)
        object: json | sql_variant
        vector: vector(3)
    """,
    "duckdb": """
        boolean: boolean | bool | logical
        integer: tinyint | int1 | smallint | int2 | int16 | short | integer | int4 | int | int32
        integer: signed | bigint | int8 | int64 | long | hugeint | int128 | utinyint | uint8
        integer: usmallint | uint16 | uinteger | uint32 | ubigint | uint64 | uhugeint | uint128
        integer: bignum | varint | decimal(10,0)
        number: decimal | decimal(10,2) | numeric | float | float4 | real | double | float8
        string: varchar | varchar(20) | char | bpchar | text | string | blob | bytea | binary
        string: varbinary | bit | bitstring | uuid | interval | enum('a', 'B') | geometry
        date: date
        time: time | time with time zone | timetz
        timestamp: timestamp | datetime | timestamptz | timestamp with time zone | timestamp_s
        timestamp: timestamp_ms | timestamp_us | timestamp_ns
        array: integer[] | integer[3] | varchar[][]
        map: map(integer, varchar)
        object: struct(i integer, j varchar[]) | row(i integer) | json | variant
        object: union(num integer, txt varchar)
    """,
    "mysql": """
        boolean: bool | boolean | tinyint(1)
        integer: tinyint | smallint | mediumint | int | int(11) | integer | bigint | year
        integer: int unsigned | bigint(20) unsigned | tinyint unsigned | mediumint unsigned
        number: decimal(10,2) | numeric(10,2) | fixed(10,2) | float | float(7,4) | double | real
        number: double precision | decimal(10,2) unsigned
        string: char | char(3) | varchar(20) | nvarchar(20) | binary(3) | varbinary(3) | tinytext
        string: text | mediumtext | longtext | tinyblob | blob | mediumblob | longblob
        string: enum('a', 'b') | set('a', 'b') | bit(1)
        date: date
        time: time | time(3)
        timestamp: datetime | datetime(6) | timestamp | timestamp(6)
        object: json
    """,
    "oracle": """
        boolean: boolean
        integer: number(10) | number(10,0) | integer | int | smallint
        number: number | number(*,2) | number(10,2) | float | float(126) | binary_float
        number: binary_double | double precision
        string: varchar2(20) | varchar2(20 char) | varchar2(20 byte) | nvarchar2(20) | char
        string: char(3) | nchar(3) | clob | nclob | blob | bfile | raw(16) | long | long raw | rowid
        string: urowid | xmltype | sdo_geometry | interval year(2) to month
        string: interval day(2) to second(6)
        timestamp: date | timestamp | timestamp(3) | timestamp(3) with time zone
        timestamp: timestamp with local time zone
        object: json
    """,
    "clickhouse": """
        boolean: bool
        integer: int8 | int16 | int32 | int64 | int128 | int256 | uint8 | uint16 | uint32 | uint64
        integer: nullable(int64)
        number: float32 | float64 | bfloat16 | decimal(10,2)
        string: string | fixedstring(10) | lowcardinality(string) | uuid | ipv4 | ipv6
        string: enum8('a' = 1, 'b' = 2)
        date: date | date32
        timestamp: datetime | datetime('utc') | datetime64(3) | datetime64(3, 'utc')
        array: array(string)
        map: map(string, uint64)
        object: tuple(a int8, b string) | tuple(int8, string) | json
    """,
    "hive": """
        integer: tinyint | smallint | int | integer | bigint
        number: float | double | double precision | decimal | decimal(10,2) | numeric(10,2)
        string: string | varchar(20) | char(3) | binary | interval
        timestamp: timestamp | timestamp with local time zone
        date: date
        boolean: boolean
        array: array<int>
        map: map<string,int>
        object: struct<a:int,b:string comment 'x'>
    """,
    "iceberg": """
        boolean: boolean
        integer: int | long
        number: float | double | decimal(9, 2)
        string: string | uuid | binary
        date: date
        time: time
        timestamp: timestamp | timestamptz | timestamp_ns | timestamptz_ns
        array: list<string>
        map: map<string, long>
        object: struct<a: int>
    """,
}


def documented() -> Iterator[tuple[str, str, str]]:
    for dialect, table in DOCUMENTED.items():
        for line in table.strip().splitlines():
            logical, _, names = line.strip().partition(": ")
            for name in names.split(" | "):
                yield dialect, name.strip(), logical


ROWS = list(documented())


@pytest.mark.parametrize(("dialect", "name", "logical"), ROWS)
def test_a_documented_type_is_known_and_logical(dialect: str, name: str, logical: str) -> None:
    parsed = parse(name, dialect)
    assert parsed.known
    assert parsed.text == name
    assert types.implied(parsed)[0] == logical
    for other in (name.upper(), name.title(), f"  {name.replace(',', ' , ')} "):
        if "'" not in name:
            assert types.same(parse(other, dialect), parsed)
    assert types.respell(name, parsed, dialect) == name


@pytest.mark.parametrize("dialect", DOCUMENTED)
def test_what_a_dialect_calls_otherwise_is_not_one_type(dialect: str) -> None:
    names = [name for other, name, _ in ROWS if other == dialect]
    for one in names:
        for other in names:
            ours, theirs = parse(one, dialect), parse(other, dialect)
            assert types.same(ours, theirs) is types.same(theirs, ours)
            assert not (types.widens(ours, theirs) and types.widens(theirs, ours))
            if types.same(ours, theirs):
                assert types.implied(ours)[0] == types.implied(theirs)[0]


SAME = [
    ("snowflake", "INT", "NUMBER(38,0)"),
    ("snowflake", "bigint", "NUMBER"),
    ("snowflake", "VARCHAR", "varchar(16777216)"),
    ("snowflake", "CHAR", "VARCHAR(1)"),
    ("snowflake", "TEXT(20)", "CHARACTER VARYING(20)"),
    ("snowflake", "FLOAT4", "DOUBLE PRECISION"),
    ("snowflake", "DATETIME", "TIMESTAMP_NTZ(9)"),
    ("bigquery", "INT64", "BIGINT"),
    ("bigquery", "FLOAT64", "float"),
    ("bigquery", "NUMERIC", "decimal(38,9)"),
    ("bigquery", "STRUCT<a INT64>", "struct<A integer>"),
    ("bigquery", "STRING(10)", "string( 10 )"),
    ("postgres", "character varying(20)", "varchar(20)"),
    ("postgres", "float", "double precision"),
    ("postgres", "float(24)", "real"),
    ("postgres", "timestamptz", "timestamp(6) with time zone"),
    ("postgres", "timestamp", "TIMESTAMP WITHOUT TIME ZONE"),
    ("postgres", "int4[]", "integer ARRAY"),
    ("postgres", "bigserial", "bigint"),
    ("postgres", "char", "character(1)"),
    ("redshift", "TEXT", "varchar(256)"),
    ("redshift", "varchar(max)", "varchar(65535)"),
    ("redshift", "decimal", "numeric(18,0)"),
    ("databricks", "STRUCT<a: INT>", "struct<a:integer>"),
    ("trino", "timestamp", "timestamp(3)"),
    ("trino", "ARRAY(VARCHAR)", "array<varchar>"),
    ("trino", "ROW(a bigint)", "row(A BIGINT)"),
    ("tsql", "timestamp", "rowversion"),
    ("tsql", "datetime2", "datetime2(7)"),
    ("tsql", "NVARCHAR(MAX)", "nvarchar( max )"),
    ("tsql", "float(24)", "real"),
    ("tsql", "float(53)", "double precision"),
    ("tsql", "varchar", "varchar(1)"),
    ("duckdb", "HUGEINT", "int128"),
    ("duckdb", "INTEGER[]", "int4[]"),
    ("duckdb", "DATETIME", "timestamp_us"),
    ("mysql", "int(11)", "INTEGER"),
    ("mysql", "tinyint(1)", "bool"),
    ("mysql", "real", "double"),
    ("oracle", "DATE", "TIMESTAMP(0)"),
    ("oracle", "VARCHAR2(20)", "VARCHAR2(20 BYTE)"),
    ("clickhouse", "LowCardinality(String)", "String"),
    ("hive", "timestamp", "TIMESTAMP"),
    # no dialect, and one that has no table
    (None, "NVARCHAR(MAX)", "nvarchar(max)"),
    (None, "INT64", "bigint"),
    (None, "NUMBER(10,2)", "decimal(10,2)"),
    (None, "ROW(a bigint)", "struct<a:long>"),
    (None, "int[]", "array<int>"),
    (None, "int unsigned", "uinteger"),
    (None, "SUPER", "variant"),
    (None, "timestamp(6) with time zone", "timestamptz"),
    ("nosuchdialect", "INT64", "bigint"),
]


@pytest.mark.parametrize(("dialect", "one", "other"), SAME)
def test_a_dialect_has_several_spellings_of_a_type(
    dialect: str | None, one: str, other: str
) -> None:
    assert types.same(parse(one, dialect), parse(other, dialect))


WIDER = [
    ("snowflake", "NUMBER(10,2)", "NUMBER(12,2)"),
    ("snowflake", "NUMBER(10,0)", "INT"),
    ("snowflake", "VARCHAR(20)", "VARCHAR"),
    ("snowflake", "TIMESTAMP_NTZ(3)", "TIMESTAMP_NTZ"),
    ("snowflake", "ARRAY(NUMBER(10,0))", "ARRAY(NUMBER(12,0))"),
    ("snowflake", "OBJECT(a INT)", "OBJECT(a INT, b VARCHAR)"),
    ("bigquery", "NUMERIC", "BIGNUMERIC"),
    ("bigquery", "STRING(10)", "STRING"),
    ("bigquery", "BYTES(10)", "BYTES(20)"),
    ("bigquery", "DATE", "DATETIME"),
    ("postgres", "smallint", "integer"),
    ("postgres", "real", "double precision"),
    ("postgres", "numeric(10,2)", "numeric"),
    ("postgres", "bigint", "numeric"),
    ("postgres", "varchar(10)", "text"),
    ("postgres", "char(3)", "varchar(3)"),
    ("postgres", "timestamp(3)", "timestamp"),
    ("postgres", "int[]", "bigint[]"),
    ("postgres", "bit(3)", "bit varying(3)"),
    ("redshift", "varchar", "varchar(max)"),
    ("redshift", "int4", "int8"),
    ("databricks", "INT", "BIGINT"),
    ("trino", "real", "double"),
    ("trino", "timestamp", "timestamp(6)"),
    ("trino", "row(a integer)", "row(a bigint)"),
    ("tsql", "tinyint", "smallint"),
    ("tsql", "varchar(20)", "nvarchar(20)"),
    ("tsql", "nvarchar(20)", "nvarchar(max)"),
    ("tsql", "smalldatetime", "datetime"),
    ("tsql", "datetime", "datetime2"),
    ("tsql", "smallmoney", "money"),
    ("tsql", "varbinary(10)", "varbinary(max)"),
    ("duckdb", "UTINYINT", "SMALLINT"),
    ("duckdb", "BIGINT", "HUGEINT"),
    ("duckdb", "UINTEGER", "DOUBLE"),
    ("duckdb", "INTEGER[3]", "INTEGER[]"),
    ("duckdb", "TIMESTAMP_S", "TIMESTAMP"),
    ("mysql", "mediumint", "int"),
    ("mysql", "int unsigned", "bigint"),
    ("oracle", "NUMBER(10,2)", "NUMBER"),
    ("oracle", "VARCHAR2(20)", "VARCHAR2(20 CHAR)"),
    ("oracle", "VARCHAR2(20)", "CLOB"),
    ("clickhouse", "Int32", "Int64"),
    ("clickhouse", "Int32", "Nullable(Int64)"),
    ("hive", "date", "timestamp"),
]


@pytest.mark.parametrize(("dialect", "old", "new"), WIDER)
def test_a_dialects_types_widen_one_way(dialect: str, old: str, new: str) -> None:
    assert types.widens(parse(old, dialect), parse(new, dialect))
    assert not types.widens(parse(new, dialect), parse(old, dialect))


INCOMPARABLE = [
    ("snowflake", "TIMESTAMP_LTZ", "TIMESTAMP_TZ"),
    ("snowflake", "NUMBER(38,0)", "FLOAT"),
    ("bigquery", "TIMESTAMP", "DATETIME"),
    ("bigquery", "INT64", "FLOAT64"),
    ("postgres", "timestamp", "timestamptz"),
    ("postgres", "json", "jsonb"),
    ("postgres", "point", "polygon"),
    ("postgres", "int", "interval"),
    ("redshift", "super", "varchar(65535)"),
    ("trino", "date", "timestamp with time zone"),
    ("tsql", "timestamp", "datetime2"),
    ("tsql", "datetime2(3)", "datetimeoffset"),
    ("duckdb", "UBIGINT", "BIGINT"),
    ("duckdb", "BIGINT", "DOUBLE"),
    ("duckdb", "ENUM('a')", "ENUM('a', 'b')"),
    ("mysql", "datetime", "timestamp"),
    ("clickhouse", "DateTime('UTC')", "DateTime('Europe/Paris')"),
]


@pytest.mark.parametrize(("dialect", "old", "new"), INCOMPARABLE)
def test_a_dialects_types_that_hold_neither_the_other(dialect: str, old: str, new: str) -> None:
    ours, theirs = parse(old, dialect), parse(new, dialect)
    assert ours.known
    assert theirs.known
    assert not types.same(ours, theirs)
    assert not types.widens(ours, theirs)
    assert not types.widens(theirs, ours)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("snowflake", "INT"), ("oracle", "NUMBER(38)")),
        (("snowflake", "FLOAT"), ("bigquery", "FLOAT64")),
        (("postgres", "real"), ("spark", "float")),
        (("postgres", "float"), ("trino", "double")),
        (("bigquery", "TIMESTAMP"), ("postgres", "timestamptz")),
        (("postgres", "timestamp"), ("spark", "timestamp_ntz")),
        (("redshift", "super"), ("snowflake", "variant")),
        (("trino", "row(a varchar)"), ("bigquery", "STRUCT<a STRING>")),
        (("tsql", "bit"), ("duckdb", "BOOLEAN")),
    ],
)
def test_dialects_call_one_type_otherwise(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert types.same(parse(one[1], one[0]), parse(other[1], other[0]))


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ([{"type": "snowflake"}], "snowflake"),
        ([{"type": "Postgresql"}], "postgres"),
        ([{"type": "s3"}, {"type": "synapse"}], "tsql"),
        ([{"type": "athena"}, {"type": "trino"}], "trino"),
        ([{"type": "snowflake"}, {"type": "bigquery"}], None),
        ([{"type": "kafka"}], None),
        ([{"type": 1}, "x"], None),
        (None, None),
        ("x", None),
    ],
)
def test_the_servers_say_the_dialect(servers: object, expected: str | None) -> None:
    assert types.dialect_of({"servers": servers}) == expected


def test_every_server_type_has_a_dialect_that_is_known() -> None:
    assert set(types.SERVERS.values()) <= set(types.DIALECTS)


RESPELT = [
    ("snowflake", "NUMBER(10,2)", "decimal(12,2)", "NUMBER(12,2)"),
    ("snowflake", "INT", "decimal(12,2)", "NUMBER(12,2)"),
    ("snowflake", "varchar(10)", "double", "float"),
    ("snowflake", "VARCHAR", "array<struct<a:int>>", "ARRAY(OBJECT(a NUMBER(38,0)))"),
    ("snowflake", "TIMESTAMP_NTZ(3)", "timestamp", "TIMESTAMP_LTZ"),
    ("bigquery", "INT64", "double", "FLOAT64"),
    ("bigquery", "NUMERIC(10,2)", "decimal(12,2)", "NUMERIC(12,2)"),
    ("bigquery", "NUMERIC", "decimal(38,20)", "BIGNUMERIC(38,20)"),
    ("bigquery", "STRUCT<a INT64>", "struct<a:int,b:date>", "STRUCT<a INT64, b DATE>"),
    ("postgres", "integer", "bigint", "bigint"),
    ("postgres", "int4[]", "array<bigint>", "bigint[]"),
    ("postgres", "numeric(10, 2)", "decimal(12,2)", "numeric(12, 2)"),
    ("postgres", "timestamp", "timestamp", "timestamptz"),
    ("postgres", "TEXT", "struct<a:int>", "JSONB"),
    ("redshift", "integer", "array<int>", "super"),
    ("trino", "integer", "array<bigint>", "array(bigint)"),
    ("trino", "row(a integer)", "struct<a:bigint,b:string>", "row(a bigint, b varchar)"),
    ("tsql", "int", "boolean", "bit"),
    ("tsql", "NVARCHAR(20)", "timestamp_ntz", "DATETIME2"),
    ("duckdb", "INTEGER[]", "array<bigint>", "BIGINT[]"),
    ("duckdb", "STRUCT(i INTEGER)", "struct<i:bigint>", "STRUCT(i BIGINT)"),
    ("mysql", "int", "map<string,int>", "json"),
    ("oracle", "NUMBER(5)", "bigint", "NUMBER(19)"),
    ("clickhouse", "Array(Int32)", "array<bigint>", "Array(Int64)"),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "old", "new", "expected"), RESPELT)
def test_a_type_is_respelt_in_its_dialect(dialect: str, old: str, new: str, expected: str) -> None:
    assert types.respell(old, parse(new), dialect) == expected
    assert parse(expected, dialect).known


SPARK_ROWS = [row for row in ROWS if row[0] == "spark"]


@given(st.sampled_from(ROWS), st.sampled_from(SPARK_ROWS))
def test_whatever_is_respelt_is_known_in_its_dialect(
    old: tuple[str, str, str], new: tuple[str, str, str]
) -> None:
    dialect, name, _ = old
    text = types.respell(name, parse(new[1], "spark"), dialect)
    assert parse(text, dialect).known


@given(st.text(max_size=60), st.sampled_from([*DOCUMENTED, "", "nosuchdialect"]))
def test_no_text_breaks_a_dialect(text: str, dialect: str) -> None:
    assert parse(text, dialect).text == text or parse(text, dialect).known


@pytest.mark.parametrize(
    "text",
    [
        "row(" * 200 + "x", "row(row " * 60 + "x", "array " * 300, "int" + "[]" * 3000,
        "array<" * 60 + "int" + ("[]" * 60 + ">") * 60,
        "array<" * 40 + "row(a " * 40, "decimal(" + "9" * 5000 + ")", "x " * 3000, "`" * 3001,
        "enum(" + ",".join("'v'" for _ in range(3000)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dialect", [None, "trino", "duckdb"])
def test_overlong_spellings_are_unknown_at_once(text: str, dialect: str | None) -> None:
    parsed, calls = calls_of(lambda: parse(text, dialect))
    assert not parsed.known
    assert calls < 250_000


def test_our_own_grammar_and_the_tables_need_no_sqlglot() -> None:
    code = (
        "import sys\n"
        "from dc43_gitdraft.types import parse\n"
        "assert parse('array<bigint>').known and parse('NUMBER(38,0)', 'snowflake').known\n"
        "assert 'sqlglot' not in sys.modules\n"
        "assert parse('number(3)').known and 'sqlglot' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
