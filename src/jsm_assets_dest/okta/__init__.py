"""Okta's data for Assets: the schema model, and records made of what Okta's API answers.

::

    from jsm_assets_dest import okta

    model = okta.schema_model("standard")
    tenant = okta.Tenant.from_folder("answers")
    records = okta.records(tenant, model=model)

This package reads answers; it never asks Okta, and it does not need Okta's SDK.
"""

from __future__ import annotations

from ._custom_attributes import CustomAttribute, discover_custom_attributes
from ._data_map import DataMap, DataMapRow, data_map
from ._export import Export, export
from ._privacy import Action, Privacy
from ._records import CONSOLE_APPLICATIONS, Records, records
from ._report import Finding, Report, Skipped
from ._sample import sample_tenant
from ._schema import DESCRIPTION, KEY, NAME, ManagerBy, Profile, schema_model
from ._sources import Links, Located, Source
from ._tenant import Tenant
from ._write_folder import write_folder

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
