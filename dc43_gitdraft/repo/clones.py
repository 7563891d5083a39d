"""The bare clones that stand for remotes: one that is kept for the next run, or a temporary one.

A kept clone lives in its own folder below `cache_root()`, which nobody else may enter, beside a
lock and a seal:

- One process at a time works in it. Another one does not wait: what it waits for may hang for a
  minute on a dead connection, and a clone without file contents is quick. It takes a temporary one.
- The seal is written when a run ended well, and sums up what is there. Without it, or where
  something else is there (a killed run, a lock that git left behind, a damaged disk), the clone is
  made anew; so it is where it cannot be brought up to date, and where many small packs gathered.
- It has the newest commits of the branches. What was before them is in a second clone beside it,
  once it was asked for (see `past`). A server that gives no part of a history has it all cloned.

The URL in its configuration holds no secret: URLs that may hold one are not kept at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import stat
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from dc43_gitdraft.errors import GitError
from dc43_gitdraft.repo import location, refs, remote
from dc43_gitdraft.repo.command import Git, Token
from dc43_gitdraft.repo.location import Facts

#: Files of a clone beyond which it is made anew: a new one has a dozen, each fetch adds some.
_MOST_FILES = 500

#: Files of more bytes are not read to see whether they are as they were.
_LARGE = 64 * 1024 * 1024

#: The clone of all commits, beside the clone.
_PAST = "past.git"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Clone:
    """A bare clone to work in. Give it back in the end.

    `blobs` are the file contents that are known to be here, None where all are. A `part` has
    neither tags nor what was before the tips: that is, or will be, in the clone `past`.
    """

    git: Git
    facts: Facts
    blobs: set[str] | None
    part: bool
    _folder: str | None = None
    _slot: _Slot | None = None
    _process: int = field(default_factory=os.getpid)

    @property
    def past(self) -> Path:
        """Where the clone of all commits is to lie."""
        return Path(self.git.git_dir or "").parent / _PAST

    @property
    def folder(self) -> Path | None:
        """Where more may be kept with it, None where it is a temporary one."""
        return self._slot.folder if self._slot is not None else None

    def give_back(self, *, sound: bool) -> None:
        """Keep it for the next run where this one ended well, else leave nothing to be trusted."""
        if os.getpid() != self._process:
            return  # The process that forked this one works in it.
        if self._slot is not None:
            if sound:
                self._slot.seal(self.facts, self.blobs, part=self.part)
            self._slot.unlock()
        elif self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def borrow(url: str, token: Token | None) -> Clone:
    """Return a clone that is as the remote is now.

    Raises GitError where the remote cannot be reached.
    """
    slot = _take(url)
    if slot is None:
        return _temporary(url, token)
    try:
        return _kept(slot, url, token)
    except BaseException:
        slot.unlock()
        raise


def cache_root() -> Path | None:
    """Return the folder of kept clones: GITDRAFT_CACHE, or the user's cache; None if switched off.

    Nothing is made.
    """
    said = os.environ.get("GITDRAFT_CACHE", "")
    if said.lower() == "off":
        return None
    try:
        if said:
            return Path(said).expanduser().absolute()
        folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
        if not folder.is_absolute():
            folder = Path.home() / ".cache"
    except RuntimeError:  # There is no home.
        return None
    return folder / "dc43-gitdraft"


def _temporary(url: str, token: Token | None) -> Clone:
    folder = tempfile.mkdtemp(prefix="gitdraft-")
    try:
        return _cloned(url, token, Path(folder) / "clone.git", folder=folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _cloned(url: str, token: Token | None, target: Path, *, folder: str | None = None) -> Clone:
    made = remote.clone(url, token, target)
    facts = location.examine(str(target))
    git = Git(git_dir=str(target), url=url, token=token)
    return Clone(git, facts, None if made.files else set(), made.part, folder)


def _kept(slot: _Slot, url: str, token: Token | None) -> Clone:
    git = Git(git_dir=str(slot.clone), url=url, token=token)
    found = slot.sealed()
    if found is not None:
        facts, blobs, part = found
        try:
            # Before the seal is broken: without a connection all stays as it is.
            there, head = _snapshot(git, remote.BRANCHES if part else remote.MIRRORED)
            slot.unseal()
            _bring_up_to_date(git, there, head, part=part)
        except _DamagedError as error:
            _log.info("the kept clone of %s is made anew: %s", url, error)
        else:
            return Clone(git, facts, blobs, part, _slot=slot)
    slot.clear()
    clone = _cloned(url, token, slot.clone)
    clone._slot = slot
    return clone


class _DamagedError(Exception):
    """A kept clone that git cannot work with."""


def _snapshot(git: Git, mirrored: Sequence[str]) -> tuple[dict[str, str], str | None]:
    """Ask the remote for its refs; an error of the remote's stays what it is."""
    try:
        return remote.snapshot(git, mirrored)
    except GitError as error:
        try:
            refs.list_refs(git, ["refs/"])
        except GitError:
            raise _DamagedError(str(error)) from error
        raise


def _bring_up_to_date(git: Git, there: dict[str, str], head: str | None, *, part: bool) -> None:
    try:
        if refs.list_refs(git, ["refs/"]) != there:
            mirrored = remote.BRANCHES if part else remote.MIRRORED
            remote.fetch(replace(git, lazy=part), mirrored, prune=True, tips=part)
        if head is not None and _head(git) != head:
            git.ask("symbolic-ref", "HEAD", head)
        # That all files have their sizes does not make them whole: the tip at least can be read.
        if head in there:
            git.ask("cat-file", "-e", f"{head}^{{tree}}")
    except (GitError, OSError) as error:
        raise _DamagedError(str(error)) from error


def _head(git: Git) -> str:
    text = Path(git.git_dir or "", "HEAD").read_text("utf-8", "surrogateescape")
    return text.removeprefix("ref:").strip()


@dataclass(slots=True)
class _Slot:
    """The place of one remote's clone, locked by this process."""

    folder: Path
    lock: int

    @property
    def clone(self) -> Path:
        return self.folder / "clone.git"

    @property
    def _past(self) -> Path:
        return self.folder / _PAST

    @property
    def _seal(self) -> Path:
        return self.folder / "seal.json"

    def sealed(self) -> tuple[Facts, set[str] | None, bool] | None:
        """Return what is known of the clone where it is whole, else None."""
        try:
            said = json.loads(self._seal.read_text("utf-8"))
            print_, count = _inventory(self.clone, self._past)
            if said["files"] != print_ or count > _MOST_FILES:
                return None
            blobs = None if said["blobs"] is None else set(said["blobs"])
            folder = str(self.clone)
            return Facts(folder, folder, True, said["hash"]), blobs, bool(said["part"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def seal(self, facts: Facts, blobs: set[str] | None, *, part: bool) -> None:
        """Say that the clone is whole."""
        try:
            files, _ = _inventory(self.clone, self._past)
            known = None if blobs is None else sorted(blobs)
            said = {"hash": facts.hash_name, "part": part, "blobs": known, "files": files}
            written = self.folder / "seal.new"
            written.write_text(json.dumps(said), "utf-8")
            written.replace(self._seal)
        except OSError as error:
            _log.info("the clone %s is not kept: %s", self.clone, error)

    def unseal(self) -> None:
        self._seal.unlink(missing_ok=True)

    def clear(self) -> None:
        """Take the clone away."""
        self.unseal()
        for clone in (self.clone, self._past):
            if clone.is_dir() and not clone.is_symlink():
                shutil.rmtree(clone, ignore_errors=True)
            else:
                with suppress(OSError):
                    clone.unlink(missing_ok=True)
            if os.path.lexists(clone):
                raise GitError(f"{clone} is damaged and cannot be deleted: delete it")

    def unlock(self) -> None:
        """Let others have it; closing alone would not, while a forked process has it open too."""
        lock, self.lock = self.lock, -1
        if lock >= 0:
            fcntl.flock(lock, fcntl.LOCK_UN)
            os.close(lock)


def _take(url: str) -> _Slot | None:
    """Lock the place of a remote's clone; None where there is none to be had now."""
    root = cache_root()
    if root is None or not _may_be_kept(url):
        return None
    folder = root / _name(url)
    lock = -1
    try:
        if not _is_private(folder):
            return None
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if lock >= 0:
            os.close(lock)
        _log.debug("no kept clone of %s: %s", url, error)
        return None
    return _Slot(folder, lock)


def _is_private(folder: Path) -> bool:
    """Make a folder that nobody else may enter; say whether it is one.

    Raises OSError where it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o77:
        _log.warning("%s is open to others, and not used: delete it", folder)
        return False
    return True


def folder_for(repository: str, *, make: bool) -> Path | None:
    """Return the private folder of what is kept about the repository on disk at `repository`.

    None where nothing is to be kept, or nothing is there and it is not to be made.
    """
    root = cache_root()
    if root is None:
        return None
    folder = root / f"disk-{_name(repository)}"
    try:
        return folder if (make or folder.exists()) and _is_private(folder) else None
    except OSError as error:
        _log.debug("nothing is kept about %s: %s", repository, error)
        return None


def _may_be_kept(url: str) -> bool:
    """Whether nothing in a URL can be a secret."""
    if not url.lower().startswith(("http:", "https:")):
        return True
    parts = urlsplit(url)
    return not (parts.username or parts.query or parts.fragment)


def _name(url: str) -> str:
    place = url.lower().removesuffix(".git")
    words = re.sub(r"[^a-z0-9]+", "-", place.partition("//")[2] or place)
    digest = hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{words[-50:].strip('-')}-{digest[:16]}"


def _inventory(clone: Path, past: Path) -> tuple[str, int]:
    """Return a fingerprint of all files, and how many there are.

    It is of their names, sizes and contents; of large files, Git finds out as it reads them.
    """
    lines = []
    for folder in (clone, *([past] if past.exists() else [])):
        for place, _, names in os.walk(folder, onerror=_raise):
            for path in (Path(place, name) for name in names):
                facts = path.lstat()
                read = stat.S_ISREG(facts.st_mode) and facts.st_size <= _LARGE
                content = zlib.crc32(path.read_bytes()) if read else 0
                lines.append(f"{path.relative_to(clone.parent)} {facts.st_size} {content}")
    text = "\n".join(sorted(lines))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(), len(lines)


def _raise(error: OSError) -> None:
    raise error
