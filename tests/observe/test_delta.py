from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from support.seen import NOW, column, look, nulls, shapes, short

from dc43_gitdraft import types
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Policy
from dc43_gitdraft.observe import delta, observe, spark_json
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.odcs import read

ROWS = pa.table(
    {
        "id": [1, 2, 3],
        "city": ["a", "b", None],
        "name": ["x", None, "secret"],
        "item": pa.array(
            [{"x": 1, "y": 1}, {"x": None, "y": 2}, None],
            pa.struct([pa.field("x", pa.int32()), pa.field("y", pa.int32())]),
        ),
        "tags": [["a"], None, [None]],
    }
)


def field(name: str, kind: Any, *, nullable: bool = True, **metadata: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": nullable, "metadata": metadata}


def log(folder: Path, fields: Any, *, text: str | None = None, **more: Any) -> Path:
    """Write a log by hand, as other writers than this library may write it."""
    schema = json.dumps({"type": "struct", "fields": fields}) if text is None else text
    features = more.get("features", ["variantType", "timestampNtz"])
    actions = [
        {
            "protocol": {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": features,
                "writerFeatures": features,
            }
        },
        {
            "metaData": {
                "id": "x",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": schema,
                "partitionColumns": more.get("partitions", []),
                "configuration": more.get("configuration", {}),
                "createdTime": 1,
            }
        },
        *({"add": each} for each in more.get("adds", ())),
    ]
    (folder / "_delta_log").mkdir(parents=True)
    lines = "".join(json.dumps(action) + "\n" for action in actions)
    (folder / "_delta_log" / f"{0:020}.json").write_text(lines, "utf-8")
    return folder


def added(rows: int | None, **counts: Any) -> dict[str, Any]:
    stats = {} if rows is None else {"stats": json.dumps({"numRecords": rows, "nullCount": counts})}
    action = {"path": f"{rows}.parquet", "partitionValues": {}, "size": 10, "dataChange": True}
    return {**action, "modificationTime": 1, **stats}


def test_schema_rows_and_nulls_come_from_the_log(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", ROWS, description="All orders.")
    seen = look(tmp_path / "t")
    assert shapes(seen) == {
        "id": "integer",
        "city": "string",
        "name": "string",
        "item": "object<x:integer,y:integer>",
        "tags": "array<string>",
    }
    assert (seen.rows, seen.description, seen.complete) == (3, "All orders.", True)
    assert nulls(seen) == {"id": 0, "city": 1, "name": 1, "item": None, "tags": None}
    assert seen.observed_by == "dc43-gitdraft delta"
    assert seen.layout is not None
    assert (seen.layout.format, seen.layout.files) == ("delta", 1)


def test_the_version_of_the_table_is_that_of_the_dataset(tmp_path: Path) -> None:
    for _ in range(3):
        write_deltalake(tmp_path / "t", ROWS, mode="append")
    seen = look(tmp_path / "t")
    assert (seen.dataset.version, seen.rows, nulls(seen)["name"]) == ("2", 9, 3)
    named = observe(f"delta:{tmp_path / 't'}", dataset_version="mine", now=NOW)
    assert named.dataset.version == "mine"


def test_what_was_overwritten_no_longer_counts(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", ROWS)
    write_deltalake(tmp_path / "t", ROWS.slice(0, 1), mode="overwrite")
    assert (look(tmp_path / "t").rows, nulls(look(tmp_path / "t"))["name"]) == (1, 0)


def test_partition_columns_have_their_declared_type_and_nulls(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", ROWS, partition_by=["city"])
    seen = look(tmp_path / "t")
    assert [each.name for each in seen.properties] == ROWS.column_names
    assert (column(seen, "city").partition, column(seen, "city").nulls) == (1, 1)
    assert seen.layout is not None
    assert seen.layout.partitions == ("city",)


def test_an_empty_table_has_a_schema(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", ROWS.slice(0, 0))
    seen = look(tmp_path / "t")
    assert (seen.rows, nulls(seen)["id"]) == (0, 0)


def test_comments_and_declared_lengths_are_in_the_columns_metadata(tmp_path: Path) -> None:
    fields = [
        field("a", "string", comment="the code", __CHAR_VARCHAR_TYPE_STRING="varchar(20)"),
        field("b", "integer", nullable=False),
    ]
    seen = look(log(tmp_path / "t", fields))
    assert column(seen, "a").description == "the code"
    assert column(seen, "a").type == DataType("string", "varchar(20)", {"maxLength": 20})
    assert (column(seen, "b").nullable, column(seen, "b").nulls) == (False, 0)


def test_collations_are_kept_wherever_the_strings_are(tmp_path: Path) -> None:
    listed = {"type": "array", "elementType": "string", "containsNull": True}
    pairs = {"type": "map", "keyType": "string", "valueType": listed, "valueContainsNull": True}
    inner = {"type": "struct", "fields": [field("x", "string", __COLLATIONS={"x": "icu.de_CI"})]}
    fields = [
        field("a", "string", __COLLATIONS={"a": "spark.UTF8_LCASE"}),
        field("b", listed, __COLLATIONS={"b.element": "icu.UNICODE.75.1"}),
        field("c", pairs, __COLLATIONS={"c.key": "icu.UNICODE", "c.value.element": "icu.fr"}),
        field("d", inner),
        field("e", "string", __COLLATIONS={"e": "icu.x'; drop"}),
        field("f", "long", __COLLATIONS={"f": "icu.fr"}),
    ]
    seen = look(log(tmp_path / "t", fields))
    assert {each.name: each.type.physical for each in seen.properties} == {
        "a": "string collate UTF8_LCASE",
        "b": "array<string collate UNICODE>",
        "c": "map<string collate UNICODE,array<string collate fr>>",
        "d": "struct<x:string collate de_CI>",
        "e": "string",
        "f": "bigint",
    }
    assert all(types.parse(each.type.physical or "").known for each in seen.properties)


@pytest.mark.parametrize("stated", ["string collate UTF8_LCASE", "STRING COLLATE utf8_lcase"])
def test_a_collation_that_the_contract_states_is_no_drift(tmp_path: Path, stated: str) -> None:
    seen = look(log(tmp_path / "t", [field("a", "string", __COLLATIONS={"a": "spark.UTF8_LCASE"})]))
    first = make_draft(None, seen, Policy(), contract_id="orders")
    assert first is not None
    assert "physicalType: string collate UTF8_LCASE\n" in first.text
    text = first.text.replace("string collate UTF8_LCASE", stated)
    assert make_draft(read(text), seen, Policy(), contract_id="orders") is None


def test_the_log_may_call_columns_by_other_names(tmp_path: Path) -> None:
    name: dict[str, Any] = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "c1"}
    seen = look(
        log(
            tmp_path / "t",
            [field("a", "long", **name)],
            features=["columnMapping"],
            configuration={"delta.columnMapping.mode": "name"},
            adds=[added(10, c1=3)],
        )
    )
    assert (seen.rows, nulls(seen)) == (10, {"a": 3})


def test_with_deletion_vectors_only_the_absence_of_nulls_is_known(tmp_path: Path) -> None:
    fields = [field("a", "long"), field("b", "long")]
    adds = [added(10, a=0, b=3)]
    seen = look(log(tmp_path / "t", fields, features=["deletionVectors"], adds=adds))
    assert (seen.rows, nulls(seen)) == (None, {"a": 0, "b": None})
    assert "deletion vectors" in seen.warnings[0]


def test_files_without_statistics_leave_the_counts_open(tmp_path: Path) -> None:
    seen = look(log(tmp_path / "t", [field("a", "long")], adds=[added(10, a=0), added(None)]))
    assert (seen.rows, nulls(seen)) == (None, {"a": None})
    assert seen.warnings == ("nulls are not counted: the log has no statistics of some files",)


def test_counts_that_cannot_be_are_not_known(tmp_path: Path) -> None:
    fields = [field("a", "long"), field("b", "long")]
    seen = look(log(tmp_path / "t", fields, adds=[added(10, a=-1, b=2)]))
    assert (seen.rows, nulls(seen)) == (10, {"a": None, "b": 2})
    none = look(log(tmp_path / "u", fields, adds=[added(-3, a=1, b=1)]))
    assert (none.rows, nulls(none)) == (None, {"a": None, "b": None})


def test_columns_without_statistics_leave_their_nulls_open(tmp_path: Path) -> None:
    fields = [field("a", "long"), field("b", "long")]
    seen = look(log(tmp_path / "t", fields, adds=[added(10, a=1)]))
    assert (seen.rows, nulls(seen)) == (10, {"a": 1, "b": None})


def test_constraints_that_the_schema_does_not_hold_are_named(tmp_path: Path) -> None:
    configuration = {"delta.constraints.positive": "amount > 0"}
    seen = look(log(tmp_path / "t", [field("a", "long")], configuration=configuration))
    assert seen.warnings == (
        "the table checks what is no part of its schema, and is not described: constraint positive",
    )


#: Every type of Delta's protocol, and those of Spark's JSON that Delta does not have.
TABLE = [
    ("string", "string", "string"),
    ("long", "integer", "bigint"),
    ("integer", "integer", "int"),
    ("short", "integer", "smallint"),
    ("byte", "integer", "tinyint"),
    ("float", "number", "float"),
    ("double", "number", "double"),
    ("decimal(10,2)", "number", "decimal(10,2)"),
    ("decimal(38,0)", "integer", "decimal(38,0)"),
    ("boolean", "boolean", "boolean"),
    ("binary", "string", "binary"),
    ("date", "date", "date"),
    ("timestamp", "timestamp_tz", "timestamp"),
    ("timestamp_ntz", "timestamp_ntz", "timestamp_ntz"),
    ("variant", "object", "variant"),
    ("void", "?", "void"),
    ("interval day to second", "string", "interval day to second"),
    ({"type": "array", "elementType": "long", "containsNull": True}, "array<integer>",
     "array<bigint>"),
    ({"type": "map", "keyType": "string", "valueType": "date", "valueContainsNull": True},
     "map<string,date>", "map<string,date>"),
    ({"type": "struct", "fields": [field("x", "byte")]}, "object<x:integer>", "struct<x:tinyint>"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "logical", "physical"), TABLE)
def test_a_type_of_delta_is_spelled_as_odcs_and_spark_sql_do(
    tmp_path: Path, kind: Any, logical: str, physical: str
) -> None:
    (found,) = look(log(tmp_path / "t", [field("a", kind)])).properties
    assert (short(found.type), found.type.physical) == (logical, physical)
    parsed = types.parse(physical)
    assert parsed.known
    assert types.implied(parsed)[0] == found.type.logical


@pytest.mark.parametrize(
    ("kind", "physical"),
    [
        ("char(3)", "char(3)"),
        ("interval year to month", "interval year to month"),
        ("string collate UNICODE", "string collate unicode"),
        ({"type": "udt", "sqlType": "double"}, "double"),
    ],
)
def test_sparks_other_types_are_known_too(kind: Any, physical: str) -> None:
    (found,) = spark_json.properties({"fields": [field("a", kind)]})
    assert found.type.physical == physical


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (None, "a struct without a list of fields"),
        ([{}], "a column without a name"),
        ([field("a", "money")], "`a`: the type `money` is none of Spark's"),
        ([field("a", {"type": "set"})], "`a`: its type is none of Spark's"),
        ([field("a", None)], "`a`: its type is none of Spark's"),
    ],
)
def test_what_is_none_of_sparks_json_is_refused(fields: Any, message: str) -> None:
    with pytest.raises(UnknownTypeError, match=message):
        spark_json.properties({"fields": fields})


def deep(levels: int) -> Any:
    kind: Any = "long"
    for _ in range(levels):
        kind = {"type": "array", "elementType": kind, "containsNull": True}
    return kind


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"fields": [field("a", "secret")]}, "a type that Delta does not know"),
        ({"fields": [field("a", deep(200))]}, "its schema is nested too deeply"),
        ({"fields": [field("a", deep(70))]}, "nested (more than 64 levels deep|too deeply)"),
        ({"fields": [], "text": "{"}, "its log is damaged"),
        ({"fields": [], "text": "secret"}, "its log is damaged"),
        ({"fields": [field("a", "long")], "features": ["future"]}, "the table uses `future`"),
    ],
)
def test_a_log_that_cannot_be_read_is_refused(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    path = log(tmp_path / "t", **more)
    with pytest.raises(ObservationError, match=message) as caught:
        look(path)
    assert caught.value.where == str(path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("data", [b'{"add": secret', b"\xff\xfe", b""])
def test_a_commit_that_is_damaged_is_refused(tmp_path: Path, data: bytes) -> None:
    path = log(tmp_path / "t", [field("a", "long")])
    (path / "_delta_log" / f"{0:020}.json").write_bytes(data)
    with pytest.raises(ObservationError, match=r"its log is damaged|no Delta table") as caught:
        look(path)
    assert "secret" not in str(caught.value)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match="it has no directory `_delta_log`"):
        look(tmp_path, "delta")
    with pytest.raises(ObservationError, match="no such file or directory"):
        look(tmp_path / "none", "delta")
    (tmp_path / "_delta_log").mkdir()
    with pytest.raises(ObservationError, match="there is no Delta table"):
        look(tmp_path, "delta")


def test_a_log_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta, "MAX_LOG_FILE", 10)
    with pytest.raises(ObservationError, match="a file of its log has more than"):
        look(log(tmp_path / "t", [field("a", "long")]))


def test_ten_thousand_columns_are_described(tmp_path: Path) -> None:
    fields = [field(f"c{at}", "long") for at in range(10_000)]
    seen = look(log(tmp_path / "t", fields, adds=[added(5, c1=2)]))
    assert (len(seen.properties), nulls(seen)["c1"], nulls(seen)["c2"]) == (10_000, 2, None)


def test_data_never_reaches_the_observation(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", ROWS)
    assert "secret" not in repr(look(tmp_path / "t"))
