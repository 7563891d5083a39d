"""What GitHub is set up for, as far as this token may know."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial

from dc43_gitdraft import config
from dc43_gitdraft.decisions import NEEDS_REBASE, OBSOLETE, REJECTED, UNDECIDED
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.doctor import Check, Health, asked, contents, listed, unknown
from dc43_gitdraft.doctor.filters import starts_on
from dc43_gitdraft.errors import GitdraftError
from dc43_gitdraft.forge.github.inspect import Facts, GitHubInspection
from dc43_gitdraft.forge.github.place import host_of
from dc43_gitdraft.model import Status

#: What is asked of GitHub itself.
ASKED = ("token", "rights", "actions", "protection", "labels", "codeowners")
#: Kinds of rules that a push of the promotion would break.
_AGAINST_PUSHES = {"pull_request", "update", "required_status_checks", "merge_queue"}
_CHECK = ".github/workflows/gitdraft-check.yml"


def examine(desk: Desk, scaffold: Mapping[str, str]) -> Iterator[Check]:
    """Ask GitHub where pull requests are kept there."""
    forge = desk.forge
    if not isinstance(forge, GitHubInspection):
        yield _not_on_github(desk)
        return
    yield Check("forge", Health.OK, f"{forge.full_name()} on {forge.place.host}")
    yield from asked(
        desk,
        {"workflows": partial(contents.workflows, scaffold=scaffold), "reviewers": contents.owners},
    )
    try:
        facts = forge.repository()
        who = forge.viewer()
    except GitdraftError as error:
        yield Check("token", Health.FAIL, str(error))
        yield from unknown(ASKED[1:], "not asked, as GitHub gave no answer to this token")
        return
    yield _token(who)
    yield _rights(facts)
    yield from asked(
        desk,
        {
            "actions": lambda _: _actions(forge),
            "protection": lambda desk: _protection(forge, desk),
            "labels": lambda desk: _labels(forge, desk),
            "codeowners": lambda _: _codeowners(forge),
        },
    )


def _not_on_github(desk: Desk) -> Check:
    said = "pull requests are kept inside this repository"
    host = host_of(desk.repo.url or desk.repo.origin() or "")
    if host in {"github.com", host_of(os.environ.get("GITHUB_SERVER_URL", ""))} - {None}:
        return Check("forge", Health.WARN, f"{said}, not on {host}", "set GITHUB_TOKEN")
    return Check("forge", Health.OK, said)


def _token(who: str | None) -> Check:
    if os.environ.get("GITDRAFT_APP_ID", "").strip():
        return Check("token", Health.OK, "a GitHub App's")
    if who is None:
        return Check("token", Health.OK, "a workflow's or an App's")
    return Check("token", Health.OK, f"of {who}")


def _rights(facts: Facts) -> Check:
    name = "rights"
    if facts.archived:
        return Check(name, Health.FAIL, f"{facts.full_name} is archived: nothing can be written")
    if facts.rights is None:
        return Check(
            name,
            Health.UNKNOWN,
            "GitHub does not tell this kind of token",
            "give it contents, pull-requests and issues: write (in a workflow, by `permissions:`)",
        )
    if "push" not in facts.rights:
        return Check(
            name,
            Health.FAIL,
            "it may only read",
            "use a token that may write contents, pull requests and issues",
        )
    return Check(name, Health.OK, "it may write, as far as the person may whose token it is")


def _actions(forge: GitHubInspection) -> Check:
    name = "actions"
    allow = "Settings, Actions, General: allow GitHub Actions to create pull requests"
    found = forge.actions_may_open_pulls()
    if found is None:
        said = "whether workflows may open pull requests is told to administrators only"
        return Check(name, Health.UNKNOWN, said, allow)
    if not found:
        return Check(name, Health.WARN, "workflows may open no pull requests", allow)
    return Check(name, Health.OK, "workflows may open pull requests")


def _protection(forge: GitHubInspection, desk: Desk) -> Check:
    name = "protection"
    active = desk.config().draft_status is Status.ACTIVE
    found = forge.protection(desk.base)
    mend = f"dc43-gitdraft init --protected (`draft-status: active` in {config.FILE})"
    if found is None:
        said = f"whether {desk.base} may be pushed to is not told to this token"
        return Check(name, Health.UNKNOWN, said, None if active else f"if it may not: {mend}")
    kinds = set(found.rules or ())
    if "required_signatures" in kinds:
        return Check(
            name,
            Health.FAIL,
            f"{desk.base} requires signed commits, and those of drafts and promotions are not",
            f"Settings, Rules (or Branches): take `Require signed commits` from {desk.base}",
        )
    if "merge_queue" in kinds:
        check = desk.repo.read(desk.base_commit(), _CHECK)
        if check is not None and not starts_on(check.decode("utf-8", "replace"), "merge_group"):
            return Check(
                name,
                Health.WARN,
                f"{desk.base} has a merge queue, which waits for ever for a required check that "
                "runs on pull requests alone",
                f"add `merge_group:` below `on:` in {_CHECK}",
            )
    refused = found.protected or bool(_AGAINST_PUSHES & kinds)
    if not refused:
        more = "" if found.rules is not None else ", as far as is told"
        return Check(name, Health.OK, f"{desk.base} may be pushed to{more}")
    if active:
        return Check(name, Health.OK, f"{desk.base} is protected, and merging alone promotes")
    return Check(
        name,
        Health.WARN,
        f"{desk.base} is protected: each promotion needs a pull request of its own, unless the bot "
        "may bypass that",
        mend,
    )


def _labels(forge: GitHubInspection, desk: Desk) -> Check:
    name = "labels"
    there = forge.labels()
    if there is None:
        return Check(name, Health.UNKNOWN, "they are not told to this token")
    wanted = [*desk.config().labels, NEEDS_REBASE, OBSOLETE, REJECTED, UNDECIDED]
    missing = [label for label in wanted if label not in there]
    if missing:
        return Check(name, Health.OK, f"made when first needed: {', '.join(missing)}")
    return Check(name, Health.OK, "all are there")


def _codeowners(forge: GitHubInspection) -> Check:
    name = "codeowners"
    errors = forge.codeowners_errors()
    if errors is None:
        return Check(name, Health.UNKNOWN, "there is no such file, or it is not told to this token")
    if errors:
        said = listed([" ".join(error.split()) for error in errors], 1)
        mend = "mend the file: GitHub asks nobody by a line that it cannot read"
        return Check(name, Health.WARN, said, mend)
    return Check(name, Health.OK, "GitHub finds no error in it")
