"""A large contracts repository, made by `git fast-import`: contracts, commits and tags in number.

Paths do not tell which contract a file holds. Every contract is promoted; each commit after the
first is one of the bot's, which brought a contract from one version to the next.

Run: python tests/benchmarks/large.py FOLDER [CONTRACTS] [COMMITS]
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

BOT = "dc43-gitdraft <dc43-gitdraft@users.noreply.github.com>"
#: When history begins, in seconds; each commit is a minute later.
_BEGIN = 1_700_000_000


def contract_id(number: int) -> str:
    return f"table_{number:06d}"


def path_of(number: int) -> str:
    name = hashlib.sha256(contract_id(number).encode()).hexdigest()
    return f"contracts/{name[:2]}/{name[2:4]}/{name[4:12]}.odcs.yaml"


def contract(number: int, version: str = "1.0.0", status: str = "active") -> str:
    return f"""\
# Contract number {number}.
apiVersion: v3.1.0
kind: DataContract
id: {contract_id(number)}
name: Table {number}
version: {version}
status: {status}
description:
  purpose: One of very many.
schema:
  - name: {contract_id(number)}
    physicalType: table
    properties:
      - name: id
        logicalType: integer
        required: true
      - name: amount
        logicalType: number # in euro
"""


def related(number: int, version: str = "1.0.0") -> str:
    """Return a contract that refers to the one before it, in groups of ten."""
    text = contract(number, version)
    if number % 10:
        to = f"{contract_id(number - 1)}.id"
        text += f"        relationships:\n          - to: {to}\n"
    return text


def make(
    folder: Path, contracts: int, commits: int, *, text_of: Callable[[int, str], str] = contract
) -> Path:
    """Make a bare repository, packed as one that is maintained."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", folder], check=True)
    with subprocess.Popen(
        ["git", "-C", folder, "fast-import", "--quiet", "--depth=10"], stdin=subprocess.PIPE
    ) as process:
        if process.stdin is None:
            raise AssertionError("fast-import has no input")
        for part in _stream(contracts, commits, text_of):
            process.stdin.write(part)
    if process.returncode:
        raise SystemExit("fast-import failed")
    subprocess.run(["git", "-C", folder, "pack-refs", "--all"], check=True)
    subprocess.run(
        ["git", "-C", folder, "commit-graph", "write", "--reachable", "--no-progress"], check=True
    )
    subprocess.run(["git", "-C", folder, "config", "uploadpack.allowFilter", "true"], check=True)
    return folder


def _data(text: str) -> bytes:
    data = text.encode()
    return b"data %d\n%s\n" % (len(data), data)


def _stream(contracts: int, commits: int, text_of: Callable[[int, str], str]) -> Iterator[bytes]:
    versions = dict.fromkeys(range(contracts), "1.0.0")
    marks = dict.fromkeys(range(contracts), 1)
    yield _commit(1, "Ada Steward <ada@example.org>", "Begin\n")
    for number in range(contracts):
        yield b"M 100644 inline %s\n" % path_of(number).encode() + _data(text_of(number, "1.0.0"))
    for mark in range(2, commits + 1):
        # Spread over all, so that neighbours do not follow each other.
        number = mark * 7919 % contracts
        old, versions[number] = versions[number], f"1.{mark}.0"
        marks[number] = mark
        said = f"Contract-Id: {contract_id(number)}\nBase-Version: {old}\n"
        said += f"Draft-Version: {versions[number]}\n"
        yield _commit(mark, BOT, f"Draft {contract_id(number)}\n\nOne more.\n\n{said}")
        yield b"M 100644 inline %s\n" % path_of(number).encode()
        yield _data(text_of(number, versions[number]))
    for number, version in versions.items():
        tag = f"tag {contract_id(number)}/v{version}\nfrom :{marks[number]}\n"
        yield tag.encode() + f"tagger {BOT} {_BEGIN} +0000\n".encode() + _data("Promoted.\n")
    yield b"done\n"


def _commit(mark: int, who: str, message: str) -> bytes:
    head = f"commit refs/heads/main\nmark :{mark}\ncommitter {who} {_BEGIN + 60 * mark} +0000\n"
    return head.encode() + _data(message)


if __name__ == "__main__":
    sizes = [int(each) for each in sys.argv[2:]]
    make(Path(sys.argv[1]), *(sizes or [100_000, 50_000]))
