"""What a repository and its pull requests come to, apart from times and what hangs on them.

Commits are named by what they hold, say and follow, and not by their SHA, which a second more
would change. Two states are equal where people could not tell them apart but for a clock.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.git import git
from support.github import GitHub

State = dict[str, Any]

_SHA = re.compile(r"\b[0-9a-f]{40}\b")
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d| UTC)?")
_OBEYED = re.compile(r"^(- ✅ `[^`]*` \(`\w+`\)): .*?(?= <!-- \d+ -->$)", re.MULTILINE)
_ENTRY, _FIELD = "\x1e", "\x1f"
_LOG = _ENTRY + _FIELD.join(("%H", "%P", "%T", "%an <%ae>", "%cn <%ce>", "%B"))
_REF = _FIELD.join(("%(refname)", "%(objectname)", "%(*objectname)", "%(contents)")) + _ENTRY
_RECORDS = "refs/gitdraft/pulls/"
_OPEN = "refs/gitdraft/open/"


def key_of(state: State) -> str:
    """Return what a state is known by."""
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def of_repository(bare: Path) -> State:
    """Read branches with all their commits, tags, and the local forge's pull requests."""
    return _of_repository(bare, _commits(bare))


def _of_repository(bare: Path, names: Mapping[str, str]) -> State:
    state: State = {"refs": {}, "pulls": {}, "open": {}}
    listed = git(bare, "for-each-ref", f"--format={_REF}")
    for entry in filter(None, (each.lstrip("\n") for each in listed.split(_ENTRY))):
        ref, sha, target, said = entry.split(_FIELD)
        if ref.startswith(_RECORDS):
            record = json.loads(git(bare, "cat-file", "blob", f"{sha}:record.json"))
            state["pulls"][ref] = _record(record, names)
        elif ref.startswith(_OPEN):
            record = json.loads(git(bare, "cat-file", "blob", f"{sha}:record.json"))
            state["open"][ref] = record["number"]
        elif not ref.startswith("refs/pull/"):
            tag = _plain(said, names) if target else ""
            state["refs"][ref] = [names.get(target or sha, "?"), tag]
    # Left behind, they keep others from moving a ref.
    state["locks"] = sorted(path.name for path in bare.rglob("*.lock"))
    return state


def of_github(github: GitHub) -> State:
    """Read the repository, and the pull requests with all that is said under them."""
    names = _commits(github.path)
    state = _of_repository(github.path, names)
    with github.lock:
        github.sync(github.repository, github.actions_bot)
        for issue in github.repository.pulls():
            pull = issue.pull
            assert pull is not None
            state["pulls"][str(issue.number)] = {
                "title": issue.title,
                "body": _plain(issue.body or "", names),
                "state": issue.state,
                "merged": pull.merged_at is not None,
                "author": issue.account.login,
                "closed_by": issue.closed_by.login if issue.closed_by else None,
                "branches": [pull.head, pull.base],
                "head": names.get(pull.head_sha, pull.head_sha),
                "labels": sorted(issue.labels),
                "reviewers": sorted([*pull.reviewers, *pull.teams]),
                "comments": [
                    {
                        "by": comment.account.login,
                        "says": _said(_plain(comment.body, names)),
                        "reactions": sorted(each.content for each in comment.reactions),
                    }
                    for comment in issue.comments
                ],
            }
    return state


def _commits(bare: Path) -> dict[str, str]:
    """Name all commits of branches, tags and pull requests by their contents, parents first."""
    listed = git(
        bare,
        *("log", "--exclude=refs/gitdraft/*", "--all", "--topo-order", "--reverse"),
        f"--pretty=format:{_LOG}",
    )
    names: dict[str, str] = {}
    for entry in filter(None, listed.split(_ENTRY)):
        sha, parents, tree, author, committer, said = entry.split(_FIELD)
        said = said.rstrip("\n")
        subject = said.partition("\n")[0]
        facts = [
            *(names[parent] for parent in parents.split()),
            *(tree, author, committer, _plain(said, names)),
        ]
        digest = hashlib.sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest()
        names[sha] = f"{subject} ({digest[:12]})"
    return names


def _record(record: dict[str, Any], names: Mapping[str, str]) -> State:
    kept = {name: value for name, value in record.items() if name != "key"}
    told: State = json.loads(_plain(json.dumps(kept, sort_keys=True), names))
    return told


def _said(comment: str) -> str:
    """Leave out of an answer whether a command was obeyed just now, or already by a killed run."""
    return _OBEYED.sub(r"\1: done", comment)


def _plain(text: str, names: Mapping[str, str]) -> str:
    """Take times out of a text, and name commits by what they hold."""
    named = _SHA.sub(lambda found: json.dumps(names.get(found[0], found[0]))[1:-1], text)
    return _MOMENT.sub("TIME", named)
