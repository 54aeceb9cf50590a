"""Records that are read and checked, but not sent: for a preview, and for a verification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from .._http.commands import Operation
from .._imports.chunker import CHUNK_RECORDS, runs_of_pairs
from .._imports.options import ImportOptions, time_zone
from .._imports.record_checker import RecordChecker
from .._model.schema_model import SchemaModel
from .._wire.json_reading import JsonObject
from ..exceptions import RecordError
from .record_sources import Source, chosen_selectors, close, open_sources, pull


class CheckedRecords:
    """Reads and checks the records of an import.

    Args:
        model: The model of the records.
        options: Options of the import.
        on_accepted: Receives the selector and checked records, also those inside other records.
        on_skipped: Receives the error of each record that does not fit, and its values, or None if they can't be read. Without
            `on_bad_record="skip"`, the error is raised.
    """

    def __init__(
        self,
        model: SchemaModel,
        options: ImportOptions,
        on_accepted: Callable[[str, Sequence[JsonObject]], object],
        on_skipped: Callable[[RecordError, JsonObject | None], object],
    ) -> None:
        self._options = options
        self._selectors = chosen_selectors(model, options.only)
        self._counts: dict[str, int] = {}
        self._on_accepted = on_accepted
        self._on_skipped = on_skipped
        self._checker = RecordChecker(
            model,
            timezone=None if options.timezone is None else time_zone(options.timezone),
            allows_repeated=True,
        )

    def read_all(self, records: object) -> Operation[None]:
        """Read all records.

        Raises:
            RecordError: A record does not fit.
        """
        for source in open_sources(records, self._selectors):
            try:
                yield from self._read(source)
            finally:
                yield from close(source)

    def _read(self, source: Source) -> Operation[None]:
        options = self._options
        is_over = False
        while not is_over:
            batch = yield from pull(source, CHUNK_RECORDS, options.idle_seconds, options.source_seconds)
            if source.selector is not None:
                self._check(source.selector, batch.records)
            else:
                for selector, run in runs_of_pairs(batch.records, sum(self._counts.values()), self._skip):
                    if options.only is None or selector in self._selectors:
                        self._check(selector, run)
            if batch.error is not None:
                raise batch.error
            is_over = batch.ended

    def _check(self, selector: str, records: Sequence[object]) -> None:
        first = self._counts.get(selector, 0)
        self._counts[selector] = first + len(records)
        checked = cast(
            "list[JsonObject]", self._checker.check_many(selector, first, records, self._skip).records
        )
        if not checked:
            return
        self._on_accepted(selector, checked)
        for _position, inner_selector, inner_records in self._checker.inner_records(selector, checked):
            self._on_accepted(inner_selector, inner_records)

    def _skip(self, error: RecordError) -> None:
        if self._options.on_bad_record == "fail":
            raise error
        self._on_skipped(error, self._checker.values_of(error.selector, error.record))
