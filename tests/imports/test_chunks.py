"""Chunks lose nothing, keep the order and the limits, and are the same again for the same records."""

from __future__ import annotations

import hashlib
import itertools
import json
import pickle
from collections.abc import Callable, Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._imports.chunk import Chunk, Run
from jsm_assets_dest._imports.chunker import Chunker
from jsm_assets_dest._imports.encoding import STANDARD, Encoder, UnencodableError, choose_encoder
from jsm_assets_dest._imports.record_checker import RecordChecker
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec
from jsm_assets_dest.exceptions import RecordError

MODEL = SchemaModel(
    "Test",
    [
        ObjectTypeSpec(name, [AttributeSpec("Id", identifier=True), AttributeSpec("Note", "textarea")])
        for name in ("People", "Groups")
    ],
)
both = pytest.mark.parametrize("encoder", [STANDARD, choose_encoder()], ids=lambda encoder: encoder.name)


def read(chunk: Chunk) -> dict[str, list[dict[str, object]]]:
    """Return the data of a chunk."""
    document = json.loads(chunk.body)
    assert document["clientGeneratedId"] == chunk.id
    data: dict[str, list[dict[str, object]]] = document["data"]
    return data


def all_records(chunks: Sequence[Chunk], selector: str) -> list[dict[str, object]]:
    """Return the records of a selector in the order in which they are sent."""
    return [record for chunk in chunks for record in read(chunk).get(selector, [])]


def people(count: int, note: str = "") -> list[dict[str, object]]:
    """Return records of people."""
    return [{"id": str(number), "note": note} for number in range(count)]


def cut_in_batches(chunker: Chunker, pairs: Sequence[object], batches: Sequence[int]) -> list[Chunk]:
    """Return the chunks of pairs that come in batches of these sizes, again and again."""
    chunks: list[Chunk] = []
    position = 0
    for step in itertools.cycle(batches):
        if position >= len(pairs):
            break
        chunks += chunker.feed_pairs(pairs[position : position + step])
        position += step
    return chunks + chunker.flush()


def test_chunk_says_what_it_is() -> None:
    """Data by selector, an id made from run and number, counts and sizes; the body stays out of its repr."""
    chunker = Chunker("run", limit_count=2)

    (chunk,) = chunker.feed("people", people(2))

    assert json.loads(chunk.body) == {
        "clientGeneratedId": "run-0",
        "data": {"people": [{"id": "0", "note": ""}, {"id": "1", "note": ""}]},
    }
    assert (chunk.index, chunk.name, chunk.id, chunk.count) == (0, "0", "run-0", 2)
    assert chunk.counts == {"people": 2}
    assert chunk.indexes == {"people": range(2)}
    assert chunk.size == len(chunk.body)
    assert '"id"' not in repr(chunk)
    assert pickle.loads(pickle.dumps(chunk)) == chunk


def test_remaining_records_are_sent_at_the_end() -> None:
    """Full chunks come as records do; flushing gives the rest, once."""
    chunker = Chunker("run", limit_count=3)

    assert [chunk.count for chunk in chunker.feed("people", people(7))] == [3, 3]
    assert chunker.batch_size == 2
    assert [chunk.count for chunk in chunker.flush()] == [1]
    assert chunker.flush() == []
    assert chunker.taken == {"people": 7}


def test_batch_size_is_no_more_than_fits() -> None:
    """A reader that takes `batch_size` records at a time holds at most one open chunk."""
    chunker = Chunker("run", limit_count=10)
    assert chunker.batch_size == 10
    chunker.feed("people", people(4))

    assert chunker.batch_size == 6


@pytest.mark.parametrize("every", [1, 2, 3, 7, 100])
def test_chunks_do_not_depend_on_how_many_records_are_read(every: int) -> None:
    """Reading ahead, if most records are not sent, changes neither the chunks nor which records are repeated in one."""

    def selected(run: Run) -> Run:
        return run.part([position for position, index in enumerate(run.indexes) if index % every == 0])

    def cut(batch_of: Callable[[Chunker], int]) -> tuple[list[bytes], list[int | None], list[int]]:
        bad: list[int | None] = []
        chunker = Chunker(
            "run",
            limit_count=10,
            checker=RecordChecker(MODEL),
            on_checked=selected,
            on_bad=lambda error: bad.append(error.index),
        )
        chunks: list[Chunk] = []
        batches: list[int] = []
        position = 0
        while position < len(records):
            batches.append(batch_of(chunker))
            chunks += chunker.feed("people", records[position : position + batches[-1]])
            position += batches[-1]
        return [chunk.body for chunk in chunks + chunker.flush()], bad, batches

    # Each eleventh record repeats an identifier of one of the 13 records before.
    records = people(2_000)
    for number in range(22, 2_000, 11):
        records[number]["id"] = records[number - 1 - number % 13]["id"]
    bodies, bad, batches = cut(lambda chunker: chunker.batch_size)

    assert bad
    assert (bodies, bad) == cut(lambda _: 1)[:2] == cut(lambda _: 2_000)[:2]
    assert sum(batches) / len(batches) >= 4


@pytest.mark.parametrize(("count", "size"), [(0, 1), (1, 0)])
def test_limits_have_to_make_sense(count: int, size: int) -> None:
    """A chunk of nothing would never end."""
    with pytest.raises(ValueError, match="at least one"):
        Chunker("run", limit_count=count, limit_bytes=size)


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["people", "groups"]), st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
    ),
    max_size=60,
)


@pytest.mark.once
@given(RECORDS, st.integers(1, 20), st.integers(1000, 3000), st.booleans(), st.data())
def test_nothing_is_lost_and_limits_hold(
    notes: list[tuple[str, str]], count: int, size: int, digests: bool, data: st.DataObject
) -> None:
    """Every record arrives once, in order, within the limits, whatever the encoder and however the source came in."""
    pairs = [(selector, {"id": str(number), "note": note}) for number, (selector, note) in enumerate(notes)]
    batches = data.draw(st.lists(st.integers(1, 20), min_size=1))
    sent: list[list[tuple[str, list[dict[str, object]]]]] = []
    for encoder in (STANDARD, choose_encoder()):
        chunker = Chunker(
            "run",
            limit_count=count,
            limit_bytes=size,
            encoder=encoder,
            checker=RecordChecker(MODEL),
            digests=digests,
        )
        chunks = cut_in_batches(chunker, pairs, batches)

        for selector in ("people", "groups"):
            expected = [record for name, record in pairs if name == selector]
            assert all_records(chunks, selector) == expected
            positions = [at for chunk in chunks for at in chunk.indexes.get(selector, ())]
            assert positions == list(range(len(expected)))
        assert all(chunk.count <= count and chunk.size <= size for chunk in chunks)
        assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
        assert len({chunk.id for chunk in chunks}) == len(chunks)
        sent.append([(selector, all_records(chunks, selector)) for selector in ("people", "groups")])

    assert sent[0] == sent[1]


@both
@pytest.mark.parametrize("text", ["\ud83d\ude00", "😀\ud83d\ude00", "\ud83d"])
def test_half_surrogates_are_bad_records(encoder: Encoder, text: str) -> None:
    """Also two halves that together look like one character; neighbours with whole ones are sent."""
    bad: list[RecordError] = []
    checker = RecordChecker(MODEL)
    chunker = Chunker("run", encoder=encoder, checker=checker, on_bad=bad.append)
    notes = ["😀", text, "한국어"]

    chunks = chunker.feed("people", [{"id": str(at), "note": note} for at, note in enumerate(notes)])
    chunks += chunker.flush()

    assert [(error.index, error.path) for error in bad] == [(1, "note")]
    assert all_records(chunks, "people") == [{"id": "0", "note": "😀"}, {"id": "2", "note": "한국어"}]


@pytest.mark.once
@given(RECORDS, st.integers(1, 20), st.integers(1000, 3000))
def test_same_records_give_the_same_chunks(notes: list[tuple[str, str]], count: int, size: int) -> None:
    """Ids and bytes follow from the run's id and the records; following boundaries, other limits change nothing."""
    pairs = [(selector, {"id": str(number), "note": note}) for number, (selector, note) in enumerate(notes)]

    def cut(limit_count: int, limit_bytes: int, boundaries: Sequence[int] = ()) -> list[Chunk]:
        chunker = Chunker(
            "run", digests=True, limit_count=limit_count, limit_bytes=limit_bytes, boundaries=boundaries
        )
        return [*chunker.feed_pairs(pairs), *chunker.flush()]

    first = cut(count, size)

    assert cut(count, size) == first
    assert cut(7, 10_000, [chunk.count for chunk in first]) == first


def test_after_the_boundaries_chunks_are_cut_as_usual() -> None:
    """A resumed run goes on with its own limits where the interrupted one had come to."""
    chunker = Chunker("run", limit_count=4, boundaries=[2, 3])

    assert [chunk.count for chunk in chunker.feed("people", people(13))] == [2, 3, 4, 4]


def test_boundaries_end_where_they_no_longer_fit() -> None:
    """After a chunk that differs from the last run, the later boundaries of that run are ignored."""
    chunker = Chunker("run", limit_count=5, boundaries=[2, 3, 3])
    chunker.feed("people", people(1))
    chunker.flush()

    assert [chunk.count for chunk in chunker.feed("people", people(5))] == [5]


def test_chunks_follow_the_size_of_records() -> None:
    """The first record tells how many fit; the running estimate follows when records grow, and halving covers the step."""
    chunker = Chunker("run", limit_count=1000, limit_bytes=10_000)

    small = chunker.feed("people", people(500))
    large = [*chunker.feed("people", people(40, "x" * 2000)), *chunker.flush()]

    assert 300 > small[0].count > 100
    assert all(chunk.size <= 10_000 for chunk in (*small, *large))
    assert len(all_records([*small, *large], "people")) == 540
    assert max(chunk.count for chunk in large[-5:]) <= 4


def test_one_call_of_the_encoder_per_chunk() -> None:
    """After the first estimate nothing is encoded twice."""
    calls: list[object] = []

    def encode(value: object) -> bytes:
        calls.append(value)
        return STANDARD.encode(value)

    chunker = Chunker("run", limit_count=10, encoder=Encoder("counting", encode))
    chunker.feed("people", people(50))

    assert len(calls) == 1 + 5


@both
def test_record_that_is_too_large_alone_is_rejected(encoder: Encoder) -> None:
    """It is named with its index and handed back; the others are sent."""
    bad: list[RecordError] = []
    chunker = Chunker("run", limit_bytes=500, encoder=encoder, on_bad=bad.append)
    records: list[dict[str, object]] = [{"id": "0"}, {"id": "1", "note": "x" * 600}, {"id": "2"}]

    chunks = [*chunker.feed("people", records), *chunker.flush()]

    assert all_records(chunks, "people") == [{"id": "0"}, {"id": "2"}]
    assert [(error.index, error.record) for error in bad] == [(1, records[1])]
    assert "is too large to be sent (6" in bad[0].reason
    with pytest.raises(RecordError):
        strict = Chunker("run", limit_bytes=500)
        strict.feed("people", records)
        strict.flush()


@attrs.frozen
class Group:
    id: str
    note: str


@pytest.mark.parametrize("size", [500, 10_000], ids=["limit of the import", "limit of the service"])
def test_record_that_is_too_large_comes_back_itself(size: int) -> None:
    """The error has the caller's own object, and not what is sent of it."""
    bad: list[RecordError] = []
    groups = [Group(str(number), "x" * (600 if number == 2 else 5)) for number in range(5)]
    chunker = Chunker(
        "run", limit_bytes=size, checker=RecordChecker(MODEL), on_bad=bad.append, boundaries=[5]
    )

    waiting = [*chunker.feed("groups", groups), *chunker.flush()]
    while waiting:
        chunk = waiting.pop()
        if b"xxxxxx" in chunk.body:
            halves = chunker.split(chunk)
            waiting += halves
            bad += [] if halves else [chunker.too_large(chunk)]

    assert [error.index for error in bad] == [2]
    assert bad[0].record is groups[2]


@pytest.mark.parametrize("digests", [False, True])
def test_splitting_keeps_every_record(digests: bool) -> None:
    """After a 413 the halves have ids, names and indexes of their own, and later chunks are smaller."""
    chunker = Chunker("run", limit_count=8, digests=digests)
    (chunk,) = chunker.feed_pairs(
        [*(("people", record) for record in people(5)), *(("groups", record) for record in people(3))]
    )

    first, second = chunker.split(chunk)
    again = chunker.split(first)

    assert (first.name, second.name) == ("0a", "0b")
    assert [half.name for half in again] == ["0aa", "0ab"]
    assert len({chunk.id, first.id, second.id, *(half.id for half in again)}) == 5
    assert (first.counts, second.counts) == ({"people": 4}, {"people": 1, "groups": 3})
    assert second.indexes == {"people": range(4, 5), "groups": range(3)}
    for selector in ("people", "groups"):
        assert all_records([first, second], selector) == all_records([chunk], selector)
        assert all_records([*again, second], selector) == all_records([chunk], selector)
    assert chunker.split(chunk)[0] == first
    assert chunker.batch_size < 8


def test_one_record_cannot_be_split() -> None:
    """A record that the service rejects on its own is an error of that record."""
    chunker = Chunker("run", limit_count=1)
    (chunk,) = chunker.feed("people", people(1))

    assert chunker.split(chunk) == ()
    assert chunker.too_large(chunk).record == {"id": "0", "note": ""}
    assert chunker.too_large(chunk).index == 0


def test_learned_limit_rejects_no_records() -> None:
    """After a 413 single records may still be larger than the learned limit, up to the limit that was given."""
    chunker = Chunker("run", limit_count=2, limit_bytes=10_000)
    (chunk,) = chunker.feed("people", people(2, "x" * 1000))
    chunker.split(chunk)

    large = [*chunker.feed("people", people(1, "x" * 5000)), *chunker.flush()]

    assert [chunk.count for chunk in large] == [1]


def test_digests_are_of_the_data() -> None:
    """The digest is the SHA-256 of the encoded data, and its beginning is part of the id."""
    (chunk,) = Chunker("run", limit_count=1, digests=True).feed("people", people(1))

    digest = hashlib.sha256(STANDARD.encode({"people": people(1)})).hexdigest()

    assert chunk.digest == digest
    assert chunk.id == f"run-0-{digest[:16]}"
    assert read(chunk) == {"people": people(1)}


def test_another_value_gives_another_id() -> None:
    """A record that changed since the last run is never mistaken for the one that was sent."""
    (chunk,) = Chunker("run", limit_count=1, digests=True).feed("people", [{"id": "1", "note": "a"}])
    (other,) = Chunker("run", limit_count=1, digests=True).feed("people", [{"id": "1", "note": "b"}])

    assert chunk.id != other.id


def test_dotted_selectors_lead_inside() -> None:
    """A selector is a path into the data."""
    chunker = Chunker("run", limit_count=4)
    (chunk,) = chunker.feed_pairs(
        [("a.b", {"id": 1}), ("a.c", {"id": 2}), ("d", {"id": 3}), ("a.b", {"id": 4})]
    )

    assert json.loads(chunk.body)["data"] == {
        "a": {"b": [{"id": 1}, {"id": 4}], "c": [{"id": 2}]},
        "d": [{"id": 3}],
    }
    first, second = chunker.split(chunk)
    assert json.loads(first.body)["data"] == {"a": {"b": [{"id": 1}, {"id": 4}]}}
    assert json.loads(second.body)["data"] == {"a": {"c": [{"id": 2}]}, "d": [{"id": 3}]}


def test_selectors_inside_each_other_go_into_chunks_of_their_own() -> None:
    """One key of the data is a list of records or leads further, never both."""
    chunker = Chunker("run", limit_count=10)

    chunks = chunker.feed_pairs([("a", {"id": 1}), ("a.b", {"id": 2}), ("ab", {"id": 3}), ("a", {"id": 4})])
    chunks += chunker.flush()

    assert [json.loads(chunk.body)["data"] for chunk in chunks] == [
        {"a": [{"id": 1}]},
        {"a": {"b": [{"id": 2}]}, "ab": [{"id": 3}]},
        {"a": [{"id": 4}]},
    ]


@pytest.mark.parametrize("thing", ["text", ("people",), (5, {}), {"id": 1}, None], ids=repr)
def test_source_of_pairs_gives_pairs(thing: object) -> None:
    """Anything else is an error that says what came; skipping goes on with the next."""
    bad: list[RecordError] = []
    chunker = Chunker("run", on_bad=bad.append)

    chunker.feed_pairs([("people", {"id": "1"}), thing, ("people", {"id": "2"})])

    assert [error.index for error in bad] == [1]
    assert bad[0].reason == f"is not a pair of a selector and a record, but {type(thing).__name__}"
    (chunk,) = chunker.flush()
    assert chunk.counts == {"people": 2}


@both
def test_bad_records_are_left_out_and_the_rest_is_known_by_index(encoder: Encoder) -> None:
    """Rejections by the check and by the encoder are reported the same way, with correct indexes."""
    bad: list[RecordError] = []
    chunker = Chunker("run", encoder=encoder, checker=RecordChecker(MODEL), on_bad=bad.append)
    records: list[object] = [
        {"id": "0"},
        {"id": ""},
        {"id": "2", "note": "half \ud800"},
        {"id": "3"},
        {"id": "3"},
        "no record",
        {"id": "6"},
    ]
    chunker.feed("people", records)
    chunker.feed("people", [{"id": "7"}])

    (chunk,) = chunker.flush()

    assert read(chunk) == {"people": [{"id": name} for name in "0367"]}
    assert list(chunk.indexes["people"]) == [0, 3, 6, 7]
    assert sorted((error.index, error.path) for error in bad) == [(1, "id"), (2, "note"), (4, "id"), (5, "")]
    assert all(error.record is records[error.index or 0] for error in bad)


@both
def test_without_a_check_the_encoder_still_rejects(encoder: Encoder) -> None:
    """A caller who vouches for the records, and is wrong, is told which record it was."""
    bad: list[RecordError] = []
    chunker = Chunker("run", encoder=encoder, on_bad=bad.append)
    chunker.feed("people", [{"id": b"bytes"}, {"id": "1"}])
    chunker.feed("groups", [{"id": b"bytes"}])

    (chunk,) = chunker.flush()

    assert read(chunk) == {"people": [{"id": "1"}]}
    assert [(error.selector, error.index) for error in bad] == [("people", 0), ("groups", 0)]
    assert bad[0].reason.startswith("cannot be written as JSON (")


def test_nothing_is_sent_when_nothing_is_good() -> None:
    """A chunk of bad records only is no chunk."""
    chunker = Chunker("run", on_bad=lambda error: None)
    chunker.feed("people", [{"id": b"bytes"}])

    assert chunker.flush() == []


def test_repeated_identifiers_are_looked_for_within_a_chunk() -> None:
    """The chunker tells the checker where a chunk ends."""
    bad: list[RecordError] = []
    chunker = Chunker("run", limit_count=2, checker=RecordChecker(MODEL), on_bad=bad.append)

    chunks = chunker.feed("people", [{"id": name} for name in ("1", "2", "1", "1", "3")])

    assert [list(chunk.indexes["people"]) for chunk in chunks] == [[0, 1], [2, 4]]
    assert [error.index for error in bad] == [3]


def test_encoder_that_rejects_a_whole_but_no_part_is_reported() -> None:
    """That would be a mistake of ours, and it must not end in a loop."""

    def encode(value: object) -> bytes:
        if isinstance(value, dict) and "data" in value:
            raise UnencodableError("no wholes")
        return STANDARD.encode(value)

    chunker = Chunker("run", encoder=Encoder("odd", encode))
    chunker.feed("people", people(2))

    with pytest.raises(ValueError, match="no wholes"):
        chunker.flush()


def test_resumed_run_skips_the_same_records() -> None:
    """Records that only the encoder rejects, or that are too large, do not move the later boundaries."""
    records = [{"id": str(number), "note": "x" * (number * 7 % 90)} for number in range(120)]
    for number in (3, 40, 41, 90, 119):
        records[number]["note"] = "half \ud800"
    for number in (17, 66, 67):
        records[number]["note"] = "x" * 3000

    def cut(limit_count: int, boundaries: Sequence[int] = ()) -> tuple[list[Chunk], list[int]]:
        bad: list[RecordError] = []
        chunker = Chunker(
            "run",
            limit_count=limit_count,
            limit_bytes=2000,
            checker=RecordChecker(MODEL),
            on_bad=bad.append,
            digests=True,
            boundaries=boundaries,
        )
        chunks = [*chunker.feed("people", records), *chunker.flush()]
        return chunks, sorted(error.index or 0 for error in bad)

    first, refused = cut(20)
    again, refused_again = cut(13, [chunk.count for chunk in first])

    assert refused == refused_again == [3, 17, 40, 41, 66, 67, 90, 119]
    assert [chunk.id for chunk in again] == [chunk.id for chunk in first]
    assert [list(chunk.indexes["people"]) for chunk in again] == [
        list(chunk.indexes["people"]) for chunk in first
    ]


def test_slow_source_does_not_move_boundaries() -> None:
    """Waiting records are sent early, except if an interrupted run had another boundary."""
    chunker = Chunker("run", boundaries=[3])
    chunker.feed("people", people(2))

    assert chunker.flush_early() == []
    assert [chunk.count for chunk in chunker.feed("people", people(2))] == [3]
    assert [chunk.count for chunk in chunker.flush_early()] == [1]
