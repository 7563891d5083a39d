"""What a person wrote becomes a draft like any other, in a real repository."""

from __future__ import annotations

import pytest
from support.shop import ANA, DISCOUNT, ORDERS, Shop, drafted, pulled

from dc43_gitdraft import lifecycle, odcs, provenance, story
from dc43_gitdraft.author.composing import Basis, blank, parsed
from dc43_gitdraft.author.submitting import Written, standing, submit
from dc43_gitdraft.errors import ContractError, EditedDraftError, GitError, LifecycleError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import Outcome, OutcomeKind
from dc43_gitdraft.promotion import promote
from dc43_gitdraft.rebase import DisputedError
from dc43_gitdraft.repo import Identity, RefUpdate
from dc43_gitdraft.retelling import retold

BEN = Identity("Ben Author", "ben@example.org")
DESCRIBED = ORDERS.replace("Total in euros.", "Total in euros, with VAT.")
RENAMED = ORDERS.replace("name: Orders", "name: All orders")


def basis(shop: Shop, contract: str = "orders") -> Basis:
    """Begin as the page does."""
    there = standing(shop.desk, contract)
    if there.now is None:
        return Basis.of(None, blank(contract, "1.0.0"), held=False)
    return Basis.of(there.approved, there.now.text)


def write(shop: Shop, text: str, start: Basis | None = None, reason: str = "") -> Outcome:
    return submit(Written(start or basis(shop), text, reason), shop.desk, BEN)


def tip(shop: Shop, branch: str = "gitdraft/orders") -> str:
    found = shop.repo.resolve(f"refs/heads/{branch}")
    assert found is not None
    return found


def test_a_pull_request_is_opened(shop: Shop) -> None:
    outcome = write(shop, DESCRIBED, reason="customers asked")
    pull = pulled(outcome)
    assert outcome.kind is OutcomeKind.CREATED
    assert pull.title == "orders 1.2.1: document amount"
    assert "**Why.** It was written by hand:" in pull.body
    assert "- written by: `Ben Author`" in pull.body
    assert "- `reason`: `customers asked`" in pull.body
    assert "Total in euros, with VAT." in shop.text("gitdraft/orders")
    assert "version: 1.2.1  # semantic" in shop.text("gitdraft/orders")


def test_the_commit_is_the_persons_and_says_where_it_came_from(shop: Shop) -> None:
    outcome = write(shop, DESCRIBED, reason="customers asked @ana fixes #1")
    commit = shop.repo.commit(tip(shop))
    said = provenance.parse(commit.message)
    assert (commit.author, commit.committer) == (BEN, BEN)
    assert "Written by Ben Author: customers asked %40ana fixes %231" in commit.message
    assert said is not None
    assert said.authored_by == "Ben Author <ben@example.org>"
    assert (said.base_version, said.draft_version) == ("1.2.0", "1.2.1")
    assert said.digest == drafted(outcome).digest


def test_once_merged_it_is_promoted_and_the_tag_names_the_author(shop: Shop) -> None:
    promote(shop.desk)
    outcome = write(shop, DESCRIBED)
    lifecycle.merge(shop.desk, pulled(outcome).number, ANA)
    (newest, _) = story.history(shop.desk, "orders").versions
    assert newest.version == "1.2.1"
    assert newest.provenance is not None
    assert newest.provenance.authored_by == str(BEN)
    assert shop.text("main") == DESCRIBED.replace("1.2.0", "1.2.1")


def test_the_same_again_changes_nothing(shop: Shop) -> None:
    write(shop, DESCRIBED)
    before = shop.refs()
    assert write(shop, shop.text("gitdraft/orders")).kind is OutcomeKind.UNCHANGED
    assert write(shop, DESCRIBED, Basis.of(odcs.read(ORDERS), ORDERS)).kind is OutcomeKind.UNCHANGED
    assert shop.refs() == before


def test_going_on_updates_the_pull_request(shop: Shop) -> None:
    first = pulled(write(shop, DESCRIBED))
    text = shop.text("gitdraft/orders").replace("name: Orders", "name: All orders")
    outcome = write(shop, text)
    assert (outcome.kind, pulled(outcome).number) == (OutcomeKind.UPDATED, first.number)
    held = odcs.read(shop.text("gitdraft/orders"))
    assert (held.document["name"], held.version) == ("All orders", "1.2.1")
    assert len(shop.repo.log([tip(shop)], exclude=[shop.desk.base_commit()])) == 2


def test_nothing_is_opened_for_what_the_contract_says_already(shop: Shop) -> None:
    outcome = write(shop, ORDERS)
    assert (outcome.kind, shop.open_pulls()) == (OutcomeKind.NO_DRIFT, [])


def test_taking_all_out_of_an_open_draft_is_for_closing_it(shop: Shop) -> None:
    write(shop, DESCRIBED)
    outcome = write(shop, ORDERS.replace("1.2.0", "1.2.1"))
    assert outcome.kind is OutcomeKind.NO_DRIFT
    assert outcome.reason is not None
    assert "to withdraw what #1 proposes, close it" in outcome.reason


def test_what_a_steward_rejected_is_not_proposed_again(shop: Shop) -> None:
    lifecycle.reject(shop.desk, pulled(write(shop, DESCRIBED)).number, "without VAT", "ana")
    outcome = write(shop, DESCRIBED)
    assert (outcome.kind, outcome.reason) == (
        OutcomeKind.REJECTED,
        "rejected by ana: without VAT",
    )
    assert shop.open_pulls() == []


def test_after_a_rejection_something_else_is_proposed_anew(shop: Shop) -> None:
    lifecycle.reject(shop.desk, pulled(write(shop, DESCRIBED)).number, "without VAT", "ana")
    outcome = write(shop, RENAMED)
    assert (outcome.kind, pulled(outcome).number) == (OutcomeKind.CREATED, 2)
    assert "VAT" not in shop.text("gitdraft/orders")


def test_an_invalid_contract_is_refused_and_nothing_is_written(shop: Shop) -> None:
    before = shop.refs()
    with pytest.raises(ContractError, match="logicalType: 'strin' is not known here"):
        write(shop, ORDERS.replace("logicalType: string", "logicalType: strin"))
    assert shop.refs() == before


def test_an_approved_contract_that_is_invalid_can_be_mended(shop: Shop) -> None:
    shop.edit("main", "logicalType: integer", "logicalType: integr")
    shop.edit("main", "version: 1.2.0", "version: '1.2'")
    start = basis(shop)
    with pytest.raises(ContractError, match=r"version '1.2' is not a semantic version: write '1"):
        write(shop, ORDERS.replace("version: 1.2.0", "version: '1.2'"), start)
    outcome = write(shop, ORDERS.replace("version: 1.2.0", "version: 1.2.1"), start)
    assert outcome.kind is OutcomeKind.CREATED
    assert odcs.read(shop.text("gitdraft/orders")).version == "1.2.1"


def test_what_a_steward_edits_then_is_told_with_its_author(shop: Shop) -> None:
    pull = pulled(write(shop, DESCRIBED))
    shop.edit("gitdraft/orders", "with VAT", "with VAT and duties")
    told = retold(shop.desk, shop.forge.get(pull.number))
    assert "- written by: `Ben Author`" in told.body
    assert "people edited this draft after its author had written it" in told.body


# -- together with jobs ---------------------------------------------------------------------------


def test_a_job_keeps_what_was_written(shop: Shop) -> None:
    write(shop, DESCRIBED)
    outcome = shop.job(DISCOUNT)
    assert outcome.kind is OutcomeKind.UPDATED
    held = odcs.read(shop.text("gitdraft/orders"))
    names = [each["name"] for each in held.document["schema"][0]["properties"]]
    assert (names[-1], held.version) == ("discount", "1.3.0")
    assert "with VAT" in held.text


def test_a_job_that_sees_no_drift_leaves_it_open(shop: Shop) -> None:
    write(shop, DESCRIBED)
    shop.job()
    assert len(shop.open_pulls()) == 1


def test_a_jobs_open_draft_is_gone_on_with(shop: Shop) -> None:
    shop.job(DISCOUNT)
    text = shop.text("gitdraft/orders").replace("Total in euros.", "Total in euros, with VAT.")
    outcome = write(shop, text)
    said = provenance.parse(shop.repo.commit(tip(shop)).message)
    assert (outcome.kind, pulled(outcome).number) == (OutcomeKind.UPDATED, 1)
    assert said is not None
    assert (said.dataset_id, said.authored_by) == ("table:shop.orders", str(BEN))
    assert shop.job(DISCOUNT).kind is OutcomeKind.UNCHANGED
    assert "with VAT" in shop.text("gitdraft/orders")


def test_a_draft_that_was_opened_meanwhile_gets_both(shop: Shop) -> None:
    start = basis(shop)
    shop.job(DISCOUNT)
    outcome = write(shop, DESCRIBED, start)
    held = odcs.read(shop.text("gitdraft/orders"))
    assert (outcome.kind, held.version) == (OutcomeKind.UPDATED, "1.3.0")
    assert "discount" in held.text
    assert "with VAT" in held.text


def test_the_places_are_named_where_an_open_draft_says_otherwise(shop: Shop) -> None:
    start = basis(shop)
    write(shop, RENAMED)
    before = shop.refs()
    with pytest.raises(DisputedError) as refused:
        write(shop, ORDERS.replace("name: Orders", "name: Sales"), start)
    assert refused.value.places == ("name",)
    assert shop.refs() == before


def test_a_contract_that_moved_on_the_base_branch_gets_both(shop: Shop) -> None:
    write(shop, DESCRIBED)
    start = basis(shop)
    shop.edit("main", "name: Orders", "name: All orders")
    text = start.text.replace("# the key", "# the key\n        description: The number.")
    outcome = write(shop, text, start)
    held = odcs.read(shop.text("gitdraft/orders"))
    assert (outcome.kind, held.document["name"]) == (OutcomeKind.UPDATED, "All orders")
    assert "with VAT" in held.text
    assert "The number." in held.text


def test_an_open_draft_that_the_base_branch_contradicts_has_to_be_mended_first(shop: Shop) -> None:
    write(shop, RENAMED)
    start = basis(shop)
    shop.edit("main", "name: Orders", "name: Sales")
    with pytest.raises(LifecycleError, match=r"changed the same places \(name\): merge main into"):
        write(shop, start.text.replace("Total in euros.", "Total."), start)


def test_a_branch_of_somebody_else_is_left_alone(shop: Shop) -> None:
    mine = shop.repo.write_commit(
        [shop.desk.base_commit()], {"x": b"y"}, "Mine", author=ANA, when=shop.desk.clock()
    )
    shop.repo.push([RefUpdate("refs/heads/gitdraft/orders", mine, None)])
    with pytest.raises(EditedDraftError, match="holds people's commits and was not made by"):
        write(shop, DESCRIBED)


def test_a_run_that_ended_before_the_pull_request_is_finished_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise GitError("the network is gone")

    start = basis(shop)
    with monkeypatch.context() as patch:
        patch.setattr(LocalForge, "open", broken)
        with pytest.raises(GitError):
            write(shop, DESCRIBED, start)
    left = tip(shop)
    assert write(shop, DESCRIBED, start).kind is OutcomeKind.CREATED
    assert tip(shop) == left


# -- new contracts --------------------------------------------------------------------------------


def returns(shop: Shop) -> str:
    (only,) = parsed(ORDERS)["schema"]
    start = parsed(blank("returns", "1.0.0"))
    return odcs.dump_new({**start, "schema": [{**only, "name": "returns"}]})


def test_a_new_contract_is_proposed_at_the_first_version(shop: Shop) -> None:
    outcome = write(shop, returns(shop), basis(shop, "returns"))
    held = odcs.read(shop.text("gitdraft/returns", "contracts/returns.odcs.yaml"))
    assert (outcome.kind, held.version) == (OutcomeKind.CREATED, "1.0.0")
    assert pulled(outcome).title.startswith("returns 1.0.0: ")


def test_a_new_contract_that_another_made_meanwhile_is_refused(shop: Shop) -> None:
    start = basis(shop, "returns")
    other = ORDERS.replace("id: orders", "id: returns")
    shop.write("main", {"contracts/returns.odcs.yaml": other})
    with pytest.raises(LifecycleError, match="there is a contract 'returns' by now"):
        write(shop, returns(shop), start)


def test_a_new_contract_is_gone_on_with(shop: Shop) -> None:
    write(shop, returns(shop), basis(shop, "returns"))
    start = basis(shop, "returns")
    outcome = write(shop, start.text.replace("Total in euros.", "Total."), start)
    assert (outcome.kind, pulled(outcome).number) == (OutcomeKind.UPDATED, 1)
