"""What every forge must do: a suite of tests to inherit from.

A subclass gives a `desk` fixture: an `Desk` whose forge is the one under test, over a real
repository with a `main` branch. Names of tests say what the `Forge` protocol promises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from dc43_gitdraft.errors import LifecycleError
from dc43_gitdraft.forge import Forge
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.repo import BOT, RefUpdate, Repo

WHEN = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)
HEAD = "gitdraft/orders"


@dataclass(frozen=True)
class Desk:
    """A forge under test and its repository.

    `merge` merges a pull request as a person would on that forge, and returns the merge commit.
    """

    forge: Forge
    repo: Repo
    merge: Callable[[int], str]

    def commit(self, branch: str = HEAD, name: str = "a.txt", content: str = "x") -> str:
        """Push a commit to a branch, which starts at main."""
        ref = f"refs/heads/{branch}"
        tip = self.repo.resolve(ref)
        parent = tip or self.repo.resolve("refs/heads/main")
        assert parent is not None
        sha = self.repo.write_commit([parent], {name: content.encode()}, "Change", BOT, WHEN)
        self.repo.push([RefUpdate(ref, sha, tip)])
        return sha

    def delete(self, branch: str = HEAD) -> None:
        """Delete a branch."""
        ref = f"refs/heads/{branch}"
        self.repo.push([RefUpdate(ref, None, self.repo.resolve(ref))])

    def opened(self, head: str = HEAD, **given: str) -> PullRequest:
        """Open a pull request with a title and a body."""
        facts = {"title": "orders 1.3.0", "body": "What changed", **given}
        return self.forge.open(head, "main", actor="the bot", when=WHEN, **facts)[0]


class ForgeContract:
    """Inherit from it, and give the fixture `desk`."""

    def test_a_pull_request_is_what_was_opened(self, desk: Desk) -> None:
        sha = desk.commit()
        pull, made = desk.forge.open(
            HEAD, "main", "orders 1.3.0", "Body\n\n- `x`", ["b", "a", "b"], ["zoe", "ana", "zoe"]
        )
        assert made
        assert (pull.number, pull.state, pull.head, pull.base) == (1, PullState.OPEN, HEAD, "main")
        assert (pull.title, pull.body, pull.head_sha) == ("orders 1.3.0", "Body\n\n- `x`", sha)
        assert sorted(pull.labels) == ["a", "b"]
        assert str(pull.number) in pull.url
        assert pull.opened_at is not None
        assert pull.opened_at.utcoffset() == timedelta()
        assert (pull.decided_by, pull.decided_at, pull.reason, pull.merge_sha) == (None,) * 4
        assert desk.forge.get(1) == pull
        assert desk.forge.find(HEAD) == [pull]
        assert desk.forge.list() == [pull]

    def test_opening_twice_gives_the_first(self, desk: Desk) -> None:
        desk.commit()
        first = desk.opened()
        again, made = desk.forge.open(HEAD, "main", "Other", "Other", ["other"])
        assert (again, made) == (first, False)
        assert desk.forge.list() == [first]

    def test_a_branch_without_a_commit_of_its_own_has_no_pull_request(self, desk: Desk) -> None:
        tip = desk.repo.resolve("refs/heads/main")
        desk.repo.push([RefUpdate(f"refs/heads/{HEAD}", tip, None)])
        with pytest.raises(LifecycleError):
            desk.opened()
        assert desk.forge.list() == []

    @pytest.mark.parametrize(("head", "base"), [("none", "main"), (HEAD, "none")])
    def test_a_missing_branch_has_no_pull_request(self, desk: Desk, head: str, base: str) -> None:
        desk.commit()
        with pytest.raises(LifecycleError):
            desk.forge.open(head, base, "Title", "")
        assert desk.forge.list() == []

    def test_an_open_one_follows_its_branch(self, desk: Desk) -> None:
        desk.commit()
        number = desk.opened().number
        sha = desk.commit(content="more")
        assert desk.forge.get(number).head_sha == sha
        assert desk.forge.find(HEAD)[0].head_sha == sha

    def test_an_update_changes_what_is_given_alone(self, desk: Desk) -> None:
        desk.commit()
        desk.forge.open(HEAD, "main", "Title", "Body", ["a", "b"])
        pull = desk.forge.update(1, body="New body", add_labels=["c"], remove_labels=["a", "z"])
        assert (pull.title, pull.body, sorted(pull.labels)) == ("Title", "New body", ["b", "c"])
        pull = desk.forge.update(1, title="New title")
        assert (pull.title, pull.body) == ("New title", "New body")
        assert desk.forge.get(1) == pull

    def test_unusual_text_survives(self, desk: Desk) -> None:
        desk.commit()
        title, body = 'Ünïcode "quotes" \\ 🚀', "line\n\n```yaml\na: <b>\n```\n" + "ä" * 30_000
        desk.forge.open(HEAD, "main", title, body)
        pull = desk.forge.get(1)
        assert (pull.title, pull.body.strip()) == (title, body.strip())

    def test_closing_keeps_the_reason(self, desk: Desk) -> None:
        sha = desk.commit()
        desk.opened()
        pull = desk.forge.update(
            1, state=PullState.CLOSED, reason="not ours", comment="Rejected: not ours", actor="ana"
        )
        assert (pull.state, pull.reason, pull.head_sha) == (PullState.CLOSED, "not ours", sha)
        assert pull.decided_at is not None
        assert pull.decided_by
        assert pull.merge_sha is None
        assert desk.forge.get(1) == pull

    def test_a_closed_one_stays_when_its_branch_goes_or_grows(self, desk: Desk) -> None:
        sha = desk.commit()
        desk.opened()
        desk.forge.update(1, state=PullState.CLOSED)
        desk.commit(content="more")
        assert desk.forge.get(1).head_sha == sha
        desk.delete()
        assert desk.forge.get(1).head_sha == sha
        assert desk.forge.find(HEAD)[0].state is PullState.CLOSED

    def test_closing_twice_is_closing_once(self, desk: Desk) -> None:
        desk.commit()
        desk.opened()
        closed = desk.forge.update(1, state=PullState.CLOSED, reason="no", actor="ana")
        assert desk.forge.update(1, state=PullState.CLOSED, actor="bob") == closed

    def test_reopening_undoes_the_decision(self, desk: Desk) -> None:
        sha = desk.commit()
        desk.opened()
        desk.forge.update(1, state=PullState.CLOSED, reason="no", add_labels=["rejected"])
        pull = desk.forge.update(1, state=PullState.OPEN, remove_labels=["rejected"])
        assert (pull.state, pull.labels, pull.head_sha) == (PullState.OPEN, (), sha)
        assert (pull.decided_by, pull.decided_at) == (None, None)
        assert desk.forge.list(PullState.OPEN) == [pull]

    def test_reopening_brings_the_branch_back(self, desk: Desk) -> None:
        sha = desk.commit()
        desk.opened()
        desk.forge.update(1, state=PullState.CLOSED)
        desk.delete()
        desk.forge.update(1, state=PullState.OPEN)
        desk.repo.refresh()
        assert desk.repo.resolve(f"refs/heads/{HEAD}") == sha

    def test_a_second_open_one_for_a_branch_is_refused(self, desk: Desk) -> None:
        desk.commit()
        desk.opened()
        desk.forge.update(1, state=PullState.CLOSED)
        desk.commit(content="more")
        assert desk.opened().number == 2
        with pytest.raises(LifecycleError):
            desk.forge.update(1, state=PullState.OPEN)
        assert [pull.number for pull in desk.forge.list(PullState.OPEN)] == [2]
        assert [pull.number for pull in desk.forge.find(HEAD)] == [2, 1]

    def test_a_merged_one_is_final(self, desk: Desk) -> None:
        sha = desk.commit()
        desk.opened()
        merge = desk.merge(1)
        desk.repo.refresh()
        pull = desk.forge.get(1)
        assert (pull.state, pull.merge_sha, pull.head_sha) == (PullState.MERGED, merge, sha)
        assert pull.decided_by
        assert desk.repo.read("refs/heads/main", "a.txt") == b"x"
        for state in (PullState.OPEN, PullState.CLOSED):
            with pytest.raises(LifecycleError):
                desk.forge.update(1, state=state)
        assert desk.forge.get(1) == pull

    def test_a_merged_one_takes_labels_and_comments(self, desk: Desk) -> None:
        desk.commit()
        desk.opened()
        desk.merge(1)
        desk.repo.refresh()
        pull = desk.forge.update(1, add_labels=["promoted"], comment="Promoted.")
        assert (pull.state, pull.labels) == (PullState.MERGED, ("promoted",))

    def test_merging_is_no_update(self, desk: Desk) -> None:
        desk.commit()
        desk.opened()
        with pytest.raises(LifecycleError):
            desk.forge.update(1, state=PullState.MERGED)
        assert desk.forge.get(1).state is PullState.OPEN

    def test_lists_are_newest_first_and_by_state(self, desk: Desk) -> None:
        for n in range(1, 13):
            desk.commit(f"b{n}", f"{n}.txt")
            desk.opened(f"b{n}")
        desk.forge.update(3, state=PullState.CLOSED)
        desk.merge(5)
        desk.repo.refresh()
        numbers = [pull.number for pull in desk.forge.list()]
        assert numbers == list(range(12, 0, -1))
        assert [pull.number for pull in desk.forge.list(PullState.CLOSED)] == [3]
        assert [pull.number for pull in desk.forge.list(PullState.MERGED)] == [5]
        assert len(desk.forge.list(PullState.OPEN)) == 10
        assert [pull.number for pull in desk.forge.find("b1")] == [1]
        assert desk.forge.find("b") == []

    @pytest.mark.parametrize("number", [2, 0, -1, 10**12])
    def test_an_unknown_number_says_so(self, desk: Desk, number: int) -> None:
        desk.commit()
        desk.opened()
        with pytest.raises(LifecycleError, match=str(number)):
            desk.forge.get(number)
        with pytest.raises(LifecycleError, match=str(number)):
            desk.forge.update(number, title="x")
