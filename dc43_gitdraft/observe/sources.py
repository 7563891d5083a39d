"""The many SOURCEs that a pattern stands for, such as `spark:shop.*` or `parquet:lake/*`."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe import schemes

#: Scheme -> `module:function` that lists what matches a pattern; the others list files.
LISTERS = {"spark": "dc43_gitdraft.observe.spark.tables:matching"}

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.DOTALL)
_PATTERN = re.compile(r"[*?\[]")


def sources(pattern: str) -> tuple[str, ...]:
    """List the SOURCEs that a pattern stands for, sorted; one without `*`, `?`, `[` is itself.

    Of files and directories, those whose names begin with `.` or `_` are left out. Raises
    ObservationError where nothing matches.
    """
    if _PATTERN.search(pattern) is None:
        return (pattern,)
    match = _SCHEME.fullmatch(pattern)
    scheme, rest = (match[1], match[2]) if match and match[1] in schemes() else ("", pattern)
    found = sorted(_lister(scheme)(rest))
    if not found:
        raise ObservationError("nothing matches this pattern", where=pattern)
    return tuple(f"{scheme}:{name}" if scheme else name for name in found)


def _lister(scheme: str) -> Callable[[str], list[str]]:
    if scheme not in LISTERS:
        return _files
    module, _, function = LISTERS[scheme].partition(":")
    try:
        lister: Callable[[str], list[str]] = getattr(import_module(module), function)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyspark":
            raise
        raise ObservationError(
            f"`{scheme}` needs pyspark: pip install 'dc43-gitdraft[spark]'"
        ) from None
    return lister


def _files(pattern: str) -> list[str]:
    found = glob.glob(pattern)  # noqa: PTH207 - a Path would drop what a SOURCE says, such as `./`
    return [path for path in found if not Path(path).name.startswith((".", "_"))]
