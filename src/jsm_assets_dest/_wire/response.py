"""The response to one attempt, as plain data, and the reading of its body.

httpx decompresses a received piece completely, so a few kilobytes can become gigabytes. Here, no more is decompressed than
the limit allows.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from ..exceptions import AnswerTooLargeError, MalformedAnswerError
from .json_reading import JsonValue
from .request import Credential, Host, Request

#: Operations that need no credential, or that prove the identity themselves.
_NOT_IDENTIFIED = ("read tenant info", "read myself")


class Response:
    """A complete HTTP response.

    Attributes:
        status: The HTTP status.
        headers: Header values by lowercase name.
        body: All bytes, decoded.
    """

    __slots__ = ("_parsed", "body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.status: Final = status
        self.headers: Final[Mapping[str, str]] = {} if headers is None else headers
        self.body: Final = body
        # The classifier parses the body to check it; the reader uses the result.
        self._parsed: list[JsonValue] = []

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"

    @property
    def account_id(self) -> str:
        """Account that the request ran as, or "" if the response doesn't name it.

        The site and the gateway percent-encode the header (recorded); it is decoded here, once.
        """
        value = self.headers.get("x-aaccountid", "")
        return unquote(value) if "%" in value else value

    def json(self) -> JsonValue:
        """Return the body as JSON.

        Raises:
            ValueError: It is not JSON, or nested too deeply.
        """
        if self._parsed:
            return self._parsed[0]
        try:
            value: JsonValue = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error
        self._parsed.append(value)
        return value


def _is_empty(response: Response) -> bool:
    """Return True for an empty listing."""
    try:
        content = response.json()
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("values") == []


def is_answered_to(
    request: Request, response: Response, account_id: str | None, *, basic_on_site: bool
) -> bool:
    """Return False if the response may be that of an anonymous user or of another account: row 29.

    Each response of Jira's own API to an account names it (recorded). It is unknown whether other responses do: there, a
    missing name means nothing if an earlier response proved the login, unless the response is empty as well. An empty list
    of workspaces has an error of its own, which names both readings.
    """
    if (
        not basic_on_site
        or request.host is not Host.SITE
        or request.credential is not Credential.ACCOUNT
        or request.operation in _NOT_IDENTIFIED
    ):
        return True
    ran_as = response.account_id
    if not ran_as:
        return (
            account_id is not None
            and "/rest/api/" not in request.path
            and (request.operation == "find workspace" or not _is_empty(response))
        )
    return account_id is None or ran_as == account_id


#: Encoding that requests ask for.
ACCEPTED = "gzip"

#: zlib's code for detecting gzip or zlib.
_EITHER_HEADER = 47


class BodyReader:
    """Collector of a response's body, piece by piece.

    Args:
        encoding: The Content-Encoding of the response.
        limit: Maximum number of decompressed bytes.

    Raises:
        MalformedAnswerError: The encoding is unknown.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        name = encoding.strip().lower()
        if name in ("", "identity"):
            self._unpacker = None
        elif name in ("gzip", "x-gzip", "deflate"):
            self._unpacker = zlib.decompressobj(_EITHER_HEADER)
        else:
            raise MalformedAnswerError(f"The response has the unexpected encoding {name[:40]}.")
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Add the next piece as received.

        Raises:
            AnswerTooLargeError: The body is larger than the limit.
            MalformedAnswerError: The piece can't be decompressed.
        """
        if self._unpacker is not None:
            try:
                piece = self._unpacker.decompress(piece, self._limit - self._size + 1)
            except zlib.error:
                raise MalformedAnswerError("The response can't be decompressed.") from None
        self._size += len(piece)
        if self._size > self._limit:
            raise AnswerTooLargeError(f"The response is larger than {self._limit:,} bytes.")
        self._pieces.append(piece)

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            MalformedAnswerError: The compressed body is truncated.
        """
        if self._unpacker is not None and self._pieces and not self._unpacker.eof:
            raise MalformedAnswerError("The compressed response is truncated.")
        return b"".join(self._pieces)
