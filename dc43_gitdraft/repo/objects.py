"""Git's objects as data: parsed from and written to git's own bytes. Pure.

Works for SHA-1 and SHA-256 repositories alike.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from dc43_gitdraft.errors import GitError, InputError


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or a program as Git names them."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


#: Who drafts, promotes and keeps records.
BOT = Identity("dc43-gitdraft", "dc43-gitdraft@users.noreply.github.com")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit. Dates carry the offset that the person had."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Identity
    authored_at: datetime
    committer: Identity
    committed_at: datetime
    message: str

    @property
    def subject(self) -> str:
        """The message's first line."""
        return self.message.split("\n", 1)[0]


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag; a lightweight one has no `sha`, tagger, date or message of its own."""

    name: str
    target: str
    sha: str | None = None
    tagger: Identity | None = None
    tagged_at: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a commit: `mode` is git's (100644, 100755, 120000 symlink, 160000 submodule)."""

    path: str
    sha: str
    mode: str

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode.startswith("100")


@dataclass(frozen=True, slots=True)
class RawObject:
    """An object as git stores it, with its name."""

    sha: str
    kind: str
    data: bytes


class UnusablePathError(InputError):
    """A path that must not or cannot be written into a tree."""


def make(kind: str, data: bytes, hash_name: str) -> RawObject:
    """Name an object, as git does."""
    digest = hashlib.new(hash_name, b"%s %d\0" % (kind.encode(), len(data)))
    digest.update(data)
    return RawObject(digest.hexdigest(), kind, data)


_PACK_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


def pack(objects: Iterable[RawObject], hash_name: str) -> bytes:
    """Put objects into a pack file, undeltified."""
    unique = {item.sha: item for item in objects}
    parts = [b"PACK" + struct.pack(">II", 2, len(unique))]
    for item in unique.values():
        size = len(item.data)
        byte = (_PACK_KINDS[item.kind] << 4) | (size & 15)
        size >>= 4
        head = bytearray()
        while size:
            head.append(byte | 0x80)
            byte = size & 0x7F
            size >>= 7
        head.append(byte)
        parts += [bytes(head), zlib.compress(item.data, 1)]
    body = b"".join(parts)
    return body + hashlib.new(hash_name, body).digest()


#: Parts of a path: each folder is written by one call inside another.
_DEEPEST = 101


def check_path(path: str) -> tuple[str, ...]:
    """Split a path into its components, refusing those that could leave the work tree.

    Raises UnusablePathError.
    """
    parts = tuple(path.split("/"))
    reason = None
    if not path or any(part in ("", ".", "..") for part in parts):
        reason = "it must be relative, without empty, . or .. parts"
    elif any(ord(c) < 32 or ord(c) == 127 for c in path):
        reason = "it holds control characters"
    elif "\\" in path:
        reason = "it holds a backslash"
    elif any(_is_dot_git(part) for part in parts):
        reason = "it leads into Git's own directory"
    elif any(len(part.encode("utf-8", "surrogateescape")) > 255 for part in parts):
        reason = "one of its parts is longer than 255 bytes"
    elif len(parts) > _DEEPEST:
        reason = f"it lies in more than {_DEEPEST - 1} folders"
    if reason is not None:
        raise UnusablePathError(f"{path[:200]!r} cannot be a path in a repository: {reason}")
    return parts


#: What HFS+ ignores in names: with one of these inside, .git is still .git there.
_IGNORED_BY_HFS = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


def _is_dot_git(part: str) -> bool:
    folded = _IGNORED_BY_HFS.sub("", part).casefold().rstrip(". ")
    return folded in (".git", "git~1") or folded.startswith(".git:")


def tree_entries(data: bytes, width: int) -> dict[bytes, tuple[bytes, bytes]]:
    """Parse a tree: name -> (mode, binary object name of `width` bytes)."""
    entries = {}
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        entries[data[space + 1 : end]] = (data[at:space], data[end + 1 : end + 1 + width])
        at = end + 1 + width
    return entries


def tree_bytes(entries: Mapping[bytes, tuple[bytes, bytes]]) -> bytes:
    """Write a tree in git's order, which sorts a directory as if it ended in a slash."""

    def order(item: tuple[bytes, tuple[bytes, bytes]]) -> bytes:
        name, (mode, _) = item
        return name + b"/" if mode == b"40000" else name

    return b"".join(
        mode + b" " + name + b"\0" + sha for name, (mode, sha) in sorted(entries.items(), key=order)
    )


_PERSON = re.compile(
    r"(?P<name>.*?) ?<(?P<email>[^>]*)>.*? ?(?P<seconds>-?\d+)? ?(?P<zone>[+-]\d+)?$"
)


def parse_commit(sha: str, data: bytes) -> Commit:
    """Parse a commit's bytes.

    Raises GitError where they are none.
    """
    headers, message = _headers(data)
    try:
        author, authored_at = _person(headers["author"][0])
        committer, committed_at = _person(headers["committer"][0])
        return Commit(
            sha=sha,
            tree=headers["tree"][0],
            parents=tuple(headers.get("parent", ())),
            author=author,
            authored_at=authored_at,
            committer=committer,
            committed_at=committed_at,
            message=message,
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise GitError(f"commit {sha} cannot be read: {error}") from error


def parse_tag(name: str, sha: str, data: bytes) -> Tag:
    """Parse an annotated tag's bytes.

    Raises GitError where they are none.
    """
    headers, message = _headers(data)
    try:
        tagger, tagged_at = _person(headers["tagger"][0]) if "tagger" in headers else (None, None)
        return Tag(name, headers["object"][0], sha, tagger, tagged_at, message)
    except (KeyError, ValueError, OverflowError) as error:
        raise GitError(f"tag {name} cannot be read: {error}") from error


def _headers(data: bytes) -> tuple[dict[str, list[str]], str]:
    head, _, body = data.partition(b"\n\n")
    encoding = re.search(rb"^encoding ([\w.:-]+)$", head, re.MULTILINE)
    headers: dict[str, list[str]] = {}
    for line in _decode(head, encoding).split("\n"):
        if not line.startswith(" "):  # a continuation, as signatures have
            key, _, value = line.partition(" ")
            headers.setdefault(key, []).append(value)
    return headers, _decode(body, encoding)


def _decode(data: bytes, encoding: re.Match[bytes] | None) -> str:
    name = encoding[1].decode("ascii") if encoding else "utf-8"
    try:
        return data.decode(name, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _person(text: str) -> tuple[Identity, datetime]:
    match = _PERSON.fullmatch(text)
    if match is None:
        raise ValueError(f"no identity: {text[:100]!r}")
    when = moment(match["seconds"] or "0", match["zone"] or "+0000")
    return Identity(match["name"], match["email"]), when


def moment(seconds: str, zone: str = "+0000") -> datetime:
    """Read git's raw date: seconds since 1970 and an offset."""
    offset = timedelta(hours=int(zone[1:-2] or 0), minutes=int(zone[-2:]))
    if offset >= timedelta(hours=24):
        offset = timedelta()
    return datetime.fromtimestamp(int(seconds), timezone(-offset if zone[0] == "-" else offset))


def commit_bytes(
    tree: str,
    parents: Iterable[str],
    message: str,
    author: tuple[Identity, datetime],
    committer: tuple[Identity, datetime],
) -> bytes:
    """Write a commit."""
    lines = [f"tree {tree}"]
    lines += [f"parent {parent}" for parent in parents]
    lines += [f"author {_signature(*author)}", f"committer {_signature(*committer)}"]
    return ("\n".join(lines) + "\n\n" + _message(message)).encode("utf-8", "replace")


def tag_bytes(
    name: str, target: str, kind: str, message: str, by: Identity, when: datetime
) -> bytes:
    """Write an annotated tag."""
    head = f"object {target}\ntype {kind}\ntag {name}\ntagger {_signature(by, when)}\n\n"
    return (head + _message(message)).encode("utf-8", "replace")


def _message(text: str) -> str:
    """Make a message as `git commit` leaves it: no NUL, LF only, one line end at its end."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return text.strip("\n") + "\n"


def _signature(who: Identity, when: datetime) -> str:
    """Write an identity line.

    Raises ValueError for a moment without a zone or before 1970.
    """
    offset = when.utcoffset()
    if offset is None:
        raise ValueError("a commit's date needs a time zone")
    seconds = int(when.timestamp())
    if seconds < 0:
        raise ValueError("a commit's date must not be before 1970")
    minutes = int(offset.total_seconds() // 60)
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    email = _crud(who.email)
    return f"{_crud(who.name) or email or 'unknown'} <{email}> {seconds} {zone}"


def _crud(text: str) -> str:
    """Take out what cannot stand in an identity line, as git itself does."""
    text = "".join(" " if ord(c) < 32 or c == "\x7f" else c for c in text)
    return text.replace("<", "").replace(">", "").strip(" .,:;\"\\'")
