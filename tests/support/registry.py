"""A schema registry for tests: the part of Confluent's REST API that clients need to register.

Confluent's own client speaks with it in `tests/servers/test_registry.py`.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

Answer = tuple[int, Any]


@dataclass
class RegistryServer:
    """A running registry; requests are kept as `METHOD /path?query`."""

    users: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    port: int = 0
    level: str = "BACKWARD"
    subjects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    schemas: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    #: Answers in place of its own: path -> status, headers, body.
    broken: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def admits(self, authorization: str | None) -> bool:
        if not self.users and self.token is None:
            return True
        known = [f"Bearer {self.token}"] if self.token else []
        for user, password in self.users.items():
            known.append("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        return authorization in known

    def register(
        self,
        subject: str,
        schema: str | dict[str, Any],
        kind: str | None = None,
        references: list[dict[str, Any]] | None = None,
    ) -> int:
        """Add a version of a subject, as `POST /subjects/{subject}/versions`; return its id."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        entry: dict[str, Any] = {"schema": text, **({"schemaType": kind} if kind else {})}
        entry |= {"references": references} if references else {}
        if entry not in self.schemas:
            self.schemas.append(entry)
        versions = self.subjects.setdefault(subject, [])
        identity = self.schemas.index(entry) + 1
        if not any(each["id"] == identity for each in versions):
            number = len(versions) + 1
            versions.append({"subject": subject, "version": number, "id": identity, **entry})
        return identity

    def answer(self, method: str, path: str, body: Any) -> Answer:
        parts = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]
        match (method, *parts):
            case ("GET", "subjects"):
                return 200, sorted(self.subjects)
            case ("POST", "subjects", subject, "versions"):
                kind = body.get("schemaType")
                kind = None if kind == "AVRO" else kind
                identity = self.register(subject, body["schema"], kind, body.get("references"))
                return 200, {"id": identity}
            case ("GET", "subjects", subject, "versions"):
                found = self.subjects.get(subject)
                return (200, [each["version"] for each in found]) if found else _missing(subject)
            case ("GET", "subjects", subject, "versions", version):
                return self._version(subject, version)
            case ("GET", "schemas", "ids", identity):
                return 200, self.schemas[int(identity) - 1]
            case ("GET", "config"):
                return 200, {"compatibilityLevel": self.level}
            case ("PUT", "config", subject):
                self.levels[subject] = body["compatibility"]
                return 200, body
            case ("GET", "config", subject):
                if subject not in self.levels and "defaultToGlobal=true" not in path:
                    return 404, {"error_code": 40408, "message": f"Subject '{subject}' has none."}
                return 200, {"compatibilityLevel": self.levels.get(subject, self.level)}
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}

    def _version(self, subject: str, version: str) -> Answer:
        found = self.subjects.get(subject)
        if found is None:
            return _missing(subject)
        number = len(found) if version in ("latest", "-1") else int(version)
        if not 1 <= number <= len(found):
            return 404, {"error_code": 40402, "message": f"Version {version} not found."}
        return 200, found[number - 1]


def _missing(subject: str) -> Answer:
    return 404, {"error_code": 40401, "message": f"Subject '{subject}' not found."}


@contextmanager
def serve(**settings: Any) -> Iterator[RegistryServer]:
    """Serve an empty registry."""
    server = RegistryServer(**settings)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            server.requests.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers: dict[str, str] = {}
            if self.path in server.broken:
                status, headers, data = server.broken[self.path]
            elif not server.admits(self.headers.get("Authorization")):
                status, data = 401, b'{"error_code": 401, "message": "Unauthorized"}'
            else:
                status, found = server.answer(
                    self.command, self.path, json.loads(body) if body else None
                )
                data = json.dumps(found).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.port = listening.server_port
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
