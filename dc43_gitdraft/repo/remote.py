"""A repository behind a URL: cloned, fetched and pushed to; the working copy is a bare clone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dc43_gitdraft.errors import GitError, RefusedError, StaleRefError
from dc43_gitdraft.repo.command import Git, Result, Token, clean
from dc43_gitdraft.repo.listing import Listing, RefusedListingError, listing
from dc43_gitdraft.repo.refs import RefUpdate, refused

#: What a clone has of a remote's refs. Not refs/pull/*: a forge may have many thousands of them.
BRANCHES = ("+refs/heads/*:refs/heads/*", "+refs/gitdraft/*:refs/gitdraft/*")
#: What a whole clone mirrors.
MIRRORED = (*BRANCHES, "+refs/tags/*:refs/tags/*")

#: How servers say that a rule of theirs, and no race, keeps a ref where it is.
_FORBIDDEN = re.compile(
    r"remote rejected.*(declined|protected|prohibited|den(y|ied)|not allowed|non-fast-forward)"
)

#: How git says that the server does not know who asks: it may not prompt for more.
_UNKNOWN = re.compile("could not read (Username|Password)|Authentication failed")


#: How it is said that a server, or the old way over HTTP, gives no part of a history.
_NOT_SHALLOW = re.compile(r"shallow|--depth")
#: How a server says that it does not leave out trees.
_NOT_FILTERED = re.compile(r"filter.*(not supported|not allowed|disallow)")
#: How a server says that it has no such object, or that it gives none by its name.
_NOT_THERE = re.compile("not our ref|no such remote ref")
_NOT_BY_NAME = re.compile("unadvertised object")


class NotByNameError(GitError):
    """The server gives commits by the names of its refs only."""


#: Branches of which is looked at what came before.
_TRIED = 20

#: What is left out of what is fetched.
NO_FILES, NO_TREES = "blob:none", "tree:0"


@dataclass(frozen=True, slots=True)
class Cloned:
    """What was made: `part` has the tips alone, and no tags; contents of files may be left out."""

    part: bool
    files: bool


def clone(url: str, token: Token | None, target: Path) -> Cloned:
    """Make a bare clone at `target` of the tips alone, without file contents.

    Where the server does not allow either, or gives nothing by its name later on, it is all there.
    What is left out is fetched as it is asked for. Raises GitError.
    """
    tips = ("--depth=1", "--no-single-branch", "--no-tags")
    part, result = True, _clone(url, token, target, NO_FILES, *tips)
    if result.status != 0 and _NOT_SHALLOW.search(result.error):
        part, result = False, _clone(url, token, target, NO_FILES)
    files = "filtering not recognized by server" in result.error
    # A fetch of a part by one that is not lazy would write that it is into the settings.
    clone = Git(git_dir=str(target), url=url, token=token, lazy=True)
    if result.status == 0 and part and not _gives_by_name(clone, files=files):
        shutil.rmtree(target)
        # A server that leaves nothing out may still give by name what was pushed meanwhile.
        part, result = False, _clone(url, token, target, NO_FILES if files else None)
        files = True
    if result.status != 0:
        raise unreachable(clone, result, f"cloning {url}")
    return Cloned(part, files)


def _gives_by_name(clone: Git, *, files: bool) -> bool:
    """Whether the server gives what a new clone of the tips has not got, by its name.

    With version 0 of the protocol, few do. A remote without a past or a file has nothing to try it
    on, and nothing that would be worth to leave out.
    """
    if files:
        older = _cut_off(clone)
        tried = _fetch(clone, [older], "--depth=1", "--negotiation-tip=HEAD") if older else None
    else:
        blob = _some_file(clone)
        tried = _fetch(clone, [blob], left_out=NO_FILES, alone=True) if blob else None
    if tried is None:
        return False
    try:
        return _given(clone, tried)
    except NotByNameError:
        return False


def _cut_off(clone: Git) -> str | None:
    """Return the name of some commit that is not here, because it comes before the tips."""
    edge = Path(clone.git_dir or "") / "shallow"
    for tip in edge.read_text("ascii").split()[:_TRIED] if edge.is_file() else ():
        told = clone.run("cat-file", "commit", tip).out.partition(b"\n\n")[0]
        for parent in re.findall(r"^parent (\w+)$", told.decode("ascii", "replace"), re.MULTILINE):
            # One that another branch ends with is told to everybody.
            if replace(clone, lazy=False).run("cat-file", "-e", parent).status != 0:
                return str(parent)
    return None


def _some_file(clone: Git) -> str | None:
    """Return the name of some file's content below HEAD."""
    tree = "HEAD^{tree}"
    while True:
        entries = clone.run("ls-tree", "-z", tree).out.split(b"\0")
        kinds = {kind: name for _, kind, name in (each.split()[:3] for each in entries if each)}
        if b"blob" in kinds:
            return kinds[b"blob"].decode()
        if b"tree" not in kinds:
            return None
        tree = kinds[b"tree"].decode()


def clone_history(url: str, token: Token | None, target: Path) -> None:
    """Make a bare clone at `target` of all commits, without their trees where the server allows it.

    Raises GitError.
    """
    result = _clone(url, token, target, NO_TREES, "--no-tags")
    if result.status != 0 and _NOT_FILTERED.search(result.error):
        result = _clone(url, token, target, NO_FILES, "--no-tags")
    if result.status != 0:
        raise unreachable(Git(url=url, token=token), result, f"fetching the history of {url}")


def _clone(
    url: str, token: Token | None, target: Path, left_out: str | None, *options: str
) -> Result:
    git = Git(cwd=str(target.parent), url=url, token=token)
    result = git.run(
        *("clone", "--bare", "--quiet", "--origin=origin"),
        *([f"--filter={left_out}"] if left_out else []),
        *("--config", f"remote.origin.fetch={BRANCHES[1]}", "--template=", *options),
        *("--", url, str(target)),
    )
    if result.status == 0 and options:
        # Git would fetch what is missing one by one, and a commit with all that was before it.
        config = target / "config"
        lines = config.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not re.match(r"\s*(promisor|partialclonefilter)\b", line)]
        config.write_text("".join(kept), "utf-8")
    return result


def snapshot(git: Git, refspecs: Sequence[str]) -> tuple[dict[str, str], str | None]:
    """Read the refs of origin that refspecs name, and the branch that its HEAD names.

    Raises GitError.
    """
    prefixes = [spec.rpartition(":")[2].rstrip("*") for spec in refspecs]
    found = _listing(git, prefixes, f"reading {git.url}", head=True)
    return found.refs, found.head


def fetch(git: Git, refspecs: Sequence[str], *, prune: bool = False, tips: bool = False) -> None:
    """Fetch refs from origin; with `tips`, their newest commits alone, without file contents.

    Raises GitError.
    """
    options = ["--prune"] if prune else []
    options += ["--depth=1", f"--filter={NO_FILES}"] if tips else []
    result = _fetch(git, refspecs, *options)
    if result.status != 0:
        raise unreachable(git, result, f"fetching from {git.url}")


def fetch_history(git: Git, wanted: Sequence[str], *, prune: bool = False) -> bool:
    """Fetch refs or commits with all that was before them, without trees.

    Returns False where the server has none such. Raises NotByNameError, GitError.
    """
    return _given(git, _fetch(git, wanted, *(["--prune"] if prune else []), left_out=NO_TREES))


def fetch_commits(git: Git, shas: Sequence[str], *, trees: bool, near: str | None) -> bool:
    """Fetch commits or tags by name, without what was before them.

    With `trees`, what differs from the commit `near`, which is here as a whole, comes too; file
    contents do not. Returns False where the server has none such. Raises NotByNameError, GitError.
    """
    tip = [f"--negotiation-tip={near}"] if near else []
    left_out = NO_FILES if trees else NO_TREES
    return _given(git, _fetch(git, shas, "--depth=1", *tip, left_out=left_out))


def _given(git: Git, result: Result) -> bool:
    if result.status == 0:
        return True
    if _NOT_THERE.search(result.error):
        return False
    error = unreachable(git, result, f"fetching from {git.url}")
    raise NotByNameError(str(error)) if _NOT_BY_NAME.search(result.error) else error


def _fetch(
    git: Git,
    wanted: Sequence[str],
    *options: str,
    left_out: str | None = None,
    alone: bool = False,
) -> Result:
    filters = [f"--filter={left_out}"] if left_out else []
    result = git.run(
        # What comes leans on nothing that is here.
        *(["-c", "fetch.negotiationAlgorithm=noop"] if alone else []),
        *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--force"),
        *(*filters, *options, "--stdin", "--", "origin"),
        stdin="".join(f"{each}\n" for each in wanted).encode("utf-8", "surrogateescape"),
    )
    if left_out == NO_TREES and result.status != 0 and _NOT_FILTERED.search(result.error):
        return _fetch(git, wanted, *options, left_out=NO_FILES, alone=alone)
    return result


def _listing(git: Git, prefixes: Sequence[str], doing: str, **wanted: bool) -> Listing:
    try:
        return listing(git, prefixes, **wanted)
    except RefusedListingError as error:
        raise unreachable(git, error.result, doing) from error


def list_refs(git: Git, prefixes: Sequence[str], *, peel: bool = False) -> Listing:
    """Read refs of origin below each prefix. Hidden ones are left out.

    Raises GitError.
    """
    return _listing(git, prefixes, f"listing the refs of {git.url}", peel=peel)


def fetch_objects(git: Git, shas: Sequence[str], *, trees: bool = True) -> None:
    """Fetch objects that a partial clone left out, all at once: with what is below them.

    Contents of files come only where they are asked for themselves, and so do trees without
    `trees`. Raises GitError.
    """
    left_out = NO_FILES if trees else NO_TREES
    result = _fetch(git, shas, left_out=left_out, alone=True)
    if result.status != 0:
        raise git.failure(result, f"fetching files from {git.url}")


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
    try:
        return listing(git, [update.name for update in updates]).refs
    except RefusedListingError:
        raise unreachable(git, failed, f"pushing to {git.url}") from None


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
