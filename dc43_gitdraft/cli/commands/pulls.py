"""`pulls`: the pull requests, as a steward reads and decides them."""

from __future__ import annotations

import click

from dc43_gitdraft import lifecycle, render, story
from dc43_gitdraft.cli import handing_on
from dc43_gitdraft.cli.commands.decide import reject_draft, say_promotion
from dc43_gitdraft.cli.documents import of_promotion, of_pull
from dc43_gitdraft.cli.markdown_text import as_text
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import (
    paint,
    say,
    say_diff,
    say_json,
    say_painted,
    say_table,
    terminal_width,
)
from dc43_gitdraft.cli.workspace import open_desk, person
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import LifecycleError
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.retelling import retold

_STATES = {**{state.value: state for state in PullState}, "all": None}
_COLORS = {PullState.OPEN: "green", PullState.MERGED: "magenta", PullState.CLOSED: "red"}


@click.group()
def pulls() -> None:
    """Read and decide pull requests. Merging promotes a draft, closing rejects it."""


@pulls.command("list", epilog=example("pulls list --state all"))
@click.option(
    "--state",
    type=click.Choice(list(_STATES)),
    default="open",
    show_default=True,
    help="Which ones.",
)
@common
def list_(options: Common, state: str) -> None:
    """List pull requests, newest first."""
    with open_desk(options) as desk:
        found = desk.forge.list(_STATES[state])
    if options.json:
        say_json({"pull_requests": [of_pull(pull) for pull in found]})
        return
    say_table(
        ((f"#{pull.number}", story.decision(pull), pull.title, pull.head) for pull in found),
        head=("", "state", "title", "branch"),
    )
    if not found:
        say(f"no {'' if state == 'all' else state + ' '}pull request")


@pulls.command(epilog=example("pulls show 1 --repo contracts.git"))
@click.argument("number", type=click.IntRange(min=1))
@common
def show(options: Common, number: int) -> None:
    """Print pull request NUMBER: what it says, and its diff."""
    with open_desk(options) as desk:
        pull = _as_its_branch_is(desk, desk.forge.get(number))
        diff = diff_of(desk, pull)
    if options.json:
        say_json({**of_pull(pull), "body": pull.body, "diff": diff})
        return
    say_pull(pull, diff)


@pulls.command(epilog=example("pulls merge 1 --repo contracts.git"))
@click.argument("number", type=click.IntRange(min=1))
@click.option(
    "--method",
    type=click.Choice(["merge", "squash"]),
    default="merge",
    show_default=True,
    help="Keep the draft's commits, or make one of them.",
)
@handing_on.hand_on_option
@common
def merge(options: Common, number: int, method: str, hooks: tuple[str, ...]) -> None:
    """Merge pull request NUMBER, and promote the version that it brings."""
    with open_desk(options) as desk:
        pull, promotion = lifecycle.merge(desk, number, person(desk), method)
        if not options.json:
            say_painted(f"{paint('merged', fg='magenta')} #{pull.number} {paint(pull.title)}")
            say_promotion(promotion)
        handed = handing_on.after_promotion(desk, hooks)
    if options.json:
        say_json({**of_pull(pull), **of_promotion(promotion), **handed.document})
        handing_on.say_failures(handed.handings)
    else:
        handed.say()
    handed.end()


@pulls.command(epilog=example("pulls close 2 --reason 'the job will be mended'"))
@click.argument("number", type=click.IntRange(min=1))
@click.option(
    "--reason", metavar="TEXT", help="What the job is told when it sees this drift again."
)
@common
def close(options: Common, number: int, reason: str | None) -> None:
    """Close pull request NUMBER, which rejects its draft."""
    reject_draft(options, number, reason)


def _as_its_branch_is(desk: Desk, pull: PullRequest) -> PullRequest:
    try:
        return retold(desk, pull)
    except LifecycleError:
        return pull  # No draft: somebody else's words.


def say_pull(pull: PullRequest, diff: str) -> None:
    """Print a pull request as a steward reads it."""
    state = paint(pull.state.value, fg=_COLORS[pull.state])
    labels = f"  [{paint(', '.join(pull.labels))}]" if pull.labels else ""
    say_painted(f"{paint(f'#{pull.number} {pull.title}', bold=True)}")
    say_painted(f"{state}  {paint(pull.head)} → {paint(pull.base)}{labels}")
    if pull.reviewers:
        say(f"reviewers: {', '.join(pull.reviewers)}")
    if pull.reason:
        say(f"decided by {pull.decided_by or 'a steward'}: {pull.reason}")
    say()
    say_painted(as_text(pull.body, terminal_width()))
    if diff:
        say()
        say_diff(diff)


def diff_of(desk: Desk, pull: PullRequest) -> str:
    """Return the unified diff of what the pull request changes."""
    repo, base = desk.repo, desk.base_commit()
    if pull.merge_sha is not None:
        # The base branch holds it all by now: what counts is what it held before.
        base = repo.commit(pull.merge_sha).parents[0]
    start = repo.merge_base(base, pull.head_sha) or base

    def text(commit: str, path: str) -> str:
        return (repo.read(commit, path) or b"").decode("utf-8", "replace")

    return "\n".join(
        render.diff(text(start, path), text(pull.head_sha, path), path)
        for path in repo.diff_names(start, pull.head_sha)
    )
