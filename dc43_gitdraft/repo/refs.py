"""Moving refs: all of them or none, and only from where they were expected to be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dc43_gitdraft.errors import GitError, StaleRefError
from dc43_gitdraft.repo.command import Git, Result, Running, clean

#: Refs that one push moves at most: those of a remote are named twice on Git's command line.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref's wanted move.

    `name` is full (`refs/heads/main`). `new` None deletes; `expected` None: it must not exist.
    `new` equal to `expected` checks that the ref is still there, and moves nothing.
    """

    name: str
    new: str | None
    expected: str | None


#: Git's own rules for ref names, and no `@{`, glob or leading dash anywhere.
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|(^|/)[.-]|(\.lock|\.|/)$|\.lock/")


def check_ref(name: str) -> None:
    """Refuse what is no full ref name.

    Raises GitError.
    """
    if not is_ref(name):
        raise GitError(f"{clean(name, 200)!r} is no full ref name")


def is_ref(name: str) -> bool:
    """Say whether a text can be a full ref name."""
    return re.match(r"refs/[^/]+/.", name) is not None and not _BAD_REF.search(name)


def list_refs(git: Git, prefixes: Sequence[str], *, peeled: bool = False) -> dict[str, str]:
    """Read refs below each prefix (or of exactly that name): name -> object name.

    `peeled` gives what annotated tags point to. One process.
    """
    for prefix in prefixes:
        check_ref(f"{prefix.rstrip('/')}/below/it")
    refs = {}
    for line in _listing(git, prefixes, peeled).decode("utf-8", "surrogateescape").splitlines():
        sha, target, name = line.split(" ", 2)
        refs[name] = (target or sha) if peeled else sha
    return refs


def listing(git: Git, prefix: str) -> bytes:
    """Return the refs below a prefix, a line each: the object's name first, the ref's last.

    They are in the order of the refs' bytes. One process.
    """
    return _listing(git, [prefix], peeled=False)


def lines(found: Mapping[str, str]) -> bytes:
    """Return refs as `listing` does."""
    names = sorted(found, key=_bytes)
    return b"".join(b"%s  %s\n" % (found[name].encode(), _bytes(name)) for name in names)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _listing(git: Git, prefixes: Sequence[str], peeled: bool) -> bytes:
    # What a tag points to costs a look at the tag.
    target = "%(*objectname)" if peeled else ""
    form = f"--format=%(objectname) {target} %(refname)"
    return git.ask("for-each-ref", form, "--", *prefixes, doing="reading refs").out


class Transaction:
    """An open `update-ref --stdin`: the refs are locked and checked once prepared."""

    def __init__(self, git: Git, updates: Sequence[RefUpdate], reason: str) -> None:
        self._git = git
        self._updates = updates
        self._process: Running | None = git.start(
            "update-ref", "-m", clean(reason, 200), "--stdin", "-z", work_tree=True
        )
        # One order for all, or two runs could each hold the lock that the other one waits for.
        ordered = sorted(updates, key=lambda update: update.name)
        lines = ["start", *(_instruction(update) for update in ordered), "prepare"]
        self._send(lines, b"prepare: ok\n")

    def commit(self) -> None:
        """Move the refs."""
        try:
            self._send(["commit"], b"commit: ok\n")
        except GitError:
            # They were locked: where they are as they were to be, it was done here, and only the
            # answer was lost.
            there = _at(self._git, self._updates)
            if any(there.get(update.name) != update.new for update in self._updates):
                raise
        else:
            self._end()

    def abort(self) -> None:
        """Unlock the refs where they are."""
        if self._process is not None:
            self._end(b"abort\0")

    def _send(self, lines: Sequence[str], wanted: bytes) -> None:
        process = self._process
        if process is None:
            raise GitError("the transaction has ended")
        with suppress(BrokenPipeError):
            process.stdin.write("".join(f"{line}\0" for line in lines).encode())
            process.stdin.flush()
        for line in process.stdout:
            if line == wanted:
                return
        result = self._end()
        raise refused(self._git, self._updates, _at(self._git, self._updates), result)

    def _end(self, last: bytes = b"") -> Result:
        process, self._process = self._process, None
        return process.finish(last) if process is not None else Result(0, b"", "")


def _instruction(update: RefUpdate) -> str:
    name, new, expected = update.name, update.new, update.expected
    if new == expected:
        return f"verify {name}\0{expected or ''}"
    if expected is None:
        return f"create {name}\0{new}"
    if new is None:
        return f"delete {name}\0{expected}"
    return f"update {name}\0{new}\0{expected}"


def _at(git: Git, updates: Sequence[RefUpdate]) -> dict[str, str]:
    return list_refs(git, [update.name for update in updates])


def refused(
    git: Git, updates: Sequence[RefUpdate], current: Mapping[str, str], result: Result
) -> GitError:
    """Say why refs did not move, from where they are: somebody was faster, or it is not allowed."""
    for update in updates:
        found = current.get(update.name)
        if found != update.expected:
            where = f"is at {found}" if found else "does not exist"
            wanted = f"at {update.expected}" if update.expected else "not to exist"
            return StaleRefError(f"{update.name} {where} and was expected {wanted}: it was moved")
    names = ", ".join(update.name for update in updates)
    return git.failure(result, f"moving {clean(names, 300)}")
