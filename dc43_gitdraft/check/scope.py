"""What is checked: the commits between a base branch and a head, and the settings that count."""

from __future__ import annotations

from dataclasses import dataclass

from dc43_gitdraft import config as settings
from dc43_gitdraft import provenance
from dc43_gitdraft.branch import inspect
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.findings import Finding
from dc43_gitdraft.model import Level
from dc43_gitdraft.repo import Repo

_PLACES = ("refs/heads/", "refs/remotes/origin/")
_USUAL = ("main", "master")
#: Commits of a head that are looked at for what the bot says of its draft.
_LOOK_BACK = 50


@dataclass(frozen=True, slots=True)
class Range:
    """From `fork`, where the head left the base branch, to `head`; each None where there is none.

    `names` are the branches that the head is known by; `base` is the end of the base branch, and
    `base_name` what that is called.
    """

    fork: str | None
    head: str | None
    config: Config
    names: frozenset[str] = frozenset()
    trouble: tuple[Finding, ...] = ()
    base: str | None = None
    base_name: str = ""


def find_base(repo: Repo, name: str | None) -> str:
    """Return the commit of the base branch, given by name, as the repository or its clone has it.

    Where both have it and one is behind the other, the newer counts.
    Raises ConfigError saying what to fetch.
    """
    return _named_base(repo, name)[1]


def _named_base(repo: Repo, name: str | None) -> tuple[str, str]:
    """Return what the base branch is called, and its commit."""
    for each in [name] if name else _guesses(repo):
        found = [sha for place in _PLACES if (sha := repo.resolve(place + each)) is not None]
        if len(found) == 2 and found[0] != found[1] and repo.is_ancestor(found[0], found[1]):
            return each, found[1]
        if found:
            return each, found[0]
    commit = repo.resolve(name) if name else None
    if name and commit is not None:
        return name, commit
    what = f"there is no branch {name!r}" if name else "there is no main or master branch"
    if repo.shallow:
        raise ConfigError(f"{what} in {repo.name}, {_SHALLOW}")
    raise ConfigError(f"{what} in {repo.name}, nor in its remote origin: name another with --base")


_SHALLOW = (
    "whose history was cut off when it was cloned: fetch all of it "
    "(actions/checkout with fetch-depth: 0, or git fetch --unshallow)"
)


def _guesses(repo: Repo) -> list[str]:
    try:
        return [repo.default_branch()]
    except ConfigError:
        return list(_USUAL)


def find_range(repo: Repo, base: str | None, head: str | None, branch: str | None) -> Range:
    """Return the range between two branches (or revisions); `branch` is another name of the head.

    Raises ConfigError where either is missing, or they have no commit in common.
    """
    tip = _head(repo, head)
    if tip is None:
        return Range(None, None, Config())
    called, start = _named_base(repo, base)
    fork = repo.merge_base(start, tip)
    if fork is None:
        what = f"{head or 'HEAD'} and {called} have no commit in common in {repo.name}"
        if repo.shallow:
            raise ConfigError(f"{what}, {_SHALLOW}")
        raise ConfigError(
            f"{what}: {_unrelated(repo, start, called, tip, head or branch or 'HEAD')}"
        )
    config, trouble = _config(repo, start, tip, fork)
    names = frozenset(name for name in (head, branch) if name)
    return Range(fork, tip, config, names, trouble, start, called)


def _unrelated(repo: Repo, base: str, called: str, tip: str, head: str) -> str:
    """Say what to do about a head that has no commit in common with the base branch."""
    for commit in repo.log([tip], first_parent=True, limit=_LOOK_BACK):
        said = provenance.parse(commit.message)
        if said is not None:
            return inspect(repo, tip, base, said.contract_id, called).rewritten(called, head)
    return f"name another base with --base, or rebase {head} onto {called}"


def _head(repo: Repo, name: str | None) -> str | None:
    if name is None:
        return repo.resolve("HEAD")
    for each in (*(place + name for place in _PLACES), name):
        commit = repo.resolve(each)
        if commit is not None:
            return commit
    more = f", {_SHALLOW}" if repo.shallow else ""
    raise ConfigError(f"there is no branch or commit {name!r} in {repo.name}{more}")


def _config(repo: Repo, base: str, head: str, fork: str) -> tuple[Config, tuple[Finding, ...]]:
    """Return the settings of the base branch; a head must not loosen what it is checked by.

    Where the base branch has none, those that the head brings; where those there cannot be read,
    the defaults, or no pull request could mend them. What is broken is a finding.
    """
    places = [(commit, settings.FILE) for commit in (base, head, fork)]
    before, after, earlier = repo.read_many(places)
    brought, broken = _read(after) if after != before else (Config(), None)
    trouble = (_finding(broken),) if broken else ()
    if before is None:
        return brought, trouble
    standing, error = _read(before)
    if error is not None and not trouble:
        if after in (before, earlier):
            trouble = (_finding(error, ", and until that is mended the defaults count"),)
        else:
            said = f"cannot be read on the base branch, so the defaults count here: {error}"
            trouble = (Finding("config-invalid", Level.WARNING, said, settings.FILE),)
    return standing, trouble


def _read(text: bytes | None) -> tuple[Config, ConfigError | None]:
    """Read settings; the defaults where there are none, or with what is wrong with them."""
    try:
        return (Config() if text is None else settings.parse(text, RULES)), None
    except ConfigError as error:
        return Config(), error


def _finding(error: ConfigError, more: str = "") -> Finding:
    where = (settings.FILE, error.line, error.column)
    return Finding("config-invalid", Level.ERROR, error.message + more, *where)
