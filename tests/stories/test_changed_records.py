"""Stories about `send="changed"`: the journal knows what Assets confirmed, and claims no more than that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, ImportResult
from jsm_assets_dest._imports import identities
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    ImportInterruptedError,
    JournalMismatchError,
    RecordError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.importing import data_chunks, identifiers, operations, people, ready
from tests.stories.story import now, story
from tests.stories.test_building import GROUPS, model


def options(folder: Path, **more: Any) -> dict[str, Any]:
    """Return the options of a nightly import."""
    return {"journal": folder / "nightly.journal", "missing_objects": "ignore", "send": "changed", **more}


def sent(result: ImportResult) -> tuple[int, int]:
    """Return the number of records that were sent, and of those that were not because they are unchanged."""
    return result.sent, result.already_confirmed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def in_each_color(events: Any) -> Any:
    """Run a story that needs a folder."""

    @pytest.mark.parametrize("color", ["sync", "asyncio", pytest.param("trio", marks=pytest.mark.once)])
    def test(color: str, tmp_path: Path) -> None:
        async def main(emulator: Emulator, connection: Any) -> None:
            await events(emulator, connection, tmp_path)

        main.__name__ = events.__name__
        story(main)("blocking" if color == "sync" else color)

    test.__name__, test.__doc__ = events.__name__, events.__doc__
    return test


@in_each_color
async def test_only_new_and_changed_records_are_sent(
    emulator: Emulator, connection: Any, folder: Path
) -> None:
    token = await ready(emulator, connection)
    first = await now(token.import_records({"people": people(50)}, **options(folder)))
    records = [
        {**person, "email": "new@example.com"} if number == 7 else person
        for number, person in enumerate(people(52))
    ]
    emulator.requests.clear()

    second = await now(token.import_records({"people": records}, **options(folder)))
    third = await now(token.import_records({"people": records}, **options(folder)))

    assert sent(first) == (50, 0)
    assert first.notes[0] == "The journal has no confirmed run of this import, so all records were sent."
    assert (sent(second), second.created, second.updated) == ((3, 49), 2, 1)
    assert "not sent, because unchanged: 49 records" in str(second)
    assert (sent(third), third.ok) == ((0, 52), True)
    assert len(data_chunks(emulator)) == 1
    assert len(identifiers(emulator)) == 52


@in_each_color
async def test_leavers_are_listed_and_not_touched(emulator: Emulator, connection: Any, folder: Path) -> None:
    """A skipped record has not left the source, and neither have objects of a type that was not read."""
    token = await ready(emulator, connection)
    records = {"groups": GROUPS, "people": people(10)}
    await now(token.import_records(records, **options(folder)))
    bad = {**people(1)[0], "email": "not an address"}

    result = await now(
        token.import_records({"people": [bad, *people(7, 1)]}, **options(folder, on_bad_record="skip"))
    )

    assert [str(leaver) for leaver in result.leavers] in (
        ["People 00u8", "People 00u9"],
        ["People 00u9", "People 00u8"],
    )
    assert result.leaver_count == 2
    assert result.to_dict()["leavers"] == [leaver.to_dict() for leaver in result.leavers]
    assert "no longer in the source, not changed: 2 objects: People 00u" in str(result)
    assert len(identifiers(emulator)) == 10


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"journal": "x"}, '`missing_objects` is "unknown"'),
        ({"journal": "x", "missing_objects": "remove"}, '`missing_objects` is "remove"'),
        ({"missing_objects": "ignore"}, "`journal` is missing"),
        ({"send": "new"}, "`send` is 'new'"),
    ],
)
def test_unsafe_options_are_rejected_with_advice(settings: dict[str, Any], problem: str) -> None:
    """Nothing is sent."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        emulator.requests.clear()

        with pytest.raises(ConfigurationError) as caught:
            token.import_records({"people": people(1)}, **{"send": "changed", **settings})

        assert problem in str(caught.value)
        assert caught.value.fix
        assert emulator.requests == []


def test_all_records_are_sent_after_a_change_of_the_model(folder: Path) -> None:
    """The digests contain the mapping."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        records = [{**person, "title": "Engineer"} for person in people(5)]
        token.import_records({"people": records}, **options(folder))
        token.build(model(people=(AttributeSpec("Title"),), namespace="okt"))

        result = token.import_records({"people": records}, **options(folder))
        again = token.import_records({"people": records}, **options(folder))

        assert (sent(result), result.updated) == ((5, 0), 5)
        assert result.notes[0].startswith("No record has the values that the journal knows")
        assert sent(again) == (0, 5)


def test_all_records_are_sent_after_a_change_of_the_encoding(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that writes records in another way counts up."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(5)}, **options(folder))
        monkeypatch.setattr(identities, "ENCODING", identities.ENCODING + 1)

        assert sent(token.import_records({"people": people(5)}, **options(folder))) == (5, 0)


def test_all_records_are_sent_on_request(folder: Path) -> None:
    """`send="all"` is a full run."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(5)}, **options(folder))

        full = token.import_records({"people": people(5)}, **options(folder, send="all"))

        assert (sent(full), full.leavers) == ((5, 0), ())


@pytest.mark.parametrize(("is_failed", "resent"), [(False, (5, 2)), (True, (7, 0))])
def test_records_that_assets_may_have_lost_are_sent_again(
    folder: Path, is_failed: bool, resent: tuple[int, int]
) -> None:
    """Assets reports counts, so after a failure every new value of the type is doubtful, or of all types."""
    doubts = Doubts(import_errors_fail_result=is_failed)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        emulator.faults.fail_objects("people", count=1)
        failed = token.import_records({"groups": GROUPS, "people": people(5)}, **options(folder))

        result = token.import_records({"groups": GROUPS, "people": people(5)}, **options(folder))

        assert not failed.ok
        assert (sent(result), result.created) == (resent, 1)
        assert result.ok


def test_objects_that_verification_does_not_find_are_sent_again(folder: Path) -> None:
    """Someone deleted an object and changed another one; the journal cannot know it without a verification."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(5)}, **options(folder))
        assets = emulator.object_schema("OKT")["People"]
        assets.objects[0].delete()
        assets.objects[0].update(Email="other@example.com")

        unaware = token.import_records({"people": people(5)}, **options(folder))
        aware = token.import_records(
            {"people": people(5)}, **options(folder, verify="all", visible_seconds=0)
        )
        repaired = token.import_records({"people": people(5)}, **options(folder, verify="all"))

        assert (unaware.ok, sent(unaware)) == (True, (0, 5))
        assert [(problem.code, problem.count) for problem in aware.problems] == [("lost", 2)]
        assert (sent(repaired), repaired.ok, repaired.verified) == ((2, 3), True, "all")


def test_records_after_a_duplicate_are_sent_again(folder: Path) -> None:
    """It is unknown which of two records with one identifier Assets used."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        twice = [*people(4), {**people(1)[0], "email": "second@example.com"}]
        token.import_records({"people": twice}, **options(folder, chunk_records=2))

        again = token.import_records({"people": people(4)}, **options(folder))

        assert sent(again) == (4, 0)
        assert sent(token.import_records({"people": people(4)}, **options(folder))) == (0, 4)


def test_unchanged_record_after_a_duplicate_is_sent_again(folder: Path) -> None:
    """A full run contained the confirmed record and another one; Assets may have used either."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(4)}, **options(folder))
        twice = [*people(4), {**people(1)[0], "email": "second@example.com"}]
        token.import_records({"people": twice}, **options(folder, chunk_records=2, send="all"))

        again = token.import_records({"people": people(4)}, **options(folder))

        assert sent(again) == (1, 3)


@pytest.mark.parametrize("verify", ["no", "all"])
def test_record_is_sent_again_when_its_target_appears(folder: Path, verify: str) -> None:
    """Assets has dropped the reference, and only the record can restore it."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        member = [{**people(1)[0], "groups": ["00g1", "00g2"]}]
        token.import_records({"people": member}, **options(folder, verify=verify))

        token.import_records({"groups": GROUPS, "people": member}, **options(folder))
        again = token.import_records({"groups": GROUPS, "people": member}, **options(folder))

        assert token.verify({"groups": GROUPS, "people": member}).ok
        assert sent(again) == (0, 3)


def test_record_is_sent_every_night_if_its_target_has_none(folder: Path) -> None:
    """The journal does not know the target, so it can't tell it from one that appears later. The guide says so."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        emulator.object_schema("OKT")["Groups"].add_object({"Group Name": "By hand", "Okta ID": "00g9"})
        records = {"people": [{**people(1)[0], "groups": ["00g9"]}, *people(2, 1)]}
        token.import_records(records, **options(folder))

        again = token.import_records(records, **options(folder))

        assert (sent(again), again.updated) == ((1, 2), 0)


def test_record_is_sent_again_after_its_target_was_lost(folder: Path) -> None:
    """The verification finds neither the target nor the reference."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        records = {"groups": GROUPS, "people": [{**people(1)[0], "groups": ["00g1"]}]}
        token.import_records(records, **options(folder))
        emulator.object_schema("OKT")["Groups"].objects[0].delete()
        token.import_records(records, **options(folder, verify="all", visible_seconds=0))

        repaired = token.import_records(records, **options(folder, verify="all"))

        assert (sent(repaired), repaired.ok) == ((2, 1), True)


def test_test_import_sends_changed_records_without_leavers(folder: Path) -> None:
    """A test import reads only the first records."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(5)}, **options(folder))

        result = token.test_import({"people": people(5)}, 2, **options(folder))

        assert (sent(result), result.leavers) == ((0, 2), ())


def test_interrupted_run_confirms_nothing(folder: Path) -> None:
    """Its changed records are sent again, by a resumed run or by the next one."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(6)}, **options(folder))
        changed = [{**person, "email": "new@example.com"} for person in people(6)]

        def source() -> Any:
            yield from (("people", person) for person in changed[:4])
            raise OSError

        with pytest.raises(ImportInterruptedError):
            token.import_records(source(), **options(folder, chunk_records=2))
        result = token.resume_import(
            [("people", person) for person in changed], **options(folder, chunk_records=2)
        )

        assert (sent(result), result.updated) == ((6, 0), 6)
        assert sent(token.import_records({"people": changed}, **options(folder))) == (0, 6)


def test_resumed_run_rejects_records_in_another_order(folder: Path) -> None:
    """Chunks of the interrupted run may be in Assets."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)

        def source() -> Any:
            yield from (("people", person) for person in people(4))
            raise OSError

        with pytest.raises(ImportInterruptedError):
            token.import_records(source(), **options(folder, chunk_records=2))
        with pytest.raises(JournalMismatchError):
            token.resume_import(
                [("people", person) for person in reversed(people(4))], **options(folder, chunk_records=2)
            )


def test_journal_of_another_import_is_rejected(folder: Path) -> None:
    """It can't show what has changed. Nothing is started."""
    with Emulator() as emulator, emulator.connect() as connection:
        _token(emulator, connection).import_records({"people": people(3)}, **options(folder))
        other = _token(emulator, connection, "OTH")
        emulator.requests.clear()

        with pytest.raises(JournalMismatchError, match="belongs to another import"):
            other.import_records({"people": people(3)}, **options(folder))

        assert "start import" not in operations(emulator)


def test_bad_record_among_unchanged_ones_is_named(folder: Path) -> None:
    """Positions count all records of the source."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _token(emulator, connection)
        token.import_records({"people": people(9)}, **options(folder))

        with pytest.raises(RecordError) as caught:
            token.import_records({"people": [*people(9), {"id": "x", "email": "?"}]}, **options(folder))

        assert caught.value.index == 9


def _token(emulator: Emulator, connection: Any, key: str = "OKT") -> Any:
    schema = connection.ensure_object_schema(key, name=f"Schema {key}")
    token = connection.import_token(emulator.add_import_source(key).token, schema=schema)
    token.build(model(namespace=key.lower()))
    return token
