"""One target under atheris: `python -m fuzz.harness TARGET OPTION...`, run by `python -m fuzz`."""

from __future__ import annotations

import sys

import atheris

# Only what is imported here counts as covered or not.
with atheris.instrument_imports(include=["dc43_gitdraft"]):
    from fuzz.targets import TARGETS, mixed

if __name__ == "__main__":
    program, name, *options = sys.argv
    target = mixed() if name == "mixed" else TARGETS[name]
    atheris.Setup([program, *options], target.run)
    atheris.Fuzz()
