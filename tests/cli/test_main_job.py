"""The main job as a user runs it: fifty columns of Parquet, a contract people have written in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.cli import Cli
from support.git import refs_snapshot
from support.shop import Shop, added_lines

HEAD = """\
# Measurements of the plant; ask Ana before changing anything.
apiVersion: v3.1.0
kind: DataContract
id: measurements
name: "Measurements"   # quoted by habit
version: 3.4.1
status: active

schema:
    - name: measurements
      # one row a second
      properties:
"""
TAIL = """\
      quality:
        - {type: library, metric: rowCount, mustBeGreaterThan: 0}   # never empty
team:
  members:
  - username: ana   # owner
    role: owner
slaProperties:
  - property: latency
    value: 15
    unit: m
"""


def column(number: int) -> str:
    return f"""\
        - name: c{number:02d}
          logicalType: integer
          physicalType: INT   # as the sensor says
          description: 'Sensor {number}'
"""


CONTRACT = HEAD + "".join(column(number) for number in range(50)) + TAIL


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "contracts.git", {"contracts/plant.odcs.yaml": CONTRACT})


@pytest.fixture
def run(shop: Shop, cli: Cli, tmp_path: Path) -> Callable[[dict[str, pa.Array]], str]:
    def job(columns: dict[str, pa.Array]) -> str:
        path = tmp_path / "measurements.parquet"
        pq.write_table(pa.table(columns), path)
        said = cli(
            *("draft", "measurements", "--from", path, "--dataset-id", "table:plant"),
            *("--repo", shop.path, "--output", "json"),
        ).json
        return str(said["outcome"])

    return job


def columns() -> dict[str, pa.Array]:
    return {f"c{number:02d}": pa.array([1, 2, None], pa.int32()) for number in range(50)}


def test_data_that_agrees_drafts_nothing(
    shop: Shop, run: Callable[[dict[str, pa.Array]], str]
) -> None:
    before = shop.refs()
    assert run(columns()) == "no-drift"
    assert shop.refs() == before


def test_one_wider_column_of_fifty_changes_its_own_line_alone(
    shop: Shop, run: Callable[[dict[str, pa.Array]], str]
) -> None:
    wider = columns() | {"c25": pa.array([2**40], pa.int64()).take([0, 0, 0])}
    assert run(wider) == "created"
    new = shop.text("gitdraft/measurements", "contracts/plant.odcs.yaml").splitlines()
    old = CONTRACT.splitlines()
    changed = [
        (before, after)
        for before, after in zip(old, new[: len(old)], strict=True)
        if before != after
    ]
    assert changed == [
        ("version: 3.4.1", "version: 3.5.0"),
        ("status: active", "status: draft"),
        (
            "          physicalType: INT   # as the sensor says",
            "          physicalType: BIGINT   # as the sensor says",
        ),
    ]
    assert new[len(old)] == "customProperties:"


def test_new_columns_only_add_lines_where_they_were_seen(
    shop: Shop, run: Callable[[dict[str, pa.Array]], str]
) -> None:
    seen: dict[str, pa.Array] = {}
    for name, values in columns().items():
        seen[name] = values
        if name == "c10":
            seen["c10_unit"] = pa.array(["m", "m", None])
    assert run(seen) == "created"
    new = shop.text("gitdraft/measurements", "contracts/plant.odcs.yaml")
    head = new.replace("version: 3.5.0", "version: 3.4.1").replace(": draft", ": active")
    assert added_lines(CONTRACT, head)[:3] == [
        "        - name: c10_unit",
        "          logicalType: string",
        "          physicalType: STRING",
    ]


def test_the_same_data_twice_writes_nothing_the_second_time(
    shop: Shop, run: Callable[[dict[str, pa.Array]], str]
) -> None:
    drifted = columns() | {"extra": pa.array([True, False, None])}
    assert run(drifted) == "created"
    before = refs_snapshot(shop.path)
    assert run(drifted) == "unchanged"
    assert refs_snapshot(shop.path) == before
