"""Contract -> DataFrame -> Parquet -> read back is no drift."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from support import data
from support.seen import NOW

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft import odcs
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import Dataset, Policy
from dc43_gitdraft.observe.spark.frame import observe_dataframe

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "contracts").glob("*.yaml")) + sorted(
    (ROOT / "tests" / "data" / "contracts").glob("*.yaml")
)


def readable(table: pa.Table) -> pa.Table | None:
    """The table as Spark can read it: it has no empty structs, and reads no times of day."""
    names = [name.casefold() for name in table.schema.names]
    if not names or len(set(names)) != len(names) or any(_strange(each) for each in table.schema):
        return None
    return table


def _strange(field: pa.Field) -> bool:
    kind = field.type
    inner = [kind.field(at) for at in range(kind.num_fields)]
    return (
        pa.types.is_time(kind)
        or pa.types.is_duration(kind)
        or (pa.types.is_struct(kind) and not inner)
        or any(map(_strange, inner))
    )


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_data_of_a_sample_contract_is_no_drift(
    path: Path, spark: SparkSession, tmp_path: Path
) -> None:
    contract = odcs.read(path.read_bytes(), validate=False)
    for node in contract.document.get("schema") or []:
        table = readable(data.table(contract.document, object_name=node["name"]))
        if table is None:
            continue
        first = str(data.write(table, tmp_path / "first.parquet", "parquet"))
        spark.read.parquet(first).write.mode("overwrite").parquet(str(tmp_path / "written"))
        seen = observe_dataframe(
            spark.read.parquet(str(tmp_path / "written")),
            dataset=Dataset("t"),
            now=NOW,
            object=node["name"],
            contract=contract,
        )
        drafted = make_draft(contract, seen, Policy(object=node["name"]), contract_id=contract.id)
        assert drafted is None, (node["name"], drafted.changes, drafted.notes)
