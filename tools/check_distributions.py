"""Look into the built wheel and sdist: what belongs is there, and nothing else.

python -m build --outdir dist .
python tools/check_distributions.py dist
"""

from __future__ import annotations

import re
import runpy
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "jsm_assets_dest"

#: What a wheel may hold: the package's Python, its marker of types, data that the package reads, and the metadata.
WHEEL_FILE = re.compile(
    rf"{PACKAGE}/[\w/]+\.(?:py|json|png|sql|tsv|css)$"
    rf"|{PACKAGE}/py\.typed$"
    rf"|{PACKAGE}-[\w.]+\.dist-info/(?:METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE)$"
)
SDIST_MUST = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "conftest.py", "PKG-INFO")
NEVER = re.compile(r"__pycache__|\.pyc$|\.sqlite|\.journal|\.coverage|/\.venv|/_build/|\.ipynb_checkpoints")


def wheel_problems(files: Iterable[str], sources: Iterable[str]) -> list[str]:
    """Return the problems of the files of a wheel, compared with the package's source files."""
    present = set(files)
    problems = [f"does not belong: {name}" for name in sorted(present) if not WHEEL_FILE.match(name)]
    problems += [f"is missing: {name}" for name in sorted(set(sources) - present)]
    return problems


def sdist_problems(files: Iterable[str]) -> list[str]:
    """Return the problems of the files of an sdist, named without its top folder."""
    present = set(files)
    problems = [f"does not belong: {name}" for name in sorted(present) if NEVER.search(f"/{name}")]
    problems += [f"is missing: {name}" for name in SDIST_MUST if name not in present]
    problems += [
        f"has no {top}/"
        for top in ("src", "tests", "benchmarks")
        if not any(n.startswith(f"{top}/") for n in present)
    ]
    return problems


def metadata_problems(metadata: Message, project: dict[str, object]) -> list[str]:
    """Return the metadata that the wheel lacks, compared with pyproject.toml."""
    expected = {
        "Name": project["name"],
        "Version": project["version"],
        "Summary": project["description"],
        "Requires-Python": project["requires-python"],
        "License-Expression": project["license"],
        "Description-Content-Type": "text/markdown",
    }
    return [
        f"metadata: {name} is {metadata[name]!r}, not {value!r}"
        for name, value in expected.items()
        if metadata[name] != value
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the one wheel and the one sdist of a folder; the exit code says whether all is well."""
    folder = Path((sys.argv[1:] if arguments is None else arguments)[0])
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    project["version"] = runpy.run_path(str(ROOT / "src" / PACKAGE / "_version.py"))["VERSION"]
    sources = [
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src" / PACKAGE).rglob("*")
        if path.suffix in (".py", ".tsv", ".css")
    ]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        problems = [
            f"{wheel.name} {problem}" for problem in wheel_problems(names, [*sources, f"{PACKAGE}/py.typed"])
        ]
        path = next(name for name in names if name.endswith(".dist-info/METADATA"))
        problems += metadata_problems(Parser().parsestr(archive.read(path).decode()), project)
    with tarfile.open(sdist) as archive_of_sources:
        inside = [name.partition("/")[2] for name in archive_of_sources.getnames()]
        problems += [f"{sdist.name} {problem}" for problem in sdist_problems(inside)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(
            f"{wheel.name}: {len(names)} files, {sdist.name}: {len(inside)} files, nothing missing, nothing stray"
        )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
