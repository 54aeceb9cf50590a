"""What is read from Assets, as plain values.

Every class reads itself from the service's JSON with `from_json`; the API's own spelling stands there and nowhere
else. Fields that this library does not know stay available in `raw` and are never an error: Atlassian adds some with
every release.
"""

from __future__ import annotations

from ._assets.import_settings import ImportSourceSetting
from ._assets.import_sources import ImportedType, ImportSource, ImportStatus
from ._assets.object_schemas import ObjectSchemaRecord, SchemaLinks
from ._assets.object_types import Attribute, ExistingObjectType, ObjectType
from ._assets.roles import Role, RoleKind, SchemaRoles
from ._assets.statuses import Status

__all__ = [
    "Attribute",
    "ExistingObjectType",
    "ImportSource",
    "ImportSourceSetting",
    "ImportStatus",
    "ImportedType",
    "ObjectSchemaRecord",
    "ObjectType",
    "Role",
    "RoleKind",
    "SchemaLinks",
    "SchemaRoles",
    "Status",
]
