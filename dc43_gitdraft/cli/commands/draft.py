"""`draft`: the main job, from data to a pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import click

from dc43_gitdraft import render
from dc43_gitdraft.cli.changes_text import say_changes
from dc43_gitdraft.cli.documents import of_outcome
from dc43_gitdraft.cli.options import (
    Common,
    common,
    example,
    key_values,
    now,
    profile_option,
)
from dc43_gitdraft.cli.output import paint, progress, say, say_diff, say_json, say_painted
from dc43_gitdraft.cli.sweeping import exit_code, say_sweep, telling
from dc43_gitdraft.cli.workspace import contract_ids, open_desk
from dc43_gitdraft.config import RELAXABLE
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.model import Bump, Draft, Observation, Outcome, OutcomeKind, Policy
from dc43_gitdraft.observe import observe, without_secrets
from dc43_gitdraft.observe.quality import add
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.publish import publish
from dc43_gitdraft.sweep import Look, draft_all
from dc43_gitdraft.workplace import run_url

_BUMPS = {"auto": None, "patch": Bump.PATCH, "minor": Bump.MINOR, "major": Bump.MAJOR}

_ENDINGS = {
    OutcomeKind.CREATED: ("opened pull request #{number}", "green"),
    OutcomeKind.UPDATED: ("updated pull request #{number}", "green"),
    OutcomeKind.UNCHANGED: ("pull request #{number} already says this", "green"),
    OutcomeKind.NO_DRIFT: ("no drift", "green"),
    OutcomeKind.REJECTED: ("already rejected in pull request #{number}", "yellow"),
    OutcomeKind.BLOCKED: ("left alone: pull request #{number} needs a person", "yellow"),
    OutcomeKind.POSTPONED: ("no pull request is opened for now", "yellow"),
}
_DRY_ENDINGS = {
    OutcomeKind.CREATED: "would open a pull request",
    OutcomeKind.UPDATED: "would update pull request #{number}",
}


@click.command(
    epilog=example(
        "draft orders --from parquet:data/orders --repo contracts.git",
        "draft --all --from 'spark:shop.*' --repo contracts.git",
    )
)
@click.argument("contract", shell_complete=contract_ids, required=False)
@click.option(
    "--from",
    "sources",
    metavar="SOURCE",
    required=True,
    multiple=True,
    help="The data; see `observe`. With --all, a pattern; repeatable.",
)
@click.option(
    "--all", "everything", is_flag=True, help="Every contract that data of the pattern is of."
)
@click.option("--dataset-id", metavar="ID", help="The data's own name. [default: its path]")
@click.option("--dataset-version", metavar="VERSION", help="The data's own version.")
@click.option("--object", "object_name", metavar="NAME", help="The contract's schema object.")
@click.option(
    "--bump",
    type=click.Choice(list(_BUMPS)),
    help="The step of the version. [default: what the repository's settings say, else auto]",
)
@click.option(
    "--context",
    metavar="KEY=VALUE",
    multiple=True,
    callback=key_values,
    help="Something to say in the pull request; repeatable.",
)
@profile_option
@click.option(
    "--quality",
    "results",
    metavar="FILE",
    multiple=True,
    help="Results of data-quality checks, [FORMAT:]PATH; repeatable.",
)
@click.option(
    "--relax",
    type=click.Choice(RELAXABLE),
    multiple=True,
    help="Let bad quality loosen this too; repeatable. [default: what the settings say]",
)
@click.option(
    "--suggest", is_flag=True, help="Tell constraints that the data keeps to; write none."
)
@click.option("--apply-suggestions", is_flag=True, help="Write those that are sure.")
@click.option("--additive-only", is_flag=True, help="Draft additions, and no removal or change.")
@click.option("--new", is_flag=True, help="Allow a contract that the repository does not have.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print the diff.")
@click.option("--fail-on-rejected", is_flag=True, help="Exit 1 where this drift was rejected.")
@common
def draft(
    options: Common,
    contract: str | None,
    sources: tuple[str, ...],
    everything: bool,
    dataset_id: str | None,
    dataset_version: str | None,
    object_name: str | None,
    bump: str | None,
    context: dict[str, str],
    profile: bool,
    results: tuple[str, ...],
    relax: tuple[str, ...],
    suggest: bool,
    apply_suggestions: bool,
    additive_only: bool,
    new: bool,
    dry_run: bool,
    fail_on_rejected: bool,
) -> None:
    """Draft the next version of CONTRACT from data, and open a pull request.

    Nothing happens where the data agrees with the contract, where the same draft is open
    already, or where a steward rejected it.

    With --all, SOURCE is a pattern such as `spark:catalog.schema.*` or `parquet:lake/*`, and the
    contract of each is the one whose servers, or else names, say so.
    """

    def adjust(policy: Policy) -> Policy:
        chosen = policy.bump if bump is None else _BUMPS[bump]
        return replace(
            policy,
            bump=chosen,
            additive_only=additive_only,
            object=object_name,
            relax=policy.relax | set(relax),
            suggest=suggest,
            apply_suggestions=apply_suggestions,
        )

    def look(source: str, name: str | None, known: Contract | None) -> Observation:
        seen = observe(
            source,
            dataset_id=dataset_id,
            dataset_version=dataset_version,
            now=now(),
            object=name,
            profile=profile or suggest or apply_suggestions,
            contract=known,
        )
        if results:
            seen = add(seen, results, known, object=name)
        return _said_by_job(seen, context)

    if everything:
        _refuse_what_is_of_one(
            {
                "CONTRACT": contract,
                "--dataset-id": dataset_id,
                "--object": object_name,
                "--quality": results or None,
            }
        )
        _draft_all(options, sources, look, adjust, new, dry_run, fail_on_rejected)
        return
    if contract is None or len(sources) > 1:
        what = "CONTRACT is missing" if contract is None else "one CONTRACT has one --from"
        raise click.UsageError(f"{what}: to draft for every contract, say --all")
    with open_desk(options) as desk:
        progress(f"reading {without_secrets(sources[0])}")
        seen = look(sources[0], object_name, _approved(desk, contract))
        for warning in seen.warnings:
            progress(f"warning: {warning}")
        progress(f"comparing with {contract} on {desk.base}")
        outcome = publish(contract, seen, desk, adjust=adjust, new=new, dry_run=dry_run)
        diff = _diff(outcome, desk) if dry_run else None
    _print(outcome, diff, as_json=options.json)
    if outcome.kind is OutcomeKind.BLOCKED:
        raise click.exceptions.Exit(4)
    if outcome.kind is OutcomeKind.REJECTED and fail_on_rejected:
        raise click.exceptions.Exit(1)


def _approved(desk: Desk, contract: str) -> Contract | None:
    """Return the contract that the data is measured by, where it exists."""
    entry = desk.catalog().find(contract)
    return entry.contract if entry else None


def _refuse_what_is_of_one(given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if value is not None:
            raise click.UsageError(f"{name} is of one contract: leave it out with --all")


def _draft_all(
    options: Common,
    patterns: Sequence[str],
    look: Look,
    adjust: Callable[[Policy], Policy],
    new: bool,
    dry_run: bool,
    fail_on_rejected: bool,
) -> None:
    with open_desk(options) as desk, telling() as told:
        found = draft_all(
            patterns,
            desk,
            now=now(),
            look=look,
            adjust=adjust,
            new=new,
            dry_run=dry_run,
            told=told,
        )
        diffs = {
            row.source: _diff(row.outcome, desk) for row in found.rows if dry_run and row.outcome
        }
    diff = (lambda row: diffs.get(row.source, "")) if dry_run else None
    say_sweep(found, diff, as_json=options.json)
    code = exit_code(found, fail_on_rejected=fail_on_rejected)
    if code:
        raise click.exceptions.Exit(code)


def _said_by_job(seen: Observation, context: dict[str, str]) -> Observation:
    return replace(seen, context={**seen.context, **context}, run_url=seen.run_url or run_url())


def _diff(outcome: Outcome, desk: Desk) -> str:
    if outcome.draft is None:
        return ""
    config = desk.config()
    entry = desk.catalog().find(outcome.contract, validate=False)
    path = entry.path if entry else config.path_of_new(outcome.contract)
    return render.diff(outcome.draft.base_text or "", outcome.draft.text, path)


def _print(outcome: Outcome, diff: str | None, *, as_json: bool) -> None:
    if as_json:
        document = of_outcome(outcome)
        say_json(document if diff is None else {**document, "diff": diff})
        return
    ending, color = _ENDINGS[outcome.kind]
    if diff is not None:
        ending = _DRY_ENDINGS.get(outcome.kind, ending)
    number = outcome.pull_request.number if outcome.pull_request else "?"
    say_painted(
        f"{paint(outcome.contract, bold=True)}: {paint(ending.format(number=number), fg=color)}"
    )
    if outcome.reason:
        say(f"  {outcome.reason}")
    if outcome.draft is not None:
        say(f"  {_step(outcome.draft)}")
        say_changes(outcome.draft.changes)
        for note in outcome.draft.notes:
            say(f"  note: {note}")
        for each in outcome.draft.suggestions:
            say(f"  suggested: {each.key} of {each.path}: {each.why}")
    if diff:
        say()
        say_diff(diff)


def _step(draft: Draft) -> str:
    if draft.base_version is None:
        return f"first version {draft.version}"
    return f"version {draft.base_version} → {draft.version} ({render.bump_of(draft)})"
