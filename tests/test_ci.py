"""What continuous integration runs, and that it cannot leave tests out unnoticed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from support import npm

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SKIPPING = """
    import pytest

    {marks}
    def test_something():
        pytest.skip("no reason")
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    # Its HOME is empty: nothing is to be fetched again.
    monkeypatch.setenv("XDG_CACHE_HOME", str(npm.cache_folder().parent))
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text("utf-8"))
    return pytester


def test_a_skipped_test_fails_under_no_skips(project: pytest.Pytester) -> None:
    project.makepyfile(SKIPPING.format(marks=""))
    project.runpytest_subprocess("--no-skips").assert_outcomes(failed=1)


def test_a_skipped_test_is_only_skipped_otherwise(project: pytest.Pytester) -> None:
    project.makepyfile(SKIPPING.format(marks=""))
    project.runpytest_subprocess().assert_outcomes(skipped=1)


def test_a_test_marked_for_the_system_may_be_skipped(project: pytest.Pytester) -> None:
    project.makepyfile(SKIPPING.format(marks="@pytest.mark.os_dependent"))
    project.runpytest_subprocess("--no-skips").assert_outcomes(skipped=1)


def test_a_skipped_module_fails_under_no_skips(project: pytest.Pytester) -> None:
    project.makepyfile('import pytest; pytest.importorskip("no_such_module")')
    project.runpytest_subprocess("--no-skips").assert_outcomes(errors=1)


def test_an_expected_failure_is_no_skip(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        @pytest.mark.xfail
        def test_something():
            assert False
    """)
    project.runpytest_subprocess("--no-skips").assert_outcomes(xfailed=1)


def test_the_ci_script_is_executable_and_strict() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text("utf-8")


def test_the_ci_script_leaves_no_test_out() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    chosen = re.findall(r"pytest\b.* -m '?([a-z ]+\w)'?$", script, re.MULTILINE)
    assert sorted(chosen) == ["not spark", "spark", "spark and not connect"]
    assert script.count("--no-skips") == len(chosen)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_full_commit(workflow: Path) -> None:
    used = re.findall(r"uses:\s*(\S+)", workflow.read_text("utf-8"))
    assert used
    foreign = [action for action in used if not action.startswith("./")]
    assert [action for action in foreign if not re.search(r"@[0-9a-f]{40}$", action)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_unless_a_job_says_more(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    assert "\npermissions:\n  contents: read\n" in text or "\npermissions: {}\n" in text
    assert "pull_request_target" not in text
