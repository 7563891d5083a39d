"""A contracts repository that fails: neither the data nor what was seen of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.cli import Cli
from support.jobs import STRICT, added, agreeing, broken, ids
from support.shop import START, Shop

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.errors import ConfigError, ContractError
from dc43_gitdraft.forge import connect
from dc43_gitdraft.model import OutcomeKind, Verdict
from dc43_gitdraft.observe import from_json
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.spark.jobs import write_with_contract
from dc43_gitdraft.spark.results import WriteResult

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Nothing listens there.
UNREACHABLE = "http://127.0.0.1:1/contracts.git"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "orders"


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def job(df: DataFrame, repo: Path | str | Desk, target: Path, **arguments: Any) -> WriteResult:
    chosen = {"contract": "orders", "dataset_id": "table:shop.orders", "mode": "append"}
    return write_with_contract(df, repo=repo, path=str(target), **{**chosen, **arguments})


def over_git(shop: Shop) -> str:
    """Return a URL by which pushes go through the server's hooks."""
    return f"file://{shop.path}"


def refuse_pushes(shop: Shop) -> Path:
    hook = shop.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
    hook.chmod(0o755)
    return hook


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "outbox").rglob("*.json"))


@pytest.mark.parametrize("on_mismatch", ["block", "write", "quarantine"])
def test_data_whose_contract_cannot_be_known_is_written_and_its_observation_kept(
    spark: SparkSession, target: Path, tmp_path: Path, on_mismatch: str
) -> None:
    result = job(added(spark), UNREACHABLE, target, on_mismatch=on_mismatch)
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason is not None
    assert result.reason.startswith("the contract is not known: ")
    assert result.written
    assert ids(spark, target) == [1, 2, 3]
    assert result.outcome is None
    assert result.failure
    assert kept(tmp_path) == [result.kept]


def test_a_contract_at_hand_stands_in_for_one_out_of_reach(
    spark: SparkSession, target: Path
) -> None:
    result = job(broken(spark), UNREACHABLE, target, contract=STRICT)
    assert result.verdict is Verdict.BLOCK
    assert not result.written
    assert result.kept is not None


def test_what_was_seen_is_kept_as_it_was_seen(spark: SparkSession, target: Path) -> None:
    result = job(added(spark), UNREACHABLE, target)
    assert result.kept is not None
    assert from_json(result.kept.read_text("utf-8")) == result.observation


@pytest.mark.parametrize("on_mismatch", ["block", "write"])
def test_a_refused_push_does_not_stop_the_data(
    spark: SparkSession, shop: Shop, target: Path, tmp_path: Path, on_mismatch: str
) -> None:
    refuse_pushes(shop)
    result = job(added(spark), over_git(shop), target, on_mismatch=on_mismatch)
    assert (result.verdict, result.written, result.outcome) == (Verdict.WARN, True, None)
    assert result.failure is not None
    assert "the disk is full" in result.failure
    assert kept(tmp_path) == [result.kept]


def test_the_next_run_publishes_what_was_kept(
    spark: SparkSession, shop: Shop, target: Path, tmp_path: Path
) -> None:
    hook = refuse_pushes(shop)
    job(added(spark), over_git(shop), target)
    hook.unlink()
    other = agreeing(spark).filter("note is not null")
    result = job(other, over_git(shop), target, dataset_id="table:shop.others")
    assert result.outcome is not None
    assert result.outcome.kind is OutcomeKind.NO_DRIFT
    assert [pull.title for pull in shop.open_pulls()] == ["orders 1.3.0: add discount"]
    assert kept(tmp_path) == []


def test_the_command_line_publishes_what_was_kept(
    spark: SparkSession,
    shop: Shop,
    target: Path,
    cli: Cli,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hook = refuse_pushes(shop)
    result = job(added(spark), over_git(shop), target)
    hook.unlink()
    source = f"observation:{result.kept}"
    assert f"dc43-gitdraft draft orders --from '{source}'" in caplog.text
    ended = cli("draft", "orders", "--from", source, "--repo", shop.path, "--output", "json")
    assert ended.json["outcome"] == "created"


def test_a_broken_file_in_the_outbox_does_not_stop_the_rest(
    spark: SparkSession, shop: Shop, target: Path, tmp_path: Path
) -> None:
    hook = refuse_pushes(shop)
    first = job(added(spark), over_git(shop), target)
    assert first.kept is not None
    (first.kept.parent / "19990101T000000-broken.json").write_text("{")
    hook.unlink()
    result = job(added(spark), over_git(shop), target)
    assert result.outcome is not None
    assert result.outcome.kind is OutcomeKind.UNCHANGED
    assert [path.name for path in kept(tmp_path)] == ["19990101T000000-broken.json"]


def test_a_bug_that_a_kept_observation_shows_does_not_stop_the_one_of_now(
    spark: SparkSession,
    shop: Shop,
    target: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hook = refuse_pushes(shop)
    first = job(added(spark), over_git(shop), target)
    assert first.kept is not None
    hook.unlink()
    # The same repository by the name that the outbox knows; its clock fails for the first caller.
    times: Iterator[datetime] = iter(())

    def clock() -> datetime:
        nonlocal times
        asked, times = times, iter([START] * 100)
        return next(asked)

    with Repo.open(over_git(shop)) as repo:
        desk = Desk(repo, connect("local", repo), "main", clock)
        result = job(agreeing(spark), desk, target, dataset_id="table:shop.others")
    assert (result.kept, result.failure) == (None, None)
    assert result.outcome is not None
    assert result.outcome.kind is OutcomeKind.NO_DRIFT
    assert kept(tmp_path) == [first.kept]
    assert f"a bug keeps {first.kept} in the outbox" in caplog.text


def test_a_failed_count_of_rows_without_drift_is_told(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    counted = "    quality: [{metric: rowCount, mustBeGreaterThan: 5}]\n    properties:\n"
    shop.edit("main", "    properties:\n", counted, "contracts/orders.odcs.yaml")
    result = job(agreeing(spark), shop.path, target, on_mismatch="write")
    assert result.failure is None
    assert result.outcome is not None
    assert result.outcome.kind is OutcomeKind.NO_DRIFT
    assert "rowCount of the object fails" in (result.outcome.reason or "")


@pytest.mark.parametrize("on_mismatch", ["block", "write", "quarantine"])
def test_a_repository_whose_share_is_not_mounted_does_not_stop_the_data(
    spark: SparkSession,
    target: Path,
    tmp_path: Path,
    on_mismatch: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = tmp_path / "share" / "contracts.git"
    result = job(added(spark), away, target, on_mismatch=on_mismatch)
    assert result.verdict is Verdict.UNKNOWN
    assert result.written
    assert ids(spark, target) == [1, 2, 3]
    assert kept(tmp_path) == [result.kept]
    # So that a typing error is seen as what it is.
    for said in (result.reason, result.failure, caplog.text):
        assert str(away) in str(said)


def test_a_directory_that_is_no_repository_stops_the_job_before_it_writes(
    spark: SparkSession, target: Path, tmp_path: Path
) -> None:
    (tmp_path / "no-repository").mkdir()
    with pytest.raises(ConfigError):
        job(added(spark), tmp_path / "no-repository", target)
    assert not target.exists()


def test_a_broken_contract_on_the_base_stops_the_job_before_it_writes(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    shop.edit("main", "version: 1.2.0", "version: [", "contracts/orders.odcs.yaml")
    with pytest.raises(ContractError):
        job(added(spark), shop.path, target, on_mismatch="write")
    assert not target.exists()


def test_an_outbox_that_cannot_be_written_is_told_and_does_not_stop_the_data(
    spark: SparkSession, target: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no directory")
    result = job(added(spark), UNREACHABLE, target, outbox=tmp_path / "file")
    assert result.written
    assert result.kept is None
    assert result.failure is not None
    assert "the outbox cannot be written" in result.failure


def test_no_token_is_in_what_is_told_or_kept(
    spark: SparkSession,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret0123456789")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://127.0.0.1:1")
    result = job(added(spark), "https://127.0.0.1:1/shop/contracts.git", target)
    (path,) = kept(tmp_path)
    said = f"{result!r} {caplog.text} {path} {path.read_text('utf-8')}"
    assert result.failure
    assert "secret0123456789" not in said


@pytest.mark.parametrize("on_mismatch", ["block", "write"])
def test_a_draft_that_people_hold_does_not_stop_the_data(
    spark: SparkSession, shop: Shop, target: Path, tmp_path: Path, on_mismatch: str
) -> None:
    new: dict[str, Any] = {"contract": "returns", "new": True, "on_mismatch": on_mismatch}
    job(agreeing(spark), shop.path, target, **new)
    shop.edit("gitdraft/returns", "1.0.0", "1.1.0", "contracts/returns.odcs.yaml")
    result = job(added(spark), shop.path, tmp_path / "more", **new)
    assert result.written
    assert result.failure is not None
    assert "people edited the first draft" in result.failure
    assert kept(tmp_path) == [result.kept]
