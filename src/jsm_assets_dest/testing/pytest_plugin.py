"""Fixtures for pytest.

Add this to the `conftest.py` at the top of your tests:

```python
pytest_plugins = ["jsm_assets_dest.testing.pytest_plugin"]
```
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from jsm_assets_dest import AsyncConnection, Connection

from .emulator import Emulator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a passed test, not its teardown, if a planned fault of one of its emulators did not happen."""
    yield
    for value in getattr(item, "funcargs", {}).values():
        if isinstance(value, Emulator):
            value.faults.assert_used()


@pytest.fixture
def assets_emulator() -> Emulator:
    """Provide a new emulated site."""
    return Emulator()


@pytest.fixture
def assets_connection(assets_emulator: Emulator) -> Iterator[Connection]:
    """Provide a sync connection to the emulated site."""
    with assets_emulator.connect() as connection:
        yield connection


@pytest.fixture
def assets_connection_async(assets_emulator: Emulator) -> AsyncConnection:
    """Provide an async connection to the emulated site; use it with `async with`."""
    return assets_emulator.connect_async()
