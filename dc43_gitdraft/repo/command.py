"""Running git: its environment, its errors, and nothing of the caller's secrets in either.

GitPython starts every process of this package here.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from subprocess import PIPE, Popen
from typing import IO, cast
from urllib.parse import urlsplit

from dc43_gitdraft.errors import ConfigError, GitError

#: A secret, or what returns one that is valid now: those of a GitHub App expire.
Token = str | Callable[[], str]

#: `merge-tree --write-tree` came with it.
OLDEST_GIT = (2, 38)

#: Longest sentence of git or of a remote that an error repeats.
LONGEST_SENTENCE = 1000

#: What a caller's environment may say to git: how to reach and trust remotes, which configuration
#: files to read. The rest (GIT_DIR, GIT_INDEX_FILE, ...) belongs to some other repository.
_KEPT = frozenset(
    {
        "GIT_ALLOW_PROTOCOL",
        "GIT_ASKPASS",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_EXEC_PATH",
        "GIT_PROXY_COMMAND",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "GIT_SSL_CERT",
        "GIT_SSL_KEY",
        "GIT_SSL_NO_VERIFY",
    }
)

_ALWAYS = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    # Reflogs need somebody, and the machine may not know anybody.
    "GIT_COMMITTER_NAME": "dc43-gitdraft",
    "GIT_COMMITTER_EMAIL": "dc43-gitdraft@users.noreply.github.com",
}

_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    # Two runs at once wait for each other's ref locks instead of failing.
    "core.filesRefLockTimeout=2000",
    "core.packedRefsTimeout=2000",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
    "push.followTags=false",
    "push.gpgSign=false",
    "fetch.recurseSubmodules=false",
    # No helper programs (ext::, fd::).
    "protocol.allow=never",
    *(f"protocol.{name}.allow=always" for name in ("file", "git", "http", "https", "ssh")),
    # A dead connection ends after a minute.
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
)

#: No clone has it in its own settings: who does not ask for it is told what is missing.
_LAZY = ("remote.origin.promisor=true", "remote.origin.partialCloneFilter=blob:none")


@dataclass(frozen=True, slots=True)
class Result:
    """How one git process ended."""

    status: int
    out: bytes
    error: str

    @property
    def text(self) -> str:
        """Standard output without its last line end."""
        return self.out.decode("utf-8", "replace").rstrip("\n")


@dataclass(frozen=True, slots=True)
class Running:
    """A started git and its three pipes."""

    process: Popen[bytes]
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def finish(self, data: bytes = b"") -> Result:
        """Send the rest of the input and wait for the end."""
        try:
            out, error = self.process.communicate(data)
        except BrokenPipeError:
            out, error = b"", b""
        except BaseException:
            # Interrupted: git must not go on by itself, in a clone that is about to be deleted.
            self.process.terminate()
            self.process.wait()
            raise
        return Result(self.process.wait(), out, error.decode("utf-8", "replace"))


def clean(text: str, longest: int = LONGEST_SENTENCE) -> str:
    """Make text of git or of a remote fit for a message: one bounded line, no controls."""
    line = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", text)
    line = "".join(c if c.isprintable() else " " for c in line)
    line = re.sub(r"\s+", " ", line).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git for one repository.

    `git_dir` None lets git look for the repository around the folder `cwd`. `token` authenticates
    over HTTP against `url`; it lives in the environment of the processes only. With `lazy`, git
    fetches by itself what a clone left out. `objects` are another place to write objects to, and
    one more to look for them.
    """

    git_dir: str | None = None
    cwd: str | None = None
    url: str | None = None
    token: Token | None = field(default=None, repr=False)
    lazy: bool = False
    objects: tuple[str, str] | None = None

    def at(self, folder: str) -> Git:
        """Return a runner that finds its repository from a work tree."""
        return Git(cwd=folder, url=self.url, token=self.token)

    def start(self, *args: str, work_tree: bool = False) -> Running:
        """Start git, with pipes to all three of its streams.

        `work_tree` lets git know that the repository has one; else it would take the current
        directory for it, and obey attributes and prefixes found there.
        """
        env = self._environment()
        command = ["git"]
        for setting in (*_CONFIG, *(_LAZY if self.lazy else ())):
            command += ["-c", setting]
        if self.git_dir is not None:
            command += [f"--git-dir={self.git_dir}", *([] if work_tree else ["--bare"])]
        if self.cwd is not None:
            command += ["-C", self.cwd]
        command += args
        foreign = _foreign(env)
        if foreign:
            # GitPython always hands the whole environment on; env(1) can take names away.
            unset = [word for name in foreign for word in ("-u", name)]
            command = ["env", *unset, *command]
        # Never in the caller's directory: it may be gone, and git obeys .gitattributes in it.
        return _spawner()(command, self.git_dir or self.cwd or "/", env)

    def run(self, *args: str, stdin: bytes = b"", work_tree: bool = False) -> Result:
        """Run git to its end, whatever its exit status."""
        return self.start(*args, work_tree=work_tree).finish(stdin)

    def ask(
        self,
        *args: str,
        stdin: bytes = b"",
        doing: str | None = None,
        work_tree: bool = False,
    ) -> Result:
        """Run git to its end; a failure is a GitError."""
        result = self.run(*args, stdin=stdin, work_tree=work_tree)
        if result.status != 0:
            raise self.failure(result, doing or f"git {args[0]}")
        return result

    def failure(self, result: Result, doing: str) -> GitError:
        """Turn a failed run into the error to raise."""
        said = clean(self.scrub(result.error)) or f"exit status {result.status}"
        if result.status < 0:
            said = f"killed by signal {-result.status}"
        # Git explains what one left behind by a killed git means in five sentences.
        lock = re.search(r"Unable to create '(.+?\.lock)': File exists", said)
        if lock is not None:
            said = f"{lock[1]} is in the way: delete it if no git is at work there, and run again"
        return GitError(f"{doing} failed: {said}")

    def scrub(self, text: str) -> str:
        """Take the token, in every spelling of it, out of a text."""
        if self.token:
            token = self._secret()
            for secret in (_basic(token), token):
                text = text.replace(secret, "***")
        return re.sub(r"(\w+://)[^/@\s:]*:[^/@\s]*@", r"\1***@", text)

    def _secret(self) -> str:
        return self.token() if callable(self.token) else self.token or ""

    def _environment(self) -> dict[str, str]:
        env = dict(_ALWAYS)
        if self.objects is not None:
            env["GIT_OBJECT_DIRECTORY"], more = self.objects
            # It is a list: a path with a colon must be quoted, as in C.
            more = more.replace("\\", r"\\").replace('"', r"\"")
            env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = f'"{more}"'
        count = _inherited_config_count()
        if self.token and self.url:
            env[f"GIT_CONFIG_KEY_{count}"] = f"http.{_origin(self.url)}.extraHeader"
            env[f"GIT_CONFIG_VALUE_{count}"] = f"Authorization: Basic {_basic(self._secret())}"
            count += 1
        if count:
            env["GIT_CONFIG_COUNT"] = str(count)
        return env


def check_version() -> None:
    """Refuse a git that cannot do what is needed.

    Raises ConfigError.
    """
    version = _version()
    if version < OLDEST_GIT:
        found = ".".join(map(str, version))
        wanted = ".".join(map(str, OLDEST_GIT))
        raise ConfigError(f"git {found} is too old: install git {wanted} or newer")


@lru_cache(maxsize=1)
def _version() -> tuple[int, ...]:
    said = Git().ask("version").text
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if match is None:
        raise ConfigError(f"git --version says {clean(said)!r}: install git 2.38 or newer")
    return tuple(int(part) for part in match.groups() if part)


def _foreign(env: dict[str, str]) -> list[str]:
    """List the GIT_* variables of the caller that git must not see."""
    kept_config = re.compile(r"GIT_CONFIG_(KEY|VALUE)_\d+")
    return sorted(
        name
        for name in os.environ
        if name.startswith("GIT_")
        and name not in env
        and name not in _KEPT
        and not kept_config.fullmatch(name)
    )


def _inherited_config_count() -> int:
    count = os.environ.get("GIT_CONFIG_COUNT", "")
    return int(count) if count.isdecimal() else 0


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode("ascii")


_Spawner = Callable[[Sequence[str], str, "dict[str, str]"], Running]


@lru_cache(maxsize=1)
def _spawner() -> _Spawner:
    if shutil.which("git") is None:
        raise ConfigError("git is not installed, or not in PATH: install git 2.38 or newer")
    from git.cmd import Git as GitPython

    def spawn(command: Sequence[str], cwd: str, env: dict[str, str]) -> Running:
        started = GitPython(cwd).execute(
            list(command), istream=PIPE, as_process=True, shell=False, env=env
        )
        # GitPython's wrapper kills the process when it is collected; ours end theirs themselves.
        process, started.proc = cast("Popen[bytes]", started.proc), None
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise GitError("git was started without pipes")
        return Running(process, process.stdin, process.stdout, process.stderr)

    return spawn
