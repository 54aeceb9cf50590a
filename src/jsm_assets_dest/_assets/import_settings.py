"""The settings of an import that decide what missing, empty and unknown values do, in words.

They are made on the import's page in Assets and are no part of the mapping document. Atlassian's OpenAPI document
shows where some of them stand, but of their words only IGNORE; REMOVE and ADD are guesses after the words on that page.
A word that is not listed is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

#: Where a person finds what Assets does not tell.
_LOOK = "Look at it on the schema's configuration page, tab Import."

_MEANINGS: Mapping[str, Mapping[str, str]] = {
    "empty values": {
        "IGNORE": "An empty value of a record leaves the value in Assets as it is.",
        "REMOVE": "An empty value of a record empties the value in Assets.",
    },
    "unknown values": {
        "IGNORE": "A value that a select or status attribute does not offer is left out.",
        "ADD": "A value that a select or status attribute does not offer is added to what it offers.",
    },
    "null values": {
        "IGNORE": "A null of a record leaves the value in Assets as it is.",
        "REMOVE": "A null of a record empties the value in Assets.",
    },
    "values that are not mapped": {
        "IGNORE": "A value that no mapping names is left out.",
    },
    "missing objects": {},
}

_UNTOLD: Mapping[str, str] = {
    "missing objects": (
        "What happens to objects that a run does not bring (nothing, removal, or a change of an attribute) is told by no "
        f"answer of Assets; treat it as unknown. {_LOOK}"
    ),
}


@frozen(kw_only=True)
class ImportSourceSetting:
    """A setting of an import that decides what its data does, explained.

    Attributes:
        name: What it is about: "missing objects", "empty values", "unknown values", "null values",
            "values that are not mapped", "several values", "identifiers" or "dates".
        value: The service's own word for it; empty where Assets does not tell.
        meaning: What follows from it, in a sentence.
        object_type: The name of the object type it holds for; empty where it holds for all that have none of their own.
        known: Whether the value was told and is one that this library knows the meaning of.
    """

    name: str
    value: str
    meaning: str
    object_type: str = ""
    known: bool

    def __str__(self) -> str:
        where = f" of {self.object_type}" if self.object_type else ""
        return f"{self.name}{where} ({self.value or 'not told'}): {self.meaning}"

    def to_dict(self) -> dict[str, object]:
        """The setting as JSON-ready data."""
        return {
            "name": self.name,
            "value": self.value,
            "meaning": self.meaning,
            "object_type": self.object_type,
            "known": self.known,
        }


def explained(name: str, value: str, object_type: str = "") -> ImportSourceSetting:
    """A setting by its name and the service's word."""
    meaning = _MEANINGS[name].get(value.upper(), "")
    if not meaning:
        meaning = (
            f"The word “{value}” is new to this library. {_LOOK}"
            if value
            else _UNTOLD.get(name, f"Assets does not tell it; treat it as unknown. {_LOOK}")
        )
        return ImportSourceSetting(
            name=name, value=value, meaning=meaning, object_type=object_type, known=False
        )
    return ImportSourceSetting(name=name, value=value, meaning=meaning, object_type=object_type, known=True)


def of_concatenator(value: str) -> ImportSourceSetting:
    """How the values of several locators become one."""
    return ImportSourceSetting(
        name="several values",
        value=value,
        meaning=f"Where an attribute has several locators, their values are joined by “{value}”."
        if value
        else f"Assets does not tell what joins the values of several locators. {_LOOK}",
        known=bool(value),
    )


def of_identifiers(ignores_case: bool | None, object_type: str = "") -> ImportSourceSetting:  # noqa: FBT001 - read
    """Whether identifiers match in any case."""
    if ignores_case is None:
        value, meaning = "", f"Assets does not tell whether “a1” and “A1” identify the same object. {_LOOK}"
    elif ignores_case:
        value, meaning = "ignore case", "“a1” and “A1” identify the same object."
    else:
        value, meaning = "match case", "“a1” and “A1” identify two objects."
    return ImportSourceSetting(
        name="identifiers",
        value=value,
        meaning=meaning,
        object_type=object_type,
        known=ignores_case is not None,
    )


def of_dates(date: str, date_time: str) -> ImportSourceSetting:
    """How dates of the data are read."""
    value = " and ".join(text for text in (date, date_time) if text)
    return ImportSourceSetting(
        name="dates",
        value=value,
        meaning="Dates and times of the data are read in this form."
        if value
        else "Assets does not tell how it reads dates; this library sends them as ISO 8601.",
        known=bool(value),
    )
