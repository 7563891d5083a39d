"""What is wrong is said in a sentence with the right exit code, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.cli import Cli, program
from support.git import commit_on, files_snapshot, git, make_repo, refs_snapshot
from support.shop import ORDERS

CONTRACT = "contracts/orders.odcs.yaml"


@dataclass(frozen=True)
class Scene:
    """A contracts repository, data that drifted, and a folder for more."""

    repo: Path
    data: Path
    folder: Path

    def file(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def contract(self, text: str) -> None:
        commit_on(self.repo, "main", {CONTRACT: text})


@pytest.fixture
def scene(repo: Path, drifted: Path, tmp_path: Path) -> Scene:
    return Scene(repo, drifted, tmp_path)


Arguments = list[str]


def draft(contract: str, source: str | Path, *options: str) -> Arguments:
    # Options first: `--` lets an id begin with a dash.
    return ["draft", "--from", str(source), *options, "--", contract]


def missing_file(scene: Scene) -> Arguments:
    return draft("orders", scene.folder / "missing.parquet")


def nothing_after_the_scheme(_scene: Scene) -> Arguments:
    return draft("orders", "parquet:")


def several_objects(scene: Scene) -> Arguments:
    lines = (
        "  - name: lines\n    properties:\n      - name: line_id\n        logicalType: integer\n"
    )
    scene.contract(ORDERS + lines)
    return draft("orders", scene.data)


def missing_file_with_scheme(scene: Scene) -> Arguments:
    return draft("orders", f"parquet:{scene.folder / 'missing.parquet'}")


def empty_parquet(scene: Scene) -> Arguments:
    return draft("orders", scene.file("empty.parquet", ""))


def empty_csv(scene: Scene) -> Arguments:
    return draft("orders", scene.file("empty.csv", ""))


def empty_json(scene: Scene) -> Arguments:
    return draft("orders", scene.file("empty.jsonl", ""))


def not_parquet(scene: Scene) -> Arguments:
    return draft("orders", scene.file("orders.parquet", "order_id,amount\n1,2\n"))


def not_json(scene: Scene) -> Arguments:
    return draft("orders", scene.file("orders2.jsonl", '{"order_id": 1}\n{"order_id":\n'))


def unknown_scheme(scene: Scene) -> Arguments:
    return draft("orders", f"parket:{scene.data}")


def broken_yaml(scene: Scene) -> Arguments:
    scene.contract(ORDERS.replace("kind: DataContract", "kind: [DataContract"))
    return draft("orders", scene.data)


def duplicate_key(scene: Scene) -> Arguments:
    scene.contract(ORDERS + "status: draft\n")
    return draft("orders", scene.data)


def not_odcs(scene: Scene) -> Arguments:
    scene.contract(ORDERS.replace("properties:", "property:"))
    return draft("orders", scene.data)


def broken_config(scene: Scene) -> Arguments:
    commit_on(scene.repo, "main", {".gitdraft.yaml": "perspektive: both\n"})
    return draft("orders", scene.data)


def no_such_contract(scene: Scene) -> Arguments:
    return draft("oders", scene.data)


def version_not_semver(scene: Scene) -> Arguments:
    scene.contract(ORDERS.replace("1.2.0", "banana"))
    return draft("orders", scene.data)


def id_that_climbs(scene: Scene) -> Arguments:
    return draft("../../.github/workflows/x", scene.data, "--new")


def id_like_an_option(scene: Scene) -> Arguments:
    return draft("-rf", scene.data, "--new")


def id_absolute(scene: Scene) -> Arguments:
    return draft("/etc/passwd", scene.data, "--new")


def id_of_300_characters(scene: Scene) -> Arguments:
    return draft("x" * 300, scene.data, "--new")


def id_emoji(scene: Scene) -> Arguments:
    return draft("orders-🎉", scene.data, "--new")


def id_with_control_characters(scene: Scene) -> Arguments:
    return draft("orders\x1b[31m", scene.data, "--new")


def id_empty(scene: Scene) -> Arguments:
    return draft("", scene.data, "--new")


def branch_that_a_person_took(scene: Scene) -> Arguments:
    commit_on(scene.repo, "gitdraft/orders", {"notes.md": "mine\n"})
    return draft("orders", scene.data)


def no_repository(scene: Scene) -> Arguments:
    empty = scene.folder / "empty"
    empty.mkdir()
    return [*draft("orders", scene.data)[:-2], "--repo", str(empty), "--", "orders"]


def no_such_repository(scene: Scene) -> Arguments:
    gone = str(scene.folder / "gone.git")
    return [*draft("orders", scene.data)[:-2], "--repo", gone, "--", "orders"]


def no_such_pull_request(_scene: Scene) -> Arguments:
    return ["pulls", "show", "7"]


def reject_without_pull_request(_scene: Scene) -> Arguments:
    return ["reject", "7", "--reason", "no"]


def no_such_version(_scene: Scene) -> Arguments:
    return ["show", "orders@9.9.9"]


def diff_of_nothing(_scene: Scene) -> Arguments:
    return ["diff", "no-such-file.yaml", "main:contracts/orders.odcs.yaml"]


def context_without_value(scene: Scene) -> Arguments:
    return draft("orders", scene.data, "--context", "ticket")


TABLE: list[tuple[Callable[[Scene], Arguments], int, str]] = [
    (missing_file, 2, "missing.parquet"),
    (missing_file_with_scheme, 2, "missing.parquet"),
    (nothing_after_the_scheme, 2, "`parquet:` names no data"),
    (several_objects, 2, "(orders, lines): name one with --object"),
    (empty_parquet, 2, "empty.parquet"),
    (empty_csv, 2, "empty.csv"),
    (empty_json, 2, "empty.jsonl"),
    (not_parquet, 2, "orders.parquet"),
    (not_json, 2, "orders2.jsonl:2"),
    (unknown_scheme, 2, "parquet"),
    (broken_yaml, 2, f"{CONTRACT}:"),
    (duplicate_key, 2, f"{CONTRACT}:{len(ORDERS.splitlines()) + 1}"),
    (not_odcs, 2, f"{CONTRACT}:"),
    (broken_config, 2, "did you mean 'perspective'"),
    (no_such_contract, 2, "did you mean 'orders'"),
    (version_not_semver, 2, "banana"),
    (id_that_climbs, 2, ".."),
    (id_like_an_option, 2, "-rf"),
    (id_absolute, 2, "/etc/passwd"),
    (id_of_300_characters, 2, "300 characters"),
    (id_emoji, 2, "letters"),
    (id_with_control_characters, 2, "control characters"),
    (id_empty, 2, "empty"),
    (branch_that_a_person_took, 4, "gitdraft/orders"),
    (no_repository, 2, "no Git repository"),
    (no_such_repository, 2, "does not exist"),
    (no_such_pull_request, 4, "7"),
    (reject_without_pull_request, 4, "7"),
    (no_such_version, 2, "9.9.9"),
    (diff_of_nothing, 2, "no-such-file.yaml"),
    (context_without_value, 2, "KEY=VALUE"),
]


@pytest.mark.parametrize(
    ("case", "code", "said"), TABLE, ids=[case.__name__ for case, _, _ in TABLE]
)
def test_wrong_input_is_said_and_nothing_is_written(
    case: Callable[[Scene], Arguments],
    code: int,
    said: str,
    scene: Scene,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(scene.repo))
    monkeypatch.chdir(scene.folder)
    arguments = case(scene)
    before = refs_snapshot(scene.repo), files_snapshot(scene.folder)
    ended = cli(*arguments, code=code)
    assert (refs_snapshot(scene.repo), files_snapshot(scene.folder)) == before
    assert ended.out == ""
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err


def test_a_broken_contract_is_named_with_its_line(scene: Scene, cli: Cli) -> None:
    scene.contract("id: orders\nversion: 1.0.0\nschema:\n  - name: a\n    properties: {\n")
    ended = cli(*draft("orders", scene.data, "--repo", str(scene.repo)), code=2)
    assert f"{CONTRACT}:6" in ended.err or f"{CONTRACT}:5" in ended.err


def test_a_remote_that_may_only_be_read_is_3(scene: Scene, cli: Cli) -> None:
    hook = scene.repo / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'this repository is read-only' >&2\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    before = refs_snapshot(scene.repo), files_snapshot(scene.repo)
    ended = cli(*draft("orders", scene.data, "--repo", f"file://{scene.repo}"), code=3)
    assert "read-only" in ended.err
    assert refs_snapshot(scene.repo) == before[0]


def test_a_job_without_a_git_identity_can_draft(scene: Scene) -> None:
    assert git(scene.repo, "config", "user.name", check=False) == ""
    ended = program(*draft("orders", scene.data, "--repo", str(scene.repo)))
    assert ended.code == 0, ended.err
    assert git(scene.repo, "log", "-1", "--format=%an", "gitdraft/orders") == "dc43-gitdraft"


def test_a_dirty_work_tree_is_left_alone(
    scene: Scene, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make_repo(scene.folder / "tree", {CONTRACT: ORDERS, "notes.md": "one\n"})
    (tree / CONTRACT).write_text(ORDERS + "# not committed\n", "utf-8")
    (tree / "notes.md").write_text("two\n", "utf-8")
    (tree / "new.md").write_text("new\n", "utf-8")
    git(tree, "add", "notes.md")
    monkeypatch.chdir(tree)
    before = (
        files_snapshot(tree),
        git(tree, "status", "--porcelain"),
        git(tree, "rev-parse", "HEAD"),
    )
    cli(*draft("orders", scene.data), code=0)
    after = files_snapshot(tree), git(tree, "status", "--porcelain"), git(tree, "rev-parse", "HEAD")
    assert after == before


def test_a_readable_file_that_cannot_be_written_to_is_2(scene: Scene, cli: Cli) -> None:
    ended = cli("observe", scene.data, "-o", scene.folder / "no" / "such" / "folder.json", code=2)
    assert "folder.json" in ended.err
