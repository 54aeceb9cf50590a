"""Handles on import sources and their executions, as `handles` has them for schemas and objects."""

from __future__ import annotations

from typing import cast

from .handles import SeededSchema
from .world import imports
from .world.entities import Execution, ImportSource
from .world.executions import cancel_execution, settle_executions, status_document
from .world.json_reading import JsonObject, JsonValue
from .world.site import Site


class SeededExecution:
    """An execution of an import."""

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, site: Site, execution: Execution) -> None:
        self._site = site
        self._execution = execution

    @property
    def id(self) -> str:
        """The id."""
        return self._execution.id

    @property
    def import_source_id(self) -> str:
        """The id of the import source."""
        return self._execution.source_id

    @property
    def status(self) -> str:
        """`INGESTING`, `PROCESSING`, `DONE` or `CANCELLED`."""
        settle_executions(self._site)
        return self._execution.status

    @property
    def progress(self) -> JsonObject:
        """The progress that the client submitted last."""
        return self._execution.progress

    @property
    def chunks(self) -> list[JsonValue]:
        """The data submitted so far, until it is processed."""
        return list(self._execution.chunks)

    @property
    def failure_reason(self) -> str | None:
        """What the client recorded as the reason of a failure."""
        return self._execution.failure_reason

    @property
    def result(self) -> JsonObject | None:
        """The `progressResult` of the status, once it is done."""
        settle_executions(self._site)
        return self._execution.result

    @property
    def status_document(self) -> JsonObject:
        """The body a client gets when it asks for the status."""
        settle_executions(self._site)
        return status_document(self._site, self._execution)

    def counts(self, type_name: str) -> JsonObject:
        """The counters of one object type."""
        results = cast(JsonObject, (self.result or {}).get("objectTypeResultMap", {}))
        for each in results.values():
            counters = cast(JsonObject, each)
            if counters["objectTypeName"] == type_name:
                return counters
        raise KeyError(f"the execution has no result for {type_name}")

    def cancel(self) -> None:
        """Cancel it, as somebody else could do in the user interface."""
        cancel_execution(self._site, self._execution)

    def __repr__(self) -> str:
        return f"<SeededExecution {self.id} {self._execution.status}>"


class SeededImportSource:
    """An import source, with what the user interface can do to it."""

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, site: Site, source: ImportSource) -> None:
        self._site = site
        self._source = source

    @property
    def id(self) -> str:
        """The id."""
        return self._source.id

    @property
    def name(self) -> str:
        """The name."""
        return self._source.name

    @property
    def token(self) -> str:
        """The container token that is good now."""
        return self._source.token

    @property
    def schema(self) -> SeededSchema:
        """The object schema it fills."""
        return SeededSchema(self._site, self._site.schemas[self._source.schema_id])

    @property
    def status(self) -> str:
        """`IDLE`, `DISABLED`, `MISSING_MAPPING` or `RUNNING`."""
        settle_executions(self._site)
        return imports.config_status(self._site, self._source)

    @property
    def executions(self) -> list[SeededExecution]:
        """Its executions, oldest first."""
        return [SeededExecution(self._site, each) for each in imports.executions_of(self._site, self._source)]

    def generate_token(self) -> str:
        """A new container token; the older one is dead at once."""
        return imports.generate_token(self._site, self._source)

    def enable(self) -> None:
        """Enable it."""
        self._source.enabled = True

    def disable(self) -> None:
        """Disable it: imports are refused."""
        self._source.enabled = False

    def uninstall_module(self) -> None:
        """Let the import module be gone: starting answers `INVALID_IMPORT_MODULE_KEY`."""
        self._source.module_key = "rlabs-import-type-csv"

    def delete(self) -> None:
        """Delete it; its token is dead, its objects stay."""
        imports.delete_import_source(self._site, self._source)

    def __repr__(self) -> str:
        return f"<SeededImportSource {self.name!r} of {self.schema.key}>"
