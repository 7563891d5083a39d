"""Work trees that have a branch checked out follow it, and lose nothing that people wrote there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dc43_gitdraft.errors import GitError, LifecycleError
from dc43_gitdraft.repo.command import Git
from dc43_gitdraft.repo.refs import RefUpdate

_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Move:
    """One work tree's way from the old to the new commit (or tree) of its branch."""

    git: Git
    folder: str
    branch: str
    old: str
    new: str

    def rehearse(self) -> None:
        """Make sure that the move loses nothing; touches nothing but the index's file times.

        Raises LifecycleError.
        """
        # Files that were only touched count as unchanged from now on.
        self.git.run("update-index", "-q", "--refresh")
        in_the_way = self._untracked_in_the_way() or self._deleted()
        if in_the_way:
            raise self._refusal(in_the_way)
        result = self.git.run("read-tree", "-n", "-m", "-u", self.old, self.new)
        if result.status != 0:
            changed = self._changed_here()
            if not changed:
                raise self.git.failure(result, f"updating the work tree {self.folder}")
            raise self._refusal(changed)

    def make(self) -> None:
        """Bring index and files to the new commit: git's two-way merge."""
        doing = f"updating the work tree {self.folder}"
        self.git.ask("read-tree", "-m", "-u", self.old, self.new, doing=doing)

    def undo(self) -> None:
        """Bring them back, as far as nobody changed them meanwhile."""
        self.git.run("read-tree", "-m", "-u", self.new, self.old)

    def _refusal(self, files: Sequence[str]) -> LifecycleError:
        shown = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
        return LifecycleError(
            f"branch {self.branch} is checked out in {self.folder} with uncommitted changes to "
            f"{shown}: commit or stash them, and run again"
        )

    def _differences(self, wanted: str = "") -> list[str]:
        names = self.git.ask(
            *("diff-tree", "-r", "-z", "--name-only", "--no-renames"),
            *([f"--diff-filter={wanted}"] if wanted else []),
            *(self.old, self.new),
        )
        return _names(names.out)

    def _untracked_in_the_way(self) -> list[str]:
        """List untracked files, ignored ones too, where the new commit has files."""
        added = self._differences("A")
        root = Path(self.folder)
        present = {path for path in added if _exists(root / path)}
        present.update(up for path in added for up in _parents(path) if _blocks(root / up))
        if not present:
            return []
        asked = sorted(present) if len(present) < 1000 else ["."]
        others = _names(self.git.ask("ls-files", "-z", "--others", "--", *asked).out)
        return sorted(path for path in others if any(_overlap(path, new) for new in added))

    def _deleted(self) -> list[str]:
        """List files that are deleted here and change there: git would bring them back."""
        root = Path(self.folder)
        absent = [path for path in self._differences("MT") if not _exists(root / path)]
        if not absent:
            return []
        gone = self.git.ask("diff-files", "-z", "--name-only", "--diff-filter=D").out
        return sorted(set(absent) & set(_names(gone)))

    def _changed_here(self) -> list[str]:
        affected = set(self._differences())
        status = self.git.run(
            *("status", "--porcelain=v1", "-z", "--no-renames"),
            *("--untracked-files=all", "--ignored=matching", "--ignore-submodules=all"),
        )
        changed = {name[3:] for name in _names(status.out)}
        return sorted(changed & affected)


def plan(git: Git, updates: Iterable[RefUpdate], empty_tree: str) -> list[Move]:
    """Find the work trees whose branch is going to move. One process.

    Raises LifecycleError where a checked-out branch would be deleted.
    """
    moving = {u.name: u for u in updates if u.name.startswith(_HEADS) and u.new != u.expected}
    if not moving:
        return []
    moves = []
    listing = git.ask("worktree", "list", "--porcelain", "-z", work_tree=True).out
    for block in listing.decode("utf-8", "surrogateescape").split("\0\0"):
        facts = dict(line.partition(" ")[::2] for line in block.split("\0") if line)
        update = moving.get(facts.get("branch", ""))
        folder = facts.get("worktree", "")
        if update is None or "bare" in facts or not Path(folder).is_dir():
            continue
        branch = update.name[len(_HEADS) :]
        if update.new is None:
            raise LifecycleError(
                f"branch {branch} is checked out in {folder}: check out another branch there, "
                "and run again"
            )
        moves.append(
            Move(git.at(folder), folder, branch, update.expected or empty_tree, update.new)
        )
    return moves


def carry_out(moves: Sequence[Move]) -> None:
    """Make the moves, all or none.

    Raises GitError.
    """
    done: list[Move] = []
    try:
        for move in moves:
            move.make()
            done.append(move)
    except BaseException:
        undo(done)
        raise


def undo(moves: Sequence[Move]) -> None:
    """Take moves back."""
    for move in moves:
        with suppress(GitError):
            move.undo()


def _names(out: bytes) -> list[str]:
    return [name for name in out.decode("utf-8", "surrogateescape").split("\0") if name]


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _exists(place: Path) -> bool:
    return place.is_symlink() or place.exists()


def _blocks(place: Path) -> bool:
    """Whether something lies there that is no directory."""
    return place.is_symlink() or (place.exists() and not place.is_dir())


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")
