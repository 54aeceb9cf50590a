"""Sources of a tenant: pages, iterators, files, plain JSON, and objects of Okta's SDK."""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import pytest

from jsm_assets_dest import okta
from jsm_assets_dest.exceptions import ConfigurationError
from tests.okta.tenants import group, only_record, read, user


class _State(enum.Enum):
    LOCKED_OUT = "LOCKED_OUT"


class _Declared:
    def __init__(self, alias: str | None = None) -> None:
        self.alias = alias


class _NewProfile:
    """Like version 3 of the SDK: Python names with the API's names as aliases, and unknown fields in a separate one."""

    model_fields: ClassVar = {
        "login": _Declared(),
        "cost_center": _Declared("costCenter"),
        "additional_properties": _Declared(),
    }

    def __init__(self) -> None:
        self.login = "ana@example.com"
        self.cost_center = "10"
        self.additional_properties = {"cost_unit": "20"}


class _Choice:
    """Like version 3 if the API allows several kinds: the object is inside."""

    model_fields: ClassVar = {"one_of_schemas": _Declared()}

    def __init__(self, chosen: object) -> None:
        self.actual_instance = chosen
        self.one_of_schemas = {"OneKind", "AnotherKind"}


class _NewUser:
    model_fields: ClassVar = {
        "id": _Declared(),
        "status": _Declared(),
        "last_login": _Declared("lastLogin"),
        "type": _Declared(),
        "profile": _Declared(),
        "realm": _Declared(),
    }

    def __init__(self) -> None:
        self.id = "00u1"
        self.status = _State.LOCKED_OUT
        self.last_login = datetime.datetime(
            2024, 5, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))
        )
        self.type = {"id": "oty1"}
        self.profile = _Choice(_NewProfile())
        self.realm = _Choice(None)

    def to_dict(self) -> dict[str, object]:
        """Omit fields that are read-only in the API, such as the id and the state."""
        return {"type": self.type, "profile": {"login": "ana@example.com"}}


class _Plain:
    """Another object with `to_dict`."""

    def to_dict(self) -> dict[str, object]:
        profile = {"login": "ana@example.com", "costCenter": "10"}
        return {
            "id": "00u1",
            "status": "LOCKED_OUT",
            "lastLogin": "2024-05-01T10:00:00.000Z",
            "type": {"id": "oty1"},
            "profile": profile,
        }


class _OldProfile:
    def __init__(self) -> None:
        self.costCenter = "10"
        self.cost_unit = "20"
        self.login = "ana@example.com"

    def as_dict(self) -> dict[str, object]:
        return dict(vars(self))


class _OldUser:
    """Like version 2 of the SDK: snake_case, and `as_dict` fails on lists."""

    def __init__(self) -> None:
        self.id = "00u1"
        self.status = _State.LOCKED_OUT
        self.last_login = "2024-05-01T10:00:00.000Z"
        self.type = {"id": "oty1"}
        self.profile = _OldProfile()
        self.some_list = ["x"]

    def as_dict(self) -> dict[str, object]:
        raise AttributeError("'list' object has no attribute 'as_dict'")


class _Odd:
    def to_dict(self) -> list[object]:
        return []


@pytest.mark.parametrize("sdk_object", [_NewUser(), _OldUser(), _Plain()])
def test_sdk_objects_give_the_same_record_as_json(sdk_object: object) -> None:
    plain = user("00u1", status="LOCKED_OUT", login="ana@example.com", costCenter="10") | {
        "lastLogin": "2024-05-01T10:00:00.000Z",
        "type": {"id": "oty1"},
    }
    assert only_record(okta.Tenant(users=[sdk_object]), "people") == only_record(
        okta.Tenant(users=[plain]), "people"
    )


@pytest.mark.parametrize("sdk_object", [_NewUser(), _OldUser()])
def test_custom_fields_of_sdk_objects_keep_their_names(sdk_object: object) -> None:
    model = okta.schema_model(custom_attributes=[okta.CustomAttribute("cost_unit", "Cost Unit")])
    assert only_record(okta.Tenant(users=[sdk_object]), "people", model=model)["custom_cost_unit"] == "20"


def test_sdk_values_of_choices_and_sets_are_read() -> None:
    app = {"id": "0oa1", "label": _Choice("App"), "features": {"IMPORT_NEW_USERS"}}
    record = only_record(okta.Tenant(apps=[app]), "applications")
    assert (record["label"], record["features"]) == ("App", ["IMPORT_NEW_USERS"])


def test_object_with_invalid_to_dict_is_reported() -> None:
    people, report = read(okta.Tenant(users=[_Odd()]), "people")
    assert people == {}
    assert report.skipped[0].reason == "not an object: _Odd"


def test_source_can_mix_pages_and_objects() -> None:
    def pages() -> Iterator[object]:
        yield [user("00u1"), user("00u2")]
        yield user("00u3")
        yield (user("00u4"),)

    assert list(read(okta.Tenant(users=pages), "people")[0]) == ["00u1", "00u2", "00u3", "00u4"]


def test_second_reading_of_iterator_is_rejected() -> None:
    records = okta.records(okta.Tenant(users=iter([user("00u1")])))
    assert len(list(records)) == 1
    with pytest.raises(ConfigurationError, match="users were already read"):
        list(records)


def test_string_as_source_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="the type str"):
        okta.Tenant(users='[{"id": "00u1"}]')


def test_empty_tenant_has_no_records() -> None:
    records = okta.records(okta.Tenant())
    assert list(records) == []
    assert str(records.report) == "0 records (none)"


# --- folders


def _write(folder: Path, name: str, value: object) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def test_documented_layout_is_read(tmp_path: Path) -> None:
    _write(tmp_path, "users-1.json", [user("00u1")])
    _write(tmp_path, "users-10.json", [user("00u3")])
    _write(tmp_path, "users-2.json", [user("00u2")])
    _write(tmp_path, "groups.json", [group("00g1"), group("00g2"), group("00g3")])
    _write(tmp_path, "apps.json", {"id": "0oa1", "label": "App"})
    _write(tmp_path, "devices.jsonl", '{"id": "guo1"}\n\n{"id": "guo2"}\n')
    _write(tmp_path, "user-types.json", [{"id": "oty1", "name": "user"}])
    _write(tmp_path, "user-schema.json", {"definitions": {"custom": {"properties": {"x": {"title": "X"}}}}})
    _write(tmp_path, "group-members/00g1.json", [user("00u1")])
    _write(tmp_path, "group-members/00g1-2.json", [user("00u2")])
    _write(tmp_path, "memberships.json", [{"groupId": "00g2", "userId": "00u1"}, {"groupId": "00g3"}])
    _write(tmp_path, "app-users/0oa1.json", [{"id": "00u3"}])
    _write(tmp_path, "app-groups/0oa1.json", [{"id": "00g3"}])
    _write(tmp_path, "device-users/guo2.json", [{"user": {"id": "00u2"}}])
    _write(tmp_path, "notes.txt", "read me")
    _write(tmp_path, "policies/p.json", [])
    tenant = okta.Tenant.from_folder(tmp_path)
    people, report = read(tenant, "people")
    assert list(people) == ["00u1", "00u2", "00u3"]
    assert [record.get("groups") for record in people.values()] == [["00g1", "00g2"], ["00g1"], None]
    assert people["00u3"]["applications"] == ["0oa1"]
    assert only_record(tenant, "applications")["assignedGroups"] == ["00g3"]
    assert read(tenant, "devices")[0]["guo2"]["users"] == ["00u2"]
    assert [attribute.api_name for attribute in tenant.custom_attributes()] == ["x"]
    assert [(skipped.what, skipped.where) for skipped in report.skipped] == [
        ("file", "notes.txt"),
        ("folder", "policies"),
        ("entry of the members of the group 00g3", "memberships.json[1]"),
    ]


def test_missing_files_mean_unrequested_types(tmp_path: Path) -> None:
    _write(tmp_path, "users.json", [user("00u1") | {"type": {"id": "oty1"}}])
    assert only_record(okta.Tenant.from_folder(tmp_path), "people")["oktaUserType"] == "oty1"


def test_folder_without_responses_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder"):
        okta.Tenant.from_folder(tmp_path / "nowhere")
    _write(tmp_path, "something.json", [])
    with pytest.raises(ConfigurationError, match="no file of Okta's responses"):
        okta.Tenant.from_folder(tmp_path)


def test_truncated_file_stops_reading(tmp_path: Path) -> None:
    """Without the page, an import would look as if people had left."""
    _write(tmp_path, "users-1.json", [user("00u1")])
    _write(tmp_path, "users-2.json", '[{"id": "00u2"}, {"id":')
    records = okta.records(okta.Tenant.from_folder(tmp_path))
    with pytest.raises(ConfigurationError, match=r"users-2\.json"):
        list(records)
    assert not records.report.complete


def test_response_files_are_read(tmp_path: Path) -> None:
    _write(tmp_path, "user--ana.json", user("00u1"))
    _write(tmp_path, "group-members--a.json", [user("00u2")])
    _write(
        tmp_path,
        "app-users--a.json",
        [{"id": "00u1", "_links": {"app": {"href": "https://x/api/v1/apps/0oa1"}}}],
    )
    _write(tmp_path, "logs--a.json", [{"uuid": "1"}])
    _write(tmp_path, "stray.json", [{"id": "x"}])
    _write(tmp_path, "readme.md", "text")
    _write(tmp_path, "deep/deeper/users--x.json", [])
    index = [{"file": "group-members--a.json", "request": "GET /api/v1/groups/00g1/users?limit=5"}]
    _write(tmp_path, "index.json", index)
    people, report = read(okta.Tenant.from_folder(tmp_path), "people")
    assert people["00u1"]["applications"] == ["0oa1"]
    assert people["00u2"]["groups"] == ["00g1"]
    named = {(skipped.what, skipped.where) for skipped in report.skipped}
    assert named == {
        ("application assignment", "app-users--a.json[0]"),
        ("object", "logs--a.json[0]"),
        ("file", "stray.json[0]"),
        ("file", "readme.md"),
        ("folder", "deep/deeper"),
    }


def test_folder_with_unknown_kinds_is_rejected(tmp_path: Path) -> None:
    _write(tmp_path, "logs--a.json", [])
    with pytest.raises(ConfigurationError, match="no file of people"):
        okta.Tenant.from_folder(tmp_path)


@pytest.mark.slow
def test_written_folder_gives_the_same_records(tmp_path: Path) -> None:
    tenant = okta.sample_tenant(60)
    folder = okta.write_folder(tenant, tmp_path / "out", page_size=25)
    again = okta.Tenant.from_folder(folder, org_url=tenant.org_url)
    assert len(list(folder.glob("users-*.json"))) == 3
    assert list(okta.records(again)) == list(okta.records(tenant))
    assert again.custom_attributes() == tenant.custom_attributes()


def test_write_folder_accepts_sdk_objects(tmp_path: Path) -> None:
    tenant = okta.Tenant(
        users=[_NewUser(), {"id": "00u2", "profile": _OldProfile()}],
        devices=[{"id": "guo1"}],
        device_users={"guo1": [{"user": {"id": "00u1"}}]},
    )
    again = okta.Tenant.from_folder(okta.write_folder(tenant, tmp_path / "out"))
    assert list(okta.records(again)) == list(okta.records(tenant))


def test_write_folder_rejects_full_folder(tmp_path: Path) -> None:
    _write(tmp_path, "users.json", [])
    with pytest.raises(ConfigurationError, match="not empty"):
        okta.write_folder(okta.Tenant(), tmp_path)


def test_write_folder_rejects_invalid_parent_id(tmp_path: Path) -> None:
    tenant = okta.Tenant(app_users={"../../x": ["00u1"]})
    with pytest.raises(ConfigurationError, match="not a valid Okta id"):
        okta.write_folder(tenant, tmp_path / "out")


def test_write_folder_rejects_values_outside_json(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="complex"):
        okta.write_folder(okta.Tenant(users=[{"id": "00u1", "profile": {"x": 1j}}]), tmp_path / "out")


def test_links_accept_ids_and_report_objects_without_id() -> None:
    proxy = MappingProxyType(user("00u1"))
    tenant = okta.Tenant(users=[proxy], group_members={"00g1": [{"profile": {}}, "00u1"]})
    people, report = read(tenant, "people")
    assert people["00u1"]["groups"] == ["00g1"]
    assert [str(skipped) for skipped in report.skipped] == [
        "entry of the members of the group 00g1: it has no id"
    ]


def test_member_file_without_group_id_is_reported(tmp_path: Path) -> None:
    _write(tmp_path, "users.json", [user("00u1")])
    _write(tmp_path, "group-members/_notes.json", [user("00u1")])
    people, report = read(okta.Tenant.from_folder(tmp_path), "people")
    assert "groups" not in people["00u1"]
    assert [str(skipped) for skipped in report.skipped] == [
        "file (group-members/_notes.json): its name does not start with an Okta id"
    ]
