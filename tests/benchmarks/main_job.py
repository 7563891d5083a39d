"""How long the main job takes: a 50-column Parquet file becomes an open pull request.

Everything is measured in the same run, in turns, each draft on a fresh copy of the repository:
the whole program as a job starts it, beside what Git itself needs for a commit on a branch
(`git commit-tree` + `git update-ref`) and beside Python's own start.

Run: python tests/benchmarks/main_job.py [RUNS]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = 50
ROWS = 100_000
KINDS = (
    ("integer", "bigint", pa.int64()),
    ("string", "string", pa.string()),
    ("number", "double", pa.float64()),
    ("boolean", "boolean", pa.bool_()),
    ("date", "date", pa.date32()),
)
GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.com")


def contract() -> str:
    """Return a contract of 50 properties, with what people write around them."""
    lines = [
        "# The measured table.",
        "apiVersion: v3.1.0",
        "kind: DataContract",
        "id: wide",
        "name: Wide",
        "version: 1.0.0",
        "status: active",
        "description:",
        "  purpose: Shows how long a draft takes.",
        "team:",
        "  name: measuring",
        "  members:",
        "    - username: ada@example.com # on duty",
        "      role: owner",
        "slaProperties:",
        "  - property: latency",
        "    value: 4",
        "    unit: h",
        "schema:",
        "  - name: wide",
        "    physicalType: table",
        "    properties:",
    ]
    for number in range(COLUMNS):
        logical, physical, _ = KINDS[number % len(KINDS)]
        lines += [
            f"      - name: column_{number:02d}",
            f"        logicalType: {logical}",
            f"        physicalType: {physical}",
            f"        description: Column number {number}. # said by people",
        ]
        if number == 0:
            lines += [
                "        required: true",
                "        quality:",
                "          - name: no_nulls",
                "            metric: nullValues",
                "            mustBe: 0",
            ]
    return "\n".join(lines) + "\n"


def write_data(path: Path) -> None:
    """Write a file that drifted: one new column, and one that became wider."""
    values: dict[str, pa.Array] = {}
    for number in range(COLUMNS):
        logical, _, kind = KINDS[number % len(KINDS)]
        integers = pa.array(range(ROWS), pa.int32())
        values[f"column_{number:02d}"] = (
            pa.array([row % 2 == 0 for row in range(ROWS)])
            if logical == "boolean"
            else integers.cast(kind)
        )
    values["column_new"] = pa.array([f"value {row % 100}" for row in range(ROWS)])
    pq.write_table(pa.table(values), path)


def git(repo: Path, *arguments: str, given: str = "") -> str:
    return subprocess.run(
        [*GIT, f"--git-dir={repo}", *arguments],
        input=given,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def make_repository(repo: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", repo], check=True)
    blob = git(repo, "hash-object", "-w", "--stdin", given=contract())
    folder = git(repo, "mktree", given=f"100644 blob {blob}\twide.odcs.yaml\n")
    tree = git(repo, "mktree", given=f"040000 tree {folder}\tcontracts\n")
    commit = git(repo, "commit-tree", tree, "-m", "Begin")
    git(repo, "update-ref", "refs/heads/main", commit)


def draft(repo: Path | str, data: Path, outcome: str, **env: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dc43_gitdraft", "draft", "wide"),
            *("--from", f"parquet:{data}", "--repo", str(repo), "--output", "json"),
        ],
        env={**os.environ, **env},
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(done.stdout)
    if said["outcome"] != outcome:
        raise SystemExit(f"the draft ended {said['outcome']!r} instead of {outcome!r}")


def commit_and_move(repo: Path) -> None:
    commit = git(repo, "commit-tree", "main^{tree}", "-p", "main", "-m", "Bench")
    git(repo, "update-ref", "refs/heads/bench", commit)


def python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True)


def measure(folder: Path, runs: int) -> Mapping[str, float]:
    repo, fresh, data = folder / "contracts.git", folder / "fresh.git", folder / "wide.parquet"
    make_repository(fresh)
    write_data(data)
    programs: Mapping[str, Callable[[], None]] = {
        "draft: pull request opened": lambda: draft(repo, data, "created"),
        "draft again: unchanged": lambda: draft(repo, data, "unchanged"),
        "git commit-tree + update-ref": lambda: commit_and_move(repo),
        "python -c pass": lambda: python("-c", "pass"),
        "python: import git, pyarrow": lambda: python("-c", "import git, pyarrow.parquet"),
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for run in range(runs + 1):
        shutil.rmtree(repo, ignore_errors=True)
        shutil.copytree(fresh, repo)
        for name, program in programs.items():
            start = time.perf_counter()
            program()
            if run:  # the first one compiles, and warms the file cache
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for name in [name for name in os.environ if name.startswith("GITDRAFT_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        medians = measure(Path(folder), runs)
    bare, start = medians["git commit-tree + update-ref"], medians["python -c pass"]
    print(f"{COLUMNS} columns, {ROWS:,} rows; median of {runs} runs")
    for name, median in medians.items():
        print(
            f"{name:30} {median * 1000:7.1f} ms  {median / bare:6.1f} x git"
            f"  {median / start:6.1f} x python"
        )


if __name__ == "__main__":
    main()
