"""The README's section for jobs does what it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.jobs import SCHEMA, added, ids
from support.shop import ORDERS, Shop

from dc43_gitdraft.model import Verdict

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SECTION = README.partition("## From Spark\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```python\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with all that the examples name, as the current one."""
    monkeypatch.chdir(tmp_path)
    Path("orders.odcs.yaml").write_text(ORDERS, "utf-8")
    return tmp_path


def test_every_example_runs(
    spark: SparkSession, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Shop(place / "contracts.git")
    source = place / "source"
    added(spark).write.parquet(str(source))
    # Spark's own working directory is where the tests were started.
    text = "\n".join(BLOCKS).replace('"lake/', f'"{place}/lake/')
    stream = spark.readStream.schema(f"{SCHEMA}, discount double").parquet(str(source))
    names: dict[str, Any] = {"spark": spark, "df": added(spark), "stream": stream}
    try:
        exec(text, names)  # noqa: S102 - our own README
        for query in ("query", "other"):
            names[query].processAllAvailable()
    finally:
        for query in ("query", "other"):
            if query in names:
                names[query].stop()
        if "watch" in names:
            names["watch"].stop()
    assert capsys.readouterr().out.startswith("warn property-added-optional of orders.discount")
    assert len(shop.open_pulls()) == 1
    assert names["judged"].verdict is Verdict.WARN
    assert names["draft"].version == "1.3.0"
    assert names["orders"].count() == 6
    assert len(ids(spark, place / "lake/orders")) == 9
    assert len(ids(spark, place / "lake/raw")) == 3
    shutil.rmtree(place / "lake")


def test_every_verdict_is_explained() -> None:
    _, *explained = re.findall(r"^\| `([a-z]+)` \|", SECTION, re.MULTILINE)
    assert set(explained) == {verdict.value for verdict in Verdict}
