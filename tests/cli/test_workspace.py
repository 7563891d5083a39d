"""Where a command works, and who is asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_on, git, refs_snapshot
from support.github import GitHub, serve
from support.shop import ORDERS

from dc43_gitdraft.cli.options import Common
from dc43_gitdraft.cli.workspace import open_desk, person, split_version
from dc43_gitdraft.forge import Forge
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.workplace import api_url_for, run_url, token_for


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("orders", ("orders", None)),
        ("orders@1.2.0", ("orders", "1.2.0")),
        ("orders@v1.2.0", ("orders", "1.2.0")),
        ("orders@1.2.0-rc.1+b2", ("orders", "1.2.0-rc.1+b2")),
        ("urn:shop:a@b@2.0.0", ("urn:shop:a@b", "2.0.0")),
        ("team@shop", ("team@shop", None)),
        ("@1.2.0", ("@1.2.0", None)),
        ("HEAD@{1}:contracts/orders.odcs.yaml", ("HEAD@{1}:contracts/orders.odcs.yaml", None)),
    ],
)
def test_a_version_follows_the_last_at_sign(text: str, split: tuple[str, str | None]) -> None:
    assert split_version(text) == split


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://127.0.0.1:8080/shop/contracts.git", None),
        ("https://github.com/shop/contracts.git", "secret"),
        ("https://github.example.org/shop/contracts.git", "secret"),
        ("https://elsewhere.example.net/shop/contracts.git", None),
        ("http://github.com/shop/contracts.git", None),
        ("git@github.com:shop/contracts.git", None),
        (".", None),
    ],
)
def test_the_token_goes_to_its_own_server_only(
    url: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    assert token_for(url, "https://github.example.org/api/v3") == token


def test_the_person_is_whom_git_knows(repo: Path) -> None:
    git(repo, "config", "user.name", "Ana Steward")
    git(repo, "config", "user.email", "ana@example.org")
    with open_desk(Common(str(repo), None, "auto", None, "text")) as desk:
        assert str(person(desk)) == "Ana Steward <ana@example.org>"


def test_the_person_is_the_workflows_actor_where_git_knows_nobody(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ana")
    with open_desk(Common(str(repo), None, "auto", None, "text")) as desk:
        assert str(person(desk)) == "ana <ana@users.noreply.github.com>"


def test_the_person_is_the_machines_user_otherwise(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ana")
    with open_desk(Common(str(repo), None, "auto", None, "text")) as desk:
        assert str(person(desk)) == "ana <ana@localhost>"


def test_a_workflow_run_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_url() is None
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example.org")
    monkeypatch.setenv("GITHUB_REPOSITORY", "shop/jobs")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    assert run_url() == "https://github.example.org/shop/jobs/actions/runs/42"


NOTICE = "pull requests stay inside this repository (local forge), not on {}\n"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://github.com/shop/contracts.git", "github.com"),
        ("https://ana:secret@GitHub.com/shop/contracts", "github.com"),
        ("git@github.com:shop/contracts.git", "github.com"),
        ("ssh://git@github.com:22/shop/contracts.git", "github.com"),
        ("git@github.example.org:shop/contracts.git", "github.example.org"),
    ],
)
def test_an_origin_on_github_is_told_where_pull_requests_are(
    origin: str, host: str, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example.org")
    git(repo, "remote", "add", "origin", origin)
    assert cli("pulls", "list", "--repo", repo).err == NOTICE.format(host)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path / "github", files={"contracts/orders.odcs.yaml": ORDERS}) as running:
        yield running


def chosen(server: GitHub, where: str | Path, forge: str = "auto") -> Forge:
    with open_desk(Common(str(where), None, forge, server.api_url, "text")) as desk:
        return desk.forge


def test_a_remote_on_github_with_a_token_is_worked_on_there(
    server: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", server.token("bot"))
    found = chosen(server, server.url)
    assert isinstance(found, GitHubForge)
    assert found.full_name() == "acme/contracts"


def test_the_api_may_be_named_by_the_environment(
    server: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", server.token("bot"))
    monkeypatch.setenv("GITHUB_API_URL", server.api_url)
    with open_desk(Common(server.url, None, "auto", None, "text")) as desk:
        assert isinstance(desk.forge, GitHubForge)


def test_an_apps_token_is_asked_for_once(
    server: GitHub, cli: Cli, drifted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = server.app()
    monkeypatch.setenv("GITDRAFT_APP_ID", str(app.id))
    monkeypatch.setenv("GITDRAFT_APP_PRIVATE_KEY", app.private_key)
    where = ("--repo", server.url, "--api-url", server.api_url)
    cli("draft", "orders", "--from", drifted, *where)
    assert sum("access_tokens" in call for call in server.calls) == 1
    assert server.pull(1)["user"]["login"] == "gitdraft[bot]"


def test_without_a_token_pull_requests_stay_inside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(tmp_path, files={"a": "b"}, private=False) as server:
        assert isinstance(chosen(server, server.url), LocalForge)
    assert NOTICE.format("127.0.0.1") in capsys.readouterr().err


def test_a_clone_is_left_alone_where_its_origin_is_worked_on(
    server: GitHub, repo: Path, cli: Cli, drifted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", server.token("bot"))
    git(repo, "remote", "add", "origin", server.url.replace("://", "://ana@"))
    before = refs_snapshot(repo)
    ended = cli(
        *("draft", "orders", "--from", drifted, "--repo", repo, "--api-url", server.api_url)
    )
    assert f"working on {server.url}; the clone here is left alone" in ended.err
    assert refs_snapshot(repo) == before
    assert [pull["head"]["ref"] for pull in server.pulls()] == ["gitdraft/orders"]


def test_a_clone_without_origin_is_not_on_github(repo: Path, cli: Cli) -> None:
    ended = cli("pulls", "list", "--repo", repo, "--forge", "github", code=2)
    assert "has no remote called origin" in ended.err


def test_the_token_is_not_sent_to_a_server_that_is_not_known_as_its_own(
    server: GitHub, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", server.token("bot"))
    server.repository.private = False
    ended = cli("pulls", "list", "--repo", server.url, "--forge", "github", code=2)
    assert "the token is not sent to 127.0.0.1" in ended.err
    assert "--api-url" in ended.err
    assert server.calls == []


def test_the_api_of_the_server_that_runs_a_workflow_is_not_that_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "https://api.github.com")
    assert api_url_for("https://github.com/shop/contracts", None) == "https://api.github.com"
    assert api_url_for("https://github.example.org/shop/contracts", None) is None
    assert api_url_for("https://github.com/shop/contracts", "https://a.example") == (
        "https://a.example"
    )


@pytest.mark.parametrize(
    "origin", ["/srv/github.com/contracts.git", "git@gitlab.com:shop/contracts.git", "http://[x/"]
)
def test_an_origin_elsewhere_is_told_nothing(origin: str, repo: Path, cli: Cli) -> None:
    git(repo, "remote", "add", "origin", origin)
    assert cli("pulls", "list", "--repo", repo).err == ""


def test_who_asks_for_the_local_forge_is_told_nothing(repo: Path, cli: Cli) -> None:
    git(repo, "remote", "add", "origin", "https://github.com/shop/contracts.git")
    assert cli("pulls", "list", "--repo", repo, "--forge", "local").err == ""


def test_an_unknown_forge_is_2_and_named(repo: Path, cli: Cli) -> None:
    ended = cli("pulls", "list", "--repo", repo, "--forge", "locl", code=2)
    assert "did you mean 'local'" in ended.err


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_repo_is_2_and_not_the_one_here(
    value: str, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo)
    cli("status")
    ended = cli("status", "--repo", value, code=2)
    assert ended.err == "Error: --repo is empty: name a path or URL\n"
    monkeypatch.setenv("GITDRAFT_REPO", value)
    ended = cli("status", code=2)
    assert ended.err == "Error: GITDRAFT_REPO is empty: name a path or URL\n"


def refused(cli: Cli, repo: Path, base: str, *command: str) -> None:
    ended = cli(*command, "--repo", repo, "--base", base, code=2)
    assert f"Error: there is no branch {base!r} in {repo}" in ended.err
    assert "name another with --base" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    "command",
    [
        ["draft", "orders", "--from", "orders.jsonl"],
        ["diff", "main:contracts/orders.odcs.yaml", "main:contracts/orders.odcs.yaml"],
        ["pulls", "list"],
        ["pulls", "show", "1"],
        ["pulls", "merge", "1"],
        ["pulls", "close", "1"],
        ["promote"],
        ["reject", "1"],
        ["reopen", "1"],
        ["show", "orders"],
        ["history", "orders"],
        ["status"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_base_that_does_not_exist_is_2(
    command: list[str], repo: Path, drifted: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(drifted.parent)
    before = refs_snapshot(repo)
    refused(cli, repo, "nope", *command)
    assert refs_snapshot(repo) == before


@pytest.mark.parametrize("base", ["", "main~1", "a b", "-x", "../main", "refs/heads/main"])
def test_a_base_that_is_no_branch_is_2(base: str, repo: Path, cli: Cli) -> None:
    commit_on(repo, "main", {"README.md": "second\n"})
    refused(cli, repo, base, "pulls", "list")
