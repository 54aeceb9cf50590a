"""One request as plain data: complete enough to be sent, judged and, where that is safe, sent again.

What every program needs for its first answer (this class, `Answer`, `Site`, the commands) is written by hand: attrs takes
half a millisecond to make a class, and all of them together would be a twelfth of the time to that answer.
"""

from __future__ import annotations

import enum
from typing import Any, Final

from .._secret import Secret


class Repeat(enum.Enum):
    """Whether a request may be sent again when an attempt failed (facts: the operation decides, not the HTTP verb)."""

    #: Repeating changes nothing: every read, a search, the same mapping document, a chunk with its own id.
    SAFE = "safe"
    #: Again only when the service certainly did not act: refused with 429, or never connected.
    WHEN_REJECTED = "when rejected"
    #: One attempt, whatever happens.
    ONCE = "once"


class Host(enum.Enum):
    """Whom a request talks to; decides what an answer means and which credential goes along."""

    SITE = "site"
    GATEWAY = "gateway"
    AUTHORIZATION = "authorization server"


class Credential(enum.Enum):
    """Whose credential a request carries."""

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
        operation: What is being done, in the words of errors, logs and planned faults: "create object schema".
        method: GET, POST, PUT, PATCH or DELETE.
        url: The whole address; never holds a secret.
        host: Whom the address belongs to.
        body: The bytes to send, frozen for every attempt, or None.
        content_type: Of the body.
        repeat: Whether sending again is safe.
        credential: Whose credential goes along.
        authorization: The value of the Authorization header; filled in by `site.authorized` just before sending.
        empty_answer: Whether a 2xx without a body, or with one that is no JSON from its beginning, is what the service sends.
        listing: Whether the answer may be long.
        timeout: Seconds that one attempt may take in all, or None for the engine's default.
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
        *,
        operation: str,
        method: str,
        url: str,
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
        return f"<Request “{self.operation}”: {self.method} {self.url}>"

    @property
    def path(self) -> str:
        """The path of the address, without host and query."""
        rest = self.url.partition("://")[2]
        return "/" + rest.partition("/")[2].partition("?")[0]

    @property
    def hostname(self) -> str:
        """The host of the address, with its port where one is given."""
        return self.url.partition("://")[2].partition("/")[0]

    @property
    def is_import(self) -> bool:
        """Whether this is a call of the Imports API: made with an import token, or to one of its paths."""
        return (
            self.credential is Credential.IMPORT_TOKEN
            or "/importsource/" in self.path
            or self.path.endswith("/imports/info")
        )

    def authorized(self, authorization: Secret | None) -> Request:
        """The same request with its Authorization header's value."""
        return self.changed(authorization=authorization)

    def changed(self, **changes: Any) -> Request:
        """The same request with other values of some attributes."""
        return Request(**{**{name: getattr(self, name) for name in self.__slots__}, **changes})
