"""Text of another encoding than UTF-8, read as UTF-8."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import IO, Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe.storage import open_bytes, plain

#: In bytes, read and recoded at once.
_BLOCK = 64 * 1024

#: What a file may begin with; the longer ones first, as one of them begins with another.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def check(encoding: str | None, where: str) -> None:
    """Refuse what is no encoding of text. Raises ObservationError."""
    try:
        "x".encode(encoding or "utf-8")
    except (LookupError, ValueError):
        raise ObservationError(
            f"there is no encoding `{plain(encoding or '')}`: name one, as in `?encoding=cp1252`",
            where=where,
        ) from None


def open_utf8(path: Path, encoding: str | None = None) -> IO[bytes]:
    """Open a file so that its text reads as UTF-8, decompressed.

    Without an encoding, that is UTF-8 unless the file begins with the mark of another one.
    """
    stream = open_bytes(path)
    found = encoding or _marked(stream)
    if _is_utf8(found):
        return stream
    return io.BufferedReader(_Recoded(stream, found, path), _BLOCK)


def is_recoded(path: Path, encoding: str | None) -> bool:
    """Tell whether a file is of another encoding than UTF-8, as far as that is said."""
    with open_bytes(path) as stream:
        return not _is_utf8(encoding or _marked(stream))


def _marked(stream: IO[bytes]) -> str:
    start = stream.read(4)
    stream.seek(0)
    return next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


class _Recoded(io.RawIOBase):
    """Decodes a stream and encodes it again."""

    def __init__(self, stream: IO[bytes], encoding: str, path: Path) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding, self._path = encoding, path
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while not self._rest and not self._ended:
            data = self._stream.read(_BLOCK)
            self._ended = not data
            try:
                self._rest = self._decoder.decode(data, final=self._ended).encode("utf-8")
            except UnicodeError:
                raise ObservationError(
                    f"not {self._encoding} text", where=str(self._path)
                ) from None
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
