from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.shop import (
    AGREEING,
    ANA,
    DISCOUNT,
    DISCOUNT_AND_TAX,
    ORDERS,
    Shop,
    drafted,
    pulled,
    seen,
)

from dc43_gitdraft import lifecycle, provenance, render
from dc43_gitdraft.errors import ConfigError, ContractError, EditedDraftError, LifecycleError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import (
    Bump,
    DataType,
    Outcome,
    OutcomeKind,
    PullRequest,
    PullState,
)
from dc43_gitdraft.publish import NEEDS_REBASE, OBSOLETE, Desk, publish
from dc43_gitdraft.repo import BOT, RefUpdate, Repo

BRANCH = "gitdraft/orders"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "contracts.git")


def test_drift_ends_as_a_branch_with_one_commit_and_a_pull_request(shop: Shop) -> None:
    main = shop.repo.resolve("refs/heads/main")
    outcome = shop.job(DISCOUNT)
    assert outcome.kind is OutcomeKind.CREATED
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") == outcome.commit
    assert outcome.commit is not None
    assert shop.repo.commit(outcome.commit).parents == (main,)
    assert pulled(outcome).state is PullState.OPEN
    assert pulled(outcome).title == "orders 1.3.0: add discount"
    assert shop.repo.resolve("refs/heads/main") == main


def test_the_draft_keeps_every_byte_it_need_not_touch(shop: Shop) -> None:
    shop.job(DISCOUNT)
    text = shop.text(BRANCH)
    kept = [line for line in ORDERS.splitlines() if "version:" not in line.lower()]
    kept = [line for line in kept if not line.startswith("status:")] + ["apiVersion: v3.2.0"]
    assert set(kept) <= set(text.splitlines())
    assert "version: 1.3.0  # semantic" in text
    assert "status: draft" in text


def test_the_commit_carries_the_provenance(shop: Shop) -> None:
    outcome = shop.job(DISCOUNT, version="2024-05-30")
    assert outcome.commit is not None
    said = provenance.parse(shop.repo.commit(outcome.commit).message)
    assert said is not None
    assert said.dataset_id == "table:shop.orders"
    assert said.dataset_version == "2024-05-30"
    assert said.digest == drafted(outcome).digest


def test_the_same_drift_again_writes_nothing(shop: Shop) -> None:
    shop.job(DISCOUNT)
    before = shop.refs()
    again = shop.job(DISCOUNT, version="another")
    assert again.kind is OutcomeKind.UNCHANGED
    assert shop.refs() == before


def test_more_drift_updates_the_same_pull_request(shop: Shop) -> None:
    first = shop.job(DISCOUNT)
    second = shop.job(DISCOUNT_AND_TAX)
    assert second.kind is OutcomeKind.UPDATED
    assert pulled(second).number == pulled(first).number
    assert pulled(second).title == "orders 1.3.0: add discount, add tax"
    assert second.commit is not None
    assert shop.repo.commit(second.commit).parents == (first.commit,)


def test_data_that_agrees_is_no_drift(shop: Shop) -> None:
    before = shop.refs()
    outcome = shop.job(AGREEING)
    assert outcome.kind is OutcomeKind.NO_DRIFT
    assert outcome.reason == "the data agrees with the contract"
    assert shop.refs() == before


def test_nulls_in_a_required_property_are_said_and_not_drafted(shop: Shop) -> None:
    outcome = shop.job(AGREEING, nulls={"order_id": 3})
    assert outcome.kind is OutcomeKind.NO_DRIFT
    assert outcome.reason is not None
    assert "order_id" in outcome.reason
    assert "3 of 10" in outcome.reason


def test_drift_that_went_away_closes_its_draft_as_obsolete(shop: Shop) -> None:
    shop.job(DISCOUNT)
    outcome = shop.job(AGREEING)
    assert outcome.kind is OutcomeKind.NO_DRIFT
    assert pulled(outcome).state is PullState.CLOSED
    assert OBSOLETE in pulled(outcome).labels
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") is None


def test_the_branch_of_an_obsolete_draft_is_deleted_by_the_next_run_where_one_was_cut_off(
    shop: Shop,
) -> None:
    shop.job()
    shop.forge.update(1, state=PullState.CLOSED, add_labels=[OBSOLETE])
    assert shop.job(AGREEING, dry_run=True).kind is OutcomeKind.NO_DRIFT
    assert "refs/heads/gitdraft/orders" in shop.refs()
    assert shop.job(AGREEING).kind is OutcomeKind.NO_DRIFT
    assert "refs/heads/gitdraft/orders" not in shop.refs()


def test_the_branch_of_a_rejected_draft_is_left_to_who_rejected_it(shop: Shop) -> None:
    shop.job()
    shop.forge.update(1, state=PullState.CLOSED, reason="not ours")
    shop.job(AGREEING)
    assert "refs/heads/gitdraft/orders" in shop.refs()


def test_an_obsolete_draft_is_no_rejection(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.job(AGREEING)
    assert shop.job(DISCOUNT).kind is OutcomeKind.CREATED


def test_another_dataset_that_agrees_does_not_close_the_draft(shop: Shop) -> None:
    shop.job(DISCOUNT)
    outcome = shop.job(AGREEING, dataset="table:other")
    assert outcome.kind is OutcomeKind.NO_DRIFT
    assert len(shop.open_pulls()) == 1


def test_an_edited_draft_is_not_closed_as_obsolete(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.edit(BRANCH, "Total in euros", "Total in cents")
    assert shop.job(AGREEING).kind is OutcomeKind.NO_DRIFT
    assert len(shop.open_pulls()) == 1


def test_a_rejected_drift_is_not_proposed_again(shop: Shop) -> None:
    first = pulled(shop.job(DISCOUNT))
    lifecycle.reject(shop.desk, first.number, "Marketing's own column", "Ana")
    before = shop.refs()
    outcome = shop.job(DISCOUNT)
    assert outcome.kind is OutcomeKind.REJECTED
    assert pulled(outcome).number == first.number
    assert outcome.reason == "rejected by Ana: Marketing's own column"
    assert shop.refs() == before


def test_other_drift_after_a_rejection_is_proposed(shop: Shop) -> None:
    first = pulled(shop.job(DISCOUNT))
    lifecycle.reject(shop.desk, first.number, "no", "Ana")
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.CREATED
    assert pulled(outcome).number != first.number


def for_develop(shop: Shop) -> Desk:
    main = shop.repo.resolve("refs/heads/main")
    shop.repo.push([RefUpdate("refs/heads/develop", main, None)])
    return replace(shop.desk, base="develop")


def test_a_rejection_for_another_base_branch_is_none_here(shop: Shop) -> None:
    develop = for_develop(shop)
    first = pulled(publish("orders", seen(DISCOUNT), develop))
    lifecycle.reject(develop, first.number, "no", "Ana")
    assert publish("orders", seen(DISCOUNT), develop).kind is OutcomeKind.REJECTED
    outcome = shop.job(DISCOUNT)
    assert (outcome.kind, pulled(outcome).base) == (OutcomeKind.CREATED, "main")


def test_a_rejection_outlives_the_base_branch_s_new_name(shop: Shop) -> None:
    develop = for_develop(shop)
    first = pulled(publish("orders", seen(DISCOUNT), develop))
    lifecycle.reject(develop, first.number, "no", "Ana")
    tip = shop.repo.resolve("refs/heads/develop")
    shop.repo.push([RefUpdate("refs/heads/develop", None, tip)])
    assert shop.job(DISCOUNT).kind is OutcomeKind.REJECTED


def test_a_pull_request_to_another_base_branch_is_said_to_be_in_the_way(shop: Shop) -> None:
    publish("orders", seen(DISCOUNT), for_develop(shop))
    before = shop.refs()
    with pytest.raises(LifecycleError, match=r"#1 proposes gitdraft/orders for develop, and not"):
        shop.job(DISCOUNT)
    assert shop.job(AGREEING).kind is OutcomeKind.NO_DRIFT
    assert shop.refs() == before


def test_a_steward_s_edit_stays_under_further_drift(shop: Shop) -> None:
    shop.job(DISCOUNT)
    edit = shop.edit(BRANCH, "Total in euros.", "Total in euros, with VAT.  # agreed")
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.UPDATED
    assert outcome.commit is not None
    assert shop.repo.commit(outcome.commit).parents == (edit,)
    text = shop.text(BRANCH)
    assert "with VAT.  # agreed" in text
    assert "name: tax" in text


def test_edits_stay_over_many_rounds(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    shop.job(DISCOUNT_AND_TAX)
    shop.edit(BRANCH, "# the key", "# the primary key")
    shop.edit(BRANCH, "name: Orders", "name: All orders")
    shop.job({**DISCOUNT_AND_TAX, "channel": DataType("string", "string")})
    shop.job({**DISCOUNT_AND_TAX, "channel2": DataType("string", "string")})
    text = shop.text(BRANCH)
    for kept in ("Total, with VAT.", "# the primary key", "name: All orders", "name: tax"):
        assert kept in text
    assert "name: channel2" in text
    assert "name: channel\n" not in text


def test_what_a_steward_took_out_of_the_draft_stays_out(shop: Shop) -> None:
    shop.job(DISCOUNT)
    lines = shop.text(BRANCH).splitlines(keepends=True)
    start = next(place for place, line in enumerate(lines) if "name: discount" in line)
    end = start + 1
    while end < len(lines) and lines[end].startswith("        "):
        end += 1
    shop.write(BRANCH, {"contracts/orders.odcs.yaml": "".join(lines[:start] + lines[end:])})
    shop.job(DISCOUNT_AND_TAX)
    assert "name: discount" not in shop.text(BRANCH)
    assert "name: tax" in shop.text(BRANCH)


def test_an_edited_draft_with_the_same_drift_is_unchanged(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    shop.job(DISCOUNT_AND_TAX)
    before = shop.refs()
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UNCHANGED
    assert shop.refs() == before


def test_a_steward_s_higher_version_is_kept(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.edit(BRANCH, "version: 1.3.0", "version: 2.0.0")
    shop.job(DISCOUNT_AND_TAX)
    assert "version: 2.0.0  # semantic" in shop.text(BRANCH)


def test_the_bot_s_own_branch_is_made_anew_when_the_contract_moved(shop: Shop) -> None:
    shop.job(DISCOUNT)
    moved = shop.edit("main", "version: 1.2.0", "version: 1.2.1")
    outcome = shop.job(DISCOUNT)
    assert outcome.kind is OutcomeKind.UPDATED
    assert outcome.commit is not None
    assert shop.repo.commit(outcome.commit).parents == (moved,)
    assert drafted(outcome).base_version == "1.2.1"


def test_an_edited_branch_is_left_alone_when_the_contract_moved(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    edit = shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    shop.edit("main", "version: 1.2.0", "version: 1.2.1")
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.BLOCKED
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") == edit
    assert NEEDS_REBASE in shop.forge.get(number).labels


def test_a_blocked_draft_is_said_once(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    shop.edit("main", "version: 1.2.0", "version: 1.2.1")
    shop.job(DISCOUNT_AND_TAX)
    before = shop.refs()
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.BLOCKED
    assert shop.refs() == before


def test_a_steward_who_merges_the_base_unblocks_the_draft(shop: Shop) -> None:
    shop.job(DISCOUNT)
    tip = shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    main = shop.edit("main", "name: Orders", "name: Shop orders")
    shop.job(DISCOUNT_AND_TAX)
    merged = shop.text(BRANCH).replace("name: Orders", "name: Shop orders")
    commit = shop.repo.write_commit(
        [tip, main],
        {"contracts/orders.odcs.yaml": merged.encode()},
        "Merge main",
        author=BOT.__class__("Ana", "ana@example.org"),
        when=shop.desk.clock(),
    )
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", commit, tip)])
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.UPDATED
    assert NEEDS_REBASE not in pulled(outcome).labels
    for kept in ("Total, with VAT.", "name: Shop orders", "name: tax"):
        assert kept in shop.text(BRANCH)


def test_other_commits_on_the_base_move_nothing(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.write("main", {"README.md": "Contracts.\n"})
    assert shop.job(DISCOUNT).kind is OutcomeKind.UNCHANGED


def test_a_branch_that_a_person_took_is_not_touched(shop: Shop) -> None:
    tip = shop.repo.resolve("refs/heads/main")
    assert tip is not None
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", tip, None)])
    shop.write(BRANCH, {"notes.txt": "mine\n"})
    before = shop.refs()
    with pytest.raises(EditedDraftError, match="was not made by this tool"):
        shop.job(DISCOUNT)
    assert shop.refs() == before


def test_a_run_that_ended_before_its_pull_request_is_finished(shop: Shop) -> None:
    first = shop.job(DISCOUNT)
    for name, target in shop.refs().items():
        if name.startswith("refs/gitdraft/"):
            shop.repo.push([RefUpdate(name, None, target)])
    again = shop.job(DISCOUNT)
    assert again.kind is OutcomeKind.CREATED
    assert again.commit == first.commit
    assert len(shop.open_pulls()) == 1


def test_a_pull_request_s_text_that_lags_behind_is_mended(shop: Shop) -> None:
    pull = pulled(shop.job(DISCOUNT))
    shop.job(DISCOUNT_AND_TAX)
    shop.forge.update(pull.number, title=pull.title, body=pull.body)
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.UNCHANGED
    assert shop.forge.get(pull.number).title == "orders 1.3.0: add discount, add tax"


def test_a_contract_that_is_not_there_is_not_begun_by_accident(shop: Shop) -> None:
    before = shop.refs()
    with pytest.raises(ContractError, match="did you mean 'orders'"):
        shop.job(DISCOUNT, "order")
    assert shop.refs() == before


def test_a_first_version_is_drafted_on_request(shop: Shop) -> None:
    outcome = shop.job(AGREEING, "returns", new=True)
    assert outcome.kind is OutcomeKind.CREATED
    text = shop.text("gitdraft/returns", "contracts/returns.odcs.yaml")
    assert "version: 1.0.0" in text
    assert drafted(outcome).base_version is None


def test_a_contract_whose_file_is_gone_begins_anew_above_its_promoted_versions(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    shop.write("main", {"contracts/orders.odcs.yaml": None})
    outcome = shop.job(DISCOUNT, new=True)
    assert drafted(outcome).version == "1.3.0"
    _, promotion = lifecycle.merge(shop.desk, pulled(outcome).number, ANA)
    assert [each.version for each in promotion.promoted] == ["1.3.0"]


def test_a_draft_of_a_contract_that_is_gone_meanwhile_is_not_kept_beside_the_new_one(
    tmp_path: Path,
) -> None:
    elsewhere = "contracts/shop/orders.odcs.yaml"
    shop = Shop(tmp_path / "contracts.git", {elsewhere: ORDERS})
    number = pulled(shop.job(DISCOUNT)).number
    shop.write("main", {elsewhere: None})
    outcome = shop.job(DISCOUNT, new=True)
    assert (outcome.kind, pulled(outcome).number) == (OutcomeKind.UPDATED, number)
    tip = shop.repo.resolve(f"refs/heads/{BRANCH}")
    assert tip is not None
    files = [entry.path for entry in shop.repo.entries(tip, "contracts")]
    assert files == ["contracts/orders.odcs.yaml"]


def test_an_edited_draft_of_a_contract_that_is_gone_meanwhile_is_left_alone(tmp_path: Path) -> None:
    elsewhere = "contracts/shop/orders.odcs.yaml"
    shop = Shop(tmp_path / "contracts.git", {elsewhere: ORDERS})
    shop.job(DISCOUNT)
    edited = shop.edit(BRANCH, "Total in euros.", "Total in cents.", elsewhere)
    shop.write("main", {elsewhere: None})
    assert shop.job(DISCOUNT, new=True).kind is OutcomeKind.BLOCKED
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") == edited


def test_a_dry_run_says_how_it_would_end_and_writes_nothing(shop: Shop) -> None:
    before = shop.refs()
    outcome = shop.job(DISCOUNT, dry_run=True)
    assert outcome.kind is OutcomeKind.CREATED
    assert "name: discount" in drafted(outcome).text
    assert outcome.pull_request is None
    assert shop.refs() == before


def test_a_version_that_was_promoted_before_is_not_proposed(shop: Shop) -> None:
    shop.edit("main", "version: 1.2.0", "version: 1.3.0")
    lifecycle.promote(shop.desk)
    shop.edit("main", "version: 1.3.0", "version: 1.2.0")
    assert drafted(shop.job(DISCOUNT)).version == "1.4.0"


def test_the_caller_adjusts_the_policy_of_the_repository(shop: Shop) -> None:
    outcome = shop.job(DISCOUNT, adjust=lambda policy: replace(policy, bump=Bump.MAJOR))
    assert drafted(outcome).version == "2.0.0"


def test_the_repository_s_settings_are_obeyed(shop: Shop) -> None:
    shop.write(
        "main",
        {".gitdraft.yaml": "branch-prefix: bot/\nlabels: [contracts]\nreviewers: [ana]\n"},
    )
    outcome = shop.job(DISCOUNT)
    assert outcome.branch == "bot/orders"
    assert pulled(outcome).labels == ("contracts",)


def test_a_contract_is_found_by_its_id_wherever_it_lies(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git", {"contracts/deep/down/some.odcs.yaml": ORDERS})
    shop.job(DISCOUNT)
    assert "name: discount" in shop.text(BRANCH, "contracts/deep/down/some.odcs.yaml")


@pytest.mark.parametrize(
    "settings", ["path: conf/{id}.yaml\n", "contracts: ['data/**/*.yaml']\n"], ids=["path", "globs"]
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_new_contract_is_not_drafted_where_it_would_be_none(
    settings: str, dry_run: bool, tmp_path: Path
) -> None:
    other = {"conf/orders.yaml": "password: x\n", "contracts/orders.odcs.yaml": "no: contract\n"}
    if "path" in settings:
        del other["contracts/orders.odcs.yaml"]
    shop = Shop(tmp_path / "c.git", {".gitdraft.yaml": settings, **other})
    with pytest.raises(
        ConfigError, match=r"none of `contracts` matches.*set `path` or `contracts`"
    ):
        shop.job(new=True, dry_run=dry_run)
    assert set(shop.repo.refs()) == {"refs/heads/main"}


def test_where_new_contracts_would_be_none_others_are_drafted(tmp_path: Path) -> None:
    files = {".gitdraft.yaml": "contracts: data/*.yaml\n", "data/orders.yaml": ORDERS}
    shop = Shop(tmp_path / "c.git", files)
    assert shop.job(DISCOUNT).kind is OutcomeKind.CREATED


def test_an_id_in_two_files_is_refused(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path / "c.git",
        {"contracts/a.odcs.yaml": ORDERS, "contracts/b.odcs.yaml": ORDERS},
    )
    with pytest.raises(ContractError, match=r"2 files: contracts/a.odcs.yaml"):
        shop.job(DISCOUNT)


def test_a_broken_contract_elsewhere_does_not_stop_a_draft(shop: Shop) -> None:
    shop.write("main", {"contracts/broken.odcs.yaml": "id: [\n"})
    assert shop.job(DISCOUNT).kind is OutcomeKind.CREATED


def test_jobs_at_once_make_one_pull_request(shop: Shop) -> None:
    outcomes: list[Outcome] = []

    def job() -> None:
        repo = Repo.open(str(shop.path))
        desk = Desk(repo, type(shop.forge)(repo), "main")
        outcomes.append(publish("orders", seen(DISCOUNT), desk))

    threads = [threading.Thread(target=job) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 6
    assert len(shop.open_pulls()) == 1
    kinds = [outcome.kind for outcome in outcomes]
    assert sorted(kind.value for kind in kinds) == ["created", *["unchanged"] * 5]


def test_a_base_branch_that_is_missing_is_named(shop: Shop) -> None:
    desk = replace(shop.desk, base="trunk")
    with pytest.raises(ConfigError, match="no branch 'trunk'"):
        publish("orders", seen(DISCOUNT), desk)


def test_a_draft_branch_is_no_base(shop: Shop) -> None:
    shop.job(DISCOUNT)
    with pytest.raises(ConfigError, match="is a draft's own branch"):
        publish("orders", seen(DISCOUNT), replace(shop.desk, base=BRANCH))


def test_a_rejected_drift_does_not_come_back_in_an_open_pull_request(shop: Shop) -> None:
    first = pulled(shop.job(DISCOUNT_AND_TAX))
    lifecycle.reject(shop.desk, first.number, "no tax here", "Ana")
    second = pulled(shop.job(DISCOUNT))
    before = shop.refs()
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.REJECTED
    assert pulled(outcome).number == first.number
    assert shop.refs() == before
    assert shop.forge.get(second.number).title == "orders 1.3.0: add discount"


class Overtaken(LocalForge):
    """A forge on whose way another job, of the same contract, is faster once."""

    def __init__(self, repo: Repo, other: Callable[[], object]) -> None:
        super().__init__(repo)
        self._other: Callable[[], object] | None = other

    def _let_pass(self) -> None:
        other, self._other = self._other, None
        if other is not None:
            other()

    def open(self, *args: Any, **named: Any) -> tuple[PullRequest, bool]:
        self._let_pass()
        return super().open(*args, **named)

    def update(self, *args: Any, **named: Any) -> PullRequest:
        self._let_pass()
        return super().update(*args, **named)


@pytest.mark.parametrize("begun", [False, True], ids=["no draft yet", "a draft is open"])
def test_a_pull_request_tells_what_its_branch_holds_whoever_was_faster(
    shop: Shop, begun: bool
) -> None:
    if begun:
        shop.job({**AGREEING, "channel": DataType("string", "string")})
    slow = Overtaken(shop.repo, lambda: shop.job(DISCOUNT_AND_TAX))
    publish("orders", seen(DISCOUNT), replace(shop.desk, forge=slow))
    (pull,) = shop.open_pulls()
    said = provenance.parse(shop.repo.commit(pull.head_sha).message)
    assert said is not None
    assert render.digest_in(pull.body) == said.digest
    assert pull.title == shop.repo.commit(pull.head_sha).subject


def test_an_edited_draft_is_told_as_its_branch_holds_it(shop: Shop) -> None:
    shop.job(DISCOUNT_AND_TAX)
    text = shop.text(BRANCH)
    tax = text[text.index("      - name: tax") : text.index("customProperties:")]
    shop.edit(BRANCH, tax, "")
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.UNCHANGED
    assert [change.path for change in drafted(outcome).changes] == ["orders.discount"]
    assert "orders.tax drifted, and people took it out" in drafted(outcome).notes


def test_what_may_not_be_drafted_is_said(shop: Shop) -> None:
    outcome = shop.job(
        {"order_id": AGREEING["order_id"], "amount": AGREEING["amount"]},
        adjust=lambda policy: replace(policy, additive_only=True),
    )
    assert outcome.kind is OutcomeKind.NO_DRIFT
    assert outcome.reason is not None
    assert "orders.note is not in the data" in outcome.reason


def test_a_draft_merged_with_git_alone_is_not_reused(shop: Shop) -> None:
    first = shop.job(DISCOUNT)
    main = shop.repo.resolve("refs/heads/main")
    assert first.commit is not None
    shop.repo.push([RefUpdate("refs/heads/main", first.commit, main)])
    second = shop.job(DISCOUNT_AND_TAX)
    assert second.kind is OutcomeKind.CREATED
    assert shop.forge.get(pulled(first).number).state is PullState.MERGED
    assert pulled(second).title == "orders 1.4.0: add tax"


def test_a_draft_from_which_people_took_everything_out_is_not_called_merged(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    shop.write(BRANCH, {"contracts/orders.odcs.yaml": ORDERS}, "Not this")
    assert shop.job(DISCOUNT).kind is OutcomeKind.UNCHANGED
    assert shop.forge.get(number).state is PullState.OPEN


def test_the_version_on_the_base_branch_is_always_told(shop: Shop) -> None:
    assert shop.job(AGREEING).base_version == "1.2.0"
    assert shop.job(AGREEING, "returns", new=True).base_version is None


def test_text_follows_what_people_edited_on_the_branch(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    shop.edit(BRANCH, "      - name: note\n        logicalType: string\n", "")
    shop.edit(BRANCH, "        physicalType: string\n      - name: disc", "      - name: disc")
    assert shop.job(DISCOUNT).kind is OutcomeKind.UNCHANGED
    pull = shop.forge.get(number)
    assert pull.title == "orders 1.3.0: remove note, add discount"
    assert "**Breaking**" in pull.body
    assert "takes a minor step; these changes imply a major one" in pull.body
    before = shop.refs()
    assert shop.job(DISCOUNT).kind is OutcomeKind.UNCHANGED
    assert shop.refs() == before


def test_an_edited_first_draft_with_the_same_data_is_unchanged(shop: Shop) -> None:
    outcome = shop.job(AGREEING, "returns", new=True)
    path = "contracts/returns.odcs.yaml"
    shop.edit(outcome.branch, "version: 1.0.0", "version: 0.1.0", path)
    assert shop.job(AGREEING, "returns", new=True).kind is OutcomeKind.UNCHANGED


def test_another_dataset_s_draft_is_said_to_be_replaced(shop: Shop) -> None:
    shop.job(DISCOUNT)
    outcome = shop.job(DISCOUNT_AND_TAX, dataset="table:other")
    assert drafted(outcome).notes == (
        "this takes the place of what was drafted from table:shop.orders",
    )


def test_a_branch_deleted_under_an_open_pull_request_is_pushed_again_and_that_is_no_unchanged(
    shop: Shop,
) -> None:
    first = shop.job()
    tip = shop.repo.resolve(f"refs/heads/{BRANCH}")
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", None, tip)])
    assert shop.job(dry_run=True).kind is OutcomeKind.UPDATED
    again = shop.job()
    assert again.kind is OutcomeKind.UPDATED
    assert pulled(again).number == pulled(first).number
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") == again.commit
    assert shop.job().kind is OutcomeKind.UNCHANGED


@pytest.mark.parametrize("columns", [DISCOUNT, DISCOUNT_AND_TAX], ids=["same", "other"])
def test_a_first_draft_moves_to_where_the_settings_put_it_meanwhile(
    shop: Shop, columns: dict[str, DataType]
) -> None:
    first = shop.job(contract="refunds", new=True)
    shop.write("main", {".gitdraft.yaml": "path: contracts/shop/{id}.odcs.yaml\n"})
    again = shop.job(columns, contract="refunds", new=True)
    assert again.kind is OutcomeKind.UPDATED
    assert pulled(again).number == pulled(first).number
    assert again.commit is not None
    held = [entry.path for entry in shop.repo.entries(again.commit) if "refunds" in entry.path]
    assert held == ["contracts/shop/refunds.odcs.yaml"]
    assert shop.job(columns, contract="refunds", new=True).kind is OutcomeKind.UNCHANGED


def test_a_first_draft_that_people_edited_stays_where_it_is(shop: Shop) -> None:
    shop.job(contract="refunds", new=True)
    shop.edit("gitdraft/refunds", "discount", "rebate", "contracts/refunds.odcs.yaml")
    shop.write("main", {".gitdraft.yaml": "path: contracts/shop/{id}.odcs.yaml\n"})
    before = shop.refs()
    with pytest.raises(EditedDraftError, match="people edited the first draft of 'refunds'"):
        shop.job(DISCOUNT_AND_TAX, contract="refunds", new=True)
    assert shop.refs() == before
