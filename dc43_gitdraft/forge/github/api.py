"""Asking GitHub: one request after another, patiently, and never a write twice by accident.

What may go wrong on the way, and what is done:

- no answer, a broken one, or 5xx: asked again, up to `TRIES` times. A POST may have been carried
  out all the same, so what it should have made is looked for first (`landed`).
- too many requests (403 or 429 that say so): GitHub has refused, so it is asked again after the
  time it states, if that is not longer than `LONGEST_WAIT` in all.
- anything else is an `ApiError`, an `ApiForbiddenError` where another token might do.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from github import Auth, Github
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    RequestsResponse,
)

import dc43_gitdraft
from dc43_gitdraft.errors import ForbiddenError, ForgeError
from dc43_gitdraft.forge.github.pace import Pace
from dc43_gitdraft.names import one_line
from dc43_gitdraft.repo import Token

TRIES = 4
TIMEOUT = 15
#: Seconds before the first repetition; each next one waits three times as long.
BACKOFF = 0.3
#: Seconds that one request may be held back by GitHub's limits, all in all.
LONGEST_WAIT = 60
#: Entries of a list that one request brings; GitHub gives no more.
PER_PAGE = 100

_log = logging.getLogger(__name__)

#: Looks for what a POST should have made; None where it is not there.
Landed = Callable[[], Any]


def anew() -> None:
    """Say for `landed` that a POST may be repeated: doing it twice is doing it once."""


class ApiError(ForgeError):
    """GitHub refused: `status` is that of HTTP, `said` its words, `codes` those of its fields.

    `doubtful` says that an earlier attempt at the same may have been carried out.
    """

    def __init__(self, message: str, answer: Answer, doubtful: bool = False) -> None:
        super().__init__(message)
        self.status = answer.status
        self.said = answer.said
        self.fields = answer.fields
        self.doubtful = doubtful


class ApiForbiddenError(ApiError, ForbiddenError):
    """GitHub refused because of who asks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    text: str

    def document(self) -> Any:
        """Return the answer's JSON, None where it is empty.

        Raises ForgeError for what is no JSON, such as a proxy's page.
        """
        if not self.text.strip():
            return None
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            shown = one_line(self.text, 80)
            raise ForgeError(f"the answer is not GitHub's, but {shown!r}: is the API there?") from (
                error
            )

    def _problem(self) -> Mapping[str, Any]:
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _errors(self) -> list[Any]:
        errors = self._problem().get("errors")
        return errors if isinstance(errors, list) else []

    @property
    def said(self) -> str:
        """The words of a refusal, those about each field included, on one line."""
        words = [str(self._problem().get("message") or f"status {self.status}")]
        for error in self._errors():
            if isinstance(error, dict):
                named = f"{error.get('field', '')} {error.get('code', '')}".strip()
                words.append(str(error.get("message") or named))
            else:
                words.append(str(error))
        return one_line("; ".join(dict.fromkeys(filter(None, words))), 500)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a refusal names."""
        return frozenset(
            str(error["field"])
            for error in self._errors()
            if isinstance(error, dict) and "field" in error
        )


class Api:
    """The API of one server, asked as one user; may be shared by threads."""

    def __init__(
        self,
        url: str,
        token: Token | None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask nothing yet. `token` is asked for before each request."""
        self.host = urlsplit(url).hostname or url
        self._token = token
        self._sleep = sleep
        self._paced = Pace(clock)
        self._lock = threading.Lock()
        github = Github(
            auth=_CurrentToken(token) if token else None,
            base_url=url,
            timeout=TIMEOUT,
            user_agent=f"dc43-gitdraft/{dc43_gitdraft.__version__}",
            # Retries and pacing are done here, POST included.
            retry=0,
            seconds_between_requests=0,
            seconds_between_writes=0,
        )
        self._requester = github.requester
        self._connection = _connection(url)

    def redirected(self) -> bool:
        """Say whether an answer came from another address since this was last asked."""
        followed, self._connection.followed = self._connection.followed, False
        return followed

    def pause(self, attempt: int) -> None:
        """Wait as after a failure; `attempt` counts from 0."""
        self._sleep(BACKOFF * 3**attempt)

    def get(self, path: str, **params: Any) -> Any:
        """Read a document."""
        return self.ask("GET", path, params=params).document()

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """Read a list, page by page, item by item."""
        query: dict[str, Any] | None = {"per_page": PER_PAGE, **params}
        while query is not None:
            answer = self.ask("GET", path, params=query)
            page = answer.document()
            if isinstance(page, dict):  # some lists come with their count
                page = next((v for v in page.values() if isinstance(v, list)), None)
            if not isinstance(page, list):
                raise ForgeError(f"{self.host} answered GET {path} with something else than a list")
            yield from page
            query = _next_page(answer.headers.get("link", ""))

    def post(self, path: str, body: Any, landed: Landed) -> tuple[Any, bool]:
        """Make something; `landed` looks for it where no answer tells whether it was made.

        Return it, and whether it was found there in the end.
        """
        found: list[Any] = []

        def looked() -> bool:
            there = landed()
            if there is not None:
                found.append(there)
            return bool(found)

        answer = self.ask("POST", path, body=body, landed=looked)
        return (found[0], True) if found else (answer.document(), False)

    def patch(self, path: str, body: Any) -> Any:
        """Change something to what is given."""
        return self.ask("PATCH", path, body=body).document()

    def delete(self, path: str) -> Any:
        """Delete something; what is not there is deleted. Return what is left, if told."""
        try:
            return self.ask("DELETE", path).document()
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        landed: Callable[[], bool] | None = None,
    ) -> Answer:
        """Send a request until there is an answer that stands.

        Raises ApiError for a refusal, ForgeError where there is no answer.
        """
        left, doubtful = float(LONGEST_WAIT), False
        for attempt in range(1, TRIES + 1):
            self._pace(method)
            answer, problem = self._try(method, path, params, body)
            wait = _wait_of(answer) if answer is not None else None
            if answer is not None and wait is None and answer.status < 500:
                if answer.status < 400:
                    return answer
                raise self._refused(method, path, answer, doubtful)
            if wait is not None and wait > left:
                raise self._limited(problem, wait)
            unsure = answer is None or answer.status >= 500
            doubtful = doubtful or unsure
            blind = unsure and method == "POST" and landed is None
            last = blind or attempt == TRIES
            if not last:
                wait = BACKOFF * 3 ** (attempt - 1) if wait is None else wait
                left -= wait
                _log.info("%s %s: %s; again in %.1f s", method, path, problem, wait)
                self._sleep(wait)
            # Only now: what was sent may have taken its time.
            if unsure and landed is not None and landed():
                return Answer(200, {}, "")
            if last:
                raise ForgeError(f"{method} {path} on {self.host} failed: {problem}: run again")
        raise AssertionError("unreachable")

    def _try(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: Any
    ) -> tuple[Answer | None, str]:
        try:
            with self._lock:
                status, headers, text = self._requester.requestJson(
                    method, path, dict(params or {}), None, body, self._connection
                )
        except requests.RequestException as error:
            return None, self._scrub(_reason(error))
        answer = Answer(status, headers, self._scrub(text))
        return answer, f"{answer.status} {answer.said}"

    def _pace(self, method: str) -> None:
        """Stay below what GitHub lets a user ask; what would take too long is for another run."""
        early = self._paced.wait(method)
        if early > LONGEST_WAIT:
            raise self._limited("as much as it allows in an hour was asked", early)
        self._paced.sent(method, early)
        if early > 0:
            _log.info("asked as much as is allowed in a minute: waiting %.0f s", early)
            self._sleep(early)

    def _refused(self, method: str, path: str, answer: Answer, doubtful: bool) -> ApiError:
        what = f"{method} {path}"
        if answer.status == 401:
            mend = "give a valid one in GITHUB_TOKEN" if self._token else "set GITHUB_TOKEN"
            said = "does not accept the token" if self._token else "asks for a token"
            return ApiForbiddenError(f"{self.host} {said}: {mend}", answer, doubtful)
        if answer.status == 403:
            needs = answer.headers.get("x-accepted-github-permissions", "")
            hint = f"; the token needs {one_line(needs, 200)}" if needs else ""
            return ApiForbiddenError(
                f"{self.host} does not let this token do {what}: {answer.said}{hint}",
                answer,
                doubtful,
            )
        if answer.status == 404:
            message = f"{self.host} knows no {path}, or this token may not see it"
            return ApiForbiddenError(message, answer, doubtful)
        return ApiError(
            f"{self.host} refused {what} ({answer.status}): {answer.said}", answer, doubtful
        )

    def _limited(self, problem: str, wait: float) -> ForgeError:
        # No ApiError: its 403 says nothing about rights.
        again = datetime.fromtimestamp(time.time() + wait, timezone.utc)
        return ForgeError(
            f"{self.host} lets this token ask no more for now ({problem}): "
            f"run again after {again:%H:%M:%S} UTC"
        )

    def _scrub(self, text: str) -> str:
        """Take the token out of a text, whoever sent it back."""
        token = self._token() if callable(self._token) else self._token
        return text.replace(token, "***") if token else text


class _CurrentToken(Auth.Auth):
    """The token as it is now."""

    def __init__(self, token: Token) -> None:
        self._current = token

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        return self._current() if callable(self._current) else self._current


class _Redirects:
    """Follows redirects of a renamed repository, on the same server, with method and query.

    PyGithub's own way loses the query, and with it the branch that was asked for. `followed` says
    that there was one.
    """

    followed = False

    def getresponse(self) -> RequestsResponse:
        for _ in range(4):
            response: RequestsResponse = super().getresponse()  # type: ignore[misc]
            location = response.headers.get("location")
            if response.status not in (301, 302, 307, 308) or not location:
                return response
            here = f"{self.protocol}://{self.host}:{self.port}"  # type: ignore[attr-defined]
            to = urlsplit(urljoin(here, location))
            if (to.scheme, to.hostname) != (self.protocol, self.host):  # type: ignore[attr-defined]
                raise ForgeError(f"the API redirects to {to.hostname}: give that as --api-url")
            self.url = f"{to.path}?{to.query}" if to.query else to.path
            self.followed = True
        raise ForgeError("the API redirects in circles: look at --api-url")


class _HttpConnection(_Redirects, HTTPRequestsConnectionClass):
    pass


class _HttpsConnection(_Redirects, HTTPSRequestsConnectionClass):
    pass


def _connection(url: str) -> _HttpConnection | _HttpsConnection:
    parts = urlsplit(url)
    kind = _HttpConnection if parts.scheme == "http" else _HttpsConnection
    return kind(parts.hostname or "", parts.port, timeout=TIMEOUT, retry=0)


def _wait_of(answer: Answer) -> float | None:
    """Return the seconds after which GitHub wants to be asked again, None if it did not say so."""
    if answer.status not in (403, 429, 503):
        return None
    after = answer.headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    if answer.status == 503:
        return None
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(float(reset) - _now(answer), 0) + 1
    limited = answer.status == 429 or "secondary rate limit" in answer.said.lower()
    return float(LONGEST_WAIT) if limited else None


def _now(answer: Answer) -> float:
    """Return the time at the server, whose clock its limits go by."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return time.time()


def _next_page(link: str) -> dict[str, Any] | None:
    for part in link.split(","):
        address, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return dict(parse_qsl(urlsplit(address.strip().strip("<>")).query))
    return None


def _reason(error: Exception) -> str:
    """Say why there was no answer, without the tower of exceptions around it."""
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {TIMEOUT} s"
    cause: object = error
    for _ in range(8):
        inner = getattr(cause, "reason", None) or next(iter(getattr(cause, "args", ())), None)
        if not isinstance(inner, BaseException):
            break
        cause = inner
    return one_line(str(cause), 200) or type(cause).__name__
