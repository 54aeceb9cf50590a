"""
The imports of an object schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from attrs import field, frozen

from .reading import read_array, read_flag, read_object, read_text


@frozen(kw_only=True)
class ImportedType:
    """
    The settings of one object type in an import source.

    Attributes:
        object_type_id: The object type that is filled.
        name: Its name.
        selector: The path of its records in the data.
        empty_values: What an empty value does to a value in Assets; empty where Assets does not say.
        unknown_values: What a value does that a select or status attribute does not know.
        identifier_ignores_case: Whether external ids match in any case; None where Assets does not say.
    """

    object_type_id: str
    name: str
    selector: str = ""
    empty_values: str = ""
    unknown_values: str = ""
    identifier_ignores_case: bool | None = None

    @classmethod
    def from_json(cls, value: object) -> ImportedType:
        """
        Read one entry of an import source.
        """
        source = read_object(value, "an object type's settings")
        owner = source.get("objectType")
        named = read_object(owner, "an object type") if owner is not None else {}
        return cls(
            object_type_id=read_text(named, "id", ""),
            name=read_text(named, "name", ""),
            selector=read_text(source, "selector", ""),
            empty_values=read_text(source, "emptyValues", ""),
            unknown_values=read_text(source, "unknownValues", ""),
            identifier_ignores_case=(
                read_flag(source, "matchIdentifierIgnoreCase")
                if "matchIdentifierIgnoreCase" in source
                else None
            ),
        )


@frozen(kw_only=True)
class ImportSource:
    """
    An import of an object schema, as its configuration page shows it.

    What happens to objects that a run does not bring (ignore, remove, update) is set on that page too, but no public
    answer of Assets tells it: treat it as unknown.

    Attributes:
        id: Its id, a UUID as text.
        name: Its name.
        schema_id: The object schema it writes to.
        kind: Its module: "rlabs-import-type-external" for an External import.
        enabled: Whether it may run; None where Assets does not say.
        token_generated: Whether a token has been made for it; None where Assets does not say.
        empty_values: What an empty value does to a value in Assets, where the object type does not say otherwise.
        unknown_values: What a value does that a select or status attribute does not know.
        concatenator: What joins the values of several locators.
        object_types: Settings of single object types.
        raw: The whole answer.
    """

    id: str
    name: str
    schema_id: str = ""
    description: str = field(default="", repr=False)
    kind: str = ""
    enabled: bool | None = None
    token_generated: bool | None = None
    empty_values: str = field(default="", repr=False)
    unknown_values: str = field(default="", repr=False)
    concatenator: str = field(default=",", repr=False)
    object_types: tuple[ImportedType, ...] = field(default=(), repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> ImportSource:
        """
        Read one import source.
        """
        source = read_object(value, "an import source")
        status = source.get("importStatus")
        configured = (
            read_text(cast("Mapping[str, object]", status), "configurationStatusType", "")
            if isinstance(status, Mapping)
            else ""
        )
        entries = read_array(source.get("importSourceOTEntries") or [], "object type settings")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name", ""),
            schema_id=read_text(source, "objectSchemaId", ""),
            description=read_text(source, "description", ""),
            kind=read_text(source, "importSourceModuleKey", ""),
            enabled=configured == "ENABLED" if configured else None,
            token_generated=read_flag(source, "tokenGenerated") if "tokenGenerated" in source else None,
            empty_values=read_text(source, "defaultHandleEmptyValues", ""),
            unknown_values=read_text(source, "defaultHandleUnknownValues", ""),
            concatenator=read_text(source, "defaultConcatenator", ","),
            object_types=tuple(ImportedType.from_json(entry) for entry in entries),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """
        The import source as JSON-ready data.
        """
        return {
            "id": self.id,
            "name": self.name,
            "schema_id": self.schema_id,
            "kind": self.kind,
            "enabled": self.enabled,
            "token_generated": self.token_generated,
            "empty_values": self.empty_values,
            "unknown_values": self.unknown_values,
        }


@frozen(kw_only=True)
class ImportStatus:
    """
    The state of an import, as its token sees it.

    Attributes:
        status: IDLE (it may start), RUNNING, MISSING_MAPPING (the schema model has to be built first), DISABLED, or a
            word that nobody has seen yet.
        import_source_id: The import source that the token belongs to.
        workspace_id: The workspace that it is in.
    """

    status: str
    import_source_id: str
    workspace_id: str

    @property
    def is_ready(self) -> bool:
        """
        Whether an import may start now.
        """
        return self.status == "IDLE"

    def to_dict(self) -> dict[str, str]:
        """
        The state as JSON-ready data.
        """
        return {
            "status": self.status,
            "import_source_id": self.import_source_id,
            "workspace_id": self.workspace_id,
        }
