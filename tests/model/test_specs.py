"""The parts of a model: what they fill in by themselves, and what they keep."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest._assets.object_types import StatusCategory
from jsm_assets_dest._model.names import camel_case, plain_name, slug, unused
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import (
    AttributeSpec,
    AttributeType,
    ObjectTypeSpec,
    ReferenceSpec,
    StatusSpec,
)
from jsm_assets_dest.exceptions import ConfigurationError
from tests.model.samples import GROUPS, MODEL, PEOPLE


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Primary Email", "primaryEmail"),
        ("Okta ID", "oktaId"),
        ("IMEI", "imei"),
        ("Custom Attribute 10", "customAttribute10"),
        ("hostName", "hostName"),
        ("Größe (cm)", "größeCm"),
        ("--", ""),
    ],
)
def test_key_follows_from_a_name(name: str, key: str) -> None:
    """Keys are the camel case that people would write, and nothing where a name gives nothing."""
    assert camel_case(name) == key


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("LOCKED_OUT", "Locked Out"),
        ("Läuft!", "L uft"),
        ("in-use", "in-use"),
        ("x" * 40, "x" * 30),
        ("I!", ""),
    ],
)
def test_status_name_is_made_plain(name: str, plain: str) -> None:
    """The remedy of the linter is a name that the service accepts, or no name of one letter."""
    assert plain_name(name) == plain


def test_taken_names_get_a_number() -> None:
    """The first free number from 2, without regard to case."""
    assert unused("Name", {"other"}) == "Name"
    assert unused("Name", {"name", "name2"}) == "Name3"


def test_defaults_are_filled_in_once_and_survive_a_rename() -> None:
    """Renaming keeps key, locators, selector and so the external id: records need not change."""
    attribute = evolve(AttributeSpec("Primary Email"), name="E-mail")
    spec = evolve(ObjectTypeSpec("User Types"), name="Kinds")

    assert (attribute.key, attribute.locators) == ("primaryEmail", ("primaryEmail",))
    assert (spec.key, spec.selector) == ("userTypes", "userTypes")


def test_reference_makes_a_reference_attribute() -> None:
    """No one has to say it twice; the short word `reference` is understood as well."""
    assert AttributeSpec("Manager", reference=ReferenceSpec("people")).type is AttributeType.REFERENCE
    assert AttributeSpec("Manager", "reference").type is AttributeType.REFERENCE


def test_unknown_type_or_category_is_rejected() -> None:
    """A word that is no type cannot become part of a model."""
    with pytest.raises(ValueError, match="'project'"):
        AttributeSpec("Owner", "project")
    with pytest.raises(ValueError, match="'open'"):
        StatusSpec("Open", "open")


@pytest.mark.parametrize("values", ["abc", [GROUPS, "people"], 7])
def test_sequence_of_wrong_items_is_rejected(values: Any) -> None:
    """A string is not a sequence of object types."""
    with pytest.raises(ConfigurationError, match="`object_types`") as caught:
        SchemaModel("S", values)

    assert caught.value.field == "object_types"
    assert "list of ObjectTypeSpec" in caught.value.fix


def test_error_of_unknown_choice_lists_the_choices() -> None:
    with pytest.raises(ConfigurationError, match="`type` is 'string'") as caught:
        AttributeSpec("A", "string")

    assert '"text", "integer"' in caught.value.fix


def test_one_text_is_one_locator() -> None:
    """A text is not taken apart into letters."""
    assert AttributeSpec("Email", locators="profile.email").locators == ("profile.email",)


def test_unmapped_parts_have_no_locator_or_selector() -> None:
    """So that nothing of it reaches the mapping."""
    assert AttributeSpec("Note", mapped=False, locators=["note"]).locators == ()
    assert ObjectTypeSpec("Rooms", mapped=False).selector == ""


def test_external_ids_carry_the_namespace() -> None:
    """They are unique in a workspace, so two tenants need two namespaces; slashes in keys cannot confuse them."""
    eu = evolve(MODEL, namespace="okta-eu")
    slashed = SchemaModel("S", [ObjectTypeSpec("A", [AttributeSpec("B", key="x/y%")], key="a/b")])

    assert MODEL.external_id("people") == "okta/people"
    assert MODEL.external_id("people", "oktaId") == "okta/people/oktaId"
    assert eu.external_id("people", "oktaId") == "okta-eu/people/oktaId"
    assert slashed.external_id("a/b", "x/y%") == "s/a%2Fb/x%2Fy%25"
    assert slug("Okta (EU)") == "okta-eu"


def test_own_external_ids_win() -> None:
    """Explicit values are used unchanged."""
    model = SchemaModel("S", [ObjectTypeSpec("A", [AttributeSpec("B", external_id="b!")], external_id="a!")])

    assert (model.external_id("a"), model.external_id("a", "b")) == ("a!", "b!")


def test_looking_up_object_types_and_attributes() -> None:
    """By key, or by key or name in any case; what is missing is named in the error."""
    assert MODEL.object_type("people") is PEOPLE
    assert MODEL.find_object_type("PEOPLE") is PEOPLE
    assert MODEL.find_object_type("groups") is GROUPS
    assert MODEL.find_object_type("rooms") is None
    assert PEOPLE.find_attribute("primary email") is PEOPLE.find_attribute("primaryEmail")
    assert PEOPLE.find_attribute("shoe size") is None
    assert PEOPLE.attribute("manager").name == "Manager"
    assert [identifier.key for identifier in PEOPLE.identifiers] == ["oktaId"]
    assert PEOPLE.label is not None
    assert PEOPLE.label.key == "displayName"
    with pytest.raises(KeyError, match='"rooms"; its keys are: people, groups'):
        MODEL.object_type("rooms")
    with pytest.raises(KeyError, match='"People" has no attribute'):
        PEOPLE.attribute("rooms")


def test_object_type_is_replaced_by_key_or_added() -> None:
    """The order of the others stays."""
    replaced = MODEL.with_object_type(evolve(PEOPLE, name="Persons"))
    added = MODEL.with_object_type(ObjectTypeSpec("Rooms"))

    assert [spec.name for spec in replaced.object_types] == ["Persons", "Groups"]
    assert [spec.name for spec in added.object_types] == ["People", "Groups", "Rooms"]


def test_targets_are_imported_first() -> None:
    """References are resolved when the record is read, so what they name has to be there."""
    refers = [AttributeSpec("To", reference=ReferenceSpec(target)) for target in ("b", "a")]
    chain = SchemaModel(
        "Chain",
        [
            ObjectTypeSpec("C", [refers[0]]),
            ObjectTypeSpec("B", [refers[1]]),
            ObjectTypeSpec("A"),
            ObjectTypeSpec("D"),
        ],
    )

    assert MODEL.import_order() == ("groups", "people")
    assert chain.import_order() == ("a", "b", "c", "d")


def test_circle_keeps_the_order_of_the_model() -> None:
    """There is no right order then; what the circle needs still comes first."""
    model = SchemaModel(
        "Circle",
        [
            ObjectTypeSpec("A", [AttributeSpec("B", reference=ReferenceSpec("b"))]),
            ObjectTypeSpec("B", [AttributeSpec("A", reference=ReferenceSpec("a")), _refers("c")]),
            ObjectTypeSpec("C", [_refers("gone")]),
            ObjectTypeSpec("Hidden", mapped=False),
        ],
    )

    assert model.import_order() == ("c", "a", "b")


def _refers(target: str) -> AttributeSpec:
    return AttributeSpec(f"To {target}", reference=ReferenceSpec(target))


def test_category_is_one_of_three() -> None:
    """Texts are taken as well as members."""
    assert StatusSpec("Gone", "inactive").category is StatusCategory.INACTIVE
