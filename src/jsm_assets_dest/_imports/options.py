"""Options of an import, checked before anything is sent."""

import datetime
import re
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias, TypedDict, cast

from attrs import Attribute, field, frozen

from .._arguments.checking import checked
from .._arguments.fitting import invalid, type_problem
from .._display.progress_bars import DisplayName
from .._display.values import public_value
from .._model.schema_model import SchemaModel
from ..exceptions import ConfigurationError, PreviewFacts
from .preview import ImportPreview, MissingObjectsSetting, checked_acceptance
from .progress import ImportProgress

#: Records by selector, or pairs of a selector and a record.
Records: TypeAlias = Mapping[str, Iterable[object]] | Iterable[tuple[str, object]]
#: The same for the async API, in which each source may also be async.
AsyncRecords: TypeAlias = (
    Mapping[str, Iterable[object] | AsyncIterable[object]]
    | Iterable[tuple[str, object]]
    | AsyncIterable[tuple[str, object]]
)
#: Name of a progress display, a function that receives each `ImportProgress`, or None.
Progress: TypeAlias = DisplayName | Callable[[ImportProgress], object] | None
#: Reaction to an invalid record.
BadRecords: TypeAlias = Literal["fail", "skip"]
#: Records to send.
Send: TypeAlias = Literal["all", "changed"]
#: Extent of a verification.
Verify: TypeAlias = Literal["no", "sample", "all"]
#: Reaction to a running execution of the import. An execution of another process is never cancelled.
Busy: TypeAlias = Literal["fail", "wait"]
#: Share of the objects of a type that may be newly missing, by default.
MAX_MISSING = 0.2
# Quoted, because `attrs.Attribute` can't be subscripted at run time.
_Validator: TypeAlias = "Callable[[object, Attribute[Any], Any], None]"


def _between(least: float, most: float, what: str) -> _Validator:
    def check(_: object, attribute: "Attribute[Any]", value: Any) -> None:
        if not least <= value <= most:
            raise invalid(attribute.name, f"is {value!r}", f"Pass a {what} from {least:,} to {most:,}.")

    return check


def _seconds(least: float, most: float) -> _Validator:
    return _between(least, most, "number of seconds")


def _not_negative(_: object, attribute: "Attribute[Any]", value: int | None) -> None:
    if value is not None and value < 0:
        fix = "Pass a whole number of records, or None if it is unknown."
        raise invalid(attribute.name, f"is {value!r}", fix)


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
        raise invalid(
            "timezone",
            f"is {shown}, which is not a known time zone",
            'Pass an IANA name such as "Europe/Berlin", an offset such as "+02:00", a ZoneInfo, or a '
            "datetime.timezone. On Windows, names need the package tzdata.",
        ) from error
    return name


def _shares(value: object) -> float | dict[str, float]:
    """Return the share of objects that may be newly missing, for all object types or by object type."""
    shares = value if isinstance(value, Mapping) else {"": value}
    for name, share in cast("Mapping[object, object]", shares).items():
        if not isinstance(name, str):
            raise invalid(
                "max_missing",
                f"has a key of the type {type(name).__name__}",
                'Pass a share by name of an object type, such as {"People": 0.1}.',
            )
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            place = f"max_missing[{name!r}]" if name or isinstance(value, Mapping) else "max_missing"
            raise ConfigurationError(
                f"`{place}` is {share!r}. Nothing was sent.",
                field="max_missing",
                fix="Pass a number of parts of the whole (0.2 is 20 %) from 0 to 1, or such numbers by object type.",
            )
    return dict(cast("Mapping[str, float]", value)) if isinstance(value, Mapping) else cast("float", value)


def _names(value: object) -> tuple[str, ...] | None:
    """Return names of object types. A string is not a sequence of names."""
    if value is None:
        return None
    names = () if isinstance(value, (str, bytes)) or not isinstance(value, Iterable) else tuple(value)
    if not names or not all(isinstance(name, str) for name in names):
        problem = "is not a list of names" if names else "is empty" if value == [] else type_problem(value)
        raise invalid(
            "only", problem, 'Pass a list of selectors or names of object types, such as ["people"].'
        )
    return cast("tuple[str, ...]", names)


class ImportSettings(TypedDict, total=False):
    """Options of an import as keyword arguments; see `ImportOptions`."""

    model: SchemaModel | None
    on_progress: Progress
    journal: str | PathLike[str] | None
    on_bad_record: BadRecords
    on_busy: Busy
    chunk_records: int
    chunk_bytes: int
    in_flight: int
    total: int | None
    wait: bool
    timeout: float
    idle_seconds: float
    source_seconds: float
    throttle_seconds: float
    missing_objects: MissingObjectsSetting
    max_missing: float | Mapping[str, float]
    allow_missing: PreviewFacts | None
    only: Sequence[str] | None
    require_roles: bool
    unique_in_run: bool
    find_dangling: bool
    timezone: str | datetime.tzinfo | None
    send: Send
    verify: Verify
    visible_seconds: float


ImportSettings.__module__ = "jsm_assets_dest"  # a typed dictionary allows no assignment in its body


@checked
@frozen(kw_only=True)
@public_value
class ImportOptions:
    """Options of an import.

    Attributes:
        model: Schema model of the records. None reads it from Assets.

        on_progress: Progress display ("log", "notebook", "tqdm", or "rich"), or a function that receives an
            `ImportProgress` after each chunk and after each status request. "tqdm" and "rich" need the library of that
            name.
        total: Total number of records, if known. Progress reports then include the remaining time.

        on_bad_record: "fail" stops at a record that can't be imported. "skip" skips it and adds it to `result.failed`.
        unique_in_run: Reject a record if an earlier record of the run has its identifier, not only one of the same chunk.
        find_dangling: Count references to objects that are not part of the run.
        timezone: Time zone of naive date-times, both objects and strings in attributes for a date and time: an IANA name,
            an offset such as "+02:00", or a `tzinfo`. Default: None, which makes them bad records.

        missing_objects: What the import in Assets is set to do with objects that a run does not contain: "ignore", "remove",
            or "update". The API does not return this setting, so you declare it. "unknown" assumes the worst. With "ignore",
            no run is rejected because of missing objects.
        max_missing: Share of the objects of each object type that may be newly missing from a run, such as 0.2, or shares by
            selector or name of an object type; 0.2 for all others.
        allow_missing: Preview whose missing objects may be missing: `error.preview` of a `MassDeletionGuardError`, or a
            result of `ImportToken.preview`. It accepts exactly these objects. The journal records the acceptance.
        only: Selectors or names of the object types to take from the source. Objects of the other ones are missing from the
            run like all others.
        require_roles: Reject the import if the roles of the object schema still contain the default entries.

        send: "changed" sends only the records whose values differ from those that Assets confirmed, according to the journal. It
            needs `journal` and `missing_objects="ignore"`, because objects that are not sent must not be removed. All records
            are sent if the mapping, or the way in which this library writes records, has changed. "all" sends all records.
        verify: "all" reads the objects of all records back when Assets has finished, and compares them. "sample" compares 200
            records of each object type. Both need an account that may read objects. Differences are problems of the result.
        visible_seconds: Maximum seconds to wait until the search of Assets finds imported objects, with `verify`.

        journal: Path of a SQLite file. With it, an interrupted import can be resumed.
        on_busy: "fail" raises an error if another execution of the import is running. "wait" waits for its end.
        wait: Wait until Assets has processed all records.
        timeout: Seconds to wait for Assets: for the end of another execution, and for the end of processing.
        source_seconds: Seconds that the source may take for one record; then the import is interrupted and does not block
            later imports. An async source is cancelled. A sync source can't be interrupted: the timeout is detected when
            it returns.
        throttle_seconds: Seconds, in total, that the import waits while Atlassian's rate limits block its requests. Then
            it stops and leaves its execution open. It applies while an execution is open. Before that, and to all other
            calls, `RetryPolicy.longest_hint` applies.

        chunk_records: Maximum number of records in a chunk.
        chunk_bytes: Maximum number of bytes in a chunk.
        in_flight: Number of chunks that are sent at the same time.
        idle_seconds: Seconds after which the records of a slow source are sent although the chunk is not full.
    """

    model: SchemaModel | None = None
    on_progress: Progress = field(default=None, repr=False)
    journal: str | PathLike[str] | None = None
    on_bad_record: BadRecords = "fail"
    on_busy: Busy = "fail"
    chunk_records: int = field(default=500, validator=_between(1, 100_000, "whole number of records"))
    chunk_bytes: int = field(
        default=4 * 1024 * 1024, validator=_between(1024, 64 * 1024 * 1024, "whole number of bytes")
    )
    in_flight: int = field(default=4, validator=_between(1, 16, "whole number of chunks"))
    total: int | None = field(default=None, validator=_not_negative)
    wait: bool = True
    timeout: float = field(default=3_600.0, validator=_seconds(0, 604_800))
    idle_seconds: float = field(default=5.0, validator=_seconds(0.01, 3_600))
    source_seconds: float = field(default=3_600.0, validator=_seconds(0.01, 604_800))
    throttle_seconds: float = field(default=14_400.0, validator=_seconds(0, 604_800))
    missing_objects: MissingObjectsSetting = "unknown"
    max_missing: float | dict[str, float] = field(default=MAX_MISSING, converter=_shares, hash=False)
    allow_missing: ImportPreview | None = field(
        default=None, converter=checked_acceptance, repr=False, eq=False, hash=False
    )
    only: tuple[str, ...] | None = field(default=None, converter=_names)
    require_roles: bool = False
    unique_in_run: bool = False
    find_dangling: bool = False
    timezone: str | None = field(default=None, converter=_time_zone_name)
    send: Send = "all"
    verify: Verify = "no"
    visible_seconds: float = field(default=120.0, validator=_seconds(0, 86_400))

    def __attrs_post_init__(self) -> None:
        if self.journal == "":
            raise invalid("journal", "is an empty string", "Pass a path. Without a journal, pass None.")
        if self.send == "changed" and self.missing_objects != "ignore":
            raise ConfigurationError(
                f'`send` is "changed" and `missing_objects` is "{self.missing_objects}". Nothing was sent.',
                cause="If the import is set to remove missing objects, Assets would remove the objects that are not sent.",
                field="send",
                fix='Set missing objects to Ignore on the import\'s page in Assets, and pass missing_objects="ignore". '
                'Otherwise, pass send="all".',
            )
        if self.send == "changed" and self.journal is None:
            raise ConfigurationError(
                '`send` is "changed", and `journal` is missing. Nothing was sent.',
                cause="Only the journal knows which values Assets has confirmed.",
                field="send",
                fix='Pass the same journal=… in every run, such as journal="okta.journal".',
            )
        if self.verify != "no" and not self.wait:
            raise invalid(
                "verify",
                "compares objects after the end of the import, and `wait` is False",
                "Remove wait=False, or compare later with token.verify(records).",
            )

    def to_dict(self) -> dict[str, object]:
        """Return the options that another process needs to check and chunk records, as JSON-ready data."""
        return {name: getattr(self, name) for name in _PORTABLE}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "ImportOptions":
        """Read the result of `to_dict`."""
        options: ImportSettings = {name: data[name] for name in _PORTABLE if name in data}  # type: ignore[assignment]  # checked by the validators
        return cls(**options)


#: Options that are part of an execution for another process.
_PORTABLE = (
    "on_bad_record",
    "chunk_records",
    "chunk_bytes",
    "in_flight",
    "idle_seconds",
    "source_seconds",
    "throttle_seconds",
    "unique_in_run",
    "timezone",
    "missing_objects",
    "max_missing",
    "only",
)
