"""Memory while large tenants are read."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import cast

import pytest

from jsm_assets_dest import okta
from jsm_assets_dest.okta import Source
from jsm_assets_dest.okta._record_building import Store

GROUPS = 50
GROUPS_OF_ONE = 10


def _tenant(people: int) -> okta.Tenant:
    """Create people while they are read, each in ten of fifty groups."""

    def users() -> Iterator[object]:
        for number in range(people):
            login = f"person.number.{number}@example.com"
            yield {"id": f"00u{number:017}", "status": "ACTIVE", "profile": {"login": login, "email": login}}

    def members() -> Iterator[tuple[str, Source]]:
        for number in range(GROUPS):
            yield (
                f"00g{number:017}",
                # Every person is in ten groups.
                (
                    f"00u{who:017}"
                    for first in range(GROUPS_OF_ONE)
                    for who in range((first + number) % GROUPS, people, GROUPS)
                ),
            )

    groups = [{"id": f"00g{number:017}", "profile": {"name": f"Group {number}"}} for number in range(GROUPS)]
    return okta.Tenant(users=users, groups=groups, group_members=members)


def _peak(people: int) -> int:
    """Return Python's peak memory in bytes while the records are read."""
    records = okta.records(_tenant(people), model=okta.schema_model("lean"))
    tracemalloc.start()
    try:
        references = sum(len(cast("list[str]", record.get("groups", []))) for _, record in records)
        assert references == people * GROUPS_OF_ONE
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.once
def test_memory_is_independent_of_the_number_of_people() -> None:
    """6,000 people with 60,000 memberships need as much memory as 1,000 people with 10,000.

    tracemalloc does not measure SQLite's own memory, which the next test checks. The whole process was measured with
    100,000 people: see docs/reference/okta.md.
    """
    _peak(200)  # Load and cache everything that is loaded once.
    small, large = _peak(1000), _peak(6000)
    assert large < small * 1.1 + 50_000


def test_store_limits_the_memory_of_sqlite() -> None:
    """Beyond its cache of 8 MiB, SQLite keeps pages and sorts in temporary files."""
    store = Store()
    database = store._database.connection
    (cache,) = database.execute("PRAGMA cache_size").fetchone()
    (temporary,) = database.execute("PRAGMA temp_store").fetchone()
    assert (cache, temporary) == (-8 * 1024, 1)
    assert database.execute("PRAGMA database_list").fetchall() == [(0, "main", "")]
