"""The words of the tool as data: frozen, without I/O, shared by every layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any

#: Keys and indexes from a document's root to one of its nodes.
DocPath = tuple[str | int, ...]

#: A parsed ODCS document: str, int, float, bool, None, date, datetime, dict and list only.
Document = dict[str, Any]


class Bump(IntEnum):
    """A step in semantic versioning; the highest of several wins."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Level(IntEnum):
    """How much a change matters from the chosen perspective."""

    OFF = 0
    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Perspective(str, Enum):
    """Whose breakage is an error."""

    CONSUMER = "consumer"
    PRODUCER = "producer"
    BOTH = "both"
    NONE = "none"


class Status(str, Enum):
    """A contract's place in its life."""

    PROPOSED = "proposed"
    DRAFT = "draft"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class Verdict(str, Enum):
    """What a quality rule or a whole validation concluded."""

    OK = "ok"
    WARN = "warn"
    BLOCK = "block"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DataType:
    """The type of an observed property.

    `logical` is an ODCS logicalType (string, date, timestamp, time, number, integer, object,
    array, map, boolean), or None where the data gave no evidence (all null).
    `physical` is its Spark SQL spelling (`bigint`, `decimal(10,2)`, `array<string>`), or that of
    the Observation's `dialect`; None where the source has no such types (JSON, CSV). A physical
    type that nobody understands has no logical one. `options` are the logicalTypeOptions that
    the type itself states (`timezone`, `maxLength`, `format`).
    `inferred` says that the type was guessed from text or JSON values, so that it proves less:
    text may hold anything.
    Exactly one of `fields` (logical object), `items` (array), `key` + `value` (map) may be set.
    """

    logical: str | None
    physical: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    inferred: bool = False
    fields: tuple[ObservedProperty, ...] = ()
    items: DataType | None = None
    key: DataType | None = None
    value: DataType | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What the values of a property are like; made only where it is asked for.

    `count` counts values, nulls left out. `distinct` may be an estimate, within some 25 %.
    `minimum` and `maximum` are numbers, or dates and times as ISO 8601 writes them; lengths are
    those of texts in characters, and of arrays and maps in items. `values` are all the values,
    sorted, where they are so few that an enumeration may be meant. Except for counts and lengths
    this is data: it belongs nowhere where the data does not.
    """

    count: int
    distinct: int | None = None
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    min_length: int | None = None
    max_length: int | None = None
    values: tuple[str | int | float | bool, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservedProperty:
    """One column or nested field as seen.

    `nullable` is what the source's schema declares (None: it declares nothing); `nulls` is a
    count of rows without a value (None: not counted). `partition` is the 1-based place among
    the partition columns, `key` that in the declared primary key. `unique` is what is declared,
    `tags` what the source calls it by. `enum` are the only values that the source's schema lets it
    have, where it says so. `profile` is there where one was asked for.
    """

    name: str
    type: DataType
    nullable: bool | None = None
    nulls: int | None = None
    description: str | None = None
    partition: int | None = None
    key: int | None = None
    unique: bool | None = None
    profile: Profile | None = None
    tags: tuple[str, ...] = ()
    enum: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How the data lies in storage; `bytes` counts what was looked at."""

    format: str
    files: int | None = None
    bytes: int | None = None
    partitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """The data's own name and version, as the job or the source gives them."""

    id: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class QualityResult:
    """What became of one quality rule: counts, never values.

    `tools` say so, by their names; several where they say the same.
    """

    rule: str
    verdict: Verdict
    property: str | None = None
    failed: int | None = None
    total: int | None = None
    message: str | None = None
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one dataset at run time.

    `complete` says that the source states its whole schema (Parquet, CSV header): a property
    that is absent here is absent in the data. JSON does not: an absent key may be a null.
    `observed_at` is in UTC. `context` is what the job wants said in the pull request.
    `dialect` is the SQL dialect of the physical types (None: Spark's), `description` what the
    source says about the whole dataset, `tags` what it calls it by.
    """

    dataset: Dataset
    properties: tuple[ObservedProperty, ...]
    observed_by: str
    complete: bool = True
    object: str | None = None
    rows: int | None = None
    layout: Layout | None = None
    quality: tuple[QualityResult, ...] = ()
    observed_at: datetime | None = None
    run_url: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    dialect: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One classified difference between two contract documents.

    `path` is for people and programs: `orders.lines[].price` for properties (object, property,
    nested; `[]` items, `{key}` / `{value}` of a map), a dotted key path for the rest.
    `at` leads to the node in the new document, or in the old one where it was removed.
    """

    rule: str
    path: str
    level: Level
    bump: Bump
    before: Any = None
    after: Any = None
    at: DocPath = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A constraint that the data keeps to, and nobody states.

    `key` is `required`, `unique`, `enum` or one of logicalTypeOptions. `sure` is False where the
    statistics do not prove it, so that it is never applied. `why` is a sentence with counts only.
    """

    path: str
    key: str
    value: Any
    why: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """What the repository's configuration and the caller decide about a draft.

    `bump` None is auto. `levels` overrides rule levels. `ignore` holds globs over Change.path of
    properties that are never drafted. `relax` holds any of `enum`, `required`, `threshold`.
    `taken` are versions already promoted, never to be proposed again. `suggest` asks for
    constraints that statistics suggest, `apply_suggestions` for writing them.
    """

    bump: Bump | None = None
    first_version: str = "1.0.0"
    draft_status: Status = Status.DRAFT
    perspective: Perspective = Perspective.CONSUMER
    levels: Mapping[str, Level] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    relax: frozenset[str] = frozenset()
    additive_only: bool = False
    object: str | None = None
    taken: frozenset[str] = frozenset()
    suggest: bool = False
    apply_suggestions: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed next version of a contract.

    `bump` is the step taken, `implied` the one the changes ask for (larger than `bump` where the
    caller asked for too small a step). `digest` fingerprints the drift without run ids, times or
    versions. `notes` are sentences for the steward (possible renames, whole-file rewrites).
    `feedback` are quality results that were recorded and not obeyed. `suggestions` are constraints
    that are not written.
    """

    contract_id: str
    version: str
    bump: Bump
    implied: Bump
    text: str
    changes: tuple[Change, ...]
    digest: str
    base_version: str | None = None
    base_text: str | None = None
    notes: tuple[str, ...] = ()
    feedback: tuple[QualityResult, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """The relationships by which one contract refers to another.

    `source` and `target` are contract ids; `columns` are the properties, each as (from, to) in
    the notation of `Change.path` where they could be found, else as the relationship states them.
    """

    source: str
    target: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """The contracts around one: those that refer to it, and those it refers to.

    Both hold ids with distances, 1 for a direct neighbour, the nearest first. `links` are the
    relationships among all of them. `complete` is False where more were not looked at.
    """

    contract: str
    referring: tuple[tuple[str, int], ...]
    referred: tuple[tuple[str, int], ...]
    links: tuple[Link, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a version came from: the trailers of its commit and of its tag.

    `results` are those of data quality that were recorded and not obeyed, with counts;
    `authored_by` is who wrote it by hand, as `Name <address>`.
    """

    contract_id: str
    draft_version: str
    base_version: str | None = None
    digest: str | None = None
    dataset_id: str | None = None
    dataset_version: str | None = None
    observed_by: str | None = None
    observed_at: str | None = None
    run_url: str | None = None
    verdict: Verdict | None = None
    results: tuple[QualityResult, ...] = ()
    authored_by: str | None = None


class PullState(str, Enum):
    """The state of a pull request; merged is not closed."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request of any forge. `head` and `base` are branch names without refs/heads/.

    `recorded` says that this program keeps a record of its closing; on an open one that is left
    over from before somebody opened it again.
    """

    number: int
    url: str
    state: PullState
    title: str
    body: str
    head: str
    base: str
    head_sha: str
    labels: tuple[str, ...] = ()
    author: str | None = None
    opened_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    merge_sha: str | None = None
    reviewers: tuple[str, ...] = ()
    recorded: bool = False


class OutcomeKind(str, Enum):
    """How publishing ended."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NO_DRIFT = "no-drift"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one publish, as the job and the command line learn it.

    `base_version` is the version on the base branch, None for a contract that is new.
    """

    kind: OutcomeKind
    contract: str
    branch: str
    draft: Draft | None = None
    commit: str | None = None
    pull_request: PullRequest | None = None
    reason: str | None = None
    base_version: str | None = None
