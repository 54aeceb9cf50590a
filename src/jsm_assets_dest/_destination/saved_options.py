"""Import options that can be saved: all except those that apply to one run only."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import cast

from attrs import fields

from .._imports.options import ImportOptions, ImportSettings
from ..exceptions import ConfigurationError
from .settings_file import at_path, reject_unknown_keys

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
    return {
        option.name: getattr(options, option.name)
        for option in fields(ImportOptions)
        if getattr(options, option.name) != option.default
    }


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


def options_from_dict(data: Mapping[str, object], path: str = "options") -> ImportOptions:
    """Read the result of `options_to_dict`.

    Raises:
        ConfigurationError: An option is unknown, can't be saved, or has an invalid value. The error names it.
    """
    data = {_RENAMED.get(name, name): value for name, value in data.items() if name not in _REMOVED}
    for name in data:
        _reject_option_of_one_run(name)
    reject_unknown_keys(
        data, path, [option.name for option in fields(ImportOptions) if option.name not in _OF_ONE_RUN]
    )
    if data.get("on_progress") not in (None, *_DISPLAYS):
        raise ConfigurationError(
            "`options.on_progress` is not the name of a display.",
            field="options.on_progress",
            fix=f"Write one of {', '.join(map(repr, _DISPLAYS))}.",
        )
    try:
        return ImportOptions(**cast(ImportSettings, dict(data)))
    except ConfigurationError as error:
        raise at_path(error, path) from None
