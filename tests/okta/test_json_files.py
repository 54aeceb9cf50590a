"""JSON files of any size, read one object at a time."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jsm_assets_dest.okta import _page_folder
from jsm_assets_dest.okta._page_folder import UnreadableFileError, json_values

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.once
@given(
    values=st.lists(VALUES, max_size=8),
    block=st.integers(1, 40),
    indent=st.none() | st.integers(0, 2),
    ascii_only=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_values_equal_array_for_any_block_size(
    tmp_path: Path, values: list[object], block: int, indent: int | None, ascii_only: bool
) -> None:
    file = tmp_path / "values.json"
    file.write_text(json.dumps(values, indent=indent, ensure_ascii=ascii_only), encoding="utf-8")
    with mock.patch.object(_page_folder, "BLOCK", block):
        assert list(json_values(file)) == values


@pytest.mark.parametrize("text", ['{"id": 1}', '\ufeff {"id": 1}\n', '[{"id": 1}]', '\n [ {"id": 1} ] \n'])
def test_json_values_yield_single_object(tmp_path: Path, text: str) -> None:
    file = tmp_path / "value.json"
    file.write_text(text, encoding="utf-8")
    assert list(json_values(file)) == [{"id": 1}]


def test_json_values_yield_lines_of_jsonl_file(tmp_path: Path) -> None:
    file = tmp_path / "values.jsonl"
    file.write_text('{"id": 1}\n\n[2]\n', encoding="utf-8")
    assert list(json_values(file)) == [{"id": 1}, [2]]


@pytest.mark.parametrize(
    "text", ["", "[", "[1", "[1,", "[1 2]", "[1,]", "[1] 2", '["a', "{", "nothing", "[,1]"]
)
def test_invalid_json_error_names_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=r"broken\.json"):
        list(json_values(file))


def test_file_in_another_encoding_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(b'["\xe9"]')
    with pytest.raises(UnreadableFileError):
        list(json_values(file))


def test_json_values_yield_objects_before_the_error(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text('[1, 2, {"id"', encoding="utf-8")
    reading = json_values(file)
    assert [next(reading), next(reading)] == [1, 2]
    with pytest.raises(UnreadableFileError):
        next(reading)
