"""The many SOURCEs that a pattern stands for, such as `spark:shop.*` or `parquet:lake/*`."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from dc43_gitdraft.errors import ObservationError

#: Scheme -> `module:function` that lists what matches a pattern; the others list files.
LISTERS = {"spark": "dc43_gitdraft.observe.spark.tables:matching"}

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(?!//)(.*)", re.DOTALL)
_PATTERN = re.compile(r"[*?\[]")


def sources(pattern: str) -> tuple[str, ...]:
    """List the SOURCEs that a pattern stands for, sorted; one without `*`, `?`, `[` is itself.

    Of files and directories, those whose names begin with `.` or `_` are left out. Raises
    ObservationError where nothing matches.
    """
    if _PATTERN.search(pattern) is None:
        return (pattern,)
    scheme, rest = _split(pattern)
    before, lister = f"{scheme}:" if scheme else "", LISTERS.get(scheme)
    if lister is not None and "/" in rest:
        # A path, which may have a format before it, as in `spark:orc:/lake/*`.
        kind, path = _split(rest)
        before, rest, lister = before + (f"{kind}:" if kind else ""), path, None
    if lister is None and "://" in rest:
        raise ObservationError("a pattern is of local files or of tables", where=pattern)
    found = sorted(_loaded(lister, scheme)(rest) if lister else _files(rest))
    if not found:
        raise ObservationError("nothing matches this pattern", where=pattern)
    return tuple(before + name for name in found)


def _split(source: str) -> tuple[str, str]:
    match = _SCHEME.fullmatch(source)
    return (match[1], match[2]) if match else ("", source)


def _loaded(lister: str, scheme: str) -> Callable[[str], list[str]]:
    module, _, function = lister.partition(":")
    try:
        found: Callable[[str], list[str]] = getattr(import_module(module), function)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyspark":
            raise
        raise ObservationError(
            f"`{scheme}` needs pyspark: pip install 'dc43-gitdraft[spark]'"
        ) from None
    return found


def _files(pattern: str) -> list[str]:
    found = glob.glob(pattern)  # noqa: PTH207 - a Path would drop what a SOURCE says, such as `./`
    return [path for path in found if not Path(path).name.startswith((".", "_"))]
