"""Tables as statements make, alter and explain them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dc43_gitdraft import types
from dc43_gitdraft.model import ObservedProperty
from dc43_gitdraft.observe.ddl_checks import promised
from dc43_gitdraft.observe.sql_tokens import (
    SqlError,
    Words,
    bracketed,
    depths,
    elements,
    name,
    statements,
)
from dc43_gitdraft.observe.sql_types import data_type
from dc43_gitdraft.observe.storage import plain

#: What ends a type where it stands in the definition of a column.
_AFTER = frozenset(
    {"NOT", "NULL", "DEFAULT", "PRIMARY", "UNIQUE", "REFERENCES", "CHECK", "CONSTRAINT", "COMMENT"}
    | {"GENERATED", "IDENTITY", "AUTO_INCREMENT", "AUTOINCREMENT", "OPTIONS", "ENCODE", "DISTKEY"}
    | {"SORTKEY", "KEY", "ON", "AS", "MASKING", "TAG", "CODEC", "TTL", "MATERIALIZED", "ALIAS"}
    | {"EPHEMERAL", "INVISIBLE", "VISIBLE", "STORAGE", "COMPRESSION", "SPARSE", "ENABLE"}
)
_CONSTRAINTS = ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "LIKE")
_INDEXES = ("KEY", "INDEX", "FULLTEXT", "SPATIAL", "PROJECTION", "PERIOD")
#: Of ALTER TABLE: what changes no shape.
_HARMLESS = ("OWNER", "SET", "REPLICA", "CLUSTER", "ENABLE", "DISABLE", "VALIDATE", "ENGINE")

#: Ends of a type that are tried, from the longest.
_TRIED = 12


@dataclass(slots=True)
class Table:
    """One table; `lost` names what it states and no property can.

    `checks` are conditions on rows, which may name columns that come later.
    """

    name: str
    columns: dict[str, ObservedProperty] = field(default_factory=dict)
    comment: str | None = None
    partitions: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    checks: list[Words] = field(default_factory=list)


class Tables:
    """The tables of a text; statements that describe none are passed over. Raises SqlError."""

    def __init__(self, text: str, dialect: str | None) -> None:
        self._text = text
        self._dialect = dialect
        self.found: dict[str, Table] = {}
        self._enums: dict[str, tuple[str, ...]] = {}
        for words in statements(text, dialect):
            head = [word.text.upper() for word in words[:8] if word.kind == "word"]
            if head[:1] == ["CREATE"] and "TABLE" in head:
                self._create(words)
            elif head[:2] == ["ALTER", "TABLE"]:
                self._alter(words)
            elif head[:2] == ["COMMENT", "ON"]:
                self._comment(words)
            elif head[:2] in (["CREATE", "TYPE"], ["ALTER", "TYPE"]):
                self._enumeration(words)
        for table in self.found.values():
            self._check(table)

    def _enumeration(self, words: Words) -> None:
        """Read a type that lists its values, as Postgres has them, or one value more."""
        parts, place = name(words, 2)
        called, rest = ".".join(parts), words[place:]
        if words[0].says("CREATE"):
            said = len(rest) > 1 and rest[0].says("AS") and rest[1].says("ENUM")
            values = _texts(bracketed(rest)[0]) if said else None
        else:
            added = [word.text for word in rest if word.kind == "string"][:1]
            alone = len(rest) > 2 and rest[0].says("ADD") and rest[1].says("VALUE")
            values = (*self._enums.get(called, ()), *added) if alone else None
        self._enums.pop(called, None)
        if values:
            self._enums[called] = values

    def _check(self, table: Table) -> None:
        """Let the columns promise what conditions say that a contract can say too."""
        for condition in table.checks:
            promised_ = promised(condition, table.columns, self._dialect)
            if promised_ is None:
                table.lost.append("a CHECK")
            else:
                table.columns.update(promised_)

    def _create(self, words: Words) -> None:
        start = next(at for at, word in enumerate(words) if word.says("TABLE")) + 1
        while start < len(words) and words[start].says("IF", "NOT", "EXISTS"):
            start += 1
        parts, place = name(words, start)
        if not parts:
            raise SqlError("this CREATE TABLE names no table", words[0].line)
        table = self.found[".".join(parts)] = Table(".".join(parts))
        ahead = words[place : place + 4]
        if any(word.says("AS", "LIKE", "CLONE", "COPY") for word in ahead[:1]):
            table.lost.append("the table or query that it is made from")
            return
        if any(word.says("(") for word in ahead):
            body, place = bracketed(words, place)
            for element in elements(body):
                self._element(table, element)
        self._rest(table, words[place:])

    def _rest(self, table: Table, words: Words) -> None:
        """Read what stands behind the columns: comment, partitions, the query."""
        for at, (word, depth) in enumerate(depths(words)):
            following = words[at + 1 : at + 3]
            if depth:
                continue
            if word.says("COMMENT"):
                said = [each for each in following if each.kind == "string"]
                table.comment = said[0].text or None if said else table.comment
            elif word.says("OPTIONS"):
                table.comment = _described(bracketed(words, at)[0]) or table.comment
            elif word.says("PARTITION", "PARTITIONED") and following and following[0].says("BY"):
                self._partitions(table, words[at + 2 :])
            elif word.says("AS") and following and following[0].says("SELECT", "WITH", "("):
                table.lost.append("the query that it is made from")
                return

    def _partitions(self, table: Table, words: Words) -> None:
        plainly = bool(words) and words[0].says("(")
        grouped = plainly or (bool(words) and words[0].says("LIST", "RANGE", "HASH"))
        alone = len(words) < 2 or not words[1].says("(")
        for element in elements(bracketed(words)[0] if grouped else words[:1]):
            if plainly and len(element) > 1 and not element[1].says("("):
                self._element(table, element)  # as Hive writes it: a column of its own
            if element[0].text in table.columns and (grouped or alone):
                table.partitions.append(element[0].text)
            else:
                table.lost.append("a partition by an expression")

    def _alter(self, words: Words) -> None:
        start = 2
        while start < len(words) and words[start].says("IF", "EXISTS", "ONLY"):
            start += 1
        parts, place = name(words, start)
        table = self.found.get(".".join(parts))
        if table is None:
            return
        for action in elements(words[place:]):
            rest = action[1:]
            while rest and rest[0].says("COLUMN", "COLUMNS", "IF", "NOT", "EXISTS"):
                rest = rest[1:]
            if action[0].says("ADD") and rest:
                added = elements(bracketed(rest)[0]) if rest[0].says("(") else [rest]
                for element in added:
                    self._element(table, element)
            elif action[0].says("DROP") and rest and rest[0].text in table.columns:
                del table.columns[rest[0].text]
            elif not action[0].says(*_HARMLESS):
                table.lost.append(f"an ALTER TABLE in line {action[0].line}")

    def _comment(self, words: Words) -> None:
        parts, place = name(words, 3)
        said = [word for word in words[place:] if word.kind == "string"]
        text = said[0].text or None if said else None
        if words[2].says("TABLE"):
            table = self.found.get(".".join(parts))
            if table is not None:
                table.comment = text
        elif words[2].says("COLUMN") and parts:
            table = self.found.get(".".join(parts[:-1]))
            if table is not None and (column := table.columns.get(parts[-1])) is not None:
                table.columns[column.name] = replace(column, description=text)

    # -- columns and constraints ------------------------------------------------------------------

    def _element(self, table: Table, words: Words) -> None:
        if words[0].says("CONSTRAINT") and len(words) > 1:
            words = words[1:] if words[1].says(*_CONSTRAINTS) else words[2:]
            if not words:
                raise SqlError("a CONSTRAINT says nothing")
            self._constraint(table, words)
        elif words[0].says(*_CONSTRAINTS) or _is_index(words):
            self._constraint(table, words)
        else:
            self._column(table, words)

    def _constraint(self, table: Table, words: Words) -> None:
        columns = [element[0].text for element in elements(bracketed(words)[0])]
        known = [column for column in columns if column in table.columns]
        shown = ", ".join(plain(column) for column in columns)
        if words[0].says("PRIMARY"):
            for place, column in enumerate(known, 1):
                table.columns[column] = replace(table.columns[column], key=place, nullable=False)
        elif words[0].says("UNIQUE") and len(known) == len(columns) == 1:
            table.columns[known[0]] = replace(table.columns[known[0]], unique=True)
        elif words[0].says("UNIQUE"):
            table.lost.append(f"a UNIQUE over {shown}")
        elif words[0].says("FOREIGN"):
            table.lost.append(f"the foreign key of {shown}{_target(words)}")
        elif words[0].says("CHECK") and not _is_idle(words):
            table.checks.append(bracketed(words)[0])
        elif words[0].says("LIKE"):
            table.lost.append("the columns of another table")
        elif not words[0].says(*_INDEXES):
            table.lost.append(f"a {plain(words[0].text).upper()}")

    def _column(self, table: Table, words: Words) -> None:
        column = words[0].text
        if words[0].kind in ("mark", "number") or not column.strip():
            raise SqlError("a column has no name", words[0].line)
        if column in table.columns:
            raise SqlError(f"two columns are called `{plain(column)}`", words[0].line)
        end = next(
            (
                at
                for at, (word, depth) in enumerate(depths(words[1:]), 1)
                if depth == 0 and word.says(*_AFTER) and (at > 1 or not word.says("NULL"))
            ),
            len(words),
        )
        written = words[1:end]
        if not written:
            table.lost.append(f"`{plain(column)}`, which has no type")
            return
        text = self._type(written)
        found = ObservedProperty(column, data_type(text, self._dialect), nullable=True)
        if self._dialect == "clickhouse":
            found = replace(found, nullable=types.parse(text, "clickhouse").name == "nullable")
        table.columns[column] = self._promises(table, self._valued(found, written), words[end:])

    def _valued(self, column: ObservedProperty, written: Words) -> ObservedProperty:
        """Return the column with the values that its type lists."""
        parts, place = name(written)
        values = self._enums.get(".".join(parts)) if place == len(written) else None
        if values:
            return replace(column, type=replace(column.type, logical="string"), enum=values)
        if written[0].says("ENUM", "ENUM8", "ENUM16"):
            return replace(column, enum=_texts(bracketed(written)[0]) or ())
        return column

    def _promises(self, table: Table, column: ObservedProperty, words: Words) -> ObservedProperty:
        """Read what stands behind the type of a column."""
        listed = list(depths(words))
        for at, (word, depth) in enumerate(listed):
            following = words[at + 1] if at + 1 < len(words) else None
            if depth:
                continue
            if word.says("NOT") and following is not None and following.says("NULL"):
                column = replace(column, nullable=False)
            elif word.says("PRIMARY"):
                column = replace(column, key=1, nullable=False)
            elif word.says("UNIQUE"):
                column = replace(column, unique=True)
            elif word.says("COMMENT") and following is not None and following.kind == "string":
                column = replace(column, description=following.text or None)
            elif word.says("OPTIONS"):
                column = replace(column, description=_described(bracketed(words, at)[0]))
            elif word.says("REFERENCES"):
                target = _target(words[at:])
                table.lost.append(f"the foreign key of {plain(column.name)}{target}")
            elif word.says("CHECK") and _is_idle(words[at:]):
                table.lost.append("a CHECK")
            elif word.says("CHECK"):
                table.checks.append(bracketed(words, at)[0])
            elif word.says("DEFAULT") and not (following is not None and following.says("NULL")):
                table.lost.append("a default value")
        return column

    def _type(self, words: Words) -> str:
        """Return the type as it is written: the longest beginning that is a type."""
        ends = [
            at
            for at, (_, depth) in enumerate(depths(words), 1)
            if depth == 0 and not (at < len(words) and words[at].says("(", "<", "["))
        ]
        for end in reversed(ends[:_TRIED]):
            text = self._written(words[:end])
            if types.parse(text, self._dialect).known:
                return text
        return self._written(words)

    def _written(self, words: Words) -> str:
        text = self._text[words[0].start : words[-1].end]
        if words[0].kind == "quoted":  # SQL Server writes [int]
            text = words[0].text + self._text[words[0].end : words[-1].end]
        return " ".join(text.split()) if "'" not in text else text


def _target(words: Words) -> str:
    """Return what a foreign key leads to, in words."""
    at = next((at for at, word in enumerate(words) if word.says("REFERENCES")), len(words))
    parts, place = name(words, at + 1)
    if not parts:
        return ""
    open_ = place < len(words) and words[place].says("(")
    columns = [each[0].text for each in elements(bracketed(words, place)[0])] if open_ else []
    listed = f" ({', '.join(plain(each) for each in columns)})" if columns else ""
    return f" to {plain('.'.join(parts))}{listed}"


def _is_idle(words: Words) -> bool:
    """Tell whether the database itself does not hold to a condition."""
    rest = words[bracketed(words)[1] :][:4]
    if any(word.says("DISABLE", "NOVALIDATE") for word in rest):
        return True
    return len(rest) > 1 and rest[0].says("NOT") and rest[1].says("ENFORCED", "VALID")


def _texts(words: Words) -> tuple[str, ...] | None:
    """Return the texts that begin the elements of a list; None where one is something else."""
    found = [element[0] for element in elements(words)]
    if not found or any(word.kind != "string" for word in found):
        return None
    return tuple(dict.fromkeys(word.text for word in found))


def _is_index(words: Words) -> bool:
    """Tell an index of MySQL from a column that is called `key`."""
    if not words[0].says(*_INDEXES):
        return False
    inside = bracketed(words)[0]
    return bool(inside) and inside[0].kind != "number"


def _described(words: Words) -> str | None:
    """Return the description among BigQuery's options."""
    for at, word in enumerate(words):
        if word.says("DESCRIPTION") and at + 2 < len(words):
            return words[at + 2].text or None
    return None
