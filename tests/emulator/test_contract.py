"""The emulator's answers, and the SDK's requests, before Atlassian's OpenAPI documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import jsm_assets_dest
from jsm_assets_dest import ClientCredentials, Connection, Resolution, okta
from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing.http.call import read_body
from jsm_assets_dest.testing.http.service import ROUTER
from jsm_assets_dest.testing.world.rejections import Rejection
from tests.emulator.api import Api, ImportApi
from tests.emulator.contract import Contract, Judged, missing_keys, specs
from tests.emulator.documents import people_and_groups

#: What the emulator responds for and the documents do not name, each seen in a public client or guide.
UNDOCUMENTED = {
    "GET /_edge/tenant_info",
    "GET /jsm/assets/v1/imports/info",
    "GET /config/role/objectschema/{id}",
    "GET /config/role/{id}",
    "PUT /config/role/{id}",
    "GET /global/config/objectschema/{id}/property",
    "GET /importsource/objectschema/{id}",
    "PUT /objecttypeattribute/{id}/configure",
    "POST /objecttypeattribute/{id}/{id}/position",
    "PUT /config/referencetype/{id}",
    "DELETE /config/referencetype/{id}",
    "GET /objecttype/{id}/icon.png",
    "GET /config/referencetype/{id}/image.png",
    "GET /rest/api/3/instance/license",
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(specs())


@pytest.fixture
def judged(contract: Contract, emulator: Emulator) -> Iterator[Judged]:
    judged = Judged(contract, emulator.transport)
    yield judged
    assert judged.undocumented <= UNDOCUMENTED


@pytest.fixture
def api(emulator: Emulator, judged: Judged) -> Api:
    judged_api: Api = with_judge(Api(emulator), judged)
    return judged_api


def with_judge(api: Api, judged: Judged) -> Any:
    headers, auth = dict(api.client.headers), api.client.auth
    api.client = httpx.Client(transport=judged, headers=headers, auth=auth)
    return api


def walk_through_everything(emulator: Emulator, api: Api, judged: Judged) -> None:
    """Ask for everything once, successfully and, where that is possible, with something wrong."""
    demo = emulator.seed_demo()
    api.get("/objectschema/list", includeCounts="true")
    schema = api.post("/objectschema/create", {"name": "Okta", "objectSchemaKey": "OKT", "description": "d"})
    here = f"/objectschema/{schema['id']}"
    api.put(here, {"name": "Okta 2", "description": "e"})
    api.get(here)
    api.refused("GET", "/objectschema/99")
    api.refused("POST", "/objectschema/create", {"name": "Okta", "objectSchemaKey": "OKT"})
    for path in ("attributes", "objecttypes", "objecttypes/flat"):
        api.get(f"/objectschema/{demo.id}/{path}")
    api.get(f"/objectschema/{demo.id}/attributes", extended="true", query='""')
    body = {"allowOtherObjectSchema": True, "validateQuickCreate": False, "quickCreateObjects": False}
    api.ask("POST", f"/global/config{here}/property", body)
    api.get(f"/global/config{here}/property")
    api.get(f"/global/config{here}")
    api.get("/global/config")
    kind = api.post("/objecttype/create", {"name": "T", "iconId": "13", "objectSchemaId": schema["id"]})
    type_path = f"/objecttype/{kind['id']}"
    child = api.post(
        "/objecttype/create",
        {
            "name": "C",
            "iconId": "13",
            "objectSchemaId": schema["id"],
            "parentObjectTypeId": kind["id"],
            "description": "d",
            "inherited": True,
            "abstractObjectType": False,
        },
    )
    api.get(f"/objecttype/{child['id']}")
    api.put(type_path, {"description": "d", "name": "T2", "iconId": "28"})
    api.post(f"{type_path}/position", {"position": 0}, status=200)
    api.get(f"{type_path}/attributes", includeValuesExist="true", orderByName="true")
    api.ask("GET", f"{type_path}/icon.png?size=16")
    first = api.post(f"/objecttypeattribute/{kind['id']}", {"name": "A", "type": 0, "defaultTypeId": 0})
    api.post(
        f"/objecttypeattribute/{kind['id']}",
        {
            "name": "R",
            "type": 1,
            "typeValue": kind["id"],
            "additionalValue": "4",
            "minimumCardinality": 0,
            "maximumCardinality": -1,
        },
    )
    api.post(f"/objecttypeattribute/{kind['id']}", {"name": "S", "type": 7, "typeValueMulti": ["2"]})
    api.put(f"/objecttypeattribute/{kind['id']}/{first['id']}", {"description": "d"})
    api.put(f"/objecttypeattribute/{first['id']}/configure", {"hidden": True})
    api.post(f"/objecttypeattribute/{kind['id']}/{first['id']}/position", {"position": 4}, status=200)
    api.ask("DELETE", f"/objecttypeattribute/{first['id']}")
    _objects(demo, api)
    _configuration(api)
    _imports(emulator, api, judged)
    api.ask("DELETE", f"/objecttype/{child['id']}")
    api.ask("DELETE", type_path)
    assert api.ask("DELETE", here).status_code == 200


def _objects(demo: Any, api: Api) -> None:
    person = demo["Person"]
    name, email = (str(person.attribute(item).id) for item in ("Name", "Email"))
    body = {
        "objectTypeId": person.id,
        "attributes": [
            {"objectTypeAttributeId": name, "objectAttributeValues": [{"value": "New"}]},
            {"objectTypeAttributeId": email, "objectAttributeValues": [{"value": "new@acme.com"}]},
        ],
    }
    created = api.post("/object/create", body)
    api.refused("POST", "/object/create", body)
    api.put(f"/object/{created['id']}", body)
    for object_type in demo.object_types:
        for asset in object_type.objects[:2]:
            for path in ("", "/attributes", "/history", "/referenceinfo"):
                api.get(f"/object/{asset.id}{path}")
            api.get(f"/objectconnectedtickets/{asset.id}/tickets")
    api.get(f"/object/{created['id']}/history", asc="true")
    api.ask("DELETE", f"/object/{created['id']}")
    api.refused("GET", f"/object/{created['id']}")
    api.find("objectSchemaId = 1", startAt=0, includeAttributes="true")
    api.refused("POST", "/object/aql", {"qlQuery": "Nope = 1"})
    api.post("/object/aql/totalcount", {"qlQuery": "Name like a"}, status=200)
    navlist = {
        "qlQuery": "Name like a",
        "objectTypeId": person.id,
        "objectSchemaId": demo.id,
        "resultsPerPage": 5,
    }
    api.post("/object/navlist/aql", {**navlist, "page": 1, "includeAttributes": True}, status=200)
    api.post("/object/navlist/iql", navlist, status=200)
    api.get("/aql/objects", qlQuery="Name like a", page=1, resultPerPage=3)
    api.get("/iql/objects", iql="Name like a")


def _configuration(api: Api) -> None:
    icons = api.get("/icon/global")
    api.get(f"/icon/{icons[0]['id']}")
    api.ask("GET", icons[0]["url48"])
    api.get("/config/statustype")
    status = api.post("/config/statustype", {"name": "New one", "category": 1, "description": "d"})
    api.get(f"/config/statustype/{status['id']}")
    api.put(f"/config/statustype/{status['id']}", {"name": "Newer", "category": 2})
    api.ask("DELETE", f"/config/statustype/{status['id']}")
    api.get("/config/referencetype", includeAll="true")
    kind = api.post("/config/referencetype", {"name": "Needs", "color": "688E6E"})
    api.put(f"/config/referencetype/{kind['id']}", {"name": "Needs it"})
    api.ask("GET", kind["url16"])
    api.ask("DELETE", f"/config/referencetype/{kind['id']}")
    api.get("/usage")


def _imports(emulator: Emulator, api: Api, judged: Judged) -> None:
    source = emulator.add_import_source("OKT")
    okta_api: Any = with_judge(ImportApi(emulator, source), judged)
    path = f"/importsource/{source.id}"
    okta_api.get("https://api.atlassian.com/jsm/assets/v1/imports/info")
    okta_api.ask("POST", okta_api.links["start"])
    okta_api.codes({**people_and_groups(), "mapping": {"objectTypeMappings": [
        {"objectTypeExternalId": "x", "objectTypeName": "X", "selector": "", "description": ""}]}})  # fmt: skip
    okta_api.submit_mapping(people_and_groups())
    okta_api.submit_mapping(people_and_groups())
    progress = api.ask("PATCH", f"{path}/mapping?async=true", people_and_groups()).headers["location"]
    api.get(progress)
    emulator.clock.sleep(1)
    api.get(progress)
    api.get(f"{path}/schema-and-mapping")
    api.get(f"{path}/configstatus")
    api.get(path)
    api.get("/importsource/objectschema/1")
    links = okta_api.post(okta_api.links["start"], status=200)["links"]
    okta_api.put(links["submitProgress"], {"objects": {"total": 1, "processed": 0}})
    people = [{"profile": {"login": "ana"}, "manager": "ana"}]
    okta_api.post(
        links["submitResults"],
        {"data": {"users": people}, "clientGeneratedId": "1", "completed": True},
        status=200,
    )
    api.get(f"{path}/executions/status")
    okta_api.get(links["getExecutionStatus"])
    links = okta_api.post(okta_api.links["start"], status=200)["links"]
    okta_api.ask("DELETE", links["cancel"])
    links = okta_api.post(okta_api.links["start"], status=200)["links"]
    okta_api.ask("POST", f"{links['cancel']}/history/failed", {"failureReason": "no"})
    api.get(f"{path}/schedule")
    schedule = api.post(
        f"{path}/importschedule", {"startTime": "2027-01-01T00:00:00Z", "runInterval": "ONCE"}, status=200
    )
    schedule_path = f"{path}/importschedule/{schedule['id']}"
    api.get(schedule_path)
    api.put(schedule_path, {"startTime": "2027-02-01T00:00:00Z", "runInterval": "DAILY"})
    api.ask("DELETE", schedule_path)
    api.post(f"/import/start/{source.id}", status=200)
    api.get(f"/progress/category/imports/{source.id}")
    api.post(f"{path}/token", status=200)


@pytest.mark.once
def test_every_response_conforms_to_the_documents(
    emulator: Emulator, api: Api, judged: Judged, contract: Contract
) -> None:
    walk_through_everything(emulator, api, judged)
    documented = {(operation.method, operation.path) for operation in contract.assets}
    names = {_without_names(path) for _, path in judged.visited}
    missing = {(method, path) for method, path in documented if _without_names(path) not in names}
    assert missing == set()


def _without_names(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


#: What an example shows and the emulator leaves out, with the reason.
LEFT_OUT = {
    "resultData/executedAsUser": "who ran a CSV import, which the emulator does not do",
    "resultData/executedType": "the same",
    "resultData/numberOfWorkers": "the same",
    "resultData/executionTimeInMs": "the same",
    "resultData/updateReferencesTimeInMs": "the same",
    "resultData/objectTypeResultMap": "the same",
    "Icons": "the list of icons is shown inside an object, against its own schema",
    "No icons found": "the same",
    "entries": "the mistake of the December 2025 document about lists of types",
    "objectTypeResultMap": "keyed by ids that differ",
    "results": "three examples side by side in one, under their titles",
    "attributes parameter to false": "the same",
    "extendedInfo": "shown in an example, and not in the schema of an object",
    "pageSize": "shown in an example, and not in the schema of a result",
    "filters": "belongs to the old search screen",
    "matchedFilterValues": "the same",
    "inheritanceTree": "the same",
    "orderByTypeAttrId": "the same",
}


@pytest.mark.once
def test_responses_have_every_field_of_the_examples(
    emulator: Emulator, api: Api, judged: Judged, contract: Contract
) -> None:
    """Optional fields that are unset are absent on both sides, so only what an example of the same kind shows counts."""
    walk_through_everything(emulator, api, judged)
    compared, missing = 0, []
    for operation in contract.assets:
        for status, example in operation.examples():
            body = judged.bodies.get((operation.method, operation.path, status))
            if body is not None:
                compared += 1
                missing += [
                    f"{operation.method} {operation.path}{path}"
                    for path in missing_keys(example, body)
                    if not any(part in path for part in LEFT_OUT) and path.rpartition("/")[2] not in OPTIONAL
                ]
    assert compared > 25
    assert missing == []


#: Fields that are absent when unset, and are set in an example of something else.
OPTIONAL = {
    "description", "parentObjectTypeId", "objectSchemaId", "suffix", "regexValidation", "defaultType", "objectType",
    "referenceType", "referenceObjectTypeId", "referenceObjectType", "typeValueMulti", "additionalValue", "canManage",
    "affectedAttribute", "oldValue", "newValue", "value", "user", "status", "group", "objectTypeAttribute",
    "currentWorkDescription", "externalId", "children", "html", "renderedLink", "attributes",
}  # fmt: skip


def test_example_request_bodies_pass_strict_mode(contract: Contract) -> None:
    """Strictness rejects nothing that Atlassian's own examples send."""
    read = 0
    for operation in contract.assets:
        for name, example in operation.request_examples():
            path = operation.path.replace("{importSourceId}", "x")
            judged = ROUTER.find("assets", operation.method, re.sub(r"\{[^}]*\}", "x", path))
            assert judged is not None, f"{operation.method} {operation.path}"
            try:
                read_body(judged[0].body, json.dumps(example).encode(), "application/json", strict=True)
            except Rejection as refusal:
                pytest.fail(f"{operation.method} {operation.path} {name}: {refusal.body}")
            read += 1
    assert read > 12


def test_async_library_sends_conforming_requests(contract: Contract) -> None:
    with Emulator() as emulator:
        emulator.add_object_schema("OKT", "Okta")
        judged = Judged(contract, emulator.transport)

        async def ask() -> str:
            async with emulator.connect_async(transport=judged) as connection:
                schema = await connection.get_object_schema("OKT")
                return schema.name

        assert anyio.run(ask) == "Okta"
        assert ("GET", "/objectschema/list") in judged.visited


def test_example_mapping_is_accepted_and_returned(emulator: Emulator, contract: Contract) -> None:
    put, patch, get = (
        next(asset for asset in contract.assets if (asset.method, asset.path) == wanted)
        for wanted in (
            ("PUT", "/importsource/{importSourceId}/mapping"),
            ("PATCH", "/importsource/{importSourceId}/mapping"),
            ("GET", "/importsource/{importSourceId}/schema-and-mapping"),
        )
    )
    schema = emulator.add_object_schema("DOC", "docs")
    Api(emulator).post(
        "/config/statustype", {"name": "Schema Scope Status", "category": 1, "objectSchemaId": schema.id}
    )
    Api(emulator).post("/config/statustype", {"name": "Global Scope Status", "category": 1})
    docs = ImportApi(emulator, emulator.add_import_source(schema))
    first = next(iter(put._described["requestBody"]["content"].values()))["example"]
    assert docs.submit_mapping(first).status_code == 204
    back = docs.get(f"{docs.source_url}/schema-and-mapping")
    _, example = next(get.examples())
    assert missing_keys(example, back) == []
    chunk = {
        "hardDrives": [
            {"id": "1", "label": "One", "status": "New Status", "files": [{"path": "/x", "size": 7}]}
        ]
    }
    status = docs.run(chunk)
    assert docs.counts(status, "File")["objectsCreated"] == 1
    assert schema["Hard Drive"].objects[0]["HardDriveStatus"] == "New Status"
    second = next(iter(patch._described["requestBody"]["content"].values()))["example"]
    assert docs.submit_mapping(second, "PATCH").status_code == 204
    assert "Manufacturer" in schema["Hard Drive"].attribute_names


def test_recorded_payloads_of_an_app_are_accepted(emulator: Emulator) -> None:
    """A mapping and a chunk that a public Forge app sends. Its external ids are those a workspace made up."""
    folder = specs() / "import-fixtures"
    mapping = json.loads((folder / "payload_mapping-configuration.json").read_text())
    chunk = json.loads((folder / "payload_data-submission.json").read_text())
    mapping["schema"].pop("iconSchema", None)
    schema = emulator.add_object_schema("PROD", "Product Portfolio")
    app = ImportApi(emulator, emulator.add_import_source(schema))
    answer = app.submit_mapping(mapping)
    assert answer.status_code == 204, answer.text
    status = app.run(chunk["data"])
    products = app.counts(status, "Product")
    assert products["objectsCreated"] == len(chunk["data"]["products"])


#: What the library asks for only when something special happens; `test_imports` and the library's own tests show it.
ONLY_IN_SPECIAL_CASES = {
    "create attribute",  # this and the next five: of `link_users`, which has tests of its own
    "find groups",
    "get object",
    "get users",
    "list users",
    "update object",
    "get object type",
    "list accessible resources",
    "list object history",  # of objects of a type that lost attributes
    "list service desks",
    "load icon image",
    "read latest execution status",
    "read mapping progress",
    "read server info",
    "read service desk info",
    "record failed import",
    "submit progress",
}


@pytest.mark.once
def test_every_request_of_the_library_conforms(contract: Contract) -> None:
    """Run the main job, and then everything else that the handles can do.

    If the library's sources contain a new operation, add it here.
    """
    with Emulator() as emulator:
        judged = Judged(contract, emulator.transport)
        emulator.add_group("it-ops")
        model = okta.schema_model("standard")
        with emulator.connect(transport=judged) as connection:
            connection.check().raise_for_problems()
            schema = connection.ensure_object_schema(
                "OKT", name="Okta", description="Auto-generated Okta data."
            )
            seeded = emulator.object_schema("OKT")
            first, second, third = (object_type.name for object_type in model.object_types[:3])
            for name in (first, second, third):
                seeded.add_object_type(name, attributes=["Something else"])
            choices = {
                first: Resolution.ADOPT,
                second: Resolution.RENAME_EXISTING,
                third: Resolution.DELETE_EXISTING,
            }
            for conflict in schema.find_conflicts(model):
                model = conflict.resolve(choices[conflict.name], model)
            schema.set_roles(managers=["it-ops"], developers=[], users=[])
            schema.roles()
            schema.create_status("On leave", "pending")
            schema.statuses()
            schema.allow_references()
            assert schema.refresh().allows_references
            schema.attributes()
            schema.object_types()
            schema.graph()
            schema.update(description="Data of Okta")
            schema.refresh()
            emulator.add_import_source("OKT")
            (source,) = schema.import_sources()
            schema.import_status(source)
            token = connection.generate_import_token(source, schema)
            token.check().raise_for_problems()
            token.plan(model)
            token.build(model)
            token.import_records(okta.records(okta.sample_tenant(60))).raise_for_failures()
            assert sum(1 for _ in schema.objects()) == schema.count_objects()
            assert connection.find_users("ana")
            assert connection.find_groups("jira")
            token.build(model)
            execution = token.start()
            execution.status()
            assert execution.cancel()
            with pytest.raises(ZeroDivisionError), token.start():
                raise ZeroDivisionError
            list(connection.object_schemas())
            schema.refresh().delete(confirm_key="OKT")
            schema = connection.ensure_object_schema(
                "OKT", name="Okta", description="Auto-generated Okta data."
            )
            token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
            token.build(okta.schema_model("lean"))
            token.build(okta.schema_model("standard"))
        identifier, secret = emulator.client_credentials()
        type_path = Connection.external_site(
            emulator.site, ClientCredentials(identifier, secret), transport=judged, clock=emulator.clock
        )
        with type_path:
            type_path.check().raise_for_problems()
        requested = {request.operation for request in emulator.requests}
        # A build asks for the last execution of an import that has none.
        outcomes = {(request.operation, request.status) for request in emulator.requests}
        outcomes.discard(("read latest execution status", 400))
        assert {status for _, status in outcomes} <= {200, 201, 204, 303}
        not_in_the_extract = {"GET /rest/api/3/groups/picker", "GET /rest/api/3/user/search"}
        assert judged.undocumented <= UNDOCUMENTED | {"POST /oauth/token"} | not_in_the_extract
        assert operations_in_the_library(emulator) - requested <= ONLY_IN_SPECIAL_CASES


def operations_in_the_library(emulator: Emulator) -> set[str]:
    """Return the names of operations in the sources of the library's wire layer and operations."""
    package = Path(jsm_assets_dest.__file__).parent
    sources = "".join(
        path.read_text() for layer in ("_wire", "_operations") for path in (package / layer).rglob("*.py")
    )
    return {name for name in emulator.operation_names if f'"{name}"' in sources}
