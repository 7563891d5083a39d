from __future__ import annotations

import re
from itertools import permutations, product

import pytest

from dc43_gitdraft.observe.texts import PATTERNS, TEXT, WIDER, join, narrow, type_of

EXAMPLES = {
    "boolean": ["true", "False", "TRUE"],
    "integer": ["0", "-1", "12345678901234567890"],
    "number": ["1.5", "-0.5", ".5", "1e10", "1.", "2E-3", "9" * 40],
    "date": ["2024-05-30", "2024-02-29", "2000-02-29", "0001-01-01", "0000-01-31"],
    "local timestamp": ["2024-05-30T10:00:00", "2024-05-30 10:00", "2024-05-30 10:00:00.123456"],
    "zoned timestamp": [
        "2024-05-30T10:00:00Z",
        "2024-05-30 10:00:00.5+02:00",
        "2024-05-30 10:00:00 +0200",
        "2024-05-30T10:00-05",
    ],
    "time": ["10:00:00", "23:59:59.999"],
    "dotted date": ["30.05.2024", "01.02.2024"],
    "year-first date": ["2024/05/30"],
    "slashed date": ["05/06/2024"],
    "day-first date": ["30/05/2024"],
    "month-first date": ["05/30/2024"],
    TEXT: [
        "a",
        "",
        " 1",
        "00123",
        "+4912345",
        "007.5",
        "1,5",
        "1_000",
        "NaN",
        "0x1F",
        "yes",
        "t",
        "2024-13-01",
        "2024-02-30",
        "2023-02-29",
        "1900-02-29",
        "2024-02-30 10:00",
        "2024-04-31T10:00:00Z",
        "31.04.2024",
        "2024/02/30",
        "30/02/2024",
        "02/30/2024",
        "2024-05-32",
        "24-05-30",
        "30.05.24",
        "30.5.2024",
        "32.05.2024",
        "13/13/2024",
        "2024-05-30T25:00:00",
        "10:00",
        "1\n",
        "2024-05-30\n",
        "١٢",
    ],
}


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in EXAMPLES.items() for text in texts]
)
def test_one_text_tells_its_kind(kind: str, text: str) -> None:
    assert narrow(None, text) == kind


@pytest.mark.parametrize(("one", "other"), [*product(EXAMPLES, repeat=2)])
def test_one_more_text_leads_where_joining_the_kinds_does(one: str, other: str) -> None:
    assert narrow(narrow(None, EXAMPLES[one][0]), EXAMPLES[other][0]) == join(one, other)


@pytest.mark.parametrize("kinds", [*permutations(EXAMPLES, 3)])
def test_the_order_of_joining_does_not_matter(kinds: tuple[str, str, str]) -> None:
    one, two, three = kinds
    assert join(join(one, two), three) == join(one, join(two, three))


@pytest.mark.parametrize(
    ("kind", "wider"), [(kind, wider) for kind, all_ in WIDER.items() if kind for wider in all_]
)
def test_a_wider_kind_accepts_what_a_narrower_one_does(kind: str, wider: str) -> None:
    for text in EXAMPLES[kind]:
        assert re.fullmatch(PATTERNS[wider], text)


def test_no_value_joins_with_any_kind() -> None:
    assert (join(None, "date"), join("date", None), join(None, None)) == ("date", "date", None)


def test_every_kind_has_an_inferred_type() -> None:
    assert all(type_of(kind).inferred for kind in (None, TEXT, *PATTERNS))
