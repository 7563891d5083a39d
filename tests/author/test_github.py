"""What people write by hand, on GitHub: proposed, merged there, and promoted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import git
from support.hosted import BRANCH, Hosted, hosted, use
from support.shop import ORDERS

from dc43_gitdraft.author.composing import Basis
from dc43_gitdraft.author.submitting import Written, standing, submit
from dc43_gitdraft.model import Outcome, OutcomeKind
from dc43_gitdraft.repo import Identity
from dc43_gitdraft.workplace import open_desk

BEN = Identity("Ben Author", "ben@example.org")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    with hosted(tmp_path, "labels: [gitdraft]\n") as shop:
        use(monkeypatch, shop.env())
        yield shop


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def write(shop: Hosted, before: str, after: str) -> Outcome:
    """Begin with what there is, replace a text, and propose it."""
    with open_desk(shop.github.url) as desk:
        there = standing(desk, "orders")
        assert there.now is not None
        text = there.now.text
        assert before in text
        basis = Basis.of(there.approved, text)
        return submit(Written(basis, text.replace(before, after), "asked"), desk, BEN)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_what_is_merged_there_is_promoted_with_its_author(
    cli: Cli, shop: Hosted, method: str
) -> None:
    outcome = write(shop, "Total in euros.", "Total in euros, with VAT.")
    assert outcome.kind is OutcomeKind.CREATED
    outcome = write(shop, "name: Orders", "name: All orders")
    assert (outcome.kind, outcome.pull_request and outcome.pull_request.number) == (
        OutcomeKind.UPDATED,
        1,
    )
    assert "**Why.** It was written by hand:" in str(
        outcome.pull_request and outcome.pull_request.body
    )
    assert cli("check", "--base", "main", "--head", BRANCH).out.endswith("checked: 2 notes\n")
    shop.github.merge(1, method)
    cli("settle", "--event", shop.event("pull_request", "closed"))
    wanted = ORDERS.replace("euros.", "euros, with VAT.").replace("Orders", "All orders")
    assert shop.text("main") == wanted.replace("1.2.0", "1.2.1").strip()
    tag = git(shop.github.path, "tag", "-n99", "--list", "orders/v1.2.1")
    assert "Authored-By: Ben Author <ben%40example.org>" in tag


def test_a_job_goes_on_with_it(cli: Cli, shop: Hosted) -> None:
    write(shop, "Total in euros.", "Total in euros, with VAT.")
    told = cli("draft", "orders", "--from", shop.data("discount"), "--output", "json").json
    assert (told["outcome"], told["pull_request"]["number"]) == ("updated", 1)
    assert "with VAT" in shop.text(BRANCH)
    assert "- name: discount" in shop.text(BRANCH)
