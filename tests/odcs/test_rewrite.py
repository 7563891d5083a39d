"""Rewriting changes what it must, and not a byte more."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contracts import ALL, ASKED
from support.steps import calls_of
from support.yamlstyle import Writer, change, some_document

from dc43_gitdraft import odcs, strictyaml
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Document, Status
from dc43_gitdraft.odcs.layout import layout_of
from dc43_gitdraft.odcs.plan import Planner
from dc43_gitdraft.odcs.spans import apply
from dc43_gitdraft.strictyaml.scalars import same


def rewritten(text: str, edit: Callable[[Document], Any]) -> str:
    """Rewrite `text` with one edit of its content, without the whole-file fallback."""
    target = copy.deepcopy(strictyaml.load(text, None))
    edit(target)
    new, note = odcs.rewrite_with_note(text, target)
    assert note is None
    assert same(strictyaml.load(new, None), target)
    return new


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_edits_of_the_corpus_are_minimal(path: Path, asked: str) -> None:
    edits, holds = ASKED[asked]
    for result in edits(path):
        assert holds(result), (result.at, result.removed, result.added)
        assert result.note is None


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_rewrite_to_the_same_content_is_the_same_text(path: Path) -> None:
    text = path.read_bytes().decode()
    assert odcs.rewrite(text, strictyaml.load(text, None)) == text


def set_(key: str, value: Any) -> Callable[[Document], None]:
    return lambda doc: doc.update({key: value})


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        ("v: 1.0.0 # c\n", set_("v", "1.1.0"), "v: 1.1.0 # c\n"),
        ("v: '1.0' # c\n", set_("v", "1.1"), "v: '1.1' # c\n"),
        ('v: "1"\n', set_("v", 'a"b\\'), 'v: "a\\"b\\\\"\n'),
        ("v: 'a'\n", set_("v", "it's"), "v: 'it''s'\n"),
        ("v: 'a'\n", set_("v", "tab\t"), 'v: "tab\\t"\n'),
        ("v: a\n", set_("v", "no"), "v: 'no'\n"),
        ("v: a\n", set_("v", 1), "v: 1\n"),
        ("v: 'a'\n", set_("v", True), "v: true\n"),
        ("v: 1\n", set_("v", 1.0), "v: 1.0\n"),
        ("v: 1\n", set_("v", "1"), "v: '1'\n"),
        ("v: true\n", set_("v", 1), "v: 1\n"),
        ("v: !!str 1 # c\n", set_("v", "2"), "v: '2' # c\n"),
        ("v: # c\nw: 1\n", set_("v", "x"), "v: x # c\nw: 1\n"),
        ("v:\nw: 1\n", set_("v", {"a": None}), "v:\n  a: null\nw: 1\n"),
        ("v: x # c\n", set_("v", None), "v: null # c\n"),
        ("v: |\n  a\n  b\n# c\nw: 1\n", set_("v", "a\nc\n"), "v: |\n  a\n  c\n# c\nw: 1\n"),
        ("v: |-   # why\n    a\nw: 1\n", set_("v", "b"), "v: |-   # why\n    b\nw: 1\n"),
        ("v: >-\n  a b\n  c\nw: 1\n", set_("v", "a b d"), "v: >-\n  a b\n  d\nw: 1\n"),
        ("v: a\n  b # c\nw: 1\n", set_("v", "x"), "v: x # c\nw: 1\n"),
        ("v: x # c\nw: 1\n", set_("v", "a\nb\n"), "v: | # c\n  a\n  b\nw: 1\n"),
        ("v: x # c\nw: 1\n", set_("v", [1]), "v: # c\n  - 1\nw: 1\n"),
        ("v: # c\n  - 1 # d\n  # e\nw: 1\n", set_("v", "x"), "v: x # c\n  # e\nw: 1\n"),
        ("v: # c\n  - 1\nw: 1\n", set_("v", []), "v: [] # c\nw: 1\n"),
        ("v: [] # c\nw: 1\n", set_("v", [{"a": 1}]), "v: # c\n  - a: 1\nw: 1\n"),
        ("v: {}\nw:\n- 1\n", set_("v", [1]), "v:\n- 1\nw:\n- 1\n"),
        ("{v: 1, w: 2}\n", set_("x", [{"a": "b,c"}]), "{v: 1, w: 2, x: [{a: 'b,c'}]}\n"),
        ('{"v":1}\n', set_("v", "x"), '{"v": x}\n'),
        ('{"v":"1","w":"a"}\n', set_("x", "b"), '{"v":"1","w":"a","x": "b"}\n'),
        ("{}\n", set_("x", 1), "x: 1\n"),
        ("--- {} # c\n", set_("x", 1), "---\n# c\nx: 1\n"),
        ("a: 1", set_("b", 2), "a: 1\nb: 2"),
        ("a: 1\r\nb: 2\r\n", set_("c", [1]), "a: 1\r\nb: 2\r\nc:\r\n  - 1\r\n"),
        ("\ufeffa: 1\n", set_("a", 2), "\ufeffa: 2\n"),
        ("\ufeffa: 1\n", set_("b", 2), "\ufeffa: 1\nb: 2\n"),
        ("a: |\n  x", set_("b", 2), "a: |-\n  x\nb: 2"),
        ("a: 1\n...\n", set_("b", 2), "a: 1\nb: 2\n...\n"),
        ("? a\n: b\n", set_("a", "c"), "? a\n: c\n"),
        ("? a\nb: 1\n", set_("a", "c"), "a: c\nb: 1\n"),
        ("v: &x [1]\nw: *x\n", set_("w", [2]), "v: &x [1]\nw:\n  - 2\n"),
        ("v: &x 1\nw: *x\n", set_("v", 2), "v: &x 2\nw: 1\n"),
        ("v: &x 1\nw: *x\n", lambda doc: doc.update(v=2, w=2), "v: &x 2\nw: *x\n"),
        ("v: &x 1\nw: *x\n", lambda doc: doc.pop("v"), "w: 1\n"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", lambda doc: doc["b"].update(x=3),
         "a: &a {x: 1}\nb:\n  <<: *a\n  x: 3\n  y: 2\n"),
        ("a: &a {x: 1, z: 1}\nb:\n  <<: *a\n  y: 2\n", lambda doc: doc["b"].pop("x"),
         "a: &a {x: 1, z: 1}\nb:\n  z: 1\n  y: 2\n"),
        ("a: &a {x: 1}\nb: {<<: *a}\n", lambda doc: (doc["a"].update(x=2), doc["b"].update(x=2)),
         "a: &a {x: 2}\nb: {<<: *a}\n"),
    ],
)  # fmt: skip
def test_values_are_replaced_in_their_style(
    text: str, edit: Callable[[Document], Any], expected: str
) -> None:
    assert rewritten(text, edit) == expected


LIST = """\
items: # of all
  # the first
  - name: a # one
    k: 1
  # the second

  # really the second
  - name: b
    k: 2
    # after b

  - name: c
    k: 3
# the end
"""


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda items: items.pop(0),
         LIST.replace("  # the first\n  - name: a # one\n    k: 1\n", "")),
        (lambda items: items.pop(1),
         LIST.replace("\n  # really the second\n  - name: b\n    k: 2\n    # after b\n", "\n")
         .replace("second\n\n\n", "second\n\n")),
        (lambda items: items.pop(2), LIST.replace("\n  - name: c\n    k: 3\n", "")),
        (lambda items: items.append({"name": "d"}), LIST.replace("k: 3\n", "k: 3\n  - name: d\n")),
        (lambda items: items.insert(2, {"name": "d"}),
         LIST.replace("    # after b\n", "    # after b\n  - name: d\n")),
        (lambda items: items.insert(0, {"name": "d"}),
         LIST.replace("of all\n", "of all\n  - name: d\n")),
        (lambda items: items.append(items.pop(0)),
         LIST.replace("  # the first\n  - name: a # one\n    k: 1\n", "")
         .replace("    k: 3\n", "    k: 3\n  # the first\n  - name: a # one\n    k: 1\n")),
        (lambda items: items[1].update(name="B"), LIST.replace("name: b", "name: B")),
        (lambda items: items[1].update(z=0), LIST.replace("k: 2\n", "k: 2\n    z: 0\n")),
        (lambda items: items[0].pop("name"), LIST.replace("- name: a # one\n    k", "- k")),
    ],
)  # fmt: skip
def test_list_items_keep_their_comments(edit: Callable[[Any], Any], expected: str) -> None:
    assert rewritten(LIST, lambda doc: edit(doc["items"])) == expected


def test_new_keys_stand_where_the_target_has_them() -> None:
    def edit(doc: Document) -> None:
        old = dict(doc)
        doc.clear()
        doc.update({"first": 1, "a": old["a"], "after_a": 2, "b": old["b"], "last": 3})

    assert rewritten("a: 1\nb: 2\n", edit) == "first: 1\na: 1\nafter_a: 2\nb: 2\nlast: 3\n"


def test_the_order_of_keys_that_are_there_stays() -> None:
    assert odcs.rewrite("b: 1\na: 2\n", {"a": 2, "b": 3}) == "b: 3\na: 2\n"


def test_new_parts_are_indented_as_the_document_is() -> None:
    text = "s:\n-   name: a\n    p:\n        x: 1\n    q:\n    -   1\n"
    new = rewritten(text, lambda doc: doc["s"].append({"name": "b", "p": {"x": [1]}}))
    assert new == text + "-   name: b\n    p:\n        x:\n        -   1\n"


def test_new_items_are_quoted_as_their_neighbours_are() -> None:
    text = 's:\n  - "name": "a"\n    "type": "t"\n'
    new = rewritten(text, lambda doc: doc["s"].append({"name": "b", "n": 1}))
    assert new == text + '  - "name": "b"\n    "n": 1\n'


def test_items_that_are_spaced_out_stay_so() -> None:
    text = "s:\n  - name: a\n\n  - name: b\n"
    assert rewritten(text, lambda doc: doc["s"].append({"name": "c"})) == text + "\n  - name: c\n"


def test_lists_in_lists_are_edited_inside() -> None:
    text = "m:\n- - 1\n  # two\n  - 2\n- [3, 4] # flow\n-\n  - 5\n"
    new = rewritten(text, lambda doc: (doc["m"][0].append(9), doc["m"][1].insert(0, 8)))
    assert new == "m:\n- - 1\n  # two\n  - 2\n  - 9\n- [8, 3, 4] # flow\n-\n  - 5\n"


def test_flow_lists_of_many_lines_keep_their_comments() -> None:
    text = "t: [\n  a, # one\n  # above b\n  b, # two\n  c # three\n]\n"
    new = rewritten(text, lambda doc: (doc["t"].remove("b"), doc["t"].append("d")))
    assert new == "t: [\n  a, # one\n  c, # three\n  d\n]\n"


def test_a_block_scalar_swallows_no_comment_below_it() -> None:
    text = "a: x\n   # deep\nb: 1\n"
    assert rewritten(text, set_("a", "one\ntwo\n")) == 'a: "one\\ntwo\\n"\n   # deep\nb: 1\n'


def test_enums_tuples_and_subclasses_are_written_as_what_they_mean() -> None:
    target: Document = {"status": Status.ACTIVE, "tags": ("a", "b")}
    assert odcs.rewrite("status: draft\n", target) == "status: active\ntags:\n  - a\n  - b\n"


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, {"a": b"x"}, {"a": {1}}])
def test_what_yaml_cannot_say_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="contract"):
        odcs.rewrite("a: 1\n", value)


def test_what_no_text_can_hold_is_refused() -> None:
    with pytest.raises(ContractError, match="cannot be written"):
        odcs.rewrite("a: 1\n", {"a": "\ud800"})


def test_a_text_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ContractError, match="no mapping"):
        odcs.rewrite("- a\n", {"a": 1})


# By the dice


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311


def untouched_missing(kept: list[str], new: str) -> str | None:
    """Return the first line that `new` does not have in this order, or None."""
    lines = iter(new.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"))
    return next((line for line in kept if line not in lines), None)


@given(st.integers(0, 2**64 - 1), st.integers(0, 8), st.integers(1, 6))
def test_any_text_becomes_any_target_and_other_lines_stay(seed: int, size: int, count: int) -> None:
    rng = dice(seed)
    document = some_document(rng, size)
    writer = Writer(rng)
    text = writer.write(document)
    changes = change(rng, document, count)
    target = changes.tree.plain()
    assert same(strictyaml.load(text, None), document)

    root = strictyaml.parse(text)
    planner = Planner(text, layout_of(text, root), lambda node, target: False)
    spliced = apply(text, planner.plan(root, target))

    assert same(strictyaml.load(spliced, None), target)
    assert odcs.rewrite_with_note(text, target) == (spliced, None)
    assert untouched_missing(writer.untouched(changes.touched), spliced) is None
    assert spliced.startswith("\ufeff") == text.startswith("\ufeff")
    if "\r\n" in text:
        assert spliced.count("\r\n") == spliced.count("\n")


@given(st.integers(0, 2**64 - 1), st.integers(0, 8), st.integers(1, 6))
def test_any_text_with_anchors_becomes_any_target(seed: int, size: int, count: int) -> None:
    rng = dice(seed)
    document = some_document(rng, size, shared=True)
    text = Writer(rng, anchors=True).write(document)
    target = change(rng, document, count).tree.plain()
    assert same(strictyaml.load(text, None), document)
    new, note = odcs.rewrite_with_note(text, target)
    assert note is None
    assert same(strictyaml.load(new, None), target)


@given(st.integers(0, 2**64 - 1), st.integers(0, 8))
def test_what_is_written_anew_reads_back(seed: int, size: int) -> None:
    document = some_document(dice(seed), size)
    assert same(strictyaml.load(odcs.dump_new(document), None), document)


PLACES = ("k: a\n", "k: 'a'\n", 'k: "a"\n', "k: |\n  a\n", "k: >-\n  a\n", "k:\n", "k: &x a\n")


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(PLACES))
def test_any_string_can_be_written_in_any_place(value: str, text: str) -> None:
    assert rewritten(text, set_("k", value)).startswith("k:")


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(("k: [a]\n", "k:\n- a\n")))
def test_any_string_can_be_written_in_any_list(value: str, text: str) -> None:
    assert rewritten(text, set_("k", [value, "a", value])).startswith("k:")


# Size


def big(count: int) -> str:
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: big\nversion: 1.0.0\nschema:\n- name: t\n"
    return head + "  properties:\n" + "".join(
        f"  # about p{n}\n  - name: p{n}\n    logicalType: string\n    tags: [a, b]\n"
        for n in range(count)
    )  # fmt: skip


@pytest.mark.parametrize("what", ["remove", "reverse", "retype"])
def test_work_grows_with_the_text_and_not_with_its_square(what: str) -> None:
    def target(text: str) -> Document:
        document: Document = strictyaml.load(text, None)
        properties = document["schema"][0]["properties"]
        if what == "remove":
            del properties[::2]
        elif what == "reverse":
            properties.reverse()
        else:
            for item in properties:
                item["logicalType"] = "date"
        return document

    def work(text: str) -> int:
        wanted = target(text)
        return calls_of(lambda: odcs.rewrite(text, wanted))[1]

    # 20 times the text: the square would be 400 times the work.
    assert work(big(4000)) < 30 * work(big(200))


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\u2028", "\x85", "\x1b"])
def test_characters_that_hide_what_a_reader_sees_are_written_as_escapes(hidden: str) -> None:
    new = rewritten("a: b\n", lambda target: target.update(a=f"x{hidden}y", c=[f"{hidden}"]))
    assert hidden not in new
    assert new.count("\\") == 2


@pytest.mark.parametrize("target", [{"v": "\ud800"}, {"\ud800": 1}])
def test_half_a_character_is_refused_as_key_and_as_value(target: Document) -> None:
    with pytest.raises(ContractError, match="surrogate"):
        odcs.rewrite("v: 1\n", target)
