"""Imports that are long, or that are done in more than one way: everything arrives, the result is exact, memory is flat."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import gc
import json
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import tracemalloc
import uuid
from collections.abc import Iterator
from typing import Annotated, Any

import anyio
import attrs
import pytest

from jsm_assets_dest import AttributeSpec, Connection, ImportProgress, ObjectTypeSpec, SchemaModel
from jsm_assets_dest._model.classes import attribute
from jsm_assets_dest._operations.executions import finish
from jsm_assets_dest.exceptions import ApiError, ConfigurationError, MassDeletionGuardError, RecordError
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import data_chunks, identifiers, people, ready, with_orjson, without_orjson
from tests.stories.story import now, story
from tests.stories.test_building import GROUPS, destination


@pytest.mark.once
@pytest.mark.parametrize(("colour", "seed"), [("blocking", 1), ("asyncio", 3)])
def test_r10_a_thousand_chunks_with_10_percent_failures(colour: str, seed: int) -> None:
    """The result is exact after faults of all kinds, with at most 1.3 requests per chunk.

    The faults are 429, 5xx, dropped connections before and after acting, and pages instead of JSON.
    """
    chunks = 1_000
    records = people(2 * chunks)

    async def main() -> None:
        with Emulator(import_seconds=30) as emulator:
            connection: Any = emulator.connect() if colour == "blocking" else emulator.connect_async()
            token = await ready(emulator, connection)
            emulator.faults.random(
                0.1, seed, operations=("submit chunk", "read execution status", "submit progress")
            )

            result = await now(token.import_records({"people": iter(records)}, chunk_records=2))

            await now(connection.close() if colour == "blocking" else connection.aclose())
            sent = [request for request in emulator.requests if request.operation == "submit chunk"]
            assert emulator.faults.happened > 70
            assert result.confirmed
            assert result.ok
            assert (result.sent, result.created, result.chunks) == (2 * chunks, 2 * chunks, chunks)
            assert result.retries > 70
            assert len(sent) <= 1.3 * chunks
            assert sorted(identifiers(emulator)) == sorted(str(record["id"]) for record in records)
            bodies: dict[str, bytes] = {}
            for body in data_chunks(emulator):
                assert bodies.setdefault(json.loads(body)["clientGeneratedId"], body) == body
            assert len(bodies) == chunks

    anyio.run(main, backend="trio" if colour == "trio" else "asyncio")


@pytest.mark.once
@pytest.mark.parametrize("colour", ["blocking", "asyncio"])
def test_memory_stays_flat_however_many_records_there_are(colour: str) -> None:
    """Not even the garbage collector is needed: a chunk is let go as soon as it is confirmed.

    A million records are imported by a script under `benchmarks`, where there is time for it.
    """
    used: dict[int, int] = {}

    def source() -> Iterator[dict[str, object]]:
        for number in range(12_000):
            yield {"displayName": f"Person {number}", "id": f"00u{number:017}", "email": "a@example.com"}

    async def main() -> None:
        with Emulator() as emulator:
            connection: Any = emulator.connect() if colour == "blocking" else emulator.connect_async()
            token = await ready(emulator, connection)

            def measure(progress: ImportProgress) -> None:
                # The emulator keeps what it is sent, which is its business and not that of the import.
                emulator.requests.clear()
                for execution in emulator.world.executions.values():
                    execution.chunks.clear()
                    execution.chunk_ids.clear()
                if progress.phase == "sending":
                    used[progress.sent] = tracemalloc.get_traced_memory()[0]

            gc.collect()
            gc.disable()
            tracemalloc.start()
            try:
                await now(
                    token.import_records(
                        {"people": source()}, chunk_records=100, missing_objects="ignore", on_progress=measure
                    )
                )
            finally:
                tracemalloc.stop()
                gc.enable()
                await now(connection.close() if colour == "blocking" else connection.aclose())

    anyio.run(main)

    assert used[11_000] - used[3_000] < 8 * 8_000


class Colour(enum.Enum):
    RED = "red"


def test_result_is_identical_with_both_encoders() -> None:
    model = SchemaModel(
        "Odd",
        [
            ObjectTypeSpec(
                "Things",
                [
                    AttributeSpec("Name", key="name", label=True),
                    AttributeSpec("Source Key", key="key", identifier=True),
                    AttributeSpec("Size", "double", key="size"),
                    AttributeSpec("Count", "integer", key="count"),
                    AttributeSpec("Seen", "date_time", key="seen"),
                    AttributeSpec("Notes", "textarea", key="notes"),
                ],
            )
        ],
        namespace="odd",
    )
    things = [
        {
            "name": 'Žofie \U0001f600 \u2028 \x7f "\\',
            "key": uuid.UUID(int=7),
            "size": 1e16,
            "count": 2**31 - 1,
        },
        {
            "name": Colour.RED,
            "key": "2",
            "size": 0.1 + 0.2,
            "seen": datetime.datetime(2026, 1, 5, 8, tzinfo=datetime.UTC),
        },
        {"name": "three", "key": "3", "size": -0.0, "notes": "a\tb\nc\u0000d" * 50},
        {"name": "four", "key": "4", "size": float("inf")},
        {"name": "five", "key": "5", 5: "no text"},
    ]
    seen: list[tuple[object, ...]] = []
    for encoder in (without_orjson, with_orjson):
        with encoder(), Emulator() as emulator, emulator.connect() as connection:
            _, token = anyio.run(destination, emulator, connection)
            token.build(model)
            result = token.import_records({"things": things}, on_bad_record="skip", chunk_records=2)
            things_there = emulator.object_schema("OKT")["Things"].objects
            names = ("Name", "Source Key", "Size", "Count", "Seen", "Notes")
            by_chance = {"bytes_sent": 0, "execution_id": "", "duration": 0, "started": "", "ended": ""}
            seen.append(
                (
                    # Chunks overtake each other, so that the objects come in any order.
                    sorted([(name, str(asset[name])) for name in names] for asset in things_there),
                    [failure.to_dict() for failure in result.failed],
                    {**result.to_dict(), **by_chance},
                )
            )

    assert seen[0] == seen[1]
    assert len(seen[0][0]) == 3  # type: ignore[arg-type]


# --- records as instances of classes


@attrs.frozen
class Team:
    team_id: Annotated[str, attribute(identifier=True)]
    name: Annotated[str, attribute(label=True)]


@dataclasses.dataclass(frozen=True)
class Member:
    member_id: Annotated[str, attribute(identifier=True)]
    full_name: Annotated[str, attribute(label=True)]
    joined: datetime.date
    floor: int | None = None
    favourite: Colour = Colour.RED
    teams: Annotated[list[str], attribute(reference=Team)] = dataclasses.field(default_factory=list)


@story
async def test_classes_make_the_model_and_instances_the_records(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(SchemaModel.from_classes(Team, Member, name="Teams", namespace="teams")))

    result = await now(
        token.import_records(
            {
                "member": [
                    Member("m1", "Ana", datetime.date(2026, 1, 5), floor=3, teams=["t1", "t2"]),
                    Member("m2", "Bo", datetime.date(2026, 1, 6)),
                ],
                "team": (Team(f"t{number}", f"Team {number}") for number in (1, 2)),
            }
        )
    )

    schema = emulator.object_schema("OKT")
    ana = schema["Member"].object("Ana")
    assert (result.created, result.unknown_keys, result.failed_objects) == (4, {}, 0)
    assert str(ana["Floor"]) == "3"
    assert "2026-01-05" in str(ana["Joined"])


@story
async def test_unknown_selector_is_rejected_before_the_start(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    with pytest.raises(ConfigurationError, match="not have the selector 'person'; it has 'groups', 'people'"):
        await now(token.import_records({"person": people(3), "groups": GROUPS}))

    assert emulator.executions == []


@story
async def test_when_no_record_fits_the_guard_says_so(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    bad = [{**people(1)[0], "displayName": "x" * 300}, {}, {}]

    with pytest.raises(MassDeletionGuardError, match="none of the 3 records could be sent") as caught:
        await now(token.import_records({"people": bad}, on_bad_record="skip"))

    assert str(caught.value).splitlines()[1:3] == [
        '  people, id is missing, and "Okta ID" identifies the object: 2 records',
        "  people, displayName is longer than 255 characters: 1 record",
    ]
    assert "Cause: No record fits, and no objects exist" in str(caught.value)
    assert "delete all" not in str(caught.value)
    assert "missing_objects" not in str(caught.value)
    emulator.object_schema("OKT")["People"].add_object({"Okta ID": "1"})
    with pytest.raises(MassDeletionGuardError, match="into OKT: the only record could not be sent") as caught:
        await now(token.import_records({"people": [{}]}, on_bad_record="skip"))
    assert "delete the only object" in str(caught.value)
    emulator.object_schema("OKT")["People"].add_object({"Okta ID": "2"})
    with pytest.raises(MassDeletionGuardError, match="delete all 2 objects"):
        await now(token.import_records({"people": [{}]}, on_bad_record="skip"))


@story
async def test_instance_that_does_not_fit_comes_back_as_it_is(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(SchemaModel.from_classes(Team, name="Teams", namespace="teams")))
    nameless = Team("  ", "Team")

    result = await now(token.import_records({"team": [Team("t1", "One"), nameless]}, on_bad_record="skip"))

    assert [failure.record for failure in result.failed] == [nameless]
    assert result.failed[0].record is nameless


@story
async def test_decimal_keeps_its_digits(emulator: Emulator, connection: Any) -> None:
    """As a JSON number it would lose some in binary."""
    token = await ready(emulator, connection)
    record = {**people(1)[0], "displayName": decimal.Decimal("1.10")}

    await now(token.import_records({"people": [record]}))

    assert [
        chunk["data"]["people"][0]["displayName"] for chunk in map(json.loads, data_chunks(emulator))
    ] == ["1.10"]


@story
async def test_naive_date_times_need_the_time_zone_of_the_import(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    naive = datetime.datetime(2026, 7, 1, 12)  # noqa: DTZ001 - what the test is about
    records = {"people": [{**people(1)[0], "displayName": naive}]}

    with pytest.raises(RecordError, match="without a time zone"):
        await now(token.import_records(records))
    await now(token.import_records(records, timezone="Europe/Berlin"))

    assert b"2026-07-01T12:00:00+02:00" in data_chunks(emulator)[-1]


# --- executions manual, in several places


def test_several_threads_submit_to_one_execution() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        token = anyio.run(ready, emulator, connection)
        sent: dict[int, int] = {}
        with token.start(chunk_records=7) as execution:

            def work(number: int) -> None:
                sent[number] = execution.submit({"people": people(50 + number, 1000 * number)})

            threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        result = execution.result()

    assert sent == {0: 50, 1: 51, 2: 52, 3: 53}
    assert (result.confirmed, result.sent, result.created) == (True, 206, 206)


ELSEWHERE = """
    import json, os, pickle, sys
    from jsm_assets_dest import Connection
    from jsm_assets_dest.exceptions import ClosedError
    from tests.stories.importing import people

    execution = pickle.loads(sys.stdin.buffer.read())
    with Connection.current_site() as connection:
        handle = connection.import_token(os.environ["JSM_ASSETS_IMPORT_TOKEN"]).attach(execution)
        part = sys.argv[1]
        sent = handle.submit({"people": people(25, 100 * int(part))}, part=part)
        try:
            handle.complete()
        except ClosedError as error:
            refused = str(error)
        print(json.dumps([sent, handle.status(), refused]))
"""


@pytest.mark.once
def test_other_processes_submit_and_the_owner_completes() -> None:
    """A part that is sent twice, because its task was run again, has the same ids and counts once."""
    with Emulator() as emulator:
        with emulator.connect() as inside:
            anyio.run(ready, emulator, inside)
        with emulator.serve() as url:
            settings = dict(emulator.settings(url))
            with Connection.current_site(environ=settings, clock=emulator.clock) as connection:
                execution = connection.import_token(settings["JSM_ASSETS_IMPORT_TOKEN"]).start(
                    chunk_records=10
                )
                parcel = pickle.dumps(execution)
                responses = [
                    json.loads(
                        subprocess.run(
                            [sys.executable, "-c", textwrap.dedent(ELSEWHERE), part],
                            env={**os.environ, **settings, "PYTHONPATH": os.pathsep.join(sys.path)},
                            input=parcel,
                            capture_output=True,
                            check=True,
                            timeout=60,
                        ).stdout
                    )
                    for part in ("1", "2", "1")
                ]
                execution.complete()
                result = execution.wait()

    assert [(sent, state) for sent, state, _ in responses] == [(25, "INGESTING")] * 3
    assert all("was not completed: this handle does not lead it" in refused for _, _, refused in responses)
    assert settings["JSM_ASSETS_IMPORT_TOKEN"].encode() not in parcel
    assert result.created == 50
    assert result.confirmed


# --- displays, and what is not installed


@pytest.mark.parametrize("display", ["tqdm", "rich"])
def test_bar_of_the_real_library(display: str, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip(display)
    with Emulator() as emulator, emulator.connect() as connection:
        token = anyio.run(ready, emulator, connection)

        token.import_records({"people": people(100)}, chunk_records=10, total=100, on_progress=display)

    output = "".join(capfd.readouterr())
    assert "done" in output
    assert "100" in output


@story
async def test_missing_settings_are_named_before_sending(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("tqdm", "tqdm.auto"):
            patch.setitem(sys.modules, name, None)

        with pytest.raises(ConfigurationError, match="tqdm"):
            await now(token.import_records({"people": people(1)}, on_progress="tqdm"))

    assert emulator.requests == []


async def in_a_block(execution: Any) -> None:
    """Submit three people in a `with` block of the execution's color."""
    if hasattr(execution, "__aenter__"):
        async with execution:
            await execution.submit({"people": people(3)})
    else:
        with execution:
            execution.submit({"people": people(3)})


@story
async def test_successful_block_completes_the_execution(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 5
    execution = await now(token.start())

    await in_a_block(execution)

    result = await now(execution.result())
    assert (result.confirmed, result.created) == (True, 3)


@story
async def test_block_that_cannot_complete_leaves_nothing_open(emulator: Emulator, connection: Any) -> None:
    """Otherwise no one could ever import again: the execution would be in progress permanently."""
    token = await ready(emulator, connection)
    execution = await now(token.start())
    emulator.faults.next("submit chunk", status=400, nth=2)

    with pytest.raises(ApiError):
        await in_a_block(execution)

    assert emulator.executions[-1].status == "CANCELLED"
    assert (await now(token.import_records({"people": people(3)}))).created == 3


def test_ending_that_is_let_go_of_asks_for_nothing_more() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        execution = anyio.run(ready, emulator, connection).start()
        ending = finish(execution._target, execution)
        ending.send(None)
        emulator.requests.clear()

        ending.close()

        assert emulator.requests == []


@story
async def test_references_without_a_target_are_reported_on_request(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    lost = {**people(1)[0], "groups": ["00g1", "00g7"]}

    result = await now(token.import_records({"groups": GROUPS, "people": [lost]}, find_dangling=True))

    assert [
        (reference.selector, reference.locator, reference.target, reference.count)
        for reference in result.dangling
    ] == [("people", "groups", "groups", 1)]
    assert "people.groups: 1 value without a record in groups" in str(result)


@story
async def test_checker_reports_identifiers_beyond_its_memory(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "jsm_assets_dest._imports.record_checker.RecordChecker.remembered_all", property(lambda _: False)
        )
        result = await now(token.import_records({"people": people(3)}, unique_in_run=True))

    assert any("more records than identifiers can be remembered" in note for note in result.notes)


@story
async def test_result_reads_well_aloud(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.fail_objects("people", count=1, message="The e-mail address is taken")

    result = await now(
        token.import_records(
            {"groups": GROUPS, "people": [*people(5), {"displayName": "Nobody", "id": ""}]},
            on_bad_record="skip",
        )
    )

    lines = str(result).splitlines()
    assert lines[0].startswith("Import confirmed by Assets, with problems: 7 records in 1 chunk, ")
    assert lines[1:] == [
        "  Groups: 2 sent, 2 created, 0 updated, 0 unchanged, 0 failed",
        "  People: 5 sent, 4 created, 0 updated, 0 unchanged, 1 failed",
        "  skipped: People: 1 record was not imported because it is invalid",
        '    people[5]: id is blank, and "Okta ID" identifies the object',
        "  lost: People: 1 record that was sent is not in Assets, or not with its values",
        "    The e-mail address is taken",
        "  The import ignores empty values and unknown values: they change nothing in Assets.",
    ]
