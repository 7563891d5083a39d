"""What type words mean in each SQL dialect, how the dialect writes types, and whose it is.

Only what differs from our own grammar, which is Spark SQL's, stands here: other words, and words
that mean something else (`timestamp` is a row's version in SQL Server, and without a time zone in
Postgres). The sources are the vendors' lists of data types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word means: a canonical name, and the arguments it has when none are written.

    A `fixed` word takes no arguments.
    """

    name: str
    args: tuple[int, ...] = ()
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: its words, the words that it writes canonical names with, and its brackets.

    `brackets` are those of nested types; `list_suffix` writes an array as `bigint[]`.
    """

    name: str
    words: Mapping[str, Meaning]
    spells: Mapping[str, str] = field(default_factory=dict)
    brackets: str = "<>"
    list_suffix: bool = False
    #: Whole numbers are decimals without a scale, whatever integer type holds them elsewhere.
    integers_are_decimals: bool = False


def _meaning(text: str) -> Meaning:
    name, _, args = text.lstrip("=").partition("(")
    numbers = tuple(int(arg) for arg in args.rstrip(")").split(",") if arg)
    return Meaning(name, numbers, text.startswith("="))


def _words(table: str) -> dict[str, Meaning]:
    """Read rows of `canonical name: word, another word`; `=` marks words that take no arguments."""
    words: dict[str, Meaning] = {}
    for line in filter(None, table.strip().splitlines()):
        meaning, _, listed = line.partition(": ")
        for word in listed.split(","):
            words[word.strip()] = _meaning(meaning.strip())
    return words


def _spells(table: str) -> dict[str, str]:
    """Read rows of `spelling: canonical name, another one`."""
    spells: dict[str, str] = {}
    for line in table.strip().splitlines():
        spelling, _, listed = line.partition(": ")
        for name in listed.split(","):
            spells[name.strip()] = spelling.strip()
    return spells


_SNOWFLAKE = Dialect(
    "snowflake",
    _words("""
        decimal(38,0): number, decimal, numeric, dec
        =decimal(38,0): int, integer, bigint, smallint, tinyint, byteint
        double: float, float4, float8, double, double precision, real
        decfloat: decfloat
        string: varchar, string, text, nvarchar, nvarchar2, char varying, nchar varying
        string: character varying
        varchar(1): char, character, nchar
        binary: binary, varbinary
        timestamp_ntz(9): datetime, timestamp, timestamp_ntz, timestampntz
        timestamp_ntz(9): timestamp without time zone
        timestamp(9): timestamp_ltz, timestampltz, timestamp with local time zone
        timestamp_tz(9): timestamp_tz, timestamptz, timestamp with time zone
        time(9): time
        struct: object
        uuid: uuid
        geography: geography
        geometry: geometry
        vector: vector
        file: file
    """),
    _spells("""
        number(38,0): byte, short, int, long
        float: float, double
        number: decimal
        varchar: string, char, varchar, interval, void
        timestamp_ltz: timestamp
        object: struct
    """),
    brackets="()",
    integers_are_decimals=True,
)
_BIGQUERY = Dialect(
    "bigquery",
    _words("""
        =long: int64, int, smallint, integer, bigint, tinyint, byteint
        decimal(38,9): numeric, decimal
        decimal(76,38): bignumeric, bigdecimal
        double: float64, float
        string: string
        binary: bytes
        timestamp_ntz(6): datetime
        timestamp(6): timestamp
        json: json
        geography: geography
        struct: record
        range: range
    """),
    _spells("""
        int64: byte, short, int, long
        float64: float, double
        numeric: decimal
        string: char, varchar, void
        bytes: binary
        datetime: timestamp_ntz
        bool: boolean
        json: variant, map
    """),
)
_POSTGRES_WORDS = _words("""
    short: int2, smallserial, serial2
    int: int4, serial, serial4
    long: int8, bigserial, serial8
    numeric: numeric, decimal, dec
    float: real, float4
    double: float, float8
    money: money
    char(1): char, character, nchar
    char: bpchar
    varchar: nvarchar
    name: name
    citext: citext
    binary: bytea
    timestamp_ntz(6): timestamp, timestamp without time zone
    timestamp(6): timestamptz, timestamp with time zone
    timetz(6): timetz, time with time zone
    bit(1): bit
    varbit: bit varying, varbit
    inet: inet
    cidr: cidr
    macaddr: macaddr
    macaddr8: macaddr8
    uuid: uuid
    xml: xml
    json: json
    jsonb: jsonb
    point: point
    line: line
    lseg: lseg
    box: box
    path: path
    polygon: polygon
    circle: circle
    tsvector: tsvector
    tsquery: tsquery
    pg_lsn: pg_lsn
    pg_snapshot: pg_snapshot
    txid_snapshot: txid_snapshot
    int4range: int4range
    int8range: int8range
    numrange: numrange
    tsrange: tsrange
    tstzrange: tstzrange
    daterange: daterange
    hstore: hstore
    oid: oid
    geometry: geometry
    geography: geography
    vector: vector
""")
_POSTGRES = Dialect(
    "postgres",
    _POSTGRES_WORDS,
    _spells("""
        smallint: byte, short
        integer: int
        real: float
        double precision: double
        numeric: decimal
        text: string, void
        bytea: binary
        timestamptz: timestamp
        timestamp: timestamp_ntz
        jsonb: variant, struct, map
    """),
    list_suffix=True,
)
_REDSHIFT = Dialect(
    "redshift",
    {
        **_POSTGRES_WORDS,
        **_words("""
            decimal(18,0): decimal, numeric
            varchar(256): varchar, character varying, nvarchar, text
            char(256): bpchar
            binary: varbyte, varbinary, binary varying
            variant: super
            hllsketch: hllsketch
        """),
    },
    _spells("""
        smallint: byte, short
        integer: int
        real: float
        double precision: double
        varchar(65535): string
        varchar(1): void
        varbyte: binary
        timestamptz: timestamp
        timestamp: timestamp_ntz
        super: variant, struct, map, array
    """),
)
_TRINO = Dialect(
    "trino",
    _words("""
        decimal(38,0): decimal
        numeric: number
        char(1): char
        binary: varbinary
        json: json
        time(3): time, time without time zone
        timetz(3): time with time zone
        timestamp_ntz(3): timestamp, timestamp without time zone
        timestamp(3): timestamp with time zone
        struct: row
        ipaddress: ipaddress
        uuid: uuid
        hyperloglog: hyperloglog
        p4hyperloglog: p4hyperloglog
        setdigest: setdigest
        qdigest: qdigest
        tdigest: tdigest
        geometry: geometry
        sphericalgeography: sphericalgeography
    """),
    _spells("""
        integer: int
        real: float
        varchar: string, void
        varbinary: binary
        time(6): time
        timestamp(6) with time zone: timestamp
        timestamp(6): timestamp_ntz
        json: variant
        row: struct
    """),
    brackets="()",
)
_SQL_SERVER = Dialect(
    "tsql",
    _words("""
        =ubyte: tinyint
        =boolean: bit
        decimal(18,0): decimal, numeric, dec
        money: money
        smallmoney: smallmoney
        double: float
        char(1): char, character
        varchar(1): varchar, char varying, character varying
        string: text
        nchar(1): nchar, national char, national character
        nvarchar(1): nvarchar, national char varying, national character varying
        nstring: ntext
        fixedbinary(1): binary
        varbinary(1): varbinary, binary varying
        binary: image
        rowversion: rowversion, timestamp
        time(7): time
        datetime: datetime
        smalldatetime: smalldatetime
        timestamp_ntz(7): datetime2
        timestamp(7): datetimeoffset
        uuid: uniqueidentifier
        xml: xml
        json: json
        vector: vector
        sql_variant: sql_variant
        hierarchyid: hierarchyid
        geometry: geometry
        geography: geography
        =nvarchar(128): sysname
    """),
    _spells("""
        bit: boolean
        smallint: byte, short
        real: float
        float: double
        nvarchar(max): string, interval, variant, array, map, struct
        nvarchar: varchar
        nvarchar(1): void
        nchar: char
        varbinary(max): binary
        datetimeoffset: timestamp
        datetime2: timestamp_ntz
    """),
)
_DUCKDB = Dialect(
    "duckdb",
    _words("""
        byte: int1
        short: int2
        int: int4, signed, int32
        short: int16
        long: int8, int64
        hugeint: hugeint, int128
        ubyte: utinyint, uint8
        ushort: usmallint, uint16
        uint: uinteger, uint32
        ulong: ubigint, uint64
        uhugeint: uhugeint, uint128
        bignum: bignum, varint
        boolean: logical
        decimal(18,3): decimal, numeric, dec
        float: float4
        double: float8
        string: char, bpchar, nvarchar
        binary: blob, bytea, varbinary
        bit: bit, bitstring
        json: json
        uuid: uuid, guid
        timestamp_ntz(6): timestamp, datetime, timestamp_us, timestamp without time zone
        timestamp_ntz(0): timestamp_s
        timestamp_ntz(3): timestamp_ms
        timestamp_ntz(9): timestamp_ns
        timestamp(6): timestamptz, timestamp with time zone
        timetz(6): timetz, time with time zone
        time(9): time_ns
        enum: enum
        union: union
        struct: row
        geometry: geometry
    """),
    _spells("""
        integer: int
        varchar: string, char, void
        blob: binary
        timestamptz: timestamp
        timestamp: timestamp_ntz
    """),
    brackets="()",
    list_suffix=True,
)
_MYSQL = Dialect(
    "mysql",
    _words("""
        mediumint: mediumint
        decimal(10,0): decimal, numeric, dec, fixed
        double: real
        bit(1): bit
        char(1): char, character
        char(1): nchar, national char
        varchar: nvarchar, national varchar
        string: tinytext, text, mediumtext, longtext
        fixedbinary(1): binary
        varbinary: varbinary
        binary: tinyblob, blob, mediumblob, longblob
        timestamp_ntz(0): datetime
        timestamp(0): timestamp
        time(0): time
        year: year
        enum: enum
        set: set
        json: json
    """),
    _spells("""
        text: string
        blob: binary
        varchar(1): void
        time(6): time
        timestamp(6): timestamp
        datetime(6): timestamp_ntz
        json: variant, array, map, struct
    """),
)
_ORACLE = Dialect(
    "oracle",
    _words("""
        numeric: number
        decimal(38,0): decimal, numeric, dec
        =decimal(38,0): int, integer, smallint
        decfloat: float, real, double precision
        float: binary_float
        double: binary_double
        varchar: varchar2, varchar
        nvarchar: nvarchar2
        char(1): char
        nchar(1): nchar
        string: clob, long
        nstring: nclob
        binary: blob, long raw
        varbinary: raw
        bfile: bfile
        timestamp_ntz(0): date
        timestamp_ntz(6): timestamp
        timestamp_tz(6): timestamp with time zone
        timestamp(6): timestamp with local time zone
        rowid: rowid
        urowid: urowid
        xml: xmltype
        json: json
        geometry: sdo_geometry
        vector: vector
    """),
    _spells("""
        number(3): byte
        number(5): short
        number(10): int
        number(19): long
        number: decimal
        binary_float: float
        binary_double: double
        varchar2: varchar
        clob: string
        varchar2(1): void
        blob: binary
        timestamp with local time zone: timestamp
        timestamp: timestamp_ntz
        json: variant, array, map, struct
    """),
    integers_are_decimals=True,
)
_CLICKHOUSE = Dialect(
    "clickhouse",
    _words("""
        byte: int8
        short: int16
        int: int32
        long: int64
        hugeint: int128
        int256: int256
        ubyte: uint8
        ushort: uint16
        uint: uint32
        ulong: uint64
        uhugeint: uint128
        uint256: uint256
        half: bfloat16
        float: float32
        double: float64
        char: fixedstring
        date: date32
        timestamp(0): datetime
        timestamp(3): datetime64
        uuid: uuid
        ipv4: ipv4
        ipv6: ipv6
        json: json
        enum: enum, enum8, enum16
        struct: tuple
        nullable: nullable
        wrapper: lowcardinality
    """),
    _spells("""
        Bool: boolean
        Int8: byte
        Int16: short
        Int32: int
        Int64: long
        Float32: float
        Float64: double
        Decimal: decimal
        String: string, char, varchar, binary, void
        Date32: date
        DateTime64(6): timestamp, timestamp_ntz
        Array: array
        Map: map
        Tuple: struct
        JSON: variant
    """),
    brackets="()",
)
_HIVE = Dialect(
    "hive",
    _words("""
        timestamp_ntz(9): timestamp
        timestamp(9): timestamp with local time zone
    """),
    _spells("""
        timestamp with local time zone: timestamp
        timestamp: timestamp_ntz
    """),
)
_ICEBERG = Dialect(
    "iceberg",
    _words("""
        timestamp_ntz(6): timestamp
        timestamp(6): timestamptz
        timestamp_ntz(9): timestamp_ns
        timestamp(9): timestamptz_ns
        array: list
        uuid: uuid
        geometry: geometry
        geography: geography
    """),
    _spells("""
        int: byte, short
        long: long
        timestamptz: timestamp
        timestamp: timestamp_ntz
        list: array
    """),
)
#: What standard SQL says otherwise than Spark; databases without a table of their own follow it.
_STANDARD_WORDS = _words("""
    timestamp_ntz(6): timestamp, timestamp without time zone
    timestamp(6): timestamp with time zone, timestamp with local time zone
    timetz(6): time with time zone
    double: float
    char(1): char, character
    string: clob, character large object
    binary: blob, binary large object
""")
_STANDARD_SPELLS = _spells("""
    smallint: byte, short
    integer: int
    real: float
    double precision: double
    clob: string
    blob: binary
    timestamp with time zone: timestamp
    timestamp: timestamp_ntz
""")
_STANDARD = tuple(
    Dialect(name, {**_STANDARD_WORDS, **_words(words)}, _STANDARD_SPELLS)
    for name, words in (
        ("standard", ""),
        ("dremio", "timestamp_ntz(3): timestamp"),
        ("exasol", "decimal(18,0): decimal, numeric, dec"),
        (
            "teradata",
            "byte: byteint\ndecimal(5,0): decimal\nnumeric: number\n"
            "fixedbinary(1): byte\nvarbinary: varbyte",
        ),
        ("vertica", "=long: int, integer, bigint, int8, smallint, tinyint\nbinary: long varbinary"),
    )
)
_SPARK = Dialect("spark", {})
_DATABRICKS = Dialect(
    "databricks",
    _words("""
        geography: geography
        geometry: geometry
        struct: object
    """),
)

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        *(_SPARK, _DATABRICKS, _HIVE, _ICEBERG, _SNOWFLAKE, _BIGQUERY, _POSTGRES, _REDSHIFT),
        *(_TRINO, _SQL_SERVER, _DUCKDB, _MYSQL, _ORACLE, _CLICKHOUSE, *_STANDARD),
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
