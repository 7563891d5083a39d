"""Numbers for limits: rounded, so that the next run of a job asks for the same."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal


def away(value: Decimal) -> Decimal:
    """Round a number that is not negative up, to one significant digit."""
    return _rounded(value, ROUND_CEILING)


def towards(value: Decimal) -> Decimal:
    """Round a number that is not negative down, to one significant digit."""
    return _rounded(value, ROUND_FLOOR)


def number(value: Decimal) -> int | float:
    """Return a number as a document states it."""
    whole = int(value)
    return whole if whole == value else float(value)


def _rounded(value: Decimal, direction: str) -> Decimal:
    if not value:
        return value
    return value.quantize(Decimal(1).scaleb(value.adjusted()), rounding=direction)
