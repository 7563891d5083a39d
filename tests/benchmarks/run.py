"""All that is measured, in one table: each line beside its lower bound or its peer of the same run.

Times are of the processor, of this program and of those that it starts (a loaded machine does not
change them much); the other time is the clock's. `x` compares the first with that of the line which
`beside` names.

Run: python tests/benchmarks/run.py [--quick] [--only PART]

Spark is measured where it is installed, and with `--quick` only if it is asked for. Two sizes, and
all that it is compared with: python tests/benchmarks/spark.py
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import compare, hub, large, main_job, sources
from ruamel.yaml import YAML
from support.git_http import serve

from dc43_gitdraft import strictyaml
from dc43_gitdraft.changes import compare as classify
from dc43_gitdraft.odcs import read, rewrite

ROW = '{"id": 1, "amount": 1.5, "channel": "web"}\n'


@dataclass(frozen=True)
class Sizes:
    """How much of each there is."""

    runs: int
    properties: int
    contracts: int
    commits: int
    batch: int
    batch_on_github: int
    rows: int
    spark: tuple[int, int]


FULL = Sizes(5, 10_000, 100_000, 50_000, 1_000, 1_000, 100_000, (1_000_000, 50))
QUICK = Sizes(1, 200, 1_000, 20, 5, 0, 100, (1_000, 10))


@dataclass(frozen=True)
class Line:
    """One line of the table; `beside` is the name of another line of its part."""

    part: str
    what: str
    cpu: float
    clock: float
    beside: str | None = None
    remark: str = ""


def cpu() -> float:
    """Return the seconds of processor that this process and those it waited for have had."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


def taken(runs: int, work: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of processor and clock of several runs."""
    times = []
    for _ in range(runs):
        before, start = cpu(), time.perf_counter()
        work()
        times.append((cpu() - before, time.perf_counter() - start))
    used, clock = zip(*times, strict=True)
    return statistics.median(used), statistics.median(clock)


def program(*arguments: str | Path, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def tool(*arguments: str | Path, **env: str) -> str:
    return program("-m", "dc43_gitdraft", *arguments, **env)


def startup(sizes: Sizes, _folder: Path) -> Iterator[Line]:
    bound = "python -c 'import click'"
    program("-c", "import click")
    tool("--help")
    yield Line("start-up", bound, *taken(sizes.runs, lambda: program("-c", "import click")))
    times = taken(sizes.runs, lambda: tool("--help"))
    yield Line("start-up", "dc43-gitdraft --help", *times, bound)


def job(sizes: Sizes, folder: Path) -> Iterator[Line]:
    fresh, repo, data = folder / "fresh.git", folder / "job.git", folder / "wide.parquet"
    main_job.make_repository(fresh)
    main_job.write_data(data)
    shutil.copytree(fresh, repo)
    bound = "git commit-tree + update-ref"
    yield Line("main job", bound, *taken(sizes.runs, lambda: main_job.commit_and_move(repo)))
    before, start = cpu(), time.perf_counter()
    main_job.draft(repo, data, "created")
    times = cpu() - before, time.perf_counter() - start
    yield Line("main job", "draft: pull request opened", *times, bound)
    times = taken(sizes.runs, lambda: main_job.draft(repo, data, "unchanged"))
    yield Line("main job", "draft again: unchanged", *times, bound)
    with hub.running(fresh, folder / "hub") as github:
        yield from _on_github(sizes, folder, data, github)


def _on_github(sizes: Sizes, folder: Path, data: Path, github: hub.GitHub) -> Iterator[Line]:
    url = github.url.replace("://", f"://bench:{github.token}@")
    numbers = iter(range(100))

    def clone_and_push() -> None:
        number = next(numbers)
        clone = folder / f"clone-{number}.git"
        options = ("--quiet", "--bare", "--depth=1", "--filter=blob:none")
        subprocess.run(["git", "clone", *options, url, clone], check=True)
        main_job.commit_and_move(clone)
        main_job.git(clone, "push", "--quiet", "origin", f"bench:refs/heads/bench-{number}")

    bound = "git clone + push"
    yield Line("main job", bound, *taken(sizes.runs, clone_and_push))
    for what, outcome, runs in (
        ("draft on GitHub: pull request opened", "created", 1),
        ("draft on GitHub again: unchanged", "unchanged", sizes.runs),
    ):
        github.requests()
        work = partial(main_job.draft, github.url, data, outcome, **github.environment)
        times = taken(runs, work)
        asked = sum(n for kind, n in github.requests().items() if kind.startswith("api"))
        yield Line("main job", what, *times, bound, f"{asked // runs} requests to the API")


def wide(size: int) -> str:
    lines = main_job.contract().split("      - name: column_00", maxsplit=1)[0]
    for number in range(size):
        lines += f"      - name: c{number}\n        logicalType: string # said by people\n"
    return lines


def rewriting(sizes: Sizes, _folder: Path) -> Iterator[Line]:
    text = wide(sizes.properties)
    target = copy.deepcopy(read(text, validate=False).document)
    target["version"] = "1.1.0"
    target["schema"][0]["properties"].append({"name": "new", "logicalType": "string"})
    bound = "parse + splice of bytes"

    def splice() -> None:
        at = strictyaml.parse(text).content
        _ = text[:at] + "x" + text[at:]

    def dump() -> None:
        yaml = YAML()
        yaml.dump(yaml.load(text), io.StringIO())

    part = f"rewrite, {sizes.properties:,} properties"
    yield Line(part, bound, *taken(sizes.runs, splice))
    yield Line(part, "rewrite", *taken(sizes.runs, lambda: rewrite(text, target)), bound)
    yield Line(part, "ruamel.yaml load + dump", *taken(1, dump), bound)


def comparing(sizes: Sizes, _folder: Path) -> Iterator[Line]:
    texts = [compare.large(changed=changed) for changed in (False, True)]
    documents = [read(text, validate=False).document for text in texts]
    part, bound = "compare, 1,000 properties", "parse of both"
    times = taken(sizes.runs, lambda: [strictyaml.parse(text) for text in texts])
    yield Line(part, bound, *times)
    yield Line(part, "compare", *taken(sizes.runs, lambda: classify(*documents)), bound)


def repositories(sizes: Sizes, folder: Path) -> Iterator[Line]:
    """Measure commands with a warm cache in a repository of 100 contracts and in a large one."""
    data = folder / "seen.jsonl"
    data.write_text(ROW)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for contracts, commits in ((100, 20), (sizes.contracts, sizes.commits)):
        name = f"{contracts:,} contracts"
        repo = large.make(folder / f"{contracts}.git", contracts, commits)
        cache = {"GITDRAFT_CACHE": str(folder / f"cache-{contracts}")}
        cold = taken(1, lambda r=repo, c=cache: tool("promote", "--repo", r, **c))  # type: ignore[misc]
        found[name] = {"promote, nothing known yet": cold, **commands(repo, data, sizes, cache)}
    small, big = found
    for what, times in found[big].items():
        yield Line("large repository", f"{what}: {small}", *found[small][what])
        yield Line("large repository", f"{what}: {big}", *times, f"{what}: {small}")


def relationships(sizes: Sizes, folder: Path) -> Iterator[Line]:
    """Measure the same where nine contracts of ten refer to another one, without a long history."""
    data = folder / "seen.jsonl"
    data.write_text(ROW)
    small = "100 contracts"
    found: dict[str, tuple[float, float]] = {}
    for contracts in (100, sizes.contracts):
        bare = folder / f"related-{contracts}.git"
        repo = large.make(bare, contracts, 20, text_of=large.related)
        cache = {"GITDRAFT_CACHE": str(folder / f"cache-related-{contracts}")}
        for what, times in _among_related(repo, data, sizes, cache):
            beside = f"{what}: {small}" if what in found else None
            yield Line("relationships", f"{what}: {contracts:,} contracts", *times, beside)
            found[what] = times


def _among_related(
    repo: Path, data: Path, sizes: Sizes, cache: Mapping[str, str]
) -> Iterator[tuple[str, tuple[float, float]]]:
    numbers = iter(range(5, 100, 10))  # each in the middle of its group

    def draft() -> None:
        name = large.contract_id(next(numbers))
        tool("draft", name, "--from", data, "--repo", repo, **cache)

    def check() -> None:
        head = f"gitdraft/{large.contract_id(5)}"
        tool("check", "--head", head, "--repo", repo, **cache)

    tool("promote", "--repo", repo, **cache)
    yield "draft", taken(sizes.runs, draft)
    yield "check", taken(sizes.runs, check)


def commands(
    repo: Path, data: Path, sizes: Sizes, cache: Mapping[str, str]
) -> dict[str, tuple[float, float]]:
    at = ("--repo", repo)
    numbers = iter(range(100))
    tree = repo.with_suffix(".tree")
    subprocess.run(["git", "clone", "--quiet", repo, tree], check=True)

    def draft(*more: str) -> str:
        name = f"new_{next(numbers)}" if more else large.contract_id(next(numbers))
        tool("draft", name, "--from", data, *more, *at, **cache)
        return name

    def misspelt() -> None:
        with suppress(SystemExit):
            tool("draft", "tabel_7", "--from", data, *at, **cache)

    def promote_merged() -> tuple[float, float]:
        branch = f"refs/heads/gitdraft/{draft()}"
        subprocess.run(["git", "-C", repo, "update-ref", "refs/heads/main", branch], check=True)
        return taken(1, works["promote"])

    draft()
    head = f"gitdraft/{large.contract_id(0)}"
    works: dict[str, Callable[[], object]] = {
        "draft": draft,
        "draft --new": lambda: draft("--new"),
        "draft of an id that is nowhere": misspelt,
        "check": lambda: tool("check", "--head", head, *at, **cache),
        "check FILE": lambda: tool("check", tree / large.path_of(9), "--repo", tree, **cache),
        "promote": lambda: tool("promote", *at, **cache),
        "status": lambda: tool("status", *at, **cache),
    }
    for name in ("check FILE", "promote"):  # Each clone's index is made once.
        works[name]()
    merged = [promote_merged() for _ in range(sizes.runs)]
    times = {name: taken(sizes.runs, work) for name, work in works.items()}
    used, clock = (statistics.median(each) for each in zip(*merged, strict=True))
    return {**times, "promote after a merge": (used, clock)}


def over_http(sizes: Sizes, folder: Path) -> Iterator[Line]:
    """Count what a draft fetches over smart HTTP, beside a clone without contents."""
    data = folder / "seen.jsonl"
    data.write_text(ROW)
    served = folder / "served"
    served.mkdir()
    repo = large.make(served / "large.git", sizes.contracts, sizes.commits)
    for setting in ("http.receivepack", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", repo, "config", setting, "true"], check=True)
    bound = "git clone --bare --filter=blob:none"
    with serve(served) as server:
        url = server.url("large.git")

        def run(kept: str, *arguments: str) -> Callable[[], object]:
            cache = {"GITDRAFT_CACHE": str(folder / f"cache-{kept}")}
            return lambda: tool(*arguments, "--repo", url, **cache)

        drafted = [["draft", large.contract_id(each), "--from", str(data)] for each in (0, 1)]
        head = f"gitdraft/{large.contract_id(0)}"
        works: dict[str, Callable[[], object]] = {
            bound: lambda: subprocess.run(
                [*bound.split(), "--quiet", url, folder / "cloned.git"], check=True
            ),
            "draft, cold": run("draft", *drafted[0]),
            "draft, warm": run("draft", *drafted[1]),
            "draft, unchanged": run("draft", *drafted[1]),
            "check, cold": run("check", "check", "--head", head),
            "check, warm": run("check", "check", "--head", head),
            "status, cold": run("status", "status"),
            "status, warm": run("status", "status"),
            "history, cold": run("history", "history", large.contract_id(2)),
            "promote, first": run("draft", "promote"),
            "promote, again": run("draft", "promote"),
        }
        for name, work in works.items():
            before = server.sent
            times = taken(1, work)
            sent = f"{(server.sent - before) / 1024:,.0f} KB"
            yield Line("smart HTTP", name, *times, None if name == bound else bound, sent)


def batch(sizes: Sizes, folder: Path) -> Iterator[Line]:
    for size, places in (
        (sizes.batch // 10, ("a path",)),
        (sizes.batch, ("a path", "a URL")),
        (sizes.batch_on_github, ("GitHub",)),
    ):
        if not size:
            continue
        part, bound = f"batch of {size:,}", "git fast-import of as many"
        start = partial(large.make, folder / f"{size}.git", size, size)
        yield Line(part, bound, *taken(1, start))
        for place in places:
            bare = folder / f"{size}-{place}.git"
            shutil.copytree(folder / f"{size}.git", bare)
            for what, cpu_, clock, remark in _batches(bare, size, place):
                yield Line(part, f"draft --all, {place}: {what}", cpu_, clock, bound, remark)


def _batches(bare: Path, size: int, place: str) -> Iterator[tuple[str, float, float, str]]:
    """Draft all, by as many runs as GitHub's limits take, and once more."""
    with ExitStack() as stack:
        where = [bare.as_uri() if place == "a URL" else str(bare)]
        if place == "GitHub":
            github = stack.enter_context(hub.running(bare, bare.with_suffix(".hub")))
            where = [github.url, github.api_url, github.token]
        used = clock = waited = memory = 0.0
        for run in range(1, 100):
            script = str(Path(__file__).with_name("batches.py"))
            told = json.loads(program(script, where[0], str(size), *where[1:]))
            used, clock = used + told["cpu"], clock + told["clock"]
            waited, memory = waited + told["waited"], max(memory, told["memory"])
            remark = f"{memory:.0f} MB, {used / size * 1000:.0f} ms a draft"
            if waited:
                remark += f", {run} runs, {waited:.0f} s of waiting left out"
            # What an hour does not allow is left to the next run.
            if told["kinds"].keys() == {"unchanged"}:
                yield "unchanged", told["cpu"], told["clock"], remark
                return
            if told["kinds"].keys() <= {"created", "unchanged"}:
                yield "created", used, clock, remark
                used = clock = waited = 0.0
            elif not any("run again after" in kind for kind in told["kinds"]):
                raise SystemExit(f"the batch ended {told['kinds']}")
        raise SystemExit("the batch has no end")


def observing(sizes: Sizes, folder: Path) -> Iterator[Line]:
    made = sources.make(folder, sizes.rows)
    part, bound = f"observe, {sizes.rows:,} rows", "import of pyarrow.parquet"
    times = taken(sizes.runs, lambda: program("-c", "import pyarrow.parquet"))
    yield Line(part, bound, *times)
    for case in made:
        times = taken(sizes.runs, lambda s=case.source: tool("observe", s))  # type: ignore[misc]
        yield Line(part, case.name, *times, bound)


def in_spark(sizes: Sizes, folder: Path) -> Iterator[Line]:
    """Measure what `spark` does, in one session and after one round to warm up."""
    rows, columns = sizes.spark
    part, bound = f"Spark, {rows:,} x {columns}", "scan"
    if importlib.util.find_spec("pyspark") is None:
        yield Line("Spark", "not installed", 0, 0, None, "pip install '.[spark]'")
        return
    from benchmarks import spark

    session = spark.session()
    try:
        found = spark.figures(session, rows, columns, max(1, sizes.runs // 2), folder)
    finally:
        session.stop()
    for name, each in found.items():
        yield Line(part, name, each.cpu, each.clock, None if name == bound else bound)


PARTS = {
    "startup": startup,
    "job": job,
    "rewrite": rewriting,
    "compare": comparing,
    "large": repositories,
    "related": relationships,
    "http": over_http,
    "batch": batch,
    "observe": observing,
    "spark": in_spark,
}
#: Parts that `--quick` leaves out: a session alone takes longer than all the others.
SLOW = {"spark"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="Small sizes, each once.")
    parser.add_argument("--only", action="append", choices=PARTS, help="May be repeated.")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GITDRAFT_")]:
        del os.environ[name]
    sizes = QUICK if given.quick else FULL
    row = "| {:28} | {:45} | {:>9} | {:>9} | {:>7} | {} |"
    print(row.format("", "", "CPU ms", "clock ms", "x", "beside"))
    for name in given.only or (name for name in PARTS if not (given.quick and name in SLOW)):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
            lines: dict[str, Line] = {}
            for line in PARTS[name](sizes, Path(folder)):
                lines[line.what] = line
                beside = lines[line.beside] if line.beside else None
                ratio = f"{line.cpu / beside.cpu:.2f}" if beside and beside.cpu else ""
                times = (f"{line.cpu * 1000:.0f}", f"{line.clock * 1000:.0f}")
                said = "; ".join(filter(None, (line.beside, line.remark)))
                print(row.format(line.part, line.what, *times, ratio, said), flush=True)


if __name__ == "__main__":
    main()
