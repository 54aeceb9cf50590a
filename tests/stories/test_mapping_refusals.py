"""Stories about mappings that Assets rejects, builds whose responses get lost, and mappings that take their time."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, SchemaModel
from jsm_assets_dest.exceptions import (
    DuplicateExternalIdError,
    ExternalIdMismatchError,
    ExternalIdTakenError,
    ImportTimeoutError,
    MappingExternalIdError,
    MappingRejectedError,
    ReferencedObjectTypeChangedError,
    ServiceUnavailableError,
    TransportError,
    UnknownExternalIdError,
    UnknownReferenceError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from jsm_assets_dest.testing.world.json_reading import JsonValue
from tests.stories.story import now, story
from tests.stories.test_building import RECORDS, destination, model

#: Each code that Atlassian's staff named, the error that stands for it, and a word of what it advises.
CODES: dict[str, tuple[type[MappingRejectedError], str]] = {
    "SCHEMA_INVALID_EXTERNAL_ID": (ExternalIdTakenError, "namespace"),
    "EXTERNAL_ID_MISMATCH": (ExternalIdMismatchError, "conflicts"),
    "UNKNOWN_EXTERNAL_ID_MAPPING": (UnknownExternalIdError, "create a new plan"),
    "MAPPING_INVALID_EXTERNAL_ID": (MappingExternalIdError, "external ids"),
    "DUPLICATE_EXTERNAL_ID_ILLEGAL": (DuplicateExternalIdError, "external id"),
    "UNKNOWN_REFERENCE": (UnknownReferenceError, "reference"),
    "REFERENCED_OBJECT_TYPE_CHANGED": (ReferencedObjectTypeChangedError, "attribute"),
}


def refusal(code: str, external_id: str = "okta/acme/people/email") -> dict[str, Any]:
    """Return a rejection as one client observed it."""
    return {
        "dataValidationErrors": [
            {"code": code, "location": "schema.objectSchema", "message": f"{external_id} is not right"}
        ]
    }


def sent(emulator: Emulator) -> list[str]:
    """Return the operations that wrote to the mapping, in order."""
    return [
        request.operation
        for request in emulator.requests
        if request.operation in ("submit mapping", "update mapping")
    ]


@pytest.mark.slow
@story
async def test_each_mapping_code_has_its_error(emulator: Emulator, connection: Any) -> None:
    """With the place in the document and in the model, the cause, and what to do."""
    _, token = await destination(emulator, connection)
    for code, (kind, advice) in CODES.items():
        emulator.faults.next("submit mapping", status=400, body=refusal(code))

        with pytest.raises(MappingRejectedError) as caught:
            await now(token.build(model()))

        error = caught.value
        assert type(error) is kind
        assert (error.code, error.codes) == (code, (code,))
        assert error.location == "schema.objectSchema"
        assert "In the model: people.email." in error.what
        assert "okta/acme/people/email is not right" in str(error)
        assert error.cause
        assert advice in " ".join(error.remedies)
        assert error.status == 400


@story
async def test_unknown_mapping_code_keeps_server_message(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    emulator.faults.next("submit mapping", status=400, body=refusal("MOON_IS_FULL", "nothing of ours"))

    with pytest.raises(MappingRejectedError, match="MOON_IS_FULL") as caught:
        await now(token.build(model()))

    assert type(caught.value) is MappingRejectedError
    assert caught.value.code == "MOON_IS_FULL"
    assert "nothing of ours is not right" in str(caught.value)


@pytest.mark.once
@story
async def test_mapping_that_fails_later_raises_the_same_error(emulator: Emulator, connection: Any) -> None:
    """The rejection comes as the result of the progress, with the code somewhere in its text."""
    for code, (kind, _) in CODES.items():
        emulator.reset()
        _, token = await destination(emulator, connection)
        emulator.faults.next(
            "read mapping progress",
            status=200,
            body={
                "progressStatus": "FINISHED",
                "result": "ERROR",
                "resultMessage": f"Failed with {code} for okta/acme/groups",
            },
        )
        # The emulator would be done with it, which is what counts: someone has to be in the way.
        emulator.faults.next("read mapping", status=200, body={"schema": {}, "mapping": {}}, times=2)

        with pytest.raises(kind, match=r"then failed to build it|is already used elsewhere") as caught:
            await now(token.build(model()))

        assert caught.value.location == "groups"
        assert f"Failed with {code}" in str(caught.value)


@story
async def test_type_created_after_the_plan_is_rejected(emulator: Emulator, connection: Any) -> None:
    """Someone makes one of a wanted name in the moment between reading and sending."""
    _, token = await destination(emulator, connection)
    before: dict[str, JsonValue] = {"schema": {"objectSchema": {"objectTypes": []}}, "mapping": {}}
    emulator.object_schema("OKT").add_object_type("People")
    emulator.faults.next("read mapping", status=200, body=before)

    with pytest.raises(ExternalIdMismatchError, match="People") as caught:
        await now(token.build(model()))

    assert "find_conflicts(model)" in " ".join(caught.value.remedies)
    assert [object_type.name for object_type in emulator.object_schema("OKT").object_types] == ["People"]


@story
async def test_put_is_done_if_its_response_is_lost(emulator: Emulator, connection: Any) -> None:
    """The second attempt is rejected or fails, because there is a mapping now; what is there decides."""
    _, token = await destination(emulator, connection)
    emulator.faults.next("submit mapping", drop="after")

    plan = await now(token.build(model()))

    assert plan.verb == "PUT"
    assert (await now(token.plan(model()))).is_empty
    assert (await now(token.import_records(RECORDS))).created == 4


@story
async def test_put_is_done_if_all_responses_are_lost(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    emulator.faults.next("submit mapping", drop="after", times=5)

    await now(token.build(model()))

    assert (await now(token.plan(model()))).is_empty


@story
async def test_patch_is_done_if_its_response_is_lost(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(model()))
    emulator.faults.next("update mapping", drop="after")

    await now(token.build(model(people=(AttributeSpec("Title", key="title"),))))

    assert emulator.object_schema("OKT")["People"].attribute_names.count("Title") == 1


@story
async def test_mapping_that_was_never_sent_is_reported(emulator: Emulator, connection: Any) -> None:
    """Nothing is there afterwards, so the failure is the response."""
    _, token = await destination(emulator, connection)
    emulator.faults.next("submit mapping", status=503, times=5)

    with pytest.raises(ServiceUnavailableError):
        await now(token.build(model()))

    emulator.faults.next("submit mapping", drop="before", times=5)
    with pytest.raises(TransportError):
        await now(token.build(model()))
    assert (await now(token.plan(model()))).verb == "PUT"


@story
async def test_mapping_of_another_process_is_completed(emulator: Emulator, connection: Any) -> None:
    """The import says MISSING_MAPPING, another user builds, our PUT is rejected: only what is missing follows."""
    _, token = await destination(emulator, connection)
    _, other = await other_token(emulator, connection)
    wanted = model(people=(AttributeSpec("Title", key="title"),))
    plan = await now(token.plan(wanted))
    await now(other.build(model()))
    emulator.requests.clear()
    emulator.faults.next("read import status", status=200, body={"status": "MISSING_MAPPING"})

    await now(token.build(wanted))

    assert plan.verb == "PUT"
    assert sent(emulator) == ["submit mapping", "update mapping"]
    assert "Title" in emulator.object_schema("OKT")["People"].attribute_names


async def other_token(emulator: Emulator, connection: Any) -> tuple[Any, Any]:
    """Open the same import as another process."""
    schema = await now(connection.get_object_schema("OKT"))
    return schema, connection.import_token(emulator.import_sources[0].token, schema=schema)


@story
async def test_build_waits_for_slow_mapping(emulator: Emulator, connection: Any) -> None:
    emulator.world.doubts = Doubts(mapping_seconds=120)
    _, token = await destination(emulator, connection)
    before = emulator.clock.time()

    await now(token.build(model()))

    assert 120 <= emulator.clock.time() - before < 140
    assert "People" in emulator.object_schema("OKT")


@story
async def test_build_times_out(emulator: Emulator, connection: Any) -> None:
    emulator.world.doubts = Doubts(mapping_seconds=120)
    _, token = await destination(emulator, connection)

    with pytest.raises(
        ImportTimeoutError, match="did not finish building the schema model within 30 seconds"
    ) as caught:
        await now(token.build(model(), timeout=30))

    assert isinstance(caught.value, TimeoutError)
    emulator.clock.advance(120)
    assert (await now(token.build(model()))).is_empty


@story
async def test_build_accepts_immediate_mapping(emulator: Emulator, connection: Any) -> None:
    """PUT may ignore `async=true` and answer 204: the 303 is documented for PATCH only."""
    emulator.world.doubts = Doubts(mapping_put_is_asynchronous=False)
    _, token = await destination(emulator, connection)

    await now(token.build(model()))

    assert "read mapping progress" not in {request.operation for request in emulator.requests}
    assert (await now(token.plan(model()))).is_empty


@story
async def test_document_from_assets_can_be_sent_again(emulator: Emulator, connection: Any) -> None:
    """Its empty icon list would be rejected; it is not in the document that is made from the model that was read."""
    _, token = await destination(emulator, connection)
    await now(token.build(model()))
    source = emulator.import_sources[0]
    from jsm_assets_dest.testing.world.mapping_document import schema_and_mapping

    document: Any = schema_and_mapping(emulator.world, emulator.world.import_sources[source.id])
    read = SchemaModel.from_document(document)

    assert document["schema"]["iconSchema"] == {"icons": []}
    assert "iconSchema" not in read.document()["schema"]  # type: ignore[operator]
    assert (await now(token.plan(read))).is_empty
