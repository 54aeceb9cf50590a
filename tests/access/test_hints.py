"""Values of Retry-After: each form that RFC 9110 allows, and each malformed one that was observed."""

from __future__ import annotations

import datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._wire.retry_after import Hint, http_date, wait_hint

#: Thursday, 5 November 2026, 12:00:00 GMT; the service's clock and ours unless a test says otherwise.
NOW = datetime.datetime(2026, 11, 5, 12, 0, 0, tzinfo=datetime.UTC).timestamp()
DATE = "Thu, 05 Nov 2026 12:00:00 GMT"

RETRY_AFTER: dict[str, float | None] = {
    # Seconds, as the RFC has them.
    "0": 0.0,
    "1": 1.0,
    "120": 120.0,
    "007": 7.0,
    # Seconds with something around them.
    " 5 ": 5.0,
    "\t5": 5.0,
    "+5": 5.0,
    '"5"': 5.0,
    "5s": 5.0,
    "5 seconds": 5.0,
    "1.5": 1.5,
    "2.": 2.0,
    "5, 10": 10.0,
    "10,5": 10.0,
    "5, 9223372036854775807": 5.0,
    # The three kinds of date, and those that email and JSON would write.
    "Thu, 05 Nov 2026 12:00:30 GMT": 30.0,
    "Thursday, 05-Nov-26 12:00:30 GMT": 30.0,
    "Thu Nov  5 12:00:30 2026": 30.0,
    "thu, 05 nov 2026 12:00:30 gmt": 30.0,
    "Mon, 05 Nov 2026 12:00:30 GMT": 30.0,  # not the right weekday
    "Thu, 05 Nov 2026 12:00:30 UTC": 30.0,
    "Thu, 05 Nov 2026 13:00:30 +0100": 30.0,
    "05 Nov 2026 12:00:30 GMT": 30.0,
    "2026-11-05T12:00:30Z": 30.0,
    "Thu, 05 Nov 2026 11:59:00 GMT": 0.0,  # past
    "Thu, 05 Nov 2026 12:00:60 GMT": 60.0,  # a leap second
    # Too much.
    "86400": 86400.0,
    "86401": None,
    "9223372036854775807": None,  # Confluence, with limit 0 (qaq-p/3125730)
    "99999999999999999999": None,
    "9" * 5000: None,
    "Fri, 05 Nov 2027 12:00:30 GMT": None,
    # Nothing that can be understood.
    "": None,
    "   ": None,
    "-5": None,
    "soon": None,
    "1e3": None,
    "0x10": None,
    "inf": None,
    "nan": None,
    "٥": None,  # an Arabic five
    "5 minutes": None,
    "1:30": None,
    "Thu, 31 Feb 2026 12:00:30 GMT": None,
    "Thu, 05 Nov 2026": None,
    "Thu, 05 Nov 2026 25:00:30 GMT": None,
    "2026-13-05T12:00:30Z": None,
    "Thu, 05 Nov 2026 12:00:30 +9999": None,
    "null": None,
}


@pytest.mark.parametrize(("text", "seconds"), RETRY_AFTER.items(), ids=lambda value: str(value)[:32])
def test_every_form_of_retry_after(text: str, seconds: float | None) -> None:
    """Any value of Retry-After is read as seconds or ignored, without an exception."""
    hint = wait_hint({"retry-after": text, "date": DATE}, NOW)

    assert (None if hint is None else hint.seconds) == seconds


def test_address_forms_are_at_least_as_many_as_before() -> None:
    """Peers' parsers were measured with 37 forms."""
    assert len(RETRY_AFTER) >= 37


def test_date_is_read_against_the_clock_of_the_service() -> None:
    """A clock that is a day off on our side changes nothing."""
    headers = {"retry-after": "Thu, 05 Nov 2026 12:00:30 GMT", "date": DATE}

    assert wait_hint(headers, NOW + 86_400) == Hint(30.0, NOW + 30.0)
    assert wait_hint(headers, None) == Hint(30.0, NOW + 30.0)


def test_without_a_readable_date_our_clock_counts() -> None:
    """The header Date is missing or broken: our own clock has to do."""
    for date in ({}, {"date": "today"}):
        headers = {"retry-after": "Thu, 05 Nov 2026 12:00:30 GMT", **date}

        assert wait_hint(headers, NOW) == Hint(30.0, NOW + 30.0)


def test_date_without_any_clock_is_not_a_hint() -> None:
    """Nothing is guessed."""
    assert wait_hint({"retry-after": "Thu, 05 Nov 2026 12:00:30 GMT"}) is None


def test_seconds_need_no_clock() -> None:
    """Seconds are seconds; when that is remains open."""
    assert wait_hint({"retry-after": "7"}) == Hint(7.0, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-05T12:01:00Z", 60.0),
        ("2026-11-05T12:01Z", 60.0),  # minute precision, as Atlassian's guide has it
        ("2026-11-05T12:01:00.500Z", 60.5),
        ("2026-11-05T13:01:00+01:00", 60.0),
        ("2026-11-05T12:01:00", 60.0),  # no zone: UTC
        ("2026-11-05 12:01:00Z", 60.0),
        ("Thu, 05 Nov 2026 12:01:00 GMT", 60.0),
        (str(int(NOW) + 60), 60.0),  # seconds since 1970
        (str((int(NOW) + 60) * 1000), 60.0),  # milliseconds
        ("60", 60.0),  # seconds from now
        ("2026-11-05T11:00Z", None),  # past
        ("2026-11-05T12:00Z", None),  # now
        (str(int(NOW) - 60), None),
        ("0", None),
        ("9223372036854775807", None),
        ("2027-11-05T11:00Z", None),
        ("later", None),
        ("", None),
    ],
)
def test_every_form_of_the_rate_limit_reset(text: str, seconds: float | None) -> None:
    """X-RateLimit-Reset comes as an ISO date with and without seconds, and elsewhere as numbers."""
    hint = wait_hint({"x-ratelimit-reset": text, "date": DATE}, NOW)

    assert (None if hint is None else hint.seconds) == seconds


#: Atlassian's own example of several policies: nothing is used up (access-errors.md, 4.1).
SEVERAL = '"global-app-quota";t=200,"jira-burst-based";r=90;t=1'


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        # Retry-After comes first, also if another limit resets later.
        ({"retry-after": "1", "ratelimit": SEVERAL}, 1.0),
        ({"retry-after": "1", "ratelimit": '"global-app-quota";r=0;t=3200,"jira-burst-based";r=0;t=1'}, 1.0),
        ({"retry-after": "2", "x-ratelimit-reset": "2026-11-05T13:00Z"}, 2.0),
        ({"retry-after": "1847", "x-ratelimit-reset": "2026-11-05T12:01Z"}, 1847.0),
        # Without a usable one, the policy that is used up.
        ({"ratelimit": '"jira-burst-based";r=0;t=5, "global-app-quota";r=10;t=40'}, 5.0),
        ({"ratelimit": '"global-app-quota";t=200;r=0 , "jira-burst-based";t=1;r=0'}, 200.0),
        ({"retry-after": "9223372036854775807", "ratelimit": '"jira-burst-based";r=0;t=5'}, 5.0),
        ({"retry-after": "-1", "ratelimit": '"a, b; c";r=0;t=5'}, 5.0),
        # Otherwise, the policy that the reason names.
        ({"ratelimit-reason": "jira-burst-based", "ratelimit": SEVERAL}, 1.0),
        ({"ratelimit-reason": "jira-quota-global-based", "ratelimit": SEVERAL}, 200.0),
        ({"ratelimit-reason": "jira-quota-tenant-based", "ratelimit": '"tenant-app-quota";t=9'}, 9.0),
        ({"ratelimit-reason": "jira-cost-based", "ratelimit": '"jira-cost-based";t=9'}, 9.0),
        # A policy that is neither says nothing.
        ({"ratelimit": SEVERAL}, None),
        ({"ratelimit-reason": "jira-cost-based", "ratelimit": SEVERAL}, None),
        ({"ratelimit": SEVERAL, "x-ratelimit-reset": "2026-11-05T12:01Z"}, 60.0),
        # Recorded: a reset in the past, a wait of minutes, and Beta headers, which never throttle.
        ({"x-ratelimit-reset": "2026-11-05T11:35Z", "ratelimit": '"global-app-quota";r=0;t=2788'}, 2788.0),
        ({"beta-ratelimit": '"global-app-quota";r=0;t=2788', "beta-retry-after": "2788"}, None),
        # Recorded: the gateway's incident, with a reset only.
        (
            {"x-failure-category": "FAILURE CLIENT RATE LIMITED", "x-ratelimit-reset": "2026-11-05T12:07Z"},
            420.0,
        ),
        # Odd values.
        ({"ratelimit": '"a";r=0;t=9223372036854775807'}, None),
        ({"ratelimit": '"a";r=0;t=-5'}, None),
        ({"ratelimit": '"a";r=0;t=0'}, None),
        ({"ratelimit": '"a";r=0'}, None),
        ({"ratelimit": '";;,,=r=0"";t='}, None),
    ],
)
def test_hint_is_that_of_the_exhausted_limit(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After, then the policy that is used up or named, then a reset in the future, then none."""
    hint = wait_hint({**headers, "date": DATE}, NOW)

    assert hint == (None if seconds is None else Hint(seconds, NOW + seconds))


def test_no_header_no_hint() -> None:
    """Most answers say nothing."""
    assert wait_hint({"date": DATE, "content-type": "application/json"}, NOW) is None


@pytest.mark.parametrize(
    ("year", "full"), [("26", 2026), ("76", 2076), ("77", 1977), ("99", 1999), ("00", 2000)]
)
def test_year_of_two_digits_is_at_most_fifty_years_ahead(year: str, full: int) -> None:
    """RFC 9110, section 5.6.7."""
    expected = datetime.datetime(full, 11, 5, 12, 0, 30, tzinfo=datetime.UTC).timestamp()

    assert http_date(f"Thursday, 05-Nov-{year} 12:00:30 GMT", NOW) == expected


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_header_can_make_it_fail(retry_after: str, reset: str, date: str) -> None:
    """Headers come from outside: whatever they hold, the wait is a number from 0 up, or there is none."""
    hint = wait_hint({"retry-after": retry_after, "x-ratelimit-reset": reset, "date": date}, NOW)

    assert hint is None or 0.0 <= hint.seconds <= 86_400


@given(st.integers(min_value=946_684_800, max_value=3_786_912_000))
def test_every_date_that_is_written_properly_is_read_back(seconds: int) -> None:
    """The form that servers must write is read to the second, from 2000 to 2090."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)

    assert http_date(format_datetime(moment, usegmt=True)) == seconds
