"""The step that two versions declare, beside the one that the changes between them imply."""

from __future__ import annotations

from semver import Version

from dc43_gitdraft.model import Bump


def declared_bump(old: str, new: str) -> Bump | None:
    """Return the step from one version to the other.

    None where either is no semantic version, or the new one is lower. A pre-release counts as the
    release that it precedes, so that 2.0.0-rc.1 to 2.0.0 is major, as is 1.4.0 to 2.0.0-rc.1.
    """
    if not (Version.is_valid(old) and Version.is_valid(new)):
        return None
    before, after = Version.parse(old), Version.parse(new)
    if after < before:
        return None
    if after == before:
        return Bump.NONE
    if after.major != before.major:
        return Bump.MAJOR
    if after.minor != before.minor:
        return Bump.MINOR
    if after.patch != before.patch:
        return Bump.PATCH
    if after.patch:
        return Bump.PATCH
    return Bump.MINOR if after.minor else Bump.MAJOR
