"""A webhook that takes promoted versions, signed as https://www.standardwebhooks.com describes.

The signature is an HMAC-SHA256 over `id.timestamp.body`, so that a receiver can tell who sent it,
that it is whole, that it is not old, and whether it has it already: the id is the same each time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from dc43_gitdraft import __version__
from dc43_gitdraft.errors import ConfigError, HandingError
from dc43_gitdraft.forge.github.place import LOOPBACK
from dc43_gitdraft.handing import Handed

SECRET = "GITDRAFT_WEBHOOK_SECRET"  # noqa: S105 - the name of the variable that has it

#: In seconds, for the connection, and for each part of the answer.
_TIMEOUT = 15.0
#: In seconds, for all of one attempt.
_LIMIT = 60.0
#: In seconds: what is waited before each further attempt, where the receiver does not say.
_PAUSES = (1.0, 4.0, 15.0)
#: In seconds: who wants more has to wait for the next run.
_LONGEST = 60.0
#: In bytes: a shorter key could be guessed.
_SHORTEST = 24
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(slots=True)
class Webhook:
    """Posts each version as JSON to a URL; an answer of 2xx says that it is taken.

    What may pass by itself (no answer, 429, 5xx) is tried again a few times. Redirections are
    not followed. An attempt that takes longer than `limit` seconds in all is given up.
    """

    url: str
    key: bytes = field(repr=False)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    limit: float = _LIMIT
    _session: requests.Session = field(default_factory=requests.Session, init=False, repr=False)

    def hand(self, version: Handed) -> None:
        """Post it. Raises HandingError where it was not taken."""
        body = _body(version)
        for pause in (*_PAUSES, None):
            answer, why = self._post(version.id, body)
            if answer is not None and 200 <= answer.status_code < 300:
                return
            passing = answer is None or answer.status_code in _AGAIN
            wanted = _wanted(answer) if answer is not None else None
            if not passing or pause is None or (wanted or 0) > _LONGEST:
                raise HandingError(f"{urlsplit(self.url).hostname} {why}")
            self.sleep(pause if wanted is None else wanted)

    def _post(self, id_: str, body: bytes) -> tuple[requests.Response | None, str]:
        # Each attempt is signed anew: receivers refuse what is some minutes old.
        headers, session = self._headers(id_, body), self._session
        ended: Future[tuple[requests.Response | None, str]] = Future()

        def attempt() -> None:
            try:
                ended.set_result(self._answer(session, body, headers))
            except Exception as error:
                ended.set_exception(error)
            finally:
                if session is not self._session:
                    session.close()

        # Timeouts start again with each byte of an answer. The thread is left to itself then, and
        # keeps no program from its end.
        threading.Thread(target=attempt, name=f"webhook {id_}", daemon=True).start()
        if not wait([ended], self.limit).done:
            self._session = requests.Session()
            raise HandingError(
                f"{urlsplit(self.url).hostname} did not answer within {self.limit:g} seconds"
            )
        return ended.result()

    def _answer(
        self, session: requests.Session, body: bytes, headers: Mapping[str, str]
    ) -> tuple[requests.Response | None, str]:
        try:
            with session.post(
                self.url,
                data=body,
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,  # whatever it says is not read
            ) as answer:
                return answer, f"answered {answer.status_code}"
        except requests.RequestException as error:
            # Its text may hold the URL, which some receivers use as a password.
            return None, f"was not reached ({type(error).__name__})"

    def _headers(self, id_: str, body: bytes) -> dict[str, str]:
        at = str(int(self.clock()))
        signed = hmac.new(self.key, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "User-Agent": f"dc43-gitdraft/{__version__}",
            "webhook-id": id_,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def webhook(argument: str, *, name: str) -> Webhook:
    """Return the webhook at a URL, with the key that the environment has for it.

    Raises ConfigError for a URL that is none or would show the contract on its way, and where
    the key is missing.
    """
    try:
        parts = urlsplit(argument)
    except ValueError:
        raise ConfigError(f"the hook {name!r} has a URL that cannot be read: mend it") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"the hook {name!r} needs a URL: write `webhook:https://…`")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigError(f"the hook {name!r} posts over https only: write its https address")
    if "@" in parts.netloc:
        raise ConfigError(
            f"the hook {name!r} has credentials in its URL: the signature tells who sends it"
        )
    return Webhook(argument, _key(name))


def _key(name: str) -> bytes:
    own = f"{SECRET}_{name.upper().replace('-', '_')}"
    variable = own if os.environ.get(own) else SECRET
    secret = os.environ.get(variable, "")
    if not secret:
        raise ConfigError(
            f"the hook {name!r} has no secret to sign with: set {SECRET}, or {own} for it alone, "
            "such as `whsec_` and the output of `openssl rand -base64 32`"
        )
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ConfigError(f"{variable} is not base64 behind its `whsec_`") from None
    if len(key) < _SHORTEST:
        raise ConfigError(f"{variable} is shorter than {_SHORTEST} bytes: take a longer one")
    return key


def _body(version: Handed) -> bytes:
    at = version.promoted_at
    document = {
        "type": "contract.promoted",
        "timestamp": at.isoformat() if at else None,
        "data": {
            "contract": version.contract,
            "version": version.version,
            "status": version.status,
            "repository": version.repository,
            "path": version.path,
            "tag": version.tag,
            "commit": version.commit,
            "text": version.text,
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _wanted(answer: requests.Response) -> float | None:
    """Return how long the receiver asks to wait, in seconds."""
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else None
