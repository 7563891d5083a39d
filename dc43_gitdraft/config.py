"""The contracts repository's own settings: `.gitdraft.yaml` at its root."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import semver

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.globs import compiled
from dc43_gitdraft.model import Bump, Level, Perspective, Policy, Status
from dc43_gitdraft.names import one_line, slug

FILE = ".gitdraft.yaml"
RELAXABLE = ("enum", "required", "threshold")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many drafts may be open at a time, and how many opened in an hour; None: any number."""

    open: int | None = None
    per_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What a contracts repository decides for every draft in it.

    `contracts` are globs of the contract files; `path` is where a new contract goes (`{id}` is
    the slug of its id); `tag` names a promoted version (`{slug}`, `{version}`).
    """

    contracts: tuple[str, ...] = ("contracts/**/*.odcs.yaml", "contracts/**/*.odcs.yml")
    path: str = "contracts/{id}.odcs.yaml"
    first_version: str = "1.0.0"
    branch_prefix: str = "gitdraft/"
    tag: str = "{slug}/v{version}"
    draft_status: Status = Status.DRAFT
    perspective: Perspective = Perspective.CONSUMER
    bump: Bump | None = None
    rules: Mapping[str, Level] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    relax: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ("gitdraft",)
    reviewers: tuple[str, ...] = ()
    limits: Limits = Limits()

    def policy(self) -> Policy:
        """Return the drafting policy that these settings state."""
        return Policy(
            bump=self.bump,
            first_version=self.first_version,
            draft_status=self.draft_status,
            perspective=self.perspective,
            levels=self.rules,
            ignore=self.ignore,
            relax=self.relax,
        )

    def branch(self, contract_id: str) -> str:
        """Return the name of the one branch where drafts of this contract live."""
        return self.branch_prefix + slug(contract_id)

    def promotion_branch(self, base: str) -> str:
        """Return the name of the branch that proposes promotions on `base`; no contract's is it."""
        # No slug has an @.
        return f"{self.branch_prefix}promote@{slug(base)}"

    def path_of_new(self, contract_id: str) -> str:
        """Return the path of the file that a first draft of this contract creates."""
        return self.path.format(id=slug(contract_id))

    def tag_of(self, contract_id: str, version: str) -> str:
        """Return the name of the tag of a promoted version."""
        return self.tag.format(slug=slug(contract_id), version=version)

    def tag_start(self, contract_id: str) -> str:
        """Return what the tags of all versions of this contract begin with."""
        return self.tag.partition("{version}")[0].format(slug=slug(contract_id))

    def version_of(self, contract_id: str, tag: str) -> str | None:
        """Return the version that `tag` names for this contract, or None if it is not such a tag.

        Inverse of `tag_of`.
        """
        before, _, after = self.tag.partition("{version}")
        start, end = (part.format(slug=slug(contract_id)) for part in (before, after))
        version = tag[len(start) : len(tag) - len(end)]
        right = tag.startswith(start) and tag.endswith(end) and semver.Version.is_valid(version)
        return version if right and self.tag_of(contract_id, version) == tag else None


def parse(text: bytes | str, rules: Collection[str], where: str = FILE) -> Config:
    """Read the text of a `.gitdraft.yaml`; `rules` are the ids that there are.

    Raises ConfigError with file and line for anything that is not understood.
    """
    shown = strictyaml.decode(text, where, error=ConfigError) if isinstance(text, bytes) else text
    if strictyaml.skip(shown, 0) == len(shown):
        return Config()
    node = strictyaml.parse(shown, where, error=ConfigError)

    def refuse(sentence: str, at: strictyaml.Node) -> ConfigError:
        line, column = strictyaml.position(shown, at.content)
        return ConfigError(sentence, where=where, line=line, column=column)

    if not isinstance(node.value, dict):
        raise refuse("must hold settings as `key: value` lines", node)
    values: dict[str, Any] = {}
    for key, at in zip(node.keys, node.children, strict=True):
        if key.value not in _KEYS:
            raise refuse(f"unknown key {key.value!r}{_nearest(str(key.value), list(_KEYS))}", key)
        name, read = _KEYS[key.value]
        try:
            values[name] = read(at.value)
            unknown = [key for key in at.keys if name == "rules" and key.value not in rules]
        except _BadValueError as bad:
            raise refuse(f"{key.value}: {bad}", at) from None
        for rule in unknown:
            nearest = _nearest(str(rule.value), sorted(rules))
            raise refuse(f"rules: unknown rule {rule.value!r}{nearest}", rule)
    return Config(**values)


class _BadValueError(Exception):
    """A value of the wrong kind; the message says which kind is right."""


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else f": known are {', '.join(known)}"


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _BadValueError("must be a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise _BadValueError("must be a list of texts")
    return tuple(items)


def _choice(options: Mapping[str, T]) -> Callable[[object], T]:
    def read(value: object) -> T:
        # YAML 1.1 readers see `off` as false; people mean the word.
        word = "off" if value is False else value
        if not isinstance(word, str) or word not in options:
            raise _BadValueError(f"must be one of {', '.join(options)}, not {value!r}")
        return options[word]

    return read


def _globs(value: object) -> tuple[str, ...]:
    globs = _texts(value)
    if not globs:
        raise _BadValueError("must name at least one glob")
    for glob in globs:
        _relative(glob)
        try:
            compiled(glob)
        except ValueError as error:
            raise _BadValueError(f"{glob!r}: {error}") from None
    return globs


def _relative(path: str) -> None:
    # Some file systems take other names for Git's own directory too.
    parts = {part.casefold().rstrip(". ") or part for part in path.split("/")}
    outside = path.startswith("/") or "\\" in path or one_line(path) != path
    if outside or {"..", ".", "", ".git", "git~1"} & parts:
        raise _BadValueError(f"must be a path inside the repository, not {path!r}")


def _path(value: object) -> str:
    path = _text(value)
    _relative(path)
    named = path.count("{id}") == 1 and not re.search("[{}]", path.replace("{id}", ""))
    if not named or not path.endswith((".yaml", ".yml")):
        raise _BadValueError(
            "must hold {id} once and end in .yaml, such as contracts/{id}.odcs.yaml"
        )
    return path


def _prefix(value: object) -> str:
    prefix = _text(value)
    if re.fullmatch(r"[A-Za-z0-9_]+(?:[-./][A-Za-z0-9_]+)*[-/]", prefix) is None:
        raise _BadValueError("must be letters, digits, '-', '.', '/' and end in '/' or '-'")
    _unlocked(prefix)
    return prefix


def _tag(value: object) -> str:
    tag = _text(value)
    plain = tag.replace("{slug}", "s", 1).replace("{version}", "1", 1)
    named = sorted(re.findall(r"{[^}]*}?", tag)) == ["{slug}", "{version}"]
    if not named or re.fullmatch(r"[A-Za-z0-9_]+(?:[-./@+][A-Za-z0-9_]+)*", plain) is None:
        raise _BadValueError("must hold {slug} and {version} once each, such as {slug}/v{version}")
    if "}{" in tag:
        raise _BadValueError("must have a sign between {slug} and {version}, such as a slash")
    _unlocked(plain)
    return tag


def _unlocked(name: str) -> None:
    if re.search(r"\.lock(?:/|$)", name):
        raise _BadValueError("must have no part that ends in .lock, as Git takes none")


def _version(value: object) -> str:
    if not isinstance(value, str) or not semver.Version.is_valid(value):
        raise _BadValueError("must be a version such as 1.0.0, in quotes")
    return value


def _relax(value: object) -> frozenset[str]:
    words = _texts(value)
    for word in words:
        _choice(dict.fromkeys(RELAXABLE, word))(word)
    return frozenset(words)


def _rules(value: object) -> Mapping[str, Level]:
    if not isinstance(value, dict):
        raise _BadValueError("must map rule ids to error, warning, info or off")
    return {rule: _choice(_LEVELS)(level) for rule, level in value.items()}


def _limits(value: object) -> Limits:
    names = {"open": "open", "per-hour": "per_hour"}
    if not isinstance(value, dict) or not value.keys() <= names.keys():
        raise _BadValueError("must map open and per-hour to how many drafts")
    for key, most in value.items():
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise _BadValueError(f"{key} must be a number from 1, not {most!r}")
    return Limits(**{names[key]: most for key, most in value.items()})


_LEVELS = {str(level): level for level in Level}
_BUMPS: dict[str, Bump | None] = {"auto": None, **{str(b): b for b in Bump if b is not Bump.NONE}}

_KEYS: dict[str, tuple[str, Callable[[object], Any]]] = {
    "contracts": ("contracts", _globs),
    "path": ("path", _path),
    "first-version": ("first_version", _version),
    "branch-prefix": ("branch_prefix", _prefix),
    "tag": ("tag", _tag),
    "draft-status": (
        "draft_status",
        _choice({"draft": Status.DRAFT, "active": Status.ACTIVE}),
    ),
    "perspective": ("perspective", _choice({p.value: p for p in Perspective})),
    "bump": ("bump", _choice(_BUMPS)),
    "rules": ("rules", _rules),
    "ignore": ("ignore", _texts),
    "relax": ("relax", _relax),
    "labels": ("labels", _texts),
    "reviewers": ("reviewers", _texts),
    "limits": ("limits", _limits),
}
