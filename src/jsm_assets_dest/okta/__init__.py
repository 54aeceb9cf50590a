"""Okta's data for Assets: the schema model, and records made of what Okta's API answers.

::

    from jsm_assets_dest import okta

    model = okta.schema_model("standard")
    tenant = okta.Tenant.from_folder("answers")
    records = okta.records(tenant, model=model)

This package reads answers; it never asks Okta, and it does not need Okta's SDK.
"""

from __future__ import annotations

from .custom_attributes import CustomAttribute, discover_custom_attributes
from .data_map import DataMap, DataMapRow, data_map
from .export import Export, export
from .folder import write_folder
from .privacy import Action, Privacy
from .records import CONSOLE_APPLICATIONS, Records, records
from .report import Finding, Report, Skipped
from .sample import sample_tenant
from .schema import DESCRIPTION, KEY, NAME, ManagerBy, Profile, schema_model
from .tenant import Links, Located, Source, Tenant

__all__ = [
    "CONSOLE_APPLICATIONS",
    "DESCRIPTION",
    "KEY",
    "NAME",
    "Action",
    "CustomAttribute",
    "DataMap",
    "DataMapRow",
    "Export",
    "Finding",
    "Links",
    "Located",
    "ManagerBy",
    "Privacy",
    "Profile",
    "Records",
    "Report",
    "Skipped",
    "Source",
    "Tenant",
    "data_map",
    "discover_custom_attributes",
    "export",
    "records",
    "sample_tenant",
    "schema_model",
    "write_folder",
]
