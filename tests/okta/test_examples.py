"""Runs of the examples on the embedded emulator."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from tests.okta.shared import shared

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STEPS = (
    "1. Connect",
    "2. Choose the object schema",
    "3. Lock down the roles",
    "4. Check the import token",
    "5. Build the schema model",
    "6. Import",
)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SITE", "EMAIL", "API_TOKEN", "IMPORT_TOKEN", "GATEWAY"):
        monkeypatch.delenv(f"JSM_ASSETS_{name}", raising=False)


def _example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Annotations are resolved in the module of a class, so the module must be registered.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


def _confirmed(printed: str) -> dict[str, list[int]]:
    """Return the printed numbers per object type: sent, created, updated, unchanged, and failed."""
    table = printed.partition("\nConfirmed by Assets:")[2].partition("\nFrom Okta:")[0]
    rows = re.findall(r"^  (\S.*?)  +([\d ,]+)$", table, re.MULTILINE)
    return {name: [int(number.replace(",", "")) for number in numbers.split()] for name, numbers in rows}


@pytest.mark.once
@pytest.mark.parametrize("suffix", ["", "_async"])
def test_destination_example_confirms_every_record(suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = _example(f"okta_destination{suffix}")
    assert (asyncio.run(module.main([])) if suffix else module.main([])) == 0
    printed = capsys.readouterr().out
    assert [title for title in STEPS if f"\n{title}\n" in printed] == list(STEPS)
    confirmed = _confirmed(printed)
    assert {name: counts[0] for name, counts in confirmed.items()} == {
        "User Types": 3,
        "Groups": 32,
        "Applications": 22,
        "People": 250,
        "Devices": 296,
    }
    assert all(
        created + updated + unchanged == sent for sent, created, updated, unchanged, _ in confirmed.values()
    )
    # The test import has already created the other 100 people, and no more than that.
    assert confirmed["People"][1] == 150
    assert "resolved: adopt" in printed
    assert "resolved: rename incoming" in printed
    assert "Object Schema Developers: jira-servicemanagement-users-acme" in printed
    assert "Object Schema Developers: no one" in printed
    assert "one of Okta's own consoles" in printed


@pytest.mark.once
def test_destination_example_imports_shared_samples(capsys: pytest.CaptureFixture[str]) -> None:
    samples = shared("okta-samples")
    assert _example("okta_destination").main(["--okta", str(samples), "--profile", "full"]) == 0
    printed = capsys.readouterr().out
    assert sum(counts[0] for counts in _confirmed(printed).values()) == 62
    assert "an error response of Okta, E0000007" in printed


def test_destination_example_explains_missing_import_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from jsm_assets_dest.testing import Emulator

    with Emulator() as emulator, emulator.serve() as url:
        for name, value in emulator.settings(url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("JSM_ASSETS_IMPORT_TOKEN", raising=False)
        assert _example("okta_destination").main([]) == 1
    assert "Generate new token" in capsys.readouterr().out


class _Blocking(ast.NodeTransformer):
    """Converter of the async example to the sync one."""

    RENAMED: ClassVar[dict[str, str]] = {
        "enter_async_context": "enter_context",
        "connect_async": "connect",
        "AsyncExitStack": "ExitStack",
    }

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        return ast.FunctionDef(
            **{name: getattr(node, name) for name in ast.FunctionDef._fields if hasattr(node, name)}
        )

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return ast.With(items=node.items, body=node.body)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        return node.value

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = self.RENAMED.get(node.attr, node.attr)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.RENAMED.get(node.id, node.id.removeprefix("Async"))
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        return None if node.names[0].name == "asyncio" else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        node.names = sorted(
            (ast.alias(self.RENAMED.get(name.name, name.name.removeprefix("Async"))) for name in node.names),
            key=lambda alias: alias.name,
        )
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if ast.unparse(node.func) == "asyncio.run" else node


def test_async_example_matches_sync_example() -> None:
    """The examples differ only in `await`, `async`, class names, and the start of the event loop."""
    blocking, waiting = (
        ast.parse((EXAMPLES / name).read_text(encoding="utf-8")).body[1:]
        for name in ("okta_destination.py", "okta_destination_async.py")
    )
    as_is = _Blocking().visit(ast.Module(blocking, []))  # sorts the imports
    derived = _Blocking().visit(ast.Module(waiting, []))
    assert ast.unparse(ast.fix_missing_locations(derived)) == ast.unparse(as_is)


def test_custom_source_example_imports_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = _example("custom_source")
    assert module.main([]) == 0
    assert "4 sent, 4 created" in capsys.readouterr().out
    file = tmp_path / "laptops.csv"
    file.write_text("asset_tag,model,purchased,price,owner_email,office\nLT-9,X1,,,,\n", encoding="utf-8")
    assert module.main(["--csv", str(file)]) == 0
    assert "1 sent, 1 created" in capsys.readouterr().out
