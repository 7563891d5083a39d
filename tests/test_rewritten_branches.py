"""What becomes of drafts where people rewrite the base branch, or a draft's own, by force."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import commit_on, git, make_bare, show
from support.git_http import serve
from support.github import GitHub
from support.hosted import BRANCH, CONTRACT, ROW, hosted, use
from support.shop import ANA, DISCOUNT, DISCOUNT_AND_TAX, ORDERS, Shop, pulled

from dc43_gitdraft import lifecycle, steward
from dc43_gitdraft.check import find_range
from dc43_gitdraft.errors import ConfigError, EditedDraftError
from dc43_gitdraft.model import OutcomeKind
from dc43_gitdraft.repo import RefUpdate

DROPPED = "dropped.md"


@dataclass
class Place:
    """A contracts repository on disk, at a URL, or on GitHub, as jobs and people see it."""

    cli: Cli
    bare: Path
    folder: Path
    github: GitHub | None = None

    def job(self, *columns: str, code: int = 0, dry: bool = False) -> Any:
        """Run the job on data with these columns more; what it prints."""
        row = {**ROW, **dict.fromkeys(columns, 0.5)}
        data = self.folder / "orders.jsonl"
        data.write_text("".join(json.dumps({**row, "order_id": n}) + "\n" for n in (1, 2)), "utf-8")
        more = ["--dry-run"] if dry else []
        asked = ("draft", "orders", "--from", data, "--output", "json")
        return self.cli(*asked, *more, code=code).json

    def commit(self, branch: str, name: str, text: str) -> str:
        made = commit_on(self.bare, branch, {name: text}, f"Write {name}")
        self.noticed()
        return made

    def forced(self, branch: str, commit: str) -> None:
        """Put a branch onto a commit, as a push with --force does."""
        git(self.bare, "update-ref", f"refs/heads/{branch}", commit)
        self.noticed()

    def replaced(self) -> str:
        """Replace the base branch by one commit that follows on none."""
        tree = git(self.bare, "rev-parse", "main^{tree}")
        made = git(self.bare, "commit-tree", tree, "-m", "Begin anew")
        git(self.bare, "update-ref", "refs/heads/main", made)
        self.noticed()
        return made

    def noticed(self) -> None:
        if self.github is not None:
            self.github.pushed()

    def tip(self, branch: str) -> str:
        return git(self.bare, "rev-parse", f"refs/heads/{branch}")

    def text(self, branch: str = BRANCH) -> str:
        return show(self.bare, branch, CONTRACT).decode()

    def holds(self, branch: str, commit: str) -> bool:
        return commit in git(self.bare, "rev-list", branch).split()

    def edited(self) -> str:
        """Let the steward edit the draft."""
        text = self.text().replace("Total in euros.", "Total, with VAT.")
        return self.commit(BRANCH, CONTRACT, text)

    def brought_up(self) -> str:
        """Merge the base branch into the draft, as «Update branch» does; what was merged in."""
        clone = self.cloned("updating")
        git(clone, "merge", "-q", "--no-ff", "--no-edit", "origin/main")
        self.pushed(clone)
        return self.tip("main")

    def carried_over(self, advice: str) -> None:
        """Do in a clone what the program said."""
        command = advice.partition("`")[2].partition("`")[0].split()
        clone = self.cloned("another")
        git(clone, "checkout", "-q", "main")
        assert command[0] == "git"
        git(clone, *command[1:])
        self.pushed(clone)

    def cloned(self, name: str) -> Path:
        """Clone the repository, and check the draft out."""
        clone = self.folder / name
        git(self.folder, "clone", "-q", "-b", BRANCH, str(self.bare), str(clone))
        git(clone, "branch", "-q", "main", "origin/main")
        return clone

    def pushed(self, clone: Path) -> None:
        git(clone, "push", "-q", "--force", "origin", BRANCH)
        self.noticed()

    def pulls(self) -> list[dict[str, Any]]:
        """Return the pull requests, newest first."""
        listed = self.cli("pulls", "list", "--state", "all", "--output", "json")
        pulls: list[dict[str, Any]] = listed.json["pull_requests"]
        return pulls


@pytest.fixture(params=["path", "url", "github"])
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Place]:
    with placed(request.param, tmp_path, monkeypatch, Cli(capsys)) as found:
        yield found


#: Of a place whose pull requests are in the repository itself.
on_the_local_forge = pytest.mark.parametrize("place", ["path", "url"], indirect=True)


@contextmanager
def placed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Iterator[Place]:
    if kind == "github":
        with hosted(tmp_path) as shop:
            use(monkeypatch, shop.env())
            yield Place(cli, shop.github.path, tmp_path, shop.github)
        return
    (tmp_path / "served").mkdir()
    bare = make_bare(tmp_path / "served" / "contracts.git", {CONTRACT: ORDERS})
    git(bare, "config", "uploadpack.allowFilter", "true")
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(bare, "config", "http.receivepack", "true")
    with serve(tmp_path / "served") as server:
        at = str(bare) if kind == "path" else server.url("contracts.git")
        use(monkeypatch, {"GITDRAFT_REPO": at})
        yield Place(cli, bare, tmp_path)


def test_an_unedited_draft_does_not_keep_what_the_base_branch_dropped(place: Place) -> None:
    kept = place.tip("main")
    dropped = place.commit("main", DROPPED, "words\n")
    number = place.job("discount")["pull_request"]["number"]
    place.forced("main", kept)
    foreseen = place.job("discount", dry=True)
    assert (foreseen["outcome"], foreseen["pull_request"]["number"]) == ("updated", number)
    told = place.job("discount")
    assert (told["outcome"], told["pull_request"]["number"]) == ("updated", number)
    assert not place.holds(BRANCH, dropped)
    assert git(place.bare, "rev-parse", f"{BRANCH}^") == kept
    assert place.job("discount")["outcome"] == "unchanged"


def test_an_edited_draft_on_dropped_commits_is_left_alone_until_people_carry_it_over(
    place: Place,
) -> None:
    kept = place.tip("main")
    dropped = place.commit("main", DROPPED, "words\n")
    place.job("discount")
    edit = place.edited()
    place.forced("main", kept)
    assert place.job("discount", code=4, dry=True)["outcome"] == "blocked"
    told = place.job("discount", "tax", code=4)
    assert told["outcome"] == "blocked"
    assert place.tip(BRANCH) == edit
    assert dropped[:12] in told["reason"]
    place.carried_over(told["reason"])
    assert not place.holds(BRANCH, dropped)
    assert place.job("discount", "tax")["outcome"] == "updated"
    assert "Total, with VAT." in place.text()
    assert "name: tax" in place.text()


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("brought", [False, True])
def test_a_check_of_what_a_server_merged_tells_of_dropped_commits(
    place: Place, brought: bool, stale: bool
) -> None:
    kept = place.tip("main")
    if brought:
        place.job("discount")
        dropped = place.commit("main", DROPPED, "words\n")
        place.brought_up()
    else:
        dropped = place.commit("main", DROPPED, "words\n")
        place.job("discount")
    place.forced("main", kept)
    parents = ("-p", dropped if stale else kept, "-p", place.tip(BRANCH))
    merged = git(place.bare, "commit-tree", f"{BRANCH}^{{tree}}", *parents, "-m", "Merge")
    git(place.bare, "update-ref", "refs/pull/1/merge", merged)
    clone = place.folder / "checked-out"
    git(place.folder, "clone", "-q", str(place.bare), str(clone))
    git(clone, "fetch", "-q", "origin", "refs/pull/1/merge")
    git(clone, "checkout", "-q", merged)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_BASE_REF", "main")
        patch.setenv("GITHUB_HEAD_REF", BRANCH)
        checked = place.cli("check", "--repo", clone, code=1)
    assert "[base-rewritten]" in checked.out


@pytest.mark.parametrize("edited", [False, True])
def test_a_pull_request_that_brings_dropped_commits_back_is_not_merged(
    place: Place, edited: bool
) -> None:
    kept = place.tip("main")
    place.commit("main", DROPPED, "words\n")
    place.job("discount")
    if edited:
        place.edited()
    place.forced("main", kept)
    checked = place.cli("check", "--base", "main", "--head", BRANCH, code=1)
    assert "[base-rewritten]" in checked.out
    if place.github is None:
        refused = place.cli("pulls", "merge", "1", code=4).err
        assert "main no longer holds what gitdraft/orders stands on" in refused
        assert ("run its job again" in refused) is not edited
        assert place.tip("main") == kept
    if not edited:
        place.job("discount")
        assert place.cli("check", "--base", "main", "--head", BRANCH).code == 0


#: What GitHub's rules and other servers say of it.
NO_FORCE = """\
#!/bin/sh
case "$2$3" in *0000000000000000000000*) exit 0;; esac
git merge-base --is-ancestor "$2" "$3" && exit 0
echo "error: GH013: Repository rule violations found for $1." >&2
echo "- Cannot force-push to this branch" >&2
exit 1
"""


def test_what_a_server_keeps_of_dropped_commits_is_told_and_never_merged_unsaid(
    place: Place,
) -> None:
    kept = place.tip("main")
    dropped = place.commit("main", DROPPED, "words\n")
    place.job("discount")
    place.forced("main", kept)
    (place.bare / "hooks").mkdir(exist_ok=True)
    hook = place.bare / "hooks" / "update"
    hook.write_text(NO_FORCE)
    hook.chmod(0o755)
    for columns, ended in ((("discount",), "updated"), (("discount", "tax"), "updated")):
        told = place.job(*columns)
        assert told["outcome"] == ended
        if place.github is None and not place.holds(BRANCH, dropped):
            assert told["reason"] is None
            return  # On disk no server forbids it.
        assert place.holds(BRANCH, dropped)
        assert f"still holds {dropped[:12]}, which main dropped" in told["reason"]
        again = place.job(*columns)
        assert (again["outcome"], again["reason"]) == ("unchanged", told["reason"])
    shown = json.loads(place.cli("pulls", "show", "1", "--output", "json").out)
    assert f"⚠️ `{BRANCH}` could not be pushed" in shown["body"]
    checked = place.cli("check", "--base", "main", "--head", BRANCH)
    assert "warning" in checked.out
    assert "[base-rewritten]" in checked.out
    assert DROPPED not in git(place.bare, "ls-tree", "--name-only", BRANCH)
    if place.github is None:
        refused = place.cli("pulls", "merge", "1", code=4).err
        assert "squash it on merging" in refused
        assert place.tip("main") == kept
        place.cli("pulls", "merge", "1", "--method", "squash")
        assert not place.holds("main", dropped)
        assert "name: tax" in place.text("main")


def test_an_unedited_draft_is_made_anew_on_a_base_branch_of_another_history(place: Place) -> None:
    place.commit("main", "README.md", "words\n")
    number = place.job("discount")["pull_request"]["number"]
    new = place.replaced()
    assert place.job("discount", dry=True)["outcome"] == "updated"
    told = place.job("discount")
    assert (told["outcome"], told["pull_request"]["number"]) == ("updated", number)
    assert git(place.bare, "rev-parse", f"{BRANCH}^") == new
    assert place.job("discount")["outcome"] == "unchanged"


def test_an_edited_draft_is_carried_over_to_a_base_branch_of_another_history(place: Place) -> None:
    place.job("discount")
    edit = place.edited()
    new = place.replaced()
    foreseen = place.job("discount", code=4, dry=True)
    told = place.job("discount", code=4)
    assert told["outcome"] == foreseen["outcome"] == "blocked"
    assert told["reason"] == foreseen["reason"]
    assert place.tip(BRANCH) == edit
    if place.github is None:
        assert "git rebase --onto main" in place.cli("pulls", "merge", "1", code=4).err
    place.carried_over(told["reason"])
    assert place.holds(BRANCH, new)
    assert place.job("discount", "tax")["outcome"] == "updated"
    assert "Total, with VAT." in place.text()


def test_a_draft_of_another_history_that_says_not_what_it_was_made_on_is_no_failure(
    place: Place,
) -> None:
    place.job("discount")
    bare = place.bare
    text = git(bare, "cat-file", "commit", BRANCH)
    lines = [line for line in text.splitlines() if not line.startswith("Base-Commit:")]
    raw = place.folder / "commit"
    raw.write_text("\n".join(lines) + "\n", "utf-8")
    made = git(bare, "hash-object", "-t", "commit", "-w", str(raw))
    git(bare, "update-ref", f"refs/heads/{BRANCH}", made)
    place.replaced()
    told = place.job("discount", code=4)
    assert "keep elsewhere what you want of gitdraft/orders, and push main to it" in told["reason"]
    place.forced(BRANCH, place.tip("main"))
    assert place.job("discount")["outcome"] in {"created", "updated"}
    assert "name: discount" in place.text()


def test_an_unedited_draft_does_not_keep_what_a_merge_brought_from_the_base_branch(
    place: Place,
) -> None:
    kept = place.tip("main")
    place.job("discount")
    dropped = place.commit("main", DROPPED, "words\n")
    assert place.brought_up() == dropped
    assert place.job("discount")["outcome"] == "unchanged"
    place.forced("main", kept)
    checked = place.cli("check", "--base", "main", "--head", BRANCH, code=1)
    assert "[base-rewritten]" in checked.out
    assert "run its job again, or run `git rebase --onto main" in checked.out
    assert place.job("discount")["outcome"] == "updated"
    assert not place.holds(BRANCH, dropped)
    assert place.cli("check", "--base", "main", "--head", BRANCH).code == 0
    assert place.job("discount")["outcome"] == "unchanged"


def test_an_edited_draft_is_carried_over_without_what_a_merge_brought_from_the_base_branch(
    place: Place,
) -> None:
    kept = place.tip("main")
    place.job("discount")
    place.edited()
    dropped = place.commit("main", DROPPED, "words\n")
    place.brought_up()
    place.forced("main", kept)
    checked = place.cli("check", "--base", "main", "--head", BRANCH, code=1)
    assert f"git rebase --onto main {dropped[:12]} {BRANCH}" in checked.out
    assert "run its job again" not in checked.out
    if place.github is None:
        assert "git rebase --onto" in place.cli("pulls", "merge", "1", code=4).err
    told = place.job("discount", code=4)
    assert told["outcome"] == "blocked"
    place.carried_over(told["reason"])
    assert not place.holds(BRANCH, dropped)
    assert place.job("discount", "tax")["outcome"] == "updated"
    assert "Total, with VAT." in place.text()


def test_a_check_against_another_history_says_how_to_carry_the_draft_over(place: Place) -> None:
    place.job("discount")
    place.replaced()
    asked = ("check", "--base", "main", "--head", BRANCH)
    said = place.cli(*asked, code=2).err
    assert "have no commit in common" in said
    assert "run its job again, or run `git rebase --onto main" in said
    place.edited()
    said = place.cli(*asked, code=2).err
    assert "run its job again" not in said
    place.carried_over(said)
    assert place.cli(*asked).code == 0


def test_a_check_of_a_history_without_drafts_says_what_helps(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "contracts.git")
    other = git(shop.path, "commit-tree", "main^{tree}", "-m", "Begin anew")
    git(shop.path, "branch", "another", other)
    with pytest.raises(ConfigError, match="name another base with --base, or rebase another onto"):
        find_range(shop.repo, "main", "another", None)


def test_a_draft_whose_version_was_tagged_by_others_gets_another(place: Place) -> None:
    place.job("discount")
    git(place.bare, "tag", "orders/v1.3.0", "main")
    place.noticed()
    assert place.job("discount", dry=True)["outcome"] == "updated"
    told = place.job("discount")
    assert (told["outcome"], told["version"]) == ("updated", "1.4.0")
    assert "version: 1.4.0" in place.text()
    assert place.job("discount")["outcome"] == "unchanged"
    # People edited the rest, and not the version.
    edit = place.edited()
    git(place.bare, "tag", "orders/v1.4.0", "main")
    place.noticed()
    assert place.job("discount")["version"] == "1.5.0"
    assert "Total, with VAT." in place.text()
    assert place.holds(BRANCH, edit)
    assert place.job("discount")["outcome"] == "unchanged"


@on_the_local_forge
@pytest.mark.parametrize("deleted", [False, True])
def test_a_rejected_draft_that_was_put_back_onto_the_base_branch_opens_again(
    place: Place, deleted: bool
) -> None:
    place.job("discount")
    draft = place.tip(BRANCH)
    place.forced(BRANCH, place.tip("main"))
    place.cli("pulls", "close", "1", "--reason", "not wanted")
    assert place.job("discount")["outcome"] == "rejected"
    if deleted:
        git(place.bare, "branch", "-D", BRANCH)
    place.cli("reopen", "1")
    assert place.tip(BRANCH) == draft
    assert place.job("discount", dry=True)["outcome"] == "unchanged"
    assert place.job("discount")["outcome"] == "unchanged"
    assert [(each["number"], each["state"]) for each in place.pulls()] == [(1, "open")]
    place.cli("pulls", "merge", "1")
    assert "name: discount" in place.text("main")


@on_the_local_forge
@pytest.mark.parametrize("asked", ["close", "reject"])
def test_a_first_draft_put_back_onto_the_base_branch_can_be_rejected(
    place: Place, asked: str
) -> None:
    new = ("draft", "fresh", "--new", "--from", place.folder / "orders.jsonl", "--output", "json")
    place.job()
    assert place.cli(*new).json["outcome"] == "created"
    place.forced("gitdraft/fresh", place.tip("main"))
    refused = place.cli("pulls", "merge", "1", code=4).err
    assert "holds nothing that main lacks" in refused
    place.cli(*(["pulls", "close"] if asked == "close" else ["reject"]), "1", "--reason", "no")
    assert place.cli(*new).json["outcome"] == "rejected"
    place.cli("reopen", "1")
    place.cli("pulls", "merge", "1")
    assert show(place.bare, "main", "contracts/fresh.odcs.yaml")


@on_the_local_forge
def test_a_merge_says_that_the_branch_is_gone(place: Place) -> None:
    place.job("discount")
    seen = place.tip(BRANCH)
    place.edited()
    git(place.bare, "branch", "-D", BRANCH)
    foreseen = place.job("discount", dry=True)
    assert (foreseen["outcome"], foreseen["pull_request"]["number"]) == ("updated", 1)
    merged = place.cli("pulls", "merge", "1")
    said = f"the branch {BRANCH} is gone: merging what it held when #1 was written last, "
    assert said + seen[:12] in merged.err
    assert "name: discount" in place.text("main")


@pytest.mark.parametrize("back", ["main", "main~1"])
def test_a_draft_branch_put_back_onto_the_base_branch_is_not_merged(
    place: Place, back: str
) -> None:
    place.commit("main", "README.md", "words\n")
    place.cli("promote")
    place.job("discount")
    place.forced(BRANCH, git(place.bare, "rev-parse", back))
    if place.github is not None:
        # Within the same second, the draft would be the very commit that the server dropped.
        place.commit("main", "NOTES.md", "words\n")
    base, tags = place.tip("main"), git(place.bare, "tag")
    if place.github is None:
        refused = place.cli("pulls", "merge", "1", code=4).err
        assert "holds nothing that main lacks: run its job again, or close it" in refused
    place.cli("promote")
    assert (place.tip("main"), git(place.bare, "tag")) == (base, tags)
    told = place.job("discount")
    # A server closes what is left empty, and does not let it be opened again.
    ended, number = ("created", 2) if place.github else ("updated", 1)
    assert (told["outcome"], told["pull_request"]["number"]) == (ended, number)
    assert told["pull_request"]["state"] == "open"
    assert git(place.bare, "rev-parse", f"{BRANCH}^") == base
    assert place.job("discount")["outcome"] == "unchanged"


def test_an_emptied_draft_is_closed_where_the_drift_is_gone(place: Place) -> None:
    place.job("discount")
    place.forced(BRANCH, place.tip("main"))
    told = place.job()
    assert told["outcome"] == "no-drift"
    assert json.loads(place.cli("pulls", "list", "--output", "json").out)["pull_requests"] == []


def test_a_redraft_records_what_it_brought_in(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "contracts.git")
    shop.job(DISCOUNT)
    edit = shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    before = shop.desk.base_commit()
    brought = shop.edit("main", "of the web shop", "of our shop")
    command = steward.parse("/gitdraft redraft")
    assert command is not None
    assert steward.obey(shop.desk, 1, command, ANA).done
    shop.repo.push([RefUpdate("refs/heads/main", before, brought)])
    outcome = shop.job(DISCOUNT_AND_TAX)
    assert outcome.kind is OutcomeKind.BLOCKED
    assert f"--onto main {brought[:12]} {BRANCH}" in str(outcome.reason)
    assert not steward.obey(shop.desk, 1, command, ANA).done
    assert edit in git(shop.path, "rev-list", BRANCH).split()


def test_an_edited_draft_without_a_pull_request_is_left_alone_too(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "contracts.git")
    before = shop.desk.base_commit()
    dropped = shop.write("main", {DROPPED: "words\n"})
    number = pulled(shop.job(DISCOUNT)).number
    lifecycle.reject(shop.desk, number, "not wanted", ANA.name)
    shop.job(DISCOUNT_AND_TAX)
    shop.repo.push(
        [RefUpdate(name, None, at) for name, at in shop.refs().items() if "refs/gitdraft" in name]
    )
    edit = shop.edit(BRANCH, "Total in euros.", "Total, with VAT.")
    shop.repo.push([RefUpdate("refs/heads/main", before, dropped)])
    with pytest.raises(EditedDraftError, match=f"--onto main {dropped[:12]} {BRANCH}"):
        shop.job(DISCOUNT_AND_TAX)
    assert shop.refs()[f"refs/heads/{BRANCH}"] == edit


def test_what_a_server_closed_as_empty_is_no_rejection_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = Cli(capsys)
    with hosted(tmp_path) as shop:
        use(monkeypatch, shop.env())
        place = Place(cli, shop.github.path, tmp_path, shop.github)
        for settled, number in ((False, 1), (True, 2)):
            place.commit("main", "README.md", f"{number}\n")
            assert place.job("discount")["pull_request"]["number"] == number
            place.forced(BRANCH, place.tip("main"))
            if settled:
                said = cli("settle", "--event", shop.event("pull_request", "closed")).out
                assert "its drift is proposed again" in said
        place.commit("main", "README.md", "3\n")
        assert place.job("discount")["pull_request"]["number"] == 3
        assert shop.github.pull(1)["merged"] is False
        # The branch is another one by now: what nobody decided is known by its label.
        for number in (1, 2):
            labels = {each["name"] for each in shop.github.pull(number)["labels"]}
            assert "gitdraft:undecided" in labels
