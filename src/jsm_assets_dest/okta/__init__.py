"""Okta's data for Assets: the schema model, and import records from the responses of Okta's API.

::

    from jsm_assets_dest import okta

    model = okta.schema_model("standard")
    tenant = okta.Tenant.from_folder("responses")
    records = okta.records(tenant, model=model)

This package reads saved responses. It sends no requests to Okta and does not need Okta's SDK.
"""

from __future__ import annotations

from .._model.okta_options import CustomAttribute, ManagerBy, Profile
from ._privacy import Action, Privacy
from ._records import CONSOLE_APPLICATIONS, OnDefect, Records, records
from ._report import Finding, Notice, NoticeCode, Report, Skipped
from ._review import DataMap, DataMapRow, Export, data_map, export
from ._sample import sample_tenant
from ._schema import DESCRIPTION, KEY, NAME, discover_custom_attributes, schema_model
from ._sources import Links, Located, Source
from ._tenant import Tenant, write_folder

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
    "Notice",
    "NoticeCode",
    "OnDefect",
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


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
