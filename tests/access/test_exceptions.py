"""The tree of errors: complete, explained, portable."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
import threading
import typing
from typing import Any

import pytest

from jsm_assets_dest import exceptions
from jsm_assets_dest.exceptions import (
    AssetsError,
    ConfigurationError,
    MissingSettingsError,
    RateLimitedError,
    RecordError,
    RolesNotSettableError,
    ServiceUnavailableError,
    TransportError,
)
from jsm_assets_dest.exceptions._declared import scrubbed

CLASSES = [
    kind
    for kind in vars(exceptions).values()
    if inspect.isclass(kind) and issubclass(kind, AssetsError) and kind.__module__ == exceptions.__name__
]
LEAVES = [kind for kind in CLASSES if kind is not AssetsError]

#: Every fact that an error can carry, with a value.
FACTS: dict[str, Any] = {
    "cause": "The weather.",
    "cause_is_certain": True,
    "remedies": ("You: wait.",),
    "operation": "read myself",
    "status": 418,
    "method": "GET",
    "path": "/rest/api/3/myself",
    "host": "acme.atlassian.net",
    "code": "TEAPOT",
    "messages": ("I am a teapot",),
    "field_errors": {"name": "too short"},
    "request_id": "2f8a9cbb",
    "account": "ana@acme.com",
    "retry_after": 7.0,
    "attempts": 3,
    "elapsed": 12.5,
    "body_excerpt": "short and stout",
    "details": "lid open",
}

#: The end of the technical line of an error with these facts.
ENDING = "account ana@acme.com, 3 attempts, 12.5 s"


@pytest.mark.parametrize("kind", LEAVES)
def test_class_has_a_cause_and_remedies(kind: type[AssetsError]) -> None:
    """The name ends in Error, and each remedy names who can act."""
    assert kind.__name__.endswith("Error")
    assert kind.__doc__
    assert kind.cause.endswith(".")
    assert kind.remedies
    for remedy in kind.remedies:
        assert re.match(
            r"(?:Or )?(?:[Yy]ou(?:, in Python)?|[Yy]our network team|(?:[Aa]n?|The) [\w ]+): .+\.$", remedy
        ), remedy


@pytest.mark.parametrize("kind", CLASSES)
def test_it_travels(kind: type[AssetsError]) -> None:
    """Pickled in every protocol, copied and deeply copied, it is the same error with the same facts."""
    error = kind("It went wrong.", **FACTS)
    error.add_note("a note of the caller's")
    copies = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]

    for other in [*copies, copy.copy(error), copy.deepcopy(error)]:
        assert type(other) is kind
        assert str(other) == str(error)
        assert vars(other) == vars(error)
        assert other.args == error.args == ("It went wrong.",)
        assert other.__notes__ == ["a note of the caller's"]


@pytest.mark.parametrize("kind", CLASSES)
def test_message_has_four_parts(kind: type[AssetsError]) -> None:
    """A message has the event, the cause, numbered remedies, and a technical line with the trace ID."""
    lines = str(kind("It went wrong.", **FACTS)).splitlines()

    assert [line for line in lines if " says: " not in line] == [
        "It went wrong.",
        "Cause: The weather.",
        "How to fix:",
        "  1. Wait.",
        f"Details: HTTP 418, GET acme.atlassian.net/rest/api/3/myself, lid open, trace 2f8a9cbb, {ENDING}"
        + (", nothing was sent" if getattr(kind, "sent", "") == "no" else ""),
    ]


def test_only_general_errors_quote_the_server() -> None:
    """A specific error says more than the server, but a web page is always quoted."""
    quoting = {kind.__name__: str(kind("x", **FACTS)).splitlines()[1] for kind in CLASSES}
    quoting = {name: line for name, line in quoting.items() if " says: " in line}

    assert quoting.pop("HtmlResponseError") == 'The page says: "short and stout"'
    assert set(quoting.values()) == {'Jira says: "I am a teapot; name: too short"'}
    assert {
        name for name in quoting if not issubclass(getattr(exceptions, name), exceptions.MappingRejectedError)
    } == {
        "ApiError",
        "AccessDeniedError",
        "ConflictError",
        "ImportConflictError",
        "ValidationError",
        "RoleEntryRejectedError",
    }


def test_quotation_is_limited_and_names_the_server() -> None:
    """Of many long messages, the beginnings of three are enough, and "Unauthorized" is left out."""
    error = exceptions.ApiError("x", messages=("Unauthorized", *("m" * 300,) * 5), path="/jsm/assets/x")

    assert str(error).splitlines()[1] == f'Assets says: "{"; ".join(["m" * 200] * 3)}"'
    assert str(exceptions.ApiError("x", messages=("No.",))).splitlines()[1] == 'The server says: "No."'
    assert "says" not in str(exceptions.ApiError("x", messages=("Unauthorized",)))


def test_remedies_address_the_reader_if_only_they_can_act() -> None:
    """Then "You:" is left out; otherwise every remedy names who can act."""
    alone = AssetsError("x", remedies=("You: wait.", "Or you: try again."))
    together = AssetsError("x", remedies=("You: wait.", "A site admin: help."))

    assert str(alone).splitlines() == ["x", "How to fix:", "  1. Wait.", "  2. Or try again."]
    assert str(together).splitlines()[2:] == ["  1. You: wait.", "  2. A site admin: help."]


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("/rest/api/3/myself", "/rest/api/3/myself"),
        ("/ex/jira/11-22/rest/api/3/myself", "/…/rest/api/3/myself"),
        ("/jsm/assets/workspace/33-44/v1/objectschema/list", "/…/objectschema/list"),
        ("/ex/jira/11-22/jsm/assets/workspace/33-44/v1/importsource/55/executions", "/…/executions"),
        ("/jsm/assets/workspace/33-44/v1/importsource/55", "/…/importsource/55"),
    ],
)
def test_technical_line_shortens_ids(path: str, printed: str) -> None:
    """The ids of the site, the workspace, and the import are in `path` only."""
    error = AssetsError("x", method="GET", host="h", path=path)

    assert error.technical == f"GET h{printed}"
    assert error.path == path


def test_place_moves_the_facts_to_another_error() -> None:
    """A code that comes from the class stays behind; one that the server sent moves."""
    error = exceptions.ApiError("x", **{name: value for name, value in FACTS.items() if name != "code"})
    moved = exceptions.NotFoundError("y", **error.place())

    assert moved.place() == error.place()
    assert (moved.code, moved.status, moved.request_id) == ("not_found", 418, "2f8a9cbb")
    assert exceptions.NotFoundError("y", **exceptions.ApiError("x", code="TEAPOT").place()).code == "TEAPOT"


def test_signature_lists_own_facts() -> None:
    """`help` shows the own facts with their defaults and the shared ones in short."""
    assert str(inspect.signature(RateLimitedError)).replace("'", "") == (
        "(what: str, *, reason: str = , reset_at: float | None = None, execution: ExecutionFacts | None = None, **facts)"
    )
    assert list(inspect.signature(AssetsError).parameters)[:4] == [
        "what",
        "cause",
        "cause_is_certain",
        "remedies",
    ]


def test_type_hints_can_be_resolved() -> None:
    """Programs that read annotations find the types of all facts."""
    for value in vars(exceptions).values():
        if inspect.isclass(value):
            typing.get_type_hints(value)
            for member in vars(value).values():
                typing.get_type_hints(member.fget if isinstance(member, property) else member) if callable(
                    getattr(member, "fget", member)
                ) else None
    assert typing.get_type_hints(RateLimitedError)["reset_at"] == float | None


@pytest.mark.parametrize("kind", CLASSES)
def test_it_can_be_stored_as_json(kind: type[AssetsError]) -> None:
    """`to_dict` holds every fact that is known, and nothing that is not."""
    stored = json.loads(json.dumps(kind("It went wrong.", **FACTS).to_dict()))

    assert stored == {
        "error": kind.__name__,
        "what": "It went wrong.",
        **{name: list(value) if isinstance(value, tuple) else value for name, value in FACTS.items()},
        **({"sent": kind("x").sent} if issubclass(kind, TransportError) else {}),
    }
    bare = kind("It went wrong.").to_dict()
    assert set(bare) <= {"error", "what", "code", "cause", "cause_is_certain", "remedies", "sent"}


def test_code_is_a_stable_word() -> None:
    """For programs that would rather compare texts than classes."""
    assert exceptions.BadCredentialsError("x").code == "bad_credentials"
    assert exceptions.IpAllowlistError("x").code == "ip_allowlist"
    assert exceptions.JsmLicenseRequiredError("x").code == "jsm_license_required"
    assert exceptions.ApiError("x", code="TEAPOT").code == "TEAPOT"


def test_repr_is_short() -> None:
    """A repr shows the event and the status; only `str` has the remedies."""
    assert repr(exceptions.NotFoundError("It is not there.", status=404)) == (
        "NotFoundError('It is not there.', status=404)"
    )
    assert repr(exceptions.ClosedError("It is closed.")) == "ClosedError('It is closed.')"


def test_mistyped_fact_is_rejected() -> None:
    """Keyword arguments must not swallow a typo."""
    with pytest.raises(TypeError, match="has no fact stauts"):
        AssetsError("x", stauts=404)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        ("ConfigurationError", ValueError),
        ("RecordError", ValueError),
        ("ValidationError", ValueError),
        ("AnswerTimeoutError", TimeoutError),
        ("ImportTimeoutError", TimeoutError),
        ("ConnectionFailedError", ConnectionError),
        ("HostNotFoundError", ConnectionError),
        ("AccessDeniedError", PermissionError),
        ("ObjectSchemaNotFoundError", LookupError),
    ],
)
def test_built_in_catches_it(kind: str, builtin: type[Exception]) -> None:
    """Plain `except TimeoutError` and the like do what one expects."""
    with pytest.raises(builtin):
        raise getattr(exceptions, kind)("It went wrong.")


def test_only_what_may_pass_by_itself_is_retryable() -> None:
    """Transport failures but for the final ones, rejections for too many requests, and disturbances."""
    retryable = {kind.__name__ for kind in CLASSES if kind("x").retryable}

    assert retryable == {
        "TransportError",
        "AnswerTimeoutError",
        "ConnectionFailedError",
        "HostNotFoundError",
        "ConnectionLostError",
        "MalformedAnswerError",
        "IncompleteListError",
        "RateLimitedError",
        "ServiceUnavailableError",
    }
    assert not ServiceUnavailableError("x", status=501).retryable
    assert not RateLimitedError("x", reason="jira-quota-tenant-based").retryable
    assert RateLimitedError("x", reason="jira-quota-tenant-based", retry_after=5.0).retryable


def test_unsent_request_is_reported_as_not_sent() -> None:
    """The rest is unknown, unless anyone who raises knows better."""
    unsent = {
        kind.__name__ for kind in CLASSES if issubclass(kind, TransportError) and kind("x").sent == "no"
    }

    assert unsent == {"ConnectionFailedError", "HostNotFoundError", "TlsError", "ProxyAuthenticationError"}
    assert exceptions.ConnectionLostError("x", sent="no").sent == "no"


def test_setting_names_itself_and_its_fix() -> None:
    """The fix is the remedy, unless there are better ones."""
    error = ConfigurationError("`site` is empty.", field="site", fix="Give an address.")

    assert (error.field, error.fix) == ("site", "Give an address.")
    assert error.remedies == ("You: give an address.",)
    assert ConfigurationError("x", fix="y", remedies=("You: z.",)).remedies == ("You: z.",)
    assert MissingSettingsError("x", missing=("A", "B")).missing == ("A", "B")


def test_record_is_carried_and_never_shown() -> None:
    """The caller gets the own record back; messages and stored forms do not hold its values."""
    record = {"email": "private@acme.com"}
    error = RecordError(
        "Record 7 of people: email is no address.",
        selector="people",
        index=7,
        path="email?",
        reason="no address",
        record=record,
    )

    assert error.record is record
    assert (error.selector, error.index, error.path, error.reason) == ("people", 7, "email?", "no address")
    assert "private" not in f"{error} {error!r} {json.dumps(error.to_dict())}"
    assert pickle.loads(pickle.dumps(error)).record == record


def test_unpicklable_facts_are_left_out_of_pickles() -> None:
    """An error leaves its process whatever the caller's record holds."""
    error = RecordError("Record 7.", record={"lock": threading.Lock()}, selector="people")

    travelled = pickle.loads(pickle.dumps(error))

    assert travelled.record is None
    assert travelled.selector == "people"


def test_steps_are_remedies() -> None:
    """If only a person can act, the remedies are the steps."""
    steps = ("An object schema manager: open the page.", "They: choose the tab Roles.")

    assert RolesNotSettableError("x", link="https://acme.atlassian.net/x", steps=steps).remedies == steps


def test_query_never_becomes_part_of_an_error() -> None:
    """Queries may hold what no one should see."""
    assert exceptions.ApiError("x", path="/rest/api?token=geheim").path == "/rest/api"


def test_long_messages_are_cut() -> None:
    """A service, or a proxy, may send a megabyte."""
    error = exceptions.ApiError("x", messages=("a" * 1_000_000,), field_errors={"name": "b" * 1_000_000})

    assert len(error.messages[0]) == len(error.field_errors["name"]) == 1000


@pytest.mark.slow
def test_filter_takes_linear_time() -> None:
    """Texts of others pass through it; a hostile one must not hold a call."""
    for text in (
        "basic " * 50_000,
        "bearer " + "a" * 500_000,
        "AT" * 200_000,
        "eyJ" * 100_000,
        '"' * 300_000,
    ):
        assert len(scrubbed(text)) <= len(text)


def test_message_leaves_out_unknown_parts() -> None:
    """There are no empty headings. The place is shown even without a response."""
    assert str(AssetsError("It went wrong.")) == "It went wrong."
    assert str(
        AssetsError("It went wrong.", host="acme.atlassian.net", method="GET", path="/x")
    ).splitlines() == [
        "It went wrong.",
        "Details: GET acme.atlassian.net/x",
    ]
    assert str(AssetsError("It went wrong.", path="people[3].email")) == "It went wrong."
    assert str(AssetsError("It went wrong.", attempts=1, elapsed=0.1)) == "It went wrong."
    assert str(AssetsError("It went wrong.", attempts=2)).splitlines() == [
        "It went wrong.",
        "Details: 2 attempts",
    ]
