"""Requests to the authoring page's server as nobody's browser would write them."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dc43_gitdraft.author.guard import KEY_HEADER
from dc43_gitdraft.author.server import AuthorServer


@dataclass(frozen=True)
class Heard:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    server: AuthorServer,
    method: str,
    path: str,
    headers: Mapping[str, str | None] | None = None,
    body: bytes | None = None,
) -> Heard:
    """Send one request; a header that is None is left out."""
    given = {"Host": f"127.0.0.1:{server.port}", **(headers or {})}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        if body is not None and "Content-Length" not in given:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Heard(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


class Page:
    """A page that was entered with the token, as a program."""

    def __init__(self, server: AuthorServer) -> None:
        self.server = server
        place = urlsplit(server.url)
        self.entered = ask(server, "GET", f"{place.path}?{place.query}")
        key = re.search(rb'name="gitdraft-key" content="([^"]+)"', self.entered.body)
        assert key is not None
        self.headers: dict[str, str | None] = {
            "Cookie": self.entered.headers["Set-Cookie"].partition(";")[0],
            KEY_HEADER: key[1].decode(),
            "Origin": f"http://127.0.0.1:{server.port}",
            "Content-Type": "application/json",
        }

    def __call__(
        self, method: str, path: str, given: object = None, **headers: str | None
    ) -> Heard:
        """Ask as the page does; a keyword replaces a header (`_` stands for `-`)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = None if given is None else json.dumps(given).encode()
        return ask(self.server, method, f"/api/{path}", {**self.headers, **named}, body)

    def begin(self, contract: str, source: str = "") -> Any:
        """Begin a piece of work."""
        heard = self("POST", "works", {"contract": contract, "source": source})
        assert heard.status == 201, heard.body
        return heard.json

    def look(self, work: Mapping[str, Any], text: str, revision: int = 1) -> Any:
        """Tell what the editor holds, on the basis that the page has of the work."""
        given = {"text": text, "basis": work["basis"], "revision": revision}
        heard = self("PUT", f"works/{work['id']}", given)
        assert heard.status == 200, heard.body
        return heard.json

    def propose(self, work: Mapping[str, Any], text: str, reason: str = "") -> Heard:
        """Propose what the editor holds."""
        given = {"text": text, "basis": work["basis"], "reason": reason}
        return self("POST", f"works/{work['id']}/proposal", given)

    def take_over(self, work: Mapping[str, Any], text: str) -> Any:
        """Bring what the editor holds onto what the repository holds now."""
        given = {"text": text, "basis": work["basis"]}
        heard = self("POST", f"works/{work['id']}/take-over", given)
        assert heard.status == 200, heard.body
        return heard.json
