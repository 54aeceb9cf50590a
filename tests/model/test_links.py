"""Attributes of a model that are linked to users and groups of Jira."""

from __future__ import annotations

import json

import pytest

from jsm_assets_dest import (
    Adoption,
    AttributeSpec,
    GroupLink,
    ObjectTypeSpec,
    ReferenceSpec,
    SchemaModel,
    UserLink,
    okta,
)
from jsm_assets_dest.exceptions import InvalidModelError


def model_with(*linked: AttributeSpec, name: str = "People") -> SchemaModel:
    """Return a model with people, who have a manager, and these linked attributes."""
    people = ObjectTypeSpec(
        name,
        [
            AttributeSpec("Name", label=True),
            AttributeSpec("ID", key="id", identifier=True),
            AttributeSpec("Primary Email", "email"),
            AttributeSpec("Manager", reference=ReferenceSpec("people")),
            AttributeSpec("Hired", "date"),
            *linked,
        ],
        key="people",
    )
    return SchemaModel("HR", [people])


USER = AttributeSpec("Jira User", "user", linked_from="Primary Email")
MANAGER = AttributeSpec("Jira Manager", "user", linked_from="manager.primaryEmail")


def test_linked_attributes_are_left_out_of_the_document() -> None:
    """An import rejects attribute types that it does not have."""
    model = model_with(USER, AttributeSpec("Team", "group", linked_from="Name"))
    spec = model.object_type("people")

    assert [attribute.name for attribute in spec.linked_attributes] == ["Jira User", "Team"]
    assert "Jira User" not in [attribute.name for attribute in spec.attributes]
    assert model.document() == model_with().document()
    assert not spec.linked_attributes[0].mapped
    assert not model.lint().errors


def test_links_have_the_names_in_assets() -> None:
    """Also of an adopted object type; keys in `linked_from` become names."""
    model = model_with(USER, MANAGER, AttributeSpec("Team", "group", linked_from="Name"))
    adopted = model.with_object_type(
        ObjectTypeSpec(
            "People",
            model.object_type("people").attributes,
            key="people",
            linked_attributes=[USER],
            adopted=Adoption("7", "Staff"),
        )
    )

    assert model.links == (
        UserLink("People", email="Primary Email", attribute="Jira User"),
        UserLink("People", email="Manager.Primary Email", attribute="Jira Manager"),
        GroupLink("People", name="Name", attribute="Team"),
    )
    assert [link.object_type for link in adopted.links] == ["Staff"]


def test_model_with_links_survives_storing() -> None:
    model = model_with(USER, MANAGER)
    restored = SchemaModel.from_dict(json.loads(json.dumps(model.to_dict())))

    assert restored == model
    assert restored.digest == model.digest != model_with().digest


def test_links_follow_renamed_attributes() -> None:
    model = model_with(USER, MANAGER).renamed("people.primaryEmail", "Mail")
    model = model.renamed("people.manager", "Boss").renamed("people.jiraUser", "Account")

    assert model.links == (
        UserLink("People", email="Mail", attribute="Account"),
        UserLink("People", email="Boss.Mail", attribute="Jira Manager"),
    )
    with pytest.raises(InvalidModelError, match='The name "Mail" is taken'):
        model.renamed("people.jiraUser", "Mail")


def test_source_of_a_link_is_removed_only_together_with_it() -> None:
    model = model_with(USER, MANAGER)
    with pytest.raises(InvalidModelError) as failure:
        model.without("people.manager")

    (finding,) = failure.value.findings
    assert 'it is linked from "Manager"' in str(finding)
    remaining = model.without("people.manager", "people.jiraManager")
    assert [link.attribute for link in remaining.links] == ["Jira User"]


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        (AttributeSpec("Jira User", "user"), "linked-from"),
        (AttributeSpec("Jira User", "user", linked_from="Mail"), "linked-from"),
        (AttributeSpec("Jira User", "user", linked_from="Manager"), "linked-from"),
        (AttributeSpec("Jira User", "user", linked_from="Manager.Manager"), "linked-from"),
        (AttributeSpec("Jira User", "user", linked_from="Name.Primary Email"), "linked-from"),
        (AttributeSpec("Jira User", "user", linked_from="Manager.Mail"), "linked-from"),
        (AttributeSpec("Jira User", "user", linked_from="Hired"), "linked-from"),
        (AttributeSpec("Jira User", "user", linked_from="Manager.Hired"), "linked-from"),
        (AttributeSpec("primary email", "user", linked_from="Name"), "name-repeated"),
        (AttributeSpec(" ", "user", key="x", linked_from="Name"), "name-blank"),
        (AttributeSpec("Created", "user", linked_from="Name"), "name-of-system"),
        (AttributeSpec("Jira User", "user", linked_from="Name", identifier=True), "linked-settings"),
        (AttributeSpec("Nick", linked_from="Name"), "linked-type"),
        (AttributeSpec("Account", "user", key="id", linked_from="Name"), "key-repeated"),
    ],
)
def test_lint_finds_links_that_cannot_work(attribute: AttributeSpec, code: str) -> None:
    assert code in [finding.code for finding in model_with(attribute).lint().errors]


def test_link_through_a_reference_to_an_unknown_type_is_found() -> None:
    spec = ObjectTypeSpec(
        "Devices",
        [
            AttributeSpec("ID", identifier=True, label=True),
            AttributeSpec("Owner", reference=ReferenceSpec("people")),
            AttributeSpec("Jira User", "user", linked_from="Owner.Email"),
        ],
    )
    codes = [finding.code for finding in SchemaModel("S", [spec]).lint().errors]
    assert "linked-from" in codes


def test_diagram_shows_linked_attributes() -> None:
    assert "Jira User" in model_with(USER).graph().mermaid


def test_okta_model_offers_links() -> None:
    """They are optional, and left out together with their sources."""
    assert okta.schema_model().links == ()
    assert okta.schema_model(jira_users=True).links == (
        UserLink("People", email="Primary Email", attribute="Jira User"),
        UserLink("People", email="Manager.Primary Email", attribute="Jira Manager"),
        UserLink("Devices", email="Users.Primary Email", attribute="Jira Users"),
    )
    smaller = okta.schema_model("lean", without=["people.manager", "devices"], jira_users=True)
    assert [link.attribute for link in smaller.links] == ["Jira User"]
    assert not okta.schema_model(jira_users=True).lint().errors
