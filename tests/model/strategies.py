"""Any valid schema model, for laws."""

from __future__ import annotations

from hypothesis import strategies as st

from jsm_assets_dest._assets.object_types import StatusCategory
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import (
    LINKED_TYPES,
    AttributeSpec,
    AttributeType,
    ObjectTypeSpec,
    ReferenceSpec,
    StatusSpec,
)

#: Names as people give them: any letters, quotes and backslashes too, but something that a key can be made
#: from.
names = st.tuples(
    st.sampled_from(["Okta", "Größe", "日本", "A", "Serial", "x1"]),
    st.text("abc XYZ09\"'\\/%-_&<>é", max_size=8),
).map(lambda parts: " ".join(parts).strip())
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
plain_types = st.sampled_from(
    [
        kind
        for kind in AttributeType
        if kind not in {AttributeType.REFERENCE, AttributeType.STATUS, *LINKED_TYPES}
    ]
)
status_names = st.lists(st.sampled_from(["Active", "Locked Out", "In Use", "Gone"]), unique=True, max_size=3)


def _unique(values: list[str]) -> list[str]:
    return list({value.casefold(): value for value in values if value.casefold() != "key"}.values())


name_lists = st.lists(names, min_size=2, max_size=5).map(_unique).filter(lambda item: len(item) > 1)


@st.composite
def attributes(draw: st.DrawFn, own: str, targets: list[str]) -> tuple[AttributeSpec, ...]:
    """Draw the attributes of the mapped object type `own`: identifier and label first, then anything."""
    chosen = draw(name_lists)
    attributes = [
        AttributeSpec(
            chosen[0], key="a0", identifier=True, unique=draw(st.booleans()), description=draw(texts)
        ),
        AttributeSpec(chosen[1], key="a1", label=True, locators=("deep.name",)),
    ]
    for at, name in enumerate(chosen[2:], 2):
        key = f"a{at}"
        kind = draw(st.sampled_from(["plain", "status", "reference", "unmapped"]))
        if kind == "reference":
            spec = AttributeSpec(
                name,
                key=key,
                reference=ReferenceSpec(draw(st.sampled_from(targets)), by=draw(st.sampled_from(["", "a1"]))),
                maximum=draw(st.sampled_from([1, 5, -1])),
            )
        elif kind == "status":
            spec = AttributeSpec(name, AttributeType.STATUS, key=key, statuses=draw(status_names))
        else:
            spec = AttributeSpec(
                name,
                draw(plain_types),
                key=key,
                description=draw(texts),
                minimum=draw(st.integers(0, 1)),
                mapped=kind == "plain",
                external_id=draw(st.sampled_from(["", f"{own}-own/{key}/{name}"])),
            )
        attributes.append(spec)
    return tuple(attributes)


@st.composite
def models(draw: st.DrawFn) -> SchemaModel:
    """Draw a model without errors: flat or nested, with references in any direction, and with statuses."""
    chosen = draw(name_lists)
    keys = [f"t{at}" for at in range(len(chosen))]
    types: list[ObjectTypeSpec] = []
    for at, name in enumerate(chosen):
        types.append(
            ObjectTypeSpec(
                name,
                draw(attributes(keys[at], keys)),
                key=keys[at],
                selector=draw(st.sampled_from(["", f"data.s{at}"])),
                description=draw(texts),
                parent=draw(st.sampled_from(["", *keys[:at]])),
            )
        )
    declared = draw(status_names)
    return SchemaModel(
        draw(names),
        types,
        description=draw(texts),
        namespace=draw(st.sampled_from(["okta", "okta/eu", "a b"])),
        statuses=[StatusSpec(name, draw(st.sampled_from(StatusCategory)), draw(texts)) for name in declared],
    )
