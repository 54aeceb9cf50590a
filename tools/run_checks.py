"""Run every check of this project from a fresh clone: the README's commands first, then the sessions of noxfile.py.

    .ci/run              run everything
    .ci/run lint readme  run only the jobs whose names begin with one of these words

The README's two commands run word for word, in a fresh copy and a fresh virtual environment for each Python. Its test
command leaves out the tests marked with `once`, which the session `once` runs. Sessions that repeat another job are left out:
`tests` and `example` (the README's commands) and `lowest` (`wheel` runs more tests with the same versions). `quick` runs only
one file, because the README's command runs its other tests. `bench` is left out, because the other jobs would disturb it, and
`spark`, because it needs Java. Jobs run side by side, one on each core, the longest first.
The last lines of the output are pytest's summaries.

Environment variables:
    CI_JOBS: The number of jobs that run side by side.
    CI_KEEP: If set, the working folder is kept and its path is printed.
    JSM_ASSETS_SHARED: The folder with Atlassian's published documents. The default is `../shared`. Without it, the
        tests that need the documents are skipped.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Versions of Python that run the README's commands. The sessions run on the newest one that the pinned tools support.
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
NEWEST_FOR_TOOLS = "3.13"

#: The README's commands, by a part of each that no other command has.
README_COMMANDS = {"tests": "-m pytest", "example": "examples/okta_destination.py"}

#: The sessions of noxfile.py that run here, the longest first.
SESSIONS = (
    "once",
    "wheel",
    "peers",
    "types",
    "httpx2",
    "docs",
    "notebook",
    "quick",
    "lint",
)
SESSIONS_LEFT_OUT = ("tests", "example", "lowest", "bench", "spark")

#: The sessions that run on the oldest Python that exists.
SESSIONS_ON_THE_OLDEST = ("wheel", "lowest")

#: Arguments of sessions. What the README's test command has run already is not run again.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {"quick": ("tests/tools/test_derive_sync.py",)}

LEAKING_VARIABLES = (
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYENV_VERSION",
    "NOXSESSION",
)
SUMMARY = re.compile(
    r"^(?:=+ )?\d+ (?:passed|failed|error|skipped|deselected|warning).* in [0-9.]+s.*$", re.MULTILINE
)
COVERAGE = re.compile(r"^TOTAL.*$", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """One command with its own log.

    Attributes:
        name: The name in the report.
        command: The program and its arguments.
        folder: The working folder.
        environment: Environment variables.
    """

    name: str
    command: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str]


@dataclass
class Result:
    """The outcome of a job."""

    name: str
    exit_code: int
    seconds: float
    log: str


@dataclass
class Runner:
    """Runs jobs side by side and stops them when the program is interrupted."""

    logs: Path
    running: set[subprocess.Popen[bytes]] = field(default_factory=set)

    def run(self, job: Job) -> Result:
        """Run a job and return its outcome."""
        began = time.monotonic()
        log = self.logs / f"{job.name}.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in job.command],
                cwd=job.folder,
                env=dict(job.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.running.add(process)
            exit_code = process.wait()
            self.running.discard(process)
        result = Result(job.name, exit_code, time.monotonic() - began, log.read_text("utf-8", "replace"))
        verdict = f"FAILED with exit code {exit_code}" if exit_code else "ok"
        print(f"{result.name}: {verdict} ({result.seconds:.0f} s)", flush=True)
        return result

    def stop(self) -> None:
        """End all running jobs with their child processes."""
        for process in list(self.running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def find_python(version: str) -> str | None:
    """Return the path of an interpreter that can create virtual environments, or None."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [
        *home.glob(f"versions/{version}*/bin/python{version}"),
        *Path("/opt/python").glob(f"{version}*/bin/python{version}"),
        Path(shutil.which(f"python{version}") or ""),
        Path("/usr/local/bin", f"python{version}"),
        Path("/usr/bin", f"python{version}"),
        Path(sys.executable),
    ]
    question = "import ensurepip, sqlite3, ssl, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        if candidate.is_file():
            answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
            if answer.stdout.strip() == version:
                return str(candidate)
    return None


def readme_command(readme: str, part: str) -> str:
    """Return the command of the README's shell blocks that sets up an environment and contains a text.

    Raises:
        ValueError: There is not exactly one such line.
    """
    blocks: list[str] = re.findall(r"^```bash\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if "-m venv" in line and part in line]
    if len(lines) != 1:
        raise ValueError(f"README.md has {len(lines)} commands with {part!r} instead of 1")
    return lines[0]


def copy_checkout(target: Path) -> None:
    """Copy the files of this checkout that git does not ignore. If CI is set, copy the tracked files only."""
    others = [] if os.environ.get("CI") else ["--others", "--exclude-standard"]
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", *others], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listing.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def clean_environment() -> dict[str, str]:
    """Return the environment without the caller's virtual environments and settings of this library."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in LEAKING_VARIABLES and not name.startswith("JSM_ASSETS_")
    }
    shared = os.environ.get("JSM_ASSETS_SHARED") or str(ROOT.parent / "shared")
    if Path(shared, "specs").is_dir():
        environment["JSM_ASSETS_SHARED"] = shared
    return environment | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        # pip would compile whole packages. Python compiles only what is imported.
        "PIP_NO_COMPILE": "0",  # pip reads it as "no compilation"
        "PYTHONDONTWRITEBYTECODE": "",
    }


def readme_job(work: Path, kind: str, version: str, python: str) -> Job:
    """Return the job that runs a command of the README in a fresh copy, where `python3` is the given Python."""
    folder = (
        work / f"copy-{kind[:2]}{version}"
    )  # The path does not contain "tests", which may matter to a test.
    copy_checkout(folder)
    programs = work / f"bin-{version}"
    programs.mkdir(exist_ok=True)
    launcher = programs / "python3"
    launcher.write_text(f'#!/bin/sh\nexec "{python}" "$@"\n', "utf-8")
    launcher.chmod(0o755)
    environment = clean_environment()
    environment["PATH"] = f"{programs}{os.pathsep}{environment.get('PATH', os.defpath)}"
    command = readme_command((folder / "README.md").read_text("utf-8"), README_COMMANDS[kind])
    return Job(f"readme-{kind}-{version}", ["sh", "-e", "-c", command], folder, environment)


def session_job(work: Path, session: str, pythons: Mapping[str, str]) -> Job:
    """Return the job that runs a session of noxfile.py. All sessions share one copy."""
    environment = clean_environment()
    folders = [str(Path(python).parent) for python in reversed(list(pythons.values()))]
    environment["PATH"] = os.pathsep.join([*folders, environment.get("PATH", os.defpath)])
    # A shell lets background programs ignore Ctrl-C. The tests must pass under such a shell, too.
    shell = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]
    nox = [str(work / "nox" / "bin" / "nox"), "--error-on-missing-interpreters", "-s", session]
    if session in SESSIONS_ON_THE_OLDEST:
        nox += ["--force-python", min(pythons)]
    if arguments := ARGUMENTS.get(session):
        nox += ["--", *arguments]
    return Job(session, [*shell, *nox], work / "sessions", environment)


def install_nox_job(work: Path, python: str) -> Job:
    """Return the job that installs nox, pinned in pyproject.toml, into its own virtual environment."""
    copy_checkout(work / "sessions")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (requirement,) = (pin for pin in project["optional-dependencies"]["dev"] if pin.startswith("nox=="))
    script = f'"$1" -m venv nox && nox/bin/python -m pip -q install {requirement}'
    return Job("install-nox", ["sh", "-e", "-c", script, "sh", python], work, clean_environment())


def report(results: Sequence[Result], seconds: float) -> str:
    """Return the logs of the failed jobs, the coverage, and one summary of pytest for each job that has one."""
    failures = [result for result in results if result.exit_code]
    lines: list[str] = []
    for result in failures:
        # pip repeats this warning for each package if its settings name a folder that does not exist.
        log = [line for line in result.log.splitlines() if not line.startswith("WARNING: Location ")]
        lines += ["", f"===== {result.name} failed. Its log:", "", *log]
    for result in results:
        if total := COVERAGE.search(result.log):
            lines += ["", f"coverage of the {result.name}: {total.group()}"]
    names = f": {', '.join(result.name for result in failures)}" if failures else ""
    lines += ["", f"{len(results)} jobs in {seconds:.0f} s, {len(failures)} failed{names}", ""]
    for result in results:
        if summaries := SUMMARY.findall(result.log):
            lines += [f"{result.name}:", summaries[-1]]
    return "\n".join(lines)


def run_all(work: Path, words: Sequence[str]) -> int:
    """Run the chosen jobs, print the report, and return the exit code."""
    pythons = {version: python for version in VERSIONS if (python := find_python(version))}
    for version in VERSIONS:
        print(f"Python {version}: {pythons.get(version, 'not on this machine')}", flush=True)
    if not pythons:
        print("No Python with venv, ssl, and sqlite3 was found.", file=sys.stderr)
        return 2

    def is_chosen(name: str) -> bool:
        return not words or name.startswith(tuple(words))

    readme_runs = [
        (kind, version)
        for kind in README_COMMANDS
        for version in pythons
        if is_chosen(f"readme-{kind}-{version}")
    ]
    sessions = [session for session in SESSIONS if is_chosen(session)]
    if not readme_runs and not sessions:
        print(f"There is no job with a name like: {' '.join(words)}", file=sys.stderr)
        return 2
    logs = work / "logs"
    logs.mkdir()
    runner = Runner(logs)
    began = time.monotonic()
    with ThreadPoolExecutor(int(os.environ.get("CI_JOBS") or os.cpu_count() or 2)) as executor:
        try:
            futures = [
                executor.submit(runner.run, readme_job(work, kind, version, pythons[version]))
                for kind, version in readme_runs
            ]
            if sessions:
                newest = max(
                    (version for version in pythons if version <= NEWEST_FOR_TOOLS), default=min(pythons)
                )
                installation = executor.submit(runner.run, install_nox_job(work, pythons[newest]))

                def run_session(session: str) -> Result:
                    installation.result()
                    return runner.run(session_job(work, session, pythons))

                futures += [installation, *(executor.submit(run_session, session) for session in sessions)]
            results = [future.result() for future in futures]
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            runner.stop()
            raise
    print(report(results, time.monotonic() - began), flush=True)
    return 1 if any(result.exit_code for result in results) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the jobs whose names begin with one of the arguments, or all of them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    work = Path(tempfile.mkdtemp(prefix="jsm-assets-dest-ci-"))
    try:
        return run_all(work, sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return 130
    finally:
        if os.environ.get("CI_KEEP"):
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
