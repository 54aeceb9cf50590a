"""Targets of references and links: queries of references, and sources of links to users and groups of Jira.

Assets finds the target of a reference with a query. One value is compared for equality, `"Okta ID" = ${manager}`. Assets
replaces the placeholder with the quoted value (Atlassian's guide to the mapping document). The guide's own sample uses
`Like`, which matches substrings: "Sales" would also match "Sales EMEA". Queries that are built here never use it.

Several values are written as `"Okta ID" IN (${groups${0}})`. The guide doesn't mention them. Atlassian's page on
placeholders says that `${name}` is one text joined by commas, while `${name${0}}` is every value. A document of a Cloud
site uses this form. That Cloud resolves it in every external import is likely but not verified; `ReferenceSpec.aql`
accepts any other form.
"""

import re
from collections.abc import Iterator

from .._assets.directory import GroupLink, UserLink
from .object_schema_spec import ObjectSchemaSpec
from .specs import AttributeSpec, AttributeType, ObjectTypeSpec

_PLACEHOLDER = re.compile(r"\$\{(?P<locator>[^${}]*)(?:\$\{\d+\})?\}")
_LIKE = re.compile(r"\blike\b", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def quoted(text: str) -> str:
    """Quote a name or a value for AQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def placeholders(aql: str) -> tuple[str, ...]:
    """Return the locators in the placeholders of a query, in order."""
    return tuple(match["locator"] for match in _PLACEHOLDER.finditer(aql))


def uses_like(aql: str) -> bool:
    """Return True if a query matches substrings, with `Like` outside of quotes."""
    return bool(_LIKE.search(_QUOTED.sub('""', aql)))


def names_quoted_in(aql: str) -> frozenset[str]:
    """Return the quoted texts of a query, such as names of attributes, without their quotes."""
    return frozenset(re.sub(r"\\(.)", r"\1", match.group()[1:-1]) for match in _QUOTED.finditer(aql))


def looked_up_by(attribute: AttributeSpec, target: ObjectTypeSpec) -> tuple[AttributeSpec, ...]:
    """Return the attributes of the target that the values of a reference are compared with."""
    if attribute.reference is None:
        return ()
    if attribute.reference.by:
        return tuple(part for part in target.attributes if part.key == attribute.reference.by)
    return target.identifiers


def lookup(attribute: AttributeSpec, target: ObjectTypeSpec) -> str:
    """Return the query of a reference: its own, or one comparison for each identifier of the target.

    With several identifiers, the first locator has the value of the first identifier, and so on.
    """
    if attribute.reference is not None and attribute.reference.aql:
        return attribute.reference.aql
    pairs = zip(looked_up_by(attribute, target), attribute.locators, strict=False)
    if attribute.takes_many:
        return " AND ".join(f"{quoted(part.name)} IN (${{{locator}${{0}}}})" for part, locator in pairs)
    return " AND ".join(f"{quoted(part.name)} = ${{{locator}}}" for part, locator in pairs)


#: Types of attributes whose values are text that can be an address or a name.
READABLE_TYPES = frozenset(
    {AttributeType.TEXT, AttributeType.EMAIL, AttributeType.TEXTAREA, AttributeType.URL, AttributeType.SELECT}
)


def link_of(model: ObjectSchemaSpec, spec: ObjectTypeSpec, attribute: AttributeSpec) -> UserLink | GroupLink:
    """Return the link of an attribute."""
    name = spec.name if spec.adopted is None else spec.adopted.name
    path = ".".join(part.name for part in source_of(model, spec, attribute)) or attribute.linked_from
    if attribute.type is AttributeType.USER:
        return UserLink(name, email=path, attribute=attribute.name)
    return GroupLink(name, name=path, attribute=attribute.name)


def source_of(
    model: ObjectSchemaSpec, spec: ObjectTypeSpec, attribute: AttributeSpec
) -> tuple[AttributeSpec, ...]:
    """Return the attribute that a link is made from, after the reference to its object, if there is one.

    Names and keys are accepted, and each of them may contain dots. Nothing is returned for an unknown source.
    """
    path = attribute.linked_from
    source = spec.find_attribute(path)
    if source is not None:
        return () if source.is_reference else (source,)
    for position in (position for position, character in enumerate(path) if character == "."):
        reference = spec.find_attribute(path[:position])
        if reference is None or reference.reference is None:
            continue
        target = model.find_object_type(reference.reference.target)
        source = None if target is None else target.find_attribute(path[position + 1 :])
        if source is not None and not source.is_reference:
            return reference, source
    return ()


def dependent_links(
    model: ObjectSchemaSpec, spec: ObjectTypeSpec
) -> Iterator[tuple[AttributeSpec, str, AttributeSpec]]:
    """Yield each linked attribute with the attributes that it needs, and the keys of their object types."""
    for attribute in spec.linked_attributes:
        owner = spec.key
        for source in source_of(model, spec, attribute):
            yield attribute, owner, source
            if source.reference is not None:
                owner = source.reference.target
