"""The last resort keeps the comments, and says no rather than something wrong."""

from __future__ import annotations

from dc43_gitdraft.odcs.roundtrip import dump_over


def test_the_round_trip_keeps_comments_quotes_line_endings_and_byte_order_mark() -> None:
    text = "\ufeff# head\r\na: 'x' # one\r\nb: [1, 2]\r\nc: 3\r\n"
    assert dump_over(text, {"a": "x", "b": [1, 5], "d": None}) == (
        "\ufeff# head\r\na: 'x' # one\r\nb: [1, 5]\r\nd:\r\n"
    )


def test_a_text_that_it_cannot_read_gives_nothing() -> None:
    assert dump_over("- a\n", {"a": 1}) is None
    assert dump_over("a: [", {"a": 1}) is None
