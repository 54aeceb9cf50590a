"""Public values of the destination, of Assets, and of the checklist: their module, pickling, and type hints."""

from __future__ import annotations

import inspect
import pickle
import typing
from collections.abc import Iterator

import pytest

import jsm_assets_dest
from jsm_assets_dest import (
    AssetsObject,
    Attribute,
    CredentialsReference,
    DestinationStatus,
    DestinationStep,
    ExistingObjectType,
    GroupLink,
    ImportedType,
    ImportSource,
    ImportSourceSetting,
    ImportStatus,
    JiraGroup,
    JiraUser,
    ObjectReference,
    ObjectSchemaRecord,
    ObjectType,
    OktaModel,
    OktaSource,
    Role,
    RoleChange,
    RoleKind,
    RolesPreview,
    SchemaLinks,
    SchemaRoles,
    SecretReference,
    Status,
    StatusCategory,
    StepAction,
    StepState,
    UserLink,
    okta,
)

#: Modules of values of Assets whose public names are tested here. The other modules have tests of their own.
ASSETS = {
    f"_assets.{module}"
    for module in (
        "directory",
        "import_sources",
        "object_schemas",
        "object_types",
        "objects",
        "roles",
    )
}
NAMES = [
    name
    for name, home in jsm_assets_dest._HOMES.items()
    if home.startswith("_destination.") or home in ASSETS
]
LINKS = SchemaLinks.of("https://acme.atlassian.net", "7")
SCHEMA = ObjectSchemaRecord(id="7", key="OKT", name="Okta", links=LINKS)
ROLE = Role(id="1", name="Object Schema Users", kind=RoleKind.USERS, groups=("it-ops",))
SOURCE = ImportSource(id="3", name="Okta")

#: A value of each class.
VALUES: list[object] = [
    AssetsObject(id="9", key="OKT-9", label="Ana", object_type="People", object_type_id="4"),
    ObjectReference(id="9", key="OKT-9", label="Ana"),
    Attribute("5", "Serial", options="a,b"),
    CredentialsReference("env:API_TOKEN", email="ana@acme.com"),
    DestinationStatus(
        name="Okta", site="", steps=(DestinationStep(code="ready", state=StepState.DONE, summary="Ready."),)
    ),
    DestinationStep(
        code="schema",
        state=StepState.OPEN,
        summary="Not created yet.",
        action=StepAction("create_schema", {"key": "OKT"}),
    ),
    ExistingObjectType(ObjectType(id="4", name="People"), (Attribute("5", "Serial"),)),
    SOURCE,
    ImportSourceSetting(name="dates", value="", meaning="ISO 8601.", known=False),
    ImportStatus(status="IDLE", import_source_id="3", workspace_id="2"),
    ImportedType(object_type_id="4", name="People"),
    GroupLink("Teams", attribute="Okta ID"),
    JiraGroup(name="it-ops"),
    JiraUser(account_id="5b10a2844c20165700ede21g", display_name="Ana García"),
    SCHEMA,
    ObjectType(id="4", name="People"),
    OktaModel("lean", custom_attributes=[okta.CustomAttribute("location", "Location")]),
    OktaSource(people_limit=5, privacy={"people.mobilePhone": "drop"}, hash_key="env:HASH_KEY"),
    ROLE,
    RoleChange(role=ROLE, removed=ROLE.members),
    RoleKind.USERS,
    RolesPreview(changes=(RoleChange(role=ROLE, removed=ROLE.members),), lose_access=ROLE.members),
    LINKS,
    SchemaRoles(roles=(ROLE,) * 4),
    SecretReference("env:API_TOKEN"),
    Status(id="1", name="Active", category=StatusCategory.ACTIVE),
    StatusCategory.ACTIVE,
    StepAction("choose_schema", {"schemas": [{"key": "OKT"}]}),
    StepState.NEEDS_INPUT,
    UserLink("People", email="Email", attribute="Account"),
]


def public_functions(cls: type) -> Iterator[object]:
    """Return the public methods and getters of a class that the package defines."""
    for base in cls.__mro__:
        if base.__module__.startswith("jsm_assets_dest"):
            for name, value in vars(base).items():
                if not name.startswith("_"):
                    function = getattr(value, "__func__", getattr(value, "fget", value))
                    if inspect.isfunction(function):
                        yield function


@pytest.mark.parametrize("name", NAMES)
def test_class_shows_its_public_module(name: str) -> None:
    cls = getattr(jsm_assets_dest, name)

    assert (cls.__module__, cls.__qualname__) == ("jsm_assets_dest", name)


@pytest.mark.parametrize("name", NAMES)
def test_type_hints_of_class_and_methods_resolve(name: str) -> None:
    cls = getattr(jsm_assets_dest, name)
    functions = list(public_functions(cls))

    for annotated in (cls, *functions):
        assert "Forward" not in repr(typing.get_type_hints(annotated))
    assert (
        functions
        or issubclass(cls, (str, RoleKind))
        or cls in {ExistingObjectType, GroupLink, ImportedType, SecretReference, UserLink}
    )


def test_values_contain_each_class() -> None:
    assert {type(value).__name__ for value in VALUES} == set(NAMES)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_value_is_pickled_by_its_public_name(value: object) -> None:
    data = pickle.dumps(value)

    assert pickle.loads(data) == value
    assert b"jsm_assets_dest._" not in data


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_repr_fits_on_one_line(value: object) -> None:
    assert "\n" not in repr(value)
    assert len(repr(value)) <= 250
