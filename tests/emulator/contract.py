"""Atlassian's OpenAPI documents as a judge over requests and responses.

The documents are no part of this project; see `documents` for where they are looked for.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

_METHODS = ("get", "put", "post", "delete", "patch")


def specs() -> Path:
    """Return the folder with the documents, or skip the test.

    It is `specs` below the folder that JSM_ASSETS_SHARED names, or below `shared` beside the project.
    """
    named = os.environ.get("JSM_ASSETS_SHARED")
    shared = Path(named) if named else Path(__file__).parents[3] / "shared"
    folder = shared / "specs"
    if not folder.is_dir():
        pytest.skip("Atlassian's OpenAPI documents are not here; name their folder in JSM_ASSETS_SHARED")
    return folder


def _prepared(document: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema, with the proven mistakes of the documents corrected.

    `nullable` becomes a type of its own. A value is `oneOf` a text and a date-time, which no text fulfils exactly
    once, so it becomes `anyOf`. Parents are numbers there and texts in what clients observed, so both go.
    """
    if isinstance(document, list):
        return [_prepared(item) for item in document]
    if not isinstance(document, dict):
        return document
    prepared = {key: _prepared(value) for key, value in document.items()}
    if prepared.get("nullable") and isinstance(prepared.get("type"), str):
        prepared["type"] = [prepared["type"], "null"]
    if prepared.get("nullable") and "$ref" in prepared:
        prepared = {"anyOf": [{"$ref": prepared["$ref"]}, {"type": "null"}]}
    if isinstance(prepared.get("required"), list) and isinstance(prepared.get("properties"), dict):
        # A count requires `self`, which it does not declare and its example does not have.
        prepared["required"] = [name for name in prepared["required"] if name in prepared["properties"]]
    if "oneOf" in prepared:
        prepared["anyOf"] = prepared.pop("oneOf")
    if {"category", "objectSchemaId"} <= set(prepared) and isinstance(prepared["objectSchemaId"], dict):
        # Global statuses have a null there, as in the document's own example.
        prepared["objectSchemaId"] = {"type": ["string", "null"]}
    if "parentObjectTypeId" in prepared and isinstance(prepared["parentObjectTypeId"], dict):
        prepared["parentObjectTypeId"] = {"type": ["integer", "string"]}
    return prepared


class Operation:
    """One operation of a document."""

    def __init__(self, document: Any, path: str, method: str, described: Any) -> None:
        self.path = path
        self.method = method.upper()
        self._document = document
        self._described = described
        parts = [
            f"(?P<p{n}>[^/]+)" if p.startswith("{") else re.escape(p) for n, p in enumerate(path.split("/"))
        ]
        self.pattern = re.compile("/".join(parts))
        self.is_literal = "{" not in path

    def _check(self, schema: Any, value: Any, what: str) -> None:
        whole = {**schema, "components": self._document.get("components", {})}
        validator = jsonschema.Draft202012Validator(whole)
        errors = [
            f"{'/'.join(map(str, error.path))}: {error.message[:300]}"
            for error in validator.iter_errors(value)
        ]
        assert not errors, f"{self.method} {self.path} {what}: {errors[:5]}"

    def check_request(self, request: httpx.Request) -> None:
        """Return the body of a request, where the document describes one, and its parameters."""
        body = self._described.get("requestBody") or {}
        schema = body if "$ref" in body else _content(body).get("schema")
        if schema and request.content:
            self._check(schema, json.loads(request.content), "request")
        known_keys = {
            parameter["name"]
            for parameter in self._described.get("parameters", [])
            if parameter["in"] == "query"
        }
        unknown = set(request.url.params) - known_keys
        allowed = {"async", "size", "includeAttributes", "expand", "permissions", "asc", "start", "limit"}
        assert unknown <= allowed, f"{self.method} {self.path}: unknown parameters {unknown}"

    def check_answer(self, status: int, content: bytes, content_type: str) -> None:
        """Status and body of a response."""
        responses = self._described["responses"]
        declared = responses.get(str(status))
        if declared is None:
            # DELETE of an object declares no success; 403, 409 and 429 are mostly left out everywhere.
            # PUT of a mapping declares `async` and not the 303 that follows from it.
            asynchronous = (self.method, self.path, status) == (
                "PUT",
                "/importsource/{importSourceId}/mapping",
                303,
            )
            assert asynchronous or status in (200, 400, 403, 404, 409, 429), (
                f"{self.method} {self.path}: undeclared {status}"
            )
            return
        schema = declared.get("schema") or _content(declared).get("schema")
        if schema and "json" in content_type and status < 300:
            self._check(_corrected(self.path, self.method, schema), json.loads(content), f"answer {status}")

    def request_examples(self) -> Iterator[tuple[str, Any]]:
        """Yield the example bodies of requests, by title."""
        content = _content(self._described.get("requestBody") or {})
        for title, example in content.get("examples", {}).items():
            yield title, example.get("value", example)
        example = content.get("example") or (content.get("schema") or {}).get("example")
        if example is not None:
            yield "example", example

    def examples(self) -> Iterator[tuple[int, Any]]:
        """Return the example bodies of responses, by status."""
        for status, item in self._described["responses"].items():
            content = _content(item)
            example = content.get("example") or (content.get("schema") or {}).get("example")
            if example is not None:
                yield int(status), example


def _corrected(path: str, method: str, schema: Any) -> Any:
    # A mistake of the December 2025 document, corrected in the next one: the list of types is a bare array.
    if (method, path) == ("GET", "/objectschema/{id}/objecttypes"):
        return {"type": "array", "items": {"$ref": "#/components/schemas/ObjectType"}}
    return schema


def _content(described: Any) -> Any:
    return next(iter((described.get("content") or {}).values()), {})


class Contract:
    """All operations of the documents."""

    def __init__(self, folder: Path) -> None:
        self.operations: list[Operation] = []
        self.assets: list[Operation] = []
        for name in (
            "assets/assets-swagger.overlay-1.135.77.transcribed.json",
            "assets/assets-swagger.v3.2025-12.json",
            "jira-side/jsm-swagger.v3.2025-12.json",
            "jira-side/jira-platform-extract.2025-12.json",
        ):
            document = _prepared(json.loads((folder / name).read_text()))
            for path, described in document["paths"].items():
                for method in _METHODS:
                    if method in described:
                        shared = described.get("parameters", [])
                        one = {**described[method]}
                        one["parameters"] = [*shared, *one.get("parameters", [])]
                        operation = Operation(document, path, method, one)
                        self.operations.append(operation)
                        if name.startswith("assets/"):
                            self.assets.append(operation)
        newer = json.loads((folder / "assets/assets-swagger.overlay-1.135.77.transcribed.json").read_text())
        components = newer["components"]["schemas"]
        for operation in self.assets:
            known_keys = operation._document["components"]["schemas"]
            for key, value in components.items():
                known_keys.setdefault(key, copy.deepcopy(_prepared(value)))
        base = next(asset for asset in self.assets if asset.path == "/objectschema/list")._document[
            "components"
        ]
        for operation in self.assets:
            for key, value in base["schemas"].items():
                operation._document["components"]["schemas"].setdefault(key, value)

    def find(self, request: httpx.Request) -> Operation | None:
        """Return the operation of a request."""
        path = request.url.path
        inside = re.search(r"/jsm/(?:assets|insight)/workspace/[^/]+/v1(/.*)", path)
        path = inside.group(1) if inside else re.sub("^/ex/jira/[^/]+", "", path)
        fitting = [
            operation
            for operation in self.operations
            if operation.method == request.method and operation.pattern.fullmatch(path)
        ]
        return max(fitting, key=lambda item: (item.is_literal, len(item.path)), default=None)


class Judged(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests on and checks them and their answers."""

    def __init__(self, contract: Contract, inner: Any) -> None:
        self._contract = contract
        self._inner = inner
        self.visited: set[tuple[str, str]] = set()
        self.undocumented: set[str] = set()
        self.bodies: dict[tuple[str, str, int], Any] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        request.read()
        answer = self._inner.handle_request(request)
        return self._judge(request, answer, b"".join(answer.stream))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request of an asynchronous client."""
        await request.aread()
        answer = await self._inner.handle_async_request(request)
        return self._judge(request, answer, b"".join([part async for part in answer.stream]))

    def _judge(self, request: httpx.Request, answer: httpx.Response, content: bytes) -> httpx.Response:
        operation = self._contract.find(request)
        content_type = answer.headers.get("content-type", "")
        if operation is None:
            self.undocumented.add(f"{request.method} {_shape(request.url.path)}")
        else:
            self.visited.add((operation.method, operation.path))
            if answer.status_code < 300:
                operation.check_request(request)
            operation.check_answer(answer.status_code, content, content_type)
            if "json" in content_type:
                self.bodies[operation.method, operation.path, answer.status_code] = json.loads(content)
        if 400 <= answer.status_code < 500 and "json" in content_type:
            _check_error(json.loads(content))
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content), request=request
        )


def _shape(path: str) -> str:
    path = re.sub(r"^/ex/jira/[^/]+", "", re.sub(r".*/workspace/[^/]+/v1", "", path))
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", path)
    return re.sub(r"(?<!/rest/api)/\d+(?=/|$)", "/{id}", path)


def _check_error(document: Any) -> None:
    """Every rejection has one of the known shapes; shape A has both of its fields."""
    if "errorMessages" in document or "errors" in document:
        assert isinstance(document["errorMessages"], list)
        assert isinstance(document["errors"], dict)
        assert document["errorMessages"] or document["errors"]
        return
    shapes = (
        {"code", "message"},
        {"errorMessage", "i18nErrorMessage"},
        {"result", "errorCode"},
        {"dataValidationErrors"},
        {"timestamp", "status", "error", "message", "path"},
        {"error"},
        {"error", "error_description"},
    )
    assert set(document) in shapes


def missing_keys(example: Any, value: Any, path: str = "") -> list[str]:
    """Yield what an example has and a response lacks, at any depth. Arrays are compared by their first items."""
    if isinstance(example, dict) and isinstance(value, dict):
        missing = []
        for key, inner in example.items():
            if key not in value:
                missing.append(f"{path}/{key}")
            else:
                missing += missing_keys(inner, value[key], f"{path}/{key}")
        return missing
    if isinstance(example, list) and isinstance(value, list) and example and value:
        return missing_keys(example[0], value[0], f"{path}/0")
    return []
