"""Stories about documents of other people: nested selectors, and one selector for several object types."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, ReferenceSpec, SchemaModel
from jsm_assets_dest.exceptions import MassDeletionGuardError, MissingMappingError, RecordError
from jsm_assets_dest.testing import Emulator
from tests.stories.story import now, story

CODE = AttributeSpec("Code", key="code", label=True, identifier=True)
NUMBER = AttributeSpec("Number", key="no", label=True, identifier=True)
BUILDINGS = SchemaModel(
    "Buildings",
    [
        ObjectTypeSpec("Building", [CODE], selector="buildings"),
        ObjectTypeSpec(
            "Room", [NUMBER, AttributeSpec("Seats", "integer", key="seats")], selector="buildings.rooms"
        ),
        ObjectTypeSpec("Desk", [NUMBER], selector="buildings.rooms.desks"),
    ],
)
NESTED: list[dict[str, Any]] = [
    {
        "code": "N",
        "rooms": [{"no": "N1", "seats": 4, "desks": [{"no": "N1a"}]}, {"no": "N2"}],
        "roof": "flat",
    },
    {"code": "S", "rooms": [{"no": "S1", "floor": 2}]},
]
FLAT: dict[str, Any] = {
    "buildings": [{"code": "N"}, {"code": "S"}],
    "buildings.rooms": [{"no": "N1", "seats": 4}, {"no": "N2"}, {"no": "S1"}],
    "buildings.rooms.desks": [{"no": "N1a"}],
}
DEVICES = SchemaModel(
    "Devices",
    [
        ObjectTypeSpec(
            "System", [AttributeSpec("Version", key="os", label=True, identifier=True)], selector="laptops"
        ),
        ObjectTypeSpec(
            "Maker", [AttributeSpec("Name", key="maker", label=True, identifier=True)], selector="laptops"
        ),
        ObjectTypeSpec(
            "Laptop",
            [
                AttributeSpec("Serial", key="serial", label=True, identifier=True),
                AttributeSpec("System", key="os", reference=ReferenceSpec("system")),
            ],
            selector="laptops",
        ),
    ],
)


async def built(emulator: Emulator, connection: Any, model: SchemaModel) -> Any:
    schema = await now(connection.create_object_schema("FLD", "Field"))
    token = connection.import_token(emulator.add_import_source("FLD").token, schema=schema)
    await now(token.build(model))
    return token


def labels(emulator: Emulator) -> dict[str, list[str]]:
    return {
        object_type.name: sorted(asset.label for asset in object_type.objects)
        for object_type in emulator.object_schema("FLD").object_types
    }


@pytest.mark.slow
@pytest.mark.parametrize("records", [{"buildings": NESTED}, FLAT], ids=["nested", "flat"])
def test_inner_records_arrive(records: dict[str, Any]) -> None:
    @story
    async def inner_records(emulator: Emulator, connection: Any) -> None:
        token = await built(emulator, connection, BUILDINGS)

        result = await now(token.import_records(records))
        again = await now(token.import_records(records))

        assert result.ok, str(result)
        assert again.ok, str(again)  # the guard sees the inner records too
        assert labels(emulator) == {
            "Building": ["N", "S"],
            "Room": ["N1", "N2", "S1"],
            "Desk": ["N1a"],
        }
        assert (await now(token.preview(records))).missing == 0
        if records is not FLAT:
            assert result.unknown_keys == {"buildings": {"roof": 1, "rooms.floor": 1}}

    for colour in ("blocking", "asyncio", "trio"):
        inner_records(colour)


@story
async def test_inner_record_without_an_identifier_is_named(emulator: Emulator, connection: Any) -> None:
    """Assets drops it, so the room whose record lost its number is missing."""
    token = await built(emulator, connection, BUILDINGS)
    rooms = [{"no": f"N{number}"} for number in range(20)]
    await now(token.import_records({"buildings": [{"code": "N", "rooms": rooms}]}))
    emulator.import_sources[0].set_missing_objects("remove")
    records = {"buildings": [{"code": "N", "rooms": [*rooms[:-1], {"seats": 4}]}]}

    preview = await now(token.preview(records))

    assert (preview.object_type("Room").missing, preview.object_type("Room").unidentified) == (1, 1)
    assert "Assets does not import 1 record of Room, because it has no identifier." in preview.notes
    assert "The guard would not complete this import, because objects are missing from it." in preview.notes
    with pytest.raises(
        MassDeletionGuardError, match=r"Room: 1 of 20 \(1 record without an identifier"
    ) as caught:
        await now(token.import_records(records))
    assert caught.value.remedies[0].startswith("You: add the identifiers that records inside")


@story
async def test_records_without_one_of_their_parts_are_usual(emulator: Emulator, connection: Any) -> None:
    """Of several object types with the same records, each takes its own part."""
    token = await built(emulator, connection, DEVICES)
    laptops = [{"os": "6", "maker": "A", "serial": "1"}, {"os": "7", "serial": "2"}]
    await now(token.import_records({"laptops": laptops}))

    preview = await now(token.preview({"laptops": laptops[1:]}))

    assert preview.object_type("Maker").unidentified == 1
    with pytest.raises(MassDeletionGuardError, match=r"Maker: the only one, such as") as caught:
        await now(token.import_records({"laptops": laptops[1:]}))
    assert caught.value.remedies[0].startswith("You: check the source")
    assert "Assets does not import 1 record of Maker, because it has no identifier." in preview.notes


@story
async def test_invalid_inner_record_is_named(emulator: Emulator, connection: Any) -> None:
    token = await built(emulator, connection, BUILDINGS)
    records = {"buildings": [{"code": "N", "rooms": [{"no": "N1"}, {"no": "N2", "seats": "many"}]}]}

    with pytest.raises(RecordError) as caught:
        await now(token.import_records(records))

    assert (caught.value.selector, caught.value.path) == ("buildings", "rooms[1].seats")


@pytest.mark.parametrize(("seats", "sent"), [(4, 0), (5, 1)])
def test_changed_inner_record_is_sent(seats: int, sent: int, tmp_path: Path) -> None:
    """With `send="changed"`, an outer record is sent if only an inner one changed."""
    journal, second = tmp_path / "field.journal", copy.deepcopy(NESTED)
    second[0]["rooms"][0]["seats"] = seats
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("FLD", "Field")
        token = connection.import_token(emulator.add_import_source("FLD").token, schema=schema)
        token.build(BUILDINGS)
        token.import_records({"buildings": NESTED}, missing_objects="ignore", journal=journal)

        result = token.import_records(
            {"buildings": second}, missing_objects="ignore", journal=journal, send="changed", verify="all"
        )

        assert result.sent == sent
        assert result.verified == "all"
        assert emulator.object_schema("FLD")["Room"].object("N1")["Seats"] == seats


@story
async def test_one_selector_feeds_three_types(emulator: Emulator, connection: Any) -> None:
    """Each type takes its own values of a record; one of them may be missing, and identifiers repeat."""
    token = await built(emulator, connection, DEVICES)
    laptops = [
        {"serial": "A1", "os": "15.1", "maker": "Acme"},
        {"serial": "A2", "os": "14.7", "maker": "Acme"},
        {"serial": "A3", "os": "15.1"},
    ]

    result = await now(token.import_records({"laptops": laptops}, missing_objects="ignore"))

    assert result.confirmed
    assert not result.unknown_keys
    assert labels(emulator) == {
        "System": ["14.7", "15.1"],
        "Maker": ["Acme"],
        "Laptop": ["A1", "A2", "A3"],
    }


@story
async def test_partial_document_is_applied_to_what_the_import_has(
    emulator: Emulator, connection: Any
) -> None:
    """The schema also has an object type that people made. The plan contains only the changes of the document."""
    schema = await now(connection.create_object_schema("FLD", "Field"))
    emulator.object_schema("FLD").add_object_type("Contracts", attributes=["Number"])
    token = connection.import_token(emulator.add_import_source("FLD").token, schema=schema)
    with pytest.raises(MissingMappingError):
        await now(token.get_model())
    await now(token.build(DEVICES))
    partial = {
        "schema": {
            "objectSchema": {
                "objectTypes": [
                    {
                        "externalId": "devices/laptop",
                        "name": "Laptop",
                        "description": "Portable.",
                        "attributes": [
                            {"externalId": "f/owner", "name": "Owner", "description": "", "type": "text"}
                        ],
                    }
                ]
            }
        }
    }

    model = await now(token.get_model())
    assert (await now(token.plan(model))).is_empty
    plan = await now(token.build(model.with_document(partial)))

    assert {(item.kind, item.path) for item in plan.changes} == {
        ("create", "laptop.owner"),
        ("patch", "laptop"),
    }
    assert "Owner" in emulator.object_schema("FLD")["Laptop"].attribute_names
    assert emulator.object_schema("FLD")["Laptop"].description == "Portable."


# --- cases from real use, which are not part of this project


def case(name: str) -> dict[str, Any]:
    """Return a case. Skip the test if it does not exist."""
    beside = Path(__file__).parents[2].parent / "shared"
    path = Path(os.environ.get("JSM_ASSETS_SHARED", beside)) / "cases" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{name} does not exist. Set JSM_ASSETS_SHARED to the folder that contains the cases.")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("name", ["nested-records", "one-selector-two-types"])
def test_case_imports_all_objects(name: str) -> None:
    data = case(name)
    model = SchemaModel.from_document(data["document"])
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("FLD", "Field")
        token = connection.import_token(emulator.add_import_source("FLD").token, schema=schema)
        token.build(model)
        token.import_records(data["data"], missing_objects="ignore")

        assert labels(emulator) == data["expect"]
        assert token.plan(model).is_empty


def test_case_unknown_select_value_stays_empty() -> None:
    data = case("unknown-select-value")
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("FLD", "Field")
        source = emulator.add_import_source("FLD", **data["import_source"])
        token = connection.import_token(source.token, schema=schema)
        token.build(SchemaModel.from_document(data["document"]))
        token.import_records(data["data"], missing_objects="ignore")

        (laptop,) = emulator.object_schema("FLD")["Laptop"].objects
        assert laptop["Platform"] == data["platform_after"]


def test_case_key_is_the_identifier() -> None:
    data = case("key-is-the-identifier")
    model = SchemaModel.from_document(data["document"])
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("FLD", "Field")
        token = connection.import_token(emulator.add_import_source("FLD").token, schema=schema)
        token.build(model)

        assert token.plan(model).is_empty is data["plan_again_is_empty"]


@pytest.mark.parametrize("name", ["forge-reference-app", "guide-block-1", "guide-block-2", "guide-block-3"])
def test_case_whole_document_builds(name: str) -> None:
    document = case(f"mapping-documents/{name}")
    model = SchemaModel.from_document(document)
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("FLD", "Field")
        token = connection.import_token(emulator.add_import_source("FLD").token, schema=schema)
        token.build(model)

        assert token.plan(model).is_empty


def test_case_partial_document_is_applied_in_assets() -> None:
    whole = SchemaModel.from_document(case("mapping-documents/guide-block-1"))
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("FLD", "Field")
        token = connection.import_token(emulator.add_import_source("FLD").token, schema=schema)
        token.build(whole)
        model = token.get_model().with_document(case("mapping-documents/patch-partial"))
        plan = token.build(model)

        assert plan.verb == "PATCH"
        assert token.plan(model).is_empty
        assert "Folder" in emulator.object_schema("FLD")
