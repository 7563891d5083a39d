"""The machine that a job runs on: its files, its variables, its steps."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from support.actions.expressions import evaluate, interpolate
from support.github import GitHub

#: What starts a workflow where `on` names no types.
_TYPES = {"pull_request": ["opened", "synchronize", "reopened"]}
_SOMEBODY = ("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com")
_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


@dataclass
class Ran:
    """How a job ended: `out` is all that its steps printed, `outputs` by step id."""

    code: int = 0
    out: str = ""
    summary: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Every `run:` that was executed, by what it is a part of.
    executed: list[tuple[str, str]] = field(default_factory=list)
    #: What the runner obeys in the output: `error`, `stop-commands`, and so on.
    commands: list[str] = field(default_factory=list)


@dataclass
class Runner:
    """Runs workflows of `github`'s repository; each job in a new folder below `folder`.

    `variables` are those of the machine itself. `installed` is where an earlier job of this
    machine has put the tool; None lets the job install it. `settings` are the repository's own
    variables, `artifacts` what is uploaded, by the workflow's run and the name.
    """

    github: GitHub
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    installed: Path | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    artifacts: dict[tuple[str, str], Path] = field(default_factory=dict)
    jobs: int = 0

    def run(self, workflow: str, event: str, payload: Mapping[str, Any]) -> Ran | None:
        """Run a workflow's first job on an event; None where it does not start for it."""
        read = _yaml(self._shown(f".github/workflows/{workflow}"))
        if not _starts(read["on"], event, payload):
            return None
        job = next(iter(read["jobs"].values()))
        self.jobs += 1
        return _Job(self, self.folder / f"job-{self.jobs}", event, payload, job).run(read["on"])

    def steps(self, action: str) -> list[tuple[str, str]]:
        """Return every `run:` of an action of the repository, as a job that ran it tells."""
        read = _yaml(self._shown(f".github/actions/{action}/action.yml"))
        runs = [step["run"] for step in read["runs"]["steps"] if "run" in step]
        return [(f"./.github/actions/{action}", run) for run in runs]

    def _shown(self, path: str) -> str:
        """Read a file on the base branch."""
        return _git(self.github.path, "show", f"HEAD:{path}")


class _Job:
    def __init__(
        self, runner: Runner, folder: Path, event: str, payload: Mapping[str, Any], job: Any
    ) -> None:
        self.runner, self.event, self.payload, self.job = runner, event, payload, job
        self.workspace, self.temp, self.home = (
            folder / name for name in ("workspace", "temp", "home")
        )
        for path in (self.workspace, self.temp, self.home):
            path.mkdir(parents=True)
        if runner.installed is not None:
            (self.temp / "dc43-gitdraft").symlink_to(runner.installed)
        rights = {name.replace("-", "_"): right for name, right in job["permissions"].items()}
        head = (payload.get("pull_request") or {}).get("head") or {"repo": None}
        if head["repo"] and head["repo"]["full_name"] != runner.github.repository.full_name:
            rights = dict.fromkeys(rights, "read")  # A fork's workflow may not write.
        self.token = runner.github.actions_token(rights)
        self.path: list[str] = []
        self.ran = Ran()

    def run(self, starts: Mapping[str, Any]) -> Ran | None:
        contexts = self._contexts(starts)
        condition = self.job.get("if", "true").removeprefix("${{").removesuffix("}}")
        if not evaluate(condition, contexts):
            return None
        self._steps(self.job["steps"], contexts, "workflow")
        return self.ran

    def _contexts(self, starts: Mapping[str, Any]) -> dict[str, Any]:
        github = self.runner.github
        given = self.payload.get("inputs") or {}
        wanted = (starts.get("workflow_dispatch") or {}).get("inputs") or {}
        types = {name: each.get("type") for name, each in wanted.items()}
        inputs = {
            name: str(value).lower() == "true" if types.get(name) == "boolean" else value
            for name, value in given.items()
        }
        return {
            "github": {
                "event": self.payload,
                "event_name": self.event,
                "repository": github.repository.full_name,
                "server_url": github.web,
                "token": self.token,
                "run_id": "4711",
            },
            "inputs": inputs,
            "secrets": self.runner.secrets,
            "vars": self.runner.settings,
            "runner": {"temp": str(self.temp)},
            "steps": {},
        }

    def _steps(self, steps: list[Any], contexts: dict[str, Any], where: str) -> None:
        for step in steps:
            if self.ran.code:
                return
            if "if" in step and not evaluate(step["if"], contexts):
                continue
            given = {
                name: interpolate(value, contexts)
                for name, value in (step.get("with") or {}).items()
            }
            if "run" in step:
                self._bash(step, contexts, where)
            elif step["uses"].startswith("./"):
                self._action(step["uses"], given, contexts)
            else:
                name = step["uses"].partition("@")[0]
                {
                    "actions/checkout": self._checkout,
                    "actions/download-artifact": self._download,
                    "actions/upload-pages-artifact": self._upload,
                }[name](given)

    def _action(self, uses: str, given: dict[str, str], contexts: dict[str, Any]) -> None:
        place = self.workspace / uses
        assert place.is_dir(), f"{uses}: nothing is checked out there"
        action = _yaml((place / "action.yml").read_text("utf-8"))
        assert action["runs"]["using"] == "composite"
        known = action["inputs"]
        assert set(given) <= set(known), f"{uses} has no input {set(given) - set(known)}"
        required = {name for name, each in known.items() if each.get("required")}
        assert required <= set(given), f"{uses} lacks {required - set(given)}"
        inputs = {
            name: given.get(name, interpolate(each.get("default", ""), contexts))
            for name, each in known.items()
        }
        inner = {
            **{name: contexts[name] for name in ("github", "runner")},
            "github": {**contexts["github"], "action_path": str(place)},
            "inputs": inputs,
            "steps": {},
        }
        self._steps(action["runs"]["steps"], inner, uses)

    def _bash(self, step: Any, contexts: dict[str, Any], where: str) -> None:
        files = {name: self.temp / f"_{name}" for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for file in files.values():
            file.write_text("", "utf-8")
        env = {
            **self._variables(contexts),
            **{f"GITHUB_{name}": str(file) for name, file in files.items()},
            **{name: interpolate(value, contexts) for name, value in step.get("env", {}).items()},
        }
        assert "${{" not in step["run"], f"{where}: an expression inside run:"
        script = self.temp / "_script.sh"
        script.write_text(step["run"], "utf-8")
        done = subprocess.run(
            [*_BASH, str(script)],
            cwd=self.workspace,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.ran.executed.append((where, step["run"]))
        out = done.stdout.decode("utf-8", "replace")
        self.ran.out += out
        self.ran.commands += _obeyed(out)
        self.ran.code = done.returncode
        self.ran.summary += files["STEP_SUMMARY"].read_text("utf-8")
        assert files["ENV"].read_text("utf-8") == "", "the tests' runner reads no GITHUB_ENV"
        self.path = [*files["PATH"].read_text("utf-8").splitlines(), *self.path]
        if "id" in step:
            pairs = (line.split("=", 1) for line in files["OUTPUT"].read_text("utf-8").splitlines())
            self.ran.outputs[step["id"]] = dict(pairs)
            contexts["steps"][step["id"]] = {"outputs": self.ran.outputs[step["id"]]}

    def _variables(self, contexts: dict[str, Any]) -> dict[str, str]:
        github = self.runner.github
        event = self.temp / "_event.json"
        if not event.exists():
            event.write_text(json.dumps(self.payload, indent=2), "utf-8")
        pull = self.payload.get("pull_request") or {}
        facts = {"REF": f"refs/heads/{github.repository.default_branch}"}
        if pull:
            facts = {
                "BASE_REF": pull["base"]["ref"],
                "HEAD_REF": pull["head"]["ref"],
                "REF": f"refs/pull/{pull['number']}/merge",
                "SHA": _git(self.workspace, "rev-parse", "HEAD").strip(),
            }
        machine = dict(self.runner.variables)
        path = machine.pop("PATH", os.environ["PATH"])
        return {
            "PATH": os.pathsep.join([*self.path, path]),
            "HOME": str(self.home),
            "CI": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": contexts["github"].get("action_path", ""),
            "GITHUB_ACTOR": self.payload.get("sender", {}).get("login", ""),
            "GITHUB_API_URL": github.api_url,
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": github.repository.full_name,
            "GITHUB_RUN_ID": "4711",
            "GITHUB_SERVER_URL": github.web,
            "GITHUB_WORKSPACE": str(self.workspace),
            **{f"GITHUB_{name}": value for name, value in facts.items()},
            **machine,
        }

    def _checkout(self, given: dict[str, str]) -> None:
        """Do what actions/checkout does: a detached commit, with the whole history or without."""
        assert given.pop("persist-credentials") == "false", "the token must not stay on the disk"
        whole = given.pop("fetch-depth", "1") == "0"
        ref = given.pop("ref", "")
        assert not given, f"the tests' runner does not know {given}"
        header = f"http.extraHeader=Authorization: Bearer {self.token}"
        tree = self.workspace

        def fetch(*wanted: str) -> None:
            _git(tree, "-c", header, "fetch", "-q", "--no-tags", "origin", *wanted)

        _git(tree, "init", "-q")
        _git(tree, "remote", "add", "origin", self.runner.github.url)
        if whole:
            fetch("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        if self.event == "pull_request" and not ref:
            # GitHub keeps refs/pull/N/merge, a merge that nobody has made yet.
            pull = self.payload["pull_request"]
            fetch(f"refs/heads/{pull['base']['ref']}")
            _git(tree, "checkout", "-q", "--detach", "FETCH_HEAD")
            fetch(f"refs/pull/{pull['number']}/head")
            _git(tree, *_SOMEBODY, "merge", "-q", "--no-ff", "-m", "Merge", "FETCH_HEAD")
        elif self.event == "merge_group":
            _git(tree, "checkout", "-q", "--detach", self.payload["merge_group"]["head_sha"])
        else:
            fetch("--depth=1", ref or "HEAD")
            _git(tree, "checkout", "-q", "--detach", "FETCH_HEAD")

    def _download(self, given: dict[str, str]) -> None:
        assert given["github-token"] == self.token
        place = self.runner.artifacts.get((given["run-id"], given["name"]))
        if place is None:
            self.ran.code = 1
            self.ran.out += f"Unable to download artifact(s): {given['name']} is not found\n"
            return
        shutil.copytree(place, given["path"], dirs_exist_ok=True)

    def _upload(self, given: dict[str, str]) -> None:
        """Keep what becomes the pages; the action leaves out files whose names begin with a dot."""
        kept = self.temp / "_pages"
        shutil.copytree(given["path"], kept, ignore=shutil.ignore_patterns(".*"))
        self.runner.artifacts["4711", "github-pages"] = kept


def _starts(on: Mapping[str, Any], event: str, payload: Mapping[str, Any]) -> bool:
    if event not in on:
        return False
    wanted = on[event] or {}
    if event == "schedule":
        return True
    if event == "push":
        return payload["ref"] in [f"refs/heads/{branch}" for branch in wanted["branches"]]
    types = wanted.get("types") or _TYPES.get(event)
    return types is None or payload["action"] in types


def _obeyed(out: str) -> list[str]:
    """Return the commands in an output, as the runner reads them between its two brackets."""
    commands, resume = [], None
    for line in out.splitlines():
        match = re.match(r"\s*::([^:\s]+)[^:]*::(.*)", line) or re.search(r"##\[([^\]\s]+)", line)
        if match is None or resume not in {None, match[1]}:
            continue
        if match[1] == resume:
            resume = None
            continue
        commands.append(match[1])
        if match[1] == "stop-commands":
            resume = match[2].strip()
    assert resume is None, "the runner was left without ears"
    return commands


def _yaml(text: str) -> Any:
    # YAML 1.2: `on` is a word, as GitHub reads it.
    return YAML(typ="safe", pure=True).load(text)


def _git(where: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", *args],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
