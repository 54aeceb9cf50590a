"""A mapping document to start from."""

from __future__ import annotations

import base64
from typing import Any

from jsm_assets_dest.testing.http.rendering import image

PNG48 = base64.b64encode(image(48, "test")).decode()


def attribute(name: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    """Return an attribute whose external id follows from its name."""
    return {"externalId": f"a/{name}", "name": name, "description": "", "type": kind, **more}


def locate(name: str, *locators: str, **more: Any) -> dict[str, Any]:
    """Return the mapping of an attribute to its locator."""
    return {
        "attributeExternalId": f"a/{name}",
        "attributeName": name,
        "attributeLocators": list(locators),
        **more,
    }


def document(types: list[dict[str, Any]], mappings: list[dict[str, Any]], **schema: Any) -> dict[str, Any]:
    """Return a whole document."""
    return {
        "schema": {"objectSchema": {"name": "Okta", "description": "", "objectTypes": types}, **schema},
        "mapping": {"objectTypeMappings": mappings},
    }


def people_and_groups() -> dict[str, Any]:
    """People with login, age, manager and groups; groups with a name."""
    person = {
        "externalId": "t/Person",
        "name": "Person",
        "description": "Somebody",
        "attributes": [
            attribute("Login", label=True, minimumCardinality=1),
            attribute("Age", "integer"),
            attribute("Tags", maximumCardinality=-1),
            attribute(
                "Manager",
                "referenced_object",
                referenceObjectTypeName="Person",
                referenceObjectTypeExternalId="t/Person",
            ),
            attribute(
                "Groups",
                "referenced_object",
                referenceObjectTypeName="Group",
                referenceObjectTypeExternalId="t/Group",
                maximumCardinality=-1,
            ),
        ],
    }
    group = {
        "externalId": "t/Group",
        "name": "Group",
        "description": "Several",
        "attributes": [attribute("Group name", label=True)],
    }
    return document(
        [person, group],
        [
            {
                "objectTypeExternalId": "t/Person",
                "objectTypeName": "Person",
                "selector": "users",
                "description": "",
                "attributesMapping": [
                    locate("Login", "profile.login", externalIdPart=True),
                    locate("Age", "age"),
                    locate("Tags", "tags"),
                    locate("Manager", "manager", objectMappingIQL="Login = ${manager}"),
                    locate("Groups", "groups", objectMappingIQL='"Group name" IN (${groups})'),
                ],
            },
            {
                "objectTypeExternalId": "t/Group",
                "objectTypeName": "Group",
                "selector": "groups",
                "description": "",
                "attributesMapping": [locate("Group name", "name", externalIdPart=True)],
            },
        ],
    )
