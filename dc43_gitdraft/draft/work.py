"""Making drafts: the target document, its changes, its version, its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dc43_gitdraft import odcs, types
from dc43_gitdraft.changes import compare, implied_bump
from dc43_gitdraft.draft.marks import digest, draft_property, is_draft_property, mark
from dc43_gitdraft.draft.merging import merge_edits
from dc43_gitdraft.draft.revise import Revision
from dc43_gitdraft.draft.versions import chosen, next_version, parse
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.matching import schema_object
from dc43_gitdraft.model import (
    Bump,
    Change,
    Document,
    Draft,
    Observation,
    Policy,
    QualityResult,
    Suggestion,
    Verdict,
)
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.types import dialect_of

NEW_API_VERSION = "v3.2.0"


def make_draft(
    contract: Contract | None, observation: Observation, policy: Policy, *, contract_id: str
) -> Draft | None:
    """Draft the next version of a contract; None where the data agrees with it.

    Without a contract, the first version of a new one. Raises ContractError where the schema
    object is not clear or the version is not semantic.
    """
    if contract is None:
        return _first_draft(observation, policy, contract_id)
    drift = _Drift.of(contract, observation, policy)
    return _drafted(contract, drift, observation, policy) if drift is not None else None


def make_proposal(
    contract: Contract | None,
    document: Document,
    observation: Observation,
    policy: Policy,
    *,
    contract_id: str,
) -> Draft | None:
    """Draft what somebody wants a contract to say; None where it says that already.

    `document` is the contract as it should be; its version, status and draft property are left
    aside. `observation` says whom it is from. Where it has properties, what they prove is drafted
    on top. Raises ContractError as `make_draft` does, and where the document is no contract.
    """
    if contract is None:
        draft = _first_proposal(document, observation, policy, contract_id)
    else:
        drift = _Drift.proposed(contract, document, observation, policy)
        if drift is None:
            return None
        draft = _drafted(contract, drift, observation, policy)
    odcs.read(draft.text, where=f"what is proposed for {contract_id!r}")
    return draft


def _drafted(contract: Contract, drift: _Drift, observation: Observation, policy: Policy) -> Draft:
    step, notes = _step(drift.changes, policy, drift.revision.notes)
    version = _next(contract, step, policy)
    draft = draft_property(
        observation, digest(contract.id, drift.changes), contract.version, drift.feedback
    )
    target = mark(drift.target, version, policy, draft)
    text, note = odcs.rewrite_with_note(contract.text, target)
    return Draft(
        contract_id=contract.id,
        version=version,
        bump=step,
        implied=implied_bump(drift.changes),
        text=text,
        changes=_shown(contract.document, target, policy, observation),
        digest=draft["value"]["digest"],
        base_version=contract.version,
        base_text=contract.text,
        notes=(*notes, *drift.revision.tags(), *observation.warnings, *([note] if note else [])),
        feedback=drift.feedback,
        suggestions=tuple(drift.revision.suggestions),
    )


def feedback(
    contract: Contract, observation: Observation, policy: Policy
) -> tuple[QualityResult, ...]:
    """Return what data quality says that is recorded and not obeyed, with or without drift."""
    revision, _ = _revised(contract, observation, policy)
    return _said(revision, observation)


def remarks(contract: Contract, observation: Observation, policy: Policy) -> tuple[str, ...]:
    """Return what was seen to differ and is not drafted, with or without drift, in sentences."""
    revision, _ = _revised(contract, observation, policy)
    return tuple(revision.notes)


def suggestions(
    contract: Contract, observation: Observation, policy: Policy
) -> tuple[Suggestion, ...]:
    """Return the constraints that the data suggests and that are not written, drift or none."""
    revision, _ = _revised(contract, observation, policy)
    return tuple(revision.suggestions)


def redraft(
    base: Contract,
    edits: Sequence[tuple[Contract, Contract]],
    tip: Contract,
    observation: Observation,
    policy: Policy,
    *,
    contract_id: str,
    made: Draft | None = None,
) -> Draft | None:
    """Draft again on top of people's edits of an earlier draft; None where there is no drift.

    `edits` are the states before and after each run of people's commits, oldest first; `tip` is
    what the branch holds. Where people and data disagree, people win; the digest stays that of
    the drift from `base`. `made` is the draft without the edits, where it is no Observation's.
    """
    made = made or make_draft(base, observation, policy, contract_id=contract_id)
    if made is None:
        return None
    new = odcs.read(made.text, validate=False).document
    merged = new
    for before, after in edits:
        merged = merge_edits(before.document, merged, after.document)
    version = chosen(
        base.version, made.version, [(before.version, after.version) for before, after in edits]
    )
    ours = [entry for entry in new.get("customProperties") or [] if is_draft_property(entry)]
    target = _with_draft_property({**merged, "version": version}, ours)
    text, note = odcs.rewrite_with_note(tip.text, target)
    changes = compare(base.document, target)
    shown = _shown(base.document, target, policy, observation)
    left = {change.path for change in shown}
    taken_out = [change.path for change in made.changes if change.path not in left]
    notes = [*made.notes, *(f"{path} drifted, and people took it out" for path in taken_out)]
    return Draft(
        contract_id=contract_id,
        version=version,
        bump=_between(base.version, version),
        implied=implied_bump(changes),
        text=text,
        changes=shown,
        digest=made.digest,
        base_version=base.version,
        base_text=base.text,
        notes=(*notes, *([note] if note else [])),
        feedback=made.feedback,
        suggestions=made.suggestions,
    )


def _with_draft_property(document: Document, ours: Sequence[Mapping[str, Any]]) -> Document:
    listed = document.get("customProperties") or []
    place = next((at for at, entry in enumerate(listed) if is_draft_property(entry)), len(listed))
    others = [entry for entry in listed if not is_draft_property(entry)]
    entries = [*others[:place], *ours, *others[place:]]
    if entries:
        return {**document, "customProperties": entries}
    return {name: value for name, value in document.items() if name != "customProperties"}


def _between(old: str, new: str) -> Bump:
    before, after = parse(old), parse(new)
    if before.major != after.major:
        return Bump.MAJOR
    return Bump.MINOR if before.minor != after.minor else Bump.PATCH


@dataclass(frozen=True, slots=True)
class _Drift:
    """What differs between a contract and the data, before any version is chosen."""

    target: Document
    changes: tuple[Change, ...]
    revision: Revision
    feedback: tuple[QualityResult, ...]

    @classmethod
    def of(cls, contract: Contract, observation: Observation, policy: Policy) -> _Drift | None:
        revision, target = _revised(contract, observation, policy)
        if target is None:
            return None
        # All rules count here, whatever the levels say.
        changes = compare(contract.document, target)
        return cls(target, changes, revision, _said(revision, observation))

    @classmethod
    def proposed(
        cls, contract: Contract, document: Document, observation: Observation, policy: Policy
    ) -> _Drift | None:
        """Return what a proposal differs in, with what the data shows beside it."""
        kept = ("id", "version", "status")
        wanted = {name: value for name, value in document.items() if name not in kept}
        wanted |= {name: contract.document[name] for name in kept if name in contract.document}
        wanted = _with_draft_property(wanted, [])
        revision = Revision(contract.api_version, observation, policy)
        target = None
        if observation.properties:
            revision, target = _revised(replace(contract, document=wanted), observation, policy)
        changes = compare(contract.document, target or wanted)
        if not changes:
            return None
        return cls(target or wanted, changes, revision, _said(revision, observation))


def _revised(
    contract: Contract, observation: Observation, policy: Policy
) -> tuple[Revision, Document | None]:
    dialect = _dialect(contract, observation)
    revision = Revision(contract.api_version, observation, policy, dialect)
    place = schema_object(contract, policy.object or observation.object)
    objects = contract.document["schema"]
    name = objects[place].get("name", "")
    revised = revision.object(revision.relaxed(objects[place], str(name)), str(name))
    revised = revision.suggested(revised, str(name), contract.document)
    if revised is objects[place]:
        return revision, None
    schema = [*objects[:place], revised, *objects[place + 1 :]]
    return revision, {**contract.document, "schema": schema}


def _dialect(contract: Contract, observation: Observation) -> str | None:
    """Return the dialect of a contract's types.

    Where its servers say none, that of the source, if all types of the contract may be of it.
    """
    found = dialect_of(contract.document)
    if found is not None or observation.dialect is None:
        return found
    waiting: list[Any] = list(contract.document.get("schema") or ())
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        stated = node.get("physicalType") if "properties" not in node else None
        if stated and not types.speaks(types.parse(str(stated), observation.dialect)):
            return None
        mapping = node.get("map")
        waiting += node.get("properties") or ()
        waiting += [node.get("items"), *(mapping.values() if isinstance(mapping, dict) else ())]
    return observation.dialect


def _said(revision: Revision, observation: Observation) -> tuple[QualityResult, ...]:
    failed = [
        result
        for result in observation.quality
        if result.verdict in (Verdict.WARN, Verdict.BLOCK) and result not in revision.obeyed
    ]
    # Whoever measured a rule has said it already.
    known = {(result.rule, result.property) for result in failed}
    others = [each for each in revision.feedback if (each.rule, each.property) not in known]
    return (*failed, *others)


def _step(
    changes: Iterable[Change], policy: Policy, notes: Iterable[str]
) -> tuple[Bump, tuple[str, ...]]:
    implied = implied_bump(changes)
    step = max(implied, Bump.PATCH) if policy.bump is None else max(policy.bump, Bump.PATCH)
    if step < implied:
        small = f"the changes ask for a {implied} version, and a {step} one was asked for"
        return step, (*notes, small)
    return step, tuple(notes)


def _next(contract: Contract, step: Bump, policy: Policy) -> str:
    try:
        return next_version(contract.version, step, policy)
    except ContractError as error:
        line, column = odcs.locate(contract.text, ("version",))
        raise ContractError(error.message, where=contract.where, line=line, column=column) from None


def _shown(
    old: Document, new: Document, policy: Policy, observation: Observation
) -> tuple[Change, ...]:
    # The day decides what is shown of a removal, and never what the drift is: that has no day.
    day = observation.observed_at.date() if observation.observed_at is not None else None
    return compare(old, new, perspective=policy.perspective, levels=policy.levels, today=day)


def _first_draft(observation: Observation, policy: Policy, contract_id: str) -> Draft:
    version = next_version(None, Bump.NONE, policy)
    physical = observation.object or policy.object or _last_segment(observation.dataset.id)
    document: Document = {
        "apiVersion": NEW_API_VERSION,
        "kind": "DataContract",
        "id": contract_id,
        "name": contract_id,
        "version": version,
    }
    revision = Revision(NEW_API_VERSION, observation, policy, observation.dialect)
    name = _identifier(policy.object or physical)
    node: dict[str, Any] = {"name": name, "physicalName": physical, "logicalType": "object"}
    if observation.description:
        node["description"] = observation.description
    if observation.tags:
        node["tags"] = list(observation.tags)
    document["schema"] = [revision.suggested(revision.object(node, name), name, None)]
    return _first(document, observation, policy, revision)


def _first_proposal(
    document: Document, observation: Observation, policy: Policy, contract_id: str
) -> Draft:
    version = next_version(None, Bump.NONE, policy)
    wanted = _with_draft_property({**document, "id": contract_id, "version": version}, [])
    wanted.pop("status", None)
    api_version = str(document.get("apiVersion", NEW_API_VERSION))
    revision = Revision(api_version, observation, policy)
    # Here all of it is somebody's word, and another word is another proposal.
    head = ("apiVersion", "kind", "id", "version")
    bare = {name: wanted[name] for name in head if name in wanted} | {"schema": []}
    fingerprint = digest(contract_id, compare(bare, wanted))
    return _first(wanted, observation, policy, revision, fingerprint)


def _first(
    document: Document,
    observation: Observation,
    policy: Policy,
    revision: Revision,
    fingerprint: str = "",
) -> Draft:
    contract_id, version = document["id"], document["version"]
    empty = {**document, "schema": []}
    changes = compare(empty, document)
    said = _said(revision, observation)
    fingerprint = fingerprint or digest(contract_id, changes)
    marked = mark(document, version, policy, draft_property(observation, fingerprint, None, said))
    implied = implied_bump(changes)
    return Draft(
        contract_id=contract_id,
        version=version,
        bump=implied,
        implied=implied,
        text=odcs.dump_new(marked),
        changes=_shown(empty, document, policy, observation),
        digest=fingerprint,
        notes=(*revision.notes, *observation.warnings),
        feedback=said,
        suggestions=tuple(revision.suggestions),
    )


_EXTENSION = re.compile(
    r"\.(parquet|csv|tsv|txt|schema\.json|json|jsonl|ndjson|avro|gz|bz2|zst|snappy)$", re.IGNORECASE
)


def _last_segment(dataset: str) -> str:
    """Return what a dataset is called within its place: of a path the file, of a table its name."""
    if "#" in dataset:  # one thing out of a file
        scheme, part = dataset.partition(":")[0], dataset.rpartition("#")[2]
        name = re.split(r"[/.]", _EXTENSION.sub("", part.rstrip("/.")))[-1].strip() or "data"
        # Kafka's clients name the subject of a topic so.
        return re.sub(r"(?<=.)-(value|key)$", "", name) if scheme == "schema-registry" else name
    rest = dataset.split(":", 1)[-1] if re.match(r"[a-z][a-z0-9+.-]+:", dataset) else dataset
    name = re.split(r"[/\\]", rest.rstrip("/\\"))[-1]
    plain = name
    while _EXTENSION.search(plain):
        plain = _EXTENSION.sub("", plain)
    if plain == name:  # no file: catalog.schema.table
        plain = plain.rsplit(".", 1)[-1]
    return plain.strip() or "data"


def _identifier(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-") or "data"
