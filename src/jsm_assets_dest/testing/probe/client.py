"""The requests of the probe: few, spaced out, and never to another origin.

It uses httpx directly instead of the SDK, because it must see what the service really returns.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from attrs import define, field, frozen

LONGEST_WAIT = 60.0
LARGEST_RESPONSE = 32 * 1024 * 1024


def is_address(text: str) -> bool:
    """Return True if a request can be sent to an address."""
    try:
        return bool(httpx.URL(text).host)
    except httpx.InvalidURL:
        return False


class ProbeError(Exception):
    """The probe cannot go on. The message says why, and contains no secret."""


class StoppedError(Exception):
    """A question group cannot be finished; the message is the reason."""


@frozen
class Credential:
    """The value of an `Authorization` header."""

    header: str = field(repr=False)

    @classmethod
    def basic(cls, email: str, token: str) -> Credential:
        """Return the credential of an account."""
        return cls("Basic " + base64.b64encode(f"{email}:{token}".encode()).decode())

    @classmethod
    def bearer(cls, token: str) -> Credential:
        """Return the credential of an import token."""
        return cls(f"Bearer {token}")


@frozen(kw_only=True)
class Reply:
    """A response. `document` is None if the body is not JSON."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    document: Any = field(repr=False)

    def get(self, *path: str) -> Any:
        """Return a field of the document, or None."""
        value = self.document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def items(self, *path: str) -> list[Any]:
        """Return the objects of a list in the document; empty if there is none."""
        value = self.get(*path)
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@define(eq=False)
class Client:
    """Sends requests.

    Args:
        origins: the addresses that may receive a credential.
        limit: the number of requests.
        reserve: requests of the limit that only `cleaning` may use.
        interval: seconds between two requests.
        transport: for tests; None for the network.
        sleep: waits.
        monotonic: the time source.
    """

    _origins: tuple[str, ...]
    _limit: int = field(kw_only=True, alias="limit")
    _reserve: int = field(kw_only=True, alias="reserve")
    _interval: float = field(kw_only=True, alias="interval")
    _transport: httpx.BaseTransport | None = field(default=None, kw_only=True, alias="transport")
    sleep: Callable[[float], None] = field(default=time.sleep, kw_only=True)
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    sent: int = field(default=0, init=False)
    throttled: int = field(default=0, init=False)
    cleaning: bool = field(default=False, init=False)
    _next_at: float = field(default=0.0, init=False)
    _http: httpx.Client = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._http = httpx.Client(transport=self._transport, timeout=30.0, follow_redirects=False)

    @property
    def remaining(self) -> int:
        """The number of requests that questions may still send."""
        return self._limit - self._reserve - self.sent

    def is_trusted(self, url: object) -> bool:
        """Return True if an address belongs to the site or the gateway."""
        return isinstance(url, str) and any(url.startswith(f"{origin}/") for origin in self._origins)

    def send(
        self,
        method: str,
        url: str,
        credential: Credential | None = None,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request, and repeat it once after a throttle.

        Raises:
            StoppedError: the limit is reached, the site throttles, or the address is another origin.
            ProbeError: the site cannot be reached.
        """
        reply = self._send(method, url, credential, body, headers or {})
        if reply.status != 429:
            return reply
        self.throttled += 1
        seconds = reply.headers.get("retry-after", "")
        if not seconds.isdecimal() or int(seconds) > LONGEST_WAIT:
            raise StoppedError("The site throttles requests. Repeat the command later.")
        self.sleep(float(seconds))
        reply = self._send(method, url, credential, body, headers or {})
        if reply.status == 429:
            raise StoppedError("The site throttles requests. Repeat the command later.")
        return reply

    def _send(
        self,
        method: str,
        url: str,
        credential: Credential | None,
        body: object,
        headers: Mapping[str, str],
    ) -> Reply:
        if not self.is_trusted(url):
            raise StoppedError("The site named an address of another origin, which receives no credential.")
        if (self._limit - self.sent if self.cleaning else self.remaining) <= 0:
            raise StoppedError(f"The limit of {self._limit} requests was reached. Repeat the command.")
        wait = self._next_at - self.monotonic()
        if wait > 0:
            self.sleep(wait)
        self.sent += 1
        self._next_at = self.monotonic() + self._interval
        fields = {"Accept": "application/json", **headers}
        if credential is not None:
            fields["Authorization"] = credential.header
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            fields["Content-Type"] = "application/json"
        try:
            with self._http.stream(method, url, headers=fields, content=content) as response:
                data = b""
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > LARGEST_RESPONSE:
                        raise StoppedError("A response is too large.")
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            # The text of httpx may contain the address; its class says enough.
            raise ProbeError(f"The site could not be reached: {type(problem).__name__}.") from None
        self._http.cookies.clear()
        text = data.decode("utf-8", "replace")
        try:
            document = json.loads(text) if text.strip() else None
        except ValueError:
            document = None
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            text=text,
            document=document,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
