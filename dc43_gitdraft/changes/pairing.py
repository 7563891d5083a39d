"""Which entry of an old list is which one of the new list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Entry = tuple[int, Mapping[str, Any]]
#: What identifies an entry; None where it has no such identity.
Identity = Callable[[Mapping[str, Any]], Hashable]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Entries with their places, in the order of the new list; those removed in the old one's."""

    pairs: tuple[tuple[Entry, Entry], ...]
    removed: tuple[Entry, ...]
    added: tuple[Entry, ...]

    def merged(self) -> list[tuple[Entry | None, Entry | None]]:
        """Return all in document order: a removed one stands where it stood."""
        rows: list[tuple[Entry | None, Entry | None]] = []
        gone = deque(self.removed)
        new_rows = sorted([*self.pairs, *((None, new) for new in self.added)], key=_new_place)
        seen = -1
        for old, new in new_rows:
            if old is not None and old[0] > seen:
                while gone and gone[0][0] < old[0]:
                    rows.append((gone.popleft(), None))
                seen = old[0]
            rows.append((old, new))
        return rows + [(entry, None) for entry in gone]


def _new_place(row: tuple[Entry | None, Entry]) -> int:
    return row[1][0]


def key(name: str) -> Identity:
    """Identify entries by the value of a key."""

    def identity(entry: Mapping[str, Any]) -> Hashable:
        value = entry.get(name)
        return value if isinstance(value, (str, int)) else None

    return identity


def pair(old: Sequence[Entry], new: Sequence[Entry], *identities: Identity) -> Pairing:
    """Pair by the first identity, what is left by the second, and so on.

    Entries with one identity in common several times are paired in their order.
    """
    pairs: list[tuple[Entry, Entry]] = []
    left, right = list(old), list(new)
    for identity in identities:
        waiting: dict[Hashable, list[Entry]] = {}
        for entry in reversed(left):
            known = identity(entry[1])
            if known is not None:
                waiting.setdefault(known, []).append(entry)
        taken: set[int] = set()
        rest: list[Entry] = []
        for entry in right:
            candidates = waiting.get(identity(entry[1]))
            if candidates:
                partner = candidates.pop()
                pairs.append((partner, entry))
                taken.add(partner[0])
            else:
                rest.append(entry)
        right = rest
        left = [entry for entry in left if entry[0] not in taken]
    pairs.sort(key=lambda both: both[1][0])
    return Pairing(tuple(pairs), tuple(left), tuple(right))
