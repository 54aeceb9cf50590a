"""Stories about an existing schema and a wanted model: conflicts, plans, builds, drift."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, ReferenceSpec, Resolution, SchemaModel, StatusSpec
from jsm_assets_dest._plan.build_plan import PlanKind
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    ExternalIdTakenError,
    ImportTargetMismatchError,
    ImportTokenError,
    ImpossibleChangeError,
    InvalidCredentialError,
    InvalidModelError,
    MassDeletionGuardError,
    ResolutionNotPossibleError,
    StalePlanError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.story import now, story


def model(*, people: tuple[AttributeSpec, ...] = (), namespace: str = "okta/acme") -> SchemaModel:
    """Return groups, and people who are in them."""
    return SchemaModel(
        "Okta",
        [
            ObjectTypeSpec(
                "Groups",
                [
                    AttributeSpec("Group Name", key="name", label=True),
                    AttributeSpec("Okta ID", key="id", identifier=True, unique=True),
                ],
            ),
            ObjectTypeSpec(
                "People",
                [
                    AttributeSpec("Display Name", key="displayName", label=True),
                    AttributeSpec("Okta ID", key="id", identifier=True, unique=True),
                    AttributeSpec("Email", "email", key="email"),
                    AttributeSpec("Status", "status", key="status", statuses=["Active", "Suspended"]),
                    AttributeSpec(
                        "Groups",
                        "referenced_object",
                        key="groups",
                        maximum=-1,
                        reference=ReferenceSpec("groups"),
                    ),
                    *people,
                ],
            ),
        ],
        statuses=[StatusSpec("Suspended", "inactive")],
        namespace=namespace,
    )


PEOPLE = [
    {
        "displayName": "Ana",
        "id": "00u1",
        "email": "ana@example.com",
        "status": "Active",
        "groups": ["00g1", "00g2"],
    },
    {"displayName": "Bo", "id": "00u2", "email": "bo@example.com", "status": "Suspended", "groups": ["00g2"]},
]
GROUPS = [{"name": "Everyone", "id": "00g1"}, {"name": "Admins", "id": "00g2"}]
RECORDS = {"people": PEOPLE, "groups": GROUPS}


async def destination(
    emulator: Emulator, connection: Any, key: str = "OKT", name: str = "Okta"
) -> tuple[Any, Any]:
    """Return a schema with an External import and its token."""
    schema = await now(connection.ensure_object_schema(key, name=name))
    source = emulator.add_import_source(key, f"import of {key}")
    return schema, connection.import_token(source.token, schema=schema)


@story
async def test_build_into_empty_schema_creates_the_model(emulator: Emulator, connection: Any) -> None:
    schema, token = await destination(emulator, connection)

    assert await now(schema.find_conflicts(model())) == []
    plan = await now(token.plan(model()))
    await now(token.build(model()))
    again = await now(token.plan(model()))

    assert (plan.verb, again.verb, again.is_empty) == ("PUT", None, True)
    assert {object_type.name for object_type in emulator.object_schema("OKT").object_types} == {
        "Groups",
        "People",
    }
    assert (await now(token.status())).is_ready


@story
async def test_building_twice_sends_nothing_the_second_time(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(model()))
    emulator.requests.clear()

    plan = await now(token.build(model()))

    assert plan.is_empty
    assert not {"submit mapping", "update mapping"} & {request.operation for request in emulator.requests}


@story
async def test_new_attribute_is_patched(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(model()))

    plan = await now(token.build(model(people=(AttributeSpec("Title", key="title"),))))

    assert plan.verb == "PATCH"
    assert [(item.kind, item.path) for item in plan.changes if item.kind == "create"] == [
        ("create", "people.title")
    ]
    assert "Title" in emulator.object_schema("OKT")["People"].attribute_names


@story
async def test_built_model_imports_references(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(model()))

    result = await now(token.import_records(RECORDS))

    assert result.confirmed
    assert (result.created, result.failed_objects) == (4, 0)
    ana = emulator.object_schema("OKT")["People"].object("Ana")
    assert ana["Status"] == "Active"
    groups = emulator.object_schema("OKT")["Groups"]
    assert ana["Groups"] == [groups.object(name).key for name in ("Everyone", "Admins")]


@story
async def test_existing_type_of_the_same_name_is_adopted(emulator: Emulator, connection: Any) -> None:
    """A harmless conflict: the existing type has the label and lacks the rest, which is added; its objects stay."""
    seeded = emulator.add_object_schema("HR", name="Human resources")
    seeded.add_object_type("people").add_object(Name="Old Hand")
    schema = await now(connection.get_object_schema("HR"))
    source = emulator.add_import_source("HR", "Okta")
    token = connection.import_token(source.token, schema=schema)

    (conflict,) = await now(schema.find_conflicts(model()))
    resolved = await now(conflict.resolve(Resolution.ADOPT, model()))
    plan = await now(token.plan(resolved))
    await now(token.build(resolved))
    with pytest.raises(MassDeletionGuardError, match="the only one, such as") as caught:
        await now(token.import_records(RECORDS))
    result = await now(token.import_records(RECORDS, allow_missing=caught.value.preview))

    assert conflict.name == "people"
    assert conflict.object_count == 1
    assert {item.path for item in plan.of(PlanKind.ADOPT)} == {"people", "people.name"}
    assert result.created == 4
    assert {asset.label for asset in emulator.object_schema("HR")["people"].objects} == {
        "Old Hand",
        "Ana",
        "Bo",
    }
    assert await now(schema.find_conflicts(resolved)) == []


@story
async def test_type_with_other_attribute_type_is_not_adopted(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    seeded.add_object_type("People").add_attribute("Email", "integer")
    schema = await now(connection.get_object_schema("HR"))

    (conflict,) = await now(schema.find_conflicts(model()))

    assert not conflict.is_harmless
    assert Resolution.ADOPT not in conflict.choices
    assert "Email" in conflict.impossible[Resolution.ADOPT]
    with pytest.raises(ResolutionNotPossibleError, match="Email"):
        await now(conflict.resolve(Resolution.ADOPT, model()))


@story
async def test_rename_incoming_builds_under_the_new_name(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    seeded.add_object_type("People")
    schema = await now(connection.get_object_schema("HR"))
    token = connection.import_token(emulator.add_import_source("HR", "Okta").token, schema=schema)

    (conflict,) = await now(schema.find_conflicts(model()))
    resolved = await now(conflict.resolve(Resolution.RENAME_INCOMING, model(), name="Okta people"))
    await now(token.build(resolved))

    assert {object_type.name for object_type in emulator.object_schema("HR").object_types} == {
        "People",
        "Groups",
        "Okta people",
    }
    assert (await now(token.import_records(RECORDS))).created == 4


@story
async def test_rename_existing_keeps_its_objects(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    seeded.add_object_type("People").add_object(Name="Old Hand")
    schema = await now(connection.get_object_schema("HR"))

    (conflict,) = await now(schema.find_conflicts(model()))
    resolved = await now(conflict.resolve(Resolution.RENAME_EXISTING, model(), name="People before"))

    assert resolved == model()
    assert await now(schema.find_conflicts(resolved)) == []
    assert [asset.label for asset in emulator.object_schema("HR")["People before"].objects] == ["Old Hand"]


@story
async def test_skip_needs_no_remaining_references(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    seeded.add_object_type("People")
    seeded.add_object_type("Groups")
    schema = await now(connection.get_object_schema("HR"))

    groups, people = await now(schema.find_conflicts(model()))

    with pytest.raises(ResolutionNotPossibleError, match=r"people\.groups"):
        await now(groups.resolve(Resolution.SKIP, model()))
    skipped = await now(people.resolve(Resolution.SKIP, model()))
    assert [spec.name for spec in skipped.object_types] == ["Groups"]


@story
async def test_delete_existing_needs_the_exact_object_count(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    people = seeded.add_object_type("People")
    people.add_object(Name="Ana")
    people.add_object(Name="Bo")
    schema = await now(connection.get_object_schema("HR"))
    (conflict,) = await now(schema.find_conflicts(model()))

    with pytest.raises(ResolutionNotPossibleError, match="2 objects"):
        await now(conflict.resolve(Resolution.DELETE_EXISTING, model()))
    with pytest.raises(ResolutionNotPossibleError, match="not 1"):
        await now(conflict.resolve(Resolution.DELETE_EXISTING, model(), delete_objects=1))
    people.add_object(Name="Cy")
    with pytest.raises(ResolutionNotPossibleError, match="now has 3 objects instead of 2"):
        await now(conflict.resolve(Resolution.DELETE_EXISTING, model(), delete_objects=2))
    (conflict,) = await now(schema.find_conflicts(model()))
    await now(conflict.resolve(Resolution.DELETE_EXISTING, model(), delete_objects=3))

    assert "People" not in emulator.object_schema("HR")


@story
async def test_type_of_earlier_build_is_not_a_conflict(emulator: Emulator, connection: Any) -> None:
    schema, token = await destination(emulator, connection)
    await now(token.build(model()))

    assert await now(schema.find_conflicts(model())) == []


@story
async def test_two_okta_tenants_share_a_workspace(emulator: Emulator, connection: Any) -> None:
    """External ids are unique in the whole workspace, so that each tenant needs a namespace of its own."""
    _, first = await destination(emulator, connection, "OKA", "Okta A")
    _, second = await destination(emulator, connection, "OKB", "Okta B")
    await now(first.build(model(namespace="okta/a")))

    with pytest.raises(ExternalIdTakenError):
        await now(second.build(model(namespace="okta/a")))
    await now(second.build(model(namespace="okta/b")))

    assert (await now(second.import_records(RECORDS))).created == 4
    assert emulator.object_schema("OKA").objects == []


@story
async def test_used_namespace_is_named_with_the_argument(emulator: Emulator, connection: Any) -> None:
    """A second Okta tenant on one site needs another namespace."""
    for key in ("OKT", "EMEA"):
        emulator.add_object_schema(key)
    first = connection.import_token(emulator.add_import_source("OKT").token)
    second = connection.import_token(emulator.add_import_source("EMEA").token)
    await now(first.build(model(namespace="okta")))

    plan = await now(second.plan(model(namespace="okta")))
    with pytest.raises(ExternalIdTakenError) as caught:
        await now(second.build(model(namespace="okta")))
    await now(second.build(model(namespace="okta-emea")))

    assert str(plan).splitlines()[1].startswith("impossible namespace   okta:")
    assert caught.value.what == (
        'Could not build the model: the namespace "okta" is already used by the import "Okta" of the object schema OKT. '
        "Nothing was sent."
    )
    assert len(str(caught.value)) < 400
    assert "namespace=" in caught.value.remedies[0]
    assert (await now(second.plan(model(namespace="okta-emea")))).is_empty


@story
async def test_used_namespace_is_named_if_imports_are_hidden(emulator: Emulator, connection: Any) -> None:
    """Without the other import, the plan can't know it. The message of Assets is shortened."""
    for key in ("OKT", "EMEA"):
        emulator.add_object_schema(key)
    first = connection.import_token(emulator.add_import_source("OKT").token)
    second = connection.import_token(emulator.add_import_source("EMEA").token)
    await now(first.build(model(namespace="okta")))
    emulator.faults.always("list object schemas", status=403)

    with pytest.raises(ExternalIdTakenError) as caught:
        await now(second.build(model(namespace="okta")))

    assert caught.value.what.startswith('The namespace "okta" is already used elsewhere in this workspace')
    assert ", and " in caught.value.what
    assert len(str(caught.value)) < 1000


@story
async def test_build_leaves_other_types_unchanged(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("OKT", name="Okta")
    seeded.add_object_type("Contracts").add_object(Name="Lease")
    _, token = await destination(emulator, connection)

    await now(token.build(model()))
    await now(token.import_records(RECORDS))

    assert [asset.label for asset in emulator.object_schema("OKT")["Contracts"].objects] == ["Lease"]


@story
async def test_changed_attribute_type_sends_nothing(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(model(people=(AttributeSpec("Badge", key="badge"),))))
    emulator.requests.clear()

    with pytest.raises(ImpossibleChangeError, match="badge"):
        await now(token.build(model(people=(AttributeSpec("Badge", "integer", key="badge"),))))

    assert not {"submit mapping", "update mapping"} & {request.operation for request in emulator.requests}


@story
async def test_build_rejects_stale_plan(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    wanted = model(people=(AttributeSpec("Title", key="title"),))
    plan = await now(token.plan(wanted))
    await now(token.build(model()))

    with pytest.raises(StalePlanError):
        await now(token.build(wanted, plan=plan))


@story
async def test_build_rejects_model_with_errors(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    emulator.requests.clear()
    broken = SchemaModel(
        "Okta", [ObjectTypeSpec("People", [AttributeSpec("Name", label=True)])], namespace="okta"
    )

    with pytest.raises(InvalidModelError, match="identifier"):
        await now(token.build(broken))

    assert emulator.requests == []


@story
async def test_token_of_another_schema_writes_nothing(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    other = await now(connection.create_object_schema("OTH", "Other"))
    wrong = connection.import_token(emulator.import_sources[0].token, schema=other)

    report = await now(wrong.check())
    with pytest.raises(ImportTargetMismatchError, match="object schema than OTH"):
        await now(wrong.build(model()))

    assert not report.ok
    assert [check.name for check in report.problems] == ["object schema"]
    assert (await now(token.check())).ok


@story
async def test_replaced_token_is_rejected(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    emulator.import_sources[0].generate_token()

    report = await now(token.check())

    assert [check.name for check in report.problems] == ["import token accepted"]
    with pytest.raises(ImportTokenError):
        await now(token.plan(model()))


@story
async def test_new_token_replaces_the_old_one(emulator: Emulator, connection: Any) -> None:
    schema, old = await destination(emulator, connection)
    (source,) = await now(schema.import_sources())

    new = await now(connection.generate_import_token(source, schema=schema))

    assert (await now(new.check())).ok
    assert not (await now(old.check())).ok


@story
async def test_api_token_as_import_token_sends_nothing(emulator: Emulator, connection: Any) -> None:
    with pytest.raises(InvalidCredentialError) as caught:
        connection.import_token(emulator.api_token)

    assert emulator.api_token not in str(caught.value)
    assert emulator.requests == []


@story
async def test_plan_applies_itself(emulator: Emulator, connection: Any) -> None:
    """`plan.apply()` builds what was looked at, and hands back the settled model."""
    _, token = await destination(emulator, connection)

    plan = await now(token.plan(model()))
    applied = await now(plan.apply())

    assert applied == plan
    assert applied.model == model()
    assert (await now(token.plan(model()))).is_empty
    again = await now(token.plan(model()))
    emulator.requests.clear()
    await now(again.apply())
    assert not {"submit mapping", "update mapping"} & {request.operation for request in emulator.requests}


@story
async def test_stale_plan_is_not_applied(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    plan = await now(token.plan(model()))
    emulator.object_schema("OKT").add_object_type("Contracts")

    with pytest.raises(StalePlanError, match="Nothing was sent"):
        await now(plan.apply())

    assert "People" not in emulator.object_schema("OKT")


@story
async def test_plan_of_another_model_is_rejected(emulator: Emulator, connection: Any) -> None:
    """Passing a plan along with another model would build something that no one looked at."""
    _, token = await destination(emulator, connection)
    plan = await now(token.plan(model()))
    emulator.requests.clear()

    with pytest.raises(StalePlanError, match="another model"):
        await now(token.build(model(people=(AttributeSpec("Title", key="title"),)), plan=plan))

    assert emulator.requests == []


@story
async def test_impossible_plan_is_not_applied(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    await now(token.build(model()))
    plan = await now(token.plan(model().renamed("people", "Persons")))
    emulator.requests.clear()

    with pytest.raises(ImpossibleChangeError, match='It is called "People" in Assets, not "Persons"'):
        await now(plan.apply())

    assert emulator.requests == []


@story
async def test_renamed_type_sends_nothing(emulator: Emulator, connection: Any) -> None:
    """An administrator renames an object type that the import made: the plan says so, and two resolutions."""
    schema, token = await destination(emulator, connection)
    await now(token.build(model()))
    emulator.world.types[int(emulator.object_schema("OKT")["People"].id)].name = "Staff"

    plan = await now(token.plan(model()))
    settled = await now(token.build(model().renamed("people", "Staff")))

    assert [(item.path, item.kind) for item in plan.impossible] == [("people", PlanKind.IMPOSSIBLE)]
    assert "model.renamed('people', 'Staff')" in plan.impossible[0].remedy
    assert await now(schema.find_conflicts(settled.model)) == []
    assert (await now(token.import_records(RECORDS))).created == 4


@story
async def test_deleted_reference_target_is_named_by_the_plan(emulator: Emulator, connection: Any) -> None:
    """The service would answer REFERENCED_OBJECT_TYPE_CHANGED, and no one would know which."""
    from jsm_assets_dest.testing.world import object_types

    _, token = await destination(emulator, connection)
    await now(token.build(model()))
    seeded = emulator.object_schema("OKT")
    # An administrator deletes the object type with what refers to it, and makes the reference again to another one.
    people = seeded["People"]
    object_types.delete_attribute(emulator.world, people.attribute("Groups"))
    object_types.delete_object_type(emulator.world, emulator.world.types[int(seeded["Groups"].id)])
    people.add_attribute("Groups", references=seeded.add_object_type("Teams"), multiple=True)
    emulator.requests.clear()

    plan = await now(token.plan(model()))
    with pytest.raises(ImpossibleChangeError, match=r'people\.groups: Its target "Groups" no longer exists'):
        await now(token.build(model()))

    assert [item.path for item in plan.impossible] == ["people.groups"]
    assert "delete the attribute" in plan.impossible[0].remedy
    assert not {"submit mapping", "update mapping"} & {request.operation for request in emulator.requests}


@story
async def test_type_of_any_import_of_this_model_is_not_a_conflict(
    emulator: Emulator, connection: Any
) -> None:
    """The schema has several imports; one cannot be read, one knows nothing yet, and the last one built the model."""
    emulator.add_object_schema("OKT", name="Okta")
    for name in ("broken", "empty", "ours"):
        emulator.add_import_source("OKT", name)
    schema = await now(connection.get_object_schema("OKT"))
    token = connection.import_token(emulator.import_sources[-1].token, schema=schema)
    await now(token.build(model()))
    emulator.faults.next("read mapping", status=403)

    assert await now(schema.find_conflicts(model())) == []


@story
async def test_unreadable_imports_leave_the_conflict(emulator: Emulator, connection: Any) -> None:
    schema, token = await destination(emulator, connection)
    await now(token.build(model()))
    emulator.faults.next("list import sources", status=404)

    conflicts = await now(schema.find_conflicts(model()))

    assert [conflict.name for conflict in conflicts] == ["Groups", "People"]
    assert all(conflict.is_harmless for conflict in conflicts)


@story
async def test_resolution_accepts_its_value(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    seeded.add_object_type("People")
    schema = await now(connection.get_object_schema("HR"))
    (conflict,) = await now(schema.find_conflicts(model()))

    resolved = await now(conflict.resolve("rename incoming", model()))
    with pytest.raises(ConfigurationError, match="`resolution` is 'nonsense'") as caught:
        await now(conflict.resolve("nonsense", model()))

    assert resolved.object_type("people").name == "Okta People"
    assert '"adopt", "rename existing"' in caught.value.fix


@story
async def test_suggested_names_avoid_types_of_the_schema(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    for name in ("People", "Okta People", "people PREVIOUS"):
        seeded.add_object_type(name)
    schema = await now(connection.get_object_schema("HR"))
    wanted = model()
    (conflict,) = await now(schema.find_conflicts(wanted))

    incoming = await now(conflict.resolve(Resolution.RENAME_INCOMING, wanted))
    await now(conflict.resolve(Resolution.RENAME_EXISTING, wanted))

    assert incoming.object_type("people").name == "Okta People2"
    assert {object_type.name for object_type in emulator.object_schema("HR").object_types} == {
        "Okta People",
        "people PREVIOUS",
        "People previous2",
    }


@story
async def test_taken_new_name_sends_nothing(emulator: Emulator, connection: Any) -> None:
    seeded = emulator.add_object_schema("HR", name="Human resources")
    for name in ("People", "Contracts"):
        seeded.add_object_type(name)
    schema = await now(connection.get_object_schema("HR"))
    wanted = model()
    (conflict,) = await now(schema.find_conflicts(wanted))
    emulator.requests.clear()

    for resolution, name, reason in (
        (Resolution.RENAME_INCOMING, "contracts", "another object type of the schema has it"),
        (Resolution.RENAME_EXISTING, "Contracts", "another object type of the schema has it"),
        (Resolution.RENAME_EXISTING, "groups", "an object type of the model has it"),
        (Resolution.RENAME_INCOMING, "PEOPLE", "it is the name of this conflict"),
    ):
        with pytest.raises(ResolutionNotPossibleError, match=reason):
            await now(conflict.resolve(resolution, wanted, name=name))

    assert emulator.requests == []


@story
async def test_conflict_resolved_by_others_is_reported(emulator: Emulator, connection: Any) -> None:
    from jsm_assets_dest.testing.world import object_types

    seeded = emulator.add_object_schema("HR", name="Human resources")
    people = seeded.add_object_type("People")
    schema = await now(connection.get_object_schema("HR"))
    (conflict,) = await now(schema.find_conflicts(model()))
    object_types.delete_object_type(emulator.world, emulator.world.types[int(people.id)])

    with pytest.raises(ResolutionNotPossibleError, match="no longer exists"):
        await now(conflict.resolve(Resolution.RENAME_EXISTING, model()))
    assert await now(conflict.resolve(Resolution.DELETE_EXISTING, model())) == model()


@story
async def test_import_that_names_its_schema_by_uuid_is_found(emulator: Emulator, connection: Any) -> None:
    """Atlassian's document says a UUID where live sites send the schema's decimal id."""
    emulator.world.doubts = Doubts(import_source_schema_as_uuid=True)
    _, token = await destination(emulator, connection)
    other = await now(connection.create_object_schema("OTH", "Other"))
    wrong = connection.import_token(emulator.import_sources[0].token, schema=other)

    await now(token.build(model()))
    with pytest.raises(ImportTargetMismatchError, match="object schema than OTH"):
        await now(wrong.build(model()))
    emulator.faults.next("list import sources", status=404)
    unsure = connection.import_token(emulator.import_sources[0].token, schema=other)
    assert (await now(unsure.plan(model()))).is_empty
