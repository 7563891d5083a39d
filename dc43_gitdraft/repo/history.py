"""Questions about commits: what came before, what differs, what merges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dc43_gitdraft.repo.command import Git
from dc43_gitdraft.repo.objects import Commit, Identity, TreeEntry, moment

_FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%B")


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """Files that two commits changed differently."""

    paths: tuple[str, ...]


def log(
    git: Git,
    include: Sequence[str],
    exclude: Sequence[str],
    paths: Sequence[str],
    *,
    limit: int | None,
    first_parent: bool,
    grep: str | None = None,
    fixed: bool = False,
) -> list[Commit]:
    """List commits, newest first. One process."""
    options = ["--topo-order", "--date=raw", "--encoding=UTF-8", "--no-commit-header"]
    if limit is not None:
        options.append(f"--max-count={limit}")
    if first_parent:
        options.append("--first-parent")
    if grep is not None:
        options += [f"--grep={grep}", *(["--fixed-strings"] if fixed else [])]
    revisions = [*include, *(f"^{name}" for name in exclude)]
    out = git.ask(
        *("rev-list", *options, f"--format={'%x00'.join(_FIELDS)}%x00", "--stdin"),
        *(("--", *paths) if paths else ()),
        stdin="".join(f"{name}\n" for name in revisions).encode(),
        doing="reading the history",
    ).out.decode("utf-8", "replace")
    values = out.split("\0")
    width = len(_FIELDS)
    return [_commit(values[at : at + width]) for at in range(0, len(values) - width, width)]


def _commit(values: Sequence[str]) -> Commit:
    sha, tree, parents, author, email, authored, committer, mail, committed, message = values
    return Commit(
        sha=sha.lstrip("\n"),
        tree=tree,
        parents=tuple(parents.split()),
        author=Identity(author, email),
        authored_at=moment(*authored.split(" ")),
        committer=Identity(committer, mail),
        committed_at=moment(*committed.split(" ")),
        message=message,
    )


#: Git takes a commit that it cannot read for one without parents, and says so.
_UNREAD = re.compile(r"^(error|fatal):", re.MULTILINE)


def merge_base(git: Git, one: str, other: str) -> str | None:
    """Find the best common ancestor."""
    return next(iter(_bases(git, one, other)), None)


def merge_bases(git: Git, one: str, other: str) -> list[str]:
    """Find all best common ancestors."""
    return _bases(git, "--all", one, other)


def _bases(git: Git, *args: str) -> list[str]:
    result = git.run("merge-base", *args)
    if result.status > 1 or _UNREAD.search(result.error):
        raise git.failure(result, "finding the common ancestor")
    return result.text.split()


def is_ancestor(git: Git, older: str, newer: str) -> bool:
    """Whether `newer` contains `older`."""
    result = git.run("merge-base", "--is-ancestor", older, newer)
    if result.status not in (0, 1) or _UNREAD.search(result.error):
        raise git.failure(result, "comparing histories")
    return result.status == 0


def diff_names(git: Git, old: str, new: str) -> list[str]:
    """List files that differ."""
    out = git.ask(
        *("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new),
        doing="comparing commits",
    ).out
    return [name for name in out.decode("utf-8", "surrogateescape").split("\0") if name]


def diff_files(git: Git, old: str, new: str) -> dict[str, TreeEntry | None]:
    """Say what became of each file that differs between two trees: as it is now, or None."""
    out = git.ask(
        *("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", old, new),
        doing="comparing commits",
    ).out
    words = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    found: dict[str, TreeEntry | None] = {}
    for facts, path in zip(words, words, strict=False):
        _, mode, _, sha, status = facts.split(" ")
        found[path] = None if status == "D" else TreeEntry(path, sha, mode)
    return found


def merge(git: Git, ours: str, theirs: str) -> str | MergeConflict:
    """Merge in the object store: the tree's name, or what conflicts.

    Raises GitError where the histories have nothing in common.
    """
    result = git.run(
        "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs
    )
    names = [n for n in result.out.decode("utf-8", "surrogateescape").split("\0") if n]
    if result.status == 0:
        return names[0]
    if result.status == 1:
        return MergeConflict(tuple(dict.fromkeys(names[1:])))
    raise git.failure(result, f"merging {theirs} into {ours}")


def trailers(git: Git, message: str) -> list[tuple[str, str]]:
    """Parse a message's trailers."""
    out = git.ask(
        *("-c", "trailer.separators=:", "interpret-trailers", "--parse"), stdin=message.encode()
    ).text
    pairs = (line.partition(":") for line in out.splitlines())
    return [(key.strip(), value.strip()) for key, _, value in pairs if key.strip()]
