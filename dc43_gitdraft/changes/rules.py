"""The catalogue: every kind of difference between two contracts, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dc43_gitdraft.changes.core import Direction, Rule
from dc43_gitdraft.changes.datatypes import LOWER_BOUNDS, UPPER_BOUNDS
from dc43_gitdraft.model import Bump, Level

_F, _B, _FB = Direction.CONSUMER, Direction.PRODUCER, Direction.BOTH
_P, _NOBODY = Direction.POLICY, Direction.NONE
_NONE, _PATCH, _MINOR, _MAJOR = Bump
_INFO, _WARNING, _ERROR = Level.INFO, Level.WARNING, Level.ERROR


def _soft(rule: str, detects: str, bump: Bump) -> Rule:
    return Rule(rule, detects, _F, bump, soft=True)


def _options() -> Iterator[Rule]:
    for names, tighter, looser in (
        (LOWER_BOUNDS, "increased", "decreased"),
        (UPPER_BOUNDS, "decreased", "increased"),
    ):
        for name in names:
            yield Rule(f"option-{name}-{tighter}", f"{name} {tighter}, or set", _B, _MINOR)
            yield Rule(f"option-{name}-{looser}", f"{name} {looser}", _F, _MAJOR)
            yield Rule(f"option-{name}-unset", f"{name} no longer set", _F, _MAJOR)
    for name in ("pattern", "format"):
        yield Rule(f"option-{name}-added", f"a {name} is asked for", _B, _MINOR)
        yield Rule(f"option-{name}-removed", f"the {name} is no longer asked for", _F, _MAJOR)
        yield Rule(f"option-{name}-changed", f"another {name}", _FB, _MAJOR)
    yield Rule(
        "option-multipleOf-changed",
        "multipleOf: tighter or looser where one divides the other, else both",
        _FB,
        _MAJOR,
    )
    yield Rule("option-uniqueItems-added", "items have to be unique", _B, _MINOR)
    yield Rule("option-uniqueItems-removed", "items may repeat", _F, _MAJOR)
    yield Rule("option-object-required-added", "more fields required by name", _B, _MINOR)
    yield Rule("option-object-required-removed", "fewer fields required by name", _F, _MAJOR)


_ALL: tuple[Rule, ...] = (
    Rule("contract-id-changed", "another id: a different contract", _P, _MAJOR, _ERROR),
    Rule("kind-changed", "another kind of document", _P, _MAJOR, _ERROR),
    Rule("odcs-api-version-changed", "another apiVersion", _P, _MINOR, _WARNING),
    Rule("status-deprecated", "the contract is deprecated", _P, _MINOR, _WARNING),
    Rule("status-retired", "the contract is retired", _F, _MAJOR),
    Rule("name-changed", "the contract's name", _NOBODY, _PATCH),
    Rule("ownership-changed", "domain, tenant or data product", _P, _MINOR, _WARNING),
    Rule("object-added", "a schema object more", _NOBODY, _MINOR),
    Rule("object-removed", "a schema object less", _F, _MAJOR),
    Rule("object-renamed", "the same object by id or physicalName, another name", _F, _MAJOR),
    Rule("object-physical-name-changed", "another table, file or topic", _F, _MAJOR),
    Rule("object-physical-type-changed", "table, view, topic, …", _P, _MINOR, _WARNING),
    Rule("object-granularity-changed", "what one row stands for", _P, _MINOR, _WARNING),
    Rule("property-added-optional", "a property more that may be null", _NOBODY, _MINOR),
    Rule("property-added-required", "a property more that is required", _B, _MINOR),
    Rule("property-removed", "a property less", _F, _MAJOR),
    Rule("property-renamed", "the same property by id or physicalName, another name", _F, _MAJOR),
    Rule("property-physical-name-changed", "another column name", _F, _MAJOR),
    Rule("property-reordered", "another order of columns, in CSV", _P, _PATCH, _WARNING),
    Rule("logical-type-widened", "integer to number, date to timestamp, unset", _F, _MAJOR),
    Rule("logical-type-narrowed", "number to integer, timestamp to date, set", _B, _MINOR),
    Rule("logical-type-changed", "neither holds the other", _FB, _MAJOR),
    Rule("item-type-widened", "logical-type-widened, of an array's items", _F, _MAJOR),
    Rule("item-type-narrowed", "logical-type-narrowed, of an array's items", _B, _MINOR),
    Rule("item-type-changed", "logical-type-changed, of an array's items", _FB, _MAJOR),
    Rule("physical-type-alias", "the same type, spelt otherwise", _NOBODY, _PATCH),
    _soft("physical-type-widened", "the new type holds every value of the old one", _MINOR),
    Rule("physical-type-narrowed", "the old type holds every value of the new one", _B, _MAJOR),
    Rule("physical-type-changed", "neither holds the other", _FB, _MAJOR),
    Rule("timestamp-timezone-changed", "with or without time zone", _FB, _MAJOR),
    Rule("property-became-nullable", "no longer required", _F, _MAJOR),
    Rule("property-became-required", "now required", _B, _MINOR),
    Rule("primary-key-added", "a primary key is declared", _B, _MINOR),
    Rule("primary-key-removed", "no primary key any more", _F, _MAJOR),
    Rule("primary-key-changed", "other members", _FB, _MAJOR),
    Rule("primary-key-position-changed", "another order of members", _P, _PATCH, _WARNING),
    Rule("unique-added", "values have to be unique", _B, _MINOR),
    Rule("unique-removed", "values may repeat", _F, _MAJOR),
    Rule("partition-changed", "partitioning of the data", _P, _MINOR, _WARNING),
    *_options(),
    Rule("enum-introduced", "only listed values from now on", _B, _MINOR),
    _soft("enum-value-added", "a permitted value more", _MINOR),
    Rule("enum-value-removed", "a permitted value less", _B, _MINOR),
    Rule("enum-dropped", "any value from now on", _F, _MAJOR),
    Rule("quality-rule-added", "a quality rule more", _B, _MINOR),
    Rule("quality-rule-removed", "a quality rule less", _F, _MAJOR),
    Rule("quality-threshold-tightened", "less passes than before", _B, _MINOR),
    Rule("quality-threshold-loosened", "more passes than before", _F, _MAJOR),
    Rule("quality-rule-changed", "query, arguments, unit, …", _P, _MINOR, _WARNING),
    Rule("quality-severity-raised", "a breach weighs more", _P, _MINOR, _INFO),
    _soft("quality-severity-lowered", "a breach weighs less", _MINOR),
    Rule("quality-schedule-changed", "when it is checked", _P, _PATCH, _INFO),
    Rule("server-added", "a server more", _NOBODY, _MINOR),
    Rule("server-removed", "a server less", _F, _MAJOR),
    Rule("server-type-changed", "another kind of server", _F, _MAJOR),
    Rule("server-location-changed", "host, path, database, schema, topic, …", _F, _MAJOR),
    Rule("server-format-changed", "format, delimiter, encoding", _F, _MAJOR),
    Rule("server-environment-changed", "prod, test, …", _P, _MINOR, _WARNING),
    Rule("sla-added", "a service level more", _NOBODY, _MINOR),
    Rule("sla-removed", "a service level less", _F, _MAJOR),
    Rule("sla-loosened", "less is promised", _F, _MAJOR),
    Rule("sla-tightened", "more is promised", _P, _MINOR, _INFO),
    Rule("sla-changed-unknown-direction", "better or worse cannot be told", _P, _MINOR, _WARNING),
    Rule("role-added", "a role more", _NOBODY, _MINOR),
    _soft("role-removed", "a role less", _MINOR),
    Rule("role-access-changed", "what a role may do", _P, _MINOR, _WARNING),
    Rule("role-approver-changed", "who grants a role", _P, _PATCH, _WARNING),
    Rule("team-member-changed", "who is in the team", _P, _PATCH, _INFO),
    Rule("last-owner-removed", "no owner or steward is left", _P, _NONE, _ERROR),
    Rule("support-channel-removed", "a support channel less", _P, _PATCH, _WARNING),
    Rule("price-changed", "what it costs", _P, _MINOR, _WARNING),
    _soft("classification-raised", "more confidential", _MINOR),
    Rule("classification-lowered", "less confidential, or not comparable", _P, _MAJOR, _ERROR),
    Rule("classification-removed", "no classification any more", _P, _MAJOR, _ERROR),
    Rule(
        "classification-missing",
        "a new property without one, where most others have one",
        *(_P, _NONE, _WARNING),
    ),
    Rule("pii-tag-removed", "a tag that marked personal data is gone", _P, _MAJOR, _ERROR),
    Rule("encrypted-name-changed", "the encrypted column's name", _F, _MAJOR),
    Rule("critical-data-element-changed", "whether it is critical data", _P, _MINOR, _WARNING),
    Rule("relationship-added", "a foreign key more", _B, _MINOR),
    _soft("relationship-removed", "a foreign key less", _MINOR),
    Rule("relationship-target-changed", "a foreign key leads elsewhere", _FB, _MAJOR),
    Rule("transform-changed", "transform logic or its sources", _P, _MINOR, _WARNING),
    Rule("documentation-changed", "words about the data, not the data", _NOBODY, _PATCH),
    Rule("unclaimed-change", "a difference that no rule knows", _P, _MINOR, _WARNING),
)


def _check(rule: str, detects: str, level: Level, direction: Direction = _P) -> Rule:
    given = level if direction is _P else None
    return Rule(rule, detects, direction, _NONE, given, by_check=True)


_BY_CHECK: tuple[Rule, ...] = (
    _check("config-invalid", "the repository's settings are not understood", _ERROR),
    _check("contract-invalid", "not YAML, or not what ODCS allows", _ERROR),
    _check("contract-id-unusable", "no id, or one that is no safe name", _ERROR),
    _check("contract-id-not-unique", "another file has the same id", _ERROR),
    _check("contract-path-mismatch", "the file lies where another id belongs", _ERROR),
    _check("contract-removed", "the file is gone, and the contract was not retired", _ERROR, _F),
    _check("version-missing-or-not-semver", "no version such as 1.2.0", _ERROR),
    _check("version-not-bumped", "more than words changed, and the version did not", _ERROR),
    _check("version-bump-too-small", "the changes ask for a larger step", _ERROR),
    _check("version-bump-too-large", "a smaller step would do", _INFO),
    _check("version-decreased", "a lower version than before", _ERROR),
    _check("version-already-published", "the version's tag holds other content", _ERROR),
    _check("version-prerelease-active", "a pre-release that is active", _WARNING),
    _check("status-transition-illegal", "a step that a contract's life does not have", _ERROR),
    _check("status-activated-outside-merge", "active while it is a draft", _ERROR),
    _check("published-version-edited", "a published version changed in place", _ERROR),
    _check("relationship-dangling", "a relationship leads nowhere", _ERROR),
)

#: Every rule by its id, in the order of the catalogue.
RULES: Mapping[str, Rule] = {rule.id: rule for rule in (*_ALL, *_BY_CHECK)}
