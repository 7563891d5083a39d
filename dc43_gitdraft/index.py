"""What is known of the contract files of a large repository, kept from run to run.

It is a file of SQLite beside the clone, or in the user's cache, and no more than a cache:

- It says of which tree it speaks. A question about another one is answered with what Git says that
  differs between the two; the base branch's own tree is taken over, one short transaction each.
- What is told of a file depends on the file's content alone, by its object name.
- Nobody acts upon it before Git has said the same: what it finds is read at the commit, and what
  it does not find is looked for in the tree itself.
- It may be deleted at any time. Where it is damaged, or another process is at it for too long, all
  is read from Git as in a small repository. Each row has a checksum: one that a disk has changed
  would leave a contract out.

A connection lives for one question: nothing is left open in a process that forks or is killed.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import dc43_gitdraft
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import GitError
from dc43_gitdraft.lines import AT_ONCE, Line, Parsed, TagOf, looked_at, parsed_line
from dc43_gitdraft.names import slug
from dc43_gitdraft.repo import Repo, TreeEntry
from dc43_gitdraft.tags import TAGS

FILE = "contracts.sqlite"
#: Another number for another layout; the version of this program is part of it as well.
_FORMAT = "2"
#: Seconds that a question waits for another process.
_PATIENCE = 10
#: How often the tree may be exchanged under a question.
_RACES = 5

_SCHEMA = """
CREATE TABLE said (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE contract (
  path BLOB PRIMARY KEY, blob TEXT NOT NULL, id TEXT, slug TEXT, relates INTEGER NOT NULL,
  version TEXT, status TEXT, problem TEXT,
  tag TEXT, tagged TEXT, settled TEXT, checksum INTEGER
) WITHOUT ROWID;
CREATE TABLE object (
  name TEXT NOT NULL, path BLOB NOT NULL, PRIMARY KEY (name, path)
) WITHOUT ROWID;
CREATE INDEX by_path ON object (path);
CREATE INDEX by_id ON contract (id);
CREATE INDEX by_slug ON contract (slug);
CREATE INDEX unparsed ON contract (path) WHERE version IS NULL AND problem IS NULL;
"""
#: What a row's checksum is of; what is told of tags is compared with them.
_SUMMED = "path, blob, id, slug, relates, version, status, problem, tag"
_COLUMNS = f"{_SUMMED}, checksum, tagged, settled"
_SUM_UP = f"UPDATE contract SET checksum=checksum({_SUMMED}) WHERE path=? AND blob=?"  # noqa: S608

_log = logging.getLogger(__name__)


class UnusableError(Exception):
    """The index cannot be asked now; Git can."""


class Index:
    """The index as it stands on disk, of one tree; see `View` for any other."""

    def __init__(self, folder: Path, repo: Repo, config: Config) -> None:
        """Do not touch the disk."""
        self._file = folder / FILE
        self._repo = repo
        self._says = {
            "format": f"{_FORMAT} {dc43_gitdraft.__version__}",
            "contracts": "\0".join(config.contracts),
            "tag": config.tag,
        }

    def exists(self) -> bool:
        """Say whether there is one."""
        return self._file.is_file()

    @contextmanager
    def asked(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Open it for one transaction.

        Raises UnusableError; a damaged one is deleted.
        """
        try:
            with closing(sqlite3.connect(self._file, _PATIENCE, isolation_level=None)) as db:
                # What a power cut may damage is found to be so, or made anew.
                db.execute("PRAGMA synchronous=OFF")
                db.create_function("checksum", -1, _checksum, deterministic=True)
                db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                if write and not self._is_mine(db):
                    self._begin_anew(db)
                yield db
                db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise UnusableError(str(error)) from error
        except sqlite3.Error as error:
            _log.info("the index %s is damaged and made anew: %s", self._file, error)
            self.delete()
            raise UnusableError(str(error)) from error

    def delete(self) -> None:
        """Take it away."""
        self._file.unlink(missing_ok=True)

    def _is_mine(self, db: sqlite3.Connection) -> bool:
        tables = db.execute("SELECT 1 FROM sqlite_master WHERE name='said'").fetchone()
        said = dict(db.execute("SELECT key, value FROM said")) if tables else {}
        return all(said.get(key) == value for key, value in self._says.items())

    def _begin_anew(self, db: sqlite3.Connection) -> None:
        for table in ("said", "contract", "object"):
            db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.executemany("INSERT INTO said VALUES (?, ?)", self._says.items())

    def tree(self, db: sqlite3.Connection) -> str | None:
        """Return the tree that it speaks of; None where it is of another program or settings."""
        if not self._is_mine(db):
            return None
        found = db.execute("SELECT value FROM said WHERE key='tree'").fetchone()
        return str(found[0]) if found else None

    def bring_to(self, tree: str, is_contract: Callable[[str], bool]) -> None:
        """Make it speak of a tree."""
        with self.asked() as db:
            if self.tree(db) == tree:
                return
        with self.asked(write=True) as db:
            before = self.tree(db)
            changed = None if before is None else _differing(self._repo, before, tree)
            if changed is None:
                there = {entry.path: entry for entry in self._repo.entries(tree)}
                known = db.execute("SELECT path FROM contract")
                gone = {_text(path) for (path,) in known} - there.keys()
                changed = {**there, **dict.fromkeys(gone)}
            self._take_over(db, changed, is_contract)
            db.execute("REPLACE INTO said VALUES ('tree', ?)", (tree,))

    def _take_over(
        self,
        db: sqlite3.Connection,
        changed: Mapping[str, TreeEntry | None],
        is_contract: Callable[[str], bool],
    ) -> None:
        gone, new = _sorted_out(changed, is_contract)
        db.executemany("DELETE FROM contract WHERE path=?", ((_bytes(path),) for path in gone))
        known = {
            _text(path)
            for path, blob in db.execute("SELECT path, blob FROM contract")
            if len(new) > AT_ONCE and new.get(_text(path)) == blob
        }
        fresh = {path: blob for path, blob in new.items() if path not in known}
        stale = ((_bytes(path),) for path in (*gone, *fresh))
        db.executemany("DELETE FROM object WHERE path=?", stale)
        for line in looked_at(self._repo, fresh):
            db.execute(
                "REPLACE INTO contract (path, blob, id, slug, relates, problem)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(_bytes(line.path), line.blob, line.id, line.id and slug(line.id)),
                    *(line.relates, line.problem),
                ),
            )
            db.execute(_SUM_UP, _key(line))

    # What is known once a file was parsed

    def learn(self, parsed: Sequence[Parsed]) -> None:
        """Remember what parsing told of contents."""
        with self.asked(write=True) as db:
            db.executemany(
                "UPDATE contract SET version=?, status=?, problem=?, tag=?, tagged=NULL"
                " WHERE path=? AND blob=?",
                (
                    (line.version, line.status, line.problem, each.tag, *_key(line))
                    for each in parsed
                    for line in [each.line]
                ),
            )
            db.executemany(_SUM_UP, (_key(each.line) for each in parsed))
            db.executemany(
                "INSERT OR IGNORE INTO object SELECT ?, path FROM contract WHERE path=? AND blob=?",
                ((name, *_key(each.line)) for each in parsed for name in each.objects),
            )

    def compare_tags(self, prefix: str) -> None:
        """Look which of the versions have a tag, as little as can be where no tag moved."""
        now = self._repo.refs_fingerprint(prefix)
        with self.asked() as db:
            before = db.execute("SELECT value FROM said WHERE key='tags'").fetchone()
            moved = before is None or before[0] != now
            loose = " AND tagged IS NULL" if not moved else ""
            sql = "SELECT tag, tagged FROM contract WHERE tag IS NOT NULL"
            known = dict(db.execute(sql + loose).fetchall())
        if not moved and not known:
            return
        asked = [prefix] if moved or len(known) > AT_ONCE else [prefix + tag for tag in known]
        tags = self._repo.refs(*asked)
        changed = [
            (found, tag)
            for tag, tagged in known.items()
            if (found := tags.get(prefix + tag)) != tagged
        ]
        if not moved and not changed:
            return
        with self.asked(write=True) as db:
            db.execute("CREATE TEMP TABLE moved (tag TEXT PRIMARY KEY, tagged TEXT)")
            db.executemany("INSERT INTO moved (tagged, tag) VALUES (?, ?)", changed)
            db.execute(
                "UPDATE contract SET tagged=(SELECT tagged FROM moved m WHERE m.tag=contract.tag)"
                " WHERE tag IN (SELECT tag FROM moved)"
            )
            db.execute("REPLACE INTO said VALUES ('tags', ?)", (now,))

    def settle(self, lines: Iterable[Line]) -> None:
        """Remember that these contents are those that their tags promote."""
        with self.asked(write=True) as db:
            db.executemany(
                "UPDATE contract SET settled=tagged WHERE path=? AND blob=? AND tagged=?",
                ((*_key(line), line.tagged) for line in lines),
            )


class View:
    """The contract files of one commit, as an index and what differs from it tell."""

    def __init__(self, index: Index, repo: Repo, commit: str, is_contract: Callable[[str], bool]):
        """Ask nothing yet."""
        self._index, self._repo, self._is_contract = index, repo, is_contract
        self._tree = repo.tree(commit)
        self._at: str | None = self._tree
        self._apart: dict[str, Line | None] = {}

    def keep(self) -> None:
        """Make the index speak of this commit itself.

        Raises UnusableError, as all methods do.
        """
        self._index.bring_to(self._tree, self._is_contract)

    def lines(
        self,
        where: str = "1",
        values: Sequence[object] = (),
        also: Callable[[Line], bool] = lambda line: True,
    ) -> list[Line]:
        """Return what is known of the files, in no order; `also` says in Python what `where` does.

        `where` is SQL.
        """
        sql = f"SELECT {_COLUMNS} FROM contract WHERE {where}"  # noqa: S608 - no text of data
        for _ in range(_RACES):
            with self._index.asked() as db:
                at = self._index.tree(db)
                rows = db.execute(sql, values).fetchall() if at == self._at else []
                kept = [_line(row) for row in rows]
            if at == self._at:
                found = [line for line in kept if line.path not in self._apart]
                apart = (line for line in self._apart.values() if line is not None)
                return [*found, *filter(also, apart)]
            self._move(at)
        raise UnusableError("other processes move the index again and again")

    def _move(self, at: str | None) -> None:
        changed = _differing(self._repo, at, self._tree) if at is not None else None
        if at is None or changed is None:
            raise UnusableError("the index is of another program, or of a tree that is gone")
        gone, new = _sorted_out(changed, self._is_contract)
        lines = looked_at(self._repo, new)
        self._at = at
        self._apart = {**dict.fromkeys(gone), **{line.path: line for line in lines}}

    def count(self) -> int:
        """Return how many files there are."""
        with self._index.asked() as db:
            return int(db.execute("SELECT count(*) FROM contract").fetchone()[0])

    def with_id(self, contract_id: str) -> list[Line]:
        """Return the files that state an id."""
        return self.lines("id=?", [contract_id], lambda line: line.id == contract_id)

    def relating(self) -> list[Line]:
        """Return the files that can hold relationships."""
        return self.lines("relates", (), lambda line: line.relates)

    def declaring(self, starts: Iterable[str]) -> list[Line]:
        """Return the files with a schema object whose name or id begins so, and perhaps others.

        They have been parsed; see `learn`.
        """
        found: dict[str, Line] = {}
        for start in starts:
            where = "path IN (SELECT path FROM object WHERE name >= ? AND name < ?)"
            lines = self.lines(where, [start, f"{start}\U0010ffff"])
            found.update((line.path, line) for line in lines)
        return list(found.values())

    def called(self, names: Iterable[str]) -> list[Line]:
        """Return the files whose id, or the last part of whose path, is one of these."""
        found: dict[str, Line] = {}
        for name in names:
            end = _bytes(f"/{name}")
            where = "id=? OR substr(path, -?)=?"
            lines = self.lines(where, [name, len(end), end])
            found.update((line.path, line) for line in lines)
        return list(found.values())

    def compare_tags(self) -> None:
        """See which versions have a tag now."""
        self._index.compare_tags(TAGS)

    def settle(self, lines: Sequence[Line]) -> None:
        """Remember that these contents are those that their tags promote."""
        if lines:
            self._index.settle(lines)

    def learn(self, tag_of: TagOf) -> None:
        """Parse what has not been parsed yet."""
        new = self.lines("version IS NULL AND problem IS NULL", (), lambda line: not line.parsed)
        if len(new) > AT_ONCE:
            _log.info("reading %s contracts, once for all runs to come", f"{len(new):,}")
        self._repo.prepare(line.blob for line in new)
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            texts = self._repo.blobs(line.blob for line in some)
            parsed = [parsed_line(line, texts.get(line.blob, b""), tag_of) for line in some]
            lines = (each.line for each in parsed)
            self._apart.update((line.path, line) for line in lines if line.path in self._apart)
            self._index.learn(parsed)


def _differing(repo: Repo, before: str, tree: str) -> Mapping[str, TreeEntry | None] | None:
    """Return what differs between two trees; None where the one before is not there any more."""
    try:
        return repo.diff_files(before, tree) if before != tree else {}
    except GitError as error:
        _log.info("the tree of the index is gone: %s", error)
        return None


def _sorted_out(
    changed: Mapping[str, TreeEntry | None], is_contract: Callable[[str], bool]
) -> tuple[list[str], dict[str, str]]:
    """Tell which contract files are gone, and which are there with another content."""
    gone, new = [], {}
    for path, entry in changed.items():
        # A symbolic link may lead out of the repository: it is no contract.
        if entry is not None and entry.is_file and is_contract(path):
            new[path] = entry.sha
        else:
            gone.append(path)
    return gone, new


def _line(row: Sequence[object]) -> Line:
    *summed, checksum, tagged, settled = row
    path, blob, contract_id, _, relates, version, status, problem, _ = summed
    if checksum != _checksum(*summed):
        raise sqlite3.DatabaseError("a row is not as it was written")
    said = (contract_id, version, status, problem, tagged, settled)
    texts = [None if each is None else str(each) for each in said]
    return Line(_text(path), str(blob), texts[0], bool(relates), *texts[1:])


def _checksum(*values: object) -> int:
    return zlib.crc32(repr(values).encode())


def _key(line: Line) -> tuple[bytes, str]:
    return _bytes(line.path), line.blob


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _text(path: object) -> str:
    if not isinstance(path, bytes):
        raise sqlite3.DatabaseError("a path is no path")
    return path.decode("utf-8", "surrogateescape")
