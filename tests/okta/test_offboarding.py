"""Leavers and lost values, from Okta's data to what Assets shows, on the emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from jsm_assets_dest import okta
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator
from tests.okta.shared import load, shared
from tests.okta.tenants import group, user

#: Imports a tenant and returns Okta's report and the values that Assets shows of the person 00uA.
Import = Callable[..., tuple[okta.Report, dict[str, object]]]


@contextmanager
def _assets(empty_values: str) -> Iterator[Import]:
    with Emulator() as emulator:
        source = emulator.add_import_source(
            emulator.add_object_schema("OKT", "Okta"), empty_values=empty_values
        )
        connection = emulator.connect()
        token = connection.import_token(source.token, schema=connection.get_object_schema("OKT"))
        model = okta.schema_model("standard")
        token.build(model)

        def import_tenant(tenant: okta.Tenant, **options: str) -> tuple[okta.Report, dict[str, object]]:
            records = okta.records(tenant, model=model, **options)  # type: ignore[arg-type]
            token.import_records(records)
            return records.report, _values_in_assets(emulator)

        yield import_tenant


def _values_in_assets(emulator: Emulator) -> dict[str, object]:
    people = {person["Okta ID"]: person for person in emulator.object_schema("OKT")["People"].objects}
    return dict(people["00uA"].values)


def _tenant(members: okta.Source, **profile: object) -> okta.Tenant:
    boss = user("00uB", email="boss@example.com")
    return okta.Tenant(
        users=[user("00uA", email="ana@example.com", **profile), boss],
        groups=[group("00gA")],
        group_members={"00gA": members},
    )


@pytest.mark.slow
@pytest.mark.parametrize("empty_values", ["ignore", "remove"])
def test_lost_values_depend_on_the_import_setting(empty_values: str) -> None:
    with _assets(empty_values) as import_tenant:
        _, values = import_tenant(_tenant(["00uA"], managerId="boss@example.com", mobilePhone="1"))
        assert values["Groups"]
        assert values["Manager"]
        assert values["Mobile Phone"] == "1"
        report, values = import_tenant(_tenant([]))
    lost = {"People: Groups", "People: Manager", "People: Mobile Phone"}
    assert lost <= {finding.attribute for finding in report.empty if "00uA" in finding.examples}
    assert 'set "Empty values" to Remove on the import\'s page in Assets' in str(report)
    is_kept = empty_values == "ignore"
    assert [bool(values[name]) for name in ("Groups", "Manager", "Mobile Phone")] == [is_kept] * 3


@pytest.mark.parametrize("empty_values", ["ignore", "remove"])
def test_shared_case_of_last_group_is_gone_or_reported(empty_values: str) -> None:
    case = load(shared("cases/last-group-left.json"))
    assert isinstance(case, dict)
    with _assets(empty_values) as import_tenant:
        _, values = import_tenant(okta.Tenant(**case["before"]))
        assert values["Groups"]
        report, values = import_tenant(okta.Tenant(**case["after"]))
    is_gone = not values["Groups"] and not values["Mobile Phone"]
    assert is_gone == (empty_values == "remove")
    assert {"People: Groups", "People: Mobile Phone"} <= {finding.attribute for finding in report.empty}


@pytest.mark.once
@pytest.mark.parametrize("empty_values", ["ignore", "remove"])
def test_lost_values_are_named_by_check_preview_and_verification(empty_values: str) -> None:
    """Before the import, the preview lists the objects; after it, the verification does."""
    model = okta.schema_model("standard")
    lost = ("Mobile Phone", "Groups", "Manager", "Manager ID")
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("OKT", name="Okta")
        source = emulator.add_import_source("OKT", empty_values=empty_values)
        token = connection.import_token(source.token, schema=schema)
        token.build(model)
        before = _tenant(["00uA"], managerId="boss@example.com", mobilePhone="1")
        token.import_records(okta.records(before, model=model))
        check = token.check()["import settings"].summary
        preview = token.preview(okta.records(_tenant([]), model=model))
        result = token.import_records(okta.records(_tenant([]), model=model), verify="all", visible_seconds=0)

    assert result.verification is not None
    is_kept = empty_values == "ignore"
    people = preview.object_type("people")
    listed = [*people.iter_emptied()] if is_kept else [*people.examples_changed]
    assert [(person.identifier, set(person.attributes)) for person in listed] == [("00uA", set(lost))]
    assert (people.emptied, people.changed) == ((1, 0) if is_kept else (0, 1))
    advice = "set empty values to Remove in Assets > the object schema > Configuration > Import"
    assert [advice in text for text in (check, " ".join(preview.notes))] == [is_kept] * 2
    assert any(all(name in note for name in ("00uA", *lost)) for note in result.verification.notes) is is_kept


@pytest.mark.slow
def test_deactivated_person_becomes_deprovisioned() -> None:
    with _assets("ignore") as import_tenant:
        _, values = import_tenant(okta.Tenant(users=[user("00uA")]))
        assert values["Status"] == "Active"
        _, values = import_tenant(okta.Tenant(users=[user("00uA", status="DEPROVISIONED")]))
        assert values["Status"] == "Deprovisioned"


@pytest.mark.slow
def test_error_among_members_empties_groups_unless_stopped() -> None:
    """`on_defect="stop"` prevents this harm when an import removes empty values."""
    error = {"errorCode": "E0000047", "errorSummary": "API call exceeded rate limit"}
    with _assets("remove") as import_tenant:
        import_tenant(_tenant(["00uA"]))
        with pytest.raises(AssetsError) as stopped:
            import_tenant(_tenant(error), on_defect="stop")
        assert "E0000047" in str(stopped.value.__cause__)
        report, values = import_tenant(_tenant(error))
        assert not values["Groups"]
        assert "E0000047" in str(report.notices[0])
