"""An object schema of the site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from .._assets.object_schemas import ObjectSchemaRecord
from .._operations import object_schemas as schemas

if TYPE_CHECKING:
    from typing import Self

    from .._assets.import_sources import ImportSource, ImportStatus
    from .._assets.object_types import Attribute, ObjectType
    from .._assets.roles import SchemaRoles
    from .._assets.statuses import Status, StatusCategory
    from .._model.graph import Graph
    from .._model.schema_model import SchemaModel
    from .connection import AsyncConnection
    from .object_type_conflict import AsyncObjectTypeConflict


@frozen(kw_only=True)
class AsyncObjectSchema(ObjectSchemaRecord):
    """An object schema: how it was when it was read, and what can be done with it.

    The values never change; `refresh` gives a new one.
    """

    _connection: AsyncConnection = field(repr=False, eq=False, alias="connection")

    @classmethod
    def of(cls, connection: AsyncConnection, record: ObjectSchemaRecord) -> Self:
        """Bind what was read to a connection."""
        values = asdict(record, recurse=False, filter=lambda attribute, _: attribute.name != "_connection")
        return cls(**values, connection=connection)

    async def refresh(self) -> Self:
        """The schema as it is now.

        Raises:
            ObjectSchemaNotFoundError: It is gone, or hidden from this account.
        """
        return self.of(
            self._connection, await self._connection._run(schemas.refreshed(self._connection._site, self.id))
        )

    async def object_types(self) -> tuple[ObjectType, ...]:
        """All object types, of all levels, with the number of their objects."""
        return await self._connection._run(schemas.object_types(self._connection._site, self.id))

    async def attributes(self) -> tuple[Attribute, ...]:
        """All attributes of all object types."""
        return await self._connection._run(schemas.attributes(self._connection._site, self.id))

    async def graph(self) -> Graph:
        """A picture of the object types, their attributes and references, as Mermaid text and as SVG; a notebook shows it."""
        return await self._connection._run(schemas.graph(self._connection._site, self))

    async def find_conflicts(self, model: SchemaModel) -> list[AsyncObjectTypeConflict]:
        """Object types of this schema that a model wants, too, with what differs.

        Args:
            model: The wanted model.

        Returns:
            One conflict for each wanted object type whose name is taken, in any case; empty for a new schema. A
            conflict may be harmless: then the existing type already is what is wanted.
        """
        from .._operations import conflicts
        from .object_type_conflict import AsyncObjectTypeConflict

        found = await self._connection._run(conflicts.find(self._connection._site, self.id, model))
        return [AsyncObjectTypeConflict.of(self._connection, record) for record in found]

    async def roles(self) -> SchemaRoles:
        """The roles of the schema with their entries, and which entries open it to everybody with JSM access.

        Raises:
            RolesNotSettableError: The site does not let this credential read them; the error carries the page and steps.
        """
        from .._operations import roles

        return await self._connection._run(roles.read(self._connection._site, self))

    async def set_roles(
        self,
        *,
        managers: Sequence[str] | None = None,
        developers: Sequence[str] | None = None,
        users: Sequence[str] | None = None,
    ) -> SchemaRoles:
        """Replace the entries of roles. A role that is None is left alone; an empty list empties it.

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
        from .._assets.roles import RoleKind
        from .._operations import roles

        wanted = {RoleKind.MANAGERS: managers, RoleKind.DEVELOPERS: developers, RoleKind.USERS: users}
        return await self._connection._run(roles.write(self._connection._site, self, wanted))

    async def update(self, *, name: str | None = None, description: str | None = None) -> Self:
        """Change the schema's name or description; its key stays.

        Args:
            name: The new name, unique in the workspace; None to keep the present one.
            description: The new description, which may be empty; None to keep the present one.

        Returns:
            The schema as it is now.

        Raises:
            ConfigurationError: The name cannot be right; nothing was sent.
            ObjectSchemaExistsError: Another schema has the name.
            ObjectSchemaNotFoundError: The schema is gone, or hidden from this account.
        """
        return self.of(
            self._connection,
            await self._connection._run(schemas.update(self._connection._site, self, name, description)),
        )

    async def allow_references(self, allowed: bool = True) -> None:  # noqa: FBT001, FBT002 - the one thing it is about
        """Set whether other object schemas may refer to this one's objects. The settings beside it stay as they are."""
        await self._connection._run(
            schemas.allow_references(self._connection._site, self.id, allowed=allowed)
        )

    async def statuses(self) -> tuple[Status, ...]:
        """The statuses that objects may have: the schema's own first, then those that all schemas share."""
        return await self._connection._run(schemas.statuses(self._connection._site, self.id))

    async def find_status(self, name: str) -> Status | None:
        """The status with a name, in any case, or None; the schema's own before one that all schemas share.

        Args:
            name: Its name, such as Active.
        """
        return await self._connection._run(schemas.find_status(self._connection._site, self.id, name))

    async def create_status(self, name: str, category: StatusCategory | str, description: str = "") -> Status:
        """Create a status of this schema. Building a model creates the statuses that it declares; this is for others.

        Args:
            name: 2 to 30 letters, digits, spaces and hyphens: the rule of import mappings, which Assets may not have here.
            category: What it means: "active" (green), "inactive" (red) or "pending" (yellow).
            description: For people.

        Raises:
            ConfigurationError: The name or the category cannot be right; nothing was sent.
            ValidationError: Assets refuses it, for example because the name is taken; `field_errors` says why.
        """
        return await self._connection._run(
            schemas.create_status(self._connection._site, self.id, name, category, description)
        )

    async def import_sources(self) -> tuple[ImportSource, ...]:
        """The imports of the schema, each with its state and its settings explained.

        One can be created only on the schema's configuration page, tab Import.
        """
        return await self._connection._run(schemas.import_sources(self._connection._site, self.id))

    async def import_status(self, import_source: ImportSource) -> ImportStatus:
        """Whether an import may start now, asked with the account's credentials instead of an import token.

        Args:
            import_source: One of `import_sources`.
        """
        return await self._connection._run(schemas.import_status(self._connection._site, import_source))

    async def delete(self, *, confirm_key: str) -> None:
        """Delete the schema with all its object types and objects, for good.

        Args:
            confirm_key: The schema's key, typed out, to show that this is meant.

        Raises:
            ConfigurationError: `confirm_key` is not the schema's key; nothing was sent.
        """
        await self._connection._run(schemas.delete(self._connection._site, self, confirm_key))
