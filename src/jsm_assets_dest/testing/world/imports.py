"""Import sources, which administrators create in the user interface, and their tokens."""

from __future__ import annotations

from collections.abc import Sequence

from .entities import Execution, ImportSource, ObjectSchema
from .missing_objects import missing_policy
from .site import Site

EMPTY_VALUES = ("ignore", "remove")
UNKNOWN_VALUES = ("ignore", "add")


def add_import_source(
    site: Site,
    schema: ObjectSchema,
    name: str,
    *,
    enabled: bool = True,
    missing_objects: str = "ignore",
    missing_update: Sequence[str] = (),
    empty_values: str = "ignore",
    unknown_values: str = "ignore",
) -> ImportSource:
    """Create an External import, as an administrator does in the configuration of a schema.

    Args:
        site: the site.
        schema: what it fills.
        name: human-readable.
        enabled: imports are accepted.
        missing_objects: policy for objects that the data no longer contains: "ignore", "remove" or "update".
        missing_update: for "update": name of an attribute and its new value.
        empty_values: an empty value leaves the attribute unchanged ("ignore") or clears it ("remove").
        unknown_values: unknown options and statuses are left out ("ignore") or created ("add").
    """
    for value, choices in (
        (empty_values, EMPTY_VALUES),
        (unknown_values, UNKNOWN_VALUES),
    ):
        if value not in choices:
            raise ValueError(f"{value!r} is not one of {', '.join(choices)}")
    policy = missing_policy(missing_objects, update=missing_update)
    now = site.now()
    source = ImportSource(
        id=site.ids.uuid("import source"),
        collection_id=site.ids.uuid("collection"),
        schema_id=schema.id,
        name=name,
        created=now,
        updated=now,
        enabled=enabled,
        default_policy=policy,
        empty_values=empty_values,
        unknown_values=unknown_values,
    )
    site.import_sources[source.id] = source
    generate_token(site, source)
    source.token_valid_from = 0
    return source


def generate_token(site: Site, source: ImportSource) -> str:
    """Generate a container token; the older one becomes invalid immediately."""
    source.token = site.ids.secret("ATCTT3x", "container token")
    source.token_valid_from = site.now() + round(site.doubts.fresh_token_seconds * 1000)
    source.updated = site.now()
    return source.token


def source_of_token(site: Site, secret: str) -> ImportSource | None:
    """Return the import source of a container token if the token is valid."""
    for source in site.import_sources.values():
        if source.token and source.token == secret:
            return source if site.now() >= source.token_valid_from else None
    return None


def executions_of(site: Site, source: ImportSource) -> list[Execution]:
    """Return the executions of a source, oldest first."""
    return [execution for execution in site.executions.values() if execution.source_id == source.id]


def open_execution(site: Site, source: ImportSource) -> Execution | None:
    """Return the running execution, if any."""
    for execution in executions_of(site, source):
        if execution.status in ("INGESTING", "PROCESSING"):
            return execution
    return None


def config_status(site: Site, source: ImportSource) -> str:
    """`IDLE`, `DISABLED`, `MISSING_MAPPING` or `RUNNING`."""
    if not source.enabled:
        return "DISABLED"
    if not source.has_mapping:
        return "MISSING_MAPPING"
    return "RUNNING" if open_execution(site, source) is not None else "IDLE"


def delete_import_source(site: Site, source: ImportSource) -> None:
    """Delete an import source with its executions, as the user interface does. Types and objects stay."""
    for execution in executions_of(site, source):
        del site.executions[execution.id]
    del site.import_sources[source.id]
