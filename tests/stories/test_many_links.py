"""Linking at the size of an organization: people from Okta, imports after it, and 10,000 people at a limited rate."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from jsm_assets_dest import LinkReason, UserLink, UserLinkPhase, UserLinkProgress, okta
from jsm_assets_dest.testing import Account, Doubts, Emulator
from jsm_assets_dest.testing.world.objects import insert_object

PEOPLE = UserLink("People", email="Primary Email")
LINKS = (
    PEOPLE,
    UserLink("People", email="Manager.Primary Email", attribute="Jira Manager"),
    UserLink("Devices", email="Users.Primary Email", attribute="Jira Owner"),
)


def import_people(emulator: Emulator, connection: Any, people: int) -> tuple[Any, Any, Any]:
    """Import people from Okta, and return the token, the tenant, and the model."""
    schema = connection.ensure_object_schema("OKT", name="Okta")
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    model = okta.schema_model("standard")
    token.build(model)
    tenant = okta.sample_tenant(people=people)
    token.import_records(okta.records(tenant, model=model))
    return token, tenant, model


def add_accounts(emulator: Emulator) -> dict[str, int]:
    """Add an account for each person. Each tenth is hidden, each eleventh is inactive, and each thirteenth has none."""
    counts = {"visible": 0, "hidden": 0, "inactive": 0, "none": 0}
    for number, person in enumerate(emulator.object_schema("OKT")["People"].objects, 1):
        if number % 13 == 0:
            counts["none"] += 1
            continue
        kind = "inactive" if number % 11 == 0 else "hidden" if number % 10 == 0 else "visible"
        counts[kind] += 1
        email = str(person["Primary Email"])
        emulator.add_account(
            email, name=person.label, active=kind != "inactive", shows_email=kind != "hidden"
        )
    return counts


def count(emulator: Emulator, operation: str) -> int:
    return sum(request.operation == operation for request in emulator.requests)


@pytest.mark.once
def test_250_people_are_linked_and_the_second_run_writes_nothing() -> None:
    """People, their managers, and the owners of devices, in one call. Then an import, which leaves the links unchanged."""
    with Emulator() as emulator, emulator.connect() as connection:
        token, tenant, model = import_people(emulator, connection, 250)
        counts = add_accounts(emulator)
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()

        report = schema.link_users(*LINKS, create_attribute=True)
        linked = [entry for entry in report.linked if entry.attribute == "Jira User"]
        assert len(linked) == counts["visible"]
        reasons = [entry.reason for entry in report.not_found if entry.attribute == "Jira User"]
        assert {reason: reasons.count(reason) for reason in reasons} == {
            LinkReason.HIDDEN: counts["hidden"],
            LinkReason.INACTIVE: counts["inactive"],
            LinkReason.NONE: counts["none"],
        }
        assert count(emulator, "update object") == len(report.linked)
        assert count(emulator, "search users") == counts["hidden"] + counts["none"]
        before = [person.values for person in emulator.object_schema("OKT")["People"].objects]
        assert {"Jira User", "Jira Manager"} < before[0].keys()

        emulator.requests.clear()
        again = schema.link_users(*LINKS)
        assert count(emulator, "update object") == 0
        assert (len(again.unchanged), len(again.linked)) == (len(report.linked), 0)

        token.import_records(okta.records(tenant, model=model))
        assert [person.values for person in emulator.object_schema("OKT")["People"].objects] == before
        assert not schema.link_users(*LINKS, dry_run=True).linked


@pytest.mark.slow
@pytest.mark.parametrize("empties", [False, True])
def test_links_survive_the_next_import_or_are_restored(empties: bool) -> None:
    """Two apps imply that an import leaves other attributes unchanged. If it does not, the next run fills them again."""
    doubts = Doubts(imports_empty_unmapped_attributes=empties)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        token, tenant, model = import_people(emulator, connection, 5)
        add_accounts(emulator)
        schema = connection.get_object_schema("OKT")
        schema.link_users(PEOPLE, create_attribute=True)
        people = emulator.object_schema("OKT")["People"]
        links = [person["Jira User"] for person in people.objects]

        token.import_records(okta.records(tenant, model=model))
        linked = [person["Jira User"] for person in people.objects]
        report = schema.link_users(PEOPLE)

        assert all(links)
        assert linked == ([None] * 5 if empties else links)
        assert len(report.linked) == (5 if empties else 0)
        assert [person["Jira User"] for person in people.objects] == links


class Stop(BaseException):
    """Ends a process, as a signal does."""


@pytest.mark.once
def test_1000_people_at_a_limited_rate_need_one_request_each() -> None:
    """The run is killed in the middle, and continued. `benchmarks/linking.py` does the same with 10,000 people."""
    people_count, per_minute = 1_000, 500
    with Emulator() as emulator, emulator.connect() as connection:
        people = emulator.add_object_schema("OKT").add_object_type(
            "People", attributes=[("Primary Email", "email")]
        )
        world = emulator.world
        kind = world.types[int(people.id)]
        name, email = people.attribute("Name").id, people.attribute("Primary Email").id
        for number in range(people_count):
            address = f"p{number}@acme.com"
            insert_object(world, kind, {name: [f"P{number}"], email: [address]}, account_id="")
            account = Account(
                account_id=f"712020:{number}",
                email=address,
                display_name=f"P{number}",
                admin=False,
                agent=False,
                api_token=f"t{number}",
            )
            world.accounts[account.account_id] = account
        limit = emulator.rate_limit(per_minute=per_minute)
        schema = connection.get_object_schema("OKT")
        emulator.requests.clear()

        def stop(progress: UserLinkProgress) -> None:
            if progress.phase is UserLinkPhase.WRITING and progress.sent == people_count // 2:
                raise Stop

        started = emulator.clock.monotonic()
        with pytest.raises(Stop):
            schema.link_users(PEOPLE, create_attribute=True, per_minute=per_minute, on_progress=stop)
        report = schema.link_users(PEOPLE, per_minute=per_minute)
        minutes = (emulator.clock.monotonic() - started) / 60

        assert (len(report.linked), len(report.unchanged)) == (people_count // 2, people_count // 2)
        assert count(emulator, "update object") == people_count
        requests = len(emulator.requests)
        assert requests / people_count < 1.05
        assert minutes == pytest.approx(requests / per_minute, rel=0.02)
        assert limit.refused == 0

        emulator.requests.clear()
        assert len(schema.link_users(PEOPLE).unchanged) == people_count
        assert len(emulator.requests) / people_count < 0.02


CHILD = """
    import os, signal
    from jsm_assets_dest import Connection, UserLink

    def listen(progress):
        if str(progress.phase) == "writing links" and progress.sent == 7:
            os.kill(os.getpid(), signal.SIGKILL)

    with Connection.current_site() as connection:
        schema = connection.get_object_schema("OKT")
        link = UserLink("People", email="Primary Email")
        schema.link_users(link, create_attribute=True, per_minute=60_000, on_progress=listen)
"""


@pytest.mark.once
def test_killed_process_is_continued_by_another_one() -> None:
    """The process ends with SIGKILL after seven objects. The next run writes the other 13."""
    with Emulator() as emulator, emulator.connect() as connection:
        import_people(emulator, connection, 20)
        for person in emulator.object_schema("OKT")["People"].objects:
            emulator.add_account(str(person["Primary Email"]))
        with emulator.serve() as url:
            child = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(CHILD)],
                env={**os.environ, **emulator.settings(url), "PYTHONPATH": os.pathsep.join(sys.path)},
                timeout=60,
                check=False,
                capture_output=True,
            )
        assert child.returncode == -signal.SIGKILL, child.stderr.decode()
        emulator.requests.clear()
        report = connection.get_object_schema("OKT").link_users(PEOPLE)

        assert (len(report.linked), len(report.unchanged)) == (13, 7)
        assert count(emulator, "update object") == 13
