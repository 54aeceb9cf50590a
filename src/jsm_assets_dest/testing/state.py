"""Storing the state of an emulator in a SQLite file.

One table per kind of entity, one row per entity, with its fields as JSON: any SQLite tool can read it. The file
contains the emulator's own tokens, which are useless elsewhere. Requests, faults and the switches of `Emulator.access`
are not stored.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from .world import entities
from .world.accounts import Client, Credentials, Token
from .world.site import Site

VERSION = 2

_Row: TypeAlias = tuple[str, str]
_NUMBER_KEYS = {
    entities.ObjectType: ("object_ids",),
    entities.AssetObject: ("values",),
    entities.ImportSource: ("mappings", "filters", "policies", "absences", "registered"),
}
"""
Fields whose keys are numbers, which JSON converts to strings.
"""


def _tables(site: Site, credentials: Credentials) -> dict[str, tuple[type[Any], dict[Any, Any], bool]]:
    """Return for each table the class, the dictionary of its entities, and True if its keys are numbers."""
    return {
        "accounts": (entities.Account, site.accounts, False),
        "groups": (entities.Group, site.groups, False),
        "schemas": (entities.ObjectSchema, site.schemas, True),
        "types": (entities.ObjectType, site.types, True),
        "attributes": (entities.Attribute, site.attributes, True),
        "objects": (entities.AssetObject, site.objects, True),
        "icons": (entities.Icon, site.icons, False),
        "statuses": (entities.Status, site.statuses, True),
        "reference_types": (entities.ReferenceType, site.reference_types, True),
        "roles": (entities.Role, site.roles, True),
        "import_sources": (entities.ImportSource, site.import_sources, False),
        "executions": (entities.Execution, site.executions, False),
        "mapping_progress": (entities.MappingProgress, site.mapping_progress, False),
        "tokens": (Token, credentials.tokens, False),
        "clients": (Client, credentials.clients, False),
    }


def save(path: Path, site: Site, credentials: Credentials) -> None:
    """Write everything into a file. The file is replaced only once the new one is complete."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(draft)) as database, database:
        for name, (kind, entities_by_key, _) in _tables(site, credentials).items():
            _write(database, name, _documents(kind, entities_by_key))
        _write(
            database,
            "history",
            (
                (str(key), json.dumps([attrs.asdict(entry) for entry in items]))
                for key, items in site.history.items()
            ),
        )
        facts = {
            "version": VERSION,
            "seed": site.ids.seed,
            "counters": site.ids.counters,
            "cloud_id": site.cloud_id,
            "workspace_id": site.workspace_id,
            "time": site.clock.time(),
            "settings": site.settings,
        }
        _write(database, "site", ((key, json.dumps(value)) for key, value in facts.items()))
    draft.replace(path)


def _write(database: sqlite3.Connection, name: str, rows: Iterable[_Row]) -> None:
    database.execute(f'CREATE TABLE "{name}" (id TEXT PRIMARY KEY, document TEXT NOT NULL)')
    database.executemany(f'INSERT INTO "{name}" VALUES (?, ?)', rows)  # noqa: S608  # names are ours


def _documents(kind: type[Any], entities_by_key: Mapping[Any, Any]) -> Iterator[_Row]:
    # Entities are flat, so this does what attrs.asdict does, without its recursion.
    names = [field.name for field in attrs.fields(kind)]
    for key, entity in entities_by_key.items():
        yield str(key), json.dumps({name: getattr(entity, name) for name in names})


def load(path: Path, site: Site, credentials: Credentials) -> None:
    """Replace the state with that of a file.

    Raises:
        ValueError: the file does not contain the state of an emulator, or has another version.
    """
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            facts = {key: json.loads(text) for key, text in _rows(database, "site")}
        except sqlite3.DatabaseError as problem:
            raise ValueError(f"{path} does not contain the state of an emulator: {problem}") from problem
        if facts.get("version") != VERSION:
            raise ValueError(f"{path} was written by another version of the emulator")
        for name, (kind, entities_by_key, numbers) in _tables(site, credentials).items():
            key_of: Callable[[str], Any] = int if numbers else str
            entities_by_key.clear()
            for key, text in _rows(database, name):
                entities_by_key[key_of(key)] = _entity(kind, json.loads(text))
        site.history = {
            int(key): [entities.HistoryEntry(**fields) for fields in json.loads(text)]
            for key, text in _rows(database, "history")
        }
    site.ids.seed = facts["seed"]
    site.ids.counters = facts["counters"]
    site.cloud_id = facts["cloud_id"]
    site.workspace_id = facts["workspace_id"]
    site.settings = facts["settings"]
    site.clock.set_time(max(site.clock.time(), facts["time"]))
    site.reindex()


def _rows(database: sqlite3.Connection, name: str) -> Iterable[_Row]:
    rows: Iterable[_Row] = database.execute(f'SELECT id, document FROM "{name}" ORDER BY rowid')  # noqa: S608 - a table of ours
    return rows


def _entity(kind: type[Any], fields: dict[str, Any]) -> Any:
    for name in _NUMBER_KEYS.get(kind, ()):
        fields[name] = {
            int(key): tuple(value) if isinstance(value, list) else value
            for key, value in fields[name].items()
        }
    if kind is entities.AssetObject:
        fields["ticket_keys"] = tuple(fields["ticket_keys"])
    return kind(**fields)
