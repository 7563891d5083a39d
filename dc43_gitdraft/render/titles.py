"""A pull request's title, which is also its commit's subject: the change in a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dc43_gitdraft.model import Change, Draft, Level
from dc43_gitdraft.render.inline import plain

TITLE_LIMIT = 100
_NAME_LIMIT = 40
_VERSION_LIMIT = 30
#: So many things of one kind are named, more are counted.
_NAMED = 3

#: What a rule's id ends with -> the verb; the first that fits.
_VERBS: Sequence[tuple[str, str]] = (
    ("enum-value-added", "extend"),
    ("enum-value-removed", "reduce"),
    ("enum-introduced", "restrict"),
    ("enum-dropped", "open"),
    ("status-deprecated", "deprecate"),
    ("status-retired", "retire"),
    ("classification-missing", "classify"),
    ("documentation-changed", "document"),
    ("-added-optional", "add"),
    ("-added-required", "add"),
    ("-added", "add"),
    ("-removed-after-sunset", "remove"),
    ("-removed", "remove"),
    ("-unset", "remove"),
    ("-renamed", "rename"),
    ("-moved", "move"),
    ("-reordered", "reorder"),
    ("-widened", "widen"),
    ("-narrowed", "narrow"),
    ("-became-nullable", "relax"),
    ("-became-required", "require"),
    ("-loosened", "loosen"),
    ("-tightened", "tighten"),
    ("-raised", "raise"),
    ("-lowered", "lower"),
)
#: What a rule's id begins with -> what to say before the name, and the word for several.
_KINDS: Sequence[tuple[str, str, str]] = (
    ("object-", "object", "objects"),
    ("property-", "", "properties"),
    ("logical-type-", "", "properties"),
    ("physical-type-", "", "properties"),
    ("item-type-", "", "properties"),
    ("timestamp-", "", "properties"),
    ("enum-", "values of", "enumerations"),
    ("quality-", "quality of", "quality rules"),
    ("primary-key-", "key of", "keys"),
    ("unique-", "uniqueness of", "unique properties"),
    ("option-", "limits of", "limits"),
    ("relationship-", "relationship of", "relationships"),
    ("classification-", "classification of", "classifications"),
    ("pii-tag-", "tag of", "tags"),
    ("server-", "server", "servers"),
    ("sla-", "SLA", "service levels"),
    ("role-", "role", "roles"),
    ("last-owner-", "last owner of", "last owners"),
    ("documentation-", "", "descriptions"),
)
#: In one property, the harmless companions of what its title says already.
_QUIET = ("classification-missing",)


def title(draft: Draft) -> str:
    """Return a title that says the change, such as `orders 1.3.0: add discount, widen amount`.

    It is at most `TITLE_LIMIT` characters long, and nothing of the data means anything in it.
    """
    head = f"{plain(draft.contract_id, _NAME_LIMIT)} {plain(draft.version, _VERSION_LIMIT)}"
    phrases = ["first version"] if draft.base_version is None else _phrases(draft.changes)
    said = ""
    for place, phrase in enumerate(phrases):
        longer = f"{said}, {phrase}" if said else phrase
        rest = len(phrases) - place - 1
        if len(head) + len(longer) + (16 if rest else 2) > TITLE_LIMIT:
            if said:
                return f"{head}: {said}, and {rest + 1} more"
            more = f", and {rest} more" if rest else ""
            return f"{head}: {plain(phrase, TITLE_LIMIT - len(head) - len(more) - 3)}{more}"
        said = longer
    return f"{head}: {said}" if said else head


def _phrases(changes: Sequence[Change]) -> list[str]:
    """Return what happened, the breaking first, each kind of it in the order of the contract."""
    loud = [change for change in changes if change.rule not in _QUIET] or list(changes)
    whole = len({_split(change.path)[0] for change in loud if _of_schema(change)}) > 1
    groups: dict[tuple[str, str, str], dict[str, None]] = {}
    for change in sorted(loud, key=lambda change: change.level is not Level.ERROR):
        kind, many = _kind(change)
        names = groups.setdefault((_verb(change.rule), kind, many), {})
        names.setdefault(_name(change, kind, whole=whole))
    return [phrase for key, names in groups.items() for phrase in _group(*key, list(names))]


def _group(verb: str, kind: str, many: str, names: Sequence[str]) -> Iterable[str]:
    if len(names) > _NAMED:
        yield f"{verb} {len(names):,} {many}"
        return
    for name in names:
        yield " ".join(filter(None, (verb, kind, name)))


def _verb(rule: str) -> str:
    return next((verb for ending, verb in _VERBS if rule.endswith(ending)), "change")


def _kind(change: Change) -> tuple[str, str]:
    for start, one, many in _KINDS:
        if change.rule.startswith(start):
            return one, many
    return "", "things"


def _name(change: Change, kind: str, *, whole: bool) -> str:
    first, rest = _split(change.path)
    full = whole if _of_schema(change) else not kind
    path = change.path if full else rest or first
    name = plain(path, _NAME_LIMIT)
    if change.rule.endswith(("-renamed", "-moved")) and isinstance(change.before, str):
        before = _split(change.before)[1] if change.rule == "property-moved" else ""
        return f"{plain(before or change.before, _NAME_LIMIT)} to {name}"
    return name


def _of_schema(change: Change) -> bool:
    return change.at[:1] == ("schema",)


def _split(path: str) -> tuple[str, str]:
    """Return a path's first part and the rest; a part with marks in it is in backticks."""
    match = re.match(r"`(?:[^`]|``)*`|[^.]*", path)
    first = match.group() if match else ""
    return first, path[len(first) :].removeprefix(".")
