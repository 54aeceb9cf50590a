"""Imports: tokens, executions, and what happens to the data."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest.testing import Doubts, Emulator, SeededImportSource, SeededSchema
from tests.emulator.api import GATEWAY, Api, ImportApi, ex_jira
from tests.emulator.documents import attribute, document, locate, people_and_groups


@pytest.fixture
def schema(emulator: Emulator) -> SeededSchema:
    return emulator.add_object_schema("OKT", "Okta")


@pytest.fixture
def source(emulator: Emulator, schema: SeededSchema) -> SeededImportSource:
    return emulator.add_import_source(schema)


@pytest.fixture
def okta(emulator: Emulator, source: SeededImportSource) -> ImportApi:
    okta = ImportApi(emulator, source)
    assert okta.submit_mapping(people_and_groups()).status_code == 204
    return okta


def mapped(emulator: Emulator, kind: str, **settings: Any) -> ImportApi:
    """Create a schema with the type Thing, which has an Id and a Field of the type."""
    policies = {name: settings.pop(name) for name in list(settings) if name in POLICIES}
    schema = emulator.add_object_schema("TST")
    okta = ImportApi(emulator, emulator.add_import_source(schema, **policies))
    answer = okta.submit_mapping(
        document(
            [
                {
                    "externalId": "t/Thing",
                    "name": "Thing",
                    "description": "",
                    "attributes": [attribute("Id", label=True), attribute("Field", kind, **settings)],
                }
            ],
            [
                {
                    "objectTypeExternalId": "t/Thing",
                    "objectTypeName": "Thing",
                    "selector": "things",
                    "description": "",
                    "attributesMapping": [locate("Id", "id", externalIdPart=True), locate("Field", "field")],
                }
            ],
        )
    )
    assert answer.status_code == 204, answer.text
    return okta


POLICIES = ("missing_objects", "missing_update", "empty_values", "unknown_values")


class TestTokens:
    def test_import_info_has_three_short_links(self, emulator: Emulator, okta: ImportApi) -> None:
        assert set(okta.links) == {"getStatus", "start", "mapping"}
        assert okta.links["start"].startswith(f"{GATEWAY}/jsm/assets/workspace/{emulator.workspace_id}/v1/")
        old = okta.get(f"{GATEWAY}/jsm/insight/v1/imports/info")
        assert old["links"] == okta.links

    def test_container_token_has_the_real_form(self, emulator: Emulator, source: SeededImportSource) -> None:
        assert source.token.startswith("ATCTT3x")
        assert emulator.api_token.startswith("ATATT3x")
        assert source.token != emulator.add_import_source("OKT", "Second").token

    def test_new_token_invalidates_the_old_one(self, emulator: Emulator, okta: ImportApi) -> None:
        api = Api(emulator, base=ex_jira(emulator))
        identifier = emulator.import_sources[0].id
        fresh = api.post(f"/importsource/{identifier}/token", status=200)["token"]
        answer = okta.ask("GET", f"{GATEWAY}/jsm/assets/v1/imports/info")
        assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})
        assert okta.ask("GET", okta.links["getStatus"]).status_code == 401
        okta.client.headers["Authorization"] = f"Bearer {fresh}"
        assert okta.get(okta.links["getStatus"]) == {"status": "IDLE"}

    def test_new_token_may_need_some_seconds(self) -> None:
        emulator = Emulator(doubts=Doubts(fresh_token_seconds=3))
        source = emulator.add_import_source(emulator.add_object_schema("OKT"))
        okta = ImportApi(emulator, source)
        okta.client.headers["Authorization"] = f"Bearer {source.generate_token()}"
        assert okta.ask("GET", okta.links["getStatus"]).status_code == 401
        emulator.clock.sleep(3)
        assert okta.ask("GET", okta.links["getStatus"]).status_code == 200

    def test_token_opens_its_own_import_source_only(self, emulator: Emulator, okta: ImportApi) -> None:
        other = emulator.add_import_source("OKT", "Second")
        for path in ("/objectschema/list", f"/importsource/{other.id}/configstatus", "/object/1"):
            answer = okta.ask("GET", path)
            assert (answer.status_code, answer.json()["code"]) == (401, 401)
        status_url = okta.links["getStatus"].replace(GATEWAY, f"{GATEWAY}/ex/jira/{emulator.cloud_id}")
        assert okta.ask("GET", status_url).status_code == 401
        assert okta.get(f"{okta.source_url}")["name"] == "Okta"

    @pytest.mark.parametrize("status", [401, 403])
    def test_account_has_no_import_info(self, status: int) -> None:
        emulator = Emulator(doubts=Doubts(container_token_status=status))
        info = f"{GATEWAY}/jsm/assets/v1/imports/info"
        assert Api(emulator).ask("GET", info).status_code == 401
        assert Api(emulator, bearer=emulator.oauth_token()).ask("GET", info).status_code == status
        assert Api(emulator, bearer="garbage").ask("GET", info).status_code == status

    def test_deleted_import_source_invalidates_its_token(
        self, emulator: Emulator, okta: ImportApi, source: SeededImportSource
    ) -> None:
        okta.run({"groups": [{"name": "G"}]})
        source.delete()
        assert okta.ask("GET", okta.links["getStatus"]).status_code == 401
        assert emulator.executions == []


class TestExecutions:
    def test_import_runs_from_start_to_done(self, okta: ImportApi, schema: SeededSchema) -> None:
        status = okta.run(
            {
                "users": [
                    {"profile": {"login": "ana"}, "age": 41, "tags": ["a", "b"], "groups": ["Ops"]},
                    {"profile": {"login": "bruno"}, "manager": "ana", "groups": ["Ops", "Sales"]},
                ]
            },
            {"groups": [{"name": "Ops"}, {"name": "Sales"}]},
        )
        assert status["status"] == "DONE"
        result = status["progressResult"]
        assert (result["result"], result["status"]) == ("OK", "FINISHED")
        assert result["populatedObjectTypes"] == ["Person", "Group"]
        assert result["totalNumberEntriesInImport"] == 4
        assert result["started"].endswith("+00:00")
        assert result["objectSchemaId"] == int(schema.id)
        assert okta.counts(status, "Person") == {
            "objectsCreated": 2,
            "entriesInSource": 2,
            "objectsWithUpdatedReferences": 2,
        }
        ana, bruno = schema["Person"].objects
        assert ana.values == {
            "Login": "ana",
            "Age": 41,
            "Tags": ["a", "b"],
            "Manager": None,
            "Groups": ["OKT-3"],
        }
        assert (bruno["Manager"], bruno["Groups"]) == (ana.key, ["OKT-3", "OKT-4"])

    def test_repeated_data_is_identical_and_changes_are_updates(
        self, okta: ImportApi, schema: SeededSchema
    ) -> None:
        data: dict[str, Any] = {
            "users": [{"profile": {"login": "ana"}, "age": 41}, {"profile": {"login": "bruno"}}]
        }
        okta.run(data)
        assert okta.counts(okta.run(data), "Person") == {"objectsIdentical": 2, "entriesInSource": 2}
        data["users"][0]["age"] = 42
        data["users"][1]["manager"] = "ANA"
        status = okta.run(data)
        assert okta.counts(status, "Person") == {
            "objectsUpdated": 2,
            "entriesInSource": 2,
            "objectsWithUpdatedReferences": 1,
        }
        assert schema["Person"].object("ana")["Age"] == 42
        assert len(schema["Person"].objects) == 2

    def test_execution_links_have_the_old_name(self, okta: ImportApi) -> None:
        started = okta.post(okta.links["start"], status=200)
        assert started["result"] == "success"
        assert set(started["links"]) == {"submitProgress", "submitResults", "getExecutionStatus", "cancel"}
        assert all("/jsm/insight/workspace/" in link for link in started["links"].values())

    def test_second_start_is_409(self, okta: ImportApi) -> None:
        links = okta.post(okta.links["start"], {"scheduled": True}, status=200)["links"]
        answer = okta.ask("POST", okta.links["start"])
        assert (answer.status_code, answer.json()) == (409, {"result": "error", "errorCode": "IN_PROGRESS"})
        running = okta.get(okta.links["getStatus"])
        assert running == {
            "status": "RUNNING",
            "links": {"cancel": links["cancel"], "getExecutionStatus": links["getExecutionStatus"]},
        }
        answer = okta.ask("DELETE", links["cancel"])
        assert (answer.status_code, answer.content) == (200, b"")
        assert okta.get(links["getExecutionStatus"])["status"] == "CANCELLED"
        assert okta.refused("DELETE", links["cancel"])[0] == 400
        assert okta.get(okta.links["getStatus"]) == {"status": "IDLE"}

    def test_start_is_409_with_a_reason(self, emulator: Emulator, schema: SeededSchema) -> None:
        source = emulator.add_import_source(schema)
        okta = ImportApi(emulator, source)

        def code() -> str:
            answer = okta.ask("POST", okta.links["start"])
            assert answer.status_code == 409
            return str(answer.json()["errorCode"])

        assert code() == "MISSING_MAPPING"
        source.disable()
        assert code() == "DISABLED"
        assert source.status == "DISABLED"
        source.enable()
        source.uninstall_module()
        assert code() == "INVALID_IMPORT_MODULE_KEY"

    @pytest.mark.once
    def test_processing_lasts_import_seconds(self) -> None:
        emulator = Emulator(import_seconds=30)
        source = emulator.add_import_source(emulator.add_object_schema("OKT"))
        okta = ImportApi(emulator, source)
        okta.submit_mapping(people_and_groups())
        status = okta.run({"groups": [{"name": "Ops"}]})
        assert status == {"status": "PROCESSING", "executionId": emulator.executions[0].id}
        assert okta.get(okta.links["getStatus"])["status"] == "RUNNING"
        emulator.clock.sleep(29)
        assert emulator.executions[0].status == "PROCESSING"
        emulator.clock.sleep(1)
        assert emulator.executions[0].status == "DONE"
        latest = okta.get(f"{okta.source_url}/executions/status")
        assert latest["progressResult"]["objectTypeResultMap"]["2"]["executionTimeInMs"] == 30_000

    def test_cancelled_processing_writes_nothing(self) -> None:
        emulator = Emulator(import_seconds=30)
        okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
        okta.submit_mapping(people_and_groups())
        okta.run({"groups": [{"name": "Ops"}]})
        emulator.executions[0].cancel()
        emulator.clock.sleep(60)
        assert emulator.executions[0].status == "CANCELLED"
        assert emulator.object_schema("OKT").objects == []

    def test_latest_execution_is_readable(self, okta: ImportApi, emulator: Emulator) -> None:
        latest = f"{okta.source_url}/executions/status"
        assert okta.refused("GET", latest)[0] == 400
        okta.run({"groups": []})
        second = okta.run({"groups": []})
        assert okta.get(latest) == second
        assert second["executionId"] == emulator.executions[1].id

    def test_unknown_execution_is_400(self, okta: ImportApi) -> None:
        assert okta.refused("GET", f"{okta.source_url}/executions/none/status")[0] == 400

    def test_chunk_with_a_repeated_id_counts_once(self, okta: ImportApi, schema: SeededSchema) -> None:
        links = okta.post(okta.links["start"], status=200)["links"]
        for name in ("Ops", "Sales"):
            chunk = {"data": {"groups": [{"name": name}]}, "clientGeneratedId": "one"}
            assert okta.ask("POST", links["submitResults"], chunk).status_code == 200
        final = {"data": {"groups": [{"name": "Finance"}]}, "clientGeneratedId": "two", "completed": True}
        assert okta.ask("POST", links["submitResults"], final).status_code == 200
        assert [asset.label for asset in schema["Group"].objects] == ["Ops", "Finance"]

    def test_chunk_after_the_end_is_rejected(self, okta: ImportApi) -> None:
        links = okta.post(okta.links["start"], status=200)["links"]
        assert okta.refused("POST", links["submitResults"], {"clientGeneratedId": "x"})[0] == 400
        okta.post(links["submitResults"], {"completed": True}, status=200)
        assert okta.refused("POST", links["submitResults"], {"data": {}})[0] == 400
        assert okta.refused("PUT", links["submitProgress"], {})[0] == 400

    def test_progress_is_stored(self, okta: ImportApi, emulator: Emulator) -> None:
        links = okta.post(okta.links["start"], status=200)["links"]
        steps = {"total": 3, "current": 2, "description": "Gathering data"}
        assert okta.put(links["submitProgress"], {"steps": steps}) is None
        okta.put(links["submitProgress"], {"objects": {"total": 500, "processed": 125}})
        (execution,) = emulator.executions
        assert execution.progress == {"steps": steps, "objects": {"total": 500, "processed": 125}}
        assert okta.refused("PUT", links["submitProgress"], {"objects": {"done": 1}})[0] == 400

    def test_execution_can_be_recorded_as_failed(self, okta: ImportApi, emulator: Emulator) -> None:
        links = okta.post(okta.links["start"], status=200)["links"]
        failed = f"{links['cancel']}/history/failed"
        assert okta.refused("POST", failed, {"failureReason": "x" * 1025})[0] == 400
        assert okta.ask("POST", failed, {"failureReason": "Okta is down"}).status_code == 204
        status = okta.get(links["getExecutionStatus"])
        assert status["status"] == "CANCELLED"
        assert status["progressResult"]["errorMessages"] == ["Okta is down"]
        assert emulator.executions[0].failure_reason == "Okta is down"
        assert okta.refused("POST", failed, {"failureReason": "again"})[0] == 400
        missing = f"{okta.source_url}/executions/none/history/failed"
        assert okta.refused("POST", missing, {"failureReason": "x"})[0] == 404


class TestData:
    def test_selector_and_locator_walk_nested_data(self, emulator: Emulator, schema: SeededSchema) -> None:
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        mapping_document = people_and_groups()
        mapping = mapping_document["mapping"]["objectTypeMappings"][0]
        mapping["selector"] = "pages.users"
        mapping["attributesMapping"][1:] = [
            locate("Tags", "emails.value", "first", "dotted.key"),
            locate("Age", "numbers"),
        ]
        okta.submit_mapping(mapping_document)
        user = {
            "profile": {"login": "ana"},
            "emails": [{"value": "a@x"}, {"value": "b@x"}, {"value": None}, {"other": 1}],
            "first": {"nested": True},
            "dotted.key": "a@x",
            "numbers": "7",
        }
        okta.run({"pages": [{"users": [user]}, {"users": {"profile": {"login": "bruno"}}}, {}, 7]})
        ana, bruno = schema["Person"].objects
        assert ana["Tags"] == ["a@x", "b@x", '{"nested": true}']
        assert ana["Age"] == 7
        assert bruno.label == "bruno"

    def test_several_values_for_one_attribute_are_joined(self, emulator: Emulator) -> None:
        okta = mapped(emulator, "text")
        okta.run({"things": [{"id": 1, "field": ["a", "b"]}, {"id": 2, "field": True}]})
        things = emulator.object_schema("TST")["Thing"].objects
        assert [thing["Field"] for thing in things] == ["a,b", "true"]

    def test_invalid_value_rejects_the_entry(self, okta: ImportApi, schema: SeededSchema) -> None:
        status = okta.run(
            {"users": [{"profile": {"login": "ana"}, "age": "old"}, {"profile": {"login": "b"}}]}
        )
        counters = status["progressResult"]["objectTypeResultMap"][schema["Person"].id]
        assert (counters["errorCount"], counters["objectsCreated"]) == (1, 1)
        assert counters["errorMessages"][0].startswith("Person ana: Age: ")
        assert status["progressResult"]["result"] == "OK"

    def test_import_with_errors_may_be_failed(self) -> None:
        emulator = Emulator(doubts=Doubts(import_errors_fail_result=True))
        okta = mapped(emulator, "integer")
        assert okta.run({"things": [{"id": 1, "field": "x"}]})["progressResult"]["result"] == "FAILED"
        assert okta.run({"things": [{"id": 1, "field": "1"}]})["progressResult"]["result"] == "OK"

    def test_error_messages_are_limited_but_counted(self, emulator: Emulator) -> None:
        okta = mapped(emulator, "integer")
        status = okta.run({"things": [{"id": number, "field": "x"} for number in range(150)]})
        counters = status["progressResult"]["objectTypeResultMap"]["1"]
        assert (counters["errorCount"], len(counters["errorMessages"])) == (150, 100)

    def test_entry_without_identifier_is_counted(self, okta: ImportApi) -> None:
        status = okta.run(
            {"users": [{"age": 1}, {"profile": {"login": "a"}}, {"profile": {"login": "A"}, "age": 2}]}
        )
        assert okta.counts(status, "Person") == {
            "entriesInSource": 3,
            "emptyExternalIdEntries": 1,
            "duplicateEnries": 1,
            "objectsCreated": 1,
        }

    def test_entry_without_label_is_counted(self, emulator: Emulator) -> None:
        okta = mapped(emulator, "text")
        emulator.object_schema("TST")["Thing"].attribute("Id").label = False
        emulator.object_schema("TST")["Thing"].attribute("Field").label = True
        assert okta.counts(okta.run({"things": [{"id": 1}]}), "Thing") == {
            "entriesInSource": 1,
            "emptyLabelEntries": 1,
        }

    def test_unique_and_required_attributes_are_checked(self, emulator: Emulator) -> None:
        okta = mapped(emulator, "text", unique=True, minimumCardinality=1)
        things = [{"id": 1, "field": "x"}, {"id": 2, "field": "x"}, {"id": 3}]
        status = okta.run({"things": things})
        assert okta.counts(status, "Thing") == {"entriesInSource": 3, "objectsCreated": 1, "errorCount": 2}
        assert okta.counts(okta.run({"things": [{"id": 1}]}), "Thing") == {
            "entriesInSource": 1,
            "objectsIdentical": 1,
        }

    @pytest.mark.parametrize(("policy", "remaining"), [("ignore", "x"), ("remove", None)])
    def test_empty_value_follows_the_policy(
        self, emulator: Emulator, policy: str, remaining: str | None
    ) -> None:
        okta = mapped(emulator, "text", empty_values=policy)
        okta.run({"things": [{"id": 1, "field": "x"}]})
        okta.run({"things": [{"id": 1, "field": ""}]})
        assert emulator.object_schema("TST")["Thing"].objects[0]["Field"] == remaining

    @pytest.mark.parametrize(("policy", "retained"), [("ignore", None), ("add", "Brand new")])
    def test_unknown_status_follows_the_policy(
        self, emulator: Emulator, policy: str, retained: str | None
    ) -> None:
        okta = mapped(emulator, "status", typeValues=["Active"], unknown_values=policy)
        okta.run({"things": [{"id": 1, "field": "Brand new"}, {"id": 2, "field": "active"}]})
        first, second = emulator.object_schema("TST")["Thing"].objects
        assert (first["Field"], second["Field"]) == (retained, "Active")

    def test_unknown_status_without_a_list_is_added(self, emulator: Emulator) -> None:
        okta = mapped(emulator, "status", unknown_values="add")
        okta.run({"things": [{"id": 1, "field": "Brand new"}]})
        assert emulator.object_schema("TST")["Thing"].objects[0]["Field"] == "Brand new"

    def test_unknown_select_value_follows_the_policy(self, emulator: Emulator) -> None:
        """Atlassian's help on unknown values: Add makes them options, Ignore leaves them out."""
        okta = mapped(emulator, "select", unknown_values="add")
        thing = emulator.object_schema("TST")["Thing"]
        okta.run({"things": [{"id": 1, "field": "S"}, {"id": 2, "field": "M"}]})
        assert thing.attribute("Field").options == "S,M"
        next(iter(emulator.world.import_sources.values())).unknown_values = "ignore"
        okta.run({"things": [{"id": 3, "field": "XL"}, {"id": 4, "field": "M"}]})
        assert [asset["Field"] for asset in thing.objects[2:]] == [None, "M"]

    def test_missing_object_follows_the_policy(self, emulator: Emulator) -> None:
        for policy, update in (("ignore", ()), ("remove", ()), ("update", ("Field", "gone"))):
            site = Emulator()
            okta = mapped(site, "text", missing_objects=policy, missing_update=update)
            thing = site.object_schema("TST")["Thing"]
            okta.run({"things": [{"id": 1}, {"id": 2}]})
            status = okta.run({"things": [{"id": 1}]})
            counters = okta.counts(status, "Thing")
            assert counters["objectsIdentical"] == 1
            if policy == "remove":
                assert [asset.label for asset in thing.objects] == ["1"]
                assert counters["objectsMissingDeleted"] == 1
            elif policy == "update":
                assert [asset["Field"] for asset in thing.objects] == [None, "gone"]
                assert counters["objectsMissingUpdated"] == 1
                again = okta.counts(okta.run({"things": [{"id": 1}]}), "Thing")
                assert "objectsMissingUpdated" not in again
            else:
                assert len(thing.objects) == 2

    def test_update_policy_needs_its_attribute(self, emulator: Emulator) -> None:
        okta = mapped(emulator, "text", missing_objects="update", missing_update=("Nope", "x"))
        okta.run({"things": [{"id": 1}]})
        assert okta.counts(okta.run({"things": []}), "Thing")["errorCount"] == 1

    def test_invalid_policy_is_an_error(self, emulator: Emulator, schema: SeededSchema) -> None:
        with pytest.raises(ValueError, match="'perhaps' or 'runs' is not one of"):
            emulator.add_import_source(schema, missing_objects="perhaps")
        with pytest.raises(ValueError, match="'perhaps' is not one of ignore, remove"):
            emulator.add_import_source(schema, empty_values="perhaps")
        with pytest.raises(ValueError, match=r"needs \(attribute name, value"):
            emulator.add_import_source(schema, missing_objects="update")
        with pytest.raises(KeyError, match="no object schema NO; the existing ones are: OKT"):
            emulator.add_import_source("NO")

    def test_two_attributes_identify_together(self, emulator: Emulator, schema: SeededSchema) -> None:
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        mapping_document = people_and_groups()
        mapping_document["mapping"]["objectTypeMappings"][0]["attributesMapping"][1]["externalIdPart"] = True
        okta.submit_mapping(mapping_document)
        users = [{"profile": {"login": "a"}, "age": 1}, {"profile": {"login": "a"}, "age": 2}]
        okta.run({"users": users})
        assert okta.counts(okta.run({"users": users}), "Person")["objectsIdentical"] == 2

    def test_deleted_types_and_attributes_are_skipped(
        self, emulator: Emulator, okta: ImportApi, schema: SeededSchema
    ) -> None:
        api = Api(emulator)
        assert (
            api.ask("DELETE", f"/objecttypeattribute/{schema['Person'].attribute('Age').id}").status_code
            == 200
        )
        person = schema["Person"]
        groups = person.attribute("Groups")
        api.ask("DELETE", f"/objecttypeattribute/{groups.id}")
        api.ask("DELETE", f"/objecttype/{schema['Group'].id}")
        status = okta.run({"users": [{"profile": {"login": "a"}, "age": 1}], "groups": [{"name": "x"}]})
        assert okta.counts(status, "Person") == {"objectsCreated": 1, "entriesInSource": 1}

    def test_planned_partial_failure_is_counted(self, emulator: Emulator, okta: ImportApi) -> None:
        emulator.faults.fail_objects(
            "users", count=1, condition=lambda entry: entry["age"] == 2, message="Quota exceeded"
        )
        users = [{"profile": {"login": f"u{number}"}, "age": number} for number in range(4)]
        status = okta.run({"users": users, "groups": [{"name": "G"}]})
        counters = status["progressResult"]["objectTypeResultMap"]["1"]
        assert counters["errorMessages"] == ["Quota exceeded"]
        assert counters["objectsCreated"] == 3

    @pytest.mark.once
    def test_ten_thousand_objects_import_in_seconds(self, okta: ImportApi) -> None:
        began = time.perf_counter()
        status = okta.run(
            *(
                {
                    "users": [
                        {"profile": {"login": f"u{number}"}, "manager": f"u{number // 10}", "groups": ["Ops"]}
                        for number in range(start, start + 500)
                    ]
                }
                for start in range(0, 10_000, 500)
            ),
            {"groups": [{"name": "Ops"}]},
        )
        assert okta.counts(status, "Person")["objectsWithUpdatedReferences"] == 10_000
        assert time.perf_counter() - began < 30


@st.composite
def tenants(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw people, each possibly with groups and with a manager, who may be another of them."""
    logins = draw(
        st.lists(st.text("abcXYZ 'é\\\"$", min_size=1, max_size=5), unique_by=str.lower, max_size=6)
    )
    people = []
    for login in logins:
        person: dict[str, Any] = {"profile": {"login": login}}
        if draw(st.booleans()):
            person["manager"] = draw(st.sampled_from([*logins, "nobody"]))
        person["groups"] = draw(st.lists(st.sampled_from(["Ops", "Sales", "None"]), max_size=3))
        people.append(person)
    return people


class TestLaws:
    @pytest.mark.once
    @given(people=tenants(), data=st.data())
    def test_order_and_chunks_do_not_matter(self, people: list[dict[str, Any]], data: st.DataObject) -> None:
        groups = {"groups": [{"name": "Ops"}, {"name": "Sales"}]}

        def outcome(okta: ImportApi) -> dict[str, Any]:
            schema = okta.emulator.object_schema("OKT")
            labels = {asset.key: asset.label for asset in schema.objects}
            results: dict[str, Any] = {}
            for asset in schema["Person"].objects:
                values: dict[str, Any] = dict(asset.values)
                groups = sorted(labels[key] for key in values["Groups"])
                results[asset.label] = (labels.get(values["Manager"]), groups)
            return results

        def fresh() -> ImportApi:
            emulator = Emulator()
            okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
            assert okta.submit_mapping(people_and_groups()).status_code == 204
            return okta

        whole, split = fresh(), fresh()
        whole.run({"users": people, **groups})
        shuffled = data.draw(st.permutations(people))
        split.run(groups, *({"users": [person]} for person in shuffled))
        assert outcome(whole) == outcome(split)
        assert set(outcome(whole)) == {person["profile"]["login"] for person in people}
        again = whole.run({"users": shuffled, **groups})
        expected = {"objectsIdentical": len(people), "entriesInSource": len(people)} if people else {}
        assert whole.counts(again, "Person") == expected


class TestReferences:
    def run(
        self, emulator: Emulator, query: str | None, *entries: Any, **more: Any
    ) -> tuple[SeededSchema, Any]:
        schema = emulator.add_object_schema("TST")
        okta = ImportApi(emulator, emulator.add_import_source(schema, **more.pop("policies", {})))
        reference = locate("Others", "others", **({"objectMappingIQL": query} if query else {}))
        answer = okta.submit_mapping(
            document(
                [
                    {
                        "externalId": "t/Thing",
                        "name": "Thing",
                        "description": "",
                        "attributes": [
                            attribute("Id", label=True),
                            attribute("Place"),
                            attribute(
                                "Others", "referenced_object", referenceObjectTypeExternalId="t/Thing", **more
                            ),
                        ],
                    }
                ],
                [
                    {
                        "objectTypeExternalId": "t/Thing",
                        "objectTypeName": "Thing",
                        "selector": "things",
                        "description": "",
                        "attributesMapping": [
                            locate("Id", "id", externalIdPart=True),
                            locate("Place", "place"),
                            reference,
                        ],
                    }
                ],
            )
        )
        assert answer.status_code == 204, answer.text
        status: Any = None
        for data in entries:
            status = okta.run({"things": data})
        return schema, status["progressResult"]["objectTypeResultMap"]["1"]

    @pytest.mark.parametrize("query", ["Id = ${others}", "Id IN (${others})", "label = ${others}", None])
    def test_every_value_finds_its_target(self, emulator: Emulator, query: str | None) -> None:
        schema, _ = self.run(
            emulator,
            query,
            [{"id": "c", "others": ["a", "b", "x"]}, {"id": "a"}, {"id": "b"}],
            maximumCardinality=-1,
        )
        assert schema["Thing"].object("c")["Others"] == ["TST-2", "TST-3"]

    def test_query_may_name_other_locators(self, emulator: Emulator) -> None:
        schema, _ = self.run(
            emulator,
            "Place = ${where.code} AND Id != ${id}",
            [
                {"id": "a", "place": "X"},
                {"id": "b", "place": "X", "others": ["y"], "where": {"code": "X"}},
                {"id": "c", "place": "Z"},
            ],
        )
        assert schema["Thing"].object("b")["Others"] == "TST-1"

    def test_quote_in_a_value_is_escaped(self, emulator: Emulator) -> None:
        name = 'say "x" OR Id = a'
        schema, _ = self.run(
            emulator, "Id = ${others}", [{"id": name}, {"id": "a"}, {"id": "b", "others": name}]
        )
        assert schema["Thing"].object("b")["Others"] == "TST-1"

    def test_too_many_targets_are_an_error(self, emulator: Emulator) -> None:
        schema, counters = self.run(
            emulator,
            "Place = ${others}",
            [{"id": "a", "place": "X"}, {"id": "b", "place": "X", "others": "X"}],
        )
        assert counters["errorCount"] == 1
        assert "can only contain max 1" in counters["errorMessages"][0]
        assert schema["Thing"].object("b")["Others"] is None

    def test_unknown_attribute_in_a_query_is_an_error(self, emulator: Emulator) -> None:
        _, counters = self.run(emulator, "Nope = ${others}", [{"id": "a", "others": "a"}])
        assert "No matching attribute for AQL clause (Nope)" in counters["errorMessages"][0]

    @pytest.mark.parametrize(("policy", "remaining"), [("ignore", "TST-1"), ("remove", None)])
    def test_missing_reference_is_cleared_by_policy(
        self, emulator: Emulator, policy: str, remaining: str | None
    ) -> None:
        schema, _ = self.run(
            emulator,
            "Id = ${others}",
            [{"id": "a"}, {"id": "b", "others": "a"}],
            [{"id": "b"}],
            policies={"empty_values": policy},
        )
        assert schema["Thing"].object("b")["Others"] == remaining

    def test_target_has_the_referenced_type_or_a_child(
        self, emulator: Emulator, schema: SeededSchema
    ) -> None:
        hardware = schema.add_object_type("Hardware")
        schema.add_object_type("Laptop", parent=hardware).add_object(Name="L1")
        person = schema.add_object_type("Person")
        person.add_attribute("Device", references=hardware)
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        back = okta.get(f"{okta.source_url}/schema-and-mapping")
        kind = next(
            object_type
            for object_type in back["schema"]["objectSchema"]["objectTypes"]
            if object_type["name"] == "Person"
        )
        name, device = kind["attributes"][1:]
        kind["attributes"] = [name, device]
        mapping = {
            "objectTypeExternalId": kind["externalId"],
            "objectTypeName": "Person",
            "selector": "users",
            "description": "",
            "attributesMapping": [
                {
                    "attributeExternalId": item["externalId"],
                    "attributeName": item["name"],
                    "attributeLocators": [item["name"].lower()],
                    "externalIdPart": item is name,
                    **({} if item is name else {"objectMappingIQL": "Name = ${device}"}),
                }
                for item in (name, device)
            ],
        }
        okta.submit_mapping(document([kind], [mapping]))
        okta.run({"users": [{"name": "Ana", "device": "L1"}]})
        assert person.objects[0]["Device"] is None
        person.attribute("Device").include_children = True
        okta.run({"users": [{"name": "Ana", "device": "L1"}]})
        assert person.objects[0]["Device"] == "OKT-1"

    def test_mapped_key_identifies_objects(self, emulator: Emulator, schema: SeededSchema) -> None:
        """The import's own number is remembered beside the object, whose key stays the service's."""
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        mapping_document = people_and_groups()
        mapping_document["mapping"]["objectTypeMappings"] = mapping_document["mapping"]["objectTypeMappings"][
            :1
        ]
        person = mapping_document["schema"]["objectSchema"]["objectTypes"][0]
        person["attributes"].append(attribute("Key"))
        mapping_document["mapping"]["objectTypeMappings"][0]["attributesMapping"] = [
            locate("Key", "id", externalIdPart=True),
            locate("Login", "login"),
        ]
        assert okta.submit_mapping(mapping_document).status_code == 204
        okta.run({"users": [{"id": 7, "login": "ana"}]})
        schema["Person"].add_object(Login="by hand")
        status = okta.run({"users": [{"id": 7, "login": "anna"}, {"login": "nobody"}]})
        assert okta.counts(status, "Person") == {
            "entriesInSource": 2,
            "objectsUpdated": 1,
            "emptyExternalIdEntries": 1,
        }
        assert [asset.label for asset in schema["Person"].objects] == ["anna", "by hand"]


class TestSources:
    def test_import_source_is_described(self, emulator: Emulator, okta: ImportApi) -> None:
        api = Api(emulator)
        (listed,) = api.get("/importsource/objectschema/1")
        assert listed == api.get(f"/importsource/{listed['id']}")
        assert listed["importSourceModuleKey"] == "rlabs-import-type-external"
        assert listed["objectSchemaId"] == "1"
        assert listed["importStatus"]["validationStatusType"] == "VALID"
        assert [entry["selector"] for entry in listed["importSourceOTEntries"]] == ["users", "groups"]
        assert listed["importExecutionType"] == "MANUAL"
        assert "token" not in str(listed).lower().replace("tokengenerated", "")

    def test_import_source_may_name_its_schema_by_uuid(self) -> None:
        emulator = Emulator(doubts=Doubts(import_source_schema_as_uuid=True))
        emulator.add_import_source(emulator.add_object_schema("OKT"))
        (listed,) = Api(emulator).get("/importsource/objectschema/1")
        assert len(listed["objectSchemaId"]) == 36

    def test_schedule_is_created_changed_and_deleted(self, emulator: Emulator, okta: ImportApi) -> None:
        source = okta.source_url
        read = okta.get(f"{source}/schedule")
        assert set(read["links"]) == {"createSchedule"}
        body = {"startTime": "2026-02-01T00:00:00Z", "runInterval": "DAILY", "callbackUrl": None}
        created = okta.post(f"{source}/importschedule", body, status=200)
        assert created["runInterval"] == "DAILY"
        assert okta.get(f"{source}/schedule")["links"]["schedule"].endswith(created["id"])
        schedule_path = f"{source}/importschedule/{created['id']}"
        assert okta.get(schedule_path) == created
        assert okta.refused("POST", f"{source}/importschedule", body)[0] == 400
        guide = {"startTime": "2026-03-01T00:00:00", "runFrequency": "ONCE", "timezone": "UTC"}
        assert okta.put(schedule_path, guide)["runInterval"] == "ONCE"
        described = okta.get(source)
        assert described["scheduledImportDetails"]["runFrequency"] == "ONCE"
        assert described["importExecutionType"] == "SCHEDULED"
        for wrong in (
            {"startTime": "2020-01-01T00:00:00Z", "runInterval": "ONCE"},
            {"startTime": "soon", "runInterval": "ONCE"},
            {"startTime": "2026-02-01T00:00:00Z", "runInterval": "HOURLY"},
        ):
            assert okta.refused("PUT", schedule_path, wrong)[0] == 400
        assert okta.ask("DELETE", schedule_path).status_code == 200
        assert okta.refused("GET", schedule_path)[0] == 404

    def test_legacy_import_is_started_and_followed(
        self, emulator: Emulator, source: SeededImportSource
    ) -> None:
        api = Api(emulator)
        assert api.refused("GET", f"/progress/category/imports/{source.id}")[0] == 404
        started = api.post(f"/import/start/{source.id}", status=200)
        assert (started["status"], started["category"]) == ("IN_PROGRESS", "imports")
        finished = api.get(f"/progress/category/imports/{source.id}")
        assert (finished["status"], finished["resultMessage"]) == ("FINISHED", "Import finished ok.")

    def test_handle_shows_executions(
        self, emulator: Emulator, okta: ImportApi, source: SeededImportSource
    ) -> None:
        links = okta.post(okta.links["start"], status=200)["links"]
        okta.post(links["submitResults"], {"data": {"groups": [{"name": "G"}]}}, status=200)
        (execution,) = source.executions
        assert execution.chunks == [{"groups": [{"name": "G"}]}]
        assert (execution.status, execution.result, execution.import_source_id) == (
            "INGESTING",
            None,
            source.id,
        )
        okta.post(links["submitResults"], {"completed": True}, status=200)
        assert execution.counts("Group")["objectsCreated"] == 1
        assert execution.status_document["status"] == "DONE"
        with pytest.raises(KeyError, match="no result for Nope"):
            execution.counts("Nope")
        assert repr(execution).endswith("DONE>")
        assert source.name == "Okta"
        assert repr(source) == "<SeededImportSource 'Okta' of OKT>"
        assert source.token not in repr(source) + repr(emulator.world.import_sources)


def user(login: str, **values: Any) -> dict[str, Any]:
    return {"profile": {"login": login}, **values}


class TestFilter:
    """Filter data source by AQL: a query over the data before the import, without references (Atlassian's help)."""

    def test_entry_that_does_not_match_is_not_imported(
        self, source: SeededImportSource, okta: ImportApi, schema: SeededSchema
    ) -> None:
        okta.run({"users": [user("ann", age=30), user("bea", age=30)]})
        source.set_filter("Person", "Age > 40 OR Login = ann")
        source.set_missing_objects("remove", "Person")

        status = okta.run({"users": [user("ann", age=31), user("bea"), user("cleo")]})

        assert okta.counts(status, "Person") == {
            "entriesInSource": 3,
            "objectsFilteredWithQlQuery": 2,
            "objectsMissingDeleted": 1,
            "objectsUpdated": 1,
        }
        assert [person["Login"] for person in schema["Person"].objects] == ["ann"]

    def test_references_are_not_part_of_the_data(self, source: SeededImportSource, okta: ImportApi) -> None:
        source.set_filter("Person", "Manager is not EMPTY")

        status = okta.run({"users": [user("ann", manager="ann")]})

        assert okta.counts(status, "Person") == {"entriesInSource": 1, "objectsFilteredWithQlQuery": 1}

    def test_filter_is_part_of_the_import_source(self, source: SeededImportSource, okta: ImportApi) -> None:
        source.set_filter("Person", "Age > 40")
        entries = okta.get(okta.source_url)["importSourceOTEntries"]
        assert [entry["selectorQlQuery"] for entry in entries] == ["Age > 40", None]

        source.set_filter("Person", "")
        entries = okta.get(okta.source_url)["importSourceOTEntries"]
        assert [entry["selectorQlQuery"] for entry in entries] == [None, None]

    def test_invalid_filter_imports_nothing(
        self, source: SeededImportSource, okta: ImportApi, schema: SeededSchema
    ) -> None:
        source.set_filter("Person", "Shoe = 40")

        status = okta.run({"users": [user("ann")]})

        assert okta.counts(status, "Person") == {"entriesInSource": 1, "errorCount": 1}
        assert not list(schema["Person"].objects)
        with pytest.raises(ValueError, match="="):
            source.set_filter("Person", "Age = = 40")
