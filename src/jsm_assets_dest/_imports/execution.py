"""Execution of an import as a value, with its evidence and everything that this or another process needs to submit records to it."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from attrs import Factory, define, evolve, field, frozen

from .._arguments.checking import checked_methods
from .._assets.import_sources import ImportSource
from .._display.values import plain_data, public_value
from .._model.schema_model import SchemaModel
from .._session.gate import Patience
from .._wire.json_reading import as_object
from ..exceptions import AssetsError, ConfigurationError
from .comparison import Comparison
from .identities import MappedType
from .options import ImportOptions
from .progress import ImportProgress
from .tally import Tally


@define(eq=False)
class RunEvidence:
    """Knowledge about the objects of a run.

    Attributes:
        comparison: The existing objects, and the records of the run.
        import_source: Settings of the import; None if the account can't read them.
        unreadable: Why objects in Assets could not be read; None if all of them were read.
        last_counts: Records of the last execution by lowercase name of the object type.
        earlier: Identities of the records that other processes submitted before they passed the execution on, as
            `Comparison.to_dict` returns them.
        is_read: False in a process that submits records to an execution of another process, which has the evidence.
        is_accepted: True if the guard has compared the records and accepts the run.
    """

    comparison: Comparison
    import_source: ImportSource | None = None
    unreadable: AssetsError | None = None
    last_counts: Mapping[str, int] = field(factory=dict)
    earlier: tuple[Mapping[str, object], ...] = ()
    is_read: bool = True
    is_accepted: bool = False


@define(eq=False)
class Ledger:
    """State of an execution in this process, shared by all its handles.

    Attributes:
        tally: Counts of sent and rejected records.
        on_progress: Function that receives progress reports, or None.
        lock: Lock for the tally, because several threads may submit.
        is_announced: True if Assets may have received the end of the data. Such an execution is not cancelled.
        is_completed: True if Assets has received the end of the data.
        state: Last state of the execution.
        patience: Time that its requests may wait for throttling.
        evidence: Existing objects and records of the run, for the guard. None if missing objects are ignored.
        parts: Names of the submitted records whose counts are in the tally.
        is_manual: True while the caller can complete or cancel it.
        may_have_leaders: True for a manual execution: another process may take it over, and complete it first.
    """

    tally: Tally
    on_progress: Callable[[ImportProgress], object] | None = field(default=None, repr=False)
    lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    is_announced: bool = False
    is_completed: bool = False
    state: str = ""
    patience: Patience = field(kw_only=True)
    evidence: RunEvidence | None = field(default=None, kw_only=True, repr=False)
    parts: set[str] = field(factory=set, init=False, repr=False)
    is_manual: bool = field(default=False, kw_only=True)
    may_have_leaders: bool = field(default=False, kw_only=True)


def names_of(model: SchemaModel) -> dict[str, str]:
    """Return the names of the object types in Assets, by selector."""
    return {spec.selector: spec.name for spec in model.object_types if spec.mapped}


def _nothing_yet(execution: "Execution") -> Ledger:
    tally = Tally(names=names_of(execution.model), started=0.0)
    return Ledger(tally, patience=Patience(execution.options.throttle_seconds))


@checked_methods
@frozen(kw_only=True)
@public_value
class Execution:
    """Execution of an import, without a connection and without the token.

    Attributes:
        id: Id in Assets.
        run_id: First part of the ids of its chunks.
        site: Address of the site.
        workspace_id: Id of the workspace.
        import_source_id: Id of the import.
        schema_id: Id of the object schema; empty if it was not read.
        links: Addresses for data and status. They work only with the import token, which is not part of them.
        model: Schema model of the records.
        options: Options for checking and chunking.
        is_owner: True if this handle leads the execution: it started it or took it over, and can complete or cancel it.
        is_taken_over: True if another process started the execution, and this handle took it over.
        started: Time of the start, in seconds since 1970.
        ledger: State of the execution in this process.
    """

    id: str
    run_id: str = field(repr=False)
    site: str
    workspace_id: str = field(repr=False)
    import_source_id: str = field(repr=False)
    schema_id: str = field(default="", repr=False)
    links: Mapping[str, str] = field(repr=False)
    model: SchemaModel = field(repr=False, eq=False)
    options: ImportOptions = field(factory=ImportOptions, repr=False, eq=False)
    is_owner: bool = True
    is_taken_over: bool = False
    started: float = field(default=0.0, repr=False)
    ledger: Ledger = field(default=Factory(_nothing_yet, takes_self=True), repr=False, eq=False)

    def detached(self) -> "Execution":
        """Return the execution for another process, which can submit records but not complete or cancel it."""
        return evolve(Execution.from_dict(self.to_dict()), is_owner=False)

    def __reduce__(self) -> tuple[object, ...]:
        # Drop the connection and the token.
        return Execution.from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, object]:
        """Return the execution as JSON-ready data without secrets."""
        evidence = self.ledger.evidence
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            "links": dict(self.links),
            "model": self.model.to_dict(),
            "options": self.options.to_dict(),
            "started": self.started,
            # What exists is read again by a process that completes the execution: nothing changes until then.
            "object_types": []
            if evidence is None
            else [kind.to_dict() for kind in evidence.comparison.types],
            "identities": []
            if evidence is None or self.ledger.is_completed
            else [*evidence.earlier, evidence.comparison.to_dict()],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "Execution":
        """Read the result of `to_dict`, to submit records.

        Raises:
            ConfigurationError: The data is not a result of `to_dict`.
        """
        try:
            texts: dict[str, Any] = {name: str(data[name]) for name in _TEXTS}
            links = {
                str(name): str(link) for name, link in cast("Mapping[str, object]", data["links"]).items()
            }
            model = SchemaModel.from_dict(cast("Mapping[str, object]", data["model"]))
            options = ImportOptions.from_dict(cast("Mapping[str, object]", data["options"]))
            started = _number(data.get("started", 0.0))
            types = cast("Iterable[Mapping[str, object]]", data.get("object_types", ()))
            mapped_types = tuple(map(MappedType.from_dict, types))
            identities = cast("Iterable[object]", data.get("identities", ()))
            earlier = tuple(map(as_object, identities))
        except (KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                "The data is not an import execution.",
                field="execution",
                fix="Pass the result of `to_dict()` of an ImportExecution.",
            ) from error
        execution = Execution(
            **texts, links=links, model=model, options=options, is_owner=False, started=started
        )
        if mapped_types and options.missing_objects != "ignore":
            execution.ledger.evidence = RunEvidence(Comparison(mapped_types), earlier=earlier, is_read=False)
        return execution


def _number(value: object) -> float:
    if type(value) not in (int, float):
        raise TypeError("not a number")
    return float(cast("float", value))


_TEXTS = ("id", "run_id", "site", "workspace_id", "import_source_id", "schema_id")


@frozen(kw_only=True)
@public_value
class RunningImport:
    """Execution that is running in Assets, started by any process.

    Attributes:
        site: Address of the site.
        execution: The execution, for `attach`; None if Assets gave no links to it. Its link for records is not known.
        state: "INGESTING" (it accepts records), "PROCESSING", or another state of Assets; empty if it could not be read.
    """

    site: str
    execution: Execution | None = field(default=None, repr=False)
    state: str = ""

    @property
    def remedies(self) -> tuple[str, ...]:
        """Actions that end it, with the person who can take them."""
        if self.execution is None:
            return ("An object schema manager: cancel the execution on the import's page in Assets.",)
        return (
            'You: if it may be in use, start the next import with on_busy="wait", which waits for its end.',
            "You: if no one uses it, cancel it with token.attach(running.execution, lead=True).cancel().",
        )

    def __str__(self) -> str:
        name = "An execution" if self.execution is None else f"The execution {self.execution.id}"
        state = f" ({self.state})" if self.state else ""
        return "\n".join((f"{name} is running{state}.", *(f"  {remedy}" for remedy in self.remedies)))

    def to_dict(self) -> dict[str, object]:
        """Return what is known as JSON-ready data without secrets."""
        return plain_data(self, "site execution state remedies")
