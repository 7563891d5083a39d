"""Which branch each record of the local forge is of, kept from run to run: of very many, few count.

It is a file of SQLite beside the clone, or in the user's cache, and no more than a cache. A record
is a commit and never changes, so nothing here becomes stale, and what it finds is read from Git all
the same. It may be deleted at any time; of what is damaged or missing, Git is asked.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from dc43_gitdraft.kept import Kept, UnusableError

FILE = "pulls.sqlite"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS head_of"
    " (record TEXT PRIMARY KEY, head BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID"
)

_ALL = "SELECT record, head, checksum FROM head_of"

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Heads:
    """The branches of records, by the commits that hold these; none where there is no folder."""

    def __init__(self, folder: Path | None) -> None:
        """Do not touch the disk."""
        self._kept = Kept(folder / FILE) if folder is not None else None

    def known(self) -> dict[str, str]:
        """Return what is known, and is as it was written."""
        if self._kept is None or not self._kept.exists():
            return {}
        rows = self._asked(lambda db: db.execute(_ALL).fetchall())
        return {
            str(record): head.decode("utf-8", "replace")
            for record, head, checksum in rows or ()
            if isinstance(head, bytes) and checksum == _checksum(record, head)
        }

    def keep(self, found: Mapping[str, str], forget: Iterable[str]) -> None:
        """Remember the branches of records, and forget records that are no longer the newest."""
        heads = {record: head.encode("utf-8", "replace") for record, head in found.items()}
        rows = [(record, head, _checksum(record, head)) for record, head in heads.items()]

        def change(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM head_of WHERE record=?", ((each,) for each in forget))
            db.executemany("REPLACE INTO head_of VALUES (?, ?, ?)", rows)

        self._asked(change)

    def _asked(self, ask: Callable[[sqlite3.Connection], T]) -> T | None:
        """Open it for one transaction; None where it cannot tell, or take, anything."""
        if self._kept is None:
            return None
        try:
            with self._kept.asked(write=True) as db:
                db.execute(_SCHEMA)
                return ask(db)
        except UnusableError as error:
            _log.info("not asked: %s", error)
            return None


def _checksum(record: object, head: bytes) -> int:
    return zlib.crc32(repr((record, head)).encode())
