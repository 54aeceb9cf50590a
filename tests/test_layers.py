"""Who imports whom: read from the syntax trees, wherever an import stands.

Every import statement counts, at the top of a module, inside a function or under `if TYPE_CHECKING:`; a layer that
needs a higher one only sometimes, or only for a type, needs it all the same. The exceptions are listed below, each
with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import jsm_assets_dest

PACKAGE = Path(jsm_assets_dest.__file__).parent
NAME = "jsm_assets_dest"

#: From low to high: a module imports from lower ranks and from its own folder.
RANKS: tuple[tuple[str, ...], ...] = (
    ("exceptions", "_secret", "_version"),
    # Values: plain data about the service, the wanted model, records and results.
    (
        "assets",
        "auth",
        "clock",
        "destination_status",
        "execution",
        "import_options",
        "conflicts",
        "limits",
        "model",
        "_model",
        "_assets",
        "plan",
        "records",
        "_records",
        "_results",
        "journal",
        "_journal",
        "progress",
        "reports",
        "results",
        "retry",
    ),
    ("_engine.commands", "_wire"),
    ("_retry",),
    ("_operations",),
    ("_engine",),
    # What a destination is made of; it names a model of Okta's data, which is values like any other.
    ("okta", "_destination"),
    (
        "build_plan",
        "connection",
        "destination",
        "import_execution",
        "import_token",
        "object_schema",
        "object_type_conflict",
    ),
    ("",),
)

#: The rank whose modules have an asynchronous twin.
SHELLS = RANKS[7]

#: (importing module, imported module): reason.
ARGUED: dict[tuple[str, str], str] = {
    **{
        (
            "exceptions",
            carried,
        ): "an error says of which type the value is that it carries; nothing is loaded for it"
        for carried in ("destination_status", "execution", "reports", "results")
    },
    ("_engine.commands", "_wire.request"): "the same rank: a command names the request it sends",
    ("testing.emulator", ""): "`connect` hands a test a connection, as any user of the public names would",
    ("testing.pytest_plugin", ""): "the fixtures say of which type the connection is that they hand out",
}

#: Libraries that only some modules may know, by the beginning of the importing module's name.
CONFINED: dict[str, tuple[str, ...]] = {
    "httpx": ("_engine", "testing"),
    "httpcore": ("_engine", "testing"),
    # `clock` offers the wait of the asynchronous colour to whoever passes a clock of their own.
    "anyio": ("_engine", "testing", "clock"),
    "asyncio": ("testing",),
    "tenacity": ("_retry.again",),
    "orjson": ("_wire.encoding",),
    "requests": (),
    "trio": (),
}


@attrs.frozen
class Import:
    """One import: by which module of ours, of what, where."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer or '__init__'}:{self.line} imports {self.imported or '__init__'}"


def module_name(path: Path) -> str:
    """The name of a module below the package; the package itself is ""."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def known_modules() -> dict[str, Path]:
    """Every module of the package by its name below the package."""
    return {module_name(path): path for path in PACKAGE.rglob("*.py")}


def imports_in(name: str, path: Path, source: str | None = None) -> Iterator[Import]:
    """All imports of a module, absolute names; ours without the package's name and a leading dot, as `.model`."""
    package = [NAME, *(name.split(".") if name else [])]
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(path.read_text("utf-8") if source is None else source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(name, f"{target}.{alias.name}", node.lineno)


def ours(imported: str, modules: dict[str, Path]) -> str | None:
    """Which module of ours an import reaches, by its name below the package, or None for somebody else's."""
    if imported.partition(".")[0] != NAME:
        return None
    inside = imported.partition(".")[2]
    while inside and inside not in modules:
        inside = inside.rpartition(".")[0]
    return inside


def rank(module: str) -> int | None:
    """The rank of a module: the longest name in RANKS that is it or contains it."""
    best: tuple[int, int] | None = None
    for level, names in enumerate(RANKS):
        for name in names:
            twins = (name, f"{name}_async") if name in SHELLS else (name,)
            for twin in twins:
                if (module == twin or (twin and module.startswith(f"{twin}."))) and (
                    best is None or len(twin) > best[0]
                ):
                    best = (len(twin), level)
    return None if best is None else best[1]


def folder(module: str) -> str:
    """The folder of the package that a module is in, or its own name."""
    return module.partition(".")[0]


MODULES = known_modules()
IMPORTS = [found for name, path in sorted(MODULES.items()) for found in imports_in(name, path)]


def test_every_module_has_a_rank() -> None:
    """A new module must be given its place before it may import anything."""
    homeless = [name for name in MODULES if rank(name) is None and folder(name) != "testing"]

    assert not homeless, f"add to RANKS in {Path(__file__).name}: {homeless}"


def test_imports_go_down() -> None:
    """A module imports only from lower ranks or from its own folder."""
    wrong: list[str] = []
    for found in IMPORTS:
        target = ours(found.imported, MODULES)
        if target is None or folder(found.importer) == "testing":
            continue
        importer_rank, target_rank = rank(found.importer), rank(target)
        if importer_rank is None or target_rank is None:
            continue  # reported by the test above, or by the one about `testing`
        same_folder = bool(found.importer) and folder(found.importer) == folder(target)
        if not (target_rank <= importer_rank or same_folder or (found.importer, target) in ARGUED):
            wrong.append(str(found))

    assert not wrong, "\n".join(wrong)


def test_no_module_imports_the_package_itself() -> None:
    """Nobody inside asks the table of public names: it would make every import a cycle."""
    wrong = [
        str(found)
        for found in IMPORTS
        if ours(found.imported, MODULES) == "" and found.importer and folder(found.importer) != "testing"
    ]

    assert not wrong, "\n".join(wrong)


def test_emulator_and_sdk_share_no_module() -> None:
    """The emulator imports nothing of the SDK, and the SDK nothing of the emulator: a wrong reading of the
    service cannot cancel out on both sides.
    """
    wrong = [
        str(found)
        for found in IMPORTS
        if (target := ours(found.imported, MODULES)) is not None
        and (folder(found.importer) == "testing") != (folder(target) == "testing")
        and (found.importer, target) not in ARGUED
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(CONFINED))
def test_confined_libraries(library: str) -> None:
    """A library that could be exchanged one day is known in one place."""
    homes = CONFINED[library]
    wrong = [
        str(found)
        for found in IMPORTS
        if found.imported.partition(".")[0] == library
        and not any(found.importer == home or found.importer.startswith(f"{home}.") for home in homes)
    ]

    assert not wrong, "\n".join(wrong)


def test_no_dependency_but_the_declared_ones() -> None:
    """Outside the standard library only the declared dependencies, those that come with httpx, and the extras."""
    import sys

    declared = {
        "httpx",
        "attrs",
        "attr",
        "tenacity",
        "typing_extensions",
        "anyio",
        "certifi",
        "httpcore",
        "h11",
    }
    extras = {"orjson", "tqdm", "rich", "keyring", "pytest", "IPython"}
    allowed = sys.stdlib_module_names | declared | extras | {NAME}
    wrong = [str(found) for found in IMPORTS if found.imported.partition(".")[0] not in allowed]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "path", "source", "imported"),
    [
        ("_wire.links", "_wire/links.py", "from ..assets import SchemaLinks", f"{NAME}.assets.SchemaLinks"),
        ("_wire.links", "_wire/links.py", "from . import request", f"{NAME}._wire.request"),
        ("_wire", "_wire/__init__.py", "from .request import Request", f"{NAME}._wire.request.Request"),
        ("", "__init__.py", "from .model import SchemaModel", f"{NAME}.model.SchemaModel"),
        ("model", "model.py", "def f():\n    import httpx.auth", "httpx.auth"),
        ("model", "model.py", "if TYPE_CHECKING:\n    from httpx import Client", "httpx.Client"),
    ],
)
def test_the_reader_of_imports(name: str, path: str, source: str, imported: str) -> None:
    """Relative, nested and type-only imports are all understood."""
    assert [found.imported for found in imports_in(name, PACKAGE / path, source)] == [imported]


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("exceptions", 0),
        ("model", 1),
        ("_model.graph", 1),
        ("_engine.commands", 2),
        ("_engine.blocking", 5),
        ("okta._records", 6),
        ("connection_async", 7),
        ("connection", 7),
        ("", 8),
        ("newcomer", None),
        ("modelling", None),
    ],
)
def test_ranks(module: str, expected: int | None) -> None:
    """The longest name decides, and a name that merely begins the same does not count."""
    assert rank(module) == expected
