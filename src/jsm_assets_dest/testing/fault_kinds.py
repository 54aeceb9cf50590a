"""What can happen to a request, and the answer it leads to."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from attrs import field, frozen

from .http.exchange import (
    HTML,
    JSON,
    LOGIN_PAGE,
    PROXY_PAGE,
    UNAVAILABLE_PAGE,
    Answer,
    Delivery,
    json_answer,
    text_answer,
)
from .world.json_reading import JsonValue
from .world.rejections import errors_body

DROPS = ("before", "after", "mid-answer")
PAGES = ("proxy", "login", "unavailable")
GARBAGE = ("bytes", "gzip")


@frozen(kw_only=True)
class Fault:
    """What happens to a request.

    Args:
        status: answer with this status.
        headers: of that answer, on top of the usual ones.
        body: of that answer: JSON value, text or bytes. None gives a body in the service's shape.
        retry_after: value of `Retry-After`: seconds, or text such as an HTTP date.
        after_acting: do what was asked for, and only then answer as above.
        drop: the connection ends "before" the request was acted on, "after" it, or in the "mid-answer".
        stall: seconds before the first byte of the answer.
        drip: seconds before each tenth of the answer's body.
        truncate: the body ends after this many bytes, although more was announced.
        garbage: "bytes" that are no JSON, or "gzip" for a body that claims to be compressed and is not.
        gzip_bomb: a small compressed body that becomes this many bytes.
        html: a page in place of JSON: of a "proxy", the "login" page, or the "unavailable" page of the edge.
        bad_json: a body that stops in the middle of an object.
        redirect: answer 302 to this address.
    """

    __module__ = "jsm_assets_dest.testing"

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
        given = [
            name
            for name, value in (
                ("garbage", self.garbage),
                ("gzip_bomb", self.gzip_bomb),
                ("html", self.html),
                ("bad_json", self.bad_json),
                ("redirect", self.redirect),
                ("body", self.body),
            )
            if value not in (None, False)
        ]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} contradict each other: an answer has one body")
        for name, value, known in (
            ("drop", self.drop, DROPS),
            ("html", self.html, PAGES),
            ("garbage", self.garbage, GARBAGE),
        ):
            if value is not None and value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
        if self.drop in ("before", "after") and (self.replaces_answer or self.truncate is not None):
            raise ValueError(f'nothing is answered with drop="{self.drop}", so no answer can be described')
        if self.status is not None and not 100 <= self.status <= 599:
            raise ValueError(f"{self.status} is no HTTP status")
        if self.after_acting and not self.replaces_answer:
            raise ValueError("after_acting needs an answer to give afterwards")
        if (self.headers or self.retry_after is not None) and not self.replaces_answer:
            raise ValueError("headers need an answer they belong to: give a status")
        if self.stall < 0 or self.drip < 0 or (self.truncate is not None and self.truncate < 0):
            raise ValueError("stall, drip and truncate must not be negative")
        delivered = self.drop or self.stall or self.drip or self.truncate is not None
        if not self.replaces_answer and not delivered:
            raise ValueError(
                "the fault does nothing: give a status, drop, stall, drip, truncate or another kind"
            )

    @property
    def replaces_answer(self) -> bool:
        """Whether the client gets another answer than that of the site."""
        return (
            self.status is not None
            or self.garbage is not None
            or self.gzip_bomb is not None
            or self.html is not None
            or self.bad_json
            or self.redirect is not None
            or self.body is not None
        )

    @property
    def acts(self) -> bool:
        """Whether the site does what was asked for."""
        if self.drop == "before":
            return False
        return self.after_acting or not self.replaces_answer

    def deliver(self, answer: Answer | None) -> Answer:
        """The answer the client gets.

        Args:
            answer: that of the site, or None when it did not act.
        """
        if answer is None or self.replaces_answer:
            answer = self._own_answer()
        answer.delivery = Delivery(drop=self.drop, stall=self.stall, drip=self.drip, truncate=self.truncate)
        return answer

    def _own_answer(self) -> Answer:
        answer = self._content()
        answer.headers.update(self.headers)
        if self.retry_after is not None:
            answer.headers["Retry-After"] = str(self.retry_after)
        return answer

    def _content(self) -> Answer:
        if self.html is not None:
            page, status = {
                "proxy": (PROXY_PAGE, 403),
                "login": (LOGIN_PAGE, 200),
                "unavailable": (UNAVAILABLE_PAGE, 503),
            }[self.html]
            answer = text_answer(page, self.status or status, HTML)
            answer.from_edge = self.html != "proxy"
            return answer
        status = self.status or 200
        if self.redirect is not None:
            return Answer(status=self.status or 302, headers={"Location": self.redirect})
        if self.bad_json:
            return Answer(status=status, body=b'{"values":[{"id":"1","na', content_type=JSON)
        if self.garbage is not None:
            answer = Answer(status=status, body=bytes(range(256)) * 2, content_type=JSON)
            if self.garbage == "gzip":
                answer.headers["Content-Encoding"] = "gzip"
            return answer
        if self.gzip_bomb is not None:
            return Answer(
                status=status,
                body=bomb(self.gzip_bomb),
                content_type=JSON,
                headers={"Content-Encoding": "gzip"},
            )
        if isinstance(self.body, bytes):
            return Answer(status=status, body=self.body, content_type=JSON)
        if isinstance(self.body, str):
            return text_answer(self.body, status)
        if self.body is not None:
            return json_answer(cast(JsonValue, self.body), status)
        return _usual(status)


def _usual(status: int) -> Answer:
    if status == 401:
        return json_answer({"code": 401, "message": "Unauthorized"}, 401)
    if status < 400:
        return Answer(status=status)
    return json_answer(errors_body([f"A planned fault of the emulator ({status})"]), status)


@lru_cache(maxsize=4)
def bomb(size: int) -> bytes:
    """A gzip stream that becomes `size` bytes of blanks."""
    return gzip.compress(b" " * size, compresslevel=9, mtime=0)


_FAULT_FIELDS = frozenset(Fault.__init__.__annotations__) - {"return"}


def fault_from(kinds: Mapping[str, object]) -> Fault:
    """A fault from names and values, as they come from keyword arguments or from JSON.

    Raises:
        ValueError: an unknown name.
    """
    unknown = sorted(set(kinds) - _FAULT_FIELDS)
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}; a fault has: {', '.join(sorted(_FAULT_FIELDS))}")
    values = dict(kinds)
    if values.get("garbage") is True:
        values["garbage"] = "bytes"
    return Fault(**values)  # type: ignore[arg-type]  # names are checked above, values by Fault itself
