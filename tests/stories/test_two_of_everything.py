"""Stories about two namespaces, two imports into one object schema, and two sources that enrich one object type."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest import (
    AttributeSpec,
    CredentialsReference,
    Destination,
    ObjectTypeSpec,
    OktaModel,
    PlanKind,
    PlanSubject,
    SchemaModel,
    StepState,
    okta,
)
from jsm_assets_dest.exceptions import ExternalIdTakenError
from jsm_assets_dest.testing import Emulator
from tests.stories.story import now, story

OKTA_PEOPLE = ObjectTypeSpec(
    "People",
    [
        AttributeSpec("Name", key="name", label=True),
        AttributeSpec("Email", "email", key="email", identifier=True),
        AttributeSpec("Title", key="title"),
    ],
)
PEOPLE = SchemaModel("Okta", [OKTA_PEOPLE], namespace="okta")
HR = SchemaModel(
    "HR",
    [
        ObjectTypeSpec(
            "People",
            [
                AttributeSpec("Name", key="name", label=True),
                AttributeSpec("Email", "email", key="mail", identifier=True),
                AttributeSpec("Cost Center", key="cost"),
            ],
        )
    ],
    namespace="hr",
)
ANA = {"name": "Ana", "email": "ana@example.com", "title": "Developer"}
BO = {"name": "Bo", "email": "bo@example.com", "title": "Operator"}


async def import_of(emulator: Emulator, connection: Any, key: str, name: str) -> Any:
    """Return the token of a new import."""
    schema = await now(connection.ensure_object_schema(key))
    return connection.import_token(emulator.add_import_source(key, name).token, schema=schema)


@pytest.mark.once
@story
async def test_two_okta_schemas_on_one_site(emulator: Emulator, connection: Any) -> None:
    """Production and test: the plan names the import that uses the namespace, and another namespace solves it."""
    production = await import_of(emulator, connection, "OKT", "Okta")
    test = await import_of(emulator, connection, "OKTEST", "Okta test")
    model = okta.schema_model("lean")
    await now(production.build(model))

    plan = await now(test.plan(model))
    with pytest.raises(ExternalIdTakenError) as caught:
        await now(plan.apply())

    (item,) = plan.impossible
    assert (item.subject, item.path) == (PlanSubject.NAMESPACE, "okta")
    assert 'the import "Okta" of the object schema OKT' in item.message
    assert "namespace=" in item.remedy
    assert len(str(caught.value)) < 400
    assert emulator.object_schema("OKTEST").object_types == []

    model = okta.schema_model("lean", namespace="okta-test")
    await now(test.build(model))
    tenant = okta.sample_tenant(people=5)
    for token, namespace in ((production, "okta"), (test, "okta-test")):
        model = okta.schema_model("lean", namespace=namespace)
        records = okta.records(tenant, model=model)
        assert (await now(token.import_records(records, missing_objects="ignore"))).ok
    assert (await now(test.plan(model))).is_empty
    assert len(emulator.object_schema("OKT")["People"].objects) == 5
    assert len(emulator.object_schema("OKTEST")["People"].objects) == 5


@story
async def test_own_external_id_that_is_taken_is_named(emulator: Emulator, connection: Any) -> None:
    first = await import_of(emulator, connection, "OKT", "Okta")
    second = await import_of(emulator, connection, "INV", "Inventory")
    await now(first.build(PEOPLE))
    computers = ObjectTypeSpec(
        "Computers",
        [AttributeSpec("Serial", key="serial", label=True, identifier=True)],
        external_id="okta/people",
    )

    plan = await now(second.plan(SchemaModel("Inventory", [computers])))

    (item,) = plan.impossible
    assert item.message.startswith('The external id "okta/people" is already used by the import "Okta"')
    assert "external_id=" in item.remedy


@story
async def test_two_imports_into_one_schema(emulator: Emulator, connection: Any) -> None:
    """The second plan warns; both imports then fill the same object type."""
    first = await import_of(emulator, connection, "OKT", "EMEA")
    second = await import_of(emulator, connection, "OKT", "APAC")
    await now(first.build(PEOPLE))

    plan = await now(second.build(PEOPLE))
    await now(first.import_records({"people": [ANA]}, missing_objects="ignore"))
    await now(second.import_records({"people": [BO]}, missing_objects="ignore"))

    (warning,) = plan.of(PlanKind.WARNING)
    assert warning.message.startswith('The import "EMEA" fills this object type too.')
    assert (await now(second.plan(PEOPLE))).is_empty
    assert (await now(first.plan(PEOPLE))).is_empty
    assert [asset.label for asset in emulator.object_schema("OKT")["People"].objects] == ["Ana", "Bo"]


@story
async def test_two_sources_enrich_one_type(emulator: Emulator, connection: Any) -> None:
    """The second source adopts the type, adds an attribute, and fills it; it can do so every night."""
    people = await import_of(emulator, connection, "OKT", "Okta")
    await import_of(emulator, connection, "OKT", "Without a mapping")
    hr = await import_of(emulator, connection, "OKT", "HR")
    await now(people.build(PEOPLE))
    await now(people.import_records({"people": [ANA, BO]}, missing_objects="ignore"))
    schema = await now(connection.get_object_schema("OKT"))

    for night in range(2):
        model = HR
        for conflict in await now(schema.find_conflicts(HR)):
            model = await now(conflict.resolve("adopt", model))
        plan = await now(hr.build(model))
        costs = {"people": [{"name": "Ana", "mail": "ana@example.com", "cost": str(night)}]}
        result = await now(hr.import_records(costs, model=plan.model, missing_objects="ignore"))
        assert (result.created, result.updated) == (0, 1)
        assert plan.is_empty is (night == 1)

    ana = emulator.object_schema("OKT")["People"].object("Ana")
    assert (ana["Title"], ana["Cost Center"]) == ("Developer", "1")
    assert (await now(people.plan(PEOPLE))).is_empty


def test_three_imports_of_one_type_are_one_warning() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        tokens = [
            connection.import_token(emulator.add_import_source("OKT", name).token, schema=schema)
            for name in ("A", "B", "C")
        ]
        plans = [token.build(PEOPLE) for token in tokens]

    assert [len(plan.of("warning")) for plan in plans] == [0, 1, 1]
    assert plans[2].of("warning")[0].message.startswith('The imports "A", "B" fill this object type too.')


@pytest.mark.slow
@pytest.mark.parametrize("are_imports_hidden", [False, True])
def test_suggested_namespace_is_not_in_use(are_imports_hidden: bool) -> None:
    """Each suggestion is followed until one works; where the imports are hidden, rejections are remembered."""
    with Emulator() as emulator, emulator.connect() as connection:
        if are_imports_hidden:
            emulator.faults.always("list import sources", status=403)
        for key, namespace in (("OKT", "okta"), ("OKTB", "okta-2"), ("OKTC", "okta-3")):
            emulator.add_object_schema(key)
            model = okta.schema_model("lean", namespace=namespace)
            connection.import_token(emulator.add_import_source(key).token).build(model)
        emulator.add_object_schema("TEST")
        token = connection.import_token(emulator.add_import_source("TEST").token)
        namespace = "okta"
        for suggestion in ["okta-2", "okta-3", "okta-4"] if are_imports_hidden else ["okta-4"]:
            with pytest.raises(ExternalIdTakenError, match=f'such as "{suggestion}"') as taken:
                token.build(okta.schema_model("lean", namespace=namespace))
            assert taken.value.suggested_namespace == suggestion
            namespace = suggestion
        token.build(okta.schema_model("lean", namespace=namespace))


@pytest.mark.slow
@pytest.mark.parametrize("are_imports_hidden", [False, True])
def test_checklist_remembers_a_rejected_build(are_imports_hidden: bool) -> None:
    """It must not recommend the build that Assets has just rejected."""
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT")
        emulator.add_object_schema("TEST")
        connection.import_token(emulator.add_import_source("OKT").token).build(okta.schema_model("lean"))
        source = emulator.add_import_source("TEST")
        destination = Destination(
            name="Okta test",
            site=emulator.site,
            credentials=CredentialsReference("env:API_TOKEN", email=emulator.email),
            schema_key="test",
            import_token="env:IMPORT_TOKEN",
            model=OktaModel("lean"),
            environ={"API_TOKEN": emulator.api_token, "IMPORT_TOKEN": source.token},
        )
        if are_imports_hidden:
            emulator.faults.always("list import sources", status=403)
        with pytest.raises(ExternalIdTakenError):
            destination.build(connection=connection)

        (step,) = [step for step in destination.status(connection=connection).steps if step.code == "build"]

    assert step.state is StepState.FAILED
    assert 'namespace "okta"' in step.summary
    assert step.action is not None
    assert step.action.code == "fix_model"
    assert step.action.parameters == {"namespace": "okta", "suggested_namespace": "okta-2"}
    assert step.remedies == ('You: choose another namespace for the model, such as "okta-2".',)
