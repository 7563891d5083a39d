"""What is fuzzed: functions of bytes that raise nothing but what is a bug.

Errors of this package's own are how bad input ends, and no bug. Each target says what else has to
hold. The bytes are the input itself, or decisions by which an input is made of one that is right
(see `dice`).
"""

from __future__ import annotations

import atexit
import json
import posixpath
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from fuzz import seeds
from fuzz.dice import Dice
from support.drafts import ORIGIN, draft
from support.git import git, make_repo
from support.markdown import assert_harmless, parsed

from dc43_gitdraft import config as settings
from dc43_gitdraft import observe, odcs, provenance, render, settle, steward, strictyaml
from dc43_gitdraft.catalog import path_filter
from dc43_gitdraft.changes import RULES, compare, implied_bump
from dc43_gitdraft.check import Range, check
from dc43_gitdraft.config import Config
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.errors import (
    ConfigError,
    ContractError,
    GitdraftError,
    InputError,
    ObservationError,
)
from dc43_gitdraft.findings import Checked, Finding, Report
from dc43_gitdraft.findings.annotations import workflow_commands
from dc43_gitdraft.findings.junit import junit
from dc43_gitdraft.findings.markdown import summary
from dc43_gitdraft.model import (
    Bump,
    Change,
    Impact,
    Level,
    Link,
    Policy,
    Provenance,
    QualityResult,
    Suggestion,
    Verdict,
)
from dc43_gitdraft.names import check_contract_id, one_line
from dc43_gitdraft.observe import avro_types, json_types, proto_types, quality
from dc43_gitdraft.observe.documents import parse_json
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.odcs.sniffing import plain_id
from dc43_gitdraft.repo import Repo, UnusablePathError
from dc43_gitdraft.repo.objects import check_path
from dc43_gitdraft.repo.refs import check_ref
from dc43_gitdraft.strictyaml.scalars import same

# -- Contracts ----------------------------------------------------------------------------------


def contract_text(data: bytes) -> None:
    """A contract of any bytes is read, or refused with its line; rewriting it changes nothing."""
    read = _read(data, validate=bool(len(data) % 2))
    if read is not None:
        _rewritten(read, Dice(data[-40:]))


def contract_edits(data: bytes) -> None:
    """The same of contracts that are almost right."""
    dice = Dice(data)
    text = dice.of(seeds.CONTRACTS).encode()
    read = _read(dice.spliced(text, seeds.TOKENS), validate=dice.one_in(2))
    if read is not None:
        _rewritten(read, dice)


def sniffed(data: bytes) -> None:
    """An id that is told without parsing is the id."""
    dice = Dice(data)
    text = dice.spliced(dice.of(seeds.CONTRACTS).encode(), seeds.DECOYS)
    found = plain_id(text)
    with suppress(ContractError):
        assert found in (None, odcs.read(text, validate=False).id)


def _read(source: bytes, *, validate: bool) -> Contract | None:
    try:
        read = odcs.read(source, "fuzz.odcs.yaml", validate=validate)
    except ContractError as error:
        _placed(error, "fuzz.odcs.yaml")
        return None
    assert odcs.rewrite(read.text, read.document) == read.text
    return read


def _placed(error: InputError, where: str) -> None:
    assert error.where == where, error
    assert error.message


def _rewritten(read: Contract, dice: Dice) -> None:
    target = dice.changed(read.document)
    if not isinstance(target, dict):
        return
    with suppress(ContractError):
        text = odcs.rewrite(read.text, target)
        document = strictyaml.load(text, None)
        assert same(document, odcs.rewriting.normal(target))
        new = _read(text.encode(), validate=True)
        locate = odcs.Locator(text)
        assert locate(("schema", 0, "properties", 1)) >= (1, 1)
        if new is not None and _read(read.text.encode(), validate=True) is not None:
            changes = compare(read.document, new.document)
            assert implied_bump(changes) in Bump


def checking(data: bytes) -> None:
    """`check` finds something to say about any pull request, in every form of output."""
    dice = Dice(data)
    overlay: dict[str, bytes | None] = {}
    for path in ("contracts/orders.odcs.yaml", "contracts/customers.odcs.yaml", "contracts/x/"):
        if dice.one_in(3):
            overlay[path] = None if dice.one_in(9) else _contract(dice)
    overlay = {path: text for path, text in overlay.items() if not path.endswith("/")}
    repo, head = _repository()
    found = check(repo, Range(head, head, Config()), overlay=overlay, everything=dice.one_in(4))
    _reported(found)


def _contract(dice: Dice) -> bytes:
    text = dice.of(seeds.CONTRACTS)
    if dice.one_in(2):
        return dice.spliced(text.encode(), seeds.TOKENS)
    document = dice.changed(strictyaml.load(text, None))
    return json.dumps(document, default=str).encode()


def _reported(report: Report) -> None:
    for line in workflow_commands(report.findings):
        assert line.startswith("::")
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)
    assert junit(report, Level.ERROR).startswith("<?xml")
    assert_harmless(summary(report), also=frozenset({"heading_open", "heading_close", "hardbreak"}))


@cache
def _repository() -> tuple[Repo, str]:
    """Return a repository with contracts, for as long as this process lives."""
    files = {
        "contracts/orders.odcs.yaml": seeds.RICH,
        "contracts/customers.odcs.yaml": seeds.FIRST,
    }
    root = make_repo(_scratch() / "repository", files)
    repo = Repo.open(str(root))
    atexit.register(repo.close)
    return repo, git(root, "rev-parse", "HEAD")


# -- Observations -------------------------------------------------------------------------------


def observation_text(data: bytes) -> None:
    """An Observation of any bytes is read or refused."""
    _observed(data)


def observation(data: bytes) -> None:
    """So is one that is almost right; what it drafts is a contract, and nothing else."""
    dice = Dice(data)
    _observed(dice.bytes_of(dice.changed(seeds.OBSERVATION)), dice)


def _observed(source: bytes, dice: Dice | None = None) -> None:
    try:
        seen = observe.from_json(source.decode("utf-8", "replace"))
    except ObservationError:
        return
    assert observe.from_json(observe.to_json(seen)) == seen
    dice = dice or Dice(b"")
    base = dice.of((None, *seeds.CONTRACTS[:3]))
    policy = Policy(
        relax=frozenset(dice.of(((), ("enum", "required", "threshold")))),
        suggest=dice.one_in(2),
        apply_suggestions=dice.one_in(2),
        additive_only=dice.one_in(4),
    )
    contract = None if base is None else odcs.read(base)
    name = contract.id if contract else "orders"
    try:
        made = make_draft(contract, seen, policy, contract_id=name)
    except (ContractError, ConfigError):
        return
    if made is None:
        return
    assert odcs.read(made.text).id == name
    origin = replace(ORIGIN, dataset_id=seen.dataset.id, observed_by=seen.observed_by)
    provenance.message(render.title(made), render.verdict(made), origin, made.text)
    _body(render.body(made, origin, tuple(seen.context.items())), render.marker(made))


def quality_results(data: bytes) -> None:
    """Results of data quality, in any format, are read or refused; counts are counts."""
    dice = Dice(data)
    documents = _qualities()
    name = dice.of(tuple(documents))
    file = _scratch() / f"{name}.json"
    file.write_bytes(dice.bytes_of(dice.changed(documents[name])))
    asked = f"{name}:{file}" if dice.one_in(2) else str(file)
    try:
        found = quality.read(asked)
    except ObservationError:
        return
    for each in found:
        assert each.result.rule == one_line(each.result.rule, 200) != ""
        for number in (each.result.failed, each.result.total):
            assert number is None or (type(number) is int and 0 <= number < 2**63)


def sources(data: bytes) -> None:
    """A file of any text format is observed or refused, and what was seen can be kept."""
    dice = Dice(data)
    scheme = dice.of((*seeds.SOURCES, *seeds.JSON_SOURCES))
    if scheme in seeds.SOURCES:
        content = dice.spliced(seeds.SOURCES[scheme].encode(), _SIGNS)
    else:
        content = dice.bytes_of(dice.changed(seeds.JSON_SOURCES[scheme]))
    file = _scratch() / "manifest.json"
    file.write_bytes(content)
    with suppress(ObservationError):
        seen = observe.observe(f"{scheme}:{file}", now=_NOW, profile=dice.one_in(2))
        assert observe.from_json(observe.to_json(seen)) == seen
        with suppress(ContractError):
            made = make_draft(None, seen, Policy(), contract_id="orders")
            assert made is not None
            assert odcs.read(made.text).id == "orders"


def schemas(data: bytes) -> None:
    """A schema of Avro, JSON or Protobuf is described or refused."""
    dice = Dice(data)
    with suppress(ObservationError, UnknownTypeError):
        kind = dice.below(3)
        if kind == 0:
            avro_types.describe(_through_json(dice, seeds.AVRO))
        elif kind == 1:
            json_types.describe(_through_json(dice, seeds.JSON_SCHEMA), lambda _: None)
        else:
            text = dice.spliced(seeds.PROTO.encode(), _SIGNS).decode("utf-8", "replace")
            proto_types.describe(text, {})


def _through_json(dice: Dice, document: Any) -> Any:
    return parse_json(json.dumps(dice.changed(document)), "schema")


_NOW = datetime(2024, 5, 30, 12, tzinfo=timezone.utc)
_SIGNS = (*(sign.encode() for sign in "()<>[]{},;:'\"`$\\\n\t=/*-#.@"), b"--", b"/*", b"$$")


@cache
def _qualities() -> Mapping[str, Any]:
    return seeds.quality()


@cache
def _scratch() -> Path:
    """Return a folder that goes when this process ends."""
    folder = tempfile.mkdtemp(prefix="gitdraft-fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


# -- Settings, names, events --------------------------------------------------------------------


def config_text(data: bytes) -> None:
    """Settings of any bytes are read or refused with their line."""
    _configured(data, Dice(data[-40:]))


def config(data: bytes) -> None:
    """So are those that are almost right; what they name stays inside of the repository."""
    dice = Dice(data)
    document = dice.changed(seeds.CONFIG)
    text = json.dumps(document).encode() if dice.one_in(2) else _dumped(document)
    _configured(text, dice)


def _dumped(document: Any) -> bytes:
    if isinstance(document, dict):
        with suppress(ContractError):
            return odcs.dump_new(odcs.rewriting.normal(document)).encode()
    return b"{}"


def _configured(source: bytes, dice: Dice) -> None:
    try:
        found = settings.parse(source, RULES)
    except ConfigError as error:
        _placed(error, settings.FILE)
        return
    matches = path_filter(found)
    for _ in range(3):
        _named(found, dice.text(), dice.of(("1.0.0", "2.10.4-rc.1+b")))
        matches(dice.text())


def names(data: bytes) -> None:
    """Whatever a contract is called, its file lies in its folder, and its refs are refs."""
    dice = Dice(data)
    _named(Config(), dice.text() + dice.text(), "1.0.0")


def _named(found: Config, contract_id: str, version: str) -> None:
    path = found.path_of_new(contract_id)
    folder = posixpath.dirname(found.path.partition("{id}")[0])
    assert posixpath.normpath(path) == path
    assert path.startswith(f"{folder}/" if folder else "")
    # A component may be too long, which only a person who asked for it can make it.
    with suppress(UnusablePathError):
        assert check_path(path)[0] != ".git"
    for ref in (
        f"refs/heads/{found.branch(contract_id)}",
        f"refs/heads/{found.promotion_branch('main')}",
        f"refs/tags/{found.tag_of(contract_id, version)}",
    ):
        check_ref(ref)
    assert found.version_of(contract_id, found.tag_of(contract_id, version)) == version
    with suppress(ContractError):
        check_contract_id(contract_id)
        assert one_line(contract_id, 999) == contract_id
        message = provenance.message("x", "y", Provenance(contract_id, version))
        read = provenance.parse(message)
        assert read is not None
        assert read.contract_id == contract_id


def event_text(data: bytes) -> None:
    """An event of any bytes is read or refused."""
    _told(data)


def event(data: bytes) -> None:
    """So is one that is almost right; only numbers and a name are taken from it."""
    dice = Dice(data)
    _told(dice.bytes_of(dice.changed(dice.of(seeds.EVENTS))))


def _told(source: bytes) -> None:
    try:
        found = settle.parse_event(source, "event.json")
    except GitdraftError:
        return
    assert one_line(found.what) == found.what
    assert re.fullmatch(r"([\w.-]+/[\w.-]+)?", found.repository, re.ASCII)
    assert 0 <= found.number < 2**63
    assert 0 <= found.comment < 2**63


# -- Trailers and Markdown ----------------------------------------------------------------------


def trailers_text(data: bytes) -> None:
    """The message of any commit is read; what is written of it is read back as it is."""
    text = data.decode("utf-8", "replace")
    found = provenance.parse(text)
    if found is not None:
        _survives(found)
    provenance.wrote(text, data)
    steward.parse(text)
    render.digest_in(text)
    render.promotion_in(text)


def trailers(data: bytes) -> None:
    """Provenance of hostile names survives its message, and adds nothing to it."""
    dice = Dice(data)
    texts = [field.name for field in fields(Provenance) if field.name not in ("verdict", "results")]
    said = {name: dice.text() for name in texts}
    said["contract_id"] = one_line(said["contract_id"]) or "x"
    said["draft_version"] = one_line(said["draft_version"]) or "x"
    verdict = dice.of((None, *Verdict))
    results = tuple(
        QualityResult(dice.text() or "r", dice.of(tuple(Verdict)), dice.text() or None)
        for _ in range(dice.of((0, 1, 3)))
    )
    _survives(Provenance(**said, verdict=verdict, results=results), dice.text(), dice.text())


def _survives(origin: Provenance, subject: str = "s", sentence: str = "t") -> None:
    message = provenance.message(subject or "s", sentence, origin)
    read = provenance.parse(message)
    assert read is not None
    for field in fields(Provenance):
        before, after = getattr(origin, field.name), getattr(read, field.name)
        assert after == (one_line(before) or None if isinstance(before, str) else before)
    assert not re.search(r"[#@]|\[skip|\bGH-\d", message.partition("\n\n")[2], re.IGNORECASE)


def markdown(data: bytes) -> None:
    """Nothing of names and values means anything in what is rendered."""
    dice = Dice(data)
    say = dice.text
    made = draft(
        *(_change(dice) for _ in range(dice.below(6))),
        contract_id=say(),
        version=say(),
        base_version=dice.of((None, say(), "1.2.0")),
        text=dice.of((*seeds.CONTRACTS[:3], say())),
        notes=(say(), f"possible rename of {say()} to {say()}"),
        feedback=(QualityResult(say(), dice.of(list(Verdict)), say(), 1, 2, message=say()),),
        suggestions=(Suggestion(say(), say(), dice.value(), "10 rows keep to it", dice.one_in(2)),),
    )
    origin = Provenance(say(), say(), dataset_id=say(), dataset_version=say(), run_url=say())
    around = Impact(
        made.contract_id,
        ((say(), 1), (say(), 2)),
        ((say(), 1),),
        (Link(say(), made.contract_id, ((say(), say()),)),),
    )
    context = [(say(), say())]
    body = render.body(made, origin, context, around, commands=dice.one_in(2))
    _body(body, render.marker(made))
    assert render.digest_in(body) == made.digest
    title = render.title(made)
    assert len(title) <= render.TITLE_LIMIT
    assert not re.search(r"[`*\\!<>\n\r|~^&\"'=()@#]|https?:", title), title
    assert_harmless(render.changes_table(made.changes))
    _promoted(dice)
    _answered(dice)
    _summed(dice)


def _body(body: str, mark: str) -> None:
    assert_harmless(body, mark)
    assert len(body.encode("utf-16-le", "surrogatepass")) // 2 <= render.BODY_LIMIT


def _change(dice: Dice) -> Change:
    rule = dice.of(sorted(RULES))
    level = dice.of((Level.ERROR, Level.WARNING, Level.INFO))
    at = dice.of(((), ("schema", 0)))
    sides = dice.value(), dice.value()
    return Change(rule, dice.text(), level, dice.of(list(Bump)), *sides, at, dice.text())


def _promoted(dice: Dice) -> None:
    versions = [(dice.text(), "1.0.0", "active") for _ in range(dice.below(3) + 1)]
    texts = [dice.text() for _ in versions]
    body = render.promotion_body(versions, texts, dice.text())
    assert_harmless(body, body.strip().rpartition("\n")[2])
    assert render.promotion_in(body) is not None


def _answered(dice: Dice) -> None:
    command = steward.parse(f"/gitdraft {dice.text()}")
    if command is None:
        return
    answer = steward.Answer(dice.one_in(2), render.prose(dice.text()))
    before = steward.answers(None, 1, command, dice.text(), answer)
    said = steward.answers(before, 2, command, dice.text(), answer)
    marks = ("<!-- 1 -->", "<!-- 2 -->", steward.MARKER)
    lines = [token for token in parsed(said) if token.type == "list_item_open"]
    assert len(lines) == 2, said
    assert_harmless(said, *marks, also=frozenset({"html_inline"}))


def _summed(dice: Dice) -> None:
    found = Finding(dice.of(sorted(RULES)), Level.ERROR, dice.text(), dice.text(), 1, 2)
    checked = Checked(dice.text(), dice.text(), "edited", dice.text(), dice.text(), None, None)
    _reported(Report((replace(checked, findings=(found,)),)))


# -- All of them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A function of bytes, and inputs to begin with."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...] = ()


def _dice_seeds() -> tuple[bytes, ...]:
    return tuple(bytes((start * 31 + n * n * 7) % 256 for n in range(160)) for start in range(6))


def _mixed(data: bytes) -> None:
    target = (
        list(TARGETS.values())[data[0] % len(TARGETS)] if data else next(iter(TARGETS.values()))
    )
    target.run(data[1:])


def mixed() -> Target:
    """Return all targets as one, which the first byte chooses: one process to start, not many."""
    begin = [(number, seed) for number, each in enumerate(TARGETS.values()) for seed in each.seeds]
    return Target(_mixed, tuple(bytes([number]) + seed for number, seed in begin))


TARGETS: Mapping[str, Target] = {
    "contract-text": Target(contract_text, tuple(text.encode() for text in seeds.CONTRACTS)),
    "contract-edits": Target(contract_edits, _dice_seeds()),
    "sniffing": Target(sniffed, _dice_seeds()),
    "check": Target(checking, _dice_seeds()),
    "observation-text": Target(observation_text, (json.dumps(seeds.OBSERVATION).encode(),)),
    "observation": Target(observation, _dice_seeds()),
    "sources": Target(sources, _dice_seeds()),
    "schemas": Target(schemas, _dice_seeds()),
    "quality": Target(quality_results, _dice_seeds()),
    "config-text": Target(config_text, (_dumped(seeds.CONFIG),)),
    "config": Target(config, _dice_seeds()),
    "names": Target(names, _dice_seeds()),
    "event-text": Target(event_text, tuple(json.dumps(each).encode() for each in seeds.EVENTS)),
    "event": Target(event, _dice_seeds()),
    "trailers-text": Target(
        trailers_text, (provenance.message("orders 1.3.0", "Drafted.", ORIGIN).encode(),)
    ),
    "trailers": Target(trailers, _dice_seeds()),
    "markdown": Target(markdown, _dice_seeds()),
}
