"""Stories about exports: written, and imported again."""

# ruff: noqa: ASYNC240 - the stories run nothing else meanwhile

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import anyio
import pytest

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, ReferenceSpec, SchemaModel, okta, tables
from jsm_assets_dest.exceptions import (
    AssetsError,
    ConfigurationError,
    ExportError,
    ObjectTypeNotFoundError,
    SchemaPermissionError,
    ValidationError,
)
from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing.http.rendering import MEDIA_TOKEN
from tests.stories.story import now, story

MODEL = SchemaModel(
    "Staff",
    [
        ObjectTypeSpec("Teams", [AttributeSpec("Name", label=True, identifier=True)]),
        ObjectTypeSpec(
            "People",
            [
                AttributeSpec("Name", label=True),
                AttributeSpec("Okta ID", key="id", identifier=True, unique=True),
                AttributeSpec("Born", "date"),
                AttributeSpec("Seen", "date_time"),
                AttributeSpec("Age", "integer"),
                AttributeSpec("Score", "double"),
                AttributeSpec("Active", "boolean"),
                AttributeSpec("State", "status"),
                AttributeSpec("Phones", maximum=-1),
                AttributeSpec("Manager", reference=ReferenceSpec("people")),
                AttributeSpec("Teams", reference=ReferenceSpec("teams"), maximum=-1),
            ],
        ),
    ],
    namespace="staff",
)


def people(count: int) -> Iterator[dict[str, object]]:
    """Yield people, some of them without some values."""
    for number in range(count):
        person: dict[str, object] = {
            "name": f"Zoë {number}",
            "id": f"00u{number}",
            "seen": f"2026-01-05T08:00:{number % 60:02}.125+02:00",
            "age": number,
            "score": number / 7,
            "active": bool(number % 2),
            "state": "Active" if number % 3 else "Closed",
            "phones": [str(number), "+49 30"] if number % 5 else [],
            "manager": f"00u{number // 10}",
            "teams": ["IT", f"Team {number % 7}"],
        }
        yield {**person, "born": "1990-01-31"} if number % 4 else person


async def assert_round_trip(emulator: Emulator, connection: Any, model: SchemaModel, records: object) -> None:
    """Check that importing an export changes nothing."""
    schema = await now(connection.ensure_object_schema("OKT", name="Okta"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    await now(token.build(model))
    assert (await now(token.import_records(records))).ok
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "okta.jsonl")
        count: int = await now(schema.export_objects(path))
        result = await now(token.import_records(tables.read_export(path, model)))

    assert count == len(emulator.object_schema("OKT").objects)
    assert count == sum(object_type.unchanged for object_type in result.object_types)
    assert result.ok


def staff(count: int) -> dict[str, object]:
    """Return records of teams and people."""
    teams = [{"name": name} for name in ("IT", *(f"Team {number}" for number in range(7)))]
    return {"teams": teams, "people": people(count - len(teams))}


@pytest.mark.once
@story
async def test_exported_objects_are_unchanged_when_imported(emulator: Emulator, connection: Any) -> None:
    await assert_round_trip(emulator, connection, MODEL, staff(250))


@pytest.mark.once
@story
async def test_exported_okta_objects_are_unchanged(emulator: Emulator, connection: Any) -> None:
    model = okta.schema_model("standard")
    tenant = okta.sample_tenant(people=30)
    await assert_round_trip(emulator, connection, model, okta.records(tenant, model=model))


@pytest.mark.once
def test_ten_thousand_exported_objects_are_unchanged() -> None:
    """Without references, which cost the emulator most of its time."""
    model = MODEL.without("people.manager", "people.teams", "teams")

    async def main() -> None:
        with Emulator() as emulator, emulator.connect() as connection:
            await assert_round_trip(emulator, connection, model, {"people": plain(10_000)})

    def plain(count: int) -> Iterator[dict[str, object]]:
        return (
            {"id": person["id"], "name": person["name"], "age": person["age"]} for person in people(count)
        )

    anyio.run(main)


@story
async def test_export_contains_neither_tokens_nor_addresses(emulator: Emulator, connection: Any) -> None:
    people = emulator.add_object_schema("OKT").add_object_type("People", attributes=[("Jira User", "user")])
    account = emulator.add_account("ana.b@acme.com")
    person = people.add_object({"Name": "Ana", "Jira User": account})
    schema = await now(connection.get_object_schema("OKT"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "people.jsonl")
        assert await now(schema.export_objects(str(path), object_type="People")) == 1
        text = path.read_text("utf-8")

    assert MEDIA_TOKEN not in text
    assert "acme.com" not in text
    assert json.loads(text)["values"] == {"Name": "Ana", "Jira User": account.account_id}
    assert json.loads(text)["key"] == person.key


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@story
async def test_only_the_owner_can_read_an_export(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("OKT")
    schema = await now(connection.get_object_schema("OKT"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "okta.jsonl")
        assert await now(schema.export_objects(path)) == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text("utf-8") == ""


@story
async def test_failed_export_leaves_the_earlier_file_unchanged(emulator: Emulator, connection: Any) -> None:
    people = emulator.add_object_schema("OKT").add_object_type("People")
    for number in range(250):
        people.add_object(Name=f"Person {number}")
    schema = await now(connection.get_object_schema("OKT"))
    emulator.faults.next("search objects", status=403, nth=3)
    failures: list[tuple[dict[str, str], type[AssetsError]]] = [
        ({}, SchemaPermissionError),
        ({"query": "Nope = 1"}, ValidationError),
        ({"query": "(Name"}, ConfigurationError),
        ({"object_type": "Poeple"}, ObjectTypeNotFoundError),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "people.jsonl")
        path.write_text("earlier")
        for arguments, error in failures:
            with pytest.raises(error):
                await now(schema.export_objects(path, **arguments))
            assert [file.name for file in Path(folder).iterdir()] == ["people.jsonl"]
            assert path.read_text() == "earlier"
        assert await now(schema.export_objects(path)) == 250
        assert len(path.read_text().splitlines()) == 250


def test_path_that_cannot_be_written_is_rejected_before_sending(tmp_path: Path) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT")
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()

        for path in ("", tmp_path, tmp_path / "missing" / "okta.jsonl"):
            with pytest.raises(ExportError, match="Nothing was sent") as caught:
                schema.export_objects(path)
            assert caught.value.file == str(Path(path).resolve())

        assert not emulator.requests
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("broken", ["writelines", "flush"])
def test_full_storage_leaves_no_partial_file(tmp_path: Path, broken: str) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT").add_object_type("People").add_object(Name="Ana")
        schema = connection.get_object_schema("OKT")
        file = mock.MagicMock()
        file.__enter__.return_value = file
        getattr(file, broken).side_effect = OSError(28, "No space left on device")

        def opened(descriptor: int, *_: object, **__: object) -> object:
            os.close(descriptor)
            return file

        with (
            mock.patch("jsm_assets_dest._operations.objects.os.fdopen", opened),
            pytest.raises(ExportError, match="No space left on device"),
        ):
            schema.export_objects(tmp_path / "people.jsonl")

    assert not list(tmp_path.iterdir())
