"""Conflicts with object types that exist, and their resolutions."""

from __future__ import annotations

import re

import pytest
from attrs import evolve

from jsm_assets_dest._assets.object_types import Attribute, ExistingObjectType, ObjectType
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import Adoption, AttributeSpec, AttributeType, ObjectTypeSpec, ReferenceSpec
from jsm_assets_dest._plan.conflicts import ConflictRecord, Resolution, apply, find_conflicts
from jsm_assets_dest._plan.differences import DifferenceKind
from jsm_assets_dest.exceptions import InvalidModelError, ResolutionNotPossibleError
from tests.model.samples import GROUPS, MODEL, one_type
from tests.model.service import Service, made_up

KEY = Attribute(id="1", name="Key", system=True, editable=False, minimum=1)
NAME = Attribute(id="2", name="Name", label=True, minimum=1)
OKTA_ID = Attribute(id="3", name="Okta ID", unique=True)
DISPLAY_NAME = Attribute(id="4", name="Display Name", label=True, minimum=1)


def existing(
    name: str, *attributes: Attribute, count: int | None = 0, **options: object
) -> ExistingObjectType:
    """Return an object type as Assets lists it. Its id is its name in lowercase."""
    existing_type = ObjectType(id=name.lower(), name=name, object_count=count, **options)  # type: ignore[arg-type]
    return ExistingObjectType(existing_type, (KEY, *attributes))


def only_conflict(model: SchemaModel, *types: ExistingObjectType) -> ConflictRecord:
    """Return the only conflict."""
    (conflict,) = find_conflicts(model, types)
    return conflict


def kinds(conflict: ConflictRecord) -> list[tuple[DifferenceKind, str, bool]]:
    """Return the kinds of the differences, their attributes, and whether they are harmless."""
    return [
        (difference.kind, difference.attribute, difference.harmless) for difference in conflict.differences
    ]


SAME = existing("Things", OKTA_ID, DISPLAY_NAME)


def test_other_names_are_not_conflicts() -> None:
    """A human's own types are left alone."""
    assert find_conflicts(MODEL, [existing("Rooms", NAME, count=9)]) == ()


def test_equal_type_is_a_harmless_conflict() -> None:
    """It is still a decision whether to write into it."""
    conflict = only_conflict(one_type(), SAME)

    assert conflict.differences == ()
    assert conflict.is_harmless
    assert str(conflict) == "Things: no differences, 0 objects"
    assert conflict.choices == (
        Resolution.ADOPT,
        Resolution.RENAME_EXISTING,
        Resolution.RENAME_INCOMING,
        Resolution.DELETE_EXISTING,
    )


def test_conflict_text_counts_differences() -> None:
    """Counts of differences by kind, and the objects that are there."""
    people = existing(
        "PEOPLE",
        NAME,
        OKTA_ID,
        Attribute(id="5", name="Status"),
        Attribute(id="6", name="Manager", type="referenced_object", reference_object_type_id="people"),
        count=120,
    )

    conflict = only_conflict(MODEL, people)

    assert str(conflict) == (
        "PEOPLE: 3 attributes missing, 1 of another type, another label, another spelling, 120 objects"
    )
    assert not conflict.is_harmless
    assert "(not" not in repr(conflict)


def test_unknown_object_count_is_left_out() -> None:
    """Unknown is not none."""
    assert str(only_conflict(one_type(), existing("Things", OKTA_ID, DISPLAY_NAME, count=None))) == (
        "Things: no differences"
    )
    assert str(only_conflict(one_type(), existing("Things", OKTA_ID, DISPLAY_NAME, count=1))).endswith(
        ", 1 object"
    )


@pytest.mark.parametrize(
    ("wanted", "existing_type", "kind", "harmless", "adoptable"),
    [
        (AttributeSpec("X"), None, DifferenceKind.ATTRIBUTE_MISSING, True, True),
        (AttributeSpec("X", "email"), Attribute(id="9", name="x"), DifferenceKind.ATTRIBUTE_TYPE, True, True),
        (
            AttributeSpec("X"),
            Attribute(id="9", name="X", type="textarea"),
            DifferenceKind.ATTRIBUTE_TYPE,
            True,
            True,
        ),
        (
            AttributeSpec("X", "integer"),
            Attribute(id="9", name="X", type="double"),
            DifferenceKind.ATTRIBUTE_TYPE,
            True,
            True,
        ),
        (
            AttributeSpec("X", "integer"),
            Attribute(id="9", name="X"),
            DifferenceKind.ATTRIBUTE_TYPE,
            False,
            False,
        ),
        (
            AttributeSpec("X", "textarea"),
            Attribute(id="9", name="X"),
            DifferenceKind.ATTRIBUTE_TYPE,
            False,
            False,
        ),
        (
            AttributeSpec("X"),
            Attribute(id="9", name="X", type="user"),
            DifferenceKind.ATTRIBUTE_TYPE,
            False,
            False,
        ),
        (
            AttributeSpec("X"),
            Attribute(id="9", name="X", system=True),
            DifferenceKind.ATTRIBUTE_TYPE,
            False,
            False,
        ),
        (
            AttributeSpec("X", reference=ReferenceSpec("things")),
            Attribute(id="9", name="X", type="referenced_object", reference_object_type_id="rooms"),
            DifferenceKind.REFERENCE_TARGET,
            False,
            False,
        ),
        (
            AttributeSpec("X", reference=ReferenceSpec("things")),
            Attribute(id="9", name="X", type="referenced_object"),
            DifferenceKind.REFERENCE_TARGET,
            False,
            False,
        ),
        (
            AttributeSpec("X", "select", maximum=-1),
            Attribute(id="9", name="X", type="select"),
            DifferenceKind.CARDINALITY,
            False,
            True,
        ),
        (AttributeSpec("X"), Attribute(id="9", name="X", minimum=1), DifferenceKind.CARDINALITY, False, True),
        (
            AttributeSpec("X", minimum=1),
            Attribute(id="9", name="X", maximum=-1),
            DifferenceKind.CARDINALITY,
            True,
            True,
        ),
        (AttributeSpec("X"), Attribute(id="9", name="X", unique=True), DifferenceKind.UNIQUE, False, True),
        (AttributeSpec("X", unique=True), Attribute(id="9", name="X"), DifferenceKind.UNIQUE, True, True),
    ],
)
def test_each_difference_of_an_attribute(
    wanted: AttributeSpec,
    existing_type: Attribute | None,
    kind: DifferenceKind,
    harmless: bool,
    adoptable: bool,
) -> None:
    """A conflict distinguishes changeable differences from those that Assets does not change."""
    attributes = [OKTA_ID, DISPLAY_NAME, *([existing_type] if existing_type else [])]
    conflict = only_conflict(one_type(wanted), existing("Things", *attributes), existing("Rooms"))

    assert kinds(conflict) == [(kind, "X", harmless)]
    assert (Resolution.ADOPT in conflict.choices) is adoptable
    assert conflict.is_harmless is harmless


@pytest.mark.parametrize(
    ("existing_type", "kind", "harmless", "adoptable"),
    [
        (existing("things", OKTA_ID, DISPLAY_NAME), DifferenceKind.SPELLING, True, True),
        (existing("Things", OKTA_ID, DISPLAY_NAME, abstract=True), DifferenceKind.ABSTRACT, False, False),
        (existing("Things", OKTA_ID, DISPLAY_NAME, inherited=True), DifferenceKind.INHERITED, False, True),
        (
            existing("Things", OKTA_ID, DISPLAY_NAME, parent_inherits=True),
            DifferenceKind.INHERITED,
            False,
            True,
        ),
        (existing("Things", OKTA_ID, DISPLAY_NAME, parent_id="rooms"), DifferenceKind.PARENT, True, True),
        (
            existing("Things", OKTA_ID, DISPLAY_NAME, Attribute(id="9", name="Owner", minimum=1)),
            DifferenceKind.REQUIRED,
            False,
            True,
        ),
        (
            existing("Things", OKTA_ID, Attribute(id="4", name="Display Name"), NAME),
            DifferenceKind.LABEL,
            True,
            True,
        ),
        (
            existing(
                "Things", OKTA_ID, evolve(DISPLAY_NAME, label=False, minimum=0), evolve(NAME, editable=False)
            ),
            DifferenceKind.LABEL,
            False,
            False,
        ),
    ],
)
def test_each_difference_of_the_type(
    existing_type: ExistingObjectType, kind: DifferenceKind, harmless: bool, adoptable: bool
) -> None:
    """Names, inheritance, place in the tree, labels, and attributes that would stay empty though required."""
    conflict = only_conflict(one_type(), existing_type, existing("Rooms"))

    assert [(difference.kind, difference.harmless) for difference in conflict.differences] == [
        (kind, harmless)
    ]
    assert (Resolution.ADOPT in conflict.choices) is adoptable


def test_parents_are_compared_by_name() -> None:
    """The existing type stands where it stands."""
    model = SchemaModel(
        "S", [GROUPS, evolve(GROUPS, name="Teams", key="teams", selector="teams", parent="groups")]
    )
    existing_type = existing(
        "Teams", OKTA_ID, DISPLAY_NAME, Attribute(id="9", name="Group Type", type="select")
    )

    conflict = only_conflict(model, existing_type)

    assert [difference.message for difference in conflict.differences] == [
        'It is at the top, not below "Groups". Adopting doesn\'t move it.',
        'Its description is "", not "Of people.". Adopting keeps it.',
    ]


def test_other_descriptions_are_harmless_differences() -> None:
    """Adopting keeps those in Assets. The text of the conflict leaves them out."""
    wanted = evolve(
        one_type(AttributeSpec("Code", description="Ours.")).object_types[0], description="Our things."
    )
    existing_type = existing(
        "Things", OKTA_ID, DISPLAY_NAME, Attribute(id="9", name="Code", description="Theirs.")
    )
    conflict = only_conflict(SchemaModel("S", [wanted]), existing_type)

    assert [(difference.kind.value, difference.message) for difference in conflict.differences] == [
        ("description", 'Its description is "", not "Our things.". Adopting keeps it.'),
        ("description", 'The description of "Code" is "Theirs.", not "Ours.". Adopting keeps it.'),
    ]
    assert conflict.is_harmless
    assert "no differences" in str(conflict)


def test_existing_label_in_the_model_stays_the_label() -> None:
    """No second attribute is needed for it."""
    model = one_type(AttributeSpec("Name"))
    conflict = only_conflict(
        model, existing("Things", OKTA_ID, evolve(DISPLAY_NAME, label=False, minimum=0), NAME)
    )

    adopted = apply(conflict, Resolution.ADOPT, model).object_type("things")

    assert (DifferenceKind.LABEL, "Display Name", True) in kinds(conflict)
    assert [(attribute.name, attribute.label) for attribute in adopted.attributes] == [
        ("Okta ID", False),
        ("Display Name", False),
        ("Name", True),
    ]


def test_adopting_keeps_existing_and_adds_missing() -> None:
    """The story of a harmless conflict: People made manually gets what the import needs, and keeps its own ways."""
    people = existing(
        "PEOPLE",
        NAME,
        Attribute(id="3", name="okta id", description="Theirs.", maximum=1),
        Attribute(id="7", name="Primary Email", minimum=0),
        description="By hand.",
    )
    conflict = only_conflict(MODEL, people)

    model = apply(conflict, Resolution.ADOPT, MODEL)
    adopted = model.object_type("people")

    assert conflict.is_harmless
    assert (adopted.name, adopted.description, adopted.icon_key) == ("PEOPLE", "By hand.", "")
    assert adopted.adopted == Adoption("people", "PEOPLE")
    assert adopted.selector == "people"
    assert [
        (attribute.name, attribute.key, attribute.type.value, attribute.label)
        for attribute in adopted.attributes
    ] == [
        ("okta id", "oktaId", "text", False),
        ("Display Name", "displayName", "text", False),
        ("Primary Email", "primaryEmail", "text", False),
        ("Status", "status", "status", False),
        ("Groups", "groups", "referenced_object", False),
        ("Manager", "manager", "referenced_object", False),
        ("Name", "name", "text", True),
    ]
    assert adopted.attribute("oktaId").identifier
    assert adopted.attribute("oktaId").description == "Theirs."
    assert adopted.attribute("name").locators == ("displayName",)
    assert model.lint().ok
    assert find_conflicts(model, [people]) == ()


def test_added_label_gets_an_unused_key() -> None:
    """The model may have that key already."""
    model = one_type(AttributeSpec("Full", key="name"))
    conflict = only_conflict(model, existing("Things", OKTA_ID, NAME))

    adopted = apply(conflict, Resolution.ADOPT, model).object_type("things")

    assert [attribute.key for attribute in adopted.attributes] == ["oktaId", "displayName", "name", "name2"]


def test_reference_follows_its_adopted_target() -> None:
    """With the target adopted, the reference is compared by id and not by name."""
    groups = existing("Groups", OKTA_ID, DISPLAY_NAME)
    refers = Attribute(id="8", name="X", type="referenced_object", reference_object_type_id="groups")
    elsewhere = Attribute(id="8", name="X", type="referenced_object", reference_object_type_id="rooms")
    model = SchemaModel(
        "S", [GROUPS, *one_type(AttributeSpec("X", reference=ReferenceSpec("groups"))).object_types]
    )
    model = model.with_object_type(evolve(GROUPS, adopted=Adoption("groups", "Groups")))

    same = only_conflict(model, groups, existing("Things", OKTA_ID, DISPLAY_NAME, refers))
    other = only_conflict(model, existing("Things", OKTA_ID, DISPLAY_NAME, elsewhere), existing("Rooms"))

    assert same.differences == ()
    assert [difference.kind for difference in other.differences] == [DifferenceKind.REFERENCE_TARGET]


def test_reference_outside_the_model_is_not_a_difference() -> None:
    """The linter says what is wrong with it."""
    model = one_type(AttributeSpec("X", reference=ReferenceSpec("gone")))
    existing_type = Attribute(id="8", name="X", type="referenced_object", reference_object_type_id="rooms")

    assert only_conflict(model, existing("Things", OKTA_ID, DISPLAY_NAME, existing_type)).differences == ()


def test_impossible_adoption_says_why() -> None:
    """The story of a retyped attribute: the reason names it, and the error offers what is possible."""
    conflict = only_conflict(
        one_type(AttributeSpec("X", "date")), existing("Things", OKTA_ID, DISPLAY_NAME, _number())
    )

    assert conflict.impossible[Resolution.ADOPT] == (
        'The type of "X" is integer, not date, and an import can\'t change a type'
    )
    with pytest.raises(ResolutionNotPossibleError, match="an import can't change a type") as caught:
        apply(conflict, Resolution.ADOPT, one_type())
    assert "rename incoming" in caught.value.remedies[0]


def _number() -> Attribute:
    return Attribute(id="9", name="X", type="integer")


def test_rename_incoming_changes_only_the_model() -> None:
    """By default its new name starts with the model's; key and external id stay."""
    model = evolve(MODEL)
    conflict = only_conflict(model, existing("People", NAME, count=5))

    assert apply(conflict, Resolution.RENAME_INCOMING, model).object_type("people").name == "Okta People"
    assert (
        apply(conflict, Resolution.RENAME_INCOMING, model, name="Staff").object_type("people").name == "Staff"
    )
    with pytest.raises(ResolutionNotPossibleError, match="it is the name of this conflict"):
        apply(conflict, Resolution.RENAME_INCOMING, model, name="people")
    with pytest.raises(InvalidModelError, match="is taken"):
        apply(conflict, Resolution.RENAME_INCOMING, model, name="Groups")


def test_suggested_names_are_unused() -> None:
    """Also for the existing type, which the caller renames in Assets."""
    model = MODEL.with_object_type(ObjectTypeSpec("Okta People"))
    conflict = only_conflict(MODEL, existing("People", NAME))

    assert conflict.suggested_name(Resolution.RENAME_INCOMING, model) == "Okta People2"
    assert conflict.suggested_name(Resolution.RENAME_EXISTING, model) == "People previous"


def test_changes_in_assets_leave_the_model_unchanged() -> None:
    """These resolutions change Assets."""
    conflict = only_conflict(MODEL, existing("People", NAME))

    assert apply(conflict, Resolution.RENAME_EXISTING, MODEL) is MODEL
    assert apply(conflict, Resolution.DELETE_EXISTING, MODEL) is MODEL


def test_skip_is_rejected_while_references_remain() -> None:
    """After the other is skipped too, or its reference dropped, it can be."""
    conflicts = find_conflicts(MODEL, [existing("Groups", NAME), existing("People", NAME)])
    people, groups = conflicts

    assert [conflict.key for conflict in conflicts] == ["people", "groups"]
    assert '"people.groups" stays, and it refers to "Groups"' in groups.impossible[Resolution.SKIP]
    with pytest.raises(ResolutionNotPossibleError, match=r"people\.groups"):
        apply(groups, Resolution.SKIP, MODEL)
    shorter = MODEL.without("people.groups")
    assert [object_type.key for object_type in apply(groups, Resolution.SKIP, shorter).object_types] == [
        "people"
    ]
    assert [object_type.key for object_type in apply(people, Resolution.SKIP, MODEL).object_types] == [
        "groups"
    ]


def test_last_object_type_is_not_skipped() -> None:
    """A model without object types cannot be built."""
    conflict = only_conflict(one_type(), SAME)

    with pytest.raises(ResolutionNotPossibleError, match="no object types left"):
        apply(conflict, Resolution.SKIP, one_type())


def test_skipped_conflict_is_not_resolved_again() -> None:
    """The conflict is gone with it."""
    conflict = only_conflict(MODEL, existing("People", NAME))

    with pytest.raises(ResolutionNotPossibleError, match='no longer has the object type "people"'):
        apply(conflict, Resolution.ADOPT, MODEL.without("people"))


def test_deleting_objects_needs_their_number() -> None:
    """No one deletes 120 people by a flag that says yes."""
    conflict = only_conflict(MODEL, existing("People", NAME, count=120))

    assert Resolution.DELETE_EXISTING not in conflict.choices
    with pytest.raises(
        ResolutionNotPossibleError, match="120 objects would be deleted; pass delete_objects=120"
    ):
        apply(conflict, Resolution.DELETE_EXISTING, MODEL)
    with pytest.raises(ResolutionNotPossibleError, match="it has 120 objects, not 12"):
        apply(conflict, Resolution.DELETE_EXISTING, MODEL, delete_objects=12)
    assert apply(conflict, Resolution.DELETE_EXISTING, MODEL, delete_objects=120) is MODEL


@pytest.mark.parametrize(
    ("others", "count", "reason"),
    [
        ([existing("Teams", NAME, parent_id="people")], 0, "it has child object types: Teams"),
        (
            [existing("Rooms", Attribute(id="7", name="Owner", reference_object_type_id="people"))],
            3,
            "other object types refer to it: Rooms.Owner",
        ),
        ([], None, "the number of its objects is unknown"),
        ([], 1, "1 object would be deleted; pass delete_objects=1 to confirm"),
    ],
)
def test_conflict_says_why_existing_type_is_not_deletable(
    others: list[ExistingObjectType], count: int | None, reason: str
) -> None:
    """Children, references from elsewhere, unknown numbers."""
    conflict = only_conflict(MODEL, existing("People", NAME, count=count), *others)

    assert conflict.impossible[Resolution.DELETE_EXISTING] == reason


def test_referenced_type_is_not_deleted() -> None:
    """The number says that the objects may go, not that a reference may break."""
    rooms = existing("Rooms", Attribute(id="7", name="Owner", reference_object_type_id="people"))
    conflict = only_conflict(MODEL, existing("People", NAME, count=3), rooms)

    with pytest.raises(ResolutionNotPossibleError, match=r"Rooms\.Owner"):
        apply(conflict, Resolution.DELETE_EXISTING, MODEL, delete_objects=3)


def test_type_of_this_model_is_not_a_conflict() -> None:
    """The document of the import source tells: it is the only place that shows external ids."""
    service = Service()
    service.take("PUT", MODEL.document())
    types = [existing("People", NAME), existing("Groups", NAME)]

    assert len(find_conflicts(MODEL, types)) == 2
    assert find_conflicts(MODEL, types, documents=[service.document()]) == ()


def test_two_tenants_in_one_workspace_see_each_other() -> None:
    """The other tenant's type is a conflict that is not harmless: its import writes to it."""
    service = Service()
    service.take("PUT", evolve(MODEL, namespace="okta-eu").document())
    existing_type = existing("People", NAME)

    (conflict,) = find_conflicts(MODEL, [existing_type], documents=[service.document()])

    (difference,) = [
        difference for difference in conflict.differences if difference.kind is DifferenceKind.EXTERNAL_ID
    ]
    assert (difference.existing, difference.wanted) == ("okta-eu/people", "okta/people")
    assert not difference.harmless
    assert Resolution.ADOPT in conflict.choices


def test_generated_external_id_is_harmless() -> None:
    """People made the type, and adopting takes its id over."""
    service = Service()
    service.made_by_people("People")

    (conflict,) = find_conflicts(MODEL, [existing("People", NAME)], documents=[service.document()])

    (difference,) = [
        difference for difference in conflict.differences if difference.kind is DifferenceKind.EXTERNAL_ID
    ]
    assert difference.harmless
    assert difference.existing == made_up("People")
    assert str(difference).endswith("was generated by Assets. Adopting uses it.")


def test_conflict_is_shown_as_table_and_data() -> None:
    """Names of people's types are escaped."""
    model = SchemaModel(
        "S", [ObjectTypeSpec("<b>", [AttributeSpec("Id", identifier=True, label=True)], key="b")]
    )
    conflict = only_conflict(model, existing("<b>", NAME, count=2))

    data = conflict.to_dict()
    page = conflict._repr_html_()

    assert data["choices"] == ["adopt", "rename existing", "rename incoming"]
    assert set(data["impossible"]) == {"skip", "delete existing"}  # type: ignore[call-overload]
    assert data["object_count"] == 2
    assert "&lt;b&gt;: 1 attribute missing" in page
    assert "<b>" not in page
    assert re.search(
        r"not possible</span></td>.{0,300}delete existing</td>.{0,300}>2 objects would be deleted;", page
    )


def test_harmless_differences_are_folded() -> None:
    """Of many differences, the harmless ones are folded away."""
    model = one_type(*(AttributeSpec(f"A{at}") for at in range(20)), AttributeSpec("X", "integer"))
    page = only_conflict(model, existing("Things", NAME, Attribute(id="9", name="X")))._repr_html_()
    first, folded = page.split("<details>")

    assert "not harmless" in first
    assert "&quot;A7&quot; is missing" not in first
    assert "&quot;A7&quot; is missing" in folded


def test_adopted_attribute_has_the_existing_type() -> None:
    """Records are checked against what Assets will take."""
    model = one_type(AttributeSpec("X", "email", maximum=-1))
    existing_type = existing("Things", OKTA_ID, DISPLAY_NAME, Attribute(id="9", name="X", maximum=5))
    adopted = (
        apply(only_conflict(model, existing_type), Resolution.ADOPT, model)
        .object_type("things")
        .attribute("x")
    )

    assert (adopted.type, adopted.maximum) == (AttributeType.TEXT, 5)


def test_document_without_external_ids_changes_nothing() -> None:
    """Assets may leave them out; then the conflict is what it looks like."""
    silent = {"schema": {"objectSchema": {"objectTypes": [{"name": "People"}]}}}
    types = [existing("People", NAME)]

    assert find_conflicts(MODEL, types, documents=[silent]) == find_conflicts(MODEL, types)


def test_rename_incoming_uses_the_name_of_the_first_run() -> None:
    """The script of the first run ends the same way when it runs again."""
    first = only_conflict(MODEL, existing("People", NAME))
    renamed = apply(first, Resolution.RENAME_INCOMING, MODEL)
    service = Service()
    service.made_by_people("People")
    service.take("PUT", renamed.document())
    types = [existing("People", NAME), existing("Okta People", NAME), existing("Groups", NAME)]

    (second,) = find_conflicts(MODEL, types, documents=[service.document()])

    assert second.own_name == "Okta People"
    assert apply(second, Resolution.RENAME_INCOMING, MODEL) == renamed
    assert apply(second, Resolution.RENAME_INCOMING, MODEL, name="Okta People") == renamed
    with pytest.raises(ResolutionNotPossibleError, match="another object type of the schema has it"):
        apply(second, Resolution.RENAME_INCOMING, MODEL, name="Groups")
