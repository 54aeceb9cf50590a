"""The report: its size and its content."""

from __future__ import annotations

import json

from jsm_assets_dest import okta
from tests.okta.tenants import app, read, user


def test_report_names_1000_skipped_objects() -> None:
    tenant = okta.Tenant(apps=[app(f"0oa{number}", name="saasure") for number in range(1200)])
    _, report = read(tenant, "applications")
    assert (len(report.skipped), report.skipped_count) == (1000, 1200)
    assert "and 200 more" in str(report)


def test_report_contains_no_values_of_people() -> None:
    _, report = read(okta.Tenant(users=[user("00u1", email="no address of Ana")]), "people")
    text = json.dumps(report.to_dict()) + str(report) + repr(report)
    assert "00u1" in text
    assert "People: Primary Email" in text
    assert "Ana" not in text


def test_finding_keeps_five_examples() -> None:
    _, report = read(okta.Tenant(users=[user(f"00u{number}", email="x") for number in range(9)]), "people")
    (finding,) = report.findings
    assert (finding.records, finding.values, len(finding.examples)) == (9, 9, 5)


def test_skipped_object_names_its_place() -> None:
    assert str(okta.Skipped("person", "00u1", "users-1.json[3]", "it has no id")) == (
        "person 00u1 (users-1.json[3]): it has no id"
    )
    assert str(okta.Skipped("file", "", "", "no")) == "file: no"
