"""Handing on: every promoted version, at least once, in order, and never more than is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from support.git import git
from support.git_http import serve
from support.shop import ORDERS, Shop

from dc43_gitdraft import lifecycle
from dc43_gitdraft.errors import ConfigError, HandingError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.handing import Asked, Handed, Hook
from dc43_gitdraft.handing.records import Handing, hand_on
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import RefUpdate, Repo

TAGS = ["orders/v1.2.0", "orders/v1.10.0", "refunds/v2.0.0"]


@dataclass
class Shelf:
    """A hook of its own: keeps what it is given, and refuses what it is told to."""

    refused: set[str] = field(default_factory=set)
    taken: list[Handed] = field(default_factory=list)
    closed: int = 0
    before: Callable[[Handed], None] = lambda version: None

    def hand(self, version: Handed) -> None:
        self.before(version)
        if version.tag in self.refused:
            raise HandingError("no room")
        self.taken.append(version)

    def close(self) -> None:
        self.closed += 1

    @property
    def tags(self) -> list[str]:
        return [version.tag for version in self.taken]


def run(shop: Shop, hook: Hook, name: str = "shelf") -> Handing:
    (handing,) = hand_on(shop.desk, [Asked(name, lambda: hook)])
    return handing


def test_every_promoted_version_is_handed_on_by_contract_and_version(shop: Shop) -> None:
    shelf = Shelf()
    handing = run(shop, shelf)
    assert shelf.tags == TAGS
    assert (handing.complete, shelf.closed) == (True, 1)


def test_what_is_handed_on_is_the_version_as_it_was_promoted(shop: Shop) -> None:
    shelf = Shelf()
    run(shop, shelf)
    first = shelf.taken[0]
    assert (first.contract, first.version, first.status) == ("orders", "1.2.0", "active")
    assert first.text == ORDERS
    assert first.path == "contracts/orders.odcs.yaml"
    assert first.commit == shop.repo.resolve("refs/tags/orders/v1.2.0")
    assert first.promoted_at is not None
    assert len({version.id for version in shelf.taken}) == 3


def test_a_contract_in_a_folder_of_its_own_is_found(shop: Shop) -> None:
    shelf = Shelf()
    run(shop, shelf)
    assert shelf.taken[2].path == "contracts/others/refunds.odcs.yaml"


def test_many_contracts_in_folders_are_found(shop: Shop) -> None:
    files = {
        f"contracts/{number}/more.odcs.yaml": ORDERS.replace("id: orders", f"id: more{number}")
        for number in range(25)
    }
    shop.write("main", files)
    lifecycle.promote(shop.desk)
    shelf = Shelf()
    assert run(shop, shelf).complete
    paths = {version.contract: version.path for version in shelf.taken}
    assert paths["more24"] == "contracts/24/more.odcs.yaml"
    assert len(shelf.taken) == 28
    assert run(shop, Shelf()).handed == []


def test_handing_on_twice_hands_on_nothing_more(shop: Shop) -> None:
    shelf = Shelf()
    run(shop, shelf)
    before = shop.refs()
    run(shop, shelf)
    assert shelf.tags == TAGS
    assert shop.refs() == before


def test_a_new_version_alone_is_handed_on_later(shop: Shop) -> None:
    shelf = Shelf()
    run(shop, shelf)
    shop.write("main", {"contracts/orders.odcs.yaml": ORDERS.replace("1.2.0", "1.11.0")})
    lifecycle.promote(shop.desk)
    run(shop, shelf)
    assert shelf.tags[3:] == ["orders/v1.11.0"]


def test_each_hook_has_its_own_memory(shop: Shop) -> None:
    run(shop, Shelf(), "one")
    other = Shelf()
    run(shop, other, "other")
    assert other.tags == TAGS


def test_what_fails_is_handed_on_by_the_next_run(shop: Shop) -> None:
    shelf = Shelf({"refunds/v2.0.0"})
    handing = run(shop, shelf)
    assert [each.reason for each in handing.failed] == ["no room"]
    assert not handing.complete
    shelf.refused.clear()
    assert run(shop, shelf).complete
    assert shelf.tags == TAGS


def test_a_version_waits_for_the_lower_ones_of_its_contract(shop: Shop) -> None:
    shelf = Shelf({"orders/v1.2.0"})
    handing = run(shop, shelf)
    assert shelf.tags == ["refunds/v2.0.0"]
    assert handing.waiting == 1
    shelf.refused.clear()
    run(shop, shelf)
    assert shelf.tags[1:] == ["orders/v1.2.0", "orders/v1.10.0"]


def test_a_bug_in_a_hook_stops_nothing_else(shop: Shop) -> None:
    def break_at_refunds(version: Handed) -> None:
        if version.contract == "orders":
            raise KeyError("a bug\nwith the whole contract")

    shelf = Shelf(before=break_at_refunds)
    handing = run(shop, shelf)
    assert [each.reason for each in handing.failed] == [
        "KeyError: 'a bug\\nwith the whole contract'"
    ]
    assert shelf.tags == ["refunds/v2.0.0"]


def test_a_hook_that_fails_all_the_time_is_left_alone(shop: Shop) -> None:
    files = {
        f"contracts/more{number}.odcs.yaml": ORDERS.replace("id: orders", f"id: more{number}")
        for number in range(4)
    }
    shop.write("main", files)
    lifecycle.promote(shop.desk)
    tried: list[str] = []

    def refuse(version: Handed) -> None:
        tried.append(version.tag)
        raise HandingError("down")

    handing = run(shop, Shelf(before=refuse))
    assert len(tried) == len(handing.failed) == 3
    assert handing.waiting == 4


def test_a_hook_that_cannot_be_made_is_told_and_the_next_one_runs(shop: Shop) -> None:
    def broken() -> Hook:
        raise ConfigError("no settings")

    shelf = Shelf()
    first, second = hand_on(shop.desk, [Asked("broken", broken), Asked("shelf", lambda: shelf)])
    assert (first.problem, first.waiting, first.refused) == ("no settings", 3, True)
    assert second.complete
    assert shelf.tags == TAGS


def test_a_hook_that_is_down_has_no_wrong_settings(shop: Shop) -> None:
    def down() -> Hook:
        raise ConnectionError("no answer")

    (handing,) = hand_on(shop.desk, [Asked("down", down)])
    assert (handing.problem, handing.refused) == ("ConnectionError: no answer", False)


def test_a_dry_run_tells_of_wrong_settings_although_nothing_is_missing(shop: Shop) -> None:
    def broken() -> Hook:
        raise ConfigError("no settings")

    run(shop, Shelf(), "it")
    (handing,) = hand_on(shop.desk, [Asked("it", broken)], dry_run=True)
    assert (handing.problem, handing.waiting, handing.refused) == ("no settings", 0, True)


def test_an_interrupted_run_has_noted_what_was_taken(shop: Shop) -> None:
    def interrupt(version: Handed) -> None:
        if version.tag == "refunds/v2.0.0":
            raise KeyboardInterrupt

    first = Shelf(before=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(shop, first)
    assert first.closed == 1
    second = Shelf()
    run(shop, second)
    assert second.tags == ["refunds/v2.0.0"]


def test_a_tag_that_was_moved_is_handed_on_again(shop: Shop) -> None:
    run(shop, Shelf())
    git(shop.path, "tag", "--force", "orders/v1.2.0", "main~1")
    shelf = Shelf()
    run(shop, shelf)
    assert shelf.tags == ["orders/v1.2.0"]


def test_a_dry_run_hands_on_nothing(shop: Shop) -> None:
    before = shop.refs()
    shelf = Shelf()
    (handing,) = hand_on(shop.desk, [Asked("shelf", lambda: shelf)], dry_run=True)
    assert [version.tag for version in handing.handed] == TAGS
    assert (shelf.taken, shelf.closed, shop.refs()) == ([], 1, before)


def test_two_runs_at_once_both_end_well(shop: Shop) -> None:
    other = Shelf()
    once = [True]

    def meanwhile(version: Handed) -> None:
        if once:
            once.clear()
            run(shop, other)

    assert run(shop, Shelf(before=meanwhile)).complete
    assert run(shop, last := Shelf()).complete
    assert last.taken == []


def test_a_remote_remembers_too(shop: Shop) -> None:
    with serve(shop.path.parent) as server:
        for expected in (TAGS, []):
            with Repo.open(server.url("contracts.git")) as repo:
                desk = Desk(repo, LocalForge(repo), "main", shop.desk.clock)
                shelf = Shelf()
                (handing,) = hand_on(desk, [Asked("shelf", lambda hook=shelf: hook)])  # type: ignore[misc]
                assert (shelf.tags, handing.complete) == (expected, True)
                assert all(each.repository == repo.url for each in shelf.taken)


def test_the_notes_are_refs_below_the_tags_names(shop: Shop) -> None:
    run(shop, Shelf())
    notes = {name for name in shop.refs() if name.startswith("refs/gitdraft/handed/")}
    assert notes == {f"refs/gitdraft/handed/shelf/{tag}" for tag in TAGS}


def test_a_note_that_is_taken_back_hands_the_version_on_again(shop: Shop) -> None:
    run(shop, Shelf())
    name = "refs/gitdraft/handed/shelf/refunds/v2.0.0"
    shop.repo.push([RefUpdate(name, None, shop.refs()[name])])
    shelf = Shelf()
    run(shop, shelf)
    assert shelf.tags == ["refunds/v2.0.0"]
