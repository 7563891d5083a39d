"""Whose work is on a draft's branch, after what people's buttons make of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.shop import AGREEING, ANA, DISCOUNT, DISCOUNT_AND_TAX, Shop, pulled

from dc43_gitdraft.branch import DraftBranch, inspect
from dc43_gitdraft.errors import EditedDraftError
from dc43_gitdraft.model import OutcomeKind, PullState
from dc43_gitdraft.repo import RefUpdate

BRANCH = "gitdraft/orders"
PATH = "contracts/orders.odcs.yaml"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "contracts.git")
    shop.job(DISCOUNT)
    return shop


def tips(shop: Shop) -> tuple[str, str]:
    found = [shop.repo.resolve(f"refs/heads/{name}") for name in (BRANCH, "main")]
    assert found[0]
    assert found[1]
    return found[0], found[1]


def seen(shop: Shop) -> DraftBranch:
    return inspect(shop.repo, *tips(shop), "orders", "main")


def merge_base_in(shop: Shop, text: str | None = None) -> str:
    """Press «Update branch»; with a text, as a person who mends a conflict."""
    tip, main = tips(shop)
    tree = shop.repo.merge(tip, main)
    assert isinstance(tree, str)
    said, when = f"Merge branch 'main' into {BRANCH}", shop.desk.clock()
    if text is None:
        made = shop.repo.write_commit_tree(tree, [tip, main], said, author=ANA, when=when)
    else:
        files = {PATH: text.encode()}
        made = shop.repo.write_commit([tip, main], files, said, author=ANA, when=when)
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", made, tip)])
    return made


def replay(shop: Shop, text: str | None = None) -> None:
    """Press «Update with rebase»; with a text, amend it on the way."""
    tip, main = tips(shop)
    commits = reversed(shop.repo.log([tip], exclude=[main]))
    made = main
    for commit in commits:
        blob = shop.repo.read(commit.sha, PATH) if text is None else text.encode()
        made = shop.repo.write_commit(
            [made], {PATH: blob}, commit.message, commit.author, shop.desk.clock(), committer=ANA
        )
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", made, tip)])


def test_a_merge_of_the_base_branch_is_no_edit(shop: Shop) -> None:
    shop.write("main", {"README.md": "words\n"})
    made = merge_base_in(shop)
    assert not seen(shop).edited
    assert seen(shop).bot is not None
    outcome = shop.job(DISCOUNT)
    assert (outcome.kind, outcome.commit) == (OutcomeKind.UNCHANGED, made)


def test_a_merge_that_moves_the_contract_alone_is_no_edit(shop: Shop) -> None:
    shop.edit("main", "Total in euros.", "Total.")
    merge_base_in(shop)
    assert not seen(shop).edited
    assert shop.job(DISCOUNT).kind is OutcomeKind.UNCHANGED
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
    assert "description: Total.\n" in shop.text(BRANCH)


def test_a_draft_that_only_was_caught_up_is_closed_when_the_drift_goes(shop: Shop) -> None:
    shop.write("main", {"README.md": "words\n"})
    merge_base_in(shop)
    assert pulled(shop.job(AGREEING)).state is PullState.CLOSED
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") is None


def test_a_merge_that_a_person_changed_is_an_edit(shop: Shop) -> None:
    shop.write("main", {"README.md": "words\n"})
    merge_base_in(shop, shop.text(BRANCH).replace("Total in euros.", "Total."))
    assert seen(shop).edited


def test_a_merge_of_another_branch_is_an_edit(shop: Shop) -> None:
    tip, main = tips(shop)
    other = shop.repo.write_commit([main], {"x": b"y"}, "Other", ANA, shop.desk.clock())
    tree = shop.repo.merge(tip, other)
    assert isinstance(tree, str)
    made = shop.repo.write_commit_tree(tree, [tip, other], "Merge", ANA, shop.desk.clock())
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", made, tip)])
    assert seen(shop).edited


@pytest.mark.parametrize(
    ("said", "is_base"),
    [
        (f"Merge branch 'main' into {BRANCH}", True),
        (f"Merge branch 'main' of https://git.example.org/contracts into {BRANCH}", True),
        (f"Merge remote-tracking branch 'origin/main' into {BRANCH}\n\n# Conflicts:\n", True),
        ("Merge branch 'main'", True),
        (f"Merged main into {BRANCH}", True),
        (f"Merge branch 'maintenance' into {BRANCH}", False),
        (f"Merge branch 'feature' into {BRANCH}", False),
        (f"Merge branch 'feature' into {BRANCH}\n\nMerge branch 'main' into feature", False),
    ],
)
def test_what_a_merge_brought_from_the_base_branch_is_known_when_that_drops_it(
    shop: Shop, said: str, is_base: bool
) -> None:
    tip, main = tips(shop)
    other = shop.repo.write_commit([main], {"x": b"y"}, "Other", ANA, shop.desk.clock())
    tree = shop.repo.merge(tip, other)
    assert isinstance(tree, str)
    made = shop.repo.write_commit_tree(tree, [tip, other], said, ANA, shop.desk.clock())
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", made, tip)])
    found = seen(shop)
    assert (found.dropped, found.edited) == (is_base, not is_base)
    assert found.fork == (other if is_base else main)


def test_edits_around_a_merge_are_kept(shop: Shop) -> None:
    shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    shop.edit("main", "of the web shop", "of our shop")
    merge_base_in(shop)
    shop.edit(BRANCH, "# the key", "# the primary key")
    assert len(seen(shop).edits) == 2
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
    for kept in ("Total, with VAT.", "# the primary key", "of our shop", "name: tax"):
        assert kept in shop.text(BRANCH)


def test_a_rebase_of_the_bot_s_commits_is_no_edit(shop: Shop) -> None:
    shop.job(DISCOUNT_AND_TAX)
    shop.write("main", {"README.md": "words\n"})
    replay(shop)
    assert not seen(shop).edited
    assert seen(shop).bot is not None
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UNCHANGED
    assert pulled(shop.job(AGREEING)).state is PullState.CLOSED


def test_an_amended_commit_of_the_bot_is_an_edit(shop: Shop) -> None:
    shop.write("main", {"README.md": "words\n"})
    replay(shop, shop.text(BRANCH).replace("Total in euros.", "Total."))
    assert seen(shop).edited


def test_a_commit_that_does_more_than_the_bot_s_is_an_edit(shop: Shop) -> None:
    tip, main = tips(shop)
    files = {PATH: shop.repo.read(tip, PATH), "README.md": b"words\n"}
    commit = shop.repo.commit(tip)
    made = shop.repo.write_commit(
        [main], files, commit.message, commit.author, shop.desk.clock(), committer=ANA
    )
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", made, tip)])
    assert seen(shop).edited


def test_a_branch_of_another_history_is_somebody_s(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "other.git")
    theirs = shop.write("gitdraft/orders", {"notes.md": "mine"}, "Begin something else")
    assert shop.repo.commit(theirs).parents == ()
    with pytest.raises(EditedDraftError, match="holds people's commits"):
        shop.job(DISCOUNT)
    assert shop.refs()["refs/heads/gitdraft/orders"] == theirs
