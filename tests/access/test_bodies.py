"""Every dialect in which Atlassian writes errors, plain text, web pages, and what only looks like them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._wire.error_bodies import SEARCHED, looks_like_html, read_body

JSON = "application/json;charset=UTF-8"

DIALECTS: dict[str, tuple[str, tuple[str, ...], dict[str, str], str]] = {
    "Jira, sentences": (
        '{"errorMessages":["One.","Two."],"errors":{}}',
        ("One.", "Two."),
        {},
        "",
    ),
    "Jira, fields": (
        '{"errorMessages":[],"errors":{"name":"Name has to be unique!"}}',
        (),
        {"name": "Name has to be unique!"},
        "",
    ),
    "Assets, fields by attribute": (
        '{"errorMessages":[],"errors":{"rlabs-insight-attribute-1881":"Invalid Group(s)"}}',
        (),
        {"rlabs-insight-attribute-1881": "Invalid Group(s)"},
        "",
    ),
    "fields with several texts": (
        '{"errors":{"name":["Too short","Taken"]}}',
        (),
        {"name": "Too short; Taken"},
        "",
    ),
    "a list of objects": ('{"errors":[{"code":"X1","message":"Bad"}]}', ("X1: Bad",), {}, ""),
    "JSM": (
        '{"errorMessage":"No.","i18nErrorMessage":{"i18nKey":"sd.no","parameters":[]}}',
        ("No.",),
        {},
        "",
    ),
    "JSM, only the key": (
        '{"errorMessage":"","i18nErrorMessage":{"i18nKey":"sd.no.such","parameters":["7"]}}',
        ("sd.no.such 7",),
        {},
        "",
    ),
    "gateway refusal": ('{"code":401,"message":"Unauthorized"}', ("Unauthorized",), {}, ""),
    "problem document": (
        '{"type":"about:blank","title":"Not Found","status":404,"detail":"No endpoint GET /x.","instance":"/x"}',
        ("No endpoint GET /x.", "Not Found"),
        {},
        "",
    ),
    "Connect": (
        '{"error":"Failed to parse Connect Session Auth Token"}',
        ("Failed to parse Connect Session Auth Token",),
        {},
        "Failed to parse Connect Session Auth Token",
    ),
    "authorization server": (
        '{"error":"invalid_grant","error_description":"Unknown code"}',
        ("Unknown code",),
        {},
        "invalid_grant",
    ),
    "older Jira": (
        '{"message":"User is not logged in","status-code":401}',
        ("User is not logged in",),
        {},
        "",
    ),
    "an execution": ('{"result":"error","errorCode":"IN_PROGRESS"}', (), {}, "IN_PROGRESS"),
    "a text in JSON": ('"Just a sentence."', ("Just a sentence.",), {}, ""),
    "a list of texts": ('["One.","Two."]', ("One.", "Two."), {}, ""),
    "plain text labelled as JSON": (
        "Client must be authenticated to access this resource.",
        ("Client must be authenticated to access this resource.",),
        {},
        "",
    ),
    "half JSON": ('{"errorMessages":["On', (), {}, ""),
    "nothing": ("", (), {}, ""),
    "null": ("null", ("null",), {}, ""),
    "a field without a text": ('{"errors":{"name":"","key":7}}', (), {}, ""),
    "wrong types": ('{"errorMessages":7,"errors":"x","message":{"a":1},"code":[]}', ("x",), {}, ""),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialect_is_read(dialect: str) -> None:
    """Sentences, fields and the word for the error, wherever they stand."""
    body, messages, fields, code = DIALECTS[dialect]

    body_facts = read_body(JSON, body.encode())

    assert body_facts.messages == messages
    assert body_facts.field_errors == fields
    assert body_facts.code == code
    assert not body_facts.is_html


def test_gateway_reports_that_path_does_not_exist() -> None:
    """Its "not found" is known by its members; "No message available" is no message."""
    body_facts = read_body(
        JSON,
        b'{"timestamp":"2026-10-08T10:00:00Z","status":404,"error":"Not Found","message":"No message available","path":"/x"}',
    )

    assert body_facts.is_path_unknown
    assert body_facts.messages == ("Not Found", "No message available")


def test_objections_to_a_mapping_are_read() -> None:
    """All codes, and the place of the first."""
    body_facts = read_body(
        JSON,
        b'{"dataValidationErrors":[{"code":"UNKNOWN_REFERENCE","location":"People/Manager"},'
        b'{"code":"EXTERNAL_ID_MISMATCH","message":"Other id"},{"code":7},"x"]}',
    )

    assert body_facts.codes == ("UNKNOWN_REFERENCE", "EXTERNAL_ID_MISMATCH")
    assert body_facts.code == "UNKNOWN_REFERENCE"
    assert body_facts.location == "People/Manager"
    assert body_facts.messages == ("UNKNOWN_REFERENCE: People/Manager", "EXTERNAL_ID_MISMATCH: Other id", "x")


PAGE = b"""<!DOCTYPE html><html><head><title>
 Page   Unavailable </title><style>p { color: red }</style></head>
<!-- a comment about xsrf --><body><script>if (a < b) { alert("scope does not match") }</script>
<p>Your <b>site</b> is\nunavailable.</p></body></html>"""


def test_invisible_parts_of_a_page_are_ignored() -> None:
    """Title and text; scripts, styles and comments are not searched for phrases."""
    body_facts = read_body("text/html", PAGE)

    assert body_facts.is_html
    assert body_facts.title == "Page Unavailable"
    assert "your site is unavailable." in body_facts.text
    for hidden in ("scope", "color", "xsrf"):
        assert hidden not in body_facts.text
    assert body_facts.messages == ()


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/html", b"<p>x", True),
        ("text/html;charset=utf-8", b"<!doctype html>", True),
        ("application/json", b"\n <HTML>", True),
        ("", b"\xef\xbb\xbf<html>", True),
        ("text/html", b"Client must be authenticated to access this resource.", False),
        ("text/html", b'{"errorMessages":[]}', False),
        ("application/json", b'{"a":"<html>"}', False),
        ("application/xml", b"<?xml version='1.0'?><a/>", False),
        ("text/html", b"", False),
    ],
)
def test_page_is_known_by_its_beginning(content_type: str, body: bytes, expected: bool) -> None:
    """Labels lie in both directions: Jira labels one line of text as HTML, and pages come as JSON."""
    assert looks_like_html(content_type, body) is expected


def test_phrases_are_found_across_tags_and_blanks() -> None:
    """Small letters, without tags, blanks collapsed."""
    assert (
        "ip address has been rejected"
        in read_body("", b"The <b>IP\n address</b>  has <i>been</i>\trejected").text
    )


def test_search_of_bodies_is_bounded() -> None:
    """Eight thousand characters are enough for every known phrase."""
    assert len(read_body("", b"word " * 100_000).text) <= SEARCHED
    assert len(read_body(JSON, json.dumps({"message": "word " * 100_000}).encode()).text) <= SEARCHED


def test_messages_are_bounded() -> None:
    """A thousand objections are twenty."""
    body = json.dumps({"errorMessages": [f"Message {number}" for number in range(1000)]})

    assert len(read_body(JSON, body.encode()).messages) == 20


@pytest.mark.parametrize(
    "body",
    [
        b"<html>" + b"<script>" * 20_000,
        b"<html>" + b"<!--" * 20_000,
        b"<html>" + b"<" * 200_000,
        b"<html>" + b"<title" * 20_000,
        b"<html>" + b"<style><script>" * 10_000 + b"</style>",
        b'{"a":' * 50_000,
        b"[" * 200_000,
        b"9" * 10_000,
        b"\xff\xfe" * 50_000,
        "\ud800".encode("utf-8", "surrogatepass") * 1000,
    ],
)
def test_hostile_body_is_read_quickly(body: bytes) -> None:
    """Unclosed tags, deep nesting, endless numbers: read in a time that grows with the size, and never a failure."""
    assert len(read_body("", body).text) <= SEARCHED


@pytest.mark.once
@given(st.text(max_size=40), st.binary(max_size=400))
def test_reading_never_fails(content_type: str, body: bytes) -> None:
    """Bodies come from outside."""
    body_facts = read_body(content_type, body)

    assert all(body_facts.messages)


def test_body_of_megabytes_is_not_parsed() -> None:
    """Real rejections have a few hundred bytes; of a larger one only the beginning is searched."""
    body_facts = read_body(JSON, b'{"message":"' + b"word " * 300_000 + b'"}')

    assert body_facts.messages == ()
    assert "word word" in body_facts.text
