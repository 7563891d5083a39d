"""Pull requests on GitHub: one for a branch, opened once, read in as few calls as there can be."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import quote

from dc43_gitdraft.errors import ConfigError, ForbiddenError, ForgeError, LifecycleError
from dc43_gitdraft.forge.github.api import PER_PAGE, Api, ApiError, anew
from dc43_gitdraft.forge.github.facts import (
    TITLE_LIMIT,
    Decision,
    joined,
    kept,
    known_moment,
    login,
    plain,
    pull_of,
    reviewers_of,
    said_why,
    split,
    understood,
)
from dc43_gitdraft.forge.github.inspect import GitHubInspection
from dc43_gitdraft.forge.github.place import place_of
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.names import one_line
from dc43_gitdraft.repo import Repo, Token

_log = logging.getLogger(__name__)

Raw = dict[str, Any]

_EVER = datetime.fromtimestamp(0, timezone.utc)
#: How long before a closing its reason is written.
_MEANWHILE = timedelta(minutes=10)
#: How often a branch that the API does not see yet is tried again.
_LATER = 3
_NOTHING_NEW = "no commits between"
#: A page of the whole list is asked for where so many branches are.
_BRANCHES_A_PAGE = 10


class GitHubForge(GitHubInspection):
    """The pull requests of a repository on GitHub; see `Forge`.

    A list tells neither who merged or closed a pull request nor, where people closed it on the
    web, why: `get` does.
    """

    def __init__(
        self, repo: Repo, *, api_url: str | None = None, token: Token | None = None
    ) -> None:
        """Find the repository on GitHub by its URL, or by that of its `origin`.

        Raises ConfigError where it is not on GitHub.
        """
        url = repo.url or repo.origin()
        if url is None:
            raise ConfigError(
                f"{repo.name} has no remote called origin, so it is not known where it is on "
                "GitHub: name its URL with --repo, or use --forge local"
            )
        place = place_of(url, api_url)
        super().__init__(Api(place.api, token), place)
        #: What was last read of each, by number.
        self._read: dict[int, Raw] = {}
        self._told: set[str] = set()

    # Reading

    def find(self, head: str) -> list[PullRequest]:
        """List the pull requests of a branch, in all states, newest first."""
        return [pull for pull in map(self._pull, self._all(head)) if pull.head == head]

    def find_all(self, heads: Collection[str]) -> Mapping[str, builtins.list[PullRequest]] | None:
        """List those of many branches, page by page, where there are few pages; see `find`."""
        pages = 1 + len(heads) // _BRANCHES_A_PAGE
        found: dict[str, dict[int, PullRequest]] = {}
        asked = self._api.pages(f"{self._path}/pulls", state="all")
        for count, raw in enumerate(asked):
            if count >= pages * PER_PAGE:
                return None
            with understood(self._api.host):
                pull = pull_of(raw)
            if pull.head in heads:  # One that was opened meanwhile moves others to the next page.
                found.setdefault(pull.head, {})[pull.number] = self._pull(raw)
        return {head: list(pulls.values()) for head, pulls in found.items()}

    def _all(self, head: str, state: str = "all") -> builtins.list[Raw]:
        while True:
            wanted = f"{self._place.owner}:{head}"
            found = list(self._api.pages(f"{self._path}/pulls", head=wanted, state=state))
            # Under its former owner a repository is found, and none of its branches.
            if not self._api.redirected() or not self._moved():
                return found

    def _moved(self) -> bool:
        """Take over the repository's new name; say whether its owner has another one now."""
        before = self._place
        full_name = self.repository().full_name
        self._api.redirected()
        owner, _, name = full_name.partition("/")
        self._be_at(replace(before, owner=owner, name=name))
        return owner.lower() != before.owner.lower()

    def get(self, number: int) -> PullRequest:
        """Read one pull request."""
        return self._whole(self._fetch(number))

    def list(self, state: PullState | None = None) -> builtins.list[PullRequest]:
        """List pull requests in a state (None: in any), newest first."""
        asked = {None: "all", PullState.OPEN: "open"}.get(state, "closed")
        found = map(self._pull, self._api.pages(f"{self._path}/pulls", state=asked))
        return [pull for pull in found if state in (None, pull.state)]

    def _pull(self, raw: Raw) -> PullRequest:
        with understood(self._api.host):
            pull = pull_of(raw)
            self._read[pull.number] = kept(raw)
        return pull

    def _whole(self, raw: Raw) -> PullRequest:
        """Return the pull request with who closed it and why, as people left it on the web."""
        pull = self._pull(raw)
        if pull.state is not PullState.CLOSED or (pull.decided_by and pull.reason):
            return pull
        by = pull.decided_by
        if by is None:
            issue = self._api.get(f"{self._path}/issues/{pull.number}")
            with understood(self._api.host):
                by = login(issue.get("closed_by"))
        return replace(pull, decided_by=by, reason=pull.reason or self._last_word(pull, by))

    def _last_word(self, pull: PullRequest, by: str | None) -> str | None:
        """Return what the person who closed it said last then, or later: that is why."""
        since = (pull.decided_at or pull.opened_at or _EVER) - _MEANWHILE
        said = [
            said_why(comment.body)
            for comment in (self.comments(pull.number) if by else ())
            if comment.author == by and comment.at >= since
        ]
        return next((why for why in reversed(said) if why), None)

    def _fetch(self, number: int) -> Raw:
        if number < 1:
            raise self._unknown(number)
        try:
            raw: Raw = self._api.get(f"{self._path}/pulls/{number}")
        except ApiError as error:
            if error.status != 404:
                raise
            self.repository()  # Or is it the whole repository that this token does not see?
            raise self._unknown(number) from None
        return raw

    def _unknown(self, number: int) -> LifecycleError:
        return LifecycleError(f"there is no pull request #{number} in {self.full_name()}")

    # Opening

    def open(
        self,
        head: str,
        base: str,
        title: str,
        body: str,
        labels: Sequence[str] = (),
        reviewers: Sequence[str] = (),
        *,
        actor: str | None = None,
        when: datetime | None = None,
    ) -> tuple[PullRequest, bool]:
        """Open a pull request, or return the one that is open for `head`; see `Forge.open`.

        Labels and reviewers are asked for as well as GitHub lets this token.
        Raises LifecycleError where a branch is missing, or `head` has nothing that `base` lacks;
        ForbiddenError, which names where a person can open it, where the token may not.
        """
        words = {"title": title[:TITLE_LIMIT], "body": body}
        doubtful = False
        try:
            raw, doubtful = self._post({**words, "head": head, "base": base})
        except ApiError as error:
            standing = self._open_one(head, base) if error.status == 422 else None
            if standing is None:
                raise self._not_opened(error, head, base) from error
            raw, doubtful = standing, error.doubtful
            if not error.doubtful:
                return self._pull(raw), False
        if doubtful and (raw["title"], plain(raw["body"])) != (words["title"], plain(body)):
            return self._pull(raw), False  # Another run's, which came between.
        self._pull(raw)
        self._equip(raw, labels, reviewers)
        return self._pull(raw), True

    def finish_opening(
        self, pull: PullRequest, labels: Sequence[str], reviewers: Sequence[str]
    ) -> PullRequest:
        """Set labels and reviewers where a run ended before that; see `OpensInSteps`.

        A pull request that has one of them, or had, is finished. That is read off what was read of
        it before; only where it has none is its history asked for.
        """
        wanted, there = (labels, pull.labels) if labels else (reviewers, pull.reviewers)
        names = {name.strip().lstrip("@").lower() for name in wanted}
        if not names or names & {name.lower() for name in there} or self._had(pull, labels):
            return pull
        raw = self._read.get(pull.number) or self._fetch(pull.number)
        self._equip(raw, labels, reviewers)
        return self._pull(raw)

    def _had(self, pull: PullRequest, labels: Sequence[str]) -> bool:
        """Say whether one of these labels (without any: a reviewer) was ever set.

        A token that may not know that may hardly set them: it is as if.
        """
        known = {label.lower() for label in labels}
        path = f"{self._path}/issues/{pull.number}/events"
        events = self._known(lambda: list(self._api.pages(path)))
        if events is None:
            return True
        with understood(self._api.host):
            if not known:
                return any(event["event"] == "review_requested" for event in events)
            set_once = (event["label"]["name"] for event in events if event["event"] == "labeled")
            return any(name.lower() in known for name in set_once)

    def _equip(self, raw: Raw, labels: Sequence[str], reviewers: Sequence[str]) -> None:
        """Ask for reviewers and set labels; labels last, as they tell that all of it was done."""
        self._ask_reviewers(raw, reviewers)
        self._label(raw, labels, ())

    def _post(self, sent: Raw) -> tuple[Raw, bool]:
        """Post a pull request; what Git has just been given, the API may see a moment later."""
        for attempt in range(_LATER):
            try:
                return self._post_now(sent)
            except ApiError as error:
                if not _unseen(error):
                    raise
            self._api.pause(attempt)
        return self._post_now(sent)

    def _post_now(self, sent: Raw) -> tuple[Raw, bool]:
        return self._api.post(
            f"{self._path}/pulls", sent, lambda: self._open_one(sent["head"], sent["base"])
        )

    def _open_one(self, head: str, base: str) -> Raw | None:
        found = self._all(head, "open")
        with understood(self._api.host):
            pulls = ((raw, pull_of(raw)) for raw in found)
            return next((raw for raw, p in pulls if (p.head, p.base) == (head, base)), None)

    def _not_opened(self, error: ApiError, head: str, base: str) -> Exception:
        if error.status == 422:
            if _NOTHING_NEW in error.said.lower():
                return LifecycleError(f"branch {head!r} has no commit that {base!r} lacks")
            missing = [name for name in ("head", "base") if name in error.fields]
            if missing and "already exists" not in error.said:
                branch = head if missing[0] == "head" else base
                return LifecycleError(f"there is no branch {branch!r} to open a pull request with")
        if error.status in (403, 404):
            there = self._place.compare_url(base, head)
            mend = ""
            if "actions is not permitted" in error.said.lower():
                mend = ", or let workflows do it (Settings, Actions, General)"
            return ForbiddenError(
                f"the branch {head} is pushed, and {self._api.host} does not let this token open "
                f"a pull request for it ({error.said}): open it at {there}{mend}"
            )
        return error

    def _label(self, raw: Raw, add: Sequence[str], remove: Sequence[str]) -> None:
        """Set labels as well as this token may; `raw` has them afterwards."""
        path = f"{self._path}/issues/{raw['number']}/labels"
        # To GitHub, Draft and draft are one label.
        present = {label["name"].lower() for label in raw["labels"]}
        new = [label for label in dict.fromkeys(add) if label.lower() not in present]
        if new:
            self._try_to(
                f"set the labels {', '.join(new)}",
                lambda: raw.update(labels=self._api.post(path, {"labels": new}, anew)[0]),
            )
        for label in dict.fromkeys(remove):
            if label.lower() in present:
                self._try_to(f"take away the label {label}", partial(self._unlabel, raw, label))

    def _unlabel(self, raw: Raw, label: str) -> None:
        self._api.delete(f"{self._path}/issues/{raw['number']}/labels/{quote(label, safe='')}")
        raw["labels"] = [each for each in raw["labels"] if each["name"].lower() != label.lower()]

    def _ask_reviewers(self, raw: Raw, reviewers: Sequence[str]) -> None:
        """Ask for reviews as well as this token may; not those whom CODEOWNERS has asked."""
        asked = {name.lower() for name in (*reviewers_of(raw), login(raw.get("user")) or "")}
        names = dict.fromkeys(name.strip().lstrip("@") for name in reviewers)
        new = [name for name in names if name and name.lower() not in asked]
        path = f"{self._path}/pulls/{raw['number']}/requested_reviewers"

        def ask(some: Sequence[str]) -> None:
            told, _ = self._api.post(path, _reviewers(some), anew)
            for key in ("requested_reviewers", "requested_teams"):
                raw[key] = told[key]

        if not new:
            return
        try:
            ask(new)
        except ApiError as error:
            # One whom GitHub does not know must not keep the others from being asked.
            if error.status != 422 or len(new) == 1:
                self._warn(f"ask {', '.join(new)} to review", error)
                return
            for name in new:
                self._try_to(f"ask {name} to review", partial(ask, [name]))
        except ForgeError as error:
            self._warn(f"ask {', '.join(new)} to review", error)

    def _try_to(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except ForgeError as error:
            self._warn(what, error)

    def _warn(self, what: str, error: ForgeError) -> None:
        """Say once what could not be done, and go on."""
        if what not in self._told:
            self._told.add(what)
            _log.warning("could not %s: %s", what, error)

    # Changing

    def update(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        add_labels: Sequence[str] = (),
        remove_labels: Sequence[str] = (),
        comment: str | None = None,
        state: PullState | None = None,
        reason: str | None = None,
        actor: str | None = None,
        when: datetime | None = None,
    ) -> PullRequest:
        """Change what is given, and leave the rest; see `Forge.update`.

        What closes it comes last, so that a run that is cut off before is repeated as a whole.
        """
        if state is PullState.MERGED:
            raise LifecycleError(f"pull request #{number} is merged where it is, not by an update")
        words = {"title": title and title[:TITLE_LIMIT], "body": body}
        words = {key: value for key, value in words.items() if value is not None}
        # A text alone can be set on what was read before: GitHub answers with how it is then.
        raw = self._read.get(number) if words and state is None and reason is None else None
        raw = raw or self._fetch(number)
        before = self._pull(raw)
        _check_state(before, state)
        opens = state is PullState.OPEN and before.state is PullState.CLOSED
        change: Raw = {
            **words,
            **self._decided(raw, before, words.get("body"), state, reason, actor, add_labels),
        }
        if opens:  # first: where it cannot be, nothing else is to change
            raw, change = self._reopen(before, change), {}
        if comment is not None:
            self._say_once(number, comment)
        self._label(raw, add_labels, remove_labels)
        if change:
            raw = self._api.patch(f"{self._path}/pulls/{number}", change)
        return self._whole(raw)

    def _decided(
        self,
        raw: Raw,
        before: PullRequest,
        body: str | None,
        state: PullState | None,
        reason: str | None,
        actor: str | None,
        labels: Sequence[str],
    ) -> Raw:
        """Return the fields of a change that close or open, and the body that remembers it."""
        text, known = split(raw["body"])
        text = text if body is None else body
        said = one_line(reason or "") or None
        if state is PullState.OPEN:
            return {"state": "open", "body": text} if before.state is PullState.CLOSED else {}
        if before.state is PullState.CLOSED and before.decided_at is not None:
            standing = known if known and known.holds(before.decided_at) else None
            kept = standing or Decision(before.decided_at)
            new = (said or kept.reason) != kept.reason or not {*labels} <= {*kept.labels}
            if state is None or not new:
                return {} if body is None else {"body": joined(text, standing)}
            # It was closed on the web, or another word is said of it now.
            kept = Decision(before.decided_at, actor, said, tuple(labels) or kept.labels, True)
        elif state is None:
            return {}
        else:
            with understood(self._api.host):
                # Whichever clock is ahead, this machine's or GitHub's.
                now = max(datetime.now(timezone.utc), known_moment(raw["updated_at"]))
            kept = Decision(now.replace(microsecond=0), actor, said, tuple(labels))
        return {"state": "closed", "body": joined(text, kept)}

    def _reopen(self, pull: PullRequest, change: Mapping[str, Any]) -> Raw:
        """Open again, with the branch where it was if that is gone."""
        path = f"{self._path}/pulls/{pull.number}"
        try:
            return dict(self._api.patch(path, change))
        except ApiError as error:
            if error.status != 422:
                raise
            standing = self._open_one(pull.head, pull.base)
            if standing is not None:
                said = f"#{standing['number']} is open for {pull.head!r}"
                raise _not_reopened(pull, said) from error
            self._restore(pull, error)
        try:
            return dict(self._api.patch(path, change))
        except ApiError as error:
            if error.status == 422:
                raise _not_reopened(pull, error.said) from error
            raise

    def _restore(self, pull: PullRequest, refusal: ApiError) -> None:
        """Bring the branch back; where it is there, that is not why GitHub refused."""
        branch = {"ref": f"refs/heads/{pull.head}", "sha": pull.head_sha}
        try:
            self._api.post(f"{self._path}/git/refs", branch, anew)
        except ApiError as error:
            if error.status != 422:
                raise
            if not error.doubtful:  # else an attempt without an answer has made it
                raise _not_reopened(pull, refusal.said) from error


def _unseen(error: ApiError) -> bool:
    """Say whether GitHub knows no such branch, or only what it held before."""
    absent = "head" in error.fields and "already exists" not in error.said
    return error.status == 422 and (absent or _NOTHING_NEW in error.said.lower())


def _not_reopened(pull: PullRequest, why: str) -> LifecycleError:
    return LifecycleError(f"pull request #{pull.number} cannot be reopened: {why}")


def _check_state(pull: PullRequest, state: PullState | None) -> None:
    if state is not None and pull.state is PullState.MERGED:
        raise LifecycleError(f"pull request #{pull.number} is merged: that is final")


def _reviewers(names: Sequence[str]) -> Raw:
    return {
        "reviewers": [name for name in names if "/" not in name],
        "team_reviewers": [name.partition("/")[2] for name in names if "/" in name],
    }
