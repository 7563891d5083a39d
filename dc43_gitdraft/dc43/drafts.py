"""What a draft of dc43 says, apart from the noise of the run that made it.

dc43's governance drafts by writing over the model: the types as it understands them (a struct is
`string`), `required` by what Spark declares nullable, `Observed metadata: …` behind every
description, and a dozen custom properties with times and counts. Of such a draft are taken: what
dc43 counted and saw, as an Observation; and what it decided about rules, as edits.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import (
    Dataset,
    DataType,
    Document,
    Observation,
    ObservedProperty,
    QualityResult,
)
from dc43_gitdraft.names import one_line
from dc43_gitdraft.observe.quality import dc43 as results
from dc43_gitdraft.observe.quality.placing import Subject
from dc43_gitdraft.observe.quality.results import count, mapping
from dc43_gitdraft.observe.sql_types import data_type
from dc43_gitdraft.odcs import Contract

#: The custom properties with which dc43 tells of a run.
NOTES = frozenset(
    {
        "base_contract",
        "data_format",
        "dq_feedback",
        "draft_change_log",
        "draft_context",
        "draft_pipeline",
        "observed_schema",
        "provenance",
        "validation_metrics",
        "validation_outcome",
        "validation_reference",
    }
)
#: Those without which it has not looked at data.
_OBSERVED = frozenset({"observed_schema", "validation_metrics"})

#: Spark's types that dc43 writes as Python shows them, in lower case, and their SQL names.
_SPELT = {
    "binarytype": "binary",
    "bytetype": "tinyint",
    "chartype": "char",
    "datetype": "date",
    "decimaltype": "decimal",
    "shorttype": "smallint",
    "timestampntztype": "timestamp_ntz",
    "timestamptype": "timestamp",
    "varchartype": "varchar",
    "varianttype": "variant",
}
#: Of what these hold, nothing can be read back.
_NESTED = {"arraytype": "array", "maptype": "map", "structtype": "object"}
_SHOWN = re.compile(r"([a-z]+type)\(([0-9, ]*)\)")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft as dc43's model dumps it, and what its notes tell.

    `observed` says that dc43 drafted it from data; then its document is what it made of it.
    """

    document: Document
    notes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> Drafted:
        """Take the notes out of a draft that dc43 made from data; a person's has none."""
        listed = document.get("customProperties") or []
        notes = {
            each["property"]: each.get("value")
            for each in listed
            if isinstance(each, dict) and each.get("property") in NOTES
        }
        return cls(document, notes if _OBSERVED & notes.keys() else {})

    @property
    def observed(self) -> bool:
        """Whether dc43 made it from what it saw in data."""
        return bool(self.notes)

    @property
    def base_version(self) -> str | None:
        """The version that it was made from, where dc43 says."""
        found = mapping(self.notes.get("base_contract")).get("version")
        return found if isinstance(found, str) else None

    @property
    def _metrics(self) -> dict[str, Any]:
        return mapping(mapping(self.notes.get("validation_metrics")).get("metrics"))

    @property
    def _schema(self) -> dict[str, Any]:
        seen = mapping(self.notes.get("validation_metrics")).get("schema")
        return mapping(seen) or mapping(self.notes.get("observed_schema"))

    def decided(self, original: Document, untouched: Document) -> Document:
        """Return what dc43 decided about the rules of `original`, which its model has `untouched`.

        The rest of such a draft is told by the Observation.
        """
        document = copy.deepcopy(original)
        before, after = dict(_properties(untouched)), dict(_properties(self.document))
        for place, node in _properties(document):
            if place in before and place in after:
                self._decide(node, before[place], after[place])
        return document

    def _decide(
        self, node: dict[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        # dc43 also takes «required» from what Spark declares nullable, which proves nothing.
        if before.get("required") and not after.get("required") and self._nulls(node["name"]):
            node["required"] = False
        rules, known = node.get("quality"), before.get("quality")
        if not rules or not known or len(rules) != len(known):
            return
        kept = list(_kept(rules, known, after.get("quality") or []))
        if kept:
            node["quality"] = kept
        else:
            del node["quality"]

    def observation(
        self, original: Document | None, at: datetime, run_url: str | None
    ) -> Observation:
        """Return whom the draft is from, and what dc43 saw where it saw data."""
        dataset = self._dataset()
        rows = count(self._metrics.get("row_count"))
        seen = Observation(
            dataset=dataset,
            properties=tuple(self._columns()) if original is not None else (),
            observed_by=_made_by(),
            rows=rows,
            observed_at=at,
            run_url=run_url,
            context=self._context(),
        )
        if original is None or not self._metrics:
            return seen
        contract = Contract("", original)
        subject = Subject.of(contract, seen, None)
        quality = tuple(subject.placed(each) for each in self._results())
        return Observation(
            **{name: getattr(seen, name) for name in seen.__slots__ if name != "quality"},
            quality=quality,
        )

    def _results(self) -> Iterator[QualityResult]:
        outcome = mapping(self.notes.get("validation_outcome"))
        errors = outcome.get("errors") or []
        document = {"ok": not errors, "errors": errors, "metrics": self._metrics}
        for finding in results.read(document, Path("dc43")):
            # That it failed at all is told by what it failed in: the types.
            if finding.result.rule != "validation":
                yield finding.result

    def _columns(self) -> Iterator[ObservedProperty]:
        for name, told in self._schema.items():
            info = mapping(told)
            nullable = info.get("nullable")
            yield ObservedProperty(
                str(name),
                type_of(str(info.get("backend_type") or info.get("odcs_type") or "")),
                nullable=nullable if isinstance(nullable, bool) else None,
                nulls=self._nulls(str(name)),
            )

    def _nulls(self, name: str) -> int | None:
        return count(self._metrics.get(f"violations.not_null_{name}"))

    def _dataset(self) -> Dataset:
        places = ("provenance", "validation_reference", "draft_context")
        told = [mapping(self.notes.get(place)) for place in places]
        names = (_text(each.get("dataset_id")) for each in told)
        versions = (_text(each.get("dataset_version")) for each in told)
        known = next(filter(None, names), None)
        return Dataset(known or "", next(filter(None, versions), None))

    def _context(self) -> dict[str, str]:
        pipeline = _text(self.notes.get("draft_pipeline"))
        return {"pipeline": pipeline} if pipeline else {}


def type_of(shown: str) -> DataType:
    """Return the type that dc43 shows, as far as its text tells it."""
    text = shown.strip().lower()
    name = text.partition("(")[0]
    if name in _NESTED:
        return DataType(_NESTED[name])
    match = _SHOWN.fullmatch(text)
    if match and match[1] in _SPELT:
        text = _SPELT[match[1]] + (f"({match[2]})" if match[2].strip() else "")
    elif match or not text:
        return DataType(None)
    return data_type(text, None)


def spelt(document: Document) -> Document:
    """Return a new contract with what ODCS asks for and dc43 does without: the `v` of 3.1.0."""
    said = document.get("apiVersion")
    if isinstance(said, str) and re.match(r"\d", said):
        return {**document, "apiVersion": f"v{said}"}
    return document


def _properties(document: Document) -> Iterator[tuple[tuple[int, str], dict[str, Any]]]:
    """Yield the properties that dc43 drafts: those of schema objects, and not what is in them."""
    for place, node in enumerate(document.get("schema") or []):
        listed = node.get("properties") if isinstance(node, dict) else None
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, dict) and isinstance(each.get("name"), str):
                yield (place, each["name"]), each


def _kept(rules: list[Any], known: list[Any], wanted: list[Any]) -> Iterator[Any]:
    """Yield the rules that dc43 keeps as they are written, with the values it adds to a list.

    `known` are the same rules as its model has them.
    """
    waiting = list(wanted)
    for rule, before in zip(rules, known, strict=True):
        found = next((each for each in waiting if _alike(before, each)), None)
        if found is None:
            continue
        waiting.remove(found)
        same = not isinstance(found.get("mustBe"), list) or found["mustBe"] == before["mustBe"]
        yield rule if same else {**rule, "mustBe": found["mustBe"]}


def _alike(rule: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether these are one rule before and after dc43 has remarked on it."""
    lists = isinstance(rule.get("mustBe"), list) and isinstance(other.get("mustBe"), list)
    aside = {"description", "mustBe"} if lists else {"description"}
    left, right = (
        {name: value for name, value in each.items() if name not in aside} for each in (rule, other)
    )
    return left == right


def _text(value: Any) -> str | None:
    return one_line(value, 300) or None if isinstance(value, str) else None


def _made_by() -> str:
    try:
        return f"dc43 {version('dc43-service-backends')}"
    except PackageNotFoundError:
        return "dc43"
