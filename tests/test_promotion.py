"""Promotion where nobody may push to the base branch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import Processes, git, refs_snapshot
from support.shop import ANA, DISCOUNT, DISCOUNT_AND_TAX, ORDERS, Shop, clock, pulled

from dc43_gitdraft import lifecycle, promotion, provenance, story
from dc43_gitdraft.errors import GitError, LifecycleError, NothingPromotedError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.lifecycle import Promotion
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.publish import OBSOLETE, Desk
from dc43_gitdraft.repo import RefUpdate, Repo

BRANCH = "gitdraft/promote@main"
OTHER = ORDERS.replace("id: orders", "id: customers")


def protect(bare: Path, pattern: str = "refs/heads/main") -> None:
    """Refuse pushes to refs that match a shell pattern, as GitHub does."""
    hook = bare / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f'#!/bin/sh\ncase "$1" in {pattern}) ;; *) exit 0 ;; esac\n'
        'echo "error: GH006: Protected branch update failed for $1." >&2\nexit 1\n'
    )
    hook.chmod(0o755)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The repository as an administrator reaches it, whom no protection stops."""
    shop = Shop(tmp_path / "contracts.git")
    lifecycle.promote(shop.desk)
    protect(shop.path)
    return shop


@pytest.fixture
def desk(shop: Shop) -> Iterator[Desk]:
    """The bot's way to it, by a URL."""
    with Repo.open(f"file://{shop.path}") as repo:
        yield Desk(repo, LocalForge(repo), "main", clock())


def merged_draft(shop: Shop, desk: Desk) -> PullRequest:
    """Have a draft merged by the administrator, in a way that promotes nothing."""
    number = pulled(shop.job(DISCOUNT)).number
    pull = shop.forge.merge(number, actor=ANA, when=shop.desk.clock())
    desk.repo.refresh()
    return pull


def adopt(shop: Shop, desk: Desk, count: int, status: str = "active") -> None:
    """Have contracts on the base branch that have no tag yet."""
    text = ORDERS.replace("status: active", f"status: {status}")
    files = {
        f"contracts/c{number}.odcs.yaml": text.replace("id: orders", f"id: c{number}")
        for number in range(count)
    }
    shop.write("main", files)
    desk.repo.refresh()


def proposed(promotion: Promotion) -> PullRequest:
    assert promotion.pull_request is not None
    return promotion.pull_request


def merge_promotion(shop: Shop, desk: Desk, method: str = "merge") -> None:
    (pull,) = [pull for pull in shop.open_pulls() if pull.head == BRANCH]
    shop.forge.merge(pull.number, method=method, actor=ANA, when=shop.desk.clock())
    desk.repo.refresh()


def test_where_a_push_may_move_few_refs_the_others_are_tagged_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"c{number}" for number in range(5)]
    files = {
        f"contracts/{name}.odcs.yaml": ORDERS.replace("id: orders", f"id: {name}") for name in names
    }
    shop = Shop(tmp_path / "many.git", files)
    monkeypatch.setattr(promotion, "AT_ONCE", 2)
    with Repo.open(f"file://{shop.path}") as repo:
        lifecycle.promote(Desk(repo, LocalForge(repo), "main", clock()))
    assert sorted(shop.repo.refs("refs/tags/")) == [f"refs/tags/{name}/v1.2.0" for name in names]


def test_a_refused_push_becomes_a_pull_request(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    main = shop.repo.resolve("refs/heads/main")
    promotion = lifecycle.promote(desk)
    pull = proposed(promotion)
    assert promotion.promoted == ()
    assert promotion.problems == ()
    assert [(each.contract, each.version, each.status) for each in promotion.proposed] == [
        ("orders", "1.3.0", "active")
    ]
    assert (pull.state, pull.head, pull.base) == (PullState.OPEN, BRANCH, "main")
    assert pull.title == "Promote orders 1.3.0"
    assert "**What merging does.**" in pull.body
    assert "| `orders` | 1.3.0 | active |" in pull.body
    assert shop.repo.resolve("refs/heads/main") == main
    assert "status: active" in shop.text(BRANCH)
    assert "gitdraft" not in shop.text(BRANCH)


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_after_its_merge_only_the_tag_is_made(shop: Shop, desk: Desk, method: str) -> None:
    merged_draft(shop, desk)
    number = proposed(lifecycle.promote(desk)).number
    merge_promotion(shop, desk, method)
    main = shop.repo.resolve("refs/heads/main")
    promotion = lifecycle.settle_merged(desk, desk.forge.get(number))
    assert [each.tag for each in promotion.promoted] == ["orders/v1.3.0"]
    assert promotion.pull_request is None
    assert shop.repo.resolve("refs/heads/main") == main
    assert shop.repo.resolve("refs/tags/orders/v1.3.0") == main
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") is None
    tag = shop.repo.tag("orders/v1.3.0")
    said = provenance.parse(tag.message) if tag else None
    assert said is not None
    assert said.dataset_id == "table:shop.orders"


def test_the_merge_of_a_draft_is_settled_by_proposing(shop: Shop, desk: Desk) -> None:
    pull = merged_draft(shop, desk)
    promotion = lifecycle.settle_merged(desk, pull)
    assert [each.version for each in promotion.proposed] == ["1.3.0"]
    assert shop.repo.resolve("refs/heads/gitdraft/orders") is None


def test_the_next_run_writes_nothing_more(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    first = lifecycle.promote(desk)
    before = shop.refs()
    assert lifecycle.promote(desk) == first
    assert shop.refs() == before


def test_the_next_run_adds_what_was_merged_since(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    first = proposed(lifecycle.promote(desk))
    draft = OTHER.replace("active", "draft").replace("1.2.0", "1.0.0")
    shop.write("main", {"contracts/customers.odcs.yaml": draft})
    desk.repo.refresh()
    promotion = lifecycle.settle_merged(desk, merged_draft_of_customers(shop))
    assert [each.contract for each in promotion.proposed] == ["customers", "orders"]
    assert proposed(promotion).number == first.number
    assert proposed(promotion).title == "Promote customers 1.0.0 and 1 more"
    assert "status: active" in shop.text(BRANCH, "contracts/customers.odcs.yaml")
    assert "status: active" in shop.text(BRANCH)
    assert len(shop.open_pulls()) == 1


def merged_draft_of_customers(shop: Shop) -> PullRequest:
    """Open and merge any pull request of the contract's branch: the base branch tells the rest."""
    base = shop.repo.resolve("refs/heads/main")
    assert base is not None
    commit = shop.repo.write_commit([base], {"note": b"x"}, "Note", ANA, shop.desk.clock())
    shop.repo.push([RefUpdate("refs/heads/gitdraft/customers", commit, None)])
    pull, _ = shop.forge.open("gitdraft/customers", "main", "Draft", "")
    return shop.forge.merge(pull.number, actor=ANA, when=shop.desk.clock())


def test_versions_that_are_final_already_are_tagged_meanwhile(shop: Shop, desk: Desk) -> None:
    shop.write("main", {"contracts/customers.odcs.yaml": OTHER})
    merged_draft(shop, desk)
    promotion = lifecycle.promote(desk)
    assert [each.tag for each in promotion.promoted] == ["customers/v1.2.0"]
    assert [each.contract for each in promotion.proposed] == ["orders"]


def test_drafts_that_carry_their_final_status_are_only_tagged(shop: Shop, desk: Desk) -> None:
    shop.write("main", {".gitdraft.yaml": "draft-status: active\n"})
    pull = merged_draft(shop, desk)
    promotion = lifecycle.settle_merged(desk, pull)
    assert [each.tag for each in promotion.promoted] == ["orders/v1.3.0"]
    assert promotion.pull_request is None


def test_people_s_commits_on_its_branch_stay(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    pull = proposed(lifecycle.promote(desk))
    mine = shop.edit(BRANCH, "Total in euros.", "Total in cents.")
    desk.repo.refresh()
    promotion = lifecycle.promote(desk)
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") == mine
    assert promotion.proposed == ()
    assert "people's commits" in promotion.problems[0]
    assert proposed(promotion).number == pull.number


def test_the_base_branch_merged_into_it_changes_nothing(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    lifecycle.promote(desk)
    shop.write("main", {"README.md": "x\n"})
    main, tip = (shop.repo.resolve(f"refs/heads/{name}") for name in ("main", BRANCH))
    assert main is not None
    assert tip is not None
    tree = shop.repo.merge(main, tip)
    assert isinstance(tree, str)
    merged = shop.repo.write_commit_tree(tree, [tip, main], "Merge main", ANA, shop.desk.clock())
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", merged, tip)])
    desk.repo.refresh()
    promotion = lifecycle.promote(desk)
    assert [each.version for each in promotion.proposed] == ["1.3.0"]
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") == merged


def test_one_that_somebody_closed_is_not_opened_again(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    number = proposed(lifecycle.promote(desk)).number
    desk.forge.update(number, state=PullState.CLOSED)
    promotion = lifecycle.promote(desk)
    assert promotion.proposed == ()
    assert promotion.problems[0].startswith(
        f"pull request #{number}, which makes orders 1.3.0 final, was closed: reopen"
    )
    assert shop.open_pulls() == []


def test_one_that_is_not_needed_any_more_is_closed(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    number = proposed(lifecycle.promote(desk)).number
    shop.edit("main", "status: draft", "status: proposed")
    desk.repo.refresh()
    lifecycle.promote(desk)
    pull = desk.forge.get(number)
    assert pull.state is PullState.CLOSED
    assert OBSOLETE in pull.labels
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") is None


def test_without_protection_it_is_pushed_after_all(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    number = proposed(lifecycle.promote(desk)).number
    (shop.path / "hooks" / "update").unlink()
    promotion = lifecycle.promote(desk)
    assert [each.tag for each in promotion.promoted] == ["orders/v1.3.0"]
    assert desk.forge.get(number).state is not PullState.OPEN


def test_one_merged_with_git_alone_is_settled_by_the_next_run(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    number = proposed(lifecycle.promote(desk)).number
    shop.write("main", {"contracts/orders.odcs.yaml": shop.text(BRANCH)})
    desk.repo.refresh()
    promotion = lifecycle.promote(desk)
    assert [each.tag for each in promotion.promoted] == ["orders/v1.3.0"]
    assert desk.forge.get(number).state is PullState.MERGED


def test_it_cannot_be_rejected_as_a_draft(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    number = proposed(lifecycle.promote(desk)).number
    with pytest.raises(LifecycleError, match="makes final what was merged"):
        lifecycle.reject(desk, number, "no", "ana")


def test_the_local_forge_merges_it_as_any_other(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    number = proposed(lifecycle.promote(desk)).number
    pull, promotion = lifecycle.merge(shop.desk, number, ANA)
    assert pull.state is PullState.MERGED
    assert [each.tag for each in promotion.promoted] == ["orders/v1.3.0"]


def test_refused_tags_are_an_error_that_says_what_to_allow(shop: Shop, desk: Desk) -> None:
    protect(shop.path, "refs/tags/*")
    merged_draft(shop, desk)
    before = refs_snapshot(shop.path)
    with pytest.raises(GitError, match=r"tags of promoted versions may not be made.*GH006"):
        lifecycle.promote(desk)
    assert refs_snapshot(shop.path) == before


def test_very_many_tags_are_pushed_in_parts(
    shop: Shop, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopt(shop, desk, 7)
    monkeypatch.setattr(promotion, "AT_ONCE", 3)
    processes = Processes(tmp_path)
    assert len(lifecycle.promote(desk).promoted) == 7
    assert processes.take().count("push") == 3
    assert lifecycle.promote(desk) == Promotion()


def test_where_a_part_of_the_tags_is_refused_the_next_run_makes_the_rest(
    shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopt(shop, desk, 7)
    monkeypatch.setattr(promotion, "AT_ONCE", 3)
    protect(shop.path, "refs/tags/c4/*")
    said = r"^3 versions are promoted, up to c2/v1.2.0, and the rest is not: run again \(.*GH006"
    with pytest.raises(GitError, match=said):
        lifecycle.promote(desk)
    assert story.status(desk)[2].promoted
    protect(shop.path, "nothing")
    promoted = lifecycle.promote(desk).promoted
    assert [each.contract for each in promoted] == ["c3", "c4", "c5", "c6"]


def test_drafts_in_several_parts_are_all_final_in_the_end(
    shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    protect(shop.path, "nothing")
    adopt(shop, desk, 5, status="draft")
    monkeypatch.setattr(promotion, "AT_ONCE", 2)
    promoted = lifecycle.promote(desk).promoted
    assert [each.contract for each in promoted] == [f"c{number}" for number in range(5)]
    for each in promoted:
        text = desk.repo.read(each.commit, f"contracts/{each.contract}.odcs.yaml") or b""
        assert b"status: active" in text
    assert desk.repo.resolve("refs/heads/main") == promoted[-1].commit


def test_refused_tags_and_a_protected_branch(shop: Shop, desk: Desk) -> None:
    protect(shop.path, "refs/tags/*|refs/heads/main")
    shop.write("main", {"contracts/customers.odcs.yaml": OTHER})
    merged_draft(shop, desk)
    with pytest.raises(GitError, match="tags of promoted versions may not be made"):
        lifecycle.promote(desk)


def test_where_no_branch_may_be_made_either_the_error_says_both(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    protect(shop.path, "refs/heads/*")
    with pytest.raises(GitError, match=f"neither main nor the branch {BRANCH}"):
        lifecycle.promote(desk)


def test_a_draft_that_cannot_be_final_does_not_stop_the_others(shop: Shop, desk: Desk) -> None:
    bad = OTHER.replace("active", "draft").replace("1.2.0", "one")
    shop.write("main", {"contracts/customers.odcs.yaml": bad})
    merged_draft(shop, desk)
    with pytest.raises(NothingPromotedError, match="'one' is not a semantic version"):
        lifecycle.promote(desk)
    assert [pull.head for pull in shop.open_pulls()] == [BRANCH]


def test_jobs_go_on_drafting_meanwhile(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    lifecycle.promote(desk)
    shop.job(DISCOUNT_AND_TAX)
    assert {pull.head for pull in shop.open_pulls()} == {BRANCH, "gitdraft/orders"}
    merge_promotion(shop, desk)
    lifecycle.promote(desk)
    assert shop.repo.resolve("refs/tags/orders/v1.3.0") is not None


def test_check_has_nothing_to_say_about_it(
    shop: Shop, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    merged_draft(shop, desk)
    lifecycle.promote(desk)
    done = Cli(capsys)("check", "--repo", shop.path, "--base", "main", "--head", BRANCH)
    assert done.out.splitlines()[-1] == "1 contract checked: no findings"


def test_status_does_not_take_it_for_a_draft(shop: Shop, desk: Desk) -> None:
    merged_draft(shop, desk)
    lifecycle.promote(desk)
    assert [line.contract for line in story.status(shop.desk)] == ["orders"]


def test_the_command_says_what_to_merge(
    shop: Shop, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    merged_draft(shop, desk)
    cli = Cli(capsys)
    url = f"file://{shop.path}"
    done = cli("promote", "--repo", url)
    number = shop.open_pulls()[0].number
    assert done.out.splitlines()[0] == "proposed orders 1.3.0 (active)"
    assert f"main is protected: merge pull request #{number} to promote" in done.out
    said = cli("promote", "--repo", url, "--output", "json").json
    assert said["proposed"] == [{"contract": "orders", "version": "1.3.0", "status": "active"}]
    assert said["pull_request"]["number"] == number
    assert said["promoted"] == []
    assert git(shop.path, "tag") == "orders/v1.2.0"
