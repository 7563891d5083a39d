"""The Git side of the tests' GitHub: branches, merges and hooks of real bare repositories."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from support.github.world import Account, Protection

_HOOK = """\
#!/bin/sh
# Refuses what branch protection and rules keep from being pushed to.
while IFS='|' read -r pattern bypass message; do
  case "$1" in
    $pattern) ;;
    *) continue ;;
  esac
  case " $bypass " in
    *" $REMOTE_USER "*) ;;
    *)
      printf '%b\\n' "$message" >&2
      exit 1
      ;;
  esac
done < "$(dirname "$0")/rules"
exit 0
"""


def run(
    where: Path, *args: str, by: Account | None = None, committer: Account | None = None
) -> str:
    """Run git in a repository; AssertionError where it fails."""
    done = _run(where, args, by, committer)
    assert done.returncode == 0, f"git {' '.join(args)}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def _run(
    where: Path, args: Sequence[str], by: Account | None = None, committer: Account | None = None
) -> subprocess.CompletedProcess[bytes]:
    author = by or Account("web-flow", id=1)
    made = committer or Account("GitHub", id=1)
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        "GIT_AUTHOR_NAME": author.login,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": made.login,
        "GIT_COMMITTER_EMAIL": "noreply@github.com" if committer is None else made.email,
    }
    return subprocess.run(
        ["git", "-c", "safe.directory=*", *args],
        cwd=where,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=env,
    )


def make_bare(path: Path, branch: str) -> None:
    """Make an empty bare repository that serves what GitHub serves."""
    path.mkdir(parents=True)
    run(path, "init", "-q", "--bare", "-b", branch)
    for name, value in {
        "uploadpack.allowFilter": "true",
        "uploadpack.allowAnySHA1InWant": "true",
        "receive.hideRefs": "refs/pull",
        "gc.auto": "0",
    }.items():
        run(path, "config", name, value)


def protect(path: Path, rules: Sequence[Protection]) -> None:
    """Write the hook that keeps protected refs from being pushed to."""
    hook = path / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    lines = [f"{rule.pattern}|{' '.join(rule.bypass)}|{_refusal(rule)}\n" for rule in rules]
    (hook.parent / "rules").write_text("".join(lines), "utf-8")
    hook.write_text(_HOOK, "utf-8")
    hook.chmod(0o755)


def _refusal(rule: Protection) -> str:
    if rule.ruleset:
        return (
            f"error: GH013: Repository rule violations found for {rule.pattern}.\\\\n"
            "\\\\n- Changes must be made through a pull request.\\\\n"
        ).replace("\\\\n", "\\n")
    return (
        f"error: GH006: Protected branch update failed for {rule.pattern}.\\n"
        "error: Changes must be made through a pull request."
    )


def tip(path: Path, ref: str) -> str | None:
    """Return the commit at a ref or revision."""
    done = _run(path, ["rev-parse", "-q", "--verify", f"{ref}^{{commit}}"])
    return done.stdout.decode().strip() or None


def refs(path: Path, *prefixes: str) -> dict[str, str]:
    """Read refs: full name -> object name."""
    lines = run(path, "for-each-ref", "--format=%(refname) %(objectname)", *prefixes).splitlines()
    return dict(line.split(" ", 1) for line in lines)


def set_ref(path: Path, ref: str, sha: str | None) -> None:
    """Move or delete a ref, without hooks."""
    run(path, "update-ref", *(["-d", ref] if sha is None else [ref, sha]))


def is_ancestor(path: Path, older: str, newer: str) -> bool:
    return older == newer or _is_older(path, older, newer)


# Every push asks this of all open pull requests, and commits never change.
@lru_cache(maxsize=10_000)
def _is_older(path: Path, older: str, newer: str) -> bool:
    return _run(path, ["merge-base", "--is-ancestor", older, newer]).returncode == 0


def merge_base(path: Path, one: str, other: str) -> str | None:
    """Return the best common ancestor; None where histories have nothing in common."""
    done = _run(path, ["merge-base", one, other])
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.decode().strip() or None


def merged_tree(path: Path, base: str, head: str) -> str | None:
    """Return the tree of a merge, None where it conflicts."""
    done = _run(path, ["merge-tree", "--write-tree", base, head])
    return done.stdout.decode().split("\n", 1)[0] if done.returncode == 0 else None


def commit_tree(path: Path, tree: str, parents: Sequence[str], message: str, by: Account) -> str:
    """Commit a tree in a person's name, as the web page does."""
    given = [part for parent in parents for part in ("-p", parent)]
    return run(path, "commit-tree", tree, *given, "-m", message, by=by)


def messages(path: Path, base: str, head: str) -> list[str]:
    """Return the messages of a branch's commits, oldest first."""
    text = run(path, "log", "--reverse", "--format=%B%x00", f"{base}..{head}")
    return [part.strip("\n") for part in text.split("\0")][:-1]


def commits(path: Path, base: str, head: str) -> list[str]:
    """Return a branch's commits, oldest first."""
    return run(path, "rev-list", "--reverse", f"{base}..{head}").split()


def rebase(path: Path, base: str, head: str, by: Account) -> str | None:
    """Replay a branch's commits on its base; None where that conflicts."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        run(path, "clone", "-q", "--shared", "--no-checkout", str(path), str(clone))
        run(clone, "checkout", "-q", "--detach", head)
        done = _run(clone, ["rebase", "-q", "--force-rebase", base], committer=by)
        if done.returncode != 0:
            return None
        sha = run(clone, "rev-parse", "HEAD")
        run(path, "fetch", "-q", "--no-write-fetch-head", str(clone), "HEAD")
        return sha


def facts(path: Path, base: str, head: str) -> tuple[int, int, int, int]:
    """Count a pull request's commits, files, added and deleted lines."""
    fork = merge_base(path, base, head)
    if fork is None:
        return 0, 0, 0, 0
    stats = [line.split("\t") for line in run(path, "diff", "--numstat", fork, head).splitlines()]
    added, deleted = (sum(int(each[n]) for each in stats if each[n].isdigit()) for n in (0, 1))
    return len(commits(path, fork, head)), len(stats), added, deleted


def changed_files(path: Path, base: str, head: str) -> list[tuple[str, str]]:
    """Return what a pull request changes: (A, M or D, path)."""
    fork = merge_base(path, base, head)
    if fork is None:
        return []
    lines = run(path, "diff", "--no-renames", "--name-status", fork, head).splitlines()
    return [(line[0], line.split("\t", 1)[1]) for line in lines]


def blob(path: Path, revision: str, name: str) -> bytes | None:
    """Return a file's bytes."""
    done = _run(path, ["cat-file", "blob", f"{revision}:{name}"])
    return done.stdout if done.returncode == 0 else None
