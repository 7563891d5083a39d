"""What the machine has: Git, and room for clones."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from dc43_gitdraft.doctor import Check, Health
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.repo.clones import cache_root
from dc43_gitdraft.repo.command import Git, check_version


def git() -> Check:
    """Look for a Git that can do what is needed."""
    try:
        check_version()
    except ConfigError as error:
        return Check("git", Health.FAIL, str(error))
    return Check("git", Health.OK, Git().run("version").text)


def cache() -> Check:
    """Look where clones are kept between runs."""
    name = "cache"
    root = cache_root()
    if root is None:
        return Check(name, Health.OK, "none: every run clones anew")
    existing = next((path for path in (root, *root.parents) if path.exists()), Path("/"))
    mend = "name another folder with GITDRAFT_CACHE, or `off`"
    try:
        # Rights alone do not tell: a file system may be read-only, or none that keeps files.
        with TemporaryDirectory(dir=existing, prefix="gitdraft-"):
            pass
    except OSError:
        return Check(name, Health.WARN, f"{root} cannot be written: every run clones anew", mend)
    return Check(name, Health.OK, f"{root}{'' if root == existing else ', which is not made yet'}")
