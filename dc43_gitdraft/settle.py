"""What an event of GitHub leaves to do: a merged draft, a closed one, a command in a comment.

An event's text is anybody's. Taken from it are the repository's name, which must be the one that is
worked on, and numbers; everything else is asked of the forge, as it is now. So it does not matter
how old an event is, and settling it twice is settling it once.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from dc43_gitdraft import lifecycle, steward
from dc43_gitdraft.decisions import (
    OBSOLETE,
    closed_when_emptied,
    is_rejected,
    reopened,
    undecided,
)
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import ConfigError, InputError, LifecycleError
from dc43_gitdraft.forge.talk import DECIDERS, Comment, Talk
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.names import one_line
from dc43_gitdraft.promotion import Promotion, is_promotion
from dc43_gitdraft.repo import BOT, Identity
from dc43_gitdraft.retelling import contract_of

#: GitHub's own limit for a payload is 25 MB.
EVENT_LIMIT = 32 << 20

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_HIGHEST = 2**63 - 1


class EventKind(Enum):
    """What an event may leave to do."""

    CLOSED = "closed"
    REOPENED = "reopened"
    COMMENTED = "commented"
    OTHER = "other"


_KINDS = {"closed": EventKind.CLOSED, "reopened": EventKind.REOPENED}


@dataclass(frozen=True, slots=True)
class Event:
    """All that is taken from an event.

    `what` names it for people. `number` is that of a pull request, `comment` the id of a comment;
    0 where the event has none.
    """

    kind: EventKind
    what: str
    repository: str = ""
    number: int = 0
    comment: int = 0


class SettledKind(str, Enum):
    """How settling ended."""

    PROMOTED = "promoted"
    REJECTED = "rejected"
    OBEYED = "obeyed"
    REFUSED = "refused"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of settling one event; `reason` says it in a sentence."""

    kind: SettledKind
    reason: str
    pull_request: PullRequest | None = None
    promotion: Promotion | None = None


def parse_event(data: bytes, where: str) -> Event:
    """Read an event's payload, as a workflow finds it in GITHUB_EVENT_PATH.

    Raises InputError where it is none.
    """
    if len(data) > EVENT_LIMIT:
        raise InputError(f"is longer than the {EVENT_LIMIT >> 20} MiB of an event", where=where)
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError) as error:
        why = one_line(str(error), 200)
        raise InputError(f"is not the JSON of an event: {why}", where=where) from None
    if not isinstance(payload, dict):
        raise InputError("is not the JSON object of an event", where=where)
    try:
        return _event(payload)
    except (KeyError, TypeError, ValueError) as error:
        why = one_line(str(error), 200)
        raise InputError(f"is not an event as GitHub writes it: {why}", where=where) from None


def unheeded(event: Event) -> Settled | None:
    """Return the end of an event that leaves nothing to do, whatever the state of things."""
    if event.kind is EventKind.OTHER:
        return _nothing(f"{event.what} leaves nothing to do")
    return None


def settle(desk: Desk, event: Event) -> Settled:
    """Carry out what people decided; safe to repeat.

    Raises ConfigError where the event is another repository's, or of a forge without comments,
    NothingPromotedError for a merged draft that promotes nothing, GitError and ForgeError where
    the outside fails.
    """
    forge = desk.forge
    if not isinstance(forge, Talk):
        raise ConfigError(
            f"the event is GitHub's, and pull requests are kept inside {desk.repo.name}: set "
            "GITHUB_TOKEN, and name the repository on GitHub with --repo"
        )
    if event.repository.lower() != forge.full_name().lower():
        raise ConfigError(
            f"the event is of {event.repository}, and not of {forge.full_name()}: name that one "
            "with --repo"
        )
    if event.kind is EventKind.COMMENTED:
        return _commented(desk, forge, event.comment)
    if event.kind is EventKind.REOPENED:
        return _reopened(desk, event.number)
    return unheeded(event) or _closed(desk, event.number)


def _event(payload: dict[str, Any]) -> Event:
    action = payload.get("action")
    what = _what(payload)
    pull, issue, comment = (payload.get(key) for key in ("pull_request", "issue", "comment"))
    kind = _KINDS.get(action) if isinstance(action, str) else None
    if pull is not None and kind and comment is None and "review" not in payload:
        return Event(kind, what, _repository(payload), _number(pull, "number"))
    under_pull = isinstance(issue, dict) and issue.get("pull_request") is not None
    if under_pull and comment is not None and action == "created":
        number, comment_id = _number(issue, "number"), _number(comment, "id")
        return Event(EventKind.COMMENTED, what, _repository(payload), number, comment_id)
    return Event(EventKind.OTHER, what)


def _what(payload: dict[str, Any]) -> str:
    """Name an event for people, from what it holds; payloads do not say it themselves."""
    kinds = (
        ("comment", "a comment"),
        ("review", "a review"),
        ("pull_request", "a pull request"),
        ("issue", "an issue"),
        ("client_payload", "a repository dispatch"),
        ("inputs", "a workflow dispatch"),
        ("schedule", "a schedule"),
        ("commits", "a push"),
    )
    kind = next((said for key, said in kinds if key in payload), "this event")
    action = payload.get("action")
    return f"{kind} ({one_line(action, 40)})" if isinstance(action, str) else kind


def _repository(payload: dict[str, Any]) -> str:
    name = payload["repository"]["full_name"]
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ValueError("repository.full_name is no owner/name")
    return name


def _number(node: Any, key: str) -> int:
    value = node[key]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _HIGHEST:
        raise ValueError(f"{key} is no number from 1")
    return value


def _nothing(reason: str, pull: PullRequest | None = None) -> Settled:
    return Settled(SettledKind.NOTHING, reason, pull)


# Closed


def _closed(desk: Desk, number: int) -> Settled:
    pull = desk.forge.get(number)
    if pull.state is PullState.OPEN:
        return _nothing(f"#{number} is open again", pull)
    if pull.base != desk.base:
        return _nothing(f"#{number} was not for {desk.base} but for {pull.base}", pull)
    promotes = is_promotion(desk, pull)
    if not promotes and not _is_draft(desk, pull):
        return _nothing(f"#{number} is no draft of this tool", pull)
    if pull.state is PullState.MERGED:
        return _merged(desk, pull)
    if promotes:
        return _nothing(f"#{number} was closed: what it would make final stays as it is", pull)
    if OBSOLETE in pull.labels and pull.decided_by in {BOT.name, pull.author, None}:
        return _nothing(f"#{number} was closed by this tool, as it is obsolete", pull)
    who = pull.decided_by or "somebody"
    tip = desk.repo.resolve(f"refs/heads/{pull.head}")
    if tip and closed_when_emptied(pull, tip) and desk.repo.is_ancestor(tip, desk.base_commit()):
        said = f"#{number} was closed as its branch held nothing any more: its drift is"
        return _nothing(f"{said} proposed again", undecided(desk, pull))
    if not is_rejected(desk, pull):
        # Such as a program that tidies up: whoever may decide has not.
        pull = undecided(desk, pull)
        said = f"#{number} was closed by {who}, who may not decide: its drift is proposed again"
        return _nothing(said, pull)
    pull = lifecycle.reject(desk, number, pull.reason, who)
    why = f": {pull.reason}" if pull.reason else " without a reason"
    return Settled(SettledKind.REJECTED, f"#{number} was rejected by {who}{why}", pull)


def _reopened(desk: Desk, number: int) -> Settled:
    pull = desk.forge.get(number)
    if pull.state is not PullState.OPEN:
        return _nothing(f"#{number} is closed again", pull)
    if pull.base != desk.base or not _is_draft(desk, pull):
        return _nothing(f"#{number} is no draft of this tool", pull)
    return _nothing(f"#{number} is undecided again", reopened(desk, pull))


def _is_draft(desk: Desk, pull: PullRequest) -> bool:
    try:
        contract_of(desk, pull)
    except LifecycleError:
        return False
    return True


def _merged(desk: Desk, pull: PullRequest) -> Settled:
    promotion = lifecycle.settle_merged(desk, pull)
    if promotion.promoted:
        names = ", ".join(f"{each.contract} {each.version}" for each in promotion.promoted)
        said = f"#{pull.number} promoted {names}"
    elif promotion.proposed:
        said = f"#{pull.number} is promoted once its promotion pull request is merged"
    else:
        said = f"#{pull.number} had nothing left to promote"
    done = promotion.promoted or promotion.proposed
    kind = SettledKind.PROMOTED if done else SettledKind.NOTHING
    return Settled(kind, said, pull, promotion)


# Commented


def _commented(desk: Desk, forge: Talk, comment_id: int) -> Settled:
    comment = forge.comment(comment_id)
    if comment is None:
        return _nothing("the comment is gone")
    # What was edited may have been agreed to as something else.
    if comment.edited:
        return _nothing("the comment was edited: commands are in new ones")
    if comment.author.endswith("[bot]") or steward.MARKER in comment.body:
        return _nothing("the comment is a program's")
    command = steward.parse(comment.body)
    if command is None:
        return _nothing("the comment is no command")
    try:
        pull = desk.forge.get(comment.pull)
    except LifecycleError:
        return _nothing(f"#{comment.pull} is no pull request")
    if steward.is_done(_answers(forge, comment.pull), comment.id):
        # Somebody runs an old workflow again: what was asked for since must not be undone.
        return _nothing(f"#{pull.number}: the command was obeyed before", pull)
    if forge.permission(comment.author) not in DECIDERS:
        # No more than a reaction: strangers are not to fill the comment that answers.
        forge.react(comment.id, "confused")
        need = f"{comment.author} needs the right to write in this repository"
        return Settled(SettledKind.REFUSED, f"#{pull.number}: {one_line(need)}", pull)
    forge.react(comment.id, "eyes")
    answer = steward.obey(desk, pull.number, command, _identity(comment, pull))
    forge.react(comment.id, "+1" if answer.done else "confused")
    # Read anew: another command may have been answered meanwhile.
    before = _answers(forge, comment.pull)
    text = steward.answers(before, comment.id, command, comment.author, answer)
    forge.answer(comment.pull, text, steward.MARKER)
    kind = SettledKind.OBEYED if answer.done else SettledKind.REFUSED
    said = f"{command.said}: {answer.text}".replace("`", "")
    return Settled(kind, f"#{pull.number}: {one_line(said)}", desk.forge.get(pull.number))


def _answers(forge: Talk, number: int) -> str | None:
    """Return the one comment that answers commands, as it is."""
    own = (each.body for each in forge.comments(number) if each.own)
    return next((body for body in own if steward.MARKER in body), None)


def _identity(comment: Comment, pull: PullRequest) -> Identity:
    """Return whom a commit is by: the address that GitHub itself gives those who hide theirs."""
    host = urlsplit(pull.url).hostname or "github.com"
    address = f"{comment.author_id}+{comment.author}@users.noreply.{host}"
    return Identity(comment.author, address)
