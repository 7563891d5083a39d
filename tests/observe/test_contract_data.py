"""A generated contract, data made from it, and what the observers see of that data."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.data import arrow_schema, is_flat, schema_object, table, write
from support.documents import contract_documents
from support.seen import look

from dc43_gitdraft import odcs
from dc43_gitdraft.model import DataType, Document, ObservedProperty

documents = contract_documents()
#: What a text or a JSON value may be taken for, beside its own logicalType.
ALIKE = {
    "number": {"integer"},
    "date": {"string"},
    "timestamp": {"string"},
    "time": {"string"},
    "map": {"object"},
}


def contradictions(
    properties: list[Document], seen: tuple[ObservedProperty, ...], *, inferred: bool
) -> list[str]:
    """Where the observed properties are not those of the contract."""
    names = [prop["name"] for prop in properties]
    found = [] if names == [each.name for each in seen] else [f"names {names}"]
    for prop, each in zip(properties, seen, strict=False):
        if prop.get("required") and each.nulls not in (0, None):
            found.append(f"{prop['name']}: {each.nulls} nulls")
        found += [f"{prop['name']}: {word}" for word in _types(prop, each.type, inferred)]
    return found


def _types(prop: Document, seen: DataType, inferred: bool) -> list[str]:
    logical = prop["logicalType"]
    if seen.logical is None and inferred:
        return []
    if logical == "date" and "timestamp" in prop.get("physicalType", ""):
        logical = "timestamp"  # as ODCS 3.0 says it
    if seen.logical != logical and not (inferred and seen.logical in ALIKE.get(logical, ())):
        return [f"{logical} seen as {seen.logical}"]
    if seen.logical == "object" and logical == "object":
        return contradictions(prop["properties"], seen.fields, inferred=inferred)
    if seen.items is not None:
        return _types(prop["items"], seen.items, inferred)
    if seen.key is not None and seen.value is not None:
        parts = prop["map"]
        return _types(parts["key"], seen.key, inferred) + _types(
            parts["value"], seen.value, inferred
        )
    return []


@given(documents)
def test_generated_contracts_are_valid(document: Document) -> None:
    assert odcs.read(odcs.dump_new(document)).document == document


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents, st.integers(0, 9))
def test_data_of_a_contract_is_seen_as_the_contract_describes_it_in_parquet(
    tmp_path_factory: pytest.TempPathFactory, document: Document, seed: int
) -> None:
    path = write(table(document, seed=seed), tmp_path_factory.mktemp("d") / "a.parquet", "parquet")
    properties = schema_object(document)["properties"]
    assert contradictions(properties, look(path).properties, inferred=False) == []


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents, st.integers(0, 9))
def test_data_of_a_contract_is_seen_as_the_contract_describes_it_in_json(
    tmp_path_factory: pytest.TempPathFactory, document: Document, seed: int
) -> None:
    path = write(table(document, seed=seed), tmp_path_factory.mktemp("d") / "a.json", "json")
    properties = schema_object(document)["properties"]
    assert contradictions(properties, look(path).properties, inferred=True) == []


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(contract_documents(depth=0), st.integers(0, 9))
def test_data_of_a_flat_contract_is_seen_as_the_contract_describes_it_in_csv(
    tmp_path_factory: pytest.TempPathFactory, document: Document, seed: int
) -> None:
    path = write(table(document, seed=seed), tmp_path_factory.mktemp("d") / "a.csv", "csv")
    properties = schema_object(document)["properties"]
    assert contradictions(properties, look(path).properties, inferred=True) == []


@given(documents)
def test_the_same_seed_makes_the_same_data(document: Document) -> None:
    assert table(document, seed=1).equals(table(document, seed=1))


@given(documents)
def test_required_properties_have_no_nulls_and_optional_ones_some(document: Document) -> None:
    data = table(document, rows=200)
    for field, values in zip(data.schema, data.columns, strict=True):
        assert (values.null_count > 0) == field.nullable


@pytest.mark.parametrize(
    ("prop", "expected"),
    [
        ({"physicalName": "B", "logicalType": "string"}, pa.field("B", pa.string())),
        ({"logicalType": "object"}, pa.field("a", pa.map_(pa.string(), pa.string()))),
        ({"logicalType": "array"}, pa.field("a", pa.list_(pa.string()))),
        (
            {"logicalType": "array", "physicalType": "array<decimal(5,1)>"},
            pa.field("a", pa.list_(pa.decimal128(5, 1))),
        ),
        (
            {"logicalType": "object", "physicalType": "struct<x: int not null>"},
            pa.field("a", pa.struct([pa.field("x", pa.int32(), nullable=False)])),
        ),
        ({"logicalType": "vector"}, pa.field("a", pa.list_(pa.float32()))),
        ({"physicalType": "interval day to second"}, pa.field("a", pa.duration("us"))),
        ({"physicalType": "MONEY"}, pa.field("a", pa.string())),
        ({}, pa.field("a", pa.string())),
    ],
)
def test_what_a_contract_leaves_open_gets_a_type_too(prop: Document, expected: pa.Field) -> None:
    schema = arrow_schema({"properties": [{"name": "a", **prop}]})
    assert schema.field(0).equals(expected)
    assert is_flat(table({"schema": [{"name": "o", "properties": [{"name": "a", **prop}]}]})) == (
        not pa.types.is_nested(expected.type)
    )
