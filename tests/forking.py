"""Runs scripts in copies of a process that has imported the library.

The import takes longer than most scripts. A test of what a script does, not of how it starts, does not need to repeat it.
"""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile

#: Modules that run a program, or need an optional library.
NOT_IMPORTED = ("__main__", "spark", "pytest_plugin")
#: A script that takes longer is killed.
SECONDS = 120


class Forks:
    """A process that runs each script in a copy of itself.

    Args:
        preparation: Python code that runs before the first copy is made.
        flags: options of the interpreter.
        environment: environment variables of the process, not of the scripts.
    """

    def __init__(self, preparation: str, flags: Sequence[str], environment: Mapping[str, str]) -> None:
        code = f"from tests.forking import next_script\n{preparation}\nexec(next_script())\n"
        self._process = subprocess.Popen(
            [sys.executable, *flags, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            encoding="utf-8",
        )

    def run(
        self, script: str, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a script in a folder, and return its exit code and its output."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"script": script, "folder": str(folder), "environment": dict(environment)}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        response = json.loads(self._process.stdout.readline())
        return subprocess.CompletedProcess(script, response["exit_code"], response["output"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def next_script() -> str:
    """Copy this process for each request. Only the copies return, each with the script that it should run."""
    package = import_module("jsm_assets_dest")
    for module in pkgutil.walk_packages(package.__path__, "jsm_assets_dest."):
        if not module.name.endswith(NOT_IMPORTED):
            import_module(module.name)
    import_module("anyio._backends._asyncio")
    assert threading.active_count() == 1  # a copy has only the thread that made it
    for line in sys.stdin:
        request = json.loads(line)
        with TemporaryFile() as output:
            process_id = os.fork()
            if process_id == 0:
                _prepare(request["folder"], request["environment"], output.fileno())
                return str(request["script"])
            _, status = os.waitpid(process_id, 0)
            output.seek(0)
            text = output.read().decode()
        json.dump({"exit_code": os.waitstatus_to_exitcode(status), "output": text}, sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()  # the next copy must not contain it
    sys.exit()


def _prepare(folder: str, environment: Mapping[str, str], output: int) -> None:
    """Give this process its folder, its environment, its streams, and its limit of time."""
    signal.alarm(SECONDS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
