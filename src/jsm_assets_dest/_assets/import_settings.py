"""Settings of an import that control what missing, empty, and unknown values do, with their meanings.

They are set on the page of the import in Assets and are not part of the mapping document. Atlassian's OpenAPI document
contains some of the keys, but of the values only IGNORE. REMOVE and ADD are assumptions based on that page. Other values are
shown unchanged.
"""

from collections.abc import Mapping

from attrs import frozen

from .._display.short_repr import short_repr

_CHECK = "Check it on the configuration page of the object schema, tab Import."

_MEANINGS: Mapping[str, Mapping[str, str]] = {
    "empty values": {
        "IGNORE": "An empty value in a record does not change the value in Assets.",
        "REMOVE": "An empty value in a record removes the value in Assets.",
    },
    "unknown values": {
        "IGNORE": "A value that is not an option of a select or status attribute is ignored.",
        "ADD": "A value that is not an option of a select or status attribute is added to its options.",
    },
    "null values": {
        "IGNORE": "A null in a record does not change the value in Assets.",
        "REMOVE": "A null in a record removes the value in Assets.",
    },
    "values that are not mapped": {
        "IGNORE": "A value without a mapping is ignored.",
    },
    "missing objects": {},
}

_UNAVAILABLE: Mapping[str, str] = {
    "missing objects": (
        "Assets does not return what happens to objects that an import does not contain: nothing, removal, or a changed "
        f"attribute. {_CHECK}"
    ),
}


@frozen(kw_only=True)
class ImportSourceSetting:
    """A setting of an import that controls what its data does.

    Attributes:
        name: Subject of the setting: "missing objects", "empty values", "unknown values", "null values",
            "values that are not mapped", "several values", "identifiers", or "dates".
        value: Value that the service returned, or an empty string.
        meaning: Effect of the value, in a sentence.
        object_type: Name of the object type that the setting applies to. Empty if it applies to all that have no setting of
            their own.
        known: True if the service returned a value that this library knows.
    """

    __module__ = "jsm_assets_dest"
    __repr__ = short_repr

    name: str
    value: str
    meaning: str
    object_type: str = ""
    known: bool

    def __str__(self) -> str:
        object_type = f" of {self.object_type}" if self.object_type else ""
        return f"{self.name}{object_type} ({self.value or 'not available'}): {self.meaning}"

    def to_dict(self) -> dict[str, object]:
        """Return the setting as JSON-ready data."""
        return {
            "name": self.name,
            "value": self.value,
            "meaning": self.meaning,
            "object_type": self.object_type,
            "known": self.known,
        }


def explained_setting(name: str, value: str, object_type: str = "") -> ImportSourceSetting:
    """Return a setting with the meaning of its value."""
    meaning = _MEANINGS[name].get(value.upper(), "")
    if not meaning:
        meaning = (
            f'This library does not know the value "{value}". {_CHECK}'
            if value
            else _UNAVAILABLE.get(name, f"Assets does not return this setting. {_CHECK}")
        )
        return ImportSourceSetting(
            name=name, value=value, meaning=meaning, object_type=object_type, known=False
        )
    return ImportSourceSetting(name=name, value=value, meaning=meaning, object_type=object_type, known=True)


def concatenator_setting(value: str) -> ImportSourceSetting:
    """Return the setting that joins the values of several locators."""
    return ImportSourceSetting(
        name="several values",
        value=value,
        meaning=f'The values of an attribute with several locators are joined with "{value}".'
        if value
        else f"Assets does not return what joins the values of several locators. {_CHECK}",
        known=bool(value),
    )


def identifiers_setting(ignores_case: bool | None, object_type: str = "") -> ImportSourceSetting:  # noqa: FBT001 - read
    """Return the setting that compares identifiers with or without case."""
    if ignores_case is None:
        value, meaning = (
            "",
            f'Assets does not return whether "a1" and "A1" identify the same object. {_CHECK}',
        )
    elif ignores_case:
        value, meaning = "ignore case", '"a1" and "A1" identify the same object.'
    else:
        value, meaning = "match case", '"a1" and "A1" identify two objects.'
    return ImportSourceSetting(
        name="identifiers",
        value=value,
        meaning=meaning,
        object_type=object_type,
        known=ignores_case is not None,
    )


def dates_setting(date: str, date_time: str) -> ImportSourceSetting:
    """Return the setting with the forms of dates."""
    value = " and ".join(text for text in (date, date_time) if text)
    return ImportSourceSetting(
        name="dates",
        value=value,
        meaning="Assets reads dates and times in this form."
        if value
        else "Assets does not return how it reads dates. This library sends them as ISO 8601.",
        known=bool(value),
    )
