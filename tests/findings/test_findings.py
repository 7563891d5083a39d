"""Findings as they are written: pure text, from data that is not to be trusted."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dc43_gitdraft.changes import compare
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.findings import Checked, Finding, Report, counted, in_new, sentence
from dc43_gitdraft.findings.annotations import workflow_commands
from dc43_gitdraft.findings.junit import junit
from dc43_gitdraft.findings.markdown import summary
from dc43_gitdraft.model import Bump, DocPath, Document, Level
from dc43_gitdraft.odcs import Locator, locate
from dc43_gitdraft.render.tables import said

INFO, WARNING, ERROR = Level.INFO, Level.WARNING, Level.ERROR


def finding(message: str = "words", path: str = "a.yaml", level: Level = ERROR) -> Finding:
    return Finding("property-removed", level, message, path, 3, 5)


def report(*findings: Finding, contract: str = "orders") -> Report:
    return Report((Checked("a.yaml", contract, "edited", "1.0.0", "1.1.0", findings=findings),))


@pytest.mark.parametrize(
    ("old", "new", "bump"),
    [
        ("1.2.3", "1.2.3", Bump.NONE),
        ("1.2.3", "1.2.3+build", Bump.NONE),
        ("1.2.3", "1.2.4", Bump.PATCH),
        ("1.2.3", "1.4.0", Bump.MINOR),
        ("1.2.3", "3.0.0", Bump.MAJOR),
        ("1.2.3", "2.0.0-rc.1", Bump.MAJOR),
        ("2.0.0-rc.1", "2.0.0-rc.2", Bump.MAJOR),
        ("2.0.0-rc.2", "2.0.0", Bump.MAJOR),
        ("1.3.0-rc.1", "1.3.0", Bump.MINOR),
        ("1.2.4-rc.1", "1.2.4", Bump.PATCH),
        ("0.3.0", "0.4.0", Bump.MINOR),
        ("1.2.3", "1.2.2", None),
        ("1.2.3", "1.2.3-rc.1", None),
        ("1.2", "1.3.0", None),
        ("1.2.3", "next", None),
    ],
)
def test_the_declared_step_of_two_versions(old: str, new: str, bump: Bump | None) -> None:
    assert declared_bump(old, new) is bump


OLD: Document = {
    "schema": [{"name": "a"}, {"name": "b", "properties": [{"name": "x"}, {"name": "y"}]}]
}
NEW: Document = {"schema": [{"name": "b", "properties": [{"name": "y"}]}, {"name": "a"}]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("schema", 1, "properties", 0), ("schema", 0, "properties")),
        (("schema", 1, "properties", 1), ("schema", 0, "properties", 0)),
        (("schema", 1, "properties", 1, "required"), ("schema", 0, "properties", 0)),
        (("schema", 0), ("schema", 1)),
        (("team",), ()),
        (("schema", 7), ("schema",)),
    ],
)
def test_a_place_of_the_old_document_is_found_in_the_new(old: DocPath, new: DocPath) -> None:
    assert in_new(old, OLD, NEW) == new


@pytest.mark.parametrize(
    ("message", "path", "command"),
    [
        ("words", "a.yaml", "::error file=a.yaml,line=3,col=5,title=property-removed::words"),
        (
            "100%\r\n::stop-commands::x",
            "a,b:c%.yaml",
            "::error file=a%2Cb%3Ac%25.yaml,line=3,col=5,title=property-removed::"
            "100%25 ::stop-commands::x",
        ),
    ],
)
def test_a_workflow_command_is_escaped(message: str, path: str, command: str) -> None:
    assert list(workflow_commands([finding(message, path)])) == [command]


def test_the_worst_come_first() -> None:
    found = [finding(level=level) for level in (INFO, ERROR, WARNING)]
    commands = [line.split()[0] for line in workflow_commands(found)]
    assert commands == ["::error", "::warning", "::notice"]


def test_findings_without_a_place_have_none() -> None:
    (command,) = workflow_commands([Finding("contract-removed", ERROR, "gone", "a.yaml")])
    assert command == "::error file=a.yaml,title=contract-removed::gone"


@given(st.text(), st.text())
def test_no_text_makes_more_than_one_command(message: str, path: str) -> None:
    (command,) = workflow_commands([finding(message, path)])
    assert len(command.splitlines()) == 1
    assert not {unicodedata.category(char) for char in command} & {"Cc", "Cf", "Zl", "Zp"}
    assert command.index("::", 2) > command.index("title=property-removed")


@given(st.text(st.characters()), st.text(st.characters()), st.text(st.characters()))
def test_no_text_breaks_the_xml(message: str, path: str, contract: str) -> None:
    text = junit(report(finding(message, path), contract=contract), ERROR)
    root = ElementTree.fromstring(text.encode())  # noqa: S314 - our own
    assert [element.tag for element in root.iter()] == [
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
    ]


@pytest.mark.parametrize(("level", "failures"), [(ERROR, "1"), (None, "0")])
def test_failures_are_what_reaches_the_level(level: Level | None, failures: str) -> None:
    root = ElementTree.fromstring(junit(report(finding()), level))  # noqa: S314 - our own
    assert root.get("failures") == failures


def test_a_summary_that_is_too_long_ends_with_a_whole_row_and_says_so() -> None:
    found = [finding(f"{number} {'words ' * 50}") for number in range(5000)]
    text = summary(report(*found), 50_000)
    assert len(text.encode()) <= 50_000
    *rows, empty, last = text.rstrip("\n").split("\n")
    assert rows[-1].endswith(" |")
    assert empty == ""
    assert last.startswith("… and 4,8")


def test_a_change_is_said_once_in_a_sentence_and_in_a_table() -> None:
    (renamed,) = compare({"name": "Orders"}, {"name": "Sales"})
    assert sentence(renamed) == "name: name changed (Orders → Sales)"
    assert said(renamed) == "name changed"


def test_levels_are_counted_in_words() -> None:
    found = [finding(level=level) for level in (INFO, ERROR, ERROR, WARNING)]
    assert counted(found) == "2 errors, 1 warning, 1 note"
    assert counted([]) == "no findings"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_many_places_are_those_that_are_found_one_by_one(start: str, ending: str) -> None:
    text = start + "a: 1\nb:\n  - c: {d: 2}\n  - e\n\nf: [g, h]\n".replace("\n", ending)
    at = Locator(text)
    paths: list[DocPath] = [(), ("a",), ("b", 0, "c", "d"), ("b", 1), ("f", 1), ("x",), ("b", 9)]
    assert [at(path) for path in paths] == [locate(text, path) for path in paths]
