"""The options that every command takes, and the types of arguments."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypeVar

import click

from dc43_gitdraft.cli.output import log_as_progress
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Level, Perspective

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Common:
    """Where to work and how to print; None leaves it to what is found there."""

    repo: str | None
    base: str | None
    forge: str
    api_url: str | None
    output: str

    @property
    def json(self) -> bool:
        """Say whether the result is wanted as JSON."""
        return self.output == "json"


def common(command: F) -> F:
    """Add the common options; `command` gets them as its first argument, a `Common`."""
    return common_with()(command)


def common_with(*formats: str) -> Callable[[F], F]:
    """Do the same for a command that prints other formats too."""

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def wrapped(**given: Any) -> Any:
            names = ("repo", "base", "forge", "api_url", "output")
            return command(Common(**{name: given.pop(name) for name in names}), **given)

        for option in reversed((*_PLACES, _output(*formats), _VERBOSE)):
            option(wrapped)
        return wrapped  # type: ignore[return-value]

    return decorate


#: What `--fail-on` takes, and the level that it means.
FAIL_ON: Mapping[str, Level | None] = {
    **{str(level): level for level in (Level.ERROR, Level.WARNING, Level.INFO)},
    "never": None,
}


def fail_on_option(default: str) -> Callable[[F], F]:
    """Return the option by which findings make the program exit 1."""
    return click.option(
        "--fail-on",
        type=click.Choice(list(FAIL_ON)),
        default=default,
        show_default=True,
        help="Exit 1 where a finding has this level, or a higher one.",
    )


#: Whose breakage counts, over what the repository's settings say.
perspective_option: Callable[[Any], Any] = click.option(
    "--perspective",
    type=click.Choice([each.value for each in Perspective]),
    help="Whose breakage is an error. [default: what the repository's settings say]",
)


#: Whether to look at what the values are like.
profile_option: Callable[[Any], Any] = click.option(
    "--profile",
    is_flag=True,
    help="Add what the values are like: bounds, lengths, few distinct values. It shows data.",
)


def example(*lines: str) -> str:
    """Return the end of a command's help: what to type, as it is typed."""
    return "\n".join(["\b", "Example:", *(f"  dc43-gitdraft {line}" for line in lines)])


def _verbose(ctx: click.Context, _param: click.Parameter, value: int) -> None:
    if ctx.obj is not None and not ctx.resilient_parsing:
        ctx.obj.verbose = value
        log_as_progress(everything=value > 0)


def _repo(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    name = "--repo"
    if value is None:
        # Not click's `envvar`, which takes an empty one for none: the repository here.
        name = "GITDRAFT_REPO"
        value = os.environ.get(name)
    if value is not None and not value.strip() and not ctx.resilient_parsing:
        raise ConfigError(f"{name} is empty: name a path or URL")
    return value


_PLACES: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--repo",
        metavar="PATH|URL",
        callback=_repo,
        help="The contracts repository. [env: GITDRAFT_REPO; default: the one around here]",
    ),
    click.option("--base", metavar="BRANCH", help="The branch of approved contracts."),
    click.option(
        "--forge",
        metavar="auto|local|github",
        default="auto",
        show_default=True,
        help="Where pull requests are kept: inside the repository, or on GitHub. auto: on GitHub "
        "where the repository is there and a token is given.",
    ),
    click.option(
        "--api-url",
        metavar="URL",
        help="The API of GitHub Enterprise. [env: GITHUB_API_URL; default: as the remote's host]",
    ),
)
_VERBOSE: Callable[[Any], Any] = click.option(
    "-v",
    "--verbose",
    count=True,
    is_eager=True,
    expose_value=False,
    callback=_verbose,
    help="Say more; on an error, show where it arose.",
)


def _output(*formats: str) -> Callable[[Any], Any]:
    return click.option(
        "--output",
        type=click.Choice(["text", "json", *formats]),
        default="text",
        show_default=True,
        help="How the result is printed.",
    )


def now() -> datetime:
    """Return the time in UTC: the one clock of the program."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def key_values(
    _ctx: click.Context, _param: click.Parameter, pairs: Sequence[str]
) -> dict[str, str]:
    """Read `--context K=V` options."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE")
        found[key.strip()] = value
    return found
