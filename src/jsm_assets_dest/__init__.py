"""Import data into Jira Service Management (JSM) Assets.

All public names are importable from here, except those of the modules `exceptions`, `okta`, `spark`, `tables`, and
`testing`.
Importing the package imports none of its modules: each one is loaded when a name of it is first used, so that a tool
that may never use Assets starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._assets.directory import JiraGroup, JiraUser
    from ._assets.import_sources import ImportedType, ImportSource, ImportSourceSetting, ImportStatus
    from ._assets.links import GroupLink, UserLink
    from ._assets.object_schemas import ObjectSchemaRecord, SchemaLinks
    from ._assets.object_types import Attribute, ExistingObjectType, ObjectType, Status, StatusCategory
    from ._assets.objects import AssetsObject, ObjectReference
    from ._assets.reports import Check, CheckState, ConnectionReport, ImportTokenReport
    from ._assets.roles import Role, RoleChange, RoleKind, RolesPreview, SchemaRoles
    from ._assets.user_links import (
        LinkedObject,
        LinkOutcome,
        LinkReason,
        UserLinkPhase,
        UserLinkProgress,
        UserLinkReport,
    )
    from ._async.connection import AsyncConnection
    from ._async.destination import AsyncDestination
    from ._async.import_execution import AsyncImportExecution
    from ._async.import_token import AsyncBuildPlan, AsyncImportToken
    from ._async.object_schema import AsyncObjectSchema
    from ._async.object_type_conflict import AsyncObjectTypeConflict
    from ._destination.okta_settings import OktaModel, OktaSource
    from ._destination.secret_references import CredentialsReference, SecretReference
    from ._destination.status import DestinationStatus, DestinationStep, StepAction, StepState
    from ._http.clock import Clock
    from ._http.settings import Limits
    from ._imports.execution import Execution, RunningImport
    from ._imports.journal_reader import Journal
    from ._imports.journal_values import JournalRun
    from ._imports.object_type_results import FailedRecord, ObjectTypeResult
    from ._imports.options import ImportOptions, ImportSettings
    from ._imports.preview import ChangedObject, ImportPreview, MissingObject, ObjectTypePreview
    from ._imports.problems import ImportProblem
    from ._imports.progress import ImportPhase, ImportProgress
    from ._imports.receipt import SubmitReceipt
    from ._imports.result import ImportResult, Leaver
    from ._imports.verification import ImportVerification, VerifiedObjectType
    from ._model.classes import attribute, object_type
    from ._model.findings import Finding, Findings, Severity
    from ._model.graph import Graph
    from ._model.schema_model import SchemaModel
    from ._model.specs import (
        Adoption,
        AttributeSpec,
        AttributeType,
        IconSpec,
        ObjectTypeSpec,
        ReferenceSpec,
        StatusSpec,
    )
    from ._plan.build_plan import BuildPlanRecord
    from ._plan.conflicts import ConflictRecord, Resolution
    from ._plan.differences import Difference, DifferenceKind
    from ._plan.plan_items import PlanItem, PlanKind, PlanSubject
    from ._session.credentials import ApiToken, ClientCredentials, Credentials, ForgeToken, OAuthToken
    from ._session.observed import RequestEvent
    from ._session.retry_policy import RetryPolicy
    from ._sync.connection import Connection
    from ._sync.destination import Destination
    from ._sync.import_execution import ImportExecution
    from ._sync.import_token import BuildPlan, ImportToken
    from ._sync.object_schema import ObjectSchema
    from ._sync.object_type_conflict import ObjectTypeConflict
    from .exceptions import AssetsError

    __version__: str

#: The module that defines each public name.
_HOMES = {
    "Adoption": "_model.specs",
    "ApiToken": "_session.credentials",
    "AssetsError": "exceptions",
    "AssetsObject": "_assets.objects",
    "AsyncBuildPlan": "_async.import_token",
    "AsyncConnection": "_async.connection",
    "AsyncDestination": "_async.destination",
    "AsyncImportExecution": "_async.import_execution",
    "AsyncImportToken": "_async.import_token",
    "AsyncObjectSchema": "_async.object_schema",
    "AsyncObjectTypeConflict": "_async.object_type_conflict",
    "Attribute": "_assets.object_types",
    "AttributeSpec": "_model.specs",
    "AttributeType": "_model.specs",
    "BuildPlan": "_sync.import_token",
    "BuildPlanRecord": "_plan.build_plan",
    "ChangedObject": "_imports.preview",
    "Check": "_assets.reports",
    "CheckState": "_assets.reports",
    "ClientCredentials": "_session.credentials",
    "Clock": "_http.clock",
    "ConflictRecord": "_plan.conflicts",
    "Connection": "_sync.connection",
    "ConnectionReport": "_assets.reports",
    "Credentials": "_session.credentials",
    "CredentialsReference": "_destination.secret_references",
    "Destination": "_sync.destination",
    "DestinationStatus": "_destination.status",
    "DestinationStep": "_destination.status",
    "Difference": "_plan.differences",
    "DifferenceKind": "_plan.differences",
    "Execution": "_imports.execution",
    "ExistingObjectType": "_assets.object_types",
    "FailedRecord": "_imports.object_type_results",
    "Finding": "_model.findings",
    "Findings": "_model.findings",
    "ForgeToken": "_session.credentials",
    "Graph": "_model.graph",
    "GroupLink": "_assets.links",
    "IconSpec": "_model.specs",
    "ImportExecution": "_sync.import_execution",
    "ImportOptions": "_imports.options",
    "ImportPhase": "_imports.progress",
    "ImportPreview": "_imports.preview",
    "ImportProblem": "_imports.problems",
    "ImportProgress": "_imports.progress",
    "ImportResult": "_imports.result",
    "ImportSettings": "_imports.options",
    "ImportSource": "_assets.import_sources",
    "ImportSourceSetting": "_assets.import_sources",
    "ImportStatus": "_assets.import_sources",
    "ImportToken": "_sync.import_token",
    "ImportTokenReport": "_assets.reports",
    "ImportVerification": "_imports.verification",
    "ImportedType": "_assets.import_sources",
    "JiraGroup": "_assets.directory",
    "JiraUser": "_assets.directory",
    "Journal": "_imports.journal_reader",
    "JournalRun": "_imports.journal_values",
    "Leaver": "_imports.result",
    "Limits": "_http.settings",
    "LinkOutcome": "_assets.user_links",
    "LinkReason": "_assets.user_links",
    "LinkedObject": "_assets.user_links",
    "MissingObject": "_imports.preview",
    "OAuthToken": "_session.credentials",
    "ObjectReference": "_assets.objects",
    "ObjectSchema": "_sync.object_schema",
    "ObjectSchemaRecord": "_assets.object_schemas",
    "ObjectType": "_assets.object_types",
    "ObjectTypeConflict": "_sync.object_type_conflict",
    "ObjectTypePreview": "_imports.preview",
    "ObjectTypeResult": "_imports.object_type_results",
    "ObjectTypeSpec": "_model.specs",
    "OktaModel": "_destination.okta_settings",
    "OktaSource": "_destination.okta_settings",
    "PlanItem": "_plan.plan_items",
    "PlanKind": "_plan.plan_items",
    "PlanSubject": "_plan.plan_items",
    "ReferenceSpec": "_model.specs",
    "RequestEvent": "_session.observed",
    "Resolution": "_plan.conflicts",
    "RetryPolicy": "_session.retry_policy",
    "Role": "_assets.roles",
    "RoleChange": "_assets.roles",
    "RoleKind": "_assets.roles",
    "RolesPreview": "_assets.roles",
    "RunningImport": "_imports.execution",
    "SchemaLinks": "_assets.object_schemas",
    "SchemaModel": "_model.schema_model",
    "SchemaRoles": "_assets.roles",
    "SecretReference": "_destination.secret_references",
    "Severity": "_model.findings",
    "Status": "_assets.object_types",
    "StatusCategory": "_assets.object_types",
    "StatusSpec": "_model.specs",
    "StepAction": "_destination.status",
    "StepState": "_destination.status",
    "SubmitReceipt": "_imports.receipt",
    "UserLink": "_assets.links",
    "UserLinkPhase": "_assets.user_links",
    "UserLinkProgress": "_assets.user_links",
    "UserLinkReport": "_assets.user_links",
    "VerifiedObjectType": "_imports.verification",
    "attribute": "_model.classes",
    "object_type": "_model.classes",
}

#: Public modules.
_MODULES = frozenset({"exceptions", "okta", "tables", "testing"})

__all__ = [  # a literal, because type checkers do not evaluate `sorted(_HOMES)`
    "Adoption",
    "ApiToken",
    "AssetsError",
    "AssetsObject",
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
    "ChangedObject",
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
    "GroupLink",
    "IconSpec",
    "ImportExecution",
    "ImportOptions",
    "ImportPhase",
    "ImportPreview",
    "ImportProblem",
    "ImportProgress",
    "ImportResult",
    "ImportSettings",
    "ImportSource",
    "ImportSourceSetting",
    "ImportStatus",
    "ImportToken",
    "ImportTokenReport",
    "ImportVerification",
    "ImportedType",
    "JiraGroup",
    "JiraUser",
    "Journal",
    "JournalRun",
    "Leaver",
    "Limits",
    "LinkOutcome",
    "LinkReason",
    "LinkedObject",
    "MissingObject",
    "OAuthToken",
    "ObjectReference",
    "ObjectSchema",
    "ObjectSchemaRecord",
    "ObjectType",
    "ObjectTypeConflict",
    "ObjectTypePreview",
    "ObjectTypeResult",
    "ObjectTypeSpec",
    "OktaModel",
    "OktaSource",
    "PlanItem",
    "PlanKind",
    "PlanSubject",
    "ReferenceSpec",
    "RequestEvent",
    "Resolution",
    "RetryPolicy",
    "Role",
    "RoleChange",
    "RoleKind",
    "RolesPreview",
    "RunningImport",
    "SchemaLinks",
    "SchemaModel",
    "SchemaRoles",
    "SecretReference",
    "Severity",
    "Status",
    "StatusCategory",
    "StatusSpec",
    "StepAction",
    "StepState",
    "SubmitReceipt",
    "UserLink",
    "UserLinkPhase",
    "UserLinkProgress",
    "UserLinkReport",
    "VerifiedObjectType",
    "attribute",
    "object_type",
]

if not TYPE_CHECKING:  # a type checker must report a mistyped name

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used (PEP 562)."""
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
    """List the public names without importing anything."""
    return sorted([*_HOMES, *_MODULES, "__version__"])
