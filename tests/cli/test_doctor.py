"""`doctor`: what is missing is said with what mends it, and what cannot be known is said too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import commit_on, files_snapshot, git, refs_snapshot
from support.github import GitHub, serve
from support.github.shapes import codeowners_error
from support.github.world import Protection
from support.shop import ORDERS

from dc43_gitdraft.cli.scaffold import templates
from dc43_gitdraft.doctor.filters import trouble

OF_GITHUB = ("token", "rights", "actions", "protection", "labels", "codeowners")
SCAFFOLD = {template.path: template.text for template in templates(owners=["@acme/stewards"])}
PIN = ".github/actions/requirements.txt"
SCAFFOLD[PIN] = "dc43-gitdraft==0.1.0\n"
FILES = {**SCAFFOLD, "contracts/orders.odcs.yaml": ORDERS}


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub with a repository after `init`, asked as the person who set it up."""
    with serve(tmp_path / "github", files=FILES) as github:
        monkeypatch.setenv("GITHUB_TOKEN", github.token("ana", "admin"))
        monkeypatch.setenv("GITHUB_SERVER_URL", github.web)
        monkeypatch.setenv("GITHUB_API_URL", github.api_url)
        monkeypatch.setenv("GITDRAFT_REPO", github.url)
        github.repository.actions_may_open = True
        yield github


def asked(cli: Cli, code: int | None = 0) -> dict[str, dict[str, Any]]:
    said = cli("doctor", "--output", "json", code=code).json
    return {check["name"]: check for check in said["checks"]}


def health(checks: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: check["health"] for name, check in checks.items()}


# A repository on disk


def test_a_repository_on_disk_needs_no_github(cli: Cli, repo: Path) -> None:
    git(repo, "config", "--global", "user.name", "Ana")
    git(repo, "config", "--global", "user.email", "ana@example.org")
    cli("promote", "--repo", repo)
    checks = {
        check["name"]: check["health"]
        for check in cli("doctor", "--repo", repo, "--output", "json").json["checks"]
    }
    assert checks == dict.fromkeys(
        ["git", "cache", "repository", "identity", "settings", "contracts", "tags", "forge"], "ok"
    )


def test_each_line_says_what_mends_it(cli: Cli, repo: Path) -> None:
    lines = cli("doctor", "--repo", repo).out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("warn     tags "))
    assert lines[at].endswith("not promoted yet: orders 1.2.0")
    assert lines[at + 1].strip() == "→ dc43-gitdraft promote"


def test_a_tag_that_was_moved_to_another_content_fails(cli: Cli, repo: Path) -> None:
    cli("promote", "--repo", repo)
    tip = git(repo, "rev-parse", "main")
    other = commit_on(repo, "side", {"contracts/orders.odcs.yaml": ORDERS + "description: {}\n"})
    git(repo, "tag", "--force", "orders/v1.2.0", other)
    told = cli("doctor", "--repo", repo, "--output", "json", code=1).json["checks"]
    tags = next(check for check in told if check["name"] == "tags")
    promoted = cli("promote", "--repo", repo, "--output", "json", code=None).json
    assert (tags["health"], [tags["said"]]) == ("fail", promoted["problems"])
    assert "higher version" in tags["said"]
    assert "move it back" in tags["mend"]
    git(repo, "tag", "--force", "orders/v1.2.0", tip)
    assert "ok       tags " in cli("doctor", "--repo", repo).out


def test_a_draft_of_a_version_that_is_promoted_already_fails(cli: Cli, repo: Path) -> None:
    cli("promote", "--repo", repo)
    draft = ORDERS.replace("active", "draft")
    commit_on(repo, "main", {"contracts/orders.odcs.yaml": draft})
    said = cli("doctor", "--repo", repo, code=1).out
    assert "which orders/v1.2.0 has promoted already" in said


def test_doctor_changes_nothing(cli: Cli, repo: Path) -> None:
    before = refs_snapshot(repo), files_snapshot(repo)
    cli("doctor", "--repo", repo)
    assert (refs_snapshot(repo), files_snapshot(repo)) == before


def test_settings_that_cannot_be_read_are_told_once(
    cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    commit_on(repo, "main", {".gitdraft.yaml": "bumps: minor\n"})
    checks = asked(cli, code=1)
    assert checks["settings"]["health"] == "fail"
    assert "did you mean 'bump'" in checks["settings"]["said"]
    assert health(checks)["contracts"] == "unknown"


def test_settings_by_which_new_contracts_would_be_none_are_told(
    cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    commit_on(repo, "main", {".gitdraft.yaml": "path: conf/{id}.yaml\n"})
    found = asked(cli)["settings"]
    assert found["health"] == "warn"
    assert "conf/{id}.yaml, which none of `contracts` matches" in found["said"]


def test_a_contract_that_cannot_be_read_fails(
    cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    commit_on(repo, "main", {"contracts/broken.odcs.yaml": "id: [\n"})
    assert health(asked(cli, code=1))["contracts"] == "fail"


def test_no_repository_is_told_and_the_machine_is_looked_at(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checks = asked(cli, code=1)
    assert health(checks) == {
        "git": "ok",
        "cache": "ok",
        "repository": "fail",
        "settings": "unknown",
        "contracts": "unknown",
        "tags": "unknown",
        "forge": "unknown",
    }


def test_no_git_is_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dc43_gitdraft.repo import command

    command._spawner.cache_clear()
    command._version.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        checks = asked(cli, code=1)
    finally:
        command._spawner.cache_clear()
        command._version.cache_clear()
    assert checks["git"]["health"] == "fail"
    assert "git is not installed" in checks["git"]["said"]


def test_a_cache_that_cannot_be_written_is_told(
    cli: Cli, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("GITDRAFT_CACHE", str(tmp_path / "file"))
    assert asked(cli)["cache"]["health"] == "warn"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc")
def test_a_cache_where_no_folder_can_be_made_is_told(
    cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    monkeypatch.setenv("GITDRAFT_CACHE", "/proc/gitdraft")
    cache = asked(cli)["cache"]
    assert (cache["health"], "every run clones anew" in cache["said"]) == ("warn", True)


def test_looking_at_the_cache_leaves_nothing(
    cli: Cli, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    monkeypatch.setenv("GITDRAFT_CACHE", str(tmp_path / "new" / "cache"))
    before = sorted(tmp_path.iterdir())
    assert asked(cli)["cache"]["health"] == "ok"
    assert sorted(tmp_path.iterdir()) == before


# On GitHub


def test_a_repository_after_init_is_well(cli: Cli, github: GitHub) -> None:
    cli("promote")
    checks = asked(cli)
    assert {name for name, found in health(checks).items() if found != "ok"} == {"identity"}
    assert checks["forge"]["said"] == "acme/contracts on 127.0.0.1"
    assert checks["token"]["said"] == "of ana"


def test_doctor_on_github_only_reads(cli: Cli, github: GitHub) -> None:
    github.requests.clear()
    asked(cli)
    assert {request.method for request in github.requests if request.kind == "api"} == {"GET"}


def test_a_token_that_may_only_read_fails(
    cli: Cli, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", github.token("rudi", "read"))
    checks = asked(cli, code=1)
    assert checks["rights"]["health"] == "fail"
    assert "may write" in checks["rights"]["mend"]
    assert health(checks)["actions"] == "unknown"
    assert "Settings, Actions" in checks["actions"]["mend"]


def test_a_bad_token_is_told_without_being_repeated(
    cli: Cli, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_nobodyknowsthis")
    ended = cli("doctor", code=1)
    assert "nobodyknows" not in ended.out + ended.err
    assert "GITHUB_TOKEN" in ended.out
    assert ended.out.count("fail ") == 1


def test_a_workflows_token_is_told_no_rights(
    cli: Cli, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", github.actions_token())
    checks = asked(cli)
    assert "permissions:" in checks["rights"]["mend"]
    assert health(checks)["rights"] == "unknown"


def test_workflows_that_may_open_no_pull_requests_are_told(cli: Cli, github: GitHub) -> None:
    github.repository.actions_may_open = False
    check = asked(cli)["actions"]
    assert check["health"] == "warn"
    assert "allow GitHub Actions to create pull requests" in check["mend"]


@pytest.mark.parametrize("ruleset", [False, True])
def test_a_protected_base_branch_is_told(ruleset: bool, cli: Cli, github: GitHub) -> None:
    github.protect("main", ruleset=ruleset)
    check = asked(cli)["protection"]
    assert check["health"] == "warn"
    assert "init --protected" in check["mend"]


def test_a_protected_base_branch_is_well_where_merging_promotes(cli: Cli, github: GitHub) -> None:
    commit_on(github.path, "main", {".gitdraft.yaml": "draft-status: active\n"})
    github.protect("main")
    assert asked(cli)["protection"]["health"] == "ok"


def rules(github: GitHub, *kinds: str) -> None:
    github.repository.protections.append(
        Protection("refs/heads/main", kinds=kinds, ruleset=True, bypass=("ana",))
    )


def test_required_signatures_are_told_by_name(cli: Cli, github: GitHub) -> None:
    commit_on(github.path, "main", {".gitdraft.yaml": "draft-status: active\n"})
    rules(github, "pull_request", "required_signatures")
    check = asked(cli, code=1)["protection"]
    assert check["health"] == "fail"
    assert "signed commits" in check["said"]
    assert "`Require signed commits`" in check["mend"]


def test_a_merge_queue_whose_check_never_runs_is_told(cli: Cli, github: GitHub) -> None:
    path = ".github/workflows/gitdraft-check.yml"
    text = SCAFFOLD[path].replace("  merge_group:\n", "")
    commit_on(github.path, "main", {path: text, ".gitdraft.yaml": "draft-status: active\n"})
    rules(github, "merge_queue")
    check = asked(cli)["protection"]
    assert check["health"] == "warn"
    assert "merge queue" in check["said"]
    assert "`merge_group:`" in check["mend"]


def test_a_merge_queue_is_well_with_the_workflow_of_init(cli: Cli, github: GitHub) -> None:
    commit_on(github.path, "main", {".gitdraft.yaml": "draft-status: active\n"})
    rules(github, "merge_queue")
    assert asked(cli)["protection"]["health"] == "ok"


def test_missing_workflows_are_told(cli: Cli, github: GitHub) -> None:
    commit_on(github.path, "main", {".github/workflows/gitdraft-settle.yml": None})
    check = asked(cli)["workflows"]
    assert (check["health"], check["said"]) == (
        "warn",
        "not on main: workflows/gitdraft-settle.yml",
    )
    assert check["mend"].startswith("dc43-gitdraft init")


def test_a_workflow_without_its_action_fails(cli: Cli, github: GitHub) -> None:
    commit_on(github.path, "main", {".github/actions/settle/action.yml": None})
    assert asked(cli, code=1)["workflows"]["health"] == "fail"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("# dc43-gitdraft @ git+https://example.org/x.git@0123\n", "names nothing to install"),
        ("dc43-gitdraft @ git+ssh://git@example.org/x.git@0123\n", "a runner has no key"),
    ],
)
def test_workflows_that_cannot_install_the_tool_fail(
    line: str, said: str, cli: Cli, github: GitHub
) -> None:
    commit_on(github.path, "main", {PIN: line})
    check = asked(cli, code=1)["workflows"]
    assert said in check["said"]
    assert "git+https://" in check["mend"]


def test_edited_workflows_are_named_and_well(cli: Cli, github: GitHub) -> None:
    path = ".github/workflows/gitdraft-check.yml"
    commit_on(github.path, "main", {path: SCAFFOLD[path] + "# mine\n"})
    check = asked(cli)["workflows"]
    assert check["health"] == "ok"
    assert check["said"] == "as init writes them, but for workflows/gitdraft-check.yml"


def test_promotion_that_runs_on_another_branch_fails(cli: Cli, github: GitHub) -> None:
    path = ".github/workflows/gitdraft-promote.yml"
    text = SCAFFOLD[path].replace("[main]", "[master]")
    commit_on(github.path, "main", {path: text})
    assert asked(cli, code=1)["workflows"]["mend"] == "write `branches: [main]` there"


@pytest.mark.parametrize("workflow", ["draft", "promote", "settle"])
def test_a_workflow_that_works_on_another_branch_fails(
    workflow: str, cli: Cli, github: GitHub
) -> None:
    path = f".github/workflows/gitdraft-{workflow}.yml"
    text = SCAFFOLD[path].replace("base: main", "base: master")
    commit_on(github.path, "main", {path: text})
    check = asked(cli, code=1)["workflows"]
    assert check["said"] == f"gitdraft-{workflow}.yml works on master, not on main"
    assert check["mend"] == "write `base: main` there"


@pytest.mark.parametrize(
    ("filter_", "health"),
    [
        ("[main-2024]", "fail"),
        ("[domain/main]", "fail"),
        ('["!main"]', "fail"),
        ("[main, '!main']", "fail"),
        ("['ma?n']", "fail"),
        ('["m*n"]', "ok"),
        ('["**"]', "ok"),
        ("main", "ok"),
        ("['[z-a]']", "ok"),
        ("\n      - release\n      - main # this one", "ok"),
    ],
)
def test_branches_of_promotion_are_read_as_patterns(
    filter_: str, health: str, cli: Cli, github: GitHub
) -> None:
    path = ".github/workflows/gitdraft-promote.yml"
    text = SCAFFOLD[path].replace("branches: [main]", f"branches: {filter_}")
    commit_on(github.path, "main", {path: text})
    assert asked(cli, code=None)["workflows"]["health"] == health


@pytest.mark.parametrize("branch", ["c++", "a!b", "release/v1.0"])
def test_what_init_writes_lets_its_branch_through(branch: str) -> None:
    path = ".github/workflows/gitdraft-promote.yml"
    (text,) = (each.text for each in templates(branch=branch) if each.path == path)
    assert trouble(text, branch) is None
    assert trouble(text, f"{branch}x") is not None


def test_codeowners_that_name_nobody_are_told(cli: Cli, github: GitHub) -> None:
    commit_on(github.path, "main", {".github/CODEOWNERS": "# /contracts/ @acme/stewards\n"})
    assert asked(cli)["reviewers"]["health"] == "warn"


def test_errors_in_codeowners_are_told(cli: Cli, github: GitHub) -> None:
    github.repository.codeowners_errors = [
        codeowners_error(".github/CODEOWNERS", 2, "Unknown owner", "/contracts/ @nobody")
    ]
    assert asked(cli)["codeowners"]["health"] == "warn"


def test_a_token_that_does_not_see_the_repository_leaves_the_rest(cli: Cli, github: GitHub) -> None:
    github.fault(path="^/repos/acme/contracts", status=404, times=100)
    checks = asked(cli, code=1)
    assert health(checks)["token"] == "fail"
    assert health(checks)["contracts"] == "ok"
    assert {health(checks)[name] for name in OF_GITHUB[1:]} == {"unknown"}


def test_offline_a_clone_is_looked_at(
    cli: Cli, github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(github.path), str(clone))
    git(clone, "remote", "set-url", "origin", "http://127.0.0.1:9/acme/contracts.git")
    monkeypatch.setenv("GITDRAFT_REPO", str(clone))
    monkeypatch.setenv("GITHUB_SERVER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9/api/v3")
    checks = asked(cli, code=1)
    assert health(checks)["repository"] == "ok"
    assert health(checks)["contracts"] == "ok"
    assert health(checks)["forge"] == "fail"


def test_without_a_token_pull_requests_stay_in_the_repository(
    cli: Cli, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.setenv("GITDRAFT_REPO", str(github.path))
    git(github.path, "remote", "add", "origin", github.url)
    check = asked(cli)["forge"]
    assert check["health"] == "warn"
    assert "GITHUB_TOKEN" in check["mend"]
