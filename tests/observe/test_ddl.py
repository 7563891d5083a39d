from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from support.documents import contract_documents
from support.firsts import first_draft, redrafted
from support.seen import column, look, shapes

from dc43_gitdraft import odcs, types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Document, Layout, Observation
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.types import DIALECTS

ORDERS = """\
-- made by hand
SET search_path = shop;
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "customer id" uuid NOT NULL REFERENCES customers (id),
    amount numeric(10,2) DEFAULT 0 CHECK (amount > 0),
    tags text[],
    state mood,
    at timestamp(3) with time zone UNIQUE,
    note character varying(40) COLLATE "C",
    UNIQUE (amount, at)
);
COMMENT ON TABLE shop.orders IS 'Every order once';
COMMENT ON COLUMN shop.orders.amount IS 'In EUR';
INSERT INTO shop.orders VALUES (1, 'it''s');
"""


def ddl(folder: Path, text: str, dialect: str | None = None, table: str | None = None) -> str:
    path = folder / "schema.sql"
    path.write_text(text, "utf-8")
    return f"ddl:{path}{f'?dialect={dialect}' if dialect else ''}{f'#{table}' if table else ''}"


def seen(
    folder: Path, text: str, dialect: str | None = None, table: str | None = None
) -> Observation:
    return look(ddl(folder, text, dialect, table))


def physical(observation: Observation) -> dict[str, str | None]:
    return {each.name: each.type.physical for each in observation.properties}


def test_the_columns_of_a_table_are_seen_as_they_are_written(tmp_path: Path) -> None:
    found = seen(tmp_path, ORDERS, "postgres")
    assert physical(found) == {
        "id": "bigint",
        "customer id": "uuid",
        "amount": "numeric(10,2)",
        "tags": "text[]",
        "state": "mood",
        "at": "timestamp(3) with time zone",
        "note": 'character varying(40) COLLATE "C"',
    }
    assert shapes(found) == {
        "id": "integer",
        "customer id": "string",
        "amount": "number",
        "tags": "array<string>",
        "state": "?",
        "at": "timestamp_tz",
        "note": "string",
    }


def test_keys_nulls_comments_and_the_dialect_are_seen(tmp_path: Path) -> None:
    found = seen(tmp_path, ORDERS, "postgres")
    assert (found.description, found.dialect) == ("Every order once", "postgres")
    assert (found.complete, found.rows, found.layout) == (True, None, Layout("table"))
    assert [each.name for each in found.properties if each.nullable is False] == [
        "id",
        "customer id",
    ]
    assert (column(found, "id").key, column(found, "at").unique) == (1, True)
    assert column(found, "amount").description == "In EUR"


def test_what_a_shape_does_not_hold_is_said(tmp_path: Path) -> None:
    lost, unknown = seen(tmp_path, ORDERS, "postgres").warnings
    assert "the foreign key of customer id to customers (id), a default value, a UNIQUE" in lost
    assert "`state` (mood)" in unknown


def test_an_observation_of_ddl_is_written_and_read_back(tmp_path: Path) -> None:
    found = seen(tmp_path, ORDERS, "postgres")
    assert from_json(to_json(found)) == found


def test_alter_table_adds_columns_and_keys(tmp_path: Path) -> None:
    text = (
        "create table a.t (x int, y int, z int);"
        "alter table only a.t add constraint k primary key (y, x);"
        "alter table a.t add column w text not null;"
        "alter table a.t drop column z;"
        "alter table a.t alter column x set default 1;"
    )
    found = seen(tmp_path, text, "postgres")
    assert [(each.name, each.key, each.nullable) for each in found.properties] == [
        ("x", 2, False),
        ("y", 1, False),
        ("w", None, False),
    ]
    assert "ALTER TABLE in line 1" in found.warnings[0]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        (
            "bigquery",
            "create table `p.d.t` (id int64 not null options(description='x'),"
            " a array<struct<b string, c numeric(10,2)>>) partition by date(ts)",
            {"id": "int64", "a": "array<struct<b string, c numeric(10,2)>>"},
        ),
        (
            "mysql",
            "create table `t` (`id` int(11) unsigned not null auto_increment,"
            " e enum('a','b') comment 'E', primary key (`id`), unique key u (e), key k (e))",
            {"id": "int(11) unsigned", "e": "enum('a','b')"},
        ),
        (
            "spark",
            "create table c.s.t (id bigint comment 'i', m map<string,array<int>>, d date)"
            " using delta partitioned by (d) comment 'tbl'",
            {"id": "bigint", "m": "map<string,array<int>>", "d": "date"},
        ),
        (
            "hive",
            "create external table t (id bigint) partitioned by (d date, h int) stored as orc",
            {"id": "bigint", "d": "date", "h": "int"},
        ),
        (
            "sqlserver",
            "CREATE TABLE [dbo].[t] ([id] [int] IDENTITY(1,1) NOT NULL, n nvarchar(max) NULL,"
            " CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([id] ASC))",
            {"id": "int", "n": "nvarchar(max)"},
        ),
        (
            "oracle",
            "create table t (id NUMBER(10) not null, v varchar2(40 char),"
            " constraint pk primary key (id))",
            {"id": "NUMBER(10)", "v": "varchar2(40 char)"},
        ),
        (
            "snowflake",
            "create or replace table db.s.t (id number(38,0) autoincrement, v variant,"
            " t timestamp_ltz(9) comment 'x') comment='y'",
            {"id": "number(38,0)", "v": "variant", "t": "timestamp_ltz(9)"},
        ),
        (
            "clickhouse",
            "create table t (id UInt64, a Nullable(String)) engine=MergeTree order by id",
            {"id": "UInt64", "a": "Nullable(String)"},
        ),
        (
            "duckdb",
            "create table t (u union(a int, b varchar), s struct(a int, b text[]), h hugeint)",
            {"u": "union(a int, b varchar)", "s": "struct(a int, b text[])", "h": "hugeint"},
        ),
    ],
)
def test_every_dialect_keeps_its_own_spelling(
    dialect: str, text: str, expected: dict[str, str], tmp_path: Path
) -> None:
    found = seen(tmp_path, text, dialect)
    assert physical(found) == expected
    assert all(each.type.logical for each in found.properties)


def test_partitions_clustered_keys_and_comments_of_several_dialects(tmp_path: Path) -> None:
    hive = seen(tmp_path, "create table t (id int) partitioned by (d date, h int)", "hive")
    assert [each.partition for each in hive.properties] == [None, 1, 2]
    spark = seen(tmp_path, "create table t (id int comment 'i') comment 'all'", "spark")
    assert (spark.description, spark.properties[0].description) == ("all", "i")
    server = seen(
        tmp_path, "create table t (a int, constraint p primary key clustered (a asc))", "tsql"
    )
    assert server.properties[0].key == 1


@pytest.mark.parametrize(
    ("dialect", "text", "expected", "said"),
    [
        (
            "spark",
            "struct<a: int comment 'it''s',\n  b: array<struct<comment: string COMMENT \"x, y\">>>",
            "struct<a: int, b: array<struct<comment: string>>>",
            {"a": "it's", "b": None, "b[].comment": "x, y"},
        ),
        (
            "bigquery",
            "struct<a int64 not null options(description='The \\'key\\''), options string>",
            "struct<a int64 not null, options string>",
            {"a": "The 'key'", "options": None},
        ),
        (
            "hive",
            "map<string,struct<a:int comment 'one\\ntwo'>>",
            "map<string,struct<a:int>>",
            {"{value}.a": "one\ntwo"},
        ),
    ],
)
def test_comments_of_fields_are_descriptions_and_no_part_of_the_type(
    dialect: str, text: str, expected: str, said: dict[str, str | None], tmp_path: Path
) -> None:
    found = seen(tmp_path, f"create table t (x {text} comment 'all', y int)", dialect)
    assert physical(found) == {"x": expected, "y": "int"}
    assert column(found, "x").description == "all"
    assert dict(descriptions(column(found, "x").type, "")) == said
    contract = first_draft(found)
    assert "comment '" not in contract.text.lower()
    assert redrafted(contract, found) is None
    stated = first_draft(seen(tmp_path, f"create table t (x {expected}, y int)", dialect))
    assert redrafted(stated, found) is None


def descriptions(kind: DataType, path: str) -> Iterator[tuple[str, str | None]]:
    for field in kind.fields:
        name = f"{path}.{field.name}" if path else field.name
        yield name, field.description
        yield from descriptions(field.type, name)
    for inner, mark in ((kind.items, "[]"), (kind.value, "{value}")):
        if inner is not None:
            yield from descriptions(inner, path + mark)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_type_word_of_a_dialect_gives_a_valid_first_version(
    dialect: str, tmp_path: Path
) -> None:
    words = sorted(
        word
        for word in {*DIALECTS[dialect].words, "bigint", "varchar(40)", "decimal(10,2)", "date"}
        if types.parse(word, dialect).known
    )
    columns = ",\n".join(f"c{place} {word}" for place, word in enumerate(words))
    found = seen(tmp_path, f"create table t (\n{columns}\n)", dialect)
    contract = first_draft(found)
    stated = contract.document["schema"][0]["properties"]
    assert [node["physicalType"] for node in stated] == [
        each.type.physical for each in found.properties
    ]
    for word, each in zip(words, found.properties, strict=True):
        ours, theirs = types.parse(word, dialect), types.parse(each.type.physical or "", dialect)
        assert types.same(ours, theirs), (word, each.type.physical)
    assert redrafted(contract, found) is None


def test_a_first_version_says_what_the_table_says(tmp_path: Path) -> None:
    contract = first_draft(seen(tmp_path, ORDERS, "postgres"))
    table = contract.document["schema"][0]
    assert (table["name"], table["physicalName"]) == ("orders", "orders")
    assert table["description"] == "Every order once"
    assert table["properties"][:2] == [
        {
            "name": "id",
            "logicalType": "integer",
            "physicalType": "bigint",
            "required": True,
            "primaryKey": True,
            "primaryKeyPosition": 1,
        },
        {
            "name": "customer id",
            "logicalType": "string",
            "physicalType": "uuid",
            "logicalTypeOptions": {"format": "uuid"},
            "required": True,
        },
    ]


def test_another_type_is_drift_in_the_contracts_own_spelling(tmp_path: Path) -> None:
    contract = first_draft(seen(tmp_path, ORDERS, "postgres"))
    changed = ORDERS.replace("numeric(10,2)", "DECIMAL(12,2)")
    draft = redrafted(contract, seen(tmp_path, changed, "postgres"))
    assert draft is not None
    assert [(each.path, each.after) for each in draft.changes] == [
        ("orders.amount", "numeric(12,2)")
    ]


@pytest.mark.parametrize(
    ("stated", "written", "drifts"),
    [
        ("string", "varchar(40)", False),
        ("bigint", "integer", False),
        ("string", "uuid", False),
        ("int", "bigint", True),
        ("string", "numeric(10,2)", True),
    ],
)
def test_a_lake_and_a_database_agree_where_every_value_fits(
    stated: str, written: str, drifts: bool, tmp_path: Path
) -> None:
    kind = types.implied(types.parse(stated))[0]
    contract = first_draft(seen(tmp_path, f"create table t (a {stated})", "databricks"))
    server = {"server": "s", "type": "databricks", "catalog": "c", "schema": "s", "host": "h"}
    contract.document["servers"] = [server]
    assert contract.document["schema"][0]["properties"][0]["logicalType"] == kind
    draft = redrafted(contract, seen(tmp_path, f"create table t (a {written})", "postgres"))
    assert (draft is not None) is drifts


def test_a_contract_in_other_words_is_not_read_in_the_dialect_of_the_source(tmp_path: Path) -> None:
    contract = first_draft(seen(tmp_path, "create table t (a number(9), b varchar2(20))", "oracle"))
    found = seen(tmp_path, "create table t (a bigint, b text)", "postgres")
    assert redrafted(contract, found) is None  # whose words these are, nobody knows


def test_the_table_is_named_where_there_are_several(tmp_path: Path) -> None:
    text = "create table a.x (i int); create table b.x (i int); create table b.y (j int)"
    with pytest.raises(ObservationError, match=r"several tables \(a.x, b.x, b.y\): say which"):
        seen(tmp_path, text)
    with pytest.raises(ObservationError, match=r"several tables are called `x`: a.x, b.x"):
        seen(tmp_path, text, table="x")
    with pytest.raises(ObservationError, match=r"no table `z`; there is a.x, b.x, b.y"):
        seen(tmp_path, text, table="z")
    assert shapes(seen(tmp_path, text, table="Y")) == {"j": "integer"}
    path = tmp_path / "schema.sql"
    assert seen(tmp_path, text, table="b.x").dataset.id == f"ddl:{path}#b.x"


def test_options_and_dialects_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match=r"no dialect `postgrse`; did you mean `postgres`"):
        seen(tmp_path, "create table t (a int)", "postgrse")
    with pytest.raises(ObservationError, match=r"no option `dialcet`.*did you mean `dialect`"):
        look(ddl(tmp_path, "create table t (a int)") + "?dialcet=x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it holds no table"),
        ("select 1; drop table t", "it holds no table"),
        ("create table t (a int,, b int)", "1: nothing stands before a comma"),
        ("create table t (a int,)", "1: nothing stands behind the last comma"),
        ("select 1;\ncreate table t (a int", "2: a parenthesis does not end"),
        ("create table", "1: this CREATE TABLE names no table"),
        ("create table (a int)", "1: this CREATE TABLE names no table"),
        ("create table t (1 int)", "1: a column has no name"),
        ('create table t (" " int)', "1: a column has no name"),
        ("create table t (constraint x)", "a CONSTRAINT says nothing"),
        ("create table t ()", "the columns of the table `t` are not written down"),
        ("create table t as select 1 as a", "the columns of the table `t` are not written down"),
        ("create table t (like u)", "the columns of the table `t` are not written down"),
        ("create table t (a int, a text)", "two columns are called `a`"),
        ("create table t (a 'x", "a quote or a comment does not end"),
        (f"create table t (a {'array<' * 90}int{'>' * 90})", "nested more than 64"),
        (f"create table t (a int default {'(' * 5000}1{')' * 5000})", "nested more than 64"),
        ("create table t (" + "," * 600_000, "more than 500,000 words and signs"),
        ("create table t (\x1b[31m", "a parenthesis does not end|a quote"),
    ],
)
def test_broken_and_hostile_statements_end_in_one_sentence(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ObservationError, match=said) as caught:
        seen(tmp_path, text)
    assert "\x1b" not in str(caught.value)


def test_files_that_are_no_text_or_too_long_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "schema.sql"
    path.write_bytes(b"create table \xff")
    with pytest.raises(ObservationError, match="not UTF-8"):
        look(f"ddl:{path}")
    monkeypatch.setattr("dc43_gitdraft.observe.ddl.MAX_DDL", 10)
    with pytest.raises(ObservationError, match="longer than"):
        look(f"ddl:{path}")
    with pytest.raises(ObservationError, match="directory"):
        look(f"ddl:{tmp_path}")
    with pytest.raises(ObservationError, match="no such file"):
        look(f"ddl:{tmp_path / 'missing.sql'}")


def test_ten_thousand_columns_are_seen(tmp_path: Path) -> None:
    columns = ", ".join(f"c{place} varchar({place + 1}) not null" for place in range(10_000))
    found = seen(tmp_path, f"create table t ({columns})")
    assert len(found.properties) == 10_000
    assert found.properties[-1].type == DataType("string", "varchar(10000)", {"maxLength": 10_000})


def test_a_column_may_be_called_like_a_word_of_sql(tmp_path: Path) -> None:
    text = "create table t (key varchar(3), `index` int, comment text, value int, key k (`index`))"
    found = seen(tmp_path, text, "mysql")
    assert list(physical(found)) == ["key", "index", "comment", "value"]


def test_batches_of_sql_servers_tools_are_told_apart(tmp_path: Path) -> None:
    text = "create table a (x int)\nGO\ncreate table b (y int)\nGO\n"
    assert shapes(seen(tmp_path, text, "tsql", "b")) == {"y": "integer"}


def test_a_comparison_is_no_bracket(tmp_path: Path) -> None:
    text = "create table t (a int check (a < 5 and a > 1), b array<array<int>>, c int check (c<2))"
    assert list(physical(seen(tmp_path, text, "spark"))) == ["a", "b", "c"]


def spark_sql(node: Document) -> str:
    """The type by which Spark SQL makes a column of a contract."""
    kind = node["logicalType"]
    if kind == "object":
        inner = (f"{types.quoted(each['name'])}: {spark_sql(each)}" for each in node["properties"])
        return f"struct<{', '.join(inner)}>"
    if kind == "array":
        return f"array<{spark_sql(node['items'])}>"
    if kind == "map":
        return f"map<{spark_sql(node['map']['key'])}, {spark_sql(node['map']['value'])}>"
    stated = types.parse(str(node.get("physicalType", "")))
    if stated.known and types.is_own(stated):
        return types.spell(stated)
    if node.get("logicalTypeOptions", {}).get("timezone") is False:
        return "timestamp_ntz"
    return str({"integer": "bigint", "number": "double"}.get(kind, kind))


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(document=contract_documents())
def test_the_table_of_any_contract_is_no_drift(document: Document, tmp_path: Path) -> None:
    listed = document["schema"][0]["properties"]
    columns = ", ".join(f"`{node['name'].replace('`', '``')}` {spark_sql(node)}" for node in listed)
    if listed:
        contract = Contract(odcs.dump_new(document), document)
        drafted = redrafted(contract, seen(tmp_path, f"create table t ({columns})", "spark"))
        assert drafted is None, drafted.changes
