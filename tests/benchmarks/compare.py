"""How long a diff of two large contracts takes, and what is said of twenty small changes.

Both beside `datacontract changelog` and `datacontract breaking` of datacontract-cli, on the same
files in the same run. It comes with `pip install '.[benchmark]'`, or lies where --datacontract
says; without it, only our side is shown.

Run: python tests/benchmarks/compare.py [RUNS] [--table] [--datacontract PATH]
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dc43_gitdraft.changes import compare, implied_bump
from dc43_gitdraft.odcs import read

PROPERTIES = 1_000
OURS = (sys.executable, "-m", "dc43_gitdraft", "diff")
KINDS = (
    ("integer", "int"),
    ("string", "varchar(40)"),
    ("number", "decimal(12,2)"),
    ("boolean", "boolean"),
    ("timestamp", "timestamp"),
)

SMALL = """\
apiVersion: v3.1.0
kind: DataContract
id: orders
name: Orders
version: 1.0.0
status: active
servers:
  - server: production
    type: s3
    location: s3://shop/orders/*.csv
    format: csv
    delimiter: ","
schema:
  - name: orders
    physicalType: table
    properties:
      - name: order_id
        id: the_key
        logicalType: integer
        physicalType: bigint
        required: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: line
        logicalType: integer
        physicalType: int
        required: true
      - name: amount
        logicalType: number
        physicalType: decimal(12,2)
      - name: sku
        logicalType: string
        physicalType: varchar(20)
        description: What was bought.
      - name: email
        logicalType: string
        physicalType: string
        classification: restricted
        tags: [pii]
      - name: ordered_at
        logicalType: timestamp
        physicalType: timestamp
      - name: status
        logicalType: string
        physicalType: string
        quality:
          - name: status_known
            metric: invalidValues
            arguments:
              validValues: [paid, sent]
            mustBe: 0
      - name: city
        logicalType: string
        physicalType: string
      - name: address
        logicalType: object
        physicalType: struct
        properties:
          - name: street
            logicalType: string
            physicalType: string
    quality:
      - name: few_nulls
        metric: nullValues
        arguments:
          properties: [sku]
        mustBeLessThan: 10
slaProperties:
  - property: latency
    value: 4
    unit: h
  - property: retention
    value: 7
    unit: y
"""
_CITY = """\
      - name: city
        logicalType: string
        physicalType: string
"""
_SKU = """\
      - name: sku
        logicalType: string
        physicalType: varchar(20)
        description: What was bought.
"""
_STREET = """\
          - name: street
            logicalType: string
            physicalType: string
"""
_RETENTION = """\
  - property: retention
    value: 7
    unit: y
"""

#: What is changed in SMALL: (in words, text before, text after), one after the other.
CHANGES: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    ("`bigint` spelt `BIGINT`", [("bigint", "BIGINT")]),
    ("`int` spelt `integer`", [("physicalType: int\n", "physicalType: integer\n")]),
    ("`int` widened to `bigint`", [("physicalType: int\n", "physicalType: bigint\n")]),
    ("`bigint` narrowed to `int`", [("bigint", "int")]),
    ("`decimal(12,2)` widened to `decimal(14,4)`", [("(12,2)", "(14,4)")]),
    ("`varchar(20)` widened to `varchar(30)`", [("varchar(20)", "varchar(30)")]),
    (
        "timestamp loses its time zone",
        [("physicalType: timestamp\n", "physicalType: timestamp_ntz\n")],
    ),
    ("property renamed, same `id`", [("name: order_id", "name: order_key")]),
    ("property renamed, no `id`", [("name: sku", "name: sku_code")]),
    (
        "property moved into an object",
        [(_CITY, ""), (_STREET, _STREET + _CITY.replace("      ", "          "))],
    ),
    ("columns of a CSV file swapped", [(_SKU, ""), (_CITY, _CITY + _SKU)]),
    ("property removed", [(_CITY, "")]),
    (
        "required property added",
        [(_CITY, _CITY + _CITY.replace("city", "zip") + "        required: true\n")],
    ),
    ("property no longer required", [(": int\n        required: true\n", ": int\n")]),
    (
        "primary key no longer declared",
        [("        primaryKey: true\n        primaryKeyPosition: 1\n", "")],
    ),
    ("permitted value added", [("[paid, sent]", "[paid, sent, lost]")]),
    ("quality threshold loosened", [("mustBeLessThan: 10", "mustBeLessThan: 50")]),
    ("latency promised 4 h, now 8 h", [("value: 4", "value: 8")]),
    ("service level removed", [(_RETENTION, "")]),
    (
        "personal data no longer restricted",
        [("restricted", "public"), ("        tags: [pii]\n", "")],
    ),
)


def small(edits: Sequence[tuple[str, str]]) -> str:
    """Return SMALL with these texts replaced."""
    text = SMALL
    for before, after in edits:
        if text.count(before) != 1:
            raise SystemExit(f"{before!r} is in the contract {text.count(before)} times")
        text = text.replace(before, after)
    return text


def large(*, changed: bool) -> str:
    """Return a contract of 1,000 properties; changed, one in twelve is another."""
    lines = [
        *("apiVersion: v3.1.0", "kind: DataContract", "id: wide", "name: Wide"),
        f"version: {'2.0.0' if changed else '1.0.0'}",
        *("status: active", "schema:", "  - name: wide", "    physicalType: table"),
        "    properties:",
    ]
    for number in range(PROPERTIES):
        logical, physical = KINDS[number % len(KINDS)]
        name, description, required = (
            f"column_{number:04d}",
            f"Column number {number}.",
            number % 3 == 0,
        )
        if changed:
            if number % 100 == 0:
                continue  # removed
            name = f"renamed_{number:04d}" if number % 100 == 20 else name
            physical = "bigint" if number % 100 == 40 and physical == "int" else physical
            description = f"The column {number}." if number % 25 == 3 else description
            required = required and number % 100 != 60
        lines += [
            f"      - name: {name}",
            f"        id: p{number}" if number % 2 == 0 else "        businessName: Measured",
            f"        logicalType: {logical}",
            f"        physicalType: {physical}",
            f"        description: {description}",
            f"        required: {str(required).lower()}",
        ]
        if number % 10 == 0:
            limit = 5 if changed and number % 50 == 10 else 1
            lines += [
                "        quality:",
                f"          - name: few_nulls_{number}",
                "            metric: nullValues",
                f"            mustBeLessThan: {limit}",
            ]
    extra = range(PROPERTIES // 100) if changed else range(0)
    for number in extra:
        lines += [f"      - name: new_{number}", "        logicalType: string"]
    return (
        "\n".join([*lines, "slaProperties:", "  - {property: latency, value: 4, unit: h}"]) + "\n"
    )


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; a diff that finds something may exit with 1."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "400", "NO_COLOR": "1"},
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done


def compare_here(old: Path, new: Path) -> None:
    """Do what `diff` does, without a start of Python."""
    before, after = (read(path.read_bytes(), where=path.name) for path in (old, new))
    implied_bump(compare(before.document, after.document))


def cpu() -> float:
    """Return the seconds of CPU of this process and of those that it waited for."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def times(folder: Path, runs: int, datacontract: str | None) -> Mapping[str, tuple[float, float]]:
    """Return the median seconds of each program, by the clock and of CPU; taken in turns."""
    old, new = folder / "old.odcs.yaml", folder / "new.odcs.yaml"
    old.write_text(large(changed=False), "utf-8")
    new.write_text(large(changed=True), "utf-8")
    programs: dict[str, Callable[[], object]] = {
        "read and compare, in process": lambda: compare_here(old, new),
        "dc43-gitdraft diff": lambda: run(*OURS, str(old), str(new)),
    }
    if datacontract is not None:
        for command in ("changelog", "breaking"):
            words = (datacontract, command, str(old), str(new))
            programs[f"datacontract {command}"] = lambda words=words: run(*words)  # type: ignore[misc]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for turn in range(runs + 1):
        for name, program in programs.items():
            start = (time.perf_counter(), cpu())
            program()
            if turn:  # the first one compiles, and warms the file cache
                found[name].append((time.perf_counter() - start[0], cpu() - start[1]))
    return {
        name: (
            statistics.median(wall for wall, _ in taken),
            statistics.median(own for _, own in taken),
        )
        for name, taken in found.items()
    }


def say_times(folder: Path, runs: int, datacontract: str | None) -> None:
    """Print the times, and how often each takes the time of our process."""
    medians = times(folder, runs, datacontract)
    wall, own = medians["dc43-gitdraft diff"]
    print(f"two contracts of {PROPERTIES:,} properties; median of {runs} runs")
    for name, (seconds, used) in medians.items():
        print(
            f"{name:30} {seconds * 1000:7.0f} ms  {seconds / wall:5.2f} x"
            f"  CPU {used * 1000:7.0f} ms  {used / own:5.2f} x"
        )


def ours(old: str, new: str) -> str:
    """Return what this package says of two contracts."""
    before, after = (read(text.encode()).document for text in (old, new))
    changes = compare(before, after)
    rules = dict.fromkeys(
        f"{each.level} `{each.rule}`"
        + (" (possible rename)" if each.message.startswith("possible rename") else "")
        for each in changes
    )
    return f"{', '.join(rules) or 'no change'}; bump {implied_bump(changes)}"


def theirs(datacontract: str, old: Path, new: Path) -> str:
    """Return the summary that `datacontract breaking` prints."""
    text = run(datacontract, "breaking", str(old), str(new)).stdout
    rows = re.findall(r"^│ (ERROR|WARNING|INFO) +│ (\w+) +│ ([^│]+?) +│$", text, re.MULTILINE)
    said = dict.fromkeys(
        f"{severity.lower()} {what.lower()} `{field.split('.')[-1]}`"
        for severity, what, field in rows
    )
    return ", ".join(said) or "no change"


def say_table(folder: Path, datacontract: str | None) -> None:
    """Print what is said of each of the small changes, as a Markdown table."""
    head = [
        "#",
        "change",
        *(["datacontract breaking"] if datacontract else []),
        "dc43-gitdraft diff",
    ]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for number, (words, edits) in enumerate(CHANGES, 1):
        old, new = folder / "old.odcs.yaml", folder / "new.odcs.yaml"
        old.write_text(SMALL, "utf-8")
        new.write_text(small(edits), "utf-8")
        peer = [theirs(datacontract, old, new)] if datacontract else []
        print(f"| {' | '.join([str(number), words, *peer, ours(SMALL, small(edits))])} |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("runs", nargs="?", type=int, default=7)
    options.add_argument("--table", action="store_true", help="only the twenty small changes")
    beside = shutil.which("datacontract", path=str(Path(sys.executable).parent))
    options.add_argument("--datacontract", default=beside or shutil.which("datacontract"))
    chosen = options.parse_args()
    for name in [name for name in os.environ if name.startswith("GITDRAFT_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        if not chosen.table:
            say_times(Path(folder), chosen.runs, chosen.datacontract)
            print()
        say_table(Path(folder), chosen.datacontract)


if __name__ == "__main__":
    main()
