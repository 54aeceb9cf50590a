"""The queries by which Assets finds what a reference points to.

One value is looked up by equality, `"Okta ID" = ${manager}`; Assets replaces the placeholder by the quoted
value (Atlassian's guide to the mapping document). The guide's own sample uses `Like`, which finds substrings:
"Sales" would also find "Sales EMEA", so nothing here ever does.

Several values are looked up as `"Okta ID" IN (${groups${0}})`. The guide is silent about them; Atlassian's
page on placeholders says that `${name}` gives one text joined by commas where `${name${0}}` gives all values,
one by one, and an import app of the Data Center edition uses exactly this form. That the Cloud edition does
the same in an external import is likely, but unverified; `ReferenceSpec.aql` takes another form where it is
needed.
"""

from __future__ import annotations

import re

from .specs import AttributeSpec, ObjectTypeSpec

_PLACEHOLDER = re.compile(r"\$\{(?P<locator>[^${}]*)(?:\$\{\d+\})?\}")
_LIKE = re.compile(r"\blike\b", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def quoted(text: str) -> str:
    """A name or a value as AQL writes it: in double quotes, with quotes and backslashes in it escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def placeholders(aql: str) -> tuple[str, ...]:
    """The locators whose values a query asks for, in order."""
    return tuple(match["locator"] for match in _PLACEHOLDER.finditer(aql))


def uses_like(aql: str) -> bool:
    """Whether a query matches substrings, with `Like` outside of quotes."""
    return bool(_LIKE.search(_QUOTED.sub('""', aql)))


def looked_up_by(attribute: AttributeSpec, target: ObjectTypeSpec) -> tuple[AttributeSpec, ...]:
    """The attributes of the target that a reference's values are compared with; empty where there is none."""
    if attribute.reference is None:
        return ()
    if attribute.reference.by:
        return tuple(one for one in target.attributes if one.key == attribute.reference.by)
    return target.identifiers


def condition(name: str, locator: str, *, many: bool) -> str:
    """One comparison of a query."""
    return f"{quoted(name)} IN (${{{locator}${{0}}}})" if many else f"{quoted(name)} = ${{{locator}}}"


def lookup(attribute: AttributeSpec, target: ObjectTypeSpec) -> str:
    """The query of a reference attribute: its own, or one comparison for each identifier of the target.

    With several identifiers, the first locator holds the value of the first identifier, and so on.
    """
    if attribute.reference is not None and attribute.reference.aql:
        return attribute.reference.aql
    return " AND ".join(
        condition(one.name, locator, many=attribute.takes_many)
        for one, locator in zip(looked_up_by(attribute, target), attribute.locators, strict=False)
    )


def names_quoted_in(aql: str) -> frozenset[str]:
    """The texts that a query quotes, such as names of attributes, without their quotes."""
    return frozenset(re.sub(r"\\(.)", r"\1", match.group()[1:-1]) for match in _QUOTED.finditer(aql))
