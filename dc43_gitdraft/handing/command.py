"""A command that takes promoted versions: the contract on its standard input, facts around it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from dc43_gitdraft.errors import ConfigError, HandingError
from dc43_gitdraft.handing import VARIABLE, Handed
from dc43_gitdraft.names import one_line, slug

#: In seconds.
_PATIENCE = 300.0
#: In characters: what is told of what the command said.
_SAID = 300
#: In bytes: what is read of it.
_READ = 16_384
#: What is ours to know: the command gets a secret by a variable of its own. Hooks may hold one.
_SECRETS = re.compile(
    rf"(?:GITHUB|GH)_(?:ENTERPRISE_)?TOKEN|{VARIABLE}|GITDRAFT_APP_.*"
    r"|GITDRAFT_.*(?:SECRET|TOKEN|KEY|AUTH|PASSWORD).*"
)


class Command:
    """Runs a program, without a shell, for each version; its exit code 0 says that it is taken.

    It is given the contract's text on standard input and in the file GITDRAFT_FILE; its id,
    version, status, tag and commit are in GITDRAFT_CONTRACT, GITDRAFT_VERSION, GITDRAFT_STATUS,
    GITDRAFT_TAG and GITDRAFT_COMMIT, and in GITDRAFT_ID what is the same each time this version is
    handed on. No token of this program's is in its environment.
    """

    #: How long the program may take, in seconds.
    patience = _PATIENCE

    def __init__(self, argument: str, *, name: str) -> None:
        """Raise ConfigError where no program is named."""
        try:
            self._argv = shlex.split(argument)
        except ValueError as error:
            raise ConfigError(f"the command of the hook {name!r} is not understood: {error}") from (
                error
            )
        if not self._argv:
            raise ConfigError(f"the hook {name!r} names no program: write it behind `command:`")
        self._shown = one_line(Path(self._argv[0]).name, 60)

    def hand(self, version: Handed) -> None:
        """Run the program. Raises HandingError where it cannot be run or fails."""
        with TemporaryDirectory(prefix="gitdraft-") as folder:
            file = Path(folder, f"{slug(version.contract)}.odcs.yaml")
            file.write_bytes(version.text.encode())
            # Not a pipe: what the program leaves running could hold that open.
            with Path(folder, "said").open("w+b") as said:
                code = self._run(version, file, said)
                said.seek(-min(said.seek(0, os.SEEK_END), _READ), os.SEEK_END)
                lines = said.read().decode("utf-8", "replace").split("\n")
        if code != 0:
            last = next((line for line in reversed(lines) if line.strip()), "")
            told = f": {one_line(last, _SAID)}" if last else ""
            raise HandingError(f"{self._shown} ended with {code}{told}")

    def _run(self, version: Handed, file: Path, said: IO[bytes]) -> int:
        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=_environment(version, file),
                start_new_session=True,
            )
        except OSError as error:
            raise HandingError(f"{self._shown} cannot be run: {error.strerror or error}") from error
        with process:
            try:
                process.communicate(version.text.encode(), self.patience)
            except subprocess.TimeoutExpired:
                _kill(process)
                raise HandingError(
                    f"{self._shown} did not end within {self.patience:.0f} seconds"
                ) from None
            except BaseException:
                _kill(process)
                raise
        return process.returncode

    def close(self) -> None:
        """Nothing is left open."""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program, and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _environment(version: Handed, file: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _SECRETS.fullmatch(name)}
    return {
        **kept,
        "GITDRAFT_ID": version.id,
        "GITDRAFT_CONTRACT": version.contract,
        "GITDRAFT_VERSION": version.version,
        "GITDRAFT_STATUS": version.status,
        "GITDRAFT_TAG": version.tag,
        "GITDRAFT_COMMIT": version.commit,
        "GITDRAFT_FILE": str(file),
    }
