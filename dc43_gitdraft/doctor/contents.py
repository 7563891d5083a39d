"""What the repository holds: a base branch, settings, contracts, tags, workflows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from dc43_gitdraft import config
from dc43_gitdraft.catalog import Lines, path_filter
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.doctor import Check, Health, filters, listed, pins
from dc43_gitdraft.errors import StaleRefError
from dc43_gitdraft.finals import PUBLISHED, at_odds
from dc43_gitdraft.lines import Line

_CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_WORKFLOWS = ".github/workflows/"
#: So many contracts are compared with their tags; more, where `promote` found them equal before.
COMPARED = 1000


def repository(desk: Desk) -> Check:
    """Tell where contracts are approved."""
    said = f"{desk.repo.name}, contracts are approved on {desk.base}"
    if desk.repo.shallow:
        return Check(
            "repository",
            Health.FAIL,
            f"{said}, and its history is cut off",
            "git fetch --unshallow; in a workflow, actions/checkout with fetch-depth: 0",
        )
    return Check("repository", Health.OK, said)


def identity(desk: Desk) -> Check:
    """Tell in whose name decisions are signed."""
    found = desk.repo.identity()
    if found is not None:
        return Check("identity", Health.OK, f"decisions are signed {found.name} <{found.email}>")
    if actor := os.environ.get("GITHUB_ACTOR"):
        return Check("identity", Health.OK, f"decisions are signed {actor}, who started this run")
    return Check(
        "identity",
        Health.WARN,
        "Git knows no name: decisions are signed by the name of the machine's user",
        "git config --global user.name 'Your Name'; git config --global user.email you@example.org",
    )


def settings(desk: Desk) -> Check:
    """Read the settings on the base branch."""
    found = desk.config()
    if desk.repo.read(desk.base_commit(), config.FILE) is None:
        return Check("settings", Health.OK, f"no {config.FILE}: the defaults count")
    if not path_filter(found)(found.path_of_new("example")):
        return Check(
            "settings",
            Health.WARN,
            f"new contracts would be {found.path}, which none of `contracts` matches",
            f"set `path` or `contracts` in {config.FILE}",
        )
    status = f", draft-status: {found.draft_status.value}"
    return Check("settings", Health.OK, f"{config.FILE} is understood{status}")


def contracts(desk: Desk) -> Check:
    """Read every contract on the base branch."""
    found, quiet = _known(desk)
    count = len(found.lines) + quiet
    if found.problems:
        said = listed(list(found.problems.values()), 1)
        return Check("contracts", Health.FAIL, said, "dc43-gitdraft check --all says where")
    if not count:
        globs = ", ".join(desk.config().contracts)
        return Check(
            "contracts",
            Health.WARN,
            f"none among {globs}",
            f"name the files with `contracts` in {config.FILE}, or draft a first with --new",
        )
    return Check("contracts", Health.OK, f"{count:,} contract{'' if count == 1 else 's'}")


def _known(desk: Desk) -> tuple[Lines, int]:
    """Return the contracts that may have something amiss, and how many others there are."""
    catalog = desk.catalog()
    return catalog.unquiet(()) or (catalog.lines(), 0)


def tags(desk: Desk) -> Check:
    """Look for versions in force that have no tag, or say something else than their tag holds."""
    doubtful, more = desk.catalog().doubtful(COMPARED)
    has_tag = _having_tag(desk)
    try:
        problems = at_odds(desk, filter(has_tag, doubtful.lines))
    except StaleRefError as race:
        return Check("tags", Health.UNKNOWN, str(race), "run again")
    if problems:
        mend = "do as it says, or, where somebody moved the tag, move it back"
        return Check("tags", Health.FAIL, listed(problems, 1), mend)
    lines = _known(desk)[0].lines
    published = {status.value for status in PUBLISHED}
    waiting = [
        f"{line.id} {line.version}"
        for line in lines
        if line.status in published and not has_tag(line)
    ]
    if waiting:
        said = f"not promoted yet: {listed(waiting)}"
        return Check("tags", Health.WARN, said, "dc43-gitdraft promote")
    if more:
        said = "every version in force has a tag; most were not compared with it on this machine"
        return Check("tags", Health.UNKNOWN, said, "dc43-gitdraft promote compares them, once")
    return Check("tags", Health.OK, "every version in force is promoted")


def _having_tag(desk: Desk) -> Callable[[Line], bool]:
    """Return the question whether a contract's version has a tag."""
    if desk.catalog().indexed:
        return lambda line: line.tagged is not None
    known = desk.tags(many=True)
    return lambda line: known.get(str(line.id), str(line.version)) is not None


def workflows(desk: Desk, scaffold: Mapping[str, str]) -> Check:
    """Compare the workflows and actions on the base branch with those that `init` writes."""
    commit = desk.base_commit()
    wanted = {
        path: text for path, text in scaffold.items() if path.startswith((_WORKFLOWS, ".github/ac"))
    }
    found = {path: desk.repo.read(commit, path) for path in wanted}
    missing = [path for path, text in found.items() if text is None]
    mend = "dc43-gitdraft init, and commit what it writes"
    if missing:
        used = [path for path in missing if not path.startswith(_WORKFLOWS)]
        # A workflow whose action is not there fails; one that is not there is perhaps not wanted.
        broken = used and len(missing) < len(wanted)
        names = listed([path.removeprefix(".github/") for path in missing])
        health = Health.FAIL if broken else Health.WARN
        return Check("workflows", health, f"not on {desk.base}: {names}", mend)
    texts = {path: (text or b"").decode("utf-8", "replace") for path, text in found.items()}
    for path, text in texts.items():
        if path.startswith(_WORKFLOWS) and (found_amiss := filters.trouble(text, desk.base)):
            said, mend = found_amiss
            return Check("workflows", Health.FAIL, f"{path.removeprefix(_WORKFLOWS)} {said}", mend)
    if pin := pins.trouble(texts[pins.REQUIREMENTS]):
        return Check("workflows", Health.FAIL, *pin)
    edited = [
        path.removeprefix(".github/")
        for path, text in texts.items()
        # Where this copy of the tool came from is no measure of where workflows take it from.
        if text.replace("\r\n", "\n") != wanted[path] and path != pins.REQUIREMENTS
    ]
    said = f"as init writes them, but for {listed(edited)}" if edited else "as init writes them"
    return Check("workflows", Health.OK, said)


def owners(desk: Desk) -> Check:
    """Look whether CODEOWNERS names anybody."""
    commit = desk.base_commit()
    for path in _CODEOWNERS:
        text = desk.repo.read(commit, path)
        if text is not None:
            lines = [
                line.split("#")[0].split() for line in text.decode("utf-8", "replace").split("\n")
            ]
            if any(len(words) > 1 for words in lines):
                return Check("reviewers", Health.OK, f"{path} names them")
    if desk.config().reviewers:
        names = ", ".join(desk.config().reviewers)
        return Check("reviewers", Health.OK, f"{config.FILE} names {names}")
    return Check(
        "reviewers",
        Health.WARN,
        "nobody is asked to review a draft",
        f"dc43-gitdraft init --owner @your-org/your-team, or `reviewers` in {config.FILE}",
    )
