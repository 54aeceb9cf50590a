"""Tests of what `.ci/run` runs, and of what it reports."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tools import run_checks
from tools.run_checks import (
    ARGUMENTS,
    README_COMMANDS,
    ROOT,
    SESSIONS,
    SESSIONS_LEFT_OUT,
    Job,
    Result,
    Runner,
    clean_environment,
    copy_checkout,
    find_python,
    install_nox_job,
    readme_command,
    readme_job,
    report,
    session_job,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="`.ci/run` needs a POSIX shell")

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
NOX = re.compile(r"nox==[0-9.]+")


def python_job(name: str, code: str, folder: Path) -> Job:
    return Job(name, [sys.executable, "-c", code], folder, {})


def noxfile_sessions() -> set[str]:
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).startswith("nox.session") for decorator in node.decorator_list)
    }


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a git repository with one tracked, one untracked, and one ignored file."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name, text in {
        ".gitignore": "ignored\n",
        "sub/tracked": "1",
        "untracked": "2",
        "ignored": "3",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", ".gitignore", "sub/tracked"], cwd=folder, check=True)
    monkeypatch.setattr(run_checks, "ROOT", folder)
    return folder


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_sessions_are_those_of_the_noxfile() -> None:
    """A new session runs in CI, or is left out explicitly."""
    assert noxfile_sessions() == {*SESSIONS, *SESSIONS_LEFT_OUT}


def test_workflow_runs_sessions_of_the_noxfile() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    match = re.search(r"session: \[(.*)\]", text)
    assert match is not None
    names = {*match[1].split(", "), *re.findall(r"nox -s ([a-z]\w*)", text)}

    assert names == noxfile_sessions() - {"quick", "bench", "spark"}


def test_each_test_runs_in_a_job() -> None:
    """The README's command runs the tests that are not marked with `once`, and a session runs the others."""
    command = readme_command((ROOT / "README.md").read_text("utf-8"), README_COMMANDS["tests"])
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    (once,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "once")

    assert command.endswith(" -m pytest")
    assert "'-m', 'once', *(session.posargs or ('tests',))" in ast.unparse(once)
    assert "once" in SESSIONS
    assert "once" not in ARGUMENTS


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), {"test_a", "test_b"}),
        (("tests",), {"test_a", "test_b", "test_c"}),
        (("-m", "once", "tests"), {"test_c"}),
        (("-m", "not slow and not once", "tests"), {"test_a"}),
    ],
)
def test_pytest_without_a_path_leaves_once_out(
    arguments: Sequence[str], names: set[str], tmp_path: Path
) -> None:
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_marks.py").write_text(
        "import pytest\ndef test_a(): pass\n@pytest.mark.slow\ndef test_b(): pass\n"
        "@pytest.mark.once\ndef test_c(): pass\n",
        "utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", *arguments]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"::(\w+)", output)) == names


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", ".pre-commit-config.yaml"])
def test_nox_has_the_same_pin_everywhere(path: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert set(NOX.findall((ROOT / path).read_text("utf-8"))) == {
        pin for pin in project["optional-dependencies"]["dev"] if pin.startswith("nox")
    }


@pytest.mark.parametrize("part", README_COMMANDS.values())
def test_readme_command_is_a_line_of_the_readme(part: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    command = readme_command(readme, part)

    assert command in readme.splitlines()
    assert command.startswith("python3 -m venv .venv && ")


@pytest.mark.parametrize(
    "readme",
    [
        "python3 -m venv .venv && pytest\n",
        "```python\nx -m venv && pytest\n```\n",
        "```bash\nx -m venv && pytest\n```\n```bash\ny -m venv && pytest\n```\n",
    ],
)
def test_readme_without_exactly_one_command_raises(readme: str) -> None:
    with pytest.raises(ValueError, match="commands with 'pytest' instead of 1"):
        readme_command(readme, "pytest")


@pytest.mark.parametrize(
    ("ci", "copied"),
    [("1", {".gitignore", "sub/tracked"}), ("", {".gitignore", "sub/tracked", "untracked"})],
)
def test_copy_checkout_copies_no_ignored_file(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, copied: set[str]
) -> None:
    """With CI set, only tracked files count, as in a fresh clone."""
    monkeypatch.setenv("CI", ci)
    copy_checkout(tmp_path / "copy")

    assert files_in(tmp_path / "copy") == copied


def test_copy_checkout_skips_deleted_files(checkout: Path, tmp_path: Path) -> None:
    (checkout / "sub" / "tracked").unlink()
    copy_checkout(tmp_path / "copy")

    assert "sub/tracked" not in files_in(tmp_path / "copy")


def test_clean_environment_drops_the_callers_settings(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JSM_ASSETS_API_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.delenv("JSM_ASSETS_SHARED", raising=False)
    environment = clean_environment()

    assert not {"JSM_ASSETS_API_TOKEN", "PYTHONPATH", "JSM_ASSETS_SHARED"} & set(environment)
    assert environment["PATH"] == os.environ["PATH"]


def test_clean_environment_names_the_documents_beside_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JSM_ASSETS_SHARED", raising=False)
    shared = checkout.parent / "shared"
    (shared / "specs").mkdir(parents=True)

    assert clean_environment()["JSM_ASSETS_SHARED"] == str(shared)


@pytest.mark.slow
def test_find_python_returns_the_wanted_version() -> None:
    python = find_python(VERSION)
    assert python is not None
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == VERSION


@pytest.mark.slow
def test_find_python_without_a_match_returns_none() -> None:
    assert find_python("3.99") is None


def test_readme_job_runs_the_command_with_the_given_python(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "")
    (checkout / "README.md").write_text("```bash\npython3 -m venv x -m pytest && true\n```\n", "utf-8")
    job = readme_job(tmp_path, "tests", VERSION, "/opt/python")

    assert job.name == f"readme-tests-{VERSION}"
    assert job.command[-1] == "python3 -m venv x -m pytest && true"
    launcher = Path(job.environment["PATH"].partition(os.pathsep)[0], "python3")
    assert '"/opt/python" "$@"' in launcher.read_text("utf-8")
    assert "README.md" in files_in(Path(job.folder))


def test_install_nox_job_installs_the_pinned_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_checks, "copy_checkout", lambda target: target.mkdir())

    assert NOX.search(str(install_nox_job(tmp_path, "python").command))


@pytest.mark.parametrize(("session", "oldest"), [("lint", False), ("wheel", True), ("lowest", True)])
def test_session_job_finds_all_pythons(tmp_path: Path, session: str, *, oldest: bool) -> None:
    """The sessions with the lowest versions run on the oldest Python that exists."""
    job = session_job(tmp_path, session, {"3.12": "/a/python3.12", "3.13": "/b/python3.13"})

    assert job.environment["PATH"].split(os.pathsep)[:2] == ["/b", "/a"]
    assert ("3.12" in job.command) is oldest


def test_session_job_passes_existing_files_as_arguments(tmp_path: Path) -> None:
    for session, arguments in ARGUMENTS.items():
        job = session_job(tmp_path, session, {"3.13": "/b/python3.13"})

        assert tuple(job.command)[-len(arguments) - 1 :] == ("--", *arguments)
        assert all((ROOT / argument).exists() for argument in arguments)


@pytest.mark.parametrize("exit_code", [0, 1, 5])
def test_runner_returns_the_exit_code_and_the_log(tmp_path: Path, exit_code: int) -> None:
    """5 is pytest's exit code for "no tests were run"."""
    result = Runner(tmp_path).run(
        python_job("job", f"import sys; print('text'); sys.exit({exit_code})", tmp_path)
    )

    assert (result.exit_code, result.log) == (exit_code, "text\n")


def test_runner_stop_ends_a_running_job(tmp_path: Path) -> None:
    runner = Runner(tmp_path)

    job = python_job("job", "import signal; print('ready', flush=True); signal.pause()", tmp_path)
    wait = subprocess.Popen.wait

    def stop_and_wait(process: subprocess.Popen[bytes]) -> int:
        while "ready" not in (tmp_path / "job.txt").read_text("utf-8"):
            pass
        runner.stop()
        return wait(process)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "wait", stop_and_wait)
        result = runner.run(job)

    assert result.exit_code < 0
    runner.stop()  # nothing is left to stop


def test_report_ends_with_pytests_summaries() -> None:
    results = [
        Result("wheel", 0, 9.0, "TOTAL 10 0 100%\n===== 7 passed, 1 skipped in 2.50s =====\n"),
        Result("lint", 1, 1.0, "WARNING: Location 'x' is ignored\nE501 too long\n"),
        Result("quick", 5, 1.0, "3 deselected in 0.10s\n"),
    ]
    text = report(results, 12.4)

    assert text.endswith(
        "3 jobs in 12 s, 2 failed: lint, quick\n\n"
        "wheel:\n===== 7 passed, 1 skipped in 2.50s =====\nquick:\n3 deselected in 0.10s"
    )
    assert "coverage of the wheel: TOTAL 10 0 100%" in text
    assert "===== lint failed. Its log:\n\nE501 too long" in text


@pytest.fixture
def fake_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that print their names instead of running for minutes."""

    def readme(work: Path, kind: str, version: str, _python: str) -> Job:
        return python_job(f"readme-{kind}-{version}", "print('1 passed in 0.1s')", work)

    def session(work: Path, name: str, _pythons: Mapping[str, str]) -> Job:
        return python_job(name, f"import sys; sys.exit(5 if {name!r} == 'quick' else 0)", work)

    monkeypatch.setattr(run_checks, "find_python", {VERSION: sys.executable}.get)
    monkeypatch.setattr(run_checks, "VERSIONS", (VERSION,))
    monkeypatch.setattr(run_checks, "readme_job", readme)
    monkeypatch.setattr(run_checks, "session_job", session)
    monkeypatch.setattr(
        run_checks, "install_nox_job", lambda work, _python: python_job("install-nox", "", work)
    )


@pytest.mark.once
@pytest.mark.usefixtures("fake_jobs")
@pytest.mark.parametrize(
    ("words", "exit_code", "text"),
    [
        (["lint"], 0, "2 jobs in 0 s, 0 failed"),
        (["readme-tests"], 0, f"readme-tests-{VERSION}:\n1 passed in 0.1s"),
        (["lint", "quick"], 1, "1 failed: quick"),
        ([], 1, f"{len(SESSIONS) + 3} jobs in"),
    ],
)
def test_main_fails_if_a_job_fails(
    words: Sequence[str], exit_code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_checks.main(words) == exit_code
    assert text in capsys.readouterr().out


@pytest.mark.usefixtures("fake_jobs")
def test_main_with_an_unknown_name_returns_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_checks.main(["nonsense"]) == 2
    assert "There is no job" in capsys.readouterr().err


@pytest.mark.usefixtures("fake_jobs")
def test_main_without_a_python_returns_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_checks, "find_python", lambda _version: None)

    assert run_checks.main([]) == 2
    assert "No Python" in capsys.readouterr().err


@pytest.mark.usefixtures("fake_jobs")
def test_main_removes_its_folder_unless_told_to_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: str(work))
    monkeypatch.setenv("CI_KEEP", "1")
    work.mkdir()
    run_checks.main(["readme-example"])
    assert f"kept: {work}" in capsys.readouterr().out
    assert (work / "logs").is_dir()

    monkeypatch.delenv("CI_KEEP")
    (work / "logs").rename(tmp_path / "logs")
    run_checks.main(["readme-example"])
    assert not work.exists()


@pytest.mark.usefixtures("fake_jobs")
def test_main_interrupted_stops_and_returns_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_checks, "report", interrupt)
    monkeypatch.setattr(Runner, "run", interrupt)

    assert run_checks.main(["lint"]) == 130
