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
    from ._assets.directory import GroupLink, JiraGroup, JiraUser, UserLink
    from ._assets.import_sources import ImportedType, ImportSource, ImportSourceSetting, ImportStatus
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
    from ._destination.secret_references import CredentialsReference, SecretReference
    from ._destination.settings_data import OktaModel, OktaSource
    from ._destination.status import DestinationStatus, DestinationStep, StepAction, StepState
    from ._http.clock import Clock
    from ._http.settings import Limits
    from ._imports.execution import Execution, RunningImport
    from ._imports.execution_results import FailedRecord, ObjectTypeResult
    from ._imports.journal_reader import Journal
    from ._imports.journal_values import JournalRun
    from ._imports.options import ImportOptions, ImportSettings
    from ._imports.preview import ChangedObject, ImportPreview, MissingObject, ObjectTypePreview
    from ._imports.problems import ImportProblem
    from ._imports.progress import ImportPhase, ImportProgress
    from ._imports.result import ImportResult, Leaver
    from ._imports.tally import SubmitReceipt
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
    from ._plan.build_plan import BuildPlanRecord, PlanItem, PlanKind, PlanSubject
    from ._plan.conflicts import ConflictRecord, Resolution
    from ._plan.differences import Difference, DifferenceKind
    from ._session.credentials import ApiToken, ClientCredentials, Credentials, ForgeToken, OAuthToken
    from ._session.observed import RequestEvent
    from ._session.opening import ConnectionOptions, SiteOptions
    from ._session.retry_policy import RetryPolicy
    from ._sync.connection import Connection
    from ._sync.destination import Destination
    from ._sync.import_execution import ImportExecution
    from ._sync.import_token import BuildPlan, ImportToken
    from ._sync.object_schema import ObjectSchema
    from ._sync.object_type_conflict import ObjectTypeConflict
    from .exceptions import AssetsError

    __version__: str

#: The public names by the module that defines them.
_NAMES = {
    "_assets.directory": ("GroupLink", "JiraGroup", "JiraUser", "UserLink"),
    "_assets.import_sources": ("ImportSource", "ImportSourceSetting", "ImportStatus", "ImportedType"),
    "_assets.object_schemas": ("ObjectSchemaRecord", "SchemaLinks"),
    "_assets.object_types": ("Attribute", "ExistingObjectType", "ObjectType", "Status", "StatusCategory"),
    "_assets.objects": ("AssetsObject", "ObjectReference"),
    "_assets.reports": ("Check", "CheckState", "ConnectionReport", "ImportTokenReport"),
    "_assets.roles": ("Role", "RoleChange", "RoleKind", "RolesPreview", "SchemaRoles"),
    "_assets.user_links": (
        "LinkOutcome",
        "LinkReason",
        "LinkedObject",
        "UserLinkPhase",
        "UserLinkProgress",
        "UserLinkReport",
    ),
    "_async.connection": ("AsyncConnection",),
    "_async.destination": ("AsyncDestination",),
    "_async.import_execution": ("AsyncImportExecution",),
    "_async.import_token": ("AsyncBuildPlan", "AsyncImportToken"),
    "_async.object_schema": ("AsyncObjectSchema",),
    "_async.object_type_conflict": ("AsyncObjectTypeConflict",),
    "_destination.secret_references": ("CredentialsReference", "SecretReference"),
    "_destination.settings_data": ("OktaModel", "OktaSource"),
    "_destination.status": ("DestinationStatus", "DestinationStep", "StepAction", "StepState"),
    "_http.clock": ("Clock",),
    "_http.settings": ("Limits",),
    "_imports.execution": ("Execution", "RunningImport"),
    "_imports.journal_reader": ("Journal",),
    "_imports.journal_values": ("JournalRun",),
    "_imports.execution_results": ("FailedRecord", "ObjectTypeResult"),
    "_imports.options": ("ImportOptions", "ImportSettings"),
    "_imports.preview": ("ChangedObject", "ImportPreview", "MissingObject", "ObjectTypePreview"),
    "_imports.problems": ("ImportProblem",),
    "_imports.progress": ("ImportPhase", "ImportProgress"),
    "_imports.result": ("ImportResult", "Leaver"),
    "_imports.tally": ("SubmitReceipt",),
    "_imports.verification": ("ImportVerification", "VerifiedObjectType"),
    "_model.classes": ("attribute", "object_type"),
    "_model.findings": ("Finding", "Findings", "Severity"),
    "_model.graph": ("Graph",),
    "_model.schema_model": ("SchemaModel",),
    "_model.specs": (
        "Adoption",
        "AttributeSpec",
        "AttributeType",
        "IconSpec",
        "ObjectTypeSpec",
        "ReferenceSpec",
        "StatusSpec",
    ),
    "_plan.build_plan": ("BuildPlanRecord", "PlanItem", "PlanKind", "PlanSubject"),
    "_plan.conflicts": ("ConflictRecord", "Resolution"),
    "_plan.differences": ("Difference", "DifferenceKind"),
    "_session.credentials": ("ApiToken", "ClientCredentials", "Credentials", "ForgeToken", "OAuthToken"),
    "_session.observed": ("RequestEvent",),
    "_session.opening": ("ConnectionOptions", "SiteOptions"),
    "_session.retry_policy": ("RetryPolicy",),
    "_sync.connection": ("Connection",),
    "_sync.destination": ("Destination",),
    "_sync.import_execution": ("ImportExecution",),
    "_sync.import_token": ("BuildPlan", "ImportToken"),
    "_sync.object_schema": ("ObjectSchema",),
    "_sync.object_type_conflict": ("ObjectTypeConflict",),
    "exceptions": ("AssetsError",),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

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
    "ConnectionOptions",
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
    "SiteOptions",
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
