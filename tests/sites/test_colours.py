"""Colours that everybody can read: the contrast that WCAG 2 asks of text (AA: 4.5 to 1)."""

from __future__ import annotations

import re

import pytest

from dc43_gitdraft.site.markup import style

#: Text on what it stands on, by the names of the style sheet; 3 to 1 is for what is no text.
TEXT = [
    *((name, back) for name in ("text", "quiet", "link") for back in ("back", "panel")),
    *((name, f"{name}-back") for name in ("good", "open", "care", "bad", "plain")),
    *((name, "back") for name in ("good", "open", "bad")),
]
MARKS = [("focus", "back"), ("quiet", "back")]


def schemes() -> dict[str, dict[str, str]]:
    """Return the colours of each scheme; the dark one's take the place of the light one's."""
    light, dark = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    found = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return {"light": found[0], "dark": {**found[0], **found[1]}}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_can_be_read(scheme: str, front: str, back: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[front], colours[back]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), MARKS)
def test_marks_can_be_seen(scheme: str, front: str, back: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[front], colours[back]) >= 3


def test_both_schemes_have_the_same_colours() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    names = [re.findall(r"--([a-z-]+):", part) for part in (light, dark)]
    assert names[0] == names[1]
    assert set(re.findall(r"var\(--([a-z-]+)\)", style())) <= set(names[0])
