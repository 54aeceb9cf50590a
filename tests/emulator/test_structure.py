"""Object schemas, object types and attributes through the API."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest.testing import Emulator
from tests.emulator.api import Api


def new_schema(api: Api, name: str = "Okta", key: str = "OKT", **more: str) -> Any:
    return api.post("/objectschema/create", {"name": name, "objectSchemaKey": key, **more})


def new_type(api: Api, schema_id: str, name: str = "People", **more: Any) -> Any:
    return api.post("/objecttype/create", {"name": name, "iconId": "13", "objectSchemaId": schema_id, **more})


def new_attribute(api: Api, type_id: str, name: str, **more: Any) -> Any:
    body = {"name": name, "type": 0, **({"defaultTypeId": 0} if not more.get("type") else {}), **more}
    return api.post(f"/objecttypeattribute/{type_id}", body)


class TestObjectSchemas:
    def test_new_schema_has_its_fields_without_can_manage(self, api: Api) -> None:
        schema = new_schema(api, description="Auto-generated Okta data.")
        assert schema["objectSchemaKey"] == "OKT"
        assert schema["description"] == "Auto-generated Okta data."
        assert schema["globalId"] == f"{schema['workspaceId']}:{schema['id']}"
        assert schema["created"].endswith("Z")
        assert "canManage" not in schema
        assert "description" not in new_schema(api, "Other", "OTH")

    def test_schema_list_is_paged(self, api: Api) -> None:
        for number in range(5):
            new_schema(api, f"Schema {number}", f"S{number}")
        first = api.get("/objectschema/list", maxResults=2)
        assert [value["objectSchemaKey"] for value in first["values"]] == ["S0", "S1"]
        assert (first["total"], first["isLast"], first["last"]) == (5, False, False)
        last = api.get("/objectschema/list", startAt=4, maxResults=2)
        assert [value["objectSchemaKey"] for value in last["values"]] == ["S4"]
        assert last["isLast"] is True
        assert last["values"][0]["canManage"] is True

    def test_counts_are_zero_unless_requested(self, emulator: Emulator, api: Api) -> None:
        emulator.add_object_schema("OKT").add_object_type("People").add_object(Name="Ana")
        assert api.get("/objectschema/list")["values"][0]["objectCount"] == 0
        counted = api.get("/objectschema/list", includeCounts="true")["values"][0]
        assert (counted["objectCount"], counted["objectTypeCount"]) == (1, 1)
        assert api.get("/objectschema/1")["objectCount"] == 1

    @pytest.mark.parametrize(
        ("name", "key", "field", "text"),
        [
            ("Okta", "NEW", "name", "Name has to be unique!"),
            ("okta", "NEW", "name", "Name has to be unique!"),
            ("New", "okt", "objectSchemaKey", "Key has to be unique!"),
            ("New", "TOOLONGAKEY", "objectSchemaKey", "1 to 10"),
            ("New", "1A", "objectSchemaKey", "start with a letter"),
            ("", "NEW", "name", "required"),
            ("a:b", "NEW", "name", "must not contain"),
        ],
    )
    def test_invalid_schema_name_or_key_is_rejected(
        self, api: Api, name: str, key: str, field: str, text: str
    ) -> None:
        new_schema(api)
        status, errors = api.refused("POST", "/objectschema/create", {"name": name, "objectSchemaKey": key})
        assert status == 400
        assert text in errors[field]

    def test_invalid_schema_change_is_rejected(self, api: Api) -> None:
        new_schema(api)
        new_schema(api, "Other", "OTH")
        assert "name" in api.refused("PUT", "/objectschema/2", {"name": "Okta"})[1]
        assert api.put("/objectschema/2", {"name": "OTHER"})["name"] == "OTHER"
        body = {"name": "a?b", "iconId": "13", "objectSchemaId": "1"}
        assert "must not contain" in api.refused("POST", "/objecttype/create", body)[1]["name"]
        assert "name" in api.refused("PUT", "/config/statustype/1", {"name": "Active", "category": 1})[1]

    def test_changed_schema_keeps_its_key(self, api: Api) -> None:
        schema = new_schema(api)
        changed = api.put(f"/objectschema/{schema['id']}", {"name": "New", "objectSchemaKey": "NEW"})
        assert (changed["name"], changed["objectSchemaKey"]) == ("New", "OKT")

    def test_deleted_schema_is_returned_and_removes_its_content(self, emulator: Emulator, api: Api) -> None:
        schema = emulator.add_object_schema("OKT")
        schema.add_object_type("People").add_object(Name="Ana")
        source = emulator.add_import_source(schema)
        api.post("/config/statustype", {"name": "Hired", "category": 1, "objectSchemaId": schema.id})
        api.post("/config/referencetype", {"name": "Reports to", "objectSchemaId": schema.id})
        answer = api.ask("DELETE", f"/objectschema/{schema.id}")
        assert answer.status_code == 200
        assert answer.json()["objectSchemaKey"] == "OKT"
        assert api.refused("GET", f"/objectschema/{schema.id}")[0] == 404
        assert api.refused("GET", "/objecttype/1")[0] == 404
        assert api.refused("GET", "/object/1")[0] == 404
        assert api.refused("GET", f"/importsource/{source.id}")[0] == 404
        assert emulator.world.roles == {}

    def test_referenced_schema_cannot_be_deleted(self, emulator: Emulator, api: Api) -> None:
        shared = emulator.add_object_schema("HR")
        shared.allow_other_object_schemas()
        person = shared.add_object_type("Person")
        emulator.add_object_schema("IT").add_object_type("Laptop").add_attribute("Owner", references=person)
        status, errors = api.refused("DELETE", f"/objectschema/{shared.id}")
        assert status == 400
        assert "referenced" in errors[""]

    def test_unknown_id_is_404_with_the_service_message(self, api: Api) -> None:
        status, errors = api.refused("GET", "/objectschema/5")
        assert status == 404
        assert errors[""] == "NotFoundInsightException: Could not find SchemaObject with id: 5"

    def test_schema_properties_are_read_and_written(self, api: Api) -> None:
        schema = new_schema(api)
        path = f"/global/config/objectschema/{schema['id']}/property"
        assert api.get(path)["allowOtherObjectSchema"] is False
        answer = api.ask(
            "POST",
            path,
            {"allowOtherObjectSchema": True, "validateQuickCreate": True, "quickCreateObjects": True},
        )
        assert (answer.status_code, answer.content) == (200, b"")
        assert api.get(f"/global/config/objectschema/{schema['id']}") == {
            "allowOtherObjectSchema": True,
            "validateQuickCreate": True,
            "quickCreateObjects": True,
        }
        assert api.get("/objectschema/1")["crossSchemaReferencingAllowed"] is True
        assert api.ask("POST", path, {}).status_code == 200
        assert api.get("/global/config")["allowOtherObjectSchema"] is False


class TestObjectTypes:
    def test_new_type_has_four_attributes(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        attributes = api.get(f"/objecttype/{kind['id']}/attributes")
        assert [(item["name"], item["position"], item["label"], item["editable"]) for item in attributes] == [
            ("Key", 0, False, False),
            ("Name", 1, True, True),
            ("Created", 2, False, False),
            ("Updated", 3, False, False),
        ]
        assert attributes[1]["description"] == "The name of the object"
        assert attributes[2]["defaultType"] == {"id": 6, "name": "DateTime"}
        assert attributes[0]["objectType"]["name"] == "People"

    def test_type_lists_are_arrays_of_all_levels(self, api: Api) -> None:
        schema = new_schema(api)
        parent = new_type(api, schema["id"], "Hardware", abstractObjectType=True)
        new_type(api, schema["id"], "Laptop", parentObjectTypeId=parent["id"])
        listed = api.get(f"/objectschema/{schema['id']}/objecttypes")
        assert [object_type["name"] for object_type in listed] == ["Hardware", "Laptop"]
        assert listed[1]["parentObjectTypeId"] == parent["id"]
        assert "parentObjectTypeId" not in listed[0]
        concrete = api.get(f"/objectschema/{schema['id']}/objecttypes", excludeAbstract="true")
        assert [object_type["name"] for object_type in concrete] == ["Laptop"]

    def test_flat_list_filters_by_name(self, emulator: Emulator, api: Api) -> None:
        schema = emulator.add_object_schema("OKT")
        schema.add_object_type("People").add_object(Name="Ana")
        schema.add_object_type("Peoples court")
        path = f"/objectschema/{schema.id}/objecttypes/flat"
        assert [person["name"] for person in api.get(path, query="PEOPLE", exclude="people")] == [
            "Peoples court"
        ]
        assert [item["objectCount"] for item in api.get(path, query='""')] == [0, 0]
        assert [item["objectCount"] for item in api.get(path, includeObjectCounts="true")] == [1, 0]

    def test_type_name_is_unique_in_a_schema(self, api: Api) -> None:
        schema = new_schema(api)
        new_type(api, schema["id"])
        body = {"name": "people", "iconId": "0", "objectSchemaId": schema["id"]}
        status, errors = api.refused("POST", "/objecttype/create", body)
        assert status == 400
        assert errors == {"name": "Name has to be unique!", "iconId": "The icon 0 does not exist"}

    def test_parent_of_another_schema_is_rejected(self, api: Api) -> None:
        here, other_place = new_schema(api), new_schema(api, "Other", "OTH")
        parent = new_type(api, other_place["id"])
        body = {"name": "X", "iconId": "13", "objectSchemaId": here["id"], "parentObjectTypeId": parent["id"]}
        assert "parentObjectTypeId" in api.refused("POST", "/objecttype/create", body)[1]

    def test_type_can_be_changed(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        changed = api.put(
            f"/objecttype/{kind['id']}",
            {
                "name": "Persons",
                "description": "All",
                "iconId": "28",
                "inherited": True,
                "abstractObjectType": True,
            },
        )
        assert (changed["name"], changed["icon"]["name"], changed["inherited"]) == (
            "Persons",
            "Cottage",
            True,
        )
        assert api.get(f"/objecttype/{kind['id']}")["abstractObjectType"] is True
        assert api.put(f"/objecttype/{kind['id']}", {"name": "persons"})["name"] == "persons"
        new_type(api, "1", "Groups")
        assert "name" in api.refused("PUT", f"/objecttype/{kind['id']}", {"name": "Groups"})[1]
        assert "iconId" in api.refused("PUT", f"/objecttype/{kind['id']}", {"iconId": "nope"})[1]

    def test_type_with_objects_cannot_become_abstract(self, emulator: Emulator, api: Api) -> None:
        kind = emulator.add_object_schema("OKT").add_object_type("People")
        kind.add_object(Name="Ana")
        assert api.refused("PUT", f"/objecttype/{kind.id}", {"abstractObjectType": True})[0] == 400

    def test_moved_type_orders_its_siblings(self, api: Api) -> None:
        schema = new_schema(api)
        first, second, third = (new_type(api, schema["id"], name)["id"] for name in "ABC")
        moved = api.post(f"/objecttype/{third}/position", {"position": 0}, status=200)
        assert moved["position"] == 0
        positions = {asset["name"]: asset["position"] for asset in api.get("/objectschema/1/objecttypes")}
        assert positions == {"C": 0, "A": 1, "B": 2}
        below = {"position": 0, "toObjectTypeId": first}
        assert api.post(f"/objecttype/{second}/position", below, status=200)["parentObjectTypeId"] == first
        above = {"position": 0, "toObjectTypeId": second}
        assert "below itself" in api.refused("POST", f"/objecttype/{first}/position", above)[1][""]
        assert api.refused("POST", f"/objecttype/{first}/position", {"position": -1})[0] == 400
        other = new_type(api, new_schema(api, "Other", "OTH")["id"])["id"]
        other_place = {"position": 0, "toObjectTypeId": other}
        assert (
            "another object schema"
            in api.refused("POST", f"/objecttype/{first}/position", other_place)[1][""]
        )

    def test_type_with_children_cannot_be_deleted(self, api: Api) -> None:
        schema = new_schema(api)
        parent = new_type(api, schema["id"], "Hardware")
        child = new_type(api, schema["id"], "Laptop", parentObjectTypeId=parent["id"])
        assert "child" in api.refused("DELETE", f"/objecttype/{parent['id']}")[1][""]
        assert api.ask("DELETE", f"/objecttype/{child['id']}").json()["name"] == "Laptop"
        assert api.ask("DELETE", f"/objecttype/{parent['id']}").status_code == 200

    def test_referenced_type_cannot_be_deleted(self, emulator: Emulator, api: Api) -> None:
        schema = emulator.add_object_schema("OKT")
        person = schema.add_object_type("Person")
        schema.add_object_type("Laptop").add_attribute("Owner", references=person)
        assert "referenced" in api.refused("DELETE", f"/objecttype/{person.id}")[1][""]

    def test_child_inherits_attributes_of_its_parent(self, emulator: Emulator, api: Api) -> None:
        demo = emulator.seed_demo()
        path = f"/objecttype/{demo['Laptop'].id}/attributes"
        names = [item["name"] for item in api.get(path)]
        assert names[:5] == ["Key", "Name", "Created", "Updated", "Serial number"]
        assert api.get(path, excludeParentAttributes="true") == []
        assert api.get(f"/objecttype/{demo['Laptop'].id}")["parentObjectTypeInherited"] is True
        demo["Laptop"].add_attribute("Keyboard")
        parent = f"/objecttype/{demo['Hardware'].id}/attributes"
        assert "Keyboard" in [item["name"] for item in api.get(parent, includeChildren="true")]

    def test_attribute_list_is_filtered_and_ordered(self, emulator: Emulator, api: Api) -> None:
        kind = emulator.add_object_schema("OKT").add_object_type("People", attributes=["Alias", "City"])
        kind.add_attribute("Badge", minimum=1)
        kind.add_object(Name="Ana", Badge="1", City="Madrid")
        path = f"/objecttype/{kind.id}/attributes"
        editable = [item["name"] for item in api.get(path, onlyValueEditable="true")]
        assert editable == ["Name", "Alias", "City", "Badge"]
        by_name = [item["name"] for item in api.get(path, orderByName="true")]
        assert by_name == sorted(by_name, key=str.lower)
        assert [item["name"] for item in api.get(path, orderByRequired="true")][-2:] == ["Alias", "City"]
        assert [item["name"] for item in api.get(path, query="ci")] == ["City"]
        exists = {
            item["name"]: item["objectAttributeExists"] for item in api.get(path, includeValuesExist="true")
        }
        assert (exists["Alias"], exists["City"]) == (False, True)

    def test_icon_of_a_type_is_an_image(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        answer = api.ask("GET", kind["icon"]["url16"])
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


class TestAttributes:
    def test_text_attribute_has_its_fields(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        attribute = new_attribute(
            api,
            kind["id"],
            "Login",
            description="How they log in",
            uniqueAttribute=True,
            regexValidation="@",
            suffix="x",
            hidden=True,
            displayName="Log in name",
        )
        assert attribute["defaultType"] == {"id": 0, "name": "Text"}
        assert attribute["position"] == 4
        assert attribute["uniqueAttribute"] is True
        assert attribute["regexValidation"] == "@"
        assert attribute["displayName"] == "Log in name"

    def test_type_numbers_as_strings_are_accepted(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        body = {"name": "Login", "type": "0", "defaultTypeId": "0"}
        assert api.post(f"/objecttypeattribute/{kind['id']}", body)["type"] == 0

    def test_reference_attribute_shows_its_target(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        attribute = new_attribute(
            api,
            kind["id"],
            "Manager",
            type=1,
            typeValue=kind["id"],
            additionalValue="4",
            qlQuery="Name = x",
            includeChildObjectTypes=True,
        )
        assert attribute["referenceObjectTypeId"] == kind["id"]
        assert attribute["referenceObjectType"]["name"] == "People"
        assert attribute["referenceType"]["name"] == "Reference"
        assert (attribute["qlQuery"], attribute["iql"]) == ("Name = x", "Name = x")
        assert "typeValue" not in attribute

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "A", "type": 0}, "defaultTypeId"),
            ({"name": "A", "type": 0, "defaultTypeId": 99}, "defaultTypeId"),
            ({"name": "A", "type": 42}, "type"),
            ({"name": "A", "type": 1}, "typeValue"),
            ({"name": "A", "type": 1, "typeValue": "1"}, "additionalValue"),
            ({"name": "A", "type": 1, "typeValue": "77", "additionalValue": "4"}, "typeValue"),
            ({"name": "A", "type": 1, "typeValue": "1", "additionalValue": "77"}, "additionalValue"),
            ({"name": "A", "type": 7, "typeValueMulti": ["77"]}, "typeValueMulti"),
            ({"name": "", "type": 0, "defaultTypeId": 0}, "name"),
            ({"name": "key", "type": 0, "defaultTypeId": 0}, "name"),
            ({"name": "A", "type": 0, "defaultTypeId": 0, "minimumCardinality": 2}, "maximumCardinality"),
        ],
    )
    def test_contradictory_attribute_is_rejected(self, api: Api, body: dict[str, Any], field: str) -> None:
        new_type(api, new_schema(api)["id"])
        status, errors = api.refused("POST", "/objecttypeattribute/1", body)
        assert status == 400
        assert field in errors

    def test_reference_to_another_schema_needs_its_permission(self, api: Api) -> None:
        here, other_place = new_schema(api), new_schema(api, "HR", "HR")
        kind, target = new_type(api, here["id"]), new_type(api, other_place["id"], "Person")
        body = {"name": "Person", "type": 1, "typeValue": target["id"], "additionalValue": "4"}
        _, errors = api.refused("POST", f"/objecttypeattribute/{kind['id']}", body)
        assert "refers to the schema" in errors["typeValue"]
        api.ask(
            "POST",
            f"/global/config/objectschema/{other_place['id']}/property",
            {"allowOtherObjectSchema": True},
        )
        assert api.post(f"/objecttypeattribute/{kind['id']}", body)["referenceObjectTypeId"] == target["id"]

    def test_other_attribute_kinds_accept_documented_fields(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        user = new_attribute(
            api,
            kind["id"],
            "Account",
            type=2,
            additionalValue="SHOW_PROFILE",
            typeValue="x",
            typeValueMulti=["site-admins"],
        )
        assert (user["additionalValue"], user["typeValue"]) == ("SHOW_PROFILE", "x")
        project = new_attribute(api, kind["id"], "Project", type=6)
        value = {"objectTypeAttributeId": project["id"], "objectAttributeValues": [{"value": "10000"}]}
        name = {"objectTypeAttributeId": "2", "objectAttributeValues": [{"value": "Ana"}]}
        created = api.post("/object/create", {"objectTypeId": kind["id"], "attributes": [name, value]})
        assert api.find("Project = 10000") == [created["label"]]

    def test_change_to_a_reference_needs_a_target(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        attribute = new_attribute(api, kind["id"], "Manager")
        path = f"/objecttypeattribute/{kind['id']}/{attribute['id']}"
        assert set(api.refused("PUT", path, {"type": 1})[1]) == {"typeValue", "additionalValue"}
        changed = api.put(path, {"type": 1, "typeValue": kind["id"], "additionalValue": "4"})
        assert changed["referenceObjectTypeId"] == kind["id"]
        assert api.put(path, {"description": "Who leads"})["referenceObjectTypeId"] == kind["id"]

    def test_new_label_replaces_the_old_one(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        new_attribute(api, kind["id"], "Login", label=True)
        labels = [item["name"] for item in api.get(f"/objecttype/{kind['id']}/attributes") if item["label"]]
        assert labels == ["Login"]

    def test_attribute_can_be_changed(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        attribute = new_attribute(api, kind["id"], "Login")
        path = f"/objecttypeattribute/{kind['id']}/{attribute['id']}"
        changed = api.put(path, {"name": "User name", "maximumCardinality": -1})
        assert (changed["name"], changed["maximumCardinality"]) == ("User name", -1)
        assert api.put(path, {"type": 0, "defaultTypeId": 1})["defaultType"]["name"] == "Integer"
        assert api.put(path, {"type": 2})["type"] == 2
        configured = api.put(
            f"/objecttypeattribute/{attribute['id']}/configure", {"hidden": True, "maximumCardinality": 3}
        )
        assert (configured["hidden"], configured["maximumCardinality"]) == (True, 3)
        moved = api.post(f"{path}/position", {"position": 1}, status=200)
        assert moved["position"] == 1

    def test_attribute_with_values_keeps_its_type(self, emulator: Emulator, api: Api) -> None:
        kind = emulator.add_object_schema("OKT").add_object_type("People", attributes=["Login"])
        kind.add_object(Name="Ana", Login="ana")
        path = f"/objecttypeattribute/{kind.id}/{kind.attribute('Login').id}"
        assert "type" in api.refused("PUT", path, {"type": 2})[1]

    def test_system_attribute_cannot_be_changed(self, api: Api) -> None:
        kind = new_type(api, new_schema(api)["id"])
        assert api.refused("PUT", f"/objecttypeattribute/{kind['id']}/1", {"name": "Number"})[0] == 400
        assert api.refused("DELETE", "/objecttypeattribute/1")[0] == 400
        assert api.refused("DELETE", "/objecttypeattribute/2")[0] == 400

    def test_attribute_of_another_type_is_not_found(self, api: Api) -> None:
        schema = new_schema(api)
        new_type(api, schema["id"])
        new_type(api, schema["id"], "Groups")
        assert api.refused("PUT", "/objecttypeattribute/2/2", {"name": "X"})[0] == 404
        assert api.refused("PUT", "/objecttypeattribute/2/99", {"name": "X"})[0] == 404

    def test_deleted_attribute_removes_its_values(self, emulator: Emulator, api: Api) -> None:
        kind = emulator.add_object_schema("OKT").add_object_type("People", attributes=["Login", "City"])
        person = kind.add_object(Name="Ana", Login="ana", City="Madrid")
        answer = api.ask("DELETE", f"/objecttypeattribute/{kind.attribute('Login').id}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert person.values == {"Name": "Ana", "City": "Madrid"}
        assert kind.attribute("City").position == 4

    def test_schema_lists_all_attributes(self, emulator: Emulator, api: Api) -> None:
        schema = emulator.add_object_schema("OKT")
        schema.add_object_type("People", attributes=["Login"])
        schema.add_object_type("Groups")
        path = f"/objectschema/{schema.id}/attributes"
        assert len(api.get(path)) == 9
        assert "objectType" not in api.get(path)[0]
        (login,) = api.get(path, query="login", extended="true", onlyValueEditable="true")
        assert login["objectType"]["name"] == "People"
        assert [item["name"] for item in api.get(path, onlyValueEditable="true")] == ["Name", "Login", "Name"]


class TestConfiguration:
    def test_new_workspace_has_seven_global_statuses(self, api: Api) -> None:
        statuses = api.get("/config/statustype")
        assert [(status["id"], status["name"]) for status in statuses][:2] == [
            ("1", "Action Needed"),
            ("2", "Active"),
        ]
        assert len(statuses) == 7

    def test_status_belongs_to_the_site_or_a_schema(self, api: Api) -> None:
        schema = new_schema(api)
        created = api.post(
            "/config/statustype", {"name": "Hired", "category": 1, "objectSchemaId": schema["id"]}
        )
        assert created["objectSchemaId"] == schema["id"]
        assert [status["name"] for status in api.get("/config/statustype", objectSchemaId=schema["id"])] == [
            "Hired"
        ]
        path = f"/config/statustype/{created['id']}"
        assert api.put(path, {"name": "Left", "category": 0, "description": "Gone"})["description"] == "Gone"
        assert api.get(path)["category"] == 0
        assert api.ask("DELETE", path).content == b""
        assert api.refused("GET", path)[0] == 404

    @pytest.mark.parametrize("body", [{"name": "X", "category": 1}, {"name": "Aktív", "category": 1}])
    def test_status_name_must_be_short_and_plain(self, api: Api, body: dict[str, Any]) -> None:
        assert "name" in api.refused("POST", "/config/statustype", body)[1]

    def test_invalid_status_is_rejected(self, api: Api) -> None:
        assert "name" in api.refused("POST", "/config/statustype", {"name": "active", "category": 1})[1]
        assert "category" in api.refused("POST", "/config/statustype", {"name": "New", "category": 3})[1]

    def test_used_status_cannot_be_deleted(self, emulator: Emulator, api: Api) -> None:
        emulator.seed_demo()
        assert "in use" in api.refused("DELETE", "/config/statustype/2")[1][""]

    def test_reference_type_is_created_changed_and_deleted(self, api: Api) -> None:
        assert [reference_type["name"] for reference_type in api.get("/config/referencetype")] == [
            "Reference"
        ]
        schema = new_schema(api)
        created = api.post(
            "/config/referencetype",
            {"name": "Depends on", "color": "#42526E", "objectSchemaId": schema["id"]},
        )
        assert created["color"] == "42526E"
        assert len(api.get("/config/referencetype")) == 1
        assert len(api.get("/config/referencetype", objectSchemaId=schema["id"])) == 2
        assert len(api.get("/config/referencetype", includeAll="true")) == 2
        path = f"/config/referencetype/{created['id']}"
        changed = api.put(path, {"name": "Needs", "description": "d", "color": "000000"})
        assert (changed["name"], changed["description"], changed["color"]) == ("Needs", "d", "000000")
        assert api.put(path, {})["name"] == "Needs"
        assert api.ask("GET", created["url16"]).content.startswith(b"\x89PNG")
        assert (
            "name"
            in api.refused("POST", "/config/referencetype", {"name": "needs", "objectSchemaId": "1"})[1]
        )
        assert "name" in api.refused("POST", "/config/referencetype", {"name": " "})[1]
        assert api.ask("DELETE", path).status_code == 200
        assert api.refused("DELETE", "/config/referencetype/4")[0] == 400
        assert api.refused("DELETE", path)[0] == 404

    def test_icons_are_listed_with_images(self, api: Api) -> None:
        icons = {icon["id"]: icon for icon in api.get("/icon/global")}
        assert icons["13"]["name"] == "Building"
        assert api.get("/icon/13") == icons["13"]
        image = api.ask("GET", icons["13"]["url48"])
        assert image.content.startswith(b"\x89PNG")
        assert api.ask("GET", icons["13"]["url48"], headers={"Accept": "text/html"}).status_code == 406
        assert api.refused("GET", "/icon/none")[0] == 404
        assert api.refused("GET", "/icon/none/icon.png")[0] == 404

    def test_usage_counts_objects_per_schema(self, emulator: Emulator, api: Api) -> None:
        schema = emulator.seed_demo()
        usage = api.get("/usage")
        assert usage["totalObjectsCount"] == len(schema.objects)
        assert usage["perSchemaUsageInfo"][0]["schemaId"] == 1
        assert usage["perSchemaUsageInfo"][0]["objectCount"] == len(schema.objects)
