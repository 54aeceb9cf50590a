"""The repr of each public value: one short line of public names, without secrets."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, is_typeddict

import attrs
import pytest

import jsm_assets_dest
from jsm_assets_dest import (
    Adoption,
    ApiToken,
    ChangedObject,
    ClientCredentials,
    Destination,
    Execution,
    FailedRecord,
    ForgeToken,
    GroupLink,
    IconSpec,
    ImportOptions,
    ImportProblem,
    Journal,
    Leaver,
    Limits,
    LinkedObject,
    LinkOutcome,
    OAuthToken,
    OktaModel,
    OktaSource,
    ReferenceSpec,
    RetryPolicy,
    Role,
    RoleKind,
    UserLink,
    attribute,
    object_type,
    okta,
    testing,
)
from jsm_assets_dest._display.values import LONGEST
from jsm_assets_dest.exceptions import MassDeletionGuardError
from jsm_assets_dest.testing import Doubts, Emulator, Fault, SiteProfile
from tests.destination.test_public_values import VALUES
from tests.test_public_surface import MODEL_VALUES

PUBLIC = [
    (name, getattr(module, name)) for module in (okta, testing, jsm_assets_dest) for name in module.__all__
]
#: The async handles are the source of the sync ones.
CLASSES = {
    value
    for name, value in PUBLIC
    if inspect.isclass(value)
    and not issubclass(value, (enum.Enum, BaseException))
    and not is_typeddict(value)
    and not getattr(value, "_is_protocol", False)
    and not name.startswith("Async")
}
SECRETS = ("ATATT3-secret-token", "oauth-secret-token", "client-secret-value", "forge-secret-token")

#: Values that users construct; Python evaluates their reprs.
CONSTRUCTED: list[object] = [
    Adoption("1", "People"),
    attribute(name="Email", type="email", label=True),
    object_type(name="People", selector="people"),
    Doubts(),
    Doubts(repeated_mapping_put=True, mapping_seconds=5.0),
    Fault(status=503, retry_after=3),
    GroupLink("Groups"),
    ImportOptions(),
    ImportOptions(chunk_records=100, missing_objects="ignore", max_missing={"people": 0.5}, verify="all"),
    Limits(),
    Limits(attempt=10.0),
    OktaModel("lean", custom_attributes=[okta.CustomAttribute("location", "Location")]),
    OktaModel(),
    OktaSource(people_limit=5, privacy={"people.mobilePhone": "drop"}, hash_key="env:HASH_KEY"),
    OktaSource(),
    ReferenceSpec("people", by="primaryEmail"),
    RetryPolicy(),
    RetryPolicy(attempts=2),
    Role(id="1", name="Object Schema Users", kind=RoleKind.USERS, groups=("it-ops",)),
    SiteProfile(),
    SiteProfile(switches={"repeated_mapping_put": True}),
    UserLink("People", email="Primary Email"),
    okta.CustomAttribute("location", "Location"),
]


def results(folder: Path) -> Iterator[object]:
    """Yield the results of the usual operations."""
    events: list[object] = []
    progress: list[object] = []
    with Emulator() as emulator, emulator.connect(on_request=events.append) as connection:
        yield from (emulator, emulator.clock, emulator.faults, connection, connection.check())
        yield from (emulator.rate_limit(per_minute=100_000), emulator.account)
        schema = connection.create_object_schema("OKT", "Okta")
        source = emulator.add_import_source("OKT")
        token = connection.import_token(source.token, schema=schema)
        model = okta.schema_model("standard")
        yield from (schema, schema.links, source, token, token.check(), token.plan(model), token.build(model))
        tenant = okta.sample_tenant(people=20)
        records = okta.records(tenant, model=model)
        journal = folder / "okta.journal"
        yield token.import_records(records, journal=journal, on_progress=progress.append, verify="all")
        yield from (
            records,
            records.report,
            records.report.findings,
            tenant,
            okta.data_map(model),
            events,
            progress,
        )
        yield token.preview(okta.records(tenant, model=model))
        yield from (schema.objects(), schema.object_types(), schema.attributes(), schema.statuses())
        yield from (
            schema.roles(),
            schema.preview_roles(developers=[]),
            schema.import_sources(),
            schema.graph(),
        )
        yield from (connection.find_users("a"), connection.find_groups("j"), token.status())
        seeded = emulator.object_schema("OKT")
        yield from (seeded, seeded.object_types, seeded.objects, emulator.executions, emulator.requests)
        with Journal.open(journal) as opened:
            yield from (opened, opened.runs())
        with pytest.raises(MassDeletionGuardError) as caught:
            token.import_records(okta.records(okta.sample_tenant(people=3), model=model), journal=journal)
        preview: Any = caught.value.preview
        yield from (preview, [missing for kind in preview.object_types for missing in kind.iter_missing()])
        yield token.running()
        emulator.executions[-1].cancel()
        execution = token.start()
        yield from (execution, Execution.from_dict(execution.to_dict()))
        yield execution.submit({"groups": [{"oktaId": "1", "groupName": "All"}]})
        execution.cancel()
        linking: list[object] = []
        link = UserLink("People", email="Primary Email")
        yield schema.link_users(link, create_attribute=True, on_progress=linking.append)
        yield linking
        yield okta.export(okta.records(tenant, model=model), folder / "export", model=model)
        emulator.add_object_schema("HR").add_object_type("People", attributes=["Okta ID"])
        yield connection.get_object_schema("HR").find_conflicts(model)


def parts(value: object, seen: dict[int, object]) -> Iterator[object]:
    """Yield a value and all values that it contains."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    yield value
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | Iterator) and not isinstance(value, okta.Records):
        for item in value:
            yield from parts(item, seen)
    elif attrs.has(type(value)) and type(value) in CLASSES:
        for name in attrs.fields_dict(cast("Any", type(value))):
            if not name.startswith("_"):
                yield from parts(getattr(value, name), seen)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    further: list[object] = [
        ApiToken("ana@acme.com", SECRETS[0]),
        OAuthToken(SECRETS[1]),
        ClientCredentials("client-id", SECRETS[2]),
        ForgeToken(SECRETS[3], "https://api.atlassian.com/ex/jira/cloud-id"),
        Destination(name="Okta", site="https://acme.atlassian.net", import_token="env:IMPORT_TOKEN"),
        FailedRecord(
            selector="people",
            index=0,
            path="people[0].email",
            reason="It is invalid.",
            record={"email": SECRETS[0]},
        ),
        IconSpec("laptop", "Laptop", "iVBORw0KGgo" * 50),
        ChangedObject(identifier="00u1", key="OKT-1", label="Ana", attributes=("Status", "Department") * 9),
        ImportProblem(code="lost", count=22, object_type="Applications"),
        Leaver(object_type="People", identifier="00u1"),
        LinkedObject(
            object_type="People", attribute="Jira User", key="OKT-1", label="Ana", outcome=LinkOutcome.LINKED
        ),
        okta.Located({"id": "00u1"}, "users-1.json[0]"),
        okta.Notice("unread_page", "people", "users-1.json", "The page names a next page that was not read."),
        okta.Privacy({"people.mobilePhone": "hash"}, hash_key=SECRETS[0]),
        Role(
            id="1", name="Object Schema Users", kind=RoleKind.USERS, groups=("a-group-with-a-long-name",) * 50
        ),
    ]
    collected: list[object] = []
    seen: dict[int, object] = {}
    for constructed in (CONSTRUCTED, VALUES, list(MODEL_VALUES.values()), further):
        collected += parts(constructed, seen)
    for value in results(tmp_path_factory.mktemp("reprs")):
        collected += parts(value, seen)
    return [value for value in collected if type(value) in CLASSES]


@pytest.mark.slow
def test_each_public_class_has_a_value(values: list[object]) -> None:
    assert not {cls.__name__ for cls in CLASSES - {type(value) for value in values}}


@pytest.mark.slow
def test_reprs_are_one_short_line(values: list[object]) -> None:
    texts = {repr(value) for value in values}

    assert not [text for text in texts if len(text) > LONGEST or "\n" in text]


@pytest.mark.slow
def test_reprs_name_their_class_and_no_private_one(values: list[object]) -> None:
    public = {name for name, _ in PUBLIC}
    for value in values:
        text = repr(value)
        without_strings = re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)
        names = set(re.findall(r"\b([A-Z]\w+)(?=[(.]\w)", without_strings))

        assert text.lstrip("<").startswith(type(value).__name__) or isinstance(value, int)
        assert names <= public
        assert "jsm_assets_dest." not in text
        assert " at 0x" not in text


@pytest.mark.slow
def test_reprs_contain_no_secret(values: list[object]) -> None:
    texts = "\n".join({repr(value) for value in values})

    assert not [secret for secret in SECRETS if secret in texts]


@pytest.mark.parametrize("value", CONSTRUCTED, ids=repr)
def test_repr_of_constructed_value_can_be_evaluated(value: object) -> None:
    assert eval(repr(value), dict(PUBLIC)) == value


@pytest.mark.parametrize(
    "cls", [Doubts, ImportOptions, Limits, OktaModel, OktaSource, RetryPolicy, SiteProfile]
)
def test_repr_of_default_value_shows_no_field(cls: type) -> None:
    assert repr(cls()) == f"{cls.__name__}()"
