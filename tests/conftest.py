"""What every test gets: a home of its own, so that nobody's Git configuration matters."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from support import npm  # Before any test replaces HOME.

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from support.spark import Sessions

settings.register_profile(
    "ci", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", max_examples=50, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="a skipped test fails, unless it is marked os_dependent",
    )


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "os_dependent: may be skipped where the operating system lacks what it needs",
        "on(*kinds): the kinds of Spark session that the fixture `spark` has, one after the other",
        "spark: needs Spark (set by the fixtures, and in folders of this name)",
        "connect: needs a Connect server, which comes with pyspark 4 (set by the fixtures)",
    ):
        config.addinivalue_line("markers", marker)


def pytest_report_header() -> str | None:
    found = npm.find("@octokit/openapi")
    if isinstance(found, npm.Missing):
        return f"not held against GitHub's description of its API: {found.why}"
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many points the tests of crashes covered."""
    covered: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if report.when == "call":
            covered.update(
                {name: n for name, n in report.user_properties if name.endswith("points")}
            )
    if covered:
        terminalreporter.line(", ".join(f"{n} {name}" for name, n in sorted(covered.items())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure under --no-skips: what CI must run, it must not leave out."""
    report = yield
    if (
        item.config.getoption("--no-skips")
        and report.skipped
        and not hasattr(report, "wasxfail")
        and item.get_closest_marker("os_dependent") is None
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped under --no-skips: {report.longreprtext}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for whole modules (`importorskip`)."""
    report = yield
    if collector.config.getoption("--no-skips") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped under --no-skips: {report.longreprtext}"
    return report


@pytest.fixture(autouse=True)
def isolated_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the test an empty HOME and no GIT_* or token of the caller's environment."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GIT_", "GITDRAFT_", "GITHUB_", "GH_")):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
        patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield home


# -- Spark: one session at a time; `-m spark` is best run in one process ----------------------

_HERE = Path(__file__).parent
_KINDS = ("local", "connect", "cluster")

#: What pyspark itself does wrong: it asks for pandas and says this of the newest, and it leaves
#: sockets to the garbage collector.
_NOISE = (
    "ignore:PySpark does not yet fully support pandas:FutureWarning",
    "ignore:unclosed <socket:ResourceWarning",
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `spark` the kinds of session that `@pytest.mark.on` names, one after the other."""
    chosen = metafunc.definition.get_closest_marker("on")
    if chosen and "spark" in metafunc.fixturenames:
        metafunc.parametrize("spark", chosen.args, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Spark, and sort it by the kind of session, so that each starts once."""
    for item in items:
        kind = _kind(item)
        # What lies in a folder of this name needs pyspark, if not a session.
        if kind is not None or "spark" in item.path.parent.parts[len(_HERE.parts) :]:
            item.add_marker(pytest.mark.spark)
            for each in _NOISE:
                item.add_marker(pytest.mark.filterwarnings(each))
        if kind == "connect":
            item.add_marker(pytest.mark.connect)
    order = [None, *_KINDS]
    items.sort(key=lambda item: order.index(_kind(item)))


def _kind(item: pytest.Item) -> str | None:
    """Name the kind of session that a test needs, if any."""
    names = getattr(item, "fixturenames", ())
    if "spark" in names:
        callspec = getattr(item, "callspec", None)
        kind = callspec.params.get("spark", _KINDS[0]) if callspec else _KINDS[0]
        # Some tests have another parameter of this name.
        return kind if kind in _KINDS else None
    return next((kind for kind in _KINDS[1:] if kind in names), None)


@pytest.fixture(scope="session")
def spark_sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    """Start sessions, and stop them when the tests end."""
    from support.spark import Sessions

    sessions = Sessions(tmp_path_factory.mktemp("spark"))
    try:
        yield sessions
    finally:
        sessions.close()


def _session(request: pytest.FixtureRequest, kind: str) -> SparkSession:
    from support.spark import missing

    why = missing(kind)
    if why is not None:
        pytest.skip(why)
    sessions: Sessions = request.getfixturevalue("spark_sessions")
    return sessions.get(kind)


@pytest.fixture
def spark(request: pytest.FixtureRequest) -> SparkSession:
    """A local session, or each of those that `@pytest.mark.on("local", "connect")` names."""
    return _session(request, getattr(request, "param", _KINDS[0]))


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> SparkSession:
    """A session on a Connect server."""
    return _session(request, "connect")


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> SparkSession:
    """A session on a standalone cluster of a master and two workers."""
    return _session(request, "cluster")
