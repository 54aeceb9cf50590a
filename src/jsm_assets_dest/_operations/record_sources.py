"""Where records come from: the caller's iterables, in the order in which they are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, cast

from attrs import frozen

from .._http.commands import Ask, Batch, Operation, Pull
from ..exceptions import ConfigurationError


@frozen
class Source:
    """An iterator of the caller's.

    Attributes:
        selector: What its records are for, or None where it gives pairs of a selector and a record.
        iterator: The iterator, asynchronous or not.
    """

    selector: str | None
    iterator: object


def open_sources(records: object, order: tuple[str, ...]) -> Iterator[Source]:
    """The sources of an import, each opened when it is its turn.

    Args:
        records: Iterables by selector, or one iterable of pairs.
        order: The selectors, targets of references before what refers to them.
    """
    if isinstance(records, Mapping):
        by_selector = cast("Mapping[str, object]", records)
        chosen = [selector for selector in order if selector in by_selector]
        return (Source(selector, _opened(by_selector[selector])) for selector in chosen)
    return iter([Source(None, _opened(records))])


def refuse_no_source(records: object) -> None:
    """Refuse what records cannot be read from, before anything is started.

    Raises:
        ConfigurationError: It is nothing of that kind.
    """
    if isinstance(records, Mapping):
        for selector, source in cast("Mapping[str, object]", records).items():
            _refuse(source, f"records[{selector!r}]")
    else:
        _refuse(records, "records")


def refuse_unknown_selectors(records: object, order: tuple[str, ...]) -> None:
    """Refuse records by selector where the model has no such selector, before anything is started.

    Pairs cannot be looked at beforehand; theirs are refused record by record.

    Raises:
        ConfigurationError: Naming the selectors, and those of the model.
    """
    if isinstance(records, Mapping):
        unknown = [repr(one) for one in cast("Mapping[object, object]", records) if one not in order]
        if unknown:
            raise ConfigurationError(
                f"The model has no selector {', '.join(unknown)}; it has {', '.join(map(repr, order)) or 'none'}. "
                "Nothing was sent.",
                field="records",
                fix="Give the records under the selectors of the model; model.import_order() names them.",
            )


def _refuse(records: object, name: str) -> None:
    if isinstance(records, (str, bytes)) or not isinstance(records, (Iterable, AsyncIterable)):
        raise ConfigurationError(
            f"`{name}` is {type(records).__name__}; nothing was sent.",
            field="records",
            fix="Pass iterables of records by selector, {'people': [...]}, or an iterable of (selector, record) pairs.",
        )


def _opened(records: object) -> object:
    try:
        if isinstance(records, AsyncIterable):
            return records.__aiter__()
        return iter(cast("Iterable[Any]", records))
    except Exception as error:  # noqa: BLE001 - whatever a source of the caller's raises
        return _failing(error)


def _failing(error: Exception) -> Iterator[object]:
    """Raise what opening a source raised when it is read, where failures of sources are dealt with."""

    def fail() -> object:
        raise error

    return iter(fail, None)


def pull(source: Source, count: int, seconds: float, patience: float) -> Operation[Batch]:
    """The next records of a source.

    A source that has them all in memory hands over many at once; one that makes them gets `seconds` to do so, and then
    gives what it has. One that takes longer than `patience` for a single record is given up.
    """
    iterator = source.iterator
    if type(iterator) in _READY:
        records = list(islice(cast("Iterator[Any]", iterator), count))
        return Batch(records, ended=len(records) < count)
    batch: Batch = yield Pull(iterator, count, seconds, patience)
    return batch


def left(source: Source) -> Operation[None]:
    """Close a generator that is not read any further, so that what it holds open is given back now.

    It is closed even where it was not the caller's intention to use it up: going on with it would miss records that a
    test has taken.
    """
    iterator = source.iterator
    if isinstance(iterator, AsyncGenerator):
        yield Ask(iterator.aclose)
    elif isinstance(iterator, Generator):
        yield Ask(iterator.close)


#: Iterators of what is in memory already; asking the engine for each batch of theirs would be ceremony.
_READY: tuple[type, ...] = (type(iter([])), type(iter(())), type(iter({}.values())))
