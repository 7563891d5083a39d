"""How long it takes to observe a file, beside `datacontract import` of the same file.

Of Avro, datacontract-cli imports the schema alone, from an `.avsc`: it stands beside a file without
rows. A file with rows stands beside fastavro, which reads them and does nothing else. Delta tables
it does not import. datacontract-cli comes with `pip install '.[benchmark]'` and its extras parquet,
csv and avro, or lies where --datacontract says.

Run: python tests/benchmarks/sources.py [RUNS] [--rows N] [--datacontract PATH]
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake

COLUMNS = ("id", "name", "amount", "day", "paid")
AVRO = {
    "type": "record",
    "name": "orders",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": ["null", "string"]},
        {"name": "amount", "type": "double"},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "paid", "type": "boolean"},
    ],
}


READ = "import fastavro, sys\nfor _ in fastavro.reader(open(sys.argv[1], 'rb')): pass"


@dataclass(frozen=True)
class Case:
    """What is observed, and what stands beside it: a file to import, or another program."""

    name: str
    source: str
    imported: tuple[str, Path] | None = None
    beside: tuple[str, Sequence[str]] | None = None


def make(folder: Path, rows: int) -> Sequence[Case]:
    """Write the same rows in each format."""
    first = date(2024, 1, 1)
    data = [
        (
            at,
            None if at % 7 == 0 else f"name {at % 999}",
            at / 4,
            first + timedelta(at % 365),
            at % 2 == 0,
        )
        for at in range(rows)
    ]
    table = pa.table(dict(zip(COLUMNS, zip(*data, strict=True), strict=True)))
    pq.write_table(table, folder / "orders.parquet")
    write_deltalake(folder / "orders.delta", table)
    with (folder / "orders.csv").open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows(("" if cell is None else cell for cell in row) for row in data)
    for name, kept in (("orders.avro", data), ("none.avro", [])):
        with (folder / name).open("wb") as file:
            records = (dict(zip(COLUMNS, row, strict=True)) for row in kept)
            fastavro.writer(file, fastavro.parse_schema(AVRO), records, codec="deflate")
    (folder / "orders.avsc").write_text(json.dumps(AVRO), "utf-8")
    avro, schema = folder / "orders.avro", folder / "orders.avsc"
    return [
        *(
            Case(each, f"{each}:{folder}/orders.{each}", (each, folder / f"orders.{each}"))
            for each in ("parquet", "csv", "delta")
        ),
        Case("avro, no rows", f"avro:{folder}/none.avro", ("avro", schema)),
        Case("avro", f"avro:{avro}", beside=("fastavro", [sys.executable, "-c", READ, str(avro)])),
    ]


def seconds(arguments: Sequence[str]) -> float | None:
    """Run a program, and return how long it took; None where it failed."""
    start = time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return None if done.returncode else time.perf_counter() - start


def median(arguments: Sequence[str], runs: int) -> float | None:
    """Return the median of several runs, after one that warms the file cache."""
    if seconds(arguments) is None:
        return None
    times = [found for _ in range(runs) if (found := seconds(arguments)) is not None]
    return statistics.median(times) if times else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="?", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--datacontract", default=shutil.which("datacontract"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = make(Path(folder), given.rows)
        print(f"median of {given.runs} runs, {given.rows:,} rows of {len(COLUMNS)} columns")
        for case in cases:
            print(line(case, given.runs, given.datacontract))


def line(case: Case, runs: int, datacontract: str | None) -> str:
    """Measure one case, and return what to print of it."""
    ours = median([sys.executable, "-m", "dc43_gitdraft", "observe", case.source], runs)
    if ours is None:
        raise SystemExit(f"observe {case.source}: failed")
    told = f"observe {case.name:13} {ours * 1000:8.0f} ms"
    beside = case.beside
    if case.imported is not None and datacontract:
        kind, path = case.imported
        beside = ("datacontract import", [datacontract, "import", kind, "--source", str(path)])
    if beside is None:
        return told
    theirs = median(beside[1], runs)
    if theirs is None:
        return f"{told}  {beside[0]:19} cannot"
    return f"{told}  {beside[0]:19} {theirs * 1000:8.0f} ms  {theirs / ours:5.1f} x observe"


if __name__ == "__main__":
    main()
