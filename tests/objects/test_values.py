"""Objects from the JSON of Assets."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest

from jsm_assets_dest import AssetsObject, JiraGroup, JiraUser, ObjectReference, Status, StatusCategory
from jsm_assets_dest._assets.objects import ObjectReader

UTC = datetime.UTC
#: Numbers of the types of attributes: `type` and `defaultType`.
TYPES = {
    "text": (0, 0),
    "integer": (0, 1),
    "boolean": (0, 2),
    "double": (0, 3),
    "date": (0, 4),
    "time": (0, 5),
    "date_time": (0, 6),
    "select": (0, 10),
    "reference": (1, None),
    "user": (2, None),
    "group": (4, None),
    "status": (7, None),
}


def definition(kind: str, name: str = "Value", **fields: Any) -> dict[str, Any]:
    number, default = TYPES[kind]
    return {
        "id": "9",
        "name": name,
        "type": number,
        **({} if default is None else {"defaultType": {"id": default}}),
        **fields,
    }


def read(kind: str, *entries: dict[str, Any], **fields: Any) -> AssetsObject:
    reader = ObjectReader()
    reader.define([definition(kind, **fields)])
    return reader.read(source({"objectTypeAttributeId": "9", "objectAttributeValues": list(entries)}))


def source(*attributes: object, **changes: Any) -> dict[str, Any]:
    return {
        "id": "12",
        "objectKey": "OKT-12",
        "label": "Ana",
        "objectType": {"id": "5", "name": "People"},
        "created": "2026-01-05T08:00:00.123Z",
        "updated": "2026-01-06T08:00:00+02:00",
        "attributes": list(attributes),
        "avatar": {"mediaClientConfig": {"mediaJwtToken": "secret"}},
        **changes,
    }


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", " Ana ", " Ana "),
        ("text", "", ""),
        ("select", "Blue", "Blue"),
        ("time", "08:30:00", "08:30:00"),
        ("integer", "-7", -7),
        ("integer", "7.0", 7),
        ("double", "1.5", 1.5),
        ("double", "2", 2.0),
        ("boolean", "true", True),
        ("boolean", " FALSE ", False),
        ("date", "2026-01-05", datetime.date(2026, 1, 5)),
        ("date", "2026-01-05T00:00:00.000Z", datetime.date(2026, 1, 5)),
        ("date_time", "2021-02-16T20:04:41.527Z", datetime.datetime(2021, 2, 16, 20, 4, 41, 527_000, UTC)),
        ("date_time", "2021-02-16", datetime.datetime(2021, 2, 16, tzinfo=UTC)),
    ],
)
def test_value_has_the_python_type_of_its_attribute(kind: str, text: str, value: object) -> None:
    (read_value,) = read(kind, {"value": text, "displayValue": "16/Feb/21"}).values.values()

    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "seven"),
        ("integer", "7.5"),
        ("double", "nan"),
        ("boolean", "maybe"),
        ("date", "16/Feb/21"),
        ("date_time", "yesterday"),
        ("reference", "OKT-1"),
        ("status", ""),
    ],
)
def test_value_that_does_not_fit_stays_a_string(
    kind: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It must not end the reading of 100,000 objects. It is logged once, without the value."""
    with caplog.at_level(logging.WARNING, "jsm_assets_dest.objects"):
        asset = read(kind, {"value": text}, {"value": text}, maximumCardinality=-1)

    assert asset.values == {"Value": [text, text]}
    assert [record.getMessage() for record in caplog.records] == [
        "A value of 'Value' does not fit its attribute; its text is returned"
    ]


def test_attribute_with_several_values_always_has_a_list() -> None:
    assert read("select", {"value": "a"}, maximumCardinality=-1).values == {"Value": ["a"]}
    assert read("select", {"value": "a"}, {"value": "b"}).values == {"Value": ["a", "b"]}


@pytest.mark.parametrize("entries", [[], None, "x"])
def test_attribute_without_values_is_left_out(entries: object) -> None:
    reader = ObjectReader()
    reader.define([definition("text")])

    assert reader.read(source({"objectTypeAttributeId": "9", "objectAttributeValues": entries})).values == {}


def test_text_without_a_value_is_read_from_the_other_fields() -> None:
    assert read("text", {"value": None, "searchValue": "a", "displayValue": "b"}).values == {"Value": "a"}
    assert read("text", {"displayValue": "b"}).values == {"Value": "b"}


REFERENCED = {
    "id": "3",
    "objectKey": "OKT-3",
    "label": "Sales",
    "objectType": {"name": "Teams"},
    "avatar": {},
}


@pytest.mark.parametrize(
    ("entry", "reference"),
    [
        (
            {"referencedObject": REFERENCED, "searchValue": "OKT-3", "displayValue": "Sales"},
            ObjectReference(id="3", key="OKT-3", label="Sales", object_type="Teams"),
        ),
        (
            {"searchValue": "OKT-3", "displayValue": "Sales"},
            ObjectReference(id="", key="OKT-3", label="Sales"),
        ),
    ],
)
def test_reference_is_read(entry: dict[str, Any], reference: ObjectReference) -> None:
    value = read("reference", entry).values["Value"]

    assert isinstance(value, ObjectReference)
    assert value.to_dict() == reference.to_dict()


@pytest.mark.parametrize(
    "entry",
    [
        {"status": {"id": "4", "name": "Active", "category": 1}, "value": "4"},
        {"status": {"name": "Active", "category": 1}, "searchValue": "4", "value": None},
    ],
)
def test_status_is_read(entry: dict[str, Any]) -> None:
    assert read("status", entry).values == {
        "Value": Status(id="4", name="Active", category=StatusCategory.ACTIVE)
    }


def test_user_is_read_and_hides_the_address_in_its_repr() -> None:
    user = {"key": "557058:1", "displayName": "Ana", "emailAddress": "ana@acme.com", "isDeleted": True}
    value = read("user", {"user": user, "value": "557058:1"}).values["Value"]

    assert isinstance(value, JiraUser)
    assert (value.account_id, value.email, value.active) == ("557058:1", "ana@acme.com", False)
    assert "acme.com" not in repr(value)
    assert read("user", {"searchValue": "557058:1"}).values == {"Value": JiraUser(account_id="557058:1")}


@pytest.mark.parametrize(
    ("entry", "group"),
    [
        ({"group": {"name": "it"}, "value": "it"}, JiraGroup(name="it")),
        ({"group": {"name": "it"}, "value": None, "searchValue": "g-1"}, JiraGroup(name="it", id="g-1")),
        ({"group": {"name": "it", "groupId": "g-1"}}, JiraGroup(name="it", id="g-1")),
        ({"displayValue": "it", "searchValue": "g-1"}, JiraGroup(name="it", id="g-1")),
    ],
)
def test_group_is_read(entry: dict[str, Any], group: JiraGroup) -> None:
    value = read("group", entry).values["Value"]

    assert isinstance(value, JiraGroup)
    assert value.to_dict() == group.to_dict()


def test_system_attributes_are_not_values() -> None:
    asset = read("date_time", {"value": "2026-01-05T08:00:00.123Z"}, name="Created", system=True)

    assert asset.values == {}
    assert asset.created == datetime.datetime(2026, 1, 5, 8, 0, 0, 123_000, UTC)
    assert asset.updated is not None
    assert asset.updated.utcoffset() == datetime.timedelta(hours=2)


def test_definition_inside_an_attribute_is_used() -> None:
    """`GET object/{id}` returns the definitions there."""
    attribute = {
        "objectTypeAttributeId": "9",
        "objectTypeAttribute": definition("integer", "Age"),
        "objectAttributeValues": [{"value": "7"}],
    }

    assert ObjectReader().read(source(attribute)).values == {"Age": 7}


def test_attribute_id_may_be_a_number() -> None:
    reader = ObjectReader()
    reader.define([definition("integer", "Age")])

    assert reader.read(
        source({"objectTypeAttributeId": 9, "objectAttributeValues": [{"value": "7"}]})
    ).values == {"Age": 7}


@pytest.mark.parametrize(
    "attributes", ["x", ["x", None], [{"objectTypeAttributeId": "9", "objectAttributeValues": ["x", None]}]]
)
def test_attributes_of_another_form_are_left_out(attributes: object) -> None:
    reader = ObjectReader()
    reader.define([definition("text")])

    assert reader.read(source(attributes=attributes)).values == {}


@pytest.mark.parametrize("inner", [None, definition("integer", "Age", id="8")])
def test_attribute_without_a_definition_is_named_by_its_id(inner: object) -> None:
    attributes = [
        {
            "objectTypeAttributeId": "9",
            "objectTypeAttribute": inner,
            "objectAttributeValues": [{"referencedObject": REFERENCED}],
        },
        {"objectTypeAttributeId": "10", "objectAttributeValues": [{"value": "7"}]},
    ]
    values = ObjectReader().read(source(*attributes)).values

    assert isinstance(values["attribute 9"], ObjectReference)
    assert values["attribute 10"] == "7"


def test_object_with_invalid_times_and_no_attributes_is_read() -> None:
    asset = ObjectReader().read(source(created="then", updated=None, attributes=None))

    assert (asset.id, asset.key, asset.label) == ("12", "OKT-12", "Ana")
    assert (asset.object_type, asset.object_type_id) == ("People", "5")
    assert (asset.created, asset.updated, asset.values) == (None, None, {})


def test_repr_is_short_and_contains_no_values() -> None:
    assert repr(read("text", {"value": "private"})) == (
        "AssetsObject(key='OKT-12', label='Ana', object_type='People')"
    )


def test_dict_is_one_flat_row() -> None:
    day = datetime.date(2026, 1, 5)
    asset = AssetsObject(
        id="12",
        key="OKT-12",
        label="Ana",
        object_type="People",
        object_type_id="5",
        values={
            "Born": day,
            "id": "00u1",
            "Manager": ObjectReference(id="3", key="OKT-3", label="Bo"),
            "Status": Status(id="4", name="Active", category=None),
            "User": JiraUser(account_id="557058:1", display_name="Ana"),
            "Groups": [JiraGroup(name="it"), JiraGroup(name="ops")],
        },
    )

    assert asset.to_dict() == {
        "id": "12",
        "key": "OKT-12",
        "label": "Ana",
        "object_type": "People",
        "created": None,
        "updated": None,
        "Born": day,
        "id (attribute)": "00u1",
        "Manager": "Bo",
        "Status": "Active",
        "User": "557058:1",
        "Groups": ["it", "ops"],
    }


def test_objects_can_be_collected_in_a_set() -> None:
    asset = read("text", {"value": "a"})

    assert {asset, read("text", {"value": "a"})} == {asset}
