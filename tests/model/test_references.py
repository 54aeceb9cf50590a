"""The queries that resolve references, and their quoting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._model.references import lookup, names_quoted_in, placeholders, quoted, uses_like
from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec, ReferenceSpec

TARGET = ObjectTypeSpec(
    "Groups", [AttributeSpec("Okta ID", identifier=True), AttributeSpec('The "Name"', key="name")]
)


def test_one_value_is_compared_with_the_identifier() -> None:
    """Equality finds one object; the placeholder is quoted by the service."""
    attribute = AttributeSpec("Group", reference=ReferenceSpec("groups"), locators=["group.id"])

    assert lookup(attribute, TARGET) == '"Okta ID" = ${group.id}'


def test_several_values_are_looked_up_one_by_one() -> None:
    """`${name${0}}` gives all values where `${name}` would give one text joined by commas."""
    attribute = AttributeSpec("Groups", reference=ReferenceSpec("groups"), maximum=-1)

    assert lookup(attribute, TARGET) == '"Okta ID" IN (${groups${0}})'


def test_quotes_in_the_name_of_an_attribute_are_escaped() -> None:
    """A name cannot break out of the query."""
    attribute = AttributeSpec("Group", reference=ReferenceSpec("groups", by="name"))

    assert lookup(attribute, TARGET) == r'"The \"Name\"" = ${group}'


def test_several_identifiers_are_compared_pair_by_pair() -> None:
    """The first locator holds the first identifier's value, and so on."""
    target = ObjectTypeSpec(
        "Disks", [AttributeSpec("Host", identifier=True), AttributeSpec("Slot", identifier=True)]
    )
    attribute = AttributeSpec("Disk", reference=ReferenceSpec("disks"), locators=["host", "slot"])

    assert lookup(attribute, target) == '"Host" = ${host} AND "Slot" = ${slot}'


def test_own_query_is_used_unchanged() -> None:
    """Someone may know better."""
    attribute = AttributeSpec("Group", reference=ReferenceSpec("groups", aql='"X" = ${group}'))

    assert lookup(attribute, TARGET) == '"X" = ${group}'


def test_other_attributes_have_no_query() -> None:
    """Nothing is looked up for it."""
    assert lookup(AttributeSpec("Group"), TARGET) == ""


def test_placeholders_and_like_are_found() -> None:
    """Also in the form for several values; a Like inside of quotes is a name."""
    assert placeholders('"A" = ${x} AND "B" IN (${y.z${0}})') == ("x", "y.z")
    assert uses_like("Name Like ${os}")
    assert not uses_like('"Things I like" = ${os}')


@given(st.text())
def test_quoting_can_be_undone(text: str) -> None:
    """The query contains any name as one quoted string."""
    assert names_quoted_in(f"{quoted(text)} = ${{locator}}") == {text}
