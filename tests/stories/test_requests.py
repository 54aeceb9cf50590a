"""Every request that the library makes, held against Atlassian's OpenAPI documents: the requests of all stories."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import jsonschema
import pytest

from jsm_assets_dest.testing import Emulator
from tests.stories import openapi
from tests.stories.openapi import Recorded
from tests.stories.story import Story

#: Requests that no document describes, each with the reason why it is made anyway.
UNDOCUMENTED = {
    r"GET https://[^/]+/_edge/tenant_info": "the only way to a site's cloud id; every client uses it",
    r"GET https://api\.atlassian\.com/jsm/assets/v1/imports/info": "described in Atlassian's guide to imports",
    r"GET https://[^/]+/gateway/.*/config/role/.*": "roles have no public call; the pages of Assets use this one",
    r"PUT https://[^/]+/gateway/.*/config/role/.*": "the same; where it is not answered, the way by hand is told",
    r"GET .*/importsource/objectschema/\d+": "the only listing of imports; without it a conflict is shown too often",
    r"GET .*/global/config/objectschema/\d+/property": "keeps the settings beside the one that is set",
    r"GET .*/rest/api/3/(user/search|users/search|user/bulk|group/bulk|groups/picker)": "documented for Jira, but not in the extract",
    r"GET .*/rest/api/3/instance/license": "documented for Jira, but not in the extract; a check may be unknown",
}


class Recorder(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that notes every request before it hands it on."""

    def __init__(self, transport: Any, recorded: dict[Recorded, str], story: str) -> None:
        self.transport = transport
        self.recorded = recorded
        self.story = story

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._note(request, request.read())
        response: httpx.Response = self.transport.handle_request(request)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._note(request, await request.aread())
        response: httpx.Response = await self.transport.handle_async_request(request)
        return response

    def _note(self, request: httpx.Request, body: bytes) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.recorded.setdefault(Recorded(request.method, str(request.url), headers, body), self.story)


def stories() -> Iterator[tuple[str, Story]]:
    """All stories of the test modules beside this one."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.stories.{path.stem}")
        for name, test in vars(module).items():
            scenario = getattr(test, "told", None)
            if scenario is not None and scenario.__module__ == module.__name__:
                yield f"{path.stem}.{name}", scenario


def recorded_requests() -> dict[Recorded, str]:
    """Return the requests of all stories, each with the first story that made it."""
    recorded: dict[Recorded, str] = {}

    async def live(name: str, scenario: Story) -> None:
        # A story that fails is reported by its own test; here only its requests matter.
        with contextlib.suppress(Exception), Emulator() as emulator:
            emulator.transport = Recorder(emulator.transport, recorded, name)  # type: ignore[assignment]
            with emulator.connect() as connection:
                await scenario(emulator, connection)

    for name, scenario in stories():
        anyio.run(live, name, scenario)
    return recorded


def specs() -> Path:
    folder = (
        Path(os.environ.get("JSM_ASSETS_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "specs"
    )
    if not (folder / "assets").is_dir():
        pytest.skip(
            "Atlassian's OpenAPI documents are not here; JSM_ASSETS_SHARED names the folder that has specs/"
        )
    return folder


@pytest.mark.once
def test_every_request_is_one_that_atlassian_describes() -> None:
    """Method, path, parameters and body, for every request of every story; the rest is named above with a reason."""
    folder = specs()
    operations = openapi.read(folder)
    mapping_schema = json.loads(
        (folder / "import-mapping" / "external-import-schema.2023_10_19.json").read_text(encoding="utf-8")
    )
    mappings = jsonschema.Draft201909Validator(mapping_schema)
    wrong: list[str] = []
    seen: set[str] = set()
    argued: set[str] = set()
    recorded = recorded_requests()

    for request, name in recorded.items():
        operation = next((entry for entry in operations if entry.matches(request)), None)
        if operation is None:
            reason = next(
                (
                    entry
                    for entry in UNDOCUMENTED
                    if re.fullmatch(entry, f"{request.method} {request.url.partition('?')[0]}")
                ),
                None,
            )
            if reason is None:
                wrong.append(f"{name}: nobody describes {request}")
            argued.add(reason or "")
            continue
        seen.add(operation.name)
        wrong += [f"{name}: {request}: {text}" for text in operation.objections(request)]
        if operation.path.endswith("/mapping") and request.body:
            wrong += [
                f"{name}: {error.json_path}: {error.message}" for error in mappings.iter_errors(request.json)
            ]

    assert not wrong, "\n".join(wrong[:20])
    # The stories go through what the library can do, and no reason outlives its request.
    assert len(recorded) > 100
    assert {
        "POST /objectschema/create",
        "PUT /objectschema/{id}",
        "DELETE /objectschema/{id}",
        "GET /objectschema/{id}/objecttypes/flat",
        "PUT /objecttype/{id}",
        "DELETE /objecttype/{id}",
        "POST /object/aql/totalcount",
        "POST /config/statustype",
        "POST /global/config/objectschema/{id}/property",
        "GET /importsource/{id}",
        "PUT /importsource/{importSourceId}/mapping",
        "PATCH /importsource/{importSourceId}/mapping",
        "GET /importsource/{importSourceId}/mapping/progress/{resourceId}",
        "POST /importsource/{importSourceId}/executions",
        "POST /importsource/{importSourceId}/executions/{importExecutionId}/data",
        "DELETE /importsource/{importSourceId}/executions/{importExecutionId}",
        "POST /importsource/{importSourceId}/token",
    } <= seen
    assert argued == set(UNDOCUMENTED)


def test_judge_finds_what_is_wrong() -> None:
    """A misspelled field, an unknown parameter, a wrong type, a missing field: each is an objection."""
    document = {
        "paths": {
            "/thing/{id}": {
                "put": {
                    "parameters": [{"name": "startAt", "in": "query", "schema": {"type": "integer"}}],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "Thing": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
            }
        },
    }
    (operation,) = openapi.operations(document, (r"https://x\.example",))

    def judged(query: str, body: bytes) -> list[str]:
        headers = {"content-type": "application/json", "authorization": "Basic x"}
        request = Recorded("PUT", f"https://x.example/thing/7{query}", headers, body)
        assert operation.matches(request)
        return list(operation.objections(request))

    assert judged("?startAt=1", b'{"name": "a"}') == []
    assert judged("?startat=1", b'{"name": "a"}') == ["unknown parameter startat"]
    assert judged("?startAt=one", b'{"name": "a"}') == ["parameter startAt is 'one', not integer"]
    assert "'name' is a required property" in " ".join(judged("", b"{}"))
    assert "'nmae' was unexpected" in " ".join(judged("", b'{"name": "a", "nmae": "b"}'))
    assert judged("", b"") == ["no body"]
    assert not operation.matches(Recorded("PUT", "https://x.example/thing/7/more", {}, b""))
