"""Handing promoted versions on: to a command, a webhook, a store of dc43, or what is installed.

A hook is `KIND:ARGUMENT`, with `NAME=` before it where there are several of one kind. Which ones
there are is said by whoever runs the promotion, by option or environment, and never by the
repository: what is merged there must not decide which program runs.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from dc43_gitdraft.errors import ConfigError

GROUP = "dc43_gitdraft.promotion"
#: Hooks, one in each line.
VARIABLE = "GITDRAFT_HAND_ON"

BUILT_IN = {
    "command": "dc43_gitdraft.handing.command:Command",
    "dc43": "dc43_gitdraft.dc43.handing:Store",
    "webhook": "dc43_gitdraft.handing.webhook:webhook",
}
_NAME = r"[a-z][a-z0-9-]{0,39}"
_HOOK = re.compile(rf"(?:(?P<name>{_NAME})=)?(?P<kind>{_NAME})(?::(?P<argument>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Handed:
    """A promoted version as it is handed on.

    `id` is the same whenever this version is handed on again, so that a receiver knows what it
    has. `text` is the contract as the tag has it, `path` its file in the repository.
    """

    id: str
    contract: str
    version: str
    status: str
    text: str
    path: str
    tag: str
    commit: str
    repository: str
    promoted_at: datetime | None = None


class Hook(Protocol):
    """What takes promoted versions, one by one, at least once each."""

    def hand(self, version: Handed) -> None:
        """Take a version; any exception says that it is to be handed on again."""

    def close(self) -> None:
        """End; nothing more is handed on."""


class HookFactory(Protocol):
    """What an entry point of the group gives: `argument` is what stands behind `KIND:`."""

    def __call__(self, argument: str, *, name: str) -> Hook:
        """Return the hook. Raises ConfigError where the argument is not understood."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A hook that was asked for, not yet made. Its name is what is remembered of it."""

    name: str
    make: Callable[[], Hook]


def kinds() -> tuple[str, ...]:
    """Name every kind of hook, built in or installed."""
    return tuple(sorted({*BUILT_IN, *entry_points(group=GROUP).names}))


def asked(given: Sequence[str] = ()) -> tuple[Asked, ...]:
    """Return the hooks that were given, else those that the environment names.

    Raises ConfigError for what is no hook.
    """
    lines: Iterable[str] = given or os.environ.get(VARIABLE, "").splitlines()
    hooks = [_read(line.strip()) for line in lines if line.strip()]
    names = [hook.name for hook in hooks]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(
            f"two hooks are called {twice!r}: name one of them, as in `other={twice}:…`"
        )
    return tuple(hooks)


def _read(text: str) -> Asked:
    match = _HOOK.fullmatch(text)
    if match is None:
        # It may hold a secret: it is not shown.
        raise ConfigError(
            "a hook is `KIND:ARGUMENT` or `NAME=KIND:ARGUMENT`, such as "
            "`webhook:https://example.org/contracts`"
        )
    kind, argument = match["kind"], match["argument"] or ""
    name = match["name"] or kind
    if kind not in kinds():
        near = difflib.get_close_matches(kind, kinds(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"there is no hook {kind!r} (there are: {', '.join(kinds())}){hint}")
    return Asked(name, lambda: _factory(kind)(argument, name=name))


def _factory(kind: str) -> HookFactory:
    target = BUILT_IN.get(kind)
    entry = (
        EntryPoint(kind, target, GROUP)
        if target
        else next(iter(entry_points(group=GROUP, name=kind)))
    )
    try:
        factory: HookFactory = entry.load()
    except ModuleNotFoundError as error:
        extra = ": pip install 'dc43-gitdraft[dc43]'" if kind == "dc43" else ""
        raise ConfigError(f"the hook {kind!r} needs the module {error.name!r}{extra}") from error
    return factory
