"""Every error this package raises on purpose, and the exit code the command line gives it.

::

    GitdraftError
    ├ InputError 2      what was given cannot be used: mend it and run again
    │  ├ ConfigError       `.gitdraft.yaml`, options, environment
    │  ├ ContractError     a contract document
    │  └ ObservationError  a source of data, or an Observation
    ├ RemoteError 3     git or the forge failed: running again may help
    │  ├ GitError
    │  └ ForgeError
    │  │  └ ForbiddenError  this token may not do it: another one may
    │  └ HandingError      a hook did not take a promoted version
    ├ OutputError 3     the result cannot be written: the disk is full, the stream closed
    └ LifecycleError 4  the contract's life does not allow it now
       ├ EditedDraftError      people's work stands in the way
       ├ NothingPromotedError  a merged draft that promotes nothing
       └ BlockedError          data that a contract does not let pass

A message is one sentence for a person: what is wrong, where, and what to do.
Anything else that reaches the boundary is a bug (exit 70).
"""

from __future__ import annotations


class GitdraftError(Exception):
    """Base of all; never raised itself."""

    exit_code = 70


class InputError(GitdraftError):
    """Something given to the tool cannot be used.

    `where` names the file, option or source; `line` and `column` count from 1.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = [str(part) for part in (self.where, self.line, self.column) if part is not None]
        return f"{':'.join(place)}: {self.message}" if place else self.message


class ConfigError(InputError):
    """The configuration, an option or the environment."""


class ContractError(InputError):
    """A contract document, or the id of one."""


class ObservationError(InputError):
    """A source of data that cannot be observed, or an Observation that cannot be read."""


class RemoteError(GitdraftError):
    """Git or the forge failed; a retry may help."""

    exit_code = 3


class GitError(RemoteError):
    """A Git command failed."""


class StaleRefError(GitError):
    """A ref was not where it was expected to be: somebody else moved it first."""


class RefusedError(GitError):
    """The remote was reached, and its rules do not let these refs move: a protected branch, a hook.

    `refs` are full names.
    """

    def __init__(self, message: str, refs: frozenset[str]) -> None:
        super().__init__(message)
        self.refs = refs


class ForgeError(RemoteError):
    """The forge refused or did not answer."""


class ForbiddenError(ForgeError):
    """The forge says that whoever asks has no right to it."""


class HandingError(RemoteError):
    """A promoted version could not be handed on; the next run does it."""


class OutputError(GitdraftError):
    """The result cannot be written to standard output; what was done stays done."""

    exit_code = 3


class LifecycleError(GitdraftError):
    """The state of a draft or a contract does not allow what was asked."""

    exit_code = 4


class EditedDraftError(LifecycleError):
    """People's commits would be lost or contradicted."""


class NothingPromotedError(LifecycleError):
    """A draft was merged, and no contract version came out of it."""


class BlockedError(LifecycleError):
    """Data was not written, or is not to be read: its contract does not let it pass."""
