"""How long it takes to observe a file, beside `datacontract import` of the same file.

datacontract-cli imports the schema of an Avro file from its `.avsc`, which holds no rows to count,
and no Delta table. It comes with `pip install '.[benchmark]'` and its extras parquet, csv and avro,
or lies where --datacontract says.

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
from collections.abc import Mapping, Sequence
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


def make(folder: Path, rows: int) -> Mapping[str, tuple[str, Path]]:
    """Write the same rows in each format; with each, what datacontract-cli imports."""
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
    with (folder / "orders.avro").open("wb") as file:
        records = (dict(zip(COLUMNS, row, strict=True)) for row in data)
        fastavro.writer(file, fastavro.parse_schema(AVRO), records, codec="deflate")
    (folder / "orders.avsc").write_text(json.dumps(AVRO), "utf-8")
    return {
        "parquet": ("orders.parquet", folder / "orders.parquet"),
        "csv": ("orders.csv", folder / "orders.csv"),
        "avro": ("orders.avro", folder / "orders.avsc"),
        "delta": ("orders.delta", folder / "orders.delta"),
    }


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
        sources = make(Path(folder), given.rows)
        print(f"median of {given.runs} runs, {given.rows:,} rows of {len(COLUMNS)} columns")
        for scheme, (name, imported) in sources.items():
            path = Path(folder) / name
            observe = [sys.executable, "-m", "dc43_gitdraft", "observe", f"{scheme}:{path}"]
            ours = median(observe, given.runs)
            if ours is None:
                raise SystemExit(f"observe {scheme}: failed")
            line = f"observe {scheme:8} {ours * 1000:8.0f} ms"
            if given.datacontract:
                other = [given.datacontract, "import", scheme, "--source", str(imported)]
                theirs = median(other, given.runs)
                line += (
                    f"  datacontract import {theirs * 1000:8.0f} ms  {theirs / ours:5.1f} x observe"
                    if theirs
                    else "  datacontract import cannot"
                )
            print(line)


if __name__ == "__main__":
    main()
