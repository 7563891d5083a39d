"""Fuzzes targets until something is wrong, or as long as libFuzzer's options say.

    pip install -e '.[test,fuzz]'
    cd tests && python -m fuzz TARGET... [-max_total_time=600] [-runs=N]
    cd tests && python -m fuzz TARGET CRASH-FILE

Without a TARGET it lists them; `all` is each of them in turn, `mixed` all of them at once. What
goes wrong is shown and written to a file here; the second form runs it again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fuzz.seeds import TOKENS
from fuzz.targets import TARGETS, mixed

#: In seconds. A bug may be that it takes long, but a loaded machine takes long too.
_TIMEOUT = 120
_MEMORY = 4096
_LONGEST = 4096


def main(arguments: Sequence[str]) -> int:
    """Fuzz each target in a process of its own, which leaves nothing behind."""
    options = [each for each in arguments if each.startswith("-")]
    files = [each for each in arguments if each not in options and Path(each).is_file()]
    chosen = [each for each in arguments if each not in (*options, *files)]
    chosen = list(TARGETS) if chosen == ["all"] else chosen
    if not chosen or any(name not in TARGETS and name != "mixed" for name in chosen):
        sys.stderr.write(f"{__doc__}\nTARGET is one of {', '.join(TARGETS)}\n")
        return 2
    return max(fuzz(name, [*options, *files]) for name in chosen)


def fuzz(name: str, options: Sequence[str]) -> int:
    """Fuzz one target; 0 where nothing was found."""
    with tempfile.TemporaryDirectory(prefix="gitdraft-fuzz-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        target = mixed() if name == "mixed" else TARGETS[name]
        for number, seed in enumerate(target.seeds):
            Path(corpus, str(number)).write_bytes(seed)
        words = Path(folder, "words")
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in TOKENS), "ascii")
        limits = [
            *(f"-timeout={_TIMEOUT}", f"-rss_limit_mb={_MEMORY}", f"-max_len={_LONGEST}"),
            "-len_control=0",
            *([f"-dict={words}"] if name.endswith("-text") or name == "mixed" else []),
        ]
        given = any(not each.startswith("-") for each in options)
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.harness", name, *limits, *options]
            + ([] if given else [str(corpus)]),
            env={**os.environ, "TMPDIR": folder, "PYTHONHASHSEED": "0"},
            check=False,
        )
    return done.returncode


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
