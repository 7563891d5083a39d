"""Payloads of events, as GitHub's own examples of them are, about the tests' GitHub."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from support import npm


def like_the_example(name: str, payload: dict[str, Any], action: str | None = None) -> Any:
    """Return GitHub's example of an event with the values of `payload` where it has any.

    There is no example of a merged pull request: one of a closed one is taken.
    """
    return _graft(_example(name, action or payload.get("action")), payload)


@cache
def _examples() -> dict[str, list[Any]]:
    path = npm.package("@octokit/webhooks-examples") / "api.github.com" / "index.json"
    return {each["name"]: each["examples"] for each in json.loads(path.read_text("utf-8"))}


def _example(name: str, action: str | None) -> Any:
    examples = _examples()[name]
    return next((each for each in examples if each.get("action") == action), examples[0])


def _graft(example: Any, ours: Any) -> Any:
    if not isinstance(example, dict) or not isinstance(ours, dict):
        return ours
    kept = {key: value for key, value in example.items() if key not in ours}
    return {**kept, **{key: _graft(example.get(key), value) for key, value in ours.items()}}
