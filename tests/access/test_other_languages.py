"""Sites and accounts in Korean and German: every decision is the same as in English, also where Assets ignores the headers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jsm_assets_dest import CheckState
from jsm_assets_dest import exceptions as errors
from jsm_assets_dest.testing import Doubts, Emulator
from tests.access.test_access_failures import CASES, COLOURS, FAILURES, WAYS_IN, called
from tests.stories.story import now

LOCALES = ["ko_KR", "de_DE"]


def translated(locale: str) -> Emulator:
    """Return an emulator whose Assets responds in the language of the account, whatever the request says."""
    emulator = Emulator(locale=locale, doubts=Doubts(assets_follows_language_headers=False))
    emulator.add_object_schema("OKT", "Okta")
    return emulator


def test_check_works_in_korean() -> None:
    with translated("ko_KR") as emulator, emulator.connect() as connection:
        report = connection.check()

    assert report.ok, str(report)
    assert repr(report).endswith(": ready>")


def test_async_check_works_in_korean() -> None:
    async def checked() -> Any:
        with translated("ko_KR") as emulator:
            async with emulator.connect_async() as connection:
                return await connection.check()

    report = asyncio.run(checked())
    assert report.ok, str(report)
    assert repr(report).endswith(": ready>")


@pytest.mark.once
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("name", "way"), CASES)
def test_failures_are_the_same_in_every_language(locale: str, name: str, way: str) -> None:
    """Each failure of the table of access failures, for each kind of credential."""
    failure = FAILURES[name]
    with translated(locale) as emulator:
        credentials = WAYS_IN[way](emulator)
        failure.take(emulator)
        report = called("blocking", emulator, credentials, "check")

    assert report[failure.name].state is CheckState.FAILED, str(report)
    assert type(report[failure.name].error) is failure.error
    assert report[failure.name].who == failure.who


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("locale", LOCALES)
def test_taken_name_is_detected_in_every_language(locale: str, colour: str) -> None:
    """The sentence "Der Name muss eindeutig sein!" is read by its status and by what exists."""

    async def create(connection: Any, key: str, name: str) -> None:
        await now(connection.create_object_schema(key, name))

    async def rename(connection: Any) -> None:
        schema = await now(connection.create_object_schema("HR", "Human resources"))
        await now(schema.update(name="Okta"))

    with translated(locale) as emulator:
        connection: Any = emulator.connect() if colour == "blocking" else emulator.connect_async()
        for key, name in (("NEW", "Okta"), ("OKT", "Another name")):
            with pytest.raises(errors.ObjectSchemaExistsError, match=r"OKT|already exists"):
                asyncio.run(create(connection, key, name))
        with pytest.raises(errors.ObjectSchemaExistsError, match="OKT"):
            asyncio.run(rename(connection))
        assert emulator.requests[-1].headers["accept-language"] == "en"


@pytest.mark.parametrize("locale", LOCALES)
def test_missing_admin_permission_is_detected_in_every_language(locale: str) -> None:
    with translated(locale) as emulator, emulator.connect() as connection:
        emulator.access.revoke_admin()
        with pytest.raises(errors.NotJiraAdminError):
            connection.create_object_schema("NEW", "New")
