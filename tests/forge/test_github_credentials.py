"""Which token is used: the environment's, or a GitHub App's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.github import App, GitHub, serve
from support.shop import DISCOUNT, ORDERS, clock, seen

from dc43_gitdraft.errors import ConfigError, ForgeError
from dc43_gitdraft.forge.github.credentials import InstallationToken, credentials, is_there
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.forge.github.place import place_of
from dc43_gitdraft.model import OutcomeKind
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import Repo

URL = "https://github.com/shop/contracts"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path, files={"contracts/orders.odcs.yaml": ORDERS}) as running:
        yield running


@pytest.fixture
def app(github: GitHub) -> App:
    return github.app()


def environment(app: App, **more: str) -> dict[str, str]:
    return {"GITDRAFT_APP_ID": str(app.id), "GITDRAFT_APP_PRIVATE_KEY": app.private_key, **more}


@pytest.mark.parametrize(
    ("environ", "token"),
    [
        ({}, None),
        ({"GITHUB_TOKEN": ""}, None),
        ({"GITHUB_TOKEN": " \n"}, None),
        ({"GITHUB_TOKEN": "one\n"}, "one"),
        ({"GH_TOKEN": "two"}, "two"),
        ({"GITHUB_TOKEN": "one", "GH_TOKEN": "two"}, "one"),
        ({"GITDRAFT_APP_ID": "", "GH_TOKEN": "two"}, "two"),
    ],
)
def test_the_environment_tells_the_token(environ: dict[str, str], token: str | None) -> None:
    assert credentials(environ, URL, None) == token
    assert is_there(environ) is (token is not None)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "the App's key is not"),
        ({"GITDRAFT_APP_PRIVATE_KEY_FILE": "/none/key.pem"}, "/none/key.pem cannot be read"),
        ({"GITDRAFT_APP_PRIVATE_KEY_FILE": "/"}, "cannot be read"),
    ],
)
def test_an_app_without_its_key_says_so(environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        credentials({"GITDRAFT_APP_ID": "7", **environ}, URL, None)


@pytest.mark.parametrize("kept", ["in the variable", "on one line", "in a file"])
def test_an_app_drafts_with_a_token_for_this_repository(
    kept: str, github: GitHub, app: App, tmp_path: Path
) -> None:
    environ = environment(app, GITHUB_TOKEN="not this one")
    if kept == "on one line":
        environ["GITDRAFT_APP_PRIVATE_KEY"] = app.private_key.replace("\n", "\\n")
    if kept == "in a file":
        del environ["GITDRAFT_APP_PRIVATE_KEY"]
        (tmp_path / "key.pem").write_text(app.private_key, "utf-8")
        environ["GITDRAFT_APP_PRIVATE_KEY_FILE"] = str(tmp_path / "key.pem")
    token = credentials(environ, github.url, github.api_url)
    with Repo.open(github.url, token) as repo:
        forge = GitHubForge(repo, api_url=github.api_url, token=token)
        outcome = publish("orders", seen(DISCOUNT), Desk(repo, forge, "main", clock()))
    assert outcome.kind is OutcomeKind.CREATED
    assert github.pull(1)["user"]["login"] == "gitdraft[bot]"
    given = [request for request in github.requests if request.path.endswith("/access_tokens")]
    assert [request.body for request in given] == [{"repositories": ["contracts"]}]


def test_a_token_is_renewed_before_it_expires(github: GitHub, app: App) -> None:
    ahead = [timedelta(0)]
    place = place_of(github.url, github.api_url)

    def time() -> datetime:
        return datetime.now(timezone.utc) + ahead[0]

    token = InstallationToken(str(app.id), app.private_key, place, time)
    first = token()
    assert token() == first
    ahead[0] = timedelta(minutes=50)
    assert token() == first
    ahead[0] = timedelta(minutes=58)
    assert token() != first


def test_a_key_that_is_none_is_not_shown(github: GitHub, app: App) -> None:
    environ = environment(app, GITDRAFT_APP_PRIVATE_KEY="very secret")
    token = credentials(environ, github.url, github.api_url)
    assert callable(token)
    with pytest.raises(ConfigError, match="is no private key") as caught:
        token()
    assert "very secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_app_that_github_does_not_know_says_so(github: GitHub, app: App) -> None:
    token = credentials(environment(app, GITDRAFT_APP_ID="7"), github.url, github.api_url)
    assert callable(token)
    with pytest.raises(ForgeError, match="does not know the GitHub App 7"):
        token()


def test_an_app_that_is_not_installed_here_says_so(github: GitHub, app: App) -> None:
    elsewhere = github.url.replace("acme/contracts", "other/contracts")
    token = credentials(environment(app), elsewhere, github.api_url)
    assert callable(token)
    with pytest.raises(ForgeError, match="is not installed on other/contracts"):
        token()
