"""Which item of a new list was which item of the old one."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dc43_gitdraft.strictyaml.scalars import same

#: What ODCS items are known by, the strongest first.
IDENTITY = (
    "id",
    "name",
    "property",
    "server",
    "username",
    "role",
    "channel",
    "url",
    "to",
    "metric",
    "rule",
    "query",
    "value",
)

#: How many old items a new one is held against before it counts as new.
_REACH = 8


def match_items(old: list[Any], new: list[Any]) -> list[int | None]:
    """Return, for each new item, the index of the old item that it continues, or None.

    Equal items pair first, then those with the same identity, then what stands at the same
    place between paired neighbours and is alike. It takes time linear in both lists.
    """
    pairs: list[int | None] = [None] * len(new)
    free = [True] * len(old)

    def pair(i: int, j: int) -> None:
        pairs[j] = i
        free[i] = False

    head = 0
    while head < min(len(old), len(new)) and same(old[head], new[head]):
        pair(head, head)
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and same(old[-1 - tail], new[-1 - tail]):
        tail += 1
        pair(len(old) - tail, len(new) - tail)

    olds, news = range(head, len(old) - tail), range(head, len(new) - tail)
    if olds and news:
        old_marks = {i: repr(old[i]) for i in olds}
        _pair_by(olds, news, old_marks, {j: repr(new[j]) for j in news}, pairs, pair)
    for name in IDENTITY:
        free_old = [i for i in olds if free[i]]
        free_new = [j for j in news if pairs[j] is None]
        if not free_old or not free_new:
            break
        _pair_by(
            free_old,
            free_new,
            {i: _identity(old[i], name) for i in free_old},
            {j: _identity(new[j], name) for j in free_new},
            pairs,
            pair,
        )
    _pair_neighbours(old, new, pairs, free)
    return pairs


def _identity(item: Any, name: str) -> str | None:
    value = item.get(name) if isinstance(item, dict) else None
    return None if value is None or isinstance(value, (dict, list)) else repr(value)


def _pair_by(
    olds: Iterable[int],
    news: Iterable[int],
    old_keys: Mapping[int, str | None],
    new_keys: Mapping[int, str | None],
    pairs: list[int | None],
    pair: Callable[[int, int], None],
) -> None:
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for i in olds:
        mark = old_keys[i]
        if mark is not None:
            waiting[mark].append(i)
    for j in news:
        mark = new_keys[j]
        if pairs[j] is None and mark is not None and waiting.get(mark):
            pair(waiting[mark].popleft(), j)


def _pair_neighbours(
    old: list[Any], new: list[Any], pairs: list[int | None], free: list[bool]
) -> None:
    """Pair what is left in order: each with the first alike old item of the same gap."""
    following = 0
    for j, item in enumerate(new):
        known = pairs[j]
        if known is not None:
            following = known + 1
            continue
        for i in range(following, min(following + _REACH, len(old))):
            if not free[i]:
                break
            if _alike(old[i], item):
                pairs[j], free[i], following = i, False, i + 1
                break


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        both = [key for key in one if key in other]
        if any(key in IDENTITY and not same(one[key], other[key]) for key in both):
            # Renamed, at most: then the rest must tell that it is still the same thing.
            equal = sum(1 for key in both if same(one[key], other[key]))
            return 2 * equal >= max(len(one), len(other))
        return bool(both) and 2 * len(both) >= min(len(one), len(other))
    if isinstance(one, list) or isinstance(other, list):
        return isinstance(one, list) and isinstance(other, list)
    return not isinstance(one, dict) and not isinstance(other, dict)
