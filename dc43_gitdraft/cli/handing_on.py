"""Handing promoted versions on, as commands do it once all else is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from dc43_gitdraft import handing
from dc43_gitdraft.cli.output import paint, progress, say_painted
from dc43_gitdraft.errors import GitdraftError, InputError, RemoteError
from dc43_gitdraft.publish import Desk

if TYPE_CHECKING:
    from dc43_gitdraft.check.promoted import PromotedVersion
    from dc43_gitdraft.handing.records import Handing

hand_on_option: Callable[[Any], Any] = click.option(
    "--hand-on",
    "hooks",
    metavar="[NAME=]KIND[:ARGUMENT]",
    multiple=True,
    help="Hand promoted versions on: command:PROGRAM, webhook:URL, dc43:FILE. May be repeated. "
    f"[env: {handing.VARIABLE}, one in each line]",
)


def hand_on(desk: Desk, given: Sequence[str], *, dry_run: bool = False) -> tuple[Handing, ...]:
    """Hand on what the hooks do not have yet. Raises ConfigError for what is no hook."""
    hooks = handing.asked(given)
    if not hooks:
        return ()
    # Loads what only those need who hand on.
    from dc43_gitdraft.handing import records

    return records.hand_on(desk, hooks, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class HandedOn:
    """What became of the hooks after a promotion; `error` is why they could not be asked at all."""

    handings: tuple[Handing, ...] = ()
    error: GitdraftError | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The key that a command's JSON has where hooks were asked for."""
        return {"handed_on": of_handing(self.handings)} if self.handings else {}

    def say(self) -> None:
        """Print what was handed on, and what was not."""
        say_handing(self.handings)

    def end(self) -> None:
        """End the program as the hooks did: what was promoted is promoted in any case."""
        if self.error is not None:
            raise self.error
        end(self.handings)


def after_promotion(desk: Desk, given: Sequence[str]) -> HandedOn:
    """Hand on once all else is done; nothing that fails here is raised before `end`."""
    try:
        return HandedOn(hand_on(desk, given))
    except GitdraftError as error:
        return HandedOn(error=error)


def of_handing(handings: Sequence[Handing]) -> list[dict[str, Any]]:
    """Return what became of each hook, for programs."""
    return [
        {
            "hook": each.hook,
            "handed": [_of_version(version) for version in each.handed],
            "failed": [
                {**_of_version(failed.version), "reason": failed.reason} for failed in each.failed
            ],
            "waiting": each.waiting,
            "problem": each.problem,
        }
        for each in handings
    ]


def _of_version(version: PromotedVersion) -> dict[str, str]:
    return {"contract": version.contract, "version": version.version, "tag": version.tag}


def say_handing(handings: Sequence[Handing], *, dry_run: bool = False) -> None:
    """Print what was handed on, one line a version, and say what was not."""
    verb = "would hand on" if dry_run else "handed on"
    for each in handings:
        for version in each.handed:
            say_painted(
                f"{paint(verb, fg='green')} {paint(version.contract, bold=True)} "
                f"{paint(version.version)} to {paint(each.hook)}"
            )
    say_failures(handings)


def say_failures(handings: Sequence[Handing]) -> None:
    """Say what could not be handed on, and that the next run does it."""
    for each in handings:
        if each.problem:
            progress(f"{each.hook}: {each.problem}")
        for failed in each.failed:
            version = failed.version
            progress(
                f"not handed on to {each.hook}: {version.contract} {version.version}: "
                f"{failed.reason}"
            )
        if each.waiting:
            noun = "version waits" if each.waiting == 1 else "versions wait"
            progress(f"{each.hook}: {each.waiting} {noun} for the next run")


def end(handings: Sequence[Handing]) -> None:
    """Exit 2 where the settings of a hook are wrong, 3 where one lacks a version.

    What was promoted is promoted, and running again hands it on: after the settings are mended.
    """
    if any(each.refused for each in handings):
        raise click.exceptions.Exit(InputError.exit_code)
    if not all(each.complete for each in handings):
        raise click.exceptions.Exit(RemoteError.exit_code)
