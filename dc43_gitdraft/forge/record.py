"""The record of a pull request that lives in a repository, as data and as JSON. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from dc43_gitdraft.errors import GitError, LifecycleError
from dc43_gitdraft.model import PullRequest, PullState

FORMAT = 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Comment:
    """Something said under a pull request; `key` makes it the same comment another time."""

    key: str
    body: str
    author: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One pull request as its repository keeps it.

    `key` is like no other's: of two runs that open the same one at once, one alone can.
    """

    key: str
    number: int
    state: PullState
    title: str
    body: str
    head: str
    base: str
    head_sha: str
    opened_at: datetime
    author: str | None = None
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    merge_sha: str | None = None

    def pull(self, name: str) -> PullRequest:
        """Show it as any forge's pull request; `name` is the repository's."""
        return PullRequest(
            number=self.number,
            url=f"{name}#{self.number}",
            state=self.state,
            title=self.title,
            body=self.body,
            head=self.head,
            base=self.base,
            head_sha=self.head_sha,
            labels=self.labels,
            author=self.author,
            opened_at=self.opened_at,
            decided_by=self.decided_by,
            decided_at=self.decided_at,
            reason=self.reason,
            merge_sha=self.merge_sha,
            reviewers=self.reviewers,
            recorded=self.state is PullState.CLOSED,
        )

    def labelled(self, add: Sequence[str], remove: Sequence[str]) -> Record:
        """Add and remove labels, keeping the order of the rest."""
        kept = [label for label in self.labels if label not in remove]
        return replace(self, labels=tuple(dict.fromkeys([*kept, *add])))

    def commented(self, body: str, author: str | None, at: datetime) -> Record:
        """Add a comment, unless it stands there already."""
        key = hashlib.sha256(body.strip().encode("utf-8", "surrogatepass")).hexdigest()[:16]
        if any(comment.key == key for comment in self.comments):
            return self
        return replace(self, comments=(*self.comments, Comment(key, body, author, at)))

    def changed_fields(self, other: Record) -> list[str]:
        """Name what differs from another record."""
        return [name for name in self.__slots__ if getattr(self, name) != getattr(other, name)]


def decided(
    record: Record, state: PullState | None, reason: str | None, actor: str | None, at: datetime
) -> Record:
    """Return a record opened or closed.

    Raises LifecycleError for one that is merged, or that this would merge.
    """
    if state is None or (state is record.state and reason is None):
        return record
    if state is PullState.MERGED or record.state is PullState.MERGED:
        if state is record.state:
            return record
        what = "is merged, which is final" if state is not PullState.MERGED else "must be merged"
        raise LifecycleError(f"pull request #{record.number} {what}: no update does that")
    if state is PullState.OPEN:
        return replace(record, state=state, decided_by=None, decided_at=None, reason=None)
    return replace(record, state=state, decided_by=actor, decided_at=at, reason=reason)


def to_json(record: Record) -> str:
    """Write a record, one field a line, so that its history can be read as diffs."""
    document = {
        "format": FORMAT,
        "key": record.key,
        "number": record.number,
        "state": record.state.value,
        "title": record.title,
        "head": record.head,
        "base": record.base,
        "head_sha": record.head_sha,
        "author": record.author,
        "opened_at": record.opened_at.isoformat(),
        "labels": list(record.labels),
        "reviewers": list(record.reviewers),
        "decided_by": record.decided_by,
        "decided_at": record.decided_at.isoformat() if record.decided_at else None,
        "reason": record.reason,
        "merge_sha": record.merge_sha,
        "body": record.body,
        "comments": [
            {"key": c.key, "author": c.author, "at": c.at.isoformat(), "body": c.body}
            for c in record.comments
        ],
    }
    # ASCII: a lone surrogate in a title must not make the record unwritable.
    return json.dumps(document, indent=1) + "\n"


def from_json(data: bytes, where: str) -> Record:
    """Read a record; `where` is the ref that holds it.

    Raises GitError where it is damaged.
    """
    try:
        document = json.loads(data)
        form = _field(document, "format", int)
        if form != FORMAT:
            raise ValueError(f"it has format {form}, and this version of the tool reads {FORMAT}")
        return Record(
            key=_field(document, "key", str),
            number=_field(document, "number", int),
            state=PullState(_field(document, "state", str)),
            title=_field(document, "title", str),
            body=_field(document, "body", str),
            head=_field(document, "head", str),
            base=_field(document, "base", str),
            head_sha=_field(document, "head_sha", str),
            opened_at=_moment(_field(document, "opened_at", str)),
            author=_optional(document, "author", str),
            labels=_texts(document, "labels"),
            reviewers=_texts(document, "reviewers"),
            comments=tuple(_comment(item) for item in _field(document, "comments", list)),
            decided_by=_optional(document, "decided_by", str),
            decided_at=_optional(document, "decided_at", _moment),
            reason=_optional(document, "reason", str),
            merge_sha=_optional(document, "merge_sha", str),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise GitError(f"the pull request record at {where} is damaged: {error}") from error


def _comment(item: object) -> Comment:
    if not isinstance(item, dict):
        raise TypeError("a comment is no object")
    return Comment(
        key=_field(item, "key", str),
        body=_field(item, "body", str),
        author=_optional(item, "author", str),
        at=_moment(_field(item, "at", str)),
    )


def _field(document: object, name: str, kind: type[T]) -> T:
    if not isinstance(document, Mapping):
        raise TypeError("it is no JSON object")
    if name not in document:
        raise KeyError(f"{name} is missing")
    value = document[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{name} is {type(value).__name__}")
    return value


def _optional(document: Mapping[str, object], name: str, convert: Callable[[str], T]) -> T | None:
    return None if document.get(name) is None else convert(_field(document, name, str))


def _texts(document: object, name: str) -> tuple[str, ...]:
    values = _field(document, name, list)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} holds something else than texts")
    return tuple(values)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment
