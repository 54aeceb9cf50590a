"""What came back for one attempt, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import unquote

from .request import Credential, Host, Request

JsonValue: TypeAlias = "None | bool | int | float | str | list[JsonValue] | dict[str, JsonValue]"
JsonObject: TypeAlias = "dict[str, JsonValue]"

#: Operations that Atlassian answers without a credential, or that prove the identity themselves.
_NOT_IDENTIFIED = ("read tenant info", "read myself")


class Response:
    """A complete HTTP answer.

    Attributes:
        status: The HTTP status.
        headers: Header values by lower-case name.
        body: The decoded bytes, whole.
    """

    __slots__ = ("_parsed", "body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.status: Final = status
        self.headers: Final[Mapping[str, str]] = {} if headers is None else headers
        self.body: Final = body
        # The classifier proves that the body is JSON; the reader then reads what it parsed.
        self._parsed: list[JsonValue] = []

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"

    def json(self) -> JsonValue:
        """The body as JSON.

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


def is_answered_to(
    request: Request, response: Response, account_id: str | None, *, basic_on_site: bool
) -> bool:
    """Whether an answer was made for the account of the credential, as far as the site would say so: row 29."""
    if (
        not basic_on_site
        or request.host is not Host.SITE
        or request.credential is not Credential.ACCOUNT
        or request.operation in _NOT_IDENTIFIED
    ):
        return True
    ran_as = unquote(response.headers.get("x-aaccountid", ""))
    return bool(ran_as) and (account_id is None or ran_as == account_id)
