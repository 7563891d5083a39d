"""What changed in a text, line by line, as Git would show it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher

#: Pairs of lines that are compared at once: with more, Python's way takes minutes.
_PAIRS = 1_000_000


def diff(before: str, after: str, path: str) -> str:
    """Return a unified diff as Git would show it."""
    old, new = before.splitlines(), after.splitlines()
    many = len(old) * len(new) > _PAIRS
    matcher = _Anchored(old, new) if many else SequenceMatcher(None, old, new)
    lines = [line for group in matcher.get_grouped_opcodes() for line in _hunk(group, old, new)]
    return "\n".join([f"--- a/{path}", f"+++ b/{path}", *lines] if lines else [])


def _hunk(
    group: Sequence[tuple[str, int, int, int, int]], old: Sequence[str], new: Sequence[str]
) -> Iterator[str]:
    (_, start, _, new_start, _), (_, _, end, _, new_end) = group[0], group[-1]
    yield f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@"
    for kind, begin, stop, new_begin, new_stop in group:
        if kind == "equal":
            yield from (f" {line}" for line in old[begin:stop])
        else:
            yield from (f"-{line}" for line in old[begin:stop])
            yield from (f"+{line}" for line in new[new_begin:new_stop])


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


class _Anchored(SequenceMatcher[str]):
    """Compares what lies between the lines that each text has once, in the order of both."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new)
        self._old, self._new = old, new

    def get_matching_blocks(self) -> list[Match]:
        """Return what is the same in both, as `SequenceMatcher` does."""
        blocks: list[Match] = []

        def add(a: int, b: int, size: int) -> None:
            last = blocks[-1] if blocks else None
            if last and (last.a + last.size, last.b + last.size) == (a, b):
                a, b, size = last.a, last.b, last.size + size
                blocks.pop()
            blocks.append(Match(a, b, size))

        old, new = self._old, self._new
        at, other = 0, 0
        for a, b in [*_anchors(old, new), (len(old), len(new))]:
            between = SequenceMatcher(None, old[at:a], new[other:b])
            for block in between.get_matching_blocks()[:-1]:
                add(at + block.a, other + block.b, block.size)
            if a < len(old) and b < len(new):
                add(a, b, 1)
            at, other = a + 1, b + 1
        return [*blocks, Match(len(old), len(new), 0)]


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest rising run of pairs of lines that stand once in either text."""
    once = [{line for line, count in Counter(text).items() if count == 1} for text in (old, new)]
    places = {line: place for place, line in enumerate(new) if line in once[1]}
    pairs = [(a, places[line]) for a, line in enumerate(old) if line in once[0] and line in places]
    ends: list[int] = []
    tops: list[int] = []
    before: list[int | None] = []
    for number, (_, b) in enumerate(pairs):
        length = bisect_left(ends, b)
        before.append(tops[length - 1] if length else None)
        if length == len(ends):
            ends.append(b)
            tops.append(number)
        else:
            ends[length], tops[length] = b, number
    run: list[tuple[int, int]] = []
    at = tops[-1] if tops else None
    while at is not None:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]
