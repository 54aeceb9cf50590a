"""The tree of errors: complete, explained, portable."""

from __future__ import annotations

import builtins
import copy
import inspect
import json
import pickle
import re
import threading
from pathlib import Path
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
    scrubbed,
)

CLASSES = [
    kind
    for kind in vars(exceptions).values()
    if inspect.isclass(kind) and issubclass(kind, AssetsError) and kind.__module__ == exceptions.__name__
]
LEAVES = [kind for kind in CLASSES if kind is not AssetsError]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"

#: Every fact that an error can carry, with a value.
FACTS: dict[str, Any] = {
    "cause": "Probably the weather.",
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
}


def bases(kind: type) -> list[type]:
    """The classes of the tree and the built-ins right above a class."""
    return [base for base in kind.__bases__ if base is not Exception]


def section(kind: type[AssetsError]) -> str:
    """What the page must say about a class."""
    summary = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    above = " and ".join(f"`{base.__name__}`" for base in bases(kind))
    lines = [
        f"### `{kind.__name__}`",
        "",
        summary,
        f"A kind of {above}.",
        "",
        f"**Cause:** {kind._cause}",
        "",
    ]
    lines += [f"{number}. {remedy}" for number, remedy in enumerate(kind._remedies, 1)]
    return "\n".join(lines)


@pytest.mark.parametrize("kind", LEAVES)
def test_the_page_of_errors_has_it(kind: type[AssetsError]) -> None:
    """Its meaning, its cause and its remedies, in the words of the code."""
    assert f"{section(kind)}\n" in PAGE.read_text(encoding="utf-8") + "\n"


def test_the_page_of_errors_has_nothing_else() -> None:
    """A class that is gone is gone from the page, too."""
    named = re.findall(r"^### `(\w+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(named) == sorted(kind.__name__ for kind in LEAVES)


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    """Every class stands in the drawing, below its base, with the built-in that it inherits."""
    drawing = (exceptions.__doc__ or "").partition("::\n\n")[2].partition("\n\n")[0]
    above: list[str] = []
    drawn: dict[str, tuple[str | None, str]] = {}
    for line in drawing.splitlines():
        found = re.match(r"    ([│├└─ ]*)(\w+)(?: \[(\w+)\])?", line)
        assert found, line
        depth = len(found[1]) // 4
        del above[depth:]
        drawn[found[2]] = (above[-1] if above else None, found[3] or "")
        above.append(found[2])

    expected: dict[str, tuple[str | None, str]] = {"AssetsError": (None, "")}
    for kind in LEAVES:
        own = [base.__name__ for base in kind.__bases__ if issubclass(base, AssetsError)]
        builtin = [base.__name__ for base in kind.__bases__ if base.__module__ == builtins.__name__]
        expected[kind.__name__] = (own[0], builtin[0] if builtin else "")
    assert drawn == expected


@pytest.mark.parametrize("kind", LEAVES)
def test_it_is_named_and_explained(kind: type[AssetsError]) -> None:
    """It ends in Error, says what it means, and has a cause with a certainty and remedies that name who acts."""
    assert kind.__name__.endswith("Error")
    assert kind.__doc__
    assert kind._cause.endswith(".")
    assert kind._remedies
    for remedy in kind._remedies:
        assert re.match(
            r"(?:Or )?(?:[Yy]ou|[Yy]our network team|They|(?:[Aa]n?|The) [\w ]+): .+\.$", remedy
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
def test_it_has_four_parts(kind: type[AssetsError]) -> None:
    """What happened, the cause, numbered remedies, one technical line with the trace id."""
    assert str(kind("It went wrong.", **FACTS)).splitlines() == [
        "It went wrong.",
        "The service said: I am a teapot; name: too short",
        "Cause: Probably the weather.",
        "What to do:",
        "  1. You: wait.",
        "(HTTP 418 GET acme.atlassian.net/rest/api/3/myself, trace 2f8a9cbb, account ana@acme.com, 3 attempts, 12.5 s)",
    ]


@pytest.mark.parametrize("kind", CLASSES)
def test_it_can_be_stored_as_json(kind: type[AssetsError]) -> None:
    """`to_dict` holds every fact that is known, and nothing that is not."""
    stored = json.loads(json.dumps(kind("It went wrong.", **FACTS).to_dict()))

    assert stored == {
        "error": kind.__name__,
        "what": "It went wrong.",
        **{name: list(value) if isinstance(value, tuple) else value for name, value in FACTS.items()},
    }
    bare = kind("It went wrong.").to_dict()
    assert set(bare) <= {"error", "what", "code", "cause", "remedies"}


def test_the_code_is_a_stable_word() -> None:
    """For programs that would rather compare texts than classes."""
    assert exceptions.BadCredentialsError("x").code == "bad_credentials"
    assert exceptions.IpAllowlistError("x").code == "ip_allowlist"
    assert exceptions.JsmLicenseRequiredError("x").code == "jsm_license_required"
    assert exceptions.ApiError("x", code="TEAPOT").code == "TEAPOT"


def test_the_repr_is_short() -> None:
    """What happened and the status; the advice is for `str`."""
    assert repr(exceptions.NotFoundError("It is not there.", status=404)) == (
        "NotFoundError('It is not there.', status=404)"
    )
    assert repr(exceptions.ClosedError("It is closed.")) == "ClosedError('It is closed.')"


def test_a_mistyped_fact_is_refused() -> None:
    """Keyword arguments must not swallow a typo."""
    with pytest.raises(TypeError, match="knows no stauts"):
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
def test_the_built_in_catches_it(kind: str, builtin: type[Exception]) -> None:
    """Plain `except TimeoutError` and the like do what one expects."""
    with pytest.raises(builtin):
        raise getattr(exceptions, kind)("It went wrong.")


def test_only_what_may_pass_by_itself_is_retryable() -> None:
    """Transport failures but for the final ones, refusals for too many requests, and disturbances."""
    retryable = {kind.__name__ for kind in CLASSES if kind("x").retryable}

    assert retryable == {
        "TransportError",
        "AnswerTimeoutError",
        "ConnectionFailedError",
        "HostNotFoundError",
        "ConnectionLostError",
        "MalformedAnswerError",
        "RateLimitedError",
        "ServiceUnavailableError",
    }
    assert not ServiceUnavailableError("x", status=501).retryable
    assert not RateLimitedError("x", reason="jira-quota-tenant-based").retryable
    assert RateLimitedError("x", reason="jira-quota-tenant-based", retry_after=5.0).retryable


def test_what_was_certainly_not_sent_says_so() -> None:
    """The rest is unknown, unless whoever raises knows better."""
    unsent = {
        kind.__name__ for kind in CLASSES if issubclass(kind, TransportError) and kind("x").sent == "no"
    }

    assert unsent == {"ConnectionFailedError", "HostNotFoundError", "TlsError", "ProxyAuthenticationError"}
    assert exceptions.ConnectionLostError("x", sent="no").sent == "no"


def test_a_setting_names_itself_and_its_fix() -> None:
    """The fix is the remedy, unless there are better ones."""
    error = ConfigurationError("`site` is empty.", field="site", fix="Give an address.")

    assert (error.field, error.fix) == ("site", "Give an address.")
    assert error.remedies == ("You: give an address.",)
    assert ConfigurationError("x", fix="y", remedies=("You: z.",)).remedies == ("You: z.",)
    assert MissingSettingsError("x", missing=["A", "B"]).missing == ("A", "B")


def test_a_record_is_carried_and_never_shown() -> None:
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


def test_what_cannot_be_pickled_stays_behind() -> None:
    """An error leaves its process whatever the caller's record holds."""
    error = RecordError("Record 7.", record={"lock": threading.Lock()}, selector="people")

    travelled = pickle.loads(pickle.dumps(error))

    assert travelled.record is None
    assert travelled.selector == "people"


def test_steps_are_remedies() -> None:
    """Where only a person can act, the steps are what to do."""
    steps = ("An object schema manager: open the page.", "They: choose the tab Roles.")

    assert RolesNotSettableError("x", link="https://acme.atlassian.net/x", steps=steps).remedies == steps


def test_a_query_never_becomes_part_of_an_error() -> None:
    """Queries may hold what nobody should see."""
    assert exceptions.ApiError("x", path="/rest/api?token=geheim").path == "/rest/api"


def test_long_messages_are_cut() -> None:
    """A service, or a proxy, may send a megabyte."""
    error = exceptions.ApiError("x", messages=["a" * 1_000_000], field_errors={"name": "b" * 1_000_000})

    assert len(error.messages[0]) == len(error.field_errors["name"]) == 1000


def test_the_filter_takes_linear_time() -> None:
    """Texts of others pass through it; a hostile one must not hold a call."""
    for text in (
        "basic " * 50_000,
        "bearer " + "a" * 500_000,
        "AT" * 200_000,
        "eyJ" * 100_000,
        '"' * 300_000,
    ):
        assert len(scrubbed(text)) <= len(text)


def test_what_is_not_known_is_left_out() -> None:
    """No empty headings, no empty brackets; where it happened is named even when nothing was answered."""
    assert str(AssetsError("It went wrong.")) == "It went wrong."
    assert str(
        AssetsError("It went wrong.", host="acme.atlassian.net", method="GET", path="/x")
    ).splitlines() == [
        "It went wrong.",
        "(GET acme.atlassian.net/x)",
    ]
    assert str(AssetsError("It went wrong.", path="people[3].email")) == "It went wrong."
    assert str(AssetsError("It went wrong.", attempts=1, elapsed=0.1)) == "It went wrong."
    assert str(AssetsError("It went wrong.", attempts=2)).splitlines() == ["It went wrong.", "(2 attempts)"]
