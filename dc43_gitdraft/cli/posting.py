"""Showing on GitHub, at the commit that was checked, what `check` found."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import click

from dc43_gitdraft.cli.options import Common
from dc43_gitdraft.cli.output import progress
from dc43_gitdraft.cli.workspace import github_of
from dc43_gitdraft.errors import ConfigError, ForbiddenError
from dc43_gitdraft.findings import Report
from dc43_gitdraft.findings.posted import posted
from dc43_gitdraft.forge.talk import Checks, Result
from dc43_gitdraft.model import Level
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.workplace import run_url

OFF, AUTO, CHECK_RUN, STATUS = "off", "auto", "check-run", "status"

report_option: Callable[..., Callable[..., object]] = click.option(
    "--report",
    "where",
    type=click.Choice([OFF, AUTO, CHECK_RUN, STATUS]),
    default=OFF,
    show_default=True,
    help="Show the result on GitHub at the commit: as a check run with notes at the lines, or a "
    "commit status. auto takes what the token may.",
)


def post(
    report: Report, repo: Repo, commit: str, options: Common, where: str, fail_on: Level | None
) -> str | None:
    """Post a report, and return as what; None where nothing was to be, or may be, posted.

    Raises ForgeError where GitHub fails, or does not let this token do what is asked for by name.
    """
    if where == OFF:
        return None
    forge = github_of(repo, options)
    if not isinstance(forge, Checks):
        raise ConfigError(f"the forge of {repo.name} shows no results: leave --report out")
    result = posted(report, fail_on, run_url())
    sha = proposed(repo, commit)
    if where != AUTO:
        _as(where, forge, sha, result)
        return where
    refused = ""
    for each in (CHECK_RUN, STATUS):
        try:
            _as(each, forge, sha, result)
        except ForbiddenError as error:
            refused = str(error)
        else:
            return each
    progress(f"the result is not shown at the commit: {refused}")
    return None


def _as(kind: str, forge: Checks, sha: str, result: Result) -> None:
    show = forge.check_run if kind == CHECK_RUN else forge.status
    progress(f"{kind}: {show(sha, result)}")


def proposed(repo: Repo, commit: str) -> str:
    """Return the commit that people see: a workflow has GitHub's trial merge of it checked out."""
    ref = os.environ.get("GITHUB_REF", "")
    if re.fullmatch(r"refs/pull/\d+/merge", ref) and os.environ.get("GITHUB_SHA") == commit:
        parents = repo.commit(commit).parents
        if len(parents) == 2:
            return parents[1]
    return commit
