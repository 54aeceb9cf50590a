"""The bundled organisation is believable, always the same, and complete enough to show everything."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsm_assets_dest import okta
from jsm_assets_dest.exceptions import ConfigurationError
from tests.okta.tenants import read


def test_the_same_arguments_give_the_same_tenant_and_another_seed_another_one() -> None:
    first, again, other = (list(okta.records(okta.sample_tenant(30, seed=seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_it_shows_every_state_of_a_person_and_every_object_type() -> None:
    people, report = read(okta.sample_tenant(), "people")
    assert len(people) == 250
    assert set(report.counts) == {"userTypes", "groups", "applications", "people", "devices"}
    states = Counter(record["status"] for record in people.values())
    assert set(states) == set(okta.schema_model().object_type("people").attribute("status").statuses)
    assert states["Active"] > 200


def test_every_reference_of_it_finds_its_object_and_its_manager() -> None:
    people, report = read(okta.sample_tenant(), "people")
    addresses = {record["primaryEmail"] for record in people.values()}
    bosses = [record["manager"] for record in people.values() if "manager" in record]
    assert len(bosses) == 249
    assert set(bosses) <= addresses
    assert not any("references" in finding.reason for finding in report.findings)


def test_people_are_in_departments_groups_and_applications() -> None:
    people, _ = read(okta.sample_tenant(), "people")
    departments = Counter(record["department"] for record in people.values())
    assert len(departments) == 12
    assert min(departments.values()) >= 5
    active = [record for record in people.values() if record["status"] == "Active"]
    assert all(len(record["groups"]) >= 3 for record in active)  # type: ignore[arg-type]
    assert all(len(record["applications"]) >= 5 for record in active)  # type: ignore[arg-type]


def test_its_custom_attributes_are_discovered_and_filled() -> None:
    tenant = okta.sample_tenant()
    model = okta.schema_model(custom_attributes=tenant.custom_attributes())
    people, _ = read(tenant, "people", model)
    keys = {key for record in people.values() for key in record if key.startswith("custom_")}
    assert keys == {"custom_badgeNumber", "custom_remote", "custom_startDate", "custom_languages"}


@given(people=st.integers(1, 120), seed=st.integers(0, 50))
@settings(max_examples=25)
def test_whatever_its_size_ids_addresses_and_labels_are_unique_and_nobody_leads_himself(
    people: int, seed: int
) -> None:
    found, report = read(okta.sample_tenant(people, seed=seed), "people")
    assert report.counts["people"] == people == len(found)
    assert len({record["username"] for record in found.values()}) == people
    assert all(record.get("manager") != record["primaryEmail"] for record in found.values())


def test_addresses_stay_unique_when_every_pair_of_names_has_been_used() -> None:
    tenant = okta.sample_tenant(14_000)
    assert callable(tenant.users)
    pages = list(tenant.users())
    logins = {user["profile"]["login"] for page in pages for user in page}  # type: ignore[attr-defined]
    assert len(logins) == 14_000


def test_an_organisation_of_nobody_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="0 people"):
        okta.sample_tenant(0)


def test_a_large_tenant_can_be_begun_without_being_made() -> None:
    first = list(islice(okta.records(okta.sample_tenant(1_000_000), model=okta.schema_model("lean")), 3))
    assert [selector for selector, _ in first] == ["userTypes"] * 3
