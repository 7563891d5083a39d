"""What people read: a pull request's title and body, tables and sentences about changes, diffs.

Everything here is pure text. Nothing of names and values, which come from data, can become a
link, a mention, an issue reference, an image, a heading or HTML.
"""

from __future__ import annotations

from dc43_gitdraft.render.bodies import BODY_LIMIT, body, suggests, warned
from dc43_gitdraft.render.differences import bump_of
from dc43_gitdraft.render.diffs import diff
from dc43_gitdraft.render.inline import code, plain, prose, value
from dc43_gitdraft.render.marks import contract_in, digest_in, marker, tells
from dc43_gitdraft.render.promotions import promotion_body, promotion_in, promotion_title
from dc43_gitdraft.render.reasons import agreement, undrafted, unwritten
from dc43_gitdraft.render.tables import changes_table
from dc43_gitdraft.render.titles import TITLE_LIMIT, title
from dc43_gitdraft.render.verdicts import Judgement, consequence, judgement, verdict

__all__ = [
    "BODY_LIMIT",
    "TITLE_LIMIT",
    "Judgement",
    "agreement",
    "body",
    "bump_of",
    "changes_table",
    "code",
    "consequence",
    "contract_in",
    "diff",
    "digest_in",
    "judgement",
    "marker",
    "plain",
    "promotion_body",
    "promotion_in",
    "promotion_title",
    "prose",
    "suggests",
    "tells",
    "title",
    "undrafted",
    "unwritten",
    "value",
    "verdict",
    "warned",
]
