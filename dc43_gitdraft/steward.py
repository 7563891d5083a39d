"""What stewards ask for under a draft's pull request: `/gitdraft bump major`, and so on.

A command is the first line of a comment. What it does is a commit on the branch in the steward's
name, so that later jobs keep it as they keep every edit of people. Each may be obeyed twice: the
second time it finds that nothing is left to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dc43_gitdraft import lifecycle, odcs, render
from dc43_gitdraft.changes import compare, implied_bump
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.decisions import NEEDS_REBASE, REJECTED
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.draft import next_version
from dc43_gitdraft.errors import GitError, InputError, LifecycleError, StaleRefError
from dc43_gitdraft.loosening import listed, loosen
from dc43_gitdraft.model import Bump, Document, PullRequest, PullState
from dc43_gitdraft.names import one_line
from dc43_gitdraft.rebase import DisputedError, DraftInBranch, rebase
from dc43_gitdraft.repo import BOT, Identity, RefUpdate
from dc43_gitdraft.retelling import contract_of, retold

PREFIX = "/gitdraft"
#: Begins the one comment that answers all commands; nobody sees it.
MARKER = "<!-- gitdraft:answers -->"
HELP = (
    "known are `bump major|minor|patch`, `reject REASON`, `redraft` and "
    "`relax required|enum|threshold` (and the names of properties), each after `/gitdraft`"
)

_RACES = 5
#: Answers that the comment shows; older ones are in its history.
_SHOWN = 10
#: Comments no longer shown that are still known to have been obeyed.
_REMEMBERED = 1_000
_LONGEST_LINE = 2_000
_STEPS = {str(step): step for step in (Bump.PATCH, Bump.MINOR, Bump.MAJOR)}
_ANSWER = re.compile(r"^- .*<!-- (\d{1,19}) -->$", re.MULTILINE)
_OBEYED = re.compile(r"^<!-- gitdraft:obeyed((?: \d{1,19})+) -->$", re.MULTILINE)
_DONE, _REFUSED = "- ✅ ", "- ⚠️ "


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for; `said` is all of it, on one line."""

    name: str
    words: tuple[str, ...]
    said: str

    @property
    def rest(self) -> str:
        """What stands behind the name."""
        return self.said.split(None, 2)[2] if self.words else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command, in a sentence of Markdown on one line."""

    done: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Edit:
    """A contract's new text for the branch, the subject of its commit, and what to answer."""

    text: str
    subject: str
    answer: str


def parse(comment: str) -> Command | None:
    """Read the command in the first line of a comment; None where there is none."""
    first = comment[:_LONGEST_LINE].split("\n", 1)[0]
    said = one_line(first, _LONGEST_LINE)
    prefix, *words = said.split()[:100] or [""]
    if prefix.lower() != PREFIX or first[:1].isspace():
        return None
    name = words[0].lower() if words else ""
    return Command(name, tuple(words[1:]), said)


def obey(desk: Desk, number: int, command: Command, who: Identity) -> Answer:
    """Do what `who` asks for under pull request `number`, and say how it ended.

    What the state of things does not allow is an answer too. Raises GitError and ForgeError where
    the outside fails: the same may be asked again.
    """
    for _ in range(_RACES):
        try:
            return _obey(desk, number, command, who)
        except StaleRefError:
            desk.repo.refresh()
        except DisputedError as disputed:
            return Answer(False, f"{render.prose(str(disputed))}: {listed(disputed.places)}")
        except (InputError, LifecycleError) as error:
            return Answer(False, render.prose(str(error), 600))
    raise GitError(f"the branch of #{number} moved {_RACES} times: ask again")


def is_done(before: str | None, asked: int) -> bool:
    """Whether the comment that answers says that comment `asked` was obeyed."""
    return asked in _obeyed(before)


def answers(before: str | None, asked: int, command: Command, who: str, answer: Answer) -> str:
    """Return the comment that answers commands, after `before`: one line for each comment `asked`.

    Pure. What people wrote stands in code spans only. Of the oldest, only that they were obeyed is
    kept, out of sight.
    """
    lines = {int(line[1]): line[0] for line in _ANSWER.finditer(before or "")}
    lines.pop(asked, None)
    icon = _DONE if answer.done else _REFUSED
    lines[asked] = (
        f"{icon}{render.code(command.said, 120)} ({render.code(who)}): {answer.text} "
        f"<!-- {asked} -->"
    )
    shown = dict(list(lines.items())[-_SHOWN:])
    unseen = [str(each) for each in _obeyed(before) if each not in shown][-_REMEMBERED:]
    kept = [f"<!-- gitdraft:obeyed {' '.join(unseen)} -->", ""] if unseen else []
    return "\n".join([MARKER, "**Asked for in comments**", "", *shown.values(), "", *kept])


def _obeyed(before: str | None) -> list[int]:
    """Return the comments that were obeyed, oldest first."""
    text = before or ""
    unseen = [int(each) for line in _OBEYED.finditer(text) for each in line[1].split()]
    return unseen + [int(line[1]) for line in _ANSWER.finditer(text) if line[0].startswith(_DONE)]


def _obey(desk: Desk, number: int, command: Command, who: Identity) -> Answer:
    known = command.name in _EDITS or command.name in {"reject", "redraft"}
    if not known:
        return Answer(False, HELP)
    pull = desk.forge.get(number)
    contract_id = contract_of(desk, pull)
    if pull.base != desk.base:
        raise LifecycleError(f"this is proposed to {pull.base}, and drafts are to {desk.base}")
    if command.name == "reject":
        return _reject(desk, pull, command, who)
    if pull.state is not PullState.OPEN:
        return Answer(False, f"this pull request is {pull.state.value}: reopen it first")
    tip = desk.repo.resolve(f"refs/heads/{pull.head}")
    if tip is None:
        raise LifecycleError("its branch is gone: restore it, or close the pull request")
    draft = DraftInBranch.of(desk, contract_id, tip)
    if command.name == "redraft":
        return _redraft(draft, pull, who)
    made = _EDITS[command.name](draft, command.words)
    if isinstance(made, Answer):
        if made.done:  # A run before this one may have ended between the commit and its telling.
            _retell(desk, pull, tip)
        return made
    commit = desk.repo.write_commit(
        [tip],
        {draft.held.path: made.text.encode()},
        f"{made.subject}\n\nAsked for in a comment on the pull request.\n",
        author=who,
        when=desk.clock(),
        committer=BOT,
    )
    desk.repo.push([RefUpdate(f"refs/heads/{pull.head}", commit, tip)])
    _retell(desk, pull, commit)
    return Answer(True, made.answer)


def _retell(desk: Desk, pull: PullRequest, commit: str, done_with: Sequence[str] = ()) -> None:
    told = retold(desk, replace(pull, head_sha=commit))
    labels = [label for label in done_with if label in pull.labels]
    if labels or (told.title, told.body) != (pull.title, pull.body):
        desk.forge.update(
            pull.number,
            title=told.title,
            body=told.body,
            remove_labels=labels,
            actor=BOT.name,
            when=desk.clock(),
        )


def _reject(desk: Desk, pull: PullRequest, command: Command, who: Identity) -> Answer:
    if not command.rest:
        return Answer(False, "say why: `/gitdraft reject REASON`; the job is told")
    rejected = pull.state is PullState.CLOSED and REJECTED in pull.labels
    known = rejected and pull.reason == one_line(command.rest)
    # Also where it is known: a run before this one may have ended before the branch was deleted.
    pull = lifecycle.reject(desk, pull.number, command.rest, who.name, comment=False)
    if known:
        return Answer(True, "it is rejected already")
    return Answer(True, f"rejected: {render.code(pull.reason or command.rest, 300)}")


def _redraft(draft: DraftInBranch, pull: PullRequest, who: Identity) -> Answer:
    desk = draft.desk
    if draft.branch.dropped:
        raise LifecycleError(draft.branch.rewritten(desk.base, pull.head))
    if not draft.moved:
        _retell(desk, pull, draft.branch.tip, [NEEDS_REBASE])
        return Answer(True, f"nothing to do: {render.code(desk.base)} has the same contract")
    made = rebase(draft, who)
    desk.repo.push([RefUpdate(f"refs/heads/{pull.head}", made.commit, draft.branch.tip)])
    _retell(desk, pull, made.commit, [NEEDS_REBASE])
    return Answer(
        True,
        f"it stands on {render.code(desk.base)} as it is now, as version "
        f"{render.code(made.version)}",
    )


def _bump(draft: DraftInBranch, words: Sequence[str]) -> _Edit | Answer:
    step = _STEPS.get(words[0].lower()) if len(words) == 1 else None
    if step is None:
        return Answer(False, "name the step: `/gitdraft bump major`, `minor` or `patch`")
    if draft.base is None:
        raise LifecycleError(
            "no version of this contract comes before this one: edit its version on the branch"
        )
    held, old = draft.held.contract, draft.base.contract
    version = next_version(old.version, step, draft.policy())
    implied = implied_bump(compare(old.document, held.document))
    less = "" if step >= implied else f", although its changes ask for a {implied} step"
    said = f"version {render.code(version)}{less}"
    if held.version == version:
        return Answer(True, f"it is {said} already")
    text = odcs.rewrite(held.text, {**held.document, "version": version})
    return _Edit(text, f"Make it version {version}", f"it is {said} now")


def _relax(draft: DraftInBranch, words: Sequence[str]) -> _Edit | Answer:
    made = loosen(draft, words)
    if made.document is None:
        return Answer(made.done, made.said)
    held, document = draft.held.contract, made.document
    version = _raised(draft, document)
    more = ""
    if version != held.version:
        document = {**document, "version": version}
        more = f"; that makes it version {render.code(version)}"
    text = odcs.rewrite(held.text, document)
    return _Edit(text, "Relax what the data does not keep to", f"{made.said}{more}")


def _raised(draft: DraftInBranch, document: Document) -> str:
    """Return the version that a draft with this document needs; never a lower one."""
    held = draft.held.contract.version
    if draft.fork is None or draft.base is None:
        return held
    declared = declared_bump(draft.fork.contract.version, held)
    implied = implied_bump(compare(draft.fork.contract.document, document))
    if declared is not None and declared >= implied:
        return held
    return next_version(draft.base.contract.version, implied, draft.policy())


_EDITS: dict[str, Callable[[DraftInBranch, Sequence[str]], _Edit | Answer]] = {
    "bump": _bump,
    "relax": _relax,
}
