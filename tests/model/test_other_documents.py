"""Documents of other apps: unknown keys, mappings that don't fit the schema, and partial documents."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._model.document_reading import read_document
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, IconSpec, ObjectTypeSpec, ReferenceSpec, StatusSpec
from jsm_assets_dest._plan.build_plan import PlanKind
from jsm_assets_dest._plan.planning import make_plan
from jsm_assets_dest.exceptions import ConfigurationError, InvalidModelError
from jsm_assets_dest.testing import Emulator
from tests.model.samples import GROUPS, ID, MODEL, NAME, PEOPLE, one_type, png
from tests.model.service import Service, made_up
from tests.model.strategies import models

#: JSON values that mean something: null is treated as a missing key.
json_values = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=3), values, max_size=2),
    max_leaves=4,
)
unknown_keys = st.sampled_from(
    ["unknownValues", "valueMapping", "handleMissingObjects", "inheritanceOfTomorrow", "$comment"]
)


def entries_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every JSON object of a document that has a fixed set of keys."""
    schema, mapping = document["schema"], document["mapping"]
    yield from (document, schema, mapping, schema["objectSchema"])
    for name, list_name in (("iconSchema", "icons"), ("statusSchema", "statuses")):
        if name in schema:
            yield schema[name]
            yield from schema[name][list_name]
    pending = list(schema["objectSchema"]["objectTypes"])
    for entry in pending:
        yield entry
        yield from entry["attributes"]
        pending += entry.get("children", [])
    for entry in mapping["objectTypeMappings"]:
        yield entry
        yield from entry["attributesMapping"]


@st.composite
def foreign_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return the document of a model with unknown keys in any place."""
    icons = [IconSpec("person", "Person", png())] if draw(st.booleans()) else []
    document: dict[str, Any] = evolve(draw(models()), icons=icons).document()
    for entry in list(entries_of(document)):
        if draw(st.integers(0, 3)) == 0:
            entry[draw(unknown_keys)] = draw(json_values)
    return document


@pytest.mark.once
@given(foreign_documents())
def test_unknown_keys_survive_reading_and_writing(document: dict[str, Any]) -> None:
    model = SchemaModel.from_document(document)

    assert model.document() == document
    assert SchemaModel.from_dict(json.loads(json.dumps(model.to_dict()))) == model


@pytest.mark.once
@given(foreign_documents())
def test_unknown_keys_reach_the_service_once(document: dict[str, Any]) -> None:
    """The first build sends them all. Then the plan is empty, also for a model that doesn't know them."""
    model = SchemaModel.from_document(document)
    service = Service()

    first = make_plan(model, service.document())
    assert first.document == document
    service.take(first.verb, first.document)

    assert make_plan(model, service.document()).is_empty


def test_changed_mapping_keeps_unknown_keys() -> None:
    """A PATCH overwrites the mapping of a type, so what the site has set must be sent again."""
    service = Service()
    first = make_plan(MODEL, None)
    service.take(first.verb, first.document)
    mapping = service.mappings["okta/people"]
    mapping["unknownValues"] = "ADD"
    mapping["description"] = "Written in Assets."
    mapping["attributesMapping"][2]["valueMapping"] = {"true": "Active"}
    people = evolve(
        PEOPLE,
        attributes=[
            evolve(attribute, locators=(f"profile.{attribute.key}",)) for attribute in PEOPLE.attributes
        ],
    )

    assert make_plan(MODEL, service.document()).is_empty
    changed = make_plan(MODEL.with_object_type(people), service.document())
    service.take(changed.verb, changed.document)

    assert changed.verb == "PATCH"
    mapping = service.mappings["okta/people"]
    assert (mapping["unknownValues"], mapping["description"]) == ("ADD", "Written in Assets.")
    assert mapping["attributesMapping"][2]["valueMapping"] == {"true": "Active"}
    assert mapping["attributesMapping"][2]["attributeLocators"] == ["profile.primaryEmail"]


def test_other_value_of_unknown_key_patches_the_mapping() -> None:
    service = Service()
    first = make_plan(one_type(), None)
    service.take(first.verb, first.document)
    spec = one_type().object_types[0]

    plan = make_plan(
        one_type().with_object_type(evolve(spec, mapping_extra={"unknownValues": "ADD"})), service.document()
    )

    assert [(item.kind.value, item.path) for item in plan.changes] == [("patch", "things")]
    document: Any = plan.document
    assert [mapping["unknownValues"] for mapping in document["mapping"]["objectTypeMappings"]] == ["ADD"]


def test_unknown_key_of_existing_definition_is_drift() -> None:
    """It is not documented that an import can change it, so the existing value is sent."""
    service = Service()
    first = make_plan(one_type(AttributeSpec("More")), None)
    service.take(first.verb, first.document)
    service.attribute("sample/things/more")["regex"] = "a+"
    spec = evolve(
        one_type().object_types[0],
        extra={"layout": True},
        attributes=[ID, NAME, AttributeSpec("More", description="New.", extra={"regex": "b+", "x": 1})],
    )

    plan = make_plan(SchemaModel("Sample", [spec]), service.document())
    service.take(plan.verb, plan.document)

    assert [item.message for item in plan.of(PlanKind.DRIFT)] == [
        "In Assets, `layout` is missing, not true. An import doesn't change that."
    ]
    assert [item.message for item in plan.changes] == [
        (
            'Its description changes. In Assets, `regex` is "a+", not "b+" and `x` is missing, not 1. '
            "An import doesn't change that."
        )
    ]
    document: Any = plan.document
    (entry,) = document["schema"]["objectSchema"]["objectTypes"]
    assert "layout" not in entry
    assert entry["attributes"][0]["regex"] == "a+"


def test_extra_must_be_json() -> None:
    with pytest.raises(ConfigurationError, match="not a JSON object"):
        AttributeSpec("A", extra={"a": object()})
    with pytest.raises(ConfigurationError, match="`extra` is a value of the type int"):
        ObjectTypeSpec("A", extra=7)  # type: ignore[arg-type]


def test_query_of_plain_attribute_survives() -> None:
    """Only references have queries in a model, but a document may have one elsewhere."""
    document: dict[str, Any] = one_type(AttributeSpec("More")).document()
    document["mapping"]["objectTypeMappings"][0]["attributesMapping"][2]["objectMappingIQL"] = "A = ${more}"
    document["schema"]["objectSchema"]["objectTypes"][0]["attributes"][2]["referenceObjectTypeName"] = "X"

    assert SchemaModel.from_document(document).document() == document


# --- mappings that don't fit the schema


def broken(**change: Any) -> dict[str, Any]:
    """Return the document of two types, with one key of the first mapping or of its last attribute changed."""
    document: dict[str, Any] = SchemaModel("S", [GROUPS, evolve(PEOPLE, attributes=[ID, NAME])]).document()
    mapping = document["mapping"]["objectTypeMappings"][0]
    for key, value in change.items():
        (mapping if key.startswith("objectType") else mapping["attributesMapping"][2])[key] = value
    return document


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"objectTypeExternalId": "s/gruops"}, "s/gruops"),
        ({"objectTypeExternalId": None, "objectTypeName": "Gruops"}, "Gruops"),
        ({"attributeExternalId": "s/groups/knid"}, "s/groups/knid"),
        ({"attributeExternalId": "", "attributeName": "Knid"}, "Knid"),
        ({"objectTypeExternalId": "s/people"}, "s/people"),
        ({"attributeExternalId": "s/groups/oktaId"}, "s/groups/oktaId"),
    ],
    ids=["type id", "type name", "attribute id", "attribute name", "type twice", "attribute twice"],
)
def test_mapping_that_does_not_fit_is_named(change: dict[str, Any], named: str) -> None:
    document = broken(**change)

    with pytest.raises(InvalidModelError) as caught:
        SchemaModel.from_document(document)

    assert f'"{named}"' in str(caught.value)
    # Following a mapping that Assets already has must not fail: a type may have been deleted there.
    lenient = read_document(document, SchemaModel, strict=False)
    assert {spec.name for spec in lenient.object_types} == {"Groups", "People"}


def test_sound_document_is_accepted() -> None:
    assert SchemaModel.from_document(broken()).document() == broken()


_TYPE = ("schema", "objectSchema", "objectTypes", 0)
_MAPPED = ("mapping", "objectTypeMappings", 0)


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("schema", "statusSchema"), [], "schema.statusSchema: The value is not an object"),
        (("schema", "objectSchema", "name"), 5, "schema.objectSchema.name: The value is not a string"),
        ((*_TYPE, "attributes"), {}, "objectTypes[0].attributes: The value is not a list of objects"),
        ((*_TYPE, "attributes", 0), "ID", "objectTypes[0].attributes[0]: The value is not an object"),
        ((*_TYPE, "attributes", 0, "label"), "true", "attributes[0].label: The value is not true or false"),
        (
            (*_TYPE, "attributes", 0, "minimumCardinality"),
            "1",
            "attributes[0].minimumCardinality: The value is not a whole number",
        ),
        ((*_MAPPED, "selector"), 5, "objectTypeMappings[0].selector: The value is not a string"),
        (
            (*_MAPPED, "attributesMapping", 0, "attributeLocators"),
            "email",
            "attributesMapping[0].attributeLocators: The value is not a list of strings",
        ),
        (
            (*_MAPPED, "attributesMapping", 0, "attributeLocators"),
            ["email", 5],
            "attributesMapping[0].attributeLocators: The value is not a list of strings",
        ),
    ],
)
def test_value_of_a_wrong_type_is_named(keys: tuple[str | int, ...], value: Any, words: str) -> None:
    """Otherwise the import would read another key of the records, without a word. A document in Assets is read anyway."""
    document: Any = copy.deepcopy(MODEL.document())
    entry = document
    for key in keys[:-1]:
        entry = entry[key]
    entry[keys[-1]] = value

    with pytest.raises(InvalidModelError, match=re.escape(words)) as problem:
        SchemaModel.from_document(document)

    findings: Any = problem.value.findings
    assert [finding.code for finding in findings] == ["wrong-type"]
    read_document(document, SchemaModel, strict=False)


@pytest.mark.parametrize("part", [{"schema": []}, {"mapping": {"objectTypeMappings": {"selector": "x"}}}])
def test_partial_document_of_a_wrong_type_is_rejected(part: dict[str, Any]) -> None:
    """It would change nothing, without a word."""
    with pytest.raises(InvalidModelError, match="The value is not"):
        MODEL.with_document(part)


def test_unknown_key_may_have_the_name_of_a_known_one() -> None:
    """An object type has no key `label`, so any value is stored."""
    document: Any = copy.deepcopy(MODEL.document())
    document["schema"]["objectSchema"]["objectTypes"][0]["label"] = 5

    assert SchemaModel.from_document(document).document() == document


# --- inheritance


@pytest.mark.parametrize(
    ("inherits", "parent_label", "code"),
    [(True, True, None), (True, False, "label-missing"), (False, True, "label-missing")],
)
def test_inherited_label_counts(inherits: bool, parent_label: bool, code: str | None) -> None:
    parent = ObjectTypeSpec("Assets", [evolve(NAME, label=parent_label)], mapped=False)
    child = ObjectTypeSpec("Servers", [ID], parent="assets", extra={"inheritance": inherits})

    findings = SchemaModel("S", [parent, child]).lint()

    assert [finding.code for finding in findings.errors] == ([code] if code else [])
    assert bool(findings.with_code("parent-not-inherited")) is not inherits


def test_label_of_a_parent_that_passes_it_on_counts() -> None:
    """Assets reports inheritance at the parent; other documents have it at the child."""
    parent = ObjectTypeSpec("Assets", [NAME], mapped=False, extra={"inheritance": True})
    child = ObjectTypeSpec("Servers", [ID], parent="assets")

    findings = SchemaModel("S", [parent, child]).lint()

    assert not findings.errors
    assert not findings.with_code("parent-not-inherited")


def tree(*, has_label: bool, flag: str = "child") -> SchemaModel:
    parent = ObjectTypeSpec(
        "Assets", [NAME], mapped=False, extra={"inheritance": True} if flag == "parent" else {}
    )
    label = [evolve(NAME, key="own")] if has_label else []
    child = ObjectTypeSpec(
        "Servers", [ID, *label], parent="assets", extra={"inheritance": True} if flag == "child" else {}
    )
    return SchemaModel("S", [parent, child])


@pytest.mark.parametrize("existing_flag", ["child", "parent"])
@pytest.mark.parametrize("flag", ["child", "parent"])
@pytest.mark.parametrize("has_label", [False, True])
def test_plan_warns_if_inheritance_is_off_in_assets(has_label: bool, flag: str, existing_flag: str) -> None:
    """It is no drift: the build does what an import can do, and the warning ends when someone switches it on."""
    model, service = tree(has_label=has_label, flag=flag), Service()

    first = make_plan(model, None)
    service.take(first.verb, first.document)
    second = make_plan(model, service.document())
    document = service.document()
    (parent,) = document["schema"]["objectSchema"]["objectTypes"]
    (parent if existing_flag == "parent" else parent["children"][0])["inheritance"] = True
    third = make_plan(model, document)

    for plan in (first, second):
        (warning,) = plan.of(PlanKind.WARNING)
        assert '"Servers" does not have the attributes of "Assets"' in warning.message
        assert ("skips records without a label" in warning.message) is not has_label
        assert not plan.of(PlanKind.DRIFT)
    assert (second.is_empty, third.is_empty) == (True, True)
    assert [item.kind for item in third.items if item.kind is not PlanKind.UNCHANGED] == []


def test_plan_names_a_label_that_no_record_fills() -> None:
    """Assets gives a type a label of its own if it does not inherit one."""
    model, service = tree(has_label=False), Service()
    plan = make_plan(model, None)
    service.take(plan.verb, plan.document)
    parent: Any = service.object_types[0]
    own = {**parent["attributes"][0], "externalId": made_up("Servers/Display Name")}
    parent["children"][0]["attributes"].append(own)

    warnings = make_plan(model, service.document()).of(PlanKind.WARNING)

    assert [(item.path, item.message.split(". ")[0]) for item in warnings] == [
        (
            "servers",
            'An import can\'t switch on inheritance, so "Servers" does not have the attributes of "Assets".',
        ),
        ("servers.Display Name", "It is the label in Assets, but the model doesn't fill it"),
    ]


def test_circle_of_inheriting_parents_is_an_error() -> None:
    """The search for an inherited label must end."""
    first = ObjectTypeSpec("A", [ID], parent="b", extra={"inheritance": True})
    second = ObjectTypeSpec("B", [ID], parent="a", extra={"inheritance": True})

    assert SchemaModel("S", [first, second]).lint().with_code("parent-circle")


# --- partial documents


@pytest.mark.once
@given(models())
def test_partial_document_without_changes_changes_nothing(model: SchemaModel) -> None:
    """Keys and lengths stay too, whatever the external ids."""
    lengths = [
        evolve(spec, attributes=[evolve(attribute, max_length=7) for attribute in spec.attributes])
        for spec in model.object_types
    ]
    model = evolve(model, object_types=lengths)

    assert model.with_document({}) == model
    assert model.with_document(evolve(model, object_types=lengths).document()) == model


def test_partial_document_changes_and_adds() -> None:
    """New attributes, a new child, a changed mapping, and a mapping of attributes that only the model has."""
    model = SchemaModel(
        "Disks",
        [evolve(GROUPS, external_id="type/group"), PEOPLE],
        statuses=[StatusSpec("Locked Out", "inactive")],
        icons=[IconSpec("person", "Person", png())],
    )
    before = copy.deepcopy(model.to_dict())
    mapping: dict[str, Any] = {
        "objectTypeExternalId": "type/group",
        "objectTypeName": "Groups",
        "selector": "teams",
        "description": "Ours.",
        "attributesMapping": [
            {
                "attributeExternalId": "disks/groups/oktaId",
                "attributeName": "Okta ID",
                "attributeLocators": ["id"],
                "externalIdPart": True,
            },
            {"attributeExternalId": "attr/size", "attributeName": "Size", "attributeLocators": ["size"]},
        ],
    }
    child = {
        "externalId": "type/team",
        "name": "Teams",
        "description": "",
        "attributes": [{"externalId": "attr/team", "name": "Name", "description": "", "type": "text"}],
    }
    change: dict[str, Any] = {
        "schema": {
            "objectSchema": {
                "name": "Other name",
                "description": "",
                "objectTypes": [
                    {
                        "externalId": "type/group",
                        "name": "Groups",
                        "description": "New.",
                        "attributes": [
                            {"externalId": "attr/size", "name": "Size", "description": "", "type": "integer"},
                            {"name": "okta id", "description": "Changed."},
                        ],
                        "children": [child],
                    }
                ],
            },
            "iconSchema": {"icons": [{"key": "person", "name": "Human", "png48": png()}]},
            "statusSchema": {
                "statuses": [
                    {"name": "Gone", "description": "", "category": "inactive"},
                    {"name": "locked out", "description": "", "category": "pending"},
                ]
            },
        },
        "mapping": {"objectTypeMappings": [mapping]},
        "note": "kept",
    }

    changed = model.with_document(change)
    groups = changed.object_type("groups")

    assert model.to_dict() == before
    assert changed.name == "Disks"
    assert changed.object_type("people") == PEOPLE
    assert (groups.selector, groups.description, groups.external_id) == ("teams", "New.", "type/group")
    assert [(attribute.key, attribute.locators) for attribute in groups.attributes] == [
        ("oktaId", ("id",)),
        ("displayName", ()),
        ("groupType", ()),
        ("size", ("size",)),
    ]
    assert groups.attribute("oktaId").description == "Changed."
    assert changed.object_type("teams").parent == "groups"
    assert not changed.object_type("teams").mapped
    assert [(icon.key, icon.name) for icon in changed.icons] == [("person", "Human")]
    assert [(status.name, status.category.value) for status in changed.statuses] == [
        ("locked out", "pending"),
        ("Gone", "inactive"),
    ]
    assert changed.extra == {"note": "kept"}


def test_partial_document_finds_children() -> None:
    """A partial document may name a type at the root that is a child in the model."""
    model = SchemaModel("S", [GROUPS, ObjectTypeSpec("Teams", [ID, NAME], parent="groups")])
    change = {
        "schema": {
            "objectSchema": {
                "objectTypes": [{"externalId": "s/teams", "name": "Teams", "description": "New."}]
            }
        }
    }

    changed = model.with_document(change)

    assert changed == model.with_object_type(evolve(model.object_type("teams"), description="New."))


def test_partial_document_still_has_to_fit() -> None:
    change = {
        "mapping": {"objectTypeMappings": [{"objectTypeExternalId": "okta/rooms", "objectTypeName": "Rooms"}]}
    }

    with pytest.raises(InvalidModelError, match='"okta/rooms"'):
        MODEL.with_document(change)


def test_reference_to_type_outside_stays_as_it_is() -> None:
    reference = AttributeSpec("Room", reference=ReferenceSpec("elsewhere/rooms", aql="Name = ${room}"))
    model = one_type(reference)

    assert model.lint().with_code("reference-target-unknown")


# --- cases from real use, which are not part of this project


def case(name: str) -> dict[str, Any]:
    """Return a case. Skip the test if it does not exist."""
    beside = Path(__file__).parents[2].parent / "shared"
    path = Path(os.environ.get("JSM_ASSETS_SHARED", beside)) / "cases" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{name} does not exist. Set JSM_ASSETS_SHARED to the folder that contains the cases.")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def test_case_unknown_attribute_is_named() -> None:
    data = case("mapping-names-unknown-attribute")

    with pytest.raises(InvalidModelError, match=data["must_complain_about"]):
        SchemaModel.from_document(data["document"])


def test_case_settings_survive() -> None:
    data = case("settings-survive-reading")

    document: Any = SchemaModel.from_document(data["document"]).document()

    assert document["mapping"]["objectTypeMappings"][0][data["must_survive"]] == "ADD"


def test_case_inherited_label_is_not_an_error() -> None:
    data = case("label-inherited")

    assert SchemaModel.from_document(data["document"]).lint().ok


@pytest.mark.parametrize(
    "name",
    [
        "nested-records",
        "one-selector-two-types",
        "mapping-documents/guide-block-1",
        "mapping-documents/guide-block-2",
        "mapping-documents/guide-block-3",
    ],
)
def test_case_builds_and_then_needs_nothing(name: str) -> None:
    """Nothing of the document is lost, apart from the wording of names in its mapping."""
    data = case(name)
    model = SchemaModel.from_document(data.get("document", data))

    with Emulator() as emulator, emulator.connect() as connection:
        token = connection.import_token(emulator.add_import_source(emulator.add_object_schema("OKT")).token)
        token.build(model)

        assert token.plan(model).is_empty


def test_case_partial_document_applies_to_the_whole_one() -> None:
    """The fourth example of Atlassian's guide is a PATCH of the first one."""
    model = SchemaModel.from_document(case("mapping-documents/guide-block-1"))
    partial = case("mapping-documents/patch-partial")

    with pytest.raises(InvalidModelError, match="with_document"):
        SchemaModel.from_document(partial)
    changed = model.with_document(partial)

    assert changed.lint().ok
    assert {spec.name for spec in changed.object_types} == {"Hard Drive", "Folder", "File"}
