"""First versions made from an Observation, and drafts on top of them."""

from __future__ import annotations

from dc43_gitdraft import odcs
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import Draft, Observation, Policy
from dc43_gitdraft.odcs import Contract


def first_draft(seen: Observation, contract_id: str = "orders") -> Contract:
    """Return the first version as a contract that the ODCS schema accepts."""
    made = make_draft(None, seen, Policy(), contract_id=contract_id)
    assert made is not None
    return odcs.read(made.text)


def redrafted(contract: Contract, seen: Observation, policy: Policy = Policy()) -> Draft | None:  # noqa: B008
    """Draft again; None where what was seen is no drift."""
    return make_draft(contract, seen, policy, contract_id=contract.id)
