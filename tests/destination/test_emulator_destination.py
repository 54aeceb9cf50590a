"""A destination on the emulator: one line, no real wait, and the same for sync and async."""

from __future__ import annotations

import pickle
import time
import traceback
from pathlib import Path

import anyio
import pytest

from jsm_assets_dest import (
    ApiToken,
    AttributeSpec,
    Connection,
    CredentialsReference,
    Destination,
    ObjectTypeSpec,
    SchemaModel,
)
from jsm_assets_dest.exceptions import ImportTimeoutError, InvalidCredentialError
from jsm_assets_dest.testing import Doubts, Emulator

MODEL = SchemaModel(
    "Inventory",
    [ObjectTypeSpec("Laptops", [AttributeSpec("Serial", key="serial", label=True, identifier=True)])],
    namespace="inventory",
)


def test_destination_of_the_emulator_imports() -> None:
    with Emulator(import_seconds=300) as emulator:
        emulator.add_object_schema("INV", "Inventory")
        emulator.add_import_source("INV")

        destination = emulator.destination(schema_key="INV", model=MODEL)

        assert destination.status()["token"].is_done
        destination.build()
        assert destination.import_records({"laptops": [{"serial": "L-1"}]}).ok


def test_async_destination_of_the_emulator_imports() -> None:
    async def run() -> None:
        destination = emulator.destination_async(schema_key="INV", model=MODEL)
        await destination.build()
        assert (await destination.import_records({"laptops": [{"serial": "L-1"}]})).ok

    with Emulator(import_seconds=300) as emulator:
        emulator.add_object_schema("INV", "Inventory")
        emulator.add_import_source("INV")
        anyio.run(run)


def test_settings_and_environment_of_the_caller_take_precedence() -> None:
    emulator = Emulator()

    destination = emulator.destination(
        "Inventory",
        credentials=CredentialsReference("env:OTHER", email=emulator.email),
        environ={"OTHER": emulator.api_token},
    )

    assert (destination.name, destination.import_token) == ("Inventory", None)
    assert destination.status()["connection"].is_done


def test_loaded_destination_uses_the_passed_transport(tmp_path: Path) -> None:
    file = tmp_path / "inventory.json"
    emulator = Emulator()
    emulator.destination("Inventory").save(file)

    destination = Destination.load(file, environ=emulator.settings(), transport=emulator.transport)

    assert destination.status()["connection"].is_done
    assert "transport" not in repr(destination) + file.read_text("utf-8")
    assert pickle.loads(pickle.dumps(destination)) == destination


def test_transport_of_the_emulator_waits_in_its_own_time() -> None:
    """A build that does not end waits for 600 seconds, on the clock of the transport."""
    emulator = Emulator(doubts=Doubts(mapping_seconds=3_600))
    emulator.add_object_schema("INV", "Inventory")
    token = emulator.add_import_source("INV").token
    auth = ApiToken(emulator.email, emulator.api_token)
    before, emulated_before = time.monotonic(), emulator.clock.monotonic()

    with Connection.external_site(emulator.site, auth, transport=emulator.transport) as connection:
        schema = connection.get_object_schema("INV")
        with pytest.raises(ImportTimeoutError):
            connection.import_token(token, schema=schema).build(MODEL, timeout=600)

    assert emulator.clock.monotonic() - emulated_before > 500
    assert time.monotonic() - before < 60


def test_swapped_token_is_not_in_the_traceback() -> None:
    token = "ATCTT3" + "xFfGF0" * 8
    try:
        Emulator().destination().save_import_token("file:token", token)
    except InvalidCredentialError as error:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]
    assert frames
    assert token not in repr([frame.f_locals for frame in frames])
