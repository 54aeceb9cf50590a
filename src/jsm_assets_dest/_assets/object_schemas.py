"""Object schemas and their web pages."""

from collections.abc import Mapping
from typing import ClassVar

from attrs import asdict, field, frozen

from .._arguments.checking import checked_methods
from .._display.values import PlainData, public_value
from .._wire.json_reading import read_number, read_object, read_optional_flag, read_text


@checked_methods
@frozen(kw_only=True)
@public_value
class SchemaLinks:
    """Web pages of an object schema.

    Attributes:
        browse: Objects of the schema.
        configure: Configuration of the schema, with the tabs General, Roles, References, Statuses, and Import.
        all_schemas: All object schemas of the site.
    """

    browse: str
    configure: str = field(repr=False)
    all_schemas: str = field(repr=False)

    def object_type(self, object_type_id: str) -> str:
        """Return the page of an object type."""
        return f"{self.browse}?typeId={object_type_id}"

    def object(self, object_type_id: str, object_id: str) -> str:
        """Return the page of an object."""
        return f"{self.browse}?typeId={object_type_id}&objectId={object_id}"

    def to_dict(self) -> dict[str, str]:
        """Return the addresses by name."""
        return asdict(self)

    @classmethod
    def of(cls, site: str, schema_id: str) -> "SchemaLinks":
        """Return the links of an object schema.

        The patterns are those of public clients. None of them links to a tab of the configuration page, so texts must
        name the tab in addition to the link.
        """
        return cls(
            browse=f"{site}/jira/assets/object-schema/{schema_id}",
            configure=f"{site}/jira/servicedesk/assets/configure/object-schema/{schema_id}",
            all_schemas=f"{site}/jira/servicedesk/assets/object-schemas",
        )


def schema_key(text: str) -> str:
    """Return the key of an object schema as Assets writes it: in uppercase, without surrounding spaces."""
    key = text.strip()
    # The uppercase of some other letters is in ASCII, as in "ıt", and would name another object schema.
    return key.upper() if key.isascii() else key


@frozen(kw_only=True)
@public_value
class ObjectSchemaRecord(PlainData):
    """An object schema as Assets returned it at one time.

    Attributes:
        id: Id of the object schema: a number as a string.
        key: Key of the object schema, such as OKT. The keys of its objects start with it.
        name: Name of the object schema, unique in the workspace.
        description: Description of the object schema, or an empty string.
        status: Status of the object schema. Only "Ok" is known.
        object_count: Number of objects. None if the request did not ask for it.
        object_type_count: Number of object types. None if the request did not ask for it.
        can_manage: True if the account can configure the object schema. None if Assets does not return it. False for the
            built-in object schema Services (SVC).
        allows_references: True if other object schemas can refer to its objects. None if Assets does not return it.
        links: Web pages of the object schema.
        raw: The complete JSON of the service.
    """

    _names_of_data: ClassVar = (
        "id key name description object_count object_type_count can_manage allows_references links"
    )

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
    def from_json(cls, value: object, site: str, *, counted: bool = True) -> "ObjectSchemaRecord":
        """Read an object schema from the JSON of the service.

        Args:
            value: JSON of the service.
            site: Address of the site, for the links.
            counted: False for a listing without counts, in which Assets returns 0 for both counts.
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
            can_manage=read_optional_flag(source, "canManage"),
            allows_references=read_optional_flag(source, "crossSchemaReferencingAllowed"),
            links=SchemaLinks.of(site, schema_id),
            raw=source,
        )

    def _repr_html_(self) -> str:
        from .._display.html import Tone, below, bullets, facts, joined, link, mark, strong, whole

        counts = [
            f"{count:,} {noun}{'' if count == 1 else 's'}"
            for count, noun in ((self.object_type_count, "object type"), (self.object_count, "object"))
            if count is not None
        ]
        pages = (
            ("Objects", self.links.browse),
            ("Configuration", self.links.configure),
            ("All object schemas", self.links.all_schemas),
        )
        return whole(
            below(joined(strong(self.name), " ", mark(self.key, Tone.QUIET))),
            below(self.description) if self.description else "",
            facts([f"id {self.id}", *counts]),
            bullets(joined(f"{title}: ", link(address)) for title, address in pages),
        )
