"""Observations that could not be published, kept in a directory until a later run can.

One file an Observation, below a folder for the repository and one for the contract:
`<repository>/<contract>/<time>-<digest>.json`. `dc43-gitdraft draft --from observation:FILE`
publishes one by hand.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation
from dc43_gitdraft.names import slug
from dc43_gitdraft.observe import from_json, to_json

#: Names the outbox for jobs that are not told one.
VARIABLE = "GITDRAFT_OUTBOX"

_ENDING = ".json"


def default_outbox() -> Path:
    """Return the directory that the environment names, else one where programs keep their state."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(state) / "dc43-gitdraft" / "outbox"


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outbox of one contract of one repository.

    `repository` is its path or URL as the job names it, and is never opened here.
    """

    folder: Path
    repository: str
    contract: str

    @property
    def _place(self) -> Path:
        return self.folder / slug(self.repository) / slug(self.contract)

    def keep(self, observation: Observation) -> Path:
        """Write the Observation into a file of its own, complete or not at all.

        Raises OSError.
        """
        text = to_json(observation)
        moment = (observation.observed_at or datetime.now(timezone.utc)).astimezone(timezone.utc)
        name = f"{moment:%Y%m%dT%H%M%S}-{hashlib.sha256(text.encode()).hexdigest()[:16]}{_ENDING}"
        self._place.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=self._place, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            kept = self._place / name
            Path(unfinished).replace(kept)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
        return kept

    def waiting(self) -> Iterator[tuple[Path, Observation | ObservationError]]:
        """Yield what is kept, the oldest first; the error where a file cannot be read."""
        if not self._place.is_dir():
            return
        for path in sorted(self._place.glob(f"[!.]*{_ENDING}")):
            try:
                yield path, from_json(path.read_text("utf-8"), str(path))
            except FileNotFoundError:
                continue  # Another job has published it.
            except (OSError, UnicodeDecodeError) as error:
                yield path, ObservationError(f"cannot be read: {error}", where=str(path))
            except ObservationError as error:
                yield path, error

    def superseded(self) -> Iterator[Path]:
        """Yield what a later Observation of the same dataset says as well, but for counts."""
        said: set[object] = set()
        for path, seen in reversed(list(self.waiting())):
            if isinstance(seen, Observation):
                if (saying := _saying(seen)) in said:
                    yield path
                said.add(saying)

    def done(self, path: Path) -> None:
        """Forget one that was published; another job may have done so already."""
        path.unlink(missing_ok=True)


def _saying(seen: Observation) -> object:
    """Return what a draft is made from, without counts and times."""
    types = tuple(
        (each.name, each.type.physical or repr(each.type), bool(each.nulls))
        for each in seen.properties
    )
    failed = frozenset((each.rule, each.property, each.verdict) for each in seen.quality)
    return seen.dataset.id, seen.object, types, failed
