"""Objects through the API: values by type of attribute, history, references, tickets."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest.testing import Doubts, Emulator, SeededType
from tests.emulator.api import Api


@pytest.fixture
def people(emulator: Emulator) -> SeededType:
    return emulator.add_object_schema("OKT").add_object_type("People")


def create(api: Api, kind: SeededType, **values: Any) -> Any:
    return api.post("/object/create", body_of(kind, values))


def body_of(kind: SeededType, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "objectTypeId": kind.id,
        "attributes": [
            {
                "objectTypeAttributeId": str(kind.attribute(name).id),
                "objectAttributeValues": [
                    {"value": item} for item in (value if isinstance(value, list) else [value])
                ],
            }
            for name, value in values.items()
        ],
    }


def shown(api: Api, identifier: str, name: str) -> Any:
    for item in api.get(f"/object/{identifier}")["attributes"]:
        if item["objectTypeAttribute"]["name"] == name:
            return item["objectAttributeValues"]
    return []


def test_created_object_has_no_attributes(api: Api, people: SeededType) -> None:
    created = create(api, people, Name="Ana")
    assert created["objectKey"] == f"OKT-{created['id']}"
    assert (created["label"], created["name"]) == ("Ana", "Ana")
    assert "attributes" not in created
    assert created["_links"]["self"] == f"{api.base}/object/{created['id']}"
    assert created["avatar"]["objectId"] == created["id"]


def test_object_has_attributes_with_definitions(api: Api, people: SeededType) -> None:
    created = create(api, people, Name="Ana")
    document = api.get(f"/object/{created['id']}")
    names = [item["objectTypeAttribute"]["name"] for item in document["attributes"]]
    assert names == ["Key", "Name", "Created", "Updated"]
    key, _, moment, _ = (item["objectAttributeValues"][0] for item in document["attributes"])
    assert key["value"] == created["objectKey"]
    assert moment["value"] == created["created"]
    assert moment["displayValue"] == "05/Jan/26 8:00 AM"
    assert api.get(f"/object/{created['id']}/attributes") == document["attributes"]
    assert "attributes" not in api.get(f"/object/{created['id']}", includeAttributes="false")


def test_object_is_found_by_its_key(api: Api, people: SeededType) -> None:
    created = create(api, people, Name="Ana")
    assert api.get(f"/object/{created['objectKey'].lower()}")["id"] == created["id"]
    assert api.refused("GET", "/object/XYZ-1")[0] == 404


@pytest.mark.parametrize(
    ("kind", "given", "stored", "displayed"),
    [
        ("text", "Ana", "Ana", "Ana"),
        ("integer", " 7 ", "7", "7"),
        ("double", "1.50", "1.5", "1.5"),
        ("boolean", "TRUE", "true", "true"),
        ("date", "2026-01-05", "2026-01-05", "05/Jan/26"),
        ("time", "08:30", "08:30:00", "08:30:00"),
        ("date_time", "2026-01-05T20:04:41.527Z", "2026-01-05T20:04:41.527Z", "05/Jan/26 8:04 PM"),
        ("date_time", "2026-01-05T20:04:41", "2026-01-05T20:04:41.000Z", "05/Jan/26 8:04 PM"),
        ("url", "https://acme.com", "https://acme.com", "https://acme.com"),
        ("email", "ana@acme.com", "ana@acme.com", "ana@acme.com"),
        ("textarea", "x" * 5000, "x" * 5000, "x" * 5000),
        ("ipaddress", "10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("ipaddress", "2001:db8::/64", "2001:db8::/64", "2001:db8::/64"),
    ],
)
def test_value_is_stored_in_the_form_of_its_type(
    api: Api, people: SeededType, kind: str, given: str, stored: str, displayed: str
) -> None:
    people.add_attribute("Field", kind)
    created = create(api, people, Name="Ana", Field=given)
    (value,) = shown(api, created["id"], "Field")
    assert value == {
        "value": stored,
        "displayValue": displayed,
        "searchValue": stored,
        "referencedType": False,
    }


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("text", "x" * 256, "must be less than 255 characters"),
        ("integer", "1.5", "value provided is invalid"),
        ("integer", str(2**31), "value provided is invalid"),
        ("double", "NaN", "value provided is invalid"),
        ("double", "many", "value provided is invalid"),
        ("boolean", "yes", "value provided is invalid"),
        ("date", "05.01.2026", "value provided is invalid"),
        ("time", "8 o'clock", "value provided is invalid"),
        ("date_time", "yesterday", "value provided is invalid"),
        ("date_time", "2026-W01-1T10:00:00Z", "value provided is invalid"),
        ("date", "2026-W01-1", "value provided is invalid"),
        ("url", "acme.com", "value provided is invalid"),
        ("email", "ana", "value provided is invalid"),
        ("ipaddress", "10.0.0.256", "value provided is invalid"),
        ("user", "nobody", "not found in Jira"),
        ("group", "nobody", "Invalid Group(s)"),
        ("status", "Nope", "Invalid values"),
    ],
)
def test_invalid_value_is_rejected_under_its_key(
    api: Api, people: SeededType, kind: str, value: str, text: str
) -> None:
    attribute = people.add_attribute("Field", kind)
    status, errors = api.refused("POST", "/object/create", body_of(people, {"Name": "Ana", "Field": value}))
    assert status == 400
    assert text in errors[f"rlabs-insight-attribute-{attribute.id}"]


def test_pattern_option_and_suffix_apply(api: Api, people: SeededType) -> None:
    people.add_attribute("Badge", regex="^B[0-9]+$")
    people.add_attribute("Broken", regex="(")
    people.add_attribute("Size", "select", choices=["S", "M"])
    people.add_attribute("Weight", "integer", suffix="kg")
    body = body_of(people, {"Name": "Ana", "Badge": "7", "Size": "XL"})
    _, errors = api.refused("POST", "/object/create", body)
    assert len(errors) == 2
    created = create(api, people, Name="Ana", Badge="B7", Broken="any", Size="M", Weight="3")
    assert shown(api, created["id"], "Weight")[0]["displayValue"] == "3 kg"


def test_reference_accepts_keys_and_ids(api: Api, people: SeededType) -> None:
    people.add_attribute("Manager", references=people)
    ana = create(api, people, Name="Ana")
    by_key = create(api, people, Name="Bruno", Manager=ana["objectKey"])
    by_id = create(api, people, Name="Chiara", Manager=ana["id"])
    for item in (by_key, by_id):
        (value,) = shown(api, item["id"], "Manager")
        assert (value["displayValue"], value["searchValue"]) == ("Ana", ana["objectKey"])
        assert value["referencedType"] is True
        assert "value" not in value
        assert "attributes" not in value["referencedObject"]
    _, errors = api.refused("POST", "/object/create", body_of(people, {"Name": "X", "Manager": "OKT-99"}))
    assert "not valid Object id or key" in next(iter(errors.values()))


def test_reference_to_another_type_is_rejected(emulator: Emulator, api: Api, people: SeededType) -> None:
    schema = emulator.object_schema("OKT")
    hardware = schema.add_object_type("Hardware")
    laptop = schema.add_object_type("Laptop", parent=hardware)
    people.add_attribute("Exactly", references=hardware)
    people.add_attribute("Below too", references=hardware, include_children=True)
    device = laptop.add_object(Name="L1")
    _, errors = api.refused("POST", "/object/create", body_of(people, {"Name": "X", "Exactly": device.key}))
    assert "invalid due to restrictions" in next(iter(errors.values()))
    create(api, people, Name="X", **{"Below too": device.key})


def test_user_group_and_status_values_have_details(emulator: Emulator, api: Api, people: SeededType) -> None:
    people.add_attribute("Account", "user")
    people.add_attribute("Group", "group")
    people.add_attribute("State", "status", statuses=["Active", "Closed"])
    values = {"Name": "Ana", "Account": emulator.account.account_id, "Group": "SITE-ADMINS", "State": "2"}
    created = create(api, people, **values)
    (account,) = shown(api, created["id"], "Account")
    assert (account["displayValue"], account["user"]["emailAddress"]) == ("Ana Díaz", emulator.email)
    (group,) = shown(api, created["id"], "Group")
    assert (group["value"], group["group"]["name"]) == ("site-admins", "site-admins")
    (state,) = shown(api, created["id"], "State")
    assert (state["value"], state["displayValue"], state["status"]["category"]) == ("2", "Active", 1)
    assert emulator.object_schema("OKT")["People"].objects[0].values == {
        "Name": "Ana",
        "Account": emulator.email,
        "Group": "site-admins",
        "State": "Active",
    }
    assert api.refused("POST", "/object/create", body_of(people, {"Name": "X", "State": "5"}))[0] == 400


def test_status_value_may_be_in_search_value_only() -> None:
    emulator = Emulator(doubts=Doubts(group_and_status_values_in_search_value_only=True))
    kind = emulator.add_object_schema("OKT").add_object_type("People")
    kind.add_attribute("State", "status")
    ana = kind.add_object(Name="Ana", State="Active")
    (value,) = shown(Api(emulator), ana.id, "State")
    assert "value" not in value
    assert value["searchValue"] == "2"


def test_cardinality_and_uniqueness_are_checked(api: Api, people: SeededType) -> None:
    people.add_attribute("Login", unique=True)
    people.add_attribute("Teams", maximum=2)
    people.add_attribute("Badge", minimum=1)
    complete = {"Name": "Ana", "Login": "ana", "Badge": "1"}
    created = create(api, people, **complete)
    _, errors = api.refused("POST", "/object/create", body_of(people, complete))
    assert "has duplicated value" in next(iter(errors.values()))
    _, errors = api.refused(
        "POST", "/object/create", body_of(people, {**complete, "Login": "b", "Teams": ["a", "b", "c"]})
    )
    assert "can only contain max 2" in next(iter(errors.values()))
    _, errors = api.refused("POST", "/object/create", body_of(people, {"Login": "c"}))
    assert sorted(errors.values()) == ["The attribute Badge is required", "The attribute Name is required"]
    again = body_of(people, {"Login": "ANA"})
    assert api.put(f"/object/{created['id']}", again)["id"] == created["id"]


def test_unknown_and_system_attributes_are_rejected(api: Api, people: SeededType) -> None:
    _, errors = api.refused("POST", "/object/create", body_of(people, {"Name": "Ana", "Key": "OKT-7"}))
    assert "cannot be edited" in next(iter(errors.values()))
    body = body_of(people, {"Name": "Ana"})
    body["attributes"].append({"objectTypeAttributeId": "99", "objectAttributeValues": []})
    assert "rlabs-insight-attribute-99" in api.refused("POST", "/object/create", body)[1]


def test_abstract_type_and_read_only_schema_reject_objects(emulator: Emulator, api: Api) -> None:
    demo = emulator.seed_demo()
    assert "abstract" in str(api.refused("POST", "/object/create", body_of(demo["Hardware"], {"Name": "X"})))
    service = emulator.object_schema("SVC")["Service"]
    assert api.refused("POST", "/object/create", body_of(service, {"Name": "X"}))[0] == 403
    listed = {
        value["objectSchemaKey"]: value["canManage"] for value in api.get("/objectschema/list")["values"]
    }
    assert listed == {"ITSM": True, "SVC": False}


def test_update_keeps_attributes_that_are_not_named(api: Api, people: SeededType) -> None:
    people.add_attribute("City")
    people.add_attribute("Alias")
    created = create(api, people, Name="Ana", City="Madrid", Alias="A")
    body = body_of(people, {"City": "Lisbon", "Alias": []})
    assert api.refused("PUT", f"/object/{created['id']}", {"attributes": []})[1]["objectTypeId"]
    document = api.put(f"/object/{created['id']}", {**body, "hasAvatar": True, "avatarUUID": "u"})
    assert document["hasAvatar"] is True
    names = {item["objectTypeAttribute"]["name"]: item for item in document["attributes"]}
    assert "Alias" not in names
    assert names["City"]["objectAttributeValues"][0]["value"] == "Lisbon"
    assert names["Name"]["objectAttributeValues"][0]["value"] == "Ana"


def test_type_of_an_object_cannot_change(emulator: Emulator, api: Api, people: SeededType) -> None:
    other = emulator.object_schema("OKT").add_object_type("Groups")
    created = create(api, people, Name="Ana")
    body = {"objectTypeId": other.id, "attributes": []}
    assert "objectTypeId" in api.refused("PUT", f"/object/{created['id']}", body)[1]


def test_history_names_actor_and_change(emulator: Emulator, api: Api, people: SeededType) -> None:
    people.add_attribute("Manager", references=people)
    ana = create(api, people, Name="Ana")
    emulator.clock.advance(60)
    api.put(f"/object/{ana['id']}", body_of(people, {"Name": "Anna", "Manager": ana["id"]}))
    newest, older, creation = api.get(f"/object/{ana['id']}/history")
    assert (older["affectedAttribute"], older["oldValue"], older["newValue"]) == ("Name", "Ana", "Anna")
    assert newest["newValue"] == ana["objectKey"]
    assert older["actor"]["emailAddress"] == emulator.email
    assert "affectedAttribute" not in creation
    ascending = api.get(f"/object/{ana['id']}/history", asc="true")
    assert [change["id"] for change in ascending] == [creation["id"], older["id"], newest["id"]]
    assert api.get(f"/object/{ana['id']}")["updated"] > ana["updated"]
    seeded = people.add_object(Name="Seeded")
    assert api.get(f"/object/{seeded.id}/history")[0]["actor"] == {"displayName": "Assets import"}


def test_deleted_object_leaves_no_references(api: Api, people: SeededType) -> None:
    people.add_attribute("Teams", references=people, multiple=True)
    first, two = create(api, people, Name="1"), create(api, people, Name="2")
    three = create(api, people, Name="3", Teams=[first["id"], two["id"]])
    assert api.ask("DELETE", f"/object/{first['id']}").status_code == 200
    assert [item["displayValue"] for item in shown(api, three["id"], "Teams")] == ["2"]
    assert api.refused("GET", f"/object/{first['id']}")[0] == 404


@pytest.mark.parametrize(("status", "body"), [(200, True), (204, False), (204, True)])
def test_response_to_deleting_is_a_switch(status: int, body: bool) -> None:
    emulator = Emulator(doubts=Doubts(delete_object_status=status, delete_object_body=body))
    ana = emulator.add_object_schema("OKT").add_object_type("People").add_object(Name="Ana")
    answer = Api(emulator).ask("DELETE", f"/object/{ana.id}")
    assert answer.status_code == status
    assert bool(answer.content) == (body and status == 200)


def test_references_to_an_object_are_counted_by_type(emulator: Emulator, api: Api) -> None:
    demo = emulator.seed_demo()
    office = demo["Office"].object("Madrid")
    by_type = {item["objectType"]["name"]: item for item in api.get(f"/object/{office.id}/referenceinfo")}
    assert by_type["Person"]["numberOfReferencedObjects"] == 10
    assert by_type["Person"]["referenceTypes"][0]["name"] == "Reference"
    assert by_type["Person"]["openIssuesExists"] is False


def test_connected_tickets_are_listed(emulator: Emulator, api: Api) -> None:
    demo = emulator.seed_demo()
    payroll = demo["Service"].object("Payroll")
    document = api.get(f"/objectconnectedtickets/{payroll.id}/tickets")
    assert [ticket["key"] for ticket in document["tickets"]] == ["ITH-1"]
    assert "ITH-1" in document["allTicketsQuery"]
    office = demo["Office"].object("Madrid")
    assert api.get(f"/objectconnectedtickets/{office.id}/tickets")["tickets"] == []


def test_handle_reads_and_changes_objects(people: SeededType, emulator: Emulator) -> None:
    people.add_attribute("Teams", references=people, multiple=True)
    people.add_attribute("Started", "date")
    people.add_attribute("Score", "double")
    people.add_attribute("Home office", "boolean")
    people.add_attribute("Account", "user")
    import datetime

    ana = people.add_object(
        Name="Ana",
        Started=datetime.date(2026, 1, 5),
        Score=1.5,
        Home_office=True,
        Account=emulator.account,
    )
    assert (ana["Started"], ana["Score"], ana["Home office"]) == ("2026-01-05", 1.5, True)
    ana.update({"Teams": [ana], "Score": None})
    assert (ana["Teams"], ana["Score"]) == ([ana.key], None)
    assert repr(ana) == f"<SeededObject {ana.key} 'Ana' of People>"
    with pytest.raises(KeyError, match="no attribute Nope"):
        ana["Nope"]
    with pytest.raises(ValueError, match="no attribute Nope; it has Key"):
        people.add_object(Nope=1)
    with pytest.raises(KeyError, match="no object Bruno"):
        people.object("Bruno")
    with pytest.raises(KeyError, match="no attribute Nope"):
        people.attribute("Nope")
    ana.delete()
    assert people.objects == []


def test_label_can_be_any_attribute_or_missing(emulator: Emulator) -> None:
    schema = emulator.add_object_schema("OKT")
    person = schema.add_object_type("Person")
    ana = person.add_object(Name="Ana")
    seat = schema.add_object_type("Seat")
    seat.attribute("Name").minimum = 0
    assert seat.add_object().label == "OKT-2"
    seat.add_attribute("Person", references=person, label=True)
    assert seat.add_object(Person=ana).label == "Ana"


def test_labels_in_a_circle_end_at_a_key(emulator: Emulator) -> None:
    kind = emulator.add_object_schema("OKT").add_object_type("Twin")
    kind.attribute("Name").minimum = 0
    kind.add_attribute("Other", references=kind, label=True)
    first = kind.add_object()
    second = kind.add_object(Other=first)
    first.update(Other=second)
    assert (first.label, second.label) == ("OKT-2", "OKT-1")


def test_values_that_differ_in_case_are_findable(api: Api, people: SeededType) -> None:
    people.add_attribute("Tags", multiple=True)
    ana = people.add_object(Name="Ana", Tags=["a", "A", "b"])
    people.add_object(Name="Bruno", Tags=["b"])
    assert api.find("Tags = a") == ["Ana"]
    ana.update(Tags=["c"])
    assert api.find("Tags = a") == []
    assert api.find("Tags = b") == ["Bruno"]


def test_read_only_schema_rejects_handles(emulator: Emulator) -> None:
    emulator.seed_demo()
    with pytest.raises(Exception, match="read-only"):
        emulator.object_schema("SVC")["Service"].add_object(Name="New")


def test_date_and_time_of_the_first_year_is_stored(api: Api, people: SeededType) -> None:
    """Directories write an empty date this way. Some systems do not pad the year."""
    people.add_attribute("Left", "date_time")

    created = create(api, people, Name="Ana", Left="0001-01-01T00:00:00Z")

    (value,) = shown(api, created["id"], "Left")
    assert value["value"] == "0001-01-01T00:00:00.000Z"
