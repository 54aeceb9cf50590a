"""The example about conflicts runs unchanged."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from jsm_assets_dest import Resolution
from jsm_assets_dest.testing import Emulator

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "conflicts.py"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for name in ("SITE", "EMAIL", "API_TOKEN", "GATEWAY", "IMPORT_TOKEN"):
        monkeypatch.delenv(f"JSM_ASSETS_{name}", raising=False)
    spec = importlib.util.spec_from_file_location("example_conflicts", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.once
def test_every_resolution_ends_with_an_import(
    example: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each resolution ends with a built model, imported records, and nothing left to resolve or to build."""
    assert example.main([]) == 0

    printed = capsys.readouterr().out
    titles = re.findall(r"^=== (.*) in HR", printed, re.MULTILINE)
    assert titles == [resolution.value for resolution in Resolution]
    assert printed.count("Left to resolve: 0, left to build: 0") == len(Resolution)
    assert re.findall(r"The import: (\d) created, 0 failed", printed) == ["3", "3", "3", "1", "3"]
    assert '! The type of "Badge" is text, not integer, and an import can\'t change a type.' in printed
    assert "People previous, objects: 1" in printed
    assert "Directory People, objects: 2" in printed
    assert "pass delete_objects=1" in printed


def test_with_a_key_only_reads_are_sent(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With settings and a key, nothing is changed."""
    with Emulator() as emulator, emulator.serve() as url:
        emulator.add_object_schema("HR", "Human resources").add_object_type("offices")
        emulator.add_object_schema("NEW", "New")
        for name, value in emulator.settings(url).items():
            monkeypatch.setenv(name, value)

        assert example.main(["HR"]) == 0
        looked = capsys.readouterr().out
        assert example.main(["NEW"]) == 0
        free = capsys.readouterr().out
        assert example.main(["NOPE"]) == 1

        assert "possible: adopt" in looked
        assert "has no object type with a name of the model" in free
        assert "Could not find the object schema NOPE" in capsys.readouterr().err
        assert {request.method for request in emulator.requests} == {"GET"}


def test_key_without_site_is_rejected(example: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        example.main(["HR"])
    assert "JSM_ASSETS_SITE" in capsys.readouterr().err
