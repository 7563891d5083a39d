from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support.documents import contract_documents
from support.firsts import first_draft, redrafted
from support.registry import RegistryServer, serve
from support.seen import column, look, shapes

from dc43_gitdraft import odcs, types
from dc43_gitdraft.errors import GitdraftError, ObservationError, RemoteError
from dc43_gitdraft.model import DataType, Document, Layout, Observation
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.observe.registry import BASIC, BEARER
from dc43_gitdraft.odcs import Contract


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistryServer]:
    monkeypatch.delenv(BASIC, raising=False)
    monkeypatch.delenv(BEARER, raising=False)
    with serve() as server:
        yield server


def seen(server: RegistryServer, subject: str = "orders-value") -> Observation:
    return look(f"schema-registry:{server.url}#{subject}")


def avro(*fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Order", "fields": list(fields), **more}


def proto(fields: str, more: str = "", syntax: str = "proto3") -> str:
    return f'syntax = "{syntax}"; package shop; message Order {{ {fields} }} {more}'


def test_an_avro_schema_with_references_is_seen(registry: RegistryServer) -> None:
    money = {
        "type": "record",
        "name": "Money",
        "namespace": "shop",
        "fields": [
            {
                "name": "sum",
                "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
            },
        ],
    }
    line = avro({"name": "price", "type": "shop.Money"}, name="Line", namespace="shop")
    registry.register("money", money)
    registry.register(
        "line", line, references=[{"name": "shop.Money", "subject": "money", "version": 1}]
    )
    order = avro(
        {"name": "id", "type": "long", "doc": "The key"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "lines", "type": {"type": "array", "items": "shop.Line"}},
        doc="Every order once",
    )
    registry.register(
        "orders-value", order, references=[{"name": "shop.Line", "subject": "line", "version": 1}]
    )
    found = seen(registry)
    assert shapes(found) == {
        "id": "integer",
        "at": "timestamp_tz",
        "note": "string",
        "lines": "array<object<price:object<sum:number>>>",
    }
    assert (found.description, column(found, "id").description) == ("Every order once", "The key")
    assert column(found, "note").nullable is True
    assert found.layout == Layout("avro")
    assert found.context == {"the registry's compatibility level": "BACKWARD"}
    assert (found.dataset.id, found.dataset.version) == (
        f"schema-registry:{registry.url}#orders-value",
        "1",
    )
    assert from_json(to_json(found)) == found
    contract = first_draft(found)
    assert contract.document["schema"][0]["name"] == "orders"
    assert redrafted(contract, found) is None


def test_a_json_schema_with_references_is_seen(registry: RegistryServer) -> None:
    registry.register(
        "money", {"type": "object", "properties": {"sum": {"type": "number"}}}, "JSON"
    )
    schema = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "price": {"$ref": "money.json"}},
    }
    reference = {"name": "money.json", "subject": "money", "version": 1}
    registry.register("orders-value", schema, "JSON", [reference])
    found = seen(registry)
    assert shapes(found) == {"id": "integer", "price": "object<sum:number>"}
    assert found.layout == Layout("json")


def test_a_protobuf_schema_with_imports_is_seen(registry: RegistryServer) -> None:
    registry.register(
        "money", 'syntax = "proto3"; package cash; message Money { double sum = 1; }', "PROTOBUF"
    )
    schema = """
        syntax = "proto3";
        package shop.v1;
        import "google/protobuf/timestamp.proto";
        import "money.proto";
        // Every order once
        message Order {
          // The key
          string id = 1;
          optional int64 total = 2; // in cents
          repeated Line lines = 3;
          map<string, double> prices = 4;
          google.protobuf.Timestamp at = 5;
          cash.Money money = 6;
          State state = 7;
          oneof pay { string card = 8; Cash cash = 9; }
          message Line { uint32 n = 1; bytes b = 2; }
          enum State { UNKNOWN = 0; OPEN = 1; }
        }
        message Cash { Order order = 1; bool paid = 2; }
    """
    reference = {"name": "money.proto", "subject": "money", "version": 1}
    registry.register("orders-value", schema, "PROTOBUF", [reference])
    found = seen(registry)
    assert shapes(found) == {
        "id": "string",
        "total": "integer",
        "lines": "array<object<n:integer,b:string>>",
        "prices": "map<string,number>",
        "at": "timestamp_tz",
        "money": "object<sum:number>",
        "state": "string",
        "card": "string",
        "cash": "object<order:object,paid:boolean>",
    }
    assert found.description == "Every order once"
    assert [column(found, name).description for name in ("id", "total")] == ["The key", "in cents"]
    assert [column(found, name).nullable for name in ("id", "total", "card")] == [None, True, True]
    said = " ".join(found.warnings)
    assert "(Order, Cash) the first is described" in said
    assert column(found, "state").enum == ("UNKNOWN", "OPEN")
    assert "enum" not in said
    assert "inside of a `shop.v1.Order`" in said
    assert redrafted(first_draft(found), found) is None


def test_an_enum_of_protobuf_is_listed_where_a_property_has_it(registry: RegistryServer) -> None:
    schema = """
        syntax = "proto3";
        enum State { option allow_alias = true; NEW = 0; OPEN = 1; ALSO = 1; reserved 5; }
        message Order {
          optional State one = 1;
          oneof which { State two = 2; }
          repeated Line lines = 3;
          repeated State states = 4;
          map<string, State> named = 5;
          message Line { .State three = 1; }
        }
    """
    registry.register("orders-value", schema, "PROTOBUF")
    found = seen(registry)
    items = column(found, "lines").type.items
    assert items is not None
    listed = [each.enum for each in (*found.properties, *items.fields)]
    names = ("NEW", "OPEN", "ALSO")
    assert listed == [names, names, (), (), (), names]
    assert found.warnings == (
        "`states` is an enum of NEW, OPEN, ALSO, and is described as a string",
        "`named{value}` is an enum of NEW, OPEN, ALSO, and is described as a string",
    )
    contract = first_draft(found)
    stated = contract.document["schema"][0]["properties"][0]["enum"]
    assert [each["value"] for each in stated] == list(names)
    assert redrafted(contract, found) is None


PROTO = [
    ("double", "number", "double"),
    ("float", "number", "float"),
    *((name, "integer", "int") for name in ("int32", "sint32", "sfixed32")),
    *((name, "integer", "bigint") for name in ("int64", "sint64", "sfixed64", "uint32", "fixed32")),
    *((name, "integer", "decimal(20,0)") for name in ("uint64", "fixed64")),
    ("bool", "boolean", "boolean"),
    ("string", "string", "string"),
    ("bytes", "string", "binary"),
    ("repeated int32", "array", "array<int>"),
    ("map<int32, bool>", "map", "map<int,boolean>"),
    ("google.protobuf.Timestamp", "timestamp", "timestamp"),
    ("google.protobuf.Duration", "string", "interval day to second"),
    ("google.protobuf.Int64Value", "integer", "bigint"),
    ("google.protobuf.StringValue", "string", "string"),
    ("google.protobuf.FieldMask", "string", "string"),
    ("google.protobuf.Struct", None, "google.protobuf.Struct"),
    ("google.protobuf.Any", None, "google.protobuf.Any"),
    ("google.type.Date", "date", "date"),
]


@pytest.mark.parametrize(("name", "logical", "physical"), PROTO)
def test_every_type_of_protobuf_gives_a_valid_first_version(
    name: str, logical: str | None, physical: str, registry: RegistryServer
) -> None:
    registry.register("orders-value", proto(f"{name} a = 1;"), "PROTOBUF")
    found = seen(registry)
    kind = column(found, "a").type
    assert (kind.logical, kind.physical) == (logical, physical)
    assert bool(found.warnings) is (logical is None)
    contract = first_draft(found)
    assert contract.document["schema"][0]["properties"][0]["physicalType"] == physical
    assert redrafted(contract, found) is None


def test_proto2_says_what_is_required(registry: RegistryServer) -> None:
    fields = "required string a = 1; optional int32 b = 2;"
    fields += " repeated group Line = 3 { optional int32 n = 1; }"
    registry.register("orders-value", proto(fields, syntax="proto2"), "PROTOBUF")
    found = seen(registry)
    assert [each.nullable for each in found.properties] == [False, True, None]
    assert shapes(found)["line"] == "array<object<n:integer>>"


def test_versions_and_levels_are_those_of_the_subject(registry: RegistryServer) -> None:
    registry.register("orders-value", avro({"name": "a", "type": "int"}))
    registry.register("orders-value", avro({"name": "a", "type": "long"}))
    registry.levels["orders-value"] = "FULL_TRANSITIVE"
    first = seen(registry, "orders-value@1")
    assert (column(first, "a").type.physical, first.dataset.version) == ("int", "1")
    latest = seen(registry, "orders-value@latest")
    assert (column(latest, "a").type.physical, latest.dataset.version) == ("bigint", "2")
    assert first.dataset.id == latest.dataset.id
    assert latest.context == {"the registry's compatibility level": "FULL_TRANSITIVE"}
    draft = redrafted(first_draft(first), latest)
    assert draft is not None
    assert [change.path for change in draft.changes] == ["orders.a"]


def test_a_subject_is_one_name_whatever_is_in_it(registry: RegistryServer) -> None:
    registry.register("../a b/ö?x", avro({"name": "a", "type": "int"}))
    assert shapes(seen(registry, "../a b/ö?x")) == {"a": "integer"}
    assert registry.requests[0] == "GET /subjects/..%2Fa%20b%2F%C3%B6%3Fx/versions/latest"


def test_a_registry_without_levels_is_read_all_the_same(registry: RegistryServer) -> None:
    registry.register("orders-value", avro({"name": "a", "type": "int"}))
    registry.broken["/config/orders-value?defaultToGlobal=true"] = (403, {}, b"{}")
    assert seen(registry).context == {}


# -- who asks --------------------------------------------------------------------------------------


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(users={"key": "sëcret:x"}, token="t0ken") as server:
        server.register("orders-value", avro({"name": "a", "type": "int"}))
        monkeypatch.setenv(BASIC, "key:sëcret:x")
        assert shapes(seen(server)) == {"a": "integer"}
        monkeypatch.delenv(BASIC)
        monkeypatch.setenv(BEARER, "t0ken")
        assert shapes(seen(server)) == {"a": "integer"}
        monkeypatch.setenv(BEARER, "wr0ng")
        with pytest.raises(ObservationError, match=f"{BASIC}, or a token into {BEARER}") as caught:
            seen(server)
        assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("schema-registry:https://me:secret@shop.example#a", "do not belong into a SOURCE"),
        ("schema-registry:https://shop.example?key=secret#a", "do not belong into a SOURCE"),
        ("schema-registry:https://shop.example/?token=secret#a@1", "nor does a query"),
        ("schema-registry:https://shop.example", "say which subject"),
        ("schema-registry:https://shop.example#", "say which subject"),
        ("schema-registry:shop.example#a", "write the registry's address"),
        ("schema-registry:file:///etc/passwd#a", "write the registry's address"),
    ],
)
def test_a_source_that_is_no_subject_is_refused(source: str, said: str) -> None:
    with pytest.raises(ObservationError, match=said) as caught:
        look(source)
    assert "secret" not in str(caught.value)


def test_credentials_are_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BASIC, "key:secret")
    with pytest.raises(ObservationError, match="over https only"):
        look("schema-registry:http://registry.example#a")
    monkeypatch.setenv(BASIC, "secret")
    with pytest.raises(ObservationError, match="must be USER:PASSWORD") as caught:
        look("schema-registry:https://registry.example#a")
    assert "secret" not in str(caught.value)


# -- what registries answer ------------------------------------------------------------------------

VERSION = "/subjects/orders-value/versions/latest"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), ObservationError, "no schema registry"),
        ((200, {}, b"<html>"), ObservationError, "no schema registry"),
        ((200, {}, b"[" * 100_000), ObservationError, "no schema registry"),
        ((200, {}, b'{"id": 1}'), ObservationError, "holds no schema"),
        ((200, {}, b" " * 9_000_000), ObservationError, "longer than 8 MiB"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), RemoteError, "does not answer"),
        ((500, {}, b"{}"), RemoteError, r"failed \(500\): try again"),
        ((429, {}, b"{}"), RemoteError, "try again later"),
        ((200, {}, b'{"schema": "{}", "schemaType": "XML"}'), ObservationError, "of the type XML"),
        ((200, {}, b'{"schema": "{\\"type\\": "}'), ObservationError, "not valid JSON"),
        ((200, {}, b'{"schema": "int"}'), ObservationError, "not the schema of a record"),
    ],
)
def test_answers_that_are_of_no_use_end_in_one_sentence(
    answer: tuple[int, dict[str, str], bytes],
    kind: type[GitdraftError],
    said: str,
    registry: RegistryServer,
) -> None:
    registry.broken[VERSION] = answer
    with pytest.raises(kind, match=said):
        seen(registry)


def test_a_missing_subject_or_version_is_said(registry: RegistryServer) -> None:
    with pytest.raises(
        ObservationError, match="no such subject or version: Subject 'orders-value'"
    ):
        seen(registry)
    registry.register("orders-value", avro({"name": "a", "type": "int"}))
    with pytest.raises(ObservationError, match="no such subject or version: Version 7"):
        seen(registry, "orders-value@7")


def test_a_registry_that_is_not_there_may_be_asked_again() -> None:
    with pytest.raises(RemoteError, match=r"the registry at 127\.0\.0\.1 does not answer"):
        look("schema-registry:http://127.0.0.1:9#a")


def test_references_in_a_circle_end(registry: RegistryServer) -> None:
    circle = [{"name": "Order", "subject": "orders-value", "version": 1}]
    registry.register("orders-value", avro({"name": "a", "type": "int"}), references=circle)
    with pytest.raises(ObservationError, match="defined twice"):
        seen(registry)


def test_too_many_references_are_refused(registry: RegistryServer) -> None:
    many = [{"name": f"x{at}", "subject": "other", "version": 1} for at in range(300)]
    registry.register("other", avro({"name": "a", "type": "int"}))
    registry.register("orders-value", avro({"name": "a", "type": "int"}), references=many)
    with pytest.raises(ObservationError, match="refers to more than 200 others"):
        seen(registry)


def _deep(levels: int) -> str:
    return "message M { " * levels + "int32 a = 1;" + " }" * levels


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("", "it defines no message"),
        ("message {", "the schema is not Protobuf: line 1, column 9"),
        ("message M { int32 a = ", "the schema is not Protobuf: line 1"),
        ('{"type": "record"}', "the schema is not Protobuf: line 1, column 1"),
        ("message M { \u00e9 a = 1; }", "is not Protobuf"),
        ("message M { }", "the message `M` has no field"),
        ("message M { Other a = 1; }", "the type `Other` is defined neither here nor"),
        (_deep(2000), "nested too deeply"),
        (
            "".join(f"message M{at} {{ M{at + 1} a = 1; }}" for at in range(90)) + "message M90 {}",
            "nested more than 64",
        ),
    ],
)
def test_broken_and_hostile_protobuf_ends_in_one_sentence(
    schema: str, said: str, registry: RegistryServer, capfd: pytest.CaptureFixture[str]
) -> None:
    registry.register("orders-value", schema or " ", "PROTOBUF")
    if not schema:
        registry.subjects["orders-value"][0]["schema"] = 'syntax = "proto3";'
    with pytest.raises(ObservationError, match=said):
        seen(registry)
    assert capfd.readouterr() == ("", "")


def test_messages_that_multiply_are_refused(
    registry: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.observe.proto_types.MAX_PROPERTIES", 2_000)
    more = "".join(f"message M{at} {{ M{at + 1} a = 1; M{at + 1} b = 2; }}" for at in range(40))
    registry.register("orders-value", more + "message M40 { int32 a = 1; }", "PROTOBUF")
    with pytest.raises(ObservationError, match="more than 2,000 properties"):
        seen(registry)


def test_ten_thousand_fields_are_seen(registry: RegistryServer) -> None:
    fields = [{"name": f"c{place}", "type": "int"} for place in range(10_000)]
    registry.register("orders-value", avro(*fields))
    found = seen(registry)
    assert len(found.properties) == 10_000
    assert found.properties[-1].type == DataType("integer", "int")


# -- contract -> schema -> observe -> draft is no drift --------------------------------------------


def avro_type(node: Document, path: str) -> Any:
    """The Avro schema of data that keeps a property's part of a contract."""
    kind = node["logicalType"]
    name = "r" + path
    if kind == "object":
        fields = [
            {"name": each["name"], "type": ["null", avro_type(each, f"{path}_{at}")]}
            for at, each in enumerate(node["properties"])
        ]
        return {"type": "record", "name": name, "fields": fields}
    if kind == "array":
        return {"type": "array", "items": avro_type(node["items"], path + "_i")}
    stated = types.parse(str(node.get("physicalType", "")))
    zone = node.get("logicalTypeOptions", {}).get("timezone", stated.name != "timestamp_ntz")
    if kind == "timestamp" or stated.name.startswith("timestamp"):
        return {"type": "long", "logicalType": f"{'' if zone else 'local-'}timestamp-micros"}
    if stated.name == "decimal":
        precision, scale = stated.args
        return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
    if kind == "string":
        return "bytes" if stated.name == "binary" else "string"
    numbers = {"byte": "int", "short": "int", "int": "int", "float": "float"}
    others = {"integer": "long", "number": "double", "boolean": "boolean"}
    if kind in ("date", "time"):
        long = "int" if kind == "date" else "long"
        return {"type": long, "logicalType": "date" if kind == "date" else "time-micros"}
    return numbers.get(stated.name, others.get(kind, "string"))


def _has_map(node: Document) -> bool:
    inner = [*node.get("properties", ()), *filter(None, [node.get("items")])]
    return node.get("logicalType") == "map" or any(_has_map(each) for each in inner)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(document=contract_documents())
def test_the_schema_of_any_contract_is_no_drift(
    document: Document, registry: RegistryServer
) -> None:
    table = {**document["schema"][0], "logicalType": "object"}
    if not table["properties"] or _has_map(table):
        return  # a map of Avro has texts for keys
    contract = Contract(odcs.dump_new(document), document)
    schema = avro_type(table, "")
    registry.subjects.clear()
    registry.register("orders-value", json.dumps(schema))
    drafted = redrafted(contract, seen(registry))
    assert drafted is None, drafted.changes
