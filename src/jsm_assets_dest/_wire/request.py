"""
One request as plain data: complete enough to be sent, judged and, where that is safe, sent again.
"""

from __future__ import annotations

import enum

from attrs import evolve, field, frozen

from .._secret import Secret


class Repeat(enum.Enum):
    """
    Whether a request may be sent again when an attempt failed (facts: the operation decides, not the HTTP verb).
    """

    #: Repeating changes nothing: every read, a search, the same mapping document, a chunk with its own id.
    SAFE = "safe"
    #: Again only when the service certainly did not act: refused with 429, or never connected.
    WHEN_REJECTED = "when rejected"
    #: One attempt, whatever happens.
    ONCE = "once"


class Host(enum.Enum):
    """
    Whom a request talks to; decides what an answer means and which credential goes along.
    """

    SITE = "site"
    GATEWAY = "gateway"
    AUTHORIZATION = "authorization server"


class Credential(enum.Enum):
    """
    Whose credential a request carries.
    """

    ACCOUNT = "account"
    IMPORT_TOKEN = "import token"
    NONE = "none"


@frozen(kw_only=True)
class Request:
    """
    A request, before and while it is sent.

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
        empty_answer: Whether a 2xx without a body, or with one that is not JSON, is what the service sends.
        listing: Whether the answer may be long.
        timeout: Seconds that one attempt may take in all, or None for the engine's default.
        headers: Further headers.
    """

    operation: str
    method: str
    url: str
    host: Host = Host.GATEWAY
    body: bytes | None = field(
        default=None, repr=lambda body: "None" if body is None else f"<{len(body)} bytes>"
    )
    content_type: str = "application/json"
    repeat: Repeat = Repeat.SAFE
    credential: Credential = Credential.ACCOUNT
    authorization: Secret | None = field(default=None, repr=False)
    empty_answer: bool = False
    listing: bool = False
    timeout: float | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        """
        The path of the address, without host and query.
        """
        rest = self.url.partition("://")[2]
        return "/" + rest.partition("/")[2].partition("?")[0]

    @property
    def hostname(self) -> str:
        """
        The host of the address, with its port where one is given.
        """
        return self.url.partition("://")[2].partition("/")[0]

    @property
    def is_import(self) -> bool:
        """
        Whether this is a call of the Imports API: made with an import token, or to one of its paths.
        """
        return (
            self.credential is Credential.IMPORT_TOKEN
            or "/importsource/" in self.path
            or self.path.endswith("/imports/info")
        )

    def authorized(self, authorization: Secret | None) -> Request:
        """
        The same request with its Authorization header's value.
        """
        return evolve(self, authorization=authorization)
