"""Decisions made from bytes, so that a fuzzer and hypothesis find the same things.

Bytes that ran out decide for the first possibility each time, which is the plainest one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from support import hostile

T = TypeVar("T")
Place = tuple[Any, Any]

_NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2**31, 2**63, -(2**63) - 1, 10**30, 10**400),
    *(0.0, -0.0, 0.5, 1e308, float("inf"), float("-inf"), float("nan")),
)
_SCALARS: tuple[Any, ...] = (None, True, False, "", "x", [], {})


class Dice:
    """Throws that come from `data`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes nobody asked for yet."""
        return len(self._data) - self._at

    def below(self, sides: int) -> int:
        """Return a number from 0, less than `sides`."""
        size = 1 if sides <= 256 else 2
        thrown = int.from_bytes(self._data[self._at : self._at + size], "big")
        self._at += size
        return thrown % sides

    def one_in(self, count: int) -> bool:
        """Say yes once in `count`; never when the bytes ran out."""
        return self.below(count) == count - 1

    def of(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def text(self) -> str:
        """Return a text that is likely to be trouble, or one of the bytes that follow."""
        if self.one_in(4):
            size = self.below(24)
            taken = self._data[self._at : self._at + size]
            self._at += size
            return taken.decode("utf-8", "replace")
        if self.one_in(5):
            return self.of(hostile.TEXTS) + self.of(hostile.TEXTS)
        return self.of(hostile.TEXTS)

    def value(self, depth: int = 3) -> Any:
        """Return anything that JSON may hold."""
        kind = self.below(8)
        if kind < 2:
            return copy.copy(self.of(_SCALARS))
        if kind < 4 or not depth:
            return self.text()
        if kind < 6:
            return self.of(_NUMBERS)
        if kind == 6:
            return [self.value(depth - 1) for _ in range(self.below(4))]
        return {self.text(): self.value(depth - 1) for _ in range(self.below(4))}

    def changed(self, document: Any, most: int = 5) -> Any:
        """Return a copy of a document in which up to `most` places are others."""
        root = [copy.deepcopy(document)]
        for _ in range(self.below(most + 1)):
            self._change(root)
        return root[0]

    def _change(self, root: list[Any]) -> None:
        places = _places(root)
        holder, key = self.of(places)
        what = self.below(8)
        if what < 3:
            holder[key] = self.value()
        elif what == 3:
            other, name = self.of(places)
            holder[key] = copy.deepcopy(other[name])
        elif what == 4:
            holder[key] = self._nested(holder[key])
        elif isinstance(holder, dict):
            if what > 5:
                holder[self.text()] = holder[key]
            if what != 6:
                del holder[key]
        elif holder is not root:
            if what == 5:
                del holder[key]
            else:
                holder.insert(key, copy.deepcopy(holder[key]))

    def _nested(self, inner: Any) -> Any:
        for _ in range(self.of((1, 2, 10, 60))):
            inner = [inner]
        return inner

    def bytes_of(self, document: Any) -> bytes:
        """Write a document as JSON, sometimes as only sloppy programs do."""
        text = json.dumps(document)
        if self.one_in(4):
            text = text.replace("Infinity", "1e999")
        if self.one_in(6):
            text = "\ufeff" + text
        data = text.encode("utf-8", "surrogatepass")
        if self.one_in(6):
            data = self.spliced(data)
        return data

    def spliced(self, data: bytes, tokens: Sequence[bytes] = ()) -> bytes:
        """Return bytes with pieces cut out, repeated or put in."""
        for _ in range(self.below(4) + 1):
            at, size = self.below(len(data) + 1), self.below(40)
            what = self.below(4)
            if what == 0 and tokens:
                data = data[:at] + self.of(tokens) + data[at:]
            elif what == 1:
                data = data[:at] + data[at + size :]
            elif what == 2:
                other = self.below(len(data) + 1)
                data = data[:at] + data[other : other + size] + data[at:]
            else:
                data = data[:at] + self.text().encode("utf-8", "surrogatepass") + data[at:]
        return data


def _places(root: list[Any]) -> list[Place]:
    """Return every place in a document, as what holds it and the key or index there."""
    found: list[Place] = []
    waiting: list[Any] = [root]
    while waiting and len(found) < 2_000:
        holder = waiting.pop()
        inner = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        for key, value in inner:
            found.append((holder, key))
            if isinstance(value, (dict, list)):
                waiting.append(value)
    return found
