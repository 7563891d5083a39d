"""Who refers to whom in a large repository: those alone are read, and it is told as elsewhere."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks import large
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.git import git
from support.shop import clock

from dc43_gitdraft import impact
from dc43_gitdraft.catalog import MANY, Catalog, Entry
from dc43_gitdraft.check import check, find_range
from dc43_gitdraft.check.case import cases
from dc43_gitdraft.check.references import of_others, why_dangling
from dc43_gitdraft.check.state import State
from dc43_gitdraft.config import Config
from dc43_gitdraft.findings import Report
from dc43_gitdraft.impact import Node
from dc43_gitdraft.model import Document, Impact, Perspective
from dc43_gitdraft.odcs import read
from dc43_gitdraft.odcs.references import names as called
from dc43_gitdraft.odcs.references import written
from dc43_gitdraft.repo import Identity, RefUpdate, Repo

ANA = Identity("Ana", "ana@example.org")


def commit(repo: Repo, files: Mapping[str, str | None], branch: str, parents: Sequence[str]) -> str:
    ref = f"refs/heads/{branch}"
    texts = {path: None if text is None else text.encode() for path, text in files.items()}
    made = repo.write_commit(parents, texts, "Edit", ANA, clock()())
    repo.push([RefUpdate(ref, made, repo.resolve(ref))])
    return made


# What a large repository reads


def referring(number: int, *ends: str) -> str:
    columns = (
        f"      - name: r{place}\n        relationships: [{{to: '{end}'}}]\n"
        for place, end in enumerate(ends)
    )
    return large.contract(number) + "".join(columns)


def end(number: int) -> str:
    return f"{large.contract_id(number)}.id"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository in which every contract refers to the one before."""
    path = large.make(tmp_path_factory.mktemp("relating") / "made.git", MANY, 1)
    files = {large.path_of(each): referring(each, end(each - 1)) for each in range(1, MANY)}
    with Repo.open(str(path)) as repo:
        commit(repo, files, "main", [str(repo.resolve("refs/heads/main"))])
    return path


@pytest.fixture
def repo(made: Path, tmp_path: Path) -> Iterator[Repo]:
    with Repo.open(str(shutil.copytree(made, tmp_path / "contracts.git"))) as repo:
        yield repo


def catalog_at(repo: Repo, branch: str = "main", *, kept: bool = True) -> Catalog:
    return Catalog(repo, str(repo.resolve(f"refs/heads/{branch}")), Config(), kept=kept)


def index_of(repo: Repo) -> Path:
    folder = repo.kept_folder()
    assert folder is not None
    return folder / "contracts.sqlite"


def relating(catalog: Catalog, *numbers: int) -> list[str]:
    return list(catalog.relating([large.contract_id(number) for number in numbers]))


def paths(*numbers: int) -> list[str]:
    return sorted(map(large.path_of, numbers))


def test_what_was_parsed_is_read_only_where_it_refers_to_the_contract(repo: Repo) -> None:
    catalog = catalog_at(repo)
    assert len(relating(catalog, 7)) == MANY - 1
    catalog.lines()
    assert relating(catalog, 7, 20) == paths(8, 21)


def test_what_came_since_is_read_until_it_was_parsed(repo: Repo) -> None:
    catalog_at(repo).lines()
    files = {
        large.path_of(8): None,
        large.path_of(30): referring(30, end(7)),
        large.path_of(40): referring(40, end(38)),
    }
    commit(repo, files, "main", [str(repo.resolve("refs/heads/main"))])
    catalog = catalog_at(repo)
    assert relating(catalog, 7) == paths(30, 40)
    catalog.lines()
    assert relating(catalog, 7) == paths(30)
    assert relating(catalog, 29) == []


def test_a_branch_is_asked_of_what_it_changed_itself(repo: Repo) -> None:
    catalog_at(repo).lines()
    files = {large.path_of(8): referring(8), large.path_of(30): referring(30, end(7))}
    commit(repo, files, "work", [str(repo.resolve("refs/heads/main"))])
    assert relating(catalog_at(repo, "work", kept=False), 7) == paths(30)
    assert relating(catalog_at(repo), 7) == paths(8)


def test_an_index_of_an_older_program_is_made_anew(repo: Repo) -> None:
    catalog_at(repo).lines()
    with closing(sqlite3.connect(index_of(repo))) as db, db:
        db.execute("DROP TABLE mention")
        db.execute("UPDATE said SET value='3 0.1.0' WHERE key='format'")
    assert len(relating(catalog_at(repo, kept=False), 7)) == MANY - 1
    catalog = catalog_at(repo)
    catalog.lines()
    assert relating(catalog, 7) == paths(8)


def test_what_refers_by_a_file_is_found_by_its_last_part(repo: Repo) -> None:
    name = large.path_of(5).rpartition("/")[2]
    place = f"#schema/{large.contract_id(5)}/properties/id"
    last = MANY - 1
    files = {large.path_of(last): referring(last, f"/{large.path_of(5)}{place}")}
    commit(repo, files, "main", [str(repo.resolve("refs/heads/main"))])
    catalog = catalog_at(repo)
    catalog.lines()
    assert list(catalog.relating([name])) == paths(last)
    found = impact.around(catalog, catalog.get(large.contract_id(last)))
    assert (large.contract_id(5), 1) in found.referred


def test_more_names_than_one_question_may_hold_are_asked_for(repo: Repo) -> None:
    catalog = catalog_at(repo)
    catalog.lines()
    everything = [large.contract_id(number) for number in range(100_000)]
    assert len(catalog.relating(everything)) == MANY - 1


# That it is told as in a small one

NAMES = ("a", "b", "a.b", "a/b", "é")
NAMED = ("a.odcs.yaml", "b.odcs.yaml", "deep/a.odcs.yaml", "c.odcs.yaml")
BROKEN = {"contracts/broken.odcs.yaml": "to: a.id\nrelationships: [\n"}
FILES = tuple(f"contracts/{name}" for name in NAMED)

names = st.sampled_from(NAMES)
#: Every way to refer that README tells, and some that are odd.
ends = st.one_of(
    names.map("{}.id".format),
    names.map("{}.id.more".format),
    names.map("schema/{}/properties/id".format),
    names.map("/schema/{}".format),
    st.tuples(names, names).map(lambda each: "{}/{}/properties/id".format(*each)),
    st.tuples(names, names).map(lambda each: "{}/{}/properties/id/".format(*each)),
    st.tuples(names, names).map(lambda each: "{}#{}.id".format(*each)),
    st.tuples(
        st.sampled_from(("", "./", "../contracts/", "/contracts/", "contracts/", "x/../")),
        st.sampled_from(NAMED),
        st.sampled_from(("", "/.")),
        names,
    ).map(lambda each: "{}{}{}#schema/{}/properties/id".format(*each)),
    st.sampled_from(NAMED).map("https://git.example/raw/main/contracts/{}#a.id".format),
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a contract of few names, which refers to others or to itself."""
    objects = []
    for name in draw(st.lists(names, min_size=1, max_size=2, unique=True)):
        columns: list[Document] = [{"name": "id", "properties": [{"name": "more"}]}]
        columns += [
            {"name": f"r{place}", "relationships": [{"to": each}]}
            for place, each in enumerate(draw(st.lists(ends, max_size=3)))
        ]
        node: Document = {"name": name, "properties": columns}
        if draw(st.booleans()):
            node["id"] = draw(names)
        if draw(st.booleans()):
            both = draw(st.lists(ends, min_size=2, max_size=2))
            node["relationships"] = [{"from": [both[0]], "to": [both[1]]}]
        objects.append(node)
    top = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": draw(names), "version": "1.0.0"}
    return {**top, "status": "active", "schema": objects}


def text_of(document: Document) -> str:
    pairs = ((key, json.dumps(value, ensure_ascii=False)) for key, value in document.items())
    return "".join(f"{key}: {value}\n" for key, value in pairs)


def texts_of(files: Mapping[str, Document | None]) -> dict[str, str | None]:
    return {path: None if each is None else text_of(each) for path, each in files.items()}


@st.composite
def edits(draw: st.DrawFn, files: Mapping[str, Document]) -> Mapping[str, Document | None]:
    """Draw what becomes of a file: less, another, or nothing."""
    path = draw(st.sampled_from(sorted(files)))
    new = copy.deepcopy(files[path])
    node = draw(st.sampled_from(new["schema"]))
    ways = ("object", "column", "inside", "name", "id", "file", "move", "all")
    how = draw(st.sampled_from(ways))
    if how == "object":
        new["schema"].remove(node)
    elif how == "column":
        node["properties"] = node["properties"][1:]
    elif how == "inside":
        node["properties"][0]["properties"] = []
    elif how == "name":
        node["name"] = draw(names)
    elif how == "id":
        new["id"] = draw(names)
    elif how == "file":
        return {path: None}
    elif how == "move":
        return {path: None, "contracts/deep/new.odcs.yaml": new}
    return {path: draw(documents()) if how == "all" else new}


@st.composite
def repository(draw: st.DrawFn) -> Mapping[str, Document]:
    """Draw some contracts, each of its own id."""
    files = draw(st.lists(st.sampled_from(FILES), min_size=2, unique=True))
    ids = draw(st.permutations(NAMES))
    return {file: {**draw(documents()), "id": own} for file, own in zip(files, ids, strict=False)}


repositories = repository()
ranges = repositories.flatmap(lambda files: st.tuples(st.just(files), edits(files)))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(repositories)
def test_whoever_refers_to_a_contract_names_it(files: Mapping[str, Document]) -> None:
    nodes = [
        Node.of(Entry(path, read(text_of(document), validate=False)))
        for path, document in files.items()
    ]
    for node in nodes:
        said = {name for _, end in written(node.entry.contract.document) for name in called(end)}
        for target in nodes:
            referred = any(target.means(end, node) for end in node.ends())
            assert not referred or said & set(target.names())


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(ranges)
def test_all_that_leads_nowhere_now_is_told(
    drawn: tuple[Mapping[str, Document], Mapping[str, Document | None]],
) -> None:
    files, edited = drawn
    before, after = state(files), state({**files, **edited})
    found = cases(before, after, frozenset(edited), Perspective.CONSUMER)
    lost = {
        (path, at)
        for path in files.keys() - {path for path in edited if edited[path] != files.get(path)}
        if (contract := after.contract(path)) is not None
        for at, end in written(contract.document)
        if why_dangling(end, contract, path, after)
        and not why_dangling(end, contract, path, before)
    }
    told = {(path, said.at) for path, said in of_others(list(found), before, after)}
    assert told == lost


def state(files: Mapping[str, Document | None]) -> State:
    texts = {
        path: None if text is None else text.encode() for path, text in texts_of(files).items()
    }
    return State({}, lambda shas: {}, lambda path: True, texts)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    """Make a repository that has an index, however small."""
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "contracts.git")
    with Repo.open(str(tmp_path / "contracts.git")) as repo:
        first = commit(repo, {"README.md": "old\n"}, "main", [])
        monkeypatch.setattr("dc43_gitdraft.catalog.MANY", 0)
        Catalog(repo, first, Config(), kept=True)
        monkeypatch.setattr("dc43_gitdraft.catalog.MANY", MANY)
        yield repo


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    # One index is brought from each history to the next.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(repositories, ranges, st.booleans())
def test_neighbours_and_findings_are_those_of_a_repository_without_an_index(
    small: Repo,
    older: Mapping[str, Document],
    drawn: tuple[Mapping[str, Document], Mapping[str, Document | None]],
    learnt: bool,
) -> None:
    files, edited = drawn
    parents: list[str] = []
    for history in (older, files):
        gone = dict.fromkeys(FILES) if parents else {}
        parents = [
            commit(
                small,
                {**gone, **texts_of(history), **BROKEN},
                "main",
                parents,
            )
        ]
        catalog = Catalog(small, parents[0], Config(), kept=True)
        assert catalog.indexed
        if learnt:
            catalog.lines()
            learnt = False
    commit(small, {**texts_of(edited), "README.md": "new\n"}, "work", parents)
    first = told(small, parents[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITDRAFT_CACHE", "off")
        assert told(small, parents[0]) == first


def told(repo: Repo, base: str) -> tuple[list[Impact], Report]:
    catalog = Catalog(repo, base, Config(), kept=True)
    around = [impact.around(catalog, entry) for entry in catalog.read_all().entries]
    return around, check(repo, find_range(repo, "main", "work", None))
