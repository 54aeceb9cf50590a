# Derived from object_schema_async.py by tools/derive_blocking.py: do not edit; change object_schema_async.py and derive again.
"""
An object schema of the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from ._operations import conflicts, roles, schemas
from .assets import Attribute, ImportSource, ObjectSchemaRecord, ObjectType, RoleKind, SchemaRoles
from .object_type_conflict import ObjectTypeConflict

if TYPE_CHECKING:
    from typing import Self

    from .connection import Connection
    from .model import SchemaModel


@frozen(kw_only=True)
class ObjectSchema(ObjectSchemaRecord):
    """
    An object schema: how it was when it was read, and what can be done with it.

    The values never change; `refresh` gives a new one.
    """

    _connection: Connection = field(repr=False, eq=False, alias="connection")

    @classmethod
    def of(cls, connection: Connection, record: ObjectSchemaRecord) -> Self:
        """
        Bind what was read to a connection.
        """
        values = asdict(record, recurse=False, filter=lambda attribute, _: attribute.name != "_connection")
        return cls(**values, connection=connection)

    def refresh(self) -> Self:
        """
        The schema as it is now.

        Raises:
            ObjectSchemaNotFoundError: It is gone, or hidden from this account.
        """
        return self.of(
            self._connection, self._connection._run(schemas.refreshed(self._connection._site, self.id))
        )

    def object_types(self) -> tuple[ObjectType, ...]:
        """
        All object types, of all levels, with the number of their objects.
        """
        return self._connection._run(schemas.object_types(self._connection._site, self.id))

    def attributes(self) -> tuple[Attribute, ...]:
        """
        All attributes of all object types.
        """
        return self._connection._run(schemas.attributes(self._connection._site, self.id))

    def find_conflicts(self, model: SchemaModel) -> list[ObjectTypeConflict]:
        """
        Object types of this schema that a model wants, too, with what differs.

        Args:
            model: The wanted model.

        Returns:
            One conflict for each wanted object type whose name is taken, in any case; empty for a new schema. A
            conflict may be harmless: then the existing type already is what is wanted.
        """
        found = self._connection._run(conflicts.find(self._connection._site, self.id, model))
        return [ObjectTypeConflict.of(self._connection, record) for record in found]

    def roles(self) -> SchemaRoles:
        """
        The roles of the schema with their entries, and which entries open it to everybody with JSM access.

        Raises:
            RolesNotSettableError: The site does not let this credential read them; the error carries the page and steps.
        """
        return self._connection._run(roles.read(self._connection._site, self))

    def set_roles(
        self,
        *,
        managers: Sequence[str] | None = None,
        developers: Sequence[str] | None = None,
        users: Sequence[str] | None = None,
    ) -> SchemaRoles:
        """
        Replace the entries of roles. A role that is None is left alone; an empty list empties it.

        Args:
            managers: Who may configure the schema: names of groups, or account ids of people.
            developers: Who may create, edit and delete objects. A new schema has every JSM group here.
            users: Who may see objects.

        Returns:
            The roles as Assets has them now.

        Raises:
            RolesNotSettableError: The site does not let this credential set them, or kept something else; the error
                carries the page and the steps to do it by hand.
        """
        wanted = {RoleKind.MANAGERS: managers, RoleKind.DEVELOPERS: developers, RoleKind.USERS: users}
        return self._connection._run(roles.write(self._connection._site, self, wanted))

    def allow_references(self, allowed: bool = True) -> None:  # noqa: FBT001, FBT002 - the one thing it is about
        """
        Set whether other object schemas may refer to this one's objects.
        """
        self._connection._run(schemas.allow_references(self._connection._site, self.id, allowed=allowed))

    def import_sources(self) -> tuple[ImportSource, ...]:
        """
        The imports of the schema. One can be created only on the schema's configuration page, tab Import.
        """
        return self._connection._run(schemas.import_sources(self._connection._site, self.id))

    def delete(self, *, confirm_key: str) -> None:
        """
        Delete the schema with all its object types and objects, for good.

        Args:
            confirm_key: The schema's key, typed out, to show that this is meant.

        Raises:
            ConfigurationError: `confirm_key` is not the schema's key; nothing was sent.
        """
        self._connection._run(schemas.delete(self._connection._site, self, confirm_key))
