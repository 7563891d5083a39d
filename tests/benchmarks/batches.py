"""A batch of drafts in a process of its own, so that what it uses is known.

Every contract of a repository that `large` made drifts. Prints as JSON: how many ended how, the
seconds of processor and clock, those that GitHub's limits would have taken, and the most memory
that was used, in MB.

Run: python tests/benchmarks/batches.py REPOSITORY SIZE [API_URL TOKEN]
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import large
from support.shop import seen

from dc43_gitdraft.batch import Wanted, publish_all
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import DataType
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Repo

DRIFTED = {"id": "integer", "amount": "number", "channel": "string"}


def cpu() -> float:
    """Return the seconds of processor that this process and those it waited for have had."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


def memory() -> float:
    """Return the most memory that this program has had, in MB."""
    # `getrusage` tells also of the program that started this one.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this needs Linux")


def main(where: str, size: int, api_url: str | None = None, token: str = "") -> None:
    columns = {name: DataType(kind) for name, kind in DRIFTED.items()}
    wanted = [
        Wanted(large.contract_id(number), seen(columns, dataset=f"table:{number}"))
        for number in range(size)
    ]
    waited = 0.0
    before, start = cpu(), time.perf_counter()
    with Repo.open(where, token or None) as repo:
        if api_url is None:
            ended = publish_all(wanted, Desk(repo, LocalForge(repo), "main"))
        else:
            from benchmarks import hub

            clock = hub.Clock()
            forge = hub.paced(repo, api_url, token, clock)
            ended = publish_all(wanted, Desk(repo, forge, "main"))
            waited = clock.now
    kinds = Counter(each.outcome.kind.value if each.outcome else str(each.error) for each in ended)
    told = {
        "kinds": kinds,
        "cpu": cpu() - before,
        "clock": time.perf_counter() - start,
        "waited": waited,
        "memory": memory(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
