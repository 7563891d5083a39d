"""What goes wrong on purpose: answers that fail, come late, or never come."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from support.github.world import Json


@dataclass
class Fault:
    """One thing that goes wrong, for the `nth` matching request and the `times - 1` after it.

    `method` and `path` (a regular expression to be found in the path; the API's begin with
    `/repos/`, Git's with `/owner/name.git/`) say which requests match; left out, all do. With
    `after` the request is carried out first, and only its answer is lost. `cut` ends the
    connection without an answer, else `status` is answered; with neither, it is only late.
    `{token}` in the body becomes the token that the request showed.
    """

    method: str | None = None
    path: str = ""
    nth: int = 1
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = None
    cut: bool = False
    after: bool = False
    delay: float = 0.0
    seen: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Count a request, and tell whether it is one that goes wrong."""
        if self.method not in {None, method} or not re.search(self.path, path):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    @property
    def done(self) -> bool:
        """Whether all that was to go wrong has."""
        return self.seen >= self.nth + self.times - 1


def secondary_limit(retry_after: int = 1, **which: object) -> Fault:
    """Return GitHub's answer to requests that come too fast."""
    return Fault(
        status=403,
        headers={"Retry-After": str(retry_after)},
        body={
            "message": "You have exceeded a secondary rate limit. Please wait a few minutes "
            "before you try again.",
            "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
            "#about-secondary-rate-limits",
        },
        **which,  # type: ignore[arg-type]
    )


def primary_limit(reset_in: int = 1, **which: object) -> Fault:
    """Return GitHub's answer to a token that has spent its requests of the hour."""
    return Fault(
        status=403,
        headers={
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Used": "5000",
            "X-RateLimit-Reset": str(int(time.time()) + reset_in),
            "X-RateLimit-Resource": "core",
        },
        body={
            "message": "API rate limit exceeded for user ID 1.",
            "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
        },
        **which,  # type: ignore[arg-type]
    )
