"""`author` as it is started from a terminal."""

from __future__ import annotations

import json
import signal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.cli import Cli, start

from dc43_gitdraft.author import server


def test_it_serves_the_page_until_it_is_interrupted(repo: Path) -> None:
    name = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Ana"}
    email = {"GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "ana@example.org"}
    env = {**name, **email}
    given = ("orders", "--no-browser", "--output", "json", "--repo", repo)
    process = start("author", *given, env=env)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        url = json.loads("".join(lines))["url"]
        place = urlsplit(url)
        connection = HTTPConnection(str(place.hostname), place.port, timeout=60)
        connection.request("GET", f"{place.path}?{place.query}")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, told.splitlines()[-1]) == (0, "ended")
    assert place.query not in told


def test_a_repository_that_is_not_there_is_said(cli: Cli, tmp_path: Path) -> None:
    ended = cli("author", "--no-browser", "--repo", tmp_path / "nowhere", code=2)
    assert "nowhere" in ended.err


@pytest.mark.parametrize("contract", ["nope id", "-x/../y", "", "..", "a" * 256])
def test_an_id_that_no_contract_can_have_is_refused_at_once(
    cli: Cli, repo: Path, contract: str
) -> None:
    ended = cli("author", "--no-browser", "--repo", repo, "--", contract, code=2)
    assert "contract id" in ended.err
    assert ended.out == ""


def test_an_installation_without_the_editor_says_what_to_do(
    cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "EDITOR_FILE", "gone.js")
    ended = cli("author", "--no-browser", "--repo", repo, code=2)
    assert "the editor is missing from this installation" in ended.err
