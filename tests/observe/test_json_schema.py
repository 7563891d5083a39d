from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support.documents import contract_documents
from support.firsts import first_draft, redrafted
from support.seen import column, look, shapes

from dc43_gitdraft import odcs
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Document, Observation
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.odcs import Contract


def seen(folder: Path, schema: Any, part: str = "") -> Observation:
    path = folder / "orders.schema.json"
    path.write_text(json.dumps(schema), "utf-8")
    return look(f"jsonschema:{path}{part}")


def of(*properties: Any, **more: Any) -> dict[str, Any]:
    """A schema with properties a, b, c ..."""
    names = "abcdefghijklmnop"
    return {"type": "object", "properties": dict(zip(names, properties, strict=False)), **more}


TYPES: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"type": "string"}, "string", {}),
    ({"type": "string", "format": ["date"]}, "string", {}),
    (
        {"type": "string", "minLength": 1, "maxLength": 9.0},
        "string",
        {"minLength": 1, "maxLength": 9},
    ),
    ({"type": "string", "pattern": "^a"}, "string", {"pattern": "^a"}),
    ({"type": "string", "format": "email"}, "string", {"format": "email"}),
    ({"type": "string", "format": "date"}, "date", {}),
    ({"type": "string", "format": "date-time"}, "timestamp_tz", {"timezone": True}),
    ({"type": "string", "format": "time"}, "time", {}),
    ({"type": "string", "contentEncoding": "base64"}, "string", {"format": "byte"}),
    ({"type": "integer"}, "integer", {}),
    (
        {"type": "integer", "format": "int64", "minimum": 0},
        "integer",
        {"format": "i64", "minimum": 0},
    ),
    ({"type": "number", "multipleOf": 0.01}, "number", {"multipleOf": 0.01}),
    ({"type": "number", "multipleOf": 1}, "integer", {"multipleOf": 1}),
    ({"type": "number", "format": "double"}, "number", {"format": "f64"}),
    ({"type": "number", "exclusiveMaximum": 5}, "number", {"exclusiveMaximum": 5}),
    ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, "number", {"exclusiveMinimum": 1}),
    ({"type": "boolean"}, "boolean", {}),
    ({"type": "array", "items": {"type": "integer"}}, "array<integer>", {}),
    (
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        "array<string>",
        {"minItems": 1, "uniqueItems": True},
    ),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}]},
        "array<number>",
        {},
    ),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, "map<?,integer>", {}),
    (
        {"patternProperties": {"^x": {"type": "boolean"}}, "type": "object"},
        "map<?,boolean>",
        {},
    ),
    (of({"type": "integer"}, minProperties=1), "object<a:integer>", {"minProperties": 1}),
    ({"type": ["integer", "null"]}, "integer", {}),
    ({"type": ["integer", "number"]}, "number", {}),
    ({"enum": ["x", "y"]}, "string", {}),
    ({"enum": [1, 2, None]}, "integer", {}),
    ({"const": 1.5}, "number", {}),
    ({"const": True}, "boolean", {}),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer", {}),
    ({"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "date", {}),
    ({"allOf": [{"type": "number"}, {"type": "integer", "minimum": 2}]}, "integer", {"minimum": 2}),
    ({"pattern": "^a"}, "string", {"pattern": "^a"}),
]


@pytest.mark.parametrize(("schema", "shape", "options"), TYPES)
def test_every_type_is_described_and_gives_a_valid_first_version(
    schema: dict[str, Any], shape: str, options: dict[str, Any], tmp_path: Path
) -> None:
    found = seen(tmp_path, of(schema))
    assert shapes(found) == {"a": shape}
    assert column(found, "a").type.options == options
    contract = first_draft(found)
    stated = contract.document["schema"][0]["properties"][0]
    kept = {**stated.get("logicalTypeOptions", {})}
    assert kept == options or stated["logicalType"] == "map"
    assert redrafted(contract, found) is None
    assert from_json(to_json(found)) == found


@pytest.mark.parametrize(
    ("schema", "physical", "said"),
    [
        ({}, "any", "may be anything"),
        (True, "any", "may be anything"),
        ({"type": ["string", "object"]}, "string | object", "several types"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "string | integer", "several types"),
    ],
)
def test_what_has_no_logical_type_stands_as_the_physical_one_with_a_warning(
    schema: Any, physical: str, said: str, tmp_path: Path
) -> None:
    found = seen(tmp_path, of(schema))
    assert column(found, "a").type == DataType(None, physical, inferred=True)
    assert said in found.warnings[0]
    stated = first_draft(found).document["schema"][0]["properties"][0]
    assert (stated["logicalType"], stated["physicalType"]) == ("string", physical)


def test_required_nullable_and_described_properties_are_seen(tmp_path: Path) -> None:
    schema = of(
        {"type": "integer", "description": "The key"},
        {"type": ["integer", "null"], "title": "Second"},
        {"type": "integer"},
        required=["a", "b"],
        description="Orders of the shop",
    )
    found = seen(tmp_path, schema)
    assert found.description == "Orders of the shop"
    assert [(each.nullable, each.description) for each in found.properties] == [
        (False, "The key"),
        (True, "Second"),
        (True, None),
    ]


def test_references_are_followed_inside_the_document_and_beside_it(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "money.json").write_text(
        json.dumps({"$defs": {"eur": of({"type": "number"}), "x/y": {"type": "date"}}})
    )
    schema = of(
        {"$ref": "#/$defs/id"},
        {"$ref": "parts/money.json#/$defs/eur"},
        {"$ref": "#shape"},
        {"allOf": [{"$ref": "#/$defs/id"}, {"$ref": "#/$defs/id"}]},
        {"$ref": "#/definitions/a~1b"},
        **{
            "$defs": {"id": {"type": "integer"}, "s": {"$anchor": "shape", "type": "boolean"}},
            "definitions": {"a/b": {"type": "string", "format": "date"}},
        },
    )
    assert shapes(seen(tmp_path, schema)) == {
        "a": "integer",
        "b": "object<a:number>",
        "c": "boolean",
        "d": "integer",
        "e": "date",
    }


def test_a_part_of_the_document_may_be_named(tmp_path: Path) -> None:
    schema = {"$defs": {"Order": of({"type": "integer"}), "Other": of({"type": "string"})}}
    assert shapes(seen(tmp_path, schema, "#Order")) == {"a": "integer"}
    assert shapes(seen(tmp_path, schema, "#/$defs/Other")) == {"a": "string"}
    assert seen(tmp_path, schema, "#Order").dataset.id.endswith("orders.schema.json#Order")
    with pytest.raises(ObservationError, match="it defines no `Ordr`; there is Order, Other"):
        seen(tmp_path, schema, "#Ordr")


def test_alternatives_and_parts_of_an_object_are_joined(tmp_path: Path) -> None:
    schema = {
        "allOf": [
            of({"type": "integer"}, required=["a"]),
            {"properties": {"z": {"type": "string"}}},
        ],
        "oneOf": [
            {"properties": {"x": {"type": "integer"}}},
            {"properties": {"y": {"type": "date"}}},
        ],
        "if": {},
    }
    schema["oneOf"][1]["properties"]["y"] = {"type": "boolean"}  # type: ignore[index]
    found = seen(tmp_path, schema)
    assert shapes(found) == {"a": "integer", "z": "string", "x": "integer", "y": "boolean"}
    assert [each.nullable for each in found.properties] == [False, True, True, True]
    assert "condition (`if`)" in found.warnings[0]


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "listed"),
    [
        ({"enum": ["x", "y", "x"]}, ("x", "y")),
        ({**TEXT, "enum": ["x", None]}, ("x",)),
        ({"enum": [3, 1, None]}, (3, 1)),
        ({"const": "x"}, ("x",)),
        ({"type": "integer", "const": 1}, (1,)),
        ({"anyOf": [{"enum": ["x", "y"]}, {"type": "null"}]}, ("x", "y")),
        ({**TEXT, "oneOf": [{"const": "x", "title": "X"}, {"enum": ["y"]}]}, ("x", "y")),
        ({"allOf": [{"enum": ["x", "y", "z"]}, {"enum": ["z", "y"]}]}, ("y", "z")),
        ({"enum": ["x", "y"], "anyOf": [{"const": "y"}, {"const": "z"}]}, ("y",)),
        ({"enum": ["x"], "anyOf": [{**TEXT, "minLength": 1}, {**TEXT, "maxLength": 3}]}, ("x",)),
        ({"$ref": "#/$defs/state"}, ("on", "off")),
        ({"enum": [True, False, None]}, ()),
    ],
)
def test_the_values_that_a_schema_lists_are_the_only_ones(
    schema: dict[str, Any], listed: tuple[str | int, ...], tmp_path: Path
) -> None:
    found = seen(tmp_path, of(schema, **{"$defs": {"state": {"enum": ["on", "off"]}}}))
    assert column(found, "a").enum == listed
    assert not found.warnings
    assert from_json(to_json(found)) == found
    contract = first_draft(found)
    stated = contract.document["schema"][0]["properties"][0].get("enum", [])
    assert [each["value"] for each in stated] == list(listed)
    assert redrafted(contract, found) is None


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"enum": ["x", 1]}, "a"),
        ({**TEXT, "enum": ["x", 1]}, "a"),
        ({"type": ["string", "integer"], "enum": ["x"]}, "a"),
        ({"const": 1.5}, "a"),
        ({"type": "number", "enum": [1, 2]}, "a"),
        ({"const": True}, "a"),
        ({"type": "object", "enum": [{"x": 1}]}, "a"),
        ({**TEXT, "format": "date", "enum": ["2024-05-30"]}, "a"),
        ({**TEXT, "enum": ["\ud800"]}, "a"),
        ({**TEXT, "enum": []}, "a"),
        ({**TEXT, "enum": "x"}, "a"),
        ({**TEXT, "enum": [str(each) for each in range(10_001)]}, "a"),
        ({"anyOf": [{"const": "x"}, TEXT]}, "a"),
        ({"allOf": [{"const": "x"}, {"const": "y"}]}, "a"),
        ({"type": "array", "items": {"enum": ["x"]}}, "a[]"),
        ({"type": "object", "additionalProperties": {"enum": ["x"]}}, "a{value}"),
    ],
)
def test_values_that_a_draft_cannot_list_are_told(
    schema: dict[str, Any], path: str, tmp_path: Path
) -> None:
    found = seen(tmp_path, of(schema))
    assert column(found, "a").enum == ()
    said = f"`{path}` may have certain values only, which are not drafted"
    assert found.warnings.count(said) == 1


def test_values_inside_of_arrays_and_maps_of_objects_are_listed(tmp_path: Path) -> None:
    inner = of({"enum": ["x"]})
    schema = of(
        {"type": "array", "items": inner}, {"type": "object", "additionalProperties": inner}
    )
    found = seen(tmp_path, schema)
    assert not found.warnings
    first, second = column(found, "a").type.items, column(found, "b").type.value
    assert first is not None
    assert second is not None
    assert [each.fields[0].enum for each in (first, second)] == [("x",), ("x",)]


def _kinds(*branches: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "oneOf": [{"properties": each} for each in branches], **more}


@pytest.mark.parametrize(
    ("schema", "listed", "lost"),
    [
        (_kinds({"k": {"const": "x"}}, {"k": {"enum": ["x", "y"]}}), ("x", "y"), []),
        (_kinds({"k": {"const": "x"}}, {"k": {"const": 1}}), (), ["k"]),
        (_kinds({"k": {"const": "x"}}, {"k": TEXT}), (), ["k"]),
        (_kinds({"k": {"const": "x"}}, {"other": TEXT}), (), ["k"]),
        (
            _kinds({"k": {"const": "x"}}, {"k": {"const": "y"}}, properties={"k": TEXT}),
            ("x", "y"),
            [],
        ),
        (
            _kinds({"k": {"const": "x"}}, {"other": TEXT}, properties={"k": {"enum": ["x", "y"]}}),
            ("x", "y"),
            ["k"],
        ),
    ],
)
def test_a_property_of_alternatives_has_the_values_of_all_that_list_some(
    schema: dict[str, Any], listed: tuple[str, ...], lost: list[str], tmp_path: Path
) -> None:
    found = seen(tmp_path, schema)
    assert column(found, "k").enum == listed
    said = [text.split("`")[1] for text in found.warnings if "certain values" in text]
    assert said == lost


def test_values_that_alternatives_list_deeper_are_told_where_they_differ(tmp_path: Path) -> None:
    def inside(value: str) -> dict[str, Any]:
        return {"k": of({"const": value}), "l": {"type": "array", "items": of({"const": value})}}

    alike, other = (seen(tmp_path, _kinds(inside("x"), inside(each))) for each in "xy")
    assert column(alike, "k.a").enum == ("x",)
    assert column(other, "k.a").enum == ()
    said = [text.split("`")[1] for text in other.warnings if "certain values" in text]
    assert said == ["k.a", "l[].a"]


def test_rows_may_be_the_items_of_an_array(tmp_path: Path) -> None:
    assert shapes(seen(tmp_path, {"type": "array", "items": of({"type": "integer"})})) == {
        "a": "integer"
    }


def test_a_schema_inside_of_itself_is_described_once(tmp_path: Path) -> None:
    tree = of({"type": "integer"}, {"type": "array", "items": {"$ref": "#"}})
    found = seen(tmp_path, tree)
    assert shapes(found) == {"a": "integer", "b": "array<object>"}
    assert found.warnings == (
        "`b[]` refers to what it is itself inside of: its properties are not described again",
    )
    assert redrafted(first_draft(found), found) is None


def _bomb(levels: int) -> dict[str, Any]:
    defs: dict[str, Any] = {"l0": {"type": "integer"}}
    for level in range(1, levels + 1):
        inner = {"$ref": f"#/$defs/l{level - 1}"}
        defs[f"l{level}"] = {"type": "object", "properties": {"p": inner, "q": inner}}
    return {"$ref": f"#/$defs/l{levels}", "$defs": defs}


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = of(schema)
    return schema


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (3, "the document` is no JSON Schema"),
        ({"type": "string"}, "it is not the schema of an object"),
        ({"type": "object"}, "names no property"),
        (of({"type": "strin"}), "there is no type `strin`"),
        (of({"$ref": "#/$defs/x"}), "refers to `#/\\$defs/x`, which is not there"),
        (of({"$ref": 3}), "a \\$ref that is no text"),
        (of({"$ref": "https://example.com/a.json"}), "nothing is fetched from elsewhere"),
        (of({"$ref": "../../etc/passwd"}), "which is not at hand"),
        (of({"$ref": "/etc/passwd"}), "which is not at hand"),
        (of({"$ref": "\ud800.json"}), "which is not at hand"),
        (of({"$ref": "x" * 5000}), "which is not at hand"),
        (_deep(80), "nested more than 64"),
        ({"properties": {"\ud800": {"type": "string"}}}, "not valid Unicode"),
    ],
)
def test_broken_and_hostile_schemas_end_in_one_sentence(
    schema: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ObservationError, match=said):
        seen(tmp_path, schema)


def test_references_that_multiply_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.observe.json_types.MAX_PROPERTIES", 5_000)
    with pytest.raises(ObservationError, match="more than 5,000 properties"):
        seen(tmp_path, _bomb(30))


def test_credentials_in_a_reference_are_in_no_message(tmp_path: Path) -> None:
    for ref in ("https://me:hunter2@shop.example/a.json", "https://shop.example/a?sig=hunter2#/x"):
        with pytest.raises(ObservationError, match=r"refers to `https://shop\.example/a") as caught:
            seen(tmp_path, of({"$ref": ref}))
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not valid JSON"),
        (b'{"type": "obj', "not valid JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"minimum": ' + b"9" * 10_000 + b"}", "a number that is too long"),
    ],
)
def test_files_that_are_no_json_are_refused(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match=said):
        look(f"jsonschema:{path}")


def test_ten_thousand_properties_are_seen(tmp_path: Path) -> None:
    schema = {"properties": {f"p{place}": {"type": "integer"} for place in range(10_000)}}
    assert len(seen(tmp_path, schema).properties) == 10_000


# -- contract -> schema -> observe -> draft is no drift --------------------------------------------


def json_schema(node: Document) -> dict[str, Any]:
    """The JSON Schema of JSON data that keeps a property's part of a contract."""
    kind = node["logicalType"]
    if kind == "object":
        inner = {each["name"]: json_schema(each) for each in node["properties"]}
        needed = [each["name"] for each in node["properties"] if each.get("required")]
        return {"type": "object", "properties": inner, "required": needed}
    if kind == "array":
        return {"type": "array", "items": json_schema(node["items"]) if "items" in node else {}}
    if kind == "map":
        return {"type": "object", "additionalProperties": json_schema(node["map"]["value"])}
    if kind in ("date", "timestamp", "time"):
        written = {"date": "date", "timestamp": "date-time", "time": "time"}[kind]
        if kind == "date" and "timestamp" in str(node.get("physicalType", "")):
            written = "date-time"  # as ODCS 3.0 says it
        return {"type": "string", "format": written}
    return {"type": kind}


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(document=contract_documents())
def test_the_schema_of_any_contract_is_no_drift(document: Document, tmp_path: Path) -> None:
    contract = Contract(odcs.dump_new(document), document)
    schema = json_schema({**document["schema"][0], "logicalType": "object"})
    if schema["properties"]:
        drafted = redrafted(contract, seen(tmp_path, schema))
        assert drafted is None, drafted.changes


def test_another_type_is_drift(tmp_path: Path) -> None:
    contract = first_draft(seen(tmp_path, of({"type": "integer"}, {"type": "string"})))
    draft = redrafted(contract, seen(tmp_path, of({"type": "number"}, {"type": "string"})))
    assert draft is not None
    assert [(each.path, each.before, each.after) for each in draft.changes] == [
        ("orders.a", "integer", "number")
    ]
