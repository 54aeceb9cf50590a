"""A fault of a request, and the response it causes."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypedDict, cast

from attrs import field, frozen

from ..world.entities import short_repr
from ..world.json_reading import JsonValue
from ..world.rejections import errors_body
from .exchange import (
    HTML,
    JSON,
    LOGIN_PAGE,
    PROXY_PAGE,
    UNAVAILABLE_PAGE,
    Delivery,
    Response,
    json_response,
    text_response,
)

DROPS = ("before", "after", "mid-answer")
PAGES = {"proxy": (PROXY_PAGE, 403), "login": (LOGIN_PAGE, 200), "unavailable": (UNAVAILABLE_PAGE, 503)}
GARBAGE = ("bytes", "gzip")

_CONTENTS = {
    "garbage": None,
    "gzip_bomb": None,
    "html": None,
    "bad_json": False,
    "redirect": None,
    "body": None,
}
"""
The fields that replace the body of a response, with their defaults.
"""


class FaultFields(TypedDict, total=False):
    """The arguments of a `Fault`."""

    status: int | None
    headers: Mapping[str, str] | None
    body: JsonValue | bytes
    retry_after: int | str | None
    after_acting: bool
    drop: str | None
    stall: float
    drip: float
    truncate: int | None
    garbage: bool | str | None
    gzip_bomb: int | None
    html: str | None
    bad_json: bool
    redirect: str | None


@frozen(kw_only=True)
class Fault:
    """A fault of a request.

    Args:
        status: respond with this status.
        headers: of that response, in addition to the usual ones.
        body: of that response: JSON value, string or bytes. None means a body in the service's shape.
        retry_after: value of `Retry-After`: seconds, or a string such as an HTTP date.
        after_acting: perform the request, and only then respond as above.
        drop: the connection ends "before" the request is performed, "after" it, or in the "mid-answer".
        stall: seconds before the first byte of the response.
        drip: seconds before each tenth of the response's body.
        truncate: the body ends after this many bytes, although more was announced.
        garbage: "bytes" that are not JSON, or "gzip" for a body that claims to be compressed and is not.
        gzip_bomb: a small compressed body that expands to this many bytes.
        html: a page instead of JSON: of a "proxy", the "login" page, or the "unavailable" page of the edge.
        bad_json: a body that ends in the middle of an object.
        redirect: respond with 302 to this address.
    """

    __module__ = "jsm_assets_dest.testing"
    __repr__ = short_repr

    status: int | None = None
    headers: dict[str, str] = field(factory=dict)
    body: object = None
    retry_after: int | str | None = None
    after_acting: bool = False
    drop: str | None = None
    stall: float = 0.0
    drip: float = 0.0
    truncate: int | None = None
    garbage: str | None = None
    gzip_bomb: int | None = None
    html: str | None = None
    bad_json: bool = False
    redirect: str | None = None

    def __attrs_post_init__(self) -> None:
        contents = self._contents
        if len(contents) > 1:
            raise ValueError(f"{' and '.join(contents)} contradict each other: a response has one body")
        for name, value, choices in (
            ("drop", self.drop, DROPS),
            ("html", self.html, PAGES),
            ("garbage", self.garbage, GARBAGE),
        ):
            if value is not None and value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        if self.drop in ("before", "after") and (self.replaces_response or self.truncate is not None):
            raise ValueError(
                f'there is no response with drop="{self.drop}", so it cannot have a body or status'
            )
        if self.status is not None and not 100 <= self.status <= 599:
            raise ValueError(f"{self.status} is not an HTTP status")
        if self.after_acting and not self.replaces_response:
            raise ValueError("after_acting needs a response to send afterwards")
        if (self.headers or self.retry_after is not None) and not self.replaces_response:
            raise ValueError("headers need a response: pass a status")
        if self.stall < 0 or self.drip < 0 or (self.truncate is not None and self.truncate < 0):
            raise ValueError("stall, drip and truncate must not be negative")
        delivered = self.drop or self.stall or self.drip or self.truncate is not None
        if not self.replaces_response and not delivered:
            raise ValueError(
                "the fault has no effect: pass a status, drop, stall, drip, truncate or another kind"
            )

    @property
    def _contents(self) -> list[str]:
        return [name for name, default in _CONTENTS.items() if getattr(self, name) != default]

    @property
    def replaces_response(self) -> bool:
        """True if the client receives another response than that of the site."""
        return self.status is not None or bool(self._contents)

    @property
    def acts(self) -> bool:
        """True if the site performs the request."""
        if self.drop == "before":
            return False
        return self.after_acting or not self.replaces_response

    def deliver(self, response: Response | None) -> Response:
        """Return the response that the client receives.

        Args:
            response: that of the site, or None if it did not perform the request.
        """
        if response is None or self.replaces_response:
            response = self._own_response()
            response.headers.update(self.headers)
            if self.retry_after is not None:
                response.headers["Retry-After"] = str(self.retry_after)
        response.delivery = Delivery(drop=self.drop, stall=self.stall, drip=self.drip, truncate=self.truncate)
        return response

    def _own_response(self) -> Response:
        if self.html is not None:
            page, status = PAGES[self.html]
            response = text_response(page, self.status or status, HTML)
            response.from_edge = self.html != "proxy"
            return response
        status = self.status or 200
        if self.redirect is not None:
            return Response(status=self.status or 302, headers={"Location": self.redirect})
        if self.bad_json:
            return Response(status=status, body=b'{"values":[{"id":"1","na', content_type=JSON)
        if self.garbage is not None:
            response = Response(status=status, body=bytes(range(256)) * 2, content_type=JSON)
            if self.garbage == "gzip":
                response.headers["Content-Encoding"] = "gzip"
            return response
        if self.gzip_bomb is not None:
            return Response(
                status=status,
                body=bomb(self.gzip_bomb),
                content_type=JSON,
                headers={"Content-Encoding": "gzip"},
            )
        if isinstance(self.body, bytes):
            return Response(status=status, body=self.body, content_type=JSON)
        if isinstance(self.body, str):
            return text_response(self.body, status)
        if self.body is not None:
            return json_response(cast(JsonValue, self.body), status)
        return _usual(status)


def _usual(status: int) -> Response:
    if status == 401:
        return json_response({"code": 401, "message": "Unauthorized"}, 401)
    if status < 400:
        return Response(status=status)
    return json_response(errors_body([f"A planned fault of the emulator ({status})"]), status)


@lru_cache(maxsize=4)
def bomb(size: int) -> bytes:
    """Return a gzip stream that expands to `size` blanks."""
    return gzip.compress(b" " * size, compresslevel=9, mtime=0)


def fault_from(kinds: Mapping[str, object]) -> Fault:
    """Create a fault from names and values, as they come from keyword arguments or JSON.

    Raises:
        ValueError: an unknown name.
    """
    unknown = sorted(set(kinds) - FaultFields.__annotations__.keys())
    if unknown:
        raise ValueError(
            f"unknown {', '.join(unknown)}; the fields of a fault are: {', '.join(sorted(FaultFields.__annotations__))}"
        )
    values: dict[str, Any] = {**kinds, "headers": dict(cast("Mapping[str, str]", kinds.get("headers") or {}))}
    if values.get("garbage") is True:
        values["garbage"] = "bytes"
    return Fault(**values)
