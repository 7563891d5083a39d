"""The page's server: on the loopback interface only, at a port that nobody can guess.

Files of the page and of the editor are public; what tells or changes anything is under `/api/`,
takes and gives JSON, and is asked by our own page alone (`guard`).
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dc43_gitdraft.author.composing import EDITOR
from dc43_gitdraft.author.guard import HEADERS, KEY_HEADER, Guard, Refusal
from dc43_gitdraft.author.session import NoWorkError, Session, Typed
from dc43_gitdraft.errors import ConfigError, GitdraftError, InputError, LifecycleError
from dc43_gitdraft.odcs.schema import API_VERSIONS
from dc43_gitdraft.rebase import DisputedError

_log = logging.getLogger(__name__)

#: A contract of 10,000 properties has less.
_LARGEST = 16 * 1024 * 1024
#: Seconds in which a request has to arrive.
_PATIENCE = 30.0
_KINDS = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
#: The headers that are looked at.
_READ = ("Host", "Origin", "Sec-Fetch-Site", "Cookie", "Content-Type", KEY_HEADER)
#: Without it there is nothing to serve.
EDITOR_FILE = "datacontract-editor.es.js"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    kind: str = _KINDS["json"]
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, value: Any, status: int = 200) -> Answer:
        """Answer with JSON."""
        return cls(status, json.dumps(value, default=str).encode())


class AuthorServer:
    """Serves one session until it is closed; a context manager.

    Raises ConfigError where the port is taken, or this installation has no editor.
    """

    def __init__(self, session: Session, port: int = 0) -> None:
        self._files = _files()
        try:
            self._http = _Http(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise ConfigError(
                f"port {port} cannot be used ({error.strerror}): name another, or leave --port out"
            ) from None
        self.port = int(self._http.server_address[1])
        self.guard = Guard(self.port)
        self._http.answer = Routes(session, self.guard, self._files).answer
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address to open, once."""
        return f"http://127.0.0.1:{self.port}/enter?token={self.guard.token}"

    def __enter__(self) -> AuthorServer:
        # Short: that is how long it takes to close.
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def wait(self) -> None:
        """Serve until somebody interrupts it."""
        assert self._thread is not None  # noqa: S101 - inside `with`
        while self._thread.is_alive():
            self._thread.join(1.0)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        if self._thread is not None:
            self._thread.join()


def _files() -> Mapping[str, Path]:
    """Return what is served by its path: the page, the editor, and the schemas of ODCS."""
    here = Path(__file__).parent
    if not (here / "editor" / EDITOR_FILE).is_file():
        raise ConfigError(
            "the editor is missing from this installation; a build puts it there: "
            "run `pip install .` (or `-e .`) in the source tree"
        )
    found = {f"/{name}": here / "page" / name for name in ("author.css", "author.js", "enter.js")}
    found["/"] = here / "page" / "index.html"
    editor = here / "editor"
    for each in (*editor.glob("*.js"), *editor.glob("*.css"), *editor.glob("assets/*.js")):
        found[f"/editor/{each.relative_to(editor).as_posix()}"] = each
    schemas = here.parent / "odcs" / "schemas"
    found |= {
        f"/schema/{minor}.json": schemas / f"odcs-{minor}.json"
        for minor in sorted(set(API_VERSIONS.values()))
    }
    return found


class Routes:
    """From a request to an answer, without a socket."""

    def __init__(self, session: Session, guard: Guard, files: Mapping[str, Path]) -> None:
        self._session, self._guard, self._files = session, guard, files

    def answer(
        self, method: str, target: str, headers: Mapping[str, str | None], body: bytes
    ) -> Answer:
        """Answer a request; every error becomes a sentence, and a bug is told in the log."""
        place = urlsplit(target)
        entering = method == "GET" and place.path == "/enter"
        refusal = self._guard.refuses(method, headers, entering=entering)
        if refusal is not None:
            return _refused(refusal)
        if entering:
            return self._entered(parse_qs(place.query).get("token", [""])[0])
        if method in {"GET", "HEAD"} and place.path in self._files:
            kind = _KINDS[place.path.rpartition(".")[2] if "." in place.path else "html"]
            return Answer(200, self._files[place.path].read_bytes(), kind)
        if not place.path.startswith("/api/"):
            return Answer.of({"error": "there is nothing here"}, 404)
        refusal = self._guard.refuses_asking(headers)
        if refusal is not None:
            return _refused(refusal)
        try:
            return self._asked(method, place.path.split("/")[2:], headers, body)
        except NoWorkError as error:
            return Answer.of({"error": str(error)}, 404)
        except DisputedError as error:
            return Answer.of({"error": str(error), "places": list(error.places)}, 409)
        except LifecycleError as error:
            return Answer.of({"error": str(error)}, 409)
        except InputError as error:
            said = error.message if error.where in {None, EDITOR} else str(error)
            return Answer.of({"error": said, "line": error.line}, 422)
        except GitdraftError as error:
            return Answer.of({"error": str(error)}, 502)
        except Exception as error:
            # The page has to learn it, or it would wait for ever; the terminal says where.
            _log.exception("a bug in %s %s", method, place.path)
            return Answer.of({"error": f"this is a bug: {type(error).__name__}: {error}"}, 500)

    def _entered(self, token: str) -> Answer:
        if not self._guard.redeem(token):
            page = _PAGE.format(
                head="",
                text="This address was used already, or is not the one of this run. In the "
                "browser that used it, <a href='/'>go on</a>; else run the command again.",
            )
            return Answer(403, page.encode(), _KINDS["html"])
        # Not a redirection: then a cookie of this kind would not be sent to where it leads.
        head = (
            f'<meta name="gitdraft-key" content="{escape(self._guard.key)}">'
            '<script type="module" src="/enter.js"></script>'
        )
        page = _PAGE.format(head=head, text="<a href='/'>Go on</a>")
        cookie = (("Set-Cookie", self._guard.set_cookie()),)
        return Answer(200, page.encode(), _KINDS["html"], cookie)

    def _asked(
        self, method: str, path: list[str], headers: Mapping[str, str | None], body: bytes
    ) -> Answer:
        if method == "GET" and path == ["state"]:
            return Answer.of(self._session.state())
        if method == "GET" and path == ["contracts"]:
            return Answer.of(self._session.contracts())
        if method == "GET" and len(path) == 2 and path[0] == "works":
            return Answer.of(self._session.get(path[1]))
        if method not in {"POST", "PUT"}:
            return Answer.of({"error": "there is nothing here"}, 404)
        given = _json(headers, body)
        if (method, path) == ("POST", ["works"]):
            begun = self._session.begin(_text(given, "contract"), _text(given, "source"))
            return Answer.of(begun, 201)
        if method == "PUT" and len(path) == 2 and path[0] == "works":
            revision = _number(given, "revision")
            return Answer.of(self._session.look(path[1], _typed(given), revision))
        if method == "POST" and len(path) == 3 and path[0] == "works":
            if path[2] == "proposal":
                reason = _text(given, "reason")
                return Answer.of(self._session.propose(path[1], _typed(given), reason))
            if path[2] == "take-over":
                return Answer.of(self._session.take_over(path[1], _typed(given)))
        return Answer.of({"error": "there is nothing here"}, 404)


_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>dc43-gitdraft</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>'
    "<body><p>{text}</p></body></html>"
)


def _refused(refusal: Refusal) -> Answer:
    return Answer.of({"error": refusal.message}, refusal.status)


def _json(headers: Mapping[str, str | None], body: bytes) -> dict[str, Any]:
    # What a form of another site can send is none of this kind.
    if (headers.get("Content-Type") or "").partition(";")[0].strip() != "application/json":
        raise InputError("the body is not said to be application/json")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("the body is no JSON") from None
    if not isinstance(given, dict):
        raise InputError("the body is no JSON object")
    return given


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise InputError(f"{key} is a text")
    return value


def _number(given: Mapping[str, Any], key: str) -> int:
    value = given.get(key)
    if not isinstance(value, int):
        raise InputError(f"{key} is a number")
    return value


def _typed(given: Mapping[str, Any]) -> Typed:
    return Typed(_text(given, "text"), _number(given, "basis"))


class _Http(ThreadingHTTPServer):
    """Threads, as a browser opens connections that it does not use yet."""

    daemon_threads = True
    #: Waiting for a browser's idle connections would never end.
    block_on_close = False
    answer: Callable[[str, str, Mapping[str, str | None], bytes], Answer]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what broke off: a browser that goes away is no news."""
        _log.info("a connection of %s broke off", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    timeout = _PATIENCE
    server_version = "dc43-gitdraft"
    sys_version = ""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or self.headers.get("Transfer-Encoding"):
            self._send(Answer.of({"error": "the body has no length"}, 411))
        elif int(length) > _LARGEST:
            self._send(Answer.of({"error": "the contract is too large for this page"}, 413))
        else:
            body = self.rfile.read(int(length))
            self._send(self.server.answer(self.command, self.path, self._asked(), body))

    def _asked(self) -> Mapping[str, str | None]:
        # One that comes twice is joined, and then is none that is known.
        found = {name: self.headers.get_all(name) for name in _READ}
        return {name: ", ".join(given) if given else None for name, given in found.items()}

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _serve  # noqa: N815

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in (*HEADERS.items(), *answer.headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

        _log.info("%s %s: %d", self.command, urlsplit(self.path).path, answer.status)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's word
        """Print nothing: the line that is asked for may hold the token."""
