"""The Okta model: its three sizes and its options."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft201909Validator

from jsm_assets_dest import okta
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeType
from jsm_assets_dest.exceptions import ConfigurationError, InvalidModelError
from tests.okta.shared import load, shared
from tests.okta.tenants import user

PROFILES: tuple[okta.Profile, ...] = get_args(okta.Profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_model_document_fits_atlassians_json_schema(profile: okta.Profile) -> None:
    schema = load(shared("specs/import-mapping/external-import-schema.2023_10_19.json"))
    assert isinstance(schema, dict)
    problems = list(Draft201909Validator(schema).iter_errors(okta.schema_model(profile).document()))
    assert problems == []


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_have_no_errors_and_agreed_names(profile: okta.Profile) -> None:
    model = okta.schema_model(profile)
    model.check()
    assert (model.name, okta.KEY, model.description) == ("Okta", "OKT", "Auto-generated Okta data.")
    names = {spec.key: spec.name for spec in model.object_types}
    assert names == {
        "userTypes": "User Types",
        "groups": "Groups",
        "applications": "Applications",
        "people": "People",
        "devices": "Devices",
    }
    assert model.import_order() == ("userTypes", "groups", "applications", "people", "devices")


def test_lean_profile_follows_size_advice() -> None:
    model = okta.schema_model("lean")
    for spec in model.object_types:
        references = [attribute for attribute in spec.attributes if attribute.is_reference]
        # Assets adds Key, Name, Created, and Updated.
        assert len(spec.attributes) + 4 <= 35, spec.name
        assert len(references) <= 3, spec.name
        assert all(1 <= attribute.maximum <= 10 for attribute in references), spec.name
        assert sum(attribute.type is AttributeType.TEXTAREA for attribute in spec.attributes) <= 2, spec.name
    assert [attribute.message for attribute in model.lint() if attribute.severity.value == "advice"] == []


@pytest.mark.parametrize("profile", ["standard", "full"])
def test_lint_shows_where_profiles_exceed_size_advice(profile: okta.Profile) -> None:
    advice = [
        attribute for attribute in okta.schema_model(profile).lint() if attribute.severity.value == "advice"
    ]
    assert any(attribute.path == "people" and "35" in attribute.message for attribute in advice)
    assert all(attribute.remedy for attribute in advice)


def test_larger_profiles_contain_smaller_ones() -> None:
    keys = [
        {
            f"{spec.key}.{attribute.key}"
            for spec in okta.schema_model(profile).object_types
            for attribute in spec.attributes
        }
        for profile in PROFILES
    ]
    assert keys[0] < keys[1] < keys[2]


def test_full_profile_has_all_31_base_fields() -> None:
    """The 31 base fields of Okta's user profile, as its documentation lists them."""
    fields = """city costCenter countryCode department displayName division email employeeNumber firstName
        honorificPrefix honorificSuffix lastName locale login manager managerId middleName mobilePhone nickName
        organization postalAddress preferredLanguage primaryPhone profileUrl secondEmail state streetAddress timezone
        title userType zipCode""".split()  # noqa: SIM905
    sources = {
        row.source for row in okta.data_map(okta.schema_model("full")).rows if row.object_type == "People"
    }
    words = {word.strip(",") for source in sources for word in source.split()}
    assert len(fields) == 31
    assert {f"profile.{name}" for name in fields} <= words


@pytest.mark.parametrize("profile", PROFILES)
def test_every_type_has_label_and_okta_id(
    profile: okta.Profile,
) -> None:
    for spec in okta.schema_model(profile).object_types:
        assert spec.label is not None
        assert spec.label.minimum == 1
        assert [(attribute.key, attribute.unique) for attribute in spec.identifiers] == [("oktaId", True)]


def test_references_point_to_expected_types() -> None:
    model = okta.schema_model("standard")
    attributes = {
        f"{spec.key}.{attribute.key}": attribute.reference.target
        for spec in model.object_types
        for attribute in spec.attributes
        if attribute.reference is not None and not attribute.reference.by
    }
    assert attributes == {
        "applications.assignedGroups": "groups",
        "people.oktaUserType": "userTypes",
        "people.groups": "groups",
        "people.applications": "applications",
        "devices.users": "people",
    }


@pytest.mark.parametrize(
    ("by", "attribute"), [("email", "primaryEmail"), ("employee_number", "employeeNumber"), ("id", "oktaId")]
)
def test_manager_by_selects_the_reference_attribute(by: okta.ManagerBy, attribute: str) -> None:
    manager = okta.schema_model(manager_by=by).object_type("people").attribute("manager")
    assert manager.reference is not None
    assert (manager.reference.target, manager.reference.by) == ("people", attribute)


def test_statuses_are_declared_once_with_valid_names() -> None:
    model = okta.schema_model()
    names = [status.name for status in model.statuses]
    assert len(names) == len(set(names))
    assert {"Locked Out", "Password Expired", "Deprovisioned", "Deactivated", "Created"} <= set(names)
    people = model.object_type("people").attribute("status")
    assert set(people.statuses) <= set(names)
    assert not any("_" in name for name in names)


def test_external_ids_start_with_namespace() -> None:
    """External ids must be unique in the whole workspace, so two Okta organizations need two namespaces."""
    first, second = okta.schema_model(), okta.schema_model(namespace="okta-emea")
    assert first.external_id("people") == "okta/people"
    assert second.external_id("people", "primaryEmail") == "okta-emea/people/primaryEmail"


def test_custom_attributes_become_attributes_of_people() -> None:
    wanted = [okta.CustomAttribute(f"field{number}", f"Field {number}", "integer") for number in range(15)]
    people = okta.schema_model(custom_attributes=wanted).object_type("people")
    added = [attribute for attribute in people.attributes if attribute.key.startswith("custom_field")]
    assert [attribute.name for attribute in added] == [f"Field {number}" for number in range(15)]
    assert {attribute.type for attribute in added} == {AttributeType.INTEGER}


@pytest.mark.parametrize(
    "custom",
    [
        [okta.CustomAttribute("a", "One"), okta.CustomAttribute("a", "Two")],
        [okta.CustomAttribute("a", "One"), okta.CustomAttribute("a", "One")],
    ],
)
def test_repeated_api_name_is_rejected(custom: list[okta.CustomAttribute]) -> None:
    with pytest.raises(ConfigurationError, match="same API name: a"):
        okta.schema_model(custom_attributes=custom)


def _custom_names(*custom: okta.CustomAttribute) -> dict[str, str]:
    people = okta.schema_model(custom_attributes=custom).object_type("people")
    return {
        attribute.key.removeprefix("custom_"): attribute.name
        for attribute in people.attributes
        if attribute.key.startswith("custom_")
    }


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        ({"mail": "primary email"}, {"mail": "primary email (mail)"}),
        ({"a": "Same", "b": "same "}, {"a": "Same (a)", "b": "same (b)"}),
        ({"a": "Same", "b": "Other"}, {"a": "Same", "b": "Other"}),
        ({"a": "X", "b": "X", "c": "X (a)"}, {"a": "X (a) (a)", "b": "X (b)", "c": "X (a) (c)"}),
        ({"badge": "B", "Badge": "B"}, {"badge": "B (badge 2)", "Badge": "B (Badge 1)"}),
        (
            {"mail": "Primary Email", "email2": "Primary Email"},
            {"mail": "Primary Email (mail)", "email2": "Primary Email (email2)"},
        ),
    ],
)
def test_equal_titles_are_made_distinct_by_api_name(titles: dict[str, str], names: dict[str, str]) -> None:
    custom = [okta.CustomAttribute(api_name, title) for api_name, title in titles.items()]
    assert _custom_names(*custom) == names
    assert _custom_names(*reversed(custom)) == names


@pytest.mark.once
@given(
    st.dictionaries(
        st.from_regex(r"[a-cA-C]{1,2}", fullmatch=True),
        st.sampled_from(["B", "b", "B (a)", "Title"]),
        max_size=8,
    )
)
def test_names_of_custom_attributes_are_always_distinct(titles: dict[str, str]) -> None:
    custom = [okta.CustomAttribute(api_name, title) for api_name, title in titles.items()]
    model = okta.schema_model(custom_attributes=custom)
    names = [attribute.name.casefold() for attribute in model.object_type("people").attributes]
    assert len(names) == len(set(names))
    model.check()


def test_shared_case_of_equal_titles_builds_a_model() -> None:
    case = load(shared("cases/two-custom-attributes-one-title.json"))
    assert isinstance(case, dict)
    names = _custom_names(*okta.discover_custom_attributes(case["schema"]))
    assert names == {"badgeOld": "Badge (badgeOld)", "badgeNew": "Badge (badgeNew)"}
    assert list(names) == case["attributes"]


def test_equal_titles_are_filled_from_their_own_fields() -> None:
    custom = [okta.CustomAttribute("badgeOld", "Badge"), okta.CustomAttribute("badgeNew", "Badge", "integer")]
    model = okta.schema_model(custom_attributes=custom)
    (record,) = [
        dict(record)
        for _, record in okta.records(
            okta.Tenant(users=[user("00u1", badgeOld="A1", badgeNew=2)]), model=model
        )
    ]
    assert (record["custom_badgeOld"], record["custom_badgeNew"]) == ("A1", 2)


@pytest.mark.parametrize("name", ["", "a.b", "${x}", "two words"])
def test_invalid_api_name_is_rejected(name: str) -> None:
    with pytest.raises(ConfigurationError, match="not a valid name of a profile field"):
        okta.CustomAttribute(name, "Title")


def test_custom_attribute_needs_title_and_valid_type() -> None:
    with pytest.raises(ConfigurationError, match="no title"):
        okta.CustomAttribute("location", " ")
    with pytest.raises(ConfigurationError, match="`api_name` is a value of the type int"):
        okta.CustomAttribute(7, "Seven")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="user"):
        okta.CustomAttribute("location", "Location", "user")


def test_without_names_remaining_references() -> None:
    with pytest.raises(InvalidModelError) as problem:
        okta.schema_model(without=["groups"])
    assert "people.groups" in str(problem.value)
    assert "applications.assignedGroups" in str(problem.value)
    model = okta.schema_model(without=["groups", "people.groups", "applications.assignedGroups"])
    assert not model.has_object_type("groups")
    model.check()


@pytest.mark.parametrize("name", ["devices", "Devices"])
def test_without_accepts_key_or_name(name: str) -> None:
    model = okta.schema_model(without=[name])
    assert not model.has_object_type("devices")
    assert "Deactivated" not in {status.name for status in model.statuses}


def test_without_ignores_attributes_of_larger_profiles() -> None:
    model = okta.schema_model("lean", without=["applications", "people.applications"])
    assert not model.has_object_type("applications")


@pytest.mark.parametrize("name", ["computers", "people.shoeSize"])
def test_without_rejects_unknown_names(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        okta.schema_model(without=[name])


def test_unknown_profile_or_manager_by_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="profile"):
        okta.schema_model("huge")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="manager"):
        okta.schema_model(manager_by="name")  # type: ignore[arg-type]


@pytest.mark.parametrize(("profile", "by"), list(product(PROFILES, get_args(okta.ManagerBy))))
def test_model_survives_dict_round_trip(profile: okta.Profile, by: okta.ManagerBy) -> None:
    model = okta.schema_model(
        profile, manager_by=by, custom_attributes=[okta.CustomAttribute("x", "X", "date")]
    )
    assert SchemaModel.from_dict(model.to_dict()) == model


def test_custom_attributes_are_discovered_with_their_types() -> None:
    schema = {
        "definitions": {
            "custom": {
                "properties": {
                    "badge": {"title": "Badge", "type": "integer"},
                    "rate": {"title": "Rate", "type": "number"},
                    "remote": {"title": "Remote", "type": "boolean"},
                    "mail": {"title": "Mail", "type": "string", "format": "email"},
                    "home": {"title": "Home", "type": "string", "format": "uri"},
                    "since": {"title": "Since", "type": "string", "format": "date-time"},
                    "story": {"title": "Story", "type": "string", "maxLength": 1000},
                    "size": {"title": "Size", "type": "string", "enum": ["S", "M"]},
                    "tags": {"title": "Tags", "type": "array", "items": {"type": "string"}},
                    "numbers": {"title": "Numbers", "type": "array", "items": {"type": "integer"}},
                    "plain": {"title": "", "type": "string"},
                    "odd": {"title": "Odd", "type": "something new"},
                }
            }
        }
    }
    attributes = {
        attribute.api_name: (attribute.title, attribute.type, attribute.multiple)
        for attribute in okta.discover_custom_attributes(schema)
    }
    assert attributes == {
        "badge": ("Badge", "integer", False),
        "rate": ("Rate", "double", False),
        "remote": ("Remote", "boolean", False),
        "mail": ("Mail", "email", False),
        "home": ("Home", "url", False),
        "since": ("Since", "date_time", False),
        "story": ("Story", "textarea", False),
        "size": ("Size", "select", False),
        "tags": ("Tags", "select", True),
        "numbers": ("Numbers", "integer", True),
        "plain": ("plain", "text", False),
        "odd": ("Odd", "text", False),
    }


def test_schema_without_custom_properties_declares_none() -> None:
    assert okta.discover_custom_attributes({"definitions": {"base": {}}}) == ()
