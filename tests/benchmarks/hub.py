"""The tests' GitHub in a process of its own, so that what it uses is not taken for the tool's.

Run by `running`: python tests/benchmarks/hub.py BARE FOLDER
It serves the repository BARE until its input ends, and tells of the requests so far for each line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).parents[1]))

from dc43_gitdraft.forge.github.api import Api
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.repo import Repo


@dataclass(frozen=True)
class GitHub:
    """Where it is, and what may be asked of it."""

    url: str
    api_url: str
    token: str
    _ask: IO[str]
    _answer: IO[str]

    @property
    def environment(self) -> dict[str, str]:
        """What a job's environment says."""
        return {"GITHUB_TOKEN": self.token, "GITHUB_API_URL": self.api_url}

    def requests(self) -> dict[str, int]:
        """Return how many requests came since this was last asked, by kind and method."""
        self._ask.write("\n")
        self._ask.flush()
        counted: dict[str, int] = json.loads(self._answer.readline())
        return counted


@dataclass
class Clock:
    """Seconds that pass at once when somebody waits."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced(repo: Repo, api_url: str, token: str, clock: Clock) -> GitHubForge:
    """Return the forge of a repository, whose waiting takes no time."""
    forge = GitHubForge(repo, api_url=api_url, token=token)
    forge._api = Api(api_url, token, clock.sleep, clock)
    return forge


@contextmanager
def running(bare: Path, folder: Path) -> Iterator[GitHub]:
    """Serve a bare repository as `acme/contracts`, with its state in `folder`."""
    folder.mkdir()
    command = [sys.executable, __file__, str(bare), str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("the server has no pipes")
        url, api_url, token = process.stdout.readline().split()
        try:
            yield GitHub(url, api_url, token, process.stdin, process.stdout)
        finally:
            process.stdin.close()
    if process.returncode:
        raise SystemExit("the tests' GitHub failed")


def main(bare: str, folder: str) -> None:
    # Here alone: what is measured elsewhere does not have it in its memory.
    from support.github import server
    from support.github.description import Judge

    def filled(target: Path, files: Mapping[str, str | bytes], branch: str = "main") -> None:
        command = ["git", "-C", str(target), "fetch", "--quiet", bare, "+refs/*:refs/*"]
        subprocess.run(command, check=True)

    # Another repository than a test's, and no judge of each request, who takes longer than both.
    vars(server).update(fill=filled, judge=lambda: Judge(None))
    with server.serve(Path(folder), files={}) as github:
        print(github.url, github.api_url, github.token("bot", "write"), flush=True)
        for _ in sys.stdin:
            asked = Counter(f"{each.kind} {each.method}" for each in github.requests)
            github.requests.clear()
            print(json.dumps(asked), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
