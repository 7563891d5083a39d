from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dc43_gitdraft import provenance
from dc43_gitdraft.model import Provenance, QualityResult, Verdict
from dc43_gitdraft.names import one_line

FULL = Provenance(
    contract_id="orders",
    draft_version="1.3.0",
    base_version="1.2.0",
    digest="ab" * 32,
    dataset_id="table:catalog.schema.orders",
    dataset_version="2024-05-30",
    observed_by="dc43-gitdraft 0.1.0",
    observed_at="2024-05-30T12:00:00+00:00",
    run_url="https://ci.example/run/7",
    verdict=Verdict.WARN,
    results=(
        QualityResult("required", Verdict.BLOCK, "orders.note", 3, 10),
        QualityResult("no  order [skip ci] @x #1 é\n", Verdict.WARN),
    ),
)


def trailers_by_git(message: str) -> list[str]:
    run = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=message,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()


def test_a_message_reads_as_subject_sentence_and_trailers() -> None:
    assert provenance.message("orders 1.3.0: add discount", "Drafted.", FULL).splitlines()[:5] == [
        "orders 1.3.0: add discount",
        "",
        "Drafted.",
        "",
        "Contract-Id: orders",
    ]


def test_git_reads_the_trailers_that_were_written() -> None:
    message = provenance.message("orders 1.3.0", "Drafted.", FULL)
    assert trailers_by_git(message) == provenance.trailers(FULL).splitlines()


def test_what_is_unknown_has_no_trailer() -> None:
    text = provenance.message("x", "y", Provenance("orders", "1.0.0"))
    assert trailers_by_git(text) == ["Contract-Id: orders", "Draft-Version: 1.0.0"]


def test_provenance_survives_its_message() -> None:
    assert provenance.parse(provenance.message("s", "t", FULL)) == FULL


def test_a_co_author_paragraph_does_not_hide_the_provenance() -> None:
    message = provenance.message("s", "t", FULL) + "\nCo-authored-by: A <a@b.example>\n"
    assert provenance.parse(message) == FULL


def test_a_message_of_a_person_has_no_provenance() -> None:
    assert provenance.parse("Fix the description\n\nContract-Id: is written here, in prose") is None


@pytest.mark.parametrize("version", ["", " ", "\x01", "\u200b"])
def test_a_message_that_names_no_version_has_no_provenance(version: str) -> None:
    assert provenance.parse(f"s\n\nContract-Id: orders\nDraft-Version: {version}\n") is None


hostile = st.text() | st.sampled_from(
    ["a\nDraft-Digest: evil", "a\n\nContract-Id: b\nDraft-Version: 9", "---", "# x", "\x1b[31m"]
)


@settings(max_examples=25)
@given(hostile, hostile, hostile)
def test_text_from_data_neither_adds_nor_hides_a_trailer(
    dataset: str, version: str, subject: str
) -> None:
    origin = Provenance("orders", "1.0.0", dataset_id=dataset, dataset_version=version)
    message = provenance.message("orders " + subject, "Drafted from " + dataset, origin)
    assert trailers_by_git(message) == provenance.trailers(origin).splitlines()


def test_as_many_results_as_fit_are_kept() -> None:
    results = tuple(QualityResult("r" * 100, Verdict.BLOCK, f"c{n}", n, 99) for n in range(1000))
    read = provenance.parse(
        provenance.message("s", "t", Provenance("orders", "1.0.0", results=results))
    )
    assert read is not None
    assert 20 < len(read.results) < 100
    assert read.results == results[: len(read.results)]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "7",
        "[7]",
        "[[]]",
        '[["a", null, "block", 1]]',
        '[["a", null, "huge", 1, 2]]',
        '[[7, null, "block", 1, 2]]',
        '[["a", 7, "block", 1, 2]]',
        "[" * 5000,
    ],
)
def test_results_that_nobody_wrote_so_are_none(text: str) -> None:
    message = provenance.message("s", "t", Provenance("orders", "1.0.0"))
    read = provenance.parse(f"{message}Quality-Results: {text}\n")
    assert read == Provenance("orders", "1.0.0")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_read_back(verdict: Verdict) -> None:
    origin = Provenance("orders", "1.0.0", verdict=verdict)
    assert provenance.parse(provenance.message("s", "t", origin)) == origin


orders = st.sampled_from(
    ["fixes #1", "@everyone", "[skip ci]", "closes GH-7", "a/b#1", "%23", "%2523", "100%", "%2D"]
)


@settings(max_examples=50)
@given(orders | st.text(), orders, st.text())
def test_text_that_forges_obey_is_harmless_in_a_message_and_read_back(
    before: str, order: str, after: str
) -> None:
    text = before + order + after
    origin = Provenance("orders", "1.0.0", dataset_id=text, run_url=f"https://ci.example/{order}")
    message = provenance.message("orders 1.0.0", f"Drafted from {text}.", origin)
    assert not re.search(r"[#@]|\[skip|\bGH-\d", message, re.IGNORECASE)
    read = provenance.parse(message)
    assert read is not None
    assert read.dataset_id == (one_line(text) or None)
    assert read.run_url == f"https://ci.example/{order}"
