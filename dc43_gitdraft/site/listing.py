"""Tables of many rows: the first page is in the HTML, all rows are data for the script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dc43_gitdraft.site.markup import Html, cleaned, data, element, joined, linked
from dc43_gitdraft.site.words import COLOURS, chip

#: Rows that are shown at once.
_PAGE = 50

#: A text, a number, nothing, or a text with where it leads.
Cell = str | int | None | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    `chip` says that it holds words with a colour, `only` that rows can be chosen by it, `short`
    that what it holds is not to be broken into lines.
    """

    label: str
    chip: bool = False
    only: bool = False
    short: bool = False


def listing(
    what: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], empty: str
) -> Html:
    """Return a table with what finds, chooses, sorts and turns pages; a sentence if it is empty.

    `what` names the rows in the plural.
    """
    if not rows:
        return element("p", empty, class_="quiet")
    chosen = next((place for place, column in enumerate(columns) if column.only), None)
    colours = {cell: COLOURS[cell] for row in rows for cell in row if cell in COLOURS}
    told = {
        "rows": [[_sent(cell) for cell in row] for row in rows],
        "size": _PAGE,
        "chips": colours,
        "filter": chosen,
    }
    head = (
        element(
            "th",
            element("button", column.label, type="button"),
            scope="col",
            aria_sort="none",
            data_chip=column.chip,
            data_short=column.short,
        )
        for column in columns
    )
    body = (_row(columns, row) for row in rows[:_PAGE])
    left = len(rows) - _PAGE
    return joined(
        _filter(what, columns, rows, chosen),
        element("p", role="status", class_="count"),
        element("p", f"{left:,} more need JavaScript.", class_="inactive") if left > 0 else None,
        element(
            "table",
            element("caption", what, class_="hidden"),
            element("thead", element("tr", *head)),
            element("tbody", *body),
            class_="cards",
        ),
        _pages(),
        data(told, "rows"),
    )


def _filter(
    what: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], chosen: int | None
) -> Html:
    find = element("input", type="search", autocomplete="off", spellcheck="false")
    choose = None
    if chosen is not None:
        counts = Counter(_text(row[chosen]) for row in rows)
        counts.pop("", None)
        options = (
            element("option", f"{word} ({count:,})", value=word)
            for word, count in counts.most_common()
        )
        label = columns[chosen].label.capitalize()
        choose = element(
            "label", label, element("select", element("option", "all", value=""), *options)
        )
    return element("form", element("label", f"Find {what} (/)", find), choose, class_="filter")


def _pages() -> Html:
    return element(
        "nav",
        element("button", "Previous", type="button"),
        element("span"),
        element("button", "Next", type="button"),
        aria_label="Pages",
        class_="pages",
        hidden=True,
    )


def _row(columns: Sequence[Column], row: Sequence[Cell]) -> Html:
    cells = []
    for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
        text = _text(cell)
        if not text:
            cells.append(element("td"))
            continue
        shown: str = text
        if isinstance(cell, tuple):
            shown = inside(cell) or linked(*cell)
        elif column.chip:
            shown = chip(text)
        first = place == 0
        cells.append(
            element(
                "th" if first else "td",
                shown,
                scope="row" if first else None,
                data_label=column.label,
                class_="short" if column.short else None,
            )
        )
    return element("tr", *cells)


def inside(cell: tuple[str, str]) -> Html | None:
    """Return the link to a page of this site; None for other addresses."""
    text, where = cell
    return element("a", text, href=where) if where.startswith("c/") else None


def _text(cell: Cell) -> str:
    said = cell[0] if isinstance(cell, tuple) else cell
    return "" if said is None else str(said)


def _sent(cell: Cell) -> str | int | list[str] | None:
    if isinstance(cell, tuple):
        return [cleaned(cell[0]), cell[1]]
    return cleaned(cell) if isinstance(cell, str) else cell
