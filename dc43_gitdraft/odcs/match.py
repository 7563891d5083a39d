"""Which item of a new list was which item of the old one."""

from __future__ import annotations

from collections import defaultdict, deque
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
    _pair_by(olds, news, [repr(item) for item in old], [repr(item) for item in new], pairs, pair)
    for name in IDENTITY:
        free_old = [i for i in olds if free[i]]
        free_new = [j for j in news if pairs[j] is None]
        if not free_old or not free_new:
            break
        _pair_by(free_old, free_new, _identities(old, name), _identities(new, name), pairs, pair)
    _pair_neighbours(old, new, pairs, free)
    return pairs


def _identities(items: list[Any], name: str) -> list[str | None]:
    return [
        repr(item[name])
        if isinstance(item, dict) and not isinstance(item.get(name), (dict, list, type(None)))
        else None
        for item in items
    ]


def _pair_by(
    olds: Any, news: Any, old_keys: Any, new_keys: Any, pairs: list[int | None], pair: Any
) -> None:
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for i in olds:
        if old_keys[i] is not None:
            waiting[old_keys[i]].append(i)
    for j in news:
        if pairs[j] is None and new_keys[j] is not None and waiting.get(new_keys[j]):
            pair(waiting[new_keys[j]].popleft(), j)


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
