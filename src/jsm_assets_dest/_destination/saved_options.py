"""The part of the import options that can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from os import fspath
from pathlib import Path
from typing import cast

from attrs import fields

from .._imports.options import ImportOptions, ImportSettings
from ..exceptions import ConfigurationError
from .reading import kind_of, place, refuse_unknown
from .refusing import refusal

_DISPLAYS = ("log", "tqdm", "rich")

#: Options that are of one run only, and why.
_OF_ONE_RUN: Mapping[str, str] = {
    "model": "the model has a field of its own in a destination",
    "on_progress": "a function cannot be saved",
    "total": "the number of records is another one each time",
    "allow_missing": "saved, it would switch the guard against mass deletion off for good",
}


#: What options may hold whose default is null.
_OR_NULL: Mapping[str, tuple[type, ...]] = {
    "progress": (str, type(None)),
    "journal": (str, type(None)),
    "timezone": (str, type(None)),
    "fast": (bool, type(None)),
}


def _savable() -> dict[str, tuple[type, ...]]:
    """What can be saved, with the types of its values: those of the defaults, so that a new option needs nothing here."""
    found: dict[str, tuple[type, ...]] = {}
    for one in fields(ImportOptions):
        kind = type(one.default)
        if one.name not in _OF_ONE_RUN:
            found[one.name] = _OR_NULL.get(one.name, (int, float) if kind is float else (kind,))
    return found


def given(options: ImportOptions) -> dict[str, object]:
    """The options that differ from the library's own, by name."""
    return {
        one.name: getattr(options, one.name)
        for one in fields(ImportOptions)
        if getattr(options, one.name) != one.default
    }


def refuse_unsavable(options: ImportOptions) -> None:
    """Refuse options that are of one run only.

    Raises:
        ConfigurationError: There is one; it is named, with the reason.
    """
    for name, value in given(options).items():
        _refuse_of_one_run(name)
        if name == "progress" and not isinstance(value, str):
            _refuse_one("progress", "a function cannot be saved; the name of a display can")


def _refuse_of_one_run(name: str) -> None:
    if name in _OF_ONE_RUN:
        _refuse_one(name, _OF_ONE_RUN[name])


def _refuse_one(name: str, why: str) -> None:
    raise refusal(
        f"`options.{name}` cannot be saved: {why}.",
        f"options.{name}",
        f"Pass {name}=… to import_records() in the runs that need it.",
    )


def options_to_dict(options: ImportOptions) -> dict[str, object]:
    """The options that differ from the library's own, as JSON-ready data."""
    return {
        name: fspath(cast(Path, value)) if name == "journal" else value
        for name, value in given(options).items()
    }


def options_from_dict(data: Mapping[str, object], path: str = "options") -> ImportOptions:
    """The options back from `options_to_dict`.

    Raises:
        ConfigurationError: An option is unknown, cannot be saved, or has a value that cannot be right; it is named.
    """
    for name in data:
        _refuse_of_one_run(name)
    savable = _savable()
    refuse_unknown(data, path, savable)
    for name, value in data.items():
        allowed = savable[name]
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise refusal(
                f"`{place(path, name)}` is {kind_of(value)}.",
                place(path, name),
                f"Leave it out for the default, {_default(name)!r}.",
            )
    if data.get("progress") not in (None, *_DISPLAYS):
        raise refusal(
            "`options.progress` names no display.",
            "options.progress",
            f"Write one of {', '.join(map(repr, _DISPLAYS))}.",
        )
    try:
        return ImportOptions(**cast(ImportSettings, dict(data)))
    except ConfigurationError as error:
        raise ConfigurationError(error.what, field=place(path, error.field), fix=error.fix) from None


def _default(name: str) -> object:
    return next(one.default for one in fields(ImportOptions) if one.name == name)
