"""The types of warehouses and lakes: Spark and its kin, Snowflake, BigQuery, Redshift, Trino.

Only what differs from our own grammar, which is Spark SQL's, stands here: other words, and words
that mean something else. The sources are the vendors' lists of data types.
"""

from __future__ import annotations

from dc43_gitdraft.types.databases import POSTGRES_WORDS
from dc43_gitdraft.types.words import Dialect, spells, words

SPARK = Dialect("spark", {})
DATABRICKS = Dialect(
    "databricks",
    words("""
        geography: geography
        geometry: geometry
        struct: object
    """),
)

HIVE = Dialect(
    "hive",
    words("""
        timestamp_ntz(9): timestamp
        timestamp(9): timestamp with local time zone
    """),
    spells("""
        timestamp with local time zone: timestamp
        timestamp: timestamp_ntz
    """),
)
ICEBERG = Dialect(
    "iceberg",
    words("""
        timestamp_ntz(6): timestamp
        timestamp(6): timestamptz
        timestamp_ntz(9): timestamp_ns
        timestamp(9): timestamptz_ns
        array: list
        uuid: uuid
        geometry: geometry
        geography: geography
    """),
    spells("""
        int: byte, short
        long: long
        timestamptz: timestamp
        timestamp: timestamp_ntz
        list: array
    """),
)
SNOWFLAKE = Dialect(
    "snowflake",
    words("""
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
    spells("""
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
BIGQUERY = Dialect(
    "bigquery",
    words("""
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
    spells("""
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
REDSHIFT = Dialect(
    "redshift",
    {
        **POSTGRES_WORDS,
        **words("""
            decimal(18,0): decimal, numeric
            varchar(256): varchar, character varying, nvarchar, text
            char(256): bpchar
            binary: varbyte, varbinary, binary varying
            variant: super
            hllsketch: hllsketch
        """),
    },
    spells("""
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
TRINO = Dialect(
    "trino",
    words("""
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
    spells("""
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
CLICKHOUSE = Dialect(
    "clickhouse",
    words("""
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
    spells("""
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
