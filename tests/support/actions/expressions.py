"""Expressions of GitHub Actions, as far as the workflows use them; the rest is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<sign>==|!=|&&|\|\||[!().,\[\]]))"
)
_WORDS = {"true": True, "false": False, "null": None}


def interpolate(text: Any, contexts: Mapping[str, Any]) -> str:
    """Return a text with the values of its `${{ }}`."""
    if not isinstance(text, str):
        return shown(text)
    return re.sub(
        r"\$\{\{(.*?)\}\}", lambda match: shown(evaluate(match[1], contexts)), text, flags=re.DOTALL
    )


def evaluate(expression: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of an expression without its `${{ }}`."""
    tokens, at = [], 0
    while expression[at:].strip():
        match = _TOKEN.match(expression, at)
        assert match, f"not understood: {expression[at:]!r}"
        tokens.append((match.lastgroup, match[match.lastgroup or 0]))
        at = match.end()
    parser = _Parser(tokens, contexts)
    value = parser.any_of()
    assert parser.done(), f"more than an expression: {expression!r}"
    return value


def shown(value: Any) -> str:
    """Return a value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "Object" if isinstance(value, dict) else "Array"
    return f"{value:g}" if isinstance(value, float) else str(value)


class _Parser:
    def __init__(self, tokens: list[tuple[str | None, str]], contexts: Mapping[str, Any]) -> None:
        self.tokens, self.contexts, self.at = tokens, contexts, 0

    def done(self) -> bool:
        return self.at == len(self.tokens)

    def takes(self, sign: str) -> bool:
        if not self.done() and self.tokens[self.at] == ("sign", sign):
            self.at += 1
            return True
        return False

    def any_of(self) -> Any:
        value = self.all_of()
        while self.takes("||"):
            other = self.all_of()
            value = value if value else other
        return value

    def all_of(self) -> Any:
        value = self.equal()
        while self.takes("&&"):
            other = self.equal()
            value = other if value else value
        return value

    def equal(self) -> Any:
        value = self.single()
        for sign, wanted in (("==", True), ("!=", False)):
            if self.takes(sign):
                return (_folded(value) == _folded(self.single())) is wanted
        return value

    def single(self) -> Any:
        if self.takes("!"):
            return not self.single()
        if self.takes("("):
            value = self.any_of()
            assert self.takes(")")
            return value
        kind, word = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word)
        assert kind == "name", word
        if self.takes("("):
            return self._call(word)
        if word in _WORDS:
            return _WORDS[word]
        assert word in self.contexts, f"there is no context {word!r}"
        return self._path(self.contexts[word])

    def _call(self, name: str) -> Any:
        arguments = [self.any_of()]
        while self.takes(","):
            arguments.append(self.any_of())
        assert self.takes(")")
        if name == "startsWith":
            return shown(arguments[0]).lower().startswith(shown(arguments[1]).lower())
        if name == "toJSON":
            return json.dumps(arguments[0], indent=2, ensure_ascii=False)
        raise AssertionError(f"the tests' runner has no function {name}")

    def _path(self, value: Any) -> Any:
        while True:
            if self.takes("."):
                key = self.tokens[self.at][1]
                self.at += 1
            elif self.takes("["):
                key = self.any_of()
                assert self.takes("]")
            else:
                return value
            value = value.get(key) if isinstance(value, Mapping) else None


def _folded(value: Any) -> Any:
    """Return what is compared: text without case, nothing as the empty text."""
    if value is None:
        return ""
    return value.lower() if isinstance(value, str) else value
