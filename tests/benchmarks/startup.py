"""How long `dc43-gitdraft --help` takes beside `import click` and the bare interpreter.

Run: python tests/benchmarks/startup.py [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "python -c pass": ("-c", "pass"),
    "python -c 'import click'": ("-c", "import click"),
    "dc43-gitdraft --version": ("-m", "dc43_gitdraft", "--version"),
    "dc43-gitdraft --help": ("-m", "dc43_gitdraft", "--help"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def measure(runs: int) -> dict[str, float]:
    """Return the median time of each program; taken in turns, so that noise hits all alike."""
    for arguments in PROGRAMS.values():
        seconds(arguments)  # compiles, and warms the file cache
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(runs):
        for name, arguments in PROGRAMS.items():
            times[name].append(seconds(arguments))
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    medians = measure(runs)
    click = medians["python -c 'import click'"]
    print(f"median of {runs} runs")
    for name, median in medians.items():
        print(f"{name:26} {median * 1000:7.1f} ms  {median / click:5.2f} x import click")


if __name__ == "__main__":
    main()
