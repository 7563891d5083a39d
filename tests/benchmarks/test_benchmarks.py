"""The benchmarks run, and print what they are for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("startup.py", ["python -c 'import click'", "dc43-gitdraft --help"]),
        ("main_job.py", ["draft: pull request opened", "git commit-tree + update-ref"]),
    ],
)
def test_a_benchmark_prints_times_and_ratios(name: str, rows: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / name), "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    for row in rows:
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(row)]
        assert " ms " in line
        assert " x " in line


def test_one_command_prints_all_in_one_table() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "run.py"), "--quick"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [[cell.strip() for cell in line.split("|")] for line in done.stdout.splitlines()[1:]]
    assert all(len(row) == 8 for row in rows)
    parts = [re.sub(r"[ ,].*", "", row[1]) for row in rows]
    assert list(dict.fromkeys(parts)) == [
        *("start-up", "main", "rewrite", "compare", "large", "relationships"),
        *("smart", "batch", "observe"),
    ]
    said = {row[2]: row[6] for row in rows}
    assert said["draft on GitHub: pull request opened"].endswith("3 requests to the API")
    # Every line but a bound has one beside it.
    assert all(row[5] for row in rows if row[6].partition(";")[0] in {each[2] for each in rows})


def test_a_diff_of_two_large_contracts_takes_less_than_a_second_of_cpu() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "compare.py"), "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    (used,) = re.findall(r"^dc43-gitdraft diff .* CPU +(\d+) ms", done.stdout, re.MULTILINE)
    assert int(used) < 1000
    assert len(re.findall(r"^\| \d+ \|", done.stdout, re.MULTILINE)) == 20


def test_observing_each_kind_of_file_is_timed() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "sources.py"), "1", "--rows", "100"],
        capture_output=True,
        text=True,
        check=True,
    )
    times = re.findall(r"^observe (\w+) +\d+ ms", done.stdout, re.MULTILINE)
    assert times == ["parquet", "csv", "delta", "avro"]
