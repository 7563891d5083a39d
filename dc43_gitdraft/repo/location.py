"""Where a repository is: a path or a URL, and what the path holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dc43_gitdraft.errors import ConfigError, GitError
from dc43_gitdraft.repo.command import Git, Result, clean

_SCHEMES = ("file", "ssh", "git+ssh", "git", "http", "https")
_SCP = re.compile(r"(?:[\w.+-]+@)?(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(?!//)[^\0]+")

#: What tokens look like, where they stand for a user's name.
_TOKEN = re.compile(r"gh[a-z]_|github_pat_|glpat-|[0-9a-fA-F]{40}$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What git says of a repository on disk; `common` is the git directory of all work trees."""

    git_dir: str
    common: str
    bare: bool
    hash_name: str

    @property
    def folder(self) -> str:
        """What people call the repository: its main work tree, or the bare repository itself."""
        return self.common if self.bare else self.common.removesuffix("/.git")

    def has_work_trees(self) -> bool:
        """Whether a branch may be checked out somewhere."""
        return not self.bare or (Path(self.common) / "worktrees").is_dir()


def is_url(where: str) -> bool:
    """Tell a URL (`https://...`, `git@host:path`) from a path, as git does."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(//|:)", where):
        return True
    before = where.split("/", 1)[0]
    return ":" in before and bool(_SCP.fullmatch(where)) and not Path(where).exists()


def check_url(url: str, *, token: bool) -> None:
    """Refuse URLs that git would run programs for, that carry secrets, or would betray the token.

    Raises ConfigError.
    """
    if any(ord(c) < 33 or ord(c) == 127 for c in url) or url.startswith("-"):
        raise ConfigError(f"{clean(url, 200)!r} is no URL of a repository")
    if re.match(r"[A-Za-z0-9+.-]+::", url):
        raise ConfigError(f"{clean(url, 200)!r} would run a program: use a URL or a path")
    if "://" not in url:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        password = parts.password
    except ValueError as error:
        raise ConfigError(f"the repository's URL cannot be read: {error}") from error
    if parts.scheme.lower() not in _SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in _SCHEMES)
        raise ConfigError(
            f"{parts.scheme}:// is no way to reach a repository: use {known} or a path"
        )
    is_token = parts.scheme in ("http", "https") and _TOKEN.match(parts.username or "")
    if password or is_token:
        what = "password" if password else "token"
        raise ConfigError(
            f"the URL of the repository at {host} carries a {what}, which everyone who can list "
            "processes would see: take it out, and use GITHUB_TOKEN or a Git credential helper"
        )
    if parts.scheme in ("ssh", "git+ssh", "git", "http", "https") and not host:
        raise ConfigError(f"{clean(url, 200)!r} names no host")
    if host.startswith("-"):
        raise ConfigError(f"{clean(url, 200)!r} is no URL of a repository")
    if token and parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ConfigError(
            f"a token is not sent over http://, which anybody can read: use https://{host}"
        )


def examine(where: str) -> Facts:
    """Ask git what lies at a path. One process.

    Raises ConfigError where there is no repository.
    """
    folder = Path(where).expanduser()
    try:
        folder = folder.absolute()
        if not folder.exists():
            raise ConfigError(f"{clean(where, 300)!r} does not exist: create it with git init")
    except (ValueError, OSError) as error:
        raise ConfigError(f"{clean(where, 300)!r} cannot be looked at: {error}") from error
    if not folder.is_dir():
        raise ConfigError(f"{clean(where, 300)!r} is a file, and a repository is a directory")
    questions = ("--is-bare-repository", "--absolute-git-dir", "--git-common-dir")
    git = Git(cwd=str(folder))
    result = git.run("rev-parse", "--path-format=absolute", "--show-object-format", *questions)
    if result.status != 0:
        raise _no_repository(git, result, str(folder))
    lines = result.text.split("\n")
    if len(lines) != 4:
        raise ConfigError(f"{clean(where, 300)!r} has a line break in its path: move it")
    hash_name, bare, git_dir, common = lines
    return Facts(git_dir, common, bare == "true", hash_name)


def work_tree(where: str) -> Path:
    """Return the top folder of the work tree that a path is in.

    Raises ConfigError where there is none.
    """
    folder = Path(where).expanduser().absolute()
    result = Git(cwd=str(folder)).run("rev-parse", "--show-toplevel")
    if result.status != 0:
        raise ConfigError(f"{clean(where, 300)!r} has no work tree to read files from")
    return Path(result.text)


def _no_repository(git: Git, result: Result, folder: str) -> GitError | ConfigError:
    said = result.error
    if "dubious ownership" in said:
        return ConfigError(
            f"git does not trust {folder}, because it belongs to another user: "
            f"git config --global --add safe.directory {folder}"
        )
    if "not a git repository" in said:
        return ConfigError(f"{folder} is in no Git repository: create one with git init")
    return git.failure(result, f"opening {folder}")
