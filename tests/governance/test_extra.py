"""The extra `dc43` has what dc43's packages import without asking for it themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomlkit

PYPROJECT = tomlkit.parse((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("package", ["dc43-integrations", "dc43-service-backends", "httpx"])
def test_the_extra_names_the_package(package: str) -> None:
    extra = PYPROJECT.unwrap()["project"]["optional-dependencies"]["dc43"]
    assert any(each.startswith(f"{package}>=") for each in extra)
