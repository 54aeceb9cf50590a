from __future__ import annotations

from collections.abc import Iterator

import pytest

from jsm_assets_dest.testing import Emulator
from tests.emulator.api import Api


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as site:
        yield site


@pytest.fixture
def api(emulator: Emulator) -> Api:
    return Api(emulator)
