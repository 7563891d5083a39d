"""How many distinct values a few words of bits tell of."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.observe.spark import sketch


def collected(hashes: list[int]) -> list[int | None]:
    """Collect the words of such hashes as Spark does, in signed numbers of 64 bits."""
    found: list[int | None] = [None] * sketch.WORDS
    for each in hashes:
        bits = 0
        for half in (0, 32):
            rest = (each >> half) % (1 << 30) | (1 << 30)
            bits |= (rest & -rest) << half
        found[each >> 62] = (found[each >> 62] or 0) | bits
    return found


def some(count: int, seed: int) -> list[int]:
    numbers = random.Random(seed)  # noqa: S311 - numbers that are the same each time
    return [numbers.getrandbits(64) for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [0, 1, 2, 20, 1000, 100_000])
def test_an_estimate_is_within_four_deviations(count: int, seed: int) -> None:
    found = sketch.estimate(collected(some(count, seed)))
    assert abs(found - count) <= 4 * sketch.ERROR * count


def test_the_deviation_is_what_it_is_said_to_be() -> None:
    offs = [sketch.estimate(collected(some(1000, seed))) / 1000 - 1 for seed in range(100)]
    assert (sum(off * off for off in offs) / len(offs)) ** 0.5 <= 1.2 * sketch.ERROR


def test_duplicates_change_nothing() -> None:
    hashes = some(500, 1)
    assert collected(hashes * 3) == collected(hashes)


def test_what_no_row_makes_is_zero() -> None:
    assert sketch.estimate([None] * sketch.WORDS) == sketch.estimate([0] * sketch.WORDS) == 0
