"""contract -> data -> observe -> draft is no drift, and what is drafted is none any more."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import data, documents, seen

from dc43_gitdraft import odcs
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.errors import InputError
from dc43_gitdraft.model import Document, Draft, Observation, Policy
from dc43_gitdraft.odcs import Contract

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "contracts").rglob("*.yaml")) + sorted(
    (ROOT / "tests" / "data" / "contracts").rglob("*.yaml")
)


def draft(contract: Contract, observation: Observation, policy: Policy = Policy()) -> Draft | None:  # noqa: B008
    return make_draft(contract, observation, policy, contract_id=contract.id)


def observed(document: Document, name: str | None, kind: str, folder: Path) -> Observation | None:
    """Observe data as the contract describes it; None where the format cannot hold it."""
    table = data.table(document, object_name=name)
    if not table.num_columns or not data.fits(table, kind):
        return None
    names = [each.casefold() for each in table.schema.names]
    if len(set(names)) != len(names):
        return None
    return seen.look(data.write(table, folder / f"data.{kind}", kind), kind)


@pytest.mark.parametrize("kind", data.KINDS)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_data_of_a_sample_contract_is_no_drift(path: Path, kind: str, tmp_path: Path) -> None:
    contract = odcs.read(path.read_bytes(), validate=False)
    for node in contract.document.get("schema") or []:
        observation = observed(contract.document, node["name"], kind, tmp_path)
        if observation is not None:
            drafted = draft(contract, observation, Policy(object=node["name"]))
            assert drafted is None, (node["name"], drafted.changes, drafted.notes)


@given(document=documents.contract_documents(), kind=st.sampled_from(data.KINDS))
def test_the_data_of_any_contract_is_no_drift(
    document: Document, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    contract = Contract(odcs.dump_new(document), document)
    observation = observed(document, None, kind, tmp_path_factory.mktemp("data"))
    if observation is not None:
        drafted = draft(contract, observation)
        assert drafted is None, drafted.changes


@settings(deadline=None)
@given(
    stated=documents.contract_documents(),
    found=documents.contract_documents(),
    kind=st.sampled_from(data.KINDS),
    shared=st.booleans(),
    policy=st.sampled_from([Policy(), Policy(relax=frozenset({"required"}))]),
)
def test_a_draft_is_pure_valid_and_agrees_with_its_data(
    stated: Document,
    found: Document,
    kind: str,
    shared: bool,
    policy: Policy,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if shared:  # the same columns in part, other types
        names = [node["name"] for node in found["schema"][0]["properties"]]
        for node, name in zip(stated["schema"][0]["properties"], names, strict=False):
            node["name"] = name
        own = [node["name"] for node in stated["schema"][0]["properties"]]
        assume(len(set(own)) == len(own))  # two of one name are refused
    text = odcs.dump_new(stated)
    try:
        contract = odcs.read(text)
    except InputError:
        return  # two names that met, or a type that is newer than the apiVersion
    observation = observed(found, None, kind, tmp_path_factory.mktemp("data"))
    if observation is None:
        return
    before = copy.deepcopy((contract.document, observation))
    drafted = draft(contract, observation, policy)
    assert (contract.document, observation) == before
    assert drafted == draft(contract, observation, policy)
    if drafted is None:
        return
    assert drafted.changes
    again = odcs.read(drafted.text)
    assert again.version == drafted.version
    settled = draft(again, observation, policy)
    assert settled is None, settled.changes


@given(
    found=documents.contract_documents(),
    kind=st.sampled_from(data.KINDS),
)
def test_a_first_draft_is_valid_and_agrees_with_its_data(
    found: Document, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    observation = observed(found, None, kind, tmp_path_factory.mktemp("data"))
    if observation is None:
        return
    drafted = make_draft(None, observation, Policy(), contract_id="shop")
    assert drafted is not None
    contract = odcs.read(drafted.text)
    assert draft(contract, observation) is None
    assert contract.version == "1.0.0"


def test_digests_know_the_drift_and_nothing_else(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "shop",
        "version": "1.0.0",
        "schema": [{"name": "o", "properties": [{"name": "a", "logicalType": "integer"}]}],
    }
    wider = copy.deepcopy(document)
    wider["schema"][0]["properties"].append({"name": "b", "logicalType": "string"})
    observation = observed(wider, None, "parquet", tmp_path)
    assert observation is not None
    contract = Contract(odcs.dump_new(document), document)
    later = {**document, "version": "1.7.0", "status": "active"}
    drafts = [
        make_draft(contract, observation, Policy(), contract_id="shop"),
        make_draft(contract, observation, Policy(taken=frozenset({"1.1.0"})), contract_id="shop"),
        make_draft(
            Contract(odcs.dump_new(later), later), observation, Policy(), contract_id="shop"
        ),
    ]
    assert len({made.digest for made in drafts if made}) == 1
    assert [made.version for made in drafts if made] == ["1.1.0", "1.2.0", "1.8.0"]
