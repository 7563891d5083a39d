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


def _soft(rule: str, detects: str, bump: Bump, example: str) -> Rule:
    return Rule(rule, detects, _F, bump, soft=True, example=example)


#: A tight value and a looser one of each bound, for the examples.
_BOUNDS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(LOWER_BOUNDS, ("5", "1")),
    **dict.fromkeys(UPPER_BOUNDS, ("10", "20")),
}


# fmt: off
def _options() -> Iterator[Rule]:
    for names, tighter, looser in (
        (LOWER_BOUNDS, "increased", "decreased"),
        (UPPER_BOUNDS, "decreased", "increased"),
    ):
        for name in names:
            tight, loose = _BOUNDS[name]
            yield Rule(f"option-{name}-{tighter}", f"{name} was {tighter}, or set", _B, _MINOR,
                       example=f"{name}: {loose} -> {tight}")
            yield Rule(f"option-{name}-{looser}", f"{name} was {looser}", _F, _MAJOR,
                       example=f"{name}: {tight} -> {loose}")
            yield Rule(f"option-{name}-unset", f"{name} is no longer set", _F, _MAJOR,
                       example=f"{name}: {tight} -> none")
    for name, one, other in (("pattern", "^A", "^B"), ("format", "email", "uri")):
        yield Rule(f"option-{name}-added", f"a {name} is asked for", _B, _MINOR,
                   example=f"{name}: none -> {one}")
        yield Rule(f"option-{name}-removed", f"the {name} is no longer asked for", _F, _MAJOR,
                   example=f"{name}: {one} -> none")
        yield Rule(f"option-{name}-changed", f"another {name} is asked for", _FB, _MAJOR,
                   example=f"{name}: {one} -> {other}")
    yield Rule("option-multipleOf-changed",
               "another multipleOf: tighter or looser where one divides the other, else both",
               _FB, _MAJOR, example="multipleOf: 2 -> 3")
    yield Rule("option-uniqueItems-added", "items have to be unique", _B, _MINOR,
               example="uniqueItems: false -> true")
    yield Rule("option-uniqueItems-removed", "items may repeat", _F, _MAJOR,
               example="uniqueItems: true -> false")
    yield Rule("option-object-required-added", "more fields are required by name", _B, _MINOR,
               example="required: [street] -> [street, city]")
    yield Rule("option-object-required-removed", "fewer fields are required by name", _F, _MAJOR,
               example="required: [street, city] -> [street]")


_ALL: tuple[Rule, ...] = (
    Rule("contract-id-changed", "another id: a different contract", _P, _MAJOR, _ERROR,
         example="id: orders -> sales"),
    Rule("kind-changed", "another kind of document", _P, _MAJOR, _ERROR,
         example="kind: DataContract -> DataProduct"),
    Rule("odcs-api-version-changed", "another version of ODCS", _P, _MINOR, _WARNING,
         example="apiVersion: v3.1.0 -> v3.2.0"),
    Rule("status-deprecated", "the contract is deprecated", _P, _MINOR, _WARNING,
         example="status: active -> deprecated"),
    Rule("status-retired", "the contract is retired", _F, _MAJOR,
         example="status: deprecated -> retired"),
    Rule("name-changed", "the contract has another name", _NOBODY, _PATCH,
         example="name: Orders -> Web orders"),
    Rule("ownership-changed", "another domain, tenant or data product", _P, _MINOR, _WARNING,
         example="domain: sales -> logistics"),
    Rule("object-added", "a schema object was added", _NOBODY, _MINOR,
         example="none -> returns"),
    Rule("object-removed", "a schema object was removed", _F, _MAJOR,
         example="returns -> none"),
    Rule("object-renamed", "the same object by id or physicalName has another name", _F, _MAJOR,
         example="name: orders -> sales"),
    Rule("object-physical-name-changed", "another table, file or topic", _F, _MAJOR,
         example="physicalName: orders_v1 -> orders_v2"),
    Rule("object-physical-type-changed",
         "another kind of object: table, view, topic, …",
         _P, _MINOR, _WARNING, example="physicalType: table -> view"),
    Rule("object-granularity-changed", "one row stands for something else", _P, _MINOR, _WARNING,
         example="one row per order -> one row per order line"),
    Rule("property-added-optional", "a property that may be null was added", _NOBODY, _MINOR,
         example="none -> discount_code"),
    Rule("property-added-required", "a required property was added", _B, _MINOR,
         example="none -> currency (required)"),
    Rule("property-removed", "a property was removed", _F, _MAJOR,
         example="discount_code -> none"),
    Rule("property-removed-after-sunset",
         "a property was removed on or after the day declared for it",
         _P, _MAJOR, _INFO, example="fax (sunsetDate 2024-01-01) -> none"),
    Rule("property-renamed", "the same property by id or physicalName has another name", _F, _MAJOR,
         example="name: amount -> total"),
    Rule("property-physical-name-changed", "another column name", _F, _MAJOR,
         example="physicalName: amt -> amount"),
    Rule("property-moved", "the same property lies elsewhere in the nesting", _FB, _MAJOR,
         example="orders.zip -> orders.address.zip"),
    Rule("property-reordered",
         "another order of columns in a format that goes by position",
         _P, _PATCH, _WARNING, example="id, name -> name, id (CSV)"),
    Rule("logical-type-widened", "the logical type admits more, or is no longer stated", _F, _MAJOR,
         example="logicalType: integer -> number"),
    Rule("logical-type-narrowed", "the logical type admits less, or is stated now", _B, _MINOR,
         example="logicalType: number -> integer"),
    Rule("logical-type-changed", "another logical type, and neither holds the other", _FB, _MAJOR,
         example="logicalType: string -> integer"),
    Rule("item-type-widened", "logical-type-widened, of an array's items", _F, _MAJOR,
         example="items: integer -> number"),
    Rule("item-type-narrowed", "logical-type-narrowed, of an array's items", _B, _MINOR,
         example="items: number -> integer"),
    Rule("item-type-changed", "logical-type-changed, of an array's items", _FB, _MAJOR,
         example="items: string -> integer"),
    Rule("physical-type-alias", "the same physical type, spelt otherwise", _NOBODY, _PATCH,
         example="physicalType: int -> INTEGER"),
    _soft("physical-type-widened", "the new physical type holds every value of the old one", _MINOR,
          "physicalType: int -> bigint"),
    Rule("physical-type-narrowed",
         "the old physical type holds every value of the new one",
         _B, _MAJOR, example="physicalType: bigint -> int"),
    Rule("physical-type-changed", "another physical type, and neither holds the other", _FB, _MAJOR,
         example="physicalType: string -> bigint"),
    Rule("timestamp-timezone-changed",
         "with a time zone instead of without, or the reverse",
         _FB, _MAJOR, example="physicalType: timestamp -> timestamp_ntz"),
    Rule("property-became-nullable", "no longer required", _F, _MAJOR,
         example="required: true -> false"),
    Rule("property-became-required", "now required", _B, _MINOR,
         example="required: false -> true"),
    Rule("primary-key-added", "a primary key is declared", _B, _MINOR,
         example="none -> id"),
    Rule("primary-key-removed", "no primary key is declared any more", _F, _MAJOR,
         example="id -> none"),
    Rule("primary-key-changed", "the primary key has other members", _FB, _MAJOR,
         example="id -> id, line"),
    Rule("primary-key-position-changed",
         "the primary key's members have another order",
         _P, _PATCH, _WARNING, example="id, line -> line, id"),
    Rule("unique-added", "values have to be unique", _B, _MINOR,
         example="unique: false -> true"),
    Rule("unique-removed", "values may repeat", _F, _MAJOR,
         example="unique: true -> false"),
    Rule("partition-changed", "the data is partitioned otherwise", _P, _MINOR, _WARNING,
         example="partitionKeyPosition: 1 -> 2"),
    *_options(),
    Rule("enum-introduced", "only listed values are permitted from now on", _B, _MINOR,
         example="any value -> [open, paid]"),
    _soft("enum-value-added", "one more value is permitted", _MINOR,
          "[open, paid] -> [open, paid, void]"),
    Rule("enum-value-removed", "one value is no longer permitted", _B, _MINOR,
         example="[open, paid, void] -> [open, paid]"),
    Rule("enum-dropped", "any value is permitted from now on", _F, _MAJOR,
         example="[open, paid] -> any value"),
    Rule("quality-rule-added", "a quality rule was added", _B, _MINOR,
         example="none -> nullValues mustBe 0"),
    Rule("quality-rule-removed", "a quality rule was removed", _F, _MAJOR,
         example="nullValues mustBe 0 -> none"),
    Rule("quality-threshold-tightened", "less passes than before", _B, _MINOR,
         example="mustBeLessThan: 10 -> 5"),
    Rule("quality-threshold-loosened", "more passes than before", _F, _MAJOR,
         example="mustBeLessThan: 5 -> 10"),
    Rule("quality-rule-changed", "another query, arguments, unit or operator", _P, _MINOR, _WARNING,
         example="query: SELECT 1 -> SELECT 2"),
    Rule("quality-severity-raised", "a breach weighs more", _P, _MINOR, _INFO,
         example="severity: warning -> error"),
    _soft("quality-severity-lowered", "a breach weighs less", _MINOR,
          "severity: error -> warning"),
    Rule("quality-schedule-changed", "it is checked at other times", _P, _PATCH, _INFO,
         example="schedule: 0 0 * * * -> 0 6 * * *"),
    Rule("server-added", "a server was added", _NOBODY, _MINOR,
         example="none -> staging"),
    Rule("server-removed", "a server was removed", _F, _MAJOR,
         example="staging -> none"),
    Rule("server-type-changed", "another kind of server", _F, _MAJOR,
         example="type: postgres -> snowflake"),
    Rule("server-location-changed",
         "the data is elsewhere: host, path, database, schema, topic, …",
         _F, _MAJOR, example="database: shop -> shop_v2"),
    Rule("server-format-changed", "another format, delimiter or encoding", _F, _MAJOR,
         example="format: parquet -> csv"),
    Rule("server-environment-changed", "another environment", _P, _MINOR, _WARNING,
         example="environment: test -> prod"),
    Rule("sla-added", "a service level was added", _NOBODY, _MINOR,
         example="none -> latency 4 h"),
    Rule("sla-removed", "a service level was removed", _F, _MAJOR,
         example="latency 4 h -> none"),
    Rule("sla-loosened", "less is promised", _F, _MAJOR,
         example="latency: 4 h -> 1 d"),
    Rule("sla-tightened", "more is promised", _P, _MINOR, _INFO,
         example="latency: 1 d -> 4 h"),
    Rule("sla-changed-unknown-direction", "better or worse cannot be told", _P, _MINOR, _WARNING,
         example="support: 9-17 -> 8-16"),
    Rule("role-added", "a role was added", _NOBODY, _MINOR,
         example="none -> reader"),
    _soft("role-removed", "a role was removed", _MINOR,
          "reader -> none"),
    Rule("role-access-changed", "a role may do something else", _P, _MINOR, _WARNING,
         example="access: read -> write"),
    Rule("role-approver-changed", "somebody else grants a role", _P, _PATCH, _WARNING,
         example="firstLevelApprovers: ana -> ben"),
    Rule("team-member-changed", "somebody joined, left or has another role", _P, _PATCH, _INFO,
         example="role: engineer -> analyst"),
    Rule("last-owner-removed", "no owner or steward is left", _P, _NONE, _ERROR,
         example="ana (owner) -> none"),
    Rule("support-channel-removed", "a support channel was removed", _P, _PATCH, _WARNING,
         example="#orders-help -> none"),
    Rule("price-changed", "it costs something else", _P, _MINOR, _WARNING,
         example="priceAmount: 5 -> 9"),
    _soft("classification-raised", "more confidential", _MINOR,
          "classification: public -> restricted"),
    Rule("classification-lowered", "less confidential, or not comparable", _P, _MAJOR, _ERROR,
         example="classification: restricted -> public"),
    Rule("classification-removed", "no classification is stated any more", _P, _MAJOR, _ERROR,
         example="classification: restricted -> none"),
    Rule("classification-missing",
         "a new property states none, where most others do",
         _P, _NONE, _WARNING, example="none -> email (no classification)"),
    Rule("pii-tag-removed", "a tag that marked personal data is gone", _P, _MAJOR, _ERROR,
         example="tags: [pii] -> none"),
    Rule("encrypted-name-changed", "another name of the encrypted column", _F, _MAJOR,
         example="encryptedName: email_enc -> email_x"),
    Rule("critical-data-element-changed",
         "it became critical data, or is no longer",
         _P, _MINOR, _WARNING, example="criticalDataElement: false -> true"),
    Rule("relationship-added", "a foreign key was added", _B, _MINOR,
         example="none -> customers.id"),
    _soft("relationship-removed", "a foreign key was removed", _MINOR,
          "customers.id -> none"),
    Rule("relationship-target-changed", "a foreign key leads elsewhere", _FB, _MAJOR,
         example="to: customers.id -> buyers.id"),
    Rule("transform-changed",
         "another transformation, or other sources of it",
         _P, _MINOR, _WARNING, example="transformLogic: a + b -> a - b"),
    Rule("documentation-changed", "words about the data, not the data", _NOBODY, _PATCH,
         example="description: Total -> Total with tax"),
    Rule("unclaimed-change", "a difference that no rule knows", _P, _MINOR, _WARNING,
         example="x-key: 1 -> 2"),
)
# fmt: on


def _check(
    rule: str, detects: str, level: Level, direction: Direction = _P, *, example: str
) -> Rule:
    given = level if direction is _P else None
    return Rule(rule, detects, direction, _NONE, given, by_check=True, example=example)


# fmt: off
_BY_CHECK: tuple[Rule, ...] = (
    _check("config-invalid", "the repository's settings are not understood", _ERROR,
           example="perspectives: both"),
    _check("contract-invalid", "not YAML, or not what ODCS allows", _ERROR,
           example="version: none"),
    _check("contract-id-unusable", "no id, or one that is no safe name", _ERROR,
           example="id: ../orders"),
    _check("contract-id-not-unique", "another file has the same id", _ERROR,
           example="id: orders in a.yaml and b.yaml"),
    _check("name-not-unique", "two objects, or two properties of one, have the same name", _ERROR,
           example="discount (string), discount (number)"),
    _check("contract-path-mismatch", "the file lies where another id belongs, or none can", _ERROR,
           example="id: sales in contracts/orders.odcs.yaml"),
    _check("contract-removed", "the file is gone, and the contract was not retired", _ERROR, _F,
           example="contracts/orders.odcs.yaml -> none"),
    _check("version-missing-or-not-semver", "no version such as 1.2.0", _ERROR,
           example="version: 1.0"),
    _check("version-not-bumped", "more than words changed, and the version did not", _ERROR,
           example="int -> bigint, 1.2.0 -> 1.2.0"),
    _check("version-bump-too-small", "the changes ask for a larger step", _ERROR,
           example="a property removed, 1.2.0 -> 1.3.0"),
    _check("version-bump-too-large", "a smaller step would do", _INFO,
           example="a description changed, 1.2.0 -> 2.0.0"),
    _check("version-decreased", "a lower version than before", _ERROR,
           example="1.2.0 -> 1.1.0"),
    _check("version-already-published", "the version's tag holds other content", _ERROR,
           example="1.2.0 is tagged, with other content"),
    _check("version-prerelease-active", "a pre-release that is active", _WARNING,
           example="1.2.0-rc.1, status: active"),
    _check("status-transition-illegal", "a step that a contract's life does not have", _ERROR,
           example="status: retired -> draft"),
    _check("status-activated-outside-merge", "active while it is a draft", _ERROR,
           example="status: draft -> active, in a draft"),
    _check("base-rewritten", "a draft made on commits that the base branch dropped", _ERROR,
           example="main is pushed back with --force"),
    _check("published-version-edited", "a published version changed in place", _ERROR,
           example="int -> bigint in 1.2.0, which is tagged"),
    _check("relationship-dangling", "a relationship leads nowhere", _ERROR,
           example="to: customers.nr, which is not there"),
)
# fmt: on

#: Every rule by its id, in the order of the catalogue.
RULES: Mapping[str, Rule] = {rule.id: rule for rule in (*_ALL, *_BY_CHECK)}
