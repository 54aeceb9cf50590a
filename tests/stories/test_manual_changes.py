"""Stories about administrators who change things manually between two runs."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest import (
    AttributeSpec,
    AttributeType,
    ObjectTypeSpec,
    PlanItem,
    ReferenceSpec,
    SchemaModel,
)
from jsm_assets_dest.exceptions import ImpossibleChangeError, RiskyChangeError
from jsm_assets_dest.testing import Emulator
from tests.emulator.api import Api
from tests.stories.story import now, story
from tests.stories.test_building import RECORDS, model

TITLE = AttributeSpec("Title", key="title")
DEVICES = ObjectTypeSpec("Devices", [AttributeSpec("Serial", key="serial", label=True, identifier=True)])
MODEL = evolve(model(people=(TITLE,)), object_types=[*model(people=(TITLE,)).object_types, DEVICES])
NIGHT = {**RECORDS, "devices": [{"serial": "A1"}]}


class Administrator:
    """A person who works on the pages of Assets."""

    def __init__(self, emulator: Emulator) -> None:
        self._schema = emulator.object_schema("OKT")
        self._api = Api(emulator)

    def change_type(self, type_name: str, **changes: Any) -> None:
        self._api.put(f"/objecttype/{self._schema[type_name].id}", changes)

    def change_attribute(self, type_name: str, attribute: str, **changes: Any) -> None:
        object_type = self._schema[type_name]
        self._api.put(f"/objecttypeattribute/{object_type.id}/{object_type.attribute(attribute).id}", changes)

    def add_attribute(self, type_name: str, **definition: Any) -> None:
        self._api.post(f"/objecttypeattribute/{self._schema[type_name].id}", definition)

    def move_type(self, name: str, parent: str) -> None:
        body = {"position": 0, "toObjectTypeId": self._schema[parent].id}
        self._api.post(f"/objecttype/{self._schema[name].id}/position", body, status=200)

    def delete_attribute(self, type_name: str, name: str) -> None:
        answer = self._api.ask("DELETE", f"/objecttypeattribute/{self._schema[type_name].attribute(name).id}")
        assert answer.status_code == 200

    def delete_type(self, name: str) -> None:
        assert self._api.ask("DELETE", f"/objecttype/{self._schema[name].id}").status_code == 200


async def first_night(emulator: Emulator, connection: Any) -> Any:
    """Build the model and import records; return the import token."""
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    emulator.object_schema("OKT").add_object_type("Sites")
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    await now(token.build(MODEL))
    result = await now(token.import_records(NIGHT, missing_objects="ignore"))
    assert result.ok
    return token


@story
async def test_plan_names_ten_manual_changes(emulator: Emulator, connection: Any) -> None:
    token = await first_night(emulator, connection)
    administrator = Administrator(emulator)

    administrator.change_type("People", description="Everyone who works here.")
    administrator.change_attribute("People", "Email", name="Mail")
    administrator.change_attribute("People", "Display Name", description="First and last name.")
    administrator.change_attribute("People", "Okta ID", uniqueAttribute=False)
    administrator.change_attribute("People", "Groups", maximumCardinality=5)
    administrator.add_attribute("People", name="Cost Center", type=0, defaultTypeId=0, minimumCardinality=1)
    administrator.delete_attribute("People", "Title")
    administrator.move_type("People", "Sites")
    administrator.change_attribute("Groups", "Okta ID", label=True)
    administrator.change_type("Groups", name="Teams")
    administrator.delete_type("Devices")

    plan = await now(token.plan(MODEL))

    items: dict[tuple[str, str], PlanItem] = {}
    for item in plan.items:
        items.setdefault((item.path, item.kind.value), item)
    named = {path: word in f"{item.message}" for path, (word, item) in _expected(items).items()}
    assert named == dict.fromkeys(named, True)
    assert len(named) == 12
    with pytest.raises(ImpossibleChangeError, match="2 changes are impossible"):
        await now(plan.apply())


def _expected(items: dict[tuple[str, str], PlanItem]) -> dict[str, tuple[str, PlanItem]]:
    """Return the words for each manual change, with the item that must contain them."""
    words = {
        ("people", "patch"): "Its description changes",
        ("people.email", "impossible"): 'It is called "Mail" in Assets, not "Email"',
        ("people.displayName", "patch"): "Its description changes",
        ("people.id", "drift"): "its values need not be unique",
        ("people.groups", "drift"): "it allows 0 to 5 values",
        ("people.Cost Center", "drift"): "It is required in Assets, but the model doesn't fill it",
        ("people.title", "create"): "someone deleted it in Assets, with all its values",
        ("people", "drift"): "It has another parent in Assets",
        ("groups.id", "drift"): "it is the label",
        ("groups.name", "drift"): "it is not the label",
        ("groups", "impossible"): 'It is called "Teams" in Assets, not "Groups"',
        ("devices", "create"): "someone deleted it in Assets, with all its objects",
    }
    return {f"{path} {kind}": (word, items[path, kind]) for (path, kind), word in words.items()}


@story
async def test_second_night_after_repairs_ends_as_the_first(emulator: Emulator, connection: Any) -> None:
    """A deleted type and attribute are built again; the next plan is empty."""
    token = await first_night(emulator, connection)
    administrator = Administrator(emulator)
    administrator.delete_attribute("People", "Title")
    administrator.delete_type("Devices")

    await now(token.build(MODEL))
    result = await now(token.import_records(NIGHT, missing_objects="ignore"))

    assert result.ok
    assert (await now(token.plan(MODEL))).is_empty
    assert [asset.label for asset in emulator.object_schema("OKT")["Devices"].objects] == ["A1"]


@story
async def test_changed_identifier_needs_consent(emulator: Emulator, connection: Any) -> None:
    """The objects have no value of the new identifier yet, so the import creates them again."""
    token = await first_night(emulator, connection)
    changed = _identified_by_employee_id()
    emulator.requests.clear()

    plan = await now(token.plan(changed))
    with pytest.raises(RiskyChangeError, match="creates every object again"):
        await now(token.build(changed))
    with pytest.raises(RiskyChangeError):
        await now(plan.apply())
    with pytest.raises(RiskyChangeError):
        await now(token.build(changed, plan=plan))

    assert "update mapping" not in {request.operation for request in emulator.requests}
    await now(plan.apply(accept_risky=True))
    assert (await now(token.build(changed))).is_empty
    assert len(emulator.object_schema("OKT")["People"].objects) == 2
    night: Any = NIGHT["people"]
    people = [{**person, "employee": person["id"], "id": f"{person['id']}-new"} for person in night]
    await now(token.import_records({**NIGHT, "people": people}, missing_objects="ignore"))
    assert len(emulator.object_schema("OKT")["People"].objects) == 4


def _identified_by_employee_id() -> SchemaModel:
    people = MODEL.object_type("people")
    employee_id = AttributeSpec("Employee ID", key="employee", identifier=True)
    attributes = [evolve(attribute, identifier=False) for attribute in people.attributes] + [employee_id]
    return MODEL.with_object_type(evolve(people, attributes=attributes))


@pytest.mark.parametrize("is_adopted", [False, True])
def test_plan_names_deleted_attributes_of_each_kind(is_adopted: bool) -> None:
    """Users and groups are in the stories about linked models."""
    kinds = set(AttributeType) - {AttributeType.USER, AttributeType.GROUP}
    extra = [
        AttributeSpec(kind, kind, reference=ReferenceSpec("devices") if kind == "referenced_object" else None)
        for kind in sorted(kinds)
    ]
    people = ObjectTypeSpec("People", [AttributeSpec("ID", key="id", label=True, identifier=True), *extra])
    wanted = SchemaModel("HR", [DEVICES, people])
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        if is_adopted:
            first = emulator.add_import_source("OKT", "First").token
            connection.import_token(first, schema=schema).build(wanted)
            wanted = SchemaModel("Second", wanted.object_types, namespace="second")
            for conflict in schema.find_conflicts(wanted):
                wanted = conflict.resolve("adopt", wanted)
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
        token.build(wanted)
        for attribute in extra:
            Administrator(emulator).delete_attribute("People", attribute.name)

        items = token.plan(wanted).of("create")

    assert [item.path for item in items] == [f"people.{attribute.key}" for attribute in extra]
    note = "It existed before: someone deleted it in Assets, with all its values."
    assert [item.message.endswith(note) for item in items] == [True] * len(extra)


@story
async def test_history_names_a_deleted_attribute_without_a_mapping(
    emulator: Emulator, connection: Any
) -> None:
    """A person fills it, so no mapping names it."""
    notes = AttributeSpec("Notes", mapped=False)
    wanted = evolve(model(people=(notes,)), namespace="okta")
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    await now(token.build(wanted))
    await now(token.import_records(RECORDS, missing_objects="ignore"))
    people = emulator.object_schema("OKT")["People"]
    values = {
        "objectTypeAttributeId": str(people.attribute("Notes").id),
        "objectAttributeValues": [{"value": "A"}],
    }
    Api(emulator).put(f"/object/{people.objects[1].id}", {"objectTypeId": people.id, "attributes": [values]})
    Administrator(emulator).delete_attribute("People", "Notes")

    (item,) = (await now(token.plan(wanted))).of("create")

    assert item.message.endswith("It existed before: someone deleted it in Assets, with all its values.")


@pytest.mark.parametrize("others", [0, 3])
def test_renamed_attribute_is_not_called_deleted(others: int) -> None:
    """A person created it. The history has the old name, and no id."""
    wanted = SchemaModel("HR", [ObjectTypeSpec("People", [AttributeSpec("ID", label=True, identifier=True)])])
    people = wanted.object_type("people")
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
        token.build(wanted)
        token.import_records({"people": [{"id": "1"}]})
        seeded = emulator.object_schema("OKT")["People"]
        for name in ["Notes", *(f"Field {number}" for number in range(others))]:
            Administrator(emulator).add_attribute("People", name=name, type=0, defaultTypeId=0)
        values = {
            "objectTypeAttributeId": seeded.attribute("Notes").id,
            "objectAttributeValues": [{"value": "A"}],
        }
        body = {"objectTypeId": seeded.id, "attributes": [values]}
        Api(emulator).put(f"/object/{seeded.objects[0].id}", body)
        Administrator(emulator).change_attribute("People", "Notes", name="Remarks")

        notes = evolve(people, attributes=[*people.attributes, AttributeSpec("Notes")])
        (item,) = token.plan(wanted.with_object_type(notes)).of("create")

    names = '"Remarks" or "Field 0" or "Field 1" or another name' if others else '"Remarks"'
    assert item.message.endswith(
        f"someone deleted it in Assets, with all its values, or renamed it to {names}."
    )
    assert item.remedy == f"You: if it was renamed, rename it in the model to {names}."


@pytest.mark.parametrize("change", ["deleted", "renamed", "unreadable"])
def test_plan_says_what_happened_to_an_adopted_type(change: str) -> None:
    """Nothing is sent until it is resolved, so the plan does not claim that attributes or a mapping are created."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        emulator.object_schema("OKT").add_object_type("Devices", attributes=["Serial"])
        original = SchemaModel("HR", [DEVICES])
        (conflict,) = schema.find_conflicts(original)
        adopted = conflict.resolve("adopt", original)
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
        token.build(adopted)
        if change == "renamed":
            Administrator(emulator).change_type("Devices", name="Machines")
        else:
            Administrator(emulator).delete_type("Devices")
        if change == "unreadable":
            emulator.faults.always("list object types flat", status=403)

        (item,) = [item for item in token.plan(adopted).items if item.path.startswith("devices")]

        expected = {
            "deleted": '"Devices", which is adopted, was deleted in Assets, with all its objects.',
            "renamed": '"Devices", which is adopted, is called "Machines" in Assets now.',
            "unreadable": '"Devices" is to be adopted, but the schema of this import has no such object type.',
        }
        assert (item.kind, item.subject) == ("impossible", "object type")
        assert item.message.startswith(expected[change])
        assert ("may have been" in item.remedy) is (change == "unreadable")
        if change == "deleted":  # the remedy works
            token.build(original)
            assert emulator.object_schema("OKT")["Devices"].objects == []
