from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.drafts import (
    ADDED,
    GUESSED,
    MOVED,
    ORIGIN,
    REMOVED,
    RENAMED,
    WIDENED,
    chain,
    change,
    draft,
)

from dc43_gitdraft import render
from dc43_gitdraft.model import Bump, Change, Level, QualityResult, Verdict
from dc43_gitdraft.render.tables import size

TABLE = "| | change | where | before | after |"


@pytest.mark.parametrize(
    ("changes", "verdict", "consequence"),
    [
        ([ADDED], "✅ **Compatible** · 1.2.0 → 1.3.0 (minor)", "Consumers keep working."),
        (
            [ADDED, WIDENED],
            "⚠️ **Compatible, with care** · 1.2.0 → 1.3.0 (minor)",
            "Consumers keep working if they bear what happens to `orders.amount`.",
        ),
        (
            [WIDENED, REMOVED],
            "❌ **Breaking** · 1.2.0 → 1.3.0 (major)",
            "Consumers that read `orders.note` will break.",
        ),
        (
            [RENAMED, REMOVED, change("logical-type-changed", "orders.amount")],
            "❌ **Breaking** · 1.2.0 → 1.3.0 (major)",
            "Consumers that read `orders.note` and `orders.amount` may break.",
        ),
        (
            [replace(REMOVED, path=f"orders.c{number}") for number in range(7)],
            "❌ **Breaking** · 1.2.0 → 1.3.0 (major)",
            "Consumers that read `orders.c0`, `orders.c1`, `orders.c2` and 4 others will break.",
        ),
        (
            [MOVED],
            "❌ **Breaking** · 1.2.0 → 1.3.0 (major)",
            "Consumers that read `orders.city` will break.",
        ),
        (
            [change("sla-loosened", "slaProperties.latency")],
            "❌ **Breaking** · 1.2.0 → 1.3.0 (major)",
            "Consumers that rely on `slaProperties.latency` may break.",
        ),
        (
            [change("pii-tag-removed", "orders.note")],
            "❌ **Against policy** · 1.2.0 → 1.3.0 (major)",
            "This repository asks for a decision on `orders.note` (pii tag removed).",
        ),
        (
            [replace(change("unique-added", "orders.note"), level=Level.ERROR)],
            "❌ **Breaking** · 1.2.0 → 1.3.0 (minor)",
            "Data that was right before may be wrong now in `orders.note`.",
        ),
        (
            [replace(REMOVED, level=Level.INFO)],
            "⚠️ **Breaking, as allowed** · 1.2.0 → 1.3.0 (major)",
            "By this repository's settings none of the changes is an error.",
        ),
        (
            [change("physical-type-narrowed", "orders.amount", "bigint", "int")],
            "⚠️ **Compatible for consumers** · 1.2.0 → 1.3.0 (major)",
            "Consumers keep working; what writes `orders.amount` as before may not fit.",
        ),
    ],
)
def test_the_body_begins_with_the_verdict_and_what_it_means(
    changes: list[Change], verdict: str, consequence: str
) -> None:
    assert render.body(draft(*changes), ORIGIN).split("\n")[:3] == [verdict, "", consequence]


def test_the_body_of_a_first_version_says_so() -> None:
    body = render.body(draft(ADDED, base_version=None, version="1.0.0"), ORIGIN)
    assert body.startswith("🆕 **First version** · 1.0.0\n")


def test_the_body_says_where_a_bump_is_too_small() -> None:
    body = render.body(draft(REMOVED, bump=Bump.MINOR, implied=Bump.MAJOR), ORIGIN)
    assert "takes a minor step; these changes imply a major one" in body


def test_changes_that_the_settings_hide_are_not_called_harmless() -> None:
    body = render.body(draft(bump=Bump.MAJOR, implied=Bump.MAJOR), ORIGIN)
    assert body.startswith("⚠️ **Breaking, as allowed** · 1.2.0 → 1.3.0 (major)\n")
    assert "No change is shown: the settings turn off the rules of all that there are." in body


def test_the_table_has_the_worst_first_with_before_and_after() -> None:
    assert render.changes_table([ADDED, WIDENED, REMOVED]).split("\n") == [
        TABLE,
        "|---|---|---|---|---|",
        "| ❌ | property removed | `orders.note` | `string` |  |",
        "| ⚠️ | physical type widened | `orders.amount` | `int` | `bigint` |",
        "| ℹ️ | property added (optional) | `orders.discount` |  | `double` |",
    ]


def test_a_possible_rename_is_explained_once() -> None:
    guess = "- possible rename of `orders.sku` to `orders.sku_code`: the same type"
    assert render.changes_table(GUESSED).split("\n")[2:] == [
        "| ❌ | property removed: possibly renamed | `orders.sku` | `int` |  |",
        "| ℹ️ | property added (optional): possibly renamed | `orders.sku_code` |  | `int` |",
        "",
        guess,
    ]
    notes = ("possible rename of orders.sku to orders.sku_code", "another")
    body = render.body(draft(*GUESSED, notes=notes), ORIGIN)
    assert f"**To note.**\n\n{guess}\n- another\n\n" in body
    assert body.count("possible rename") == 1


def test_a_move_is_told_by_before_and_after() -> None:
    assert render.changes_table([MOVED]).split("\n")[2:] == [
        "| ❌ | property moved | `orders.address.city` | `orders.city` | `orders.address.city` |"
    ]


def test_a_table_of_no_changes_is_a_sentence() -> None:
    assert render.changes_table([]) == "No changes."


@pytest.mark.parametrize(
    ("side", "said"),
    [
        (None, ""),
        ("text", "text"),
        (4, "4"),
        (True, "true"),
        ({"physicalType": "int", "required": True}, "int, required"),
        ({"logicalType": "string"}, "string"),
        ({"value": 4, "unit": "h"}, "value: 4, unit: h"),
        (["pii", 1], "pii, 1"),
        ([], "[]"),
        ({}, "{}"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_a_side_of_a_change_is_said_in_words(side: object, said: str) -> None:
    assert render.value(side) == said


@pytest.mark.parametrize(
    ("each", "said"),
    [
        (replace(WIDENED, message="value, unit changed"), "physical type widened: value, unit"),
        (change("documentation-changed", "orders", message="description changed"), "| description"),
        (change("property-became-required", "orders.a"), "property became required |"),
        (replace(WIDENED, message="as a|b.c"), "physical type widened: as `a\\|b.c` |"),
    ],
)
def test_a_change_says_what_its_finder_said(each: Change, said: str) -> None:
    assert said in render.changes_table([each])


def test_the_body_says_why() -> None:
    body = render.body(draft(ADDED), ORIGIN, [("pipeline", "nightly | eu")])
    assert "- dataset: `json:orders.jsonl` at version `2024-05-30`\n" in body
    assert "- observed by: `orders-job`\n" in body
    assert "- run: `https://ci.example/runs/7`\n" in body
    assert "- `pipeline`: `nightly | eu`\n" in body


def test_the_body_shows_quality_that_was_not_obeyed_the_worst_first() -> None:
    results = (
        QualityResult("known", Verdict.WARN, "orders.status", 1, 2000, message="seen: secret"),
        QualityResult("required", Verdict.BLOCK, "orders.note", 3, 10),
        QualityResult("not_empty", Verdict.WARN),
    )
    body = render.body(draft(ADDED, feedback=results), ORIGIN)
    assert "changes no rule: 1 × block, 2 × warn." in body
    assert "| ❌ | `required` | `orders.note` | 3 of 10 (30.0%) |\n| ⚠️ | `known`" in body
    assert "| `orders.status` | 1 of 2,000 (under 0.1%) |" in body
    assert "| ⚠️ | `not_empty` | the whole object |  |" in body
    assert "secret" not in body


def test_what_was_relaxed_is_not_said_to_be_unchanged() -> None:
    results = (QualityResult("known", Verdict.BLOCK, "orders.status"),)
    relaxed = change("property-became-nullable", "orders.note", True, False)
    body = render.body(draft(relaxed, feedback=results), ORIGIN)
    assert "changes no rule but those that are relaxed above: 1 × block." in body


def test_several_tools_that_say_the_same_are_named() -> None:
    one = QualityResult("required", Verdict.BLOCK, "orders.note", 3, 10, tools=("Soda", "a|`b"))
    alone = replace(one, rule="unique", tools=("dbt",))
    body = render.body(draft(ADDED, feedback=(one, alone)), ORIGIN)
    assert "| ❌ | `required` (`Soda`, ``a\\|`b``) | `orders.note` | 3 of 10 (30.0%) |" in body
    assert "| ❌ | `unique` | `orders.note` |" in body


def test_a_verdict_without_failures_is_said() -> None:
    body = render.body(draft(ADDED), replace(ORIGIN, verdict=Verdict.OK))
    assert "**Data quality.** Verdict: `ok`." in body


def test_notes_are_sentences_with_names_as_code() -> None:
    notes = ("possible rename of orders.a_b to orders.c", "all good", "x", "y", "z")
    body = render.body(draft(ADDED, notes=notes), ORIGIN)
    assert "- possible rename of `orders.a_b` to `orders.c`\n- all good\n- x\n" in body
    assert "<summary>2 more notes</summary>\n\n- y\n- z\n" in body


def test_the_body_ends_with_the_marker_that_is_read_back() -> None:
    made = draft(ADDED, contract_id="a-->b")
    body = render.body(made, ORIGIN)
    assert body.endswith(f"\n\n{render.marker(made)}\n")
    assert render.digest_in(body) == made.digest


def test_a_body_without_marker_has_no_digest() -> None:
    assert render.digest_in("<!-- gitdraft {nonsense} --> text") is None
    deep = "[" * 60_000
    assert render.digest_in(f'<!-- gitdraft {{"digest": {deep}}} -->') is None


def additions(count: int) -> list[Change]:
    return [replace(ADDED, path=f"orders.{'column' * 5}_{number}") for number in range(count)]


def test_a_few_changes_are_all_seen_at_once() -> None:
    assert "more change" not in render.body(draft(*additions(14)), ORIGIN)


def test_many_changes_are_counted_and_folded() -> None:
    body = render.body(draft(*additions(30), REMOVED), ORIGIN)
    seen, _, folded = body.partition("<details>")
    assert seen.count("\n| ℹ️ |") == 11
    assert "… and 19 more changes, none of them breaking (19 × property added (optional))" in seen
    assert folded.count("\n| ℹ️ |") == 19


def test_what_breaks_is_never_folded() -> None:
    removals = [replace(REMOVED, path=f"orders.c{number}") for number in range(40)]
    body = render.body(draft(*additions(30), *removals), ORIGIN)
    assert body.partition("<details>")[0].count("\n| ❌ |") == 40


def test_5000_changes_fit_and_are_cut_between_rows() -> None:
    body = render.body(draft(*additions(4000), *[REMOVED] * 20, *additions(980)), ORIGIN)
    assert size(body) <= render.BODY_LIMIT
    assert size(body) > render.BODY_LIMIT - 2_000
    assert body.partition("<details>")[0].count("\n| ❌ |") == 20
    rows = re.findall(r"^\|.*$", body, re.MULTILINE)
    assert {row.count("|") for row in rows} == {6}
    seen = sum(row.startswith(("| ❌", "| ℹ️")) for row in rows)
    (left,) = re.findall(
        r"… and ([\d,]+) more changes, none of them breaking .* of this pull", body
    )
    assert seen + int(left.replace(",", "")) == 5000
    assert "How to decide" in body


def test_5000_breaking_changes_fit_and_the_rest_is_said_to_break() -> None:
    removals = [replace(REMOVED, path=f"orders.{'column' * 9}_{place}") for place in range(5000)]
    body = render.body(draft(*removals), ORIGIN)
    assert size(body) <= render.BODY_LIMIT
    shown = body.count("\n| ❌ |")
    assert f"… and {5000 - shown:,} more changes, {5000 - shown:,} of them breaking" in body


def test_the_longest_of_everything_fits() -> None:
    long = "😀" * 3000
    results = tuple(QualityResult(long, Verdict.BLOCK, long, 10**12, 10**13) for _ in range(500))
    worst = replace(REMOVED, path=long, before=long, after=long, message=long)
    origin = replace(ORIGIN, dataset_id=long, dataset_version=long, observed_by=long, run_url=long)
    made = draft(*[worst] * 5000, contract_id=long[:255], notes=(long,) * 500, feedback=results)
    around = replace(chain(60), contract=long, links=())
    body = render.body(made, origin, [(long, long)] * 100, around)
    assert size(body) <= render.BODY_LIMIT
    assert body.count("\n| ❌ |") > 10
    assert render.digest_in(body) == made.digest
