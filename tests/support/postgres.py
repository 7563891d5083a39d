"""A real PostgreSQL for tests, in a folder of its own, on a Unix socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Where Debian keeps what is not in the path.
_DEBIAN = Path("/usr/lib/postgresql")
#: In seconds: a busy machine may need long.
_PATIENCE = 120


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where it is not installed."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server until the block ends; yield the URL of its database for SQLAlchemy.

    It refuses to run as root: then it is its own user's, as on Debian.
    """
    binaries = programs()
    assert binaries is not None
    known = {each.pw_name for each in pwd.getpwall()}
    other = "postgres" if "postgres" in known else "nobody"
    user = other if os.geteuid() == 0 else None
    # Not pytest's folder: nobody else may enter that, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="gitdraft-pg-", dir="/tmp") as folder:
        data = Path(folder, "data")
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

        def run(program: str, *arguments: str) -> None:
            done = subprocess.run(
                [str(binaries / program), *arguments],
                user=user,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_PATIENCE,
                check=False,
            )
            assert done.returncode == 0, done.stderr.decode()

        run("initdb", "-D", str(data), "-U", "tests", "--auth=trust", "--no-sync", "-E", "UTF8")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = str(Path(folder, "log"))
        run(
            "pg_ctl",
            "-D",
            str(data),
            "-w",
            "-t",
            str(_PATIENCE),
            "-l",
            log,
            "-o",
            settings,
            "start",
        )
        try:
            yield f"postgresql+psycopg://tests@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
