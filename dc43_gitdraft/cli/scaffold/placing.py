"""Putting templates into a folder: a file that somebody edited is never touched."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from dc43_gitdraft.cli.scaffold import CODEOWNERS, SAMPLE, Template
from dc43_gitdraft.errors import InputError

#: Where GitHub looks for the file; the first that is there counts.
_CODEOWNERS_PLACES = (CODEOWNERS, "CODEOWNERS", "docs/CODEOWNERS")
_CONTRACTS = (".odcs.yaml", ".odcs.yml")


class State(Enum):
    """What became of a template."""

    WRITTEN = "written"
    PRESENT = "present"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Placed:
    """One template and what became of it; `found` is the text that was left as it is."""

    template: Template
    state: State
    reason: str | None = None
    found: str | None = None


def place(folder: Path, templates: Sequence[Template], *, dry_run: bool = False) -> list[Placed]:
    """Write what is missing; `dry_run` only tells.

    Raises InputError where a file cannot be read or written, or would lie outside the folder.
    """
    decided = [_decide(folder, template) for template in templates]
    if not dry_run:
        for each in decided:
            if each.state is State.WRITTEN:
                _write(folder / each.template.path, each.template)
    return decided


def _decide(folder: Path, template: Template) -> Placed:
    path = folder / template.path
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"leads out of {folder} by a symbolic link: remove that", where=str(path))
    try:
        found = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except FileNotFoundError:
        if path.is_symlink():
            return Placed(template, State.LEFT, "it is a symbolic link that leads nowhere")
        reason = _in_the_way(folder, template)
        return Placed(template, State.LEFT if reason else State.WRITTEN, reason)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if found == template.text:
        return Placed(template, State.PRESENT)
    if found in template.replaces:
        return Placed(template, State.WRITTEN)
    return Placed(template, State.LEFT, "it is there, and not as init writes it", found)


def _in_the_way(folder: Path, template: Template) -> str | None:
    """Return what makes a file that is not there superfluous."""
    if template.path == CODEOWNERS:
        for other in _CODEOWNERS_PLACES[1:]:
            if (folder / other).is_file():
                return f"{other} is there, and this one would count instead"
    if template.path == SAMPLE and next(contract_files(folder), None) is not None:
        return "there are contracts already"
    return None


def contract_files(folder: Path) -> Iterator[str]:
    """Find the files that look like contracts, by their path in the folder."""
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name != "node_modules"
        )
        for name in sorted(files):
            if name.endswith(_CONTRACTS):
                yield Path(top, name).relative_to(folder).as_posix()


def _write(path: Path, template: Template) -> None:
    data = template.text.encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if template.replaces and path.exists():
            path.write_bytes(data)
            return
        # Whoever made it since, it is not ours.
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error


def head_branch(folder: Path) -> str | None:
    """Return the branch that is checked out in a work tree, even before its first commit."""
    with suppress(OSError):
        kind, _, ref = (folder / ".git" / "HEAD").read_text("utf-8").strip().partition(": ")
        if kind == "ref" and ref.startswith("refs/heads/"):
            return ref.removeprefix("refs/heads/")
    return None
