"""What is kept from run to run in a file of SQLite: a cache, which Git can always answer for.

A connection lives for one transaction: nothing is left open in a process that forks or is killed.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

#: Seconds that a question waits for another process.
_PATIENCE = 10

_log = logging.getLogger(__name__)


class UnusableError(Exception):
    """What is kept cannot be asked now; Git can."""


class Kept:
    """One such file; it may be deleted at any time."""

    def __init__(self, file: Path) -> None:
        """Do not touch the disk."""
        self._file = file

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
                db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                yield db
                db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise UnusableError(f"{self._file}: {error}") from error
        except sqlite3.Error as error:
            self._delete(error)
            raise UnusableError(f"{self._file}: {error}") from error

    def _delete(self, damage: sqlite3.Error) -> None:
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            # In a folder that may only be read, it is of no use, and does no harm.
            _log.info("%s is damaged (%s) and stays: %s", self._file, damage, error)
        else:
            _log.info("%s is damaged (%s) and made anew", self._file, damage)
