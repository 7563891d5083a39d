"""Writing a type the way somebody else would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dc43_gitdraft.types.dialects import DIALECTS
from dc43_gitdraft.types.grammar import PhysicalType, TypeField, parse
from dc43_gitdraft.types.meaning import by_name, same
from dc43_gitdraft.types.warehouses import SPARK
from dc43_gitdraft.types.words import Dialect

#: How canonical names are spelt in Spark SQL where that differs.
_SPARK_WORDS: Mapping[str, str] = {
    "byte": "tinyint",
    "short": "smallint",
    "long": "bigint",
}
_JAVA_WORDS = frozenset({"byte", "short", "int", "long"})
_CLOSING = {"<": ">", "(": ")"}
#: Digits that BigQuery's NUMERIC has, before and behind the point.
_NUMERIC = (29, 9)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How somebody writes types: what `respell` imitates."""

    dialect: Dialect = SPARK
    upper: bool = False
    comma: str = ","
    arguments: str = ","
    colon: str = ":"
    java: bool = False

    @classmethod
    def of(cls, type_: PhysicalType, dialect: Dialect) -> _Manner:
        """Learn the manner of a spelling: separators only from one that has parts."""
        text = type_.text
        arguments = re.search(r"\(\s*\d+\s*,(\s*)\d", text)
        manner = cls(
            dialect=dialect,
            upper=(type_.word or text).isupper(),
            arguments=", " if arguments and arguments[1] else ",",
            java=re.search(r"\b(byte|short|long)\b", text, re.IGNORECASE) is not None,
        )
        spaced = dialect.brackets == "()" or dialect.name == "bigquery"
        colon, comma = (" ", ", ") if spaced else (":", ",")
        if type_.fields or "<" in text:
            colon = ": " if re.search(r":\s", text) else (" " if ":" not in text else ":")
        if re.search(r"[\w>)\]],\s*[`\"a-zA-Z_]", text):
            comma = ", " if re.search(r"[\w>)\]],\s+[`\"\w]", text) else ","
        return replace(manner, comma=comma, colon=colon)


def respell(old_spelling: str, new: PhysicalType, dialect: str | None = None) -> str:
    """Write `new` as the author of `old_spelling` would: letter case, alias family, blanks.

    What stays the same inside of an array, a map or a struct keeps its very text. A word of
    another dialect is not used: a type that the contract's dialect does not have is written as
    what it has instead (`bigint` as `NUMBER(38,0)` in Snowflake).
    """
    old = parse(old_spelling, dialect)
    manner = _Manner.of(old, DIALECTS.get(dialect or "", SPARK))
    return _like(old if old.known else None, new, manner)


def spell(type_: PhysicalType) -> str:
    """Write a type as Spark SQL does: `decimal(10,2)`, `array<string>`."""
    return _like(None, type_, _Manner()) if type_.known else type_.text


def _like(old: PhysicalType | None, new: PhysicalType, manner: _Manner) -> str:
    if old is not None and same(old, new):
        return old.text
    if not new.known:
        return new.text
    upper = old.word.isupper() if old is not None else manner.upper
    alike = old if old is not None and old.name == new.name else None
    if new.items is not None or new.key is not None or new.fields:
        return _nested(alike, new, manner, upper)
    if old is not None:
        text = _with_args(_word(old, new, manner), new, manner, upper)
        if same(parse(text, manner.dialect.name), new):
            return text
    return _with_args(_dialect_word(new, manner), new, manner, upper)


def _with_args(word: str, new: PhysicalType, manner: _Manner, upper: bool) -> str:
    text = word.upper() if upper and manner.dialect.name != "clickhouse" else word
    if new.args and "(" not in word:
        text += f"({manner.arguments.join(map(str, new.args))})"
    return text


def _dialect_word(new: PhysicalType, manner: _Manner) -> str:
    word = manner.dialect.spells.get(new.name)
    if word is not None:
        return "bignumeric" if _too_long_for_numeric(new, manner) else word
    if manner.java and new.name in _JAVA_WORDS:
        return new.name
    return _SPARK_WORDS.get(new.name, new.name)


def _too_long_for_numeric(new: PhysicalType, manner: _Manner) -> bool:
    if manner.dialect.name != "bigquery" or new.name != "decimal" or not new.args:
        return False
    precision, scale = new.args
    return precision - scale > _NUMERIC[0] or scale > _NUMERIC[1]


def _nested(old: PhysicalType | None, new: PhysicalType, manner: _Manner, upper: bool) -> str:
    """Write a type with its parts; a dialect without such types has a word for all of them."""
    dialect = manner.dialect
    instead = dialect.spells.get(new.name)
    if instead is not None and parse(instead, dialect.name).name != new.name:
        return instead.upper() if upper else instead
    opening = _opening(old, dialect)
    if new.items is not None:
        items = _like(old and old.items, new.items, manner)
        if _as_suffix(old, dialect):
            return f"{items}[]"
        inside = items
    elif new.key is not None and new.value is not None:
        key = _like(old and old.key, new.key, manner)
        inside = f"{key}{manner.comma}{_like(old and old.value, new.value, manner)}"
    else:
        before = by_name(old) if old is not None else {}
        colon = " " if opening == "(" else manner.colon
        inside = manner.comma.join(
            _field_like(before.get(item.name.casefold()), item, manner, colon)
            for item in new.fields
        )
    word = old.word if old is not None and old.word else instead or new.name
    return f"{word.upper() if upper else word}{opening}{inside}{_CLOSING[opening]}"


def _opening(old: PhysicalType | None, dialect: Dialect) -> str:
    found = re.match(r"[\w\s]*([<(])", old.text) if old is not None else None
    return found[1] if found is not None else dialect.brackets[0]


def _as_suffix(old: PhysicalType | None, dialect: Dialect) -> bool:
    if old is not None and old.items is not None:
        return old.text.rstrip().endswith("]")
    return dialect.list_suffix


def quoted(name: str) -> str:
    """Quote the name of a field where Spark SQL would not read it otherwise."""
    plain = re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) is not None
    return name if plain else "`" + name.replace("`", "``") + "`"


def _field_like(old: TypeField | None, new: TypeField, manner: _Manner, colon: str) -> str:
    name = quoted(new.name)
    kind = _like(old.type if old is not None else None, new.type, manner)
    null = "" if new.nullable else (" NOT NULL" if manner.upper else " not null")
    return f"{name}{colon}{kind}{null}"


def _word(old: PhysicalType, new: PhysicalType, manner: _Manner) -> str:
    """Return the word of the author's family for a type without parts."""
    if old.name == new.name and not _too_long_for_numeric(new, manner):
        return old.word
    before = " ".join(old.word.lower().split())
    if before == "text" and new.name == "string":
        return "text"
    if new.name in ("timestamp", "timestamp_ntz"):
        for ours, theirs in _ZONES[:1] if new.name in manner.dialect.spells else _ZONES:
            if before in (ours, theirs):
                return ours if new.name == "timestamp" else theirs
    if new.name == "varchar":
        if before in ("character", "char varying", "character varying"):
            return "character varying"
        if before in ("varchar", "varchar2"):
            return before
    return _dialect_word(new, manner)


#: Families of words, with and without a time zone; a dialect's own words come before the last ones.
_ZONES = (
    ("timestamp with time zone", "timestamp without time zone"),
    ("timestamp_ltz", "timestamp_ntz"),
    ("timestamp", "timestamp_ntz"),
)
