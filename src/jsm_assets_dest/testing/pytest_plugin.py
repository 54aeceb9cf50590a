"""Fixtures for pytest.

Opt in from a `conftest.py` at the top of your tests:

```python
pytest_plugins = ["jsm_assets_dest.testing.pytest_plugin"]
```
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jsm_assets_dest import AsyncConnection, Connection

from .emulator import Emulator


@pytest.fixture
def assets_emulator() -> Iterator[Emulator]:
    """A fresh emulated site. A test that planned faults which never happened fails at its end."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def assets_connection(assets_emulator: Emulator) -> Iterator[Connection]:
    """A blocking connection to the emulated site."""
    with assets_emulator.connect() as connection:
        yield connection


@pytest.fixture
def assets_connection_async(assets_emulator: Emulator) -> AsyncConnection:
    """An asynchronous connection to the emulated site; use it with `async with`."""
    return assets_emulator.connect_async()
