"""The HTTP of the tests' GitHub: Git and the API at one address."""

from __future__ import annotations

import base64
import binascii
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from support.git import commit_files, git
from support.git_http import backend, read_body
from support.github import apps, checks, facts, gitside, issues, pulls  # noqa: F401  (they register routes)
from support.github.description import judge
from support.github.faults import Fault
from support.github.hub import GitHub, Request
from support.github.routes import Call, answer
from support.github.world import App, RefusalError, Token

_API = "/api/v3"

Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def serve(
    folder: Path,
    full_name: str = "acme/contracts",
    files: Mapping[str, str | bytes] | None = None,
    *,
    private: bool = True,
) -> Iterator[GitHub]:
    """Run a GitHub with one repository, which holds `files` on `main`; see the package."""

    class Handler(_Handler):
        hub: GitHub

    with _Server(("127.0.0.1", 0), Handler) as listening:
        hub = GitHub(folder, listening.server_address[1], judge())
        Handler.hub = hub
        repository = hub.add_repository(full_name, private=private)
        if files is not None:
            fill(repository.path, files)
        hub.person("ana", "write")
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            listening.shutdown()
            thread.join()
    assert not hub.violations, "\n".join(hub.violations)


def fill(bare: Path, files: Mapping[str, str | bytes], branch: str = "main") -> None:
    """Put the first commit into a bare repository."""
    source = bare.parent / f"{bare.name}-source"
    source.mkdir()
    git(source, "init", "-q", "-b", branch)
    commit_files(source, files, "First commit")
    git(source, "push", "-q", str(bare), branch)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Who was killed takes leave of nobody.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    hub: GitHub
    protocol_version = "HTTP/1.1"
    #: Small answers at once: they are written in two pieces.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def _handle(self) -> None:
        body = read_body(self)
        split = urlsplit(self.path)
        is_api = split.path.startswith(f"{_API}/")
        path = split.path.removeprefix(_API) if is_api else split.path
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        fault = self.hub.struck(self.command, path)
        token = who(self.hub, self.headers.get("Authorization"))
        reply: Reply | None = None
        if fault is not None:
            time.sleep(fault.delay)
        moved = self._moved(split.path)
        if moved:
            to = f"{self.hub.web}{moved}" + (f"?{split.query}" if split.query else "")
            reply = (301 if self.command == "GET" else 307), {"Location": to}, b""
        elif fault is None or fault.after or not (fault.cut or fault.status):
            reply = self._api(path, query, body, token) if is_api else self._git(path, body, token)
        if fault is not None:
            reply = faulty(fault, reply, secret_of(self.headers.get("Authorization") or ""))
        user = token.account.login if isinstance(token, Token) else None
        sent = parsed(body) if is_api else None
        status = reply[0] if reply else 0
        kind = "api" if is_api else "git"
        request = Request(kind, self.command, path, query, status, user, sent)
        with self.hub.lock:
            self.hub.requests.append(request)
        if reply is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._send(*reply)

    def _moved(self, path: str) -> str | None:
        """Return the path by the new name of a repository that is asked for by a former one."""
        for old, new in self.hub.former.items():
            for before in (f"{_API}/repos/{old}", f"/{old}.git"):
                if path == before or path.startswith(f"{before}/"):
                    return path.replace(old, new, 1)
        return None

    def _api(
        self,
        path: str,
        query: dict[str, str],
        body: bytes,
        token: Token | App | RefusalError | None,
    ) -> Reply:
        if isinstance(token, RefusalError):
            return refused(token)
        sent = parsed(body)
        if body and sent is None:
            return refused(RefusalError(400, "Problems parsing JSON"))
        call = Call(
            self.hub,
            self.command,
            path,
            query,
            sent,
            token if isinstance(token, Token) else None,
            token if isinstance(token, App) else None,
            {},
        )
        with self.hub.lock:
            return answer(call)

    def _git(self, path: str, body: bytes, token: Token | App | RefusalError | None) -> Reply:
        ask = {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Type": "text/plain"}
        if isinstance(token, RefusalError):
            return 401, ask, b"Invalid username or token."
        owner, _, rest = path.lstrip("/").partition("/")
        name, _, service = rest.partition(".git/")
        pushing = service == "git-receive-pack" or "service=git-receive-pack" in self.path
        account = token.account if isinstance(token, Token) else None
        try:
            repository = self.hub.find_repository(
                f"{owner}/{name}", token if isinstance(token, Token) else None
            )
        except RefusalError:
            if token is None:
                return 401, ask, b"Repository not found."
            return 404, {"Content-Type": "text/plain"}, b"Repository not found."
        if pushing and not isinstance(token, Token):
            return 401, ask, b"No anonymous write access."
        if isinstance(token, Token) and not may(self.hub, token, repository.full_name, pushing):
            said = f"Permission to {repository.full_name}.git denied to {token.account.login}."
            return 403, {"Content-Type": "text/plain"}, said.encode()
        before = gitside.refs(repository.path, "refs/heads/", "refs/tags/")
        user = account.login if account else ""
        reply = backend(self.hub.folder, self, body, user=user)
        if service == "git-receive-pack" and account is not None:
            with self.hub.lock:
                self.hub.push_event(repository, before, account)
        return reply

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def parsed(body: bytes) -> Any:
    """Read a request's JSON; None where it is none."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def refused(refusal: RefusalError) -> Reply:
    """Write a refusal."""
    headers = {"Content-Type": "application/json; charset=utf-8", **refusal.headers}
    return refusal.status, headers, json.dumps(refusal.body).encode()


def faulty(fault: Fault, reply: Reply | None, secret: str) -> Reply | None:
    """Return what arrives of a reply; None: the connection ends."""
    if fault.cut:
        return None
    if fault.status is None:
        return reply
    headers = {"Content-Type": "application/json; charset=utf-8", **fault.headers}
    body = json.dumps(fault.body if fault.body is not None else {"message": "Server Error"})
    return fault.status, headers, body.replace("{token}", secret).encode()


def may(hub: GitHub, token: Token, full_name: str, pushing: bool) -> bool:
    """Tell whether a token may fetch from or push to a repository."""
    needed = 2 if pushing else 1
    levels = {"none": 0, "read": 1, "write": 2, "admin": 3}
    if token.permissions is not None and levels[token.permissions.get("contents", "none")] < needed:
        return False
    if token.installation:
        return True
    role = hub.repositories[full_name].role(token.account)
    return role in {"write", "maintain", "admin"} or (not pushing and role != "none")


def secret_of(authorization: str) -> str:
    """Return the token that a request shows; Git shows it as a password."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return value.strip()
    try:
        user, _, password = base64.b64decode(value.strip()).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password if password not in {"", "x-oauth-basic"} else user


def who(hub: GitHub, authorization: str | None) -> Token | App | RefusalError | None:
    """Return whose request it is; None: nobody's."""
    if not authorization:
        return None
    value = secret_of(authorization)
    if value.count(".") == 2:
        return app_of(hub, value)
    token = hub.tokens.get(value)
    if token is None or token.expired:
        return RefusalError(401, "Bad credentials")
    return token


def app_of(hub: GitHub, value: str) -> App | RefusalError:
    """Return the App that signed a JSON web token."""
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
        app = hub.apps[int(claims["iss"])]
        jwt.decode(value, app.public_key, algorithms=["RS256"], options={"require": ["exp", "iat"]})
        if claims["exp"] - claims["iat"] > 660:
            return RefusalError(401, "'Expiration time' claim ('exp') is too far in the future")
    except (jwt.InvalidTokenError, KeyError, ValueError):
        return RefusalError(401, "A JSON web token could not be decoded")
    return app
