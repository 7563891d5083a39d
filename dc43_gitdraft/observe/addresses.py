"""What stands behind a scheme that names one thing out of a file: `FILE?option=value#PART`."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.storage import name_some, plain


@dataclass(frozen=True, slots=True)
class Address:
    """A path, the options behind `?`, and the part behind `#` (None: none is named)."""

    path: str
    options: Mapping[str, str]
    part: str | None = None


def address(request: Request, options: Collection[str] = ()) -> Address:
    """Take the SOURCE apart; a path that exists is a path, whatever characters it has."""
    if os.path.lexists(request.rest):
        return Address(request.rest, {})
    rest, hash_, part = request.rest.partition("#")
    if os.path.lexists(rest):
        return Address(rest, {}, part if hash_ and part else None)
    path, _, query = rest.partition("?")
    found = dict(parse_qsl(query, keep_blank_values=True))
    for name in found:
        if name not in options:
            near = difflib.get_close_matches(name, options, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            known = f"there is {', '.join(options)}" if options else "it takes none"
            raise ObservationError(
                f"this SOURCE has no option `{plain(name)}` ({known}){hint}", where=request.source
            )
    return Address(path, found, part if hash_ and part else None)


def named(request: Request, where: Address, name: str) -> Dataset:
    """Return the dataset's id: the caller's, else the path and the name of what was chosen."""
    given = request.dataset
    if given.id != request.source:
        return given
    scheme, colon, _ = request.source.partition(":")
    return Dataset(f"{scheme}{colon}{plain(where.path)}#{plain(name)}", given.version)


def choose(
    where: Address, there: Iterable[str], request: Request, what: str, *, hint: str = "#NAME"
) -> str:
    """Return which of several things is meant: the one that is named, or the only one.

    A name may be the last parts of a longer one: `orders` is `shop.public.orders`. Where the
    SOURCE names none, the schema object that the caller named may tell.
    """
    names = list(dict.fromkeys(there))
    shown = name_some([plain(name) for name in names])
    if not names:
        raise ObservationError(f"it holds no {what}", where=request.source)
    wanted = where.part
    if wanted is None:
        if len(names) == 1:
            return names[0]
        found = _called(request.object, names) if request.object else []
        if len(found) == 1:
            return found[0]
        raise ObservationError(
            f"it holds several {what}s ({shown}): say which with `{hint}` at the end of the SOURCE",
            where=request.source,
        )
    found = _called(wanted, names)
    if len(found) == 1:
        return found[0]
    if found:
        shown = name_some([plain(name) for name in found])
        raise ObservationError(
            f"several {what}s are called `{plain(wanted)}`: {shown}", where=request.source
        )
    raise ObservationError(
        f"it holds no {what} `{plain(wanted)}`; there is {shown}", where=request.source
    )


def _called(wanted: str, names: list[str]) -> list[str]:
    for fold in (str, str.casefold):
        exact = [name for name in names if fold(name) == fold(wanted)]
        ends = (f".{fold(wanted)}", f"/{fold(wanted)}")
        found = exact or [name for name in names if fold(name).endswith(ends)]
        if found:
            return found
    return []
