"""The queries that Assets uses to find the target of a reference.

One value is compared for equality, `"Okta ID" = ${manager}`. Assets replaces the placeholder with the quoted value
(Atlassian's guide to the mapping document). The guide's own sample uses `Like`, which matches substrings: "Sales" would
also match "Sales EMEA". Queries that are built here never use it.

Several values are written as `"Okta ID" IN (${groups${0}})`. The guide doesn't mention them. Atlassian's page on
placeholders says that `${name}` is one text joined by commas, while `${name${0}}` is every value. A document of a Cloud
site uses this form. That Cloud resolves it in every external import is likely but not verified; `ReferenceSpec.aql`
accepts any other form.
"""

import re

from .specs import AttributeSpec, ObjectTypeSpec

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
