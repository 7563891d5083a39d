"""A schema registry over Confluent's REST API: schemas by subject and version, with references.

API: https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from dc43_gitdraft.errors import ObservationError, RemoteError
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.documents import count_of, record, records, text_of
from dc43_gitdraft.observe.storage import plain

#: `USER:PASSWORD`, or an API key and its secret; else a bearer token.
BASIC = "GITDRAFT_SCHEMA_REGISTRY_AUTH"
BEARER = "GITDRAFT_SCHEMA_REGISTRY_TOKEN"

#: In bytes, of one answer.
MAX_ANSWER = 8 * 1024 * 1024

#: Schemas that one schema may refer to, directly or not.
MAX_REFERENCES = 200

#: In seconds: to connect, between bytes, and for a whole answer.
TIMEOUT = (5.0, 15.0)
PATIENCE = 60.0

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_VERSIONED = re.compile(r"(?P<subject>.+)@(?P<version>[0-9]{1,9}|latest)", re.DOTALL)
_ACCEPT = "application/vnd.schemaregistry.v1+json, application/json"


@dataclass(frozen=True, slots=True)
class Schema:
    """A version of a subject; `kind` is AVRO, JSON or PROTOBUF.

    `references` are the names by which this and the schemas behind it refer to others, with their
    texts; what is referred to comes before what refers to it.
    """

    subject: str
    version: int
    kind: str
    text: str
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a subject is: `URL#SUBJECT[@VERSION]`."""

    url: str
    name: str
    version: str = "latest"

    @classmethod
    def of(cls, request: Request) -> Subject:
        """Read the SOURCE. Raises ObservationError where it says no subject."""
        url, hash_, rest = request.rest.partition("#")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ObservationError(
                "write the registry's address, as in `schema-registry:https://HOST#SUBJECT`",
                where=request.source,
            )
        if "@" in parts.netloc or "?" in url:
            raise ObservationError(
                "credentials do not belong into a SOURCE, nor does a query: put USER:PASSWORD into"
                f" {BASIC}, or a token into {BEARER}",
                where=request.source,
            )
        if not hash_ or not rest:
            raise ObservationError(
                "say which subject: write `#SUBJECT` or `#SUBJECT@VERSION` at the end",
                where=request.source,
            )
        match = _VERSIONED.fullmatch(rest)
        name, version = (match["subject"], match["version"]) if match else (rest, "latest")
        return cls(url.rstrip("/"), name, version)


class Registry:
    """Asks one registry, with what the environment says of who asks."""

    def __init__(self, url: str, request: Request) -> None:
        self._url = url
        self._where = request.source
        self._session = requests.Session()
        self._session.headers["Accept"] = _ACCEPT
        basic, bearer = os.environ.get(BASIC, ""), os.environ.get(BEARER, "")
        secure = url.startswith("https:") or urlsplit(url).hostname in _LOOPBACK
        if (basic or bearer) and not secure:
            raise ObservationError(
                "credentials are sent over https only: write the registry's https address",
                where=self._where,
            )
        user, colon, password = basic.partition(":")
        if basic and not colon:
            raise ObservationError(f"{BASIC} must be USER:PASSWORD", where=self._where)

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            if basic:
                requests.auth.HTTPBasicAuth(user.encode(), password.encode())(request)
            elif bearer:
                request.headers["Authorization"] = f"Bearer {bearer}"
            return request

        # Set in any case: what a .netrc says is for others.
        self._session.auth = sign

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def schema(self, subject: str, version: str) -> Schema:
        """Get a schema with all that it refers to."""
        answer = self._version(subject, version)
        texts: dict[str, str] = {}
        self._collect(answer, texts, set(), 0)
        return Schema(
            subject,
            count_of(answer.get("version")) or 0,
            (text_of(answer.get("schemaType")) or "AVRO").upper(),
            str(answer["schema"]),
            texts,
        )

    def compatibility(self, subject: str) -> str | None:
        """Get the level by which the registry checks new versions; None where it does not say."""
        path = f"/config/{quote(subject, safe='')}?defaultToGlobal=true"
        try:
            found = self._get(path)
        except ObservationError:
            return None
        level = text_of(found.get("compatibilityLevel") or found.get("compatibility"))
        return plain(level) if level else None

    def _version(self, subject: str, version: str) -> dict[str, Any]:
        answer = self._get(f"/subjects/{quote(subject, safe='')}/versions/{version}")
        if text_of(answer.get("schema")) is None:
            raise ObservationError("the registry's answer holds no schema", where=self._where)
        return answer

    def _collect(
        self, answer: Mapping[str, Any], texts: dict[str, str], asked: set[str], depth: int
    ) -> None:
        for each in records(answer.get("references")):
            name, subject = text_of(each.get("name")), text_of(each.get("subject"))
            version = count_of(each.get("version"))
            if name is None or subject is None or name in asked:
                continue
            asked.add(name)
            if len(asked) > MAX_REFERENCES or depth > MAX_REFERENCES:
                raise ObservationError(
                    f"the schema refers to more than {MAX_REFERENCES} others", where=self._where
                )
            found = self._version(subject, str(version) if version is not None else "latest")
            self._collect(found, texts, asked, depth + 1)
            texts[name] = str(found["schema"])

    def _get(self, path: str) -> dict[str, Any]:
        host = urlsplit(self._url).hostname
        try:
            with self._session.get(
                self._url + path, timeout=TIMEOUT, stream=True, allow_redirects=False
            ) as answer:
                data = b"".join(self._pieces(answer))
                status = answer.status_code
        except requests.exceptions.SSLError as error:
            raise ObservationError(
                f"the certificate of {host} is not trusted: REQUESTS_CA_BUNDLE may name its issuer",
                where=self._where,
            ) from error
        except requests.exceptions.RequestException as error:
            kind = "answer in time" if isinstance(error, requests.Timeout) else "answer"
            raise RemoteError(f"{self._where}: the registry at {host} does not {kind}") from error
        try:
            found = record(json.loads(data))
        except (ValueError, RecursionError):
            found = {}
        if status == 200 and found:
            return found
        raise self._refused(status, found)

    def _pieces(self, answer: requests.Response) -> Iterator[bytes]:
        size, end = 0, time.monotonic() + PATIENCE
        for piece in answer.iter_content(65_536):
            size += len(piece)
            if size > MAX_ANSWER:
                raise ObservationError(
                    f"the registry's answer is longer than {MAX_ANSWER // 1024 // 1024} MiB",
                    where=self._where,
                )
            if time.monotonic() > end:
                raise RemoteError(f"{self._where}: the registry takes too long to answer")
            yield piece

    def _refused(self, status: int, found: Mapping[str, Any]) -> Exception:
        if status in (401, 403):
            return ObservationError(
                f"the registry does not admit whoever asks ({status}): put USER:PASSWORD into"
                f" {BASIC}, or a token into {BEARER}",
                where=self._where,
            )
        if status >= 500 or status == 429:
            return RemoteError(f"{self._where}: the registry failed ({status}): try again later")
        said = text_of(found.get("message"))
        if status == 404 and said:
            return ObservationError(
                f"the registry has no such subject or version: {plain(said)}", where=self._where
            )
        return ObservationError(
            f"this is no schema registry, or it refuses ({status})", where=self._where
        )
