"""The linter's rules for a single attribute, imported or linked to Jira."""

from collections.abc import Iterator, Sequence

from .findings import Finding, advice, error, warning
from .names import SYSTEM_ATTRIBUTES, same_name
from .object_schema_spec import ObjectSchemaSpec
from .references import READABLE_TYPES, looked_up_by, placeholders, source_of, uses_like
from .specs import AttributeSpec, AttributeType, ObjectTypeSpec, ReferenceSpec

#: The maximum length of a text value (Atlassian's help page on the limits of Assets, and an error message).
MAX_TEXT = 255
#: The length of a textarea that Atlassian recommends.
RECOMMENDED_TEXTAREA = 5000
#: The number of references of one attribute that Atlassian recommends.
RECOMMENDED_REFERENCES = 10

_TEXTS = frozenset({AttributeType.TEXT, AttributeType.EMAIL, AttributeType.URL, AttributeType.SELECT})
#: Types with a cardinality in Atlassian's OpenAPI document, and status, which has one in the product.
_SEVERAL_VALUES = frozenset(
    {AttributeType.EMAIL, AttributeType.SELECT, AttributeType.REFERENCE, AttributeType.STATUS}
)
_POOR_LABELS = frozenset(
    {AttributeType.BOOLEAN, AttributeType.REFERENCE, AttributeType.STATUS, AttributeType.TEXTAREA}
)
_POOR_IDENTIFIERS = _POOR_LABELS | {AttributeType.SELECT}


def lint_attribute(
    model: ObjectSchemaSpec, spec: ObjectTypeSpec, attribute: AttributeSpec, path: str
) -> Iterator[Finding]:
    """Yield all findings of an attribute."""
    if not attribute.key:
        yield error(
            "key-blank", path, "The attribute has no key, and none follows from its name.", "Set a key."
        )
    yield from _lint_names(spec.attributes, attribute, path, f"Source {attribute.name}")
    yield from _lint_identifier(attribute, path)
    yield from _lint_label(spec, attribute, path)
    if attribute.unique and attribute.type in _POOR_IDENTIFIERS:
        yield warning(
            "unique-type", path, f"Values of type {attribute.type.value} are seldom unique.", "Remove unique."
        )
    yield from _lint_cardinality(attribute, path)
    yield from _lint_length(attribute, path)
    yield from _lint_locators(attribute, path)
    if attribute.statuses and attribute.type is not AttributeType.STATUS:
        yield error(
            "statuses-elsewhere",
            f"{path}.statuses",
            f"Statuses are set, but the type is {attribute.type.value}.",
            "Set the type to status, or remove the statuses.",
        )
    if len(set(attribute.statuses)) < len(attribute.statuses):
        yield error(
            "statuses-repeated", f"{path}.statuses", "A status is repeated.", "Name each status once."
        )
    yield from _lint_reference(model, attribute, path)


def _lint_names(
    siblings: Sequence[AttributeSpec], attribute: AttributeSpec, path: str, example: str
) -> Iterator[Finding]:
    name = attribute.name
    if not name.strip():
        yield error("name-blank", path, "The attribute has no name.", "Set a name.")
    elif sum(same_name(other.name, name) for other in siblings) > 1:
        yield error(
            "name-repeated",
            path,
            f'Several attributes have the name "{name}". Assets compares names without case.',
            "Give each attribute of an object type its own name.",
        )
    # An imported attribute with an external id exists in Assets, whatever its name.
    exists = bool(attribute.external_id) and not attribute.is_linked
    if name.strip().casefold() in SYSTEM_ATTRIBUTES and not exists:
        yield error(
            "name-of-system",
            path,
            f'Every object type has an attribute "{name}" that Assets fills itself.',
            f'Use a name such as "{example}".',
        )


def _lint_identifier(attribute: AttributeSpec, path: str) -> Iterator[Finding]:
    if not attribute.identifier:
        return
    if attribute.type in _POOR_IDENTIFIERS:
        yield warning(
            "identifier-type",
            path,
            f"A value of type {attribute.type.value} seldom identifies a record.",
            "Identify records by a text or a number that never changes at the source.",
        )
    if attribute.takes_many:
        yield error(
            "identifier-many", path, "An identifier must have exactly one value.", "Set its maximum to 1."
        )
    if not attribute.mapped:
        yield error(
            "identifier-unmapped",
            path,
            "The import doesn't fill this identifier.",
            "Add a locator, or let another attribute identify the record.",
        )


def _lint_label(spec: ObjectTypeSpec, attribute: AttributeSpec, path: str) -> Iterator[Finding]:
    if not attribute.label:
        return
    if attribute.type in _POOR_LABELS:
        yield warning(
            "label-type",
            path,
            f"Assets probably rejects a label of type {attribute.type.value}.",
            "Use a text attribute as the label.",
        )
    if spec.mapped and not attribute.mapped:
        yield warning(
            "label-unmapped",
            path,
            "The import doesn't fill the label. Assets skips records with an empty label.",
            "Add a locator to the label.",
        )


def _lint_cardinality(attribute: AttributeSpec, path: str) -> Iterator[Finding]:
    minimum, maximum = attribute.minimum, attribute.maximum
    if minimum < 0 or maximum == 0 or maximum < -1 or (maximum != -1 and minimum > maximum):
        yield error(
            "cardinality",
            path,
            f"A minimum of {minimum} and a maximum of {maximum} are not a valid cardinality.",
            "Use a minimum of at least 0 and a maximum that is not below it; -1 means unlimited.",
        )
        return
    if attribute.takes_many and attribute.type not in _SEVERAL_VALUES:
        yield warning(
            "cardinality-type",
            path,
            f"Atlassian lists no cardinality for the type {attribute.type.value}, so Assets probably stores one value.",
            "Use select, email, or a reference, or join the values into one text.",
        )
    if attribute.is_reference and (maximum == -1 or maximum > RECOMMENDED_REFERENCES):
        limit = "an unlimited number of" if maximum == -1 else f"up to {maximum}"
        yield advice(
            "size-cardinality",
            path,
            f"It allows {limit} references. Atlassian recommends at most {RECOMMENDED_REFERENCES}.",
            "Put the references on the side that has few.",
        )


def _lint_length(attribute: AttributeSpec, path: str) -> Iterator[Finding]:
    length = attribute.max_length
    path = f"{path}.max_length"
    if length is None:
        return
    if length < 1:
        yield error("length", path, "The maximum length is less than 1.", "Remove max_length.")
    elif attribute.type in _TEXTS and length > MAX_TEXT:
        yield warning(
            "length-text",
            path,
            f"Values of up to {length} characters are too long: Assets accepts {MAX_TEXT}.",
            "Use a textarea, or shorten the values.",
        )
    elif attribute.type is AttributeType.TEXTAREA and length > RECOMMENDED_TEXTAREA:
        yield advice(
            "length-textarea",
            path,
            f"Values have up to {length} characters. Atlassian recommends at most {RECOMMENDED_TEXTAREA}.",
            "Shorten the values, or link to the whole text.",
        )
    elif attribute.type not in _TEXTS and attribute.type is not AttributeType.TEXTAREA:
        yield warning(
            "length-type",
            path,
            f"A maximum length has no effect for the type {attribute.type.value}.",
            "Remove max_length.",
        )


def _lint_locators(attribute: AttributeSpec, path: str) -> Iterator[Finding]:
    for locator in attribute.locators:
        if not all(part.strip() for part in locator.split(".")):
            yield error(
                "locator-blank",
                f"{path}.locators",
                f'The locator "{locator}" is not a path of names joined by dots.',
                'Use a path such as "email" or "profile.email".',
            )
        if set(locator) & set("${}"):
            yield error(
                "locator-characters",
                f"{path}.locators",
                f'The locator "{locator}" contains $, {{, or }}, which queries reserve for their placeholders.',
                "Rename the key in your records.",
            )


def _lint_reference(model: ObjectSchemaSpec, attribute: AttributeSpec, path: str) -> Iterator[Finding]:
    reference = attribute.reference
    if reference is None:
        if attribute.is_reference:
            yield error(
                "reference-missing",
                path,
                "The target of the reference is missing.",
                "Set reference=ReferenceSpec(…).",
            )
        return
    if not attribute.is_reference:
        yield error(
            "reference-elsewhere",
            path,
            f"A reference is set, but the type is {attribute.type.value}.",
            "Set the type to reference, or remove the reference.",
        )
    if not model.has_object_type(reference.target):
        yield error(
            "reference-target-unknown",
            path,
            f'The model has no object type "{reference.target}".',
            "Set the key of an object type of this model. The document must contain the targets of references.",
        )
    elif attribute.mapped and reference.aql:
        yield from _lint_own_query(attribute, reference, path)
    elif attribute.mapped:
        yield from _lint_lookup(attribute, model.object_type(reference.target), reference, path)


def _lint_own_query(attribute: AttributeSpec, reference: ReferenceSpec, path: str) -> Iterator[Finding]:
    path = f"{path}.aql"
    query_locators = placeholders(reference.aql)
    if uses_like(reference.aql):
        yield warning(
            "reference-like",
            path,
            'Like matches substrings: "Sales" also matches "Sales EMEA".',
            "Compare an identifier with =, or remove the query so that the library builds one.",
        )
    if not query_locators:
        yield warning(
            "reference-constant",
            path,
            "The query has no placeholder, so every record refers to the same objects.",
            "Put ${locator} where the value of the record belongs.",
        )
    for locator in query_locators:
        if locator not in attribute.locators:
            yield error(
                "reference-placeholder",
                path,
                f'The query uses "{locator}", which is not a locator of the attribute.',
                "Add it to the locators, or correct the placeholder.",
            )


def _lint_lookup(
    attribute: AttributeSpec, target: ObjectTypeSpec, reference: ReferenceSpec, path: str
) -> Iterator[Finding]:
    parts = looked_up_by(attribute, target)
    if not parts:
        what = f'attribute "{reference.by}"' if reference.by else "identifier"
        yield error(
            "reference-lookup-unknown",
            path,
            f'"{target.name}" has no {what} to find its objects by.',
            "Set an attribute of the target in ReferenceSpec(by=…), or give the target an identifier.",
        )
        return
    if len(parts) != len(attribute.locators):
        yield error(
            "reference-locators",
            f"{path}.locators",
            f'Finding objects of "{target.name}" needs {len(parts)} values, but there are '
            f"{len(attribute.locators)} locators.",
            "Set one locator for each attribute that is compared, in the same order.",
        )
    if len(parts) > 1 and attribute.takes_many:
        yield warning(
            "reference-several-parts",
            path,
            "A query can't distinguish several references that are each found by several values.",
            "Identify the target by one attribute.",
        )
    for part in parts:
        if reference.by and not (part.unique or part.identifier):
            yield warning(
                "reference-not-unique",
                path,
                f'"{part.name}" is neither unique nor an identifier, so the wrong object may be found.',
                "Look up by the identifier, or make that attribute unique.",
            )


def lint_links(model: ObjectSchemaSpec, spec: ObjectTypeSpec, path: str) -> Iterator[Finding]:
    """Yield the findings of the linked attributes of an object type."""
    siblings = (*spec.attributes, *spec.linked_attributes)
    for attribute in spec.linked_attributes:
        place = f"{path}.{attribute.key}"
        yield from _lint_names(siblings, attribute, place, "Jira User")
        if attribute.label or attribute.identifier or attribute.reference is not None or attribute.statuses:
            yield error(
                "linked-settings",
                place,
                f"An attribute of the type {attribute.type.value} is neither a label, an identifier, a reference, nor a status.",
                "Remove these settings.",
            )
        source = source_of(model, spec, attribute)
        if not source or source[-1].type not in READABLE_TYPES:
            yield error(
                "linked-from",
                f"{place}.linked_from",
                f'"{attribute.linked_from}" is not an attribute with text of this object type, or of one that it refers to.',
                'Set linked_from to a name such as "Primary Email" or "Manager.Primary Email".',
            )


def lint_not_linked(attribute: AttributeSpec, path: str) -> Iterator[Finding]:
    """Yield a finding if an attribute of another type has a source of links."""
    if attribute.linked_from:
        yield error(
            "linked-type",
            f"{path}.linked_from",
            f"An attribute of the type {attribute.type.value} can't be linked to Jira.",
            "Set the type to user or group, or remove linked_from.",
        )
