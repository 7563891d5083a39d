"""Staying below what GitHub lets one user ask in a minute and in an hour.

Its documented limits: 80 requests a minute and 500 an hour that make or change something, and 900
points a minute, of which such a request costs 5 and any other 1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

#: Somewhat less than is allowed: other programs of this user ask as well.
WRITES_A_MINUTE = 75
WRITES_AN_HOUR = 480
POINTS_A_MINUTE = 850

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(slots=True)
class _Window:
    """Costs of the last `seconds`, which may come to `most`."""

    seconds: float
    most: int
    _spent: deque[tuple[float, int]] = field(default_factory=deque)
    _sum: int = 0

    def wait(self, now: float, cost: int) -> float:
        """Return the seconds after which so much more is allowed."""
        while self._spent and self._spent[0][0] <= now - self.seconds:
            self._sum -= self._spent.popleft()[1]
        over = self._sum + cost - self.most
        for when, spent in self._spent:
            if over <= 0:
                break
            over -= spent
            until = when + self.seconds - now
            if over <= 0:
                return until
        return 0.0

    def spend(self, now: float, cost: int) -> None:
        self._spent.append((now, cost))
        self._sum += cost


class Pace:
    """What was asked lately, by a clock that counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._writes = (_Window(_MINUTE, WRITES_A_MINUTE), _Window(_HOUR, WRITES_AN_HOUR))
        self._points = _Window(_MINUTE, POINTS_A_MINUTE)

    def wait(self, method: str) -> float:
        """Return the seconds to wait before such a request is sent."""
        now = self._clock()
        return max(window.wait(now, cost) for window, cost in self._costs(method))

    def sent(self, method: str, waited: float) -> None:
        """Count a request that is sent now, after so many seconds of waiting."""
        for window, cost in self._costs(method):
            window.spend(self._clock() + waited, cost)

    def _costs(self, method: str) -> list[tuple[_Window, int]]:
        if method in ("GET", "HEAD"):
            return [(self._points, 1)]
        return [(self._points, 5), *((window, 1) for window in self._writes)]
