"""Which refs a remote has, asked for by how their names begin.

`git ls-remote` asks for all of them, and a repository may have very many tags. Where a server
speaks version 2 of Git's protocol over HTTP, it is asked for what is wanted alone, through git's
own helper for that transport (gitremote-helpers(7), gitprotocol-v2(5)); else by `git ls-remote`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import urlsplit

from dc43_gitdraft.repo.command import Git, Result, Running

_FLUSH, _DELIMITER = b"0000", b"0001"


@dataclass(slots=True)
class Listing:
    """Refs by full name; `peeled` has what annotated tags point to, where that was asked for.

    `head` is the branch that the remote's HEAD names, None where it names none.
    """

    refs: dict[str, str] = field(default_factory=dict)
    peeled: dict[str, str] = field(default_factory=dict)
    head: str | None = None

    def add(self, name: str, sha: str) -> None:
        """Take in a line of a server's or of git's."""
        if name.endswith("^{}"):
            self.peeled[name[:-3]] = sha
        elif name.startswith("refs/"):
            self.refs[name] = sha


class RefusedListingError(Exception):
    """The remote gave nothing; `result` says why."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.error)
        self.result = result


class _OtherServerError(Exception):
    """It does not speak like this."""


def listing(
    git: Git, prefixes: Sequence[str], *, peel: bool = False, head: bool = False
) -> Listing:
    """Read the refs of origin whose names begin with one of `prefixes`.

    Raises RefusedListingError.
    """
    if urlsplit(git.url or "").scheme.lower() in ("http", "https"):
        url = git.run("ls-remote", "--get-url", "--", "origin").text
        scheme = urlsplit(url).scheme.lower()
        if scheme in ("http", "https"):
            try:
                return _asked(git.start(f"remote-{scheme}", "origin", url), prefixes, peel, head)
            except _OtherServerError:
                pass
    return _told_all(git, prefixes, head)


def _told_all(git: Git, prefixes: Sequence[str], head: bool) -> Listing:
    # Not --refs, which leaves HEAD out.
    patterns = (*(["HEAD"] if head else []), *(f"{prefix}*" for prefix in prefixes))
    result = git.run("ls-remote", "--quiet", "--symref", "--", "origin", *patterns)
    if result.status != 0:
        raise RefusedListingError(result)
    found = Listing()
    for line in result.out.decode("utf-8", "surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith("ref: refs/heads/"):
            found.head = value[len("ref: ") :]
        # A pattern matches in the middle of a name too.
        elif not value.startswith("ref: ") and name.startswith(tuple(prefixes)):
            found.add(name, value)
    return found


def _asked(helper: Running, prefixes: Sequence[str], peel: bool, head: bool) -> Listing:
    try:
        abilities = _connected(helper)
        formats = [each for each in abilities if each.startswith(b"object-format=")]
        options = [b"symrefs", *([b"peel"] if peel else [])]
        begins = [*(["HEAD"] if head else []), *prefixes]
        options += [b"ref-prefix " + begin.encode("utf-8", "surrogateescape") for begin in begins]
        lines = [*map(_packet, (b"command=ls-refs", *formats)), _DELIMITER]
        helper.stdin.write(b"".join([*lines, *map(_packet, options), _FLUSH]))
        helper.stdin.flush()
        found = Listing()
        for line in _packets(helper.stdout):
            _take(found, line, prefixes)
    except (OSError, ValueError, _OtherServerError) as error:
        result = helper.finish()
        if "fatal:" in result.error:
            raise RefusedListingError(Result(result.status or 1, b"", result.error)) from error
        raise _OtherServerError from error
    except BaseException:
        helper.process.terminate()
        helper.finish()
        raise
    helper.finish()
    return found


def _connected(helper: Running) -> list[bytes]:
    """Connect, and return what the server can do."""
    helper.stdin.write(b"stateless-connect git-upload-pack\n")
    helper.stdin.flush()
    if helper.stdout.readline() != b"\n":
        raise _OtherServerError
    abilities = list(_packets(helper.stdout))
    if not any(each == b"ls-refs" or each.startswith(b"ls-refs=") for each in abilities):
        raise _OtherServerError
    return abilities


def _take(found: Listing, line: bytes, prefixes: Sequence[str]) -> None:
    sha, name, *more = line.decode("utf-8", "surrogateescape").split(" ")
    for each in more:
        key, _, value = each.partition(":")
        if key == "symref-target" and name == "HEAD" and value.startswith("refs/heads/"):
            found.head = value
        elif key == "peeled":
            found.add(f"{name}^{{}}", value)
    if name.startswith(tuple(prefixes)):
        found.add(name, sha)


def _packet(line: bytes) -> bytes:
    return b"%04x%s\n" % (len(line) + 5, line)


def _packets(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield lines up to a flush packet.

    Raises ValueError where what comes is something else.
    """
    while (head := stream.read(4)) != _FLUSH:
        size = int(head or b"-", 16)
        line = stream.read(size - 4) if size > 4 else b""
        if len(line) != size - 4 or line.startswith(b"ERR "):
            raise ValueError("no packet")
        yield line.rstrip(b"\n")
