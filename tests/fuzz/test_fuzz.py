"""A bounded run of every target: the same inputs each time, so that nothing depends on luck."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

#: Where atheris has wheels.
_HAS_WHEELS = (sys.platform, platform.machine()) == ("linux", "x86_64")
_TESTS = Path(__file__).parents[1]

#: Inputs for the fuzzer that learns from coverage: those of a quarter of a minute.
_RUNS = 2_000


@pytest.mark.parametrize("name", TARGETS)
@settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
@given(st.binary(max_size=300))
@example(b"")
def test_nothing_but_errors_of_our_own_comes_of_any_bytes(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_fuzzer_starts_from_is_understood(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)


def test_a_fuzzer_that_sees_coverage_finds_nothing(request: pytest.FixtureRequest) -> None:
    if find_spec("atheris") is None:
        if not _HAS_WHEELS:
            request.applymarker(pytest.mark.os_dependent)
        pytest.skip("needs atheris: pip install -e '.[test,fuzz]'")
    done = subprocess.run(
        [sys.executable, "-m", "fuzz", "mixed", f"-runs={_RUNS}", "-seed=1", "-verbosity=0"],
        cwd=_TESTS,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-8_000:]
