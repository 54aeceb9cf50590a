"""Okta's published and recorded responses: every object is imported or reported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsm_assets_dest import okta
from jsm_assets_dest._imports.record_checker import RecordChecker
from jsm_assets_dest.testing import Emulator
from tests.okta.shared import shared


@pytest.fixture
def samples() -> Path:
    return shared("okta-samples")


def _objects(folder: Path) -> Iterator[tuple[str, object]]:
    for file in sorted(folder.glob("*/*.json")):
        if file.name == "index.json":
            continue
        response = json.loads(file.read_text(encoding="utf-8"))
        for index, value in enumerate(response if isinstance(response, list) else [response]):
            yield f"{file.relative_to(folder).as_posix()}[{index}]", value


def _id(value: object) -> str:
    """Return the Okta id of a sample object: its own, its user's, or its device's."""
    assert isinstance(value, dict)
    inner = value.get("user") or value.get("device") or value
    return str(inner.get("id", ""))


def test_every_sample_object_is_imported_or_reported(samples: Path) -> None:
    records = okta.records(okta.Tenant.from_folder(samples))
    imported = {record["oktaId"] for _, record in records}
    named = {skipped.where: skipped for skipped in records.report.skipped}
    objects = list(_objects(samples))
    assert len(objects) > 100
    for where, value in objects:
        assert _id(value) in imported or named[where].reason, where
    assert records.report.complete


def test_records_of_samples_pass_the_import_check(samples: Path) -> None:
    model = okta.schema_model("full")
    checker = RecordChecker(model, unique_in_run=True)

    def stop(problem: Exception) -> None:
        raise problem

    records = okta.records(okta.Tenant.from_folder(samples, org_url="https://test.okta.com"), model=model)
    count = 0
    for selector, record in records:
        checked = checker.check_many(selector, count, [record], stop)
        assert checked.records == [record]
        count += 1
    assert count == sum(records.report.counts.values()) == 62


@pytest.mark.once
@pytest.mark.parametrize("name", ["recorded", "openapi-examples"])
def test_samples_arrive_and_change_nothing_again(samples: Path, name: str) -> None:
    """Assets has all records with their values, except those that the import ignores, which are named."""
    tenant = okta.Tenant.from_folder(samples / name)
    model = okta.schema_model("standard", custom_attributes=tenant.custom_attributes())
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("OKT", name="Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
        token.build(model)
        result = token.import_records(okta.records(tenant, model=model), verify="all")
        preview = token.preview(okta.records(tenant, model=model))

    assert result.problems == ()
    assert (preview.created, preview.changed, preview.unchanged) == (0, 0, result.sent)
    assert preview.object_type("applications").ignored_values.keys() == {"Sign On Mode"}


def test_sample_objects_outside_the_model_are_reported(samples: Path) -> None:
    records = okta.records(okta.Tenant.from_folder(samples))
    list(records)
    reasons = {(skipped.what, skipped.reason) for skipped in records.report.skipped}
    whats = {what for what, _ in reasons}
    assert {"error response", "administrator role", "user schema", "application assignment"} <= whats
    assert any("E0000007" in reason for what, reason in reasons if what == "error response")
    assert any("saasure" in reason for what, reason in reasons if what == "application")


def test_latest_response_about_a_person_is_used(samples: Path) -> None:
    """Two responses about a person were recorded: ACTIVE first and SUSPENDED four seconds later."""
    people = {record["oktaId"]: record for selector, record in _pairs(samples) if selector == "people"}
    assert people["00uqrks9ig7XuWV7X5d7"]["status"] == "Suspended"


def test_fullest_response_about_a_person_is_used(samples: Path) -> None:
    people = {record["oktaId"]: record for selector, record in _pairs(samples) if selector == "people"}
    assert people["00u1xke1apZnmHgpB1d7"]["primaryEmail"] == "ben.richler@example.com"


def test_memberships_from_index_become_references(samples: Path) -> None:
    """Only index.json contains the id of the person whose groups were requested."""
    people = {record["oktaId"]: record for selector, record in _pairs(samples) if selector == "people"}
    assert people["00uqrks9ig7XuWV7X5d7"]["groups"] == ["00gnwlw0pbm3qMcXs5d7"]


def test_device_refers_to_embedded_user(samples: Path) -> None:
    devices = {record["oktaId"]: record for selector, record in _pairs(samples) if selector == "devices"}
    assert devices["guo4a5u7YAHhjXrMK0g5"]["users"] == ["00u17vh0q8ov8IU881d7"]
    assert devices["guo4a5u7YAHhjXrMK0g5"]["managementStatus"] == "MANAGED"
    assert devices["guo4a5u7YAHhjXrMK0g4"]["status"] == "Created"


def test_sample_user_schemas_declare_custom_attributes(samples: Path) -> None:
    tenant = okta.Tenant.from_folder(samples)
    assert (
        okta.CustomAttribute(
            "salesforceUserName", "Salesforce username", description="User's username for Salesforce"
        )
        in tenant.custom_attributes()
    )


@pytest.mark.parametrize("name", ["openapi-examples", "recorded"])
def test_each_sample_folder_can_be_read_alone(samples: Path, name: str) -> None:
    records = okta.records(okta.Tenant.from_folder(samples / name))
    assert sum(1 for _ in records) == sum(records.report.counts.values()) > 20


def _pairs(samples: Path) -> Iterator[tuple[str, dict[str, object]]]:
    for selector, record in okta.records(okta.Tenant.from_folder(samples)):
        yield selector, dict(record)
