"""What a contract says, counted in rows: one row of the tables a rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from support.seen import NOW

pytest.importorskip("pyspark", reason="pyspark is not installed")

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from dc43_gitdraft import odcs
from dc43_gitdraft.errors import ContractError, ObservationError
from dc43_gitdraft.model import Dataset, Document, Observation, QualityResult, Verdict
from dc43_gitdraft.observe.spark.frame import observe_dataframe
from dc43_gitdraft.observe.spark.measures import plan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

OK, WARN, BLOCK, UNKNOWN = Verdict.OK, Verdict.WARN, Verdict.BLOCK, Verdict.UNKNOWN


@pytest.fixture
def strict(spark: SparkSession) -> Iterator[None]:
    """Spark 3.5 is not strict by itself."""
    spark.conf.set("spark.sql.ansi.enabled", "true")
    yield
    spark.conf.unset("spark.sql.ansi.enabled")


def contract(
    properties: list[Document], *quality: Document, version: str = "v3.2.0"
) -> odcs.Contract:
    document: Document = {
        "apiVersion": version,
        "kind": "DataContract",
        "id": "shop",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "o", "properties": properties}],
    }
    if quality:
        document["schema"][0]["quality"] = list(quality)
    return odcs.read(odcs.dump_new(document), validate=False)  # a type is not the point here


def look(df: DataFrame, agreed: odcs.Contract) -> Observation:
    return observe_dataframe(df, dataset=Dataset("t"), now=NOW, contract=agreed)


def rows(spark: SparkSession, *values: str) -> DataFrame:
    """A column `a` of these values, as SQL writes them."""
    return spark.sql(" UNION ALL ".join(f"SELECT {value} AS a" for value in values))


def told(seen: Observation) -> list[tuple[str, Verdict, int | None]]:
    return [(each.rule, each.verdict, each.failed) for each in seen.quality]


#: The values of a column, what the contract says of it, and how many rows break which rule.
TEXTS = ("'AB-123456'", "'AB-d'", "NULL", "''")
NUMBERS = ("1", "5", "NULL", "10")
ODD = ("1.5D", "CAST('NaN' AS DOUBLE)", "CAST('Infinity' AS DOUBLE)", "CAST('-Infinity' AS DOUBLE)")
EACH_ROW: list[tuple[tuple[str, ...], Document, tuple[str, int]]] = [
    (TEXTS, {"required": True}, ("required", 1)),
    (("1", "2"), {"required": True}, ("required", 0)),
    (TEXTS, {"enum": [{"value": "AB-d"}, {"value": ""}]}, ("enum", 1)),
    (NUMBERS, {"enum": [{"value": 1}, {"value": 5}]}, ("enum", 1)),
    (NUMBERS, {"enum": [{"value": "x"}]}, ("enum", 3)),
    (("'1'", "'x'"), {"enum": [{"value": 1}]}, ("enum", 1)),
    (("true", "false"), {"enum": [{"value": True}]}, ("enum", 1)),
    (ODD, {"enum": [{"value": 1.5}, {"value": float("nan")}]}, ("enum", 2)),
    (ODD, {"enum": [{"value": 1.5}, {"value": float("inf")}]}, ("enum", 2)),
    (
        ("date'2024-01-01'", "date'2024-01-02'"),
        {"enum": [{"value": "2024-01-01"}]},
        ("enum", 1),
    ),
]
OPTIONS: list[tuple[tuple[str, ...], str, dict[str, Any], int]] = [
    (TEXTS, "string", {"pattern": r"^AB-\d{6}$"}, 2),
    (TEXTS, "string", {"minLength": 4}, 1),
    (TEXTS, "string", {"maxLength": 4}, 1),
    (("'äöü'", "'abcd'"), "string", {"maxLength": 3}, 1),
    (("'äöü'", "'abcd'", "'😀😀😀😀'"), "string", {"minLength": 4}, 1),
    (("'äöü'", "NULL"), "string", {"minLength": 10**30}, 1),
    (("'äöü'", "NULL"), "string", {"maxLength": 10**30}, 0),
    (NUMBERS, "integer", {"minimum": 5}, 1),
    (NUMBERS, "integer", {"maximum": 5}, 1),
    (NUMBERS, "integer", {"exclusiveMinimum": 5}, 2),
    (NUMBERS, "integer", {"exclusiveMaximum": 5}, 2),
    (NUMBERS, "integer", {"minimum": 0.5}, 0),
    (NUMBERS, "integer", {"multipleOf": 5}, 1),
    (("0.3D", "0.35D"), "number", {"multipleOf": 0.1}, 1),
    (ODD, "number", {"multipleOf": 0.5}, 3),
    (ODD, "number", {"maximum": 1.5}, 2),
    (("0.1F", "0.2F"), "number", {"maximum": 0.1}, 1),
    (("cast(0.1 as decimal(9,2))", "cast(0.2 as decimal(9,2))"), "number", {"maximum": 0.1}, 1),
    (("300", "-1"), "integer", {"format": "u8"}, 2),
    (("date'2024-01-01'", "date'2024-03-01'"), "date", {"minimum": "2024-02-01"}, 1),
    (
        ("timestamp'2024-01-01 00:00:00'", "timestamp'2024-03-01 00:00:00'"),
        "timestamp",
        {"exclusiveMaximum": "2024-03-01T00:00:00Z"},
        1,
    ),
    (("'9e107d9d-372b-4a5b-8c1d-0e1f2a3b4c5d'", "'x'"), "string", {"format": "uuid"}, 1),
    (("'192.168.1.255'", "'192.168.1.256'"), "string", {"format": "ipv4"}, 1),
    (("'a@example.org'", "'a@@b'"), "string", {"format": "email"}, 1),
    (("'https://example.org/a'", "'example'"), "string", {"format": "uri"}, 1),
    (("'example.org'", "'-x-'"), "string", {"format": "hostname"}, 1),
    (("array(1, 2)", "array(1)", "NULL"), "array", {"minItems": 2}, 1),
    (("array(1, 2)", "array(1)", "NULL"), "array", {"maxItems": 1}, 1),
    (("array(1, 1)", "array(1, 2)"), "array", {"uniqueItems": True}, 1),
    (("map('a', 1)", "map('b', 1)", "NULL"), "object", {"required": ["a"]}, 1),
    (("map('a', 1, 'b', 2)", "map('a', 1)"), "object", {"maxProperties": 1}, 1),
    (
        ("named_struct('x', 1, 'y', 2)", "named_struct('x', 1, 'y', NULL)", "NULL"),
        "object",
        {"required": ["x", "y"]},
        1,
    ),
]


def one_table(spark: SparkSession, columns: list[tuple[str, ...]]) -> DataFrame:
    """A table that has a column for each list of values: one aggregation measures them all."""
    most = max(map(len, columns))
    lines = [
        ", ".join(f"{values[at % len(values)]} AS c{n}" for n, values in enumerate(columns))
        for at in range(most)
    ]
    kept = ", ".join(
        f"IF(row < {len(values)}, c{n}, NULL) AS c{n}" for n, values in enumerate(columns)
    )
    union = " UNION ALL ".join(f"SELECT {at} AS row, {line}" for at, line in enumerate(lines))
    return spark.sql(f"SELECT {kept} FROM ({union})")  # noqa: S608 - ours


@pytest.mark.on("local", "connect")
def test_an_option_counts_the_rows_that_break_it(spark: SparkSession) -> None:
    df = one_table(spark, [values for values, *_ in OPTIONS])
    stated = [
        {"name": f"c{at}", "logicalType": kind, "logicalTypeOptions": options}
        for at, (_, kind, options, _) in enumerate(OPTIONS)
    ]
    seen = look(df, contract(stated))
    found = [(each.property, each.rule, each.failed) for each in seen.quality]
    assert found == [
        (f"o.c{at}", next(iter(options)), failed)
        for at, (_, _, options, failed) in enumerate(OPTIONS)
    ]


@pytest.mark.parametrize(("values", "node", "expected"), EACH_ROW)
def test_a_rule_of_a_property_counts_the_rows_that_break_it(
    spark: SparkSession, values: tuple[str, ...], node: Document, expected: tuple[str, int]
) -> None:
    rule, failed = expected
    seen = look(rows(spark, *values), contract([{"name": "a", **node}]))
    assert told(seen) == [(rule, BLOCK if failed else OK, failed)]


def test_before_odcs_3_1_a_limit_is_exclusive_where_a_flag_says_so(spark: SparkSession) -> None:
    options = {"minimum": 5, "exclusiveMinimum": True, "maximum": 10, "exclusiveMaximum": False}
    node = {"name": "a", "logicalType": "integer", "logicalTypeOptions": options}
    seen = look(rows(spark, *NUMBERS), contract([node], version="v3.0.2"))
    assert told(seen) == [("minimum", BLOCK, 2), ("maximum", OK, 0)]


#: A quality rule of a property, and what becomes of it with the values 1, 1, null and 10.
LIBRARY: list[tuple[Document, tuple[Verdict, int | None]]] = [
    ({"metric": "nullValues", "mustBe": 0}, (BLOCK, 1)),
    ({"metric": "nullValues", "mustBeLessOrEqualTo": 25, "unit": "percent"}, (OK, 1)),
    ({"metric": "nullValues", "mustBeLessThan": 25, "unit": "percent"}, (BLOCK, 1)),
    ({"metric": "nullValues", "mustBe": 0, "severity": "warning"}, (WARN, 1)),
    ({"metric": "nullValues", "mustBe": 0, "severity": "info"}, (WARN, 1)),
    ({"metric": "nullValues", "mustBe": 0, "severity": "critical"}, (BLOCK, 1)),
    (
        {"metric": "missingValues", "mustBe": 0, "arguments": {"missingValues": [None, 10]}},
        (BLOCK, 2),
    ),
    ({"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": [1]}}, (BLOCK, 1)),
    (
        {"metric": "invalidValues", "mustBeBetween": [1, 2], "arguments": {"validValues": [1]}},
        (OK, 1),
    ),
    ({"metric": "duplicateValues", "mustBe": 0}, (BLOCK, 1)),
    ({"metric": "duplicateValues", "mustNotBeBetween": [2, 9]}, (OK, 1)),
    ({"metric": "invalidValues", "mustBe": 0}, (UNKNOWN, None)),
    ({"metric": "nullValues", "mustBe": 0, "unit": "bytes"}, (UNKNOWN, None)),
    ({"type": "text", "description": "Plausible."}, (UNKNOWN, None)),
    ({"type": "custom", "engine": "soda", "implementation": "x"}, (UNKNOWN, None)),
    (
        {"type": "sql", "query": "SELECT COUNT(*) FROM ${object} WHERE ${column} > 5", "mustBe": 0},
        (BLOCK, 1),
    ),
    ({"type": "sql", "query": "SELECT MAX(a) FROM o", "mustBeLessThan": 10}, (BLOCK, None)),
    ({"type": "sql", "query": "SELECT AVG(x.a) FROM o AS x WHERE a < 5", "mustBe": 1}, (OK, None)),
    ({"type": "sql", "query": "SELECT COUNT(DISTINCT a) FROM o", "mustBe": 2}, (OK, None)),
    ({"type": "sql", "query": "SELECT 10 / (MAX(a) - 10) FROM o", "mustBe": 1}, (UNKNOWN, None)),
    (
        {"type": "sql", "query": "SELECT SUM(CAST('x' AS INT)) FROM o", "mustBe": 1},
        (UNKNOWN, None),
    ),
]


@pytest.mark.on("local", "connect")
def test_a_quality_rule_compares_its_metric_with_its_limit(spark: SparkSession) -> None:
    quality = [{**rule, "name": f"r{at}"} for at, (rule, _) in enumerate(LIBRARY)]
    agreed = contract([{"name": "a", "quality": quality}])
    seen = look(rows(spark, "1", "1", "NULL", "10"), agreed)
    found = {each.rule: (each.verdict, each.failed) for each in seen.quality}
    assert found == {f"r{at}": expected for at, (_, expected) in enumerate(LIBRARY)}


#: A query that no aggregate over the object answers, and why.
REFUSED = [
    ("SELECT a FROM o", "gives rows"),
    ("SELECT MAX(a) - a FROM o", "a value of a row"),
    ("SELECT COUNT(*) FROM other", "another table"),
    ("SELECT COUNT(*) FROM o GROUP BY a", "more than an aggregate"),
    ("SELECT COUNT(*) FROM o JOIN p ON true", "more than an aggregate"),
    ("SELECT COUNT(*) FROM o WHERE a IN (SELECT 1)", "another table|more than"),
    ("SELECT COUNT(*) FROM o WHERE gone > 1", "no column gone"),
    ("SELECT reflect('java.lang.System', 'exit', 1) FROM o", "calls reflect"),
    ("SELECT COUNT(*) FROM o WHERE RAND() > 1", "more than an aggregate"),
    ("DROP TABLE o", "no single SELECT"),
    ("SELECT COUNT(*) FROM o; DROP TABLE o", "no single SELECT"),
    ("SELECT SUM(a) FROM o WHERE a = map('a', 1)", "Spark cannot compute"),
    ("not SQL at all (", "no single SELECT"),
]


def test_a_query_that_is_no_aggregate_over_the_object_is_unknown(spark: SparkSession) -> None:
    quality = [{"type": "sql", "query": query, "mustBe": 0} for query, _ in REFUSED]
    seen = look(rows(spark, "1"), contract([{"name": "a"}], *quality))
    assert [each.verdict for each in seen.quality] == [UNKNOWN] * len(REFUSED)
    for each, (_, why) in zip(seen.quality, REFUSED, strict=True):
        assert each.message is not None
        assert any(part in each.message for part in why.split("|")), each


#: A query that a word among numbers would end, and its number for the values x, 1 and 7.
GENTLE = [
    ("SELECT COUNT(*) FROM o WHERE a < 5", 1),
    ("SELECT COUNT(*) FROM o WHERE -1 <= o.a", 2),
    ("SELECT COUNT(*) FROM o WHERE a BETWEEN 1 AND 7", 2),
    ("SELECT COUNT(*) FROM o WHERE a IN (1, 2)", 1),
    ("SELECT COUNT(*) FROM o WHERE CAST(a AS INT) = 7", 1),
    ("SELECT SUM(a) FROM o", 8),
    ("SELECT MAX(a + 1) FROM o", 8),
    ("SELECT COUNT(*) FROM o WHERE a = 'x'", 1),
]


def test_a_word_among_numbers_does_not_end_the_job(spark: SparkSession) -> None:
    quality = [{"type": "sql", "query": query, "mustBe": number} for query, number in GENTLE]
    seen = look(rows(spark, "'x'", "'1'", "'7'"), contract([{"name": "a"}], *quality))
    assert [each.verdict for each in seen.quality] == [OK] * len(GENTLE), seen.quality


#: Queries that some value ends: 2147483647, 'secret', 0 or an array of one item.
ENDING = [
    "SELECT SUM(i * 1000) FROM o",
    "SELECT COUNT(*) FROM o WHERE i % z = 0",
    "SELECT COUNT(*) FROM o WHERE v = i",
    "SELECT COUNT(*) FROM o WHERE v rlike '['",
    "SELECT COUNT(*) FROM o WHERE ELEMENT_AT(l, 3) = 1",
    "SELECT COUNT(DISTINCT i * 1000) FROM o",
]


@pytest.mark.usefixtures("strict")
def test_a_query_that_a_value_ends_is_unknown_and_hides_no_other(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    df = spark.sql("SELECT 2147483647 AS i, 0 AS z, 'secret' AS v, array(1) AS l")
    good = ["SELECT MAX(z) FROM o", "SELECT COUNT(DISTINCT v) FROM o"]
    quality: list[Document] = [
        {"type": "sql", "query": query, "mustBe": 7} for query in (*ENDING, *good)
    ]
    nodes: list[Document] = [{"name": "i", "logicalTypeOptions": {"maximum": 5}}]
    seen = look(df, contract(nodes, *quality))
    found = {each.rule: each for each in seen.quality}
    assert found.pop("maximum").verdict is BLOCK
    assert [found[f"quality[{at}]"].verdict for at in range(8)] == [UNKNOWN] * 6 + [BLOCK] * 2
    assert seen.rows == 1
    # Spark's own log is Spark's.
    ours = [each.getMessage() for each in caplog.records if "gitdraft" in each.name]
    assert ours
    said = f"{seen!r} {ours}"
    assert "Spark could not compute it over this data" in said
    assert "2147483647" not in said
    assert "secret" not in said


def test_data_that_cannot_be_computed_still_raises(spark: SparkSession) -> None:
    df = spark.range(1).selectExpr("assert_true(id < 0) AS a", "id")
    # Spark 3.5 tells of it in the words of Py4J.
    with pytest.raises((PySparkException, Py4JJavaError)):
        look(df, contract([{"name": "a", "required": True}]))


def test_keys_are_counted_exactly(spark: SparkSession) -> None:
    df = spark.sql(
        "SELECT IF(id = 3, NULL, id % 5) AS a, id % 2 AS b, map('k', id) AS m FROM range(10)"
    )
    agreed = contract(
        [
            {"name": "a", "primaryKey": True, "primaryKeyPosition": 1},
            {"name": "b", "primaryKey": True, "primaryKeyPosition": 2, "unique": False},
            {"name": "m", "unique": True},
        ],
        {"metric": "duplicateValues", "arguments": {"properties": ["a", "b"]}, "mustBe": 0},
        {"metric": "duplicateValues", "arguments": {"properties": ["gone"]}, "mustBe": 0},
    )
    assert told(look(df, agreed)) == [
        ("unique", UNKNOWN, None),
        ("duplicateValues", UNKNOWN, None),
        ("primaryKey", BLOCK, 1),  # the null; 10 pairs are distinct
        ("duplicateValues", OK, 0),
    ]


#: Values of which hashes say too little, and how many repeat.
REPEATING = [
    (("0.0D", "-0.0D", "1.0D"), 1),
    (("1", "1", "NULL", "NULL", "1"), 2),
    (("named_struct('x', 0.0D)", "named_struct('x', -0.0D)"), 1),
    (("1", "2", "NULL", "NULL"), 0),
]


@pytest.mark.parametrize(("values", "repeated"), REPEATING)
def test_repeated_values_are_counted_exactly(
    spark: SparkSession, values: tuple[str, ...], repeated: int
) -> None:
    seen = look(rows(spark, *values), contract([{"name": "a", "unique": True}]))
    assert told(seen) == [("unique", BLOCK if repeated else OK, repeated)]


def test_nested_properties_are_measured_wherever_they_are(spark: SparkSession) -> None:
    agreed = contract(
        [
            {
                "name": "lines",
                "logicalType": "array",
                "items": {
                    "logicalType": "object",
                    "properties": [
                        {"name": "sku", "required": True},
                        {
                            "name": "price",
                            "logicalType": "number",
                            "logicalTypeOptions": {"minimum": 0},
                        },
                    ],
                },
            },
            {
                "name": "tags",
                "logicalType": "map",
                "map": {
                    "key": {
                        "logicalType": "string",
                        "logicalTypeOptions": {"maxLength": 1},
                    },
                    "value": {"logicalType": "integer", "required": True},
                },
            },
            {
                "name": "s",
                "logicalType": "object",
                "properties": [{"name": "x.y", "required": True, "unique": True}],
            },
        ]
    )
    df = spark.sql(
        """SELECT * FROM VALUES
        (array(named_struct('sku', 'a', 'price', 1.0)), map('k', 1), named_struct('x.y', 1)),
        (array(named_struct('sku', NULL, 'price', -1.0), named_struct('sku', NULL, 'price', -2.0)),
         map('long', NULL), named_struct('x.y', 1)),
        (array(), map(), named_struct('x.y', NULL)),
        (NULL, NULL, NULL) AS t(lines, tags, s)"""
    )
    found = [(each.property, each.rule, each.failed) for each in look(df, agreed).quality]
    assert found == [
        ("o.lines[].sku", "required", 1),
        ("o.lines[].price", "minimum", 1),
        ("o.tags{key}", "maxLength", 1),
        ("o.tags{value}", "required", 1),
        ("o.s.`x.y`", "required", 1),
        ("o.s.`x.y`", "unique", 1),
    ]


def test_a_foreign_regular_expression_is_unknown_and_ends_nothing(spark: SparkSession) -> None:
    nodes = [
        {
            "name": name,
            "logicalType": "string",
            "logicalTypeOptions": {"pattern": pattern},
        }
        for name, pattern in (("a", "(?P<x>a)"), ("b", "^b$"))
    ]
    df = spark.sql("SELECT 'a' AS a, 'b' AS b")
    assert told(look(df, contract(nodes))) == [("pattern", UNKNOWN, None), ("pattern", OK, 0)]


def test_a_long_text_under_a_pattern_with_repeated_groups_is_unknown(spark: SparkSession) -> None:
    df = rows(spark, "repeat('a', 100000)", "'b'", "repeat('a', 1000)")
    df = df.selectExpr(*(f"a AS {name}" for name in "abcdef"))
    alternating, nested = "^([a-z]|[0-9])+$", "^((([a-z]|[0-9])|_)+)+$"
    nodes: list[Document] = [
        {"name": name, "logicalTypeOptions": {"pattern": pattern}}
        for name, pattern in zip(
            "abcde",
            (alternating, nested, "^(c|d)*$", "^[a-z]+$", "^(a|b)?[a-z]*$"),
            strict=True,
        )
    ]
    library = [
        {"metric": "invalidValues", "arguments": {"pattern": pattern}, "mustBe": 0}
        for pattern in (alternating, "^(c|d)*$")
    ]
    agreed = contract([*nodes, {"name": "f", "quality": library}])
    seen = look(df, agreed)
    assert told(seen) == [
        ("pattern", UNKNOWN, None),
        ("pattern", UNKNOWN, None),
        ("pattern", BLOCK, 2),
        ("pattern", OK, 0),
        ("pattern", OK, 0),
        ("invalidValues", UNKNOWN, None),
        ("invalidValues", BLOCK, 2),
    ]
    why = "1 row has a text of more than 1,000 characters, which is not matched"
    assert {each.message for each in seen.quality if each.verdict is UNKNOWN} == {why}


@pytest.mark.parametrize("name", ["uuid", "ipv4", "hostname", "email", "uri"])
def test_a_format_lets_no_line_break_pass_and_no_long_text_end_the_job(
    spark: SparkSession, name: str
) -> None:
    good = {
        "uuid": "550e8400-e29b-41d4-a716-446655440000",
        "ipv4": "10.0.0.1",
        "hostname": "a.example",
        "email": "a@b.example",
        "uri": "urn:a",
    }[name]
    long = "'a@b' || repeat('.a', 100000) || ' '"
    df = rows(spark, f"'{good}'", f"'{good}\\n'", long)
    node: Document = {"name": "a", "logicalTypeOptions": {"format": name}}
    assert told(look(df, contract([node]))) == [("format", BLOCK, 2)]


def test_a_rule_that_does_not_fit_the_type_is_unknown(spark: SparkSession) -> None:
    node = {"name": "a", "logicalType": "string", "logicalTypeOptions": {"maxLength": 3}}
    (result,) = look(rows(spark, "1"), contract([node])).quality
    assert (result.verdict, result.message) == (UNKNOWN, "the column of type int holds no text")


def test_rules_of_a_property_that_is_not_there_are_unknown(spark: SparkSession) -> None:
    node = {"name": "gone", "required": True, "quality": [{"metric": "nullValues", "mustBe": 0}]}
    seen = look(rows(spark, "1"), contract([node]))
    assert told(seen) == [("required", UNKNOWN, None), ("nullValues", UNKNOWN, None)]


def test_no_value_of_the_data_is_told(spark: SparkSession) -> None:
    node = {
        "name": "a",
        "required": True,
        "quality": [{"type": "sql", "query": "SELECT MAX(a) FROM o", "mustBe": 1}],
        "enum": [{"value": 1}],
    }
    seen = look(rows(spark, "424242"), contract([node]))
    assert "424242" not in repr(seen)


def test_nulls_are_counted_in_structs_of_structs_where_their_struct_is_there(
    spark: SparkSession,
) -> None:
    df = spark.sql(
        "SELECT named_struct('a.b', named_struct('c', CAST(NULL AS INT))) AS s"
        " UNION ALL SELECT named_struct('a.b', NULL) UNION ALL SELECT NULL"
    )
    measured = plan(None, df.schema).measure(df)
    assert measured.nulls == {("s",): 1, ("s", "a.b"): 1, ("s", "a.b", "c"): 1}


def test_nulls_are_not_counted_in_what_the_contract_knows_as_optional(
    spark: SparkSession,
) -> None:
    df = rows(spark, *NUMBERS).selectExpr("a", "a AS b", "a AS c")
    agreed = contract([{"name": "a", "required": True}, {"name": "b"}])
    assert set(plan(agreed, df.schema).nulls) == {("a",), ("c",)}
    assert set(plan(agreed, df.schema, profile=True).nulls) == {("a",), ("b",), ("c",)}


def test_all_rules_but_keys_take_one_aggregation(spark: SparkSession) -> None:
    node = {"name": "a", "required": True, "unique": True, "enum": [{"value": 1}]}
    df = rows(spark, *NUMBERS)
    measures = plan(contract([node]), df.schema, df=df)
    measured = measures.read(df.agg(*measures.columns).collect()[0])
    assert (measured.rows, measured.nulls) == (4, {("a",): 1})
    assert [each.failed for each in measured.quality] == [1, 2]
    assert measures.exact
    assert measures.keys(df) == (QualityResult("unique", OK, "o.a", 0, 4),)


@pytest.mark.on("local", "connect")
def test_what_is_measured_beside_a_write_is_the_same(spark: SparkSession) -> None:
    from pyspark.sql import Observation as Metrics

    df = rows(spark, *TEXTS)
    agreed = contract([{"name": "a", "required": True, "enum": [{"value": ""}]}])
    measures = plan(agreed, df.schema, df=df)
    metrics = Metrics()
    df.observe(metrics, *measures.columns).write.format("noop").mode("overwrite").save()
    alone = measures.read(df.agg(*measures.columns).collect()[0])
    assert measures.read(metrics.get) == alone


def test_without_rows_everything_is_well_but_the_count(spark: SparkSession) -> None:
    node = {"name": "a", "required": True, "unique": True, "enum": [{"value": 1}]}
    agreed = contract([node], {"metric": "rowCount", "mustBeGreaterThan": 0})
    seen = look(rows(spark, "1").limit(0), agreed)
    assert told(seen) == [
        ("required", OK, 0),
        ("enum", OK, 0),
        ("rowCount", BLOCK, None),
        ("unique", OK, 0),
    ]


def test_names_that_are_hard_to_spell_are_measured(spark: SparkSession) -> None:
    name = "a.b `c` d"
    df = spark.sql("SELECT 1 AS x").toDF(name)
    node = {"name": name, "required": True, "unique": True}
    assert told(look(df, contract([node]))) == [("required", OK, 0), ("unique", OK, 0)]


def test_two_columns_of_one_name_are_refused(spark: SparkSession) -> None:
    df = spark.sql("SELECT 1 AS a, 2 AS A")
    with pytest.raises(ObservationError, match="two of its columns have the same name"):
        look(df, contract([{"name": "a"}]))


def test_of_several_objects_one_has_to_be_named(spark: SparkSession) -> None:
    agreed = contract([{"name": "a"}])
    agreed.document["schema"].append({"name": "p", "properties": [{"name": "a"}]})
    with pytest.raises(ContractError, match="several schema objects"):
        look(rows(spark, "1"), agreed)


def test_of_a_stream_only_the_schema_is_told(spark: SparkSession) -> None:
    stream = spark.readStream.format("rate").load()
    seen = look(stream, contract([{"name": "value", "required": True}]))
    assert [each.name for each in seen.properties] == ["timestamp", "value"]
    assert (seen.rows, seen.quality) == (None, ())
