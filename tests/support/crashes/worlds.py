"""Contracts repositories that are put back as they were, for a command to end badly many times.

A world is prepared once, by commands and by people. Then one command of it is run many times, each
time from the same state, and something else goes wrong each time.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from support.crashes import states
from support.crashes.boundary import Trouble
from support.crashes.forks import Forks, Ran
from support.git import commit_on, git, make_bare, show
from support.github import GitHub
from support.github.world import Issue
from support.shop import DISCOUNT, seen

from dc43_gitdraft.model import DataType
from dc43_gitdraft.observe import to_json

ORDERS = "contracts/orders.odcs.yaml"
BRANCH = "gitdraft/orders"

#: Every step is disturbed in every way, and not only what others can see: takes an hour.
EVERYTHING = os.environ.get("GITDRAFT_TEST_CRASHES") == "all"

#: After these something is not as it was for others: between two of them it does not matter
#: where a process dies.
_WRITES = re.compile(r"git (push|update-ref: commit)$|(POST|PUT|PATCH|DELETE) ")
#: So many times in a row a step fails: once, twice, and until the program gives up.
_TIMES = (1, 2, 99)

_REFUSING = """\
#!/bin/sh
[ "$1" != refs/heads/main ] || { echo 'main is protected' >&2; exit 1; }
"""


class World:
    """A contracts repository at `url`, whose Git directory is `bare`, and a job's machine.

    `ways` are those in which a step of it is disturbed where time is short.
    """

    ways: tuple[str, ...] = ("after", "lost")

    def __init__(self, folder: Path, forks: Forks, bare: Path, url: str) -> None:
        self.folder, self.bare, self.url = folder, bare, url
        self._forks = forks
        self._cache = folder / "cache"
        self._cache.mkdir()
        self._env = {
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(self._cache),
            "GITDRAFT_REPO": url,
        }

    def run(self, *arguments: str | Path, trouble: Trouble | None = None) -> Ran:
        """Run a command of the program."""
        return self._forks.run(arguments, self._env, trouble)

    def done(self, *arguments: str | Path) -> Ran:
        """Run a command that has to end well."""
        ran = self.run(*arguments)
        assert ran.code == 0, ran.err
        return ran

    def source(
        self, columns: Mapping[str, DataType] = DISCOUNT, contract: str = "orders", name: str = ""
    ) -> str:
        """Write what a job saw of a contract's data; the SOURCE to draft from."""
        path = self.folder / f"{name or contract}.json"
        found = seen(dict(columns), dataset=f"table:shop.{contract}")
        path.write_text(to_json(found), "utf-8")
        return f"observation:{path}"

    def draft(self, columns: Mapping[str, DataType] = DISCOUNT, contract: str = "orders") -> None:
        """Run a job that sees this, to its end."""
        self.done("draft", contract, "--from", self.source(columns, contract, "prepared"))

    def edit(self, branch: str, before: str, after: str) -> None:
        """Replace a text of the contract as a person who pushes."""
        text = show(self.bare, branch, ORDERS).decode()
        assert before in text
        commit_on(self.bare, branch, {ORDERS: text.replace(before, after)}, "Edit")
        self.pushed()

    def pushed(self) -> None:
        """Take notice of what people pushed."""

    def merge(self, branch: str = BRANCH) -> None:
        """Merge a branch as a person."""
        raise NotImplementedError

    def protect(self) -> None:
        """Refuse pushes to `main`."""
        raise NotImplementedError

    def unprotect(self) -> None:
        """Take pushes to `main` again."""
        raise NotImplementedError

    def save(self) -> None:
        """Keep everything as it is now."""
        for each in (self.bare, self._cache):
            shutil.rmtree(self._kept(each), ignore_errors=True)
            shutil.copytree(each, self._kept(each), symlinks=True)

    def restore(self) -> None:
        """Put everything back as it was kept."""
        for each in (self.bare, self._cache):
            shutil.rmtree(each)
            shutil.copytree(self._kept(each), each, symlinks=True)

    def _kept(self, folder: Path) -> Path:
        return self.folder / "kept" / folder.name

    def state(self) -> states.State:
        """Return what it all comes to."""
        return states.of_repository(self.bare)

    def key(self) -> str:
        """Return what a run begins with: the state, and the clone that is kept on the machine.

        Where time is short, the clone is left out: what becomes of it has tests of its own.
        """
        seals = self._cache.rglob("seal.json") if EVERYTHING else ()
        sealed = [seal.read_text("utf-8") for seal in seals]
        return states.key_of({"state": self.state(), "sealed": sealed})


class LocalWorld(World):
    """One with the local forge; `remote` reaches it by a URL, over a clone."""

    ways = ("after", "fails", "lost")

    def __init__(
        self, folder: Path, forks: Forks, files: Mapping[str, str | bytes], *, remote: bool
    ) -> None:
        bare = make_bare(folder / "contracts.git", files)
        super().__init__(folder, forks, bare, f"file://{bare}" if remote else str(bare))

    def merge(self, branch: str = BRANCH) -> None:
        """Merge a branch as a person with Git alone."""
        person = self.bare.parent / f"{self.bare.name}-person"
        if not person.exists():
            git(self.folder, "clone", "-q", str(self.bare), str(person))
        git(person, "fetch", "-q", "origin")
        git(person, "checkout", "-q", "--detach", "origin/main")
        git(person, "merge", "-q", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
        # Fetched and not pushed: no hook refuses what people do.
        git(self.bare, "fetch", "-q", str(person), "+HEAD:refs/heads/main")

    def protect(self) -> None:
        hook = self.bare / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_REFUSING, "utf-8")
        hook.chmod(0o755)

    def unprotect(self) -> None:
        (self.bare / "hooks" / "update").unlink()


class GitHubWorld(World):
    """One on the tests' GitHub."""

    def __init__(self, folder: Path, forks: Forks, github: GitHub) -> None:
        super().__init__(folder, forks, github.path, github.url)
        self.github = github
        self._issues: dict[int, Issue] = {}
        self._ticks = 0
        self._env |= {
            "GITHUB_SERVER_URL": github.web,
            "GITHUB_API_URL": github.api_url,
            "GITHUB_TOKEN": github.token("bot"),
        }

    def pushed(self) -> None:
        self.github.pushed("ana")

    def merge(self, branch: str = BRANCH) -> None:
        (pull,) = (each for each in self.github.pulls("open") if each["head"]["ref"] == branch)
        self.github.merge(pull["number"])

    def protect(self) -> None:
        self.github.protect("main")

    def unprotect(self) -> None:
        self.github.unprotect()

    def event(self, name: str, action: str) -> Path:
        """Write the newest event of that kind, as a workflow finds it."""
        path = self.folder / "event.json"
        path.write_text(json.dumps(self.github.event(name, action)), "utf-8")
        return path

    def save(self) -> None:
        super().save()
        self._issues, self._ticks = self._copied(self.github.repository.issues), self.github.ticks

    def restore(self) -> None:
        with self.github.lock:
            super().restore()
            self.github.repository.issues = self._copied(self._issues)
            self.github.ticks = self._ticks

    def _copied(self, issues: dict[int, Issue]) -> dict[int, Issue]:
        """Copy what is said and decided; accounts stay the same ones."""
        known = {id(account): account for account in self.github.accounts.values()}
        return copy.deepcopy(issues, dict(known))

    def state(self) -> states.State:
        return states.of_github(self.github)


class Trial:
    """One command in a world as it is now: `steps` of an undisturbed run, and where it ended."""

    def __init__(self, world: World, *command: str | Path) -> None:
        self.world, self._command = world, command
        #: How often it was disturbed.
        self.points = 0
        self._mended: dict[str, str] = {}
        world.save()
        ran = world.run(*command)
        self.steps, self.code, self._end = ran.steps, ran.code, world.state()
        assert ran.code in (0, 4), ran.err
        wrong = self._mend()
        assert not wrong, f"twice is not once: {wrong}"

    def disturbed(self, ways: Sequence[str]) -> Iterator[tuple[str, Ran, str]]:
        """Run it with trouble, and then again without, for each trouble of these ways.

        Yield the trouble's name, how the first run ended, and what is wrong after the second ("":
        nothing): it must end as if nothing had been.
        """
        for trouble in self._troubles(ways):
            self.world.restore()
            ran = self.world.run(*self._command, trouble=trouble)
            self.points += 1
            key = self.world.key()
            if key not in self._mended:
                # From the same state the same command ends the same.
                self._mended[key] = self._mend()
            times = "" if trouble.times == 1 else f" ({trouble.times} times)"
            name = f"{self.steps[trouble.nth - 1]} [{trouble.nth}] {trouble.way}{times}"
            yield name, ran, self._mended[key]

    def _troubles(self, ways: Sequence[str]) -> Iterator[Trouble]:
        for nth, step in enumerate(self.steps, 1):
            for way in ways:
                if EVERYTHING and (way != "amid" or _is_command(step)):
                    for times in _TIMES if way == "fails" else (1,):
                        yield Trouble(way, nth, times)
                elif not EVERYTHING and way in self.world.ways and _WRITES.match(step):
                    yield Trouble(way, nth)

    def _mend(self) -> str:
        """Run it again; say what is wrong afterwards."""
        again = self.world.run(*self._command)
        if again.code != self.code:
            return f"exit code {again.code}: {again.err}"
        return _difference(self._end, self.world.state())


def _is_command(step: str) -> bool:
    """Whether a step is a Git command that has an end, and no piece of one."""
    return step.startswith("git ") and ":" not in step and step != "git cat-file"


def _difference(wanted: states.State, found: states.State) -> str:
    lines = [
        f"{kind} {name}: {wanted[kind].get(name)!r} became {found[kind].get(name)!r}"
        for kind in ("refs", "pulls", "open")
        for name in sorted({*wanted[kind], *found[kind]})
        if wanted[kind].get(name) != found[kind].get(name)
    ]
    if found["locks"] != wanted["locks"]:
        lines.append(f"locks are left: {found['locks']}")
    return "\n".join(lines)
