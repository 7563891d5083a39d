"""How many distinct values there are, estimated of a few words of bits that an `or` collects.

Probabilistic counting (Flajolet and Martin, 1985): each value's hash chooses one of the words, and
sets in each half of it, which is a register, the bit of the lowest one in that half of the hash;
bit r of a register thus is set by one of 2^(r+1) values that come to it. How many values there were
is then estimated by maximum likelihood over all bits, for few as well as for many.

Spark's own estimate keeps better registers for the same number of bits, but no code is generated
for it, nor for anything that is aggregated beside it: on 10 million rows of 20 columns it alone
takes as long as two scans, and this here a third of one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Words a column; each is an aggregate, and has two registers.
WORDS = 4

#: The standard deviation of an estimate, relative to it.
ERROR = 0.25

_HALF = 32
_BITS = 31
#: Of the values that come to a register, the share that sets each bit.
_SHARES = (*(2.0 ** -(bit + 1) for bit in range(_BITS - 1)), 2.0 ** -(_BITS - 1))
#: The two highest bits of each half, as a signed number, and the lowest one of each.
_TOPS = (0b11 << 62 | 0b11 << 30) - (1 << 64)
_ONES = 1 << _HALF | 1
#: Far more than the registers can tell.
_MOST = 2.0**48


def words(column: str) -> list[str]:
    """Return the aggregates that make the words of a column, all as SQL spells them."""
    value = f"xxhash64({column})"
    # With the highest bits of each half set, each has a lowest one, and no sum leaves its half.
    halves = f"({value} | {_TOPS}L)"
    # Nothing here hides behind a condition: Spark computes what all words have in common once.
    lowest = f"{halves} & (~{halves} + {_ONES}L)"
    word = f"shiftrightunsigned({value}, 62)"
    return [
        f"bit_or({lowest} & -cast({word} = {at} AND {column} IS NOT NULL AS BIGINT))"
        for at in range(WORDS)
    ]


def estimate(found: Sequence[int | None]) -> int:
    """Return how many distinct values the words tell of; None is what no row makes."""
    bits = [_set(word or 0, bit) for bit in range(_BITS) for word in found]
    counts = [sum(bits[at : at + len(found)]) for at in range(0, len(bits), len(found))]
    low, high = 0.0, _MOST
    while high - low > max(0.01, low * 1e-6):
        middle = (low + high) / 2
        low, high = (middle, high) if _grows(counts, middle) else (low, middle)
    return round(low)


def _set(word: int, bit: int) -> int:
    """Return how many of the two registers of a word have the bit."""
    return (word >> bit & 1) + (word >> (bit + _HALF) & 1)


def _grows(counts: Sequence[int], number: float) -> bool:
    """Tell whether these bits are likelier with more than so many values: by the derivative."""
    slope = 0.0
    for count, share in zip(counts, _SHARES, strict=True):
        mean = number * share / WORDS
        # A bit that is set says that some value came, one that is not that none did.
        slope += count * share / math.expm1(mean) if mean < 700 else 0.0
        slope -= (2 * WORDS - count) * share
    return slope > 0
