"""Previews: what an import would do, from read requests only."""

from __future__ import annotations

import json
import pickle
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from jsm_assets_dest import ImportPreview
from jsm_assets_dest._imports.preview import ChangedObject, MissingObject, checked_acceptance
from jsm_assets_dest.exceptions import ConfigurationError, NothingToCompareError, RecordError
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import operations, people
from tests.stories.story import now, story
from tests.stories.test_building import GROUPS, destination, model

READS = {
    "read myself",
    "find workspace",
    "read import info",
    "read mapping",
    "get import source",
    "list object types flat",
    "list schema attributes",
    "list statuses",
    "read latest execution status",
    "search objects",
    "count objects",
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.add_object_schema("OKT", "Okta")
        emulator.add_import_source("OKT")
        yield emulator


@pytest.fixture
def token(emulator: Emulator) -> Iterator[Any]:
    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(model())
        emulator.requests.clear()
        yield token


def tenant(count: int = 20) -> dict[str, list[Any]]:
    """Return groups, and people who are in one of them."""
    return {"groups": [*GROUPS], "people": [{**person, "groups": ["00g1"]} for person in people(count)]}


@story
async def test_preview_says_what_the_import_does(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(model()))
    await now(token.import_records(tenant()))
    changed = tenant()
    del changed["people"][:2]
    changed["people"][0]["displayName"] = "New"
    changed["people"][1]["groups"] = ["00g2", "00g1"]
    changed["people"][2]["email"] = ""  # the import ignores empty values
    changed["people"] += people(3, 100)
    emulator.import_sources[0].set_missing_objects("remove")
    emulator.requests.clear()

    preview = await now(token.preview(changed))
    assert set(operations(emulator)) <= READS
    result = await now(token.import_records(changed))

    assert repr(preview) == "<ImportPreview 3 created, 2 changed, 18 unchanged, 2 missing>"
    assert (preview.created, preview.changed, preview.unchanged, preview.missing) == (
        result.created,
        result.updated,
        result.unchanged,
        result.missing_deleted,
    )
    assert preview.object_type("People").changed_attributes == {"Display Name": 1, "Groups": 1}


def test_preview_as_data_text_and_page(emulator: Emulator, token: Any) -> None:
    token.import_records(tenant())
    records = tenant(18)
    records["people"][0]["displayName"] = "New"
    records["people"][1]["groups"] = ["00g1", "gone"]
    records["people"].append(records["people"][2])

    preview = token.preview(records, missing_objects="update")
    kind = preview.object_type("people")

    assert (kind.created, kind.changed, kind.unchanged, kind.missing, kind.duplicated, kind.dangling) == (
        0,
        1,
        17,
        2,
        1,
        1,
    )
    assert kind.examples_changed == (ChangedObject("00u0", "OKT-3", "Person 0", ("Display Name",)),)
    assert str(preview).splitlines() == [
        "Preview of an import, compared with the objects in Assets",
        "  Groups: 0 created, 0 changed, 2 unchanged, 0 missing",
        "  People: 0 created, 1 changed, 17 unchanged, 2 missing, 1 duplicated, 1 dangling",
        '    People, changed, such as "Person 0" (OKT-3): Display Name',
        '    People, missing, such as "Person 18" (OKT-21); "Person 19" (OKT-22)',
        "  The import would overwrite 2 objects: 2 of People.",
        (
            "  1 record of People has the identifier of an earlier record: if both are in one chunk, the import stops with a "
            "RecordError. Otherwise, Assets counts a duplicate."
        ),
        "  The import ignores empty values and unknown values: they change nothing in Assets.",
        (
            "  A value that a record no longer has stays in Assets, such as the last group that a person left, a manager, or a phone "
            "number. To change that, set empty values to Remove in Assets > the object schema > Configuration > Import."
        ),
    ]
    data = json.loads(json.dumps(preview.to_dict()))
    assert data["object_types"][1]["examples"]["missing"][0] == {
        "identifier": "00u18",
        "key": "OKT-21",
        "label": "Person 18",
    }
    assert "<td" in preview._repr_html_()
    with pytest.raises(KeyError, match="only: groups, people"):
        preview.object_type("robots")


@pytest.mark.parametrize("distance", [0, 2_000])
def test_references_of_a_duplicate_do_not_count(distance: int, emulator: Emulator, token: Any) -> None:
    """The first record with an identifier is compared, also if a later one refers to new and to unknown objects."""
    token.import_records(tenant(1))
    records = tenant(1)
    records["groups"].append({"name": "New", "id": "00g9"})
    records["people"] += people(distance, 100)
    records["people"].append({**records["people"][0], "groups": ["00g1", "00g9", "gone"]})

    kind = token.preview(records).object_type("people")

    assert (kind.created, kind.changed, kind.unchanged, kind.duplicated, kind.dangling) == (
        distance,
        0,
        1,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("options", "effect"),
    [
        ({}, "if both are in one chunk, the import stops with a RecordError. Otherwise, Assets counts"),
        ({"unique_in_run": True}, "the import stops with a RecordError."),
        (
            {"unique_in_run": True, "on_bad_record": "skip"},
            "the import skips the later one, because of on_bad_record",
        ),
    ],
)
def test_preview_says_what_happens_to_repeated_records(
    options: dict[str, Any], effect: str, emulator: Emulator, token: Any
) -> None:
    records = {"people": [*people(3), *people(2)]}

    preview = token.preview(records, **options)

    assert preview.object_type("People").duplicated == 2
    (note,) = [note for note in preview.notes if "earlier record" in note]
    assert note.startswith(f"2 records of People have the identifier of an earlier record: {effect}")
    if "skip" not in options.values():
        with pytest.raises(RecordError, match="is the identifier of an earlier record"):
            token.import_records(records, **options)


def test_preview_survives_pickling(emulator: Emulator, token: Any) -> None:
    token.import_records(tenant())

    preview = pickle.loads(pickle.dumps(token.preview(tenant(5))))

    assert len(list(preview.object_type("people").iter_missing())) == 15
    assert token.import_records(tenant(5), allow_missing=preview).confirmed


def test_examples_are_few(emulator: Emulator, token: Any) -> None:
    token.import_records(tenant())
    records = tenant()
    records["people"] = [{**person, "displayName": "New"} for person in records["people"]]

    kind = token.preview(records).object_type("people")

    assert (kind.changed, len(kind.examples_changed)) == (20, 5)


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        (MissingObject("7", "OKT-7", "Ann"), '"Ann" (OKT-7)'),
        (MissingObject("7"), '"7"'),
        (MissingObject("", "OKT-7"), "OKT-7"),
    ],
)
def test_missing_object_has_a_name(missing: MissingObject, text: str) -> None:
    assert str(missing) == text
    assert str(ChangedObject(missing.identifier, missing.key, missing.label)) == f"{text}: values"


def test_guard_is_part_of_the_preview(emulator: Emulator, token: Any) -> None:
    token.import_records(tenant())

    rejected = token.preview(tenant(5))
    accepted = token.preview(tenant(5), allow_missing=rejected)

    note = "The guard would not complete this import, because objects are missing from it."
    assert note in rejected.notes
    assert note not in accepted.notes
    assert note not in token.preview(tenant(5), missing_objects="ignore").notes


def test_import_that_empties_values_says_so() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        source = emulator.add_import_source("OKT", empty_values="remove", unknown_values="add")
        token = connection.import_token(source.token)
        token.build(model())
        token.import_records(tenant())
        records = tenant()
        records["people"][0]["email"] = ""

        preview = token.preview(records)

        assert preview.object_type("people").changed_attributes == {"Email": 1}
        assert "The import empties attributes whose values are empty in a record." in preview.notes


def test_unreadable_settings_are_named(emulator: Emulator, token: Any) -> None:
    with emulator.connect() as connection:
        schema = connection.get_object_schema("OKT")
        own = connection.import_token(emulator.import_sources[0].token, schema=schema)
        own.preview(tenant())
        emulator.faults.next("get import source", status=403)
        preview = own.preview(tenant())

    assert any("settings of the import could not be read" in note for note in preview.notes)


@pytest.mark.parametrize(
    "records", [tenant(), [*((name, record) for name, group in tenant().items() for record in group)]]
)
def test_preview_takes_each_kind_of_source(emulator: Emulator, token: Any, records: Any) -> None:
    preview = token.preview(records)

    assert [(kind.name, kind.created) for kind in preview.object_types] == [("Groups", 2), ("People", 20)]
    assert [kind.created for kind in token.preview(records, only=["People"]).object_types] == [0, 20]


def test_preview_counts_skipped_records(emulator: Emulator, token: Any) -> None:
    records = [("people", {**people(1)[0], "displayName": "x" * 300}), ("people", {}), "x", ("robots", {})]

    preview = token.preview(records, on_bad_record="skip", timezone="UTC")

    assert preview.object_type("people").skipped == 4
    assert any("3 invalid records without a readable identifier" in note for note in preview.notes)


@pytest.mark.parametrize(
    ("records", "error"),
    [
        ([("people", {})], RecordError),
        (["x"], RecordError),
        ({"robots": []}, ConfigurationError),
        ("people", ConfigurationError),
        ([OSError()], RecordError),
    ],
)
def test_bad_source_raises_its_error(
    emulator: Emulator, token: Any, records: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        token.preview(records)
    assert set(operations(emulator)) <= READS


def test_source_that_fails_raises_its_own_error(emulator: Emulator, token: Any) -> None:
    def source() -> Iterator[tuple[str, object]]:
        yield "people", people(1)[0]
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        token.preview(source())


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_preview_takes_an_async_source() -> None:
    async def source() -> AsyncIterator[tuple[str, object]]:
        for person in people(3):
            yield "people", person

    with Emulator() as emulator:
        emulator.add_object_schema("OKT", "Okta")
        async with emulator.connect_async() as connection:
            token = connection.import_token(emulator.add_import_source("OKT").token)
            await token.build(model())

            assert (await token.preview(source())).created == 3


def test_preview_from_the_journal(emulator: Emulator, token: Any, tmp_path: Path) -> None:
    journal = tmp_path / "okta.journal"
    with pytest.raises(NothingToCompareError, match="objects of Groups, People could not be read"):
        with_fault(emulator, token, tenant(), journal=journal)
    assert not journal.exists()
    token.import_records(tenant(), journal=journal)
    records = tenant(18)
    records["people"][0]["displayName"] = "New"

    preview: ImportPreview = with_fault(emulator, token, records, journal=journal)
    kind = preview.object_type("people")

    assert (preview.evidence, preview.is_complete) == ("journal", True)
    assert (kind.changed, kind.unchanged, kind.missing) == (1, 17, 2)
    assert kind.examples_changed == (ChangedObject("00u0"),)
    assert any("last confirmed run of the journal" in note for note in preview.notes)
    assert "compared with the last confirmed run" in str(preview)


def with_fault(emulator: Emulator, token: Any, records: Any, **options: Any) -> Any:
    """Preview without access to the objects."""
    emulator.faults.always("search objects", status=403)
    try:
        return token.preview(records, **options)
    finally:
        emulator.faults.clear()


def test_uncompared_references_are_named(emulator: Emulator) -> None:
    from jsm_assets_dest import okta

    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(okta.schema_model("lean"))
        preview = token.preview({"people": []})

    assert "Not compared, because only Assets can resolve their values: People.Manager." in preview.notes


def test_acceptance_of_something_else_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="`allow_missing` is a value of the type bool"):
        checked_acceptance(True)
    with pytest.raises(ConfigurationError, match="`allow_missing` is a value of the type str"):
        checked_acceptance("yes")


def test_empty_preview_has_no_evidence() -> None:
    preview = ImportPreview(object_types=(), evidence="", is_complete=False)

    assert str(preview) == "Preview of an import, without anything to compare it with, incomplete"
    assert preview.effect == ""
    assert attrs.evolve(preview, notes=("note",)) != preview
