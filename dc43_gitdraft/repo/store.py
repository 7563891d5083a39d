"""The object database: one long-lived reading process, one writing process a write."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Union

from dc43_gitdraft.errors import GitError
from dc43_gitdraft.repo.command import Git, Running, clean
from dc43_gitdraft.repo.objects import (
    RawObject,
    TreeEntry,
    UnusablePathError,
    check_path,
    make,
    pack,
    tree_bytes,
    tree_entries,
)

_TREE, _FILE = b"40000", b"100644"

#: Changes of one directory: a file's new content, None to remove it, or changes further down.
_Edits = dict[bytes, Union[bytes, "_Edits", None]]

#: Requests sent before their answers are read: well below what a pipe holds.
_AT_ONCE = 64


class ObjectStore:
    """Reads and writes objects of one repository. Threads take turns."""

    def __init__(self, git: Git, hash_name: str) -> None:
        #: Fetches directories that a clone does not have.
        self.fetch: Callable[[Sequence[str]], None] | None = None
        self._git = git
        self._hash = hash_name
        self._width = 32 if hash_name == "sha256" else 20
        self._reader: Running | None = None
        self._lock = threading.Lock()

    @property
    def empty_tree(self) -> RawObject:
        """The tree without entries; not always stored."""
        return make("tree", b"", self._hash)

    def close(self) -> None:
        """End the reading process."""
        with self._lock:
            self._stop()

    def read(self, name: str) -> RawObject | None:
        """Read one object by any name git understands; None where there is none."""
        return next(self.read_many([name]))

    def read_many(self, names: Sequence[str]) -> Iterator[RawObject | None]:
        """Read objects in the order asked."""
        for start in range(0, len(names), _AT_ONCE):
            yield from self._read_some(names[start : start + _AT_ONCE])

    def _read_some(self, names: Sequence[str]) -> list[RawObject | None]:
        for name in names:
            # One request is one line: a second would answer somebody else's question.
            if "\n" in name or "\0" in name or len(name) > 4096:
                raise GitError(f"{clean(name, 100)!r} names no object")
        request = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        with self._lock:
            reader = self._running()
            try:
                reader.stdin.write(request)
                reader.stdin.flush()
                return [self._answer(reader) for _ in names]
            except BaseException as error:
                # Whatever is left in the pipes belongs to no later question.
                said = self._stop()
                if isinstance(error, OSError | EOFError):
                    raise GitError(f"reading objects failed: {said or error}") from error
                raise

    def _answer(self, reader: Running) -> RawObject | None:
        header = reader.stdout.readline()
        if not header.endswith(b"\n"):
            raise EOFError("git ended early")
        fields = header.split()
        if len(fields) != 3 or not fields[2].isdigit():
            return None  # "... missing"
        sha, kind, size = fields
        data = reader.stdout.read(int(size) + 1)
        if len(data) != int(size) + 1:
            raise EOFError("git ended early")
        return RawObject(sha.decode("ascii"), kind.decode("ascii"), data[:-1])

    def _running(self) -> Running:
        if self._reader is None or self._reader.process.poll() is not None:
            self._stop()
            self._reader = self._git.start("cat-file", "--batch")
            os.set_blocking(self._reader.stderr.fileno(), False)
        else:
            # Warnings that nobody reads would fill the pipe and stop git for ever.
            with suppress(BlockingIOError):
                self._reader.stderr.read()
        return self._reader

    def _stop(self) -> str:
        reader, self._reader = self._reader, None
        if reader is None:
            return ""
        said = b""
        for stream in (reader.stdin, reader.stdout):
            with suppress(OSError):
                stream.close()
        reader.process.wait()
        with suppress(OSError):
            said = reader.stderr.read() or b""
        reader.stderr.close()
        return clean(self._git.scrub(said.decode("utf-8", "replace")))

    def locate(self, revision: str, path: str) -> str | None:
        """Find a file's object name by reading directories only."""
        found = self.entry(revision, path)
        return None if found is None else found.sha

    def entry(self, revision: str, path: str) -> TreeEntry | None:
        """Find a file, or a symbolic link, by reading directories only."""
        found = self.read(f"{revision}^{{tree}}")
        parts = path.encode("utf-8", "surrogateescape").split(b"/")
        for left in range(len(parts), 0, -1):
            if found is None or found.kind != "tree":
                return None
            entries = tree_entries(found.data, self._width)
            mode, sha = entries.get(parts[-left], (b"", b""))
            if mode in (b"", b"160000") or (mode == _TREE) == (left == 1):
                return None
            if left == 1:
                return TreeEntry(path, sha.hex(), mode.decode("ascii"))
            found = self._tree(sha.hex())
        return None

    def _tree(self, sha: str) -> RawObject:
        """Read a tree that must be there."""
        found = self.read(sha)
        if found is None and self.fetch is not None:
            self.fetch([sha])
            found = self.read(sha)
        if found is None:
            raise GitError(f"tree {sha} is missing")
        return found

    def write(self, objects: Iterable[RawObject]) -> None:
        """Store objects, all by one process."""
        self._git.ask(
            "unpack-objects", "-q", stdin=pack(objects, self._hash), doing="writing objects"
        )

    def make(self, kind: str, data: bytes) -> RawObject:
        """Name an object of this repository's kind of hash."""
        return make(kind, data, self._hash)

    def edit_tree(self, tree: str | None, changes: Mapping[str, bytes | None]) -> list[RawObject]:
        """Make the objects of `tree` with files written or (None) removed; the last is the root.

        A file keeps its mode; a new one is 100644. Raises UnusablePathError.
        """
        made: list[RawObject] = []
        nested: _Edits = {}
        for path in sorted(changes):
            parts = [part.encode("utf-8", "surrogateescape") for part in check_path(path)]
            folder = nested
            for part in parts[:-1]:
                below = folder.setdefault(part, {})
                if not isinstance(below, dict):
                    raise UnusablePathError(f"{path!r} lies below a file that is written as well")
                folder = below
            if isinstance(folder.get(parts[-1]), dict):
                raise UnusablePathError(f"{path!r} is written as a file and as a directory")
            folder[parts[-1]] = changes[path]
        root = self._edit(tree, nested, "", made)
        made.append(self.make("tree", tree_bytes(root)))
        return made

    def _edit(
        self, tree: str | None, changes: _Edits, where: str, made: list[RawObject]
    ) -> dict[bytes, tuple[bytes, bytes]]:
        entries = self._entries(tree)
        for name, change in changes.items():
            path = where + name.decode("utf-8", "surrogateescape")
            mode, sha = entries.get(name, (b"", b""))
            if isinstance(change, dict):
                if mode not in (b"", _TREE):
                    raise UnusablePathError(f"{path!r} is no directory but {_what(mode)}")
                below = self._edit(sha.hex() or None, change, path + "/", made)
                if below:
                    item = self.make("tree", tree_bytes(below))
                    made.append(item)
                    entries[name] = (_TREE, bytes.fromhex(item.sha))
                else:
                    entries.pop(name, None)
            elif change is None:
                if mode == _TREE:
                    raise UnusablePathError(f"{path!r} is a directory")
                entries.pop(name, None)
            else:
                if mode and not mode.startswith(b"100"):
                    raise UnusablePathError(f"{path!r} is no file but {_what(mode)}")
                item = self.make("blob", change)
                made.append(item)
                entries[name] = (mode or _FILE, bytes.fromhex(item.sha))
        return entries

    def _entries(self, tree: str | None) -> dict[bytes, tuple[bytes, bytes]]:
        if tree is None or tree == self.empty_tree.sha:
            return {}
        found = self._tree(tree)
        if found.kind != "tree":
            raise GitError(f"tree {tree} is missing")
        return tree_entries(found.data, self._width)


def _what(mode: bytes) -> str:
    return {_TREE: "a directory", b"120000": "a symbolic link", b"160000": "a submodule"}.get(
        mode, "a file"
    )
