"""The sample organization."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsm_assets_dest import okta
from jsm_assets_dest.exceptions import ConfigurationError
from tests.okta.tenants import read


@pytest.mark.slow
def test_sample_tenant_depends_only_on_its_arguments() -> None:
    first, repeated, other = (list(okta.records(okta.sample_tenant(30, seed=seed))) for seed in (1, 1, 2))
    assert first == repeated
    assert first != other


@pytest.mark.once
def test_sample_tenant_has_all_states_and_types() -> None:
    people, report = read(okta.sample_tenant(), "people")
    assert len(people) == 250
    assert set(report.counts) == {"userTypes", "groups", "applications", "people", "devices"}
    states = Counter(record["status"] for record in people.values())
    assert set(states) == set(okta.schema_model().object_type("people").attribute("status").statuses)
    assert states["Active"] > 200


@pytest.mark.once
def test_sample_tenant_has_no_dangling_references() -> None:
    people, report = read(okta.sample_tenant(), "people")
    addresses = {record["primaryEmail"] for record in people.values()}
    bosses = [record["manager"] for record in people.values() if "manager" in record]
    assert len(bosses) == 249
    assert set(bosses) <= addresses
    assert not any("references" in finding.reason for finding in report.findings)


@pytest.mark.once
def test_sample_people_have_groups_and_applications() -> None:
    people, _ = read(okta.sample_tenant(), "people")
    departments = Counter(record["department"] for record in people.values())
    assert len(departments) == 12
    assert min(departments.values()) >= 5
    active = [record for record in people.values() if record["status"] == "Active"]
    assert all(len(record["groups"]) >= 3 for record in active)  # type: ignore[arg-type]
    assert all(len(record["applications"]) >= 5 for record in active)  # type: ignore[arg-type]


@pytest.mark.once
def test_sample_custom_attributes_are_filled() -> None:
    tenant = okta.sample_tenant()
    model = okta.schema_model(custom_attributes=tenant.custom_attributes())
    people, _ = read(tenant, "people", model)
    keys = {key for record in people.values() for key in record if key.startswith("custom_")}
    assert keys == {"custom_badgeNumber", "custom_remote", "custom_startDate", "custom_languages"}


@pytest.mark.once
@given(people=st.integers(1, 120), seed=st.integers(0, 50))
@settings(max_examples=25)
def test_sample_people_are_unique_for_any_size(people: int, seed: int) -> None:
    people_records, report = read(okta.sample_tenant(people, seed=seed), "people")
    assert report.counts["people"] == people == len(people_records)
    assert len({record["username"] for record in people_records.values()}) == people
    assert all(record.get("manager") != record["primaryEmail"] for record in people_records.values())


@pytest.mark.once
def test_sample_addresses_are_unique_beyond_all_name_pairs() -> None:
    tenant = okta.sample_tenant(14_000)
    assert callable(tenant.users)
    pages = list(tenant.users())
    logins = {user["profile"]["login"] for page in pages for user in page}  # type: ignore[attr-defined]
    assert len(logins) == 14_000


def test_sample_tenant_without_people_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="people cannot be 0"):
        okta.sample_tenant(0)


def test_large_sample_tenant_is_generated_lazily() -> None:
    first = list(islice(okta.records(okta.sample_tenant(1_000_000), model=okta.schema_model("lean")), 3))
    assert [selector for selector, _ in first] == ["userTypes"] * 3
