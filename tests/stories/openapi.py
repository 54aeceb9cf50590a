"""Requests held against Atlassian's OpenAPI documents, which are no part of this project.

The documents are stricter here than they say themselves: a field or parameter that a document does not name is an
error, although OpenAPI would let it pass, because a service that ignores a misspelled field is the worst that can happen.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema
from attrs import field, frozen

Json = Any

#: Below which addresses the paths of the documents stand, as the documents and the facts about credentials say.
ASSETS_BASES = (
    r"https://api\.atlassian\.com/jsm/(?:assets|insight)/workspace/[^/]+/v1",
    r"https://api\.atlassian\.com/ex/jira/[^/]+/jsm/assets/workspace/[^/]+/v1",
    r"https://[^/]+/gateway/api/jsm/assets/workspace/[^/]+/v1",
)
SITE_BASES = (r"https://(?!api\.|auth\.)[^/]+", r"https://api\.atlassian\.com/ex/jira/[^/]+")


@frozen
class Recorded:
    """A request as it left the client."""

    method: str
    url: str
    headers: Mapping[str, str] = field(hash=False)
    body: bytes

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def json(self) -> Json:
        plain = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return json.loads(plain) if plain else None

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.body[:200]!r}"


@frozen
class Operation:
    """An operation of a document."""

    document: Json
    path: str
    method: str
    described: Json = field(repr=False)
    shared: Json = field(repr=False)
    bases: tuple[str, ...] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def matches(self, request: Recorded) -> bool:
        if request.method != self.method:
            return False
        # Parameters are one segment each; a literal path is tried before one with parameters.
        path = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(self.path))
        address = unquote(request.url.partition("?")[0])
        return any(re.fullmatch(base + path, address) for base in self.bases)

    def objections(self, request: Recorded) -> Iterator[str]:
        """Everything in which a request is not what the document describes."""
        yield from self._about_query(request)
        yield from self._about_body(request)
        if "authorization" not in request.headers:
            yield "no Authorization header"

    def _parameters(self) -> dict[str, Json]:
        listed = [*self.shared.get("parameters", []), *self.described.get("parameters", [])]
        return {
            one["name"]: one.get("schema", {}) | {"required": one.get("required", False)}
            for one in (self._resolved(entry) for entry in listed)
            if one["in"] == "query"
        }

    def _about_query(self, request: Recorded) -> Iterator[str]:
        parameters = self._parameters()
        for name, text in request.query:
            if name not in parameters:
                yield f"unknown parameter {name}"
                continue
            kind = parameters[name].get("type", "string")
            pattern = {"integer": r"-?\d+", "boolean": "true|false"}.get(kind, r"(?s).*")
            if not re.fullmatch(pattern, text):
                yield f"parameter {name} is {text!r}, not {kind}"
        names = {name for name, _ in request.query}
        yield from (
            f"missing parameter {name}"
            for name, entry in parameters.items()
            if entry["required"] is True and name not in names
        )

    def _about_body(self, request: Recorded) -> Iterator[str]:
        described = self._resolved(self.described.get("requestBody") or {})
        content = (described.get("content") or {}).get("application/json")
        if content is None:
            if request.body:
                yield f"a body where none is described: {request.body[:80]!r}"
            return
        if not request.body:
            if described.get("required"):
                yield "no body"
            return
        if request.headers.get("content-type") != "application/json":
            yield f"content type {request.headers.get('content-type')}"
        body = request.json
        if "schema" in content:
            schema = {
                **self._strict(content["schema"]),
                "components": self._strict(self.document.get("components", {})),
            }
            for error in jsonschema.Draft202012Validator(schema).iter_errors(body):
                yield f"body {error.json_path}: {error.message[:200]}"
        else:
            # The bodies of imports have an example only, which names what there is.
            yield from (f"body: unknown field {name}" for name in set(body) - set(content["example"]))

    def _resolved(self, value: Json) -> Json:
        while "$ref" in value:
            matches = self.document
            for step in value["$ref"].removeprefix("#/").split("/"):
                matches = matches[step]
            value = matches
        return value

    def _strict(self, schema: Json) -> Json:
        if isinstance(schema, list):
            return [self._strict(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        strict = {name: self._strict(entry) for name, entry in schema.items()}
        if isinstance(strict.get("properties"), dict) and strict.get("type") == "object":
            strict.setdefault("additionalProperties", False)
        return strict


def operations(document: Json, bases: tuple[str, ...]) -> list[Operation]:
    """Return the operations of a document; those without parameters in their path come first."""
    matches = [
        Operation(document, path, method.upper(), described, shared, bases)
        for path, shared in document["paths"].items()
        for method, described in shared.items()
        if method in ("get", "put", "post", "patch", "delete")
    ]
    return sorted(matches, key=lambda item: item.path.count("{"))


def overlay(document: Json) -> Json:
    """Return the later additions, which were typed manually in another form, as an OpenAPI document."""
    paths: Json = {}
    for path, shared in document["paths"].items():
        paths[path] = {}
        for method, described in shared.items():
            body = described.get("requestBody")
            strict = {name: value for name, value in described.items() if name != "requestBody"}
            if isinstance(body, dict):
                properties = {
                    name: {"type": entry["type"]} for name, entry in body.items() if "type" in entry
                }
                schema = body if "$ref" in body else {"type": "object", "properties": properties}
                strict["requestBody"] = {"content": {"application/json": {"schema": schema}}}
            paths[path][method] = strict
    return {"paths": paths, "components": document.get("components", {})}


def read(folder: Path) -> list[Operation]:
    """Return the operations of all documents in a folder of specifications."""

    def load(name: str) -> Json:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    return [
        *operations(load("assets/assets-swagger.v3.2025-12.json"), ASSETS_BASES),
        *operations(overlay(load("assets/assets-swagger.overlay-1.135.77.transcribed.json")), ASSETS_BASES),
        *operations(load("jira-side/jira-platform-extract.2025-12.json"), SITE_BASES),
        *operations(load("jira-side/jsm-swagger.v3.2025-12.json"), SITE_BASES),
    ]
