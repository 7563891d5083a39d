"""Which branches a workflow runs on and works on, as GitHub reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import InputError


def trouble(text: str, branch: str) -> tuple[str, str] | None:
    """Return why a workflow does nothing for a branch, and what to write; None where it may.

    What cannot be understood was edited by people, who know why.
    """
    try:
        document = strictyaml.load(text, None)
        pushes = document["on"].get("push")
        wanted = None if pushes is None else pushes.get("branches")
        patterns = [str(each) for each in (wanted if isinstance(wanted, list) else [wanted])]
        missed = wanted is not None and not lets_through(patterns, branch)
        bases = list(_bases(document))
    except (InputError, KeyError, TypeError, AttributeError, re.error):
        return None
    if missed:
        said = f"runs on pushes to {', '.join(patterns)}, not to {branch}"
        return said, f"write `branches: [{branch}]` there"
    others = [base for base in bases if base != branch and "${{" not in base]
    if others:
        return f"works on {others[0]}, not on {branch}", f"write `base: {branch}` there"
    return None


def starts_on(text: str, event: str) -> bool:
    """Say whether an event starts a workflow; one that cannot be read is thought to be right."""
    try:
        events = strictyaml.load(text, None)["on"]
        return event == events if isinstance(events, str) else event in events
    except (InputError, KeyError, TypeError):
        return True


def _bases(document: Mapping[str, Any]) -> Iterator[str]:
    """Find the base branches that a workflow gives to the actions beside it."""
    for job in document["jobs"].values():
        for step in job.get("steps") or ():
            base = (step.get("with") or {}).get("base")
            if base and str(step.get("uses")).startswith("./.github/actions/"):
                yield str(base)


def lets_through(patterns: Sequence[str], branch: str) -> bool:
    """Say whether a branch is among those that `branches:` names; the last that matches counts."""
    through = False
    for pattern in patterns:
        exclude = pattern.startswith("!")
        if re.fullmatch(_expression(pattern.removeprefix("!")), branch):
            through = not exclude
    return through


def _expression(pattern: str) -> str:
    """Turn a pattern into a regular expression; a backslash makes a character mean itself."""
    out, at = [], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        text = token[0] if token else pattern[at]
        at += len(text)
        if text == "**":
            out.append(".*")
        elif text == "*":
            out.append("[^/]*")
        elif text in {"?", "+"} and out:
            out[-1] = f"(?:{out[-1]}){text}"
        elif text.startswith("[") and len(text) > 1:
            out.append("[" + text[1:-1].replace("\\", "").replace("^", "\\^") + "]")
        else:
            out.append(re.escape(text[-1]))
    return "".join(out)


_TOKEN = re.compile(r"\*\*|\\.|\[[A-Za-z0-9-]+\]", re.DOTALL)
