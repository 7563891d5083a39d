"""No token, and no App's key, is left anywhere: searched for in bytes, in every spelling."""

from __future__ import annotations

import base64
import subprocess
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from support.cli import Ended, program
from support.git import git
from support.hosted import Hosted, hosted

from dc43_gitdraft.errors import GitdraftError
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.repo import Repo


@pytest.fixture
def shop(tmp_path: Path, isolated_home: Path) -> Iterator[Hosted]:
    # What git is started with, and all that it starts, is written down.
    trace = isolated_home / "trace.jsonl"
    git(tmp_path, "config", "--global", "trace2.eventTarget", str(trace))
    with hosted(tmp_path, "labels: [gitdraft]\nreviewers: [ana]\n") as shop:
        # Reflogs are kept, so that they can be searched.
        git(shop.github.path, "config", "core.logAllRefUpdates", "always")
        yield shop


def spellings(secret: str) -> set[bytes]:
    """Return a secret as it may be written; what base64 makes of it depends on what is before."""
    found = {secret.encode()}
    for user in ("", "x-access-token:", "bot:", f"{secret}:"):
        for end in ("", ":x-oauth-basic"):
            coded = base64.b64encode(f"{user}{secret}{end}".encode())
            found.add(coded.rstrip(b"=")[:-1])
    return found


def contents(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield every file below these folders, and every object of every repository there."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield str(path), path.read_bytes()
            if path.name == "objects" and (path.parent / "HEAD").is_file():
                done = subprocess.run(
                    ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered"],
                    cwd=path.parent,
                    capture_output=True,
                    check=False,
                    stdin=subprocess.DEVNULL,
                )
                yield f"objects of {path.parent}", done.stdout


def assert_nowhere(secrets: Iterable[str], runs: Iterable[Ended], *folders: Path) -> None:
    written = [(f"run {n}", (run.out + run.err).encode()) for n, run in enumerate(runs)]
    forbidden = set().union(*map(spellings, secrets))
    searched = 0
    for where, data in [*written, *contents(folders)]:
        searched += 1
        assert [where for each in forbidden if each in data] == []
    assert searched > 50


class Runs:
    """The program's runs, each a process, as chatty as can be."""

    def __init__(self, shop: Hosted, env: dict[str, str], folder: Path) -> None:
        folder.mkdir()
        self._env = {**env, "TMPDIR": str(folder)}
        self.shop = shop
        self.ended: list[Ended] = []

    def __call__(self, *arguments: str | Path, codes: tuple[int, ...] = (0,)) -> None:
        ended = program(*arguments, "-v", env=self._env)
        self.ended.append(ended)
        assert ended.code in codes, ended.err


def story(run: Runs) -> None:
    """Draft, fail in all ways, merge, reject; the server sends back what it is not to."""
    shop, github = run.shop, run.shop.github
    draft = ("draft", "orders", "--from", shop.data("discount"))
    said = {"message": "no: {token}", "errors": [{"message": "{token}", "field": "{token}"}]}
    plain = {"Content-Type": "text/plain"}  # Git shows such a body.
    for which in ({"path": "/info/refs"}, {"path": "receive-pack"}, {"path": "/pulls$"}):
        for status in (400, 403, 500):
            github.fault(**which, status=status, body=said, headers=plain, times=9)
            run(*draft, codes=(3,))
            github.faults.clear()
    github.fault(path="/pulls$", method="POST", cut=True, after=True)
    run(*draft)
    run("pulls", "list")
    run("check")
    run("doctor", codes=(0, 1))
    run("draft", "orders", "--from", shop.data("discount", "tax"))
    github.merge(1)
    run("settle", "--event", shop.event("pull_request", "closed"))
    run("draft", "orders", "--from", shop.data("discount", "tax", "colour"))
    run("reject", "2", "--reason", "not ours")
    run("status")


def test_a_token_is_left_nowhere(shop: Hosted, tmp_path: Path, isolated_home: Path) -> None:
    run = Runs(shop, shop.env(), tmp_path / "tmp")
    story(run)
    assert_nowhere([shop.token], run.ended, tmp_path, isolated_home)


def test_an_apps_key_and_tokens_are_left_nowhere(
    shop: Hosted, tmp_path: Path, isolated_home: Path
) -> None:
    app = shop.github.app(
        permissions={"contents": "write", "pull_requests": "write", "issues": "write"}
    )
    env = shop.env()
    del env["GITHUB_TOKEN"]
    env |= {"GITDRAFT_APP_ID": str(app.id), "GITDRAFT_APP_PRIVATE_KEY": app.private_key}
    run = Runs(shop, env, tmp_path / "tmp")
    story(run)
    tokens = [value for value, token in shop.github.tokens.items() if token.app]
    assert tokens
    lines = [line for line in app.private_key.splitlines() if not line.startswith("-")]
    assert_nowhere([*tokens, *lines], run.ended, tmp_path, isolated_home)


@pytest.mark.parametrize(
    "which",
    [{"path": "/info/refs"}, {"path": "/pulls$"}, {"path": "/pulls$", "cut": True, "status": None}],
)
def test_no_exception_carries_the_token(
    shop: Hosted, which: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.forge.github.api.BACKOFF", 0.001)
    fault = {
        "status": 403,
        "body": {"message": "no {token}"},
        "headers": {"Content-Type": "text/plain"},
        "times": 99,
        **which,
    }
    shop.github.fault(**fault)
    with pytest.raises(GitdraftError) as caught:
        look(shop)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert [each for each in spellings(shop.token) if each in told.encode()] == []


def look(shop: Hosted) -> None:
    with Repo.open(shop.github.url, shop.token) as repo:
        forge = GitHubForge(repo, api_url=shop.github.api_url, token=shop.token)
        assert shop.token not in repr([repo, forge, vars(forge), vars(repo)])
        forge.find("gitdraft/orders")
