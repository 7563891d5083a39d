"""Who may speak to the page's server: one browser on this machine, that was given the address.

- The address that is shown holds a token that works once. It gives the browser a cookie, which
  other sites cannot make it send (SameSite), and a key, which the page keeps where only pages of
  this very origin can read it. What reads or changes anything needs both.
- A name that an attacker points at this machine (DNS rebinding) is no `Host` that is served.
- What comes from pages of another origin, another port of this machine included, is refused.

Pure: it knows headers, and nothing of sockets.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

#: By which a page proves that it is ours.
KEY_HEADER = "X-Gitdraft-Key"

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self' blob:",
            # The editor styles its parts one by one.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: the status of HTTP, and a sentence."""

    status: int
    message: str


_STRANGE_HOST = Refusal(421, "this server answers to its own address only")
_STRANGE_ORIGIN = Refusal(403, "this comes from another site")
_UNKNOWN = Refusal(
    401, "this browser has no key to this page: open the address that the terminal shows"
)


class Guard:
    """The keys of one server at one port."""

    def __init__(self, port: int) -> None:
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._cookie_name = f"gitdraft-author-{port}"
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self.key = secrets.token_urlsafe(32)

    @property
    def token(self) -> str:
        """The token of the address to open; empty when it was used."""
        return self._token or ""

    def redeem(self, token: str) -> bool:
        """Use the token up; say whether it was the right one, and unused."""
        right = self._token is not None and _same(token, self._token)
        if right:
            self._token = None
        return right

    def set_cookie(self) -> str:
        """Return the cookie for the browser that brought the token."""
        return f"{self._cookie_name}={self._cookie}; HttpOnly; SameSite=Strict; Path=/"

    def refuses(
        self, method: str, headers: Mapping[str, str | None], *, entering: bool = False
    ) -> Refusal | None:
        """Say what is wrong with any request, whatever it asks for.

        A link to enter may stand anywhere, such as in a terminal that is a page itself.
        """
        host = (headers.get("Host") or "").lower()
        if host not in self._hosts:
            return _STRANGE_HOST
        origin = headers.get("Origin")
        if origin is None and method not in {"GET", "HEAD"}:
            return _STRANGE_ORIGIN
        if origin is not None and origin != f"http://{host}":
            return _STRANGE_ORIGIN
        # `none` is a person who typed the address, or opened it from the terminal.
        site = headers.get("Sec-Fetch-Site") or "none"
        if site not in {"same-origin", "none"} and not entering:
            return _STRANGE_ORIGIN
        return None

    def refuses_asking(self, headers: Mapping[str, str | None]) -> Refusal | None:
        """Say what is wrong with a request that reads or changes anything."""
        known = _same(self._given(headers), self._cookie)
        keyed = _same(headers.get(KEY_HEADER) or "", self.key)
        return None if known and keyed else _UNKNOWN

    def _given(self, headers: Mapping[str, str | None]) -> str:
        try:
            found = SimpleCookie(headers.get("Cookie") or "").get(self._cookie_name)
        except CookieError:
            return ""
        return found.value if found else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
