"""Every defect of every kind of page is named in the report, or it stops reading. None is read as an empty list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from jsm_assets_dest import okta
from jsm_assets_dest.exceptions import ConfigurationError
from tests.okta.shared import load, shared
from tests.okta.tenants import app, device, group, read, reasons, user

MODEL = okta.schema_model("full")
ERROR = {"errorCode": "E0000007", "errorSummary": "Not found: Resource not found: 00gB (UserGroup)"}


@frozen
class PageKind:
    """A kind of page: where its files are, which objects they contain, and how the tenant gets them in memory."""

    stem: str
    source: str
    is_link: bool = False

    def item(self, number: int) -> dict[str, object]:
        """Return an object of such a page."""
        identity = f"{self.source.replace('_', '')}{number}"
        match self.source:
            case "users":
                return user(identity)
            case "groups":
                return group(identity)
            case "apps":
                return app(identity)
            case "devices":
                return device(identity)
            case "user_schemas":
                return {"id": identity, "definitions": {"custom": {"properties": {}}}}
            case "memberships":
                return {"groupId": "00gA", "userId": identity}
            case "device_users":
                return {"user": {"id": identity}}
            case _:
                return {"id": identity, "name": identity}

    def without_id(self) -> dict[str, object]:
        """Return an object of such a page without its id."""
        item = self.item(0)
        for key in ("id", "definitions", "userId", "user"):
            item.pop(key, None)
        return item

    def tenant(self, pages: list[object]) -> okta.Tenant:
        """Return a tenant with such pages in memory."""
        name = "group_members" if self.source == "memberships" else self.source
        if self.is_link:
            return okta.Tenant(**{name: [("00gA", pages)]})  # type: ignore[arg-type]
        if self.source in {"memberships", "user_schemas"}:
            flat = [item for page in pages for item in (page if isinstance(page, list) else [page])]
            return okta.Tenant(**{name: flat})  # type: ignore[arg-type]
        return okta.Tenant(**{name: pages})  # type: ignore[arg-type]


KINDS = (
    PageKind("users-{}.json", "users"),
    PageKind("groups-{}.json", "groups"),
    PageKind("apps-{}.json", "apps"),
    PageKind("devices-{}.json", "devices"),
    PageKind("user-types-{}.json", "user_types"),
    PageKind("user-schema-{}.json", "user_schemas"),
    PageKind("memberships-{}.json", "memberships"),
    PageKind("group-members/00gA-{}.json", "group_members", is_link=True),
    PageKind("app-users/0oaA-{}.json", "app_users", is_link=True),
    PageKind("app-groups/0oaA-{}.json", "app_groups", is_link=True),
    PageKind("device-users/guoA-{}.json", "device_users", is_link=True),
)
#: Prefixes of single response files, by the kind of their objects.
RESPONSE_PREFIXES = {
    "users-list": "users",
    "user-get": "users",
    "groups-list": "groups",
    "group": "groups",
    "apps-list": "apps",
    "app": "apps",
    "devices-list": "devices",
    "device": "devices",
    "user-types": "user_types",
    "user-schema": "user_schemas",
    "group-members": "users",
    "user-groups": "groups",
    "group-apps": "apps",
    "app-users": "app_users",
    "app-groups": "app_groups",
    "device-users": "device_users",
}
FILE_DEFECTS = (
    "error_page",
    "error_in_page",
    "cut_off",
    "unread_page",
    "repeated_page",
    "without_id",
    "not_an_object",
)
MEMORY_DEFECTS = ("error_page", "error_in_page", "repeated_page", "without_id", "not_an_object")


def _pages(kind: PageKind, sizes: list[int]) -> list[list[object]]:
    numbers = iter(range(1, 1000))
    return [[kind.item(next(numbers)) for _ in range(size)] for size in sizes]


def _damage(kind: PageKind, pages: list[object], at: int, defect: str) -> int:
    """Damage the page at an index. Return the index of the page that the report must name."""
    page = pages[at]
    assert isinstance(page, list)
    if defect == "error_page":
        pages[at] = ERROR
    elif defect == "error_in_page":
        page.insert(len(page) // 2, ERROR)
    elif defect == "repeated_page":
        pages.append(list(page))
        return len(pages) - 1
    elif defect == "without_id":
        page.append(kind.without_id())
    elif defect == "not_an_object":
        page.append(17)
    return at


def _write_pages(folder: Path, kind: PageKind, pages: list[object], named: int, defect: str) -> str:
    """Write pages to files. Return the name of the defective file."""
    (folder / "users.json").write_text(json.dumps([user("00uA")]), encoding="utf-8")
    names = [kind.stem.format(number) for number in range(1, len(pages) + 1)]
    index = []
    for number, (name, page) in enumerate(zip(names, pages, strict=True)):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        text = json.dumps(page)
        file.write_text(text[:-1] if defect == "cut_off" and number == named else text, encoding="utf-8")
        link = '<https://acme.okta.com/api/v1/x?after={}>; rel="{}"'
        has_next = number + 1 < len(pages) or (defect == "unread_page" and number == named)
        index.append(
            {
                "file": name,
                "request": f"GET /api/v1/x?after={number}",
                "link": [link.format(number, "self"), link.format(number + 1, "next")] if has_next else "",
            }
        )
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    return names[named]


def _read(tenant: okta.Tenant, **options: object) -> okta.Report:
    records = okta.records(tenant, model=MODEL, **options)  # type: ignore[arg-type]
    list(records)
    return records.report


SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@pytest.mark.once
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.source)
@pytest.mark.parametrize("defect", FILE_DEFECTS)
@given(sizes=SIZES, data=st.data())
@settings(max_examples=4, deadline=None)
def test_defect_of_any_page_file_is_named(
    kind: PageKind, defect: str, sizes: list[int], data: st.DataObject
) -> None:
    pages: list[object] = list(_pages(kind, sizes))
    last = len(pages) - 1
    at = last if defect == "unread_page" else data.draw(st.integers(0, last), label="page")
    named = _damage(kind, pages, at, defect)
    with TemporaryDirectory() as name:
        file = _write_pages(Path(name), kind, pages, named, defect)
        try:
            report = _read(okta.Tenant.from_folder(name))
        except ConfigurationError as stop:
            assert defect == "cut_off"
            assert file in str(stop)  # noqa: PT017 - any other error fails the test
            return
        assert defect != "cut_off"
        assert file in str(report)
        # A repeated user schema is harmless, because it does not replace another page.
        if not (defect == "repeated_page" and kind.source == "user_schemas"):
            with pytest.raises(ConfigurationError, match="Okta's data is incomplete"):
                _read(okta.Tenant.from_folder(name), on_defect="stop")


@pytest.mark.once
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.source)
@pytest.mark.parametrize("defect", MEMORY_DEFECTS)
@given(sizes=SIZES, data=st.data())
@settings(max_examples=4, deadline=None)
def test_defect_of_any_page_in_memory_is_named(
    kind: PageKind, defect: str, sizes: list[int], data: st.DataObject
) -> None:
    pages: list[object] = list(_pages(kind, sizes))
    _damage(kind, pages, data.draw(st.integers(0, len(pages) - 1), label="page"), defect)
    if defect == "not_an_object" and kind.source == "memberships":
        with pytest.raises(ConfigurationError, match="members of groups have an item of the type int"):
            _read(kind.tenant(pages))
        return
    report = _read(kind.tenant(pages))
    if defect == "repeated_page" and kind.source == "memberships":
        return  # Memberships in memory have no pages, and a repeated membership is harmless.
    assert report.notice_count + report.skipped_count > 0
    if defect.startswith("error"):
        assert "E0000007" in str(report)


@pytest.mark.once
@given(kind=st.sampled_from(KINDS), sizes=SIZES)
@settings(max_examples=30, deadline=None)
def test_pages_without_defect_have_no_notices(kind: PageKind, sizes: list[int]) -> None:
    pages: list[object] = list(_pages(kind, sizes))
    with TemporaryDirectory() as name:
        _write_pages(Path(name), kind, pages, 0, "")
        for tenant in (okta.Tenant.from_folder(name), kind.tenant(pages)):
            report = _read(tenant, on_defect="stop")
            assert report.notices == []
            assert report.skipped == []


@pytest.mark.once
@pytest.mark.parametrize("prefix", RESPONSE_PREFIXES)
@pytest.mark.parametrize(
    "defect", ["error_page", "error_in_page", "without_id", "not_an_object", "unread_page"]
)
def test_defect_of_any_response_file_is_named(tmp_path: Path, prefix: str, defect: str) -> None:
    kind = PageKind("", RESPONSE_PREFIXES[prefix])
    pages: list[object] = list(_pages(kind, [2]))
    _damage(kind, pages, 0, defect)
    name = f"{prefix}--a.json"
    (tmp_path / name).write_text(json.dumps(pages[0]), encoding="utf-8")
    (tmp_path / "users--b.json").write_text(json.dumps([user("00uA")]), encoding="utf-8")
    link = '<https://acme.okta.com/api/v1/x?after=2>; rel="next"' if defect == "unread_page" else ""
    index = [{"file": name, "request": "GET /api/v1/groups/00gA/users?limit=2", "link": link}]
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    report = _read(okta.Tenant.from_folder(tmp_path))
    names = {notice.where.partition("[")[0] for notice in report.notices}
    names |= {
        skipped.where.partition("[")[0] for skipped in report.skipped if "assignment" not in skipped.reason
    }
    assert name in names
    if defect.startswith("error"):
        assert str(report).count("E0000007") == 1


def test_repeated_response_file_is_named(tmp_path: Path) -> None:
    for name in ("group-members--a.json", "group-members--b.json"):
        (tmp_path / name).write_text(json.dumps([user("00u1")]), encoding="utf-8")
    report = _read(okta.Tenant.from_folder(tmp_path))
    assert [(notice.code, notice.where) for notice in report.notices] == [
        ("repeated_page", "group-members--b.json")
    ]


def test_error_response_in_each_kind_of_page_is_named(tmp_path: Path) -> None:
    names = [kind.stem.format(2) for kind in KINDS]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(ERROR), encoding="utf-8")
    report = _read(okta.Tenant.from_folder(tmp_path))
    assert sorted(notice.where for notice in report.notices) == sorted(f"{name}[0]" for name in names)
    assert {notice.code for notice in report.notices} == {"error_response"}
    assert str(report).count("E0000007: Not found") == len(KINDS)


def test_error_among_members_keeps_other_memberships() -> None:
    tenant = okta.Tenant(
        users=[user("00u1")],
        groups=[group("00gA"), group("00gB")],
        group_members={"00gA": ["00u1"], "00gB": ERROR},
    )
    people, report = read(tenant, "people")
    assert people["00u1"]["groups"] == ["00gA"]
    assert str(report.notices[0]) == (
        "members of the group 00gB: an error response of Okta, "
        "E0000007: Not found: Resource not found: 00gB (UserGroup). The objects of this page are missing."
    )
    with pytest.raises(ConfigurationError, match="group 00gB"):
        read(tenant, "people", on_defect="stop")


def test_error_instead_of_all_links_is_named() -> None:
    _, report = read(okta.Tenant(users=[user("00u1")], group_members=ERROR), "people")
    assert [(notice.code, notice.what) for notice in report.notices] == [
        ("error_response", "members of groups")
    ]


def test_oauth_error_is_an_error_response() -> None:
    error = {"error": "invalid_token", "error_description": "The token is invalid."}
    _, report = read(okta.Tenant(users=[error]), "people")
    assert "error response of Okta, invalid_token: The token is invalid." in report.notices[0].reason
    assert len(read(okta.Tenant(users=[user("00u1") | {"error": "x"}]), "people")[0]) == 1


def test_error_response_without_code_has_no_id() -> None:
    _, report = read(okta.Tenant(users=[{"errorCode": None}]), "people")
    assert [skipped.reason for skipped in report.skipped] == ["it has no id"]


def test_empty_lines_file_is_possibly_cut_off(tmp_path: Path) -> None:
    (tmp_path / "users.jsonl").touch()
    (tmp_path / "groups.json").write_text("[]", encoding="utf-8")
    report = _read(okta.Tenant.from_folder(tmp_path))
    assert [(notice.code, notice.where) for notice in report.notices] == [("possibly_cut_off", "users.jsonl")]


def test_shared_case_of_error_among_members_is_named(tmp_path: Path) -> None:
    case = load(shared("cases/error-answer-among-members.json"))
    assert isinstance(case, dict)
    for name, content in case["folder"].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    report = _read(okta.Tenant.from_folder(tmp_path))
    assert case["report_names"] in str(report)
    assert report.notices[0].where == "group-members/00gB.json[0]"


@pytest.mark.parametrize("children", [None, 5, "00u1", b"00u1"])
def test_children_that_are_not_a_list_are_rejected(children: okta.Source) -> None:
    tenant = okta.Tenant(users=[user("00u1")], group_members={"00gA": children})
    with pytest.raises(ConfigurationError, match="members of the group 00gA are a value of the type"):
        read(tenant, "people")


@pytest.mark.parametrize(
    "links", [["00gA", "00gB"], [("00gA",)], [(1, ["00u1"])], [["00gA", "00u1", "00u2"]]]
)
def test_links_that_are_not_pairs_are_rejected(links: object) -> None:
    with pytest.raises(ConfigurationError, match="have an item of the type"):
        read(okta.Tenant(users=[user("00u1")], group_members=links), "people")  # type: ignore[arg-type]


def test_source_that_is_not_a_list_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="`users` is a value of the type int"):
        read(okta.Tenant(users=7), "people")  # type: ignore[arg-type]


def test_memberships_can_be_objects_in_memory() -> None:
    memberships = [{"groupId": "00gA", "userId": "00u1"}, {"groupId": "00gB", "userId": "00u1"}]
    people, _ = read(okta.Tenant(users=[user("00u1")], group_members=memberships), "people")  # type: ignore[arg-type]
    assert people["00u1"]["groups"] == ["00gA", "00gB"]


@pytest.mark.parametrize(
    ("sizes", "is_reported"),
    [([200], True), ([200, 200], True), ([200, 57], False), ([200, 0], False), ([199], False)],
)
def test_full_last_page_is_possibly_cut_off(sizes: list[int], is_reported: bool) -> None:
    pages = _pages(KINDS[0], sizes)
    _, report = read(okta.Tenant(users=pages), "people")
    assert [notice.code for notice in report.notices] == ["possibly_cut_off"] * is_reported
    # The suspicion does not stop reading, because a list may have exactly this size.
    read(okta.Tenant(users=pages), "people", on_defect="stop")


def test_full_last_page_of_each_parent_is_possibly_cut_off() -> None:
    members: list[tuple[str, okta.Source]] = [
        ("00gA", [f"00u{number}" for number in range(1000)]),
        ("00gA", [f"00u{number}" for number in range(1000, 1003)]),
        ("00gB", [[f"00u{number}" for number in range(1000)]]),
        ("00gC", [f"00u{number}" for number in range(200)]),
    ]
    _, report = read(okta.Tenant(users=[], group_members=members), "people")
    assert [notice.what for notice in report.notices] == [
        "members of the group 00gB",
        "members of the group 00gC",
    ]


def test_last_page_known_from_index_is_not_cut_off(tmp_path: Path) -> None:
    (tmp_path / "users-1.json").write_text(json.dumps([user(f"00u{number}") for number in range(200)]))
    assert [notice.code for notice in _read(okta.Tenant.from_folder(tmp_path)).notices] == [
        "possibly_cut_off"
    ]
    (tmp_path / "index.json").write_text('[{"file": "users-1.json", "link": []}]')
    assert _read(okta.Tenant.from_folder(tmp_path)).notices == []


def test_lines_of_own_export_are_not_cut_off(tmp_path: Path) -> None:
    lines = (json.dumps(user(f"00u{number}")) for number in range(200))
    (tmp_path / "users.jsonl").write_text("\n".join(lines), encoding="utf-8")
    memberships = [{"groupId": "00gA", "userId": f"00u{number}"} for number in range(200)]
    (tmp_path / "memberships.json").write_text(json.dumps(memberships), encoding="utf-8")
    assert _read(okta.Tenant.from_folder(tmp_path)).notices == []


def test_file_missing_from_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "users-1.json").write_text(json.dumps([user("00u1")]))
    (tmp_path / "index.json").write_text(
        '[{"file": "users-1.json"}, {"file": "users-2.json"}, {"file": "/nowhere/x.json"}, {}]'
    )
    report = _read(okta.Tenant.from_folder(tmp_path))
    assert [str(notice) for notice in report.notices] == [
        "file (users-2.json): index.json lists it, but it does not exist",
        "file (/nowhere/x.json): index.json lists it, but it does not exist",
    ]


def test_files_beside_pages_are_named(tmp_path: Path) -> None:
    for name in (
        "users.json",
        "group-members/00gA.csv",
        "group-members/old/00gA.json",
        ".hidden",
        "app-users/.x",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[]", encoding="utf-8")
    report = _read(okta.Tenant.from_folder(tmp_path))
    assert {skipped.where for skipped in report.skipped} == {"group-members/00gA.csv", "group-members/old"}


def test_repeated_user_schema_is_named() -> None:
    schema = {"id": "osc1", "definitions": {}}
    _, report = read(okta.Tenant(user_schemas=(schema, schema)), "people")
    assert [skipped.reason for skipped in report.skipped] == ["an earlier schema has the same id"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (ERROR, "error response of Okta: E0000007"),
        ({"id": "x"}, "no definitions"),
        (7, "`user_schema` is a value of the type int"),
    ],
)
def test_custom_attributes_of_invalid_schema_are_rejected(
    tmp_path: Path, schema: object, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        okta.discover_custom_attributes(schema)
    (tmp_path / "user-schema.json").write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"user-schema\.json"):
        okta.Tenant.from_folder(tmp_path).custom_attributes()


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "0pr1", "type": "group_rule", "name": "Engineers", "conditions": {}},
        {"id": "0pr2", "name": "Engineers", "conditions": {}, "actions": {}},
    ],
)
def test_group_rules_are_not_groups(rule: dict[str, object]) -> None:
    groups, report = read(okta.Tenant(groups=[group("00g1"), rule]), "groups")
    assert list(groups) == ["00g1"]
    assert [skipped.reason for skipped in report.skipped] == [
        "a group rule (GET /api/v1/groups/rules), not a group"
    ]


@pytest.mark.once
@pytest.mark.parametrize(
    ("count", "states", "is_reported"),
    [(1000, ["ACTIVE"], True), (999, ["ACTIVE"], False), (1000, ["DEPROVISIONED", "ACTIVE"], False)],
)
def test_missing_deactivated_people_are_reported(count: int, states: list[str], is_reported: bool) -> None:
    users = [user(f"00u{number}", status=states[number % len(states)]) for number in range(count)]
    tenant = okta.Tenant(users=[*users, user("00u0")])
    _, report = read(tenant, "people", model=okta.schema_model("lean"))
    assert [notice.code for notice in report.notices] == ["no_deactivated_people"] * is_reported
    if is_reported:
        assert "GET /api/v1/users?search=status%20pr" in str(report)
        assert not report.notices[0].is_defect
    assert read(tenant, "people", people_limit=1000)[1].notices == []


@pytest.mark.parametrize(
    ("request_line", "is_reported"),
    [
        ("GET /api/v1/users", True),
        ("GET /api/v1/users?limit=200", True),
        ("GET https://acme.okta.com/api/v1/users?after=1&limit=200", True),
        ("GET /api/v1/users?search=status%20pr&limit=200", False),
        ("GET /api/v1/users?limit=200&filter=status+eq+%22SUSPENDED%22", False),
        ("GET /api/v1/users/00u1", False),
        ("", False),
    ],
)
def test_request_without_deactivated_people_is_reported(
    tmp_path: Path, request_line: str, is_reported: bool
) -> None:
    (tmp_path / "users-1.json").write_text(json.dumps([user("00u1")]), encoding="utf-8")
    (tmp_path / "index.json").write_text(json.dumps([{"file": "users-1.json", "request": request_line}]))
    notices = _read(okta.Tenant.from_folder(tmp_path), on_defect="stop").notices
    assert [(notice.code, notice.where) for notice in notices] == [
        ("no_deactivated_people", "users-1.json")
    ] * is_reported


@pytest.mark.slow
def test_people_left_out_as_inactive_count_as_deactivated() -> None:
    users = [
        user(f"00u{number}", status="DEPROVISIONED" if number == 7 else "ACTIVE") for number in range(1000)
    ]
    _, report = read(okta.Tenant(users=users), "people", include_inactive=False)
    assert report.notices == []


def test_report_counts_attributes_without_a_value() -> None:
    tenant = okta.Tenant(
        users=[user("00u1", mobilePhone="1", manager="boss@example.com"), user("00u2"), user("00u3")],
        groups=[group("00g1")],
        group_members={"00g1": ["00u1", "00u2"]},
    )
    _, report = read(tenant, "people")
    empty = {finding.attribute: (finding.records, finding.examples) for finding in report.empty}
    assert empty["People: Groups"] == (1, ["00u3"])
    assert empty["People: Manager"] == (2, ["00u2", "00u3"])
    assert empty["People: Mobile Phone"] == (2, ["00u2", "00u3"])
    assert "People: Username" not in empty
    assert 'set "Empty values" to Remove' in str(report)
    assert report.to_dict()["empty"]


def test_embedded_user_without_id_is_reported() -> None:
    item = {"id": "guo1", "_embedded": {"users": [{"user": {}}, {"user": {"id": "00u1"}}]}}
    devices, report = read(okta.Tenant(users=[user("00u1")], devices=[item]), "devices")
    assert devices["guo1"]["users"] == ["00u1"]
    assert reasons(report) == {"Devices: Users": "left out, an embedded user without an id"}


def test_unknown_on_defect_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="on_defect"):
        okta.records(okta.Tenant(), on_defect="ignore")  # type: ignore[arg-type]


def test_1000_notices_are_named_and_others_counted() -> None:
    members: dict[str, okta.Source] = {f"00g{number}": ERROR for number in range(1200)}
    _, report = read(okta.Tenant(users=[], group_members=members), "people")
    assert (len(report.notices), report.notice_count) == (1000, 1200)
    assert "and 200 more" in str(report)


def test_write_folder_stops_at_defects(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="E0000007"):
        okta.write_folder(okta.Tenant(group_members={"00gA": ERROR}), tmp_path / "a")
    with pytest.raises(
        ConfigurationError, match="incomplete: entry of the users of the application 0oaA: it has no id"
    ):
        okta.write_folder(okta.Tenant(app_users={"0oaA": [{"scope": "USER"}]}), tmp_path / "b")


def test_written_empty_lists_stay_requested(tmp_path: Path) -> None:
    folder = okta.write_folder(
        okta.Tenant(users=[user("00u1") | {"type": {"id": "oty1"}}], user_types=[]), tmp_path / "a"
    )
    people, report = read(okta.Tenant.from_folder(folder), "people")
    assert "oktaUserType" not in people["00u1"]
    assert reasons(report)["People: Okta User Type"].startswith("references left out")


def _objects() -> Iterator[object]:
    yield from (user(f"00u{number}") for number in range(3))


def test_page_of_functions_is_read_for_links() -> None:
    tenant = okta.Tenant(users=_objects, group_members={"00gA": _objects})
    people, report = read(tenant, "people")
    assert all(person["groups"] == ["00gA"] for person in people.values())
    assert report.notices == []


@pytest.mark.parametrize(
    "embedded", [{"users": ERROR}, {"users": [ERROR]}, {"users": ["00u1"]}, {"users": 7}]
)
def test_embedded_users_that_are_not_links_are_reported(embedded: object) -> None:
    _, report = read(okta.Tenant(devices=[{"id": "guo1", "_embedded": embedded}]), "devices")
    assert reasons(report) == {"Devices: Users": "left out, an embedded user without an id"}
