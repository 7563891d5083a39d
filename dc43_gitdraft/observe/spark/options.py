"""What logicalTypeOptions and enumerations demand of each value, as conditions on a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.observe.spark.literals import is_text, literal
from dc43_gitdraft.observe.spark.places import Place


class UnmeasurableError(ValueError):
    """A rule that no aggregate decides; the message says why."""


#: Of a text that a pattern with repeated groups is tried on: a longer one could overflow the stack
#: of Java's matcher, which ends the whole Spark application.
MAX_TEXT = 1_000

_REPEATED = re.compile(r"\)\s*([*+]|\{\d+,\}|\{(\d+,)?\d{3,}\})")

#: What a row must not be: true where it fails.
Failing = Callable[[Place, Any], Column]


def conditions(
    place: Place, known: Callable[[str], None]
) -> Iterator[tuple[str, Callable[[], Column]]]:
    """Yield the name of each option that can be checked, and what makes its condition.

    The makers raise UnmeasurableError, as `known` does for a pattern that is none.
    """
    stated = place.node.get("logicalTypeOptions")
    options = stated if isinstance(stated, dict) else {}
    for name, value in options.items():
        maker = _BY_NAME.get(name)
        if name == "format":
            maker = _format_of(place, value)
        elif name in ("minimum", "maximum") and options.get(_EXCLUSIVE[name]) is True:
            maker = _BY_NAME[_EXCLUSIVE[name]]  # before 3.1 it only says how the limit is meant
        if maker is not None and not isinstance(value, bool):
            if name == "pattern":
                maker = partial(_matching, known)
            yield name, partial(maker, place, value)
        elif name == "uniqueItems" and value is True:
            yield name, partial(_items_repeat, place)


def not_among(place: Place, values: Iterable[Any]) -> Column:
    """Return whether any value is none of these. Raises UnmeasurableError."""
    if place.type.logical in ("object", "array", "map", None) or place.type.physical == "binary":
        raise UnmeasurableError(f"{_kind(place)} is not compared with listed values")
    known = [each for each in (literal(value, place.type) for value in values) if each is not None]
    if not known:
        return place.any(lambda found: found.isNotNull())
    return place.any(lambda found: ~found.isin(*known))


def not_matching(place: Place, pattern: Any) -> Column:
    """Return whether any text is without a match of the pattern. Raises UnmeasurableError.

    Texts that `too_long` tells of are not tried.
    """
    _needs_text(place)
    if not _repeats(pattern):
        return _unlike(place, str(pattern))
    # An aggregate that counts does not care whether it is null or false.
    return place.any(lambda found: F.when(F.length(found) <= MAX_TEXT, ~found.rlike(str(pattern))))


def _unlike(place: Place, pattern: str) -> Column:
    return place.any(lambda found: ~found.rlike(pattern))


def too_long(place: Place, pattern: Any) -> Column | None:
    """Return whether any text is too long for the pattern; None where no text is."""
    if not _repeats(pattern) or not is_text(place.type):
        return None
    return place.any(lambda found: F.length(found) > MAX_TEXT)


def _repeats(pattern: Any) -> bool:
    """Tell whether a group may be repeated often: each time, Java's matcher calls itself."""
    return _REPEATED.search(str(pattern)) is not None


def _matching(known: Callable[[str], None], place: Place, pattern: Any) -> Column:
    known(str(pattern))
    return not_matching(place, pattern)


# -- texts --------------------------------------------------------------------------------------


def _needs_text(place: Place) -> None:
    if not is_text(place.type):
        raise UnmeasurableError(f"{_kind(place)} holds no text")


def _kind(place: Place) -> str:
    return f"the column of type {(place.type.physical or 'unknown')[:60]}"


def _whole(limit: Any) -> int:
    if not isinstance(limit, int):
        raise UnmeasurableError("the limit is no whole number")
    # No text, array or map of Spark's is longer, and no constant of Spark's is much larger.
    return max(-1, min(limit, 2**31))


#: Bytes of UTF-8 that a character takes at most.
_BYTES = 4


def _shorter(place: Place, limit: Any) -> Column:
    _needs_text(place)
    least = _whole(limit)
    # Characters are counted one by one, bytes are known: of nearly all texts they tell enough.
    return place.any(
        lambda found: F.when(F.octet_length(found) < _BYTES * least, F.length(found) < least)
    )


def _longer(place: Place, limit: Any) -> Column:
    _needs_text(place)
    most = _whole(limit)
    return place.any(lambda found: F.when(F.octet_length(found) > most, F.length(found) > most))


_HEX = "[0-9a-fA-F]"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LABEL = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
#: Formats that a regular expression decides: RFC 9562, 3986, 1123, and HTML's e-mail address.
#: `$` would let a line break pass at the end. Groups repeat in short texts alone: see `MAX_TEXT`.
_FORMATS: Mapping[str, str] = {
    "uuid": rf"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\z",
    "ipv4": rf"^{_BYTE}(\.{_BYTE}){{3}}\z",
    "hostname": rf"^(?=.{{1,253}}\z){_LABEL}(\.{_LABEL})*\z",
    "email": rf"^(?=.{{1,320}}\z)[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(\.{_LABEL})*\z",
    "uri": r"^[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]*\z",
}
#: Formats of whole numbers: what they hold. Unsigned ones begin at 0.
_BITS: Mapping[str, int] = {"i8": 8, "i16": 16, "i32": 32, "i64": 64, "i128": 128}


def _format_of(place: Place, value: Any) -> Failing | None:
    """Return what checks a format; None for one that demands nothing of the values."""
    if is_text(place.type):
        if place.node.get("logicalType") in ("date", "timestamp", "time"):
            return _undecided
        if value in _FORMATS:
            return lambda there, name: _unlike(there, _FORMATS[name])
        return None if value in ("password", "byte", "binary") else _undecided
    unsigned = isinstance(value, str) and value.startswith("u")
    bits = _BITS.get(f"i{value[1:]}" if unsigned else value) if isinstance(value, str) else None
    if bits is None or place.type.logical != "integer":
        return None
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return lambda there, _: _below(there, low) | _above(there, high)


def _undecided(_place: Place, value: Any) -> Column:
    raise UnmeasurableError(f"no rule is known for the format {str(value)[:40]}")


# -- limits -------------------------------------------------------------------------------------


def _limit(place: Place, value: Any) -> Column:
    if place.type.logical not in ("integer", "number", "date", "timestamp", "time"):
        raise UnmeasurableError(f"{_kind(place)} has no order that a limit could mean")
    found = None if _is_nan(value) else literal(value, place.type)
    if found is None:
        raise UnmeasurableError(f"the limit is no value of {_kind(place)}")
    return found


def _is_nan(value: Any) -> bool:
    return str(value).strip().lower() == "nan"


def _below(place: Place, value: Any) -> Column:
    limit = _limit(place, value)
    return place.any(lambda found: found < limit)


def _above(place: Place, value: Any) -> Column:
    limit = _limit(place, value)
    return place.any(lambda found: found > limit)


def _not_above(place: Place, value: Any) -> Column:
    limit = _limit(place, value)
    return place.any(lambda found: found <= limit)


def _not_below(place: Place, value: Any) -> Column:
    limit = _limit(place, value)
    return place.any(lambda found: found >= limit)


#: Of a quotient, by how much floating point may miss a whole number.
_TOLERANCE = 1e-9


def _not_multiple(place: Place, value: Any) -> Column:
    if place.type.logical not in ("integer", "number"):
        raise UnmeasurableError(f"{_kind(place)} holds no numbers")
    try:
        step = Decimal(str(value))
    except InvalidOperation:
        step = Decimal(0)
    if not step:
        raise UnmeasurableError("multipleOf is no number above 0")
    if place.type.physical in ("float", "double"):
        quotient = 1 / float(step)
        return place.any(
            lambda found: (
                # As with a maximum.
                F.isnan(found)
                | (
                    F.abs(found * quotient - F.rint(found * quotient))
                    > _TOLERANCE * F.greatest(F.lit(1.0), F.abs(found * quotient))
                )
            )
        )
    unit = F.lit(int(step)) if step == step.to_integral_value() else F.lit(step)
    return place.any(lambda found: (found % unit) != 0)


# -- arrays, maps and structs -------------------------------------------------------------------


def _needs(place: Place, *logical: str) -> None:
    if place.type.logical not in logical:
        raise UnmeasurableError(f"{_kind(place)} is no {' and no '.join(logical)}")


def _sized(*logical: str, fails: Callable[[Column, int], Column]) -> Failing:
    def failing(place: Place, limit: Any) -> Column:
        _needs(place, *logical)
        # The size of a null is -1 in some settings.
        return place.any(lambda found: found.isNotNull() & fails(F.size(found), _whole(limit)))

    return failing


def _items_repeat(place: Place) -> Column:
    _needs(place, "array")
    if "map<" in (place.type.physical or "") or "variant" in (place.type.physical or ""):
        raise UnmeasurableError("Spark cannot compare maps and variants")
    return place.any(lambda found: F.size(F.array_distinct(found)) < F.size(found))


def _lacks(place: Place, names: Any) -> Column:
    if not isinstance(names, list) or not names:
        raise UnmeasurableError("required lists no names")
    fields = {each.name for each in place.type.fields}
    wanted = [str(name) for name in names]
    if place.type.key is not None and is_text(place.type.key):
        return place.any(lambda found: ~_all(F.map_contains_key(found, name) for name in wanted))
    if not fields.issuperset(wanted):
        raise UnmeasurableError("the data has not all of these properties")
    return place.any(
        lambda found: found.isNotNull() & ~_all(found.getField(name).isNotNull() for name in wanted)
    )


def _all(parts: Iterable[Column]) -> Column:
    first, *rest = parts
    for each in rest:
        first = first & each
    return first


_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}

_BY_NAME: Mapping[str, Failing] = {
    "minLength": _shorter,
    "maxLength": _longer,
    "pattern": not_matching,
    "minimum": _below,
    "maximum": _above,
    "exclusiveMinimum": _not_above,
    "exclusiveMaximum": _not_below,
    "multipleOf": _not_multiple,
    "minItems": _sized("array", fails=lambda size, limit: size < limit),
    "maxItems": _sized("array", fails=lambda size, limit: size > limit),
    "dimensions": _sized("array", fails=lambda size, limit: size != limit),
    "minProperties": _sized("map", fails=lambda size, limit: size < limit),
    "maxProperties": _sized("map", fails=lambda size, limit: size > limit),
    "required": _lacks,
}
