"""Random lives of a contracts repository: whatever jobs, stewards and accidents do to it, in any
order, what it promises holds after every step.

`GITDRAFT_MODEL=200x60 pytest tests/model` runs 200 lives of 60 steps, other ones each time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from support.github import GitHub, serve
from support.github.world import RefusalError
from support.model.ground import HAPPENED
from support.model.promises import Promises
from support.shop import Shop, clock

from dc43_gitdraft.errors import LifecycleError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import PullRequest
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.settle import parse_event, settle
from dc43_gitdraft.workplace import open_desk

#: Read now: tests run without such variables of the machine's.
ASKED = os.environ.get("GITDRAFT_MODEL")


class Life(Promises):
    """One contracts repository with the local forge, its jobs and its people."""


class SeenShop(Shop):
    """The bare repository of a GitHub, which takes notice of what people push to it."""

    def __init__(self, github: GitHub) -> None:
        self.github, self.path = github, github.path
        self.repo = Repo.open(str(self.path))
        self.desk = Desk(self.repo, LocalForge(self.repo), "main", clock())

    def write(self, branch: str, files: Mapping[str, str | None], message: str = "Edit") -> str:
        made = super().write(branch, files, message)
        self.github.pushed()
        return made


class LifeOnGitHub(Life):
    """The same on GitHub: people decide on its pages, and workflows settle."""

    def founded(self, files: dict[str, str]) -> tuple[Shop, Desk]:
        self.github = self.around.enter_context(serve(self.folder / "github", files=files))
        self.github.person("zoe")
        environment = {
            "GITHUB_SERVER_URL": self.github.web,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_TOKEN": self.github.token("bot"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        patch = self.around.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment.items():
            patch.setenv(name, value)
        shop = SeenShop(self.github)
        self.around.callback(shop.repo.close)
        return shop, self.around.enter_context(open_desk(self.github.url))

    @contextmanager
    def another_desk(self) -> Iterator[Desk]:
        with open_desk(self.github.url) as desk:
            yield desk

    def pushed(self) -> None:
        self.github.pushed()
        self.desk.repo.refresh()

    def merged(self, desk: Desk, number: int, method: str) -> None:
        pull = desk.forge.get(number)
        if self.passes(pull) and self.decided(lambda: self.github.merge(number, method)):
            self.settled("pull_request", "closed", desk)

    def merged_unseen(self, pull: PullRequest, method: str) -> None:
        self.decided(lambda: self.github.merge(pull.number, method))
        self.desk.repo.refresh()

    def closed(self, number: int) -> bool:
        self.github.close(number, comment="not wanted")
        self.settled("pull_request", "closed", self.desk)
        return True

    def opened_again(self, number: int) -> bool:
        """On the page, where GitHub lets people; it does not where the branch is gone."""
        if not self.decided(lambda: self.github.reopen(number)):
            return super().opened_again(number)
        self.settled("pull_request", "reopened", self.desk)
        return True

    def asked(self, number: int, text: str) -> None:
        self.github.comment(number, text)
        self.settled("issue_comment", "created", self.desk)

    def decided(self, deciding: Callable[[], object]) -> bool:
        """Whether GitHub let a person do it."""
        try:
            deciding()
        except RefusalError:
            return False
        return True

    def settled(self, name: str, action: str, desk: Desk) -> None:
        """Run what the workflow runs."""
        desk.repo.refresh()
        event = json.dumps(self.github.event(name, action)).encode()
        with suppress(LifecycleError):
            settle(desk, parse_event(event, "event.json"))
        self.desk.repo.refresh()


@pytest.mark.parametrize(("life", "share"), [(Life, 1), (LifeOnGitHub, 3)])
def test_whatever_happens_the_promises_hold(life: type[Life], share: int) -> None:
    lives, steps = map(int, ASKED.split("x")) if ASKED else (12, 25)
    lives = max(1, lives // share)  # On GitHub, a step takes longer.
    HAPPENED.clear()
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            derandomize=ASKED is None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if ASKED else [Phase.generate],
        ),
    )
    print(f"{lives} {life.__name__}: {dict(sorted(HAPPENED.items()))}")
    for what in ("versions promoted", "jobs that ended created"):
        assert HAPPENED[what], HAPPENED
