"""How a workflow installs what runs here, where that can be known."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from dc43_gitdraft import __version__
from dc43_gitdraft.doctor.pins import EXAMPLE
from dc43_gitdraft.errors import GitdraftError
from dc43_gitdraft.repo import Repo, work_tree

#: The file where it cannot be known. A bare name would be the first comer's who registers it on a
#: package index.
NOTHING = f"""\
# What the workflows install. From where is not known, as dc43-gitdraft was installed here from a
# folder that they cannot reach. Write it below, such as
#
#   {EXAMPLE}
"""
_WEB = ("http", "https")


def requirement(installed: metadata.Distribution) -> str:
    """Return the file for pip: the commit, the archive or the release that runs here.

    Where it came from a folder, that is the clone's commit, if the clone's origin has it.
    """
    raw = installed.read_text("direct_url.json")
    if raw is None:  # By its name, from an index.
        return f"dc43-gitdraft=={__version__}\n"
    told: dict[str, Any] = json.loads(raw)
    place = urlsplit(told.get("url", ""))
    source = told.get("vcs_info", {})
    if source.get("vcs") == "git" and place.scheme in {*_WEB, "ssh"}:
        return _pinned(place, source["commit_id"])
    if "archive_info" in told and place.scheme in _WEB and not place.query:
        digest = (told["archive_info"].get("hashes") or {}).get("sha256")
        pinned = _public(place)._replace(fragment=f"sha256={digest}" if digest else "")
        return f"dc43-gitdraft @ {pinned.geturl()}\n"
    if "dir_info" in told and place.scheme == "file":
        return _of_clone(unquote(place.path)) or NOTHING
    return NOTHING


def _of_clone(folder: str) -> str | None:
    with suppress(GitdraftError), Repo.open(folder) as repo:
        if work_tree(folder).resolve() != Path(folder).resolve():
            return None  # What is around it is another project.
        place, head = urlsplit(repo.origin() or ""), repo.resolve("HEAD")
        # What nobody has pushed, no runner can fetch.
        if (
            place.scheme in _WEB
            and head
            and any(
                repo.is_ancestor(head, tip)
                for tip in set(repo.refs("refs/remotes/origin/", peeled=True).values())
            )
        ):
            return _pinned(place, head)
    return None


def _pinned(place: SplitResult, commit: str) -> str:
    if place.scheme != "ssh":  # There, the user is no secret.
        place = _public(place)
    return f"dc43-gitdraft @ git+{place.geturl()}@{commit}\n"


def _public(place: SplitResult) -> SplitResult:
    return place._replace(netloc=place.netloc.rpartition("@")[2])
