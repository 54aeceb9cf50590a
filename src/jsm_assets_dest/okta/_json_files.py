"""JSON files of any size, read one object at a time.

A directory export is often one array of 100,000 users in one file; reading it whole costs several times the file's
size. The standard library decodes one value out of a text (`JSONDecoder.raw_decode`), so the file is read in blocks
and given up object by object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

#: Characters read at a time; an Okta user is about 2,000.
BLOCK = 256 * 1024

_SPACE = " \t\r\n"
#: What may stand behind a member of an array.
_AFTER = frozenset(_SPACE + ",]")


class UnreadableFileError(ValueError):
    """A file that is not JSON, named with the place where reading stopped."""


def json_values(path: Path) -> Iterator[object]:
    """The objects of a JSON file: the members of an array, the lines of a `.jsonl` file, or the one object there is.

    Args:
        path: A file in UTF-8, with or without a byte order mark.

    Yields:
        One decoded value at a time.

    Raises:
        UnreadableFileError: The file is not JSON, or ends in the middle of a value.
    """
    with path.open(encoding="utf-8-sig") as file:
        try:
            yield from (_lines(file) if path.suffix == ".jsonl" else _members(file))
        except (ValueError, RecursionError) as problem:
            raise UnreadableFileError(f"{path} is not a readable JSON file: {problem}") from problem


def _lines(file: TextIO) -> Iterator[object]:
    for line in file:
        if line.strip():
            yield json.loads(line)


def _members(file: TextIO) -> Iterator[object]:
    text = file.read(1)
    while text and text in _SPACE:
        text = file.read(1)
    if text != "[":
        yield json.loads(text + file.read())
        return
    decoder = json.JSONDecoder()
    text, position, first = "", 0, True
    while True:
        text, position = _next_sign(file, text, position)
        sign = text[position]
        if sign == "]":
            _expect_end(file, text[position + 1 :])
            return
        if not first:
            if sign != ",":
                raise ValueError(f"a comma was expected, not {sign!r}")
            text, position = _next_sign(file, text, position + 1)
        value, position, text = _one(decoder, file, text, position)
        first = False
        yield value


def _next_sign(file: TextIO, text: str, position: int) -> tuple[str, int]:
    """Moves to the next character that is no white space, reading on where needed."""
    while True:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position < len(text):
            return text, position
        text, position = file.read(BLOCK), 0
        if not text:
            raise ValueError("the file ends inside its array")


def _one(decoder: json.JSONDecoder, file: TextIO, text: str, position: int) -> tuple[object, int, str]:
    """Decodes the value that starts at a position; asks for more text as long as the value may be cut off."""
    size = BLOCK
    while True:
        try:
            value, end = decoder.raw_decode(text, position)
        except ValueError:
            value, end = None, -1
        # A number at the end of the text may go on in the next block: "12" of "123", "0." of "0.5".
        if 0 <= end < len(text) and text[end] in _AFTER:
            return value, end, text
        more = file.read(size)
        if not more:
            if end >= 0:
                return value, end, text
            decoder.raw_decode(text, position)  # raises with the line and column for the message
        text, position = text[position:] + more, 0
        size *= 2


def _expect_end(file: TextIO, rest: str) -> None:
    if rest.strip() or file.read().strip():
        raise ValueError("there is something after the array")
