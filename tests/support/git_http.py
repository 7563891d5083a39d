"""A Git server over HTTP for tests: `git http-backend` behind Python's own server.

It serves the bare repositories of one folder, asks for a token if it has one, and remembers the
requests.
"""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class GitServer:
    """A running server; requests are kept as `METHOD /path?query`, `sent` counts bytes."""

    folder: Path
    token: str | None = None
    port: int = 0
    requests: list[str] = field(default_factory=list)
    sent: int = 0

    def url(self, name: str) -> str:
        """Return the URL of a repository of the folder."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def admits(self, authorization: str | None) -> bool:
        """Tell whether a request may pass."""
        if self.token is None:
            return True
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return authorization in (f"Basic {basic}", f"Bearer {self.token}")


@contextmanager
def serve(folder: Path, token: str | None = None) -> Iterator[GitServer]:
    """Serve the bare repositories in `folder`, which anyone with the token may push to."""
    server = GitServer(folder, token)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            server.requests.append(f"{self.command} {self.path}")
            body = read_body(self)
            if not server.admits(self.headers.get("Authorization")):
                self._send(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
                return
            self._send(*backend(server.folder, self, body))

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            server.sent += len(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def read_body(request: BaseHTTPRequestHandler) -> bytes:
    """Read a request's body, which Git sends in chunks where it is large."""
    if request.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length") or 0))
    parts = []
    while size := int(request.rfile.readline().split(b";")[0], 16):
        parts.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(parts)


def backend(
    folder: Path, request: BaseHTTPRequestHandler, body: bytes, *, user: str = "tests"
) -> tuple[int, dict[str, str], bytes]:
    """Let `git http-backend` answer, for a repository below `folder`; status, headers and body."""
    path, _, query = request.path.partition("?")
    env = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": user,
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "http-backend"],
        input=body,
        capture_output=True,
        check=False,
        env=env,
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(
        line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line
    )
    status = int(headers.pop("Status", "200 OK").split()[0])
    return status, headers, content
