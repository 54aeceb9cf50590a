"""Plans: what building a model would do."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest._assets.object_types import Attribute, ExistingObjectType, ObjectType
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import (
    Adoption,
    AttributeSpec,
    IconSpec,
    ObjectTypeSpec,
    ReferenceSpec,
    StatusSpec,
)
from jsm_assets_dest._plan.build_plan import BuildPlanRecord, PlanKind, PlanSubject
from jsm_assets_dest._plan.conflicts import Resolution, apply, find_conflicts
from jsm_assets_dest._plan.planning import make_plan
from jsm_assets_dest._wire.json_reading import digest_of
from jsm_assets_dest.exceptions import (
    ImpossibleChangeError,
    InvalidModelError,
    RiskyChangeError,
    StalePlanError,
)
from tests.model.samples import GROUPS, ID, MODEL, NAME, PEOPLE, one_type, png
from tests.model.service import Service, made_up


def built(model: SchemaModel = MODEL) -> Service:
    """Return a service on which a model was built."""
    service = Service()
    plan = make_plan(model, service.document())
    service.take(plan.verb, plan.document)
    return service


def shown(plan: BuildPlanRecord) -> list[tuple[str, str, str]]:
    """Return the items that are not unchanged."""
    return [
        (item.kind.value, item.subject.value, item.path)
        for item in plan.items
        if item.kind is not PlanKind.UNCHANGED
    ]


def object_types(plan: BuildPlanRecord) -> list[dict[str, Any]]:
    """Return the object types at the root of the document of a plan."""
    document: Any = plan.document
    types: list[dict[str, Any]] = document["schema"]["objectSchema"]["objectTypes"]
    return types


def with_attribute(model: SchemaModel, key: str, name: str, **changes: Any) -> SchemaModel:
    """Return the model with one changed attribute."""
    spec = model.object_type(key)
    attributes = [
        evolve(attribute, **changes) if attribute.key == name else attribute for attribute in spec.attributes
    ]
    return model.with_object_type(evolve(spec, attributes=attributes))


def test_free_namespace_has_no_suggestion() -> None:
    """Also if an object type has the same key."""
    plan = make_plan(evolve(MODEL, namespace="people"), None)

    assert plan.suggested_namespace == ""


def test_plan_for_empty_schema_creates_everything() -> None:
    """The first mapping is PUT, and it is the whole document of the model."""
    plan = make_plan(MODEL, None)

    assert plan.verb == "PUT"
    assert plan.document == MODEL.document()
    assert plan.model == MODEL
    assert {item.kind for item in plan.items} == {PlanKind.CREATE}
    assert {item.path for item in plan.items if item.subject is PlanSubject.OBJECT_TYPE} == {
        "people",
        "groups",
    }
    assert plan.summary == f"First build: {len(plan.items)} create"
    assert not plan.is_empty


def test_plan_for_built_model_is_empty() -> None:
    """Nothing is sent when nothing changed, and the plan says so."""
    plan = make_plan(MODEL, built().document())

    assert (plan.verb, plan.document, plan.is_empty) == (None, None, True)
    assert shown(plan) == []
    assert str(plan) == f"Nothing to send: {len(plan.items)} unchanged"


def test_changed_description_is_all_that_is_sent() -> None:
    """Other types, attributes and mappings are not in the document."""
    plan = make_plan(with_attribute(MODEL, "people", "primaryEmail", description="New."), built().document())

    assert plan.verb == "PATCH"
    assert plan.summary.startswith("Change of the mapping: ")
    assert shown(plan) == [("patch", "attribute", "people.primaryEmail")]
    assert object_types(plan) == [
        {
            "externalId": "okta/people",
            "name": "People",
            "description": "Who works here.",
            "iconKey": "person",
            "attributes": [
                {
                    "externalId": "okta/people/primaryEmail",
                    "name": "Primary Email",
                    "description": "New.",
                    "type": "email",
                    "label": False,
                    "minimumCardinality": 0,
                    "maximumCardinality": 1,
                    "unique": True,
                }
            ],
        }
    ]
    assert plan.document is not None
    assert plan.document["mapping"] == {"objectTypeMappings": []}
    assert set(plan.document["schema"]) == {"objectSchema"}  # type: ignore[arg-type]


def test_new_reference_is_sent_with_its_target() -> None:
    """The service rejects a reference whose target is not in the same document."""
    extended = evolve(
        GROUPS, attributes=[*GROUPS.attributes, AttributeSpec("Owner", reference=ReferenceSpec("people"))]
    )

    plan = make_plan(MODEL.with_object_type(extended), built().document())

    assert shown(plan) == [("create", "attribute", "groups.owner"), ("patch", "mapping", "groups")]
    assert [
        (object_type["name"], len(object_type.get("attributes", []))) for object_type in object_types(plan)
    ] == [
        ("People", 0),
        ("Groups", 1),
    ]


def test_changed_mapping_is_sent_as_a_whole() -> None:
    """The type is there bare, so that the document stays valid; all its attributes are mapped again."""
    plan = make_plan(with_attribute(MODEL, "groups", "groupType", locators=("type",)), built().document())
    document: Any = plan.document

    assert shown(plan) == [("patch", "mapping", "groups")]
    assert object_types(plan) == [
        {"externalId": "okta/groups", "name": "Groups", "description": "Of people."}
    ]
    assert [len(entry["attributesMapping"]) for entry in document["mapping"]["objectTypeMappings"]] == [3]


def test_changed_identifier_is_named_in_the_plan() -> None:
    """All objects would be created again; what looks them up by the old one is mapped again as well."""
    model = with_attribute(
        with_attribute(MODEL, "groups", "oktaId", identifier=False), "groups", "groupType", identifier=True
    )

    plan = make_plan(model, built().document())

    assert [change.message for change in plan.changes] == [
        'The mapping is overwritten: the query of "Groups" changes.',
        (
            'The mapping is overwritten: "Okta ID" no longer identifies a record and "Group Type" identifies a record. '
            "Its identifier changes, so the import creates every object again that doesn't have the new identifier's value "
            "yet."
        ),
    ]
    assert [entry.path for entry in plan.risky] == ["groups"]
    assert str(plan).splitlines()[1].startswith("risky")
    with pytest.raises(RiskyChangeError, match="1 change needs your consent"):
        plan.raise_for_risky()


def test_identifier_read_from_elsewhere_is_risky() -> None:
    plan = make_plan(with_attribute(MODEL, "groups", "oktaId", locators=("uuid",)), built().document())

    assert [(change.kind, change.path) for change in plan.changes] == [(PlanKind.RISKY, "groups")]
    assert '"Okta ID" is read from `uuid` instead of `oktaId`' in plan.changes[0].message


def test_many_risky_changes_are_counted() -> None:
    names = [f"Type {number}" for number in range(6)]
    model = SchemaModel("Many", [ObjectTypeSpec(name, [ID, NAME]) for name in names])
    changed = [evolve(spec, attributes=[evolve(ID, locators=("uuid",)), NAME]) for spec in model.object_types]

    plan = make_plan(evolve(model, object_types=changed), built(model).document())

    with pytest.raises(RiskyChangeError, match=r"6 changes need your consent.*\n(.*\n){4}  2 more"):
        plan.raise_for_risky()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"selector": "staff"},
            'its selector becomes "groups" instead of "staff" and its `description` changes',
        ),
        (
            {"attributesMapping": []},
            '"Okta ID" is filled and "Display Name" is filled and "Group Type" is filled',
        ),
        ({"unknownValues": "ADD"}, ""),
    ],
)
def test_mapping_changes_are_named(change: dict[str, Any], message: str) -> None:
    document: Any = built().document()
    mapping = document["mapping"]["objectTypeMappings"]
    (entry,) = [one for one in mapping if one["objectTypeName"] == "Groups"]
    entry.update(change)

    plan = make_plan(MODEL, document)

    items = [
        item.message for item in plan.items if item.subject is PlanSubject.MAPPING and item.path == "groups"
    ]
    assert items == [f"The mapping is overwritten: {message}." if message else "No change."]


def test_five_changed_attributes_of_a_mapping_are_counted() -> None:
    more = [AttributeSpec(f"More {number}") for number in range(6)]
    model = one_type(*more)
    changed = one_type(
        *more[1:3],
        *(evolve(entry, mapping_extra={"valueMapping": {"a": "b"}}) for entry in more[3:5]),
        more[5],
    )
    document = built(model).document()

    plan = make_plan(changed, document)

    (message,) = [change.message for change in plan.changes]
    assert message == (
        'The mapping is overwritten: the settings of "More 3" changes and the settings of "More 4" changes and '
        '"More 0" is no longer filled.'
    )


def test_required_attribute_outside_the_model_is_drift() -> None:
    document: Any = built().document()
    (entry,) = [one for one in document["schema"]["objectSchema"]["objectTypes"] if one["name"] == "Groups"]
    entry["attributes"].append(
        {
            "externalId": "cmdb::externalId/1",
            "name": "Cost",
            "description": "",
            "type": "text",
            "minimumCardinality": 1,
        }
    )

    plan = make_plan(MODEL, document)

    assert shown(plan) == [("drift", "attribute", "groups.Cost")]


def test_type_that_the_last_import_filled_was_deleted() -> None:
    document: Any = built().document()
    types = document["schema"]["objectSchema"]["objectTypes"]
    types[:] = [object_type for object_type in types if object_type["name"] != "People"]
    mappings = document["mapping"]["objectTypeMappings"]
    mappings[:] = [mapping for mapping in mappings if mapping["objectTypeName"] != "People"]

    (unknown,) = make_plan(MODEL, document).of("create")[:1]
    (known_item,) = make_plan(MODEL, document, imported_types=["people"]).of("create")[:1]

    assert unknown.message == '"People" is created.'
    assert known_item.message.endswith("someone deleted it in Assets, with all its objects.")


def test_icons_and_statuses_alone_make_a_valid_document() -> None:
    """At least one object type has to be in it."""
    model = evolve(
        MODEL,
        icons=[IconSpec("person", "Human", png()), IconSpec("door", "Door", png())],
        statuses=[
            StatusSpec("Locked Out", "pending"),
            StatusSpec("In Use", "active"),
            StatusSpec("Active", "active"),
        ],
    )

    plan = make_plan(model, built().document())
    document: Any = plan.document

    assert shown(plan) == [
        ("patch", "icon", "icons.person"),
        ("create", "icon", "icons.door"),
        ("patch", "status", "statuses.Locked Out"),
        ("create", "status", "statuses.In Use"),
    ]
    assert [object_type["name"] for object_type in object_types(plan)] == ["People"]
    assert [entry["key"] for entry in document["schema"]["iconSchema"]["icons"]] == ["person", "door"]
    assert [entry["name"] for entry in document["schema"]["statusSchema"]["statuses"]] == [
        "Locked Out",
        "In Use",
    ]


def test_icon_without_image_in_response_is_unchanged() -> None:
    """The service may leave images out of its answer; statuses may be read from elsewhere."""
    service = built()
    service.icons["person"].pop("png48")
    service.statuses.clear()
    for attribute in service.object_types[0]["attributes"]:
        attribute.pop("typeValues", None)
    model = with_attribute(MODEL, "people", "status", statuses=())

    assert shown(make_plan(model, service.document())) == [("create", "status", "statuses.Locked Out")]
    assert make_plan(model, service.document(), known_statuses=["LOCKED OUT"]).is_empty


def test_description_and_icon_of_type_are_patched() -> None:
    """Both in one item."""
    spec = evolve(GROUPS, description="Of everybody.", icon_key="person")

    plan = make_plan(MODEL.with_object_type(spec), built().document())

    assert [change.message for change in plan.changes] == [
        'Its description changes and its icon becomes "person".'
    ]
    assert object_types(plan)[0]["iconKey"] == "person"


def test_child_of_existing_type_is_sent_below_it() -> None:
    """Its parent comes along bare."""
    child = ObjectTypeSpec("Teams", [ID, NAME], parent="groups")

    plan = make_plan(MODEL.with_object_type(child), built().document())

    (parent,) = object_types(plan)
    assert (parent["name"], parent.get("attributes")) == ("Groups", None)
    assert [entry["name"] for entry in parent["children"]] == ["Teams"]


def test_child_before_its_parent_is_sent_below_it() -> None:
    """The order of the model does not matter to the tree."""
    child = ObjectTypeSpec("Teams", [ID, NAME], parent="groups")
    model = SchemaModel("Okta", [child, GROUPS])
    service = built(evolve(model, object_types=[GROUPS]))
    changed = with_attribute(model, "groups", "groupType", description="New.")

    plan = make_plan(changed, service.document())
    service.take(plan.verb, plan.document)

    assert [(object_type["name"], len(object_type["children"])) for object_type in object_types(plan)] == [
        ("Groups", 1)
    ]
    assert make_plan(changed, service.document()).is_empty


def test_unmapped_type_is_created_without_mapping() -> None:
    """A folder for others."""
    model = MODEL.with_object_type(ObjectTypeSpec("Folder", mapped=False))
    service = built(model)

    assert service.find("okta/folder") is not None
    assert "okta/folder" not in service.mappings
    assert make_plan(model, service.document()).is_empty


def test_moved_type_is_drift() -> None:
    """Reported as drift; a document for it has the parents that are not in the model, bare."""
    two = SchemaModel("Sample", [*one_type().object_types, evolve(GROUPS)])
    service = built(two)
    service.made_by_people("Rooms")
    things, groups, rooms = service.object_types
    rooms["children"] = [things, groups]
    service.object_types[:] = [rooms]
    more = one_type(AttributeSpec("More")).object_types[0]
    model = two.with_object_type(more).with_object_type(evolve(GROUPS, description="New."))

    plan = make_plan(model, service.document())
    service.take(plan.verb, plan.document)

    assert shown(plan)[0] == ("drift", "object type", "things")
    assert [object_type["name"] for object_type in object_types(plan)] == ["Rooms"]
    assert [object_type["name"] for object_type in object_types(plan)[0]["children"]] == ["Things", "Groups"]
    assert make_plan(model, service.document()).is_empty


def test_parent_without_external_id_is_left_out() -> None:
    """A parent without an external id cannot be named."""
    service = built(one_type())
    service.made_by_people("Rooms")
    service.object_types[1]["children"].append(service.object_types.pop(0))
    document = service.document()
    del document["schema"]["objectSchema"]["objectTypes"][0]["externalId"]

    plan = make_plan(one_type(AttributeSpec("More")), document)

    assert [object_type["name"] for object_type in object_types(plan)] == ["Things"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": True}, "it is the label"),
        ({"unique": True}, "its values must be unique"),
        ({"minimumCardinality": 1}, "it allows 1 to 1 values"),
        ({"maximumCardinality": -1}, "it allows 0 or more values"),
        ({"typeValues": ["Odd"]}, "it allows only the statuses Odd"),
    ],
)
def test_changed_attribute_flags_are_drift(changes: dict[str, Any], message: str) -> None:
    """It is unknown whether a mapping request changes it; a new description is sent with the current settings."""
    model = one_type(AttributeSpec("State", "status"))
    service = built(model)
    if "label" in changes:
        service.attribute("sample/things/displayName")["label"] = False
    service.attribute("sample/things/state").update(changes)

    plan = make_plan(model, service.document())
    described = make_plan(with_attribute(model, "things", "state", description="New."), service.document())
    service.take(described.verb, described.document)

    (item,) = [item for item in plan.items if item.path == "things.state"]
    assert item.kind is PlanKind.DRIFT
    assert message in item.message
    assert item.remedy.startswith("An object schema manager:")
    assert plan.is_empty
    assert message in described.changes[0].message
    assert service.attribute("sample/things/state")["description"] == "New."


def test_missing_attribute_flags_are_drift() -> None:
    """A wanted attribute that someone removed."""
    service = built()
    service.attribute("okta/people/oktaId")["unique"] = False
    service.attribute("okta/people/displayName")["label"] = False
    service.attribute("okta/people/status").pop("typeValues")

    messages = [entry.message for entry in make_plan(MODEL, service.document()).of(PlanKind.DRIFT)]

    assert messages == [
        "In Assets, its values need not be unique. An import doesn't change that.",
        "In Assets, it is not the label. An import doesn't change that.",
        "In Assets, it allows every status. An import doesn't change that.",
    ]


def test_required_label_is_not_drift() -> None:
    """It does so for every label."""
    service = built()
    service.attribute("okta/people/displayName")["minimumCardinality"] = 1

    assert shown(make_plan(MODEL, service.document())) == []


def test_removed_parts_of_the_model_are_drift() -> None:
    """An import deletes nothing; a person is told what is left."""
    plan = make_plan(MODEL.without("groups", "people.groups"), built().document())

    assert shown(plan) == [
        ("patch", "mapping", "people"),
        ("drift", "object type", "Groups"),
        ("drift", "attribute", "people.Groups"),
    ]


def test_unwanted_mapping_is_drift() -> None:
    """Nor does it delete a mapping."""
    model = MODEL.with_object_type(evolve(GROUPS, mapped=False))

    assert ("drift", "mapping", "groups") in shown(make_plan(model, built().document()))


def test_types_of_people_are_not_in_the_plan() -> None:
    """Neither the plan nor the document contains types without an external ID of the model."""
    service = Service()
    service.made_by_people("Rooms", ("Floor", "integer"))

    plan = make_plan(MODEL, service.document())
    service.take(plan.verb, plan.document)

    assert "Rooms" not in str(plan.to_dict())
    assert service.find(made_up("Rooms")) is not None


def impossible(model: SchemaModel, service: Service) -> list[tuple[str, str, str]]:
    """Return the impossible items of a plan, and check that it sends nothing."""
    plan = make_plan(model, service.document())
    assert (plan.verb, plan.document, plan.is_empty) == (None, None, False)
    with pytest.raises(ImpossibleChangeError) as caught:
        plan.raise_for_impossible()
    assert all(entry.path in " ".join(caught.value.remedies) for entry in plan.impossible)
    assert plan.summary.startswith("Can't be built: ")
    return [(entry.path, entry.message, entry.remedy) for entry in plan.impossible]


def test_renamed_type_is_impossible() -> None:
    """The story of a renamed type: anyone who renamed it, the two have to agree again first."""
    ((path, message, remedy),) = impossible(MODEL.renamed("people", "Persons"), built())

    assert path == "people"
    assert message == 'It is called "People" in Assets, not "Persons", and an import can\'t change a name.'
    assert "model.renamed('people', 'People')" in remedy


def test_renamed_attribute_is_impossible() -> None:
    """Names never change."""
    ((path, message, _),) = impossible(MODEL.renamed("people.status", "State"), built())

    assert path == "people.status"
    assert 'It is called "Status" in Assets, not "State"' in message


def test_retyped_attribute_is_impossible() -> None:
    """The story of a retyped attribute."""
    ((path, message, remedy),) = impossible(
        with_attribute(MODEL, "groups", "groupType", type="text"), built()
    )

    assert path == "groups.groupType"
    assert message == "Its type in Assets is select, not text, and an import can't change a type."
    assert "delete the attribute in Assets" in remedy


def test_another_target_is_impossible() -> None:
    """A reference points where it points."""
    model = with_attribute(MODEL, "people", "manager", reference=ReferenceSpec("groups"))

    ((path, message, _),) = impossible(model, built())

    assert path == "people.manager"
    assert 'It refers to "People" in Assets, not to "Groups"' in message


def test_deleted_target_is_named_with_what_points_at_it() -> None:
    """The story of a deleted reference target: what the service would answer REFERENCED_OBJECT_TYPE_CHANGED to."""
    service = built()
    service.object_types[:] = [
        object_type for object_type in service.object_types if object_type["name"] != "Groups"
    ]
    for gone in ("referenceObjectTypeName", "referenceObjectTypeExternalId"):
        service.attribute("okta/people/groups").pop(gone)

    ((path, message, remedy),) = impossible(MODEL, service)
    plan = make_plan(MODEL, service.document())

    assert path == "people.groups"
    assert message.startswith('Its target "Groups" no longer exists in Assets')
    assert "delete the attribute in Assets" in remedy
    assert next(item.message for item in plan.items if item.path == "groups").endswith(
        "It existed before: someone deleted it in Assets, with all its objects."
    )


def test_target_missing_in_response_is_unchanged() -> None:
    """The service need not name it."""
    service = built()
    for gone in ("referenceObjectTypeName", "referenceObjectTypeExternalId"):
        service.attribute("okta/people/groups").pop(gone)

    assert shown(make_plan(MODEL, service.document())) == []


def test_type_of_the_same_name_is_impossible() -> None:
    """Two tenants, or people, have it: the service would answer EXTERNAL_ID_MISMATCH."""
    by_people, by_import = Service(), built(evolve(MODEL, namespace="okta-eu"))
    by_people.made_by_people("people")

    ((path, message, remedy),) = impossible(MODEL, by_people)

    assert path == "people"
    assert 'Its external id is generated by Assets ("cmdb::externalId' in message
    assert remedy.startswith("You: call schema.find_conflicts(model)")
    assert [
        'Its external id is of another import ("okta-eu' in entry[1] for entry in impossible(MODEL, by_import)
    ] == [
        True,
        True,
    ]


def adopted(service: Service, model: SchemaModel = MODEL) -> SchemaModel:
    """Return the model after adopting all conflicts with types that people created."""
    types = []
    for entry in service.object_types:
        attributes = tuple(
            Attribute(
                id=str(at),
                name=one["name"],
                type=one["type"],
                label=one["label"],
                minimum=one["minimumCardinality"],
                description=one["description"],
            )
            for at, one in enumerate(entry["attributes"])
        )
        types.append(
            ExistingObjectType(
                ObjectType(
                    id=entry["name"], name=entry["name"], description=entry["description"], object_count=3
                ),
                attributes,
            )
        )
    for conflict in find_conflicts(model, types):
        model = apply(conflict, Resolution.ADOPT, model)
    return model


def test_adopted_type_keeps_generated_external_ids() -> None:
    """The story of a harmless conflict: existing things keep their ids, new ones get ours, and building ends."""
    service = Service()
    service.made_by_people("PEOPLE", ("primary email", "text"), ("Phone", "text"))
    before = service.attribute(made_up("PEOPLE/Phone")).copy()
    model = adopted(service)

    plan = make_plan(model, service.document())
    service.take(plan.verb, plan.document)
    after = make_plan(model, service.document())

    assert plan.verb == "PUT"
    assert [(item.kind.value, item.path) for item in plan.items if item.path.startswith("people")] == [
        ("adopt", "people"),
        ("create", "people.oktaId"),
        ("create", "people.displayName"),
        ("adopt", "people.primaryEmail"),
        ("create", "people.status"),
        ("create", "people.groups"),
        ("create", "people.manager"),
        ("adopt", "people.name"),
        ("create", "people"),
    ]
    assert plan.model.external_id("people") == made_up("PEOPLE")
    assert plan.model.external_id("people", "primaryEmail") == made_up("PEOPLE/primary email")
    assert plan.model.external_id("people", "oktaId") == "okta/people/oktaId"
    assert service.attribute("okta/people/manager")["referenceObjectTypeExternalId"] == made_up("PEOPLE")
    assert service.attribute(made_up("PEOPLE/Phone")) == before
    assert service.find(made_up("PEOPLE"))["description"] == "Made by people."  # type: ignore[index]
    assert after.is_empty
    assert shown(after) == []
    assert make_plan(plan.model, service.document()).is_empty


def test_adopting_into_a_mapped_source_patches() -> None:
    """An adopted type is not sent again; only its mapping names it."""
    service = built(one_type())
    service.made_by_people("Groups", ("Okta ID", "text"))
    model = SchemaModel(
        "Sample", [*one_type().object_types, *adopted(service, SchemaModel("S", [GROUPS])).object_types]
    )

    plan = make_plan(model, service.document())
    service.take(plan.verb, plan.document)

    assert plan.verb == "PATCH"
    (entry,) = object_types(plan)
    assert [one["name"] for one in entry["attributes"]] == ["Display Name", "Group Type"]
    assert make_plan(model, service.document()).is_empty


def test_adopted_type_patches_only_its_own_attributes() -> None:
    """Of what the import added; what people made is left alone."""
    service = Service()
    service.made_by_people("Groups")
    model = adopted(service, SchemaModel("S", [GROUPS]))
    first = make_plan(model, service.document())
    service.take(first.verb, first.document)
    changed = with_attribute(
        with_attribute(model, "groups", "oktaId", description="Ours."),
        "groups",
        "name",
        description="Not ours.",
    )

    plan = make_plan(changed, service.document())

    assert shown(plan) == [("patch", "attribute", "groups.oktaId"), ("drift", "attribute", "groups.name")]


def test_adopted_attribute_follows_its_name_in_assets() -> None:
    """Once its external id is known, people may rename what is theirs."""
    service = Service()
    service.made_by_people("Groups", ("Okta ID", "text"))
    model = adopted(service, SchemaModel("S", [GROUPS]))
    first = make_plan(model, service.document())
    service.take(first.verb, first.document)
    service.find(made_up("Groups"))["name"] = "Teams"  # type: ignore[index]
    service.attribute(made_up("Groups/Okta ID"))["name"] = "Source ID"

    plan = make_plan(first.model, service.document())

    assert plan.model.object_type("groups").name == "Teams"
    assert plan.model.object_type("groups").attribute("oktaId").name == "Source ID"
    assert plan.is_empty


def test_attribute_created_manually_is_adopted() -> None:
    """Someone was faster: same name, same type, so it is filled instead of rejected."""
    service = built(one_type())
    by_hand = Service()
    by_hand.made_by_people("X", ("MORE", "text"), ("Other", "integer"))
    service.object_types[0]["attributes"] += by_hand.object_types[0]["attributes"][1:]
    model = one_type(AttributeSpec("More"), AttributeSpec("Other", "date"))

    ((path, message, _),) = impossible(model, service)
    plan = make_plan(model.without("things.other"), service.document())

    assert (path, message) == (
        "things.other",
        "Its type in Assets is integer, not date, and an import can't change a type.",
    )
    assert ("adopt", "attribute", "things.more") in shown(plan)
    assert plan.model.external_id("things", "more") == made_up("X/MORE")


def test_missing_type_to_adopt_is_impossible() -> None:
    """It is gone, renamed, or in another schema than the import."""
    model = MODEL.with_object_type(evolve(PEOPLE, adopted=Adoption("7", "Persons")))

    ((path, message, _), *_) = impossible(model, Service())

    assert path == "people"
    assert message == '"Persons" is to be adopted, but the schema of this import has no such object type.'


def test_adopted_type_without_external_id_keeps_the_own() -> None:
    """Without values from Assets, nothing is copied."""
    service = Service()
    service.made_by_people("Groups")
    document = service.document()
    del document["schema"]["objectSchema"]["objectTypes"][0]["externalId"]
    model = adopted(service, SchemaModel("S", [GROUPS]))

    assert make_plan(model, document).model.external_id("groups") == "s/groups"


def test_import_status_decides_between_put_and_patch() -> None:
    """A source that says it has no mapping gets all of it, whatever the document shows."""
    document = built().document()

    assert make_plan(MODEL, document, has_mapping=False).verb == "PUT"
    assert make_plan(MODEL, None, has_mapping=True).verb == "PATCH"
    assert not make_plan(MODEL, document, has_mapping=False).is_empty


def test_plan_for_changed_schema_is_rejected() -> None:
    """The digest of what existed is part of the plan."""
    service = built()
    plan = make_plan(MODEL, service.document())

    plan.check_current(service.document())
    service.attribute("okta/people/oktaId")["description"] = "Somebody was here."
    with pytest.raises(StalePlanError):
        plan.check_current(service.document())
    assert digest_of(None) == make_plan(MODEL, None).current_digest
    assert make_plan(MODEL, None).digest != make_plan(evolve(MODEL, description="x"), None).digest


def test_model_with_errors_is_not_planned() -> None:
    """A mapping without an identifier is rejected before anything is compared."""
    with pytest.raises(InvalidModelError, match="No attribute identifies a record"):
        make_plan(SchemaModel("S", [ObjectTypeSpec("T", [NAME])]), None)


def test_empty_icon_list_is_never_sent() -> None:
    """The service responds one and rejects it."""
    service = built(one_type())

    assert service.document()["schema"]["iconSchema"] == {"icons": []}
    plan = make_plan(one_type(AttributeSpec("More")), service.document())
    assert "iconSchema" not in plan.document["schema"]  # type: ignore[index,operator]


def test_plan_is_shown_as_text_table_and_data() -> None:
    """Unchanged items are counted in the text, not listed."""
    plan = make_plan(with_attribute(MODEL, "groups", "groupType", description="<b>"), built().document())

    assert str(plan).splitlines()[1:] == ["patch      attribute   groups.groupType: Its description changes."]
    assert "1 patch" in plan._repr_html_()
    assert plan.to_dict()["counts"] == plan.counts
    assert plan.to_dict()["items"][0]["kind"] == "unchanged"  # type: ignore[index]
    assert repr(plan) == "<BuildPlanRecord: Change of the mapping: 1 patch, 14 unchanged>"
    assert "Nothing to do." not in plan._repr_html_()
    plan.raise_for_impossible()


def test_item_shows_its_remedy() -> None:
    """In the same line."""
    plan = make_plan(MODEL.renamed("people", "Persons"), built().document())

    assert "An object schema manager" not in str(plan.impossible[0].message)
    assert str(plan.impossible[0]).endswith("Or an object schema manager: rename it in Assets.")


def test_deleted_type_and_attribute_are_created_again() -> None:
    """Someone deleted them in Assets, while their mappings stayed."""
    service = built()
    groups = service.find("okta/groups")
    people = service.find("okta/people")
    assert groups is not None
    assert people is not None
    model = MODEL.without("people.groups")
    first = make_plan(model, service.document())
    service.take(first.verb, first.document)
    service.object_types.remove(groups)
    people["attributes"] = [attribute for attribute in people["attributes"] if attribute["name"] != "Manager"]

    plan = make_plan(model, service.document())

    messages = {(item.subject.value, item.path): item.message for item in plan.of(PlanKind.CREATE)}
    assert messages["object type", "groups"] == (
        '"Groups" is created. It existed before: someone deleted it in Assets, with all its objects.'
    )
    assert messages["attribute", "people.manager"] == (
        '"Manager" is created as a reference to "People". It existed before: someone deleted it in Assets, '
        "with all its values."
    )
    assert not [item for item in plan.of(PlanKind.DRIFT) if item.subject is PlanSubject.MAPPING]


def test_mapping_of_deleted_type_outside_the_model_is_drift() -> None:
    service = built()
    service.object_types[:] = [
        object_type for object_type in service.object_types if object_type["name"] != "Groups"
    ]

    plan = make_plan(MODEL.without("groups", "people.groups"), service.document())

    (item,) = [entry for entry in plan.of(PlanKind.DRIFT) if entry.subject is PlanSubject.MAPPING]
    assert (item.path, item.message) == (
        "Groups",
        "It is still mapped, but the object type was deleted in Assets.",
    )


def test_removed_type_names_what_its_mapping_does() -> None:
    """With or without a mapping."""
    removed = MODEL.without("groups", "people.groups")
    service = built()

    (mapped, *_) = make_plan(removed, service.document()).of(PlanKind.DRIFT)
    del service.mappings["okta/groups"]
    (unmapped, *_) = make_plan(removed, service.document()).of(PlanKind.DRIFT)

    assert mapped.message == (
        "It is no longer in the model. A build deletes neither the type nor its mapping. The mapping stays: if the "
        "import is set to remove or update missing objects, it does so with all objects of this type."
    )
    assert mapped.remedy == (
        "An object schema manager: remove the mapping on the page of the import. Delete the type too, if it is no "
        "longer needed."
    )
    assert unmapped.message == "It is no longer in the model. A build doesn't delete it."


def test_adopted_type_that_left_the_model_keeps_its_mapping() -> None:
    """Its external id is generated, so that only the mapping of this import shows that it was in the model."""
    service = Service()
    service.made_by_people("Groups", ("Okta ID", "text"), ("Group Type", "select"))
    service.made_by_people("Rooms")
    first = make_plan(adopted(service, SchemaModel("S", [GROUPS])), service.document())
    service.take(first.verb, first.document)
    (spec,) = SchemaModel("S", [evolve(GROUPS, name="Teams", key="teams")]).object_types

    (item,) = make_plan(SchemaModel("S", [spec]), service.document()).of(PlanKind.DRIFT)

    assert item.path == "Groups"
    assert "The mapping stays" in item.message


def test_changes_of_adopted_types_are_drift() -> None:
    """Anyone who changed the name, description, uniqueness, or cardinality: the plan names it."""
    service = Service()
    service.made_by_people("Groups", ("Okta ID", "text"), ("Group Type", "select"))
    model = adopted(service, SchemaModel("S", [GROUPS]))
    first = make_plan(model, service.document())
    service.take(first.verb, first.document)
    assert not make_plan(model, service.document()).of(PlanKind.DRIFT)
    changed = with_attribute(first.model, "groups", "groupType", unique=True, maximum=-1, description="Ours.")
    changed = changed.with_object_type(evolve(changed.object_type("groups"), description="Ours."))
    service.find(made_up("Groups"))["name"] = "Teams"  # type: ignore[index]
    service.attribute(made_up("Groups/Group Type"))["maximumCardinality"] = 3

    plan = make_plan(changed, service.document())

    assert plan.is_empty
    assert [item.message for item in plan.of(PlanKind.DRIFT)] == [
        (
            'In Assets, its name is "Teams" instead of "Groups" and its description is "Made by people." instead of '
            '"Ours.". An import doesn\'t change that.'
        ),
        (
            'In Assets, its description is "Group Type by people" instead of "Ours." and its values need not be unique '
            "and it allows 0 to 3 values. An import doesn't change that."
        ),
    ]


def test_target_without_external_id_is_compared_by_name() -> None:
    service = built()
    for name in ("groups", "manager"):
        service.attribute(f"okta/people/{name}").pop("referenceObjectTypeExternalId")
    service.attribute("okta/people/manager")["referenceObjectTypeName"] = "Rooms"

    plan = make_plan(MODEL, service.document())

    assert [item.path for item in plan.impossible] == ["people.manager"]
