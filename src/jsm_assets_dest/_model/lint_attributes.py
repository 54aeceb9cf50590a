"""The rules for a single attribute."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .aql import looked_up_by, placeholders, uses_like
from .names import SYSTEM_ATTRIBUTES
from .specs import AttributeType

if TYPE_CHECKING:
    from .findings import FindingCollector
    from .schema_model import SchemaModel
    from .specs import AttributeSpec, ObjectTypeSpec, ReferenceSpec

#: Characters that a text value may have (Atlassian's help page on the limits of Assets, and an error text).
LONGEST_TEXT = 255
#: Characters that Atlassian advises for a textarea.
ADVISED_TEXTAREA = 5000
#: The references that Atlassian advises for one attribute.
ADVISED_CARDINALITY = 10

_TEXTS = frozenset({AttributeType.TEXT, AttributeType.EMAIL, AttributeType.URL, AttributeType.SELECT})
#: Types with a cardinality, in Atlassian's OpenAPI document; status is there in the product.
_SEVERAL_VALUES = frozenset(
    {AttributeType.EMAIL, AttributeType.SELECT, AttributeType.REFERENCE, AttributeType.STATUS}
)
_POOR_IDENTIFIERS = frozenset(
    {
        AttributeType.BOOLEAN,
        AttributeType.REFERENCE,
        AttributeType.STATUS,
        AttributeType.TEXTAREA,
        AttributeType.SELECT,
    }
)
_POOR_LABELS = frozenset(
    {AttributeType.BOOLEAN, AttributeType.REFERENCE, AttributeType.STATUS, AttributeType.TEXTAREA}
)


def lint_attribute(
    model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec, path: str, found: FindingCollector
) -> None:
    """Note everything that is wrong with an attribute."""
    _lint_names(spec, attribute, path, found)
    _lint_flags(attribute, path, found)
    _lint_cardinality(attribute, path, found)
    _lint_lengths(attribute, path, found)
    _lint_locators(attribute, path, found)
    if attribute.statuses and attribute.type is not AttributeType.STATUS:
        found.error(
            "statuses-elsewhere",
            f"{path}.statuses",
            f"Only a status attribute can be limited to statuses, not one of type {attribute.type.value}.",
            "Set its type to status, or leave the statuses out.",
        )
    if len(set(attribute.statuses)) < len(attribute.statuses):
        found.error("statuses-repeated", f"{path}.statuses", "A status is named twice.", "Name each once.")
    _lint_reference(model, attribute, path, found)


def _lint_names(spec: ObjectTypeSpec, attribute: AttributeSpec, path: str, found: FindingCollector) -> None:
    name = attribute.name.strip().casefold()
    if not attribute.key:
        found.error("key-blank", path, "The attribute has no key, and its name gives none.", "Give it a key.")
    if not name:
        found.error("name-blank", path, "The attribute has no name.", "Give it a name.")
        return
    if Counter(one.name.strip().casefold() for one in spec.attributes)[name] > 1:
        found.error(
            "name-repeated",
            path,
            f"Several attributes are called “{attribute.name}”; names count without case.",
            "Give each attribute of an object type its own name.",
        )
    # What exists with an external id was listed by Assets itself, whatever it is called.
    if name in SYSTEM_ATTRIBUTES and not attribute.external_id:
        found.error(
            "name-of-system",
            path,
            f"Every object type has an attribute “{attribute.name}” that Assets fills itself.",
            f"Call it something like “Source {attribute.name}”.",
        )


def _lint_flags(attribute: AttributeSpec, path: str, found: FindingCollector) -> None:
    if attribute.identifier:
        if attribute.type in _POOR_IDENTIFIERS:
            found.warning(
                "identifier-type",
                path,
                f"A {attribute.type.value} seldom identifies a record.",
                "Identify records by a text or number that never changes at the source.",
            )
        if attribute.takes_many:
            found.error(
                "identifier-many",
                path,
                "An identifier has exactly one value.",
                "Set its maximum to 1.",
            )
        if not attribute.mapped:
            found.error(
                "identifier-unmapped",
                path,
                "Nothing fills this identifier.",
                "Give it a locator, or let another attribute identify the record.",
            )
    if attribute.label:
        if attribute.type in _POOR_LABELS:
            found.warning(
                "label-type",
                path,
                f"A {attribute.type.value} is probably refused as a label.",
                "Use a text attribute as the label.",
            )
        if not attribute.mapped:
            found.warning(
                "label-unmapped",
                path,
                "Nothing fills the label, so Assets leaves records out as having an empty one.",
                "Give the label a locator.",
            )
    if attribute.unique and attribute.type in _POOR_IDENTIFIERS:
        found.warning(
            "unique-type",
            path,
            f"Values of type {attribute.type.value} are seldom unique.",
            "Leave unique out.",
        )


def _lint_cardinality(attribute: AttributeSpec, path: str, found: FindingCollector) -> None:
    minimum, maximum = attribute.minimum, attribute.maximum
    if minimum < 0 or maximum == 0 or maximum < -1 or (maximum != -1 and minimum > maximum):
        found.error(
            "cardinality",
            path,
            f"From {minimum} to {maximum} values is no cardinality.",
            "Use a minimum of at least 0 and a maximum not below it; -1 is without a limit.",
        )
        return
    if attribute.takes_many and attribute.type not in _SEVERAL_VALUES:
        found.warning(
            "cardinality-type",
            path,
            f"Atlassian lists no cardinality for the type {attribute.type.value}; it probably keeps one value.",
            "Use select, email or a reference, or join the values into one text.",
        )
    if attribute.is_reference and (maximum == -1 or maximum > ADVISED_CARDINALITY):
        most = "no limit" if maximum == -1 else f"up to {maximum}"
        found.advice(
            "size-cardinality",
            path,
            f"It has {most} of references; Atlassian advises at most {ADVISED_CARDINALITY}.",
            "Keep the references on the side that has few.",
        )


def _lint_lengths(attribute: AttributeSpec, path: str, found: FindingCollector) -> None:
    longest = attribute.max_length
    if longest is None:
        return
    if longest < 1:
        found.error(
            "length", f"{path}.max_length", "A value has at least one character.", "Leave max_length out."
        )
    elif attribute.type in _TEXTS and longest > LONGEST_TEXT:
        found.warning(
            "length-text",
            f"{path}.max_length",
            f"Values of up to {longest} characters do not fit; Assets takes {LONGEST_TEXT}.",
            "Use a textarea, or shorten the values.",
        )
    elif attribute.type is AttributeType.TEXTAREA and longest > ADVISED_TEXTAREA:
        found.advice(
            "length-textarea",
            f"{path}.max_length",
            f"Values of up to {longest} characters are long; Atlassian advises at most {ADVISED_TEXTAREA}.",
            "Shorten the values, or link to the whole text.",
        )
    elif attribute.type not in _TEXTS and attribute.type is not AttributeType.TEXTAREA:
        found.warning(
            "length-type",
            f"{path}.max_length",
            f"A length means nothing for the type {attribute.type.value}.",
            "Leave max_length out.",
        )


def _lint_locators(attribute: AttributeSpec, path: str, found: FindingCollector) -> None:
    for locator in attribute.locators:
        if not all(part.strip() for part in locator.split(".")):
            found.error(
                "locator-blank",
                f"{path}.locators",
                f"The locator “{locator}” is not a path of names joined by dots.",
                "Use something like “email” or “profile.email”.",
            )
        if set(locator) & set("${}"):
            found.error(
                "locator-characters",
                f"{path}.locators",
                f"The locator “{locator}” holds $, {{ or }}, which queries keep for their placeholders.",
                "Rename the key in your records.",
            )


def _lint_reference(model: SchemaModel, attribute: AttributeSpec, path: str, found: FindingCollector) -> None:
    reference = attribute.reference
    if reference is None:
        if attribute.is_reference:
            found.error(
                "reference-missing",
                path,
                "A reference attribute has to say what it refers to.",
                "Give it reference=ReferenceSpec(…).",
            )
        return
    if not attribute.is_reference:
        found.error(
            "reference-elsewhere",
            path,
            f"An attribute of type {attribute.type.value} cannot refer to objects.",
            "Set its type to reference, or leave the reference out.",
        )
    if not model.has_object_type(reference.target):
        found.error(
            "reference-target-unknown",
            path,
            f"There is no object type “{reference.target}” to refer to.",
            "Name the key of an object type of this model: targets travel in the same document.",
        )
        return
    if attribute.mapped:
        if reference.aql:
            _lint_own_query(attribute, reference, path, found)
        else:
            _lint_lookup(attribute, model.object_type(reference.target), reference, path, found)


def _lint_own_query(
    attribute: AttributeSpec, reference: ReferenceSpec, path: str, found: FindingCollector
) -> None:
    asked = placeholders(reference.aql)
    if uses_like(reference.aql):
        found.warning(
            "reference-like",
            f"{path}.aql",
            "Like matches substrings: “Sales” also finds “Sales EMEA”.",
            "Compare with = on an identifier, or leave the query to the library.",
        )
    if not asked:
        found.warning(
            "reference-constant",
            f"{path}.aql",
            "The query has no placeholder, so every record refers to the same objects.",
            "Put ${locator} where the value of the record belongs.",
        )
    for locator in asked:
        if locator not in attribute.locators:
            found.error(
                "reference-placeholder",
                f"{path}.aql",
                f"The query asks for “{locator}”, which is none of the attribute's locators.",
                "Add it to the locators, or correct the placeholder.",
            )


def _lint_lookup(
    attribute: AttributeSpec,
    target: ObjectTypeSpec,
    reference: ReferenceSpec,
    path: str,
    found: FindingCollector,
) -> None:
    compared = looked_up_by(attribute, target)
    if not compared:
        what = f"no attribute “{reference.by}”" if reference.by else "no identifier"
        found.error(
            "reference-lookup-unknown",
            path,
            f"“{target.name}” has {what} to find its objects by.",
            "Name an attribute of the target in ReferenceSpec(by=…), or give the target an identifier.",
        )
        return
    if len(compared) != len(attribute.locators):
        found.error(
            "reference-locators",
            f"{path}.locators",
            f"Finding a “{target.name}” takes {len(compared)} values, but there are {len(attribute.locators)} locators.",
            "Give one locator for each attribute that is compared, in the same order.",
        )
    if len(compared) > 1 and attribute.takes_many:
        found.warning(
            "reference-several-parts",
            path,
            "Several references found by several values each cannot be told apart by a query.",
            "Identify the target by one attribute.",
        )
    for one in compared:
        if reference.by and not (one.unique or one.identifier):
            found.warning(
                "reference-not-unique",
                path,
                f"“{one.name}” is neither unique nor an identifier, so the wrong object may be found.",
                "Look up by the identifier, or mark that attribute unique.",
            )
