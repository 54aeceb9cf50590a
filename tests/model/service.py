"""A double of the part of Assets that accepts and returns schema-and-mapping documents, after Atlassian's guide.

It is strict: a document that breaks a rule is an assertion error with the error code of the service.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from typing import Any


class Service:
    """One import source and its object schema."""

    def __init__(self) -> None:
        self.object_types: list[dict[str, Any]] = []
        self.mappings: dict[str, dict[str, Any]] = {}
        self.icons: dict[str, dict[str, Any]] = {}
        self.statuses: dict[str, dict[str, Any]] = {}

    def made_by_people(self, name: str, *attributes: tuple[str, str], label: str = "Name") -> None:
        """Create an object type in Assets. It and its attributes get generated external ids."""
        entry: dict[str, Any] = {
            "externalId": made_up(name),
            "name": name,
            "description": "Made by people.",
            "attributes": [
                {
                    "externalId": made_up(f"{name}/{attribute}"),
                    "name": attribute,
                    "description": f"{attribute} by people",
                    "type": kind,
                    "label": attribute == label,
                    "minimumCardinality": int(attribute == label),
                    "maximumCardinality": 1,
                    "unique": False,
                }
                for attribute, kind in (("Name", "text"), *attributes)
            ],
            "children": [],
        }
        self.object_types.append(entry)

    def document(self) -> dict[str, Any]:
        """Return the response to `GET …/schema-and-mapping`."""
        schema: dict[str, Any] = {
            "objectSchema": {
                "name": "docs",
                "description": "",
                "objectTypes": [_shown(entry) for entry in self.object_types],
            },
            "iconSchema": {"icons": list(self.icons.values())},
        }
        if self.statuses:
            schema["statusSchema"] = {"statuses": list(self.statuses.values())}
        return copy.deepcopy(
            {"schema": schema, "mapping": {"objectTypeMappings": list(self.mappings.values())}}
        )

    def take(self, verb: str | None, document: dict[str, Any] | None) -> None:
        """Apply `PUT …/mapping` or `PATCH …/mapping`."""
        if verb is None or document is None:
            assert verb is None
            assert document is None
            return
        assert verb == ("PATCH" if self.mappings else "PUT")
        document = copy.deepcopy(document)
        schema = document["schema"]
        sent = {entry["externalId"] for entry, _ in _walk(schema["objectSchema"]["objectTypes"])}
        for entry, parent in _walk(schema["objectSchema"]["objectTypes"]):
            self._take_object_type(entry, parent, sent)
        for icon in schema.get("iconSchema", {}).get("icons", []):
            self.icons[icon["key"]] = icon
        for status in schema.get("statusSchema", {}).get("statuses", []):
            self.statuses[status["name"]] = status
        for mapping in document["mapping"]["objectTypeMappings"]:
            self._take_mapping(mapping)

    def _take_object_type(self, entry: dict[str, Any], parent: str, sent: set[str]) -> None:
        existing = self.find(entry["externalId"])
        if existing is None:
            names = {one["name"].casefold() for one, _ in _walk(self.object_types)}
            assert entry["name"].casefold() not in names, "EXTERNAL_ID_MISMATCH"
            existing = {**entry, "attributes": [], "children": []}
            above = self.find(parent)
            (self.object_types if above is None else above["children"]).append(existing)
        else:
            above_now = next(above for listed, above in _walk(self.object_types) if listed is existing)
            assert above_now == parent, "an import moves nothing"
        assert existing["name"] == entry["name"], "EXTERNAL_ID_MISMATCH"
        existing["description"] = entry["description"]
        if "iconKey" in entry:
            assert entry["iconKey"], "an empty icon key names nothing"
            existing["iconKey"] = entry["iconKey"]
        for attribute in entry.get("attributes", []):
            self._take_attribute(existing, attribute, sent)

    def _take_attribute(self, owner: dict[str, Any], sent: dict[str, Any], types: set[str]) -> None:
        existing = next(
            (entry for entry in owner["attributes"] if entry["externalId"] == sent["externalId"]), None
        )
        target = sent.get("referenceObjectTypeExternalId")
        assert target is None or target in types, "UNKNOWN_REFERENCE"
        if existing is None:
            names = {entry["name"].casefold() for entry in owner["attributes"]}
            assert sent["name"].casefold() not in names, "EXTERNAL_ID_MISMATCH"
            assert not (sent["label"] and any(entry["label"] for entry in owner["attributes"])), (
                "a second label"
            )
            owner["attributes"].append(dict(sent))
            return
        for fixed in ("name", "type", "label", "unique", "minimumCardinality", "maximumCardinality"):
            assert existing[fixed] == sent[fixed], f"{fixed} of {sent['name']} never changes"
        assert existing.get("referenceObjectTypeExternalId") == target, "REFERENCED_OBJECT_TYPE_CHANGED"
        existing["description"] = sent["description"]

    def _take_mapping(self, mapping: dict[str, Any]) -> None:
        owner = self.find(mapping["objectTypeExternalId"])
        assert owner is not None, "MAPPING_INVALID_EXTERNAL_ID"
        known_ids = {entry["externalId"] for entry in owner["attributes"]}
        for attribute in mapping["attributesMapping"]:
            assert attribute["attributeExternalId"] in known_ids, "UNKNOWN_EXTERNAL_ID_MAPPING"
        assert any(entry["externalIdPart"] for entry in mapping["attributesMapping"])
        self.mappings[mapping["objectTypeExternalId"]] = mapping

    def find(self, external_id: str) -> dict[str, Any] | None:
        """Return the object type with an external id."""
        return next(
            (entry for entry, _ in _walk(self.object_types) if entry["externalId"] == external_id), None
        )

    def attribute(self, external_id: str) -> dict[str, Any]:
        """Return the attribute with an external id."""
        return next(
            attribute
            for entry, _ in _walk(self.object_types)
            for attribute in entry["attributes"]
            if attribute["externalId"] == external_id
        )


def made_up(name: str) -> str:
    """Return an external id as Assets generates it; the same for the same name."""
    return f"cmdb::externalId/{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _walk(entries: list[dict[str, Any]], parent: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    for entry in entries:
        yield entry, parent
        yield from _walk(entry.get("children", []), entry["externalId"])


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    key = {
        "name": "Key",
        "description": "",
        "type": "text",
        "label": False,
        "minimumCardinality": 1,
        "maximumCardinality": 1,
        "unique": False,
    }
    displayed = {**entry, "inheritance": False, "attributes": [key, *entry["attributes"]]}
    displayed["children"] = [_shown(child) for child in entry["children"]]
    return displayed
