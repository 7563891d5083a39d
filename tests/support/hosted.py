"""A contracts repository on the tests' GitHub, and the program as jobs and workflows run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.cli import Ended
from support.git import commit_on, show
from support.github import GitHub, serve
from support.shop import ORDERS

CONTRACT = "contracts/orders.odcs.yaml"
BRANCH = "gitdraft/orders"
#: A row that agrees with ORDERS.
ROW: Mapping[str, Any] = {"order_id": 1, "amount": 10.5, "note": "a"}


class Hosted:
    """One job's machine: a token, data, and a cache of its own, in `folder`."""

    def __init__(self, github: GitHub, folder: Path, token: str) -> None:
        self.github, self.folder, self.token = github, folder, token

    def env(self, token: str | None = None) -> dict[str, str]:
        """Return what a workflow gives the program, as far as it is not the machine's."""
        return {
            "GITDRAFT_REPO": self.github.url,
            "GITHUB_SERVER_URL": self.github.web,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_TOKEN": self.token if token is None else token,
        }

    def data(self, *more: str, name: str = "orders.jsonl") -> Path:
        """Write data of ORDERS with these columns more."""
        row = {**ROW, **dict.fromkeys(more, 0.5)}
        path = self.folder / name
        path.write_text("".join(json.dumps({**row, "order_id": n}) + "\n" for n in (1, 2)), "utf-8")
        return path

    def event(self, name: str, action: str) -> Path:
        """Write the newest event of that kind, as a workflow finds it."""
        path = self.folder / f"{name}-{action}.json"
        path.write_text(json.dumps(self.github.event(name, action)), "utf-8")
        return path

    def edit(self, before: str, after: str) -> str:
        """Replace a text on the draft's branch as the steward."""
        text = self.text(BRANCH)
        assert before in text
        sha = commit_on(self.github.path, BRANCH, {CONTRACT: text.replace(before, after)}, "Edit")
        self.github.pushed("ana")
        return sha

    def text(self, revision: str) -> str:
        """Return the contract's text at a revision."""
        return show(self.github.path, revision, CONTRACT).decode()


@contextmanager
def hosted(
    folder: Path, settings: str = "", role: str = "write", more: Mapping[str, str] | None = None
) -> Iterator[Hosted]:
    """Run a GitHub with ORDERS in it, and give the machine of a job whose token has `role`."""
    files = {CONTRACT: ORDERS, **(more or {})}
    if settings:
        files[".gitdraft.yaml"] = settings
    with serve(folder / "github", files=files) as github:
        yield Hosted(github, folder, github.token("bot", role))


def start(
    arguments: Sequence[str | Path], env: Mapping[str, str], **also: Any
) -> subprocess.Popen[bytes]:
    """Start the program in a process of its own, and do not wait for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "dc43_gitdraft", *map(str, arguments)],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **also,
    )


def ended(process: subprocess.Popen[bytes]) -> Ended:
    """Wait for a process's end."""
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out.decode(), err.decode())


def use(patch: pytest.MonkeyPatch, env: Mapping[str, str]) -> None:
    """Give this process a workflow's environment."""
    for name, value in env.items():
        patch.setenv(name, value)
