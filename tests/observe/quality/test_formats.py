"""What is read of each tool's results: files that the tools wrote, see tests/data/quality."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Verdict
from dc43_gitdraft.observe.quality import FORMATS, read
from dc43_gitdraft.observe.quality.results import Finding

DATA = Path(__file__).parents[2] / "data" / "quality"

# rule, property, verdict, failed, total; "-" is None. The table stands before a colon.
EXPECTED = {
    "gx-validation.json": """
        orders: required missing_column unknown - -
        orders: required order_id block 1 10
        orders: unique order_id warn 2 10
        orders: enum status block 2 10
        orders: expect_column_values_to_be_between amount warn 1 10
        orders: expect_column_mean_to_be_between amount ok - -
        orders: required note ok 2 10
        orders: rowCount - block - 10
    """,
    "gx-describe.json": """
        : required missing_column unknown - -
        : required order_id block 1 10
        : unique order_id block 2 10
        : enum status block 2 10
        : expect_column_values_to_be_between amount block 1 10
        : expect_column_mean_to_be_between amount ok - -
        : required note ok 2 10
        : rowCount - block - 10
    """,
    "soda.json": """
        orders: rowCount - ok - 10
        orders: No_order_costs_less_than_nothing - block 1 10
        orders: Schema_Check - block - 10
        orders: required order_id block 1 10
        orders: unique order_id block - 10
        orders: invalidValues status block 2 10
        orders: required note warn 2 10
        orders: avg(amount)_between_1_and_5 amount block - 10
    """,
    "dbt/run_results.json": """
        orders: enum status block - -
        orders: no_order_costs_less_than_nothing - block 1 -
        orders: required note warn 2 -
        orders: required order_id block 1 -
        orders: unique order_id warn - -
        returns: required order_id unknown - -
    """,
    "datacontract.json": """
        orders: field_is_present order_id ok - -
        orders: required order_id block 1 10
        orders: unique order_id block 2 10
        orders: field_is_present status ok - -
        orders: status_known status block 2 10
        orders: field_is_present amount ok - -
        orders: minimum amount block 1 10
        orders: field_is_present note ok - -
        orders: nullValues note block 2 10
        orders: enough - block - 10
        orders: total - block - -
    """,
    "deequ.json": """
        : required order_id block - -
        : unique order_id block - -
        : enum status block - -
        : Minimum amount warn - -
        : required discount unknown - -
        : rowCount - ok - -
    """,
    "dc43-validation.json": """
        : required order_id block 1 10
        : unique order_id block 1 10
        : enum status block 2 10
        : minimum amount ok 0 10
        : exclusiveMaximum amount ok 0 10
    """,
    "openlineage.ndjson": """
        shop.public.orders: required order_id block - -
        shop.public.orders: unique order_id warn - -
        shop.public.orders: enum status block - -
        shop.public.orders: rowCount - ok - -
        shop.public.returns: required order_id ok - -
    """,
    "plain.json": """
        orders: required order_id block 1 10
        orders: status_known orders.status block 2 10
        orders: rowCount - ok - 10
    """,
}
NAMED = {
    "gx-validation.json": "gx",
    "gx-describe.json": "gx",
    "soda.json": "soda",
    "dbt/run_results.json": "dbt",
    "datacontract.json": "datacontract",
    "deequ.json": "deequ",
    "dc43-validation.json": "dc43",
    "openlineage.ndjson": "openlineage",
    "plain.json": "json",
}


def row(found: Finding) -> str:
    each = found.result
    cells = [each.rule, each.property, each.verdict.value, each.failed, each.total]
    shown = ("-" if cell is None else str(cell).replace(" ", "_") for cell in cells)
    return f"{found.table or ''}: {' '.join(shown)}"


def rows(text: str) -> list[str]:
    return sorted(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize("file", EXPECTED)
def test_the_results_of_a_tool(file: str) -> None:
    assert sorted(map(row, read(str(DATA / file)))) == rows(EXPECTED[file])


@pytest.mark.parametrize("file", EXPECTED)
def test_a_format_that_is_named_reads_the_same(file: str) -> None:
    assert read(f"{NAMED[file]}:{DATA / file}") == read(str(DATA / file))


@pytest.mark.parametrize("file", EXPECTED)
def test_each_document_is_of_one_format_only(file: str) -> None:
    text = (DATA / file).read_text("utf-8")
    documents: Any = [json.loads(line) for line in text.splitlines()] if "nd" in file else None
    document = documents or json.loads(text)
    assert [name for name, each in FORMATS.items() if each.claims(document)] == [NAMED[file]]


@pytest.mark.parametrize("file", EXPECTED)
def test_another_format_than_the_named_one_is_refused(file: str) -> None:
    for name in FORMATS.keys() - {NAMED[file]}:
        with pytest.raises(ObservationError, match="these are no results of "):
            read(f"{name}:{DATA / file}")


def test_a_folder_of_dbt_is_its_run_results() -> None:
    assert read(str(DATA / "dbt")) == read(str(DATA / "dbt" / "run_results.json"))


def test_without_a_manifest_dbt_says_names_only(tmp_path: Path) -> None:
    results = (DATA / "dbt" / "run_results.json").read_text("utf-8")
    (tmp_path / "run_results.json").write_text(results, "utf-8")
    found = sorted(map(row, read(str(tmp_path))))
    assert found[0] == ": accepted_values_orders_status__paid__sent__returned - block - -"
    assert len(found) == 6


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("pass", Verdict.OK), ("warn", Verdict.WARN), ("fail", Verdict.BLOCK)],
)
@pytest.mark.parametrize(
    ("config", "failed"),
    [
        ({"error_if": "> 10", "warn_if": "> 5"}, 7),
        ({"limit": None, "fail_calc": "count(*)"}, 7),
        ({"limit": 8}, 7),
        ({"limit": 7}, None),
        ({"fail_calc": "sum(n_records)"}, None),
    ],
)
def test_dbt_itself_knows_how_many_failures_its_tests_bear(
    tmp_path: Path, status: str, verdict: Verdict, config: dict[str, Any], failed: int | None
) -> None:
    document = json.loads((DATA / "dbt" / "run_results.json").read_text("utf-8"))
    manifest = json.loads((DATA / "dbt" / "manifest.json").read_text("utf-8"))
    (name,) = [each for each in manifest["nodes"] if each.startswith("test.shop.not_null_orders_n")]
    result = {"unique_id": name, "status": status, "failures": 7}
    (tmp_path / "run_results.json").write_text(json.dumps({**document, "results": [result]}))
    manifest["nodes"][name]["config"] |= config
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (found,) = read(str(tmp_path))
    assert (found.result.rule, found.result.verdict, found.result.failed) == (
        "required",
        verdict,
        failed,
    )


def test_a_checkpoint_of_gx_0_holds_validations(tmp_path: Path) -> None:
    validation = json.loads((DATA / "gx-validation.json").read_text("utf-8"))
    for entry in validation["results"]:
        config = entry["expectation_config"]
        config["expectation_type"] = config.pop("type")
    runs = {"ValidationResultIdentifier::orders": {"validation_result": validation}}
    file = tmp_path / "checkpoint.json"
    file.write_text(json.dumps({"run_results": runs, "success": False}), "utf-8")
    assert read(str(file)) == read(str(DATA / "gx-validation.json"))


@pytest.mark.parametrize("file", EXPECTED)
def test_no_value_and_no_message_is_kept(file: str) -> None:
    kept = repr(read(str(DATA / file)))
    assert "lost" not in kept
    assert "-5" not in kept
    assert "Value:" not in kept


@pytest.mark.parametrize(
    ("document", "verdict"),
    [
        ({"ok": True, "errors": [], "metrics": {}, "status": "ok"}, []),
        ({"ok": False, "errors": ["x"], "metrics": {}}, ["validation block"]),
        ({"ok": True, "errors": [], "metrics": {}, "status": "warn"}, ["validation warn"]),
        ({"ok": True, "errors": [], "metrics": {}, "warnings": ["x"]}, ["validation warn"]),
    ],
)
def test_a_verdict_of_dc43_without_counts(
    tmp_path: Path, document: dict[str, Any], verdict: list[str]
) -> None:
    file = tmp_path / "v.json"
    file.write_text(json.dumps(document), "utf-8")
    assert [f"{e.result.rule} {e.result.verdict.value}" for e in read(str(file))] == verdict
