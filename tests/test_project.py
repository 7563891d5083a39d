"""What the tree may hold: no strays at its top, nothing that only one machine has."""

from __future__ import annotations

import re
import subprocess
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "contracts",
    "dc43_gitdraft",
    "pyproject.toml",
    "tests",
}
# Put together here, so that this file does not hold what it looks for.
REGISTRY_HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"))]
REGISTRY_HOSTS += [".".join(parts) for parts in (("registry", "npmjs", "org"), ("npmjs", "com"))]
FORBIDDEN = re.compile("|".join([*map(re.escape, REGISTRY_HOSTS), r"(?<![\w./-])/(?:work|root)/"]))


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def test_the_top_of_the_tree_holds_only_what_belongs_there() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in tops if not name.startswith(".")} - ALLOWED == set()


def test_no_file_names_a_registry_host_or_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").split("\n"), 1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("extra", ["files", "test"])
def test_the_extra_exists(extra: str) -> None:
    assert extra in (metadata("dc43-gitdraft").get_all("Provides-Extra") or [])


def test_generated_schemas_are_not_tracked() -> None:
    schemas = ROOT / "dc43_gitdraft" / "odcs" / "schemas"
    assert [path for path in tracked() if schemas in path.parents and path.suffix == ".json"] == []


def test_the_editor_of_others_is_not_tracked() -> None:
    editor = ROOT / "dc43_gitdraft" / "author" / "editor"
    assert [path for path in tracked() if editor in path.parents] == []


def test_the_typed_marker_is_shipped() -> None:
    assert (ROOT / "dc43_gitdraft" / "py.typed").is_file()
