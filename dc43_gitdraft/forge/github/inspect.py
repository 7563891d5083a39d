"""What a repository on GitHub is set up for, as far as this token may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from dc43_gitdraft.forge.github.api import ApiError
from dc43_gitdraft.forge.github.facts import understood
from dc43_gitdraft.forge.github.talk import GitHubTalk

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facts:
    """The repository itself. `rights` are those of the token, among pull, triage, push, admin.

    A workflow's or an App's token is told no rights: `rights` is None then.
    """

    full_name: str
    url: str
    default_branch: str
    private: bool
    archived: bool
    rights: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Protection:
    """What keeps a branch from being pushed to; None where the token may not know.

    `rules` names the kinds of rulesets' rules that are in force (`pull_request`, `update`, ...);
    `reviews` is how many approvals the older kind of protection asks for.
    """

    protected: bool
    rules: tuple[str, ...] | None
    reviews: int | None


class GitHubInspection(GitHubTalk):
    """Questions of `doctor`; what the token may not know is None."""

    def repository(self) -> Facts:
        """Return the repository's facts.

        Raises ForbiddenError where the token does not see it.
        """
        raw = self._api.get(self._path)
        with understood(self._api.host):
            rights = raw.get("permissions")
            return Facts(
                full_name=raw["full_name"],
                url=raw["html_url"],
                default_branch=raw["default_branch"],
                private=raw["private"],
                archived=raw["archived"],
                rights=frozenset(name for name, given in rights.items() if given)
                if rights
                else None,
            )

    def protection(self, branch: str) -> Protection | None:
        """Return how a branch is protected; None where there is no such branch, or it is hidden."""
        name = quote(branch, safe="")
        raw = self._known(lambda: self._api.get(f"{self._path}/branches/{name}"))
        if raw is None:
            return None
        path = f"{self._path}/rules/branches/{name}"
        rules = self._known(lambda: list(self._api.pages(path)))
        detail = self._known(lambda: self._api.get(f"{self._path}/branches/{name}/protection"))
        with understood(self._api.host):
            reviews = ((detail or {}).get("required_pull_request_reviews") or {}).get(
                "required_approving_review_count"
            )
            kinds = None if rules is None else tuple(dict.fromkeys(rule["type"] for rule in rules))
            if ((detail or {}).get("required_signatures") or {}).get("enabled"):
                kinds = (*(kinds or ()), "required_signatures")
            return Protection(bool(raw["protected"]), kinds, reviews)

    def actions_may_open_pulls(self) -> bool | None:
        """Say whether workflows may open pull requests with their own token."""
        path = f"{self._path}/actions/permissions/workflow"
        raw = self._known(lambda: self._api.get(path))
        with understood(self._api.host):
            return None if raw is None else bool(raw["can_approve_pull_request_reviews"])

    def labels(self) -> tuple[str, ...] | None:
        """List the labels that the repository has."""
        raw = self._known(lambda: list(self._api.pages(f"{self._path}/labels")))
        with understood(self._api.host):
            return None if raw is None else tuple(label["name"] for label in raw)

    def codeowners_errors(self) -> tuple[str, ...] | None:
        """List what is wrong in CODEOWNERS; None also where there is no such file."""
        raw: Any = self._known(lambda: self._api.get(f"{self._path}/codeowners/errors"))
        with understood(self._api.host):
            return None if raw is None else tuple(str(each["message"]) for each in raw["errors"])

    def _known(self, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except ApiError as error:
            if error.status in (403, 404):
                return None
            raise
