"""Every public callable checks its arguments on entry, before anything is sent."""

from __future__ import annotations

import ast
import asyncio
import enum
import importlib
import inspect
import re
import types
import typing
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import pytest
from attrs import evolve

import jsm_assets_dest
from jsm_assets_dest import (
    Adoption,
    ApiToken,
    CredentialsReference,
    ImportOptions,
    SecretReference,
    exceptions,
    okta,
    tables,
)
from jsm_assets_dest._arguments import checking, fitting
from jsm_assets_dest.exceptions import ConfigurationError
from jsm_assets_dest.testing import Emulator
from tests.model.samples import MODEL

#: Public modules whose callables a user calls. Not `exceptions`: only the library creates errors. Not `testing`: the
#: emulator shares no code with the SDK.
MODULES = ("jsm_assets_dest", "jsm_assets_dest.okta", "jsm_assets_dest.tables")

#: Constructors that only the library calls, with the reason. Their methods are checked anyway.
LIBRARY_CREATES = {
    "RequestEvent": "on_request receives it",
    "ChangedObject": "part of a preview",
    "ImportPreview": "ImportToken.preview returns it",
    "MissingObject": "part of a preview",
    "ObjectTypePreview": "part of a preview",
    "RoleChange": "part of a RolesPreview",
    "RolesPreview": "ObjectSchema.preview_roles returns it",
    "ImportVerification": "ImportToken.verify returns it",
    "Leaver": "part of an ImportResult",
    "VerifiedObjectType": "part of an ImportVerification",
    "SubmitReceipt": "ImportExecution.submit returns it",
    "AssetsObject": "reads a response",
    "Attribute": "reads a response",
    "BuildPlan": "ImportToken.plan returns it",
    "BuildPlanRecord": "ImportToken.plan returns it",
    "Check": "part of a report",
    "ConflictRecord": "ObjectSchema.find_conflicts returns it",
    "ConnectionReport": "Connection.check returns it",
    "DestinationStatus": "Destination.status returns it",
    "DestinationStep": "part of a DestinationStatus",
    "Difference": "part of a conflict",
    "Execution": "ImportToken.start returns it",
    "ExistingObjectType": "reads a response",
    "FailedRecord": "part of an ImportResult",
    "Finding": "SchemaModel.lint returns it",
    "Findings": "SchemaModel.lint returns it",
    "Graph": "SchemaModel.graph returns it",
    "ImportExecution": "ImportToken.start returns it",
    "ImportProblem": "part of an ImportResult",
    "ImportProgress": "on_progress receives it",
    "ImportResult": "an import returns it",
    "ImportSource": "reads a response",
    "ImportSourceSetting": "part of an ImportSource",
    "ImportStatus": "reads a response",
    "ImportToken": "Connection.import_token returns it",
    "ImportTokenReport": "ImportToken.check returns it",
    "ImportedType": "part of an ImportSource",
    "JiraGroup": "reads a response",
    "JiraUser": "reads a response",
    "Journal": "Journal.open opens it",
    "JournalRun": "Journal reads it",
    "LinkedObject": "part of a UserLinkReport",
    "ObjectReference": "reads a response",
    "ObjectSchema": "a connection returns it",
    "ObjectSchemaRecord": "reads a response",
    "ObjectType": "reads a response",
    "ObjectTypeConflict": "ObjectSchema.find_conflicts returns it",
    "ObjectTypeResult": "part of an ImportResult",
    "PlanItem": "part of a plan",
    "Role": "reads a response",
    "RunningImport": "ImportToken.running returns it",
    "SchemaLinks": "part of an object schema",
    "SchemaRoles": "ObjectSchema.roles returns it",
    "Status": "reads a response",
    "StepAction": "part of a DestinationStep",
    "UserLinkProgress": "on_progress receives it",
    "UserLinkReport": "ObjectSchema.link_users returns it",
    "okta.DataMap": "okta.data_map returns it",
    "okta.DataMapRow": "part of a DataMap",
    "okta.Export": "okta.export returns it",
    "okta.Finding": "part of a Report",
    "okta.Located": "a source yields it",
    "okta.Notice": "part of a Report",
    "okta.Records": "okta.records returns it",
    "okta.Report": "part of Records",
    "okta.Skipped": "part of a Report",
}

#: Methods that only the library calls, with the reason.
LIBRARY_CALLS = {
    "from_json": "reads a response",
    "bound": "makes a handle",
    "of": "makes a handle",
    "from_error": "reads an error",
}
#: Classes whose methods only the library calls, once for each record.
LIBRARY_FILLS = {"okta.Report"}
#: `of` of these classes selects by a kind that the user passes.
SELECTS = {"BuildPlan", "BuildPlanRecord", "Findings", "Graph", "SchemaRoles"}


class Wrong:
    """A value that fits no parameter."""


def public_callables() -> Iterator[tuple[str, type | None, Any]]:
    """Yield the path, the class, and the callable, of each public function, constructor, and method."""
    for module_name in MODULES:
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError:
            continue
        prefix = module_name.removeprefix("jsm_assets_dest").removeprefix(".")
        for name in module.__all__:
            value = getattr(module, name)
            path = f"{prefix}.{name}".lstrip(".")
            if inspect.isfunction(value):
                yield path, None, value
            elif (
                inspect.isclass(value)
                and not issubclass(value, enum.Enum | Exception | dict)
                and path not in LIBRARY_FILLS
            ):
                yield from callables_of(value, path)


def callables_of(cls: type, path: str) -> Iterator[tuple[str, type | None, Any]]:
    if not getattr(cls, "_is_protocol", False) and path.removeprefix("Async") not in LIBRARY_CREATES:
        yield path, None, cls
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        if name.startswith("_") or (
            name in LIBRARY_CALLS and not (name == "of" and path.removeprefix("Async") in SELECTS)
        ):
            continue
        if isinstance(member, classmethod | staticmethod):
            yield f"{path}.{name}", None, getattr(cls, name)
        elif inspect.isfunction(member) and not getattr(cls, "_is_protocol", False):
            yield f"{path}.{name}", cls, member


def hints_of(function: Any) -> dict[str, Any]:
    """Return the annotations of the parameters."""
    target = inspect.getattr_static(function, "__init__") if inspect.isclass(function) else function
    target = getattr(target, "__func__", target)
    parameters = [
        parameter
        for parameter in inspect.signature(target).parameters.values()
        if parameter.name not in ("self", "cls") and parameter.kind is not parameter.VAR_KEYWORD
    ]
    if not parameters:
        return {}
    hints = checking.hints_of(getattr(target, "__wrapped__", target))
    return {parameter.name: hints[parameter.name] for parameter in parameters}


HOW_TO_FIX = """{path} accepts {name}={value!r}: {outcome}.
Check every argument on entry: decorate the function, or the class whose constructor users call, with @checked of
jsm_assets_dest._arguments.checking. A class that only the library creates gets @checked_methods and an entry in
LIBRARY_CREATES of this file, with the reason."""


def wrong_values(hint: Any) -> Iterator[tuple[object, str]]:
    """Yield values of wrong types, and a choice that the error must list."""
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if object in members:
        return
    yield Wrong(), ""
    if type(None) not in members:
        yield None, ""
    choices = [
        member.value
        for kind in members
        if inspect.isclass(kind) and issubclass(kind, enum.Enum)
        for member in kind
    ]
    literals = [value for member in members if get_origin(member) is Literal for value in get_args(member)]
    if choices or (literals and str not in members):
        yield "nonsense", [*choices, *literals][0]
    sequences = [
        member
        for member in members
        if inspect.isclass(get_origin(member)) and issubclass(get_origin(member), Iterable | AsyncIterable)
    ]
    if sequences and str not in members and not literals:
        yield "text", ""
    for member in sequences:
        origin, items = get_origin(member), get_args(member)
        if issubclass(origin, Collection) and not issubclass(origin, Mapping) and items[0] is not object:
            yield [Wrong()], ""
    if int in members or float in members:
        yield True, ""
    if bool in members and str not in members:
        yield "false", ""


def example(hint: Any, examples: Mapping[str, object]) -> object:
    """Return a value that fits an annotation."""
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    member = next((member for member in members if getattr(member, "__name__", "") in examples), members[0])
    origin = get_origin(member)
    if member is object or isinstance(member, TypeVar) or None.__class__ in members:
        return None
    if origin is Literal:
        return get_args(member)[0]
    if member in _PLAIN:
        return _PLAIN[member]
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        return {}
    if inspect.isclass(origin) and issubclass(origin, Iterable | AsyncIterable):
        return ()
    if inspect.isclass(member) and issubclass(member, enum.Enum):
        return next(iter(member))
    name = getattr(member, "__name__", str(member))
    if name not in examples:
        pytest.fail(f"examples() of this file has no {name}, which a public callable needs. Add one.")
    return examples[name]


#: Arguments whose values are checked before the types of later ones.
_BY_NAME = {"email": "ana@acme.com", "token": "ATATT3xFfGF0-example-token"}
_PLAIN: dict[object, object] = {str: "text", int: 1, float: 1.0, bool: True, type: Wrong}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.add_object_schema("OKT")
        emulator.add_object_schema("HR").add_object_type("People", attributes=["Okta ID"])
        emulator.add_import_source("OKT")
        yield emulator


@pytest.fixture(scope="module")
def examples(emulator: Emulator) -> Mapping[str, object]:
    """Return an instance of each class, by its name."""
    secret = emulator.add_import_source("OKT", "Second").token
    values: list[Any] = [
        MODEL,
        MODEL.object_types[0],
        MODEL.object_types[0].attributes[0],
        MODEL.statuses[0],
        MODEL.icons[0],
        MODEL.lint(),
        MODEL.graph(),
        Adoption("1", "People"),
        ApiToken("ana@acme.com", "ATATT3xFfGF0-example-token"),
        CredentialsReference("env:TOKEN", email="ana@acme.com"),
        ImportOptions(),
        SecretReference("env:TOKEN"),
        jsm_assets_dest.OktaModel(),
        jsm_assets_dest.RetryPolicy(),
        jsm_assets_dest.Limits(),
        okta.CustomAttribute("badge", "Badge"),
        okta.Privacy(),
        okta.Tenant(),
    ]
    with emulator.connect() as connection:
        schema = connection.get_object_schema("HR")
        token = connection.import_token(secret, schema=connection.get_object_schema("OKT"))
        plan = token.build(
            evolve(MODEL, icons=(), object_types=[evolve(spec, icon_key="") for spec in MODEL.object_types])
        )
        execution = token.start()
        values += [
            connection, schema, token, plan, execution, execution.result(),
            *connection.get_object_schema("OKT").import_sources()[:1], *schema.find_conflicts(MODEL),
            schema.roles(), schema.links,
            jsm_assets_dest.Destination(name="Okta"), jsm_assets_dest.AsyncDestination(name="Okta"),
        ]  # fmt: skip
        execution.cancel()
    by_name = {type(value).__name__: value for value in values}

    async def read_async() -> None:
        async with emulator.connect_async() as connection:
            schema = await connection.get_object_schema("HR")
            token = connection.import_token(secret)
            execution = await token.start()
            for value in (
                connection, schema, token, await token.plan(MODEL), execution, *await schema.find_conflicts(MODEL),
            ):  # fmt: skip
                by_name[type(value).__name__] = value
            await execution.cancel()

    asyncio.run(read_async())
    by_name |= {
        "BuildPlanRecord": by_name["BuildPlan"],
        "ConflictRecord": by_name["ObjectTypeConflict"],
        "Execution": by_name["ImportExecution"],
        "ExecutionFacts": by_name["ImportExecution"],
        "ObjectSchemaRecord": schema,
        "ObjectSchemaSpec": MODEL,
    }
    return by_name


CALLABLES = list(public_callables())


@pytest.mark.parametrize(("path", "owner", "function"), CALLABLES, ids=[path for path, _, _ in CALLABLES])
def test_wrong_type_raises_error_that_names_argument(
    path: str, owner: type | None, function: Any, emulator: Emulator, examples: Mapping[str, object]
) -> None:
    """The property of all public callables, also of those that are added later."""
    hints = hints_of(function)
    if not hints:
        return
    # The arguments are checked before the method reads anything of its instance.
    instance = (examples.get(owner.__name__, object.__new__(owner)),) if owner else ()
    sent = len(emulator.requests)
    for name, hint in hints.items():
        for value, word in wrong_values(hint):
            further, keywords = arguments_for(function, name, value, hints, examples)
            outcome = run(function, *instance, *further, **keywords)
            if not isinstance(outcome, ConfigurationError) or name not in outcome.field.split("."):
                pytest.fail(HOW_TO_FIX.format(path=path, name=name, value=value, outcome=repr(outcome)))
            assert word in str(outcome)
            if problem := message_problem(outcome, value):
                pytest.fail(f"{path} with {name}={value!r}: the message {problem}: {outcome}")
    assert len(emulator.requests) == sent


def message_problem(error: ConfigurationError, value: object) -> str:
    """Return what is missing in the message about a wrong argument, or an empty string."""
    if not error.what.startswith(f"`{error.field}` "):
        return "does not begin with the argument"
    if isinstance(value, list):
        value = value[0]
    words = {repr(value), type(value).__name__} if value is not None else {"None"}
    if not any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", error.what) for word in words):
        return f"names none of {words}"
    if not error.fix or re.search(r"\btuple of|\b_", error.fix):
        return "does not say what to pass"
    return ""


def arguments_for(
    function: Any, name: str, value: object, hints: Mapping[str, Any], examples: Mapping[str, object]
) -> tuple[list[object], dict[str, object]]:
    """Return arguments with one wrong value."""
    keywords: dict[str, object] = {}
    for other, parameter in inspect.signature(function).parameters.items():
        if other == name and parameter.kind is parameter.VAR_POSITIONAL:
            return [value], keywords
        if other == name:
            keywords[other] = value
        elif (
            other in hints
            and parameter.default is parameter.empty
            and parameter.kind is not parameter.VAR_POSITIONAL
        ):
            keywords[other] = _BY_NAME.get(other, example(hints[other], examples))
    return [], keywords


def run(function: Any, *arguments: object, **keywords: object) -> object:
    """Return the result, or the error."""
    try:
        result = function(*arguments, **keywords)
        if inspect.isawaitable(result):
            return asyncio.run(typing.cast("typing.Coroutine[Any, Any, object]", result))
    except Exception as error:  # noqa: BLE001 - the test names it
        return error
    return result


def test_lists_of_exempt_classes_name_no_others() -> None:
    """An entry for a class that does not exist any more must be removed."""
    for name in LIBRARY_CREATES:
        module = okta if name.startswith("okta.") else jsm_assets_dest
        assert inspect.isclass(getattr(module, name.removeprefix("okta.")))


@pytest.mark.parametrize("connect", [jsm_assets_dest.Connection, jsm_assets_dest.AsyncConnection])
def test_transport_that_is_none_is_rejected(connect: Any) -> None:
    with pytest.raises(ConfigurationError, match="httpx transport") as problem:
        connect(
            "https://acme.atlassian.net",
            ApiToken("ana@acme.com", "ATATT3xFfGF0-example-token"),
            transport=Wrong(),
        )
    assert problem.value.field == "transport"


@pytest.mark.parametrize("site", ["acme", "https://acme", "acme/"])
def test_site_without_domain_is_rejected_with_suggestion(site: str) -> None:
    with pytest.raises(ConfigurationError, match=r"acme\.atlassian\.net") as problem:
        jsm_assets_dest.Connection.external_site(site, ApiToken("ana@acme.com", "ATATT3xFfGF0-example-token"))
    assert problem.value.field == "site"


def test_generator_is_read_once_and_kept(emulator: Emulator) -> None:
    """A role would be emptied if an iterator were read twice."""
    emulator.add_group("it-ops")
    emulator.add_group("it-support")
    with emulator.connect() as connection:
        schema = connection.get_object_schema("OKT")
        roles = schema.set_roles(users=(name for name in ["it-ops", "it-support"]))  # type: ignore[arg-type]

    users = roles.of("users")
    assert users is not None
    assert sorted(users.groups) == ["it-ops", "it-support"]


def test_error_about_an_argument_does_not_keep_it() -> None:
    """Error reporters show the variables of a traceback, and the argument may be a secret."""

    class Marked:
        """A value that is easy to find."""

    value = Marked()
    with pytest.raises(ConfigurationError) as problem:
        jsm_assets_dest.ObjectTypeSpec("People", [value])  # type: ignore[list-item]

    frames = problem.tb.tb_next
    while frames is not None:
        assert not [
            name
            for name, local in frames.tb_frame.f_locals.items()
            if local is value or (isinstance(local, list | tuple | dict) and value in local)
        ]
        frames = frames.tb_next
    assert problem.value.__context__ is None


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ("adopt", jsm_assets_dest.Resolution, jsm_assets_dest.Resolution.ADOPT),
        (iter(["a", "b"]), "Sequence[str]", ("a", "b")),
    ],
)
def test_fitted_values(value: object, hint: Any, expected: object) -> None:
    hint = Sequence[str] if hint == "Sequence[str]" else hint
    assert fitting.fitted(value, hint, "argument") == expected


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (str | None, "a string or None"),
        (float, "a number"),
        (Sequence[str], "a list of strings"),
        (Mapping[str, object], "a dict"),
        (tuple[str, int], "a pair"),
        (tuple[str, int, int], "a tuple of 3 values"),
        (type, "a class"),
        (PathLike[str], "a path"),
        (jsm_assets_dest.ObjectSchema, "an ObjectSchema"),
        (jsm_assets_dest.StatusCategory | str, 'one of "active", "inactive", "pending"'),
        (Literal["a", "b"], 'one of "a", "b"'),
        (Literal["a", "b"] | None, '"a", "b", or None'),
        (Callable[[jsm_assets_dest.Status], object], "a function that receives a Status"),
        (Callable[..., object], "a function"),
        (Mapping[str, int] | Sequence[tuple[str, int]], "a dict or a list of pairs"),
        (Sequence[jsm_assets_dest.StatusSpec], "a list of StatusSpec"),
        (Sequence[str | jsm_assets_dest.JiraUser], "a list of strings or JiraUser"),
        (exceptions.ExecutionFacts, "an Execution"),
        (jsm_assets_dest.BuildPlanRecord | None, "a BuildPlan or None"),
    ],
)
def test_description_of_what_is_accepted(hint: Any, words: str) -> None:
    assert fitting.described(hint) == words


@pytest.mark.parametrize(
    ("value", "hint", "problem"),
    [
        (("a",), tuple[str, int], "contains 1 values instead of 2"),
        ({"a": 1}, Mapping[str, str], "contains a value of the type int"),
        ("text", Iterable[str], "is a value of the type str"),
        ({"id": "1"}, Iterable[object], "is a value of the type dict"),
        (3, type, "is a value of the type int"),
        (True, int | None, "is a value of the type bool"),
    ],
)
def test_misfits(value: object, hint: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        fitting.fitted(value, hint, "argument")


def test_generator_with_a_wrong_item_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="`attributes` contains a value of the type int"):
        jsm_assets_dest.ObjectTypeSpec("People", (number for number in range(1)))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: okta.discover_custom_attributes("nonsense"), "`user_schema` is a value of the type str."),
        (lambda _: okta.discover_custom_attributes(None), "`user_schema` is None."),
        (lambda _: tables.records(None), "`table` is None."),
        (lambda _: tables.records([(1, 2)]), "`table[0]` is a value of the type tuple."),
        (lambda _: jsm_assets_dest.Journal.open(typing.cast("str", 3)), "`path` is a value of the type int."),
        (lambda schema: schema.link_users(on_progress="loud"), "`on_progress` is 'loud'."),
    ],
)
def test_wrong_value_of_a_free_type_has_the_common_form(call: Any, message: str, examples: Any) -> None:
    """Annotations accept any object here, so that the property does not see them."""
    with pytest.raises(ConfigurationError) as problem:
        call(examples["ObjectSchema"])

    assert problem.value.what.startswith(message)
    assert "Pass " in problem.value.fix


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
@pytest.mark.parametrize(
    "call",
    [
        lambda examples, seconds: examples["ImportToken"].build(MODEL, timeout=seconds),
        lambda examples, seconds: examples["BuildPlan"].apply(timeout=seconds),
        lambda examples, seconds: examples["ImportExecution"].wait(seconds),
    ],
)
def test_negative_timeout_is_rejected(call: Any, seconds: float, examples: Any, emulator: Emulator) -> None:
    """A build was sent before, and its result was not awaited."""
    count = len(emulator.requests)
    with pytest.raises(ConfigurationError, match=r"`timeout` is (-1\.0|nan)") as problem:
        call(examples, seconds)

    assert problem.value.field == "timeout"
    assert len(emulator.requests) == count


def test_choices_of_link_progress_name_its_own_type(examples: Any) -> None:
    with pytest.raises(ConfigurationError, match="function that receives a UserLinkProgress"):
        examples["ObjectSchema"].link_users(on_progress="loud")


@pytest.mark.parametrize("value", ["everything", True])
def test_wrong_verify_of_an_import_lists_its_choices(value: Any, examples: Any) -> None:
    """A connection has an argument of this name too, for certificates."""
    with pytest.raises(ConfigurationError, match="Pass one of") as problem:
        examples["ImportToken"].import_records({"people": []}, verify=value)

    assert problem.value.fix == 'Pass one of "no", "sample", "all".'


@pytest.mark.parametrize(
    ("items", "problem"), [([None], "contains None"), ([5], "contains a value of the type int")]
)
def test_wrong_item_of_an_optional_list_is_named(items: list[Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"`users` {problem}"):
        fitting.fitted(items, Sequence[str | jsm_assets_dest.JiraUser] | None, "users")


def test_pair_fits_its_two_types() -> None:
    assert fitting.fitted(["a", 1], tuple[str, int], "pair") == ("a", 1)


async def _numbers() -> AsyncIterator[int]:
    yield 1


def test_asynchronous_source_names_the_asynchronous_connection() -> None:
    with pytest.raises(ConfigurationError, match="asynchronous") as problem:
        fitting.fitted(_numbers(), Iterable[int], "records")
    assert "AsyncConnection" in problem.value.fix


def test_mapping_with_converted_values_is_copied() -> None:
    original = {"people": (name for name in "ab")}

    assert fitting.fitted(original, Mapping[str, Sequence[str]], "roles") == {"people": ("a", "b")}
    assert fitting.fitted({"a": "b"}, Mapping[str, str], "roles") == {"a": "b"}


def test_problem_of_an_argument_ends_its_sentence() -> None:
    """`invalid` writes "`argument` problem. Nothing was sent.", so a problem is not a sentence of its own."""
    problems: list[str] = []
    package = Path(fitting.__file__).parents[1]
    for file in sorted(package.rglob("*.py")):
        if file.is_relative_to(package / "testing"):
            continue  # its function of that name returns a response of Assets
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "invalid":
                choices = [node.args[1]]
                if isinstance(choices[0], ast.IfExp):
                    choices = [choices[0].body, choices[0].orelse]
                problems += [ast.unparse(choice).strip("f\"'") for choice in choices]

    assert len(problems) > 20
    assert [text for text in problems if text[0].isupper() or text.endswith(".")] == []
