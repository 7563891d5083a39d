"""What is known of contract files: from their bytes at once, and from their documents once parsed.

It depends on the content of a file alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.odcs import read
from dc43_gitdraft.odcs.references import listed, names, written
from dc43_gitdraft.odcs.sniffing import may_relate, plain_id
from dc43_gitdraft.repo import Repo

#: Files that are read at once.
AT_ONCE = 500

#: Names the tag of a contract's version; None where there can be none.
TagOf = Callable[[str, str], "str | None"]


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of one contract file.

    `id` is None where the file cannot be read as a contract. `version`, `status` and `problem` are
    None until it was parsed. `tagged` is the tag of this version, `settled` the one that was found
    to promote just this content.
    """

    path: str
    blob: str
    id: str | None
    relates: bool = False
    version: str | None = None
    status: str | None = None
    problem: str | None = None
    tagged: str | None = None
    settled: str | None = None

    @property
    def parsed(self) -> bool:
        """Whether it was parsed."""
        return self.version is not None or self.problem is not None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What parsing told of a file: also its version's tag, its schema objects, whom it refers to.

    See `odcs.references.names` for the last.
    """

    line: Line
    tag: str | None = None
    objects: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()


def folded(path: str) -> str:
    """Return a path as file systems know it that ignore letter case and ways to spell accents."""
    return unicodedata.normalize("NFC", path).casefold()


def looked_at(repo: Repo, files: Mapping[str, str]) -> Iterator[Line]:
    """Yield what the bytes of files tell, given as path -> object name."""
    repo.prepare(files.values())
    places = list(files.items())
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        texts = repo.blobs(blob for _, blob in some)
        for path, blob in some:
            text = texts.get(blob, b"")
            line = Line(path, blob, plain_id(text), may_relate(text))
            if line.id is None:
                line = parsed_line(line, text, lambda contract_id, version: None).line
                # The rest is learnt with the others.
                line = replace(line, version=None, status=None)
            yield line


def parsed_line(line: Line, text: bytes, tag_of: TagOf) -> Parsed:
    """Return a line with what its file's document tells, or with what keeps it from being one."""
    try:
        contract = read(text, where=line.path, validate=False)
    except ContractError as error:
        return Parsed(replace(line, problem=str(error)))
    status = str(contract.document.get("status", ""))
    known = replace(line, id=contract.id, version=contract.version, status=status)
    objects = (node for _, node in listed(contract.document.get("schema")))
    called = (node.get(key) for node in objects for key in ("name", "id"))
    ends = (end for _, end in written(contract.document)) if line.relates else ()
    return Parsed(
        known,
        tag_of(contract.id, contract.version),
        frozenset(name for name in called if isinstance(name, str)),
        frozenset(name for end in ends for name in names(end)),
    )
