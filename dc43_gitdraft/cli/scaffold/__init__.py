"""The files that `init` gives a contracts repository.

The actions and workflows are this project's own, which run on its own contracts; a wheel carries
copies of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dc43_gitdraft import config
from dc43_gitdraft.cli.scaffold.pinning import NOTHING, requirement
from dc43_gitdraft.doctor.pins import REQUIREMENTS

CODEOWNERS = ".github/CODEOWNERS"
SAMPLE = "contracts/example.odcs.yaml"
#: The line of the settings for a base branch that nobody may push to.
PROTECTED = "draft-status: active"

_OWN = Path(__file__).parent
_ACTIONS = ".github/actions"
_WORKFLOWS = ".github/workflows"
_BRANCHES = "    branches: [main]\n"
_BASES = ("          base: ", "          BASE: ")


@dataclass(frozen=True, slots=True)
class Template:
    """A file as `init` writes it; one that holds a text of `replaces` was not edited either."""

    path: str
    text: str
    replaces: tuple[str, ...] = ()


def templates(
    *, branch: str = "main", protected: bool = False, owners: Sequence[str] = ()
) -> list[Template]:
    """Return every file, in the order in which people read them.

    `branch` is where approved contracts live, `protected` whether nobody pushes to it, `owners`
    who reviews contracts (`@user`, `@org/team`).
    """
    return [
        _settings(protected),
        *(Template(path, _on(branch, text)) for path, text in _shared(_WORKFLOWS)),
        *(Template(path, text) for path, text in _shared(_ACTIONS)),
        Template(
            REQUIREMENTS, requirement(metadata.distribution("dc43-gitdraft")), replaces=(NOTHING,)
        ),
        _codeowners(owners),
        Template(SAMPLE, (_OWN / "example.odcs.yaml").read_text("utf-8")),
    ]


def _settings(protected: bool) -> Template:
    plain = (_OWN / "gitdraft.yaml").read_text("utf-8")
    closed = plain + (
        "# Nobody pushes to the base branch: a draft has its final status, and merging promotes.\n"
        f"{PROTECTED}\n"
    )
    if protected:
        return Template(config.FILE, closed, replaces=(plain,))
    return Template(config.FILE, plain)


def _codeowners(owners: Sequence[str]) -> Template:
    plain = (_OWN / "CODEOWNERS").read_text("utf-8")
    if not owners:
        return Template(CODEOWNERS, plain)
    kept = [line for line in plain.splitlines(keepends=True) if "@" not in line]
    return Template(
        CODEOWNERS, "".join([*kept, f"/contracts/ {' '.join(owners)}\n"]), replaces=(plain,)
    )


def _on(branch: str, workflow: str) -> str:
    """Make a workflow that is for the branch `main` be for `branch`."""
    # In a filter these characters mean something else; the others of that kind no branch has.
    pattern = re.sub(r"[+!]", r"\\\g<0>", branch)
    pushes = workflow.replace(_BRANCHES, f"    branches: [{_scalar(pattern)}]\n")
    for key in _BASES:
        pushes = pushes.replace(f"{key}main\n", f"{key}{_scalar(branch)}\n")
    return pushes


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9._/-]*", text) and text.lower() not in _YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def _shared(folder: str) -> list[tuple[str, str]]:
    """Return this project's own files below a folder: path in a repository -> text."""
    installed = _OWN / "github"
    root = installed if installed.is_dir() else Path(__file__).parents[3] / ".github"
    place = root / Path(folder).name
    glob = "gitdraft-*.yml" if folder == _WORKFLOWS else "**/*"
    return [
        (f"{folder}/{path.relative_to(place).as_posix()}", path.read_text("utf-8"))
        for path in sorted(place.glob(glob))
        if path.is_file() and path.suffix in {".yml", ".sh"}
    ]
