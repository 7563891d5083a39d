"""What a draft's pull request is about, read from its branch rather than from its words."""

from __future__ import annotations

from dataclasses import replace

from dc43_gitdraft import provenance, render
from dc43_gitdraft.branch import DraftBranch, inspect, left_behind
from dc43_gitdraft.changes import compare, implied_bump
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.config import Config
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.draft.marks import counted
from dc43_gitdraft.errors import ContractError, LifecycleError
from dc43_gitdraft.model import Bump, Draft, Provenance, PullRequest, PullState
from dc43_gitdraft.odcs import Contract

#: Commits that are looked at for what the bot says of its draft.
_LOOK_BACK = 50


def contract_of(desk: Desk, pull: PullRequest) -> str:
    """Return the id of the contract that a draft pull request is about.

    Its commits tell; where people replaced them, its body, or the contract whose branch this is.
    """
    config = desk.config()
    # Most pull requests are people's, and their commits need not even be here.
    if pull.head.startswith(config.branch_prefix):
        for commit in desk.repo.log([pull.head_sha], limit=_LOOK_BACK):
            said = provenance.parse(commit.message)
            if said is not None and config.branch(said.contract_id) == pull.head:
                return said.contract_id
        said_so = render.contract_in(pull.body)
        if said_so is not None and config.branch(said_so) == pull.head:
            return said_so
        for tip in (pull.head_sha, desk.base_commit()):
            if (entry := desk.catalog(tip).on_branch(pull.head)) is not None:
                return entry.contract.id
    raise LifecycleError(
        f"pull request #{pull.number} is not a draft of this tool: its branch {pull.head!r} "
        "is that of no contract"
    )


def retold(desk: Desk, pull: PullRequest) -> PullRequest:
    """Return an open draft with title and body as its branch is now.

    They are as the job wrote them, unless people edited the branch since. Nothing is written.
    Raises LifecycleError for a pull request that is no draft.
    """
    if pull.state is not PullState.OPEN:
        return pull
    contract_id = contract_of(desk, pull)
    try:
        found = desk.catalog(pull.head_sha).find(contract_id, validate=False)
    except ContractError as error:
        said = f"⚠️ The contract cannot be read any more: {render.code(str(error), 300)}"
        return replace(pull, body=f"{said}\n\n{pull.body}")
    if found is None:
        return replace(pull, body=f"⚠️ The contract is not on the branch any more.\n\n{pull.body}")
    if render.tells(pull.body, found.contract.text):
        return pull
    base = desk.catalog().find(contract_id, validate=False)
    branch = inspect(desk.repo, pull.head_sha, desk.base_commit(), contract_id, desk.base)
    draft = _as_held(desk, pull, branch, found.contract, base.contract if base else None)
    origin = branch.bot or Provenance(contract_id=contract_id, draft_version=draft.version)
    author = _author(desk, pull, contract_id)
    origin = replace(origin, draft_version=draft.version, authored_by=author)
    warning = left_behind(branch.behind, desk.base, pull.head) if branch.behind else ""
    body = render.body(draft, origin, commands=desk.obeys(), warning=warning)
    return replace(pull, title=render.title(draft), body=body)


def _author(desk: Desk, pull: PullRequest, contract_id: str) -> str | None:
    """Return who wrote a draft by hand, or wrote last on a job's."""
    log = desk.repo.log([pull.head_sha], exclude=[desk.base_commit()], limit=_LOOK_BACK)
    found = (provenance.parse(commit.message) for commit in log)
    ours = (said for said in found if said is not None and said.contract_id == contract_id)
    return next((said.authored_by for said in ours if said.authored_by), None)


def _as_held(
    desk: Desk, pull: PullRequest, branch: DraftBranch, held: Contract, base: Contract | None
) -> Draft:
    """Return what the branch proposes, whoever wrote it."""
    said = branch.bot.digest if branch.bot else None
    edited = f"people edited this draft after {'the job' if branch.bot else 'its author'} had "
    edited += "written it"
    return replace(
        as_held(desk.config(), held, base),
        digest=said or render.digest_in(pull.body) or "",
        notes=(edited,) if branch.edited else (),
        feedback=counted(held.document, branch.bot),
    )


def as_held(config: Config, held: Contract, base: Contract | None) -> Draft:
    """Return the draft that a contract is, as it lies on a branch, against the approved one.

    It has no digest: that is of a drift, and this of whatever was written.
    """
    old = base.document if base else {**held.document, "schema": []}
    changes = compare(old, held.document, perspective=config.perspective, levels=config.rules)
    declared = declared_bump(base.version, held.version) if base else None
    return Draft(
        contract_id=held.id,
        version=held.version,
        bump=declared or Bump.NONE,
        implied=implied_bump(changes),
        text=held.text,
        changes=changes,
        digest="",
        base_version=base.version if base else None,
        base_text=base.text if base else None,
        feedback=counted(held.document, None),
    )
