"""JSON files of any size, read one object at a time.

A directory export is often one array of 100,000 users in one file. Reading it whole needs several times the file's
size in memory. The standard library can decode one value out of a longer text (`JSONDecoder.raw_decode`), so the file
is read in blocks, and its values are yielded one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

#: Characters per read. An Okta user has about 2,000.
BLOCK = 256 * 1024

_SPACE = " \t\r\n"
#: Characters that may follow an item of an array.
_AFTER = frozenset(_SPACE + ",]")


class UnreadableFileError(ValueError):
    """The file is not JSON. The message contains its name and the position of the error."""


def json_values(path: Path) -> Iterator[object]:
    """Yield the items of an array, the lines of a `.jsonl` file, or the only value of a file.

    Args:
        path: A file in UTF-8, with or without a byte order mark.

    Raises:
        UnreadableFileError: The file is not JSON, or it ends in the middle of a value.
    """
    with path.open(encoding="utf-8-sig") as file:
        try:
            yield from (_lines(file) if path.suffix == ".jsonl" else _items(file))
        except (ValueError, RecursionError) as problem:
            raise UnreadableFileError(f"{path} is not a readable JSON file: {problem}") from problem


def _lines(file: TextIO) -> Iterator[object]:
    for line in file:
        if line.strip():
            yield json.loads(line)


def _items(file: TextIO) -> Iterator[object]:
    text = file.read(1)
    while text and text in _SPACE:
        text = file.read(1)
    if text != "[":
        yield json.loads(text + file.read())
        return
    decoder = json.JSONDecoder()
    text, position, is_first = "", 0, True
    while True:
        text, position = _skip_space(file, text, position)
        character = text[position]
        if character == "]":
            _expect_end(file, text[position + 1 :])
            return
        if not is_first:
            if character != ",":
                raise ValueError(f"a comma was expected, not {character!r}")
            text, position = _skip_space(file, text, position + 1)
        value, position, text = _decode_item(decoder, file, text, position)
        is_first = False
        yield value


def _skip_space(file: TextIO, text: str, position: int) -> tuple[str, int]:
    while True:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position < len(text):
            return text, position
        text, position = file.read(BLOCK), 0
        if not text:
            raise ValueError("the file ends inside its array")


def _decode_item(
    decoder: json.JSONDecoder, file: TextIO, text: str, position: int
) -> tuple[object, int, str]:
    """Decode the item at a position. Read more text while the item may be incomplete."""
    size = BLOCK
    while True:
        try:
            value, end = decoder.raw_decode(text, position)
        except ValueError:
            value, end = None, -1
        # A number at the end of the text may continue in the next block: "12" of "123", "0." of "0.5".
        if 0 <= end < len(text) and text[end] in _AFTER:
            return value, end, text
        block = file.read(size)
        if not block:
            if end >= 0:
                return value, end, text
            decoder.raw_decode(text, position)  # Raises with the line and the column.
        text, position = text[position:] + block, 0
        size *= 2


def _expect_end(file: TextIO, text: str) -> None:
    if text.strip() or file.read().strip():
        raise ValueError("there is something after the array")
