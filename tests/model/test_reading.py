"""Reading documents and stored models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest._model.document_reading import read_document
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import Adoption, AttributeSpec, AttributeType, ObjectTypeSpec, ReferenceSpec
from jsm_assets_dest.exceptions import InvalidModelError
from tests.model.samples import MODEL, PEOPLE
from tests.model.service import Service, made_up


def document(*attributes: dict[str, Any], mapped: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a document of one object type, as other apps write it."""
    entry = {"name": "Hard Drive", "description": "", "attributes": list(attributes)}
    mapping = {
        "objectTypeName": "Hard Drive",
        "selector": "drives",
        "description": "",
        "attributesMapping": mapped or [],
    }
    return {
        "schema": {"objectSchema": {"name": "Disks", "description": "", "objectTypes": [entry]}},
        "mapping": {"objectTypeMappings": [] if mapped is None else [mapping]},
    }


def attribute(name: str, kind: str = "text", **more: object) -> dict[str, Any]:
    """Return an attribute of a document."""
    return {"name": name, "description": "", "type": kind, **more}


def test_document_restores_the_whole_model() -> None:
    """Icons, statuses, references, order and all."""
    assert SchemaModel.from_document(MODEL.document()) == MODEL


def test_response_is_read_without_system_attributes() -> None:
    """Key has no external id and belongs to Assets; what people made is there, but not filled."""
    service = Service()
    service.made_by_people("Rooms", ("Floor", "integer"))

    model = SchemaModel.from_document(service.document())

    assert model.namespace == "docs"
    assert model.object_types == (
        ObjectTypeSpec(
            "Rooms",
            [
                AttributeSpec(
                    "Name",
                    description="Name by people",
                    label=True,
                    minimum=1,
                    external_id=made_up("Rooms/Name"),
                    mapped=False,
                ),
                AttributeSpec(
                    "Floor",
                    "integer",
                    description="Floor by people",
                    external_id=made_up("Rooms/Floor"),
                    mapped=False,
                ),
            ],
            description="Made by people.",
            external_id=made_up("Rooms"),
            mapped=False,
        ),
    )


def test_document_without_external_ids_is_read_by_names() -> None:
    """It has no external ids: mappings and references find their places by name, and keys are made from names."""
    read = SchemaModel.from_document(
        document(
            attribute("DUID", label=True),
            attribute("Disk Label"),
            attribute("Next", "referenced_object", referenceObjectTypeName="hard drive"),
            mapped=[
                {"attributeName": "DUID", "attributeLocators": ["id"], "externalIdPart": True},
                {"attributeName": "Next", "attributeLocators": ["n"], "objectMappingIQL": "Name Like ${n}"},
            ],
        )
    )

    assert read.namespace == "disks"
    assert read.object_types == (
        ObjectTypeSpec(
            "Hard Drive",
            [
                AttributeSpec("DUID", locators=["id"], label=True, identifier=True),
                AttributeSpec("Disk Label", mapped=False),
                AttributeSpec(
                    "Next", reference=ReferenceSpec("hardDrive", aql="Name Like ${n}"), locators=["n"]
                ),
            ],
            selector="drives",
        ),
    )


def test_reference_to_something_outside_keeps_its_name() -> None:
    """The linter will say that it is not in the model."""
    read = SchemaModel.from_document(
        document(
            attribute("Room", "referenced_object", referenceObjectTypeExternalId="elsewhere/rooms"),
            mapped=[{"attributeName": "Room", "attributeLocators": ["r"], "objectMappingIQL": "Name = ${r}"}],
        )
    )

    assert read.object_types[0].attributes[0].reference == ReferenceSpec("elsewhere/rooms", aql="Name = ${r}")


def test_equal_names_get_different_keys() -> None:
    """A document may hold names that make the same key."""
    read = SchemaModel.from_document(document(attribute("A b"), attribute("aB"), attribute("??")))

    assert [attribute.key for attribute in read.object_types[0].attributes] == ["aB", "aB2", "attribute"]


def test_another_apps_external_ids_are_kept() -> None:
    """Only ids of our own form give keys; all others stay as they are."""
    source = document(attribute("DUID", externalId="attr/duid"))
    source["schema"]["objectSchema"]["objectTypes"][0]["externalId"] = "type/hard-drive"

    read = SchemaModel.from_document(source)

    assert read.namespace == "type"
    assert read.object_types[0].key == "hard-drive"
    assert read.object_types[0].attributes[0].external_id == "attr/duid"


@pytest.mark.parametrize("broken", [{}, {"schema": []}, {"schema": {"objectSchema": {"objectTypes": {}}}}])
def test_other_json_is_rejected(broken: dict[str, Any]) -> None:
    """With the place that is missing."""
    with pytest.raises(InvalidModelError, match="no list of object types"):
        SchemaModel.from_document(broken)


def test_unknown_types_and_categories_are_all_named() -> None:
    """An attribute for users cannot be imported; both mistakes come in one error."""
    source = document(attribute("Owner", "user"), attribute("Group", "group"))
    source["schema"]["statusSchema"] = {"statuses": [{"name": "Odd", "category": "weird", "description": ""}]}

    with pytest.raises(InvalidModelError) as caught:
        SchemaModel.from_document(source)

    assert [getattr(finding, "path", "") for finding in caught.value.findings] == [
        "statuses.Odd",
        "hardDrive.owner",
        "hardDrive.group",
    ]


def test_values_of_wrong_kinds_in_assets_are_ignored() -> None:
    """Scalars in the place of objects and strings must not stop an import. A user's document is rejected."""
    source = document(attribute("A", typeValues="Active", minimumCardinality=True))
    source["schema"]["objectSchema"]["objectTypes"].append("odd")
    source["mapping"] = None

    model = read_document(source, SchemaModel, strict=False)

    assert model.object_types[0].attributes[0] == AttributeSpec("A", mapped=False)
    with pytest.raises(InvalidModelError, match="has 3 errors"):
        SchemaModel.from_document(source)


def test_stored_model_keeps_what_documents_cannot() -> None:
    """Adoption, lengths and own keys are in it too."""
    spec = evolve(
        PEOPLE,
        adopted=Adoption("12", "People"),
        attributes=[evolve(PEOPLE.attributes[0], max_length=20), *PEOPLE.attributes[1:]],
    )
    model = MODEL.with_object_type(spec)

    stored = json.loads(json.dumps(model.to_dict()))

    assert SchemaModel.from_dict(stored) == model
    assert SchemaModel.from_dict(stored).digest == model.digest != MODEL.digest


def test_stored_model_may_leave_out_defaults() -> None:
    """A missing key has the default of the model."""
    short = {"name": "S", "object_types": [{"name": "T", "attributes": [{"name": "Some Name"}]}]}

    assert SchemaModel.from_dict(short) == SchemaModel(
        "S", [ObjectTypeSpec("T", [AttributeSpec("Some Name")])]
    )
    assert SchemaModel.from_dict(short).object_types[0].attributes[0].type is AttributeType.TEXT


def test_mistakes_of_stored_model_are_all_named() -> None:
    """By path, in one error."""
    wrong = {
        "name": "S",
        "colour": "red",
        "statuses": [{"name": "Odd", "category": "weird"}],
        "object_types": [
            {
                "name": 7,
                "mapped": "yes",
                "size": 1,
                "attributes": [{"name": "A", "type": "project", "label": 1, "maximum": "2", "shape": ""}, {}],
            }
        ],
    }

    with pytest.raises(InvalidModelError) as caught:
        SchemaModel.from_dict(wrong)

    assert [getattr(finding, "path", "") for finding in caught.value.findings] == [
        "colour",
        "object_types[0].size",
        "object_types[0].name",
        "object_types[0].attributes[0].shape",
        "object_types[0].attributes[0].type",
        "object_types[0].attributes[0].label",
        "object_types[0].attributes[0].maximum",
        "object_types[0].attributes[1].name",
        "object_types[0].mapped",
        "statuses[0].category",
    ]


def test_model_of_later_form_is_rejected() -> None:
    """Rather than read by half."""
    with pytest.raises(InvalidModelError, match="cannot read the form 2"):
        SchemaModel.from_dict({**MODEL.to_dict(), "form": 2})
    with pytest.raises(InvalidModelError, match="list of object types is missing"):
        SchemaModel.from_dict({})


@pytest.mark.parametrize("selector", [None, "", " "])
@pytest.mark.parametrize("locators", [None, [], ["id", ""]])
def test_mapping_without_required_keys_is_rejected(selector: str | None, locators: list[str] | None) -> None:
    """The service requires both. They used to be filled in with the keys of the model."""
    source = document(
        attribute("DUID", label=True),
        attribute("Size"),
        mapped=[
            {"attributeName": "DUID", "attributeLocators": ["id"], "externalIdPart": True},
            {"attributeName": "Size", "attributeLocators": locators},
        ],
    )
    source["mapping"]["objectTypeMappings"][0]["selector"] = selector

    with pytest.raises(InvalidModelError) as caught:
        SchemaModel.from_document(source)

    assert [getattr(finding, "path", "") for finding in caught.value.findings] == [
        "hardDrive",
        "hardDrive.size",
    ]
    assert [getattr(finding, "code", "") for finding in caught.value.findings] == [
        "no-selector",
        "no-locators",
    ]
