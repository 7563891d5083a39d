"""What a runner's machine has: a package index, and the tool where a job has installed it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Machine:
    """`variables` let pip find this tree as a release, and its dependencies, without a network."""

    folder: Path
    variables: dict[str, str]

    @classmethod
    def make(cls, folder: Path) -> Machine:
        """Build a wheel of this tree, as a release of it would be."""
        libraries = folder / "libraries"
        libraries.mkdir()
        for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
            # All that is installed here but this project itself.
            if "dc43" not in path.name and path.suffix != ".pth":
                (libraries / path.name).symlink_to(path)
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"),
                *("--no-build-isolation", "--wheel-dir", str(folder / "index"), str(ROOT)),
            ],
            check=True,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
        python = Path(sys.executable).parent
        return cls(
            folder,
            {
                "PATH": os.pathsep.join([str(_only_python(folder, python)), os.environ["PATH"]]),
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_FIND_LINKS": str(folder / "index"),
                "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say: no isolation
                "PIP_NO_INDEX": "1",
                "PYTHONPATH": str(libraries),
            },
        )


def _only_python(folder: Path, where: Path) -> Path:
    """Return a folder whose python3 is the one of the tests, and that has no tool in it."""
    place = folder / "bin"
    place.mkdir()
    (place / "python3").symlink_to(where / "python3")
    return place
