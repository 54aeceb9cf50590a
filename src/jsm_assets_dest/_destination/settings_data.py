"""The settings of a destination as JSON-ready data, without secrets.

Of the import options, those that apply to one run only are not saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeAlias, cast

from attrs import fields

from .._assets.roles import RoleEntry, role_entries
from .._display.values import changed_fields, plain
from .._imports.options import ImportOptions, ImportSettings
from .._model.schema_model import SchemaModel
from ..exceptions import ConfigurationError
from .okta_settings import OktaModel, OktaSource
from .secret_references import CredentialsReference
from .settings_file import at_path, construct, read_object, reject_unknown_keys

_DISPLAYS = ("log", "tqdm", "rich")

#: Options that can't be saved, with the reason.
_OF_ONE_RUN: Mapping[str, str] = {
    "model": "a destination has a setting of its own for the model",
    "total": "each run has another number of records",
    "allow_missing": "it accepts the missing objects of one preview",
}

#: Options in files of the first edition that were renamed or removed.
_RENAMED = {"progress": "on_progress"}
_REMOVED = frozenset({"fast", "record_failure", "busy_seconds", "compress"})


def changed_options(options: ImportOptions) -> dict[str, object]:
    """Return the options that differ from their defaults."""
    return {option.name: content for option, content in changed_fields(options)}


def reject_unsavable(options: ImportOptions) -> None:
    """Reject options that apply to one run only.

    Raises:
        ConfigurationError: An option can't be saved. The error names the option and the reason.
    """
    for name, value in changed_options(options).items():
        _reject_option_of_one_run(name)
        if name == "on_progress" and not isinstance(value, str):
            raise _unsavable("on_progress", "a function can't be saved, but the name of a display can")


def _reject_option_of_one_run(name: str) -> None:
    if name in _OF_ONE_RUN:
        raise _unsavable(name, _OF_ONE_RUN[name])


def _unsavable(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"`options.{name}` can't be saved: {reason}.",
        field=f"options.{name}",
        fix=f"Pass {name}=… to import_records() in the runs that need it.",
    )


def options_to_dict(options: ImportOptions) -> dict[str, object]:
    """Return the options that differ from their defaults as JSON-ready data."""
    return {name: _json_value(value) for name, value in changed_options(options).items()}


def _json_value(value: object) -> object:
    if isinstance(value, PathLike):
        return fspath(cast("PathLike[str]", value))
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def options_from_dict(data: Mapping[str, object]) -> ImportOptions:
    """Read the result of `options_to_dict`.

    Raises:
        ConfigurationError: An option is unknown, can't be saved, or has an invalid value. The error names it.
    """
    data = {_RENAMED.get(name, name): value for name, value in data.items() if name not in _REMOVED}
    for name in data:
        _reject_option_of_one_run(name)
    names = [option.name for option in fields(ImportOptions) if option.name not in _OF_ONE_RUN]
    reject_unknown_keys(data, "options", names)
    if data.get("on_progress") not in (None, *_DISPLAYS):
        raise ConfigurationError(
            "`options.on_progress` is not the name of a display.",
            field="options.on_progress",
            fix=f"Write one of {', '.join(map(repr, _DISPLAYS))}.",
        )
    try:
        return ImportOptions(**cast(ImportSettings, dict(data)))
    except ConfigurationError as error:
        raise at_path(error, "options") from None


#: The model of a destination: the Okta model with options, a whole model, or the path of a JSON file.
ModelChoice: TypeAlias = OktaModel | SchemaModel | Path

#: Roles that a destination can set.
ROLES = ("managers", "developers", "users")


def settings_to_data(settings: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that are set, as JSON-ready data."""
    data = {name: _WRITERS.get(name, plain)(value) for name, value in settings.items() if value is not None}
    return {name: value for name, value in data.items() if value not in ("", {})}


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


def _source(value: object) -> OktaSource:
    data = read_object(value, "source")
    reject_unknown_keys(data, "source", ("okta",))
    return OktaSource.from_dict(read_object(data.get("okta", {}), "source.okta"))


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


#: Functions for settings whose data differ from their values.
_WRITERS: Mapping[str, Callable[[Any], object]] = {
    "import_token": str,
    "model": _model_to_data,
    "source": lambda source: {"okta": source.to_dict()},
    "options": options_to_dict,
}
_READERS: Mapping[str, Callable[[object], object]] = {
    "credentials": lambda value: construct(CredentialsReference, value, "credentials"),
    "model": _model,
    "source": _source,
    "roles": checked_roles,
    "options": lambda value: options_from_dict(read_object(value, "options")),
}
