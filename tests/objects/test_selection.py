"""AQL of callers, limited to an object schema."""

from __future__ import annotations

import pytest

from jsm_assets_dest._operations.object_selection import Selection, split_query
from jsm_assets_dest.exceptions import ConfigurationError
from tests.access.conversation import Service


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        (None, ("", "")),
        ("", ("", "")),
        ("  Name = Ana ", ("Name = Ana", "")),
        ("Name = Ana order  BY Name desc", ("Name = Ana", "Name desc")),
        ("ORDER BY label", ("", "label")),
        ('Name = "order by x"', ('Name = "order by x"', "")),
        (r'Name = "say \"order by\"" ORDER BY Key', (r'Name = "say \"order by\""', "Key")),
        ('object having inboundReferences(Name = "a)") and (b = 1)', None),
        ("border = 1 and byte = 2", None),
    ],
)
def test_query_is_split_into_condition_and_order(query: str | None, parts: tuple[str, str] | None) -> None:
    assert split_query(query) == (parts or (query, ""))


@pytest.mark.parametrize(
    "query",
    [
        'Name = "a") OR (Key = "x"',
        "Name = a) OR (b = 1",
        "(Name = a",
        "Name = a)",
        'Name = "a',
        'Name = "a" "',
        r'Name = "a\"',
        "(Name = a ORDER BY Key",
        "Name = a ORDER BY ",
    ],
)
def test_query_that_could_leave_the_schema_is_rejected(query: str) -> None:
    with pytest.raises(ConfigurationError, match="not complete AQL") as caught:
        split_query(query)

    assert caught.value.field == "query"


@pytest.mark.parametrize(
    ("selection", "aql"),
    [
        (Selection(schema_id="1"), "objectSchemaId = 1"),
        (Selection(schema_id="1", condition="a = 1 OR b = 2"), "objectSchemaId = 1 AND (a = 1 OR b = 2)"),
        (Selection(schema_id="1", object_type_ids=("5",)), "objectTypeId = 5"),
        (Selection(schema_id="1", object_type_ids=("5", "6")), "objectTypeId IN (5, 6)"),
    ],
)
def test_selection_without_a_name_needs_no_request(selection: Selection, aql: str) -> None:
    service = Service({})

    assert service.run(selection.aql(service.site())) == aql
    assert not service.sent
