"""The fault matrix: 48 things that can go wrong between a caller and Assets, and the tests that show what becomes of each.

A test says which rows it shows by its name (`test_row_7_…`, `test_rows_1_to_6_…`, `test_rows_17_and_18_…`) or is named
below. A row without a test, and a name without a test, fail here.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

TESTS = Path(__file__).parent

MATRIX = {
    1: "reset before the body is read",
    2: "reset in mid-upload",
    3: "the server took the chunk, then reset",
    4: "the server took it, and gave no answer in time",
    5: "the server took it, and answered 503",
    6: "closed without an answer",
    7: "a kept connection that went stale",
    8: "429 with seconds",
    9: "429 with a date of a clock that is off",
    10: "429 with a huge hint, garbage, or none",
    11: "a burst of 503",
    12: "408 425 500 502 504",
    13: "400 401 403 404 405 410 413 415 422 501 505",
    14: "409",
    15: "an HTML error page with 502",
    16: "an HTML login page with 200",
    17: "a redirect to the login",
    18: "a redirect to another host",
    19: "a body that is cut off",
    20: "valid HTTP, half of the JSON",
    21: "garbage that claims to be compressed",
    22: "a compressed bomb",
    23: "a huge body",
    24: "endless headers",
    25: "a body or headers that drip",
    26: "an answer before the upload has ended",
    27: "no HTTP, contradicting lengths, extra bytes",
    28: "no such name, a refused connection, a black hole",
    29: "TLS: self-signed, wrong name, expired",
    30: "TLS to a clear-text port",
    31: "the token is revoked in the middle of an import",
    32: "somebody else cancels the import",
    33: "a state that nobody knows",
    34: "an import that never ends",
    35: "DONE with failed objects",
    36: "the process is killed",
    37: "the clock jumps",
    38: "the source raises half-way",
    39: "the source is slow, or hangs",
    40: "the source is empty",
    41: "Ctrl-C, SIGTERM",
    42: "cancellation in the asynchronous colour",
    43: "values that JSON does not have",
    44: "an oversized record",
    45: "identifiers that occur twice",
    46: "links that lead elsewhere",
    47: "proxies, netrc and certificates of the environment",
    48: "threads and forks",
}

#: Row to tests that are named after something else.
ALSO: dict[int, tuple[str, ...]] = {
    8: (
        "access/test_retries.py::test_hint_is_waited_for_by_all_calls",
        "access/test_gate.py::test_closed_gate_holds_all_calls_until_it_opens",
        "access/test_gate.py::test_eight_workers_use_what_is_allowed",
    ),
    9: (
        "access/test_retries.py::test_date_is_waited_for_by_the_clock_of_the_service",
        "access/test_hints.py::test_date_is_read_against_the_clock_of_the_service",
    ),
    10: (
        "access/test_retries.py::test_hint_longer_than_allowed_is_raised_with_the_number",
        "access/test_retries.py::test_hint_of_garbage_means_our_own_wait",
        "access/test_hints.py::test_every_form_of_retry_after",
        "access/test_hints.py::test_every_form_of_the_rate_limit_reset",
    ),
    11: (
        "access/test_retries.py::test_standard_mode_vectors",
        "access/test_retries.py::test_wait_beyond_the_deadline_is_not_begun",
        "access/test_retries.py::test_one_dead_service_costs_one_connection_35_retries",
    ),
    12: ("access/test_retries.py::test_unknown_outcome_is_repeated_only_where_that_is_safe",),
    13: (
        "access/test_retries.py::test_permanent_failure_is_raised_without_retry",
        "access/test_decision_table.py::test_response_is_classified",
    ),
    14: (
        "access/test_retries.py::test_permanent_failure_is_raised_without_retry",
        "stories/test_imports.py::test_rejections_to_start_are_different_errors",
    ),
    17: ("engine/test_engines.py::test_never_follows_a_redirect_and_keeps_no_cookie",),
    22: ("engine/test_engines.py::test_response_is_never_unpacked_beyond_its_limit",),
    25: (
        "engine/test_sockets.py::test_slow_server_cannot_exceed_the_attempt_time",
        "engine/test_sockets.py::test_silent_server_is_a_time_out",
    ),
    26: ("stories/test_imports.py::test_too_large_chunks_are_halved",),
    29: ("engine/test_sockets.py::test_trusted_certificate_of_ones_own_is_accepted",),
    46: (
        "access/test_links.py::test_link_to_anywhere_else_is_rejected",
        "access/test_links.py::test_httpx_reads_the_same_origin_from_a_followed_link",
        "access/test_links.py::test_nothing_is_sent_where_a_forged_response_leads",
    ),
    48: (
        "access/test_access_failures.py::test_one_exchange_serves_all_threads",
        "access/test_access_failures.py::test_one_exchange_serves_all_tasks",
    ),
}


@functools.cache
def named_tests() -> dict[str, str]:
    """Every test function of a module or class by file and name, with its name alone."""
    return {
        f"{path.relative_to(TESTS).as_posix()}::{name}": name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(
            r"^(?: {4})?(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }


def rows_of(name: str) -> set[int]:
    """Return the rows in the name of a test."""
    spelled = re.match(r"test_rows?_(\d+(?:_(?:to|and)_\d+)*)", name)
    if spelled is None:
        return set()
    rows: set[int] = set()
    for part in spelled[1].split("_and_"):
        first, _, last = part.partition("_to_")
        rows |= set(range(int(first), int(last or first) + 1))
    return rows


def test_names_of_tests_say_their_rows() -> None:
    """One, several, and from one to another."""
    assert rows_of("test_row_7_a_connection") == {7}
    assert rows_of("test_rows_17_and_18_a_redirect") == {17, 18}
    assert rows_of("test_rows_19_to_21_and_27_broken") == {19, 20, 21, 27}
    assert rows_of("test_rows_are_read") == set()


def test_every_row_of_the_fault_matrix_has_a_test() -> None:
    """48 rows, none without, and no name that leads to nothing."""
    tests = named_tests()
    tests_of_row: dict[int, list[str]] = {row: list(ALSO.get(row, ())) for row in MATRIX}
    for place, name in tests.items():
        for row in rows_of(name):
            assert row in MATRIX, f"{place} names a row that the matrix does not have"
            tests_of_row[row].append(place)

    assert [row for row, places in tests_of_row.items() if not places] == []
    assert [place for places in ALSO.values() for place in places if place not in tests] == []
