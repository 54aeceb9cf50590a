"""Object schemas and their pages."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from .._wire.json_reading import read_flag, read_number, read_object, read_text


@frozen(kw_only=True)
class SchemaLinks:
    """Pages of an object schema for people, in a browser.

    Attributes:
        browse: The objects of the schema.
        configure: Its configuration; the tabs General, Roles, References, Statuses and Import are on it.
        all_schemas: All object schemas of the site.
    """

    browse: str
    configure: str
    all_schemas: str

    def object_type(self, object_type_id: str) -> str:
        """The page of one object type."""
        return f"{self.browse}?typeId={object_type_id}"

    def object(self, object_type_id: str, object_id: str) -> str:
        """The page of one object."""
        return f"{self.browse}?typeId={object_type_id}&objectId={object_id}"

    def to_dict(self) -> dict[str, str]:
        """The addresses by name."""
        return {"browse": self.browse, "configure": self.configure, "all_schemas": self.all_schemas}

    @classmethod
    def of(cls, site: str, schema_id: str) -> SchemaLinks:
        """The links of a schema on a site.

        The patterns were seen in public clients; none shows a link to one tab of the configuration page, so that
        page is linked and the tab has to be named beside it.
        """
        return cls(
            browse=f"{site}/jira/assets/object-schema/{schema_id}",
            configure=f"{site}/jira/servicedesk/assets/configure/object-schema/{schema_id}",
            all_schemas=f"{site}/jira/servicedesk/assets/object-schemas",
        )


@frozen(kw_only=True)
class ObjectSchemaRecord:
    """An object schema as Assets described it at one moment.

    Attributes:
        id: The schema's id, a number as text.
        key: Its key, such as OKT; the first part of every object's key.
        name: Its name, unique in the workspace.
        description: Its description; empty when it has none.
        status: "Ok" as far as anybody has seen.
        object_count: How many objects it holds; None where Assets was not asked to count.
        object_type_count: How many object types it holds; None where Assets was not asked to count.
        can_manage: Whether the caller may configure it; None where Assets does not say. False for the built-in
            Services schema (SVC).
        allows_references: Whether other schemas may refer to its objects; None where Assets does not say.
        links: Its pages in a browser.
        raw: The whole answer.
    """

    id: str
    key: str
    name: str
    description: str = ""
    status: str = field(default="Ok", repr=False)
    object_count: int | None = None
    object_type_count: int | None = None
    can_manage: bool | None = field(default=None, repr=False)
    allows_references: bool | None = field(default=None, repr=False)
    links: SchemaLinks = field(repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object, site: str, *, counted: bool = True) -> ObjectSchemaRecord:
        """Read one object schema.

        Args:
            value: The service's JSON.
            site: The site's address, for the links.
            counted: False for a listing without counts, in which Assets reports 0 for both.
        """
        source = read_object(value, "an object schema")
        schema_id = read_text(source, "id")
        return cls(
            id=schema_id,
            key=read_text(source, "objectSchemaKey"),
            name=read_text(source, "name"),
            description=read_text(source, "description", ""),
            status=read_text(source, "status", "Ok"),
            object_count=read_number(source, "objectCount") if counted else None,
            object_type_count=read_number(source, "objectTypeCount") if counted else None,
            can_manage=read_flag(source, "canManage") if "canManage" in source else None,
            allows_references=(
                read_flag(source, "crossSchemaReferencingAllowed")
                if "crossSchemaReferencingAllowed" in source
                else None
            ),
            links=SchemaLinks.of(site, schema_id),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """The schema as JSON-ready data."""
        return {
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "description": self.description,
            "object_count": self.object_count,
            "object_type_count": self.object_type_count,
            "can_manage": self.can_manage,
            "allows_references": self.allows_references,
            "links": self.links.to_dict(),
        }

    def _repr_html_(self) -> str:
        from .._display.html import Tone, below, bullets, facts, joined, link, mark, strong, whole

        counts = [
            f"{count:,} {what}{'' if count == 1 else 's'}"
            for count, what in ((self.object_type_count, "object type"), (self.object_count, "object"))
            if count is not None
        ]
        pages = (
            ("Browse its objects", self.links.browse),
            ("Configure it", self.links.configure),
            ("All object schemas", self.links.all_schemas),
        )
        return whole(
            below(joined(strong(self.name), " ", mark(self.key, Tone.QUIET))),
            below(self.description) if self.description else "",
            facts([f"id {self.id}", *counts]),
            bullets(joined(f"{what}: ", link(address)) for what, address in pages),
        )
