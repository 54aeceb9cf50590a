"""One run of an import as a value: what has to be known to submit records to it, here or in another process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import cast

from attrs import Factory, define, evolve, field, frozen

from .._model.schema_model import SchemaModel
from ..exceptions import ConfigurationError
from .options import ImportOptions
from .progress import ImportProgress
from .tally import Tally


@define(eq=False)
class Ledger:
    """What this process has done with an execution; shared by all handles on it here.

    Attributes:
        tally: What was sent and refused.
        listeners: Who is told how far it is.
        lock: Held while the tally is changed, because several threads may submit.
        is_announced: Whether Assets may have heard that the data is complete; what follows is not ours to cancel.
        is_completed: Whether it certainly has.
        state: What the execution said last.
    """

    tally: Tally
    listeners: tuple[Callable[[ImportProgress], object], ...] = field(default=(), repr=False)
    lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    is_announced: bool = False
    is_completed: bool = False
    state: str = ""


def names_of(model: SchemaModel) -> dict[str, str]:
    """For each selector the name that its object type has in Assets."""
    return {spec.selector: spec.name for spec in model.object_types if spec.mapped}


def _nothing_yet(execution: Execution) -> Ledger:
    return Ledger(Tally(names=names_of(execution.model), started=0.0))


@frozen(kw_only=True)
class Execution:
    """An execution of an import, without a connection and without the token.

    Attributes:
        id: Its id in Assets.
        run_id: What the ids of its chunks begin with.
        site: The site's address.
        workspace_id: The workspace that it writes to.
        import_source_id: The import that it is a run of.
        schema_id: The object schema that it writes to; empty where nobody asked.
        links: Where it takes data and tells its state. They are bound to the import token, which is not among them.
        model: The model that records follow.
        options: How records are checked and cut.
        is_owner: Whether this process started it, and so may complete or cancel it.
        started: When it was started, in seconds since 1970.
        ledger: What this process has done with it.
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
    started: float = field(default=0.0, repr=False)
    ledger: Ledger = field(default=Factory(_nothing_yet, takes_self=True), repr=False, eq=False)

    def detached(self) -> Execution:
        """The execution for somebody else: to submit to, not to complete or cancel."""
        return evolve(Execution.from_dict(self.to_dict()), is_owner=False)

    def __reduce__(self) -> tuple[object, ...]:
        # Neither the connection nor the token leaves the process.
        return _detached, (self.to_dict(),)

    def to_dict(self) -> dict[str, object]:
        """The execution as JSON-ready data, without any secret."""
        return {
            "id": self.id,
            "run_id": self.run_id,
            "site": self.site,
            "workspace_id": self.workspace_id,
            "import_source_id": self.import_source_id,
            "schema_id": self.schema_id,
            "links": dict(self.links),
            "model": self.model.to_dict(),
            "options": self.options.to_dict(),
            "started": self.started,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Execution:
        """The execution back from `to_dict`, for submitting to it.

        Raises:
            ConfigurationError: It is not what `to_dict` gave.
        """
        try:
            texts = {name: str(data[name]) for name in _TEXTS}
            links = {
                str(name): str(link) for name, link in cast("Mapping[str, object]", data["links"]).items()
            }
            model = SchemaModel.from_dict(cast("Mapping[str, object]", data["model"]))
            options = ImportOptions.from_dict(cast("Mapping[str, object]", data["options"]))
            started = float(cast("float", data.get("started", 0.0)))
        except (KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                "This is no import execution.",
                field="execution",
                fix="Pass what `to_dict()` of an ImportExecution gave.",
            ) from error
        return Execution(
            id=texts["id"],
            run_id=texts["run_id"],
            site=texts["site"],
            workspace_id=texts["workspace_id"],
            import_source_id=texts["import_source_id"],
            schema_id=texts["schema_id"],
            links=links,
            model=model,
            options=options,
            is_owner=False,
            started=started,
        )


_TEXTS = ("id", "run_id", "site", "workspace_id", "import_source_id", "schema_id")


def _detached(data: Mapping[str, object]) -> Execution:
    return Execution.from_dict(data)
