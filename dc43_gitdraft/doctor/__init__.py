"""What is missing for drafts to be proposed, decided and promoted: told, and never mended.

Each check says what it found, how well that is, and what mends it. What cannot be known (no
network, a token that is told too little) is said to be unknown, and is no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import GitdraftError


class Health(Enum):
    """How well something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, how well it is, what was found, and what mends it."""

    name: str
    health: Health
    said: str
    mend: str | None = None


#: Asks one question of an opened repository.
Question = Callable[[Desk], Check]


def examine_machine() -> list[Check]:
    """Look at Git and the cache: what can be known without a repository."""
    from dc43_gitdraft.doctor import machine

    return [machine.git(), machine.cache()]


def examine(desk: Desk, scaffold: Mapping[str, str]) -> Iterator[Check]:
    """Look at a repository and at its forge; `scaffold` is what `init` would write there."""
    from dc43_gitdraft.doctor import hub

    yield from examine_contents(desk)
    yield from hub.examine(desk, scaffold)


def examine_contents(desk: Desk) -> Iterator[Check]:
    """Look at a repository alone, and ask nothing of its forge."""
    from dc43_gitdraft.doctor import contents

    yield contents.repository(desk)
    yield contents.identity(desk)
    yield from asked(
        desk,
        {
            "settings": contents.settings,
            "contracts": contents.contracts,
            "tags": contents.tags,
        },
    )


def asked(desk: Desk, questions: Mapping[str, Question]) -> Iterator[Check]:
    """Ask each question; one that fails is a failed check, and the others are asked all the same.

    A question that was answered by an error once (the settings cannot be read) makes the same
    error of those that build on it unknown.
    """
    told: set[str] = set()
    for name, question in questions.items():
        try:
            yield question(desk)
        except GitdraftError as error:
            health = Health.UNKNOWN if str(error) in told else Health.FAIL
            told.add(str(error))
            yield Check(name, health, str(error))


def unknown(names: Iterable[str], why: str) -> Iterator[Check]:
    """Say of several checks that they could not be made."""
    for name in names:
        yield Check(name, Health.UNKNOWN, why)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first few of several things."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def healthy(checks: Iterable[Check]) -> bool:
    """Say whether nothing failed."""
    return all(check.health is not Health.FAIL for check in checks)
