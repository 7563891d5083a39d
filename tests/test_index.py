"""A large repository: its index spares work, is never trusted, and is made again when it is bad."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import click
import pytest
from benchmarks import large
from support.cli import Cli
from support.git import Processes, git, write_files
from support.shop import clock, seen

from dc43_gitdraft import lifecycle, story
from dc43_gitdraft.catalog import MANY, Catalog
from dc43_gitdraft.check import check, find_range
from dc43_gitdraft.cli.workspace import contract_ids
from dc43_gitdraft.config import Config
from dc43_gitdraft.doctor import Health, contents
from dc43_gitdraft.errors import ContractError, NothingPromotedError
from dc43_gitdraft.findings import Report
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.lifecycle import Promotion, promote
from dc43_gitdraft.model import DataType, OutcomeKind
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import BOT, Identity, RefUpdate, Repo

ANA = Identity("Ana", "ana@example.org")
DRIFTED = {
    "id": DataType("integer"),
    "amount": DataType("number"),
    "channel": DataType("string"),
}
A, B, C = large.path_of(1), large.path_of(2), large.path_of(3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return large.make(tmp_path_factory.mktemp("large") / "made.git", MANY, 20)


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "contracts.git"))


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    with at(path) as repo:
        yield desk_of(repo)


def at(path: Path) -> Repo:
    return Repo.open(str(path))


def desk_of(repo: Repo) -> Desk:
    return Desk(repo, LocalForge(repo), "main", clock())


def write(desk: Desk, files: Mapping[str, str | None], branch: str = "main") -> str:
    """Commit as a person, on top of a branch (else of main)."""
    ref = f"refs/heads/{branch}"
    tip = desk.repo.resolve(ref)
    commit = desk.repo.write_commit(
        [tip or desk.base_commit()],
        {name: None if text is None else text.encode() for name, text in files.items()},
        "Edit",
        ANA,
        desk.clock(),
    )
    desk.repo.push([RefUpdate(ref, commit, tip)])
    return commit


def index_of(desk: Desk) -> Path:
    folder = desk.repo.kept_folder()
    assert folder is not None
    return folder / "contracts.sqlite"


def found_at(catalog: Catalog, number: int) -> str | None:
    entry = catalog.find(large.contract_id(number))
    return entry.path if entry else None


def test_a_contract_is_found_without_a_listing_of_all(desk: Desk, tmp_path: Path) -> None:
    assert found_at(desk.catalog(), 7) == large.path_of(7)
    processes = Processes(tmp_path)
    with at(Path(desk.repo.name)) as repo:
        assert found_at(desk_of(repo).catalog(), 7) == large.path_of(7)
    assert "ls-tree" not in processes.take()


def test_a_draft_lists_and_reads_no_other_contracts(desk: Desk, tmp_path: Path) -> None:
    desk.catalog()
    processes = Processes(tmp_path)
    outcome = publish(large.contract_id(1), seen(DRIFTED), desk)
    assert outcome.kind is OutcomeKind.CREATED
    assert {"ls-tree", "diff-tree"} & set(processes.take()) == set()


def test_what_was_committed_since_is_known(desk: Desk, tmp_path: Path) -> None:
    desk.catalog()
    write(
        desk,
        {A: None, B: large.contract(2, "9.0.0"), "contracts/new.odcs.yaml": large.contract(10**6)},
    )
    processes = Processes(tmp_path)
    assert found_at(desk.catalog(), 10**6) == "contracts/new.odcs.yaml"
    entry = desk.catalog().get(large.contract_id(2))
    assert entry.contract.version == "9.0.0"
    assert "ls-tree" not in processes.take()
    assert found_at(desk.catalog(), 1) is None


def test_a_branch_is_looked_at_without_moving_the_index(desk: Desk) -> None:
    desk.catalog()
    before = index_of(desk).read_bytes()
    commit = write(
        desk,
        {A: None, "contracts/b.odcs.yaml": large.contract(1), C: large.contract(3, "9.0.0")},
        "b",
    )
    catalog = desk.catalog(commit)
    assert found_at(catalog, 1) == "contracts/b.odcs.yaml"
    assert catalog.get(large.contract_id(3)).contract.version == "9.0.0"
    assert found_at(desk.catalog(), 1) == A
    assert index_of(desk).read_bytes() == before


def test_other_settings_have_another_index(desk: Desk) -> None:
    assert found_at(desk.catalog(), 1) == A
    config = Config(contracts=("elsewhere/*",))
    assert Catalog(desk.repo, desk.base_commit(), config, kept=True).ids() == []


@pytest.mark.parametrize("harm", [b"", b"no database", None])
def test_a_deleted_or_damaged_index_is_made_again(desk: Desk, harm: bytes | None) -> None:
    desk.catalog()
    file = index_of(desk)
    if harm is None:
        content = file.read_bytes()
        file.write_bytes(content[:5000] + b"\xff" * (len(content) - 5000))
    elif harm:
        file.write_bytes(harm)
    else:
        file.unlink()
    for _ in range(2):
        with at(Path(desk.repo.name)) as repo:
            assert found_at(desk_of(repo).catalog(), 1) == A
    assert file.read_bytes()[:6] == b"SQLite"


def test_an_index_that_lies_is_not_believed(desk: Desk) -> None:
    desk.catalog()
    with closing(sqlite3.connect(index_of(desk))) as db, db:
        db.execute("UPDATE contract SET id='somebody' WHERE path=?", (A.encode(),))
        db.execute("UPDATE contract SET path=? WHERE path=?", (b"contracts/x.yaml", B.encode()))
        db.execute("DELETE FROM contract WHERE path=?", (C.encode(),))
    catalog = desk.catalog()
    assert [found_at(catalog, number) for number in (1, 2, 3)] == [A, B, C]
    assert catalog.find("somebody") is None


@pytest.mark.parametrize("change", ["path=X'78'", "id='somebody'"], ids=["path", "id"])
def test_a_row_that_is_damaged_leaves_no_contract_out(desk: Desk, change: str) -> None:
    promote(desk)
    write(desk, {A: large.contract(1, "2.0.0", "draft")})
    with at(Path(desk.repo.name)) as repo:
        assert [line.path for line in desk_of(repo).catalog().unsettled().lines] == [A]
    with closing(sqlite3.connect(index_of(desk))) as db, db:
        db.execute(f"UPDATE contract SET {change} WHERE path=?", (A.encode(),))  # noqa: S608
    with at(Path(desk.repo.name)) as repo:
        promoted = promote(desk_of(repo)).promoted
    assert [(each.contract, each.version) for each in promoted] == [(large.contract_id(1), "2.0.0")]


def test_a_damaged_index_is_made_again_by_the_next_run(desk: Desk) -> None:
    promote(desk)
    with closing(sqlite3.connect(index_of(desk))) as db, db:
        db.execute("UPDATE contract SET version='9.9.9', settled=NULL WHERE path=?", (A.encode(),))
    for _ in range(2):
        with at(Path(desk.repo.name)) as repo:
            assert promote(desk_of(repo)) == Promotion()
    with closing(sqlite3.connect(index_of(desk))) as db, db:
        assert db.execute("SELECT 1 FROM contract WHERE version='9.9.9'").fetchall() == []


def test_an_index_of_a_tree_that_is_gone_is_made_again(desk: Desk) -> None:
    desk.catalog()
    with closing(sqlite3.connect(index_of(desk))) as db, db:
        db.execute("UPDATE said SET value=? WHERE key='tree'", ("1" * 40,))
    with at(Path(desk.repo.name)) as repo:
        assert found_at(desk_of(repo).catalog(), 1) == A


def test_while_another_process_writes_it_git_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.catalog()
    write(desk, {A: None})
    monkeypatch.setattr("dc43_gitdraft.kept._PATIENCE", 0)
    with closing(sqlite3.connect(index_of(desk), isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert found_at(desk.catalog(), 1) is None
        assert found_at(desk.catalog(), 2) == B


def test_a_small_repository_has_none(path: Path, desk: Desk) -> None:
    write(desk, {large.path_of(0): None})
    assert found_at(desk.catalog(), 1) == A
    assert desk.repo.kept_folder() is None


def test_without_a_cache_all_is_read_from_git(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_CACHE", "off")
    assert found_at(desk.catalog(), 1) == A
    assert promote(desk).problems == ()


def test_an_id_in_two_files_and_a_broken_file_are_problems(desk: Desk) -> None:
    write(desk, {"contracts/double.odcs.yaml": large.contract(1), B: "id: [\n"})
    with pytest.raises(ContractError, match="stands in 2 files"):
        desk.catalog().find(large.contract_id(1))
    problems = desk.catalog().lines().problems
    assert sorted(problems) == sorted([min(A, "contracts/double.odcs.yaml"), B])
    assert len(promote(desk).problems) == 2
    assert len(promote(desk).problems) == 2


def test_promote_looks_only_at_what_came_since(desk: Desk, tmp_path: Path) -> None:
    assert promote(desk).promoted == ()
    write(desk, {A: large.contract(1, "7.0.0", "draft"), B: large.contract(2, "7.0.0", "proposed")})
    found = promote(desk)
    assert [(each.contract, each.version) for each in found.promoted] == [
        (large.contract_id(1), "7.0.0")
    ]
    processes = Processes(tmp_path)
    assert promote(desk).promoted == ()
    assert "ls-tree" not in processes.take()


def test_promote_sees_a_tag_that_is_gone_and_one_that_moved(desk: Desk) -> None:
    promote(desk)
    promote(desk)
    one, two = (f"refs/tags/{large.contract_id(number)}/v1.0.0" for number in (998, 999))
    git(Path(desk.repo.name), "update-ref", "-d", one)
    moved = write(desk, {large.path_of(999): large.contract(999) + "tenant: other\n"}, "moved")
    git(Path(desk.repo.name), "update-ref", two, moved)
    found = promote(desk)
    assert [each.tag for each in found.promoted] == [one.removeprefix("refs/tags/")]
    assert len(found.problems) == 1
    assert large.path_of(999) in found.problems[0]


def test_status_leaves_out_what_has_nothing_to_decide(desk: Desk) -> None:
    publish(large.contract_id(1), seen(DRIFTED), desk)
    write(desk, {B: large.contract(2, "8.0.0")})
    found = story.overview(desk)
    assert [(each.contract, each.promoted) for each in found.standings] == [
        (large.contract_id(1), True),
        (large.contract_id(2), False),
    ]
    assert found.quiet == MANY - 2
    every = story.status(desk)
    assert len(every) == MANY
    assert [each for each in every if each.draft or not each.promoted] == list(found.standings)


def test_a_merge_promotes_its_draft(desk: Desk, tmp_path: Path) -> None:
    desk.catalog()
    outcome = publish(large.contract_id(1), seen(DRIFTED), desk)
    assert outcome.pull_request is not None
    processes = Processes(tmp_path)
    _, promotion = lifecycle.merge(desk, outcome.pull_request.number, ANA)
    assert [each.contract for each in promotion.promoted] == [large.contract_id(1)]
    assert "ls-tree" not in processes.take()


RANGES: dict[str, Mapping[str, str | None]] = {
    "an edit": {A: large.contract(1, "9.0.0").replace("integer", "string")},
    "a removal": {A: None},
    "a move": {A: None, "contracts/moved.odcs.yaml": large.contract(1)},
    "an id in two files": {"contracts/double.odcs.yaml": large.contract(1)},
    "another id": {A: large.contract(10**6)},
    "a broken file": {A: "id: [\n"},
    "references": {
        A: large.contract(1, "9.0.0")
        + f"        relationships: [{{to: {large.contract_id(2)}.id}}]\n"
        + "      - name: second\n"
        + f"        relationships: [{{to: {large.contract_id(3)}.nowhere}}]\n"
        + "      - name: third\n"
        + f"        relationships: [{{to: {large.contract_id(4)}/{large.contract_id(4)}/x}}]\n"
    },
    "no contract": {"README.md": "nothing\n"},
}


def checked(path: Path) -> Report:
    with at(path) as repo:
        return check(repo, find_range(repo, "main", "work", None))


@pytest.mark.parametrize("name", RANGES)
def test_check_says_the_same_with_and_without_an_index(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = large.contract(5) + f"        relationships: [{{to: {large.contract_id(1)}.id}}]\n"
    write(desk, {large.path_of(5): leads})
    write(desk, RANGES[name], "work")
    path = Path(desk.repo.name)
    first, again = checked(path), checked(path)
    monkeypatch.setenv("GITDRAFT_CACHE", "off")
    assert checked(path) == first == again


def test_check_lists_only_what_differs(desk: Desk, tmp_path: Path) -> None:
    desk.catalog()
    write(desk, RANGES["an edit"], "work")
    processes = Processes(tmp_path)
    assert checked(Path(desk.repo.name)).checked
    assert "ls-tree" not in processes.take()


def test_the_neighbours_of_a_draft_are_told_as_without_an_index(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = [large.contract_id(1), f"{Path(B).name}#schema/{large.contract_id(2)}/properties/id"]
    refers = "".join(
        f"      - name: r{place}\n        relationships: [{{to: {end}}}]\n"
        for place, end in enumerate([f"{to[0]}.id", to[1]])
    )
    write(desk, {C: large.contract(3) + refers})
    bodies = []
    for cache in ("", "off"):
        monkeypatch.setenv("GITDRAFT_CACHE", cache)
        with at(Path(desk.repo.name)) as repo:
            fresh = desk_of(repo)
            for number in (1, 3):
                outcome = publish(large.contract_id(number), seen(DRIFTED), fresh)
                assert outcome.pull_request is not None
                bodies.append(outcome.pull_request.body)
                fresh.forge.update(outcome.pull_request.number, add_labels=["seen"])
                git(Path(repo.name), "update-ref", "-d", f"refs/gitdraft/open/{outcome.branch}")
                git(Path(repo.name), "update-ref", "-d", f"refs/heads/{outcome.branch}")
    assert bodies[:2] == bodies[2:]
    assert large.contract_id(3) in bodies[0]


def test_bots_commits_alone_are_read_for_a_provenance(desk: Desk) -> None:
    promote(desk)
    commit = desk.repo.write_commit(
        [desk.base_commit()],
        {A: large.contract(1, "9.0.0", "draft").encode()},
        f"Draft\n\nSeen.\n\nContract-Id: {large.contract_id(1)}\nDraft-Version: 9.0.0\n"
        "Dataset-Id: table:a\n",
        BOT,
        desk.clock(),
    )
    desk.repo.push([RefUpdate("refs/heads/main", commit, desk.base_commit())])
    (promoted,) = promote(desk).promoted
    tag = desk.repo.tag(promoted.tag)
    assert tag is not None
    assert "Dataset-Id: table:a" in tag.message


def test_an_id_that_is_nowhere_is_missed_without_a_look_at_the_others(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(desk, {B: "id: [\n"})
    promote(desk)
    processes = Processes(tmp_path)
    said = []
    for cache in ("", "off"):
        monkeypatch.setenv("GITDRAFT_CACHE", cache)
        with at(Path(desk.repo.name)) as repo:
            with pytest.raises(ContractError, match="did you mean 'table_000999'") as missing:
                desk_of(repo).catalog().get("table_00099")
            said.append(str(missing.value).partition("(a first draft")[2])
        assert ("ls-tree" in processes.take()) == (cache == "off")
    assert said[0] == said[1]
    assert B in said[0]


def test_a_first_draft_lists_and_reads_no_other_contracts(desk: Desk, tmp_path: Path) -> None:
    desk.catalog()
    processes = Processes(tmp_path)
    assert publish("fresh", seen(DRIFTED), desk, new=True).kind is OutcomeKind.CREATED
    assert "ls-tree" not in processes.take()


def test_a_first_draft_takes_no_path_that_differs_in_case_alone(desk: Desk) -> None:
    write(desk, {"contracts/Fresh.odcs.yaml": large.contract(10**6)})
    desk.catalog()
    with pytest.raises(ContractError, match=r"and contracts/Fresh\.odcs\.yaml is another"):
        publish("fresh", seen(DRIFTED), desk, new=True)


def test_a_file_that_cannot_be_read_and_mentions_an_id_is_told(desk: Desk) -> None:
    write(desk, {A: 'id: "fresh\n'})
    with pytest.raises(ContractError, match=A):
        desk.catalog().find("fresh")


def test_a_branch_is_known_by_its_contract_without_a_look_at_the_others(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = desk.config()
    desk.catalog()
    processes = Processes(tmp_path)
    for cache in ("", "off"):
        monkeypatch.setenv("GITDRAFT_CACHE", cache)
        with at(Path(desk.repo.name)) as repo:
            catalog = desk_of(repo).catalog()
            found = catalog.on_branch(config.branch(large.contract_id(1)))
            assert found is not None
            assert found.path == A
            assert catalog.on_branch(config.branch("fresh")) is None
        assert ("ls-tree" in processes.take()) == (cache == "off")


def test_ids_are_completed_without_a_look_at_all(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.catalog()
    monkeypatch.setenv("GITDRAFT_REPO", desk.repo.name)
    processes = Processes(tmp_path)
    context = click.Context(click.Command("draft"))
    (found,) = contract_ids(context, click.Argument(["contract"]), "table_00099")[:1]
    assert found.value == large.contract_id(990)
    assert contract_ids(context, click.Argument(["contract"]), "\udc80") == []
    assert "ls-tree" not in processes.take()


def test_after_a_merge_the_tags_are_listed_once(desk: Desk, tmp_path: Path) -> None:
    promote(desk)
    for version in ("7.0.0", "8.0.0"):
        write(desk, {A: large.contract(1, version, "draft")})
        with at(Path(desk.repo.name)) as repo:
            fresh = desk_of(repo)
            fresh.catalog()
            processes = Processes(tmp_path)
            assert [each.version for each in promote(fresh).promoted] == [version]
        # The open pull requests, all tags, this contract's, and its merged pull requests.
        assert processes.take().count("for-each-ref") == 4


def test_a_draft_is_stuck_though_its_version_s_tag_holds_the_same(desk: Desk) -> None:
    commit = write(desk, {A: large.contract(1, "7.0.0", "draft")})
    git(Path(desk.repo.name), "tag", f"{large.contract_id(1)}/v7.0.0", commit)
    for _ in range(2):
        with pytest.raises(NothingPromotedError, match="has promoted already"):
            promote(desk)


@pytest.fixture
def tree(path: Path, tmp_path: Path) -> Path:
    """Make a clone with a work tree, whose contract 5 refers to contract 1."""
    with at(path) as repo:
        leads = large.contract(5) + f"        relationships: [{{to: {large.contract_id(1)}.id}}]\n"
        write(desk_of(repo), {large.path_of(5): leads})
    git(tmp_path, "clone", "-q", str(path), "work")
    return tmp_path / "work"


FILES: dict[str, Mapping[str, str | None]] = {
    **{name: files for name, files in RANGES.items() if name != "no contract"},
    "no change": {C: large.contract(3)},
    "a move into another's place": {C: None, A: large.contract(3)},
    "a file that does not count": {"elsewhere/a.yaml": large.contract(1)},
    "another id's name": {
        "contracts/fresh.odcs.yaml": large.contract(10**6),
        f"contracts/{large.contract_id(2)}.odcs.yaml": large.contract(10**6 + 1),
    },
}


@pytest.mark.parametrize("name", FILES)
def test_check_says_of_files_the_same_with_and_without_an_index(
    tree: Path,
    name: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cli = Cli(capsys)
    write_files(tree, FILES[name])
    # What is gone is not named: people name what they have.
    named = [tree / file for file, text in FILES[name].items() if text] or [tree / A]
    more: list[str | Path] = ["--repo", tree, "--base", "main", "--output", "json"]
    asked = ["check", *named, *more]
    first = cli(*asked, code=None)
    processes = Processes(tmp_path)
    again = cli(*asked, code=None)
    assert "ls-tree" not in processes.take()
    monkeypatch.setenv("GITDRAFT_CACHE", "off")
    assert cli(*asked, code=None) == first == again
    assert first.code in (0, 1)
    assert first.json["contracts"]


@pytest.mark.parametrize("name", ["contracts/link.odcs.yaml", "elsewhere/link.yaml"])
def test_check_calls_a_file_in_place_of_a_link_added_with_and_without_an_index(
    tree: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tree / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tree / A)
    git(tree, "add", name)
    git(tree, "commit", "-q", "-m", "Link")
    link.unlink()
    link.write_text(large.contract(10**6), "utf-8")
    asked: list[str | Path] = ["check", link, "--repo", tree, "--base", "main", "--output", "json"]
    cli = Cli(capsys)
    first = cli(*asked, code=None)
    assert [each["change"] for each in first.json["contracts"]] == ["added"]
    monkeypatch.setenv("GITDRAFT_CACHE", "off")
    assert cli(*asked, code=None) == first


def test_doctor_counts_what_the_index_knows(desk: Desk, tmp_path: Path) -> None:
    write(desk, {A: large.contract(1, "7.0.0", "draft"), B: "id: [\n"})
    assert f"{large.contract_id(1)} 7.0.0" in contents.tags(desk).said
    assert B in contents.contracts(desk).said
    write(desk, {B: large.contract(2)})
    processes = Processes(tmp_path)
    assert contents.contracts(desk).said == f"{MANY:,} contracts"
    assert "ls-tree" not in processes.take()


def test_doctor_compares_the_tag_that_was_moved_and_no_other(
    desk: Desk, path: Path, tmp_path: Path
) -> None:
    promote(desk)
    promote(desk)
    processes = Processes(tmp_path)
    assert contents.tags(desk).health is Health.OK
    calm = processes.take()
    other = write(desk, {A: large.contract(1).replace("very many", "some")}, "side")
    name = f"{large.contract_id(1)}/v1.0.0"
    git(path, "tag", "--force", name, other)
    found = contents.tags(desk)
    assert (found.health, name in found.said) == (Health.FAIL, True)
    assert len(processes.take()) <= len(calm) + 5


def test_doctor_compares_a_few_that_no_promotion_looked_at(desk: Desk, path: Path) -> None:
    other = write(desk, {A: None}, "side")
    git(path, "tag", "--force", f"{large.contract_id(1)}/v1.0.0", other)
    assert contents.tags(desk).health is Health.FAIL


def test_doctor_leaves_the_first_comparison_of_many_to_a_promotion(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "COMPARED", 5)
    found = contents.tags(desk)
    assert (found.health, found.mend) == (
        Health.UNKNOWN,
        "dc43-gitdraft promote compares them, once",
    )
    promote(desk)
    assert contents.tags(desk).health is Health.OK
