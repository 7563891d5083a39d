"""From an Observation to a pull request: branch, commit, pull request, each of them once.

`publish` takes the Observation and not a Draft, because a steward's edit or a lost race means
drafting again. Its order makes a crash harmless: the branch first, the pull request second; the
next run finds what is missing by the digest in the branch's own commit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

from dc43_gitdraft import impact, provenance, render
from dc43_gitdraft.branch import DraftBranch, brought_back, inspect, left_behind
from dc43_gitdraft.catalog import Entry, path_filter
from dc43_gitdraft.decisions import (
    NEEDS_REBASE,
    OBSOLETE,
    REJECTED,
    UNDECIDED,
    closed_when_emptied,
    finished,
    is_rejected,
    reopened,
    settled_by_hand,
    undecided,
)
from dc43_gitdraft.desk import WORKFLOW, Desk, Scene, now
from dc43_gitdraft.draft import feedback, make_draft, redraft, remarks, suggestions
from dc43_gitdraft.errors import (
    ConfigError,
    ContractError,
    EditedDraftError,
    GitdraftError,
    GitError,
    LifecycleError,
    RefusedError,
    StaleRefError,
)
from dc43_gitdraft.forge import Opening
from dc43_gitdraft.model import (
    Draft,
    Observation,
    Outcome,
    OutcomeKind,
    Policy,
    Provenance,
    PullRequest,
    PullState,
    QualityResult,
    Verdict,
)
from dc43_gitdraft.names import check_contract_id, one_line
from dc43_gitdraft.odcs import Contract, read
from dc43_gitdraft.repo import BOT, RefUpdate

__all__ = [
    "NEEDS_REBASE",
    "OBSOLETE",
    "RACES",
    "REJECTED",
    "UNDECIDED",
    "WORKFLOW",
    "Desk",
    "Scene",
    "Steps",
    "is_rejected",
    "now",
    "publish",
    "publishing",
    "reopened",
    "settled_by_hand",
]

RACES = 5
_log = logging.getLogger(__name__)

#: A publication under way. It gives a ref that is to move, a pull request that is to be opened
#: (and is sent what `Forge.open` returns), or None where it has to see the repository as it is by
#: then, and goes on when that is done.
Steps = Generator[RefUpdate | Opening | None, Any, Outcome]


def publish(
    contract_id: str,
    observation: Observation,
    desk: Desk,
    *,
    adjust: Callable[[Policy], Policy] = lambda policy: policy,
    new: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Draft what the observation shows, and bring it before a steward; idempotent.

    `adjust` changes the repository's policy for this call. `new` allows a contract that does
    not exist yet. `dry_run` says how it would end, and writes nothing.

    Raises ContractError for a contract that is missing or wrong, EditedDraftError where the
    branch belongs to somebody else, GitError and ForgeError where the outside fails.
    """
    return published(
        contract_id,
        desk,
        lambda scene: publishing(
            contract_id, observation, scene, adjust=adjust, new=new, dry_run=dry_run
        ),
    )


def published(contract_id: str, desk: Desk, attempt: Callable[[Scene], Steps]) -> Outcome:
    """Carry out an attempt to its end, and a new one wherever others moved the branch meanwhile.

    Raises what the attempt does, and GitError where the others do not stop.
    """
    for _ in range(RACES):
        try:
            return _carried_out(attempt(Scene.of(desk)), desk)
        except StaleRefError as race:
            _log.info("%s: looking again", race)
            desk.repo.refresh()
    raise GitError(f"other jobs moved the branch of {contract_id!r} {RACES} times: run again")


def _carried_out(steps: Steps, desk: Desk) -> Outcome:
    """Do what each step asks for, alone, and return the end."""
    trouble: GitdraftError | None = None
    opened: tuple[PullRequest, bool] | None = None
    while True:
        try:
            wanted = steps.send(opened) if trouble is None else steps.throw(trouble)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        trouble, opened = None, None
        try:
            if wanted is None:
                desk.repo.refresh(tags=False)
            elif isinstance(wanted, Opening):
                opened = wanted.on(desk.forge)
            else:
                desk.repo.push([wanted])
        except GitdraftError as error:
            trouble = error


def publishing(
    contract_id: str,
    observation: Observation,
    scene: Scene,
    *,
    adjust: Callable[[Policy], Policy] = lambda policy: policy,
    new: bool = False,
    dry_run: bool = False,
) -> Steps:
    """Publish step by step, so that many publications can share what each step asks for.

    What a step asked for and could not be done is thrown at where it was asked for. Raises what
    `publish` does, and StaleRefError where somebody was faster: then all begins again on a new
    scene.
    """
    check_contract_id(contract_id)
    publication = Publication(contract_id, observation, scene, adjust, new, dry_run)
    return (yield from publication.run())


class Publication:
    """One attempt, on one state of the repository.

    `observation` is what `_made` drafts from; `author` has a kind of its own, without data.
    """

    def __init__(
        self,
        contract_id: str,
        observation: Observation,
        scene: Scene,
        adjust: Callable[[Policy], Policy],
        new: bool,
        dry_run: bool,
    ) -> None:
        self.id = contract_id
        self.observation = observation
        self.scene = scene
        self.desk = desk = scene.desk
        self.repo, self.forge = desk.repo, desk.forge
        self.dry_run = dry_run
        #: Whose commits they are.
        self.writer = BOT
        #: What the base branch dropped, and the draft's branch cannot let go.
        self.behind: str | None = None
        self.base, self.config, self.catalog = scene.base, scene.config, scene.catalog
        entry = self._found()
        if entry is None:
            if not new:
                self.catalog.get(contract_id)
            check_contract_id(contract_id, new=True)
        self.contract = entry.contract if entry else None
        self.path = entry.path if entry else self._place_of_new()
        self.policy = adjust(scene.policy(contract_id))
        self.branch = self.config.branch(contract_id)
        self.ref = f"refs/heads/{self.branch}"
        if desk.base == self.branch:
            raise ConfigError(f"{self.branch!r} is a draft's own branch: name its base with --base")

    def _place_of_new(self) -> str:
        """Return the path of a new contract; it matches `contracts`, and no file is there."""
        path = self.config.path_of_new(self.id)
        would_be = f"a new contract {self.id!r} would be {path}"
        if not path_filter(self.config)(path):
            raise ConfigError(
                f"{would_be}, which none of `contracts` matches, so that it would never be "
                "promoted: set `path` or `contracts` in .gitdraft.yaml"
            )
        twin = self.catalog.twin(path)
        if twin is not None:
            holds = "which holds another" if twin == path else f"and {twin} is another"
            raise ContractError(f"{would_be}, {holds}: set `path` in .gitdraft.yaml")
        return path

    def _found(self) -> Entry | None:
        """Return the contract as the base branch has it."""
        return self.catalog.find(self.id)

    def run(self) -> Steps:
        """Publish step by step."""
        pulls = self.scene.pulls(self.branch)
        opened = [pull for pull in pulls if pull.state is PullState.OPEN]
        pull = next((pull for pull in opened if pull.base == self.desk.base), None)
        tip = self.repo.resolve(self.ref)
        branch = inspect(self.repo, tip, self.base, self.id, self.desk.base) if tip else None
        self.behind = branch.behind if branch else None
        if pull is not None and not self.dry_run and settled_by_hand(self.desk, pull):
            pulls = self.forge.find(self.branch)
            pull, opened = None, []
        if pull is not None and not self.dry_run:
            pull = finished(self.desk, self.config, reopened(self.desk, pull))
        draft = self._made(pull, branch, pulls)
        if draft is None:
            return (yield from self._no_drift(pull, branch, pulls))
        if opened and pull is None:
            raise self._elsewhere(opened[0])
        proposed = pull is not None and branch is not None and self._is_told(draft, pull, branch)
        decided = self._decided_here(self._not_emptied(pulls, branch))
        rejected = None if proposed else self._rejection(decided, draft)
        if rejected is not None:
            return self._outcome(
                OutcomeKind.REJECTED,
                draft,
                pull=rejected,
                reason=f"rejected by {rejected.decided_by or 'a steward'}"
                + (f": {rejected.reason}" if rejected.reason else " without a reason"),
            )
        if pull is not None and branch is not None:
            return (yield from self._update(draft, pull, branch))
        outcome = yield from self._create(draft, branch, pulls)
        # The branch of a pull request that is open was gone, and is there again.
        ends = (OutcomeKind.UNCHANGED, *((OutcomeKind.CREATED,) if self.dry_run else ()))
        again = pull is not None and outcome.kind in ends
        if not again:
            return outcome
        return replace(outcome, kind=OutcomeKind.UPDATED, pull_request=outcome.pull_request or pull)

    def _made(
        self, pull: PullRequest | None, branch: DraftBranch | None, pulls: list[PullRequest]
    ) -> Draft | None:
        """Return what is to be proposed; None where that is nothing."""
        return make_draft(self.contract, self.observation, self.policy, contract_id=self.id)

    def _is_told(self, draft: Draft, pull: PullRequest, branch: DraftBranch) -> bool:
        """Whether the open pull request is about this draft already."""
        return _says(branch, draft)

    def _decided_here(self, pulls: list[PullRequest]) -> list[PullRequest]:
        """Leave out those of another base branch; one that is gone was this one, by another name.

        A server that renames a branch keeps the old name in what was decided before.
        """
        return [
            pull
            for pull in pulls
            if pull.base == self.desk.base or not self.repo.resolve(f"refs/heads/{pull.base}")
        ]

    def _not_emptied(
        self, pulls: list[PullRequest], branch: DraftBranch | None
    ) -> list[PullRequest]:
        """Leave out what a server closed by itself, as people put its branch back onto the base.

        Nobody decided that, and it cannot be opened again.
        """
        if branch is None or not branch.empty:
            return pulls
        emptied = [pull for pull in pulls if closed_when_emptied(pull, branch.tip)]
        for pull in [] if self.dry_run else emptied:
            undecided(self.desk, pull)
        return [pull for pull in pulls if pull not in emptied]

    def _elsewhere(self, pull: PullRequest) -> LifecycleError:
        return LifecycleError(
            f"pull request #{pull.number} proposes {pull.head} for {pull.base}, and not for "
            f"{self.desk.base}: change its base or close it; who drafts for two branches needs "
            "another `branch-prefix` in the .gitdraft.yaml of one"
        )

    def _rejection(self, pulls: list[PullRequest], draft: Draft) -> PullRequest | None:
        """Return the pull request in which a steward closed this very drift."""
        for pull in pulls:
            if pull.state is not PullState.CLOSED or {OBSOLETE, UNDECIDED} & {*pull.labels}:
                continue
            if render.digest_in(pull.body) == draft.digest:
                # A list may not tell who and why.
                whole = pull if pull.reason else self.forge.get(pull.number)
                if is_rejected(self.desk, whole):
                    return whole
        return None

    def _no_drift(
        self, pull: PullRequest | None, branch: DraftBranch | None, pulls: list[PullRequest]
    ) -> Steps:
        reason = render.agreement(ignoring=bool(self.policy.ignore))
        if self.contract is not None:
            asked = (self.contract, self.observation, self.policy)
            reason = render.undrafted(feedback(*asked), remarks(*asked)) or reason
            reason += render.unwritten(suggestions(*asked))
        same_dataset = (
            branch is not None
            and branch.bot is not None
            and branch.bot.dataset_id == one_line(self.observation.dataset.id)
        )
        # One that people put back onto the base branch proposes nothing, of whatever data.
        emptied = branch is not None and branch.empty and pull is not None
        if branch is None or branch.edited or not (same_dataset or emptied):
            return self._outcome(OutcomeKind.NO_DRIFT, None, reason=reason)
        if pull is None:
            if _left_behind(branch, pulls) and not self.dry_run:
                yield RefUpdate(self.ref, None, branch.tip)
            return self._outcome(OutcomeKind.NO_DRIFT, None, reason=reason)
        reason = f"{reason}; pull request #{pull.number} is obsolete and was closed"
        if not self.dry_run:
            pull = self.forge.update(
                pull.number,
                state=PullState.CLOSED,
                add_labels=[OBSOLETE],
                comment="The data agrees with the contract again: nothing is left to decide.",
                reason="the data agrees with the contract again",
                actor=BOT.name,
                when=self.desk.clock(),
            )
            yield RefUpdate(self.ref, None, branch.tip)
        return self._outcome(OutcomeKind.NO_DRIFT, None, pull=pull, reason=reason)

    def _update(self, draft: Draft, pull: PullRequest, branch: DraftBranch) -> Steps:
        moved = self._moved(branch)
        if moved and branch.edited:
            return self._blocked(draft, pull, branch)
        same = _says(branch, draft) and not moved
        if same and branch.edited and self.contract is None:
            # What people made of a first draft is told where it is shown and merged (`retold`).
            return self._outcome(OutcomeKind.UNCHANGED, draft, commit=branch.tip, pull=pull)
        if branch.edited:
            draft = self._on_top(draft, branch)
        if same and not self._is_promoted(draft, branch):
            return (yield from self._unchanged(draft, pull, branch.tip))
        if branch.bot and branch.bot.dataset_id != one_line(self.observation.dataset.id):
            said = f"this takes the place of what was drafted from {branch.bot.dataset_id}"
            draft = replace(draft, notes=(*draft.notes, said))
        # A branch that the bot alone wrote, and whose base moved, is made anew on it.
        parent = self.base if moved or branch.empty else branch.tip
        commit = yield from self._commit(draft, parent, expected=branch.tip)
        if not self.dry_run:
            pull = yield from self._describe(draft, pull, commit)
        return self._outcome(OutcomeKind.UPDATED, draft, commit=commit, pull=pull)

    def _create(self, draft: Draft, branch: DraftBranch | None, pulls: list[PullRequest]) -> Steps:
        tip = branch.tip if branch else None
        known = is_known(branch, pulls)
        if branch is not None and not known and branch.bot is None:
            raise self._foreign()
        # A draft that is open already, whose branch is gone, takes no room.
        standing = any(pull.state is PullState.OPEN for pull in pulls)
        no_room = None if standing else self.scene.room.take()
        if no_room is not None:
            return self._outcome(OutcomeKind.POSTPONED, draft, reason=no_room)
        if branch is None or known or (not branch.edited and self._moved(branch)):
            # What an old branch holds is kept by its pull request.
            commit = yield from self._commit(draft, self.base, expected=tip)
        elif branch.edited:
            if branch.dropped:
                raise EditedDraftError(branch.rewritten(self.desk.base, self.branch))
            if self._moved(branch):
                raise EditedDraftError(
                    f"the branch {self.branch} holds people's commits and has no pull request, "
                    f"and {self.path} changed on {self.desk.base}: merge {self.desk.base} into it, "
                    "or delete it"
                )
            draft = self._on_top(draft, branch)
            commit = yield from self._commit(draft, branch.tip, expected=branch.tip)
        elif _says(branch, draft) and not self._is_promoted(draft, branch):
            commit = branch.tip  # An earlier run ended between the branch and its pull request.
        else:
            commit = yield from self._commit(draft, branch.tip, expected=branch.tip)
        return (yield from self._opened(draft, commit))

    def _foreign(self) -> EditedDraftError:
        return EditedDraftError(
            f"the branch {self.branch} holds people's commits and was not made by this tool: "
            "rename or delete it, or set `branch-prefix` in .gitdraft.yaml"
        )

    def _opened(self, draft: Draft, commit: str | None) -> Steps:
        if self.dry_run:
            return self._outcome(OutcomeKind.CREATED, draft)
        pull, made = yield Opening(
            head=self.branch,
            base=self.desk.base,
            title=render.title(draft),
            body=self._body(draft),
            labels=self.config.labels,
            reviewers=self.config.reviewers,
            actor=BOT.name,
            when=self.desk.clock(),
        )
        if not made:
            # Another job was faster, and its words may be of another draft.
            return (yield from self._unchanged(draft, pull, commit))
        yield from self._still_at(commit)
        return self._outcome(OutcomeKind.CREATED, draft, commit=commit, pull=pull)

    def _unchanged(self, draft: Draft, pull: PullRequest, commit: str | None) -> Steps:
        # What is told under the pull request is behind the branch where a run ended in between,
        # or where people edited it since.
        held = self._held(commit).decode("utf-8", "replace") if commit else draft.text
        told = render.digest_in(pull.body) == draft.digest and render.tells(pull.body, held)
        told = told and render.suggests(pull.body, draft)
        told = told and render.warned(self._left_behind()) in pull.body
        if not told and not self.dry_run:
            pull = yield from self._describe(replace(draft, text=held), pull, commit)
        return self._outcome(OutcomeKind.UNCHANGED, draft, commit=commit, pull=pull)

    def _blocked(self, draft: Draft, pull: PullRequest, branch: DraftBranch) -> Outcome:
        reason = (
            f"people edited the draft, and {self.path} changed on {self.desk.base} meanwhile: "
            f"merge {self.desk.base} into {self.branch}"
        )
        ask = ", or comment `/gitdraft redraft`" if self.desk.obeys() else ""
        comment = (
            "The data drifted further, and the contract changed on the base branch. "
            "To keep your edits this draft was left alone: merge "
            f"{render.code(self.desk.base)} into {render.code(self.branch)}{ask}."
        )
        if branch.dropped:
            said = branch.rewritten(self.desk.base, self.branch)
            reason = f"people edited the draft, and {said}"
            comment = f"To keep your edits this draft was left alone: {render.prose(said, 600)}."
        if NEEDS_REBASE not in pull.labels and not self.dry_run:
            pull = self.forge.update(
                pull.number,
                add_labels=[NEEDS_REBASE],
                comment=comment,
                actor=BOT.name,
                when=self.desk.clock(),
            )
        return self._outcome(OutcomeKind.BLOCKED, draft, pull=pull, reason=reason)

    def _describe(
        self, draft: Draft, pull: PullRequest, commit: str | None
    ) -> Generator[None, None, PullRequest]:
        described = self.forge.update(
            pull.number,
            title=render.title(draft),
            body=self._body(draft),
            remove_labels=[NEEDS_REBASE] if NEEDS_REBASE in pull.labels else [],
            actor=BOT.name,
            when=self.desk.clock(),
        )
        yield from self._still_at(commit)
        return described

    def _still_at(self, commit: str | None) -> Generator[None, None, None]:
        """Go round again where another job moved the branch before this one had described it.

        Whoever moved it last describes it last, so that text and branch tell the same.
        """
        yield
        if self.repo.resolve(self.ref) != commit:
            raise StaleRefError(f"{self.branch} was moved while it was described")

    def _on_top(self, draft: Draft, branch: DraftBranch) -> Draft:
        """Return the draft that keeps what people wrote on the branch."""
        if self.contract is None:
            raise EditedDraftError(
                f"people edited the first draft of {self.id!r} on {self.branch}: "
                "merge it, then draft again"
            )
        edits = [(self._on(before), self._on(after)) for before, after in branch.edits]
        return (
            redraft(
                self.contract,
                edits,
                self._on(branch.tip),
                self.observation,
                self.policy,
                contract_id=self.id,
            )
            or draft
        )

    def _on(self, commit: str) -> Contract:
        return read(self._held(commit), where=f"{self.branch}:{self.path}", validate=False)

    def _held(self, commit: str) -> bytes:
        text = self.repo.read(commit, self.path)
        if text is None:
            raise EditedDraftError(
                f"people moved or removed {self.path} on {self.branch}: "
                "merge or close its pull request, or delete the branch"
            )
        return text

    def _is_promoted(self, draft: Draft, branch: DraftBranch) -> bool:
        """Whether the branch's version has been tagged by other means, and this draft's has not."""
        taken = self.policy.taken
        if not taken or draft.version in taken:
            return False
        if branch.edited or branch.bot is None:
            return self._on(branch.tip).version in taken
        return branch.bot.draft_version in taken

    def _moved(self, branch: DraftBranch) -> bool:
        """Whether the contract on the base branch is another than the one drafted from."""
        if branch.dropped:
            return True
        if self.contract is None and branch.bot is not None and branch.bot.base_version:
            return True  # It is gone; where its file lay does not matter.
        first = self.contract is None and branch.bot is not None and not branch.edited
        if first and self.repo.read(branch.tip, self.path) is None:
            return True  # The settings name another place than when the bot wrote it.
        before = self.repo.read(branch.fork, self.path)
        return before != self.repo.read(self.base, self.path)

    def _commit(
        self, draft: Draft, parent: str, *, expected: str | None
    ) -> Generator[RefUpdate, None, str | None]:
        if parent == self.base:
            self.behind = None
        if self.dry_run:
            return None
        commit = self._written(draft, [parent])
        try:
            yield RefUpdate(self.ref, commit, expected)
        except RefusedError as refusal:
            if not expected or self.repo.is_ancestor(expected, parent):
                raise
            # What the branch held may not go: it stays behind as the other parent.
            _log.info("%s: adding to the branch instead", refusal)
            commit = self._written(draft, [parent, expected])
            yield RefUpdate(self.ref, commit, expected)
            self.behind = brought_back(self.repo, commit, self.base, self.desk.base)
        return commit

    def _written(self, draft: Draft, parents: Sequence[str]) -> str:
        origin = self._provenance(draft)
        return self.repo.write_commit(
            parents,
            {self.path: draft.text.encode()},
            provenance.message(
                render.title(draft),
                self._said(origin),
                origin,
                draft.text,
                self.base if parents[0] == self.base else "",
            ),
            author=self.writer,
            when=self.desk.clock(),
        )

    def _said(self, origin: Provenance) -> str:
        version = f" at version {origin.dataset_version}" if origin.dataset_version else ""
        return f"Drafted from what was observed in {origin.dataset_id}{version}."

    def _provenance(self, draft: Draft) -> Provenance:
        seen = self.observation
        return Provenance(
            contract_id=self.id,
            draft_version=draft.version,
            base_version=draft.base_version,
            digest=draft.digest,
            dataset_id=seen.dataset.id,
            dataset_version=seen.dataset.version,
            observed_by=seen.observed_by,
            observed_at=seen.observed_at.isoformat() if seen.observed_at else None,
            run_url=seen.run_url,
            verdict=_verdict(seen.quality),
            results=draft.feedback,
        )

    def _body(self, draft: Draft) -> str:
        contract = self.contract or read(draft.text, where=self.path, validate=False)
        return render.body(
            draft,
            self._provenance(draft),
            self.observation.context.items(),
            impact.around(self.catalog, Entry(self.path, contract)),
            commands=self.desk.obeys(),
            warning=self._left_behind(),
        )

    def _left_behind(self) -> str:
        """Say what merging would bring back, if anything."""
        return left_behind(self.behind, self.desk.base, self.branch) if self.behind else ""

    def _outcome(
        self,
        kind: OutcomeKind,
        draft: Draft | None,
        *,
        commit: str | None = None,
        pull: PullRequest | None = None,
        reason: str | None = None,
    ) -> Outcome:
        base = self.contract.version if self.contract else None
        if commit is not None:
            reason = reason or self._left_behind() or None
        return Outcome(kind, self.id, self.branch, draft, commit, pull, reason, base)


def is_known(branch: DraftBranch | None, pulls: list[PullRequest]) -> bool:
    """Whether what a branch holds may go: there is nothing on it, or a pull request keeps it."""
    return branch is None or branch.empty or any(each.head_sha == branch.tip for each in pulls)


def _verdict(results: tuple[QualityResult, ...]) -> Verdict | None:
    order = [Verdict.OK, Verdict.UNKNOWN, Verdict.WARN, Verdict.BLOCK]
    return max((result.verdict for result in results), key=order.index, default=None)


def _says(branch: DraftBranch, draft: Draft) -> bool:
    """Whether the bot's last commit on the branch is of this very drift."""
    return branch.bot is not None and branch.bot.digest == draft.digest


def _left_behind(branch: DraftBranch, pulls: Sequence[PullRequest]) -> bool:
    """Whether a run ended between closing an obsolete draft and deleting its branch."""
    last = next(iter(pulls), None)
    closed = last is not None and last.state is PullState.CLOSED and OBSOLETE in last.labels
    return last is not None and closed and last.head_sha == branch.tip
