"""`doctor`: what is missing, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import in_a_line, paint, say_json, say_painted
from dc43_gitdraft.cli.scaffold import templates
from dc43_gitdraft.cli.workspace import open_desk
from dc43_gitdraft.doctor import (
    Check,
    Health,
    examine,
    examine_contents,
    examine_machine,
    healthy,
    unknown,
)
from dc43_gitdraft.errors import GitdraftError, RemoteError
from dc43_gitdraft.repo import is_url

_STYLES: Mapping[Health, Mapping[str, Any]] = {
    Health.OK: {"fg": "green"},
    Health.WARN: {"fg": "yellow"},
    Health.FAIL: {"fg": "red", "bold": True},
    Health.UNKNOWN: {"dim": True},
}
_NOT_OPENED = "not asked, as the repository cannot be opened"
_OF_THE_REPOSITORY = ("settings", "contracts", "tags", "forge")


@click.command(epilog=example("doctor", "doctor --repo https://github.com/shop/contracts"))
@common
def doctor(options: Common) -> None:
    """Look at Git, the repository, the token and GitHub, and say what is missing.

    Changes nothing. What cannot be known is said to be unknown. Exit 1 where something failed.
    """
    checks = examine_machine()
    if checks[0].health is Health.FAIL:
        checks += unknown(("repository", *_OF_THE_REPOSITORY), "it needs Git")
    else:
        checks += _of_repository(options)
    if options.json:
        say_json(_document(checks))
    else:
        _say(checks)
    if not healthy(checks):
        raise click.exceptions.Exit(1)


def _of_repository(options: Common) -> list[Check]:
    try:
        with open_desk(options) as desk:
            return list(examine(desk, _scaffold(desk.base)))
    except RemoteError as error:
        if is_url(options.repo or "."):
            return list(_not_opened(error))
        return list(_on_disk(options, error))
    except GitdraftError as error:
        return list(_not_opened(error))


def _on_disk(options: Common, error: GitdraftError) -> Iterator[Check]:
    """Look at the clone here, as its remote cannot be reached."""
    try:
        with open_desk(replace(options, forge="local")) as desk:
            yield from examine_contents(desk)
    except GitdraftError as other:
        yield from _not_opened(other)
    else:
        yield Check("forge", Health.FAIL, str(error))


def _not_opened(error: GitdraftError) -> Iterator[Check]:
    yield Check("repository", Health.FAIL, str(error))
    yield from unknown(_OF_THE_REPOSITORY, _NOT_OPENED)


def _scaffold(base: str) -> dict[str, str]:
    return {template.path: template.text for template in templates(branch=base)}


def _document(checks: Sequence[Check]) -> dict[str, Any]:
    return {
        "ok": healthy(checks),
        "checks": [
            {
                "name": check.name,
                "health": check.health.value,
                "said": check.said,
                "mend": check.mend,
            }
            for check in checks
        ],
    }


def _say(checks: Sequence[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        health = paint(f"{check.health.value:7}", **_STYLES[check.health])
        say_painted(f"{health}  {paint(check.name.ljust(width))}  {paint(in_a_line(check.said))}")
        if check.mend is not None and check.health is not Health.OK:
            say_painted(f"{' ' * (width + 11)}{paint('→ ' + check.mend, fg='cyan')}")
