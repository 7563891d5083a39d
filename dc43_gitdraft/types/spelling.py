"""Writing a type the way somebody else would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dc43_gitdraft.types.grammar import PhysicalType, TypeField, parse
from dc43_gitdraft.types.meaning import by_name, same

#: How canonical names are spelt in Spark SQL where that differs.
_SPARK_WORDS: Mapping[str, str] = {
    "byte": "tinyint",
    "short": "smallint",
    "long": "bigint",
}
_JAVA_WORDS = frozenset({"byte", "short", "int", "long"})


@dataclass(frozen=True, slots=True)
class _Manner:
    """How somebody writes types: what `respell` imitates."""

    upper: bool = False
    comma: str = ","
    arguments: str = ","
    colon: str = ":"
    java: bool = False

    @classmethod
    def of(cls, type_: PhysicalType) -> _Manner:
        text = type_.text
        letters = type_.word or text
        arguments = re.search(r"\(\s*\d+\s*,(\s*)\d", text)
        return cls(
            upper=letters.isupper(),
            comma=", " if re.search(r"[\w>)],\s+[`\"\w]", text) else ",",
            arguments=", " if arguments and arguments[1] else ",",
            colon=": " if re.search(r":\s", text) else (" " if ":" not in text else ":"),
            java=re.search(r"\b(byte|short|long)\b", text, re.IGNORECASE) is not None,
        )


def respell(old_spelling: str, new: PhysicalType) -> str:
    """Write `new` as the author of `old_spelling` would: letter case, alias family, blanks.

    What stays the same inside of an array, a map or a struct keeps its very text.
    """
    old = parse(old_spelling)
    manner = _Manner.of(old)
    if "<" not in old_spelling:
        manner = _Manner(manner.upper, arguments=manner.arguments, java=manner.java)
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
    word = _word(old, new, manner)
    text = word.upper() if upper else word
    if new.args:
        text += f"({manner.arguments.join(map(str, new.args))})"
    if old is None or old.name != new.name:
        old = None
    if new.items is not None:
        text += f"<{_like(old and old.items, new.items, manner)}>"
    if new.key is not None and new.value is not None:
        key = _like(old and old.key, new.key, manner)
        text += f"<{key}{manner.comma}{_like(old and old.value, new.value, manner)}>"
    if new.fields:
        before = by_name(old) if old is not None else {}
        fields = [
            _field_like(before.get(item.name.casefold()), item, manner) for item in new.fields
        ]
        text += f"<{manner.comma.join(fields)}>"
    return text


def quoted(name: str) -> str:
    """Quote the name of a field where Spark SQL would not read it otherwise."""
    plain = re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) is not None
    return name if plain else "`" + name.replace("`", "``") + "`"


def _field_like(old: TypeField | None, new: TypeField, manner: _Manner) -> str:
    name = quoted(new.name)
    kind = _like(old.type if old is not None else None, new.type, manner)
    null = "" if new.nullable else (" NOT NULL" if manner.upper else " not null")
    return f"{name}{manner.colon}{kind}{null}"


def _word(old: PhysicalType | None, new: PhysicalType, manner: _Manner) -> str:
    if old is not None:
        if old.name == new.name:
            return old.word
        before = " ".join(old.word.lower().split())
        if before == "text" and new.name == "string":
            return "text"
        if new.name in ("timestamp", "timestamp_ntz"):
            for ours, theirs in _ZONES:
                if before in (ours, theirs):
                    return ours if new.name == "timestamp" else theirs
        if before in ("character", "char varying", "character varying") and new.name == "varchar":
            return "character varying"
        if before == "varchar" and new.name == "varchar":
            return "varchar"
    if manner.java and new.name in _JAVA_WORDS:
        return new.name
    return _SPARK_WORDS.get(new.name, new.name)


_ZONES = (
    ("timestamp with time zone", "timestamp without time zone"),
    ("timestamp_ltz", "timestamp_ntz"),
    ("timestamp", "timestamp_ntz"),
)
