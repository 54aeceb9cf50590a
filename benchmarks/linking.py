"""Requests and time of linking 10,000 people to Jira accounts at a limited rate: `python -m benchmarks.linking`.

The run is killed in the middle and started again. The time is that of the emulator's clock, without latency: it is what the rate
limit alone costs. Nothing is asserted here; `tests/stories/test_many_links.py` does that with fewer people.
"""

from __future__ import annotations

import sys
from collections import Counter

from jsm_assets_dest import ObjectSchema, UserLink, UserLinkPhase, UserLinkProgress
from jsm_assets_dest.testing import Account, Emulator
from jsm_assets_dest.testing.world.objects import insert_object

PEOPLE = UserLink("People", email="Primary Email")


class Stop(BaseException):
    """End of a process, as by a signal."""


def add_people(emulator: Emulator, count: int) -> None:
    """Add people to a new object schema, and an account for each."""
    attributes = [("Primary Email", "email")]
    people = emulator.add_object_schema("OKT").add_object_type("People", attributes=attributes)
    world = emulator.world
    kind = world.types[int(people.id)]
    name, email = people.attribute("Name").id, people.attribute("Primary Email").id
    for number in range(count):
        address = f"p{number}@acme.com"
        insert_object(world, kind, {name: [f"P{number}"], email: [address]}, account_id="")
        # `add_account` compares each address with all others.
        account = Account(
            account_id=f"712020:{number}",
            email=address,
            display_name=f"P{number}",
            admin=False,
            agent=False,
            api_token=f"token {number}",
        )
        world.accounts[account.account_id] = account


def link_killed_in_the_middle(schema: ObjectSchema, count: int, per_minute: float) -> None:
    """Link half of the people, and end as a killed process does."""

    def stop(progress: UserLinkProgress) -> None:
        if progress.phase is UserLinkPhase.WRITING and progress.sent == count // 2:
            raise Stop

    try:
        schema.link_users(PEOPLE, create_attribute=True, per_minute=per_minute, on_progress=stop)
    except Stop:
        return
    raise AssertionError("the run was not killed")


def main(count: int = 10_000, per_minute: float = 500) -> None:
    """Print requests, requests per person, and minutes."""
    with Emulator(recorded_requests=3 * count + 1000) as emulator, emulator.connect() as connection:
        add_people(emulator, count)
        limit = emulator.rate_limit(per_minute=per_minute)
        schema = connection.get_object_schema("OKT")

        def measure(title: str, started: float) -> None:
            operations = Counter(request.operation for request in emulator.requests)
            minutes = (emulator.clock.monotonic() - started) / 60
            total = operations.total()
            print(f"{title}: {total:,} requests, {total / count:.3f} per person, {minutes:.1f} minutes")
            print(f"  {', '.join(f'{name} {number:,}' for name, number in operations.most_common())}")
            emulator.requests.clear()

        emulator.requests.clear()
        started = emulator.clock.monotonic()
        link_killed_in_the_middle(schema, count, per_minute)
        report = schema.link_users(PEOPLE, per_minute=per_minute)
        measure(f"{count:,} people, killed once", started)
        print(f"  after the restart: {len(report.linked):,} linked, {len(report.unchanged):,} unchanged")
        started = emulator.clock.monotonic()
        schema.link_users(PEOPLE, per_minute=per_minute)
        measure("second run", started)
        print(f"throttled requests: {limit.refused}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
