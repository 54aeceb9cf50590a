"""Clients that no one here wrote, against the served emulator.

They list schemas, read types and attributes, create an object and run an import. What they expect of the service is
what their authors saw of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest.testing import Emulator, SeededImportSource
from tests.emulator.documents import people_and_groups

JAVASCRIPT_CLIENT = "jira.js@5.4.0"


@pytest.fixture
def source(emulator: Emulator) -> SeededImportSource:
    schema = emulator.add_object_schema("OKT", "Okta", "Auto-generated Okta data.")
    schema.add_object_type("Laptop", attributes=["Serial number"])
    return emulator.add_import_source(schema)


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    with emulator.serve() as address:
        yield address


def after_the_import(emulator: Emulator, source: SeededImportSource) -> None:
    """Return what both clients leave in Assets."""
    schema = source.schema
    assert [asset.label for asset in schema["Laptop"].objects] == ["L1"]
    assert schema["Laptop"].objects[0]["Serial number"] == "4711"
    assert [asset.values["Login"] for asset in schema["Person"].objects] == ["ana", "bruno"]
    assert schema["Person"].object("bruno")["Manager"] == schema["Person"].object("ana").key
    assert [execution.status for execution in source.executions] == ["DONE"]
    assert {request.status for request in emulator.requests} <= {200, 201, 204}


class TestPython:
    """atlassian-python-api. It always goes to https://api.atlassian.com, so its session is led to the emulator."""

    @pytest.fixture
    def client(self, emulator: Emulator, url: str) -> Any:
        assets = pytest.importorskip("atlassian.assets", reason="atlassian-python-api is not installed")
        requests = pytest.importorskip("requests")

        class Redirected(requests.adapters.HTTPAdapter):  # type: ignore[misc, name-defined]
            def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
                request.url = request.url.replace("https://api.atlassian.com", url)
                return super().send(request, *arguments, **options)

        session = requests.Session()
        session.trust_env = False
        session.mount("https://api.atlassian.com", Redirected())
        with session:
            yield assets.AssetsCloud(
                url=url, username=emulator.email, password=emulator.api_token, cloud=True, session=session
            )

    @pytest.mark.slow
    def test_it_reads_creates_and_imports(
        self, emulator: Emulator, source: SeededImportSource, client: Any
    ) -> None:
        (schema,) = client.list_object_schema()["values"]
        assert client.get_object_schema(schema["id"])["objectSchemaKey"] == "OKT"
        (laptop,) = client.get_object_schema_object_types(schema["id"])
        attributes = {item["name"]: item["id"] for item in client.get_object_type_attributes(laptop["id"])}
        created = client.create_object(
            laptop["id"],
            [
                {"objectTypeAttributeId": attributes[name], "objectAttributeValues": [{"value": value}]}
                for name, value in (("Name", "L1"), ("Serial number", "4711"))
            ],
        )
        assert client.get_object(created["id"])["label"] == "L1"
        assert client.aql("Name = L1")["values"][0]["objectKey"] == created["objectKey"]
        assert client.get_object_aql_total_count("Name = L1")["totalCount"] == 1
        assert client.get_import_config_status(source.id) == {"status": "MISSING_MAPPING"}
        client.update_import_source_mapping(source.id, people_and_groups())
        started = client.create_import_execution(source.id)
        execution = started["links"]["cancel"].rpartition("/")[2]
        people = [{"profile": {"login": "bruno"}, "manager": "ana"}, {"profile": {"login": "ana"}}]
        client.update_import_execution_progress(
            source.id, execution, {"objects": {"total": 2, "processed": 0}}
        )
        client.add_import_execution_data(source.id, execution, {"data": {"users": people[1:]}})
        client.add_import_execution_data(
            source.id, execution, {"data": {"users": people[:1]}, "completed": True}
        )
        assert client.get_import_execution_status(source.id, execution)["status"] == "DONE"
        after_the_import(emulator, source)


SCRIPT = """
import { ServiceDeskClient } from 'jira.js';

const [host, email, apiToken, source, mapping] = JSON.parse(process.argv[2]);
const client = new ServiceDeskClient({ host, authentication: { basic: { email, apiToken } } });
const { values } = await client.insights.getInsightWorkspaces();
const base = `/gateway/api/jsm/assets/workspace/${values[0].workspaceId}/v1`;
const ask = (method, path, data, params) => client.sendRequest({ url: base + path, method, data, params });

const schemas = await ask('GET', '/objectschema/list', undefined, { maxResults: 50 });
const types = await ask('GET', `/objectschema/${schemas.values[0].id}/objecttypes`);
const attributes = await ask('GET', `/objecttype/${types[0].id}/attributes`);
const id = (name) => attributes.find((each) => each.name === name).id;
const created = await ask('POST', '/object/create', {
  objectTypeId: types[0].id,
  attributes: [['Name', 'L1'], ['Serial number', '4711']].map(([name, value]) => ({
    objectTypeAttributeId: id(name), objectAttributeValues: [{ value }],
  })),
});
const found = await ask('POST', '/object/aql', { qlQuery: `Key = ${created.objectKey}` });
await ask('PUT', `/importsource/${source}/mapping`, mapping);
const { links } = await ask('POST', `/importsource/${source}/executions`);
const send = (data) => client.sendRequest({ url: links.submitResults, method: 'POST', data });
await send({ data: { users: [{ profile: { login: 'ana' } }] }, clientGeneratedId: 'one' });
await send({ data: { users: [{ profile: { login: 'bruno' }, manager: 'ana' }] }, clientGeneratedId: 'two' });
await send({ completed: true });
const status = await client.sendRequest({ url: links.getExecutionStatus, method: 'GET' });
console.log(JSON.stringify({
  schema: schemas.values[0].objectSchemaKey,
  type: types[0].name,
  label: found.values[0].label,
  status: status.status,
}));
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.environ.get("JSM_ASSETS_TEST_NPM") != "1":
        pytest.skip("set JSM_ASSETS_TEST_NPM=1 to install jira.js from npm into a temporary folder")
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no node or no npm here")
    folder = tmp_path_factory.mktemp("javascript")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", JAVASCRIPT_CLIENT]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    (folder / "client.mjs").write_text(SCRIPT, encoding="utf-8")
    return folder


class TestJavaScript:
    """jira.js, in a Node process of its own. Its release has no calls for Assets yet, so its general ones are used."""

    def test_it_reads_creates_and_imports(
        self, emulator: Emulator, source: SeededImportSource, folder: Path, url: str
    ) -> None:
        arguments = json.dumps([url, emulator.email, emulator.api_token, source.id, people_and_groups()])
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        done = subprocess.run(
            ["node", "client.mjs", arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"schema": "OKT", "type": "Laptop", "label": "L1", "status": "DONE"}
        after_the_import(emulator, source)
