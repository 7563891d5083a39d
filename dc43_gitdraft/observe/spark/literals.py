"""What a contract states, as literals of a column's own type.

Of another type, Spark would cast the column: `0.1` as a double is less than the float 0.1, and
text that is no number ends the job.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.model import DataType

_TEXTS = ("string", "char", "varchar")
_MAX_DIGITS = 38


def is_text(kind: DataType) -> bool:
    """Tell whether the column holds text: not bytes, and no interval."""
    return kind.logical == "string" and _word(kind) in _TEXTS


def literal(value: Any, kind: DataType) -> Column | None:
    """Return the value as one of the type; None where no value of the type is equal to it."""
    if value is None:
        return None
    if is_text(kind):
        return F.lit(_text(value))
    if kind.logical == "boolean":
        return _boolean(value)
    if kind.logical in ("integer", "number"):
        return _number(value, kind)
    if kind.logical in ("date", "timestamp", "time"):
        return _moment(value, kind)
    return None


def _word(kind: DataType) -> str:
    return (kind.physical or "").partition("(")[0].partition(" ")[0]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _boolean(value: Any) -> Column | None:
    known = {"true": True, "false": False}.get(_text(value).lower())
    return None if known is None else F.lit(known)


def _number(value: Any, kind: DataType) -> Column | None:
    if isinstance(value, bool):
        return None
    try:
        exact = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if kind.physical in ("float", "double"):
        # NaN is equal to itself in Spark.
        lost = exact.is_finite() and not math.isfinite(float(exact))
        return None if lost or exact.is_snan() else F.lit(float(exact)).cast(kind.physical)
    if not exact.is_finite():
        return None
    if len(exact.as_tuple().digits) > _MAX_DIGITS or abs(exact.adjusted()) > _MAX_DIGITS:
        return None
    if exact == exact.to_integral_value():
        whole = int(exact)
        return F.lit(whole) if abs(whole) < 2**63 else F.lit(Decimal(whole))
    return F.lit(exact)


def _moment(value: Any, kind: DataType) -> Column | None:
    text = _text(value).strip()
    # Python 3.10 reads no `Z`.
    plain = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    read = {"date": date.fromisoformat, "time": time.fromisoformat}.get(
        str(kind.logical), datetime.fromisoformat
    )
    try:
        read(plain)
    except ValueError:
        return None
    # Cast by Spark, so that a time without a zone is one of the session's zone.
    return F.lit(text).cast(_word(kind))
