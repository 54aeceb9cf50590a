"""Finds values of a wrong JSON type in a schema-and-mapping document that a person wrote.

The reader treats such a value as missing. Without this check, a locator that is a string instead of a list would silently
become another one.
"""

from collections.abc import Iterator, Mapping

from .findings import FindingCollector

_TEXT, _FLAG, _NUMBER, _TEXTS = "a string", "true or false", "a whole number", "a list of strings"
_NAMED = {"name": _TEXT, "description": _TEXT}

#: For each kind of object the types of its known keys: words, another kind of object, or a list of such objects.
_TYPES: Mapping[str, Mapping[str, str | list[str]]] = {
    "document": {"schema": "schema", "mapping": "mapping"},
    "schema": {"objectSchema": "objectSchema", "iconSchema": "iconSchema", "statusSchema": "statusSchema"},
    "objectSchema": {**_NAMED, "objectTypes": ["objectType"]},
    "objectType": {
        **_NAMED,
        **dict.fromkeys(("externalId", "iconKey"), _TEXT),
        "attributes": ["attribute"],
        "children": ["objectType"],
    },
    "attribute": {
        **_NAMED,
        **dict.fromkeys(
            ("externalId", "type", "referenceObjectTypeName", "referenceObjectTypeExternalId"), _TEXT
        ),
        **dict.fromkeys(("label", "unique"), _FLAG),
        **dict.fromkeys(("minimumCardinality", "maximumCardinality"), _NUMBER),
        "typeValues": _TEXTS,
    },
    "iconSchema": {"icons": ["icon"]},
    "icon": dict.fromkeys(("key", "name", "png48"), _TEXT),
    "statusSchema": {"statuses": ["status"]},
    "status": {**_NAMED, "category": _TEXT},
    "mapping": {"objectTypeMappings": ["objectTypeMapping"]},
    "objectTypeMapping": {
        **dict.fromkeys(("objectTypeExternalId", "objectTypeName", "selector", "description"), _TEXT),
        "attributesMapping": ["attributeMapping"],
    },
    "attributeMapping": {
        **dict.fromkeys(("attributeExternalId", "attributeName", "objectMappingIQL"), _TEXT),
        "attributeLocators": _TEXTS,
        "externalIdPart": _FLAG,
    },
}


def reject_wrong_types(document: Mapping[str, object]) -> None:
    """Check the value of each known key of a document, or of a part of one. A value of null counts as a missing key.

    Raises:
        InvalidModelError: It names all values of a wrong type.
    """
    collector = FindingCollector()
    for path, words in _misfits(document, "document", ""):
        collector.error("wrong-type", path, f"The value is not {words}.", "Correct the document.")
    collector.raise_for_errors()


def _misfits(entry: Mapping[str, object], kind: str, path: str) -> Iterator[tuple[str, str]]:
    for key, wanted in _TYPES[kind].items():
        value, place = entry.get(key), f"{path}{key}"
        if value is None:
            continue
        if isinstance(wanted, str) and wanted not in _TYPES:
            if not _fits(value, wanted):
                yield place, wanted
        elif isinstance(wanted, str):
            yield from _misfits_of_object(value, wanted, place)
        elif isinstance(value, (list, tuple)):
            for position, item in enumerate(value):
                yield from _misfits_of_object(item, wanted[0], f"{place}[{position}]")
        else:
            yield place, "a list of objects"


def _misfits_of_object(value: object, kind: str, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from _misfits(value, kind, f"{place}.")
    else:
        yield place, "an object"


def _fits(value: object, wanted: str) -> bool:
    if wanted == _TEXTS:
        return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    if wanted == _NUMBER:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if wanted == _TEXT else bool)
