"""Points where the emulator was laxer or stricter than the service. Each test names its source."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from jsm_assets_dest.testing import Doubts, Emulator
from tests.emulator.api import Api, ImportApi, ex_jira, site_gateway
from tests.emulator.documents import people_and_groups

STRICT = "x-emulator-strict"


def with_doubts(**switches: Any) -> tuple[Emulator, Api]:
    emulator = Emulator(doubts=Doubts(**switches))
    return emulator, Api(emulator)


def state_of(emulator: Emulator) -> str:
    world = emulator.world
    holders = (
        world.schemas,
        world.types,
        world.attributes,
        world.objects,
        world.statuses,
        world.reference_types,
    )
    return json.dumps([[attrs.asdict(entity) for entity in holder.values()] for holder in holders])


class TestMarkedRejections:
    """Recommended for emulators: strict rejections must be recognizable as such."""

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/objectschema/create", {"name": "A", "objectSchemaKey": "A", "more": 1}),
            ("POST", "/objectschema/create", {"name": 1, "objectSchemaKey": "A"}),
            ("POST", "/object/create", {"objectTypeId": "1", "attributes": [{"objectTypeAttributeId": "2",
                "objectAttributeValues": [{"value": 7}]}]}),
        ],
    )  # fmt: skip
    def test_strict_rejection_names_the_switch(
        self, emulator: Emulator, api: Api, method: str, path: str, body: Any
    ) -> None:
        emulator.add_object_schema("OKT").add_object_type("T")
        response = api.ask(method, path, body)
        assert response.status_code == 400
        assert "--lenient" in response.headers[STRICT]
        assert "strict=False (--lenient" in response.json()["errorMessages"][-1]

    def test_other_media_type_is_marked(self, api: Api) -> None:
        response = api.ask("POST", "/objectschema/create", content=b"{}")
        assert (response.status_code, STRICT in response.headers) == (415, True)

    def test_rejection_of_the_service_is_not_marked(self, api: Api) -> None:
        body = {"name": "A", "more": 1}
        response = api.ask("POST", "/objectschema/create", body)
        assert (response.status_code, STRICT in response.headers) == (400, False)

    def test_unknown_address_is_marked(self, api: Api) -> None:
        response = api.ask("GET", "/nothing")
        assert (response.status_code, STRICT in response.headers) == (501, True)

    def test_unknown_role_actors_are_marked_or_ignored(self) -> None:
        for strict in (True, False):
            emulator = Emulator(strict=strict)
            emulator.add_object_schema("OKT")
            api = Api(emulator, base=site_gateway(emulator))
            response = api.ask("PUT", "/config/role/1", {"categorisedActors": {"app-actor": ["x"]}})
            assert response.status_code == (400 if strict else 200)
            assert (STRICT in response.headers) is strict


class TestIds:
    """Programs in use send ids as numbers and as strings of numbers."""

    def test_ids_as_numbers_are_accepted(self, emulator: Emulator, api: Api) -> None:
        schema = emulator.add_object_schema("OKT")
        target = schema.add_object_type("Target")
        body = {
            "name": "T",
            "iconId": 3,
            "objectSchemaId": int(schema.id),
            "parentObjectTypeId": int(target.id),
        }
        type_id = api.post("/objecttype/create", body)["id"]
        attribute = {"name": "R", "type": "1", "typeValue": int(target.id), "additionalValue": 4}
        reference = api.post(f"/objecttypeattribute/{type_id}", attribute)
        assert reference["referenceObjectTypeId"] == target.id
        target_id = target.add_object(Name="x").id
        values = [
            {"objectTypeAttributeId": 6, "objectAttributeValues": [{"value": "A"}]},
            {"objectTypeAttributeId": int(reference["id"]), "objectAttributeValues": [{"value": target_id}]},
        ]
        assert (
            api.post("/object/create", {"objectTypeId": int(type_id), "attributes": values})["label"] == "A"
        )

    @pytest.mark.parametrize("icon_id", ["1", "3", "87", "170"])
    def test_built_in_icon_ids_are_an_open_list(self, emulator: Emulator, api: Api, icon_id: str) -> None:
        emulator.add_object_schema("OKT")
        body = {"name": "T", "iconId": icon_id, "objectSchemaId": "1"}
        assert api.post("/objecttype/create", body)["icon"]["id"] == icon_id

    @pytest.mark.parametrize("status", [400, 404])
    def test_unknown_id_in_a_body(self, status: int) -> None:
        """`POST object/create` declares 201, 400, 401 and 500 in the OpenAPI document."""
        emulator, api = with_doubts(unknown_id_in_body_status=status)
        emulator.add_object_schema("OKT")
        for path, body in (
            ("/object/create", {"objectTypeId": "9", "attributes": []}),
            ("/objecttype/create", {"name": "T", "iconId": "1", "objectSchemaId": "9"}),
            ("/config/statustype", {"name": "On", "category": 1, "objectSchemaId": "9"}),
        ):
            assert api.refused("POST", path, body)[0] == status

    @pytest.mark.parametrize("status", [400, 404])
    def test_unknown_import_source(self, status: int) -> None:
        """The OpenAPI document declares 404 for the import source itself, and 400 for calls below it."""
        emulator, api = with_doubts(unknown_import_source_status=status)
        emulator.add_object_schema("OKT")
        assert api.refused("GET", "/importsource/none/configstatus")[0] == status
        assert api.refused("GET", "/importsource/none")[0] == 404
        assert api.refused("GET", "/importsource/none/schedule")[0] == 404


class TestSchemasAndTypes:
    def test_flat_list_with_query_false_returns_all(self, emulator: Emulator, api: Api) -> None:
        """The document's default of `query` is the boolean false, which generated clients send."""
        emulator.add_object_schema("OKT").add_object_type("People")
        assert len(api.get("/objectschema/1/objecttypes/flat", query="false")) == 1
        assert len(api.get("/objectschema/1/objecttypes/flat", query="eop")) == 1
        assert api.get("/objectschema/1/objecttypes/flat", query="x") == []

    def test_cross_schema_switch_at_creation(self, api: Api) -> None:
        """One public client sends the field when it creates a schema."""
        body = {"name": "A", "objectSchemaKey": "A", "crossSchemaReferencingAllowed": True}
        assert api.post("/objectschema/create", body)["crossSchemaReferencingAllowed"] is True

    def test_reference_types_of_a_schema(self) -> None:
        """A migration program reads an address that no document has."""
        emulator, api = with_doubts()
        emulator.add_object_schema("OKT")
        assert [kind["name"] for kind in api.get("/objectschema/1/referencetypes")] == ["Reference"]
        emulator, api = with_doubts(schema_reference_types_present=False)
        emulator.add_object_schema("OKT")
        assert api.refused("GET", "/objectschema/1/referencetypes")[0] == 404

    @pytest.mark.parametrize("accepted", [True, False])
    def test_unlimited_cardinality(self, *, accepted: bool) -> None:
        """The OpenAPI document allows -1; a migration program notes that Cloud rejects it."""
        emulator, api = with_doubts(unlimited_cardinality_accepted=accepted)
        schema = emulator.add_object_schema("OKT")
        schema.add_object_type("T")
        body = {"name": "A", "type": 0, "defaultTypeId": 0, "maximumCardinality": -1}
        assert api.ask("POST", "/objecttypeattribute/1", body).status_code == (201 if accepted else 400)
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        assert okta.submit_mapping(people_and_groups()).status_code == 204

    @pytest.mark.parametrize("accepted", [True, False])
    def test_second_label(self, *, accepted: bool) -> None:
        """No source says what a second attribute with `label: true` does."""
        emulator, api = with_doubts(two_labels_accepted=accepted)
        schema = emulator.add_object_schema("OKT")
        schema.add_object_type("T")
        body = {"name": "A", "type": 0, "defaultTypeId": 0, "label": True}
        assert api.ask("POST", "/objecttypeattribute/1", body).status_code == (201 if accepted else 400)
        document = people_and_groups()
        document["schema"]["objectSchema"]["objectTypes"][0]["attributes"][1]["label"] = True
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        if accepted:
            assert okta.submit_mapping(document).status_code == 204
        else:
            assert okta.codes(document) == ["DUPLICATE_LABEL"]

    def test_global_status_has_a_null_schema(self, api: Api) -> None:
        """As in the example of the OpenAPI document."""
        assert {status["objectSchemaId"] for status in api.get("/config/statustype")} == {None}

    def test_object_has_extended_info_and_lists_have_page_size(self, emulator: Emulator, api: Api) -> None:
        """Both are in the examples of the OpenAPI document only."""
        person = emulator.add_object_schema("OKT").add_object_type("T").add_object(Name="A")
        assert api.get("/object/1")["extendedInfo"] == {"openIssuesExists": False, "attachmentsExists": False}
        person.connect_ticket("ITH-1")
        assert api.get("/object/1")["extendedInfo"]["openIssuesExists"] is True
        assert api.get("/aql/objects", qlQuery="objectTypeId = 1")["pageSize"] == 1

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/objecttype/1", {"name": "New", "description": "new", "iconId": "none"}),
            ("/objecttype/1", {"description": "new", "abstractObjectType": True}),
            ("/objectschema/1", {"name": "New", "objectSchemaKey": "TOO LONG A KEY", "description": "new"}),
            ("/objecttypeattribute/1/2", {"name": "New", "maximumCardinality": -5}),
            ("/config/statustype/1", {"name": "New", "category": 7}),
            ("/config/referencetype/4", {"name": " ", "color": "000000"}),
            ("/object/1", {"objectTypeId": "1", "attributes": [
                {"objectTypeAttributeId": "2", "objectAttributeValues": [{"value": "New"}]},
                {"objectTypeAttributeId": "5", "objectAttributeValues": [{"value": "x"}]}]}),
        ],
    )  # fmt: skip
    def test_rejected_put_changes_nothing(self, path: str, body: Any) -> None:
        emulator, api = with_doubts(schema_key_can_change=True)
        kind = emulator.add_object_schema("OKT").add_object_type("T")
        kind.add_attribute("Age", "integer")
        kind.add_object(Name="A")
        before = state_of(emulator)
        emulator.clock.advance(5)
        assert api.refused("PUT", path, body)[0] == 400
        assert state_of(emulator) == before


class TestAccessSwitches:
    @pytest.mark.parametrize("switch", ["jsm_has_account_header", "assets_has_account_header"])
    def test_account_header_outside_jira(self, switch: str) -> None:
        """Recorded on `/rest/api` only."""
        emulator, api = with_doubts(**{switch: True})
        responses = {
            "jsm_has_account_header": api.ask("GET", f"{emulator.site}/rest/servicedeskapi/assets/workspace"),
            "assets_has_account_header": api.ask("GET", "/objectschema/list"),
        }
        present = {name for name, response in responses.items() if "x-aaccountid" in response.headers}
        assert present == {switch}
        assert responses["jsm_has_account_header"].headers["x-ratelimit-limit"] == "350"

    def test_classic_token_can_be_rejected_per_base(self) -> None:
        for switch in ("short", "ex_jira", "site_gateway"):
            emulator, _ = with_doubts(**{f"classic_token_on_{switch}": False})
            bases = {
                "short": Api(emulator).base,
                "ex_jira": ex_jira(emulator),
                "site_gateway": site_gateway(emulator),
            }
            statuses = {
                name: Api(emulator, base=base).ask("GET", "/objectschema/list").status_code
                for name, base in bases.items()
            }
            assert statuses == {**dict.fromkeys(bases, 200), switch: 401}

    @pytest.mark.parametrize("status", [403, 404])
    def test_unknown_workspace(self, status: int) -> None:
        emulator, api = with_doubts(unknown_workspace_status=status)
        url = api.base.replace(emulator.workspace_id, "0" * 8)
        assert api.ask("GET", f"{url}/objectschema/list").status_code == status

    @pytest.mark.parametrize("status", [403, 404])
    def test_schema_without_a_role(self, status: int) -> None:
        emulator, api = with_doubts(schema_without_role_status=status)
        emulator.add_object_schema("OKT")
        emulator.access.remove_schema_role("OKT")
        assert api.ask("GET", "/objectschema/1").status_code == status

    @pytest.mark.parametrize(
        ("accept", "content_type"),
        [
            ("*/*", "text/html;charset=UTF-8"),
            ("application/json", "application/json;charset=UTF-8"),
            ("", "text/plain;charset=UTF-8"),
        ],
    )
    def test_media_type_of_the_anonymous_401(self, accept: str, content_type: str) -> None:
        """Measured 2026-09-30: the type follows the request, the text is the same line."""
        emulator = Emulator(site="https://other.atlassian.net")
        with httpx.Client(transport=emulator.transport) as client:
            response = client.get(f"{emulator.site}/rest/api/3/myself", headers={"Accept": accept})
        assert response.headers["content-type"] == content_type
        assert response.text == "Client must be authenticated to access this resource."
        assert response.headers["www-authenticate"] == 'OAuth realm="https%3A%2F%2Fother.atlassian.net"'


class TestChunks:
    def run(self, **switches: Any) -> tuple[int, dict[str, int]]:
        """Send a chunk, another one with the same id, the last one, and one too many."""
        emulator, _ = with_doubts(**switches)
        emulator.add_object_schema("OKT")
        api = ImportApi(emulator, emulator.add_import_source("OKT"))
        api.submit_mapping(people_and_groups())
        links = api.post(api.links["start"], status=200)["links"]
        for name, completed in (("a", False), ("b", False), ("c", True)):
            body = {"data": {"groups": [{"name": name}]}, "clientGeneratedId": "1", "completed": completed}
            api.post(links["submitResults"], body, status=200)
        late = api.ask("POST", links["submitResults"], {"data": {"groups": [{"name": "late"}]}})
        return late.status_code, api.counts(api.get(links["getExecutionStatus"]), "Group")

    def test_repeated_chunk_is_ignored_by_default(self) -> None:
        assert self.run() == (400, {"entriesInSource": 1, "objectsCreated": 1})

    def test_repeated_chunk_can_count(self) -> None:
        assert self.run(repeated_chunk_counts=True)[1] == {"entriesInSource": 3, "objectsCreated": 3}

    @pytest.mark.parametrize("status", [200, 404, 409])
    def test_chunk_after_the_end(self, status: int) -> None:
        code, counters = self.run(chunk_after_completed_status=status)
        assert (code, counters["objectsCreated"]) == (status, 1)


class TestDoubts:
    @pytest.mark.parametrize("switch", attrs.fields(Doubts), ids=lambda switch: switch.name)
    def test_switch_names_its_probe_or_a_reason(self, switch: attrs.Attribute[Any]) -> None:
        (kind,) = switch.metadata
        assert kind in ("probe", "unprobed")
        assert switch.metadata[kind].strip()
        assert re.search(rf"\n +{switch.name}: \S", str(Doubts.__doc__))

    @pytest.mark.parametrize(
        ("switches", "message"),
        [
            ({"larger_pages": "maybe"}, "larger_pages is 'maybe'; it must be one of 'cut', 'honored', 'rejected'"),
            ({"largest_page": "1000"}, "largest_page is '1000'; it must be of type int"),
            ({"largest_page": True}, "largest_page is True; it must be of type int"),
            ({"mapping_seconds": None}, "mapping_seconds is None; it must be of type float"),
        ],
    )  # fmt: skip
    def test_invalid_reading_is_rejected(self, switches: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            Doubts(**switches)
        assert Doubts(mapping_seconds=2).mapping_seconds == 2


class TestMappings:
    def okta(self, **switches: Any) -> tuple[Emulator, ImportApi]:
        emulator = Emulator(doubts=Doubts(**switches))
        schema = emulator.add_object_schema("OKT")
        return emulator, ImportApi(emulator, emulator.add_import_source(schema))

    @pytest.mark.parametrize("strictly", [True, False])
    def test_names_in_another_letter_case(self, *, strictly: bool) -> None:
        """A document in use differs from its schema in letter case; external ids decide."""
        _, okta = self.okta(mapping_names_must_match=strictly)
        document = people_and_groups()
        mapping = document["mapping"]["objectTypeMappings"][0]
        mapping["objectTypeName"] = "PERSON"
        mapping["attributesMapping"][0]["attributeName"] = "LOGIN"
        if strictly:
            assert set(okta.codes(document)) == {"MAPPING_INVALID_EXTERNAL_ID"}
        else:
            assert okta.submit_mapping(document).status_code == 204

    def test_null_instead_of_attribute_mappings_means_absent(self) -> None:
        """Documents that were read back have nulls. The connection is not dropped because of one."""
        _, okta = self.okta()
        document = people_and_groups()
        document["mapping"]["objectTypeMappings"][0]["attributesMapping"] = None
        assert okta.codes(document) == ["MISSING_EXTERNAL_ID_PART"]

    @pytest.mark.parametrize("code", ["UNKNOWN_EXTERNAL_ID_MAPPING", "MAPPING_INVALID_EXTERNAL_ID"])
    def test_code_of_an_unknown_external_id(self, code: str) -> None:
        """Both codes were reported for an external id that does not exist."""
        _, okta = self.okta(unknown_external_id_code=code)
        document = people_and_groups()
        document["mapping"]["objectTypeMappings"][0]["attributesMapping"][0]["attributeExternalId"] = "none"
        assert okta.codes(document) == [code]

    def test_key_of_types_made_manually_has_an_external_id(self) -> None:
        """Documents of live sites; types made by an import lack it (OpenAPI document)."""
        emulator, okta = self.okta()
        emulator.object_schema("OKT").add_object_type("Manual")
        assert okta.submit_mapping(people_and_groups()).status_code == 204
        document = okta.get(okta.source_url + "/schema-and-mapping")
        ids = {
            kind["name"]: {
                "externalId" in attribute for attribute in kind["attributes"] if attribute["name"] == "Key"
            }
            for kind in document["schema"]["objectSchema"]["objectTypes"]
        }
        assert ids == {"Manual": {True}, "Person": {False}, "Group": {False}}


class TestMethods:
    def test_head_is_get_without_a_body(self, emulator: Emulator, api: Api) -> None:
        emulator.add_object_schema("OKT")
        response = api.ask("HEAD", "/objectschema/1")
        assert (response.status_code, response.content) == (200, b"")
        assert int(response.headers["content-length"]) == len(api.ask("GET", "/objectschema/1").content)
        assert api.ask("HEAD", "/objectschema/9").status_code == 404
        assert emulator.requests[0].method == "HEAD"

    def test_options_lists_the_methods(self, api: Api) -> None:
        response = api.ask("OPTIONS", "/usage")
        assert (response.status_code, response.headers["allow"]) == (200, "GET, HEAD, OPTIONS")

    def test_other_method_is_405(self, api: Api) -> None:
        response = api.ask("DELETE", "/usage")
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS")

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_body_without_need_is_stopped_by_the_content_network(self, api: Api, method: str) -> None:
        """Recorded since January 2025 for GET; client libraries that send `{}` with DELETE broke, too."""
        response = api.ask(method, "/objectschema/1", {})
        assert response.status_code == 400
        assert response.headers["server"] == "CloudFront"
        assert "The request could not be satisfied" in response.text
        assert "atl-traceid" not in response.headers


class TestHeaders:
    """The recorded headers of the access-errors sheet."""

    def test_account_header_is_percent_encoded(self, emulator: Emulator, api: Api) -> None:
        response = api.ask("GET", f"{emulator.site}/rest/api/3/myself")
        assert response.headers["x-aaccountid"] == response.json()["accountId"].replace(":", "%3A")

    def test_identified_jira_response_sets_a_cookie_and_hints(self, emulator: Emulator, api: Api) -> None:
        response = api.ask("GET", f"{emulator.site}/rest/api/3/myself")
        assert "_lin;" in response.headers["set-cookie"]
        assert response.headers["ratelimit"] == '"jira-burst-based";r=349;t=1'
        assert response.headers["x-ratelimit-remaining"] == "349"
        base = f"https://api.atlassian.com/ex/jira/{emulator.cloud_id}"
        gateway = api.ask("GET", f"{base}/rest/api/3/myself")
        assert "ratelimit" not in gateway.headers
        assert gateway.headers["x-ratelimit-limit"] == "350"
        with httpx.Client(transport=emulator.transport) as anonymous:
            response = anonymous.get(f"{emulator.site}/rest/api/3/serverInfo")
        assert "_lout;" in response.headers["set-cookie"]
        assert "x-ratelimit-limit" not in response.headers

    def test_gateway_rejections_have_a_category_and_no_charset(self, emulator: Emulator) -> None:
        wrong = Api(emulator, auth=(emulator.email, "wrong")).ask("GET", "/objectschema/list")
        assert wrong.headers["x-failure-category"] == "FAILURE_CLIENT_AUTH"
        assert wrong.headers["content-type"] == "application/json"
        unknown = Api(emulator).ask("GET", "https://api.atlassian.com/ex/jira/none/rest/api/3/myself")
        assert unknown.headers["content-type"] == "application/json"
        assert len(unknown.json()["timestamp"]) == len("2026-10-08T07:13:36.234600367Z")

    def test_throttle_of_the_gateway_has_no_hint_but_a_reset(self, emulator: Emulator, api: Api) -> None:
        """The incident of April 2026."""
        emulator.rate_limit(per_minute=1, burst=1, hints=False)
        api.ask("GET", "/objectschema/list")
        response = api.ask("GET", "/objectschema/list")
        assert response.status_code == 429
        assert response.headers["x-failure-category"] == "FAILURE CLIENT RATE LIMITED"
        assert {"retry-after", "ratelimit-reason"}.isdisjoint(response.headers)
        assert response.headers["x-ratelimit-reset"].endswith("Z")

    def test_responses_can_be_compressed(self) -> None:
        """Recorded permanently responses of Jira, if the request accepts it."""
        _, api = with_doubts(responses_compressed=True)
        response = api.ask("GET", "/objectschema/list")
        assert (response.headers["content-encoding"], response.json()["total"]) == ("gzip", 0)
        plain = api.ask("GET", "/objectschema/list", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers

    def test_unknown_permission_is_named_in_errors(self, emulator: Emulator, api: Api) -> None:
        url = f"{emulator.site}/rest/api/3/mypermissions"
        response = api.ask("GET", url, params={"permissions": "ADMINISTER,LAUNCH_ROCKETS"})
        assert response.json() == {
            "errorMessages": [],
            "errors": {"LAUNCH_ROCKETS": "Unrecognized permission"},
        }
        assert api.ask("GET", url, params={"permissions": "CREATE_PROJECT"}).status_code == 200

    def test_server_times_are_in_the_zone_of_the_site(self, emulator: Emulator, api: Api) -> None:
        document = api.get(f"{emulator.site}/rest/api/3/serverInfo")
        assert document["serverTime"] == "2026-01-05T09:00:00.000+0100"
        assert document["serverTimeZone"] == {"timeZoneId": "Africa/Lagos"}


def test_unknown_select_value_case_leaves_the_attribute_empty() -> None:
    """The case `unknown-select-value`: with "ignore", the value is left out, also if there are no options."""
    case = read_case("unknown-select-value")
    emulator = Emulator()
    schema = emulator.add_object_schema("OKT")
    okta = ImportApi(emulator, emulator.add_import_source(schema, **case["import_source"]))
    assert okta.submit_mapping(case["document"]).status_code == 204
    okta.run(case["data"])
    assert schema["Laptop"].object("A1")["Platform"] is case["platform_after"]


def test_key_is_the_identifier_case_reads_back_the_same() -> None:
    """The case `key-is-the-identifier`: a mapped Key keeps the external id of the document."""
    case = read_case("key-is-the-identifier")
    emulator = Emulator()
    okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
    assert okta.submit_mapping(case["document"]).status_code == 204
    document = okta.get(okta.source_url + "/schema-and-mapping")
    (kind,) = document["schema"]["objectSchema"]["objectTypes"]
    (submitted,) = case["document"]["schema"]["objectSchema"]["objectTypes"]
    assert kind["attributes"] == submitted["attributes"]
    document["schema"].pop("iconSchema")
    assert okta.submit_mapping(document, "PATCH").status_code == 204
    status = okta.run({"products": [{"id": "P1", "title": "One"}]})
    assert okta.counts(status, "Product")["objectsCreated"] == 1


def read_case(name: str) -> Any:
    named = os.environ.get("JSM_ASSETS_SHARED")
    shared = Path(named) if named else Path(__file__).parents[3] / "shared"
    path = shared / "cases" / f"{name}.json"
    if not path.is_file():
        pytest.skip("the cases are not here; name their folder in JSM_ASSETS_SHARED")
    return json.loads(path.read_text())
