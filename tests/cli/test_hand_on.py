"""`hand-on`, and the commands that promote: what was promoted reaches those who asked for it."""

from __future__ import annotations

import base64
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from support.cli import Cli
from support.git import refs_snapshot
from support.receiver import Receiver, receive

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
NOTES = "refs/gitdraft/handed/"


@pytest.fixture
def shelf(tmp_path: Path) -> str:
    """A hook that keeps contracts as files, as long as there is a folder for them."""
    code = (
        "import os, shutil, sys\n"
        "name = os.environ['GITDRAFT_CONTRACT'] + '-' + os.environ['GITDRAFT_VERSION']\n"
        "shutil.copy(os.environ['GITDRAFT_FILE'], os.path.join(sys.argv[1], name))\n"
    )
    folder = tmp_path / "shelf"
    folder.mkdir()
    return f"shelf=command:{shlex.join([sys.executable, '-c', code, str(folder)])}"


@pytest.fixture
def repo_here(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    return repo


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("GITDRAFT_WEBHOOK_SECRET", SECRET)
    with receive() as running:
        yield running


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "shelf").iterdir())


def test_a_promotion_hands_on_what_it_promoted(
    cli: Cli, repo_here: Path, shelf: str, tmp_path: Path
) -> None:
    out = cli("promote", "--hand-on", shelf).out
    assert out.splitlines()[-1] == "handed on orders 1.2.0 to shelf"
    assert kept(tmp_path) == ["orders-1.2.0"]


def test_a_merge_hands_on_what_it_promoted(
    cli: Cli, repo_here: Path, drifted: Path, shelf: str, tmp_path: Path
) -> None:
    cli("draft", "orders", "--from", drifted)
    cli("pulls", "merge", "1", "--hand-on", shelf)
    assert kept(tmp_path) == ["orders-1.3.0"]


def test_the_environment_names_hooks_for_every_promotion(
    cli: Cli, repo_here: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_HAND_ON", f"webhook:{receiver.url}")
    cli("promote")
    ((headers, body),) = receiver.posts
    assert Webhook(SECRET).verify(body, dict(headers))["data"]["version"] == "1.2.0"


def test_a_hook_that_fails_does_not_keep_the_version_from_being_promoted(
    cli: Cli, repo_here: Path, receiver: Receiver
) -> None:
    receiver.answers = [(400, {})]
    ended = cli("promote", "--hand-on", f"webhook:{receiver.url}", code=3)
    assert "promoted orders 1.2.0 (active)" in ended.out
    assert "not handed on to webhook: orders 1.2.0: 127.0.0.1 answered 400" in ended.err
    assert "refs/tags/orders/v1.2.0" in refs_snapshot(repo_here)
    cli("promote", "--hand-on", f"webhook:{receiver.url}")
    assert len(receiver.posts) == 2


def test_a_hook_that_is_none_is_said_after_the_promotion(cli: Cli, repo_here: Path) -> None:
    ended = cli("promote", "--hand-on", "webhok:https://example.org", code=2)
    assert "promoted orders 1.2.0 (active)" in ended.out
    assert "did you mean 'webhook'?" in ended.err


@pytest.mark.parametrize("option", ["--dry-run", "--output=json"])
@pytest.mark.parametrize(
    "hook",
    [
        "command:",
        "webhook:http://hooks.example.org",
        "webhook:https://somebody:s3cret@hooks.example.org",
        "webhook:https://[hooks.example.org/s3cret",
        "webhook:https://hooks.example.org",
    ],
)
def test_a_hook_with_wrong_settings_is_to_be_mended(
    cli: Cli, promoted: Path, hook: str, option: str
) -> None:
    ended = cli("hand-on", hook, option, code=2)
    kind = hook.partition(":")[0]
    assert ended.err.startswith(f"{kind}: the hook '{kind}' ")
    assert f"{kind}: 2 versions wait for the next run" in ended.err
    assert "s3cret" not in ended.out + ended.err


def test_a_promotion_with_wrong_settings_of_a_hook_promotes_and_says_what_to_mend(
    cli: Cli, repo_here: Path
) -> None:
    ended = cli("promote", "--hand-on", "webhook:http://hooks.example.org", code=2)
    assert "promoted orders 1.2.0 (active)" in ended.out
    assert "write its https address" in ended.err


def test_programs_are_told_of_the_promotion_although_no_hook_is_one(
    cli: Cli, repo_here: Path
) -> None:
    ended = cli("promote", "--hand-on", "nothing:at-all", "--output", "json", code=2)
    assert [each["tag"] for each in ended.json["promoted"]] == ["orders/v1.2.0"]


def test_hand_on_brings_everything_that_is_missing(
    cli: Cli, promoted: Path, shelf: str, tmp_path: Path
) -> None:
    assert cli("hand-on", shelf).out == (
        "handed on orders 1.2.0 to shelf\nhanded on orders 1.3.0 to shelf\n"
    )
    assert cli("hand-on", shelf).out == "nothing to hand on\n"
    assert kept(tmp_path) == ["orders-1.2.0", "orders-1.3.0"]


def test_a_dry_run_says_it_and_does_nothing(
    cli: Cli, promoted: Path, shelf: str, tmp_path: Path
) -> None:
    out = cli("hand-on", shelf, "--dry-run").out
    assert out.splitlines()[0] == "would hand on orders 1.2.0 to shelf"
    assert kept(tmp_path) == []
    assert not any(name.startswith(NOTES) for name in refs_snapshot(promoted))


def test_the_end_as_json(cli: Cli, promoted: Path, shelf: str, tmp_path: Path) -> None:
    (tmp_path / "shelf").rmdir()
    first = {"contract": "orders", "version": "1.2.0", "tag": "orders/v1.2.0"}
    (hook,) = cli("hand-on", shelf, "--output", "json", code=3).json["hooks"]
    (failed,) = hook["failed"]
    assert (hook["hook"], hook["handed"], hook["waiting"], hook["problem"]) == (
        "shelf",
        [],
        1,
        None,
    )
    assert {name: failed[name] for name in first} == first
    assert failed["reason"].startswith(f"{Path(sys.executable).name} ended with 1: ")


def test_a_promotion_as_json_tells_of_hooks_only_where_there_are_some(
    cli: Cli, repo_here: Path, shelf: str
) -> None:
    assert "handed_on" in cli("promote", "--hand-on", shelf, "--output", "json").json
    assert "handed_on" not in cli("promote", "--output", "json").json


def test_without_a_hook_it_is_said_what_to_write(cli: Cli, repo_here: Path) -> None:
    assert "set GITDRAFT_HAND_ON" in cli("hand-on", code=2).err


def test_the_repository_cannot_name_a_hook(cli: Cli, repo_here: Path) -> None:
    from support.git import commit_on

    settings = json.dumps({"promotion": ["command:touch /tmp/never"]})
    commit_on(repo_here, "main", {".gitdraft.yaml": settings})
    assert "unknown key 'promotion'" in cli("promote", code=2).err
