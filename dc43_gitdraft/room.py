"""How many more pull requests may be opened, by the repository's own settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from dc43_gitdraft.config import Config
from dc43_gitdraft.model import PullRequest

_HOUR = timedelta(hours=1)


class Room:
    """The seats that are left, for all publications of one moment together.

    `opened` lists the open pull requests; it is asked only where the settings state limits.
    """

    def __init__(
        self,
        config: Config,
        opened: Callable[[], list[PullRequest]],
        clock: Callable[[], datetime],
    ) -> None:
        self._config, self._opened, self._clock = config, opened, clock
        self._left: dict[str, int] | None = None

    def take(self) -> str | None:
        """Take a seat; return why there is none."""
        if self._left is None:
            self._left = self._counted()
        for why, left in self._left.items():
            if left <= 0:
                return why
        self._left = {why: left - 1 for why, left in self._left.items()}
        return None

    def _counted(self) -> dict[str, int]:
        limits, config = self._config.limits, self._config
        if limits.open is None and limits.per_hour is None:
            return {}
        drafts = [
            pull
            for pull in self._opened()
            if pull.head.startswith(config.branch_prefix)
            and pull.head != config.promotion_branch(pull.base)
        ]
        left = {}
        if limits.open is not None:
            why = f"{limits.open} drafts may be open at a time: decide on some, then run again"
            left[why] = limits.open - len(drafts)
        if limits.per_hour is not None:
            since = self._clock() - _HOUR
            lately = [pull for pull in drafts if pull.opened_at and pull.opened_at > since]
            why = f"{limits.per_hour} drafts may be opened in an hour: run again later"
            left[why] = limits.per_hour - len(lately)
        return left
