"""Jobs whose contracts are on GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.github import GitHub, serve
from support.jobs import STRICT, added, ids

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.model import OutcomeKind, Verdict
from dc43_gitdraft.spark.jobs import write_with_contract

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dc43_gitdraft.spark.results import WriteResult


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    files = {"contracts/orders.odcs.yaml": STRICT}
    with serve(tmp_path / "github", files=files) as running:
        monkeypatch.setenv("GITHUB_TOKEN", running.token("bot"))
        monkeypatch.setenv("GITHUB_API_URL", running.api_url)
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "orders"


def job(spark: SparkSession, server: GitHub, target: Path) -> WriteResult:
    return write_with_contract(
        added(spark),
        "orders",
        repo=server.url,
        path=str(target),
        mode="append",
        dataset_id="table:shop.orders",
    )


def test_a_drift_becomes_a_pull_request_and_its_rejection_blocks(
    spark: SparkSession, server: GitHub, target: Path
) -> None:
    result = job(spark, server, target)
    assert result.outcome is not None
    assert result.outcome.kind is OutcomeKind.CREATED
    assert [pull["title"] for pull in server.pulls("open")] == ["orders 1.3.0: add discount"]
    server.comment(1, "no discounts here", by="ana")
    server.close(1, by="ana")
    again = job(spark, server, target)
    assert again.verdict is Verdict.BLOCK
    assert again.reason is not None
    assert again.reason.startswith("pull request #1 rejected by ")
    assert ids(spark, target) == [1, 2, 3]


def test_what_github_did_not_take_is_published_by_the_next_run(
    spark: SparkSession, server: GitHub, target: Path, tmp_path: Path
) -> None:
    server.fault(method="POST", path="/repos/acme/contracts/pulls", status=403)
    first = job(spark, server, target)
    assert (first.verdict, first.written, first.outcome) == (Verdict.WARN, True, None)
    assert first.kept is not None
    second = job(spark, server, target)
    assert second.outcome is not None
    assert len(server.pulls("open")) == 1
    assert list((tmp_path / "outbox").rglob("*.json")) == []
