"""A process dies or the outside fails, at any step: another run ends as if nothing had happened."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from support.crashes.boundary import FAULTS, KILLS
from support.crashes.forks import Ran
from support.crashes.stories import Story, cases
from support.crashes.worlds import Trial, World

pytestmark = pytest.mark.os_dependent


@pytest.mark.parametrize(("world", "told"), cases(), indirect=["world"])
def test_another_run_ends_as_if_nothing_had_gone_wrong(
    world: World, told: Story, record_property: Callable[[str, object], None]
) -> None:
    trial = Trial(world, *told(world))
    wrong = {}
    for name, ran, after in trial.disturbed(KILLS):
        if ran.code != -signal.SIGKILL:
            wrong[name] = f"was not killed: {ran}"
        elif after:
            wrong[name] = after
    killed = trial.points
    for name, ran, after in trial.disturbed(FAULTS):
        if not _ended_well(ran, trial):
            wrong[name] = f"ended badly: {ran}"
        elif after:
            wrong[name] = f"{ran.err}; then {after}"
    record_property("kill points", killed)
    record_property("fault points", trial.points - killed)
    assert killed
    assert not wrong, "\n".join(f"{name}: {said}" for name, said in wrong.items())


def _ended_well(ran: Ran, trial: Trial) -> bool:
    """Whether it ended as if undisturbed, or with the exit code and a sentence of a failure."""
    if ran.code == 3:
        # Of many drafts, each one's end is told in a table.
        last = (ran.err.splitlines() or [""])[-1]
        return last.startswith("Error: ") or "\nfailed " in ran.out
    return ran.code in (0, trial.code)
