"""The settings of a destination as JSON-ready data, without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from .._assets.roles import RoleEntry, role_entries
from .._model.schema_model import SchemaModel
from ..exceptions import ConfigurationError
from .okta_model import OktaModel
from .okta_source import OktaSource
from .saved_options import options_from_dict, options_to_dict
from .secret_references import CredentialsReference
from .settings_file import construct, read_object, reject_unknown_keys

#: The model of a destination: the Okta model with options, a whole model, or the path of a JSON file.
ModelChoice: TypeAlias = OktaModel | SchemaModel | Path

#: Roles that a destination can set.
ROLES = ("managers", "developers", "users")


def settings_to_data(settings: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that are set, as JSON-ready data."""
    data = {
        name: _WRITERS[name](value) if name in _WRITERS and value is not None else value
        for name, value in settings.items()
    }
    return {name: value for name, value in data.items() if value not in (None, "", {})}


def settings_from_data(data: Mapping[str, object]) -> dict[str, Any]:
    """Return the settings that the data contains.

    Raises:
        ConfigurationError: A setting is invalid. The error names its path.
    """
    return {name: _READERS[name](value) if name in _READERS else value for name, value in data.items()}


def checked_roles(value: object) -> Mapping[str, tuple[str, ...]]:
    """Return the entries by role.

    Raises:
        ConfigurationError: A role is unknown, or an entry is invalid.
    """
    roles = read_object(value, "roles")
    reject_unknown_keys(roles, "roles", ROLES)
    return {
        name: role_entries(cast("list[RoleEntry]", entries), f"roles.{name}")
        for name, entries in roles.items()
    }


def _credentials(value: object) -> CredentialsReference:
    return construct(CredentialsReference, value, "credentials")


def _source(value: object) -> OktaSource:
    data = read_object(value, "source")
    reject_unknown_keys(data, "source", ("okta",))
    return OktaSource.from_dict(read_object(data.get("okta", {}), "source.okta"))


def _options(value: object) -> object:
    return options_from_dict(read_object(value, "options"))


def _model(value: object) -> ModelChoice:
    data = read_object(value, "model")
    reject_unknown_keys(data, "model", ("okta", "whole", "file"))
    if len(data) != 1:
        raise ConfigurationError(
            f"`model` contains {len(data)} models.",
            field="model",
            fix="Write one of okta, whole, and file, and remove the others.",
        )
    if "okta" in data:
        return OktaModel.from_dict(read_object(data["okta"], "model.okta"))
    if "whole" in data:
        return SchemaModel.from_dict(read_object(data["whole"], "model.whole"))
    if not isinstance(data["file"], str):
        raise ConfigurationError(
            "`model.file` is not a string.",
            field="model.file",
            fix="Write the path of a JSON file in quotes.",
        )
    return Path(data["file"])


def _model_to_data(model: ModelChoice) -> dict[str, object]:
    if isinstance(model, OktaModel):
        return {"okta": model.to_dict()}
    if isinstance(model, SchemaModel):
        return {"whole": model.to_dict()}
    return {"file": str(model)}


def _roles_to_data(roles: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    return {name: list(entries) for name, entries in roles.items()}


def _source_to_data(source: OktaSource) -> dict[str, object]:
    return {"okta": source.to_dict()}


#: Functions for settings whose data differ from their values.
_WRITERS: Mapping[str, Callable[[Any], object]] = {
    "credentials": CredentialsReference.to_dict,
    "import_token": str,
    "model": _model_to_data,
    "source": _source_to_data,
    "roles": _roles_to_data,
    "options": options_to_dict,
}
_READERS: Mapping[str, Callable[[object], object]] = {
    "credentials": _credentials,
    "model": _model,
    "source": _source,
    "roles": checked_roles,
    "options": _options,
}
