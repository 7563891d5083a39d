"""What a pull request's workflow asks: whether these changes of contracts may be merged.

Every changed contract is compared with what it was where its branch left the base branch, and
looked at in the repository around it. A change that breaks somebody is an error until the version
declares it: with a sufficient step it is a warning, as then a steward can decide. Errors of policy,
and levels that the settings state, stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from dc43_gitdraft import config as settings
from dc43_gitdraft.branch import inspect, left_behind, written_by_bot
from dc43_gitdraft.catalog import Catalog, path_filter
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.changes.core import level_of
from dc43_gitdraft.check import identity, references, versions
from dc43_gitdraft.check.case import Case, Said, cases
from dc43_gitdraft.check.promoted import Promoted
from dc43_gitdraft.check.scope import Range, find_base, find_range
from dc43_gitdraft.check.state import State
from dc43_gitdraft.config import Config
from dc43_gitdraft.findings import Checked, Finding, Report, in_new, is_policy, sentence
from dc43_gitdraft.model import Change, Level, Perspective, Status
from dc43_gitdraft.odcs import Locator
from dc43_gitdraft.repo import Commit, Repo

__all__ = ["Promoted", "Range", "check", "find_base", "find_range"]


def check(
    repo: Repo,
    scope: Range,
    *,
    perspective: Perspective | None = None,
    everything: bool = False,
    overlay: Mapping[str, bytes | None] | None = None,
    there: Callable[[str], bool] | None = None,
    today: date | None = None,
) -> Report:
    """Check the contracts that a range changes; with `everything`, all that its head holds.

    `overlay` holds files of a work tree to check instead, whether the settings count them as
    contracts or not, over those of the head: path -> content, None where it is gone. `there` says
    of the head's others whether they are in the work tree still. `today` tells which removals were
    due.
    """
    config = scope.config
    catalogs = [
        Catalog(repo, commit, config, kept=commit == scope.fork, moved=False) if commit else None
        for commit in (scope.fork, scope.head)
    ]
    found = None
    if not everything:
        both = _indexed(catalogs)
        if both and overlay is None:
            found = _narrow_states(repo, both, config)
        elif both and overlay is not None:
            found = _states_of_files(repo, both, config, overlay, there)
    before, after = found or (
        _state(repo, catalogs[0], config, overlay),
        _state(repo, catalogs[1], config, overlay, overlay, there),
    )
    paths = before.paths | after.paths
    if everything:
        wanted = after.paths | {path for path in paths if path not in after.paths}
    elif overlay is not None:
        wanted = frozenset(overlay)
    else:
        wanted = frozenset(path for path in paths if before.differs(path, after))
    inspection = _Inspection(repo, scope, before, after, perspective or config.perspective, today)
    checked = (*inspection.settings(), *inspection.run(wanted))
    return Report(checked, None if found or paths else _missing(scope))


def _missing(scope: Range) -> str:
    """Say why there is no contract."""
    if scope.head is None:
        return "there is no commit yet"
    return f"the files that count are named by `contracts` in {settings.FILE}"


def _indexed(catalogs: Sequence[Catalog | None]) -> tuple[Catalog, Catalog] | None:
    """Return both catalogs of a large repository; None in a small one."""
    before, after = catalogs
    if before is None or after is None or not (before.indexed and after.indexed):
        return None
    return before, after


def _narrow_states(
    repo: Repo, catalogs: tuple[Catalog, Catalog], config: Config
) -> tuple[State, State]:
    """Return the contracts of a large repository that differ; others are asked for one by one."""
    before, after = catalogs
    is_contract = path_filter(config)
    states = []
    for catalog, other in ((before, after), (after, before)):
        there = repo.diff_files(other.commit, catalog.commit).values()
        entries = (entry for entry in there if entry is not None and entry.is_file)
        files = {entry.path: entry.sha for entry in entries if is_contract(entry.path)}
        states.append(State(files, repo.blobs, is_contract, rest=catalog))
    return states[0], states[1]


def _states_of_files(
    repo: Repo,
    catalogs: tuple[Catalog, Catalog],
    config: Config,
    overlay: Mapping[str, bytes | None],
    there: Callable[[str], bool] | None,
) -> tuple[State, State]:
    """Return files of a large repository's work tree, before and after; see `_narrow_states`.

    A contract that moved into one of them was where its id stood, and is nothing now.
    """
    before, after = catalogs
    is_contract = path_filter(config)
    given = State({}, repo.blobs, is_contract, overlay)
    ids = {contract.id for path in overlay if (contract := given.contract(path)) is not None}
    moved = {path for each in ids for path in (*before.with_id(each), *after.with_id(each))}
    gone = {path for path in moved - overlay.keys() if there is not None and not there(path)}
    paths = sorted({*overlay, *gone})
    # Git would read a symbolic link too, which is no contract.
    held = [
        path
        for path in paths
        if (before.holds_path(path) if is_contract(path) else repo.holds_file(before.commit, path))
    ]
    texts = repo.read_many([(before.commit, path) for path in held])
    then = {path: text for path, text in zip(held, texts, strict=True) if text is not None}
    return (
        State({}, repo.blobs, is_contract, then, before),
        State({}, repo.blobs, is_contract, {**dict.fromkeys(gone), **overlay}, after, there),
    )


def _state(
    repo: Repo,
    catalog: Catalog | None,
    config: Config,
    also: Iterable[str] | None,
    overlay: Mapping[str, bytes | None] | None = None,
    there: Callable[[str], bool] | None = None,
) -> State:
    files: dict[str, str] = {}
    is_contract = path_filter(config)
    if catalog is not None:
        files.update(catalog.files())
        for path in also or ():
            if not is_contract(path):
                found = repo.entries(catalog.commit, path)
                files.update((entry.path, entry.sha) for entry in found if entry.is_file)
    if there is not None:
        # What is gone in the work tree is no second file with the same id.
        gone = {path: None for path in files if not there(path)}
        overlay = {**gone, **(overlay or {})}
    return State(files, repo.blobs, is_contract, overlay)


@dataclass
class _Inspection:
    """One run over one range."""

    repo: Repo
    scope: Range
    before: State
    after: State
    perspective: Perspective
    today: date | None

    @cached_property
    def promoted(self) -> Promoted:
        return Promoted(self.repo, self.scope.config)

    @cached_property
    def commits(self) -> list[Commit]:
        if self.scope.fork is None or self.scope.head is None:
            return []
        return self.repo.log([self.scope.head], exclude=[self.scope.fork])

    def settings(self) -> Iterator[Checked]:
        """Yield what is wrong with the settings that the range brings."""
        findings = tuple(self._kept(self.scope.trouble))
        if findings:
            yield Checked(findings[0].path, None, "edited", findings=findings)

    def run(self, wanted: frozenset[str]) -> Iterator[Checked]:
        found = list(cases(self.before, self.after, wanted, self.perspective, self.today))
        for case in found:
            yield self._checked(case)
        others: dict[str, list[Said]] = {}
        for path, said in references.of_others(found, self.before, self.after):
            others.setdefault(path, []).append(said)
        for path, listed in others.items():
            contract = self.after.contract(path)
            if contract is not None and path not in {case.path for case in found}:
                case = Case(path, "unchanged", path, contract, contract)
                findings = tuple(self._kept(self._placed(case, listed)))
                version = contract.version
                yield Checked(path, contract.id, "unchanged", version, version, findings=findings)

    def _checked(self, case: Case) -> Checked:
        findings: list[Finding] = []
        if case.new is None and case.how != "removed":
            findings += identity.unreadable(self.after.text(case.path) or b"", case.path)
        findings += self._placed(case, list(self._said(case)))
        either = case.new or case.old
        return Checked(
            path=case.path,
            contract=either.id if either else None,
            how=case.how,
            base_version=case.old.version if case.old else None,
            version=case.new.version if case.new else None,
            declared=case.declared,
            implied=case.implied,
            findings=tuple(self._kept(findings)),
        )

    def _said(self, case: Case) -> Iterator[Said]:
        yield from identity.of_file(case)
        yield from identity.of_removal(case, self.promoted)
        yield from identity.of_place(case, self.after, self.before, self.scope.config)
        yield from versions.of_version(case, self.promoted)
        yield from versions.of_status(case, self._is_drafted(case))
        yield from self._of_base(case)
        yield from references.of_contract(case, self.after)
        for change in case.changes or ():
            yield self._of_change(case, change)

    def _of_base(self, case: Case) -> Iterator[Said]:
        """Yield what is wrong with a draft whose base branch was rewritten."""
        head, base, called = self.scope.head, self.scope.base, self.scope.base_name
        if case.new is None or head is None or base is None:
            return
        name = self.scope.config.branch(case.new.id)
        if name not in self.scope.names:
            return
        # What a server gives to check is a merge of the draft into the base branch.
        tips = (head, *self.repo.commit(head).parents[1:])
        drafts = [inspect(self.repo, tip, base, case.new.id, called) for tip in tips]
        dropped = next((draft for draft in drafts if draft.dropped), None)
        behind = next((draft.behind for draft in drafts if draft.behind), None)
        if dropped is not None:
            yield Said("base-rewritten", ("version",), dropped.rewritten(called, name))
        elif behind is not None:
            message = left_behind(behind, called, name)
            yield Said("base-rewritten", ("version",), message, Level.WARNING)

    def _is_drafted(self, case: Case) -> bool:
        """Whether this range is a draft of the contract, whose status promotion will change."""
        config = self.scope.config
        if case.new is None or case.new.status is not Status.ACTIVE:
            return False
        if config.draft_status is Status.ACTIVE or case.how == "unchanged":
            return False
        contract_id = case.new.id
        if self.promoted.has(contract_id, case.new.version):
            return False
        return config.branch(contract_id) in self.scope.names or any(
            written_by_bot(commit, contract_id) for commit in self.commits
        )

    def _of_change(self, case: Case, change: Change) -> Said:
        level, message = change.level, sentence(change)
        if level is Level.ERROR and case.suffices and not is_policy(change.rule):
            level = Level.WARNING
            message += f"; breaking, and declared so by version {case.new and case.new.version}"
        at = change.at
        if change.after is None and case.old is not None and case.new is not None:
            at = in_new(at, case.old.document, case.new.document)
        return Said(change.rule, at, message, level)

    def _placed(self, case: Case, said: list[Said]) -> Iterator[Finding]:
        locate = Locator(case.new.text, case.path) if said and case.new is not None else None
        for each in said:
            place = locate(each.at) if locate else (None, None)
            level = each.level or level_of(RULES[each.rule], None, self.perspective)
            yield Finding(each.rule, level, each.message, case.path, *place)

    def _kept(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Give each the level that the settings state; leave out what they turn off."""
        for finding in findings:
            level = self.scope.config.rules.get(finding.rule, finding.level)
            if level is not Level.OFF:
                yield replace(finding, level=level)
