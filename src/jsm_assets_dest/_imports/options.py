"""How an import shall run, checked before anything is sent."""

from __future__ import annotations

import datetime
import re
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from os import PathLike
from typing import Any, Literal, TypeAlias, TypedDict

from attrs import Attribute, field, frozen

from .._model.schema_model import SchemaModel
from ..exceptions import ConfigurationError
from .progress import ImportProgress

#: Records by selector, or pairs of a selector and a record.
Records: TypeAlias = Mapping[str, Iterable[object]] | Iterable[tuple[str, object]]
#: The same for the async API, where each source may also be asynchronous.
AsyncRecords: TypeAlias = (
    Mapping[str, Iterable[object] | AsyncIterable[object]]
    | Iterable[tuple[str, object]]
    | AsyncIterable[tuple[str, object]]
)
#: What an import takes as `progress`: the name of a display, a callable of your own, or None.
Progress: TypeAlias = "Literal['log', 'tqdm', 'rich', 'notebook'] | Callable[[ImportProgress], object] | None"
#: What to do with a record that cannot be imported.
BadRecords: TypeAlias = Literal["fail", "skip"]
#: What to do when an execution of the import is already running. One that is not ours is never cancelled.
Busy: TypeAlias = Literal["fail", "wait"]


def _one_of(*allowed: str) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_: object, attribute: Attribute[Any], value: Any) -> None:
        if value not in allowed:
            raise ConfigurationError(
                f"`{attribute.name}` is {value!r}; nothing was sent.",
                field=attribute.name,
                fix=f"Pass one of {', '.join(map(repr, allowed))}.",
            )

    return check


def _between(
    least: float, most: float, unit: str, *, whole: bool = False
) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_: object, attribute: Attribute[Any], value: Any) -> None:
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            raise ConfigurationError(
                f"`{attribute.name}` is {value!r}; nothing was sent.",
                field=attribute.name,
                fix=f"Pass a {'whole ' if whole else ''}number of {unit} from {least:,} to {most:,}.",
            )

    return check


def _a(fix: str, fits: Callable[[Any], bool]) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_: object, attribute: Attribute[Any], value: Any) -> None:
        if not fits(value):
            raise ConfigurationError(
                # Only its kind: a model is long, and a path is nobody's business.
                f"`{attribute.name}` is {value if isinstance(value, (int, float)) else type(value).__name__}; "
                "nothing was sent.",
                field=attribute.name,
                fix=f"Pass {fix}.",
            )

    return check


#: Text such as "false" counts as true in Python, which is not what who wrote it into a configuration meant.
_YES_OR_NO = _a("True or False", lambda value: isinstance(value, bool))


_OFFSET = re.compile(r"(?:UTC)?(?:(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>[0-5]\d))?")


def time_zone(name: str) -> datetime.tzinfo:
    """Return the time zone with a name.

    Args:
        name: An IANA name such as "Europe/Berlin", "UTC", or an offset such as "+02:00".

    Raises:
        KeyError, ValueError, OSError: There is no such time zone.
    """
    import zoneinfo

    offset = _OFFSET.fullmatch(name)
    if not name or offset is None:
        return zoneinfo.ZoneInfo(name)
    if offset["sign"] is None:
        return datetime.UTC
    distance = datetime.timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"]))
    return datetime.timezone(-distance if offset["sign"] == "-" else distance)


def _time_zone_name(value: str | datetime.tzinfo | None) -> str | None:
    if value is None:
        return None
    # The name can be saved and sent to another process. A fixed offset may have any name, so that its offset is taken.
    name = str(datetime.timezone(value.utcoffset(None)) if isinstance(value, datetime.timezone) else value)
    try:
        time_zone(name)
    except (KeyError, ValueError, OSError) as error:
        shown = repr(value) if isinstance(value, str) else type(value).__name__
        raise ConfigurationError(
            f"`timezone` is {shown}, which is not a known time zone; nothing was sent.",
            field="timezone",
            fix='Pass an IANA name such as "Europe/Berlin", an offset such as "+02:00", a ZoneInfo, or a '
            "datetime.timezone. On Windows, names need the package tzdata.",
        ) from error
    return name


class ImportSettings(TypedDict, total=False):
    """The options of an import as keyword arguments; what each means stands at `ImportOptions`."""

    model: SchemaModel | None
    on_progress: Callable[[ImportProgress], object] | None
    progress: Progress
    journal: str | PathLike[str] | None
    on_bad_record: BadRecords
    on_busy: Busy
    busy_seconds: float
    chunk_records: int
    chunk_bytes: int
    in_flight: int
    total: int | None
    wait: bool
    timeout: float
    idle_seconds: float
    source_seconds: float
    max_missing: float
    allow_missing: bool
    require_roles: bool
    unique_in_run: bool
    find_dangling: bool
    timezone: str | datetime.tzinfo | None
    compress: bool
    fast: bool | None
    record_failure: bool


@frozen(kw_only=True)
class ImportOptions:
    """How an import shall run.

    Attributes:
        model: The schema model that the records follow; None to read it from Assets.
        on_progress: Told after each chunk and each look at the execution, with an `ImportProgress`.
        progress: A display: "log", "notebook" for Jupyter, "tqdm" or "rich" (the extra `progress`), or a function like
            `on_progress`.
        journal: The path of a SQLite file that lets a killed run be resumed.
        on_bad_record: "fail", or "skip" and hand the record back in `result.failed`.
        on_busy: "fail", or "wait" until the execution that is running has ended.
        busy_seconds: How long to wait for that.
        chunk_records: The most records in a chunk.
        chunk_bytes: The most bytes in a chunk.
        in_flight: How many chunks are on their way at the same time.
        total: How many records there will be, where that is known, for the remaining time.
        wait: Whether to wait until Assets has processed everything.
        timeout: Seconds to wait for that.
        idle_seconds: Seconds after which a slow source's records are sent on although the chunk is not full.
        source_seconds: Seconds that the source may take for one record; then the import is interrupted, so that an
            execution does not stay open for ever. An asynchronous source is interrupted where it waits. One that blocks
            holds up the whole import and is found out when it goes on, so give it time limits of its own.
        max_missing: The part of the previous run's records, or of the objects in Assets, that may be missing before the
            import is refused.
        allow_missing: Complete the import although many records are missing, or all.
        require_roles: Refuse to import while the default entries are still in the schema's roles.
        unique_in_run: Refuse a record whose identifier came before anywhere in the run, not only in its chunk.
        find_dangling: Count references to objects that the run does not bring.
        timezone: The time zone of naive date-times, both objects and strings in attributes for a date and time: an IANA
            name, an offset such as "+02:00", or a `tzinfo`. Default: None, which makes them bad records.
        compress: Send chunks compressed; turned off for the run when the service refuses that.
        fast: True insists on orjson, False never uses it, None uses it where it is installed.
        record_failure: Leave an entry in the import's history when the run fails. Not with a journal, which keeps the
            execution open for `resume_import`; the entry would close it.
    """

    model: SchemaModel | None = field(
        default=None,
        validator=_a("a SchemaModel or None", lambda value: value is None or isinstance(value, SchemaModel)),
    )
    on_progress: Callable[[ImportProgress], object] | None = field(
        default=None,
        repr=False,
        validator=_a(
            "a function that takes an ImportProgress, or None", lambda value: value is None or callable(value)
        ),
    )
    progress: Progress = field(default=None, repr=False)
    journal: str | PathLike[str] | None = field(
        default=None,
        validator=_a("a path or None", lambda value: value is None or isinstance(value, (str, PathLike))),
    )
    on_bad_record: BadRecords = field(default="fail", validator=_one_of("fail", "skip"))
    on_busy: Busy = field(default="fail", validator=_one_of("fail", "wait"))
    busy_seconds: float = field(default=600.0, validator=_between(0, 86_400, "seconds"))
    chunk_records: int = field(default=500, validator=_between(1, 100_000, "records", whole=True))
    chunk_bytes: int = field(
        default=4 * 1024 * 1024, validator=_between(1024, 64 * 1024 * 1024, "bytes", whole=True)
    )
    in_flight: int = field(default=4, validator=_between(1, 16, "chunks", whole=True))
    total: int | None = field(
        default=None,
        validator=_a(
            "a whole number of records, or None where nobody knows",
            lambda value: value is None or (type(value) is int and value >= 0),
        ),
    )
    wait: bool = field(default=True, validator=_YES_OR_NO)
    timeout: float = field(default=3_600.0, validator=_between(0, 604_800, "seconds"))
    idle_seconds: float = field(default=5.0, validator=_between(0.01, 3_600, "seconds"))
    source_seconds: float = field(default=3_600.0, validator=_between(0.01, 604_800, "seconds"))
    max_missing: float = field(default=0.2, validator=_between(0, 1, "parts of the whole (0.2 is 20 %)"))
    allow_missing: bool = field(default=False, validator=_YES_OR_NO)
    require_roles: bool = field(default=False, validator=_YES_OR_NO)
    unique_in_run: bool = field(default=False, validator=_YES_OR_NO)
    find_dangling: bool = field(default=False, validator=_YES_OR_NO)
    timezone: str | None = field(default=None, converter=_time_zone_name)
    compress: bool = field(default=False, validator=_YES_OR_NO)
    fast: bool | None = field(
        default=None,
        validator=_a("True, False or None", lambda value: value is None or isinstance(value, bool)),
    )
    record_failure: bool = field(default=False, validator=_YES_OR_NO)

    def to_dict(self) -> dict[str, object]:
        """What another process needs to check and cut records in the same way, as JSON-ready data."""
        return {name: getattr(self, name) for name in _TRAVELLING}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> ImportOptions:
        """The options back from `to_dict`."""
        given: ImportSettings = {name: data[name] for name in _TRAVELLING if name in data}  # type: ignore[assignment]  # checked by the validators
        return cls(**given)


#: Options that go along when an execution travels to another process.
_TRAVELLING = (
    "on_bad_record",
    "chunk_records",
    "chunk_bytes",
    "in_flight",
    "idle_seconds",
    "source_seconds",
    "unique_in_run",
    "timezone",
    "compress",
    "fast",
)
