"""`diff`: what changed, what it asks for, and whether the version says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_on, git, refs_snapshot
from support.shop import ORDERS

PATH = "contracts/orders.odcs.yaml"
NEWER = ORDERS.replace("1.2.0", "1.3.0") + "      - name: tax\n        logicalType: number\n"
BREAKING = ORDERS.replace("      - name: note\n", "      - name: remark\n")


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


def test_diff_of_a_file_and_a_revision(cli: Cli, tmp_path: Path) -> None:
    newer = tmp_path / "orders.odcs.yaml"
    newer.write_text(NEWER, "utf-8")
    said = cli("diff", f"main:{PATH}", newer, "--output", "json").json
    assert set(said) == {"changes", "bump", "declared"}
    assert said["bump"] == "minor"
    assert said["declared"] == {"from": "1.2.0", "to": "1.3.0", "bump": "minor", "enough": True}
    (change,) = [each for each in said["changes"] if each["rule"].startswith("property")]
    assert set(change) == {"rule", "path", "level", "before", "after"}
    assert (change["rule"], change["path"]) == ("property-added-optional", "orders.tax")


def test_diff_of_promoted_versions(cli: Cli, promoted: Path) -> None:
    before = refs_snapshot(promoted)
    out = cli("diff", "orders@1.2.0", "orders@1.3.0").out
    assert "property-added-optional" in out
    assert out.splitlines()[-2:] == ["bump minor", "version 1.2.0 → 1.3.0 is minor: enough"]
    assert refs_snapshot(promoted) == before


def test_diff_of_the_same_says_so(cli: Cli) -> None:
    assert cli("diff", f"main:{PATH}", f"main:{PATH}").out == "no changes\n"


def test_diff_needs_no_repository_for_files(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITDRAFT_REPO")
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(ORDERS, "utf-8")
    Path("new.yaml").write_text(BREAKING, "utf-8")
    assert cli("diff", "old.yaml", "new.yaml", "--output", "json").json["bump"] == "major"


@pytest.mark.parametrize(("level", "code"), [("error", 1), ("warning", 1), ("info", 1)])
def test_diff_fails_on_a_level_that_is_reached(
    cli: Cli, tmp_path: Path, level: str, code: int
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(BREAKING, "utf-8")
    ended = cli("diff", f"main:{PATH}", new, "--fail-on", level, code=code)
    assert ended.out != ""


def test_diff_does_not_fail_below_the_level(cli: Cli, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(NEWER, "utf-8")
    cli("diff", f"main:{PATH}", new, "--fail-on", "warning")


def test_diff_obeys_the_levels_of_the_repository(cli: Cli, repo: Path, tmp_path: Path) -> None:
    commit_on(repo, "main", {".gitdraft.yaml": "rules:\n  property-added-optional: error\n"})
    new = tmp_path / "new.yaml"
    new.write_text(NEWER, "utf-8")
    cli("diff", f"main:{PATH}", new, "--fail-on", "error", code=1)


@pytest.mark.parametrize(
    ("version", "bump", "enough", "words"),
    [
        ("1.2.0", "none", False, "1.2.0 as before: too small"),
        ("1.2.1", "patch", False, "1.2.0 → 1.2.1 is patch: too small"),
        ("1.3.0", "minor", False, "1.2.0 → 1.3.0 is minor: too small"),
        ("2.0.0", "major", True, "1.2.0 → 2.0.0 is major: enough"),
        ("2.0.0-rc.1", "major", True, "1.2.0 → 2.0.0-rc.1 is major: enough"),
        ("1.1.0", None, False, "1.2.0 → 1.1.0 is no step forward of a semantic version"),
        ("next", None, False, "1.2.0 → next is no step forward of a semantic version"),
    ],
)
def test_diff_says_whether_the_declared_step_suffices(
    cli: Cli, tmp_path: Path, version: str, bump: str | None, enough: bool, words: str
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(BREAKING.replace("1.2.0", version), "utf-8")
    said = cli("diff", f"main:{PATH}", new, "--output", "json").json
    assert said["bump"] == "major"
    declared = {"from": "1.2.0", "to": version, "bump": bump, "enough": enough}
    assert said["declared"] == declared
    assert cli("diff", f"main:{PATH}", new).out.splitlines()[-1] == f"version {words}"


def test_diff_annotates_additions_in_the_new_file_and_removals_in_the_old(
    cli: Cli, tmp_path: Path
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(NEWER.replace("      - name: note\n", "      - name: hint, %100\n"), "utf-8")
    out = cli("diff", f"main:{PATH}", new, "--output", "github").out
    note = ORDERS[: ORDERS.index("- name: note")].count("\n") + 1
    tax = NEWER[: NEWER.index("- name: tax")].count("\n") + 1
    lines = out.splitlines()
    assert any(
        line.startswith(f"::error file={PATH},line={note},col=9,title=property-removed::")
        for line in lines
    )
    file = str(new).replace(":", "%3A")
    assert any(
        line.startswith(f"::notice file={file},line={tax},col=9,title=property-added-optional::")
        for line in lines
    )
    assert "%25100" in out


def test_diff_as_markdown_is_a_table_and_the_bump(cli: Cli, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(NEWER, "utf-8")
    out = cli("diff", f"main:{PATH}", new, "--output", "markdown").out
    assert out.startswith("| | change | where | before | after |\n|---")
    assert "`orders.tax`" in out
    assert "Bump **minor**. Version" in out


@pytest.mark.parametrize("word", ["producer", "none"])
def test_diff_takes_the_perspective(cli: Cli, tmp_path: Path, word: str) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(BREAKING, "utf-8")
    cli("diff", f"main:{PATH}", new, "--perspective", word, "--fail-on", "error")


@pytest.mark.parametrize("options", [(), ("--fail-on", "never")])
def test_diff_does_not_fail_unless_it_is_told_to(
    cli: Cli, tmp_path: Path, options: tuple[str, ...]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(BREAKING, "utf-8")
    cli("diff", f"main:{PATH}", new, *options)


def test_transitive_compares_with_every_promoted_version(
    cli: Cli, promoted: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(BREAKING.replace("1.2.0", "1.4.0"), "utf-8")
    said = cli("diff", "--transitive", new, "--output", "json").json
    assert [pair["declared"]["from"] for pair in said["pairs"]] == ["1.3.0", "1.2.0"]
    assert (said["contract"], said["version"], said["bump"]) == ("orders", "1.4.0", "major")
    assert {change["from"] for change in said["changes"]} == {"1.3.0", "1.2.0"}
    out = cli("diff", "--transitive", new, "--fail-on", "error", code=1).out
    assert out.splitlines()[0] == "1.3.0 → 1.4.0"
    assert out.splitlines()[-1] == (
        "1.4.0 against 2 versions: breaks 1.3.0, 1.2.0; too small a step from 1.3.0, 1.2.0"
    )


def test_transitive_leaves_out_the_version_itself(cli: Cli, promoted: Path) -> None:
    out = cli("diff", "--transitive", "orders@1.3.0").out
    assert out.splitlines()[-1] == "1.3.0 against 1 version: breaks none"


@pytest.mark.parametrize("output", ["text", "json", "markdown", "github"])
def test_transitive_prints_every_format(cli: Cli, promoted: Path, output: str) -> None:
    assert "1.3.0" in cli("diff", "--transitive", "orders@1.3.0", "--output", output).out


def test_transitive_without_promoted_versions_says_so(cli: Cli, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(NEWER, "utf-8")
    err = cli("diff", "--transitive", new, code=2).err
    assert "no version of 'orders' is promoted yet" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("only.yaml",), "OLD and NEW, or --transitive and NEW"),
        (("orders@9.9.9", "orders@1.2.0"), "there is no version '9.9.9' of 'orders'"),
        ((f"nowhere:{PATH}", f"main:{PATH}"), "there is no commit 'nowhere'"),
        (("main:nothing.yaml", f"main:{PATH}"), "main holds no file 'nothing.yaml'"),
        (("nothing.yaml", f"main:{PATH}"), "there is no such file"),
    ],
)
def test_diff_says_what_is_missing(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    ended = cli("diff", *arguments, code=2)
    assert words in ended.err
    assert len(ended.err.splitlines()) <= 4


def test_diff_names_the_line_of_a_broken_contract(cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(ORDERS.replace("required: true", "required: maybe"), "utf-8")
    line = ORDERS[: ORDERS.index("required: true")].count("\n") + 1
    err = cli("diff", f"main:{PATH}", broken, code=2).err
    assert f"{broken}:{line}:9: " in err


def test_diff_works_in_a_clone_that_has_no_branch(
    cli: Cli, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "checkout"
    git(tmp_path, "clone", "-q", str(repo), str(clone))
    git(clone, "checkout", "-q", "--detach")
    git(clone, "branch", "-D", "main")
    (clone / PATH).write_text(NEWER, "utf-8")
    monkeypatch.delenv("GITDRAFT_REPO")
    monkeypatch.chdir(clone)
    assert "bump minor" in cli("diff", f"origin/main:{PATH}", PATH).out
