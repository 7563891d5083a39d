"""What `--output json` says: the shapes that other programs rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dc43_gitdraft import render
from dc43_gitdraft.findings import Finding, Report
from dc43_gitdraft.findings.comparison import Comparison, Side
from dc43_gitdraft.lifecycle import Promotion
from dc43_gitdraft.model import Bump, Change, Level, Outcome, PullRequest
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.settle import Settled
from dc43_gitdraft.story import History, Standing, Version, decision
from dc43_gitdraft.sweep import Sweep, Swept


def of_change(change: Change) -> dict[str, Any]:
    """Return one classified difference."""
    return {
        "rule": change.rule,
        "path": change.path,
        "level": str(change.level),
        "before": change.before,
        "after": change.after,
    }


def of_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return the end of `draft`."""
    draft, pull = outcome.draft, outcome.pull_request
    return {
        "contract": outcome.contract,
        "outcome": outcome.kind.value,
        "base_version": outcome.base_version,
        "version": draft.version if draft else None,
        "bump": render.bump_of(draft) if draft else None,
        "branch": outcome.branch,
        "commit": outcome.commit,
        "pull_request": _brief(pull),
        "digest": draft.digest if draft else None,
        "changes": [of_change(change) for change in draft.changes] if draft else [],
        "reason": outcome.reason,
    }


def of_sweep(found: Sweep, diff: Callable[[Swept], str] | None = None) -> dict[str, Any]:
    """Return the end of `draft --all`: for each SOURCE the end of its `draft`, or the error.

    `outcome` has two words more here: `failed`, and `no-contract`.
    """
    rows = [
        {
            "source": row.source,
            "dataset": row.observation.dataset.id if row.observation else None,
            **(of_outcome(row.outcome) if row.outcome else _without_outcome(row)),
            **({"diff": diff(row)} if diff else {}),
        }
        for row in found.rows
    ]
    return {
        "outcomes": rows,
        "counts": dict(sorted(Counter(row["outcome"] for row in rows).items())),
        "problems": dict(found.problems),
    }


def _without_outcome(row: Swept) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("base_version", "version", "bump", "branch", "commit", "pull_request", "digest")
    )
    failed = row.error is not None
    return {
        "contract": row.contract,
        "outcome": "failed" if failed else "no-contract",
        **nothing,
        "changes": [],
        "reason": (str(row.error) or type(row.error).__name__) if failed else None,
    }


def of_comparison(found: Comparison) -> dict[str, Any]:
    """Return the end of `diff`."""
    return {
        "changes": [of_change(change) for change in found.changes],
        "bump": str(found.implied),
        "declared": {
            "from": found.old.version,
            "to": found.new.version,
            "bump": None if found.declared is None else str(found.declared),
            "enough": found.enough,
        },
    }


def of_comparisons(found: Sequence[Comparison], new: Side) -> dict[str, Any]:
    """Return the end of `diff --transitive`: every pair, and what they come to together."""
    pairs = [of_comparison(each) for each in found]
    return {
        "contract": new.contract.id,
        "version": new.version,
        "changes": [
            {"from": pair["declared"]["from"], **change}
            for pair in pairs
            for change in pair["changes"]
        ],
        "bump": str(max((each.implied for each in found), default=Bump.NONE)),
        "pairs": pairs,
    }


def of_report(report: Report, fail_on: Level | None) -> dict[str, Any]:
    """Return the end of `check`."""
    levels = [finding.level for finding in report.findings]
    return {
        "failed": fail_on is not None and report.reaches(fail_on),
        "counts": {
            str(level): levels.count(level) for level in (Level.ERROR, Level.WARNING, Level.INFO)
        },
        "findings": [_of_finding(finding) for finding in report.findings],
        "contracts": [
            {
                "contract": checked.contract,
                "path": checked.path,
                "change": checked.how,
                "base_version": checked.base_version,
                "version": checked.version,
                "declared": None if checked.declared is None else str(checked.declared),
                "implied": None if checked.implied is None else str(checked.implied),
                "findings": [_of_finding(finding) for finding in checked.findings],
            }
            for checked in report.checked
        ],
    }


def _of_finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": str(finding.level),
        "message": finding.message,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
    }


def of_pull(pull: PullRequest) -> dict[str, Any]:
    """Return one pull request."""
    return {
        "number": pull.number,
        "url": pull.url,
        "state": pull.state.value,
        "title": pull.title,
        "head": pull.head,
        "base": pull.base,
        "head_sha": pull.head_sha,
        "labels": list(pull.labels),
        "reviewers": list(pull.reviewers),
        "author": pull.author,
        "opened_at": _stamp(pull.opened_at),
        "decided_by": pull.decided_by,
        "decided_at": _stamp(pull.decided_at),
        "reason": pull.reason,
        "merge_sha": pull.merge_sha,
    }


def of_contract(contract: Contract) -> dict[str, Any]:
    """Return the end of `show`: the text as it is, and what it parses to."""
    return {
        "contract": contract.id,
        "version": contract.version,
        "status": contract.document.get("status"),
        "text": contract.text,
        "document": contract.document,
    }


def of_history(history: History) -> dict[str, Any]:
    """Return the end of `history`."""
    return {
        "contract": history.contract,
        "versions": [_of_version(version) for version in history.versions],
        "pull_requests": [{**of_pull(pull), "decision": decision(pull)} for pull in history.pulls],
    }


def _of_version(version: Version) -> dict[str, Any]:
    origin = version.provenance
    return {
        "version": version.version,
        "tag": version.tag,
        "commit": version.commit,
        "promoted_at": _stamp(version.promoted_at),
        "base_version": origin.base_version if origin else None,
        "digest": origin.digest if origin else None,
        "dataset_id": origin.dataset_id if origin else None,
        "dataset_version": origin.dataset_version if origin else None,
        "observed_by": origin.observed_by if origin else None,
        "observed_at": origin.observed_at if origin else None,
        "run_url": origin.run_url if origin else None,
        "quality_verdict": origin.verdict.value if origin and origin.verdict else None,
        "authored_by": origin.authored_by if origin else None,
    }


def of_standing(standing: Standing) -> dict[str, Any]:
    """Return one contract of `status`; null is what a first draft does not have yet."""
    return {
        "contract": standing.contract,
        "path": standing.path or None,
        "version": standing.version or None,
        "status": standing.status,
        "promoted": standing.promoted,
        "pull_request": _brief(standing.draft),
    }


def of_promotion(promotion: Promotion) -> dict[str, Any]:
    """Return the end of `promote`."""
    return {
        "promoted": [
            {
                "contract": each.contract,
                "version": each.version,
                "status": each.status.value,
                "tag": each.tag,
                "commit": each.commit,
            }
            for each in promotion.promoted
        ],
        "problems": list(promotion.problems),
        "proposed": [
            {"contract": each.contract, "version": each.version, "status": each.status.value}
            for each in promotion.proposed
        ],
        "pull_request": _brief(promotion.pull_request),
    }


def of_settled(settled: Settled) -> dict[str, Any]:
    """Return the end of `settle`."""
    promotion = settled.promotion
    return {
        "outcome": settled.kind.value,
        "reason": settled.reason,
        "pull_request": _brief(settled.pull_request),
        "promotion": of_promotion(promotion) if promotion else None,
    }


def _brief(pull: PullRequest | None) -> dict[str, Any] | None:
    if pull is None:
        return None
    return {"number": pull.number, "url": pull.url, "state": pull.state.value}


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
