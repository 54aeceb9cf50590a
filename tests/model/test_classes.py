"""Models from plain classes."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import ipaddress
from collections.abc import Sequence
from typing import Annotated, Optional

import attrs
import pytest

from jsm_assets_dest._imports.record_checker import RecordChecker
from jsm_assets_dest._model.classes import attribute, object_type
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import (
    AttributeSpec,
    AttributeType,
    ObjectTypeSpec,
    ReferenceSpec,
    StatusSpec,
)
from jsm_assets_dest.exceptions import InvalidModelError


class Platform(enum.StrEnum):
    """Operating system of a device."""

    MAC = "mac"
    LINUX = "linux"


@attrs.frozen
class UserType:
    okta_id: Annotated[str, attribute(identifier=True, unique=True)]
    display_name: Annotated[str, attribute(label=True)]


UserType.__doc__ = "A kind\n    of user.\n\n    More about it.\n    "


@object_type(name="People", selector="people", statuses=[StatusSpec("Locked Out", "inactive")])
@dataclasses.dataclass
class Person:
    okta_id: Annotated[str, attribute(identifier=True)]
    display_name: Annotated[str | None, attribute(label=True)]
    primary_email: Annotated[str, attribute(type="email", description="At work.", max_length=100)]
    user_type: UserType | None = None
    manager: Annotated[str | None, attribute(reference="people")] = None
    teams: Annotated[list[str], attribute(reference=ReferenceSpec("userType", by="displayName"))] = (
        dataclasses.field(default_factory=list)
    )
    state: Annotated[str, attribute(name="Status", statuses=["Active", "Locked Out"])] = "Active"
    secret: Annotated[bytes, attribute(leave_out=True)] = b""
    badge: str = dataclasses.field(
        default="", metadata={"assets": attribute(locators=["card.badge"], minimum=1)}
    )


def test_classes_become_object_types() -> None:
    """Names from names, types from annotations, flags from markers, locators from field names."""
    model = SchemaModel.from_classes(UserType, Person, name="Okta", namespace="okta-eu", description="All.")

    assert model == SchemaModel(
        "Okta",
        [
            ObjectTypeSpec(
                "User Type",
                [
                    AttributeSpec("Okta Id", locators=["okta_id"], identifier=True, unique=True),
                    AttributeSpec("Display Name", locators=["display_name"], label=True),
                ],
                description="A kind of user.",
            ),
            ObjectTypeSpec(
                "People",
                [
                    AttributeSpec("Okta Id", locators=["okta_id"], identifier=True),
                    AttributeSpec("Display Name", locators=["display_name"], label=True),
                    AttributeSpec(
                        "Primary Email",
                        "email",
                        locators=["primary_email"],
                        description="At work.",
                        max_length=100,
                    ),
                    AttributeSpec(
                        "User Type", reference=ReferenceSpec("userType"), locators=["user_type.okta_id"]
                    ),
                    AttributeSpec("Manager", reference=ReferenceSpec("people")),
                    AttributeSpec("Teams", reference=ReferenceSpec("userType", by="displayName"), maximum=-1),
                    AttributeSpec("Status", "status", key="state", statuses=["Active", "Locked Out"]),
                    AttributeSpec("Badge", locators=["card.badge"], minimum=1),
                ],
                selector="people",
            ),
        ],
        description="All.",
        statuses=[StatusSpec("Locked Out", "inactive")],
        namespace="okta-eu",
    )
    assert model.lint().ok


@attrs.define
class Everything:
    text: str
    whole: int
    real: float
    yes: Annotated[bool, attribute(unique=True)] | None
    moment: datetime.datetime
    day: datetime.date
    hour: datetime.time
    address: ipaddress.IPv4Address
    address6: ipaddress.IPv6Address
    platform: Platform
    maybe: int | None
    old_style: Optional[datetime.date]  # noqa: UP045  # people still write it
    many: tuple[Platform, ...]
    some: Sequence[Annotated[str, "a note of another library"]]
    odd: list[int | None]


def test_each_annotation_has_its_type() -> None:
    """A bool is no integer and a datetime no date, whatever they inherit."""
    (spec,) = SchemaModel.from_classes(Everything).object_types

    assert {attribute.key: (attribute.type, attribute.maximum) for attribute in spec.attributes} == {
        "text": (AttributeType.TEXT, 1),
        "whole": (AttributeType.INTEGER, 1),
        "real": (AttributeType.DOUBLE, 1),
        "yes": (AttributeType.BOOLEAN, 1),
        "moment": (AttributeType.DATE_TIME, 1),
        "day": (AttributeType.DATE, 1),
        "hour": (AttributeType.TIME, 1),
        "address": (AttributeType.IPADDRESS, 1),
        "address6": (AttributeType.IPADDRESS, 1),
        "platform": (AttributeType.SELECT, 1),
        "maybe": (AttributeType.INTEGER, 1),
        "oldStyle": (AttributeType.DATE, 1),
        "many": (AttributeType.SELECT, -1),
        "some": (AttributeType.TEXT, -1),
        "odd": (AttributeType.INTEGER, -1),
    }
    assert spec.attribute("yes").unique


def test_schema_name_defaults_to_the_module() -> None:
    """Without a description."""
    assert SchemaModel.from_classes(UserType).name == "test_classes"
    assert SchemaModel.from_classes() == SchemaModel("")


def test_local_classes_refer_to_each_other() -> None:
    """Annotations are texts that are read in the module; the given classes are found anyway."""

    @attrs.frozen
    class Room:
        code: Annotated[str, attribute(identifier=True, label=True)]
        next_to: list[Room]
        storey: Storey

    @attrs.frozen
    class Storey:
        number: Annotated[int, attribute(identifier=True, label=True)]

    model = SchemaModel.from_classes(Room, Storey)
    room = model.object_type("room")

    assert [(attribute.reference, attribute.maximum) for attribute in room.attributes[1:]] == [
        (ReferenceSpec("room"), -1),
        (ReferenceSpec("storey"), 1),
    ]


def test_nested_records_are_found_by_nested_locators() -> None:
    """The locator leads to the identifier inside, or to the attribute that the reference names."""

    @attrs.frozen
    class Team:
        code: Annotated[str, attribute(identifier=True, locators=["ids.code"])]
        title: Annotated[str, attribute(label=True, unique=True)]

    @attrs.frozen
    class Player:
        number: Annotated[str, attribute(identifier=True, label=True)]
        team: Team | None
        former: list[Annotated[Team, attribute(reference=ReferenceSpec("team", by="title"))]]
        rival: Annotated[str, attribute(reference=Team)]

    model = SchemaModel.from_classes(Team, Player, name="S")
    mapping = str(model.document()["mapping"])

    assert [attribute.locators for attribute in model.object_type("player").attributes] == [
        ("number",),
        ("team.ids.code",),
        ("former.title",),
        ("rival",),
    ]
    assert '"Code" = ${team.ids.code}' in mapping
    assert '"Title" IN (${former.title${0}})' in mapping
    assert '"Code" = ${rival}' in mapping
    team = Team("t1", "Reds")
    assert RecordChecker(model).check("player", 0, Player("7", None, [team], "t2")) == {
        "number": "7",
        "team": None,
        "former": [{"title": "Reds"}],
        "rival": "t2",
    }


def test_subclass_is_another_object_type() -> None:
    """It has the fields of its parent, but not its name."""

    @attrs.frozen
    class Contractor(UserType):
        until: datetime.date

    (spec,) = SchemaModel.from_classes(Contractor).object_types

    assert (spec.name, [attribute.key for attribute in spec.attributes]) == (
        "Contractor",
        ["oktaId", "displayName", "until"],
    )


def test_generated_docstring_is_not_a_description() -> None:
    """A dataclass without a docstring gets one made up."""

    @dataclasses.dataclass
    class Bare:
        name: str

    assert SchemaModel.from_classes(Bare).object_types[0].description == ""


def test_unsupported_annotations_are_all_named() -> None:
    """In one error, also those of a second class."""

    @attrs.frozen
    class First:
        data: bytes
        either: int | str
        table: dict[str, int]
        pair: tuple[int, str]
        bag: set[str]
        group: UserType

    @attrs.frozen
    class Second:
        anything: object

    with pytest.raises(InvalidModelError) as caught:
        SchemaModel.from_classes(First, Second)

    assert [getattr(finding, "path", "") for finding in caught.value.findings] == [
        "first.data",
        "first.either",
        "first.table",
        "first.pair",
        "first.bag",
        "first.group",
        "second.anything",
    ]


def test_unresolvable_annotation_is_named() -> None:
    """A name that is only imported for type checkers does not exist when the program runs."""

    @attrs.frozen
    class Lost:
        data: NowhereDefined  # type: ignore[name-defined]  # noqa: F821  # that is the point

    with pytest.raises(
        InvalidModelError, match=r"annotation of .*Lost can't be evaluated: name 'NowhereDefined'"
    ):
        SchemaModel.from_classes(Lost)


def test_other_classes_are_rejected() -> None:
    """A plain class has no fields."""
    with pytest.raises(InvalidModelError, match="Platform: It is neither an attrs class nor a dataclass"):
        SchemaModel.from_classes(Platform)


def test_all_options_reach_the_model() -> None:
    """Of a class and of a field."""

    @object_type(name="N", key="k", selector="s", description="d", icon_key="i")
    @attrs.frozen
    class Full:
        a: Annotated[
            int,
            attribute(name="B", type="select", maximum=3, reference=None, external_id="x", unique=True),
        ]
        link: Annotated[str, attribute(reference=UserType)]

    model = SchemaModel.from_classes(Full, UserType)

    assert model.object_types[0] == ObjectTypeSpec(
        "N",
        [
            AttributeSpec("B", "select", key="a", maximum=3, external_id="x", unique=True),
            AttributeSpec("Link", reference=ReferenceSpec("userType")),
        ],
        key="k",
        selector="s",
        description="d",
        icon_key="i",
    )
