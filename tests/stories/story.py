"""Stories: what a user does, told once and lived through sync and async, on threads, asyncio and Trio."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio
import pytest

from jsm_assets_dest.testing import Emulator

#: A story is told to an emulator and a connection; whatever it calls on the connection, it passes through `now`.
Story: TypeAlias = Callable[[Emulator, Any], Awaitable[None]]


async def now(value: Any) -> Any:
    """Return the value of a call, awaited if the call is async."""
    return await value if inspect.isawaitable(value) else value


#: On Trio, stories run on one Python only. The tests of the engine and of cancellation run on each.
COLOURS = ("blocking", "asyncio", pytest.param("trio", marks=pytest.mark.once))


def story(events: Story) -> Callable[[str], None]:
    """Run a story as a sync and as an async test. Each planned fault must have happened by its end."""

    @pytest.mark.parametrize("colour", COLOURS)
    def test(colour: str) -> None:
        async def main() -> None:
            with Emulator() as emulator:
                connection: Any = emulator.connect() if colour == "blocking" else emulator.connect_async()
                try:
                    await events(emulator, connection)
                finally:
                    await now(connection.close() if colour == "blocking" else connection.aclose())

        anyio.run(main, backend="trio" if colour == "trio" else "asyncio")

    test.__name__ = events.__name__
    test.__doc__ = events.__doc__
    test.told = events  # type: ignore[attr-defined]  # for anyone who wants to live through it in another way
    return test
