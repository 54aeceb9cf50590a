"""Stories about `ImportResult.problems`: whatever contradicts that every record arrived has a code, a count, and examples."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, ImportProblem, ImportResult, ObjectTypeSpec, SchemaModel
from jsm_assets_dest.exceptions import FailedObjectsError
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.importing import people, ready
from tests.stories.story import now, story
from tests.stories.test_building import GROUPS, model

IGNORES = "The import ignores empty values and unknown values: they change nothing in Assets."


def problem(result: ImportResult) -> ImportProblem:
    """Return the only problem of a result, which makes it fail."""
    assert not result.ok
    with pytest.raises(FailedObjectsError) as caught:
        result.raise_for_failures()
    (only,) = result.problems
    assert only.description in caught.value.what
    assert caught.value.remedies == (only.remedy,)
    assert result.to_dict()["problems"] == [only.to_dict()]
    assert str(only) in str(result)
    return only


@story
async def test_import_without_problems_is_ok(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    result = await now(token.import_records({"people": people(3)}))

    assert (result.ok, result.problems, result.verified) == (True, (), "no")
    assert result.notes == (IGNORES,)
    result.raise_for_failures()


@story
async def test_result_that_was_not_awaited_is_not_ok(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 60

    result = await now(token.import_records({"people": people(3)}, wait=False))

    assert (result.ok, result.confirmed, result.problems) == (False, False, ())
    with pytest.raises(FailedObjectsError, match="not confirmed it"):
        result.raise_for_failures()


@story
async def test_skipped_records_are_a_problem(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    bad = {"displayName": "Cy", "id": "00u9", "email": "not an address"}

    result = await now(token.import_records({"people": [*people(2), bad]}, on_bad_record="skip"))

    skipped = problem(result)
    assert (skipped.code, skipped.count, skipped.object_type) == ("skipped", 1, "People")
    assert skipped.examples == ("people[2]: email is not an email address",)


@pytest.mark.parametrize("identifier", ["00u1", "00U1"])
def test_duplicates_in_another_chunk_are_a_problem(identifier: str) -> None:
    """Assets counts them, also in another letter case."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        again = {"displayName": "Again", "id": identifier}

        duplicate = problem(token.import_records({"people": [*people(4), again]}, chunk_records=2))

        assert (duplicate.code, duplicate.count, duplicate.object_type) == ("duplicate", 1, "People")


def test_other_letter_case_is_not_a_duplicate_if_case_matters() -> None:
    """The emulator's switch for the setting of the import."""
    with Emulator(doubts=Doubts(identifiers_ignore_case=False)) as emulator, emulator.connect() as connection:
        identifier = AttributeSpec("Serial", identifier=True, label=True)
        devices = SchemaModel("Inventory", [ObjectTypeSpec("Devices", [identifier])], namespace="inventory")
        token = _token(emulator, connection, devices)

        result = token.import_records({"devices": [{"serial": "a1"}, {"serial": "A1"}]})

        assert (result.ok, result.created) == (True, 2)


@story
async def test_dangling_references_are_a_problem(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    lost = {**people(1)[0], "groups": ["00g1", "00g7"]}

    result = await now(token.import_records({"groups": GROUPS, "people": [lost]}, find_dangling=True))

    dangling = problem(result)
    assert (dangling.code, dangling.count, dangling.object_type) == ("dangling", 1, "People")
    assert dangling.examples[1] == 'people[0]: groups "00g7"'


@story
async def test_status_names_beyond_the_model_are_a_problem(emulator: Emulator, connection: Any) -> None:
    """Names are compared without case; an id is not a name."""
    token = await ready(emulator, connection)
    records = people(6)
    statuses = ["ACTIVE", "Deleted", "Deleted", None, "17", "Staged"]
    for record, status in zip(records, statuses, strict=True):
        record["status"] = status

    result = await now(token.import_records({"people": records}))

    unknown = problem(result)
    assert (unknown.code, unknown.count, unknown.object_type) == ("unknown_status", 3, "People")
    assert unknown.examples == ('"Deleted": 2 records', '"Staged": 1 record')


def test_many_unknown_status_names_are_counted_together() -> None:
    """The number of names in memory is limited."""
    with Emulator() as emulator, emulator.connect() as connection:
        records = [{**record, "status": f"Status {number}"} for number, record in enumerate(people(30))]

        unknown = problem(_token(emulator, connection).import_records({"people": records}))

        assert (unknown.count, len(unknown.examples)) == (30, 10)


def test_unknown_status_is_not_a_problem_if_the_import_adds_it() -> None:
    """The setting of the import is read together with its object schema."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("OKT", name="Okta")
        source = emulator.add_import_source("OKT", unknown_values="add", empty_values="remove")
        token = connection.import_token(source.token, schema=schema)
        token.build(model())
        records = [{**people(1)[0], "status": "Deleted"}]

        result = token.import_records({"people": records})

        assert result.ok
        assert result.notes == ()
        assert token.check()["import settings"].summary.startswith("The import ignores no empty")


@pytest.mark.parametrize("label", ["", None, "missing"])
def test_blank_labels_are_a_problem(label: str | None) -> None:
    """The check of the records names them, and Assets counts the same ones."""
    with Emulator() as emulator, emulator.connect() as connection:
        records = people(3)
        records[1]["displayName"] = label
        if label == "missing":
            del records[1]["displayName"]

        blank = problem(_token(emulator, connection).import_records({"people": records}))

        assert (blank.code, blank.count, blank.object_type) == ("blank_label", 1, "People")
        assert blank.examples == ("people[1]",)


def test_label_of_spaces_is_blank() -> None:
    """Assets does not count it, because it is a value."""
    with Emulator() as emulator, emulator.connect() as connection:
        result = _token(emulator, connection).import_records(
            {"people": [{**record, "displayName": "  "} for record in people(12)]}
        )

        blank = problem(result)
        assert (result.created, blank.count, len(blank.examples)) == (12, 12, 10)


@story
async def test_records_that_assets_could_not_import_are_lost(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.fail_objects("people", count=2, message="The address is taken")

    lost = problem(await now(token.import_records({"people": people(5)})))

    assert (lost.code, lost.count, lost.object_type) == ("lost", 2, "People")
    assert lost.examples == ("The address is taken",) * 2


@story
async def test_manual_execution_reports_the_same_problems(emulator: Emulator, connection: Any) -> None:
    """Each call of `submit` adds to them."""
    token = await ready(emulator, connection)
    execution = await now(token.start(on_bad_record="skip"))
    for number in range(2):
        record = {**people(1, number)[0], "status": "Deleted"}
        await now(execution.submit({"people": [record, {"displayName": "Cy"}]}))
    await now(execution.complete())

    result = await now(execution.wait())

    assert [(item.code, item.count) for item in result.problems] == [("skipped", 2), ("unknown_status", 2)]
    assert not result.ok


@story
async def test_check_names_the_values_that_the_import_ignores(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    without_schema = connection.import_token(token.reveal())

    checked = (await now(token.check()))["import settings"]
    skipped = (await now(without_schema.check()))["import settings"]

    assert checked.state == "ok"
    assert checked.summary.startswith(f"{IGNORES} A value that a record no longer has stays in Assets, ")
    assert checked.summary.endswith(
        "set empty values to Remove in Assets > the object schema > Configuration > Import."
    )
    assert (skipped.state, skipped.summary) == (
        "skipped",
        "Not checked: pass an object schema to import_token() to read them.",
    )


def test_check_of_an_unreadable_import_skips_its_settings() -> None:
    """The account may not be allowed to read it."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        emulator.faults.next("get import source", status=403, times=1)

        report = connection.import_token(token.reveal(), schema=token.schema).check()

        assert report["import settings"].summary == "Not checked: the import could not be read."
        assert connection.import_token("ATCTT3x" * 6).check()["import settings"].state == "skipped"


def _token(emulator: Emulator, connection: Any, schema_model: SchemaModel | None = None) -> Any:
    schema = connection.ensure_object_schema("OKT", name="Okta")
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    token.build(schema_model or model())
    return token
