"""Read the time of a retry from the response of the server.

A response may report several limits, of which one was hit. The first usable hint applies: `Retry-After`, the policy in
`RateLimit` that is used up, the policy that `RateLimit-Reason` names, `X-RateLimit-Reset`. The time of any other policy means
nothing: a burst limit of one second is often reported next to an hourly quota. The `Beta-` headers never throttle.

`Retry-After` has the forms of RFC 9110 (seconds, and three kinds of date) and those that were seen: decimals, spaces, ISO
dates, values that a proxy joined. A value that can't be understood, or that is longer than a day, is ignored; it is never an error.
Dates are compared with the `Date` header of the same response, so a wrong clock on either side does no harm. Atlassian's
`X-RateLimit-Reset` is an ISO date with or without seconds; other services send seconds, or seconds since 1970. A reset in the
past was recorded and is ignored.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from attrs import frozen

#: Above this, a number is seconds since 1970 (September 2001), and above the second one milliseconds.
_EPOCH = 1e9
_EPOCH_MILLISECONDS = 1e12
#: Longer hints are ignored: the longest window is an hour, and values such as 9223372036854775807 were recorded.
_LONGEST = 86_400.0

_NUMBER = re.compile(r"\+?(\d+)(?:\.(\d*))?\s*(?:s|sec|seconds)?", re.ASCII | re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(?:[Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_DATES = (
    re.compile(
        rf"(?:[a-z]{{3}},\s*)?(?P<day>\d\d?) {_MONTH} (?P<year>\d{{4}}) {_TIME} (?:GMT|UTC)",
        re.ASCII | re.IGNORECASE,
    ),
    re.compile(rf"[a-z]+day, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT", re.ASCII | re.IGNORECASE),
    re.compile(rf"[a-z]{{3}} {_MONTH}\s+(?P<day>\d\d?) {_TIME} (?P<year>\d{{4}})", re.ASCII | re.IGNORECASE),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: One policy of `RateLimit`: its name, then its parameters.
_POLICY = re.compile(r'"(?P<name>[^"]*)"(?P<parameters>[^",]*)', re.ASCII)
_PARAMETER = re.compile(r";\s*(?P<key>[a-z]+)=(?P<value>\d+)\s*", re.ASCII)
#: Names of policies that differ from the reason.
_POLICIES = {"jira-quota-global-based": "global-app-quota", "jira-quota-tenant-based": "tenant-app-quota"}


@frozen
class Hint:
    """The wait that the server asks for.

    Attributes:
        seconds: Seconds from now; never negative.
        reset_at: Its end in seconds since 1970 by the server's clock, or None if no clock is known.
    """

    seconds: float
    reset_at: float | None = None


def wait_hint(headers: Mapping[str, str], now_wall: float | None = None) -> Hint | None:
    """Return the wait that the headers of a response ask for: that of the limit that was hit.

    Args:
        headers: Headers of the response, by lowercase name.
        now_wall: Seconds since 1970 by the local clock, for a response without a readable `Date`. Without either, dates are
            ignored.

    Returns:
        The wait, or None if there is no usable hint.
    """
    now = http_date(headers.get("date", ""), now_wall)
    if now is None:
        now = now_wall
    reason = headers.get("ratelimit-reason", "").strip()
    for waits in (
        _retry_after(headers.get("retry-after", ""), now),
        _exhausted(headers.get("ratelimit", ""), _POLICIES.get(reason, reason)),
        _reset(headers.get("x-ratelimit-reset", ""), now),
    ):
        usable = [seconds for seconds in waits if seconds <= _LONGEST]
        if usable:
            return Hint(max(usable), None if now is None else now + max(usable))
    return None


def http_date(text: str, now_wall: float | None = None) -> float | None:
    """Return the seconds since 1970 of an HTTP date, or of an email date with another zone, or None.

    Args:
        text: The date.
        now_wall: Seconds since 1970 by the local clock, for the century of a two-digit year.
    """
    text = text.strip()
    for form in _DATES:
        match = form.fullmatch(text)
        if match is not None:
            year = int(match["year"])
            if len(match["year"]) == 2:
                year = _century(year, now_wall)
            return _timestamp(
                year,
                _MONTHS.index(match["month"].lower()) + 1,
                int(match["day"]),
                int(match["hour"]),
                int(match["minute"]),
                int(match["second"]),
            )
    # Only the complete email form has a zone; the standard library's parser accepts far too much otherwise.
    if re.fullmatch(r"[A-Za-z]{3}, \d\d? [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", text):
        try:
            return parsedate_to_datetime(text).timestamp()
        except (ValueError, OverflowError):
            return None
    return None


def _retry_after(text: str, now: float | None) -> list[float]:
    text = text.strip().strip('"')
    seconds = _number(text)
    if seconds is not None:
        return [seconds]
    at = http_date(text, now)
    if at is None:
        at = _iso_date(text)
    if at is not None:
        return [] if now is None else [max(0.0, at - now)]
    if "," in text:
        # Two headers that a proxy joined: the later time applies. An HTTP date has a comma too and was handled above.
        return [part for piece in text.split(",") if (part := _number(piece.strip())) is not None]
    return []


def _exhausted(text: str, hit: str) -> list[float]:
    """Return the waits of the policies with no requests left, or that of the policy that was hit."""
    policies = [
        (policy["name"], {pair["key"]: pair["value"] for pair in _PARAMETER.finditer(policy["parameters"])})
        for policy in _POLICY.finditer(text)
    ]
    exhausted = [parameters for _, parameters in policies if _number(parameters.get("r", "")) == 0]
    named = [parameters for name, parameters in policies if name == hit]
    waits = (_number(parameters.get("t", "")) for parameters in exhausted or named)
    return [seconds for seconds in waits if seconds]


def _reset(text: str, now: float | None) -> list[float]:
    text = text.strip()
    number = _number(text)
    if number is None:
        at = _iso_date(text)
        if at is None:
            at = http_date(text, now)
    elif number >= _EPOCH_MILLISECONDS:
        at = number / 1000.0
    elif number >= _EPOCH:
        at = number
    else:
        return [number] if number else []
    return [] if at is None or now is None or at <= now else [at - now]


def _number(text: str) -> float | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    # Fifteen digits are far beyond any wait, and thousands of them would block int().
    whole = match[1].lstrip("0") or "0"
    if len(whole) > 15:
        return 1e15
    return float(f"{whole}.{(match[2] or '0')[:9]}")


def _iso_date(text: str) -> float | None:
    if _ISO.fullmatch(text) is None:
        return None
    try:
        value = datetime.datetime.fromisoformat(text.upper().replace(" Z", "Z").replace(",", "."))
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.UTC)
        return value.timestamp()
    except (ValueError, OverflowError):
        return None


def _century(year: int, now_wall: float | None) -> int:
    # RFC 9110, section 5.6.7: a two-digit year that seems to be more than 50 years ahead is in the past.
    this_year = 2026 if now_wall is None else int(1970 + now_wall / 31_556_952)
    full = this_year - this_year % 100 + year
    return full - 100 if full > this_year + 50 else full


def _timestamp(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float | None:
    # A leap second is written as :60.
    leap = second == 60
    try:
        value = datetime.datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=datetime.UTC)
    except ValueError:
        return None
    return value.timestamp() + (1.0 if leap else 0.0)
