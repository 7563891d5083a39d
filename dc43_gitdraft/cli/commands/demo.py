"""`demo`: the whole way once, on a repository made for it; nothing in it is staged."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click

from dc43_gitdraft import lifecycle
from dc43_gitdraft.cli.commands.pulls import diff_of, say_pull
from dc43_gitdraft.cli.demo_data import Row, rows, sample_contracts, write_jsonlines
from dc43_gitdraft.cli.documents import of_outcome
from dc43_gitdraft.cli.options import Common, common, example, now
from dc43_gitdraft.cli.output import paint, progress, say, say_json, say_painted
from dc43_gitdraft.cli.workspace import open_desk
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import InputError
from dc43_gitdraft.model import Outcome
from dc43_gitdraft.observe import observe
from dc43_gitdraft.publish import publish
from dc43_gitdraft.repo import BOT, RefUpdate, Repo
from dc43_gitdraft.story import show

_ROWS = 200
_REASON = "points are whole numbers: mend the job"


def _orders(agreeing: Iterable[Row]) -> Iterator[Row]:
    """Yield orders after the shop began to give discounts."""
    for number, row in enumerate(agreeing):
        yield {**row, "discount": number % 4 * 0.25 + 0.1, "channel": ("web", "app")[number % 2]}


def _customers(agreeing: Iterable[Row]) -> Iterator[Row]:
    """Yield customers after somebody began to divide points."""
    for row in agreeing:
        yield {**row, "loyalty_points": row["loyalty_points"] + 0.5}


#: Contract -> how its data drifted, in the order of the pull requests.
_DRIFT: Mapping[str, Callable[[Iterable[Row]], Iterator[Row]]] = {
    "orders": _orders,
    "customers": _customers,
}


@click.command(epilog=example("demo", "demo /tmp/try-it"))
@click.argument("directory", metavar="[DIR]", default="gitdraft-demo")
@common
def demo(options: Common, directory: str) -> None:
    """Make a contracts repository and data that drifted, draft, and show what a steward sees.

    Everything lies in DIR, ./gitdraft-demo if none is given, which must be empty or not exist.
    """
    folder = Path(directory)
    _check(folder)
    repository = folder / "contracts.git"
    _make_repository(repository)
    progress(f"made {repository}, a contracts repository")
    with open_desk(replace(options, repo=str(repository), base="main", forge="local")) as desk:
        lifecycle.promote(desk)
        outcomes = [_job(desk, folder, contract) for contract in _DRIFT]
        pulls = [outcome.pull_request for outcome in outcomes if outcome.pull_request]
        diffs = [diff_of(desk, pull) for pull in pulls]
    commands = _commands(folder, repository, outcomes)
    if options.json:
        say_json(
            {
                "repository": str(repository),
                "drafts": [of_outcome(outcome) for outcome in outcomes],
                "next": commands,
            }
        )
        return
    say()
    say_pull(pulls[0], diffs[0])
    say()
    _say_next(outcomes, commands)


def _check(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("is there and not empty: name another directory", where=str(folder))


def _make_repository(repository: Path) -> None:
    try:
        repository.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}", where=str(repository)) from error
    Repo.init(repository)
    with Repo.open(str(repository)) as repo:
        commit = repo.write_commit([], sample_contracts(), "Add the contracts", BOT, now())
        repo.push([RefUpdate("refs/heads/main", commit, None)])


def _job(desk: Desk, folder: Path, contract: str) -> Outcome:
    """Run the job that writes the data of a contract, to its end."""
    data = folder / "data" / f"{contract}.jsonl"
    write_jsonlines(data, _DRIFT[contract](rows(show(desk, contract).document, _ROWS)))
    progress(f"wrote {data}, {_ROWS} rows that drifted")
    outcome = publish(contract, observe(str(data), now=now()), desk)
    progress(f"drafted {contract}: {outcome.kind.value}")
    return outcome


def _commands(folder: Path, repository: Path, outcomes: Iterable[Outcome]) -> list[str]:
    """Return what to type next, as it works in the caller's shell."""
    first, second = (outcome for outcome in outcomes if outcome.pull_request)
    numbers = [each.pull_request.number for each in (first, second) if each.pull_request]
    words = [
        ["pulls", "show", str(numbers[1])],
        ["pulls", "merge", str(numbers[0])],
        ["reject", str(numbers[1]), "--reason", _REASON],
        ["draft", second.contract, "--from", str(folder / "data" / f"{second.contract}.jsonl")],
        ["history", first.contract],
    ]
    return [shlex.join([*_program(), *command, "--repo", str(repository)]) for command in words]


def _program() -> list[str]:
    """Return the words that start this program again, as the caller started it."""
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return [sys.executable, "-m", "dc43_gitdraft"]
    found = shutil.which(started.name)
    if found is not None and Path(found).absolute() == started.absolute():
        return [started.name]
    return [sys.argv[0]]


_SAYS = (
    "the other pull request, a breaking change",
    "promotes {first}",
    "says no to {second}",
    "the job again: it learns that, and why",
    "what became of it all",
)


def _say_next(outcomes: list[Outcome], commands: list[str]) -> None:
    first, second = (outcome.contract for outcome in outcomes)
    say("Decide, as a steward:", bold=True)
    for command, comment in zip(commands, _SAYS, strict=True):
        said = comment.format(first=first, second=second)
        say_painted(f"  {paint('# ' + said, dim=True)}")
        say_painted(f"  {paint(command, fg='cyan')}")
