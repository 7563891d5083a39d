"""Where a repository is on GitHub, told from its URL."""

from __future__ import annotations

import pytest

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.forge.github.place import place_of, web_of

DOTCOM = ("shop", "contracts", "https://github.com", "https://api.github.com")
ENTERPRISE = ("shop", "contracts", "https://git.example.org", "https://git.example.org/api/v3")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/shop/contracts.git", DOTCOM),
        ("https://github.com/shop/contracts", DOTCOM),
        ("https://github.com/shop/contracts/", DOTCOM),
        ("https://x-access-token:secret@github.com/shop/contracts.git", DOTCOM),
        ("git@github.com:shop/contracts.git", DOTCOM),
        ("github.com:shop/contracts", DOTCOM),
        ("ssh://git@github.com/shop/contracts.git", DOTCOM),
        ("ssh://git@ssh.github.com:443/shop/contracts.git", DOTCOM),
        ("https://git.example.org/shop/contracts.git", ENTERPRISE),
        ("git@git.example.org:shop/contracts.git", ENTERPRISE),
        ("ssh://git@git.example.org:2222/shop/contracts.git", ENTERPRISE),
        (
            "https://shop.ghe.com/shop/contracts",
            ("shop", "contracts", "https://shop.ghe.com", "https://api.shop.ghe.com"),
        ),
        (
            "http://127.0.0.1:8080/shop/my.contracts.git",
            ("shop", "my.contracts", "http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v3"),
        ),
    ],
)
def test_a_url_tells_owner_name_and_servers(url: str, expected: tuple[str, ...]) -> None:
    place = place_of(url)
    assert (place.owner, place.name, place.web, place.api) == expected


def test_the_api_may_be_elsewhere() -> None:
    place = place_of("git@work:shop/contracts.git", "https://git.example.org/api/v3/")
    assert (place.api, place.web) == ("https://git.example.org/api/v3", "https://git.example.org")


@pytest.mark.parametrize(
    "url",
    [
        "/srv/contracts.git",
        "contracts.git",
        "https://github.com/contracts.git",
        "https://github.com/a/b/c",
        "https://github.com/../contracts",
        "https://github.com/a/b%20c",
        "https://github.com/",
        "https://[x/a/b",
        "file:///srv/a/b",
        "",
    ],
)
def test_what_is_no_repository_on_github_says_so(url: str) -> None:
    with pytest.raises(ConfigError, match="is no repository on GitHub"):
        place_of(url)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        place_of("https://ana:secret@github.com/contracts")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("api_url", "said"),
    [
        ("http://git.example.org/api/v3", "a token is not sent over http://"),
        ("ftp://git.example.org", "is no address of an API"),
        ("git.example.org/api/v3", "is no address of an API"),
        ("https://git.example.org/api/v3?a=b", "is no address of an API"),
        ("https://ana:secret@git.example.org/api/v3", "carries a user or password"),
        ("https://git.example.org:port/", "cannot be read"),
    ],
)
def test_an_api_url_that_betrays_or_is_none_is_refused(api_url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        place_of("https://git.example.org/shop/contracts", api_url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("api_url", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.shop.ghe.com", "https://shop.ghe.com"),
        ("https://git.example.org/api/v3", "https://git.example.org"),
        ("http://127.0.0.1:8080/api/v3/", "http://127.0.0.1:8080"),
    ],
)
def test_an_api_tells_where_people_find_its_server(api_url: str, web: str) -> None:
    assert web_of(api_url.rstrip("/")) == web


def test_the_page_to_open_a_pull_request_is_an_address() -> None:
    place = place_of("https://github.com/shop/contracts")
    assert place.compare_url("main", "gitdraft/a b") == (
        "https://github.com/shop/contracts/compare/main...gitdraft/a%20b?expand=1"
    )
