"""Public names of `jsm_assets_dest.okta`: their module, type hints, docstrings, and reprs."""

from __future__ import annotations

import inspect
import pickle
import re
import typing
from collections.abc import Iterator

import attrs
import pytest

from jsm_assets_dest import okta

PUBLIC = {name: getattr(okta, name) for name in okta.__all__}
DEFINED = {
    name: value for name, value in PUBLIC.items() if inspect.isclass(value) or inspect.isfunction(value)
}


def _callables() -> Iterator[tuple[str, object]]:
    for name, value in DEFINED.items():
        yield name, value
        if inspect.isclass(value):
            yield f"{name}.__init__", value.__init__
            for member_name, member in vars(value).items():
                if not member_name.startswith("_"):
                    function = member.fget if isinstance(member, property) else member
                    function = getattr(function, "__func__", function)
                    if inspect.isfunction(function):
                        yield f"{name}.{member_name}", function


CALLABLES = dict(_callables())


@pytest.mark.parametrize("name", DEFINED)
def test_public_name_shows_public_module(name: str) -> None:
    assert DEFINED[name].__module__ == "jsm_assets_dest.okta"


@pytest.mark.parametrize("name", CALLABLES)
def test_public_callable_has_resolvable_type_hints(name: str) -> None:
    if not name.startswith("Action"):  # An enumeration has no annotations.
        assert typing.get_type_hints(CALLABLES[name]), name


@pytest.mark.parametrize("name", DEFINED)
def test_docstring_describes_every_argument(name: str) -> None:
    value = DEFINED[name]
    docstring = inspect.getdoc(value) or ""
    if inspect.isfunction(value):
        arguments = set(inspect.signature(value).parameters)
    elif attrs.has(value):
        # Private fields are set by the library, or they have a public property of their own.
        arguments = {field.name for field in attrs.fields(value) if not field.name.startswith("_")}
    else:
        arguments = {member.name for member in okta.Action}
    described = set(re.findall(r"^ +(\w+): [A-Z\"]", docstring, re.MULTILINE))
    assert arguments <= described, arguments - described


@pytest.mark.parametrize("name", CALLABLES)
def test_method_docstring_describes_every_argument(name: str) -> None:
    function = CALLABLES[name]
    if inspect.isclass(function) or name.endswith("__init__"):
        return
    arguments = set(inspect.signature(function).parameters) - {"self", "cls"}  # type: ignore[arg-type]
    docstring = inspect.getdoc(function) or ""
    assert arguments <= set(re.findall(r"^ +(\w+): [A-Z\"]", docstring, re.MULTILINE)), name


def test_values_are_pickled_by_their_public_names() -> None:
    tenant = okta.Tenant(users=[{"errorCode": "E1"}, {}, {"id": "00u1", "profile": {"email": "x"}}])
    records = okta.records(tenant)
    list(records)
    values = (
        records.report,
        okta.CustomAttribute("x", "X"),
        okta.data_map(okta.schema_model()),
        okta.Action.MASK,
    )
    for value in (*values, okta.Located(1, "x"), okta.Privacy({"people.title": "drop"})):
        pickled = pickle.dumps(value)
        assert b"jsm_assets_dest.okta._" not in pickled
        assert pickle.loads(pickled) == value


def test_reprs_are_one_short_line() -> None:
    tenant = okta.sample_tenant(20)
    records = okta.records(tenant)
    list(records)
    privacy = okta.Privacy(
        {"people.title": "drop", "people.lastName": "mask", "people.city": "drop"}, default="allow"
    )
    reprs = [
        repr(value)
        for value in (tenant, records, records.report, privacy, okta.data_map(okta.schema_model()))
    ]
    assert all(len(text) <= 160 and "\n" not in text for text in reprs), reprs
    assert reprs[0].startswith(
        "<Tenant with users, groups, apps, devices, user_types, user_schemas, group_members"
    )
    assert reprs[2] == "<Report: 96 records, 0 notices, 3 skipped, 1 findings>"
    assert reprs[3] == "<Privacy rules: 2 drop, 1 mask, default allow>"
    assert repr(okta.Tenant()) == "<Tenant with no data>"
    assert repr(okta.Located({"id": "00u1"}, "users.json[0]")) == "<Located at 'users.json[0]'>"
