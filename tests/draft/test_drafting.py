"""What a draft says, case by case."""

from __future__ import annotations

import textwrap
import time
from dataclasses import replace
from typing import Any

import pytest

from dc43_gitdraft import odcs
from dc43_gitdraft.draft import feedback, make_draft, remarks
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import (
    Bump,
    Dataset,
    DataType,
    Document,
    Draft,
    Layout,
    Level,
    Observation,
    ObservedProperty,
    Policy,
    QualityResult,
    Status,
    Verdict,
)
from dc43_gitdraft.odcs import Contract

INT = DataType("integer", "int")
LONG = DataType("integer", "bigint")
TEXT = DataType("string", "string")
DOUBLE = DataType("number", "double")
DATE = DataType("date", "date")
ZONED = DataType("timestamp", "timestamp", {"timezone": True})
PAIRS = DataType("map", "map<string,int>", key=TEXT, value=INT)
LOCAL = DataType("timestamp", "timestamp_ntz", {"timezone": False})

HEAD = """\
apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.4.2
status: active
"""
CONTRACT = (
    HEAD
    + """\
schema:
  - name: orders # the web shop's
    properties:
      - name: id
        logicalType: integer
        physicalType: INT
        required: true
      - name: note
        description: what the customer wrote
        logicalType: string
        physicalType: VARCHAR(20)
"""
)


def contract(text: str = CONTRACT) -> Contract:
    return odcs.read(text)


def of(properties: str, head: str = HEAD) -> Contract:
    lines = textwrap.indent(textwrap.dedent(properties), "      ")
    return odcs.read(f"{head}schema:\n  - name: orders\n    properties:\n{lines}")


def prop(name: str, kind: DataType, **more: Any) -> ObservedProperty:
    return ObservedProperty(name, kind, **more)


def struct(**fields: DataType) -> DataType:
    inner = ",".join(f"{name}:{kind.physical}" for name, kind in fields.items())
    listed = tuple(prop(name, kind) for name, kind in fields.items())
    return DataType("object", f"struct<{inner}>", fields=listed)


def saw(*columns: ObservedProperty, **more: Any) -> Observation:
    return Observation(Dataset("table:orders", "7"), columns, "test", **more)


def saw_json(*columns: ObservedProperty, **more: Any) -> Observation:
    return saw(*columns, **{"complete": False, "rows": 10, "layout": Layout("json"), **more})


def saw_csv(*columns: ObservedProperty) -> Observation:
    return saw(*columns, rows=10, layout=Layout("csv"))


def inferred(logical: str | None) -> DataType:
    return DataType(logical, inferred=True)


ID, NOTE = prop("id", INT), prop("note", TEXT)


def draft(
    base: Contract,
    observation: Observation,
    policy: Policy = Policy(),  # noqa: B008
) -> Draft | None:
    return make_draft(base, observation, policy, contract_id="shop")


def drafted(base: Contract, observation: Observation, **policy: Any) -> Draft:
    made = draft(base, observation, Policy(**policy))
    assert made is not None
    return made


def rows(made: Draft) -> list[tuple[str, str]]:
    return [(change.rule, change.path) for change in made.changes]


def properties(made: Draft) -> list[Document]:
    listed = odcs.read(made.text).document["schema"][0]["properties"]
    assert isinstance(listed, list)
    return listed


def added_lines(made: Draft) -> list[str]:
    old = (made.base_text or "").splitlines()
    return [line.strip() for line in made.text.splitlines() if line not in old]


def test_agreement_is_no_draft() -> None:
    assert draft(contract(), saw(ID, NOTE)) is None
    assert draft(contract(), saw(prop("ID", INT), prop("Note", TEXT))) is None


def test_a_draft_touches_only_what_changed() -> None:
    made = drafted(contract(), saw(prop("id", LONG), NOTE))
    assert rows(made) == [("physical-type-widened", "orders.id")]
    assert added_lines(made)[:3] == ["version: 1.5.0", "status: draft", "physicalType: BIGINT"]
    assert "# the web shop's" in made.text
    assert (made.base_version, made.version, made.bump, made.implied) == (
        "1.4.2",
        "1.5.0",
        Bump.MINOR,
        Bump.MINOR,
    )


def test_one_custom_property_marks_a_draft_and_is_replaced() -> None:
    first = drafted(contract(), saw(prop("id", LONG), NOTE))
    again = drafted(odcs.read(first.text), saw(prop("id", DOUBLE), NOTE))
    for made, base in ((first, "1.4.2"), (again, "1.5.0")):
        (entry,) = odcs.read(made.text).document["customProperties"]
        assert entry == {
            "property": "gitdraft",
            "value": {
                "baseVersion": base,
                "datasetId": "table:orders",
                "datasetVersion": "7",
                "observedBy": "test",
                "digest": made.digest,
            },
        }
        assert len(made.digest) == 64


def test_other_custom_properties_stay_where_they_are() -> None:
    base = contract(CONTRACT + "customProperties:\n  - property: a # mine\n    value: 1\n")
    made = drafted(base, saw(prop("id", LONG), NOTE))
    names = [entry["property"] for entry in odcs.read(made.text).document["customProperties"]]
    assert names == ["a", "gitdraft"]
    assert "property: a # mine" in made.text


def test_a_draft_for_protected_branches_is_final() -> None:
    marked = drafted(contract(), saw(prop("id", LONG), NOTE)).text
    made = drafted(odcs.read(marked), saw(prop("id", DOUBLE), NOTE), draft_status=Status.ACTIVE)
    document = odcs.read(made.text).document
    assert document["status"] == "active"
    assert "customProperties" not in document


@pytest.mark.parametrize("status", ["deprecated", "retired"])
def test_a_contract_at_its_end_stays_there(status: str) -> None:
    base = contract(CONTRACT.replace("active", status))
    assert f"status: {status}\n" in drafted(base, saw(prop("id", LONG), NOTE)).text


def test_a_contract_without_status_gets_one_beside_its_version() -> None:
    base = contract(CONTRACT.replace("status: active\n", ""))
    made = drafted(base, saw(prop("id", LONG), NOTE))
    assert "version: 1.5.0\nstatus: draft\n" in made.text


# -- which object -------------------------------------------------------------------------------

TWO = contract(CONTRACT + "  - name: lines\n    physicalName: shop.lines\n    properties: []\n")


def test_the_object_is_named_by_the_policy_then_by_the_observation() -> None:
    seen = saw(ID, object="orders")
    assert rows(drafted(TWO, seen)) == [("property-removed", "orders.note")]
    assert rows(drafted(TWO, seen, object="lines")) == [("property-added-optional", "lines.id")]
    assert rows(drafted(TWO, seen, object="shop.lines")) == [
        ("property-added-optional", "lines.id")
    ]


@pytest.mark.parametrize(
    ("base", "name", "message"),
    [
        (TWO, None, "several schema objects (orders, lines): name one with --object"),
        (TWO, "x", "no schema object is called 'x'; there is orders, lines"),
        (contract(HEAD), None, "no schema object to compare"),
    ],
)
def test_an_object_that_is_not_clear_is_refused(
    base: Contract, name: str | None, message: str
) -> None:
    with pytest.raises(ContractError) as error:
        draft(base, saw(ID, object=name))
    assert message in error.value.message
    assert error.value.line


# -- added and removed --------------------------------------------------------------------------


def test_a_new_property_stands_where_it_was_seen_and_as_its_neighbours_are_written() -> None:
    new = (prop("at", LOCAL), prop("name", TEXT, description="of: the buyer", nullable=False))
    made = drafted(contract(), saw(new[0], ID, new[1], NOTE))
    assert properties(made)[::2] == [
        {
            "name": "at",
            "logicalType": "timestamp",
            "physicalType": "TIMESTAMP_NTZ",
            "logicalTypeOptions": {"timezone": False},
        },
        {
            "name": "name",
            "logicalType": "string",
            "physicalType": "STRING",
            "required": True,
            "description": "of: the buyer",
        },
    ]
    assert [node["name"] for node in properties(made)] == ["at", "id", "name", "note"]


def test_new_properties_follow_the_custom_of_the_object() -> None:
    base = of("- {name: a, physicalName: a, logicalType: integer}")
    (_, new) = properties(drafted(base, saw(prop("a", INT), prop("b", INT, partition=1))))
    assert new == {
        "name": "b",
        "physicalName": "b",
        "logicalType": "integer",
        "partitioned": True,
        "partitionKeyPosition": 1,
    }


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        ("v3.0.2", ZONED, {"logicalType": "date"}),
        ("v3.1.0", ZONED, {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}),
        ("v3.0.2", DataType("time", "time"), {"logicalType": "string"}),
        ("v3.1.0", PAIRS, {"logicalType": "object"}),
        (
            "v3.2.0",
            PAIRS,
            {
                "logicalType": "map",
                "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}},
            },
        ),
        (
            "v3.2.0",
            DataType("array", "array<struct<a:int>>", items=struct(a=INT)),
            {
                "logicalType": "array",
                "items": {
                    "logicalType": "object",
                    "properties": [{"name": "a", "logicalType": "integer"}],
                },
            },
        ),
        (
            "v3.2.0",
            DataType("string", "varchar(9)", {"maxLength": 9}),
            {"logicalType": "string", "logicalTypeOptions": {"maxLength": 9}},
        ),
    ],
)
def test_a_new_type_is_written_as_the_version_of_odcs_allows(
    api_version: str, kind: DataType, expected: Document
) -> None:
    base = of("- {name: a, logicalType: integer}", HEAD.replace("v3.2.0", api_version))
    (_, new) = properties(drafted(base, saw(prop("a", INT), prop("b", kind))))
    assert new == {"name": "b", **expected}


def test_a_property_that_is_gone_is_removed() -> None:
    made = drafted(contract(), saw(ID))
    assert rows(made) == [("property-removed", "orders.note")]
    assert made.version == "2.0.0"


def test_json_proves_a_removal_only_of_required_properties() -> None:
    base = of("""\
        - {name: a, logicalType: integer, required: true}
        - {name: b, logicalType: integer}
        - name: c
          logicalType: object
          properties: [{name: d, logicalType: string, required: true}]
    """)
    whole = prop("c", DataType("object", inferred=True, fields=(prop("d", inferred("string")),)))
    hollow = prop("c", inferred("object"))
    assert draft(base, saw_json(prop("a", inferred("integer")), whole)) is None
    assert draft(base, saw_json(prop("a", inferred("integer")), hollow)) is None
    assert rows(drafted(base, saw_json(whole))) == [("property-removed", "orders.a")]
    assert draft(base, saw_json(rows=0)) is None


def test_partition_columns_are_in_the_names_of_directories() -> None:
    base = of("""\
        - {name: a, logicalType: integer}
        - {name: day, logicalType: date, partitioned: true}
    """)
    file = saw(prop("a", LONG), layout=Layout("parquet"))
    assert draft(base, file) is None
    listed = replace(file, layout=Layout("parquet", partitions=("month",)))
    assert rows(drafted(base, listed)) == [("property-removed", "orders.day")]
    text = prop("day", inferred("string"), partition=1)
    assert draft(base, replace(file, properties=(prop("a", LONG), text))) is None


def test_a_measure_is_no_column_that_could_be_missing() -> None:
    base = of("""\
        - {name: a, logicalType: integer}
        - {name: total, logicalType: number, semanticType: measure, transformLogic: SUM(a)}
    """)
    assert draft(base, saw(prop("a", LONG))) is None


def test_two_properties_of_one_name_are_refused() -> None:
    base = of("""\
        - {name: a, logicalType: integer}
        - {name: a, logicalType: string}
    """)
    with pytest.raises(ContractError, match="orders has several properties named 'a'"):
        draft(base, saw(prop("a", LONG)))


def test_a_new_column_without_any_type_is_noted_and_not_drafted() -> None:
    base = of("- {name: a, logicalType: integer}")
    nothing = prop("b", DataType(None, "void"))
    assert draft(base, saw(prop("a", LONG), nothing)) is None
    assert remarks(base, saw(prop("a", LONG), nothing), Policy()) == (
        "orders.b holds no value yet, so that its type is not known",
    )


def test_a_new_column_of_texts_without_any_value_is_noted_and_not_drafted() -> None:
    base = of("- {name: a, logicalType: integer}")
    nothing = prop("b", DataType(None, inferred=True), nulls=2)
    sheet = saw(prop("a", inferred("integer")), nothing, rows=2, layout=Layout("csv"))
    assert draft(base, sheet) is None
    assert remarks(base, sheet, Policy()) == (
        "orders.b holds no value yet, so that its type is not known",
    )
    listed = prop("b", DataType(None, inferred=True), partition=1)
    assert rows(drafted(base, replace(sheet, properties=(*sheet.properties[:1], listed)))) == [
        ("property-added-optional", "orders.b")
    ]


def test_what_the_observer_warned_of_is_told_to_the_steward() -> None:
    made = drafted(contract(), saw(ID, warnings=("3 files disagree",)))
    assert "3 files disagree" in made.notes


def test_a_struct_without_observed_fields_proves_nothing() -> None:
    base = of("- {name: a, logicalType: object, properties: [{name: b, logicalType: string}]}")
    assert draft(base, saw(prop("a", DataType("object", "struct<>")))) is None


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ((ID, prop("remark", TEXT)), "possible rename of orders.note to orders.remark"),
        ((ID, prop("remark", LONG)), None),
        ((prop("remark", TEXT), ID), None),
        ((ID, NOTE, prop("remark", TEXT)), None),
    ],
)
def test_a_possible_rename_is_remarked(
    columns: tuple[ObservedProperty, ...], note: str | None
) -> None:
    assert drafted(contract(), saw(*columns)).notes == ((note,) if note else ())


def test_a_json_property_of_nulls_is_not_drafted_yet() -> None:
    base = of("- {name: a, logicalType: integer}")
    seen = saw_json(prop("a", inferred("integer")), prop("b", inferred(None)))
    assert draft(base, seen) is None


# -- types --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "seen", "expected", "rule"),
    [
        (
            "{logicalType: integer, physicalType: INT, logicalTypeOptions: {format: i32}}",
            LONG,
            {
                "logicalType": "integer",
                "physicalType": "BIGINT",
                "logicalTypeOptions": {"format": "i64"},
            },
            ["physical-type-widened", "option-format-changed"],
        ),
        (
            "{logicalType: timestamp, physicalType: timestamp,"
            " logicalTypeOptions: {timezone: true}}",
            LOCAL,
            {
                "logicalType": "timestamp",
                "physicalType": "timestamp_ntz",
                "logicalTypeOptions": {"timezone": False},
            },
            ["timestamp-timezone-changed", "timestamp-timezone-changed"],
        ),
        (
            "{logicalType: timestamp, logicalTypeOptions: {timezone: true}}",
            LOCAL,
            {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": False}},
            ["timestamp-timezone-changed"],
        ),
        (
            "{logicalType: date}",
            LOCAL,
            {"logicalType": "timestamp"},
            ["logical-type-widened"],
        ),
        (
            "{logicalType: number, physicalType: 'NUMERIC(10, 2)'}",
            DataType("number", "decimal(12,2)"),
            {"logicalType": "number", "physicalType": "NUMERIC(12, 2)"},
            ["physical-type-widened"],
        ),
        (
            "{logicalType: integer, physicalType: 'NUMBER(9)', logicalTypeOptions: {minimum: 1}}",
            TEXT,
            {"logicalType": "string"},
            ["logical-type-changed", "physical-type-widened", "option-minimum-unset"],
        ),
        (
            "{logicalType: string, physicalType: 'varchar(9)', logicalTypeOptions: {maxLength: 9}}",
            DataType("string", "varchar(20)", {"maxLength": 20}),
            {
                "logicalType": "string",
                "physicalType": "varchar(20)",
                "logicalTypeOptions": {"maxLength": 20},
            },
            ["physical-type-widened", "option-maxLength-increased"],
        ),
        (
            "{logicalType: object, physicalType: struct,"
            " properties: [{name: x, logicalType: string}]}",
            TEXT,
            {"logicalType": "string", "physicalType": "string"},
            ["logical-type-changed", "physical-type-changed", "property-removed"],
        ),
        (
            "{logicalType: string, physicalType: string}",
            struct(x=INT),
            {
                "logicalType": "object",
                "physicalType": "struct<x:int>",
                "properties": [{"name": "x", "logicalType": "integer", "physicalType": "int"}],
            },
            ["logical-type-changed", "physical-type-changed", "property-added-optional"],
        ),
    ],
)
def test_a_declared_type_that_contradicts(
    stated: str, seen: DataType, expected: Document, rule: list[str]
) -> None:
    base = of(_named(stated))
    made = drafted(base, saw(prop("a", seen)))
    assert properties(made) == [{"name": "a", **expected}]
    assert [change.rule for change in made.changes] == rule


def _named(stated: str) -> str:
    return "- {name: a, " + stated.removeprefix("{")


@pytest.mark.parametrize(
    ("stated", "seen", "expected"),
    [
        ("{logicalType: integer}", inferred("number"), {"logicalType": "number"}),
        (
            "{logicalType: integer, physicalType: INT}",
            inferred("number"),
            {"logicalType": "number", "physicalType": "DOUBLE"},
        ),
        ("{physicalType: int}", inferred("string"), {"physicalType": "string"}),
    ],
)
def test_an_inferred_type_that_contradicts(stated: str, seen: DataType, expected: Document) -> None:
    head = HEAD.replace("v3.2.0", "v3.1.0")  # 3.2 wants a logicalType
    made = drafted(of(_named(stated), head), saw_csv(prop("a", seen)))
    assert properties(made) == [{"name": "a", **expected}]


def test_nested_types_change_where_they_are() -> None:
    base = of("""\
        - name: lines
          logicalType: array
          physicalType: ARRAY<STRUCT<sku:VARCHAR(9), n:INT>>
          items:
            logicalType: object
            properties:
              - {name: sku, logicalType: string, physicalType: VARCHAR(9)}
              - {name: n, logicalType: integer, physicalType: INT}
        - name: prices
          logicalType: map
          map:
            key: {logicalType: string}
            value: {logicalType: integer, physicalType: INT}
    """)
    row = struct(sku=TEXT, n=LONG)
    lines = DataType("array", f"array<{row.physical}>", items=row)
    prices = DataType("map", "map<string,double>", key=TEXT, value=DOUBLE)
    made = drafted(base, saw(prop("lines", lines), prop("prices", prices)))
    assert rows(made) == [
        ("physical-type-widened", "orders.lines"),
        ("physical-type-widened", "orders.lines[].n"),
        ("logical-type-widened", "orders.prices{value}"),
        ("physical-type-widened", "orders.prices{value}"),
    ]
    assert properties(made)[0]["physicalType"] == "ARRAY<STRUCT<sku:VARCHAR(9), n:BIGINT>>"


# -- policy, quality ----------------------------------------------------------------------------


def test_nulls_are_counted_never_assumed() -> None:
    assert draft(contract(), saw(replace(ID, nullable=True), NOTE)) is None
    seen = saw(replace(ID, nulls=3), NOTE, rows=10)
    assert draft(contract(), seen) is None
    (said,) = feedback(contract(), seen, Policy())
    assert (said.rule, said.property, said.verdict) == ("required", "orders.id", Verdict.BLOCK)
    assert (said.failed, said.total) == (3, 10)


def test_a_required_property_is_relaxed_only_where_the_policy_says_so() -> None:
    seen = saw(replace(ID, nulls=3), NOTE, rows=10)
    made = drafted(contract(), seen, relax=frozenset({"required"}))
    assert rows(made) == [("property-became-nullable", "orders.id")]
    assert made.feedback == ()
    assert properties(made)[0]["required"] is False


def test_failed_quality_rules_are_recorded_and_not_obeyed() -> None:
    failed = QualityResult("few", Verdict.BLOCK, "orders.note", 5, 10)
    passed = QualityResult("fine", Verdict.OK)
    seen = saw(prop("id", LONG), NOTE, quality=(failed, passed))
    made = drafted(contract(), seen)
    assert made.feedback == (failed,)
    (entry,) = odcs.read(made.text).document["customProperties"]
    assert entry["value"]["feedback"] == [
        {"rule": "few", "property": "orders.note", "verdict": "block"}
    ]
    other = replace(seen, quality=(replace(failed, failed=6, total=20),))
    assert drafted(contract(), other).text == made.text


def test_additive_only_drafts_additions_and_remarks_on_the_rest() -> None:
    seen = saw(prop("id", LONG), prop("new", TEXT))
    made = drafted(contract(), seen, additive_only=True)
    assert rows(made) == [("property-added-optional", "orders.new")]
    assert made.notes == (
        "orders.id has another type; only additions are drafted",
        "orders.note is not in the data; only additions are drafted",
    )
    assert draft(contract(), saw(prop("id", LONG), NOTE), Policy(additive_only=True)) is None


def test_ignored_properties_are_never_drafted() -> None:
    seen = saw(prop("id", LONG), prop("_loaded", TEXT))
    policy = Policy(ignore=("orders._*", "orders.note", "*.id"))
    assert draft(contract(), seen, policy) is None


def test_brackets_in_a_glob_are_those_of_a_path() -> None:
    base = of("""\
        - name: a
          logicalType: array
          items:
            logicalType: object
            properties:
              - {name: b, logicalType: array, items: {logicalType: object, properties: []}}
    """)
    inner = struct(b=DataType("array", "array<struct<x:int>>", items=struct(x=INT)))
    seen = saw(prop("a", DataType("array", f"array<{inner.physical}>", items=inner)))
    assert rows(drafted(base, seen)) == [("property-added-optional", "orders.a[].b[].x")]
    assert draft(base, seen, Policy(ignore=("orders.a[].b[].*",))) is None


def test_levels_and_perspective_change_no_byte() -> None:
    seen = saw(prop("id", LONG), NOTE)
    made = drafted(contract(), seen)
    quiet = drafted(contract(), seen, levels={"physical-type-widened": Level.OFF})
    assert quiet.changes == ()
    assert (quiet.text, quiet.digest, quiet.implied) == (made.text, made.digest, made.implied)


# -- versions -----------------------------------------------------------------------------------


def test_a_step_that_is_too_small_is_taken_and_reported() -> None:
    made = drafted(contract(), saw(ID), bump=Bump.PATCH)
    assert (made.version, made.bump, made.implied) == ("1.4.3", Bump.PATCH, Bump.MAJOR)
    assert made.notes == ("the changes ask for a major version, and a patch one was asked for",)


def test_a_version_that_is_not_semantic_is_named_with_its_line() -> None:
    base = contract(CONTRACT.replace("1.4.2", "'1.4'"))
    with pytest.raises(ContractError) as error:
        drafted(base, saw(ID))
    assert (error.value.where, error.value.line) == ("contract", 4)
    assert error.value.message == "version '1.4' is not a semantic version: write '1.4.0'"


# -- first drafts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "name", "physical"),
    [
        ("table:catalog.schema.orders", "orders", "orders"),
        ("/data/shop/Orders 2024.csv.gz", "Orders_2024", "Orders 2024"),
        ("parquet:s3://bucket/orders/", "orders", "orders"),
        ("../..", "data", "data"),
        ("", "data", "data"),
    ],
)
def test_a_first_draft_names_its_object_by_the_dataset(
    dataset: str, name: str, physical: str
) -> None:
    seen = replace(saw(ID), dataset=Dataset(dataset))
    made = make_draft(None, seen, Policy(first_version="0.1.0"), contract_id="shop")
    assert made is not None
    document = odcs.read(made.text).document
    assert (document["version"], document["status"]) == ("0.1.0", "draft")
    (node,) = document["schema"]
    assert (node["name"], node["physicalName"]) == (name, physical)
    assert [(change.rule, change.path) for change in made.changes] == [("object-added", name)]
    assert (made.base_version, made.base_text) == (None, None)


def test_drafting_takes_time_in_proportion_to_the_columns() -> None:
    listed = "\n".join(
        f"- {{name: c{place}, logicalType: integer, physicalType: INT}}" for place in range(1000)
    )
    base = of(listed)
    columns = [prop(f"{'c' if place % 2 else 'n'}{place}", LONG) for place in range(2000)]
    start = time.process_time()
    made = drafted(base, saw(*columns))
    assert len(made.changes) == 500 + 1500 + 500
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("logical", "options"),
    [
        ("string", {"maxLength": "9"}),
        ("string", {"maxLength": -1}),
        ("string", {"minLength": True, "format": 3, "pattern": False}),
        ("number", {"multipleOf": 0, "minimum": "1"}),
        ("timestamp", {"timezone": "UTC", "maximum": 1}),
        ("array", {"maxItems": 1.5, "uniqueItems": 1}),
    ],
)
def test_options_that_odcs_does_not_take_are_left_out(
    logical: str, options: dict[str, Any]
) -> None:
    kind = DataType(logical, options=options)
    made = make_draft(
        None,
        Observation(Dataset("shop"), (ObservedProperty("a", kind),), "a job"),
        Policy(),
        contract_id="shop",
    )
    assert made is not None
    (node,) = odcs.read(made.text).document["schema"][0]["properties"]
    assert "logicalTypeOptions" not in node
