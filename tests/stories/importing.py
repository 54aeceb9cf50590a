"""Shared parts of the stories about imports.

Child processes import `people` from here, so that nothing heavy is imported before it is needed: pytest, the emulator
and the other stories would cost each of them more than its whole import.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from jsm_assets_dest import AssetsError, ImportResult
    from jsm_assets_dest.testing import Emulator, ReceivedRequest


def people(count: int, first: int = 0) -> list[dict[str, object]]:
    """People, each with an identifier of its own."""
    return [
        {
            "displayName": f"Person {number}",
            "id": f"00u{number}",
            "email": f"p{number}@example.com",
            "status": "Active",
        }
        for number in range(first, first + count)
    ]


async def ready(emulator: Emulator, connection: Any) -> Any:
    """Return an import token whose schema model is built."""
    from tests.stories.story import now
    from tests.stories.test_building import destination, model

    _, token = await destination(emulator, connection)
    await now(token.build(model()))
    emulator.requests.clear()
    return token


def operations(emulator: Emulator) -> list[str]:
    """Return the operations that the emulator received, in order."""
    return [request.operation for request in emulator.requests]


def data_chunks(emulator: Emulator) -> list[bytes]:
    """Return the bodies of the chunks that the emulator received, including repeated ones."""
    return [request.body for request in emulator.requests if carries_data(request)]


def carries_data(request: ReceivedRequest) -> bool:
    """Return True if a request is a chunk with records."""
    return request.operation == "submit chunk" and b'"data"' in request.body


def identifiers(emulator: Emulator) -> list[str]:
    """Return the identifiers of the people who are in Assets."""
    return [str(asset["Okta ID"]) for asset in emulator.object_schema("OKT")["People"].objects]


@contextlib.contextmanager
def without_orjson() -> Iterator[None]:
    """Encode with the standard library, as if orjson were not installed."""
    with mock.patch.dict(sys.modules, {"orjson": None}):
        yield


@contextlib.contextmanager
def with_orjson() -> Iterator[None]:
    """Encode with orjson; skip the test if it is not installed."""
    import pytest

    pytest.importorskip("orjson")
    yield


def completes(request: ReceivedRequest) -> bool:
    """Return True if a request completes the data."""
    return request.operation == "submit chunk" and b'"completed":true' in request.body


def is_completed(emulator: Emulator) -> bool:
    """Return True if the emulator received the completion."""
    return any(map(completes, emulator.requests))


def result_of(error: AssetsError) -> ImportResult:
    """Return the result on an error that has one."""
    from jsm_assets_dest import ImportResult

    assert isinstance(error.result, ImportResult)
    return error.result
