"""What a contract's bytes tell without being parsed. Pure."""

from __future__ import annotations

import re

#: An id at the top of a block mapping, written so plainly that no parser is needed to read it.
_PLAIN_ID = re.compile(
    rb"""^id:[ \t]+(?:(["']?)([A-Za-z0-9._:/-]+)\1)[ \t]*(?:[ \t]#[^\r\n]*)?(?=\r?\n\S|\r?\n?\Z)""",
    re.MULTILINE,
)
#: What makes a plain `id:` at the start of a line something else than the id, or one of several: a
#: line that does not begin as those of customary contracts do, a line break that is seen by YAML.
_DOUBTFUL = re.compile(
    rb"""\r(?!\n)|\xc2\x85|\xe2\x80[\xa8\xa9]
    |^(?!\w[\w-]*[ \t]*:|[ \t\#\r\n]|-[ \t\r\n]|---[ \t]*(?:\#.*)?\r?$|\.\.\.|%|\Z)""",
    re.MULTILINE | re.VERBOSE,
)


def plain_id(text: bytes) -> str | None:
    """Return the id of a contract where its bytes leave no doubt, else None: ask the parser."""
    plain = _PLAIN_ID.findall(text)
    # Anything else that looks like it (in quoted text of several lines) is for the parser.
    alone = len(plain) == 1 and text.count(b"\nid") + text.startswith(b"id") == 1
    if alone and not _DOUBTFUL.search(text):
        return str(plain[0][1].decode("ascii"))
    return None


def may_relate(text: bytes) -> bool:
    """Say whether a contract can hold relationships; keys are hardly ever written with escapes."""
    return b"relationships" in text
