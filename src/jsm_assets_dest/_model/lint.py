"""The linter: every rule of the service and of good sense that a model can break, all in one pass.

Errors are what the mapping document's JSON Schema, Atlassian's guide to it or the emulator's reading of both
refuse, and what would lose data. Warnings are what probably does not work as meant. Advice is Atlassian's
advice on sizes (its help page on the limits of Assets), and experience.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from typing import TYPE_CHECKING

from .findings import FindingCollector, Findings
from .lint_attributes import lint_attribute
from .names import GLOBAL_STATUSES, MADE_UP_PREFIX, PLAIN_NAME, RESERVED_CHARACTERS, plain_name
from .order import circles
from .specs import AttributeType

if TYPE_CHECKING:
    from .schema_model import SchemaModel
    from .specs import IconSpec, ObjectTypeSpec

#: Atlassian's advice on the size of an object type.
MOST_ATTRIBUTES = 35
MOST_TEXTAREAS = 2
MOST_REFERENCES = 3

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ICON_PIXELS = 48
_LONGEST_ICON_KEY = 255


def lint(model: SchemaModel) -> Findings:
    """All findings of a model."""
    found = FindingCollector()
    _lint_schema(model, found)
    for at, spec in enumerate(model.object_types):
        path = spec.key or f"object_types[{at}]"
        _lint_object_type(model, spec, path, found)
        _lint_parent(model, spec, path, found)
        for position, attribute in enumerate(spec.attributes):
            where = f"{path}.{attribute.key or f'attributes[{position}]'}"
            lint_attribute(model, spec, attribute, where, found)
        _lint_size(spec, path, found)
    _lint_repeated_keys(model, found)
    _lint_external_ids(model, found)
    _lint_statuses(model, found)
    _lint_icons(model, found)
    _lint_circles(model, found)
    return found.findings()


def _lint_schema(model: SchemaModel, found: FindingCollector) -> None:
    if not model.name.strip():
        found.error("name-blank", "name", "The object schema has no name.", "Give it a name.")
    if not model.object_types:
        found.error(
            "no-object-types",
            "object_types",
            "The model has no object types.",
            "Add at least one; the mapping document needs it.",
        )
    elif not model.selectors:
        found.error(
            "nothing-mapped",
            "object_types",
            "No object type is filled by the import, so it would stay without a mapping and could not start.",
            "Leave mapped=False out where records are sent.",
        )
    if not model.namespace.strip():
        found.error(
            "namespace-blank",
            "namespace",
            "The model has no namespace, and its name gives none.",
            "Give it a namespace such as “okta”: it stands at the front of every external id.",
        )
    elif model.namespace.startswith(MADE_UP_PREFIX):
        found.error(
            "namespace-reserved",
            "namespace",
            f"“{MADE_UP_PREFIX}” stands in front of the external ids that Assets makes up itself.",
            "Choose a namespace of your own.",
        )


def _lint_object_type(model: SchemaModel, spec: ObjectTypeSpec, path: str, found: FindingCollector) -> None:
    if not spec.key:
        found.error(
            "key-blank", path, "The object type has no key, and its name gives none.", "Give it a key."
        )
    if not spec.name.strip():
        found.error("name-blank", path, "The object type has no name.", "Give it a name.")
    # A name that exists already was accepted once, whatever it holds.
    reserved = (
        "" if spec.adopted else "".join(sorted({one for one in spec.name if one in RESERVED_CHARACTERS}))
    )
    if reserved:
        found.warning(
            "name-reserved-characters",
            path,
            f"The name “{spec.name}” holds {' '.join(reserved)}, which Assets refuses in names as far as clients saw.",
            "Leave these characters out.",
        )
    names = Counter(one.name.strip().casefold() for one in model.object_types)
    if spec.name.strip() and names[spec.name.strip().casefold()] > 1:
        found.error(
            "name-repeated",
            path,
            f"Several object types are called “{spec.name}”; names count without case.",
            "Give each object type of a schema its own name.",
        )
    if spec.icon_key and all(icon.key != spec.icon_key for icon in model.icons):
        found.warning(
            "icon-unknown",
            f"{path}.icon_key",
            f"The model has no icon with the key “{spec.icon_key}”.",
            "Add the icon, unless an earlier build brought it.",
        )
    if spec.mapped:
        _lint_mapped(model, spec, path, found)


def _lint_mapped(model: SchemaModel, spec: ObjectTypeSpec, path: str, found: FindingCollector) -> None:
    if not all(part.strip() for part in spec.selector.split(".")):
        found.error(
            "selector-blank",
            f"{path}.selector",
            f"The selector “{spec.selector}” is not a path of names joined by dots.",
            "Use something like “people” or “hardDrives.files”.",
        )
    if Counter(model.selectors)[spec.selector] > 1:
        found.error(
            "selector-repeated",
            f"{path}.selector",
            f"Several object types take their records from “{spec.selector}”, so a record could belong to each.",
            "Give each object type its own selector.",
        )
    identifiers = [one for one in spec.identifiers if one.mapped]
    if not identifiers:
        found.error(
            "identifier-missing",
            path,
            "No attribute identifies a record, so every import would create all objects again.",
            "Mark the attribute that never changes at the source with identifier=True.",
        )
    elif len(identifiers) > 1:
        found.advice(
            "identifier-several",
            path,
            f"{len(identifiers)} attributes identify a record together.",
            "One identifier is the form that all known import apps use; prefer it where the source has one.",
        )
    labels = [one for one in spec.attributes if one.label]
    if not labels:
        found.error(
            "label-missing",
            path,
            "No attribute is the label, so objects would be without the name that people see.",
            "Mark one attribute with label=True.",
        )
    elif len(labels) > 1:
        names = ", ".join(f"“{one.name}”" for one in labels)
        found.error(
            "label-several", path, f"Only one attribute can be the label, not {names}.", "Keep one label."
        )


def _lint_parent(model: SchemaModel, spec: ObjectTypeSpec, path: str, found: FindingCollector) -> None:
    if not spec.parent:
        return
    if not model.has_object_type(spec.parent):
        found.error(
            "parent-unknown",
            f"{path}.parent",
            f"There is no object type “{spec.parent}” to be its parent.",
            "Name the key of an object type of this model.",
        )
        return
    above = [spec.key]
    while above[-1] and model.has_object_type(above[-1]):
        parent = model.object_type(above[-1]).parent
        if parent in above:
            found.error(
                "parent-circle",
                f"{path}.parent",
                f"The parents go round in a circle: {' → '.join([*above, parent])}.",
                "Take one parent away.",
            )
            return
        above.append(parent)
    found.advice(
        "parent-not-inherited",
        f"{path}.parent",
        "An import cannot switch inheritance on, so it gets none of its parent's attributes.",
        "Keep the model flat, unless you only want the tree.",
    )


def _lint_size(spec: ObjectTypeSpec, path: str, found: FindingCollector) -> None:
    counts = (
        ("size-attributes", len(spec.attributes), MOST_ATTRIBUTES, "attributes"),
        (
            "size-textareas",
            sum(1 for one in spec.attributes if one.type is AttributeType.TEXTAREA),
            MOST_TEXTAREAS,
            "textareas",
        ),
        (
            "size-references",
            sum(1 for one in spec.attributes if one.is_reference),
            MOST_REFERENCES,
            "references",
        ),
    )
    for code, count, most, what in counts:
        if count > most:
            found.advice(
                code,
                path,
                f"It has {count} {what}; Atlassian advises at most {most} in an object type.",
                "Leave out what nobody looks at, or split the object type.",
            )


def _lint_repeated_keys(model: SchemaModel, found: FindingCollector) -> None:
    for key, count in Counter(spec.key for spec in model.object_types).items():
        if count > 1:
            found.error(
                "key-repeated", key, f"{count} object types have the key “{key}”.", "Give each its own key."
            )
    for spec in model.object_types:
        for key, count in Counter(one.key for one in spec.attributes).items():
            if count > 1:
                found.error(
                    "key-repeated",
                    f"{spec.key}.{key}",
                    f"{count} attributes have the key “{key}”.",
                    "Give each its own key.",
                )


def _lint_external_ids(model: SchemaModel, found: FindingCollector) -> None:
    places: dict[str, list[str]] = {}
    for spec in model.object_types:
        places.setdefault(model.external_id(spec.key), []).append(spec.key)
        for attribute in spec.attributes:
            external_id = _external_id_of(model, spec, attribute.key)
            places.setdefault(external_id, []).append(f"{spec.key}.{attribute.key}")
    for external_id, owners in places.items():
        # Two with the same key have the same external id by nature; that is reported as what it is.
        if len(set(owners)) > 1:
            found.error(
                "external-id-repeated",
                owners[1],
                f"The external id “{external_id}” is also that of {owners[0]}.",
                "Give each object type and attribute its own, or none at all.",
            )


def _external_id_of(model: SchemaModel, spec: ObjectTypeSpec, key: str) -> str:
    # Not `model.external_id(spec.key, key)`: with a repeated key that would look into the wrong object type.
    first = model.object_type(spec.key)
    return (
        model.external_id(spec.key, key)
        if any(one.key == key for one in first.attributes)
        else f"{spec.key}/{key}"
    )


def _lint_statuses(model: SchemaModel, found: FindingCollector) -> None:
    names = Counter(status.name.strip().casefold() for status in model.statuses)
    for name, count in names.items():
        if count > 1:
            found.error(
                "status-repeated",
                f"statuses.{name}",
                f"The status “{name}” is declared {count} times.",
                "Keep one.",
            )
    for status in model.statuses:
        if not PLAIN_NAME.fullmatch(status.name):
            found.error(
                "status-name",
                f"statuses.{status.name}",
                f"“{status.name}” is not 2 to 30 letters, digits, spaces and hyphens.",
                f"Call it “{plain_name(status.name) or 'Status'}”, and send that name in records.",
            )
    declared = set(names) | GLOBAL_STATUSES
    for spec in model.object_types:
        for attribute in spec.attributes:
            for name in attribute.statuses:
                if name.strip().casefold() not in declared:
                    found.warning(
                        "status-unknown",
                        f"{spec.key}.{attribute.key}.statuses",
                        f"The status “{name}” is neither declared nor one of the seven of every workspace.",
                        "Declare it among the model's statuses, unless the workspace has it.",
                    )


def _lint_icons(model: SchemaModel, found: FindingCollector) -> None:
    for key, count in Counter(icon.key for icon in model.icons).items():
        if count > 1:
            found.error("icon-repeated", f"icons.{key}", f"{count} icons have the key “{key}”.", "Keep one.")
    for icon in model.icons:
        path = f"icons.{icon.key}"
        if not 1 <= len(icon.key) <= _LONGEST_ICON_KEY:
            found.error(
                "icon-key", path, "The key of an icon has 1 to 255 characters.", "Give it such a key."
            )
        if not PLAIN_NAME.fullmatch(icon.name):
            found.error(
                "icon-name",
                path,
                f"“{icon.name}” is not 2 to 30 letters, digits, spaces and hyphens.",
                f"Call it “{plain_name(icon.name) or 'Icon'}”.",
            )
        problem = _image_problem(icon)
        if problem:
            found.error("icon-image", path, problem, "Give a PNG of 48 by 48 pixels as base64 text.")


def _image_problem(icon: IconSpec) -> str:
    try:
        image = base64.b64decode(icon.png48, validate=True)
    except (binascii.Error, ValueError):
        return "The image is not base64 text."
    # A PNG starts with its signature and a header chunk that holds width and height at fixed places.
    if not image.startswith(_PNG_SIGNATURE) or image[12:16] != b"IHDR":
        return "The image is not a PNG."
    width, height = int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")
    if (width, height) != (_ICON_PIXELS, _ICON_PIXELS):
        return f"The image is {width} by {height} pixels."
    return ""


def _lint_circles(model: SchemaModel, found: FindingCollector) -> None:
    for circle in circles(model):
        found.advice(
            "reference-circle",
            circle[0],
            f"These object types refer to each other in a circle: {', '.join(circle)}.",
            "No order sends all targets first; import twice, or take out one direction.",
        )
