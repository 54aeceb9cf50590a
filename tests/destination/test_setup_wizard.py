"""The setup wizard of the examples with scripted input, for a new and an existing object schema."""

from __future__ import annotations

import importlib.util
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from jsm_assets_dest import Destination, OktaModel, okta
from jsm_assets_dest.testing import Emulator

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "setup_wizard.py"
Answer = str | Callable[[], str]


@pytest.fixture
def wizard(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_setup_wizard", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def run(wizard: ModuleType, emulator: Emulator, file: Path, answers: list[tuple[str, Answer]]) -> Destination:
    """Run the wizard. Each answer has the expected start of its question; a function acts in Assets first."""
    remaining_answers = iter(answers)

    def ask(question: str) -> str:
        start, answer = next(remaining_answers)
        assert question.startswith(start)
        text = answer if isinstance(answer, str) else answer()
        sys.stdout.write(f"{question}{'…' if start == 'Import token' else text}\n")
        return text

    with emulator.connect() as connection:
        wizard.main(str(file), ask, connection)
        assert list(remaining_answers) == []
        return Destination.load(file, environ=emulator.settings())


@pytest.mark.once
def test_wizard_sets_up_a_new_schema(
    wizard: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "okta.json"
    tokens: list[str] = []

    def create_import_source() -> str:
        tokens.append(emulator.add_import_source("OKT", "Okta").token)
        return ""

    with Emulator() as emulator:
        emulator.add_group("it-ops")
        destination = run(
            wizard,
            emulator,
            file,
            [
                ("Key of the object schema", ""),
                ("Name, if it is new", "Okta"),
                ("Press Enter to create it", ""),
                ("Part of the name of the groups", "it-"),
                ("Press Enter to set these roles", ""),
                ("Press Enter when it is done", create_import_source),
                ("Import token", lambda: tokens[0]),
                ("Size of the model", "lean"),
                ("Press Enter to build", ""),
                ("Press Enter to import", ""),
            ],
        )
        with emulator.connect() as connection:
            assert destination.status(connection=connection).ok
        assert len(emulator.object_schema("OKT")["Groups"].objects) > 0

    output = capsys.readouterr().out
    sys.stdout.write(output)  # `pytest -rP` shows the run
    assert "○ schema: needs input. No object schema is chosen." in output
    assert "The object schema OKT is not created yet" in output
    assert "Okta on https://acme.atlassian.net: ready" in output
    assert tokens[0] not in file.read_text("utf-8") + output
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "okta.token").stat().st_mode) == 0o600


@pytest.mark.once
def test_wizard_resolves_conflicts_of_an_existing_schema(wizard: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "okta.json"
    with Emulator() as emulator:
        emulator.add_object_schema("HR", "Human resources").add_object_type("People", attributes=["Okta ID"])
        token = emulator.add_import_source("HR", "Okta").token
        destination = run(
            wizard,
            emulator,
            file,
            [
                ("Key of the object schema", "HR"),
                ("Name, if it is new", ""),
                ("Part of the name of the groups", ""),
                ("Press Enter to set these roles", "skip"),
                ("Import token", token),
                ("Size of the model", "lean"),
                ("People: adopt", "rename incoming"),
                ("Press Enter to build", ""),
                ("Press Enter to import", "skip"),
            ],
        )
        with emulator.connect() as connection:
            status = destination.status(connection=connection)
        assert "Okta People" in emulator.object_schema("HR")

    assert status.is_ready
    assert status["roles"].state == "needs_input"


@pytest.mark.once
def test_wizard_chooses_another_namespace_for_a_second_schema(wizard: ModuleType, tmp_path: Path) -> None:
    """The size of the model was chosen before; now its namespace is in use."""
    with Emulator() as emulator:
        emulator.add_object_schema("OKT")
        emulator.add_object_schema("TEST")
        with emulator.connect() as connection:
            token = connection.import_token(emulator.add_import_source("OKT").token)
            token.build(okta.schema_model("lean"))
        destination = run(
            wizard,
            emulator,
            tmp_path / "test.json",
            [
                ("Key of the object schema", "TEST"),
                ("Name, if it is new", ""),
                ("Part of the name of the groups", ""),
                ("Press Enter to set these roles", ""),
                ("Press Enter when it is done", lambda: emulator.add_import_source("TEST").token and ""),
                ("Import token", lambda: emulator.import_sources[1].token),
                ("Size of the model", "lean"),
                ("Namespace of the model [okta-2]", ""),
                ("Press Enter to build", ""),
                ("Press Enter to import", ""),
            ],
        )
        with emulator.connect() as connection:
            assert destination.status(connection=connection).ok

    assert destination.model == OktaModel("lean", namespace="okta-2")


def test_wizard_continues_a_saved_setup_after_an_error(wizard: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "okta.json"
    Destination(name="Okta", schema_key="OKT").save(file)
    with Emulator() as emulator:
        emulator.faults.next("create object schema", status=403)
        run(
            wizard,
            emulator,
            file,
            [
                ("Press Enter to create it", ""),
                ("Press Enter to try again", "skip"),
                ("Size of the model", ""),
            ],
        )

        with emulator.connect() as connection:
            assert connection.find_object_schema("OKT") is None


def test_wizard_is_short_and_uses_public_names_only() -> None:
    source = EXAMPLE.read_text("utf-8")

    assert len(source.splitlines()) <= 120
    assert "jsm_assets_dest._" not in source
