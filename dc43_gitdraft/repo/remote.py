"""A repository behind a URL: cloned, fetched and pushed to; the working copy is a bare clone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dc43_gitdraft.errors import GitError, RefusedError, StaleRefError
from dc43_gitdraft.repo.command import Git, Result, Token, clean
from dc43_gitdraft.repo.refs import RefUpdate, refused

#: What a clone mirrors. Not refs/pull/*: a forge may have many thousands of them.
MIRRORED = (
    "+refs/heads/*:refs/heads/*",
    "+refs/tags/*:refs/tags/*",
    "+refs/gitdraft/*:refs/gitdraft/*",
)

_PREFIXES = tuple(spec.rpartition(":")[2].rstrip("*") for spec in MIRRORED)

#: How servers say that a rule of theirs, and no race, keeps a ref where it is.
_FORBIDDEN = re.compile(
    r"remote rejected.*(declined|protected|prohibited|den(y|ied)|not allowed|non-fast-forward)"
)

#: How git says that the server does not know who asks: it may not prompt for more.
_UNKNOWN = re.compile("could not read (Username|Password)|Authentication failed")


def clone(url: str, token: Token | None, target: Path) -> bool:
    """Make a bare clone at `target`, without file contents where the server allows it.

    Returns whether contents were left out: they are fetched when they are read.
    Raises GitError.
    """
    git = Git(cwd=str(target.parent), url=url, token=token)
    result = git.run(
        *("clone", "--bare", "--quiet", "--filter=blob:none", "--origin=origin"),
        *("--config", f"remote.origin.fetch={MIRRORED[2]}", "--template="),
        *("--", url, str(target)),
    )
    if result.status != 0:
        raise unreachable(git, result, f"cloning {url}")
    return "filtering not recognized by server" not in result.error


def snapshot(git: Git) -> tuple[dict[str, str], str | None]:
    """Read the refs of origin that a clone mirrors, and the branch that its HEAD names.

    Raises GitError.
    """
    # Not --refs, which leaves HEAD out.
    patterns = ("HEAD", *(spec.rpartition(":")[2] for spec in MIRRORED))
    result = git.run("ls-remote", "--quiet", "--symref", "--", "origin", *patterns)
    if result.status != 0:
        raise unreachable(git, result, f"reading {git.url}")
    found: dict[str, str] = {}
    head = None
    for line in result.text.splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD":
            head = value[len("ref: ") :] if value.startswith("ref: refs/heads/") else head
        elif name.startswith(_PREFIXES) and not name.endswith("^{}"):
            found[name] = value
    return found, head


def fetch(git: Git, refspecs: Sequence[str], *, prune: bool = False) -> None:
    """Fetch refs from origin.

    Raises GitError.
    """
    result = git.run(
        *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--force"),
        *(["--prune"] if prune else []),
        *("--", "origin", *refspecs),
    )
    if result.status != 0:
        raise unreachable(git, result, f"fetching from {git.url}")


def list_refs(git: Git, prefixes: Sequence[str]) -> dict[str, str]:
    """Read refs of origin below each prefix: name -> object name. Hidden ones are left out.

    Raises GitError.
    """
    result = git.run("ls-remote", "--quiet", "--refs", "--", "origin", *(f"{p}*" for p in prefixes))
    if result.status != 0:
        raise unreachable(git, result, f"listing the refs of {git.url}")
    return _listed(result)


def fetch_objects(git: Git, shas: Sequence[str]) -> None:
    """Fetch objects that a partial clone left out, all at once."""
    git.ask(
        *("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags"),
        *("--no-write-fetch-head", "--filter=blob:none", "--stdin", "--", "origin"),
        stdin="".join(f"{sha}\n" for sha in shas).encode(),
        doing=f"fetching files from {git.url}",
    )


def push(git: Git, updates: Sequence[RefUpdate]) -> None:
    """Move refs of origin, all or none.

    Raises StaleRefError, RefusedError, GitError.
    """
    leases = [f"--force-with-lease={u.name}:{u.expected or ''}" for u in updates]
    result = git.run(
        *("push", "--atomic", "--porcelain", "--no-verify", "--no-follow-tags"),
        *("--recurse-submodules=no", *leases, "--", "origin"),
        *(f"{u.new or ''}:{u.name}" for u in updates),
    )
    if result.status == 0:
        return
    current = _remote_refs(git, updates, result)
    if all(current.get(u.name) == u.new for u in updates):
        return  # it arrived, only the answer was lost
    error = refused(git, updates, current, Result(result.status, b"", _reasons(result)))
    forbidden = frozenset(name for name, why in _refusals(result) if _FORBIDDEN.search(why))
    if forbidden and not isinstance(error, StaleRefError):
        raise RefusedError(str(error), forbidden)
    raise error


def _remote_refs(git: Git, updates: Sequence[RefUpdate], failed: Result) -> dict[str, str]:
    listing = git.run("ls-remote", "--quiet", "--refs", "--", "origin", *(u.name for u in updates))
    if listing.status != 0:
        raise unreachable(git, failed, f"pushing to {git.url}")
    return _listed(listing)


def _listed(listing: Result) -> dict[str, str]:
    lines = (line.split("\t", 1) for line in listing.text.splitlines())
    return {name: sha for sha, name in lines}


def _reasons(result: Result) -> str:
    """Pick what people need from a refused push: what the remote said, then the refusals."""
    said = [
        line.removeprefix("remote:").strip()
        for line in result.error.splitlines()
        if line.startswith("remote:")
    ]
    refusals = [why for _, why in _refusals(result)]
    own = [why for why in refusals if "atomic push failure" not in why] or refusals
    words = [word for word in (*said, *dict.fromkeys(own)) if word]
    return "; ".join(words) or result.error


def _refusals(result: Result) -> Iterator[tuple[str, str]]:
    """Yield each ref that a push did not move, and why."""
    for line in result.out.decode("utf-8", "replace").splitlines():
        mark, _, rest = line.partition("\t")
        moved, tab, why = rest.partition("\t")
        if mark == "!" and tab:
            yield moved.rpartition(":")[2], why


def unreachable(git: Git, result: Result, doing: str) -> GitError:
    """Say why the remote gave nothing."""
    lines = [line for line in result.error.splitlines() if line.startswith(("fatal:", "remote:"))]
    said = clean(git.scrub(" ".join(lines or [result.error])))
    if _UNKNOWN.search(said):
        said = "it does not accept the token: give a valid one in GITHUB_TOKEN"
        if not git.token:
            said = "it wants to know who asks: set GITHUB_TOKEN"
    return GitError(f"{git.scrub(doing)} failed: {said or f'exit status {result.status}'}")
