"""Stories: what a user does, told once and lived through in both colours, on threads, asyncio and Trio."""

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
    """The value that a call gave, awaited where the call was asynchronous."""
    return await value if inspect.isawaitable(value) else value


def story(told: Story) -> Callable[[str], None]:
    """A test that lives through a story in each colour. Every planned fault must have happened by its end."""

    @pytest.mark.parametrize("colour", ["blocking", "asyncio", "trio"])
    def test(colour: str) -> None:
        async def main() -> None:
            with Emulator() as emulator:
                connection: Any = emulator.connect() if colour == "blocking" else emulator.connect_async()
                try:
                    await told(emulator, connection)
                finally:
                    await now(connection.close() if colour == "blocking" else connection.aclose())

        anyio.run(main, backend="trio" if colour == "trio" else "asyncio")

    test.__name__ = told.__name__
    test.__doc__ = told.__doc__
    test.told = told  # type: ignore[attr-defined]  # for whoever wants to live through it in another way
    return test
