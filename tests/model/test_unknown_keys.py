"""Unknown keys of the service's responses are kept in `raw`."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jsm_assets_dest
from jsm_assets_dest.testing import Emulator
from tests.model.samples import one_type

#: Values of a response without `raw`, with the reason.
WITHOUT_RAW = {
    "ImportedType": "`raw` of its import contains it",
    "JiraGroup": "one for each value of an object, so it would cost memory",
    "JiraUser": "one for each value of an object, so it would cost memory",
    "AssetsObject": "one for each object, so it would cost memory",
    "ObjectReference": "one for each value of an object, so it would cost memory",
}
CLASSES = sorted(
    name
    for name, value in ((name, getattr(jsm_assets_dest, name)) for name in jsm_assets_dest.__all__)
    # A handle inherits it from its record.
    if inspect.isclass(value) and "from_json" in vars(value)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=5), values, max_size=2),
    max_leaves=4,
)
UNKNOWN = st.dictionaries(st.text(min_size=1, max_size=8).map(lambda key: f"new{key}"), JSON, max_size=3)


@pytest.fixture(scope="module")
def responses() -> dict[str, dict[str, Any]]:
    """Return the JSON of a response of the emulator for each class."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
        token.build(one_type())
        (conflict,) = schema.find_conflicts(evolve(one_type(), namespace="other"))
        values: list[Any] = [
            schema,
            schema.statuses()[0],
            schema.import_sources()[0],
            schema.roles().roles[0],
            conflict.existing,
            conflict.attributes[0],
        ]
    raw_keys = {type(value).__name__: dict(value.raw) for value in values}
    return {**raw_keys, "ObjectSchemaRecord": raw_keys["ObjectSchema"]}


@pytest.mark.parametrize("name", [name for name in CLASSES if name not in WITHOUT_RAW])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(unknown=UNKNOWN)
def test_unknown_keys_of_responses_are_kept(
    name: str, unknown: dict[str, Any], responses: dict[str, dict[str, Any]]
) -> None:
    response = {**unknown, **responses[name]}
    read: Any = getattr(jsm_assets_dest, name).from_json
    site = ["https://acme.atlassian.net"] if "site" in inspect.signature(read).parameters else []

    assert read(response, *site).raw == response


def test_list_of_classes_without_raw_has_no_others() -> None:
    assert not [name for name in WITHOUT_RAW if hasattr(getattr(jsm_assets_dest, name), "raw")]
