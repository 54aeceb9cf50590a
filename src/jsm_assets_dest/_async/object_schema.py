"""Object schema of a site."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Self

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._assets.object_schemas import ObjectSchemaRecord
from .._operations import object_schemas as schemas
from .session import AsyncSession, LazyModule, values_of

if TYPE_CHECKING:
    from .._assets import directory as links_to_jira
    from .._assets import import_sources as sources
    from .._assets import object_types as types
    from .._assets import objects as object_values
    from .._assets import roles as role_values
    from .._assets import user_links as link_values
    from .._display import progress_bars
    from .._model import graph as graphs
    from .._model import schema_model as models
    from .._operations import conflicts, linking, roles
    from .._operations import objects as object_reading
    from . import object_type_conflict as conflict_handles
else:
    sources = LazyModule(".._assets.import_sources")
    types = LazyModule(".._assets.object_types")
    links_to_jira = LazyModule(".._assets.directory")
    object_values = LazyModule(".._assets.objects")
    role_values = LazyModule(".._assets.roles")
    link_values = LazyModule(".._assets.user_links")
    progress_bars = LazyModule(".._display.progress_bars")
    graphs = LazyModule(".._model.graph")
    models = LazyModule(".._model.schema_model")
    conflicts = LazyModule(".._operations.conflicts")
    linking = LazyModule(".._operations.linking")
    object_reading = LazyModule(".._operations.objects")
    roles = LazyModule(".._operations.roles")
    conflict_handles = LazyModule(".object_type_conflict")


@checked_methods
@frozen(kw_only=True, repr=False)
class AsyncObjectSchema(ObjectSchemaRecord):
    """Object schema of a site: its values when it was read, and operations on it.

    The values never change. `refresh` returns a new handle with the current values.
    """

    __module__ = "jsm_assets_dest"

    _session: AsyncSession = field(repr=False, eq=False, alias="session")

    @classmethod
    def of(cls, session: AsyncSession, record: ObjectSchemaRecord) -> Self:
        """Return a handle for the object schema."""
        return cls(**values_of(record), session=session)

    async def refresh(self) -> Self:
        """Return a new handle with the current values.

        Raises:
            ObjectSchemaNotFoundError: It was deleted, or this account can't see it.
        """
        return self.of(self._session, await self._session.ask(schemas.refreshed, self.id))

    async def object_types(self) -> "tuple[types.ObjectType, ...]":
        """Return all object types of all levels, each with its number of objects."""
        return await self._session.ask(schemas.object_types, self.id)

    async def attributes(self) -> "tuple[types.Attribute, ...]":
        """Return all attributes of all object types."""
        return await self._session.ask(schemas.attributes, self.id)

    def objects(
        self,
        query: str | None = None,
        *,
        object_type: str | None = None,
        include_children: bool = False,
        page_size: int = 100,
    ) -> "AsyncIterator[object_values.AssetsObject]":
        """Iterate over objects, page by page, in bounded memory.

        Objects may appear and disappear meanwhile. All objects that exist from the beginning to the end are returned, each
        once, in the order of their keys. With `ORDER BY` in the query, an object that changes its position meanwhile may be
        missed.

        Args:
            query: Condition in AQL, such as `Status = "Active"`. It applies inside this object schema.
            object_type: Name or ID of an object type.
            include_children: Include all object types below `object_type`.
            page_size: Objects per request: 1 to 500. An object with many references may take 40 kB.

        Raises:
            ConfigurationError: An argument is invalid. Nothing was sent.
            ObjectTypeNotFoundError: The object schema has no such object type.
            ValidationError: Assets rejected the query.
            IncompleteListError: Assets did not return all objects.
        """
        reading = object_reading.reading(
            self._session.site,
            self,
            query,
            object_type=object_type,
            include_children=include_children,
            page_size=page_size,
        )
        return self._iterated(reading)

    async def _iterated(
        self, reading: "object_reading.ObjectReading"
    ) -> "AsyncIterator[object_values.AssetsObject]":
        while page := await self._session.run(reading.next_page()):
            for asset in page:
                yield asset

    async def count_objects(self, query: str | None = None, *, object_type: str | None = None) -> int:
        """Return the number of objects.

        Args:
            query: Condition in AQL. It applies inside this object schema.
            object_type: Name or ID of an object type. Object types below it are not included.

        Raises:
            ConfigurationError: An argument is invalid. Nothing was sent.
            ObjectTypeNotFoundError: The object schema has no such object type.
            ValidationError: Assets rejected the query.
        """
        return await self._session.ask(object_reading.count, self, query, object_type)

    async def get_object(self, key: str) -> "object_values.AssetsObject":
        """Return the object with the given key.

        Args:
            key: Key in any case, such as OKT-12.

        Raises:
            ConfigurationError: It is not the key of an object. Nothing was sent.
            ObjectNotFoundError: It does not exist in this object schema, or this account can't see it.
        """
        return await self._session.ask(object_reading.get, self, key)

    async def find_object(self, key: str) -> "object_values.AssetsObject | None":
        """Return the object with the given key, or None.

        Args:
            key: Key in any case, such as OKT-12.

        Raises:
            ConfigurationError: It is not the key of an object. Nothing was sent.
        """
        return await self._session.ask(object_reading.find, self, key)

    async def export_objects(
        self, path: str | os.PathLike[str], query: str | None = None, *, object_type: str | None = None
    ) -> int:
        """Write objects to a file, one JSON object per line, and return their number.

        `jsm_assets_dest.tables.read_export` reads the file as records that can be imported again. Users are written as
        account IDs, without names and email addresses. Only the owner of the file can read it. After an error, no partial
        file remains, and an earlier file at this path is unchanged.

        Args:
            path: Path of the file. An existing file is replaced at the end.
            query: Condition in AQL. It applies inside this object schema.
            object_type: Name or ID of an object type. Object types below it are not included.

        Raises:
            ConfigurationError: An argument is invalid. Nothing was sent.
            ExportError: The file can't be written. Nothing was sent, unless the storage is full.
            ObjectTypeNotFoundError: The object schema has no such object type.
            ValidationError: Assets rejected the query.
            IncompleteListError: Assets did not return all objects.
        """
        reading = object_reading.reading(self._session.site, self, query, object_type=object_type)
        return await self._session.run(object_reading.export(reading, path))

    async def graph(self) -> "graphs.Graph":
        """Return a diagram of the object types, attributes, and references, as Mermaid text, as SVG, and for notebooks."""
        return await self._session.ask(schemas.graph, self)

    async def find_conflicts(
        self, model: "models.SchemaModel"
    ) -> "list[conflict_handles.AsyncObjectTypeConflict]":
        """Return the conflicts: object types of the model whose name an existing object type has, in any case.

        Args:
            model: The wanted model.

        Returns:
            One conflict per name with the differences; an empty list for a new object schema. A conflict may be harmless:
            then the existing object type already fits.
        """
        records = await self._session.ask(conflicts.find, self.id, model)
        return [conflict_handles.AsyncObjectTypeConflict.of(self._session, record) for record in records]

    async def roles(self) -> "role_values.SchemaRoles":
        """Return the roles with their entries, and which entries give every JSM user access.

        Raises:
            RolesNotSettableError: The site does not allow this credential to read roles. The error contains a link and
                steps.
        """
        return await self._session.ask(roles.read, self)

    async def preview_roles(
        self,
        *,
        managers: "Sequence[role_values.RoleEntry] | None" = None,
        developers: "Sequence[role_values.RoleEntry] | None" = None,
        users: "Sequence[role_values.RoleEntry] | None" = None,
    ) -> "role_values.RolesPreview":
        """Return what `set_roles` with the same arguments would change, and who would lose access. Sends only reads.

        Raises:
            ConfigurationError: An argument is not a list of entries. Nothing was sent.
            RolesNotSettableError: The site does not allow this credential to read roles.
        """
        wanted = role_values.wanted_roles(managers=managers, developers=developers, users=users)
        return await self._session.ask(roles.preview, self, wanted)

    async def set_roles(
        self,
        *,
        managers: "Sequence[role_values.RoleEntry] | None" = None,
        developers: "Sequence[role_values.RoleEntry] | None" = None,
        users: "Sequence[role_values.RoleEntry] | None" = None,
    ) -> "role_values.SchemaRoles":
        """Replace the entries of roles. A role that is None is not changed; an empty list removes all entries.

        An entry is the name of a group, an account id, or a result of `find_groups` or `find_users` of the connection.

        Args:
            managers: Entries that can configure the object schema.
            developers: Entries that can create, edit, and delete objects. In a new object schema, these are all JSM groups.
            users: Entries that can see objects.

        Returns:
            The current roles.

        Raises:
            ConfigurationError: An argument is not a list of entries. Nothing was sent.
            RoleEntryRejectedError: Assets rejected an entry, such as an unknown group. The error names it, and what to
                enter instead.
            RolesNotSettableError: The site does not allow this credential to set roles. The error contains a link and
                steps to set them manually.
        """
        wanted = role_values.wanted_roles(managers=managers, developers=developers, users=users)
        return await self._session.ask(roles.write, self, wanted)

    async def update(self, *, name: str | None = None, description: str | None = None) -> Self:
        """Change the name or the description. The key can't be changed.

        Args:
            name: New name, unique in the workspace. None keeps the current one.
            description: New description, which may be empty. None keeps the current one.

        Returns:
            A new handle with the current values.

        Raises:
            ConfigurationError: The name is invalid. Nothing was sent.
            ObjectSchemaExistsError: Another object schema has this name.
            ObjectSchemaNotFoundError: It was deleted, or this account can't see it.
        """
        updated = await self._session.ask(schemas.update, self, name, description)
        return self.of(self._session, updated)

    async def allow_references(self, allowed: bool = True) -> None:  # noqa: FBT001, FBT002 - the only argument
        """Allow or forbid references from other object schemas to objects of this one. Other settings are not changed."""
        await self._session.ask(schemas.allow_references, self.id, allowed=allowed)

    async def statuses(self) -> "tuple[types.Status, ...]":
        """Return the statuses for objects: those of this object schema first, then those that all object schemas share."""
        return await self._session.ask(schemas.statuses, self.id)

    async def find_status(self, name: str) -> "types.Status | None":
        """Return the status with the given name, or None.

        A status of this object schema takes precedence over one that all object schemas share.

        Args:
            name: Name in any case, such as Active.
        """
        return await self._session.ask(schemas.find_status, self.id, name)

    async def create_status(
        self, name: str, category: "types.StatusCategory | str", description: str = ""
    ) -> "types.Status":
        """Create a status of this object schema. Building a model creates the statuses that the model declares.

        Args:
            name: 2 to 30 letters, digits, spaces, and hyphens. This is the rule for import mappings; Assets may accept more.
            category: "active" (green), "inactive" (red), or "pending" (yellow).
            description: Description.

        Raises:
            ConfigurationError: The name or the category is invalid. Nothing was sent.
            ValidationError: Assets rejected the status, for example because the name is taken; see `field_errors`.
        """
        return await self._session.ask(schemas.create_status, self.id, name, category, description)

    async def import_sources(self) -> "tuple[sources.ImportSource, ...]":
        """Return the imports of the object schema, each with its state and its settings.

        An import can be created only on the configuration page of the object schema, on the Import tab.
        """
        return await self._session.ask(schemas.import_sources, self.id)

    async def import_status(self, import_source: "sources.ImportSource") -> "sources.ImportStatus":
        """Return the state of an import, read with the account's credentials instead of an import token.

        Args:
            import_source: An import from `import_sources`.
        """
        return await self._session.ask(schemas.import_status, import_source)

    async def link_users(
        self,
        *links: "links_to_jira.UserLink | links_to_jira.GroupLink",
        accounts: "linking.Accounts | None" = None,
        create_attribute: bool = False,
        clear: bool = False,
        accept_hidden: bool = False,
        dry_run: bool = False,
        per_minute: float = 500,
        on_progress: "progress_bars.DisplayName | Callable[[link_values.UserLinkProgress], object] | None" = None,
    ) -> "link_values.UserLinkReport":
        """Fill attributes of type User and Group with the accounts and groups of Jira that belong to the objects.

        An import can't fill such attributes. Only objects that differ are written, so the method can be run after each
        import, and a run that was interrupted continues when it is started again. An account is linked only if exactly one
        has the email address. The wait for a rate limit may take as long as Atlassian requires.

        Args:
            links: Links, such as `UserLink("People", email="Primary Email")`.
            accounts: Account IDs by email address, which take precedence over Jira's directory: a mapping, pairs, users
                from `find_users`, or the path of a CSV or JSON file.
            create_attribute: Create the attributes to fill that do not exist. Existing ones are never changed.
            clear: Empty the links of people whose account is inactive or does not exist, and of objects without an address.
            accept_hidden: Link an account with a hidden address if it is the only one that Jira finds for the address.
            dry_run: Write nothing, and return the report of what would be written.
            per_minute: Maximum number of requests per minute.
            on_progress: Progress display ("log", "notebook", "tqdm", or "rich"), or a function that receives a
                `UserLinkProgress`.

        Returns:
            A report. Missing permissions are failed checks in it; `raise_for_problems` raises them.

        Raises:
            ConfigurationError: An argument is invalid. Nothing was sent.
            ObjectTypeNotFoundError: An object type of a link does not exist.
            LinkAttributeError: An attribute of a link is missing or has another type. Nothing was written.
        """
        options = linking.LinkOptions(
            accounts=accounts,
            per_minute=per_minute,
            on_progress=on_progress,
            create_attribute=create_attribute,
            clear=clear,
            accept_hidden=accept_hidden,
            dry_run=dry_run,
        )
        return await self._session.ask(linking.link, self, links, options)

    async def delete(self, *, confirm_key: str) -> None:
        """Delete the object schema with all its object types and objects permanently.

        Args:
            confirm_key: Key of the object schema, as a confirmation.

        Raises:
            ConfigurationError: `confirm_key` is not the key of this object schema. Nothing was sent.
        """
        await self._session.ask(schemas.delete, self, confirm_key)
