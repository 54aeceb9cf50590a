"""
What came back for one attempt, as plain data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from attrs import field, frozen

JsonValue: TypeAlias = "None | bool | int | float | str | list[JsonValue] | dict[str, JsonValue]"
JsonObject: TypeAlias = "dict[str, JsonValue]"


@frozen
class Answer:
    """
    A complete HTTP answer.

    Attributes:
        status: The HTTP status.
        headers: Header values by lower-case name.
        body: The decoded bytes, whole.
    """

    status: int
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    #: The parsed body once somebody has asked: the classifier proves that it is JSON, the reader then reads it.
    _parsed: list[JsonValue] = field(factory=list["JsonValue"], init=False, repr=False, eq=False)

    def json(self) -> JsonValue:
        """
        The body as JSON.

        Raises:
            ValueError: It is not JSON (also RecursionError is turned into one).
        """
        if self._parsed:
            return self._parsed[0]
        try:
            value: JsonValue = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error
        self._parsed.append(value)
        return value
