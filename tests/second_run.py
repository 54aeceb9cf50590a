"""Runs a page or an example twice in a row on the same site, and in the same folder.

A page creates its emulator in its own process. Here, the first emulator of a script continues with the state that the first
emulator of the previous run saved, and so on. What the script sets up on the emulator, as a person does in the user
interface, exists from the second run on and is returned as it is.
"""

from __future__ import annotations

import atexit
import json
from pathlib import Path
from typing import Any

from jsm_assets_dest import testing
from jsm_assets_dest.testing import emulator as emulator_module
from jsm_assets_dest.testing.handles import SeededObject, SeededSchema, SeededType
from jsm_assets_dest.testing.import_handles import SeededImportSource

#: Files of this module begin so, so that no page reads them.
PREFIX = ".site"


class SavedEmulator(testing.Emulator):
    """An emulator that keeps its state between runs."""

    created: int = 0

    def __init__(self, **options: Any) -> None:
        number = SavedEmulator.created
        SavedEmulator.created += 1
        options.setdefault("state", f"{PREFIX}-{number}.sqlite")
        super().__init__(**options)
        atexit.register(self._finish, f"{PREFIX}-{number}")

    def _finish(self, name: str) -> None:
        self.save(f"{name}.sqlite")
        labels = {
            f"{schema.key}/{object_type.name}": sorted(asset.label for asset in object_type.objects)
            for schema in self.object_schemas
            for object_type in schema.object_types
        }
        Path(f"{name}.json").write_text(json.dumps(labels), encoding="utf-8")

    def seed_demo(self, *arguments: Any, **options: Any) -> Any:
        return None if self.object_schemas else super().seed_demo(*arguments, **options)

    def add_group(self, name: str, **options: Any) -> Any:
        return self.world.groups.get(name) or super().add_group(name, **options)

    def add_account(self, email: str, **options: Any) -> Any:
        existing = [account for account in self.world.accounts.values() if account.email == email]
        if not existing:
            return super().add_account(email, **options)
        existing[0].active = options.get("active", True)
        return existing[0]

    def add_object_schema(self, key: str, *arguments: Any, **options: Any) -> SeededSchema:
        existing = [schema for schema in self.object_schemas if schema.key == key]
        return existing[0] if existing else super().add_object_schema(key, *arguments, **options)

    def add_import_source(
        self, schema: SeededSchema | str, name: str = "Okta", **options: Any
    ) -> SeededImportSource:
        key = schema if isinstance(schema, str) else schema.key
        existing = [
            source for source in self.import_sources if source.name == name and source.schema.key == key
        ]
        return existing[0] if existing else super().add_import_source(schema, name, **options)


def remember() -> None:
    """Make every `Emulator` of this process continue with the site of the previous run."""
    add_object_type, add_object = SeededSchema.add_object_type, SeededType.add_object
    add_attribute = SeededType.add_attribute

    def existing_type(self: SeededSchema, name: str, **options: Any) -> SeededType:
        return self[name] if name in self else add_object_type(self, name, **options)

    def existing_object(self: SeededType, values: Any = None, /, **more: Any) -> SeededObject:
        labels = [*(values or {}).values(), *more.values()]
        matches = [asset for asset in self.objects if asset.label in labels]
        return matches[0] if matches else add_object(self, values, **more)

    def existing_attribute(self: SeededType, name: str, *arguments: Any, **options: Any) -> Any:
        exists = name in self.attribute_names
        return self.attribute(name) if exists else add_attribute(self, name, *arguments, **options)

    SeededType.add_attribute = existing_attribute  # type: ignore[method-assign]
    SeededSchema.add_object_type = existing_type  # type: ignore[method-assign]
    SeededType.add_object = existing_object  # type: ignore[method-assign]
    testing.Emulator = SavedEmulator  # type: ignore[misc]
    emulator_module.Emulator = SavedEmulator  # type: ignore[misc]
