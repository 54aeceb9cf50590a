"""Sources of records: the caller's iterables, in the order in which they are read.

Some records are only read and checked, and not sent: those of a preview, and those of a verification.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from itertools import islice
from typing import Any, cast

from attrs import define, field, frozen

from .._arguments.fitting import invalid
from .._http.commands import Ask, Batch, Operation, Pull
from .._imports.chunker import CHUNK_RECORDS, runs_of_pairs
from .._imports.options import ImportOptions, time_zone
from .._imports.pipeline import chosen_selectors
from .._imports.record_checker import RecordChecker
from .._imports.table_records import TableRecords, is_table
from .._model.schema_model import SchemaModel
from .._wire.json_reading import JsonObject
from ..exceptions import ConfigurationError, RecordError


@frozen
class Source:
    """Iterator of the caller.

    Attributes:
        selector: Selector of its records; None if it yields pairs of a selector and a record.
        iterator: The sync or async iterator.
    """

    selector: str | None
    iterator: object


@define
class Records:
    """Records of the caller: iterables by selector, or one iterable of pairs of a selector and a record.

    Attributes:
        notes: Notes about the columns of tables, for the result.

    Raises:
        ConfigurationError: The argument contains tables, or records without a selector.
    """

    _records: object
    notes: tuple[str, ...] = field(default=(), init=False)

    def __attrs_post_init__(self) -> None:
        if isinstance(self._records, Mapping):
            for selector, source in cast("Mapping[str, object]", self._records).items():
                _refuse(source, f"records[{selector!r}]")
        else:
            _refuse(self._records, "records")
            _refuse_no_selector(self._records)

    def fit(self, model: SchemaModel) -> None:
        """Compare the selectors, and the columns of tables, with a model, before anything is started.

        Pairs can't be checked beforehand: theirs are rejected record by record.

        Raises:
            ConfigurationError: A selector is unknown, or a table does not fit its object type.
        """
        if not isinstance(self._records, Mapping):
            return
        by_selector, order = cast("Mapping[str, object]", self._records), model.import_order()
        unknown = [repr(selector) for selector in by_selector if selector not in order]
        if unknown:
            raise ConfigurationError(
                f"The model does not have the selector {', '.join(unknown)}; it has {', '.join(map(repr, order)) or 'none'}. "
                "Nothing was sent.",
                field="records",
                fix="Use the selectors of the model; see model.import_order().",
            )
        notes: list[str] = []
        for selector, source in by_selector.items():
            if isinstance(source, TableRecords):
                specs = [spec for spec in model.object_types if spec.mapped and spec.selector == selector]
                notes += source.fit(specs)
        self.notes = tuple(notes)

    def chosen(self, order: tuple[str, ...]) -> tuple[str, ...]:
        """Return the selectors that the records may have, in this order."""
        if not isinstance(self._records, Mapping):
            return order
        return tuple(selector for selector in order if selector in self._records)

    def sources(self, order: tuple[str, ...]) -> Iterator[Source]:
        """Yield the sources; each one is opened when the iterator reaches it.

        Args:
            order: The selectors, with targets of references before their referrers.
        """
        if isinstance(self._records, Mapping):
            by_selector = cast("Mapping[str, object]", self._records)
            for selector in self.chosen(order):
                yield Source(selector, _opened(by_selector[selector]))
        else:
            yield Source(None, _opened(self._records))


def _refuse(records: object, name: str) -> None:
    if is_table(records):
        raise ConfigurationError(
            f"`{name}` is a table ({type(records).__name__}). Nothing was sent.",
            field="records",
            fix="Pass {'people': jsm_assets_dest.tables.records(table)}, with the selector of your model.",
        )


def _refuse_no_selector(records: object) -> None:
    is_list = isinstance(records, (list, tuple)) and any(isinstance(item, Mapping) for item in records[:1])
    if is_list or isinstance(records, TableRecords):
        raise invalid(
            "records",
            "contains records without a selector, so their object type is unknown",
            "Pass {'people': records}, with the selector of your model.",
        )


def _opened(records: object) -> object:
    try:
        if isinstance(records, AsyncIterable):
            return records.__aiter__()
        return iter(cast("Iterable[Any]", records))
    except Exception as error:  # noqa: BLE001 - a source of the caller may raise anything
        return _failing(error)


def _failing(error: Exception) -> Iterator[object]:
    """Return an iterator that raises the exception of opening a source, because reading handles failures of sources."""

    def fail() -> object:
        raise error

    return iter(fail, None)


def pull(source: Source, count: int, seconds: float, timeout: float) -> Operation[Batch]:
    """Read the next records of a source.

    A source that has its records in memory yields all of them immediately. Another one has `seconds` to yield records, and
    fails if a single record takes longer than `timeout`.
    """
    iterator = source.iterator
    if type(iterator) in _READY:
        records = list(islice(cast("Iterator[Any]", iterator), count))
        return Batch(records, ended=len(records) < count)
    batch: Batch = yield Pull(iterator, count, seconds, timeout)
    return batch


def close(source: Source) -> Operation[None]:
    """Close a generator that is not read to its end, which releases its resources now.

    This includes the generator of a test import: continuing with it would miss the records of the test.
    """
    iterator = source.iterator
    if isinstance(iterator, AsyncGenerator):
        yield Ask(iterator.aclose)
    elif isinstance(iterator, Generator):
        yield Ask(iterator.close)


#: Iterators over records in memory, which the engine does not need to wait for.
_READY: tuple[type, ...] = (type(iter([])), type(iter(())), type(iter({}.values())))


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

    def read_all(self, records: Records) -> Operation[None]:
        """Read all records.

        Raises:
            RecordError: A record does not fit.
        """
        for source in records.sources(self._selectors):
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
        run = self._checker.check_many(selector, first, records, self._skip)
        if not run.records:
            return
        checked = cast("list[JsonObject]", run.records)
        self._on_accepted(selector, checked)
        for _, inner_selector, inner_records in self._checker.inner_records(selector, checked):
            self._on_accepted(inner_selector, inner_records)

    def _skip(self, error: RecordError) -> None:
        if self._options.on_bad_record == "fail":
            raise error
        self._on_skipped(error, self._checker.values_of(error.selector, error.record))
