"""Clones of the tips alone: what they fetch, and that they answer as the whole repository does."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from support.git import commit_on, git, make_bare, refs_snapshot
from support.git_http import GitServer, serve
from support.shop import DISCOUNT, DISCOUNT_AND_TAX, ORDERS, Shop, seen

from dc43_gitdraft.errors import GitError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.lifecycle import promote
from dc43_gitdraft.model import OutcomeKind
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import BOT, MergeConflict, RefUpdate, Repo
from dc43_gitdraft.story import history

MAIN = "refs/heads/main"
PATH = "contracts/orders.odcs.yaml"

#: What servers do: with filters, none of them of trees, or none at all, and Git's protocol 0 where
#: they give some objects by name, or none, with and without filters.
SERVERS = [
    "filters",
    "no filter of trees",
    "no filters",
    "some names",
    "no names",
    "no names or filters",
]


def prepared(repo: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set a repository up as a kind of server has it; its URL."""
    git(repo, "config", "http.receivepack", "true")
    filters = "false" if "filters" in kind and kind != "filters" else "true"
    git(repo, "config", "uploadpack.allowFilter", filters)
    if kind == "no filter of trees":
        git(repo, "config", "uploadpackfilter.allow", "false")
        git(repo, "config", "uploadpackfilter.blob:none.allow", "true")
    if "names" in kind:
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.version")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "0")
        some = "true" if kind == "some names" else "false"
        git(repo, "config", "uploadpack.allowReachableSHA1InWant", some)
    return f"file://{repo}"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("GITDRAFT_CACHE", str(folder))
    return folder


def woven(folder: Path, seed: int) -> tuple[Path, list[str]]:
    """Make a repository with branches, merges and a second root; all its commits."""
    dice = random.Random(seed)  # noqa: S311
    bare = make_bare(folder / f"woven-{seed}.git", {"0.txt": "0\n", "a/b/c.txt": "c\n"})
    commits = [git(bare, "rev-parse", "main")]
    blob = git(bare, "hash-object", "-w", "--stdin", stdin="x")
    for n in range(1, 14):
        parents = dice.sample(commits[-4:], min(len(commits), dice.choice([1, 1, 1, 2])))
        tree = git(bare, "mktree", stdin=f"100644 blob {blob}\t{dice.randrange(4)}.txt\n")
        flags = [] if n == 6 else [word for parent in parents for word in ("-p", parent)]
        commits.append(git(bare, "commit-tree", "-m", f"Commit {n}", *flags, tree))
    for n, commit in enumerate(commits[-5:]):
        git(bare, "update-ref", f"refs/heads/b{n}", commit)
    git(bare, "update-ref", MAIN, commits[-1])
    held = git(bare, "rev-list", "--all").split()
    return bare, [commit for commit in commits if commit in held]


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_question_about_the_past_has_the_answer_of_the_whole_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, seed: int
) -> None:
    bare, commits = woven(tmp_path, seed)
    url = prepared(bare, kind, monkeypatch)
    dice = random.Random(seed)  # noqa: S311
    some = dice.sample(list(itertools.permutations(commits, 2)), 12)
    with Repo.open(str(bare)) as whole, Repo.open(url) as part:
        for one, other in some:
            assert part.is_ancestor(one, other) == whole.is_ancestor(one, other)
            assert part.log([one], [other]) == whole.log([one], [other])
            chains = [repo.log([one], [other], first_parent=True) for repo in (part, whole)]
            assert chains[0] == chains[1]
            bases = git(bare, "merge-base", "--all", one, other, check=False).split()
            assert part.merge_base(one, other) in bases or not (
                bases or part.merge_base(one, other)
            )
            assert part.diff_files(one, other) == whole.diff_files(one, other)
            assert part.read(one, "0.txt") == whole.read(one, "0.txt")
            if bases:
                assert part.merge(one, other) == whole.merge(one, other)
        assert part.log([MAIN]) == whole.log([MAIN])
        assert part.log([MAIN], paths=["0.txt"]) == whole.log([MAIN], paths=["0.txt"])
        assert part.log([MAIN], grep="Commit 1") == whole.log([MAIN], grep="Commit 1")
        assert not part.shallow


@pytest.mark.parametrize("kind", SERVERS)
def test_a_user_s_way_to_name_a_commit_means_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    bare, commits = woven(tmp_path, 1)
    git(bare, "tag", "-a", "-m", "one", "orders/v1.0.0", commits[2])
    git(bare, "tag", "plain", commits[3])
    names = ["main", "main~2", "b1^", "HEAD", "HEAD~1", "orders/v1.0.0", "orders/v1.0.0~1", "plain"]
    names += [
        "refs/tags/plain",
        "tags/plain",
        commits[1],
        commits[1][:12],
        "none",
        "main~99",
        "b1^9",
    ]
    names += ["1" * 40, "main:0.txt", "@", "a b", "-x", "refs/heads/none", "plain^{commit}"]
    url = prepared(bare, kind, monkeypatch)
    with Repo.open(str(bare)) as whole, Repo.open(url) as part:
        assert {n: part.resolve(n) for n in names} == {n: whole.resolve(n) for n in names}


def test_what_was_fetched_of_the_past_is_not_fetched_again(tmp_path: Path) -> None:
    bare, _ = woven(tmp_path, 1)
    for path in ("http.receivepack", "uploadpack.allowFilter"):
        git(bare, "config", path, "true")
    with serve(tmp_path) as server:
        for _ in range(2):
            server.requests.clear()
            with Repo.open(server.url(bare.name)) as repo:
                assert len(repo.log([MAIN])) == len(git(bare, "rev-list", "main").split())
        assert len(server.requests) == 2
        tip = commit_on(bare, "main", {"new.txt": "new\n"})
        with Repo.open(server.url(bare.name)) as repo:
            assert repo.log([MAIN], limit=1)[0].sha == tip
            assert len(repo.log([MAIN])) == len(git(bare, "rev-list", "main").split())


def test_a_branch_that_moves_while_the_clone_is_open_does_not_mislead(tmp_path: Path) -> None:
    bare, _ = woven(tmp_path, 2)
    with Repo.open(f"file://{bare}") as repo:
        before = repo.resolve(MAIN)
        assert before is not None
        git(bare, "update-ref", MAIN, "refs/heads/b0")
        git(bare, "update-ref", "-d", "refs/heads/b4")
        assert len(repo.log([before])) == len(git(bare, "rev-list", before).split())


def test_a_commit_that_nobody_has_is_an_error_and_no_answer(tmp_path: Path) -> None:
    bare, _ = woven(tmp_path, 1)
    with Repo.open(f"file://{bare}") as repo:
        for question in (repo.is_ancestor, repo.merge_base, repo.merge):
            with pytest.raises(GitError, match="is missing"):
                question("1" * 40, MAIN)
        with pytest.raises(GitError, match="is missing"):
            repo.log(["1" * 40])
        assert repo.resolve("1" * 40) is None


def test_a_damaged_past_is_an_error_and_no_answer(tmp_path: Path, cache: Path) -> None:
    bare, commits = woven(tmp_path, 1)
    git(bare, "config", "uploadpack.allowFilter", "true")
    with Repo.open(f"file://{bare}") as repo:
        assert len(repo.log([MAIN])) > 2
        for pack in cache.glob("*/past.git/objects/pack/*"):
            pack.unlink()
        for question in (repo.is_ancestor, repo.merge_base, repo.merge):
            with pytest.raises(GitError):
                question(commits[0], MAIN)


def test_a_branch_can_be_set_back_and_an_old_commit_tagged(tmp_path: Path) -> None:
    bare, commits = woven(tmp_path, 1)
    git(bare, "config", "uploadpack.allowFilter", "true")
    with Repo.open(f"file://{bare}") as repo:
        when = repo.commit(MAIN).committed_at
        tag = repo.write_tag("old", commits[1], "Old.", BOT, when)
        updates = [
            RefUpdate("refs/heads/again", commits[2], None),
            RefUpdate("refs/tags/old", tag, None),
        ]
        repo.push(updates)
        assert repo.refs() == refs_snapshot(bare)
        assert repo.refs("refs/tags/", peeled=True) == {"refs/tags/old": commits[1]}
        commit = repo.write_commit([commits[1]], {"a/new.txt": b"x"}, "On it", BOT, when)
        repo.push([RefUpdate("refs/heads/again", commit, commits[2])])
        repo.push([RefUpdate("refs/tags/old", None, tag)])
        assert repo.refs("refs/tags/") == {}
    assert git(bare, "rev-list", "--count", f"{commits[1]}..again") == "1"
    with Repo.open(f"file://{bare}") as repo:
        assert repo.read("refs/heads/again", "a/new.txt") == b"x"
        assert repo.is_ancestor(commits[1], "refs/heads/again")


# A server that leaves out files, and no trees


@pytest.mark.parametrize(("http", "protocol"), [(True, "2"), (False, "0")], ids=["http", "file-0"])
def test_a_server_that_leaves_out_no_trees_gives_history_and_many_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http: bool, protocol: str
) -> None:
    bare = long(tmp_path, 60)
    for n, commit in enumerate(git(bare, "rev-list", "main").split()):
        git(bare, "update-ref", f"refs/tags/orders/v0.{n}.0", commit)
    prepared(bare, "no filter of trees", monkeypatch)
    git(bare, "config", "uploadpack.allowReachableSHA1InWant", "true")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.version")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", protocol)
    with serve(tmp_path) as server:
        url = server.url(bare.name) if http else f"file://{bare}"
        with Repo.open(url) as repo:
            tags = sorted(repo.refs("refs/tags/"))
            repo.prepare_trees(tags)
            texts = set(repo.read_many([(tag, PATH) for tag in tags]))
            assert len(texts) == len(repo.log([MAIN])) == 60
        assert job(url) is OutcomeKind.CREATED
        assert job(url) is OutcomeKind.UNCHANGED


# A server that gives no part of anything


@pytest.fixture
def files_only(tmp_path: Path) -> Iterator[str]:
    """A URL of nothing but files, as the oldest way over HTTP has it."""
    bare, commits = woven(tmp_path, 1)
    git(bare, "tag", "plain", commits[2])
    git(bare, "update-server-info")

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    handler = partial(Handler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/{bare.name}"
        finally:
            server.shutdown()
            thread.join()


def test_a_server_that_gives_no_part_has_it_all_cloned(files_only: str, tmp_path: Path) -> None:
    (bare,) = tmp_path.glob("woven-1.git")
    for _ in range(2):
        with Repo.open(files_only) as repo:
            assert repo.refs() == refs_snapshot(bare)
            assert len(repo.log([MAIN])) == len(git(bare, "rev-list", "main").split())
            assert repo.resolve("plain") == repo.refs()["refs/tags/plain"]


# What commands fetch


def long(folder: Path, commits: int, tags: int = 0) -> Path:
    """Make a contracts repository whose contract was edited and tagged many times."""
    bare = folder / f"{commits}-{tags}.git"
    Repo.init(bare)
    stream = "".join(
        f"commit {MAIN}\ncommitter A <a@example.org> {1_700_000_000 + n} +0000\n"
        f"data 2\nx\nM 100644 inline {PATH}\ndata <<END\n{ORDERS}# {n}\nEND\n\n"
        for n in range(commits)
    )
    stream += "".join(f"reset refs/tags/other-{n}/v1.0.0\nfrom {MAIN}\n\n" for n in range(tags))
    git(bare, "fast-import", "--quiet", stdin=stream + "done\n")
    for setting in ("http.receivepack", "uploadpack.allowFilter"):
        git(bare, "config", setting, "true")
    return bare


def job(url: str, columns: object = DISCOUNT) -> OutcomeKind:
    with Repo.open(url) as repo:
        return publish("orders", seen(columns), Desk(repo, LocalForge(repo), "main")).kind  # type: ignore[arg-type]


def sent(server: GitServer, name: str) -> int:
    """Run a job; how many bytes the server sent for it."""
    before = server.sent
    job(server.url(name))
    return server.sent - before


def test_a_long_history_costs_a_job_nothing(tmp_path: Path) -> None:
    short, more = long(tmp_path, 3), long(tmp_path, 300)
    with serve(tmp_path) as server:
        assert sent(server, more.name) - sent(server, short.name) < 1000


def test_the_tags_of_others_cost_a_job_that_changes_nothing_nothing(tmp_path: Path) -> None:
    few, many = long(tmp_path, 2, 1), long(tmp_path, 2, 300)
    with serve(tmp_path) as server:
        for name in (few.name, many.name):
            sent(server, name)
        assert sent(server, many.name) - sent(server, few.name) < 200


# What people and jobs do where the newest commits do not tell enough


@pytest.fixture(params=SERVERS)
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop(tmp_path / "shop.git")
    prepared(shop.path, request.param, monkeypatch)
    return shop


def test_a_draft_whose_base_is_long_ago_is_seen_and_promoted(shop: Shop) -> None:
    url = f"file://{shop.path}"
    assert job(url) is OutcomeKind.CREATED
    shop.edit("gitdraft/orders", "Total in euros.", "In euros.")
    for n in range(5):
        shop.write("main", {f"{n}.md": "x\n"})
    assert job(url) is OutcomeKind.UNCHANGED
    assert job(url, DISCOUNT_AND_TAX) is OutcomeKind.UPDATED
    with Repo.open(url) as repo:
        desk = Desk(repo, LocalForge(repo), "main")
        assert [each.version for each in promote(desk).promoted] == ["1.2.0"]
        LocalForge(repo).merge(1)
    for n in range(5):
        shop.write("main", {f"more-{n}.md": "x\n"})
    with Repo.open(url) as repo:
        desk = Desk(repo, LocalForge(repo), "main")
        (promoted,) = promote(desk).promoted
        version, _ = history(desk, "orders").versions
        assert version.version == promoted.version
        assert version.provenance is not None
        assert version.provenance.dataset_id == "table:shop.orders"
        assert len(LocalForge(repo).audit(1)) > 2
        assert promote(desk).promoted == ()
    assert "In euros." in shop.text("main")


def test_a_bot_s_draft_whose_base_is_long_ago_is_built_on_the_new_one(shop: Shop) -> None:
    url = f"file://{shop.path}"
    assert job(url) is OutcomeKind.CREATED
    for n in range(3):
        shop.write("main", {f"{n}.md": "x\n"})
    shop.edit("main", "Total in euros.", "In euros.")
    assert job(url, DISCOUNT_AND_TAX) is OutcomeKind.UPDATED
    assert "In euros." in shop.text("gitdraft/orders")
    assert shop.repo.is_ancestor(MAIN, "refs/heads/gitdraft/orders")


def test_a_conflict_with_the_past_is_found(shop: Shop) -> None:
    start = shop.repo.resolve(MAIN)
    assert start is not None
    shop.repo.push([RefUpdate("refs/heads/side", start, None)])
    shop.edit("main", "Total in euros.", "In euros.")
    shop.edit("side", "Total in euros.", "All of it.")
    with Repo.open(f"file://{shop.path}") as repo:
        found = repo.merge(MAIN, "refs/heads/side")
    assert found == MergeConflict((PATH,))
