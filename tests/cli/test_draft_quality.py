"""`draft --quality` and `--relax`: results of other tools in a pull request, obeyed when asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_on, git, make_bare, refs_snapshot

DATA = Path(__file__).parents[1] / "data" / "quality"
FILES = {
    "gx": "gx-validation.json",
    "soda": "soda.json",
    "dbt": "dbt",
    "datacontract": "datacontract.json",
    "deequ": "deequ.json",
    "dc43": "dc43-validation.json",
    "openlineage": "openlineage.ndjson",
    "json": "plain.json",
}
SOURCE = ("draft", "orders", "--from", f"csv:{DATA / 'orders.csv'}")
PATH = "contracts/orders.odcs.yaml"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the contract that the results are about."""
    text = (DATA / "contract.odcs.yaml").read_text("utf-8")
    repo = make_bare(tmp_path / "contracts.git", {PATH: text})
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    return repo


@pytest.mark.parametrize("tool", FILES)
def test_what_failed_without_drift_is_said_and_nothing_is_opened(
    cli: Cli, shop: Path, tool: str
) -> None:
    before = refs_snapshot(shop)
    said = cli(*SOURCE, "--quality", DATA / FILES[tool], "--output", "json").json
    assert said["outcome"] == "no-drift"
    assert said["reason"].startswith("nothing is drafted, but ")
    assert " of orders." in said["reason"]
    assert refs_snapshot(shop) == before


@pytest.mark.parametrize("tool", FILES)
def test_required_is_relaxed_when_asked(cli: Cli, shop: Path, tool: str) -> None:
    asked = ("--quality", DATA / FILES[tool], "--relax", "required", "--output", "json")
    said = cli(*SOURCE, *asked).json
    assert said["outcome"] == "created"
    assert [each["rule"] for each in said["changes"]] == ["property-became-nullable"]
    text = git(shop, "show", f"gitdraft/orders:{PATH}")
    assert "required: false" in text
    again = cli(*SOURCE, *asked).json
    assert (again["outcome"], again["digest"]) == ("unchanged", said["digest"])


def test_what_is_not_relaxed_is_told_and_recorded(cli: Cli, shop: Path) -> None:
    cli(*SOURCE, "--quality", DATA / "datacontract.json", "--relax", "required")
    body = cli("pulls", "show", "1", "--output", "json").json["body"]
    assert "| ❌ | `status_known` | `orders.status` | 2 of 10 (20.0%) |" in body
    assert "relaxed as asked" in body
    assert "lost" not in body
    text = git(shop, "show", f"gitdraft/orders:{PATH}")
    assert "rule: status_known" in text
    assert "rule: required" not in text


def test_each_policy_adds_to_the_settings(cli: Cli, shop: Path) -> None:
    commit_on(shop, "main", {".gitdraft.yaml": "relax: [required]\n"})
    asked = ("--quality", DATA / "datacontract.json", "--relax", "threshold", "--output", "json")
    said = cli(*SOURCE, *asked).json
    assert {(each["rule"], each["path"]) for each in said["changes"]} == {
        ("property-became-nullable", "orders.order_id"),
        ("quality-threshold-loosened", "orders.status.quality.status_known"),
        ("quality-threshold-loosened", "orders.note.quality.nullValues"),
        ("quality-threshold-loosened", "orders.quality.enough"),
    }


def test_settings_alone_relax(cli: Cli, shop: Path) -> None:
    commit_on(shop, "main", {".gitdraft.yaml": "relax: [enum]\n"})
    said = cli(*SOURCE, "--quality", DATA / "datacontract.json", "--output", "json").json
    assert [each["rule"] for each in said["changes"]] == ["enum-dropped"]


def test_files_of_several_tools(cli: Cli) -> None:
    files = [word for name in FILES.values() for word in ("--quality", DATA / name)]
    ended = cli(*SOURCE, *files)
    assert "orders: no drift" in ended.out
    assert ", and 18 more" in ended.out


def test_what_is_left_out_is_warned_of(cli: Cli) -> None:
    ended = cli(*SOURCE, "--quality", f"dbt:{DATA / 'dbt'}")
    assert "warning: 1 result in dbt:" in ended.err
    assert "left out: of other tables" in ended.err


def test_a_first_version_records_results_too(cli: Cli, shop: Path) -> None:
    cli(
        *("draft", "sales", "--new", "--from", f"csv:{DATA / 'orders.csv'}"),
        *("--quality", DATA / "gx-validation.json"),
    )
    body = cli("pulls", "show", "1", "--output", "json").json["body"]
    assert "Data quality" in body
    text = git(shop, "show", "gitdraft/sales:contracts/sales.odcs.yaml")
    assert "rule: enum" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--quality", "none.json"), "none.json: there is no such file"),
        (("--quality", f"gx:{DATA / 'soda.json'}"), "these are no results of Great Expectations"),
        (("--relax", "everything"), "everything"),
    ],
)
def test_what_cannot_be_used_is_2(cli: Cli, arguments: tuple[str, ...], message: str) -> None:
    assert message in cli(*SOURCE, *arguments, code=2).err
