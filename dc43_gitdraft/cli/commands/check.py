"""`check`: what a pull request's workflow runs, and what runs before a commit."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dc43_gitdraft.check import Range, find_range
from dc43_gitdraft.check import check as run_check
from dc43_gitdraft.cli.documents import of_report
from dc43_gitdraft.cli.options import (
    FAIL_ON,
    Common,
    common_with,
    example,
    fail_on_option,
    now,
    perspective_option,
)
from dc43_gitdraft.cli.output import in_a_line, paint, progress, say, say_json, say_painted
from dc43_gitdraft.cli.posting import CHECK_RUN, OFF, post, report_option
from dc43_gitdraft.errors import ConfigError, ForgeError, InputError
from dc43_gitdraft.findings import Checked, Finding, Report, ending, worst_first
from dc43_gitdraft.findings.annotations import workflow_commands
from dc43_gitdraft.findings.junit import junit
from dc43_gitdraft.findings.markdown import summary
from dc43_gitdraft.model import Level, Perspective
from dc43_gitdraft.repo import Repo, is_url, work_tree
from dc43_gitdraft.strictyaml import MAX_BYTES
from dc43_gitdraft.workplace import token_for

_STYLES: Mapping[Level, Mapping[str, Any]] = {
    Level.ERROR: {"fg": "red", "bold": True},
    Level.WARNING: {"fg": "yellow"},
    Level.INFO: {"fg": "green"},
}


@click.command(
    epilog=example(
        "check",
        "check --base main --head gitdraft/orders --repo contracts.git",
        "check --output github      # in a workflow, after a checkout with fetch-depth: 0",
        "check contracts/orders.odcs.yaml",
    )
)
@click.argument("files", nargs=-1)
@click.option("--head", metavar="REV", help="What is to be merged. [default: HEAD]")
@click.option("--all", "everything", is_flag=True, help="Check unchanged contracts too.")
@perspective_option
@fail_on_option("error")
@report_option
@common_with("markdown", "github", "junit")
def check(
    options: Common,
    files: tuple[str, ...],
    head: str | None,
    everything: bool,
    perspective: str | None,
    fail_on: str,
    where: str,
) -> None:
    """Check the contracts that differ from the base branch, or FILES of the work tree.

    Schema, id and path, status, relationships, whether the version is bumped and bumped enough,
    and every change. One that breaks somebody is an error until the version declares it: then
    it is a warning. Exit 1 where a finding reaches the level of --fail-on.
    """
    if files and (everything or head):
        raise click.UsageError("FILES are those of the work tree: give no --head and no --all")
    if files and where != OFF:
        raise click.UsageError("FILES are those of the work tree, of no commit: give no --report")
    place = options.repo or "."
    level = FAIL_ON[fail_on]
    viewpoint = Perspective(perspective) if perspective else None
    with Repo.open(place, token_for(place, options.api_url)) as repo:
        scope = _range(repo, options, head)
        if files:
            report = _check_files(repo, scope, place, files, viewpoint)
        else:
            report = run_check(
                repo, scope, perspective=viewpoint, everything=everything, today=now().date()
            )
        shown, failed = _post(report, repo, scope, options, where, level)
    _print(report, options.output, level, annotate=shown != CHECK_RUN)
    if failed is not None:
        raise failed
    if level is not None and report.reaches(level):
        raise click.exceptions.Exit(1)


def _post(
    report: Report, repo: Repo, scope: Range, options: Common, where: str, level: Level | None
) -> tuple[str | None, ForgeError | None]:
    """Post the report; return as what, and what went wrong: first of all it has to be printed."""
    if scope.head is None:
        return None, None
    try:
        return post(report, repo, scope.head, options, where, level), None
    except ForgeError as error:
        return None, error


def _range(repo: Repo, options: Common, head: str | None) -> Range:
    # A workflow knows the branches; what it has checked out is a commit without a name.
    base = options.base or os.environ.get("GITHUB_BASE_REF") or None
    branch = None if head else os.environ.get("GITHUB_HEAD_REF")
    return find_range(repo, base, head, branch)


def _check_files(
    repo: Repo, scope: Range, where: str, files: Sequence[str], perspective: Perspective | None
) -> Report:
    if is_url(where):
        raise ConfigError(f"FILES are those of a work tree, and {repo.name} is a URL")
    top = work_tree(where).resolve()
    overlay: dict[str, bytes | None] = {}
    for name in files:
        path, text = _read(name, top)
        known = scope.fork is not None and repo.read(scope.fork, path) is not None
        if text is None and not known:
            raise InputError("there is no such file", where=name)
        overlay[path] = text
    return run_check(
        repo,
        scope,
        perspective=perspective,
        overlay=overlay,
        there=lambda path: os.path.lexists(top / path),
        today=now().date(),
    )


def _read(name: str, top: Path) -> tuple[str, bytes | None]:
    # The folder is resolved, a file that is a link is not: Git sees it where it lies.
    place = Path(name).parent.resolve() / Path(name).name
    if not place.is_relative_to(top):
        raise InputError(f"is not inside the work tree {top}", where=name)
    path = place.relative_to(top).as_posix()
    try:
        if not stat.S_ISREG(place.lstat().st_mode):
            raise InputError("cannot be read as a contract: it is no regular file", where=name)
        with place.open("rb") as file:
            # One byte more than a contract may have tells that it has more.
            return path, file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return path, None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=name) from error


def _print(report: Report, output: str, fail_on: Level | None, *, annotate: bool) -> None:
    if report.missing and output in {"json", "junit"}:
        progress(ending(report))
    if output == "json":
        say_json(of_report(report, fail_on))
    elif output == "markdown":
        say(summary(report).rstrip("\n"))
    elif output == "junit":
        say(junit(report, fail_on).rstrip("\n"))
    elif output == "github":
        # A check run has notes at the lines already.
        for command in workflow_commands(report.findings if annotate else ()):
            say(command)
        _summarize(report)
        say(ending(report))
    else:
        for checked in report.checked:
            _say_checked(checked)
        say(ending(report))


def _summarize(report: Report) -> None:
    """Append to the page of the workflow's step, in a workflow."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if os.environ.get("GITHUB_ACTIONS") != "true" or not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as page:
            page.write(summary(report))
    except OSError as error:
        message = f"the step's summary cannot be written: {error.strerror}"
        raise InputError(message, where=path) from error


def _say_checked(checked: Checked) -> None:
    versions = [v for v in (checked.base_version, checked.version) if v is not None]
    step = in_a_line(" → ".join(dict.fromkeys(versions)))
    if checked.declared and checked.implied is not None:
        step += f" ({checked.declared})"
    said = "removed" if checked.how == "removed" else step
    say_painted(f"{paint(in_a_line(checked.title), bold=True)} {paint(said)}".rstrip())
    for finding in worst_first(checked.findings):
        _say(finding)


def _say(finding: Finding) -> None:
    path, message = in_a_line(finding.path), in_a_line(finding.message)
    place = ":".join(str(part) for part in (path, finding.line, finding.column) if part is not None)
    level = paint(str(finding.level), **_STYLES[finding.level])
    say_painted(f"  {paint(place)}: {level}: {paint(message)} [{paint(finding.rule)}]")
