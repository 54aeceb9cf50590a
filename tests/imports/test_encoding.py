"""Two encoders, one meaning."""

from __future__ import annotations

import enum
import importlib.util
import json
import sys
import uuid
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from jsm_assets_dest._imports import encoding
from jsm_assets_dest._imports.encoding import (
    BLOCK,
    COMPLETED,
    STANDARD,
    WIDE,
    Encoder,
    UnencodableError,
    choose_encoder,
    encode,
    encoder_named,
)

HAS_ORJSON = importlib.util.find_spec("orjson") is not None
ENCODERS = [STANDARD, *([encoder_named("orjson")] if HAS_ORJSON else [])]
both = pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.name)

#: JSON that both can carry: finite numbers, whole ones within 64 bits, text that has a UTF-8 form.
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


class Colour(enum.Enum):
    RED = "red"


class Word(enum.StrEnum):
    ONE = "one"


#: The first record of a table, with keys that JSON or a format string must quote.
ROW = {
    **dict.fromkeys(['a "quoted" key', "clé", "%s", "{", "", "\\"], "text"),
    **{f"key{number}": "é\n" for number in range(WIDE)},
}


@pytest.mark.slow
@given(JSON_VALUES)
def test_chunks_contain_all_records(value: object) -> None:
    """Both encoders preserve each JSON value."""
    for encoder in ENCODERS:
        assert json.loads(encoder.encode(value)) == value


TABLES = st.lists(
    st.tuples(
        st.one_of(
            st.just(ROW),
            st.builds(lambda key, text: ROW | {key: text}, st.sampled_from([*ROW]), JSON_VALUES),
            st.builds(
                lambda text: dict.fromkeys(ROW, text), st.text(st.characters(exclude_categories=["Cs"]))
            ),
            st.just(dict(reversed(ROW.items()))),
            st.just([*ROW]),
            st.builds(lambda key: {name: ROW[name] for name in ROW if name != key}, st.sampled_from([*ROW])),
            JSON_VALUES,
        ),
        st.sampled_from([1, 2, BLOCK - 1, BLOCK, BLOCK + 1]),
    ),
    max_size=6,
).map(lambda parts: [record for record, times in parts for _ in range(times)])


@pytest.mark.slow
@given(
    st.recursive(
        TABLES, lambda inner: st.dictionaries(st.sampled_from(["a", 'a "quoted" key', 7]), inner, max_size=3)
    )
)
def test_standard_encoder_writes_the_bytes_of_json(value: object) -> None:
    """Rows of a table are written in a shorter way. A resumed run compares digests of the bytes."""
    assert STANDARD.encode(value) == json.dumps(value, separators=(",", ":")).encode()


@pytest.mark.parametrize("key", ["key1", uuid.UUID(int=1), Word.ONE, 7, None], ids=repr)
@pytest.mark.parametrize(
    "value", ["text", Word.ONE, 7, None, [], {}, "long" * 1000], ids=lambda value: repr(value)[:20]
)
@pytest.mark.parametrize("position", [0, 1, BLOCK, 2 * BLOCK])
def test_tables_with_other_keys_and_values(key: object, value: object, position: int) -> None:
    """A table is written, or rejected, as by the standard library, also with keys and values of subclasses."""
    records: list[object] = [ROW] * (2 * BLOCK + 1)
    records[position] = ROW | {key: value}

    try:
        expected = json.dumps({"data": records}, separators=(",", ":")).encode()
    except TypeError:
        with pytest.raises(UnencodableError):
            STANDARD.encode({"data": records})
    else:
        assert STANDARD.encode({"data": records}) == expected


@pytest.mark.parametrize(
    "other", [[*ROW], dict(reversed(ROW.items())), {}, "", None], ids=lambda other: repr(other)[:20]
)
def test_tables_with_other_records(other: object) -> None:
    """Other records between the rows of a table are written as by the standard library."""
    records = [ROW] * BLOCK + [other] + [ROW] * BLOCK

    assert STANDARD.encode(records) == json.dumps(records, separators=(",", ":")).encode()


class AnyCase(str):
    """A key that equals another one with the same letters, in capitals or not."""

    __slots__ = ()

    @override
    def __eq__(self, other: object) -> bool:
        return self.lower() == str(other).lower()

    @override
    def __hash__(self) -> int:
        return hash(self.lower())


@pytest.mark.parametrize("between", ["", "\0"])
def test_tables_with_keys_that_only_seem_equal(between: str) -> None:
    """Keys are compared as text, each with the one at its place."""
    row = {f"key{number}{between}": "text" for number in range(WIDE)}
    others: list[dict[str, str]] = [
        {AnyCase(key.upper()): "text" for key in row},
        {"\0".join(row): "text"},
        {f"key0{between}\0key1": "text", "": "text", **dict.fromkeys([*row][2:], "text")},
    ]
    for other in others:
        records = [row] * BLOCK + [other] * BLOCK

        assert STANDARD.encode(records) == json.dumps(records, separators=(",", ":")).encode()


def test_nested_objects_are_encoded_as_deeply_as_before() -> None:
    """A table is looked for in a few levels only."""
    value: object = [ROW] * BLOCK
    for _ in range(400):
        value = {"a": value}

    assert STANDARD.encode(value) == json.dumps(value, separators=(",", ":")).encode()


def test_error_names_the_first_value_before_an_object_in_itself() -> None:
    circle: dict[str, object] = {}
    circle["itself"] = circle

    with pytest.raises(UnencodableError, match="the type object"):
        STANDARD.encode({"first": object(), "then": circle})


@pytest.mark.parametrize(
    ("records", "is_table"),
    [
        ([ROW] * BLOCK, True),
        ([ROW] * (BLOCK - 1), False),
        ([{f"{number}": "" for number in range(WIDE)}] * BLOCK, True),
        ([{f"{number}": "" for number in range(WIDE - 1)}] * BLOCK, False),
        ([ROW | {"key1": Word.ONE}] * BLOCK, False),
        ([ROW | {Word.ONE: "text"}] * BLOCK, False),
    ],
)
def test_only_wide_tables_are_written_as_rows(
    records: list[object], is_table: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Narrow records would take longer as rows."""
    by_standard_library: list[object] = []
    text_of = json.JSONEncoder(separators=(",", ":")).encode

    def noting(value: object) -> str:
        by_standard_library.append(value)
        return text_of(value)

    monkeypatch.setattr(encoding, "_text_of", noting)
    value = {"data": {"people": records, "devices": records}, "clientGeneratedId": "run-0"}

    assert STANDARD.encode(value) == json.dumps(value, separators=(",", ":")).encode()
    assert by_standard_library == (["run-0"] if is_table else [value])


@pytest.mark.slow
@given(st.text(st.characters() | st.sampled_from("\ud83d\ude00\\ud")))
def test_half_surrogate_pairs_are_rejected_by_both(text: str) -> None:
    """Text either has a UTF-8 form and arrives unchanged, or is rejected, whatever the encoder."""
    try:
        text.encode("utf-8")
        fits = True
    except UnicodeEncodeError:
        fits = False
    for encoder in ENCODERS:
        if fits:
            assert json.loads(encoder.encode([text])) == [text]
        else:
            with pytest.raises(UnencodableError):
                encoder.encode([text])


@both
@pytest.mark.parametrize("crowd", ["", "é" * 500], ids=["few backslashes", "many backslashes"])
@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("\ud83d", False),
        ("\udc00 alone", False),
        ("\udc00\ud83d", False),
        # Two halves side by side: the standard encoder would write what it writes for one whole character.
        (chr(0xD83D) + chr(0xDE00), False),
        ("😀\ud83d\ude00", False),
        ("한국어", True),
        ("😀", True),
        ("\\ud83d", True),
        ("\\\\ud83d😀", True),
        ("plain", True),
        ("Ünïcödé", True),
        ('a "quoted" name\n', True),
    ],
)
def test_surrogates_are_distinguished_from_similar_text(
    encoder: Encoder, text: str, crowd: str, fits: bool
) -> None:
    """A whole pair and a written backslash pass, half a pair does not, however much non-ASCII text stands around it."""
    value = {"text": text, "crowd": crowd, "filler": "x" * 2000}
    if fits:
        assert json.loads(encoder.encode(value)) == value
    else:
        with pytest.raises(UnencodableError):
            encoder.encode(value)


@both
def test_identifiers_and_enumerations_are_written_alike(encoder: Encoder) -> None:
    """A UUID is its text and an enumeration member its value, with both encoders."""
    value = {"id": uuid.UUID(int=1), "colour": Colour.RED}

    assert encoder.encode(value) == b'{"id":"00000000-0000-0000-0000-000000000001","colour":"red"}'


@both
@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), 1j], ids=["bytes", "set", "object", "complex"])
def test_values_that_json_lacks_are_rejected(encoder: Encoder, value: object) -> None:
    """Both encoders reject values that JSON lacks, with the same class of error."""
    with pytest.raises(UnencodableError):
        encoder.encode([value])


@both
def test_value_inside_itself_is_rejected(encoder: Encoder) -> None:
    """A cycle ends in an error, not in a crash."""
    value: list[object] = []
    value.append(value)

    with pytest.raises(UnencodableError):
        encoder.encode(value)


def test_standard_encoder_rejects_nan() -> None:
    """NaN is no JSON; the standard encoder says so. (orjson writes null, which is why records are checked first.)"""
    with pytest.raises(UnencodableError):
        STANDARD.encode(float("nan"))


def test_standard_encoder_writes_ascii() -> None:
    """ASCII is faster for the standard encoder, and safe in every log and proxy."""
    assert STANDARD.encode("é") == b'"\\u00e9"'


@pytest.mark.skipif(not HAS_ORJSON, reason="orjson is not installed")
def test_orjson_is_taken_when_it_is_there() -> None:
    """Installing orjson changes the encoder, which is created once."""
    assert choose_encoder().name == "orjson"
    assert choose_encoder() is encoder_named("orjson")


def test_without_orjson_the_standard_library_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without orjson, the standard library encodes; asking for orjson by name is an error."""
    encoding._orjson.cache_clear()
    monkeypatch.setitem(sys.modules, "orjson", None)

    assert choose_encoder() is STANDARD
    assert encode({"a": 1}) == b'{"a":1}'
    with pytest.raises(ModuleNotFoundError):
        encoder_named("orjson")


def test_completing_alone_is_json() -> None:
    """The body that only completes an import says nothing else."""
    assert cast("object", json.loads(COMPLETED)) == {"completed": True}
