"""Small tenants with every field visible."""

from __future__ import annotations

from jsm_assets_dest import okta
from jsm_assets_dest._model.schema_model import SchemaModel


def user(identity: str, *, status: object = "ACTIVE", **profile: object) -> dict[str, object]:
    return {"id": identity, "status": status, "profile": {"login": f"{identity}@example.com", **profile}}


def group(identity: str, *, kind: str = "OKTA_GROUP", **profile: object) -> dict[str, object]:
    return {"id": identity, "type": kind, "profile": {"name": f"Group {identity}", **profile}}


def app(identity: str, **fields: object) -> dict[str, object]:
    return {"id": identity, "name": "bookmark", "label": f"App {identity}", "status": "ACTIVE", **fields}


def device(identity: str, *users: str, **profile: object) -> dict[str, object]:
    links = [{"user": {"id": user}} for user in users]
    return {"id": identity, "status": "ACTIVE", "profile": dict(profile), "_embedded": {"users": links}}


def read(
    tenant: okta.Tenant, selector: str, model: SchemaModel | None = None, **options: object
) -> tuple[dict[str, dict[str, object]], okta.Report]:
    """Return the records of a selector by Okta id, and the report."""
    records = okta.records(tenant, model=model, **options)  # type: ignore[arg-type]
    selected = {str(record["oktaId"]): dict(record) for name, record in records if name == selector}
    return selected, records.report


def only_record(tenant: okta.Tenant, selector: str, **options: object) -> dict[str, object]:
    """Return the only record of a selector."""
    (record,) = read(tenant, selector, **options)[0].values()  # type: ignore[arg-type]
    return record


def reasons(report: okta.Report) -> dict[str, str]:
    """Return the reasons of the findings by attribute."""
    return {finding.attribute: finding.reason for finding in report.findings}
