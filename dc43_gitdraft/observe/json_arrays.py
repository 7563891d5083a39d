"""The items of a JSON array, one after another: a file of any size, memory for one item."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

#: In bytes. Doubled as long as an item is not whole.
_CHUNK = 256 * 1024

_SPACE = re.compile(r"[ \t\r\n]*")


class ArrayError(ValueError):
    """What is no JSON array of items that fit; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def is_array(stream: IO[bytes]) -> bool:
    """Tell whether JSON text begins an array; the stream is at its start again."""
    start = stream.read(_CHUNK)
    stream.seek(0)
    return start.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n").startswith(b"[")


def items(stream: IO[bytes], decoder: json.JSONDecoder, longest: int) -> Iterator[tuple[int, Any]]:
    """Yield each item with the line on which it starts.

    `longest` is in characters. Raises ArrayError.
    """
    text = _Text(stream, longest)
    text.expect("[")
    if text.next() == "]":
        text.at += 1
    else:
        while True:
            text.next()
            yield text.line(), text.value(decoder)
            if text.next() == "]":
                text.at += 1
                break
            text.expect(",")
    if text.next():
        raise ArrayError("something follows the end of the JSON array", text.line())


class _Text:
    """The part of a text that is in memory; `at` is the next character of it."""

    def __init__(self, stream: IO[bytes], longest: int) -> None:
        self.at = 0
        self._stream, self._longest = stream, longest
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        # Lines up to the character `_counted`.
        self._lines, self._counted = 1, 0
        self._ended = False

    def line(self) -> int:
        self._lines += self._text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._lines

    def next(self) -> str:
        """Return the next character that is no space; none at the end."""
        while True:
            found = _SPACE.match(self._text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self._text):
                return self._text[self.at]
            if not self._more(_CHUNK):
                return ""

    def expect(self, character: str) -> None:
        if self.next() != character:
            raise ArrayError("not valid JSON: an array that is damaged or cut off", self.line())
        self.at += 1

    def value(self, decoder: json.JSONDecoder) -> Any:
        size = _CHUNK
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self.at)
            except json.JSONDecodeError:
                end = len(self._text)
            except RecursionError:
                raise ArrayError("nested too deeply", self.line()) from None
            else:
                if end < len(self._text) or self._ended:
                    self.at = end
                    return value
            # It may only be whole with what follows.
            if end - self.at > self._longest:
                raise ArrayError(
                    f"an item is longer than {self._longest // 1024 // 1024} Mi characters, or not"
                    " valid JSON",
                    self.line(),
                )
            if not self._more(size):
                raise ArrayError(
                    "not valid JSON: an item of the array is damaged or cut off", self.line()
                )
            size *= 2

    def _more(self, size: int) -> bool:
        """Read on, and forget what was used; False at the end."""
        if self._ended:
            return False
        self.line()
        self._text, self.at, self._counted = self._text[self.at :], 0, 0
        data = self._stream.read(size)
        self._ended = not data
        try:
            self._text += self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError:
            raise ArrayError("not UTF-8 text", self.line()) from None
        return True
