"""Stories about reading objects back: each kind of difference has its own name, and a slow search is not a loss."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import (
    AttributeSpec,
    ImportProgress,
    ImportVerification,
    ObjectTypeSpec,
    ReferenceSpec,
    SchemaModel,
    VerifiedObjectType,
)
from jsm_assets_dest.exceptions import (
    AssetsError,
    ConfigurationError,
    ImportTimeoutError,
    MissingMappingError,
    RecordError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.importing import operations, people, ready
from tests.stories.story import now, story
from tests.stories.test_building import GROUPS, destination, model

#: People who are in one or two groups.
PEOPLE = [
    {**person, "groups": ["00g1"] if number % 2 else ["00g2", "00g1"]}
    for number, person in enumerate(people(12))
]
RECORDS: dict[str, Any] = {"groups": GROUPS, "people": PEOPLE}


def when_done(change: Callable[[], object]) -> Callable[[ImportProgress], None]:
    """Change something in Assets after the import, before its verification."""

    def listener(progress: ImportProgress) -> None:
        if progress.phase == "done":
            change()

    return listener


def codes(verification: Any) -> list[tuple[str, int, str]]:
    """Return the code, the count, and the object type of each problem."""
    return [(problem.code, problem.count, problem.object_type) for problem in verification.problems]


@story
async def test_all_records_are_verified(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    result = await now(token.import_records(RECORDS, verify="all"))

    assert (result.ok, result.verified, result.verification.compared) == (True, "all", 14)
    assert result.verification.waited == 0
    assert str(result).startswith("Import confirmed by Assets and verified: 14 records")
    assert str(result.verification) == (
        "Verification of all records: 14 records compared\n"
        "  Groups: 2 compared, 2 identical, 0 differing, 0 absent\n"
        "  People: 12 compared, 12 identical, 0 differing, 0 absent"
    )


@story
async def test_changed_lost_and_duplicated_objects_are_named(emulator: Emulator, connection: Any) -> None:
    """Each one has its own code. Objects that nothing explains are lost after the wait."""
    token = await ready(emulator, connection)
    assets = emulator.object_schema("OKT")["People"]

    def change() -> None:
        by_id = {str(person["Okta ID"]): person for person in assets.objects}
        by_id["00u1"].update(Email="other@example.com")
        groups: Any = by_id["00u1"]["Groups"]
        by_id["00u2"].update(Groups=[groups[0]])
        by_id["00u3"].delete()
        assets.add_object({"Display Name": "Again", "Okta ID": "00u4 "})
        emulator.world.objects[int(assets.objects[-1].id)].values.update(
            emulator.world.objects[int(by_id["00u4"].id)].values
        )

    result = await now(token.import_records(RECORDS, verify="all", on_progress=when_done(change)))

    assert not result.ok
    assert result.verified == "all"
    assert codes(result) == [("lost", 3, "People"), ("duplicate", 1, "People")]
    lost, duplicate = result.problems
    assert lost.examples[0] == "00u3: no object"
    assert lost.examples[1].startswith("00u1 (OKT-")
    assert lost.examples[1].endswith("): Email")
    assert lost.examples[2].endswith("): Groups")
    assert duplicate.description == "People: 1 object in Assets has the identifier of another object"
    assert duplicate.remedy.endswith("delete the others in Assets.")
    assert duplicate.to_dict()["kind"] == "objects"
    assert duplicate.examples[0].startswith("00u4 (OKT-")
    assert result.verification.waited == 120
    assert "Waited 2 min 00 s for the search of Assets" in str(result)


@pytest.mark.parametrize("lag", [20.0, 100.0])
def test_delayed_objects_are_found_within_the_wait(lag: float) -> None:
    """The search of Assets lags behind the import."""
    with Emulator(doubts=Doubts(search_lag_seconds=lag)) as emulator, emulator.connect() as connection:
        result = _token(emulator, connection).import_records(RECORDS, verify="all")

        assert result.ok
        assert lag <= result.verification.waited <= lag * 1.6 + 5


@pytest.mark.parametrize("count_lag", [0.0, 900.0])
def test_objects_that_stay_invisible_are_not_lost(count_lag: float) -> None:
    """Assets counts them, or none of the created objects is visible."""
    doubts = Doubts(search_lag_seconds=900, count_lag_seconds=count_lag)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        emulator.requests.clear()

        result = token.import_records(RECORDS, verify="all")

        assert codes(result) == [("not_visible", 2, "Groups"), ("not_visible", 12, "People")]
        assert result.verification.waited == 120
        assert len(emulator.requests) < 200


@story
async def test_sample_is_compared_with_its_targets(emulator: Emulator, connection: Any) -> None:
    """A sample reads some objects, and those that they refer to."""
    token = await ready(emulator, connection)
    records = {"groups": GROUPS, "people": [{**person, "groups": ["00g1"]} for person in people(500)]}
    await now(token.import_records(records, missing_objects="ignore"))
    emulator.requests.clear()

    verification = await now(token.verify(records, sample=20))
    again = await now(token.verify(records, sample=20))

    assert (verification.ok, verification.scope, verification.compared) == (True, "sample", 22)
    assert verification == again
    assert operations(emulator).count("search objects") <= 8


@story
async def test_import_verifies_a_sample(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    result = await now(token.import_records({"people": people(300)}, verify="sample"))

    assert (result.ok, result.verified, result.verification.compared) == (True, "sample", 200)
    assert "confirmed by Assets and verified by a sample" in str(result)


@story
async def test_value_that_should_be_gone_is_emptied(emulator: Emulator, connection: Any) -> None:
    """The import ignores empty values, so the earlier value stays. An attribute that no record fills does not count."""
    token = await ready(emulator, connection)
    await now(token.import_records(RECORDS, missing_objects="ignore"))
    without_email = [
        {key: value for key, value in person.items() if key != "email" or number}
        for number, person in enumerate(PEOPLE)
    ]
    without_status = [{**person, "status": None, "groups": []} for person in without_email]

    result = await now(
        token.import_records({"people": without_status}, verify="all", missing_objects="ignore")
    )

    assert codes(result) == [("emptied", 1, "People")]
    assert result.problems[0].examples[0].endswith("): Email")
    assert result.problems[0].remedy.endswith("set empty values to Remove.")


@story
async def test_remedy_does_not_name_a_setting_that_is_set(emulator: Emulator, connection: Any) -> None:
    """The import removes empty values since an administrator changed the setting after the last import."""
    token = await ready(emulator, connection)
    await now(token.import_records(RECORDS, missing_objects="ignore"))
    emulator.world.import_sources[emulator.import_sources[0].id].empty_values = "remove"
    without_email = [{**PEOPLE[0], "email": ""}, *PEOPLE[1:]]

    (problem,) = (await now(token.verify({**RECORDS, "people": without_email}, visible_seconds=0))).problems

    assert (problem.code, problem.count) == ("emptied", 1)
    assert problem.remedy == "You: import the records again. The import is set to remove empty values now."


@story
async def test_reference_without_target_is_dangling(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    records = {"groups": GROUPS, "people": [{**PEOPLE[0], "groups": ["00g1", "00g7"]}]}

    result = await now(token.import_records(records, verify="all"))

    assert codes(result) == [("dangling", 1, "People")]


@story
async def test_missing_objects_that_stay_are_reported(emulator: Emulator, connection: Any) -> None:
    """The setting is declared, but Assets does not remove them. That is not a problem of the records."""
    token = await ready(emulator, connection)
    await now(token.import_records(RECORDS, missing_objects="ignore"))
    records = {**RECORDS, "people": PEOPLE[:10]}

    result = await now(token.import_records(records, verify="all", missing_objects="remove", max_missing=1))

    assert result.ok
    assert result.verification.object_types[1].not_removed == 2
    (note,) = [note for note in result.verification.notes if "not removed" in note]
    assert note.startswith("People: 2 objects without a record were not removed, such as 00u10 (OKT-")
    assert "reset the setting to Ignore" in note


def test_removed_objects_are_not_reported() -> None:
    """Assets removed them."""
    with (
        Emulator(doubts=Doubts(mapping_resets_missing_objects=False)) as emulator,
        emulator.connect() as connection,
    ):
        schema = connection.ensure_object_schema("OKT", name="Okta")
        source = emulator.add_import_source("OKT", missing_objects="remove")
        token = connection.import_token(source.token, schema=schema)
        token.build(model())
        token.import_records(RECORDS, missing_objects="remove", max_missing=1)

        records = {**RECORDS, "people": PEOPLE[:10]}
        result = token.import_records(records, verify="all", missing_objects="remove", max_missing=1)

        assert (result.ok, result.missing_deleted) == (True, 2)
        assert result.verification is not None
        assert [item.not_removed for item in result.verification.object_types] == [0, 0]


@story
async def test_verification_without_read_access_sends_nothing(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("count objects", status=403)

    with pytest.raises(AssetsError) as caught:
        await now(token.import_records(RECORDS, verify="all", missing_objects="ignore"))

    assert any("needs an account that may read" in note for note in caught.value.__notes__)
    assert "start import" not in operations(emulator)


@story
async def test_failed_verification_keeps_the_result(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    def fail() -> None:
        emulator.faults.next("search objects", status=403)

    result = await now(
        token.import_records(RECORDS, verify="all", missing_objects="ignore", on_progress=when_done(fail))
    )

    assert (result.confirmed, result.verified, result.verification) == (True, "no", None)
    assert any("The verification failed" in note for note in result.notes)


@story
async def test_verify_names_skipped_records(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    await now(token.import_records({"people": people(2)}))
    pairs = [*(("people", person) for person in people(2)), ("people", {"id": ""}), "no pair"]

    verification = await now(token.verify(pairs, on_bad_record="skip"))

    assert [(problem.code, problem.count) for problem in verification.problems] == [
        ("skipped", 1),
        ("skipped", 1),
    ]
    with pytest.raises(RecordError):
        await now(token.verify(pairs))


@story
async def test_verify_passes_on_errors_of_the_source(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    def source() -> Any:
        yield ("people", people(1)[0])
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        await now(token.verify(source()))


@pytest.mark.parametrize("sample", [0, -1, True, 1.5, "200"])
def test_invalid_sample_is_rejected(sample: object) -> None:
    """Nothing is sent."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        emulator.requests.clear()

        with pytest.raises(ConfigurationError, match="`sample` is"):
            token.verify(RECORDS, sample=sample)

        assert emulator.requests == []


def test_verify_needs_the_end_of_the_import() -> None:
    """Without `wait`, there is nothing to compare yet."""
    with Emulator() as emulator, emulator.connect() as connection:
        with pytest.raises(ConfigurationError, match="`verify` compares objects after the end"):
            _token(emulator, connection).import_records(RECORDS, verify="all", wait=False)


def test_verification_can_be_stored_and_displayed() -> None:
    """The text, HTML, and dictionary contain the same counts."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)

        verification = token.verify(RECORDS, visible_seconds=0)

        assert isinstance(verification, ImportVerification)
        assert not verification.ok
        assert repr(verification) == "<ImportVerification of all records: 14 records compared, 2 problems>"
        data = verification.to_dict()
        assert (data["ok"], data["scope"], data["compared"]) == (False, "all", 14)
        assert "12 records that were sent are not in Assets" in verification._repr_html_()


def _token(emulator: Emulator, connection: Any) -> Any:
    schema = connection.ensure_object_schema("OKT", name="Okta")
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    token.build(model())
    return token


def _devices(emulator: Emulator, connection: Any, kind: str) -> Any:
    """Return an import of devices that are identified by a value of a type."""
    schema = connection.ensure_object_schema("DEV", name="Devices")
    token = connection.import_token(emulator.add_import_source("DEV").token, schema=schema)
    attributes = [
        AttributeSpec("Seen", kind, key="seen", identifier=True),
        AttributeSpec("Name", key="name", label=True),
    ]
    token.build(SchemaModel("Devices", [ObjectTypeSpec("Devices", attributes)], namespace="dev"))
    return token


@pytest.mark.parametrize("sample", [None, 9])
def test_identifiers_that_no_query_can_find_are_read_with_all(sample: int | None) -> None:
    """A date has several forms in a query, so all objects of the type are read."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _devices(emulator, connection, "date")
        records = {
            "devices": [{"seen": f"2026-01-{day:02}", "name": f"Device {day}"} for day in range(1, 10)]
        }
        token.import_records(records, missing_objects="ignore")
        emulator.object_schema("DEV")["Devices"].objects[0].delete()

        verification = token.verify(records, sample=sample, visible_seconds=10)

        assert verification.waited == 10
        assert [item.absent for item in verification.object_types] == [1]


def test_long_identifiers_are_looked_up_in_several_queries() -> None:
    """A query has at most 100 values and about 8,000 characters."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _devices(emulator, connection, "text")
        records = {"devices": [{"seen": f"{number:0200}", "name": "x"} for number in range(90)]}
        token.import_records(records, missing_objects="ignore")
        emulator.requests.clear()

        verification = token.verify(records, sample=90)

        assert (verification.ok, verification.compared) == (True, 90)
        assert operations(emulator).count("search objects") == 3


@pytest.mark.once
def test_many_objects_are_read_again_once_some_are_visible() -> None:
    """Until then, only a hundred of them are looked up."""
    with Emulator(doubts=Doubts(search_lag_seconds=20)) as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(150)}, missing_objects="ignore")
        emulator.clock.sleep(13)

        result = token.import_records({"people": people(400)}, missing_objects="ignore", verify="all")

        assert result.ok
        assert 20 <= result.verification.waited < 40


@story
async def test_verification_needs_readable_object_types(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("list object types flat", status=403)

    with pytest.raises(AssetsError) as caught:
        await now(token.verify(RECORDS))

    assert any("needs an account that may read" in note for note in caught.value.__notes__)


@story
async def test_verify_takes_only_the_chosen_types(emulator: Emulator, connection: Any) -> None:
    """Of pairs as well."""
    token = await ready(emulator, connection)
    await now(token.import_records(RECORDS, missing_objects="ignore"))
    pairs = [*(("groups", group) for group in GROUPS), *(("people", person) for person in PEOPLE)]

    verification = await now(token.verify(pairs, only=["people"]))

    assert [(item.name, item.compared) for item in verification.object_types] == [("People", 12)]


@story
async def test_unresolvable_references_are_not_compared(emulator: Emulator, connection: Any) -> None:
    """A query of its own can only be run by Assets."""
    _, token = await destination(emulator, connection)
    boss = AttributeSpec(
        "Boss", key="boss", reference=ReferenceSpec("people", aql='"Display Name" = ${boss}')
    )
    await now(token.build(model(people=(boss,))))
    records = {"people": [{**person, "boss": "Person 0"} for person in people(3)]}

    result = await now(token.import_records(records, verify="all", missing_objects="ignore"))

    assert result.ok
    assert "Not compared, because only Assets can resolve their values: People.Boss." in str(result)


def test_resumed_import_verifies_records_that_were_sent_before(tmp_path: Path) -> None:
    """The end of the data was sent, so the records are read for the verification only."""
    with Emulator(import_seconds=60) as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        options = {"journal": tmp_path / "okta.journal", "missing_objects": "ignore"}
        with pytest.raises(ImportTimeoutError):
            token.import_records(RECORDS, timeout=5, **options)

        result = token.resume_import(RECORDS, verify="all", **options)

        assert (result.ok, result.verified, result.verification.compared) == (True, "all", 14)


def test_verification_names_objects_that_were_not_removed() -> None:
    """The text of an object type contains their number."""
    verified = VerifiedObjectType(name="People", selector="people", compared=3, identical=3, not_removed=2)

    assert str(verified) == "People: 3 compared, 3 identical, 0 differing, 0 absent, 2 not removed"


@story
async def test_verify_accepts_repeated_records(emulator: Emulator, connection: Any) -> None:
    """The import had them in different chunks, and Assets counted them."""
    token = await ready(emulator, connection)
    twice = [*people(3), *people(1)]
    await now(token.import_records({"people": twice}, chunk_records=2, missing_objects="ignore"))

    verification = await now(token.verify({"people": twice}))

    assert (verification.ok, verification.compared) == (True, 3)


@story
async def test_sample_reads_targets_outside_the_sample(emulator: Emulator, connection: Any) -> None:
    """References are compared by the identifiers of their targets, so these are read, too."""
    token = await ready(emulator, connection)
    groups = [{"name": f"Group {number}", "id": f"00g{number}"} for number in range(40)]
    members = [
        {**person, "groups": [f"00g{number % 40}", f"00g{(number + 7) % 40}"]}
        for number, person in enumerate(people(200))
    ]
    records = {"groups": groups, "people": members}
    await now(token.import_records(records, missing_objects="ignore"))

    verification = await now(token.verify(records, sample=10))
    other = [{**member, "groups": ["00g0"]} for member in members]
    changed = await now(token.verify({**records, "people": other}, sample=10, visible_seconds=0))

    assert (verification.ok, verification.compared) == (True, 20)
    assert [code for code, _, _ in codes(changed)] == ["lost"]


@pytest.mark.parametrize("sample", [None, 5])
def test_sample_knows_lost_from_dangling_references(sample: int | None) -> None:
    """The target of a lost reference exists, although no object of the sample refers to it."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        groups = [{"name": f"Group {number}", "id": f"00g{number}"} for number in range(90)]

        def member(*ids: str) -> Any:
            return {"groups": groups, "people": [{**PEOPLE[0], "groups": [*ids]}]}

        token.import_records(member(), missing_objects="ignore")
        lost = token.verify(member("00g77"), sample=sample, visible_seconds=0)
        token.import_records(member("00g1"), missing_objects="ignore")
        token.import_records(member("gone"), missing_objects="ignore")  # the earlier group stays
        dangling = token.verify(member("gone"), sample=sample, visible_seconds=0)

    assert [problem.code for problem in lost.problems] == ["lost"]
    assert [problem.code for problem in dangling.problems] == ["dangling"]


@pytest.mark.parametrize(
    "keys",
    [
        {"id": "a\x1fb"},
        {"id": "a\x1fb", "site": "c\x1fd"},
        {"id": "a", "site": "c"},
        {"id": "  a  "},
    ],
    ids=str,
)
@pytest.mark.parametrize("sample", [None, 5])
def test_unusual_identifiers_are_found(sample: int | None, keys: dict[str, Any]) -> None:
    """The separator of the parts of an identity can be in a value."""
    things = ObjectTypeSpec(
        "Things",
        [
            AttributeSpec("Name", key="name", label=True),
            *(AttributeSpec(key.title(), key=key, identifier=True) for key in keys),
        ],
    )
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("OKT", name="Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
        token.build(SchemaModel("Things", [things], namespace="things"))
        records = {"things": [{"name": "One", **keys}, {"name": "Two", **keys, "id": "2"}]}
        token.import_records(records)

        verification = token.verify(records, sample=sample, visible_seconds=0)

    assert verification.ok, str(verification)
    assert verification.compared == 2


def test_verification_needs_a_mapping() -> None:
    """A comparison with nothing proves nothing."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("OKT", name="Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)

        with pytest.raises(MissingMappingError, match="nothing to compare"):
            token.verify(RECORDS, model=model())
