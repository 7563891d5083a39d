"""What the arguments of a type mean: digits, lengths, precisions, and everything else."""

from __future__ import annotations

from collections.abc import Sequence

from dc43_gitdraft.types.words import Meaning

_INTEGERS = frozenset(
    {"byte", "short", "mediumint", "int", "long", "ubyte", "ushort", "uint", "ulong"}
)
_LENGTHS = frozenset({"char", "varchar", "nchar", "nvarchar", "fixedbinary", "varbinary", "varbit"})
_LONGEST = {"varchar": "string", "nvarchar": "nstring", "varbinary": "binary"}
#: What a length makes of a type that has none.
_LIMITED = {"string": "varchar", "nstring": "nvarchar", "binary": "varbinary"}
PRECISIONS = frozenset({"time", "timetz", "timestamp", "timestamp_ntz", "timestamp_tz"})
_NO_ARGUMENTS = frozenset(
    {"boolean", "date", "void", "datetime", "smalldatetime", "uuid", "json", "variant"}
)
#: As long as it gets, or longer: what VARCHAR and BINARY are without a length.
_SNOWFLAKE_LONGEST = {"varchar": 16_777_216, "varbinary": 8_388_608}
_REDSHIFT_MAX = 65_535
#: Binary digits of a FLOAT that need eight bytes.
_SINGLE = 24


class NotATypeError(Exception):
    """The text is no type that we understand; never leaves this package."""


def interpret(
    word: str, meaning: Meaning, raw: Sequence[str] | None, dialect: str
) -> tuple[str, tuple[int, ...], str]:
    """Return the canonical name, the numbers and the detail of a type with these arguments.

    Raises NotATypeError where it cannot have them.
    """
    name = meaning.name
    if raw is None:
        longest = _LONGEST.get(name) if not meaning.args else None
        return longest or name, meaning.args, ""
    if name == "decimal" or name == "numeric":
        return "decimal", _digits(raw), ""
    if name in _LIMITED or name in _LENGTHS or name == "bit":
        return _limited(_LIMITED.get(name, name), raw, dialect)
    if name in PRECISIONS:
        return _precise(name, raw)
    if name in ("float", "double"):
        return _floating(word, name, raw, dialect), (), ""
    if name in _INTEGERS:
        if len(raw) != 1 or not raw[0].isdecimal() or dialect not in ("", "mysql"):
            raise NotATypeError
        return ("boolean" if (dialect, word, *raw) == ("mysql", "tinyint", "1") else name), (), ""
    if name in _NO_ARGUMENTS:
        raise NotATypeError
    return name, (), ",".join(raw)


def _number(text: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise NotATypeError
    return int(text)


def _digits(raw: Sequence[str]) -> tuple[int, ...]:
    if len(raw) > 2:
        raise NotATypeError
    precision, scale = _number(raw[0] if raw[0] != "*" else "38"), 0
    if len(raw) == 2:
        scale = _number(raw[1])
    return precision, scale


def _limited(name: str, raw: Sequence[str], dialect: str) -> tuple[str, tuple[int, ...], str]:
    """Read a length: `20`, `20 char`, `max`."""
    if len(raw) != 1:
        raise NotATypeError
    size, _, unit = raw[0].partition(" ")
    if unit not in ("", "char", "byte"):
        raise NotATypeError
    if size == "max":
        if dialect == "redshift":
            return name, (_REDSHIFT_MAX,), ""
        if name not in _LONGEST:
            raise NotATypeError
        return _LONGEST[name], (), ""
    length = _number(size)
    if dialect == "snowflake" and length >= _SNOWFLAKE_LONGEST.get(name, length + 1):
        return _LONGEST[name], (), ""
    return name, (length,), "char" if unit == "char" else ""


def _precise(name: str, raw: Sequence[str]) -> tuple[str, tuple[int, ...], str]:
    """Read the digits of fractions of a second; ClickHouse also states a zone there."""
    numbers = [part for part in raw if part.isdecimal()]
    others = [part for part in raw if not part.isdecimal()]
    if len(numbers) > 1 or any(not part.startswith("'") for part in others):
        raise NotATypeError
    return name, tuple(map(int, numbers)) or (0,), ",".join(others).lower()


def _floating(word: str, name: str, raw: Sequence[str], dialect: str) -> str:
    """Read FLOAT(n): the standard counts binary digits, Snowflake ignores them."""
    if dialect == "mysql" and len(raw) == 2:
        return name  # digits shown
    if not word.startswith("float") or len(raw) != 1 or dialect == "snowflake":
        raise NotATypeError
    digits = _number(raw[0])
    return "float" if digits <= _SINGLE else "double"
