"""`site`: the repository as a folder of pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_on, files_snapshot, make_bare

from dc43_gitdraft.cli.commands.site import _called


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "public"


def test_a_site_is_written_and_counted(cli: Cli, promoted: Path, folder: Path) -> None:
    said = cli("site", folder).out
    assert said == (
        f"wrote {folder}/index.html: 1 contract, 0 open drafts, 2 decisions, 0 relationships\n"
    )
    page = (folder / "c" / "orders.html").read_text("utf-8")
    assert "no tax here" in page
    assert "1.3.0" in page


def test_a_site_as_json(cli: Cli, promoted: Path, folder: Path) -> None:
    said = cli("site", folder, "--output", "json").json
    assert said.pop("bytes") == sum(map(len, files_snapshot(folder).values()))
    assert said == {
        "index": str(folder / "index.html"),
        "contracts": 1,
        "open_drafts": 0,
        "decisions": 2,
        "relationships": 0,
        "files": 8,
    }


def test_the_same_repository_at_the_same_minute_gives_the_same_site(
    cli: Cli, promoted: Path, folder: Path, tmp_path: Path
) -> None:
    for _ in range(3):  # A minute may end between two.
        cli("site", folder)
        cli("site", tmp_path / "again")
        if files_snapshot(folder) == files_snapshot(tmp_path / "again"):
            break
    assert files_snapshot(folder) == files_snapshot(tmp_path / "again")


def test_a_site_has_the_title_that_is_given(cli: Cli, repo: Path, folder: Path) -> None:
    cli("site", folder, "--repo", repo, "--title", "Shop <b>")
    assert "Contracts · Shop &lt;b&gt;</title>" in (folder / "index.html").read_text("utf-8")


def test_a_site_tells_nothing_of_the_machine(cli: Cli, repo: Path, folder: Path) -> None:
    cli("site", folder, "--repo", repo)
    for name, content in files_snapshot(folder).items():
        assert str(repo.parent).encode() not in content, name


def test_a_folder_with_something_else_is_refused_before_anything_is_read(
    cli: Cli, tmp_path: Path, folder: Path
) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", "utf-8")
    ended = cli("site", folder, "--repo", tmp_path / "nowhere", code=2)
    assert ended.err == (
        f"Error: {folder}: is not empty, and holds no site of dc43-gitdraft: "
        "name another directory\n"
    )


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_read(
    cli: Cli, tmp_path: Path, folder: Path
) -> None:
    folder.write_text("mine", "utf-8")
    ended = cli("site", folder / "below", "--repo", tmp_path / "nowhere", code=2)
    assert ended.err == f"Error: {folder}/below: cannot be made: Not a directory\n"


def test_a_repository_without_contracts_has_a_site(cli: Cli, tmp_path: Path, folder: Path) -> None:
    empty = make_bare(tmp_path / "empty.git")
    assert "0 contracts" in cli("site", folder, "--repo", empty).out


def test_a_contract_that_is_broken_does_not_keep_the_others_from_being_shown(
    cli: Cli, repo: Path, folder: Path
) -> None:
    commit_on(repo, "main", {"contracts/broken.odcs.yaml": "id: ["})
    assert "2 contracts" in cli("site", folder, "--repo", repo).out
    assert "Its file is no contract" in (folder / "c" / "broken.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("/srv/git/contracts.git", "contracts"),
        ("/srv/git/contracts/", "contracts"),
        ("https://github.com/shop/contracts.git", "shop/contracts"),
        ("https://user:secret@git.example.org/shop/contracts?x=1", "shop/contracts"),
        ("file:///srv/git/contracts.git", "git/contracts"),
        ("git@github.com:shop/contracts.git", "contracts"),
        ("/", "contracts"),
    ],
)
def test_a_site_is_called_as_its_repository(where: str, name: str) -> None:
    assert _called(where) == name
