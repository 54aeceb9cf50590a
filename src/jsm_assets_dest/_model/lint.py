"""The linter: one pass over all rules that a model can break.

Errors are what the JSON Schema of the mapping document or Atlassian's guide to it rejects, and what would lose data.
Warnings are what probably does not work as intended. Advice is what Atlassian recommends (its help page on the limits of
Assets), and experience.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Iterator

from .findings import Finding, Findings, advice, error, warning
from .lint_attributes import lint_attribute, lint_links, lint_not_linked
from .names import GENERATED_PREFIX, GLOBAL_STATUSES, PLAIN_NAME, RESERVED_CHARACTERS, plain_name
from .object_schema_spec import ObjectSchemaSpec, circles, inherits
from .specs import AttributeType, IconSpec, ObjectTypeSpec

#: The sizes of an object type that Atlassian recommends.
MAX_ATTRIBUTES = 35
MAX_TEXTAREAS = 2
MAX_REFERENCES = 3

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ICON_PIXELS = 48
_MAX_ICON_KEY = 255


def lint(model: ObjectSchemaSpec) -> Findings:
    """Return all findings of a model."""
    return Findings(_findings(model))


def _findings(model: ObjectSchemaSpec) -> Iterator[Finding]:
    yield from _lint_schema(model)
    for position, spec in enumerate(model.object_types):
        path = spec.key or f"object_types[{position}]"
        yield from _lint_object_type(model, spec, path)
        yield from _lint_parent(model, spec, path)
        for attribute_position, attribute in enumerate(spec.attributes):
            key = attribute.key or f"attributes[{attribute_position}]"
            yield from lint_attribute(model, spec, attribute, f"{path}.{key}")
            yield from lint_not_linked(attribute, f"{path}.{key}")
        yield from lint_links(model, spec, path)
        yield from _lint_size(spec, path)
    yield from _lint_repeated_keys(model)
    yield from _lint_external_ids(model)
    yield from _lint_statuses(model)
    yield from _lint_icons(model)
    for circle in circles(model):
        yield advice(
            "reference-circle",
            circle[0],
            f"These object types refer to each other in a circle: {', '.join(circle)}.",
            "No order sends all targets first. Import twice, or remove one direction.",
        )


def _lint_schema(model: ObjectSchemaSpec) -> Iterator[Finding]:
    if not model.name.strip():
        yield error("name-blank", "name", "The object schema has no name.", "Set a name.")
    if not model.object_types:
        yield error(
            "no-object-types",
            "object_types",
            "The model has no object types.",
            "Add at least one. The mapping document requires it.",
        )
    elif not model.selectors:
        yield error(
            "nothing-mapped",
            "object_types",
            "The import fills no object type, so the mapping would be empty and the import could not start.",
            "Remove mapped=False from the types that records are sent for.",
        )
    if not model.namespace.strip():
        yield error(
            "namespace-blank",
            "namespace",
            "The model has no namespace, and none follows from its name.",
            'Set a namespace such as "okta". It is the prefix of every external id.',
        )
    elif model.namespace.startswith(GENERATED_PREFIX):
        yield error(
            "namespace-reserved",
            "namespace",
            f'"{GENERATED_PREFIX}" is the prefix of the external ids that Assets generates.',
            "Choose your own namespace.",
        )


def _lint_object_type(model: ObjectSchemaSpec, spec: ObjectTypeSpec, path: str) -> Iterator[Finding]:
    name = spec.name.strip().casefold()
    if not spec.key:
        yield error(
            "key-blank", path, "The object type has no key, and none follows from its name.", "Set a key."
        )
    if not name:
        yield error("name-blank", path, "The object type has no name.", "Set a name.")
    # Assets has accepted the name of an existing type before.
    reserved = "" if spec.adopted else " ".join(sorted(set(spec.name) & set(RESERVED_CHARACTERS)))
    if reserved:
        yield warning(
            "name-reserved-characters",
            path,
            f'The name "{spec.name}" contains {reserved}. Some clients saw Assets reject these characters in names.',
            "Remove these characters.",
        )
    if name and sum(other.name.strip().casefold() == name for other in model.object_types) > 1:
        yield error(
            "name-repeated",
            path,
            f'Several object types have the name "{spec.name}". Assets compares names without case.',
            "Give each object type of a schema its own name.",
        )
    if spec.icon_key and all(icon.key != spec.icon_key for icon in model.icons):
        yield warning(
            "icon-unknown",
            f"{path}.icon_key",
            f'The model has no icon with the key "{spec.icon_key}".',
            "Add the icon, unless an earlier build added it.",
        )
    if spec.mapped:
        yield from _lint_mapped(model, spec, path)


def _lint_mapped(model: ObjectSchemaSpec, spec: ObjectTypeSpec, path: str) -> Iterator[Finding]:
    if not all(part.strip() for part in spec.selector.split(".")):
        yield error(
            "selector-blank",
            f"{path}.selector",
            f'The selector "{spec.selector}" is not a path of names joined by dots.',
            'Use a path such as "people" or "hardDrives.files".',
        )
    if model.selectors.count(spec.selector) > 1:
        yield warning(
            "selector-repeated",
            f"{path}.selector",
            f'Several object types have the selector "{spec.selector}", so one record creates an object of each.',
            "Give each object type its own selector, unless the records describe all of them.",
        )
    identifiers = [attribute for attribute in spec.identifiers if attribute.mapped]
    if not identifiers:
        yield error(
            "identifier-missing",
            path,
            "No attribute identifies a record, so every import would create all objects again.",
            "Set identifier=True on an attribute that never changes at the source.",
        )
    elif len(identifiers) > 1:
        yield advice(
            "identifier-several",
            path,
            f"{len(identifiers)} attributes identify a record together.",
            "All known import apps use one identifier. Prefer that if the source has one.",
        )
    labels = [attribute for attribute in spec.attributes if attribute.label]
    if not labels and not _inherits_label(model, spec):
        yield error(
            "label-missing",
            path,
            "No attribute is the label, so objects would have no displayed name.",
            "Set label=True on one attribute.",
        )
    elif len(labels) > 1:
        names = ", ".join(f'"{attribute.name}"' for attribute in labels)
        yield error(
            "label-several", path, f"Only one attribute can be the label, not {names}.", "Keep one label."
        )


def _inherits_label(model: ObjectSchemaSpec, spec: ObjectTypeSpec) -> bool:
    seen: set[str] = set()
    while inherits(model, spec) and spec.key not in seen:
        seen.add(spec.key)
        spec = model.object_type(spec.parent)
        if spec.label is not None:
            return True
    return False


def _lint_parent(model: ObjectSchemaSpec, spec: ObjectTypeSpec, path: str) -> Iterator[Finding]:
    if not spec.parent:
        return
    if not model.has_object_type(spec.parent):
        yield error(
            "parent-unknown",
            f"{path}.parent",
            f'The model has no object type "{spec.parent}".',
            "Set the key of an object type of this model.",
        )
        return
    ancestors = [spec.key]
    while ancestors[-1] and model.has_object_type(ancestors[-1]):
        parent = model.object_type(ancestors[-1]).parent
        if parent in ancestors:
            yield error(
                "parent-circle",
                f"{path}.parent",
                f"The parents form a circle: {' → '.join([*ancestors, parent])}.",
                "Remove one parent.",
            )
            return
        ancestors.append(parent)
    if not inherits(model, spec):
        yield advice(
            "parent-not-inherited",
            f"{path}.parent",
            "An import can't enable inheritance, so the type doesn't have the attributes of its parent.",
            "Keep the model flat, unless you need only the tree.",
        )


def _lint_size(spec: ObjectTypeSpec, path: str) -> Iterator[Finding]:
    textareas = sum(attribute.type is AttributeType.TEXTAREA for attribute in spec.attributes)
    references = sum(attribute.is_reference for attribute in spec.attributes)
    for what, count, limit in (
        ("attributes", len(spec.attributes), MAX_ATTRIBUTES),
        ("textareas", textareas, MAX_TEXTAREAS),
        ("references", references, MAX_REFERENCES),
    ):
        if count > limit:
            yield advice(
                f"size-{what}",
                path,
                f"It has {count} {what}. Atlassian recommends at most {limit} in an object type.",
                "Remove what is not needed, or split the object type.",
            )


def _repeated(values: Iterable[str]) -> Iterable[tuple[str, int]]:
    return ((value, count) for value, count in Counter(values).items() if count > 1)


def _lint_repeated_keys(model: ObjectSchemaSpec) -> Iterator[Finding]:
    remedy = "Give each its own key."
    for key, count in _repeated(spec.key for spec in model.object_types):
        yield error("key-repeated", key, f'{count} object types have the key "{key}".', remedy)
    for spec in model.object_types:
        for key, count in _repeated(
            attribute.key for attribute in (*spec.attributes, *spec.linked_attributes)
        ):
            path = f"{spec.key}.{key}"
            yield error("key-repeated", path, f'{count} attributes have the key "{key}".', remedy)


def _lint_external_ids(model: ObjectSchemaSpec) -> Iterator[Finding]:
    # Repeated keys, which have a finding of their own, cause repeated external ids: count each path once.
    paths: dict[str, dict[str, None]] = {}
    for spec in model.object_types:
        paths.setdefault(model.external_id(spec.key), {})[spec.key] = None
        if model.object_type(spec.key) is spec:
            for attribute in spec.attributes:
                external_id = model.external_id(spec.key, attribute.key)
                paths.setdefault(external_id, {})[f"{spec.key}.{attribute.key}"] = None
    for external_id, owners in paths.items():
        if len(owners) > 1:
            first, second, *_ = owners
            yield error(
                "external-id-repeated",
                second,
                f'"{first}" has the external id "{external_id}" too.',
                "Give each object type and attribute its own external id, or none.",
            )


def _lint_statuses(model: ObjectSchemaSpec) -> Iterator[Finding]:
    names = [status.name.strip().casefold() for status in model.statuses]
    for name, count in _repeated(names):
        yield error(
            "status-repeated",
            f"statuses.{name}",
            f'The status "{name}" is declared {count} times.',
            "Keep one.",
        )
    for status in model.statuses:
        if not PLAIN_NAME.fullmatch(status.name):
            yield error(
                "status-name",
                f"statuses.{status.name}",
                f'"{status.name}" is not a name of 2 to 30 letters, digits, spaces, and hyphens.',
                f'Use "{plain_name(status.name) or "Status"}", here and in the records.',
            )
    for spec in model.object_types:
        for attribute in spec.attributes:
            for name in attribute.statuses:
                if name.strip().casefold() not in GLOBAL_STATUSES.union(names):
                    yield warning(
                        "status-unknown",
                        f"{spec.key}.{attribute.key}.statuses",
                        f'The status "{name}" is neither declared nor one of the seven of every workspace.',
                        "Declare it in the statuses of the model, unless the workspace has it.",
                    )


def _lint_icons(model: ObjectSchemaSpec) -> Iterator[Finding]:
    for key, count in _repeated(icon.key for icon in model.icons):
        yield error("icon-repeated", f"icons.{key}", f'{count} icons have the key "{key}".', "Keep one.")
    for icon in model.icons:
        path = f"icons.{icon.key}"
        if not 1 <= len(icon.key) <= _MAX_ICON_KEY:
            yield error("icon-key", path, "The key is not 1 to 255 characters long.", "Shorten or set it.")
        if not PLAIN_NAME.fullmatch(icon.name):
            yield error(
                "icon-name",
                path,
                f'"{icon.name}" is not a name of 2 to 30 letters, digits, spaces, and hyphens.',
                f'Use "{plain_name(icon.name) or "Icon"}".',
            )
        problem = _image_problem(icon)
        if problem:
            yield error("icon-image", path, problem, "Use a PNG of 48 by 48 pixels, encoded as base64.")


def _image_problem(icon: IconSpec) -> str:
    try:
        image = base64.b64decode(icon.png48, validate=True)
    except (binascii.Error, ValueError):
        return "The image is not encoded as base64."
    # A PNG starts with a signature and a header chunk, which has width and height at fixed positions.
    if not image.startswith(_PNG_SIGNATURE) or image[12:16] != b"IHDR":
        return "The image is not a PNG."
    width, height = int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")
    if (width, height) != (_ICON_PIXELS, _ICON_PIXELS):
        return f"The image has {width} by {height} pixels."
    return ""
