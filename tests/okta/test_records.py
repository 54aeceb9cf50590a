"""Records from Okta's responses, and the report about what is left out."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest import okta
from jsm_assets_dest._model.okta_options import TYPES as CUSTOM_TYPES
from jsm_assets_dest._model.specs import Adoption, AttributeSpec
from jsm_assets_dest.exceptions import ConfigurationError
from tests.okta.tenants import app, device, group, only_record, read, reasons, user


def test_records_come_in_the_order_of_the_import() -> None:
    selectors = [selector for selector, _ in okta.records(okta.sample_tenant(20))]
    assert list(dict.fromkeys(selectors)) == ["userTypes", "groups", "applications", "people", "devices"]


@pytest.mark.parametrize(
    ("profile", "label"),
    [
        ({"displayName": "Ana G.", "firstName": "Ana", "lastName": "García"}, "Ana G."),
        ({"displayName": None, "firstName": "Ana", "lastName": "García"}, "Ana García"),
        ({"displayName": "  ", "firstName": "Ana"}, "Ana"),
        ({"firstName": None, "lastName": ""}, "00u1@example.com"),
        ({"login": None, "email": "ana@example.com"}, "ana@example.com"),
        ({"login": None}, "00u1"),
    ],
)
def test_label_of_person_falls_back_to_other_fields(profile: dict[str, object], label: str) -> None:
    assert only_record(okta.Tenant(users=[user("00u1", **profile)]), "people")["displayName"] == label


@pytest.mark.once
@given(
    names=st.fixed_dictionaries(
        {},
        optional={
            name: st.none() | st.text(max_size=300)
            for name in ("displayName", "firstName", "lastName", "login", "email")
        },
    )
)
def test_label_of_person_is_never_blank_or_too_long(names: dict[str, object]) -> None:
    record = only_record(okta.Tenant(users=[{"id": "00u1", "profile": names}]), "people")
    assert str(record["displayName"]).strip()
    assert len(str(record["displayName"])) <= 255


def test_labels_of_other_types_fall_back_to_other_fields() -> None:
    tenant = okta.Tenant(
        user_types=[{"id": "oty1", "name": "user"}],
        groups=[{"id": "00g1", "profile": {}}],
        apps=[{"id": "0oa1", "name": "bookmark", "label": None}],
        devices=[
            {"id": "guo1", "profile": {}, "resourceDisplayName": {"value": "Laptop"}},
            {"id": "guo2", "profile": {"serialNumber": "S1"}},
            {"id": "guo3"},
        ],
    )
    labels = {record["oktaId"]: next(iter(record.values())) for _, record in okta.records(tenant)}
    assert labels == {
        "oty1": "user",
        "00g1": "00g1",
        "0oa1": "bookmark",
        "guo1": "Laptop",
        "guo2": "S1",
        "guo3": "guo3",
    }


@pytest.mark.parametrize(
    ("state", "name"),
    [("ACTIVE", "Active"), ("LOCKED_OUT", "Locked Out"), ("PASSWORD_EXPIRED", "Password Expired")],
)
def test_states_become_valid_status_names(state: str, name: str) -> None:
    assert only_record(okta.Tenant(users=[user("00u1", status=state)]), "people")["status"] == name


def test_unknown_state_is_left_out_and_reported() -> None:
    people, report = read(okta.Tenant(users=[user("00u1", status="FROZEN")]), "people")
    assert "status" not in people["00u1"]
    assert "a status that is not in the model" in reasons(report)["People: Status"]


def test_relative_profile_url_needs_org_url() -> None:
    users = [user("00u1", profileUrl="/people/ana")]
    people, report = read(okta.Tenant(users=users, org_url="https://acme.okta.com/"), "people")
    assert people["00u1"]["profileUrl"] == "https://acme.okta.com/people/ana"
    assert "completed" in reasons(report)["People: Profile URL"]
    people, report = read(okta.Tenant(users=users), "people")
    assert "profileUrl" not in people["00u1"]
    assert "relative" in reasons(report)["People: Profile URL"]


def test_group_members_become_groups_of_people() -> None:
    members: dict[str, okta.Source] = {
        "00g2": [user("00u1")],
        "00g1": [user("00u2"), [user("00u1"), user("00u1")]],
    }
    tenant = okta.Tenant(
        users=[user("00u1"), user("00u2"), user("00u3")],
        groups=[group("00g1"), group("00g2")],
        group_members=members,
    )
    people, _ = read(tenant, "people")
    assert people["00u1"]["groups"] == ["00g1", "00g2"]
    assert people["00u2"]["groups"] == ["00g1"]
    assert "groups" not in people["00u3"]


@pytest.mark.once
@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40), st.randoms())
def test_inversion_keeps_exactly_the_memberships(
    pairs: set[tuple[int, int]], shuffler: Iterator[object]
) -> None:
    given_pairs = [(f"00g{of}", [f"00u{who}"]) for of, who in pairs] * 2
    shuffler.shuffle(given_pairs)  # type: ignore[attr-defined]
    tenant = okta.Tenant(
        users=[user(f"00u{number}") for number in range(7)],
        groups=[group(f"00g{number}") for number in range(7)],
        group_members=given_pairs,
    )
    people, _ = read(tenant, "people")
    got = {
        (int(str(of)[3:]), int(who[3:]))
        for who, record in people.items()
        for of in record.get("groups", [])  # type: ignore[attr-defined]
    }
    assert got == pairs


def test_group_limit_removes_everyone_first_and_is_reported() -> None:
    tenant = okta.Tenant(
        users=[user("00u1")],
        groups=[group("00g0", kind="BUILT_IN"), *(group(f"00g{number}") for number in range(1, 6))],
        group_members=[(f"00g{number}", ["00u1"]) for number in range(6)],
    )
    people, report = read(tenant, "people", groups_per_person=3)
    assert people["00u1"]["groups"] == ["00g1", "00g2", "00g3"]
    (finding,) = report.findings
    assert (finding.attribute, finding.records, finding.values) == ("People: Groups", 1, 3)
    assert "more than 3" in finding.reason
    assert finding.examples == ["00u1"]


def test_lean_model_limits_references_to_ten() -> None:
    tenant = okta.Tenant(
        users=[user("00u1")],
        groups=[group(f"00g{number}") for number in range(12)],
        group_members={f"00g{number}": ["00u1"] for number in range(12)},
    )
    people, report = read(tenant, "people", okta.schema_model("lean"))
    assert len(people["00u1"]["groups"]) == 10  # type: ignore[arg-type]
    assert report.findings[0].values == 2


def test_references_to_missing_objects_are_counted() -> None:
    tenant = okta.Tenant(
        users=[user("00u1") | {"type": {"id": "oty9"}}],
        user_types=[],
        groups=[group("00g1")],
        group_members={"00g1": ["00u1", "00u9"], "00g9": ["00u1"]},
        apps=[app("0oa1", name="saasure")],
        app_users={"0oa1": [{"id": "00u1"}]},
    )
    people, report = read(tenant, "people")
    assert people["00u1"]["groups"] == ["00g1"]
    assert "applications" not in people["00u1"]
    assert "oktaUserType" not in people["00u1"]
    counted = {(finding.attribute, finding.reason): finding.values for finding in report.findings}
    assert counted == {
        ("People: Okta User Type", "references left out, their object is not imported"): 1,
        ("People: Groups", "references left out, their object is not imported"): 1,
        ("People: Groups", "references left out, of people that are not imported"): 1,
        ("People: Applications", "references left out, their object is not imported"): 1,
    }


def test_references_to_unrequested_type_are_kept() -> None:
    """The objects may be in Assets already, from an earlier import."""
    tenant = okta.Tenant(users=[user("00u1") | {"type": {"id": "oty9"}}], group_members={"00g9": ["00u1"]})
    record = only_record(tenant, "people")
    assert record["groups"] == ["00g9"]
    assert record["oktaUserType"] == "oty9"


def test_applications_and_devices_have_references() -> None:
    tenant = okta.Tenant(
        users=[user("00u1"), user("00u2")],
        groups=[group("00g1")],
        apps=[app("0oa1")],
        app_groups={"0oa1": [{"id": "00g1", "priority": 0}]},
        app_users={"0oa1": [{"id": "00u2", "scope": "GROUP"}]},
        devices=[device("guo1", "00u1", "00u9"), device("guo2")],
        device_users={"guo2": [{"user": {"id": "00u2"}}]},
    )
    assert only_record(tenant, "applications")["assignedGroups"] == ["00g1"]
    assert read(tenant, "people")[0]["00u2"]["applications"] == ["0oa1"]
    devices, report = read(tenant, "devices")
    assert (devices["guo1"]["users"], devices["guo2"]["users"]) == (["00u1"], ["00u2"])
    assert reasons(report) == {"Devices: Users": "references left out, their object is not imported"}


def test_consoles_are_left_out_by_default() -> None:
    tenant = okta.Tenant(
        apps=[app("0oa1", name="saasure"), app("0oa2"), app("0oa3", name="okta_browser_plugin")]
    )
    applications, report = read(tenant, "applications")
    assert list(applications) == ["0oa2"]
    assert [skipped.id for skipped in report.skipped] == ["0oa1", "0oa3"]
    assert "saasure" in report.skipped[0].reason
    assert len(read(tenant, "applications", include_console_applications=True)[0]) == 3


def test_inactive_people_are_included_or_reported() -> None:
    tenant = okta.Tenant(
        users=[user("00u1"), user("00u2", status="DEPROVISIONED"), user("00u3", status="SUSPENDED")],
        devices=[device("guo1", "00u2")],
    )
    assert list(read(tenant, "people")[0]) == ["00u1", "00u2", "00u3"]
    people, report = read(tenant, "people", include_inactive=False)
    assert list(people) == ["00u1", "00u3"]
    assert [skipped.id for skipped in report.skipped] == ["00u2"]
    assert "users" not in only_record(tenant, "devices", include_inactive=False)


def test_defective_people_are_reported_with_reason() -> None:
    tenant = okta.Tenant(
        users=[
            user("00u1"),
            user("00u1"),
            {"profile": {"login": "ana"}},
            {"errorCode": "E0000047", "errorSummary": "API call exceeded rate limit"},
            "00u2",
        ]
    )
    people, report = read(tenant, "people")
    assert list(people) == ["00u1"]
    assert [skipped.reason for skipped in report.skipped] == [
        "an earlier response about it was imported",
        "it has no id",
        "not an object: str",
    ]
    (notice,) = report.notices
    assert (notice.code, notice.what) == ("error_response", "people")
    assert "E0000047: API call exceeded rate limit" in notice.reason


def test_duplicate_username_is_kept_once() -> None:
    """Assets would reject the second person, because the attribute is unique."""
    tenant = okta.Tenant(users=[user("00u1", login="ana@x.org"), user("00u2", login="Ana@X.org")])
    people, report = read(tenant, "people")
    assert people["00u1"]["username"] == "ana@x.org"
    assert "username" not in people["00u2"]
    assert "unique" in reasons(report)["People: Username"]


def test_empty_values_are_not_sent() -> None:
    record = only_record(okta.Tenant(users=[user("00u1", title="", nickName="  ", city=None)]), "people")
    assert set(record) == {"displayName", "oktaId", "username", "status"}


def test_long_text_is_left_out_or_cut() -> None:
    tenant = okta.Tenant(
        users=[user("00u1", title="t" * 300, displayName="d" * 300, streetAddress="s" * 300)]
    )
    people, report = read(tenant, "people")
    assert "title" not in people["00u1"]
    assert people["00u1"]["displayName"] == "d" * 254 + "…"
    assert people["00u1"]["streetAddress"] == "s" * 300
    assert reasons(report) == {
        "People: Title": "left out, longer than 255 characters",
        "People: Display Name": "cut, longer than 255 characters",
    }
    assert only_record(tenant, "people", truncate=True)["title"] == "t" * 254 + "…"


def test_custom_attributes_are_converted_to_their_types() -> None:
    custom = [
        okta.CustomAttribute("badge", "Badge", "integer"),
        okta.CustomAttribute("rate", "Rate", "double"),
        okta.CustomAttribute("remote", "Remote", "boolean"),
        okta.CustomAttribute("since", "Since", "date"),
        okta.CustomAttribute("seen", "Seen", "date_time"),
        okta.CustomAttribute("tags", "Tags", "select", multiple=True),
        okta.CustomAttribute("cost_unit", "Cost Unit"),
    ]
    profile = {
        "badge": 12.0,
        "rate": "1.5",
        "remote": "true",
        "since": "2024-02-29T10:00:00Z",
        "seen": "2024-02-29T10:00:00+02:00",
        "tags": ["a", None, "b", "a"],
        "cost_unit": 7,
    }
    record = only_record(
        okta.Tenant(users=[user("00u1", **profile)]),
        "people",
        model=okta.schema_model(custom_attributes=custom),
    )
    assert {
        key.removeprefix("custom_"): value for key, value in record.items() if key.startswith("custom_")
    } == {
        "badge": 12,
        "rate": 1.5,
        "remote": True,
        "since": "2024-02-29",
        "seen": "2024-02-29T08:00:00.000Z",
        "tags": ["a", "b"],
        "cost_unit": "7",
    }


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "twelve"),
        ("integer", 2**31),
        ("double", "nan"),
        ("double", "much"),
        ("boolean", "perhaps"),
        ("date", "yesterday"),
        ("date_time", "soon"),
        ("email", "ana"),
        ("url", "ftp://example.com/x"),
        ("url", "http://[broken"),
        ("text", {"a": "b"}),
        ("integer", {"a": "b"}),
        ("text", [["a"]]),
    ],
)
def test_values_of_wrong_type_are_left_out_and_reported(kind: str, value: object) -> None:
    model = okta.schema_model(custom_attributes=[okta.CustomAttribute("field", "Field", kind)])
    people, report = read(okta.Tenant(users=[user("00u1", field=value)]), "people", model)
    assert "custom_field" not in people["00u1"]
    assert reasons(report)["People: Field"].startswith("left out")


@pytest.mark.parametrize("value", ["", "   ", None, []])
@pytest.mark.parametrize("kind", CUSTOM_TYPES)
def test_blank_values_are_not_findings(kind: str, value: object) -> None:
    model = okta.schema_model(custom_attributes=[okta.CustomAttribute("field", "Field", kind)])
    people, report = read(okta.Tenant(users=[user("00u1", field=value)]), "people", model)
    assert "custom_field" not in people["00u1"]
    assert report.findings == ()


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("text", True, "true"),
        ("text", datetime.date(2024, 2, 29), "2024-02-29"),
        ("date_time", datetime.datetime(2024, 2, 29, 8), "2024-02-29T08:00:00.000Z"),  # noqa: DTZ001 - as an SDK may
        ("time", "08:30", "08:30"),
        ("boolean", False, False),
        ("integer", "-12", -12),
        ("double", 2, 2.0),
    ],
)
def test_python_values_are_converted_for_assets(kind: str, value: object, sent: object) -> None:
    model = okta.schema_model(custom_attributes=[okta.CustomAttribute("field", "Field", kind)])
    record = only_record(okta.Tenant(users=[user("00u1", field=value)]), "people", model=model)
    assert record["custom_field"] == sent


def test_status_attribute_without_list_accepts_any_state() -> None:
    people = okta.schema_model("lean").object_type("people")
    attributes = [
        evolve(attribute, statuses=()) if attribute.key == "status" else attribute
        for attribute in people.attributes
    ]
    model = okta.schema_model("lean").with_object_type(evolve(people, attributes=attributes))
    for state, name in (("SOME_NEW_STATE", "Some New State"), ("  ", None)):
        tenant = okta.Tenant(users=[user("00u1", status=state)])
        assert only_record(tenant, "people", model=model).get("status") == name


@pytest.mark.parametrize(
    ("by", "profile", "value"),
    [
        ("email", {"managerId": "eva@example.com"}, "eva@example.com"),
        ("email", {"managerId": "4711", "manager": "eva@example.com"}, "eva@example.com"),
        ("email", {"managerId": "4711"}, None),
        ("employee_number", {"managerId": 4711}, "4711"),
        ("id", {"managerId": "00u9"}, "00u9"),
        ("id", {}, None),
    ],
)
def test_manager_value_follows_manager_by(
    by: okta.ManagerBy, profile: dict[str, object], value: str | None
) -> None:
    record = only_record(
        okta.Tenant(users=[user("00u1", **profile)]), "people", model=okta.schema_model(manager_by=by)
    )
    assert record.get("manager") == value


def test_manager_can_come_from_custom_field() -> None:
    model = okta.schema_model(manager_field="boss")
    record = only_record(okta.Tenant(users=[user("00u1", boss="eva@example.com")]), "people", model=model)
    assert record["custom_boss"] == "eva@example.com"
    assert "manager" not in record


def test_records_contain_only_attributes_of_the_model() -> None:
    model = okta.schema_model("lean", without=["devices"]).renamed("people", "Staff")
    people = model.object_type("people")
    model = model.with_object_type(evolve(people, adopted=Adoption("17", "Staff"), selector="staff"))
    tenant = okta.sample_tenant(20)
    by_selector = {spec.selector: spec for spec in model.object_types}
    for selector, record in okta.records(tenant, model=model):
        assert set(record) <= {attribute.locators[0] for attribute in by_selector[selector].attributes}
    assert "staff" in by_selector
    assert "devices" not in by_selector


def test_attributes_without_okta_field_are_not_filled() -> None:
    people = okta.schema_model("lean").object_type("people")
    model = okta.schema_model("lean").with_object_type(
        evolve(people, attributes=(*people.attributes, AttributeSpec("Shoe Size")))
    )
    assert "shoeSize" not in only_record(
        okta.Tenant(users=[user("00u1", shoeSize=44)]), "people", model=model
    )


@pytest.mark.slow
def test_people_limit_limits_devices_too() -> None:
    records = okta.records(okta.sample_tenant(200), people_limit=10)
    pairs = list(records)
    people = {record["oktaId"] for selector, record in pairs if selector == "people"}
    owners = [record["users"] for selector, record in pairs if selector == "devices"]
    assert len(people) == 10
    assert owners
    assert all(set(users) <= people for users in owners)  # type: ignore[call-overload]


def test_each_iteration_starts_a_new_report() -> None:
    records = okta.records(okta.sample_tenant(20))
    assert not records.report.complete
    first = list(records)
    report = records.report
    assert list(records) == first
    assert records.report is not report
    assert records.report.to_dict() == report.to_dict()


def test_records_repr_names_selectors() -> None:
    records = okta.records(okta.sample_tenant(), model=okta.schema_model(without=["devices"]))
    assert repr(records) == "<Records for userTypes, groups, applications, people>"


def test_list_for_single_value_keeps_first_value() -> None:
    model = okta.schema_model(custom_attributes=[okta.CustomAttribute("tags", "Tags")])
    people, report = read(okta.Tenant(users=[user("00u1", tags=["a", "b", "c"])]), "people", model)
    assert people["00u1"]["custom_tags"] == "a"
    assert report.findings[0].values == 2


def test_interrupted_iteration_is_not_complete() -> None:
    records = okta.records(okta.sample_tenant(20))
    reading = iter(records)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert not records.report.complete
    assert "not read to the end" in str(records.report)


@pytest.mark.parametrize("name", ["groups_per_person", "applications_per_person"])
def test_limits_below_minimum_are_rejected(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        okta.records(okta.Tenant(), **{name: -1})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="people_limit"):
        okta.records(okta.Tenant(), people_limit=0)
