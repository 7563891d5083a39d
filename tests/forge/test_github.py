"""GitHub as a forge, at a GitHub of the tests' own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.forge_contract import HEAD, Desk, ForgeContract
from support.git import commit_on, git
from support.github import GitHub, serve
from support.shop import ANA, DISCOUNT, DISCOUNT_AND_TAX, ORDERS, clock, pulled, seen

from dc43_gitdraft.errors import ConfigError, ForbiddenError, ForgeError, LifecycleError
from dc43_gitdraft.forge.github import api
from dc43_gitdraft.forge.github.facts import kept, pull_of
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.lifecycle import reject, reopen
from dc43_gitdraft.model import Outcome, OutcomeKind, PullState
from dc43_gitdraft.publish import Desk as PublishingDesk
from dc43_gitdraft.publish import publish
from dc43_gitdraft.repo import Repo

SETTINGS = "labels: [gitdraft, data]\nreviewers: [zoe, acme/stewards]\n"
ORDERS_PATH = "contracts/orders.odcs.yaml"
PULLS = "/repos/acme/contracts/pulls"
ISSUE = "/repos/acme/contracts/issues/1"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    files = {"contracts/orders.odcs.yaml": ORDERS, ".gitdraft.yaml": SETTINGS}
    with serve(tmp_path, files=files) as running:
        running.person("zoe")
        running.repository.teams.append("stewards")
        yield running


@pytest.fixture
def token(github: GitHub) -> str:
    return github.token("bot", "write")


@pytest.fixture
def desk(github: GitHub, token: str) -> Iterator[Desk]:
    with Repo.open(github.url, token) as repo:
        yield Desk(GitHubForge(repo, api_url=github.api_url, token=token), repo, github.merge)


@pytest.fixture
def forge(desk: Desk) -> GitHubForge:
    assert isinstance(desk.forge, GitHubForge)
    return desk.forge


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between two attempts."""
    monkeypatch.setattr(api, "BACKOFF", 0.01)


def asked(github: GitHub) -> list[str]:
    """Return the calls since the last time, and forget them."""
    calls = github.calls
    github.requests.clear()
    return calls


@pytest.mark.usefixtures("hurry")
class TestContract(ForgeContract):
    pass


class Job:
    """A job that drafts, with everything made anew each time as a new process would."""

    def __init__(self, github: GitHub, token: str | None) -> None:
        self.github, self.token = github, token
        self.url = github.url

    def desk(self) -> PublishingDesk:
        repo = Repo.open(self.url, self.token)
        forge = GitHubForge(repo, api_url=self.github.api_url, token=self.token)
        return PublishingDesk(repo, forge, "main", clock())

    def __call__(self, columns: Any = DISCOUNT) -> Outcome:
        desk = self.desk()
        with desk.repo:
            return publish("orders", seen(columns), desk)


@pytest.fixture
def job(github: GitHub, token: str) -> Job:
    return Job(github, token)


class TestCalls:
    def test_a_new_pull_request_takes_four(self, job: Job, github: GitHub) -> None:
        outcome = job()
        assert outcome.kind is OutcomeKind.CREATED
        assert asked(github) == [
            f"GET {PULLS}",
            f"POST {PULLS}",
            f"POST {PULLS}/1/requested_reviewers",
            f"POST {ISSUE}/labels",
        ]
        pull = github.pull(1)
        assert [label["name"] for label in pull["labels"]] == ["gitdraft", "data"]
        assert [user["login"] for user in pull["requested_reviewers"]] == ["zoe"]
        assert [team["slug"] for team in pull["requested_teams"]] == ["stewards"]
        assert pulled(outcome).reviewers == ("zoe", "acme/stewards")
        assert pulled(outcome).labels == ("gitdraft", "data")

    def test_what_is_kept_of_an_answer_says_the_same(self, job: Job, github: GitHub) -> None:
        job()
        raw = github.pull(1)
        assert pull_of(kept(raw)) == pull_of(raw)
        github.merge(1)
        raw = github.pull(1)
        assert pull_of(kept(raw)) == pull_of(raw)
        gone = {**raw, "user": None, "head": {**raw["head"], "repo": None}}
        assert pull_of(kept(gone)) == pull_of(gone)

    def test_an_unchanged_one_takes_one(self, job: Job, github: GitHub) -> None:
        job()
        asked(github)
        assert job().kind is OutcomeKind.UNCHANGED
        assert asked(github) == [f"GET {PULLS}"]

    def test_one_that_was_opened_and_no_more_is_finished(self, job: Job, github: GitHub) -> None:
        job()
        issue, pull = github.repository.pull(1)
        issue.labels.clear()
        issue.history.clear()
        pull.reviewers.clear()
        pull.teams.clear()
        asked(github)
        outcome = job()
        assert outcome.kind is OutcomeKind.UNCHANGED
        assert asked(github) == [
            f"GET {PULLS}",
            f"GET {ISSUE}/events",
            f"POST {PULLS}/1/requested_reviewers",
            f"POST {ISSUE}/labels",
        ]
        assert pulled(outcome).labels == ("gitdraft", "data")
        assert pulled(outcome).reviewers == ("zoe", "acme/stewards")

    def test_labels_that_people_took_away_stay_away(self, job: Job, github: GitHub) -> None:
        job()
        issue, ana = github.repository.issue(1), github.account("ana")
        github.label(github.repository, issue, ["gitdraft", "data"], ana, add=False)
        asked(github)
        assert pulled(job()).labels == ()
        assert asked(github) == [f"GET {PULLS}", f"GET {ISSUE}/events"]

    def test_a_token_that_may_not_see_the_history_leaves_it_at_that(
        self, job: Job, github: GitHub
    ) -> None:
        job()
        github.repository.issue(1).labels.clear()
        asked(github)
        github.fault(path="/events$", status=403, body={"message": "Resource not accessible"})
        assert pulled(job()).labels == ()
        assert asked(github) == [f"GET {PULLS}", f"GET {ISSUE}/events"]

    def test_without_labels_a_review_that_was_asked_for_tells_that_all_was_done(
        self, job: Job, github: GitHub
    ) -> None:
        settings = {".gitdraft.yaml": "labels: []\nreviewers: [zoe]\n"}
        commit_on(github.path, "main", settings)
        job()
        _, pull = github.repository.pull(1)
        pull.reviewers.clear()  # As after her review.
        asked(github)
        assert pulled(job()).reviewers == ()
        assert asked(github) == [f"GET {PULLS}", f"GET {ISSUE}/events"]

    def test_an_updated_one_takes_two(self, job: Job, github: GitHub) -> None:
        job()
        asked(github)
        assert job(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
        assert asked(github) == [f"GET {PULLS}", f"PATCH {PULLS}/1"]

    def test_a_rejection_is_known_from_the_list(self, job: Job, github: GitHub) -> None:
        job()
        reject(job.desk(), 1, "not ours", "ana")
        asked(github)
        outcome = job()
        assert (outcome.kind, outcome.reason) == (
            OutcomeKind.REJECTED,
            "rejected by ana: not ours",
        )
        assert asked(github) == [f"GET {PULLS}"]

    def test_agreeing_data_without_a_draft_takes_one(self, job: Job, github: GitHub) -> None:
        assert job({name: DISCOUNT[name] for name in ("order_id", "amount", "note")}).kind is (
            OutcomeKind.NO_DRIFT
        )
        assert asked(github) == [f"GET {PULLS}"]


class TestRenamedOwner:
    """The remote's URL is still the former one, which GitHub redirects."""

    @pytest.fixture
    def former(self, github: GitHub, token: str) -> Job:
        github.former["oldco/contracts"] = "acme/contracts"
        job = Job(github, token)
        job.url = f"{github.web}/oldco/contracts.git"
        return job

    def test_its_rejections_are_remembered(
        self, job: Job, former: Job, github: GitHub, token: str
    ) -> None:
        job()
        reject(job.desk(), 1, "not ours", "ana")
        assert former().kind is OutcomeKind.REJECTED

    def test_its_open_pull_request_is_found(self, job: Job, former: Job, github: GitHub) -> None:
        job()
        assert former().kind is OutcomeKind.UNCHANGED
        assert former(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
        assert len(github.pulls()) == 1

    def test_a_new_name_alone_costs_one_call_more(
        self, job: Job, github: GitHub, token: str
    ) -> None:
        github.former["acme/old"] = "acme/contracts"
        former = Job(github, token)
        former.url = f"{github.web}/acme/old.git"
        job()
        asked(github)
        assert former().kind is OutcomeKind.UNCHANGED
        answered = [r.path for r in github.requests if r.kind == "api" and r.status == 200]
        assert answered == [PULLS, "/repos/acme/contracts"]


NO_FORCE = """\
#!/bin/sh
[ "$2" = "${2#0000000}" ] || exit 0
git merge-base --is-ancestor "$2" "$3" && exit 0
echo "error: GH013: Repository rule violations found for $1." >&2
echo "- Cannot force-push to this branch" >&2
exit 1
"""


class TestForcedPushes:
    @pytest.fixture(params=["ruleset", "denyNonFastForwards"])
    def forbidden(self, github: GitHub, request: pytest.FixtureRequest) -> None:
        if request.param == "ruleset":
            hook = github.path / "hooks" / "update"
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(NO_FORCE)
            hook.chmod(0o755)
        else:
            git(github.path, "config", "receive.denyNonFastForwards", "true")

    def test_where_none_is_allowed_a_moved_contract_is_merged(
        self, github: GitHub, job: Job, forbidden: None
    ) -> None:
        old = job().commit
        commit_on(github.path, "main", {ORDERS_PATH: ORDERS.replace("1.2.0", "1.2.1")})
        github.pushed()
        outcome = job()
        assert outcome.kind is OutcomeKind.UPDATED
        assert git(github.path, "log", "-1", "--format=%P", str(outcome.commit)).split() == [
            git(github.path, "rev-parse", "main"),
            old,
        ]
        assert [pull["number"] for pull in github.pulls("open")] == [1]
        assert job().kind is OutcomeKind.UNCHANGED
        assert job(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED

    def test_where_none_is_allowed_a_closed_draft_s_branch_is_built_upon(
        self, github: GitHub, job: Job, forbidden: None
    ) -> None:
        job()
        edited = git(github.path, "show", f"gitdraft/orders:{ORDERS_PATH}")
        edited = edited.replace("Total in euros.", "Total.") + "\n"
        commit_on(github.path, "gitdraft/orders", {ORDERS_PATH: edited})
        github.pushed()
        github.close(1, by="ana")
        outcome = job(DISCOUNT_AND_TAX)
        assert outcome.kind is OutcomeKind.CREATED
        text = git(github.path, "show", f"gitdraft/orders:{ORDERS_PATH}")
        assert "Total in euros." in text
        assert job(DISCOUNT_AND_TAX).kind is OutcomeKind.UNCHANGED


class TestWhyItWasClosed:
    def test_what_a_person_said_on_the_web_is_the_reason(self, job: Job, github: GitHub) -> None:
        job()
        github.comment(1, "Thanks, I'll look.", by="zoe")
        github.close(1, by="ana", comment="discounts\nare not ours")
        assert job().reason == "rejected by ana: discounts are not ours"

    def test_what_others_said_is_not(self, job: Job, github: GitHub) -> None:
        job()
        github.comment(1, "Looks good.", by="zoe")
        github.close(1, by="ana")
        github.comment(1, "Why?", by="zoe")
        assert job().reason == "rejected by ana without a reason"

    def test_it_is_not_seen_in_the_text(self, job: Job, github: GitHub) -> None:
        before = pulled(job()).body
        pull = reject(job.desk(), 1, "no --> <b>-- good", "ana")
        assert pull.body == before
        raw = github.pull(1)["body"]
        assert raw.startswith(before)
        comment = raw.removeprefix(before).strip()
        assert comment.startswith("<!-- ")
        assert comment.endswith(" -->")
        assert "--" not in comment[4:-3]
        assert ">" not in comment[4:-3]
        assert pull.reason == "no --> <b>-- good"

    def test_reopening_forgets_it(self, job: Job, github: GitHub) -> None:
        body = pulled(job()).body
        reject(job.desk(), 1, "not ours", "ana")
        pull = reopen(job.desk(), 1, "ana")
        assert (pull.state, pull.reason, pull.labels) == (
            PullState.OPEN,
            None,
            ("gitdraft", "data"),
        )
        assert github.pull(1)["body"] == body
        assert job().kind is OutcomeKind.UNCHANGED

    def test_it_is_not_that_of_a_later_closing(self, desk: Desk, github: GitHub) -> None:
        desk.commit()
        desk.opened()
        desk.forge.update(1, state=PullState.CLOSED, reason="not ours", actor="ana")
        github.reopen(1)
        for _ in range(600):
            github.now()  # a second each
        github.close(1, by="zoe")
        pull = desk.forge.get(1)
        assert (pull.decided_by, pull.reason) == ("zoe", None)

    def test_the_web_closing_is_given_a_reason_afterwards(self, desk: Desk, github: GitHub) -> None:
        desk.commit()
        desk.opened()
        github.close(1, by="zoe")
        pull = desk.forge.update(1, state=PullState.CLOSED, reason="not ours", actor="zoe")
        assert (pull.decided_by, pull.reason) == ("zoe", "not ours")
        assert desk.forge.find(HEAD) == [pull]

    def test_a_body_edited_afterwards_keeps_it(self, desk: Desk) -> None:
        desk.commit()
        desk.opened()
        desk.forge.update(1, state=PullState.CLOSED, reason="not ours", actor="zoe")
        assert desk.forge.update(1, body="Other").reason == "not ours"
        assert desk.forge.get(1).body == "Other"

    @pytest.mark.parametrize(
        "told",
        [
            "{}",
            '{"at": 1}',
            '{"at": "2024-05-30T12:30:00Z", "by": 1, "reason": null, "labels": []}',
            '{"at": "2024-05-30T12:30:00Z", "by": null, "reason": null, "labels": 3}',
            '{"at": "now", "by": null, "reason": null, "labels": []}',
            "{",
            "[" * 5000,
        ],
    )
    def test_what_people_made_of_it_harms_nobody(
        self, told: str, desk: Desk, github: GitHub
    ) -> None:
        desk.commit()
        desk.opened(body=f"Body\n\n<!-- gitdraft-decision: {told} -->")
        github.close(1, by="zoe")
        pull = desk.forge.get(1)
        assert (pull.decided_by, pull.reason) == ("zoe", None)

    def test_a_body_too_long_for_it_keeps_its_text(self, desk: Desk) -> None:
        desk.commit()
        desk.opened(body="x" * 65_500)
        pull = desk.forge.update(1, state=PullState.CLOSED, reason="not ours", actor="ana")
        assert (pull.state, len(pull.body)) == (PullState.CLOSED, 65_500)

    def test_its_labels_are_known_where_the_token_may_not_set_any(
        self, github: GitHub, job: Job
    ) -> None:
        job()
        limited = {"contents": "write", "pull_requests": "write"}
        github.fault(method="POST", path="/labels$", times=99, status=403)
        other = Job(github, github.actions_token(limited))
        agreeing = {name: DISCOUNT[name] for name in ("order_id", "amount", "note")}
        assert "obsolete" in (other(agreeing).reason or "")
        assert other(DISCOUNT).kind is OutcomeKind.CREATED  # and not rejected


class TestOpening:
    def test_codeowners_are_not_asked_twice(
        self, github: GitHub, forge: GitHubForge, desk: Desk
    ) -> None:
        commit_on(github.path, "main", {".github/CODEOWNERS": "* @ana\n"})
        desk.repo.refresh()
        desk.commit()
        pull, _ = forge.open(HEAD, "main", "Title", "Body", reviewers=["ANA", "@zoe", "bot"])
        assert pull.reviewers == ("ana", "zoe")
        assert [r.body for r in github.requests if r.path.endswith("requested_reviewers")] == [
            {"reviewers": ["zoe"], "team_reviewers": []}
        ]

    def test_one_that_goes_to_another_base_branch_is_another(
        self, github: GitHub, desk: Desk
    ) -> None:
        git(github.path, "branch", "develop", "main")
        desk.commit()
        desk.forge.open(HEAD, "develop", "Title", "")
        github.fault(method="POST", path="/pulls$", cut=True)  # so that it is looked for
        pull, made = desk.forge.open(HEAD, "main", "Title", "")
        assert (made, pull.base, pull.number) == (True, "main", 2)

    @pytest.mark.parametrize(
        "unseen",
        [
            {"field": "head", "code": "invalid"},
            {"code": "custom", "message": f"No commits between main and {HEAD}"},
        ],
        ids=["absent", "as it was"],
    )
    def test_a_branch_that_the_api_sees_later_is_tried_again(
        self, github: GitHub, desk: Desk, hurry: None, unseen: dict[str, str]
    ) -> None:
        desk.commit()
        error = {"resource": "PullRequest", **unseen}
        said = {"message": "Validation Failed", "errors": [error]}
        github.fault(method="POST", path="/pulls$", times=3, status=422, body=said)
        pull, made = desk.forge.open(HEAD, "main", "Title", "", ["gitdraft"])
        assert (made, pull.number, pull.labels) == (True, 1, ("gitdraft",))

    def test_nobody_left_to_ask_is_no_call(self, github: GitHub, desk: Desk) -> None:
        desk.commit()
        desk.forge.open(HEAD, "main", "Title", "Body", reviewers=["bot", " "])
        assert github.calls == [f"POST {PULLS}"]

    def test_an_unknown_reviewer_keeps_no_other_from_being_asked(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk.commit()
        pull, made = desk.forge.open(HEAD, "main", "Title", "", reviewers=["zoe", "nobody", "ana"])
        assert (made, pull.reviewers) == (True, ("zoe", "ana"))
        said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
        assert len(said) == 1
        assert said[0].startswith("could not ask nobody to review: ")

    def test_labels_that_cannot_be_set_are_said_once(
        self, github: GitHub, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        github.fault(method="POST", path="/labels$", times=99, status=403)
        for name in ("a", "b"):
            desk.commit(name, f"{name}.txt")
            assert desk.forge.open(name, "main", "Title", "", ["gitdraft"])[1]
        said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
        assert len(said) == 1
        assert said[0].startswith("could not set the labels gitdraft: ")

    def test_a_fork_with_a_branch_of_that_name_is_not_ours(
        self, desk: Desk, github: GitHub, forge: GitHubForge
    ) -> None:
        desk.commit()
        desk.opened()
        raw = github.pull(1)
        raw["head"]["repo"] = {"id": 7}
        raw["head"]["label"] = f"mallory:{HEAD}"
        assert pull_of(raw).head == f"mallory:{HEAD}"
        raw["head"]["repo"] = None
        assert pull_of(raw).head == f"mallory:{HEAD}"

    def test_a_long_title_is_cut_to_what_github_takes(self, desk: Desk) -> None:
        desk.commit()
        assert len(desk.opened(title="x" * 300).title) == 256

    def test_where_workflows_may_not_open_them_the_branch_is_pushed_and_its_page_told(
        self, github: GitHub
    ) -> None:
        github.repository.actions_may_open = False
        with pytest.raises(ForbiddenError) as caught:
            Job(github, github.actions_token())()
        compare = f"{github.web}/acme/contracts/compare/main...gitdraft/orders?expand=1"
        assert compare in str(caught.value)
        assert "Settings, Actions, General" in str(caught.value)
        assert caught.value.exit_code == 3
        github.repository.actions_may_open = True
        assert Job(github, github.actions_token())().kind is OutcomeKind.CREATED

    def test_a_token_that_may_only_push_is_told_the_page(self, github: GitHub) -> None:
        token = github.actions_token({"contents": "write", "pull_requests": "read"})
        with pytest.raises(ForbiddenError, match=r"/compare/main\.\.\.gitdraft/orders"):
            Job(github, token)()


FAULTS: dict[str, dict[str, Any]] = {
    "502 after": {"status": 502, "after": True},
    "cut instead": {"cut": True},
    "cut after": {"cut": True, "after": True},
    "secondary limit": {
        "status": 403,
        "headers": {"Retry-After": "0"},
        "body": {"message": "You have exceeded a secondary rate limit."},
    },
}


@pytest.mark.usefixtures("hurry")
class TestFaults:
    @pytest.mark.parametrize("fault", list(FAULTS))
    @pytest.mark.parametrize("nth", range(1, 5))
    def test_any_call_of_a_new_pull_request_may_fail_once(
        self, fault: str, nth: int, job: Job, github: GitHub
    ) -> None:
        github.fault(path="^/repos", nth=nth, **FAULTS[fault])
        outcome = job()
        assert outcome.kind is OutcomeKind.CREATED
        (pull,) = github.pulls()
        assert [label["name"] for label in pull["labels"]] == ["gitdraft", "data"]
        assert [user["login"] for user in pull["requested_reviewers"]] == ["zoe"]

    @pytest.mark.parametrize("fault", ["cut instead", "502 after"])
    @pytest.mark.parametrize("nth", range(1, 6))
    def test_any_call_of_a_rejection_may_fail_once(
        self, fault: str, nth: int, job: Job, github: GitHub
    ) -> None:
        job()
        github.fault(path="^/repos", nth=nth, **FAULTS[fault])
        pull = reject(job.desk(), 1, "not ours", ANA.name)
        assert (pull.state, pull.reason) == (PullState.CLOSED, "not ours")
        assert len(github.comments(1)) == 1

    @pytest.mark.parametrize("fault", ["cut instead", "cut after"])
    def test_one_that_goes_on_is_an_error_and_the_next_run_ends_it(
        self, fault: str, job: Job, github: GitHub
    ) -> None:
        github.fault(method="POST", path="/pulls$", times=99, **FAULTS[fault])
        github.fault(method="GET", path="/pulls$", nth=2, times=99, **FAULTS[fault])
        with pytest.raises(ForgeError, match="run again"):
            job()
        github.faults.clear()
        assert job().kind in {OutcomeKind.CREATED, OutcomeKind.UNCHANGED}
        assert len(github.pulls()) == 1

    @pytest.mark.parametrize("status", [401, 404, 422, 451])
    @pytest.mark.parametrize("nth", [1, 2])
    def test_a_refusal_is_not_asked_again(
        self, status: int, nth: int, job: Job, github: GitHub
    ) -> None:
        github.fault(path="^/repos", nth=nth, status=status, body={"message": "No."})
        with pytest.raises(ForgeError, match=r"127\.0\.0\.1"):
            job()
        assert github.pulls() == []

    def test_a_limit_that_ends_soon_is_waited_for(self, job: Job, github: GitHub) -> None:
        github.primary_limit(reset_in=1, method="POST", path="/pulls$")
        assert job().kind is OutcomeKind.CREATED
        assert len(github.pulls()) == 1

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("limit", ["primary", "secondary"])
    def test_a_limit_that_lasts_is_an_error_with_the_time(
        self, limit: str, method: str, job: Job, github: GitHub
    ) -> None:
        if limit == "primary":
            github.primary_limit(reset_in=3000, path="^/repos", method=method)
        else:
            github.secondary_limit(retry_after=3000, path="^/repos", method=method)
        with pytest.raises(ForgeError, match=r"run again after \d\d:\d\d:\d\d UTC"):
            job()

    def test_no_token_in_an_error(self, github: GitHub) -> None:
        token = github.token("bot")
        said = {"message": f"bad token {token}"}
        github.fault(path="^/repos", status=422, body=said)
        with pytest.raises(ForgeError) as caught:
            Job(github, token)()
        assert token not in str(caught.value)

    def test_a_branch_brought_back_without_an_answer_is_back(
        self, desk: Desk, github: GitHub
    ) -> None:
        sha = desk.commit()
        desk.opened()
        desk.forge.update(1, state=PullState.CLOSED)
        desk.delete()
        github.fault(method="POST", path="/git/refs$", cut=True, after=True)
        pull = desk.forge.update(1, state=PullState.OPEN)
        assert (pull.state, pull.head_sha) == (PullState.OPEN, sha)

    def test_another_runs_pull_request_is_not_taken_for_ours(
        self, desk: Desk, github: GitHub
    ) -> None:
        desk.commit()
        github.open(HEAD, title="Theirs")
        github.fault(method="POST", path="/pulls$", cut=True)
        pull, made = desk.forge.open(HEAD, "main", "Ours", "", ["gitdraft"])
        assert (pull.title, made, pull.labels) == ("Theirs", False, ())


def test_long_lists_are_read_page_by_page(
    github: GitHub, forge: GitHubForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PER_PAGE", 5)
    sha = commit_on(github.path, "b0", {"a.txt": "x"})
    for n in range(12):
        git(github.path, "update-ref", f"refs/heads/b{n}", sha)
        github.open(f"b{n}")
    asked(github)
    assert [pull.number for pull in forge.list(PullState.OPEN)] == list(range(12, 0, -1))
    assert asked(github) == [f"GET {PULLS}"] * 3


def test_an_unseen_repository_is_not_an_unknown_number(github: GitHub, forge: GitHubForge) -> None:
    github.repository.roles["bot"] = "none"
    with pytest.raises(ForbiddenError, match="acme/contracts, or this token may not see it"):
        forge.get(1)


def test_a_repository_without_a_remote_is_nowhere(tmp_path: Path) -> None:
    Repo.init(tmp_path / "r.git")
    with Repo.open(str(tmp_path / "r.git")) as repo, pytest.raises(ConfigError, match="origin"):
        GitHubForge(repo)


def test_a_merge_is_told_with_its_commit_and_person(desk: Desk, github: GitHub) -> None:
    desk.commit()
    desk.opened()
    sha = github.merge(1, "squash", by="zoe")
    pull = desk.forge.get(1)
    assert (pull.decided_by, pull.merge_sha) == ("zoe", sha)
    with pytest.raises(LifecycleError, match="#1 is merged"):
        desk.forge.update(1, state=PullState.CLOSED)
