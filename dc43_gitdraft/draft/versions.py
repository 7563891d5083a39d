"""The version that comes next."""

from __future__ import annotations

from collections.abc import Sequence

from semver import Version

from dc43_gitdraft.errors import ConfigError, ContractError
from dc43_gitdraft.model import Bump, Policy


def next_version(base: str | None, bump: Bump, policy: Policy) -> str:
    """Return the version after `base`, or the first one, which comes after all that are taken too.

    Where people took a contract back, or its file out, later versions than its own are promoted.

    Raises ContractError where `base` is not a semantic version.
    """
    if base is None:
        version = _first(policy.first_version)
        step = Bump.MINOR
    else:
        step = max(bump, Bump.PATCH)
        version = bumped(parse(base), step)
    last = max((Version.parse(each) for each in policy.taken), default=None)
    if last is not None and last >= version:
        version = bumped(last, step)
    return str(version)


def parse(text: str) -> Version:
    """Parse a contract's version, or say how it would have to be written."""
    try:
        return Version.parse(text)
    except ValueError:
        wanted = _suggested(text)
        hint = f": write '{wanted}'" if wanted else ", such as 1.0.0"
        raise ContractError(f"version '{text}' is not a semantic version{hint}") from None


def _suggested(text: str) -> str | None:
    """Return what a version such as `1.0` or `v2.1.0` should have been."""
    plain = text.strip().lstrip("vV")
    try:
        return str(Version.parse(plain, optional_minor_and_patch=True))
    except ValueError:
        return None


def _first(text: str) -> Version:
    try:
        return Version.parse(text)
    except ValueError:
        raise ConfigError(f"first-version '{text}' is not a semantic version") from None


def bumped(version: Version, step: Bump) -> Version:
    """Take one step; a pre-release becomes the release that it precedes, where that is enough."""
    released = version.finalize_version()
    if version.prerelease and step <= _step_to(released):
        return released
    steps = {Bump.PATCH: released.bump_patch, Bump.MINOR: released.bump_minor}
    return steps.get(step, released.bump_major)()


def _step_to(released: Version) -> Bump:
    if released.patch:
        return Bump.PATCH
    return Bump.MINOR if released.minor else Bump.MAJOR


def chosen(base: str, made: str, edits: Sequence[tuple[str, str]]) -> str:
    """Return the version of a draft on which people wrote others, as (before, after).

    Theirs counts where it is higher; also a lower one, where they chose it instead of the very one
    that would be written now. What is no version above `base` counts for nothing.
    """
    version = made
    for before, after in edits:
        if before == after or not Version.is_valid(after) or parse(after) <= parse(base):
            continue
        if before == version or parse(after) > parse(version):
            version = after
    return version
