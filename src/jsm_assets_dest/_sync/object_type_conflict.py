# Derived from _async/object_type_conflict.py by tools/derive_sync.py: do not edit; change _async/object_type_conflict.py and derive again.
"""An object type that is wanted and already there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from .._operations import conflicts
from .._plan.conflicts import ConflictRecord, Resolution

if TYPE_CHECKING:
    from typing import Self

    from .._model.schema_model import SchemaModel
    from .connection import Connection


@frozen(kw_only=True)
class ObjectTypeConflict(ConflictRecord):
    """A conflict between a wanted object type and an existing one of the same name, and the ways out of it."""

    _connection: Connection = field(repr=False, eq=False, alias="connection")

    @classmethod
    def of(cls, connection: Connection, record: ConflictRecord) -> Self:
        """Bind what was found to a connection."""
        values = asdict(record, recurse=False, filter=lambda attribute, _: attribute.name != "_connection")
        return cls(**values, connection=connection)

    def resolve(
        self,
        resolution: Resolution,
        model: SchemaModel,
        *,
        name: str | None = None,
        delete_objects: int | None = None,
    ) -> SchemaModel:
        """Take one way out and give the model that goes with it.

        ADOPT, RENAME_INCOMING and SKIP change the model only. RENAME_EXISTING and DELETE_EXISTING change the object type
        in Assets.

        Args:
            resolution: The way out; `choices` says which are possible.
            model: The wanted model.
            name: For the two renamings, the new name; None for one that is free.
            delete_objects: For DELETE_EXISTING of a type with objects: how many it has, to show that they are meant.

        Raises:
            ResolutionNotPossibleError: It is not possible; the message says why.
        """
        return self._connection._run(
            conflicts.resolve(
                self._connection._site, self, resolution, model, name=name, delete_objects=delete_objects
            )
        )
