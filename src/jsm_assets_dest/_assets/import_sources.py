"""Imports of an object schema, and their settings for missing, empty, and unknown values.

Settings are set on the page of the import in Assets and are not part of the mapping document. Atlassian's OpenAPI document
contains some of the keys, but of the values only IGNORE. REMOVE and ADD are assumptions based on that page. Other values are
shown unchanged.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from attrs import asdict, field, frozen

from .._arguments.checking import checked_methods
from .._display.html import table
from .._display.values import PlainData, public_value
from .._wire.address_book import SCHEMA_IMPORT
from .._wire.json_reading import as_object, read_array, read_object, read_optional_flag, read_text

_CHECK = "Check it on the configuration page of the object schema, tab Import."

_NOT_RETURNED = f"Assets does not return this setting. {_CHECK}"
#: A value without a meaning of its own; a meaning may repeat it.
_ANY = "any"

#: Settings by their subject: the meanings by value, and what to say if Assets does not return a value.
_SUBJECTS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "missing objects": (
        {},
        (
            "Assets does not return what happens to objects that an import does not contain: nothing, removal, or a changed "
            f"attribute. {_CHECK}"
        ),
    ),
    "empty values": (
        {
            "IGNORE": "An empty value in a record does not change the value in Assets.",
            "REMOVE": "An empty value in a record removes the value in Assets.",
        },
        _NOT_RETURNED,
    ),
    "unknown values": (
        {
            "IGNORE": "A value that is not an option of a select or status attribute is ignored.",
            "ADD": "A value that is not an option of a select or status attribute is added to its options.",
        },
        _NOT_RETURNED,
    ),
    "null values": (
        {
            "IGNORE": "A null in a record does not change the value in Assets.",
            "REMOVE": "A null in a record removes the value in Assets.",
        },
        _NOT_RETURNED,
    ),
    "values that are not mapped": ({"IGNORE": "A value without a mapping is ignored."}, _NOT_RETURNED),
    "several values": (
        {_ANY: 'The values of an attribute with several locators are joined with "{value}".'},
        f"Assets does not return what joins the values of several locators. {_CHECK}",
    ),
    "identifiers": (
        {
            "IGNORE CASE": '"a1" and "A1" identify the same object.',
            "MATCH CASE": '"a1" and "A1" identify two objects.',
        },
        f'Assets does not return whether "a1" and "A1" identify the same object. {_CHECK}',
    ),
    "dates": (
        {_ANY: "Assets reads dates and times in this form."},
        "Assets does not return how it reads dates. This library sends them as ISO 8601.",
    ),
    "filter": ({_ANY: "Assets imports only the records that match this AQL query."}, _NOT_RETURNED),
}
_CASES = {None: "", True: "ignore case", False: "match case"}


@frozen(kw_only=True)
@public_value
class ImportSourceSetting(PlainData):
    """A setting of an import that controls what its data does.

    Attributes:
        name: Subject of the setting: "missing objects", "empty values", "unknown values", "null values",
            "values that are not mapped", "several values", "identifiers", "dates", or "filter".
        value: Value that the service returned, or an empty string.
        meaning: Effect of the value, in a sentence.
        object_type: Name of the object type that the setting applies to. Empty if it applies to all that have no setting of
            their own.
        known: True if the service returned a value that this library knows.
    """

    name: str
    value: str
    meaning: str
    object_type: str = ""
    known: bool

    def __str__(self) -> str:
        object_type = f" of {self.object_type}" if self.object_type else ""
        return f"{self.name}{object_type} ({self.value or 'not available'}): {self.meaning}"


def _setting(name: str, value: str, object_type: str = "") -> ImportSourceSetting:
    """Return a setting with the meaning of its value."""
    meanings, unavailable = _SUBJECTS[name]
    known_meaning = (meanings.get(value.upper()) or meanings.get(_ANY, "")) if value else ""
    meaning = known_meaning or f'This library does not know the value "{{value}}". {_CHECK}'
    return ImportSourceSetting(
        name=name,
        value=value,
        meaning=meaning.replace("{value}", value) if value else unavailable,
        object_type=object_type,
        known=bool(known_meaning),
    )


#: Maximum number of characters of a query in a sentence.
_LONGEST_QUERY = 150


def filter_sentence(object_type: str, query: str) -> str:
    """Return a sentence about the filter of an object type."""
    shown = query if len(query) <= _LONGEST_QUERY else f"{query[:_LONGEST_QUERY]}…"
    return f"Assets imports only those records of {object_type} that match the filter {shown}."


#: Kinds of values for which an import has a setting, for all object types or for each one.
_HANDLED: tuple[Literal["empty values", "unknown values"], ...] = ("empty values", "unknown values")


@frozen(kw_only=True)
@public_value
class ImportedType:
    """Settings of an object type in an import.

    Attributes:
        object_type_id: Id of the object type.
        name: Name of the object type.
        selector: Path of its records in the data.
        empty_values: What an empty value in a record does, or an empty string if Assets does not return it.
        unknown_values: What a value that is not an option of a select or status attribute does.
        identifier_ignores_case: True if external ids match in any case. None if Assets does not return it.
        filter: AQL query that a record must match ("Filter data source by AQL"): Assets does not import the others. An empty
            string if there is none. None if Assets does not return it.
    """

    object_type_id: str
    name: str
    selector: str = ""
    empty_values: str = ""
    unknown_values: str = ""
    identifier_ignores_case: bool | None = None
    filter: str | None = None

    @classmethod
    def from_json(cls, value: object) -> "ImportedType":
        """Read the settings from the JSON of the service."""
        source = read_object(value, "an object type's settings")
        named = read_object(source.get("objectType") or {}, "an object type")
        return cls(
            object_type_id=read_text(named, "id", ""),
            name=read_text(named, "name", ""),
            selector=read_text(source, "selector", ""),
            empty_values=read_text(source, "emptyValues", ""),
            unknown_values=read_text(source, "unknownValues", ""),
            identifier_ignores_case=read_optional_flag(source, "matchIdentifierIgnoreCase"),
            filter=_filter(source),
        )


def _filter(source: Mapping[str, object]) -> str | None:
    # The second key is the old name of the first one.
    queries = [read_text(source, key, "") for key in ("selectorQlQuery", "selectorIQL") if key in source]
    return next((query for query in queries if query.strip()), "") if queries else None


@checked_methods
@frozen(kw_only=True)
@public_value
class ImportSource(PlainData):
    """An import of an object schema, as its configuration page shows it.

    That page also contains what happens to objects that an import does not contain (ignore, remove, or update). Assets does
    not return this setting.

    Attributes:
        id: Id of the import: a UUID as a string.
        name: Name of the import.
        schema_id: Id of the object schema. Atlassian's document says a UUID; sites return the decimal id.
        description: Description of the import, or an empty string.
        kind: Module of the import: "rlabs-import-type-external" for an External import.
        enabled: True if the import can run. None if Assets does not return it.
        validity: "VALID", "INVALID_CONFIGURATION" (for example before the first mapping), "MODULE_UNINSTALLED", or an empty
            string if Assets does not return it.
        invalid_because: Messages of the service that say why the import is not valid, by subject.
        token_generated: True if a token was generated for the import. None if Assets does not return it.
        empty_values: What an empty value in a record does, unless the object type has its own setting.
        unknown_values: What a value that is not an option of a select or status attribute does.
        null_values: What a null in a record does.
        not_mapped_values: What a value without a mapping does.
        concatenator: Text that joins the values of several locators.
        object_types: Settings of object types.
        raw: The complete JSON of the service.
    """

    _names_of_data: ClassVar = (
        "id name schema_id kind enabled validity invalid_because token_generated settings"
    )

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
    def from_json(cls, value: object) -> "ImportSource":
        """Read an import from the JSON of the service."""
        source = read_object(value, "an import source")
        status = as_object(source.get("importStatus"))
        reasons = as_object(status.get("reasonForInvalidity"))
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
            invalid_because={name: str(reason) for name, reason in reasons.items()},
            token_generated=read_optional_flag(source, "tokenGenerated"),
            empty_values=read_text(source, "defaultHandleEmptyValues", ""),
            unknown_values=read_text(source, "defaultHandleUnknownValues", ""),
            null_values=read_text(source, "defaultHandleNullValues", ""),
            not_mapped_values=read_text(source, "defaultHandleNotMappedValues", ""),
            concatenator=read_text(source, "defaultConcatenator", ""),
            object_types=tuple(ImportedType.from_json(entry) for entry in entries),
            raw=source,
        )

    def is_called(self, name_or_id: str | None) -> bool:
        """Return True if the import has this name or id. None means any import."""
        return name_or_id is None or name_or_id in (self.name, self.id)

    @property
    def is_external(self) -> bool:
        """True if it is an External import, which accepts data with an import token, or if Assets does not return its kind."""
        return self.kind in ("", "rlabs-import-type-external")

    @property
    def settings(self) -> tuple[ImportSourceSetting, ...]:
        """Settings that control what missing, empty, and unknown values do, including those that Assets does not return."""
        forms = (read_text(self.raw, name, "") for name in ("dateFormat", "dateTimeFormat"))
        settings = [
            _setting("missing objects", ""),
            _setting("empty values", self.empty_values),
            _setting("unknown values", self.unknown_values),
            _setting("null values", self.null_values),
            _setting("values that are not mapped", self.not_mapped_values),
            _setting("several values", self.concatenator),
            _setting("dates", " and ".join(filter(None, forms))),
        ]
        cases = {imported.identifier_ignores_case for imported in self.object_types}
        if len(cases) == 1:
            settings.append(_setting("identifiers", _CASES[next(iter(cases))]))
        for imported in self.object_types:
            if imported.empty_values not in ("", self.empty_values):
                settings.append(_setting("empty values", imported.empty_values, imported.name))
            if imported.unknown_values not in ("", self.unknown_values):
                settings.append(_setting("unknown values", imported.unknown_values, imported.name))
            if len(cases) > 1:
                settings.append(
                    _setting("identifiers", _CASES[imported.identifier_ignores_case], imported.name)
                )
            if imported.filter:
                settings.append(_setting("filter", imported.filter, imported.name))
        return tuple(settings)

    def handling(self, subject: Literal["empty values", "unknown values"], object_type: str) -> str:
        """Return what the import does with empty or unknown values of an object type: IGNORE, REMOVE, ADD, …, or "".

        Args:
            subject: The kind of values.
            object_type: Name of the object type.
        """
        name = "empty_values" if subject == "empty values" else "unknown_values"
        own = [
            str(getattr(imported, name))
            for imported in self.object_types
            if imported.name.casefold() == object_type.casefold()
        ]
        return next((value.upper() for value in own if value), str(getattr(self, name)).upper())

    @property
    def ignored_values(self) -> str:
        """Sentence about the empty and unknown values that the import ignores; empty if it ignores none."""
        ignored: list[str] = []
        names = [imported.name for imported in self.object_types]
        for subject in _HANDLED:
            ignoring = [name for name in names or [""] if self.handling(subject, name) == "IGNORE"]
            if ignoring:
                ignored.append(
                    f"{subject} of {', '.join(ignoring)}" if len(ignoring) < len(names) else subject
                )
        return (
            f"The import ignores {' and '.join(ignored)}: they change nothing in Assets." if ignored else ""
        )

    @property
    def kept_values(self) -> str:
        """Sentences about the changes that do not arrive because the import ignores empty values; empty if all arrive."""
        names = [imported.name for imported in self.object_types] or [""]
        if not any(self.handling("empty values", name) == "IGNORE" for name in names):
            return ""
        return (
            "A value that a record no longer has stays in Assets, such as the last group that a person left, a manager, or a phone "
            f"number. To change that, set empty values to Remove in {SCHEMA_IMPORT.page}."
        )

    @property
    def filters(self) -> str:
        """Sentences about the records that the import drops because of a filter; empty if there is none."""
        return " ".join(
            filter_sentence(imported.name, imported.filter)
            for imported in self.object_types
            if imported.filter
        )

    @property
    def state(self) -> str:
        """State of the import in a sentence."""
        if self.enabled is False:
            return "It is disabled. An object schema manager can enable it on the configuration page, tab Import."
        if self.validity == "MODULE_UNINSTALLED":
            return "Its app is no longer installed."
        if self.validity == "INVALID_CONFIGURATION":
            reasons = "; ".join(f"{name}: {reason}" for name, reason in self.invalid_because.items())
            return f"It has no valid mapping yet. Build the model first{f' ({reasons})' if reasons else ''}."
        if self.enabled:
            return "It is enabled."
        return "Assets does not return its state."

    def __str__(self) -> str:
        return "\n".join([f"{self.name}: {self.state}", *(f"  {setting}" for setting in self.settings)])

    def _repr_html_(self) -> str:
        rows = [
            (setting.name, setting.object_type, setting.value or "not available", setting.meaning)
            for setting in self.settings
        ]
        return table(
            ("Setting", "Object type", "Value", "Meaning"), rows, caption=f"{self.name}: {self.state}"
        )


@frozen(kw_only=True)
@public_value
class ImportStatus:
    """The status of an import, read with its token.

    Attributes:
        status: "IDLE" (it can start), "RUNNING", "MISSING_MAPPING" (build the model first), "DISABLED", or another value.
        import_source_id: Id of the import.
        workspace_id: Id of its workspace.
    """

    status: str
    import_source_id: str
    workspace_id: str

    @property
    def is_ready(self) -> bool:
        """True if an import can start now."""
        return self.status == "IDLE"

    def to_dict(self) -> dict[str, str]:
        """Return the status as JSON-ready data."""
        return asdict(self)
