"""Laws of schema models that hold whatever the model: built on the emulator, read back, built again."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings

from jsm_assets_dest import SchemaModel, StatusSpec
from jsm_assets_dest._model.changes import dependencies
from jsm_assets_dest._model.names import GLOBAL_STATUSES, RESERVED_CHARACTERS
from jsm_assets_dest._plan.build_plan import PlanKind
from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing.world.mapping_document import schema_and_mapping
from tests.model.strategies import models

pytestmark = pytest.mark.once


def declared(model: SchemaModel) -> SchemaModel:
    """Return the model with every status declared that its attributes name."""
    known_statuses = {status.name.casefold() for status in model.statuses} | GLOBAL_STATUSES
    used = {
        name for spec in model.object_types for attribute in spec.attributes for name in attribute.statuses
    }
    more = [StatusSpec(name, "pending") for name in sorted(used) if name.casefold() not in known_statuses]
    return evolve(model, statuses=[*model.statuses, *more])


#: Models that Assets takes. The linter only warns of the others, because Assets itself is not known for rejecting
#: reserved characters, and because a status may have been made manually.
buildable = (
    models()
    .filter(lambda model: not any(set(RESERVED_CHARACTERS) & set(spec.name) for spec in model.object_types))
    .map(declared)
)
few = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def mapping_writes(emulator: Emulator) -> list[str]:
    return [
        request.operation
        for request in emulator.requests
        if request.operation in ("submit mapping", "update mapping")
    ]


@few
@given(buildable)
def test_second_build_changes_nothing(model: SchemaModel) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)

        first = token.build(model)
        after = state(emulator)
        plan = token.plan(model)
        second = token.build(model)

        assert first.verb == "PUT"
        assert {item.kind for item in first.items} == {PlanKind.CREATE} | unchanged(first)
        assert plan.is_empty, str(plan)
        assert not plan.of(PlanKind.DRIFT), str(plan)
        assert second.verb is None
        assert mapping_writes(emulator) == ["submit mapping"]
        assert state(emulator) == after
        assert schema.find_conflicts(model) == []


def unchanged(plan: Any) -> set[PlanKind]:
    # The seven statuses of every workspace need no making.
    return {PlanKind.UNCHANGED} if plan.of(PlanKind.UNCHANGED) else set()


def state(emulator: Emulator) -> Any:
    (source,) = emulator.world.import_sources.values()
    return schema_and_mapping(emulator.world, source)


@few
@given(buildable)
def test_built_model_is_read_back_equal(model: SchemaModel) -> None:
    """Any model, its document, what Assets makes of it, the model read from that: nothing to do."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = connection.import_token(
            emulator.add_import_source(emulator.add_object_schema("OKT", "Okta")).token
        )
        token.build(model)

        read = SchemaModel.from_document(state(emulator))
        plan = token.plan(read)

        assert plan.is_empty, str(plan)
        assert read.selectors == model.selectors
        assert [spec.name for spec in read.object_types] == [
            name for name in (spec.name for spec in read.object_types) if model.find_object_type(name)
        ]


@few
@given(buildable)
def test_grown_model_is_patched_completely(model: SchemaModel) -> None:
    """The model without what nothing needs comes first; the whole model follows as a PATCH."""
    loose = [spec.key for spec in model.object_types if not dependencies(model, [spec.key])]
    if not loose or len(model.object_types) < 2:
        return
    smaller = model.without(loose[0])
    with Emulator() as emulator, emulator.connect() as connection:
        token = connection.import_token(
            emulator.add_import_source(emulator.add_object_schema("OKT", "Okta")).token
        )
        token.build(smaller)
        token.build(model)

        assert token.plan(model).is_empty
        assert mapping_writes(emulator) == ["submit mapping", "update mapping"]
