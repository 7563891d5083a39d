"""How long the measuring of a contract's rules takes in Spark, beside one scan of the same data.

In one session: a scan (every value is read, and nothing done with it: the lower bound), our one
aggregation, our job for keys, a profile, `write_with_contract` beside a plain write of Parquet, and
`collect_observations` of dc43, which comes with `pip install '.[benchmark]'`; without it, only our
side is shown. The session itself counts the jobs of Spark; CPU is the time of its virtual machine.

Run: python tests/benchmarks/spark.py [RUNS] [--sizes 1000000x50,10000000x20] [--data DIR]
     [--only NAMES]
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dc43_gitdraft import odcs
from dc43_gitdraft.model import Dataset

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NOW = datetime(2024, 5, 30, 10, tzinfo=timezone.utc)
DATASET = Dataset("benchmark")

#: By turns: the type, how a value is made of the row's number, and the rule that it keeps.
KINDS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("integer", "bigint", "id", {"required": True}),
    (
        "string",
        "string",
        "concat('AB-', lpad(cast(id % 1000000 as string), 6, '0'))",
        {"logicalTypeOptions": {"pattern": r"^AB-\d{6}$"}},
    ),
    ("number", "double", "rand(7) * 1000", {"logicalTypeOptions": {"minimum": 0}}),
    (
        "string",
        "string",
        "element_at(array('paid', 'sent', 'returned', 'open'), cast(1 + id % 4 as int))",
        {
            "quality": [
                {
                    "metric": "invalidValues",
                    "arguments": {"validValues": ["paid", "sent", "returned", "open"]},
                    "mustBe": 0,
                }
            ]
        },
    ),
    ("integer", "int", "cast(id % 9000 as int)", {"logicalTypeOptions": {"maximum": 9000}}),
    (
        "string",
        "string",
        "sha1(cast(id as string))",
        {"logicalTypeOptions": {"minLength": 3, "maxLength": 40}},
    ),
    ("number", "decimal(12,2)", "cast(id % 100000 / 7 as decimal(12,2))", {"required": True}),
    ("timestamp", "timestamp", "timestamp_seconds(1700000000 + id)", {"required": True}),
    ("boolean", "boolean", "id % 3 = 0", {"quality": [{"metric": "nullValues", "mustBe": 0}]}),
    ("date", "date", "date_add(date'2024-01-01', cast(id % 365 as int))", {}),
)
RULES = 30


def contract(columns: int, *, keys: bool) -> odcs.Contract:
    """Make a contract of so many columns with thirty rules, two of them keys where asked."""
    left = RULES - (2 if keys else 0) - 1
    properties = []
    for at in range(columns):
        logical, physical, _, rules = KINDS[at % len(KINDS)]
        node: dict[str, Any] = {"name": f"c{at}", "logicalType": logical, "physicalType": physical}
        cost = len(rules.get("logicalTypeOptions", ())) or len(rules)
        if left >= cost:
            node |= rules
            left -= cost
        properties.append(node)
    if keys:
        properties[0] |= {"primaryKey": True, "primaryKeyPosition": 1}
        properties[5]["unique"] = True
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "benchmark",
        "version": "1.0.0",
        "status": "active",
        "schema": [
            {
                "name": "benchmark",
                "properties": properties,
                "quality": [{"metric": "rowCount", "mustBeGreaterThan": 0}] * (1 + left),
            }
        ],
    }
    return odcs.read(odcs.dump_new(document))


def in_their_words(agreed: odcs.Contract) -> dict[str, Any]:
    """Return the same rules as dc43 reads them: as comparisons of each value."""
    document = copy.deepcopy(agreed.document)
    (node,) = document["schema"]
    del node["quality"]
    for each in node["properties"]:
        options = each.pop("logicalTypeOptions", {})
        quality = [{word: options[name]} for name, word in _COMPARISONS.items() if name in options]
        if "pattern" in options:
            quality.append({"rule": "regex", "mustBe": options["pattern"]})
        if "minLength" in options:
            quality.append({"rule": "regex", "mustBe": "^.{3,40}$"})
        for rule in each.pop("quality", ()):
            if rule["metric"] == "nullValues":
                each["required"] = True
            else:
                quality.append({"rule": "enum", "mustBe": rule["arguments"]["validValues"]})
        if each.pop("primaryKey", False):
            each["unique"] = True
        each["quality"] = quality
    return document


_COMPARISONS = {"minimum": "mustBeGreaterOrEqualTo", "maximum": "mustBeLessOrEqualTo"}


def data(spark: SparkSession, rows: int, columns: int, folder: Path) -> DataFrame:
    """Write the data as Parquet, unless it is there, and read it back."""
    path = folder / f"{rows}x{columns}"
    if not (path / "_SUCCESS").exists():
        values = [f"{KINDS[at % len(KINDS)][2]} AS c{at}" for at in range(columns)]
        made = spark.range(0, rows, numPartitions=8).selectExpr(*values)
        made.write.mode("overwrite").parquet(str(path))
    return spark.read.parquet(str(path))


def ways(df: DataFrame, columns: int, target: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what is compared; what writes does so below `target`."""
    from dc43_gitdraft.observe.spark.frame import observe_dataframe
    from dc43_gitdraft.spark import write_with_contract

    def write(on_mismatch: Literal["block", "write"]) -> Callable[[], Any]:
        agreed = contract(columns, keys=False).text
        path = str(target / on_mismatch)
        return lambda: write_with_contract(
            df, agreed, path=path, mode="overwrite", on_mismatch=on_mismatch
        )

    def ours(*, keys: bool, rules: bool = True, profile: bool = False) -> Callable[[], Any]:
        agreed = contract(columns, keys=keys) if rules else None
        return lambda: observe_dataframe(
            df, dataset=DATASET, now=NOW, contract=agreed, profile=profile
        )

    yield "scan", lambda: df.write.format("noop").mode("overwrite").save()
    yield "rows and nulls", ours(keys=False, rules=False)
    yield "30 rules", ours(keys=False)
    yield "30 rules with keys", ours(keys=True)
    yield "profile", ours(keys=False, rules=False, profile=True)
    yield "write", lambda: df.write.mode("overwrite").parquet(str(target / "plain"))
    yield "write checked meanwhile", write("write")
    yield "write checked before", write("block")
    if importlib.util.find_spec("dc43_integrations") is not None:
        yield "dc43 30 rules", theirs(df, contract(columns, keys=False))
        yield "dc43 30 rules with keys", theirs(df, contract(columns, keys=True))


def theirs(df: DataFrame, agreed: odcs.Contract) -> Callable[[], Any]:
    """Return dc43's own measuring: the expectations that it makes of the contract."""
    from dc43_integrations.spark.data_quality import collect_observations
    from dc43_service_backends.data_quality.backend.predicates import (
        expectation_plan,
    )
    from open_data_contract_standard.model import OpenDataContractStandard

    model = OpenDataContractStandard.model_validate(in_their_words(agreed))
    return lambda: collect_observations(df, model, expectations=expectation_plan(model))


def cpu() -> float:
    """Return the processor time of the session's virtual machine, in seconds: what a busy machine
    does not change."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(") ")[2].split()
            if int(fields[1]) == os.getpid():
                total += int(fields[11]) + int(fields[12])
    return total / ticks


@dataclass(frozen=True)
class Taken:
    """The medians of one way: seconds by the clock and of the processor, and jobs of Spark."""

    clock: float
    cpu: float
    jobs: int


def figures(
    spark: SparkSession, rows: int, columns: int, runs: int, folder: Path, only: Sequence[str] = ()
) -> dict[str, Taken]:
    """Measure one size: each way by turns, the first of which warms up.

    `only` names the ways beside the scan; none is all of them.
    """
    df = data(spark, rows, columns, folder)
    turns: dict[str, list[Taken]] = {}
    made = [
        (name, way)
        for name, way in ways(df, columns, folder / "written")
        if not only or name in ("scan", *only)
    ]
    for turn in range(runs + 1):
        for name, way in made:
            group = f"{name} of {rows}x{columns}, turn {turn}"
            spark.sparkContext.setJobGroup(group, group)
            start, used = time.perf_counter(), cpu()
            way()
            taken = time.perf_counter() - start, cpu() - used
            jobs = len(spark.sparkContext.statusTracker().getJobIdsForGroup(group))
            if turn:
                turns.setdefault(name, []).append(Taken(*taken, jobs))
    return {
        name: Taken(
            statistics.median(each.clock for each in found),
            statistics.median(each.cpu for each in found),
            found[-1].jobs,
        )
        for name, found in turns.items()
    }


def table(found: Mapping[str, Taken], title: str) -> None:
    """Print the figures of one size beside those of its scan."""
    scan = found["scan"]
    print(f"\n{title}\n{'':26} {'seconds':>8} {'x scan':>7} {'CPU':>8} {'x scan':>7} {'jobs':>5}")
    for name, taken in found.items():
        clock = f"{taken.clock:8.2f} {taken.clock / scan.clock:7.2f}"
        work = f"{taken.cpu:8.2f} {taken.cpu / scan.cpu:7.2f}"
        print(f"{name:26} {clock} {work} {taken.jobs:5}", flush=True)


def session() -> SparkSession:
    """Start the session of all measurements: two threads, as most small machines have."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.driver.memory": "4g",
    }
    builder = SparkSession.builder.master("local[2]").appName("benchmark")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="?", type=int, default=3)
    parser.add_argument("--sizes", default="1000000x50,10000000x20")
    parser.add_argument("--data", type=Path, help="Where to keep the data for the next time.")
    parser.add_argument("--only", default="", help="Names of ways, with commas between them.")
    options = parser.parse_args()
    only = [each.strip() for each in options.only.split(",") if each.strip()]
    folder = options.data or Path(tempfile.mkdtemp())
    spark = session()
    try:
        for size in options.sizes.split(","):
            rows, columns = map(int, size.split("x"))
            found = figures(spark, rows, columns, options.runs, folder, only)
            table(found, f"{rows:,} rows of {columns} columns; median of {options.runs}")
    finally:
        spark.stop()
        if options.data is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
