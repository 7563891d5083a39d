"""YAML is read strictly, and every refusal names line and column."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from support.steps import calls_of

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import ConfigError, ContractError
from dc43_gitdraft.strictyaml.scalars import may_be_plain, same

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' stands here twice"),
        ("x:\n  - {a: 1, a: 2}\n", 2, 12, "twice"),
        ("a: !secret x\n", 1, 4, "tag '!secret' is unknown"),
        ("a: !!python/object:os.system x\n", 1, 4, "is unknown"),
        ("a: !!binary aGk=\n", 1, 4, "is unknown"),
        ("a: !!set {x, y}\n", 1, 4, "is unknown"),
        ("a: !!int x\n", 1, 4, "is no int"),
        (BOMB, 5, 36, "too large"),
        ("a: &a [*a]\n", 1, 8, "contains itself"),
        ("a: &a {b: {c: *a}}\n", 1, 15, "contains itself"),
        ("a: *b\n", 1, 4, "'&b' is not declared"),
        ("a:\n\t- b\n", 2, 1, "a tab where spaces must stand"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document starts here"),
        ("a: x\x00y\n", 1, 5, "NUL"),
        ("# \x1b[31m\na: 1\n", 1, 3, "U+001B"),
        ("a: \x7f\n", 1, 4, "U+007F"),
        ("a: x\ufeffy\n", 1, 5, "U+FEFF"),
        ("", 1, 1, "is empty"),
        ("# only a comment\n", 1, 1, "is empty"),
        ("---\n", 1, 1, "is empty"),
        ("a: " + "[" * 300, 1, 203, "nested deeper than 200"),
        ("a: b: c\n", 1, 5, "a ':' where none may stand"),
        ("a: 'x\n", 2, 1, "never closed"),
        ("a: @x\n", 1, 4, "may not begin with @"),
        ('a: "\\q"\n', 1, 5, "unknown escape"),
        ("%YAML 1.3\n---\na: 1\n", 1, 1, "incompatible YAML"),
        ('a: "\\ud800"\n', 1, 4, "escape"),
        ('a: "\\U00110000"\n', 1, 7, "escape"),
        ('a: {b: c:d, e: "\\ude00\\ud83d"}\n', 1, 16, "escape"),
        ("a: 2024-02-30\n", 1, 4, "no date of the calendar"),
        ("1: a\n", 1, 1, "a key must be text"),
        ("true: a\n", 1, 1, "a key must be text"),
        (": a\n", 1, 1, "a key must be text"),
        ("[a]: b\n", 1, 1, "not a list"),
        ("a: &x 1\nb:\n  <<: *x\n", 3, 7, "merges mappings only"),
        ("\ufeffa: 1\na: 2\n", 2, 1, "twice"),
        ("\ufeffa: @\n", 1, 4, "may not begin"),
        ("a: 1\r\n\r\na: 2\r\n", 3, 1, "twice"),
        ("a: 😀\nb: {c: 😀, c: 1}\n", 2, 11, "twice"),
    ],
)
def test_refuses_with_line_and_column(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)) as refused:
        strictyaml.load(text, "orders.yaml", error=ContractError)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert str(refused.value).startswith(f"orders.yaml:{line}:{column}: ")


def test_raises_the_error_that_the_caller_asks_for() -> None:
    with pytest.raises(ConfigError):
        strictyaml.load("a: [", None, error=ConfigError)


def test_bytes_that_are_not_utf8_are_refused_where_they_stand() -> None:
    with pytest.raises(ContractError, match="not UTF-8") as refused:
        strictyaml.decode("a: é\nb: é\n".encode() + b"c: \xff\n", "x", error=ContractError)
    assert (refused.value.line, refused.value.column) == (3, 4)


def test_utf16_is_refused() -> None:
    with pytest.raises(ContractError, match="UTF-8"):
        strictyaml.decode("a: 1\n".encode("utf-16"), "x", error=ContractError)


def test_more_than_ten_megabytes_are_refused_as_bytes_and_as_text() -> None:
    big = "a: " + "é" * 5_000_000
    with pytest.raises(ContractError, match="at most 10,000,000"):
        strictyaml.decode(big.encode(), "x", error=ContractError)
    with pytest.raises(ContractError, match="at most 10,000,000"):
        strictyaml.load(big, "x", error=ContractError)


def test_refusing_an_alias_bomb_takes_little_work() -> None:
    def load() -> None:
        with pytest.raises(ContractError):
            strictyaml.load(BOMB, None, error=ContractError)

    assert calls_of(load)[1] < 10_000


def test_a_bomb_of_merges_is_refused() -> None:
    keys = ", ".join(f"k{number}: 1" for number in range(500))
    text = f"a0: &a0 {{{keys}}}\n" + "".join(
        f"a{number}: &a{number}\n  <<: *a{number - 1}\n" for number in range(1, 400)
    )
    with pytest.raises(ContractError, match="too large"):
        strictyaml.load(text, None, error=ContractError)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("1", 1),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        (".inf", math.inf),
        (".nan", math.nan),
        ("1:20", "1:20"),
        ("~", None),
        ("", None),
        ("=", "="),
        ("'1'", "1"),
        ("! 1", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("!!int '7'", 7),
        ("!!timestamp '2024-01-02'", date(2024, 1, 2)),
        ("2024-01-02", date(2024, 1, 2)),
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
        (
            "2024-01-02 03:04:05.5 -2:30",
            datetime(2024, 1, 2, 3, 4, 5, 500000, timezone(-timedelta(hours=2, minutes=30))),
        ),
        ("1.2.3", "1.2.3"),
        ("|\n  x\n  y\n", "x\ny\n"),
    ],
)
def test_reads_scalars_as_yaml_1_2_does(written: str, value: Any) -> None:
    assert same(strictyaml.load(f"k: {written}\n", None)["k"], value)


def test_reads_yaml_1_1_where_the_document_says_so() -> None:
    text = "%YAML 1.1\n---\n- [yes, Off, 0777, 1:20, 08, 1e3, n]\n"
    assert strictyaml.load(text, None) == [[True, False, 511, 80, "08", "1e3", "n"]]


def test_merges_come_first_and_give_way_to_the_own_keys() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  y: 5\n  <<: [*a, *b]\n"
    assert strictyaml.load(text, None)["c"] == {"x": 1, "y": 5, "z": 4}


def test_aliases_do_not_share_their_values() -> None:
    loaded = strictyaml.load("a: &a [1]\nb: *a\n", None)
    loaded["a"].append(2)
    assert loaded["b"] == [1]


@pytest.mark.parametrize(
    "text",
    ["a: {url: https://example.org/x?y}\n", "a: [x:y, p?q]\n", "%FOO bar\n---\na: 1\n"],
)
def test_reads_what_only_one_of_the_parsers_takes(text: str) -> None:
    assert isinstance(strictyaml.load(text, None), dict)


def test_both_parsers_put_nodes_at_the_same_places() -> None:
    lines = "\ufeff# 😀|a: &x {k: 'é'}|b:|- |- *x|c:|d: >+|  x|||e: >-| y|"
    text = lines.replace("|", "\r\n")

    def places(node: strictyaml.Node) -> list[Any]:
        own = (node.kind, node.start, node.content, node.end, node.style, node.anchor)
        return [own, *(places(child) for child in [*node.keys, *node.children])]

    fast, slow = (
        strictyaml._Reader(text, None, ContractError, pure=pure).read() for pure in (False, True)
    )
    assert places(fast) == places(slow)


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), ([1], [True]), (None, "")]
)
def test_types_tell_documents_apart(one: Any, other: Any) -> None:
    assert not same({"k": one}, {"k": other})


MISREAD = (
    "yes No ON off y N true Null ~ = << 1 1.0 1e3 .5 -1 +1 0o7 0777 08 0x1f 0b1 1_000 1:20 1:20:30"
    " 2024-01-01 2024-1-1 .inf .NaN - ? : -x ?x #x &x *x !x |x >x 'x \"x %x @x `x {x} [x x: --- ..."
    " 12. 1,000 ."
)


@pytest.mark.parametrize("text", MISREAD.split())
def test_texts_that_a_reader_may_take_for_something_else_are_not_plain(text: str) -> None:
    assert not may_be_plain(text)


@pytest.mark.parametrize("text", ["", " x", "x ", "a: b", "a #b", "a\nb", "a\tb", "\x85", "\u2028"])
def test_texts_that_would_change_unquoted_are_not_plain(text: str) -> None:
    assert not may_be_plain(text)


@pytest.mark.parametrize("text", ["1.2.0", "orders", "a b", "a:b", "a#b", "decimal(10,2)", "名前"])
def test_texts_that_all_readers_agree_on_are_plain(text: str) -> None:
    assert may_be_plain(text)


def test_a_character_escaped_in_two_halves_as_in_json_is_one() -> None:
    text = 'a: "x\\ud83d\\ude00y"\n'
    assert strictyaml.load(text, "a.yaml", error=ContractError) == {"a": "x\U0001f600y"}
