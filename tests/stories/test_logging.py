"""Log of an import: events with their facts, without contents of records."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jsm_assets_dest.testing import Emulator
from tests.stories.importing import people, ready
from tests.stories.story import now, story


class Collector(logging.Handler):
    """Keeps what it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def heard() -> Iterator[list[logging.LogRecord]]:
    """Everything that is logged below the library's logger."""
    logger = logging.getLogger("jsm_assets_dest")
    handler = Collector()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield handler.records
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@story
async def test_every_event_of_an_import_is_logged_with_its_facts(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", status=429, retry_after=3)
    emulator.faults.next("read execution status", status=503)

    with heard() as records:
        await now(token.import_records({"people": people(30)}, chunk_records=10, in_flight=1))

    def facts(name: str, *attributes: str) -> list[tuple[object, ...]]:
        matches = [record for record in records if record.name == f"jsm_assets_dest.{name}"]
        return [tuple(getattr(record, attribute) for attribute in attributes) for record in matches]

    assert facts("state", "before", "state") == [("", "INGESTING"), ("INGESTING", "DONE")]
    assert facts("chunk", "chunk", "records", "retries") == [("0", 10, 1), ("1", 10, 0), ("2", 10, 0)]
    assert facts("throttle", "operation", "wait") == [("submit chunk", pytest.approx(3.15, abs=0.16))]
    assert {operation for operation, _ in facts("retry", "operation", "attempt")} == {
        "submit chunk",
        "read execution status",
    }
    assert ("start import", 200) in facts("request", "operation", "status")
    assert not any(record.levelno >= logging.WARNING for record in records)


@story
async def test_no_record_and_no_secret_is_logged(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    with heard() as records:
        await now(token.import_records({"people": people(3)}))

    text = "\n".join(f"{record.getMessage()} {vars(record)}" for record in records)
    assert "Person 1" not in text
    assert emulator.api_token not in text
    assert emulator.import_sources[0].token not in text
