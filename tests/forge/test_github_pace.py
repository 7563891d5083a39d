"""What GitHub allows in a minute and in an hour, by a clock of the test's own."""

from __future__ import annotations

import pytest

from dc43_gitdraft.forge.github.pace import Pace


class Time:
    """A clock that stands still but for what is waited."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sent: list[tuple[float, str]] = []

    def run(self, *methods: str) -> Pace:
        pace = Pace(lambda: self.now)
        for method in methods:
            wait = pace.wait(method)
            self.now += wait
            pace.sent(method, 0)
            self.sent.append((self.now, method))
        return pace

    def most(self, seconds: float, cost: dict[str, int]) -> int:
        """Return the highest cost of any span of so many seconds."""
        return max(
            sum(cost[method] for at, method in self.sent if start <= at < start + seconds)
            for start, _ in self.sent
        )


def test_writes_stay_below_what_a_minute_and_an_hour_allow() -> None:
    time = Time()
    time.run(*["POST"] * 1000)
    assert time.most(60, {"POST": 1}) == 75
    assert time.most(3600, {"POST": 1}) == 480
    assert time.now - 1000 == 2 * 3600


def test_reads_and_writes_share_the_points_of_a_minute() -> None:
    time = Time()
    time.run(*["GET", "GET", "POST"] * 900)
    assert time.most(60, {"GET": 1, "POST": 5}) <= 850
    assert time.most(60, {"GET": 0, "POST": 1}) <= 75


def test_a_thousand_reads_take_little_more_than_a_minute() -> None:
    time = Time()
    time.run(*["GET"] * 1000)
    assert time.now == 1060


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_whatever_is_no_read_counts_as_a_write(method: str) -> None:
    time = Time()
    assert time.run(*[method] * 75).wait(method) == 60
