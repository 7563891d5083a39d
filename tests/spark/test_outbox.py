"""Observations that wait for the repository."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.shop import START, seen

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset, Observation
from dc43_gitdraft.observe import observe
from dc43_gitdraft.spark.outbox import Outbox, default_outbox

LATER = replace(seen(), observed_at=START + timedelta(hours=1), rows=11)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox", "https://example.org/contracts.git", "orders")


def kept(outbox: Outbox) -> list[Observation | ObservationError]:
    return [waiting for _, waiting in outbox.waiting()]


def test_what_is_kept_waits_in_the_order_of_its_times(outbox: Outbox) -> None:
    outbox.keep(LATER)
    outbox.keep(seen())
    assert kept(outbox) == [seen(), LATER]


def test_the_command_line_reads_what_is_kept(outbox: Outbox) -> None:
    path = outbox.keep(seen())
    assert observe(f"observation:{path}", now=START) == seen()


def test_what_was_published_waits_no_more(outbox: Outbox) -> None:
    path = outbox.keep(seen())
    outbox.done(path)
    outbox.done(path)
    assert kept(outbox) == []


def test_the_same_observation_is_kept_once(outbox: Outbox) -> None:
    assert outbox.keep(seen()) == outbox.keep(seen())
    assert kept(outbox) == [seen()]


def test_what_a_later_one_says_too_is_superseded(outbox: Outbox) -> None:
    older, other = outbox.keep(seen()), outbox.keep(seen(nulls={"note": 1}))
    outbox.keep(LATER)
    outbox.keep(replace(LATER, dataset=Dataset("another")))
    assert list(outbox.superseded()) == [older]
    assert other.exists()


def test_an_empty_outbox_needs_no_directory(outbox: Outbox) -> None:
    assert kept(outbox) == []
    assert not outbox.folder.exists()


@pytest.mark.parametrize("other", ["other-repo", "../../etc", "/absolute"])
def test_each_repository_has_its_own(outbox: Outbox, other: str) -> None:
    outbox.keep(seen())
    path = Outbox(outbox.folder, other, "orders").keep(LATER)
    assert kept(outbox) == [seen()]
    assert path.resolve().is_relative_to(outbox.folder.resolve())


@pytest.mark.parametrize("other", ["customers", "../orders", "orders/../../x"])
def test_each_contract_has_its_own(outbox: Outbox, other: str) -> None:
    outbox.keep(seen())
    path = Outbox(outbox.folder, outbox.repository, other).keep(LATER)
    assert kept(outbox) == [seen()]
    assert path.resolve().is_relative_to(outbox.folder.resolve())


def test_a_file_that_was_not_finished_is_no_observation(outbox: Outbox) -> None:
    path = outbox.keep(seen())
    (path.parent / ".half.part").write_text('{"version": 1')
    assert kept(outbox) == [seen()]


def test_a_broken_file_is_told_and_does_not_hide_the_others(outbox: Outbox) -> None:
    path = outbox.keep(seen())
    (path.parent / "20000101T000000-broken.json").write_bytes(b"\xff")
    broken, good = kept(outbox)
    assert isinstance(broken, ObservationError)
    assert "broken.json" in str(broken)
    assert good == seen()


def test_the_environment_names_the_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_OUTBOX", "/data/outbox")
    assert default_outbox() == Path("/data/outbox")


def test_without_a_name_the_outbox_is_where_programs_keep_their_state(
    monkeypatch: pytest.MonkeyPatch, isolated_home: Path
) -> None:
    monkeypatch.delenv("GITDRAFT_OUTBOX")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_outbox() == isolated_home / ".local/state/dc43-gitdraft/outbox"
