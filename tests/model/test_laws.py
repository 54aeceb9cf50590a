"""Properties of all models."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, note
from hypothesis import strategies as st
from jsonschema import Draft201909Validator
from jsonschema.protocols import Validator

from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec
from jsm_assets_dest._plan.planning import make_plan
from tests.model.service import Service
from tests.model.strategies import models, names


def json_schema() -> dict[str, Any]:
    """Atlassian's JSON Schema of the document; it is not part of this project."""
    beside = Path(__file__).parents[2].parent / "shared"
    folder = Path(os.environ.get("JSM_ASSETS_SHARED", beside))
    path = folder / "specs" / "import-mapping" / "external-import-schema.2023_10_19.json"
    if not path.is_file():
        pytest.skip("Atlassian's JSON Schema is not here; JSM_ASSETS_SHARED names the folder that has it")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def validator() -> Validator:
    """Return a validator for the edition of 2023-10-19."""
    return Draft201909Validator(json_schema())


def built(service: Service, model: SchemaModel) -> None:
    """Plan and apply."""
    plan = make_plan(model, service.document())
    assert not plan.impossible
    service.take(plan.verb, plan.document)


def a_generated_model_has_no_errors(model: SchemaModel) -> None:
    """Check the strategy itself: its models have no errors."""
    assert model.lint().errors == ()


def a_document_is_read_back_as_the_same_model(model: SchemaModel) -> None:
    """Keys, locators, references and flags come back from the external ids that the namespace gives.

    A document has no other place for keys, so own external ids are set aside here.
    """
    plain = evolve(
        model,
        object_types=[
            evolve(spec, attributes=[evolve(attribute, external_id="") for attribute in spec.attributes])
            for spec in model.object_types
        ],
    )

    assert SchemaModel.from_document(plain.document()) == plain


def a_document_is_read_back_to_the_same_document(model: SchemaModel) -> None:
    """Check that a model preserves a document with any external ids."""
    document = model.document()

    assert SchemaModel.from_document(document).document() == document


def a_stored_model_is_read_back_equal(model: SchemaModel) -> None:
    """`to_dict` survives JSON, and the digest tells models apart by their content only."""
    again = SchemaModel.from_dict(json.loads(json.dumps(model.to_dict())))

    assert again == model
    assert again.digest == model.digest


@pytest.mark.once
@given(model=models())
def test_every_document_is_valid(validator: Validator, model: SchemaModel) -> None:
    """The first document of a build is valid by Atlassian's JSON Schema."""
    validator.validate(model.document())


def a_plan_after_building_is_empty(model: SchemaModel) -> None:
    """Build twice: the second build sends and changes nothing."""
    service = Service()

    built(service, model)
    before = service.document()
    second = make_plan(model, before)
    service.take(second.verb, second.document)

    assert second.is_empty
    assert service.document() == before


LAWS = (
    a_generated_model_has_no_errors,
    a_document_is_read_back_as_the_same_model,
    a_document_is_read_back_to_the_same_document,
    a_stored_model_is_read_back_equal,
    a_plan_after_building_is_empty,
)


@pytest.mark.once
@given(models())
def test_every_law_holds_for_every_model(model: SchemaModel) -> None:
    """Making a model takes longer than looking at it, so each is looked at under every law."""
    for law in LAWS:
        note(law.__name__)
        law(model)


@st.composite
def grown(draw: st.DrawFn) -> tuple[SchemaModel, SchemaModel]:
    """Draw a model, and the same model with changes that a PATCH can carry out."""
    model = draw(models())
    larger = model
    for spec in model.object_types:
        changed = spec
        if draw(st.booleans()):
            changed = evolve(changed, description=draw(names))
        if draw(st.booleans()):
            changed = evolve(changed, attributes=[*changed.attributes, AttributeSpec("Brand new", key="new")])
        if draw(st.booleans()):
            first = evolve(changed.attributes[0], locators=("elsewhere",), description="Other words.")
            changed = evolve(changed, attributes=[first, *changed.attributes[1:]])
        larger = larger.with_object_type(changed)
    if draw(st.booleans()):
        refers = AttributeSpec("Refers", "reference", key="refers", reference=None)
        target = draw(st.sampled_from(model.object_types)).key
        from jsm_assets_dest._model.specs import ReferenceSpec

        larger = larger.with_object_type(
            ObjectTypeSpec(
                "Entirely new",
                [
                    AttributeSpec("Id", key="id", identifier=True, label=True),
                    evolve(refers, reference=ReferenceSpec(target)),
                ],
                key="entirely",
                parent=draw(st.sampled_from(["", target])),
            )
        )
    return model, larger


@pytest.mark.once
@given(pair=grown())
def test_patch_is_valid_and_leads_to_the_whole_model(
    validator: Validator, pair: tuple[SchemaModel, SchemaModel]
) -> None:
    """A PATCH of only what changed ends where a PUT of everything would have."""
    model, larger = pair
    service = Service()
    built(service, model)

    plan = make_plan(larger, service.document())
    if plan.document is not None:
        validator.validate(plan.document)
    service.take(plan.verb, plan.document)

    assert make_plan(larger, service.document()).is_empty
    assert plan.is_empty == (model == larger)
