"""What is seen of a whole repository: versions, drafts as they are, decisions and who made them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_on, git
from support.hosted import Hosted, hosted, use
from support.shop import ANA, DISCOUNT_AND_TAX, ORDERS, START, Shop, pulled

from dc43_gitdraft import lifecycle
from dc43_gitdraft.cli.options import Common
from dc43_gitdraft.cli.workspace import open_desk
from dc43_gitdraft.model import Bump, PullRequest, PullState, Verdict
from dc43_gitdraft.overview import Overview, Portrait, _readings, decisions, look, relationships
from dc43_gitdraft.publish import OBSOLETE
from dc43_gitdraft.repo import BOT
from dc43_gitdraft.story import decision

FILE = "contracts/orders.odcs.yaml"
BRANCH = "gitdraft/orders"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "contracts.git")
    lifecycle.promote(shop.desk)
    return shop


def of(overview: Overview, contract: str = "orders") -> Portrait:
    """Return the portrait of a contract; there is exactly one."""
    (found,) = (each for each in overview.portraits if each.id == contract)
    return found


def merged(shop: Shop) -> PullRequest:
    """Draft, and merge the draft as Ana."""
    return lifecycle.merge(shop.desk, pulled(shop.job()).number, ANA)[0]


def test_versions_come_newest_first_with_their_step_and_the_draft_that_they_were(
    shop: Shop,
) -> None:
    pull = merged(shop)
    newest, oldest = of(look(shop.desk)).releases
    assert (newest.version, newest.step, newest.tag) == ("1.3.0", Bump.MINOR, "orders/v1.3.0")
    assert newest.pull is not None
    assert (newest.pull.number, newest.pull.decided_by) == (pull.number, ANA.name)
    assert newest.origin is not None
    assert newest.origin.dataset_id == "table:shop.orders"
    assert (oldest.version, oldest.step, oldest.pull) == ("1.2.0", None, None)
    assert oldest.at is not None
    assert newest.at is not None
    assert START < oldest.at < newest.at


def test_a_contract_stands_as_its_file_says(shop: Shop) -> None:
    found = of(look(shop.desk))
    assert (found.path, found.version, found.status, found.promoted) == (
        FILE,
        "1.2.0",
        "active",
        True,
    )
    shop.edit("main", "version: 1.2.0", "version: 1.2.1")
    assert of(look(shop.desk)).promoted is False


def test_an_open_draft_is_judged(shop: Shop) -> None:
    shop.job()
    proposal = of(look(shop.desk)).proposal
    assert proposal is not None
    assert (proposal.verdict, proposal.words) == (Verdict.OK, "Compatible")
    assert proposal.draft is not None
    assert (proposal.draft.base_version, proposal.draft.version) == ("1.2.0", "1.3.0")


def test_the_verdict_is_that_of_the_branch_whatever_the_pull_request_says(shop: Shop) -> None:
    pull = pulled(shop.job())
    shop.edit(BRANCH, "        logicalType: number\n        physicalType: decimal(10,2)\n", "")
    shop.forge.update(pull.number, title="harmless", body="✅ **Compatible**")
    proposal = of(look(shop.desk)).proposal
    assert proposal is not None
    assert (proposal.verdict, proposal.words) == (Verdict.BLOCK, "Breaking")


def test_levels_of_the_settings_count(shop: Shop) -> None:
    shop.write("main", {".gitdraft.yaml": "rules: {property-added-optional: error}\n"})
    shop.job()
    proposal = of(look(shop.desk)).proposal
    assert proposal is not None
    assert proposal.verdict is Verdict.BLOCK


@pytest.mark.parametrize(
    ("text", "said"),
    [("id: [", "expected"), (None, "not on its branch"), ("id: other\n", "kind is missing")],
)
def test_a_draft_that_cannot_be_read_is_unknown(shop: Shop, text: str | None, said: str) -> None:
    shop.job()
    shop.write(BRANCH, {FILE: text})
    proposal = of(look(shop.desk)).proposal
    assert proposal is not None
    assert (proposal.verdict, proposal.draft) == (Verdict.UNKNOWN, None)
    assert said in proposal.words


def test_a_draft_whose_file_people_moved_is_found(shop: Shop) -> None:
    shop.job()
    shop.write(BRANCH, {FILE: None, "contracts/shop/orders.odcs.yaml": shop.text(BRANCH)})
    proposal = of(look(shop.desk)).proposal
    assert proposal is not None
    assert proposal.words == "Compatible"


def test_a_first_draft_is_a_contract_that_is_new(shop: Shop) -> None:
    shop.job(contract="Returns", new=True, dataset="table:shop.returns")
    found = of(look(shop.desk), "Returns")
    assert (found.status, found.version, found.path) == ("new", "", "")
    assert found.proposal is not None
    assert found.proposal.words == "First version"


def test_what_was_rejected_is_told_with_the_reason(shop: Shop) -> None:
    lifecycle.reject(shop.desk, pulled(shop.job()).number, "no discounts here", ANA.name)
    (pull,) = of(look(shop.desk)).decided
    assert (decision(pull), pull.decided_by, pull.reason) == (
        "rejected",
        ANA.name,
        "no discounts here",
    )


def test_a_first_draft_that_was_rejected_is_not_approved(shop: Shop) -> None:
    outcome = shop.job(contract="returns", new=True, dataset="table:shop.returns")
    lifecycle.reject(shop.desk, pulled(outcome).number, "not ours", ANA.name)
    found = of(look(shop.desk), "returns")
    assert (found.status, [pull.reason for pull in found.decided]) == ("not approved", ["not ours"])


def test_a_contract_that_was_removed_keeps_its_versions(shop: Shop) -> None:
    shop.write("main", {FILE: None, "README.md": "empty\n"})
    found = of(look(shop.desk))
    assert (found.status, [each.version for each in found.releases]) == ("removed", ["1.2.0"])


def test_a_file_that_is_no_contract_keeps_its_name_and_says_why(shop: Shop) -> None:
    shop.write("main", {FILE: "id: ["})
    found = of(look(shop.desk), FILE)
    assert (found.slug, found.status) == ("orders", "unusable")
    assert found.problem
    assert [each.version for each in found.releases] == ["1.2.0"]


def test_a_lightweight_tag_counts_with_its_commits_time(shop: Shop) -> None:
    git(shop.path, "tag", "orders/v1.1.0", "main")
    oldest = of(look(shop.desk)).releases[-1]
    assert oldest.version == "1.1.0"
    assert oldest.at == START + timedelta(minutes=1)


def test_tags_of_others_are_nobodys_versions(shop: Shop) -> None:
    for name in ("v1.0.0", "orders/v1", "unknown/v1.0.0", "orders/1.0.0"):
        git(shop.path, "tag", name, "main")
    found = look(shop.desk)
    assert [each.id for each in found.portraits] == ["orders"]
    assert [each.version for each in of(found).releases] == ["1.2.0"]


@pytest.mark.parametrize(
    ("template", "tag", "expected"),
    [
        ("{slug}/v{version}", "orders/v1.2.0", [("orders", "1.2.0")]),
        ("{slug}/v{version}", "orders/1.2.0", []),
        ("{version}/{slug}", "1.2.0/orders", [("orders", "1.2.0")]),
        ("{slug}{version}", "orders1.2.0", [("orders", "1.2.0")]),
        ("x-{slug}-{version}", "x-a-1.0.0-2", [("a", "1.0.0-2")]),
        (
            "{slug}-{version}",
            "a-1.0.0-1.0.0",
            [("a", "1.0.0-1.0.0"), ("a-1.0.0", "1.0.0")],
        ),
    ],
)
def test_a_tag_is_read_by_the_settings(
    template: str, tag: str, expected: list[tuple[str, str]]
) -> None:
    assert list(_readings(template, tag)) == expected


def test_pull_requests_of_people_and_to_other_branches_are_no_drafts(shop: Shop) -> None:
    shop.write("release", {"README.md": "other\n"})
    shop.write("people/work", {FILE: ORDERS.replace("Total", "Sum")})
    shop.forge.open("people/work", "main", "Reword", "")
    shop.write(BRANCH, {FILE: ORDERS.replace("Total", "Sum")})
    shop.forge.open(BRANCH, "release", "Elsewhere", "")
    found = of(look(shop.desk))
    assert (found.proposal, found.decided) == (None, ())


def test_decisions_come_newest_first(shop: Shop) -> None:
    merged(shop)
    lifecycle.reject(shop.desk, pulled(shop.job(DISCOUNT_AND_TAX)).number, "no tax", ANA.name)
    assert [(pull.number, decision(pull)) for pull in decisions(shop.desk)] == [
        (2, "rejected"),
        (1, "merged"),
    ]


def test_an_obsolete_draft_is_no_rejection(shop: Shop) -> None:
    number = pulled(shop.job()).number
    shop.forge.update(number, state=PullState.CLOSED, add_labels=[OBSOLETE])
    assert [decision(each) for each in of(look(shop.desk)).decided] == ["obsolete"]


def test_relationships_are_those_of_the_base_branch(shop: Shop) -> None:
    refund = ORDERS.replace("id: orders", "id: refunds").replace(
        "- name: orders", "- name: refunds"
    )
    refund += "        relationships:\n          - to: orders.order_id\n"
    shop.write("main", {"contracts/refunds.odcs.yaml": refund})
    (link,) = relationships(shop.desk)
    assert (link.source, link.target, link.columns) == (
        "refunds",
        "orders",
        (("refunds.note", "orders.order_id"),),
    )
    assert look(shop.desk).links == (link,)


# On GitHub, whose list tells neither who merged nor why people closed


@pytest.fixture
def on_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    with hosted(tmp_path) as shop:
        use(monkeypatch, shop.env())
        yield shop


def seen(shop: Hosted) -> Overview:
    with open_desk(Common(shop.github.url, None, "github", None, "text")) as desk:
        return look(desk)


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_who_merged_on_github_is_known(
    method: str, on_github: Hosted, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = Cli(capsys)
    cli("draft", "orders", "--from", on_github.data("discount"))
    on_github.github.merge(1, method, by="ana")
    cli("promote")
    newest = of(seen(on_github)).releases[0]
    assert newest.pull is not None
    assert newest.pull.decided_by == "ana"
    # Of a merge commit, Git tells; of a squash, GitHub has to be asked.
    asked = "GET /repos/acme/contracts/pulls/1" in on_github.github.calls
    assert asked == (method == "squash")


def test_who_closed_on_github_and_why_is_known(
    on_github: Hosted, capsys: pytest.CaptureFixture[str]
) -> None:
    Cli(capsys)("draft", "orders", "--from", on_github.data("discount"))
    on_github.github.close(1, by="ana", comment="No discounts here.")
    (pull,) = of(seen(on_github)).decided
    assert (pull.decided_by, pull.reason) == ("ana", "No discounts here.")


def test_the_branch_of_a_draft_on_github_is_judged(
    on_github: Hosted, capsys: pytest.CaptureFixture[str]
) -> None:
    Cli(capsys)("draft", "orders", "--from", on_github.data("discount"))
    text = on_github.text(BRANCH).replace("      - name: note\n", "      - name: remark\n")
    commit_on(on_github.github.path, BRANCH, {FILE: text})
    on_github.github.pushed("ana")
    proposal = of(seen(on_github)).proposal
    assert proposal is not None
    assert proposal.verdict is Verdict.BLOCK


def test_who_updated_the_branch_is_not_taken_for_who_pushed_it_to_main_on_github(
    on_github: Hosted, capsys: pytest.CaptureFixture[str]
) -> None:
    Cli(capsys)("draft", "orders", "--from", on_github.data("discount"))
    bare = on_github.github.path
    commit_on(bare, "main", {"README.md": "x"})
    tree = git(bare, "merge-tree", "--write-tree", BRANCH, "main")
    zoe = ("-c", "user.name=zoe", "-c", "user.email=zoe@example.org")
    tip = git(bare, *zoe, "commit-tree", tree, "-p", BRANCH, "-p", "main", "-m", "Merge main")
    git(bare, "update-ref", f"refs/heads/{BRANCH}", tip)
    on_github.github.pushed("zoe")
    git(bare, "update-ref", "refs/heads/main", tip)
    on_github.github.pushed("ana")
    with open_desk(Common(on_github.github.url, None, "github", None, "text")) as desk:
        (newest,) = decisions(desk)
    assert (newest.state, newest.decided_by) == (PullState.MERGED, "ana")


def test_who_picked_a_draft_merged_it_and_not_who_drafted_it(shop: Shop) -> None:
    shop.job()
    bare = shop.path
    shop.write("main", {"README.md": "x"})
    clone = bare.parent / "clone"
    git(bare.parent, "clone", "-q", str(bare), str(clone))
    git(clone, "cherry-pick", f"origin/{BRANCH}")
    git(clone, "push", "-q", "origin", "main")
    lifecycle.promote(shop.desk)
    (newest,) = decisions(shop.desk)
    by = git(clone, "log", "-1", "--format=%cn")
    assert (newest.state, newest.decided_by) == (PullState.MERGED, by)
    assert by != BOT.name
