"""What a job, a steward or a workflow wants, and what happened before it: commands to disturb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.crashes.worlds import BRANCH, EVERYTHING, GitHubWorld, World
from support.shop import AGREEING, DISCOUNT, DISCOUNT_AND_TAX

from dc43_gitdraft.model import DataType

Command = tuple[str | Path, ...]
Story = Callable[[World], Command]

PATH, URL, GITHUB = "path", "url", "github"
_STORIES: list[tuple[Story, tuple[str, ...]]] = []


def story(*kinds: str, more: tuple[str, ...] = ()) -> Callable[[Story], Story]:
    """Tell of a command, and what happened before it, in worlds of these kinds.

    `more` are kinds where little else happens: left out where time is short.
    """

    def register(told: Story) -> Story:
        _STORIES.append((told, kinds + (more if EVERYTHING else ())))
        return told

    return register


def cases() -> list[object]:
    """Return every story in every kind of world, as parameters `world` and `told`."""
    return [
        pytest.param(kind, told, id=f"{told.__name__}-{kind}")
        for told, kinds in _STORIES
        for kind in kinds
    ]


def draft(world: World, columns: Mapping[str, DataType] = DISCOUNT) -> Command:
    """Return the command of a job that sees these columns."""
    return ("draft", "orders", "--from", world.source(columns))


def settle(world: World, name: str, action: str) -> Command:
    """Return what a workflow runs on the newest event of that kind."""
    assert isinstance(world, GitHubWorld)
    return ("settle", "--event", world.event(name, action))


@story(PATH, URL, GITHUB)
def created(world: World) -> Command:
    return draft(world)


@story(PATH, more=(GITHUB,))
def created_first(world: World) -> Command:
    return ("draft", "stock", "--new", "--from", world.source(contract="stock"))


@story(PATH, GITHUB)
def updated(world: World) -> Command:
    world.draft()
    return draft(world, DISCOUNT_AND_TAX)


@story(PATH, GITHUB)
def updated_on_an_edit(world: World) -> Command:
    world.draft()
    world.edit(BRANCH, "Total in euros.", "Total in cents.")
    return draft(world, DISCOUNT_AND_TAX)


@story(PATH, GITHUB)
def retold_after_an_edit(world: World) -> Command:
    world.draft()
    world.edit(BRANCH, "Total in euros.", "Total in cents.")
    return draft(world)


@story(PATH, more=(GITHUB,))
def rebuilt_on_a_moved_base(world: World) -> Command:
    world.draft()
    world.edit("main", "Total in euros.", "Total in cents.")
    return draft(world, DISCOUNT_AND_TAX)


@story(PATH, GITHUB)
def blocked(world: World) -> Command:
    world.draft()
    world.edit(BRANCH, "Total in euros.", "Total in cents.")
    world.edit("main", "Total in euros.", "Total in pence.")
    return draft(world, DISCOUNT_AND_TAX)


@story(PATH, GITHUB, more=(URL,))
def obsolete(world: World) -> Command:
    world.draft()
    return draft(world, AGREEING)


@story(PATH, more=(URL, GITHUB))
def adopted(world: World) -> Command:
    return ("promote",)


@story(PATH, URL, GITHUB)
def promoted(world: World) -> Command:
    world.done("promote")
    world.draft()
    world.merge()
    return ("promote",)


def protected(world: World) -> None:
    world.done("promote")
    world.draft()
    world.merge()
    world.protect()


@story(URL, GITHUB)
def proposed(world: World) -> Command:
    protected(world)
    return ("promote",)


@story(GITHUB, more=(URL,))
def proposed_more(world: World) -> Command:
    protected(world)
    world.done("promote")
    world.draft(contract="items")
    world.merge("gitdraft/items")
    return ("promote",)


@story(GITHUB, more=(URL,))
def proposed_and_merged(world: World) -> Command:
    protected(world)
    world.done("promote")
    world.merge("gitdraft/promote@main")
    return ("promote",)


@story(URL, GITHUB)
def proposed_and_pushed(world: World) -> Command:
    protected(world)
    world.done("promote")
    world.unprotect()
    # Else the commit that is pushed may be the very one that was proposed: a second tells.
    world.edit("main", "name: Orders", "name: All orders")
    return ("promote",)


@story(PATH, GITHUB, more=(URL,))
def rejected(world: World) -> Command:
    world.draft()
    return ("reject", "1", "--reason", "not ours")


@story(PATH, GITHUB, more=(URL,))
def reopened(world: World) -> Command:
    world.draft()
    world.done("reject", "1", "--reason", "not ours")
    return ("reopen", "1")


@story(PATH, more=(URL,))
def merged(world: World) -> Command:
    world.done("promote")
    world.draft()
    return ("pulls", "merge", "1")


@story(PATH)
def merged_after_an_edit(world: World) -> Command:
    world.done("promote")
    world.draft()
    world.edit(BRANCH, "Total in euros.", "Total in cents.")
    return ("pulls", "merge", "1", "--method", "squash")


@story(PATH)
def merged_by_hand(world: World) -> Command:
    world.done("promote")
    world.draft()
    world.merge()
    return draft(world, DISCOUNT_AND_TAX)


@story(GITHUB)
def settled_merge(world: World) -> Command:
    assert isinstance(world, GitHubWorld)
    world.done("promote")
    world.draft()
    world.merge()
    return settle(world, "pull_request", "closed")


@story(GITHUB)
def settled_merge_where_protected(world: World) -> Command:
    protected(world)
    return settle(world, "pull_request", "closed")


@story(GITHUB)
def settled_close(world: World) -> Command:
    assert isinstance(world, GitHubWorld)
    world.draft()
    world.github.close(1, comment="not ours")
    return settle(world, "pull_request", "closed")


@story(GITHUB)
def settled_reopening(world: World) -> Command:
    assert isinstance(world, GitHubWorld)
    world.draft()
    world.edit(BRANCH, "Total in euros.", "Total in cents.")
    world.done("reject", "1", "--reason", "not ours")
    world.github.reopen(1)
    return settle(world, "pull_request", "reopened")


def asked(world: World, text: str) -> Command:
    assert isinstance(world, GitHubWorld)
    world.github.comment(1, text)
    return settle(world, "issue_comment", "created")


@story(GITHUB)
def asked_for_a_step(world: World) -> Command:
    world.draft()
    return asked(world, "/gitdraft bump major")


@story(GITHUB)
def asked_to_redraft(world: World) -> Command:
    world.draft()
    world.edit(BRANCH, "Total in euros.", "Total in cents.")
    world.edit("main", "name: Orders", "name: All orders")
    world.run(*draft(world, DISCOUNT_AND_TAX))
    return asked(world, "/gitdraft redraft")


@story(GITHUB)
def asked_to_reject(world: World) -> Command:
    world.draft()
    return asked(world, "/gitdraft reject not ours")


@story(PATH, URL, GITHUB)
def many(world: World) -> Command:
    world.draft()
    world.draft(contract="items")
    world.edit(BRANCH, "Total in euros.", "Total in cents.")
    wanted = {"orders": DISCOUNT_AND_TAX, "items": AGREEING, "customers": DISCOUNT}
    sources = [world.source(columns, name) for name, columns in wanted.items()]
    return ("draft", "--all", *(word for each in sources for word in ("--from", each)))
