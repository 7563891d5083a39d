"""dc43's contract store over a repository: what is read are promoted versions, what is put drafts.

The first tests are what dc43 expects of any contract store, with one difference: between `put` and
reading stands a merge.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dc43_service_backends.contracts.backend.local import LocalContractServiceBackend
from open_data_contract_standard.model import (
    Description,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from support.git import git
from support.git_http import serve
from support.governance import CONTRACT, merge
from support.shop import DISCOUNT, Shop, added_lines, drafted, pulled

from dc43_gitdraft import lifecycle, odcs
from dc43_gitdraft.base_contract import document_of
from dc43_gitdraft.dc43 import GitContractStore, NoSuchVersionError
from dc43_gitdraft.errors import ConfigError, ContractError, EditedDraftError, LifecycleError
from dc43_gitdraft.model import OutcomeKind

BRANCH = "gitdraft/orders"


def new(contract_id: str = "test.orders", usage: str = "Orders facts") -> OpenDataContractStandard:
    return OpenDataContractStandard(
        version="1.0.0",
        kind="DataContract",
        apiVersion="3.0.2",
        id=contract_id,
        name="Orders",
        status="draft",
        description=Description(usage=usage),
        schema=[
            SchemaObject(
                name="orders",
                properties=[
                    SchemaProperty(name="order_id", physicalType="bigint", required=True),
                ],
            )
        ],
    )


def draft_of(store: GitContractStore, version: str = "1.3.0") -> OpenDataContractStandard:
    found = store.get("orders", "1.2.0")
    found.status, found.version = "draft", version
    return found


def columns(contract: OpenDataContractStandard) -> list[SchemaProperty]:
    assert contract.schema_ is not None
    listed = contract.schema_[0].properties
    assert listed is not None
    return listed


# What dc43 expects of any store


def test_what_is_put_and_merged_is_read(store: GitContractStore, shop: Shop) -> None:
    store.put(new())
    merge(shop)
    found = store.get("test.orders", "1.0.0")
    assert (found.id, found.version, found.status) == ("test.orders", "1.0.0", "active")
    assert found.description is not None
    assert found.description.usage == "Orders facts"
    assert [each.name for each in columns(found)] == ["order_id"]
    assert store.list_contracts() == ["orders", "test.orders"]
    assert store.list_versions("test.orders") == ["1.0.0"]


def test_another_put_before_the_merge_counts(store: GitContractStore, shop: Shop) -> None:
    store.put(new())
    store.put(new(usage="Orders facts v2"))
    merge(shop)
    found = store.get("test.orders", "1.0.0").description
    assert found is not None
    assert found.usage == "Orders facts v2"


def test_the_latest_is_the_highest_version_and_no_text(store: GitContractStore, shop: Shop) -> None:
    for version in ("1.9.0", "1.10.0"):
        shop.write("main", {"contracts/orders.odcs.yaml": CONTRACT.replace("1.2.0", version)})
        lifecycle.promote(shop.desk)
    latest = store.latest("orders")
    assert latest is not None
    assert latest.version == "1.10.0"
    assert store.list_versions("orders") == ["1.2.0", "1.9.0", "1.10.0"]


def test_a_release_comes_after_its_candidates(store: GitContractStore, shop: Shop) -> None:
    for version in ("1.3.0-rc.1", "1.3.0"):
        shop.write("main", {"contracts/orders.odcs.yaml": CONTRACT.replace("1.2.0", version)})
        lifecycle.promote(shop.desk)
    latest = store.latest("orders")
    assert latest is not None
    assert latest.version == "1.3.0"


def test_an_unknown_contract_has_no_version(store: GitContractStore) -> None:
    assert store.latest("nothing") is None
    assert store.list_versions("nothing") == []


def test_a_missing_version_is_missing_to_dc43s_services(store: GitContractStore) -> None:
    with pytest.raises(FileNotFoundError, match=r"promoted are 1\.2\.0") as found:
        store.get("orders", "9.9.9")
    assert isinstance(found.value, NoSuchVersionError)


def test_dc43s_backend_delegates_to_the_store(store: GitContractStore) -> None:
    backend = LocalContractServiceBackend(store)
    listing = backend.list_contracts(limit=1)
    assert (list(listing.items), listing.total) == (["orders"], 1)
    assert backend.get("orders", "1.2.0") == backend.latest("orders")
    assert backend.list_versions("orders") == ["1.2.0"]


@pytest.mark.filterwarnings("ignore:.*on the Contract Service is deprecated:FutureWarning")
def test_a_linked_contract_stays_there(store: GitContractStore) -> None:
    backend = LocalContractServiceBackend(store)
    backend.link_dataset_contract(
        dataset_id="table:shop.orders",
        dataset_version="1",
        contract_id="orders",
        contract_version="1.2.0",
    )
    assert backend.get_linked_contract_version(dataset_id="table:shop.orders") is None


# Reading


def test_a_draft_is_never_read(store: GitContractStore, shop: Shop) -> None:
    shop.job(DISCOUNT)
    store.put(new())
    assert store.list_contracts() == ["orders"]
    assert store.list_versions("orders") == ["1.2.0"]
    latest = store.latest("orders")
    assert latest is not None
    assert (latest.version, latest.status) == ("1.2.0", "active")


def test_a_contract_that_left_the_base_branch_is_still_read(
    store: GitContractStore, shop: Shop
) -> None:
    shop.write("main", {"contracts/orders.odcs.yaml": None})
    assert store.list_contracts() == ["orders"]
    assert store.get("orders", "1.2.0").id == "orders"


def test_a_version_that_people_tagged_is_read(store: GitContractStore, shop: Shop) -> None:
    tagged = CONTRACT.replace("id: orders", "id: refunds")
    shop.write("main", {"contracts/others/refunds.odcs.yaml": tagged})
    git(shop.path, "tag", "refunds/v1.2.0", "main")
    assert store.list_contracts() == ["orders", "refunds"]
    assert store.get("refunds", "1.2.0").id == "refunds"


def test_dates_are_text_as_the_model_wants_them(store: GitContractStore, shop: Shop) -> None:
    dated = CONTRACT.replace(
        "status: active\n",
        "status: active\ncustomProperties:\n  - property: since\n    value: 2024-05-30\n",
    ).replace("1.2.0", "1.2.1")
    shop.write("main", {"contracts/orders.odcs.yaml": dated})
    lifecycle.promote(shop.desk)
    found = store.get("orders", "1.2.1").customProperties
    assert found is not None
    assert found[0].value == "2024-05-30"


# Proposing


def test_a_draft_becomes_a_pull_request_that_changes_its_lines_alone(
    store: GitContractStore, shop: Shop
) -> None:
    draft = draft_of(store)
    columns(draft)[2].businessName = "Remark"
    store.put(draft)
    assert len(shop.open_pulls()) == 1
    text = shop.text(BRANCH)
    lines = added_lines(
        CONTRACT.replace("version: 1.2.0", "version: 1.2.1").replace(
            "status: active", "status: draft"
        ),
        text.replace("version: 1.3.0", "version: 1.2.1"),
    )
    assert "        businessName: Remark" in lines
    lines.remove("        businessName: Remark")
    assert lines[:3] == ["customProperties:", "  - property: gitdraft", "    value:"]
    assert all(line.startswith("      ") for line in lines[3:])


def test_what_the_model_drops_stays(store: GitContractStore, shop: Shop) -> None:
    draft = draft_of(store)
    columns(draft)[1].description = "Total in cents."
    store.put(draft)
    assert "                value: null  # for good\n" in shop.text(BRANCH)


def test_a_key_that_the_model_does_not_know_is_named(store: GitContractStore, shop: Shop) -> None:
    more = CONTRACT.replace("id: orders", "id: more")
    shop.write("main", {"contracts/more.odcs.yaml": f"{more}shelf: s3cret\n"})
    lifecycle.promote(shop.desk)
    with pytest.raises(ContractError) as refused:
        store.latest("more")
    assert str(refused.value) == (
        "dc43 cannot read more 1.2.0: its model does not know the key 'shelf'; "
        "`document` has it as it is written"
    )
    assert store.document("more", "1.2.0")["shelf"] == "s3cret"


def test_what_the_model_takes_for_something_else_is_placed() -> None:
    wrong = odcs.read(CONTRACT.replace("name: Orders", "name: [s3cret]"), validate=False)
    with pytest.raises(ContractError) as refused:
        document_of(new(), wrong.document)
    assert str(refused.value).endswith("made from: name: Input should be a valid string")


def test_a_draft_put_twice_is_put_once(store: GitContractStore, shop: Shop) -> None:
    draft = draft_of(store)
    columns(draft)[2].businessName = "Remark"
    first = store.propose(draft)
    before = shop.refs()
    again = store.propose(draft)
    assert (first.kind, again.kind) == (OutcomeKind.CREATED, OutcomeKind.UNCHANGED)
    assert shop.refs() == before


def test_a_draft_without_a_change_opens_nothing(store: GitContractStore, shop: Shop) -> None:
    outcome = store.propose(draft_of(store))
    assert (outcome.kind, outcome.reason) == (
        OutcomeKind.NO_DRIFT,
        "the contract says that already",
    )
    assert shop.open_pulls() == []


def test_a_step_of_the_version_is_taken_as_it_was_put(store: GitContractStore) -> None:
    draft = draft_of(store, "2.0.0")
    columns(draft)[2].businessName = "Remark"
    assert drafted(store.propose(draft)).version == "2.0.0"


def test_another_draft_updates_the_pull_request(store: GitContractStore, shop: Shop) -> None:
    draft = draft_of(store)
    columns(draft)[2].businessName = "Remark"
    store.put(draft)
    columns(draft)[2].description = "What the customer says."
    outcome = store.propose(draft)
    assert outcome.kind is OutcomeKind.UPDATED
    assert len(shop.open_pulls()) == 1


def test_what_a_steward_rejected_is_not_proposed_again(store: GitContractStore, shop: Shop) -> None:
    draft = draft_of(store)
    columns(draft)[2].businessName = "Remark"
    number = pulled(store.propose(draft)).number
    lifecycle.reject(shop.desk, number, "no second name", "Ana Steward")
    outcome = store.propose(draft)
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.reason == "rejected by Ana Steward: no second name"


def test_a_stewards_edits_of_the_branch_stay(store: GitContractStore, shop: Shop) -> None:
    draft = draft_of(store)
    columns(draft)[2].businessName = "Remark"
    store.put(draft)
    shop.edit(BRANCH, "Total in euros.", "Total in euros, with tax.")
    columns(draft)[0].businessName = "Number"
    assert store.propose(draft).kind is OutcomeKind.UPDATED
    assert "Total in euros, with tax." in shop.text(BRANCH)
    assert "businessName: Number" in shop.text(BRANCH)


def test_a_draft_of_an_older_version_keeps_what_was_merged_since(
    store: GitContractStore, shop: Shop
) -> None:
    draft = draft_of(store)
    columns(draft)[2].businessName = "Remark"
    shop.edit("main", "name: Orders", "name: Orders of the shop")
    assert store.propose(draft).kind is OutcomeKind.CREATED
    text = shop.text(BRANCH)
    assert "name: Orders of the shop" in text
    assert "businessName: Remark" in text


def test_a_contract_that_is_not_promoted_yet_is_what_a_draft_is_made_of(
    store: GitContractStore, shop: Shop
) -> None:
    proposed = CONTRACT.replace("id: orders", "id: refunds").replace("active", "proposed")
    shop.write("main", {"contracts/refunds.odcs.yaml": proposed})
    draft = draft_of(store)
    draft.id = "refunds"
    columns(draft)[2].businessName = "Remark"
    assert store.propose(draft).kind is OutcomeKind.CREATED
    text = shop.text("gitdraft/refunds", "contracts/refunds.odcs.yaml")
    assert "value: null  # for good" in text
    assert "businessName: Remark" in text


def test_a_change_of_what_changed_meanwhile_is_refused(store: GitContractStore, shop: Shop) -> None:
    draft = draft_of(store)
    columns(draft)[1].description = "Total in cents."
    shop.edit("main", "Total in euros.", "Total in pounds.")
    with pytest.raises(EditedDraftError, match=r"description of 'orders' was changed on main"):
        store.put(draft)


@pytest.mark.parametrize("status", ["active", "proposed", "Retired", "", None])
def test_what_is_no_draft_is_refused_with_what_to_do(
    store: GitContractStore, shop: Shop, status: str | None
) -> None:
    final = draft_of(store)
    final.status = status
    before = shop.refs()
    with pytest.raises(LifecycleError, match="put it with the status 'draft', which opens one"):
        store.put(final)
    assert shop.refs() == before


def test_a_draft_that_is_no_contract_is_refused(store: GitContractStore, shop: Shop) -> None:
    draft = draft_of(store)
    columns(draft)[1].logicalType = "money"
    before = shop.refs()
    with pytest.raises(ContractError, match="what is proposed for 'orders'"):
        store.put(draft)
    assert shop.refs() == before


def test_an_id_that_climbs_out_of_its_folder_is_refused(store: GitContractStore) -> None:
    with pytest.raises(ContractError, match="climbs out"):
        store.put(new("a/../../b"))


def test_the_provenance_says_who_put_it_and_through_what(
    store: GitContractStore, shop: Shop
) -> None:
    git(shop.path, "config", "user.name", "Ana Steward")
    git(shop.path, "config", "user.email", "ana@example.org")
    draft = draft_of(store)
    columns(draft)[2].businessName = "Remark"
    outcome = store.propose(draft)
    assert outcome.commit is not None
    message = shop.repo.commit(outcome.commit).message
    assert "\nProposed through dc43 " in message
    assert "\nObserved-By: dc43 " in message
    assert "\nAuthored-By: Ana Steward <ana%40example.org>\n" in message
    assert "It was written by hand:\n\n- written by: `Ana Steward`" in shop.open_pulls()[0].body


# The repository


@pytest.fixture
def server(shop: Shop, tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path) as git_server:
        yield git_server.url("contracts.git")


def test_a_store_that_is_closed_says_so(shop: Shop) -> None:
    store = GitContractStore(shop.desk)
    store.close()
    with pytest.raises(ConfigError, match="closed"):
        store.list_contracts()


def test_a_path_is_enough(shop: Shop) -> None:
    with GitContractStore(shop.path) as store:
        assert odcs.read(CONTRACT).document == store.document("orders", "1.2.0")


def test_a_remote_is_asked_again_once_what_it_said_is_old(server: str, shop: Shop) -> None:
    at = [0.0]
    with GitContractStore(server, every=30, clock=lambda: at[0]) as store:
        assert store.list_versions("orders") == ["1.2.0"]
        shop.write("main", {"contracts/orders.odcs.yaml": CONTRACT.replace("1.2.0", "1.3.0")})
        lifecycle.promote(shop.desk)
        assert store.list_versions("orders") == ["1.2.0"]
        at[0] = 31.0
        assert store.list_versions("orders") == ["1.2.0", "1.3.0"]


def test_a_version_that_is_asked_for_by_name_is_found_at_once(server: str, shop: Shop) -> None:
    with GitContractStore(server, clock=lambda: 0.0) as store:
        assert store.list_contracts() == ["orders"]
        shop.write("main", {"contracts/orders.odcs.yaml": CONTRACT.replace("1.2.0", "1.3.0")})
        lifecycle.promote(shop.desk)
        assert store.get("orders", "1.3.0").version == "1.3.0"


def test_threads_may_share_a_store(store: GitContractStore) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: store.get("orders", "1.2.0").version, range(20)))
    assert found == ["1.2.0"] * 20
