from __future__ import annotations

from pathlib import Path

import pytest

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe.sources import sources


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    for name in ("orders", "customers", "_delta_log", ".hidden"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_a_pattern_stands_for_what_is_there_in_order(lake: Path) -> None:
    assert sources(f"parquet:{lake}/*") == (f"parquet:{lake}/customers", f"parquet:{lake}/orders")


def test_a_pattern_without_a_scheme_stands_for_plain_paths(lake: Path) -> None:
    assert sources(f"{lake}/o*") == (f"{lake}/orders",)


def test_what_is_no_pattern_is_itself() -> None:
    assert sources("parquet:lake/orders") == ("parquet:lake/orders",)


def test_a_pattern_that_nothing_matches_is_an_error(lake: Path) -> None:
    with pytest.raises(ObservationError, match="nothing matches"):
        sources(f"parquet:{lake}/x*")


def test_a_format_may_stand_before_a_path_for_spark(lake: Path) -> None:
    assert sources(f"spark:orc:{lake}/o*") == (f"spark:orc:{lake}/orders",)
    assert sources(f"spark:{lake}/o*") == (f"spark:{lake}/orders",)


@pytest.mark.parametrize("pattern", ["parquet:s3://lake/*", "spark:parquet:s3a://lake/*"])
def test_a_pattern_of_remote_files_is_refused(pattern: str) -> None:
    with pytest.raises(ObservationError, match="local files or of tables"):
        sources(pattern)
