"""Stories about linking objects to users and groups of Jira."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from jsm_assets_dest import (
    AttributeSpec,
    CheckState,
    GroupLink,
    LinkOutcome,
    LinkReason,
    ObjectTypeSpec,
    SchemaModel,
    UserLink,
    UserLinkPhase,
    UserLinkProgress,
    UserLinkReport,
)
from jsm_assets_dest._http.commands import Operation, Sleep
from jsm_assets_dest._operations import directory
from jsm_assets_dest._operations.pacing import Pace
from jsm_assets_dest._wire.object_requests import read_values
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    ConflictError,
    LinkAttributeError,
    ObjectTypeNotFoundError,
    ProblemsFoundError,
    ServiceUnavailableError,
    ValidationError,
)
from jsm_assets_dest.testing import Account, Doubts, Emulator, EmulatorClock
from jsm_assets_dest.testing.handles import SeededType
from jsm_assets_dest.testing.world.json_reading import JsonValue
from tests.stories.story import now, story

PEOPLE = UserLink("People", email="Email")


def add_people(
    emulator: Emulator, *emails: str | None, attribute: bool = True, **settings: Any
) -> SeededType:
    """Add a schema OKT with people who have these email addresses."""
    people = emulator.add_object_schema("OKT").add_object_type("People", attributes=[("Email", "email")])
    if attribute:
        people.add_attribute("Jira User", "user", **settings)
    for number, email in enumerate(emails, 1):
        people.add_object({"Name": f"Person {number}", "Email": email})
    return people


def users_of(people: SeededType, attribute: str = "Jira User") -> list[Any]:
    return [asset[attribute] for asset in people.objects]


def sent(emulator: Emulator) -> Counter[str]:
    """Count the received requests, and forget them."""
    operations = Counter(request.operation for request in emulator.requests)
    emulator.requests.clear()
    return operations


def reasons(report: UserLinkReport) -> dict[str, str]:
    return {entry.source: str(entry.reason) for entry in report.not_found}


# --- the whole way --------------------------------------------------------------------------------------------------


@story
async def test_link_users_creates_links_and_repeats_nothing(emulator: Emulator, connection: Any) -> None:
    """The dry run predicts the result; the second run writes nothing."""
    ana, bo = emulator.account, emulator.add_account("bo@acme.com")
    people = add_people(emulator, "ANA@acme.com", "bo@acme.com", attribute=False)
    schema = await now(connection.get_object_schema("OKT"))

    preview = await now(schema.link_users(PEOPLE, create_attribute=True, dry_run=True))
    assert "Jira User" not in people.attribute_names
    assert not {"create attribute", "update object"} & sent(emulator).keys()

    report = await now(schema.link_users(PEOPLE, create_attribute=True))
    assert users_of(people) == [ana.email, bo.email]
    assert (people.attribute("Jira User").maximum, report.created_attributes) == (1, ("People.Jira User",))
    assert preview.objects == report.objects
    assert preview.created_attributes == report.created_attributes
    assert [entry.after for entry in report.linked] == [(ana.account_id,), (bo.account_id,)]
    assert sent(emulator)["update object"] == 2

    again = await now(schema.link_users(PEOPLE))
    assert (len(again.unchanged), len(again.objects), again.ok) == (2, 2, True)
    assert again["object schema role"].state is CheckState.SKIPPED
    assert not {"create attribute", "update object"} & sent(emulator).keys()


@story
async def test_link_users_changes_only_what_differs(emulator: Emulator, connection: Any) -> None:
    """Other attributes and avatars stay unchanged; a wrong link is corrected."""
    bo = emulator.add_account("bo@acme.com")
    people = add_people(emulator, "ana@acme.com", "bo@acme.com")
    first, second = people.objects
    first.update({"Jira User": emulator.account})
    second.update({"Jira User": emulator.account})
    schema = await now(connection.get_object_schema("OKT"))
    emulator.requests.clear()

    report = await now(schema.link_users(PEOPLE))

    assert [entry.key for entry in report.linked] == [second.key]
    assert (report.linked[0].before, report.linked[0].after) == (
        (emulator.account.account_id,),
        (bo.account_id,),
    )
    (update,) = [request for request in emulator.requests if request.operation == "update object"]
    assert json.loads(update.body)["attributes"] == [
        {
            "objectTypeAttributeId": str(people.attribute("Jira User").id),
            "objectAttributeValues": [{"value": bo.account_id}],
        }
    ]
    assert second["Email"] == "bo@acme.com"


@story
async def test_owner_of_a_device_is_found_through_a_reference(emulator: Emulator, connection: Any) -> None:
    """Objects that are referred to are read once, also if they are linked themselves."""
    people = add_people(emulator, "ana@acme.com", None)
    devices = emulator.object_schema("OKT").add_object_type("Devices")
    devices.add_attribute("Owner", references=people)
    owned, _, orphan = (
        devices.add_object({"Name": name, "Owner": owner})
        for name, owner in (("D1", people.objects[0]), ("D2", people.objects[1]), ("D3", None))
    )
    schema = await now(connection.get_object_schema("OKT"))
    emulator.requests.clear()

    report = await now(
        schema.link_users(
            PEOPLE,
            UserLink("Devices", email="Owner.Email", attribute="Jira Owner"),
            create_attribute=True,
        )
    )

    assert owned["Jira Owner"] == emulator.account.email
    assert orphan["Jira Owner"] is None
    assert report.reasons == {LinkReason.NO_ADDRESS: 3}
    assert sent(emulator)["search objects"] == 2


def test_referenced_objects_of_child_types_are_found() -> None:
    """They are read with their parent, but they are not linked with it."""
    with Emulator() as emulator, emulator.connect() as connection:
        people = add_people(emulator, "ana@acme.com")
        schema = emulator.object_schema("OKT")
        people_type = emulator.world.types[int(people.id)]
        people_type.inherited = True
        interns = schema.add_object_type("Interns", parent=people)
        intern = interns.add_object({"Name": "I", "Email": "ana@acme.com"})
        devices = schema.add_object_type("Devices")
        devices.add_attribute("Owner", references=people, include_children=True)
        devices.add_attribute("Jira User", "user")
        devices.add_object({"Name": "D", "Owner": intern})
        handle = connection.get_object_schema("OKT")
        report = handle.link_users(PEOPLE, UserLink("Devices", email="Owner.Email"))

        assert users_of(devices) == [emulator.email]
        assert users_of(people) == [emulator.email]
        assert users_of(interns) == [None]
        assert len(report.linked) == 2


def test_owner_that_is_not_visible_yet_clears_no_link() -> None:
    """Assets finds imported objects after a while, but references to them exist at once."""
    doubts = Doubts(search_lag_seconds=60, count_lag_seconds=60)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        model = SchemaModel(
            "HR",
            [
                ObjectTypeSpec(
                    "People", [AttributeSpec("ID", label=True, identifier=True), AttributeSpec("Email")]
                )
            ],
        )
        schema = emulator.add_object_schema("OKT")
        handle = connection.get_object_schema("OKT")
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=handle)
        token.build(model)
        token.import_records({"people": [{"id": "1", "email": "ana@acme.com"}]}, missing_objects="ignore")
        devices = schema.add_object_type("Devices")
        devices.add_attribute("Owner", references=schema["People"])
        devices.add_attribute("Jira User", "user")
        owner = schema["People"].objects[0]
        devices.add_object({"Name": "D", "Owner": owner, "Jira User": emulator.account})
        link = UserLink("Devices", email="Owner.Email")
        report = handle.link_users(link, clear=True)

        assert report.reasons == {LinkReason.UNREADABLE: 1}
        assert users_of(devices) == [emulator.email]
        emulator.clock.advance(60)
        assert len(handle.link_users(link, clear=True).unchanged) == 1


@story
async def test_label_of_a_reference_needs_no_reading(emulator: Emulator, connection: Any) -> None:
    schema = emulator.add_object_schema("OKT")
    logins = schema.add_object_type("Logins")
    login = logins.add_object({"Name": "ana@acme.com"})
    apps = schema.add_object_type("Apps")
    apps.add_attribute("Owners", references=logins, multiple=True)
    apps.add_attribute("Jira User", "user", multiple=True)
    apps.add_object({"Name": "Wiki", "Owners": [login]})
    handle = await now(connection.get_object_schema("OKT"))
    emulator.requests.clear()

    report = await now(handle.link_users(UserLink("Apps", email="Owners.Name")))

    assert apps.objects[0]["Jira User"] == [emulator.account.email]
    assert report.ok
    assert sent(emulator)["search objects"] == 1


# --- accounts -------------------------------------------------------------------------------------------------------


def seeded_reasons(emulator: Emulator) -> tuple[SeededType, dict[str, str]]:
    """Seed each reason for which no account is certain."""
    emulator.seed_directory()
    emulator.add_account("pat@acme.com", shows_email=False, name="Pat")
    emulator.add_account("sam@acme.com", shows_email=False, name="Sam")
    emulator.add_account("other@acme.com", shows_email=False, name="sam@acme.com is away")
    emulator.add_account("x@acme.com", shows_email=False, name="zed@acme.com")
    emulator.add_account("portal@acme.com", kind="customer")
    expected = {
        "pat@acme.com": "hidden email address",
        "hana@acme.com": "hidden email address",
        "zed@acme.com": "hidden email address",
        "sam@acme.com": "several accounts",
        "ivo@acme.com": "inactive account",
        "dora@acme.com": "no account",
        "nobody@acme.com": "no account",
        "ann@x.or": "no account",
        "bot@acme.com": "app account",
        "portal@acme.com": "customer account",
    }
    return add_people(emulator, *expected, "ann@x.org", "carl@acme.com", None), expected


@pytest.mark.parametrize("most_searches", [0, 200], ids=["directory", "searches"])
def test_each_reason_is_reported_by_object(monkeypatch: pytest.MonkeyPatch, most_searches: int) -> None:
    """Searching each address and reading the directory lead to the same result."""
    monkeypatch.setattr(directory, "MOST_SEARCHES", most_searches)
    with Emulator() as emulator, emulator.connect() as connection:
        people, expected = seeded_reasons(emulator)
        report = connection.get_object_schema("OKT").link_users(PEOPLE)

        assert reasons(report) == {**expected, "": "no address or name"}
        assert report.reasons[LinkReason.NONE] == 3
        carl = next(entry.after for entry in report.linked if entry.key == people.objects[-2].key)
        assert emulator.world.accounts[carl[0]].kind == "atlassian"
        linked = {asset["Email"]: asset["Jira User"] for asset in people.objects if asset["Jira User"]}
        assert linked == {
            "ann@x.org": "ann@x.org",
            "carl@acme.com": "carl@acme.com",
        }
        assert report.ok


@pytest.mark.parametrize("most_searches", [0, 200], ids=["directory", "searches"])
def test_accept_hidden_links_the_only_candidate(monkeypatch: pytest.MonkeyPatch, most_searches: int) -> None:
    """A name that begins with the address is another explanation, so it is never accepted."""
    monkeypatch.setattr(directory, "MOST_SEARCHES", most_searches)
    with Emulator() as emulator, emulator.connect() as connection:
        people, _ = seeded_reasons(emulator)
        report = connection.get_object_schema("OKT").link_users(PEOPLE, accept_hidden=True)

        linked = {asset["Email"] for asset in people.objects if asset["Jira User"]}
        assert linked == {"pat@acme.com", "hana@acme.com", "ann@x.org", "carl@acme.com"}
        assert reasons(report)["zed@acme.com"] == "hidden email address"


def test_directory_is_read_once_above_200_addresses() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emails = [f"p{number}@acme.com" for number in range(201)]
        for email in emails[1:]:
            emulator.add_account(email)
        add_people(emulator, *emails)
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()
        report = schema.link_users(PEOPLE, dry_run=True)

        assert (len(report.linked), report.reasons) == (200, {LinkReason.NONE: 1})
        operations = sent(emulator)
        assert (operations["list users"], operations["search users"]) == (2, 0)


def test_directory_that_is_too_slow_is_read_in_smaller_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jira responds with 409 to a page that takes longer than ten seconds."""
    monkeypatch.setattr(directory, "MOST_SEARCHES", 0)
    with Emulator() as emulator, emulator.connect() as connection:
        add_people(emulator, "ana@acme.com")
        schema = connection.get_object_schema("OKT")
        emulator.faults.next("list users", status=409, times=2)
        assert len(schema.link_users(PEOPLE, dry_run=True).linked) == 1
        pages = [request.query for request in emulator.requests if request.operation == "list users"]
        assert [page["maxResults"] for page in pages[:3]] == ["1000", "200", "50"]

        emulator.faults.next("list users", status=409, times=3)
        with pytest.raises(ConflictError):
            schema.link_users(PEOPLE, dry_run=True)


def test_search_with_many_hits_reads_the_next_page() -> None:
    """More than a page of names begins with the address, and the owner comes last."""
    with Emulator() as emulator, emulator.connect() as connection:
        for number in range(100):
            emulator.add_account(f"n{number}@acme.com", name=f"zoe@acme.com {number}")
        zoe = emulator.add_account("zoe@acme.com")
        people = add_people(emulator, "zoe@acme.com")
        connection.get_object_schema("OKT").link_users(PEOPLE)

        assert users_of(people) == [zoe.email]


def account_forms(tmp_path: Any, account: Account) -> dict[str, Any]:
    pair = ("Nick@acme.com", account.account_id)
    files = {
        "csv": f"email,account\n{pair[0]},{pair[1]}\n\n",
        "semicolons": f"{pair[0]};{pair[1]};further\n",
        "tabs": f"\ufeffemail\taccount\n{pair[0]}\t{pair[1]}\n",
        "json": f'{{"{pair[0]}": "{pair[1]}"}}',
    }
    for name, text in files.items():
        (tmp_path / f"accounts.{name}").write_text(text, "utf-8")
    paths = {name: tmp_path / f"accounts.{name}" for name in files}
    return {"mapping": dict([pair]), "pairs": iter([pair]), **paths, "text": str(paths["csv"])}


@pytest.mark.parametrize("form", ["mapping", "pairs", "csv", "semicolons", "tabs", "json", "text", "users"])
def test_accounts_of_the_caller_take_precedence(form: str, tmp_path: Any) -> None:
    """If they cover all addresses, Jira is not queried at all."""
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_account("nick@acme.com")
        other = emulator.add_account("other@acme.com")
        people = add_people(emulator, "nick@acme.com", "ana@acme.com" if form == "users" else "nick@acme.com")
        schema = connection.get_object_schema("OKT")
        forms = account_forms(tmp_path, other)
        accounts = connection.find_users("ana@acme.com") if form == "users" else forms[form]
        emulator.requests.clear()
        report = schema.link_users(PEOPLE, accounts=accounts)

        operations = sent(emulator)
        if form == "users":
            assert (users_of(people)[1], operations["search users"]) == (emulator.account.email, 1)
        else:
            assert users_of(people) == [other.email] * 2
            assert not {"search users", "list users", "read permissions"} & operations.keys()
            assert report["browse users"].state is CheckState.SKIPPED


# --- values ---------------------------------------------------------------------------------------------------------


@story
async def test_clear_empties_only_links_of_people_who_are_gone(emulator: Emulator, connection: Any) -> None:
    """Hidden and ambiguous addresses prove nothing, so their links stay."""
    people, expected = seeded_reasons(emulator)
    for asset in people.objects:
        asset.update({"Jira User": emulator.account})
    schema = await now(connection.get_object_schema("OKT"))

    report = await now(schema.link_users(PEOPLE))
    assert not report.cleared

    preview = await now(schema.link_users(PEOPLE, clear=True, dry_run=True))
    report = await now(schema.link_users(PEOPLE, clear=True))

    assert preview.objects == report.objects
    gone = {"no account", "inactive account"}
    empty = {asset["Email"] for asset in people.objects if not asset["Jira User"]}
    assert empty == {email for email, reason in expected.items() if reason in gone} | {None}
    assert len(report.cleared) == len(empty)


@story
async def test_links_with_several_values(emulator: Emulator, connection: Any) -> None:
    """If one address is not found, other links are added, and existing ones stay."""
    bo = emulator.add_account("bo@acme.com")
    ana = emulator.account
    schema = emulator.add_object_schema("OKT")
    teams = schema.add_object_type("Teams")
    teams.add_attribute("Members", multiple=True)
    teams.add_attribute("Jira User", "user", maximum=2)
    teams.add_object({"Name": "T1", "Members": ["ana@acme.com", "bo@acme.com"], "Jira User": [bo]})
    teams.add_object({"Name": "T2", "Members": ["ana@acme.com", "gone@acme.com"], "Jira User": [bo]})
    handle = await now(connection.get_object_schema("OKT"))
    link = UserLink("Teams", email="Members")

    report = await now(handle.link_users(link))
    assert [set(users) for users in users_of(teams)] == [{ana.email, bo.email}] * 2
    assert [entry.source for entry in report.not_found] == ["gone@acme.com"]

    await now(handle.link_users(link, clear=True))
    assert users_of(teams)[1] == [ana.email]


def test_more_values_than_the_attribute_has_are_reported() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_account("bo@acme.com")
        schema = emulator.add_object_schema("OKT")
        teams = schema.add_object_type("Teams", attributes=[])
        teams.add_attribute("Members", multiple=True)
        teams.add_attribute("Jira User", "user")
        teams.add_object({"Name": "T1", "Members": ["ana@acme.com", "bo@acme.com"]})
        report = connection.get_object_schema("OKT").link_users(UserLink("Teams", email="Members"))

        assert users_of(teams) == [None]
        assert report.reasons == {LinkReason.TOO_MANY: 1}


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "ko_KR"])
@pytest.mark.parametrize("form", ["name or id", "name", "id"])
def test_groups_are_linked_in_the_form_that_assets_accepts(form: str, locale: str) -> None:
    """Assets rejects the other form in the language of the account."""
    doubts = Doubts(group_values=form, assets_follows_language_headers=False)
    with Emulator(doubts=doubts, locale=locale) as emulator, emulator.connect() as connection:
        emulator.seed_directory()
        schema = emulator.add_object_schema("OKT")
        groups = schema.add_object_type("Groups")
        for name in ("finance", "it-operations", "Finance"):
            groups.add_object({"Name": name})
        handle = connection.get_object_schema("OKT")
        emulator.requests.clear()
        report = handle.link_users(GroupLink("Groups"), create_attribute=True)

        assert users_of(groups, "Jira Group") == [["finance"], ["it-operations"], []]
        assert report.reasons == {LinkReason.NO_GROUP: 1}
        assert sent(emulator)["update object"] == (3 if form == "id" else 2)
        assert handle.link_users(GroupLink("Groups")).counts[LinkOutcome.UNCHANGED] == 2


@pytest.mark.parametrize(
    ("field", "requests"),
    [
        ("rlabs-insight-attribute-{}", 2),
        ("{}", 2),
        ("", 2),
        ("rlabs-insight-attribute-1", 1),
    ],
)
def test_rejected_group_is_sent_as_id_once(field: str, requests: int) -> None:
    """Another form of the group helps only if Assets does not name another attribute."""
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_group("finance")
        groups = emulator.add_object_schema("OKT").add_object_type("Groups")
        attribute = groups.add_attribute("Jira Group", "group", multiple=True)
        groups.add_object({"Name": "finance"})
        message = "Ungültige Gruppe(n)"
        errors: dict[str, JsonValue] = {field.format(attribute.id): message} if field else {}
        body: JsonValue = {"errorMessages": [] if field else [message], "errors": errors}
        emulator.faults.always("update object", status=400, body=body)
        report = connection.get_object_schema("OKT").link_users(GroupLink("Groups"))

        (rejected,) = report.rejected
        assert message in rejected.message
        assert sent(emulator)["update object"] == requests
        assert not report.ok


def test_group_form_is_settled_by_the_first_accepted_group() -> None:
    """A group that Assets rejects later is rejected for another reason."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = emulator.add_object_schema("OKT")
        groups = schema.add_object_type("Groups")
        for name in ("finance", "legal"):
            emulator.add_group(name)
            groups.add_object({"Name": name})
        groups.add_attribute("Jira Group", "group", multiple=True)
        handle = connection.get_object_schema("OKT")

        def reject_second(progress: UserLinkProgress) -> None:
            if progress.phase is UserLinkPhase.WRITING and progress.sent == 1:
                emulator.faults.next("update object", status=400)

        report = handle.link_users(GroupLink("Groups"), on_progress=reject_second)

        assert len(report.rejected) == 1
        assert sent(emulator)["update object"] == 2


def test_unlimited_attribute_falls_back_to_twenty_values() -> None:
    """One migration program reports that Assets rejects -1."""
    doubts = Doubts(unlimited_cardinality_accepted=False)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        groups = emulator.add_object_schema("OKT").add_object_type("Groups")
        connection.get_object_schema("OKT").link_users(GroupLink("Groups"), create_attribute=True)
        assert groups.attribute("Jira Group").maximum == 20


# --- attributes -----------------------------------------------------------------------------------------------------


@story
async def test_attributes_that_block_a_link_are_named(emulator: Emulator, connection: Any) -> None:
    """Nothing is written, and existing attributes are never changed."""
    people = add_people(emulator, "ana@acme.com", attribute=False)
    people.add_attribute("Nick")
    people.add_attribute("Manager", references=people)
    people.add_attribute("Fixed", "user").editable = False
    people.add_attribute("Started", "date")
    schema = await now(connection.get_object_schema("OKT"))
    emulator.requests.clear()

    cases = {
        PEOPLE: "no attribute Jira User",
        UserLink("People", email="Email", attribute="nick"): "type text, not user",
        UserLink("People", email="Email", attribute="Fixed"): "can't be edited",
        UserLink("People", email="Mail", attribute="Jira User"): "Could not read Mail of People",
        UserLink("People", email="Manager"): "is a reference",
        UserLink("People", email="Manager.Mail"): "have no Mail",
        UserLink("People", email="Email.Mail"): "does not exist",
        UserLink("People", email="Started"): "has the type date",
        GroupLink("People", attribute="Fixed"): "type user, not group",
    }
    for link, reason in cases.items():
        with pytest.raises(LinkAttributeError, match=reason) as failure:
            await now(schema.link_users(link))
        assert failure.value.object_type == "People"
    with pytest.raises(ObjectTypeNotFoundError, match='no object type "Persons"'):
        await now(schema.link_users(UserLink("Persons", email="Email")))
    with pytest.raises(ConfigurationError, match="Two links fill Jira User of People"):
        await now(schema.link_users(PEOPLE, UserLink("people", email="Nick")))
    assert not {"create attribute", "update object"} & sent(emulator).keys()


@pytest.mark.parametrize("inherited", [True, False])
def test_inherited_attributes_are_read_and_filled(inherited: bool) -> None:
    """Assets lists an attribute with the object type that defines it."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = emulator.add_object_schema("OKT")
        person = schema.add_object_type("Person", attributes=[("Email", "email")], inherited=inherited)
        person.add_attribute("Jira User", "user")
        staff = schema.add_object_type("Staff", parent=person, inherited=True)
        contractor = schema.add_object_type("Contractor", parent=staff)
        handle = connection.get_object_schema("OKT")
        if not inherited:
            with pytest.raises(LinkAttributeError, match="Could not read Email of Contractor"):
                handle.link_users(UserLink("Contractor", email="Email"))
            return
        contractor.add_object({"Name": "A", "Email": "ana@acme.com"})
        report = handle.link_users(UserLink("Contractor", email="Email"))

        assert users_of(contractor) == ["ana@acme.com"]
        assert len(report.linked) == 1


def test_reference_without_a_readable_target_names_no_attribute() -> None:
    """The object type of the reference belongs to another object schema."""
    with Emulator() as emulator, emulator.connect() as connection:
        other = emulator.add_object_schema("HR")
        other.allow_other_object_schemas()
        staff = other.add_object_type("Staff")
        devices = emulator.add_object_schema("OKT").add_object_type("Devices")
        devices.add_attribute("Owner", references=staff)
        schema = connection.get_object_schema("OKT")
        for path in ("Owner", "Owner.Name"):
            with pytest.raises(LinkAttributeError):
                schema.link_users(UserLink("Devices", email=path))


@story
async def test_attribute_of_a_lost_response_is_not_created_twice(emulator: Emulator, connection: Any) -> None:
    people = add_people(emulator, "ana@acme.com", attribute=False)
    schema = await now(connection.get_object_schema("OKT"))
    emulator.faults.next("create attribute", drop="after")

    await now(schema.link_users(PEOPLE, create_attribute=True))

    assert sent(emulator)["create attribute"] == 1
    assert users_of(people) == [emulator.account.email]


def test_attribute_that_assets_rejects_is_an_error() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        add_people(emulator, "ana@acme.com", attribute=False)
        emulator.faults.next("create attribute", status=400)
        with pytest.raises(ValidationError, match="Could not create the attribute Jira User"):
            connection.get_object_schema("OKT").link_users(PEOPLE, create_attribute=True)


def test_attribute_is_created_after_an_outage() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        people = add_people(emulator, "ana@acme.com", attribute=False)
        emulator.faults.next("create attribute", status=503)
        connection.get_object_schema("OKT").link_users(PEOPLE, create_attribute=True)

        assert users_of(people) == [emulator.account.email]


# --- permissions ----------------------------------------------------------------------------------------------------


@story
async def test_missing_permission_to_browse_is_a_failed_check(emulator: Emulator, connection: Any) -> None:
    """Without it, all lists are empty; nothing is cleared because of that."""
    people = add_people(emulator, "bo@acme.com")
    people.objects[0].update({"Jira User": emulator.account})
    schema = await now(connection.get_object_schema("OKT"))
    emulator.account.may_browse_users = False

    report = await now(schema.link_users(PEOPLE, clear=True))

    check = report["browse users"]
    assert (check.state, report.ok, report.objects) == (CheckState.FAILED, False, ())
    assert "Browse users and groups" in check.remedies[0]
    assert users_of(people) == [emulator.account.email]
    with pytest.raises(ProblemsFoundError, match="may not browse users and groups"):
        report.raise_for_problems()
    assert "may not browse users and groups" in str(report)
    assert "may not browse users and groups" in report._repr_html_()


@pytest.mark.parametrize("attribute", [True, False])
def test_missing_role_stops_writing_and_is_a_failed_check(attribute: bool) -> None:
    """The account can read objects, but neither write them nor create attributes."""
    with Emulator() as emulator:
        reader = emulator.add_account("reader@acme.com")
        people = add_people(emulator, "ana@acme.com", "reader@acme.com", attribute=attribute)
        schema = emulator.object_schema("OKT")
        schema.set_role("Object Schema Developers")
        schema.set_role("Object Schema Users", users=[reader.account_id])
        with emulator.connect(account=reader) as connection:
            report = connection.get_object_schema("OKT").link_users(PEOPLE, create_attribute=True)

        check = report["object schema role"]
        assert (check.state, report.ok) == (CheckState.FAILED, False)
        assert "Configuration > Roles" in check.remedies[0]
        assert (len(report.pending), len(report.linked), report.created_attributes) == (2, 0, ())
        assert "2 pending" in str(report)
        assert sent(emulator)["update object"] == int(attribute)
        assert attribute == ("Jira User" in people.attribute_names)


# --- limits and interruptions ---------------------------------------------------------------------------------------


@story
async def test_throttles_of_any_length_end_no_run(emulator: Emulator, connection: Any) -> None:
    """An hour is far beyond the retry policy. Without a hint, the waits grow."""
    add_people(emulator, "ana@acme.com", "ana@acme.com", "ana@acme.com")
    schema = await now(connection.get_object_schema("OKT"))
    for operation in ("search objects", "search users", "update object"):
        emulator.faults.next(operation, status=429, retry_after=3600)
    started = emulator.clock.monotonic()

    report = await now(schema.link_users(PEOPLE))

    assert len(report.linked) == 3
    assert report.throttled == 3 * 3600
    assert emulator.clock.monotonic() - started >= 3 * 3600
    assert report.to_dict()["throttled"] == 3 * 3600


def test_rate_limit_without_a_hint_is_waited_for() -> None:
    """The retry policy gives up after five attempts; the run waits longer and longer, and tries again."""
    with Emulator() as emulator, emulator.connect() as connection:
        add_people(emulator, "ana@acme.com")
        schema = connection.get_object_schema("OKT")
        emulator.faults.next("search users", status=429, times=10)
        report = schema.link_users(PEOPLE)

        assert (len(report.linked), report.throttled) == (1, 30 + 60)


@pytest.mark.parametrize("operation", ["list object types flat", "read permissions", "create attribute"])
def test_each_request_waits_for_a_rate_limit(operation: str) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        add_people(emulator, "ana@acme.com", attribute=False)
        schema = connection.get_object_schema("OKT")
        emulator.faults.next(operation, status=429, retry_after=7200)
        report = schema.link_users(PEOPLE, create_attribute=True)

        assert (len(report.linked), report.throttled) == (1, 7200)


def test_closing_a_paced_operation_closes_its_parts() -> None:
    """A cancelled run must release what its operation has opened."""
    closed: list[bool] = []

    def inner() -> Operation[None]:
        try:
            yield Sleep(1.0)
        finally:
            closed.append(True)

    operation = Pace(EmulatorClock(), 60.0).limit(inner())
    next(operation)
    operation.close()
    assert closed == [True]


@pytest.mark.once
def test_budget_per_minute_is_kept() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        add_people(emulator, *["ana@acme.com"] * 120)
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()
        started = emulator.clock.monotonic()
        schema.link_users(PEOPLE, per_minute=60)

        assert emulator.clock.monotonic() - started == pytest.approx(len(emulator.requests) - 2, abs=2)


class Stop(BaseException):
    """Ends a process, as a signal does."""


def stop_at(phase: UserLinkPhase, number: int) -> Callable[[UserLinkProgress], None]:
    def listen(progress: UserLinkProgress) -> None:
        if progress.phase is phase and progress.sent == number:
            raise Stop

    return listen


@story
async def test_run_that_was_killed_continues(emulator: Emulator, connection: Any) -> None:
    """No state is needed: the next run writes the objects that are still different."""
    people = add_people(emulator, *["ana@acme.com"] * 10)
    schema = await now(connection.get_object_schema("OKT"))
    with pytest.raises(Stop):
        await now(schema.link_users(PEOPLE, on_progress=stop_at(UserLinkPhase.WRITING, 6)))
    assert sent(emulator)["update object"] == 6

    report = await now(schema.link_users(PEOPLE))

    assert (len(report.linked), len(report.unchanged)) == (4, 6)
    assert sent(emulator)["update object"] == 4
    assert users_of(people) == [emulator.account.email] * 10


@story
async def test_outage_ends_a_run_and_the_next_one_continues(emulator: Emulator, connection: Any) -> None:
    add_people(emulator, *["ana@acme.com"] * 4)
    schema = await now(connection.get_object_schema("OKT"))
    emulator.faults.next("update object", status=503, nth=3, times=5)
    with pytest.raises(ServiceUnavailableError, match="Could not change the object OKT-3"):
        await now(schema.link_users(PEOPLE))

    assert len((await now(schema.link_users(PEOPLE))).linked) == 2


@story
async def test_progress_names_phases_and_counts(emulator: Emulator, connection: Any) -> None:
    add_people(emulator, "ana@acme.com", "ana@acme.com")
    schema = await now(connection.get_object_schema("OKT"))
    events: list[UserLinkProgress] = []

    await now(schema.link_users(PEOPLE, on_progress=events.append))

    assert [(str(event.phase), event.sent, event.total) for event in events] == [
        ("reading objects", 2, None),
        ("finding accounts", 0, 1),
        ("finding accounts", 1, 1),
        ("writing links", 0, 2),
        ("writing links", 1, 2),
        ("done", 2, 2),
    ]
    assert [event.is_last for event in events] == [False] * 5 + [True]
    assert str(events[-1]) == "done: 2 of 2"
    assert events[0].to_dict()["phase"] == "reading objects"
    assert "writing links: 1 of 2" in events[-2]._repr_html_()


def test_progress_shows_throttling() -> None:
    progress = UserLinkProgress(phase=UserLinkPhase.WRITING, sent=5, throttled=3600)
    assert str(progress) == "writing links: 5, throttled for 3,600 s"


# --- what Assets does with a value ----------------------------------------------------------------------------------


def test_attribute_ids_are_sent_as_numbers_where_needed() -> None:
    """One script reports this. The first write is read back, so that nothing is reported as linked that is not."""
    doubts = Doubts(attribute_id_as_text_ignored=True)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        people = add_people(emulator, "ana@acme.com", "ana@acme.com")
        report = connection.get_object_schema("OKT").link_users(PEOPLE)

        assert users_of(people) == [emulator.account.email] * 2
        assert len(report.linked) == 2
        assert sent(emulator)["update object"] == 3


def test_value_that_is_never_stored_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """For example because an automation rule restores the old value."""
    from jsm_assets_dest.testing.world import objects

    with Emulator() as emulator, emulator.connect() as connection:
        add_people(emulator, "ana@acme.com", "ana@acme.com")
        monkeypatch.setattr(objects, "store_values", lambda *_, **__: [])
        report = connection.get_object_schema("OKT").link_users(PEOPLE)

        assert {entry.message for entry in report.rejected} == {
            "Could not change the object OKT-1: Assets accepted the request, but stored another value.",
            "Could not change the object OKT-2: Assets accepted the request, but stored another value.",
        }


def test_run_stops_if_assets_empties_other_attributes() -> None:
    """The documents describe a partial update. If a site replaces the whole object, only one object is affected."""
    doubts = Doubts(object_update_replaces=True)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        people = add_people(emulator, "ana@acme.com", "ana@acme.com")
        people.attribute("Name").minimum = 0
        schema = connection.get_object_schema("OKT")
        with pytest.raises(LinkAttributeError, match="Assets emptied other attributes of OKT-1"):
            schema.link_users(PEOPLE)

        assert people.objects[1]["Email"] == "ana@acme.com"


def test_required_attributes_prevent_a_replacing_update() -> None:
    """A site that replaces objects rejects the request, because the label is missing."""
    doubts = Doubts(object_update_replaces=True)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        people = add_people(emulator, "ana@acme.com")
        report = connection.get_object_schema("OKT").link_users(PEOPLE)

        assert [entry.message for entry in report.rejected] == ["The attribute Name is required"]
        assert people.objects[0]["Email"] == "ana@acme.com"


def test_values_are_read_in_each_form() -> None:
    """Assets leaves `value` out for some types, and may list attributes without values."""
    attributes = [
        {"objectTypeAttributeId": 1, "objectAttributeValues": [{"user": {"key": "5b10"}}]},
        {
            "objectTypeAttributeId": "2",
            "objectAttributeValues": [{"group": {"name": "it"}, "searchValue": "7"}],
        },
        {"objectTypeAttributeId": "3", "objectAttributeValues": []},
        {"objectTypeAttributeId": "4"},
    ]
    response = Response(200, body=json.dumps({"attributes": attributes}).encode())

    assert read_values(response) == {"1": {"5b10"}, "2": {"it", "7"}}


def test_clearing_is_read_back_too() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        people = add_people(emulator, "gone@acme.com")
        people.objects[0].update({"Jira User": emulator.account})
        report = connection.get_object_schema("OKT").link_users(PEOPLE, clear=True)

        assert (len(report.cleared), users_of(people)) == (1, [None])


@story
async def test_rejected_values_are_reported_and_the_run_continues(
    emulator: Emulator, connection: Any
) -> None:
    """The attribute accepts members of one group only; one object is deleted meanwhile."""
    group = emulator.add_group("finance")
    people = add_people(
        emulator, "ana@acme.com", "ana@acme.com", "bo@acme.com", type_value_multi=[group.name]
    )
    bo = emulator.add_account("bo@acme.com")
    bo.groups.append(group.name)
    schema = await now(connection.get_object_schema("OKT"))

    def delete_second(progress: UserLinkProgress) -> None:
        if progress.phase is UserLinkPhase.WRITING and progress.sent == 1:
            people.objects[1].delete()

    report = await now(schema.link_users(PEOPLE, on_progress=delete_second))

    assert [entry.message for entry in report.rejected] == [
        "The user is invalid due to restrictions",
        "The object no longer exists, or the account can't see it.",
    ]
    assert users_of(people) == [None, bo.email]
    assert not report.ok


# --- the report -----------------------------------------------------------------------------------------------------


def test_report_lists_objects_by_reason_without_addresses(caplog: pytest.LogCaptureFixture) -> None:
    """Addresses are personal data: they are in the objects of the report only."""
    with (
        caplog.at_level(logging.DEBUG, "jsm_assets_dest"),
        Emulator() as emulator,
        emulator.connect() as connection,
    ):
        people = add_people(emulator, "ana@acme.com", *[f"gone{number}@acme.com" for number in range(7)])
        report = connection.get_object_schema("OKT").link_users(PEOPLE)
        people.objects[0].update({"Name": "<Ana>"})
        linked = connection.get_object_schema("OKT").link_users(PEOPLE, dry_run=True)

    assert str(report).splitlines() == [
        "Links to Jira in OKT: 1 linked, 0 unchanged, 0 cleared, 7 not found, 0 rejected",
        "  People, Jira User: 1 linked, 7 not found",
        "    no account: 7 (OKT-2 Person 2, OKT-3 Person 3, OKT-4 Person 4, OKT-5 Person 5, OKT-6 Person 6, …)",
    ]
    assert (
        repr(linked)
        == "<UserLinkReport OKT (dry run): 0 linked, 1 unchanged, 0 cleared, 7 not found, 0 rejected>"
    )
    html = report._repr_html_()
    assert "no account (7)" in html
    data = report.to_dict()
    assert data["counts"] == {
        "linked": 1,
        "unchanged": 0,
        "cleared": 0,
        "not found": 7,
        "rejected": 0,
        "pending": 0,
    }
    assert data["reasons"] == {"no account": 7}
    for text in (str(report), repr(report), repr(report.objects), html, str(data), caplog.text):
        assert "gone1@acme.com" not in text
    assert report.not_found[0].source == "gone0@acme.com"


def test_report_names_created_attributes() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        add_people(emulator, attribute=False)
        schema = connection.get_object_schema("OKT")
        preview = schema.link_users(PEOPLE, create_attribute=True, dry_run=True)
        report = schema.link_users(PEOPLE, create_attribute=True)

    assert "  would create People.Jira User" in str(preview).splitlines()
    assert "  created People.Jira User" in str(report).splitlines()
    assert "<table" not in report._repr_html_()


# --- arguments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message", "field"),
    [
        ({"accounts": 5}, "type int", "accounts"),
        ({"accounts": ["ana@acme.com"]}, "entry 1 is not a pair of an address", "accounts"),
        ({"accounts": {"ana": "5b10"}}, "entry 1 is not an email address", "accounts"),
        ({"accounts": {"a@x.org": "b@x.org"}}, "entry 1 is not an email address", "accounts"),
        ({"accounts": [("a@x.org", 5)]}, "entry 1 is not a pair of strings", "accounts"),
        ({"accounts": [("a@x.org", "1"), ("A@x.org", "2")]}, "entry 2 has the address", "accounts"),
        ({"accounts": "no such file.csv"}, "can't be read", "accounts"),
        ({"clear": "yes"}, "`clear` is a value of the type str", "clear"),
        ({"dry_run": 1}, "`dry_run` is a value of the type int", "dry_run"),
        ({"per_minute": 0}, "`per_minute` is 0", "per_minute"),
        ({"per_minute": "many"}, "`per_minute` is a value of the type str", "per_minute"),
        ({"per_minute": True}, "`per_minute` is a value of the type bool", "per_minute"),
        ({"on_progress": "sound"}, "`on_progress` is 'sound'", "on_progress"),
    ],
)
def test_link_users_rejects_invalid_options(options: dict[str, Any], message: str, field: str) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT")
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()
        with pytest.raises(ConfigurationError, match=message) as failure:
            schema.link_users(PEOPLE, **options)
        assert failure.value.field == field
        assert "x.org" not in str(failure.value)
        assert not emulator.requests


def test_link_users_rejects_files_that_are_not_json(tmp_path: Any) -> None:
    path = tmp_path / "accounts.json"
    path.write_text("{", "utf-8")
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT")
        with pytest.raises(ConfigurationError, match="the file is not JSON"):
            connection.get_object_schema("OKT").link_users(PEOPLE, accounts=path)


@pytest.mark.parametrize("links", [(), ("People",), (PEOPLE, None)])
def test_link_users_rejects_other_values_than_links(links: tuple[Any, ...]) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT")
        with pytest.raises(ConfigurationError, match="links") as failure:
            connection.get_object_schema("OKT").link_users(*links)
        assert failure.value.field == "links"


def test_links_reject_empty_names() -> None:
    with pytest.raises(ConfigurationError, match="`email` of UserLink is empty") as failure:
        UserLink("People", email=" ")
    assert failure.value.field == "email"
    with pytest.raises(ConfigurationError, match="`object_type` is a value of the type int"):
        GroupLink(5)  # type: ignore[arg-type]
    assert UserLink(" People ", email="Email").object_type == "People"


def test_link_attribute_error_is_a_validation_of_nothing_sent() -> None:
    assert not issubclass(LinkAttributeError, ValidationError)
