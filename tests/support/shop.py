"""A small contracts repository with its local forge, and the jobs and stewards around it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import (
    Dataset,
    DataType,
    Draft,
    Observation,
    ObservedProperty,
    Outcome,
    Policy,
    PullRequest,
)
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import Identity, RefUpdate, Repo

ANA = Identity("Ana Steward", "ana@example.org")

ORDERS = """\
# The orders of the web shop.
apiVersion: v3.2.0
kind: DataContract
id: orders
name: Orders
version: 1.2.0  # semantic
status: active
schema:
  - name: orders
    properties:
      - name: order_id  # the key
        logicalType: integer
        physicalType: bigint
        required: true
      - name: amount
        logicalType: number
        physicalType: decimal(10,2)
        description: Total in euros.
      - name: note
        logicalType: string
        physicalType: string
"""

#: Columns of data that agree with ORDERS.
AGREEING = {
    "order_id": DataType("integer", "bigint"),
    "amount": DataType("number", "decimal(10,2)"),
    "note": DataType("string", "string"),
}
DISCOUNT = {**AGREEING, "discount": DataType("string", "string")}
DISCOUNT_AND_TAX = {**DISCOUNT, "tax": DataType("number", "double")}

START = datetime(2024, 5, 30, 12, 0, tzinfo=timezone.utc)


def seen(
    columns: dict[str, DataType] = AGREEING,
    *,
    dataset: str = "table:shop.orders",
    version: str | None = None,
    nulls: dict[str, int] | None = None,
) -> Observation:
    """Return what a job saw: columns whose types the source declares."""
    return Observation(
        dataset=Dataset(dataset, version),
        properties=tuple(
            ObservedProperty(name, kind, nullable=True, nulls=(nulls or {}).get(name))
            for name, kind in columns.items()
        ),
        observed_by="tests",
        rows=10,
        observed_at=START,
    )


def clock() -> Callable[[], datetime]:
    """Return a clock that ticks a minute each time it is read."""
    ticks = itertools.count(1)
    return lambda: START + timedelta(minutes=next(ticks))


class Shop:
    """A bare repository of contracts at `path`, with `main` as its base branch."""

    def __init__(self, path: Path, files: Mapping[str, str] | None = None) -> None:
        self.path = path
        Repo.init(path)
        self.repo = Repo.open(str(path))
        self.desk = Desk(self.repo, LocalForge(self.repo), "main", clock())
        self.write("main", files or {"contracts/orders.odcs.yaml": ORDERS}, "Add contracts")

    @property
    def forge(self) -> LocalForge:
        forge = self.desk.forge
        assert isinstance(forge, LocalForge)
        return forge

    def job(
        self,
        columns: dict[str, DataType] = DISCOUNT,
        contract: str = "orders",
        *,
        adjust: Callable[[Policy], Policy] = lambda policy: policy,
        new: bool = False,
        dry_run: bool = False,
        **observed: object,
    ) -> Outcome:
        """Run a job that sees these columns, to its end."""
        return publish(
            contract,
            seen(columns, **observed),  # type: ignore[arg-type]
            self.desk,
            adjust=adjust,
            new=new,
            dry_run=dry_run,
        )

    def write(self, branch: str, files: Mapping[str, str | None], message: str = "Edit") -> str:
        """Commit as a person, on top of `branch`."""
        ref = f"refs/heads/{branch}"
        tip = self.repo.resolve(ref)
        commit = self.repo.write_commit(
            [tip] if tip else [],
            {path: None if text is None else text.encode() for path, text in files.items()},
            message,
            author=ANA,
            when=self.desk.clock(),
        )
        self.repo.push([RefUpdate(ref, commit, tip)])
        return commit

    def edit(self, branch: str, before: str, after: str, path: str | None = None) -> str:
        """Replace a text in a file as a person."""
        path = path or "contracts/orders.odcs.yaml"
        text = self.text(branch, path)
        assert before in text
        return self.write(branch, {path: text.replace(before, after)})

    def text(self, ref: str, path: str = "contracts/orders.odcs.yaml") -> str:
        """Return a file's text at a branch or tag."""
        full = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
        commit = self.repo.resolve(full)
        assert commit is not None, ref
        blob = self.repo.read(commit, path)
        assert blob is not None, path
        return blob.decode()

    def refs(self) -> dict[str, str]:
        """Return every ref with what it points to."""
        return dict(self.repo.refs())

    def open_pulls(self) -> list[PullRequest]:
        """Return the open pull requests."""
        return [pull for pull in self.forge.list(None) if pull.state.value == "open"]


def drafted(outcome: Outcome) -> Draft:
    """Return the draft of an outcome that has one."""
    assert outcome.draft is not None
    return outcome.draft


def pulled(outcome: Outcome) -> PullRequest:
    """Return the pull request of an outcome that has one."""
    assert outcome.pull_request is not None
    return outcome.pull_request


def added_lines(before: str, after: str) -> list[str]:
    """Return the lines of `after` that `before` lacks, asserting that none went."""
    rest = before.splitlines()
    added = []
    for line in after.splitlines():
        if rest and line == rest[0]:
            rest.pop(0)
        else:
            added.append(line)
    assert not rest, rest
    return added


def names(items: Iterable[PullRequest]) -> list[str]:
    """Return the titles of pull requests."""
    return [pull.title for pull in items]
