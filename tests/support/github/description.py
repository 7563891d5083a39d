"""Holds requests and answers against GitHub's own description of its API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.github.routes import Call


@dataclass
class Judge:
    """Finds what GitHub would not understand, or would not say."""

    violations: list[str] = field(default_factory=list)

    def request(self, method: str, template: str, call: Call) -> None:
        """Check what was sent."""

    def answer(self, method: str, template: str, status: int, body: Any) -> None:
        """Check what is answered."""
