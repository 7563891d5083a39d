"""Spark for tests: a local session, one on a Connect server, one on a standalone cluster.

A process has one kind of session at a time, as every job has: asking for another kind ends the
one before. The server and the cluster are started once, and stay until the tests end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: In the order in which tests run, so that each is started once.
KINDS = ("local", "connect", "cluster")

_HOST = "127.0.0.1"

#: In seconds: a busy machine may need long to start a virtual machine.
_PATIENCE = 120

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.log.level": "ERROR",
}


def release() -> tuple[int, int]:
    """Return the major and minor version of pyspark; (0, 0) where it is not installed."""
    try:
        major, minor = re.findall(r"\d+", version("pyspark"))[:2]
    except PackageNotFoundError:
        return (0, 0)
    return int(major), int(minor)


def missing(kind: str) -> str | None:
    """Say why there can be no session of this kind here, or None."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'dc43-gitdraft[spark]'"
    java_home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (java_home and Path(java_home, "bin/java").is_file()):
        return "Spark needs Java, version 17: install it, or set JAVA_HOME"
    if kind == "connect" and release() < (4, 0):
        return "the Connect server comes with pyspark 4"
    return None


class Sessions:
    """Starts the kind of session that a test asks for, below the folder `home`."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._kind = ""
        self._session: SparkSession | None = None
        self._running = ExitStack()
        self._url: dict[str, str] = {}

    def get(self, kind: str) -> SparkSession:
        """Return the session of a kind: the one that runs, or a new one in its place."""
        if self._session is None or self._kind != kind:
            self._end_session()
            start = {"local": self._local, "connect": self._connect, "cluster": self._cluster}
            self._session, self._kind = start[kind](), kind
        return self._session

    def close(self) -> None:
        """Stop everything that was started."""
        try:
            self._end_session()
        finally:
            self._running.close()

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.stop()
        for name in ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED"):
            os.environ.pop(name, None)

    def _local(self) -> SparkSession:
        return self._classic("local[2]", {})

    def _cluster(self) -> SparkSession:
        url = self._url.get("cluster") or self._start_cluster()
        self._url["cluster"] = url
        # A core of each worker, so that both of them take part.
        return self._classic(
            url,
            {
                "spark.executor.memory": "512m",
                "spark.executor.cores": "1",
                "spark.cores.max": "2",
                "spark.driver.host": _HOST,
            },
        )

    def _classic(self, master: str, settings: Mapping[str, str]) -> SparkSession:
        from pyspark.sql import SparkSession

        # The executors of a local session load classes under the host's name otherwise.
        os.environ["SPARK_LOCAL_IP"] = _HOST
        # Spark would take the python3 of the PATH, which may be another one.
        os.environ["PYSPARK_PYTHON"] = sys.executable
        builder = SparkSession.builder.appName("tests").master(master)
        for name, value in {**_SETTINGS, **self._places(), **settings}.items():
            builder = builder.config(name, value)
        return builder.getOrCreate()

    def _connect(self) -> SparkSession:
        from pyspark.sql import SparkSession

        url = self._url.get("connect") or self._start_server()
        self._url["connect"] = url
        return SparkSession.builder.remote(url).getOrCreate()

    def _places(self) -> dict[str, str]:
        return {
            "spark.sql.warehouse.dir": str(self._home / "warehouse"),
            "spark.local.dir": str(self._home / "local"),
        }

    def _start_server(self) -> str:
        port = _free_port()
        settings = {
            **_SETTINGS,
            **self._places(),
            "spark.connect.grpc.binding.port": str(port),
            "spark.connect.grpc.binding.address": _HOST,
            # Its own, beside that of a local session in another process.
            "spark.sql.warehouse.dir": str(self._home / "warehouse-of-the-server"),
        }
        places = {"SPARK_PID_DIR": "pid", "SPARK_LOG_DIR": "log"}
        env = {
            **_environment(),
            **{name: str(self._home / folder) for name, folder in places.items()},
            "SPARK_IDENT_STRING": "tests",
        }
        confs = [part for each in settings.items() for part in ("--conf", "=".join(each))]
        script = _spark_home() / "sbin" / "start-connect-server.sh"
        done = subprocess.run(
            ["bash", str(script), "--master", "local[2]", *confs],
            env=env,
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        (pid_file,) = (self._home / "pid").glob("*.pid")
        pid = int(pid_file.read_text())
        self._running.callback(_end, pid)
        log = "\n".join(path.read_text() for path in (self._home / "log").glob("*.out"))
        _wait(
            lambda: _listens(port),
            f"the Connect server: {done.stdout}{done.stderr}\n{log}",
            alive=lambda: _alive(pid),
        )
        return f"sc://{_HOST}:{port}"

    def _start_cluster(self) -> str:
        port, page = _free_port(), _free_port()
        url = f"spark://{_HOST}:{port}"
        deploy = "org.apache.spark.deploy"
        places = ["--host", _HOST, "--webui-port"]
        self._daemon("master", f"{deploy}.master.Master", *places, str(page), "--port", str(port))
        _wait(lambda: _listens(port), "the cluster's master")
        for name in ("worker-1", "worker-2"):
            folder = str(self._home / name)
            share = ["--cores", "1", "--memory", "640m", "--work-dir", folder]
            self._daemon(name, f"{deploy}.worker.Worker", *places, "0", *share, url)
        _wait(lambda: _workers(page) == 2, "the cluster's workers")
        return url

    def _daemon(self, name: str, main: str, *arguments: str) -> None:
        log = self._running.enter_context((self._home / f"{name}.log").open("w"))
        process = subprocess.Popen(
            [str(_spark_home() / "bin" / "spark-class"), main, *arguments],
            env={**_environment(), "SPARK_DAEMON_MEMORY": "256m"},
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self._running.callback(process.wait)
        self._running.callback(process.terminate)


def _spark_home() -> Path:
    found = find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _environment() -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    return {
        **mine,
        "SPARK_HOME": str(_spark_home()),
        "SPARK_LOCAL_IP": _HOST,
        "PYSPARK_PYTHON": sys.executable,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0


def _workers(page: int) -> int:
    """Count the workers that the master's page tells of."""
    with suppress(OSError), urllib.request.urlopen(f"http://{_HOST}:{page}/json/") as answer:
        return int(json.load(answer)["aliveworkers"])
    return 0


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def _end(pid: int) -> None:
    """End a process that is no child of this one, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    for _ in range(100):
        if not _alive(pid):
            return
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _wait(there: Callable[[], bool], what: str, alive: Callable[[], bool] = lambda: True) -> None:
    end = time.monotonic() + _PATIENCE
    while not there():
        if time.monotonic() > end or not alive():
            pytest.fail(f"not started: {what}")
        time.sleep(0.2)
