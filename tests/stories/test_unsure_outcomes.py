"""Stories about changes of which no one knows whether they happened, and about answers that are not what they should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from attrs import evolve

from jsm_assets_dest import AttributeSpec, Resolution, StatusSpec
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    ConnectionFailedError,
    ImportTargetMismatchError,
    ObjectSchemaExistsError,
    ResolutionNotPossibleError,
    RolesNotSettableError,
    ServiceUnavailableError,
    TransportError,
    UnknownOutcomeError,
    ValidationError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from jsm_assets_dest.testing.world.json_reading import JsonValue
from tests.stories.story import now, story
from tests.stories.test_building import destination, model


@story
async def test_concurrent_schema_of_another_user_is_not_ours(emulator: Emulator, connection: Any) -> None:
    """The response is lost, and a schema of that key is there: with another name it cannot be ours."""
    emulator.add_object_schema("OKT", "Somebody else's")
    empty: dict[str, JsonValue] = {"startAt": 0, "maxResults": 50, "total": 0, "values": [], "isLast": True}
    emulator.faults.next("create object schema", drop="before")

    with pytest.raises(TransportError):
        await now(connection.create_object_schema("OKT", "Okta"))
    emulator.faults.next("list object schemas", status=200, body=empty)
    conflicts = await now(connection.ensure_object_schema("OKT", name="Okta"))

    assert conflicts.name == "Somebody else's"


@story
async def test_ensuring_a_schema_whose_name_is_taken_says_so(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("HR", "Okta")

    with pytest.raises(ObjectSchemaExistsError, match='the object schema HR already has the name "Okta"'):
        await now(connection.ensure_object_schema("OKT", name="Okta"))


@story
async def test_lost_deletion_response_is_resolved_or_reported(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    emulator.faults.next("delete object schema", status=503)
    with pytest.raises(ServiceUnavailableError):
        await now(schema.delete(confirm_key="OKT"))

    emulator.faults.next("delete object schema", drop="after")
    await now(schema.delete(confirm_key="OKT"))

    assert emulator.object_schemas == []


@story
async def test_lost_type_deletion_is_resolved_or_reported(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("HR", "Human resources").add_object_type("People")
    schema = await now(connection.get_object_schema("HR"))
    (conflict,) = await now(schema.find_conflicts(model()))
    emulator.faults.next("delete object type", status=503)
    with pytest.raises(ServiceUnavailableError):
        await now(conflict.resolve(Resolution.DELETE_EXISTING, model()))

    emulator.faults.next("delete object type", drop="after")
    await now(conflict.resolve(Resolution.DELETE_EXISTING, model()))

    assert "People" not in emulator.object_schema("HR")


@story
async def test_rejected_name_is_not_a_resolution(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("HR", "Human resources").add_object_type("People")
    schema = await now(connection.get_object_schema("HR"))
    (conflict,) = await now(schema.find_conflicts(model()))
    rejection: dict[str, JsonValue] = {"errorMessages": [], "errors": {"name": "This name is reserved"}}
    emulator.faults.next("update object type", status=400, body=rejection)

    with pytest.raises(
        ResolutionNotPossibleError, match='Could not rename the object type "People" to "Staff"'
    ) as caught:
        await now(conflict.resolve(Resolution.RENAME_EXISTING, model(), name="Staff"))
    with pytest.raises(ConfigurationError, match="which Assets rejects"):
        await now(conflict.resolve(Resolution.RENAME_EXISTING, model(), name="What?"))

    assert caught.value.field_errors == {"name": "This name is reserved"}
    assert caught.value.operation == "update object type"


@story
async def test_too_long_name_is_rejected_before_sending(emulator: Emulator, connection: Any) -> None:
    with pytest.raises(ConfigurationError, match="has 256 characters"):
        await now(connection.create_object_schema("OKT", "x" * 256))
    assert emulator.requests == []


@story
async def test_update_that_assets_rejects_is_told_by_field(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    emulator.faults.next("update object schema", status=400, body={"errors": {"name": "Not today"}})

    with pytest.raises(ValidationError) as caught:
        await now(schema.update(name="Other"))

    assert caught.value.field_errors == {"name": "Not today"}


@story
async def test_status_that_never_got_there_is_reported(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    emulator.faults.next("create status", status=503, times=2)

    with pytest.raises(ServiceUnavailableError):
        await now(schema.create_status("Gone", "inactive"))


@story
async def test_plan_says_less_where_statuses_cannot_be_read(emulator: Emulator, connection: Any) -> None:
    """They need a scope of their own; what exists and cannot be seen is planned as new, and Assets keeps it."""
    _, token = await destination(emulator, connection)
    wanted = evolve(model(), statuses=[StatusSpec("Suspended", "inactive"), StatusSpec("Active", "active")])

    sees = await now(token.plan(wanted))
    emulator.faults.next("list statuses", status=403)
    blind = await now(token.plan(wanted))
    await now(token.build(wanted, plan=blind))

    def kind(plan: Any) -> str:
        return next(str(item.kind) for item in plan.items if item.path == "statuses.Active")

    assert (kind(sees), kind(blind)) == ("unchanged", "create")
    assert (await now(token.plan(wanted))).is_empty


@story
async def test_unresolved_outcome_reports_the_first_failure(emulator: Emulator, connection: Any) -> None:
    """The build fails, and so does the look at the result of it: the reason of the build counts."""
    _, token = await destination(emulator, connection)
    plan = await now(token.plan(model(people=(AttributeSpec("Title", key="title"),))))
    emulator.faults.next("submit mapping", status=503, times=5)
    emulator.faults.next("read import status", status=403)

    with pytest.raises(ServiceUnavailableError) as caught:
        await now(plan.apply())

    assert caught.value.operation == "submit mapping"


@story
async def test_unanswered_token_creation_is_an_unknown_outcome(emulator: Emulator, connection: Any) -> None:
    schema, old = await destination(emulator, connection)
    (source,) = await now(schema.import_sources())
    emulator.faults.next("create import token", drop="after")

    with pytest.raises(UnknownOutcomeError, match="the response was lost") as caught:
        await now(connection.generate_import_token(source))

    assert "generate another token" in " ".join(caught.value.remedies)
    assert not (await now(old.check())).ok


@story
async def test_token_of_another_workspace_is_named(emulator: Emulator, connection: Any) -> None:
    schema, token = await destination(emulator, connection)
    elsewhere = "https://api.atlassian.com/jsm/assets/workspace/11111111-2222-3333-4444-555555555555/v1/importsource/1"
    links = {
        "links": {
            "getStatus": f"{elsewhere}/configstatus",
            "start": f"{elsewhere}/executions",
            "mapping": f"{elsewhere}/mapping",
        }
    }
    emulator.faults.next("read import info", status=200, body=dict(links))

    with pytest.raises(ImportTargetMismatchError, match="belongs to another workspace than acme"):
        await now(token.plan(model()))
    emulator.faults.next("read import info", status=200, body=dict(links))
    report = await now(token.check())

    assert {"workspace", "object schema"} <= {check.name for check in report.problems}
    assert (await now(connection.import_token(emulator.import_sources[0].token).plan(model()))).verb == "PUT"
    assert schema.key == "OKT"


@story
async def test_check_whose_last_response_fails_says_unknown(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    emulator.faults.next("read import status", status=403)
    report = await now(token.check())
    emulator.faults.next("read import status", status=200, body={"status": "HIBERNATING"})
    strange = await now(token.check())
    emulator.faults.next("get import source", status=403)
    hidden = await now(connection.import_token(emulator.import_sources[0].token, schema=token.schema).check())

    def state(checked: Any, name: str) -> str:
        return next(str(check.state.value) for check in checked.checks if check.name == name)

    assert state(report, "import state") == "unknown"
    assert state(strange, "import state") == "unknown"
    assert "HIBERNATING" in str(strange)
    assert state(hidden, "object schema") == "unknown"


@story
async def test_roles_that_assets_did_not_keep_are_not_taken_for_set(
    emulator: Emulator, connection: Any
) -> None:
    """The call is undocumented, so that what it did is read back."""
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    who = {"X-AAccountId": emulator.account.account_id}
    emulator.faults.next("set role", status=200, headers=who)

    with pytest.raises(RolesNotSettableError, match="kept other developers"):
        await now(schema.set_roles(developers=[]))
    emulator.world.doubts = Doubts(roles_writable=False)
    with pytest.raises(RolesNotSettableError, match="Could not read or set the roles") as caught:
        await now(schema.set_roles(developers=[]))
    assert caught.value.steps


@story
async def test_roles_take_people_and_groups(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("it-ops")
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    person = emulator.account.account_id

    after = await now(schema.set_roles(managers=[person, "it-ops"], developers=[], users=[]))
    emulator.requests.clear()
    again = await now(schema.set_roles(developers=[]))

    assert after.managers is not None
    assert (after.managers.users, after.managers.groups) == ((person,), ("it-ops",))
    assert again == after
    assert "set role" not in {request.operation for request in emulator.requests}


class Unreachable(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The emulated site, unreachable for requests that write to one path."""

    def __init__(self, transport: Any, path: str) -> None:
        self.transport = transport
        self.path = path

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._refuse(request)
        response: httpx.Response = self.transport.handle_request(request)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._refuse(request)
        response: httpx.Response = await self.transport.handle_async_request(request)
        return response

    def _refuse(self, request: httpx.Request) -> None:
        if request.method != "GET" and request.url.path.endswith(self.path):
            raise httpx.ConnectError("connection refused", request=request)


@pytest.mark.parametrize("path", ["/objectschema/create", "/config/statustype", "/mapping"])
def test_unsent_start_needs_no_lookup(path: str) -> None:
    """Without a connection nothing can have happened, so nothing is asked and nothing is sent again."""
    with Emulator() as emulator:
        emulator.add_object_schema("OKT", "Okta")
        secret = emulator.add_import_source("OKT").token
        with emulator.connect(transport=Unreachable(emulator.transport, path)) as connection:
            schema = connection.get_object_schema("OKT")
            token = connection.import_token(secret, schema=schema)
            plan = token.plan(model())
            questions: dict[str, Callable[[], object]] = {
                "/objectschema/create": lambda: connection.create_object_schema("NEW", "New"),
                "/config/statustype": lambda: schema.create_status("Gone", "inactive"),
                "/mapping": plan.apply,
            }
            with pytest.raises(ConnectionFailedError) as caught:
                questions[path]()
            emulator.requests.clear()

            with pytest.raises(ConnectionFailedError):
                questions[path]()

    assert caught.value.sent == "no"
    assert {request.operation for request in emulator.requests} <= {
        "read import info",
        "read mapping",
        "get import source",
    }


@story
async def test_only_external_imports_are_asked_for_their_document(
    emulator: Emulator, connection: Any
) -> None:
    """A CSV import has none."""
    schema, token = await destination(emulator, connection)
    await now(token.build(model()))
    (source,) = emulator.world.import_sources.values()
    source.module_key = "rlabs-import-type-csv"
    emulator.requests.clear()

    conflicts = await now(schema.find_conflicts(model()))

    assert [conflict.name for conflict in conflicts] == ["Groups", "People"]
    assert "read mapping" not in {request.operation for request in emulator.requests}


@story
async def test_schema_without_a_role_says_which(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    who = {"X-AAccountId": emulator.account.account_id}
    emulator.faults.next("list roles", status=200, headers=who, body={})

    with pytest.raises(RolesNotSettableError, match="object schema has no role for users"):
        await now(schema.set_roles(users=[]))
