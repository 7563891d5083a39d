"""Reads what data-quality tools found, and brings it before the contract that it is about.

A file is given by its path, or as `format:path` where its content does not tell the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation, Verdict
from dc43_gitdraft.observe.quality import (
    datacontract,
    dbt,
    dc43,
    deequ,
    gx,
    openlineage,
    plain,
    soda,
)
from dc43_gitdraft.observe.quality.agreeing import joined
from dc43_gitdraft.observe.quality.placing import Subject
from dc43_gitdraft.observe.quality.results import MAX_RESULTS, Finding, Format, load
from dc43_gitdraft.observe.storage import name_some
from dc43_gitdraft.odcs import Contract

__all__ = ["FORMATS", "add", "read"]

#: In the order in which a document is tried.
FORMATS = {
    each.name: each
    for each in (
        Format("dbt", "dbt", dbt.claims, dbt.read),
        Format("gx", "Great Expectations", gx.claims, gx.read),
        Format("soda", "Soda", soda.claims, soda.read),
        Format("datacontract", "datacontract-cli", datacontract.claims, datacontract.read),
        Format("deequ", "Deequ", deequ.claims, deequ.read),
        Format("dc43", "dc43", dc43.claims, dc43.read),
        Format("openlineage", "OpenLineage", openlineage.claims, openlineage.read),
        Format("json", "dc43-gitdraft", plain.claims, plain.read),
    )
}

_NAMED = re.compile(rf"({'|'.join(FORMATS)}):(.+)", re.DOTALL)


def add(
    observation: Observation,
    files: Sequence[str],
    contract: Contract | None,
    *,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
) -> Observation:
    """Return the Observation with the results in these files that are of its dataset.

    `contract` says what the properties and the dataset are called; None for one that does not
    exist yet. `object` names its schema object. Of a file with results of one table only, whoever
    gives it knows that it is this one. Raises ObservationError.
    """
    subject = Subject.of(contract, observation, object)
    quality, warnings = list(observation.quality), list(observation.warnings)
    for file in files:
        format_, findings = _read(file)
        tables = list(dict.fromkeys(each.table for each in findings if each.table))
        own = findings
        if len(tables) > 1:
            own = tuple(each for each in findings if each.table and subject.is_called(each.table))
        results = [subject.placed(each.result) for each in own]
        quality = joined(quality, format_.tool, results)
        warnings += _remarks(file, len(findings), tables, [each.verdict for each in results])
        if unsure := sum(each.failed_run for each in own):
            warnings.append(f"{_results(unsure)} in {file} of runs that failed or were aborted")
    return replace(observation, quality=tuple(quality), warnings=tuple(warnings))


def read(file: str) -> tuple[Finding, ...]:
    """Read the results in a file, each with the table that it is of.

    Raises ObservationError for a file that cannot be read or is of another format.
    """
    return _read(file)[1]


def _read(file: str) -> tuple[Format, tuple[Finding, ...]]:
    named = _NAMED.fullmatch(file)
    path = Path(named[2] if named else file)
    if path.is_dir() and (path / "run_results.json").is_file():
        path /= "run_results.json"
    document = load(path, str(path))
    format_ = FORMATS[named[1]] if named else _recognised(document, path)
    if not format_.claims(document):
        raise ObservationError(f"these are no results of {format_.tool}", where=str(path))
    findings = []
    for each in format_.read(document, path):
        findings.append(each)
        if len(findings) > MAX_RESULTS:
            raise ObservationError(
                f"it holds more than {MAX_RESULTS:,} results: give those of one dataset",
                where=str(path),
            )
    return format_, tuple(findings)


def _recognised(document: Any, path: Path) -> Format:
    for format_ in FORMATS.values():
        if format_.claims(document):
            return format_
    names = ", ".join(FORMATS)
    raise ObservationError(
        f"its content tells no format of data-quality results: name one ({names}), as in"
        f" `json:FILE`",
        where=str(path),
    )


def _remarks(
    file: str, found: int, tables: Sequence[str], verdicts: Sequence[Verdict]
) -> list[str]:
    """Return what a steward has to know about what was left out of a file, or is not known."""
    remarks = []
    left = found - len(verdicts)
    if not found:
        remarks.append(f"{file} holds no results of data quality")
    elif left and not verdicts:
        remarks.append(
            f"{file} holds no results of this dataset: they are of {name_some(list(tables))}"
        )
    elif left:
        remarks.append(f"{_results(left)} in {file} left out: of other tables")
    unknown = Counter(verdicts)[Verdict.UNKNOWN]
    if unknown:
        remarks.append(f"{_results(unknown)} in {file} came to no verdict")
    return remarks


def _results(number: int) -> str:
    return "1 result" if number == 1 else f"{number:,} results"
