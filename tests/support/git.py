"""Real repositories for tests: made, committed to as a person, looked at."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

PERSON = ("Ada Steward", "ada@example.org")


def git(where: Path, *args: str, stdin: str | bytes | None = None, check: bool = True) -> str:
    """Run git in a folder as PERSON; its standard output without the last line end."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        ["git", *args],
        cwd=where,
        input=data if data is not None else b"",
        capture_output=True,
        check=False,
        env={**os.environ, **_person(*PERSON)},
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {' '.join(args)}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def _person(name: str, email: str) -> dict[str, str]:
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


def make_repo(
    where: Path,
    files: Mapping[str, str | bytes] | None = None,
    *,
    branch: str = "main",
    object_format: str = "sha1",
) -> Path:
    """Make a repository with a work tree and one commit."""
    where.mkdir(parents=True, exist_ok=True)
    git(where, "init", "-q", "-b", branch, f"--object-format={object_format}")
    commit_files(where, files or {"README.md": "contracts\n"}, "First commit")
    return where


def make_bare(
    where: Path,
    files: Mapping[str, str | bytes] | None = None,
    *,
    branch: str = "main",
    object_format: str = "sha1",
) -> Path:
    """Make a bare repository with one commit."""
    source = make_repo(
        where.parent / f"{where.name}-source", files, branch=branch, object_format=object_format
    )
    git(where.parent, "clone", "-q", "--bare", str(source), str(where))
    git(where, "remote", "remove", "origin")
    return where


def write_files(where: Path, files: Mapping[str, str | bytes | None]) -> None:
    """Write (or with None remove) files of a work tree."""
    for name, content in files.items():
        path = where / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def commit_files(
    where: Path, files: Mapping[str, str | bytes | None], message: str = "Change files"
) -> str:
    """Commit files in a work tree as a person; the commit's name."""
    write_files(where, files)
    git(where, "add", "-A", "--force", "--", *files)
    git(where, "commit", "-q", "--allow-empty", "-m", message)
    return git(where, "rev-parse", "HEAD")


def commit_on(
    repository: Path,
    branch: str,
    files: Mapping[str, str | bytes | None],
    message: str = "Change files",
    *,
    start: str = "HEAD",
) -> str:
    """Commit on a branch of any repository as a person with a clone would, and push it."""
    clone = repository.parent / f"{repository.name}-person"
    if not clone.exists():
        git(repository.parent, "clone", "-q", str(repository), str(clone))
    git(clone, "fetch", "-q", "--prune", "origin", "+refs/*:refs/remotes/all/*")
    existing = git(
        clone, "rev-parse", "-q", "--verify", f"refs/remotes/all/heads/{branch}", check=False
    )
    base = existing or git(repository, "rev-parse", start)
    git(clone, "checkout", "-q", "--detach", base)
    git(clone, "reset", "-q", "--hard", base)
    sha = commit_files(clone, files, message)
    git(clone, "push", "-q", "origin", f"{sha}:refs/heads/{branch}")
    return sha


def refs_snapshot(where: Path) -> dict[str, str]:
    """Read every ref: full name -> object name."""
    lines = git(where, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def files_snapshot(where: Path) -> dict[str, bytes]:
    """Read every file of a work tree, symbolic links as their targets."""
    files = {}
    for path in sorted(where.rglob("*")):
        name = path.relative_to(where).as_posix()
        if name == ".git" or name.startswith(".git/"):
            continue
        if path.is_symlink():
            files[name] = b"-> " + bytes(path.readlink())
        elif path.is_file():
            files[name] = path.read_bytes()
    return files


def show(where: Path, revision: str, path: str) -> bytes:
    """Read a file at a revision."""
    return git(where, "cat-file", "blob", f"{revision}:{path}").encode("utf-8", "surrogateescape")


class Processes:
    """Counts the git processes started since it was made, by git's own trace."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "git-trace.jsonl"
        subprocess.run(
            ["git", "config", "--global", "trace2.eventTarget", str(self._log)], check=True
        )
        self._log.write_bytes(b"")

    def take(self) -> list[str]:
        """List the commands started since the last call; those that git itself started apart."""
        events = [json.loads(line) for line in self._log.read_text().splitlines()]
        self._log.write_bytes(b"")
        starts = [event for event in events if event["event"] == "cmd_name"]
        return [event["name"] for event in starts if "/" not in event["sid"]]
