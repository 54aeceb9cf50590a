"""One request as plain data: complete enough to be sent, classified, and, if it is safe, repeated.

What every program needs for its first response (this class, `Response`, `Site`, the commands) doesn't use attrs: creating an
attrs class takes half a millisecond, and all of them together a twelfth of the time to that response.
"""

from __future__ import annotations

import enum
import json
from typing import Any, Final

from .._secret import Secret


class Repeat(enum.Enum):
    """Rule for repeating a request after a failed attempt. The operation decides, not the HTTP method."""

    #: Repeating changes nothing: reads, searches, the same mapping document, a chunk with its own id.
    SAFE = "safe"
    #: Repeat only if the server has not acted: rejected with 429, or never connected.
    WHEN_REJECTED = "when rejected"
    #: Send only once.
    ONCE = "once"


class Host(enum.Enum):
    """Receiver of a request; decides what a response means and which credential is sent."""

    SITE = "site"
    GATEWAY = "gateway"
    AUTHORIZATION = "authorization server"


class Credential(enum.Enum):
    """Credential that a request sends."""

    ACCOUNT = "account"
    IMPORT_TOKEN = "import token"
    NONE = "none"


class CredentialKind(enum.Enum):
    """The kind of the account's credential; decides which advice fits. The value is its name in messages."""

    API_TOKEN = "API token"
    OAUTH = "OAuth token"
    CLIENT = "client secret"
    FORGE = "Forge token"


class Request:
    """A request, before and while it is sent.

    Attributes:
        operation: Code of the operation in errors, logs, and planned faults: "create object schema".
        method: GET, POST, PUT, PATCH or DELETE.
        url: The complete address; never contains a secret.
        host: The owner of the address.
        body: The bytes to send, the same for every attempt, or None.
        content_type: Content type of the body.
        repeat: When sending again is safe.
        credential: The credential to send.
        authorization: The value of the Authorization header; added just before sending.
        empty_answer: True if a 2xx without a body, or with one that is not JSON, is a good response.
        listing: True if the response may be long.
        timeout: Total seconds for one attempt, or None for the engine's default.
        headers: Further headers.
        subject: The item that the request is about, for messages: the key of an object schema, "people[0] to people[499]".
    """

    __slots__ = (
        "authorization",
        "body",
        "content_type",
        "credential",
        "empty_answer",
        "headers",
        "host",
        "listing",
        "method",
        "operation",
        "repeat",
        "subject",
        "timeout",
        "url",
    )

    def __init__(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        host: Host = Host.GATEWAY,
        body: bytes | None = None,
        content_type: str = "application/json",
        repeat: Repeat = Repeat.SAFE,
        credential: Credential = Credential.ACCOUNT,
        authorization: Secret | None = None,
        empty_answer: bool = False,
        listing: bool = False,
        timeout: float | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        subject: str = "",
    ) -> None:
        self.operation: Final = operation
        self.method: Final = method
        self.url: Final = url
        self.host: Final = host
        self.body: Final = body
        self.content_type: Final = content_type
        self.repeat: Final = repeat
        self.credential: Final = credential
        self.authorization: Final = authorization
        self.empty_answer: Final = empty_answer
        self.listing: Final = listing
        self.timeout: Final = timeout
        self.headers: Final = headers
        self.subject: Final = subject

    def __repr__(self) -> str:
        return f"<Request {self.operation!r}: {self.method} {self.url}>"

    @property
    def path(self) -> str:
        """The path of the address, without host and query."""
        rest = self.url.partition("://")[2]
        return "/" + rest.partition("/")[2].partition("?")[0]

    @property
    def hostname(self) -> str:
        """The host of the address, with its port if there is one."""
        return self.url.partition("://")[2].partition("/")[0]

    @property
    def is_import(self) -> bool:
        """True for requests of the Imports API: those with an import token, and those to its paths."""
        return (
            self.credential is Credential.IMPORT_TOKEN
            or "/importsource/" in self.path
            or self.path.endswith("/imports/info")
        )

    def changed(self, **changes: Any) -> Request:
        """Return the same request with other values of some attributes."""
        return Request(**{**{name: getattr(self, name) for name in self.__slots__}, **changes})


def json_body(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
