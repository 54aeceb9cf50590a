"""Runs, executions, and chunks in a journal."""

import datetime
import enum
from collections.abc import Mapping

from attrs import Attribute, field, frozen
from attrs.validators import deep_mapping, instance_of, optional

from .._display.values import plain_data, public_value

_TEXT = instance_of(str)


def _check_time(_: object, attribute: "Attribute[float]", value: object) -> None:
    # Up to the last year that a `datetime` has.
    if not isinstance(value, (int, float)) or not 0 <= value <= 253_402_300_799:
        raise ValueError(f"{attribute.name} is not a time")


_COUNTS = deep_mapping(_TEXT, instance_of(int), instance_of(dict))
_LINKS = deep_mapping(_TEXT, _TEXT, instance_of(dict))


class RunState(enum.StrEnum):
    """State of a run."""

    #: Chunks are being sent.
    OPEN = "open"
    #: The end of the data is being sent or was sent. No chunk may follow.
    COMPLETING = "completing"
    #: Assets has processed everything.
    DONE = "done"
    #: It was cancelled.
    CANCELLED = "cancelled"
    #: A later run replaced it.
    ABANDONED = "abandoned"


class ChunkState(enum.StrEnum):
    """State of a chunk."""

    #: Cut and perhaps sent. It is unknown whether the service accepted it, so it is sent again.
    PLANNED = "planned"
    #: The service accepted it.
    ACCEPTED = "accepted"
    #: It was too large for the service. Its halves have entries of their own.
    SPLIT = "split"


@frozen(kw_only=True)
class JournalExecution:
    """Execution of a run.

    Attributes:
        number: Number within the run, from 1. A run that could not continue in its execution has a second one.
        execution_id: Id of the execution, if known.
        links: Links by name; empty if they must not be stored.
    """

    number: int = field(validator=instance_of(int))
    execution_id: str = field(validator=_TEXT)
    links: Mapping[str, str] = field(validator=_LINKS)


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()


@frozen(kw_only=True)
@public_value
class JournalRun:
    """Run of an import.

    Attributes:
        id: First part of the ids of its chunks.
        import_source: Id of the import source.
        model_digest: Digest of the model of its records.
        test: True for a test import, which contains only some records.
        state: State of the run: "open", "completing", "done", "cancelled", or "abandoned".
        started: Seconds since 1970.
        ended: Seconds since 1970, or None.
        counts: Number of records by selector that the service accepted.
        encoder: Encoder of its chunks: "json" or "orjson".
        execution: Last execution, or None.
    """

    id: str = field(validator=_TEXT)
    import_source: str = field(validator=_TEXT)
    model_digest: str = field(validator=_TEXT, repr=False)
    test: bool
    state: RunState = field(converter=RunState)
    started: float = field(validator=_check_time)
    ended: float | None = field(validator=optional(_check_time))
    counts: Mapping[str, int] = field(validator=_COUNTS)
    encoder: str = field(validator=_TEXT, repr=False)
    execution: JournalExecution | None = field(repr=False)

    @property
    def is_open(self) -> bool:
        """True if it can be resumed."""
        return self.state in (RunState.OPEN, RunState.COMPLETING)

    def __str__(self) -> str:
        counts = (
            ", ".join(f"{selector}: {count:,}" for selector, count in self.counts.items()) or "no records"
        )
        test = "test, " if self.test else ""
        return f"{_time(self.started)} {test}{self.state} ({counts})"

    def to_dict(self) -> dict[str, object]:
        """Return the run as JSON-ready data, with times in UTC."""
        return {
            **plain_data(self, "id import_source test state started ended counts"),
            "started": _time(self.started),
            "ended": _time(self.ended),
            "execution": None if self.execution is None else self.execution.execution_id,
        }


@frozen(kw_only=True)
class JournalChunk:
    """Chunk of a run. The same id means the same bytes, because the id contains the digest."""

    id: str = field(validator=_TEXT)
    digest: str = field(validator=_TEXT)
    state: ChunkState = field(converter=ChunkState)
    counts: Mapping[str, int] = field(validator=_COUNTS)
    bytes: int = field(validator=instance_of(int))
