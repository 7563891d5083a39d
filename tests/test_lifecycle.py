from __future__ import annotations

from pathlib import Path

import pytest
from support.shop import (
    ANA,
    DISCOUNT,
    DISCOUNT_AND_TAX,
    ORDERS,
    Shop,
    pulled,
)

from dc43_gitdraft import lifecycle, provenance, story
from dc43_gitdraft.errors import ContractError, LifecycleError, NothingPromotedError
from dc43_gitdraft.model import OutcomeKind, PullState, Status
from dc43_gitdraft.publish import REJECTED
from dc43_gitdraft.repo import RefUpdate
from dc43_gitdraft.retelling import retold

BRANCH = "gitdraft/orders"
PROTECTED = "draft-status: active\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "contracts.git")


def test_a_merge_promotes_the_contract_and_tags_it(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    pull, promotion = lifecycle.merge(shop.desk, number, ANA)
    assert pull.state is PullState.MERGED
    (promoted,) = promotion.promoted
    assert (promoted.version, promoted.status, promoted.tag) == (
        "1.3.0",
        Status.ACTIVE,
        "orders/v1.3.0",
    )
    text = shop.text("main")
    assert "status: active" in text
    assert "gitdraft" not in text
    assert "name: discount" in text
    assert shop.text("refs/tags/orders/v1.3.0") == text
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") is None


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_the_tag_says_where_the_version_came_from(shop: Shop, method: str) -> None:
    number = pulled(shop.job(DISCOUNT, version="2024-05-30")).number
    lifecycle.merge(shop.desk, number, ANA, method)
    tag = shop.repo.tag("orders/v1.3.0")
    assert tag is not None
    said = provenance.parse(tag.message)
    assert said is not None
    assert (said.dataset_id, said.dataset_version) == ("table:shop.orders", "2024-05-30")
    assert said.base_version == "1.2.0"


def test_after_promotion_only_what_was_drafted_changed(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.merge(shop.desk, number, ANA)
    before = ORDERS.replace("version: 1.2.0", "version: 1.3.0")
    text = shop.text("main")
    assert text.startswith(before)
    assert [line.strip() for line in text[len(before) :].splitlines()] == [
        "- name: discount",
        "logicalType: string",
        "physicalType: string",
    ]


def test_after_promotion_the_same_data_is_no_drift(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.merge(shop.desk, number, ANA)
    assert shop.job(DISCOUNT).kind is OutcomeKind.NO_DRIFT


def test_promoting_twice_is_promoting_once(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    before = shop.refs()
    assert lifecycle.promote(shop.desk).promoted == ()
    assert shop.refs() == before


def test_a_repository_that_adopts_the_tool_gets_its_active_contracts_tagged(shop: Shop) -> None:
    main = shop.repo.resolve("refs/heads/main")
    lifecycle.promote(shop.desk)
    assert shop.repo.resolve("refs/tags/orders/v1.2.0") == main
    assert shop.repo.resolve("refs/heads/main") == main


@pytest.mark.parametrize(
    ("status", "tagged"),
    [("proposed", False), ("deprecated", True), ("retired", True), ("banana", False)],
)
def test_other_states_keep_their_status(shop: Shop, status: str, tagged: bool) -> None:
    shop.edit("main", "status: active", f"status: {status}")
    main = shop.repo.resolve("refs/heads/main")
    lifecycle.promote(shop.desk)
    assert shop.repo.resolve("refs/heads/main") == main
    assert (shop.repo.resolve("refs/tags/orders/v1.2.0") is not None) is tagged


def test_a_draft_merged_by_hand_is_promoted(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.write("main", {"contracts/orders.odcs.yaml": shop.text(BRANCH)}, "Merge by hand")
    (promoted,) = lifecycle.promote(shop.desk).promoted
    assert promoted.version == "1.3.0"
    assert "status: active" in shop.text("main")


def test_a_merged_draft_of_a_promoted_version_is_an_error(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    shop.edit("main", "status: active", "status: draft")
    with pytest.raises(NothingPromotedError, match="promoted already"):
        lifecycle.promote(shop.desk)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("version: 1.3.0", "version: 1.2.0", "higher version"),
        ("version: 1.3.0", "version: 1.1.0", "comes after 1.2.0"),
        ("version: 1.3.0", "version: next", "not a semantic version"),
        ("version: 1.3.0", "version: 1.3", "put it in quotes"),
        ("status: draft", "status: banana", "its status is 'banana'"),
        ("status: draft\n", "", "its status is None"),
        ("id: orders", "id: other", "'orders' is not in it any more"),
        ("schema:", "schema: [", "orders.odcs.yaml"),
        ("required: true", "required: often", "required"),
    ],
)
def test_a_merge_that_would_promote_nothing_is_refused_and_moves_nothing(
    shop: Shop, before: str, after: str, said: str
) -> None:
    lifecycle.promote(shop.desk)
    number = pulled(shop.job(DISCOUNT)).number
    shop.edit(BRANCH, before, after)
    refs = shop.refs()
    with pytest.raises(NothingPromotedError, match="cannot be merged") as caught:
        lifecycle.merge(shop.desk, number, ANA)
    assert said in str(caught.value)
    assert shop.refs() == refs


def add_first(shop: Shop, name: str) -> None:
    """Let a person add a property where Git sees no conflict with a draft that adds it last."""
    added = f"      - name: {name}\n        logicalType: string\n"
    shop.edit("main", "      - name: order_id", f"{added}      - name: order_id")


def test_a_merge_is_refused_where_the_base_has_added_the_drafted_property(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    add_first(shop, "discount")
    before = shop.text("main")
    said = "with what is on main, two properties of 'orders' are named 'discount': keep one"
    with pytest.raises(NothingPromotedError, match=said):
        lifecycle.merge(shop.desk, number, ANA)
    assert shop.text("main") == before
    assert shop.forge.get(number).state is PullState.OPEN


def test_a_property_that_a_merge_by_hand_has_doubled_is_not_promoted(shop: Shop) -> None:
    draft = shop.job(DISCOUNT).commit
    add_first(shop, "discount")
    base = shop.desk.base_commit()
    assert draft is not None
    tree = shop.repo.merge(base, draft)
    assert isinstance(tree, str)
    made = shop.repo.write_commit_tree(tree, [base, draft], "Merge", ANA, shop.desk.clock())
    shop.repo.push([RefUpdate("refs/heads/main", made, base)])
    with pytest.raises(NothingPromotedError, match="two properties of 'orders' are named"):
        lifecycle.promote(shop.desk)
    assert not [ref for ref in shop.refs() if ref.startswith("refs/tags/")]


def test_a_draft_that_people_made_a_proposal_is_merged_and_stays_one(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    shop.edit(BRANCH, "status: draft", "status: proposed")
    pull, promotion = lifecycle.merge(shop.desk, number, ANA)
    assert pull.state is PullState.MERGED
    assert promotion.promoted == ()


def test_a_version_lower_than_the_last_is_not_promoted(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    shop.edit("main", "version: 1.2.0", "version: 1.1.0")
    promotion = lifecycle.promote(shop.desk)
    assert promotion.promoted == ()
    assert "version 1.1.0 comes after 1.2.0" in promotion.problems[0]


def test_a_promoted_version_that_was_edited_is_told(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    shop.edit("main", "Total in euros.", "Total in cents.")
    (problem,) = lifecycle.promote(shop.desk).problems
    assert "another text than version 1.2.0 that orders/v1.2.0 has promoted" in problem


def test_a_comment_does_not_make_another_version(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    shop.edit("main", "# semantic", "# as in semver.org")
    assert lifecycle.promote(shop.desk).problems == ()


def test_a_broken_contract_does_not_keep_the_others_from_being_promoted(shop: Shop) -> None:
    shop.write("main", {"contracts/broken.odcs.yaml": "id: [\n"})
    promotion = lifecycle.promote(shop.desk)
    assert [promoted.contract for promoted in promotion.promoted] == ["orders"]
    assert promotion.problems[0].startswith("contracts/broken.odcs.yaml:")


def test_a_broken_contract_does_not_keep_a_draft_from_being_merged(shop: Shop) -> None:
    shop.write("main", {"contracts/broken.odcs.yaml": "id: [\n"})
    number = pulled(shop.job(DISCOUNT)).number
    _, promotion = lifecycle.merge(shop.desk, number, ANA)
    assert [promoted.version for promoted in promotion.promoted] == ["1.3.0"]


def test_an_id_in_two_files_is_told_and_not_promoted(shop: Shop) -> None:
    shop.write("main", {"contracts/twin.odcs.yaml": ORDERS})
    promotion = lifecycle.promote(shop.desk)
    assert promotion.promoted == ()
    assert "stands in 2 files" in promotion.problems[0]


def test_a_deprecated_contract_is_published_without_the_draft_s_mark(shop: Shop) -> None:
    shop.edit("main", "status: active", "status: deprecated")
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.merge(shop.desk, number, ANA)
    assert "status: deprecated" in shop.text("main")
    assert "gitdraft" not in shop.text("refs/tags/orders/v1.3.0")


def merged_with_git_alone(shop: Shop, squashed: bool) -> int:
    """Let a job draft and a person merge that; return the pull request's number."""
    draft = shop.job(DISCOUNT)
    if squashed:
        shop.write("main", {"contracts/orders.odcs.yaml": shop.text(BRANCH)}, "Add discount")
    else:
        assert draft.commit is not None
        main = shop.repo.resolve("refs/heads/main")
        shop.repo.push([RefUpdate("refs/heads/main", draft.commit, main)])
    return pulled(draft).number


@pytest.mark.parametrize("squashed", [False, True])
def test_promotion_records_what_people_merged_with_git_alone(shop: Shop, squashed: bool) -> None:
    number = merged_with_git_alone(shop, squashed)
    (promoted,) = lifecycle.promote(shop.desk).promoted
    assert promoted.version == "1.3.0"
    assert shop.forge.get(number).state is PullState.MERGED


def test_what_people_squashed_and_put_back_still_says_where_it_came_from(shop: Shop) -> None:
    merged_with_git_alone(shop, squashed=True)
    ref = f"refs/heads/{BRANCH}"
    shop.repo.push([RefUpdate(ref, shop.desk.base_commit(), shop.repo.resolve(ref))])
    lifecycle.promote(shop.desk)
    (version,) = story.history(shop.desk, "orders").versions
    assert version.version == "1.3.0"
    assert version.provenance is not None
    assert version.provenance.dataset_id == "table:shop.orders"


def test_what_people_squashed_and_went_on_with_still_says_where_it_came_from(shop: Shop) -> None:
    shop.job(DISCOUNT, version="2024-05-30")
    shop.write("main", {"contracts/orders.odcs.yaml": shop.text(BRANCH)}, "Add discount")
    shop.edit(BRANCH, "Total in euros.", "Total in cents.")
    lifecycle.promote(shop.desk)
    (version,) = story.history(shop.desk, "orders").versions
    assert version.version == "1.3.0"
    assert version.provenance is not None
    assert version.provenance.dataset_version == "2024-05-30"


def test_an_open_draft_says_nothing_of_a_version_that_people_wrote_themselves(shop: Shop) -> None:
    shop.job(DISCOUNT)
    shop.edit("main", "version: 1.2.0", "version: 1.4.0")
    shop.edit("main", "status: active", "status: draft")
    lifecycle.promote(shop.desk)
    (version,) = story.history(shop.desk, "orders").versions
    assert version.version == "1.4.0"
    assert version.provenance is not None
    assert version.provenance.dataset_id is None


def test_a_draft_whose_commits_people_replaced_can_be_decided(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    text, tip = shop.text(BRANCH), shop.repo.resolve(f"refs/heads/{BRANCH}")
    main = shop.repo.resolve("refs/heads/main")
    assert main is not None
    own = shop.repo.write_commit(
        [main],
        {"contracts/orders.odcs.yaml": text.encode()},
        "By hand",
        author=ANA,
        when=shop.desk.clock(),
    )
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", own, tip)])
    _, promotion = lifecycle.merge(shop.desk, number, ANA)
    assert [promoted.version for promoted in promotion.promoted] == ["1.3.0"]


def test_one_contract_s_trouble_does_not_stop_the_others(shop: Shop) -> None:
    bad = ORDERS.replace("id: orders", "id: bad").replace("1.2.0", "one")
    shop.write("main", {"contracts/a.odcs.yaml": bad.replace("active", "draft")})
    with pytest.raises(NothingPromotedError, match="'one' is not a semantic version"):
        lifecycle.promote(shop.desk)
    assert shop.repo.resolve("refs/tags/orders/v1.2.0") is not None


def test_an_active_contract_without_semantic_version_is_named(shop: Shop) -> None:
    shop.edit("main", "version: 1.2.0", "version: '1.2'")
    promotion = lifecycle.promote(shop.desk)
    assert promotion.promoted == ()
    assert "'1.2' is not a semantic version" in promotion.problems[0]


def test_with_final_drafts_the_merge_itself_promotes(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path / "c.git",
        {"contracts/orders.odcs.yaml": ORDERS, ".gitdraft.yaml": PROTECTED},
    )
    number = pulled(shop.job(DISCOUNT)).number
    assert "status: active" in shop.text(BRANCH)
    assert "gitdraft" not in shop.text(BRANCH)
    pull, promotion = lifecycle.merge(shop.desk, number, ANA)
    (promoted,) = promotion.promoted
    assert promoted.commit == shop.repo.resolve("refs/heads/main") == pull.merge_sha


def test_with_final_drafts_the_same_drift_is_still_unchanged(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path / "c.git",
        {"contracts/orders.odcs.yaml": ORDERS, ".gitdraft.yaml": PROTECTED},
    )
    shop.job(DISCOUNT)
    shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
    before = shop.refs()
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UNCHANGED
    assert shop.refs() == before


def test_a_rejection_closes_labels_and_deletes_the_branch(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    pull = lifecycle.reject(shop.desk, number, "not ours", "Ana")
    assert pull.state is PullState.CLOSED
    assert REJECTED in pull.labels
    assert (pull.reason, pull.decided_by) == ("not ours", "Ana")
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") is None
    record = shop.repo.commit(f"refs/gitdraft/pulls/{number}")
    assert record.parents[-1] == pull.head_sha


def test_rejecting_twice_is_rejecting_once(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.reject(shop.desk, number, "not ours", "Ana")
    before = shop.refs()
    for reason in ("not ours", None):
        lifecycle.reject(shop.desk, number, reason, "Bob")
        assert shop.refs() == before


def test_the_last_reason_that_is_given_counts(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.reject(shop.desk, number, None, "Ana")
    assert lifecycle.reject(shop.desk, number, "not ours", "Bob").reason == "not ours"
    assert lifecycle.reject(shop.desk, number, "mend the job", "Ana").reason == "mend the job"
    assert shop.job(DISCOUNT).reason == "rejected by Ana: mend the job"


def test_a_rejected_branch_with_people_s_commits_stays(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    edit = shop.edit(BRANCH, "Total in euros.", "Total.")
    lifecycle.reject(shop.desk, number, "not ours", "Ana")
    assert shop.repo.resolve(f"refs/heads/{BRANCH}") == edit


def test_a_merged_draft_cannot_be_rejected(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.merge(shop.desk, number, ANA)
    with pytest.raises(LifecycleError, match="is merged"):
        lifecycle.reject(shop.desk, number, "late", "Ana")


@pytest.mark.parametrize("squashed", [False, True])
def test_a_draft_merged_with_git_alone_cannot_be_rejected(shop: Shop, squashed: bool) -> None:
    number = merged_with_git_alone(shop, squashed)
    for _ in range(2):
        with pytest.raises(LifecycleError, match=f"#{number} is merged"):
            lifecycle.reject(shop.desk, number, "late", "Ana")
    # It is remembered as merged, so that its version can be traced whatever becomes of main.
    base = shop.repo.commit(shop.desk.base_commit())
    anew = shop.repo.write_commit_tree(base.tree, [], "Begin anew", ANA, shop.desk.clock())
    shop.repo.push([RefUpdate("refs/heads/main", anew, base.sha)])
    assert [each.version for each in lifecycle.promote(shop.desk).promoted] == ["1.3.0"]
    (version,) = story.history(shop.desk, "orders").versions
    assert version.provenance is not None
    assert version.provenance.dataset_id == "table:shop.orders"


def test_a_reopened_draft_is_undecided_again(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.reject(shop.desk, number, "not ours", "Ana")
    pull = lifecycle.reopen(shop.desk, number, "Ana")
    assert pull.state is PullState.OPEN
    assert REJECTED not in pull.labels
    assert shop.job(DISCOUNT).kind is OutcomeKind.UNCHANGED
    lifecycle.merge(shop.desk, number, ANA)
    assert "name: discount" in shop.text("main")


def test_a_draft_is_not_reopened_beside_an_open_one(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.reject(shop.desk, number, "not ours", "Ana")
    shop.job(DISCOUNT_AND_TAX)
    with pytest.raises(LifecycleError):
        lifecycle.reopen(shop.desk, number, "Ana")


def test_a_pull_request_of_somebody_else_is_no_draft(shop: Shop) -> None:
    shop.write("feature", {"x.txt": "x"})
    pull, _ = shop.forge.open(
        head="feature", base="main", title="Mine", body="", labels=[], reviewers=[]
    )
    with pytest.raises(LifecycleError, match="is not a draft of this tool"):
        lifecycle.reject(shop.desk, pull.number, "no", "Ana")


def test_the_history_tells_versions_and_decisions(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    first = pulled(shop.job(DISCOUNT_AND_TAX)).number
    lifecycle.reject(shop.desk, first, "no tax here", "Ana")
    second = pulled(shop.job(DISCOUNT)).number
    lifecycle.merge(shop.desk, second, ANA)
    told = story.history(shop.desk, "orders")
    assert [version.version for version in told.versions] == ["1.3.0", "1.2.0"]
    assert [story.decision(pull) for pull in told.pulls] == ["merged", "rejected"]


def test_the_status_shows_the_open_draft(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    shop.job(DISCOUNT)
    (line,) = story.status(shop.desk)
    assert (line.contract, line.version, line.status, line.promoted) == (
        "orders",
        "1.2.0",
        "active",
        True,
    )
    assert line.draft is not None
    assert line.draft.title == "orders 1.3.0: add discount"


def test_the_status_shows_first_drafts_and_unusable_files(shop: Shop) -> None:
    shop.write("main", {"contracts/broken.odcs.yaml": "id: [\n"})
    shop.job(DISCOUNT, "returns", new=True)
    lines = {line.contract: line.status for line in story.status(shop.desk)}
    assert lines == {
        "orders": "active",
        "contracts/broken.odcs.yaml": "unusable",
        "returns": "new",
    }


def test_a_promoted_version_can_be_shown(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    lifecycle.merge(shop.desk, pulled(shop.job(DISCOUNT)).number, ANA)
    assert story.show(shop.desk, "orders", "1.2.0").text == ORDERS
    assert story.show(shop.desk, "orders").version == "1.3.0"


def test_a_version_that_was_not_promoted_is_named(shop: Shop) -> None:
    lifecycle.promote(shop.desk)
    with pytest.raises(ContractError, match=r"promoted are 1\.2\.0"):
        story.show(shop.desk, "orders", "9.9.9")


def test_what_is_merged_is_remembered_as_its_branch_was(shop: Shop) -> None:
    number = pulled(shop.job(DISCOUNT_AND_TAX)).number
    text = shop.text(BRANCH)
    tax = text[text.index("      - name: tax") : text.index("customProperties:")]
    shop.edit(BRANCH, tax, "")
    pull, _ = lifecycle.merge(shop.desk, number, ANA)
    assert pull.title == "orders 1.3.0: add discount"
    assert "tax" not in shop.forge.get(number).body


def test_a_pull_request_is_retold_without_writing(shop: Shop) -> None:
    pull = pulled(shop.job(DISCOUNT))
    assert retold(shop.desk, pull) == pull
    shop.edit(BRANCH, "version: 1.3.0", "version: 2.0.0")
    before = shop.refs()
    assert retold(shop.desk, shop.forge.get(pull.number)).title == "orders 2.0.0: add discount"
    assert shop.refs() == before


def test_an_edited_first_draft_is_told_as_it_is_and_not_as_the_job_saw_it(shop: Shop) -> None:
    outcome = shop.job(DISCOUNT, "returns", new=True)
    path = "contracts/returns.odcs.yaml"
    shop.edit(outcome.branch, "version: 1.0.0", "version: 0.1.0", path)
    shop.job(DISCOUNT, "returns", new=True)
    pull, _ = lifecycle.merge(shop.desk, pulled(outcome).number, ANA)
    assert pull.title == "returns 0.1.0: first version"


def test_a_broken_file_is_told_above_the_words_of_the_job(shop: Shop) -> None:
    pull = pulled(shop.job(DISCOUNT))
    shop.edit(BRANCH, "schema:", "schema: [")
    body = retold(shop.desk, shop.forge.get(pull.number)).body
    assert body.startswith("⚠️ The contract cannot be read any more: ")
    assert body.endswith(pull.body)
