"""Renaming and dropping parts of a model."""

from __future__ import annotations

import pytest
from attrs import evolve

from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec, ReferenceSpec
from jsm_assets_dest.exceptions import InvalidModelError
from tests.model.samples import GROUPS, MODEL, PEOPLE


def paths_of(error: InvalidModelError) -> list[str]:
    """Return the paths of the findings of an error."""
    return [getattr(finding, "path", "") for finding in error.findings]


def test_renamed_type_keeps_everything_else() -> None:
    """Selector, external id and references stay, so records need not change."""
    model = MODEL.renamed("people", "Persons")

    assert model.object_type("people") == evolve(PEOPLE, name="Persons")
    assert model.external_id("people") == "okta/people"


def test_queries_follow_a_renamed_attribute() -> None:
    """They are built from names when the document is made."""
    model = MODEL.renamed("people.primaryEmail", 'E-mail "work"')
    mapping = model.document()["mapping"]

    assert r'"E-mail \"work\"" = ${manager}' in str(mapping).replace("\\\\", "\\")


def test_taken_name_is_rejected() -> None:
    """Without regard to case, for object types and for attributes."""
    with pytest.raises(InvalidModelError) as of_type:
        MODEL.renamed("people", "groups")
    with pytest.raises(InvalidModelError) as of_attribute:
        MODEL.renamed("people.manager", "STATUS")

    assert paths_of(of_type.value) == ["groups"]
    assert paths_of(of_attribute.value) == ["people.status"]


def test_own_query_prevents_renaming_its_attribute() -> None:
    """No one can rewrite a query for sure, so it is pointed out."""
    own = AttributeSpec("Boss", reference=ReferenceSpec("people", aql='"primary email" = ${boss}'))
    model = MODEL.with_object_type(evolve(PEOPLE, attributes=[*PEOPLE.attributes, own]))

    with pytest.raises(InvalidModelError) as caught:
        model.renamed("people.primaryEmail", "E-mail")

    assert paths_of(caught.value) == ["people.boss"]
    assert model.renamed("people.status", "State").object_type("people").attribute("status").name == "State"


def test_removing_a_needed_part_names_every_dependent() -> None:
    """All in one error: references to a type, look-ups by an attribute, children of a parent."""
    child = ObjectTypeSpec("Teams", parent="groups")
    model = MODEL.with_object_type(child)

    with pytest.raises(InvalidModelError) as of_types:
        model.without("groups")
    with pytest.raises(InvalidModelError) as of_attribute:
        model.without("people.primaryEmail")

    assert paths_of(of_types.value) == ["people.groups", "teams"]
    assert paths_of(of_attribute.value) == ["people.manager"]
    assert 'Remove "people.manager" too' in of_attribute.value.remedies[0]


def test_removing_attribute_of_own_query_is_rejected() -> None:
    """A query of one's own counts as a dependency on the attributes it quotes."""
    own = AttributeSpec("Boss", reference=ReferenceSpec("people", aql='"Status" = ${boss}'))
    model = MODEL.with_object_type(evolve(PEOPLE, attributes=[*PEOPLE.attributes, own]))

    with pytest.raises(InvalidModelError) as caught:
        model.without("people.status")

    assert paths_of(caught.value) == ["people.boss"]


def test_parts_are_removed_with_their_dependents() -> None:
    """References to a removed type can be removed with it."""
    assert [spec.key for spec in MODEL.without("groups", "people.groups").object_types] == ["people"]
    assert MODEL.without("people").object_types == (GROUPS,)
    assert "manager" not in [
        attribute.key for attribute in MODEL.without("people.manager").object_type("people").attributes
    ]


def test_dangling_reference_depends_on_nothing() -> None:
    """A target that is not in the model cannot be dropped from it."""
    model = SchemaModel(
        "S", [ObjectTypeSpec("A", [AttributeSpec("B", reference=ReferenceSpec("gone"))]), GROUPS]
    )

    assert model.without("groups").has_object_type("a")


@pytest.mark.parametrize("path", ["rooms", "people.shoeSize", "people."])
def test_unknown_path_is_named(path: str) -> None:
    """A typo is no silent success."""
    with pytest.raises(KeyError, match=f'"{path}"'):
        MODEL.without(path)
    with pytest.raises(KeyError, match="its object types are: people, groups"):
        MODEL.renamed(path, "X")
