"""What a YAML scalar means, in YAML 1.2 and 1.1, and when a text must be quoted.

Reading follows YAML 1.2 as ruamel.yaml applies it, or 1.1 where a document says so. Writing
trusts neither: a string that any of the two would take for something else gets quotes, and
numbers are spelt as both read them.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

TAG_PREFIX = "tag:yaml.org,2002:"

_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_TRUE_11 = re.compile(r"(?:yes|Yes|YES|true|True|TRUE|on|On|ON)\Z")
_FALSE_11 = re.compile(r"(?:no|No|NO|false|False|FALSE|off|Off|OFF)\Z")
_INT = re.compile(r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)\Z")
_INT_11 = re.compile(
    r"[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*(?::[0-5]?[0-9])*)\Z"
)
_FLOAT = re.compile(
    r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
_FLOAT_11 = re.compile(
    r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]*))?(?:[ \t]*(?:(Z)|([-+])([0-9]{1,2})(?::?([0-9]{2}))?))?\Z"
)

#: Texts that some reader takes for a boolean, a null, a merge or YAML 1.1's default value.
_RESERVED = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "~", "=", "<<")
)
#: Anything that some reader may take for a number, a sexagesimal one, a date or a time.
_NUMBERLIKE = re.compile(
    r"[-+]?\.?[0-9][0-9_.,:]*(?:[eE][-+]?[0-9]*)?[ ]*\Z|[-+]?0[box]?[0-9a-fA-F_]*\Z"
)
_DATELIKE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
#: How a plain scalar may begin, so that every reader takes it for one.
_PLAIN_START = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=~<.+\x00-\x20\x7f-\xa0]|[.+<](?=[^\s.\d])")
#: Inside of a character class: what nobody sees, or what turns the order of what one sees around.
UNSEEN = (
    r"\x7f-\xa0\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    r"\ud800-\udfff\ufeff\ufffe\uffff"
)
_NOT_PLAIN = re.compile(rf": |:\Z| #|[\t\r\n\x00-\x1f{UNSEEN}]")
_NOT_FLOW_PLAIN = re.compile(r"[,\[\]{}:?]")


def resolve(text: str, plain: bool, tag: str | None, old: bool) -> Any:
    """Return the value of a scalar; `old` asks for YAML 1.1. ValueError says what is wrong."""
    if tag is None or (tag == "!" and plain):
        # A lone '!' asks for text, but libyaml cannot tell it from no tag on plain scalars.
        return _implicit(text, old) if plain and tag is None else text
    if tag in ("!", TAG_PREFIX + "str"):
        return text
    kind = tag.removeprefix(TAG_PREFIX)
    if kind not in ("null", "bool", "int", "float", "timestamp"):
        raise ValueError(f"the tag '{tag}' is unknown here; remove it")
    value = _implicit(text, old)
    wanted = {"null": type(None), "bool": bool, "int": int, "float": float}.get(kind, date)
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value) is not wanted and not (wanted is date and isinstance(value, date)):
        raise ValueError(f"'{_short(text)}' is no {kind}, which its tag says it is")
    return value


def _implicit(text: str, old: bool) -> Any:
    if _NULL.match(text):
        return None
    if (_TRUE_11 if old else _TRUE).match(text):
        return True
    if (_FALSE_11 if old else _FALSE).match(text):
        return False
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    if _DATE.match(text) or _TIMESTAMP.match(text):
        return _moment(text)
    if (_INT_11 if old else _INT).match(text):
        return _integer(text, old)
    if (_FLOAT_11 if old else _FLOAT).match(text):
        return _float(text)
    return text


def _integer(text: str, old: bool) -> int:
    digits = text.replace("_", "").lower()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if len(digits) > 1000:
        raise ValueError("a number of more than 1,000 digits; quote it")
    try:
        if ":" in digits:
            value = 0
            for part in digits.split(":"):
                value = value * 60 + int(part)
            return sign * value
        if digits[:2] in ("0b", "0o", "0x"):
            return sign * int(digits, 0)
        return sign * int(digits, 8 if old and digits.startswith("0") else 10)
    except ValueError:
        raise ValueError(f"'{_short(text)}' is no number; quote it") from None


def _float(text: str) -> float:
    digits = text.replace("_", "").lower()
    if digits.endswith(".inf"):
        return -math.inf if digits.startswith("-") else math.inf
    return math.nan if digits == ".nan" else float(digits)


def _moment(text: str) -> date:
    try:
        day = _DATE.match(text)
        if day:
            return date(*map(int, day.groups()))
        found = _TIMESTAMP.match(text)
        if found is None:
            raise ValueError(text)
        year, month, dom, hour, minute, second = map(int, found.groups()[:6])
        micro = int(((found.group(7) or "") + "000000")[:6])
        zone: timezone | None = timezone.utc if found.group(8) else None
        if found.group(9):
            offset = timedelta(hours=int(found.group(10)), minutes=int(found.group(11) or 0))
            zone = timezone(-offset if found.group(9) == "-" else offset)
        return datetime(year, month, dom, hour, minute, second, micro, zone)
    except ValueError:
        raise ValueError(f"'{_short(text)}' is no date of the calendar; quote it") from None


def same(one: Any, other: Any) -> bool:
    """Say whether two documents are the same, types too: 1, 1.0, True and '1' all differ."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        if len(one) != len(other):
            return False
        return all(key in other and same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return repr(one) == repr(other)  # tells 0.0 from -0.0, and takes NaN for itself
    if isinstance(one, datetime):
        return bool(one == other) and one.utcoffset() == other.utcoffset()
    return bool(one == other)


def may_be_plain(text: str, *, flow: bool = False) -> bool:
    """Say whether every reader takes this unquoted text for just this string."""
    if not text or text != text.strip() or not _PLAIN_START.match(text):
        digit = text[:1].isdigit() and text == text.strip()
        if not digit:
            return False
    if _NOT_PLAIN.search(text) or (flow and _NOT_FLOW_PLAIN.search(text)):
        return False
    if text.lower() in _RESERVED or text.startswith(("---", "...")):
        return False
    if _NUMBERLIKE.match(text) or _DATELIKE.match(text):
        return _is_version(text)
    return type(_implicit(text, False)) is str and type(_implicit(text, True)) is str


_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:\.[0-9]+)*\Z")


def _is_version(text: str) -> bool:
    return bool(_VERSION.match(text))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def spelt(value: Any) -> str:
    """Spell a value that is no string so that YAML 1.1 and 1.2 readers agree on it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _spelt_float(value)
    if isinstance(value, datetime):
        return value.isoformat(sep="T")
    if isinstance(value, (int, date)):
        return str(value)
    raise TypeError(f"a contract cannot hold a {type(value).__name__}")


def _spelt_float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        sign = "" if exponent[0] in "+-" else "+"
        return f"{mantissa}{'' if '.' in mantissa else '.0'}e{sign}{exponent}"
    return text
