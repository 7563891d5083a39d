"""What is known of the contract files of a large repository, kept from run to run.

It is a file of SQLite beside the clone, or in the user's cache, and no more than a cache:

- It says of which tree it speaks. A question about another one is answered with what Git says that
  differs between the two; the base branch's own tree is taken over, one short transaction each.
- What is told of a file depends on the file's content alone, by its object name.
- Nobody acts upon it before Git has said the same: what it finds is read at the commit.
- It may be deleted at any time. Where it is damaged, or another process is at it for too long, all
  is read from Git as in a small repository. What a disk has changed would leave a contract out:
  each row has a checksum, an id is looked for in two ways, and the rows are counted.
"""

from __future__ import annotations

import logging
import posixpath
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dc43_gitdraft
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import GitError
from dc43_gitdraft.kept import Kept, UnusableError
from dc43_gitdraft.lines import AT_ONCE, Line, Parsed, folded, looked_at
from dc43_gitdraft.names import slug
from dc43_gitdraft.repo import Repo, TreeEntry
from dc43_gitdraft.tags import moved

FILE = "contracts.sqlite"
#: Another number for another layout; the version of this program is part of it as well.
_FORMAT = "4"
#: How often the tree may be exchanged under a question.
_RACES = 5

_SCHEMA = """
CREATE TABLE said (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE contract (
  path BLOB PRIMARY KEY, folded TEXT NOT NULL, file BLOB NOT NULL,
  blob TEXT NOT NULL, id TEXT, slug TEXT, relates INTEGER NOT NULL,
  version TEXT, status TEXT, problem TEXT,
  tag TEXT, tagged TEXT, settled TEXT, checksum INTEGER
) WITHOUT ROWID;
CREATE TABLE object (
  name TEXT NOT NULL, path BLOB NOT NULL, PRIMARY KEY (name, path)
) WITHOUT ROWID;
CREATE TABLE mention (
  mark INTEGER NOT NULL, path BLOB NOT NULL, PRIMARY KEY (mark, path)
) WITHOUT ROWID;
CREATE TABLE tags (one INTEGER PRIMARY KEY, listing BLOB);
CREATE INDEX by_path ON object (path);
CREATE INDEX by_mention ON mention (path);
CREATE INDEX by_id ON contract (id, problem);
CREATE INDEX by_slug ON contract (slug);
CREATE INDEX by_file ON contract (file);
CREATE INDEX by_folded ON contract (folded);
CREATE INDEX by_tag ON contract (tag);
CREATE INDEX loose ON contract (tag) WHERE tagged IS NULL;
CREATE INDEX unparsed ON contract (path) WHERE version IS NULL AND problem IS NULL;
"""
_TABLES = ("said", "contract", "object", "mention", "tags")
#: What a row's checksum is of; what is told of tags is compared with them.
_SUMMED = "path, folded, file, blob, id, slug, relates, version, status, problem, tag"
_COLUMNS = f"{_SUMMED}, checksum, tagged, settled"
_SUM_UP = f"UPDATE contract SET checksum=checksum({_SUMMED}) WHERE path=? AND blob=?"  # noqa: S608

_log = logging.getLogger(__name__)


class Index:
    """The index as it stands on disk, of one tree; see `indexed` for any other."""

    def __init__(self, folder: Path, repo: Repo, config: Config) -> None:
        """Do not touch the disk."""
        self._kept = Kept(folder / FILE)
        self._repo = repo
        self._whole = False
        self._says = {
            "format": f"{_FORMAT} {dc43_gitdraft.__version__}",
            "contracts": "\0".join(config.contracts),
            "tag": config.tag,
        }

    def exists(self) -> bool:
        """Say whether there is one."""
        return self._kept.exists()

    @contextmanager
    def asked(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Open it for one transaction.

        Raises UnusableError; a damaged one is deleted.
        """
        with self._kept.asked(write=write) as db:
            db.create_function("checksum", -1, _checksum, deterministic=True)
            if write and not self._is_mine(db):
                self._begin_anew(db)
            yield db

    def _is_mine(self, db: sqlite3.Connection) -> bool:
        tables = db.execute("SELECT 1 FROM sqlite_master WHERE name='said'").fetchone()
        said = dict(db.execute("SELECT key, value FROM said")) if tables else {}
        return all(said.get(key) == value for key, value in self._says.items())

    def _begin_anew(self, db: sqlite3.Connection) -> None:
        for table in _TABLES:
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

    def lines(
        self, where: str, values: Sequence[object], tree: str | None
    ) -> tuple[str | None, list[Line]]:
        """Return the tree that it speaks of, and where that is `tree` what it tells of its files.

        `where` is SQL. Raises UnusableError.
        """
        sql = f"SELECT {_COLUMNS} FROM contract WHERE {where}"  # noqa: S608 - no text of data
        with self.asked() as db:
            at = self.tree(db)
            if at is None or at != tree:
                return at, []
            found = [_line(row) for row in db.execute(sql, values).fetchall()]
            if not found and self._lacks(db):
                raise sqlite3.DatabaseError("rows are missing")
            return at, found

    def _lacks(self, db: sqlite3.Connection) -> bool:
        """Say whether a row was lost: what is not found may have been there."""
        if not self._whole:
            said = db.execute("SELECT value FROM said WHERE key='rows'").fetchone()
            # Counting takes its time in a large repository; disks do not fail between questions.
            self._whole = said is not None and said[0] == _rows(db)
        return not self._whole

    def count(self) -> int:
        """Return how many files it knows."""
        with self.asked() as db:
            return int(_rows(db))

    def bring_to(self, tree: str, is_contract: Callable[[str], bool]) -> None:
        """Make it speak of a tree."""
        with self.asked() as db:
            if self.tree(db) == tree:
                return
        with self.asked(write=True) as db:
            before = self.tree(db)
            changed = None if before is None else differing(self._repo, before, tree)
            if changed is None:
                there = {entry.path: entry for entry in self._repo.entries(tree)}
                known = db.execute("SELECT path FROM contract")
                gone = {_text(path) for (path,) in known} - there.keys()
                changed = {**there, **dict.fromkeys(gone)}
            self._take_over(db, changed, is_contract)
            db.executemany(
                "REPLACE INTO said VALUES (?, ?)", {"tree": tree, "rows": _rows(db)}.items()
            )

    def _take_over(
        self,
        db: sqlite3.Connection,
        changed: Mapping[str, TreeEntry | None],
        is_contract: Callable[[str], bool],
    ) -> None:
        gone, new = sorted_out(changed, is_contract)
        db.executemany("DELETE FROM contract WHERE path=?", ((as_bytes(path),) for path in gone))
        known = {
            _text(path)
            for path, blob in db.execute("SELECT path, blob FROM contract")
            if len(new) > AT_ONCE and new.get(_text(path)) == blob
        }
        fresh = {path: blob for path, blob in new.items() if path not in known}
        stale = ((as_bytes(path),) for path in (*gone, *fresh))
        for path in stale:
            db.execute("DELETE FROM object WHERE path=?", path)
            db.execute("DELETE FROM mention WHERE path=?", path)
        for line in looked_at(self._repo, fresh):
            db.execute(
                "REPLACE INTO contract (path, folded, file, blob, id, slug, relates, problem)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(as_bytes(line.path), as_folded(line.path), as_file(line.path), line.blob),
                    *(line.id, line.id and slug(line.id), line.relates, line.problem),
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
            db.executemany(
                "INSERT OR IGNORE INTO mention"
                " SELECT ?, path FROM contract WHERE path=? AND blob=?",
                ((mark(name), *_key(each.line)) for each in parsed for name in each.mentions),
            )

    def compare_tags(self, prefix: str) -> None:
        """Look which of the versions have a tag: of those alone whose tag moved, or is not known.

        Others may do the same at once.
        """
        now = self._repo.refs_listing(prefix)
        for _ in range(_RACES):
            with self.asked() as db:
                before = _listing(db)
                loose = db.execute(
                    "SELECT DISTINCT tag FROM contract WHERE tag IS NOT NULL AND tagged IS NULL"
                ).fetchall()
            changed = moved(before, now, [f"{prefix}{tag}" for (tag,) in loose])
            if before == now and not changed:
                return
            with self.asked(write=True) as db:
                if _listing(db) != before:
                    continue
                db.executemany(
                    "UPDATE contract SET tagged=? WHERE tag=?",
                    ((sha, name.removeprefix(prefix)) for name, sha in changed.items()),
                )
                if before != now:
                    db.execute("REPLACE INTO tags VALUES (1, ?)", (now,))
                return
        raise UnusableError("other processes look at the tags again and again")

    def settle(self, lines: Iterable[Line]) -> None:
        """Remember that these contents are those that their tags promote."""
        with self.asked(write=True) as db:
            db.executemany(
                "UPDATE contract SET settled=tagged WHERE path=? AND blob=? AND tagged=?",
                ((*_key(line), line.tagged) for line in lines),
            )


def differing(repo: Repo, before: str, tree: str) -> Mapping[str, TreeEntry | None] | None:
    """Return what differs between two trees; None where the one before is not there any more."""
    try:
        return repo.diff_files(before, tree) if before != tree else {}
    except GitError as error:
        _log.info("the tree of the index is gone: %s", error)
        return None


def _rows(db: sqlite3.Connection) -> str:
    return str(db.execute("SELECT count(*) FROM contract").fetchone()[0])


def _listing(db: sqlite3.Connection) -> bytes:
    found = db.execute("SELECT listing FROM tags").fetchone()
    return bytes(found[0]) if found else b""


def sorted_out(
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
    path, _, _, blob, contract_id, _, relates, version, status, problem, _ = summed
    if checksum != _checksum(*summed):
        raise sqlite3.DatabaseError("a row is not as it was written")
    said = (contract_id, version, status, problem, tagged, settled)
    texts = [None if each is None else str(each) for each in said]
    return Line(_text(path), str(blob), texts[0], bool(relates), *texts[1:])


def _checksum(*values: object) -> int:
    return zlib.crc32(repr(values).encode())


def _key(line: Line) -> tuple[bytes, str]:
    return as_bytes(line.path), line.blob


def as_bytes(path: str) -> bytes:
    """Return a path as it is kept."""
    return path.encode("utf-8", "surrogateescape")


def as_file(path: str) -> bytes:
    """Return what is kept of a path for those who know its last part alone."""
    return as_bytes(posixpath.basename(path))


def mark(name: str) -> int:
    """Return what is kept of a name by which others are referred to, of any length."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass"))


def as_folded(path: str) -> str:
    """Return what is kept of a path for those who ask without letter case."""
    return folded(path).encode("utf-8", "replace").decode()


def _text(path: object) -> str:
    if not isinstance(path, bytes):
        raise sqlite3.DatabaseError("a path is no path")
    return path.decode("utf-8", "surrogateescape")
