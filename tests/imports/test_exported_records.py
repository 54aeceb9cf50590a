"""Records from an export, and what is not an export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, ReferenceSpec, SchemaModel
from jsm_assets_dest.exceptions import ConfigurationError
from jsm_assets_dest.tables import read_export

SITES = ObjectTypeSpec(
    "Sites",
    [
        AttributeSpec("Name", label=True),
        AttributeSpec("Country", identifier=True),
        AttributeSpec("Number", "integer", identifier=True),
    ],
)
TEAMS = ObjectTypeSpec("Teams", [AttributeSpec("Name", label=True, identifier=True)])
PEOPLE = ObjectTypeSpec(
    "People",
    [
        AttributeSpec("Okta ID", key="id", identifier=True),
        AttributeSpec("Name", label=True, locators="profile.name"),
        AttributeSpec("Login", locators="profile.login"),
        AttributeSpec("Alias", locators="profile.login"),
        AttributeSpec("Manager", reference=ReferenceSpec("people")),
        AttributeSpec("Teams", reference=ReferenceSpec("teams"), maximum=-1),
        AttributeSpec("Site", reference=ReferenceSpec("sites"), locators=["site.country", "site.number"]),
        AttributeSpec("Score", "double"),
        AttributeSpec("Note", mapped=False),
    ],
)
OTHERS = ObjectTypeSpec("Others", [AttributeSpec("Name", label=True)], mapped=False)
MODEL = SchemaModel("Staff", [PEOPLE, TEAMS, SITES, OTHERS], namespace="staff")


def exported(number: int, object_type: str, **values: Any) -> str:
    return json.dumps(
        {
            "id": str(number),
            "key": f"OKT-{number}",
            "label": str(values.get("Name")),
            "object_type": object_type,
            "values": values,
        }
    )


def reference(number: int, label: str) -> dict[str, str]:
    return {"id": str(number), "key": f"OKT-{number}", "label": label}


def read(path: Path, *lines: str, model: SchemaModel = MODEL) -> list[tuple[str, dict[str, object]]]:
    path.write_text("\n".join(lines), "utf-8")
    return list(read_export(path, model))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export.jsonl"


def test_records_have_the_identifiers_of_referenced_objects(path: Path) -> None:
    """A label that is not the identifier is looked up in the file, also if the object comes later."""
    records = read(
        path,
        exported(
            1,
            "People",
            **{
                "Okta ID": "00u1",
                "name": "Ana",
                "Login": "ana",
                "Score": 1.5,
                "Note": "x",
                "Jira User": "5:1",
            },
            Manager=reference(2, "Bo"),
            Teams=[reference(3, "IT"), reference(4, "Not in the file")],
            Site=reference(5, "Berlin"),
        ),
        "",
        exported(2, "people", **{"Okta ID": "00u2"}, Alias="bo"),
        exported(3, "TEAMS", Name="IT"),
        exported(5, "Sites", Name="Berlin", Country="DE", Number=7),
        exported(6, "Sites", Name="Nowhere"),
    )

    assert records == [
        (
            "people",
            {
                "id": "00u1",
                "profile": {"name": "Ana", "login": "ana"},
                "manager": "00u2",
                "teams": ["IT", "Not in the file"],
                "site": {"country": "DE", "number": 7},
                "score": 1.5,
            },
        ),
        ("people", {"id": "00u2", "profile": {"login": "bo"}}),
        ("teams", {"name": "IT"}),
        ("sites", {"name": "Berlin", "country": "DE", "number": 7}),
        ("sites", {"name": "Nowhere"}),
    ]


def test_reference_to_an_object_outside_the_export_is_rejected(path: Path) -> None:
    """The whole file is checked before the first record."""
    lines = [
        exported(number, "People", **{"Okta ID": f"00u{number}"}, Manager=reference(number + 100, "Bo"))
        for number in range(7)
    ]
    path.write_text("\n".join(lines), "utf-8")

    with pytest.raises(
        ConfigurationError, match="refers to 7 objects that it does not contain: OKT-100, "
    ) as caught:
        read_export(path, MODEL)

    assert "OKT-104, …" in caught.value.what
    with pytest.raises(ConfigurationError, match="refers to 1 objects that it does not contain: OKT-100\\."):
        read(path, lines[0])


def test_object_type_that_the_model_lacks_is_rejected(path: Path) -> None:
    with pytest.raises(ConfigurationError, match='contains objects of "Desks", "Rooms", which the model'):
        read(path, exported(1, "Desks"), exported(2, "Rooms"), exported(3, "Desks"))


def test_attribute_with_several_locators_is_rejected(path: Path) -> None:
    joined = ObjectTypeSpec(
        "Rooms", [AttributeSpec("Name", label=True, identifier=True, locators=["site", "number"])]
    )

    with pytest.raises(ConfigurationError, match="its value is joined from site, number"):
        read(path, exported(1, "Rooms"), model=SchemaModel("Rooms", [joined], namespace="rooms"))


@pytest.mark.parametrize("line", ["{", "7", "{}", '{"key": "OKT-1", "object_type": "People"}'])
def test_line_that_is_not_an_object_is_rejected(path: Path, line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Line 2 of .* is not an exported object") as caught:
        read(path, exported(1, "Teams", Name="IT"), line)

    assert caught.value.field == "path"


def test_file_that_cannot_be_read_is_rejected(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        read_export(path, MODEL)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="it is not UTF-8"):
        read_export(str(path), MODEL)
