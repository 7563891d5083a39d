"""Where a repository lies on GitHub: told from its URL. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.names import one_line

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^:]+)")
#: Where http:// reaches nobody else.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Place:
    """A repository: `web` is where people find its server, `api` where programs do."""

    owner: str
    name: str
    web: str
    api: str

    @property
    def full_name(self) -> str:
        """Return `owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def host(self) -> str:
        """Return the name of the server, for messages."""
        return urlsplit(self.web).hostname or self.web

    def compare_url(self, base: str, head: str) -> str:
        """Return the address where a person can open a pull request for a branch."""
        return f"{self.web}/{self.full_name}/compare/{quote(base)}...{quote(head)}?expand=1"


def host_of(url: str) -> str | None:
    """Return the host of a URL or of `user@host:path`; None for a path.

    GitHub takes SSH on port 443 at another name, which means the same.
    """
    if "://" in url:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return None
    else:
        before, colon, _ = url.partition(":")
        host = before.rpartition("@")[2].lower() if colon and "/" not in before else None
    return "github.com" if host == "ssh.github.com" else host or None


def place_of(url: str, api_url: str | None = None) -> Place:
    """Read the URL of a repository: https, ssh, or `git@host:owner/name.git`.

    `api_url` is where the API is, where that is not GitHub's usual place for such a host.
    Raises ConfigError where the URL is not of that kind.
    """
    host = host_of(url)
    names = re.sub(r"(\.git)?/*$", "", _path(url)).strip("/").split("/")
    usable = all(_NAME.fullmatch(each) and each.strip(".") for each in names)
    if host is None or len(names) != 2 or not usable:
        raise ConfigError(
            f"{one_line(without_user(url), 200)!r} is no repository on GitHub: name one such as "
            "https://github.com/owner/name with --repo, or use --forge local"
        )
    web = _web(url, host)
    api = api_url.rstrip("/") if api_url else _api(web)
    check_api_url(api)
    if api_url:
        web = web_of(api)
    return Place(names[0], names[1], web, api)


def without_user(url: str) -> str:
    """Take user and password out of an http URL."""
    return re.sub(r"^(https?://)[^/]*@", r"\1", url, flags=re.IGNORECASE)


def check_api_url(url: str) -> None:
    """Refuse an address that is none, or that would send the token where anybody can read it.

    Raises ConfigError.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"the address of the API cannot be read: {error}") from error
    if parts.username or parts.password:
        raise ConfigError("the address of the API carries a user or password: take it out")
    shown = one_line(url, 200)
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ConfigError(
            f"{shown!r} is no address of an API: give one such as https://github.example.org/api/v3"
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ConfigError(
            f"a token is not sent over http://, which anybody can read: use https://{host}"
        )


def web_of(api_url: str) -> str:
    """Return the address of the server whose API is at a URL."""
    parts = urlsplit(api_url)
    if parts.netloc.startswith("api."):
        return f"{parts.scheme}://{parts.netloc[4:]}"
    return f"{parts.scheme}://{parts.netloc}" + parts.path.removesuffix("/api/v3").rstrip("/")


def _web(url: str, host: str) -> str:
    if url.lower().startswith(("http://", "https://")):
        parts = urlsplit(url)
        return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2]}"
    return f"https://{host}"


def _api(web: str) -> str:
    """Return where GitHub has the API of a server."""
    parts = urlsplit(web)
    host = parts.hostname or ""
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"{web}/api/v3"


def _path(url: str) -> str:
    if "://" in url:
        try:
            return urlsplit(url).path
        except ValueError:
            return ""
    match = _SCP.fullmatch(url)
    return match["path"] if match else ""
