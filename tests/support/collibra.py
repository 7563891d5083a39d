"""The part of Collibra's REST API that dc43's store speaks with, over real HTTP.

Facts: `Data Products` REST API v1 (contracts, versions, manifests, the active version), and assets
and relations of the core API 2.0, by which dc43 finds the port that a new contract governs.
"""

from __future__ import annotations

import email
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support.git_http import read_body

TOKEN = "catalogue"
_CONTRACTS = "/rest/dataProduct/v1/dataContracts"
_PORT = "00000000-0000-0000-0000-00000000aaaa"


@dataclass
class Collibra:
    """A running catalogue: by contract id, the manifests by version, and the active version."""

    port: int = 0
    manifests: dict[str, dict[str, str]] = field(default_factory=dict)
    active: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(
        self, method: str, path: str, query: dict[str, str], form: dict[str, str]
    ) -> tuple[int, Any]:
        if (method, path) == ("GET", "/rest/2.0/relations"):
            return 200, {"results": []}
        tail = path.removeprefix(_CONTRACTS).strip("/").split("/")
        name = tail[0].removeprefix("contract-")
        match (method, tail[0] != "", tail[1:]):
            case ("GET", False, _) if path == _CONTRACTS:
                known = query["manifestId"] in self.manifests
                return 200, {"items": [{"id": f"contract-{query['manifestId']}"}] if known else []}
            case ("POST", False, _):
                if form["governedAssetId"] != _PORT or form["manifestId"] in self.manifests:
                    return 400, {}
                self.manifests[form["manifestId"]] = {form["version"]: form["manifest"]}
                return 201, {"id": f"contract-{form['manifestId']}"}
            case ("POST", True, ["versions"]):
                self.manifests[name][form["version"]] = form["manifest"]
                if form["active"] == "true":
                    self.active[name] = form["version"]
                return 201, {}
            case ("PATCH", True, ["activeVersion"]):
                if query["version"] not in self.manifests.get(name, {}):
                    return 404, {}
                self.active[name] = query["version"]
                return 200, {}
        return 404, {}


@contextmanager
def collibra() -> Iterator[Collibra]:
    """Serve until the block ends."""
    catalogue = Collibra()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = read_body(self)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._send(401, {})
                return
            kind = self.headers.get("Content-Type", "")
            query = dict(parse_qsl(parts.query))
            form = _form(kind, body) if body else {}
            self._send(*catalogue.answer(self.command, parts.path, query, form))

        do_POST = do_PATCH = do_GET  # noqa: N815 - the server's own names

        def _send(self, status: int, document: Any) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    catalogue.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield catalogue
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(catalogue: Collibra, contract_id: str) -> str:
    """Return dc43's settings for it; the port that a contract governs is named by its id."""
    return (
        f'[contract_store]\ntype = "collibra_http"\nbase_url = "{catalogue.url}"\n'
        f'token = "{TOKEN}"\n[contract_store.catalog."{contract_id}"]\n'
        f'data_product = "{"0" * 8}-0000-0000-0000-{"0" * 12}"\nport = "{_PORT}"\n'
    )


def _form(kind: str, body: bytes) -> dict[str, str]:
    """Read the fields of a multipart form."""
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    fields = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            fields[name] = data.decode()
    return fields
