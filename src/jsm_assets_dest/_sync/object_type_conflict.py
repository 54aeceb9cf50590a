# Derived from _async/object_type_conflict.py by tools/derive_sync.py: do not edit; change _async/object_type_conflict.py and derive again.
"""Conflict between an object type of a model and an existing one of the same name."""

from typing import Self

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._model.schema_model import SchemaModel
from .._operations import conflicts
from .._plan.conflicts import ConflictRecord, Resolution
from .session import Session, values_of


@checked_methods
@frozen(kw_only=True, repr=False)
class ObjectTypeConflict(ConflictRecord):
    """Conflict between an object type of a model and an existing one of the same name, with its possible resolutions."""

    __module__ = "jsm_assets_dest"

    _session: Session = field(repr=False, eq=False, alias="session")

    @classmethod
    def of(cls, session: Session, record: ConflictRecord) -> Self:
        """Return a handle for the conflict."""
        return cls(**values_of(record), session=session)

    def resolve(
        self,
        resolution: Resolution | str,
        model: SchemaModel,
        *,
        name: str | None = None,
        delete_objects: int | None = None,
    ) -> SchemaModel:
        """Resolve the conflict and return the updated model.

        ADOPT, RENAME_INCOMING, and SKIP change the model only. RENAME_EXISTING and DELETE_EXISTING change the object type
        in Assets immediately.

        Args:
            resolution: The resolution. `choices` lists the possible ones.
            model: The wanted model.
            name: New name for RENAME_INCOMING and RENAME_EXISTING. Default: a free name.
            delete_objects: For DELETE_EXISTING of a type that has objects: their number, as a confirmation.

        Raises:
            ResolutionNotPossibleError: The resolution is not possible. The message says why.
        """
        return self._session.ask(
            conflicts.resolve, self, resolution, model, name=name, delete_objects=delete_objects
        )
