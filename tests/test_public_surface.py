"""The public surface: importable, documented, typed, and the same sync and async."""

from __future__ import annotations

import ast
import importlib
import inspect
import pickle
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import jsm_assets_dest
from jsm_assets_dest import (
    Adoption,
    AttributeType,
    DifferenceKind,
    ExistingObjectType,
    Finding,
    Findings,
    ObjectType,
    PlanKind,
    PlanSubject,
    ReferenceSpec,
    Resolution,
    Severity,
    exceptions,
)
from jsm_assets_dest._imports.options import AsyncRecords, Records
from jsm_assets_dest._plan.conflicts import find_conflicts
from jsm_assets_dest._plan.planning import make_plan
from tests.model.samples import MODEL

ROOT = Path(__file__).parent.parent
REFERENCE = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "docs" / "reference").glob("*.md")))
NAMES = list(jsm_assets_dest.__all__)
CLASSES = [name for name in NAMES if inspect.isclass(getattr(jsm_assets_dest, name))]
TWINS = [name for name in NAMES if name.startswith("Async")]
ERRORS = [
    value
    for value in vars(exceptions).values()
    if inspect.isclass(value) and value.__module__ == exceptions.__name__ and issubclass(value, BaseException)
]
PUBLIC_MODULES = ("exceptions", "okta", "tables", "testing")


def public_members(cls: type) -> Iterator[tuple[str, object]]:
    """Yield the public methods and properties that a class of ours defines or inherits from a class of ours."""
    seen: set[str] = set()
    for base in cls.__mro__:
        if not base.__module__.startswith("jsm_assets_dest"):
            continue
        for name, value in vars(base).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            if isinstance(value, (staticmethod, classmethod)):
                yield name, value.__func__
            elif isinstance(value, property):
                yield name, value.fget
            elif inspect.isfunction(value):
                yield name, value


def test_names_are_sorted_and_complete() -> None:
    """`__all__`, the table of homes and the imports for type checkers name the same things, in order."""
    tree = ast.parse(Path(jsm_assets_dest.__file__).read_text("utf-8"))
    imported = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }

    assert sorted(NAMES) == NAMES
    assert len(set(NAMES)) == len(NAMES)
    assert imported == jsm_assets_dest._HOMES
    assert sorted(imported) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_importable_from_the_top(name: str) -> None:
    """Every public name is there, and is what its own module defines."""
    module = importlib.import_module(f"jsm_assets_dest.{jsm_assets_dest._HOMES[name]}")

    assert getattr(jsm_assets_dest, name) is getattr(module, name)


@pytest.mark.parametrize("name", NAMES)
def test_in_the_reference(name: str) -> None:
    """Every public name has its place in the reference."""
    assert re.search(rf"\bjsm_assets_dest\.{name}\b", REFERENCE)


def public_names(module: ModuleType) -> list[str]:
    """Return what a public module offers."""
    names: list[str] = list(module.__all__)
    return names


@pytest.mark.parametrize("module_name", [*PUBLIC_MODULES, "spark"])
def test_tab_completion_of_module_shows_public_names(module_name: str) -> None:
    if module_name == "spark":
        pytest.importorskip("pyspark", reason="pyspark is not installed")
    module = importlib.import_module(f"jsm_assets_dest.{module_name}")

    assert module.__all__ == sorted(
        module.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
    assert dir(module) == sorted(module.__all__)


def test_names_of_exceptions_are_complete() -> None:
    assert {error.__name__ for error in ERRORS} < set(exceptions.__all__)


@pytest.mark.parametrize("module_name", [name for name in PUBLIC_MODULES if name != "exceptions"])
def test_public_modules_are_in_the_reference(module_name: str) -> None:
    """The page of the errors is generated and has a test of its own."""
    module = importlib.import_module(f"jsm_assets_dest.{module_name}")
    names = public_names(module)
    missing = [name for name in names if not hasattr(module, name)]
    undocumented = [
        name
        for name in names
        if not re.search(rf"\bjsm_assets_dest\.{module_name}\.{name}\b", REFERENCE)
        and f"automodule:: jsm_assets_dest.{module_name}\n" not in REFERENCE
    ]

    assert names
    assert not missing
    assert not undocumented


@pytest.mark.parametrize("name", CLASSES)
def test_docstrings(name: str) -> None:
    """Every public class, method and property says what it is."""
    cls: type = getattr(jsm_assets_dest, name)
    silent = [
        member for member, function in public_members(cls) if not (inspect.getdoc(function) or "").strip()
    ]

    assert (cls.__doc__ or "").strip()
    assert not silent


@pytest.mark.parametrize("name", CLASSES)
def test_no_any(name: str) -> None:
    """No `Any` stands in a public signature or field: it would switch the caller's type checker off."""
    cls: type = getattr(jsm_assets_dest, name)
    loose = [
        f"{member}: {annotation}"
        for member, function in public_members(cls)
        for annotation in getattr(function, "__annotations__", {}).values()
        if re.search(r"\bAny\b", str(annotation))
    ]
    if attrs.has(cls):
        loose += [
            f"{field.name}: {field.type}"
            for field in attrs.fields(cls)
            if not field.name.startswith("_") and re.search(r"\bAny\b", str(field.type))
        ]

    assert not loose


def uncoloured(annotation: object) -> str:
    """Return the text of an annotation, the same for sync and async."""
    if annotation in (AsyncRecords, Records):
        return "Records"
    plain = re.sub(r"\bAsync(?=[A-Z])", "", str(annotation)).replace("._async.", "._sync.")
    return re.sub(r"\b(?:Awaitable|Coroutine)\[(?:Any, Any, )?(.*)\]", r"\1", plain)


def shape(function: object) -> list[tuple[str, object, object, str]]:
    """Return what a caller must know of a function: names, kinds, defaults and types of its parameters, and its result."""
    assert callable(function)
    signature = inspect.signature(function)
    parameters = [
        (parameter.name, parameter.kind, repr(parameter.default), uncoloured(parameter.annotation))
        for parameter in signature.parameters.values()
    ]
    return [*parameters, ("return", "", "", uncoloured(signature.return_annotation))]


@pytest.mark.parametrize("name", TWINS)
def test_twins(name: str) -> None:
    """An Async class has a twin with the same members, parameters, defaults and results."""
    renamed = {"aclose": "close"}
    coloured = {
        renamed.get(member, member): function
        for member, function in public_members(getattr(jsm_assets_dest, name))
    }
    plain = dict(public_members(getattr(jsm_assets_dest, name.removeprefix("Async"))))

    assert sorted(coloured) == sorted(plain)
    assert {member: shape(function) for member, function in coloured.items()} == {
        member: shape(function) for member, function in plain.items()
    }
    assert not [member for member, function in plain.items() if inspect.iscoroutinefunction(function)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_errors(error: type[BaseException]) -> None:
    """Every error has one root, a name that ends in Error, and a docstring."""
    assert issubclass(error, exceptions.AssetsError)
    assert error.__name__.endswith("Error")
    assert (error.__doc__ or "").strip()


def test_only_the_root_of_the_errors_is_at_the_top() -> None:
    """Errors are found in `jsm_assets_dest.exceptions`; the root is at the top, for `except`."""
    assert [error.__name__ for error in ERRORS if error.__name__ in NAMES] == ["AssetsError"]


def annotated_items(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield a public class or function, and the constructor and the public methods of a class."""
    yield path, value
    if inspect.isclass(value):
        members = dict(public_members(value))
        if inspect.isfunction(value.__init__):
            members["__init__"] = value.__init__
        yield from ((f"{path}.{name}", member) for name, member in members.items())


def public_items() -> dict[str, object]:
    """Return the public classes and functions of all public modules, with the methods of the classes."""
    values = {name: getattr(jsm_assets_dest, name) for name in NAMES}
    for module_name in PUBLIC_MODULES:
        module = importlib.import_module(f"jsm_assets_dest.{module_name}")
        values |= {f"{module_name}.{name}": getattr(module, name) for name in public_names(module)}
    return {
        path: item
        for name, value in values.items()
        if inspect.isclass(value) or inspect.isfunction(value)
        for path, item in annotated_items(name, value)
    }


def unresolved_hints(annotated: object) -> str:
    """Return why the type hints do not resolve, or an empty string."""
    # A string in a class of the root would resolve only after another test has accessed the name that it contains.
    bases = [base for base in getattr(annotated, "__mro__", ()) if base.__module__ == "jsm_assets_dest"]
    for base in bases:
        for name, hint in inspect.get_annotations(base).items():
            if isinstance(hint, str):
                return f"the annotation of {name} is a string: {hint}"
    try:
        hints = typing.get_type_hints(annotated)
    except NameError as error:
        return str(error)
    return repr(hints) if "ForwardRef" in repr(hints) else ""


@pytest.mark.slow
def test_type_hints_of_all_public_callables_resolve() -> None:
    """`typing.get_type_hints` works on each class, function, constructor, method, and property."""
    items = public_items()
    problems = {path: problem for path, item in items.items() if (problem := unresolved_hints(item))}

    assert len(items) > 500
    assert not problems


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Credentials"])  # a union has no module
def test_module_is_public(name: str) -> None:
    value = getattr(jsm_assets_dest, name)

    assert value.__qualname__ == name
    assert value.__module__ == ("jsm_assets_dest.exceptions" if name == "AssetsError" else "jsm_assets_dest")


def test_signature_of_current_site_contains_no_environment() -> None:
    for cls in (jsm_assets_dest.Connection, jsm_assets_dest.AsyncConnection):
        assert inspect.signature(cls.current_site).parameters["environ"].default is None


#: Public names that are defined in the folders of models and of plans; other folders have tests of their own.
MODEL_NAMES = [
    name for name, home in jsm_assets_dest._HOMES.items() if home.startswith(("_model.", "_plan."))
]


def model_values() -> dict[str, object]:
    """Return a value of each class of `MODEL_NAMES`."""
    types = [ExistingObjectType(ObjectType(id="1", name="Groups", object_count=3), ())]
    (conflict,) = find_conflicts(MODEL, types)
    plan = make_plan(MODEL, None)
    return {
        "Adoption": Adoption("1", "Groups"),
        "AttributeSpec": MODEL.object_type("people").attribute("manager"),
        "AttributeType": AttributeType.EMAIL,
        "BuildPlanRecord": plan,
        "ConflictRecord": conflict,
        "Difference": conflict.differences[0],
        "DifferenceKind": DifferenceKind.LABEL,
        "Finding": Finding(Severity.ERROR, "code", "people", "Wrong.", "Fix it."),
        "Findings": Findings([Finding(Severity.ADVICE, "code", "people", "Odd.", "Fix it.")]),
        "Graph": MODEL.graph(),
        "IconSpec": MODEL.icons[0],
        "ObjectTypeSpec": MODEL.object_type("people"),
        "PlanItem": plan.items[0],
        "PlanKind": PlanKind.PATCH,
        "PlanSubject": PlanSubject.ICON,
        "ReferenceSpec": ReferenceSpec("people"),
        "Resolution": Resolution.ADOPT,
        "SchemaModel": MODEL,
        "Severity": Severity.ERROR,
        "StatusSpec": MODEL.statuses[0],
    }


MODEL_VALUES = model_values()


def test_model_values_are_complete() -> None:
    """Only the two decorators are not classes."""
    assert set(MODEL_VALUES) | {"attribute", "object_type"} == set(MODEL_NAMES)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_value_survives_pickling(name: str) -> None:
    """Pickles name the public module, so that a later version can move the private ones."""
    value = MODEL_VALUES.get(name, getattr(jsm_assets_dest, name))
    data = pickle.dumps(value)

    assert pickle.loads(data) == value
    assert not re.search(rb"jsm_assets_dest\._(model|plan)\b", data)


@pytest.mark.parametrize("name", ["SchemaModel", "BuildPlanRecord", "ConflictRecord", "Findings", "Graph"])
def test_repr_is_one_short_line(name: str) -> None:
    text = repr(MODEL_VALUES[name])

    assert "\n" not in text
    assert len(text) <= 120
