"""Handles of import sources and their executions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from .handles import SeededSchema
from .world import imports
from .world.aql_parsing import parse
from .world.entities import Execution, ImportSource
from .world.imports import cancel_execution, settle_executions, status_document
from .world.json_reading import JsonObject, JsonValue
from .world.objects import missing_policy, policy_of
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
        """The last submitted progress."""
        return self._execution.progress

    @property
    def chunks(self) -> list[JsonValue]:
        """The data submitted so far, until it is processed."""
        return list(self._execution.chunks)

    @property
    def failure_reason(self) -> str | None:
        """The reason of a failure, as the client recorded it."""
        return self._execution.failure_reason

    @property
    def result(self) -> JsonObject | None:
        """The `progressResult` of the status; None until the execution is done."""
        settle_executions(self._site)
        return self._execution.result

    @property
    def status_document(self) -> JsonObject:
        """The body of a status response."""
        settle_executions(self._site)
        return status_document(self._site, self._execution)

    def counts(self, type_name: str) -> JsonObject:
        """Return the counters of one object type."""
        results = cast(JsonObject, (self.result or {}).get("objectTypeResultMap", {}))
        for result in results.values():
            counters = cast(JsonObject, result)
            if counters["objectTypeName"] == type_name:
                return counters
        raise KeyError(f"the execution has no result for {type_name}")

    def cancel(self) -> None:
        """Cancel it, as another user could do in the user interface."""
        cancel_execution(self._site, self._execution)

    def __repr__(self) -> str:
        return f"<SeededExecution {self.id} {self._execution.status}>"


class SeededImportSource:
    """An import source, with the actions of the user interface."""

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
        """The valid container token."""
        return self._source.token

    @property
    def schema(self) -> SeededSchema:
        """The target object schema."""
        return SeededSchema(self._site, self._site.schemas[self._source.schema_id])

    @property
    def status(self) -> str:
        """`IDLE`, `DISABLED`, `MISSING_MAPPING` or `RUNNING`."""
        settle_executions(self._site)
        return imports.config_status(self._site, self._source)

    @property
    def executions(self) -> list[SeededExecution]:
        """Its executions, oldest first."""
        return [
            SeededExecution(self._site, execution)
            for execution in imports.executions_of(self._site, self._source)
        ]

    def generate_token(self) -> str:
        """Generate a container token; the older one becomes invalid immediately."""
        return imports.generate_token(self._site, self._source)

    def enable(self) -> None:
        """Enable it."""
        self._source.enabled = True

    def disable(self) -> None:
        """Disable it. It rejects imports from now on."""
        self._source.enabled = False

    def uninstall_module(self) -> None:
        """Uninstall the import module. Starting an import returns `INVALID_IMPORT_MODULE_KEY`."""
        self._source.module_key = "rlabs-import-type-csv"

    def set_missing_objects(
        self,
        policy: str,
        type_name: str | None = None,
        *,
        threshold: int = 1,
        unit: str = "runs",
        update: Sequence[str] = (),
    ) -> None:
        """Set the policy for objects that the data no longer contains, as in the user interface.

        Args:
            policy: "ignore", "remove" or "update".
            type_name: only for this mapped object type; for all of them if None.
            threshold: number of consecutive runs, or of days, that an object must be absent.
            unit: "runs" or "days".
            update: for "update": name of an attribute and its new value.
        """
        settings = missing_policy(policy, threshold=threshold, unit=unit, update=update)
        if type_name is None:
            self._source.default_policy = settings
            self._source.policies.clear()
        else:
            self._source.policies[int(self.schema[type_name].id)] = settings

    def set_filter(self, type_name: str, query: str) -> None:
        """Set "Filter data source by AQL" of an object type mapping, as in the user interface.

        Args:
            type_name: name of the mapped object type.
            query: AQL query that the values of an entry must match; without a match, Assets does not import the entry. An
                empty string removes the filter.
        """
        type_id = int(self.schema[type_name].id)
        self._source.filters.pop(type_id, None)
        if query:
            parse(query)
            self._source.filters[type_id] = query

    def missing_objects(self, type_name: str | None = None) -> str:
        """Return the policy for objects that the data no longer contains: "ignore", "remove" or "update"."""
        if type_name is None:
            return str(self._source.default_policy["policy"])
        return str(policy_of(self._source, int(self.schema[type_name].id))["policy"])

    def delete(self) -> None:
        """Delete it with its executions. Its token becomes invalid; its types and objects stay."""
        for execution in imports.executions_of(self._site, self._source):
            del self._site.executions[execution.id]
        del self._site.import_sources[self._source.id]

    def __repr__(self) -> str:
        return f"<SeededImportSource {self.name!r} of {self.schema.key}>"
