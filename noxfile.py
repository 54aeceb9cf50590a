"""Every check of this project, the same on Linux, macOS, and Windows.

nox -l          list the sessions
nox             run lint and quick, the two that you repeat while you work
nox -s quick -- tests/model -x     pass arguments on to pytest

A session keeps its virtual environment and installs again only after pyproject.toml has changed. `nox -r no` makes a
new environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox
from nox.project import load_toml

ROOT = Path(__file__).parent
HTTPX2 = "httpx2==2.16.2"
HTTPX2_TESTS = ("tests/access", "tests/engine", "tests/imports", "tests/test_imports.py", "tests/stories")
EXAMPLES_WITH_LIBRARIES = "tests/test_second_run.py::test_example_with_a_library_can_run_twice"
OLDEST, *NEWER = "3.11", "3.12", "3.13", "3.14"
#: Arguments of pytest that leave out the slow tests.
FAST = ("-m", "not slow and not once")
#: pytest's exit code if all tests of its files are slow.
NO_TESTS = 5
DEV = load_toml(ROOT / "pyproject.toml")["project"]["optional-dependencies"]["dev"]

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ("lint", "quick")
nox.options.reuse_venv = "yes"


def pinned(*names: str) -> list[str]:
    """Return the requirements of the `dev` extra for some tools."""
    requirements = {requirement.partition("==")[0]: requirement for requirement in DEV}
    return [requirements[name] for name in names]


def keep_bytecode(session: nox.Session) -> None:
    """Store bytecode in the environment, so that no later run compiles the tests and the package again.

    Rewriting the assertions of all tests takes more than half of the time that pytest needs to find them.
    """
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    session.env["PYTHONPYCACHEPREFIX"] = str(Path(session.virtualenv.location, "bytecode").resolve())


def install(session: nox.Session, *requirements: str) -> None:
    """Install into a new environment, or after a change of pyproject.toml."""
    keep_bytecode(session)
    stamp = Path(session.virtualenv.location, "installed.txt")
    content = "\n".join((*requirements, (ROOT / "pyproject.toml").read_text("utf-8")))
    if not stamp.exists() or stamp.read_text("utf-8") != content:
        session.install(*requirements)
        stamp.write_text(content, "utf-8")


@nox.session(python=[OLDEST, *NEWER])
def tests(session: nox.Session) -> None:
    """Run the tests that may depend on the version of Python, on each Python that is installed."""
    install(session, "-e", ".[test,fast,progress]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def quick(session: nox.Session) -> None:
    """Run the tests that are not slow, in one process for each core. With arguments, they run in one process."""
    install(session, "-e", ".[test,fast,progress]")
    command = ("python", "-m", "pytest", "-q", *FAST)
    if session.posargs:
        session.run(*command, *session.posargs)
        return
    # pytest-xdist needs 3 ms more for each test, and collects all tests in each process: a third of the whole time.
    files = sorted((ROOT / "tests").rglob("test_*.py"), key=lambda path: path.stat().st_size, reverse=True)
    count = min(os.cpu_count() or 1, 8)
    with ThreadPoolExecutor(count) as executor:
        parts = [executor.submit(run_part, session, (*command, *files[part::count])) for part in range(count)]
    if any(part.result() not in {0, NO_TESTS} for part in parts):
        session.error("Tests failed.")


def run_part(session: nox.Session, command: Sequence[str | Path]) -> int:
    """Run a part of the tests beside others, print its output at its end, and return its exit code."""
    program, *arguments = map(str, command)
    environment = {name: value for name, value in {**os.environ, **session.env}.items() if value is not None}
    process = subprocess.run(  # noqa: S603 - the tests of this project
        [str(Path(session.bin, program)), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    sys.stdout.buffer.write(process.stdout)
    sys.stdout.flush()
    return process.returncode


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, layout, import contracts, and the derived code."""
    install(session, *pinned("ruff", "import-linter"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "tools/derive_sync.py", "--check")
    session.run("lint-imports", env={"PYTHONPATH": "src"})


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy and pyright, and the declared dependencies with deptry."""
    install(session, "-e", ".[dev]")
    session.run("mypy")
    session.run("pyright")
    # The share of the public interface that has types, read from the installed package.
    # It has no switch for a base class that is not installed, so tools/types describes the part of pyspark that is used.
    report = session.run(
        *("pyright", "--verifytypes", "jsm_assets_dest", "--ignoreexternal"),
        env={"PYTHONPATH": "tools/types"},
        silent=True,
    )
    session.log(str(report).strip().rpartition("\n")[2].strip())
    session.run("deptry", "src")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the docs. A warning or a broken reference is an error."""
    install(session, "-e", ".[docs]")
    session.run(
        *("python", "-m", "sphinx", "-q", "-W", "-n", "--keep-going"), *("-b", "html", "docs", "build/docs")
    )


@nox.session
def once(session: nox.Session) -> None:
    """Run the tests that are slow and the same on each Python. For example, they run each page and example twice."""
    install(session, "-e", ".[test,fast,progress]")
    session.run("python", "-m", "pytest", "-q", "-m", "once", *(session.posargs or ("tests",)))


@nox.session
def notebook(session: nox.Session) -> None:
    """Run the example notebook in a Jupyter kernel."""
    install(session, "-e", ".[notebook,test]")
    session.run("python", "-m", "pytest", "-q", "tests/notebook", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Run other clients against the emulator, and what needs pandas, pydantic, Dask, or the like."""
    install(session, "-e", ".[test]", "-r", "benchmarks/requirements.txt")
    npm = {"JSM_ASSETS_TEST_NPM": "1"} if shutil.which("node") and shutil.which("npm") else {}
    targets = session.posargs or (
        "tests/pipelines",
        "--ignore=tests/pipelines/test_steps.py",  # needs none of them
        "tests/emulator/test_other_clients.py",
        "tests/imports/test_value_forms.py",
        "tests/notebook/test_explore.py",
        EXAMPLES_WITH_LIBRARIES,
    )
    # A cluster of Dask has hung while it closed, on a busy machine. Such a run ends here instead of never.
    limit = ("-o", "faulthandler_timeout=300", "-o", "faulthandler_exit_on_timeout=true")
    session.run("python", "-m", "pytest", "-q", *limit, *targets, env=npm)


@nox.session
def spark(session: nox.Session) -> None:
    """Run the tests of the Spark data source, and its example twice. Spark needs Java 17."""
    install(session, "-e", ".[test,spark]")
    targets = session.posargs or ("tests/pipelines/test_spark.py", EXAMPLES_WITH_LIBRARIES)
    session.run("python", "-m", "pytest", "-q", *targets)


def lowest_versions(session: nox.Session) -> str:
    """Return the path of a file of constraints: the lowest version of every dependency."""
    constraints = Path(session.create_tmp(), "lowest.txt").resolve()
    lines = str(session.run("python", "tools/lowest_versions.py", silent=True))
    session.log(" ".join(lines.split()))
    # An old anyio has a pytest plug-in that raises a warning under pytest 9. The test tools are not under test.
    constraints.write_text(f"{lines}\npytest<9\n", "utf-8")
    return str(constraints)


@nox.session(python=OLDEST, reuse_venv=False)
def wheel(session: nox.Session) -> None:
    """Build the distributions, then test the installed wheel without its sources and measure coverage.

    It is installed with the lowest version of every dependency, as `lowest` does. The tests of each Python use the newest.
    """
    place = Path(session.create_tmp()).resolve()
    shutil.rmtree(place)
    session.install("-q", *pinned("build"))
    session.run("python", "-m", "build", "--outdir", str(place / "dist"), ".", silent=True)
    session.run("python", "tools/check_distributions.py", str(place / "dist"))
    (wheel_file,) = (place / "dist").glob("*.whl")
    (sdist_file,) = (place / "dist").glob("*.tar.gz")
    with tarfile.open(sdist_file) as archive:
        archive.extractall(place, filter="data")
    session.install("-q", f"{wheel_file}[test,fast,progress]", "-c", lowest_versions(session))
    session.run("python", "-m", "pip", "check")
    shared = os.environ.get("JSM_ASSETS_SHARED", str(ROOT.parent / "shared"))
    with session.chdir(place / sdist_file.name.removesuffix(".tar.gz")):
        shutil.rmtree("src")
        session.run(
            *("python", "-m", "coverage", "run", "-m", "pytest", "--ignore=tests/tools"),
            env={"JSM_ASSETS_SHARED": shared},
        )
        session.run("python", "-m", "coverage", "report")


@nox.session(python=OLDEST, reuse_venv=False)
def lowest(session: nox.Session) -> None:
    """Run the tests that are not slow with the lowest version of every dependency."""
    session.install("-q", "-e", ".[test]", "-c", lowest_versions(session))
    session.run("python", "-m", "pip", "check")
    session.run("python", "-m", "pytest", "-q", *(session.posargs or FAST))


@nox.session(reuse_venv=False)
def httpx2(session: nox.Session) -> None:
    """Run the tests of everything that sends requests, except the slow ones, with httpx2 in place of httpx."""
    session.install("-q", "-e", ".[test]", HTTPX2)
    session.run("python", "-m", "pip", "-q", "uninstall", "-y", "httpx", "httpcore")
    session.run("python", "tools/use_httpx2.py")
    targets = session.posargs or (*FAST, *HTTPX2_TESTS)
    session.run("python", "-m", "pytest", "-q", *targets)


@nox.session
def example(session: nox.Session) -> None:
    """Run the example of the README on the emulator."""
    install(session, "-e", ".")
    session.run("python", "examples/okta_destination.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the performance goals. Close other programs first."""
    install(session, "-e", ".[fast]", "-r", "benchmarks/requirements.txt")
    session.run("python", "-m", "benchmarks", *session.posargs)
