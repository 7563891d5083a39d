"""Rules about what a contract file is: readable, valid, one for each id, where its id belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dc43_gitdraft import strictyaml
from dc43_gitdraft.check.case import Case, Said
from dc43_gitdraft.check.promoted import Promoted
from dc43_gitdraft.check.state import State
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.findings import Finding
from dc43_gitdraft.model import Level, Status
from dc43_gitdraft.names import check_contract_id, slug
from dc43_gitdraft.odcs import Locator, read
from dc43_gitdraft.odcs.schema import API_VERSIONS, problems
from dc43_gitdraft.odcs.twins import twins
from dc43_gitdraft.repo import UnusablePathError, check_path

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HEAD = {"id": "contract-id-unusable", "version": "version-missing-or-not-semver"}


def unreadable(text: bytes, path: str) -> Iterator[Finding]:
    """Yield why a file is no contract that can be looked at further."""
    try:
        read(text, where=path, validate=False)
    except ContractError as error:
        wrong = list(_wrong_head(text, path))
        yield from wrong
        if not wrong:
            place = (path, error.line, error.column)
            yield Finding("contract-invalid", Level.ERROR, error.message, *place)


def _wrong_head(text: bytes, path: str) -> Iterator[Finding]:
    try:
        shown = strictyaml.decode(text, path, error=ContractError)
        document = strictyaml.parse(shown, path, error=ContractError).value
    except ContractError:
        return
    if not isinstance(document, dict) or document.get("kind") != "DataContract":
        return
    api_version = document.get("apiVersion")
    if not isinstance(api_version, str) or api_version not in API_VERSIONS:
        return
    locate = Locator(shown, path)
    for key, rule in _HEAD.items():
        value = document.get(key)
        if not isinstance(value, str) or not value:
            said = "is missing" if value in (None, "") else "must be text: put it in quotes"
            yield Finding(rule, Level.ERROR, f"{key} {said}", path, *locate((key,)))


def of_file(case: Case) -> Iterator[Said]:
    """Yield what ODCS does not allow, names that stand twice, and an id that must not be one."""
    if case.new is None:
        return
    for problem in problems(case.new.document, case.new.api_version):
        yield Said("contract-invalid", problem.path, problem.message)
    for path, message in twins(case.new.document):
        yield Said("name-not-unique", path, message)
    try:
        check_contract_id(case.new.id)
    except ContractError as error:
        yield Said("contract-id-unusable", ("id",), error.message)


def of_place(case: Case, after: State, before: State, config: Config) -> Iterator[Said]:
    """Yield another file with the same id, and a path that is another id's."""
    if case.new is None or not after.counts(case.path):
        return
    contract_id = case.new.id
    others = [path for path in after.with_id(contract_id) if path != case.path]
    if others:
        more = f" and in {len(others) - 1} more files" if len(others) > 1 else ""
        message = f"the id {contract_id!r} stands in {others[0]}{more} too: keep it in one file"
        yield Said("contract-id-not-unique", ("id",), message)
    try:
        check_path(case.path)
    except UnusablePathError as error:
        yield Said("contract-path-mismatch", ("id",), f"{error}: move the file")
        return
    if case.how == "edited" and case.old is not None and case.old.id == contract_id:
        return  # It was merged like that.
    if _belongs_to_another(case, after, before, config):
        wanted = config.path_of_new(contract_id)
        message = f"{case.path} is not where {contract_id!r} belongs: move it to {wanted}"
        yield Said("contract-path-mismatch", ("id",), message)


def _belongs_to_another(case: Case, after: State, before: State, config: Config) -> bool:
    """Whether the path is one of the settings' `path` for another id.

    That is so where there is (or was) a contract of that id, and where the other files show that
    it is the custom here to name them by their ids. An id that is no name for a file (a URN, a
    UUID) may lie anywhere else.
    """
    start, _, end = config.path.partition("{id}")
    shape = re.compile(f"{re.escape(start)}([a-z0-9_.-]+){re.escape(end)}")
    stem = shape.fullmatch(case.path)
    if case.new is None or stem is None or stem[1] == slug(case.new.id):
        return False
    if after.has_slug(stem[1]):
        return True
    named = custom = 0
    for path, contract_id in after.stated(start):
        if path != case.path and (other := shape.fullmatch(path)) is not None:
            named += 1
            custom += other[1] == slug(contract_id)
    old = before.contract(case.path)
    if old is not None and slug(old.id) == stem[1]:
        return True
    is_name = slug(case.new.id) == case.new.id and _UUID.fullmatch(case.new.id) is None
    return is_name and custom * 2 > named


def of_removal(case: Case, promoted: Promoted) -> Iterator[Said]:
    """Yield a contract that is gone before its life was over."""
    old = case.old
    if case.how != "removed" or old is None or old.status is Status.RETIRED:
        return
    if old.status in {Status.DRAFT, Status.PROPOSED} and not promoted.versions(old.id):
        return
    message = f"the contract {old.id!r} {old.version} is removed while it is "
    message += f"{old.document.get('status')}: deprecate and retire it first"
    yield Said("contract-removed", (), message)
