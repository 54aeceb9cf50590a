"""The findings of the probe: settled switches, verdicts, reasons, and the shapes of responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from ..site_profile import SiteProfile
from ..world.doubts import Doubts
from .client import Reply

MOST_FIELDS = 400
DEEPEST = 8

_FORMS = (
    ("empty", re.compile(r"\s*")),
    ("number", re.compile(r"-?\d+(\.\d+)?")),
    ("32 hex digits", re.compile(r"[0-9a-fA-F]{32}")),
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*")),
    ("HTTP date", re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")),
    ("percent-encoded", re.compile(r"\S*%[0-9a-fA-F]{2}\S*")),
    ("with a colon", re.compile(r"\w+:\S+")),
)
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_HEADER_NAME = re.compile(r"[a-z0-9-]{1,40}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z.+-]+(; ?charset=[A-Za-z0-9-]+)?")
_CODE = re.compile(r"[A-Z][A-Z_]{1,59}")
_SERVERS = ("AtlassianEdge", "CloudFront", "globaledge-envoy")

#: Objects whose keys are ids or names that people chose.
_KEYED_BY_CONTENT = frozenset({"errors", "objectTypeResultMap", "permissions", "reasonForInvalidity"})


def form(text: str) -> str:
    """Return the form of a string, such as "number" or "uuid"."""
    return next((name for name, pattern in _FORMS if pattern.fullmatch(text)), "text")


def code(value: object) -> str:
    """Return a code of the service, such as `IN_PROGRESS`; "other" for anything that does not look like one."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "other"


def header_shape(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the forms of headers by name."""
    shape = {}
    for name, value in sorted(headers.items()):
        if not _HEADER_NAME.fullmatch(name.lower()):
            continue
        if name.lower() == "content-type":
            shape["content-type"] = value if _MEDIA_TYPE.fullmatch(value) else "other"
        elif name.lower() == "server":
            shape["server"] = value if value in _SERVERS else "other"
        else:
            shape[name.lower()] = form(value)
    return shape


def field_shape(document: Any, *, keys_are_names: bool = False) -> dict[str, str]:
    """Return the types of a document's fields by path, such as `values[].id`.

    Args:
        document: JSON values.
        keys_are_names: True if the keys of the document are names that people chose.
    """
    shape: dict[str, str] = {}
    _add(shape, "", document, 0, hides_keys=keys_are_names)
    return dict(sorted(shape.items()))


def _add(shape: dict[str, str], path: str, value: Any, depth: int, *, hides_keys: bool = False) -> None:
    kind = _kind(value)
    if path and kind not in shape.get(path, "").split(" or "):
        if path not in shape and len(shape) >= MOST_FIELDS:
            return
        shape[path] = f"{shape[path]} or {kind}" if path in shape else kind
    if depth >= DEEPEST:
        return
    if isinstance(value, dict):
        hides_keys = hides_keys or any(not _FIELD_NAME.fullmatch(str(key)) for key in value)
        for key, item in value.items():
            name = "*" if hides_keys else str(key)
            inner = f"{path}.{name}" if path else name
            _add(shape, inner, item, depth + 1, hides_keys=name in _KEYED_BY_CONTENT)
    elif isinstance(value, list):
        for item in value:
            _add(shape, f"{path}[]", item, depth + 1)


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        text_form = form(value)
        return "string" if text_form in ("text", "empty") else f"string ({text_form})"
    return "array" if isinstance(value, list) else "object"


#: The type of a switch of `Doubts`.
Reading: TypeAlias = bool | int | float | str

_DEFAULTS = Doubts()


class Findings:
    """Collects what the responses of a site show."""

    def __init__(self) -> None:
        self.switches: dict[str, Reading] = {}
        self.questions: dict[int, dict[str, str]] = {}
        self.group: str = ""
        self.not_asked: dict[str, str] = {}
        self.responses: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def settle(self, switch: str, value: Reading) -> None:
        """Record the reading of a switch, if the emulator has it."""
        try:
            attrs.evolve(_DEFAULTS, **{switch: value})  # type: ignore[arg-type]  # checked by the validators
        except ValueError:
            self.skip(switch, "The site responds in a way that the emulator does not have.")
            return
        self.switches[switch] = value
        self.not_asked.pop(switch, None)

    def settle_by_status(self, switch: str, status: int, readings: dict[int, bool]) -> None:
        """Record the reading that a status shows; another status settles nothing."""
        if status in readings:
            self.settle(switch, readings[status])
        else:
            self.skip(switch, f"The site responded with HTTP {status}.")

    def settle_seconds(self, switch: str, pending_at: float | None, done_at: float) -> None:
        """Record a duration: the default if it fits the two looks, otherwise the time of the second one.

        Args:
            switch: the name.
            pending_at: the seconds at the last look before it was done; None if it was done at the first look.
            done_at: the seconds at the look after it.
        """
        default = float(getattr(_DEFAULTS, switch))
        fits = default <= done_at and (pending_at is None or default > pending_at)
        self.settle(switch, default if fits else round(done_at, 1))

    def skip(self, name: str, reason: str) -> None:
        """Record why a switch or a question was not settled."""
        if name not in self.switches:
            self.not_asked[name] = reason

    def answer(self, number: int, verdict: str) -> None:
        """Record a verdict of the current question group, or add to it."""
        verdicts = self.questions.setdefault(number, {})
        earlier = verdicts.get(self.group)
        verdicts[self.group] = f"{earlier}; {verdict}" if earlier else verdict
        self.not_asked.pop(f"question {number}", None)

    def observe(self, operation: str, reply: Reply, *, keys_are_names: bool = False) -> None:
        """Record the shape of a response."""
        fields = field_shape(reply.document, keys_are_names=keys_are_names)
        shape = {"headers": header_shape(reply.headers), "fields": fields}
        self.responses[f"{operation} {reply.status}"] = shape

    def profile(self, requests: int, day: str) -> SiteProfile:
        """Return everything as a profile."""
        return SiteProfile(
            switches=self.switches,
            questions=dict(sorted(self.questions.items())),
            not_asked=self.not_asked,
            responses=self.responses,
            asked=tuple(self.asked),
            requests=requests,
            probed=day,
        )
