"""Nightly imports of changed records that are killed at a random step.

Nothing is lost, and the journal contains no more than Assets.
"""

from __future__ import annotations

import contextlib
import functools
import random
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
from attrs import define, field

from jsm_assets_dest._imports.identities import RecordDigests
from jsm_assets_dest._imports.journal import Journal
from jsm_assets_dest._imports.options import ImportOptions
from jsm_assets_dest._operations import imports
from jsm_assets_dest._operations.evidence import sent_only
from jsm_assets_dest._operations.import_tokens import Memory, links
from jsm_assets_dest.exceptions import ImportBusyError
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import people, ready
from tests.stories.test_import_resume import KilledError, Machine

COUNT, CHUNK = 40, 5
#: A night without a kill takes about this many steps.
STEPS = 65


@define
class Nights:
    """A site whose people are imported every night, by machines that may be switched off.

    Attributes:
        emails: The current address of each person of the source.
        digests: Digests of all versions of each person, with the address that each version has.
    """

    emulator: Emulator
    token: Any
    journal: Path
    emails: dict[str, str] = field(factory=dict)
    digests: dict[bytes, tuple[str, str]] = field(factory=dict)

    def records(self) -> list[dict[str, object]]:
        """Return the source, in which some people may be new."""
        return [{**person, "email": self.emails[str(person["id"])]} for person in people(len(self.emails))]

    def change(self, chance: random.Random, night: int) -> None:
        """Change some people of the source, and add one."""
        for identifier in chance.sample(sorted(self.emails), len(self.emails) // 3):
            self.emails[identifier] = f"night{night}@example.com"
        self.emails[f"00u{len(self.emails)}"] = f"new{night}@example.com"
        for record in self.records():
            self.digests[self.form.digest(record)] = str(record["id"]), str(record["email"])

    @functools.cached_property
    def form(self) -> RecordDigests:
        """Digests of people, as the mapping in Assets describes them."""
        comparison = self.token._session.run(_comparison(self.token._target))
        return next(RecordDigests(mapped) for mapped in comparison.types if mapped.selector == "people")

    def run(self, seed: int, off_at: int = 10**9, *, resume: bool = False) -> Any:
        """Import the changed records, and perhaps switch the machine off."""
        machine = Machine(self.emulator, random.Random(seed), off_at)
        options = ImportOptions(
            journal=self.journal, chunk_records=CHUNK, in_flight=3, missing_objects="ignore", send="changed"
        )
        target = attrs.evolve(self.token._target, memory=Memory())  # a new process remembers nothing
        return machine.run(imports.run(target, {"people": iter(self.records())}, options, resume=resume))

    def assert_claims_are_true(self) -> None:
        """Compare the values that the journal claims with those in Assets."""
        actual = {
            str(person["Okta ID"]): str(person["Email"])
            for person in self.emulator.object_schema("OKT")["People"].objects
        }
        with Journal(self.journal) as journal:
            for source in journal.import_sources():
                for claimed in journal.confirmed_objects(source):
                    if claimed.content is not None:
                        identifier, email = self.digests[claimed.content]
                        assert actual[identifier] == email


def _comparison(target: Any) -> Any:
    return (yield from sent_only(target, (yield from links(target))))


def nights(folder: Path) -> Nights:
    """Return a site with one night behind it."""
    emulator = Emulator(import_seconds=2)
    token = anyio.run(ready, emulator, emulator.connect())
    here = Nights(emulator, token, folder / "nightly.journal")
    here.emails = {str(person["id"]): str(person["email"]) for person in people(COUNT)}
    here.change(random.Random(0), 0)
    here.run(0)
    here.assert_claims_are_true()
    return here


def killed_and_completed(here: Nights, seed: int) -> None:
    """Kill a night at a random step, and let the next one resume it or begin again."""
    chance = random.Random(seed)
    here.change(chance, seed + 1)
    with contextlib.suppress(KilledError):
        here.run(seed, chance.randrange(STEPS))
    here.assert_claims_are_true()
    if chance.random() < 0.5:
        here.emulator.clock.sleep(60)
        assert all(execution.status != "PROCESSING" for execution in here.emulator.executions)
        here.assert_claims_are_true()
    if chance.random() < 0.2:
        for execution in here.emulator.executions:
            if execution.status == "INGESTING":
                execution.cancel()
    resume = chance.random() < 0.5
    if not resume:
        here.change(chance, seed + 1000)
    try:
        result = here.run(seed + 1, resume=resume)
    except ImportBusyError:
        # The killed night started an execution that is in no journal. A person cancels it.
        here.emulator.executions[-1].cancel()
        result = here.run(seed + 2, resume=resume)

    assert result.confirmed
    here.assert_claims_are_true()
    unchanged = here.run(seed + 3)
    assert (unchanged.sent, unchanged.already_confirmed) == (0, len(here.emails))
    assert {
        str(person["Okta ID"]): str(person["Email"])
        for person in here.emulator.object_schema("OKT")["People"].objects
    } == here.emails


@pytest.mark.once
@pytest.mark.parametrize("tens", range(10))
def test_changed_records_survive_a_hundred_random_kills(tmp_path: Path, tens: int) -> None:
    """Ten nights at a time: workers and producer in another order each time, killed at another step."""
    here = nights(tmp_path)
    for seed in range(10 * tens, 10 * tens + 10):
        killed_and_completed(here, seed)
