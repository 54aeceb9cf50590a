"""Jira Service Management Assets as the destination of an import.

Everything a user needs is importable from here, except the modules `jsm_assets_dest.exceptions`,
`jsm_assets_dest.okta` and `jsm_assets_dest.testing`, which stand for themselves. Importing the package imports
none of it: a name is looked up in the table below when it is first asked for, so that a tool that may never talk to
Assets pays nothing for having the package at hand.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._destination.okta_model import OktaModel
    from ._destination.references import CredentialsReference, SecretReference
    from .assets import (
        Attribute,
        ExistingObjectType,
        ImportedType,
        ImportSource,
        ImportSourceSetting,
        ImportStatus,
        ObjectSchemaRecord,
        ObjectType,
        Role,
        RoleKind,
        SchemaLinks,
        SchemaRoles,
        Status,
    )
    from .auth import ApiToken, ClientCredentials, Credentials, ForgeToken, OAuthToken
    from .build_plan import BuildPlan
    from .build_plan_async import AsyncBuildPlan
    from .clock import Clock
    from .conflicts import ConflictRecord, Difference, DifferenceKind, Resolution
    from .connection import Connection
    from .connection_async import AsyncConnection
    from .destination import Destination
    from .destination_async import AsyncDestination
    from .destination_status import DestinationStatus, DestinationStep, StepState
    from .exceptions import AssetsError
    from .execution import Execution
    from .import_execution import ImportExecution
    from .import_execution_async import AsyncImportExecution
    from .import_options import ImportOptions, ImportSettings
    from .import_token import ImportToken
    from .import_token_async import AsyncImportToken
    from .limits import Limits
    from .model import (
        Adoption,
        AttributeSpec,
        AttributeType,
        Finding,
        Findings,
        Graph,
        IconSpec,
        ObjectTypeSpec,
        ReferenceSpec,
        SchemaModel,
        Severity,
        StatusCategory,
        StatusSpec,
    )
    from .object_schema import ObjectSchema
    from .object_schema_async import AsyncObjectSchema
    from .object_type_conflict import ObjectTypeConflict
    from .object_type_conflict_async import AsyncObjectTypeConflict
    from .plan import BuildPlanRecord, PlanItem, PlanKind, PlanSubject
    from .reports import Check, CheckState, ConnectionReport, ImportTokenReport
    from .results import FailedRecord, ImportPhase, ImportProgress, ImportResult, ObjectTypeResult
    from .retry import RetryPolicy

    __version__: str

__all__ = [
    "Adoption",
    "ApiToken",
    "AssetsError",
    "AsyncBuildPlan",
    "AsyncConnection",
    "AsyncDestination",
    "AsyncImportExecution",
    "AsyncImportToken",
    "AsyncObjectSchema",
    "AsyncObjectTypeConflict",
    "Attribute",
    "AttributeSpec",
    "AttributeType",
    "BuildPlan",
    "BuildPlanRecord",
    "Check",
    "CheckState",
    "ClientCredentials",
    "Clock",
    "ConflictRecord",
    "Connection",
    "ConnectionReport",
    "Credentials",
    "CredentialsReference",
    "Destination",
    "DestinationStatus",
    "DestinationStep",
    "Difference",
    "DifferenceKind",
    "Execution",
    "ExistingObjectType",
    "FailedRecord",
    "Finding",
    "Findings",
    "ForgeToken",
    "Graph",
    "IconSpec",
    "ImportExecution",
    "ImportOptions",
    "ImportPhase",
    "ImportProgress",
    "ImportResult",
    "ImportSettings",
    "ImportSource",
    "ImportSourceSetting",
    "ImportStatus",
    "ImportToken",
    "ImportTokenReport",
    "ImportedType",
    "Limits",
    "OAuthToken",
    "ObjectSchema",
    "ObjectSchemaRecord",
    "ObjectType",
    "ObjectTypeConflict",
    "ObjectTypeResult",
    "ObjectTypeSpec",
    "OktaModel",
    "PlanItem",
    "PlanKind",
    "PlanSubject",
    "ReferenceSpec",
    "Resolution",
    "RetryPolicy",
    "Role",
    "RoleKind",
    "SchemaLinks",
    "SchemaModel",
    "SchemaRoles",
    "SecretReference",
    "Severity",
    "Status",
    "StatusCategory",
    "StatusSpec",
    "StepState",
]

#: The module that defines each public name; a test compares it with the imports for type checkers above.
_HOMES = {
    "Adoption": "model",
    "ApiToken": "auth",
    "AssetsError": "exceptions",
    "AsyncBuildPlan": "build_plan_async",
    "AsyncConnection": "connection_async",
    "AsyncDestination": "destination_async",
    "AsyncImportExecution": "import_execution_async",
    "AsyncImportToken": "import_token_async",
    "AsyncObjectSchema": "object_schema_async",
    "AsyncObjectTypeConflict": "object_type_conflict_async",
    "Attribute": "assets",
    "AttributeSpec": "model",
    "AttributeType": "model",
    "BuildPlan": "build_plan",
    "BuildPlanRecord": "plan",
    "Check": "reports",
    "CheckState": "reports",
    "ClientCredentials": "auth",
    "Clock": "clock",
    "ConflictRecord": "conflicts",
    "Connection": "connection",
    "ConnectionReport": "reports",
    "Credentials": "auth",
    "CredentialsReference": "_destination.references",
    "Destination": "destination",
    "DestinationStatus": "destination_status",
    "DestinationStep": "destination_status",
    "Difference": "conflicts",
    "DifferenceKind": "conflicts",
    "Execution": "execution",
    "ExistingObjectType": "assets",
    "FailedRecord": "results",
    "Finding": "model",
    "Findings": "model",
    "ForgeToken": "auth",
    "Graph": "model",
    "IconSpec": "model",
    "ImportExecution": "import_execution",
    "ImportOptions": "import_options",
    "ImportPhase": "results",
    "ImportProgress": "results",
    "ImportResult": "results",
    "ImportSettings": "import_options",
    "ImportSource": "assets",
    "ImportSourceSetting": "assets",
    "ImportStatus": "assets",
    "ImportToken": "import_token",
    "ImportTokenReport": "reports",
    "ImportedType": "assets",
    "Limits": "limits",
    "OAuthToken": "auth",
    "ObjectSchema": "object_schema",
    "ObjectSchemaRecord": "assets",
    "ObjectType": "assets",
    "ObjectTypeConflict": "object_type_conflict",
    "ObjectTypeResult": "results",
    "ObjectTypeSpec": "model",
    "OktaModel": "_destination.okta_model",
    "PlanItem": "plan",
    "PlanKind": "plan",
    "PlanSubject": "plan",
    "ReferenceSpec": "model",
    "Resolution": "conflicts",
    "RetryPolicy": "retry",
    "Role": "assets",
    "RoleKind": "assets",
    "SchemaLinks": "assets",
    "SchemaModel": "model",
    "SchemaRoles": "assets",
    "SecretReference": "_destination.references",
    "Severity": "model",
    "Status": "assets",
    "StatusCategory": "model",
    "StatusSpec": "model",
    "StepState": "destination_status",
}

#: Modules that are public under their own names.
_MODULES = frozenset({"exceptions", "okta", "testing"})

if not TYPE_CHECKING:  # a type checker must see a mistyped name as missing

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for (PEP 562)."""
        if name in _HOMES:
            value: object = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
            globals()[name] = value
            return value
        if name in _MODULES:
            return importlib.import_module(f".{name}", __name__)
        if name == "__version__":
            return importlib.import_module("._version", __name__).VERSION
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What there is to look at, for people at a prompt; nothing is imported by asking."""
    return sorted([*__all__, *_MODULES, "__version__"])
