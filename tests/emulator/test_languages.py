"""The language of the emulator's messages: access-errors.md 0.3 has the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import jsm_assets_dest.testing
from jsm_assets_dest.testing import Doubts, Emulator
from jsm_assets_dest.testing.http.languages import translate, translated
from jsm_assets_dest.testing.world.values import DEFAULT_TYPES
from tests.emulator.api import Api, ImportApi
from tests.emulator.documents import people_and_groups

ENGLISH = {"Accept-Language": "en", "X-Force-Accept-Language": "true"}
KOREAN = "이름은 고유해야 합니다!"

#: Texts of a JSON parser, of a JSON Schema validator, of the emulator's strictness, or without a language.
EXEMPT = ("mapping_document.py", "fault.py", "server.py", "access.py")
EXEMPT_TEXTS = (
    "Only image/png can be produced",
    "null for uri: ",
    "Unknown kinds of actors",
    "Unknown fields in",
    "The emulator does not have",
    "Method Not Allowed",
    "The request body is not valid JSON: ",
    "Unsupported Media Type: ",
    "x: x",  # a place, and an error of the query language
    "You do not have permission to x the object schema",  # tested below with its three verbs
)
REJECTIONS = {
    "bad_request",
    "not_permitted",
    "invalid",
    "BadValue",
    "errors_body",
    "invalid_fields",
    "problem",
}


def second_schema(emulator: Emulator, headers: dict[str, str] | None = None) -> str:
    """Create a schema with a name that is taken and return the error under `name`."""
    emulator.add_object_schema("OKT", "Okta")
    body = {"name": "Okta", "objectSchemaKey": "OKTA"}
    status, errors = Api(emulator).refused("POST", "/objectschema/create", body, headers=headers or {})
    assert status == 400
    return errors["name"]


class TestSelection:
    @pytest.mark.parametrize(
        ("locale", "text"),
        [
            ("en_US", "Name has to be unique!"),
            ("de_DE", "Der Name muss eindeutig sein!"),
            ("ko_KR", KOREAN),
        ],
    )
    def test_assets_responds_in_the_language_of_the_site(self, locale: str, text: str) -> None:
        assert second_schema(Emulator(locale=locale)) == text

    def test_language_of_the_account_takes_precedence(self) -> None:
        emulator = Emulator(locale="ko_KR")
        account = emulator.add_account("dora@acme.com", admin=True, locale="de_DE")
        emulator.add_object_schema("OKT", "Okta")
        api = Api(emulator, auth=(account.email, account.api_token))
        body = {"name": "Okta", "objectSchemaKey": "OKTA"}
        assert api.refused("POST", "/objectschema/create", body)[1]["name"] == "Der Name muss eindeutig sein!"
        assert api.get(f"{emulator.site}/rest/api/3/myself")["locale"] == "de_DE"

    @pytest.mark.parametrize("locale", ["fr_FR", "en", ""])
    def test_unknown_language_is_rejected(self, locale: str) -> None:
        with pytest.raises(ValueError, match="en_US, de_DE, ko_KR"):
            Emulator(locale=locale)

    def test_unknown_language_of_an_account_is_rejected(self, emulator: Emulator) -> None:
        with pytest.raises(ValueError, match="locale is 'fr_FR'"):
            emulator.add_account("x@acme.com", locale="fr_FR")

    def test_language_survives_a_state_file(self, tmp_path: Path) -> None:
        with Emulator(state=tmp_path / "site.sqlite", locale="ko_KR"):
            pass
        assert second_schema(Emulator(state=tmp_path / "site.sqlite")) == KOREAN

    def test_reset_retains_the_language(self) -> None:
        emulator = Emulator(locale="ko_KR")
        emulator.reset()
        assert second_schema(emulator) == KOREAN


class TestHeaders:
    """Recorded for Jira: the first header alone changes nothing; together, they force English."""

    def permission(self, emulator: Emulator, headers: dict[str, str]) -> Any:
        response = Api(emulator).ask(
            "GET", f"{emulator.site}/rest/api/3/mypermissions?permissions=ADMINISTER", headers=headers
        )
        return response.json()["permissions"]["ADMINISTER"]

    @pytest.mark.parametrize(
        ("headers", "name"),
        [
            ({}, "Jira 관리"),
            ({"Accept-Language": "en"}, "Jira 관리"),
            ({"X-Force-Accept-Language": "true"}, "Jira 관리"),
            (ENGLISH, "Administer Jira"),
            ({**ENGLISH, "Accept-Language": "de-DE,de;q=0.9"}, "Jira verwalten"),
            ({**ENGLISH, "Accept-Language": "fr"}, "Administer Jira"),
        ],
    )
    def test_jira_needs_both_headers(self, headers: dict[str, str], name: str) -> None:
        permission = self.permission(Emulator(locale="ko_KR"), headers)
        assert permission["name"] == name
        assert permission["key"] == "ADMINISTER"

    def test_jira_translates_its_errors(self) -> None:
        emulator = Emulator(locale="de_DE")
        url = f"{emulator.site}/rest/api/3/mypermissions"
        assert Api(emulator).refused("GET", f"{url}?permissions=LAUNCH_ROCKETS") == (
            400,
            {"LAUNCH_ROCKETS": "Unbekannte Berechtigung"},
        )
        assert Api(emulator).refused("GET", url)[1] == {
            "": "Der Abfrageparameter 'permissions' ist erforderlich."
        }

    def test_assets_ignores_the_headers(self) -> None:
        assert second_schema(Emulator(locale="ko_KR"), ENGLISH) == KOREAN

    def test_switch_makes_assets_obey_the_headers(self) -> None:
        emulator = Emulator(locale="ko_KR", doubts=Doubts(assets_follows_language_headers=True))
        assert second_schema(emulator, ENGLISH) == "Name has to be unique!"

    def test_switch_makes_assets_english(self) -> None:
        emulator = Emulator(locale="ko_KR", doubts=Doubts(assets_texts_translated=False))
        assert second_schema(emulator) == "Name has to be unique!"
        assert self.permission(emulator, {})["name"] == "Jira 관리"


class TestTexts:
    def test_class_of_the_exception_is_not_translated(self) -> None:
        """Data Center: the prefix is stable, the rest follows the user's language."""
        emulator = Emulator(locale="ko_KR")
        errors = Api(emulator).refused("GET", "/objectschema/5")[1]
        assert errors == {"": "NotFoundInsightException: SchemaObject을(를) 찾을 수 없음, ID: 5"}

    def test_text_inside_a_frame_is_translated(self) -> None:
        emulator = Emulator(locale="de_DE")
        object_type = emulator.add_object_schema("OKT").add_object_type("T")
        attribute = object_type.add_attribute("Born", "date")
        body = {
            "objectTypeId": object_type.id,
            "attributes": [
                {"objectTypeAttributeId": attribute.id, "objectAttributeValues": [{"value": "soon"}]}
            ],
        }
        key = f"rlabs-insight-attribute-{attribute.id}"
        assert Api(emulator).refused("POST", "/object/create", body) == (
            400,
            {
                key: "Der angegebene Wert ist ungültig: soon ist kein Datum",
                "rlabs-insight-attribute-2": "Das Attribut Name ist erforderlich",
            },
        )

    @pytest.mark.parametrize(
        ("method", "path", "text"),
        [
            ("DELETE", "/objectschema/1", "das Objektschema Okta zu verwalten"),
            ("DELETE", "/object/1", "Objekte im Objektschema Okta zu bearbeiten"),
            ("GET", "/objectschema/1", "das Objektschema Okta anzuzeigen"),
        ],
    )
    def test_missing_role_is_translated(self, method: str, path: str, text: str) -> None:
        emulator = Emulator(locale="de_DE")
        emulator.add_object_schema("OKT", "Okta").add_object_type("T").add_object(Name="A")
        emulator.access.remove_schema_role("OKT")
        assert Api(emulator).refused(method, path) == (
            403,
            {"": f"PermissionInsightException: Sie sind nicht berechtigt, {text}"},
        )

    @pytest.mark.parametrize("switch", ["ip_allowlist", "remove_license"])
    def test_edge_and_gateway_are_always_english(self, switch: str) -> None:
        emulator = Emulator(locale="ko_KR")
        getattr(emulator.access, switch)()
        response = Api(emulator).ask("GET", "/objectschema/list")
        assert response.json()["errorMessages"][0].isascii()

    def test_jsm_error_is_translated(self) -> None:
        emulator = Emulator(locale="ko_KR")
        emulator.access.remove_license()
        response = Api(emulator).ask("GET", f"{emulator.site}/rest/servicedeskapi/assets/workspace")
        assert response.json() == {
            "errorMessage": "이 사이트의 Jira Service Management 또는 Assets에 대한 액세스 권한이 없습니다.",
            "i18nErrorMessage": {"i18nKey": "sd.error.not.licensed", "parameters": []},
        }

    def test_mapping_messages_follow_the_site(self) -> None:
        """An import token has no account."""
        emulator = Emulator(locale="de_DE")
        emulator.add_object_schema("OKT")
        api = ImportApi(emulator, emulator.add_import_source("OKT"))
        response = api.ask("PUT", api.links["mapping"] + "?async=true", people_and_groups())
        emulator.clock.advance(1)
        emulator.settle()
        assert api.get(response.headers["Location"]) == {
            "progressStatus": "FINISHED",
            "result": "OK",
            "resultMessage": "Schema und Zuordnung erfolgreich erstellt",
        }

    @pytest.mark.parametrize(
        ("locale", "date", "time"),
        [
            ("en_US", "16/Feb/21", "16/Feb/21 8:04 PM"),
            ("de_DE", "16.02.21", "16.02.21 20:04"),
            ("ko_KR", "21/02/16", "21/02/16 8:04 오후"),
        ],
    )
    def test_display_values_depend_on_the_language(self, locale: str, date: str, time: str) -> None:
        emulator = Emulator(locale=locale)
        object_type = emulator.add_object_schema("OKT").add_object_type("T")
        object_type.add_attribute("Day", "date")
        object_type.add_attribute("Moment", "date_time")
        asset = object_type.add_object(Name="A", Day="2021-02-16", Moment="2021-02-16T20:04:41.527Z")
        values = {
            attribute["objectTypeAttribute"]["name"]: attribute["objectAttributeValues"][0]
            for attribute in Api(emulator).get(f"/object/{asset.id}/attributes")
        }
        assert values["Day"]["displayValue"] == date
        assert values["Moment"]["displayValue"] == time
        assert values["Moment"]["value"] == "2021-02-16T20:04:41.527Z"

    def test_morning_in_korean(self) -> None:
        emulator = Emulator(locale="ko_KR")
        object_type = emulator.add_object_schema("OKT").add_object_type("T")
        object_type.add_attribute("Moment", "date_time")
        asset = object_type.add_object(Name="A", Moment="2021-02-16T00:05:00.000Z")
        attribute = Api(emulator).get(f"/object/{asset.id}/attributes")[-1]
        assert attribute["objectAttributeValues"][0]["displayValue"] == "21/02/16 12:05 오전"


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the strings of an argument, with `x` for each variable part."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.List | ast.Dict | ast.IfExp | ast.BinOp):
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _messages() -> Iterator[tuple[str, str]]:
    for _, error in DEFAULT_TYPES.values():
        if error:
            yield "values.py", f"x {error}"
    root = Path(jsm_assets_dest.testing.__file__).parent
    for path in root.rglob("*.py"):
        if path.name in EXEMPT:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            arguments: list[ast.expr] = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                arguments = node.args if name in REJECTIONS else []
            elif isinstance(node, ast.Assign):
                target = node.targets[0]
                if isinstance(target, ast.Subscript) and getattr(target.value, "id", "") == "problems":
                    arguments = [node.value]
            for argument in arguments:
                for text in _texts(argument):
                    if " " in text and not text.startswith(EXEMPT_TEXTS):
                        yield path.name, text


@pytest.mark.once
def test_every_message_has_a_translation() -> None:
    messages = set(_messages())
    assert len(messages) > 80
    missing = {(name, text) for name, text in messages for language in ("de", "ko")
               if translate(text, language) == text and not text.startswith("PermissionInsightException")}  # fmt: skip
    assert missing == set()


def test_text_of_no_known_message_stays_unchanged() -> None:
    assert translated({"message": ["Name has to be unique!", 1], "name": "Invalid Group(s)"}, "de") == {
        "message": ["Der Name muss eindeutig sein!", 1],
        "name": "Invalid Group(s)",
    }
    assert translate("Something else", "ko") == "Something else"
    assert translate("Name has to be unique!", "en") == "Name has to be unique!"
