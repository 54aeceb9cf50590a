"""Schema-and-mapping documents: form, contradictions, effect, and the way back."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from jsm_assets_dest.testing import Doubts, Emulator, SeededSchema
from tests.emulator.api import GATEWAY, Api, ImportApi
from tests.emulator.documents import PNG48, attribute, document, locate, people_and_groups


@pytest.fixture
def schema(emulator: Emulator) -> SeededSchema:
    return emulator.add_object_schema("OKT", "Okta")


@pytest.fixture
def okta(emulator: Emulator, schema: SeededSchema) -> ImportApi:
    return ImportApi(emulator, emulator.add_import_source(schema))


def person_in(mapping_document: dict[str, Any]) -> Any:
    return mapping_document["schema"]["objectSchema"]["objectTypes"][0]


def mapping_in(mapping_document: dict[str, Any]) -> Any:
    return mapping_document["mapping"]["objectTypeMappings"][0]


def test_second_put_is_409_and_patch_is_accepted(okta: ImportApi, schema: SeededSchema) -> None:
    assert okta.get(okta.links["getStatus"]) == {"status": "MISSING_MAPPING"}
    assert okta.submit_mapping(people_and_groups()).status_code == 204
    assert okta.get(okta.links["getStatus"]) == {"status": "IDLE"}
    assert schema["Person"].attribute_names == [
        "Key", "Created", "Updated", "Login", "Age", "Tags", "Manager", "Groups",
    ]  # fmt: skip
    assert schema["Person"].attribute("Tags").maximum == -1
    assert okta.submit_mapping(people_and_groups()).status_code == 409
    assert okta.submit_mapping(people_and_groups(), "PATCH").status_code == 204


def test_repeated_put_may_be_accepted() -> None:
    emulator = Emulator(doubts=Doubts(repeated_mapping_put=True))
    okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
    assert [okta.submit_mapping(people_and_groups()).status_code for _ in range(2)] == [204, 204]


def test_document_is_returned_complete(okta: ImportApi) -> None:
    okta.submit_mapping(people_and_groups())
    back = okta.get(f"{okta.source_url}/schema-and-mapping")
    assert back["schema"]["iconSchema"] == {"icons": []}
    person = person_in(back)
    assert person["externalId"] == "t/Person"
    assert person["inheritance"] is False
    key, login, *_ = person["attributes"]
    assert (key["name"], "externalId" in key) == ("Key", False)
    assert (login["label"], login["minimumCardinality"], login["unique"]) == (True, 1, False)
    names = [item["name"] for item in person["attributes"]]
    assert names == ["Key", "Login", "Age", "Tags", "Manager", "Groups"]
    manager = person["attributes"][4]
    assert manager["referenceObjectTypeExternalId"] == "t/Person"
    first = mapping_in(back)["attributesMapping"]
    assert [item["externalIdPart"] for item in first] == [True, False, False, False, False]


def test_returned_document_without_icons_is_accepted(okta: ImportApi) -> None:
    okta.submit_mapping(people_and_groups())
    back = okta.get(f"{okta.source_url}/schema-and-mapping")
    refused = okta.submit_mapping(back, "PATCH")
    assert refused.status_code == 400
    assert "at least 1 item" in refused.text
    del back["schema"]["iconSchema"]
    assert okta.submit_mapping(back, "PATCH").status_code == 204
    again = okta.get(f"{okta.source_url}/schema-and-mapping")
    del again["schema"]["iconSchema"]
    assert again == back


def test_generated_external_ids_adopt_manual_types(
    emulator: Emulator, okta: ImportApi, schema: SeededSchema
) -> None:
    kind = schema.add_object_type("Person", attributes=["Login"])
    kind.add_attribute("Account", "user")
    kind.add_attribute("State", "status", statuses=["Active"])
    back = okta.get(f"{okta.source_url}/schema-and-mapping")
    assert back["mapping"]["objectTypeMappings"] == []
    person = person_in(back)
    assert person["externalId"].startswith("cmdb::externalId/")
    assert [item["name"] for item in person["attributes"]] == ["Key", "Name", "Login", "State"]
    assert person["attributes"][3]["typeValues"] == ["Active"]
    login = person["attributes"][2]
    wanted = document(
        [{**person, "attributes": [login, attribute("Age", "integer")]}],
        [
            {
                "objectTypeExternalId": person["externalId"],
                "objectTypeName": "Person",
                "selector": "users",
                "description": "",
                "attributesMapping": [
                    {
                        "attributeExternalId": login["externalId"],
                        "attributeName": "Login",
                        "attributeLocators": ["login"],
                        "externalIdPart": True,
                    },
                    locate("Age", "age"),
                ],
            }
        ],
    )
    assert okta.submit_mapping(wanted).status_code == 204
    assert len(schema.object_types) == 1
    assert "Age" in kind.attribute_names
    second = ImportApi(emulator, emulator.add_import_source(schema, "Second"))
    assert (
        person_in(second.get(f"{second.source_url}/schema-and-mapping"))["externalId"] == person["externalId"]
    )


class TestForm:
    @pytest.mark.parametrize(
        ("path", "value", "text"),
        [
            (("schema",), None, "The field schema must be of type object"),
            (("schema", "objectSchema", "name"), None, "field name must be of type string"),
            (("schema", "objectSchema", "objectTypes"), [], "at least 1 item"),
            (("schema", "objectSchema", "objectTypes"), [1], "expected an object"),
            (("schema", "iconSchema"), {"icons": []}, "at least 1 item"),
            (("schema", "iconSchema"), {"icons": [{"key": "", "name": "", "png48": "x"}]}, "1 to 255"),
            (("schema", "iconSchema"), {"icons": [{"key": "k", "name": "ö", "png48": ""}]}, "2 to 30"),
            (("schema", "iconSchema"), {"icons": [{"key": "k", "name": "ok", "png48": "eA=="}]}, "PNG of 48"),
            (("schema", "statusSchema"), {"statuses": []}, "at least 1 item"),
            (("schema", "statusSchema"), {"statuses": [{"name": "x", "category": "no"}]}, "category must be"),
            (("mapping",), {}, "objectTypeMappings"),
            (("mapping", "objectTypeMappings"), [{}], "field selector is required"),
            (
                ("mapping", "objectTypeMappings"),
                [{"objectTypeName": "a", "selector": "b", "description": "", "attributesMapping": [
                    {"attributeName": "x", "attributeLocators": [1], "externalIdPart": "yes"}]}],
                "attributeLocators must be strings",
            ),
        ],
    )  # fmt: skip
    def test_invalid_form_is_named(
        self, okta: ImportApi, path: tuple[str, ...], value: Any, text: str
    ) -> None:
        mapping_document = people_and_groups()
        place: Any = mapping_document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        answer = okta.submit_mapping(mapping_document)
        assert answer.status_code == 400
        assert text in " ".join(answer.json()["errorMessages"])

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"type": "nonsense"}, "is not one of"),
            ({"typeValues": ["Active"]}, "only allowed for attributes of type status"),
            ({"minimumCardinality": "1"}, "must be of type integer"),
            ({"unique": "yes"}, "must be of type boolean"),
            ({"externalId": 7}, "must be of type string"),
            ({"description": None}, "description must be of type string"),
        ],
    )
    def test_invalid_attribute_is_named(self, okta: ImportApi, changes: dict[str, Any], text: str) -> None:
        mapping_document = people_and_groups()
        person_in(mapping_document)["attributes"][1].update(changes)
        answer = okta.submit_mapping(mapping_document)
        assert answer.status_code == 400
        assert text in " ".join(answer.json()["errorMessages"])

    def test_invalid_json_is_400(self, okta: ImportApi) -> None:
        answer = okta.ask(
            "PUT", okta.links["mapping"], content=b"{", headers={"Content-Type": "application/json"}
        )
        assert "not valid JSON" in answer.json()["errorMessages"][0]

    def test_document_without_external_ids_has_the_old_form(
        self, okta: ImportApi, schema: SeededSchema
    ) -> None:
        """The presence of external ids decides, not `$schema`. Statuses and cardinalities exist in the newer one only."""
        mapping_document = {
            "$schema": "https://api.atlassian.com/jsm/insight/imports/external/schema/versions/2023_10_19",
            "schema": {
                "objectSchema": {
                    "name": "Okta",
                    "description": "",
                    "objectTypes": [
                        {
                            "name": "Person",
                            "description": "",
                            "attributes": [
                                {"name": "Name", "description": "Full name", "type": "text"},
                                {"name": "Teams", "description": "", "type": "text", "maximumCardinality": 9},
                                {
                                    "name": "Manager",
                                    "description": "",
                                    "type": "referenced_object",
                                    "referenceObjectTypeName": "Person",
                                },
                            ],
                        }
                    ],
                }
            },
            "mapping": {
                "objectTypeMappings": [
                    {
                        "objectTypeName": "Person",
                        "selector": "users",
                        "description": "",
                        "attributesMapping": [
                            {"attributeName": "Name", "attributeLocators": ["name"], "externalIdPart": True},
                            {"attributeName": "Manager", "attributeLocators": ["manager"]},
                        ],
                    }
                ]
            },
        }
        assert okta.submit_mapping(mapping_document).status_code == 204
        assert schema["Person"].attribute("Name").label is True
        assert schema["Person"].attribute("Teams").maximum == 1
        assert schema["Person"].external_id.startswith("cmdb::externalId/")
        assert okta.submit_mapping(mapping_document, "PATCH").status_code == 204
        status = okta.run({"users": [{"name": "Ana"}, {"name": "Bruno", "manager": "Ana"}]})
        assert okta.counts(status, "Person")["objectsCreated"] == 2
        assert schema["Person"].object("Bruno")["Manager"] == "OKT-1"
        wrong = copy.deepcopy(mapping_document)
        person_in(wrong)["attributes"][0]["type"] = "status"
        assert okta.submit_mapping(wrong, "PATCH").status_code == 400
        wrong = copy.deepcopy(mapping_document)
        del person_in(wrong)["attributes"][2]["referenceObjectTypeName"]
        assert "referenceObjectTypeName is required" in okta.submit_mapping(wrong, "PATCH").text
        wrong = copy.deepcopy(mapping_document)
        person_in(wrong)["attributes"][2]["referenceObjectTypeName"] = "Nobody"
        assert okta.codes(wrong, "PATCH") == [
            "UNKNOWN_REFERENCE",
        ]
        wrong = copy.deepcopy(mapping_document)
        mapping_in(wrong)["objectTypeName"] = "Nobody"
        assert okta.codes(wrong, "PATCH") == ["UNKNOWN_EXTERNAL_ID_MAPPING"]


class TestContradictions:
    def test_external_id_of_another_schema_is_rejected(self, emulator: Emulator, okta: ImportApi) -> None:
        okta.submit_mapping(people_and_groups())
        other = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("HR")))
        codes = other.codes(people_and_groups())
        assert set(codes) == {"SCHEMA_INVALID_EXTERNAL_ID", "UNKNOWN_EXTERNAL_ID_MAPPING"} or set(codes) == {
            "SCHEMA_INVALID_EXTERNAL_ID"
        }

    def test_same_type_name_with_another_external_id_is_rejected(
        self, okta: ImportApi, schema: SeededSchema
    ) -> None:
        schema.add_object_type("Person")
        assert "EXTERNAL_ID_MISMATCH" in okta.codes(people_and_groups())

    def test_same_attribute_name_with_another_id_is_rejected(self, okta: ImportApi) -> None:
        okta.submit_mapping(people_and_groups())
        mapping_document = people_and_groups()
        person_in(mapping_document)["attributes"][1]["externalId"] = "a/Other"
        assert "EXTERNAL_ID_MISMATCH" in okta.codes(mapping_document, "PATCH")

    @pytest.mark.parametrize("where", ["type", "attribute"])
    def test_changed_name_is_rejected(self, okta: ImportApi, where: str) -> None:
        okta.submit_mapping(people_and_groups())
        mapping_document = people_and_groups()
        mapping_document["mapping"]["objectTypeMappings"] = []
        target = (
            person_in(mapping_document) if where == "type" else person_in(mapping_document)["attributes"][1]
        )
        target["name"] = "Renamed"
        assert okta.codes(mapping_document, "PATCH") == ["EXTERNAL_ID_MISMATCH"]

    def test_changed_attribute_type_is_rejected(self, okta: ImportApi) -> None:
        okta.submit_mapping(people_and_groups())
        mapping_document = people_and_groups()
        person_in(mapping_document)["attributes"][1]["type"] = "text"
        assert okta.codes(mapping_document, "PATCH") == ["ATTRIBUTE_TYPE_CHANGED"]

    def test_changed_referenced_type_is_rejected(self, okta: ImportApi) -> None:
        okta.submit_mapping(people_and_groups())
        mapping_document = people_and_groups()
        person_in(mapping_document)["attributes"][3]["referenceObjectTypeExternalId"] = "t/Group"
        assert okta.codes(mapping_document, "PATCH") == ["REFERENCED_OBJECT_TYPE_CHANGED"]

    def test_unknown_reference_is_rejected(self, okta: ImportApi) -> None:
        mapping_document = people_and_groups()
        person_in(mapping_document)["attributes"][3]["referenceObjectTypeExternalId"] = "t/Nobody"
        assert okta.codes(mapping_document) == ["UNKNOWN_REFERENCE"]

    def test_duplicate_external_id_is_rejected(self, okta: ImportApi) -> None:
        mapping_document = people_and_groups()
        person_in(mapping_document)["attributes"][1]["externalId"] = "a/Login"
        assert "DUPLICATE_EXTERNAL_ID_ILLEGAL" in okta.codes(mapping_document)

    def test_missing_external_id_is_rejected(self, okta: ImportApi) -> None:
        mapping_document = people_and_groups()
        del person_in(mapping_document)["externalId"]
        assert "SCHEMA_INVALID_EXTERNAL_ID" in okta.codes(mapping_document)

    def test_external_id_of_an_attribute_is_rejected_for_a_type(self, okta: ImportApi) -> None:
        okta.submit_mapping(people_and_groups())
        mapping_document = document([{"externalId": "a/Login", "name": "X", "description": ""}], [])
        assert okta.codes(mapping_document, "PATCH") == ["SCHEMA_INVALID_EXTERNAL_ID"]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"objectTypeExternalId": None}, "MAPPING_INVALID_EXTERNAL_ID"),
            ({"objectTypeExternalId": "t/Nobody"}, "UNKNOWN_EXTERNAL_ID_MAPPING"),
            ({"objectTypeExternalId": "t/Group"}, "MAPPING_INVALID_EXTERNAL_ID"),
            ({"attributesMapping": []}, "MISSING_EXTERNAL_ID_PART"),
            (
                {"attributesMapping": [locate("Nope", "x", externalIdPart=True)]},
                "UNKNOWN_EXTERNAL_ID_MAPPING",
            ),
            (
                {
                    "attributesMapping": [
                        {**locate("Login", "x", externalIdPart=True), "attributeName": "Age"}
                    ]
                },
                "MAPPING_INVALID_EXTERNAL_ID",
            ),
            (
                {
                    "attributesMapping": [
                        locate("Login", "x", externalIdPart=True),
                        {"attributeName": "Age", "attributeLocators": ["age"]},
                    ]
                },
                "MAPPING_INVALID_EXTERNAL_ID",
            ),
            (
                {
                    "attributesMapping": [
                        locate("Login", "x", externalIdPart=True),
                        locate("Manager", "m", objectMappingIQL="Login = = x"),
                    ]
                },
                "INVALID_OBJECT_MAPPING_IQL",
            ),
        ],
    )
    def test_mapping_without_its_schema_is_rejected(
        self, okta: ImportApi, changes: dict[str, Any], code: str
    ) -> None:
        mapping_document = people_and_groups()
        mapping_in(mapping_document).update(changes)
        assert code in okta.codes(mapping_document)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"minimumCardinality": 3}, "INVALID_CARDINALITY"),
            ({"type": "status", "typeValues": ["Nope"]}, "UNKNOWN_STATUS"),
            ({"name": "Login"}, "DUPLICATE_ATTRIBUTE_NAME"),
        ],
    )
    def test_impossible_attribute_is_rejected(
        self, okta: ImportApi, changes: dict[str, Any], code: str
    ) -> None:
        mapping_document = people_and_groups()
        person_in(mapping_document)["attributes"][1].update(changes)
        mapping_document["mapping"]["objectTypeMappings"] = mapping_document["mapping"]["objectTypeMappings"][
            1:
        ]
        assert code in okta.codes(mapping_document)

    def test_unknown_icon_and_invalid_name_are_rejected(self, okta: ImportApi) -> None:
        mapping_document = people_and_groups()
        person_in(mapping_document)["iconKey"] = "nope"
        person_in(mapping_document)["name"] = "Person?"
        mapping_in(mapping_document)["objectTypeName"] = "Person?"
        assert okta.codes(mapping_document) == ["UNKNOWN_ICON_KEY", "INVALID_NAME"]

    def test_rejected_document_changes_nothing(self, okta: ImportApi, schema: SeededSchema) -> None:
        mapping_document = people_and_groups()
        mapping_in(mapping_document)["objectTypeExternalId"] = "t/Nobody"
        okta.codes(mapping_document)
        assert schema.object_types == []

    def test_external_id_part_may_be_optional(self) -> None:
        emulator = Emulator(doubts=Doubts(mapping_needs_external_id_part=False))
        okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
        mapping_document = people_and_groups()
        mapping_in(mapping_document)["attributesMapping"] = []
        assert okta.submit_mapping(mapping_document).status_code == 204


class TestEffect:
    def test_icons_and_statuses_are_created(self, okta: ImportApi, schema: SeededSchema) -> None:
        mapping_document = people_and_groups()
        mapping_document["schema"]["iconSchema"] = {
            "icons": [{"key": "person", "name": "A person", "png48": PNG48}]
        }
        mapping_document["schema"]["statusSchema"] = {
            "statuses": [
                {"name": "Hired", "description": "Works here", "category": "active"},
                {"name": "Closed", "description": "", "category": "inactive"},
            ]
        }
        person_in(mapping_document)["iconKey"] = "person"
        person_in(mapping_document)["attributes"].append(
            attribute("State", "status", typeValues=["Hired", "Closed"])
        )
        assert okta.submit_mapping(mapping_document).status_code == 204
        back = okta.get(f"{okta.source_url}/schema-and-mapping")
        assert back["schema"]["iconSchema"]["icons"] == [
            {"key": "person", "name": "A person", "png48": PNG48}
        ]
        assert [status["name"] for status in back["schema"]["statusSchema"]["statuses"]] == ["Hired"]
        assert person_in(back)["iconKey"] == "person"
        assert person_in(back)["attributes"][-1]["typeValues"] == ["Hired", "Closed"]
        person_in(mapping_document).update(description="New words")
        mapping_document["schema"]["iconSchema"]["icons"][0]["name"] = "Somebody"
        person_in(mapping_document)["attributes"][1]["description"] = "In years"
        assert okta.submit_mapping(mapping_document, "PATCH").status_code == 204
        back = okta.get(f"{okta.source_url}/schema-and-mapping")
        assert back["schema"]["iconSchema"]["icons"][0]["name"] == "Somebody"
        assert schema["Person"].description == "New words"
        assert schema["Person"].attribute("Age").description == "In years"
        api = Api(okta.emulator)
        kind = api.get(f"/objecttype/{schema['Person'].id}")
        assert api.ask("GET", f"/icon/{kind['icon']['id']}/icon.png").status_code == 200

    def test_child_types_are_below_their_parents(self, okta: ImportApi, schema: SeededSchema) -> None:
        mapping_document = people_and_groups()
        child = {
            "externalId": "t/Guest",
            "name": "Guest",
            "description": "",
            "attributes": [attribute("Name"), attribute("Host")],
        }
        person_in(mapping_document)["children"] = [child]
        assert okta.submit_mapping(mapping_document).status_code == 204
        guest = schema["Guest"]
        assert guest.parent is not None
        assert guest.parent.name == "Person"
        assert guest.attribute("Name").label is True
        back = okta.get(f"{okta.source_url}/schema-and-mapping")
        assert person_in(back)["children"][0]["name"] == "Guest"

    def test_patch_needs_the_changed_parts_only(self, okta: ImportApi, schema: SeededSchema) -> None:
        okta.submit_mapping(people_and_groups())
        more = document(
            [
                {
                    "externalId": "t/Person",
                    "name": "Person",
                    "description": "Somebody",
                    "attributes": [
                        attribute("Device", "referenced_object", referenceObjectTypeExternalId="t/Device"),
                        attribute("Chief", "referenced_object", referenceObjectTypeExternalId="t/Person"),
                        attribute("Team", "referenced_object", referenceObjectTypeExternalId="t/Group"),
                    ],
                },
                {"externalId": "t/Device", "name": "Device", "description": ""},
            ],
            [],
        )
        assert okta.submit_mapping(more, "PATCH").status_code == 204
        assert schema["Person"].attribute("Team").type_value == schema["Group"].id
        assert len(okta.get(f"{okta.source_url}/schema-and-mapping")["mapping"]["objectTypeMappings"]) == 2
        assert schema["Device"].attribute_names == ["Key", "Name", "Created", "Updated"]

    def test_reference_by_name_finds_an_existing_type(
        self, emulator: Emulator, okta: ImportApi, schema: SeededSchema
    ) -> None:
        schema.add_object_type("City")
        schema.add_object_type("Country")
        mapping_document = people_and_groups()
        person = person_in(mapping_document)
        reference = {"name": "Country", "description": "", "type": "referenced_object"}
        person["attributes"].append({**reference, "externalId": "a/C", "referenceObjectTypeName": "Country"})
        assert okta.submit_mapping(mapping_document).status_code == 204
        assert schema["Person"].attribute("Country").type_value == schema["Country"].id

    def test_mapping_is_readable_after_an_attribute_is_deleted(
        self, emulator: Emulator, okta: ImportApi, schema: SeededSchema
    ) -> None:
        okta.submit_mapping(people_and_groups())
        age = schema["Person"].attribute("Age")
        Api(emulator).ask("DELETE", f"/objecttypeattribute/{age.id}")
        back = okta.get(f"{okta.source_url}/schema-and-mapping")
        assert "Age" in [mapping["attributeName"] for mapping in mapping_in(back)["attributesMapping"]]
        mapping_document = people_and_groups()
        mapping_document["schema"]["objectSchema"]["objectTypes"] = mapping_document["schema"][
            "objectSchema"
        ]["objectTypes"][1:]
        mapping_document["mapping"]["objectTypeMappings"] = mapping_document["mapping"]["objectTypeMappings"][
            :1
        ]
        mapping_in(mapping_document)["attributesMapping"] = [locate("Login", "login", externalIdPart=True)]
        assert okta.submit_mapping(mapping_document, "PATCH").status_code == 204

    def test_async_submission_is_polled(self, emulator: Emulator, okta: ImportApi) -> None:
        answer = okta.ask("PUT", okta.links["mapping"], people_and_groups(), params={"async": "true"})
        assert (answer.status_code, answer.content) == (303, b"")
        location = answer.headers["location"]
        assert location.startswith(f"{okta.source_url}/mapping/progress/")
        assert okta.get(location) == {"progressStatus": "IN_PROGRESS"}
        emulator.clock.sleep(1)
        assert okta.get(location) == {
            "progressStatus": "FINISHED",
            "result": "OK",
            "resultMessage": "Schema and mapping successfully created",
        }
        answer = okta.ask("PATCH", okta.links["mapping"], people_and_groups(), params={"async": "true"})
        assert answer.status_code == 303
        assert okta.refused("GET", f"{okta.source_url}/mapping/progress/none")[0] == 400

    def test_async_submission_can_fail_later(self, emulator: Emulator, okta: ImportApi) -> None:
        first, second = (
            okta.ask("PUT", okta.links["mapping"], people_and_groups(), params={"async": "true"}).headers[
                "location"
            ]
            for _ in range(2)
        )
        emulator.clock.sleep(1)
        assert okta.get(first)["result"] == "OK"
        assert okta.get(second)["result"] == "ERROR"

    def test_async_submission_survives_its_import_source(self, emulator: Emulator, okta: ImportApi) -> None:
        okta.ask("PUT", okta.links["mapping"], people_and_groups(), params={"async": "true"})
        emulator.import_sources[0].delete()
        emulator.clock.sleep(1)
        emulator.settle()
        (progress,) = emulator.world.mapping_progress.values()
        assert progress.result == "ERROR"

    def test_put_may_ignore_async(self) -> None:
        emulator = Emulator(doubts=Doubts(mapping_put_is_asynchronous=False))
        okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
        answer = okta.ask("PUT", okta.links["mapping"], people_and_groups(), params={"async": "true"})
        assert answer.status_code == 204

    def test_account_can_submit_a_mapping(self, emulator: Emulator, okta: ImportApi) -> None:
        api = Api(emulator)
        path = okta.source_url.removeprefix(f"{GATEWAY}/jsm/assets/workspace/{emulator.workspace_id}/v1")
        assert api.ask("PUT", f"{path}/mapping", people_and_groups()).status_code == 204
