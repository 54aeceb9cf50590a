"""The imports of an object schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from attrs import field, frozen

from .._display.html import table
from .._wire.json_reading import read_array, read_flag, read_object, read_text
from .import_settings import ImportSourceSetting, explained, of_concatenator, of_dates, of_identifiers


@frozen(kw_only=True)
class ImportedType:
    """The settings of one object type in an import source.

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
        """Read one entry of an import source."""
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
    """An import of an object schema, as its configuration page shows it.

    What happens to objects that a run does not bring (ignore, remove, update) is set on that page too, but no public
    answer of Assets tells it: treat it as unknown.

    Attributes:
        id: Its id, a UUID as text.
        name: Its name.
        schema_id: The object schema it writes to; Atlassian's document says a UUID, live sites send the decimal id.
        kind: Its module: "rlabs-import-type-external" for an External import.
        enabled: Whether it may run; None where Assets does not say.
        validity: VALID, INVALID_CONFIGURATION (as before its first mapping) or MODULE_UNINSTALLED; empty where Assets
            does not say.
        invalid_because: The service's own words for why it is not valid, by subject.
        token_generated: Whether a token has been made for it; None where Assets does not say.
        empty_values: What an empty value does to a value in Assets, where the object type does not say otherwise.
        unknown_values: What a value does that a select or status attribute does not know.
        null_values: What a null does.
        not_mapped_values: What a value does that no mapping names.
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
    validity: str = field(default="", repr=False)
    invalid_because: Mapping[str, str] = field(factory=dict, repr=False)
    token_generated: bool | None = None
    empty_values: str = field(default="", repr=False)
    unknown_values: str = field(default="", repr=False)
    null_values: str = field(default="", repr=False)
    not_mapped_values: str = field(default="", repr=False)
    concatenator: str = field(default="", repr=False)
    object_types: tuple[ImportedType, ...] = field(default=(), repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> ImportSource:
        """Read one import source."""
        source = read_object(value, "an import source")
        status = _part(source, "importStatus")
        configured = read_text(status, "configurationStatusType", "")
        entries = read_array(source.get("importSourceOTEntries") or [], "object type settings")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name", ""),
            schema_id=read_text(source, "objectSchemaId", ""),
            description=read_text(source, "description", ""),
            kind=read_text(source, "importSourceModuleKey", ""),
            enabled=configured == "ENABLED" if configured else None,
            validity=read_text(status, "validationStatusType", ""),
            invalid_because={
                name: str(reason) for name, reason in _part(status, "reasonForInvalidity").items()
            },
            token_generated=read_flag(source, "tokenGenerated") if "tokenGenerated" in source else None,
            empty_values=read_text(source, "defaultHandleEmptyValues", ""),
            unknown_values=read_text(source, "defaultHandleUnknownValues", ""),
            null_values=read_text(source, "defaultHandleNullValues", ""),
            not_mapped_values=read_text(source, "defaultHandleNotMappedValues", ""),
            concatenator=read_text(source, "defaultConcatenator", ""),
            object_types=tuple(ImportedType.from_json(entry) for entry in entries),
            raw=source,
        )

    @property
    def is_external(self) -> bool:
        """Whether it is an External import, the kind that takes data with an import token; yes where Assets does not say."""
        return self.kind in ("", "rlabs-import-type-external")

    @property
    def settings(self) -> tuple[ImportSourceSetting, ...]:
        """The settings that decide what missing, empty and unknown values do, each explained; what Assets does not tell is
        there, too, and says so.
        """
        found = [
            explained("missing objects", ""),
            explained("empty values", self.empty_values),
            explained("unknown values", self.unknown_values),
            explained("null values", self.null_values),
            explained("values that are not mapped", self.not_mapped_values),
            of_concatenator(self.concatenator),
            of_dates(read_text(self.raw, "dateFormat", ""), read_text(self.raw, "dateTimeFormat", "")),
        ]
        cases = {one.identifier_ignores_case for one in self.object_types}
        if len(cases) == 1:
            found.append(of_identifiers(next(iter(cases))))
        for one in self.object_types:
            if one.empty_values not in ("", self.empty_values):
                found.append(explained("empty values", one.empty_values, one.name))
            if one.unknown_values not in ("", self.unknown_values):
                found.append(explained("unknown values", one.unknown_values, one.name))
            if len(cases) > 1:
                found.append(of_identifiers(one.identifier_ignores_case, one.name))
        return tuple(found)

    @property
    def state(self) -> str:
        """Its state in a sentence."""
        if self.enabled is False:
            return "It is disabled; an object schema manager can enable it on the configuration page, tab Import."
        if self.validity == "MODULE_UNINSTALLED":
            return "The app that it belongs to is not installed any more."
        if self.validity == "INVALID_CONFIGURATION":
            reasons = "; ".join(f"{name}: {reason}" for name, reason in self.invalid_because.items())
            return f"It has no valid mapping yet; build the schema model{f' ({reasons})' if reasons else ''}."
        if self.enabled:
            return "It is enabled."
        return "Assets does not tell its state."

    def __str__(self) -> str:
        return "\n".join([f"{self.name}: {self.state}", *(f"  {setting}" for setting in self.settings)])

    def _repr_html_(self) -> str:
        rows = [(one.name, one.object_type, one.value or "not told", one.meaning) for one in self.settings]
        return table(
            ("Setting", "Object type", "Value", "Meaning"), rows, caption=f"{self.name}: {self.state}"
        )

    def to_dict(self) -> dict[str, object]:
        """The import source as JSON-ready data."""
        return {
            "id": self.id,
            "name": self.name,
            "schema_id": self.schema_id,
            "kind": self.kind,
            "enabled": self.enabled,
            "validity": self.validity,
            "invalid_because": dict(self.invalid_because),
            "token_generated": self.token_generated,
            "settings": [one.to_dict() for one in self.settings],
        }


def _part(source: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = source.get(key)
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


@frozen(kw_only=True)
class ImportStatus:
    """The state of an import, as its token sees it.

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
        """Whether an import may start now."""
        return self.status == "IDLE"

    def to_dict(self) -> dict[str, str]:
        """The state as JSON-ready data."""
        return {
            "status": self.status,
            "import_source_id": self.import_source_id,
            "workspace_id": self.workspace_id,
        }
