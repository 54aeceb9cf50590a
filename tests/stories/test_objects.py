"""Stories about reading objects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from jsm_assets_dest import AssetsObject, ObjectReference
from jsm_assets_dest.exceptions import (
    AssetsError,
    ConfigurationError,
    ObjectNotFoundError,
    ObjectTypeNotFoundError,
    SchemaPermissionError,
    ValidationError,
)
from jsm_assets_dest.testing import Emulator, SeededType
from jsm_assets_dest.testing.http.rendering import MEDIA_TOKEN
from tests.stories.story import now, story


async def collected(
    objects: Any, on_object: Callable[[int], object] = lambda count: None
) -> list[AssetsObject]:
    """Return what an iterator of either kind yields."""
    assets: list[AssetsObject] = []
    if isinstance(objects, AsyncIterator):
        async for asset in objects:
            assets.append(asset)
            on_object(len(assets))
    else:
        for asset in objects:
            assets.append(asset)
            on_object(len(assets))
    return assets


def seeded(emulator: Emulator, people: int = 25) -> SeededType:
    """Return the object type People of the object schema OKT, beside an object of another object schema."""
    emulator.add_object_schema("HR").add_object_type("Desks").add_object(Name="Desk 1")
    schema = emulator.add_object_schema("OKT")
    groups = schema.add_object_type("Groups")
    kind = schema.add_object_type("People", attributes=[("Age", "integer"), "Team"])
    kind.add_attribute("Member of", references=groups, multiple=True)
    staff = groups.add_object(Name="Staff")
    for number in range(people):
        kind.add_object(
            {"Name": f"Person {number}", "Age": number, "Team": "A" if number % 2 else "B"}, Member_of=[staff]
        )
    return kind


def labels(assets: list[AssetsObject]) -> list[str]:
    return [asset.label for asset in assets]


@story
async def test_objects_are_read_with_typed_values(emulator: Emulator, connection: Any) -> None:
    seeded(emulator)
    schema = await now(connection.get_object_schema("OKT"))

    assets = await collected(schema.objects(page_size=10))

    assert labels(assets) == ["Staff", *(f"Person {number}" for number in range(25))]
    assert assets[8].values["Age"] == 7
    references = assets[8].values["Member of"]
    assert isinstance(references, list)
    (reference,) = references
    assert isinstance(reference, ObjectReference)
    assert (reference.label, reference.object_type) == ("Staff", "Groups")
    assert MEDIA_TOKEN not in repr([asset.to_dict() for asset in assets])


@story
async def test_query_and_object_type_select_objects_of_the_schema(
    emulator: Emulator, connection: Any
) -> None:
    seeded(emulator)
    schema = await now(connection.get_object_schema("OKT"))

    assert len(await collected(schema.objects('Team = "A"'))) == 12
    assert labels(await collected(schema.objects(object_type="groups"))) == ["Staff"]
    assert labels(await collected(schema.objects("Age < 3 ORDER BY Age DESC", object_type="People"))) == [
        "Person 2",
        "Person 1",
        "Person 0",
    ]
    assert await collected(schema.objects('Name = "Desk 1"')) == []
    assert await now(schema.count_objects()) == 26
    assert await now(schema.count_objects("Age < 3 ORDER BY Age", object_type="People")) == 3


@story
async def test_object_types_below_are_included_on_request(emulator: Emulator, connection: Any) -> None:
    schema = emulator.add_object_schema("IT")
    hardware = schema.add_object_type("Hardware")
    laptops = schema.add_object_type("Laptops", parent=hardware)
    schema.add_object_type("Tablets", parent=laptops).add_object(Name="T1")
    hardware.add_object(Name="H1")
    laptops.add_object(Name="L1")
    handle = await now(connection.get_object_schema("IT"))

    assert labels(await collected(handle.objects(object_type="Hardware"))) == ["H1"]
    assert sorted(
        labels(await collected(handle.objects(object_type=hardware.id, include_children=True)))
    ) == [
        "H1",
        "L1",
        "T1",
    ]


@story
async def test_objects_are_found_by_their_key(emulator: Emulator, connection: Any) -> None:
    people = seeded(emulator)
    schema = await now(connection.get_object_schema("OKT"))
    key = people.objects[3].key

    assert (await now(schema.get_object(key.lower()))).label == "Person 3"
    assert (await now(schema.find_object(f" {key} "))).key == key
    assert await now(schema.find_object("OKT-9999")) is None
    desk = emulator.object_schema("HR")["Desks"].objects[0]
    assert await now(schema.find_object(desk.key)) is None
    with pytest.raises(ObjectNotFoundError, match="Could not find the object OKT-9999 in OKT as ana@"):
        await now(schema.get_object("OKT-9999"))


@story
async def test_objects_that_disappear_while_reading_hide_no_others(
    emulator: Emulator, connection: Any
) -> None:
    people = seeded(emulator, 60)
    schema = await now(connection.get_object_schema("OKT"))

    def change(count: int) -> None:
        if count == 25:
            for asset in people.objects[3:20]:
                asset.delete()
            people.add_object(Name="New")

    assets = await collected(schema.objects(object_type="People", page_size=10), change)

    assert labels(assets) == [*(f"Person {number}" for number in range(60)), "New"]


@story
async def test_interrupted_pages_are_read_again(emulator: Emulator, connection: Any) -> None:
    seeded(emulator)
    schema = await now(connection.get_object_schema("OKT"))
    emulator.faults.next("search objects", status=503, nth=2)
    emulator.faults.next("search objects", status=429, retry_after=2, nth=3)
    emulator.faults.next("search objects", drop="mid-answer", nth=4)
    emulator.faults.next("count objects", status=500)

    assert len(await collected(schema.objects(page_size=5))) == 26


@story
async def test_list_that_ends_in_a_failure_is_an_error(emulator: Emulator, connection: Any) -> None:
    """It must not look like a complete list."""
    seeded(emulator)
    schema = await now(connection.get_object_schema("OKT"))
    emulator.faults.next("search objects", status=403, nth=2)

    with pytest.raises(SchemaPermissionError):
        await collected(schema.objects(page_size=5))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"query": 7}, "query"),
        ({"query": 'Name = "a") OR (Key = "OKT-1"'}, "query"),
        ({"object_type": ""}, "object_type"),
        ({"object_type": 5}, "object_type"),
        ({"include_children": "yes"}, "include_children"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": 501}, "page_size"),
        ({"page_size": True}, "page_size"),
        ({"page_size": "10"}, "page_size"),
    ],
)
def test_invalid_argument_is_rejected_before_sending(arguments: dict[str, Any], field: str) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT")
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()

        with pytest.raises(ConfigurationError) as caught:
            schema.objects(**arguments)  # without iterating

        assert caught.value.field == field
        assert not emulator.requests


@pytest.mark.parametrize("key", ["", "12", "OKT", "OKT-", "OKT-1 OR 1", 'OKT-1"'])
def test_invalid_key_is_rejected_before_sending(key: str) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT")
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()

        with pytest.raises(ConfigurationError) as caught:
            schema.find_object(key)

        assert caught.value.field == "key"
        assert not emulator.requests


@story
async def test_unknown_object_type_is_an_error_before_reading(emulator: Emulator, connection: Any) -> None:
    seeded(emulator)
    emulator.add_object_schema("NEW")
    schema = await now(connection.get_object_schema("OKT"))
    empty = await now(connection.get_object_schema("NEW"))

    with pytest.raises(ObjectTypeNotFoundError, match='OKT has no object type "Poeple"') as similar:
        await collected(schema.objects(object_type="Poeple"))
    with pytest.raises(ObjectTypeNotFoundError) as different:
        await now(schema.count_objects(object_type="Desks"))
    with pytest.raises(ObjectTypeNotFoundError) as none:
        await collected(empty.objects(object_type="People"))

    assert 'A similar object type is "People"' in str(similar.value)
    assert "pass one of: Groups, People." in different.value.remedies[0]
    assert "has no object types" in none.value.remedies[0]
    assert not [request for request in emulator.requests if "aql" in request.path]


@story
async def test_rejected_query_is_an_error_with_the_words_of_assets(
    emulator: Emulator, connection: Any
) -> None:
    seeded(emulator)
    schema = await now(connection.get_object_schema("OKT"))
    errors: list[AssetsError] = []
    for call in (
        lambda: collected(schema.objects("Nope = 1")),
        lambda: now(schema.count_objects("Nope = 1")),
    ):
        with pytest.raises(ValidationError, match=r"No matching attribute for AQL clause \(Nope\)") as caught:
            await call()
        errors.append(caught.value)

    assert [error.what.partition(":")[0] for error in errors] == [
        "Could not read the objects of OKT",
        "Could not count the objects of OKT",
    ]
    assert "correct the query" in errors[0].remedies[0]
