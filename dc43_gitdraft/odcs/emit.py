"""Plain Python as YAML text: scalars, flow collections, and lines of block style."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dc43_gitdraft.strictyaml.scalars import UNSEEN, may_be_plain, spelt

#: libyaml reads keys of up to 1,024 characters without `?`.
_LONGEST_SIMPLE_KEY = 1000

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_TO_ESCAPE = re.compile(rf'[\\"\x00-\x1f{UNSEEN}]')
_NOT_SINGLE = re.compile(rf"[\x00-\x1f{UNSEEN}]")
_NOT_BLOCK = re.compile(rf"[\x00-\x08\x0b-\x1f{UNSEEN}]")


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is written; columns count from the parent's.

    `step` is a mapping's indentation in a mapping, `dash` that of a list under a key, `gap` what
    lies between a dash and the item's text. `quote` and `key_quote` go around strings that need
    none, "" for none. Without `literal` no text becomes a block scalar.
    """

    newline: str = "\n"
    step: int = 2
    dash: int = 2
    gap: int = 2
    quote: str = ""
    key_quote: str = ""
    literal: bool = True


def scalar(value: Any, *, flow: bool = False, quote: str = "") -> str:
    """Write a scalar on one line; a string gets quotes where any reader needs them."""
    if isinstance(value, datetime) and flow:
        # Old libyaml takes no colon in plain scalars of flow collections.
        return f"!!timestamp '{spelt(value)}'"
    if not isinstance(value, str):
        return spelt(value)
    if quote == '"':
        return double_quoted(value)
    if quote == "" and may_be_plain(value, flow=flow):
        return value
    return single_quoted(value) if not _NOT_SINGLE.search(value) else double_quoted(value)


def single_quoted(text: str) -> str:
    """Quote with apostrophes; only for text that `scalar` would take so."""
    return "'" + text.replace("'", "''") + "'"


def double_quoted(text: str) -> str:
    """Quote any text, on one line, with escapes."""
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    sign = found.group()
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    code = ord(sign)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"a lone surrogate U+{code:04X} cannot be written as UTF-8")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def fits_block(text: str) -> bool:
    """Say whether a block scalar (`|`) can hold the text without any trick."""
    if not text.strip() or _NOT_BLOCK.search(text) or text.endswith("\n\n"):
        return False
    lines = text.removesuffix("\n").split("\n")
    if not lines[0] or lines[0][0] in " \t":
        return False
    return all(not line or line.strip(" \t") for line in lines)


def fits_literal(text: str) -> bool:
    """Say whether a text of several lines reads best as a block scalar, and can be one."""
    return "\n" in text and fits_block(text)


def ends_open(value: Any) -> bool:
    """Say whether the value's last text is a block scalar that needs its last line break."""
    while isinstance(value, (dict, list)) and value:
        value = list(value.values())[-1] if isinstance(value, dict) else value[-1]
    return isinstance(value, str) and value.endswith("\n") and fits_literal(value)


def folded(text: str, indent: int, width: int) -> list[str] | None:
    """Return the lines of a folded block scalar (`>`), or None where folding would change it."""
    lines: list[str] = []
    for paragraph in text.removesuffix("\n").split("\n"):
        if paragraph.startswith((" ", "\t")):
            return None
        if lines:
            lines.append("")
        line = ""
        for word in re.split(r"(?<=[^ \t]) (?=[^ \t])", paragraph):
            if line and indent + len(line) + 1 + len(word) > width:
                lines.append(" " * indent + line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        if line:
            lines.append(" " * indent + line)
    return lines


def literal(text: str, indent: int) -> tuple[str, list[str]]:
    """Return header and lines of a block scalar whose lines are indented so far."""
    header = "|" if text.endswith("\n") else "|-"
    lines = text.removesuffix("\n").split("\n")
    return header, [" " * indent + line if line else "" for line in lines]


def flow(value: Any, style: Style) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        items = [
            f"{key(name, style, flow=True)}: {flow(item, style)}" for name, item in value.items()
        ]
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item, style) for item in value) + "]"
    return scalar(value, flow=True, quote=style.quote)


def key(name: str, style: Style, *, flow: bool = False) -> str:
    """Write a key, without its colon."""
    text = scalar(name, flow=flow, quote=style.key_quote)
    if len(text) <= _LONGEST_SIMPLE_KEY:
        return text
    if not flow:
        raise ValueError("a long key needs a line of its own")
    return f"? {text} "


def under_key(value: Any, column: int, style: Style) -> tuple[str, list[str]]:
    """Write what follows the colon of a key at `column`: the line's rest, and further lines."""
    if isinstance(value, dict) and value:
        return "", mapping_lines(value, column + style.step, style)
    if isinstance(value, list) and value:
        return "", sequence_lines(value, column + style.dash, style)
    return _inline(value, column + style.step, style)


def under_dash(value: Any, column: int, style: Style) -> tuple[str, list[str]]:
    """Write what follows a dash at `column`."""
    inner = column + style.gap
    if isinstance(value, (dict, list)) and value:
        lines = collection_lines(value, inner, style)
        return " " * (style.gap - 1) + lines[0][inner:], lines[1:]
    rest, lines = _inline(value, inner, style)
    return " " * (style.gap - 2) + rest, lines


def collection_lines(value: dict[str, Any] | list[Any], column: int, style: Style) -> list[str]:
    """Write a block collection whose keys or dashes stand at `column`."""
    if isinstance(value, dict):
        return mapping_lines(value, column, style)
    return sequence_lines(value, column, style)


def mapping_lines(value: dict[str, Any], column: int, style: Style) -> list[str]:
    """Write a block mapping whose keys stand at `column`."""
    pad = " " * column
    lines: list[str] = []
    for name, item in value.items():
        rest, more = under_key(item, column, style)
        shown = scalar(name, quote=style.key_quote)
        if len(shown) > _LONGEST_SIMPLE_KEY:
            lines += [f"{pad}? {shown}", f"{pad}:{rest}", *more]
        else:
            lines += [f"{pad}{shown}:{rest}", *more]
    return lines


def sequence_lines(value: list[Any], column: int, style: Style) -> list[str]:
    """Write a block list whose dashes stand at `column`."""
    pad = " " * column
    lines: list[str] = []
    for item in value:
        rest, more = under_dash(item, column, style)
        lines += [f"{pad}-{rest}", *more]
    return lines


def _inline(value: Any, indent: int, style: Style) -> tuple[str, list[str]]:
    if isinstance(value, dict):
        return " {}", []
    if isinstance(value, list):
        return " []", []
    if style.literal and isinstance(value, str) and fits_literal(value):
        header, lines = literal(value, indent)
        return " " + header, lines
    return " " + scalar(value, quote=style.quote), []


def _ranks(words: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(words.split())}


_TOP = _ranks(
    "apiVersion kind id name version status tenant domain dataProduct context tags description"
    " authoritativeDefinitions servers schema relationships support price team roles"
    " slaDefaultElement slaProperties contractCreatedTs customProperties"
)
_ELEMENT = _ranks(
    "id name businessName physicalName logicalType physicalType description tags"
    " dataGranularityDescription logicalTypeOptions required unique primaryKey"
    " primaryKeyPosition partitioned partitionKeyPosition classification encryptedName"
    " criticalDataElement transformSourceObjects transformLogic transformDescription enum"
    " examples relationships items map properties quality authoritativeDefinitions"
    " customProperties"
)
_RULE = _ranks(
    "id name type metric rule dimension description property arguments query engine"
    " implementation mustBe mustNotBe mustBeGreaterThan mustBeGreaterOrEqualTo mustBeLessThan"
    " mustBeLessOrEqualTo mustBeBetween mustNotBeBetween unit severity businessImpact method"
    " scheduler schedule tags authoritativeDefinitions customProperties"
)
_OTHER = _ranks("id server name type environment description property value unit element")
_ORDERS = {"schema": _ELEMENT, "properties": _ELEMENT, "items": _ELEMENT, "key": _ELEMENT}
_ORDERS |= {"value": _ELEMENT, "quality": _RULE}


def in_order(value: Any, place: str = "") -> Any:
    """Put keys into the order that ODCS documents customarily have; unknown keys come last."""
    if isinstance(value, list):
        return [in_order(item, place) for item in value]
    if not isinstance(value, dict):
        return value
    rank = _ORDERS.get(place, _OTHER) if place else _TOP
    names = sorted(value, key=lambda name: rank.get(name, len(rank)))
    return {name: in_order(value[name], name) for name in names}


def dump_new(document: dict[str, Any]) -> str:
    """Write a new contract: customary key order, block style, two spaces."""
    style = replace(Style(), dash=2)
    return "\n".join(mapping_lines(in_order(document), 0, style)) + "\n" if document else "{}\n"
