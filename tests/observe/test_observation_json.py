from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import (
    Dataset,
    DataType,
    Layout,
    Observation,
    ObservedProperty,
    Profile,
    QualityResult,
    Verdict,
)
from dc43_gitdraft.observe import as_json, from_json, to_json

texts = st.text(max_size=20)
counts = st.none() | st.integers(0, 10**18)
scalars = st.builds(
    DataType,
    st.sampled_from(
        ["string", "date", "timestamp", "time", "number", "integer", "boolean", "object", None]
    ),
    st.none() | texts,
    st.dictionaries(texts, st.booleans() | st.integers() | texts, max_size=2),
    st.booleans(),
)


bounds = st.none() | texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
profiles = st.builds(
    Profile,
    st.integers(0, 10**18),
    counts,
    bounds,
    bounds,
    counts,
    counts,
    st.lists(texts | st.integers() | st.booleans(), max_size=2).map(tuple),
)


def properties(kinds: st.SearchStrategy[DataType]) -> st.SearchStrategy[ObservedProperty]:
    return st.builds(
        ObservedProperty,
        texts,
        kinds,
        st.none() | st.booleans(),
        counts,
        st.none() | texts,
        st.none() | st.integers(1, 9),
        profile=st.none() | profiles,
    )


def nested(inner: st.SearchStrategy[DataType]) -> st.SearchStrategy[DataType]:
    fields = st.lists(properties(inner), max_size=3).map(tuple)
    return (
        st.builds(DataType, st.just("object"), fields=fields)
        | st.builds(DataType, st.just("array"), items=inner)
        | st.builds(DataType, st.just("map"), key=inner, value=inner)
    )


data_types = st.recursive(scalars, nested, max_leaves=6)
observations = st.builds(
    Observation,
    dataset=st.builds(Dataset, texts, st.none() | texts),
    properties=st.lists(properties(data_types), max_size=3).map(tuple),
    observed_by=texts,
    complete=st.booleans(),
    object=st.none() | texts,
    rows=counts,
    layout=st.none()
    | st.builds(Layout, texts, counts, counts, st.lists(texts, max_size=2).map(tuple)),
    quality=st.lists(
        st.builds(
            QualityResult,
            texts,
            st.sampled_from(Verdict),
            st.none() | texts,
            counts,
            counts,
            st.none() | texts,
        ),
        max_size=2,
    ).map(tuple),
    observed_at=st.none() | st.datetimes(timezones=st.just(timezone.utc)),
    run_url=st.none() | texts,
    context=st.dictionaries(texts, texts, max_size=2),
    warnings=st.lists(texts, max_size=2).map(tuple),
    description=st.none() | texts,
)


def document(**changes: Any) -> dict[str, Any]:
    found = json.loads(to_json(Observation(Dataset("orders"), (), "a job")))
    return {**found, **changes}


@given(observations)
def test_what_is_written_is_read_back_equal(seen: Observation) -> None:
    assert from_json(to_json(seen)) == seen


@given(observations)
def test_what_is_unknown_is_left_out(seen: Observation) -> None:
    written = json.loads(to_json(seen))
    assert ("rows" in written) == (seen.rows is not None)
    assert ("context" in written) == bool(seen.context)


def test_a_time_is_written_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    moment = datetime(2024, 5, 30, 12, tzinfo=east)
    seen = Observation(Dataset("orders"), (), "a job", observed_at=moment)
    assert json.loads(to_json(seen))["observed_at"] == "2024-05-30T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2024-05-30T10:00:00Z", 0),
        ("2024-05-30T12:00:00.5+02:00", 500_000),
        ("2024-05-30T05:00:00.123456-05:00", 123_456),
    ],
)
def test_a_time_of_another_zone_or_precision_is_read(text: str, microsecond: int) -> None:
    seen = from_json(json.dumps(document(observed_at=text)))
    assert seen.observed_at == datetime(2024, 5, 30, 10, 0, 0, microsecond, timezone.utc)


def test_a_byte_order_mark_is_no_hindrance() -> None:
    assert from_json("\ufeff" + json.dumps(document())).observed_by == "a job"


def test_a_future_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(ObservationError, match=r"is of version 2 .* reads version 1: upgrade"):
        from_json(json.dumps({"version": 2, "news": []}))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("", 1, 1), ("{", 1, 2), ('{\n  "version": 1\n  "rows": 2}', 3, 3), ("[1,\n2;", 2, 2)],
)
def test_bad_json_is_located(text: str, line: int, column: int) -> None:
    with pytest.raises(ObservationError) as caught:
        from_json(text, "seen.json")
    assert (caught.value.where, caught.value.line, caught.value.column) == (
        "seen.json",
        line,
        column,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "no JSON object"),
        ("3", "no JSON object"),
        ('{"version": 1, "version": 1}', "occurs twice"),
        ('{"version": NaN}', "too large, or none"),
        ('{"version": 1e999}', "too large, or none"),
        ('{"version": ' + "1" * 5000 + "}", "number that is too long"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": 1, "x": "\\ud800"}', "not valid Unicode"),
    ],
)
def test_json_that_is_no_document_is_refused(text: str, message: str) -> None:
    with pytest.raises(ObservationError, match=message):
        from_json(text)


def test_a_document_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_json, "MAX_TEXT", 10)
    with pytest.raises(ObservationError, match="at most"):
        from_json(json.dumps(document()))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "1"},
        {"version": 0},
        {"version": True},
        {"news": 1},
        {"rows": -1},
        {"rows": 2**63},
        {"rows": 1.5},
        {"rows": "3"},
        {"observed_at": "yesterday"},
        {"observed_at": "2024-02-30T00:00:00Z"},
        {"observed_at": "2024-05-30T10:00:00"},
        {"dataset": {"id": 1}},
        {"dataset": {"id": "a", "color": "b"}},
        {"properties": [{"name": "a"}]},
        {"properties": [{"name": "a", "type": {"logical": "money"}}]},
        {"properties": [{"name": "a", "type": {"physical": "int"}}]},
        {"properties": [{"name": "a", "type": {"logical": "string", "fields": []}}]},
        {"properties": [{"name": "a", "type": {"logical": "map", "key": {"logical": None}}}]},
        {"properties": [{"name": "a", "type": {"logical": None}, "partition": 0}]},
        {"quality": [{"rule": "a", "verdict": "great"}]},
        {"context": {"a": 1}},
        {"warnings": "none"},
    ],
)
def test_what_the_schema_does_not_allow_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ObservationError, match="not an Observation: "):
        from_json(json.dumps(document(**changes)), "seen.json")


def test_the_place_of_a_mistake_is_said_and_not_the_value() -> None:
    wrong = document(properties=[{"name": "a", "type": {"logical": "secret"}}])
    with pytest.raises(ObservationError) as caught:
        from_json(json.dumps(wrong))
    assert "properties[0].type.logical" in str(caught.value)
    assert "secret" not in str(caught.value)


def schema() -> dict[str, Any]:
    from importlib.resources import files

    path = files("dc43_gitdraft.observe").joinpath("observation-1.schema.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_the_schema_is_a_json_schema() -> None:
    assert jsonschema_rs.meta.is_valid(schema())


def test_every_member_of_the_format_is_described_or_named_by_itself() -> None:
    self_explaining = {"name", "type", "verdict", "message"}

    def undescribed(node: dict[str, Any]) -> list[str]:
        return [
            name
            for name, inner in node.get("properties", {}).items()
            if "description" not in inner and name not in self_explaining
        ]

    found = [undescribed(schema()), *(undescribed(each) for each in schema()["$defs"].values())]
    assert [name for names in found for name in names] == []


def test_a_count_that_is_written_with_a_point_is_one() -> None:
    seen = from_json(json.dumps(document(rows=10.0, layout={"format": "csv", "files": 2.0})))
    assert str(seen.rows) == "10"
    assert seen.layout is not None
    assert str(seen.layout.files) == "2"
