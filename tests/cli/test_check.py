"""`check` as people, workflows and pre-commit call it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML
from support.cli import Cli
from support.git import commit_on, git, make_bare, make_repo, refs_snapshot, write_files
from support.shop import ORDERS

from dc43_gitdraft.repo import Repo

PATH = "contracts/orders.odcs.yaml"
OTHER = "contracts/customers.odcs.yaml"
WIDER = ORDERS + "      - name: tax\n        logicalType: number\n"
COMPATIBLE = WIDER.replace("1.2.0", "1.3.0")
BREAKING = ORDERS.replace("1.2.0", "1.3.0").replace("- name: note", "- name: remark")
CUSTOMERS = ORDERS.replace("id: orders", "id: customers")
ROOT = Path(__file__).parents[2]
FORMATS = ("text", "json", "markdown", "github", "junit")


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


@pytest.fixture
def failing(repo: Path) -> Path:
    commit_on(repo, "work", {PATH: BREAKING})
    return repo


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with one contract, which is the current directory."""
    place = make_repo(tmp_path / "tree", {PATH: ORDERS})
    monkeypatch.delenv("GITDRAFT_REPO")
    monkeypatch.chdir(place)
    return place


def test_nothing_changed(cli: Cli) -> None:
    assert cli("check").out == "no contract changed\n"


@pytest.mark.parametrize("more", [(), ("--all",)])
def test_a_repository_without_a_contract_is_told_and_passes(
    cli: Cli, tmp_path: Path, more: tuple[str, ...]
) -> None:
    bare = make_bare(tmp_path / "none.git", {"README.md": "x"})
    said = "no contract here: the files that count are named by `contracts` in .gitdraft.yaml"
    assert cli("check", *more, "--repo", bare).out == f"{said}\n"
    told = cli("check", *more, "--repo", bare, "--output", "json")
    assert (told.json["contracts"], told.err) == ([], f"{said}\n")
    markdown = cli("check", *more, "--repo", bare, "--output", "markdown").out
    assert markdown.startswith("### Contracts: none here: the files that count ")


def test_a_repository_without_a_commit_is_told_and_passes(cli: Cli, tmp_path: Path) -> None:
    Repo.init(tmp_path / "new.git")
    said = "no contract here: there is no commit yet\n"
    assert cli("check", "--repo", tmp_path / "new.git").out == said


def test_a_compatible_change_passes(cli: Cli, repo: Path) -> None:
    commit_on(repo, "work", {PATH: COMPATIBLE})
    before = refs_snapshot(repo)
    out = cli("check", "--head", "work").out
    line = COMPATIBLE[: COMPATIBLE.index("- name: tax")].count("\n") + 1
    assert out.splitlines() == [
        "orders 1.2.0 → 1.3.0 (minor)",
        f"  {PATH}:{line}:9: info: orders.tax: property added optional (number) "
        "[property-added-optional]",
        "1 contract checked: 1 note",
    ]
    assert refs_snapshot(repo) == before


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--fail-on", "warning"), 1),
        (("--fail-on", "info"), 1),
        (("--fail-on", "never"), 0),
        (("--perspective", "none"), 1),  # the version is wrong from any perspective
    ],
)
def test_the_exit_code_tells_of_findings(
    cli: Cli, failing: Path, options: tuple[str, ...], code: int
) -> None:
    cli("check", "--head", "work", *options, code=code)


@pytest.mark.parametrize("output", FORMATS)
def test_every_format_tells_of_the_finding(cli: Cli, failing: Path, output: str) -> None:
    out = cli("check", "--head", "work", "--output", output, code=1).out
    assert "property-removed" in out
    assert "orders" in out


@pytest.mark.parametrize("output", FORMATS)
def test_every_format_prints_an_empty_report(cli: Cli, output: str) -> None:
    assert cli("check", "--output", output).out != ""


def test_json_has_findings_and_contracts(cli: Cli, failing: Path) -> None:
    said = cli("check", "--head", "work", "--output", "json", code=1).json
    assert set(said) == {"failed", "counts", "findings", "contracts"}
    assert said["failed"] is True
    assert said["counts"]["error"] == len([f for f in said["findings"] if f["level"] == "error"])
    keys = {"rule", "level", "message", "path", "line", "column"}
    assert all(set(finding) == keys for finding in said["findings"])
    (contract,) = said["contracts"]
    assert contract["contract"] == "orders"
    assert (contract["declared"], contract["implied"]) == ("minor", "major")


def test_annotations_are_commands_of_a_workflow(cli: Cli, failing: Path) -> None:
    out = cli("check", "--head", "work", "--output", "github", code=1).out
    lines = out.splitlines()
    pattern = re.compile(r"::(error|warning|notice) file=[^,:]+,line=\d+,col=\d+,title=[\w-]+::.+")
    assert all(pattern.fullmatch(line) for line in lines[:-1])
    assert lines[0].startswith("::error ")
    assert lines[-1].startswith("1 contract checked: ")


def test_annotations_keep_what_a_runner_could_obey_out(cli: Cli, repo: Path) -> None:
    name = '"a%0A::add-mask::x\\n::error::y"'
    commit_on(repo, "work", {PATH: ORDERS.replace("- name: note", f"- name: {name}")})
    out = cli("check", "--head", "work", "--output", "github", code=1).out
    assert all(
        line.startswith(("::error ", "::notice ", "1 contract")) for line in out.splitlines()
    )
    assert "%250A" in out
    assert "%0A" not in out


def test_a_workflow_gets_a_summary(
    cli: Cli, failing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    cli("check", "--head", "work", "--output", "github", code=1)
    assert page.read_text("utf-8") == "before\n"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    cli("check", "--head", "work", "--output", "github", code=1)
    text = page.read_text("utf-8")
    assert text.startswith("before\n### Contracts: 1 contract checked, ")
    assert "| ❌ | `property-removed` |" in text
    cli("check", "--head", "work", "--output", "json", code=1)
    assert page.read_text("utf-8") == text


def test_a_summary_that_cannot_be_written_is_said(
    cli: Cli, failing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "absent" / "summary.md"))
    err = cli("check", "--head", "work", "--output", "github", code=2).err
    assert "the step's summary cannot be written" in err


def test_a_workflow_knows_the_branches_by_its_environment(
    cli: Cli, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_on(repo, "release", {OTHER: CUSTOMERS})
    active = COMPATIBLE
    commit_on(repo, "gitdraft/orders", {PATH: active}, start="release")
    clone = tmp_path / "checkout"
    git(tmp_path, "clone", "-q", str(repo), str(clone))
    git(clone, "checkout", "-q", "--detach", "origin/gitdraft/orders")
    git(clone, "branch", "-q", "-D", "main")
    monkeypatch.delenv("GITDRAFT_REPO")
    monkeypatch.chdir(clone)
    monkeypatch.setenv("GITHUB_BASE_REF", "release")
    monkeypatch.setenv("GITHUB_HEAD_REF", "gitdraft/orders")
    said = cli("check", "--output", "json", code=1).json
    assert [each["path"] for each in said["contracts"]] == [PATH]
    assert "status-activated-outside-merge" in {each["rule"] for each in said["findings"]}


def test_junit_is_well_formed_whatever_the_names_are(cli: Cli, repo: Path) -> None:
    name = '"<a> & \\u0001\\uFFFE]]> \\"b\\" \\U0001F600"'
    commit_on(
        repo, "work", {PATH: ORDERS.replace("- name: note", f"- name: {name}"), OTHER: CUSTOMERS}
    )
    out = cli("check", "--head", "work", "--output", "junit", code=1).out
    root = ElementTree.fromstring(out.encode())  # noqa: S314 - our own
    assert root.tag == "testsuites"
    (suite,) = root
    cases = list(suite)
    assert [case.get("name") for case in cases] == ["customers", "orders"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    passed, failed = cases
    assert list(passed) == []
    assert failed.get("file") == PATH
    failure = failed.find("failure")
    assert failure is not None
    assert re.match(rf"{re.escape(PATH)}:\d+:\d+: error: ", failure.text or "")
    assert failed.find("system-out") is not None
    assert "<a> & ]]>" in "".join(failed.itertext())


def test_markdown_shows_names_as_code_only(cli: Cli, repo: Path) -> None:
    hostile = "![x](http://e.x) @ada #1 <b>|"
    commit_on(repo, "work", {PATH: ORDERS.replace("- name: note", f'- name: "{hostile}"')})
    out = cli("check", "--head", "work", "--output", "markdown", code=1).out
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("gfm-like").parse(out)
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"link_open", "image", "html_inline"}
    text = "".join(
        child.content for token in tokens for child in token.children or () if child.type == "text"
    )
    assert "@" not in text


def test_all_checks_unchanged_contracts(cli: Cli) -> None:
    assert cli("check", "--all").out == "orders 1.2.0\n1 contract checked: no findings\n"


def test_a_removed_contract_is_named(cli: Cli, repo: Path) -> None:
    commit_on(repo, "work", {PATH: None})
    out = cli("check", "--head", "work", code=1).out
    assert out.splitlines()[:2] == [
        "orders removed",
        f"  {PATH}: error: the contract 'orders' 1.2.0 is removed while it is active: "
        "deprecate and retire it first [contract-removed]",
    ]


# Files of a work tree


def test_files_of_the_work_tree_are_compared_with_the_base(cli: Cli, here: Path) -> None:
    write_files(here, {PATH: BREAKING})
    out = cli("check", PATH, code=1).out
    assert "version-bump-too-small" in out


def test_files_are_found_from_any_folder(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(here, {PATH: COMPATIBLE})
    monkeypatch.chdir(here / "contracts")
    assert "1 contract checked: 1 note" in cli("check", "orders.odcs.yaml").out
    monkeypatch.chdir(here.parent)
    assert "1 note" in cli("check", "--repo", here, here / PATH).out


def test_a_file_that_moved_in_the_work_tree_is_the_same_contract(cli: Cli, here: Path) -> None:
    moved = "contracts/shop/orders.odcs.yaml"
    write_files(here, {PATH: None, moved: COMPATIBLE})
    said = cli("check", moved, "--output", "json").json
    assert [each["change"] for each in said["contracts"]] == ["moved"]


def test_a_second_file_with_the_id_is_found(cli: Cli, here: Path) -> None:
    write_files(here, {OTHER: COMPATIBLE})
    assert "contract-id-not-unique" in cli("check", OTHER, code=1).out


def test_a_file_that_the_settings_do_not_count_is_checked_by_itself(cli: Cli, here: Path) -> None:
    write_files(here, {"data/again.odcs.yaml": ORDERS, "data/bad.odcs.yaml": "id: ["})
    assert "no findings" in cli("check", "data/again.odcs.yaml").out
    assert "contract-invalid" in cli("check", "data/bad.odcs.yaml", code=1).out


def test_files_can_be_checked_before_the_first_commit(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "new")
    monkeypatch.delenv("GITDRAFT_REPO")
    monkeypatch.chdir(tmp_path / "new")
    write_files(Path(), {PATH: ORDERS})
    assert "no findings" in cli("check", PATH).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("absent.odcs.yaml",), "absent.odcs.yaml: there is no such file"),
        (("/etc/hostname",), "is not inside the work tree"),
        ((PATH, "--all"), "give no --head and no --all"),
        ((PATH, "--head", "main"), "give no --head and no --all"),
        (("contracts",), "cannot be read"),
        (("--base", "nowhere"), "there is no branch 'nowhere'"),
        (("--head", "nowhere"), "there is no branch or commit 'nowhere'"),
        (("--fail-on", "fatal"), "'fatal' is not one of"),
    ],
)
def test_bad_input_is_one_clear_sentence(
    cli: Cli, here: Path, arguments: tuple[str, ...], words: str
) -> None:
    ended = cli("check", *arguments, code=2)
    assert ended.out == ""
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_a_link_and_a_pipe_are_no_contracts(cli: Cli, here: Path) -> None:
    Path("link.odcs.yaml").symlink_to("/dev/zero")
    os.mkfifo("pipe.odcs.yaml")
    for name in ("link.odcs.yaml", "pipe.odcs.yaml"):
        assert "no regular file" in cli("check", name, code=2).err


def test_files_need_a_work_tree(cli: Cli, repo: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.odcs.yaml"
    file.write_text(ORDERS, "utf-8")
    assert "no work tree" in cli("check", file, "--repo", repo, code=2).err
    assert "is a URL" in cli("check", file, "--repo", f"file://{repo}", code=2).err


def test_no_repository_is_said(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITDRAFT_REPO")
    monkeypatch.chdir(tmp_path)
    assert "is in no Git repository" in cli("check", code=2).err


def test_settings_that_are_broken_on_the_base_are_said(cli: Cli, repo: Path) -> None:
    commit_on(repo, "main", {".gitdraft.yaml": "pth: x\n"})
    said = cli("check", code=1)
    assert ".gitdraft.yaml:1:1: error: unknown key 'pth'" in said.out
    assert "until that is mended the defaults count" in said.out


def test_who_mends_settings_that_are_broken_on_the_base_passes(cli: Cli, repo: Path) -> None:
    commit_on(repo, "main", {".gitdraft.yaml": "pth: x\n"})
    git(repo, "branch", "mended", "main")
    commit_on(repo, "mended", {".gitdraft.yaml": "path: contracts/{id}.odcs.yaml\n"})
    said = cli("check", "--base", "main", "--head", "mended")
    assert ".gitdraft.yaml: warning: cannot be read on the base branch" in said.out
    assert "unknown key 'pth'" in said.out


def test_who_leaves_them_broken_does_not_pass(cli: Cli, repo: Path) -> None:
    git(repo, "branch", "other", "main")
    commit_on(repo, "other", {"README.md": "words\n"})
    commit_on(repo, "main", {".gitdraft.yaml": "pth: x\n"})
    assert ".gitdraft.yaml:1:1: error" in cli("check", "--head", "other", code=1).out
    git(repo, "branch", "worse", "main")
    commit_on(repo, "worse", {".gitdraft.yaml": "pth: y\nlabels: 3\n"})
    assert ".gitdraft.yaml:1:1: error" in cli("check", "--head", "worse", code=1).out


# pre-commit


def hook() -> dict[str, Any]:
    (only,) = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert isinstance(only, dict)
    return only


def run_hook(here: Path) -> tuple[int, str]:
    """Run the hook on the staged files, as pre-commit does."""
    said = hook()
    staged = git(here, "diff", "--cached", "--name-only", "--diff-filter=ACMR").splitlines()
    files = [name for name in staged if re.search(said["files"], name)]
    command = [*shlex.split(said["entry"]), *files]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=here,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_hook_is_what_pre_commit_expects() -> None:
    said = hook()
    assert {"id", "name", "entry", "language"} <= said.keys()
    assert (said["id"], said["language"]) == ("gitdraft-check", "python")
    assert re.search(said["files"], PATH)
    assert not re.search(said["files"], "contracts/orders.yaml")
    assert said.get("pass_filenames", True)


@pytest.mark.parametrize(("text", "code"), [(COMPATIBLE, 0), (BREAKING, 1), ("id: [", 1)])
def test_the_hook_decides_about_staged_contracts(here: Path, text: str, code: int) -> None:
    write_files(here, {PATH: text, "notes.txt": "x"})
    git(here, "add", "-A")
    got, said = run_hook(here)
    assert got == code, said
    assert "notes.txt" not in said
