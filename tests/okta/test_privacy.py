"""Privacy rules, the data map, and the export."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest import okta
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest.exceptions import ConfigurationError
from tests.okta.tenants import device, only_record, read, user

KEY = "a key of the organization"


def _ana(**options: object) -> dict[str, object]:
    tenant = okta.Tenant(
        users=[
            user(
                "00u1",
                firstName="Ana",
                lastName="García Ñu",
                email="Ana@Example.com",
                mobilePhone="+1 555 01",
            )
        ]
    )
    return only_record(tenant, "people", **options)


def test_privacy_without_rules_sends_everything() -> None:
    assert _ana(privacy=okta.Privacy()) == _ana()


def test_drop_removes_value_and_attribute() -> None:
    privacy = okta.Privacy({"people.mobilePhone": "drop"})
    assert "mobilePhone" not in _ana(privacy=privacy)
    model = privacy.model(okta.schema_model())
    assert model.object_type("people").find_attribute("mobilePhone") is None
    assert "mobilePhone" not in _ana(privacy=privacy, model=model)


def test_mask_keeps_first_letters_and_word_lengths() -> None:
    privacy = okta.Privacy({"people.lastName": okta.Action.MASK, "people.displayName": "mask"})
    record = _ana(privacy=privacy)
    assert record["lastName"] == "G***** Ñ*"
    assert record["displayName"] == "A** G***** Ñ*"


def test_mask_of_email_is_an_invalid_domain() -> None:
    model = okta.schema_model(without=["people.manager"])
    record = _ana(privacy=okta.Privacy({"people.primaryEmail": "mask"}), model=model)
    assert record["primaryEmail"] == "A***@E***.invalid"


def test_hash_depends_on_required_key() -> None:
    rules = {"people.lastName": "hash"}
    hashed = _ana(privacy=okta.Privacy(rules, hash_key=KEY))["lastName"]
    assert re.fullmatch(r"[0-9a-f]{32}", str(hashed))
    assert hashed == _ana(privacy=okta.Privacy(rules, hash_key=KEY.encode()))["lastName"]
    assert hashed != _ana(privacy=okta.Privacy(rules, hash_key="another"))["lastName"]
    with pytest.raises(ConfigurationError, match="hash_key"):
        _ana(privacy=okta.Privacy(rules))


def test_privacy_repr_hides_hash_key() -> None:
    assert KEY not in repr(okta.Privacy(hash_key=KEY))


def test_references_follow_the_hash_of_their_target() -> None:
    tenant = okta.Tenant(
        users=[
            user("00u1", email="eva@example.com"),
            user("00u2", email="ben@example.com", managerId="EVA@example.com"),
        ],
        devices=[device("guo1", "00u2")],
    )
    rules = {"people.primaryEmail": "hash", "people.oktaId": "hash"}
    privacy = okta.Privacy(rules, hash_key=KEY)
    pairs = list(okta.records(tenant, privacy=privacy))
    eva, ben, laptop = (record for _, record in pairs)
    assert ben["manager"] == eva["primaryEmail"]
    assert str(eva["primaryEmail"]).endswith("@hashed.invalid")
    assert laptop["users"] == [ben["oktaId"]]
    assert "eva" not in json.dumps([eva, ben]).replace("00u1@example.com", "").lower().split("managerid")[0]


def test_default_drop_sends_only_allowed_attributes() -> None:
    privacy = okta.Privacy({"people.department": "allow", "devices.*": "allow"}, default="drop")
    tenant = okta.Tenant(
        users=[user("00u1", department="IT", title="Admin")], devices=[device("guo1", platform="IOS")]
    )
    assert only_record(tenant, "people", privacy=privacy) == {
        "displayName": "00u1@example.com",
        "oktaId": "00u1",
        "department": "IT",
    }
    assert only_record(tenant, "devices", privacy=privacy)["platform"] == "IOS"


def test_most_specific_privacy_rule_wins() -> None:
    privacy = okta.Privacy({"userTypes.description": "allow", "*.description": "drop", "groups.*": "allow"})
    model = privacy.model(okta.schema_model())
    assert model.object_type("userTypes").find_attribute("description") is not None
    assert model.object_type("groups").find_attribute("description") is None
    assert model.object_type("groups").find_attribute("groupType") is not None


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ({"people.displayName": "drop"}, "label"),
        ({"people.oktaId": "drop"}, "identifier"),
        ({"people.oktaId": "mask"}, "distinguishes objects"),
        ({"people.username": "mask"}, "distinguishes objects"),
        ({"people.primaryEmail": "drop"}, "looked up"),
        ({"people.primaryEmail": "mask"}, "distinguishes objects"),
        ({"people.manager": "hash"}, "reference"),
        ({"people.lastLogin": "mask"}, "date_time"),
        ({"people.mobilePhon": "drop"}, "no people.mobilePhon"),
        ({"people.shoeSize": "mask"}, "no people.shoeSize"),
    ],
)
def test_impossible_privacy_rules_are_rejected(rules: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        okta.records(okta.Tenant(), privacy=okta.Privacy(rules, hash_key=KEY))


def test_privacy_check_names_all_problems() -> None:
    privacy = okta.Privacy({"people.displayName": "drop", "groups.oktaId": "mask"})
    with pytest.raises(ConfigurationError) as problem:
        privacy.check(okta.schema_model())
    assert "people.displayName" in str(problem.value)
    assert "groups.oktaId" in str(problem.value)


def test_email_can_be_dropped_with_its_reference() -> None:
    privacy = okta.Privacy({"people.primaryEmail": "drop", "people.manager": "drop"})
    record = _ana(privacy=privacy, model=privacy.model(okta.schema_model()))
    assert "primaryEmail" not in record


def test_references_to_missing_type_are_sent_unchanged() -> None:
    full = okta.schema_model("lean")
    model = SchemaModel("Okta", [full.object_type("people")], namespace="okta", statuses=full.statuses)
    privacy = okta.Privacy({"people.lastName": "hash"}, hash_key=KEY)
    tenant = okta.Tenant(users=[user("00u1")], group_members={"00g1": ["00u1"]})
    assert only_record(tenant, "people", model=model, privacy=privacy)["groups"] == ["00g1"]


def test_unknown_privacy_action_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="blur"):
        okta.Privacy({"people.lastName": "blur"})


@pytest.mark.once
@given(st.text(min_size=1, max_size=60))
def test_records_never_contain_dropped_or_hashed_text(text: str) -> None:
    secret = f"<{text}>"
    tenant = okta.Tenant(users=[user("00u1", title=secret, lastName=secret, displayName="x")])
    privacy = okta.Privacy({"people.title": "drop", "people.lastName": "hash"}, hash_key=KEY)
    people, report = read(tenant, "people", privacy=privacy)
    assert secret not in str(people) + str(report)


def test_data_map_shows_source_attribute_and_action() -> None:
    privacy = okta.Privacy({"people.title": "drop", "people.primaryEmail": "hash"}, hash_key=KEY)
    custom = [okta.CustomAttribute("badge", "Badge <nr>", "integer")]
    model = okta.schema_model("full", custom_attributes=custom)
    chart = okta.data_map(model, privacy)
    rows = {(row.object_type, row.attribute): row for row in chart.rows}
    assert len(rows) == sum(len(spec.attributes) for spec in model.object_types)
    assert all(row.source for row in chart.rows)
    assert rows["People", "Title"].action is okta.Action.DROP
    assert rows["People", "Badge <nr>"].source == "profile.badge"
    assert rows["People", "Manager"].action is okta.Action.HASH
    assert rows["Groups", "Group Name"].source.startswith("profile.name")
    text = str(chart)
    assert re.search(r"profile\.title +People: Title +text +nothing", text)
    assert "Badge &lt;nr&gt;" in chart.html
    assert "<nr>" not in chart._repr_html_()
    assert json.dumps(chart.to_dict())


def test_data_map_marks_attributes_without_source() -> None:
    from attrs import evolve

    from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec

    model = okta.schema_model("lean")
    people = model.object_type("people")
    model = model.with_object_type(evolve(people, attributes=(*people.attributes, AttributeSpec("Desk"))))
    model = model.with_object_type(
        ObjectTypeSpec("Desks", [AttributeSpec("Number", label=True, identifier=True)])
    )
    foreign = [row for row in okta.data_map(model).rows if not row.source]
    assert [(row.object_type, row.attribute) for row in foreign] == [("People", "Desk"), ("Desks", "Number")]
    assert "(not filled from Okta)" in str(okta.data_map(model))


# --- export


@pytest.mark.slow
def test_export_writes_mapping_chunks_and_completion(tmp_path: Path) -> None:
    tenant = okta.sample_tenant(40)
    records = okta.records(tenant)
    written = okta.export(records, tmp_path / "out", limit_count=30)
    folder = tmp_path / "out"
    assert json.loads((folder / "mapping.json").read_text("utf-8")) == okta.schema_model().document()
    assert written.files[-1] == "complete.json"
    assert json.loads((folder / "complete.json").read_bytes()) == {"completed": True}
    pairs: list[tuple[str, object]] = []
    for name in written.files[:-1]:
        body = json.loads((folder / name).read_bytes())
        assert body["clientGeneratedId"].startswith("export-")
        pairs += [(selector, record) for selector, part in body["data"].items() for record in part]
    assert pairs == list(okta.records(tenant))
    assert len(written.files) > 4
    assert written.size == sum((folder / name).stat().st_size for name in written.files)
    assert (
        json.loads((folder / "summary.json").read_text())["counts"] == written.counts == records.report.counts
    )
    assert (folder / "summary.json").stat().st_mode & 0o077 == 0
    assert "40 people" in str(written)


def test_export_follows_privacy_rules(tmp_path: Path) -> None:
    tenant = okta.Tenant(users=[user("00u1", title="Secret title")])
    okta.export(okta.records(tenant, privacy=okta.Privacy({"people.title": "drop"})), tmp_path / "out")
    assert "Secret title" not in "".join(file.read_text() for file in (tmp_path / "out").iterdir())


def test_export_without_model_or_into_full_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="model"):
        okta.export([], tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="not empty"):
        okta.export([], tmp_path, model=okta.schema_model())


def test_export_without_records_writes_completion(tmp_path: Path) -> None:
    written = okta.export([], tmp_path / "out", model=okta.schema_model())
    assert written.files == ("complete.json",)
    assert repr(written) == f"<Export of 1 requests in {str(tmp_path / 'out')!r}>"
    assert "no records" in str(written)


@pytest.mark.parametrize("action", list(okta.Action)[1:])
def test_source_of_a_link_to_jira_must_be_allowed(action: okta.Action) -> None:
    """Otherwise no account would have the address, and nothing would be linked."""
    model = okta.schema_model("lean", manager_by="id", jira_users=True)
    privacy = okta.Privacy({"people.primaryEmail": action}, hash_key="a secret of the company")

    with pytest.raises(ConfigurationError, match=r"is the source of the link people\.jiraUser"):
        privacy.check(model)
    privacy.check(okta.schema_model("lean", manager_by="id"))
