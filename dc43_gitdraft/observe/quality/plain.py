"""Results of any other tool: JSON as `quality-1.schema.json` describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import Finding, count, name

VERSION = 1


def claims(document: Any) -> bool:
    """Tell whether this means to be such a document."""
    known = {"version", "results"}
    return isinstance(document, dict) and known <= document.keys() and "metadata" not in document


def read(document: Any, path: Path) -> Iterator[Finding]:
    """Yield each result. Raises ObservationError where the schema does not allow the document."""
    try:
        error = next(_validator().iter_errors(document), None)
    except (UnicodeEncodeError, ValueError) as problem:
        raise ObservationError("it holds text that is not valid Unicode", where=str(path)) from (
            problem
        )
    if error is not None:
        at = "".join(
            f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path
        )
        raise ObservationError(
            f"no results of data quality: {at.lstrip('.') or 'the document'}: {error.message}",
            where=str(path),
        )
    for each in document["results"]:
        yield Finding(
            QualityResult(
                name(each["rule"]) or "rule",
                Verdict(each["verdict"]),
                name(each.get("property")),
                count(each.get("failed")),
                count(each.get("total")),
            ),
            name(each.get("object", document.get("object"))),
        )


@cache
def _validator() -> Any:
    from jsonschema_rs import Draft202012Validator

    schema = resources(__package__).joinpath(f"quality-{VERSION}.schema.json")
    # Masked: a message says what is wrong with a value, and not the value.
    return Draft202012Validator(json.loads(schema.read_text("utf-8")), mask="the value")
