"""HTML that is safe by the way it is made: text is escaped wherever it goes in.

Contracts, titles and reasons are anybody's. They become elements' text or attributes' values, and
nothing else: no style, no script, and no address but one of the web.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

from dc43_gitdraft.names import one_line

_ASSETS = Path(__file__).parent / "assets"
#: Control, format, surrogate, line and paragraph separator.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_VOID = frozenset({"input", "meta", "link", "br"})


class Html(str):
    """Text that is HTML already, made by `element` alone."""

    __slots__ = ()


Child = str | None


def element(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """Return an element; children that are no Html are escaped, None is nothing.

    An attribute's name is written as in Python: `class_`, `aria_label`. True stands for one
    without a value, None and False for none.
    """
    said = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        said.append(key if value is True else f'{key}="{html.escape(cleaned(str(value)))}"')
    if name in _VOID:
        return Html(f"<{' '.join(said)}>")
    return Html(f"<{' '.join(said)}>{''.join(map(_child, children))}</{name}>")


def joined(*children: Child) -> Html:
    """Return children one after the other."""
    return Html("".join(map(_child, children)))


def _child(child: Child) -> str:
    if child is None or isinstance(child, Html):
        return child or ""
    return html.escape(cleaned(child), quote=False)


def cleaned(text: str) -> str:
    """Return text on one line, without what turns its direction or cannot be written."""
    if text.isprintable():
        return text
    return "".join(" " if category(char) in _UNSEEN else char for char in text)


def clipped(text: object, limit: int) -> str:
    """Return a value of a contract as a text of at most so many characters."""
    if text is None or isinstance(text, (dict, list)):
        return ""
    said = str(text).lower() if isinstance(text, bool) else str(text)
    if len(said) <= limit and said.isprintable() and "  " not in said:
        return said.strip()
    return one_line(said[: limit * 4], limit)


def web_address(url: str) -> str | None:
    """Return an address that may be linked to, or None."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def linked(text: str, url: str | None) -> Html:
    """Return text that leads to an address of the web; only the text where it is none."""
    where = web_address(url) if url else None
    if where is None:
        return joined(text)
    return element("a", text, href=where, rel="noreferrer")


def data(value: Any, name: str) -> Html:
    """Return a block of JSON that scripts read; nothing in it can end the block."""
    text = json.dumps(value, separators=(",", ":"))  # ASCII
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Html(f'<script type="application/json" id="{name}">{text}</script>')


@cache
def style() -> str:
    """Return the one style sheet."""
    return (_ASSETS / "style.css").read_text("utf-8")


@cache
def _script() -> tuple[str, str]:
    """Return the one script, and the fingerprint by which pages allow it."""
    text = (_ASSETS / "list.js").read_text("utf-8")
    return text, base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


#: The pages that every page leads to: file -> how they are called.
PLACES = {
    "index.html": "Contracts",
    "drafts.html": "Open drafts",
    "decisions.html": "Decisions",
    "relationships.html": "Relationships",
}


def page(
    title: str, body: Html, *, site: str, seen: str, place: str = "", active: bool = False
) -> bytes:
    """Return a whole page.

    `site` is what the site is called and `seen` when the repository was looked at, `place` the
    file among PLACES (none: a contract's page, one folder down); `active` gives it the script.
    """
    up = "" if place else "../"
    text, fingerprint = _script()
    policy = [
        "default-src 'none'",
        # A page on disk has no origin, so that 'self' is nothing there in some browsers.
        "style-src 'self' file:",
        f"script-src 'sha256-{fingerprint}'" if active else "script-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(policy)}">'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} · {site}"),
        element("link", rel="stylesheet", href=f"{up}style.css"),
    )
    places = (
        element("a", said, href=up + file, aria_current="page" if file == place else None)
        for file, said in PLACES.items()
    )
    top = element(
        "header",
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("p", site, class_="site"),
        element("nav", *places, aria_label="Site"),
    )
    end = element(
        "footer", element("p", "As the repository was on ", seen, ". Made by dc43-gitdraft.")
    )
    script = Html(f"<script>{text}</script>") if active else None
    main = element("main", body, id="content", tabindex="-1")
    whole = element("html", head, element("body", top, main, end, script), lang="en")
    return f"<!doctype html>\n{whole}\n".encode("utf-8", "replace")
