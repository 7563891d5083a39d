"""`rules`: the catalogue as people and programs read it."""

from __future__ import annotations

import pytest
from support.cli import Cli, program

from dc43_gitdraft.changes import RULES


def test_every_rule_has_a_line(cli: Cli) -> None:
    head, *lines = cli("rules").out.splitlines()
    assert head.split() == ["rule", "consumer", "producer", "both", "bump", "detects"]
    assert [line.split()[0] for line in lines] == list(RULES)
    starts = {line.index(RULES[line.split()[0]].detects) for line in lines}
    assert len(starts) == 1


def test_every_rule_is_in_the_json(cli: Cli) -> None:
    said = cli("rules", "--output", "json").json["rules"]
    assert [each["id"] for each in said] == list(RULES)
    keys = {"id", "detects", "direction", "levels", "bump", "example", "found_by"}
    assert all(set(each) == keys for each in said)
    assert all(each["example"] for each in said)
    removed = next(each for each in said if each["id"] == "property-removed")
    assert removed["levels"] == {
        "consumer": "error",
        "producer": "info",
        "both": "error",
        "none": "info",
    }
    assert (removed["direction"], removed["bump"], removed["found_by"]) == (
        "consumer",
        "major",
        "diff",
    )


def test_every_rule_is_a_row_of_the_markdown(cli: Cli) -> None:
    head, rule, *rows = cli("rules", "--output", "markdown").out.splitlines()
    assert head.startswith("| rule | detects | consumer ")
    assert rule.startswith("|---|")
    assert len(rows) == len(RULES)
    assert {row.replace("\\|", "").count("|") for row in rows} == {head.count("|")}


@pytest.mark.parametrize("name", ["property-removed", "version-not-bumped"])
@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_one_rule_is_printed_alone(cli: Cli, name: str, output: str) -> None:
    out = cli("rules", name, "--output", output).out
    assert name in out
    assert "object-added" not in out


def test_an_unknown_rule_names_the_nearest(cli: Cli) -> None:
    ended = cli("rules", "proprty-removed", code=2)
    assert "did you mean 'property-removed'?" in ended.err


def test_no_repository_is_needed(tmp_path: object) -> None:
    assert program("rules", "unclaimed-change", env={"GIT_DIR": "nowhere"}).code == 0
