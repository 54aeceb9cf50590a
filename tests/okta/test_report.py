"""The report stays small and says everything."""

from __future__ import annotations

import json

from jsm_assets_dest import okta
from tests.okta.tenants import app, read, user


def test_a_thousand_skipped_objects_are_named_and_the_others_counted() -> None:
    tenant = okta.Tenant(apps=[app(f"0oa{number}", name="saasure") for number in range(1200)])
    _, report = read(tenant, "applications")
    assert (len(report.skipped), report.skipped_count) == (1000, 1200)
    assert "and 200 more" in str(report)


def test_a_report_is_json_and_text_and_holds_no_values_of_people() -> None:
    _, report = read(okta.Tenant(users=[user("00u1", email="no address of Ana")]), "people")
    told = json.dumps(report.to_dict()) + str(report) + repr(report)
    assert "00u1" in told
    assert "People: Primary Email" in told
    assert "Ana" not in told


def test_only_a_few_examples_are_kept_per_finding() -> None:
    _, report = read(okta.Tenant(users=[user(f"00u{number}", email="x") for number in range(9)]), "people")
    (finding,) = report.findings
    assert (finding.records, finding.values, len(finding.examples)) == (9, 9, 5)


def test_a_named_object_says_where_it_was() -> None:
    assert str(okta.Skipped("person", "00u1", "users-1.json[3]", "it has no id")) == (
        "person 00u1 (users-1.json[3]): it has no id"
    )
    assert str(okta.Skipped("file", "", "", "no")) == "file: no"
