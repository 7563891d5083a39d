"""Commands under a pull request, on real branches of the local forge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.git import git
from support.shop import (
    AGREEING,
    ANA,
    DISCOUNT,
    DISCOUNT_AND_TAX,
    ORDERS,
    Shop,
    pulled,
    seen,
)

from dc43_gitdraft import lifecycle, steward
from dc43_gitdraft.model import (
    DataType,
    ObservedProperty,
    Outcome,
    OutcomeKind,
    PullState,
    QualityResult,
    Verdict,
)
from dc43_gitdraft.publish import NEEDS_REBASE, REJECTED, publish
from dc43_gitdraft.repo import BOT, Identity, RefUpdate
from dc43_gitdraft.steward import Answer, parse

BRANCH = "gitdraft/orders"
PATH = "contracts/orders.odcs.yaml"
NULLS = {"order_id": 3}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "contracts.git")


def ask(shop: Shop, said: str, number: int = 1) -> Answer:
    command = parse(f"/gitdraft {said}")
    assert command is not None
    return steward.obey(shop.desk, number, command, ANA)


def done(shop: Shop, said: str) -> str:
    answer = ask(shop, said)
    assert answer.done, answer.text
    return answer.text


def refused(shop: Shop, said: str) -> str:
    before = shop.refs()
    answer = ask(shop, said)
    assert not answer.done, answer.text
    assert shop.refs() == before
    return answer.text


# Reading


@pytest.mark.parametrize(
    ("comment", "name", "words"),
    [
        ("/gitdraft bump major", "bump", ("major",)),
        ("/GitDraft  BUMP   major\r\nas agreed", "bump", ("major",)),
        ("/gitdraft", "", ()),
        ("/gitdraft reject not  ours", "reject", ("not", "ours")),
        ("/gitdraft redraft ", "redraft", ()),
    ],
)
def test_the_first_line_is_the_command(comment: str, name: str, words: tuple[str, ...]) -> None:
    command = parse(comment)
    assert command is not None
    assert (command.name, command.words) == (name, words)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "please /gitdraft bump major",
        "hello\n/gitdraft bump major",
        "    /gitdraft bump major",
        "> /gitdraft bump major",
        "/gitdrafted bump major",
        "\n/gitdraft bump major",
    ],
)
def test_anything_else_is_talk(comment: str) -> None:
    assert parse(comment) is None


def test_an_unknown_command_is_answered_with_those_there_are(shop: Shop) -> None:
    shop.job()
    text = refused(shop, "frobnicate")
    for name in ("bump major|minor|patch", "reject REASON", "redraft", "relax"):
        assert name in text


def test_a_command_under_another_pull_request_is_refused(shop: Shop) -> None:
    base = shop.repo.resolve("refs/heads/main")
    assert base
    tip = shop.repo.write_commit([base], {"x": b"y"}, "Edit", ANA, shop.desk.clock())
    shop.repo.push([RefUpdate("refs/heads/other", tip, None)])
    shop.forge.open("other", "main", "Other", "", actor="Ana", when=shop.desk.clock())
    assert "is not a draft" in refused(shop, "bump major")


# The answering comment


def test_answers_stand_in_one_comment_one_line_each() -> None:
    bump, redraft = parse("/gitdraft bump major"), parse("/gitdraft redraft")
    assert bump
    assert redraft
    text = steward.answers(None, 7, bump, "ana", Answer(True, "it is 2.0.0"))
    text = steward.answers(text, 9, redraft, "zoe", Answer(False, "no"))
    again = steward.answers(text, 9, redraft, "zoe", Answer(True, "yes"))
    assert again.splitlines() == [
        steward.MARKER,
        "**Asked for in comments**",
        "",
        "- ✅ `/gitdraft bump major` (`ana`): it is 2.0.0 <!-- 7 -->",
        "- ✅ `/gitdraft redraft` (`zoe`): yes <!-- 9 -->",
    ]


def test_old_answers_make_room() -> None:
    text = None
    for number in range(1, 15):
        command = parse("/gitdraft redraft")
        assert command
        text = steward.answers(text, number, command, "ana", Answer(True, "yes"))
    assert text is not None
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert [line.split()[-2] for line in lines] == [str(n) for n in range(5, 15)]


def test_what_was_obeyed_is_known_when_its_answer_made_room() -> None:
    command = parse("/gitdraft bump major")
    assert command
    text = steward.answers(None, 1, command, "ana", Answer(True, "yes"))
    text = steward.answers(text, 2, command, "ana", Answer(False, "no"))
    for number in range(3, 1_100):
        text = steward.answers(text, number, command, "ana", Answer(True, "yes " * 100))
    assert steward.is_done(text, 1_099)
    assert steward.is_done(text, 200)
    assert not steward.is_done(text, 2)
    assert len(text) < 65_536


def test_an_answer_cannot_be_talked_into_more() -> None:
    command = parse("/gitdraft reject `x` <!-- --> @team #1 **bold** [skip ci]")
    assert command
    text = steward.answers(None, 1, command, "ana", Answer(True, "yes"))
    assert "- ✅ ``/gitdraft reject `x` <!-- --> @team #1 **bold** [skip ci]`` (`ana`): " in text
    assert parse(text) is None


# bump


@pytest.mark.parametrize(
    ("step", "version"), [("major", "2.0.0"), ("minor", "1.3.0"), ("patch", "1.2.1")]
)
def test_bump_sets_the_version(shop: Shop, step: str, version: str) -> None:
    shop.job()
    assert version in done(shop, f"bump {step}")
    assert f"version: {version}  # semantic" in shop.text(BRANCH)
    (pull,) = shop.open_pulls()
    assert pull.title.startswith(f"orders {version}:")
    assert f"1.2.0 → {version}" in pull.body


def test_bump_twice_is_bump_once(shop: Shop) -> None:
    shop.job()
    done(shop, "bump major")
    before = shop.refs()
    assert "already" in done(shop, "bump major")
    assert shop.refs() == before


def test_bump_less_than_the_changes_ask_for_says_so(shop: Shop) -> None:
    shop.job()
    assert "ask for a minor step" in done(shop, "bump patch")


@pytest.mark.parametrize("said", ["bump", "bump huge", "bump major please"])
def test_bump_needs_a_step(shop: Shop, said: str) -> None:
    shop.job()
    assert "name the step" in refused(shop, said)


def test_bump_is_a_commit_of_the_steward_that_only_sets_the_version(shop: Shop) -> None:
    shop.job()
    before = shop.text(BRANCH)
    tip = shop.repo.resolve(f"refs/heads/{BRANCH}")
    done(shop, "bump major")
    commit = shop.repo.commit(f"refs/heads/{BRANCH}")
    assert (commit.author, commit.committer, commit.parents) == (ANA, BOT, (tip,))
    assert shop.text(BRANCH) == before.replace("version: 1.3.0", "version: 2.0.0")


@pytest.mark.parametrize("said", ["bump major", "redraft", "relax required"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("schema:\n  - name: orders", "schema:\n  - 7\n  - name: orders"),
        ("    properties:", "    properties: x\n    others:"),
        ("customProperties:", "customProperties: x\nothers:"),
    ],
)
def test_what_is_no_contract_any_more_is_an_answer(
    shop: Shop, said: str, before: str, after: str
) -> None:
    shop.job(nulls=NULLS)
    shop.edit(BRANCH, before, after)
    assert "contracts/orders.odcs.yaml" in refused(shop, said)


@pytest.mark.parametrize("step", ["major", "patch"])
def test_later_jobs_keep_the_step(shop: Shop, step: str) -> None:
    shop.job()
    done(shop, f"bump {step}")
    version = {"major": "2.0.0", "patch": "1.2.1"}[step]
    assert shop.job().kind is OutcomeKind.UNCHANGED
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.UPDATED
    assert f"version: {version}" in shop.text(BRANCH)
    assert pulled(outcome).title.startswith(f"orders {version}:")
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UNCHANGED


def test_bump_works_on_top_of_more_drift(shop: Shop) -> None:
    shop.job()
    shop.job(DISCOUNT_AND_TAX)
    done(shop, "bump major")
    _, promotion = lifecycle.merge(shop.desk, 1, ANA)
    assert [each.version for each in promotion.promoted] == ["2.0.0"]
    assert "name: tax" in shop.text("main")


def test_bump_never_takes_a_promoted_version(shop: Shop) -> None:
    shop.job()
    commit = shop.repo.resolve("refs/heads/main")
    git(shop.path, "tag", "orders/v2.0.0", str(commit))
    done(shop, "bump major")
    assert "version: 3.0.0" in shop.text(BRANCH)


def test_a_first_draft_has_no_step(shop: Shop) -> None:
    shop.job(contract="returns", new=True)
    assert "no version of this contract comes before" in refused(shop, "bump major")


def test_an_edited_version_is_bumped_from_the_base_again(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "version: 1.3.0", "version: 7.0.0")
    done(shop, "bump minor")
    assert "version: 1.3.0" in shop.text(BRANCH)


@pytest.mark.parametrize("said", ["bump major", "redraft", "relax required"])
def test_a_closed_pull_request_is_not_changed(shop: Shop, said: str) -> None:
    shop.job()
    lifecycle.reject(shop.desk, 1, "no", "Ana")
    assert "reopen it first" in refused(shop, said)


def test_a_broken_contract_is_an_answer(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "kind: DataContract", "kind: [")
    assert "orders.odcs.yaml" in refused(shop, "bump major")


def test_a_run_that_ended_before_it_told_is_finished_by_the_next(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "version: 1.3.0", "version: 2.0.0")
    assert shop.open_pulls()[0].title.startswith("orders 1.3.0:")
    assert "already" in done(shop, "bump major")
    assert shop.open_pulls()[0].title.startswith("orders 2.0.0:")


# reject


def test_reject_closes_and_remembers_the_reason(shop: Shop) -> None:
    shop.job()
    assert "`not ours, ask #7`" in done(shop, "reject not ours, ask #7")
    pull = shop.forge.get(1)
    assert (pull.state, pull.reason, pull.decided_by) == (
        PullState.CLOSED,
        "not ours, ask #7",
        ANA.name,
    )
    assert REJECTED in pull.labels
    outcome = shop.job()
    assert (outcome.kind, outcome.reason) == (
        OutcomeKind.REJECTED,
        f"rejected by {ANA.name}: not ours, ask #7",
    )


def test_reject_twice_is_reject_once(shop: Shop) -> None:
    shop.job()
    done(shop, "reject no")
    before = shop.refs()
    assert "already" in done(shop, "reject no")
    assert shop.refs() == before


def test_reject_for_another_reason_takes_that(shop: Shop) -> None:
    shop.job()
    done(shop, "reject no")
    assert "`other`" in done(shop, "reject other")
    assert shop.job().reason == f"rejected by {ANA.name}: other"


def test_reject_needs_a_reason(shop: Shop) -> None:
    shop.job()
    assert "say why" in refused(shop, "reject")


def test_reject_of_a_merged_pull_request_is_refused(shop: Shop) -> None:
    shop.job()
    lifecycle.merge(shop.desk, 1, ANA)
    assert "is merged" in refused(shop, "reject no")


# redraft


def move_base(shop: Shop) -> None:
    """A version 1.3.0 with another description comes out while the draft is open."""
    text = shop.text("main").replace("version: 1.2.0", "version: 1.3.0")
    shop.write("main", {PATH: text.replace("Total in euros.", "Total in euros, with VAT.")})
    lifecycle.promote(shop.desk)


def test_redraft_brings_an_edited_draft_onto_the_moved_base(shop: Shop) -> None:
    shop.job()
    edit = shop.edit(BRANCH, "name: discount", "name: discount\n        description: In euros.")
    move_base(shop)
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.BLOCKED
    assert NEEDS_REBASE in shop.open_pulls()[0].labels
    assert "`1.4.0`" in done(shop, "redraft")
    text = shop.text(BRANCH)
    for kept in ("description: In euros.", "Total in euros, with VAT.", "version: 1.4.0  # sem"):
        assert kept in text
    (pull,) = shop.open_pulls()
    assert NEEDS_REBASE not in pull.labels
    assert pull.title.startswith("orders 1.4.0:")
    assert "1.3.0 → 1.4.0" in pull.body
    main = shop.repo.resolve("refs/heads/main")
    assert main
    assert shop.repo.is_ancestor(main, pull.head_sha)
    assert shop.repo.is_ancestor(edit, pull.head_sha)


def test_after_redraft_jobs_and_merge_go_on(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "name: discount", "name: discount\n        description: In euros.")
    move_base(shop)
    done(shop, "redraft")
    assert shop.job().kind is OutcomeKind.UNCHANGED
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
    text = shop.text(BRANCH)
    assert "description: In euros." in text
    assert "name: tax" in text
    _, promotion = lifecycle.merge(shop.desk, 1, ANA)
    assert [each.version for each in promotion.promoted] == ["1.4.0"]
    assert shop.job(DISCOUNT_AND_TAX).kind is OutcomeKind.NO_DRIFT


def test_redraft_keeps_comments_of_both_sides(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "# The orders of the web shop.", "# The orders of the shop.")
    text = shop.text("main").replace("required: true", "required: true  # always")
    shop.write("main", {PATH: text})
    done(shop, "redraft")
    assert "# The orders of the shop." in shop.text(BRANCH)
    assert "required: true  # always" in shop.text(BRANCH)


def test_redraft_of_a_draft_that_nobody_edited_stays_the_tool_s(shop: Shop) -> None:
    shop.job()
    move_base(shop)
    done(shop, "redraft")
    commit = shop.repo.commit(f"refs/heads/{BRANCH}")
    assert commit.author == BOT
    assert "people edited" not in shop.open_pulls()[0].body
    assert shop.job().kind is OutcomeKind.UNCHANGED
    assert shop.job(AGREEING).kind is OutcomeKind.NO_DRIFT
    assert shop.open_pulls() == []


def test_redraft_says_where_both_changed_the_same(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "Total in euros.", "Total in EUR.")
    move_base(shop)
    text = refused(shop, "redraft")
    assert "`schema[orders].properties[amount].description`" in text


def test_redraft_says_which_other_files_conflict(shop: Shop) -> None:
    shop.write("main", {"README.md": "one\n"})
    shop.job()
    shop.write(BRANCH, {"README.md": "two\n"})
    shop.write("main", {"README.md": "three\n"})
    move_base(shop)
    assert "`README.md`" in refused(shop, "redraft")


def test_redraft_takes_the_other_files_of_both_sides(shop: Shop) -> None:
    shop.job()
    shop.write(BRANCH, {"docs/a.md": "a\n"})
    shop.write("main", {"docs/b.md": "b\n"})
    move_base(shop)
    done(shop, "redraft")
    assert shop.text(BRANCH, "docs/a.md") == "a\n"
    assert shop.text(BRANCH, "docs/b.md") == "b\n"


def test_redraft_follows_a_contract_that_was_moved(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "name: discount", "name: discount\n        description: In euros.")
    text = shop.text("main").replace("Total in euros.", "Total.")
    shop.write("main", {PATH: None, "contracts/shop/orders.odcs.yaml": text})
    done(shop, "redraft")
    assert "description: In euros." in shop.text(BRANCH, "contracts/shop/orders.odcs.yaml")
    tip = shop.repo.resolve(f"refs/heads/{BRANCH}")
    assert tip
    assert shop.repo.read(tip, PATH) is None


def test_redraft_keeps_the_step_that_people_chose(shop: Shop) -> None:
    shop.job()
    done(shop, "bump major")
    move_base(shop)
    assert "`2.0.0`" in done(shop, "redraft")


def test_redraft_of_what_the_base_has_already_says_so(shop: Shop) -> None:
    shop.job()
    text = shop.text(BRANCH).replace("status: draft", "status: active")
    kept = text[: text.index("customProperties:")].replace("version: 1.3.0", "version: 1.4.0")
    shop.write("main", {PATH: kept})
    assert "holds all of this draft already" in refused(shop, "redraft")


def test_redraft_without_need_does_nothing(shop: Shop) -> None:
    shop.job()
    before = shop.refs()[f"refs/heads/{BRANCH}"]
    shop.write("main", {"README.md": "x\n"})
    assert "nothing to do" in done(shop, "redraft")
    assert shop.refs()[f"refs/heads/{BRANCH}"] == before


def test_redraft_keeps_a_final_status(shop: Shop) -> None:
    shop.write("main", {".gitdraft.yaml": "draft-status: active\n"})
    shop.job()
    shop.edit(BRANCH, "name: discount", "name: discount\n        description: In euros.")
    move_base(shop)
    done(shop, "redraft")
    text = shop.text(BRANCH)
    assert "status: active" in text
    assert "gitdraft" not in text
    _, promotion = lifecycle.merge(shop.desk, 1, ANA)
    assert [each.version for each in promotion.promoted] == ["1.4.0"]
    assert shop.text("main") == text


def test_redraft_keeps_line_ends(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "crlf.git", {PATH: ORDERS.replace("\n", "\r\n")})
    shop.job()
    shop.edit(BRANCH, "name: discount", "name: discount\r\n        description: In euros.")
    text = shop.text("main").replace("Total in euros.", "All in euros.")
    shop.write("main", {PATH: text})
    done(shop, "redraft")
    text = shop.text(BRANCH)
    assert text.count("\n") == text.count("\r\n")
    assert "All in euros." in text
    assert "description: In euros." in text


def test_redraft_changes_no_line_that_neither_side_did(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "name: discount", "name: discount\n        description: In euros.")
    move_base(shop)
    done(shop, "redraft")
    before = shop.text("main").replace("1.3.0", "1.4.0").replace("active", "draft")
    text = shop.text(BRANCH)
    assert text.startswith(before)
    assert text[len(before) :].splitlines()[:5] == [
        "      - name: discount",
        "        description: In euros.",
        "        logicalType: string",
        "        physicalType: string",
        "customProperties:",
    ]


def test_redraft_twice_is_redraft_once(shop: Shop) -> None:
    shop.job()
    shop.edit(BRANCH, "name: discount", "name: discount\n        description: In euros.")
    move_base(shop)
    done(shop, "redraft")
    before = shop.refs()
    assert "nothing to do" in done(shop, "redraft")
    assert shop.refs() == before


def test_redraft_after_the_contract_went_says_so(shop: Shop) -> None:
    shop.job()
    shop.write("main", {PATH: None})
    assert "close this draft" in refused(shop, "redraft")


# relax


def test_relax_lets_a_property_lack_a_value(shop: Shop) -> None:
    shop.job(nulls=NULLS)
    text = done(shop, "relax required")
    assert "`orders.order_id` may lack a value now" in text
    assert "required: false" in shop.text(BRANCH)


def test_relax_raises_the_version_where_it_has_to(shop: Shop) -> None:
    shop.job(nulls=NULLS)
    text = done(shop, "relax order_id")
    assert "version `2.0.0`" in text
    assert "version: 2.0.0" in shop.text(BRANCH)
    assert shop.open_pulls()[0].title.startswith("orders 2.0.0:")


@pytest.mark.parametrize("words", ["required", "orders.order_id", "`orders.order_id`", "order_id"])
def test_relax_knows_rules_and_properties(shop: Shop, words: str) -> None:
    shop.job(nulls=NULLS)
    assert "`orders.order_id`" in done(shop, f"relax {words}")


def test_relax_says_what_can_be_relaxed(shop: Shop) -> None:
    shop.job(nulls=NULLS)
    for said in ("relax", "relax enum"):
        assert "`required` can be relaxed for `orders.order_id`" in refused(shop, said)


def test_relax_where_nothing_is_recorded_says_so(shop: Shop) -> None:
    shop.job()
    assert "recorded no required property" in refused(shop, "relax required")


def test_relax_reaches_nested_properties(shop: Shop) -> None:
    nested = """\
      - name: lines
        logicalType: array
        items:
          logicalType: object
          properties:
            - name: price
              logicalType: number
              required: true
"""
    shop.write("main", {PATH: ORDERS + nested, ".gitdraft.yaml": "draft-status: active\n"})
    shop.edit("main", "version: 1.2.0", "version: 1.3.0")
    price = ObservedProperty("price", DataType("number", "double"))
    items = DataType("object", "struct<price:double>", fields=(price,))
    lines = DataType("array", "array<struct<price:double>>", items=items)
    shop.job({**DISCOUNT, "lines": lines})
    assert "`orders.lines[].price` may lack a value now" in done(shop, "relax price")
    assert shop.text(BRANCH).count("required: false") == 1


def test_where_drafts_are_final_properties_are_relaxed_by_name(shop: Shop) -> None:
    shop.write("main", {".gitdraft.yaml": "draft-status: active\n"})
    shop.job(nulls=NULLS)
    assert "`amount`: not to be relaxed here" in refused(shop, "relax amount")
    assert "`orders.order_id` may lack a value now" in done(shop, "relax required")


def test_where_drafts_are_final_any_required_property_may_be_named(shop: Shop) -> None:
    shop.write("main", {".gitdraft.yaml": "draft-status: active\n"})
    shop.job()
    assert "recorded no required property" in refused(shop, "relax required")
    assert "`orders.order_id` may lack a value now" in done(shop, "relax order_id")


def test_relax_twice_is_relax_once(shop: Shop) -> None:
    shop.job(nulls=NULLS)
    done(shop, "relax required")
    before = shop.refs()
    assert "already" in done(shop, "relax required")
    assert shop.refs() == before


def test_later_jobs_keep_what_was_relaxed(shop: Shop) -> None:
    shop.job(nulls=NULLS)
    done(shop, "relax required")
    assert shop.job(nulls=NULLS).kind is OutcomeKind.UNCHANGED
    assert shop.job(DISCOUNT_AND_TAX, nulls=NULLS).kind is OutcomeKind.UPDATED
    text = shop.text(BRANCH)
    assert "required: false" in text
    assert "version: 2.0.0" in text
    lifecycle.merge(shop.desk, 1, ANA)
    assert shop.job(DISCOUNT_AND_TAX, nulls=NULLS).kind is OutcomeKind.NO_DRIFT


RULES = f"""\
{ORDERS.rstrip()}
      - name: status
        logicalType: string
        physicalType: string
        enum:
          - value: paid
          - value: sent
      - name: channel
        logicalType: string
        physicalType: string
        quality:
          - name: known
            metric: invalidValues
            arguments:
              validValues: [web, shop]
            mustBe: 0
      - name: remark
        logicalType: string
        physicalType: string
        quality:
          - metric: nullValues
            unit: percent
            mustBeLessThan: 10
    quality:
      - id: enough
        metric: rowCount
        mustBeGreaterThan: 100
"""
TEXTS = {name: DataType("string", "string") for name in ("status", "channel", "remark")}
BROKEN = (
    QualityResult("required", Verdict.BLOCK, "orders.order_id", 3, 40),
    QualityResult("enum", Verdict.BLOCK, "orders.status", 2, 40),
    QualityResult("known", Verdict.WARN, "orders.channel", 7, 40),
    QualityResult("nullValues", Verdict.WARN, "orders.remark", 6, 40),
    QualityResult("enough", Verdict.BLOCK, None, None, 40),
    QualityResult("our_own", Verdict.BLOCK, "orders.note", 1, 40),
)


def broken(
    shop: Shop, settings: str = "", more: str = "", columns: dict[str, DataType] = DISCOUNT
) -> Outcome:
    """Draft from data that breaks RULES."""
    if "name: status" not in shop.text("main"):
        shop.write("main", {PATH: RULES + more, ".gitdraft.yaml": settings})
    seen_ = replace(seen({**columns, **TEXTS}), quality=BROKEN)
    objects = {"object": "orders"} if more else {}
    return publish("orders", replace(seen_, **objects), shop.desk)  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", ["", "draft-status: active\n"])
def test_relax_enum_lets_properties_have_other_values(shop: Shop, settings: str) -> None:
    broken(shop, settings)
    text = done(shop, "relax enum")
    assert "`orders.channel`, `orders.status` may have other values now" in text
    assert "version `2.0.0`" in text
    held = shop.text(BRANCH)
    for gone in ("value: paid", "validValues"):
        assert gone not in held
    assert "metric: rowCount" in held
    assert "required: true" in held


@pytest.mark.parametrize("settings", ["", "draft-status: active\n"])
def test_relax_threshold_moves_limits_to_what_was_counted(shop: Shop, settings: str) -> None:
    broken(shop, settings)
    text = done(shop, "relax threshold")
    assert (
        "`orders`, `orders.channel`, `orders.remark` may break as many rows as were counted now"
        in text
    )
    held = shop.text(BRANCH)
    for moved in (
        "mustBeLessOrEqualTo: 7",
        "mustBeLessThan: 20",
        "mustBeGreaterThan: 30",
        "validValues: [web, shop]",
    ):
        assert moved in held


def test_relax_takes_several_words_and_some_properties(shop: Shop) -> None:
    broken(shop)
    text = done(shop, "relax enum threshold status remark")
    assert "`orders.status` may have other values now; `orders.remark` may break" in text
    held = shop.text(BRANCH)
    assert "validValues: [web, shop]" in held
    assert "mustBeLessThan: 20" in held
    assert "mustBeGreaterThan: 100" in held


def test_relax_of_rules_twice_is_relax_once(shop: Shop) -> None:
    broken(shop)
    done(shop, "relax required enum threshold")
    before = shop.refs()
    text = done(shop, "relax required enum threshold")
    assert text.startswith("nothing to do: `orders.channel`, `orders.status` may have other values")
    assert shop.refs() == before


def test_later_jobs_keep_the_rules_that_were_relaxed(shop: Shop) -> None:
    broken(shop)
    done(shop, "relax threshold")
    assert broken(shop).kind is OutcomeKind.UNCHANGED
    assert broken(shop, columns=DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
    text = shop.text(BRANCH)
    for kept in ("mustBeLessThan: 20", "mustBeLessOrEqualTo: 7", "name: tax"):
        assert kept in text
    (pull,) = shop.open_pulls()
    assert "changes no rule but those that are relaxed above" in pull.body
    assert "6 of 40" in pull.body


def test_after_redraft_rules_are_relaxed_all_the_same(shop: Shop) -> None:
    broken(shop)
    text = shop.text("main").replace("Total in euros.", "Total.")
    shop.write("main", {PATH: text})
    done(shop, "redraft")
    assert "`orders.remark`" in done(shop, "relax threshold")


def test_relax_says_what_each_word_is_for(shop: Shop) -> None:
    broken(shop)
    text = refused(shop, "relax")
    for said in (
        "`required` can be relaxed for `orders.order_id`",
        "`enum` can be relaxed for `orders.channel`, `orders.status`",
        "`threshold` can be relaxed for `orders`, `orders.channel`, `orders.remark`",
        "for `our_own of orders.note` edit the rule on the branch",
    ):
        assert said in text
    assert "`note`: not to be relaxed here" in refused(shop, "relax threshold note")
    assert "`status`: not to be relaxed here" in refused(shop, "relax threshold status")


def test_of_several_objects_with_such_a_rule_one_is_named(shop: Shop) -> None:
    other = RULES[RULES.index("    quality:\n      - id: enough") :]
    node = "  - name: returns\n    properties:\n      - name: id\n        logicalType: integer\n"
    broken(shop, more=node + other)
    assert "`orders`" not in done(shop, "relax threshold")
    assert shop.text(BRANCH).count("mustBeGreaterThan: 100") == 2
    assert "`orders` may break" in done(shop, "relax threshold orders")
    assert shop.text(BRANCH).count("mustBeGreaterThan: 100") == 1


def test_commands_add_up(shop: Shop) -> None:
    shop.job(nulls=NULLS)
    move_base(shop)
    done(shop, "redraft")
    done(shop, "relax required")
    done(shop, "bump minor")
    assert shop.job(nulls=NULLS).kind is OutcomeKind.UNCHANGED
    assert shop.job(DISCOUNT_AND_TAX, nulls=NULLS).kind is OutcomeKind.UPDATED
    text = shop.text(BRANCH)
    for kept in ("required: false", "name: tax", "version: 1.4.0", "with VAT"):
        assert kept in text


def test_a_command_meets_a_job_that_was_faster(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.job()
    push = type(shop.repo).push
    late = iter([True])

    def raced(repo: object, *args: object, **kwargs: object) -> None:
        if next(late, False):
            shop.job(DISCOUNT_AND_TAX)
        push(repo, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(type(shop.repo), "push", raced)
    done(shop, "bump major")
    assert "version: 2.0.0" in shop.text(BRANCH)
    assert "name: tax" in shop.text(BRANCH)


def test_an_odd_identity_is_written_as_git_wants_it(shop: Shop) -> None:
    shop.job()
    command = parse("/gitdraft bump major")
    assert command
    who = Identity("octo-cat[bot]", "7+octo-cat[bot]@users.noreply.github.com")
    assert steward.obey(shop.desk, 1, command, who).done
    assert shop.repo.commit(f"refs/heads/{BRANCH}").author == who
    assert shop.text(BRANCH) != ORDERS
