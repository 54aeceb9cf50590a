"""Import tokens of a destination: checked, stored in each kind of place, and replaced."""

from __future__ import annotations

import stat
import sys
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from jsm_assets_dest import AsyncDestination, AttributeSpec, Destination, ObjectTypeSpec, SchemaModel
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    ImportBusyError,
    ImportTargetMismatchError,
    ImportTimeoutError,
    ImportTokenError,
    InvalidCredentialError,
    ObjectSchemaNotFoundError,
    ProblemsFoundError,
    UnknownOutcomeError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.story import now, story

MODEL = SchemaModel(
    "Inventory",
    [ObjectTypeSpec("Laptops", [AttributeSpec("Serial", key="serial", label=True, identifier=True)])],
    namespace="inventory",
)
LAPTOPS = {"laptops": [{"serial": f"L-{number}"} for number in range(5)]}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.add_object_schema("INV", "Inventory")
        emulator.add_import_source("INV", "Laptops")
        yield emulator


def inventory(emulator: Emulator, folder: Path, **settings: Any) -> Destination:
    """Return a destination without an import token."""
    settings = {"import_token": None, "schema_key": "INV", "model": MODEL, **settings}
    return emulator.destination("Inventory", path=folder / "inventory.json", **settings)


def mode_of(file: Path) -> int:
    """Return the permissions of a file. On Windows there are none to compare."""
    return stat.S_IMODE(file.stat().st_mode) if sys.platform != "win32" else 0o600


def use_keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """Install a keyring in memory, and return its entries."""
    entries: dict[tuple[str, str], str] = {}
    module = ModuleType("keyring")
    module.set_password = lambda service, user, text: entries.update({(service, user): text})  # type: ignore[attr-defined]
    module.get_password = lambda service, user: entries.get((service, user))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    return entries


# --- storing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("older_mode", [None, 0o644])
def test_import_token_is_stored_in_a_private_file(
    emulator: Emulator, tmp_path: Path, older_mode: int | None
) -> None:
    if older_mode is not None:
        (tmp_path / "token").write_text("older", "utf-8")
        (tmp_path / "token").chmod(older_mode)
    (source,) = emulator.import_sources

    destination = inventory(emulator, tmp_path).save_import_token(source.token, "file:token").save()

    assert mode_of(tmp_path / "token") == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["inventory.json", "token"]
    loaded = Destination.load(
        tmp_path / "inventory.json", environ=emulator.settings(), transport=emulator.transport
    )
    assert loaded.status()["token"].is_done
    assert destination.save_import_token(source.generate_token()).status()["token"].is_done


def test_import_token_is_stored_in_an_environment_file(emulator: Emulator, tmp_path: Path) -> None:
    """Other lines do not change, and the destination works in this process too."""
    file = tmp_path / "job.env"
    (source,) = emulator.import_sources

    first = inventory(emulator, tmp_path).save_import_token(
        source.token, "env:TOKEN", environment_file="job.env"
    )
    assert first.status()["token"].is_done
    file.write_text(f"# job\nTOKENS=2\nexport {file.read_text('utf-8')}", "utf-8")
    token = source.generate_token()
    second = first.save_import_token(token, environment_file=file)

    assert file.read_text("utf-8") == f"# job\nTOKENS=2\nTOKEN={token}\n"
    assert mode_of(file) == 0o600
    assert second.status()["token"].is_done
    assert token not in repr(second) + str(second.to_dict())


def test_import_token_is_stored_in_the_keyring(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = use_keyring(monkeypatch)
    (source,) = emulator.import_sources

    destination = inventory(emulator, tmp_path).save_import_token(source.token, "keyring:jsm-assets/inv")

    assert entries == {("jsm-assets", "inv"): source.token}
    assert destination.status()["token"].is_done


def test_locked_keyring_is_reported_when_storing(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_service: str, _user: str, text: str) -> None:
        raise PermissionError(f"locked: {text}")

    module = ModuleType("keyring")
    module.set_password = locked  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    (source,) = emulator.import_sources

    with pytest.raises(ConfigurationError, match=r"in the keyring \(PermissionError\)") as caught:
        inventory(emulator, tmp_path).save_import_token(source.token, "keyring:jsm-assets/inv")

    assert source.token not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "file", "message"),
    [
        (None, None, "no place for the import token"),
        ("env:TOKEN", None, "no environment file"),
        ("env:TOKEN", ".", "Could not store the secret of `import_token`"),
        ("env:TOKEN", "binary", "it is not in UTF-8"),
        ("file:missing/token", None, "No such file or directory"),
    ],
)
def test_import_token_without_a_writable_place_is_rejected(
    emulator: Emulator, tmp_path: Path, reference: str | None, file: str | None, message: str
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    (source,) = emulator.import_sources

    with pytest.raises(ConfigurationError, match=message) as caught:
        inventory(emulator, tmp_path).save_import_token(source.token, reference, environment_file=file)

    assert source.token not in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["binary"]


# --- checking -------------------------------------------------------------------------------------------------------


def test_pasted_api_token_is_neither_sent_nor_stored(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(InvalidCredentialError) as caught:
        inventory(emulator, tmp_path).save_import_token(emulator.api_token, "file:token")

    assert list(tmp_path.iterdir()) == []
    assert list(emulator.requests) == []
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]
    assert not any(emulator.api_token in map(str, frame.f_locals.values()) for frame in frames)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"schema_key": "HR"}, ProblemsFoundError, "another object schema than HR"),
        ({"schema_key": "OKT"}, ObjectSchemaNotFoundError, "OKT"),
        ({"import_source": "Monitors"}, ImportTargetMismatchError, 'the import "Laptops", not to "Monitors"'),
    ],
)
def test_token_of_another_import_is_not_stored(
    emulator: Emulator,
    tmp_path: Path,
    settings: Mapping[str, str],
    error: type[Exception],
    message: str,
) -> None:
    emulator.add_object_schema("HR", "Human resources")
    (source,) = emulator.import_sources

    with pytest.raises(error, match=message):
        inventory(emulator, tmp_path, **settings).save_import_token(source.token, "file:token")

    assert list(tmp_path.iterdir()) == []


def test_rejected_token_is_not_stored(emulator: Emulator, tmp_path: Path) -> None:
    (source,) = emulator.import_sources
    destination = inventory(emulator, tmp_path).save_import_token(source.token, "file:token")
    replaced = source.token
    source.generate_token()
    (tmp_path / "token").unlink()

    with pytest.raises(ProblemsFoundError) as caught:
        destination.save_import_token(replaced)

    assert isinstance(caught.value.__cause__, ImportTokenError)
    assert list(tmp_path.iterdir()) == []


def test_token_of_a_disabled_import_is_stored(emulator: Emulator, tmp_path: Path) -> None:
    (source,) = emulator.import_sources
    source.disable()

    destination = inventory(emulator, tmp_path).save_import_token(source.token, "file:token")

    status = destination.status()
    assert status["token"].is_done
    assert status["import_source"].state == "failed"


def test_token_is_stored_if_the_account_cannot_read_its_import(emulator: Emulator, tmp_path: Path) -> None:
    (source,) = emulator.import_sources
    emulator.faults.next("get import source", status=403)

    inventory(emulator, tmp_path).save_import_token(source.token, "file:token")

    assert (tmp_path / "token").exists()


def test_token_is_checked_without_an_object_schema(emulator: Emulator, tmp_path: Path) -> None:
    (source,) = emulator.import_sources

    inventory(emulator, tmp_path, schema_key=None).save_import_token(source.token, "file:token")

    assert (tmp_path / "token").exists()


# --- replacing ------------------------------------------------------------------------------------------------------


def ready(emulator: Emulator, folder: Path, **settings: Any) -> Destination:
    """Return a destination that is ready for an import, with its token in a file."""
    (source, *_) = emulator.import_sources
    destination = inventory(emulator, folder, **settings).save_import_token(source.token, "file:token").save()
    destination.build()
    return destination


@pytest.mark.slow
@story
async def test_token_is_rotated_after_the_end_of_an_execution(emulator: Emulator, connection: Any) -> None:
    """The next import reads the new token from its place."""
    emulator.add_object_schema("INV", "Inventory")
    source = emulator.add_import_source("INV", "Laptops")
    emulator.world.import_seconds = 900
    old_token = source.token
    create = emulator.destination_async if hasattr(connection, "aclose") else emulator.destination
    with TemporaryDirectory() as folder:
        (Path(folder) / "token").write_text(old_token, "utf-8")
        (Path(folder) / "token").chmod(0o600)
        destination = create(
            schema_key="INV", model=MODEL, import_token="file:token", path=Path(folder) / "inventory.json"
        )
        await now(destination.build(connection=connection))
        execution = await now((await now(destination.get_import_token(connection))).start())
        await now(execution.submit(LAPTOPS))
        await now(execution.complete())
        ended = emulator.clock.monotonic() + 900

        await now(destination.rotate_import_token(connection=connection))

        assert emulator.clock.monotonic() >= ended + 20
        assert emulator.executions[-1].status == "DONE"
        assert source.token != old_token
        result = await now(destination.import_records(LAPTOPS, connection=connection))
        assert result.ok


@pytest.mark.slow
def test_running_import_keeps_its_token_until_its_end(emulator: Emulator, tmp_path: Path) -> None:
    """Two tasks of one program: an import of 900 seconds, and the replacement of its token."""
    emulator.world.import_seconds = 900
    ready(emulator, tmp_path)
    (source,) = emulator.import_sources
    old_token = source.token

    async def run_import(destination: AsyncDestination) -> None:
        result = await destination.import_records(records())
        assert result.ok

    async def rotate(destination: AsyncDestination) -> None:
        await started.wait()
        await destination.rotate_import_token()

    async def records() -> AsyncIterator[tuple[str, object]]:
        for record in LAPTOPS["laptops"]:
            started.set()
            await anyio.lowlevel.checkpoint()
            yield "laptops", record

    async def main() -> None:
        destination = AsyncDestination.load(
            tmp_path / "inventory.json", environ=emulator.settings(), transport=emulator.transport
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_import, destination)
            tasks.start_soon(rotate, destination)
        assert (await destination.import_records(LAPTOPS)).ok

    started = anyio.Event()
    anyio.run(main)

    assert source.token != old_token
    assert [request.status for request in emulator.requests if request.status == 401] == []


@pytest.mark.slow
def test_running_import_continues_if_the_rotation_fails(emulator: Emulator, tmp_path: Path) -> None:
    destination = ready(emulator, tmp_path)
    old_token = (tmp_path / "token").read_text("utf-8")

    def records() -> Iterator[tuple[str, object]]:
        for record in LAPTOPS["laptops"]:
            with pytest.raises(ImportBusyError, match="Nothing was changed"):
                destination.rotate_import_token(on_busy="fail")
            with pytest.raises(ImportTimeoutError, match="still running after 60 seconds"):
                destination.rotate_import_token(timeout=60)
            yield "laptops", record

    assert destination.import_records(records()).ok
    assert (tmp_path / "token").read_text("utf-8") == old_token


def test_token_generated_in_assets_leaves_a_resumable_import(emulator: Emulator, tmp_path: Path) -> None:
    """Someone generates a token in Assets during an import. The journal continues the import with the new token."""
    destination = ready(emulator, tmp_path)
    (source,) = emulator.import_sources

    def records() -> Iterator[tuple[str, object]]:
        yield "laptops", {"serial": "L-0"}
        source.generate_token()
        for record in LAPTOPS["laptops"][1:]:
            yield "laptops", record

    journal = tmp_path / "journal"
    with pytest.raises(ImportTokenError):
        destination.import_records(records(), journal=journal, chunk_records=1, in_flight=1)
    destination = destination.save_import_token(source.token).save()
    result = destination.resume_import(LAPTOPS, journal=journal, chunk_records=1)

    assert result.ok
    assert len(emulator.object_schema("INV")["Laptops"].objects) == 5
    assert len(emulator.executions) == 1


@pytest.mark.parametrize("how", ["current token", "name", "id"])
def test_import_whose_token_is_rotated_is_determined(emulator: Emulator, tmp_path: Path, how: str) -> None:
    (source,) = emulator.import_sources
    other = emulator.add_import_source("INV", "Monitors")
    other_token = other.token
    chosen = {"current token": None, "name": "Laptops", "id": source.id}[how]
    destination = ready(emulator, tmp_path, import_source=chosen)

    destination.rotate_import_token()

    assert (tmp_path / "token").read_text("utf-8").strip() == source.token
    assert other.token == other_token


@pytest.mark.parametrize("token", [None, "env:UNSET", "replaced"])
def test_undetermined_import_keeps_its_token(emulator: Emulator, tmp_path: Path, token: str | None) -> None:
    emulator.add_import_source("INV", "Monitors")
    if token == "replaced":
        destination = ready(emulator, tmp_path)
        emulator.import_sources[0].generate_token()
    else:
        destination = inventory(emulator, tmp_path, import_token=token)
    tokens = [source.token for source in emulator.import_sources]

    with pytest.raises(ConfigurationError, match='"Laptops", "Monitors"') as caught:
        destination.rotate_import_token("file:token")

    assert caught.value.field == "import_source"
    assert [source.token for source in emulator.import_sources] == tokens


def test_token_is_not_generated_if_it_cannot_be_stored(emulator: Emulator, tmp_path: Path) -> None:
    destination = ready(emulator, tmp_path)
    (source,) = emulator.import_sources
    token = source.token

    with pytest.raises(ConfigurationError, match="Could not store"):
        destination.rotate_import_token("file:missing/token")

    assert source.token == token


def test_first_token_is_generated_and_stored(emulator: Emulator, tmp_path: Path) -> None:
    destination = inventory(emulator, tmp_path).rotate_import_token("file:token")

    assert destination.status()["token"].is_done


@pytest.mark.parametrize(("seconds", "is_accepted"), [(3, True), (60, False)])
def test_rotation_waits_until_the_new_token_is_accepted(seconds: int, is_accepted: bool) -> None:
    emulator = Emulator(doubts=Doubts(fresh_token_seconds=seconds))
    emulator.add_object_schema("INV", "Inventory")
    source = emulator.add_import_source("INV")
    with TemporaryDirectory() as folder:
        destination = inventory(emulator, Path(folder))
        if is_accepted:
            assert destination.rotate_import_token("file:token").status()["token"].is_done
        else:
            with pytest.raises(ImportTokenError):
                destination.rotate_import_token("file:token")
        assert (Path(folder) / "token").read_text("utf-8").strip() == source.token


def test_lost_response_of_the_rotation_is_reported(emulator: Emulator, tmp_path: Path) -> None:
    destination = ready(emulator, tmp_path)
    emulator.faults.next("create import token", drop="after")

    with pytest.raises(UnknownOutcomeError):
        destination.rotate_import_token()

    assert destination.rotate_import_token().status()["token"].is_done


def test_options_of_the_rotation_are_checked(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="`on_busy` is 'cancel'"):
        inventory(emulator, tmp_path).rotate_import_token("file:token", on_busy="cancel")  # type: ignore[arg-type]


def test_saving_a_word_instead_of_a_token_sends_nothing(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(InvalidCredentialError, match="not an import token"):
        inventory(emulator, tmp_path).save_import_token("nonsense", "file:token")

    assert not emulator.requests
    assert not (tmp_path / "token").exists()


def test_swapped_arguments_show_no_token_in_the_traceback(emulator: Emulator, tmp_path: Path) -> None:
    """The token is passed in the place of the reference. Error reporters show the local variables of each frame."""
    token = emulator.import_sources[0].token
    destination = inventory(emulator, tmp_path)

    with pytest.raises((ConfigurationError, InvalidCredentialError)) as caught:
        destination.save_import_token("file:import-token", token)

    frames = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    own = [frame for frame in frames if "test_import_tokens" not in frame.filename]
    assert own
    assert all(token not in str(value) for frame in own for value in (frame.locals or {}).values())
