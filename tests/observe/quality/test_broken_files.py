"""Files that are broken, hostile or no results end in a sentence that says so."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe.quality import FORMATS, read, results

GX = {"success": False, "meta": {}, "results": []}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "results.json"
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b'{"success": false, "results": [', "not valid JSON"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"1" * 5_000, "a number that is too long"),
        (b'{"a": 1}\n{"b": \n', "results.json:2: not valid JSON"),
        ({}, r"name one \(dbt, gx, soda, .*as in `json:FILE`"),
        ([], "name one"),
        (None, "name one"),
        ("results", "name one"),
        ({"version": 2, "results": []}, "no results of data quality: version: "),
        ({"version": 1, "results": [{"rule": "a"}]}, r"results\[0\]: .*verdict"),
        (
            {"version": 1, "results": [{"rule": "a", "verdict": "ok", "failed": -1}]},
            r"results\[0\].failed",
        ),
        (
            {"version": 1, "results": [{"rule": "a", "verdict": "ok", "value": "Ana"}]},
            r"results\[0\]",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(ObservationError, match=message) as raised:
        read(str(written(tmp_path, content)))
    assert "Ana" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match="there is no such file"):
        read(str(tmp_path / "none.json"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    with pytest.raises(ObservationError, match="not a regular file"):
        read(str(pipe))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(results.MAX_BYTES + 1)
    with pytest.raises(ObservationError, match="up to 32 MiB"):
        read(str(path))


def test_too_many_results_are_not_of_one_dataset(tmp_path: Path) -> None:
    entry = {"success": True, "expectation_config": {"type": "x", "kwargs": {}}, "result": {}}
    document = {**GX, "results": [entry] * (results.MAX_RESULTS + 1)}
    with pytest.raises(ObservationError, match="more than 50,000 results"):
        read(str(written(tmp_path, document)))


# What is not of the kind that a tool writes is not known, and never a crash.
ODD = [None, True, -1, 1.5, float("nan"), 10**40, "text", "\ud800", [], [1], {}, {"a": 1}]
SEEDS: dict[str, Any] = {
    "gx": {
        **GX,
        "results": [
            {
                "success": False,
                "expectation_config": {"type": "x", "kwargs": {"column": "a"}, "severity": "x"},
                "result": {"unexpected_count": 1, "element_count": 2},
                "exception_info": {"raised_exception": False},
            }
        ],
    },
    "soda": {
        "hasFailures": True,
        "metrics": [{"identity": "metric-a-b-row_count", "metricName": "row_count", "value": 1}],
        "checks": [
            {
                "name": "a",
                "definition": "checks for a:\n  row_count > 0",
                "outcome": "fail",
                "table": "t",
                "column": "c",
                "diagnostics": {"blocks": [{"totalFailingRows": 1}], "value": 1},
            }
        ],
    },
    "dbt": {
        "metadata": {"dbt_schema_version": "https://x/run-results/v6.json"},
        "results": [{"unique_id": "test.a.b.c", "status": "fail", "failures": 1}],
    },
    "datacontract": {
        "runId": "a",
        "result": "failed",
        "checks": [
            {
                "type": "x",
                "model": "a",
                "field": "b",
                "result": "failed",
                "qualityDefinition": "name: x",
                "diagnostics": {"metric": "missing_count", "value": 1, "row_count": 2},
            }
        ],
    },
    "deequ": [
        {
            "constraint_status": "Failure",
            "check_level": "Error",
            "constraint": "AConstraint(A(b,None))",
            "constraint_message": "Value: 1",
        }
    ],
    "dc43": {"ok": False, "errors": [], "metrics": {"violations.not_null_a": 1, "row_count": 2}},
    "openlineage": {
        "eventTime": "x",
        "job": {},
        "inputs": [
            {
                "namespace": "n",
                "name": "t",
                "inputFacets": {
                    "dataQualityAssertions": {
                        "assertions": [{"assertion": "a", "success": False, "column": "b"}]
                    }
                },
            }
        ],
    },
    "json": {"version": 1, "results": [{"rule": "a", "verdict": "ok", "property": "b"}]},
}


def variants(document: Any) -> list[Any]:
    """Return the document with each of its nodes replaced by each odd value, and left out."""
    found: list[Any] = list(ODD)
    if isinstance(document, dict):
        for key, value in document.items():
            found += [{**document, key: odd} for odd in variants(value)]
            found.append({other: each for other, each in document.items() if other != key})
    if isinstance(document, list):
        for place, value in enumerate(document):
            found += [[*document[:place], odd, *document[place + 1 :]] for odd in variants(value)]
    return found


def test_every_format_has_a_seed() -> None:
    assert SEEDS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", SEEDS)
def test_what_is_odd_is_unknown_and_no_crash(name: str, tmp_path: Path) -> None:
    for document in variants(SEEDS[name]):
        path = written(tmp_path, document)
        for spec in (f"{name}:{path}", str(path)):
            try:
                found = read(spec)
            except ObservationError:
                continue
            for each in found:
                assert each.result.rule
                assert each.result.failed is None or each.result.failed >= 0
                repr(each).encode()


@pytest.mark.parametrize("written_count", ["1e999", "-1e999", "1.5", "1e300", "-1", "true"])
def test_what_is_no_count_is_none(written_count: str, tmp_path: Path) -> None:
    metrics = f'"metrics": {{"row_count": {written_count}}}'
    text = f'{{"ok": false, "errors": [], {metrics}}}'
    (found,) = read(f"dc43:{written(tmp_path, text.encode())}")
    assert found.result.total is None


def test_a_count_that_is_written_with_a_point_is_one(tmp_path: Path) -> None:
    result = {"rule": "a", "verdict": "ok", "failed": 1.0, "total": 2.0}
    (found,) = read(str(written(tmp_path, {"version": 1, "results": [result]})))
    assert (str(found.result.failed), str(found.result.total)) == ("1", "2")


def test_a_status_that_is_no_word_counts_as_none(tmp_path: Path) -> None:
    document = {"ok": True, "errors": [], "status": ["block"], "metrics": {}}
    assert read(f"dc43:{written(tmp_path, document)}") == ()
