"""`init`: what a repository of contracts needs on GitHub."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from dc43_gitdraft import render
from dc43_gitdraft.catalog import path_filter
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import paint, progress, say, say_diff, say_json, say_painted
from dc43_gitdraft.cli.scaffold import PROTECTED, Template, templates
from dc43_gitdraft.cli.scaffold.placing import Placed, State, contract_files, head_branch, place
from dc43_gitdraft.config import FILE, Config, parse
from dc43_gitdraft.doctor.pins import REQUIREMENTS, trouble
from dc43_gitdraft.errors import ConfigError, GitdraftError, InputError
from dc43_gitdraft.repo import Repo, is_url, work_tree

_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]*(?:/[A-Za-z0-9_.-]+)?|[^\s@#\\]+@[^\s@#\\]+")
_ALLOW = (
    "gh api --method PUT 'repos/{owner}/{repo}/actions/permissions/workflow' "
    "-F can_approve_pull_request_reviews=true"
)
#: Where nobody pushes to the base branch, the files come by a pull request.
_SETUP_BRANCH = "set-up-dc43-gitdraft"
_STYLES: dict[State, dict[str, Any]] = {
    State.WRITTEN: {"fg": "green"},
    State.PRESENT: {"dim": True},
    State.LEFT: {"fg": "yellow"},
}


def _owners(_ctx: click.Context, _param: click.Parameter, names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if not _OWNER.fullmatch(name):
            raise click.BadParameter(
                f"{name!r} is neither @user, @organisation/team nor an address"
            )
    return tuple(names)


@click.command(epilog=example("init", "init --protected --owner @shop/data-stewards"))
@click.argument("directory", metavar="[DIR]", required=False)
@click.option("--protected", is_flag=True, help="Nobody, no workflow either, pushes to the base.")
@click.option(
    "--owner",
    "owners",
    metavar="@NAME",
    multiple=True,
    callback=_owners,
    help="Who reviews contracts: a user or team; repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would be, with diffs.")
@common
def init(
    options: Common,
    directory: str | None,
    protected: bool,
    owners: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Give a contracts repository its settings, workflows, CODEOWNERS and a sample contract.

    They are put into the work tree, DIR or the one around here, and not committed. A file that is
    there and was edited is left as it is, so that running it again does no harm.
    """
    folder = _folder(directory or options.repo)
    branch = options.base or _base(folder)
    wanted = templates(branch=branch, protected=protected, owners=owners)
    placed = place(folder, wanted, dry_run=dry_run)
    notes = _notes(folder, placed, protected, branch)
    commands = _commands(folder, placed, branch, protected)
    if options.json:
        say_json(_document(folder, placed, notes, commands))
        return
    _say_files(placed, dry_run=dry_run)
    for note in notes:
        say(f"note: {note}")
    if not dry_run:
        say()
        say("Next:", bold=True)
        for command, comment in commands:
            say_painted(f"  {paint('# ' + comment, dim=True)}")
            say_painted(f"  {paint(command, fg='cyan')}")


def _folder(where: str | None) -> Path:
    """Return the top of the work tree, or the folder itself where there is no repository."""
    if where is not None and is_url(where):
        raise InputError("is a URL: clone it, and run init in the clone", where=where)
    folder = Path(where or ".").expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file, and a directory is wanted", where=str(folder))
    if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
        raise InputError("is a bare repository: clone it, and run init there", where=str(folder))
    nearest = next(path for path in (folder, *folder.parents) if path.is_dir())
    try:
        top = work_tree(str(nearest))
    except ConfigError:
        return folder
    if where is not None and top.resolve() != folder.resolve():
        raise InputError(
            f"lies inside the repository {top}, and GitHub reads workflows at the top only: "
            "name that, or make another repository here with git init",
            where=str(folder),
        )
    return top


def _default(folder: Path, branch: str) -> str:
    """Return the default branch of the repository, or `branch` where that is not known."""
    with suppress(GitdraftError), Repo.open(str(folder)) as repo:
        return repo.default_branch()
    return branch


def _base(folder: Path) -> str:
    with suppress(ConfigError), Repo.open(str(folder)) as repo:
        return repo.default_branch()
    return head_branch(folder) or "main"


def _notes(folder: Path, placed: Sequence[Placed], protected: bool, branch: str) -> list[str]:
    """Say what people have to see to themselves."""
    notes = []
    for each in placed:
        if each.template.path == FILE and each.found is not None and protected:
            with suppress(ConfigError):
                if parse(each.found, RULES).draft_status.value == "active":
                    continue
            notes.append(f"{FILE} was edited: add the line `{PROTECTED}` to it yourself")
    if branch != (head := _default(folder, branch)):
        notes.append(
            "GitHub runs comments, schedules and dispatches from the default branch, "
            f"{head}: commit these files there too"
        )
    notes += [_pin(each) for each in placed if each.template.path == REQUIREMENTS]
    counts = path_filter(_config(folder))
    stray = [path for path in contract_files(folder) if not counts(path)]
    if stray:
        more = f" and {len(stray) - 1} more" if len(stray) > 1 else ""
        notes.append(f"{stray[0]}{more} would not count: name it with `contracts` in {FILE}")
    return [note for note in notes if note]


def _pin(placed: Placed) -> str:
    """Say why the workflows cannot install the tool, if they cannot."""
    text = placed.template.text if placed.found is None else placed.found
    return ": ".join(trouble(text) or ())


def _config(folder: Path) -> Config:
    with suppress(ConfigError, OSError):
        return parse((folder / FILE).read_bytes(), RULES)
    return Config()


def _commands(
    folder: Path, placed: Sequence[Placed], branch: str, protected: bool
) -> list[tuple[str, str]]:
    """Return what to type next, and why."""
    begin = [] if folder == Path.cwd() else [shlex.join(["cd", str(folder)])]
    if not (folder / ".git").exists():
        begin.append(shlex.join(["git", "init", "--initial-branch", branch]))
    remote = _has_origin(folder)
    if protected and remote:
        begin.append(f"git switch -c {_SETUP_BRANCH}")
    written = (each.template.path for each in placed if each.state is State.WRITTEN)
    paths = dict.fromkeys(path.split("/")[0] for path in written)
    steps = []
    if paths:
        commit = ["git add -- " + shlex.join(paths), 'git commit -m "Set up dc43-gitdraft"']
        end = ["git push"] if remote and not protected else []
        if protected and remote:
            into = shlex.join(["--base", branch])
            end = [f"git push -u origin {_SETUP_BRANCH}", f"gh pr create --fill {into}"]
        steps.append((" && ".join([*begin, *commit, *end]), "after a look at the files"))
    if not remote:
        steps.append(
            ("gh repo create --private --source . --push", "or git remote add origin and git push")
        )
    steps.append((_ALLOW, "once: let workflows open pull requests (Settings, Actions, General)"))
    steps.append(("dc43-gitdraft doctor", "says what is still missing"))
    return steps


def _has_origin(folder: Path) -> bool:
    with suppress(GitdraftError), Repo.open(str(folder)) as repo:
        return repo.origin() is not None
    return False


def _say_files(placed: Sequence[Placed], *, dry_run: bool) -> None:
    words = {State.WRITTEN: "would write" if dry_run else "wrote", State.PRESENT: "is there"}
    for each in placed:
        word = paint(words.get(each.state, "left"), **_STYLES[each.state])
        why = f": {each.reason}" if each.reason else ""
        say_painted(f"{word} {paint(each.template.path + why)}")
        if dry_run and each.found is not None:
            say_diff(_diff(each.template, each.found))
    if any(each.found is not None for each in placed) and not dry_run:
        progress("--dry-run shows how those that were left differ")


def _diff(template: Template, found: str) -> str:
    return render.diff(found, template.text, template.path).rstrip("\n")


def _document(
    folder: Path,
    placed: Sequence[Placed],
    notes: Sequence[str],
    commands: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    return {
        "directory": os.fspath(folder),
        "files": [
            {"path": each.template.path, "state": each.state.value, "reason": each.reason}
            for each in placed
        ],
        "notes": list(notes),
        "next": [command for command, _ in commands],
    }
