"""What stands beside the schema: servers, service levels, roles, team, support, price."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dc43_gitdraft.changes.core import Finding, Pair, Part, by_key, dotted, equal, mappings, walk
from dc43_gitdraft.changes.pairing import Entry, Identity, key, pair

_Inner = Callable[[Pair], Iterator[Finding]]


def listing(
    under: str,
    identities: tuple[Identity, ...],
    label: str,
    added: str,
    removed: str,
    inner: _Inner,
) -> Part:
    """Return the part for a list of things with identities: one finding for each that differs."""

    def name(path: str, entry: Entry) -> str:
        value = entry[1].get(label) or entry[1].get("id")
        return dotted(path, value if isinstance(value, str) else entry[0])

    def finder(both: Pair) -> Iterator[Finding]:
        path = dotted(both.path, under)
        old, new = mappings(both.old.get(under)), mappings(both.new.get(under))
        if old is None or new is None:
            yield both.found("unclaimed-change", under, path=path)
            return
        count = 0
        for before, after in pair(old, new, *identities).merged():
            if before is None and after is not None:
                found: Iterator[Finding] = iter(
                    [
                        Finding(
                            added,
                            name(path, after),
                            (*both.new_at, under, after[0]),
                            None,
                            after[1],
                        )
                    ]
                )
            elif before is not None and after is None:
                at = (*both.old_at, under, before[0])
                found = iter([Finding(removed, name(path, before), at, before[1], None)])
            elif before is not None and after is not None and not equal(before[1], after[1]):
                old_at, new_at = (*both.old_at, under, before[0]), (*both.new_at, under, after[0])
                found = inner(Pair(before[1], after[1], name(path, after), old_at, new_at))
            else:
                continue
            count += 1
            yield from found
        if not count:
            yield both.found("documentation-changed", under, path=path, message="another order")

    return (under,), finder


_ROLE: tuple[Part, ...] = (
    by_key("role-access-changed", "access"),
    by_key("role-approver-changed", "firstLevelApprovers", "secondLevelApprovers"),
    by_key("documentation-changed", "id", "role", "description", "customProperties"),
)
ROLES = listing(
    "roles", (key("id"), key("role")), "role", "role-added", "role-removed",
    lambda role: walk(role, _ROLE),
)  # fmt: skip

_SERVER: tuple[Part, ...] = (
    by_key("server-type-changed", "type"),
    by_key("server-format-changed", "format", "delimiter", "encoding"),
    by_key("server-environment-changed", "environment"),
    by_key("documentation-changed", "id", "description", "customProperties"),
    ROLES,
)
_SERVER_KEYS = frozenset(name for names, _ in _SERVER for name in names)


def _server(both: Pair) -> Iterator[Finding]:
    # What the standard's forty kinds of server say otherwise is where the data is.
    places = [name for name in {**both.new, **both.old} if name not in _SERVER_KEYS]
    yield from walk(both, (*_SERVER, by_key("server-location-changed", *places)))


SERVERS = listing(
    "servers", (key("id"), key("server")), "server", "server-added", "server-removed", _server
)

_LARGER_IS_LOOSER = frozenset({"latency", "ly", "frequency", "fy", "timeofavailability"})
_SMALLER_IS_LOOSER = frozenset(
    {"retention", "re", "availability", "av", "throughput", "th", "generalavailability", "ga"}
)
#: Units of time in seconds; the ones of ODCS' examples and of ISO 8601's names.
_SECONDS: Mapping[str, float] = {
    name: seconds
    for names, seconds in (
        (("s", "sec", "second", "seconds"), 1.0),
        (("min", "minute", "minutes"), 60.0),
        (("h", "hr", "hour", "hours"), 3600.0),
        (("d", "day", "days"), 86400.0),
        (("w", "week", "weeks"), 604800.0),
        (("mo", "month", "months"), 2629746.0),
        (("y", "yr", "year", "years"), 31556952.0),
    )
    for name in names
}
_SLA_VALUES = ("value", "valueExt", "unit", "property", "element", "driver")


def _sla(both: Pair) -> Iterator[Finding]:
    values = [name for name in _SLA_VALUES if both.differs(name)]
    if values:
        old = {name: both.old[name] for name in _SLA_VALUES if name in both.old}
        new = {name: both.new[name] for name in _SLA_VALUES if name in both.new}
        rule = f"sla-{_sla_step(both, values)}"
        yield both.found(rule, before=old, after=new, message=", ".join(values) + " changed")
    yield from walk(
        both,
        (
            (_SLA_VALUES, lambda _pair: iter(())),
            by_key("documentation-changed", "id", "description", "schedule", "scheduler"),
            by_key("documentation-changed", "customProperties", "authoritativeDefinitions"),
        ),
    )


def _sla_step(both: Pair, values: list[str]) -> str:
    name = str(both.new.get("property")).lower()
    old, new = _amount(both.old), _amount(both.new)
    if (
        old is None
        or new is None
        or old == new
        or old[1] != new[1]
        or not set(values) <= {"value", "unit"}
    ):
        return "changed-unknown-direction"
    if name in _LARGER_IS_LOOSER:
        return "loosened" if new > old else "tightened"
    if name in _SMALLER_IS_LOOSER:
        return "loosened" if new < old else "tightened"
    return "changed-unknown-direction"


def _amount(sla: Mapping[str, Any]) -> tuple[float, str] | None:
    """Return the value as a number and its unit; units of time are all seconds."""
    value, unit = sla.get("value"), sla.get("unit", "")
    try:
        number = float(value) if isinstance(value, (int, float, str)) else None
    except ValueError:
        return None
    if number is None or isinstance(value, bool):
        return None
    unit = str(unit).lower()
    return (number * _SECONDS[unit], "s") if unit in _SECONDS else (number, unit)


def _sla_identity(entry: Mapping[str, Any]) -> tuple[str, str, str] | None:
    if not isinstance(entry.get("property"), str):
        return None
    return entry["property"], str(entry.get("element")), str(entry.get("driver"))


SLA = listing(
    "slaProperties", (key("id"), _sla_identity, key("property")), "property",
    "sla-added", "sla-removed", _sla,
)  # fmt: skip


def _member(both: Pair) -> Iterator[Finding]:
    yield both.found("team-member-changed", before=dict(both.old), after=dict(both.new))


_MEMBER_IDS = (key("id"), key("username"))
_MEMBERS = listing(
    "members", _MEMBER_IDS, "username", "team-member-changed", "team-member-changed", _member
)
_TEAM_LIST = listing(
    "team", _MEMBER_IDS, "username", "team-member-changed", "team-member-changed", _member
)
_TEAM: tuple[Part, ...] = (
    _MEMBERS,
    by_key("documentation-changed", "id", "name", "description", "tags"),
    by_key("documentation-changed", "customProperties", "authoritativeDefinitions"),
)
_OWNERS = ("owner", "steward")


def _team(both: Pair) -> Iterator[Finding]:
    """Compare teams: lists of members before ODCS 3.1, objects with members since."""
    old, new = both.old.get("team"), both.new.get("team")
    if _owners(old) and not _owners(new):
        yield both.found("last-owner-removed", path="team", before=_owners(old))
    if all(value is None or isinstance(value, list) for value in (old, new)):
        yield from _TEAM_LIST[1](both)
        return
    before = {"members": old} if isinstance(old, list) else old or {}
    after = {"members": new} if isinstance(new, list) else new or {}
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield both.found("unclaimed-change", "team", path="team")
        return
    if equal(before, after):
        yield both.found("documentation-changed", "team", path="team", message="another form")
    else:
        yield from walk(both.child("team", before, after, "team"), _TEAM)


def _owners(team: Any) -> list[str]:
    members = mappings(team.get("members") if isinstance(team, dict) else team) or []
    return [
        str(member.get("username"))
        for _, member in members
        if not member.get("dateOut")
        and any(word in str(member.get("role", "")).lower() for word in _OWNERS)
    ]


TEAM: Part = (("team",), _team)


def _channel(both: Pair) -> Iterator[Finding]:
    yield from walk(both, (by_key("documentation-changed", *{**both.new, **both.old}),))


SUPPORT = listing(
    "support", (key("id"), key("channel")), "channel",
    "documentation-changed", "support-channel-removed", _channel,
)  # fmt: skip


def _price(both: Pair) -> Iterator[Finding]:
    old, new = both.old.get("price") or {}, both.new.get("price") or {}
    if not (isinstance(old, dict) and isinstance(new, dict)):
        yield both.found("unclaimed-change", "price", path="price")
        return
    inner = both.child("price", old, new, "price")
    names = [name for name in {**new, **old} if inner.differs(name)]
    for name in names:
        rule = "documentation-changed" if name == "id" else "price-changed"
        yield inner.found(rule, name, path=dotted("price", name))
    if not names:
        yield both.found("documentation-changed", "price", path="price", message="no price")


PRICE: Part = (("price",), _price)
