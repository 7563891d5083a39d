"""`init`: a contracts repository set up, and nobody's edits touched."""

from __future__ import annotations

import json
import os
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_files, commit_on, files_snapshot, git, make_bare, make_repo

from dc43_gitdraft import __version__
from dc43_gitdraft.cli.scaffold import templates
from dc43_gitdraft.cli.scaffold.pinning import NOTHING, requirement
from dc43_gitdraft.doctor.pins import REQUIREMENTS

ROOT = Path(__file__).parents[2]
PATHS = [template.path for template in templates()]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository's work tree, which is the current directory."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    monkeypatch.chdir(folder)
    return folder


def states(said: object) -> dict[str, str]:
    assert isinstance(said, dict)
    return {each["path"]: each["state"] for each in said["files"]}


def test_the_workflows_of_this_repository_are_those_that_init_writes(cli: Cli, tree: Path) -> None:
    cli("init")
    own = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in [
            ROOT / ".gitdraft.yaml",
            *(ROOT / ".github" / "workflows").glob("gitdraft-*"),
            *(ROOT / ".github" / "actions").rglob("*.*"),
        ]
    }
    written = files_snapshot(tree)
    new = set(written) - set(own)
    assert {path: written[path] for path in own} == own
    assert new == {
        ".github/CODEOWNERS",
        ".github/actions/requirements.txt",
        "contracts/example.odcs.yaml",
    }


def test_init_says_what_it_wrote_and_what_to_type_next(cli: Cli, tree: Path) -> None:
    ended = cli("init")
    lines = ended.out.splitlines()
    assert lines[: len(PATHS)] == [f"wrote {path}" for path in PATHS]
    assert "  git add -- .gitdraft.yaml .github contracts && " in ended.out
    assert lines[-1] == "  dc43-gitdraft doctor"


def steps(cli: Cli, *args: str) -> list[str]:
    found = cli("init", *args, "--output", "json").json["next"]
    assert isinstance(found, list)
    return found


def test_what_is_written_is_pushed_where_there_is_a_remote(cli: Cli, tree: Path) -> None:
    git(tree, "remote", "add", "origin", "https://github.com/shop/contracts")
    assert steps(cli)[0].endswith('git commit -m "Set up dc43-gitdraft" && git push')


def test_a_repository_without_a_remote_is_made_on_github(cli: Cli, tree: Path) -> None:
    commit, make = steps(cli)[:2]
    assert commit.endswith('git commit -m "Set up dc43-gitdraft"')
    assert make == "gh repo create --private --source . --push"


def test_where_nobody_pushes_to_the_base_a_pull_request_brings_the_files(
    cli: Cli, tree: Path
) -> None:
    git(tree, "remote", "add", "origin", "https://github.com/shop/contracts")
    step = steps(cli, "--protected", "--base", "trunk")[0]
    assert step.startswith("git switch -c set-up-dc43-gitdraft && git add -- ")
    assert step.endswith(
        "git push -u origin set-up-dc43-gitdraft && gh pr create --fill --base trunk"
    )


def test_files_for_another_branch_are_wanted_on_the_default_branch_too(
    cli: Cli, tree: Path
) -> None:
    commit_files(tree, {"README.md": "contracts\n"})
    assert (
        "the default branch, main: commit these files there too"
        in cli("init", "--base", "develop").out
    )
    assert "default branch" not in cli("init", "--base", "main").out


def test_init_commits_nothing(cli: Cli, tree: Path) -> None:
    cli("init")
    assert git(tree, "for-each-ref") == ""
    assert git(tree, "diff", "--cached", "--name-only") == ""


def test_init_twice_is_init_once(cli: Cli, tree: Path) -> None:
    cli("init")
    before = files_snapshot(tree)
    said = cli("init", "--output", "json").json
    assert set(states(said).values()) == {"present"}
    assert files_snapshot(tree) == before


@pytest.mark.parametrize("path", PATHS)
def test_init_never_overwrites_an_edited_file(path: str, cli: Cli, tree: Path) -> None:
    cli("init")
    mine = tree / path
    mine.write_bytes(mine.read_bytes() + b"# mine\n")
    before = files_snapshot(tree)
    said = cli("init", "--protected", "--owner", "@shop/data", "--output", "json").json
    assert states(said)[path] == "left"
    assert files_snapshot(tree)[path] == before[path]


def test_init_tells_how_an_edited_file_differs(cli: Cli, tree: Path) -> None:
    cli("init")
    path = tree / ".github" / "actions" / "requirements.txt"
    path.write_text("dc43-gitdraft==0.0.1\n", "utf-8")
    said = cli("init")
    assert f"left {path.relative_to(tree)}: it is there, and not as init writes it" in said.out
    assert "--dry-run shows how" in said.err
    shown = cli("init", "--dry-run").out
    assert "-dc43-gitdraft==0.0.1\n" in shown


def test_line_ends_of_another_system_are_no_edit(cli: Cli, tree: Path) -> None:
    cli("init")
    for path in PATHS:
        (tree / path).write_bytes((tree / path).read_bytes().replace(b"\n", b"\r\n"))
    assert set(states(cli("init", "--output", "json").json).values()) == {"present"}


def test_dry_run_writes_nothing(cli: Cli, tree: Path) -> None:
    said = cli("init", "--dry-run")
    assert said.out.splitlines()[0] == "would write .gitdraft.yaml"
    assert files_snapshot(tree) == {}


def test_protected_sets_the_final_status_of_drafts(cli: Cli, tree: Path) -> None:
    cli("init", "--protected")
    assert "\ndraft-status: active\n" in (tree / ".gitdraft.yaml").read_text("utf-8")


def test_protected_later_changes_the_settings_that_nobody_edited(cli: Cli, tree: Path) -> None:
    cli("init")
    cli("init", "--protected")
    settings = (tree / ".gitdraft.yaml").read_text("utf-8")
    assert settings.endswith("\ndraft-status: active\n")


def test_protected_says_what_to_add_to_edited_settings(cli: Cli, tree: Path) -> None:
    (tree / ".gitdraft.yaml").write_text("bump: minor\n", "utf-8")
    said = cli("init", "--protected").out
    assert "note: .gitdraft.yaml was edited: add the line `draft-status: active`" in said


def test_protected_is_content_with_edited_settings_that_say_so(cli: Cli, tree: Path) -> None:
    (tree / ".gitdraft.yaml").write_text("draft-status: active\n", "utf-8")
    assert "draft-status" not in cli("init", "--protected").out


def test_an_owner_is_written_into_codeowners(cli: Cli, tree: Path) -> None:
    cli("init", "--owner", "@shop/data", "--owner", "@ana")
    lines = (tree / ".github" / "CODEOWNERS").read_text("utf-8").splitlines()
    assert lines[-1] == "/contracts/ @shop/data @ana"


@pytest.mark.parametrize("name", ["ana", "@", "@shop/data stewards", "@a\n* @b", "# @a"])
def test_an_owner_that_github_would_not_read_is_refused(name: str, cli: Cli, tree: Path) -> None:
    cli("init", "--owner", name, code=2)
    assert files_snapshot(tree) == {}


@pytest.mark.parametrize("place", ["CODEOWNERS", "docs/CODEOWNERS"])
def test_codeowners_elsewhere_is_not_put_out_of_force(place: str, cli: Cli, tree: Path) -> None:
    (tree / place).parent.mkdir(exist_ok=True)
    (tree / place).write_text("* @shop/data\n", "utf-8")
    said = cli("init").out
    assert f"left .github/CODEOWNERS: {place} is there" in said
    assert not (tree / ".github" / "CODEOWNERS").exists()


def test_a_repository_with_contracts_gets_no_sample(cli: Cli, tree: Path) -> None:
    own = tree / "contracts" / "mine.odcs.yaml"
    own.parent.mkdir()
    own.write_text("id: mine\n", "utf-8")
    cli("init")
    assert not (tree / "contracts" / "example.odcs.yaml").exists()


def test_contracts_that_the_settings_do_not_count_are_told(cli: Cli, tree: Path) -> None:
    for name in ("a", "b"):
        path = tree / "data" / f"{name}.odcs.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"id: {name}\n", "utf-8")
    assert "note: data/a.odcs.yaml and 1 more would not count" in cli("init").out


def test_the_sample_passes_the_check(cli: Cli, tree: Path) -> None:
    cli("init")
    commit_files(tree, files_snapshot(tree))
    assert cli("check", "--all", "--base", "main").out.splitlines()[-1].endswith("no findings")
    assert "nothing to promote" in cli("promote").out


@pytest.mark.parametrize(
    ("branch", "line"),
    [
        ("trunk", "branches: [trunk]"),
        ("release/2024", "branches: [release/2024]"),
        ("on", 'branches: ["on"]'),
        ("c++", 'branches: ["c\\\\+\\\\+"]'),
        ("données", 'branches: ["données"]'),
    ],
)
def test_promotion_runs_on_pushes_to_the_base_branch(
    branch: str, line: str, cli: Cli, tree: Path
) -> None:
    git(tree, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    cli("init")
    workflow = (tree / ".github" / "workflows" / "gitdraft-promote.yml").read_text("utf-8")
    assert f"    {line}\n" in workflow


@pytest.mark.parametrize(
    ("branch", "line"), [("develop", "base: develop"), ("on", 'base: "on"'), ("c++", 'base: "c++"')]
)
@pytest.mark.parametrize("workflow", ["draft", "promote", "settle", "site"])
def test_workflows_work_on_the_base_branch(
    workflow: str, branch: str, line: str, cli: Cli, tree: Path
) -> None:
    cli("init", "--base", branch)
    text = (tree / ".github" / "workflows" / f"gitdraft-{workflow}.yml").read_text("utf-8")
    key, _, value = line.partition(" ")
    assert f"          {key} {value}\n" in text or f"          {key.upper()} {value}\n" in text


def test_the_base_branch_is_the_one_that_contracts_are_approved_on(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_repo(tmp_path / "tree", branch="master")
    git(folder, "checkout", "-q", "-b", "work")
    monkeypatch.chdir(folder)
    cli("init")
    workflow = (folder / ".github" / "workflows" / "gitdraft-promote.yml").read_text("utf-8")
    assert "branches: [master]" in workflow


def test_init_in_a_subfolder_writes_at_the_top(
    cli: Cli, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tree / "docs"
    below.mkdir()
    monkeypatch.chdir(below)
    said = cli("init", "--output", "json").json
    assert (tree / ".gitdraft.yaml").is_file()
    assert said["next"][0].startswith(f"cd {tree} && git add ")


def test_init_makes_a_folder_that_becomes_a_repository(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "new one"
    said = cli("init", folder, "--output", "json").json
    assert (folder / ".gitdraft.yaml").is_file()
    assert said["next"][0].startswith(f"cd '{folder}' && git init --initial-branch main && ")


def test_a_folder_inside_another_repository_is_refused(cli: Cli, tree: Path) -> None:
    assert "lies inside the repository" in cli("init", tree / "below", code=2).err
    assert files_snapshot(tree) == {}


def test_a_bare_repository_a_url_and_a_file_are_refused(cli: Cli, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "bare.git")
    assert "clone it" in cli("init", bare, code=2).err
    assert "clone it" in cli("init", "https://github.com/shop/contracts", code=2).err
    (tmp_path / "file").write_text("", "utf-8")
    cli("init", tmp_path / "file", code=2)


def test_nothing_is_written_through_a_link_that_leads_out(
    cli: Cli, tree: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tree / ".github").symlink_to(outside)
    assert "leads out of" in cli("init", code=2).err
    assert files_snapshot(outside) == {}
    assert not (tree / ".gitdraft.yaml").exists()


def test_a_folder_that_cannot_be_written_is_told(cli: Cli, tree: Path) -> None:
    (tree / ".github").write_text("a file\n", "utf-8")
    assert ".github" in cli("init", code=2).err


# What the workflows install

COMMIT = "0123abcd" * 5


def pinned(folder: Path, told: object) -> str:
    """Return the requirement of an installation that pip made like that."""
    info = folder / "dc43_gitdraft-0.1.0.dist-info"
    info.mkdir()
    if told is not None:
        (info / "direct_url.json").write_text(json.dumps(told), "utf-8")
    return requirement(metadata.Distribution.at(info))


@pytest.mark.parametrize("user", ["", "oauth2:secret@", "git@"])
def test_the_workflows_install_the_commit_that_was_installed_here(
    user: str, tmp_path: Path
) -> None:
    told = {
        "url": f"https://{user}git.example.org/data/dc43-gitdraft.git",
        "vcs_info": {"vcs": "git", "commit_id": COMMIT, "requested_revision": "main"},
    }
    assert pinned(tmp_path, told) == (
        f"dc43-gitdraft @ git+https://git.example.org/data/dc43-gitdraft.git@{COMMIT}\n"
    )


def test_the_workflows_install_the_release_that_was_installed_here(tmp_path: Path) -> None:
    assert pinned(tmp_path, None) == f"dc43-gitdraft=={__version__}\n"


def test_the_workflows_install_the_archive_that_was_installed_here(tmp_path: Path) -> None:
    told = {
        "url": "https://x:secret@files.example.org/dc43_gitdraft-0.1.0-py3-none-any.whl",
        "archive_info": {"hashes": {"sha256": "ab" * 32}},
    }
    assert pinned(tmp_path, told) == (
        "dc43-gitdraft @ https://files.example.org/dc43_gitdraft-0.1.0-py3-none-any.whl"
        f"#sha256={'ab' * 32}\n"
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the tool, as its README says to install it, whose origin is on the web."""
    bare = make_bare(tmp_path / "tool.git")
    commit_on(bare, "main", {"pyproject.toml": "[project]\n"})
    folder = tmp_path / "the tool"
    git(tmp_path, "clone", "-q", str(bare), str(folder))
    git(folder, "remote", "set-url", "origin", "https://oauth2:secret@git.example.org/data/tool")
    return folder


def of_folder(folder: Path, **more: bool) -> object:
    return {"url": folder.as_uri(), "dir_info": more}


@pytest.mark.parametrize("editable", [False, True])
def test_the_workflows_install_the_commit_of_the_clone_that_was_installed_here(
    editable: bool, clone: Path, tmp_path: Path
) -> None:
    head = git(clone, "rev-parse", "HEAD").strip()
    assert pinned(tmp_path, of_folder(clone, editable=editable)) == (
        f"dc43-gitdraft @ git+https://git.example.org/data/tool@{head}\n"
    )


def test_a_commit_that_nobody_pushed_is_not_pinned(clone: Path, tmp_path: Path) -> None:
    commit_files(clone, {"more.txt": "more\n"})
    assert pinned(tmp_path, of_folder(clone)) == NOTHING


@pytest.mark.parametrize("origin", ["git@git.example.org:data/tool.git", "/srv/tool.git"])
def test_a_clone_of_what_no_runner_reaches_is_not_pinned(
    origin: str, clone: Path, tmp_path: Path
) -> None:
    git(clone, "remote", "set-url", "origin", origin)
    assert pinned(tmp_path, of_folder(clone)) == NOTHING


def test_a_copy_inside_another_project_is_not_pinned_to_that(clone: Path, tmp_path: Path) -> None:
    folder = clone / "vendored"
    folder.mkdir()
    assert pinned(tmp_path, of_folder(folder)) == NOTHING


def test_a_folder_without_git_is_not_pinned_by_a_name_that_anybody_may_register(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    assert pinned(tmp_path, of_folder(folder)) == NOTHING


@pytest.mark.parametrize(
    ("text", "said"),
    [(NOTHING, "names nothing to install"), ("x @ git+ssh://git@a/b@c\n", "has no key")],
)
def test_init_says_when_workflows_cannot_install_the_tool(
    text: str, said: str, cli: Cli, tree: Path
) -> None:
    path = tree / REQUIREMENTS
    path.parent.mkdir(parents=True)
    path.write_text(text + "\n# mine\n", "utf-8")
    (note,) = cli("init", "--output", "json").json["notes"]
    assert said in note
    assert "git+https://" in note


def test_install_without_a_source_fails_with_what_to_write(cli: Cli, tree: Path) -> None:
    cli("init")
    (tree / REQUIREMENTS).write_text(NOTHING, "utf-8")
    done = subprocess.run(
        ["bash", ".github/actions/install.sh"],
        env={"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tree), "GITHUB_PATH": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "names nothing to install: write dc43-gitdraft @ git+https://" in done.stdout
    assert not (tree / "dc43-gitdraft").exists()
