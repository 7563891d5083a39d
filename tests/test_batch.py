from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support.git import Processes, git
from support.shop import AGREEING, DISCOUNT, DISCOUNT_AND_TAX, ORDERS, Shop, pulled, seen

from dc43_gitdraft import batch, lifecycle
from dc43_gitdraft.batch import Ended, Wanted, publish_all
from dc43_gitdraft.errors import ContractError, GitError, LifecycleError
from dc43_gitdraft.forge import local
from dc43_gitdraft.model import DataType, OutcomeKind
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import RefUpdate, Repo

NAMES = ("carts", "orders", "returns")


def contract(name: str) -> str:
    return ORDERS.replace("id: orders", f"id: {name}").replace("- name: orders", f"- name: {name}")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    files = {f"contracts/{name}.odcs.yaml": contract(name) for name in NAMES}
    return Shop(tmp_path / "contracts.git", files)


def wanted(
    name: str, columns: dict[str, DataType] = DISCOUNT, dataset: str | None = None
) -> Wanted:
    return Wanted(name, seen(columns, dataset=dataset or f"table:shop.{name}"))


def kinds(ended: Sequence[Ended]) -> list[str]:
    return [
        each.outcome.kind.value if each.outcome else type(each.error).__name__ for each in ended
    ]


@contextlib.contextmanager
def pushes_of(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """Record the branches that each push moves."""
    seen_: list[list[str]] = []
    real = Repo.push

    def push(self: Repo, updates: Sequence[RefUpdate], reason: str = "dc43-gitdraft") -> None:
        branches = [each.name for each in updates if each.name.startswith("refs/heads/")]
        if branches:
            seen_.append(branches)
        real(self, updates, reason)

    with monkeypatch.context() as patch:
        patch.setattr(Repo, "push", push)
        yield seen_


def test_one_push_moves_all_branches(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with pushes_of(shop.repo, monkeypatch) as pushes:
        ended = publish_all(map(wanted, NAMES), shop.desk)
    assert kinds(ended) == ["created", "created", "created"]
    assert pushes == [[f"refs/heads/gitdraft/{name}" for name in NAMES]]
    assert [pull.head for pull in shop.open_pulls()] == [f"gitdraft/{n}" for n in reversed(NAMES)]


def test_a_batch_ends_as_its_publications_would_one_by_one(shop: Shop, tmp_path: Path) -> None:
    twin = Shop(tmp_path / "twin.git", {f"contracts/{n}.odcs.yaml": contract(n) for n in NAMES})
    for columns in (DISCOUNT, DISCOUNT, DISCOUNT_AND_TAX, AGREEING):
        together = publish_all([wanted(name, columns) for name in NAMES], shop.desk)
        alone = [twin.job(columns, name, dataset=f"table:shop.{name}").kind.value for name in NAMES]
        assert kinds(together) == alone
    heads = shop.repo.refs("refs/heads/")
    assert heads.keys() == {"refs/heads/main"} == twin.repo.refs("refs/heads/").keys()


def test_a_failure_does_not_stop_the_rest(shop: Shop) -> None:
    ended = publish_all([wanted("carts"), wanted("no-such"), wanted("returns")], shop.desk)
    assert kinds(ended) == ["created", "ContractError", "created"]
    assert isinstance(ended[1].error, ContractError)
    assert len(shop.open_pulls()) == 2


def test_a_bug_in_one_does_not_stop_the_rest(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    broken = Wanted("orders", seen({"order_id": None}))  # type: ignore[dict-item]
    ended = publish_all([wanted("carts"), broken, wanted("returns")], shop.desk)
    assert kinds(ended) == ["created", "AttributeError", "created"]
    assert "Traceback" in caplog.text


def published_where_stuck(shop: Shop, ref: str) -> list[Ended]:
    """Publish all by the repository's URL, where one ref cannot be moved."""
    hook = shop.path / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\n[ "$1" != {ref} ] || exit 1\n')
    hook.chmod(0o755)
    with Repo.open(shop.path.as_uri()) as repo:
        desk = Desk(repo, type(shop.forge)(repo), "main", shop.desk.clock)
        return list(publish_all(map(wanted, NAMES), desk))


def test_a_branch_that_cannot_move_does_not_stop_the_rest(shop: Shop, tmp_path: Path) -> None:
    ended = published_where_stuck(shop, "refs/heads/gitdraft/orders")
    assert kinds(ended) == ["created", "RefusedError", "created"]
    assert shop.repo.refs("refs/heads/gitdraft/").keys() == {
        "refs/heads/gitdraft/carts",
        "refs/heads/gitdraft/returns",
    }


def test_a_pull_request_that_cannot_be_opened_does_not_stop_the_rest(shop: Shop) -> None:
    ended = published_where_stuck(shop, "refs/gitdraft/open/gitdraft/orders")
    assert kinds(ended) == ["created", "RefusedError", "created"]
    assert [pull.number for pull in shop.open_pulls()] == [2, 1]


def test_a_batch_that_is_cut_off_is_finished_by_the_next_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Repo.push
    allowed = iter(range(2))  # The branches, and the first pull requests.

    def push(self: Repo, updates: Sequence[RefUpdate], reason: str = "dc43-gitdraft") -> None:
        if next(allowed, None) is None:
            raise KeyboardInterrupt
        real(self, updates, reason)

    def run() -> list[str]:
        with Repo.open(shop.path.as_uri()) as repo:
            desk = Desk(repo, type(shop.forge)(repo), "main", shop.desk.clock)
            return kinds(publish_all(map(wanted, NAMES), desk))

    with monkeypatch.context() as patch:
        patch.setattr(Repo, "push", push)
        patch.setattr(local, "_TOGETHER", 2)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert run() == ["unchanged", "unchanged", "created"]
    assert [pull.head for pull in shop.open_pulls()] == [f"gitdraft/{n}" for n in reversed(NAMES)]


def test_where_a_push_may_move_few_branches_there_are_several(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "AT_ONCE", 2)
    with pushes_of(shop.repo, monkeypatch) as pushes:
        assert kinds(publish_all(map(wanted, NAMES), shop.desk)) == ["created"] * 3
    assert [len(each) for each in pushes] == [2, 1]


def test_a_remote_that_is_gone_fails_each_of_them_once(shop: Shop) -> None:
    with Repo.open(shop.path.as_uri()) as repo:
        desk = Desk(repo, type(shop.forge)(repo), "main", shop.desk.clock)
        shop.path.rename(shop.path.with_name("moved.git"))
        ended = publish_all(map(wanted, NAMES), desk)
    assert kinds(ended) == ["GitError"] * 3
    assert isinstance(ended[0].error, GitError)


def test_where_another_job_was_faster_only_that_contract_is_looked_at_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Repo.push
    other = iter([True])

    def push(self: Repo, updates: Sequence[RefUpdate], reason: str = "dc43-gitdraft") -> None:
        if len(updates) == len(NAMES) and next(other, False):
            monkeypatch.setattr(Repo, "push", real)
            shop.job(DISCOUNT_AND_TAX, "orders", dataset="table:shop.orders")
        real(self, updates, reason)

    monkeypatch.setattr(Repo, "push", push)
    ended = publish_all(map(wanted, NAMES), shop.desk)
    assert kinds(ended) == ["created", "updated", "created"]
    assert len(shop.open_pulls()) == 3


def test_of_two_datasets_of_one_contract_only_one_is_drafted_from(shop: Shop) -> None:
    two = [wanted("orders", DISCOUNT, "a"), wanted("orders", DISCOUNT_AND_TAX, "b")]
    ended = publish_all([*two, wanted("carts")], shop.desk)
    assert kinds(ended) == ["created", "LifecycleError", "created"]
    assert isinstance(ended[1].error, LifecycleError)
    assert "drafted from a" in str(ended[1].error)


def test_a_second_dataset_that_agrees_is_no_trouble(shop: Shop) -> None:
    ended = publish_all(
        [wanted("orders", DISCOUNT, "a"), wanted("orders", AGREEING, "b")], shop.desk
    )
    assert kinds(ended) == ["created", "no-drift"]
    assert len(shop.open_pulls()) == 1


def test_the_dataset_of_an_open_draft_keeps_its_place(shop: Shop) -> None:
    shop.job(DISCOUNT_AND_TAX, "orders", dataset="b")
    two = [wanted("orders", DISCOUNT, "a"), wanted("orders", DISCOUNT_AND_TAX, "b")]
    assert kinds(publish_all(two, shop.desk)) == ["LifecycleError", "unchanged"]


def test_several_observations_of_one_dataset_are_published_in_their_order(shop: Shop) -> None:
    ended = publish_all([wanted("orders"), wanted("orders", DISCOUNT_AND_TAX)], shop.desk)
    assert kinds(ended) == ["created", "updated"]
    assert ended[1].outcome is not None
    assert pulled(ended[1].outcome).title == "orders 1.3.0: add discount, add tax"


def test_a_dry_run_writes_nothing(shop: Shop) -> None:
    before = shop.refs()
    ended = publish_all(map(wanted, NAMES), shop.desk, dry_run=True)
    assert kinds(ended) == ["created"] * 3
    assert shop.refs() == before


def test_each_end_is_told_as_it_comes(shop: Shop) -> None:
    heard: list[Ended] = []
    ended = publish_all([wanted("no-such"), wanted("orders")], shop.desk, told=heard.append)
    assert heard == list(ended)


def test_a_schema_object_is_chosen_for_each(tmp_path: Path) -> None:
    both = contract("shop") + "".join(
        f"  - name: {name}\n    properties:\n      - name: id\n        logicalType: integer\n"
        for name in ("carts", "returns")
    )
    shop = Shop(tmp_path / "contracts.git", {"contracts/shop.odcs.yaml": both})
    columns = {"id": DataType("integer", "bigint"), "more": DataType("string", "string")}
    (ended,) = publish_all([Wanted("shop", seen(columns), object="returns")], shop.desk)
    assert ended.outcome is not None
    assert ended.outcome.kind is OutcomeKind.CREATED
    assert pulled(ended.outcome).title == "shop 1.3.0: add more"


def limited(tmp_path: Path, limits: str) -> Shop:
    files = {f"contracts/{name}.odcs.yaml": contract(name) for name in NAMES}
    return Shop(tmp_path / "limited.git", {**files, ".gitdraft.yaml": f"limits: {{{limits}}}\n"})


def test_no_more_drafts_are_open_than_the_settings_allow(tmp_path: Path) -> None:
    shop = limited(tmp_path, "open: 2")
    ended = publish_all(map(wanted, NAMES), shop.desk)
    assert kinds(ended) == ["created", "created", "postponed"]
    assert ended[2].outcome is not None
    assert ended[2].outcome.reason is not None
    assert ended[2].outcome.reason.startswith("2 drafts may be open at a time")
    assert "refs/heads/gitdraft/returns" not in shop.repo.refs("refs/heads/")
    assert kinds(publish_all(map(wanted, NAMES), shop.desk))[2] == "postponed"
    lifecycle.reject(shop.desk, 1, None, "ana")
    ended = publish_all(map(wanted, NAMES), shop.desk)
    assert kinds(ended) == ["rejected", "unchanged", "created"]


def test_no_more_drafts_are_opened_in_an_hour_than_the_settings_allow(tmp_path: Path) -> None:
    shop = limited(tmp_path, "per-hour: 1")
    assert shop.job(contract="carts").kind is OutcomeKind.CREATED
    assert shop.job(contract="orders").kind is OutcomeKind.POSTPONED
    assert shop.job(DISCOUNT_AND_TAX, "carts").kind is OutcomeKind.UPDATED
    for _ in range(60):
        shop.desk.clock()
    assert shop.job(contract="orders").kind is OutcomeKind.CREATED


@pytest.mark.parametrize("limits", ["open: 1", "per-hour: 1"])
def test_a_draft_that_is_open_and_whose_branch_was_deleted_takes_no_room(
    tmp_path: Path, limits: str
) -> None:
    shop = limited(tmp_path, limits)
    assert shop.job(contract="carts").kind is OutcomeKind.CREATED
    (before,) = shop.open_pulls()
    git(shop.path, "update-ref", "-d", "refs/heads/gitdraft/carts")
    shop.repo.refresh()
    foreseen = publish("carts", seen(DISCOUNT), shop.desk, dry_run=True)
    ended = publish_all(map(wanted, NAMES), shop.desk)
    assert foreseen.kind is OutcomeKind.UPDATED
    assert kinds(ended) == ["updated", "postponed", "postponed"]
    assert [pull.number for pull in shop.open_pulls()] == [before.number]
    assert shop.repo.resolve("refs/heads/gitdraft/carts") is not None


def test_a_batch_lists_tags_and_contracts_once(tmp_path: Path) -> None:
    counts = []
    for size in (3, 9):
        names = [f"c{number}" for number in range(size)]
        files = {f"contracts/{name}.odcs.yaml": contract(name) for name in names}
        shop = Shop(tmp_path / f"{size}.git", files)
        with Repo.open(str(shop.path)) as repo:
            desk = Desk(repo, type(shop.forge)(repo), "main", shop.desk.clock)
            processes = Processes(tmp_path)
            ended = publish_all(map(wanted, names), desk, dry_run=True)
            assert set(kinds(ended)) == {"created"}
            counts.append(processes.take())
    assert counts[0] == counts[1]
    assert counts[0].count("ls-tree") == 1


def test_a_batch_reaches_a_remote_as_often_however_large_it_is(tmp_path: Path) -> None:
    counts = []
    for size in (3, 9):
        names = [f"c{number}" for number in range(size)]
        files = {f"contracts/{name}.odcs.yaml": contract(name) for name in names}
        shop = Shop(tmp_path / f"{size}.git", files)
        for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            git(shop.path, "config", setting, "true")
        for kind in ("created", "unchanged"):
            processes = Processes(tmp_path)
            with Repo.open(shop.path.as_uri()) as repo:
                desk = Desk(repo, type(shop.forge)(repo), "main", shop.desk.clock)
                assert set(kinds(publish_all(map(wanted, names), desk))) == {kind}
            ran = Counter(processes.take())
            remote = ("clone", "fetch", "ls-remote", "push")
            counts.append({name: ran[name] for name in remote if ran[name]})
    assert counts[:2] == counts[2:]
    assert counts[0]["push"] == 2
    assert "push" not in counts[1]
