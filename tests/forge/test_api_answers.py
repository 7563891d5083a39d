from __future__ import annotations

import pytest

from dc43_gitdraft.errors import ForgeError
from dc43_gitdraft.forge.github.api import Answer


@pytest.mark.parametrize("text", ["<html>", "{", "[" * 100_000, '{"a":' * 100_000])
def test_what_is_no_answer_of_github_is_said(text: str) -> None:
    answer = Answer(200, {}, text)
    with pytest.raises(ForgeError, match="not GitHub's"):
        answer.document()
    assert answer.said == "status 200"
