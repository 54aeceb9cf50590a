"""Values that are read from Assets about imports and statuses, and their texts."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from jsm_assets_dest import Attribute, ImportSource, ImportStatus, SchemaLinks, Status, StatusCategory
from jsm_assets_dest._wire.json_reading import (
    read_array,
    read_number,
    read_object,
    read_text,
)
from jsm_assets_dest.exceptions import MalformedAnswerError


def source(**changes: Any) -> ImportSource:
    """Return an import as Assets describes it."""
    return ImportSource.from_json({"id": "a-1", "name": "Okta", **changes})


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (None, "Assets does not return its state."),
        ({"configurationStatusType": "DISABLED"}, "It is disabled"),
        ({"configurationStatusType": "ENABLED"}, "It is enabled."),
        ({"validationStatusType": "MODULE_UNINSTALLED"}, "no longer installed"),
        (
            {"validationStatusType": "INVALID_CONFIGURATION", "reasonForInvalidity": {"mapping": "missing"}},
            "Build the model first (mapping: missing)",
        ),
    ],
)
def test_import_status_text_is_a_sentence(status: dict[str, object] | None, sentence: str) -> None:
    assert sentence in source(importStatus=status).state


def test_settings_list_unknown_values_as_unknown() -> None:
    """Nothing is assumed: not even the concatenator."""
    settings = source().settings

    assert [setting.name for setting in settings] == [
        "missing objects",
        "empty values",
        "unknown values",
        "null values",
        "values that are not mapped",
        "several values",
        "dates",
    ]
    assert not any(setting.known or setting.value for setting in settings)
    assert all("does not return" in setting.meaning for setting in settings)


def test_unknown_setting_value_is_shown_unexplained() -> None:
    setting = source(defaultHandleEmptyValues="SHRED").settings[1]

    assert not setting.known
    assert setting.value == "SHRED"
    assert "does not know the value" in setting.meaning


def test_settings_name_object_types_that_differ() -> None:
    read = source(
        defaultHandleEmptyValues="IGNORE",
        defaultHandleUnknownValues="IGNORE",
        defaultConcatenator=",",
        dateFormat="yyyy-MM-dd",
        importSourceOTEntries=[
            {
                "objectType": {"id": "1", "name": "People"},
                "emptyValues": "REMOVE",
                "matchIdentifierIgnoreCase": True,
            },
            {
                "objectType": {"id": "2", "name": "Groups"},
                "unknownValues": "ADD",
                "matchIdentifierIgnoreCase": False,
            },
            {"objectType": None},
        ],
    )
    single = [str(setting) for setting in read.settings if setting.object_type]

    assert single == [
        "empty values of People (REMOVE): An empty value in a record removes the value in Assets.",
        'identifiers of People (ignore case): "a1" and "A1" identify the same object.',
        (
            "unknown values of Groups (ADD): A value that is not an option of a select or status attribute is added to its "
            "options."
        ),
        'identifiers of Groups (match case): "a1" and "A1" identify two objects.',
    ]
    assert 'joined with ","' in str(read)
    assert "yyyy-MM-dd" in str(read)


def test_equal_identifier_settings_are_listed_once() -> None:
    entries = [{"objectType": {"id": "1", "name": "People"}}, {"objectType": {"id": "2", "name": "Groups"}}]
    (found,) = [
        setting for setting in source(importSourceOTEntries=entries).settings if setting.name == "identifiers"
    ]

    assert (found.object_type, found.value, found.known) == ("", "", False)


def test_import_source_has_dict_and_html() -> None:
    read = source(name="<b>", importSourceModuleKey="rlabs-import-type-csv", tokenGenerated=True)
    data: Any = read.to_dict()

    assert not read.is_external
    assert data["token_generated"] is True
    assert data["settings"][0]["name"] == "missing objects"
    assert data["settings"][0]["known"] is False
    assert "&lt;b&gt;" in read._repr_html_()


def test_status_has_category_and_schema() -> None:
    shared = Status.from_json({"id": 2, "name": "Active", "category": 1, "objectSchemaId": None})
    own = Status.from_json({"id": "9", "name": "Odd", "category": 7, "objectSchemaId": 4, "description": "?"})

    assert shared.to_dict() == {
        "id": "2",
        "name": "Active",
        "category": "active",
        "description": "",
        "schema_id": None,
    }
    assert shared.is_shared
    assert shared.category is StatusCategory.ACTIVE
    assert (own.category, own.schema_id, own.is_shared) == (None, "4", False)
    assert own.to_dict()["category"] is None


def test_links_lead_to_types_and_objects() -> None:
    links = SchemaLinks.of("https://acme.atlassian.net", "4")

    assert links.object_type("7") == "https://acme.atlassian.net/jira/assets/object-schema/4?typeId=7"
    assert links.object("7", "9").endswith("?typeId=7&objectId=9")


def test_values_have_dicts() -> None:
    status = ImportStatus(status="IDLE", import_source_id="a-1", workspace_id="w")
    attribute = Attribute.from_json({"id": 3, "name": "Office", "type": 1, "referenceObjectTypeId": "7"})

    assert status.to_dict() == {"status": "IDLE", "import_source_id": "a-1", "workspace_id": "w"}
    assert attribute.to_dict()["type"] == "referenced_object"
    assert attribute.to_dict()["reference_object_type_id"] == "7"


def test_attribute_reads_every_field() -> None:
    """Each field differs from its default and from its neighbours, so that none can be mistaken for another."""
    definition: dict[str, Any] = {
        "id": "5",
        "name": "Office",
        "label": True,
        "type": 7,
        "typeValueMulti": ["1", "2"],
        "uniqueAttribute": False,
        "minimumCardinality": 2,
        "maximumCardinality": 3,
        "system": True,
        "editable": False,
        "removable": True,
        "hidden": False,
        "description": "Where they sit.",
        "options": "North,South",
        "objectType": {"id": "9"},
        "position": 11,
    }
    expected: dict[str, Any] = {
        "id": "5",
        "name": "Office",
        "type": "status",
        "label": True,
        "unique": False,
        "minimum": 2,
        "maximum": 3,
        "system": True,
        "editable": False,
        "removable": True,
        "hidden": False,
        "description": "Where they sit.",
        "reference_object_type_id": None,
        "status_ids": ("1", "2"),
        "options": "North,South",
        "object_type_id": "9",
        "position": 11,
        "raw": definition,
    }

    assert attrs.asdict(Attribute.from_json(definition), recurse=False) == expected
    flags = {
        "label": "label",
        "uniqueAttribute": "unique",
        "system": "system",
        "editable": "editable",
        "removable": "removable",
        "hidden": "hidden",
    }
    for key, name in flags.items():
        turned = attrs.asdict(Attribute.from_json({**definition, key: not definition[key]}), recurse=False)
        changed = {field for field in expected if turned[field] != expected[field]}
        assert changed == {name, "raw"}


def test_attribute_reads_minimal_definition() -> None:
    assert Attribute.from_json({"id": "1", "name": "Office"}, "9") == Attribute(
        id="1", name="Office", object_type_id="9"
    )
    assert Attribute.from_json({"id": "1", "name": "Odd", "type": 77}).type == "unknown (77)"
    assert Attribute.from_json({"id": "1", "name": "Odd", "defaultType": {"id": 77}}).type == "unknown (77)"
    with pytest.raises(MalformedAnswerError, match="lacks the field name"):
        Attribute.from_json({"id": "1"})


def test_unreadable_values_raise_malformed_response() -> None:
    """A listing may be wrapped, a number may be text; anything else is not guessed at."""
    assert read_array({"entries": [1]}, "things", "values", "entries") == [1]
    assert read_number({"count": "3"}, "count") == 3
    assert read_number({"count": "many"}, "count", 7) == 7
    for wrong in ({"entries": 1}, "text", None):
        with pytest.raises(MalformedAnswerError, match="instead of a list of things"):
            read_array(wrong, "things", "entries")
    with pytest.raises(MalformedAnswerError, match="instead of a thing"):
        read_object([], "a thing")
    with pytest.raises(MalformedAnswerError, match="lacks the field id"):
        read_text({}, "id")
