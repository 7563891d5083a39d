"""The types of databases: Postgres, SQL Server, DuckDB, MySQL, Oracle, and standard SQL.

Only what differs from our own grammar, which is Spark SQL's, stands here: other words, and words
that mean something else. The sources are the vendors' lists of data types.
"""

from __future__ import annotations

from dc43_gitdraft.types.words import Dialect, spells, words

POSTGRES_WORDS = words("""
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
POSTGRES = Dialect(
    "postgres",
    POSTGRES_WORDS,
    spells("""
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
SQL_SERVER = Dialect(
    "tsql",
    words("""
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
    spells("""
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
DUCKDB = Dialect(
    "duckdb",
    words("""
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
    spells("""
        integer: int
        varchar: string, char, void
        blob: binary
        timestamptz: timestamp
        timestamp: timestamp_ntz
    """),
    brackets="()",
    list_suffix=True,
)
MYSQL = Dialect(
    "mysql",
    words("""
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
    spells("""
        text: string
        blob: binary
        varchar(1): void
        time(6): time
        timestamp(6): timestamp
        datetime(6): timestamp_ntz
        json: variant, array, map, struct
    """),
)
ORACLE = Dialect(
    "oracle",
    words("""
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
    spells("""
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
#: What standard SQL says otherwise than Spark; databases without a table of their own follow it.
_STANDARD_WORDS = words("""
    timestamp_ntz(6): timestamp, timestamp without time zone
    timestamp(6): timestamp with time zone, timestamp with local time zone
    timetz(6): time with time zone
    double: float
    char(1): char, character
    string: clob, character large object
    binary: blob, binary large object
""")
_STANDARD_SPELLS = spells("""
    smallint: byte, short
    integer: int
    real: float
    double precision: double
    clob: string
    blob: binary
    timestamp with time zone: timestamp
    timestamp: timestamp_ntz
""")
STANDARD = tuple(
    Dialect(name, {**_STANDARD_WORDS, **words(differing)}, _STANDARD_SPELLS)
    for name, differing in (
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
